//! Scores in, numbers out. Pure CPU; depends on nothing but `serde`, which writes its numbers down.
//!
//! [`Metric`] is the list of all that is measured, with its words; [`Metrics`] is what came of it
//! on some questions. What is no number never looks good, and ties are shared out evenly, so that a
//! model that says nothing gets what chance would.

// A new metric is to be thought of wherever metrics differ.
#![warn(clippy::wildcard_enum_match_arm)]

mod about;
mod bag;
mod binary;
mod calibration;
mod classes;
mod figure;
mod kind;
mod likeness;
mod list;
mod number;
mod odds;
mod ranking;
pub mod statistics;

pub use bag::Metrics;
pub use calibration::{N_BINS, Reliability, ReliabilityBin};
pub use figure::Figure;
pub use kind::{AnswerKind, Better, Metric};
pub use likeness::{COPY_LEN, Likeness};
pub use odds::Odds;
pub use ranking::{MISS, Rank, Seen, hit, is_left_out, map_term, mid_rank, mrr_term, ndcg_term};
