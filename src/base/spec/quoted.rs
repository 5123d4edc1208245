//! Words of a file as they stand in a sentence.

use super::shown;

/// Most letters of a file's text in a sentence.
const SHOWN: usize = 60;

/// The beginning of a text, in one line: an id may be a megabyte long, and a name may hold line
/// ends.
#[must_use]
pub fn quotable(text: &str) -> String {
    let mut letters = text.chars();
    let mut short: String = letters
        .by_ref()
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if letters.next().is_some() {
        short.push('…');
    }
    shown(&short).into_owned()
}

/// Quotes what another program says of a file, which may quote all of it: like [`quotable`], but
/// longer.
#[must_use]
pub fn quotable_reason(text: &str) -> String {
    const SHOWN: usize = 400;
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.retain(|c| !c.is_control());
    if let Some((end, _)) = words.char_indices().nth(SHOWN) {
        words.truncate(end);
        words.push('…');
    }
    shown(&words).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_short_and_one_line() {
        assert_eq!(quotable("item"), "item");
        assert_eq!(quotable("item,\rwith\na\0name"), "item, with a name");
        assert_eq!(
            quotable("exe\u{202e}gpj"),
            r"exe\u202egpj",
            "what would turn the sentence round is shown"
        );
        assert_eq!(quotable(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(quotable(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
        assert_eq!(
            quotable_reason("near \"\n\n  x\": \u{1}syntax"),
            "near \" x\": syntax"
        );
        assert_eq!(
            quotable_reason(&"é".repeat(500)),
            format!("{}…", "é".repeat(400))
        );
    }
}
