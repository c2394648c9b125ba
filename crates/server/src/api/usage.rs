//! What was used of models: by group, by person, by repository, and within one session.
//!
//! *Small groups.* A sum over very few people says what one of them did. For viewers without `admin`, groups of people that
//! are smaller than the server's setting are folded into one, [`HIDDEN`], and so is everything that is by person.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hookrail_store::model::{
    GroupBy, Page, PersonRow, PromptUse, Reconciliation, RepositoryRow, UsageFilter, UsageRow, Used,
};
use hookrail_store::registry::Scope;
use serde::{Deserialize, Serialize};

use super::params::{Params, Slice};
use super::{Answer, page};
use crate::admit;
use crate::app::App;
use crate::error::Problem;
use crate::tenants::Caller;

/// The key of what is folded together because its groups are too small.
pub(crate) const HIDDEN: &str = "(hidden)";

/// Bytes of a body.
const BODY: usize = 4096;

/// Bytes of a team's name.
const TEAM: usize = 100;

/// A page of groups, and the sum of all.
#[derive(Debug, Serialize)]
pub(crate) struct Usage {
    #[serde(flatten)]
    page: Page<UsageRow>,
    /// The sum over everything that matches, on this page or not; nothing, where those are too few people to show.
    total: Used,
}

/// `GET /api/v1/usage?group_by=…`.
pub(crate) async fn usage(State(app): State<Arc<App>>, caller: Caller, mut params: Params) -> Answer<Usage> {
    let words = GroupBy::ALL.map(|(_, word)| word).join(", ");
    let group = params.parsed("group_by", &format!("one of {words}"), GroupBy::named)?.unwrap_or(GroupBy::Model);
    let filter = params.usage()?;
    let slice = params.wide_slice()?;
    params.finish()?;
    let hides = hides(&app, &caller);
    if hides && names_one(&filter) {
        let message = "What one person used is shown to admins only on this server.";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            message,
            "Ask without user, session_id and device.",
        ));
    }
    let events = &caller.tenant.store.events;
    let (mut rows, mut total) = events.usage(group, &filter).await?;
    if hides {
        // Everybody in what was asked for: of too few people not even the sum is shown.
        let (everybody, _) = events.usage(GroupBy::Person, &filter).await?;
        let people = everybody.iter().filter(|row| !row.key.is_empty()).count() as u64;
        let by_person = matches!(group, GroupBy::Person | GroupBy::Session | GroupBy::Device);
        if people < app.config.min_group {
            (rows, total) = (Vec::new(), Used::default());
        } else {
            rows = fold_small(rows, if by_person { u64::MAX } else { app.config.min_group });
        }
    }
    let Json(page) = page(rows, &slice)?;
    Ok(Json(Usage { page, total }))
}

/// Whether groups may be too small for this viewer.
pub(super) fn hides(app: &App, caller: &Caller) -> bool {
    app.config.min_group > 1 && !caller.scopes.allow(Scope::Admin)
}

/// Whether a filter asks for what is one person's.
fn names_one(filter: &UsageFilter) -> bool {
    filter.user.is_some() || filter.session_id.is_some() || filter.device.is_some()
}

/// The groups of at least so many people, and one of all others. The smallest group that is shown joins these where
/// they are a single one, whose use would else be known by its being alone.
fn fold_small(rows: Vec<UsageRow>, people: u64) -> Vec<UsageRow> {
    let (mut shown, mut small): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.people >= people);
    if small.len() == 1
        && let Some(smallest) = (0..shown.len()).min_by_key(|at| shown[*at].people)
    {
        small.push(shown.remove(smallest));
    }
    let Some(last) = small.iter().map(|row| row.last_event_at).max() else { return shown };
    let mut hidden = UsageRow {
        key: HIDDEN.to_owned(),
        usage: Used::default(),
        estimated: false,
        sessions: 0,
        people: 0,
        last_event_at: last,
    };
    for row in small {
        hidden.usage.add(&row.usage);
        hidden.estimated |= row.estimated;
        hidden.sessions += row.sessions;
    }
    shown.push(hidden);
    shown
}

/// `GET /api/v1/people`: everybody seen (in a span, where one is given), whoever was here last first.
pub(crate) async fn people(State(app): State<Arc<App>>, caller: Caller, mut params: Params) -> Answer<Page<PersonRow>> {
    let (since, until) = params.span()?;
    let slice = params.wide_slice()?;
    params.finish()?;
    if hides(&app, &caller) {
        let message =
            "People are shown to admins only on this server, because groups smaller than its setting are hidden.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", message, "Use a key with the scope admin."));
    }
    let mut rows = caller.tenant.store.events.people().await?;
    rows.retain(|row| row.last_seen >= since && row.first_seen < until);
    page(rows, &slice)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    team: Option<String>,
}

/// `PUT /api/v1/people/{person}`: `{"team":…}`, or null to take them out of any.
pub(crate) async fn put_person(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(person): Path<String>,
    params: Params,
    body: Body,
) -> Result<StatusCode, Problem> {
    params.finish()?;
    let body = admit::read(body, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let member: Member = serde_json::from_slice(&body)
        .map_err(|_| Problem::bad_request("The body is not {\"team\":\"…\"}.", "Send the team's name, or null."))?;
    let team = member.team.as_deref().map(str::trim).filter(|team| !team.is_empty());
    if team.is_some_and(|team| team.len() > TEAM || team.chars().any(char::is_control)) {
        return Err(Problem::bad_request("This is no name of a team.", "Up to 100 bytes, without control characters."));
    }
    caller.tenant.store.meta.set_team(&person, team).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/repositories`: every repository seen (in a span, where one is given), the latest first.
pub(crate) async fn repositories(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut params: Params,
) -> Answer<Page<RepositoryRow>> {
    let (since, until) = params.span()?;
    let slice = params.wide_slice()?;
    params.finish()?;
    let mut rows = caller.tenant.store.events.repositories().await?;
    rows.retain(|row| row.last_seen >= since && row.first_seen < until);
    if hides(&app, &caller) {
        rows.retain(|row| row.people >= app.config.min_group);
    }
    page(rows, &slice)
}

/// `GET /api/v1/sessions/{id}/prompts`, oldest first, each with what was used for it.
pub(crate) async fn prompts(caller: Caller, Path(id): Path<String>, mut params: Params) -> Answer<Page<PromptUse>> {
    let agent = params.text("agent")?;
    let slice: Slice = params.wide_slice()?;
    params.finish()?;
    page(caller.tenant.store.events.prompts(&id, agent.as_deref()).await?, &slice)
}

/// `GET /api/v1/sessions/{id}/reconciliation`: what each source says.
pub(crate) async fn reconciliation(
    caller: Caller,
    Path(id): Path<String>,
    mut params: Params,
) -> Answer<Reconciliation> {
    let agent = params.text("agent")?;
    params.finish()?;
    let found = caller.tenant.store.events.reconciliation(&id, agent.as_deref()).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("No session has this id, or it has expired."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, people: u64, cost: i64) -> UsageRow {
        let usage = Used { cost_microusd: cost, ..Used::default() };
        UsageRow { key: key.to_owned(), usage, estimated: false, sessions: 1, people, last_event_at: None }
    }

    #[test]
    fn groups_of_few_people_are_one_group() {
        let rows = vec![row("many", 7, 5), row("few", 2, 3), row("nobody", 0, 1)];
        let shown: Vec<_> = fold_small(rows.clone(), 3)
            .into_iter()
            .map(|row| (row.key, row.usage.cost_microusd, row.sessions, row.people))
            .collect();
        assert_eq!(shown, [("many".to_owned(), 5, 1, 7), (HIDDEN.to_owned(), 4, 2, 0)]);
        assert_eq!(fold_small(rows, 0).len(), 3);
        // One small group alone takes the smallest of the others with it.
        let keys = |rows| fold_small(rows, 3).into_iter().map(|row| row.key).collect::<Vec<_>>();
        assert_eq!(keys(vec![row("many", 7, 5), row("some", 4, 5), row("few", 2, 3)]), ["many", HIDDEN]);
    }
}
