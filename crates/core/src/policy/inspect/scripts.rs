//! Code that a service runs at once, with all of its rights, over what it keeps: what it leaves nothing of.

use super::arguments::Arguments;
use super::lists::{holds, is};

/// Tools that run what they are given.
const RUNS: &str = "execute|run|eval|evaluate|anonymous|console|shell|script|apex|repl|invoke|exec|runner|tinker|snippet|code|command|query|macro|aggregate";

/// What looks at nothing it deletes, without blanks and in small letters: a query's whole outcome, a whole collection, a bin that is emptied.
const DELETES_ALL: &str = "delete[select|database.delete([select|emptyrecyclebin|harddelete|database.delete(|deletemany({})|.remove({})|\
    dropdatabase(|.drop()|.delete_all|.destroy_all|\
    .objects.all().delete()|.objects.delete()|->truncate()|::truncate()|.truncate()|.deletemany()|.destroy({where:{}|.destroy({truncate:true|\
    .clear().execute(|flushall|flushdb|.deleteall()|.removeall()|\
    batch.delete(|batchdelete|purgeall|_delete_by_query|db.dropdatabase|.flushall(|.flushdb(|deleterows(2,|.clearcontents()|.deletesheet(|\
    delete_many({})|drop_database(|drop_collection(|removeallusers|deleteusers(|dropcollection(";

/// How much of a text is looked at, in bytes.
const MOST: usize = 64 << 10;

/// Whether a call runs code by which all of something is gone.
pub(super) fn delete_all(server: &[String], name: &[String], given: &Arguments<'_>) -> bool {
    let runs = name.iter().any(|word| is(word, RUNS));
    let tried = || {
        server.iter().chain(name).any(|word| {
            is(word, "test|tests|local|dev|sandbox|playwright|browser|chrome|puppeteer|jupyter|ide|notebook|emulator")
        })
    };
    runs && !tried()
        && given.all().filter(|text| text.len() >= 10).take(super::MAX_PLACES).any(|text| {
            let text = &text[..text.floor_char_boundary(MOST)];
            let dense: String = text
                .chars()
                .filter(|char| !char.is_whitespace() && *char != '"' && *char != '\'')
                .flat_map(char::to_lowercase)
                .collect();
            holds(&dense, DELETES_ALL)
        })
}

#[cfg(test)]
mod tests {
    use super::super::arguments::words;
    use super::*;

    #[test]
    fn code_that_leaves_nothing_is_seen() {
        for (server, name, given, seen) in [
            ("salesforce", "execute_anonymous", r#"{"apexCode":"delete [SELECT Id FROM Lead];"}"#, true),
            ("salesforce", "execute_anonymous", r#"{"apexCode":"System.debug([SELECT count() FROM Lead]);"}"#, false),
            ("rails-console", "run", r#"{"code":"Order.where(test: true).count"}"#, false),
            ("rails-console", "run", r#"{"code":"Order.destroy_all"}"#, true),
        ] {
            assert_eq!(delete_all(&words(server), &words(name), &Arguments::read(given)), seen, "{given}");
        }
    }
}
