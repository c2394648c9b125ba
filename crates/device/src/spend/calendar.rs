//! When a day, a week and a month begin and end, by the clock of this device.
//!
//! The time zone is that of `TZ`, else of the system, else UTC. Where the clocks are changed at midnight, the day begins with the first
//! moment that has its date.

use hookrail_core::policy::spend::Within;
use hookrail_core::time::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};

/// A span of time: its first moment, and the first after it.
pub(super) type Span = (Timestamp, Timestamp);

/// The span of this kind in which a moment lies; `None` at the ends of time.
pub(super) fn span(within: Within, now: Timestamp, zone: &TimeZone) -> Option<Span> {
    let now = jiff::Timestamp::from_nanosecond(i128::from(now.as_nanos())).ok()?;
    let today = Zoned::new(now, zone.clone()).date();
    let (first, next) = match within {
        Within::Day => (today, today.checked_add(1.day()).ok()?),
        Within::Week => {
            let since_monday = today.weekday().since(Weekday::Monday);
            let first = today.checked_sub(i64::from(since_monday).days()).ok()?;
            (first, first.checked_add(7.days()).ok()?)
        }
        Within::Month => {
            let first = today.first_of_month();
            (first, first.checked_add(1.month()).ok()?)
        }
    };
    Some((midnight(first, zone)?, midnight(next, zone)?))
}

fn midnight(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let at = date.to_zoned(zone.clone()).ok()?.timestamp().as_nanosecond();
    i64::try_from(at).ok().map(Timestamp::from_nanos)
}

/// The time zone of this device.
pub(super) fn zone() -> TimeZone {
    TimeZone::system()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_at_midnight_of_the_devices_own_clock() {
        use Within::{Day, Month, Week};
        let at = |text: &str| Timestamp::parse(text).unwrap();
        for (zone, within, now, since, until) in [
            ("UTC", Day, "2026-11-20T23:59:59.999Z", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
            ("UTC", Day, "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
            // 2026-11-20 is a Friday.
            ("UTC", Week, "2026-11-20T12:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("UTC", Week, "2026-11-22T23:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("UTC", Week, "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            ("UTC", Month, "2026-12-31T23:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("America/New_York", Day, "2026-11-21T02:00:00Z", "2026-11-20T05:00:00Z", "2026-11-21T05:00:00Z"),
            ("Asia/Kolkata", Day, "2026-11-20T20:00:00Z", "2026-11-20T18:30:00Z", "2026-11-21T18:30:00Z"),
            // The day on which the clocks are put back has 25 hours, the one on which they are put forward 23.
            ("Europe/Berlin", Day, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            ("Europe/Berlin", Day, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            // Here they are put forward at midnight: the day begins at one o'clock.
            ("Africa/Cairo", Day, "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
        ] {
            let found = span(within, at(now), &TimeZone::get(zone).unwrap());
            assert_eq!(found, Some((at(since), at(until))), "{zone} {within:?} {now}");
        }
    }
}
