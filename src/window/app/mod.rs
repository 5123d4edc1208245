//! The application without a window: state, what a person can ask, background work. Knows no
//! egui, no burn, no polars; where the window's threads start.
//!
//! A page reads `&App` and pushes [`Action`]s; only [`App::apply`] changes state. A form paints a
//! copy of the experiment and sends it back as [`Action::Edit`]. [`App::receive`] takes in what
//! background work has found; call it once a frame, also while the window is hidden.
//!
//! The state is made of parts that know nothing of the application: [`Draft`], [`DataState`],
//! [`TrainingState`], [`QueueState`], [`RunList`], [`Selection`], [`Views`], [`SliceState`], [`WhatIfState`],
//! [`FeedbackState`], [`Arrangement`],
//! [`Notices`]. What a
//! person asks goes through several of them, in a file for each kind of work (`open`, `prepare`,
//! `train`, `runs`, `select`, `play`, …): there a job is started and, beside it, its answer is
//! taken in.

#![warn(clippy::wildcard_enum_match_arm)]

mod action;
mod agreement;
mod arrange;
mod attribution;
mod cards;
mod changed_history;
mod data_state;
mod draft;
mod enabled;
mod feedback;
mod forecast_state;
mod gallery;
mod head_terms;
mod inside;
mod item_search;
mod job;
mod layout;
mod loadable;
mod loading;
mod long_question;
mod mean_attention;
mod notice;
mod open;
mod palette;
mod play;
mod playhead;
mod prepare;
mod preset;
mod profile;
mod projection_state;
mod question;
mod queue;
mod rules_state;
mod run_color;
mod run_list;
mod runs;
mod seed_maps;
mod select;
mod selection;
mod significance;
mod sisters;
mod slices;
mod steer;
mod sweeps;
mod tour;
mod train;
mod train_charts;
mod training;
mod training_state;
mod views;
mod visited;
mod what_if;

pub use action::{Action, Select};
pub use agreement::{AgreementMap, AgreementState, RunSide};
pub use arrange::{Arrange, Arrangement, KeptArrangement, NamedLayout, Scale};
pub use attribution::AttributionAsk;
pub use cards::{
    CardPicture, FoundCard, OpenCard, OpenReport, PictureAsk, ReportAction, ReportState,
};
pub use changed_history::ChangedHistory;
pub use data_state::{DataState, EventTime, RawEvent, raw_events};
pub use draft::Draft;
pub use feedback::{FeedbackAction, FeedbackState};
pub use forecast_state::{CountForecast, ForecastKey, ForecastState};
pub use gallery::{GalleryAction, GalleryAsk, GalleryBefore, GalleryState};
pub use head_terms::HeadTermsAsk;
pub use inside::{
    GatesAsk, InsideAnswers, InsideQuestion, ItemsAsk, LatentAsk, LatentSpace, LikeAsk,
    NeighboursAsk, PriorAsk, TraversalAsk,
};
pub use item_search::{ItemQuery, ItemSearch};
#[doc(hidden)]
pub use job::ModelBuilder;
pub use job::{FilePicker, PickKind, Waker};
pub use layout::{
    LEAST_SHARE, Layout, MOST_VIEWS, ReadyLayout, SplitDirection, Tile, TileSide, TileSplit,
};
pub use loadable::Loadable;
pub use loading::typical_user;
pub use mean_attention::{AveragedUsers, MeanAttentionJob, MeanAttentionKey, MeanAttentionState};
pub use notice::{Notice, NoticeId, Notices, Tone};
pub use palette::{NamedAction, find_names, run_name};
pub use playhead::{
    PLAY_SPEEDS, PlayTick, Playhead, PlayheadPlace, PlayheadUnit, Playing, RunEpochs, ShownEpoch,
    Transport,
};
pub use preset::{SizePreset, sized_model};
pub use projection_state::{ProjectionKey, ProjectionOf, ProjectionState};
pub use question::{Answers, ListAsk, Question};
pub use queue::{QueueAction, QueueState};
pub use rules_state::{FoundRules, RulesKey, RulesState};
pub use run_color::{N_HUES, RunColor};
pub use run_list::{FOREIGN_RUNS_EVERY, RunList};
pub use seed_maps::SeedMapsAsk;
pub use selection::{ExplainView, HeadIdx, Page, Selection, ThemeChoice, TrainStrip};
pub use significance::{Significance, SignificanceTables};
pub use slices::{SliceAction, SliceState};
pub use steer::{ForkDraft, LiveValue, SteerAction, SteerState};
pub use sweeps::{SweepView, SweepsState};
pub use tour::{Tour, TourAction, TourStand, TourStep, n_tour_steps};
pub use train_charts::{ChartChange, TrainChart, TrainCharts};
pub use training::{TrainView, Training, TrainingPhase};
pub use training_state::TrainingState;
pub use views::{RunSeries, ViewKey, Views};
pub use visited::{Visit, Visited};
pub use what_if::{EditAsk, FlipSearchState, OfUser, SavedScenario, WhatIfAction, WhatIfState};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use job::{ExplainWorker, Jobs};

use seqscope_base::language::Language;
use seqscope_data::{DataSource, Prepared, Pseudonyms, WorldSpec};
use seqscope_engine::run::RunStore;
use seqscope_engine::train::{Command, blueprint};
use seqscope_model::{DeviceInfo, DeviceKind, MachineMemory, device_for};

/// Files that are remembered as opened of late.
const RECENT_KEPT: usize = 10;

/// Options that the application is started with.
#[derive(Clone)]
pub struct AppOptions {
    /// Folder of runs.
    pub store: RunStore,
    /// Called from any thread when something has arrived for [`App::receive`].
    pub waker: Waker,
    /// The system's file dialog.
    pub picker: Arc<dyn FilePicker>,
    /// A log or an experiment (`.ron`) to open at the start.
    pub open: Option<PathBuf>,
    /// Files opened of late, newest first.
    pub recent: Vec<PathBuf>,
    /// Dark, light or as the system.
    pub theme: ThemeChoice,
    /// Language of the window.
    pub language: Language,
}

/// The whole state of the application.
pub struct App {
    /// Page shown.
    pub page: Page,
    /// Dark, light or as the system.
    pub theme: ThemeChoice,
    /// The frame around the page, its size, and how the views of Explain share the page.
    pub arrangement: Arrangement,
    /// Language of the window.
    pub language: Language,
    /// Files opened of late, newest first, at most ten.
    pub recent: Vec<PathBuf>,
    /// Runs and users looked at of late.
    pub visited: Visited,
    /// The tour through the window.
    pub tour: Tour,
    /// The experiment being written.
    pub draft: Draft,
    /// Whether the person has begun with anything: until then the first page offers ways in.
    pub has_begun: bool,
    /// The log being opened, and what it became.
    pub data: DataState,
    /// Devices of this machine.
    pub devices: Loadable<Vec<DeviceInfo>>,
    /// The run in work, or the last one of this session.
    pub training: TrainingState,
    /// Experiments that wait to be trained.
    pub queue: QueueState,
    /// How runs are steered.
    pub steer: SteerState,
    /// Every run of the folder.
    pub runs: RunList,
    /// Run, user, epoch and event that are looked at.
    pub selection: Selection,
    /// Series and user views, loaded when they are first asked for.
    pub views: Views,
    /// Slices of users that are kept, and the one that is looked at.
    pub slices: SliceState,
    /// Users whom a run answered best, worst, as a surprise.
    pub gallery: GalleryState,
    /// Histories as a person changes them.
    pub what_if: WhatIfState,
    /// What was said of the lists of runs.
    pub feedback: FeedbackState,
    /// Items by id or title.
    pub item_search: ItemSearch,
    /// Agreement of the two runs that are looked at, user by user.
    pub agreement: AgreementState,
    /// The sweep that is looked at.
    pub sweeps: SweepsState,
    /// Attention averaged over users.
    pub mean_attention: MeanAttentionState,
    /// The report that is put together.
    pub reports: ReportState,
    /// Sentences on what went wrong or is worth knowing, until dismissed.
    pub notices: Notices,
    picker: Arc<dyn FilePicker>,
    jobs: Jobs<App>,
    explainer: ExplainWorker<App>,
    /// For questions that take long, so that the others need not wait for them.
    long_explainer: ExplainWorker<App>,
}

impl App {
    /// A fresh application; starts to read the folder of runs and the devices.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        let mut app = Self {
            page: Page::default(),
            theme: options.theme,
            arrangement: Arrangement::default(),
            language: options.language,
            recent: options.recent,
            visited: Visited::default(),
            tour: Tour::default(),
            draft: Draft::default(),
            has_begun: false,
            data: DataState::default(),
            devices: Loadable::Loading("Looking for devices".to_owned()),
            training: TrainingState::default(),
            queue: QueueState::default(),
            steer: SteerState::default(),
            explainer: ExplainWorker::new("explain", options.store.clone()),
            long_explainer: ExplainWorker::new("explain-long", options.store.clone()),
            runs: RunList::of_folder(options.store),
            selection: Selection::default(),
            views: Views::default(),
            slices: SliceState::default(),
            gallery: GalleryState::default(),
            what_if: WhatIfState::default(),
            feedback: FeedbackState::default(),
            item_search: ItemSearch::default(),
            agreement: AgreementState::default(),
            sweeps: SweepsState::default(),
            mean_attention: MeanAttentionState::default(),
            reports: ReportState::default(),
            notices: Notices::default(),
            picker: options.picker,
            jobs: Jobs::new(options.waker),
        };
        app.recent.truncate(RECENT_KEPT);
        app.jobs.start(
            "devices",
            || Ok(seqscope_model::list_devices()),
            Self::take_devices,
        );
        app.refresh_runs();
        app.read_slices();
        app.read_queue();
        app.check_draft();
        if let Some(path) = options.open {
            app.open_any(path);
        }
        app
    }

    /// Runs that start from now on are built in another way; for tests.
    #[doc(hidden)]
    pub fn build_with(&mut self, builder: ModelBuilder) {
        self.training.builder = Some(builder);
    }

    /// Takes in what background work has sent and starts loading what the present page and
    /// selection need: the head of the draft's file, series of the selected and compared runs,
    /// the user views of `selection`. Never waits.
    pub fn receive(&mut self) {
        while let Some(answer) = self.jobs.next() {
            answer(self);
        }
        if self.trains_elsewhere() && self.runs.is_old() {
            self.refresh_runs();
            self.read_queue();
        }
        self.work_queue();
        self.look_at_head();
        self.follow_playhead();
        self.begin_what_if();
        self.begin_feedback();
        self.load_what_is_wanted();
        self.load_agreement();
        self.note_visit();
        self.follow_tour();
    }

    /// Carries out one thing that a person asked. What cannot be done now is passed over.
    pub fn apply(&mut self, action: Action) {
        if self.enabled(&action).is_err() {
            return;
        }
        match action {
            Action::GoTo(page) => self.go_to(page),
            Action::SetTheme(theme) => self.theme = theme,
            Action::Arrange(arrange) => self.arrange(arrange),
            Action::SetLanguage(language) => self.language = language,
            Action::TryIt => self.try_it(),
            Action::OpenExample => self.open_example(),
            Action::PickData => self.pick(PickKind::Data),
            Action::PickTitles => self.pick(PickKind::Titles),
            Action::PickExperiment => self.pick(PickKind::Experiment),
            Action::OpenData(path) => self.open_data(path),
            Action::OpenExperiment(path) => self.open_experiment(path),
            Action::SaveExperiment(path) => self.save_experiment(path),
            Action::UseWorld => self.set_source(DataSource::World(WorldSpec::default())),
            Action::SetTitles(titles) => self.change_file(|file| file.titles = titles),
            Action::Prepare => self.prepare(),
            Action::CancelPrepare => self.cancel_prepare(),
            Action::ExportProfile(view) => self.export_profile(view),
            Action::ExportRefused => self.export_refused(),
            Action::Ask(question) => self.ask(*question),
            Action::FindItems(query) => self.find_items(query),
            Action::StopQuestion => self.views.stop_long(),
            Action::Project(key) => self.project(key),
            Action::StopProjecting => self.views.projection.stop(),
            Action::FindRules(key) => self.find_rules(key),
            Action::StopRules => self.views.rules.stop(),
            Action::AverageAttention(key) => self.average_attention(*key),
            Action::StopAveraging(run) => self.mean_attention.stop(&run),
            Action::Forecast(key) => self.forecast(key),
            Action::ChooseModel(kind) => self.change_draft(|draft| draft.choose_model(kind)),
            Action::Edit(next) => self.change_draft(|draft| draft.edit(*next, Instant::now())),
            Action::Undo => self.change_draft(Draft::undo),
            Action::Redo => self.change_draft(Draft::redo),
            Action::Start => self.start(),
            Action::StartOnCpu => self.start_on_cpu(),
            Action::Race(run) => self.race(&run),
            Action::Queue(action) => self.act_queue(action),
            Action::Pause => self.training.command(Command::Hold),
            Action::Resume => self.training.command(Command::GoOn),
            Action::Stop(mode) => self.stop(mode),
            Action::ResumeRun(run) => self.resume_run(run),
            Action::RefreshRuns => {
                self.refresh_runs();
                self.read_slices();
                self.read_queue();
            }
            Action::UseExperimentOf(run) => self.use_experiment_of(&run),
            Action::UseNextSeedOf(run) => self.use_next_seed_of(&run),
            Action::DeleteRun(run) => self.delete_run(run),
            Action::RestoreRun(name) => self.restore_run(name),
            Action::ReadBin => self.read_bin(),
            Action::EmptyBin => self.empty_bin(),
            Action::WriteAbout(run, change) => self.write_about(run, *change),
            Action::ShowArchived(shows) => self.runs.show_archived(shows),
            Action::ExportRun(run, to) => self.export_run(run, to, Pseudonyms::Off),
            Action::ExportHidden(run, to) => self.export_run(run, to, Pseudonyms::UsersAndItems),
            Action::SetKey(key) => self.use_key(key),
            Action::Dismiss(id) => self.notices.dismiss(id),
            Action::TestDifferences => self.test_differences(),
            Action::Select(select) => self.select(select),
            Action::Slices(action) => self.act_slices(action),
            Action::Gallery(action) => self.act_gallery(action),
            Action::WhatIf(action) => self.act_what_if(action),
            Action::Feedback(action) => self.act_feedback(action),
            Action::FineTune(run) => self.fine_tune(&run),
            Action::Steer(action) => self.steer(action),
            Action::Transport(transport) => self.transport(transport),
            Action::Revisit(visit) => self.revisit(visit),
            Action::Tour(action) => self.act_tour(action),
            Action::Report(action) => self.act_report(action),
        }
        self.follow_playhead();
        self.follow_tour();
    }

    /// The data as the draft says them, if they are prepared.
    #[must_use]
    pub fn fresh_data(&self) -> Option<&Arc<Prepared>> {
        self.data
            .fresh(&self.draft.experiment.data, self.draft.experiment.split)
    }

    /// Whether another process trains a run of this folder, so that the list is read again now and
    /// then.
    #[must_use]
    pub fn trains_elsewhere(&self) -> bool {
        self.runs.are_trained_beside(self.training.run_at_work())
    }

    fn go_to(&mut self, page: Page) {
        self.page = page;
        match page {
            Page::Compare => self.choose_runs_to_compare(),
            Page::Report => self.load_reports(),
            Page::Data | Page::Model | Page::Train | Page::Explain => {}
        }
    }

    /// Changes the draft and looks for its problems again.
    fn change_draft(&mut self, change: impl FnOnce(&mut Draft)) {
        self.draft.change(change);
        self.has_begun = true;
        self.check_draft();
    }

    fn check_draft(&mut self) {
        let data = self.fresh_data().map(|prepared| {
            (
                blueprint(&self.draft.experiment, prepared),
                prepared.returns,
            )
        });
        let is_timeless = self.draft.reads_file()
            && self
                .data
                .preview
                .ready()
                .is_some_and(|preview| !preview.has_clock());
        self.draft.check(
            data.as_ref().map(|(plan, returns)| (plan, returns)),
            self.memory_to_train_in(),
            is_timeless,
        );
    }

    /// Memory of the machine, where the draft's device is its processor.
    fn memory_to_train_in(&self) -> Option<MachineMemory> {
        let Loadable::Ready(devices) = &self.devices else {
            return None;
        };
        let device = device_for(&self.draft.experiment.training.device, devices)?;
        (device.kind == DeviceKind::Cpu)
            .then(MachineMemory::now)
            .flatten()
    }

    fn take_devices(&mut self, devices: Result<Vec<DeviceInfo>, String>) {
        self.devices = devices.into();
        self.check_draft();
    }
}

/// Whether a file is an experiment, by its ending; anything else is a log.
#[must_use]
pub fn is_experiment(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("ron"))
}

/// An application on a folder of runs, whose dialogs are cancelled.
#[cfg(test)]
pub(crate) fn bare_app(runs: &Path) -> App {
    struct NoDialog;

    impl FilePicker for NoDialog {
        fn pick(&self, _: PickKind) -> Result<Option<PathBuf>, String> {
            Ok(None)
        }
    }

    App::new(AppOptions {
        store: RunStore::at(runs),
        waker: Arc::new(|| ()),
        picker: Arc::new(NoDialog),
        open: None,
        recent: Vec::new(),
        theme: ThemeChoice::Dark,
        language: Language::default(),
    })
}
