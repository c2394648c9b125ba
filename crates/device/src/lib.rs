//! What runs beside an agent: the shipper, the installers, the doctor, and the settings they share.
//!
//! Nothing here prints. Each part returns what it did, or reports it through a callback, and the command line
//! decides how a person sees it.

pub mod bootstrap;
pub mod config;
pub mod doctor;
pub mod enroll;
pub mod handlers;
pub mod http;
pub mod import;
pub mod install;
pub mod mcp;
pub mod migrate;
pub mod outbox;
pub mod place;
pub mod policy;
mod process;
pub mod profile;
pub mod report;
pub mod scaffold;
pub mod setup;
pub mod ship;
pub mod spend;
pub mod systemd;
mod units;
mod whole;
mod words;
