//! What the guard decided, summed; and what people say should not have been stopped.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use hookrail_core::policy::Verdict;
use hookrail_store::guard::{StopReport, VerdictFilter, VerdictGroup, VerdictRow};
use hookrail_store::model::Page;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::params::{Params, words};
use super::usage::hides;
use super::{Answer, page};
use crate::admit;
use crate::app::{App, now};
use crate::error::Problem;
use crate::tenants::Caller;

/// Bytes of a report.
const BODY: usize = 256 << 10;

/// Bytes of a note.
const NOTE: usize = 4096;

/// `GET /api/v1/verdicts?group_by=…`.
pub(crate) async fn list(State(app): State<Arc<App>>, caller: Caller, mut params: Params) -> Answer<Page<VerdictRow>> {
    let groups = words(VerdictGroup::ALL, VerdictGroup::as_str);
    let group = params.parsed("group_by", &groups, VerdictGroup::named)?.unwrap_or(VerdictGroup::Rule);
    let filter = VerdictFilter {
        since: params.time("since")?,
        until: params.time("until")?,
        rule: params.text("rule")?,
        session_id: params.text("session_id")?,
        user: params.text("user")?,
        repository: params.text("repository")?,
        agent: params.text("agent")?,
    };
    let slice = params.wide_slice()?;
    params.finish()?;
    // What was decided in a session stands in its events, which whoever reads may read: its sum tells nothing more, and a list of
    // sessions shows it. What a person's sessions come to is the person's.
    if hides(&app, &caller) && (group == VerdictGroup::Person || filter.user.is_some()) {
        let message = "What concerns one person is shown to admins only on this server.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", message, "Use a key with the scope admin."));
    }
    page(caller.tenant.store.guard.verdicts(group, &filter).await?, &slice)
}

/// A call that should not have been stopped, as it is sent and, less its secrets, kept.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Case<'a> {
    /// What the guard said.
    verdict: Verdict,
    #[serde(borrow, default)]
    agent: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    session_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tool_use_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tool: Option<Cow<'a, str>>,
    /// The tool's input as the agent gave it.
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    /// The folder it was called in.
    #[serde(borrow, default)]
    directory: Option<Cow<'a, str>>,
    /// Why it should not have been stopped, in the person's words.
    #[serde(borrow, default)]
    note: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    device: Option<Cow<'a, str>>,
}

/// `POST /api/v1/reports`: keeps a case, redacted and captured as events are.
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
    body: Body,
) -> Result<(StatusCode, Json<StopReport>), Problem> {
    params.finish()?;
    let body = admit::read(body, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let wrong = || {
        let hint = "Send {\"verdict\":{\"decision\":\"deny\",\"rule\":\"…\",\"reason\":\"…\"},\"tool\":\"Bash\",\"input\":{…},\"note\":\"…\"}.";
        Problem::bad_request("This is no report of a call that was stopped.", hint)
    };
    let text = std::str::from_utf8(&body).map_err(|_| wrong())?;
    let redacted = app.config.privacy.redactor.json(text);
    let mut case: Case<'_> = serde_json::from_str(redacted.text()).map_err(|_| wrong())?;
    if case.verdict.rule.is_empty() || case.note.as_ref().is_some_and(|note| note.len() > NOTE) {
        return Err(wrong());
    }
    // A person who reports a case means the note to be read; the input is captured as far as those of events are.
    let member = case.input.map(|input| format!("{{\"tool_input\":{}}}", input.get()));
    let captured = member.as_deref().map(|text| app.config.privacy.capture.of(text).into_owned());
    let input = captured.and_then(|text| {
        RawValue::from_string(text.strip_prefix("{\"tool_input\":")?.strip_suffix('}')?.to_owned()).ok()
    });
    case.input = input.as_deref();
    let report = serde_json::value::to_raw_value(&case).map_err(|_| wrong())?;
    let by = caller.key.as_ref().map(ToString::to_string);
    let kept = caller.tenant.store.guard.report(case.verdict.rule.clone(), report, by, now()).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// `GET /api/v1/reports`: the newest first.
pub(crate) async fn reports(caller: Caller, mut params: Params) -> Answer<Page<StopReport>> {
    let rule = params.text("rule")?;
    let slice = params.slice()?;
    params.finish()?;
    Ok(Json(caller.tenant.store.guard.reports(rule.as_deref(), slice.limit, slice.cursor.as_deref()).await?))
}
