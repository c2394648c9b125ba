//! Automations that hand on what comes in: each customer, order or mail from now on goes to a machine or a cloud that is not the owner's.

use super::call::{Call, TRIED, speaks};
use crate::policy::hosts;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// Services that do one thing whenever another happens, and what they call such a rule.
const SERVICES: &str = "zapier|make|integromat|n8n|ifttt|pipedream|automate|powerautomate|flow|workato|tray|activepieces|integrately|pabbly|huginn|\
    logicapps|bardeen|relay|automatisch|automation|automations|windmill|kestra|node|nodered|tines|zap|eventbridge|hookdeck|svix|parabola|albato|\
    segment|rudderstack|fivetran|airbyte|hightouch|census|stitch|mparticle|snowplow|tealium|rule|rules|script|apps";
const RULES: &str = "zap|zaps|scenario|applet|applets|workflow|workflows|flow|flows|automation|automations|recipe|recipes|webhook|webhooks|hook|hooks|\
    subscription|subscriptions|trigger|triggers|integration|connector|connection|sync|pipeline|pipe|stream|rule|forwarder|sink|destination|export|\
    event|action|job|blueprint|bridge|relay|feed|agent|agents|step|module|script";
const MAKES: &str = "create|add|deploy|update|enable|activate|register|publish|run|set|save|import|upsert|new|configure|start|turn|put|connect|build|\
    subscribe|install|make|write|execute|clone|setup|schedule";
const LOOKS: &str = "logs|history|test";

/// What goes on: people, what they bought, said, owe or suffer.
const THEIRS: &str = "customer|patient|buyer|contact|subscriber|employee|student|guest|applicant|candidate|order|lead|user record|users record|e-mail|email|\
    mailbox|inbox|invoice|payslip|payroll|salary|salaries|card|phone|address|passport|medical|diagnos|claim|booking|reservation|transcript|message|\
    attachment|member|donor|tenant|policyholder|payment|charge|transaction|prescription|appointment|resident|voter|contract|personnel|credential|password|\
    secret|token";

/// Where it goes to that is somebody's own.
const OWN_CLOUD: &str = "dropbox personal|personal dropbox|personal drive|personal google|personal gmail|personal account|personal onedrive|personal email|\
    private account|private gmail|my gmail|private drive|own dropbox|mega.nz|wetransfer|telegram chat|telegram bot|pastebin|external sheet|\
    private sheet|personal sheet|private dropbox|personal notion|@gmail.|@proton|@outlook.|@hotmail.|@yahoo.";

/// What leads from elsewhere to here, or is only tried.
const QUIET: &str = "false|off|inactive|draft|disabled|paused|stopped";
const STATES: &str = "enabled|active|isactive|isenabled|status|state|on|published|turnon|activate";

/// How much of a text is looked at, in bytes.
const MOST: usize = 8 << 10;

/// Whether a rule is made by which people's data goes elsewhere from now on.
pub(super) fn carry_out(call: &Call<'_>) -> bool {
    let given = call.given;
    let acts = || given.values("action|operation").take(4).any(|told| speaks(told, MAKES) && speaks(told, RULES));
    let makes = call.looks(LOOKS, &[MAKES]) == Some(false) && call.has(RULES);
    if !(makes || call.at(SERVICES) && acts()) || call.at(TRIED) {
        return false;
    }
    let off = given.values(STATES).any(|state| is(&state.to_ascii_lowercase(), QUIET));
    if off {
        return false;
    }
    let raw = spans::start(given.raw, MOST).to_ascii_lowercase();
    let automates = call.at(SERVICES) || call.has("webhook|webhooks|hook|hooks|forwarder|sink|zap|applet|scenario");
    automates && holds(&raw, THEIRS) && (goes_far(&raw) || holds(&raw, OWN_CLOUD) || forwards(&raw))
}

/// Whether what comes in goes on to somebody by mail.
fn forwards(lower: &str) -> bool {
    let words =
        || lower.split(|char: char| char.is_whitespace() || "\"'<>,;".contains(char)).filter(|word| !word.is_empty());
    holds(lower, "forward|bcc|copy of each|copy of every")
        && words().any(|word| word.split_once('@').is_some_and(|(who, house)| !who.is_empty() && house.contains('.')))
}

/// Whether an address elsewhere is told to which something is sent: one that is posted to, and none of a service's own.
fn goes_far(lower: &str) -> bool {
    const KNOWN: &str = "slack.com|discord.com|office.com|googleapis.com|github.com|gitlab.com|atlassian.net|linear.app|notion.com|stripe.com|hubspot.com|\
        salesforce.com|zendesk.com|schema.org|w3.org|json-schema.org|microsoft.com|n8n.io|shopify.com|datadoghq|pagerduty.com|sentry.io|openai.com|\
        anthropic.com";
    const SENDS: &str = "post|webhook|put |send|forward|push|upload|http|copy|\"address\"|callback|deliver|append";
    holds(lower, SENDS)
        && lower.match_indices("http").take(super::MAX_PLACES).any(|(at, _)| {
            let rest = &lower[at..];
            let is_address = rest.starts_with("http://") || rest.starts_with("https://");
            let url = &rest
                [..rest.find(|char: char| char.is_whitespace() || "\"'<>`\\".contains(char)).unwrap_or(rest.len())];
            let host = if is_address { hosts::host(url) } else { String::new() };
            hosts::is_far(&host) && !speaks(&host, TRIED) && !holds(&host, KNOWN)
        })
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_goes_out_from_now_on_is_seen() {
        for (server, name, given, seen) in [
            ("make", "create_scenario", r#"{"instructions":"POST each customer to https://in.leads.example/x"}"#, true),
            ("make", "create_scenario", r#"{"instructions":"POST each build to https://ci.shop.example/x"}"#, false),
            (
                "shopify",
                "create_webhook",
                r#"{"topic":"customers/create","address":"https://in.feed.example/a"}"#,
                true,
            ),
            ("shopify", "create_webhook", r#"{"topic":"customers/create","address":"http://localhost:3000/a"}"#, false),
            ("n8n", "list_workflows", r#"{"q":"customer https://in.feed.example/a post"}"#, false),
            ("zapier", "create_zap", r#"{"status":"off","x":"customer","url":"https://in.feed.example/hook"}"#, false),
            ("ifttt", "create_applet", r#"{"do":"save each invoice to my personal Dropbox"}"#, true),
        ] {
            assert_eq!(carry_out(&Call::of(server, name, &Arguments::read(given))), seen, "{server} {given}");
        }
    }
}
