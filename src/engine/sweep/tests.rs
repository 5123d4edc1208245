//! Whole sweeps of a tiny world: the same numbers as runs that were trained by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::*;
use crate::experiment::Experiment;
use crate::run::{Part, RunOutcome, RunStatus, RunStore};
use crate::train::{self, Command, Control, Event, Job, Observer, TrainError};
use seqscope_data::{self as data, Prepared};

/// Whoever says nothing and hears nothing.
struct Nobody;

impl Control for Nobody {
    fn poll(&mut self) -> Option<Command> {
        None
    }

    fn wait(&mut self, _: Duration) -> Option<Command> {
        None
    }
}

impl Observer for Nobody {
    fn observe(&mut self, _: &Event) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Pauses at the n-th look.
struct Leaving(usize);

impl Control for Leaving {
    fn poll(&mut self) -> Option<Command> {
        self.0 = self.0.checked_sub(1)?;
        (self.0 == 0).then_some(Command::Pause)
    }

    fn wait(&mut self, _: Duration) -> Option<Command> {
        None
    }
}

fn experiment(sweep: &str) -> Experiment {
    let text = format!(
        "(version: 1, name: \"s\", data: (source: World(n_users: 40, n_items: 20, mean_len: 8)), \
         model: Gru(d_model: 4, d_hidden: 4), training: (epochs: 6, patience: 0, batch_size: 16, \
         device: \"cpu\", lr_decay: Cosine), seed: 3, sweep: {sweep})"
    );
    Experiment::parse(&text).unwrap()
}

fn prepared(experiment: &Experiment) -> Arc<Prepared> {
    let watch = AtomicBool::new(false);
    Arc::new(data::prepare(&experiment.data, experiment.split, &watch).unwrap())
}

/// Does whatever is due, one piece of work after another, in the order of the trials; `leaves`
/// pauses each piece once after so many looks.
fn work_off(folder: &SweepFolder, prepared: &Arc<Prepared>, leaves: Option<usize>) -> SweepState {
    let shelf = folder.shelf();
    for _ in 0..200 {
        let state = SweepState::read(folder).unwrap();
        let due = state.trials.iter().rev();
        let due = due.filter_map(|of| TrialWork::next(folder, of).unwrap());
        let Some(work) = due.into_iter().next() else {
            return state;
        };
        let is_new = work.resume.is_none();
        let mut leaving = Leaving(leaves.filter(|_| is_new).unwrap_or(usize::MAX));
        let given = Some(Arc::clone(prepared));
        work.train(folder, &shelf, given, &mut leaving, &mut Nobody)
            .unwrap();
    }
    panic!("it never ends");
}

fn results(store: &RunStore, state: &SweepState) -> BTreeMap<(usize, usize), Vec<f64>> {
    let mut found = BTreeMap::new();
    for of in &state.trials {
        for run in &of.runs {
            let seed_place = store.manifest(&run.id).unwrap().sweep.unwrap().seed_place;
            let mut values: Vec<f64> = run.values.iter().map(|at| at.value).collect();
            values.extend(run.test);
            found.insert((of.trial.number, seed_place), values);
        }
    }
    found
}

#[test]
fn trials_have_the_numbers_of_runs_that_were_trained_by_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::at(dir.path());
    let experiment =
        experiment("(settings: [(set: \"training.lr\", to: Among([0.01, 0.03]))], seeds: 2)");
    let prepared = prepared(&experiment);
    let plan = SweepPlan::new(&experiment, 0).unwrap();
    let folder = SweepFolder::create(&store, plan).unwrap();
    let state = work_off(&folder, &prepared, Some(5));
    assert!(state.is_done());
    assert_eq!(
        store.list().unwrap().len(),
        4,
        "the sweep's folder is no run"
    );

    for of in &state.trials {
        for (place, run) in of.runs.iter().enumerate() {
            let alone = RunStore::at(dir.path().join("alone"));
            let job = Job {
                experiment: folder.plan.experiment_of(&of.trial, place).unwrap(),
                store: alone.clone(),
                prepared: Some(Arc::clone(&prepared)),
                resume: None,
            };
            let (id, _) = train::run(job, &mut Nobody, &mut Nobody).unwrap();
            let [own, other] = [
                alone.manifest(&id).unwrap(),
                store.manifest(&run.id).unwrap(),
            ];
            assert_eq!(own.valid, other.valid);
            assert_eq!(own.test, other.test);
            assert_eq!(own.references_valid, other.references_valid);
            assert_eq!(own.references_test, other.references_test);
            assert_eq!(own.references_left_out, other.references_left_out);
            assert_eq!(
                alone.reference_results(&id).unwrap(),
                store.reference_results(&run.id).unwrap(),
                "shared references say what own ones say"
            );
            let series =
                |store: &RunStore, id| store.history(id).unwrap().series(Part::Valid, "loss");
            assert_eq!(series(&alone, &id), series(&store, &run.id));
            assert_eq!(other.sweep, Some(folder.mark(of.trial.number, place)));
        }
    }
}

#[test]
fn halving_gives_the_same_whoever_is_killed_and_pauses_equal_training_at_once() {
    let sweep = "(method: Halving(trials: 5, eta: 2, least_epochs: 1), settings: [(set: \
                 \"training.lr\", to: LogUniform(low: 0.001, high: 0.1))])";
    let experiment = experiment(sweep);
    let prepared = prepared(&experiment);
    let of = |leaves| {
        let dir = tempfile::tempdir().unwrap();
        let store = RunStore::at(dir.path());
        let plan = SweepPlan::new(&experiment, 0).unwrap();
        let folder = SweepFolder::create(&store, plan).unwrap();
        let state = work_off(&folder, &prepared, leaves);
        (dir, store, folder, state)
    };
    let (_a, store, folder, whole) = of(None);
    let (_b, other_store, _, left) = of(Some(2));
    assert_eq!(results(&store, &whole), results(&other_store, &left));
    let states = |state: &SweepState| -> Vec<TrialState> {
        state.trials.iter().map(|of| of.state.clone()).collect()
    };
    assert_eq!(states(&whole), states(&left));

    // Rungs of 1, 2, 4 and 6 epochs keep 5, 2, 1 and 1.
    let n_of = |wanted: &TrialState| states(&whole).iter().filter(|s| *s == wanted).count();
    assert_eq!(n_of(&TrialState::Dropped { rung: 1 }), 3);
    assert_eq!(n_of(&TrialState::Dropped { rung: 2 }), 1);
    assert_eq!(n_of(&TrialState::Finished), 1);
    assert!(whole.is_done());

    // Only the last one read the test part.
    let best = whole.best(&folder.plan).unwrap();
    for of in &whole.trials {
        let manifest = store.manifest(&of.runs[0].id).unwrap();
        assert_eq!(manifest.test.is_some(), of == best);
        let wanted = if of == best {
            RunStatus::Ended(RunOutcome::Finished)
        } else {
            RunStatus::Paused
        };
        assert_eq!(of.runs[0].status, wanted);
    }

    let alone = RunStore::at(store.root.join("alone"));
    let job = Job {
        experiment: folder.plan.experiment_of(&best.trial, 0).unwrap(),
        store: alone.clone(),
        prepared: Some(Arc::clone(&prepared)),
        resume: None,
    };
    let (id, _) = train::run(job, &mut Nobody, &mut Nobody).unwrap();
    let [own, other] = [
        alone.manifest(&id).unwrap(),
        store.manifest(&best.runs[0].id).unwrap(),
    ];
    assert_eq!((own.valid, own.test), (other.valid, other.test));
}

#[test]
fn references_are_fitted_once_and_read_by_other_processes() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::at(dir.path());
    let experiment = experiment("(settings: [(set: \"training.lr\", to: Among([0.01]))])");
    let plan = SweepPlan::new(&experiment, 0).unwrap();
    let folder = SweepFolder::create(&store, plan).unwrap();
    work_off(&folder, &prepared(&experiment), None);
    let files = std::fs::read_dir(folder.dir().join("references"))
        .unwrap()
        .count();
    assert_eq!(files, 2, "figures and answers");
}

#[test]
fn a_sweep_is_found_by_what_a_person_writes() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::at(dir.path());
    assert!(
        SweepFolder::find(&store, "last")
            .unwrap_err()
            .to_string()
            .contains("makes one")
    );
    let plan = SweepPlan::new(
        &experiment("(settings: [(set: \"training.lr\", to: Among([0.01]))])"),
        0,
    )
    .unwrap();
    let one = SweepFolder::create(&store, plan.clone()).unwrap();
    let two = SweepFolder::create(&store, plan).unwrap();
    assert_ne!(one.name, two.name);
    assert_eq!(SweepFolder::find(&store, &one.name).unwrap(), one);
    let path = two.dir();
    let found = SweepFolder::find(&RunStore::at("elsewhere"), path.to_str().unwrap()).unwrap();
    assert_eq!((found.name, found.plan), (two.name.clone(), two.plan));
    let error = SweepFolder::find(&store, "_s_").unwrap_err().to_string();
    assert!(error.contains("fits 2 sweeps"), "{error}");
    assert!(
        SweepFolder::find(&store, "x")
            .unwrap_err()
            .to_string()
            .contains("there are `")
    );
}

#[test]
fn nobody_trains_a_sweep_as_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let job = Job {
        experiment: experiment("(settings: [(set: \"training.lr\", to: Among([0.01]))])"),
        store: RunStore::at(dir.path()),
        prepared: None,
        resume: None,
    };
    let error = train::run(job, &mut Nobody, &mut Nobody).unwrap_err();
    assert!(format!("{error:?}").contains("seqscope sweep FILE.ron"));
}
