//! The executable as a person or an agent runs it: real processes, fresh folders, loopback addresses.

#![allow(clippy::unwrap_used)]

mod chain;
mod config;
mod device;
mod exits;
mod fake;
mod findings;
mod guard;
mod help;
mod init;
mod keys;
mod mcp;
mod people;
mod quarantine;
mod reading;
mod send_event;
mod servers;
mod ship;
