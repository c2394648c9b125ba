//! Has the linker make a program that starts fast: a process that lives for half a millisecond pays for each page that it touches.
//!
//! * Functions lie as `layout.ld` says, what most calls run together: a third of the pages are mapped. `scripts/layout` writes the file.
//! * All that is only read is mapped in one piece, code and tables: each piece more is a mapping to make and to take down. Tables are then
//!   as executable as code, as they were in every program until 2018; what nobody can write, nobody can have run.
//! * What ships is made without the tables by which a stack is unwound (`unwind.ld`).
//! * A program for glibc does not lie at an address of chance, as the one for musl that ships does not (`scripts/dist`): it would have
//!   to write 14,000 addresses anew into 70 pages before it begins.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=layout.ld");
    println!("cargo::rerun-if-changed=unwind.ld");
    println!("cargo::rustc-check-cfg=cfg(hookrail_unhurried)");
    let told = |name: &str| env::var(name).unwrap_or_default();
    let is_musl = told("CARGO_CFG_TARGET_ENV") == "musl";
    // What is to be looked into with a debugger stays as the compiler makes it.
    let is_release = told("PROFILE") == "release";
    let is_fast_gnu = told("CARGO_CFG_TARGET_ENV") == "gnu" && told("CARGO_CFG_TARGET_OS") == "linux" && is_release;
    if is_musl && is_release {
        println!("cargo::rustc-link-arg-bins=-T{}/unwind.ld", told("CARGO_MANIFEST_DIR"));
    }
    if is_musl || is_fast_gnu {
        println!("cargo::rustc-link-arg-bins=-T{}/layout.ld", told("CARGO_MANIFEST_DIR"));
        println!("cargo::rustc-link-arg-bins=-Wl,-z,noseparate-code");
    }
    let is_static = told("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if is_fast_gnu && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
