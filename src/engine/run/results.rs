//! Rank and probability of every evaluated user, as a table.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Facts, RunError};
use seqscope_base::metric::{Metric, hit};
use seqscope_data::{self as data, Column, Table};

/// Rank and scores of one evaluated user, as kept in `results/*.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct UserResult {
    /// The user's id as in the log.
    pub user_id: String,
    /// The true item's id as in the log.
    pub item_id: String,
    /// Mid-rank of the true item; infinite for a miss, a true item that is left out with the seen
    /// ones.
    pub rank: f64,
    /// The model's probability of the true item over all items, as [`Odds`](seqscope_base::metric::Odds)
    /// has it; of another task, the chance of what came true.
    pub probability: f64,
    /// The number that the model said, where it was asked for one.
    pub predicted: Option<f64>,
    /// The class that it gave the highest chance, where it was asked for one and no two are tied;
    /// `None` in runs from before it was kept.
    pub answered: Option<String>,
    /// Facts about the question; `None` in runs from before they were kept.
    pub facts: Option<Facts>,
}

/// An answer as metrics see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ScoredAnswer<'a> {
    /// Name of what came true, or the true number.
    pub(super) truth: &'a str,
    pub(super) rank: f64,
    pub(super) probability: f64,
    pub(super) predicted: Option<f64>,
    pub(super) answered: Option<&'a str>,
}

impl ScoredAnswer<'_> {
    /// See [`UserResult::value`].
    pub(super) fn value(self, metric: Metric) -> Option<f64> {
        match metric {
            // The probability is of what happened, whatever that was.
            Metric::LogLoss | Metric::Brier => metric.of_yes(true, self.probability),
            Metric::Accuracy => Some(hit(self.rank, 1)),
            Metric::Mae => metric.of_number(self.truth.parse().ok()?, self.predicted?),
            _ => metric.of_rank(self.rank),
        }
    }
}

impl UserResult {
    /// What the user adds to a metric that is a mean over users; `None` for another metric, or
    /// where the result does not tell. An answer that is tied with another counts as wrong, and NaN
    /// as the surest wrong one.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.answer().value(metric)
    }

    /// Distance of the number that was said from the true one; `None` where no number was asked
    /// for.
    #[must_use]
    pub fn number_error(&self) -> Option<f64> {
        self.value(Metric::Mae)
    }

    pub(super) fn answer(&self) -> ScoredAnswer<'_> {
        ScoredAnswer {
            truth: &self.item_id,
            rank: self.rank,
            probability: self.probability,
            predicted: self.predicted,
            answered: self.answered.as_deref(),
        }
    }
}

pub(super) fn write(path: &Path, results: &[UserResult]) -> Result<(), RunError> {
    Ok(data::write_parquet(path, &table(results))?)
}

pub(super) fn read(path: &Path) -> Result<Vec<UserResult>, RunError> {
    from_table(data::read_parquet(path)?).ok_or_else(|| RunError::Damaged {
        path: path.to_owned(),
        reason:
            "expected the columns user_id, item_id, rank and probability; delete the file to look \
             at the rest of the run, or train it anew"
                .to_owned(),
    })
}

/// The results as named columns.
pub(super) fn table(results: &[UserResult]) -> Table {
    let text = |f: fn(&UserResult) -> &String| {
        Column::Text(results.iter().map(|r| f(r).clone()).collect())
    };
    let number = |f: fn(&UserResult) -> f64| Column::Float(results.iter().map(f).collect());
    let columns = [
        ("user_id", text(|r| &r.user_id)),
        ("item_id", text(|r| &r.item_id)),
        ("rank", number(|r| r.rank)),
        ("probability", number(|r| r.probability)),
    ];
    let mut columns: Vec<(String, Column)> = columns
        .map(|(name, column)| (name.to_owned(), column))
        .into();
    if results.iter().any(|result| result.predicted.is_some()) {
        columns.push((
            "predicted".to_owned(),
            number(|r| r.predicted.unwrap_or(f64::NAN)),
        ));
    }
    if results.iter().any(|result| result.answered.is_some()) {
        let answered = results
            .iter()
            .map(|result| result.answered.clone().unwrap_or_default())
            .collect();
        columns.push(("answered".to_owned(), Column::Text(answered)));
    }
    let facts: Option<Vec<&Facts>> = results.iter().map(|result| result.facts.as_ref()).collect();
    if let Some(facts) = facts.filter(|facts| !facts.is_empty()) {
        columns.extend(facts_columns(&facts).map(|(name, column)| (name.to_owned(), column)));
        let returns: Option<Vec<i64>> = facts
            .iter()
            .map(|facts| facts.is_return.map(i64::from))
            .collect();
        columns.extend(returns.map(|returns| (RETURNS.to_owned(), Column::Int(returns))));
    }
    Table { columns }
}

/// The column that is 1 where the user already had the true item.
const RETURNS: &str = "returns";

fn facts_columns(facts: &[&Facts]) -> [(&'static str, Column); 3] {
    let number = |f: fn(&Facts) -> f64| Column::Float(facts.iter().map(|facts| f(facts)).collect());
    [
        ("history_len", number(|facts| f64::from(facts.history_len))),
        (
            "popularity_decile",
            number(|facts| facts.popularity_decile.map_or(f64::NAN, f64::from)),
        ),
        (
            "behaviour",
            Column::Text(facts.iter().map(|facts| facts.behaviour.clone()).collect()),
        ),
    ]
}

/// The facts of every row; `None` where the table has none.
fn facts_from(columns: &mut BTreeMap<String, Column>) -> Option<Vec<Facts>> {
    let (Column::Float(lens), Column::Float(deciles)) = (
        columns.remove("history_len")?,
        columns.remove("popularity_decile")?,
    ) else {
        return None;
    };
    let Column::Text(behaviours) = columns.remove("behaviour")? else {
        return None;
    };
    // Only results of items have it, and older ones have not.
    let returns = match columns.remove(RETURNS) {
        Some(Column::Int(returns)) => returns.into_iter().map(|is| Some(is != 0)).collect(),
        _ => vec![None; lens.len()],
    };
    let rows = lens.into_iter().zip(deciles).zip(behaviours).zip(returns);
    Some(
        rows.map(|(((len, decile), behaviour), is_return)| Facts {
            history_len: len.round() as u32,
            popularity_decile: (!decile.is_nan()).then(|| decile.round() as u32),
            behaviour,
            is_return,
        })
        .collect(),
    )
}

fn from_table(table: Table) -> Option<Vec<UserResult>> {
    let mut columns: BTreeMap<String, Column> = table.columns.into_iter().collect();
    let (Column::Text(users), Column::Text(items)) =
        (columns.remove("user_id")?, columns.remove("item_id")?)
    else {
        return None;
    };
    let (Column::Float(ranks), Column::Float(probabilities)) =
        (columns.remove("rank")?, columns.remove("probability")?)
    else {
        return None;
    };
    // Only results of numbers have it.
    let predicted = match columns.remove("predicted") {
        Some(Column::Float(predicted)) => predicted,
        _ => vec![f64::NAN; ranks.len()],
    };
    // Only results of classes have it.
    let answered = match columns.remove("answered") {
        Some(Column::Text(answered)) => answered,
        _ => vec![String::new(); ranks.len()],
    };
    let facts = facts_from(&mut columns).unwrap_or_default();
    let facts = facts.into_iter().map(Some).chain(std::iter::repeat(None));
    let rows = users
        .into_iter()
        .zip(items)
        .zip(ranks)
        .zip(probabilities)
        .zip(predicted)
        .zip(answered)
        .zip(facts);
    Some(
        rows.map(
            |((((((user_id, item_id), rank), probability), predicted), answered), facts)| {
                UserResult {
                    user_id,
                    item_id,
                    rank,
                    probability,
                    predicted: Some(predicted).filter(|predicted| !predicted.is_nan()),
                    answered: Some(answered).filter(|answered| !answered.is_empty()),
                    facts,
                }
            },
        )
        .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_back() {
        let facts = Facts {
            history_len: 7,
            popularity_decile: Some(3),
            behaviour: "view".to_owned(),
            is_return: Some(true),
        };
        let result = UserResult {
            user_id: "u".to_owned(),
            item_id: "i".to_owned(),
            rank: 1.5,
            probability: 0.25,
            predicted: None,
            answered: None,
            facts: Some(facts),
        };
        let older = UserResult {
            facts: None,
            ..result.clone()
        };
        let facts = result.facts.clone().map(|facts| Facts {
            is_return: None,
            ..facts
        });
        let old = UserResult {
            facts,
            ..result.clone()
        };
        let missed = UserResult {
            rank: f64::INFINITY,
            ..result.clone()
        };
        let number = UserResult {
            predicted: Some(2.5),
            ..result.clone()
        };
        let class = UserResult {
            answered: Some("buy".to_owned()),
            ..result.clone()
        };
        for one in [result, older, old, missed, number, class] {
            assert_eq!(
                from_table(table(std::slice::from_ref(&one))),
                Some(vec![one])
            );
        }
        assert_eq!(from_table(Table::default()), None);
    }
}
