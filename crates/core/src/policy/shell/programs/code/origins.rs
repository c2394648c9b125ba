//! Where what code holds comes from, by its words: from a decoder, a network, the environment, the person; and whether the machines that
//! it names matter.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::{MAX_NAMES, has};
use crate::policy::hosts;
use crate::policy::lists::is;

/// Words of calls that decode, or turn a text into another that nobody reads in the code.
const DECODES: &[&str] = &[
    "b64decode",
    "b32decode",
    "b16decode",
    "b85decode",
    "a85decode",
    "fromhex",
    "unhexlify",
    "atob(",
    "'base64'",
    "\"base64\"",
    "'hex'",
    "decode_base64",
    "base64_decode",
    "Base64.decode",
    "Base64.strict_decode",
    "rot13",
    "ROT13",
    "decompress(",
    "gzinflate",
    "gzuncompress",
    "inflateSync",
    "gunzipSync",
    "strrev(",
    "decode64",
    "marshal.loads",
    "codecs.decode",
    "hex2bin",
    "fromCharCode",
    "map(chr",
    "chr(",
    "[::-1]",
    "reversed(",
    ".reverse",
    "reverse(",
    "reverse ",
    "pack(",
    "pack \"",
    "unpack(",
    "bytes([",
    "unescape(",
    "maketrans",
    "FromBase64",
    "base64enc",
    "base64.StdEncoding.Decode",
];

/// Words of calls that fetch.
const FETCHES: &[&str] = &[
    "__import__('requests')",
    "__import__('urllib')",
    "urlopen",
    "requests.get",
    "httpx.get",
    "urlretrieve",
    "fetch(",
    "axios.get",
    "http.get",
    "https.get",
    "http.Get",
    "LWP::",
    "get(\"http",
    "get('http",
    "get \"http",
    "Net::HTTP.get",
    "URI.open",
    "open-uri",
    "file_get_contents('http",
    "file_get_contents(\"http",
    "HTTP::Tiny",
    "HTTP.get",
    "HTTPoison.get",
    "Req.get",
    "http.request",
    "request('http",
    "request(\"http",
    "download(",
    "url(\"http",
    "url('http",
];

/// Expressions of the whole environment.
const ENVIRONMENT: &[&str] = &[
    "os.environ)",
    "os.environ,",
    "os.environ}",
    "os.environ.items()",
    "os.environ.copy())",
    "Object.entries(process.env)",
    "...process.env",
    "process.env)",
    "process.env,",
    "process.env}",
    "ENV.to_h",
    "ENV.inspect",
    "os.Environ()",
];

/// Where what an expression holds comes from.
pub(super) fn of(expression: &str) -> Origin {
    let all = ["os.environ", "process.env"].iter().any(|all| expression.ends_with(all));
    Origin { secret: all || has(expression, ENVIRONMENT), ..of_words(expression) }
}

/// Where what a whole piece of code says comes from; what it says of the environment as well.
pub(super) fn of_said(code: &str) -> Origin {
    const SAYS: &[&str] = &["print", "stdout", "console.log", "puts", "echo", "say", "cat("];
    if !has(code, SAYS) {
        return Origin::UNKNOWN;
    }
    Origin { secret: has(code, ENVIRONMENT), ..of_words(code) }
}

fn of_words(code: &str) -> Origin {
    Origin { decoded: decodes(code), fetched: has(code, FETCHES), ..Origin::UNKNOWN }
}

/// Whether code decodes something.
pub(super) fn decodes(code: &str) -> bool {
    has(code, DECODES)
}

/// Words of libraries that capture the screen, the clipboard, what is heard, seen or typed.
const CAPTURES: &[&str] = &[
    "ImageGrab",
    "pyautogui.screenshot",
    "pyscreenshot",
    "mss.mss",
    "mss()",
    "screenshot-desktop",
    "pyperclip.paste",
    "clipboard.paste",
    "clipboardy.read",
    "clipboard_get(",
    "Clipboard.GetText",
    "the clipboard",
    "VideoCapture(0",
    "sounddevice",
    "pyaudio",
    "pynput",
    "keyboard.on_press",
];

/// Where what is captured comes from, if code captures anything; its files are remembered.
pub(super) fn captured(machine: &Machine<'_>, state: &mut State, code: &str) -> Origin {
    // Rows of production are people's.
    if has(code, &["select ", "SELECT ", "read_sql"]) && reads_production(code) {
        return Origin::DUMPED;
    }
    if !has(code, CAPTURES) {
        return Origin::UNKNOWN;
    }
    keep(machine, state, code);
    Origin::DUMPED
}

/// Whether code takes the address of a database of production from its environment.
pub(super) fn reads_production(code: &str) -> bool {
    const OF_BASES: &str = "DATABASE|DB|POSTGRES|PG|MYSQL|MARIADB|MONGO|DSN|URL|URI";
    let mut names = code.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    names.any(|name| {
        name.contains('_')
            && !name.bytes().any(|byte| byte.is_ascii_lowercase())
            && name.split('_').any(|part| is(part, OF_BASES))
            && super::super::of_variable(name).live
    })
}

/// Remembers the files of pictures and sounds that code which captures names.
fn keep(machine: &Machine<'_>, state: &mut State, code: &str) {
    const ENDINGS: &[&str] = &[".png", ".jpg", ".jpeg", ".bmp", ".gif", ".wav", ".mp3", ".mp4", ".avi", ".webm"];
    let literals = code.split(['"', '\'']).filter(|text| ENDINGS.iter().any(|ending| text.ends_with(ending)));
    for literal in literals.take(MAX_NAMES) {
        if let Some(path) = machine.path(state, &Text::known(literal)) {
            state.write(&path, Text::hole(Origin::DUMPED), false);
        }
    }
}

/// The machines that code names by their addresses.
fn named(code: &str) -> impl Iterator<Item = String> {
    let hosts = code.match_indices("://").take(MAX_NAMES).map(|(at, _)| hosts::host(&code[at..]));
    hosts.filter(|host| !host.is_empty())
}

/// Machines that many take trained models from.
const HUBS: &[&str] =
    &["huggingface.co", "hf.co", "pytorch.org", "tensorflow.org", "storage.googleapis.com", "localhost", "127.0.0.1"];

/// Whether the machines that code names, if it names any, are not all known for handing out what is loaded.
pub(super) fn is_strange(code: &str) -> bool {
    let mut named = named(code).peekable();
    named.peek().is_none() && !code.contains("huggingface_hub")
        || named.any(|host| !HUBS.iter().any(|hub| host.ends_with(hub)))
}

/// Words of what is made to be thrown away.
const THROWAWAY: &[&str] = &[
    "localhost",
    "127.0.0.1",
    "[::1]",
    ":memory:",
    "fakeredis",
    "mongomock",
    "moto",
    "testcontainers",
    "MongoMemoryServer",
    "localstack",
    "ioredis-mock",
    "pg-mem",
    "_test",
    "test_",
    "-test",
    "/tmp/",
];

/// Whether the databases and clouds that code names are of this machine, or for tests: such words, and no other address.
pub(super) fn is_throwaway(code: &str) -> bool {
    named(code).all(|host| hosts::is_local(&host)) && has(code, THROWAWAY)
}
