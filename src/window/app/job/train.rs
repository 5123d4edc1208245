//! The training thread: commands in through a channel, events out through another.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::{AnswerSender, Jobs, sentence};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::RunId;
use seqscope_engine::train::{
    self, Built, Command, Control, Ended, Event, EventKind, Observer, Preparing, TrainError,
};
use seqscope_model::Blueprint;

/// Another way to build a model: tests plant one that panics, or that needs no time.
pub type ModelBuilder =
    Arc<dyn Fn(&Experiment, &Blueprint) -> Result<Built, TrainError> + Send + Sync>;

/// News from the training thread.
pub(in crate::app) enum TrainingNews {
    /// How far the references are.
    Preparing(Preparing),
    /// An event of the run.
    Event(Event),
    /// The thread has returned.
    Returned(Result<(RunId, Box<Ended>), String>),
}

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
struct ChannelObserver<S, H> {
    sender: AnswerSender<S>,
    hear: H,
}

impl<S, H> ChannelObserver<S, H>
where
    H: FnOnce(&mut S, TrainingNews) + Send + Clone + 'static,
{
    fn answer(&self, news: TrainingNews) -> impl FnOnce(&mut S) + Send + use<S, H> {
        let hear = self.hear.clone();
        move |state| hear(state, news)
    }
}

impl<S, H> Observer for ChannelObserver<S, H>
where
    S: 'static,
    H: FnOnce(&mut S, TrainingNews) + Send + Clone + 'static,
{
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        let answer = self.answer(TrainingNews::Event(event.clone()));
        if matches!(event.kind, EventKind::Progress(_)) {
            self.sender.offer(answer);
        } else {
            self.sender.send(answer);
        }
        Ok(())
    }

    fn preparing(&mut self, references: &Preparing) {
        let answer = self.answer(TrainingNews::Preparing(references.clone()));
        self.sender.offer(answer);
    }
}

/// Starts one run on a thread named `train`, whose news `hear` takes into the state; what comes
/// back takes commands.
pub(in crate::app) fn start_training<S, H>(
    jobs: &Jobs<S>,
    job: train::Job,
    builder: Option<ModelBuilder>,
    hear: H,
) -> Sender<Command>
where
    S: 'static,
    H: FnOnce(&mut S, TrainingNews) + Send + Clone + 'static,
{
    let (commander, commands) = channel();
    let mut observer = ChannelObserver {
        sender: jobs.sender(),
        hear: hear.clone(),
    };
    jobs.start(
        "train",
        move || {
            let mut control = ChannelControl { commands };
            let run = match builder {
                Some(build) => train::run_with(job, build.as_ref(), &mut control, &mut observer),
                None => train::run(job, &mut control, &mut observer),
            };
            run.map(|(run, ended)| (run, Box::new(ended)))
                .map_err(sentence)
        },
        move |state, returned| hear(state, TrainingNews::Returned(returned)),
    );
    commander
}
