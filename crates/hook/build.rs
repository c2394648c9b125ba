//! Has the linker lay out the hook's functions by `layout.ld`: what most calls run lies together, and a process that lives for
//! half a millisecond maps a third of the pages. Only for musl, which is what ships; `scripts/layout` writes the file.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=layout.ld");
    println!("cargo::rustc-check-cfg=cfg(hookrail_unhurried)");
    let is_musl = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|name| name == "musl");
    if let (true, Ok(folder)) = (is_musl, env::var("CARGO_MANIFEST_DIR")) {
        println!("cargo::rustc-link-arg-bins=-T{folder}/layout.ld");
    }
}
