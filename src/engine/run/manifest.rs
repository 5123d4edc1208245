//! Manifest of a run: what was run, on what, where, and how it ended.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use super::checksums::{is_altered, sealed};
use super::disk::{read_text, write_whole};
use super::listed::CommonParts;
use super::{
    AboutRun, Checksums, Extension, ForkOrigin, Lineage, LiveChange, Origin, Pause, RunError,
    RunId, SeenTargetRule, Shared, SweepMark, TrainingEnergy,
};
use crate::experiment::Experiment;
use seqscope_base::metric::{AnswerKind, Metrics, Reliability};
use seqscope_base::spec::{Problem, quotable_reason};
use seqscope_data::world::Ceiling;
use seqscope_data::{
    AuditMark, DataReport, DataShape, Finding, Returns, Role, TestTies, TimeFormat,
};
use seqscope_model::DeviceInfo;
use seqscope_model::baseline::ReferenceKind;

/// Version of the manifest that this program writes.
const VERSION: u32 = 1;

/// Name of the file in a run's folder.
pub(super) const FILE: &str = "manifest.ron";

/// Metrics of every reference on one part.
pub type References = BTreeMap<ReferenceKind, Metrics>;

/// Why a reference was not judged: a sentence each.
pub type LeftOutReferences = BTreeMap<ReferenceKind, String>;

/// Stamp of the data that a run saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataStamp {
    /// Short name.
    pub name: String,
    /// Hash of the cleaned sequences, and of the columns beside them where features are made of
    /// these.
    pub fingerprint: String,
    /// Hash of the cleaned sequences alone; empty in runs from before there was one.
    #[serde(default)]
    pub events_fingerprint: String,
    /// Hash of the split.
    pub split_fingerprint: String,
    /// Sizes.
    pub shape: DataShape,
    /// The account of reading and cleaning.
    pub report: DataReport,
    /// How many test targets the order of equal times decides; none without times, where no single
    /// event is asked for, and in runs from before this was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_ties: Option<TestTies>,
    /// The leakage audit of data and split; empty in runs from before there was one.
    #[serde(default)]
    pub audit: Vec<Finding>,
    /// How often users come back to items that they had; `None` in runs from before it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<Returns>,
}

impl DataStamp {
    /// What tells whether two models were asked about the same events, whatever columns either got
    /// to know beside them.
    #[must_use]
    pub fn events(&self) -> &str {
        if self.events_fingerprint.is_empty() {
            &self.fingerprint
        } else {
            &self.events_fingerprint
        }
    }

    /// The audit in a word: `leak`, `warn`, `note`, `pass`; `None` when there was none.
    #[must_use]
    pub fn audit_word(&self) -> Option<&'static str> {
        Finding::mark(&self.audit).map(AuditMark::into)
    }

    /// The checks that failed.
    pub fn leaks(&self) -> impl Iterator<Item = &Finding> {
        self.audit
            .iter()
            .filter(|finding| finding.own_mark() == AuditMark::Leak)
    }

    /// Whether the log had times that are moments, as far as the run tells; older ones may not.
    pub(super) fn has_clock(&self) -> bool {
        self.report.file.as_ref().is_none_or(|file| {
            file.roles.column(Role::Time).is_some()
                && !file
                    .time_format
                    .as_ref()
                    .is_some_and(TimeFormat::only_orders)
        })
    }
}

/// End of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RunOutcome {
    /// Trained to its end, early stopping included.
    Finished,
    /// Stopped by the user, who kept the best weights so far.
    Stopped,
    /// Could not go on.
    Failed {
        /// Why and what to do.
        sentence: String,
    },
}

/// The manifest, written at the start, after each epoch and at the end.
///
/// `epochs` is what a resumed run goes by: an epoch counts once the manifest says so, which is
/// after its weights, its state and its part of the history are on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file.
    pub version: u32,
    /// The run's name.
    pub id: RunId,
    /// Version of the program.
    pub program: String,
    /// The experiment as run: all defaults written out.
    pub experiment: Experiment,
    /// Whether the log decided what becomes of seen items, `evaluation.filter_seen: auto`; the
    /// experiment holds what it decided.
    #[serde(default)]
    pub follows_log: bool,
    /// What became of true items that the user already had, where seen items are left out.
    #[serde(default)]
    pub seen_target: SeenTargetRule,
    /// Origin of a fine-tuned run; `None` of one that began with drawn weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// Place in a sweep; `None` of a run that was started by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepMark>,
    /// Origin of a run that went on from an epoch of another with changed settings; see
    /// [`Manifest::origin`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<ForkOrigin>,
    /// Epochs that were added after its end, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// Settings that were changed while it trained, as far as it has come, in their order; the
    /// experiment holds what they were at first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live_changes: Vec<LiveChange>,
    /// Stamp of the data.
    pub data: Shared<DataStamp>,
    /// Device that it was trained on.
    pub device: Option<DeviceInfo>,
    /// Number of learnt numbers.
    pub n_params: usize,
    /// Start, in seconds since 1970-01-01 UTC.
    pub started_secs: i64,
    /// Training time, pauses left out, in seconds.
    pub train_secs: f64,
    /// Energy of the training; `None` where the machine told none, and in runs from before it was
    /// summed up here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<TrainingEnergy>,
    /// Epochs finished.
    pub epochs: usize,
    /// Epoch with the best primary metric on validation, from 1; of a fine-tuned run its last, since
    /// validation lies before the feedback.
    pub best_epoch: Option<usize>,
    /// The epoch in which training diverged, its loss far above that of guessing, and did not come
    /// back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged_epoch: Option<usize>,
    /// Validation metrics of the best epoch.
    #[serde(default, with = "named", skip_serializing_if = "Option::is_none")]
    pub valid: Option<Metrics>,
    /// Test metrics of the best epoch's weights; read once, after selection.
    #[serde(default, with = "named", skip_serializing_if = "Option::is_none")]
    pub test: Option<Metrics>,
    /// Test metrics among sampled candidates, where the experiment asks for them: never to be held
    /// against those of the whole catalogue, which stand beside them.
    #[serde(default, with = "named", skip_serializing_if = "Option::is_none")]
    pub test_sampled: Option<Metrics>,
    /// Whether the chances on test are frequencies; only of tasks that ask for a class or a chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Reliability>,
    /// References on validation.
    #[serde(default, with = "named")]
    pub references_valid: Shared<References>,
    /// References on test.
    #[serde(default, with = "named")]
    pub references_test: Shared<References>,
    /// References that had nothing to say; none in runs from before there were such.
    #[serde(
        default,
        with = "named",
        skip_serializing_if = "LeftOutReferences::is_empty"
    )]
    pub references_left_out: LeftOutReferences,
    /// Warnings of the run: rows left out, another device than before, a test split read twice, a
    /// model below the reference that it must beat.
    pub problems: Vec<Problem>,
    /// End of the run; absent while it runs, when it was paused and when it was killed.
    pub outcome: Option<RunOutcome>,
    /// Place at which it was left to go on later; kept, once it has gone on, until the next epoch
    /// is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// Sums of the run's files; none in runs from before there were any.
    #[serde(default, skip_serializing_if = "Checksums::is_empty")]
    pub checksums: Checksums,
    /// Whether the file has changed since the program wrote it.
    #[serde(skip)]
    pub is_altered: bool,
}

/// Whether a listed run can be used.
#[derive(Clone, Debug, PartialEq)]
pub enum RunStatus {
    /// A process is writing it now.
    Running,
    /// No outcome and no process, left in order at the system's word. Can be resumed.
    Paused,
    /// No outcome and no process: killed or cut off. Can be resumed.
    Interrupted,
    /// It ended.
    Ended(RunOutcome),
    /// The manifest cannot be read.
    Damaged(String),
}

/// One line in the list of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The run's name.
    pub id: RunId,
    /// Whether it can be used.
    pub status: RunStatus,
    /// Its manifest, unless damaged; shared, because lists are read again and again.
    pub manifest: Option<Arc<Manifest>>,
    /// Words of a person about it.
    pub about: AboutRun,
}

/// Name and version of this program.
pub(super) fn this_program() -> String {
    format!("seqscope {}", env!("CARGO_PKG_VERSION"))
}

impl Manifest {
    /// Warnings about the run itself, those about its data left out: what must stand beside its
    /// figures.
    pub fn remarks(&self) -> impl Iterator<Item = Problem> {
        // Where the log has no times no split could have been cut in time, so nothing is to be said
        // of it.
        let is_moot = |problem: &Problem| problem.field == "split" && !self.data.has_clock();
        let of_run = self
            .problems
            .iter()
            .filter(move |problem| !problem.field.is_within("data") && !is_moot(problem));
        let altered = self.is_altered.then(|| {
            Problem::warning(
                "run",
                "manifest.ron has changed since the program wrote it (its checksum, the last line, \
                 is of another text), so its figures may not be those of the run; restore it from a \
                 copy, or train the run anew",
            )
        });
        (self.counted_before().into_iter())
            .chain(altered)
            .chain(of_run.cloned())
    }

    /// The manifest of a run that is about to start.
    #[must_use]
    pub fn new(
        experiment: Experiment,
        data: DataStamp,
        device: DeviceInfo,
        n_params: usize,
    ) -> Self {
        Self {
            version: VERSION,
            id: RunId(String::new()),
            program: this_program(),
            experiment,
            follows_log: false,
            seen_target: SeenTargetRule::Missed,
            lineage: None,
            sweep: None,
            fork: None,
            extensions: Vec::new(),
            live_changes: Vec::new(),
            data: data.into(),
            device: Some(device),
            n_params,
            started_secs: 0,
            train_secs: 0.0,
            energy: None,
            epochs: 0,
            best_epoch: None,
            diverged_epoch: None,
            valid: None,
            test: None,
            test_sampled: None,
            reliability: None,
            references_valid: Shared::default(),
            references_test: Shared::default(),
            references_left_out: LeftOutReferences::new(),
            problems: Vec::new(),
            outcome: None,
            pause: None,
            checksums: Checksums::default(),
            is_altered: false,
        }
    }

    /// Run that it began with, and how; `None` of one that began with drawn weights.
    #[must_use]
    pub fn origin(&self) -> Option<Origin<'_>> {
        let tuned = self.lineage.as_ref().map(Origin::FineTuned);
        tuned.or_else(|| self.fork.as_ref().map(Origin::Forked))
    }

    /// The best that any model can reach on the test questions as they were ranked, for a run in a
    /// world that ranks items. It stands in the manifest, so an older run has none.
    #[must_use]
    pub fn optimum(&self) -> Option<Ceiling> {
        let optimum = self
            .data
            .report
            .optimum
            .filter(|_| self.experiment.answers() == AnswerKind::Ranking)?;
        Some(optimum.when(self.seen()))
    }

    /// Reads the manifest in a run's folder. The folder's present name is the run's name, so that a
    /// renamed or copied run stays usable.
    pub(super) fn read(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(FILE);
        let text = read_text(&path)?;
        let manifest = Self::of_text(&text, &path)?;
        Ok(Self {
            is_altered: is_altered(&text),
            ..manifest.of_folder(dir)
        })
    }

    /// [`Manifest::read`] as a list needs it: without the sums of files, and without the search for
    /// a change since it was written.
    pub(super) fn read_listed(dir: &Path, parts: &CommonParts) -> Result<Self, RunError> {
        let path = dir.join(FILE);
        let text = read_text(&path)?;
        let known = parts.manifest(&text).filter(|m| m.version <= VERSION);
        let manifest = known.map_or_else(|| Self::of_text(&text, &path), Ok)?;
        Ok(manifest.of_folder(dir))
    }

    /// With the folder's name as the run's.
    fn of_folder(mut self, dir: &Path) -> Self {
        if let Some(name) = dir.file_name() {
            self.id = RunId(name.to_string_lossy().into_owned());
        }
        self
    }

    fn of_text(text: &str, path: &Path) -> Result<Self, RunError> {
        #[derive(Deserialize)]
        struct VersionLine {
            version: u32,
        }
        let damaged = |e: ron::error::SpannedError| RunError::Damaged {
            path: path.to_owned(),
            reason: format!(
                "{}; restore the file, or delete the run's folder",
                quotable_reason(&e.to_string())
            ),
        };
        let newer = |found: u32| RunError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        };
        match ron::from_str::<Self>(text) {
            Ok(manifest) if manifest.version > VERSION => Err(newer(manifest.version)),
            Ok(manifest) => Ok(manifest),
            // A later version may have fields that would only look like damage. Its number is
            // looked for only here: reading each text twice would make a long list take twice as
            // long.
            Err(error) => {
                let head: VersionLine = ron::from_str(text).map_err(damaged)?;
                Err(if head.version > VERSION {
                    newer(head.version)
                } else {
                    damaged(error)
                })
            }
        }
    }

    /// Writes the manifest into a run's folder: the old one or the new one, never a part.
    pub(super) fn write(&self, dir: &Path) -> Result<(), RunError> {
        let path = dir.join(FILE);
        let text = ron::ser::to_string_pretty(self, PrettyConfig::default()).map_err(|e| {
            RunError::Damaged {
                path: path.clone(),
                reason: format!("cannot be written: {e}"),
            }
        })?;
        write_whole(&path, sealed(&format!("{text}\n")).as_bytes())
    }
}

/// Metrics by their names in the field (`ndcg@10`), which are no RON identifiers: a map of text to
/// number.
mod named {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        serde_json::to_value(value)
            .map_err(S::Error::custom)?
            .serialize(to)
    }

    pub(super) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        serde_json::from_value(serde_json::Value::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_base::metric::Metric;
    use seqscope_model::DeviceKind;
    use seqscope_model::baseline::BaselineKind;
    use seqscope_model::baseline::task::TaskReference;

    #[test]
    fn comes_back_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "flex".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let mut manifest = Manifest::new(Experiment::default(), DataStamp::default(), device, 17);
        manifest.id = RunId(
            dir.path()
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned(),
        );
        let metrics = Metrics::new(AnswerKind::Ranking, 7)
            .with(Metric::Ndcg10, 0.1)
            .with(Metric::Mrr, 1.0 / 3.0);
        manifest.valid = Some(metrics.clone());
        manifest
            .references_test
            .insert(BaselineKind::MarkovWindow.into(), metrics.clone());
        manifest
            .references_test
            .insert(TaskReference::LastValue.into(), metrics);
        manifest
            .problems
            .push(Problem::warning("data.path", "\"quoted\" sentence; 行为"));
        manifest.outcome = Some(RunOutcome::Failed {
            sentence: "line 1\nline 2".to_owned(),
        });
        manifest.write(dir.path()).unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap(), manifest);

        let newer = read_text(&dir.path().join(FILE))
            .unwrap()
            .replace("version: 1,\n    id", "version: 9,\n    id");
        std::fs::write(dir.path().join(FILE), newer).unwrap();
        assert!(matches!(
            Manifest::read(dir.path()),
            Err(RunError::Newer { found: 9, .. })
        ));
    }
}
