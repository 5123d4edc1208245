//! Values of names: of the history, of the target, of the answer, of columns.

use super::field::SliceField;
use super::source::{AskedUser, SliceSource};
use super::token::CompareSign;
use seqscope_base::metric::is_left_out;
use seqscope_data::FreeValues;

/// Seconds of a day.
const DAY_SECS: f64 = 86_400.0;

/// Value of a name for one user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SliceValue<'a> {
    /// A number, which may be infinite and is never NaN.
    Number(f64),
    Text(&'a str),
    YesNo(bool),
    /// There is none.
    Unknown,
}

impl SliceValue<'_> {
    /// Whether a comparison holds; `None` with what is not known, and between kinds.
    #[expect(
        clippy::float_cmp,
        reason = "a person who writes `rank = 1` means the very number"
    )]
    pub(super) fn compares(self, sign: CompareSign, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => Some(match sign {
                CompareSign::Equal => a == b,
                CompareSign::Unequal => a != b,
                CompareSign::Less => a < b,
                CompareSign::AtMost => a <= b,
                CompareSign::More => a > b,
                CompareSign::AtLeast => a >= b,
            }),
            (Self::Text(a), Self::Text(b)) => match sign {
                CompareSign::Equal => Some(a == b),
                CompareSign::Unequal => Some(a != b),
                CompareSign::Less
                | CompareSign::AtMost
                | CompareSign::More
                | CompareSign::AtLeast => None,
            },
            (Self::Number(_) | Self::Text(_) | Self::YesNo(_) | Self::Unknown, _) => None,
        }
    }
}

/// A number; unknown where it is none.
fn number<'a>(number: f64) -> SliceValue<'a> {
    if number.is_nan() {
        SliceValue::Unknown
    } else {
        SliceValue::Number(number)
    }
}

/// A value, if it is there.
fn known<'a, T>(value: Option<T>, of: impl FnOnce(T) -> SliceValue<'a>) -> SliceValue<'a> {
    value.map_or(SliceValue::Unknown, of)
}

impl<'a> SliceSource<'a> {
    /// The value of a name that stands alone.
    pub(super) fn plain_value(&'a self, field: SliceField, of: AskedUser) -> SliceValue<'a> {
        use SliceField as F;
        match field {
            F::User => known(
                self.prepared.dataset.users.id(of.user as u32),
                SliceValue::Text,
            ),
            F::Length => number(of.history_len as f64),
            F::Distinct => number(n_distinct(self.history(of)) as f64),
            F::SpanDays | F::LastGapDays | F::DaysSinceLast | F::TargetGapDays => {
                known(self.days(field, of), number)
            }
            F::LastItem => known(self.history(of).last(), |&item| {
                known(self.prepared.dataset.items.id(item), SliceValue::Text)
            }),
            F::LastBehaviour => self.behaviour_at(of, of.history_len.checked_sub(1)),
            F::LastValue => self.value_at(of, of.history_len.checked_sub(1)),
            F::MeanValue => self.mean_value(of),
            F::Target
            | F::TargetTitle
            | F::TargetPopularity
            | F::TargetDecile
            | F::IsReturn
            | F::IsCold => known(self.target_item(of), |item| {
                self.target_value(field, item, of)
            }),
            F::TargetBehaviour => self.behaviour_at(of, of.target),
            F::TargetValue => self.value_at(of, of.target),
            F::Rank | F::Probability | F::Truth | F::Answered | F::Predicted | F::Error => {
                self.answer_value(field, of)
            }
            // They have something behind them, and so are no plain names.
            F::Has
            | F::Count
            | F::DaysSince
            | F::Had
            | F::Hit
            | F::Users
            | F::Items
            | F::Events => SliceValue::Unknown,
        }
    }

    /// A name about a behaviour of the history.
    pub(super) fn behaviour_value(
        &'a self,
        field: SliceField,
        behaviour: u16,
        of: AskedUser,
    ) -> SliceValue<'a> {
        let all = self.prepared.dataset.sequences.behaviours(of.user);
        let all = all.unwrap_or(&[]);
        let history = all.get(..of.history_len).unwrap_or(all);
        let n = history.iter().filter(|&&other| other == behaviour).count();
        if field == SliceField::Has {
            return SliceValue::YesNo(n > 0);
        }
        if field == SliceField::Count {
            return number(n as f64);
        }
        let last = history.iter().rposition(|&other| other == behaviour);
        let at = last.and_then(|last| self.time_at(of, last));
        known(at.zip(self.log_end), |(at, end)| {
            number(days_between(at, end))
        })
    }

    /// The value of a column for a user, for the target, or at the last event.
    pub(super) fn column_value(
        &'a self,
        field: SliceField,
        values: &'a FreeValues,
        of: AskedUser,
    ) -> SliceValue<'a> {
        let row = if field == SliceField::Users {
            Some(of.user)
        } else if field == SliceField::Items {
            let item = self.target_item(of);
            item.and_then(|item| (item as usize).checked_sub(1))
        } else {
            let first = self.prepared.dataset.sequences.range(of.user).start;
            of.history_len.checked_sub(1).map(|last| first + last)
        };
        known(row, |row| match values {
            FreeValues::Numeric(numbers) => {
                known(numbers.get(row), |&value| number(f64::from(value)))
            }
            FreeValues::Category(words) | FreeValues::Text(words) => {
                known(words.text(row), SliceValue::Text)
            }
            FreeValues::Embedding { .. } => SliceValue::Unknown,
        })
    }

    fn target_value(&'a self, field: SliceField, item: u32, of: AskedUser) -> SliceValue<'a> {
        use SliceField as F;
        let dataset = &self.prepared.dataset;
        if field == F::Target {
            return known(dataset.items.id(item), SliceValue::Text);
        }
        if field == F::TargetTitle {
            let at = (item as usize).checked_sub(1);
            let title = at.and_then(|at| dataset.titles.get(at));
            return known(title.filter(|title| !title.is_empty()), |title| {
                SliceValue::Text(title)
            });
        }
        if field == F::IsReturn {
            return SliceValue::YesNo(is_left_out(item, self.history(of)));
        }
        if field == F::TargetDecile {
            return number(f64::from(self.decile(item)));
        }
        let n_events = self.n_train_events(item);
        if field == F::IsCold {
            SliceValue::YesNo(n_events == 0)
        } else {
            number(f64::from(n_events))
        }
    }

    fn answer_value(&'a self, field: SliceField, of: AskedUser) -> SliceValue<'a> {
        use SliceField as F;
        let Some(result) = self.result(of.user as u32) else {
            return SliceValue::Unknown;
        };
        if field == F::Rank {
            return number(result.rank);
        }
        if field == F::Probability {
            return number(result.probability);
        }
        if field == F::Truth {
            return SliceValue::Text(&result.item_id);
        }
        if field == F::Answered {
            return known(result.answered.as_deref(), SliceValue::Text);
        }
        if field == F::Predicted {
            return known(result.predicted, number);
        }
        known(result.number_error(), number)
    }

    /// Days that a name about times stands for.
    fn days(&self, field: SliceField, of: AskedUser) -> Option<f64> {
        let last = of.history_len.checked_sub(1)?;
        let from = if field == SliceField::SpanDays {
            0
        } else if field == SliceField::LastGapDays {
            last.checked_sub(1)?
        } else {
            last
        };
        let to = if field == SliceField::DaysSinceLast {
            self.log_end?
        } else if field == SliceField::TargetGapDays {
            self.time_at(of, of.target?)?
        } else {
            self.time_at(of, last)?
        };
        Some(days_between(self.time_at(of, from)?, to))
    }

    fn time_at(&self, of: AskedUser, position: usize) -> Option<i64> {
        let times = self.prepared.dataset.sequences.times(of.user)?;
        times.get(position).copied()
    }

    fn behaviour_at(&'a self, of: AskedUser, position: Option<usize>) -> SliceValue<'a> {
        let dataset = &self.prepared.dataset;
        let all = dataset.sequences.behaviours(of.user);
        let idx = all.and_then(|all| all.get(position?));
        known(idx, |&idx| {
            known(dataset.behaviours.id(u32::from(idx)), SliceValue::Text)
        })
    }

    fn value_at(&'a self, of: AskedUser, position: Option<usize>) -> SliceValue<'a> {
        let all = self.prepared.dataset.sequences.values(of.user);
        let value = all.and_then(|all| all.get(position?));
        known(value, |&value| number(f64::from(value)))
    }

    fn mean_value(&'a self, of: AskedUser) -> SliceValue<'a> {
        let all = self
            .prepared
            .dataset
            .sequences
            .values(of.user)
            .unwrap_or(&[]);
        let history = all.get(..of.history_len).unwrap_or(all);
        let there = || history.iter().filter(|value| !value.is_nan());
        let sum: f64 = there().map(|&value| f64::from(value)).sum();
        // Of none at all this is NaN, which is not known.
        number(sum / there().count() as f64)
    }
}

/// Different items of a history.
fn n_distinct(history: &[u32]) -> usize {
    let mut items = history.to_vec();
    items.sort_unstable();
    items.dedup();
    items.len()
}

fn days_between(from: i64, to: i64) -> f64 {
    // Times of a log may be any numbers, so that their difference may not be one of 64 bits.
    (i128::from(to) - i128::from(from)) as f64 / DAY_SECS
}
