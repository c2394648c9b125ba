//! How handlers ran.

use hookrail_store::model::{HandlerUse, Page};

use super::overview::span;
use super::params::Params;
use super::{Answer, page};
use crate::tenants::Caller;

/// `GET /api/v1/handlers`.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<HandlerUse>> {
    let (since, until) = span(&mut params)?;
    let slice = params.wide_slice()?;
    params.finish()?;
    page(caller.tenant.store.events.handlers(since, until).await?, &slice)
}
