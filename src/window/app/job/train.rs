//! The training thread: commands in through a channel, events out through another.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::{AnswerSender, JobAnswer, Jobs, Ticket, sentence};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::train::{
    self, Built, Command, Control, Event, EventKind, Observer, Preparing, TrainError,
};
use seqscope_model::Blueprint;

/// Another way to build a model: tests plant one that panics, or that needs no time.
pub type ModelBuilder =
    Arc<dyn Fn(&Experiment, &Blueprint) -> Result<Built, TrainError> + Send + Sync>;

/// Commands from the window.
struct ChannelControl {
    commands: Receiver<Command>,
}

impl Control for ChannelControl {
    fn poll(&mut self) -> Option<Command> {
        self.commands.try_recv().ok()
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        self.commands.recv_timeout(at_most).ok()
    }

    fn early(&mut self) -> Option<Command> {
        self.poll()
    }
}

/// Events to the window: progress may be dropped, all else arrives.
struct ChannelObserver {
    post: AnswerSender,
    ticket: Ticket,
}

impl Observer for ChannelObserver {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        let answer = JobAnswer::Train(event.clone());
        match event.kind {
            EventKind::Progress(_) => self.post.offer(answer),
            _ => self.post.send(answer),
        }
        Ok(())
    }

    fn preparing(&mut self, references: &Preparing) {
        self.post
            .offer(JobAnswer::Preparing(self.ticket, references.clone()));
    }
}

/// Starts one run on a thread named `train`; what comes back takes commands.
pub(in crate::app) fn start_training(
    jobs: &Jobs,
    ticket: Ticket,
    job: train::Job,
    builder: Option<ModelBuilder>,
) -> Sender<Command> {
    let (sender, commands) = channel();
    let post = jobs.post();
    jobs.start(
        "train",
        move || {
            let mut control = ChannelControl { commands };
            let mut observer = ChannelObserver { post, ticket };
            let run = match builder {
                Some(build) => train::run_with(job, build.as_ref(), &mut control, &mut observer),
                None => train::run(job, &mut control, &mut observer),
            };
            run.map_err(sentence)
        },
        move |returned| JobAnswer::Trained(ticket, returned),
    );
    sender
}
