//! A sentence with holes, and which text it is that fills them.

/// A sentence in one language with numbered holes: `{1} of {2} users`. Doubled braces are braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Hole(Hole),
}

/// A place in a sentence at which something else stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hole {
    /// Its number, from 1.
    number: usize,
    kind: HoleKind,
}

/// What may stand in a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HoleKind {
    /// Anything, which stays as it is, such as a name, an id or a title of the log: `{1}`.
    Anything,
    /// Words of the program, which are translated too: `{1:words}`.
    Words,
    /// A number: `{1:number}`. So `{1:number} users` is no sentence about something else that ends
    /// with users.
    Number,
}

/// What is wrong with a text that should be a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace that opens no numbered hole.
    #[error("`{text}`: a hole is written {{1}}, {{1:words}} or {{1:number}}, a brace {{{{ or }}}}")]
    Brace {
        /// The whole text.
        text: String,
    },
    /// Two holes without a word between them: nobody could tell where the first ends.
    #[error("`{text}`: two holes stand side by side")]
    SideBySide {
        /// The whole text.
        text: String,
    },
}

impl Template {
    /// Reads the template that is written as `text`.
    ///
    /// # Errors
    /// A brace that opens no numbered hole, or two holes side by side.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut words = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            words.push_str(&rest[..at]);
            let from = &rest[at..];
            if from.starts_with("{{") || from.starts_with("}}") {
                words.push_str(&from[..1]);
                rest = &from[2..];
                continue;
            }
            let (hole, after) = hole(from).ok_or_else(|| TemplateError::Brace {
                text: text.to_owned(),
            })?;
            if !words.is_empty() {
                pieces.push(Piece::Words(std::mem::take(&mut words)));
            } else if matches!(pieces.last(), Some(Piece::Hole(_))) {
                return Err(TemplateError::SideBySide {
                    text: text.to_owned(),
                });
            }
            pieces.push(Piece::Hole(hole));
            rest = after;
        }
        words.push_str(rest);
        if !words.is_empty() {
            pieces.push(Piece::Words(words));
        }
        Ok(Self { pieces })
    }

    /// Numbers of the holes, in the order in which they stand.
    pub(super) fn holes(&self) -> impl Iterator<Item = usize> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Words(_) => None,
            Piece::Hole(hole) => Some(hole.number),
        })
    }

    /// The text itself, where the template has no hole.
    pub(super) fn whole(&self) -> Option<String> {
        self.holes()
            .next()
            .is_none()
            .then(|| self.words().collect())
    }

    /// Characters that stand fast, of all its words.
    pub(super) fn fixed(&self) -> usize {
        self.words().map(|words| words.chars().count()).sum()
    }

    /// The words with which every text of this template begins; empty where a hole comes first.
    pub(super) fn start(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Words(words)) => words,
            Some(Piece::Hole(_)) | None => "",
        }
    }

    /// The words with which every text of this template ends; empty where a hole comes last.
    pub(super) fn end(&self) -> &str {
        match self.pieces.last() {
            Some(Piece::Words(words)) => words,
            Some(Piece::Hole(_)) | None => "",
        }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Words(words) => Some(words.as_str()),
            Piece::Hole(_) => None,
        })
    }

    /// What stands in the holes where `text` is of this template, in the order of the holes; `None`
    /// where it is not.
    ///
    /// A hole holds at least one character and no line end, and as few characters as it may.
    pub(super) fn fillings<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let mut rest = text.strip_prefix(self.start())?;
        let pieces = match self.pieces.first() {
            Some(Piece::Words(_)) => self.pieces.get(1..)?,
            Some(Piece::Hole(_)) | None => &self.pieces,
        };
        let mut found = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let Piece::Words(words) = piece else { continue };
            let is_last = at + 1 == pieces.len();
            // After a hole, which holds one character at least.
            let first = rest.chars().next()?.len_utf8();
            let start = if is_last {
                rest.len().checked_sub(words.len()).filter(|start| {
                    *start >= first && rest.is_char_boundary(*start) && rest.ends_with(words)
                })?
            } else {
                first + rest.get(first..)?.find(words.as_str())?
            };
            found.push(&rest[..start]);
            rest = &rest[start + words.len()..];
        }
        match pieces.last() {
            Some(Piece::Hole(_)) if rest.is_empty() => return None,
            Some(Piece::Hole(_)) => found.push(rest),
            Some(Piece::Words(_)) => {}
            None if rest.is_empty() => {}
            None => return None,
        }
        let holes = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Words(_) => None,
            Piece::Hole(hole) => Some(hole),
        });
        holes
            .zip(&found)
            .all(|(hole, filling)| {
                !filling.contains('\n') && (hole.kind != HoleKind::Number || is_number(filling))
            })
            .then_some(found)
    }

    /// The sentence with its holes filled; `translated` says what stands in a hole of words.
    pub(super) fn filled<'t>(
        &self,
        filling: impl Fn(usize) -> Option<&'t str>,
        translated: impl Fn(&'t str) -> String,
    ) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Hole(hole) => {
                    let words = filling(hole.number).unwrap_or_default();
                    match hole.kind {
                        HoleKind::Words => text.push_str(&translated(words)),
                        HoleKind::Anything | HoleKind::Number => text.push_str(words),
                    }
                }
            }
        }
        text
    }
}

/// Whether a text is a number as the program writes it: `12,345`, `0.5`, `-3`.
fn is_number(text: &str) -> bool {
    text.contains(|character: char| character.is_ascii_digit())
        && text
            .chars()
            .all(|character| character.is_ascii_digit() || ",.-+".contains(character))
}

/// The hole with which a text begins, and what follows it.
fn hole(text: &str) -> Option<(Hole, &str)> {
    let (inside, after) = text.strip_prefix('{')?.split_once('}')?;
    let (number, kind) = inside.split_once(':').unwrap_or((inside, ""));
    let kind = match kind {
        "" => HoleKind::Anything,
        "words" => HoleKind::Words,
        "number" => HoleKind::Number,
        _ => return None,
    };
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some((Hole { number, kind }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fillings<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
        Template::parse(template).unwrap().fillings(text)
    }

    #[test]
    fn a_text_fills_the_holes_of_its_template() {
        assert_eq!(
            fillings("{1} of {2} users", "3 of 12 users"),
            Some(vec!["3", "12"])
        );
        assert_eq!(fillings("Train", "Train"), Some(vec![]));
        assert_eq!(fillings("Train", "Training"), None);
        assert_eq!(fillings("Epoch {1}", "Epoch 7"), Some(vec!["7"]));
        assert_eq!(fillings("Epoch {1}", "Epoch "), None);
        assert_eq!(fillings("{1} users", " users"), None);
        assert_eq!(
            fillings("{1:number} users", "1,234 users"),
            Some(vec!["1,234"])
        );
        assert_eq!(fillings("{1:number} users", "User 3: 4 users"), None);
        assert_eq!(
            fillings("{1} users", "3 users, 4 users"),
            Some(vec!["3 users, 4"])
        );
        assert_eq!(fillings("{1}, {2}", "a, b, c"), Some(vec!["a", "b, c"]));
        assert_eq!(fillings("{1} users", "one\ntwo users"), None);
        assert_eq!(fillings("“{1}”", "“电影”"), Some(vec!["电影"]));
        assert_eq!(fillings("a {1} a", "a a"), None);
        assert_eq!(fillings("", ""), Some(vec![]));
        assert_eq!(fillings("", "x"), None);
        assert_eq!(fillings("{1}", "x"), Some(vec!["x"]));
    }

    #[test]
    fn braces_are_doubled_and_holes_are_numbered() {
        assert_eq!(fillings("{{1}} is {1}", "{1} is 5"), Some(vec!["5"]));
        for wrong in ["{}", "{0}", "{n}", "{1", "1}", "{1:name}"] {
            assert!(
                matches!(Template::parse(wrong), Err(TemplateError::Brace { .. })),
                "{wrong}"
            );
        }
        assert!(matches!(
            Template::parse("{1}{2}"),
            Err(TemplateError::SideBySide { .. })
        ));
    }
}
