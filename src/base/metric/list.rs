//! Properties of the lists of recommendations: how much of the catalogue they show, how evenly, how
//! rare and how popular.

use super::{AnswerKind, Metric, Metrics};

impl Metrics {
    /// Coverage, Gini index, novelty and popularity lift of top-10 lists; no values without lists.
    ///
    /// * Coverage: share of the catalogue that is in at least one list.
    /// * Gini: of how often each item of the catalogue is listed, never listed ones too.
    /// * Novelty: mean over listed items of `-log2((c + 1) / (n + n_items))`, where `c` of the `n`
    ///   training events are of the item: one event is added to each, so that an item without any
    ///   has a finite value.
    /// * Popularity lift: mean training events of a listed item over the mean training events of an
    ///   item in the training histories, each event counted.
    ///
    /// `lists` are item numbers from 1; `n_events[i]` is the number of training events of item `i`,
    /// index 0 (padding) not counted. Numbers that are no items are passed over.
    #[must_use]
    pub fn of_lists(lists: &[Vec<u32>], n_events: &[u32]) -> Self {
        let metrics = Self::new(AnswerKind::Ranking, lists.len());
        let n_items = n_events.len().saturating_sub(1);
        let mut listed = vec![0_u32; n_events.len()];
        for &item in lists.iter().flatten().filter(|item| **item != 0) {
            if let Some(times) = listed.get_mut(item as usize) {
                *times += 1;
            }
        }
        let n_listed: f64 = listed.iter().map(|&times| f64::from(times)).sum();
        if n_listed == 0.0 {
            return metrics;
        }
        let events: f64 = n_events.iter().skip(1).map(|&n| f64::from(n)).sum();
        let pairs = n_events
            .iter()
            .zip(&listed)
            .skip(1)
            .map(|(&n, &times)| (f64::from(n), f64::from(times)));
        let novelty: f64 = (pairs.clone())
            .map(|(n, times)| -times * ((n + 1.0) / (events + n_items as f64)).log2())
            .sum();
        let in_lists: f64 = pairs.clone().map(|(n, times)| times * n).sum::<f64>() / n_listed;
        let in_histories = n_events
            .iter()
            .skip(1)
            .map(|&n| f64::from(n).powi(2))
            .sum::<f64>()
            / events;
        let n_covered = pairs.filter(|(_, times)| *times > 0.0).count();
        metrics
            .with(Metric::Coverage10, n_covered as f64 / n_items as f64)
            .with(Metric::Gini10, gini(listed.get(1..).unwrap_or_default()))
            .with(Metric::Novelty10, novelty / n_listed)
            .with(Metric::PopularityLift10, in_lists / in_histories)
    }
}

/// Gini index of counts, from 0 (all alike) to `(n - 1) / n` (all on one):
/// `sum((2 i - n - 1) x_i) / (n sum(x))` over the counts in rising order (Shani & Gunawardana
/// 2011).
fn gini(counts: &[u32]) -> f64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let total: f64 = sorted.iter().map(|&x| f64::from(x)).sum();
    let weighted = sorted
        .iter()
        .enumerate()
        .map(|(at, &x)| (2.0 * (at + 1) as f64 - n - 1.0) * f64::from(x));
    weighted.sum::<f64>() / (n * total)
}
