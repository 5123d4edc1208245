//! Entries that are trained, left, killed and gone on with, held against training alone.

use std::path::Path;

use super::*;
use crate::experiment::Experiment;
use crate::run::{QueueState, RunOutcome, RunQueue, RunStore};
use crate::train::run;

/// Three epochs of four steps on a small world.
fn experiment(name: &str) -> Experiment {
    let text = r#"(
        version: 1,
        name: "",
        data: (source: World(n_users: 60, n_items: 20, mean_len: 10)),
        model: Transformer(d_model: 8, n_layers: 1, d_ff: 8, seq_len: 8),
        training: (device: "cpu", epochs: 3, batch_size: 16),
    )"#;
    Experiment {
        name: name.to_owned(),
        ..Experiment::parse(text).unwrap()
    }
}

/// Nobody listens, and a script speaks: each word at so many looks between steps.
#[derive(Default)]
struct Script {
    looks: usize,
    words: Vec<(usize, Command)>,
    early: Option<Command>,
}

impl Control for Script {
    fn poll(&mut self) -> Option<Command> {
        self.looks += 1;
        let at = self.words.iter().position(|word| word.0 <= self.looks)?;
        Some(self.words.remove(at).1)
    }

    fn wait(&mut self, _: Duration) -> Option<Command> {
        self.poll()
    }

    fn early(&mut self) -> Option<Command> {
        self.early
    }
}

struct Deaf;

impl Observer for Deaf {
    fn observe(&mut self, _: &Event) -> Result<(), TrainError> {
        Ok(())
    }
}

fn after(looks: usize, command: Command) -> Script {
    Script {
        words: vec![(looks, command)],
        ..Script::default()
    }
}

fn queue_of(folder: &Path, names: &[&str]) -> RunQueue {
    let queue = RunStore::at(folder).queue();
    let work = |name: &&str| QueueWork::Train(Box::new(experiment(name)));
    queue.add(names.iter().map(work).collect()).unwrap();
    queue
}

fn state(queue: &RunQueue, number: u64) -> QueueState {
    queue.list().unwrap().entry(number).unwrap().state.clone()
}

/// Every number of a run that no clock decides, and its best weights, bit for bit.
fn numbers(store: &RunStore, id: &RunId) -> (Vec<String>, Vec<u8>) {
    let points = store.history(id).unwrap().points;
    let timeless = points
        .iter()
        .filter(|it| !["events_per_sec", "secs"].contains(&it.metric.as_str()));
    let lines = timeless.map(|it| format!("{it:?} {}", it.value.to_bits()));
    let weights = std::fs::read(store.best_weights(id)).unwrap();
    (lines.collect(), weights)
}

/// What training alone gives, for runs of the queue to equal.
fn alone(folder: &Path) -> (Vec<String>, Vec<u8>) {
    let store = RunStore::at(folder.join("alone"));
    let job = Job {
        experiment: experiment("alone"),
        store: store.clone(),
        prepared: None,
        resume: None,
    };
    let (id, _) = run(job, &mut Script::default(), &mut Deaf).unwrap();
    numbers(&store, &id)
}

#[test]
fn entries_are_trained_in_order_and_left_and_gone_on_with_to_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(folder.path(), &["a", "b"]);
    // The first is left in its second epoch at the system's word, and the second stopped and kept.
    let claim = queue.claim().unwrap().unwrap();
    let (first, ended) = run_queued(claim, None, &mut after(9, Command::Pause), &mut Deaf).unwrap();
    assert!(ended.pause.is_some());
    assert_eq!(state(&queue, 1), QueueState::Paused { run: first.clone() });
    let claim = queue.claim().unwrap().unwrap();
    assert_eq!(
        (claim.number, &claim.resume),
        (1, &Some(first.clone())),
        "it goes on first"
    );
    let (again, ended) = run_queued(claim, None, &mut Script::default(), &mut Deaf).unwrap();
    assert_eq!(
        (&again, &ended.outcome),
        (&first, &Some(RunOutcome::Finished))
    );
    assert_eq!(
        state(&queue, 1),
        QueueState::Finished { run: first.clone() }
    );
    assert_eq!(numbers(queue.store(), &first), alone(folder.path()));

    let claim = queue.claim().unwrap().unwrap();
    assert_eq!(claim.number, 2);
    let stop = Command::Stop(StopMode::Keep);
    let (second, _) = run_queued(claim, None, &mut after(9, stop), &mut Deaf).unwrap();
    let kept = QueueState::Cancelled {
        run: Some(second.clone()),
    };
    assert_eq!(state(&queue, 2), kept);
    assert!(queue.claim().unwrap().is_none(), "the queue is worked off");
    // Taken up once more it goes on from what was kept.
    queue.retry(2).unwrap();
    let claim = queue.claim().unwrap().unwrap();
    assert_eq!(claim.resume, Some(second));
    let stop = Command::Stop(StopMode::Discard);
    run_queued(claim, None, &mut after(1, stop), &mut Deaf).unwrap();
    assert_eq!(state(&queue, 2), QueueState::Cancelled { run: None });
}

/// The claim is dropped without a word, as a kill does it, after the run's folder was made and
/// before the queue knew its name.
#[test]
fn a_run_that_a_killed_process_left_is_found_by_its_experiment_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(folder.path(), &["alone"]);
    let claim = queue.claim().unwrap().unwrap();
    let job = queued_job(&claim, None);
    let (left, _) = run(job, &mut after(9, Command::Pause), &mut Deaf).unwrap();
    drop(claim);
    assert!(matches!(
        state(&queue, 1),
        QueueState::Running { run: None, .. }
    ));
    let claim = queue.claim().unwrap().unwrap();
    assert_eq!(claim.resume, Some(left.clone()));
    run_queued(claim, None, &mut Script::default(), &mut Deaf).unwrap();
    assert_eq!(numbers(queue.store(), &left), alone(folder.path()));
    assert_eq!(queue.store().list().unwrap().len(), 1, "and no second run");

    // Killed after the run's end and before the queue heard of it: nothing is trained again.
    queue
        .add(vec![QueueWork::Train(Box::new(experiment("b")))])
        .unwrap();
    let claim = queue.claim().unwrap().unwrap();
    let (run, _) = run(queued_job(&claim, None), &mut Script::default(), &mut Deaf).unwrap();
    claim.note_run(&run).unwrap();
    drop(claim);
    assert!(queue.claim().unwrap().is_none());
    assert_eq!(state(&queue, 2), QueueState::Finished { run });
}

/// Pauses the queue, as another program does, once the run has begun.
struct PausesQueue(RunQueue);

impl Observer for PausesQueue {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        if matches!(event.kind, EventKind::Started { .. }) {
            self.0.set_paused(true).unwrap();
            std::thread::sleep(Duration::from_millis(600));
        }
        Ok(())
    }
}

#[test]
fn a_queue_that_is_paused_elsewhere_leaves_its_run_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(folder.path(), &["alone"]);
    let claim = queue.claim().unwrap().unwrap();
    let mut observer = PausesQueue(queue.clone());
    let (run, ended) = run_queued(claim, None, &mut Script::default(), &mut observer).unwrap();
    assert!(ended.pause.is_some() && ended.test.is_none());
    assert_eq!(state(&queue, 1), QueueState::Paused { run: run.clone() });
    assert!(queue.claim().unwrap().is_none());
    queue.set_paused(false).unwrap();
    let claim = queue.claim().unwrap().unwrap();
    run_queued(claim, None, &mut Script::default(), &mut Deaf).unwrap();
    assert_eq!(numbers(queue.store(), &run), alone(folder.path()));
}

#[test]
fn what_cannot_begin_has_failed_and_what_is_left_before_waits() {
    let folder = tempfile::tempdir().unwrap();
    let queue = RunStore::at(folder.path()).queue();
    let mut impossible = experiment("a");
    impossible.training.epochs = 0;
    let work = [impossible, experiment("b")].map(|it| QueueWork::Train(Box::new(it)));
    queue.add(work.into()).unwrap();
    let claim = queue.claim().unwrap().unwrap();
    run_queued(claim, None, &mut Script::default(), &mut Deaf).unwrap_err();
    let QueueState::Failed {
        run: None,
        sentence,
    } = state(&queue, 1)
    else {
        panic!("{:?}", state(&queue, 1))
    };
    assert!(sentence.contains("training.epochs"), "{sentence}");
    for (word, wanted) in [
        (Command::Pause, QueueState::Waiting),
        (
            Command::Stop(StopMode::Keep),
            QueueState::Cancelled { run: None },
        ),
    ] {
        let claim = queue.claim().unwrap().unwrap();
        assert_eq!(claim.number, 2);
        let mut early = Script {
            early: Some(word),
            ..Script::default()
        };
        run_queued(claim, None, &mut early, &mut Deaf).unwrap_err();
        assert_eq!(state(&queue, 2), wanted);
    }
}
