//! What a request does at a service that people or companies rely on, by the words of its path and of what it sends: money that is moved,
//! somebody who gets in, a device that is wiped, mail that goes elsewhere, a message to everybody, records that are gone.
//!
//! Nobody knows all services, but their paths are named alike. What is on this machine, or at a place for trying, is nobody's.

use super::super::super::value::HOLE;
use super::production::{is_production, is_rehearsal};
use super::requests::Request;
use super::throwaway::words;
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::inspect::announced::EVERYBODY;
use crate::policy::inspect::guards;
use crate::policy::inspect::telephone;
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// How much of what is sent is looked at, in bytes.
const MAX_BODY: usize = 8 * 1024;

/// Words of paths at which money is moved, and those at which it is where an amount or a side is told.
const PAYS: &str = "payout|payouts|transfers|payment|payments|refund|refunds|charges|withdraw|withdrawal|withdrawals|disbursement|disbursements|\
    wire|wires|topups|chargeback|payroll|payrolls|giftcards";
const TRADES: &str =
    "pay|order|orders|transaction|transactions|transfer|positions|trades|trade|swap|addorder|invoices|ach|sepa";

/// What tells that an order is one of an exchange, or that a transaction moves an amount.
const AMOUNTS: &str = "amount|side=|\"side\"|side:|notional|\"qty\"|ordertype|counterparty|recipient";

/// Where money is paid out to.
const ACCOUNTS: &str =
    "external_accounts|bank_accounts|bankaccounts|payout_settings|payout-methods|payoutmethods|beneficiaries";

/// Verbs in paths that leave nothing, whatever method they are asked by.
const DESTROYS: &str =
    "delete|destroy|permanent|permanently|truncate|expunge|obliterate|deleteall|bulkdelete|bulkdestroy";

/// Verbs in paths that take something from somebody, where that is done to one after the other.
const TAKES: &str = "archive|close|cancel|deactivate|suspend|disable|reset|revoke|merge|lock|remove|unsubscribe|ban|reject|terminate|stop|void|\
    expire|unpublish|deprovision|offboard|logout|block";

/// What weighs: records of people and of business.
const RECORDS: &str = "user|users|customer|customers|account|accounts|contact|contacts|member|members|patient|patients|studies|study|order|orders|\
    invoice|invoices|subscriber|subscribers|audience|lists|tenant|tenants|organization|organizations|workspace|workspaces|database|\
    databases|bucket|buckets|domain|domains|product|products|lead|leads|company|companies|deal|deals|employee|employees|device|\
    devices|tickets|backup|backups|subscriptions|videos|assets|channels|zones";

/// A second factor.
const FACTORS: &str = "factor|factors|mfa|2fa|twofactor|totp|authenticator|authenticators|multifactor|otp|passkeys";

/// Names in a domain at which everybody is served.
const SERVED: &str = "www|api|app|auth|login|sso|pay|checkout|portal|shop|mail|smtp|imap|vpn|cdn";

/// Services where what is posted is seen by everybody.
const STAGES: &str =
    "api.twitter.com|api.x.com|api.linkedin.com|mastodon.social|bsky.social|graph.instagram.com|oauth.reddit.com";

/// Words at which a house's pages say how it is, and the services that keep such pages.
const STATUS_PAGES: &str =
    "statuspage.io|instatus.com|betterstack.com|status.io|statuspal.io|statuscake.com|sorryapp.com|hund.io|cachethq.io";

/// How all who are in a channel are called, wherever the address leads that is told nothing of.
const CALLS_ALL: &str = "<!channel>|<!everyone>|<!here>|\"@everyone";

/// What a request does, where a person wants to hear of it first. `many`: whether it is made for each of many.
pub(in super::super) fn deed(request: &Request<'_>, many: bool) -> Option<Kind> {
    if matches!(request.method, "GET" | "HEAD" | "OPTIONS") {
        return None;
    }
    let deed = Deed::of(request)?;
    if deed.is_unnamed {
        return deed.of_fleets().or_else(|| deed.says(CALLS_ALL).then_some(Kind::NetMailing));
    }
    deed.wipes()
        .or_else(|| deed.of_access())
        .or_else(|| deed.of_money())
        .or_else(|| deed.of_names())
        .or_else(|| deed.of_guards())
        .or_else(|| deed.of_fleets())
        .or_else(|| deed.told(many))
        .or_else(|| deed.of_records(many))
}

/// Whether a host is somebody's service: of the open network, and not made for trying.
pub(in super::super) fn is_service(host: &str) -> bool {
    // A house whose name has a word of those for trying, and where everybody's is all the same.
    const REAL: &str = "dev.azure.com";
    (hosts::is_far(host) || is_production(host))
        && !hosts::is_local(host)
        && !is_rehearsal(host.strip_suffix(REAL).unwrap_or(host))
        && !is_made_for_trying(host)
}

/// Endings of hosts' names that nobody can have in the open network.
fn is_made_for_trying(host: &str) -> bool {
    ["test", "invalid", "localhost", "local", "lan"].contains(&host.rsplit('.').next().unwrap_or_default())
}

/// What keys begin with by which nothing is moved, and what says that a request is only tried.
const TRIAL_KEYS: &str = "sk_test_|rk_test_";
const TRIED: &str =
    "\"test\":true|dry_run=true|dryrun=true|\"dry_run\":true|\"dryrun\":true|validate_only|sandbox=true";

struct Deed<'r> {
    request: &'r Request<'r>,
    host: String,
    /// The words of the path, without what is asked behind it.
    path: Vec<String>,
    /// The path as it is written, in lower case.
    way: String,
    /// What is sent, in lower case and without blanks; what is asked behind the path.
    said: String,
    /// Whether nothing is known of whose service it is: only what is unmistakable counts.
    is_unnamed: bool,
}

impl<'r> Deed<'r> {
    /// Nothing where it is only tried.
    fn of(request: &'r Request<'r>) -> Option<Self> {
        let host = hosts::host(request.url).to_ascii_lowercase();
        let rest = request.url.split_once("://").map_or(request.url, |(_, rest)| rest);
        let (way, asked) = rest.split_once('?').unwrap_or((rest, ""));
        let way = way.split_once('/').map_or("", |(_, way)| way);
        let body = spans::start(request.body, MAX_BODY);
        let said: String =
            body.chars().chain(['&']).chain(asked.chars()).filter(|char| !char.is_whitespace()).collect();
        let said = said.to_ascii_lowercase();
        let unknown = host.trim_matches('.').chars().all(|char| HOLE.contains(char));
        let is_unnamed = unknown && !request.origin.live && !request.origin.fetched;
        let is_real = unknown || is_service(&host);
        let trial = request.origin.trial && !request.origin.live
            || holds(request.by, TRIAL_KEYS)
            || holds(&said, TRIAL_KEYS)
            || holds(&said, TRIED);
        let path: Vec<String> = words(way).filter(|word| !word.is_empty()).collect();
        // Of a record of which only that word is known nobody knows more.
        let tried = path.last().is_some_and(|last| last == "test") && !request.url.ends_with(HOLE)
            || path.iter().any(|word| word == "sandbox");
        (is_real && !trial && !tried).then(|| Self {
            request,
            host,
            path,
            way: way.to_ascii_lowercase(),
            said,
            is_unnamed,
        })
    }

    fn has(&self, list: &str) -> bool {
        self.path.iter().any(|word| is(word, list))
    }

    fn says(&self, list: &str) -> bool {
        holds(&self.said, list)
    }

    fn deletes(&self) -> bool {
        self.request.method == "DELETE"
    }

    /// A device, or all that somebody has, is left without anything.
    fn wipes(&self) -> Option<Kind> {
        let wipes = self.has("wipe|erase|factoryreset|selectivewipe")
            || self.has("factory") && self.has("reset")
            || self.path.last().is_some_and(|last| is(last, "shutdown|poweroff|halt"))
            || self.has("retire") && self.has("devices|computers")
            // A search that deletes what it finds.
            || self.has("search") && self.said.contains("|delete&");
        (wipes || !self.deletes() && self.has(DESTROYS) && !self.has("preview")).then_some(Kind::ServiceChange)
    }

    /// Somebody gets in, or is asked for less.
    fn of_access(&self) -> Option<Kind> {
        let approvals =
            "approvals_before_merge=0|approvals_required=0|\"approvals_required\":0|\"approvals_before_merge\":0";
        let gives = self.has("roles|role|permissions|grants|admins|administrators|memberships|members|invitations")
            && self.says("admin|owner|superuser|root");
        let lets_in = self.has("impersonate|impersonation|forwarding|forwardingaddresses|delegates") && !self.deletes();
        (self.takes_checks() || self.sets_password() || self.says(approvals) || gives || lets_in)
            .then_some(Kind::CloudAccess)
    }

    /// Whether what asks who somebody is, or keeps them out, is taken away.
    fn takes_checks(&self) -> bool {
        let takes =
            self.deletes() || self.has(TAKES) || self.says("enabled\":false|enabled=false|\"inactive\"|\"disabled\"");
        takes && (self.has(FACTORS) || self.has("policies|policy|saml|sso|firewall|waf"))
    }

    /// Whether somebody gets another password, other than by asking for it.
    fn sets_password(&self) -> bool {
        let resets = self.has("reset|set|change|force") && self.has("password|passwords|credentials");
        let of_user = self.has("password") && self.has("users|user|accounts|admin");
        resets
            || of_user
                && matches!(self.request.method, "PUT" | "PATCH" | "POST")
                && !self.has("forgot|login|session|sessions")
    }

    /// What guards is switched off, or what waits for a person's word is let through.
    fn of_guards(&self) -> Option<Kind> {
        if !self.deletes() && guards::are_passed_by(&self.way, &self.said) {
            return Some(Kind::CloudDeploy);
        }
        guards::are_lowered_by(&self.way, &self.said).then_some(Kind::SafetyDisable)
    }

    /// All things that are out there get another program at once.
    fn of_fleets(&self) -> Option<Kind> {
        const ROLLS: &str = "ota|fota|firmware|firmwares|rollout|rollouts|deployment|deployments|fleet|fleets|campaign|campaigns|\
            updates|update|distributionsets|cohort|cohorts|devices|releases";
        const ALL: &str = "\"all_devices\":true|\"alldevices\":true|\"all\":true|[\"all\"]|[\"*\"]|\"id==*\"|\"name==*\"|\"filter\":\"*\"|\
            \"target\":\"*\"|\"target\":\"all|\"targets\":\"all|\"targets\":\"*|\"group\":\"all|\"cohort\":\"all|\"fleet\":\"all|\
            \"devices\":\"all|\"devices\":\"*|\"rollout\":100|\"percentage\":100|\"rollout_percentage\":100|\"percent\":100";
        const OF_THINGS: &str = "firmware|device|\"artifact|ota|image|distributionset|version|release";
        let of_things = || holds(&self.way, "firmware|fota|ota/|device|distributionset|fleet") || self.says(OF_THINGS);
        let to_all = || self.says(ALL) || self.has("all") && self.has("group|groups|devices|fleet|fleets|cohorts");
        (!self.deletes() && self.has(ROLLS) && of_things() && to_all()).then_some(Kind::CloudDeploy)
    }

    fn of_money(&self) -> Option<Kind> {
        if self.deletes() {
            // All that is held is sold.
            return self.way.ends_with("/positions").then_some(Kind::MoneyMove);
        }
        let confirms = self.has("intents") && self.has("confirm|capture");
        const FORMS: &str = "methods|links|sessions|session|intents|webhooks|webhook|callback|callbacks|settings|quotes|quote|estimate|search|query|simulate|\
            preview|status|verify|validate|check|token|tokens|config|events|health|docs|schema|templates|export|report|reports|filters";
        let pays = (self.has(PAYS) || self.has(TRADES) && self.says(AMOUNTS)) && !self.has(FORMS);
        let account = holds(&self.way, ACCOUNTS);
        (pays || confirms || account).then_some(Kind::MoneyMove)
    }

    /// Where a domain's mail or all its names lead to.
    fn of_names(&self) -> Option<Kind> {
        let of_names = self.has("dns|rrset|rrsets|records|recordsets|zones|nameservers|domains|domain|zone");
        let ends = |kind: &str| self.way.split('/').any(|part| part == kind);
        let typed = |kind: &str| {
            ["\"type\":\"", "type=", "type:", "\"rrset_type\":\""]
                .iter()
                .any(|key| self.said.contains(&format!("{key}{kind}")))
        };
        let kinds =
            ["mx", "ns"].iter().any(|kind| ends(kind) || typed(&format!("{kind}\"")) || typed(&format!("{kind}&")));
        let whole = self.has("nameservers|import|delegation|ns")
            || self.request.method == "PUT" && self.way.ends_with("/records");
        // A domain as a whole is pointed elsewhere: by then everybody goes there.
        let name = self.said.split("\"name\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let is_whole = matches!(name, "@" | "*" | "www")
            || name.split_once('.').is_some_and(|(first, _)| is(first, SERVED))
            || name.strip_prefix("www.").unwrap_or(name).matches('.').count() == 1;
        let moves = matches!(self.request.method, "PUT" | "PATCH")
            && is_whole
            && ["a", "aaaa", "cname", "alias"].iter().any(|kind| typed(&format!("{kind}\"")));
        (of_names && (kinds || whole || moves)).then_some(Kind::CloudAccess)
    }

    /// Something goes out to everybody, to many one after the other, or to somebody's telephone.
    fn told(&self, many: bool) -> Option<Kind> {
        match () {
            () if self.deletes() => None,
            () if self.is_public() => Some(Kind::PackagePublish),
            () => (self.is_for_everybody() || self.is_for_somebody(many)).then_some(Kind::NetMailing),
        }
    }

    /// Whether everybody sees it from now on.
    fn is_public(&self) -> bool {
        let on_stage = || {
            let is_of =
                |own: &str| self.host.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            parts(STAGES).any(is_of)
        };
        self.has("tweets|statuses|ugcposts|posts|submit|createrecord|media") && on_stage()
            || self.has("incidents|incident|maintenances|statusreports") && self.is_status_page()
            || self.path.last().is_some_and(|last| last == "publish")
                && self.has("posts|articles|publications|issues|episodes|videos|listings|pages")
    }

    /// Whether the host keeps the page on which a service says how it is.
    fn is_status_page(&self) -> bool {
        let is_of = |own: &str| self.host.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        self.host.starts_with("status.") || parts(STATUS_PAGES).any(is_of)
    }

    /// Whether it is sent to all that there are.
    fn is_for_everybody(&self) -> bool {
        const MAILINGS: &str = "campaign|campaigns|newsletter|newsletters|singlesends|singlesend|broadcasts|broadcast|blasts|mailing|\
            mailings";
        const TO_ALL: &str = "included_segments|/topics/all|\"topic\":\"all|\"to\":\"all|\"to\":\"everyone|\"audience\":\"all|\
            \"segment\":\"all";
        self.has(MAILINGS) && self.has("send|schedule|publish|broadcast|sendnow")
            || self.says(TO_ALL) && self.has("notifications|messages|push|send|notify|email|mail|sms")
            || self.says(EVERYBODY)
                && (hosts::is_messenger(&self.host) || self.has("chat|messages|message|webhooks|services"))
    }

    /// Whether somebody's telephone rings, or many get something one after the other.
    fn is_for_somebody(&self, many: bool) -> bool {
        const TO: &str = "to=|\"to\":\"|to:\"|\"recipient\":\"|channel=|\"channel\":\"|chat_id=|\"chat_id\":|email=|\"email\":\"|phone=|\
            \"phone\":\"";
        let writes = self.has("messages|message|calls|sms|mail|send|email|emails|chat");
        let messenger = hosts::is_messenger(&self.host);
        let Some((_, to)) = parts(TO).find_map(|key| self.said.split_once(key)) else { return false };
        let number = || hosts::decoded(to.split(['&', '"', '-']).next().unwrap_or_default());
        messenger && writes && telephone::is_somebodys(&number())
            || many
                && (messenger || writes)
                && self.said.contains(HOLE)
                && (to.starts_with(HOLE) || self.said.contains("email"))
    }

    /// Records that are gone or changed: of many one after the other, of what is live, of what weighs.
    fn of_records(&self, many: bool) -> Option<Kind> {
        let hole = self.request.url.contains(HOLE) || self.said.contains(HOLE) && self.says("\"id\"|mutation|ids");
        let acts = matches!(self.request.method, "DELETE" | "PUT" | "PATCH") || self.has(TAKES) || self.has(DESTROYS);
        let mutates = self.says("mutation") && self.says("delete|destroy|remove|archive|cancel|purge");
        let live = self.request.origin.live || is_production(&self.host);
        let gone = self.deletes()
            && (live || self.has(RECORDS))
            && !self.has("sessions|tokens|webhooks|cache|comments|labels");
        (many && hole && (acts || mutates) || gone || live && mutates || self.is_given_away())
            .then_some(Kind::ServiceChange)
    }

    /// Whether a price is next to nothing.
    fn is_given_away(&self) -> bool {
        const PRICED: &str =
            "\"price\":|price=|\"unit_amount\":|unit_amount=|\"amount\":{\"value\":|\"regular_price\":|\"sale_price\":";
        let of_goods =
            self.has("variants|products|product|variant|prices|price|listings|items|offers|skus|plans|inventory");
        let next_to_nothing = |(_, rest): (&str, &str)| {
            let number: String = rest
                .trim_start_matches(['"', '\''])
                .chars()
                .take_while(|char| char.is_ascii_digit() || *char == '.')
                .collect();
            number.parse::<f64>().is_ok_and(|price| price < 0.1)
        };
        of_goods && parts(PRICED).any(|key| self.said.split_once(key).is_some_and(next_to_nothing))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::value::Origin;
    use super::*;

    #[test]
    fn what_is_made_for_trying_is_no_service() {
        for (host, expected) in [
            ("api.stripe.com", true),
            ("pacs.klinik.example", true),
            ("staging-api.shop.example", false),
            ("api-m.sandbox.paypal.com", false),
            ("paper-api.alpaca.markets", false),
            ("shop.test", false),
            ("10.0.0.7", false),
            ("localhost", false),
            ("api", false),
        ] {
            assert_eq!(is_service(host), expected, "{host}");
        }
    }

    #[test]
    fn a_request_is_known_by_its_words() {
        for (method, url, body, many, expected) in [
            ("POST", "https://bank.example/v1/wires", "{}", false, Some(Kind::MoneyMove)),
            ("POST", "https://shop.example/v1/orders", "{\"sku\":7}", false, None),
            ("POST", "https://mdm.example/devices/7/wipe", "", false, Some(Kind::ServiceChange)),
            ("DELETE", "https://id.example/users/7/factors/2", "", false, Some(Kind::CloudAccess)),
            ("PUT", "https://dns.example/zones/1/records/2", "{\"type\":\"MX\"}", false, Some(Kind::CloudAccess)),
            ("PUT", "https://dns.example/zones/1/records/2", "{\"type\":\"A\"}", false, None),
            (
                "PUT",
                "https://dns.example/zones/1/records/2",
                "{\"type\":\"A\",\"name\":\"shop.example\"}",
                false,
                Some(Kind::CloudAccess),
            ),
            ("PATCH", "https://desk.example/tickets/\u{2026}", "{}", true, Some(Kind::ServiceChange)),
            ("PATCH", "https://desk.example/tickets/7", "{}", false, None),
            ("PUT", "https://shop.example/products/7", "{\"price\": \"0.01\"}", false, Some(Kind::ServiceChange)),
            ("PUT", "https://shop.example/products/7", "{\"price\": \"19.00\"}", false, None),
            ("GET", "https://bank.example/v1/wires", "", true, None),
        ] {
            let request = Request { method, url, body, socket: None, by: "", origin: Origin::UNKNOWN };
            assert_eq!(deed(&request, many), expected, "{method} {url}");
        }
    }
}
