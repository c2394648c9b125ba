//! The binary of the hook: see the library.

fn main() {}
