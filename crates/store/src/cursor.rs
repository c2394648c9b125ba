//! Cursors: where a page ended, as an opaque text.
//!
//! A cursor names the list it belongs to and the sort key of the last item seen, so that what is stored meanwhile
//! neither repeats nor hides anything. A short checksum tells a damaged cursor from a good one.

use crate::StoreError;
use crate::block::hash;

/// The list a cursor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Events by arrival, oldest first.
    Arrival = b'a' as isize,
    /// Events by arrival, newest first.
    ArrivalNewest = b'b' as isize,
    /// A session's events by time, oldest first.
    Session = b's' as isize,
    /// A session's events by time, newest first.
    SessionNewest = b't' as isize,
    /// Sessions by activity.
    Sessions = b'v' as isize,
    /// Tool calls of a session by time.
    ToolCalls = b'c' as isize,
    /// Artifacts by arrival, newest first.
    Artifacts = b'f' as isize,
    /// Findings, newest first.
    Findings = b'g' as isize,
    /// Reports of wrong stops, newest first.
    Reports = b'r' as isize,
}

/// The text of a cursor.
pub(crate) fn write(list: List, a: i64, b: i64) -> String {
    let body = format!("{}{a:016x}{b:016x}", char::from(list as u8));
    format!("{body}{:04x}", hash(body.as_bytes()) & 0xffff)
}

/// Reads a cursor of this list.
pub(crate) fn read(list: List, text: &str) -> Result<(i64, i64), StoreError> {
    parse(list, text).ok_or_else(|| {
        StoreError::Invalid("this cursor is not one of this list; pass `next` of its previous page, or none".to_owned())
    })
}

fn parse(list: List, text: &str) -> Option<(i64, i64)> {
    let (body, sum) = text.split_at_checked(33)?;
    let number = |digits: &str| u64::from_str_radix(digits, 16).ok().map(|n| n as i64);
    let good = u64::from_str_radix(sum, 16).ok()? == hash(body.as_bytes()) & 0xffff;
    let ours = sum.len() == 4 && body.as_bytes().first() == Some(&(list as u8));
    (good && ours).then_some(())?;
    Some((number(body.get(1..17)?)?, number(body.get(17..33)?)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cursors_come_back(a in any::<i64>(), b in any::<i64>()) {
            let text = write(List::Session, a, b);
            prop_assert_eq!(read(List::Session, &text).unwrap(), (a, b));
            prop_assert!(read(List::Arrival, &text).is_err());
        }

        #[test]
        fn anything_else_is_refused(text in ".{0,60}") {
            prop_assert!(matches!(read(List::Arrival, &text), Err(StoreError::Invalid(_))));
        }
    }
}
