//! The members of an object and what stands in them, as they are written: nothing is parsed that is
//! not asked for, so that numbers keep all their digits.

/// A member of an object.
pub(super) struct Member<'a> {
    pub(super) name: String,
    /// Its value as it is written.
    pub(super) value: &'a [u8],
    /// Start of the value in the object.
    pub(super) start: usize,
    /// Whether it ends.
    pub(super) is_whole: bool,
}

/// The members of the object that begins a text; the last one may be cut. `None` for what is no
/// object.
pub(super) fn members(text: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut at = blanks(text, 0);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    at += 1;
    let mut members = Vec::new();
    loop {
        at = blanks(text, at);
        match text.get(at) {
            Some(b'}') | None => return Some(members),
            Some(b',') => at += 1,
            Some(b'"') => {
                let Some(end) = end_of_value(text, at) else {
                    return Some(members);
                };
                let name: String = serde_json::from_slice(text.get(at..end)?).ok()?;
                at = blanks(text, end);
                match text.get(at) {
                    Some(b':') => at = blanks(text, at + 1),
                    Some(_) => return None,
                    None => return Some(members),
                }
                let end = end_of_value(text, at);
                let value = text.get(at..end.unwrap_or(text.len()))?.trim_ascii_end();
                members.push(Member {
                    name,
                    value,
                    start: at,
                    is_whole: end.is_some(),
                });
                at = end.unwrap_or(text.len());
            }
            Some(_) => return None,
        }
    }
}

/// The elements of an array, as they are written; none of what is no array.
pub(super) fn elements(text: &[u8]) -> Vec<&[u8]> {
    super::elements::Elements::new(text, true)
        .map(|(_, element)| element.trim_ascii())
        .filter(|element| text.trim_ascii_start().starts_with(b"[") && !element.is_empty())
        .collect()
}

/// One past the value that begins at `at`, if it ends: the closing bracket or quote, or what stands
/// before a comma or the bracket around it.
pub(super) fn end_of_value(text: &[u8], at: usize) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, &byte) in text.iter().enumerate().skip(at) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => {
                in_text = !in_text;
                if !in_text && depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 1 => depth -= 1,
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b',' | b'}' | b']' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The place after the blanks at `at`.
pub(super) fn blanks(text: &[u8], at: usize) -> usize {
    at + text
        .iter()
        .skip(at)
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}

/// The first byte of a text that is no blank.
pub(super) fn first(text: &[u8]) -> Option<u8> {
    text.get(blanks(text, 0)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_divided_by_depth_and_quotes() {
        let told = |text: &str| -> Option<Vec<(String, String, bool)>> {
            let members = members(text.as_bytes())?;
            Some(
                members
                    .into_iter()
                    .map(|m| {
                        (
                            m.name,
                            String::from_utf8_lossy(m.value).into_owned(),
                            m.is_whole,
                        )
                    })
                    .collect(),
            )
        };
        let some = |all: &[(&str, &str, bool)]| {
            Some(
                all.iter()
                    .map(|&(name, value, whole)| (name.to_owned(), value.to_owned(), whole))
                    .collect::<Vec<_>>(),
            )
        };
        let text =
            "{ \"a\\\"b\" : [1, {\"c\": \"}\"}] ,\"d\":18446744073709551617, \"e\": \"x,y\"}";
        let expected = [
            ("a\"b", "[1, {\"c\": \"}\"}]", true),
            ("d", "18446744073709551617", true),
            ("e", "\"x,y\"", true),
        ];
        assert_eq!(told(text), some(&expected));
        assert_eq!(
            told("{\"a\": 1, \"b\": [1, 2"),
            some(&[("a", "1", true), ("b", "[1, 2", false)])
        );
        assert_eq!(told("{\"a\": 1, \"b"), some(&[("a", "1", true)]));
        assert_eq!(
            (told("[1]"), told("{1}"), told("{}")),
            (None, None, some(&[]))
        );
        assert_eq!(
            elements(b"[1, \"a,b\", [2]]"),
            [b"1".as_slice(), b"\"a,b\"", b"[2]"]
        );
    }
}
