//! The hook: one tiny process per event of a coding agent.

pub mod home;
mod log;
pub mod snapshot;
pub mod spool;
pub mod wake;

pub use home::Home;
