//! Sentences about rows, without what they quote of them: a cell in the wrong column may be an id.

/// A sentence whose quoted part, from the first backtick to the last, is left out.
#[must_use]
pub fn without_quoted(sentence: &str) -> String {
    match (sentence.find('`'), sentence.rfind('`')) {
        (Some(first), Some(last)) if first < last => {
            let parts = (sentence.get(..=first), sentence.get(last..));
            format!(
                "{}…{}",
                parts.0.unwrap_or_default(),
                parts.1.unwrap_or_default()
            )
        }
        _ => sentence.to_owned(),
    }
}

/// A sentence that counts refused rows, without the first of them.
#[must_use]
pub fn without_first_refused(sentence: &str) -> String {
    match sentence.split_once(" (the first: ") {
        Some((count, _)) => format!("{count}."),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_goes_whatever_it_holds() {
        assert_eq!(
            without_quoted("has the time `Ali`ce`, which is none"),
            "has the time `…`, which is none"
        );
        assert_eq!(without_quoted("has no time"), "has no time");
        assert_eq!(without_quoted("a lone ` stays"), "a lone ` stays");
        let sentence = "1 of 9 rows could not be read and were left out (the first: line 3 has the \
                        time `a (the first: b`).";
        assert_eq!(
            without_first_refused(sentence),
            "1 of 9 rows could not be read and were left out."
        );
        assert_eq!(
            without_first_refused("nothing of the kind"),
            "nothing of the kind"
        );
    }
}
