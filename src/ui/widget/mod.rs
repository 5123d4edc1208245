//! Painted parts that several pages use: charts, heatmaps, timelines, and the words of a panel that
//! has nothing to show.

pub mod heatmap;
pub mod line_chart;
pub(crate) mod panel;
pub mod timeline;
