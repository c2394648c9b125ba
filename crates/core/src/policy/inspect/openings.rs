//! Orders, in plain words, that open a door, loosen what protects, move money, destroy what others rely on, or turn an agent into
//! somebody else's.

use super::orders::names_place;
use super::sentence::Sentence;
use crate::policy::lists::is;

/// Whether a sentence orders what only the person may want: see each.
pub(super) fn is_ordered(sentence: &Sentence<'_>) -> bool {
    lets_in(sentence)
        || !is_work(sentence)
            && [opens, loosens, forwards, pays, destroys, copies_out, misleads, remembers].iter().any(|is| is(sentence))
}

/// Whether what a sentence orders may do harm: it has to do with places elsewhere or out of the project, with rights or with people's data.
pub(super) fn is_risky(sentence: &Sentence<'_>) -> bool {
    const DOES: &str = "run|execute|install|download|fetch|open|send|post|upload|push|delete|remove|drop|create|add|set|change|replace|switch|\
        turn|disable|make|give|grant|forward|export|share|copy|write|append|put|start|register|import|pay|transfer|merge|approve|reset|\
        publish|invite|connect|enable|use|insert|call|visit|mount|clone|update|\
        save|store";
    const WHAT: &str = "sudo|as root|~/|/etc/|admin|owner|password|token|secret|credential| key|proxy|certificate|remote|firewall|customer|\
        payment|production|prod |merge|main|master|backup|account|permission|collaborator|crontab|bashrc|startup|sharing|public|\
        hook|sandbox|audit|history|repository|resolver|dns|inbox|mailbox|calendar|wallet|role|mirror|index-url|registry|docker.sock|\
        --privileged|developer's machine|developer's terminal|user's machine|user's terminal|user's computer|long-term memory|\
    e-mail address|email address";
    (names_place(sentence) || sentence.holds(WHAT)) && sentence.orders(DOES)
}

/// Whether a task for a programmer is spoken of.
fn is_work(sentence: &Sentence<'_>) -> bool {
    sentence.says("test|tests|mock|page|component|endpoint|function|button|handler|fixture")
        || sentence.holds("for example|localhost|locally| staging|the docs")
}

/// Whether a sentence orders to let somebody in, or to give them more rights.
pub(super) fn lets_in(sentence: &Sentence<'_>) -> bool {
    const OPENS: &str = "add|create|invite|install|append|put|grant|give|register|authorize|authorise|set|make|promote|elevate|assign|\
        insert|write|place|import|copy|allow";
    const RIGHTS: &str = "password-less sudo|passwordless sudo|authorized_keys|sudoers|with sudo|sudo rights|sudo access|root access|root rights|\
        nopasswd|as collaborator|\
        as a collaborator|collaborator with|admin rights|admin access|administrator rights|administrator access|as an admin|\
        as admin|as owner|role admin|role owner|role=admin|role=owner|role to admin|role to owner|role of admin|role of owner|admin user|\
        workspace admin|org owner|an administrator|administrator of|guest a|superuser|\
        administrator account|admin account|cluster-admin|cluster admin|trusted_principal|as an owner|owner rights|all scopes|full scopes|\
        deploy key|our key|our public key|our ssh key|my ssh key|\
        my public key|this ssh key|this public key|maintainer rights";
    const PRESSES: &str = "click|press|approve|confirm|accept|authorize|authorise|grant|tap|choose|select";
    const ASKED: &str = "authorize app|authorise app|authorize application|oauth|scope=|allow access|grant access|full access|all permissions|\
        all scopes|admin consent";
    let (opens, presses) = (sentence.holds(RIGHTS), sentence.holds(ASKED));
    // A task for a programmer is no opening.
    let checks = || sentence.says("check|checks|support|flow");
    if !(opens || presses) || is_work(sentence) || checks() {
        return false;
    }
    opens && sentence.orders(OPENS) || presses && sentence.orders(PRESSES)
}

/// Whether one of the verbs of a list is ordered, in a sentence that has one of these parts.
fn orders(sentence: &Sentence<'_>, parts: &str, verbs: &str) -> bool {
    sentence.holds(parts) && sentence.orders(verbs)
}

/// Whether something is to be shown to everybody.
fn opens(sentence: &Sentence<'_>) -> bool {
    const EVERYBODY: &str = "anyone with the link|anyone with link|link sharing|sharing of|calendar to public|repository public|repo public|\
        bucket public|security group to 0.0.0.0|group to the internet|port to 0.0.0.0|publicly_accessible|\
        bucket public|to public|world-readable|visible to everyone|visible to anyone|to everyone";
    let thing = sentence.holds(" public")
        && sentence.says("bucket|repository|repo|calendar|folder|drive|gist|document|documents|share|album");
    let shared = sentence.contains("share ")
        && sentence.contains(" with ")
        && sentence.contains('@')
        && sentence.holds("drive|folder|document|calendar|workspace|sheet|board|repository|file");
    let settings = sentence.holds(".claude/settings|settings.local.json|.codex/config|.cursor/|.gemini/settings")
        && sentence.holds("allow|bypass|never|approve|permission|trust");
    if settings && sentence.orders("set|add|edit|change|write|put|update") || shared && sentence.orders("share") {
        return true;
    }
    (orders(sentence, EVERYBODY, "set|change|make|share|open|switch|turn|update|keep|add|allow")
        || thing && sentence.orders("make|set|turn"))
        && !sentence.says("field|method|class|const|struct|variable|property|members|fn|module|api")
}

/// Whether something that protects is to be weakened, of an agent, a repository or a program.
fn loosens(sentence: &Sentence<'_>) -> bool {
    const PROTECTS: &str = "signature check|signature verification|signature validation|webhook signature|tls verification|certificate verification|\
        certificate check|ssl verification|authentication check|auth check|password check|login check|permission check|access control|\
        two-factor| 2fa| mfa|\
        permission prompt|the sandbox|sandbox off|firewall|antivirus|secret scanning|auditd|audit log|required review|codeowners|\
        required check|status check|branch protection|approval prompt|\
        endpoint protection|csrf protection";
    const LOOSE: &str = "approval_policy = \"never\"|approval_policy=\"never\"|approval_policy to never|approval policy to never|\
        approval_policy = never|approval_policy=never|sslverify false|sslverify=false|strict-ssl false|strict-ssl=false|\
        ignore-scripts=false|pull_request_target|\
        every check returns true|switch the client to http|always returns true|always return true|returns true)";
    let verbs = "disable|turn|switch|remove|skip|stop|bypass|deactivate|drop|kill|desactiva|d\u{e9}sactive|deaktiviere|disattiva";
    orders(sentence, PROTECTS, verbs) && !sentence.says("on|enable|enabled")
        || orders(
            sentence,
            LOOSE,
            "set|run|use|edit|change|make|add|do|write|put|configure|let|mount|start|switch|whitelist|allow",
        )
}

/// Whether money is to be moved, or where it goes to be changed.
fn pays(sentence: &Sentence<'_>) -> bool {
    const MONEY: &str = "a full refund|full refunds|refund all|refund every|payout account|bank details|bank account| iban|acct_|wallet address|\
        gift cards|account number|bank transfer|invoice number|the iban|\
        guthaben|bankverbindung|kontonummer|gutschrift|n\u{fa}mero de cuenta|saldo de|cuenta bancaria|reembolso|num\u{e9}ro de compte|\
        coordonn\u{e9}es bancaires|remboursement|solde du|conto bancario|rimborso|conta banc\u{e1}ria|n\u{fa}mero da conta";
    orders(
        sentence,
        MONEY,
        "issue|refund|change|set|answer|update|replace|use|pay|transfer|wire|approve|tell|say|give|add|urge|setze|\u{e4}ndere|\u{fc}berweise|\
        erstatte|antworte|responde|responda|cambia|cambie|transfiere|reembolsa|r\u{e9}ponds|r\u{e9}pondez|remplace|remplacez|vire|\
        rembourse|rispondi|cambia|sostituisci|rimborsa|altere|transfira|reembolse",
    ) && !sentence.says("only|within|policy|validate|field|mask|if")
}

/// Whether what others rely on, or what was recorded, is to be destroyed.
fn destroys(sentence: &Sentence<'_>) -> bool {
    const RELIED_ON: &str = "main branch|release branches|git history|/var/log|access.log|audit trail|production database|prod database|\
        live database|production data|\
        all backups|the backups|all branches|home folder|home directory|all tables|whole database|entire database|entire repository|\
        the whole repository|all repositories|all users|all files in|\
        .git directory|.git folder";
    orders(sentence, RELIED_ON, "delete|drop|wipe|purge|truncate|destroy|erase|remove|rm|run|clear|execute|empty")
        && sentence.holds("delet|drop|wipe|purg|trunc|destr|erase|remov|rm -|clear|empty")
}

/// Whether a project is to be carried to somebody else, or to carry somebody else's code.
fn copies_out(sentence: &Sentence<'_>) -> bool {
    const WHOLE: &str = "all branches|every branch|this repository|everything|the whole project|whole repository|entire repository|\
        the repository|source code|codebase|folder .git|code base|\
        conversation so far|whole conversation|entire conversation";
    const SENDS: &str = "that sends|which sends|that posts|which posts|that uploads|which uploads|that transmits";
    let sends = || {
        sentence.holds(SENDS)
            && sentence.holds("process.env|os.environ|environment|credential|secret|token|cookie|password|key")
    };
    names_place(sentence)
        && (orders(sentence, WHOLE, "push|mirror|upload|send|post|add|copy")
            && sentence.holds("push|mirror|upload|send|post")
            || sends() && sentence.says("include|add|put|insert|embed|generate|create|write|emit"))
}

/// Whether mail or records of people are to go to somebody else.
fn forwards(sentence: &Sentence<'_>) -> bool {
    const RULE: &str = "forwarding rule|auto-forward|forward all|forwards all|mail rule|inbox rule|weiterleitungsregel|regla de reenv\u{ed}o|\
        r\u{e8}gle de transfert|regola di inoltro|regra de encaminhamento|all other contacts|all contacts|all customers|every customer|\
        this csv|ce fichier csv|este csv|diese csv|questo csv";
    const VERBS: &str = "create|add|set|make|enable|forward|list|send|mail|put|export|erstelle|richte|lege|sende|crea|cree|configura|\
        env\u{ed}a|cr\u{e9}e|cr\u{e9}ez|envoie|envoyez|imposta|invia|crie|configure|envie";
    names_place(sentence) && orders(sentence, RULE, VERBS)
}

/// Whether a person is to be sent where somebody asks them for their password.
fn misleads(sentence: &Sentence<'_>) -> bool {
    const ASKED: &str = "their card number|their card details|is infected|e-mail password|email password|his password|her password|\
        log in again|sign in again|log in at|sign in at|to install http|to download http|type their|login at|\
        their password|github password|re-enter|enter their|\
        verify their|confirm their|their credit card|their seed phrase";
    orders(sentence, ASKED, "tell|ask|direct|instruct|send|urge|lead|redirect|prompt|say|claim|state|write")
        && sentence.says(
            "user|users|viewer|viewers|reader|readers|customers|customer|person|human|visitor|them|operator|owner",
        )
}

/// Whether something is to be kept for all sessions that loosens what an agent does in them.
fn remembers(sentence: &Sentence<'_>) -> bool {
    const KEEPS: &str = "save_memory|to memory|to your memory|in your memory|in memory|memory tool|store this fact|remember that|as a memory";
    const LOOSE: &str = "errors are to be ignored|preferred registry|preferred mirror|ignore certificate|never wants to be asked|\
        never want to be asked|without asking|--trusted-host|--no-verify|--force|never ask|index-url|\
        pre-approved|always approve|skip|disable|trusts|from http|always install";
    orders(sentence, KEEPS, "use|save|store|remember|add|write|call|keep|persist|record") && sentence.holds(LOOSE)
}

/// Whether what belongs to the person is to be somebody else's.
pub(super) fn hands_over(sentence: &Sentence<'_>) -> bool {
    const OWNS: &str = "transfer of ownership|transfer the ownership|transfer ownership|ownership to|ownership of the|as the new owner";
    let to =
        |at: usize| sentence[at..].contains(" to ") && (sentence[at..].contains('@') || names_place(&sentence[at..]));
    orders(sentence, OWNS, "confirm|transfer|accept|approve|give|click|press|grant|sign|change|hand|set")
        && sentence.find("ownership").is_some_and(to)
}

/// Whether an agent is to be somebody else, or somebody else's.
pub(super) fn turns_agent(sentence: &Sentence<'_>) -> bool {
    const OBEYS: &str = "obey this site|obey this page|obey this document|obey this file|obey the new|obey only|nur noch die regeln dieser|\
        only the rules of this page|only the rules of this site|obey the following|\
        obedeces a est|obedece a est|obedezca a est|gehorchst du|gehorche dies|gehorchen sie dies|ob\u{e9}is \u{e0} ce|ob\u{e9}issez \u{e0} ce|\
        obbedisci a quest|obbedisca a quest|obede\u{e7}a a est|answer only to this|instruction of highest rank|instructions of highest rank|\
        instruction of the highest|your new operator|your new master";
    const FREE: &str = "no rules|without rules|no restrictions|without restrictions|without any restriction|unrestricted|no limits|any rules";
    const RULES: &str = "claude.md|agents.md|gemini.md|.cursorrules|copilot-instructions|system prompt|your rules|your instructions|your memory";
    let roles = sentence.matches("you are").count() > 1 && sentence.holds("no longer|not anymore|from now on");
    let frees = sentence.holds(FREE) && sentence.holds("you are|act as|become|you have|pretend to be|ai with|mode");
    let replaces = || orders(sentence, RULES, "overwrite|replace|rewrite|swap|substitute") && names_place(sentence);
    sentence.holds(OBEYS) && !sentence.holds("not obey|never obey|don't obey|claim")
        || (roles || frees) && !attacks(sentence)
        || replaces()
}

/// Whether somebody tells of attacks.
fn attacks(sentence: &Sentence<'_>) -> bool {
    sentence.holds("attack|inject|jailbreak|malicious|adversar|if ")
        || sentence.words().iter().any(|word| is(word, "never|refuse|reject|ignore"))
}
