//! Answers of each reference, user by user, beside the model's own.

use std::collections::BTreeMap;
use std::path::Path;

use super::results::ScoredAnswer;
use super::{RunError, UserResult};
use seqscope_data::{self as data, Column, Table};
use seqscope_model::baseline::ReferenceKind;

/// The answers of a run's references to its test questions, as kept in
/// `results/test.references.parquet`: one row a question, in the order of the model's results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferenceResults {
    /// Ids of the users as in the log.
    pub user_ids: Vec<String>,
    /// Truth of each question, as in the model's results.
    pub item_ids: Vec<String>,
    /// Answers of each reference.
    pub answers: BTreeMap<ReferenceKind, ReferenceAnswers>,
}

/// Answers of one reference, one entry a user; a list is empty where such answers have none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferenceAnswers {
    /// Mid-rank of the true item, infinite for a miss, or of the true class among all of them.
    pub ranks: Vec<f64>,
    /// Probability of what happened.
    pub probabilities: Vec<f64>,
    /// The number that was said.
    pub predicted: Vec<f64>,
    /// The class that got the highest chance; empty text where several are tied.
    pub answered: Vec<String>,
}

impl ReferenceResults {
    /// The answers about some of the users only, by id.
    #[must_use]
    pub fn of_users(&self, is_one: impl Fn(&str) -> bool) -> Self {
        let places: Vec<usize> = (0..self.user_ids.len())
            .filter(|at| is_one(&self.user_ids[*at]))
            .collect();
        let answers = self.answers.iter();
        Self {
            user_ids: picked(&self.user_ids, &places),
            item_ids: picked(&self.item_ids, &places),
            answers: answers
                .map(|(kind, of)| {
                    let of = ReferenceAnswers {
                        ranks: picked(&of.ranks, &places),
                        probabilities: picked(&of.probabilities, &places),
                        predicted: picked(&of.predicted, &places),
                        answered: picked(&of.answered, &places),
                    };
                    (*kind, of)
                })
                .collect(),
        }
    }
}

/// The entries at these places; of an empty list none.
fn picked<T: Clone>(list: &[T], places: &[usize]) -> Vec<T> {
    let entries = places.iter().filter_map(|at| list.get(*at));
    entries.cloned().collect()
}

impl ReferenceAnswers {
    /// The ranks of the true items; of their chances a reference of items says nothing.
    #[must_use]
    pub fn of_ranks(ranks: Vec<f64>) -> Self {
        Self {
            ranks,
            ..Self::default()
        }
    }

    /// Answers in the form that a model's have.
    #[must_use]
    pub fn of_results(results: &[UserResult]) -> Self {
        let number = |of: fn(&UserResult) -> f64| {
            let numbers: Vec<f64> = results.iter().map(of).collect();
            if numbers.iter().all(|number| number.is_nan()) {
                Vec::new()
            } else {
                numbers
            }
        };
        let is_class = results.iter().any(|result| result.answered.is_some());
        let answered = results
            .iter()
            .map(|result| result.answered.clone().unwrap_or_default());
        Self {
            ranks: number(|result| result.rank),
            probabilities: number(|result| result.probability),
            predicted: number(|result| result.predicted.unwrap_or(f64::NAN)),
            answered: if is_class {
                answered.collect()
            } else {
                Vec::new()
            },
        }
    }

    fn columns(&self) -> impl Iterator<Item = (&'static str, Column)> + '_ {
        let numbers = [
            ("rank", &self.ranks),
            ("probability", &self.probabilities),
            ("predicted", &self.predicted),
        ];
        let numbers = numbers
            .into_iter()
            .map(|(name, values)| (name, Column::Float(values.clone())));
        let all = numbers.chain([("answered", Column::Text(self.answered.clone()))]);
        all.filter(|(_, column)| !column.is_empty())
    }

    /// Takes a column of its table; one that is not known is passed over.
    fn take(&mut self, name: &str, column: Column) {
        match (name, column) {
            ("rank", Column::Float(values)) => self.ranks = values,
            ("probability", Column::Float(values)) => self.probabilities = values,
            ("predicted", Column::Float(values)) => self.predicted = values,
            ("answered", Column::Text(values)) => self.answered = values,
            _ => {}
        }
    }
}

impl ReferenceResults {
    /// The answers of references beside those of a model to the same questions, in the same order.
    #[must_use]
    pub fn beside(
        model: &[UserResult],
        answers: BTreeMap<ReferenceKind, ReferenceAnswers>,
    ) -> Self {
        Self {
            user_ids: model.iter().map(|result| result.user_id.clone()).collect(),
            item_ids: model.iter().map(|result| result.item_id.clone()).collect(),
            answers,
        }
    }

    /// Each user with the answer of one reference; empty for one that is not there.
    pub(super) fn answers_of(&self, kind: ReferenceKind) -> Vec<(&str, ScoredAnswer<'_>)> {
        let Some(answers) = self.answers.get(&kind) else {
            return Vec::new();
        };
        let number = |values: &[f64], at: usize| values.get(at).copied().unwrap_or(f64::NAN);
        let mut rows = Vec::with_capacity(self.user_ids.len());
        for (at, (user, truth)) in self.user_ids.iter().zip(&self.item_ids).enumerate() {
            let answer = ScoredAnswer {
                truth,
                rank: number(&answers.ranks, at),
                probability: number(&answers.probabilities, at),
                predicted: answers.predicted.get(at).copied(),
                answered: answers
                    .answered
                    .get(at)
                    .map(String::as_str)
                    .filter(|answered| !answered.is_empty()),
            };
            rows.push((user.as_str(), answer));
        }
        rows
    }

    /// Named columns of the answers.
    pub(super) fn table(&self) -> Table {
        let ids = [("user_id", &self.user_ids), ("item_id", &self.item_ids)];
        let ids = ids
            .into_iter()
            .map(|(name, ids)| (name.to_owned(), Column::Text(ids.clone())));
        Table {
            columns: ids
                .chain(
                    self.answers
                        .iter()
                        .flat_map(|(kind, answers)| -> Vec<(String, Column)> {
                            answers
                                .columns()
                                .map(|(name, column)| (format!("{kind}.{name}"), column))
                                .collect()
                        }),
                )
                .collect(),
        }
    }

    fn from_table(table: Table) -> Option<Self> {
        let (mut users, mut items, mut answers) = (
            None,
            None,
            BTreeMap::<ReferenceKind, ReferenceAnswers>::new(),
        );
        for (name, column) in table.columns {
            match (name.as_str(), name.rsplit_once('.'), column) {
                ("user_id", _, Column::Text(ids)) => users = Some(ids),
                ("item_id", _, Column::Text(ids)) => items = Some(ids),
                (_, Some((kind, what)), column) => {
                    // A reference of another version of the program is passed over.
                    if let Ok(kind) = kind.parse() {
                        answers.entry(kind).or_default().take(what, column);
                    }
                }
                _ => {}
            }
        }
        let found = Self {
            user_ids: users?,
            item_ids: items?,
            answers,
        };
        (found.user_ids.len() == found.item_ids.len()).then_some(found)
    }
}

impl ReferenceResults {
    /// Writes the answers to a file of their own.
    pub(crate) fn save(&self, path: &Path) -> Result<(), RunError> {
        write(path, self)
    }

    /// Reads the answers from a file of their own.
    pub(crate) fn open(path: &Path) -> Result<Self, RunError> {
        read(path)
    }
}

pub(super) fn write(path: &Path, results: &ReferenceResults) -> Result<(), RunError> {
    Ok(data::write_parquet(path, &results.table())?)
}

pub(super) fn read(path: &Path) -> Result<ReferenceResults, RunError> {
    ReferenceResults::from_table(data::read_parquet(path)?).ok_or_else(|| RunError::Damaged {
        path: path.to_owned(),
        reason: "expected the columns user_id and item_id and those of the references; delete the \
                 file to look at the rest of the run, or train it anew"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_model::baseline::BaselineKind;
    use seqscope_model::baseline::task::TaskReference;

    #[test]
    fn a_table_and_back() {
        let class = ReferenceAnswers {
            ranks: vec![1.0, 2.0],
            probabilities: vec![0.75, 0.25],
            answered: vec!["buy".to_owned(), String::new()],
            ..ReferenceAnswers::default()
        };
        let number = ReferenceAnswers {
            predicted: vec![0.5, 7.0],
            ..ReferenceAnswers::default()
        };
        let answers = BTreeMap::from([
            (
                BaselineKind::Markov.into(),
                ReferenceAnswers::of_ranks(vec![1.0, 2.5]),
            ),
            (TaskReference::MarkovClass.into(), class),
            (TaskReference::LastValue.into(), number),
        ]);
        let texts = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        let results = ReferenceResults {
            user_ids: texts(["u", "v"]),
            item_ids: texts(["a.b", "c"]),
            answers,
        };
        let mut table = results.table();
        assert_eq!(
            ReferenceResults::from_table(table.clone()),
            Some(results.clone())
        );
        table
            .columns
            .push(("oracle.rank".to_owned(), Column::Float(vec![1.0, 1.0])));
        assert_eq!(
            ReferenceResults::from_table(table),
            Some(results.clone()),
            "one of a later version"
        );
        assert_eq!(ReferenceResults::from_table(Table::default()), None);
        let nobody = ReferenceResults::beside(&[], BTreeMap::new());
        assert_eq!(
            ReferenceResults::from_table(nobody.table()),
            Some(nobody),
            "nobody was asked"
        );

        let of = results.answers_of(TaskReference::MarkovClass.into());
        assert_eq!(
            (of[0].0, of[0].1.truth, of[0].1.answered, of[1].1.answered),
            ("u", "a.b", Some("buy"), None)
        );
        assert!(results.answers_of(BaselineKind::Ease.into()).is_empty());
    }
}
