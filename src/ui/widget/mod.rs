//! Painted parts that several pages use: charts, heatmaps, timelines.
