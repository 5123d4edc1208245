//! Kinds of the values on the two sides of a comparison, and what is said where they do not fit.

use super::ExpressionError;
use super::bound::Operand;
use super::field::SliceValueKind;
use super::syntax::{Argument, Clause, Condition, Term, TermValue};
use super::token::CompareSign;
use seqscope_base::spec::quotable;

/// Tells the kind of a value; `None` where it is not known yet.
type KindOf<'a> = &'a dyn Fn(&Term) -> Option<SliceValueKind>;

/// Refuses comparisons of values that are not of one kind, and values that are no conditions.
pub(super) fn check_kinds(part: &Clause, kind: KindOf<'_>) -> Result<(), ExpressionError> {
    match &part.condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().try_for_each(|part| check_kinds(part, kind))
        }
        Condition::Not(inside) => check_kinds(inside, kind),
        Condition::Known(_) => Ok(()),
        Condition::Holds(term) => match kind(term) {
            // Of a column it is not known before the data are.
            Some(SliceValueKind::YesNo) | None => Ok(()),
            Some(other) => Err(no_condition(term, other)),
        },
        Condition::Contains { left, .. } => match kind(left) {
            Some(SliceValueKind::Text) | None => Ok(()),
            Some(other) => Err(ExpressionError::at(
                left.column,
                format!("{} is {other}, and only texts contain others", words(left)),
                "compare it, such as `length >= 20`",
            )),
        },
        Condition::Compare { left, sign, right } => {
            check_pair(left, right, kind)?;
            check_order(left, right, *sign, kind)
        }
        Condition::OneOf { left, among } => among
            .iter()
            .try_for_each(|constant| check_pair(left, constant, kind)),
    }
}

fn check_pair(left: &Term, right: &Term, kind: KindOf<'_>) -> Result<(), ExpressionError> {
    if !is_name(left) && !is_name(right) {
        return Err(ExpressionError::at(
            left.column,
            "no name stands in this comparison",
            "compare a name, such as `length >= 20`",
        ));
    }
    for side in [left, right] {
        if kind(side) == Some(SliceValueKind::YesNo) {
            return Err(ExpressionError::at(
                side.column,
                format!("{} is a condition by itself", words(side)),
                "leave the comparison out, or write `not` before it",
            ));
        }
    }
    match (kind(left), kind(right)) {
        (Some(a), Some(b)) if a != b => {
            let cure = if a == SliceValueKind::Number {
                "write a number without quotes"
            } else {
                "put a text in quotes"
            };
            Err(ExpressionError::at(
                right.column,
                format!("{} is {a}, and this is {b}", words(left)),
                cure,
            ))
        }
        _ => Ok(()),
    }
}

fn check_order(
    left: &Term,
    right: &Term,
    sign: CompareSign,
    kind: KindOf<'_>,
) -> Result<(), ExpressionError> {
    let is_text = |side: &&Term| kind(side) == Some(SliceValueKind::Text);
    let Some(text) = [left, right].into_iter().find(is_text) else {
        return Ok(());
    };
    if !sign.is_of_order() {
        return Ok(());
    }
    Err(ExpressionError::at(
        text.column,
        format!("{} is a text, and none is larger than another", words(text)),
        "use `=`, `!=`, `in (..)` or `contains`, or write a number without quotes",
    ))
}

fn no_condition(term: &Term, kind: SliceValueKind) -> ExpressionError {
    let cure = match &term.value {
        TermValue::Name(field, _) => format!("compare it, such as `{}`", field.example()),
        TermValue::Number(_) | TermValue::Text(_) => {
            "compare a name, such as `length >= 20`".to_owned()
        }
    };
    ExpressionError::at(
        term.column,
        format!("{} is {kind} and no condition by itself", words(term)),
        cure,
    )
}

/// The side of a comparison in a sentence.
fn words(term: &Term) -> String {
    match &term.value {
        TermValue::Name(field, Argument::Column(name)) => {
            format!("`{}.{}`", field.word(), quotable(name))
        }
        TermValue::Name(field, _) => format!("`{}`", field.word()),
        TermValue::Number(_) | TermValue::Text(_) => "this".to_owned(),
    }
}

fn is_name(term: &Term) -> bool {
    matches!(term.value, TermValue::Name(..))
}

/// Whether a value is looked up and not written out.
pub(super) fn is_named(operand: &Operand<'_>) -> bool {
    !matches!(operand, Operand::Constant(_))
}
