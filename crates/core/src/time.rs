//! Time as the record keeps it: nanoseconds since the Unix epoch, written as RFC 3339 in UTC.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A moment in UTC: nanoseconds since 1970-01-01T00:00:00Z. Covers the years 1677 to 2262.
///
/// It is written as RFC 3339 with nine digits (`2026-11-20T19:38:55.123456789Z`), so that the text
/// sorts as the time does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `nanos` nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the Unix epoch, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads RFC 3339 with any offset and any number of fraction digits (digits past nanoseconds are dropped).
    ///
    /// Returns `None` for anything else, including days that do not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |from: usize, len: usize| -> Option<i64> {
            let part = bytes.get(from..from + len)?;
            part.iter().try_fold(0i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
        };
        let is = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|byte| any.contains(byte));
        if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
            return None;
        }
        let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
        let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
        if hour > 23 || minute > 59 || second > 60 || civil(days(year, month, day)) != (year, month, day) {
            return None;
        }
        let mut at = 19;
        let mut nanos = 0;
        if is(at, b".") {
            at += 1;
            let mut scale = NANOS_PER_SECOND / 10;
            let from = at;
            while let Some(digit) = digits(at, 1) {
                nanos += digit * scale;
                scale /= 10;
                at += 1;
            }
            if at == from {
                return None;
            }
        }
        let offset = match bytes.get(at)? {
            b'Z' | b'z' if at + 1 == bytes.len() => 0,
            sign @ (b'+' | b'-') if is(at + 3, b":") && at + 6 == bytes.len() => {
                let minutes = digits(at + 1, 2)? * 60 + digits(at + 4, 2)?;
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        let seconds = days(year, month, day) * SECONDS_PER_DAY + hour * 3600 + (minute - offset) * 60 + second;
        // The first second of the range begins before it: only the sum fits.
        let nanos = i128::from(seconds) * i128::from(NANOS_PER_SECOND) + i128::from(nanos);
        i64::try_from(nanos).ok().map(Self)
    }
}

/// Days from the epoch to a civil date, in the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The civil date of a day counted from the epoch.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// A time in RFC 3339. Each event is written with some, so no formatter is asked.
struct Written([u8; 30]);

impl Written {
    fn put(&mut self, end: usize, digits: usize, mut number: i64) {
        for digit in self.0[end - digits..end].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }

    fn as_str(&self) -> &str {
        // It is of ASCII alone.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<Timestamp> for Written {
    fn from(Timestamp(nanos): Timestamp) -> Self {
        let (seconds, nanos) = (nanos.div_euclid(NANOS_PER_SECOND), nanos.rem_euclid(NANOS_PER_SECOND));
        // Nanoseconds in 64 bits reach from 1677 to 2262: every year has four digits.
        let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let mut out = Self(*b"0000-00-00T00:00:00.000000000Z");
        for (end, digits, number) in [
            (4, 4, year),
            (7, 2, month),
            (10, 2, day),
            (13, 2, of_day / 3600),
            (16, 2, of_day / 60 % 60),
            (19, 2, of_day % 60),
            (29, 9, nanos),
        ] {
            out.put(end, digits, number);
        }
        out
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Written::from(*self).as_str())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Written::from(*self).as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("expected a time in RFC 3339"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_read_and_written() {
        for (text, nanos) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-20T19:38:55.123456789Z", 1_795_203_535_123_456_789),
            ("2026-11-20T20:38:55.123+01:00", 1_795_203_535_123_000_000),
            ("2024-02-29 23:59:59.5Z", 1_709_251_199_500_000_000),
            ("1969-12-31T23:59:59.999999999Z", -1),
            ("2262-04-11T23:47:16.854775807Z", i64::MAX),
            ("1677-09-21T00:12:43.145224192Z", i64::MIN),
        ] {
            let time = Timestamp::parse(text).expect(text);
            assert_eq!(time.as_nanos(), nanos, "{text}");
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time), "{text}");
            assert_eq!(serde_json::to_string(&time).expect(text), format!("\"{time}\""));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026",
            "2026-02-30T00:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T00:00:00",
            "2026-11-20T00:00:00.Z",
            "2026-11-20T00:00:00Zx",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
