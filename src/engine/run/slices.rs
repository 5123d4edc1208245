//! Test results by what is known of the question: how long the history was, how popular the true
//! item is, what was done, whether training knew the item at all, and whether the user already had
//! it.

use std::collections::BTreeMap;

use strum::IntoEnumIterator as _;

use super::UserResult;
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::{Interval, bootstrap_mean};

/// Facts about a question beside its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Events that the model saw.
    pub history_len: u32,
    /// Popularity of the true item in training, among the items that occur there: 1 the least
    /// popular tenth, 10 the most popular; items with as many events share their middle. 0 for an
    /// item that training does not know; `None` where the question is not of an item.
    pub popularity_decile: Option<u32>,
    /// Behaviour of the event; empty for a log without behaviours.
    pub behaviour: String,
    /// Whether the user already had the true item in the history that the model saw; `None` where
    /// the question is not of an item, and in runs from before it was kept.
    pub is_return: Option<bool>,
}

/// Fact by which results are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::Display)]
pub enum SliceBy {
    /// Events that the model saw.
    #[strum(to_string = "history length")]
    HistoryLength,
    /// Popularity of the true item in training.
    #[strum(to_string = "popularity decile")]
    Popularity,
    /// Behaviour of the event.
    #[strum(to_string = "behaviour")]
    Behaviour,
    /// Whether training knew the true item.
    #[strum(to_string = "cold or warm")]
    Warmth,
    /// Whether the user already had the true item: where seen items are left out, those who return
    /// are misses.
    #[strum(to_string = "new or returning")]
    Return,
    /// Slices that a person has named, which are not told from the facts.
    #[strum(to_string = "kept slice")]
    Named,
}

/// The results of some of the users.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Fact by which the users were divided.
    pub by: SliceBy,
    /// Name of the slice, such as `6–10 events`.
    pub name: String,
    /// Number of users.
    pub n_users: usize,
    /// Mean of the metric over them.
    pub value: f64,
    /// Bootstrap interval of it; `None` for a single user.
    pub interval: Option<Interval>,
}

/// Upper bounds of the history lengths that stand together.
const LENGTHS: [u32; 5] = [5, 10, 20, 50, 100];

impl SliceBy {
    /// Place in the order of slices, and name; `None` where the log does not tell.
    fn slice_of(self, facts: &Facts) -> Option<(u32, String)> {
        Some(match self {
            Self::HistoryLength => {
                let place = LENGTHS
                    .iter()
                    .filter(|most| facts.history_len > **most)
                    .count();
                let from = place
                    .checked_sub(1)
                    .and_then(|before| LENGTHS.get(before))
                    .map_or(0, |before| before + 1);
                let name = match LENGTHS.get(place) {
                    Some(most) => format!("{from}–{most} events"),
                    None => format!("{from} events and more"),
                };
                (place as u32, name)
            }
            Self::Popularity => match facts.popularity_decile? {
                0 => (0, "not in training".to_owned()),
                1 => (1, "1 (least popular)".to_owned()),
                10 => (10, "10 (most popular)".to_owned()),
                decile => (decile, decile.to_string()),
            },
            Self::Behaviour if facts.behaviour.is_empty() => return None,
            Self::Behaviour => (0, facts.behaviour.clone()),
            Self::Warmth => match facts.popularity_decile? {
                0 => (0, "cold: the true item is not in training".to_owned()),
                _ => (1, "warm".to_owned()),
            },
            Self::Return if facts.is_return? => {
                (1, "the true item returns: the user had it".to_owned())
            }
            Self::Return => (0, "the true item is new to the user".to_owned()),
            Self::Named => return None,
        })
    }
}

/// The slices of some results by a metric that is a mean over users, in the order of [`SliceBy`];
/// none where a run kept no facts, as runs from before there were slices.
#[must_use]
pub fn slices(results: &[UserResult], metric: Metric) -> Vec<Slice> {
    let mut found = Vec::new();
    for by in SliceBy::iter() {
        let mut parts: BTreeMap<(u32, String), Vec<f64>> = BTreeMap::new();
        for result in results {
            let key = result.facts.as_ref().and_then(|facts| by.slice_of(facts));
            if let (Some(key), Some(value)) = (key, result.value(metric)) {
                parts.entry(key).or_default().push(value);
            }
        }
        found.extend(parts.into_iter().filter_map(|((_, name), values)| {
            Some(Slice::of(by, name, UserMean::of_values(&values)?))
        }));
    }
    found
}

impl Slice {
    /// A slice with the mean of its users.
    #[must_use]
    pub fn of(by: SliceBy, name: String, mean: UserMean) -> Self {
        Self {
            by,
            name,
            n_users: mean.n_users,
            value: mean.value,
            interval: mean.interval,
        }
    }
}

/// Mean of a metric over some users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UserMean {
    /// Number of users.
    pub n_users: usize,
    /// Mean of the metric over them.
    pub value: f64,
    /// Bootstrap interval of it; `None` for a single user.
    pub interval: Option<Interval>,
}

impl UserMean {
    /// The mean over the users of some results; `None` where none of them tells the metric, or a
    /// mean is none of it.
    #[must_use]
    pub fn of_results(results: &[UserResult], metric: Metric) -> Option<Self> {
        let values: Vec<f64> = results.iter().filter_map(|it| it.value(metric)).collect();
        Self::of_values(&values)
    }

    fn of_values(values: &[f64]) -> Option<Self> {
        (!values.is_empty()).then(|| Self {
            n_users: values.len(),
            value: values.iter().sum::<f64>() / values.len() as f64,
            interval: bootstrap_mean(values),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rank: f64, history_len: u32, popularity_decile: u32, behaviour: &str) -> UserResult {
        let facts = Facts {
            history_len,
            popularity_decile: Some(popularity_decile),
            behaviour: behaviour.to_owned(),
            is_return: Some(rank.is_infinite()),
        };
        UserResult {
            user_id: String::new(),
            item_id: String::new(),
            rank,
            probability: 0.5,
            predicted: None,
            answered: None,
            facts: Some(facts),
        }
    }

    #[test]
    fn results_are_divided_in_five_ways() {
        let results = [
            result(1.0, 5, 10, "view"),
            result(2.0, 6, 10, "buy"),
            result(4.0, 101, 0, "view"),
        ];
        let found = slices(&results, Metric::Mrr);
        let of = |by: SliceBy| -> Vec<(&str, usize, f64)> {
            found
                .iter()
                .filter(|s| s.by == by)
                .map(|s| (s.name.as_str(), s.n_users, s.value))
                .collect()
        };
        assert_eq!(
            of(SliceBy::HistoryLength),
            [
                ("0–5 events", 1, 1.0),
                ("6–10 events", 1, 0.5),
                ("101 events and more", 1, 0.25)
            ]
        );
        assert_eq!(
            of(SliceBy::Popularity),
            [("not in training", 1, 0.25), ("10 (most popular)", 2, 0.75)]
        );
        assert_eq!(
            of(SliceBy::Behaviour),
            [("buy", 1, 0.5), ("view", 2, 0.625)]
        );
        assert_eq!(
            of(SliceBy::Warmth).iter().map(|s| s.1).collect::<Vec<_>>(),
            [1, 2]
        );
        assert_eq!(of(SliceBy::Return).len(), 1, "all three are new");
    }

    /// Two of four return and are left out: nothing is gained by them, (1 + ½) / 2 by the others.
    #[test]
    fn what_returns_and_is_left_out_gains_nothing() {
        let ranks = [1.0, f64::INFINITY, 2.0, f64::INFINITY];
        let found = slices(&ranks.map(|rank| result(rank, 5, 10, "")), Metric::Mrr);
        let apart: Vec<(&str, usize, f64)> = found
            .iter()
            .filter(|s| s.by == SliceBy::Return)
            .map(|s| (s.name.as_str(), s.n_users, s.value))
            .collect();
        let names = [
            "the true item is new to the user",
            "the true item returns: the user had it",
        ];
        assert_eq!(apart, [(names[0], 2, 0.75), (names[1], 2, 0.0)]);
        let older = |mut of: UserResult| {
            of.facts = of.facts.map(|facts| Facts {
                is_return: None,
                ..facts
            });
            of
        };
        let found = slices(
            &ranks.map(|rank| older(result(rank, 5, 10, ""))),
            Metric::Mrr,
        );
        assert!(
            found.iter().all(|slice| slice.by != SliceBy::Return),
            "an older run kept no such fact"
        );
    }

    #[test]
    fn a_log_without_behaviours_and_a_run_without_facts_have_no_such_slices() {
        let found = slices(&[result(1.0, 3, 1, "")], Metric::Mrr);
        assert!(
            found
                .iter()
                .all(|slice| slice.by != SliceBy::Behaviour && slice.interval.is_none())
        );
        let bare = UserResult {
            facts: None,
            ..result(1.0, 3, 1, "")
        };
        assert_eq!(slices(&[bare], Metric::Mrr), []);
    }
}
