//! Whole numbers in as few bytes as they need: seven bits per byte, least significant first (LEB128).

/// Appends a number.
pub(crate) fn put(bytes: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

/// Takes a number from the front; `None` where there is none.
pub(crate) fn get(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}

/// Small numbers of either sign as small numbers.
pub(crate) const fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub(crate) const fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(n in any::<u64>(), m in any::<i64>()) {
            let mut bytes = Vec::new();
            put(&mut bytes, n);
            put(&mut bytes, zigzag(m));
            let mut rest = bytes.as_slice();
            prop_assert_eq!(get(&mut rest), Some(n));
            prop_assert_eq!(get(&mut rest).map(unzigzag), Some(m));
            prop_assert!(rest.is_empty() && get(&mut rest).is_none());
        }
    }
}
