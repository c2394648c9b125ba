//! Tools of agents that have no adapter of their own, by name. Source of what is said here: the tools that Windsurf, Cline, Roo Code,
//! Copilot in VS Code, Cursor's editor, Continue, Amazon Q, Kiro, Augment, Goose, OpenHands, Zed, opencode and Anthropic's
//! own tool definitions declare.

use crate::event::Family;

/// The longest name that is looked up, in bytes.
const LONGEST: usize = 48;

/// What stands before a tool's name in some agents' calls.
const NAMESPACES: &[&str] =
    &["functions.", "default_api.", "default_api:", "tools.", "container.", "developer__", "copilot_"];

const SHELL: &str = "|bash|sh|zsh|shell|terminal|powershell|exec|bashtool|containerexec|executebash|execbash|execcommand|\
    executecommand|executeshellcommand|executeterminalcommand|localshell|localshellcall|localbash|runbash|runcommand|\
    runinterminal|runcommandinterminal|runshell|runshellcommand|runterminal|runterminalcmd|runterminalcommand|\
    sendtoterminal|shellcommand|shellexec|shelltool|terminalcommand|unifiedexec|launchprocess|writeprocess|\
    executecmd|runcmd|bashcommand|";
const READS: &str = "|read|readfile|readfiles|readmanyfiles|readtextfile|viewfile|viewcodeitem|viewimage|openfile|fileread|\
    fsread|notebookread|readnotebook|readnotebookcell|catfile|cat|getfile|readfilecontent|readcurrentlyopenfile|";
const WRITES: &str = "|write|writefile|writetofile|createfile|createnewfile|editfile|editfiles|editexistingfile|searchreplace|\
    searchandreplace|replaceinfile|replacefilecontent|multireplacefilecontent|applydiff|insertcontent|inserteditintofile|insertedit|\
    replacestringinfile|multireplacestringinfile|editnotebook|editnotebookfile|editnotebookcell|\
    strreplacebasededittool|strreplaceeditor|strreplace|texteditor|multiedit|deletefile|deletefiles|removefile|removefiles|\
    savefile|applypatch|patch|fswrite|fsappend|filewrite|fileedit|writecode|proposecode|overwritefile|appendtofile|";
const SEARCHES: &str = "|grep|grepsearch|ripgrep|codebasesearch|filesearch|findfiles|findbyname|findtextinfiles|listfiles|listdir|\
    listdirectory|searchfiles|searchfilecontent|semanticsearch|ls|";
const FETCHES: &str = "|webfetch|fetch|fetchurl|fetchwebpage|fetchwebcontent|fetchpage|openurl|readurl|readurlcontent|viewwebpage|\
    browseurl|browseraction|opensimplebrowser|websearch|searchweb|urlfetch|visiturl|visitwebpage|openbrowser|";
const AGENTS: &str = "|task|agent|subagent|runsubagent|dispatchagent|spawnagent|newtask|delegate|delegatetask|delegatetoagent|startagent|\
    backgroundagent|callagent|assigntask|";

/// What a tool of this name does, however the name is written: `runTerminalCmd`, `run_terminal_cmd`, `functions.shell`.
pub(super) fn own(name: &str) -> Option<Family> {
    let name = NAMESPACES.iter().find_map(|before| name.strip_prefix(before)).unwrap_or(name);
    if name.len() > LONGEST || name.starts_with("mcp_") {
        return None;
    }
    let plain: String = name.chars().filter(|char| !matches!(char, '_' | '-' | ' ')).collect();
    let wanted = format!("|{}|", plain.to_ascii_lowercase());
    [
        (SHELL, Family::Shell),
        (READS, Family::FileRead),
        (WRITES, Family::FileWrite),
        (SEARCHES, Family::Search),
        (FETCHES, Family::Web),
        (AGENTS, Family::Agent),
    ]
    .into_iter()
    .find_map(|(names, family)| names.contains(&wanted).then_some(family))
}
