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

json::fields!(Named {
    command = "command",
    cmd = "cmd",
    script = "script",
    workdir = "workdir",
    working_directory = "working_directory",
    directory = "directory",
    cwd = "cwd",
    file_path = "file_path",
    camel_path = "filePath",
    path = "path",
    dir_path = "dir_path",
    notebook_path = "notebook_path",
    absolute_path = "absolute_path",
    target_file = "target_file",
    target_notebook = "target_notebook",
    file = "file",
    filename = "filename",
    paths = "paths",
    files = "files",
    file_paths = "file_paths",
    include = "include",
    edits = "edits",
    changes = "changes",
    glob = "glob",
    pattern = "pattern",
    url = "url",
    urls = "urls",
    prompt = "prompt",
    query = "query",
    patch = "patch",
    input = "input",
    content = "content",
    contents = "contents",
    file_text = "file_text",
    new_string = "new_string",
    new_str = "new_str",
    new_text = "newText",
    new_source = "new_source",
    cell_type = "cell_type",
    message = "message",
    old_string = "old_string",
    old_str = "old_str",
    insert_text = "insert_text",
    code_edit = "code_edit",
});

json::fields!(Edit {
    file_path = "file_path",
    camel_path = "filePath",
    path = "path",
    new_string = "new_string",
    new_str = "new_str",
    new_text = "newText",
    content = "content",
    old_string = "old_string",
    old_str = "old_str",
    old_text = "oldText",
});

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
        named.command.or(named.cmd).or(named.script).or(self.outer.command).and_then(line)
    }

    /// The folder that the command runs in, where it is told.
    pub(super) fn directory(&self) -> Option<Cow<'a, str>> {
        let named = &self.named;
        json::text(named.workdir.or(named.working_directory).or(named.directory).or(named.cwd).or(self.outer.cwd))
    }

    /// The files that are meant, each once.
    pub(super) fn paths(&self) -> Vec<Cow<'a, str>> {
        let named = &self.named;
        let one = [
            named.file_path,
            named.camel_path,
            named.notebook_path,
            named.absolute_path,
            named.target_file,
            named.target_notebook,
            named.path,
            named.dir_path,
            named.file,
            named.filename,
            self.outer.file_path,
        ];
        let many = [named.paths, named.files, named.file_paths];
        let edited = self.edits().flat_map(|edit| [edit.file_path, edit.camel_path, edit.path]);
        let mut paths: Vec<Cow<'a, str>> =
            one.into_iter().chain(many).flatten().chain(edited.flatten()).flat_map(texts).take(MAX_PATHS).collect();
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
        let named = &self.named;
        let one = [
            named.content,
            named.contents,
            named.file_text,
            named.new_string,
            named.new_str,
            named.new_text,
            named.new_source,
            named.insert_text,
            named.code_edit,
        ];
        let before = json::text(named.old_string.or(named.old_str));
        let plain = one.into_iter().flatten().flat_map(texts).map(|text| (text, before.clone()));
        let edited = self.edits().flat_map(|edit| {
            let before = json::text(edit.old_string.or(edit.old_str).or(edit.old_text));
            let after = [edit.new_string, edit.new_str, edit.new_text, edit.content];
            after.into_iter().flatten().flat_map(texts).map(move |text| (text, before.clone())).collect::<Vec<_>>()
        });
        plain.chain(edited.collect::<Vec<_>>()).collect()
    }

    /// Whether what is written is prose between the code of a notebook.
    pub(super) fn is_prose(&self) -> bool {
        json::text(self.named.cell_type).is_some_and(|kind| kind != "code")
    }

    /// What another agent, or whatever reads a page, is told.
    pub(super) fn prompt(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.prompt.or(self.named.message).or(self.named.input))
    }

    /// What is searched for in files.
    pub(super) fn pattern(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.pattern.or(self.named.query))
    }

    /// A patch in the form of Codex, whatever it is given as.
    pub(super) fn patch(&self) -> Option<Cow<'a, str>> {
        let named = &self.named;
        let texts = [named.patch, named.input, named.command].into_iter().flatten().filter_map(line);
        texts.chain(self.bare.map(Cow::Borrowed)).find(|text| text.contains(PATCH))
    }

    /// The glob of the files that are searched.
    pub(super) fn glob(&self) -> Option<Cow<'a, str>> {
        json::text(self.named.glob.or(self.named.include))
    }

    /// The URLs that are fetched. A tool that is given none takes them from its prompt, as Gemini's does.
    pub(super) fn urls(&self) -> Vec<Cow<'a, str>> {
        let named: Vec<_> = [self.named.url, self.named.urls].into_iter().flatten().flat_map(texts).collect();
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

    fn edits(&self) -> impl Iterator<Item = Edit<'a>> + use<'a> {
        let edits = [self.named.edits, self.named.changes].into_iter().flatten();
        edits.flat_map(|edits| json::elements(Some(edits))).take(MAX_ELEMENTS).map(|edit| json::nested(Some(edit)))
    }
}

/// How a patch in the form of Codex begins.
pub(super) const PATCH: &str = "*** Begin Patch";

/// A text, or the texts of a list.
pub(super) fn texts(raw: &RawValue) -> Vec<Cow<'_, str>> {
    match json::text(Some(raw)) {
        Some(text) => vec![text],
        None => {
            json::elements(Some(raw)).into_iter().take(MAX_ELEMENTS).filter_map(|it| json::text(Some(it))).collect()
        }
    }
}

/// A command as one line: a text, or a list of words (`["bash", "-lc", "…"]`).
pub(super) fn line(raw: &RawValue) -> Option<Cow<'_, str>> {
    if let Some(text) = json::text(Some(raw)) {
        return Some(text);
    }
    let words = texts(raw);
    (!words.is_empty()).then(|| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ").into())
}

/// A text as one word of a command.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
