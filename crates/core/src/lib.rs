//! What happened, and may it happen: the pure floor of hookrail.
//!
//! Everything here is a function of its arguments. No files, environment, clock, network or threads
//! (`clippy.toml` bans them and a gate test proves that the ban bites), so the same code runs in the
//! hook, in the shipper, in the server and in a test, with the same answer.
//!
//! The states of an event, each its own type, so that a stage cannot be skipped:
//! bytes from an agent → [`agents::Parsed`] → [`wire::Record`] (one line of the spool and of the wire)
//! → [`redact::Redacted`] → [`event::Event`].

#![forbid(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

pub mod agents;
mod alike;
pub mod base64;
pub mod capture;
pub mod context;
pub mod emitted;
pub mod envelope;
pub mod event;
pub mod fleet;
mod json;
pub mod ledger;
pub mod mcp;
mod pairs;
pub mod policy;
pub mod prices;
pub mod privacy;
pub mod redact;
pub mod telemetry;
pub mod time;
pub mod transcript;
mod unseen;
pub mod wire;
