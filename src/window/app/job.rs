//! Background work: named threads, started in this folder only, which answer on one channel.

mod explain;
mod train;

pub(super) use explain::{ExplainQuestion, ExplainWorker};
pub use train::ModelBuilder;
pub(super) use train::start_training;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use seqscope_base::spec::words_of_panic;
use seqscope_data::{DataSpec, Prepared, Preview, SplitSpec};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::explain::{Recommendation, UserView};
use seqscope_engine::run::{RunId, Summary};
use seqscope_engine::train::{Ended, Event, Preparing};
use seqscope_model::DeviceInfo;

use super::data_state::CountedLog;
use super::forecast_state::CountForecast;
use super::list_state::ListAsk;
use super::significance::Significance;
use super::views::{RunSeries, ViewKey};

/// Answers that may wait for [`super::App::receive`]. A thread with more to say holds until the
/// window has listened; only progress is dropped.
const CHANNEL_BOUND: usize = 256;

/// Called from any thread when something has arrived for the application.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Kind of file that a dialog asks for.
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
    ///
    /// # Errors
    /// A sentence with the cure when no dialog could be shown.
    fn pick(&self, kind: PickKind) -> Result<Option<PathBuf>, String>;
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

impl<T> From<Result<T, String>> for Loadable<T> {
    fn from(result: Result<T, String>) -> Self {
        match result {
            Ok(it) => Self::Ready(it),
            Err(sentence) => Self::Failed(sentence),
        }
    }
}

/// Number of the request that an answer belongs to; answers to an older one are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(pub(super) u64);

/// Answer of background work. Errors come as sentences.
pub(super) enum JobAnswer {
    Devices(Result<Vec<DeviceInfo>, String>),
    Runs(Ticket, Result<Vec<Summary>, String>),
    Picked(PickKind, Result<Option<PathBuf>, String>),
    Previewed(Ticket, Result<Preview, String>),
    Prepared(Ticket, (DataSpec, SplitSpec), Result<CountedLog, String>),
    List(ListAsk, Result<Arc<Recommendation>, String>),
    Forecast(Ticket, Result<Arc<CountForecast>, String>),
    Opened(PathBuf, Result<Box<Experiment>, String>),
    Saved(PathBuf, Result<(), String>),
    Preparing(Ticket, Preparing),
    Train(Event),
    Trained(Ticket, Result<(RunId, Ended), String>),
    Significance(Result<Arc<Significance>, String>),
    Series(RunId, Result<Arc<RunSeries>, String>),
    RunData(RunId, Result<Arc<Prepared>, String>),
    User(ViewKey, Result<Arc<UserView>, String>),
    Deleted(RunId, Result<(), String>),
    Exported(RunId, PathBuf, Result<usize, String>),
    ProfileExported(PathBuf, Result<(), String>),
}

/// Sends the answers of background work to the application.
#[derive(Clone)]
pub(super) struct AnswerSender {
    answers: SyncSender<JobAnswer>,
    waker: Waker,
}

impl AnswerSender {
    /// Waits while the channel is full. Silent when the window has gone.
    pub(super) fn send(&self, answer: JobAnswer) {
        if self.answers.send(answer).is_ok() {
            (self.waker)();
        }
    }

    /// Drops the answer when the channel is full.
    pub(super) fn offer(&self, answer: JobAnswer) {
        if self.answers.try_send(answer).is_ok() {
            (self.waker)();
        }
    }
}

/// Threads at work and the channel on which they answer.
pub(super) struct Jobs {
    post: AnswerSender,
    answers: Receiver<JobAnswer>,
}

impl Jobs {
    pub(super) fn new(waker: Waker) -> Self {
        let (sender, answers) = sync_channel(CHANNEL_BOUND);
        Self {
            post: AnswerSender {
                answers: sender,
                waker,
            },
            answers,
        }
    }

    pub(super) fn post(&self) -> AnswerSender {
        self.post.clone()
    }

    /// The next answer, if there is one. Never waits.
    pub(super) fn next(&self) -> Option<JobAnswer> {
        self.answers.try_recv().ok()
    }

    /// Does `work` on a thread of that name and sends what `answer` makes of its result. A panic in
    /// `work` is an error like any other.
    pub(super) fn start<T, W, A>(&self, name: &str, work: W, answer: A)
    where
        W: FnOnce() -> Result<T, String> + Send + 'static,
        A: FnOnce(Result<T, String>) -> JobAnswer + Send + Clone + 'static,
    {
        let (post, refused) = (self.post(), answer.clone());
        if let Err(error) = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || post.send(answer(catch(work))))
        {
            self.post.offer(refused(Err(format!(
                "The system gave no thread for this ({error}); close other programs."
            ))));
        }
    }
}

/// Runs `work`; a panic becomes a sentence.
pub(super) fn catch<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(defect(panic.as_ref())))
}

/// The sentence for a caught panic.
fn defect(panic: &(dyn std::any::Any + Send)) -> String {
    let said = words_of_panic(panic).unwrap_or("no message");
    format!("A defect of the program stopped this: {said}. The rest goes on; please report it.")
}

/// An error as a sentence: a capital at the start, a full stop at the end. A setting at the start
/// (`model.n_heads: …`) keeps its letters, for it is written so and not otherwise.
pub(super) fn sentence(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let text = text.trim();
    let first_word = text
        .split([' ', ':'])
        .next()
        .unwrap_or_default()
        .trim_end_matches('.');
    let mut chars = text.chars();
    let mut sentence = match chars.next() {
        Some(first) if !first_word.contains(['.', '_']) => first.to_uppercase().collect(),
        first => first.map(String::from).unwrap_or_default(),
    };
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::sentence;
    use seqscope_base::spec::Problem;
    use seqscope_engine::train::TrainError;

    #[test]
    fn an_error_becomes_a_sentence_and_a_setting_keeps_its_letters() {
        assert_eq!(
            sentence("no such run; list them"),
            "No such run; list them."
        );
        assert_eq!(sentence("évident."), "Évident.");
        assert_eq!(sentence(" "), ".");
        let problems = vec![
            Problem::error("model.n_heads", "3 heads do not fit."),
            Problem::error("", "Too few users."),
        ];
        assert_eq!(
            sentence(TrainError::Problems(problems)),
            "model.n_heads: 3 heads do not fit.\nToo few users."
        );
    }
}
