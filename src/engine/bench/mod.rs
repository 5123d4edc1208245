//! Benchmarks of the program's own work: one optimiser step, one epoch, one full-ranking
//! evaluation, one user's explanation, the opening of a log.
//!
//! [`cases()`] lists what is measured, for every family that there is, and [`growth()`] how a
//! step's cost grows with the window, the catalogue and the batch; [`run()`] measures one case on
//! one device, and [`chart()`] draws the growth. All events are made by one rule from one named
//! seed, so that a program in another language (`tests/bench/step.py`) makes the same ones.

mod case;
mod chart;
mod events;
mod measure;
mod work;

pub use case::{BenchScale, BenchTask, Case, Size, cases, growth};
pub use chart::{Point, chart, point_of};
pub use events::{checksum, seed};
pub use measure::{RunTimes, Runs};
pub use work::{BenchOptions, run, use_threads};
