//! What code does in a page that a browser shows, with all that whoever is signed in there may do: it pays, deletes, sends, for good.

use super::announced;
use super::call::{Call, TRIED, speaks};
use super::clicks;
use super::leaks::literals;
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// Browsers that are driven by code.
const PAGES: &str = "browser|page|evaluate|playwright|puppeteer|chrome|chromium|devtools|selenium|webdriver|browserbase|stagehand|cdp|browserless|\
    firefox|safari|edge|hyperbrowser|steel|brightdata";

/// How code presses something, and how it asks a page's own server for something else than to be shown it.
const PRESSES: &str = ".click(|.dblclick(|.tap(|.press(|.submit(|requestsubmit(|dispatchevent(|.check(";
const ASKS: &str = "fetch(|xmlhttprequest|axios|sendbeacon(|.request.|$.ajax(|$.post(";

/// Verbs of what nobody takes back in a page that many rely on, as its buttons begin with them.
const COMMITS: &str = "send|pay|delete|transfer|withdraw|publish|approve|terminate|deactivate|purchase|wire|refund|erase|destroy|confirm|tweet|post";

/// What forms and buttons are called by which something of weight goes.
const FOR_GOOD: &str = "delete account|delete user|delete project|delete all|remove all|close account|cancel subscription|delete org|delete team|\
    delete workspace|delete customer|delete database|terminate account";

/// What is pressed once for each that there is.
const EACH: &str = "foreach(|for (const|for (let|for(const|for(let|for await|.all()|while (|while(|.map(";
const ENDS: &str = "delete|remove|unsubscribe|unfriend|reject|approve|cancel|destroy|revoke|deactivate|archive|refund|ban|block|trash|terminate|unfollow";

/// What is asked for at paths that few may change.
const GUARDED: &str =
    "admin|users|accounts|account|payments|transfer|transfers|billing|orders|members|payouts|roles|settings|customers";

/// How much of a text is looked at, in bytes.
const MOST: usize = 16 << 10;

/// What code for a page does that cannot be taken back.
pub(super) fn done(call: &Call<'_>) -> Option<Kind> {
    if call.given.scripts.is_empty() || !call.at(PAGES) {
        return None;
    }
    call.given.scripts.iter().take(super::MAX_PLACES).find_map(|script| of_script(script))
}

fn of_script(script: &str) -> Option<Kind> {
    let script = spans::start(script, MOST);
    let lower = script.to_lowercase();
    let presses = holds(&lower, PRESSES);
    if !presses && !holds(&lower, ASKS) {
        return None;
    }
    let hosts: Vec<String> =
        lower.match_indices("://").take(super::MAX_PLACES).map(|(at, _)| hosts::first(&lower[at + 3..])).collect();
    let is_tried = |host: &String| hosts::is_local(host) || speaks(host, TRIED);
    if hosts.first().is_some_and(is_tried) {
        return None;
    }
    let told: Vec<String> = literals(&lower).filter(|text| text.len() <= 256).map(plain).collect();
    let each = || presses && holds(&lower, EACH) && told.iter().any(|text| text.split(' ').any(|word| is(word, ENDS)));
    let asks = || asks_to_change(&lower, !hosts.is_empty());
    let far = || hosts.iter().any(|host| hosts::is_far(host));
    let commits = || told.iter().any(|text| text.len() <= 48 && begins_with_deed(text));
    let to_many = || literals(&lower).any(announced::is_group);
    match () {
        () if presses && clicks::said(&told).is_some() => clicks::said(&told),
        () if presses && told.iter().any(|text| holds(text, FOR_GOOD)) => Some(Kind::McpDestroy),
        () if presses && far() && to_many() && commits() => Some(Kind::NetMailing),
        () if each() || asks() => Some(Kind::McpDestroy),
        () if presses && far() && commits() => Some(Kind::McpAccess),
        () => None,
    }
}

/// What a literal says, without the marks of selectors: `text=Delete`, `#delete-button`.
fn plain(literal: &str) -> String {
    let text = literal.trim().trim_start_matches("text=").trim_start_matches("button:has-text(");
    text.replace(['-', '_', '#', '.', '"', '\'', '(', ')', '[', ']', '=', '/'], " ").trim().to_owned()
}

/// Whether a button's words begin with what it does for good.
fn begins_with_deed(text: &str) -> bool {
    const NO_DEED: &str =
        "history|filter|tab|settings page|template|method|methods|options|list|feedback|docs|password";
    const NOUNS: &str = "search|form|query|feedback|answer|in|up|out|on|off|";
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_deed = is(first, COMMITS) || is(first, "submit|sign") && !is(second, NOUNS);
    is_deed && !text.split(' ').any(|word| is(word, NO_DEED))
}

/// Whether a page's server is asked to delete something, or at a path that few may change to change it.
fn asks_to_change(lower: &str, elsewhere: bool) -> bool {
    const METHODS: &str = "'delete'|\"delete\"|`delete`|'put'|\"put\"|'patch'|\"patch\"|'post'|\"post\"";
    let deletes = holds(lower, "'delete'|\"delete\"|`delete`|axios.delete(");
    let mut paths = literals(lower).filter(|text| text.starts_with('/') || text.contains("://"));
    let guarded = |path: &str| path.split(['/', '?', '.', '-', '_']).any(|part| is(part, GUARDED));
    holds(lower, ASKS)
        && holds(lower, METHODS)
        && (deletes && elsewhere || paths.any(guarded) && (deletes || elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_code_does_in_a_page_is_seen() {
        for (script, seen) in [
            ("await page.goto('https://bank.example/pay'); await page.click('text=Confirm transfer')", true),
            ("await page.goto('http://localhost:3000/pay'); await page.click('text=Confirm transfer')", false),
            ("await page.goto('https://shop-staging.x.example'); await page.click('text=Place order')", false),
            ("document.querySelectorAll('button.delete-row').forEach(b => b.click())", true),
            ("document.querySelectorAll('button').length", false),
            ("await page.goto('https://mail.x.example'); await page.click('text=Send')", true),
            ("await page.goto('https://mail.x.example'); await page.click('text=Sent items')", false),
            ("await page.getByRole('link', { name: 'Next' }).click()", false),
            ("fetch('https://x.example/api/users/4', {method: 'DELETE'})", true),
            ("fetch('http://localhost:8080/api/users/4', {method: 'DELETE'})", false),
            ("fetch('/api/todos')", false),
        ] {
            assert_eq!(of_script(script).is_some(), seen, "{script}");
        }
    }
}
