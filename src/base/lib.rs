//! The words that everything else speaks: settings, problems, seeds, files written whole; metrics;
//! the chapters of the manual; and what all words are in other languages.
//!
//! The innermost crate: it knows no tensor, no table and no window, and its tests answer in seconds.

pub mod language;
pub mod manual;
pub mod metric;
pub mod spec;
