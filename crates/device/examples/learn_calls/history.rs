//! What people changed in a project: the pieces of its history, as edits of an agent.

use std::process::Command;

use hookrail_device::policy::Case;
use serde_json::json;

/// How many commits are looked at, and how many of their pieces are taken, evenly spread.
const COMMITS: &str = "4000";
const PIECES: usize = 1200;

/// The longest piece that is taken, in bytes.
const LONGEST: usize = 6000;

/// Parts of the names of files that nobody writes by hand, or that are no code.
const MADE: &[&str] =
    &["lock", ".min.", ".snap", ".svg", ".po", "locale", "CHANGELOG", ".json", ".csv", "cassettes", "schema.graphql"];

/// A piece of a commit: the lines that were there and those that are there now.
#[derive(Default)]
struct Piece {
    path: String,
    is_new: bool,
    before: String,
    after: String,
}

impl Piece {
    fn is_wanted(&self) -> bool {
        self.before != self.after
            && self.before.len() + self.after.len() <= LONGEST
            && !MADE.iter().any(|part| self.path.contains(part))
    }

    /// As a case of the guard has it.
    fn case(&self) -> Case {
        let path = format!("/home/dev/work/shop/{}", self.path);
        let (tool, input) = match self.is_new {
            true => ("Write", json!({"file_path": path, "content": self.after})),
            false => ("Edit", json!({"file_path": path, "old_string": self.before, "new_string": self.after})),
        };
        let command = json!({"tool": tool, "input": input}).to_string();
        Case { command, stops: false, why: String::new() }
    }
}

/// The cases of a project's history: of the repository in a folder, up to the commit behind the `@`.
pub(crate) fn cases(place: &str) -> Vec<Case> {
    let (folder, commit) = place.rsplit_once('@').unwrap_or((place, "HEAD"));
    let log =
        ["log", "--no-merges", "-n", COMMITS, "-p", "-U3", "--no-renames", "--diff-filter=AM", "--format=format:"];
    let output = Command::new("git").arg("-C").arg(folder).args(log).arg(commit).output().unwrap();
    assert!(output.status.success(), "{folder}: {}", String::from_utf8_lossy(&output.stderr));
    let pieces = pieces(&String::from_utf8_lossy(&output.stdout));
    let apart = pieces.len().div_ceil(PIECES).max(1);
    pieces.iter().step_by(apart).map(Piece::case).collect()
}

fn pieces(log: &str) -> Vec<Piece> {
    let (mut pieces, mut piece, mut is_inside) = (Vec::new(), Piece::default(), false);
    for line in log.lines() {
        if line.starts_with("@@ ") || line.starts_with("diff --git ") {
            let (path, is_new) = (piece.path.clone(), piece.is_new);
            let done = std::mem::replace(&mut piece, Piece { path, is_new, ..Piece::default() });
            pieces.extend(done.is_wanted().then_some(done));
            is_inside = line.starts_with("@@ ");
            if !is_inside {
                piece = Piece::default();
            }
        } else if !is_inside {
            piece.is_new |= line.starts_with("new file mode");
            piece.path = line.strip_prefix("+++ b/").unwrap_or(&piece.path).to_owned();
        } else if let Some((mark, rest)) = line.split_at_checked(1) {
            let push = |text: &mut String| text.extend([rest, "\n"]);
            match mark {
                "+" => push(&mut piece.after),
                "-" => push(&mut piece.before),
                " " => [&mut piece.before, &mut piece.after].into_iter().for_each(push),
                _ => {}
            }
        }
    }
    pieces.extend(piece.is_wanted().then_some(piece));
    pieces
}
