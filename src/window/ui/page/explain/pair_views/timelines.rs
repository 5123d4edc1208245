//! Both timelines in one.

use egui::{RichText, Ui};

use super::{UserPairView, words_of_others};
use crate::app::{Action, App, Select};
use crate::ui::language::tr;
use crate::ui::page::explain::ShownUser;
use crate::ui::widget::timeline::{OtherTimeline, Timeline};
use crate::ui::{Actions, text, theme};
use seqscope_engine::explain::{TimelineStep, timelines_differ};

/// View state.
#[derive(Default)]
pub(super) struct BothTimelines {
    timeline: Timeline,
}

impl BothTimelines {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        pair: UserPairView<'_>,
        app: &App,
        actions: &mut Actions,
    ) {
        let [first, second] = pair.views;
        for (name, view) in ["A", "B"].into_iter().zip(pair.views) {
            if view.said.is_some() {
                ui.label(tr(format!(
                    "Run {name} ranks no items, so its answers have no place on an axis of ranks. \
                     Choose two runs that predict the next item."
                )));
                return;
            }
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(tr("Both timelines")).strong());
                ui.weak(tr(words(pair)));
            });
            let others = words_of_others(pair);
            if !others.is_empty() {
                ui.label(RichText::new(tr(others)).color(theme::colors(ui).warning));
            }
            let shown = ShownUser::new(first, pair.data[0]);
            let title = |item| shown.title(item);
            let data = shown.timeline(&title);
            let other = OtherTimeline {
                steps: &second.timeline,
                aligned: pair.aligned,
                colors: theme::pair_colors(ui, app, pair.runs),
            };
            if let Some(position) = self.timeline.both(ui, &data, other, app.selection.event) {
                actions.push(Action::Select(Select::Event(Some(position))));
            }
        });
    }
}

/// How many events both were asked about, and at how many of them they differ.
fn words(pair: UserPairView<'_>) -> String {
    let [first, second] = pair.views;
    let at = |steps: &[TimelineStep], position: usize| {
        steps.binary_search_by_key(&position, |step| step.position)
    };
    let both = pair.aligned.iter().filter_map(|[a, b]| {
        let a = first.timeline.get(at(&first.timeline, *a).ok()?)?;
        let b = second.timeline.get(at(&second.timeline, *b).ok()?)?;
        (a.rank.is_some() && b.rank.is_some()).then(|| timelines_differ(a, b))
    });
    let (n, n_differ) = both.fold((0, 0), |(n, differ), is| (n + 1, differ + usize::from(is)));
    format!(
        "differ at {} of {}",
        text::count(n_differ),
        text::counted(n, "event")
    )
}
