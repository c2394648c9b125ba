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
    /// It is the names of all that is in a folder: of the one that is written before it, else of the working folder. Or the ids of all
    /// that runs, or runs for a user.
    pub listed: bool,
    /// It is what a database holds as a whole, or what was captured of the person: nothing for strangers.
    pub dumped: bool,
    /// It has no end.
    pub endless: bool,
    /// It is all of a project, packed.
    pub packed: bool,
    /// It is rows of a database.
    pub queried: bool,
    /// It is the ids of processes that guard the machine, or of agents.
    pub guarding: bool,
    /// It is what a variable holds whose name speaks of production.
    pub live: bool,
    /// It is what a variable holds whose name speaks of trying: a key for tests, an address of a sandbox.
    pub trial: bool,
    /// It is the names of files that are not there any more.
    pub absent: bool,
}

impl Origin {
    /// Nothing is known of it.
    pub const UNKNOWN: Self = Self {
        fetched: false,
        decoded: false,
        secret: false,
        listed: false,
        dumped: false,
        endless: false,
        packed: false,
        queried: false,
        guarding: false,
        live: false,
        trial: false,
        absent: false,
    };
    /// From a network.
    pub const FETCHED: Self = Self { fetched: true, ..Self::UNKNOWN };
    /// From a decoder.
    pub const DECODED: Self = Self { decoded: true, ..Self::UNKNOWN };
    /// From a place of secrets.
    pub const SECRET: Self = Self { secret: true, ..Self::UNKNOWN };
    /// The names in a folder, all of them.
    pub const LISTED: Self = Self { listed: true, ..Self::UNKNOWN };
    /// From a database, the whole of it.
    pub const DUMPED: Self = Self { dumped: true, ..Self::UNKNOWN };
    /// From a source without an end.
    pub const ENDLESS: Self = Self { endless: true, ..Self::UNKNOWN };
    /// From a project, all of it.
    pub const PACKED: Self = Self { packed: true, ..Self::UNKNOWN };
    /// From a database, some of it.
    pub const QUERIED: Self = Self { queried: true, ..Self::UNKNOWN };
    /// From a list of processes, those that guard the machine.
    pub const GUARDING: Self = Self { guarding: true, ..Self::UNKNOWN };

    /// From a list of files that were deleted.
    pub const ABSENT: Self = Self { absent: true, ..Self::UNKNOWN };

    /// The first of the characters that stand for holes where code is parsed again: of a private area, so no text has them.
    const MARKS: u32 = 0xE000;

    /// The character that stands for a hole of this origin.
    fn mark(self) -> char {
        let flags = [
            self.fetched,
            self.decoded,
            self.secret,
            self.listed,
            self.dumped,
            self.endless,
            self.queried,
            self.guarding,
            self.packed,
            self.live,
            self.trial,
            self.absent,
        ];
        let bits = flags.iter().rev().fold(0, |bits, flag| bits << 1 | u32::from(*flag));
        char::from_u32(Self::MARKS + bits).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn of_mark(mark: char) -> Option<Self> {
        let bits = u32::from(mark).checked_sub(Self::MARKS).filter(|bits| *bits < 4096)?;
        let has = |flag: u32| bits & flag > 0;
        Some(Self {
            fetched: has(1),
            decoded: has(2),
            secret: has(4),
            listed: has(8),
            dumped: has(16),
            endless: has(32),
            queried: has(64),
            guarding: has(128),
            packed: has(256),
            live: has(512),
            trial: has(1024),
            absent: has(2048),
        })
    }

    /// Both origins.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            fetched: self.fetched || other.fetched,
            decoded: self.decoded || other.decoded,
            secret: self.secret || other.secret,
            listed: self.listed || other.listed,
            dumped: self.dumped || other.dumped,
            endless: self.endless || other.endless,
            packed: self.packed || other.packed,
            queried: self.queried || other.queried,
            guarding: self.guarding || other.guarding,
            live: self.live || other.live,
            trial: self.trial || other.trial,
            absent: self.absent || other.absent,
        }
    }

    /// Whether it is nothing for strangers.
    pub const fn is_private(self) -> bool {
        self.secret || self.dumped
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

    /// Words as one line, with a blank between each.
    pub fn line(words: impl IntoIterator<Item = Self>) -> Self {
        let mut line = Self::default();
        for (at, word) in words.into_iter().enumerate() {
            if at > 0 {
                line.push_known(" ", false);
            }
            line.push(&word);
        }
        line
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
    #[inline(never)]
    pub fn push_known(&mut self, more: &str, globs: bool) {
        if more.is_empty() {
            return;
        }
        let globs = globs && more.contains(['*', '?', '[']);
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

    /// The text with a character of its own in the place of each hole, from which [`Text::decoded`] makes the hole again:
    /// for code that is parsed once more.
    pub fn encoded(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Known { text, .. } => std::borrow::Cow::Borrowed(text.as_str()),
                Piece::Hole(origin) => origin.mark().to_string().into(),
            })
            .collect()
    }

    /// Adds a text that may hold marks of holes.
    pub fn push_decoded(&mut self, encoded: &str, globs: bool) {
        let mut rest = encoded;
        while let Some((at, mark)) = rest.char_indices().find(|(_, char)| Origin::of_mark(*char).is_some()) {
            self.push_known(&rest[..at], globs);
            self.push_hole(Origin::of_mark(mark).unwrap_or_default());
            rest = &rest[at + mark.len_utf8()..];
        }
        self.push_known(rest, globs);
    }

    /// The text of an encoding.
    pub fn decoded(encoded: &str) -> Self {
        let mut made = Self::default();
        made.push_decoded(encoded, false);
        made
    }

    /// The text with a mark in the place of each hole: for showing, and for finding words in it.
    #[inline(never)]
    pub fn shown(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Known { text, .. } => text.as_str(),
                Piece::Hole(_) => HOLE,
            })
            .collect()
    }

    /// What is left behind so many bytes of the known text at its start.
    #[must_use]
    pub fn after(&self, bytes: usize) -> Self {
        let mut made = Self::default();
        for (number, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Known { text, glob } if number == 0 => made.push_known(text.get(bytes..).unwrap_or(""), *glob),
                Piece::Known { text, glob } => made.push_known(text, *glob),
                Piece::Hole(origin) => made.push_hole(*origin),
            }
        }
        made
    }

    /// The text as a path: known text that is no glob stands for itself, holes are marked. `None` where it begins with a hole or
    /// is empty, so that not even the folder is known.
    pub fn as_path(&self) -> Option<String> {
        let mut path = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Known { text, glob: true } => path.push_str(text),
                Piece::Known { text, glob: false } => {
                    for char in text.chars() {
                        match char {
                            '*' | '?' | '[' => path.extend(['[', char, ']']),
                            char => path.push(char),
                        }
                    }
                }
                Piece::Hole(_) if path.is_empty() => return None,
                Piece::Hole(_) => path.push_str(HOLE),
            }
        }
        (!path.is_empty()).then_some(path)
    }

    /// The known text at its start.
    #[inline(never)]
    pub fn prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Known { text, .. }) => text,
            _ => "",
        }
    }

    /// The origins of its holes; `None` where all of it is known.
    #[inline(never)]
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

    /// The text with another in the place of each occurrence of a word.
    #[must_use]
    #[inline(never)]
    pub fn replaced(&self, word: &str, with: &Self) -> Self {
        let mut made = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Hole(origin) => made.push_hole(*origin),
                Piece::Known { text, glob } => {
                    for (number, part) in text.split(word).enumerate() {
                        if number > 0 {
                            made.push(with);
                        }
                        made.push_known(part, *glob);
                    }
                }
            }
        }
        made
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

    /// The text as a program is given it: where it is all of a folder, it is the names in it.
    #[must_use]
    pub fn listed(&self) -> Self {
        match self.pieces.as_slice() {
            [Piece::Known { text, glob: true }] if matches!(text.rsplit('/').next(), Some("*" | ".*")) => {
                let mut made = Self::known(text.trim_end_matches(['*', '.']));
                made.push_hole(Origin::LISTED);
                made
            }
            _ => self.quoted(),
        }
    }

    /// The words a shell splits it into, of which each may match names of files: blanks in it separate, holes do not.
    pub fn split(&self, separators: &[char]) -> Vec<Self> {
        self.parted(separators, true)
    }

    /// The words or lines of it, as a program reads them: those match names of files that did before.
    pub fn parts(&self, separators: &[char]) -> Vec<Self> {
        self.parted(separators, false)
    }

    fn parted(&self, separators: &[char], globs: bool) -> Vec<Self> {
        let mut words = Vec::new();
        let mut word = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Hole(origin) => word.push_hole(*origin),
                Piece::Known { text, glob } => {
                    for (number, part) in text.split(separators).enumerate() {
                        if number > 0 && !word.is_empty() {
                            words.push(std::mem::take(&mut word));
                        }
                        word.push_known(part, globs || *glob);
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
