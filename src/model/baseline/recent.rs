//! Recent popularity: how often an item occurred at the end of training.
//!
//! Where the log has times, the window is the last [`RECENT_SHARE`] of the time between the first
//! and the last training event. Without times it is that share of each user's training events, the
//! last ones, one at least. What never occurred in the window is ordered by its count over all of
//! training.

use super::popularity::{PopularityScores, overwrite};
use super::{Baseline, TrainingLog, is_item};

/// The share of training that is recent.
pub const RECENT_SHARE: f64 = 0.1;

/// Counts within the window; the count over all of training breaks ties.
pub(super) struct RecentPopularity {
    scores: Vec<f32>,
}

impl RecentPopularity {
    pub(super) fn fit(log: &TrainingLog<'_>) -> Self {
        let recent = match window_start(log) {
            Some((times, from)) => {
                let users = log.sequences.iter().zip(times);
                users
                    .map(|(items, times)| {
                        std::iter::zip(items.iter(), times.iter())
                            .filter(|(_, time)| **time >= from)
                            .map(|(&i, _)| i)
                            .collect()
                    })
                    .collect()
            }
            None => log
                .sequences
                .iter()
                .map(|items| last_share(log.n_items, items))
                .collect::<Vec<Vec<u32>>>(),
        };
        let recent: Vec<&[u32]> = recent.iter().map(Vec::as_slice).collect();
        let mut scores = PopularityScores::fit(log.n_items, &log.sequences).tie_break();
        for (score, count) in scores
            .iter_mut()
            .zip(PopularityScores::fit(log.n_items, &recent).counts())
        {
            *score += count;
        }
        Self { scores }
    }
}

/// The times of all events, and the moment from which they are recent.
fn window_start<'a>(log: &'a TrainingLog<'_>) -> Option<(&'a [&'a [i64]], i64)> {
    let times = log.times.as_deref()?;
    let all = || times.iter().copied().flatten().copied();
    let (first, last) = (all().min()?, all().max()?);
    let span = (i128::from(last) - i128::from(first)) as f64;
    Some((times, last.saturating_sub((span * RECENT_SHARE) as i64)))
}

/// The last share of a user's events, one at least; unknown items are none.
fn last_share(n_items: usize, items: &[u32]) -> Vec<u32> {
    let known: Vec<u32> = items
        .iter()
        .copied()
        .filter(|&item| is_item(item, n_items))
        .collect();
    let n = (known.len() as f64 * RECENT_SHARE).ceil() as usize;
    known
        .get(known.len().saturating_sub(n)..)
        .unwrap_or(&[])
        .to_vec()
}

impl Baseline for RecentPopularity {
    fn scores(&self, _history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.scores);
    }
}
