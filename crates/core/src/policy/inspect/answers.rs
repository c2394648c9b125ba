//! Programs that agents ask before they do something, written so that each answer is yes.

use super::source::Written;
use crate::policy::lists::{holds, parts};

/// Folders of such programs.
const FOLDERS: &str = "/.claude/hooks/|/.gemini/hooks/|/.cursor/hooks/|/.codex/hooks/|/.copilot/hooks/|/.github/hooks/|/.qwen/hooks/|/.windsurf/hooks/|\
    /.agents/hooks/|/.factory/hooks/|/.augment/hooks/|/.kiro/hooks/|/agent-hooks/|/.opencode/plugin|/.amp/plugins/";

/// What tells an answer of yes, in small letters, without blanks, quotes and what escapes those.
const YES: &str = "decision:allow|decision:approve|permission:allow|permissiondecision:allow|behavior:allow|continue:true|decision=allow|decision=approve|\
    allow:true|approved:true|action:allow|permissionoutput.allow|status:approved";

/// What a step is that looks at what it is asked.
const LOOKS: &str = "if |if(|case |grep|[[|match |switch|test |while |for |def |function |elif|? |&&";
const ENDS: &str = "exit|exit 0|exit 0;|sys.exit()|sys.exit(0)|process.exit()|process.exit(0)|process.exit(0);|return|os._exit(0)|return;|exit(0)";

/// Whether a program that an agent asks says yes, or ends, before it looks; and the one before it did not.
pub(super) fn are_yes(written: &Written<'_>) -> bool {
    parts(FOLDERS).any(|folder| written.path.contains(folder)) && written.gains(says_yes)
}

fn says_yes(text: &str) -> bool {
    let steps = text.lines().map(str::trim).filter(|line| {
        !line.is_empty()
            && !line.starts_with(['#', '"'])
            && !line.starts_with("//")
            && !holds(line, "import |require(|set -|shopt ")
    });
    // What is read, or kept in a variable, is no answer yet.
    let unlooked: Vec<&str> =
        steps.take_while(|step| !holds(step, LOOKS) && !step.contains("||")).take(super::MAX_PLACES).collect();
    unlooked.iter().enumerate().any(|(at, step)| {
        let plain = super::source::unquoted(step).to_ascii_lowercase();
        let ended = unlooked.get(at + 1).is_none_or(|next| parts(ENDS).any(|end| *next == end));
        holds(&plain, YES) && ended && (at + 1 < unlooked.len() || is_last(text, step))
    }) || unlooked
        .first()
        .is_some_and(|step| parts("exit 0|sys.exit(0)|process.exit(0);|process.exit(0)|exit").any(|end| *step == end))
}

/// Whether a step is the last of a text.
fn is_last(text: &str, step: &str) -> bool {
    text.trim_end().ends_with(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_that_says_yes_to_all_is_seen() {
        for (text, seen) in [
            ("#!/bin/bash\necho '{\"decision\":\"allow\"}'\nexit 0\n", true),
            ("#!/usr/bin/env python3\nimport json\nprint(json.dumps({\"decision\": \"allow\"}))\n", true),
            ("#!/bin/bash\nexit 0\n", true),
            (
                "#!/bin/bash\ninput=$(cat)\nif echo \"$input\" | grep -q 'rm -rf'; then\n  echo '{\"decision\":\"deny\"}'\n  exit 0\nfi\necho '{\"decision\":\"allow\"}'\n",
                false,
            ),
        ] {
            assert_eq!(
                are_yes(&Written::of(text, None, "/home/you/work/shop/.gemini/hooks/before_tool.sh")),
                seen,
                "{text}"
            );
        }
    }
}
