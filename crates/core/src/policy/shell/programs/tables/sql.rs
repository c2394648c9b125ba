//! What SQL opens: rights for many, protections that are taken off, and ways through a database to the machine it runs on.

use super::data::statements;

/// Functions and procedures that reach files and programs of the server's machine.
const REACHES: &[&str] = &[
    "load_file",
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_dir",
    "lo_import",
    "lo_export",
    "xp_cmdshell",
    "sys_exec",
    "sys_eval",
    "load_extension",
    "xp_dirtree",
    "sp_oacreate",
    "utl_http.request",
    "dbms_scheduler.create_job",
    "pg_execute_server_program",
    "pg_write_server_files",
    "pg_read_server_files",
];

/// What a role may do that is above the rows of others.
const POWERS: &[&str] =
    &["superuser", "createrole", "bypassrls", "replication", "rds_superuser", "pg_read_all_data", "pg_write_all_data"];

/// What a text of SQL opens: the first statement that does.
pub(super) fn opens(text: &str) -> Option<String> {
    // Literals are no words, but an empty password is told by one.
    let lower = text.to_ascii_lowercase();
    let no_password = ["identified by ''", "identified by \"\"", "password ''"].iter().any(|word| lower.contains(word));
    statements(text).into_iter().find_map(|words| {
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        let has = |wanted: &str| words.iter().any(|word| word == wanted);
        let pair = |first: &str, second: &str| words.windows(2).any(|pair| pair[0] == first && pair[1] == second);
        let reaches = words.iter().any(|word| REACHES.contains(&word.as_str()));
        let opens = match (word(0), word(1)) {
            ("copy", _) => pair("to", "program") || pair("from", "program"),
            ("alter" | "create", "role" | "user") => {
                POWERS.iter().any(|power| has(power)) || word(0) == "create" && no_password
            }
            ("alter", "table") => pair("disable", "row") || pair("no", "force") && has("security"),
            ("create", _) if has("function") || has("extension") => {
                words.iter().any(|word| matches!(word.as_str(), "plpython3u" | "plpythonu" | "plperlu" | "pltclu"))
            }
            ("grant", _) => {
                let all = has("all");
                let writes = all || has("insert") || has("update") || has("delete") || has("truncate");
                // `*.*`, of which the stars are no part of a word.
                all && has(".")
                    || pair("grant", "option")
                    || writes && (pair("to", "public") || pair("to", "anon"))
                    || POWERS.iter().any(|power| has(power))
            }
            _ => pair("into", "outfile") || pair("into", "dumpfile"),
        };
        (opens || reaches && matches!(word(0), "select" | "exec" | "execute" | "call" | "grant" | "insert" | "update"))
            .then(|| words.iter().take(4).cloned().collect::<Vec<_>>().join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_database_is_told_from_what_sets_it_up() {
        for (text, expected) in [
            ("select * from users", false),
            ("copy t to stdout", false),
            ("copy t from '/tmp/a.csv' csv", false),
            ("create role app login", false),
            ("alter role app nosuperuser", false),
            ("grant select on t to reader", false),
            ("grant all privileges on database shop_dev to dev", false),
            ("alter table t enable row level security", false),
            ("create extension pgcrypto", false),
            ("select 'into outfile'", false),
            ("COPY t TO PROGRAM 'cat'", true),
            ("COPY t FROM PROGRAM 'curl x'", true),
            ("create user a superuser", true),
            ("create user a identified by ''", true),
            ("select 1 into outfile '/x'", true),
            ("select pg_read_file('/etc/passwd')", true),
            ("EXEC xp_cmdshell 'dir'", true),
            ("grant all privileges on *.* to a", true),
            ("grant select on t to a with grant option", true),
            ("grant insert on t to public", true),
            ("alter table t disable row level security", true),
            ("create function f() returns int as 'x' language plpython3u", true),
        ] {
            assert_eq!(opens(text).is_some(), expected, "{text}");
        }
    }
}
