//! The training thread: commands in through a channel, events out through another.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::{AnswerSender, Jobs, sentence};
use seqscope_data::Prepared;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{QueueClaim, RunId};
use seqscope_engine::train::{
    self, Built, Command, Control, Ended, Event, EventKind, Observer, Preparing, RaceSide, Steer,
    TrainError, race_lanes,
};
use seqscope_model::Blueprint;

/// Another way to build a model: tests plant one that panics, or that needs no time.
pub type ModelBuilder =
    Arc<dyn Fn(&Experiment, &Blueprint) -> Result<Built, TrainError> + Send + Sync>;

/// Work of a training thread.
pub(in crate::app) enum TrainingWork {
    /// One run.
    Run(Box<train::Job>),
    /// A run that is extended, forked or changed.
    Steered(Box<train::Job>, Steer),
    /// An entry of the queue, on data that are its own where there are some.
    Queued(Box<QueueClaim>, Option<Arc<Prepared>>),
}

impl TrainingWork {
    fn done(
        self,
        builder: Option<ModelBuilder>,
        control: &mut dyn Control,
        observer: &mut dyn Observer,
    ) -> Result<(RunId, Ended), TrainError> {
        match (self, builder) {
            (Self::Run(job), Some(build)) => {
                train::run_with(*job, build.as_ref(), control, observer)
            }
            (Self::Run(job), None) => train::run(*job, control, observer),
            (Self::Steered(job, steer), Some(build)) => {
                train::run_steered_with(*job, &steer, build.as_ref(), control, observer)
            }
            (Self::Steered(job, steer), None) => {
                train::run_steered(*job, &steer, control, observer)
            }
            (Self::Queued(claim, prepared), Some(build)) => {
                train::run_queued_with(*claim, prepared, build.as_ref(), control, observer)
            }
            (Self::Queued(claim, prepared), None) => {
                train::run_queued(*claim, prepared, control, observer)
            }
        }
    }
}

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

/// Starts two runs that take turns, each on a thread of its own; what comes back takes commands for
/// both.
pub(in crate::app) fn start_race<S, H>(
    jobs: &Jobs<S>,
    racers: [train::Job; 2],
    builder: Option<&ModelBuilder>,
    hear: &H,
) -> Sender<Command>
where
    S: 'static,
    H: FnOnce(&mut S, RaceSide, TrainingNews) + Send + Clone + 'static,
{
    let (commander, commands) = channel();
    let lanes = race_lanes(Box::new(ChannelControl { commands }));
    for (mut lane, job) in lanes.into_iter().zip(racers) {
        let side = lane.side();
        let (told, back) = (hear.clone(), hear.clone());
        let mut observer = ChannelObserver {
            sender: jobs.sender(),
            hear: move |state: &mut S, news| told(state, side, news),
        };
        let (work, builder) = (TrainingWork::Run(Box::new(job)), builder.cloned());
        jobs.start(
            "train",
            move || {
                lane.begin();
                let run = work.done(builder, &mut lane, &mut observer);
                run.map(|(run, ended)| (run, Box::new(ended)))
                    .map_err(sentence)
            },
            move |state, returned| back(state, side, TrainingNews::Returned(returned)),
        );
    }
    commander
}

/// Starts one run on a thread named `train`, whose news `hear` takes into the state; what comes
/// back takes commands.
pub(in crate::app) fn start_training<S, H>(
    jobs: &Jobs<S>,
    work: TrainingWork,
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
            let run = work.done(builder, &mut control, &mut observer);
            run.map(|(run, ended)| (run, Box::new(ended)))
                .map_err(sentence)
        },
        move |state, returned| hear(state, TrainingNews::Returned(returned)),
    );
    commander
}
