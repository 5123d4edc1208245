//! The badge that says what a run's figures may be trusted with.

use egui::{RichText, Ui};

use crate::app::App;
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::page::badge;
use seqscope_engine::run::{RunId, TrustBadge};

/// The badge of the run that was shown last, made anew when the list of runs changes.
#[derive(Default)]
pub(super) struct Trust {
    made: Option<MadeBadge>,
}

struct MadeBadge {
    run: RunId,
    revision: u64,
    badge: TrustBadge,
}

impl Trust {
    /// Paints the badge of a saved run; nothing of a run at work, whose figures are not final.
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, run: &RunId, actions: &mut Actions) {
        let Some(badge) = self.badge(app, run) else {
            return;
        };
        ui.horizontal(|ui| {
            ui.label(RichText::new(tr("Trust")).strong())
                .on_hover_text(tr("What the figures of this run may be trusted with"));
            badge::menu(ui, app, badge, actions);
        });
    }

    fn badge(&mut self, app: &App, run: &RunId) -> Option<&TrustBadge> {
        let revision = app.runs.revision();
        let is_fresh = self
            .made
            .as_ref()
            .is_some_and(|made| made.run == *run && made.revision == revision);
        if !is_fresh {
            let manifest = app.runs.summary(run)?.manifest.as_ref()?;
            let all = app.runs.ready().map_or(&[][..], Vec::as_slice);
            self.made = Some(MadeBadge {
                run: run.clone(),
                revision,
                badge: TrustBadge::of_run(manifest, all, app.runs.store.kept_answers(run)),
            });
        }
        self.made.as_ref().map(|made| &made.badge)
    }
}
