//! `seqscope queue run`: trains one entry after the other in this process.

use std::sync::Arc;

use super::json_of;
use crate::Streams;
use crate::outcome::{OutputForm, tell};
use crate::progress::ProgressLines;
use crate::signals::Signals;
use crate::train::opened;
use seqscope_data::{DataError, DataSpec, Prepared, SplitSpec};
use seqscope_engine::error::Error;
use seqscope_engine::run::{QueueClaim, RunId, RunQueue, tuning_effect};
use seqscope_engine::train::{Ended, Job, TrainError, not_begun, queued_job, run_queued};

/// The data of the entry before, which are often those of the next one too.
struct OpenData {
    data: DataSpec,
    split: SplitSpec,
    prepared: Arc<Prepared>,
}

/// Number of entries that were worked on, and of those that failed.
#[derive(Default)]
struct Tally {
    n_done: usize,
    n_failed: usize,
}

/// Trains one entry after the other until none waits, the queue is paused, or a signal comes.
pub(super) fn work_off(
    queue: &RunQueue,
    form: OutputForm,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let mut control = Signals::listen()?;
    let (mut tally, mut open) = (Tally::default(), None);
    while !control.is_ending() {
        let Some(claim) = queue.claim()? else { break };
        let entry = claim.work.experiment();
        let title = entry.model.family().title();
        writeln!(
            streams.err,
            "entry {}: {} ({title}, seed {})",
            claim.number, entry.name, entry.seed
        )?;
        let told = match train(claim, &mut open, &mut control, streams) {
            Ok((id, ended)) => told(queue, &id, &ended, form, streams),
            Err(error) => Err(error),
        };
        tally.n_done += 1;
        match told {
            Ok(())
            | Err(Error::Train(TrainError::Data(DataError::Cancelled) | TrainError::Cancelled)) => {
            }
            Err(error @ Error::Output(_)) => return Err(error),
            Err(Error::Paused(sentence)) => writeln!(streams.err, "{sentence}")?,
            Err(error) => {
                tally.n_failed += 1;
                write!(streams.err, "{}", error.report())?;
            }
        }
    }
    if form == OutputForm::Json {
        streams.json(&json_of(&queue.list()?))?;
    }
    end(queue, &tally, control.is_leaving(), form, streams)
}

/// Opens the data of an entry and trains it.
fn train(
    claim: QueueClaim,
    open: &mut Option<OpenData>,
    control: &mut Signals,
    streams: &mut Streams<'_>,
) -> Result<(RunId, Ended), Error> {
    let mut job = queued_job(&claim, None);
    let prepared = match prepared(&mut job, open, control) {
        Ok(prepared) => prepared,
        Err(Error::Train(error)) => {
            not_begun(claim, &error, !control.is_leaving())?;
            return Err(error.into());
        }
        Err(error) => {
            claim.failed(error.to_string())?;
            return Err(error);
        }
    };
    let mut watcher = ProgressLines::new(streams.err);
    Ok(run_queued(claim, prepared, control, &mut watcher)?)
}

/// The data of a job: those that are open, where they are its own.
fn prepared(
    job: &mut Job,
    open: &mut Option<OpenData>,
    control: &Signals,
) -> Result<Option<Arc<Prepared>>, Error> {
    let (data, split) = (&job.experiment.data, job.experiment.split);
    if let Some(open) = open
        && open.data == *data
        && open.split == split
    {
        return Ok(Some(Arc::clone(&open.prepared)));
    }
    // Two logs at once may be more than fits into memory.
    *open = None;
    let prepared = opened(job, control)?;
    *open = prepared.clone().map(|prepared| OpenData {
        data: data.clone(),
        split,
        prepared,
    });
    Ok(prepared)
}

fn told(
    queue: &RunQueue,
    id: &RunId,
    ended: &Ended,
    form: OutputForm,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let manifest = queue.store().manifest(id)?;
    let effect = tuning_effect(queue.store(), &manifest)?;
    tell(&manifest, ended, effect.as_ref(), form, streams)
}

/// Says why no further entry is taken.
fn end(
    queue: &RunQueue,
    tally: &Tally,
    is_leaving: bool,
    form: OutputForm,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let list = queue.list()?;
    let n_waiting = list.waiting().count();
    if is_leaving {
        return Err(Error::Paused(format!(
            "the queue was left with {} to be trained; `seqscope queue run` goes on",
            entries(n_waiting)
        )));
    }
    if list.is_paused {
        return Err(Error::Paused(format!(
            "the queue is paused with {} to be trained; `seqscope queue go` lets it go on, and \
             `seqscope queue run` works on it",
            entries(n_waiting)
        )));
    }
    let Tally { n_done, n_failed } = *tally;
    if n_failed > 0 {
        return Err(Error::edge(
            format!("{n_failed} of {} failed", entries(n_done)),
            "`seqscope queue` tells why; `seqscope queue retry N` takes one up again",
        ));
    }
    if form == OutputForm::Text {
        let others = list.entries.iter().filter(|entry| entry.is_held).count();
        let beside = match others {
            0 => String::new(),
            n => format!(", {} still trained by other programs", entries(n)),
        };
        writeln!(streams.out, "worked off: {}{beside}", entries(n_done))?;
    }
    Ok(())
}

fn entries(n: usize) -> String {
    match n {
        1 => "1 entry".to_owned(),
        n => format!("{n} entries"),
    }
}
