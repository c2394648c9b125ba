//! Deletions that were of what a condition chose, or stood where a guard kept them from what is live, and are of all there is now,
//! wherever that runs; and code that goes through all stores of an account and deletes each.

use std::collections::HashSet;

use super::arguments::words;
use super::migrations::SLIGHT;
use super::source::{Written, code_lines, folded, is_prose, without_remark};
use crate::policy::lists::{holds, is, letters, parts};
use crate::policy::spans;

/// Forms of files that do something.
const FORMS: &str = "js|mjs|cjs|ts|mts|cts|tsx|jsx|py|rb|rake|php|go|rs|java|kt|kts|scala|cs|ex|exs|sql|sh|bash|zsh|swift|dart|pl|clj|fs|vb|ps1|prisma";

/// How rows are deleted in the words of those who build statements, in small letters and without blanks.
const DELETES: &str = ".delete(|->delete(|delete(|.delete_all|.destroy_all|delete_all(|.deleteall|.deletemany(|.deleteby|.del()|.executedelete|deletefrom|\
    .remove({|.delete_many(|.destroy(|.delete_by(|->forcedelete(|.batch_delete|.removeall|.removeby|.destroy_by(|.deletewhere|.deleteignorewhere|.delete_if|.deleteallinbatch|.purge(";

/// What chooses some of the rows, in small letters and without blanks.
const CHOOSES: &str = "where|filter|find|exclude|limit(|eq(|lt(|lte(|gt(|gte(|,and(|(and(|:{|_at|by(|deleteby|removeby|older|expired|before|inactive|<|.in(|\
    matching|query.|criteria|{_id|{id|closed|stale|ids";

/// What stands before a condition on where a program runs, or on what a person says, in small letters and without blanks.
const GUARDS: &str = "node_env|app_env|rails_env|rails.env|rack_env|mix_env|mix.env|flask_env|django_env|config_env|go_env|deploy_env|aspnetcore_environment|\
    isproduction|is_production|isprod|is_prod|isdevelopment|is_development|islocal|is_local|production|'prod'|\"prod\"|=prod|\"dev\"|'dev'|=dev|\
    development|staging|app()->environment|environment(|settings.debug|localhost|127.0.0.1|allow_destructive|allowdestructive|confirm|read-p|\
    areyousure|input(|prompt(|allow_reset|allow_wipe|getenv(\"env\")|os.environ|process.env.|config.env|env::var|--force|--yes|dry_run|dryrun|appsettings.env";

/// What leaves nothing of a database, in small letters and without blanks.
const DESTROYS: &str = "dropschema|dropdatabase|droptable|drop_all(|drop_all_tables|dropdb|dropalltables|truncate|.delete_all|.destroy_all|deletemany({})|deletemany()|\
    deletefrom|drop_table|drop_schema|objects.all().delete()|migrate:fresh|migrate:reset|migratereset|db:drop|db:reset|db:schema:load|flushall|flushdb|force-reset|.sync({force:true|\
    deletebucket|delete_bucket|terraformdestroy|ecto.reset|ecto.drop|.drop()|dropcollection|drop_collection|drop_database|ensuredeleted|\
    dropschemaifexists|.clean()|delete_all(|schema:drop|deleteall()|helmuninstall|kubectldelete|delete_many({})";

/// Whether what deleted some rows, or where nothing is real, deletes all of them anywhere.
pub(super) fn are_all_deleted(written: &Written<'_>) -> bool {
    let Some(before) = written.before else { return false };
    if !written.is_form(FORMS) || is_prose(written.name()) || written.is_tried() {
        return false;
    }
    let hints = "elete|estroy|rop|DROP|DELETE|runcate|TRUNCATE|.del()|flush|FLUSH|reset|fresh|urge|.clean()|emove";
    let gains_all =
        || written.held("objects.filter(") && written.gains(|text| folded(text).contains("objects.all().delete()"));
    written.holds(hints)
        && (gains_all() || lose_their_condition(before, &written.text) || lose_their_guard(before, &written.text))
}

/// Most lines that are compared, and the most of a line and of a statement, in bytes.
const MOST_LINES: usize = 2048;
const LONGEST: usize = 1024;

fn shortened(line: &str) -> &str {
    spans::start(line, LONGEST)
}

/// The statements of a text, folded, each with what it goes on with in the lines below.
fn statements(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut depth = 0_i32;
    for line in code_lines(text).map(without_remark).take(MOST_LINES) {
        let line = shortened(line.trim());
        let goes_on = depth > 0 || [".", "->", "|>", "?.", "&&"].iter().any(|start| line.starts_with(start));
        match all.last_mut().filter(|last| goes_on && !line.is_empty() && last.len() < LONGEST) {
            Some(last) => last.push_str(&folded(line)),
            None => all.push(folded(line)),
        }
        let count = |chars: &[char]| i32::try_from(line.matches(chars).count()).unwrap_or_default();
        // What a block opens with is no part of what is called in it.
        depth = (depth + count(&['(']) - count(&[')'])).clamp(0, 8);
        depth = if line.ends_with(['{', ';']) { 0 } else { depth };
    }
    all.retain(|statement| !statement.is_empty());
    all
}

/// Whether rows were chosen that are deleted, and are no longer: those of the same table, and nothing new chooses any.
fn lose_their_condition(before: &str, text: &str) -> bool {
    let (had, has) = (statements(before), statements(text));
    let (old, now): (HashSet<&String>, HashSet<&String>) = (had.iter().collect(), has.iter().collect());
    let chosen: Vec<&String> = had
        .iter()
        .filter(|line| !now.contains(line) && chooses(line) && (holds(line, DELETES) || holds(line, "where(|filter(")))
        .take(super::MAX_PLACES)
        .collect();
    if chosen.is_empty() {
        return false;
    }
    let new = || has.iter().filter(|line| !old.contains(line)).take(super::MAX_PLACES);
    let deletes_each = has.iter().any(|line| holds(line, DELETES_EACH));
    let is_of_all = |line: &String| {
        let reads = || deletes_each && holds(line, TAKES_ALL);
        (holds(line, DELETES) || reads()) && !line.contains('/') && chosen.iter().any(|was| share_table(line, was))
    };
    !new().any(|line| chooses(line)) && new().any(is_of_all)
}

/// How all that is kept is taken to go through it, and what is then done to each, in small letters and without blanks.
const TAKES_ALL: &str = ".get()|.find_each|.all()|.find({})|.find()|.findmany()|.findmany({})|.scan()|.getall()|.findall()|.all.each|.stream()";
const DELETES_EACH: &str = ".delete()|.destroy|:destroy|batch.delete(|.deleteone(|.remove()";

/// Whether a statement chooses some of the rows: who takes them in turn has chosen none.
fn chooses(statement: &str) -> bool {
    const IN_TURN: &str =
        ".find_each|.findeach|.find_in_batches|.findall()|.findmany()|.findmany({})|.find({})|.find()";
    let turn = parts(IN_TURN).find_map(|call| statement.find(call).map(|at| (at, call.len())));
    match turn {
        Some((at, length)) => holds(&statement[..at], CHOOSES) || holds(&statement[at + length..], CHOOSES),
        None => holds(statement, CHOOSES),
    }
}

/// Whether two statements are about one table: a name of both that is no part of how statements are built.
fn share_table(one: &str, other: &str) -> bool {
    const BUILT_OF: &str = "await|return|delete|deletes|deleteall|deletemany|deletefrom|destroy|destroyall|del|db|tx|trx|conn|session|query|repo|objects|all|prisma|\
        this|self|ctx|knex|execute|error|await_db|model|from|where|remove|removeall|executedeleteasync|executedelete|const|let|var|gorm|true|\
        allowglobalupdate|database|client|context|app|id|mut|ok|err|result|count|deleted|purge|async";
    let names = |statement: &str| -> Vec<String> {
        let all = statement.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|name| !name.is_empty());
        all.map(|name| letters(table_of(name))).filter(|name| name.len() > 2 && !is(name, BUILT_OF)).collect()
    };
    let is_slight = |name: &String| holds(name, "cache|session|token|tmp|temp|draft|queue|log") || is(name, SLIGHT);
    let was = names(other);
    // What is handed over to be deleted is what it is about, and not who deletes it.
    let given = one.split_once("delete(").map(|(_, rest)| rest.split(')').next().unwrap_or_default());
    let one = given.filter(|given| given.contains(char::is_alphanumeric)).unwrap_or(one);
    names(one).iter().any(|name| !is_slight(name) && was.iter().any(|it| it == name))
}

/// A name without the words that are run together with it where the blanks are gone.
fn table_of(name: &str) -> &str {
    let name = ["returnawait", "await", "return", "deletefrom"]
        .iter()
        .find_map(|word| name.strip_prefix(word))
        .unwrap_or(name);
    let name = name.find("where").map_or(name, |at| &name[..at]);
    // `from(u in User)`
    name.get(1..).and_then(|rest| rest.strip_prefix("in")).filter(|rest| rest.len() > 2).unwrap_or(name)
}

/// Whether a guard is gone that kept something from what is live, or asked a person first, and what it guarded is not.
fn lose_their_guard(before: &str, text: &str) -> bool {
    let lines = |text| -> Vec<String> {
        code_lines(text).map(without_remark).map(shortened).map(folded).take(MOST_LINES).collect()
    };
    let guards = |line: &&String| {
        const STARTS: &[&str] = &[
            "if",
            "unless",
            "guard",
            "assert",
            "}elseif",
            "raise",
            "throw",
            "[",
            "case",
            "@profile",
            "@conditional",
            "#[cfg(",
            "test",
            "abort",
            "&&",
            "when",
            "read",
        ];
        let starts =
            STARTS.iter().any(|start| line.starts_with(start)) || holds(line, "]&&|&&|unless|if(|raiseif|exit1|!==");
        starts && holds(line, GUARDS)
    };
    let (had, has) = (lines(before), lines(text));
    let now: HashSet<&String> = has.iter().collect();
    let asks = || has.iter().any(|line| guards(&line));
    let destroys = |lines: &[String]| {
        lines.iter().any(|line| holds(line, DESTROYS) && !(line.contains("deletefrom") && line.contains("where")))
    };
    had.iter().any(|line| guards(&line) && !now.contains(line)) && !asks() && destroys(&has) && destroys(&had)
}

/// [`delete_each`], of code that runs in earnest.
pub(super) fn deletes_each(written: &Written<'_>) -> bool {
    written.is_form(FORMS)
        && !written.is_tried()
        && written.holds("list_|List|list(|describe_|.all()|get_coll|showDatabases|show_databases|collections()")
        && written.gains(delete_each)
}

/// Whether code goes through all stores, machines or copies of an account and deletes each, with none chosen.
pub(super) fn delete_each(code: &str) -> bool {
    const ALL: &str = "list_buckets(|.buckets.all()|listbuckets|list_containers(|listcontainers(|list_tables(|listtables|describe_db_instances(|\
        describe_db_snapshots(|describe_db_clusters(|list_indexes(|listindexes(|list_stacks(|describe_snapshots(|describe_instances(|describe_volumes(|\
        list_hosted_zones(|list_databases(|list_database_names()|list_collection_names()|listdatabases(|listcollections(|list_collections(|\
        showdatabases|get_collections()|list_secrets(|list_keys(|list_queues(|list_topics(|list_clusters(|list_recovery_points|list_backups(|\
        list_datasets(|.instances.all()|.snapshots.all()|.volumes.all()|.tables.all()|list_functions(|list_file_systems(|describe_file_systems(|\
        list_instances(|list_disks(|list_repositories(|describe_repositories(|getbuckets()|list_snapshots(|list_vaults(|show_databases|listtopics(|\
        list_droplets(|get_all_droplets(|get_all_volumes(|servers.get_all(|list_servers(|list_vms(|collections()";
    const DELETES: &str = ".delete(|delete_|.deletebucket|deletebucketcommand|deletetable|deletecontainer|.drop_database(|.dropdatabase(|drop_collection|.drop()|\
        terminate_instances(|.terminate(|deleteindex|deletecollection|.destroy(|deletedb|deletesnapshot|deletetopic|dropdatabase";
    const CHOOSES: &str = "if|unless|filter|filters|startswith|starts|endswith|ends|prefix|tags|dry|dryrun|localhost|localstack|emulator|moto|test|tests|\
        mock|minio|dev|staging";
    let dense = folded(code);
    let loops = holds(code, "for |forEach|.each|map(");
    let is_chosen = || code.lines().flat_map(words).any(|word| is(&word, CHOOSES));
    let at_once = || holds(&dense, "delete_topics(|delete_many(|batch_delete|delete_queues(|deletetopics(");
    (loops || at_once()) && holds(&dense, ALL) && holds(&dense, DELETES) && !is_chosen()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deletes_all_where_it_chose_is_seen() {
        for (name, before, text, seen) in [
            (
                "a.ts",
                "await db\n  .delete(users)\n  .where(lt(users.closedAt, cutoff));",
                "await db.delete(users);",
                true,
            ),
            ("a.ts", "await db.delete(users);", "await db.delete(users).where(lt(users.closedAt, cutoff));", false),
            ("a.py", "Order.objects.filter(a=1).delete()", "old = Order.objects.filter(a=1)\nold.delete()", false),
            ("a.py", "Order.objects.filter(a=1).delete()", "Order.objects.all().delete()", true),
            ("a.sql", "DELETE FROM payments WHERE id < 3;", "DELETE FROM payments;", true),
            ("a.ts", "await db.delete(cacheEntries).where(lt(x, y));", "await db.delete(cacheEntries);", false),
            ("a.rb", "User.delete_all unless Rails.env.production?", "User.delete_all", true),
            ("a.rb", "log 'x' unless Rails.env.production?", "log 'x'", false),
            (
                "a.py",
                "if ENV == 'production':\n    exit()\ndb.drop_all()",
                "if APP_ENV == 'production':\n    exit()\ndb.drop_all()",
                false,
            ),
        ] {
            let path = format!("/home/you/work/shop/jobs/{name}");
            assert_eq!(are_all_deleted(&Written::of(text, Some(before), &path)), seen, "{before}\n->\n{text}");
        }
    }

    #[test]
    fn what_deletes_each_store_is_seen() {
        for (code, seen) in [
            ("for b in s3.buckets.all():\n    b.delete()", true),
            ("for b in s3.buckets.all():\n    print(b.name)", false),
            ("for b in s3.buckets.all():\n    if b.name.startswith('tmp-'):\n        b.delete()", false),
        ] {
            assert_eq!(delete_each(code), seen, "{code}");
        }
    }
}
