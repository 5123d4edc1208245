//! Attention averaged over many users, a job for each of the two runs that are looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::sentence;
use super::loadable::Ticket;
use super::{App, Loadable};
use seqscope_data::Prepared;
use seqscope_engine::explain::{MeanAttention, mean_attention};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::slice::SliceMembers;
use seqscope_engine::train::restore;

/// Runs whose averages are kept: two side by side.
const RUNS_KEPT: usize = 2;

/// Users whose attention is averaged.
#[derive(Clone, Debug, PartialEq)]
pub struct AveragedUsers {
    /// Name of them all in a sentence, such as `everyone`.
    pub name: String,
    /// The slice that they are; `None` for everyone.
    pub of: Option<Arc<SliceMembers>>,
    /// The most that are looked at, spread evenly over them in the order of the log.
    pub most: usize,
}

impl AveragedUsers {
    /// The users that are looked at, of a log of so many. Evenly spread, for the order of a log may
    /// mean something.
    #[must_use]
    pub fn chosen(&self, n_all: usize) -> Vec<usize> {
        let n = self.of.as_ref().map_or(n_all, |of| of.users.len());
        let most = self.most.clamp(1, n.max(1));
        let places = (0..most.min(n)).map(|at| at * n / most);
        match &self.of {
            None => places.collect(),
            Some(of) => {
                let users = places.filter_map(|at| of.users.get(at));
                users.map(|user| *user as usize).collect()
            }
        }
    }
}

/// Run, epoch and users of an average.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanAttentionKey {
    /// The run.
    pub run: RunId,
    /// The epoch; `None` for the best.
    pub epoch: Option<usize>,
    /// The users.
    pub users: AveragedUsers,
}

/// An average, or how far it is.
#[derive(Debug)]
pub struct MeanAttentionJob {
    /// Object of the average.
    pub key: MeanAttentionKey,
    /// Users looked at so far, and all that are to be.
    pub progress: [usize; 2],
    /// The average.
    pub found: Loadable<Arc<MeanAttention>>,
    ticket: Ticket,
    stop: Arc<AtomicBool>,
}

/// A job that nobody waits for ends.
impl Drop for MeanAttentionJob {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Averages of the runs that were looked at last.
#[derive(Debug, Default)]
pub struct MeanAttentionState {
    jobs: Vec<MeanAttentionJob>,
    ticket: Ticket,
}

impl MeanAttentionState {
    /// The last average of a run.
    #[must_use]
    pub fn of_run(&self, run: &RunId) -> Option<&MeanAttentionJob> {
        self.jobs.iter().find(|job| job.key.run == *run)
    }

    fn of_ticket(&mut self, ticket: Ticket) -> Option<&mut MeanAttentionJob> {
        self.jobs.iter_mut().find(|job| job.ticket == ticket)
    }

    /// Ends the work on a run at its next user.
    pub(super) fn stop(&self, run: &RunId) {
        if let Some(job) = self.of_run(run) {
            job.stop.store(true, Ordering::Relaxed);
        }
    }

    fn begin(&mut self, key: MeanAttentionKey) -> (Ticket, Arc<AtomicBool>) {
        self.jobs.retain(|job| job.key.run != key.run);
        if self.jobs.len() >= RUNS_KEPT {
            self.jobs.remove(0);
        }
        let (ticket, stop) = (self.ticket.renew(), Arc::new(AtomicBool::new(false)));
        self.jobs.push(MeanAttentionJob {
            key,
            progress: [0, 0],
            found: Loadable::Loading("Opening the run".to_owned()),
            ticket,
            stop: Arc::clone(&stop),
        });
        (ticket, stop)
    }
}

impl App {
    /// Starts to average; what was averaged of the run before is left.
    pub(super) fn average_attention(&mut self, key: MeanAttentionKey) {
        let known = self.views.data(&key.run).cloned();
        let store = self.runs.store.clone();
        let (ticket, stop) = self.mean_attention.begin(key.clone());
        let sender = self.jobs.sender();
        let mut see = move |progress: [usize; 2]| {
            sender.offer(move |app: &mut Self| {
                if let Some(job) = app.mean_attention.of_ticket(ticket) {
                    job.progress = progress;
                }
            });
            !stop.load(Ordering::Relaxed)
        };
        self.jobs.start(
            "mean attention",
            move || averaged(&store, &key, known, &mut see).map(Arc::new),
            move |app, found| {
                if let Some(job) = app.mean_attention.of_ticket(ticket) {
                    job.found = found.into();
                }
            },
        );
    }

    /// Why attention cannot be averaged over users now.
    pub(super) fn can_average(&self, key: &MeanAttentionKey) -> Result<(), String> {
        let job = self.mean_attention.of_run(&key.run);
        match job {
            Some(job) if job.found.is_loading() && job.key == *key => {
                Err("This average is being made; stop it first.".to_owned())
            }
            Some(_) | None => {
                let slice = key.users.of.as_ref();
                match slice.and_then(|slice| slice.why_empty.as_ref()) {
                    Some(why) => Err(why.clone()),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Users between two words of progress.
const TELL_EVERY: usize = 4;

fn averaged(
    store: &RunStore,
    key: &MeanAttentionKey,
    known: Option<Arc<Prepared>>,
    goes_on: &mut dyn FnMut([usize; 2]) -> bool,
) -> Result<MeanAttention, String> {
    let restored = restore(store, &key.run, key.epoch, known).map_err(sentence)?;
    let users = key.users.chosen(restored.prepared.dataset.users.len());
    let (n, mut is_stopped) = (users.len(), false);
    let mut see = |done: usize| {
        if done.is_multiple_of(TELL_EVERY) {
            is_stopped = !goes_on([done, n]);
        }
        !is_stopped
    };
    let model = restored.model.as_ref();
    let found = mean_attention(model, &restored.prepared, &users, &mut see).map_err(sentence)?;
    found.ok_or_else(|| {
        if is_stopped {
            "Stopped before every user was looked at; average again, of fewer users.".to_owned()
        } else {
            let family = restored.manifest.experiment.model.family();
            format!("{} Choose another run.", family.why_no_attention())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_spread_evenly_over_those_that_are_meant() {
        let users = |of: Option<Vec<u32>>, most| AveragedUsers {
            name: String::new(),
            of: of.map(|users| {
                Arc::new(SliceMembers {
                    users,
                    ..SliceMembers::default()
                })
            }),
            most,
        };
        assert_eq!(users(None, 4).chosen(8), [0, 2, 4, 6]);
        assert_eq!(users(None, 100).chosen(3), [0, 1, 2]);
        assert_eq!(users(Some(vec![5, 7, 9]), 2).chosen(100), [5, 7]);
        assert_eq!(users(Some(Vec::new()), 2).chosen(100), [0; 0]);
        assert_eq!(users(None, 0).chosen(0), [0; 0]);
    }
}
