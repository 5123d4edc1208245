//! Free columns and side tables, as the user wrote them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A column that has no role and is kept as a feature of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreeColumnSpec {
    /// Name of the column. A `*` at the end takes all columns that begin so, in the order of the
    /// file, as one embedding: `emb_*`.
    pub column: String,
    /// Kind of its values; guessed from the first rows when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ColumnKind>,
}

impl FreeColumnSpec {
    /// A column whose kind is guessed.
    pub fn named(column: impl Into<String>) -> Self {
        Self {
            column: column.into(),
            kind: None,
        }
    }

    /// A column as it is written on one line: `price`, or `price:numeric` with its kind. A name may
    /// hold colons: only a known kind behind the last one is taken for one.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let named = text.rsplit_once(':').and_then(|(column, word)| {
            let kind = <ColumnKind as strum::IntoEnumIterator>::iter()
                .find(|kind| kind.to_string().eq_ignore_ascii_case(word.trim()))?;
            Some(Self {
                column: column.trim().to_owned(),
                kind: Some(kind),
            })
        });
        named.unwrap_or_else(|| Self::named(text))
    }

    /// The beginning that all columns of an embedding share, where several are meant.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.column
            .strip_suffix('*')
            .filter(|prefix| !prefix.is_empty())
    }
}

/// Kind of a free column's values.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter, strum::Display,
)]
pub enum ColumnKind {
    /// Numbers whose size means something: price, age, temperature.
    #[strum(to_string = "numeric")]
    Numeric,
    /// One of some words or codes: brand, occupation.
    #[strum(to_string = "category")]
    Category,
    /// Words in a row: a title, a review.
    #[strum(to_string = "text")]
    Text,
    /// A vector that another model made: several columns (`emb_*`), or one of `[0.1, 0.2]`.
    #[strum(to_string = "embedding")]
    Embedding,
}

/// A table with one row for each item or each user, joined by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideTable {
    /// The file; any format that a log may have.
    pub path: PathBuf,
    /// Column with the id; the one that holds most of the log's ids when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Columns that are joined; all when there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<FreeColumnSpec>,
}

/// Whom a side table is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter, strum::Display,
)]
pub enum SideOf {
    /// The items, which are acted on.
    #[strum(to_string = "items")]
    Items,
    /// Who acts.
    #[strum(to_string = "users")]
    Users,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_stands_behind_the_last_colon() {
        let spec = |column: &str, kind| FreeColumnSpec {
            column: column.to_owned(),
            kind,
        };
        assert_eq!(FreeColumnSpec::parse(" price "), spec("price", None));
        assert_eq!(
            FreeColumnSpec::parse("price: Numeric"),
            spec("price", Some(ColumnKind::Numeric))
        );
        assert_eq!(FreeColumnSpec::parse("a:b"), spec("a:b", None));
        assert_eq!(
            FreeColumnSpec::parse("a:b:text"),
            spec("a:b", Some(ColumnKind::Text))
        );
        assert_eq!(FreeColumnSpec::parse("emb_*").prefix(), Some("emb_"));
        assert_eq!(FreeColumnSpec::parse("*").prefix(), None);
    }
}
