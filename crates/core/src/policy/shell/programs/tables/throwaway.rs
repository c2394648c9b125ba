//! What nobody would miss: things of tests on this machine, emulators of clouds, what the same script made.
//!
//! Every operation that destroys or publishes asks here and nowhere else. Two things count: *where* it is done (on this machine,
//! on an emulator that stands here, elsewhere), and what it is done *to*, by its name. Names alone say nothing of other machines, and a name that
//! speaks of production is never a test's.

use super::super::super::machine::Machine;
use super::super::super::options::Options;
use super::super::super::state::State;
use super::super::super::value::{HOLE, Origin, Text};
use super::super::base_name;
use super::money;
pub(in crate::policy::shell) use super::names::is_developed;
pub(super) use super::names::words;
pub(in super::super) use super::names::{is_lasting, is_trial};
use crate::policy::effects::{Kind, Where};
use crate::policy::hosts;
use crate::policy::lists::is;
use crate::policy::places::{Place, glob};

/// Where something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Reach {
    /// On this machine, where people keep their own things too.
    Here,
    /// On something of this machine that stands for what others rely on, so that nothing in it is real.
    Emulator,
    /// Anywhere else, or nobody knows where.
    Elsewhere,
}

/// Whether a context of a cluster is of a cluster on this machine that is made for trying things.
pub(in crate::policy) fn is_local_cluster(context: &str) -> bool {
    const LOCAL: &[&str] = &[
        "kind-*",
        "k3d-*",
        "minikube",
        "minikube-*",
        "docker-desktop",
        "docker-for-desktop",
        "colima",
        "colima-*",
        "rancher-desktop",
        "orbstack",
        "microk8s",
        "kind",
        "k3s-local",
    ];
    LOCAL.iter().any(|local| glob(local, context)) && !is_lasting(context)
}

/// Whether an address is one of this machine: a loopback host, a socket, an emulator's well-known account.
pub(in super::super) fn is_address_here(address: &str) -> bool {
    let address = address.strip_prefix("jdbc:").unwrap_or(address);
    address.starts_with(['/', '.'])
        || ["unix:", "npipe:", "file:"].iter().any(|scheme| address.starts_with(scheme))
        || ["UseDevelopmentStorage=true", "devstoreaccount1"].iter().any(|sign| address.contains(sign))
        || hosts::is_local(&hosts::host(address))
}

/// What a search gives whose pattern asks for what is a test's: of each find it is known that it has this word.
pub(in super::super) fn sought(pattern: &str, origin: Origin) -> Option<Text> {
    let word = pattern.trim_matches(|char: char| "^$%*.()".contains(char));
    let is_word = word.chars().all(|char| char.is_ascii_alphanumeric() || "_-:/\\".contains(char));
    if !is_word || !is_trial(word) {
        return None;
    }
    let mut found = Text::hole(origin);
    found.push_known(&word.replace('\\', ""), false);
    found.push_hole(origin);
    Some(found)
}

/// The value of a variable: as the script set it, else the agent's own.
pub(in super::super) fn variable(machine: &Machine<'_>, state: &State, name: &str) -> Option<String> {
    match state.variable(name) {
        Some(variable) => variable.values.as_ref()?.first().map(Text::shown),
        None => machine.facts.variable(name),
    }
    .filter(|value| !value.is_empty())
}

/// Whether a file is one that a test or a build makes.
pub(in super::super) fn is_trial_file(machine: &Machine<'_>, state: &State, file: &Text) -> bool {
    let shown = file.shown();
    let folders = ["target", "build", "dist", "out", "coverage", ".pytest_cache", ".cache", "node_modules"];
    let built = || shown.split('/').rev().skip(1).any(|part| folders.contains(&part) || is_trial(part));
    let temporary = || {
        let path = machine.path(state, file);
        path.is_some_and(|path| machine.place(&machine.real(state, &path)) == Place::Temporary)
    };
    !is_lasting(base_name(&shown)) && (is_trial(base_name(&shown)) || built() || temporary())
}

/// A database as an address names it: its host, if any, and its name.
pub(super) fn database(address: &str) -> (Option<String>, Option<String>) {
    if let Some((_, rest)) = address.split_once("://") {
        let (place, rest) = rest.split_once(['/', ';']).unwrap_or((rest, ""));
        let name = rest.split(['?', '&', ';']).next().map(|name| name.rsplit('=').next().unwrap_or(name));
        return (Some(hosts::host(&format!("x://{place}"))), name.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    if address.contains('=') {
        let value = |key: &str| {
            let mut pairs = address.split([' ', ';']).filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.trim_matches('\'').to_owned())
        };
        let host = value("host").or_else(|| value("server")).or_else(|| value("hostaddr"));
        return (host, value("dbname").or_else(|| value("database")));
    }
    (None, Some(address.to_owned()))
}

/// The file that a database is, or what says that it is none but in memory: `sqlite:///tmp/a.db`, `jdbc:h2:mem:a`,
/// `Data Source=/tmp/shop.db`, as .NET names it.
fn file_of(address: &str) -> Option<&str> {
    const SCHEMES: &[&str] =
        &["sqlite", "sqlite3", "sqlite+pysqlite", "sqlite+aiosqlite", "file", "h2", "hsqldb", "derby"];
    let address = address.strip_prefix("jdbc:").unwrap_or(address);
    if let Some((_, path)) = address.split_once(':').filter(|(scheme, _)| SCHEMES.contains(scheme)) {
        return Some(path.trim_start_matches("file:").trim_start_matches("//"));
    }
    let mut pairs = address.split(';').filter_map(|pair| pair.split_once('='));
    let (_, file) = pairs.find(|(key, _)| {
        let key = key.trim().to_ascii_lowercase();
        matches!(key.as_str(), "data source" | "datasource" | "filename")
    })?;
    let file = file.trim();
    let is_file =
        file.starts_with([':', '/', '.']) || [".db", ".sqlite", ".sqlite3"].iter().any(|end| file.ends_with(end));
    is_file.then_some(file)
}

/// How far a database is that is on this host.
pub(super) fn reach(machine: &Machine<'_>, host: Option<&str>) -> Reach {
    let inside = matches!(machine.at, Where::Container | Where::Throwaway);
    match host {
        Some(host) if host.starts_with('/') || hosts::is_local(host) => Reach::Here,
        // Containers of one project know each other by a word.
        Some(host) if inside && !host.contains(['.', ':']) && !host.contains(HOLE) => Reach::Here,
        Some("") | None if machine.at != Where::Remote => Reach::Here,
        _ => Reach::Elsewhere,
    }
}

/// Whether what is done there to these may be lost.
pub(in super::super) fn may_be_lost<'n>(reach: Reach, mut names: impl Iterator<Item = &'n str>) -> bool {
    match reach {
        Reach::Emulator => true,
        Reach::Elsewhere => false,
        Reach::Here => names.next().is_some_and(is_trial) && names.all(is_trial),
    }
}

/// How a program tells where it acts and on what.
enum Scope {
    /// On what others rely on, whatever it is called.
    Shared,
    /// On nothing that anybody relies on: a program for emulators.
    Emulator,
    /// On a cloud, unless one of these flags or variables names an address here, or a project or all that is acted on is
    /// called as what stands here is (globs).
    Cloud { flags: &'static [&'static str], variables: &'static [&'static str], here: &'static [&'static str] },
    /// On a cluster whose context one of these flags names.
    Cluster { flags: &'static [&'static str] },
    /// On databases or queues by name, on this machine unless one of these flags or variables names a host.
    Database { hosts: &'static [&'static str], variables: &'static [&'static str] },
    /// On containers, images and volumes by name.
    Engine,
    /// On clusters that are made on this machine for trying things.
    Machines,
    /// On a registry that a flag, a variable or an operand names.
    Registry { variables: &'static [&'static str] },
    /// On the database of an application, which its environment chooses.
    Application,
}

fn scope(program: &str) -> Scope {
    const KUBE: &[&str] = &["context", "kube-context", "kubecontext"];
    match program {
        "awslocal" | "tflocal" | "cdklocal" | "samlocal" | "pulumilocal" => Scope::Emulator,
        "aws" | "s5cmd" | "s3cmd" | "mc" => Scope::Cloud {
            flags: &["endpoint-url", "endpoint", "host"],
            variables: &[
                "AWS_ENDPOINT_URL",
                "AWS_ENDPOINT_URL_S3",
                "AWS_ENDPOINT_URL_DYNAMODB",
                "AWS_ENDPOINT_URL_SQS",
                "S3_ENDPOINT_URL",
            ],
            here: &["local/*"],
        },
        "gcloud" | "gsutil" | "bq" => Scope::Cloud {
            flags: &["api", "api-endpoint-override"],
            variables: &[
                "STORAGE_EMULATOR_HOST",
                "PUBSUB_EMULATOR_HOST",
                "FIRESTORE_EMULATOR_HOST",
                "SPANNER_EMULATOR_HOST",
                "BIGTABLE_EMULATOR_HOST",
                "DATASTORE_EMULATOR_HOST",
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE",
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB",
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_SPANNER",
            ],
            here: &[],
        },
        "az" => Scope::Cloud {
            flags: &["connection-string", "blob-endpoint", "queue-endpoint", "table-endpoint"],
            variables: &["AZURE_STORAGE_CONNECTION_STRING"],
            here: &[],
        },
        "firebase" => Scope::Cloud {
            flags: &[],
            variables: &["FIRESTORE_EMULATOR_HOST", "FIREBASE_EMULATOR_HUB"],
            here: &["demo-*"],
        },
        "vault" | "bao" => Scope::Cloud { flags: &["address"], variables: &["VAULT_ADDR", "BAO_ADDR"], here: &[] },
        "kubectl" | "oc" | "helm" | "helmfile" | "flux" | "istioctl" | "velero" | "linkerd" | "cilium" | "kapp"
        | "skaffold" | "tilt" | "devspace" | "kpt" | "kn" => Scope::Cluster { flags: KUBE },
        "rabbitmqctl" => Scope::Database { hosts: &["n", "node"], variables: &["RABBITMQ_NODENAME"] },
        "dropdb" | "dropuser" => Scope::Database { hosts: &["h", "host"], variables: &["PGHOST"] },
        "pg_restore" => Scope::Database { hosts: &["h", "host"], variables: &["PGHOST"] },
        "mysqladmin" | "mariadb-admin" => Scope::Database { hosts: &["h", "host"], variables: &["MYSQL_HOST"] },
        "mongorestore" | "mongoimport" => Scope::Database { hosts: &["h", "host", "uri"], variables: &[] },
        "kafka-topics" | "kafka-configs" | "kafka-delete-records" | "kafka-consumer-groups" | "rpk" => {
            Scope::Database { hosts: &["bootstrap-server", "zookeeper", "brokers", "X"], variables: &["RPK_BROKERS"] }
        }
        "rabbitmqadmin" | "etcdctl" | "influx" | "nats" | "pulsar-admin" | "cypher-shell" => Scope::Database {
            hosts: &["H", "host", "endpoints", "server", "s", "admin-url", "a", "address"],
            variables: &["ETCDCTL_ENDPOINTS", "NATS_URL", "INFLUX_HOST"],
        },
        "docker" | "podman" | "nerdctl" | "docker-compose" | "podman-compose" | "buildah" | "skopeo" | "crane"
        | "oras" | "ko" | "colima" | "limactl" | "multipass" | "vagrant" | "lxc" | "incus" => Scope::Engine,
        "kind" | "k3d" | "minikube" | "ctlptl" => Scope::Machines,
        "npm" | "pnpm" | "yarn" | "bun" => Scope::Registry {
            variables: &[
                "npm_config_registry",
                "NPM_CONFIG_REGISTRY",
                "YARN_NPM_PUBLISH_REGISTRY",
                "YARN_NPM_REGISTRY_SERVER",
            ],
        },
        "pip" | "pip3" | "pipx" | "uv" | "twine" | "poetry" | "flit" | "pdm" | "hatch" | "maturin" => Scope::Registry {
            variables: &[
                "TWINE_REPOSITORY_URL",
                "UV_PUBLISH_URL",
                "PIP_INDEX_URL",
                "FLIT_INDEX_URL",
                "MATURIN_REPOSITORY_URL",
            ],
        },
        "rails" | "rake" | "artisan" | "manage.py" | "django-admin" | "prisma" | "alembic" | "knex" | "sequelize"
        | "sequelize-cli" | "typeorm" | "drizzle-kit" | "dbmate" | "flyway" | "liquibase" | "mikro-orm" | "mix"
        | "diesel" | "sqlx" | "goose" | "migrate" | "atlas" | "sqitch" | "console" | "flask" | "dotnet-ef" | "wp"
        | "drush" | "airflow" | "celery" | "yii" | "spark" | "cake" | "magento" | "craft" | "typo3" | "odoo"
        | "odoo-bin" | "phinx" | "doctrine" | "aerich" | "prisma-client-py" => Scope::Application,
        _ if super::is_publisher(program) => Scope::Registry { variables: &[] },
        _ => Scope::Shared,
    }
}

/// Flags that name what a call is about, for programs that take it so.
fn is_naming(flag: &str) -> bool {
    [
        "name",
        "identifier",
        "bucket",
        "-id",
        "topic",
        "dbname",
        "database",
        "collection",
        "db",
        "vhost",
        "queue",
        "nsInclude",
    ]
    .iter()
    .any(|end| flag.ends_with(end))
}

/// The values of the flags that name what a call is about.
fn named_by(options: &Options, is_naming: impl Fn(&str) -> bool) -> impl Iterator<Item = String> {
    options
        .flags
        .iter()
        .filter(move |flag| is_naming(&flag.name))
        .filter_map(|flag| flag.value.as_ref())
        .map(Text::shown)
}

/// Whether what a program does there and to these may be lost. `targets` are the words behind its subcommands.
pub(super) fn may_lose(
    machine: &Machine<'_>,
    state: &State,
    program: &str,
    kind: Kind,
    options: &Options,
    targets: &[String],
) -> bool {
    let asked = Asked { machine, state, options, targets };
    if asked.is_own(program, kind) {
        return true;
    }
    match scope_of(program, kind) {
        Scope::Shared => {
            let own = is_inside(machine) && kind == Kind::DatabaseDestroy;
            own && !options.has(&["h", "H", "host", "n", "node"])
        }
        Scope::Emulator => true,
        Scope::Cloud { flags, variables, here } => asked.in_cloud(flags, variables, here),
        Scope::Cluster { flags } => {
            let context = asked.named(flags, &[]).or_else(|| cluster(state));
            context.is_some_and(|context| is_local_cluster(&context))
        }
        Scope::Database { hosts, variables } => asked.in_database(program, hosts, variables),
        Scope::Engine => asked.in_engine(),
        Scope::Machines => asked.on_machines(),
        Scope::Registry { variables } => asked.in_registry(variables),
        Scope::Application => is_application_of_tests(machine, state, options),
    }
}

/// Where a program does this.
fn scope_of(program: &str, kind: Kind) -> Scope {
    match scope(program) {
        Scope::Engine => Scope::Engine,
        _ if kind == Kind::PackagePublish && !super::is_publisher(program) => Scope::Registry { variables: &[] },
        _ if kind == Kind::DatabaseDestroy && super::is_publisher(program) => Scope::Application,
        scope => scope,
    }
}

/// What [`may_lose`] is asked about.
struct Asked<'a, 'm> {
    machine: &'a Machine<'m>,
    state: &'a State,
    options: &'a Options,
    targets: &'a [String],
}

impl Asked<'_, '_> {
    fn values(&self, flags: &[&str]) -> Vec<String> {
        self.options.values(flags).map(Text::shown).collect()
    }

    fn variable(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| variable(self.machine, self.state, name))
    }

    /// What the last of these flags says, or else the first of these variables.
    fn named(&self, flags: &[&str], variables: &[&str]) -> Option<String> {
        self.values(flags).pop().or_else(|| self.variable(variables))
    }

    /// Whether it is done to what the script made, or to what ends with its container.
    fn is_own(&self, program: &str, kind: Kind) -> bool {
        let vanishes = self.machine.at == Where::Throwaway && kind == Kind::PackageRemove;
        let on_trial = kind == Kind::MoneyMove && was_made(self.state, program, TRIAL_NETWORK);
        // Who was made just now may be made powerful for long.
        let made = || kind != Kind::CloudAccess && is_made(self.state, program, self.options, self.targets);
        vanishes || on_trial || made()
    }

    fn in_cloud(&self, flags: &[&str], variables: &[&str], here: &[&str]) -> bool {
        let is_here = |name: &String| here.iter().any(|here| glob(here, name));
        self.values(&["project", "P"]).iter().any(is_here)
            || !self.targets.is_empty() && self.targets.iter().all(is_here)
            || self.named(flags, variables).is_some_and(|address| is_address_here(&address))
    }

    fn in_database(&self, program: &str, hosts: &[&str], variables: &[&str]) -> bool {
        /// What a broker passes on a developer sends again.
        const BROKERS: &str =
            "rabbitmqctl|rabbitmqadmin|kafka-topics|kafka-delete-records|kafka-consumer-groups|rpk|nats|pulsar-admin";
        let (host, base) = match self.named(hosts, variables) {
            Some(address) if address.contains("://") => database(&address),
            Some(host) => (Some(hosts::host(&host)), None),
            None => (None, None),
        };
        let mut names: Vec<String> =
            named_by(self.options, |flag| is_naming(flag) || flag == "d").chain(base).collect();
        if names.is_empty() {
            names = self.targets.iter().filter(|target| !target.is_empty()).cloned().collect();
        }
        let reach = reach(self.machine, host.as_deref());
        let port = self.values(&["p", "P", "port"]).pop();
        let own = is_inside(self.machine) || is_own_port(self.state, port.as_deref());
        let in_project = self.machine.in_project && is(program, BROKERS) && !names.iter().any(|name| is_lasting(name));
        (own || in_project) && reach == Reach::Here || may_be_lost(reach, names.iter().map(String::as_str))
    }

    fn in_engine(&self) -> bool {
        let kept = self.variable(&["KO_DOCKER_REPO"]);
        let is_kept_here = |kept: String| matches!(kept.as_str(), "kind.local" | "ko.local") || is_registry_here(&kept);
        let tags = self.values(&["t", "tag"]);
        let last = self.options.operands.last().map(Text::shown);
        let pushed = match tags.is_empty() {
            true => last.is_some_and(|image| is_registry_here(&image)),
            false => tags.iter().all(|tag| is_registry_here(tag)),
        };
        pushed || kept.is_some_and(is_kept_here) || self.is_engine_here() && self.are_containers_of_tests()
    }

    fn is_engine_here(&self) -> bool {
        const OWN: &[&str] = &["default", "desktop-linux", "rootless", "orbstack", "rancher-desktop"];
        let host = self.named(&["H", "host"], &["DOCKER_HOST", "CONTAINER_HOST"]);
        let context = self.named(&["context"], &["DOCKER_CONTEXT"]);
        host.is_none_or(|host| is_address_here(&host))
            && context.is_none_or(|context| OWN.contains(&context.as_str()) || context.starts_with("colima"))
    }

    /// Whether containers, images and volumes are of tests: by the list they stand in, or by the names of their project, its file or their own.
    fn are_containers_of_tests(&self) -> bool {
        let mut listed = self.options.operands.iter().filter_map(Text::origin).peekable();
        let of_tests = listed.peek().is_some() && listed.all(|origin| origin.trial)
            || self.values(&["filter"]).iter().any(|filter| is_trial(filter));
        let mut names = self.values(&["p", "project-name"]);
        names.extend(self.variable(&["COMPOSE_PROJECT_NAME"]).filter(|_| names.is_empty()));
        if names.is_empty() {
            names = self.values(&["f", "file"]).iter().map(|file| base_name(file).to_owned()).collect();
        }
        let names = if names.is_empty() { self.targets } else { &names };
        of_tests || may_be_lost(Reach::Here, names.iter().map(String::as_str))
    }

    fn on_machines(&self) -> bool {
        let named = self.values(&["name", "n", "p", "profile"]);
        !named.iter().chain(self.targets).any(|name| is_lasting(name)) && !self.options.has(&["all", "a", "A", "purge"])
    }

    fn in_registry(&self, variables: &[&str]) -> bool {
        const FLAGS: &[&str] = &[
            "registry",
            "registry-url",
            "repository-url",
            "publish-url",
            "host",
            "source",
            "s",
            "index",
            "index-url",
            "i",
            "extra-index-url",
            "trusted-host",
            "repo",
            "r",
            "repository",
            "remote",
            "url",
            "DaltDeploymentRepository",
            "target",
        ];
        let mut named = self.values(FLAGS);
        named.extend(self.variable(variables).filter(|_| named.is_empty()));
        named.extend(self.options.operands.iter().map(Text::shown).filter(|operand| operand.contains("://")));
        let is_here = |named: &String| {
            let address = named.rsplit_once("::").map_or(named.as_str(), |(_, address)| address);
            is_address_here(address) || !address.contains('/') && is_trial(address) || address == "local"
        };
        if named.is_empty() { was_made(self.state, REGISTRY, "here") } else { named.iter().all(is_here) }
    }
}

/// Whether an image's name begins with a registry on this machine.
fn is_registry_here(image: &str) -> bool {
    let image = image.split_once("://").map_or(image, |(_, image)| image);
    image.contains('/')
        && (hosts::is_local(&hosts::host(image)) || image.starts_with("kind.local/") || image.starts_with("ko.local/"))
}

/// Whether an application is started for its tests: by its environment, or by the address of its database.
pub(in super::super) fn is_application_of_tests(machine: &Machine<'_>, state: &State, options: &Options) -> bool {
    const ENVIRONMENTS: &[&str] = &[
        "RAILS_ENV",
        "RACK_ENV",
        "NODE_ENV",
        "APP_ENV",
        "DJANGO_ENV",
        "FLASK_ENV",
        "MIX_ENV",
        "ENV",
        "ENVIRONMENT",
        "HANAMI_ENV",
        "DJANGO_SETTINGS_MODULE",
        "ASPNETCORE_ENVIRONMENT",
        "DOTNET_ENVIRONMENT",
        "SPRING_PROFILES_ACTIVE",
        "DOTENV_FILE",
    ];
    const ADDRESSES: &[&str] =
        &["DATABASE_URL", "TEST_DATABASE_URL", "DB_URL", "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_URL", "GOOSE_DBSTRING"];
    const CHOICES: &[&str] = &["env", "environment", "settings", "e", "profile", "context"];
    const URLS: &[&str] =
        &["url", "database-url", "database", "db", "u", "D", "connection", "Dflyway.url", "Dliquibase.url"];
    let of_tests = |address: &str| {
        if [":mem:", ":memory:", "file::memory"].iter().any(|sign| address.contains(sign)) {
            return true;
        }
        let (host, name) = database(address);
        match file_of(address) {
            Some(path) => {
                let developed = || machine.at != Where::Remote && is_developed(base_name(path));
                let in_memory = path.starts_with("mem:") || path == ":memory:";
                in_memory || developed() || is_trial_file(machine, state, &Text::known(path))
            }
            None => may_be_lost(reach(machine, host.as_deref()), name.as_deref().into_iter()),
        }
    };
    let address = options.value(URLS).map(Text::shown).filter(|value| value.contains([':', ';', '=']));
    let address = address.or_else(|| ADDRESSES.iter().find_map(|name| variable(machine, state, name)));
    if let Some(address) = address {
        return of_tests(&address);
    }
    let chosen = options.value(CHOICES).map(Text::shown);
    // `rake db:drop RAILS_ENV=test`.
    let told = options.operands.iter().map(Text::shown).find_map(|word| {
        word.split_once('=').filter(|(name, _)| ENVIRONMENTS.contains(name)).map(|(_, value)| value.to_owned())
    });
    // What the command itself says, it means; the agent's own environment is everybody's.
    let said = chosen.is_some() || told.is_some() || ENVIRONMENTS.iter().any(|name| state.variable(name).is_some());
    let mut environments =
        chosen.or(told).into_iter().chain(ENVIRONMENTS.iter().filter_map(|name| variable(machine, state, name)));
    let fits = |first: &str| is_trial(first) || said && is_developed(first);
    environments.next().is_some_and(|first| fits(&first) && environments.all(|other| !is_lasting(&other)))
}

/// The name of the deed by which the script made something.
fn key(program: &str, name: &str) -> String {
    format!("{program}:{name}")
}

/// Remembers that the script made something of this name.
pub(in super::super) fn made(state: &mut State, program: &str, name: &str) {
    let known = name.rsplit("://").next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).count();
    // Of a name that is known in part, little may be known of which it is.
    if known > if name.contains(HOLE) { 2 } else { 0 } {
        state.files.deeds.set(&key(program, name), Text::default());
    }
}

/// Whether the script made something of this name.
pub(in super::super) fn was_made(state: &State, program: &str, name: &str) -> bool {
    state.files.deeds.get(&key(program, name)).is_some()
}

/// Whether what a client reaches on its own machine is in a container that is made for this alone.
pub(super) fn is_inside(machine: &Machine<'_>) -> bool {
    machine.at == Where::Throwaway && !machine.shares_network
}

/// Under what it is kept which ports of this machine lead into a container that the script made.
const PORT: &str = "port";

/// Remembers that a port of this machine leads into a container that the script made.
pub(in super::super) fn publishes(state: &mut State, port: &str) {
    made(state, PORT, port);
}

/// Whether a client goes to such a port.
pub(super) fn is_own_port(state: &State, port: Option<&str>) -> bool {
    port.is_some_and(|port| was_made(state, PORT, port))
}

/// The port in an address.
pub(super) fn port(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let place = rest.split(['/', '?']).next()?;
    let (_, port) = place.rsplit_once('@').map_or(place, |(_, place)| place).rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(port)
}

/// Remembers what a call makes.
pub(super) fn makes(state: &mut State, program: &str, options: &Options, words: &[String]) {
    const MAKES: &[&str] = &["create", "mb", "make", "new", "add", "install", "launch"];
    if program == "solana"
        && matches!(words, [first, second, ..] if first == "config" && second == "set")
        && options.values(&["u", "url"]).any(|url| money::is_trial(&url.shown()))
    {
        made(state, program, TRIAL_NETWORK);
    }
    if program == "minikube" && words.first().is_some_and(|verb| verb == "start") {
        uses_cluster(state, "minikube");
    }
    let family = family(program);
    let at = words.iter().take(4).position(|word| MAKES.contains(&word.as_str()) || word.starts_with("create-"));
    let behind = match (at, program) {
        (Some(at), _) => at + 1,
        (None, "createdb" | "createuser") => 0,
        _ => return,
    };
    let named: Vec<String> =
        named_by(options, |flag| is_naming(flag) || program == "multipass" && flag == "n").collect();
    words[behind..].iter().chain(&named).for_each(|name| made(state, family, name));
    let clusters = match program {
        "kind" | "k3d" => {
            Some(format!("{program}-{}", named.first().or(words.get(behind + 1)).map_or(program, String::as_str)))
        }
        _ => None,
    };
    clusters.iter().for_each(|context| uses_cluster(state, context));
}

/// Takes back that a machine for developing was destroyed, where the same script starts it anew: it is made from a file or an image.
pub(super) fn brings_up_again(machine: &mut Machine<'_>, program: &str, options: &Options, words: &[String]) {
    let whole = match (program, words.first().map(String::as_str)) {
        ("vagrant", Some("up")) | ("colima", Some("start")) => words.len() == 1,
        ("multipass", Some("launch")) | ("limactl", Some("start" | "create")) => false,
        _ => return,
    };
    let mut named = options.values(&["name", "n", "p", "profile"]).map(Text::shown).collect::<Vec<_>>();
    named.extend(words.iter().skip(1).cloned());
    let is_again = |target: &str| !is_lasting(target) && (whole || named.iter().any(|name| name == target));
    machine.effects.retain(|effect| {
        let destroys = matches!(effect.kind, Kind::ContainerDestroy | Kind::StorageDestroy);
        !(destroys && effect.program == program && is_again(&effect.target))
    });
}

/// Programs that make and remove the same things under different names.
fn family(program: &str) -> &str {
    match program {
        "createdb" | "dropdb" => "dropdb",
        "createuser" | "dropuser" => "dropuser",
        "kubectl" | "oc" => "kubectl",
        _ => program,
    }
}

fn is_made(state: &State, program: &str, options: &Options, targets: &[String]) -> bool {
    let was_made = |name: &str| was_made(state, family(program), name);
    if !targets.is_empty() {
        return targets.iter().all(|name| was_made(name));
    }
    let mut named = named_by(options, is_naming).peekable();
    named.peek().is_some() && named.all(|name| was_made(&name))
}

const REGISTRY: &str = "registry";

/// Under what it is kept that the script has set the network of a wallet to one where nothing is real.
const TRIAL_NETWORK: &str = "trial network";

/// Remembers that the script has set the registry of its package manager to one on this machine.
pub(super) fn chooses_registry(state: &mut State, words: &[String]) {
    let set = words.iter().any(|word| word == "set" || word == "config");
    let address = || {
        words.iter().filter_map(|word| word.strip_prefix("registry=").or(Some(word))).find(|word| word.contains("://"))
    };
    if set && words.iter().any(|word| word.contains("registry")) && address().is_some_and(is_address_here) {
        made(state, REGISTRY, "here");
    }
}

/// The deed by which the script chose a cluster.
const CLUSTER: &str = "context";

/// Remembers which cluster the script has chosen.
pub(in super::super) fn uses_cluster(state: &mut State, context: &str) {
    state.files.deeds.set(CLUSTER, Text::known(context));
}

pub(super) fn cluster(state: &State) -> Option<String> {
    state.files.deeds.get(CLUSTER).map(Text::shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_database_names_host_and_database() {
        for (address, host, name) in [
            ("postgres://u:p@localhost:5432/shop_test?sslmode=disable", Some("localhost"), Some("shop_test")),
            ("jdbc:postgresql://db.x.example/shop", Some("db.x.example"), Some("shop")),
            ("jdbc:sqlserver://db:1433;databaseName=shop", Some("db"), Some("shop")),
            ("host=127.0.0.1 dbname=shop_test user=x", Some("127.0.0.1"), Some("shop_test")),
            ("shop_test", None, Some("shop_test")),
            ("mongodb://localhost:27017", Some("localhost"), None),
        ] {
            let (found, base) = database(address);
            assert_eq!((found.as_deref(), base.as_deref()), (host, name), "{address}");
        }
    }
}
