//! How a program begins that ends soon.
//!
//! The standard library makes ready for programs that live long: it asks how signals are handled, and maps a stack for the handler of a
//! stack that overflows, which it takes down at the end. Of what the hook costs that is a twentieth. A program that
//! names its function with [`main!`](crate::main) begins with what a short one needs: three open streams, and that it
//! does not end when nobody reads any more what it writes.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int, c_short, c_ulong};
use std::fs::File;
use std::os::fd::IntoRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process;

/// Makes a `fn(Vec<OsString>) -> u8` what the program runs: it is given the arguments behind the program's name, and gives the exit code.
///
/// The program needs `#![no_main]`.
#[macro_export]
macro_rules! main {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn main(count: ::core::ffi::c_int, texts: *const *const ::core::ffi::c_char) -> ::core::ffi::c_int {
            // SAFETY: the system calls it, once, with so many texts, which stay.
            unsafe { $crate::start::start(count, texts, $main) }
        }
    };
}

/// Runs a program.
///
/// # Safety
/// `texts` are so many texts that end with a nought and never change, as C gives them to `main`, and no other thread runs yet.
pub unsafe fn start<M: FnOnce(Vec<OsString>) -> u8>(count: c_int, texts: *const *const c_char, main: M) -> c_int {
    open_streams();
    // SAFETY: to have a signal do nothing runs no code when it comes.
    unsafe { signal(SIGPIPE, SIG_IGN) };
    let text = |at| {
        // SAFETY: the caller vouches for the texts.
        let text = unsafe { CStr::from_ptr(*texts.add(at)) };
        OsStr::from_bytes(text.to_bytes()).to_os_string()
    };
    let count = usize::try_from(count).unwrap_or_default();
    main((1..count).map(text).collect()).into()
}

/// Opens those of the three streams that whoever started the program has closed: the first file that it opened would be taken for one.
fn open_streams() {
    let mut streams = [0, 1, 2].map(|fd| Stream { fd, events: 0, told: 0 });
    // SAFETY: there are so many of them.
    unsafe { poll(streams.as_mut_ptr(), streams.len() as c_ulong, 0) };
    for _ in streams.iter().filter(|stream| stream.told & POLLNVAL != 0) {
        // The lowest number that is free is the stream's.
        match File::options().read(true).write(true).open("/dev/null") {
            Ok(null) => _ = null.into_raw_fd(),
            Err(_) => process::abort(),
        }
    }
}

/// `struct pollfd` of Linux, poll(2).
#[repr(C)]
struct Stream {
    fd: c_int,
    events: c_short,
    told: c_short,
}

/// There is no such file: `<asm-generic/poll.h>`.
const POLLNVAL: c_short = 0x20;
/// `<asm-generic/signal.h>`; MIPS, Alpha, SPARC and PA-RISC have the same number for it.
const SIGPIPE: c_int = 13;
const SIG_IGN: usize = 1;

unsafe extern "C" {
    fn signal(signal: c_int, handler: usize) -> usize;
    fn poll(streams: *mut Stream, count: c_ulong, timeout: c_int) -> c_int;
}
