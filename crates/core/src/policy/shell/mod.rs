//! What a shell command does: its grammar, and from that its effects.

mod documents;
pub mod parse;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod value;
mod words;
