//! What a guard knows of a text that a shell will make: pieces that are known, and holes of which only the origin is.

use std::fmt;

/// Where the unknown part of a text comes from. Several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// It was fetched from a network.
    pub fetched: bool,
    /// It was decoded or decrypted, so that what it says cannot be read here.
    pub decoded: bool,
    /// It was read from a place of secrets.
    pub secret: bool,
}

impl Origin {
    /// Nothing is known of it.
    pub const UNKNOWN: Self = Self { fetched: false, decoded: false, secret: false };
    /// From a network.
    pub const FETCHED: Self = Self { fetched: true, ..Self::UNKNOWN };
    /// From a decoder.
    pub const DECODED: Self = Self { decoded: true, ..Self::UNKNOWN };
    /// From a place of secrets.
    pub const SECRET: Self = Self { secret: true, ..Self::UNKNOWN };

    /// Both origins.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            fetched: self.fetched || other.fetched,
            decoded: self.decoded || other.decoded,
            secret: self.secret || other.secret,
        }
    }
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that is known. `glob` where it stood bare, so that `*`, `?` and `[` in it match names of files.
    Known {
        /// The text.
        text: String,
        /// Whether `*`, `?` and `[` in it match names of files.
        glob: bool,
    },
    /// Text that is not.
    Hole(Origin),
}

/// A text as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pieces: Vec<Piece>,
}

/// The longest text that is kept; what is longer ends in a hole.
const MAX_TEXT: usize = 256 << 10;

impl Text {
    /// A text that is known.
    pub fn known(text: impl Into<String>) -> Self {
        let mut made = Self::default();
        made.push_known(&text.into(), false);
        made
    }

    /// A text of which only the origin is known.
    pub fn hole(origin: Origin) -> Self {
        Self { pieces: vec![Piece::Hole(origin)] }
    }

    /// Its pieces.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Adds known text.
    pub fn push_known(&mut self, more: &str, globs: bool) {
        if more.is_empty() {
            return;
        }
        if self.len() + more.len() > MAX_TEXT {
            return self.push_hole(Origin::UNKNOWN);
        }
        match self.pieces.last_mut() {
            Some(Piece::Known { text, glob }) if *glob == globs => text.push_str(more),
            _ => self.pieces.push(Piece::Known { text: more.to_owned(), glob: globs }),
        }
    }

    /// Adds a hole.
    pub fn push_hole(&mut self, origin: Origin) {
        match self.pieces.last_mut() {
            Some(Piece::Hole(known)) => *known = known.and(origin),
            _ => self.pieces.push(Piece::Hole(origin)),
        }
    }

    /// Adds another text.
    pub fn push(&mut self, other: &Self) {
        for piece in &other.pieces {
            match piece {
                Piece::Known { text, glob } => self.push_known(text, *glob),
                Piece::Hole(origin) => self.push_hole(*origin),
            }
        }
    }

    fn len(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Known { text, .. } => text.len(),
                Piece::Hole(_) => 0,
            })
            .sum()
    }

    /// The whole text, where all of it is known.
    pub fn as_known(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self.pieces.as_slice() {
            [] => Some("".into()),
            [Piece::Known { text, .. }] => Some(text.as_str().into()),
            pieces => pieces
                .iter()
                .try_fold(String::new(), |mut whole, piece| match piece {
                    Piece::Known { text, .. } => {
                        whole.push_str(text);
                        Some(whole)
                    }
                    Piece::Hole(_) => None,
                })
                .map(Into::into),
        }
    }

    /// The text with a mark in the place of each hole: for showing, and for finding words in it.
    pub fn shown(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Known { text, .. } => text.as_str(),
                Piece::Hole(_) => HOLE,
            })
            .collect()
    }

    /// The known text at its start.
    pub fn prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Known { text, .. }) => text,
            _ => "",
        }
    }

    /// The origins of its holes; `None` where all of it is known.
    pub fn origin(&self) -> Option<Origin> {
        self.pieces.iter().fold(None, |found, piece| match (found, piece) {
            (Some(origin), Piece::Hole(more)) => Some(Origin::and(origin, *more)),
            (None, Piece::Hole(more)) => Some(*more),
            (found, Piece::Known { .. }) => found,
        })
    }

    /// Whether a part of it matches names of files.
    pub fn has_glob(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Known { text, glob } => *glob && text.contains(['*', '?', '[']),
            Piece::Hole(_) => false,
        })
    }

    /// The text without its globs' meaning, as when it was quoted.
    #[must_use]
    pub fn quoted(&self) -> Self {
        let mut made = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Known { text, .. } => made.push_known(text, false),
                Piece::Hole(origin) => made.push_hole(*origin),
            }
        }
        made
    }

    /// The words a shell splits it into: blanks in it separate, holes do not.
    pub fn split(&self, separators: &[char]) -> Vec<Self> {
        let mut words = Vec::new();
        let mut word = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Hole(origin) => word.push_hole(*origin),
                Piece::Known { text, .. } => {
                    for (number, part) in text.split(separators).enumerate() {
                        if number > 0 && !word.is_empty() {
                            words.push(std::mem::take(&mut word));
                        }
                        word.push_known(part, true);
                    }
                }
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        words
    }

    /// Without the line breaks at its end, as a substitution leaves it.
    #[must_use]
    pub fn without_final_lines(mut self) -> Self {
        while let Some(Piece::Known { text, .. }) = self.pieces.last_mut() {
            text.truncate(text.trim_end_matches('\n').len());
            if !text.is_empty() {
                break;
            }
            self.pieces.pop();
        }
        self
    }
}

/// What stands for a hole where a text is shown.
pub const HOLE: &str = "\u{2026}";

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::known(text)
    }
}
