//! What whole pieces of code are known by, whatever single calls of them do.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::Text;
use super::has;
use crate::policy::effects::Kind;

/// What whole pieces of code are known by: processes without end, a shell at the other end of a socket.
pub(super) fn note(machine: &mut Machine<'_>, code: &str) {
    let has = |words: &[&str]| has(code, words);
    if has(&["fork"]) {
        let dense: String = code.chars().filter(|char| !char.is_whitespace()).collect();
        let endless =
            ["whileTrue:os.fork()", "while1:os.fork()", "forkwhile1", "forkwhiletrue", "while(1){fork", "loop{fork"];
        if endless.iter().any(|word| dense.contains(word)) {
            machine.act(Kind::ProcessBomb, "fork");
        }
    }
    // Code is put where Python runs it whenever it starts.
    let planted = has(&["sitecustomize.py", "usercustomize.py"]) || has(&[".pth"]) && has(&["'import ", "\"import "]);
    if planted && has(&["write(", "write_text(", "'w'", "\"w\"", "'a'", "\"a\""]) && !has(&["process_startup"]) {
        machine.act(Kind::SystemStartup, "code that Python runs at its start");
    }
    // A server that runs what it is asked for.
    if has(&["HTTPServer", "createServer", "Flask(", "TCPServer", "Sinatra"])
        && has(&[".path[", "self.path", "request.args", "req.query", "req.url", "params["])
        && has(&["getoutput(", "check_output(", "os.popen(", "os.system(", "execSync(", "shell=True"])
    {
        machine.act(Kind::NetShell, "a server");
    }
    if has(&["/inet/"]) && has(&["|getline", "| getline", "system("]) && has(&["|&"]) {
        machine.act(Kind::NetShell, "a socket");
    }
    let sockets = [
        "socket",
        "Socket",
        "fsockopen",
        "TCPServer",
        "net.connect",
        "net.createServer",
        "require('net')",
        "require(\"net\")",
        "'node:net'",
        "\"node:net\"",
        "from 'net'",
        "net.createConnection",
        "net.Dial",
        "net.Listen",
        "/inet/",
    ];
    let wires = [
        "dup2",
        ">&",
        "<&",
        "pty.spawn",
        ".pipe(",
        "popen",
        ".Stdin",
        ".stdin",
        "PIPE",
        "stdin=",
        "check_output",
        "getoutput",
        "|&",
        "InputStream",
    ];
    let shells =
        ["/bin/sh", "/bin/bash", "/bin/zsh", "cmd.exe", "powershell.exe", "'sh'", "\"sh\"", "'bash'", "\"bash\""];
    let takes = ["popen(", "check_output(", "getoutput(", "os.system(", "system(", "exec("];
    let from_wire = ["recv(", ".gets", ".read_line", "on('data'", "on(\"data\"", "receive("];
    let speaks = ["connect", "listen", "accept", "TCPSocket"];
    if has(&sockets) && (has(&shells) && has(&wires) || has(&from_wire) && has(&takes) && has(&speaks)) {
        machine.act(Kind::NetShell, "a socket");
    }
}

/// Notes what a program of a desk is told to throw away, in the words that macOS has for it: `delete every item of home`.
pub(super) fn thrown_away(machine: &mut Machine<'_>, state: &mut State, code: &str) {
    if !has(code, &["application \"Finder\"", "application \"System Events\"", "app \"Finder\""]) {
        return;
    }
    let behind = ["delete every ", "delete (every ", "delete items of ", "delete folder ", "delete files of "];
    let Some(rest) = behind.iter().find_map(|verb| Some(code.split_once(verb)?.1)) else { return };
    let rest = rest.lines().next().unwrap_or_default();
    let named = rest.split_once("folder \"").and_then(|(_, name)| name.split('"').next());
    let of_home = has(rest, &["of home", "path to home", "of desktop", "documents folder", "(path to"]);
    let home = machine.facts.home().unwrap_or_default();
    let target = match named {
        Some(name) if name.starts_with(['/', '~']) => Text::known(name),
        Some(name) => Text::known(format!("{home}/{name}")),
        None => Text::known(home),
    };
    if named.is_some() || of_home {
        machine.deletes(state, &target, true);
    }
}

/// Whether a program of JavaScript runs what another machine answers, also where it gathers that piece by piece.
pub(super) fn runs_answer(code: &str) -> bool {
    let has = |words: &[&str]| has(code, words);
    // `.then(r => r.text()).then(t => eval(t))`
    let handed_on = || {
        let mut each = code.split("=>").skip(1).map(str::trim_start);
        code.contains("fetch(")
            && code.contains(".then(")
            && each.any(|rest| {
                ["eval(", "(0,eval)(", "(0, eval)(", "new Function("].iter().any(|run| rest.starts_with(run))
            })
    };
    code.contains("then(eval)")
        || handed_on()
        || has(&[".get(", ".request("])
            && code.contains("http")
            && has(&["on('data'", "on(\"data\"", "on(`data`"])
            && has(&["eval(", "Function(", "runInThisContext(", "runInNewContext(", "runInContext(", "._compile("])
}
