//! Tasks for another agent: to get round the guard, to publish what nobody checked, and to run commands that are judged as such.

use super::openings;
use super::orders::folded;
use super::sentence::{FORBIDS, Sentence, Text, sentences};
use crate::policy::effects::Effect;
use crate::policy::facts::Facts;
use crate::policy::lists::{holds, is};
use crate::policy::shell;

/// Most commands of one task that are judged, and most places at which one may stand that are looked at.
const MAX_COMMANDS: usize = 16;
const MAX_LOOKS: usize = 256;

/// How far before a command is read what is said of it, in bytes.
const SAID_BEFORE: usize = 256;

/// What a task orders that nobody means: the word for it.
pub(super) fn ordered(text: &Text<'_>) -> Option<&'static str> {
    if publishes_unchecked(&text.sentences) {
        return Some("to publish what nobody checked");
    }
    if loses_live(text) || text.spoken().any(clears_out) {
        return Some("to destroy what others rely on");
    }
    text.spoken().filter(|it| !it.says(WORK)).find_map(|sentence| match () {
        () if moves_settings(sentence) => Some("to get round what guards an agent"),
        () if lowers(sentence) => Some("to switch off what protects others"),
        () if changes_live(sentence) => Some("to change all of what is live"),
        () if writes_to_all(sentence) || writes_to_each(sentence) => Some("to write to many people"),
        () if pays(sentence) => Some("to move money"),
        () if gives_rights(sentence) || opens(sentence) => Some("to let somebody in"),
        () => None,
    })
}

/// What is built or looked at is no deed, and neither is what is only tried.
const WORK: &str = "test|tests|write|implement|component|endpoint|function|refactor|script|page|button|mock|fixture|unit|docs|document|explain|\
    review|find|list|draft|report|describe|design|plan|check|whether|code|class|method|migration|feature|type|module|handler|staging|sandbox|local|\
    locally|simulate|simulator|dry-run|preview";

/// Whether records are to be deleted in what is live, however the sentences of a short task share what they say: where it is, what goes, and
/// that nobody is asked or nothing is kept of it.
fn loses_live(text: &Text<'_>) -> bool {
    /// How many sentences a task has at most that is about one thing.
    const SHORT: usize = 12;
    const UNSAVED: &str = "without a backup|without backup|no backup|make a backup|don't back up|do not back up|bother with a backup|skip the backup|\
        don't ask|do not ask|stop to ask|without asking|no need to ask|no confirmation|without confirmation|don't wait|no questions|with force|\
        don't keep a list|skip confirmation|--force|no need to confirm|don't confirm|unasked";
    const CODE: &str =
        "test|tests|fixture|unit|implement|component|refactor|docs|src|import|imports|unused|function|code|mock";
    let said: Vec<&Sentence<'_>> = text.spoken().collect();
    let is_of_one =
        said.len() <= SHORT && said.iter().any(|it| names_live(it)) && said.iter().any(|it| it.holds(UNSAVED));
    said.iter().any(|it| loses_records(it) && (is_of_one && !it.says(CODE) || names_live(it) && !it.says(WORK)))
}

/// Whether production is named, by its own name or by that of its settings.
fn names_live(sentence: &Sentence<'_>) -> bool {
    sentence.holds(".env.prod|production|live database|live system|live site|live db|live shop|live account|prod database|prod db|prod cluster|\
        prod profile|prod account|-prod|prod-|on prod|in prod|from prod|the prod |/prod")
        && !sentence.holds("non-prod|nonprod|pre-prod|preprod|not production|copy of prod|production-like|production build|like production|\
        production code|production deps|production dependencies|staging|sandbox|dry run|dry-run")
}

/// Whether records, or what keeps them, are to be deleted.
fn loses_records(sentence: &Sentence<'_>) -> bool {
    const DELETES: &str = "delete|drop|wipe|purge|truncate|remove|erase|destroy|terminate|clear|empty|flush|reset";
    const WHAT: &str = "order|orders|customer|customers|user|users|rows|record|records|table|tables|invoice|invoices|account|accounts|data|dataset|\
        datasets|database|databases|collection|collections|backup|backups|snapshot|snapshots|bucket|buckets|bucket's|volume|volumes|namespace|\
        namespaces|topic|topics|queue|queues|log|logs|history|events|payments|messages|files|cluster|clusters|index|indices|indexes|schema|\
        subscriptions|sessions|tenant|tenants|documents|image|images|uploads|branches|stack|stacks|instance|instances|everything|entries|dump|dumps|\
        wal|pg_wal|binlog|binlogs|archive|archives|repository|repositories|mailbox|mailboxes|secret|secrets|keys|replica|replicas|partition|\
        partitions|transactions|patient|patients";
    // What is denied of the things is nothing against what is done to them: *that had no commit, and delete them*.
    sentence.says(WHAT) && sentence.split(" and ").any(|part| Sentence::of(part).orders(DELETES))
}

/// Whether all of what an organisation keeps at a service is to go.
fn clears_out(sentence: &Sentence<'_>) -> bool {
    const NEAR: usize = 3;
    const ALL: &str = "all|every|everything|each";
    const DELETES: &str = "delete|drop|wipe|purge|remove|erase|destroy|terminate|deactivate|archive";
    const WHAT: &str = "repository|repositories|repos|repo|bucket|buckets|projects|project|channels|channel|accounts|account|users|user|members|\
        contacts|contact|packages|databases|database|instances|\
        instance|servers|vms|droplets|workspaces|teams|sites|mailboxes|mails|emails|drives|devices|tenants|customers|tickets|deals|leads|\
        subscriptions|snapshots|volumes|clusters|domains|zones|apps|guests|issues|\
        documents|boards|spaces|keys|zaps|workflows|dashboards|functions|queues|images|resources";
    const OF: &str = "organisation|organization|org|company|tenant|github|gitlab|workspace|slack|notion|jira|confluence|crm|hubspot|salesforce|aws|\
        azure|gcp|cloudflare|vercel|netlify|heroku|supabase|linear|\
        okta|subscription|intune|mailchimp|zendesk|stripe|shopify|region|landing";
    const WORK: &str = "test|tests|staging|sandbox|local|dev|draft|dry-run|simulate|script|function|code|propose|which|reference|references|fixture|\
        fixtures|mock|mocks|mention|mentions|import|imports|label|\
        labels|component|field|fields|column|comment|comments|readme|docs|whether|implement|endpoint|ui|page|button|migration|throwaway|preview|demo|\
        variable|variables|nothing|usage|usages|deprecated|api|module|class|uses|calls";
    sentence.says(OF)
        && sentence.says(WHAT)
        && sentence.says(ALL)
        && !sentence.says(WORK)
        && sentence
            .split(" and ")
            .map(Sentence::of)
            .any(|part| part.ordered(DELETES).any(|at| part.near(at, NEAR, ALL) || part.near(at, 1, "them")))
}

/// Whether an agent's settings are to be out of the way for a while.
fn moves_settings(sentence: &Sentence<'_>) -> bool {
    const SETTINGS: &str = ".claude/settings|settings.local.json|.codex/config|.codex/hooks|.cursor/hooks|.gemini/settings|.hookrail|hooks.json|.copilot/";
    const AWAY: &str = "aside|away|temporar|out of the way|afterwards|back|bak|first|rename|does not run|doesn't run|do not run|so that|for now|\
        until|nobody|without the hook|.old|/tmp";
    sentence.holds(SETTINGS)
        && sentence.holds(AWAY)
        && sentence.orders("move|rename|delete|remove|mv|rm|swap|empty|replace|hide|unset|blank|overwrite")
}

/// Whether what protects an organisation, its users or what is live is to be switched off.
fn lowers(sentence: &Sentence<'_>) -> bool {
    const PROTECTS: &str = " mfa| 2fa|two-factor|multi-factor|branch protection|waf|firewall|backups|deletion protection|audit log|rate limit|\
        captcha|fraud|conditional access|required review|alerting|the alerts|all alerts|monitoring|secret scanning|encryption|sso|ip allowlist|alarm|\
        smoke detector|interlock|safety|antivirus|edr|falcon|defender|guardduty|cloudtrail|access log|approval";
    const WHOSE: &str = "tenant|organization|organisation|org|company|everyone|everybody|all|whole|account|live|production|prod|cluster|main|site|\
        zone|workspace|building|plant|warehouse|hosts|servers|customers|users|team";
    sentence.holds(PROTECTS)
        && sentence.says(WHOSE)
        && sentence.orders("disable|turn|switch|remove|bypass|deactivate|suspend|mute|silence|pause|stop|disarm|drop|lift")
        && sentence.holds("disable|turn off|switch off|turned off| off |remove|bypass|deactivate|suspend|mute|silence|pause|stop|disarm|drop|lift")
}

/// Whether many people are to be written to.
fn writes_to_all(sentence: &Sentence<'_>) -> bool {
    const ALL: &str = "all customers|all users|all subscribers|every customer|every user|everyone on the list|all our customers|the whole list|\
        the entire list|all members|@everyone|all employees|the whole company|all contacts|every subscriber|all leads|all patients|all tenants";
    sentence.holds(ALL)
        && sentence
            .orders("send|email|e-mail|mail|post|announce|notify|message|broadcast|text|sms|call|tell|tweet|publish")
}

/// Whether each of many people is to be written to, be it by a list of them.
fn writes_to_each(sentence: &Sentence<'_>) -> bool {
    const EACH: &str = "each|every|all";
    const PEOPLE: &str = "customers|customer|users|user|people|persons|person|patients|patient|applicants|applicant|subscribers|subscriber|members|member|\
        employees|employee|tenants|tenant|parents|parent|students|student|pupils|clients|client|policyholders|claimants|residents|donors|guests|\
        recipients|contacts|leads|suppliers|drivers|passengers|voters|citizens|candidates|candidate|borrowers|debtors|merchants|sellers|buyers|\
        attendees|families|shareholders|households|holders|addresses|numbers|accounts|debtor|resident|guest|donor|contact|lead|driver|passenger|voter|\
        citizen|borrower|merchant|seller|buyer|recipient|supplier|claimant|policyholder|household|family|pupil|attendee|number|address";
    const VERBS: &str = "send|email|e-mail|mail|notify|message|text|sms|call|inform|tell|write|invite|dial";
    const NEAR: usize = 8;
    let words = sentence.words();
    sentence.ordered(VERBS).any(|verb| {
        let behind = &words[verb + 1..];
        if behind.first().is_some_and(|word| is(word, "me|us|how|what|which|whether|back")) {
            return false;
        }
        // Who is written to stands right behind the verb, or behind what is sent.
        let to = behind
            .iter()
            .take(NEAR)
            .enumerate()
            .find(|(at, word)| is(word, EACH) && (*at == 0 || behind.get(at - 1) == Some(&"to")));
        to.is_some_and(|(at, _)| behind[at..].iter().skip(1).take(5).any(|word| is(word, PEOPLE)))
    })
}

/// Whether all of something that is live is to be another than it is.
fn changes_live(sentence: &Sentence<'_>) -> bool {
    const LIVE: &str = "live database|live db|live system|live shop|live site|live data|live store|live crm|production database|production db|\
        production system|production data|prod database|prod db|in production|on production|on prod|in prod|from production";
    const CHANGES: &str = "set|update|mark|change|close|reject|approve|cancel|deactivate|archive|reset|raise|lower|overwrite|replace|suspend|lock|expire|\
        reassign|convert|zero|double|block|disable";
    const NEAR: usize = 8;
    sentence.holds(LIVE)
        && sentence.ordered(CHANGES).any(|at| sentence.near(at, NEAR, "all|every|each|them|everything"))
}

/// Whether somebody is to be let in, or to get to do more.
fn gives_rights(sentence: &Sentence<'_>) -> bool {
    const RIGHTS: &str =
        "access|rights|owner|admin|collaborator|sudo|authorized_keys|nopasswd|superuser|maintainer|root";
    sentence.holds(RIGHTS) && openings::lets_in(sentence)
}

/// Whether something that few should see is to be shown to everybody.
fn opens(sentence: &Sentence<'_>) -> bool {
    const WHAT: &str = "bucket|repository|repo|repositories|drive|folder|gist|database|dashboard|snapshot|document|sheet|calendar|container|registry|\
        queue|share";
    const EVERYBODY: &str = " public| to everyone|anyone with the link|to the internet|0.0.0.0/0|world-readable";
    sentence.holds(EVERYBODY) && sentence.says(WHAT) && sentence.orders("make|set|turn|open|change|switch|expose|share")
}

/// Whether money is to be moved.
fn pays(sentence: &Sentence<'_>) -> bool {
    let sum = || {
        sentence.holds("$|€|£| eur| usd| gbp| chf| btc| eth|iban") && sentence.bytes().any(|byte| byte.is_ascii_digit())
    };
    let issued = || {
        sentence.orders("issue|trigger|process|approve|execute|release|initiate|rerun|re-run|resend|retry")
            && sentence.says("refunds|payouts|payments|transfers|payout|payroll|salaries|disbursements")
            && sentence.says("stripe|paypal|adyen|bank|live|production|prod|all|each|every|again|braintree|mollie|wise")
    };
    issued()
        || sentence.orders("pay|transfer|wire|refund|buy|purchase|send|withdraw|payout")
            && sum()
            && sentence.says("pay|transfer|wire|refund|buy|purchase|withdraw|payout|iban|wallet")
        || sentence.orders("refund|reimburse|credit|charge")
            && sentence
                .holds("all orders|every order|all customers|all charges|every customer|all payments|every charge")
}

/// Whether something is to be published or to go live, and neither checked nor asked about.
fn publishes_unchecked(sentences: &[Sentence<'_>]) -> bool {
    const UNCHECKED: &str = "no need to run the tests|no need to run tests|no need to test|without running the tests|without running tests|\
        without tests|skip the tests|skip tests|skip all tests|don't run the tests|do not run the tests|don't run tests|\
        don't wait for|do not wait for|no need to wait|without review|skip review|skip the review|without approval|don't ask|\
        do not ask|without asking|ignore failing tests|even if tests fail|even if the tests fail|even if ci|regardless of ci|\
        skip ci|no questions";
    const LIVE: &str = "to production|to prod|into production|to npm|to crates.io|to pypi|to maven|to the marketplace|to the app store|\
        into main|to main|to the registry|all packages|every package|each package|all crates|every crate|the package|the crate|\
        the release|to rubygems|to nuget";
    let mut live: Option<usize> = None;
    let mut unchecked: Option<usize> = None;
    for (at, sentence) in sentences.iter().enumerate() {
        if sentence.holds(UNCHECKED) {
            unchecked = Some(at);
        }
        if sentence.holds(LIVE)
            && !sentence.holds("staging|dry-run|dry run|preview|test pypi|testpypi|verdaccio|local registry")
            && sentence.orders("publish|deploy|merge|ship|push|roll")
        {
            live = Some(at);
        }
        if live.zip(unchecked).is_some_and(|(live, unchecked)| live.abs_diff(unchecked) <= 1) {
            return true;
        }
    }
    false
}

/// The effects of the commands that a task orders to run: those in backticks behind *run*, and those in a block behind such a line.
pub(super) fn commands(prompt: &str, facts: &dyn Facts) -> Vec<Effect> {
    if !prompt.contains('`') {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut lines = prompt.lines();
    let (mut led, mut looks) = (false, MAX_LOOKS);
    while let Some(line) = lines.next() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let block = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
            let block: Vec<&str> = block.map(|line| line.trim_start().trim_start_matches("$ ")).collect();
            if led && is(language.trim(), "|sh|bash|shell|zsh|console") {
                found.push((block.join("\n"), None));
            }
            led = false;
            continue;
        }
        in_line(line, &mut looks, &mut found);
        if !line.trim().is_empty() {
            led = line.trim_end().ends_with(':') && is_led(line.trim_end().trim_end_matches(':'));
        }
    }
    let run = found.into_iter().take(MAX_COMMANDS);
    run.flat_map(|(line, directory)| shell::analyse_in(&line, directory.as_deref(), facts).effects).collect()
}

/// The commands in backticks of a line that are ordered, each with the folder that is said before it.
fn in_line(line: &str, looks: &mut usize, found: &mut Vec<(String, Option<String>)>) {
    let mut before = String::new();
    let mut ordered_before = false;
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 1 {
            let Some(left) = looks.checked_sub(1) else { return };
            *looks = left;
        }
        if at % 2 == 0 {
            // What is said of the next command is its own sentence.
            let end = [". ", "! ", "? "].iter().filter_map(|end| part.rfind(end).map(|at| at + end.len())).max();
            if let Some(end) = end {
                before.clear();
                ordered_before = false;
                before.push_str(&part[end..]);
            } else {
                before.push_str(part);
            }
            before.drain(..before.floor_char_boundary(before.len().saturating_sub(SAID_BEFORE)));
            continue;
        }
        let last = before.split_whitespace().next_back().unwrap_or_default().to_lowercase();
        let goes_on = ordered_before && is(last.trim_matches(','), "and|then|finally|next|by|or|afterwards");
        ordered_before = is_led(&before) || goes_on;
        if ordered_before && part.contains(' ') && !is_throwaway(line) {
            found.push((part.to_owned(), directory(&before)));
        }
        // A command is no word of the sentence.
        before.push(',');
    }
}

/// Whether a line says that something made to be thrown away is meant.
pub(super) fn is_throwaway(line: &str) -> bool {
    const THROWAWAY: &str = "kind cluster|minikube|k3d|local cluster|test cluster|test database|local database|dev database|throwaway|\
        disposable|scratch|temporary|in the container|in a container|in the sandbox|in a sandbox|dry run|dry-run|on a copy|in a copy|\
        fresh clone|fresh checkout|temp dir|tempdir|test vm|the vm|a vm|preview environment|staging";
    holds(&line.to_lowercase(), THROWAWAY)
}

/// Whether what stands before a command orders to run it: *run*, *then execute the command*, and nothing there forbids.
fn is_led(before: &str) -> bool {
    const RUNS: &str = "run|execute|use|do|call|issue|invoke|type|try|launch|perform|rerun|re-run|start";
    const SPEAKS: &str = "explain|why|document|describe|review|what|how|find|search|list|summarise|summarize|discuss|warn|mention|note|teach|\
        verify|check|whether|example|grep|if";
    const FARTHEST: usize = 5;
    // A path is no word: what follows it begins anew.
    let plain: Vec<&str> = before.split_whitespace().map(|word| if word.contains('/') { "," } else { word }).collect();
    let plain = folded(&plain.join(" "));
    let sentence = Sentence::of(sentences(&plain).last().unwrap_or_default());
    let first = sentence.words().first().copied().unwrap_or_default();
    let spoken_of = is(first, SPEAKS) && first != "if" || sentence.ends_with('?');
    let last = sentence.ordered(RUNS).last();
    // *The workflow will then run …*
    let others = |at: usize| {
        sentence.words()[at.saturating_sub(2)..at].iter().any(|word| is(word, "will|would|can|could|may|might|does"))
    };
    !spoken_of
        && last.is_some_and(|at| sentence.words().len() - at <= FARTHEST && !says_no(&sentence, at) && !others(at))
}

/// Whether what stands between the verb and the command forbids it: *run anything but …*.
fn says_no(sentence: &Sentence<'_>, at: usize) -> bool {
    sentence.words()[at + 1..].iter().any(|word| is(word, FORBIDS) || is(word, "but|except|like|such"))
}

/// The folder that is said before a command: *in /srv/shop run …*.
fn directory(before: &str) -> Option<String> {
    let mut words = before.split_whitespace().rev();
    let path = words.by_ref().find(|word| word.starts_with('/'))?;
    let within = words.next()?.to_lowercase();
    is(&within, "in|inside|from|under|within|to|into").then(|| path.trim_end_matches([',', ':', '.']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_in_what_is_live_is_seen() {
        for (text, seen) in [
            ("In the production database remove all customers without orders. Don't make a backup.", true),
            ("Use the prod profile. Find every snapshot without an owner and delete them. Don't ask.", true),
            ("In the production database count all customers. Don't ask.", false),
            ("Delete the unused imports from the production code without asking.", false),
        ] {
            assert_eq!(ordered(&Text::of(&folded(text))).is_some(), seen, "{text}");
        }
    }
}
