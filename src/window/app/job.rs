//! Background work: named threads, started in this folder only, which answer on one channel. It
//! knows nothing of the application: an answer is what its asker makes of the result.

mod explain;
mod train;

pub(super) use explain::{ExplainWorker, ModelCache, QuestionWatch};
pub use train::ModelBuilder;
pub(super) use train::{TrainingNews, TrainingWork, start_race, start_training};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use seqscope_base::spec::words_of_panic;
use seqscope_engine::figure::FigureForm;

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
    /// A file for a chart in this form, which need not be there.
    Figure(FigureForm),
}

/// The system's file dialog; called on a background thread, may take as long as it likes.
pub trait FilePicker: Send + Sync {
    /// The file chosen; `None` when cancelled.
    ///
    /// # Errors
    /// A sentence with the cure when no dialog could be shown.
    fn pick(&self, kind: PickKind) -> Result<Option<PathBuf>, String>;
}

/// Change that finished work makes to the state `S` of the application.
pub(super) type Answer<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Sends the answers of background work to the application.
pub(super) struct AnswerSender<S> {
    answers: SyncSender<Answer<S>>,
    waker: Waker,
}

impl<S> Clone for AnswerSender<S> {
    fn clone(&self) -> Self {
        Self {
            answers: self.answers.clone(),
            waker: Arc::clone(&self.waker),
        }
    }
}

impl<S> AnswerSender<S> {
    /// Waits while the channel is full. Silent when the window has gone.
    pub(super) fn send(&self, answer: impl FnOnce(&mut S) + Send + 'static) {
        if self.answers.send(Box::new(answer)).is_ok() {
            (self.waker)();
        }
    }

    /// Drops the answer when the channel is full.
    pub(super) fn offer(&self, answer: impl FnOnce(&mut S) + Send + 'static) {
        if self.answers.try_send(Box::new(answer)).is_ok() {
            (self.waker)();
        }
    }
}

/// Threads at work and the channel on which they answer. What an answer changes is known to whoever
/// asked; here it is only carried.
pub(super) struct Jobs<S> {
    sender: AnswerSender<S>,
    answers: Receiver<Answer<S>>,
}

impl<S: 'static> Jobs<S> {
    pub(super) fn new(waker: Waker) -> Self {
        let (sender, answers) = sync_channel(CHANNEL_BOUND);
        Self {
            sender: AnswerSender {
                answers: sender,
                waker,
            },
            answers,
        }
    }

    pub(super) fn sender(&self) -> AnswerSender<S> {
        self.sender.clone()
    }

    /// The next answer, if there is one. Never waits.
    pub(super) fn next(&self) -> Option<Answer<S>> {
        self.answers.try_recv().ok()
    }

    /// Does `work` on a thread of that name; `answer` takes its result into the state. A panic in
    /// `work` is an error like any other.
    pub(super) fn start<T, W, A>(&self, name: &str, work: W, answer: A)
    where
        T: Send + 'static,
        W: FnOnce() -> Result<T, String> + Send + 'static,
        A: FnOnce(&mut S, Result<T, String>) + Send + Clone + 'static,
    {
        let (sender, refused) = (self.sender(), answer.clone());
        let spawned = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let result = catch(work);
                sender.send(move |state| answer(state, result));
            });
        if let Err(error) = spawned {
            let why =
                format!("The system gave no thread for this ({error}); close other programs.");
            self.sender.offer(move |state| refused(state, Err(why)));
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
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Answer, Jobs, sentence};
    use seqscope_base::spec::Problem;
    use seqscope_engine::train::TrainError;

    /// Answer that comes next; waits for it.
    fn next(jobs: &Jobs<Vec<String>>) -> Answer<Vec<String>> {
        let wait = jobs.answers.recv_timeout(Duration::from_mins(1));
        wait.expect("an answer")
    }

    #[test]
    fn an_answer_changes_the_state_when_it_is_taken_in_and_a_panic_is_one_too() {
        let (jobs, mut state) = (Jobs::new(Arc::new(|| ())), Vec::new());
        let keep = |state: &mut Vec<String>, result: Result<String, String>| {
            state.push(result.unwrap_or_else(|why| why));
        };
        jobs.start("first", || Ok("done".to_owned()), keep);
        let answer = next(&jobs);
        assert!(state.is_empty() && jobs.next().is_none());
        answer(&mut state);
        jobs.start("second", || panic!("of no use"), keep);
        next(&jobs)(&mut state);
        assert_eq!(state[0], "done");
        assert!(state[1].contains("of no use"), "{state:?}");
    }

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
