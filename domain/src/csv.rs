//! Text for spreadsheets. RFC 4180 quoting is done by the writer; this keeps a cell from being run as a formula.

use std::borrow::Cow;

/// Puts an apostrophe before a value that a spreadsheet would run as a formula (ASVS 1.2.10).
#[must_use]
pub fn inert(value: &str) -> Cow<'_, str> {
    // Full-width forms are read as formulas by some spreadsheets too.
    let dangerous = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
    // Leading blanks do not make a formula harmless where the reader trims them.
    if value.starts_with(dangerous) || value.trim_start().starts_with(dangerous) {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn formulas_become_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", "＝1"] {
            assert!(inert(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(inert("PAY-12"), "PAY-12");
    }
}
