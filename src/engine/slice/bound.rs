//! An expression held against the data of a run: each name found there, each value of its kind.

use std::collections::BTreeSet;

use super::ExpressionError;
use super::field::{Need, SliceField, SliceValueKind};
use super::kinds::{check_kinds, is_named};
use super::source::{AskedUser, SliceSource};
use super::syntax::{Argument, Clause, Condition, Term, TermValue};
use super::token::CompareSign;
use super::value::SliceValue;
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{did_you_mean, quotable};
use seqscope_data::{FreeColumn, FreeValues, Words};

/// Most words of a column among which one that may be meant is looked for.
const MAX_LOOKED_AT: usize = 2_000;

/// A condition whose names are found.
pub(super) enum BoundCondition<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Holds(Operand<'a>),
    Known(Operand<'a>),
    Compare {
        left: Operand<'a>,
        sign: CompareSign,
        right: Operand<'a>,
    },
    OneOfNumbers {
        left: Operand<'a>,
        among: Vec<f64>,
    },
    OneOfTexts {
        left: Operand<'a>,
        among: BTreeSet<&'a str>,
    },
    Contains {
        left: Operand<'a>,
        /// In small letters.
        text: String,
    },
}

/// A value, or where it is found.
#[derive(Clone, Copy)]
pub(super) enum Operand<'a> {
    Constant(SliceValue<'a>),
    Plain(SliceField),
    /// A name about a behaviour.
    OfBehaviour(SliceField, u16),
    /// Whether an item was had; `None` for one that the data do not know.
    Had(Option<u32>),
    Hit(usize),
    Column(SliceField, &'a FreeValues),
}

/// Finds every name of a part in the data.
///
/// # Errors
/// [`ExpressionError`] where data or run lack what a name stands for, or a value is of another kind.
pub(super) fn bound<'a>(
    part: &'a Clause,
    source: &'a SliceSource<'a>,
) -> Result<BoundCondition<'a>, ExpressionError> {
    check_kinds(part, &|term| kind_here(term, source))?;
    Binder { source }.condition(part)
}

/// Kind of a value in these data; `None` where a name is not found, which [`Binder`] tells.
fn kind_here(term: &Term, source: &SliceSource<'_>) -> Option<SliceValueKind> {
    match &term.value {
        TermValue::Number(_) => Some(SliceValueKind::Number),
        TermValue::Text(_) => Some(SliceValueKind::Text),
        TermValue::Name(field, Argument::Column(name)) => {
            let column = columns_of(*field, source)
                .iter()
                .find(|column| column.name == *name)?;
            match &column.values {
                FreeValues::Numeric(_) => Some(SliceValueKind::Number),
                FreeValues::Category(_) | FreeValues::Text(_) => Some(SliceValueKind::Text),
                FreeValues::Embedding { .. } => None,
            }
        }
        TermValue::Name(field, _) => field.kind(),
    }
}

/// The columns that a name such as `users` stands before.
pub(super) fn columns_of<'a>(field: SliceField, source: &SliceSource<'a>) -> &'a [FreeColumn] {
    let dataset = &source.prepared.dataset;
    if field == SliceField::Users {
        &dataset.user_columns
    } else if field == SliceField::Items {
        &dataset.item_columns
    } else {
        &dataset.sequences.free
    }
}

struct Binder<'a> {
    source: &'a SliceSource<'a>,
}

impl<'a> Binder<'a> {
    fn condition(&self, part: &'a Clause) -> Result<BoundCondition<'a>, ExpressionError> {
        Ok(match &part.condition {
            Condition::All(parts) => BoundCondition::All(self.each(parts)?),
            Condition::Any(parts) => BoundCondition::Any(self.each(parts)?),
            Condition::Not(inside) => BoundCondition::Not(Box::new(self.condition(inside)?)),
            Condition::Holds(term) => BoundCondition::Holds(self.operand(term)?),
            Condition::Known(term) => BoundCondition::Known(self.operand(term)?),
            Condition::Contains { left, text } => BoundCondition::Contains {
                left: self.operand(left)?,
                text: text.to_lowercase(),
            },
            Condition::Compare { left, sign, right } => self.compare(left, *sign, right)?,
            Condition::OneOf { left, among } => self.one_of(left, among)?,
        })
    }

    fn each(&self, parts: &'a [Clause]) -> Result<Vec<BoundCondition<'a>>, ExpressionError> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn compare(
        &self,
        left: &'a Term,
        sign: CompareSign,
        right: &'a Term,
    ) -> Result<BoundCondition<'a>, ExpressionError> {
        let (found_left, found_right) = (self.operand(left)?, self.operand(right)?);
        self.check_text(found_left, right)?;
        self.check_text(found_right, left)?;
        Ok(BoundCondition::Compare {
            left: found_left.beside(found_right),
            sign,
            right: found_right.beside(found_left),
        })
    }

    fn one_of(
        &self,
        left: &'a Term,
        among: &'a [Term],
    ) -> Result<BoundCondition<'a>, ExpressionError> {
        let left = self.operand(left)?;
        let (mut numbers, mut texts) = (Vec::new(), BTreeSet::new());
        for term in among {
            self.check_text(left, term)?;
            let constant = self.operand(term)?.beside(left);
            if let Operand::Constant(SliceValue::Number(number)) = constant {
                numbers.push(number);
            } else if let Operand::Constant(SliceValue::Text(text)) = constant {
                texts.insert(text);
            }
        }
        Ok(if numbers.is_empty() {
            BoundCondition::OneOfTexts { left, among: texts }
        } else {
            BoundCondition::OneOfNumbers {
                left,
                among: numbers,
            }
        })
    }

    fn operand(&self, term: &'a Term) -> Result<Operand<'a>, ExpressionError> {
        let (field, argument) = match &term.value {
            TermValue::Number(number) => {
                return Ok(Operand::Constant(SliceValue::Number(*number)));
            }
            TermValue::Text(text) => return Ok(Operand::Constant(SliceValue::Text(text))),
            TermValue::Name(field, argument) => (*field, argument),
        };
        for need in field.needs() {
            if let Some(lack) = self.lack(*need) {
                return Err(ExpressionError::at(
                    term.column,
                    format!("`{}` is not known here: {}", field.word(), lack.why),
                    lack.cure,
                ));
            }
        }
        match argument {
            Argument::Nothing => Ok(Operand::Plain(field)),
            Argument::Places(k) => Ok(Operand::Hit(*k)),
            Argument::Column(name) => self.column(field, name, term.column),
            Argument::Bracket(id) if field == SliceField::Had => {
                let item = self.source.prepared.dataset.items.idx(id);
                self.check_id(field, id, term.column)?;
                Ok(Operand::Had(item))
            }
            Argument::Bracket(name) => {
                let behaviours = &self.source.prepared.dataset.behaviours;
                let idx = behaviours
                    .idx(name)
                    .and_then(|idx| u16::try_from(idx).ok())
                    .ok_or_else(|| {
                        self.no_such("behaviour", name, behaviours.ids(), term.column)
                    })?;
                Ok(Operand::OfBehaviour(field, idx))
            }
        }
    }

    fn column(
        &self,
        field: SliceField,
        name: &str,
        column: usize,
    ) -> Result<Operand<'a>, ExpressionError> {
        let columns = columns_of(field, self.source);
        let found = columns.iter().find(|column| column.name == name);
        match found.map(|column| &column.values) {
            Some(FreeValues::Embedding { .. }) => Err(ExpressionError::at(
                column,
                format!("the column `{}` holds vectors", quotable(name)),
                "compare a column of numbers or texts",
            )),
            Some(values) => Ok(Operand::Column(field, values)),
            None => {
                let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                let what = format!("there is no column `{}.{}`", field.word(), quotable(name));
                let cure = match did_you_mean(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{}.{near}`?", field.word()),
                    None if known.is_empty() && field == SliceField::Events => {
                        "list free columns in `data.free_features` and train anew".to_owned()
                    }
                    None if known.is_empty() => {
                        format!("join a table in `data.{}` and train anew", field.word())
                    }
                    None => format!("there are `{}`", known.join("`, `")),
                };
                Err(ExpressionError::at(column, what, cure))
            }
        }
    }

    /// Refuses a text that no value of the name beside it can be, where these are few, and true ids
    /// where the data have pseudonyms.
    fn check_text(&self, beside: Operand<'a>, term: &Term) -> Result<(), ExpressionError> {
        let TermValue::Text(text) = &term.value else {
            return Ok(());
        };
        let data = &self.source.prepared.dataset;
        if let Operand::Column(_, FreeValues::Category(Words { vocab, .. })) = beside {
            if vocab.len() > MAX_LOOKED_AT || vocab.idx(text).is_some() {
                return Ok(());
            }
            return Err(self.no_such("value", text, vocab.ids(), term.column));
        }
        let Operand::Plain(field) = beside else {
            return Ok(());
        };
        let is_behaviour = matches!(
            field,
            SliceField::LastBehaviour | SliceField::TargetBehaviour
        );
        if is_behaviour && data.behaviours.idx(text).is_none() {
            return Err(self.no_such("behaviour", text, data.behaviours.ids(), term.column));
        }
        if field.is_id() {
            self.check_id(field, text, term.column)?;
        }
        Ok(())
    }

    /// Refuses what is no pseudonym where the data have these: a true id is kept nowhere.
    fn check_id(&self, field: SliceField, id: &str, column: usize) -> Result<(), ExpressionError> {
        let (dataset, hidden) = (&self.source.prepared.dataset, self.source.hidden());
        let is_stranger = if field == SliceField::User {
            !hidden.is_off() && dataset.users.idx(id).is_none()
        } else {
            hidden.hides_items() && dataset.items.idx(id).is_none()
        };
        if !is_stranger {
            return Ok(());
        }
        Err(ExpressionError::at(
            column,
            "these data have pseudonyms in the place of ids, and this is none of them",
            "take one from a list of the window, since no true id is kept",
        ))
    }

    /// Fault of a text that the data do not have; what they have is not quoted where ids are hidden.
    fn no_such<'b>(
        &self,
        what: &str,
        text: &str,
        known: impl Iterator<Item = &'b str> + Clone,
        column: usize,
    ) -> ExpressionError {
        let sentence = format!("the data have no {what} `{}`", quotable(text));
        let cure = if self.source.hidden().is_off() {
            match did_you_mean(text, known.clone()) {
                Some(near) => format!("did you mean `{}`?", quotable(&near)),
                None => {
                    let first: Vec<String> = known.take(8).map(quotable).collect();
                    format!("there are such as `{}`", first.join("`, `"))
                }
            }
        } else {
            "write it as in the log".to_owned()
        };
        ExpressionError::at(column, sentence, cure)
    }

    fn lack(&self, need: Need) -> Option<Lack> {
        let source = self.source;
        let sequences = &source.prepared.dataset.sequences;
        let (is_there, why, cure) = match need {
            Need::Clock => (
                source.log_end.is_some(),
                "the log has no times that are moments",
                "name the column in `data.roles.time` and train anew, or ask for something else",
            ),
            Need::Behaviours => (
                sequences.behaviour_idx.is_some(),
                "the log has no behaviours",
                "name the column in `data.roles.behaviour` and train anew, or ask for something \
                 else",
            ),
            Need::Values => (
                sequences.value.is_some(),
                "the log has no values",
                "name the column in `data.roles.value` and train anew, or ask for something else",
            ),
            Need::Target => (
                source.answers == AnswerKind::Ranking,
                "no item is asked for by the task of this run",
                "take a run that predicts the next item, or ask for something else",
            ),
            Need::Results => (
                source.results.is_some(),
                "the run has no answers to its test",
                "wait for the end of one that is training, train one anew that lost them, or ask for \
                 something else",
            ),
            Need::Classes => (
                matches!(source.answers, AnswerKind::Classes | AnswerKind::Binary),
                "this run does not answer with classes",
                "ask for `target` or `rank`, or take a run of another task",
            ),
            Need::Numbers => (
                source.answers == AnswerKind::Number,
                "this run does not answer with numbers",
                "ask for `rank` or `probability`, or take a run of another task",
            ),
        };
        (!is_there).then_some(Lack { why, cure })
    }
}

/// Reason why a name is not known, with the cure.
struct Lack {
    why: &'static str,
    cure: &'static str,
}

impl<'a> Operand<'a> {
    /// Whether its numbers have the precision of a file's numbers, which is single.
    fn is_single(self) -> bool {
        match self {
            Self::Plain(field) => {
                matches!(field, SliceField::LastValue | SliceField::TargetValue)
            }
            Self::Column(..) => true,
            Self::Constant(_) | Self::OfBehaviour(..) | Self::Had(_) | Self::Hit(_) => false,
        }
    }

    /// The operand as it is compared with another: a number that is written beside one of single
    /// precision is rounded to it, so that `= 0.1` finds the 0.1 of a file.
    fn beside(self, other: Self) -> Self {
        if let Self::Constant(SliceValue::Number(number)) = self
            && other.is_single()
        {
            return Self::Constant(SliceValue::Number(f64::from(number as f32)));
        }
        self
    }

    /// The value for one user.
    pub(super) fn value(self, source: &'a SliceSource<'a>, of: AskedUser) -> SliceValue<'a> {
        match self {
            Self::Constant(value) => value,
            Self::Plain(field) => source.plain_value(field, of),
            Self::OfBehaviour(field, behaviour) => source.behaviour_value(field, behaviour, of),
            Self::Had(item) => {
                let history = source.history(of);
                SliceValue::YesNo(item.is_some_and(|item| history.contains(&item)))
            }
            Self::Hit(k) => match source.result(of.user as u32) {
                Some(result) if !result.rank.is_nan() => SliceValue::YesNo(result.rank <= k as f64),
                _ => SliceValue::Unknown,
            },
            Self::Column(field, values) => source.column_value(field, values, of),
        }
    }
}

impl<'a> BoundCondition<'a> {
    /// Whether a user fulfils it; `None` where that cannot be told, since a value is not known, and
    /// then its opposite cannot be told either.
    ///
    /// # Source
    /// Kleene 1938, On Notation for Ordinal Numbers, section 2: the strong tables of three values, as
    /// in SQL.
    pub(super) fn told(&self, source: &'a SliceSource<'a>, of: AskedUser) -> Option<bool> {
        match self {
            Self::All(parts) => {
                let parts = parts.iter().map(|part| part.told(source, of));
                decided(parts, false)
            }
            Self::Any(parts) => {
                let parts = parts.iter().map(|part| part.told(source, of));
                decided(parts, true)
            }
            Self::Not(inside) => inside.told(source, of).map(|is_so| !is_so),
            Self::Holds(operand) => match operand.value(source, of) {
                SliceValue::YesNo(is_so) => Some(is_so),
                SliceValue::Number(_) | SliceValue::Text(_) | SliceValue::Unknown => None,
            },
            Self::Known(operand) => Some(operand.value(source, of) != SliceValue::Unknown),
            Self::Compare { left, sign, right } => {
                let (left, right) = (left.value(source, of), right.value(source, of));
                left.compares(*sign, right)
            }
            Self::OneOfNumbers { left, among } => match left.value(source, of) {
                SliceValue::Number(number) => Some(among.contains(&number)),
                SliceValue::Text(_) | SliceValue::YesNo(_) | SliceValue::Unknown => None,
            },
            Self::OneOfTexts { left, among } => match left.value(source, of) {
                SliceValue::Text(text) => Some(among.contains(text)),
                SliceValue::Number(_) | SliceValue::YesNo(_) | SliceValue::Unknown => None,
            },
            Self::Contains { left, text } => match left.value(source, of) {
                SliceValue::Text(other) => Some(other.to_lowercase().contains(text.as_str())),
                SliceValue::Number(_) | SliceValue::YesNo(_) | SliceValue::Unknown => None,
            },
        }
    }

    /// The name of a comparison of numbers, so that what there is can be told.
    pub(super) fn number_asked(&self) -> Option<Operand<'a>> {
        match self {
            Self::Compare { left, right, .. } => [left, right]
                .into_iter()
                .find(|side| is_named(side))
                .copied(),
            Self::OneOfNumbers { left, .. } => Some(*left),
            Self::All(_)
            | Self::Any(_)
            | Self::Not(_)
            | Self::Holds(_)
            | Self::Known(_)
            | Self::OneOfTexts { .. }
            | Self::Contains { .. } => None,
        }
    }
}

/// Whether conditions hold together: `by` where one of them is so, which decides; the opposite where
/// all are; not known where one is not.
fn decided(parts: impl Iterator<Item = Option<bool>>, by: bool) -> Option<bool> {
    let mut is_known = true;
    for part in parts {
        if part == Some(by) {
            return Some(by);
        }
        is_known &= part.is_some();
    }
    is_known.then_some(!by)
}
