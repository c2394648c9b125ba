//! Command files for Claude Code: the same steps under an agent's eyes, with or without questions first. Pure.
//!
//! They name no step: what is done is in `hookrail.toml` alone. Where the agent looks for them and what their head may
//! say: its documentation of slash commands (`.claude/commands/<name>.md`).

use std::path::PathBuf;

use super::{Definition, FOLDER, Phase};

/// The command files for what is declared, by their paths in the project. Empty where nothing is.
pub fn command_files(definition: &Definition) -> Vec<(PathBuf, String)> {
    let is_declared = |phase| !definition.steps(phase).is_empty();
    let mut files = Vec::new();
    let mut add = |name: &str, text: String| files.push((PathBuf::from(format!(".claude/commands/{name}.md")), text));
    if is_declared(Phase::Init) {
        add("install", supervised(Phase::Init));
        add("install-interactive", interactive());
    }
    if is_declared(Phase::Maintenance) {
        add("maintenance", supervised(Phase::Maintenance));
    }
    files
}

/// Where a person finds what the agent has written.
const fn results(phase: Phase) -> &'static str {
    match phase {
        Phase::Init => "install_results.md",
        Phase::Maintenance => "maintenance_results.md",
    }
}

fn supervised(phase: Phase) -> String {
    let title = match phase {
        Phase::Init => "Set this project up",
        Phase::Maintenance => "Look after this project",
    };
    format!(
        "---\n\
         description: {title}, check what came of it, and report\n\
         allowed-tools: Bash(hookrail setup {phase}:*), Read, Write\n\
         ---\n\n\
         # {title}\n\n\
         {SOURCE}\n\n{}",
        work(phase, "")
    )
}

fn interactive() -> String {
    let phase = Phase::Init;
    format!(
        "---\n\
         description: Set this project up after a few questions, check what came of it, and report\n\
         allowed-tools: Bash(hookrail setup {phase}:*), AskUserQuestion, Read, Write\n\
         ---\n\n\
         # Set this project up, with questions first\n\n\
         {SOURCE}\n\n\
         ## Ask first\n\n\
         Run `hookrail setup {phase} --dry-run`: it shows every step, whether it would run, and why. Then ask, and wait for the answers:\n\n\
         - Which steps are to run: all that are needed, or only some (`--only STEP`, once for each)?\n\
         - Are steps that succeeded before and whose inputs are unchanged to run again (`--force`)?\n\
         - Where a step needs something that is not there (a tool, a file such as `.env`, access to a service): who provides it, \
         or is the step left out for now? Never ask for the value of a secret; say where a person has to put it.\n\n\
         Where an answer leaves a question open, ask again. Do nothing that was declined.\n\n{}",
        work(phase, " with what was chosen")
    )
}

const SOURCE: &str = "`hookrail.toml` alone says what is done here. Do not do its steps by hand, do not change them, and do not \
                      add any: where one is wrong, say so in your report.";

fn work(phase: Phase, chosen: &str) -> String {
    let results = results(phase);
    format!(
        "## Do\n\n\
         1. Run `hookrail setup {phase}`{chosen}. It may take longer than your shell waits: then let it run in the background, and wait \
         for its end. An exit code other than 0 means that a required step failed.\n\
         2. Read the end of `{FOLDER}/setup.{phase}.log`, from the last line that begins with `=== setup {phase} began`.\n\
         3. Check. Of a step that succeeded: is what it should have brought there, and does it work? Look, do not assume. Of a step that \
         failed: what in its output is the cause, and what would mend it?\n\
         4. Write `{results}` in the project's folder: when this was; each step with its outcome and how long it took; what you \
         checked and found; for each failure its last lines and its cause; what a person has to do next. No values of secrets.\n\
         5. Report the same in a few sentences, failures first.\n"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;

    fn definition(phases: &[Phase]) -> Definition {
        let step = |phase| format!("[[setup.{phase}]]\nname = \"name-of-it\"\nrun = \"what-it-runs\"\n");
        let text: String = phases.iter().map(step).collect();
        Definition::read(&text, Path::new("hookrail.toml")).unwrap()
    }

    #[test]
    fn there_are_files_for_what_is_declared() {
        let names = |phases: &[Phase]| -> Vec<String> {
            command_files(&definition(phases)).iter().map(|(path, _)| path.display().to_string()).collect()
        };
        assert!(names(&[]).is_empty());
        assert_eq!(names(&[Phase::Maintenance]), [".claude/commands/maintenance.md"]);
        assert_eq!(
            names(&Phase::ALL),
            [
                ".claude/commands/install.md",
                ".claude/commands/install-interactive.md",
                ".claude/commands/maintenance.md"
            ]
        );
    }

    #[test]
    fn they_run_the_steps_and_name_none() {
        for (path, text) in command_files(&definition(&Phase::ALL)) {
            let phase = if path.ends_with("maintenance.md") { "maintenance" } else { "init" };
            assert!(!text.contains("name-of-it") && !text.contains("what-it-runs"), "{text}");
            for part in [
                "---\ndescription: ",
                &format!("`hookrail setup {phase}`"),
                &format!("`.hookrail/setup.{phase}.log`"),
                if phase == "init" { "`install_results.md`" } else { "`maintenance_results.md`" },
            ] {
                assert!(text.contains(part), "{}: {part}", path.display());
            }
            assert_eq!(text.contains("## Ask first"), path.ends_with("install-interactive.md"));
        }
    }
}
