//! Background work: named threads, started here only.

use std::path::PathBuf;
use std::sync::Arc;

/// Called from any thread when something has arrived for the application.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// What is asked for in a file dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickKind {
    /// A log.
    Data,
    /// A table of titles.
    Titles,
    /// An experiment file.
    Experiment,
}

/// The system's file dialog; called on a background thread, may take as long as it likes.
pub trait FilePicker: Send + Sync {
    /// The file chosen; `None` when cancelled.
    fn pick(&self, kind: PickKind) -> Option<PathBuf>;
}

/// Something that takes time to get.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Loadable<T> {
    /// Not asked for.
    #[default]
    Idle,
    /// On its way: what is being done, such as `reading ml-100k.inter`.
    Loading(String),
    /// Here.
    Ready(T),
    /// Could not be had: why, and the cure.
    Failed(String),
}

impl<T> Loadable<T> {
    /// The thing, when it is here.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(it) => Some(it),
            _ => None,
        }
    }

    /// Whether it is on its way.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading(_))
    }
}

/// Threads at work and the channel on which they answer.
pub(super) struct Jobs {}
