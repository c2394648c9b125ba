//! Code that a service runs at once, with all of its rights, over what it keeps: what it leaves nothing of.

use super::arguments::words;
use super::call::{Call, FORGES, TRIED};
use super::deeds::CLOUDS;
use super::source::{folded, unquoted};
use crate::policy::effects::Kind;
use crate::policy::lists::{holds, is};
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

/// Whether what was recorded of who did what is erased by a search or a command of those who keep it.
pub(super) fn erase_records(call: &Call<'_>) -> bool {
    const ASKED: &str = "query|search|searchquery|spl|kql|command|q|statement|expression|csl|searchstring|text|input";
    const KEPT: &str =
        "index|indices|indexname|table|tablename|collection|stream|datastream|loggroup|loggroupname|logstream|dataset";
    const OF_DEEDS: &str =
        "audit|audits|auditlog|auditlogs|siem|security|cloudtrail|securityevent|signinlogs|winlogbeat|auditbeat";
    let of_deeds = || call.has("delete|purge|truncate|drop|expunge") && call.names(KEPT, OF_DEEDS);
    !call.at(TRIED) && (of_deeds() || call.given.values(ASKED).take(super::MAX_PLACES).any(erases_records))
}

/// Whether a search ends by deleting what it finds (`… | delete`), or a command leaves nothing of a table of records.
fn erases_records(query: &str) -> bool {
    const COMMANDS: &[&str] = &[".purge table", ".drop extents", ".clear table", ".delete table", ".drop table"];
    let query = spans::start(query, MOST).trim().trim_end_matches(';');
    let last = query.rsplit_once('|').map(|(_, last)| last.trim());
    last.is_some_and(|last| last.eq_ignore_ascii_case("delete"))
        || COMMANDS.iter().any(|command| query.get(..command.len()).is_some_and(|it| it.eq_ignore_ascii_case(command)))
}

/// Code that a tool runs with a service's rights, by which each of many is deleted or paid, or what guards is switched off.
pub(super) fn change_each(call: &Call<'_>) -> Option<Kind> {
    const SERVICES: &str = "stripe|shopify|hubspot|salesforce|okta|auth0|entra|graph|workspace|google|twilio|sendgrid|datadog|sentry|api|apis|kubernetes|k8s";
    let of_service = || call.at(CLOUDS) || call.at(FORGES) || call.at(SERVICES);
    if !call.has(RUNS) || call.at(TRIED) || !of_service() {
        return None;
    }
    let codes = call.given.all().filter(|text| text.len() >= 24 && text.contains('('));
    codes.take(super::MAX_PLACES).find_map(|text| of_code(spans::start(text, MOST)))
}

fn of_code(code: &str) -> Option<Kind> {
    const LOOPS: &str = "for (|for(|for await|.forEach(|.map(|for |.each|.list(";
    const DELETES: &str = "method:delete|`delete/|(delete/|'delete/|delete/|.delete(|.del(|.destroy(|.terminate|.purge(|.deleteall|.begindelete";
    const PAYS: &str = "refunds.create(|payouts.create(|transfers.create(|charges.create(|paymentintents.create(";
    const GUARDS: &str = "/settings/waf|security_level|/settings/ssl|always_use_https|/firewall/|/access_rules|browser_check|/rulesets|min_tls|/bot_management|\
        waf|firewall|protection|mfa|publicaccessblock|public_access_block|guardduty|cloudtrail|securityhub|audit|versioning|encryption";
    const OFF: &str = "value:off|value:essentially_off|value:none|value:false|enabled:false|enable:false|enabled=false|enable=false|isenabled:false|stop_logging(|\
        stoplogging(|delete_trail|delete_detector|deletedetector|delete_public_access_block|paused:true|status:disabled|mode:off|state:disabled|action:allow";
    const OPENS: &str = "allowed:|ipprotocol|ip_protocol|authorize_security_group_ingress|authorizesecuritygroupingress|direction:inbound|direction:ingress|\
        action:allow|port_range";
    const FOR_ALL: &str = "toport:443|toport=443|toport:80,|ports:[443]|ports:[80,443]|ports:[443,80]|tcp:443";
    let dense = folded(&unquoted(code));
    let each = || holds(code, LOOPS) && !is_chosen(code);
    match () {
        () if holds(&dense, PAYS) && each() => Some(Kind::McpPay),
        () if holds(&dense, GUARDS) && holds(&dense, OFF) => Some(Kind::McpAccess),
        () if holds(&dense, "0.0.0.0/0|::/0") && holds(&dense, OPENS) && !holds(&dense, FOR_ALL) => {
            Some(Kind::McpAccess)
        }
        () if (holds(&dense, DELETES) || holds(&dense, ".delete_") || dense.contains("_delete(")) && each() => {
            Some(Kind::McpDestroy)
        }
        () => None,
    }
}

/// Whether code chooses some of what it goes through, or only tries.
fn is_chosen(code: &str) -> bool {
    const CHOOSES: &str = "if|unless|filter|filters|startswith|starts|endswith|includes|prefix|match|tags|dry|dryrun|localhost|localstack|emulator|test|tests|\
        mock|dev|staging|preview|expired|older|cache|map_of|headers|cookies";
    code.lines().flat_map(words).any(|word| is(&word, CHOOSES))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_is_done_to_each_or_to_records_is_seen() {
        for (code, kind) in [
            (
                "for (const r of all) await cf.request({ method: 'DELETE', path: `/x/${r.id}` });",
                Some(Kind::McpDestroy),
            ),
            ("for (const r of all) if (r.old) await cf.request({ method: 'DELETE', path: r.path });", None),
            ("await cf.request({ path: '/zones/1/settings/waf', body: { value: 'off' } })", Some(Kind::McpAccess)),
            ("for (const c of all) await stripe.refunds.create({ charge: c.id })", Some(Kind::McpPay)),
            ("return (await cf.request({ method: 'GET', path: '/zones' })).result.map(z => z.name)", None),
        ] {
            assert_eq!(of_code(code), kind, "{code}");
        }
        for (query, erases) in [
            ("search index=os user=a | delete", true),
            (".purge table SecurityEvent records <| where x", true),
            ("index=os action=delete | stats count by user", false),
        ] {
            assert_eq!(erases_records(query), erases, "{query}");
        }
    }

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
