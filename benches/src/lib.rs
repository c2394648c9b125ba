//! What the load generator makes that tests want too.

pub mod random;
pub mod transcripts;
