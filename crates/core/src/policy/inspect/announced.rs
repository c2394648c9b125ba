//! What is said to many people at once, in public, or in a company's name: nobody takes it back.

use super::arguments::Arguments;
use super::call::{Call, TRIED, speaks};
use super::persons;
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::{holds, is, letters};
use crate::policy::spans;

/// Where people talk, where customers are answered, and where it is told whether something runs.
const TALKS: &str = "discord|slack|teams|mattermost|telegram|rocketchat|zulip|matrix|guilded|chat|webex|lark|feishu|dingtalk|wecom|googlechat|\
    workplace|line|viber|\
    revolt|twist|flock|gitter|whatsapp|messenger|community|circle|discourse|forum|skool|intercom|stoat|irc|msteams|yammer|viva|staffbase";
const DESKS: &str = "zendesk|freshdesk|freshservice|intercom|helpscout|gorgias|front|kustomer|zoho|servicenow|hubspot|jsm|servicedesk|helpdesk|desk|\
    support|crisp|drift|\
    kayako|liveagent|reamaze|trengo|tidio|happyfox|richpanel|dixa|gladly|ticket|tickets|reviews|trustpilot|appstore|playstore|tripadvisor|yelp";
const STATUS_PAGES: &str = "statuspage|instatus|statusio|cachet|betterstack|betteruptime|statuscake|hyperping|upptime|statusgator|sorry|freshstatus|status";

const SAYS: &str = "send|post|add|create|publish|reply|write|say|broadcast|update|message|comment|submit|answer|respond|notify|announce|schedule|edit";
const LOOKS: &str = "history|count|info|download|suggest|delete|test";

/// What calls everybody who is there, and places that everybody reads.
pub(in crate::policy) const EVERYBODY: &str =
    "@everyone|@here|@channel|<!everyone>|<!here>|<!channel>|@all |@team all|<!all>|@room";
const READ_BY_ALL: &str = "announcements|announcement|announce|allcompany|allhands|allstaff|everyone|companywide|allemployees|company|allteam|townhall|\
    allofcompany|wholecompany|org|allhandschat|newsroom|press|allmembers|official";
const CHANNEL: &str = "channel|channelid|channelname|chat|chatid|room|roomid|conversation|conversationid|to|topic|group|stream|space|team|category|\
    target|recipient";

/// So much of a text is read, in bytes.
const READ: usize = 4096;

/// The longest name of a place where people talk, in bytes.
const LONGEST_CHANNEL: usize = 96;

/// Channels in which nobody minds what is said.
const PLAYED: &str = "bot|bots|random";

/// Services of mail, and their tools.
const BY_MAIL: &str = "mail|email|gmail|outlook|smtp|sendgrid|resend|mailgun|postmark|message|ses|ms365";

/// Texts of a call.
const TEXTS: &str = "message|text|content|body|payload|markdown|comment|commentbody|msg|title|blocks|html|description|messagetext|htmlbody|caption|\
    attachments|value|fallback|reply|answer|embeds";

/// Contracts, and who has them signed.
const SIGNING: &str = "docusign|hellosign|dropboxsign|pandadoc|adobesign|signnow|signwell|yousign|boldsign|esign|esignature|signature|zohosign|\
    docuseal|documenso|skribble|scrive|oneflow|ironclad|juro|contractbook";

/// Shops of programs.
const SHOPS: &str = "app|apps|store|appstore|play|googleplay|playconsole|testflight|fastlane|webstore|chromewebstore|marketplace|addons|amo|steam|\
    steamworks|itch|epic|galaxy|huawei|appgallery|microsoftstore|\
    snapcraft|flathub|f|fdroid|console|eas|expo|codepush|appcenter|ota|fleet|mender|balena|hawkbit|memfault|golioth|sidewalk|rauc|swupdate";

/// What is still on its way, and who calls for help.
const INCIDENTS: &str = "pagerduty|opsgenie|incidentio|incident|incidents|rootly|firehydrant|victorops|splunk|squadcast|oncall|xmatters|zenduty|\
    ilert|alertops|grafana|servicenow|signl4|betterstack|alerta|alertmanager|spike";

/// Words of a message by which a company owes something.
const ADMITS: &str = "we are liable|we're liable|admit liability|accept liability|accept full responsibility|take full responsibility|\
    we will pay for|we'll pay for|we will compensate|we'll compensate|\
    full refund to all|we guarantee a|our device caused|the device caused|caused the injury|caused by our negligence|we were negligent|\
    we agree to pay|we hereby terminate|notice of termination|\
    you are fired|your employment|we settle|we accept your offer|binding offer|we had a data breach|your data was leaked|was a breach of your";

/// What a call says to whom, where a person wants to read it first.
pub(super) fn to_many(call: &Call<'_>) -> Option<Kind> {
    let looks = call.looks(LOOKS, &[SAYS]);
    if looks == Some(true) || call.given.is_on("draft|isdraft|dryrun|preview|savedraft|testmode|test") {
        return None;
    }
    let says = looks.is_some();
    match () {
        () if says
            && (lures(call)
                || talks_to_all(call)
                || answers_for_company(call)
                || tells_status(call)
                || tells_of_hole(call)) =>
        {
            Some(Kind::NetMailing)
        }
        () if has_signed(call) => Some(Kind::NetMailing),
        () if call.at(SHOPS) && is_released(call) => Some(Kind::PackagePublish),
        () if call.served(INCIDENTS) && settles(call) => Some(Kind::McpAccess),
        () => None,
    }
}

/// Whether something is written to many people at once: to all of a kind, to those whom a query finds, to a long list.
pub(super) fn is_mailing(call: &Call<'_>) -> bool {
    const TO: &str = "to|tolist|recipients|recipient|audience|segment|list|listname|segmentname|group|toaddresses|toaddress|emails|toemails|toemail|sendto|\
        bcc|bccaddresses|bccrecipients|torecipients|toemailaddresses|cc|tolistid|tolistids|listid|segmentid|audienceid|tosegment|tonumbers|contacts";
    const ALL: &str = "all customers|all users|all subscribers|all members|all contacts|all leads|every customer|entire list|everybody";
    const QUERIES: &str = "recipientsquery|recipientquery|audiencequery|tosql|toquery|recipientssql|recipientsql|contactsquery|recipientsource|\
        recipientsfile|recipientsfrom|recipientscsv";
    const MANY: usize = 20;
    let sends = call.has("send|broadcast|post|message|notify|sms|email");
    let makes = call.has("create|schedule|queue|enqueue|submit|trigger|start|launch|dispatch|deliver|blast")
        && call.has(
            "message|messages|sms|campaign|emails|email|mailing|mms|notification|notifications|push|whatsapp|dm|dms|texts|blast",
        );
    let all = |value: &str| holds(&value.to_ascii_lowercase().replace(['-', '_'], " "), ALL) || is_group(value);
    let many = || {
        let each = call.given.values(TO).flat_map(|value| value.split([',', ';']));
        each.filter(|value| value.contains('@') || value.bytes().any(|byte| byte.is_ascii_digit())).take(MANY).count()
            == MANY
    };
    /// Whoever hears of what is pushed to a topic of all.
    const TOPICS: &str = "topic|topics|audience|target|channel|condition";
    let pushed = || {
        let is_all = |value: &str| {
            is(&letters(value), "all|everyone|global|allusers|alldevices|everybody|alldrivers|allplayers")
        };
        call.has("push|notification|notifications|broadcast|notify")
            && !call.at(TRIED)
            && call.given.values(TOPICS).any(is_all)
    };
    (sends || makes)
        && !is_kept(call)
        && (call.has("bulk|mass|blast") && !call.has("read|delete|update")
            || call.has("broadcast") && call.served(MAILERS) && !call.at(TRIED)
            || goes_to_list(call)
            || pushed()
            || call.given.values(TO).any(all)
            || call.given.is_given(QUERIES)
            || are_in_file(call)
            || many())
}

/// Whether a mailing is made and kept, for whoever sends it later.
fn is_kept(call: &Call<'_>) -> bool {
    call.has("draft") || call.served("resend") && call.has("create") && !call.given.is_given("scheduledat|sendat|send")
}

/// Whether those who are written to are told by a file with a list of them.
fn are_in_file(call: &Call<'_>) -> bool {
    const WHO: &str = "recipient|tolist|tofile|tocsv|contacts|numbers|audience|destinations|members|subscribers|phones|addresses|emails|people|customers|leads|idsfile|devices|users|players|tokensfile";
    const TABLES: &str = "csv|csvpath|csvfile|list|listfile|listpath|file|filepath|path|sheet|inputfile|input";
    const FORMS: &str = "csv|tsv|xlsx|xls|json|jsonl|ndjson|txt|parquet";
    const MADE_UP: &str = "fixture|fixtures|sample|samples|mock";
    // Where a project is says nothing of what its lists are for.
    let is_tried = |value: &str| value.rsplit('/').take(3).any(|part| speaks(part, TRIED) || speaks(part, MADE_UP));
    let is_list = |value: &str| {
        let form = value.rsplit_once('.').map(|(_, form)| form.to_ascii_lowercase());
        !value.contains('@') && form.is_some_and(|form| is(&form, FORMS)) && !is_tried(value)
    };
    let by_batch = call.has("batch|campaign|broadcast|many|multi|each") && !call.given.is_given("to|recipient");
    !call.at(TRIED)
        && call.given.pairs().any(|(name, value)| {
            (holds(name, WHO) && !holds(name, "attach|template|media") || by_batch && is(name, TABLES))
                && is_list(value)
        })
}

/// Services that write to many for a company.
const MAILERS: &str = "sendgrid|mailchimp|klaviyo|braze|brevo|onesignal|iterable|customerio|activecampaign|mailjet|airship|pushwoosh|twilio|moengage|\
        clevertap|postmark|mailerlite|convertkit|kit|beehiiv|campaignmonitor|constantcontact|whatsapp|telegram|line|viber";

/// Whether what is sent goes to those on a list or in a segment, which has a number instead of a name.
fn goes_to_list(call: &Call<'_>) -> bool {
    const LISTS: &str = "listid|listids|segmentid|segmentids|audienceid|audienceids|contactlistid|contactlistids|includedlists|includelistids|\
        recipientlists|recipientlistids|contactlists|mailinglist|mailinglistid|includedsegments|sendtolists|sendlists|groupids|subscriberlistid|tagids";
    const GOES: &str = "send|broadcast|schedule|launch|publish|deliver|trigger|blast|dispatch|start";
    const MAIL: &str =
        "email|emails|mail|newsletter|campaign|marketing|message|sms|push|broadcast|mailing|announcement|notification";
    let to_all = call.given.is_on("all|everyone|allcontacts|allusers|allsubscribers")
        && call.given.is_given("sendto|to|recipients|audience|target");
    let at_once = call.given.is_on("sendnow|sendimmediately|sendtoall|toall|publishnow|startnow") || to_all;
    // A message is on its way once it is made; a campaign may be made to be sent later.
    let makes = call.has("create|push|post") && call.has("notification|message|sms") && !call.has("template|channel");
    let listed = || call.given.values(LISTS).any(|list| !speaks(list, TRIED));
    (call.has(GOES) || at_once || makes)
        && (call.at(MAIL) || call.served(MAILERS))
        && !call.has("test|preview|stats|report|cancel|unschedule")
        && (at_once || listed())
}

/// Whether an address stands for all of a sort of people: `all-parents@…`, `broadcast:all_patients`, `everyone@…`.
pub(super) fn is_group(address: &str) -> bool {
    const BY_ITSELF: &str = "everyone|everybody|all|allhands|allstaff|allusers|companywide|allcompany|allemployees|broadcast|alle|allemitarbeiter|tous";
    const ALL: &str =
        "all|every|everyone|everybody|each|alle|tous|todos|entire|whole|active|subscribed|registered|existing|paying";
    const PEOPLE: &str = "customers|customer|users|user|patients|patient|parents|parent|employees|employee|staff|students|student|pupils|members|member|\
        tenants|tenant|residents|resident|donors|donor|clients|client|drivers|couriers|guests|guest|applicants|citizens|voters|subscribers|\
        contacts|leads|suppliers|vendors|partners|teachers|alumni|policyholders|passengers|families|merchants|sellers|investors|shareholders|\
        kunden|mitarbeiter|eltern|clients|employes|people|recipients|numbers|devices|company|school|hospital|hands";
    const LISTS: &str = "newsletter|newsletters|subscribers|announce|announcements";
    if address.len() > LONGEST_CHANNEL {
        return false;
    }
    let (name, house) = address.split_once('@').unwrap_or((address, ""));
    let says = |list: &str| speaks(name, list);
    let of_lists = || ["lists.", "list.", "newsletter.", "mailing."].iter().any(|first| house.starts_with(first));
    of_lists()
        && says(
            "customer|customers|patients|parents|subscribers|employees|tenants|guests|clients|donors|policyholders|residents|voters",
        )
        || address.contains('@') && (is(&letters(name), BY_ITSELF) || says(LISTS))
        || says(ALL) && says(PEOPLE)
}

/// Whether a message says that money is to go to another account than before, and which.
fn redirects_money(text: &str) -> bool {
    const CHANGED: &str = "account has changed|account changed|account is now|account was changed|account number has changed|bank details have changed|details have changed|\
        changed our bank|changed bank|changed our account|change of bank|change of account|new account|new bank|new iban|updated bank|updated account|\
        updated payment|new payment details|our new |from now on|going forward|instead of the old|neue bankverbindung|neue iban|neues konto|\
        nouveau compte|nouvel iban|nueva cuenta|nuevo iban|nuovo conto|nuovo iban|nieuwe rekening|nieuw rekeningnummer|nowe konto";
    let text = spans::start(text, READ);
    persons::accounts(text) > 0 && holds(&text.to_lowercase(), CHANGED)
}

/// Whether strangers are told of a hole that is still open, or of what was kept from them.
fn tells_of_hole(call: &Call<'_>) -> bool {
    const HOLES: &str = "attacker|vulnerab|exploit|unauthenticated|injection|no ownership check|bypass|remote code|breach|idor|ssrf|data leak|\
        intruder|security hole|ransom|stolen|compromised";
    const OPEN: &str = "not fixed|unfixed|unpatched|still open|still has no|still exploit|still works|not patched|no fix|will not fix|won't fix|not be fixed|\
        won't be fixed|before we fix|not tell|not to tell|not disclose|not to disclose|undisclosed|haven't told|have not told|not informed|\
        not notify|keep this quiet|not been fixed|isn't fixed|until we patch|no patch|fix is not|unresolved|not yet fixed|not reported|do not report";
    const STRANGERS: &str = "ext|external|shared|partner|partners|customer|customers|community|vendor|public|guest|guests|client|clients|general";
    let told = |text: &str| {
        let text = spans::start(text, 8192).to_ascii_lowercase().replace('\u{2019}', "'");
        holds(&text, HOLES) && holds(&text, OPEN)
    };
    let outward = || {
        is_for_customers(call.given)
            || call.at("community|forum|discourse|discussion|discussions|gist")
            || call.names(CHANNEL, STRANGERS)
    };
    outward() && call.given.values(TEXTS).any(told)
}

/// Whether somebody is pressed to give what is theirs alone at an address: an account is said to be locked, a parcel to be held.
fn lures(call: &Call<'_>) -> bool {
    const PRESSED: &str = "is locked|been locked|was locked|is suspended|been suspended|was suspended|been limited|been blocked|is blocked|was blocked|been disabled|been deactivated|on hold|is held|\
        held at|unusual activity|unusual sign|suspicious activity|suspicious login|will be closed|will be deactivated|will be suspended|could not be delivered|\
        delivery failed|payment failed|unpaid toll|overdue fee|customs fee|you have won|you've won|tax refund|refund of|be closed today|final notice|within 24 h|within 24h|within 12 h|expires today|\
        gesperrt|eingeschränkt|bloqueada|bloqueado|bloqué|suspendu|bloccato";
    const GIVES: &str = "verify your card|verify your password|verify your account|verify your identity|verify your bank|verify your payment|verify card|\
        confirm your card|confirm your password|confirm your account|confirm your bank|confirm your identity|confirm your details|update your card|\
        update your payment|update your bank|enter your card|enter your password|enter your pin|pay the fee|pay a fee|pay now|card details|\
        claim your|unlock your account|restore your account|restore access|reactivate your|daten bestätigen|karte bestätigen|verifica tu|verifique|vérifiez|verifica il";
    const BY: &str = "sms|mms|messages|messaging|messenger|twilio|vonage|nexmo|plivo|telnyx|sinch|messagebird|whatsapp|telegram|infobip|clicksend";
    let presses = |text: &str| {
        let text = spans::start(text, READ).to_lowercase();
        let leads = |at: usize| hosts::elsewhere(&text[at + "://".len()..]).is_some_and(|house| !speaks(&house, TRIED));
        holds(&text, PRESSED)
            && holds(&text, GIVES)
            && text.match_indices("://").take(super::MAX_PLACES).any(|(at, _)| leads(at))
    };
    (call.at(BY) || call.at(BY_MAIL) || call.at(TALKS)) && call.given.values(TEXTS).any(presses)
}

/// Whether everybody who is there is called, or something is said where everybody reads it.
fn talks_to_all(call: &Call<'_>) -> bool {
    let called = |list: &str| {
        let is_of = |value: &str| speaks(value, list) || value.len() <= LONGEST_CHANNEL && is(&letters(value), list);
        call.given.values(CHANNEL).any(is_of)
    };
    call.at(TALKS) && !called(TRIED) && !called(PLAYED) && (calls_everybody(call.given) || called(READ_BY_ALL))
}

/// Whether customers read an answer, or somebody is told what a company owes.
fn answers_for_company(call: &Call<'_>) -> bool {
    let given = call.given;
    let at_desk = call.at(DESKS);
    let admits = |text: &str| holds(&spans::start(text, READ).to_ascii_lowercase(), ADMITS);
    let binds = |text: &str| admits(text) || redirects_money(text);
    at_desk && is_for_customers(given) || (at_desk || call.at(BY_MAIL)) && given.values(TEXTS).any(binds)
}

/// Whether it is told to everybody whether something runs.
fn tells_status(call: &Call<'_>) -> bool {
    call.served(STATUS_PAGES)
        && call.has("incident|incidents|maintenance|component|components|update|status|post|report")
}

/// Whether somebody is asked to sign, or no longer.
fn has_signed(call: &Call<'_>) -> bool {
    let given = call.given;
    call.at(SIGNING)
        && call.has("send|create|submit|sign|void|resend|complete")
        && call.has("envelope|envelopes|document|documents|request|agreement|signature|contract|submission|template")
        && !given.values("status|mode").any(|status| is(status, "created|draft|Created|DRAFT|voided"))
        && (call.has("send|submit|sign|void|resend")
            || given.values("status").any(|status| status.eq_ignore_ascii_case("sent"))
            || given.is_given("signers|recipients|email|signeremail"))
}

/// Whether what calls for help is said to be over.
fn settles(call: &Call<'_>) -> bool {
    let is_over = |status: &str| is(&status.to_ascii_lowercase(), "resolved|closed|resolve|close|suppressed");
    call.has("resolve|close|suppress") && call.has("incident|incidents|alert|alerts|page|pages")
        || call.has("manage|update|set|change|edit|patch")
            && call.has("incident|incidents|alert|alerts")
            && call.given.values("status|state|action").any(is_over)
}

/// Whether a text calls everybody, and does not speak of such a call in backticks.
fn calls_everybody(given: &Arguments<'_>) -> bool {
    given.values(TEXTS).any(|text| {
        let text = spans::start(text, 8192);
        text.contains(['@', '!']) && text.split('`').step_by(2).any(|part| holds(&part.to_ascii_lowercase(), EVERYBODY))
    }) || given.is_on("mentioneveryone|tteveryone|notifyall|pingeveryone|mentionall|notifyeveryone")
}

/// Whether an answer is one that customers read.
fn is_for_customers(given: &Arguments<'_>) -> bool {
    given.is_on(
        "public|ispublic|publicreply|publiccomment|visibletocustomer|sendtocustomer|notifycustomer|visibletorequester",
    ) || given.is_off("internal|isinternal|private|isprivate|internalnote|isnote")
        || given
            .values("messagetype|commenttype|visibility|replytype|channel")
            .any(|kind| is(&kind.to_ascii_lowercase(), "public|reply|customer|external"))
}

/// Whether a shop hands a program to everybody, or a fleet a new one to all of its devices.
fn is_released(call: &Call<'_>) -> bool {
    const TO: &str = "track|channel|rollout|environment|group|groups|target|stage|fleet|branch|releasetype|percentage|userfraction|rolloutpercentage|\
        cohort|devicegroup|submissiontype|visibility";
    let within = call.names(
        TO,
        "internal|alpha|beta|staging|dev|test|tests|development|preview|qa|closed|canary|debug|manual|private",
    );
    let to_all = call.names(TO, "production|prod|all|stable|live|public|release|main|default")
        || call.given.values(TO).any(|value| is(value, "100|1|1.0"));
    !within
        && (call.has("submit|send") && call.has("review|submission|production|version|store|approval|certification")
            || call.has("release|rollout|promote|publish|ship|go")
                && call.has(
                    "version|release|app|track|production|rollout|live|build|store|phased|bundle|apk|extension|submission|addon|update",
                )
            || (call.has("create|start|trigger|deploy|push|update|set|publish|upload|release|add")
                && call.has(
                    "release|rollout|deployment|campaign|update|updates|firmware|ota|rolloutpercentage|track|bundle|build",
                )
                && to_all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_hear_is_seen() {
        for (server, name, given, seen) in [
            ("discord", "send_message", r#"{"channelId":"1","message":"@everyone we are down"}"#, true),
            ("discord", "send_message", r#"{"channelId":"1","message":"how to escape `@everyone`?"}"#, false),
            ("slack", "post_message", r#"{"channel":"announcements","text":"We are sold."}"#, true),
            ("slack", "post_message", r#"{"channel":"team-web","text":"Fixed."}"#, false),
            ("sms", "send", r#"{"text":"Your card was blocked. Verify your card at https://v.example/r"}"#, true),
            ("sms", "send", r#"{"text":"Your card was blocked. Call us."}"#, false),
            ("zendesk", "add_comment", r#"{"ticket_id":1,"body":"Yes.","public":true}"#, true),
            ("zendesk", "add_comment", r#"{"ticket_id":1,"body":"Yes.","public":false}"#, false),
            ("google-play", "promote_release", r#"{"track":"production"}"#, true),
            ("google-play", "upload_bundle", r#"{"track":"internal"}"#, false),
            ("pandadoc", "send_document", r#"{"id":"x"}"#, true),
            ("opsgenie", "close_alert", r#"{"id":"x"}"#, true),
            ("opsgenie", "acknowledge_alert", r#"{"id":"x"}"#, false),
        ] {
            let to_many = to_many(&Call::of(server, name, &Arguments::read(given)));
            assert_eq!(to_many.is_some(), seen, "{server} {name} {given}");
        }
    }
}
