//! Programs that read files and write what they read, as it is or changed.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read, single, spec};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use super::merged;
use super::tables::throwaway;
use crate::policy::effects::Kind;
use crate::policy::places::{self, Place};
use crate::policy::secrets::{
    Secrecy, is_sought, is_sought_in_typed, keeps_settings, keeps_what_was_typed, seeks_settings, tree_secrecy,
};

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "cat" | "gcat" | "pv" => cat,
        "head" | "tail" | "less" | "more" | "most" | "nl" | "od" | "hexdump" | "hd" | "strings" | "bat" | "batcat"
        | "fold" | "fmt" | "column" | "paste" | "expand" | "unexpand" | "pr" | "view" | "zcat" | "xzcat" | "bzcat"
        | "zless" | "look" | "ul" | "mdcat" | "glow" | "csvcut" | "lesskey" => filter,
        "sort" | "uniq" | "wc" | "comm" | "join" | "diff" | "cmp" | "shuf" | "tsort" | "split" | "csplit" | "date"
        | "vimdiff" => filter,
        "grep" | "egrep" | "fgrep" | "rg" | "ag" | "ack" | "zgrep" | "ugrep" => search,
        "awk" | "gawk" | "mawk" | "nawk" | "jq" | "yq" | "tomlq" | "xq" => script,
        "iconv" => iconv,
        "base64" | "base32" | "basenc" => based,
        "xxd" => xxd,
        "uudecode" => decode_all,
        "openssl" => openssl,
        "gpg" | "gpg2" | "age" => gpg,
        "gzip" | "gunzip" | "bzip2" | "bunzip2" | "xz" | "unxz" | "zstd" | "unzstd" | "lz4" | "pigz" => compress,
        "vi" | "vim" | "nvim" | "nano" | "ed" | "ex" | "code" => edit,
        "printenv" => printenv,
        "getent" => getent,
        _ => return None,
    })
}

/// Options of the common readers that take a value.
const FILTER: Spec = spec(
    "ncdfstkSTwjNAgpbo",
    &[
        "lines=",
        "bytes=",
        "delimiter=",
        "fields=",
        "output=",
        "files0-from=",
        "key=",
        "field-separator=",
        "help",
        "version",
        "width=",
        "file=",
        "reference=",
        "parallel=",
        "buffer-size=",
        "temporary-directory=",
        "date=",
        "iso-8601?",
        "rfc-3339=",
        "set=",
        "format=",
        "read-bytes=",
        "skip-bytes=",
        "characters=",
        "output-delimiter=",
    ],
);

/// The texts of what operands name, or of standard input where they name nothing.
pub(super) fn inputs(machine: &mut Machine<'_>, state: &State, operands: &[Text]) -> Vec<Text> {
    if operands.is_empty() {
        return vec![machine.input(state, 0)];
    }
    let mut texts = Vec::new();
    for operand in operands {
        if operand.shown() == "-" {
            texts.push(machine.input(state, 0));
        } else {
            texts.push(machine.read_each(state, operand));
        }
    }
    texts
}

/// Origins of texts; unknown where nothing tells. Most programs of this file end before their input does.
fn origin(texts: &[Text]) -> Origin {
    let all = texts.iter().filter_map(Text::origin).fold(Origin::UNKNOWN, Origin::and);
    Origin { endless: false, ..all }
}

/// The output of a program that leaves only some of what it reads: no list of names is whole behind it.
pub(super) fn emits_some(machine: &mut Machine<'_>, state: &mut State, texts: &[Text]) {
    if texts.iter().all(Text::is_empty) {
        return;
    }
    machine.emit(state, 1, Text::hole(Origin { listed: false, ..origin(texts) }));
}

/// The output of a program that changes what it reads.
pub(super) fn emits_changed(machine: &mut Machine<'_>, state: &mut State, texts: &[Text]) {
    if texts.iter().all(Text::is_empty) {
        return;
    }
    let origin = origin(texts);
    machine.emit(state, 1, Text::hole(origin));
}

fn cat(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let short = if call.name == "pv" { "LsNiwHBDdEF" } else { "" };
    let options = read(&call.args, &spec(short, &["help", "version"]));
    if options.is_help() {
        return;
    }
    for text in inputs(machine, state, &options.operands) {
        machine.emit(state, 1, text);
    }
    state.status = Some(true);
}

fn filter(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = match call.name.as_str() {
        "od" | "hexdump" => read(&call.args, &Spec { short: "AjNStw", ..FILTER }),
        "strings" => read(&call.args, &Spec { short: "nteTs", ..FILTER }),
        "less" | "more" => read(&call.args, &Spec { short: "bhjkopPtTxyz", ..FILTER }),
        "head" | "tail" => read(&call.args, &Spec { short: "nc", ..FILTER }),
        "sort" => read(&call.args, &Spec { short: "kotST", ..FILTER }),
        "diff" | "cmp" | "wc" | "bat" | "comm" | "nl" => read(&call.args, &Spec { short: "", ..FILTER }),
        "date" => read(&call.args, &Spec { short: "dfrs", ..FILTER }),
        _ => read(&call.args, &FILTER),
    };
    if options.is_help() {
        return;
    }
    let mut named: Vec<Text> = options.values(&["files0-from", "file"]).cloned().collect();
    match call.name.as_str() {
        "date" => {
            named.extend(options.values(&["f", "r", "reference"]).cloned());
            named.iter().for_each(|file| _ = machine.read_file(state, file));
            machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
            return;
        }
        "less" => named.extend(options.values(&["k"]).cloned()),
        _ => {}
    }
    if call.name == "sort"
        && let Some(path) = options.value(&["o", "output"]).and_then(|file| machine.path(state, file))
    {
        machine.writes(state, &path, false);
    }
    named.iter().for_each(|file| _ = machine.read_file(state, file));
    let operands =
        if call.name == "uniq" { options.operands.get(..1).unwrap_or_default() } else { options.operands.as_slice() };
    let texts = inputs(machine, state, operands);
    // `tail -n +3` and `head -n -3` leave all but a few.
    let nearly_all = |arg: &Text| {
        let shown = arg.shown();
        let count = shown.trim_start_matches("-n").trim_start_matches("--lines=");
        count.starts_with('+') || call.name == "head" && count.starts_with('-') && count.len() < shown.len()
    };
    if matches!(call.name.as_str(), "head" | "tail" | "comm" | "join" | "look" | "wc")
        && !call.args.iter().any(nearly_all)
    {
        return emits_some(machine, state, &texts);
    }
    if matches!(call.name.as_str(), "split" | "csplit") {
        let prefix = options.operands.get(1).cloned().unwrap_or_else(|| Text::known("x"));
        if let Some(path) = machine.path(state, &prefix) {
            texts.iter().for_each(|text| machine.receives(&path, text));
        }
        return;
    }
    // All but a few of the names that a pattern stands for are as good as all.
    if matches!(call.name.as_str(), "head" | "tail" | "sort") && texts.iter().any(Text::has_glob) {
        return texts.into_iter().for_each(|text| machine.emit(state, 1, text));
    }
    emits_changed(machine, state, &texts);
}

/// Words in a pattern that look for credentials.
const SECRET_PATTERNS: &[&str] =
    &["akia", "secret", "private key", "password", "passwd", "api_key", "apikey", "token", "ghp_", "sk-", "begin rsa"];

fn looks_for_secrets(pattern: &str) -> bool {
    let lower = pattern.to_lowercase();
    SECRET_PATTERNS.iter().any(|word| lower.contains(word))
}

/// Options by which a search shows other lines than those it looks for, or looks for more than one thing.
const SHOW_MORE: &[&str] = &[
    "v",
    "invert-match",
    "e",
    "regexp",
    "f",
    "file",
    "A",
    "after-context",
    "B",
    "before-context",
    "C",
    "context",
    "z",
    "null-data",
    "pre",
    "passthru",
    "U",
    "multiline",
];

fn search(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = spec(
        if call.name == "rg" { "efmABCdgtTMEjr" } else { "efmABCdD" },
        &[
            "regexp=",
            "file=",
            "exclude=",
            "exclude-from=",
            "exclude-dir=",
            "include=",
            "max-count=",
            "context=",
            "after-context=",
            "before-context=",
            "label=",
            "recursive",
            "dereference-recursive",
            "help",
            "version",
            "glob=",
            "type=",
            "type-not=",
            "pre=",
            "pre-glob=",
            "ignore-file=",
            "max-depth=",
            "replace=",
            "color?",
            "colour?",
            "no-config",
            "follow",
            "files",
            "binary-files=",
            "directories=",
            "devices=",
            "sort=",
            "threads=",
            "encoding=",
        ],
    );
    let options = read(&call.args, &spec);
    if options.is_help() {
        return;
    }
    for file in options.values(&["f", "file", "exclude-from", "ignore-file"]).cloned().collect::<Vec<_>>() {
        let _ = machine.read_file(state, &file);
    }
    if let Some(code) = options.value(&["pre"]).cloned() {
        machine.code(state, &code, Vec::new());
    }
    let has_pattern = options.has(&["e", "regexp", "f", "file", "files"]);
    if !options.has(&["v", "invert-match"])
        && let Some(pattern) = options.value(&["e", "regexp"]).or(options.operands.first())
    {
        merged::sought(state, &pattern.shown());
    }
    let pattern = options.operands.first().or(options.value(&["e", "regexp"])).map(Text::shown).unwrap_or_default();
    let files = options.operands.get(usize::from(!has_pattern)..).unwrap_or_default();
    let recursive = options.has(&["r", "R", "recursive", "dereference-recursive"])
        || matches!(call.name.as_str(), "rg" | "ag" | "ack");
    let mut texts = if files.is_empty() && !recursive { vec![machine.input(state, 0)] } else { Vec::new() };
    let of_settings = !options.has(SHOW_MORE) && seeks_settings(&pattern);
    for file in files {
        let path = machine.path(state, file);
        if of_settings && path.is_some_and(|path| keeps_settings(&path)) {
            texts.push(Text::hole(Origin::UNKNOWN));
            continue;
        }
        texts.push(machine.read_each(state, file));
        let Some(path) = machine.path(state, file) else { continue };
        // Whoever looks for keys in all of the home shows those that are there.
        let of_home = || machine.facts.home().is_some_and(|home| places::is_within(home, &path));
        let hunts = || is_sought(&pattern) && of_home();
        if recursive && (tree_secrecy(&path) == Secrecy::Credential || hunts()) {
            machine.note(Kind::SecretRead, path.clone(), machine.place(&path), false, Origin::SECRET);
        }
        if keeps_what_was_typed(&path) && is_sought_in_typed(&pattern) {
            machine.note(Kind::SecretHunt, path.clone(), machine.place(&path), false, Origin::SECRET);
        }
        let folder = recursive && machine.look(&path) == crate::policy::facts::Look::Folder;
        if folder && looks_for_secrets(&pattern) {
            texts.push(Text::hole(Origin::SECRET));
        }
    }
    if recursive && options.has(&["files"]) && options.operands.is_empty() && !options.has(&["g", "glob", "t", "type"])
    {
        texts.push(Text::hole(Origin::LISTED));
    }
    if super::tables::is_watcher(&pattern) && !options.has(&["v", "invert-match"]) {
        texts.push(Text::hole(Origin::GUARDING));
    }
    // `grep -v keep`, `grep '^??'`: it leaves nearly all.
    if let [names] = texts.as_slice()
        && options.has(&["v", "invert-match"])
        && names.has_glob()
    {
        return machine.emit(state, 1, names.clone());
    }
    if options.has(&["l", "files-with-matches"]) {
        for file in files {
            let mut named = file.clone();
            if recursive && !file.has_glob() {
                named.push_known("/found", false);
            }
            machine.emit(state, 1, named);
            machine.emit(state, 1, Text::known("\n"));
        }
    }
    if options.has(&["v", "invert-match", "files"]) || !pattern.contains(|char: char| char.is_ascii_alphanumeric()) {
        return emits_changed(machine, state, &texts);
    }
    let pattern = Some(pattern).filter(|_| files.is_empty() && !recursive);
    emits_sought(machine, state, &texts, pattern.as_deref());
}

/// Of lines those that have a word of tests, where that is what is looked for; else some.
fn emits_sought(machine: &mut Machine<'_>, state: &mut State, texts: &[Text], pattern: Option<&str>) {
    let origin = Origin { listed: false, ..origin(texts) };
    match pattern.and_then(|pattern| throwaway::sought(pattern, origin)) {
        Some(found) => machine.emit(state, 1, found),
        None => emits_some(machine, state, texts),
    }
}

/// The files of which more is shown than the lines of settings that a pattern is for.
pub(super) fn without_settings(
    machine: &Machine<'_>,
    state: &State,
    pattern: Option<&str>,
    files: &[Text],
) -> Vec<Text> {
    let of_settings = pattern.is_some_and(seeks_settings);
    let keeps = |file: &Text| machine.path(state, file).is_some_and(|path| keeps_settings(&path));
    files.iter().filter(|file| !of_settings || !keeps(file)).cloned().collect()
}

/// What a script of `awk` or `jq` looks for, where that is what it begins with.
fn pattern_of(code: &str, is_awk: bool) -> Option<&str> {
    if is_awk {
        return code.trim_start().strip_prefix('/')?.split('/').next();
    }
    let asks = ["startswith(\"", "contains(\"", "test(\""];
    let (_, rest) = asks.iter().find_map(|ask| code.split_once(ask)).filter(|_| !code.contains("not"))?;
    rest.split('"').next()
}

/// A program whose first operand is a script, and the others files.
fn script(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let is_awk = call.name.contains("awk");
    let spec = if is_awk {
        spec("vFfEi", &["assign=", "field-separator=", "file=", "help", "version"])
    } else {
        spec("fL", &["from-file=", "help", "version", "indent="])
    };
    let mut args = call.args.clone();
    let mut named: Vec<Text> = Vec::new();
    if !is_awk {
        // `--arg name value` and its kin.
        while let Some(at) = args
            .iter()
            .position(|arg| matches!(arg.shown().as_str(), "--arg" | "--argjson" | "--slurpfile" | "--rawfile"))
        {
            if let Some(value) = args.get(at + 2).cloned() {
                named.push(if args[at].shown().ends_with("file") { machine.read_file(state, &value) } else { value });
            }
            args.drain(at..(at + 3).min(args.len()));
        }
    }
    let options = read(&args, &spec);
    if options.is_help() || options.has(&["h", "V"]) {
        return;
    }
    let from_file = options.has(&["f", "file", "from-file"]);
    let code = if from_file { None } else { options.operands.first() };
    let files = options.operands.get(usize::from(!from_file)..).unwrap_or_default();
    if let Some(code) = code.filter(|_| options.has(&["e", "exit-status"])) {
        merged::sought(state, &code.shown());
    }
    let reads_input = !code.is_some_and(|code| {
        code.shown().trim_start().starts_with("BEGIN")
            && !code.shown().contains("} ")
            && is_awk
            && !code.shown().contains("getline")
    });
    let fed = if files.is_empty() { machine.input(state, 0).origin().unwrap_or_default() } else { Origin::UNKNOWN };
    for file in options.values(&["f", "file"]).filter(|_| is_awk).cloned().collect::<Vec<_>>() {
        let code = machine.read_file(state, &file);
        super::code::awk::run(machine, state, &code.encoded(), fed);
    }
    if let Some(code) = code.filter(|_| is_awk) {
        super::code::awk::run(machine, state, &code.encoded(), fed);
    }
    if let Some(code) = code.filter(|_| !is_awk) {
        super::builds::assigns_scripts(machine, state, &code.encoded());
    }
    let reads_input = reads_input && (is_awk || !options.has(&["n", "null-input"]));
    let seeks = code.filter(|_| is_awk).map(Text::shown);
    let shown = without_settings(machine, state, seeks.as_deref().and_then(|code| pattern_of(code, is_awk)), files);
    let reads_nothing = files.is_empty() && !reads_input || shown.is_empty() && !files.is_empty();
    let mut texts = if reads_nothing { Vec::new() } else { inputs(machine, state, &shown) };
    texts.extend(named);
    if is_awk && code.is_some_and(|code| code.shown().contains('/') && super::tables::is_watcher(&code.shown())) {
        texts.push(Text::hole(Origin::GUARDING));
    }
    let all = code.is_some_and(|code| {
        let code = code.shown();
        is_awk && (code.trim_start().starts_with('{') || code.contains("??") || code.contains("\\?\\?"))
    });
    let begins = code.filter(|_| is_awk).and_then(|code| super::code::awk::begins(&code.encoded()));
    let has_text = texts.iter().any(|text| !text.is_empty());
    match begins.filter(|_| has_text) {
        Some(begins) => {
            let origin = origin(&texts);
            emits_behind(machine, state, &begins, Origin { listed: all && origin.listed, ..origin });
        }
        None if all => emits_changed(machine, state, &texts),
        None => {
            let code = code.map(Text::shown).unwrap_or_default();
            let is_raw = options.has(&["r", "raw-output", "j", "join-output", "raw-output0"]);
            if let Some(fields) = fields_of(&code).filter(|_| call.name == "jq" && !is_raw && has_text) {
                return emits_behind(machine, state, &fields, origin(&texts));
            }
            emits_sought(machine, state, &texts, pattern_of(&code, is_awk));
        }
    }
}

/// The fields of the objects that a script of `jq` makes, as far as it names them, with the texts that it gives them itself.
fn fields_of(code: &str) -> Option<String> {
    const MOST: usize = 32;
    let mut fields = Vec::new();
    for part in code.split(['{', ',']).skip(1).take(MOST) {
        let Some((name, value)) = part.split_once(':') else { continue };
        let name = name.trim().trim_matches('"');
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
            continue;
        }
        let text = value.trim_start().strip_prefix('"').and_then(|value| value.split('"').next());
        let text = text.filter(|text| !text.contains('\\'));
        fields.push(text.map_or_else(|| format!("\"{name}\":"), |text| format!("\"{name}\":\"{text}\"")));
    }
    (!fields.is_empty()).then(|| format!("{{{}", fields.join(",")))
}

/// Lines that begin with a text, and of whose rest only the origin is known.
pub(super) fn emits_behind(machine: &mut Machine<'_>, state: &mut State, begins: &str, origin: Origin) {
    let mut line = Text::decoded(begins);
    line.push_hole(origin);
    line.push_known("\n", false);
    machine.emit(state, 1, line);
}

/// What stands before a text that is written with two bytes a character, as PowerShell is given code in base 64: whoever reads the
/// command can read it still. No text of a shell has this character.
pub(super) const WIDE: char = '\0';

/// `iconv`: a text in other bytes, for PowerShell where these are two a character.
fn iconv(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = spec("fto", &["from-code=", "to-code=", "output="]);
    let options = read(&call.args, &spec);
    let is_wide =
        options.value(&["t", "to-code"]).is_some_and(|to| to.shown().to_ascii_uppercase().starts_with("UTF-16LE"));
    match (is_wide, options.operands.as_slice(), machine.input(state, 0).as_known()) {
        (true, [], Some(text)) => machine.emit(state, 1, Text::known(format!("{WIDE}{text}"))),
        _ => filter(machine, call, state),
    }
}

fn based(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = spec("w", &["decode", "wrap=", "ignore-garbage", "help", "version"]);
    let options = read(&call.args, &spec);
    if options.is_help() {
        return;
    }
    let decodes = options.has(&["d", "D", "decode"]);
    let texts = inputs(machine, state, &options.operands);
    if let [text] = texts.as_slice()
        && !decodes
        && text.prefix().starts_with(WIDE)
    {
        let text = text.clone();
        return machine.emit(state, 1, text);
    }
    transformed(machine, state, &texts, decodes);
}

/// Decoded text is what nobody can have read; encoded text is a secret still where it was one.
fn transformed(machine: &mut Machine<'_>, state: &mut State, texts: &[Text], decodes: bool) {
    machine.emit(state, 1, Text::hole(Origin { decoded: decodes, ..origin(texts) }));
}

fn xxd(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("cglnos", &["help", "version", "revert"]));
    if options.is_help() || options.has(&["h", "v"]) {
        return;
    }
    let texts = inputs(machine, state, options.operands.get(..1).unwrap_or_default());
    transformed(machine, state, &texts, options.has(&["r", "revert"]));
}

fn decode_all(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("o", &[]));
    let texts = inputs(machine, state, &options.operands);
    transformed(machine, state, &texts, true);
}

fn openssl(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some((command, args)) = call.args.split_first() else { return };
    let spec = single(&[
        "in=", "out=", "pass=", "k=", "K=", "iv=", "inkey=", "passin=", "passout=", "subj=", "days=", "newkey=",
        "keyout=", "connect=",
    ]);
    let options = read(args, &spec);
    let command = command.shown();
    if command == "s_client" {
        let host = options.value(&["connect"]).map(Text::shown).unwrap_or_default();
        let input = machine.input(state, 0);
        machine.sends(&host, input.origin().unwrap_or_default());
        machine.emit(state, 1, Text::hole(Origin::FETCHED));
        return;
    }
    let texts = match options.value(&["in"]) {
        Some(file) => vec![machine.read_each(state, &file.clone())],
        None => vec![machine.input(state, 0)],
    };
    if let Some(key) = options.value(&["in"]).filter(|_| takes_lock_off(&command, &options)).cloned()
        && machine.path(state, &key).is_some_and(|path| matches!(machine.place(&path), Place::Home | Place::HomeTree))
    {
        machine.unlocks(state, &key);
    }
    let text = Text::hole(Origin { decoded: options.has(&["d", "decrypt"]), ..origin(&texts) });
    machine.puts(state, options.value(&["out"]), text);
}

/// Whether a private key is written as it is, without a cipher.
fn takes_lock_off(command: &str, options: &Options) -> bool {
    const CIPHERS: &[&str] = &["aes", "des", "camellia", "aria", "seed", "idea", "chacha", "cipher"];
    let has_cipher = options.flags.iter().any(|flag| CIPHERS.iter().any(|cipher| flag.name.starts_with(cipher)));
    let is_plain = options.has(&["nodes", "noenc", "nocrypt"]);
    match command {
        "rsa" | "ec" | "dsa" | "pkey" => {
            !has_cipher && !options.has(&["pubin", "pubout", "noout", "RSAPublicKey_in", "RSAPublicKey_out"])
        }
        "pkcs8" => is_plain || !options.has(&["topk8"]),
        "pkcs12" => is_plain && !options.has(&["nokeys", "export", "noout"]),
        _ => false,
    }
}

fn gpg(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec(
            "ruoir",
            &["recipient=", "output=", "decrypt", "export-secret-keys", "passphrase=", "homedir=", "passwd"],
        ),
    );
    if options.has(&["export-secret-keys", "export-secret-subkeys"]) {
        machine.note(Kind::SecretRead, "secret keys".to_owned(), Default::default(), false, Origin::SECRET);
        machine.emit(state, 1, Text::hole(Origin::SECRET));
        return;
    }
    // A keyring of its own is one for trying things.
    let own = options.has(&["homedir"]) || state.variable("GNUPGHOME").is_some();
    let edits = options.has(&["edit-key"]) && options.operands.iter().any(|word| word.shown() == "passwd");
    if (edits || options.has(&["passwd", "change-passphrase", "delete-secret-keys", "delete-secret-and-public-key"]))
        && !own
    {
        return machine.act(Kind::SecretWrite, "secret keys");
    }
    let decodes = options.has(&["d", "decrypt"]);
    let texts = inputs(machine, state, &options.operands);
    transformed(machine, state, &texts, decodes);
}

fn compress(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options =
        read(&call.args, &spec("SoTb", &["suffix=", "help", "version", "stdout", "to-stdout", "keep", "decompress"]));
    if options.is_help() {
        return;
    }
    if options.operands.is_empty() || options.has(&["c", "stdout", "to-stdout"]) {
        let texts = inputs(machine, state, &options.operands);
        return emits_changed(machine, state, &texts);
    }
    let ending = match (options.value(&["S", "suffix"]), call.name.as_str()) {
        (Some(suffix), _) => suffix.shown(),
        (None, "bzip2") => ".bz2".to_owned(),
        (None, "xz") => ".xz".to_owned(),
        (None, "zstd") => ".zst".to_owned(),
        (None, "lz4") => ".lz4".to_owned(),
        _ => ".gz".to_owned(),
    };
    for operand in &options.operands {
        let text = machine.read_each(state, operand);
        if let Some(path) = machine.path(state, operand) {
            state.write(&format!("{path}{ending}"), Text::hole(text.origin().unwrap_or_default()), false);
        }
    }
}

/// An editor reads what it is given, and runs commands: on its command line, and, where nobody sits before it, from its input.
fn edit(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options: Options = read(&call.args, &spec("cuUStT", &["cmd="]));
    let (commands, files): (Vec<Text>, Vec<Text>) =
        options.operands.iter().cloned().partition(|operand| operand.prefix().starts_with('+'));
    let mut lines: Vec<Text> = options.values(&["c", "cmd"]).cloned().collect();
    lines.extend(commands.iter().map(|command| command.after(1)));
    for script in options.values(&["S"]).cloned().collect::<Vec<_>>() {
        lines.push(machine.read_file(state, &script));
    }
    let listens = matches!(call.name.as_str(), "ed" | "ex") || options.has(&["e", "E", "s"]);
    if listens && Machine::has_input(state) {
        lines.push(machine.input(state, 0));
    }
    for line in lines.iter().flat_map(|text| text.parts(&['\n', '|'])) {
        command_of_editor(machine, state, &line.encoded());
    }
    for file in &files {
        let _ = machine.read_file(state, file);
    }
}

/// `:!command`, `:%!command`, `:w !command`, and what calls of functions run or remove.
fn command_of_editor(machine: &mut Machine<'_>, state: &mut State, line: &str) {
    let starts = |before: &str| {
        before.is_empty()
            || before.ends_with([' ', '%', '"', '\'', '$', ',', ':', '.'])
            || before.ends_with(|char: char| char.is_ascii_digit())
    };
    let shell = line.match_indices('!').map(|(at, _)| at).find(|at| starts(&line[..*at]) && line.len() > at + 1);
    if let Some(at) = shell {
        machine.code(state, &Text::decoded(line[at + 1..].trim_end_matches(['"', '\''])), Vec::new());
    } else if let Some((_, inside)) = line.split_once("delete(") {
        if inside.contains("'rf'") || inside.contains("\"rf\"") {
            let path = super::code::path(machine, inside);
            machine.deletes(state, &path, true);
        }
    } else if line.contains('(') {
        super::code::run(machine, state, super::code::Language::Other, &Text::decoded(line));
    }
}

/// `getent passwd NAME`: where somebody's home is.
fn getent(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let words: Vec<String> = call.args.iter().map(Text::shown).filter(|word| !word.starts_with('-')).collect();
    let line = match words.as_slice() {
        [what, name] if what == "passwd" && call.args.iter().all(|arg| arg.origin().is_none()) => {
            let home = if name == "root" { "/root".to_owned() } else { format!("/home/{name}") };
            Text::known(format!("{name}:x:1000:1000::{home}:/bin/sh\n"))
        }
        _ => Text::hole(Origin::UNKNOWN),
    };
    machine.emit(state, 1, line);
}

fn printenv(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let origin = if call.args.is_empty() { Origin::SECRET } else { Origin::UNKNOWN };
    machine.emit(state, 1, Text::hole(origin));
}

impl Machine<'_> {
    /// What is read by a name that may be a glob: a secret where one of the files it matches is.
    pub(super) fn read_each(&mut self, state: &State, operand: &Text) -> Text {
        let text = self.read_file(state, operand);
        if operand.has_glob()
            && let Some(path) = self.path(state, operand)
            && self.holds_secret(state, &path)
        {
            return Text::hole(Origin::SECRET);
        }
        text
    }
}
