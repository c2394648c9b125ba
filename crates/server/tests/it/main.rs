//! The server as a whole, over real HTTP on a port of the system's choice.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod accounting;
mod artifacts;
mod assets;
mod doors;
mod failures;
mod findings;
mod guard;
mod handlers;
mod harness;
mod keys;
mod live;
mod openapi;
mod otlp;
mod parking;
mod policy;
mod servers;
mod sleep;
mod spend;
mod stop;
mod tenants;
mod titles;
mod usage;
