//! Held against what slices do, for every length a different path is taken for, at every alignment.
#![cfg(target_arch = "x86_64")]

use std::cmp::Ordering;

use hookrail_memory::{compare, copy};

/// Bytes no two neighbours of which are alike.
fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

/// Every length of the short paths, and some of the long ones: just around a whole number of blocks.
fn lengths() -> impl Iterator<Item = usize> {
    (0..=200).chain([255, 256, 257, 319, 320, 321, 1000, 4095, 4096, 4097])
}

#[test]
fn a_copy_is_what_it_was_copied_from_and_touches_nothing_else() {
    for len in lengths() {
        for (ahead, before) in [(0, 0), (1, 0), (0, 1), (3, 7), (8, 15), (16, 9)] {
            let source = bytes(len + ahead);
            let mut target = vec![0xee; before + len + 32];
            // SAFETY: both hold `len` bytes from there on.
            unsafe { copy(target[before..].as_mut_ptr(), source[ahead..].as_ptr(), len) };
            assert_eq!(target[before..before + len], source[ahead..], "{len} bytes");
            assert!(target[..before].iter().chain(&target[before + len..]).all(|byte| *byte == 0xee), "{len} bytes");
        }
    }
}

#[test]
fn bytes_may_move_to_where_some_of_them_lie() {
    const ROOM: usize = 300;
    for len in lengths() {
        for by in [0, 1, 2, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 128, 129, 191, 192, 193, 299, 300] {
            for (from, to) in [(0, by), (by, 0)] {
                let mut moved = bytes(len + ROOM);
                let mut expected = moved.clone();
                expected.copy_within(from..from + len, to);
                let start = moved.as_mut_ptr();
                // SAFETY: both places are followed by `len` bytes.
                unsafe { copy(start.add(to), start.add(from), len) };
                assert!(moved == expected, "{len} bytes from {from} to {to}");
            }
        }
    }
}

#[test]
fn the_first_byte_that_differs_decides() {
    let ordered = |left: &[u8], right: &[u8]| {
        // SAFETY: both hold as many bytes as the left one has.
        unsafe { compare(left.as_ptr(), right.as_ptr(), left.len()) }.cmp(&0)
    };
    for len in lengths().filter(|len| *len <= 321) {
        let left = bytes(len);
        let mut shifted = vec![0; len + 3];
        shifted[3..].copy_from_slice(&left);
        assert_eq!(ordered(&left, &shifted[3..]), Ordering::Equal, "{len} bytes");
        for at in 0..len {
            let mut right = left.clone();
            right[at] ^= 0x80;
            // What follows must not matter, so it speaks for the contrary.
            if let Some(behind) = right.get_mut(at + 1) {
                *behind = if left[at] < 0x80 { 0 } else { 0xff };
            }
            assert_eq!(ordered(&left, &right), left.cmp(&right), "{len} bytes, the one at {at} differs");
            assert_eq!(ordered(&right, &left), right.cmp(&left), "{len} bytes, the one at {at} differs");
        }
    }
}

/// Fails where the linker took musl's in spite of this crate.
#[cfg(target_env = "musl")]
#[test]
fn a_static_program_calls_these() {
    use hookrail_memory::symbols;
    unsafe extern "C" {
        fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
        fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
        fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32;
    }
    assert_eq!(memcpy as *const (), symbols::memcpy as *const ());
    assert_eq!(memmove as *const (), symbols::memmove as *const ());
    assert_eq!(memcmp as *const (), symbols::memcmp as *const ());
}
