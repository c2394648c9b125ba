//! A body in the pieces it arrived in. Putting them together would copy all of it, and most readers need only a line at a
//! time.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

/// Bytes in pieces, none of them empty. As a [`Buf`], each piece is given back once it is read.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pieces: VecDeque<Bytes>,
    length: usize,
}

impl Pieces {
    pub(crate) fn add(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.length += piece.len();
            self.pieces.push_back(piece);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// All bytes in one piece; copied where there are several.
    pub(crate) fn whole(mut self) -> Bytes {
        match self.pieces.pop_front() {
            Some(only) if self.pieces.is_empty() => only,
            first => {
                let mut whole = BytesMut::with_capacity(self.length);
                first.iter().chain(&self.pieces).for_each(|piece| whole.extend_from_slice(piece));
                whole.freeze()
            }
        }
    }

    /// Calls `with` for each line, without its line break, until it fails. Only lines that lie in several pieces are copied.
    pub(crate) fn lines<E>(mut self, mut with: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut begun = Vec::new();
        while let Some(piece) = self.pieces.pop_front() {
            let mut rest = &piece[..];
            while let Some(end) = memchr::memchr(b'\n', rest) {
                let line = &rest[..end];
                if begun.is_empty() {
                    with(line)?;
                } else {
                    begun.extend_from_slice(line);
                    with(&begun)?;
                    begun.clear();
                }
                rest = &rest[end + 1..];
            }
            begun.extend_from_slice(rest);
        }
        if begun.is_empty() { Ok(()) } else { with(&begun) }
    }
}

impl From<Bytes> for Pieces {
    fn from(piece: Bytes) -> Self {
        let mut pieces = Self::default();
        pieces.add(piece);
        pieces
    }
}

impl Buf for Pieces {
    fn remaining(&self) -> usize {
        self.length
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.length, "no more can be read than there is");
        self.length -= count;
        while let Some(piece) = self.pieces.front_mut() {
            if count < piece.len() {
                return piece.advance(count);
            }
            count -= piece.len();
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read;

    use super::*;

    const TEXT: &[u8] = b"one\n\ntwo\r\nthree";

    /// The text cut into pieces of so many bytes.
    fn cut(size: usize) -> Pieces {
        let mut pieces = Pieces::default();
        TEXT.chunks(size).for_each(|piece| pieces.add(Bytes::copy_from_slice(piece)));
        pieces
    }

    #[test]
    fn the_same_is_read_however_it_is_cut() {
        for size in 1..=TEXT.len() {
            assert_eq!((cut(size).len(), cut(size).whole()), (TEXT.len(), TEXT.into()), "{size}");
            let mut read = Vec::new();
            cut(size).reader().read_to_end(&mut read).unwrap();
            assert_eq!(read, TEXT, "{size}");
            let mut lines = Vec::new();
            let read = cut(size).lines(|line| {
                lines.push(line.to_vec());
                Ok::<_, ()>(())
            });
            read.unwrap();
            assert_eq!(lines, [&b"one"[..], b"", b"two\r", b"three"], "{size}");
        }
        assert_eq!(Pieces::default().whole(), Bytes::new());
    }

    #[test]
    fn reading_lines_ends_with_the_first_that_fails() {
        let mut seen = 0;
        let ended = cut(4).lines(|_| {
            seen += 1;
            if seen == 2 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((ended, seen), (Err("enough"), 2));
    }
}
