//! The application without a window: state, what a person can ask, background work. Knows no
//! egui, no burn, no polars; the only place that starts threads.
//!
//! A page reads `&App` and pushes [`Action`]s; only [`App::apply`] changes state. One exception: a
//! form edits [`Draft::experiment`] in place through `&mut Draft`. [`App::receive`] drains what
//! background work has sent; call it once a frame, also while the window is hidden.

mod action;
mod data_state;
mod draft;
mod job;
mod notice;
mod selection;
mod training;
mod views;

pub use action::Action;
pub use data_state::{DataState, RawEvent};
pub use draft::Draft;
pub use job::{FilePicker, Loadable, PickKind, Waker};
pub use notice::{Notice, NoticeId};
pub use selection::{HeadIdx, Page, Selection, ThemeChoice};
pub use training::{LivePoint, Training, TrainingPhase};
pub use views::{RunSeries, ViewKey, Views};

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::DeviceInfo;
use crate::run::{RunStore, Summary};

/// What the application is started with.
#[derive(Clone)]
pub struct AppOptions {
    /// Folder of runs.
    pub store: RunStore,
    /// Called from any thread when something has arrived for [`App::receive`].
    pub waker: Waker,
    /// The system's file dialog.
    pub picker: Arc<dyn FilePicker>,
    /// A log to open at the start.
    pub open: Option<PathBuf>,
    /// Files opened of late, newest first.
    pub recent: Vec<PathBuf>,
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
    /// What is looked at.
    pub selection: Selection,
    /// Series and user views, loaded when they are first asked for.
    pub views: Views,
    /// What went wrong or is worth knowing, until dismissed.
    pub notices: Vec<Notice>,
    jobs: job::Jobs,
}

impl App {
    /// A fresh application; starts to read the folder of runs and the devices.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        let _ = options;
        todo!()
    }

    /// Takes in what background work has sent, settles the draft (undo, problems), and starts
    /// loading what the present page and selection need (series of the selected and compared
    /// runs, the user views of `selection`).
    pub fn receive(&mut self) {
        todo!()
    }

    /// Carries out one thing that a person asked.
    pub fn apply(&mut self, action: Action) {
        let _ = action;
        todo!()
    }

    /// Whether the action can be done now; if not, why not.
    ///
    /// # Errors
    /// The reason, as the hover text of a disabled control.
    pub fn enabled(&self, action: &Action) -> Result<(), String> {
        let _ = action;
        todo!()
    }

    /// The view key of the present selection for a run, when a user is selected.
    #[must_use]
    pub fn view_key(&self, run: &crate::run::RunId) -> Option<ViewKey> {
        let user_id = self.selection.user_id.clone()?;
        let epoch = if self.selection.run.as_ref() == Some(run) { self.selection.epoch } else { None };
        Some(ViewKey { run: run.clone(), epoch, user_id })
    }
}
