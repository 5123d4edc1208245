//! Test questions put to a model for a gallery.

use super::super::Scored;
use super::super::ranked::SeenItems;
use super::GalleryAnswer;
use crate::train::{Restored, TaskQuestions};
use seqscope_base::metric::{Odds, Seen, mid_rank};
use seqscope_data::{EvalCase, Outcomes, Prepared, Sample};
use seqscope_model::ModelError;

/// Histories that are put to a model at a time, and most scores at a time: 4 million, 16 MB.
const AT_A_TIME: usize = 256;
const MAX_SCORES: usize = 4_000_000;

/// Answer to the test question of a user, as the weights have it.
pub(super) struct AskedNow {
    pub(super) user: u32,
    pub(super) answer: GalleryAnswer,
}

/// The test question of each user, as the model answers it now.
pub(super) fn ask(
    restored: &Restored,
    users: &[u32],
    goes_on: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<Option<Vec<AskedNow>>, ModelError> {
    let prepared = &restored.prepared;
    let n_columns = restored.questions.n_scores(prepared);
    let at_a_time = (MAX_SCORES / n_columns.max(1)).clamp(1, AT_A_TIME);
    let mut found = Vec::with_capacity(users.len());
    for block in users.chunks(at_a_time) {
        if !goes_on(found.len(), users.len()) {
            return Ok(None);
        }
        match &restored.questions {
            TaskQuestions::NextItem => {
                ask_for_items(restored, block, n_columns, &mut found)?;
            }
            TaskQuestions::Outcomes(outcomes) => {
                ask_for_outcomes(restored, outcomes, block, n_columns, &mut found)?;
            }
        }
    }
    Ok(goes_on(found.len(), users.len()).then_some(found))
}

fn ask_for_items(
    restored: &Restored,
    users: &[u32],
    n_columns: usize,
    found: &mut Vec<AskedNow>,
) -> Result<(), ModelError> {
    let prepared = &restored.prepared;
    let cases: Vec<EvalCase> = users
        .iter()
        .filter_map(|&user| super::super::question_of(&prepared.split.test, user as usize))
        .collect();
    let rows = cases
        .iter()
        .map(|case| (case.user_idx as usize, case.history_len as usize));
    let scores = restored.model.scores(&prepared.histories(rows))?;
    check_number(scores.len(), cases.len() * n_columns)?;
    let filter_seen = restored.manifest.seen() == Seen::LeftOut;
    for (case, row) in cases.iter().zip(scores.chunks_exact(n_columns)) {
        found.push(AskedNow {
            user: case.user_idx,
            answer: of_items(prepared, *case, row, filter_seen),
        });
    }
    Ok(())
}

fn of_items(prepared: &Prepared, case: EvalCase, row: &[f32], filter_seen: bool) -> GalleryAnswer {
    let items = prepared.dataset.sequences.items(case.user_idx as usize);
    let target = items.get(case.target_pos as usize).copied().unwrap_or(0) as usize;
    let seen = SeenItems::after(super::super::history(items, case), filter_seen);
    let odds = Odds::from_scores(row);
    let chance = |item: usize| odds.probability(row, item);
    let first = (1..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a)));
    GalleryAnswer {
        rank: mid_rank(row, target, seen.excluded()),
        probability: chance(target),
        error: None,
        perplexity: perplexity((1..row.len()).map(chance)),
        first: first.map(|item| Scored {
            item_idx: item as u32,
            probability: chance(item) as f32,
        }),
    }
}

fn ask_for_outcomes(
    restored: &Restored,
    outcomes: &Outcomes,
    users: &[u32],
    n_columns: usize,
    found: &mut Vec<AskedNow>,
) -> Result<(), ModelError> {
    let samples: Vec<Sample> = users
        .iter()
        .filter_map(|user| {
            let at = outcomes
                .test
                .binary_search_by_key(user, |sample| sample.user_idx);
            outcomes.test.get(at.ok()?).copied()
        })
        .collect();
    let histories = restored.prepared.asked(&samples);
    let scores = restored.model.scores(&histories)?;
    check_number(scores.len(), samples.len() * n_columns)?;
    for (sample, row) in samples.iter().zip(scores.chunks_exact(n_columns)) {
        found.push(AskedNow {
            user: sample.user_idx,
            answer: of_outcome(outcomes, sample, row),
        });
    }
    Ok(())
}

fn of_outcome(outcomes: &Outcomes, sample: &Sample, row: &[f32]) -> GalleryAnswer {
    let said = outcomes.answers(row);
    if outcomes.classes.is_empty() {
        let truth = outcomes.scale.unscaled(sample.target);
        return GalleryAnswer {
            rank: f64::NAN,
            probability: f64::NAN,
            error: said.first().map(|said| (said - truth).abs()),
            ..GalleryAnswer::default()
        };
    }
    let class = sample.target as usize;
    let chance = said.get(class).copied().unwrap_or(f64::NAN);
    let greater = said.iter().filter(|other| **other > chance).count();
    let equal = said
        .iter()
        .filter(|other| other.total_cmp(&chance).is_eq())
        .count();
    let first = (0..said.len()).max_by(|a, b| said[*a].total_cmp(&said[*b]).then(b.cmp(a)));
    GalleryAnswer {
        // The middle of the places that equal chances share.
        rank: 1.0 + greater as f64 + (equal.saturating_sub(1)) as f64 / 2.0,
        probability: chance,
        error: None,
        perplexity: perplexity(said.iter().copied()),
        first: first.map(|class| Scored {
            item_idx: class as u32,
            probability: said[class] as f32,
        }),
    }
}

/// Exponential of the entropy of some chances, those of 0 adding nothing; `None` where one is no
/// number.
///
/// # Source
/// Shannon 1948, A Mathematical Theory of Communication, section 6, in nats; the exponential is the
/// number of equally likely answers of the same entropy.
fn perplexity(chances: impl Iterator<Item = f64>) -> Option<f64> {
    let entropy: f64 = chances.map(|p| if p > 0.0 { -p * p.ln() } else { p }).sum();
    Some(entropy.exp()).filter(|perplexity| perplexity.is_finite())
}

fn check_number(n_scores: usize, n_expected: usize) -> Result<(), ModelError> {
    if n_scores == n_expected {
        return Ok(());
    }
    Err(ModelError::Compute {
        sentence: format!("the model gave {n_scores} scores where {n_expected} were asked for"),
    })
}
