//! PowerShell and `cmd`: what their lines show.

use super::super::machine::{Call, Machine};
use super::super::state::State;
use super::super::value::{HOLE, Origin, Text};
use super::readers::WIDE;
use super::tables::requests::{self, Request};
use super::{Program, has, uploads};
use crate::policy::effects::Kind::{
    self, CodeDecoded, CodeFetched, DiskWipe, NetShell, SafetyDisable, SystemPower, SystemStartup,
};
use crate::policy::hosts;
use crate::policy::lists::is;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "pwsh" | "powershell" | "pwsh-preview" => powershell,
        "cmd" => cmd,
        "mshta" | "regsvr32" | "rundll32" | "msiexec" => remote_code,
        "certutil" | "bitsadmin" => downloads,
        _ => return None,
    })
}

fn powershell(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let mut at = 0;
    while let Some(arg) = call.args.get(at) {
        let flag = arg.shown().to_ascii_lowercase();
        at += 1;
        // Any beginning of an option's name stands for it.
        let is = |name: &str| flag.strip_prefix('-').is_some_and(|given| !given.is_empty() && name.starts_with(given));
        if is("encodedcommand") || flag == "-ec" {
            if let Some(plain) = call.args.get(at).filter(|value| value.prefix().starts_with(WIDE)) {
                return code(machine, state, &plain.after(WIDE.len_utf8()));
            }
            if call.args.get(at).is_some_and(|value| !value.prefix().starts_with('-')) {
                machine.act(CodeDecoded, "an encoded command");
            }
            return;
        }
        if is("command") {
            if call.args.get(at).is_some_and(|value| value.shown() != "-") {
                let text = super::wrappers::joined(&call.inner(at));
                machine.runs_code(&text);
                return code(machine, state, &text);
            }
            continue;
        }
        if is("file") {
            if let Some(file) = call.args.get(at).cloned() {
                run_file(machine, state, &file);
            }
            return;
        }
        if matches!(flag.as_str(), "-version" | "-help" | "-h") {
            return;
        }
        if ["executionpolicy", "workingdirectory", "windowstyle", "inputformat", "outputformat", "configurationname"]
            .iter()
            .any(|name| is(name))
        {
            at += 1;
            continue;
        }
        if !flag.starts_with('-') {
            return if flag.ends_with(".ps1") {
                run_file(machine, state, &arg.clone());
            } else {
                // A command without its option, as the older one takes it.
                let text = super::wrappers::joined(&call.inner(at - 1));
                machine.runs_code(&text);
                code(machine, state, &text);
            };
        }
    }
    let text = machine.input(state, 0);
    machine.runs_code(&text);
    code(machine, state, &text);
    super::interpreters::typed(machine, state);
}

fn run_file(machine: &mut Machine<'_>, state: &mut State, file: &Text) {
    let text = machine.read_file(state, file);
    machine.runs_code(&text);
    code(machine, state, &text);
}

/// A command by its names, in lower case, and what it does.
const COMMANDS: &[(&[&str], Kind)] = &[
    (&["format-volume", "clear-disk", "initialize-disk", "remove-partition", "diskpart"], DiskWipe),
    (&["stop-computer", "restart-computer"], SystemPower),
    (
        &[
            "clear-eventlog",
            "remove-eventlog",
            "clear-history",
            "disable-windowsoptionalfeature",
            "uninstall-windowsfeature",
        ],
        SafetyDisable,
    ),
    (&["register-scheduledtask", "new-service", "schtasks"], SystemStartup),
    (
        &["remove-vm", "remove-azresourcegroup", "remove-azvm", "remove-s3bucket", "remove-ec2instance"],
        Kind::CloudDestroy,
    ),
    (
        &[
            "set-mailbox",
            "add-mailboxpermission",
            "add-recipientpermission",
            "new-inboxrule",
            "new-transportrule",
            "set-adaccountpassword",
            "add-adgroupmember",
            "set-aduser",
            "new-mgrolemanagementdirectoryroleassignment",
            "new-mgdirectoryrolememberbyref",
            "add-powerbiworkspaceuser",
            "add-azureaddirectoryrolemember",
            "set-msoluserpassword",
            "set-msoluser",
            "set-azureaduserpassword",
            "new-azroleassignment",
            "add-msolrolemember",
        ],
        Kind::CloudAccess,
    ),
    (
        &[
            "remove-aduser",
            "remove-adgroup",
            "remove-adorganizationalunit",
            "disable-adaccount",
            "remove-mguser",
            "remove-mggroup",
            "remove-msoluser",
            "remove-azureaduser",
            "remove-mailbox",
            "clear-mobiledevice",
            "invoke-mgdevicemanagementmanageddevicewipe",
            "remove-sposite",
            "remove-pnptenantsite",
            "remove-dnsserverzone",
        ],
        Kind::CloudDestroy,
    ),
    (&["set-adfsproperties", "set-addefaultdomainpasswordpolicy", "disable-mguserauthenticationmethod"], SafetyDisable),
    (&["new-localuser", "add-localgroupmember", "remove-localuser", "set-localuser"], Kind::SystemChange),
];

/// What lines of PowerShell show. What is no command of its own is a program, which a shell would start the same way.
fn code(machine: &mut Machine<'_>, state: &mut State, text: &Text) {
    let encoded = text.encoded();
    let lower = encoded.to_ascii_lowercase();
    let has = |words: &[&str]| has(&lower, words);
    let runs = has(&["invoke-expression", "iex", "| powershell", "| pwsh", "&(", "& (", "[scriptblock]::create"]);
    let fetches = has(&[
        "invoke-webrequest",
        "iwr ",
        "iwr(",
        "downloadstring",
        "invoke-restmethod",
        "irm ",
        "curl ",
        "wget ",
        "downloaddata",
    ]);
    if fetches && runs {
        machine.act(CodeFetched, "a download");
    }
    if has(&["frombase64string", "-enc ", "-encodedcommand", "[char[]]", "-bxor"])
        && (runs || has(&["-enc ", "-encodedcommand"]))
    {
        machine.act(CodeDecoded, "an encoded command");
    }
    if has(&["net.sockets.tcpclient", "net.sockets.tcplistener"])
        && has(&["iex", "invoke-expression", "start-process", "cmd.exe"])
    {
        machine.act(NetShell, "a socket");
    }
    if has(&["set-mppreference", "add-mppreference"]) && has(&["-disable", "-exclusion"])
        || has(&["set-netfirewallprofile"]) && has(&["-enabled false", "-enabled $false", "-enabled:$false"])
        || has(&["advfirewall"]) && has(&["state off"])
        || has(&["set-executionpolicy"]) && has(&["unrestricted", "bypass"]) && !has(&["-scope process"])
        || has(&["wevtutil cl", "wevtutil.exe cl", "vssadmin delete", "wbadmin delete"])
    {
        machine.act(SafetyDisable, "a protection");
    }
    if has(&["-verb runas"]) {
        machine.act(Kind::PrivilegeGain, "the administrator");
    }
    let many = machine.many;
    machine.many |= has(&["foreach", "| % {", "|%{", "|%", "| %{"]);
    for statement in statements(&encoded) {
        let mut listed: Vec<String> = Vec::new();
        // Behind a block stands nothing before the next command.
        for part in statement.iter().filter(|part| !part.is_empty()) {
            listed = stage(machine, state, part, listed);
        }
    }
    machine.many = many;
}

/// Commands that list what is in a folder, and those that remove.
const LISTS: &[&str] = &["get-childitem", "gci", "ls", "dir", "get-item", "gi", "resolve-path"];
const REMOVES: &[&str] = &["remove-item", "ri", "rm", "rmdir", "del", "erase", "rd"];
const READS: &[&str] = &["get-content", "gc", "cat", "type"];
const SENDS: &[&str] = &["invoke-webrequest", "iwr", "invoke-restmethod", "irm"];

/// Goes through one command of a pipeline; gives the paths that it hands on.
fn stage(machine: &mut Machine<'_>, state: &mut State, words: &[String], given: Vec<String>) -> Vec<String> {
    let Some(name) = words.first().map(|word| word.trim_start_matches(['&', '(', '{']).to_ascii_lowercase()) else {
        return Vec::new();
    };
    let flag = |wanted: &str| {
        words.iter().skip(1).map(|word| word.to_ascii_lowercase()).any(|word| {
            let given = word.trim_start_matches('-').trim_end_matches(":$true");
            word.starts_with('-') && !given.is_empty() && wanted.starts_with(given)
        })
    };
    let (paths, filtered) = operands(words);
    if LISTS.contains(&name.as_str()) {
        let paths = if paths.is_empty() { vec![".".to_owned()] } else { paths };
        let below = |path: &String, name: &str| format!("{}/{name}", path.trim_end_matches(['/', '\\', '*']));
        // Of names of credentials it matters to whom they are handed on.
        let sought: Vec<&str> = patterns(words).into_iter().filter(|name| uploads::names_secrets(name)).collect();
        let names = match (sought.is_empty(), filtered) {
            (false, _) => sought,
            (true, true) => vec!["found"],
            (true, false) => vec!["*"],
        };
        return paths.iter().flat_map(|path| names.iter().map(|name| below(path, name))).take(MAX_FOUND).collect();
    }
    if is(&name, GATHERS) {
        gathers(machine, state, words, &paths, &given);
        return Vec::new();
    }
    if REMOVES.contains(&name.as_str()) {
        if flag("whatif") {
            return Vec::new();
        }
        let recursive = flag("recurse") || words.iter().any(|word| word.eq_ignore_ascii_case("/s"));
        for path in
            paths.iter().chain(&given).filter(|path| !matches!(path.to_ascii_lowercase().as_str(), "/s" | "/q" | "/f"))
        {
            if let Some(path) = located(machine, path) {
                machine.deletes(state, &path, recursive || !given.is_empty());
            }
        }
        return Vec::new();
    }
    if let Some(pair) = words.windows(2).find(|pair| pair[0].eq_ignore_ascii_case("-outfile")) {
        located(machine, &pair[1])
            .and_then(|file| machine.path(state, &file))
            .iter()
            .for_each(|path| machine.instructs(path));
    }
    if READS.contains(&name.as_str()) {
        for path in &paths {
            if let Some(path) = located(machine, path) {
                let _ = machine.read_each(state, &path);
            }
        }
        return Vec::new();
    }
    if SENDS.contains(&name.as_str()) {
        asks(machine, state, words, &paths);
        sends(machine, state, words, &given);
        return Vec::new();
    }
    if words.iter().any(|word| word.to_ascii_lowercase().ends_with(".uploadfile")) || name == "start-bitstransfer" {
        sends(machine, state, words, &given);
        return Vec::new();
    }
    if let Some((_, kind)) = COMMANDS.iter().find(|(names, _)| names.contains(&name.as_str())) {
        let asks = words.iter().any(|word| matches!(word.to_ascii_lowercase().as_str(), "/query" | "-whatif"));
        if !asks {
            machine.act(*kind, name);
        }
        return Vec::new();
    }
    if takes_from_company(&name) && !flag("whatif") {
        machine.act(Kind::ServiceChange, name);
        return Vec::new();
    }
    if name == "send-mailmessage" && machine.many {
        machine.act(Kind::NetMailing, name);
        return Vec::new();
    }
    // `Verb-Noun` is PowerShell's own; what hands on what it is given narrows it.
    if name.contains('-') || name.starts_with(['$', '%', '?', '[', '@']) {
        return if narrows(&name, words) {
            given.iter().map(|path| path.replace("/*", "/found")).collect()
        } else {
            given
        };
    }
    let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    machine.code(state, &Text::decoded(&line), Vec::new());
    Vec::new()
}

/// Commands that put files together in one place.
const GATHERS: &str = "compress-archive|copy-item|move-item|cpi|copy|mi|robocopy|xcopy";

/// Most paths that one listing hands on.
const MAX_FOUND: usize = 16;

/// The value of an option that is written in whatever case.
fn option<'w>(words: &'w [String], names: &str) -> Option<&'w str> {
    words.windows(2).find(|pair| is(&pair[0].to_ascii_lowercase(), names)).map(|pair| pair[1].as_str())
}

/// The patterns of names that a listing is told to look for; what stands behind a comma is one more of them.
fn patterns(words: &[String]) -> Vec<&str> {
    let asks = |word: &String| is(&word.to_ascii_lowercase(), "-filter|-include");
    let Some(at) = words.iter().position(asks) else { return Vec::new() };
    let mut patterns = Vec::new();
    for word in &words[at + 1..] {
        patterns.extend(word.split(',').filter(|name| !name.is_empty()));
        if !word.ends_with(',') || patterns.len() > MAX_FOUND {
            break;
        }
    }
    patterns
}

/// Remembers what is in an archive or a folder that is made of files; one on another machine is handed over.
fn gathers(machine: &mut Machine<'_>, state: &mut State, words: &[String], paths: &[String], given: &[String]) {
    let named = option(words, "-destinationpath|-destination|-dest").map(str::to_owned);
    let Some(to) = named.or_else(|| paths.last().filter(|_| paths.len() > 1 || !given.is_empty()).cloned()) else {
        return;
    };
    let mut origin = Origin::UNKNOWN;
    for path in paths.iter().chain(given).filter(|path| **path != to).take(MAX_FOUND) {
        if let Some(path) = located(machine, path) {
            origin = origin.and(machine.origin_of_tree(state, &path, true));
        }
    }
    if let Some(share) = to.strip_prefix("\\\\") {
        let host = share.split('\\').next().unwrap_or_default();
        return machine.hands_over(host, origin);
    }
    if let Some(path) = located(machine, &to).and_then(|to| machine.path(state, &to)) {
        state.write(&path, Text::hole(origin), false);
    }
}

/// Sends the files that a request is given: as its body, or by the call that reads them. `given` are those that a pipeline hands on.
fn sends(machine: &mut Machine<'_>, state: &mut State, words: &[String], given: &[String]) {
    const READS: &str = "-infile|-source|get-content|gc|-attachments|-attachment";
    let reads = |word: &String| {
        let lower = word.to_ascii_lowercase();
        is(&lower, READS)
            || lower.contains("]::readall")
            || lower.ends_with(".uploadfile")
            || lower.ends_with("get-item")
    };
    let behind = words.iter().enumerate().filter(|(_, word)| reads(word)).filter_map(|(at, _)| words.get(at + 1));
    let named = behind.flat_map(|word| word.split(',')).map(str::trim).filter(|file| !file.contains("://"));
    // `$_` is each of those that are handed on.
    let all = named.flat_map(|file| match file.starts_with("$_") {
        true => given.to_vec(),
        false => vec![file.to_owned()],
    });
    let files: Vec<Text> = all.take(MAX_FOUND).filter_map(|file| located(machine, &file)).collect();
    let host = words.iter().flat_map(|word| word.split(',')).find(|word| word.contains("://"));
    let host = host.map(hosts::host).unwrap_or_default();
    for file in files {
        let origin = machine.read_each(state, &file).origin().unwrap_or_default();
        machine.sends(&host, origin);
    }
}

/// Whether a command hands on only some of what it is given: of what is chosen by its age or its size most may be left.
fn narrows(name: &str, words: &[String]) -> bool {
    let by_name = |word: &String| {
        let lower = word.to_ascii_lowercase();
        ["name", "extension"].iter().any(|part| lower.ends_with(part)) || lower == "-like" || lower == "-match"
    };
    let chooses = matches!(name, "where-object" | "where" | "?") && words.len() > 1 || name.starts_with('$');
    matches!(name, "select-object" | "select") || chooses && words.iter().any(by_name)
}

/// The paths and addresses that a command names, and whether it takes only some of what is in them.
fn operands(words: &[String]) -> (Vec<String>, bool) {
    const TAKES: &str = "-filter|-include|-exclude|-erroraction|-ea|-depth|-method|-body|-headers|-uri|-outfile";
    let mut paths: Vec<String> = Vec::new();
    let (mut filtered, mut skip) = (false, false);
    for (at, word) in words.iter().enumerate().skip(1) {
        let lower = word.to_ascii_lowercase();
        if lower.starts_with('-') {
            filtered |= matches!(lower.as_str(), "-filter" | "-include");
            skip = is(&lower, TAKES);
        } else if !std::mem::take(&mut skip) {
            paths.extend(word.split(',').filter(|path| !path.is_empty()).map(str::to_owned));
        } else if words[at - 1].eq_ignore_ascii_case("-uri") {
            paths.push(word.clone());
        }
    }
    (paths, filtered)
}

/// What a request does at its other end. What a variable stands for is unknown.
fn asks(machine: &mut Machine<'_>, state: &mut State, words: &[String], paths: &[String]) {
    let value = |name: &str| {
        let mut pairs =
            words.windows(2).filter(|pair| pair[0].len() > 2 && name.starts_with(&pair[0].to_ascii_lowercase()));
        pairs.next().map(|pair| pair[1].replace('$', HOLE))
    };
    let Some(url) = value("-uri").or_else(|| paths.first().map(|path| path.replace('$', HOLE))) else { return };
    let method = value("-method").unwrap_or_else(|| "GET".to_owned()).to_ascii_uppercase();
    let (body, by) = (value("-body").unwrap_or_default(), value("-headers").unwrap_or_default());
    let request = Request { method: &method, url: &url, body: &body, socket: None, by: &by, origin: Origin::UNKNOWN };
    requests::request(machine, state, request);
}

/// Commands of modules by which people, mailboxes and devices of a company are removed, changed or written to.
const OF_COMPANIES: &[&str] = &[
    "mg",
    "ad",
    "azuread",
    "msol",
    "mailbox",
    "entra",
    "pnp",
    "sp",
    "cs",
    "team",
    "intune",
    "exo",
    "distributiongroup",
    "unifiedgroup",
    "dnsserver",
    "powerbi",
    "ec2",
    "rds",
    "ddb",
    "eks",
    "efs",
    "cfnstack",
    "lmfunction",
    "datastore",
    "vmhost",
];

/// Whether a command of such a module takes something from somebody.
fn takes_from_company(name: &str) -> bool {
    let Some((verb, noun)) = name.split_once('-') else { return false };
    let takes = matches!(verb, "remove" | "clear" | "disable" | "reset" | "revoke");
    // `Remove-AzDisk` and its kin; what a person is signed in with is his own.
    let of_azure = noun.starts_with("az") && !matches!(noun, "azcontext" | "azaccount" | "azenvironment" | "aztag");
    takes && (of_azure || OF_COMPANIES.iter().any(|module| noun.starts_with(module)))
        || noun.contains("devicewipe")
        || name == "clear-mobiledevice"
}

fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_alphanumeric() || "_-./:=@%+,~$*{}".contains(char);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// A path as PowerShell writes it, of this machine.
fn located(machine: &Machine<'_>, path: &str) -> Option<Text> {
    let home = machine.facts.home().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    let homes =
        ["$home", "$env:home", "$env:userprofile", "${home}", "~", "%userprofile%", "%homepath%", "$env:homepath"];
    let drives = ["$env:systemdrive", "%systemdrive%"];
    let located =
        homes.iter().find(|start| lower.starts_with(*start)).map(|start| format!("{home}{}", &path[start.len()..]));
    let located = located.or_else(|| {
        drives.iter().find(|start| lower.starts_with(*start)).map(|start| format!("C:{}", &path[start.len()..]))
    });
    let located = located.unwrap_or_else(|| path.to_owned());
    if located.starts_with('$') || located.starts_with('-') {
        return None;
    }
    let mut text = Text::default();
    text.push_decoded(&located.replace('\\', "/"), true);
    (!text.is_empty()).then_some(text)
}

/// The statements of a text: each the commands of its pipeline, each of these its words.
fn statements(text: &str) -> Vec<Vec<Vec<String>>> {
    let mut statements: Vec<Vec<Vec<String>>> = vec![vec![Vec::new()]];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    let put = |word: &mut Option<String>, statements: &mut Vec<Vec<Vec<String>>>| {
        if let (Some(word), Some(words)) = (word.take(), statements.last_mut().and_then(|parts| parts.last_mut())) {
            words.push(word);
        }
    };
    while let Some(char) = chars.next() {
        match (char, quote) {
            (char, Some(open)) if char == open => quote = None,
            (char, Some(_)) => word.get_or_insert_default().push(char),
            ('"' | '\'', None) => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            ('`', None) => word.get_or_insert_default().extend(chars.next()),
            (';' | '\n', None) => {
                put(&mut word, &mut statements);
                if statements.len() < 64 {
                    statements.push(vec![Vec::new()]);
                }
            }
            ('{' | '}', None)
                if word.as_deref() != Some("$") && !word.as_deref().is_some_and(|word| word.starts_with("${")) =>
            {
                put(&mut word, &mut statements);
                if let Some(parts) = statements.last_mut() {
                    parts.push(Vec::new());
                }
            }
            ('|', None) => {
                put(&mut word, &mut statements);
                if let Some(parts) = statements.last_mut() {
                    parts.push(Vec::new());
                }
            }
            (char, None) if char.is_whitespace() || matches!(char, '(' | ')') => put(&mut word, &mut statements),
            (char, None) => word.get_or_insert_default().push(char),
        }
    }
    put(&mut word, &mut statements);
    statements
}

/// `cmd /c line`.
fn cmd(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let from = call.args.iter().position(|arg| matches!(arg.shown().to_ascii_lowercase().as_str(), "/c" | "/k" | "/s"));
    let Some(from) = from else { return };
    let line = super::wrappers::joined(&call.inner(from + 1)).encoded();
    for part in line.split(['&', '|']) {
        let words: Vec<String> = part.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect();
        let first = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
        if first == "format" && words.iter().any(|word| word.len() == 2 && word.ends_with(':')) {
            machine.act(DiskWipe, part.trim());
        } else {
            stage(machine, state, &words, Vec::new());
        }
    }
}

/// Programs of Windows that run code from an address.
fn remote_code(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    if let Some(url) = call.args.iter().map(Text::shown).find(|arg| arg.contains("://") || arg.contains("javascript:"))
    {
        machine.act(CodeFetched, url);
    }
}

/// Programs of Windows that fetch to a file.
fn downloads(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let words: Vec<String> = call.args.iter().map(Text::shown).collect();
    let fetched = words.iter().any(|word| word.contains("://"));
    if let Some(path) =
        words.last().filter(|_| fetched).and_then(|file| machine.path(state, &Text::known(file.as_str())))
    {
        machine.writes(state, &path, false);
        machine.instructs(&path);
        state.write(&path, Text::hole(Origin::FETCHED), false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_by_statements_and_pipelines() {
        let read = statements("Get-Item 'a b' | Remove-Item -Recurse; git push");
        assert_eq!(
            read,
            vec![vec![vec!["Get-Item", "a b"], vec!["Remove-Item", "-Recurse"]], vec![vec!["git", "push"]]]
        );
    }
}
