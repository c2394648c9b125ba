//! Code that sends away what a person keeps: credentials of the home or the project, the environment, what a page keeps.

use super::code::{Language, Runs};
use super::source::{Written, is_test};
use crate::policy::hosts;
use crate::policy::lists::{holds, parts};
use crate::policy::places;
use crate::policy::secrets::{Secrecy, secrecy, tree_secrecy};
use crate::policy::spans;

/// What sends something to another machine.
const SENDS: &str = "requests.post(|requests.put(|httpx.post(|urlopen(|fetch(|axios.post(|axios.put(|smtplib|\
    http.request(|https.request(|sendall(|ftplib|Net::HTTP.post|upload_file(|curl |curl_exec|needle.post|got.post|\
    sendBeacon(|XMLHttpRequest|session.post(|aiohttp|HttpClient|LWP::UserAgent|http.post(|request.post(|.request({|\
    net.connect(|urllib.request|HTTPSConnection(|\"curl\"|'curl'|\"wget\"|'wget'|ureq::|reqwest::|minreq::|\
    TcpStream::connect|HttpURLConnection|openConnection(|https').get(|http').get(|https\").get(|http\").get(|https.get(|http.get(|requests.get(|\
    https').request(|https\").request(|require('https')|require(\"https\")|require('http')|require(\"http\")|require('node:http|require(\"node:http|\
    from 'https'|from \"https\"|from 'node:http|from \"node:http|import('https')|import('node:http|undici|require('net')|require('dns')|\
    Net::HTTP.get|urlopen|file_get_contents(|\
    http.Post(|http.PostForm(|http.NewRequest|PostAsync(|.newCall(|HttpRequest.newBuilder|UploadString|UploadData|UploadFile|UploadValues|httr::POST|httr::PUT|HTTP.post(|HTTP.put(|URLSession|dio.post|\
    Faraday.post|HTTParty.post|RestClient.post|post('http|post(\"http|post(`http|send('http|send(\"http|submit('http|submit(\"http|upload('http|\
    upload(\"http|->post(|wp_remote_post(|wp_remote_get(|Invoke-RestMethod|Invoke-WebRequest|http:post(|reqwest";

/// Whether code hands something to another machine.
pub(super) fn sends(code: &str) -> bool {
    holds(code, SENDS)
}

/// Whether code sends credentials of the home, or its whole environment, to another machine. `Some` says what.
pub(super) fn gives_credentials(code: &str, language: Language, runs: Runs) -> Option<String> {
    // A command may hold the code of another language.
    let in_command = || runs == Runs::ByItself && holds(code, "node |bun |deno |python|ruby |perl |php ");
    if language == Language::Shell && !in_command() || !holds(code, SENDS) || !names_machine(code) {
        return None;
    }
    let posts = holds(code, "post(|put(|POST|PUT|Post(");
    let mut named = code.match_indices("://").take(super::MAX_PLACES).filter_map(|(at, _)| elsewhere(&code[at + 3..]));
    if let Some(host) = named.find(|host| posts && hosts::is_drop(host)) {
        return Some(format!("lays something open at {host}"));
    }
    const ALL: &str = "dict(os.environ|json=os.environ|data=os.environ|dumps(os.environ|str(os.environ)|\
        repr(os.environ)|urlencode(os.environ|stringify(process.env)|body: process.env|ENV.to_h|ENV.to_json|\
        env::vars()|json_encode($_ENV|json_encode(getenv()";
    // What empties all that a machine keeps of somebody's passwords has no place in what sends something away.
    const EMPTIES: &str = "dump-keychain|export-secret-key|lsass|secretsdump|CryptUnprotectData|mimikatz|kwallet-query|hklm\\\\sam|HKLM\\\\SAM|chrome_decrypt|browser_cookie3";
    if let Some(found) = parts(EMPTIES).find(|word| code.contains(word)) {
        return Some(format!("sends what {found} gives away"));
    }
    let near = |at: usize| {
        let around = spans::around(code, at, 400);
        holds(around, SENDS) && names_machine(around)
    };
    let whole = |at: usize, word: &str| {
        let before = spans::before(code, at, 64);
        let behind = spans::behind(code, at + word.len(), 80);
        holds(before, HANDED_ON) && !holds(behind, PICKED) && near(at)
    };
    let found = |words: &str, is_meant: &dyn Fn(usize, &str) -> bool| {
        parts(words).any(|word| code.match_indices(word).take(super::MAX_PLACES).any(|(at, _)| is_meant(at, word)))
    };
    if parts(ALL).any(|word| code.match_indices(word).any(|(at, _)| near(at))) || found(WHOLE, &whole) {
        return Some("sends its environment away".to_owned());
    }
    if picks_secrets(code) {
        return Some("sends its environment's secrets away".to_owned());
    }
    if holds_whole(code, in_command(), &near) {
        return Some("sends its environment away".to_owned());
    }
    if runs == Runs::ByItself && in_command() && holds(code, WHOSE) {
        return Some("sends away whose machine it is".to_owned());
    }
    if runs == Runs::ByItself
        && parts(READS).any(|read| code.match_indices(read).any(|(at, _)| names_environment(&code[at + read.len()..])))
    {
        return Some("sends the project's credentials away".to_owned());
    }
    // One login of a registry is what a program for it reads; one key of a person's, or many logins, are what a thief takes.
    let mut first: Option<&str> = None;
    for text in literals(code).filter(|text| is_kept(text)) {
        let is_key = holds(text, ".ssh|id_|.aws|.gnupg|logins.json|ogin Data|key4|shadow|wallet|eychain");
        if is_key || runs == Runs::ByItself || first.is_some_and(|first| first != text) {
            return Some(format!("sends {text} away"));
        }
        first = Some(text);
    }
    // A folder of keys, gone through file by file or packed.
    const WALKS: &str = "glob|iterdir(|listdir(|os.walk(|scandir(|readdir|tarfile|make_archive|ZipFile|zipfile|\
        archiver(|copytree(|tar.c(|Dir[|Dir.children|Dir.each|opendir|AdmZip|read_bytes(";
    let walked = holds(code, WALKS);
    let mut folders = literals(code).filter(|text| walked && text.len() <= 128 && is_folder_of_keys(text));
    folders
        .find(|text| code.match_indices(*text).take(super::MAX_PLACES).any(|(at, _)| near(at)))
        .map(|text| format!("sends {text} away"))
}

/// All variables of the environment, what makes a message of them, and what picks some of them.
const WHOLE: &str = "os.environ.items()|os.environ.copy()|**os.environ|list(os.environ|...process.env|entries(process.env)|assign({}, process.env)|\
    ENV.to_a|ENV.each|ENV.map|\
    os.Environ()|System.getenv()|env::vars_os()|$_ENV|getenv()|Environment.GetEnvironmentVariables()";
const HANDED_ON: &str = "dumps(|urlencode(|json=|data=|payload|body|stringify(|b64|encode(|json:|data:|Marshal(|writeValueAsString(|json_encode(|\
    to_json|Serialize(|Join(|join(|params";
const PICKED: &str =
    "startswith|startsWith|start_with|filter(|HasPrefix|if k in|if key in|if k ==|StartsWith|str_starts_with|env:";

/// Whether what is secret of the environment is picked out of it by its names.
fn picks_secrets(code: &str) -> bool {
    const ALL: &str = "entries(process.env)|keys(process.env)|in process.env|os.environ.items()|in os.environ|os.environ.keys()|ENV.select|\
        ENV.filter|\
        ENV.each|os.Environ()|System.getenv().|env::vars()|GetEnvironmentVariables()|getenv() as|$_ENV as";
    const SECRET: &str = "TOKEN|SECRET|KEY|PASS|CRED|AUTH";
    const HIDES: &str = "redact|mask|***|REDACTED|scrub|delete |unset|!/|not any|undefined";
    const NEAR: usize = 240;
    parts(ALL).flat_map(|all| code.match_indices(all)).take(super::MAX_PLACES).any(|(at, _)| {
        let (from, end) = (code.floor_char_boundary(at.saturating_sub(NEAR / 2)), code.floor_char_boundary(at + NEAR));
        let around = code[from..end].to_ascii_uppercase();
        parts(SECRET).filter(|word| around.contains(word)).count() > 1 && !holds(&code[from..end], HIDES)
    })
}

/// Who is at a machine and what it is called, which nothing needs that is only installed.
const WHOSE: &str = "userInfo()|os.hostname()|.hostname()+|homedir()+|getpass.getuser|socket.gethostname|Etc.getlogin|networkInterfaces()";

/// How code says all variables of the environment.
const ENVIRONMENTS: &str = "process.env|process['env']|process[\"env\"]|os.environ|Bun.env|Deno.env.toObject()";

/// Whether all variables of the environment are taken, be it by another name, near to where something is sent: what is handed to a program
/// that is started, and what is only one of them, is another matter.
fn holds_whole(code: &str, in_command: bool, near: &dyn Fn(usize) -> bool) -> bool {
    const NAMES: usize = 16;
    let whole = |word: &'static str| {
        code.match_indices(word).take(super::MAX_PLACES).map(move |(at, _)| (at, at + word.len())).filter(
            |(at, end)| {
                let behind = code[*end..].trim_start_matches('?');
                let before = code[..*at].trim_end();
                !behind.starts_with(['.', '[', '_', '$'])
                    && !behind.starts_with(char::is_alphanumeric)
                    && !before.ends_with(" env:")
                    && !before.ends_with("{env:")
            },
        )
    };
    let taken: Vec<(usize, usize)> = parts(ENVIRONMENTS).flat_map(whole).take(super::MAX_PLACES).collect();
    let assigned = |at: usize| {
        let name = code[..at].trim_end().strip_suffix('=')?.trim_end();
        let start =
            name.rfind(|char: char| !char.is_alphanumeric() && char != '_' && char != '$').map_or(0, |it| it + 1);
        Some(&name[start..]).filter(|name| !name.is_empty())
    };
    // What is written into a command and sends something hands them to nothing else.
    let is_handed_on = |at: usize| code[..at].trim_end().ends_with(['(', ',']) || code[..at].ends_with("...");
    let starts = |at: usize| holds(spans::before(code, at, 24), "env:|env :|env=");
    // A part of a message by whatever name: what a program is started with has its own.
    const STARTS: &str = "spawn|exec|fork(|Popen|run(|execa";
    let is_part = |at: usize, end: usize| {
        let before = code[..at].trim_end();
        let around = spans::around(code, at, 160);
        before.ends_with(':')
            && code[end..].trim_start().starts_with([',', '}', '\n', ')'])
            && (holds(around, "stringify(|dumps(|json=|body|to_json|payload") && !before.ends_with("'process.env':"))
            && !holds(spans::before(code, at, 60), STARTS)
    };
    if taken.iter().any(|(at, end)| is_part(*at, *end) && near(*at)) {
        return true;
    }
    if in_command && taken.iter().any(|(at, _)| is_handed_on(*at) && !starts(*at) && near(*at)) {
        return true;
    }
    taken.iter().filter_map(|(at, _)| assigned(*at)).take(NAMES).any(|name| {
        parts("stringify(|entries(|URLSearchParams(|...|dumps(|urlencode(|inspect(|dict(|str(|json=|data=").any(
            |taking| {
                let used = format!("{taking}{name}");
                code.match_indices(&used).take(super::MAX_PLACES).any(|(at, _)| {
                    !code[at + used.len()..].starts_with(|char: char| char.is_alphanumeric() || "_.[".contains(char))
                        && near(at)
                })
            },
        )
    }) || in_command
        && holds(code, "{env}=process|{ env } = process|{env} = process|{env}=require('process')")
        && holds(code, "stringify(env)|entries(env)|URLSearchParams(env)|...env")
}

/// What reads a file.
const READS: &str = "readFileSync(|readFile(|open(|read_to_string(|fs::read(|File.read(";

/// Whether arguments begin with the file of a project's credentials.
fn names_environment(arguments: &str) -> bool {
    let name = arguments.trim_start().trim_start_matches(['"', '\'', '`']).trim_start_matches("./");
    name.strip_prefix(".env").is_some_and(|rest| {
        rest.starts_with(['"', '\'', '`']) || rest.starts_with(".local") || rest.starts_with(".prod")
    })
}

/// Whether a text names a folder of keys of a home, or all that is in it.
fn is_folder_of_keys(text: &str) -> bool {
    let folder = places::without_wildcard(text).trim_end_matches(['*', '/']);
    folder.contains('.')
        && !folder.contains(['\n', ' ', '{', '('])
        && tree_secrecy(&format!("/home/you/{}", folder.trim_start_matches("~/").trim_start_matches('/')))
            == Secrecy::Credential
}

/// Whether a text names a credential of a home by its path.
fn is_kept(text: &str) -> bool {
    const PARTS: &str = ".ssh|id_|.aws|.netrc|.git-c|.gnupg|.kube|.config|.docker|shadow|logins|ogin Data|wallet|\
        .npmrc|.pypirc|.mozilla|eychain|.azure|.claude|.codex|key4|.cargo|.gem|.m2|.terraform|.composer|.pgpass|.my.cnf|.Renviron|.boto|.s3cfg|.vault-token";
    // What a home is called in code stands before it: `{home}/.ssh/id_rsa`.
    let part = text.rsplit("}/").next().unwrap_or(text).trim_start_matches("~/").trim_start_matches("$HOME/");
    let part = part.trim_start_matches('/');
    text.len() <= 128
        && holds(text, PARTS)
        && !part.contains(['\n', '*', '{', '('])
        && secrecy(&format!("/home/you/{part}"), Some("/home/you")) == Secrecy::Credential
}

/// Whether code names another machine by its address.
pub(super) fn names_machine(code: &str) -> bool {
    const NAMES: &str = "hostname:|host:|HTTPSConnection(|HTTPConnection(|connect((|create_connection((|Dial(\"tcp\",|TcpClient(|new Socket(|\
        TCPSocket.new(|TCPSocket.open(|TcpStream::connect(";
    let is_named = |name: &str| {
        code.match_indices(name).take(super::MAX_PLACES).any(|(at, _)| {
            let host = code[at + name.len()..].trim_start_matches([' ', '"', '\'', '`', ':']);
            let host = host.split(['"', '\'', '`', ',', ':']).next().unwrap_or_default();
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
            host.contains('.') && host.bytes().all(fits) && !hosts::is_local(host)
        })
    };
    parts(NAMES).any(is_named)
        || code.match_indices("http").take(super::MAX_PLACES).any(|(at, _)| {
            let rest = &code[at..];
            (rest.starts_with("http://") || rest.starts_with("https://")) && hosts::elsewhere(rest).is_some()
        })
}

/// Most texts between quotes that are looked at.
const MAX_LITERALS: usize = 4096;

/// What stands between quotes on one line.
pub(super) fn literals(code: &str) -> impl Iterator<Item = &str> {
    let lines = code.lines().flat_map(|line| ['\'', '"', '`'].into_iter().map(move |quote| (line, quote)));
    lines.flat_map(|(line, quote)| line.split(quote).skip(1).step_by(2)).take(MAX_LITERALS)
}

/// Forms of files that end up in a page.
const PAGES: &str = "html|htm|liquid|js|mjs|cjs|ts|jsx|tsx|vue|svelte|php|phtml|twig|erb|ejs|hbs|tpl|cshtml|jsp|njk|astro|ftl|mustache|haml|xml";

/// Whether a page hears all that is typed into it, and sends it to another machine, where the text before it did not.
pub(super) fn takes_typed(written: &Written<'_>) -> bool {
    written.is_form(PAGES)
        && written.holds("addEventListener|.on(|onkey|oninput|onsubmit|onchange|onblur|FormData|.clone()")
        && !is_test(written.path)
        && (written.gains(takes) || written.gains(copies_requests))
}

/// Whether what stands between a page and its visitors reads what they send, and gives a copy of it to another machine.
pub(super) fn copies_requests(text: &str) -> bool {
    const READS: &str = ".clone().text()|.clone().json()|.clone().formData()|.clone().arrayBuffer()|.clone().body";
    const HELD: &str = ".text()|.json()|.formData()|.arrayBuffer()";
    const CHANGES: &str = "!== 'GET'|!== \"GET\"|!= 'GET'|=== 'POST'|=== \"POST\"|== 'POST'|!=='GET'|==='POST'";
    const ANSWERED: &[&str] = &["return ", "await ", "respondWith(", "= "];
    const VALUED: &str =
        "checkout|payment|login|signin|sign-in|password|card|account|auth|cookie|/pay|billing|register|otp";
    const NEAR: usize = 240;
    let sends = |at: usize| {
        let behind = spans::behind(text, at, NEAR);
        behind
            .split_once("//")
            .is_some_and(|(before, url)| before.len() <= "fetch(new URL('https:".len() && elsewhere(url).is_some())
            && holds(behind, "POST|PUT|body|sendBeacon")
    };
    // What goes where nobody waits for its answer is a copy, whatever it was read by.
    let unheard = |send: &'static str| {
        text.match_indices(send).take(super::MAX_PLACES).any(|(at, _)| {
            let behind = spans::behind(text, at + send.len(), NEAR);
            let before = text[..at].trim_end_matches("self.").trim_end_matches("navigator.");
            behind.split_once("//").is_some_and(|(before, url)| before.len() < 8 && elsewhere(url).is_some())
                && !ANSWERED.iter().any(|end| before.ends_with(end))
                && (send != "fetch(" || holds(behind, "body"))
        })
    };
    let of_worker = || holds(text, "self.addEventListener|self.onfetch|respondWith(");
    if holds(text, "request.clone()|req.clone()|r.clone()")
        && holds(text, HELD)
        && of_worker()
        && (holds(text, CHANGES) || holds(&text.to_ascii_lowercase(), VALUED))
        && (unheard("fetch(") || unheard("sendBeacon("))
    {
        return true;
    }
    holds(text, READS)
        && holds(text, "request.clone()|req.clone()|r.clone()|event.request|.request.clone()")
        && !holds(text, "response.clone()|res.clone()|resp.clone()")
        && holds(&text.to_ascii_lowercase(), VALUED)
        && text.match_indices("fetch(").take(super::MAX_PLACES).any(|(at, _)| sends(at))
}

/// The host of an address behind its scheme, where it is written out and another machine's.
pub(super) fn elsewhere(url: &str) -> Option<String> {
    let is_plain = |host: &String| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    hosts::elsewhere(url).filter(is_plain)
}

fn takes(text: &str) -> bool {
    const HEARS: &str = "'input'|\"input\"|'change'|\"change\"|'submit'|\"submit\"|'keyup'|\"keyup\"|'keydown'|\"keydown\"|'keypress'|\"keypress\"|\
        'blur'|\"blur\"|onkeyup|onkeydown|onkeypress|oninput|onsubmit|onchange";
    const ALL: &str = "document.addEventListener|window.addEventListener|querySelectorAll(|$(document)|document.on|body.addEventListener|forms[|\
        document.forms|getElementsByTagName|$('input|$(\"input|$('form|$(\"form|document.querySelector|getElementById";
    const TYPED: &str = ".value|.key|FormData(|.serialize(|.val()";
    const GIVES: &str = "sendBeacon(|.src|fetch(|XMLHttpRequest|WebSocket|$.post|$.get|$.ajax|axios|navigator.send";
    const VALUED: &str = "card|cvv|cvc|cc-|ccnum|password|passwd|ssn|iban|btoa(|keypress|keydown|keyup|pan|expir|querySelectorAll('input|\
        querySelectorAll(\"input|target.name";
    const WHOLE_FORM: &str = "FormData(f|FormData(e|FormData(t|FormData(d|FormData(this|.serialize()|serialize(f";
    const EACH_FORM: &str = "querySelectorAll('form|querySelectorAll(\"form|document.forms|document.addEventListener(|window.addEventListener(";
    const EACH_KEY: &str = "document.addEventListener('input'|document.addEventListener(\"input\"|document.addEventListener('change'|\
        document.addEventListener(\"change\"|window.addEventListener('input'|window.addEventListener(\"input\"";
    const UNANSWERED: &str = "sendBeacon(|.src|WebSocket|btoa(|no-cors|keypress|keydown|keyup";
    const NEAR: usize = 400;
    let gives = parts(GIVES).flat_map(|word| text.match_indices(word).take(super::MAX_PLACES));
    gives.map(|(at, _)| at).any(|at| {
        let around = spans::around(text, at, NEAR);
        let behind = spans::behind(text, at, NEAR / 2);
        let goes_away = || behind.split_once("//").is_some_and(|(_, url)| elsewhere(url).is_some());
        // A form as a whole that goes where nobody answers is a copy of it.
        let copies = || {
            holds(behind, "sendBeacon(|.src") && holds(behind, WHOLE_FORM)
                || holds(behind, "no-cors|keepalive") && holds(around, EACH_FORM) && holds(around, WHOLE_FORM)
        };
        let each_key = || holds(around, EACH_KEY) && holds(behind, "sendBeacon(|no-cors");
        let takes_some =
            || holds(around, ALL) && holds(around, TYPED) && (each_key() || holds(&around.to_lowercase(), VALUED));
        // What a shop asks its own service is a request with an answer; what is taken needs none.
        let needs_none = || holds(around, UNANSWERED) || !around.contains("preventDefault");
        goes_away() && holds(around, HEARS) && (copies() || takes_some() && needs_none())
    })
}

/// Whether a page's script takes cookies or what a page keeps to another machine: its host.
pub(super) fn given_away(script: &str) -> Option<String> {
    const KEPT: &str = "document.cookie|localStorage|sessionStorage|indexedDB|navigator.credentials";
    const SENDS: &str = "fetch(|XMLHttpRequest|sendBeacon|Image(|.src|WebSocket|location|window.open|.submit(|import(|\
        axios";
    if !holds(script, KEPT) || !holds(script, SENDS) {
        return None;
    }
    script.match_indices("//").find_map(|(at, _)| elsewhere(&script[at + 2..]))
}
