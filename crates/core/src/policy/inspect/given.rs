//! What a call was given, in whatever words its agent and its tool have for it.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json;

json::fields!(Said {
    tool_input = "tool_input",
    tool_args = "toolArgs",
    arguments = "arguments",
    command = "command",
    file_path = "file_path",
    cwd = "cwd",
});

/// The arguments by what they are, in the words of whichever agent: `file_path`, `filePath`, `AbsolutePath`. What may be given twice
/// in different words is looked at each time.
#[derive(Default)]
struct Named<'a> {
    /// The command of those agents that call it so; [`Self::commands`] has other words for it, and what is typed into a shell.
    command: Raw<'a>,
    commands: Vec<Raw<'a>>,
    typed: Raw<'a>,
    directory: Raw<'a>,
    paths: Vec<Raw<'a>>,
    include: Raw<'a>,
    edits: Vec<Raw<'a>>,
    glob: Raw<'a>,
    pattern: Raw<'a>,
    query: Raw<'a>,
    urls: Vec<Raw<'a>>,
    prompt: Raw<'a>,
    message: Raw<'a>,
    input: Raw<'a>,
    task: Raw<'a>,
    patch: Raw<'a>,
    diff: Raw<'a>,
    written: Vec<Raw<'a>>,
    before: Raw<'a>,
    cell_type: Raw<'a>,
}

type Raw<'a> = Option<&'a RawValue>;

/// The longest name of an argument that is known, in bytes.
const LONGEST_NAME: usize = 32;

/// A name in lower case and without separators, in the room that is given for it; nothing where it is longer than any that is known.
fn plain<'r>(name: &str, room: &'r mut [u8; LONGEST_NAME]) -> &'r str {
    let mut length = 0;
    for byte in name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b'.' | b' ')) {
        let Some(slot) = room.get_mut(length) else { return "" };
        *slot = byte.to_ascii_lowercase();
        length += 1;
    }
    std::str::from_utf8(&room[..length]).unwrap_or_default()
}

impl<'a> json::Fields<'a> for Named<'a> {
    fn slot(&mut self, key: &str) -> Option<&mut Raw<'a>> {
        fn another<'n, 'a>(list: &'n mut Vec<Raw<'a>>) -> Option<&'n mut Raw<'a>> {
            list.push(None);
            list.last_mut()
        }
        if key == "command" {
            return Some(&mut self.command);
        }
        match plain(key, &mut [0; LONGEST_NAME]) {
            "command" | "cmd" | "cmds" | "cmdstring" | "cmdline" | "commandline" | "commandstring" | "commandtext"
            | "shellcommand" | "bashcommand" | "terminalcommand" | "script" | "commands" => another(&mut self.commands),
            "chars" | "stdin" | "keys" | "inputtext" => Some(&mut self.typed),
            "workdir" | "workingdirectory" | "workingdir" | "directory" | "cwd" => Some(&mut self.directory),
            "filepath"
            | "path"
            | "dirpath"
            | "notebookpath"
            | "absolutepath"
            | "relativepath"
            | "targetfile"
            | "targetnotebook"
            | "targetpath"
            | "file"
            | "filename"
            | "paths"
            | "files"
            | "filepaths"
            | "filenames"
            | "fileuri"
            | "relativeworkspacepath"
            | "relpath"
            | "abspath"
            | "relativefilepath"
            | "sourcefile"
            | "searchpath"
            | "searchdirectory"
            | "directorypath"
            | "pathname"
            | "imagepath"
            | "targetdirectories" => another(&mut self.paths),
            "include" => Some(&mut self.include),
            "edits" | "changes" | "replacements" | "replacementchunks" | "operations" | "edit" | "action" | "args"
            | "arguments" | "parameters" => another(&mut self.edits),
            "glob" | "includepattern" | "filepattern" | "includes" => Some(&mut self.glob),
            "pattern" | "regex" | "searchpattern" => Some(&mut self.pattern),
            "query" | "q" | "searchterm" => Some(&mut self.query),
            "url" | "urls" | "uri" | "href" | "pageurl" | "targeturl" => another(&mut self.urls),
            "prompt" => Some(&mut self.prompt),
            "message" => Some(&mut self.message),
            "input" => Some(&mut self.input),
            "task" | "instructions" | "objective" | "explanation" => Some(&mut self.task),
            "patch" | "patchtext" => Some(&mut self.patch),
            "diff" => Some(&mut self.diff),
            "content"
            | "contents"
            | "filetext"
            | "filecontent"
            | "newstring"
            | "newstr"
            | "newtext"
            | "newsource"
            | "newcontent"
            | "newcode"
            | "inserttext"
            | "codeedit"
            | "codecontent"
            | "code"
            | "codemarkdownlanguage"
            | "replacementcontent"
            | "replacement"
            | "newcelltext"
            | "replace" => another(&mut self.written),
            "oldstring" | "oldstr" | "oldtext" | "targetcontent" | "oldcontent" | "search" => Some(&mut self.before),
            "celltype" => Some(&mut self.cell_type),
            _ => None,
        }
    }
}

/// Most elements of a list that are looked at: of words, of edits.
const MAX_ELEMENTS: usize = 4096;

/// Most paths of one call that are looked at.
const MAX_PATHS: usize = 256;

/// The text of the object that holds a call's arguments: the payload's own where they are not apart.
///
/// Copilot, and Cursor for MCP tools, give arguments as a text that holds JSON.
fn arguments<'a>(payload: &'a str, outer: &Said<'a>) -> Cow<'a, str> {
    let given = outer.tool_input.or(outer.tool_args).or(outer.arguments);
    match (given, json::text(given)) {
        (Some(_), Some(text)) if text.trim_start().starts_with(['{', '*']) => text,
        (Some(raw), _) => Cow::Borrowed(raw.get()),
        (None, _) => Cow::Borrowed(payload),
    }
}

/// A payload, read once.
pub(super) struct Payload<'a> {
    outer: Said<'a>,
    /// The text of the object that holds the arguments.
    pub(super) arguments: Cow<'a, str>,
}

impl<'a> Payload<'a> {
    /// `None` where the text is no JSON object.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let outer = json::object::<Said<'a>>(text)?;
        let arguments = arguments(text, &outer);
        Some(Self { outer, arguments })
    }

    /// What the call was given.
    pub(super) fn given(&self) -> Given<'_> {
        let arguments = self.arguments.as_ref();
        let named = json::object::<Named<'_>>(arguments);
        let bare = named.is_none().then_some(arguments);
        let (command, file_path, cwd) = (self.outer.command, self.outer.file_path, self.outer.cwd);
        let outer = Outer { command, file_path, cwd };
        Given { outer, named: named.unwrap_or_default(), bare }
    }
}

/// What of a payload itself may be an argument.
#[derive(Default)]
struct Outer<'a> {
    command: Option<&'a RawValue>,
    file_path: Option<&'a RawValue>,
    cwd: Option<&'a RawValue>,
}

/// What a call was given.
#[derive(Default)]
pub(super) struct Given<'a> {
    outer: Outer<'a>,
    named: Named<'a>,
    /// Arguments that are no object but a text: a patch by itself.
    bare: Option<&'a str>,
}

impl<'a> Given<'a> {
    /// The command, as one line.
    pub(super) fn command(&self) -> Option<Cow<'a, str>> {
        let named = &self.named;
        let said = |named: &Named<'a>| named.command.or_else(|| named.commands.iter().copied().find_map(|it| it));
        let given = said(named).or(self.outer.command).or(named.typed).or(named.input);
        given.or_else(|| self.edits().iter().find_map(said)).and_then(line)
    }

    /// The folder that the command runs in, where it is told.
    pub(super) fn directory(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.directory.or(self.outer.cwd))
    }

    /// The files that are meant, each once.
    pub(super) fn paths(&self) -> Vec<Cow<'a, str>> {
        let edited = self.edits();
        let edited = edited.iter().flat_map(|edit| &edit.paths);
        let named = self.named.paths.iter().chain(edited).copied().chain([self.outer.file_path]);
        let mut paths: Vec<Cow<'a, str>> = named.flatten().flat_map(texts).map(of_address).take(MAX_PATHS).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// The globs by which a tool is told what to read.
    pub(super) fn included(&self) -> Vec<Cow<'a, str>> {
        self.named.include.map(texts).unwrap_or_default()
    }

    /// The texts that are written, each with the one it replaces where that is told.
    pub(super) fn written(&self) -> Vec<(Cow<'a, str>, Option<Cow<'a, str>>)> {
        let edits = self.edits();
        std::iter::once(&self.named).chain(&edits).flat_map(Named::texts).collect()
    }

    /// Whether nothing is written in the place of all that there was.
    pub(super) fn empties(&self) -> bool {
        let is_nothing = |raw: &Raw<'a>| raw.is_some_and(|raw| raw.get() == "\"\"");
        self.named.before.is_none() && self.named.written.len() == 1 && self.named.written.iter().all(is_nothing)
    }

    /// Whether what is written is prose between the code of a notebook.
    pub(super) fn is_prose(&self) -> bool {
        json::text(self.named.cell_type).is_some_and(|kind| kind != "code")
    }

    /// What another agent, or whatever reads a page, is told.
    pub(super) fn prompt(&self) -> Option<Cow<'a, str>> {
        let named = &self.named;
        json::text(named.prompt.or(named.message).or(named.input).or(named.task))
    }

    /// What an edit is for, in the agent's words.
    pub(super) fn told(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.task)
    }

    /// What is searched for in files.
    pub(super) fn pattern(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.pattern.or(self.named.query))
    }

    /// A patch, in the form of Codex or of `diff`, whatever it is given as.
    pub(super) fn patch(&self) -> Option<Cow<'a, str>> {
        let named = &self.named;
        let texts = [named.patch, named.input, named.command, named.diff].into_iter().flatten().filter_map(line);
        texts.chain(self.bare.map(Cow::Borrowed)).find(|text| is_patch(text))
    }

    /// The glob of the files that are searched.
    pub(super) fn glob(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.glob.or(self.named.include))
    }

    /// The URLs that are fetched. A tool that is given none takes them from its prompt, as Gemini's does.
    pub(super) fn urls(&self) -> Vec<Cow<'a, str>> {
        let named: Vec<_> = self.named.urls.iter().copied().flatten().flat_map(texts).collect();
        if !named.is_empty() {
            return named;
        }
        let prompt = json::text(self.named.prompt).unwrap_or_default();
        let words = prompt.split(|char: char| char.is_whitespace() || "\"'`<>()".contains(char));
        let urls = words.filter(|word| word.contains("://")).take(MAX_PATHS);
        urls.map(|word| Cow::Owned(word.to_owned())).collect()
    }

    /// What is searched for.
    pub(super) fn query(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.query)
    }

    /// The edits of a list, and the files of one that are told with what becomes of them; what stands in an object of its own.
    fn edits(&self) -> Vec<Named<'a>> {
        let mut edits = self.named.objects();
        let inner: Vec<_> = edits.iter().flat_map(Named::objects).take(MAX_ELEMENTS).collect();
        edits.extend(inner);
        edits
    }
}

impl<'a> Named<'a> {
    /// What stands in objects, alone or in lists.
    fn objects(&self) -> Vec<Self> {
        let lists = self.edits.iter().chain(&self.paths).copied().flatten();
        let each = lists.flat_map(|list| json::elements(Some(list)).into_iter().chain([list]));
        let each = each.filter(|edit| edit.get().starts_with('{'));
        each.take(MAX_ELEMENTS).map(|edit| json::nested(Some(edit))).collect()
    }

    /// The texts that are written, each with the one it replaces where that is told.
    fn texts(&self) -> Vec<(Cow<'a, str>, Option<Cow<'a, str>>)> {
        let before = json::text(self.before);
        let plain = self.written.iter().copied().flatten().flat_map(texts).map(|text| (text, before.clone()));
        let mut texts: Vec<_> = plain.chain(json::text(self.diff).map(replaced)).collect();
        if texts.is_empty() && before.is_some() {
            texts.push(("".into(), before));
        }
        texts
    }
}

/// What a text of searched and replaced pieces puts in, and what it takes out: those of Cline and Roo.
fn replaced(diff: Cow<'_, str>) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    let (mut before, mut after, mut side) = (String::new(), String::new(), None);
    for line in diff.lines() {
        let mark = line.trim_end();
        match mark {
            _ if mark.ends_with(" SEARCH") && mark.starts_with(['<', '-']) => side = Some(false),
            "=======" if side == Some(false) => side = Some(true),
            _ if mark.ends_with(" REPLACE") && mark.starts_with(['>', '+']) => side = None,
            _ => {
                let Some(is_new) = side else { continue };
                let text = if is_new { &mut after } else { &mut before };
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    match before.is_empty() && after.is_empty() {
        true => (diff, None),
        false => (after.into(), Some(before.into())),
    }
}

/// A path that is written as an address.
fn of_address(path: Cow<'_, str>) -> Cow<'_, str> {
    match path.strip_prefix("file://") {
        Some(rest) => Cow::Owned(rest.to_owned()),
        None => path,
    }
}

/// How a patch in the form of Codex begins.
pub(super) const PATCH: &str = "*** Begin Patch";

/// Whether a text is a patch.
fn is_patch(text: &str) -> bool {
    text.contains(PATCH) || text.contains("\n@@ ") && (text.starts_with("+++ ") || text.contains("\n+++ "))
}

/// A text, or the texts of a list.
pub(super) fn texts(raw: &RawValue) -> Vec<Cow<'_, str>> {
    match json::text(Some(raw)) {
        Some(text) => vec![text],
        None => {
            json::elements(Some(raw)).into_iter().take(MAX_ELEMENTS).filter_map(|it| json::text(Some(it))).collect()
        }
    }
}

/// A command as one line: a text, a list of words (`["bash", "-lc", "…"]`), or one of commands.
pub(super) fn line(raw: &RawValue) -> Option<Cow<'_, str>> {
    if let Some(text) = json::text(Some(raw)) {
        return Some(text);
    }
    let words = texts(raw);
    // Where the first is a whole command, so are the others.
    if words.first().is_some_and(|first| first.contains(' ')) {
        return Some(words.join("\n").into());
    }
    (!words.is_empty()).then(|| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ").into())
}

/// A text as one word of a command.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
