//! A recommendation list: what a model says, blended with references, with seen items in or out,
//! and a way for users and items that the model cannot know.
//!
//! Each part's scores are brought to 0..1 over the items that compete (least 0, greatest 1; a part
//! that says the same of all says 0), and the blend is their weighted mean. An item without
//! training events is cold: what model and references say of it is noise, so its content-based
//! score stands in the place of the blend, and without titles or columns of items it is left out. A
//! user without a history gets what users like them had, as far as something is told of them, else
//! what was popular of late.

use std::collections::BTreeMap;

use super::ranked::SeenItems;
use crate::experiment::EvaluationSpec;
use crate::train::fit_reference;
use seqscope_base::metric::{Odds, Seen};
use seqscope_data::{FreeValues, Histories, Prepared};
use seqscope_model::baseline::{Baseline, BaselineKind, LeftOut};
use seqscope_model::{ModelError, Trainable};

/// Source of scores in a blend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScoreSource {
    /// The run's model.
    Model,
    /// A reference, fitted on the training part.
    Reference(BaselineKind),
}

impl std::fmt::Display for ScoreSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Model => write!(f, "model"),
            Self::Reference(kind) => write!(f, "{kind}"),
        }
    }
}

/// Request for a recommendation list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListRequest {
    /// The user; `None` for one that the data do not know.
    pub user_idx: Option<u32>,
    /// Columns of the table of users and their values, for a user without a history.
    pub told: Vec<(String, String)>,
    /// Number of items to list.
    pub top: usize,
    /// Whether items that the user had compete.
    pub seen: Seen,
    /// Weight of each source, 0 or more.
    pub weights: Vec<(ScoreSource, f64)>,
}

/// Way in which the list came about where the model could not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Popularity among users of whom the same is told: the columns that were matched.
    Demographics(Vec<String>),
    /// Recent popularity.
    RecentPopularity,
}

/// One item of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The item.
    pub item_idx: u32,
    /// The blend, 0 to 1.
    pub score: f64,
    /// Score of each source, 0 to 1, in the order of [`Recommendation::sources`].
    pub parts: Vec<f64>,
    /// Whether it has no training events, so that its content speaks for it.
    pub is_cold: bool,
    /// The model's probability of it over all items, as [`Odds`] has it; `None` where the model
    /// does not speak.
    pub probability: Option<f64>,
}

/// A list and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// Sources of the scores, with the share of each in the blend.
    pub sources: Vec<(ScoreSource, f64)>,
    /// The items, best first; of equals the one with the smaller index.
    pub items: Vec<Listed>,
    /// Stand-in for the model; `None` where it spoke itself.
    pub fallback: Option<Fallback>,
    /// Items without training events that were left out, since nothing is told of them.
    pub n_cold_left_out: usize,
}

/// Why there is no list; each sentence says the cure.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A setting is wrong.
    #[error("{0}")]
    Setting(String),
    /// A reference has nothing to say of these data.
    #[error("{0} Take it out of the blend.")]
    LeftOut(String),
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl From<LeftOut> for ListError {
    fn from(LeftOut(sentence): LeftOut) -> Self {
        Self::LeftOut(sentence)
    }
}

/// References that were fitted for earlier lists of the same run.
pub struct FittedReferences {
    /// How the run was judged, seen items and all.
    evaluation: EvaluationSpec,
    fitted: BTreeMap<BaselineKind, Result<Box<dyn Baseline>, LeftOut>>,
}

impl FittedReferences {
    /// None yet; they will be fitted as a run fits them that was judged so.
    #[must_use]
    pub fn of_run(evaluation: EvaluationSpec) -> Self {
        Self {
            evaluation,
            fitted: BTreeMap::new(),
        }
    }

    fn scores(
        &mut self,
        prepared: &Prepared,
        kind: BaselineKind,
        history: &[u32],
    ) -> Result<Vec<f32>, LeftOut> {
        let fitted = self
            .fitted
            .entry(kind)
            .or_insert_with(|| fit_reference(prepared, kind, self.evaluation));
        let mut scores = vec![0.0; prepared.dataset.n_items() + 1];
        fitted
            .as_ref()
            .map_err(Clone::clone)?
            .scores(history, &mut scores);
        Ok(scores)
    }
}

/// The best items for a user, best first.
///
/// # Errors
/// [`ListError`] when the request cannot be met, a reference of the blend has nothing to say, or
/// the model fails.
pub fn recommendation(
    model: &dyn Trainable,
    prepared: &Prepared,
    fitted: &mut FittedReferences,
    request: &ListRequest,
) -> Result<Recommendation, ListError> {
    let weights = checked(prepared, request)?;
    let history = request.user_idx.map_or(&[][..], |user| {
        prepared.dataset.sequences.items(user as usize)
    });
    let (raw, fallback) = if history.is_empty() {
        let (scores, fallback) = without_history(prepared, fitted, &request.told)?;
        let stand_in = RawScores {
            source: ScoreSource::Reference(BaselineKind::RecentPopularity),
            weight: 1.0,
            scores,
        };
        (vec![stand_in], Some(fallback))
    } else {
        let mut raw = Vec::new();
        for (source, weight) in weights {
            let scores = match source {
                ScoreSource::Model => {
                    model.scores(&whole_history(prepared, request.user_idx, history.len()))?
                }
                ScoreSource::Reference(kind) => fitted.scores(prepared, kind, history)?,
            };
            raw.push(RawScores {
                source,
                weight,
                scores,
            });
        }
        (raw, None)
    };
    let seen = SeenItems::after(history, request.seen == Seen::LeftOut);
    let pool = CandidatePool::new(prepared, seen.excluded());
    let content = if pool.has_cold() && fallback.is_none() {
        fitted.scores(prepared, BaselineKind::Content, history).ok()
    } else {
        None
    };
    let mut made = pool.ranked(&raw, content.as_deref(), request.top);
    made.fallback = fallback;
    Ok(made)
}

/// Scores that one source gives to every item, by item index, before they are evened.
struct RawScores {
    source: ScoreSource,
    weight: f64,
    scores: Vec<f32>,
}

/// All events of a user, with the features that the model reads.
fn whole_history(prepared: &Prepared, user_idx: Option<u32>, len: usize) -> Histories {
    prepared.histories(user_idx.map(|user| (user as usize, len)))
}

/// The weights as shares of their sum, those of 0 left out.
fn checked(
    prepared: &Prepared,
    request: &ListRequest,
) -> Result<Vec<(ScoreSource, f64)>, ListError> {
    let n_items = prepared.dataset.n_items();
    if request.top == 0 || request.top > n_items {
        let sentence = format!(
            "the catalogue has {n_items} items, so {} cannot be listed: choose from 1 to {n_items}",
            request.top
        );
        return Err(ListError::Setting(sentence));
    }
    if let Some((source, weight)) = request
        .weights
        .iter()
        .find(|(_, weight)| !(weight.is_finite() && *weight >= 0.0))
    {
        return Err(ListError::Setting(format!(
            "the weight of {source} is {weight}: choose a number from 0 on"
        )));
    }
    let sum: f64 = request.weights.iter().map(|(_, weight)| weight).sum();
    if !sum.is_finite() {
        let sentence = "the weights of the blend are too large to be added: only their ratios \
                        count, so make them smaller";
        return Err(ListError::Setting(sentence.to_owned()));
    }
    if sum <= 0.0 {
        return Err(ListError::Setting(
            "every weight of the blend is 0: give one of them a number above 0".to_owned(),
        ));
    }
    Ok(request
        .weights
        .iter()
        .filter(|(_, weight)| *weight > 0.0)
        .map(|(source, weight)| (*source, weight / sum))
        .collect())
}

/// The items that compete.
struct CandidatePool {
    /// For each item index whether it takes part.
    takes_part: Vec<bool>,
    /// For each item index whether it has no training events.
    is_cold: Vec<bool>,
}

impl CandidatePool {
    fn new(prepared: &Prepared, left_out: &[u32]) -> Self {
        let n_items = prepared.dataset.n_items();
        let mut pool = Self {
            takes_part: vec![true; n_items + 1],
            is_cold: vec![true; n_items + 1],
        };
        for &item in left_out.iter().chain(&[0]) {
            set(&mut pool.takes_part, item, false);
        }
        let sequences = &prepared.dataset.sequences;
        for (user, &len) in prepared.split.train_len.iter().enumerate() {
            for &item in sequences.items(user).iter().take(len as usize) {
                set(&mut pool.is_cold, item, false);
            }
        }
        pool
    }

    fn has_cold(&self) -> bool {
        self.takes_part
            .iter()
            .zip(&self.is_cold)
            .any(|(takes_part, is_cold)| *takes_part && *is_cold)
    }

    /// Scores of the items that compete brought to 0..1; those of the others 0. NaN counts as the
    /// least.
    fn evened(&self, scores: &[f32], admits: impl Fn(bool) -> bool + Clone) -> Vec<f64> {
        let competing = scores.iter().enumerate().map(|(at, score)| {
            let is_cold = self.is_cold.get(at).copied().unwrap_or(true);
            let takes_part = self.takes_part.get(at).copied().unwrap_or(false);
            (takes_part && admits(is_cold) && score.is_finite()).then(|| f64::from(*score))
        });
        let (least, most) = competing.clone().flatten().fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(least, most), score| (least.min(score), most.max(score)),
        );
        competing
            .map(|score| match score {
                Some(score) if most > least => (score - least) / (most - least),
                _ => 0.0,
            })
            .collect()
    }

    fn ranked(self, raw: &[RawScores], content: Option<&[f32]>, top: usize) -> Recommendation {
        let parts: Vec<Vec<f64>> = raw
            .iter()
            .map(|part| self.evened(&part.scores, |is_cold| !is_cold))
            .collect();
        let of_content = content.map(|scores| self.evened(scores, |_| true));
        let n_cold_left_out = if content.is_some() {
            0
        } else {
            self.takes_part
                .iter()
                .zip(&self.is_cold)
                .filter(|(takes_part, is_cold)| **takes_part && **is_cold)
                .count()
        };
        let of_model = raw
            .iter()
            .find(|part| part.source == ScoreSource::Model)
            .map(|part| (Odds::from_scores(&part.scores), &part.scores));
        let mut items: Vec<Listed> = (0..self.takes_part.len())
            .filter_map(|at| {
                let is_cold = *self.is_cold.get(at)?;
                let of_parts: Vec<f64> = parts
                    .iter()
                    .map(|part| part.get(at).copied().unwrap_or(0.0))
                    .collect();
                let score = if is_cold {
                    *of_content.as_ref()?.get(at)?
                } else {
                    raw.iter()
                        .zip(&of_parts)
                        .map(|(part, evened)| part.weight * evened)
                        .sum()
                };
                let probability = of_model
                    .as_ref()
                    .map(|(odds, scores)| odds.probability(scores, at));
                let listed = Listed {
                    item_idx: at as u32,
                    score,
                    parts: of_parts,
                    is_cold,
                    probability,
                };
                self.takes_part.get(at)?.then_some(listed)
            })
            .collect();
        items.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then(a.item_idx.cmp(&b.item_idx))
        });
        items.truncate(top);
        let sources = raw.iter().map(|part| (part.source, part.weight)).collect();
        Recommendation {
            sources,
            items,
            fallback: None,
            n_cold_left_out,
        }
    }
}

fn set(row: &mut [bool], item: u32, value: bool) {
    if let Some(slot) = row.get_mut(item as usize) {
        *slot = value;
    }
}

/// For a user without a history: what was popular among those of whom the same is told, each user
/// counting as many times as columns agree; else what was popular of late.
fn without_history(
    prepared: &Prepared,
    fitted: &mut FittedReferences,
    told: &[(String, String)],
) -> Result<(Vec<f32>, Fallback), ListError> {
    let dataset = &prepared.dataset;
    let mut agreeing = vec![0_u32; dataset.users.len()];
    for (name, value) in told {
        let Some(column) = dataset
            .user_columns
            .iter()
            .find(|column| column.name == *name)
        else {
            let known: Vec<&str> = dataset
                .user_columns
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            let cure = if known.is_empty() {
                "join a table of users in `data.source.users`, or leave it out".to_owned()
            } else {
                format!("choose one of {}", known.join(", "))
            };
            return Err(ListError::Setting(format!(
                "the table of users has no column `{name}`: {cure}"
            )));
        };
        for (user, count) in agreeing.iter_mut().enumerate() {
            *count += u32::from(is_told_of(&column.values, user, value));
        }
    }
    let mut scores = vec![0.0_f32; dataset.n_items() + 1];
    for (user, &count) in agreeing.iter().enumerate().filter(|(_, count)| **count > 0) {
        let len = prepared
            .split
            .train_len
            .get(user)
            .map_or(0, |&len| len as usize);
        for &item in dataset.sequences.items(user).iter().take(len) {
            if let Some(score) = scores.get_mut(item as usize) {
                *score += count as f32;
            }
        }
    }
    if scores.iter().any(|score| *score > 0.0) {
        return Ok((
            scores,
            Fallback::Demographics(told.iter().map(|(name, _)| name.clone()).collect()),
        ));
    }
    Ok((
        fitted.scores(prepared, BaselineKind::RecentPopularity, &[])?,
        Fallback::RecentPopularity,
    ))
}

/// Whether a column says this of a user: the same word, or a number no further off than a tenth of
/// itself.
fn is_told_of(values: &FreeValues, user: usize, value: &str) -> bool {
    match values {
        FreeValues::Category(words) | FreeValues::Text(words) => words
            .text(user)
            .is_some_and(|text| text.eq_ignore_ascii_case(value.trim())),
        FreeValues::Numeric(numbers) => match (numbers.get(user), value.trim().parse::<f32>()) {
            (Some(number), Ok(wanted)) => (number - wanted).abs() <= 0.1 * wanted.abs(),
            _ => false,
        },
        FreeValues::Embedding { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_data::{Dataset, FreeColumn, Sequences, Split, Vocab};

    /// Four items, three users: 1 1 2 | 2 3 | 3 3, all of it training; nobody had item 4.
    fn prepared() -> Prepared {
        let mut items = Vocab::starting_at(1);
        let mut users = Vocab::default();
        for id in ["a", "b", "c", "d"] {
            items.intern(id);
        }
        for id in ["x", "y", "z"] {
            users.intern(id);
        }
        let sequences = Sequences {
            offsets: vec![0, 3, 5, 7],
            item_idx: vec![1, 1, 2, 2, 3, 3, 3],
            ..Sequences::default()
        };
        let age = FreeColumn {
            name: "age".to_owned(),
            values: FreeValues::Numeric(vec![20.0, 41.0, f32::NAN]),
        };
        let dataset = Dataset {
            users,
            items,
            sequences,
            user_columns: vec![age],
            ..Dataset::default()
        };
        Prepared {
            dataset,
            split: Split {
                train_len: vec![3, 2, 2],
                ..Split::default()
            },
            ..Prepared::default()
        }
    }

    fn told(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn parts_run_from_0_to_1_over_what_competes_and_their_mean_is_the_blend() {
        let pool = CandidatePool::new(&prepared(), &[1]);
        // Item 1 is seen, 4 is cold: 2 and 3 compete, and the sources disagree, three to one.
        let model = RawScores {
            source: ScoreSource::Model,
            weight: 0.75,
            scores: vec![0.0, 99.0, -5.0, 5.0, 50.0],
        };
        let popularity = RawScores {
            source: ScoreSource::Reference(BaselineKind::Popularity),
            weight: 0.25,
            scores: vec![0.0, 2.0, 7.0, 3.0, 0.0],
        };
        let made = pool.ranked(&[model, popularity], None, 9);
        let told: Vec<(u32, f64)> = made
            .items
            .iter()
            .map(|listed| (listed.item_idx, listed.score))
            .collect();
        assert_eq!(told, [(3, 0.75), (2, 0.25)]);
        assert_eq!(made.items[0].parts, [1.0, 0.0]);
        assert_eq!(made.n_cold_left_out, 1);
    }

    #[test]
    fn a_cold_item_is_ranked_by_its_content() {
        let pool = CandidatePool::new(&prepared(), &[]);
        let model = RawScores {
            source: ScoreSource::Model,
            weight: 1.0,
            scores: vec![0.0, 1.0, 2.0, 3.0, f32::NAN],
        };
        let made = pool.ranked(&[model], Some(&[0.0, 0.0, 1.0, 2.0, 4.0]), 2);
        let told: Vec<(u32, f64, bool)> = made
            .items
            .iter()
            .map(|l| (l.item_idx, l.score, l.is_cold))
            .collect();
        assert_eq!(
            told,
            [(3, 1.0, false), (4, 1.0, true)],
            "of equals the smaller index"
        );
        assert_eq!(made.n_cold_left_out, 0);
    }

    #[test]
    fn a_voice_that_says_the_same_of_all_says_nothing() {
        let pool = CandidatePool::new(&prepared(), &[]);
        assert_eq!(pool.evened(&[0.0, 3.0, 3.0, 3.0, 3.0], |_| true), [0.0; 5]);
        assert_eq!(
            pool.evened(&[0.0, f32::NAN, 1.0, f32::INFINITY, 3.0], |_| true),
            [0.0, 0.0, 0.0, 0.0, 1.0]
        );
    }

    #[test]
    fn who_is_new_gets_what_people_of_whom_the_same_is_told_had() {
        let prepared = prepared();
        let mut fitted = FittedReferences::of_run(EvaluationSpec::default());
        // User y is 41: 2 and 3 once.
        let (scores, how) = without_history(&prepared, &mut fitted, &told("age", "41")).unwrap();
        assert_eq!(scores, [0.0, 0.0, 1.0, 1.0, 0.0]);
        assert_eq!(how, Fallback::Demographics(vec!["age".to_owned()]));
        // Of nobody is told that they are 70: the last event of each user is recent, 2, 3 and 3.
        let (scores, how) = without_history(&prepared, &mut fitted, &told("age", "70")).unwrap();
        assert_eq!(how, Fallback::RecentPopularity);
        assert!(scores[3] > scores[2] && scores[2] > scores[1], "{scores:?}");
        let refused = without_history(&prepared, &mut fitted, &told("height", "2"))
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("no column `height`") && refused.contains("choose one of age"),
            "{refused}"
        );
    }

    #[test]
    fn what_cannot_be_asked_is_refused_with_the_cure() {
        let prepared = prepared();
        let request = ListRequest {
            user_idx: Some(0),
            told: Vec::new(),
            top: 4,
            seen: Seen::LeftOut,
            weights: vec![
                (ScoreSource::Model, 1.0),
                (ScoreSource::Reference(BaselineKind::Popularity), 3.0),
            ],
        };
        let shares = checked(&prepared, &request).unwrap();
        assert_eq!(
            shares[1],
            (ScoreSource::Reference(BaselineKind::Popularity), 0.75)
        );
        let refused = |request: ListRequest| checked(&prepared, &request).unwrap_err().to_string();
        assert!(
            refused(ListRequest {
                top: 5,
                ..request.clone()
            })
            .contains("choose from 1 to 4")
        );
        let negative = ListRequest {
            weights: vec![(ScoreSource::Model, -0.5)],
            ..request.clone()
        };
        assert!(refused(negative).contains("the weight of model is -0.5"));
        assert!(
            refused(ListRequest {
                weights: vec![(ScoreSource::Model, 0.0)],
                ..request
            })
            .contains("every weight")
        );
    }
}
