//! A cell of text, without what nobody sees around it.

/// A cell without blanks and unseen marks around it: mostly there are none.
pub(crate) fn trimmed(cell: &str) -> &str {
    match cell.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        [only] if only.is_ascii_graphic() => cell,
        _ => cell.trim_matches(|c: char| c.is_whitespace() || is_unseen(c)),
    }
}

/// Whether a letter takes no room: byte order marks, joiners, marks of the direction of writing.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}
