//! `seqscope race A.ron B.ron`: two runs side by side, an epoch of the one after an epoch of the
//! other.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::Streams;
use super::outcome::{OutputForm, tell};
use super::progress::evaluated_words;
use super::set::set_all;
use super::signals::Signals;
use super::train::opened;
use seqscope_base::spec::Problem;
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::words::counted;
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::{
    self, Ended, Event, EventKind, Job, Observer, RaceLane, RaceSide, TrainError, race_lanes,
    race_problems,
};

/// Racers, and how they are trained.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An experiment file, or a run that was paused in a race
    #[arg(value_name = "A.ron")]
    a: String,
    /// Another one, of the same data, split and task
    #[arg(value_name = "B.ron")]
    b: String,
    /// auto, cpu, gpu:0, or part of a device's name; see `seqscope devices`
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Change a setting of both, such as `training.epochs=10`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// Print a JSON object a run instead of tables
    #[arg(long)]
    json: bool,
}

/// End of one side.
type RaceEnd = Result<(RunId, Ended), TrainError>;

/// News of a side while it trains.
struct RaceNews {
    side: RaceSide,
    event: Event,
}

/// Sends what a run says to whoever prints it.
struct RaceObserver {
    side: RaceSide,
    to: Sender<RaceNews>,
}

impl Observer for RaceObserver {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        if !matches!(event.kind, EventKind::Progress(_)) {
            // Nobody listening is no reason to stop training.
            let _ = self.to.send(RaceNews {
                side: self.side,
                event: event.clone(),
            });
        }
        Ok(())
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let [mut a, mut b] = [job(&args.a, args, store)?, job(&args.b, args, store)?];
    let problems = race_problems(&a.experiment, &b.experiment);
    if problems.iter().any(Problem::is_error) {
        return Err(TrainError::Problems(problems).into());
    }
    streams.warn(&problems)?;
    let control = Signals::listen()?;
    a.prepared = opened(&a, &control)?;
    b.prepared.clone_from(&a.prepared);
    let stores = [a.store.clone(), b.store.clone()];
    let ends = raced([a, b], control, streams)?;
    tell_ends(ends, &stores, OutputForm::json_if(args.json), streams)
}

/// Job that an argument names: a file, or a run that goes on as it is.
fn job(word: &str, args: &Args, store: &RunStore) -> Result<Job, Error> {
    let path = Path::new(word);
    let is_file = path.is_file() || path.extension().is_some_and(|ending| ending == "ron");
    if is_file {
        let mut experiment = Experiment::open(path)?;
        set_all(&mut experiment, &args.sets)?;
        if let Some(device) = &args.device {
            experiment.training.device.clone_from(device);
        }
        return Ok(Job {
            experiment,
            store: store.clone(),
            prepared: None,
            resume: None,
        });
    }
    if !args.sets.is_empty() || args.device.is_some() {
        return Err(Error::edge(
            format!("`{word}` is a run, and goes on with its own settings"),
            "leave `--set` and `--device` out, or name experiment files",
        ));
    }
    let (store, id) = store.locate(word)?;
    Ok(Job {
        experiment: store.manifest(&id)?.experiment,
        store,
        prepared: None,
        resume: Some(id),
    })
}

/// Trains both, each on a thread of its own and in its turn, and prints a line an epoch.
fn raced(
    [a, b]: [Job; 2],
    control: Signals,
    streams: &mut Streams<'_>,
) -> Result<[RaceEnd; 2], Error> {
    let (to, news) = channel();
    let [lane_a, lane_b] = race_lanes(Box::new(control));
    std::thread::scope(|scope| {
        let to_b = to.clone();
        let threads = [
            scope.spawn(move || side(a, lane_a, to)),
            scope.spawn(move || side(b, lane_b, to_b)),
        ];
        // It ends when both threads have let go of the channel.
        let told = follow(&news, streams);
        let ends = threads.map(|thread| {
            let ended = thread.join();
            ended.unwrap_or_else(|_| Err(TrainError::Panicked("no message".to_owned())))
        });
        told.map(|()| ends)
    })
}

fn side(job: Job, mut lane: RaceLane, to: Sender<RaceNews>) -> RaceEnd {
    lane.begin();
    let side = lane.side();
    let mut observer = RaceObserver { side, to };
    train::run(job, &mut lane, &mut observer)
}

/// Prints what both say, until neither says more.
fn follow(news: &Receiver<RaceNews>, streams: &mut Streams<'_>) -> Result<(), Error> {
    let mut n_epochs = [0, 0];
    for RaceNews { side, event } in news {
        let words = match &event.kind {
            EventKind::Started {
                n_epochs: most,
                steps_per_epoch,
                ..
            } => {
                n_epochs[side as usize] = *most;
                format!(
                    "run {}, {} an epoch",
                    event.run,
                    counted(*steps_per_epoch, "step")
                )
            }
            EventKind::Evaluated(epoch) => evaluated_words(epoch, n_epochs[side as usize]),
            EventKind::Warned(problem) => format!("warning: {}", problem.sentence()),
            EventKind::Blocked(why) => format!("waiting: {why}."),
            EventKind::Changed(change) => change.words(),
            EventKind::Latent(_)
            | EventKind::Progress(_)
            | EventKind::Checkpointed { .. }
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::Ended(_) => continue,
        };
        writeln!(streams.err, "{side}  {words}")?;
    }
    Ok(())
}

/// Tells how both ended; where one was paused or failed, that is the end of the command.
fn tell_ends(
    ends: [RaceEnd; 2],
    stores: &[RunStore; 2],
    form: OutputForm,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let mut last = Ok(());
    let mut ids = Vec::new();
    for (end, store) in ends.into_iter().zip(stores) {
        let told = match end {
            Ok((id, ended)) => {
                let told = tell(&store.manifest(&id)?, &ended, None, form, streams);
                ids.push(id);
                told
            }
            Err(error) => Err(error.into()),
        };
        match (told, &last) {
            (Ok(()), _) => {}
            (Err(error), Ok(())) => last = Err(error),
            (Err(Error::Paused(sentence)), Err(_)) => writeln!(streams.err, "{sentence}")?,
            (Err(error), Err(_)) => write!(streams.err, "{}", error.report())?,
        }
    }
    if let ([a, b], Ok(()), OutputForm::Text) = (ids.as_slice(), &last, form) {
        writeln!(
            streams.out,
            "\n`seqscope compare {a} {b}` tells how sure their difference is."
        )?;
    }
    last
}
