//! Origin of a chart or a table on the present page.

use super::super::{App, Page, TrainView};
use seqscope_engine::cards::{CardOrigin, CardRun};
use seqscope_engine::experiment::differences;
use seqscope_engine::run::{Manifest, RunId, TrustBadge};

impl App {
    /// The runs that the page tells of, with their data and trust; epoch and user where it looks
    /// through weights at somebody.
    pub(super) fn card_origin(&self, names_data: bool) -> CardOrigin {
        let shown = self.runs_told_of();
        let summaries = self.runs.ready().map_or(&[][..], Vec::as_slice);
        let manifests: Vec<&Manifest> = shown
            .iter()
            .filter_map(|id| self.runs.summary(id)?.manifest.as_deref())
            .collect();
        let runs = manifests.iter().map(|manifest| {
            let kept = self.runs.store.kept_answers(&manifest.id);
            CardRun::new(manifest, &TrustBadge::of_run(manifest, summaries, kept))
        });
        let experiments: Vec<_> = manifests.iter().map(|m| &m.experiment).collect();
        let settings = differences(&experiments).into_iter();
        let looks = matches!(self.page, Page::Explain | Page::Compare) && names_data;
        let epoch = shown.first().and_then(|run| self.selection.epoch_of(run));
        CardOrigin {
            epoch: epoch.filter(|_| looks),
            user: self.selection.user_id.clone().filter(|_| looks),
            settings: settings.map(|difference| difference.field).collect(),
            names_data,
            ..CardOrigin::now(runs.collect(), jiff::Timestamp::now().as_second())
        }
    }

    fn runs_told_of(&self) -> Vec<RunId> {
        match self.page {
            Page::Data | Page::Model | Page::Report => Vec::new(),
            Page::Train => {
                let trained = match self.train_view() {
                    TrainView::Run(training) => training.run.clone(),
                    TrainView::Loading(_) | TrainView::Failed(_) | TrainView::Nothing => None,
                };
                trained.into_iter().collect()
            }
            Page::Explain => self.runs_looked_at(),
            Page::Compare => self.selection.compared.clone(),
        }
    }
}
