//! The references that run beside a model of any task: which they are, what they answer, and that
//! their figures are what a slow and obvious computation gives.

use std::sync::atomic::AtomicBool;

use seqscope::baseline::task::TaskReference;
use seqscope::baseline::{BaselineKind, ReferenceKind};
use seqscope::data::{
    DataSource, DataSpec, Outcomes, Prepared, Sample, SplitSpec, TaskKind, WorldKind, WorldSpec,
    outcomes, prepare,
};
use seqscope::experiment::{EvaluationSpec, Experiment, FilterSeen, TrainingSpec};
use seqscope::metric::{Metric, Metrics, Seen};
use seqscope::model::ModelSpec;
use seqscope::run::{Manifest, Part, ReferenceResults, RunStore, UserResult};
use seqscope::spec::Described as _;
use seqscope::train::{Job, fit_reference, run};
use strum::IntoEnumIterator as _;

use crate::fake::{Commands, Listener};

const SPLIT: SplitSpec = SplitSpec::GlobalTemporal {
    valid_fraction: 0.2,
    test_fraction: 0.2,
};

/// A run of a small model on a shop with behaviours, values and times.
struct Trained {
    manifest: Manifest,
    prepared: Prepared,
    results: Vec<UserResult>,
    references: ReferenceResults,
}

impl Trained {
    fn on(task: TaskKind) -> Self {
        Self::judged(task, FilterSeen::Auto)
    }

    fn judged(task: TaskKind, filter_seen: FilterSeen) -> Self {
        let mut spec = task.spec();
        // A task without the setting says so; that is fine here.
        let _ = spec.set_text("horizon_hours", "6");
        let mut model = ModelSpec::iter()
            .find(|model| model.family().title() == "GRU")
            .unwrap();
        for (key, value) in [("d_model", "8"), ("d_hidden", "8"), ("seq_len", "8")] {
            model.described_mut().set_text(key, value).unwrap();
        }
        let world = WorldSpec::of_kind(WorldKind::Funnel).with(|world| {
            world.n_users = 40;
            world.n_items = 12;
            world.mean_len = 12;
        });
        let experiment = Experiment {
            data: DataSpec {
                source: DataSource::World(world),
                ..DataSpec::default()
            },
            split: SPLIT,
            task: spec,
            model,
            training: TrainingSpec {
                device: "cpu".to_owned(),
                epochs: 1,
                batch_size: 16,
                ..TrainingSpec::default()
            },
            evaluation: EvaluationSpec {
                filter_seen,
                ..EvaluationSpec::default()
            },
            ..Experiment::default()
        };
        let prepared = prepare(&experiment.data, SPLIT, &AtomicBool::new(false)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let job = Job {
            experiment,
            store: store.clone(),
            prepared: None,
            resume: None,
        };
        let (id, _) = run(job, &mut Commands::default(), &mut Listener::default()).unwrap();
        Self {
            manifest: store.manifest(&id).unwrap(),
            prepared,
            results: store.results(&id, Part::Test).unwrap().unwrap(),
            references: store.reference_results(&id).unwrap().unwrap(),
        }
    }

    fn outcomes(&self) -> Outcomes {
        outcomes(&self.manifest.experiment.task, &self.prepared, SPLIT)
            .unwrap()
            .unwrap()
    }
}

#[track_caller]
fn assert_metrics(found: &Metrics, wanted: &Metrics, tolerance: f64) {
    assert_eq!((found.kind, found.n_users), (wanted.kind, wanted.n_users));
    assert!(wanted.iter().count() > 1);
    for (metric, wanted) in wanted.iter() {
        let found = found.get(metric).unwrap();
        assert!(
            (found - wanted).abs() <= tolerance * wanted.abs().max(1.0),
            "{metric}: {found} is not {wanted}"
        );
    }
}

/// Beside every model run the references of its kind of answers and no others; what they answered
/// to each user is kept, for the users of the model's results in their order.
#[test]
fn the_references_of_its_task_run_beside_every_model() {
    for task in TaskKind::iter() {
        let Trained {
            manifest,
            results,
            references,
            ..
        } = Trained::on(task);
        let answers = manifest.experiment.answers();
        let wanted: Vec<ReferenceKind> = ReferenceKind::iter()
            .filter(|kind| kind.answers() == answers)
            .collect();
        for part in [&manifest.references_valid, &manifest.references_test] {
            let judged = part
                .keys()
                .chain(manifest.references_left_out.keys())
                .copied();
            let mut judged: Vec<ReferenceKind> = judged.collect();
            judged.sort();
            assert_eq!(judged, wanted, "{task}");
        }
        assert!(
            manifest
                .references_test
                .values()
                .all(|metrics| metrics.kind == answers && metrics.primary().1.is_some())
        );
        assert!(
            references
                .answers
                .keys()
                .eq(manifest.references_test.keys()),
            "{task}"
        );
        assert!(
            references
                .user_ids
                .iter()
                .eq(results.iter().map(|result| &result.user_id)),
            "{task}"
        );
        assert!(
            references
                .item_ids
                .iter()
                .eq(results.iter().map(|result| &result.item_id)),
            "{task}"
        );
    }
}

/// Where seen items are left out, a true item among them is ahead of nobody: it has no place.
#[test]
fn ranks_of_references_are_those_of_counting_who_is_ahead() {
    let trained =
        [FilterSeen::Off, FilterSeen::On].map(|filter| Trained::judged(TaskKind::NextItem, filter));
    let of_auto = Trained::on(TaskKind::NextItem).manifest;
    assert!(
        of_auto.follows_log && of_auto.references_test == trained[0].manifest.references_test,
        "people return here"
    );
    for Trained {
        manifest,
        prepared,
        references,
        ..
    } in &trained
    {
        are_those_of_counting(manifest, prepared, references);
    }
}

fn are_those_of_counting(manifest: &Manifest, prepared: &Prepared, references: &ReferenceResults) {
    let leaves_out =
        |item: u32, history: &[u32]| manifest.seen() == Seen::LeftOut && history.contains(&item);
    let mut n_missed = 0;
    for kind in BaselineKind::iter() {
        let Some(kept) = references.answers.get(&kind.into()) else {
            assert!(manifest.references_left_out.contains_key(&kind.into()));
            continue;
        };
        let fitted = fit_reference(prepared, kind, manifest.experiment.evaluation).unwrap();
        for (case, rank) in prepared.split.test.iter().zip(&kept.ranks) {
            let items = prepared.dataset.sequences.items(case.user_idx as usize);
            let (history, target) = (
                &items[..case.history_len as usize],
                items[case.target_pos as usize],
            );
            let mut scores = vec![0.0; prepared.dataset.n_items() + 1];
            fitted.scores(history, &mut scores);
            if leaves_out(target, history) {
                assert!(
                    rank.is_infinite() && *rank > 0.0,
                    "{kind} of user {}",
                    case.user_idx
                );
                n_missed += 1;
                continue;
            }
            let rivals = (1..scores.len())
                .filter(|&item| item != target as usize && !leaves_out(item as u32, history));
            let (mut ahead, mut tied) = (0.0, 0.0);
            for item in rivals {
                let difference = scores[item] - scores[target as usize];
                ahead += f64::from(u8::from(difference > 0.0));
                tied += f64::from(u8::from(difference.abs() <= 0.0));
            }
            assert!(
                (rank - (1.0 + ahead + tied / 2.0)).abs() < 1e-9,
                "{kind} of user {}",
                case.user_idx
            );
        }
        assert_metrics(
            &manifest.references_test[&kind.into()],
            &Metrics::of_ranks(&kept.ranks),
            1e-12,
        );
    }
    let n_returns = manifest.data.returns.unwrap().test.n * references.answers.len();
    assert_eq!(
        n_missed,
        if manifest.seen() == Seen::LeftOut {
            n_returns
        } else {
            0
        }
    );
    assert!(n_returns > 0);
}

/// Each reference of another task has the figures of a computation that is as plain as can be.
#[test]
fn figures_of_other_references_are_those_of_plain_sums() {
    let tasks = [
        TaskKind::NextBehaviour,
        TaskKind::WillAct,
        TaskKind::NextNumber,
    ]
    .map(Trained::on);
    for reference in TaskReference::iter() {
        let trained = tasks
            .iter()
            .find(|of| of.manifest.experiment.answers() == reference.answers())
            .unwrap();
        let asked = trained.outcomes();
        for (part, samples) in [
            (&trained.manifest.references_valid, &asked.valid),
            (&trained.manifest.references_test, &asked.test),
        ] {
            let slow = slowly(reference, &trained.prepared, &asked, samples);
            assert_metrics(&part[&reference.into()], &slow, 1e-4);
        }
    }
}

fn slowly(
    reference: TaskReference,
    prepared: &Prepared,
    asked: &Outcomes,
    samples: &[Sample],
) -> Metrics {
    match reference {
        TaskReference::MajorityClass | TaskReference::MarkovClass => {
            let truth: Vec<usize> = samples
                .iter()
                .map(|sample| sample.target as usize)
                .collect();
            let chances = |sample: &Sample| match reference {
                TaskReference::MajorityClass => shares(asked),
                _ => after_last(prepared, sample, asked.classes.len()),
            };
            Metrics::of_classes(
                &truth,
                &samples.iter().flat_map(chances).collect::<Vec<f64>>(),
            )
        }
        TaskReference::BaseRate | TaskReference::RecencyFrequency => {
            let labels: Vec<bool> = samples.iter().map(|sample| sample.target > 0.5).collect();
            let n_yes = asked
                .train
                .iter()
                .filter(|sample| sample.target > 0.5)
                .count() as f64;
            let chances: Vec<f64> = match reference {
                TaskReference::BaseRate => samples
                    .iter()
                    .map(|_| n_yes / asked.train.len() as f64)
                    .collect(),
                _ => by_descent(&asked.train, samples),
            };
            let slow = Metrics::of_binary(&labels, &chances);
            // Descent comes near the fit, not to the bit: what jumps between two users who are
            // nearly alike is left.
            let smooth =
                [Metric::LogLoss, Metric::Brier].map(|metric| (metric, slow.get(metric).unwrap()));
            smooth.into_iter().fold(
                Metrics::new(slow.kind, slow.n_users),
                |all, (metric, value)| all.with(metric, value),
            )
        }
        TaskReference::MeanValue | TaskReference::MedianValue | TaskReference::LastValue => {
            let mut known: Vec<f64> = Vec::new();
            for (user, &len) in prepared.split.train_len.iter().enumerate() {
                known.extend((1..len as usize).map(|at| hours_before(prepared, user, at)));
            }
            known.sort_by(f64::total_cmp);
            let median = f64::midpoint(known[(known.len() - 1) / 2], known[known.len() / 2]);
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let said = |sample: &Sample| match (reference, sample.history_len as usize) {
                (TaskReference::MeanValue, _) => mean,
                (TaskReference::LastValue, len) if len > 1 => {
                    hours_before(prepared, sample.user_idx as usize, len - 1)
                }
                _ => median,
            };
            let truth = |sample: &Sample| {
                hours_before(
                    prepared,
                    sample.user_idx as usize,
                    sample.history_len as usize,
                )
            };
            let truth: Vec<f64> = samples.iter().map(truth).collect();
            Metrics::of_numbers(&truth, &samples.iter().map(said).collect::<Vec<f64>>())
        }
    }
}

fn shares(asked: &Outcomes) -> Vec<f64> {
    let of_class = |class: usize| {
        asked
            .train
            .iter()
            .filter(|sample| sample.target as usize == class)
            .count() as f64
    };
    (0..asked.classes.len())
        .map(|class| of_class(class) / asked.train.len() as f64)
        .collect()
}

/// How often each class came after this user's last one in training, with one more of each.
fn after_last(prepared: &Prepared, sample: &Sample, n_classes: usize) -> Vec<f64> {
    let sequences = &prepared.dataset.sequences;
    let behaviours = |user: usize| sequences.behaviours(user).unwrap();
    let last = behaviours(sample.user_idx as usize)[sample.history_len as usize - 1];
    let mut counts = vec![1.0; n_classes];
    for (user, &len) in prepared.split.train_len.iter().enumerate() {
        for at in 1..len as usize {
            if behaviours(user)[at - 1] == last {
                counts[behaviours(user)[at] as usize] += 1.0;
            }
        }
    }
    let sum: f64 = counts.iter().sum();
    counts.into_iter().map(|count| count / sum).collect()
}

/// Logistic regression by many small steps down the slope.
fn by_descent(train: &[Sample], samples: &[Sample]) -> Vec<f64> {
    let logs = |sample: &Sample| {
        [
            f64::from(sample.elapsed_secs).ln_1p(),
            f64::from(sample.history_len).ln_1p(),
        ]
    };
    let n = train.len() as f64;
    let mean: Vec<f64> = (0..2)
        .map(|k| train.iter().map(|sample| logs(sample)[k]).sum::<f64>() / n)
        .collect();
    let spread: Vec<f64> = (0..2)
        .map(|k| {
            (train
                .iter()
                .map(|sample| (logs(sample)[k] - mean[k]).powi(2))
                .sum::<f64>()
                / n)
                .sqrt()
        })
        .collect();
    let features = |sample: &Sample| {
        let logs = logs(sample);
        [
            1.0,
            (logs[0] - mean[0]) / spread[0],
            (logs[1] - mean[1]) / spread[1],
        ]
    };
    let chance = |weights: &[f64; 3], x: &[f64; 3]| {
        1.0 / (1.0 + (-(0..3).map(|k| weights[k] * x[k]).sum::<f64>()).exp())
    };
    let rows: Vec<([f64; 3], f64)> = train
        .iter()
        .map(|sample| (features(sample), f64::from(sample.target)))
        .collect();
    let mut weights = [0.0; 3];
    for _ in 0..4000 {
        let mut slope = [0.0; 3];
        for (x, label) in &rows {
            let off = label - chance(&weights, x);
            (0..3).for_each(|k| slope[k] += off * x[k] / n);
        }
        (0..3).for_each(|k| weights[k] += slope[k]);
    }
    samples
        .iter()
        .map(|sample| chance(&weights, &features(sample)))
        .collect()
}

/// Hours from the event before to this one.
fn hours_before(prepared: &Prepared, user: usize, at: usize) -> f64 {
    let times = prepared.dataset.sequences.times(user).unwrap();
    (times[at] - times[at - 1]) as f64 / 3600.0
}
