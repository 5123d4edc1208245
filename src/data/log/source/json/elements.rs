//! Bounds of the elements of one JSON array, found without parsing them.

/// Walks over the elements of an array, each with the line on which it begins.
///
/// An element that is cut off is given as far as it goes, and an array that does not end has an
/// empty element there, so that both are refused with their line instead of being lost.
pub(super) struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    /// Inside the brackets.
    is_open: bool,
    /// Whether `bytes` is the whole text; else what is cut at its end is passed over.
    is_whole: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn new(bytes: &'a [u8], is_whole: bool) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
            is_open: false,
            is_whole,
        }
    }

    /// Passes over blanks, and over commas between elements.
    fn skip_blanks(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !(byte.is_ascii_whitespace() || (byte == b',' && self.is_open)) {
                return;
            }
            self.line += usize::from(byte == b'\n');
            self.at += 1;
        }
    }

    /// One past the end of the element that begins at `at`, if it ends.
    fn end(&self) -> Option<usize> {
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        for (at, &byte) in self.bytes.iter().enumerate().skip(self.at) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' if depth == 1 => return Some(at + 1),
                b',' | b']' if depth == 0 => return Some(at),
                _ => {}
            }
        }
        None
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.skip_blanks();
            match self.bytes.get(self.at) {
                Some(b']') if self.is_open => {
                    self.is_open = false;
                    self.at += 1;
                }
                Some(b'[') if !self.is_open => {
                    self.is_open = true;
                    self.at += 1;
                }
                Some(_) => break,
                None if self.is_open && self.is_whole => {
                    self.is_open = false;
                    return Some((self.line, &[]));
                }
                None => return None,
            }
        }
        let (start, line) = (self.at, self.line);
        let end = if self.is_open { self.end() } else { None };
        if end.is_none() {
            self.is_open = false;
            if !self.is_whole {
                self.at = self.bytes.len();
                return None;
            }
        }
        // An element is never empty, so the walk goes on.
        self.at = end.unwrap_or(self.bytes.len()).max(start + 1);
        let element = self.bytes.get(start..self.at).unwrap_or_default();
        self.line += element.split(|&b| b == b'\n').count() - 1;
        Some((line, element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, is_whole: bool) -> Vec<(usize, &str)> {
        Elements::new(text.as_bytes(), is_whole)
            .map(|(line, e)| (line, std::str::from_utf8(e).unwrap()))
            .collect()
    }

    #[test]
    fn elements_are_divided_by_depth_and_quotes() {
        let text = "[\n{\"a\":\"x],\\\"}\"},{\"b\":[1,{\"c\":2}]}\n,\n{\"d\":\n3}, 7]\n";
        let expected = [
            (2, "{\"a\":\"x],\\\"}\"}"),
            (2, "{\"b\":[1,{\"c\":2}]}"),
            (4, "{\"d\":\n3}"),
            (5, "7"),
        ];
        assert_eq!(split(text, true), expected);
        assert_eq!(split(text, false), expected);
        assert_eq!(split("[]", true), []);
        assert_eq!(split("[1]\n[2]", true), [(1, "1"), (2, "2")]);
    }

    #[test]
    fn what_is_cut_off_is_shown_in_a_whole_text_only() {
        assert_eq!(
            split("[{\"a\":1},{\"a\"", true),
            [(1, "{\"a\":1}"), (1, "{\"a\"")]
        );
        assert_eq!(split("[{\"a\":1},{\"a\"", false), [(1, "{\"a\":1}")]);
        assert_eq!(split("[{\"a\":1}", true), [(1, "{\"a\":1}"), (1, "")]);
        assert_eq!(split("[{\"a\":1}", false), [(1, "{\"a\":1}")]);
        assert_eq!(split("[1] x]", true), [(1, "1"), (1, "x]")]);
    }
}
