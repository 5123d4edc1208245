//! Rank and probability of every evaluated user, as a table.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Facts, RunError};
use crate::data::{self, Column, Table};
use crate::metric::{Metric, hit};

/// Rank and scores of one evaluated user, as kept in `results/*.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct UserResult {
    /// The user's id as in the log.
    pub user_id: String,
    /// The true item's id as in the log.
    pub item_id: String,
    /// Mid-rank of the true item.
    pub rank: f64,
    /// The model's probability of the true item: a softmax over the whole catalogue, whether or
    /// not seen items are ranked.
    pub probability: f64,
    /// The number that the model said, where it was asked for one.
    pub predicted: Option<f64>,
    /// What is known of the question; `None` in runs from before it was kept.
    pub facts: Option<Facts>,
}

impl UserResult {
    /// What the user adds to a metric that is a mean over users; `None` for another metric.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        if let Some(value) = metric.of_rank(self.rank) {
            return Some(value);
        }
        match metric {
            Metric::Accuracy => Some(hit(self.rank, 1)),
            Metric::LogLoss => Some(-self.probability.max(f64::MIN_POSITIVE).ln()),
            Metric::Brier => Some((1.0 - self.probability).powi(2)),
            Metric::Mae => Some((self.predicted? - self.item_id.parse::<f64>().ok()?).abs()),
            _ => None,
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
            "expected the columns user_id, item_id, rank and probability; delete the file to look at the rest of the \
                 run, or train it anew"
                .to_owned(),
    })
}

/// The results as named columns.
pub(super) fn table(results: &[UserResult]) -> Table {
    let text = |f: fn(&UserResult) -> &String| Column::Text(results.iter().map(|r| f(r).clone()).collect());
    let number = |f: fn(&UserResult) -> f64| Column::Float(results.iter().map(f).collect());
    let columns = [
        ("user_id", text(|r| &r.user_id)),
        ("item_id", text(|r| &r.item_id)),
        ("rank", number(|r| r.rank)),
        ("probability", number(|r| r.probability)),
    ];
    let facts: Option<Vec<&Facts>> = results.iter().map(|result| result.facts.as_ref()).collect();
    let facts = facts.filter(|facts| !facts.is_empty()).map(|facts| facts_columns(&facts));
    let is_number = results.iter().any(|result| result.predicted.is_some());
    let predicted = is_number.then(|| ("predicted", number(|r| r.predicted.unwrap_or(f64::NAN))));
    let columns = columns.into_iter().chain(facts.into_iter().flatten()).chain(predicted);
    Table { columns: columns.map(|(name, column)| (name.to_owned(), column)).collect() }
}

fn facts_columns(facts: &[&Facts]) -> [(&'static str, Column); 3] {
    let number = |f: fn(&Facts) -> u32| Column::Float(facts.iter().map(|facts| f64::from(f(facts))).collect());
    [
        ("history_len", number(|facts| facts.history_len)),
        ("popularity_decile", number(|facts| facts.popularity_decile)),
        ("behaviour", Column::Text(facts.iter().map(|facts| facts.behaviour.clone()).collect())),
    ]
}

/// The facts of every row; `None` where the table has none.
fn facts_from(take: &mut impl FnMut(&str) -> Option<Column>) -> Option<Vec<Facts>> {
    let (Column::Float(lens), Column::Float(deciles)) = (take("history_len")?, take("popularity_decile")?) else {
        return None;
    };
    let Column::Text(behaviours) = take("behaviour")? else { return None };
    let rows = lens.into_iter().zip(deciles).zip(behaviours);
    let fact = |((len, decile), behaviour)| Facts {
        history_len: f64::round(len) as u32,
        popularity_decile: f64::round(decile) as u32,
        behaviour,
    };
    Some(rows.map(fact).collect())
}

fn from_table(table: Table) -> Option<Vec<UserResult>> {
    let mut columns: BTreeMap<String, Column> = table.columns.into_iter().collect();
    let mut take = |name: &str| columns.remove(name);
    let (Column::Text(users), Column::Text(items)) = (take("user_id")?, take("item_id")?) else { return None };
    let (Column::Float(ranks), Column::Float(probabilities)) = (take("rank")?, take("probability")?) else {
        return None;
    };
    let predicted = match take("predicted") {
        Some(Column::Float(predicted)) => predicted,
        _ => vec![f64::NAN; ranks.len()],
    };
    let facts = facts_from(&mut take).unwrap_or_default();
    let facts = facts.into_iter().map(Some).chain(std::iter::repeat(None));
    let rows = users.into_iter().zip(items).zip(ranks).zip(probabilities).zip(predicted).zip(facts);
    let result = |(((((user_id, item_id), rank), probability), predicted), facts)| UserResult {
        user_id,
        item_id,
        rank,
        probability,
        predicted: Some(predicted).filter(|predicted: &f64| !predicted.is_nan()),
        facts,
    };
    Some(rows.map(result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_back() {
        let facts = Facts { history_len: 7, popularity_decile: 3, behaviour: "view".to_owned() };
        let result = UserResult {
            user_id: "u".to_owned(),
            item_id: "i".to_owned(),
            rank: 1.5,
            probability: 0.25,
            predicted: None,
            facts: Some(facts),
        };
        let older = UserResult { facts: None, ..result.clone() };
        let number = UserResult { predicted: Some(2.5), ..older.clone() };
        for result in [older, number, result] {
            assert_eq!(from_table(table(std::slice::from_ref(&result))), Some(vec![result]));
        }
        assert_eq!(from_table(Table::default()), None);
    }
}
