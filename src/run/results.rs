//! Rank and probability of every evaluated user, as a table.

use std::path::Path;

use super::RunError;
use crate::data::{self, Column, Table};

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
    let mut columns: Vec<(String, Column)> = columns.map(|(name, column)| (name.to_owned(), column)).into();
    if results.iter().any(|result| result.predicted.is_some()) {
        columns.push(("predicted".to_owned(), number(|r| r.predicted.unwrap_or(f64::NAN))));
    }
    Table { columns }
}

fn from_table(table: Table) -> Option<Vec<UserResult>> {
    let mut columns = table.columns.into_iter();
    let mut next = |name: &str| columns.next().filter(|(found, _)| found == name).map(|(_, column)| column);
    let (Column::Text(users), Column::Text(items)) = (next("user_id")?, next("item_id")?) else { return None };
    let (Column::Float(ranks), Column::Float(probabilities)) = (next("rank")?, next("probability")?) else {
        return None;
    };
    // Only results of numbers have it.
    let predicted = match next("predicted") {
        Some(Column::Float(predicted)) => predicted,
        _ => vec![f64::NAN; ranks.len()],
    };
    let rows = users.into_iter().zip(items).zip(ranks).zip(probabilities).zip(predicted);
    let result = |((((user_id, item_id), rank), probability), predicted)| UserResult {
        user_id,
        item_id,
        rank,
        probability,
        predicted: Some(predicted).filter(|predicted: &f64| !predicted.is_nan()),
    };
    Some(rows.map(result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_back() {
        let result = UserResult {
            user_id: "u".to_owned(),
            item_id: "i".to_owned(),
            rank: 1.5,
            probability: 0.25,
            predicted: None,
        };
        assert_eq!(from_table(table(std::slice::from_ref(&result))), Some(vec![result.clone()]));
        let number = UserResult { predicted: Some(2.5), ..result };
        assert_eq!(from_table(table(std::slice::from_ref(&number))), Some(vec![number]));
        assert_eq!(from_table(Table::default()), None);
    }
}
