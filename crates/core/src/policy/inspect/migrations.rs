//! Migrations that empty what everybody relies on: at the next deployment, when nobody looks any more.
//!
//! Columns and tables that are no longer needed are dropped on purpose, and what a migration takes back is its own; nobody needs a step
//! by which all rows of a table are gone and the table stays, nor one by which what a business lives by is dropped with no way back, nor
//! one that begins with nothing: without the schema, the database, or any table.

use std::cell::LazyCell;

use super::source::{Written, form, is_comment, is_test, name};
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// Folders of migrations, and the ends of the names of the files in them that are looked at.
const FOLDERS: &str = "/migrations/|/migrate/|/migration/|/alembic/versions/|/changelog/|/changelogs/|/changesets/|/flyway/|/liquibase/|/db/deploy/|\
    /knex/|/sqitch/";
const FORMS: &str = "sql|py|rb|php|js|ts|mjs|cjs|go|java|kt|cs|ex|exs|xml|yml|yaml|rs";

/// From here on is told how it is taken back.
const TAKEN_BACK: &str = "+goose down|migrate:down|-- down|--//@undo|def down|function down|async down(|down()|\
    exports.down|void down(|downgrade(|rollback";

/// What is made anew from something else, or is missed by nobody, by a word of a table's name.
pub(super) const SLIGHT: &str = "tmp|temp|temporary|staging|stage|backup|backups|bak|old|legacy|cache|caches|cached|session|sessions|job|jobs|queue|queues|log|logs|\
    outbox|inbox|index|indexes|rollup|rollups|aggregate|aggregates|summary|summaries|import|imports|seed|seeds|lookup|token|tokens|migration|\
    migrations|lock|locks|event|events|notification|notifications|analytics|stats|statistics|metric|metrics|search|failed|delayed|throttle|\
    throttles|nonce|nonces|test|tests|dev|demo|fixture|fixtures|view|views|mv|snapshot|deleted|scratch|history|cursor|cursors|flag|flags|state|\
    setting|settings|config|configs|configuration|option|options|preference|preferences|country|countries|currency|currencies|translation|\
    translations|feature|features|role|roles|permission|permissions";

/// Most tables of one statement that are looked at.
const MAX_TABLES: usize = 64;

/// The table of which a text, in the place of another one, leaves nothing when it is run as a migration.
pub(super) fn emptied(written: &Written<'_>) -> Option<String> {
    let path = written.path.to_ascii_lowercase();
    let is_migration = holds(&path, FOLDERS) && is(form(&path), FORMS);
    if !is_migration || holds(name(&path), "down|undo|rollback|seed") || is_test(written.path) {
        return None;
    }
    // What a database begins with is made where nothing is yet.
    let is_first = holds(name(&path), "init|baseline|schema|0000_|0001_|_0001|v1__");
    let of = |text: &str| of(text, is_first);
    let table = of(&written.text)?;
    written.before.and_then(of).is_none().then(|| format!("empties {table}"))
}

fn of(text: &str, is_first: bool) -> Option<String> {
    const EMPTIES: &[&str] = &["truncate ", "delete from ", "drop table "];
    let is_back = |line: &&str| holds(line, TAKEN_BACK);
    let lower = text.to_ascii_lowercase();
    let lines: Vec<&str> = lower.lines().take_while(|line| !is_back(line)).filter(|line| !is_comment(line)).collect();
    let text = lines.join(" ");
    let found = EMPTIES.iter().find_map(|verb| {
        let places = text.match_indices(verb).take(super::MAX_PLACES).map(|(at, _)| at);
        places.filter(|at| !text[..*at].ends_with(|char: char| char.is_alphanumeric() || char == '_')).find_map(|at| {
            let behind = &text[at + verb.len()..];
            // What stands within quotes ends with them, unless they are those of a name.
            let end = behind.find([';', ')']).unwrap_or(behind.len());
            let table = table(&behind[..end], verb.starts_with("delete"), &text);
            // A table that is no longer needed is dropped on purpose.
            table.filter(|name| !verb.starts_with("drop") || is_record(name))
        })
    });
    found.or_else(|| by_builder(&text)).or_else(|| live_dropped(&text, &lower, is_first)).or_else(|| all_dropped(&text))
}

/// Schemas that hold what a database has unless somebody says otherwise, and those that are made anew from the others.
const MAIN: &str = "public|dbo|main|app|core|prod|production";
const DERIVED: &str = "reporting|reports|report|mart|marts|staging|raw|dbt|archive|preview|partman|extensions";

/// What goes with all that is in it: a database, a schema that is the main one or made anew with nothing in it, or every table.
fn all_dropped(text: &str) -> Option<String> {
    const EACH: &str = "connection.tables.each|get_table_names()|from pg_tables|from information_schema.tables|showalltables(|getalltables(|\
        connection.tables - ";
    const AT_ONCE: &str = "dropalltables(|dropallschemas(|drop_all_tables|metadata.drop_all(|.drop_all(|db.dropdatabase(|connection.dropdatabase(";
    if holds(text, AT_ONCE) || holds(text, EACH) && text.contains("drop") && !text.contains(" like ") {
        return Some("all tables".to_owned());
    }
    let named = |verb: &'static str| named(text, verb);
    let is_slight = |name: &str| name.is_empty() || name.split('_').any(|word| is(word, SLIGHT) || is(word, DERIVED));
    let is_made = |name: &str| {
        ["create schema ", "createschema(", "create_schema("].iter().any(|verb| named(verb).any(|made| made == name))
    };
    let database = named("drop database ").chain(named("dropdatabase(")).find(|name| !is_slight(name));
    let mut schemas = named("drop schema ").chain(named("dropschema(")).chain(named("drop_schema("));
    let schema = || schemas.find(|name| is(name, MAIN) || is(name, LIVE) || !is_slight(name) && is_made(name));
    database.or_else(schema).map(str::to_owned)
}

/// What stands by its name behind a word of a text.
fn named<'t>(text: &'t str, verb: &'static str) -> impl Iterator<Item = &'t str> {
    text.match_indices(verb).take(super::MAX_PLACES).map(move |(at, verb)| {
        let rest = text[at + verb.len()..].trim_start_matches(['(', ' ', '"', '\'', '`', ':']);
        let words = rest.split([' ', ';', ',', ')', '"', '\'', '`', '(']);
        words.filter(|word| !is(word, "|if|not|exists")).map(bare).next().unwrap_or_default()
    })
}

/// What a business lives by: no table of such a name is left over.
const LIVE: &str = "order|orders|order_line|order_lines|order_items|orderitem|customer|customers|user|users|account|accounts|payment|payments|\
    invoice|\
    invoices|invoice_lines|patient|patients|appointment|appointments|prescription|prescriptions|encounters|medical_records|health_records|employee|\
    employees|student|students|enrollments|grades|member|members|subscription|subscriptions|transaction|transactions|booking|bookings|\
    reservation|reservations|claim|claims|contract|contracts|product|products|balances|wallet|wallets|payouts|refunds|shipments|deliveries|\
    tenant|tenants|client|clients|player|players|loans|deposits|donations|donors|purchases|sales|credentials|messages|organizations";

/// How tables are dropped, in the words of those who build statements.
const DROPS: &str = "drop table |drop table(:|drop_if_exists table(:|drop_table(|drop_table :|drop_table \"|dropifexists(|droptable(|droptableifexists(|schema::drop(|\
    <droptable tablename=|droptable:";

/// A table of [`LIVE`] that is dropped with its rows: they go nowhere else, and no way back makes it again.
fn live_dropped(text: &str, whole: &str, is_first: bool) -> Option<String> {
    const MAKES: &[&str] = &[
        "create table ",
        "create table(",
        "create_table(",
        "create_table ",
        "createtable(",
        "createtable:",
        "schema::create(",
    ];
    const FROM: &[&str] = &["from ", "from("];
    // What is kept under another name, in the same file, is not lost by it.
    if holds(whole, "rename|archive| like ") {
        return None;
    }
    let all = |text, verbs: &[&'static str]| verbs.iter().flat_map(|verb| named(text, verb)).collect::<Vec<_>>();
    let made = LazyCell::new(|| all(text, MAKES));
    let made_ever = LazyCell::new(|| all(whole, MAKES));
    let read = LazyCell::new(|| if holds(text, "insert|select") { all(text, FROM) } else { Vec::new() });
    let is_kept = |name: &str| {
        // A table of its name that the migration itself makes has no rows; one that the way back makes is meant.
        let anew = made.contains(&name);
        read.contains(&name)
            || anew && is_first
            || !anew && made_ever.contains(&name)
            || made.iter().any(|made| takes_place_of(made, name))
    };
    const LONGEST: usize = 2048;
    let dropped = |at: usize, verb: &str| {
        let start = at + verb.len();
        let rest = spans::behind(text, start, LONGEST);
        let end = rest.find([';', ')', '(', '>']).unwrap_or(rest.len());
        let words =
            rest[..end].split_whitespace().filter(|word| !is(word, "if|exists|only|tablename:")).take(MAX_TABLES);
        // What stands behind the last name of a list is about something else.
        let mut goes_on = true;
        let listed = words.take_while(|word| std::mem::replace(&mut goes_on, word.ends_with(',')));
        let mut names = listed.flat_map(|word| word.split(',')).map(bare);
        names.find(|name| is(name, LIVE) && !is_kept(name)).map(str::to_owned)
    };
    parts(DROPS)
        .flat_map(|verb| text.match_indices(verb).take(super::MAX_PLACES))
        .find_map(|(at, verb)| dropped(at, verb))
}

/// Whether a table is made to stand where another one does: `customers_new`.
fn takes_place_of(made: &str, name: &str) -> bool {
    const NEW: &str = "new|tmp|temp|v2|2|next|copy|old|backup|bak|part|partitioned";
    let rest = made.strip_prefix(name).or_else(|| made.strip_suffix(name));
    rest.is_some_and(|rest| is(rest.trim_matches('_'), NEW))
}

/// The first table of a statement that is missed, where all of it goes.
fn table(behind: &str, has_condition: bool, text: &str) -> Option<String> {
    let words: Vec<&str> = behind.split_whitespace().take(MAX_TABLES).collect();
    if has_condition && words.iter().any(|word| is(word, "where|using|limit|join")) {
        return None;
    }
    let is_name = |word: &&&str| !is(word.trim_end_matches(','), "table|only|if|exists");
    let mut names = Vec::new();
    for word in words.iter().filter(is_name) {
        let (name, goes_on) = (bare(word), word.ends_with(','));
        names.extend(name.split(',').map(bare).filter(|name| !name.is_empty()));
        if !goes_on {
            break;
        }
    }
    names.into_iter().find(|name| is_missed(name, text)).map(str::to_owned)
}

/// A table that a query builder empties: `DB::table('orders')->truncate()`, `knex('orders').del()`, `Order.delete_all`.
fn by_builder(text: &str) -> Option<String> {
    const ENDS: &str = "->truncate()|->delete()|.truncate()|.del()|.delete_all|.destroy_all|.objects.all().delete()|\
        .deletemany({})|.deletemany()";
    parts(ENDS).find_map(|end| {
        text.match_indices(end).take(super::MAX_PLACES).find_map(|(at, _)| {
            // What is left of it is said between the name and this.
            let of = chain(&text[..at]);
            let name = of.rsplit(['(', '.', ':']).next().map(bare).unwrap_or_default();
            let is_all = !holds(of, "where|find|filter|exclude|join|limit");
            (is_all && is_missed(name, text)).then(|| name.to_owned())
        })
    })
}

/// The chain of calls that a text ends with, over as many lines as it goes.
fn chain(text: &str) -> &str {
    let (mut depth, mut start) = (0_usize, text.len());
    for (at, char) in text.char_indices().rev() {
        match char {
            ')' | ']' => depth += 1,
            '(' | '[' if depth == 0 => break,
            '(' | '[' => depth -= 1,
            ';' | '{' | '}' | '=' if depth == 0 => break,
            _ if char.is_whitespace() && depth == 0 && !text[at..].trim_start().starts_with(['.', '-', '?']) => break,
            _ => {}
        }
        start = at;
    }
    &text[start..]
}

fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default().trim_matches(|char: char| !char.is_alphanumeric() && char != '_')
}

/// Whether a table tells who did what: nobody may throw that away unseen.
fn is_record(name: &str) -> bool {
    !name.split('_').any(|word| is(word, "tmp|temp|old|backup|staging|test|bak|legacy"))
        && name
            .split('_')
            .any(|word| is(word, "audit|audits|auditlog|ledger|ledgers|consent|consents|compliance|evidence"))
}

/// Whether a table holds what is nowhere else: it is not made or filled anew in the same text.
fn is_missed(name: &str, text: &str) -> bool {
    const MADE: &str = "insert into|create table|if not exists|create_table|createtable|copy|bulk_insert|insert_all|merge into|replace into";
    !name.is_empty()
        && (is_record(name) || !name.split('_').any(|word| is(word, SLIGHT)))
        && !text.match_indices(name).take(super::MAX_PLACES).any(|(at, _)| {
            let before = text[..at].trim_end_matches(|char: char| char.is_whitespace() || "\"'`[:.(".contains(char));
            let before =
                before.strip_suffix("public").map_or(before, |rest| rest.trim_end_matches(['"', '`', '.', ' ']));
            parts(MADE).any(|made| before.ends_with(made))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_leaves_nothing_is_known() {
        let sql = "/home/dev/work/shop/db/migrations/7_x.sql";
        for (path, text, table) in [
            (sql, "TRUNCATE carts, orders CASCADE;", Some("empties carts")),
            (sql, "TRUNCATE TABLE ONLY public.\"orders\";", Some("empties orders")),
            (sql, "DELETE FROM customers;", Some("empties customers")),
            (sql, "DELETE FROM carts\nWHERE updated_at < now();", None),
            (sql, "TRUNCATE search_index, sessions;", None),
            (sql, "ALTER TABLE orders DROP COLUMN note;\nDROP TABLE old_orders;", None),
            (sql, "DELETE FROM countries;\nINSERT INTO countries VALUES ('DE');", None),
            (sql, "CREATE TABLE plans (id int);\n-- +goose Down\nDELETE FROM plans;", None),
            ("/home/dev/work/shop/db/cleanup.sql", "TRUNCATE orders;", None),
            (
                "/home/dev/work/shop/alembic/versions/1_x.py",
                "op.execute(\"DELETE FROM orders\")",
                Some("empties orders"),
            ),
            ("/home/dev/work/shop/db/migrate/1_x.rb", "Order.delete_all", Some("empties order")),
            (
                "/home/dev/work/shop/database/migrations/1_x.php",
                "DB::table('orders')->truncate();",
                Some("empties orders"),
            ),
            ("/home/dev/work/shop/database/migrations/1_x.php", "DB::table('orders')->where('a', 1)->delete();", None),
            (sql, "DROP TABLE IF EXISTS customers CASCADE;", Some("empties customers")),
            (sql, "DROP TABLE customers_v1;", None),
            (sql, "CREATE TABLE customers_new (id int);\nDROP TABLE customers;", None),
            (sql, "DROP TABLE orders;\nCREATE TABLE order_types (id int);", Some("empties orders")),
            (sql, "DROP TABLE orders;\nCREATE TABLE orders (id int);", Some("empties orders")),
            (sql, "CREATE TABLE people AS SELECT * FROM customers;\nDROP TABLE customers;", None),
            (
                "/home/dev/work/shop/alembic/versions/1_x.py",
                "def upgrade():\n    op.drop_table('patients')\n\ndef downgrade():\n    pass",
                Some("empties patients"),
            ),
            (
                "/home/dev/work/shop/alembic/versions/1_x.py",
                "def upgrade():\n    op.drop_table('patients')\n\ndef downgrade():\n    op.create_table('patients')",
                None,
            ),
            (sql, "DROP SCHEMA IF EXISTS public CASCADE;\nCREATE SCHEMA public;", Some("empties public")),
            (sql, "DROP SCHEMA shop CASCADE;\nCREATE SCHEMA shop;", Some("empties shop")),
            (sql, "DROP SCHEMA shop_v1 CASCADE;", None),
            (sql, "CREATE SCHEMA shop;\n-- Down\nDROP SCHEMA shop CASCADE;", None),
            ("/home/dev/work/shop/migrations/1_x.js", "await knex('orders').where({ a: 1 }).del();", None),
        ] {
            assert_eq!(emptied(&Written::of(text, None, path)).as_deref(), table, "{text}");
        }
    }
}
