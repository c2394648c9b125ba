//! The keyed digest that makes the same secret recognisable: SipHash-2-4 (Aumasson, Bernstein), of which 16 bits are shown.

/// The key of one installation. It never leaves it; [`std::fmt::Debug`] does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u64; 2]);

impl Key {
    /// A key of these random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        let wide = u128::from_le_bytes(bytes);
        Self([wide as u64, (wide >> 64) as u64])
    }

    /// The key in a file: 32 hexadecimal digits, blanks around them allowed.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_key = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let wide = is_key.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
        Some(Self::new(wide.to_be_bytes()))
    }

    /// Random bytes as the text that [`Self::read`] reads.
    pub fn written(bytes: [u8; 16]) -> String {
        format!("{:032x}\n", u128::from_be_bytes(bytes))
    }

    /// Sixteen bits of the digest of a text. So few tell which of the secrets of a session is meant; of somebody's guesses one
    /// in 65,536 would agree by chance, so that even with the key an agreement proves nothing about a list of guesses.
    pub(super) fn tag(self, text: &[u8]) -> u16 {
        self.digest(text) as u16
    }

    fn digest(self, text: &[u8]) -> u64 {
        let [k0, k1] = self.0;
        let mut v = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        let mut chunks = text.chunks_exact(8);
        for chunk in &mut chunks {
            absorb(&mut v, word(chunk));
        }
        absorb(&mut v, word(chunks.remainder()) | (text.len() as u64) << 56);
        v[2] ^= 0xff;
        (0..4).for_each(|_| round(&mut v));
        v[0] ^ v[1] ^ v[2] ^ v[3]
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn absorb(v: &mut [u64; 4], word: u64) {
    v[3] ^= word;
    round(v);
    round(v);
    v[0] ^= word;
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_digest_of_the_paper() {
        let key = Key::new(std::array::from_fn(|at| at as u8));
        let text: [u8; 15] = std::array::from_fn(|at| at as u8);
        assert_eq!(key.digest(&text), 0xa129_ca61_49be_45e5);
        let written = Key::written(std::array::from_fn(|at| at as u8));
        assert_eq!(Key::read(&written).map(|key| key.digest(&text)), Some(0xa129_ca61_49be_45e5));
        assert!(Key::read("short").is_none());
    }
}
