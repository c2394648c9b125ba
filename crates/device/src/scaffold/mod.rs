//! `hookrail init`: the files that a project needs to use handlers, written once and kept up to date.
//!
//! ```text
//! site::look ─▶ detect ─▶ Project ─▶ render ─▶ Wanted ─┐
//!                         site::read ─▶ Found, Manifest ┴▶ plan ─▶ Change, Manifest ─▶ site::apply
//! ```
//!
//! What a project is ([`mod@detect`]), which commands it is worked on with ([`kinds`]), what is written ([`mod@render`]) and
//! what becomes of each file ([`mod@plan`]) are pure functions; files are touched in [`site`] alone.
//!
//! A file is ours as long as it is byte for byte what we wrote: the [`manifest`] tells. Whatever else is there is a person's,
//! and is left as it is.

pub mod detect;
pub mod kinds;
pub mod manifest;
pub mod plan;
pub mod render;
pub mod settings;
pub mod site;
