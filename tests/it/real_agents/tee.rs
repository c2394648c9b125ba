//! An independent witness: a second hook beside ours that keeps what the agent sent, and knows nothing of hookrail.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The witness's folder and command.
pub(crate) struct Tee {
    folder: PathBuf,
}

impl Tee {
    /// Makes the witness in an empty folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let script = format!(
            "#!/bin/sh\nname={0}/$(date +%s%N).$$\ncat >$name.part\nmv $name.part $name.json\n",
            folder.display()
        );
        fs::write(folder.join("tee"), script).unwrap();
        fs::set_permissions(folder.join("tee"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// Registers the witness for every event that `settings` (Claude Code's shape, Codex has the same) has a hook for.
    pub(crate) fn register(&self, settings: &Path) {
        let mut value: Value = serde_json::from_str(&fs::read_to_string(settings).unwrap()).unwrap();
        let hooks = value["hooks"].as_object_mut().unwrap();
        assert!(hooks.len() >= 5, "few events are installed: {hooks:?}");
        for groups in hooks.values_mut() {
            let hook = json!({"type": "command", "command": self.folder.join("tee")});
            groups.as_array_mut().unwrap().push(json!({"hooks": [hook]}));
        }
        fs::write(settings, value.to_string()).unwrap();
    }

    /// What the agent sent, in the order in which it was sent.
    pub(crate) fn seen(&self) -> Vec<Value> {
        let mut names: Vec<_> = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.retain(|name| name.extension().is_some_and(|end| end == "json"));
        names.sort();
        names.iter().map(|name| serde_json::from_slice(&fs::read(name).unwrap()).unwrap()).collect()
    }
}
