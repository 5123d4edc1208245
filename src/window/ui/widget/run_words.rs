//! A run in a few words: its name, how it stands.

use egui::{Color32, Sense, Ui, vec2};

use crate::ui::theme;

use seqscope_base::spec::shown;
use seqscope_engine::experiment::NamedModel;
use seqscope_engine::report::STAR;
pub(crate) use seqscope_engine::report::status_word as status;
use seqscope_engine::run::{RunOutcome, RunStatus, Summary};

/// `label · Model · s1`, where a run without a label goes by its experiment's name; by the folder's
/// when the manifest cannot be read. A star stands before a run that is marked.
pub(crate) fn title(summary: &Summary) -> String {
    let label = summary.about.label();
    let title = summary.manifest.as_ref().map_or_else(
        || label.unwrap_or(&summary.id.0).to_owned(),
        |manifest| {
            let experiment = &manifest.experiment;
            format!(
                "{} · {} · s{}",
                shown(label.unwrap_or(&experiment.name)),
                NamedModel::title_of(experiment),
                experiment.seed
            )
        },
    );
    if summary.about.starred {
        format!("{STAR} {title}")
    } else {
        title
    }
}

/// The title with the four signs at the end of the folder's name, which tell runs of one
/// experiment apart.
pub(crate) fn distinct_title(summary: &Summary) -> String {
    let sign = summary.id.0.rsplit('_').next().unwrap_or_default();
    format!("{} · {sign}", title(summary))
}

/// The colour of that word.
pub(crate) fn status_color(ui: &Ui, status: &RunStatus) -> Color32 {
    let colors = theme::colors(ui);
    match status {
        RunStatus::Running | RunStatus::Paused => colors.accent,
        RunStatus::Interrupted => colors.warning,
        RunStatus::Ended(RunOutcome::Finished) => colors.text,
        RunStatus::Ended(RunOutcome::Stopped) => colors.weak,
        RunStatus::Ended(RunOutcome::Failed { .. }) | RunStatus::Damaged(_) => colors.error,
    }
}

/// The run's dot.
pub(crate) fn dot(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.5, color);
}
