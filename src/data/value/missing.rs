//! Marks that stand where nothing is known: the one list of them, and why each is there.

/// Texts that may be a mark and may be an id: `NA` is a real id in some logs (Namibia, a case
/// called so) and R's mark in others, `0` and `-1` are numbers like others and also what shops
/// write for a visitor who is not signed in. They stay ids, and are asked about where they stand
/// suspiciously often.
const ASKED: [&str; 22] = [
    "NA",
    "na",
    "n.a.",
    "none",
    "NONE",
    "nil",
    "-",
    "--",
    "?",
    ".",
    "0",
    "-1",
    "unknown",
    "Unknown",
    "UNKNOWN",
    "anonymous",
    "Anonymous",
    "guest",
    "Guest",
    "(not set)",
    "not set",
    "missing",
];

/// Longest mark in bytes: what is longer need not be compared.
const LONGEST: usize = 9;

/// Texts that stand for a missing value in a log: the marks that always do, and those that a person
/// named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Missing {
    more: Vec<String>,
}

impl Missing {
    pub(crate) fn new(more: &[String]) -> Self {
        Self {
            more: more.iter().map(|mark| mark.trim().to_owned()).collect(),
        }
    }

    /// Whether a trimmed cell of ids says that there is none.
    pub(crate) fn is_no_id(&self, text: &str) -> bool {
        is_mark(text) || (!self.more.is_empty() && self.more.iter().any(|mark| mark == text))
    }

    /// Whether a trimmed cell of numbers or words says that there is none.
    pub(crate) fn is_no_value(&self, text: &str) -> bool {
        is_missing(text) || (!self.more.is_empty() && self.more.iter().any(|mark| mark == text))
    }
}

/// Whether a trimmed cell of numbers or words says that there is none: there `NA` and a dash are no
/// words.
pub(crate) fn is_missing(text: &str) -> bool {
    text.len() <= LONGEST && (is_mark(text) || matches!(text, "NA" | "na" | "-" | "--" | "?" | "."))
}

/// Marks that may be ids, to be asked about.
pub(crate) fn asked() -> impl Iterator<Item = &'static str> {
    ASKED.into_iter()
}

/// Whether a text is what programs write where there is nothing; no person and no thing is called
/// so. Nearly all cells are told by their first letter and length.
///
/// `NULL`, `\N` and `(null)` are SQL clients' and their dumps' (`\N` of `MySQL` and Hive), `[NULL]`
/// and `<null>` those of database tools; `None` is Python's, `NaN` its numbers' (`nan` as text),
/// `NaT` its times', `<NA>` pandas'; `#N/A` and its sisters are spreadsheets'; `N/A` is people's;
/// `undefined` is JavaScript's. Case makes no difference but for `None`: a user may well be called
/// `none`.
fn is_mark(text: &str) -> bool {
    let Some(first) = text.as_bytes().first() else {
        return true;
    };
    if !matches!(
        first,
        b'n' | b'N' | b'\\' | b'(' | b'[' | b'<' | b'#' | b'-' | b'u' | b'U'
    ) {
        return false;
    }
    let of_length: &[&str] = match text.len() {
        2 => &["\\n"],
        3 => &["nan", "nat", "n/a", "#na"],
        4 => &["null", "<na>", "-nan", "#n/a"],
        5 => &["<nan>", "#n/a!", "#ref!"],
        6 => &["(null)", "[null]", "<null>", "#null!", "#name?"],
        7 => &["#value!"],
        9 => &["undefined"],
        _ => &[],
    };
    of_length.iter().any(|mark| mark.eq_ignore_ascii_case(text)) || text == "None"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_no_ids_and_ids_are_no_marks() {
        let usual = Missing::default();
        for mark in [
            "",
            "NULL",
            "null",
            "Null",
            "None",
            "\\N",
            "NaN",
            "nan",
            "NAN",
            "<NA>",
            "(null)",
            "N/A",
            "#N/A",
            "NaT",
            "undefined",
        ] {
            assert!(usual.is_no_id(mark) && usual.is_no_value(mark), "{mark}");
        }
        for id in [
            "NA", "none", "-", "0", "-1", "n", "N1", "nancy", "\\", "nullable", "u1", "-17", "#1",
            "(1)", "unknown",
        ] {
            assert!(!usual.is_no_id(id), "{id}");
        }
        assert!(
            usual.is_no_value("NA")
                && usual.is_no_value("-")
                && !usual.is_no_value("0")
                && !usual.is_no_value("none")
        );
    }

    #[test]
    fn a_person_may_name_more() {
        let more = Missing::new(&["NA".to_owned(), " guest ".to_owned()]);
        assert!(
            more.is_no_id("NA")
                && more.is_no_id("guest")
                && more.is_no_id("NULL")
                && !more.is_no_id("guests")
        );
        assert!(more.is_no_value("guest") && !more.is_no_value("0"));
    }
}
