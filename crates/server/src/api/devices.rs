//! Devices: what they say of themselves, and what is seen of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use hookrail_core::fleet::{DeviceReport, MAX_REPORT_BYTES};
use hookrail_core::redact::redact_text;
use hookrail_core::time::Timestamp;
use hookrail_store::meta::Reported;
use hookrail_store::model::Page;
use serde::Serialize;

use super::params::Params;
use super::{Answer, page};
use crate::admit;
use crate::app::{App, now};
use crate::error::Problem;
use crate::tenants::Caller;

/// An agent whose transcripts are newer than its last hook by this much has hooks that do not fire: an event is recorded
/// before its line is written, and agents touch transcripts after the last hook.
const LAG_NANOS: i64 = 600 * 1_000_000_000;

/// A device as the API shows it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct DeviceRow {
    name: String,
    device_id: Option<String>,
    /// The first and last event from it.
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    events: u64,
    /// The smallest time between an event and its arrival: the clocks' difference, and at best a little more.
    skew_ms: Option<i64>,
    /// When it last reported, and the difference of the clocks at that moment.
    reported_at: Option<Timestamp>,
    clock_skew_ms: Option<i64>,
    report: Option<DeviceReport>,
    /// What is wrong with it.
    flags: Vec<Flag>,
}

/// Something wrong with a device: a word for a machine, a sentence for a person.
#[derive(Debug, Serialize)]
struct Flag {
    code: &'static str,
    message: String,
}

/// `POST /v1/devices`: a device's report of itself.
pub(crate) async fn post(State(app): State<Arc<App>>, caller: Caller, body: Body) -> Result<StatusCode, Problem> {
    let limit = app.config.limits.body_timeout;
    let body = admit::read(body, MAX_REPORT_BYTES, limit).await.map_err(|(_, problem)| problem)?;
    let hint = "Send what `hookrail ship` sends: {\"device_id\":…,\"name\":…,\"at\":…}.";
    let wrong = || Problem::bad_request("The body is no report of a device.", hint);
    let text = std::str::from_utf8(&body).map_err(|_| wrong())?;
    let redacted = redact_text(text);
    let report: DeviceReport = serde_json::from_str(redacted.text()).map_err(|_| wrong())?;
    if report.device_id.is_empty() || report.name.is_empty() {
        return Err(wrong());
    }
    if caller.tenant.store.meta.keep_report(&report, now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let message = "As many devices as are kept have reported to this project.";
    Err(Problem::new(StatusCode::INSUFFICIENT_STORAGE, "too_many_devices", message, "Use one project per fleet."))
}

/// `GET /api/v1/devices`: every device that sent an event or a report, by name.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<DeviceRow>> {
    let slice = params.wide_slice()?;
    params.finish()?;
    let meta = &caller.tenant.store.meta;
    let mut rows: BTreeMap<String, DeviceRow> = BTreeMap::new();
    for device in meta.devices().await? {
        let row = DeviceRow {
            name: device.name.clone(),
            first_seen: Some(device.first_seen),
            last_seen: Some(device.last_seen),
            events: device.events,
            skew_ms: Some(device.skew_ms),
            ..DeviceRow::default()
        };
        rows.insert(device.name, row);
    }
    for reported in meta.reports().await? {
        let row = rows.entry(reported.report.name.clone()).or_default();
        // Of two devices of one name the one that reported last is shown.
        if row.report.is_some() {
            continue;
        }
        row.name.clone_from(&reported.report.name);
        row.device_id = Some(reported.report.device_id.clone());
        row.reported_at = Some(reported.received_at);
        row.clock_skew_ms = Some(reported.skew_ms);
        row.flags = flags(&reported);
        row.report = Some(reported.report);
    }
    page(rows.into_values().collect(), &slice)
}

fn flags(reported: &Reported) -> Vec<Flag> {
    let report = &reported.report;
    let mut flags = Vec::new();
    let mut flag = |code, message| flags.push(Flag { code, message });
    for agent in &report.agents {
        let heard = reported.hooks.iter().find(|(name, _)| *name == agent.agent).map(|(_, at)| *at);
        let silent = match (agent.used_at, heard) {
            (Some(used), Some(heard)) => used.as_nanos() - heard.as_nanos() > LAG_NANOS,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if agent.registered && silent {
            let name = &agent.agent;
            flag(
                "hooks_silent",
                format!(
                    "{name} was used and its hooks are registered, but none was heard: run `hookrail doctor` there."
                ),
            );
        } else if !agent.registered && agent.used_at.is_some() {
            let name = &agent.agent;
            flag("hooks_missing", format!("{name} is used without our hooks: run `hookrail install {name}` there."));
        }
    }
    if report.dropped > 0 {
        let dropped = report.dropped;
        flag("records_dropped", format!("{dropped} records were removed by the limits of its spool."));
    }
    if report.rejected > 0 {
        let rejected = report.rejected;
        flag(
            "records_rejected",
            format!("{rejected} records were refused by the server; they are kept on the device."),
        );
    }
    if report.hook_failures > 0 {
        let failures = report.hook_failures;
        flag("hook_failures", format!("Its hooks failed {failures} times: see hook.log there."));
    }
    flags
}

#[cfg(test)]
mod tests {
    use hookrail_core::fleet::AgentReport;

    use super::*;

    fn codes(registered: bool, used: Option<i64>, heard: Option<i64>) -> Vec<&'static str> {
        let at = |minutes: i64| Timestamp::from_nanos(minutes * 60_000_000_000);
        let agent = AgentReport { agent: "codex".to_owned(), registered, used_at: used.map(at) };
        let report = DeviceReport { agents: vec![agent], ..DeviceReport::default() };
        let hooks = heard.map(|minutes| ("codex".to_owned(), at(minutes))).into_iter().collect();
        let reported = Reported { received_at: at(0), skew_ms: 0, report, hooks };
        flags(&reported).into_iter().map(|flag| flag.code).collect()
    }

    #[test]
    fn registered_hooks_that_are_not_heard_of_while_the_agent_is_used_are_silent() {
        for (registered, used, heard, expected) in [
            (true, Some(100), Some(99), &[][..]),
            (true, Some(100), Some(91), &[]),
            (true, Some(100), Some(80), &["hooks_silent"]),
            (true, Some(100), None, &["hooks_silent"]),
            (true, None, None, &[]),
            (false, Some(100), None, &["hooks_missing"]),
            (false, None, None, &[]),
        ] {
            assert_eq!(codes(registered, used, heard), expected, "{registered} {used:?} {heard:?}");
        }
    }
}
