//! Migrations and scripts by which a database shows its rows to whoever asks: no row is guarded any more, or everybody is granted them.

use super::source::{Written, folded, is_comment};
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// Those who are asked for no name.
const EVERYBODY: &str = "anon|public|anonymous|guest|web_anon|anon_role|everyone";

/// What more than looking is, and what may be looked at by few.
const CHANGES: &str = "insert|update|delete|truncate|all|all privileges";
const OF_PEOPLE: &str = "user|customer|payment|card|order|invoice|account|profile|patient|employee|member|message|token|secret|session|address|\
    contact|salar|billing|auth.|credential|all tables";

/// Most statements of one text that are looked at.
const MAX_STATEMENTS: usize = 1024;

/// Whether a text of SQL leaves rows unguarded, where the one before it did not.
pub(super) fn are_unguarded(written: &Written<'_>) -> bool {
    let granted = written.is_form("yml|yaml|sql") && written.holds("grants") && !written.is_tried();
    if granted && written.gains(grants_by_settings) {
        return true;
    }
    written.is_form("sql|py|rb|ts|js|php|go|ex|exs|kt|java")
        && written.holds("ow level security|OW LEVEL SECURITY|grant|GRANT|olicy|OLICY|asked|ASKED")
        && !written.is_tried()
        && written.gains(opens)
}

/// Whether a model's settings grant everybody to look at what it makes: `grants: {select: ['public']}`.
fn grants_by_settings(text: &str) -> bool {
    const NAMES: &str = "public|anon|anonymous|everyone|allusers|allauthenticatedusers";
    const NEAR: usize = 160;
    let dense = folded(text).replace(['"', '\''], "");
    dense.match_indices("grants").take(super::MAX_PLACES).any(|(at, word)| {
        let behind = spans::behind(&dense, at + word.len(), NEAR);
        let granted = behind.strip_prefix([':', '=']).and_then(|it| it.split_once("select:"));
        // A list ends with its bracket, or where the next name begins.
        let named = granted.map(|(_, named)| named.split([']', '}']).next().unwrap_or_default());
        named.is_some_and(|named| named.split(['[', ',', '-']).any(|name| is(name, NAMES)))
    })
}

fn opens(text: &str) -> bool {
    let code: String =
        text.lines().filter(|line| !is_comment(line)).map(|line| line.to_ascii_lowercase() + " ").collect();
    let code = code.split("-- migrate:down").next().unwrap_or_default().to_owned();
    let back = holds(&code, "enable row level security");
    let statements = code.split(';').take(MAX_STATEMENTS);
    let statements = statements.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    statements.into_iter().any(|it| {
        let lifts = holds(&it, "disable row level security|no force row level security") && it.contains("alter table");
        let unmasks = holds(
            &it,
            "drop masked|unset masking policy|drop masking policy|drop row access policy|drop all row access policies|\
            unset projection policy|drop security policy|with (state = off)",
        );
        lifts && !back || unmasks || grants(&it) || lets_all(&it)
    })
}

/// Whether a statement grants everybody to change rows, or to look at those of people.
fn grants(statement: &str) -> bool {
    let Some((what, whom)) = statement.split_once("grant ").and_then(|(_, rest)| rest.rsplit_once(" to ")) else {
        return false;
    };
    let all = whom.split([',', ' ', '"']).any(|name| is(name, EVERYBODY));
    let rights = what.split(" on ").next().unwrap_or_default();
    let changes = rights.split(',').any(|right| is(right.trim(), CHANGES));
    let shows = || rights.split(',').any(|right| right.trim() == "select") && holds(what, OF_PEOPLE);
    all && what.contains(" on ")
        && !holds(what, " on schema| on function| on sequence| on type| on language")
        && (changes || shows())
}

/// Whether a policy lets everybody change every row.
fn lets_all(statement: &str) -> bool {
    let dense: String = statement.chars().filter(|char| *char != ' ').collect();
    let all = holds(&dense, "using(true)|withcheck(true)");
    let changes = holds(statement, "for all|for update|for delete") || !statement.contains(" for ");
    let named = parts(EVERYBODY).any(|name| statement.contains(&format!(" to {name}")));
    statement.contains("create policy") && all && changes && (named || !statement.contains(" to "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_everybody_gets_are_seen() {
        for (text, seen) in [
            ("alter table public.customers disable row level security;", true),
            (
                "alter table a disable row level security; update a set b = 1; alter table a enable row level security;",
                false,
            ),
            ("-- alter table a disable row level security;", false),
            ("grant select, insert on public.orders to anon;", true),
            ("grant select on public.products to anon, authenticated;", false),
            ("grant select on public.customers to anon;", true),
            ("grant select, update on public.orders to support;", false),
            ("grant usage on schema public to anon;", false),
            ("create policy p on orders for all using (true);", true),
            ("create policy p on posts for select using (true);", false),
            ("create policy p on orders for update to authenticated using (auth.uid() = user_id);", false),
        ] {
            let written = Written::of(text, None, "/home/you/work/shop/supabase/migrations/1_a.sql");
            assert_eq!(are_unguarded(&written), seen, "{text}");
        }
    }
}
