//! How handlers ran.

use hookrail_core::time::Timestamp;
use hookrail_store::model::{HandlerUse, Page};

use super::params::Params;
use super::{Answer, page};
use crate::app::now;
use crate::error::Problem;
use crate::tenants::Caller;

const DAY_NANOS: i64 = 86_400_000_000_000;

/// `GET /api/v1/handlers`.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<HandlerUse>> {
    let until = params.time("until")?.unwrap_or_else(now);
    let a_day_before = || Timestamp::from_nanos(until.as_nanos().saturating_sub(DAY_NANOS));
    let since = params.time("since")?.unwrap_or_else(a_day_before);
    let slice = params.wide_slice()?;
    params.finish()?;
    if since >= until {
        return Err(Problem::bad_request("since is not before until.", "Give an earlier since or a later until."));
    }
    page(caller.tenant.store.events.handlers(since, until).await?, &slice)
}
