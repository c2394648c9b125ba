//! What of a call is read for what it is like.

use super::given::Payload;
use crate::event::{Family, Tool};
use crate::policy::effects::{Effect, Kind};
use crate::policy::places::Place;
use crate::policy::suspicion::Reading;

/// What is read of a call; `None` where it says too little, and of tools whose calls are known by their paths and programs alone.
pub(super) fn of(tool: &Tool, payload: &Payload<'_>) -> Option<Reading> {
    let reading = match tool.family {
        Family::FileWrite => edit(payload),
        Family::Mcp { .. } | Family::Other | Family::Web => Reading::of_call(&tool.name, &payload.arguments),
        Family::Shell | Family::FileRead | Family::Search | Family::Agent => return None,
    };
    reading.is_enough().then_some(reading)
}

/// That it reads as what should be stopped, where it does.
pub(super) fn suspicious(reading: &Reading, target: &str, place: Place, tool: &str) -> Option<Effect> {
    reading.is_suspicious().then(|| Effect::on(Kind::CallSuspicious, target, place, tool))
}

fn edit(payload: &Payload<'_>) -> Reading {
    let given = payload.given();
    let told = given.told().unwrap_or_default();
    if let Some(patch) = given.patch() {
        return patched(&patch, &told);
    }
    let (paths, written) = (given.paths(), given.written());
    let changes = written.iter().map(|(text, before)| (before.as_deref().unwrap_or_default(), text.as_ref()));
    Reading::of_edit(paths.iter().map(AsRef::as_ref), &told, changes)
}

/// The same of a patch: its lines are what differs, and what stays.
fn patched(patch: &str, told: &str) -> Reading {
    const HEADERS: [&str; 3] = ["*** ", "--- ", "+++ "];
    let (headers, lines): (Vec<&str>, Vec<&str>) = patch
        .lines()
        .filter(|line| !line.starts_with("@@"))
        .partition(|line| HEADERS.iter().any(|it| line.starts_with(it)));
    let text = |mark: char| {
        let lines = lines.iter().filter_map(|line| line.strip_prefix([mark, ' ']));
        lines.flat_map(|line| [line, "\n"]).collect::<String>()
    };
    let (before, text) = (text('-'), text('+'));
    let paths = headers.iter().filter_map(|header| header.split_once(' ')).map(|(_, path)| path);
    Reading::of_edit(paths, told, [(before.as_str(), text.as_str())].into_iter())
}
