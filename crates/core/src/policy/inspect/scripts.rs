//! Code that a service runs at once, with all of its rights, over what it keeps: what it leaves nothing of.

use super::call::{Call, TRIED};
use super::source::{folded, unquoted};
use crate::policy::lists::holds;
use crate::policy::spans;

/// Tools that run what they are call.given.
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
pub(super) fn delete_all(call: &Call<'_>) -> bool {
    const OWN: &str = "playwright|browser|chrome|puppeteer|jupyter|ide|notebook|emulator";
    call.has(RUNS)
        && !call.at(TRIED)
        && !call.at(OWN)
        && call.given.all().filter(|text| text.len() >= 10).take(super::MAX_PLACES).any(|text| {
            let text = spans::start(text, MOST);
            holds(&folded(&unquoted(text)), DELETES_ALL)
        })
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn code_that_leaves_nothing_is_seen() {
        for (server, name, given, seen) in [
            ("salesforce", "execute_anonymous", r#"{"apexCode":"delete [SELECT Id FROM Lead];"}"#, true),
            ("salesforce", "execute_anonymous", r#"{"apexCode":"System.debug([SELECT count() FROM Lead]);"}"#, false),
            ("rails-console", "run", r#"{"code":"Order.where(test: true).count"}"#, false),
            ("rails-console", "run", r#"{"code":"Order.destroy_all"}"#, true),
        ] {
            assert_eq!(delete_all(&Call::of(server, name, &Arguments::read(given))), seen, "{given}");
        }
    }
}
