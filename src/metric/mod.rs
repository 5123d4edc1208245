//! Scores in, numbers out. Pure CPU; depends on nothing but `serde`, which writes its numbers down.

mod ranking;

pub use ranking::{Rank, RankingMetrics, hit, mid_rank, mrr_term, ndcg_term};
