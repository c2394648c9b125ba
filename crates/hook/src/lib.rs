//! The hook: one tiny process per event of a coding agent.

pub mod home;
pub mod spool;

pub use home::Home;
