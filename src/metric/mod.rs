//! Scores in, numbers out. Pure CPU; depends on nothing but `serde`, which writes its numbers down.

mod likeness;
mod ranking;

pub use likeness::{COPY_LEN, Likeness};
pub use ranking::{Rank, RankingMetrics, hit, mid_rank, mrr_term, ndcg_term};
