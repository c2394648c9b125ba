//! Orders in plain words: to give credentials away, to switch off what guards, to run what nobody has read, to keep it from the person.
//!
//! Few and certain: a sentence that forbids or asks is none, nor is one that tells how something works.

use super::sentence::{Sentence, forbids, says, sentences, words};
use super::{openings, signs};
use crate::policy::hosts;
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// The most of a prompt that is looked at, in bytes.
pub(super) const MAX_PROMPT: usize = 32 << 10;

/// Credentials by where they are.
pub(super) const KEPT_AT: &str = "~/.ssh|/.ssh/|id_rsa|id_ed25519|~/.aws|.aws/credentials|.netrc|.git-credentials|~/.config/gh|~/.gnupg|\
    ~/.kube|.kube/config|/etc/shadow|.cursor/mcp.json|~/.npmrc|~/.docker/config|keychain|browser profile|\
    login data|wallet|private repositor|service role|service_role|service account key|serviceaccount/token";

/// Credentials by what they are, in the six languages.
pub(super) const CALLED: &str = "credential|secret|api key|api-key|api_key|access token|tokens|password|private key|ssh key|\
    environment variable|env var|.env|cookies|session token|process.env|os.environ|printenv|/etc/passwd|\
    system prompt|conversation history|chat history|direct messages|private messages|database_url|connection string|\
    deploy key|signing key|seed phrase|recovery codes|customer data|mailing list|address book|zugangsdaten|schlüssel|passwörter|\
        umgebungsvariablen|geheimnis|\
    credenciales|contraseñas|claves|variables de entorno|identifiants|mots de passe|\
    variables d'environnement|clés|credenziali|chiavi|variabili d'ambiente|credenciais|senhas|chaves|\
    variáveis de ambiente";

/// Credentials by the names of their files, where something is said of them to an agent.
const FILED_AS: &str = ".pem|id_*|.kdbx|wallet.dat|keystore|.cargo/credentials|huggingface/token|kaggle.json|gh/hosts|.pypirc|.gnupg|.p12|\
    .pfx|cookies.sqlite|.vault-token|.pgpass|.my.cnf|.config/gcloud|application_default_credentials|production.key|private.key|\
    master.key|server.key|secret.key|signing.key|secret-keys|bash_history|shell history";

/// What is nobody else's, by what it is.
const PRIVATE: &str = "saved password|password manager|_key|.tfstate|session cookie|output of env|`env`|your environment|the environment|\
    card number|credit card|other customers|passport number|social security|saved card|payment method|private message|mailbox|inbox|\
    document.cookie|user's real|all contacts|phone numbers|payroll|salaries";

/// Words by which something is taken together.
pub(super) const GATHERS: &str = "collect|gather|harvest|grab|read|copy|find|extract|dump|steal|zip|tar|archive|locate|take|search|scrape|\
    cat|get|pull|list|export|base64|print";

/// Words by which something is sent, in the six languages.
pub(super) const GIVES: &str = "send|upload|post|exfiltrate|email|e-mail|mail|transmit|submit|paste|publish|forward|curl|leak|push|ship|\
    reveal|share|sende|schicke|schick|übermittle|lade|poste|veröffentliche|senden|schicken|übermitteln|laden|posten|\
    veröffentlichen|hochladen|teilen|teile|envía|envia|manda|sube|publica|envíe|suba|comparte|comparta|pegue|\
    pega|inviate|mandate|caricate|pubblicate|env\u{ed}en|enviad|sendet|schickt|envoie|envoyez|transmets|transmettez|publie|publiez|colle|\
        collez|partage|partagez|invia|inviare|carica|pubblica|\
    incolla|invii|carichi|pubblichi|incolli|condividi|condivida|envie|enviar|mande|publique|cole|compartilhe";

/// Words that give a thing to whoever reads it next.
const PUTS: &str = "add|include|pass|append|insert|print|output|show|write|put|return|display|embed|attach|copy|read|cat|\
    open|füge|fügen|gib|geben|kopiere|kopieren|lies|lesen|schreibe|schreiben|hänge|hängen|incluye|incluya|copia|lee|lea|añade|\
    añada|escribe|escriba|muestra|inclus|incluez|copie|copiez|lis|lisez|ajoute|ajoutez|affiche|affichez|includi|includa|copi|\
    leggi|legga|aggiungi|aggiunga|scrivi|scriva|mostra|inclua|leia|adicione|escreva|mostre";

/// Commands that nobody asks an agent for in good faith.
const GRAVE_COMMANDS: &[&str] = &[
    "| sh",
    "|sh",
    "| bash",
    "|bash",
    "| sudo bash",
    "| sudo sh",
    "bash <(curl",
    "sh <(curl",
    "bash <(wget",
    "base64 -d",
    "base64 --decode",
    "chmod u+s",
    "chmod 4755",
    "rm -rf ~",
    "rm -rf /",
    "rm -rf $home",
    "git push --force",
    "git push -f",
    "| base64",
    "curl -d @",
    "--data-binary @",
    "nc -e",
    "/dev/tcp/",
    "--no-verify",
    "nopasswd",
    "core.hookspath /dev/null",
    "core.hookspath=/dev/null",
    "source <(curl",
    "$(curl",
    "| iex",
    "invoke-expression",
    "pip install http://",
    "--visibility public",
    "setenforce 0",
    "ufw disable",
    "chmod -r 777 /",
    "drop database ",
    "truncate table ",
    " cascade;",
];

/// What lets an agent do what it likes.
pub(super) const LETS_ALL: &str = "--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo|bypasspermissions|\
    danger-full-access|disableallhooks|tools.autoapprove|--allow-all-tools|--trust-all-tools|--full-auto|bash(*)|\
    --permission-mode auto";

/// A text as sentences are looked for in it: in lower case, with single spaces.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        if word.is_ascii() {
            folded.extend(word.chars().map(|char| char.to_ascii_lowercase()));
            continue;
        }
        folded
            .extend(word.chars().map(|char| if char == '\u{2019}' { '\'' } else { char }).flat_map(char::to_lowercase));
    }
    folded
}

/// A text as it is told, folded: without what stands before its lines in code and lists, such as their numbers and the marks of
/// comments. What begins a paragraph or an item begins a sentence, and what is listed under a word that forbids is forbidden.
pub(super) fn told(text: &str) -> String {
    folded(&laid_out(text))
}

/// [`told`], as it is written.
pub(super) fn laid_out(text: &str) -> String {
    let mut told = String::with_capacity(text.len() + 16);
    let mut forbidden = false;
    // In a comment of many lines each begins with a star.
    let marks: &[&str] = if text.contains("*/") { &["- "] } else { &["- ", "* ", "\u{2022} "] };
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let unnumbered = line.trim_start_matches(|char: char| char.is_ascii_digit());
        let numbered = unnumbered.len() < line.len() && unnumbered.starts_with(['\t', '\u{2192}']);
        let line = if numbered { unnumbered.trim_start_matches(['\t', '\u{2192}']).trim() } else { line };
        let item = marks.iter().any(|mark| line.starts_with(mark))
            || !numbered && unnumbered.len() < line.len() && unnumbered.starts_with(". ");
        let heading = line.starts_with('#');
        let plain = line.trim_start_matches(|char: char| char.is_whitespace() || "/*#>;-!".contains(char));
        if heading || !item && plain.trim_end().trim_end_matches('*').ends_with(':') {
            forbidden = forbids(&folded(plain));
        }
        if at > 0 {
            told.push_str(if item || plain.is_empty() { ". " } else { " " });
        }
        if item && forbidden {
            told.push_str("never ");
        }
        told.push_str(plain);
    }
    told
}

/// Whether a sentence names a file of an environment: a template of it holds nothing, and a variable is none of its files.
pub(super) fn names_environment(sentence: &str) -> bool {
    let is_file = |at: usize| {
        let behind = &sentence[at + ".env".len()..];
        let name =
            behind.split(|char: char| char.is_whitespace() || "`'\",)".contains(char)).next().unwrap_or_default();
        let of_live =
            parts(".prod|.live|.local").any(|end| name.starts_with(end)) && !holds(name, "example|sample|template");
        !sentence[..at].ends_with(char::is_alphanumeric) && (of_live || !behind.starts_with(['.', '-']))
    };
    sentence.match_indices(".env").any(|(at, _)| is_file(at))
}

/// Whether a sentence names a place elsewhere that something may be sent to.
pub(super) fn names_place(sentence: &str) -> bool {
    sentence.match_indices("://").take(16).any(|(at, _)| hosts::elsewhere(&sentence[at + 3..]).is_some())
        || holds(sentence, "webhook|pastebin|gist|ftp|transfer.sh|my server|telegram|discord")
        || sentence.split_whitespace().take(MAX_WORDS).any(is_address)
        || sentence.contains('@') && says(sentence, "to|an|\u{e0}|para|al|ad")
}

/// Most words of a sentence that may be an address.
const MAX_WORDS: usize = 64;

/// Whether a word is an address of the web without its scheme: `notes.example/in`.
fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '"', '\'', '`', '<']);
    let Some((host, _)) = word.split_once('/') else { return false };
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let ends =
        host.rsplit('.').next().is_some_and(|end| end.len() > 1 && end.bytes().all(|it| it.is_ascii_lowercase()));
    ends && host.split('.').all(is_label) && hosts::elsewhere(host).is_some()
}

/// How grave what a sentence orders is: see [`super::signs`].
pub(super) fn weight(sentence: &Sentence<'_>) -> u8 {
    if is_foul(sentence) {
        return signs::FOUL;
    }
    let is_grave = openings::is_ordered(sentence)
        || lets_all(sentence)
        || GRAVE_COMMANDS.iter().any(|command| orders_command(sentence, command))
        || !sentence.forbids()
            && ((sentence.holds(KEPT_AT) || sentence.holds(FILED_AS))
                && (sentence.says(PUTS) || sentence.says(GIVES) || sentence.says(GATHERS))
                || gives_to(sentence));
    if is_grave {
        signs::GRAVE
    } else if openings::is_risky(sentence) {
        signs::RISKY
    } else {
        0
    }
}

/// Whether a sentence holds a command, and neither forbids it nor asks about it.
fn orders_command(sentence: &Sentence<'_>, command: &str) -> bool {
    const BEHIND: &str =
        "not|never|don't|cannot|can't|forbidden|prohibited|unless|whether|instead|rather|detect|block|blocked|blocks";
    sentence
        .find(command)
        .is_some_and(|at| !forbids(&sentence[..at]) && !says(&sentence[at..], BEHIND) && !sentence.ends_with('?'))
        && !sentence.contains("--force-with-lease")
}

/// Whether a sentence orders what is foul whoever it is for: to leave the person, to give away what is kept secret, to do what nobody
/// has read, to switch off what guards.
fn is_foul(sentence: &Sentence<'_>) -> bool {
    leaves_person(sentence)
        || gives_away(sentence)
        || carries_in_image(sentence)
        || does_unread(sentence)
        || steers(sentence)
        || openings::turns_agent(sentence)
        || openings::hands_over(sentence)
        || switches_off(sentence)
            && (!sentence.forbids() || sentence.orders("disable|remove|bypass|uninstall|deactivate|skip|turn|switch"))
}

/// Whether a sentence orders to set or to start what lets an agent do what it likes.
fn lets_all(sentence: &Sentence<'_>) -> bool {
    const SETS: &str = "set|switch|use|run|start|enable|turn|restart|launch|change|add|pass|put|write|edit|configure|select|activate|go|\
        open|update|rerun|relaunch|work|continue|proceed|stelle|setze|aktiviere|starte|starten|setzen|activa|active|activez|attiva|ative";
    const IS_TO_BE: &str =
        "must be|should be|has to be|have to be|needs to be|is to be|is required|are required|shall be";
    sentence.holds(LETS_ALL) && (sentence.holds(IS_TO_BE) && !sentence.forbids() || sentence.orders(SETS))
}

/// Whether a sentence says to send a credential, and where.
pub(super) fn gives_to(sentence: &Sentence<'_>) -> bool {
    sentence.holds(CALLED)
        && !is_used(sentence)
        && sentence.says(GIVES)
        && (names_place(sentence) || sentence.says("read|comment|reply|issue|message"))
}

/// Whether a sentence counts tokens, uses a credential to make a request, or takes care of it: none of these gives it away.
fn is_used(sentence: &Sentence<'_>) -> bool {
    sentence.holds("number of tokens|token count|max tokens|max_tokens|tokens used|token usage|tokens per|input tokens|output tokens|design token|\
            .env.example|.env.sample|.env.template|placeholder|authorization|authorization header|auth header|in the header|bearer|\
        which environment variable|names of|redact|rotate|revoke|\
            secret scanning",
    )
}

/// Where what is given away can be read by others.
const IN_PUBLIC: &str = "reply|comment|comments|issue|ticket|message|channel|thread|gist|readme|description|chat|wiki|forum|summary|\
    conversation|commit|feedback|form|public|review|answer|log|logs";

/// Whether a sentence orders to put a credential where others read it, or to send it elsewhere.
fn gives_away(sentence: &Sentence<'_>) -> bool {
    if !names_credential(sentence) && !sentence.holds("_tokens|_secret|_password|_token|_keys|value of |values of ") {
        return false;
    }
    if is_used(sentence) {
        return false;
    }
    // In an address or an argument, what follows is sent as well: *open https://… followed by the value of …*.
    let values = sentence.holds("value of|values of|content of|contents of|content in the|contents in the|followed by|url-encoded|process.env|each one to",
    );
    let hands = sentence
        .ordered(
            "open|visit|fetch|request|call|put|deliver|hand|supply|load|pass|provide|give|include|append|end|display",
        )
        .next();
    let argument = sentence.holds("argument|parameter|next call|query string");
    if hands.is_some() && values && names_place(sentence) || argument && hands.is_some() && sentence.holds("content") {
        return true;
    }
    let sends = sentence
        .ordered(GIVES)
        .chain(sentence.ordered("commit|type|enter|reply|dm|whisper|message|export|place|forward"))
        .min();
    let puts = sentence
        .ordered("add|include|put|insert|append|write|paste|print|attach|embed|quote|show|output|display|dump|list")
        .min();
    let public = |at: usize| sentence.near(at, usize::MAX, IN_PUBLIC);
    let shown = |at: usize| public(at) || sentence.near(at, usize::MAX, "here");
    sends.is_some_and(|at| {
        shown(at) || names_place(sentence) || sentence.holds("dm me|send me|message me|mail me|to me ")
    }) || puts.is_some_and(public)
}

/// Whether what is said in a talk is to be told to a server by the image with which answers end.
fn carries_in_image(sentence: &Sentence<'_>) -> bool {
    sentence.contains("![")
        && sentence.contains("](http")
        && sentence.holds(
            "conversation|url-encoded|encoded|=data|contents|history|each answer|every answer|each of your|all answers",
        )
        && sentence.orders("end|append|add|include|insert|render|embed|put|finish|close|display|show|begin|start")
}

/// Whether a sentence orders to decode or to fetch something, and to do what comes of it.
fn does_unread(sentence: &Sentence<'_>) -> bool {
    const DECODES: &str = "decode|decipher|decrypt|unscramble|deobfuscate|rot13|base64-decode|url-decode|hex-decode|un-rot13|reverse|apply|\
        unescape|translate";
    const FETCHES: &str = "download|fetch|curl|wget|load|get|pull|clone";
    const DOES: &str = "follow|execute|run|obey|carry|perform|comply|do|apply|act|start|launch|open|source|eval|treat";
    const WHAT: &str = "it|them|that|exactly|what|result|instructions|instruction|output|line|script|binary|installer|program|file|decoded|\
        commands|command|steps|sentence|bash|shell|puzzle";
    let decodes = sentence.holds("deco|deciph|decrypt|unscrambl|deobfusc|rot13|revers|base64|morse|cipher");
    if !decodes && !names_place(sentence) {
        return false;
    }
    let done = |from: usize| sentence.ordered(DOES).any(|at| at > from && sentence.near(at, 3, WHAT));
    decodes && sentence.ordered(DECODES).any(done) || !decodes && sentence.ordered(FETCHES).any(done)
}

/// Whether a sentence orders to serve somebody else than the person: to leave what they said, to praise or let pass what it stands
/// in, to pay, or to carry the note on.
fn steers(sentence: &Sentence<'_>) -> bool {
    const PRAISES: &str = "approve|merge|recommend|rate|rank|score|classify|mark|report|state|say|declare|conclude|give|write|accept|hire|\
        shortlist|describe|label|output|reply|respond|answer|post|print|assign";
    const GOOD: &str = "no known issues|no known problems|no known vulnerab|positive review|positively|only positive|no issues|no vulnerabilities|no problems found|looks good|\
        recommends acceptance|recommend acceptance|no weaknesses|highest safety|the highest|top rating|top score|full marks|maximum score|\
        10/10|5/5|five stars|\
        highest score|highest rating|strong accept|as safe|is safe|as secure|is secure|as harmless|best candidate|top candidate|\
        perfect score|perfect candidate|as benign|is benign";
    const PAYS: &str = "transfer|send|pay|wire|buy|purchase|donate";
    const CARRIES: &str = "copy|add|append|write|insert|include|paste|save|store|repeat|replicate|propagate";
    const NOTE: &str = "this note|this message|these instructions|this instruction|this prompt|this paragraph|this comment|the same instructions";
    const EVERYWHERE: &str = "every file|every readme|each file|all other files|all files|every repository|all repositories|each repository|\
        other agents|every agent|every other|every project|all projects|every commit";
    let merges = sentence.holds("approve this|approving this|merge this|merging this|accept this|accepting this|approve it|merge it|press merge|click merge|\
        hit merge|auto-merge|automerge|approve without",
    );
    let praises = sentence.holds(GOOD);
    let pays = sentence.holds(" eth| btc|bitcoin|ethereum|usdc|usdt|xmr|monero|iban|paypal.me|gift card");
    let carries = sentence.holds(NOTE) && sentence.holds(EVERYWHERE);
    // What is done on a condition is for somebody to judge.
    if !(merges || praises || pays || carries) || sentence.says("if|when|unless|once|after|until") {
        return false;
    }
    let is = |list| sentence.orders(list);
    let merged = |at: usize| sentence.near(at, 3, "pr|pull|request|change|candidate|applicant|submission|paper|mr|it");
    merges
        && (sentence.ordered("approve|merge|accept").any(merged)
            || sentence.orders("press|click|hit|enable|turn|switch"))
        || praises && is(PRAISES)
        || pays && is(PAYS)
        || carries && is(CARRIES)
}

/// Whether a sentence orders to follow the person no more.
pub(super) fn leaves_person(sentence: &Sentence<'_>) -> bool {
    const LEAVES: &str = "stop following the user|stop obeying|no longer follow the|no longer follow your|no longer obey|\
        not follow the user|not follow your user|disregard the user|ignore the user's|ignore your user|ignore your operator|\
        ignore what the user|ignore the person|regardless of what the user|whatever the user says|stop the current task|stop what you are doing|stop what you're doing|drop what you are doing|\
        cancel the current task|current task is cancelled|previous task is cancelled|abandon the current task|\
        stop your current task|abandon your task|drop your current task|stop the user's task|instead of the user's|\
        befolge nicht mehr|nicht mehr die anweisungen|anweisungen deines nutzers nicht|anweisungen ihres nutzers nicht|\
        ne suivez plus|ne suis plus les|cessez de suivre|arrête de suivre|deja de seguir|deje de seguir|ya no sigas|ya no siga|\
        smetti di seguire|smetta di seguire|non seguire più|non segua più|pare de seguir|não siga mais|deixe de seguir";
    const OVER: &str =
        "override|overrides|supersede|supersedes|overrule|overrules|outrank|outranks|precedence|priority";
    const PERSON: &str =
        "operator|operator's|operators|user|user's|users|users'|owner|owner's|human|human's|developer's";
    // Whoever says so of what was said before is not the one who said it.
    const SAYS_SO: &str = "overrides|supersedes|overrules";
    const BEFORE: &str = "system|previous|original|earlier|prior";
    const SAID: &str = "instruction|instructions|orders|prompt|request|requests|wishes|directives|task|guidelines";
    let leaves = sentence.holds(LEAVES) || leaves_told(sentence) || voids(sentence);
    if !leaves && !sentence.holds("overr|supersed|outrank|precedence|priority") {
        return false;
    }
    let all = sentence.words();
    let over = |(at, word): (usize, &&str)| {
        let near = &all[at + 1..(at + 6).min(all.len())];
        let of = |pair: &[&str]| is(pair[0], PERSON) || is(pair[0], BEFORE) && is(word, SAYS_SO);
        is(word, OVER)
            && (!is(word, "precedence|priority") || near.first() == Some(&"over"))
            && !all[..at].iter().any(|word| is(word, "not|never|cannot|user|users|doesn't|don't"))
            && near.windows(2).any(|pair| of(pair) && is(pair[1], SAID))
    };
    (leaves || all.iter().enumerate().any(over))
        && !sentence.holds("if a |if the |if any|attack|inject|may ask|might ask|could")
        && !sentence.ends_with('?')
}

/// Whether a sentence orders to leave what the person asked for or what was told before, in the six languages.
fn leaves_told(sentence: &Sentence<'_>) -> bool {
    const LEAVES: &str = "ignore|disregard|forget|drop|abandon|revoke|override|discard|ignorier|ignoriere|ignorieren|vergiss|vergessen|missachte|\
        verwirf|ignora|ignoren|olvida|olvide|descarta|descarte|desestima|ignorez|oublie|oubliez|\u{e9}carte|dimentica|dimentichi|ignori|\
        esque\u{e7}a|desconsidere|desconsidera|abandone";
    const TOLD: &str = "instruction|instructions|task|tasks|order|orders|request|requests|prompt|prompts|directives|guidelines|rules|results|\
        anweisung|anweisungen|auftrag|aufgabe|aufgaben|regeln|instrucciones|\u{f3}rdenes|ordenes|tarea|petici\u{f3}n|solicitud|consignes|\
        demande|demandes|t\u{e2}che|ordres|istruzioni|richiesta|richieste|compito|ordini|instru\u{e7}\u{f5}es|ordens|tarefa|pedido|pedidos";
    const WHOSE: &str = "previous|prior|earlier|preceding|current|original|other|user's|users|user|operator's|developer's|owner's|human's|\
        vorherigen|vorherige|vorigen|bisherigen|bisherige|fr\u{fc}heren|aktuelle|nutzers|benutzers|anwenders|anteriores|anterior|previas|\
        usuario|actual|pr\u{e9}c\u{e9}dentes|pr\u{e9}c\u{e9}dente|ant\u{e9}rieures|l'utilisateur|utilisateur|precedenti|precedente|\
        dell'utente|utente|pr\u{e9}vias|usu\u{e1}rio|utilizador|atual";
    if !sentence.holds("igno|disreg|forget|drop|aband|revoke|overr|disca|verg|verw|missa|olvid|desca|deses|oubli|carte|dimen|esque|descon",
    ) {
        return false;
    }
    sentence.ordered(LEAVES).any(|at| sentence.near(at, 6, TOLD) && sentence.near(at, 6, WHOSE))
}

/// Whether a sentence says that what an agent was told counts no more, or that somebody else tells it now.
fn voids(sentence: &Sentence<'_>) -> bool {
    const VOID: &str = "instructions are void|instructions are now void|orders are void|rules are void|instructions no longer apply|\
        instructions are cancelled|instructions are canceled|instructions are revoked|instructions are superseded|\
        you have new orders|you have new instructions|new instruction from your|new instructions from your|new orders from your|\
        new task from your|you work for me|you now work for|you serve me|you belong to|you now serve|you now answer to|\
        anweisungen sind ung\u{fc}ltig|anweisungen gelten nicht mehr|instrucciones quedan anuladas|instrucciones ya no son|\
        consignes sont annul\u{e9}es|instructions sont annul\u{e9}es|istruzioni sono annullate|instru\u{e7}\u{f5}es foram anuladas|\
        instru\u{e7}\u{f5}es s\u{e3}o nulas";
    sentence.holds(VOID)
}

/// Whether a sentence names a credential, by where it is kept or by what it is.
pub(super) fn names_credential(sentence: &Sentence<'_>) -> bool {
    sentence.holds(KEPT_AT) || sentence.holds(CALLED) || sentence.holds(FILED_AS) || sentence.holds(PRIVATE)
}

/// What guards an agent or a repository.
pub(super) const GUARDS: &str = "hookrail|pretooluse|guardrail|the guard|permission checks|permission prompts|safety checks|\
    .claude/settings|~/.claude|.codex/config|.codex/hooks|.cursor/hooks|approval prompts|all confirmations|\
    user confirmation|audit log|branch protection|security checks|agent hook|guard hook|claude code hook|claude hook";

/// What others rely on, and the ways to lose it.
pub(super) const RELIED_ON: &str = "force|rm -rf|production|prod |backups|remote branches|entire home|home directory";

/// Whether a sentence orders to switch off what guards an agent or a repository.
pub(super) fn switches_off(sentence: &Sentence<'_>) -> bool {
    const OFF: &str = "disable|remove|delete|bypass|uninstall|circumvent|deactivate|skip|strip|unset|neutralize|empty|\
        deaktiviere|entferne|umgehe|desactiva|elimina|désactive|désactivez|supprime|disattiva|rimuovi|desative|\
        remova";
    let turned_off = sentence.holds("turn off|switch off|turns off|shut off");
    let begins = |at: usize| {
        let before: Vec<&str> = words(&sentence[..at]).collect();
        let leads = "then|and|first|now|please|also|just|next|finally|must|should|to|now,|immediately|so|therefore";
        before.last().is_none_or(|word| is(word, leads))
            || sentence[..at].trim_end().ends_with([',', ':', ';', '-', '*'])
    };
    let guards = |from: usize| {
        let rest = &sentence[from..];
        let rest = spans::start(rest, 64);
        holds(rest.split("```").next().unwrap_or_default(), GUARDS)
    };
    turned_off && sentence.holds(GUARDS)
        || parts(OFF).any(|verb| {
            sentence.match_indices(verb).take(8).any(|(at, _)| {
                let whole =
                    !sentence[..at].ends_with(char::is_alphanumeric) && sentence[at + verb.len()..].starts_with(' ');
                whole && begins(at) && guards(at)
            })
        })
}

/// Whether a prompt for a page tells to do whatever the page says.
pub(super) fn obeys(prompt: &str) -> bool {
    const DO: &str = "follow|obey|execute|run|carry|perform|do|apply|comply|act|paste";
    const TOLD: &str = "instruct|command|order|directive|it says|it tells|it asks|the page says|steps|tasks|listed there|every step|step it|each step|everything it|\
        everything written|everything there|everything that is|everything on|everything listed|what is written|what it lists|all it says|what the page|\
        what is there|all that is written|whatever it|whatever is|step by step|follow it";
    const BLINDLY: &str = "without asking|without confirm|without question|without review|straight away|don't ask|do not ask|\
        no matter what|any shell command|every instruction|all instructions|any instruction|all commands|\
        every command|as if they were|as if the user|whatever it|exactly as written|on this machine|\
        automatically|all the instructions|every step|each step|all the steps|all steps|no need to confirm|no need to ask|no confirmation|no questions|\
        everything written|everything it says|everything it lists|exactly|to the letter|word for word|verbatim|right away|at once|\
        without checking|without verif|no review|unreviewed|on my machine|on this computer|on this host|on the machine|unattended|with sudo|as root";
    let text = folded(&prompt[..prompt.floor_char_boundary(MAX_PROMPT)]);
    sentences(&text).map(Sentence::of).any(|sentence| {
        let list = sentence.words();
        let orders = list.iter().enumerate().any(|(at, word)| {
            is(word, DO) && (at == 0 || is(list[at - 1], "and|then|please|must|should|immediately|just|now|i'll|we'll"))
                || is(word, DO)
                    && at > 1
                    && (is(list[at - 1], "will|shall") && is(list[at - 2], "i|we|you|agent|assistant")
                        || list[at - 2..at] == ["going", "to"])
        });
        let asks = list.first().is_some_and(|word| is(word, "which|what|how|where|when|why|does|is|are|can"));
        let forbidden = asks || sentence.says("never|explain|list|extract|summarize|summarise|describe");
        (orders || sentence.orders(DO)) && !forbidden && sentence.holds(TOLD) && sentence.holds(BLINDLY)
            || !forbidden && takes_for_orders(&sentence)
    })
}

/// Whether what a page says is to stand where an agent's own instructions do.
fn takes_for_orders(sentence: &Sentence<'_>) -> bool {
    const TAKES: &str = "treat|adopt|use|take|accept|regard|consider|follow|obey|replace|make|let|assume|load|apply";
    const OWN: &str = "your new system|as your new|as your system|as system instruction|as a system prompt|as the system prompt|as your instruction|your new instruction|\
        your new rules|in place of your|instead of your own|instead of your instruction|replace your|override your|over your own|as my instruction|as if i |\
        as if the user|as instructions from|as commands from|as orders from|become your|your operating instruction|as your prompt|as your rules|\
        as new instruction|ahead of your";
    sentence.holds(OWN) && TAKES.split('|').any(|verb| sentence.words().contains(&verb))
}
