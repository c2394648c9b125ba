//! An allocator for a process that ends soon: it takes rooms of memory from the system, cuts blocks off them one behind another, and
//! keeps what is given back for the next block of the same size. A room is never given back.
//!
//! In a process that lives for half a millisecond an allocator for programs that live long is a quarter of the instructions: it
//! locks, splits, joins and unlinks. Here a block is taken and given back by a handful of them. What that costs is memory that one size
//! had and another needs, at most the sum of what each size needed at its height; of large blocks, which would make that much,
//! the system's allocator takes care.
//!
//! Each thread has rooms of its own, so nobody waits for anybody, and the rooms of a thread that ended stay. A block may be given back by another thread than the one that asked
//! for it, and then is the other's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// Blocks begin and end at multiples of this.
const STEP: usize = 16;
/// Up to here a block is rounded to the next step, beyond to the next power of two.
const FINE: usize = 1 << 10;
/// What is larger is the system's.
const LARGEST: usize = 128 << 10;
/// What a room has. Of it only the pages that are written to are there.
const ROOM: usize = 512 << 10;

const FINE_SIZES: usize = FINE / STEP;
const SIZES: usize = FINE_SIZES + (LARGEST / FINE).ilog2() as usize;

/// The allocator: `#[global_allocator] static ALLOCATOR: Arena = Arena;`
#[derive(Debug, Default, Clone, Copy)]
pub struct Arena;

/// A block that was given back: it holds where the next of its size lies.
struct Free {
    next: *mut Self,
}

/// What a thread has. It stands at the beginning of the thread's first room.
struct Rooms {
    /// By size, the blocks that were given back.
    free: [*mut Free; SIZES],
    /// What is left of the room at hand.
    next: *mut u8,
    left: usize,
}

thread_local! {
    /// The rooms of this thread; none before it asks for memory. A place with neither a beginning nor an end: an allocator that asked
    /// for memory to find its memory would not come to an end.
    static ROOMS: Cell<*mut Rooms> = const { Cell::new(ptr::null_mut()) };
}

/// A room that the program brings along, for the thread that asks first: the system need not be asked.
#[repr(align(64))]
struct Brought(UnsafeCell<[u8; ROOM]>);

// SAFETY: whoever sets `IS_TAKEN` first has it alone.
unsafe impl Sync for Brought {}

static BROUGHT: Brought = Brought(UnsafeCell::new([0; ROOM]));
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// A new room: the one that was brought along, or the system's; null where that has none.
fn room() -> *mut u8 {
    if !IS_TAKEN.swap(true, Ordering::Relaxed) {
        return BROUGHT.0.get().cast();
    }
    // SAFETY: the layout is of more than no bytes.
    unsafe { System.alloc(ROOM_LAYOUT) }
}

const ROOM_LAYOUT: Layout = match Layout::from_size_align(ROOM, align_of::<Rooms>().next_multiple_of(STEP)) {
    Ok(layout) => layout,
    Err(_) => panic!("a room has no layout"),
};

/// A size of blocks: its place in the order of sizes, and its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Size {
    place: usize,
    bytes: usize,
}

impl Size {
    /// The size of a block for this, where it is not the system's.
    #[inline(always)]
    fn of(layout: Layout) -> Option<Self> {
        let bytes = layout.size();
        if layout.align() > STEP || bytes > LARGEST {
            return None;
        }
        if bytes <= FINE {
            // A block of no bytes is never asked for; the smallest is there for it all the same.
            let steps = bytes.div_ceil(STEP).max(1);
            return Some(Self { place: steps - 1, bytes: steps * STEP });
        }
        let bytes = bytes.next_power_of_two();
        Some(Self { place: FINE_SIZES + (bytes / FINE).ilog2() as usize - 1, bytes })
    }
}

impl Rooms {
    #[inline]
    fn take(&mut self, size: Size) -> *mut u8 {
        let block = self.free[size.place];
        if block.is_null() {
            return self.cut(size.bytes);
        }
        // SAFETY: a block in the list was given back, so that nobody but the list has it, and `give` wrote what follows it.
        self.free[size.place] = unsafe { (*block).next };
        block.cast()
    }

    /// # Safety
    /// The block is of this size, from [`Self::take`] of any thread's rooms, and nobody uses it any more.
    #[inline]
    unsafe fn give(&mut self, block: *mut u8, size: Size) {
        let block = block.cast::<Free>();
        // SAFETY: a block has at least a step, begins at one, and is the caller's to give.
        unsafe { block.write(Free { next: self.free[size.place] }) };
        self.free[size.place] = block;
    }

    /// The next bytes of the room at hand, or of a new one; null where the system has none.
    fn cut(&mut self, bytes: usize) -> *mut u8 {
        if bytes > self.left && !self.enter() {
            return ptr::null_mut();
        }
        let block = self.next;
        self.left -= bytes;
        // SAFETY: `left` bytes of the room lie behind `next`, and these were no more.
        self.next = unsafe { block.add(bytes) };
        block
    }

    /// Takes a new room; what was left of the one at hand is lost.
    #[cold]
    fn enter(&mut self) -> bool {
        let room = room();
        if room.is_null() {
            return false;
        }
        (self.next, self.left) = (room, ROOM);
        true
    }

    /// Makes the block that was cut off last longer where it lies, as far as the room goes.
    #[inline]
    fn stretch(&mut self, block: *mut u8, from: Size, to: Size) -> bool {
        let Some(more) = to.bytes.checked_sub(from.bytes) else { return false };
        // Addresses alone tell it: rooms never lie over each other.
        let is_last = block.addr() + from.bytes == self.next.addr();
        if !is_last || more > self.left {
            return false;
        }
        self.left -= more;
        // SAFETY: `left` bytes of the room lie behind `next`, and these were no more.
        self.next = unsafe { self.next.add(more) };
        true
    }
}

/// Has something done with this thread's rooms; where it has none and gets none, the answer is that of no memory.
#[inline(always)]
fn with<T>(none: T, does: impl FnOnce(&mut Rooms) -> T) -> T {
    let mut rooms = ROOMS.get();
    if rooms.is_null() {
        rooms = begin();
        if rooms.is_null() {
            return none;
        }
    }
    // SAFETY: the rooms are this thread's alone, and what is done with them asks for no memory by itself, so that nobody else has them
    // meanwhile.
    does(unsafe { &mut *rooms })
}

/// A thread's first room.
#[cold]
fn begin() -> *mut Rooms {
    const OWN: usize = size_of::<Rooms>().next_multiple_of(STEP);
    let room = room();
    if !room.is_null() {
        // SAFETY: a room has place for what stands at its beginning, begins where that may stand, and is nobody else's.
        unsafe {
            let rooms = Rooms { free: [ptr::null_mut(); SIZES], next: room.add(OWN), left: ROOM - OWN };
            room.cast::<Rooms>().write(rooms);
        }
    }
    ROOMS.set(room.cast());
    room.cast()
}

// Places that ask for memory are many, and stay small: none of these is to stand in each of them.
//
// SAFETY: a block is the bytes that `cut` took off a room, or the system's; it is handed out once, until it is given back, is as
// long as its size, which is at least what was asked for, and begins at a step. Nothing here unwinds.
unsafe impl GlobalAlloc for Arena {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Size::of(layout) {
            Some(size) => with(ptr::null_mut(), |rooms| rooms.take(size)),
            // SAFETY: the caller vouches for the layout.
            None => unsafe { System.alloc(layout) },
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match Size::of(layout) {
            // SAFETY: the block is of this layout, so of this size, and the caller's to give.
            Some(size) => with((), |rooms| unsafe { rooms.give(block, size) }),
            // SAFETY: as before; blocks of such layouts are the system's.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if Size::of(layout).is_none() {
            // What is new from the system is zero already.
            // SAFETY: the caller vouches for the layout.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: the caller vouches for the layout.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: the block is at least this long.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller vouches that `bytes`, rounded up to the alignment, is no more than a layout may be.
        let wanted = unsafe { Layout::from_size_align_unchecked(bytes, layout.align()) };
        match (Size::of(layout), Size::of(wanted)) {
            // SAFETY: the caller vouches for all three; both layouts are the system's.
            (None, None) => return unsafe { System.realloc(block, layout, bytes) },
            (Some(from), Some(to)) if from == to || with(false, |rooms| rooms.stretch(block, from, to)) => {
                return block;
            }
            _ => {}
        }
        // SAFETY: the caller vouches for the layouts; the new block is another, and both hold what is copied.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(bytes));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
