//! What a person reads: tables as wide as the terminal, times in their zone, texts that cannot drive the terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use console::{StyledObject, Term, measure_text_width, pad_str, style, truncate_str};
use hookrail_core::time::Timestamp;
use jiff::tz::TimeZone;

/// Columns a table takes where the terminal does not tell its width, as in a pipe.
const WIDTH_WITHOUT_TERMINAL: usize = 200;

/// The space between two columns.
const GAP: usize = 2;

/// How a reading command shows what it read.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Display")]
pub(crate) struct Display {
    /// Print JSON, one object per line, as the API gives it
    #[arg(long)]
    pub(crate) json: bool,
    /// Show times in UTC instead of the local time zone
    #[arg(long)]
    pub(crate) utc: bool,
}

impl Display {
    /// The clock that shows times as asked for.
    pub(crate) fn clock(&self) -> Clock {
        Clock(if self.utc { TimeZone::UTC } else { TimeZone::system() })
    }
}

/// Shows moments in a time zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock(TimeZone);

impl Clock {
    /// Day and time to the second: `2026-11-20 19:38:55`.
    pub(crate) fn date_time(&self, at: Timestamp) -> String {
        self.format(at, "%Y-%m-%d %H:%M:%S")
    }

    /// The time to the millisecond: `19:38:55.123`.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.format(at, "%H:%M:%S%.3f")
    }

    fn format(&self, at: Timestamp, pattern: &str) -> String {
        match jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())) {
            Ok(moment) => moment.to_zoned(self.0.clone()).strftime(pattern).to_string(),
            Err(_) => at.to_string(),
        }
    }
}

/// A span in milliseconds as a person says it: `34 ms`, `1.2 s`, `3 min 20 s`.
pub(crate) fn millis(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        _ => format!("{} min {} s", ms / 60_000, ms / 1_000 % 60),
    }
}

/// A number with its thousands apart: `1,234,567`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount in millionths of a dollar: `$12.34`, to four digits below a dollar; `~` in front of one that is estimated.
pub(crate) fn dollars(micros: i64, estimated: bool) -> String {
    let about = if estimated { "~" } else { "" };
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    if micros == 0 || micros >= 1_000_000 {
        let cents = (micros + 5_000) / 10_000;
        return format!("{about}{sign}${}.{:02}", grouped(cents / 100), cents % 100);
    }
    format!("{about}{sign}$0.{:04}", (micros + 50) / 100)
}

/// The text on one line and without control characters, so that nothing recorded can move the cursor,
/// recolour or retitle the terminal of who reads it.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() || is_format_control(c);
    if text.contains(harmful) {
        Cow::Owned(text.chars().map(|c| if harmful(c) { ' ' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Characters that reorder or hide the text around them (Unicode's bidirectional and zero-width controls).
fn is_format_control(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The text shortened to `width` columns, an ellipsis at its end where something was cut.
pub(crate) fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    truncate_str(text, width, "…")
}

/// The first eight characters of an id: enough to recognise it, and to give it to another command.
pub(crate) fn short_id(id: &str) -> Cow<'_, str> {
    match id.char_indices().nth(8) {
        Some((end, _)) => plain(&id[..end]),
        None => plain(id),
    }
}

/// Colours the word for a state, an outcome or a decision by what it means.
pub(crate) fn tint(word: &str) -> StyledObject<String> {
    let word = style(word.to_owned());
    match word.to_string().as_str() {
        _ if !console::colors_enabled() => word,
        "succeeded" | "working" | "ok" => word.green(),
        "failed" | "denied" | "deny" => word.red(),
        "waiting" | "ask" | "warn" => word.yellow(),
        _ => word.dim(),
    }
}

/// Columns of a line on standard output.
pub(crate) fn width() -> usize {
    Term::stdout().size_checked().map_or(WIDTH_WITHOUT_TERMINAL, |(_, columns)| usize::from(columns)).max(40)
}

/// Rows under a head, each column as wide as its widest cell; the last column takes what is left of the line.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these column heads.
    pub(crate) fn new(head: &[&'static str]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, a cell for each column; cells may be coloured but must be [`plain`] otherwise.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Writes the table at most `width` columns wide.
    ///
    /// # Errors
    /// What `out` reports.
    pub(crate) fn write(&self, out: &mut impl Write, width: usize) -> io::Result<()> {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell));
                cells.chain([self.head[column].len()]).max().unwrap_or(0)
            })
            .collect();
        let head: Vec<String> = self.head.iter().map(|name| style(name.to_uppercase()).bold().to_string()).collect();
        for row in std::iter::once(&head).chain(&self.rows) {
            let mut line = String::new();
            let mut left = width;
            for (cell, wanted) in row.iter().zip(&widths) {
                let room = (*wanted).min(left);
                line.push_str(&pad_str(cell, room, console::Alignment::Left, Some("…")));
                left = left.saturating_sub(room + GAP);
                if left == 0 {
                    break;
                }
                line.push_str(&" ".repeat(GAP));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_are_shown_in_the_zone_asked_for() {
        let at = Timestamp::parse("2026-11-20T23:38:55.123456789Z").unwrap();
        assert_eq!(Clock(TimeZone::UTC).date_time(at), "2026-11-20 23:38:55");
        let ahead = Clock(TimeZone::fixed(jiff::tz::offset(2)));
        assert_eq!(ahead.date_time(at), "2026-11-21 01:38:55");
        assert_eq!(ahead.time(at), "01:38:55.123");
    }

    #[test]
    fn spans_read_as_said() {
        for (ms, text) in [(0, "0 ms"), (999, "999 ms"), (1_000, "1.0 s"), (61_500, "1 min 1 s")] {
            assert_eq!(millis(ms), text);
        }
    }

    #[test]
    fn amounts_are_rounded_to_what_matters() {
        for (micros, estimated, text) in [
            (0, false, "$0.00"),
            (49, false, "$0.0000"),
            (50, true, "~$0.0001"),
            (999_949, false, "$0.9999"),
            (1_004_999, false, "$1.00"),
            (1_005_000, false, "$1.01"),
            (194_100_000, true, "~$194.10"),
            (-2_500_000, false, "-$2.50"),
            (1_234_567_890_000, false, "$1,234,567.89"),
        ] {
            assert_eq!(dollars(micros, estimated), text);
        }
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn nothing_recorded_drives_the_terminal() {
        assert_eq!(plain("rm \u{1b}[2Jx\r\nevil"), "rm  [2Jx  evil");
        assert_eq!(plain("a\u{202e}b"), "a b");
        assert!(matches!(plain("harmless – ünïcödé"), Cow::Borrowed(_)));
    }

    #[test]
    fn ids_are_shortened_by_characters() {
        assert_eq!(short_id("01a1fa78-11a0"), "01a1fa78");
        assert_eq!(short_id("äöüäöüäöü"), "äöüäöüäö");
        assert_eq!(short_id("abc"), "abc");
    }

    #[test]
    fn a_table_fits_its_width() {
        console::set_colors_enabled(false);
        let mut table = Table::new(&["id", "title"]);
        table.row(vec!["1".into(), "short".into()]);
        table.row(vec!["22222".into(), "a title that does not fit".into()]);
        let mut out = Vec::new();
        table.write(&mut out, 20).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ID     TITLE\n1      short\n22222  a title that…\n");
    }
}
