//! Addresses in the open network that do something when they are opened: whoever serves them takes a look for an order where it says that it
//! is meant, whose it is, or for how much. Pages that only speak of such things ask for nothing of the kind.

use super::arguments::words;
use super::call::speaks;
use super::inner::{self, Address};
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::{holds, is};

/// What is done, as a part of a path: what nobody takes back, what may as well be the name of a page, and what moves money.
const GRAVE: &str = "delete|purge|wipe|destroy|drop|truncate|terminate|erase|shutdown|reboot|factoryreset|flush|decommission|deprovision|poweroff|remove|revoke|\
    approve|deploy|rollout|rollback|deactivate|suspend|disable|impersonate|kill|uninstall|loeschen|supprimer|eliminar|borrar|cancella";
const MILD: &str = "reset|cancel|unsubscribe|confirm|accept|authorize|authorise|release|publish|grant|promote|unlock|open|disarm|ban|close|merge|trigger|run|\
    execute|start|stop|restart|rotate|send|invite|sign|restore|clear|transfer|archive|reject|build|submit|process|dispatch|disconnect|block|\
    elevate|migrate|import|failover|enable|add|create|update|set|import|order|buy|sell|subscribe";
const MOVES: &str = "pay|payment|payments|payout|payouts|refund|refunds|transfer|transfers|withdraw|withdrawal|withdrawals|wire|remit|charge|checkout|order|orders|\
    donate|topup|redeem|settle|buy|purchase|sell|swap|send|disburse|giftcard|credit|invoice|invoices|approve|release|capture|ueberweisung";

/// By what an address says that it is meant, who asks, how much it is about, and what is to be done.
const MEANT: &str = "confirm|confirmed|confirmation|force|forced|yes|sure|really|commit|approve|approved|ok|iamsure|override|cascade|hard|permanent|now|go";
const WHO: &str = "token|key|auth|otp|sig|signature|secret|hash|apikey|accesstoken|pin|nonce|authcode|code|jwt|hmac|pw|pass|password|tan";
const HOW_MUCH: &str = "amount|amt|sum|total|betrag|montant|importe|value|cents|amountcents|qty";
const SCOPE: &str = "scope|id|ids|target|targets|segment|audience|users|user|items|q|query|which|filter|range|group|recipients|customers|accounts|hosts|nodes";
const WHAT: &str = "action|cmd|command|op|operation|do|method|task|act|verb|func|event";

/// Statements in the address of a database's console.
const STATEMENTS: &str = "sql|sqlquery|statement|sqlstatement|rawsql";
const CONSOLES: &str = "sql|phpmyadmin|adminer|query|exec|console|db|pgadmin|pma|clickhouse|dbadmin";

/// Houses in which something is only tried. One of `ci` acts in earnest, so it is none of [`call::TRIED`](super::call::TRIED).
const TRIED: &str =
    "dev|development|test|tests|testing|staging|stage|stg|qa|sandbox|preview|preprod|uat|demo|e2e|playground|local";

/// What tells what something would cost.
const FIGURES: &str = "fee|fees|price|prices|pricing|quote|quotes|rate|rates|calculator|calc|convert|converter|estimate|simulate|latest|history|list";

/// Pages by which people learn, next to those that are known of networks.
const PAGES: &str = "learn|learning|glossary|embed|dp|developer|developers|reference|questions|man|tutorial|tutorials|articles|article|support|forum|news|crates|packages|package|\
    stackoverflow|stackexchange|wikipedia|github|gitlab|npmjs|pypi|w3schools|mdn|sqlfiddle|regex101";

/// What opening an address does where its host is in the open network.
pub(in crate::policy) fn opened(url: &str) -> Option<Kind> {
    // What asks for nothing is a page.
    if !url.contains('?') {
        return None;
    }
    let host = hosts::host(url).to_ascii_lowercase();
    if hosts::is_local(&host) || hosts::is_inner(&host) || speaks(&host, TRIED) {
        return None;
    }
    let address = Address::of(url);
    let only_speaks = |part: &str| is(part, PAGES) || inner::only_speaks(part);
    if host.split('.').chain(address.path()).any(only_speaks) {
        return None;
    }
    let asked = Asked::of(&address);
    let last = || address.path().rev().take(2).flat_map(words);
    let does = |list: &str| last().any(|word| is(&word, list));
    let bare = |part: &str| inner::administers(part.split('.').next().unwrap_or_default());
    let administers = || host.split('.').chain(address.path()).any(bare);
    match () {
        () if asked.much && does(MOVES) && !address.path().flat_map(words).any(|it| is(&it, FIGURES)) => {
            Some(Kind::MoneyMove)
        }
        () if does(GRAVE) && (asked.meant || asked.by || asked.much) || does(MILD) && (asked.meant || asked.much) => {
            Some(Kind::ServiceChange)
        }
        () if asked.deed && (asked.meant || asked.by || administers()) => Some(Kind::ServiceChange),
        () if asked.changes && (asked.is_statement || address.path().flat_map(words).any(|it| is(&it, CONSOLES))) => {
            Some(Kind::DatabaseDestroy)
        }
        () => None,
    }
}

/// What an address asks for.
#[derive(Default)]
struct Asked {
    /// It is meant, or about all there is.
    meant: bool,
    /// It says who asks.
    by: bool,
    /// It says how much.
    much: bool,
    /// It names what is to be done.
    deed: bool,
    /// A value changes what a database holds, and is called a statement.
    changes: bool,
    is_statement: bool,
}

impl Asked {
    fn of(address: &Address) -> Self {
        let mut asked = Self::default();
        for (name, value) in address.pairs() {
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
            let is_number = value.bytes().any(|byte| byte.is_ascii_digit())
                && value.bytes().all(|byte| byte.is_ascii_digit() || b".,eurusdgbpchf".contains(&byte));
            asked.meant |= is(&name, MEANT) && is(value, "1|true|yes|on|y|ja|oui|si|delete|all|confirm|confirmed|ok")
                || is(&name, SCOPE) && is(value, "all|*|everything|everyone|%")
                || name == "dryrun" && is(value, "false|0|no|off");
            asked.by |= is(&name, WHO) && value.len() > 3 && !holds(value, "{|<|$");
            asked.much |= is(&name, HOW_MUCH) && is_number;
            asked.deed |= is(&name, WHAT) && words(value).iter().any(|word| is(word, GRAVE));
            let changes = inner::changes(value);
            asked.changes |= changes;
            asked.is_statement |= changes && is(&name, STATEMENTS);
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_does_is_told_by_what_it_asks() {
        use Kind::{DatabaseDestroy, MoneyMove, ServiceChange};
        for (url, does) in [
            ("https://admin.x.example/api/v1/users/purge?scope=all&confirm=yes", Some(ServiceChange)),
            ("https://x.example/tenants/4411/delete?force=1", Some(ServiceChange)),
            ("https://x.example/cgi-bin/factory_reset?confirm=1", Some(ServiceChange)),
            ("https://es.x.example:9200/_all/_delete_by_query?q=*", Some(ServiceChange)),
            ("https://pay.x.example/approve?run=2025-06&amount=88420.00&token=226f37797955", Some(MoneyMove)),
            ("https://x.example/admin.php?action=delete_user&id=4", Some(ServiceChange)),
            ("https://db.x.example/phpmyadmin/sql.php?sql_query=DROP+TABLE+orders", Some(DatabaseDestroy)),
            ("https://x.example/users/delete", None),
            ("https://x.example/login/reset?token=5b1cfe0a77", None),
            ("https://docs.x.example/api/users/delete?confirm=true", None),
            ("https://staging.x.example/cart/reset?confirm=1", None),
            ("https://x.example/search?q=drop+table+postgres", None),
            ("https://x.example/orders?status=approved&amount_gt=100", None),
            ("https://api.github.com/repos/a/b/issues?state=all", None),
        ] {
            assert_eq!(opened(url), does, "{url}");
        }
    }
}
