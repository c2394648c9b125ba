//! Orders in plain words: to give credentials away, to switch off what guards, to run what nobody has read, to keep it from the person.
//!
//! Few and certain: a sentence that forbids or asks is none, nor is one that tells how something works.

use super::given::Given;
use super::lists::{holds, is};
use crate::policy::effects::{Effect, Kind};
use crate::policy::hosts;
use crate::policy::places::Place;

/// The most of a prompt that is looked at, in bytes.
const MAX_PROMPT: usize = 32 << 10;

/// Credentials by where they are.
const KEPT_AT: &str = "~/.ssh|/.ssh/|id_rsa|id_ed25519|~/.aws|.aws/credentials|.netrc|.git-credentials|~/.config/gh|~/.gnupg|\
    ~/.kube|.kube/config|/etc/shadow|.cursor/mcp.json|~/.npmrc|~/.docker/config|keychain|browser profile|\
    login data|wallet|private repositor|service role|service_role|service account key|serviceaccount/token";

/// Credentials by what they are, in the six languages.
const CALLED: &str = "credential|secret|api key|api-key|api_key|access token|tokens|password|private key|ssh key|\
    environment variable|env var|.env|cookies|session token|process.env|os.environ|printenv|/etc/passwd|\
    system prompt|conversation history|zugangsdaten|schlüssel|passwörter|umgebungsvariablen|geheimnis|\
    credenciales|contraseñas|claves|variables de entorno|identifiants|mots de passe|\
    variables d'environnement|clés|credenziali|chiavi|variabili d'ambiente|credenciais|senhas|chaves|\
    variáveis de ambiente";

/// Words by which something is taken together.
const GATHERS: &str = "collect|gather|harvest|grab|read|copy|find|extract|dump|steal|zip|tar|archive|locate|take|search|scrape|\
    cat|get|pull|list|export|base64|print";

/// Words by which something is sent, in the six languages.
const GIVES: &str = "send|upload|post|exfiltrate|email|e-mail|mail|transmit|submit|paste|publish|forward|curl|leak|push|ship|\
    reveal|share|sende|schicke|schick|übermittle|lade|poste|veröffentliche|envía|envia|manda|sube|publica|\
    pega|envoie|envoyez|transmets|transmettez|publie|publiez|colle|invia|inviare|carica|pubblica|incolla|\
    envie|enviar|mande|publique|cole";

/// Words that give a thing to whoever reads it next.
const PUTS: &str = "add|include|pass|append|insert|print|output|show|write|put|return|display|embed|attach|copy|read|cat|\
    open|füge|gib|kopiere|lies|incluye|copia|lee|inclus|copie|lis|includi|leggi|inclua|leia";

/// Words that make a sentence forbid.
const FORBIDS: &str = "not|never|don't|dont|cannot|can't|avoid|without|no|refuse|nicht|nie|niemals|keine|nunca|jamais|non|mai|\
    não|pas|forbidden|prohibited|unless|whether|mustn't|shouldn't|instead|rather|detect|block";

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
];

/// What lets an agent do what it likes.
const LETS_ALL: &str = "--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo|bypasspermissions|\
    danger-full-access|disableallhooks";

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

/// The sentences of a folded text: a dot within a path ends none.
pub(super) fn sentences(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split_inclusive(". ")
        .flat_map(|part| part.split_inclusive("! "))
        .flat_map(|part| part.split_inclusive("? "))
        .map(str::trim)
}

/// The words of a sentence.
fn words(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split(|char: char| !char.is_alphanumeric() && !"'-".contains(char)).filter(|word| !word.is_empty())
}

fn says(sentence: &str, list: &str) -> bool {
    words(sentence).any(|word| is(word, list))
}

/// Whether a sentence forbids something, or asks.
fn forbids(sentence: &str) -> bool {
    sentence.ends_with('?') || says(sentence, FORBIDS)
}

/// Whether a sentence names a place elsewhere that something may be sent to.
pub(super) fn names_place(sentence: &str) -> bool {
    let url = |at: usize| {
        let rest = &sentence[at + 3..];
        let host = hosts::host(
            &rest[..rest.find(|char: char| char.is_whitespace() || "\"'`<>)".contains(char)).unwrap_or(rest.len())],
        );
        host.contains('.') && !hosts::is_local(&host)
    };
    sentence.match_indices("://").take(16).any(|(at, _)| url(at))
        || holds(sentence, "webhook|pastebin|gist|ftp|transfer.sh|my server|telegram|discord")
        || words(sentence).zip(words(sentence).skip(1)).any(|(to, _)| to == "to") && sentence.contains('@')
}

/// Whether a sentence that is addressed to an agent orders what nobody orders in good faith.
pub(super) fn is_grave(sentence: &str) -> bool {
    if keeps_secret(sentence) || claims_leave(sentence) {
        return true;
    }
    if forbids(sentence) {
        return false;
    }
    holds(sentence, LETS_ALL)
        || GRAVE_COMMANDS.iter().any(|part| sentence.contains(part))
        || switches_off(sentence)
        || holds(sentence, KEPT_AT) && (says(sentence, PUTS) || says(sentence, GIVES) || says(sentence, GATHERS))
        || holds(sentence, CALLED)
            && says(sentence, GIVES)
            && (names_place(sentence) || says(sentence, "read|comment|reply|issue|message"))
}

/// Whether a sentence names a credential, by where it is kept or by what it is.
pub(super) fn names_credential(sentence: &str) -> bool {
    holds(sentence, KEPT_AT) || holds(sentence, CALLED)
}

/// Whether a sentence orders to keep something from the person.
fn keeps_secret(sentence: &str) -> bool {
    const NOT: &str = "not|never|don't|without|avoid|nicht|nichts|ohne|no|sin|ne|sans|non|senza|não|sem|nunca|jamais|niemals|\
        mai|nada|niente|rien";
    const TELL: &str = "tell|mention|inform|reveal|notify|alert|telling|mentioning|informing|sage|sag|erwähne|verrate|\
        informiere|digas|diga|menciones|informes|dis|dites|mentionne|mentionnez|informe|prévenir|informer|dire|\
        menzionare|informare|mencione|avise|avisar|informar|decir|dizer|disclose";
    const PERSON: &str = "user|users|human|person|benutzer|nutzer|anwender|usuario|utilisateur|utente|usuário|utilizador|\
        l'utilisateur|all'utente|l'utente|developer|operator";
    const HIDE: &str = "keep|hide|conceal|withhold";
    const HIDDEN: &str = "hidden|secret|quiet|from|hide|conceal";
    let all: Vec<&str> = words(sentence).collect();
    all.iter().enumerate().any(|(at, word)| {
        is(word, PERSON) && {
            let near = &all[at.saturating_sub(6)..(at + 4).min(all.len())];
            // *Keep this hidden from the human*, as an order.
            let hides = near.iter().position(|word| is(word, HIDE)).is_some_and(|hide| {
                let begins = at.saturating_sub(6) + hide == 0 || hide > 0 && is(near[hide - 1], "and|then|please|also");
                begins
                    && near[hide + 1..].first().is_some_and(|word| is(word, "this|it|that|these|everything"))
                    && near[hide..].iter().filter(|word| is(word, HIDDEN)).count() > usize::from(near[hide] == "keep")
            });
            hides || near.iter().any(|word| is(word, TELL)) && near.iter().any(|word| is(word, NOT))
        }
    })
}

/// Whether a sentence claims a leave that only the person could give.
fn claims_leave(sentence: &str) -> bool {
    const CLAIMS: &str = "confirmation is not required|confirmation is not needed|no confirmation is|no need to ask|\
        without asking the user|without user confirmation|without confirmation from|do not ask the user|\
        don't ask the user|never ask the user|skip all confirmations|skip any confirmation|has granted full|\
        has already agreed|has already approved|has pre-approved|has preapproved|already authorized|\
        full permissions|user has approved|user has authorized|ohne den benutzer zu fragen|ohne nachzufragen|\
        ohne rückfrage|sin preguntar|sin pedir confirmación|sans demander|sans confirmation|senza chiedere|\
        senza conferma|sem perguntar|sem pedir|sem confirmação";
    holds(sentence, CLAIMS)
        && !says(sentence, "must not|never|cannot|mustn't")
        && !holds(sentence, "must not|do not modify|don't modify|do not make|do not change|do not commit|do not push")
}

/// What guards an agent or a repository.
const GUARDS: &str = "hookrail|pretooluse|guardrail|the guard|permission checks|permission prompts|safety checks|\
    .claude/settings|~/.claude|.codex/config|.codex/hooks|.cursor/hooks|approval prompts|all confirmations|\
    user confirmation|audit log|branch protection|security checks|agent hook|guard hook|claude code hook|claude hook";

/// What others rely on, and the ways to lose it.
const RELIED_ON: &str = "force|rm -rf|production|prod |backups|remote branches|entire home|home directory";

/// Whether a sentence orders to switch off what guards an agent or a repository.
fn switches_off(sentence: &str) -> bool {
    const OFF: &str = "disable|remove|delete|bypass|uninstall|circumvent|deactivate|skip|strip|unset|neutralize|empty|\
        deaktiviere|entferne|umgehe|desactiva|elimina|désactive|désactivez|supprime|disattiva|rimuovi|desative|\
        remova";
    let turned_off = holds(sentence, "turn off|switch off|turns off|shut off");
    let begins = |at: usize| {
        let before: Vec<&str> = words(&sentence[..at]).collect();
        let leads = "then|and|first|now|please|also|just|next|finally|must|should|to|now,|immediately";
        before.last().is_none_or(|word| is(word, leads))
            || sentence[..at].trim_end().ends_with([',', ':', ';', '-', '*'])
    };
    let guards = |from: usize| {
        let rest = &sentence[from..];
        let rest = &rest[..rest.floor_char_boundary(64)];
        holds(rest.split("```").next().unwrap_or_default(), GUARDS)
    };
    turned_off && holds(sentence, GUARDS)
        || OFF.split('|').any(|verb| {
            sentence.match_indices(verb).take(8).any(|(at, _)| {
                let whole =
                    !sentence[..at].ends_with(char::is_alphanumeric) && sentence[at + verb.len()..].starts_with(' ');
                whole && begins(at) && guards(at)
            })
        })
}

/// What another agent is told to do.
pub(super) fn of_agent(given: &Given<'_>, tool: &str) -> Vec<Effect> {
    let Some(prompt) = given.prompt() else { return Vec::new() };
    let text = folded(&prompt[..prompt.floor_char_boundary(MAX_PROMPT)]);
    let found = ordered(&text);
    found.map(|what| Effect { kind: Kind::AgentOrders, ..Effect::on(what, Place::Unknown, tool) }).into_iter().collect()
}

/// What a text orders that agents are told each time: the word for it.
pub(super) fn in_text(text: &str) -> Option<&'static str> {
    // Each line of a list is a sentence.
    let text: Vec<String> = text[..text.floor_char_boundary(MAX_PROMPT)].lines().map(folded).collect();
    ordered(&text.join(". "))
}

/// What a prompt orders that nobody means: the word for it.
fn ordered(text: &str) -> Option<&'static str> {
    // How far what is gathered and what is sent may be apart, in sentences.
    const APART: usize = 3;
    const LONGEST_SENTENCE: usize = 480;
    let mut gathered: Option<usize> = None;
    for (at, sentence) in sentences(text).enumerate() {
        // What is longer is no sentence but a file.
        let matters = gathered.is_some()
            || [KEPT_AT, CALLED, GUARDS, LETS_ALL, RELIED_ON, " prod|-prod|/prod|hooks"]
                .iter()
                .any(|list| holds(sentence, list))
            || sentence.contains("exfiltrate");
        if sentence.len() > LONGEST_SENTENCE || !matters || forbids(sentence) {
            continue;
        }
        let of_credentials = holds(sentence, KEPT_AT) || holds(sentence, CALLED);
        let all_of_them = holds(sentence, KEPT_AT) || holds(sentence, CALLED) && says(sentence, "all|every|any|each");
        if all_of_them && says(sentence, GATHERS) {
            gathered = Some(at);
        }
        let sends = says(sentence, GIVES) && names_place(sentence);
        if sends && (gathered.is_some_and(|then| at - then <= APART) || holds(sentence, KEPT_AT))
            || of_credentials && says(sentence, "exfiltrate")
        {
            return Some("to gather credentials and to send them away");
        }
        if switches_off(sentence) || starts_without_guard(sentence) || rewrites_guard(sentence) {
            return Some("to switch off what guards an agent");
        }
        if destroys(sentence) || destroys_in_production(sentence) {
            return Some("to destroy what others rely on");
        }
    }
    None
}

/// Whether a sentence orders to start something by which an agent is let do what it likes.
fn starts_without_guard(sentence: &str) -> bool {
    const NEAR: usize = 48;
    let started = |at: usize| {
        let before = &sentence[sentence.floor_char_boundary(at.saturating_sub(NEAR))..at];
        says(before, "run|restart|start|launch|use|spawn|rerun|switch|set|with|pass")
            && !says(before, "explain|document|describe|review|about|flag|option|warn")
    };
    LETS_ALL.split('|').any(|word| sentence.match_indices(word).any(|(at, _)| started(at)))
}

/// Whether a sentence orders to destroy what cannot be brought back.
fn destroys(sentence: &str) -> bool {
    let first =
        words(sentence).find(|word| !"please|then|now|first|and|finally|next".contains(word)).unwrap_or_default();
    let orders = is(first, "force|force-push|delete|drop|wipe|destroy|purge|erase|run|execute");
    orders
        && (holds(
            sentence,
            "force push to main|force-push to main|force push to master|force-push main|git push --force",
        ) || holds(sentence, "rm -rf ~|rm -rf / |rm -rf $home")
            || holds(
                sentence,
                "production database|prod database|production cluster|all backups|the backups|all remote branches|\
                    entire home|home directory",
            ) && !says(sentence, "script|test|code|function|section|reference|references|page|docs"))
}

/// Whether a sentence orders to run what destroys, where it is production that is named.
fn destroys_in_production(sentence: &str) -> bool {
    const COMMANDS: &str = "kubectl delete |oc delete |helm uninstall |helm delete |velero backup delete|velero delete|\
        restic forget|terraform destroy|tofu destroy|terragrunt destroy|pulumi destroy|drop database|drop schema|drop table|\
        dropdb |truncate table|truncate |flushall|flushdb|aws s3 rb |aws s3 rm |aws rds delete|delete-db-|\
        delete-snapshot|delete-stack|delete-table|terminate-instances|instances delete|clusters delete|az group delete|\
        az sql db delete|rm -rf /var/|rm -rf /srv|rm -rf /data|rm -rf /mnt|docker volume prune|redis-cli flush|eksctl delete|pg_dropcluster|\
        borg delete|zfs destroy|sam delete|cdk destroy|heroku apps:destroy|pg:reset";
    const PRODUCTION: &str = "production|-n prod|prod-|-prod|/prod|prod cluster|prod database| prod |on prod|in prod|live database|\
        live cluster";
    let first =
        words(sentence).find(|word| !is(word, "please|then|now|first|and|finally|next|just")).unwrap_or_default();
    let rehearsed = holds(
        sentence,
        "dry-run|dry run|--what-if|preview|staging| local |localhost|minikube|non-production|nonprod|non-prod|pre-prod|preprod|runbook",
    );
    is(first, "run|execute|use|delete|drop|destroy|wipe|purge|ssh|connect|log|issue|do")
        && !rehearsed
        && holds(sentence, COMMANDS)
        && holds(sentence, PRODUCTION)
        && !says(sentence, "explain|document|describe|review|function|tests|readme|docs|reference|references")
}

/// Whether a sentence orders to change an agent's settings so that nothing stops it.
fn rewrites_guard(sentence: &str) -> bool {
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
    let first =
        words(sentence).find(|word| !is(word, "please|then|now|first|and|finally|next|just")).unwrap_or_default();
    is(first, CHANGES) && holds(sentence, SETTINGS) && holds(sentence, LOOSE)
}

/// Whether a prompt for a page tells to do whatever the page says.
pub(super) fn obeys(prompt: &str) -> bool {
    const DO: &str = "follow|obey|execute|run|carry|perform|do|apply|comply|act";
    const TOLD: &str =
        "instruction|command|order|directive|it says|it tells|it asks|the page says|steps|tasks|listed there";
    const BLINDLY: &str = "without asking|without confirm|without question|without review|straight away|don't ask|do not ask|\
        no matter what|any shell command|every instruction|all instructions|any instruction|all commands|\
        every command|as if they were|as if the user|whatever it|exactly as written|on this machine|\
        automatically";
    let text = folded(&prompt[..prompt.floor_char_boundary(MAX_PROMPT)]);
    sentences(&text).any(|sentence| {
        let list: Vec<&str> = words(sentence).collect();
        let orders = list.iter().enumerate().any(|(at, word)| {
            is(word, DO) && (at == 0 || is(list[at - 1], "and|then|please|must|should|immediately|just|now"))
        });
        let asks = list.first().is_some_and(|word| is(word, "which|what|how|where|when|why|does|is|are|can"));
        let forbidden = asks || says(sentence, "never|explain|list|extract|summarize|summarise|describe");
        orders && !forbidden && holds(sentence, TOLD) && holds(sentence, BLINDLY)
    })
}
