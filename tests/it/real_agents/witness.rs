//! What the model was told, and a server of tools that tells what it was asked to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Request, Response, Server};

/// The bodies of all that was asked of a service, in order.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<Value>>>);

impl Asked {
    /// All of them.
    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// The text of the last one.
    pub(crate) fn last(&self) -> String {
        self.all().last().map(Value::to_string).unwrap_or_default()
    }

    /// Whether a text is in any of them.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.all().iter().any(|body| body.to_string().contains(text))
    }
}

/// A service that answers so, and all that is asked of it.
pub(crate) fn service(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> (Server, Asked) {
    let asked = Asked::default();
    let seen = asked.clone();
    let server = Server::start(move |request| {
        seen.0.lock().unwrap().push(request.json());
        answer(request)
    });
    (server, asked)
}

/// A server of tools by the Model Context Protocol on standard input and output: it has one tool for files, and writes down
/// what that is asked.
const FILES_SERVER: &str = r#"
import json, sys
TOOL = {"name": "read_file", "description": "Reads a file", "inputSchema": {"type": "object", "properties": {"path": {"type": "string"}}}}
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    method, params = asked["method"], asked.get("params") or {}
    if method == "initialize":
        answer = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "files", "version": "1"}}
    elif method == "tools/list":
        answer = {"tools": [TOOL]}
    elif method == "tools/call":
        with open(sys.argv[1], "a") as calls:
            calls.write(json.dumps(params["arguments"]) + "\n")
        answer = {"content": [{"type": "text", "text": "the content"}]}
    else:
        answer = {}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}), flush=True)
"#;

/// The server of tools named `files`.
pub(crate) struct Files {
    script: PathBuf,
    calls: PathBuf,
}

impl Files {
    /// Writes it into a new folder.
    pub(crate) fn new(folder: &Path) -> Self {
        fs::create_dir(folder).unwrap();
        let (script, calls) = (folder.join("files.py"), folder.join("calls"));
        fs::write(&script, FILES_SERVER).unwrap();
        Self { script, calls }
    }

    /// Its program and arguments.
    pub(crate) fn command(&self) -> (&'static str, [&Path; 2]) {
        ("python3", [&self.script, &self.calls])
    }

    /// As agents' JSON settings tell of it.
    pub(crate) fn settings(&self) -> Value {
        let (command, args) = self.command();
        json!({"mcpServers": {"files": {"command": command, "args": args}}})
    }

    /// What its tool was asked, a JSON object a line.
    pub(crate) fn calls(&self) -> String {
        fs::read_to_string(&self.calls).unwrap_or_default()
    }
}
