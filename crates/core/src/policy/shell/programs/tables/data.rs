//! Databases, and the SQL that is given to them.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Spec, read};
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::super::Program;
use super::{Entry, Tool, on, with};
use crate::policy::effects::Kind::{self, DatabaseDestroy};

const fn spec(short: &'static str, long: &'static [&'static str]) -> Spec {
    Spec { short, long, ordered: false, single: false }
}

const RESETS: &[Entry] = &[
    on("db:drop|db:reset|db:purge|db:drop:all|db:migrate:reset|db:schema:load|db:truncate_all", DatabaseDestroy),
    on("migrate:fresh|migrate:reset|db:wipe|migrate:refresh", DatabaseDestroy),
];

/// Every tool of this file that a table tells enough of.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["dropdb", "dropuser"],
        spec: spec("hpUW", &["host=", "port=", "username="]),
        entries: &[on("*", DatabaseDestroy)],
    },
    Tool {
        names: &["mysqladmin", "mariadb-admin"],
        spec: spec("hPup", &["host=", "user=", "port="]),
        entries: &[on("drop|shutdown", DatabaseDestroy)],
    },
    Tool {
        names: &["manage.py"],
        spec: spec("", &["database=", "settings="]),
        entries: &[on("flush|reset_db|sqlflush", DatabaseDestroy), on("migrate * zero", DatabaseDestroy)],
    },
    Tool { names: &["rails", "rake", "artisan"], spec: spec("e", &["environment="]), entries: RESETS },
    Tool {
        names: &["prisma"],
        spec: spec("", &["schema="]),
        entries: &[
            on("migrate reset", DatabaseDestroy),
            with("db push", &["force-reset", "accept-data-loss"], DatabaseDestroy),
        ],
    },
    Tool { names: &["alembic"], spec: spec("cx", &[]), entries: &[on("downgrade base", DatabaseDestroy)] },
    Tool {
        names: &[
            "knex",
            "sequelize",
            "sequelize-cli",
            "typeorm",
            "drizzle-kit",
            "dbmate",
            "flyway",
            "liquibase",
            "mikro-orm",
        ],
        spec: spec("", &["url=", "env=", "knexfile="]),
        entries: &[
            with("migrate:rollback", &["all"], DatabaseDestroy),
            on(
                "db:drop|schema:drop|drop|clean|drop-all|dropAll|schema:fresh|migration:fresh|db:migrate:undo:all",
                DatabaseDestroy,
            ),
        ],
    },
    Tool { names: &["mix"], spec: spec("r", &[]), entries: &[on("ecto.drop|ecto.reset", DatabaseDestroy)] },
    Tool { names: &["bq"], spec: spec("", &["project_id=", "dataset_id="]), entries: &[on("rm", DatabaseDestroy)] },
    Tool {
        names: &["influx", "etcdctl", "nodetool"],
        spec: spec("", &["endpoints=", "host="]),
        entries: &[
            on("bucket|org delete", DatabaseDestroy),
            with("del", &["prefix", "from-key"], DatabaseDestroy),
            on("decommission|removenode|assassinate", DatabaseDestroy),
        ],
    },
    Tool {
        names: &["kafka-topics", "kafka-topics.sh", "rabbitmqctl"],
        spec: spec("", &["bootstrap-server=", "topic=", "zookeeper="]),
        entries: &[
            with("", &["delete"], DatabaseDestroy),
            on("reset|delete_queue|purge_queue|delete_vhost|force_reset", DatabaseDestroy),
        ],
    },
];

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "psql" | "pgcli" | "mysql" | "mariadb" | "mycli" | "sqlite3" | "sqlite" | "litecli" | "duckdb" | "sqlcmd"
        | "clickhouse-client" | "clickhouse" | "cqlsh" | "snowsql" | "usql" | "cockroach" | "bigquery" | "trino"
        | "presto" | "hive" | "beeline" | "sqlplus" => sql,
        "redis-cli" | "valkey-cli" | "keydb-cli" => redis,
        "mongosh" | "mongo" => mongo,
        _ => return None,
    })
}

fn sql(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = match call.name.as_str() {
        "psql" | "pgcli" => {
            spec("cdfhoPpRFTUvL", &["command=", "dbname=", "file=", "host=", "port=", "username=", "set=", "output="])
        }
        "sqlite3" | "sqlite" | "duckdb" | "litecli" => {
            Spec { short: "", long: &["cmd=", "init=", "separator=", "nullvalue="], ordered: false, single: true }
        }
        "sqlcmd" => spec("QqiSUPdo", &["query=", "input-file="]),
        _ => spec("eDhPuqQd", &["execute=", "database=", "host=", "port=", "user=", "query=", "multiquery"]),
    };
    let options = read(&call.args, &spec);
    if options.is_help() {
        return;
    }
    let mut texts: Vec<Text> =
        options.values(&["c", "command", "e", "execute", "q", "Q", "query", "cmd"]).cloned().collect();
    let is_file = matches!(call.name.as_str(), "sqlite3" | "sqlite" | "duckdb" | "litecli");
    if is_file {
        options.operands.iter().take(1).for_each(|file| _ = machine.read_file(state, file));
        texts.extend(options.operands.iter().skip(1).cloned());
    }
    for file in options.values(&["f", "file", "i", "input-file", "init"]).cloned().collect::<Vec<_>>() {
        texts.push(machine.read_file(state, &file));
    }
    if texts.is_empty() {
        texts.push(machine.input(state, 0));
    }
    for text in &texts {
        if let Some(what) = destroys(&text.shown()) {
            machine.act(Kind::DatabaseDestroy, what);
        }
        if let Some(what) = super::sql::opens(&text.shown()) {
            machine.act(Kind::DatabaseOpen, what);
        }
        // `\! command` runs a shell.
        for line in text
            .shown()
            .lines()
            .filter_map(|line| line.trim().strip_prefix("\\!").or_else(|| line.trim().strip_prefix(".shell")))
        {
            machine.code(state, &Text::known(line.trim()), Vec::new());
        }
    }
    machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
}

/// What a text of SQL destroys: the first statement that drops, empties, or changes every row.
pub(in super::super) fn destroys(text: &str) -> Option<String> {
    statements(text).into_iter().find_map(|words| {
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        let has = |wanted: &str| words.iter().any(|word| word == wanted);
        let destroys = match word(0) {
            "drop" => {
                !matches!(
                    word(1),
                    "index" | "view" | "trigger" | "function" | "procedure" | "constraint" | "policy" | "temporary"
                ) || word(1).is_empty()
            }
            "truncate" | "flush" => true,
            "delete" => !has("where") || is_always(&words),
            "update" => has("set") && (!has("where") || is_always(&words)),
            "alter" => has("drop") && (has("column") || word(1) == "database") || word(1) == "database" && has("owner"),
            "db" => false,
            _ => false,
        };
        // What an explanation or a transaction that is rolled back says is another matter, and rare.
        destroys.then(|| words.iter().take(4).cloned().collect::<Vec<_>>().join(" "))
    })
}

/// Whether what stands behind `where` holds for every row: `1=1`, `true`.
fn is_always(words: &[String]) -> bool {
    let condition = words.iter().skip_while(|word| *word != "where").skip(1).map(String::as_str).collect::<Vec<_>>();
    matches!(condition.as_slice(), ["true" | "1"]) || matches!(condition.as_slice(), [left, right] if left == right)
}

/// The statements of a text, each as its words in lower case, without comments and literals.
pub(super) fn statements(text: &str) -> Vec<Vec<String>> {
    let mut statements = vec![Vec::new()];
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    let end_word = |word: &mut String, statements: &mut Vec<Vec<String>>| {
        if !word.is_empty()
            && let Some(last) = statements.last_mut()
        {
            last.push(std::mem::take(word));
        }
    };
    while let Some(char) = chars.next() {
        match char {
            '\'' => {
                end_word(&mut word, &mut statements);
                while chars.next().is_some_and(|inside| inside != '\'') {}
            }
            '-' if chars.peek() == Some(&'-') => while chars.next().is_some_and(|inside| inside != '\n') {},
            '/' if chars.peek() == Some(&'*') => {
                end_word(&mut word, &mut statements);
                chars.next();
                let mut before = ' ';
                for inside in chars.by_ref() {
                    if before == '*' && inside == '/' {
                        break;
                    }
                    before = inside;
                }
            }
            ';' => {
                end_word(&mut word, &mut statements);
                statements.push(Vec::new());
            }
            char if char.is_alphanumeric() || matches!(char, '_' | '.' | '"' | '`') => word.extend(char.to_lowercase()),
            _ => end_word(&mut word, &mut statements),
        }
    }
    end_word(&mut word, &mut statements);
    statements
}

fn redis(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options =
        read(&call.args, &Spec { short: "hpaunris", long: &["user=", "pass=", "eval="], ordered: true, single: false });
    let mut line = options.operands.iter().map(Text::shown).collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        line = machine.input(state, 0).shown();
    }
    let destroys = line.lines().any(|line| {
        let line = line.trim().to_ascii_lowercase();
        line.starts_with("del \u{2026}")
            || ["flushall", "flushdb", "shutdown", "config set", "debug segfault", "cluster reset"]
                .iter()
                .any(|word| line.starts_with(word))
    });
    if destroys {
        machine.act(Kind::DatabaseDestroy, line.lines().next().unwrap_or_default());
    }
    machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
}

fn mongo(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &Spec { short: "up", long: &["eval=", "file=", "host=", "port=", "username=", "password="], ..Spec::default() },
    );
    let mut texts: Vec<Text> = options.values(&["eval"]).cloned().collect();
    if texts.is_empty() {
        texts.push(machine.input(state, 0));
    }
    for text in &texts {
        let shown = text.shown();
        let empties = |call: &str| shown.contains(&format!("{call}({{}})")) || shown.contains(&format!("{call}()"));
        if shown.contains("dropDatabase(")
            || shown.contains(".drop()")
            || empties("deleteMany")
            || empties("remove")
            || shown.contains("dropUser")
        {
            machine.act(Kind::DatabaseDestroy, shown);
        }
    }
    machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_read_statement_by_statement() {
        for (text, expected) in [
            ("select * from users", false),
            ("SELECT 'DROP TABLE users'", false),
            ("-- drop table users\nselect 1", false),
            ("/* truncate */ select 1", false),
            ("create table a (b int); insert into a values (1)", false),
            ("delete from users where id = 1", false),
            ("update users set name = 'x' where id = 1", false),
            ("drop index i", false),
            ("alter table a add column b int", false),
            ("DROP TABLE users", true),
            ("drop/**/table users", true),
            ("select 1; Drop Database shop;", true),
            ("TRUNCATE users", true),
            ("delete from users", true),
            ("UPDATE users SET admin = true", true),
            ("alter table a drop column b", true),
        ] {
            assert_eq!(destroys(text).is_some(), expected, "{text}");
        }
    }
}
