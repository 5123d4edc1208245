//! Seqscope: a workbench for user-behaviour sequence modelling.
pub mod app;
pub mod baseline;
pub mod cli;
pub mod data;
pub mod experiment;
pub mod explain;
pub mod metric;
pub mod model;
pub mod run;
pub mod spec;
pub mod train;
#[cfg(feature = "gui")]
pub mod ui;
