//! The whole system over temporary folders: real processes, real sockets, and the real agents where npm is in reach.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails, and says where")]

mod accounting;
mod artifacts;
mod bootstrap;
mod crash;
mod demo;
mod devices;
mod handlers;
mod http;
mod import;
mod migrate;
mod real_agents;
mod rig;
mod setup;
mod spend;
mod two_servers;
