//! What a user is promised, one module a capability.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed, as it should"
)]

mod answers;
mod app;
mod attention;
mod attribution;
mod autoencoder;
mod bad_input_data;
mod baseline;
mod bench;
mod cli;
mod cli_columns;
mod cli_compare;
mod cli_compare_references;
mod cli_explain;
mod cli_feedback;
mod cli_inside;
mod cli_list;
mod cli_predict;
mod cli_rules;
mod cli_several;
mod cli_shown;
mod cli_sweep;
mod cli_what_if;
mod cli_world;
mod crash;
mod data;
mod device;
mod disk;
mod example;
mod experiment;
mod explain;
mod fake;
mod figures;
mod fuzz;
mod gold;
mod inside;
mod layers;
mod metric;
mod metric_slow;
mod metric_values;
mod model;
mod network;
mod overfitting;
mod pause;
mod peers;
mod place;
#[cfg(feature = "gui")]
mod playhead;
mod privacy;
mod queue;
mod reach;
mod references;
mod run;
mod seen;
mod slices;
mod spec;
mod splits;
mod task;
mod train;
#[cfg(feature = "gui")]
mod widget;
#[cfg(feature = "gui")]
mod window;
#[cfg(feature = "gui")]
mod window_feedback;
#[cfg(feature = "gui")]
mod window_frame;
#[cfg(feature = "gui")]
mod window_inside;
#[cfg(feature = "gui")]
mod window_language;
#[cfg(feature = "gui")]
mod window_two;
