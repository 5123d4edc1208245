//! The application without a window: state, what a person can ask, background work. Knows no
//! egui, no burn, no polars; the only place that starts threads.
//!
//! A page reads `&App` and pushes [`Action`]s; only [`App::apply`] changes state. A form paints a
//! copy of the experiment and sends it back as [`Action::Edit`]. [`App::receive`] drains what
//! background work has sent; call it once a frame, also while the window is hidden.

mod action;
mod data_state;
mod draft;
mod enabled;
mod forecast_state;
mod job;
mod list_state;
mod loading;
mod notice;
mod preset;
mod profile;
mod receive;
mod select;
mod selection;
mod significance;
mod start;
mod training;
mod views;

pub use action::Action;
pub use data_state::{DataState, EventTime, RawEvent, raw_events};
pub use draft::Draft;
pub use forecast_state::{CountForecast, ForecastKey, ForecastState};
#[doc(hidden)]
pub use job::ModelBuilder;
pub use job::{FilePicker, Loadable, PickKind, Waker};
pub use list_state::{ListAsk, ListState};
pub use loading::typical_user;
pub use notice::{Notice, NoticeId, Tone};
pub use preset::{SizePreset, sized_model};
pub use selection::{HeadIdx, Page, Selection, ThemeChoice};
pub use significance::Significance;
pub use training::{TrainView, Training, TrainingPhase};
pub use views::{RunSeries, ViewKey, Views};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use job::{ExplainWorker, JobAnswer, Jobs, Ticket};

use seqscope_data::{self as data, DataSource, FileSpec, Prepared, Pseudonyms, WorldSpec};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{RunId, RunMemory, RunStatus, RunStore, Summary};
use seqscope_engine::train::{Command, blueprint};
use seqscope_model::{DeviceInfo, DeviceKind, MachineMemory, device_for};

/// Files that are remembered as opened of late.
const RECENT_KEPT: usize = 10;

/// Time between two readings of the list of runs while another process trains one of them.
pub const FOREIGN_RUNS_EVERY: Duration = Duration::from_secs(3);

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
}

/// The whole state of the application.
pub struct App {
    /// Page shown.
    pub page: Page,
    /// Dark, light or as the system.
    pub theme: ThemeChoice,
    /// Files opened of late, newest first, at most ten.
    pub recent: Vec<PathBuf>,
    /// The experiment being written.
    pub draft: Draft,
    /// Whether the person has begun with anything: until then the first page offers ways in.
    pub has_begun: bool,
    /// The log being opened, and what it became.
    pub data: DataState,
    /// Devices of this machine.
    pub devices: Loadable<Vec<DeviceInfo>>,
    /// The run in work, or the last one of this session.
    pub training: Option<Training>,
    /// Folder of runs.
    pub store: RunStore,
    /// Every run of the folder, newest first.
    pub runs: Loadable<Vec<Summary>>,
    /// Run, user, epoch and event that are looked at.
    pub selection: Selection,
    /// Series and user views, loaded when they are first asked for.
    pub views: Views,
    /// Sentences on what went wrong or is worth knowing, until dismissed.
    pub notices: Vec<Notice>,
    picker: Arc<dyn FilePicker>,
    commands: Option<Sender<Command>>,
    /// The last start of a training thread: only its return is listened to.
    trained_from: Ticket,
    builder: Option<ModelBuilder>,
    /// Experiment to train as soon as its data are prepared: the draft when Start was pressed.
    start_when_prepared: Option<Experiment>,
    /// Whether a newly opened log still decides how it is split.
    split_is_open: bool,
    /// Whether a run was chosen since the last start, so that the Train page shows that one once
    /// nothing trains.
    looks_back: bool,
    color_of_run: BTreeMap<RunId, usize>,
    last_notice: u64,
    runs_read: Instant,
    /// Manifests that were read of the folder of runs before.
    runs_known: RunMemory,
    /// The last reading of the folder of runs, and the oldest whose answer is still true: not
    /// older than the list shown, nor than the deletion of a run.
    runs_asked: Ticket,
    runs_true_from: Ticket,
    runs_revision: u64,
    jobs: Jobs,
    explainer: ExplainWorker,
}

impl App {
    /// A fresh application; starts to read the folder of runs and the devices.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        let mut app = Self {
            page: Page::default(),
            theme: options.theme,
            recent: options.recent,
            draft: Draft::default(),
            has_begun: false,
            data: DataState::default(),
            devices: Loadable::Loading("Looking for devices".to_owned()),
            training: None,
            explainer: ExplainWorker::new(options.store.clone()),
            store: options.store,
            runs: Loadable::Idle,
            selection: Selection::default(),
            views: Views::default(),
            notices: Vec::new(),
            picker: options.picker,
            commands: None,
            trained_from: Ticket::default(),
            builder: None,
            start_when_prepared: None,
            split_is_open: false,
            looks_back: false,
            color_of_run: BTreeMap::new(),
            last_notice: 0,
            runs_read: Instant::now(),
            runs_known: RunMemory::default(),
            runs_asked: Ticket::default(),
            runs_true_from: Ticket::default(),
            runs_revision: 0,
            jobs: Jobs::new(options.waker),
        };
        app.recent.truncate(RECENT_KEPT);
        app.jobs.start(
            "devices",
            || Ok(seqscope_model::list_devices()),
            JobAnswer::Devices,
        );
        app.refresh_runs();
        app.check_draft();
        if let Some(path) = options.open {
            app.open_any(path);
        }
        app
    }

    /// Runs that start from now on are built in another way; for tests.
    #[doc(hidden)]
    pub fn build_with(&mut self, builder: ModelBuilder) {
        self.builder = Some(builder);
    }

    /// Takes in what background work has sent and starts loading what the present page and
    /// selection need: the head of the draft's file, series of the selected and compared runs,
    /// the user views of `selection`. Never waits.
    pub fn receive(&mut self) {
        while let Some(answer) = self.jobs.next() {
            self.take(answer);
        }
        if self.trains_elsewhere() && self.runs_read.elapsed() > FOREIGN_RUNS_EVERY {
            self.refresh_runs();
        }
        self.data
            .follow(&self.draft.experiment.data.source, &self.jobs);
        self.load_what_is_wanted();
    }

    /// Carries out one thing that a person asked. What cannot be done now is passed over.
    pub fn apply(&mut self, action: Action) {
        if self.enabled(&action).is_err() {
            return;
        }
        match action {
            Action::GoTo(page) => self.go_to(page),
            Action::SetTheme(theme) => self.theme = theme,
            Action::TryIt => self.try_it(),
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
            Action::Recommend(ask) => self.views.list.wanted = Some(*ask),
            Action::Forecast(key) => self.data.forecast(key, &self.jobs),
            Action::ChooseModel(kind) => self.change_draft(|draft| draft.choose_model(kind)),
            Action::Edit(next) => self.change_draft(|draft| draft.edit(*next, Instant::now())),
            Action::Undo => self.change_draft(Draft::undo),
            Action::Redo => self.change_draft(Draft::redo),
            Action::Start => self.start(),
            Action::Pause => self.command(Command::Hold),
            Action::Resume => self.command(Command::GoOn),
            Action::Stop(mode) => self.stop(mode),
            Action::ResumeRun(run) => self.resume_run(run),
            Action::RefreshRuns => self.refresh_runs(),
            Action::UseExperimentOf(run) => self.use_experiment_of(&run),
            Action::DeleteRun(run) => self.delete_run(run),
            Action::ExportRun(run, to) => self.export_run(run, to, Pseudonyms::Off),
            Action::ExportHidden(run, to) => self.export_run(run, to, Pseudonyms::UsersAndItems),
            Action::SetKey(key) => self.use_key(key),
            Action::Dismiss(id) => self.notices.retain(|notice| notice.id != id),
            Action::SelectRun(_) => {
                self.looks_back = true;
                self.select(action);
            }
            Action::SelectSecondRun(_)
            | Action::ToggleCompared(_)
            | Action::TestDifferences
            | Action::SelectUser(_)
            | Action::StepUser(_)
            | Action::SelectEpoch(_)
            | Action::SelectHead(_)
            | Action::SelectEvent(_) => self.select(action),
        }
    }

    /// Returns what the Train page shows: the run in work, whatever is chosen; else the chosen one.
    #[must_use]
    pub fn train_view(&self) -> TrainView<'_> {
        let chosen = self.selection.run.as_ref();
        let own = self.training.as_ref().filter(|training| {
            let is_chosen = chosen.is_none() || training.run.as_ref() == chosen;
            training.is_active() || is_chosen || !self.looks_back
        });
        match (own, chosen) {
            (Some(training), _) => TrainView::Run(training),
            (None, None) => TrainView::Nothing,
            (None, Some(run)) => match (
                self.views.series(run),
                self.summary(run).map(|summary| &summary.status),
            ) {
                (Loadable::Ready(series), _) => TrainView::Run(&series.training),
                (Loadable::Failed(why), _) | (Loadable::Idle, Some(RunStatus::Damaged(why))) => {
                    TrainView::Failed(why)
                }
                (Loadable::Loading(_) | Loadable::Idle, _) => TrainView::Loading(run),
            },
        }
    }

    /// The view key of the present selection for a run, when a user is selected.
    #[must_use]
    pub fn view_key(&self, run: &RunId) -> Option<ViewKey> {
        let user_id = self.selection.user_id.clone()?;
        let epoch = if self.selection.run.as_ref() == Some(run) {
            self.selection.epoch
        } else {
            None
        };
        Some(ViewKey {
            run: run.clone(),
            epoch,
            user_id,
        })
    }

    /// The data as the draft says them, if they are prepared.
    #[must_use]
    pub fn fresh_data(&self) -> Option<&Arc<Prepared>> {
        self.data
            .fresh(&self.draft.experiment.data, self.draft.experiment.split)
    }

    /// One line of the list of runs.
    #[must_use]
    pub fn summary(&self, run: &RunId) -> Option<&Summary> {
        self.runs.ready()?.iter().find(|summary| summary.id == *run)
    }

    /// Grows whenever [`App::runs`] is another list than before.
    #[must_use]
    pub fn runs_revision(&self) -> u64 {
        self.runs_revision
    }

    /// Which colour a run has: the same as long as the program runs, and distinct from its
    /// neighbours in time.
    #[must_use]
    pub fn color_idx(&self, run: &RunId) -> usize {
        self.color_of_run
            .get(run)
            .copied()
            .unwrap_or(self.color_of_run.len())
    }

    /// Whether a run is being made ready, trained or held.
    #[must_use]
    pub fn is_training(&self) -> bool {
        self.training.as_ref().is_some_and(Training::is_active)
    }

    /// Whether another process trains a run of this folder: its line in the list changes although
    /// nothing is heard of it here, so the list is read again now and then.
    #[must_use]
    pub fn trains_elsewhere(&self) -> bool {
        let own = self
            .training
            .as_ref()
            .filter(|training| training.is_active())
            .and_then(|t| t.run.as_ref());
        self.runs.ready().is_some_and(|runs| {
            runs.iter()
                .any(|summary| summary.status == RunStatus::Running && own != Some(&summary.id))
        })
    }

    fn go_to(&mut self, page: Page) {
        self.page = page;
        if page == Page::Compare {
            self.choose_runs_to_compare();
        }
    }

    /// Changes the draft and looks for its problems again.
    fn change_draft(&mut self, change: impl FnOnce(&mut Draft)) {
        let decides_split = |draft: &Draft| (draft.experiment.split, log_path(&draft.experiment));
        let before = decides_split(&self.draft);
        change(&mut self.draft);
        // A person has spoken, or it is another log.
        self.split_is_open &= decides_split(&self.draft) == before;
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
        let is_timeless = self.reads_file()
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

    fn set_source(&mut self, source: DataSource) {
        let mut next = self.draft.experiment.clone();
        next.data.source = source;
        self.change_draft(|draft| draft.replace(next));
    }

    fn change_file(&mut self, change: impl FnOnce(&mut FileSpec)) {
        if let DataSource::File(file) = &self.draft.experiment.data.source {
            let mut file = file.clone();
            change(&mut file);
            self.set_source(DataSource::File(file));
        }
    }

    fn pick(&mut self, kind: PickKind) {
        let picker = Arc::clone(&self.picker);
        self.jobs.start(
            "dialog",
            move || picker.pick(kind),
            move |path| JobAnswer::Picked(kind, path),
        );
    }

    fn open_any(&mut self, path: PathBuf) {
        if is_experiment(&path) {
            self.open_experiment(path);
        } else {
            self.open_data(path);
        }
    }

    /// A log in place of the draft's data; a name that nobody chose follows the file.
    fn open_data(&mut self, path: PathBuf) {
        self.remember(path.clone());
        let mut next = self.draft.experiment.clone();
        if self.is_name_given() {
            next.name = data::name_of(&path);
        }
        next.data.source = DataSource::File(FileSpec {
            path,
            ..FileSpec::default()
        });
        self.change_draft(|draft| draft.replace(next));
        self.split_is_open = true;
        self.go_to(Page::Data);
    }

    /// Whether the draft's name is one that the program gave: the default's, the quick start's, or
    /// that of the log in use.
    fn is_name_given(&self) -> bool {
        let Experiment { name, data, .. } = &self.draft.experiment;
        let is_of_file =
            matches!(&data.source, DataSource::File(file) if data::name_of(&file.path) == *name);
        is_of_file || *name == Experiment::default().name || name == start::QUICKSTART_NAME
    }

    fn open_experiment(&mut self, path: PathBuf) {
        self.remember(path.clone());
        let shown = path.clone();
        self.jobs.start(
            "experiment",
            move || Experiment::open(&path).map(Box::new).map_err(job::sentence),
            move |result| JobAnswer::Opened(shown, result),
        );
    }

    fn save_experiment(&mut self, path: PathBuf) {
        let (experiment, shown) = (self.draft.experiment.clone(), path.clone());
        self.jobs.start(
            "save",
            move || start::write_new(&path, &experiment),
            move |result| JobAnswer::Saved(shown, result),
        );
    }

    fn remember(&mut self, path: PathBuf) {
        self.recent.retain(|other| *other != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT_KEPT);
    }

    /// Reads the folder of runs again; the present list stays until the new one is here.
    fn refresh_runs(&mut self) {
        if self.runs.ready().is_none() {
            self.runs = Loadable::Loading(format!("Reading {}", self.store.root.display()));
        }
        self.runs_read = Instant::now();
        let (store, known) = (self.store.clone(), self.runs_known.clone());
        self.runs_asked.0 += 1;
        let ticket = self.runs_asked;
        self.jobs.start(
            "runs",
            move || store.list_again(&known).map_err(job::sentence),
            move |runs| JobAnswer::Runs(ticket, runs),
        );
    }
}

/// Whether a file is an experiment, by its ending; anything else is a log.
#[must_use]
pub fn is_experiment(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("ron"))
}

/// The log on disk that an experiment reads, if it reads one.
fn log_path(experiment: &Experiment) -> Option<PathBuf> {
    match &experiment.data.source {
        DataSource::World(_) => None,
        DataSource::File(file) => Some(file.path.clone()),
    }
}
