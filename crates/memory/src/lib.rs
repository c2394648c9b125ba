//! What hookrail does with bare memory: [how bytes are copied and compared](bytes) where it is linked statically, for which it is enough
//! to name the crate (`use hookrail_memory as _;`), and an [allocator](arena) for the hook.
#![no_std]
// What is written here as a loop over bytes would otherwise be compiled into a call of itself.
#![no_builtins]

extern crate std;

pub mod arena;
#[cfg(target_arch = "x86_64")]
pub mod bytes;

pub use arena::Arena;
