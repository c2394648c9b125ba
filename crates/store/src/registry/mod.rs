//! Whose events a server keeps: organisations, their projects, and the keys that open them.
//!
//! A project's events are in a store of their own; this is the one small database beside them that says which projects
//! there are and who may do what in them.

mod names;

pub use names::{BadName, KeyId, ProjectId, Scope, Scopes};
