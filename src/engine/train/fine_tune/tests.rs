//! Fine-tuning in a world whose rules are known.
//!
//! The catalogue has two halves, each a Markov chain of its own. Half of the users live in either. When
//! the log has ended, the tastes of those in the first half change: they follow another chain of the same
//! items. Some of them answer a list of the run by that new rule. The next events of all users are drawn
//! by the rules; no log holds them.

use std::fmt::Write as _;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};

use super::*;
use crate::run::{Part, RunOutcome, TuningGroup, tuning_effect};
use crate::train::{
    Command, Control, Ended, Event, Job, Observer, Restored, StopMode, restore, run,
};
use rand_chacha::ChaCha8Rng;
use seqscope_base::metric::{Metric, Metrics};
use seqscope_data::world::{Oracle, WorldEvent};
use seqscope_data::{DataSource, DataSpec, FileSpec, Histories, SplitSpec, WorldKind, WorldSpec};
use seqscope_model::{ModelSpec, Questions, TransformerSpec};

/// Items of each half.
const N_HALF: usize = 15;
/// Users of each half.
const N_USERS: usize = 80;
/// Events of a user in the log.
const LEN: usize = 24;
/// Users of the first half who answer a list.
const N_ANSWERING: usize = 40;
/// Events after the log, by which models are judged.
const N_LATER: usize = 6;

/// A chain's chances of each item after each other, `[item][next]`.
type Chain = Vec<Vec<f64>>;

fn chain(seed: u64) -> Chain {
    let world = WorldSpec::of_kind(WorldKind::MarkovChain).with(|shared| {
        (shared.n_items, shared.follow, shared.seed) = (N_HALF, 0.9, seed);
    });
    let oracle = Oracle::new(&world);
    let after = |item: usize| {
        oracle.probabilities(&[WorldEvent {
            item,
            time_secs: 0,
            behaviour: 0,
        }])
    };
    (0..N_HALF).map(after).collect()
}

fn draw(chances: &[f64], random: &mut ChaCha8Rng) -> usize {
    let mut left: f64 = random.random();
    for (item, chance) in chances.iter().enumerate() {
        left -= chance;
        if left < 0.0 {
            return item;
        }
    }
    chances.len() - 1
}

/// The world: its chains, and the items of every user, those of the first half first.
struct World {
    second: Chain,
    changed: Chain,
    /// Items within the half, of the log.
    log: Vec<Vec<usize>>,
}

fn is_first(user: usize) -> bool {
    user < N_USERS
}

impl World {
    fn new() -> Self {
        let [first, second, changed] = [11, 12, 13].map(chain);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let log = (0..2 * N_USERS).map(|user| {
            let chain = if is_first(user) { &first } else { &second };
            let mut items = vec![random.random_range(0..N_HALF)];
            while items.len() < LEN {
                items.push(draw(&chain[items[items.len() - 1]], &mut random));
            }
            items
        });
        let log = log.collect();
        Self {
            second,
            changed,
            log,
        }
    }

    fn write(&self, folder: &std::path::Path) -> Experiment {
        let mut text = "user,item,timestamp\n".to_owned();
        for (user, items) in self.log.iter().enumerate() {
            for (at, item) in items.iter().enumerate() {
                let time = 1_704_067_200 + 3_600 * at + user;
                writeln!(text, "u{user:03},{},{time}", id(user, *item)).unwrap();
            }
        }
        let path = folder.join("log.csv");
        std::fs::write(&path, text).unwrap();
        let mut experiment = Experiment {
            name: "changing".to_owned(),
            data: DataSpec {
                source: DataSource::File(FileSpec {
                    path,
                    ..FileSpec::default()
                }),
                ..DataSpec::default()
            },
            split: SplitSpec::LeaveOneOut,
            model: ModelSpec::Transformer(TransformerSpec {
                d_model: 16,
                n_layers: 1,
                n_heads: 2,
                d_ff: 16,
                seq_len: 12,
                dropout: 0.1,
                ..TransformerSpec::default()
            }),
            ..Experiment::default()
        };
        "cpu".clone_into(&mut experiment.training.device);
        let training = &mut experiment.training;
        (training.epochs, training.batch_size, training.lr) = (25, 16, 0.01);
        experiment
    }

    /// Items that a user does after the log, by the rules of then.
    fn later(&self, user: usize) -> Vec<usize> {
        let chain = if is_first(user) {
            &self.changed
        } else {
            &self.second
        };
        let mut random = ChaCha8Rng::seed_from_u64(derived(2, user));
        let mut items = vec![self.log[user][LEN - 1]];
        while items.len() <= N_LATER {
            items.push(draw(&chain[items[items.len() - 1]], &mut random));
        }
        items.split_off(1)
    }

    /// Whether a user accepts an item right after the log: it follows by the rule of now with more
    /// than chance.
    fn accepts(&self, user: usize, item: &str) -> bool {
        let last = self.log[user][LEN - 1];
        let chances = &self.changed[last];
        (0..N_HALF).any(|at| id(user, at) == item && chances[at] > 0.1)
    }
}

fn derived(seed: u64, user: usize) -> u64 {
    seqscope_base::spec::derive_seed(seed, "later", user as u64)
}

fn id(user: usize, item: usize) -> String {
    let half = if is_first(user) { 'a' } else { 'b' };
    format!("{half}{item:02}")
}

/// Somebody who says and hears nothing.
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

/// Pauses after so many looks.
struct PauseAfter(usize);

impl Control for PauseAfter {
    fn poll(&mut self) -> Option<Command> {
        self.0 = self.0.wrapping_sub(1);
        (self.0 == 0).then_some(Command::Pause)
    }
    fn wait(&mut self, _at_most: Duration) -> Option<Command> {
        Some(Command::Stop(StopMode::Discard))
    }
}

fn train(store: &RunStore, experiment: Experiment) -> (RunId, Ended) {
    let job = Job {
        experiment,
        store: store.clone(),
        prepared: None,
        resume: None,
    };
    run(job, &mut Nobody, &mut Nobody).unwrap()
}

fn refused(store: &RunStore, experiment: Experiment) -> String {
    let job = Job {
        experiment,
        store: store.clone(),
        prepared: None,
        resume: None,
    };
    let error = run(job, &mut Nobody, &mut Nobody).unwrap_err();
    error.to_string()
}

/// Answers of the users who answer to the ten items that the run puts first after the whole log.
fn answers(world: &World, restored: &Restored) -> Vec<Feedback> {
    let dataset = &restored.prepared.dataset;
    let mut answers = Vec::new();
    for user in 0..N_ANSWERING {
        let idx = dataset.users.idx(&format!("u{user:03}")).unwrap();
        let history = restored.prepared.histories([(idx as usize, usize::MAX)]);
        let scores = restored.model.scores(&history).unwrap();
        let mut items: Vec<u32> = (1..=dataset.n_items() as u32).collect();
        items.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
        for item in items.iter().take(10) {
            let item = dataset.items.id(*item).unwrap().to_owned();
            answers.push(Feedback {
                user: format!("u{user:03}"),
                accepted: world.accepts(user, &item),
                item,
                time: None,
                held_out: false,
            });
        }
    }
    answers
}

/// NDCG@10 of a run on what users did after the log: of those who answered, of those who share their new
/// tastes and did not, and of the other half, whose tastes stay.
fn on_later(world: &World, store: &RunStore, run: &RunId) -> [f64; 3] {
    let restored = restore(store, run, None, None).unwrap();
    [0..N_ANSWERING, N_ANSWERING..N_USERS, N_USERS..2 * N_USERS].map(|users| {
        let (mut histories, mut targets) = (Histories::new(), Vec::new());
        for user in users {
            let of = |items: &[usize]| -> Vec<u32> {
                let items = items.iter().map(|item| id(user, *item));
                let known = items.map(|id| restored.prepared.dataset.items.idx(&id));
                known.map(Option::unwrap).collect()
            };
            let mut history = of(&world.log[user]);
            for item in of(&world.later(user)) {
                histories.push(&history);
                targets.push(item);
                history.push(item);
            }
        }
        let questions = Questions {
            histories,
            targets,
            filter_seen: false,
            n_items: restored.prepared.dataset.n_items(),
        };
        let ranks = restored.model.answers(&questions).unwrap();
        let ranks: Vec<_> = ranks.iter().map(|answer| answer.rank).collect();
        Metrics::of_ranks(&ranks).get(Metric::Ndcg10).unwrap()
    })
}

#[test]
fn feedback_of_changed_tastes_helps_those_who_share_them_and_hurts_others_little() {
    let folder = tempfile::tempdir().unwrap();
    let (world, store) = (World::new(), RunStore::at(folder.path().join("runs")));
    let (parent, ended) = train(&store, world.write(folder.path()));
    assert_eq!(ended.outcome, Some(RunOutcome::Finished));
    let restored = restore(&store, &parent, None, None).unwrap();
    let given = answers(&world, &restored);
    store.add_feedback(&parent, &given).unwrap();
    let manifest = store.manifest(&parent).unwrap();
    let (child, ended) = train(&store, fine_tuning(&manifest, &FineTuning::default()));
    assert_eq!(ended.outcome, Some(RunOutcome::Finished));

    let [before, after] = [&parent, &child].map(|run| on_later(&world, &store, run));
    println!("later events: before {before:.4?}, after {after:.4?}");
    // Measured: .377 → .469, .336 → .426 and .696 → .695; without replay the last falls to .605.
    assert!(after[0] > before[0] + 0.06, "{before:?} {after:?}");
    assert!(after[1] > before[1] + 0.06, "{before:?} {after:?}");
    assert!(after[2] > before[2] - 0.01, "{before:?} {after:?}");

    let tuned = store.manifest(&child).unwrap();
    let effect = tuning_effect(&store, &tuned).unwrap().unwrap();
    let row = |group| {
        let row = effect.row(Part::Test, group, Metric::Ndcg10).unwrap();
        (
            row.contrast.n_users,
            row.contrast.gain,
            row.contrast.gain_interval,
        )
    };
    println!(
        "on test: {:?} {:?}",
        row(TuningGroup::Gave),
        row(TuningGroup::Others)
    );
    let lineage = tuned.lineage.unwrap();
    assert_eq!(
        (&lineage.parent, lineage.later_users),
        (&parent, lineage.learnt.users)
    );
    // What is asked for was not learnt from, and who accepted it is in no group.
    let learnt = store.learnt_feedback(&child).unwrap();
    assert_eq!(learnt.len(), given.len());
    let held_out: BTreeSet<&str> = (learnt.iter().filter(|it| it.held_out && it.accepted))
        .map(|it| it.user.as_str())
        .collect();
    assert!(lineage.held_out > 0 && effect.left_out == held_out.len());
    let (gave, others) = (row(TuningGroup::Gave).0, row(TuningGroup::Others).0);
    assert_eq!(gave, N_ANSWERING - held_out.len());
    assert_eq!(others, 2 * N_USERS - N_ANSWERING);
}

#[test]
fn a_fine_tuned_run_repeats_itself_and_goes_on_after_a_pause_without_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let (world, store) = (World::new(), RunStore::at(folder.path().join("runs")));
    let mut experiment = world.write(folder.path());
    experiment.training.epochs = 2;
    let (parent, _) = train(&store, experiment);
    let restored = restore(&store, &parent, None, None).unwrap();
    store
        .add_feedback(&parent, &answers(&world, &restored))
        .unwrap();
    let choices = FineTuning {
        epochs: Some(3),
        ..FineTuning::default()
    };
    let tuned = fine_tuning(&store.manifest(&parent).unwrap(), &choices);
    let weights = |run: &RunId, epoch| std::fs::read(store.epoch_weights(run, epoch)).unwrap();
    let (one, _) = train(&store, tuned.clone());
    let (other, _) = train(&store, tuned.clone());
    assert_eq!(weights(&one, 3), weights(&other, 3));
    assert_ne!(weights(&one, 3), weights(&one, 2));
    assert_eq!(store.manifest(&one).unwrap().best_epoch, Some(3));

    // Paused within its first epoch, where only the start tells it what to go on from.
    for looks in [1, 3, 20] {
        let job = Job {
            experiment: tuned.clone(),
            store: store.clone(),
            prepared: None,
            resume: None,
        };
        let (cut, ended) = run(job.clone(), &mut PauseAfter(looks), &mut Nobody).unwrap();
        assert_eq!(ended.outcome, None, "{ended:?}");
        // Later feedback is not the run's.
        store.save_feedback(&parent, &[]).unwrap();
        let rest = Job {
            resume: Some(cut.clone()),
            ..job
        };
        run(rest, &mut Nobody, &mut Nobody).unwrap();
        assert_eq!(weights(&one, 3), weights(&cut, 3), "after {looks} looks");
        store
            .add_feedback(&parent, &answers(&world, &restored))
            .unwrap();
    }
}

#[test]
fn what_cannot_be_fine_tuned_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (world, store) = (World::new(), RunStore::at(folder.path().join("runs")));
    let mut experiment = world.write(folder.path());
    experiment.training.epochs = 1;
    let (parent, _) = train(&store, experiment);
    let manifest = store.manifest(&parent).unwrap();
    let tuned = fine_tuning(&manifest, &FineTuning::default());
    let told = refused(&store, tuned.clone());
    assert!(
        told.contains("has no feedback to learn from") && told.contains("seqscope feedback"),
        "{told}"
    );

    let answer = |user: &str, item: String| Feedback {
        user: user.to_owned(),
        item,
        accepted: true,
        time: None,
        held_out: false,
    };
    // What user 0 does last is what the test asks.
    let asked = id(0, world.log[0][LEN - 1]);
    store
        .save_feedback(&parent, &[answer("u000", asked)])
        .unwrap();
    let told = refused(&store, tuned.clone());
    assert!(told.contains("asked for in validation or test"), "{told}");

    store
        .save_feedback(&parent, &[answer("u999", id(0, 1))])
        .unwrap();
    let told = refused(&store, tuned.clone());
    assert!(
        told.contains("`u999`") && told.contains("delete that line"),
        "{told}"
    );

    let mut other = tuned.clone();
    other.model = ModelSpec::default();
    let told = refused(&store, other);
    assert!(told.contains("another model"), "{told}");
    let mut other = tuned.clone();
    other.split = SplitSpec::PerUserTemporal {
        valid_fraction: 0.1,
        test_fraction: 0.1,
    };
    let told = refused(&store, other);
    assert!(told.contains("another data or another split"), "{told}");
    let mut other = tuned.clone();
    other.fine_tune = Some(FineTuneSpec::default());
    let told = refused(&store, other);
    assert!(told.contains("name it in `fine_tune.parent`"), "{told}");

    store
        .save_feedback(&parent, &[answer("u000", id(0, 1))])
        .unwrap();
    for epoch in store.epochs(&parent).unwrap() {
        std::fs::remove_file(store.epoch_weights(&parent, epoch)).unwrap();
    }
    let told = refused(&store, tuned);
    assert!(told.contains("keeps no weights"), "{told}");
}
