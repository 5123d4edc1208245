//! Races held against training alone.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::run::{RunId, RunOutcome, RunStatus, RunStore};
use crate::train::{Ended, Event, EventKind, Job, Observer, TrainError, run};

fn experiment(model: &str) -> Experiment {
    Experiment::parse(&format!(
        r#"(
            version: 1,
            name: "racer",
            data: (source: World(n_users: 60, n_items: 20, mean_len: 10)),
            model: {model},
            training: (device: "cpu", epochs: 3, batch_size: 16),
        )"#
    ))
    .unwrap()
}

const A: &str = "Transformer(d_model: 8, n_layers: 1, d_ff: 8, seq_len: 8, dropout: 0.3)";
const B: &str = "Lstm(d_model: 8, d_hidden: 8, seq_len: 8)";

fn job(folder: &Path, model: &str) -> Job {
    Job {
        experiment: experiment(model),
        store: RunStore::at(folder),
        prepared: None,
        resume: None,
    }
}

struct Deaf;

impl Observer for Deaf {
    fn observe(&mut self, _: &Event) -> Result<(), TrainError> {
        Ok(())
    }
}

struct Nobody;

impl Control for Nobody {
    fn poll(&mut self) -> Option<Command> {
        None
    }

    fn wait(&mut self, _: Duration) -> Option<Command> {
        None
    }
}

/// A person at the other end of a channel.
struct Said(Receiver<Command>);

impl Control for Said {
    fn poll(&mut self) -> Option<Command> {
        self.0.try_recv().ok()
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        self.0.recv_timeout(at_most).ok()
    }
}

/// Notes who ended which epoch, and speaks after one of them.
struct Noting {
    side: RaceSide,
    epochs: Arc<Mutex<Epochs>>,
    says: Option<(usize, Command, Sender<Command>)>,
}

impl Observer for Noting {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        if let EventKind::Checkpointed { epoch } = event.kind {
            self.epochs.lock().unwrap().push((self.side, epoch));
            if let Some((at, command, to)) = &self.says
                && *at == epoch
            {
                to.send(*command).unwrap();
            }
        }
        Ok(())
    }
}

/// Both sides of a race at their end.
type Ends = [(RunId, Ended); 2];

/// Epochs in the order in which they ended.
type Epochs = Vec<(RaceSide, usize)>;

/// Races two models, and says something after an epoch of A.
fn raced(folder: &Path, says: Option<(usize, Command)>) -> (Ends, Epochs) {
    let (to, from) = channel();
    let lanes = race_lanes(Box::new(Said(from)));
    let epochs = Arc::new(Mutex::new(Vec::new()));
    let ends = std::thread::scope(|scope| {
        let threads = lanes.map(|mut lane| {
            let side = lane.side();
            let model = if side == RaceSide::A { A } else { B };
            let says = says.filter(|_| side == RaceSide::A);
            let mut observer = Noting {
                side,
                epochs: Arc::clone(&epochs),
                says: says.map(|(at, command)| (at, command, to.clone())),
            };
            scope.spawn(move || {
                lane.begin();
                run(job(folder, model), &mut lane, &mut observer).unwrap()
            })
        });
        threads.map(|thread| thread.join().unwrap())
    });
    let epochs = epochs.lock().unwrap().clone();
    (ends, epochs)
}

/// Every number of a run that no clock decides, and its weights, bit for bit.
fn numbers(store: &RunStore, id: &RunId) -> (Vec<String>, Vec<Vec<u8>>) {
    let points = store.history(id).unwrap().points;
    let timeless = points
        .iter()
        .filter(|it| !["events_per_sec", "secs"].contains(&it.metric.as_str()));
    let lines = timeless.map(|it| format!("{it:?} {}", it.value.to_bits()));
    let epochs = store.epochs(id).unwrap().into_iter();
    let weights = epochs.map(|epoch| std::fs::read(store.epoch_weights(id, epoch)).unwrap());
    (lines.collect(), weights.collect())
}

#[test]
fn two_models_take_turns_and_each_comes_to_what_it_comes_to_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (ends, epochs) = raced(folder.path(), None);
    let in_turn = (1..=3).flat_map(|epoch| [(RaceSide::A, epoch), (RaceSide::B, epoch)]);
    assert_eq!(epochs, in_turn.collect::<Vec<_>>());
    let (raced, alone) = (
        RunStore::at(folder.path()),
        RunStore::at(folder.path().join("alone")),
    );
    for ((id, ended), model) in ends.iter().zip([A, B]) {
        assert_eq!(ended.outcome, Some(RunOutcome::Finished));
        let (other, _) = run(job(&alone.root, model), &mut Nobody, &mut Deaf).unwrap();
        assert_eq!(numbers(&raced, id), numbers(&alone, &other), "{model}");
        let log = std::fs::read_to_string(raced.dir(id).join("log.txt")).unwrap();
        assert!(
            !log.contains("paused"),
            "waiting for a turn is no pause: {log}"
        );
    }
}

/// The time of the other is not the run's own.
#[test]
fn training_time_counts_the_own_turns_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [(_, a), (_, b)] = {
        let began = std::time::Instant::now();
        let (ends, _) = raced(folder.path(), None);
        let [(_, a), (_, b)] = &ends;
        let both = a.train_secs + b.train_secs;
        assert!(
            both <= began.elapsed().as_secs_f64(),
            "{both} s in {:?}",
            began.elapsed()
        );
        ends
    };
    assert!(a.train_secs > 0.0 && b.train_secs > 0.0);
}

#[test]
fn a_pause_leaves_both_and_each_goes_on_to_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (ends, _) = raced(folder.path(), Some((2, Command::Pause)));
    let (store, alone) = (
        RunStore::at(folder.path()),
        RunStore::at(folder.path().join("alone")),
    );
    for ((id, ended), model) in ends.iter().zip([A, B]) {
        assert!(ended.pause.is_some() && ended.test.is_none());
        assert_eq!(store.status(id).unwrap(), RunStatus::Paused);
        let on = Job {
            resume: Some(id.clone()),
            ..job(folder.path(), model)
        };
        run(on, &mut Nobody, &mut Deaf).unwrap();
        let (other, _) = run(job(&alone.root, model), &mut Nobody, &mut Deaf).unwrap();
        assert_eq!(numbers(&store, id), numbers(&alone, &other), "{model}");
    }
}

#[test]
fn a_stop_ends_both_and_one_that_cannot_begin_leaves_the_race_to_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (ends, _) = raced(folder.path(), Some((1, Command::Stop(StopMode::Keep))));
    for (_, ended) in &ends {
        assert_eq!(ended.outcome, Some(RunOutcome::Stopped));
    }
    let [a, mut b] = race_lanes(Box::new(Nobody));
    drop(a);
    b.begin();
    let (_, ended) = run(job(folder.path(), B), &mut b, &mut Deaf).unwrap();
    assert_eq!(ended.outcome, Some(RunOutcome::Finished));
}

#[test]
fn what_must_be_the_same_in_a_race_is_told() {
    let a = experiment(A);
    let fields = |b: &Experiment| -> Vec<(String, bool)> {
        let problems = race_problems(&a, b).into_iter();
        problems
            .map(|it| (it.field.to_string(), it.is_error()))
            .collect()
    };
    assert!(fields(&a).is_empty());
    let mut other = a.clone();
    (other.seed, other.training.batch_size) = (5, 8);
    let expected = [("seed", false), ("training.batch_size", false)];
    assert_eq!(
        fields(&other),
        expected.map(|(field, is)| (field.to_owned(), is))
    );
    other = a.clone();
    other.set("data.n_users", "70").unwrap();
    assert_eq!(fields(&other), [("data".to_owned(), true)]);
}
