//! The overview and the use of tools, over a span of time.

use axum::Json;
use hookrail_core::time::Timestamp;
use hookrail_store::model::{Overview, Page, ToolUse};

use super::params::Params;
use super::{Answer, page};
use crate::app::now;
use crate::error::Problem;
use crate::tenants::Caller;

/// The span where nobody says which: a day, in nanoseconds.
const DEFAULT_SPAN: i64 = 86_400_000_000_000;

/// Bars where nobody says how many, and the most there can be.
const DEFAULT_BARS: usize = 60;
const MAX_BARS: usize = 1000;

/// `GET /api/v1/overview`.
pub(crate) async fn overview(caller: Caller, mut params: Params) -> Answer<Overview> {
    let (since, until) = span(&mut params)?;
    let expected = format!("a number from 1 to {MAX_BARS}");
    let bars =
        params.parsed("bars", &expected, |text| text.parse().ok().filter(|bars| (1..=MAX_BARS).contains(bars)))?;
    params.finish()?;
    Ok(Json(caller.tenant.store.events.overview(since, until, bars.unwrap_or(DEFAULT_BARS)).await?))
}

/// `GET /api/v1/tools`: the use of each tool.
pub(crate) async fn tools(caller: Caller, mut params: Params) -> Answer<Page<ToolUse>> {
    let (since, until) = span(&mut params)?;
    let slice = params.wide_slice()?;
    params.finish()?;
    page(caller.tenant.store.events.tools(since, until).await?, &slice)
}

/// The span that is asked for: the last day unless told.
pub(super) fn span(params: &mut Params) -> Result<(Timestamp, Timestamp), Problem> {
    let (since, until) = (params.time("since")?, params.time("until")?);
    let until = until.unwrap_or_else(now);
    let since = since.unwrap_or_else(|| Timestamp::from_nanos(until.as_nanos().saturating_sub(DEFAULT_SPAN)));
    if since >= until {
        return Err(Problem::bad_request("since is not before until.", "Give an earlier since or a later until."));
    }
    Ok((since, until))
}
