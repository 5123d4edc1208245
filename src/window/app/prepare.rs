//! Looks at the head of the draft's log, prepares the whole of it, and forecasts its counts.

use std::sync::Arc;

use super::data_state::CountedLog;
use super::forecast_state::forecast_counts;
use super::job::sentence;
use super::loadable::Ticket;
use super::train::STOPPED_EARLY;
use super::{Action, App, ForecastKey, Page, Tone};
use seqscope_data::{self as data, DataSource, DataSpec, Preview, PseudonymKey, SplitSpec};

impl App {
    /// Starts to look at the head of the draft's file, unless that is what was looked at last.
    pub(super) fn look_at_head(&mut self) {
        let source = &self.draft.experiment.data.source;
        if let Some((ticket, file)) = self.data.begin_preview(source) {
            self.jobs.start(
                "preview",
                move || data::preview(&file).map_err(sentence),
                move |app, preview| app.take_preview(ticket, preview),
            );
        }
    }

    fn take_preview(&mut self, ticket: Ticket, preview: Result<Preview, String>) {
        self.data.take_preview(ticket, preview);
        self.split_as_times_allow();
        self.check_draft();
        if let Some(why) = self.data.preview.failed() {
            let cure = Some(("Open another file…".to_owned(), Action::PickData));
            self.notices.tell(Tone::Error, why.to_owned(), cure);
        }
    }

    /// Splits a newly opened log once its head is known. A person who has begun to work with it
    /// keeps what is set.
    fn split_as_times_allow(&mut self) {
        let Some(preview) = self.data.preview.ready() else {
            return;
        };
        let is_open = std::mem::take(&mut self.draft.split_is_open);
        if is_open && !self.data.prepared.is_loading() && !self.training.is_active() {
            self.draft.split_as_times_allow(preview.has_clock());
            self.check_draft();
        }
    }

    /// Starts to open, clean, code and split what the draft says.
    pub(super) fn prepare(&mut self) {
        self.has_begun = true;
        let (data, split) = (
            self.draft.experiment.data.clone(),
            self.draft.experiment.split,
        );
        let (ticket, opening) = self.data.begin_preparing(&data);
        let from = data.clone();
        self.jobs.start(
            "prepare",
            move || CountedLog::open(&data, split, &opening),
            move |app, prepared| app.take_prepared(ticket, from, split, prepared),
        );
    }

    fn take_prepared(
        &mut self,
        ticket: Ticket,
        data: DataSpec,
        split: SplitSpec,
        prepared: Result<CountedLog, String>,
    ) {
        if !self.data.take_prepared(ticket, data, split, prepared) {
            return;
        }
        if let Some(why) = self.data.prepared.failed()
            && !self.training.is_waiting_for_data()
        {
            let cure = Some(("Show data".to_owned(), Action::GoTo(Page::Data)));
            self.notices.tell(Tone::Error, why.to_owned(), cure);
        }
        self.check_draft();
        self.go_on_to_training();
    }

    pub(super) fn cancel_prepare(&mut self) {
        self.data.cancel();
        if self.training.take_waiting().is_some() {
            self.training.not_started(STOPPED_EARLY.to_owned());
        }
    }

    /// Starts to count what is open by period, and to forecast the counts.
    pub(super) fn forecast(&mut self, key: ForecastKey) {
        let Some(prepared) = self.data.prepared.ready().cloned() else {
            return;
        };
        let ticket = self.data.forecast.begin(&prepared.dataset, key);
        self.jobs.start(
            "forecast",
            move || forecast_counts(&prepared.dataset, key).map(Arc::new),
            move |app, made| app.data.forecast.take(ticket, made),
        );
    }

    /// What was read under another key is read again; what could not be read is tried again.
    pub(super) fn use_key(&mut self, key: PseudonymKey) {
        data::use_key(key);
        if matches!(&self.draft.experiment.data.source, DataSource::File(file) if !file.pseudonyms.is_off())
        {
            self.data.forget();
        }
        for run in self.runs.with_pseudonyms() {
            self.views.forget(&run, super::views::Forget::All);
        }
    }
}
