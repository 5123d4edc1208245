//! Painted parts that several pages use: charts, heatmaps, timelines, and the words of a panel that
//! has nothing to show; and the tables of reports.

pub(crate) mod bars;
pub(crate) mod epoch_bar;
pub(crate) mod figure_menu;
pub mod heatmap;
pub mod line_chart;
pub(crate) mod panel;
pub(crate) mod reliability;
pub(crate) mod report;
pub(crate) mod room;
pub(crate) mod run_words;
pub(crate) mod scatter;
pub(crate) mod tiles;
pub mod timeline;
