//! Why an expression cannot be used, and where.

/// A fault of an expression: what is wrong, at which letter, and the cure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (letter {column}); {cure}")]
pub struct ExpressionError {
    /// Sentence that says what is wrong, without its end.
    pub what: String,
    /// Place of it in the text, in letters from 1.
    pub column: usize,
    /// What can be done about it.
    pub cure: String,
}

impl ExpressionError {
    pub(super) fn at(column: usize, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            column,
            cure: cure.into(),
        }
    }
}
