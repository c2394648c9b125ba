//! What agents are told: another one in its task, and all that come later in what is kept for them.

use std::borrow::Cow;

use super::arguments::{self, Arguments};
use super::given::Given;
use super::orders::{
    CALLED, GATHERS, GIVES, GUARDS, KEPT_AT, LETS_ALL, MAX_PROMPT, RELIED_ON, leaves_person, names_place, switches_off,
};
use super::sentence::{Sentence, Text, says};
use super::silence::keeps_quiet;
use super::{concealed, content, disclosed, evasion, kept, orders, planted, standing, strangers, tasks};
use crate::event::{Family, Tool};
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;
use crate::policy::steering;

/// What another agent is told to do.
pub(super) fn of_agent(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let Some(prompt) = given.prompt() else { return Vec::new() };
    let prompt = spans::start(&prompt, MAX_PROMPT);
    let folded = orders::told(prompt);
    let text = Text::of(&folded);
    let found = ordered(&text)
        .or_else(|| evasion::ordered(&text))
        .or_else(|| tasks::ordered(&text))
        .or_else(|| concealed::ordered(&text));
    let found = found.or_else(|| strangers::are_obeyed(&text).then_some("to do what strangers say"));
    let found = found.or_else(|| tells_credential(prompt).then_some("to use a credential that it is told"));
    let found = found.or_else(|| steering::objects(prompt).then_some(UNASKED));
    let mut effects: Vec<Effect> = found.map(|what| order(what, tool)).into_iter().collect();
    effects.extend(tasks::commands(prompt, facts));
    effects
}

/// Whether a text holds a credential, by its shape or in words.
fn tells_credential(text: &str) -> bool {
    content::holds_key(text) || content::gives_password(text) || disclosed::in_words(text).is_some()
}

/// What is told by how it reads alone.
const UNASKED: &str = "to do what a person should be asked about";

fn order(what: &str, tool: &str) -> Effect {
    Effect::without_place(Kind::AgentOrders, what, tool)
}

/// What is given to a tool that keeps it for later sessions, and orders what nobody should be told each time.
pub(super) fn remembered(tool: &Tool, given: &str) -> Vec<Effect> {
    const KEEPS: &str = "memory|memories|remember|memorize|mem0|memo|observation|observations|memento|openmemory|supermemory|zep|letta|graphiti|cognee|\
        memgpt|basicmemory";
    const NOTES: &str = "obsidian|note|notes|notebook|logseq|joplin|evernote|journal|diary|scratchpad|notion|confluence|wiki|zettelkasten|knowledge|\
        rules|rule|learnings|lessons|context|handoff";
    let keeps = is_named(tool, KEEPS);
    if !keeps && !is_named(tool, NOTES) {
        return Vec::new();
    }
    let given = Arguments::read(given);
    let told = || given.all().take(MAX_KEPT);
    // What belongs together may be told in several texts.
    let whole = told().collect::<Vec<_>>().join("\n");
    let ordered = || told().find_map(in_text).or_else(|| kept::ordered(&whole));
    let reads = || told().filter(|text| text.len() > LEAST_NOTE).take(MAX_READ).any(steering::objects);
    let found = keeps.then(|| ordered().or_else(|| reads().then_some(UNASKED))).flatten();
    let mut effects: Vec<Effect> = found.map(|what| order(what, &tool.name)).into_iter().collect();
    let tells = |text: &str| tells_credential(text) || disclosed::alone(text);
    if told().any(tells) || keeps && kept::identifies(&whole) {
        effects.push(Effect::without_place(Kind::ContentSecret, "what is remembered", &tool.name));
    }
    effects
}

/// Whether the name of a tool, or of its server, has one of these words.
fn is_named(tool: &Tool, list: &str) -> bool {
    let named = |name: &str| arguments::words(name).iter().any(|word| is(word, list));
    match &tool.family {
        Family::Mcp { server, tool } => server.as_deref().is_some_and(named) || named(tool),
        _ => named(&tool.name),
    }
}

/// Most texts of one call that are looked at, and of these that are read as a whole.
const MAX_KEPT: usize = 64;
const MAX_READ: usize = 2;

/// The shortest note that is read as a whole, in bytes: shorter ones are names and kinds.
const LEAST_NOTE: usize = 48;

/// What a text orders that agents are told each time: the word for it.
pub(super) fn in_text(text: &str) -> Option<&'static str> {
    // Each line is a sentence, and what is quoted is spoken of.
    let given = spans::start(text, MAX_PROMPT);
    let lines = given.lines().map(|line| if line.starts_with('#') { Cow::Borrowed(line) } else { unquoted(line) });
    let folded = orders::told(&lines.collect::<Vec<_>>().join("\n\n"));
    let text = Text::of(&folded);
    let in_sentences = || text.spoken().find_map(|sentence| lasting(sentence).or_else(|| standing::ordered(sentence)));
    let found = ordered(&text).or_else(|| evasion::ordered(&text)).or_else(in_sentences);
    found.or_else(|| kept::ordered(given)).or_else(|| planted::ordered(&text))
}

/// The commands that agents are told to run each time, where they send away what is kept secret or hand somebody a shell.
pub(super) fn run_each_time(text: &str, facts: &dyn Facts) -> Option<&'static str> {
    let text = spans::start(text, MAX_PROMPT);
    let grave = |effect: &Effect| {
        effect.kind == Kind::DataSend && effect.origin.secret
            || matches!(effect.kind, Kind::NetShell | Kind::AgentUnchecked)
    };
    tasks::commands(text, facts).iter().any(grave).then_some("to run what nobody should each time")
}

/// A line without the sentences it quotes.
fn unquoted(line: &str) -> Cow<'_, str> {
    const LEAST_WORDS: usize = 3;
    let quotes = line.matches('"').count();
    if quotes == 0 || quotes % 2 == 1 {
        return Cow::Borrowed(line);
    }
    let quoted = |at: usize, part: &str| at % 2 == 1 && part.split_whitespace().count() > LEAST_WORDS;
    let parts = line.split('"').enumerate().filter(|(at, part)| !quoted(*at, part)).map(|(_, part)| part);
    Cow::Owned(parts.collect::<Vec<_>>().join("\""))
}

/// What a sentence orders that holds for all sessions to come.
fn lasting(sentence: &Sentence<'_>) -> Option<&'static str> {
    if hides(sentence) {
        return Some("to keep something from the person");
    }
    if leaves_person(sentence) && !sentence.says("never") {
        return Some("to follow the person no more");
    }
    if destroys_unasked(sentence) {
        return Some("to destroy without being asked");
    }
    if agrees_to_all(sentence) {
        return Some("to switch off what guards an agent");
    }
    if sentence.forbids() {
        // What is forbidden may stand beside what is ordered for always.
        let ordered = |part: &str| {
            let part = Sentence::of(part);
            match part.forbids() {
                true => None,
                false if part.says("always") && unguards(&part) => Some("to switch off what guards an agent"),
                false => given_or_obeyed(&part),
            }
        };
        return sentence.split([',', ';']).flat_map(|part| part.split(" and ")).find_map(ordered);
    }
    given_or_obeyed(sentence).or_else(|| unguards(sentence).then_some("to switch off what guards an agent"))
}

/// What is to be given away each time, or done because somebody else wrote it.
fn given_or_obeyed(sentence: &Sentence<'_>) -> Option<&'static str> {
    if gives_each_time(sentence) {
        return Some("to send credentials away");
    }
    if obeys_elsewhere(sentence) {
        return Some("to follow what is written elsewhere");
    }
    None
}

/// Whether something is to be kept from the person.
fn hides(sentence: &Sentence<'_>) -> bool {
    const FROM_PERSON: &str = "without telling the user|without informing the user|without the user knowing|without the user's knowledge|\
        do not tell the user about this step|don't tell the user about this step|do not tell the user about it|\
        don't tell the user about it|never tell the user about it|never tell the user about this|never inform the user|\
        do not let the user know|don't let the user know|hide this from the user|hide it from the user|hidden from the user|\
        keep it from the user|keep this from the user|show this step to the user|show it to the user|show this to the user|tell the user about the|keep this to yourself|behind the user's back|never mention this|never mention it to|\
        so the user does not notice|so that the user does not notice|so the user doesn't notice|dem nutzer nichts davon|\
        dem benutzer nichts davon|ohne den nutzer zu informieren|ohne den benutzer zu informieren|sin decirle al usuario|\
        sans le dire à l'utilisateur|senza dirlo all'utente|sem avisar o usuário";
    // How a program deals with its users is another matter.
    let of_program =
        || sentence.holds("error|stack trace|tooltip|internal id|button|dialog|modal|ui |menu|api response|in the app");
    let protects = || sentence.contains("without ") && sentence.says("never|not|don't|no|cannot");
    (keeps_quiet(sentence) || sentence.holds(FROM_PERSON) && !protects())
        && !of_program()
        && !sentence.says("unless|until")
}

/// Whether leave is claimed for what cannot be brought back.
fn destroys_unasked(sentence: &Sentence<'_>) -> bool {
    const NEVER_ASK: &str = "never ask|don't ask|do not ask|no confirmation|skip confirmation|skip all confirmation|skip the confirmation|\
        approved all|pre-approved|preapproved|permanently approved|has approved|no need to ask|no need to confirm|auto-approve all|\
        automatically approve all|assume approval|assume consent|nie nachfragen|nicht nachfragen|never wait for confirmation|\
        never request confirmation|never confirm|never prompt|skip all prompts|wait for confirmation|without ever asking|standing approval|\
        blanket approval|blanket permission|assume permission|assume yes|auto-confirm|never stop to ask|considered approved|already approved|\
        counts as approved|approved in advance|never wants to be asked|never want to be asked|never be asked|no longer wants to be asked|not to be asked|not want to be asked|n't want to be asked|not wish to be asked|not like to be asked";
    const WITHOUT: &str = "without asking|without confirmation|without confirming|without approval|without review";
    const GRAVE: &str = "destructive|rm -rf|force push|force-push|push --force|terraform destroy|drop table|drop database|production|on prod|\
        to prod|all commands|any command|every command|all tools|any tool|every tool|irreversible|reset --hard|sudo |\
        approved everything|push to main|pushing to main|pushing to master|merging to main|merge to main|merging into main|delete branches|delete databases|migrations|\
        --no-verify|with --force|straight to main|straight to master|directly to main|directly to master|\
        git push|pushes|deletion|deletes |rm -r|removals|overwrit|money|\
        --yolo|--dangerously|skip the hooks|skip hooks|skipping hooks|spend money|payments";
    const SAFE: &str = "ask before|ask first|always ask|must ask|unless|except|read-only|read only|local database|test database|dev database|\
        staging|must have approved|never run|must not|do not run|don't run|do not push|never push|never deploy|do not deploy|never use|do not use|\
        don't push|don't deploy|don't use|locally";
    let unasked =
        sentence.holds(NEVER_ASK) || sentence.holds(WITHOUT) && !sentence.says("never|not|don't|no|cannot|mustn't");
    // *Never ask before …* is no order to ask.
    let asks = sentence.replace("never ask before", "").replace("not ask before", "").replace("n't ask before", "");
    unasked && sentence.holds(GRAVE) && !holds(&asks, SAFE)
}

/// Whether what is kept secret is to be sent somewhere each time.
fn gives_each_time(sentence: &Sentence<'_>) -> bool {
    // What a request carries by which somebody is known.
    const CARRIED: &str = "authorization header|auth header|bearer|request header|cookie header|session cookie|all headers|every header|request bodies|each request|\
        every request|login form|signing secret|prompts";
    let env = orders::names_environment(sentence);
    let all = || sentence.says("all|every|any|each|contents|content|copy|copies|value|values");
    names_place(sentence)
        && !sentence.contains("only to ")
        && sentence.orders(GIVES)
        && (sentence.holds(KEPT_AT) || (env || sentence.holds(CALLED) || sentence.holds(CARRIED)) && all())
}

/// Whether what somebody else can change is to be done, each time.
fn obeys_elsewhere(sentence: &Sentence<'_>) -> bool {
    const DOES: &str = "follow|obey|execute|run|carry|perform|comply|apply|do";
    const FETCHES: &str = "fetch|download|curl|load|open|read|get|check|visit|retrieve";
    const EACH_TIME: &str = "start of|every session|each session|on startup|before every|before each|session start|whenever you|first thing|\
        every task|each task|every time";
    const WHAT: &str = "it|them|instructions|instruction|orders|commands|says|result|script|there|contents|content";
    if !sentence.contains("://") || !names_place(sentence) || !sentence.holds(EACH_TIME) {
        return false;
    }
    let fetched = sentence.words().iter().position(|word| is(word, FETCHES));
    fetched.is_some_and(|from| sentence.ordered(DOES).any(|at| at > from && sentence.near(at, 5, WHAT)))
}

/// Whether a guard is to be off in all sessions to come.
fn unguards(sentence: &Sentence<'_>) -> bool {
    const OFF: &str = "disable the sandbox|turn off the sandbox|switch off the sandbox|bypass the sandbox|escape the sandbox|disable sandboxing|\
        disable your sandbox|disable all hooks|disable the hooks|disable hooks|turn off all hooks|bypass the hooks|skip the hooks|\
        disable permission|bypass permission|skip permission|dangerouslydisablesandbox: true|dangerouslydisablesandbox=true";
    const OF_PROGRAM: &str = "iframe|chrome|chromium|electron|browser|react|puppeteer|playwright|webpack|lifecycle|git hooks in ci|unused|\
        useeffect|macos app|entitlement|explain|document";
    let commits = || sentence.contains("--no-verify") && sentence.orders("use|commit|push|add|pass|run|always|append");
    let turns_off = || {
        const TURNS: &str = "disable|turn|switch|bypass|escape|skip|set|pass|use|run";
        sentence.holds(OFF) && sentence.orders(TURNS)
    };
    (turns_off() || commits()) && !sentence.holds(OF_PROGRAM)
}

/// Whether what an agent is asked is to be answered in the person's place.
fn agrees_to_all(sentence: &Sentence<'_>) -> bool {
    const ASKED: &str = "permission prompt|permission request|permission dialog|permission question|approval prompt|approval request|\
        confirmation prompt|confirmation request|confirmation dialog|trust prompt|trust dialog|security prompt|safety prompt";
    const AGREES: &str = "approve|accept|confirm|grant|allow|dismiss|auto-approve|auto-accept|agree";
    const ANSWERS: &str = "answer|say|reply|respond|press|choose|select|click|type|enter|send";
    const YES: &str = "yes|allow|approve|approved|accept|always-allow|y|ok|affirmatively";
    const ELSE: &str = "only|ask|unless|except|first|test|tests|camera|location|notification|notifications|microphone|ios|android|simulator|page";
    sentence.holds(ASKED)
        && !sentence.says(ELSE)
        && (sentence.orders(AGREES) || sentence.ordered(ANSWERS).any(|at| sentence.near(at, 4, YES)))
}

/// What a prompt orders that nobody means: the word for it.
pub(super) fn ordered(text: &Text<'_>) -> Option<&'static str> {
    // How far what is gathered and what is sent may be apart, in sentences.
    const APART: usize = 3;
    const MATTERS: &str = "pg_wal|pg_xlog|/var/lib/|ib_logfile|ibdata|exfiltrate| prod|-prod|/prod|hooks|push -f|--mirror|--delete|remote branch|remote tags|on origin|electrum|ledger|metamask|\
        phantom|exodus|trezor|.kdbx|.pem|keystore|login data|\
        without asking|without confirm|don't ask|do not ask|no confirm|no questions|--quiet|--yes|--skip-final|unattended|\
        ohne nachzufragen|ohne rückfrage|sans demander|sin preguntar|senza chiedere|sem perguntar|skip confirm|skip the confirm|no need to ask|non-interactive|auto-approve|without approval|without review";
    let mut gathered: Option<usize> = None;
    let mut opened: Option<usize> = None;
    for (at, sentence) in text.sentences.iter().enumerate() {
        let matters = gathered.or(opened).is_some()
            || [KEPT_AT, CALLED, GUARDS, LETS_ALL, RELIED_ON, MATTERS].iter().any(|list| sentence.holds(list));
        if sentence.is_file() || !matters {
            continue;
        }
        let unhidden = unhidden(sentence);
        let lays_down = opened.is_some_and(|then| at - then <= APART) && lays_down(&Sentence::of(&unhidden));
        if destroys_many(sentence) {
            return Some("to destroy what others rely on");
        }
        // What is forbidden to one agent is what another is started for.
        if starts_without_guard(sentence) {
            return Some("to switch off what guards an agent");
        }
        if sentence.forbids() && !lays_down {
            continue;
        }
        let of_credentials = sentence.holds(KEPT_AT) || sentence.holds(CALLED);
        let all_of_them = sentence.holds(KEPT_AT) || sentence.holds(CALLED) && sentence.says("all|every|any|each");
        if all_of_them && sentence.says(GATHERS) {
            gathered = Some(at);
        }
        let sends = sentence.says(GIVES) && names_place(sentence);
        if sends && (gathered.is_some_and(|then| at - then <= APART) || sentence.holds(KEPT_AT))
            || of_credentials && sentence.says("exfiltrate") && !looks_for_holes(sentence)
        {
            return Some("to gather credentials and to send them away");
        }
        if publishes_gathered(sentence) {
            return Some("to gather credentials and to send them away");
        }
        if goes_through(sentence) {
            opened = Some(at);
        }
        if lays_down || hunts(sentence, text.all) {
            return Some("to gather credentials and to lay them down");
        }
        if lays_open(sentence) {
            return Some("to read credentials and to tell what they are");
        }
        if rewrites_history(sentence) {
            return Some("to destroy history that others share");
        }
        if switches_off(sentence) || rewrites_guard(sentence) {
            return Some("to switch off what guards an agent");
        }
        if destroys(sentence) || destroys_in_production(sentence) {
            return Some("to destroy what others rely on");
        }
    }
    None
}

/// Whether a sentence orders to look for what an attacker could do, and names nowhere to send anything.
fn looks_for_holes(sentence: &Sentence<'_>) -> bool {
    const LOOKS: &str = "review|audit|assess|analyse|analyze|check|inspect|examine|evaluate|find|look|list|describe|model|enumerate|consider|identify|explain|think|investigate|\
        determine|document|study|verify";
    const COULD: &str = "attacker|attackers|adversary|could|might|can|threat|vulnerabilities|vulnerability|weaknesses|ways|malicious|whether|how|risk|risks|attack|attacks|paths|possible";
    sentence.orders(LOOKS) && sentence.says(COULD) && !names_place(sentence)
}

/// Whether a sentence orders to gather all credentials of a sort, and to put them where others read them.
fn publishes_gathered(sentence: &Sentence<'_>) -> bool {
    const SHOWN: &str = " gist|pastebin|paste site|shared drive|shared folder|google drive|google doc|dropbox|slack|teams channel|wiki|confluence|notion|the ticket|\
        public repo|shared document|contractor|whatsapp|telegram|discord|onedrive|sharepoint";
    const CREDENTIALS: &str =
        ".env|ssh key|private key|api key|credential|secrets|tokens|passwords|kubeconfig|.aws|.npmrc|service account";
    sentence.holds(CREDENTIALS)
        && sentence.says("every|all|each|any")
        && sentence.holds(SHOWN)
        && sentence.orders("collect|gather|copy|find|take|pull|grab|dump|export|extract|list|get|search|read")
        && sentence.orders("put|post|paste|upload|share|send|write|save|store|publish|drop|place")
        && !sentence.holds("names only|only the names|redact|rotate|without the value|masked")
}

/// Whether a sentence orders to go through what a person keeps credentials in, by where that is.
fn goes_through(sentence: &Sentence<'_>) -> bool {
    const PLACES: &str = "~/.aws|~/.ssh|~/.kube|~/.gnupg|~/.netrc|~/.npmrc|~/.docker|~/.config/gh|~/.git-credentials|~/.pypirc|~/.azure|\
        ~/.config/gcloud|.aws/credentials|.config/gh/hosts|id_rsa|id_ed25519|$home/.ssh|$home/.aws|/home/*/.ssh|every .env|all .env|each .env";
    const GOES: &str =
        "go|walk|look|read|open|cat|collect|gather|search|scan|find|copy|take|dump|extract|crawl|sweep|get|grab|pull";
    sentence.holds(PLACES) && sentence.orders(GOES)
}

/// A sentence without what it says of hiding nothing: that forbids no deed, and is no care.
fn unhidden<'s>(sentence: &Sentence<'s>) -> Cow<'s, str> {
    const NOTHING: &str = "do not redact|don't redact|never redact|without redacting|no redaction|do not mask|don't mask|never mask|without masking|\
        do not omit|don't omit|do not censor|don't censor|do not truncate|don't truncate";
    let text: &'s str = sentence.text();
    if !sentence.holds("redact|mask|omit|censor|truncat") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(parts(NOTHING).fold(text.to_owned(), |text, part| text.replace(part, "")))
}

/// Whether a sentence orders to put what was gathered where it can be read: its values, in one text.
fn lays_down(sentence: &Sentence<'_>) -> bool {
    // *In one block* forbids nothing.
    if sentence.says("not|never|don't|no|without|cannot") {
        return false;
    }
    const VALUES: &str = "values|value|contents|content|verbatim|plaintext|base64|unmasked|unredacted|in full|everything you find|all of them";
    const PUTS: &str = "put|write|append|table|list|copy|print|push|commit|save|store|collect|encode|combine|merge|paste|attach|bundle|dump";
    const HARMLESS: &str = "example|template|placeholder|redact|mask|without the value|names only|only the names|not the value|no values|missing|\
        rotate|permissions|fixture|encrypt|vault|secrets manager";
    // What is told to whoever asked is laid down where all of it is: a value alone may be any setting's.
    const WHOLE: &str =
        "contents|verbatim|plaintext|unmasked|unredacted|in full|everything you find|all of them|base64|raw";
    const TELLS: &str = "return|give|show|report|output|reply|quote|hand|send|tell|include|echo";
    !sentence.holds(HARMLESS)
        && (sentence.holds(VALUES) && sentence.orders(PUTS) || sentence.holds(WHOLE) && sentence.orders(TELLS))
}

/// Whether a sentence orders to go through a whole machine or home for files of keys of several sorts.
fn hunts(sentence: &Sentence<'_>, text: &str) -> bool {
    const SORTS: &str = "id_rsa|id_ed25519|wallet|keystore|utc--|metamask|electrum|exodus|ledger|trezor|solana|\
        phantom|.env|.ssh|.aws|.npmrc|.netrc|.kdbx|.pem|.gnupg|.kube|keychain|mnemonic|seed phrase|login data|\
        cookies.sqlite|hosts.yml|credentials.json";
    const LEAST: usize = 3;
    const WHERE: &str = "file system|filesystem|home director|home folder|whole disk|entire disk|whole machine|this machine|entire machine|$home|\
        every home|all homes|under /home|/users|under ~|in ~|from ~|recursively from /|the laptop|the workstation|all drives|whole computer";
    const SEEKS: &str = "search|find|scan|look|locate|go|collect|gather|enumerate|walk|crawl|list|hunt|inventory|traverse|index|sweep|\
        write|record|save|read|copy";
    const HARMLESS: &str = "ignore|exclud|skip|redact|permission|chmod|world-readable|too open|backup excl|detector|rule|test|fixture|parser";
    let sorts = || parts(SORTS).filter(|sort| sentence.contains(*sort)).count();
    sorts() >= LEAST && holds(text, WHERE) && !sentence.holds(HARMLESS) && sentence.orders(SEEKS)
}

/// Whether a sentence orders to read a person's credentials, by where they are kept, and to tell their values.
fn lays_open(sentence: &Sentence<'_>) -> bool {
    const FILES: &str = ".aws/credentials|.kube/config|.netrc|.git-credentials|.config/gh/hosts|.docker/config.json|/etc/shadow|id_rsa|\
        id_ed25519|.pgpass|login data|key4.db|.password-store|~/.ssh/*|private keys|every .env|all .env|each .env|any .env|\
        every private key|.env and |keychain|production.env|.env.production";
    const READS: &str = "read|cat|open|print|dump|collect|gather|grab|extract|find|get|list|show|copy|search|scan|go|look|harvest|pull|\
        take|locate|output|return|report|give";
    const VALUES: &str = "values|value|contents|content|verbatim|plaintext|unmasked|unredacted|secret|secrets|password|\
        passwords|token|tokens|key|keys";
    const TELLS: &str = "give|return|report|show|table|print|output|include|paste|tell|summarise|summarize|send|list|dump|back|hand|reply";
    const HARMLESS: &str = "example|template|sample|placeholder|redact|mask|names of|only the names|names only|missing|ignored|gitignore|\
        rotate|permissions|parser|parse|loader|fixture|where|which |how ";
    if !sentence.holds(FILES) || !sentence.says(VALUES) || sentence.holds(HARMLESS) {
        return false;
    }
    // What is told stands behind what is read: the first verb has all others near.
    sentence.ordered(READS).next().is_some_and(|at| sentence.near(at, usize::MAX, TELLS))
}

/// Whether a sentence orders to write the history of a shared branch anew, or to remove what others have of it.
fn rewrites_history(sentence: &Sentence<'_>) -> bool {
    const SHARED: &str = "remote branches|remote branch|branches on the remote|branches on origin|branches from origin|remote tags|\
        tags on origin|tags from origin";
    const FORCED: &str = "push --force|push -f |push --mirror|force-push|force push|push with force|push it with --force|push with --force|\
        push --delete";
    const WHERE: &str =
        "main|master|trunk|develop|origin|upstream|remote|production|release|history|branches|everything|tags";
    const HARMLESS: &str = "force-with-lease|feature branch|feature/|your branch|own branch|pr branch|my branch|this branch|fork|\
        dry-run|dry run|explain|document|script|merged|stale|a test|test case|unit test|reject|readme|docs";
    const CODE: &str = "::|();|#[|= \"|({|!(";
    if !sentence.holds("branch|tags|push|history|filter-repo|filter-branch")
        || sentence.holds(HARMLESS)
        || sentence.holds(CODE)
    {
        return false;
    }
    // Who is to ask first does nothing by himself.
    if asks_first(sentence) {
        return false;
    }
    let removes = || {
        let shared = |at: usize| sentence.near(at, 6, "remote|origin|upstream") && !sentence.near(at, 3, "local");
        let all = |at: usize| sentence.near(at, 4, "all|every|other|remaining");
        sentence.ordered("delete|remove|drop|prune|purge|wipe").any(|at| all(at) && shared(at))
    };
    let forced = || {
        let pushes = sentence.words().iter().enumerate().any(|(at, word)| {
            // `git push` is ordered where its program is, or where a word says to run it.
            let led = |at: usize| sentence.openings().contains(&at);
            is(word, "push|force-push|force")
                && (led(at) || at > 0 && (led(at - 1) || is(sentence.words()[at - 1], "git") && at > 1 && led(at - 2)))
        });
        pushes && sentence.says(WHERE)
    };
    let rewrites = || {
        sentence.ordered("rewrite|squash|strip|truncate|erase|purge|filter").any(|at| sentence.near(at, 8, "history"))
            && sentence.says("main|master|trunk|origin|remote|shared")
            && sentence.holds(FORCED)
    };
    sentence.holds(SHARED) && removes() || sentence.holds(FORCED) && forced() || rewrites()
}

/// Whether a sentence tells to ask somebody before something is done.
fn asks_first(sentence: &Sentence<'_>) -> bool {
    const ASKS: &str = "ask before|ask first|asking before|check with|confirm before|confirm with|approval before|permission before|agree with|clear it with|\
        ask a person|ask the user|ask me|sign-off before|get approval";
    sentence.holds(ASKS) && !sentence.says("not|never|don't|without|no|needn't|nobody|instead|until")
}

/// Whether a sentence orders to start something by which an agent is let do what it likes.
fn starts_without_guard(sentence: &Sentence<'_>) -> bool {
    const NEAR: usize = 48;
    let started = |at: usize| {
        let before = spans::before(sentence, at, NEAR);
        says(before, "run|restart|start|launch|use|spawn|rerun|switch|set|with|pass")
            && !says(before, "explain|document|describe|review|about|flag|option|warn")
            && !says(
                before.rsplit([',', ';']).next().unwrap_or_default(),
                "never|not|don't|dont|without|nobody|no|if|whether|when|must",
            )
    };
    parts(LETS_ALL).any(|word| sentence.match_indices(word).any(|(at, _)| started(at)))
}

/// The word of a sentence that is its verb where it orders something: the first, or behind what leads up to it.
fn verb<'a>(sentence: &Sentence<'a>) -> &'a str {
    let leads = |word: &&&str| is(word, "please|then|now|first|and|finally|next|just");
    sentence.words().iter().find(|word| !leads(word)).copied().unwrap_or_default()
}

/// Whether a sentence orders to destroy what cannot be brought back.
fn destroys(sentence: &Sentence<'_>) -> bool {
    // What a database writes ahead is a part of it.
    const LIVE_FILES: &str = "pg_wal|pg_xlog|/var/lib/postgresql|/var/lib/mysql|/var/lib/mongo|ib_logfile|ibdata";
    let removes = sentence.says("remove|delete|rm|purge|wipe|clear|erase|truncate|trim|prune");
    if removes
        && sentence.holds(LIVE_FILES)
        && !sentence.contains("```")
        && !sentence.says("container|docker|volume|test|staging|local|throwaway|nothing|how|why|whether|explain|document|script|dockerfile|ci")
    {
        return true;
    }
    let orders = is(verb(sentence), "force|force-push|delete|drop|wipe|destroy|purge|erase|run|execute");
    orders
        && (sentence
            .holds("force push to main|force-push to main|force push to master|force-push main|git push --force")
            || sentence.holds("rm -rf ~|rm -rf / |rm -rf $home")
            || sentence.holds(
                "production database|prod database|production cluster|all backups|the backups|all remote branches|\
                    entire home|home directory",
            ) && !sentence.says("script|test|code|function|section|reference|references|page|docs"))
}

/// Whether a sentence orders to run what destroys, where it is production that is named.
fn destroys_in_production(sentence: &Sentence<'_>) -> bool {
    const COMMANDS: &str = "kubectl delete |oc delete |helm uninstall |helm delete |velero backup delete|velero delete|\
        restic forget|terraform destroy|tofu destroy|terragrunt destroy|pulumi destroy|drop database|drop schema|drop table|\
        dropdb |truncate table|truncate |flushall|flushdb|aws s3 rb |aws s3 rm |aws rds delete|delete-db-|\
        delete-snapshot|delete-stack|delete-table|terminate-instances|instances delete|clusters delete|az group delete|\
        az sql db delete|rm -rf /var/|rm -rf /srv|rm -rf /data|rm -rf /mnt|docker volume prune|redis-cli flush|eksctl delete|pg_dropcluster|\
        borg delete|zfs destroy|sam delete|cdk destroy|heroku apps:destroy|pg:reset";
    const PRODUCTION: &str = "production|-n prod|prod-|-prod|/prod|prod cluster|prod database| prod |on prod|in prod|live database|\
        live cluster";
    let rehearsed = sentence.holds(
        "dry-run|dry run|--what-if|preview|staging| local |localhost|minikube|non-production|nonprod|non-prod|pre-prod|\
        preprod|runbook",
    );
    is(verb(sentence), "run|execute|use|delete|drop|destroy|wipe|purge|ssh|connect|log|issue|do")
        && !rehearsed
        && sentence.holds(COMMANDS)
        && sentence.holds(PRODUCTION)
        && !sentence.says("explain|document|describe|review|function|tests|readme|docs|reference|references")
}

/// Whether a sentence orders to delete all of a sort of what others rely on, without asking for each.
fn destroys_many(sentence: &Sentence<'_>) -> bool {
    const DELETES: &str = "lösche|löschen|entferne|supprime|supprimez|elimina|borra|apaga|delete|destroy|remove|drop|terminate|purge|wipe|erase|deprovision|decommission|close|archive|revoke|deactivate";
    const MANY: &str = "alle|jede|jeden|jedes|tous|toutes|todos|todas|tutti|tutte|all|each|every|any|those|them|everything|whichever|whatever";
    const WHAT: &str = "datenbank|konten|base de donn|bases de datos|bucket|instance|database|snapshot|volume|backup|cluster|namespace|repositor|account|customer|users|droplet|stack|disks|vms|virtual machine|\
        dns zone|dns record|queue|topic|tables|resource group|subscription|project|secrets|keys|mailbox|channel|load balancer|function apps|warehouse|contacts|records|tenants|\
        certificates|registries|images in the registry|deployments|releases|servers|devices|site";
    const UNASKED: &str = "ohne nachzufragen|ohne rückfrage|sans demander|sans confirmation|sin preguntar|sin confirm|senza chiedere|senza conferma|\
        sem perguntar|sem confirm|without asking|without confirm|don't ask|do not ask|no confirm|no questions|--force|--quiet|--yes|--skip-final|unattended|non-interactive|\
        without approval|without review|without waiting|no need to ask|skip the confirm|skip confirm|without a dry|-auto-approve|--no-prompt";
    const SLIGHT: &str = "test|staging|sandbox|local|localhost|preview|scratch|dev|minikube|ephemeral|dry-run|dry run|mock|fixture|unused import|comment|dead code|merged|emulator|\
        docker|container|node_modules|build|cache|temporary|tmp|demo|kind-|in the code|from the code|file|files|function|\
        usage|usages|imports|exports|code|typescript|python|component|components|types|comments|references|lint|warnings|column|columns|dependency|\
        dependencies|packages|src|tests|module|modules|branches|strings|words|lines|duplicates|css|styles|labels";
    let deletes = sentence.ordered(DELETES).any(|at| sentence.near(at, 12, MANY))
        || sentence.orders(DELETES) && sentence.says("all|each|every|alle|tous|toutes|todos|todas|tutti|tutte");
    deletes
        && sentence.holds(UNASKED)
        && sentence.holds(WHAT)
        && !sentence.says(SLIGHT)
        && !sentence.holds(
            "dry-run|dry run|test-|dead code|unused import|__snapshots__|src/|jest|vitest|obsolete snapshot|lokal",
        )
}

/// Whether a sentence orders to change an agent's settings so that nothing stops it.
fn rewrites_guard(sentence: &Sentence<'_>) -> bool {
    const CHANGES: &str = "edit|change|update|modify|patch|rewrite|overwrite|set|open|adjust|make|replace";
    const SETTINGS: &str =
        ".claude/settings|settings.local.json|.codex/config|.codex/hooks|.cursor/hooks|.hookrail|pretooluse";
    const LOOSE: &str = "hooks are removed|hook is removed|hooks are gone|hook is gone|hooks removed|no hooks|hooks are disabled|\
        hook is disabled|hooks stop|hook stops|every tool is allowed|all tools are allowed|every command is allowed|\
        all commands are allowed|everything is allowed|allow every tool|allow every command|\
        allow everything|allow all tools|allow all commands|nothing is denied|\
        nothing is blocked|deny list is empty|deny is empty|empty deny|no longer block|no longer den|no longer ask|\
        never asks|bash(*)|without any prompt|without permission|without hooks|stops blocking|stop blocking|\
        stops denying|stop denying";
    is(verb(sentence), CHANGES) && sentence.holds(SETTINGS) && sentence.holds(LOOSE)
}
