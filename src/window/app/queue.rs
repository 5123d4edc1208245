//! The queue: its changes, each as background work in the order in which it was asked, and the
//! entry that this window trains.

use std::collections::VecDeque;

use super::job::{TrainingWork, sentence};
use super::{Action, App, Loadable, Tone, Training};
use seqscope_base::spec::Problem;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{Queue, QueueClaim, QueueEntry, QueueWork, RunQueue};

/// One thing that a person asks of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueAction {
    /// Add what the draft says behind the last entry.
    Add,
    /// Move an entry to a place among those that wait, from 1.
    Move {
        /// Its number.
        number: u64,
        /// Its place.
        place: usize,
    },
    /// Take an entry off; its run is kept.
    Cancel(u64),
    /// Take a failed or cancelled entry up again.
    Retry(u64),
    /// Begin nothing more, and leave what is at work.
    Pause,
    /// Work on it, and go on where it is paused.
    Go,
    /// Begin nothing more from this window; the queue itself is not paused.
    Rest,
    /// Drop the entries that have ended from the list.
    Clear,
}

impl QueueAction {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Add => "Add to the queue",
            Self::Move { .. } => "Move in the queue",
            Self::Cancel(_) => "Cancel the entry",
            Self::Retry(_) => "Try the entry again",
            Self::Pause => "Pause the queue",
            Self::Go => "Go on with the queue",
            Self::Rest => "Leave the queue alone",
            Self::Clear => "Clear the queue's list",
        }
    }
}

/// Work on the queue's file, done off the window's thread.
enum QueueJob {
    Read,
    Add(Box<Experiment>),
    Ask(QueueAction),
    Claim,
    PutBack(QueueClaim),
}

/// Result of such work.
struct QueueAnswer {
    list: Queue,
    /// The entry that was taken to be trained here.
    claim: Option<QueueClaim>,
    /// Reason why the change was refused.
    refused: Option<String>,
}

impl QueueJob {
    fn done(self, queue: &RunQueue) -> Result<QueueAnswer, String> {
        let mut claim = None;
        let changed = match self {
            Self::Add(experiment) => queue.add(vec![QueueWork::Train(experiment)]).map(|_| ()),
            Self::Claim => queue.claim().map(|taken| claim = taken),
            Self::PutBack(claim) => claim.put_back(),
            Self::Ask(QueueAction::Move { number, place }) => queue.move_to(number, place),
            Self::Ask(QueueAction::Cancel(number)) => queue.cancel(number),
            Self::Ask(QueueAction::Retry(number)) => queue.retry(number),
            Self::Ask(QueueAction::Pause) => queue.set_paused(true),
            Self::Ask(QueueAction::Go) => queue.set_paused(false),
            Self::Ask(QueueAction::Clear) => queue.clear().map(|_| ()),
            Self::Read | Self::Ask(QueueAction::Add | QueueAction::Rest) => Ok(()),
        };
        let refused = changed.err().map(sentence);
        let list = queue.list().map_err(sentence)?;
        Ok(QueueAnswer {
            list,
            claim,
            refused,
        })
    }
}

/// The queue of the folder of runs, and what this window does for it.
#[derive(Default)]
pub struct QueueState {
    listed: Loadable<Queue>,
    /// Whether this window works on it: not until a person has said so since the program began.
    works: bool,
    at_work: Option<u64>,
    /// Work that waits for its turn: two changes at once might change places.
    pending: VecDeque<QueueJob>,
    is_busy: bool,
    /// The queue as it was when nothing in it could be taken, although something waited.
    nothing_in: Option<Queue>,
}

impl QueueState {
    /// The list, or how far it is.
    #[must_use]
    pub fn listed(&self) -> &Loadable<Queue> {
        &self.listed
    }

    /// Number of the entry that this window trains.
    #[must_use]
    pub fn at_work(&self) -> Option<u64> {
        self.at_work
    }

    /// Whether entries that wait are begun by this window.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        let is_paused = self.listed.ready().is_none_or(|queue| queue.is_paused);
        self.works && !is_paused
    }

    /// Whether another program works on an entry.
    #[must_use]
    pub fn is_worked_on_elsewhere(&self) -> bool {
        let entries = self.listed.ready().into_iter().flat_map(|it| &it.entries);
        let mut held = entries.filter(|entry| entry.is_held);
        held.any(|entry| Some(entry.number) != self.at_work)
    }

    /// Entries that have something left to do, this window's own first.
    pub fn open(&self) -> impl Iterator<Item = &QueueEntry> {
        let entries = self.listed.ready().into_iter().flat_map(|it| &it.entries);
        entries.filter(|entry| entry.is_open())
    }

    /// Whether an entry may be taken now.
    fn can_claim(&self) -> bool {
        self.goes_on()
            && self.at_work.is_none()
            && !self.is_busy
            && self.pending.is_empty()
            && !self.is_worked_on_elsewhere()
            && self.listed.ready() != self.nothing_in.as_ref()
            && (self.listed.ready()).is_some_and(|queue| queue.waiting().next().is_some())
    }
}

impl App {
    /// Carries out what a person asks of the queue.
    pub(super) fn act_queue(&mut self, action: QueueAction) {
        match action {
            QueueAction::Add => {
                self.queue.works = true;
                let experiment = Box::new(self.draft.experiment.clone());
                self.queue_job(QueueJob::Add(experiment));
                return;
            }
            QueueAction::Go => self.queue.works = true,
            QueueAction::Rest => {
                self.queue.works = false;
                return;
            }
            QueueAction::Move { .. }
            | QueueAction::Cancel(_)
            | QueueAction::Retry(_)
            | QueueAction::Pause
            | QueueAction::Clear => {}
        }
        self.queue_job(QueueJob::Ask(action));
    }

    /// Why something cannot be asked of the queue now.
    pub(super) fn can_queue(&self, action: &QueueAction) -> Result<(), String> {
        let reason = match action {
            QueueAction::Add => {
                let mut problems = self.draft.problems.iter();
                problems.find(|it| it.is_error()).map(Problem::sentence)
            }
            QueueAction::Pause if !self.queue.goes_on() => {
                Some("The queue is not worked on from here.".to_owned())
            }
            QueueAction::Go if self.queue.goes_on() => Some("The queue goes on.".to_owned()),
            QueueAction::Move { .. }
            | QueueAction::Cancel(_)
            | QueueAction::Retry(_)
            | QueueAction::Pause
            | QueueAction::Go
            | QueueAction::Rest
            | QueueAction::Clear => None,
        };
        reason.map_or(Ok(()), Err)
    }

    /// Reads the queue again.
    pub(super) fn read_queue(&mut self) {
        if !self
            .queue
            .pending
            .iter()
            .any(|job| matches!(job, QueueJob::Read))
        {
            self.queue_job(QueueJob::Read);
        }
    }

    /// Takes the next entry once nothing trains and this window works on the queue.
    pub(super) fn work_queue(&mut self) {
        if !self.training.is_active() && self.queue.can_claim() {
            self.queue_job(QueueJob::Claim);
        }
    }

    fn queue_job(&mut self, job: QueueJob) {
        self.queue.pending.push_back(job);
        self.next_queue_job();
    }

    fn next_queue_job(&mut self) {
        if self.queue.is_busy {
            return;
        }
        let Some(job) = self.queue.pending.pop_front() else {
            return;
        };
        self.queue.is_busy = true;
        let (queue, is_claim) = (self.runs.store.queue(), matches!(job, QueueJob::Claim));
        self.jobs.start(
            "queue",
            move || job.done(&queue),
            move |app, answer| app.take_queue(is_claim, answer),
        );
    }

    fn take_queue(&mut self, is_claim: bool, answer: Result<QueueAnswer, String>) {
        self.queue.is_busy = false;
        match answer {
            Ok(answer) => {
                let is_nothing = is_claim && answer.claim.is_none();
                self.queue.nothing_in = is_nothing.then(|| answer.list.clone());
                self.queue.listed = Loadable::Ready(answer.list);
                if let Some(why) = answer.refused {
                    self.notices.tell(Tone::Error, why, None);
                }
                if let Some(claim) = answer.claim {
                    self.take_claim(claim);
                }
            }
            Err(why) => {
                if self.queue.listed.failed() != Some(&why) {
                    let again = Action::RefreshRuns;
                    let cure = Some((again.label().to_owned(), again));
                    self.notices.tell(Tone::Error, why.clone(), cure);
                }
                self.queue.listed = Loadable::Failed(why);
            }
        }
        self.next_queue_job();
    }

    /// Trains an entry that was taken; gives it back where something else was begun meanwhile.
    fn take_claim(&mut self, claim: QueueClaim) {
        if self.training.is_active() {
            self.queue_job(QueueJob::PutBack(claim));
            return;
        }
        let (number, experiment) = (claim.number, claim.work.experiment());
        let prepared = match &claim.resume {
            Some(run) => self.known_data(run),
            None => (self.data)
                .fresh(&experiment.data, experiment.split)
                .cloned(),
        };
        self.training.begin(Training {
            run: claim.resume.clone(),
            ..Training::starting(experiment)
        });
        self.queue.at_work = Some(number);
        self.launch(TrainingWork::Queued(Box::new(claim), prepared));
    }

    /// The training thread has returned from an entry, whatever was begun since.
    pub(super) fn queue_returned(&mut self) {
        self.queue.at_work = None;
        self.read_queue();
    }
}
