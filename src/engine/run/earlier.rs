//! What an earlier run has left of an experiment that is to be done: all of it, a part, or nothing.

use std::cmp::Reverse;

use super::seeds::settings_differ_by_seed_alone;
use super::{Manifest, RunId, RunOutcome, RunStatus, Summary};
use crate::experiment::Experiment;
use seqscope_data::Prepared;

/// A run of the same experiment on the same data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EarlierRun {
    /// It has come to its end: nothing is to be trained again.
    Finished(RunId),
    /// It was paused, cut off or has failed: it may go on.
    Unfinished(RunId),
    /// Another process is writing it.
    Running(RunId),
}

/// The run that an experiment on these data has already, among some runs; of several the one that is
/// finished, then the one that has come farthest. `None` where there is none, or only one that a
/// person has stopped: its test split was read, so it is no run to its end.
///
/// The same are the settings, seed included, and the data as they are now; the name may differ.
#[must_use]
pub fn earlier_run(
    runs: &[Summary],
    experiment: &Experiment,
    prepared: &Prepared,
) -> Option<EarlierRun> {
    let wanted = Experiment {
        evaluation: experiment.evaluation.resolved(&prepared.returns),
        ..experiment.clone()
    };
    let is_same = |manifest: &Manifest| {
        manifest.experiment.seed == wanted.seed
            && manifest.lineage.is_none()
            && manifest.fork.is_none()
            && manifest.odd_extensions().is_empty()
            && manifest.live_changes.is_empty()
            && settings_differ_by_seed_alone(&manifest.experiment, &wanted)
            && manifest.data.fingerprint == prepared.dataset.fingerprint
            && manifest.data.split_fingerprint == prepared.split.fingerprint
    };
    let found = |run: &Summary| {
        let manifest = run
            .manifest
            .as_deref()
            .filter(|manifest| is_same(manifest))?;
        let id = || run.id.clone();
        let (place, earlier) = match &run.status {
            RunStatus::Ended(RunOutcome::Finished) if manifest.test.is_some() => {
                (0, EarlierRun::Finished(id()))
            }
            RunStatus::Running => (1, EarlierRun::Running(id())),
            RunStatus::Paused
            | RunStatus::Interrupted
            | RunStatus::Ended(RunOutcome::Failed { .. }) => (2, EarlierRun::Unfinished(id())),
            RunStatus::Ended(RunOutcome::Finished | RunOutcome::Stopped)
            | RunStatus::Damaged(_) => return None,
        };
        Some(((place, Reverse(manifest.epochs), run.id.clone()), earlier))
    };
    let all = runs.iter().filter_map(found);
    all.min_by(|a, b| a.0.cmp(&b.0)).map(|(_, earlier)| earlier)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::run::{AboutRun, DataStamp};
    use seqscope_base::metric::{AnswerKind, Metrics};
    use seqscope_data::Dataset;
    use seqscope_model::{DeviceInfo, DeviceKind};

    fn prepared() -> Prepared {
        Prepared {
            dataset: Dataset {
                fingerprint: "a".to_owned(),
                ..Dataset::default()
            },
            ..Prepared::default()
        }
    }

    fn run(id: &str, status: RunStatus, change: impl FnOnce(&mut Manifest)) -> Summary {
        let prepared = prepared();
        let data = DataStamp {
            fingerprint: prepared.dataset.fingerprint.clone(),
            split_fingerprint: prepared.split.fingerprint.clone(),
            ..DataStamp::default()
        };
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "cpu".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let mut experiment = Experiment::default();
        experiment.evaluation = experiment.evaluation.resolved(&prepared.returns);
        let mut manifest = Manifest::new(experiment, data, device, 1);
        manifest.id = RunId(id.to_owned());
        manifest.test = Some(Metrics::new(AnswerKind::Ranking, 1));
        change(&mut manifest);
        Summary {
            id: manifest.id.clone(),
            status,
            manifest: Some(Arc::new(manifest)),
            about: AboutRun::default(),
        }
    }

    #[test]
    fn the_same_experiment_is_found_however_far_it_came() {
        let finished = || RunStatus::Ended(RunOutcome::Finished);
        let found = |runs: &[Summary]| earlier_run(runs, &Experiment::default(), &prepared());
        let id = |id: &str| RunId(id.to_owned());
        let all = [
            run("paused", RunStatus::Paused, |m| m.epochs = 3),
            run("cut", RunStatus::Interrupted, |m| m.epochs = 5),
            run("done", finished(), |m| {
                m.experiment.name = "another name".to_owned();
            }),
        ];
        assert_eq!(found(&all), Some(EarlierRun::Finished(id("done"))));
        assert_eq!(found(&all[..2]), Some(EarlierRun::Unfinished(id("cut"))));
        let running = [run("live", RunStatus::Running, |_| {}), all[0].clone()];
        assert_eq!(found(&running), Some(EarlierRun::Running(id("live"))));
        let stopped = RunStatus::Ended(RunOutcome::Stopped);
        assert_eq!(found(&[run("stopped", stopped, |_| {})]), None);
        let others: [fn(&mut Manifest); 4] = [
            |m| m.experiment.seed = 9,
            |m| m.experiment.training.lr = 0.5,
            |m| m.data.fingerprint = "changed since".to_owned(),
            |m| m.experiment.evaluation.filter_seen = false.into(),
        ];
        for change in others {
            assert_eq!(found(&[run("other", finished(), change)]), None);
        }
    }
}
