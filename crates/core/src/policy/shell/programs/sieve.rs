//! Whether a table may know a program's name, told by one bit: every command is asked of every table, and nearly no table knows it.

/// A bit for each hash that a table's names have; of names that it does not have about one in `64 * N / names` passes.
pub(super) struct Sieve<const N: usize>([u64; N]);

impl<const N: usize> Sieve<N> {
    pub(super) const fn new() -> Self {
        Self([0; N])
    }

    /// This sieve, with these names as well.
    pub(super) const fn with(mut self, names: &[&str]) -> Self {
        let mut at = 0;
        while at < names.len() {
            let (word, bit) = Self::place(names[at].as_bytes());
            self.0[word] |= bit;
            at += 1;
        }
        self
    }

    /// This sieve, with the words of a [list](crate::policy::lists) as well.
    pub(super) const fn with_list(mut self, list: &str) -> Self {
        let mut rest = list.as_bytes();
        loop {
            let mut end = 0;
            while end < rest.len() && rest[end] != b'|' {
                end += 1;
            }
            let (name, behind) = rest.split_at(end);
            let (word, bit) = Self::place(name);
            self.0[word] |= bit;
            match behind {
                [_, behind @ ..] => rest = behind,
                [] => return self,
            }
        }
    }

    /// Whether the table has to be asked.
    pub(super) const fn passes(&self, name: &str) -> bool {
        let (word, bit) = Self::place(name.as_bytes());
        self.0[word] & bit != 0
    }

    /// The bit of a name.
    const fn place(name: &[u8]) -> (usize, u64) {
        let hash = hash(name) as usize;
        (hash / 64 % N, 1 << (hash % 64))
    }
}

/// A number that names have by chance: FNV-1a (Fowler, Noll, Vo), its upper half mixed into the lower.
pub(super) const fn hash(mut name: &[u8]) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    while let [first, rest @ ..] = name {
        hash = (hash ^ *first as u32).wrapping_mul(0x0100_0193);
        name = rest;
    }
    hash ^ hash >> 16
}

/// The sieve of tables whose entries have `names`.
macro_rules! sieve {
    ($($table:expr),+) => {{
        let mut sieve = $crate::policy::shell::programs::sieve::Sieve::new();
        $(
            let table = $table;
            let mut at = 0;
            while at < table.len() {
                sieve = sieve.with(table[at].names);
                at += 1;
            }
        )+
        sieve
    }};
}
pub(super) use sieve;

/// Whether one of these tables, whose entries have `names`, knows a program of this name.
macro_rules! knows {
    ($name:expr, $($table:expr),+) => {{
        static SIEVE: $crate::policy::shell::programs::sieve::Sieve<16> =
            $crate::policy::shell::programs::sieve::sieve!($($table),+);
        SIEVE.passes($name) && ($($table.iter().any(|entry| entry.names.contains(&$name)))||+)
    }};
}
pub(super) use knows;

#[cfg(test)]
mod tests {
    use super::*;

    struct Tool {
        names: &'static [&'static str],
    }

    const TOOLS: [Tool; 2] = [Tool { names: &["nsupdate", "dig"] }, Tool { names: &["kubectl"] }];
    static KNOWN: Sieve<8> = sieve!(TOOLS).with_list("helm|kustomize");

    #[test]
    fn every_name_of_a_table_passes_and_few_others_do() {
        assert!(TOOLS.iter().flat_map(|tool| tool.names).all(|name| KNOWN.passes(name)));
        assert!(KNOWN.passes("helm") && KNOWN.passes("kustomize"));
        let others = ["cargo", "git", "tail", "ls", "grep", "sed", "npm", "python3", "make", "cat", "rg", "go"];
        assert!(others.iter().filter(|name| KNOWN.passes(name)).count() <= 1);
        assert!(knows!("dig", TOOLS) && !knows!("helm", TOOLS));
    }
}
