//! Runs that are extended, forked, changed or made step by step while they train, with real models
//! in a small world: the same bits as runs that need none of it.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use crate::experiment::{Experiment, LrDecay};
use crate::run::{
    ExtendedSchedule, LiveChange, LiveSetting, Manifest, Part, RunId, RunOutcome, RunStore,
    differ_by_seed_alone, run_differences,
};
use crate::train::{
    Command, Control, Event, EventKind, Extending, Forking, Job, Observer, PlannedChange,
    SettingText, SlowMotion, Steer, StepUnit, TrainError, run, run_steered,
};
use seqscope_base::spec::Problem;
use seqscope_data::{DataSource, DataSpec, WorldSpec};
use seqscope_model::{ModelSpec, TransformerSpec, VaeSpec};

/// Steps of an epoch: 48 users, 16 a step.
const STEPS: usize = 3;

struct Nobody;

impl Control for Nobody {
    fn poll(&mut self) -> Option<Command> {
        None
    }
    fn wait(&mut self, _at_most: Duration) -> Option<Command> {
        None
    }
}

impl Observer for Nobody {
    fn observe(&mut self, _event: &Event) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Commands by the number of looks, and those that are given while it holds, one a wait.
#[derive(Default)]
struct Said {
    at: Vec<(usize, Command)>,
    held: VecDeque<Command>,
    n_looks: usize,
}

impl Control for Said {
    fn poll(&mut self) -> Option<Command> {
        self.n_looks += 1;
        let at = self.at.iter().find(|(at, _)| *at == self.n_looks);
        at.map(|(_, command)| *command)
    }
    fn wait(&mut self, _at_most: Duration) -> Option<Command> {
        self.held.pop_front()
    }
}

#[derive(Default)]
struct Heard(Vec<EventKind>);

impl Observer for Heard {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        self.0.push(event.kind.clone());
        Ok(())
    }
}

fn experiment(epochs: usize) -> Experiment {
    let world = WorldSpec::default().with(|world| {
        (world.n_users, world.n_items, world.mean_len) = (48, 30, 9);
    });
    let spec = TransformerSpec {
        d_model: 8,
        n_layers: 1,
        n_heads: 2,
        d_ff: 8,
        seq_len: 12,
        dropout: 0.2,
        ..TransformerSpec::default()
    };
    let mut experiment = Experiment {
        name: "tiny".to_owned(),
        data: DataSpec {
            source: DataSource::World(world),
            ..DataSpec::default()
        },
        model: ModelSpec::Transformer(spec),
        ..Experiment::default()
    };
    "cpu".clone_into(&mut experiment.training.device);
    (experiment.training.epochs, experiment.training.batch_size) = (epochs, 16);
    (experiment.training.lr, experiment.training.patience) = (0.01, 0);
    experiment
}

struct Place {
    store: RunStore,
    _folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: RunStore::at(folder.path()),
            _folder: folder,
        }
    }

    fn job(&self, experiment: Experiment) -> Job {
        Job {
            experiment,
            store: self.store.clone(),
            prepared: None,
            resume: None,
        }
    }

    fn train(&self, experiment: Experiment) -> RunId {
        let (id, ended) = run(self.job(experiment), &mut Nobody, &mut Nobody).unwrap();
        assert_eq!(ended.outcome, Some(RunOutcome::Finished), "{ended:?}");
        id
    }

    fn planned(&self, experiment: Experiment, changes: &[PlannedChange]) -> RunId {
        let steer = Steer::Changing(changes.to_vec());
        let job = self.job(experiment);
        run_steered(job, &steer, &mut Nobody, &mut Nobody)
            .unwrap()
            .0
    }

    /// The run with what is done to it, or why that cannot be.
    fn steered(&self, id: &RunId, steer: &Steer) -> Result<RunId, String> {
        let job = Job {
            resume: Some(id.clone()),
            ..self.job(self.store.manifest(id).unwrap().experiment)
        };
        let done = run_steered(job, steer, &mut Nobody, &mut Nobody);
        done.map(|(id, _)| id).map_err(|error| error.to_string())
    }

    fn resumed(&self, id: &RunId) {
        self.steered(id, &Steer::Straight).unwrap();
    }

    fn weights(&self, id: &RunId, epoch: usize) -> Vec<u8> {
        std::fs::read(self.store.epoch_weights(id, epoch)).unwrap()
    }

    /// All of a run that may not depend on how it came about: series without times, weights, state,
    /// answers and figures.
    fn kept(&self, id: &RunId, from_epoch: usize) -> (Vec<String>, Vec<Vec<u8>>, String) {
        let (store, manifest) = (&self.store, self.store.manifest(id).unwrap());
        let points = store.history(id).unwrap().points;
        let series = points
            .iter()
            .filter(|point| !["events_per_sec", "secs"].contains(&point.metric.as_str()));
        let series = series.map(|p| {
            let bits = p.value.to_bits();
            format!("{} {} {} {} {bits}", p.step, p.epoch, p.part, p.metric)
        });
        let files = (from_epoch..=manifest.epochs).map(|epoch| store.epoch_weights(id, epoch));
        let files = files.chain([store.best_weights(id), store.state(id, manifest.epochs)]);
        let results = [Part::Valid, Part::Test].map(|part| store.results(id, part).unwrap());
        let figures = format!(
            "{} {:?} {:?} {:?} {:?} {results:?}",
            manifest.epochs,
            manifest.best_epoch,
            manifest.valid,
            manifest.test,
            manifest.references_test
        );
        (
            series.collect(),
            files
                .map(|path: std::path::PathBuf| std::fs::read(path).unwrap())
                .collect(),
            figures,
        )
    }

    #[track_caller]
    fn assert_same(&self, found: &RunId, expected: &RunId, from_epoch: usize) {
        let (found, expected) = (
            self.kept(found, from_epoch),
            self.kept(expected, from_epoch),
        );
        assert_eq!(found.0, expected.0);
        assert_eq!(found.2, expected.2);
        assert!(found.1 == expected.1, "weights or state differ");
    }

    fn problems(&self, id: &RunId) -> String {
        let problems = self.store.manifest(id).unwrap().problems;
        let told: Vec<String> = problems.iter().map(Problem::sentence).collect();
        told.join("\n")
    }
}

fn extending(epochs: usize, schedule: Option<ExtendedSchedule>) -> Steer {
    Steer::Extending(Extending { epochs, schedule })
}

fn forking(epoch: Option<usize>, epochs: Option<usize>, sets: &[(&str, &str)]) -> Steer {
    let sets = sets.iter().map(|(path, text)| SettingText {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    });
    Steer::Forking(Forking {
        epoch,
        sets: sets.collect(),
        epochs,
        name: None,
    })
}

#[test]
fn an_extended_run_is_the_run_of_so_many_epochs() {
    let place = Place::new();
    let (whole, run) = (place.train(experiment(5)), place.train(experiment(2)));
    let tested = place.store.manifest(&run).unwrap().test;
    assert!(tested.is_some());
    place.steered(&run, &extending(3, None)).unwrap();
    place.assert_same(&run, &whole, 1);
    assert!(
        place
            .problems(&run)
            .contains("read after 2 epochs of this run already")
    );
    assert!(!place.problems(&whole).contains("already"));
    let manifests = [&run, &whole].map(|id| place.store.manifest(id).unwrap());
    assert_eq!(manifests[0].experiment, manifests[1].experiment);
    assert!(run_differences(&manifests.each_ref()).is_empty());

    // Cut off and gone on with: the extension is the run's own by then.
    let cut = place.train(experiment(2));
    let job = Job {
        resume: Some(cut.clone()),
        ..place.job(experiment(2))
    };
    let mut leaves = Said {
        at: vec![(4, Command::Pause)],
        ..Said::default()
    };
    run_steered(job, &extending(3, None), &mut leaves, &mut Nobody).unwrap();
    assert!(place.store.manifest(&cut).unwrap().pause.is_some());
    place.resumed(&cut);
    place.assert_same(&cut, &whole, 1);
    let unfinished = place.train(experiment(1));
    let told = place.steered(&unfinished, &extending(0, None)).unwrap_err();
    assert!(told.contains("give at least 1"), "{told}");
}

#[test]
fn an_extension_sets_patience_aside_once_it_has_run_out_and_says_so() {
    let place = Place::new();
    let impatient = |epochs, patience| {
        let mut experiment = experiment(epochs);
        (experiment.training.patience, experiment.training.lr) = (patience, 0.05);
        experiment
    };
    let run = place.train(impatient(30, 1));
    let stopped = place.store.manifest(&run).unwrap().epochs;
    assert!(stopped < 28, "{stopped} epochs");
    place.steered(&run, &extending(2, None)).unwrap();
    let whole = place.train(impatient(stopped + 2, 0));
    place.assert_same(&run, &whole, 1);
    let told = place.problems(&run);
    assert!(
        told.contains(&format!("patience of 1 had run out after epoch {stopped}")),
        "{told}"
    );
}

#[test]
fn a_schedule_over_the_whole_length_must_be_chosen() {
    let place = Place::new();
    let cosine = |epochs| {
        let mut experiment = experiment(epochs);
        experiment.training.lr_decay = LrDecay::Cosine;
        experiment
    };
    let rates = |id: &RunId| -> Vec<f64> {
        let series = place.store.history(id).unwrap().series(Part::Train, "lr");
        series.into_iter().map(|(.., rate)| rate).collect()
    };
    // The rate of step i of n is (1 + cos(π i/n))/2 of the whole; an epoch tells that of its last.
    let rate = |step: usize, n: usize| {
        0.01 * f64::midpoint(1.0, (std::f64::consts::PI * (step as f64 / n as f64)).cos())
    };
    for (schedule, later) in [
        (ExtendedSchedule::Continue, [rate(8, 12), rate(11, 12)]),
        (ExtendedSchedule::Restart, [rate(2, 6), rate(5, 6)]),
    ] {
        let run = place.train(cosine(2));
        let told = place.steered(&run, &extending(2, None)).unwrap_err();
        assert!(
            told.contains("`training.lr_decay` of run") && told.contains("--schedule restart"),
            "{told}"
        );
        let unchanged = place.store.manifest(&run).unwrap();
        assert_eq!(unchanged.outcome, Some(RunOutcome::Finished));
        place.steered(&run, &extending(2, Some(schedule))).unwrap();
        let expected = [rate(2, 6), rate(5, 6), later[0], later[1]];
        assert_eq!(rates(&run), expected, "{schedule}");
        let told = place.problems(&run);
        assert!(
            told.contains("it is not the run that so many epochs"),
            "{told}"
        );
        let manifests = [&run, &place.train(cosine(4))].map(|id| place.store.manifest(id).unwrap());
        let different = run_differences(&manifests.each_ref());
        assert_eq!(different.len(), 1, "{different:?}");
        assert_eq!(different[0].field, "extended");
        assert!(!differ_by_seed_alone(&manifests[0], &manifests[1]));
    }
    let mut vae = experiment(1);
    vae.model = ModelSpec::Vae(VaeSpec {
        d_hidden: 8,
        d_latent: 4,
        anneal: 0.5,
        ..VaeSpec::default()
    });
    let run = place.train(vae);
    let told = place.steered(&run, &extending(2, None)).unwrap_err();
    assert!(told.contains("`model.anneal` of run"), "{told}");
}

#[test]
fn a_fork_without_a_change_is_its_parent_where_the_optimiser_is_kept() {
    let place = Place::new();
    let (whole, parent) = (place.train(experiment(5)), place.train(experiment(3)));
    let before = place.kept(&parent, 1);
    let fork = place
        .steered(&parent, &forking(None, Some(2), &[]))
        .unwrap();
    assert_ne!(fork, parent);
    place.assert_same(&fork, &whole, 4);
    assert_eq!(
        place.kept(&parent, 1),
        before,
        "the parent stays what it is"
    );
    let manifest = place.store.manifest(&fork).unwrap();
    let origin = manifest.fork.clone().unwrap();
    assert_eq!(
        (&origin.parent, origin.epoch, origin.has_optimizer),
        (&parent, 3, true)
    );
    assert_eq!(manifest.experiment.name, "tiny fork");
    let told = place.problems(&fork);
    assert!(
        told.contains("training.epochs 3 → 5") && told.contains("after 3 epochs of"),
        "{told}"
    );
    assert!(!told.contains("moments"), "{told}");
    let whole = place.store.manifest(&whole).unwrap();
    assert!(!differ_by_seed_alone(&manifest, &whole));
    let fields: Vec<String> = (run_differences(&[&manifest, &whole]).into_iter())
        .map(|difference| difference.field)
        .collect();
    assert_eq!(fields, ["fork"]);
}

#[test]
fn a_fork_from_weights_alone_begins_with_them_and_says_so() {
    let place = Place::new();
    let parent = place.train(experiment(4));
    let change = [("training.lr", "0"), ("model.dropout", "0.5")];
    let fork = place
        .steered(&parent, &forking(Some(2), None, &change))
        .unwrap();
    let manifest = place.store.manifest(&fork).unwrap();
    let origin = manifest.fork.as_ref().unwrap();
    assert!(!origin.has_optimizer);
    assert_eq!(
        origin.changes(),
        "model.dropout 0.2 → 0.5, training.lr 0.01 → 0.0"
    );
    assert!(
        place
            .problems(&fork)
            .contains("the moments began at 0 again")
    );
    // Its series begin with its parent's, and go on where these were.
    let shared = |id: &RunId| -> Vec<(usize, usize, u64)> {
        let losses = place.store.history(id).unwrap().series(Part::Valid, "loss");
        losses
            .into_iter()
            .map(|(epoch, step, loss)| (epoch, step, loss.to_bits()))
            .collect()
    };
    let (of_fork, of_parent) = (shared(&fork), shared(&parent));
    assert_eq!(of_fork[..2], of_parent[..2]);
    // A rate of 0 changes no weight, so that every epoch has those that it began with.
    assert!(
        of_fork[2..].iter().all(|at| at.2 == of_parent[1].2),
        "{of_fork:?}"
    );
    assert_ne!(of_parent[2].2, of_parent[1].2);
    assert_eq!(
        of_fork.iter().map(|at| at.1).collect::<Vec<_>>(),
        [3, 6, 9, 12]
    );
    // Cut off at any look, it goes on to the same numbers.
    for look in [1, 2, 4, 6] {
        let job = Job {
            resume: Some(parent.clone()),
            ..place.job(experiment(4))
        };
        let mut leaves = Said {
            at: vec![(look, Command::Pause)],
            ..Said::default()
        };
        let steer = forking(Some(2), None, &[("training.lr", "0.002")]);
        let (cut, ended) = run_steered(job, &steer, &mut leaves, &mut Nobody).unwrap();
        assert_eq!(ended.outcome, None);
        place.resumed(&cut);
        let expected = place.steered(&parent, &steer).unwrap();
        place.assert_same(&cut, &expected, 2);
    }
}

#[test]
fn what_a_fork_cannot_change_is_refused_with_a_sentence_and_leaves_no_run() {
    let place = Place::new();
    let parent = place.train(experiment(2));
    let n_runs = place.store.list().unwrap().len();
    for (set, why) in [
        (
            ("model.d_model", "16"),
            "`model.d_model` changes the shape of the model",
        ),
        (
            ("model.n_heads", "1"),
            "`model.n_heads` changes the shape of the model",
        ),
        (("model", "Gru"), "changes the shape of the model"),
        (
            ("training.batch_size", "8"),
            "`training.batch_size` changes how many steps",
        ),
        (("data.n_users", "50"), "changes the data"),
        (("split", "GlobalTemporal"), "changes the data"),
        (
            ("evaluation.filter_seen", "false"),
            "`evaluation.filter_seen` changes how epochs",
        ),
        (("training.lr", "-1"), "choose a number from 0 to 10"),
        (("training.lrr", "1"), "did you mean `training.lr`?"),
    ] {
        let told = place
            .steered(&parent, &forking(None, Some(1), &[set]))
            .unwrap_err();
        assert!(told.contains(why), "{set:?}: {told}");
    }
    let told = place
        .steered(&parent, &forking(None, None, &[]))
        .unwrap_err();
    assert!(told.contains("after epoch 2 nothing is left"), "{told}");
    let mut impatient = experiment(30);
    (impatient.training.patience, impatient.training.lr) = (1, 0.05);
    let impatient = place.train(impatient);
    let told = place.steered(&impatient, &forking(None, Some(2), &[]));
    let told = told.unwrap_err();
    assert!(told.contains("--set training.patience=0"), "{told}");
    let told = place
        .steered(&parent, &forking(Some(7), Some(1), &[]))
        .unwrap_err();
    assert!(
        told.contains("keeps no weights of epoch 7; choose one of"),
        "{told}"
    );
    assert_eq!(place.store.list().unwrap().len(), n_runs + 1);
}

/// A rate, a dropout and a rate again, of which the second lies in the middle of an epoch.
fn changes() -> [PlannedChange; 3] {
    [
        (STEPS, LiveSetting::LearningRate, 0.002),
        (STEPS + 2, LiveSetting::Dropout, 0.6),
        (3 * STEPS, LiveSetting::LearningRate, 0.02),
    ]
    .map(|(after_steps, setting, to)| PlannedChange {
        after_steps,
        setting,
        to,
    })
}

#[test]
fn changes_are_made_at_their_steps_however_often_the_run_is_left() {
    let place = Place::new();
    let (plain, whole) = (
        place.train(experiment(4)),
        place.planned(experiment(4), &changes()),
    );
    assert_eq!(
        place.weights(&plain, 1),
        place.weights(&whole, 1),
        "none before"
    );
    let manifest = place.store.manifest(&whole).unwrap();
    let made = changes().map(|change| (change.after_steps, change.setting, change.to));
    let told = |changes: &[LiveChange]| -> Vec<(usize, LiveSetting, f64)> {
        let all = changes.iter();
        all.map(|change| (change.after_steps, change.setting, change.to))
            .collect()
    };
    assert_eq!(told(&manifest.live_changes), made);
    let before = manifest.live_changes[2].from;
    assert_eq!(before.to_bits(), 0.002_f64.to_bits());
    assert!(
        place
            .problems(&whole)
            .contains("`--at 5:model.dropout=0.6`")
    );
    let rates = place
        .store
        .history(&whole)
        .unwrap()
        .series(Part::Train, "lr");
    let rates: Vec<f64> = rates.into_iter().map(|(.., rate)| rate).collect();
    assert_eq!(rates, [0.01, 0.002, 0.002, 0.02]);
    // Each of them matters.
    let first_alone = place.planned(experiment(4), &changes()[..1]);
    assert_ne!(place.weights(&whole, 2), place.weights(&first_alone, 2));

    for look in 1..16 {
        let mut leaves = Said {
            at: vec![(look, Command::Pause)],
            ..Said::default()
        };
        let steer = Steer::Changing(changes().to_vec());
        let job = place.job(experiment(4));
        let (cut, ended) = run_steered(job, &steer, &mut leaves, &mut Nobody).unwrap();
        assert_eq!(ended.outcome, None, "look {look}");
        place.resumed(&cut);
        place.assert_same(&cut, &whole, 1);
        let again = place.store.manifest(&cut).unwrap().live_changes;
        assert_eq!(again, manifest.live_changes, "look {look}");
    }
}

#[test]
fn a_change_by_hand_is_the_planned_one_and_a_kill_loses_none() {
    let place = Place::new();
    // The look after step n is the n-th, with one at the end of each validation.
    let mut by_hand = Said {
        at: vec![
            (2, Command::Change(LiveSetting::LearningRate, 0.003)),
            (6, Command::Change(LiveSetting::Dropout, 0.5)),
            (7, Command::Change(LiveSetting::Dropout, 2.0)),
            (8, Command::Change(LiveSetting::Beta, 0.1)),
        ],
        ..Said::default()
    };
    let mut heard = Heard::default();
    let job = place.job(experiment(4));
    let (hand, _) = run(job, &mut by_hand, &mut heard).unwrap();
    let made = place.store.live_changes(&hand).unwrap();
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(made, place.store.manifest(&hand).unwrap().live_changes);
    assert_eq!(made[0].words(), "after step 2: training.lr 0.01 → 0.003");
    let told: Vec<&LiveChange> = (heard.0.iter())
        .filter_map(|kind| match kind {
            EventKind::Changed(change) => Some(change),
            _ => None,
        })
        .collect();
    assert_eq!(told, made.iter().collect::<Vec<_>>());
    assert!(
        place
            .problems(&hand)
            .contains("Dropout is 2; choose a number from 0 to 0.9")
    );
    let planned: Vec<PlannedChange> = (made.iter())
        .map(|change| PlannedChange {
            after_steps: change.after_steps,
            setting: change.setting,
            to: change.to,
        })
        .collect();
    let planned = place.planned(experiment(4), &planned);
    place.assert_same(&hand, &planned, 1);

    // As after a kill in the last epoch: what the manifest has not come to again is still made.
    let manifest = place.store.manifest(&hand).unwrap();
    cut_to_first_epoch(&place.store.dir(&hand), &manifest, &place, &planned);
    place.resumed(&hand);
    place.assert_same(&hand, &planned, 1);
    assert_eq!(place.store.manifest(&hand).unwrap().live_changes, made);
}

/// Takes a folder to what a kill in the second epoch leaves: the first is committed, whose state
/// comes from a run of one epoch with the same changes; the file of changes knows all of them, and its
/// last line is cut.
fn cut_to_first_epoch(dir: &Path, manifest: &Manifest, place: &Place, planned: &RunId) {
    let made = place.store.live_changes(planned).unwrap();
    let first: Vec<PlannedChange> = made[..1]
        .iter()
        .map(|change| PlannedChange {
            after_steps: change.after_steps,
            setting: change.setting,
            to: change.to,
        })
        .collect();
    let one = place.planned(experiment(1), &first);
    std::fs::copy(place.store.state(&one, 1), dir.join("epochs/0001.state")).unwrap();
    let text = std::fs::read_to_string(dir.join("manifest.ron")).unwrap();
    let cut = text.replace("epochs: 4,\n    best_epoch", "epochs: 1,\n    best_epoch");
    assert_ne!(cut, text);
    let best = format!("best_epoch: Some({})", manifest.best_epoch.unwrap());
    let cut = cut.replace(&best, "best_epoch: Some(1)");
    let cut = cut.replace("outcome: Some(Finished)", "outcome: None");
    std::fs::write(dir.join("manifest.ron"), cut).unwrap();
    let changes = dir.join("changes.csv");
    let text = std::fs::read_to_string(&changes).unwrap();
    std::fs::write(&changes, text + "9,model.dropo").unwrap();
}

#[test]
fn changes_that_cannot_be_are_refused_before_there_is_a_run() {
    let place = Place::new();
    for (setting, to, why) in [
        (
            LiveSetting::Beta,
            0.5,
            "the change after step 4: Transformer",
        ),
        (
            LiveSetting::Dropout,
            0.95,
            "Dropout is 0.95; choose a number from 0 to 0.9.",
        ),
    ] {
        let change = PlannedChange {
            after_steps: 4,
            setting,
            to,
        };
        let steer = Steer::Changing(vec![change]);
        let refused = run_steered(place.job(experiment(1)), &steer, &mut Nobody, &mut Nobody);
        let told = refused.unwrap_err().to_string();
        assert!(told.contains(why), "{told}");
    }
    assert!(place.store.list().unwrap().is_empty());
}

#[test]
fn held_made_step_by_step_and_in_slow_motion_a_run_is_the_same() {
    let place = Place::new();
    let plain = place.train(experiment(3));
    let batch = Command::Step(StepUnit::Batch);
    let mut held = Said {
        at: vec![(1, Command::Hold)],
        held: [
            batch,
            batch,
            batch,
            Command::Step(StepUnit::Epoch),
            Command::Slow(SlowMotion::Twenty),
            Command::GoOn,
        ]
        .into(),
        ..Said::default()
    };
    let mut heard = Heard::default();
    let (run, _) = run(place.job(experiment(3)), &mut held, &mut heard).unwrap();
    assert!(held.held.is_empty(), "all was done");
    place.assert_same(&run, &plain, 1);
    // Held and gone on once, whatever was made between.
    let story: Vec<&str> = (heard.0.iter())
        .filter_map(|kind| match kind {
            EventKind::Paused => Some("paused"),
            EventKind::Resumed => Some("resumed"),
            EventKind::Checkpointed { .. } => Some("epoch"),
            _ => None,
        })
        .collect();
    // After the first step of the first epoch: two more, the first of the second epoch, that one.
    assert_eq!(story, ["paused", "epoch", "epoch", "resumed", "epoch"]);
}

#[test]
fn slow_motion_waits_between_steps_with_the_clock_stopped() {
    let place = Place::new();
    let mut slow = Said {
        at: vec![(1, Command::Slow(SlowMotion::Twenty))],
        ..Said::default()
    };
    let began = std::time::Instant::now();
    let (_, ended) = run(place.job(experiment(3)), &mut slow, &mut Nobody).unwrap();
    // Nine steps, each followed by 50 ms.
    let waited = began.elapsed().as_secs_f64();
    assert!(
        waited > 9.0 * 0.05 && ended.train_secs < waited - 0.4,
        "{waited} {ended:?}"
    );
}
