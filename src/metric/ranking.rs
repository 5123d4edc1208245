//! Full-catalogue ranking: the rank of one true item, and HR@k, NDCG@k, MRR over many.

use serde::{Deserialize, Serialize};

/// A rank from 1 (best). Ties share the middle of their places, so it may end in `.5`.
pub type Rank = f64;

/// The mid-rank of `target` among the items that are not `excluded`.
///
/// `scores[i]` is the score of item `i`; index 0 is padding and never counted. With `g` greater
/// scores and `e` equal ones (the target not counted) the rank is `1 + g + e / 2`, so constant
/// scores give the middle of the list, never the top. The target itself always takes part, also
/// when `excluded` holds it. A NaN score ranks below every number; a NaN target ranks last, since
/// a broken model must not look good. A target that is no item ranks last too.
///
/// `excluded` must be without repeats; its order does not matter, and what is no item is passed
/// over.
#[must_use]
pub fn mid_rank(scores: &[f32], target: usize, excluded: &[u32]) -> Rank {
    let items = scores.get(1..).unwrap_or(&[]);
    let Some(&wanted) = target.checked_sub(1).and_then(|at| items.get(at)) else { return items.len().max(1) as Rank };
    let is_ahead = |score: f32| wanted.is_nan() || score > wanted;
    #[expect(clippy::float_cmp, reason = "a tie is exact equality; anything nearer would invent ties")]
    let is_tied = |score: f32| score == wanted;
    let (mut ahead, mut tied) = (0_usize, 0_usize);
    for &score in items {
        ahead += usize::from(is_ahead(score));
        tied += usize::from(is_tied(score));
    }
    // Counting everything and then taking away the few that are left out keeps the long loop free
    // of branches on `excluded`. The target is always among those taken away.
    let rivals = excluded.iter().map(|&item| item as usize).filter(|&item| item != 0 && item != target);
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

/// `1 / rank`.
#[must_use]
pub fn mrr_term(rank: Rank) -> f64 {
    1.0 / rank
}

/// Means over users, full catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RankingMetrics {
    /// NDCG@10.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    /// HR@10.
    #[serde(rename = "hr@10")]
    pub hr_at_10: f64,
    /// HR@1.
    #[serde(rename = "hr@1")]
    pub hr_at_1: f64,
    /// HR@5.
    #[serde(rename = "hr@5")]
    pub hr_at_5: f64,
    /// NDCG@5.
    #[serde(rename = "ndcg@5")]
    pub ndcg_at_5: f64,
    /// Mean reciprocal rank over the whole catalogue.
    pub mrr: f64,
    /// Number of users averaged over.
    pub n_users: usize,
}

impl RankingMetrics {
    /// Means over ranks; all zero for no ranks.
    #[must_use]
    pub fn from_ranks(ranks: &[Rank]) -> Self {
        let mean = |term: &dyn Fn(Rank) -> f64| match ranks.len() {
            0 => 0.0,
            n => ranks.iter().map(|&r| term(r)).sum::<f64>() / n as f64,
        };
        Self {
            ndcg_at_10: mean(&|r| ndcg_term(r, 10)),
            hr_at_10: mean(&|r| hit(r, 10)),
            hr_at_1: mean(&|r| hit(r, 1)),
            hr_at_5: mean(&|r| hit(r, 5)),
            ndcg_at_5: mean(&|r| ndcg_term(r, 5)),
            mrr: mean(&|r| mrr_term(r)),
            n_users: ranks.len(),
        }
    }
}
