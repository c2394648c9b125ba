//! Events as CSV (RFC 4180), safe to open in a spreadsheet.
//!
//! A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage
//! return) gets an apostrophe in front, which spreadsheets show as text. Agents run on text from strangers, so such
//! a cell is to be expected. Who needs the exact text takes the JSONL export.

use std::io::{self, Write};

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes one line of cells, ended as RFC 4180 wants it.
///
/// # Errors
/// What `out` reports.
pub(crate) fn write_row<'a>(out: &mut impl Write, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        write_cell(out, cell)?;
    }
    out.write_all(b"\r\n")
}

fn write_cell(out: &mut impl Write, cell: &str) -> io::Result<()> {
    let guard = if cell.starts_with(FORMULA) { "'" } else { "" };
    if guard.is_empty() && !cell.contains(['"', ',', '\n', '\r']) {
        return out.write_all(cell.as_bytes());
    }
    write!(out, "\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_and_formulas_defused() {
        for (cell, written) in [
            ("", ""),
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+49", "\"'+49\""),
            ("-rf", "\"'-rf\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("a=b", "a=b"),
        ] {
            let mut out = Vec::new();
            write_row(&mut out, [cell, "end"]).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{written},end\r\n"), "{cell:?}");
        }
    }
}
