//! An organisation's rules as its server hands them to devices.

use serde::{Deserialize, Serialize};

/// The longest text of an organisation's rules, in bytes.
pub const MAX_PUBLISHED_BYTES: usize = 256 << 10;

/// An organisation's rules, signed by its server. What a device has, it can keep and check again without asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Whose.
    pub organisation: String,
    /// How often they have been published; 0 where they never were. A device takes no lower one than it has.
    pub version: u64,
    /// The file of rules, TOML; empty where there are none.
    pub text: String,
    /// The server's public key, Ed25519, in hexadecimal.
    pub key: String,
    /// Its signature of [`Published::signed`], in hexadecimal.
    pub signature: String,
}

impl Published {
    /// What is signed: all that counts, each part on its own line, the name with its length before it, the text last.
    pub fn signed(organisation: &str, version: u64, text: &str) -> Vec<u8> {
        let length = organisation.len();
        format!("hookrail-policy-v1\n{length} {organisation}\n{version}\n{text}").into_bytes()
    }

    /// The tag by which a device asks whether there is something newer.
    pub fn tag(&self) -> String {
        format!("\"{}-{}\"", self.version, self.signature.get(..16).unwrap_or_default())
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a text in hexadecimal.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    let is_even = digits.remainder().is_empty();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits
        .map(byte)
        .collect::<Option<Vec<u8>>>()
        .filter(|_| is_even && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_back_and_nothing_else_is() {
        assert_eq!((hex(&[0, 255, 16]).as_str(), unhex("00ff10")), ("00ff10", Some(vec![0, 255, 16])));
        for text in ["0", "zz", "+1", "0é"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }

    #[test]
    fn no_two_publications_have_the_same_signed_bytes() {
        assert_ne!(Published::signed("a", 1, "1\nb"), Published::signed("a\n1", 1, "b"));
        assert_ne!(Published::signed("a", 1, "x"), Published::signed("a", 2, "x"));
    }
}
