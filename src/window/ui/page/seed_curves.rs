//! Runs that differ in their seed alone, drawn as their mean and band.

use egui::{Color32, Ui};

use crate::app::{Action, App, Select};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::widget::line_chart::{ChartSeries, Flag, SeriesGroup};
use seqscope_engine::run::{Curve, CurveAxis, SeedMean};

/// Word for a member.
const SEED: &str = "seed";

/// Curves of such runs, to be drawn as one.
pub(super) struct SeedCurves {
    /// Name of the mean.
    pub(super) name: String,
    /// Colour of it, its band and its members.
    pub(super) color: Color32,
    /// Names and curves of the members.
    pub(super) members: Vec<(String, Curve)>,
    /// Whether smoothing leaves the mean as it is.
    pub(super) keep_raw: bool,
}

/// A mean as a chart takes it.
pub(super) struct DrawnMean {
    pub(super) series: ChartSeries,
    pub(super) group: SeriesGroup,
    /// Where some of the seeds have ended, and how many are averaged from there.
    pub(super) fewer: Option<Flag>,
}

impl SeedCurves {
    /// Mean and band along an axis.
    pub(super) fn drawn(self, axis: CurveAxis) -> DrawnMean {
        let Self {
            name,
            color,
            members,
            keep_raw,
        } = self;
        let curves: Vec<Curve> = members.iter().map(|(_, curve)| curve.clone()).collect();
        let mean = SeedMean::along(axis, &curves);
        let n = members.len();
        let fewer = mean.first_fewer().and_then(|[x, left]| {
            Some(Flag {
                at: [x, mean.mean.value_at(x)?],
                text: format!("{left} of {n} seeds from here"),
            })
        });
        let members = members.into_iter().map(|(name, points)| ChartSeries {
            name,
            color,
            points,
            keep_raw: true,
        });
        DrawnMean {
            series: ChartSeries {
                name: name.clone(),
                color,
                points: mean.mean.clone(),
                keep_raw,
            },
            group: SeriesGroup {
                of: name,
                member: SEED,
                members: members.collect(),
                mean,
            },
            fewer,
        }
    }
}

/// The switch between mean and band, and each seed by itself.
pub(super) fn switch(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let mut together = !app.selection.seeds_apart;
    let toggle = ui.toggle_value(&mut together, tr("Seeds together")).on_hover_text(
        tr("Runs that differ in their seed alone as one thick line, their mean, with a band from the \
         lowest to the highest and each run thin behind it (G)"),
    );
    if toggle.changed() {
        actions.push(Action::Select(Select::SeedsApart(!together)));
    }
}
