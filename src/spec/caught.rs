//! What a caught panic said.

use std::any::Any;

/// The words of a panic that was caught; `None` for one that carries no text.
pub(crate) fn words_of_panic(panic: &(dyn Any + Send)) -> Option<&str> {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any};

    use super::words_of_panic;

    #[test]
    fn a_panic_is_quoted_whether_its_words_were_formatted_or_not() {
        let words = |work: fn()| words_of_panic(catch_unwind(work).unwrap_err().as_ref()).map(str::to_owned);
        assert_eq!(words(|| panic_any("planted")), Some("planted".to_owned()));
        assert_eq!(words(|| panic_any(format!("planted {}", 2))), Some("planted 2".to_owned()));
        assert_eq!(words(|| panic_any(7)), None);
    }
}
