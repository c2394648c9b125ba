//! What everybody has: names that speak of production, and the goals, scripts and tests of a project that bring something there or
//! change something.

use super::super::super::machine::Machine;
use super::super::super::options::Options;
use super::super::super::state::{Content, State};
use super::super::super::value::{Origin, Text};
use super::services;
use super::throwaway::{self, words};
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::inspect::call::PRODUCTION;
use crate::policy::lists::{holds, is, is_any_case};

/// Words beside those of production that say of something that it is not there.
const BESIDES: &str = "non|pre|not";

/// The chain on which everything is real.
const MAIN: &str = "mainnet";

/// Whether a name speaks of what everybody has.
pub(in super::super) fn is_production(name: &str) -> bool {
    let words: Vec<String> = words(name).collect();
    let has = |list: &str| words.iter().any(|word| is(word, list));
    (has(PRODUCTION) || has(MAIN)) && !has(BESIDES)
}

/// Whether a name speaks of a place where things are tried before everybody has them.
pub(in crate::policy::shell) fn is_rehearsal(name: &str) -> bool {
    const WORDS: &str = "dev|develop|development|staging|stage|stg|preprod|nonprod|preview|uat|qa|demo|local|lab|loadtest|perf|paper|\
        practice|fxpractice|testnet|sepolia|devnet|httpbin|postman|reqres|jsonplaceholder|petstore";
    throwaway::is_trial(name) || !is_production(name) && words(name).any(|word| is(&word, WORDS))
}

/// What the name of a variable tells of what it holds. Every variable that is not known is asked, so nothing is made for it.
pub(in crate::policy::shell) fn of_variable(name: &str) -> Origin {
    const TRIAL: &str = "test|tests|testing|sandbox|staging|stage|stg|dev|development|local|demo|qa|uat|preview|paper|testnet|ci|e2e|mock";
    let has = |list: &str| {
        name.split('_').any(|word| is_any_case(word.trim_end_matches(|char: char| char.is_ascii_digit()), list))
    };
    let live = (has(PRODUCTION) || has(MAIN)) && !has(BESIDES);
    Origin { live, trial: !live && has(TRIAL), ..Origin::UNKNOWN }
}

/// Whether a text is production's: by what it says, or by the names of the variables that it is made of.
pub(in super::super) fn speaks(text: &Text) -> bool {
    text.origin().is_some_and(|origin| origin.live) || is_production(&text.shown())
}

/// Whether what runs now does so in production: it was brought there, or the environment of an application says so.
pub(in super::super) fn is_meant(machine: &Machine<'_>, state: &State) -> bool {
    const NAMED: &[&str] = &[
        "RAILS_ENV",
        "RACK_ENV",
        "DJANGO_ENV",
        "DJANGO_SETTINGS_MODULE",
        "APP_ENV",
        "MIX_ENV",
        "FLASK_ENV",
        "ENV",
        "ENVIRONMENT",
        "DEPLOY_ENV",
        "TARGET_ENV",
        "STAGE",
        "HANAMI_ENV",
        "DATABASE_URL",
        "DB_URL",
        "DB_HOST",
        "PGHOST",
        "MONGO_URL",
        "MONGODB_URI",
    ];
    let set =
        |name: &&str| state.variable(name).and_then(|variable| variable.values.as_ref()?.first()).is_some_and(speaks);
    machine.live || NAMED.iter().any(set)
}

/// Where a program acts that is not told so: in the context, the project or under the name that a command before it chose.
struct Choice {
    programs: &'static str,
    /// Flags that tell it after all.
    flags: &'static [&'static str],
    /// The words by which it is chosen: what comes behind them is it.
    verbs: &'static [&'static str],
    /// Variables that choose it.
    variables: &'static [&'static str],
}

const CHOICES: &[Choice] = &[
    Choice {
        programs: "kubectl|oc|helm|helmfile|kubectx|kubens|kubecolor|kapp|kpt|kn|skaffold|devspace|flux|istioctl|velero|linkerd|argo",
        flags: &["context", "kube-context", "kubecontext", "kubeconfig", "cluster", "n", "namespace", "server"],
        verbs: &["config use-context|use|set-context"],
        variables: &["KUBECONFIG", "KUBECONTEXT", "KUBE_CONTEXT", "HELM_KUBECONTEXT", "HELM_NAMESPACE"],
    },
    Choice {
        programs: "cast|forge|seth|hardhat|truffle|brownie|ape",
        flags: &["rpc-url", "r", "chain", "network"],
        verbs: &[],
        variables: &["ETH_RPC_URL", "FOUNDRY_ETH_RPC_URL", "CHAIN", "HARDHAT_NETWORK"],
    },
    Choice {
        programs: "gcloud|gsutil|bq",
        flags: &["project", "configuration", "account"],
        verbs: &["config set project|core/project", "config configurations activate"],
        variables: &["CLOUDSDK_CORE_PROJECT", "CLOUDSDK_ACTIVE_CONFIG_NAME", "GOOGLE_CLOUD_PROJECT"],
    },
    Choice {
        programs: "aws|sam|cdk|eb|copilot|serverless|sls|sst|ecs-cli|s5cmd",
        flags: &["profile", "endpoint-url"],
        verbs: &["use"],
        variables: &["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_VAULT"],
    },
    Choice {
        programs: "az|azd|func",
        flags: &["subscription"],
        verbs: &["account set", "env select"],
        variables: &["AZURE_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION", "AZURE_ENV_NAME"],
    },
    Choice {
        programs: "docker|docker-compose|podman",
        flags: &["context", "host", "H"],
        verbs: &["context use", "system connection default"],
        variables: &["DOCKER_CONTEXT", "DOCKER_HOST", "CONTAINER_HOST"],
    },
    Choice {
        programs: "fly|flyctl|heroku|railway|vercel|netlify|firebase|supabase|doctl|cf|argocd|convox|wrangler|pulumi|nomad",
        flags: &[
            "app",
            "a",
            "environment",
            "e",
            "env",
            "project",
            "project-ref",
            "P",
            "context",
            "stack",
            "s",
            "address",
        ],
        verbs: &[
            "use",
            "environment",
            "link",
            "auth switch",
            "target",
            "context",
            "stack select",
            "switch",
            "apps:use",
        ],
        variables: &["FLY_APP", "HEROKU_APP", "RAILWAY_ENVIRONMENT", "NOMAD_ADDR", "NOMAD_NAMESPACE", "PULUMI_STACK"],
    },
];

fn choice(program: &str) -> Option<&'static Choice> {
    CHOICES.iter().find(|choice| is(program, choice.programs))
}

/// Under what it is kept which place was chosen for programs.
fn chosen(choice: &Choice) -> String {
    format!("chosen:{}", choice.programs)
}

/// Remembers the place that a call chooses for those behind it.
pub(super) fn chooses(state: &mut State, program: &str, options: &Options, words: &[String]) {
    let Some(choice) = choice(program) else { return };
    let Some(length) = choice.verbs.iter().find_map(|verb| super::fits(verb, words)) else { return };
    let named = words.get(length..).unwrap_or_default().iter().map(String::as_str).map(Text::known);
    let told = options.flags.iter().filter_map(|flag| flag.value.clone());
    let place = named.chain(told).find(speaks).unwrap_or_default();
    state.files.set(&chosen(choice), Content::Is(place));
}

/// Whether a program acts on what everybody has: by the flags that say where it acts, else by what was chosen for it, else by where it
/// runs.
pub(in super::super) fn is_there(machine: &Machine<'_>, state: &State, program: &str, options: &Options) -> bool {
    let Some(choice) = choice(program) else { return machine.live };
    let mut told = options.values(choice.flags).peekable();
    if told.peek().is_some() && !is_only_namespace(options) {
        return told.any(speaks);
    }
    let by_variable =
        |name: &&str| state.variable(name).and_then(|variable| variable.values.as_ref()?.first()).is_some_and(speaks);
    let before = match state.files.get(&chosen(choice)) {
        Some(Content::Is(place)) => speaks(place),
        _ => choice.variables.iter().any(by_variable),
    };
    before || told.any(speaks) || machine.live
}

/// Whether of where a call acts nothing is told but a part of it, which every cluster may have.
fn is_only_namespace(options: &Options) -> bool {
    !options.has(&["context", "kube-context", "kubecontext", "kubeconfig", "cluster", "server", "project", "app", "a"])
        && options.has(&["n", "namespace"])
}

/// Whether a goal or a script of a project brings something to production, by its name and what it is given.
pub(in super::super) fn deploys(name: &str, given: &[Text]) -> bool {
    const DEPLOYS: &[&str] = &["deploy", "release", "rollout", "promote", "ship"];
    // What is told of it, or tried.
    const TELLS: &[&str] =
        &["notes", "changelog", "preview", "docs", "check", "status", "plan", "diff", "log", "logs", "test", "dry"];
    let named: Vec<String> = words(name).collect();
    let has = |list: &[&str]| named.iter().any(|word| list.contains(&word.as_str()));
    let shown: Vec<String> = given.iter().map(Text::shown).collect();
    has(DEPLOYS)
        && !has(TELLS)
        && (is_production(name) || shown.iter().any(|word| is_production(word)))
        && !only_shows(given)
}

/// Whether a task's name says that it writes to people, moves money or takes something away.
pub(in super::super) fn is_weighty(task: &str) -> bool {
    const GRAVE: &str = "send|mail|email|emails|newsletter|notify|broadcast|charge|bill|payout|payouts|refund|delete|purge|wipe|seed|anonymize|\
        destroy|remove|createsuperuser|changepassword|disable|reset|truncate|drop|nuke|erase|rollback|restore|teardown|flush|failover";
    const TIDIES: &str = "cache|assets|tmp|log|logs|views|config|route|routes|sessions|test|preview|dry|status|deps|\
        dependencies|packages|modules|console";
    let words: Vec<&str> = task.split([':', '-', '_', '.', '[', ']', '/']).collect();
    let has = |list: &str| words.iter().any(|word| is(word, list));
    has(GRAVE) && !has(TIDIES)
}

/// Whether a script of a project does such a thing in production, by its name and what it is given.
pub(in super::super) fn changes(name: &str, given: &[Text]) -> bool {
    is_weighty(name) && given.iter().any(speaks) && !only_shows(given)
}

/// Whether what is given to a script has it tell what it would do.
fn only_shows(given: &[Text]) -> bool {
    const SHOWS: &str = "-n|--dry-run|--dryrun|--help|-h|--check|--plan|--diff|plan|diff|check|status";
    given.iter().any(|word| is(&word.shown(), SHOWS))
}

/// Programs that run a project's tests, and those of which a goal runs them.
const TESTS: &str = "playwright|cypress|jest|vitest|mocha|ava|newman|pytest|py.test|behave|robot|rspec|cucumber|cucumber-js|testcafe|wdio|nightwatch|\
    phpunit|pest|codecept|karma|bats|maestro|hurl|tavern-ci|k6|locust";
const TESTERS: &str =
    "npm|pnpm|yarn|bun|go|cargo|rails|rake|mix|manage.py|make|gradle|mvn|dotnet|deno|composer|tox|nox";

/// Parts of the names of variables that name a database.
const BASES: &str = "DATABASE|DB_|_DB|PGHOST|MYSQL|MONGO|REDIS|DSN";

/// Words by which tests are told that they may destroy.
const DESTROYS: &str = "destructive|wipe|destroy|purge|teardown|nuke|delete_all|allow_prod|cleanup";

impl Machine<'_> {
    /// Notes that tests are pointed at what everybody has: at a database of production, which they empty, or at a service while they are
    /// told that they may destroy.
    pub(in super::super) fn tries(&mut self, name: &str, args: &[Text], state: &State) {
        if !(is(name, TESTS) || is(name, TESTERS) && args.iter().take(2).any(names_tests)) {
            return;
        }
        let exported = state.shell.variables.iter().filter(|(_, variable)| variable.exported);
        let set: Vec<(&str, &Text)> =
            exported.filter_map(|(name, variable)| Some((name, variable.values.as_ref()?.first()?))).collect();
        let on_data = set.iter().any(|(name, value)| holds(name, BASES) && speaks(value));
        let destroys = |text: &str| holds(&text.to_ascii_lowercase(), DESTROYS);
        let is_on = |value: &Text| !matches!(value.shown().as_str(), "0" | "false" | "" | "no");
        let may = || {
            set.iter().any(|(name, value)| destroys(name) && is_on(value))
                || args.iter().any(|arg| destroys(&arg.shown()))
        };
        let at_service = || {
            set.iter().any(|(_, value)| value.origin().is_some_and(|origin| origin.live))
                || set.iter().map(|(_, value)| *value).chain(args).any(is_of_service)
        };
        if on_data || may() && at_service() {
            self.act(Kind::ServiceChange, name);
        }
    }
}

/// Whether a goal is one of tests: `test:e2e`.
fn names_tests(goal: &Text) -> bool {
    goal.shown().split([':', '-']).any(|word| matches!(word, "test" | "tests" | "e2e" | "spec"))
}

/// Whether a text is an address at a service.
fn is_of_service(text: &Text) -> bool {
    let shown = text.shown();
    shown.contains("://") && services::is_service(&hosts::host(&shown))
}
