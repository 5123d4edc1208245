//! The words that everything else speaks: settings, problems, seeds, files written whole; metrics;
//! and the chapters of the manual.
//!
//! The innermost crate: it knows no tensor, no table and no window, and its tests answer in seconds.

pub mod manual;
pub mod metric;
pub mod spec;
