//! Gates: properties of the tree and of the sources that no crate can keep alone.
//!
//! Each gate is a pure function over facts, and each has a second test that seeds a violation and sees it found:
//! a gate that cannot fail guards nothing.
#![allow(clippy::unwrap_used, reason = "a gate that cannot read its facts fails, and says which")]

mod contents;
mod dependencies;
mod documents;
mod floors;
mod hook_budget;
mod memory;
mod purity;
mod repo;
