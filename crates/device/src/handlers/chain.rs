//! The order in which handlers go: those that name none before them at once, others behind. Forward only.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Handler;
use crate::words;

/// The longest chain, in handlers.
pub const MAX_DEPTH: usize = 3;

/// What is wrong with the names and chains of all handlers of one level: which of them, and why. Those cannot run.
pub fn check(handlers: &[&Handler]) -> Vec<(usize, String)> {
    let mut wrong = Vec::new();
    let mut by_name: BTreeMap<&str, &Handler> = BTreeMap::new();
    for (at, handler) in handlers.iter().enumerate() {
        match by_name.entry(&handler.name) {
            Entry::Vacant(free) => drop(free.insert(handler)),
            Entry::Occupied(other) => {
                let file = other.get().file.display();
                wrong.push((at, format!("there are two handlers {}, the other in {file}", handler.name)));
            }
        }
    }
    for (at, handler) in handlers.iter().enumerate() {
        for name in handler.after.iter().filter(|name| !by_name.contains_key(name.as_str())) {
            let near = words::nearest(name, by_name.keys().copied());
            let meant = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            wrong.push((at, format!("{} runs after {name}, which is not there{meant}", handler.name)));
        }
        if let Err(path) = path_to(handler, &by_name, &mut vec![handler.name.as_str()]) {
            wrong.push((at, path));
        }
    }
    wrong
}

/// Follows the chain backwards; the path where it leads back to where it began, or is too long.
fn path_to<'h>(
    handler: &'h Handler,
    by_name: &BTreeMap<&'h str, &'h Handler>,
    path: &mut Vec<&'h str>,
) -> Result<(), String> {
    for before in handler.after.iter().filter_map(|name| by_name.get(name.as_str())) {
        path.push(&before.name);
        let shown = || path.iter().rev().copied().collect::<Vec<_>>().join(" → ");
        if before.name == path[0] {
            return Err(format!("these handlers wait for each other: {}", shown()));
        }
        if path.len() > MAX_DEPTH {
            return Err(format!("a chain is at most {MAX_DEPTH} long: {}", shown()));
        }
        path_to(before, by_name, path)?;
        path.pop();
    }
    Ok(())
}

/// For each of the handlers that run, which of them must have ended before, by their places. What does not run is not waited for.
pub fn predecessors(handlers: &[&Handler]) -> Vec<Vec<usize>> {
    let before = |handler: &Handler| {
        let is_before = |other: &&Handler| other.level == handler.level && handler.after.contains(&other.name);
        handlers.iter().enumerate().filter(|(_, other)| is_before(other)).map(|(at, _)| at).collect()
    };
    handlers.iter().map(|handler| before(handler)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;
    use crate::handlers::{Level, file};

    /// Handlers by name, each with those it runs after.
    fn handlers(chains: &[(&str, &[&str])]) -> Vec<Handler> {
        let text: String = chains
            .iter()
            .map(|(name, after)| {
                format!("[[handler]]\nname = \"{name}\"\non = \"Stop\"\nrun = \"true\"\nafter = {after:?}\n")
            })
            .collect();
        file::read(&text, Path::new("hookrail.toml"), Level::User).unwrap().handlers
    }

    fn wrong(chains: &[(&str, &[&str])]) -> Vec<(usize, String)> {
        let handlers = handlers(chains);
        check(&handlers.iter().collect::<Vec<_>>())
    }

    #[test]
    fn chains_run_forward_and_are_short() {
        assert_eq!(wrong(&[("a", &[]), ("b", &["a"]), ("c", &["b", "a"])]), []);
        let circle = wrong(&[("a", &["c"]), ("b", &["a"]), ("c", &["b"]), ("d", &[])]);
        assert_eq!(circle.iter().map(|it| it.0).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(circle[0].1, "these handlers wait for each other: a → b → c → a");
        assert_eq!(wrong(&[("a", &["a"])])[0].1, "these handlers wait for each other: a → a");
        let long = wrong(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["c"])]);
        assert_eq!(long, [(3, "a chain is at most 3 long: a → b → c → d".to_owned())]);
        // One that leads into a circle it is no part of cannot run either.
        assert_eq!(wrong(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]).len(), 3);
    }

    #[test]
    fn names_are_one_of_a_kind_and_known() {
        assert!(wrong(&[("a", &[]), ("a", &[])])[0].1.starts_with("there are two handlers a"));
        assert_eq!(
            wrong(&[("format", &[]), ("lint", &["fromat"])])[0].1,
            "lint runs after fromat, which is not there; did you mean format?"
        );
    }

    #[test]
    fn what_does_not_run_is_not_waited_for() {
        let handlers = handlers(&[("a", &[]), ("b", &["a"]), ("c", &["a", "b"])]);
        let [a, b, c] = &handlers[..] else { panic!() };
        assert_eq!(predecessors(&[a, b, c]), [vec![], vec![0], vec![0, 1]]);
        assert_eq!(predecessors(&[c, b]), [vec![1], vec![]]);
    }
}
