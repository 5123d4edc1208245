//! What happens between a log and its explanation: experiments, runs on disk, training,
//! explanations, the tables, figures and reports that tell of all this, and how long it takes.
//!
//! It starts no thread and paints nothing; the window and the command line both drive it.

pub mod bench;
pub mod cards;
pub mod catalogue;
pub mod error;
pub mod experiment;
pub mod explain;
pub mod figure;
pub mod report;
pub mod run;
pub mod slice;
pub mod sweep;
pub mod train;
