//! Held against what a program may do with memory: whatever is asked for, made longer or shorter and given back, each block keeps what
//! was written into it, and lies over no other.

use std::alloc::{GlobalAlloc as _, Layout};
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;

use hookrail_process::Arena;
use proptest::prelude::*;

/// A block in use.
struct Block {
    at: *mut u8,
    layout: Layout,
    mark: u8,
}

// SAFETY: a block is whoever's has it.
unsafe impl Send for Block {}

impl Block {
    fn take(layout: Layout, mark: u8) -> Self {
        // SAFETY: no layout here is of no bytes.
        let at = unsafe { Arena.alloc(layout) };
        assert!(!at.is_null() && at.addr().is_multiple_of(layout.align()));
        let block = Self { at, layout, mark };
        block.fill(0);
        block
    }

    /// Writes its mark into all from here on.
    fn fill(&self, from: usize) {
        // SAFETY: the block has so many bytes.
        unsafe { self.at.add(from).write_bytes(self.mark, self.layout.size() - from) };
    }

    fn check(&self) {
        // SAFETY: all of the block was written.
        let bytes = unsafe { std::slice::from_raw_parts(self.at, self.layout.size()) };
        assert!(bytes.iter().all(|byte| *byte == self.mark), "{:?} is not what was written there", self.layout);
    }

    fn resize(&mut self, size: usize) {
        let had = self.layout.size();
        // SAFETY: the block is of this layout, and the new size is more than none and no more than a layout may be.
        self.at = unsafe { Arena.realloc(self.at, self.layout, size) };
        assert!(!self.at.is_null() && self.at.addr().is_multiple_of(self.layout.align()));
        self.layout = Layout::from_size_align(size, self.layout.align()).unwrap();
        // SAFETY: what stays of it was written before.
        let kept = unsafe { std::slice::from_raw_parts(self.at, had.min(size)) };
        assert!(kept.iter().all(|byte| *byte == self.mark), "{had} to {size} bytes: what was there is lost");
        self.fill(had.min(size));
    }

    fn give(self) {
        self.check();
        // SAFETY: the block is of this layout, and nobody has it any more.
        unsafe { Arena.dealloc(self.at, self.layout) };
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Take { size: usize, align: usize },
    Resize { which: usize, size: usize },
    Give { which: usize },
}

/// Sizes on both sides of where they are rounded otherwise, or are the system's.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 1_usize..200, 4 => 1_000_usize..1_100, 2 => 1_usize..40_000, 1 => 130_000_usize..132_000]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (size(), 0_u32..7).prop_map(|(size, align)| Deed::Take { size, align: 1 << align }),
        2 => (0_usize..64, size()).prop_map(|(which, size)| Deed::Resize { which, size }),
        2 => (0_usize..64).prop_map(|which| Deed::Give { which }),
    ]
}

/// Fails where two blocks have a byte in common.
fn apart(blocks: &[Block]) {
    let by_place: BTreeMap<usize, usize> = blocks.iter().map(|block| (block.at.addr(), block.layout.size())).collect();
    assert_eq!(by_place.len(), blocks.len(), "two blocks at one place");
    let ends = by_place.iter().map(|(at, size)| at + size);
    assert!(ends.zip(by_place.keys().skip(1)).all(|(end, next)| end <= *next), "a block lies over another");
}

proptest! {
    #[test]
    fn blocks_keep_what_is_theirs(deeds in prop::collection::vec(deed(), 1..300)) {
        let mut blocks: Vec<Block> = Vec::new();
        for (at, deed) in deeds.into_iter().enumerate() {
            let mark = (at % 251) as u8;
            match deed {
                Deed::Take { size, align } => {
                    blocks.push(Block::take(Layout::from_size_align(size, align).unwrap(), mark));
                }
                _ if blocks.is_empty() => {}
                Deed::Resize { which, size } => {
                    let which = which % blocks.len();
                    blocks[which].resize(size);
                }
                Deed::Give { which } => blocks.swap_remove(which % blocks.len()).give(),
            }
            apart(&blocks);
        }
        blocks.iter().for_each(Block::check);
        blocks.into_iter().for_each(Block::give);
    }
}

#[test]
fn what_is_asked_for_zeroed_is_zero_where_something_else_stood_before() {
    for size in [1, 16, 1_000, 5_000, 200_000] {
        let layout = Layout::from_size_align(size, 8).unwrap();
        Block::take(layout, 0xee).give();
        // SAFETY: the layout is of some bytes, all of which are written.
        let block = unsafe { Block { at: Arena.alloc_zeroed(layout), layout, mark: 0 } };
        block.give();
    }
}

#[test]
fn what_was_given_back_is_taken_again() {
    let layout = Layout::from_size_align(48, 8).unwrap();
    let first = Block::take(layout, 1);
    let at = first.at;
    first.give();
    let second = Block::take(Layout::from_size_align(40, 4).unwrap(), 2);
    assert_eq!(second.at, at, "a block of the same size");
    second.give();
}

#[test]
fn the_last_block_grows_where_it_lies() {
    let small = |size| Layout::from_size_align(size, 1).unwrap();
    // Of a size that nobody gave back in this thread, so that it is cut off anew.
    let mut block = Block::take(small(700), 7);
    let at = block.at;
    block.resize(1_024);
    block.resize(40_000);
    assert_eq!(block.at, at);
    block.give();
}

/// Threads take and give at once, and give back what others took.
#[test]
fn threads_do_not_meet() {
    let (give, taken) = mpsc::channel::<Block>();
    let threads: Vec<_> = (0..4_u8)
        .map(|thread| {
            let give = give.clone();
            thread::spawn(move || {
                for round in 0..2_000_usize {
                    let layout = Layout::from_size_align(1 + round * 37 % 3_000, 8).unwrap();
                    let mine = Block::take(layout, thread);
                    give.send(Block::take(layout, thread)).unwrap();
                    mine.give();
                }
            })
        })
        .collect();
    drop(give);
    taken.into_iter().for_each(Block::give);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
