//! Counts as a person reads them.

/// A count with thousands apart: `1,000,209`.
#[must_use]
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun, plural by `s`: `1 user`, `1,943 users`.
#[must_use]
pub fn counted(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{counted, thousands};

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 999, 1000, 1_000_209].map(thousands),
            ["0", "999", "1,000", "1,000,209"]
        );
        assert_eq!(
            (counted(1, "user"), counted(1_943, "user")),
            ("1 user".to_owned(), "1,943 users".to_owned())
        );
    }
}
