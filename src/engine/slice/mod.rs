//! Slices of a run's users: by name, by list, by an expression such as `length >= 20 and hit@10`.
//!
//! An [`Expression`] is read (`token`, `syntax`, `kinds`), held against the data of a run (`bound`)
//! and asked of every user's question (`source`, `value`). What it may name is the list of
//! [`SliceField`]s.
//!
//! Two values are compared as numbers or as texts. A condition on what is not known, such as the
//! last gap after a single event, is neither true nor false, and so is its opposite: nobody is in a
//! slice by it. `known(..)` asks for that.

mod bound;
mod error;
mod field;
mod kinds;
mod members;
mod named;
mod popularity;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod token;
mod value;

pub use error::ExpressionError;
pub use field::{SliceField, SliceValueKind};
pub use members::{SliceMembers, members, words_of_slice};
pub use named::{NamedRows, named_rows};
pub(crate) use popularity::{n_train_events, popularity_deciles};
pub use source::SliceSource;

use field::Need;
use syntax::{Clause, Condition, Term, TermValue};

/// An expression over a user's question that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    root: Clause,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place and the cure.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.trim().is_empty() {
            return Err(ExpressionError::at(
                1,
                "nothing is written",
                "write a condition such as `length >= 20`",
            ));
        }
        let root = syntax::parsed(text)?;
        kinds::check_kinds(&root, &kind_of_name)?;
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it asks for what the run answered, so that users are chosen by it.
    #[must_use]
    pub fn reads_answers(&self) -> bool {
        let mut reads = false;
        visit_terms(&self.root, &mut |term| {
            if let TermValue::Name(field, _) = &term.value {
                // What came true is the same for every run.
                reads |= field.needs().contains(&Need::Results) && *field != SliceField::Truth;
            }
        });
        reads
    }

    /// Whether it names a user or an item by its id.
    #[must_use]
    pub fn names_ids(&self) -> bool {
        let mut names = false;
        visit_terms(&self.root, &mut |term| {
            if let TermValue::Name(field, _) = &term.value {
                names |= field.is_id() || *field == SliceField::Had;
            }
        });
        names
    }

    /// Words of a part of it.
    fn words_of(&self, part: &Clause) -> String {
        let letters = self.text.chars().skip(part.start);
        let words: String = letters.take(part.end.saturating_sub(part.start)).collect();
        words.trim().to_owned()
    }

    /// The conditions that it joins by `and`; itself where it joins none.
    fn conjuncts(&self) -> &[Clause] {
        match &self.root.condition {
            Condition::All(parts) => parts,
            Condition::Any(_)
            | Condition::Not(_)
            | Condition::Holds(_)
            | Condition::Known(_)
            | Condition::Compare { .. }
            | Condition::OneOf { .. }
            | Condition::Contains { .. } => std::slice::from_ref(&self.root),
        }
    }
}

/// Names and words that go on from what is typed before letter `cursor`, from 0, in the order of
/// the names: for a field that completes them.
#[must_use]
pub fn completions(text: &str, cursor: usize) -> Vec<String> {
    syntax::completions(text, cursor)
}

/// The text with the word that ends at letter `cursor` completed, and the letter behind it.
#[must_use]
pub fn completed(text: &str, cursor: usize, with: &str) -> (String, usize) {
    let begun = syntax::begun_word(text, cursor).chars().count();
    let start = cursor.saturating_sub(begun);
    let before: String = text.chars().take(start).collect();
    let after: String = text.chars().skip(cursor).collect();
    let end = start + with.chars().count();
    (format!("{before}{with}{after}"), end)
}

/// Kind of a value as far as its name tells it, without any data.
fn kind_of_name(term: &Term) -> Option<SliceValueKind> {
    match &term.value {
        TermValue::Number(_) => Some(SliceValueKind::Number),
        TermValue::Text(_) => Some(SliceValueKind::Text),
        TermValue::Name(field, _) => field.kind(),
    }
}

fn visit_terms(part: &Clause, see: &mut dyn FnMut(&Term)) {
    match &part.condition {
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                visit_terms(part, see);
            }
        }
        Condition::Not(inside) => visit_terms(inside, see),
        Condition::Holds(term) | Condition::Known(term) => see(term),
        Condition::Contains { left, .. } => see(left),
        Condition::Compare { left, right, .. } => {
            see(left);
            see(right);
        }
        Condition::OneOf { left, among } => {
            see(left);
            among.iter().for_each(see);
        }
    }
}
