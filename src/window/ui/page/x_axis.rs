//! The choice of what curves are laid out along.

use egui::Ui;
use strum::IntoEnumIterator as _;

use crate::ui::language::tr;
use seqscope_engine::run::CurveAxis;

/// A button for each axis. One on which none of the `n_runs` that are drawn has places cannot be
/// chosen, and says why.
pub(super) fn choice(
    ui: &mut Ui,
    chosen: &mut CurveAxis,
    n_runs: usize,
    n_with: impl Fn(CurveAxis) -> usize,
) {
    ui.label(tr("x axis"));
    for axis in CurveAxis::iter() {
        let why = axis
            .why_missing()
            .filter(|_| n_runs > 0 && n_with(axis) == 0);
        if why.is_some() && *chosen == axis {
            *chosen = CurveAxis::default();
        }
        let button = egui::Button::selectable(*chosen == axis, tr(axis.to_string()));
        let response = ui.add_enabled(why.is_none(), button);
        if response.clicked() {
            *chosen = axis;
        }
        if let Some(why) = why {
            response.on_disabled_hover_text(tr(why));
        }
    }
}

/// Words on the runs that have no place on the axis, and so no curve.
pub(super) fn left_out(
    axis: CurveAxis,
    n_runs: usize,
    n_with: impl Fn(CurveAxis) -> usize,
) -> Option<String> {
    let why = axis.why_missing()?;
    let n_left_out = n_runs.checked_sub(n_with(axis)).filter(|n| *n > 0)?;
    Some(format!("{n_left_out} of {n_runs} runs not drawn. {why}."))
}
