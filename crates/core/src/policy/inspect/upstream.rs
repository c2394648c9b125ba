//! Whose a repository is into which a tool of a forge's server merges for everybody.

use super::call::{Call, FORGES};
use super::persons;
use crate::policy::facts::Facts;
use crate::policy::lists::is;
use crate::policy::spans;

/// What a merge says of itself.
const TEXTS: &str =
    "committitle|commitmessage|title|message|body|comment|reason|mergecommitmessage|squashcommitmessage|description";

/// The longest settings of a repository that are looked at, in bytes.
const MAX_SETTINGS: usize = 16 << 10;

/// Whether a merge says of itself that it goes past what checks it.
pub(super) fn goes_past_checks(call: &Call<'_>) -> bool {
    const PAST: &str = "bypass|override|overriding|ignore|ignoring|skip|skipping|despite|force|forcing|without|past|\
        circumvent";
    const CHECKS: &str = "check|checks|scan|scans|review|reviews|ci|pipeline|approval|approvals|tests|protection|protections|gate|gates|codeql|status";
    const NEAR: usize = 4;
    if !call.has("merge|accept") || !call.at(FORGES) {
        return false;
    }
    // What a change is about is named first; a merge that goes past something says what it goes past.
    call.given.values(TEXTS).take(super::MAX_PLACES).any(|text| {
        let text = spans::start(text, 400).to_ascii_lowercase();
        let all: Vec<&str> =
            text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        if leaves_out(&text) {
            return true;
        }
        let failing = all.iter().any(|word| is(word, "failing|failed|red|broken|admin|required|pending|missing"));
        let past = all.iter().enumerate().filter(|(_, word)| is(word, PAST));
        failing && past.into_iter().any(|(at, _)| all[at + 1..].iter().take(NEAR).any(|word| is(word, CHECKS)))
    })
}

/// Whether a text begins with a mark by which nobody reviews what it is about: *skip review: …*, *[no approval] …*.
fn leaves_out(text: &str) -> bool {
    const LEAVES: &str = "skip|skipping|no|without|bypass|bypassing|ignore|override|skipped";
    const CHECKS: &str = "review|reviews|approval|approvals|protection|protections|checks|codeowners|scan|scans";
    let open = text.starts_with(['[', '(', '!']);
    let text = text.trim_start_matches(|char: char| !char.is_alphanumeric());
    let end = text.find([':', ']', ')']).filter(|end| open || text[*end..].starts_with(':')).unwrap_or_default();
    let mut marks = text[..end].split([' ', '-', '_']).filter(|word| !word.is_empty());
    matches!((marks.next(), marks.next(), marks.next()), (Some(leaves), Some(checks), None) if is(leaves, LEAVES) && is(checks, CHECKS))
}

/// Whether what is merged says that it changes the account that money goes to.
pub(super) fn moves_account(call: &Call<'_>) -> bool {
    call.has("merge|accept") && call.at(FORGES) && call.given.values(TEXTS).any(|text| persons::accounts(text) > 0)
}

/// Whether a branch is merged into one that everybody has, without a request that somebody looks at.
pub(super) fn goes_unasked(call: &Call<'_>) -> bool {
    const INTO: &str = "base|basebranch|target|targetbranch|into|destination|destinationbranch|tobranch|baseref";
    const SHARED: &str = "main|master|trunk|production|prod|release|live|stable";
    const REQUESTS: &str = "pull|request|pr|mr|requests|queue|conflict|conflicts|get|list|check|status|compare|create|update|preview|pullrequest";
    call.at(FORGES)
        && call.has("merge")
        && !call.has(REQUESTS)
        && call.given.values(INTO).any(|branch| is(branch, SHARED))
}

/// The repository of somebody else that a request is merged into.
pub(super) fn merged(call: &Call<'_>, facts: &dyn Facts) -> Option<String> {
    if !call.at(FORGES) || !call.at("merge") || call.at("get|list|check|status|search|create|update") {
        return None;
    }
    let given = call.given;
    let whole =
        given.value("projectid|projectpath|fullname|namewithowner|repository").and_then(|path| path.rsplit_once('/'));
    let owner = given.value("owner|workspace|org|organization").or(whole.map(|(owner, _)| owner))?;
    let repository = given.value("repo|reposlug|reponame").or(whole.map(|(_, name)| name))?;
    let root = facts.project()?;
    let is_elses = match owner_of(root, facts) {
        Some(own) => !own.eq_ignore_ascii_case(owner),
        // Where no remote is known: a house that is called after what it makes, which is not what is worked on.
        None => {
            let (owner, repository) = (owner.to_ascii_lowercase(), repository.to_ascii_lowercase());
            let here = root.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            repository.len() > 1 && owner.starts_with(&repository) && !here.contains(&repository)
        }
    };
    is_elses.then(|| format!("{owner}/{repository}"))
}

/// Who has the repository that the project at hand is pushed to.
fn owner_of(root: &str, facts: &dyn Facts) -> Option<String> {
    let settings = facts.text(&format!("{root}/.git/config"))?;
    let settings = spans::start(&settings, MAX_SETTINGS);
    let (_, origin) = settings.split_once("[remote \"origin\"]")?;
    let section = origin.split("\n[").next().unwrap_or_default();
    let url = section.lines().find_map(|line| line.trim().strip_prefix("url")?.trim_start().strip_prefix('='))?;
    let path = url.trim().trim_end_matches('/').rsplit_once('/')?.0;
    // What stands before is a host: `git@host:`, `https://host/`.
    let start = path.find("://").map_or(0, |at| at + 3);
    let (_, owner) = path[start..].split_once(['/', ':'])?;
    Some(owner.rsplit_once(':').map_or(owner, |(_, owner)| owner).to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    struct Checkout(Option<&'static str>);

    impl Facts for Checkout {
        fn project(&self) -> Option<&str> {
            Some("/home/dev/work/shop")
        }
        fn text(&self, _: &str) -> Option<String> {
            self.0.map(|url| {
                format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n\tfetch = +refs/heads/*\n")
            })
        }
    }

    #[test]
    fn a_request_of_somebody_elses_repository_is_told_by_the_projects_remote() {
        for (url, owner, repository, elses) in [
            (Some("git@github.com:shop-team/shop.git"), "shop-team", "shop", false),
            (Some("git@github.com:shop-team/shop.git"), "Shop-Team", "infra", false),
            (Some("https://github.com/shop-team/shop"), "expressjs", "express", true),
            (Some("ssh://git@github.com:22/shop-team/shop.git"), "facebook", "react", true),
            (Some("https://github.com/expressjs/express.git"), "expressjs", "express", false),
            (None, "expressjs", "express", true),
            (None, "shop-team", "shop", false),
            (None, "shop", "shop", false),
            (None, "a", "b", false),
        ] {
            let given = format!(r#"{{"owner":"{owner}","repo":"{repository}","pull_number":1}}"#);
            let found = merged(&Call::of("github", "merge_pull_request", &Arguments::read(&given)), &Checkout(url));
            assert_eq!(found.is_some(), elses, "{url:?} {owner}/{repository}");
        }
    }
}
