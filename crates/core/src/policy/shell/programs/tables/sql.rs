//! What a text of SQL does to the database it is given to, whoever gives it.

use std::collections::HashSet;

use super::throwaway;
use crate::policy::effects::Kind;
use crate::policy::inspect::call::PRODUCTION;
use crate::policy::lists::{is, parts};

/// What a statement does that a rule could speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy) struct Fault {
    /// [`Kind::DatabaseDestroy`], [`Kind::DatabaseOpen`] or [`Kind::SecretRead`].
    pub(in crate::policy) kind: Kind,
    /// The start of the statement.
    pub(in crate::policy) what: String,
    /// The name of what it is done to.
    pub(in crate::policy) name: Option<String>,
    /// The program that the database's machine is told to run.
    pub(in crate::policy) runs: Option<String>,
}

/// What a text of SQL destroys: the first statement that drops, empties, or changes every row.
pub(in crate::policy) fn destroys(text: &str) -> Option<String> {
    faults(text).into_iter().find(|fault| fault.kind == Kind::DatabaseDestroy).map(|fault| fault.what)
}

/// What is wrong with a text of SQL, statement by statement. What the text itself made, and what it takes back, is not.
pub(in crate::policy) fn faults(text: &str) -> Vec<Fault> {
    let statements = statements(text);
    let mut made: HashSet<&str> = HashSet::new();
    let mut begun = false;
    let mut found = Vec::new();
    let names_since = text.contains('>');
    for (statement, rolled_back) in statements.iter().zip(rolled_back(&statements)) {
        let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
        let is_taken_back = begun && rolled_back;
        begun |= matches!(words.first(), Some(&("begin" | "start")));
        if let ["create", rest @ ..] = words.as_slice() {
            made.extend(rest.iter().find(|word| !is(word, OF_CREATION)).map(|name| bare(name)));
        }
        let found_in = fault(&words, &statement.literals).or_else(|| covers_traces(&words, names_since));
        let Some((kind, from)) = found_in else { continue };
        let mut names = words.iter().skip(from).filter(|word| !is(word, OF_OBJECTS)).map(|name| bare(name));
        let is_listed = matches!(words.first(), Some(&("truncate" | "drop")));
        // Of several that are listed the one counts that somebody would miss.
        let name = names.next().map(|first| match is_missed(first) || made.contains(first) || !is_listed {
            true => first,
            false => names.find(|name| is_missed(name) && !made.contains(name)).unwrap_or(first),
        });
        // What is made in the place of another was there before.
        let own = words.first() != Some(&"create") && name.is_some_and(|name| made.contains(name));
        if kind == Kind::DatabaseDestroy && (own || is_taken_back) {
            continue;
        }
        let runs = (words.contains(&"program") || words.contains(&"xp_cmdshell"))
            .then(|| statement.literals.last().cloned())
            .flatten();
        let what = words[..words.len().min(4)].join(" ");
        found.push(Fault { kind, what, name: name.map(str::to_owned), runs });
    }
    found
}

/// Words between `create` and the name of what is made.
const OF_CREATION: &str = "table|database|schema|temp|temporary|unlogged|global|local|if|not|exists|or|replace|keyspace|external|\
    transient";

/// Words between a verb and the name of what it is done to.
const OF_OBJECTS: &str = "table|database|schema|keyspace|if|exists|from|only|user|role|tables|column|set|materialized|warehouse|stream|\
    topic|collection|ignore|low_priority|into|bucket|measurement|series|concurrently";

/// Tables of what an application keeps for a while, and fills by itself.
const PASSING: &str = "session|sessions|django_session|http_sessions|spring_session|active_sessions|user_sessions|cache|caches|cache_entries|cache_locks|cache_items|\
    jobs|failed_jobs|job_batches|queue|queues|delayed_jobs|oban_jobs|celery_taskmeta|solid_queue_jobs|solid_cache_entries|logs|log|request_logs|debug_logs|\
    telescope_entries|rate_limits|throttle|throttles|tmp|temp|scratch|cart|carts|cart_items|baskets|basket_items|page_views|impressions";

/// Whether a table holds only what an application keeps for a while.
pub(super) fn is_passing(table: &str) -> bool {
    is(last_of(table), PASSING)
}

/// Whether somebody would miss a table, by its name: it is no test's, and holds more than what passes.
fn is_missed(table: &str) -> bool {
    !is_passing(table) && !throwaway::is_trial(table) && !is(table, OF_ENDS)
}

/// Words behind the names of what is dropped or emptied.
const OF_ENDS: &str = "cascade|restrict|restart|continue|identity|purge|force|with|nowait|wait|cluster|on|sync";

fn word_at<'w>(words: &[&'w str], at: usize) -> &'w str {
    words.get(at).copied().unwrap_or_default()
}

/// Whether two words stand beside each other.
fn follow(words: &[&str], first: &str, second: &str) -> bool {
    words.windows(2).any(|pair| pair == [first, second])
}

/// A name without its quotes.
fn bare(name: &str) -> &str {
    name.trim_matches(['"', '`', '[', ']'])
}

/// Of each statement, whether the next end of a transaction takes back what was done.
fn rolled_back(statements: &[Statement]) -> Vec<bool> {
    let mut back = false;
    let mut ends: Vec<bool> = statements
        .iter()
        .rev()
        .map(|statement| {
            match statement.words.first().map(String::as_str) {
                Some("rollback" | "abort") => back = true,
                Some("commit" | "end") => back = false,
                _ => {}
            }
            back
        })
        .collect();
    ends.reverse();
    ends
}

/// What a statement does, and behind how many words the name stands of what it is done to.
fn fault(words: &[&str], literals: &[String]) -> Option<(Kind, usize)> {
    let word = |at: usize| word_at(words, at);
    let has = |wanted: &str| words.contains(&wanted);
    let position = |wanted: &str| words.iter().position(|word| *word == wanted);
    let destroys = Some((Kind::DatabaseDestroy, 1));
    let opens = Some((Kind::DatabaseOpen, usize::MAX));
    if is_opening(words, literals) {
        return opens;
    }
    if reads_secrets(words) {
        return Some((Kind::SecretRead, usize::MAX));
    }
    match word(0) {
        "drop" if !is(word(1), REPLACEABLE) || has("cascade") && !matches!(word(1), "constraint" | "policy") => {
            destroys
        }
        "truncate" => destroys,
        "create" | "insert" | "alter" => {
            replaces_live(words).or_else(|| replaces_by_nothing(words)).or_else(|| alters(words))
        }
        "delete" if has("from") || !word(1).is_empty() => is_of_all(words).then_some((Kind::DatabaseDestroy, 1)),
        "update" if has("set") => is_of_all(words).then_some((Kind::DatabaseDestroy, 1)),
        // A statement within another.
        "with" | "do" | "begin" | "if" | "declare" | "exec" | "execute" | "call" | "while" => {
            let drops = ["table", "database", "schema", "owned"]
                .iter()
                .find_map(|what| words.windows(2).position(|pair| pair == ["drop", what]));
            let deletes = position("delete").filter(|_| follow(words, "delete", "from") && !has("where"));
            let at = drops.or(deletes).or_else(|| position("truncate")).or_else(|| position("sp_msforeachtable"));
            at.map(|at| (Kind::DatabaseDestroy, at + 1))
        }
        "reset" if matches!(word(1), "master" | "slave" | "replica") => destroys,
        "purge" if matches!(word(1), "binary" | "master" | "recyclebin" | "table") => destroys,
        "detach" if has("permanently") => destroys,
        "match" | "optional" => {
            (has("delete") && !has("where") && !has("id")).then_some((Kind::DatabaseDestroy, usize::MAX))
        }
        "shutdown" => destroys,
        // What a table was before is gone at once.
        "vacuum" if follow(words, "retain", "0") => destroys,
        _ => None,
    }
}

/// What becomes of what a table or a database is.
fn alters(words: &[&str]) -> Option<(Kind, usize)> {
    let word = |at: usize| word_at(words, at);
    let has = |wanted: &str| words.contains(&wanted);
    if word(0) != "alter" {
        return None;
    }
    let drops = has("drop")
        && (has("column") || has("partition") || word(1) == "database" || has("foreign") && has("table"))
        || follow(words, "drop", "if") && has("exists") && has("column");
    let empties = word(1) == "table" && has("delete") && is_of_all(words);
    let expires = has("data_retention_time_in_days") || has("ttl") && has("modify") || has("expiration");
    let takes = word(1) == "database" && has("owner") || follow(words, "disable", "trigger") && has("all");
    if drops || empties || expires && has("0") {
        return Some((Kind::DatabaseDestroy, 1));
    }
    takes.then_some((Kind::DatabaseOpen, usize::MAX))
}

/// Whether something of production is made anew from something else, by its name: what was in it is gone.
fn replaces_live(words: &[&str]) -> Option<(Kind, usize)> {
    let at = match words {
        ["create", "or", "replace", rest @ ..] => {
            3 + rest.iter().take(3).position(|word| matches!(*word, "table" | "schema" | "database"))? + 1
        }
        ["insert", "overwrite", ..] => 2,
        ["alter", "table", _, "swap", ..] => 2,
        _ => return None,
    };
    let name = words.iter().skip(at).find(|word| !is(word, OF_OBJECTS))?;
    bare(name).split(['.', '_', '"', '`']).any(|part| is(part, PRODUCTION)).then_some((Kind::DatabaseDestroy, at))
}

/// Whether a table is made anew from itself, or written over, by a query that gives no rows.
fn replaces_by_nothing(words: &[&str]) -> Option<(Kind, usize)> {
    let (at, overwrites) = match words {
        ["create", "or", "replace", rest @ ..] => {
            (3 + rest.iter().take(2).position(|word| *word == "table")? + 1, false)
        }
        ["insert", "overwrite", ..] => (2, true),
        _ => return None,
    };
    let name = words.iter().skip(at).find(|word| !is(word, OF_OBJECTS))?;
    let from = words.windows(2).any(|pair| pair[0] == "from" && bare(pair[1]) == bare(name));
    let condition: Vec<&str> = words.iter().skip_while(|word| **word != "where").skip(1).copied().collect();
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let never = match condition.as_slice() {
        ["false" | "0", ..] => true,
        [left, right, ..] => is_number(left) && is_number(right) && left != right,
        _ => false,
    };
    let nothing = never || follow(words, "limit", "0") || follow(words, "top", "0");
    (nothing && (overwrites || from)).then_some((Kind::DatabaseDestroy, at))
}

/// Tables in which it stands who did what.
const TRACES: &str = "audit|audits|auditlog|auditlogs|auditevent|auditevents|audittrail";
const TRACE_TABLES: &str = "access_log|access_logs|security_log|security_logs|security_events|login_history|activity_log|activity_logs|\
    event_log|admin_log|django_admin_log|sign_in_logs|login_attempts|compliance_log|changelog_entries";

/// Whether some of what tells who did what is deleted or rewritten. What is deleted for its age is not, nor what is filled in where nothing was.
/// `names_since`: whether the text asks for what is later than something.
fn covers_traces(words: &[&str], names_since: bool) -> Option<(Kind, usize)> {
    let at = match words {
        ["delete", "from", ..] => 2,
        ["update", ..] if words.contains(&"set") => 1,
        _ => return None,
    };
    let table = bare(words.get(at)?).rsplit('.').next().unwrap_or_default().trim_matches(['"', '`']);
    let is_trace = is(table, TRACE_TABLES) || table.split('_').any(|part| is(part, TRACES));
    let condition = words.iter().position(|word| *word == "where").map_or(&[][..], |at| &words[at + 1..]);
    let of_time = |word: &&str| {
        ["_at", "_on", "time", "timestamp", "date", "_ts"].iter().any(|end| word.ends_with(end)) || **word == *"ts"
    };
    let is_old = condition.first().is_some_and(of_time) && !names_since;
    let is_filled = condition.ends_with(&["is", "null"]);
    (is_trace && !is_old && !is_filled).then_some((Kind::DatabaseDestroy, at))
}

/// What may be dropped, because it holds nothing and is made again by the text that made it.
const REPLACEABLE: &str = "index|view|materialized|trigger|function|procedure|constraint|policy|temporary|rule|aggregate|operator|cast|\
    event|statistics|collation|synonym|macro|prepared|routine";

/// Functions and procedures that reach files and programs of the server's machine.
const REACHES: &str = "load_file|pg_read_file|pg_read_binary_file|pg_ls_dir|lo_import|lo_export|xp_cmdshell|sys_exec|sys_eval|\
    load_extension|xp_dirtree|sp_oacreate|sp_addsrvrolemember|utl_http.request|dbms_scheduler.create_job|dbms_rls.drop_policy";

/// Tables in which a database keeps secrets or the hashes of its own passwords, and in which columns; `*` is all of them.
const KEEPS_SECRETS: &[(&str, &str)] = &[
    ("decrypted_secrets", "decrypted_secret|*"),
    ("pg_shadow", "passwd|*"),
    ("pg_authid", "rolpassword|*"),
    ("pg_user_mapping", "umoptions|*"),
    ("pg_user_mappings", "umoptions|*"),
    ("mysql.user", "authentication_string|password|*"),
    ("mysql.global_priv", "priv|*"),
    ("sql_logins", "password_hash|*"),
    ("syslogins", "password|*"),
    ("user", "spare4"),
];

/// Columns of what opens people's accounts: hashes of passwords, tokens, keys.
const SECRET_COLUMNS: &str = "password_hash|passwordhash|encrypted_password|password_digest|hashed_password|hashedpassword|pwd_hash|\
    passwd_hash|pass_hash|passwordhashed|bcrypt_hash|recovery_token|confirmation_token|reset_token|reset_password_token|\
    password_reset_token|refresh_token|access_token|api_token|api_key|apikey|api_secret|client_secret|secret_key|totp_secret|otp_secret|\
    mfa_secret|two_factor_secret|backup_codes|private_key";

/// Tables of what opens somebody's account.
const TOKENS: &str = "password_resets|password_reset_tokens|personal_access_tokens|refresh_tokens|access_tokens|oauth_access_tokens|\
    oauth_refresh_tokens|oauth_tokens|api_keys|api_tokens|api_credentials|credentials|secrets";

/// Whether a statement reads what a database keeps secret: its own passwords, a vault of secrets, or what opens all
/// people's accounts.
fn reads_secrets(words: &[&str]) -> bool {
    let Some(from) = words.iter().position(|word| *word == "from") else { return false };
    // What is selected is read by whoever reads the file or the table that it goes to.
    let is_copied = words.contains(&"select") && (words[0] == "copy" || words[0] == "insert" && is_told(words));
    if !matches!(words[0], "select" | "with" | "table") && !is_copied {
        return false;
    }
    let name = |word: &&str| word.replace(['"', '`'], "");
    let columns: Vec<String> = words[1..from].iter().map(name).collect();
    if columns.iter().any(|column| is(column, "count|length|exists|1|null")) {
        return false;
    }
    let all = columns.iter().all(|column| column == "copy" || column == "select");
    let is_read = |wanted: &str| wanted == "*" && all || columns.iter().any(|column| is_called(column, wanted));
    let tables: Vec<String> = words[from + 1..].iter().take(8).map(name).collect();
    let keeps = |(known, wanted): &(&str, &str)| {
        tables.iter().any(|table| is_called(table, known)) && parts(wanted).any(is_read)
    };
    let of_tokens = || tables.first().is_some_and(|table| is(last_of(table), TOKENS));
    let of_people =
        || parts(SECRET_COLUMNS).any(is_read) || of_tokens() && parts("token|key|secret|value|*").any(is_read);
    let all_rows = || !words.contains(&"where") && !follow(words, "limit", "1");
    KEEPS_SECRETS.iter().any(keeps) || all_rows() && of_people()
}

/// Whether something is called so, whatever it is in.
fn is_called(name: &str, wanted: &str) -> bool {
    name == wanted || last_of(name) == wanted
}

/// A name without those of what it is in.
fn last_of(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether rows go into a table that people read, as one text: a message, a comment, an answer.
fn is_told(words: &[&str]) -> bool {
    const TOLD: &str = "message|messages|comment|comments|ticket|tickets|reply|replies|post|posts|note|notes|chat|notification|\
        notifications|announcement|announcements|review|reviews|feedback|email|emails|outbox|log|logs|public|page|pages|issue|issues|\
        article|articles|support|faq|webhook|webhooks";
    let Some(at) = words.iter().position(|word| *word == "into") else { return false };
    words.get(at + 1).is_some_and(|table| bare(table).split(['_', '.', '"', '`']).any(|part| is(part, TOLD)))
}

/// What a role may do that is above the rows of others.
const POWERS: &str = "superuser|createrole|bypassrls|replication|rds_superuser|cloudsqlsuperuser|azure_pg_admin|pg_read_all_data|\
    pg_write_all_data|pg_execute_server_program|pg_write_server_files|pg_read_server_files|dba|sysdba|sysadmin|db_owner|accountadmin|\
    securityadmin";

/// Languages in which a function may do what the server's own account may.
const UNTRUSTED: &str = "plpython3u|plpythonu|plperlu|pltclu|plsh|c|file_fdw|dblink";

/// Whether a statement gives rights over everything, takes off what protects rows, or has the database's machine run programs
/// and write files.
fn is_opening(words: &[&str], literals: &[String]) -> bool {
    let has = |wanted: &str| words.contains(&wanted);
    let word = |at: usize| word_at(words, at);
    let powerful = words.iter().any(|word| is(word, POWERS));
    let reaches = words.iter().any(|word| is(word, REACHES));
    let file = follow(words, "into", "outfile") || follow(words, "into", "dumpfile");
    let safe = ["/tmp/", "/var/lib/mysql-files/"];
    if file && !literals.iter().any(|literal| safe.iter().any(|folder| literal.starts_with(folder))) {
        return true;
    }
    match (word(0), word(1)) {
        ("copy" | "\\copy", _) => follow(words, "to", "program") || follow(words, "from", "program"),
        ("grant", _) => {
            let all = has("all");
            let writes = all || ["insert", "update", "delete", "truncate", "ownership"].iter().any(|right| has(right));
            let anybody = ["public", "anon"].iter().any(|who| follow(words, "to", who) || follow(words, "role", who));
            (all || has("super") || has("file")) && has("*.*")
                || follow(words, "grant", "option")
                || writes && anybody
                || powerful
                || reaches
        }
        ("alter", "user")
            if has("unset") && has("network_policy") || has("mins_to_bypass_mfa") || has("disable_mfa") =>
        {
            true
        }
        ("alter", "login") if has("sa") && has("enable") => true,
        ("alter", "server" | "database") if has("audit") && has("off") => true,
        ("noaudit", _) => true,
        ("exec" | "execute", _) if has("sp_configure") => literals.iter().any(|option| option == "xp_cmdshell"),
        ("alter" | "create", "role" | "user" | "login" | "server") => {
            let no_password = literals.iter().any(String::is_empty) && (has("identified") || has("password"));
            powerful || word(0) == "create" && no_password
        }
        ("alter", "table") => {
            let unhides = follow(words, "unset", "masking") || follow(words, "drop", "row") && has("access");
            follow(words, "disable", "row") || follow(words, "no", "force") && has("security") || unhides
        }
        ("create" | "alter", "policy") => opens_rows(words),
        ("alter", "security") => has("policy") && has("off"),
        // Another company's account sees what is in it.
        ("alter", "share") => (has("add") || has("set")) && has("accounts"),
        ("drop", "security" | "masking" | "row" | "all") => has("policy") || has("policies"),
        ("alter", "system") => true,
        // From where, and by what, somebody signs in to all of an account.
        ("alter", "account") => {
            has("unset") && words.iter().any(|word| is(word, "network_policy|authentication|password|session|policy"))
        }
        ("alter" | "create", _) if follow(words, "network", "policy") => {
            literals.iter().any(|from| from.starts_with("0.0.0.0/0"))
        }
        ("create", _) if has("function") || has("extension") => {
            let mut named = words.iter().skip_while(|word| !matches!(**word, "language" | "extension"));
            named.any(|word| is(word, UNTRUSTED))
        }
        ("set", _) => has("row_security") && has("off"),
        ("select" | "exec" | "execute" | "call" | "insert" | "update" | "with" | "values", _) => reaches,
        _ => false,
    }
}

/// Whether a policy that is to tell whose a row is lets in for all of them. What everybody may read is often meant so, and what they may
/// add; not where it is about people or money.
fn opens_rows(words: &[&str]) -> bool {
    const OF_PEOPLE: &str = "users|customers|orders|payments|invoices|messages|addresses|medical|patients|accounts|employees|transactions|\
        subscriptions|contacts|documents|tickets|cards|salaries|health|sessions|bookings";
    let always = follow(words, "using", "true") || follow(words, "check", "true");
    if !always
        || words.contains(&"restrictive")
        || follow(words, "to", "service_role")
        || follow(words, "for", "insert")
    {
        return false;
    }
    let mut tables = words.windows(2).filter(|pair| pair[0] == "on").map(|pair| pair[1]);
    !follow(words, "for", "select") || tables.any(|table| table.split(['.', '_', '"']).any(|part| is(part, OF_PEOPLE)))
}

/// Whether a statement is about every row: there is no condition, or it always holds, as `1=1`, `true` and `id is not null` do.
fn is_of_all(words: &[&str]) -> bool {
    let condition: Vec<&str> = words.iter().skip_while(|word| **word != "where").skip(1).copied().collect();
    match condition.as_slice() {
        [] | ["true" | "1"] | [_, "is", "not", "null"] => true,
        ["true" | "1", "or", ..] | [.., "or", "true" | "1"] => true,
        [left, right] => left == right,
        [left, right, "or", ..] => left == right && left.bytes().all(|byte| byte.is_ascii_digit()),
        [.., "or", left, right] => left == right && left.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// A statement: its words in lower case, and apart from them its literals.
#[derive(Clone, Debug, Default)]
struct Statement {
    words: Vec<String>,
    literals: Vec<String>,
}

/// The statements of a text, without comments.
fn statements(text: &str) -> Vec<Statement> {
    let mut statements = vec![Statement::default()];
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    let end_word = |word: &mut String, statements: &mut Vec<Statement>| {
        if !word.is_empty()
            && let Some(last) = statements.last_mut()
        {
            last.words.push(std::mem::take(word));
        }
    };
    while let Some(char) = chars.next() {
        match char {
            '\'' => {
                end_word(&mut word, &mut statements);
                let literal: String = chars.by_ref().take_while(|inside| *inside != '\'').collect();
                if let Some(last) = statements.last_mut() {
                    last.literals.push(literal);
                }
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
                statements.push(Statement::default());
            }
            // A client's own command ends with its line.
            '\n' if statements
                .last()
                .is_some_and(|last| last.words.first().is_some_and(|first| first.starts_with(['\\', '.']))) =>
            {
                end_word(&mut word, &mut statements);
                statements.push(Statement::default());
            }
            '*' if word.ends_with('.') || chars.peek() == Some(&'.') => word.push('*'),
            '\\' if word.is_empty() => word.push('\\'),
            char if char.is_alphanumeric() || matches!(char, '_' | '.' | '"' | '`' | '\u{2026}') => {
                word.extend(char.to_lowercase());
            }
            _ => end_word(&mut word, &mut statements),
        }
    }
    end_word(&mut word, &mut statements);
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_read_statement_by_statement() {
        for (text, expected) in [
            ("select * from users", None),
            ("SELECT 'DROP TABLE users'", None),
            ("-- drop table users\nselect 1", None),
            ("/* truncate */ select 1", None),
            ("create table a (b int); insert into a values (1)", None),
            ("create temp table a (b int); drop table a", None),
            ("begin; delete from a; rollback", None),
            ("explain delete from a", None),
            ("delete from users where id = 1", None),
            ("update users set name = 'x' where id = 1", None),
            ("drop index i", None),
            ("drop view v", None),
            ("alter table a add column b int", None),
            ("grant select on a to b", None),
            ("grant all privileges on database a to b", None),
            ("alter role a nosuperuser", None),
            ("flush privileges", None),
            ("DROP TABLE users", Some(Kind::DatabaseDestroy)),
            ("drop/**/table users", Some(Kind::DatabaseDestroy)),
            ("select 1; Drop Database shop;", Some(Kind::DatabaseDestroy)),
            ("create table a (b int); drop table c", Some(Kind::DatabaseDestroy)),
            ("begin; delete from a; commit", Some(Kind::DatabaseDestroy)),
            ("TRUNCATE users", Some(Kind::DatabaseDestroy)),
            ("delete from users", Some(Kind::DatabaseDestroy)),
            ("delete from users where 1=1", Some(Kind::DatabaseDestroy)),
            ("UPDATE users SET admin = true", Some(Kind::DatabaseDestroy)),
            ("alter table a drop column b", Some(Kind::DatabaseDestroy)),
            ("do $$ begin drop table a; end $$", Some(Kind::DatabaseDestroy)),
            ("with x as (delete from a returning 1) select * from x", Some(Kind::DatabaseDestroy)),
            ("match (n) detach delete n", Some(Kind::DatabaseDestroy)),
            ("alter role a superuser", Some(Kind::DatabaseOpen)),
            ("grant all privileges on *.* to 'a'@'%'", Some(Kind::DatabaseOpen)),
            ("create or replace table a.b as select * from a.b where 1=0", Some(Kind::DatabaseDestroy)),
            ("insert overwrite table a select * from b limit 0", Some(Kind::DatabaseDestroy)),
            ("create or replace table a as select * from b where 1=0", None),
            ("create or replace table a as select * from a where x = 0", None),
            ("copy a to program 'sh'", Some(Kind::DatabaseOpen)),
            ("select 1 into outfile '/var/www/a.php'", Some(Kind::DatabaseOpen)),
            ("exec xp_cmdshell 'whoami'", Some(Kind::DatabaseOpen)),
            ("COPY t FROM PROGRAM 'curl x'", Some(Kind::DatabaseOpen)),
            ("create user a identified by ''", Some(Kind::DatabaseOpen)),
            ("select pg_read_file('/etc/passwd')", Some(Kind::DatabaseOpen)),
            ("grant select on t to a with grant option", Some(Kind::DatabaseOpen)),
            ("grant insert on t to public", Some(Kind::DatabaseOpen)),
            ("alter table t disable row level security", Some(Kind::DatabaseOpen)),
            ("create function f() returns int as 'x' language plpython3u", Some(Kind::DatabaseOpen)),
            ("create policy \"all of them\" on t for all to anon using (true)", Some(Kind::DatabaseOpen)),
            ("alter policy p on t using (true) with check (true)", Some(Kind::DatabaseOpen)),
            ("create policy p on public.orders for select using (true)", Some(Kind::DatabaseOpen)),
            ("drop security policy p", Some(Kind::DatabaseOpen)),
            ("grant ownership on schema a to role public", Some(Kind::DatabaseOpen)),
            ("alter account unset network_policy", Some(Kind::DatabaseOpen)),
            ("create network policy p allowed_ip_list = ('0.0.0.0/0')", Some(Kind::DatabaseOpen)),
            ("create network policy p allowed_ip_list = ('10.1.0.0/16')", None),
            ("grant super, file on *.* to a", Some(Kind::DatabaseOpen)),
            ("alter server audit a with (state = off)", Some(Kind::DatabaseOpen)),
            ("noaudit all", Some(Kind::DatabaseOpen)),
            ("alter user a set mins_to_bypass_mfa = 60", Some(Kind::DatabaseOpen)),
            ("alter account set timezone = 'UTC'", None),
            ("alter share s add accounts = xy1", Some(Kind::DatabaseOpen)),
            ("create policy \"everybody reads\" on posts for select using (true)", None),
            ("create policy p on t for all to service_role using (true)", None),
            ("create policy p on t using (auth.uid() = user_id)", None),
            ("drop policy p on t", None),
            ("copy t to stdout", None),
            ("copy t from '/tmp/a.csv' csv", None),
            ("create role app login", None),
            ("alter table t enable row level security", None),
            ("create extension pgcrypto", None),
            ("select 'into outfile'", None),
            ("select name, decrypted_secret from vault.decrypted_secrets", Some(Kind::SecretRead)),
            ("SELECT usename, passwd FROM pg_shadow", Some(Kind::SecretRead)),
            ("select * from pg_catalog.pg_authid", Some(Kind::SecretRead)),
            ("select user, authentication_string from mysql.user", Some(Kind::SecretRead)),
            ("select email, encrypted_password from auth.users", Some(Kind::SecretRead)),
            ("select user, host from mysql.user", None),
            ("select name from vault.decrypted_secrets", None),
            ("select count(*) from pg_shadow", None),
            ("select id, password_hash from users where id = 1", None),
            ("select count(password_hash) from users", None),
        ] {
            let found = faults(text).first().map(|fault| fault.kind);
            assert_eq!(found, expected, "{text}");
        }
    }
}
