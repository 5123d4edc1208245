//! Tasks beside the next item: what is asked, what is true, and that no family sees past its part.

use std::sync::atomic::AtomicBool;

use seqscope::data::{
    DataSource, DataSpec, FeatureSpec, NextNumber, NumberOf, Outcomes, Prepared, Sample, SplitSpec,
    TaskKind, TaskSpec, WillAct, WorldKind, WorldSpec, outcomes, prepare,
};
use seqscope::experiment::{Experiment, TrainingSpec};
use seqscope::metric::{AnswerKind, Metric};
use seqscope::model::{LossKind, ModelSpec};
use seqscope::run::{RunOutcome, RunStore};
use seqscope::spec::{Described, Entry};
use seqscope::train::{Job, run};
use strum::IntoEnumIterator as _;

use crate::data::OnDisk;
use crate::fake::{Commands, Listener};

const HOUR: i64 = 3600;
const CUT: SplitSpec = SplitSpec::GlobalTemporal {
    valid_fraction: 0.25,
    test_fraction: 0.25,
};

/// Users with events at these hours; `!` after an hour is a purchase.
fn log(users: &[&str]) -> OnDisk {
    let line = |user: usize, event: &str| {
        let behaviour = if event.ends_with('!') { "buy" } else { "view" };
        let hour: i64 = event.trim_end_matches('!').parse().unwrap();
        let secs = 1_600_000_000 + hour * HOUR;
        format!(
            "u{user},i{},{secs},{behaviour},{}\n",
            hour % 3,
            hour as f64 / 2.0
        )
    };
    let lines: Vec<String> = users
        .iter()
        .enumerate()
        .flat_map(|(user, events)| {
            events
                .split_whitespace()
                .map(move |event| line(user, event))
        })
        .collect();
    OnDisk::new(
        "log.csv",
        format!("user,item,time,behaviour,value\n{}", lines.concat()),
    )
}

fn prepared(log: &OnDisk, split: SplitSpec) -> Prepared {
    let data = DataSpec {
        source: DataSource::File(log.spec.clone()),
        ..DataSpec::default()
    };
    prepare(&data, split, &AtomicBool::new(false)).unwrap()
}

fn asked(task: &TaskSpec, prepared: &Prepared, split: SplitSpec) -> Outcomes {
    outcomes(task, prepared, split).unwrap().unwrap()
}

fn will_act(behaviour: &str, horizon_hours: f64) -> TaskSpec {
    TaskSpec::WillAct(WillAct {
        behaviour: behaviour.to_owned(),
        horizon_hours,
    })
}

/// User, events seen, hours since the last of them, answer.
fn told(prepared: &Prepared, samples: &[Sample]) -> Vec<(String, u32, f32, bool)> {
    let user = |sample: &Sample| {
        prepared
            .dataset
            .users
            .id(sample.user_idx)
            .unwrap()
            .to_owned()
    };
    samples
        .iter()
        .map(|s| {
            (
                user(s),
                s.history_len,
                s.elapsed_secs / 3600.0,
                s.target > 0.5,
            )
        })
        .collect()
}

/// Sixteen events: the first eight are training, the next four validation. So validation begins at
/// hour 12 and the test at hour 30.
const USERS: [&str; 3] = ["0 2! 5 9 12 14! 22 30", "1 4 10! 24 33! 38", "3 36!"];

#[test]
fn whether_a_user_acts_is_asked_at_the_cuts_and_before_them_in_training() {
    let prepared = prepared(&log(&USERS), CUT);
    let found = asked(&will_act("buy", 4.0), &prepared, CUT);
    let row = |user: &str, seen: u32, hours: f32, acts: bool| (user.to_owned(), seen, hours, acts);
    // At hour 12 everyone is asked, u2 who is silent too: u0 buys at 14.
    let valid = [
        row("u0", 4, 3.0, true),
        row("u1", 3, 2.0, false),
        row("u2", 1, 9.0, false),
    ];
    assert_eq!(told(&prepared, &found.valid), valid);
    // At hour 30: u1 buys at 33.
    let test = [
        row("u0", 7, 8.0, false),
        row("u1", 4, 6.0, true),
        row("u2", 1, 27.0, false),
    ];
    assert_eq!(told(&prepared, &found.test), test);
    // Training asks at hours 4 and 8, the last of which is answered by hour 12.
    let of_u1 = [row("u1", 1, 3.0, false), row("u1", 2, 4.0, true)];
    let training = told(&prepared, &found.train);
    let first = training.iter().position(|row| row.0 == "u1").unwrap();
    assert_eq!(training[first..first + 2], of_u1);
    assert_eq!(training.len(), 6);
}

#[test]
fn the_next_behaviour_and_number_are_asked_of_every_event_but_the_first() {
    let log = log(&USERS);
    let prepared = prepared(&log, SplitSpec::LeaveOneOut);
    let behaviours = asked(&TaskSpec::NextBehaviour, &prepared, SplitSpec::LeaveOneOut);
    assert_eq!(behaviours.classes, ["view", "buy"]);
    let of_u0 = |samples: &[Sample]| -> Vec<(u32, f32)> {
        samples
            .iter()
            .filter(|s| s.user_idx == 0)
            .map(|s| (s.history_len, s.target))
            .collect()
    };
    assert_eq!(
        of_u0(&behaviours.train),
        [(1, 1.0), (2, 0.0), (3, 0.0), (4, 0.0), (5, 1.0)]
    );
    assert_eq!(
        (of_u0(&behaviours.valid), of_u0(&behaviours.test)),
        (vec![(6, 0.0)], vec![(7, 0.0)])
    );

    let gaps = TaskSpec::NextNumber(NextNumber {
        of: NumberOf::Gap,
        log1p: true,
    });
    let gaps = asked(&gaps, &prepared, SplitSpec::LeaveOneOut);
    let hours: Vec<f64> = gaps
        .train
        .iter()
        .take(5)
        .map(|s| gaps.scale.unscaled(s.target))
        .collect();
    for (found, expected) in hours.iter().zip([2.0, 3.0, 4.0, 3.0, 2.0]) {
        assert!((found - expected).abs() < 1e-4, "{hours:?}");
    }
    let values = TaskSpec::NextNumber(NextNumber {
        of: NumberOf::Value,
        log1p: false,
    });
    let values = asked(&values, &prepared, SplitSpec::LeaveOneOut);
    assert!(
        (values.scale.unscaled(values.test[0].target) - 15.0).abs() < 1e-4,
        "hour 30 is worth 15"
    );
    let mean = values
        .train
        .iter()
        .map(|s| f64::from(s.target))
        .sum::<f64>()
        / values.train.len() as f64;
    assert!(mean.abs() < 1e-6, "training targets have mean 0: {mean}");
}

/// What happens after a part begins changes nothing that is learnt before it.
#[test]
fn no_training_question_knows_what_is_held_out() {
    let later = ["0 2! 5 9 12 20! 21 31!", "1 4 10! 26! 34 39!", "3 37"];
    let (one, other) = (log(&USERS), log(&later));
    let tasks = [
        (will_act("buy", 4.0), CUT),
        (TaskSpec::NextBehaviour, CUT),
        (TaskSpec::NextNumber(NextNumber::default()), CUT),
        (
            TaskSpec::NextBehaviour,
            SplitSpec::GlobalTemporal {
                valid_fraction: 0.25,
                test_fraction: 0.25,
            },
        ),
    ];
    for (task, split) in tasks {
        let (a, b) = (prepared(&one, split), prepared(&other, split));
        let (a_asked, b_asked) = (asked(&task, &a, split), asked(&task, &b, split));
        assert!(!a_asked.train.is_empty());
        assert_eq!(a_asked.train, b_asked.train, "{task:?}");
        assert_eq!(a_asked.scale, b_asked.scale);
        assert_ne!(a_asked.test, b_asked.test);
    }
}

#[test]
fn a_task_that_the_log_cannot_answer_is_one_sentence_with_the_cure() {
    let plain = OnDisk::new("log.csv", "user,item\nu,a\nu,b\nu,c\nu,a\nu,b\n");
    let timed = log(&USERS);
    let refused = |log: &OnDisk, task: TaskSpec, split: SplitSpec| {
        outcomes(&task, &prepared(log, split), split)
            .unwrap_err()
            .to_string()
    };
    let loo = SplitSpec::LeaveOneOut;
    let gap = TaskSpec::NextNumber(NextNumber::default());
    let value = TaskSpec::NextNumber(NextNumber {
        of: NumberOf::Value,
        log1p: true,
    });
    for (sentence, cure) in [
        (
            refused(&plain, TaskSpec::NextBehaviour, loo),
            "data.roles.behaviour",
        ),
        (refused(&plain, gap, loo), "data.roles.time"),
        (refused(&plain, value, loo), "data.roles.value"),
        (
            refused(&timed, will_act("buy", 4.0), loo),
            "split: GlobalTemporal()",
        ),
        (
            refused(&timed, will_act("bought", 4.0), CUT),
            "it has `view`, `buy`",
        ),
        (
            refused(&timed, will_act("buy", 400.0), CUT),
            "task.horizon_hours",
        ),
        (
            refused(&timed, will_act("", 9.9), CUT),
            "`task.horizon_hours`",
        ),
    ] {
        assert!(sentence.contains(cure), "{sentence}");
    }
    let experiment = Experiment {
        task: will_act("buy", 4.0),
        ..Experiment::default()
    };
    assert!(
        experiment
            .check()
            .iter()
            .any(|problem| problem.is_error() && problem.field == "split")
    );
    let vae = ModelSpec::iter()
        .find(|model| model.family().tasks() == [TaskKind::NextItem])
        .unwrap();
    let experiment = Experiment {
        task: TaskSpec::NextBehaviour,
        model: vae,
        ..Experiment::default()
    };
    assert!(
        experiment
            .check()
            .iter()
            .any(|problem| problem.is_error() && problem.field == "model")
    );
}

/// The data of the walk below: a shop with behaviours, values and times.
fn funnel() -> DataSource {
    DataSource::World(WorldSpec::of_kind(WorldKind::Funnel).with(|world| {
        world.n_users = 40;
        world.n_items = 12;
        world.mean_len = 12;
    }))
}

fn small(mut model: ModelSpec) -> ModelSpec {
    for (key, value) in [
        ("d_model", "8"),
        ("d_hidden", "8"),
        ("d_latent", "4"),
        ("d_ff", "8"),
        ("seq_len", "8"),
    ] {
        // A family without this setting says so; that is fine here.
        let _ = model.described_mut().set_text(key, value);
    }
    model
}

fn trained(experiment: Experiment) -> seqscope::run::Manifest {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let job = Job {
        experiment,
        store: store.clone(),
        prepared: None,
        resume: None,
    };
    let (id, _) = run(job, &mut Commands::default(), &mut Listener::default()).unwrap();
    store.manifest(&id).unwrap()
}

/// Every family learns every task that it says it can, with and without features, from start to
/// end.
#[test]
fn every_family_trains_on_every_task_it_supports() {
    let features = vec![
        FeatureSpec::iter()
            .find(|feature| feature.name() == "Behaviour")
            .unwrap(),
        FeatureSpec::iter()
            .find(|feature| feature.name() == "Gap")
            .unwrap(),
    ];
    for model in ModelSpec::iter().map(small) {
        for task in model.family().tasks() {
            let mut spec = task.spec();
            if *task == TaskKind::WillAct {
                spec.set_text("horizon_hours", "6").unwrap();
            }
            let told = if model.family().takes_features() {
                features.clone()
            } else {
                Vec::new()
            };
            let experiment = Experiment {
                data: DataSpec {
                    source: funnel(),
                    features: told,
                    ..DataSpec::default()
                },
                split: SplitSpec::GlobalTemporal {
                    valid_fraction: 0.2,
                    test_fraction: 0.2,
                },
                task: spec,
                model: model.clone(),
                training: TrainingSpec {
                    device: "cpu".to_owned(),
                    epochs: 1,
                    batch_size: 16,
                    ..TrainingSpec::default()
                },
                ..Experiment::default()
            };
            let what = format!("{} on {task}", model.family().title());
            let manifest = trained(experiment);
            assert_eq!(manifest.outcome, Some(RunOutcome::Finished), "{what}");
            let test = manifest.test.unwrap();
            let kind = match task {
                TaskKind::NextItem => AnswerKind::Ranking,
                TaskKind::NextBehaviour => AnswerKind::Classes,
                TaskKind::WillAct => AnswerKind::Binary,
                TaskKind::NextNumber => AnswerKind::Number,
            };
            assert_eq!(test.kind, kind, "{what}");
            assert!(
                test.primary().1.is_some_and(f64::is_finite),
                "{what}: {test:?}"
            );
            let table = manifest.reliability;
            assert_eq!(
                table.is_some(),
                matches!(kind, AnswerKind::Classes | AnswerKind::Binary),
                "{what}"
            );
            if let Some(table) = table {
                assert_eq!(
                    table.n_answers(),
                    test.n_users,
                    "{what}: every answer is in one bin"
                );
                assert!(
                    (table.ece() - test.get(Metric::Ece).unwrap()).abs() < 1e-12,
                    "{what}: {table:?}"
                );
            }
        }
    }
}

/// A world whose next event is nearly certain is learnt by every loss: far better than chance.
#[test]
fn every_loss_learns_a_rule() {
    for loss in LossKind::iter() {
        // gBCE's positive term weighs less than its negatives, so it stays long where all scores
        // are low.
        let (n_epochs, n_negatives) = if loss == LossKind::Gbce {
            (70, 1)
        } else {
            (12, 8)
        };
        let model = small(
            ModelSpec::iter()
                .find(|model| model.family().title() == "GRU")
                .unwrap(),
        );
        let source = DataSource::World(WorldSpec::default().with(|world| {
            world.n_users = 150;
            world.n_items = 30;
            world.mean_len = 14;
            world.follow = 0.95;
        }));
        let experiment = Experiment {
            data: DataSpec {
                source,
                ..DataSpec::default()
            },
            model,
            training: TrainingSpec {
                device: "cpu".to_owned(),
                epochs: n_epochs,
                patience: 0,
                batch_size: 16,
                lr: 0.02,
                loss,
                n_negatives,
                ..TrainingSpec::default()
            },
            ..Experiment::default()
        };
        let manifest = trained(experiment);
        let ndcg = manifest.test.unwrap().primary().1.unwrap();
        let popularity = manifest
            .references_test
            .values()
            .next()
            .unwrap()
            .primary()
            .1
            .unwrap();
        assert!(
            ndcg > popularity + 0.12,
            "{loss}: {ndcg} against {popularity}"
        );
    }
}
