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
            let (word, bit) = Self::place(names[at]);
            self.0[word] |= bit;
            at += 1;
        }
        self
    }

    /// This sieve, with the names of another as well.
    pub(super) const fn and(mut self, other: &Self) -> Self {
        let mut at = 0;
        while at < N {
            self.0[at] |= other.0[at];
            at += 1;
        }
        self
    }

    /// Whether the table has to be asked.
    pub(super) const fn passes(&self, name: &str) -> bool {
        let (word, bit) = Self::place(name);
        self.0[word] & bit != 0
    }

    const fn place(name: &str) -> (usize, u64) {
        // FNV-1a (Fowler, Noll, Vo), whose upper half is mixed well.
        let mut hash: u32 = 0x811c_9dc5;
        let mut at = 0;
        while at < name.len() {
            hash = (hash ^ name.as_bytes()[at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        let hash = (hash ^ hash >> 16) as usize;
        (hash / 64 % N, 1 << (hash % 64))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Tool {
        names: &'static [&'static str],
    }

    const TOOLS: [Tool; 2] = [Tool { names: &["nsupdate", "dig"] }, Tool { names: &["kubectl"] }];
    static KNOWN: Sieve<8> = sieve!(TOOLS);

    #[test]
    fn every_name_of_a_table_passes_and_few_others_do() {
        assert!(TOOLS.iter().flat_map(|tool| tool.names).all(|name| KNOWN.passes(name)));
        let others = ["cargo", "git", "tail", "ls", "grep", "sed", "npm", "python3", "make", "cat", "rg", "go"];
        assert!(others.iter().filter(|name| KNOWN.passes(name)).count() <= 1);
    }
}
