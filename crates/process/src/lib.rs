//! What a process is that ends soon: how it [begins](main!), and [where it has its memory from](Arena).

mod arena;
#[cfg(target_os = "linux")]
pub mod start;

pub use arena::Arena;
