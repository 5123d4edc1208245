//! Full-catalogue ranking: the rank of one true item, and HR@k, NDCG@k, MAP@k, MRR over many.
//!
//! # Seen items
//! Where the items that a user already had are left out of the ranking ([`Seen::LeftOut`]), a true
//! item among them is left out too: no list holds it, so the question is a [`MISS`] and adds 0 to
//! every metric. So count `RecTools` (`filter_viewed`), `LensKit` (candidates that were not rated)
//! and Elliot (a mask of training items): seen items go before the true one is looked for.
//! RecBole's general evaluation differs, its list keeps the true items. But were the true one alone
//! of the seen items ranked, whoever puts seen items first would win by knowing which one is left.

use strum::IntoEnumIterator as _;

use super::{AnswerKind, Metric, Metrics};

/// A rank from 1 (best). Ties share the middle of their places, so it may end in `.5`; [`MISS`] is
/// no place.
pub type Rank = f64;

/// The rank of a true item that is left out of its ranking: behind every place, so that each metric
/// gets 0 from it. Files hold it as an infinite number (`inf`).
pub const MISS: Rank = Rank::INFINITY;

/// Treatment of items that the user already had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// They are left out of the ranking; a true item among them is a [`MISS`].
    LeftOut,
    /// They are ranked like the others.
    Ranked,
}

impl Seen {
    /// [`Seen::LeftOut`] where `filter_seen` says so.
    #[must_use]
    pub fn filtered(filter_seen: bool) -> Self {
        if filter_seen {
            Self::LeftOut
        } else {
            Self::Ranked
        }
    }

    /// The items that are not ranked after a history: sorted and without repeats.
    #[must_use]
    pub fn excluded(self, history: &[u32]) -> Vec<u32> {
        if self == Self::Ranked {
            return Vec::new();
        }
        let mut items = history.to_vec();
        items.sort_unstable();
        items.dedup();
        items
    }
}

/// Whether the true item is left out of the ranking: the question is then a [`MISS`]. Padding, item
/// 0, never is.
#[must_use]
#[inline]
pub fn is_left_out(target: u32, excluded: &[u32]) -> bool {
    target != 0 && excluded.contains(&target)
}

/// The mid-rank of `target` among the items that are not `excluded`; [`MISS`] when `excluded` holds
/// it.
///
/// `scores[i]` is the score of item `i`; index 0 is padding and never counted. With `g` greater
/// scores and `e` equal ones (the target not counted) the rank is `1 + g + e / 2`, so constant
/// scores give the middle of the list, never the top. A NaN score ranks below every number; a NaN
/// target ranks last, since a broken model must not look good. A target that is no item ranks last
/// too.
///
/// `excluded` must be without repeats; its order does not matter, and what is no item is passed
/// over.
#[must_use]
pub fn mid_rank(scores: &[f32], target: usize, excluded: &[u32]) -> Rank {
    let items = scores.get(1..).unwrap_or(&[]);
    let Some(&wanted) = target.checked_sub(1).and_then(|at| items.get(at)) else {
        return items.len().max(1) as Rank;
    };
    if is_left_out(target as u32, excluded) {
        return MISS;
    }
    let is_ahead = |score: f32| wanted.is_nan() || score > wanted;
    #[expect(
        clippy::float_cmp,
        reason = "a tie is exact equality; anything nearer would invent ties"
    )]
    let is_tied = |score: f32| score == wanted;
    let (mut ahead, mut tied) = (0_usize, 0_usize);
    for &score in items {
        ahead += usize::from(is_ahead(score));
        tied += usize::from(is_tied(score));
    }
    // Counting everything and then taking away the few that are left out keeps the long loop free
    // of branches on `excluded`. The target is always among those taken away.
    let rivals = excluded
        .iter()
        .map(|&item| item as usize)
        .filter(|&item| item != 0);
    for &score in rivals.chain([target]).filter_map(|item| scores.get(item)) {
        ahead = ahead.saturating_sub(usize::from(is_ahead(score)));
        tied = tied.saturating_sub(usize::from(is_tied(score)));
    }
    1.0 + ahead as Rank + tied as Rank / 2.0
}

/// 1 when the rank is within `k`, else 0. With one target this is HR@k and Recall@k.
#[must_use]
pub fn hit(rank: Rank, k: usize) -> f64 {
    f64::from(u8::from(rank <= k as f64))
}

/// `1 / log2(rank + 1)` within `k`, else 0: NDCG@k with one target (Järvelin & Kekäläinen 2002).
#[must_use]
pub fn ndcg_term(rank: Rank, k: usize) -> f64 {
    hit(rank, k) / (rank + 1.0).log2()
}

/// `1 / rank`, 0 for a [`MISS`].
#[must_use]
pub fn mrr_term(rank: Rank) -> f64 {
    1.0 / rank
}

/// `1 / rank` within `k`, else 0: the average precision of a list with one true item.
#[must_use]
pub fn map_term(rank: Rank, k: usize) -> f64 {
    hit(rank, k) / rank
}

impl Metric {
    /// Returns what one rank adds to a metric that is a mean over ranks; `None` for another metric.
    #[must_use]
    pub fn of_rank(self, rank: Rank) -> Option<f64> {
        Some(match self {
            Self::Ndcg5 => ndcg_term(rank, 5),
            Self::Ndcg10 => ndcg_term(rank, 10),
            Self::Ndcg20 => ndcg_term(rank, 20),
            Self::Hr1 => hit(rank, 1),
            Self::Hr5 => hit(rank, 5),
            Self::Hr10 | Self::Recall10 => hit(rank, 10),
            Self::Hr20 | Self::Recall20 => hit(rank, 20),
            Self::Map10 => map_term(rank, 10),
            Self::Mrr => mrr_term(rank),
            Self::Coverage10
            | Self::Gini10
            | Self::Novelty10
            | Self::PopularityLift10
            | Self::Accuracy
            | Self::F1Macro
            | Self::PrecisionMacro
            | Self::RecallMacro
            | Self::F1Micro
            | Self::PrecisionMicro
            | Self::RecallMicro
            | Self::Auc
            | Self::PrAuc
            | Self::LogLoss
            | Self::Brier
            | Self::Ece
            | Self::F1
            | Self::Precision
            | Self::Recall
            | Self::Mae
            | Self::Rmse => return None,
        })
    }
}

impl Metrics {
    /// Means over the ranks of the true items, from 1, misses among them; no values for no ranks.
    #[must_use]
    pub fn of_ranks(ranks: &[Rank]) -> Self {
        let mut metrics = Self::new(AnswerKind::Ranking, ranks.len());
        for metric in Metric::iter() {
            let sum: Option<f64> = ranks.iter().map(|&rank| metric.of_rank(rank)).sum();
            if let (Some(sum), false) = (sum, ranks.is_empty()) {
                metrics = metrics.with(metric, sum / ranks.len() as f64);
            }
        }
        metrics
    }
}
