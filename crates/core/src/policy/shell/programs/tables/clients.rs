//! The clients of databases: what is given to them, and on which database.

use std::collections::HashSet;

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Options, Spec, read};
use super::super::super::state::State;
use super::super::super::value::{HOLE, Origin, Text};
use super::super::Program;
use super::super::sieve::knows;
use super::throwaway::{self, Reach};
use super::{is_harmless, production, rows, single, spec, sql};
use crate::policy::effects::Kind::{self, DatabaseDestroy};
use crate::policy::effects::Where;
use crate::policy::hosts;
use crate::policy::lists::is;

/// A client that is given SQL.
struct Client {
    names: &'static [&'static str],
    spec: Spec,
    /// Words before the options that count (`cockroach sql`).
    verbs: &'static [&'static str],
    /// The flags whose values are SQL, and those whose values are files of it.
    texts: &'static [&'static str],
    files: &'static [&'static str],
    /// The flags that name a host, an address or a database.
    hosts: &'static [&'static str],
    bases: &'static [&'static str],
    /// The variables that name a host and a database where no flag does.
    variables: (&'static str, &'static str),
    /// Subcommands that are no SQL: the table tells of them.
    others: &'static [&'static str],
    /// What its operands are.
    operands: Operands,
    /// What it works on where nothing is named.
    at: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operands {
    /// A database, or its address.
    Base,
    /// A file that is a database, then SQL.
    FileAndSql,
    /// A database, then SQL.
    BaseAndSql,
    /// SQL.
    Sql,
    /// A host.
    Host,
}

/// Where a client works when no flag says so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// On this machine.
    Here,
    /// At a provider's.
    Provider,
    /// At a provider's with this flag, else on a copy on this machine.
    ProviderWith(&'static [&'static str]),
}

const PLAIN: Client = Client {
    names: &[],
    spec: spec(
        "eDhPuqQd",
        &["execute=", "database=", "host=", "port=", "user=", "query=", "file=", "url=", "multiquery", "password?"],
    ),
    verbs: &[],
    texts: &["e", "execute", "q", "query"],
    files: &["file", "queries-file"],
    hosts: &["h", "host", "url"],
    bases: &["D", "d", "database", "url"],
    variables: ("", ""),
    others: &[],
    operands: Operands::Base,
    at: At::Here,
};

const CLICKHOUSE: Spec = spec(
    "qhdu",
    &["query=", "host=", "database=", "port=", "user=", "password=", "queries-file=", "format=", "multiquery"],
);

const CLIENTS: &[Client] = &[
    Client {
        names: &["psql", "pgcli", "usql", "yugabyte-db", "ysqlsh"],
        spec: spec(
            "cdfhoPpRFTUvL",
            &["command=", "dbname=", "file=", "host=", "port=", "username=", "set=", "output=", "variable="],
        ),
        texts: &["c", "command"],
        files: &["f", "file"],
        hosts: &["h", "host"],
        bases: &["d", "dbname"],
        variables: OF_POSTGRES,
        ..PLAIN
    },
    Client {
        names: &["mysql", "mariadb", "mycli", "mysqlsh", "tidb"],
        variables: ("MYSQL_HOST", "MYSQL_DATABASE"),
        ..PLAIN
    },
    Client {
        names: &["sqlite3", "sqlite", "duckdb", "litecli", "libsql", "rqlite"],
        spec: single(&["cmd=", "init=", "separator=", "nullvalue=", "c=", "s=", "f="]),
        texts: &["cmd", "c", "s"],
        files: &["init", "f"],
        operands: Operands::FileAndSql,
        ..PLAIN
    },
    Client {
        names: &["sqlcmd", "tsql", "mssql-cli", "osql"],
        spec: spec("QqiSUPdoHDp", &["query=", "input-file=", "server=", "database-name="]),
        texts: &["Q", "q", "query"],
        files: &["i", "input-file"],
        hosts: &["S", "H", "server"],
        bases: &["d", "D", "database-name"],
        ..PLAIN
    },
    Client { names: &["clickhouse"], spec: CLICKHOUSE, verbs: &["client"], ..PLAIN },
    Client { names: &["clickhouse-client", "chc"], spec: CLICKHOUSE, ..PLAIN },
    Client {
        names: &["cqlsh", "ycqlsh"],
        spec: spec("efkupt", &["execute=", "file=", "keyspace=", "username=", "password="]),
        files: &["f", "file"],
        bases: &["k", "keyspace"],
        operands: Operands::Host,
        ..PLAIN
    },
    Client {
        names: &["snow", "databricks"],
        spec: spec(
            "qfadswuer",
            &["query=", "filename=", "dbname=", "database=", "accountname=", "warehouse=", "connection="],
        ),
        verbs: &["sql"],
        files: &["f", "filename"],
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["snowsql", "dbsqlcli"],
        spec: spec("qfadswure", &["query=", "filename=", "dbname=", "accountname=", "warehouse=", "connection="]),
        files: &["f", "filename"],
        at: At::Provider,
        ..PLAIN
    },
    Client { names: &["cockroach"], verbs: &["sql"], ..PLAIN },
    Client {
        names: &[
            "trino",
            "presto",
            "hive",
            "beeline",
            "impala-shell",
            "sqlplus",
            "sql",
            "isql",
            "isql-fb",
            "sqlline",
            "spark-sql",
            "bigquery",
            "vsql",
            "nzsql",
            "gpsql",
            "db2",
            "exaplus",
            "monetdb",
            "mclient",
            "crash",
            "questdb",
        ],
        spec: spec(
            "efqunhisd",
            &["execute=", "file=", "server=", "catalog=", "schema=", "url=", "database=", "query=", "hosts="],
        ),
        files: &["f", "file"],
        hosts: &["server", "u", "url", "i", "n", "h", "hosts"],
        ..PLAIN
    },
    Client {
        names: &["bq"],
        spec: spec(
            "fn",
            &["project_id=", "dataset_id=", "location=", "format=", "use_legacy_sql=", "destination_table="],
        ),
        verbs: &["query"],
        operands: Operands::Sql,
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["wrangler"],
        spec: spec("ce", &["command=", "file=", "config=", "env=", "persist-to="]),
        verbs: &["d1", "execute"],
        texts: &["command"],
        at: At::ProviderWith(&["remote", "preview"]),
        ..PLAIN
    },
    Client {
        names: &["supabase"],
        spec: spec("fp", &["file=", "db-url=", "workdir="]),
        verbs: &["db", "execute|query"],
        files: &["f", "file"],
        operands: Operands::Sql,
        at: At::ProviderWith(&["linked", "db-url", "project-ref"]),
        ..PLAIN
    },
    Client { names: &["turso"], verbs: &["db", "shell"], operands: Operands::BaseAndSql, at: At::Provider, ..PLAIN },
    Client {
        names: &["pscale", "neonctl", "neon", "xata", "nile", "motherduck"],
        verbs: &["shell|psql|sql|query"],
        operands: Operands::BaseAndSql,
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["heroku"],
        spec: spec("car", &["command=", "app=", "file="]),
        verbs: &["pg:psql|psql"],
        texts: &["c", "command"],
        files: &["f", "file"],
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["aws"],
        spec: spec(
            "",
            &[
                "sql=",
                "query-string=",
                "statement=",
                "database=",
                "cluster-identifier=",
                "resource-arn=",
                "secret-arn=",
                "work-group=",
                "region=",
                "profile=",
                "endpoint-url=",
            ],
        ),
        verbs: &[
            "rds-data|redshift-data|athena|dynamodb|timestream-query",
            "execute-statement|start-query-execution|batch-execute-statement|query",
        ],
        texts: &["sql", "query-string", "statement"],
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["gcloud"],
        spec: spec("", &["sql=", "instance=", "project="]),
        verbs: &["spanner", "databases", "execute-sql"],
        texts: &["sql"],
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["gcloud"],
        spec: spec("ud", &["user=", "database=", "project="]),
        verbs: &["sql", "connect"],
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["gcloud"],
        spec: spec("ud", &["user=", "database=", "project="]),
        verbs: &["beta|alpha", "sql", "connect"],
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["az"],
        spec: spec(
            "nuqpdfg",
            &["name=", "querytext=", "file-path=", "database-name=", "admin-user=", "admin-password="],
        ),
        verbs: &["postgres|mysql", "flexible-server", "execute|connect"],
        texts: &["q", "querytext"],
        files: &["f", "file-path"],
        at: At::Provider,
        ..PLAIN
    },
    Client {
        names: &["prisma"],
        spec: spec("", &["file=", "url=", "schema=", "stdin"]),
        verbs: &["db", "execute"],
        bases: &["url"],
        hosts: &["url"],
        ..PLAIN
    },
    Client {
        names: &["wp"],
        spec: spec("", &["path=", "url="]),
        verbs: &["db", "query"],
        operands: Operands::Sql,
        hosts: &[],
        ..PLAIN
    },
    Client {
        names: &["drush"],
        spec: spec("", &["uri=", "root="]),
        verbs: &["sql:query|sqlq|sql-query"],
        operands: Operands::Sql,
        hosts: &[],
        ..PLAIN
    },
    Client {
        names: &["influx"],
        spec: spec("h", &["execute=", "host=", "database=", "port="]),
        texts: &["execute"],
        others: &["bucket", "org", "delete", "auth", "user", "query"],
        ..PLAIN
    },
    Client {
        names: &["cypher-shell"],
        spec: spec("audpf", &["address=", "username=", "database=", "password=", "file=", "format="]),
        hosts: &["a", "address"],
        files: &["f", "file"],
        operands: Operands::Sql,
        ..PLAIN
    },
];

/// The client that a call is of: by its name, and by its first words where only these are given SQL.
fn client(name: &str, words: &[String]) -> Option<&'static Client> {
    let is_verb = |(verb, word): (&&str, &String)| verb.split('|').any(|verb| verb == word);
    CLIENTS.iter().find(|client| {
        let verbs = client.verbs;
        client.names.contains(&name) && verbs.len() <= words.len() && verbs.iter().zip(words).all(is_verb)
    })
}

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "pg_dump" | "pg_dumpall" | "mysqldump" | "mariadb-dump" | "mongodump" | "mongoexport" | "mydumper" => dump,
        "pg_restore" => restore,
        _ if knows!(name, CLIENTS) => sql,
        _ => return None,
    })
}

fn sql(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let words: Vec<String> = call.args.iter().map(Text::shown).filter(|word| !word.starts_with('-')).take(3).collect();
    let is_sql = |client: &&Client| !words.first().is_some_and(|word| client.others.contains(&word.as_str()));
    let Some(client) = client(&call.name, &words).filter(is_sql) else {
        return super::table(machine, call, state);
    };
    let options = read(&call.args, &client.spec);
    if options.is_help() || is_harmless(&options) {
        return;
    }
    let operands = options.operands.get(client.verbs.len()..).unwrap_or_default();
    let mut texts: Vec<Text> = options.values(client.texts).cloned().collect();
    match client.operands {
        Operands::FileAndSql | Operands::BaseAndSql => texts.extend(operands.iter().skip(1).cloned()),
        Operands::Sql => texts.extend(operands.iter().cloned()),
        Operands::Base | Operands::Host => {}
    }
    if client.operands == Operands::FileAndSql {
        operands.iter().take(1).for_each(|file| _ = machine.read_file(state, file));
    }
    for file in options.values(client.files).cloned().collect::<Vec<_>>() {
        texts.push(machine.read_file(state, &file));
    }
    if client.operands == Operands::FileAndSql && texts.iter().any(|text| text.shown().trim() == ".dump") {
        machine.emit(state, 1, Text::hole(Origin::SECRET));
    }
    if texts.is_empty() {
        texts.push(machine.input(state, 0));
    }
    if client.operands == Operands::FileAndSql && texts.iter().any(|text| rows::are_changed(&text.shown())) {
        operands.iter().take(1).for_each(|file| others_file(machine, state, file));
    }
    let (reach, name, host) = aim(machine, state, client, &options, operands);
    let named = options.values(client.hosts).chain(options.values(client.bases)).chain(operands.iter().take(1));
    let is_live = production::is_meant(machine, state) || named.into_iter().any(production::speaks);
    let mut origin = of_rows(reach, name.as_deref());
    for text in &texts {
        let text = text.shown();
        if origin.queried && rows::gives_all(&text) {
            origin = origin.and(Origin::DUMPED);
        }
        if origin.queried {
            rows::copies(machine, state, &text);
        }
        if is_live && rows::are_changed(&text) {
            machine.act(Kind::ServiceChange, name.as_deref().unwrap_or_default());
        }
        given(machine, state, &text, reach, name.as_deref());
        if let Some(statement) = rows::written(&text) {
            machine.emit(state, 1, statement);
        }
    }
    let unread = texts.iter().any(|text| !text.is_empty() && text.prefix().is_empty() && text.as_known().is_none());
    if is_live && unread && (files_are_copies(&options, client) || options.values(client.files).next().is_none()) {
        machine.act(Kind::ServiceChange, name.as_deref().unwrap_or_default());
    }
    let fed = texts.iter().filter_map(Text::origin).any(|origin| origin.dumped);
    if let Some(host) = host.filter(|host| fed && rows::is_others(host, name.as_deref())) {
        machine.sends(&host, Origin::DUMPED);
    }
    let found = texts.iter().find_map(|text| liked(&text.shown(), origin)).filter(|_| reach == Reach::Here);
    machine.emit(state, 1, found.unwrap_or_else(|| Text::hole(origin)));
}

/// Notes that rows are changed in a file in which another program keeps what it knows: by whom it lets itself be used, who may sign in.
fn others_file(machine: &mut Machine<'_>, state: &State, file: &Text) {
    const OF_SYSTEM: &[&str] = &["/var/lib/", "/var/opt/", "/etc/", "/usr/", "/library/"];
    let Some(path) = machine.path(state, file) else { return };
    let lower = machine.real(state, &path).to_ascii_lowercase();
    if lower.ends_with("/tcc.db") || lower.contains("/com.apple.") {
        machine.act(Kind::SafetyDisable, path);
    } else if lower.ends_with("/state.vscdb") {
        machine.act(Kind::AgentUnchecked, path);
    } else if machine.at != Where::Throwaway && OF_SYSTEM.iter().any(|folder| lower.starts_with(folder)) {
        machine.act(Kind::ServiceChange, path);
    }
}

/// What a query gives that asks for names of tests: `show databases like 'test%'`.
fn liked(text: &str, origin: Origin) -> Option<Text> {
    let lower = text.to_ascii_lowercase();
    let (_, pattern) = lower.split_once(" like '").filter(|_| !lower.contains(" not "))?;
    throwaway::sought(pattern.split('\'').next()?, origin)
}

/// Whether a client is given a file whose name says that it holds a copy of a database, or what one is filled with.
fn files_are_copies(options: &Options, client: &Client) -> bool {
    const COPIES: &str = "dump|backup|backups|seed|seeds|fixture|fixtures|restore|snapshot|export|copy|nightly";
    let is_copy = |name: &str| throwaway::words(name).any(|word| is(&word, COPIES));
    options.values(client.files).any(|file| is_copy(&file.shown()))
}

/// Where what a client gives comes from: what a test's database holds is nobody's.
pub(super) fn of_rows(reach: Reach, name: Option<&str>) -> Origin {
    if throwaway::may_be_lost(reach, name.into_iter()) { Origin::UNKNOWN } else { Origin::QUERIED }
}

/// Where a client works, on which database, and at which host: as far as they are known.
fn aim(
    machine: &Machine<'_>,
    state: &State,
    client: &Client,
    options: &Options,
    operands: &[Text],
) -> (Reach, Option<String>, Option<String>) {
    match client.at {
        At::Provider => return (Reach::Elsewhere, None, None),
        At::ProviderWith(flags) => {
            return (if options.has(flags) { Reach::Elsewhere } else { Reach::Emulator }, None, None);
        }
        At::Here => {}
    }
    let first = operands.first();
    if client.operands == Operands::FileAndSql {
        let lost =
            first.is_none_or(|file| file.shown() == ":memory:" || throwaway::is_trial_file(machine, state, file));
        let given = first.map(Text::shown);
        return (if lost { Reach::Emulator } else { Reach::Here }, given, None);
    }
    let named = |flags: &[&str]| options.value(flags).map(Text::shown);
    let base = named(client.bases).or_else(|| first.filter(|_| client.operands == Operands::Base).map(Text::shown));
    let host = named(client.hosts).or_else(|| first.filter(|_| client.operands == Operands::Host).map(Text::shown));
    let (mut at, mut name) = base.as_deref().map_or((None, None), throwaway::database);
    if let Some(host) = host {
        let (of_host, of_name) =
            if host.contains("://") { throwaway::database(&host) } else { (Some(hosts::host(&host)), None) };
        at = of_host;
        name = name.filter(|_| !host.contains("://")).or(of_name);
    }
    let variable = |name: &str| throwaway::variable(machine, state, name);
    at = at.or_else(|| variable(client.variables.0));
    name = name.or_else(|| variable(client.variables.1));
    let unknown = base.as_deref().is_some_and(|base| base.starts_with(HOLE));
    let reach = if unknown { Reach::Elsewhere } else { throwaway::reach(machine, at.as_deref()) };
    let made = name.as_deref().is_some_and(|name| throwaway::was_made(state, "dropdb", name));
    let port = options.value(ports(client.names)).map(Text::shown);
    let addresses = [base.as_deref(), options.value(client.hosts).map(Text::prefix)];
    let port = port.or_else(|| addresses.into_iter().flatten().find_map(throwaway::port).map(str::to_owned));
    let port = port.or_else(|| variable(if client.names.contains(&"psql") { "PGPORT" } else { "MYSQL_TCP_PORT" }));
    let own = throwaway::is_inside(machine) || throwaway::is_own_port(state, port.as_deref());
    let inside = reach == Reach::Here && own;
    (if inside || made && reach == Reach::Here { Reach::Emulator } else { reach }, name, at)
}

/// The options of a client that name a port.
fn ports(names: &[&str]) -> &'static [&'static str] {
    if names.contains(&"psql") { &["p", "port"] } else { &["P", "port"] }
}

/// The schemas that a text makes behind one that it takes away; everybody has the one called `public`.
fn made_anew(text: &str) -> HashSet<String> {
    let lower = text.to_ascii_lowercase();
    let after = lower.split_once("drop schema").map_or("", |(_, after)| after);
    let made = after.split("create schema ").skip(1).map(|rest| {
        let name = rest.strip_prefix("if not exists ").unwrap_or(rest).trim_start_matches(['"', '`']);
        name.split(|char: char| !(char.is_alphanumeric() || char == '_')).next().unwrap_or_default().to_owned()
    });
    made.filter(|name| name != "public").collect()
}

/// Judges a text of SQL that is given to a database.
pub(super) fn given(machine: &mut Machine<'_>, state: &mut State, text: &str, reach: Reach, name: Option<&str>) {
    let lost = throwaway::may_be_lost(reach, name.into_iter());
    // A database that is a test's by its own name, wherever the client is connected to on this machine.
    let developed = reach == Reach::Here && name.is_some_and(throwaway::is_developed);
    // A container that people develop with is filled anew whenever somebody likes.
    let refilled = developed && machine.at == Where::Container && !machine.live;
    let renewed = if developed { made_anew(text) } else { HashSet::new() };
    for fault in sql::faults(text) {
        let renewed = || fault.name.as_deref().is_some_and(|schema| renewed.contains(schema));
        let passing = || fault.kind == Kind::DatabaseDestroy && fault.name.as_deref().is_some_and(sql::is_passing);
        let of_container = refilled && fault.kind == Kind::DatabaseDestroy;
        let own = of_container || developed && (fault.kind == Kind::SecretRead || renewed() || passing());
        if !lost && !own && !throwaway::may_be_lost(reach, fault.name.as_deref().into_iter()) {
            machine.act(fault.kind, fault.what);
        }
        if let Some(code) = fault.runs {
            let outer = machine.at;
            machine.at = if reach == Reach::Elsewhere { Where::Remote } else { outer };
            machine.code(state, &Text::known(code), Vec::new());
            machine.at = outer;
        }
    }
    // `\! command` runs a shell on this machine.
    let shells = ["\\!", ".shell", ".system", ".sh ", "system ", "\\sh", "!sh "];
    for line in text.lines().map(str::trim).filter_map(|line| shells.iter().find_map(|shell| line.strip_prefix(shell)))
    {
        machine.code(state, &Text::known(line.trim().trim_end_matches(';')), Vec::new());
    }
}

/// What a dump gives is all that people have entrusted to a database, unless only its shape is asked for.
fn dump(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let short = if call.name.starts_with("mongo") { "hudco" } else { "fhpUtnTNFjrZuPdo" };
    let long = &[
        "file=",
        "result-file=",
        "archive?",
        "out=",
        "host=",
        "port=",
        "username=",
        "user=",
        "password?",
        "dbname=",
        "table=",
        "format=",
        "schema-only",
        "no-data",
        "exclude-table=",
        "uri=",
        "db=",
        "collection=",
        "query=",
        "version",
        "help",
    ];
    let options = read(&call.args, &spec(short, long));
    if options.is_help() {
        return;
    }
    let shape_only = options.has(&["s", "schema-only", "no-data"]);
    let (reach, name, _) = aim(machine, state, &DUMP, &options, &options.operands);
    let is_nobodys = shape_only || throwaway::may_be_lost(reach, name.as_deref().into_iter());
    let text = Text::hole(if is_nobodys { Origin::UNKNOWN } else { Origin::DUMPED });
    let file = options.value(&["f", "file", "r", "result-file", "archive", "o", "out"]);
    machine.puts(state, file.filter(|file| !file.is_empty()), text);
}

const OF_POSTGRES: (&str, &str) = ("PGHOST", "PGDATABASE");

/// What the programs that dump and restore have in common.
const DUMP: Client =
    Client { hosts: &["h", "host", "uri"], bases: &["d", "dbname", "db", "uri"], variables: OF_POSTGRES, ..PLAIN };

/// Putting a dump back over what is there, on another machine.
fn restore(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec("hpUdjtnFf", &["host=", "port=", "username=", "dbname=", "jobs=", "table=", "schema=", "file="]),
    );
    let (reach, name, _) = aim(machine, state, &DUMP, &options, &[]);
    if options.is_help() || options.has(&["l", "list"]) {
        return;
    }
    if options.has(&["c", "clean"]) && reach == Reach::Elsewhere {
        machine.act(DatabaseDestroy, name.unwrap_or_default());
    } else if production::is_meant(machine, state)
        || options.values(&["d", "dbname", "h", "host"]).any(production::speaks)
    {
        machine.act(Kind::ServiceChange, name.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_made_anew_behind_one_that_is_taken_away() {
        let made = made_anew(
            "DROP SCHEMA app CASCADE; CREATE SCHEMA app; create schema if not exists \"audit\"; create schema public",
        );
        assert_eq!(made, HashSet::from(["app".to_owned(), "audit".to_owned()]));
        assert!(made_anew("create schema app; drop schema app").is_empty());
    }
}
