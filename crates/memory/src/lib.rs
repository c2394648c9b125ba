//! `memcpy`, `memmove`, `memcmp` and `bcmp` for programs that are linked statically with musl on x86-64.
//!
//! musl's own begin a string instruction for each copy of a few bytes, go backwards byte by byte, and compare byte by byte, which
//! cost an eighth of the processor's time of an import. A program that links this crate calls these in their place, its parts in C too.
//! They take the 16 bytes at a time that every x86-64 has (SSE2), and ask nothing of the processor at run time.
//!
//! The crate is for its symbols: name it with `use hookrail_memory as _;`.
#![no_std]
// What is written here as a loop over bytes would otherwise be compiled into a call of itself.
#![no_builtins]
#![cfg(target_arch = "x86_64")]

use core::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_storeu_si128};
use core::array;

/// The bytes of one vector.
const VECTOR: usize = size_of::<__m128i>();
/// The vectors that a long copy moves at a time: a line of the cache.
const AT_ONCE: usize = 4;
/// The bytes that a long copy moves at a time.
const BLOCK: usize = AT_ONCE * VECTOR;

/// Copies `len` bytes, which may lie over each other.
///
/// # Safety
/// `from` must be valid for reads and `to` for writes of `len` bytes.
#[inline(always)]
pub unsafe fn copy(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: each arm touches the `len` bytes that the caller vouches for, as its range says.
    unsafe {
        match len {
            0 => {}
            1 => to.write(from.read()),
            2..=3 => copy_ends::<u16>(to, from, len),
            4..=7 => copy_ends::<u32>(to, from, len),
            8..=15 => copy_ends::<u64>(to, from, len),
            16..=32 => copy_vectors::<1>(to, from, len),
            33..=64 => copy_vectors::<2>(to, from, len),
            65..=128 => copy_vectors::<4>(to, from, len),
            // The target begins before the source, or behind it: what is overwritten has been read.
            _ if (to.addr()).wrapping_sub(from.addr()) >= len => copy_forwards(to, from, len),
            _ => copy_backwards(to, from, len),
        }
    }
}

/// Copies as many bytes as one to two numbers have: the first and the last number, both read before either is written.
///
/// # Safety
/// As of [`copy`], and `len` is of one to two `T`.
#[inline(always)]
unsafe fn copy_ends<T: Copy>(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: both places lie within `len` bytes, since these hold a `T`.
    unsafe {
        let last = len - size_of::<T>();
        let (head, tail) = (from.cast::<T>().read_unaligned(), from.add(last).cast::<T>().read_unaligned());
        to.cast::<T>().write_unaligned(head);
        to.add(last).cast::<T>().write_unaligned(tail);
    }
}

/// Copies as many bytes as `N` to twice `N` vectors have, all read before any is written.
///
/// # Safety
/// As of [`copy`], and `len` is of `N` to twice `N` vectors.
#[inline(always)]
unsafe fn copy_vectors<const N: usize>(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: both places lie within `len` bytes, since these hold `N` vectors.
    unsafe {
        let last = len - N * VECTOR;
        let (head, tail) = (load::<N>(from), load::<N>(from.add(last)));
        store(to, head);
        store(to.add(last), tail);
    }
}

/// Copies a block at a time from the first byte on; the last block, which lies over the one before it, is read first of all.
///
/// # Safety
/// As of [`copy`], `len` is at least a block, and `to` does not lie within the bytes behind `from`.
#[inline(always)]
unsafe fn copy_forwards(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: `at` stays below `last`, which is a block before the end.
    unsafe {
        let last = len - BLOCK;
        let tail = load::<AT_ONCE>(from.add(last));
        let mut at = 0;
        while at < last {
            store(to.add(at), load::<AT_ONCE>(from.add(at)));
            at += BLOCK;
        }
        store(to.add(last), tail);
    }
}

/// Copies a block at a time from the last byte back; the first block, which lies over the one behind it, is read first of all.
///
/// # Safety
/// As of [`copy`], and `len` is at least a block.
#[inline(always)]
unsafe fn copy_backwards(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: `end` stays above a block, and at most at the end.
    unsafe {
        let head = load::<AT_ONCE>(from);
        let mut end = len;
        while end > BLOCK {
            end -= BLOCK;
            store(to.add(end), load::<AT_ONCE>(from.add(end)));
        }
        store(to, head);
    }
}

/// # Safety
/// `from` must be valid for reads of `N` vectors.
#[inline(always)]
unsafe fn load<const N: usize>(from: *const u8) -> [__m128i; N] {
    // SAFETY: `at` stays below `N`.
    array::from_fn(|at| unsafe { _mm_loadu_si128(from.add(at * VECTOR).cast()) })
}

/// # Safety
/// `to` must be valid for writes of `N` vectors.
#[inline(always)]
unsafe fn store<const N: usize>(to: *mut u8, vectors: [__m128i; N]) {
    for (at, vector) in vectors.into_iter().enumerate() {
        // SAFETY: `at` stays below `N`.
        unsafe { _mm_storeu_si128(to.add(at * VECTOR).cast(), vector) };
    }
}

/// Below zero, zero or above it, as the first byte that differs is smaller in `left`, there is none, or it is larger.
///
/// # Safety
/// Both must be valid for reads of `len` bytes.
#[inline(always)]
pub unsafe fn compare(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: each arm touches the `len` bytes that the caller vouches for, as its range says.
    unsafe {
        match len {
            0 => 0,
            1 => i32::from(left.read()) - i32::from(right.read()),
            2..=3 => compare_ends::<u16>(left, right, len),
            4..=7 => compare_ends::<u32>(left, right, len),
            8..=15 => compare_ends::<u64>(left, right, len),
            _ => compare_vectors(left, right, len),
        }
    }
}

/// A number that is larger where its bytes, in the order they lie in memory, come later.
trait InOrder: Copy + Ord {
    /// The number read from bytes of any alignment.
    ///
    /// # Safety
    /// `from` must be valid for reads of the number.
    unsafe fn read(from: *const u8) -> Self;
}

macro_rules! in_order {
    ($($number:ty),*) => {$(
        impl InOrder for $number {
            #[inline(always)]
            unsafe fn read(from: *const u8) -> Self {
                // SAFETY: the caller vouches for these bytes.
                unsafe { from.cast::<Self>().read_unaligned() }.to_be()
            }
        }
    )*};
}
in_order!(u16, u32, u64);

/// Compares as many bytes as one to two numbers have: the first number and, where these are the same, the last.
///
/// # Safety
/// As of [`compare`], and `len` is of one to two `T`.
#[inline(always)]
unsafe fn compare_ends<T: InOrder>(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: both places lie within `len` bytes, since these hold a `T`.
    unsafe {
        let last = len - size_of::<T>();
        let heads = T::read(left).cmp(&T::read(right));
        heads.then_with(|| T::read(left.add(last)).cmp(&T::read(right.add(last)))) as i32
    }
}

/// Compares a vector at a time; the last, which may lie over the one before it, ends with the last byte.
///
/// # Safety
/// As of [`compare`], and `len` is at least a vector.
#[inline(always)]
unsafe fn compare_vectors(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: `at` is at most `last`, which is a vector before the end.
    unsafe {
        let last = len - VECTOR;
        let mut at = 0;
        loop {
            let [ours] = load::<1>(left.add(at));
            let [theirs] = load::<1>(right.add(at));
            let differing = _mm_movemask_epi8(_mm_cmpeq_epi8(ours, theirs)) ^ 0xffff;
            if differing != 0 {
                let first = at + differing.trailing_zeros() as usize;
                return i32::from(left.add(first).read()) - i32::from(right.add(first).read());
            }
            if at == last {
                return 0;
            }
            at = last.min(at + VECTOR);
        }
    }
}

/// What a static program finds before musl's own.
#[cfg(target_env = "musl")]
pub mod symbols {
    /// C's `memcpy`.
    ///
    /// # Safety
    /// As C says of it.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
        // SAFETY: the caller vouches for both.
        unsafe { crate::copy(to, from, len) };
        to
    }

    /// C's `memmove`.
    ///
    /// # Safety
    /// As C says of it.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
        // SAFETY: the caller vouches for both.
        unsafe { crate::copy(to, from, len) };
        to
    }

    /// C's `memcmp`.
    ///
    /// # Safety
    /// As C says of it.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
        // SAFETY: the caller vouches for both.
        unsafe { crate::compare(left, right, len) }
    }

    /// BSD's `bcmp`, which compilers call where only equality is asked for.
    ///
    /// # Safety
    /// As of `memcmp`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
        // SAFETY: the caller vouches for both.
        unsafe { crate::compare(left, right, len) }
    }
}
