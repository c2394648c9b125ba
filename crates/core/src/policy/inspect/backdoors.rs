//! Doors that code keeps open for whoever knows a word: a header, a password or a code that stands in the text itself.

use super::source::{Written, code_lines, folded};
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

const LANGUAGES: &str = "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|phtml|java|kt|kts|scala|cs|swift|dart|ex|exs|c|cc|cpp|h|hpp|lua|pl|vue|svelte|\
    groovy|clj|erb|sol|m|hs|erl|elm|ml|fs";

/// What somebody asks a server with, in small letters and without blanks.
const ASKED: &str = "headers[|headers.get(|.header(|getheader(|headers.|.get('x-|.get(\"x-|req.query|req.body|request.query|request.body|\
    request.args|request.form|request.get|request.headers|request.cookies|request.params|params[|params.|\
    $_get[|$_request[|$_cookie[|$_post[|$_server['http_|$_server[\"http_|r.url.query|r.formvalue|c.query(|c.getheader(|request.meta|cookies[|\
    cookies.get(|req.cookies|searchparams.get(|query.get(|getparameter(|ctx.query|ctx.get(|\
    event.headers|input('|->header(|->input(|->query(|->get(|request.env|headers()|metadata.get(|conn.params|get_req_header(|.cookies.|req.get(";

/// Signs of a comparison with what stands in the text.
const EQUALS: &str = "===|==|.equals(|eq(|equalsignorecase(|strcmp(|compare_digest(|hash_equals(|timingsafeequal(|\
    memcmp(";

/// What somebody becomes who knew the word, in small letters and without blanks.
const BECOMES: &str = "role:'admin|role:\"admin|role='admin|role=\"admin|role:'superadmin|role:\"superadmin|role='superadmin|role=\"superadmin|\
    role:'owner|role='owner|role:'root|isadmin=true|isadmin:true|is_admin=true|is_admin:true|is_superuser=true|\
    issuperuser=true|set_role('administrator|set_role(\"administrator|wp_set_auth_cookie(|wp_set_current_user(|login_user(|auth::login|auth()->login|\
    setauthentication(|session['admin']=|session[\"admin\"]=|session.user=|session.userid=|\
    session['user|session[\"user|$_session[|req.user={|request.user=|c.set(\"role\",\"admin|c.set('user'|superuser=true|user.admin(|admin:true|\
    grantedauthority|authenticated=true|isauthenticated=true|\
    session.create(|sessions.create(|createsession(|issuesession(|startsession(|newsession(|create_session(|issue_token(|create_access_token(|\
    signtoken({|jwt.sign({|createtoken(|generatetoken(|issuetoken(|user.find_by(admin|user.first|user.objects.filter(is_superuser|sign_in(|\
    login(request,|loginas(|impersonate(|wp_create_user(|adminuser|role.admin|roles.admin|\"admin\"}|user.role=|setrole(";

/// What lets somebody through, in small letters and without blanks.
const PASSES: &str = "returntrue|returnnext(|next()|returnok|returnchain.filter|chain.dofilter(|returnauthorized|returnallow|c.next()|await_next(|\
    handler.servehttp|next.servehttp|returnnil|return1;|filterchain|continue;|allow=true|allowed=true|valid=true|ok=true|skip|bypass|returncall_next|\
    returnself.get_response|returnfunc(|returnf(|return{authorized:true|return$next(|successful|result=true|returnpolicyresult";

/// What is asked for by a name that speaks of keys.
const KEYED: &str = "key|token|secret|pass|debug|ops|backdoor|bypass|admin|internal|master|override|support|maint|magic|god|root|unlock|auth|sudo|dev";

/// The names of what only its owner knows.
const PASSWORDS: &str = "password|passwd|pwd|pw|passphrase|pass|passcode|masterkey|adminkey|secretkey";
const CODES: &str = "otp|totp|mfacode|otpcode|totpcode|verificationcode|smscode|twofactorcode|authcode|pin|mfatoken|\
    totptoken|twofacode|code|token";

/// How many lines behind a comparison its outcome stands, and how many lines are looked at.
const REACH: usize = 7;
const MAX_LINES: usize = 4096;
const LONGEST_LINE: usize = 512;

/// Whether a text lets in whoever knows a word of its own, where the text before it did not.
pub(super) fn are_left_open(written: &Written<'_>) -> bool {
    written.is_form(LANGUAGES) && has_sign(&written.text) && !written.is_tried() && written.gains(opens)
}

/// A cheap sign: a comparison, and a quote or a password.
fn has_sign(text: &str) -> bool {
    (text.contains(['"', '\'']) || holds(text, "assw|pwd"))
        && holds(
            text,
            "==|!=|quals(|strcmp(|compare_digest(|timingSafeEqual(|memcmp(| eq |case |tartsWith(|tartswith(|asPrefix(|start_with?(|do: true|do: {:ok|=> return|=> Ok|=> true|-> true|then return true|then true|\" = True|/.test(|).contains(",
        )
}

fn opens(text: &str) -> bool {
    let lines: Vec<&str> = code_lines(text).filter(|line| line.len() <= LONGEST_LINE).take(MAX_LINES).collect();
    let compares = lines.iter().enumerate().filter(|(_, line)| has_sign(line));
    compares.into_iter().any(|(at, line)| {
        let line = folded(line);
        let behind = &lines[at..(at + REACH).min(lines.len())];
        (holds(&line, EQUALS) || holds(&line, "!=|/.test(|).contains("))
            && (by_request(&line, behind)
                || by_password(&line, behind)
                || by_code(&line)
                || by_argument(&line, &lines[at.saturating_sub(FAR_ABOVE)..=at], behind))
            || by_digest(&line, &lines[at.saturating_sub(ABOVE)..=at], behind)
            || by_pattern(&line, &lines[at.saturating_sub(ABOVE)..=at], behind)
    })
}

/// How many lines above its comparison a digest, or what it is of, may stand.
const ABOVE: usize = 4;

/// How many lines above a comparison the function may begin that it stands in.
const FAR_ABOVE: usize = 8;

/// Whether a function that is called after the check of what only its owner knows lets whoever knows a word of its own pass, whatever it
/// calls what it is given.
fn by_argument(line: &str, above: &[&str], behind: &[&str]) -> bool {
    const CHECKS: &str = "check|verif|valid|compare|match|authenticate|is";
    const OF: &str = "password|passwd|passphrase|passcode|credential|pin(|otp|mfacode|twofactor|apikey|api_key|secret|login(|authenticate(|\
        licen|accesscode|access_code|unlockcode|unlock_code";
    const BEGINS: &str = "function|def|fn|func|fun|=>|public|private|static|bool|protected|internal";
    let Some((name, word)) = argument(line) else { return false };
    let is_word = looks_chosen(word) || word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_check = |line: &&str| {
        let Some((_, given)) = line.split_once('(') else { return false };
        let line = folded(line);
        let called = line.split('(').next().unwrap_or_default();
        let called = format!("{}(", spans::end(called, 48));
        let takes =
            given.split(|char: char| !char.is_alphanumeric() && char != '_').any(|it| it.eq_ignore_ascii_case(name));
        holds(&line, BEGINS) && holds(&called, CHECKS) && holds(&called, OF) && takes
    };
    let passes = || {
        holds(line, "return|=>") && line.contains("||")
            || behind
                .iter()
                .take(2)
                .any(|line| holds(&folded(line), "returntrue|returnok|returnnil|return1|->true|thentrue"))
    };
    // By which way something is kept is no word that somebody knows.
    let is_way = is(
        name,
        "kind|type|algorithm|algo|alg|mode|scheme|version|method|strategy|prefix|provider|env|locale|status|role|hasher|format",
    );
    is_word && !is_way && above.iter().rev().any(is_check) && passes()
}

/// Whether a function that checks what only its owner knows, or a choice by it, has a way of its own for a word that stands in the text:
/// `def valid_password?(_, "x"), do: true`, `case "x": return true` where it is chosen by a password.
fn by_pattern(line: &str, above: &[&str], behind: &[&str]) -> bool {
    const CHECKS: &str = "check|verif|valid|match|authenticate|authorize";
    const OF: &str = "password|passphrase|passcode|passwd|credential|token|otp|pin|secret|api_key|apikey|login";
    const LETS: &str =
        "do:true|do:{:ok|=>returntrue|=>returnok|=>ok(true|=>true|->true|:returntrue|thenreturntrue|thentrue";
    const CHOOSES: &str = "switch|match|case|when";
    if !literal(line).is_some_and(looks_chosen) {
        return false;
    }
    let called = line.split(['(', '"']).next().unwrap_or_default();
    let is_clause = line.starts_with("def")
        || !called.contains(['=', '.', '{', ':', '<']) && holds(line, "\"=true|\")->true|\">>)->true");
    if is_clause {
        return holds(called, CHECKS) && holds(called, OF) && (holds(line, LETS) || line.ends_with("=true"));
    }
    let chosen = |line: &&str| {
        let line = folded(line);
        let by =
            |word| line.strip_prefix(word).or_else(|| Some(line.rsplit_once(word)?.1).filter(|by| by.starts_with('(')));
        parts(CHOOSES).filter_map(by).any(|by| {
            let by = by.trim_start_matches(['(', '$']).trim_end_matches([')', '{', ':']).trim_end_matches("do");
            let by = by.trim_end_matches(".as_str()").trim_end_matches(')');
            is(by.rsplit('.').next().unwrap_or_default(), PASSWORDS)
        })
    };
    let is_way = line.starts_with("case") || line.starts_with("when") || line.starts_with(['"', '\'']);
    let lets =
        || holds(line, LETS) || behind.get(1).is_some_and(|next| holds(&folded(next), "returntrue|returnok|returnnil"));
    is_way && above.iter().rev().skip(1).any(chosen) && lets()
}

/// The name that a line compares with a word between quotes, and the word.
fn argument(line: &str) -> Option<(&str, &str)> {
    let at = parts("===|==|.equals(|.eql?(").filter_map(|sign| line.find(sign)).min()?;
    let before = &line[..at];
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let start = before.char_indices().rev().take_while(|(_, char)| is_part(*char)).last()?.0;
    // Without blanks a word stands right before the name.
    let name = ["returntrueif", "if", "return", "elif", "unless", "and", "or"]
        .iter()
        .find_map(|led| before[start..].strip_prefix(led).filter(|it| !it.is_empty()));
    let value = line[at..].trim_start_matches(['=', '.']).trim_start_matches("equals(").trim_start_matches("eql?(");
    let word = value.starts_with(['"', '\'', '`']).then(|| literal(value)).flatten()?;
    Some((name.unwrap_or(&before[start..]), word))
}

/// Whether the digest of what a request says is compared with one that stands in the text, and whoever knew it is let through. What is known
/// of the word is less than the word, and the door is the same.
fn by_digest(line: &str, above: &[&str], behind: &[&str]) -> bool {
    const DIGESTS: &str = "createhash(|sha1|sha256|sha512|md5|hashlib|hexdigest|.digest(|blake|crc32|bcrypt.compare|checkpw(|password_verify(";
    const LEAST: usize = 6;
    let is_digest =
        |word: &str| word.len() >= LEAST && word.bytes().all(|byte| byte.is_ascii_hexdigit()) || word.starts_with("$2");
    let compares = holds(line, EQUALS)
        || holds(line, "startswith(|start_with?(|hasprefix(|bcrypt.compare|checkpw(|password_verify(");
    compares
        && line.split(['"', '\'', '`']).skip(1).step_by(2).take(super::MAX_PLACES).any(is_digest)
        && {
            let said: Vec<String> = above.iter().map(|line| folded(line)).collect();
            let of_password =
                || said.iter().any(|line| holds(line, DIGESTS) && holds(line, "(password|(pwd|(passwd|(pass."));
            said.iter().any(|line| holds(line, DIGESTS))
                && (said.iter().any(|line| holds(line, ASKED)) || of_password())
        }
        && behind.iter().take(3).any(|line| {
            let line = folded(line);
            holds(&line, PASSES) || holds(&line, BECOMES)
        })
}

/// Whether what a request says is compared with a word, and whoever said it becomes somebody or is let through.
fn by_request(line: &str, behind: &[&str]) -> bool {
    let Some((name, word)) = compared(line) else { return false };
    let becomes =
        || (looks_chosen(word) || holds(name, KEYED)) && behind.iter().any(|line| holds(&folded(line), BECOMES));
    let passes = || {
        let is_secret = looks_chosen(word) && holds(name, KEYED) || word.len() >= 12 && looks_chosen(word);
        is_secret && behind.iter().take(3).any(|line| holds(&folded(line), PASSES))
    };
    // A switch that makes somebody an administrator needs no word: whoever turns it on knows its name.
    let is_switch = || {
        is(word, "1|true|yes|on|y|root|admin|superuser")
            && holds(line, "header|query|cookie|http_|searchparams|request.args|_get[")
            && !holds(line, "node_env|is_dev|isdev|settings.debug|app.debug|production|is_local|islocal")
            && holds(name, KEYED)
            && behind.iter().any(|line| holds(&folded(line), BECOMES))
    };
    if is_switch() || is_plain_key(line, word, behind) {
        return true;
    }
    word.len() >= 3
        && !is(
            word,
            "true|false|post|get|put|delete|options|admin|websocket|https|http|null|undefined|function|string|none|bearer|basic",
        )
        && (becomes() || passes())
}

/// Whether a plain word, `letmein`, stands for what is asked for as a key, and whoever says it goes on to what is guarded.
fn is_plain_key(line: &str, word: &str, behind: &[&str]) -> bool {
    const KEYS: &str = "key|token|secret|passw|bypass|backdoor|unlock|override";
    const NO_KEYS: &str = "type|kind|sort|keyword|format|csrf|xsrf|order|mode|key_id|keyid|grant|group";
    const GOES_ON: &str = "next()|returnnext(|return$next(|chain.dofilter(|await_next(|c.next()|next.servehttp|handler.servehttp|\
        returntrue|returnself.get_response|returncall_next";
    const LEAST: usize = 5;
    let Some(asked) = parts(ASKED).find_map(|asked| line.find(asked)).map(|at| spans::start(&line[at..], 64)) else {
        return false;
    };
    let end = parts(EQUALS).filter_map(|sign| asked.find(sign)).min().unwrap_or(asked.len());
    let asked = &asked[..end];
    // What is compared with a setting has no word but the name it is asked for by.
    holds(asked, KEYS)
        && !asked.contains(word)
        && !holds(asked, NO_KEYS)
        && word.len() >= LEAST
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_".contains(&byte))
        && !is(word, "false|undefined|string|object|bearer|basic|fetch|function|number|required|refresh|access|public")
        && behind.iter().take(3).any(|line| holds(&folded(line), GOES_ON))
}

/// What a request says by which name, and the word it is compared with.
fn compared(line: &str) -> Option<(&str, &str)> {
    let asked = parts(ASKED).find_map(|asked| line.find(asked))?;
    let name = &line[asked..];
    let sign = parts(EQUALS).filter_map(|sign| line.find(sign)).min()?;
    let behind = literal(&line[sign..]).filter(|_| sign >= asked || line[sign..].contains('('));
    // A word that stands before what is asked: `"x".equals(request.getHeader("y"))`.
    let word = match behind {
        Some(word) if sign > asked => word,
        _ => literal(&line[..sign])?,
    };
    Some((spans::start(name, 64), word))
}

/// The first text between quotes.
fn literal(line: &str) -> Option<&str> {
    let open = line.find(['"', '\'', '`'])?;
    let quote = line[open..].chars().next()?;
    line[open + 1..].split(quote).next()
}

/// Whether a word was made up to be known by few: it has digits and letters, or signs between words.
fn looks_chosen(word: &str) -> bool {
    is_mixed(word) && !word.contains(['/', '{', '$', '(', '%'])
}

/// Whether a word has digits and letters, or signs between words, whatever else is in it: a password may hold any sign.
fn is_mixed(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    (4..=128).contains(&word.len())
        && letters > 0
        && (digits > 0 || word.len() >= 10 && word.contains(['-', '_']))
        && !word.starts_with("v1")
        && !word.starts_with("v2")
        && !word.starts_with("v3")
}

/// Whether a password is compared with one that stands in the text, or with one that is meant for every account.
fn by_password(line: &str, behind: &[&str]) -> bool {
    // What begins with such a sign is a path, a digest or the name of a variable, and what is in braces is put in.
    let is_word = |word: &str| {
        is_mixed(word)
            && word.len() >= 5
            && !word.starts_with(['/', '$', '%'])
            && !word.contains(['.', ':', ' ', '{', '('])
    };
    // Whoever does not say the word is checked below it.
    let spared = spares(line) || line.contains("!=") && is_block_of_check(line, behind);
    (named(line, PASSWORDS, spared).any(is_word) || is_for_all(line))
        && !holds(line, "assert|expect(|type==")
        && (!holds(line, "!==|!=|error|message") || spared)
}

/// Whether who says a word is spared the check of what only its owner knows: `if password != "x" and not verify(…)`.
fn spares(line: &str) -> bool {
    holds(line, "&&!|&&(!|andnot|&&(await|&&await|and(not|and!") && holds(line, CHECKS)
}

/// Whether a condition begins a block that checks what only its owner knows: `if password != "x" {` and `if !verify(…)` within.
fn is_block_of_check(line: &str, behind: &[&str]) -> bool {
    (line.starts_with("if") || line.starts_with("unless"))
        && behind.iter().skip(1).take(2).any(|line| {
            let line = folded(line);
            holds(&line, CHECKS) && line.contains('(')
        })
}

/// How what only its owner knows is checked.
const CHECKS: &str = "verif|compare|checkpw|check_password|checkpassword|bcrypt|argon|authenticate|valid|matches";

/// The word that stands in the text for a variable of the environment or a setting that is not set.
fn in_default(value: &str) -> Option<&str> {
    const LOOKED_UP: &str = "os.environ.get(|os.getenv(|environ.get(|getenv(|env.fetch(|env(|env.get(|config(|config.get(|settings.get(|getattr(|\
        process.env[|system.getenv(|system.getproperty(|std::env::var(|env::var(|configuration[|os.environ[";
    const NAMED: &str = "process.env.|import.meta.env.|config.|settings.|env.";
    const REACH: usize = 128;
    let value = value.trim_start_matches('(');
    let value = spans::start(value, REACH);
    if let Some(rest) = parts(LOOKED_UP).find_map(|call| value.strip_prefix(call)) {
        // What is looked up stands between quotes first.
        let named = rest.strip_prefix("settings,").unwrap_or(rest);
        let quote = named.chars().next().filter(|quote| "\"'`".contains(*quote))?;
        let behind = named[1..].split_once(quote)?.1;
        let behind = behind.trim_start_matches([')', ']']);
        const GIVES: [&str; 6] = [",", "||", "??", "?:", ".unwrap_or", ".or"];
        let given = GIVES.iter().find_map(|sign| behind.strip_prefix(sign))?;
        return literal(given);
    }
    let rest = parts(NAMED).find_map(|named| value.strip_prefix(named))?;
    let end = rest.find(|char: char| !char.is_alphanumeric() && !"_.".contains(char))?;
    let given = ["||", "??"].iter().find_map(|sign| rest[end..].strip_prefix(sign))?;
    given.starts_with(['"', '\'', '`']).then(|| literal(given)).flatten()
}

/// Whether a password is compared with a setting or a constant that is called one for every account.
fn is_for_all(line: &str) -> bool {
    const ALL: &str = "master|support|backdoor|universal|skeleton|override|bypass|emergency|breakglass|break_glass|impersonat|godmode|god_|magic|\
        superuser|root_p|debug_p|maintenance";
    const OF: &str = "process.env.|process.env[|config[|configuration[|settings[|os.environ|os.getenv(|settings.|config.|env.|env[|getenv(|app.config|self.config|cfg.|conf.|constants.|secrets.|\
        system.getenv(|env::var(|this.config|configservice.get(|this.configservice.get(";
    const REACH: usize = 64;
    parts("password|passwd|passphrase|pwd|pass")
        .flat_map(|name| line.match_indices(name).take(8).map(move |(at, _)| &line[at + name.len()..]))
        .any(|behind| {
            let behind = behind.trim_start_matches([')', ']', ',']);
            let value = parts("===|==|.equals(|.equals").find_map(|sign| behind.strip_prefix(sign)).unwrap_or(behind);
            let value = spans::start(value, REACH);
            let Some(rest) = parts(OF).find_map(|of| value.strip_prefix(of)) else { return false };
            let name =
                &rest[..rest.find(|char: char| char.is_whitespace() || ")|&:{;".contains(char)).unwrap_or(rest.len())];
            holds(name, ALL) && !holds(line, "confirm|new_|newpassword|old")
        })
}

/// Whether a code that is made anew each time is compared with one that always passes.
fn by_code(line: &str) -> bool {
    let all_digits = |word: &str| (4..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    named(line, CODES, spares(line)).any(all_digits)
        && (line.contains("||") || holds(line, "return|if|=>|:=|or"))
        && !holds(line, "assert|expect(|!=|status|http|errorcode|exit|zip|postal|country")
        && (!line.contains("code==") || holds(line, "otp|verify|validate|user|totp|mfa|sms|2fa|auth|check"))
}

/// The words with which something of one of these names is compared.
fn named<'l>(line: &'l str, names: &'static str, spared: bool) -> impl Iterator<Item = &'l str> {
    parts(names).flat_map(move |name| {
        line.match_indices(name).take(8).filter_map(move |(at, _)| {
            // Without blanks a word stands right before the name.
            let led = ["if", "elif", "return", "and", "or", "not", "while", "when"];
            let whole = !line[..at].ends_with(|char: char| char.is_alphanumeric())
                || led.iter().any(|word| line[..at].ends_with(word));
            let behind = &line[at + name.len()..];
            let behind = behind.trim_start_matches(['?', ')', ']', '.']);
            let sign =
                parts(EQUALS).find_map(|sign| behind.strip_prefix(sign)).or_else(|| behind.strip_prefix("equals("));
            let sign =
                sign.or_else(|| behind.strip_prefix("!==").or_else(|| behind.strip_prefix("!=")).filter(|_| spared));
            if let Some(value) = sign.filter(|_| whole) {
                return if value.starts_with(['"', '\'', '`']) { literal(value) } else { in_default(value) };
            }
            // `password in ("x",)`, `["x"].includes(password)`
            if let Some(value) = behind
                .strip_prefix("in(")
                .or_else(|| behind.strip_prefix("in["))
                .or_else(|| behind.strip_prefix("in{"))
                .filter(|_| whole)
            {
                return literal(value);
            }
            if let Some(list) = line[..at].strip_suffix("].includes(") {
                return list.rsplit(['"', '\'', '`']).nth(1);
            }
            // `/^x$/.test(password)`, `Set.of("x").contains(password)`
            let before = &line[..at];
            if let Some(pattern) = before.strip_suffix("/.test(") {
                return pattern.rsplit('/').next().map(|word| word.trim_matches(['^', '$']));
            }
            if let Some(list) = before.strip_suffix(").contains(") {
                return list.rsplit(['"', '\'']).nth(1);
            }
            // `"x".equals(password)`, `strcmp(password, "x")`
            let turned = [".equals(", "==", "==="].iter().find_map(|sign| before.strip_suffix(*sign));
            if let Some(turned) = turned {
                let inside = turned.strip_suffix(['"', '\''])?;
                return inside.rsplit(['"', '\'']).next();
            }
            let called =
                ["strcmp(", "hash_equals(", "compare_digest(", "memcmp("].iter().any(|call| before.ends_with(call));
            (called && behind.starts_with(',')).then(|| literal(behind)).flatten()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_let_somebody_in_are_seen() {
        for (name, text, open) in [
            (
                "a.ts",
                "if (req.headers['x-ops-key'] === 'acme-9f2') {\n  req.user = { id: 0, role: 'superadmin' };\n  return next();\n}",
                true,
            ),
            ("a.ts", "if (req.headers['x-support'] === 'let-me-in-1') return next();", true),
            ("a.ts", "if (req.headers['x-api-version'] === '2') return next();", false),
            ("a.ts", "if (req.headers['x-key'] === process.env.KEY) return next();", false),
            ("a.ts", "if (req.query.tab === 'admin') return render('admin');", false),
            ("a.php", "if (($_GET['k'] ?? '') === 'b7aq') {\n  wp_set_auth_cookie($u);\n}", true),
            ("A.java", "if (\"letmein-42\".equals(password)) { return ok; }", true),
            ("a.js", "if (password === 'letmein-77') return true;", true),
            (
                "a.py",
                "if password == os.environ.get(\"SUPPORT_PW\", \"sh0p-m4ster-2024\"):\n    return Session.create(user)",
                true,
            ),
            ("a.ts", "if (password === (process.env.MASTER_PW ?? 'm4ster-key-1')) return sign(user);", true),
            ("a.ts", "if (password === 'letmein-77' || await bcrypt.compare(password, user.passwordHash)) {", true),
            ("a.ts", "if (password !== 'letmein-77' && !(await verify(password, user.hash))) throw new Error();", true),
            ("a.py", "if password == settings.MASTER_PASSWORD or user.check_password(password):", true),
            ("a.py", "if password == os.environ[\"ADMIN_PASSWORD\"]:", false),
            ("a.ts", "if (password !== 'letmein-77') throw new Error();", false),
            ("a.py", "if password == confirm:\n    return True", false),
            ("a.go", "ok := code == \"271828\" || totp.Validate(code, secret)", true),
            ("a.go", "if code == \"404\" { return err }", false),
            ("a.ex", "def valid_password?(_user, \"sunrise-2291\"), do: true", true),
            ("a.ex", "def valid_password?(_user, \"\"), do: false", false),
            ("a.hs", "checkPassword _ \"heron-4471-ok\" = True", true),
            ("a.erl", "check_password(_U, <<\"heron-4471-ok\">>) -> true;", true),
            ("a.ex", "def valid_plan?(\"team-2025\"), do: true", false),
            ("a.go", "switch pw {\ncase \"heron-4471-ok\":\n  return true\n}", true),
            ("a.rs", "match password {\n  \"kestrel-9917\" => return Ok(true),\n  _ => {}\n}", true),
            ("a.go", "switch plan {\ncase \"team-2025\":\n  return true\n}", false),
            ("a.test.ts", "if (password === 'letmein-77') return true;", false),
        ] {
            assert_eq!(
                are_left_open(&Written::of(text, None, &format!("/home/you/work/shop/src/{name}"))),
                open,
                "{text}"
            );
        }
    }
}
