//! Real run folders, made by the program's own trainer and writer.

use std::fmt::Write as _;
use std::path::Path;

use seqscope::experiment::Experiment;
use seqscope::metric::Metric;
use seqscope::run::{
    HistoryPoint, Manifest, Part, RunId, RunOutcome, RunStore, RunWriter, UserResult,
};
use seqscope::train::{self, Command, Control, Event, Job, Observer, TrainError};

/// Events of the users of a log, and the settings of the model that is trained on it.
pub(crate) struct Trained<'a> {
    pub(crate) name: &'a str,
    pub(crate) lens: &'a [usize],
    pub(crate) n_items: usize,
    pub(crate) model: &'a str,
    pub(crate) epochs: usize,
}

struct Nobody;

impl Control for Nobody {
    fn poll(&mut self) -> Option<Command> {
        None
    }

    fn wait(&mut self, _at_most: std::time::Duration) -> Option<Command> {
        None
    }
}

impl Observer for Nobody {
    fn observe(&mut self, _event: &Event) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Writes a log, trains a model on it, and gives the run's name.
pub(crate) fn train(folder: &Path, what: &Trained<'_>) -> RunId {
    let log = folder.join(format!("{}.csv", what.name));
    std::fs::write(&log, text_of_log(what)).unwrap();
    let text = format!(
        r#"(version: 1, name: "{}", data: (source: File(path: "{}")), split: LeaveOneOut, model: {},
            training: (device: "cpu", epochs: {}, patience: 0, batch_size: 32, fused: false),
            evaluation: (filter_seen: false), seed: 1)"#,
        what.name,
        log.display(),
        what.model,
        what.epochs
    );
    let experiment = Experiment::parse(&text).unwrap();
    let job = Job {
        experiment,
        store: store(folder),
        prepared: None,
        resume: None,
    };
    let (run, ended) = train::run(job, &mut Nobody, &mut Nobody).unwrap();
    assert_eq!(ended.outcome, Some(RunOutcome::Finished), "{ended:?}");
    run
}

pub(crate) fn store(folder: &Path) -> RunStore {
    RunStore::at(folder.join("runs"))
}

/// Users walk over the items with steps of their own; a minute lies between two events.
fn text_of_log(what: &Trained<'_>) -> String {
    let mut text = "user_id,item_id,timestamp\n".to_owned();
    for (user, &len) in what.lens.iter().enumerate() {
        for at in 0..len {
            let item = (user * 7 + at * (1 + user % 3) + at * at % 5) % what.n_items;
            let _ = writeln!(
                text,
                "user {user},Item number {item},{}",
                1_700_000_000 + at * 60
            );
        }
    }
    text
}

/// The manifest, test results and series of a small run that was really trained: what the copies
/// below are made of.
pub(crate) struct Pattern {
    manifest: Manifest,
    results: Vec<UserResult>,
}

impl Pattern {
    pub(crate) fn new(folder: &Path) -> Self {
        let model = "Transformer(d_model: 8, n_layers: 1, n_heads: 1, d_ff: 8, seq_len: 16)";
        let run = train(
            folder,
            &Trained {
                name: "pattern",
                lens: &[12; 200],
                n_items: 60,
                model,
                epochs: 2,
            },
        );
        let store = store(folder);
        let manifest = store.manifest(&run).unwrap();
        let results = store.results(&run, Part::Test).unwrap().unwrap();
        store.delete(&run).unwrap();
        Self { manifest, results }
    }

    /// Saves a run of so many epochs with the metrics named.
    pub(crate) fn save(
        &self,
        store: &RunStore,
        number: usize,
        n_epochs: usize,
        series: &[(Part, &str)],
    ) -> RunId {
        let mut manifest = self.manifest.clone();
        let Manifest {
            experiment,
            outcome,
            best_epoch,
            epochs,
            test,
            n_params,
            ..
        } = &mut manifest;
        experiment.name = format!(
            "{} {number}",
            ["films", "shop", "songs", "places", "news"][number % 5]
        );
        experiment.training.lr = 1e-3 / (1 + number % 7) as f64;
        (*outcome, *best_epoch, *epochs) = (None, Some(n_epochs), n_epochs);
        *n_params += number * 17 % 1001;
        if let Some(test) = test {
            *test =
                std::mem::take(test).with(Metric::Ndcg10, (number * 7919 % 1000) as f64 / 2000.0);
        }
        let mut writer = RunWriter::create(store, manifest).unwrap();
        let points: Vec<HistoryPoint> = (1..=n_epochs)
            .flat_map(|epoch| {
                series
                    .iter()
                    .map(move |(part, metric)| point(number, epoch, *part, metric))
            })
            .collect();
        writer.append(&points).unwrap();
        writer.save_results(Part::Test, &self.results).unwrap();
        writer.finish(RunOutcome::Finished).unwrap();
        writer.id().clone()
    }

    /// Ten runs of 100,000 epochs each.
    pub(crate) fn long_runs(&self, store: &RunStore) -> Vec<RunId> {
        let series = [
            (Part::Train, "loss"),
            (Part::Valid, "loss"),
            (Part::Valid, "ndcg@10"),
        ];
        (0..10)
            .map(|number| self.save(store, number, 100_000, &series))
            .collect()
    }

    /// So many runs as people keep them.
    pub(crate) fn many_runs(&self, store: &RunStore, n: usize) {
        let valid = ["loss", "ndcg@10", "hr@10", "mrr"].map(|metric| (Part::Valid, metric));
        let train = ["loss", "lr", "grad_norm"].map(|metric| (Part::Train, metric));
        let series = [&valid[..], &train[..]].concat();
        (0..n).for_each(|number| drop(self.save(store, number, 30, &series)));
    }
}

/// A noisy curve that falls (losses) or rises (all else).
fn point(run: usize, epoch: usize, part: Part, metric: &str) -> HistoryPoint {
    let noise = ((run * 31 + epoch * 7919) % 997) as f64 / 997.0 - 0.5;
    let falls = 1.0 / (1.0 + epoch as f64 / 9_000.0) + run as f64 * 0.02;
    let value = if metric == "loss" {
        2.0 + 4.0 * falls + 0.2 * noise
    } else {
        0.5 - 0.4 * falls + 0.02 * noise
    };
    HistoryPoint {
        step: epoch * 20,
        epoch,
        part,
        metric: metric.to_owned(),
        value,
    }
}
