//! A run's results in the words of its task, as they are exported: a table that can be read without
//! knowing how the program keeps them. Derived from what is kept, so that runs of any age are told
//! alike.

use super::{ReferenceResults, UserResult, results};
use seqscope_base::metric::AnswerKind;
use seqscope_data::{Column, Table};

/// Name that a will-act task gives to the truth where the answer is yes.
const YES: &str = "yes";

/// One row an evaluated user. Where items are ranked `probability` is that of the true item over
/// all items; of a chance `chance_of_yes` is that of yes, whatever came true.
pub(super) fn table(results: &[UserResult], answers: AnswerKind) -> Table {
    if answers == AnswerKind::Ranking {
        return results::table(results);
    }
    let number = |of: &dyn Fn(&UserResult) -> f64| Column::Float(results.iter().map(of).collect());
    let text = |of: &dyn Fn(&UserResult) -> String| Column::Text(results.iter().map(of).collect());
    let truth = |results: &[UserResult]| {
        truths(
            results.iter().map(|result| result.item_id.as_str()),
            answers,
        )
    };
    let mut columns = vec![("user_id", text(&|result| result.user_id.clone()))];
    match answers {
        AnswerKind::Binary => {
            let yes = number(&|result| chance_of_yes(&result.item_id, result.probability));
            columns.extend([("chance_of_yes", yes), ("truth", truth(results))]);
        }
        AnswerKind::Number => {
            let predicted = number(&|result| result.predicted.unwrap_or(f64::NAN));
            columns.extend([("predicted", predicted), ("truth", truth(results))]);
        }
        AnswerKind::Classes | AnswerKind::Ranking => columns.extend([
            (
                "answered",
                text(&|result| result.answered.clone().unwrap_or_default()),
            ),
            ("truth", truth(results)),
            ("chance_of_truth", number(&|result| result.probability)),
            ("rank_of_truth", number(&|result| result.rank)),
        ]),
    }
    if results.iter().any(|result| result.facts.is_some()) {
        columns.push((
            "history_len",
            number(&|result| {
                result
                    .facts
                    .as_ref()
                    .map_or(f64::NAN, |facts| f64::from(facts.history_len))
            }),
        ));
    }
    Table {
        columns: columns
            .into_iter()
            .map(|(name, column)| (name.to_owned(), column))
            .collect(),
    }
}

/// The answers of references beside what was true, in the same words:
/// `recency-frequency.chance_of_yes`.
pub(super) fn references_table(references: &ReferenceResults, answers: AnswerKind) -> Table {
    if answers == AnswerKind::Ranking {
        return references.table();
    }
    let truth = truths(references.item_ids.iter().map(String::as_str), answers);
    let mut columns = vec![
        (
            "user_id".to_owned(),
            Column::Text(references.user_ids.clone()),
        ),
        ("truth".to_owned(), truth),
    ];
    for (kind, of_kind) in &references.answers {
        let mut add = |name: &str, column: Column| columns.push((format!("{kind}.{name}"), column));
        match answers {
            AnswerKind::Binary => {
                let rows = references.item_ids.iter().zip(&of_kind.probabilities);
                add(
                    "chance_of_yes",
                    Column::Float(
                        rows.map(|(truth, chance)| chance_of_yes(truth, *chance))
                            .collect(),
                    ),
                );
            }
            AnswerKind::Number => add("predicted", Column::Float(of_kind.predicted.clone())),
            AnswerKind::Classes | AnswerKind::Ranking => {
                add("answered", Column::Text(of_kind.answered.clone()));
                add(
                    "chance_of_truth",
                    Column::Float(of_kind.probabilities.clone()),
                );
                add("rank_of_truth", Column::Float(of_kind.ranks.clone()));
            }
        }
    }
    let n_rows = references.user_ids.len();
    columns.retain(|(_, column)| column.len() == n_rows);
    Table { columns }
}

/// Chance of yes, from the chance of what came true, which is what is kept.
fn chance_of_yes(truth: &str, of_truth: f64) -> f64 {
    if truth == YES {
        of_truth
    } else {
        1.0 - of_truth
    }
}

fn truths<'a>(truths: impl Iterator<Item = &'a str>, answers: AnswerKind) -> Column {
    match answers {
        AnswerKind::Number => Column::Float(
            truths
                .map(|truth| truth.parse().unwrap_or(f64::NAN))
                .collect(),
        ),
        _ => Column::Text(truths.map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::run::ReferenceAnswers;
    use seqscope_model::baseline::task::TaskReference;

    fn result(truth: &str, probability: f64) -> UserResult {
        UserResult {
            user_id: "u".to_owned(),
            item_id: truth.to_owned(),
            rank: 1.0,
            probability,
            predicted: None,
            answered: None,
            facts: None,
        }
    }

    fn column<'a>(table: &'a Table, name: &str) -> &'a Column {
        &table
            .columns
            .iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
    }

    #[test]
    fn a_chance_is_that_of_yes_whatever_came_true() {
        // Kept are the chances of what came true.
        let results = [result("yes", 0.75), result("no", 0.875)];
        let told = table(&results, AnswerKind::Binary);
        assert_eq!(
            column(&told, "chance_of_yes"),
            &Column::Float(vec![0.75, 0.125])
        );
        assert_eq!(
            column(&told, "truth"),
            &Column::Text(vec!["yes".to_owned(), "no".to_owned()])
        );
        assert!(
            told.columns
                .iter()
                .all(|(name, _)| name != "probability" && name != "item_id"),
            "{told:?}"
        );

        let answers = ReferenceAnswers::of_results(&results);
        let kind = TaskReference::RecencyFrequency.into();
        let references = ReferenceResults::beside(&results, BTreeMap::from([(kind, answers)]));
        let told = references_table(&references, AnswerKind::Binary);
        assert_eq!(
            column(&told, "recency-frequency.chance_of_yes"),
            &Column::Float(vec![0.75, 0.125])
        );
        assert_eq!(told.columns.len(), 3);
    }

    #[test]
    fn classes_and_numbers_have_their_truth_and_items_stay_as_they_are_kept() {
        let class = UserResult {
            answered: Some("view".to_owned()),
            ..result("buy", 0.25)
        };
        let told = table(std::slice::from_ref(&class), AnswerKind::Classes);
        assert_eq!(
            column(&told, "truth"),
            &Column::Text(vec!["buy".to_owned()])
        );
        assert_eq!(column(&told, "chance_of_truth"), &Column::Float(vec![0.25]));
        let number = UserResult {
            predicted: Some(3.5),
            ..result("2.5", f64::NAN)
        };
        let told = table(&[number], AnswerKind::Number);
        assert_eq!(
            (column(&told, "truth"), column(&told, "predicted")),
            (&Column::Float(vec![2.5]), &Column::Float(vec![3.5]))
        );
        let item = result("i1", 0.5);
        assert_eq!(
            table(std::slice::from_ref(&item), AnswerKind::Ranking),
            results::table(&[item])
        );
    }
}
