//! The numbers of a chart as a table and as CSV: one row an x, one column a curve.

use std::fmt::Write as _;

use egui::Ui;
use egui_extras::TableBuilder;

use super::group::{Column, columns};
use super::{ChartData, tick};
use seqscope_engine::report::csv_field;

/// One row an x, one column a curve.
#[derive(Debug, Default)]
pub(super) struct WideTable {
    revision: u64,
    columns: Vec<String>,
    rows: Vec<(f64, Vec<Option<f64>>)>,
}

impl WideTable {
    /// Builds the table anew when the chart's numbers have changed.
    pub(super) fn refresh(&mut self, data: &ChartData, revision: u64) {
        if self.revision == revision {
            return;
        }
        self.revision = revision;
        let columns = columns(data);
        let mut xs: Vec<f64> = columns
            .iter()
            .flat_map(|column| column.points.iter().map(|p| p[0]))
            .collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        let mut next = vec![0_usize; columns.len()];
        self.rows = xs
            .into_iter()
            .map(|x| (x, row_at(&columns, x, &mut next)))
            .collect();
        let names = columns.into_iter().map(|column| column.name);
        self.columns = std::iter::once(data.x_label.clone()).chain(names).collect();
    }

    /// The table as text; an empty field where a curve has no number.
    pub(super) fn csv(&self) -> String {
        let mut out = self
            .columns
            .iter()
            .map(|name| csv_field(name))
            .collect::<Vec<_>>()
            .join(",");
        for (x, values) in &self.rows {
            let _ = write!(out, "\n{x}");
            for value in values {
                out.push(',');
                if let Some(value) = value {
                    let _ = write!(out, "{value}");
                }
            }
        }
        out.push('\n');
        out
    }

    /// Paints the rows in sight.
    pub(super) fn ui(&self, ui: &mut Ui, height: f32) {
        let n_columns = self.columns.len().max(1);
        TableBuilder::new(ui)
            .striped(true)
            .auto_shrink(false)
            .max_scroll_height(height - 24.0)
            .columns(
                egui_extras::Column::auto().at_least(90.0).clip(true),
                n_columns - 1,
            )
            .column(egui_extras::Column::remainder().at_least(90.0))
            .header(20.0, |mut header| {
                for name in &self.columns {
                    header.col(|ui| {
                        ui.strong(crate::ui::text::series_name(name));
                    });
                }
            })
            .body(|body| {
                body.rows(18.0, self.rows.len(), |mut row| {
                    let Some((x, values)) = self.rows.get(row.index()) else {
                        return;
                    };
                    row.col(|ui| {
                        ui.monospace(tick(*x));
                    });
                    for value in values {
                        row.col(|ui| {
                            ui.monospace(value.map_or_else(String::new, tick));
                        });
                    }
                });
            });
    }
}

/// The number of every curve at `x`; `next` holds how far each curve has been read. Where a curve
/// has several numbers at one x (a step counted twice after a resume) the last one counts.
fn row_at(columns: &[Column<'_>], x: f64, next: &mut [usize]) -> Vec<Option<f64>> {
    let values = columns.iter().zip(next).map(|(column, at)| {
        let mut value = None;
        while let Some(point) = column.points.get(*at).filter(|p| p[0] <= x) {
            value = Some(point[1]).filter(|v| v.is_finite());
            *at += 1;
        }
        value
    });
    values.collect()
}
