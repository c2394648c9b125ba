//! Where the record is kept, behind three seams by role, each a closed enum chosen by URL.
//!
//! * [`events`]: the events and what is derived from them in the same transaction (sessions, tool calls, subagents, roll-ups).
//! * [`meta`]: what is configured or remembered about tenants, devices and the instance itself.
//! * [`bus`]: what is live: fan-out of stored events.

pub mod model;
