//! What comes in from strangers and is brought to life: formats whose reader runs what the text says.

use std::cell::LazyCell;

use super::source::{Written, code_lines, folded};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

const FORMS: &str = "py|rb|php|java|kt|kts|scala|cs|js|mjs|cjs|ts|tsx|mts|cts|go|groovy|pl|ex|exs";

/// Readers that run what they read, in small letters and without blanks.
const REVIVES: &str = "pickle.loads(|pickle.load(|cpickle.loads(|dill.loads(|dill.load(|cloudpickle.loads(|jsonpickle.decode(|marshal.loads(|marshal.load(|\
    joblib.load(|unserialize(|.readobject()|binaryformatter|netdatacontractserializer|losformatter|objectstateformatter|xmldecoder(|\
    yaml.unsafe_load(|yaml.unsafe_load_all(|yaml.full_load(|yaml.load(|yaml.load_file(|oj.load(|binary_to_term(|serialize.unserialize(|\
    node-serialize|funcster|eval(|new function(|fromxml(|readunshared(|shelve.open(|vm.runinnewcontext(|vm.runinthiscontext(";

/// Readers that do so only where they are told to, and by what.
const REVIVES_IF: &[(&str, &str)] = &[
    ("torch.load(", "weights_only=false"),
    ("np.load(", "allow_pickle=true"),
    ("numpy.load(", "allow_pickle=true"),
    ("read_pickle(", "(\"http"),
    ("read_pickle(", "('http"),
];

/// Readers of .NET that do so by a call whose name tells nothing.
const FORMATTERS: &str =
    "binaryformatter|netdatacontractserializer|losformatter|soapformatter|typenamehandling.all|typenamehandling.auto";

/// What gets something from another machine, in small letters, and what is done before that is believed.
const FETCHES: &str = "urlopen(|requests.get(|requests.post(|requests.request(|session.get(\"http|httpx.|client.get(|.recv(|recvfrom(|uri.open(|open-uri|net::http|\
    file_get_contents('http|file_get_contents(\"http|curl_exec(|httpclient|.openstream()|faraday.|httparty.|await fetch(|axios.|http.get(|\
    urlretrieve(|getinputstream()|websocket.receive|.receive_bytes(|getstreamasync(|getbytearrayasync(|getstringasync(|downloaddata(|downloadstring(|httpoison.|req.get!(|tesla.get";
const VERIFIES: &str = "verif|signature|sha256|sha512|checksum|hmac|digest|ed25519|integrity";

/// What makes the same readers harmless.
const SAFE: &str = "safeloader|csafeloader|safe_load|safe:true|:safe|allowed_classes|permitted_classes|safe])|objectinputfilter|js-yaml|loader=yaml.safe";

/// What somebody sent, in small letters.
const SENT: &str = "cookie|request|req.|req[|.body|params[|params.|payload|header|upload|untrusted|query|$_get|$_post|$_request|message.data|\
    msg.body|event.data|event[|input(|formdata|php://input|getinputstream|session_data|sessiondata|webhook|token|.files";

/// Words that leave a reader less careful where it was careful.
const LOOSENED: &[(&str, &str)] = &[
    ("yaml.safe_load", "yaml.load(|yaml.unsafe_load|yaml.full_load"),
    ("safeloader", "loader=yaml.loader|unsafeloader|loader=loader|fullloader"),
    ("weights_only=true", "weights_only=false"),
    ("allow_pickle=false", "allow_pickle=true"),
    ("typenamehandling.none", "typenamehandling.all|typenamehandling.auto|typenamehandling.objects"),
    ("allowed_classes'=>false", "allowed_classes'=>true"),
    ("jsonserializer", BRINGS_TO_LIFE),
    ("jsonconvert.", BRINGS_TO_LIFE),
    ("readvalue(", BRINGS_TO_LIFE),
    ("fromjson(", BRINGS_TO_LIFE),
    ("json.loads(", BRINGS_TO_LIFE),
    ("json.load(", BRINGS_TO_LIFE),
    ("json.parse(", BRINGS_TO_LIFE),
    ("json_decode(", BRINGS_TO_LIFE),
    ("datacontractserializer", BRINGS_TO_LIFE),
    ("disallow-doctype-decl\",true", "disallow-doctype-decl\",false"),
    ("external-general-entities\",false", "external-general-entities\",true"),
    ("external-parameter-entities\",false", "external-parameter-entities\",true"),
    ("load-external-dtd\",false", "load-external-dtd\",true"),
    ("feature_secure_processing,true", "feature_secure_processing,false"),
    ("setexpandentityreferences(false)", "setexpandentityreferences(true)"),
    ("resolve_entities=false", "resolve_entities=true"),
    ("no_network=true", "no_network=false"),
    ("dtdprocessing.prohibit", "dtdprocessing.parse"),
    ("dtdprocessing.ignore", "dtdprocessing.parse"),
    ("xmlresolver=null", "xmlresolver=newxmlurlresolver"),
    ("libxml_nonet", "libxml_noent"),
    ("libxml_disable_entity_loader(true)", "libxml_disable_entity_loader(false)"),
    ("noent:false", "noent:true"),
    ("defusedxml", "importxml.|fromxml.|fromlxml|importlxml|xml.etree|xml.dom|xml.sax"),
    ("config.nonet", "config.noent"),
    ("is_supporting_external_entities,false", "is_supporting_external_entities,true"),
    ("support_dtd,false", "support_dtd,true"),
];

/// Readers that run what they read, where one stood that reads and does no more.
const BRINGS_TO_LIFE: &str = "binaryformatter|netdatacontractserializer|losformatter|soapformatter|objectstateformatter|pickle.load|marshal.load|dill.load|\
    jsonpickle|unserialize(|.readobject()|objectinputstream|xmldecoder|yaml.load(|yaml.unsafe_load|typenamehandling.all|typenamehandling.auto|xstream|\
    binary_to_term|eval(|newfunction(|storable::|marshal.loads";

/// How far the argument of a reader is read, and how far what gave it stands before, in bytes.
const NEAR: usize = 120;

/// Whether a text brings to life what somebody sent, or reads less carefully than the one before it.
pub(super) fn are_run(written: &Written<'_>) -> bool {
    written.is_form(FORMS)
        && written.holds("load|serialize|readObject|ormatter|eval(|Function(|decode(|binary_to_term|fromXML|XMLDecoder|vm.|weights_only|TypeName|allow_pickle|XStream|octype|ntit|DtdProc|DTD|NOENT|noent|xml|secure_proc|SECURE_PROC")
        && !written.is_tried()
        && (written.gains(revives) || written.before.is_some_and(|before| is_loosened(&written.text, before)))
}

fn revives(text: &str) -> bool {
    let code: String = code_lines(text).map(|line| line.to_ascii_lowercase() + "\n").collect();
    let at = |reader| code.match_indices(reader).take(super::MAX_PLACES).map(|(at, _)| at);
    parts(REVIVES).any(|reader| at(reader).any(|at| is_of_stranger(&code, at))) || revives_fetched(&code)
}

/// Whether what another machine served is brought to life unproven, be it by a name that it was given.
fn revives_fetched(code: &str) -> bool {
    if !holds(code, FETCHES) || holds(code, VERIFIES) || code.contains("js-yaml") {
        return false;
    }
    let names = LazyCell::new(|| fetched(code));
    let is_name = |word: &str| names.contains(&word);
    let is_given = |at: usize| {
        let line = code[at..].split('\n').next().unwrap_or_default();
        let given = spans::start(line, NEAR).split_once('(').map_or("", |(_, given)| given);
        let asked = REVIVES_IF.iter().find(|(reader, _)| line.starts_with(reader));
        asked.is_none_or(|(_, asked)| line.replace(' ', "").contains(asked))
            && !holds(line, SAFE)
            && (holds(given, FETCHES) || words(given).any(is_name))
    };
    let readers = REVIVES_IF.iter().map(|(reader, _)| *reader);
    let whole = parts(REVIVES).filter(|reader| reader.ends_with('('));
    let of_object = holds(code, FORMATTERS).then_some(".deserialize(");
    whole.chain(readers).chain(of_object).any(|reader| {
        code.match_indices(reader).take(super::MAX_PLACES).any(|(at, _)| {
            let goes_on = code[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_');
            (!goes_on || reader.starts_with('.')) && is_given(at)
        })
    })
}

/// The names that are given to what another machine serves, and to what is made of that: `r = requests.get(…)`, `with urlopen(…) as r`.
fn fetched(code: &str) -> Vec<&str> {
    const MOST: usize = 16;
    let mut names: Vec<&str> = Vec::new();
    for line in code.lines().filter(|line| line.contains('=') || line.contains(" as ")) {
        let (name, value) = match line.split_once(" as ") {
            Some((value, name)) if !line.trim_start().starts_with("import") => (name, value),
            _ => line.split_once('=').unwrap_or_default(),
        };
        let name = name.trim_end_matches([':', ' ']).split([':', ',']).next().and_then(|name| words(name).last());
        let is_fetched = holds(value, FETCHES) || words(value).any(|word| names.contains(&word));
        names.extend(name.filter(|name| is_fetched && !names.contains(name)));
        if names.len() >= MOST {
            break;
        }
    }
    names
}

/// The names in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}

/// Whether a reader that stands somewhere is given what a stranger sent.
fn is_of_stranger(code: &str, at: usize) -> bool {
    let is_whole = !code[..at].ends_with(|char: char| char.is_alphanumeric() || "_.".contains(char));
    let of_object = code[at..].starts_with('.') || code[at..].starts_with("binary") || code[at..].starts_with("node-");
    let line = code[at..].split('\n').next().unwrap_or_default();
    let given = spans::start(line, NEAR);
    let around = spans::around(code, at, NEAR);
    let sent = if of_object { around } else { given };
    (is_whole || of_object) && holds(sent, SENT) && !holds(around, SAFE)
}

fn is_loosened(text: &str, before: &str) -> bool {
    let (had, has) = (folded(before), folded(text));
    LOOSENED.iter().any(|(careful, careless)| {
        had.contains(careful) && !has.contains(careful) && !holds(&had, careless) && holds(&has, careless)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_have_brought_to_life_is_seen() {
        for (name, before, text, seen) in [
            ("a.py", None, "return pickle.loads(base64.b64decode(cookie))", true),
            ("a.py", None, "model = pickle.loads(path.read_bytes())", false),
            ("a.py", Some("yaml.safe_load(text)"), "yaml.load(text, Loader=yaml.Loader)", true),
            ("a.php", None, "$cart = unserialize($_COOKIE['cart']);", true),
            ("a.php", None, "$cart = unserialize($_COOKIE['cart'], ['allowed_classes' => false]);", false),
            ("a.rb", None, "Marshal.load(Base64.decode64(cookies[:cart]))", true),
            ("a.js", None, "const v = JSON.parse(req.body.filter);", false),
            ("a.js", None, "const v = eval(req.body.filter);", true),
            ("a.py", None, "with urlopen(URL) as r:\n    return pickle.loads(r.read())", true),
            ("a.py", None, "with open(PATH, 'rb') as r:\n    return pickle.load(r)\nrequests.get(URL)", false),
            ("a.py", None, "r = requests.get(URL)\ncheck_sha256(r.content)\npickle.loads(r.content)", false),
            ("a.py", None, "r = requests.get(URL)\ntorch.load(BytesIO(r.content), weights_only=False)", true),
            ("a.py", None, "r = requests.get(URL)\ntorch.load(BytesIO(r.content))", false),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(are_run(&Written::of(text, before, &path)), seen, "{text}");
        }
    }
}
