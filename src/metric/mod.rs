//! Scores in, numbers out. Pure CPU, no dependencies.

mod ranking;

pub use ranking::{Rank, RankingMetrics, hit, mid_rank, mrr_term, ndcg_term};
