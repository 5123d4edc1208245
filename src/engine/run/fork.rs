//! Origin of a run that went on from an epoch of another with changed settings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checkpoint::file_name;
use super::disk::{copy_whole, write_whole};
use super::histograms::HISTOGRAMS_FILE;
use super::history::{History, Part};
use super::latent::LATENT_FILE;
use super::manifest::this_program;
use super::store::HISTORY_FILE;
use super::{
    Checksums, Curves, EpochRecord, Extension, LiveChange, Manifest, References, RunError, RunId,
    RunStore, RunWriter, lock,
};
use crate::experiment::Experiment;
use seqscope_base::metric::Metrics;
use seqscope_base::spec::{Problem, ProblemKind, quotable};

/// A setting that a forked run changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedSetting {
    /// Dotted path.
    pub setting: String,
    /// Value in the parent.
    pub from: String,
    /// Value from the fork on.
    pub to: String,
}

/// Origin of a forked run. Its own series begin with those of its parent up to the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForkOrigin {
    /// Run that it went on from.
    pub parent: RunId,
    /// Last epoch that it shares with it.
    pub epoch: usize,
    /// Settings that it changed.
    pub changed: Vec<ChangedSetting>,
    /// Settings of the parent that were changed while it trained up to there. The experiment holds
    /// what they had become.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_before: Vec<LiveChange>,
    /// Whether the optimiser's state of that epoch was still kept; else its moments begin at 0.
    pub has_optimizer: bool,
    /// Epochs after which the parent had read the test split; `None` where it had not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_after: Option<usize>,
}

impl ForkOrigin {
    /// Origin in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { parent, epoch, .. } = self;
        format!("forked from {parent} (epoch {epoch})")
    }

    /// The changed settings in a few words; `no setting changed` where there are none.
    #[must_use]
    pub fn changes(&self) -> String {
        let changed: Vec<String> = (self.changed.iter())
            .map(|it| {
                format!(
                    "{} {} → {}",
                    it.setting,
                    quotable(&it.from),
                    quotable(&it.to)
                )
            })
            .collect();
        if changed.is_empty() {
            "no setting changed".to_owned()
        } else {
            changed.join(", ")
        }
    }

    /// Remarks that must stand beside the figures of a run of this origin.
    #[must_use]
    pub fn remarks(&self) -> Vec<Problem> {
        let Self { parent, epoch, .. } = self;
        let sentence = format!(
            "Forked from {parent} after epoch {epoch}, {}: the epochs up to there are its parent's, \
             and no experiment alone makes this run.",
            self.changes()
        );
        let mut remarks = vec![Problem::warning("fork", sentence)];
        if !self.changed_before.is_empty() {
            let changes: Vec<String> = self.changed_before.iter().map(LiveChange::words).collect();
            let sentence = format!(
                "Its parent was changed while it trained, before the fork: {}.",
                changes.join("; ")
            );
            remarks.push(Problem::warning("fork", sentence));
        }
        if !self.has_optimizer {
            let sentence = format!(
                "Of epoch {epoch} its parent kept the weights and not the optimiser's state, which is \
                 kept for the last epoch alone: the moments began at 0 again, so even without a \
                 change the figures after it are not the parent's."
            );
            remarks.push(Problem::warning("fork.epoch", sentence));
        }
        if let Some(epochs) = self.tested_after {
            let sentence = format!(
                "the test split was read after {epochs} epochs of {parent} already, from which this \
                 run was forked, and is read again at its end: report its test figures only with that \
                 remark, or train anew"
            );
            let again = Problem::warning("training.epochs", sentence);
            remarks.push(again.of_kind(ProblemKind::TestReadAgain));
        }
        remarks
    }
}

/// Files of the parent that a fork has too, cut to the epochs that they share when it goes on.
const SHARED_FILES: [&str; 2] = [LATENT_FILE, HISTOGRAMS_FILE];

impl RunWriter {
    /// Makes the folder of a run that goes on from an epoch of another with this experiment: the
    /// parent's series up to there, the weights of that epoch and of the best until then, and the
    /// optimiser's state where it is kept. It stands as an interrupted run, which needs its parent
    /// no more; whatever goes wrong before, a kill included, leaves no run. `origin.has_optimizer`
    /// is found here.
    ///
    /// # Errors
    /// [`RunError`] when the parent is being written, its weights are not kept, or the disk refuses.
    pub fn fork(
        store: &RunStore,
        parent: &Manifest,
        experiment: Experiment,
        origin: ForkOrigin,
    ) -> Result<Self, RunError> {
        let (id, last) = (&parent.id, origin.epoch);
        let dir = store.existing(id)?;
        if lock::is_held(&dir) {
            return Err(RunError::Busy { id: id.0.clone() });
        }
        let mut history = store.history(id)?;
        history
            .points
            .retain(|p| p.epoch <= last && p.part != Part::Test && !p.metric.ends_with("_latent"));
        let state = store.state(id, last);
        let origin = ForkOrigin {
            has_optimizer: state.exists(),
            ..origin
        };
        let manifest = forked(parent, experiment, origin, &history)?;
        let weights: BTreeSet<usize> = manifest.best_epoch.into_iter().chain([last]).collect();
        for epoch in &weights {
            store.check_file(id, &store.epoch_weights(id, *epoch))?;
        }
        if state.exists() {
            store.check_file(id, &state)?;
        }
        let add = |made: &Path| {
            write_whole(&made.join(HISTORY_FILE), history.to_text().as_bytes())?;
            for epoch in &weights {
                let to = made.join("epochs").join(file_name(*epoch));
                copy_whole(&store.epoch_weights(id, *epoch), &to)?;
            }
            if let Some(name) = state.file_name().filter(|_| state.exists()) {
                copy_whole(&state, &made.join("epochs").join(name))?;
            }
            for name in SHARED_FILES {
                let from = dir.join(name);
                if from.exists() {
                    copy_whole(&from, &made.join(name))?;
                }
            }
            Ok(())
        };
        Self::create_with(store, manifest, &add)
    }
}

/// Manifest of a fork before its first step: what its parent had come to at that epoch.
fn forked(
    parent: &Manifest,
    experiment: Experiment,
    origin: ForkOrigin,
    history: &History,
) -> Result<Manifest, RunError> {
    let records = EpochRecord::of_curves(&Curves::of_history(history), experiment.answers());
    let Some(last) = records.iter().rev().find(|it| it.epoch == origin.epoch) else {
        return Err(RunError::Damaged {
            path: PathBuf::from(&parent.id.0).join(HISTORY_FILE),
            reason: format!(
                "it tells nothing of epoch {}; fork from another epoch",
                origin.epoch
            ),
        });
    };
    let best = records.iter().rev().find(|it| it.is_best);
    let extensions = parent.extensions.iter().cloned();
    let extensions: Vec<Extension> = extensions.filter(|it| it.after < origin.epoch).collect();
    let read_again = |problem: &&Problem| problem.kind == ProblemKind::TestReadAgain;
    let diverged = parent.diverged_epoch;
    Ok(Manifest {
        program: this_program(),
        experiment,
        train_secs: Some(last.train_secs)
            .filter(|secs| secs.is_finite())
            .unwrap_or_default(),
        energy: None,
        epochs: origin.epoch,
        best_epoch: best.map(|best| best.epoch),
        diverged_epoch: diverged.filter(|epoch| *epoch <= origin.epoch),
        valid: best.map(|best| with_size_of(parent, best)),
        test: None,
        test_sampled: None,
        reliability: None,
        references_test: References::new().into(),
        problems: parent.problems.iter().filter(read_again).cloned().collect(),
        outcome: None,
        pause: None,
        lineage: None,
        checksums: Checksums::default(),
        is_altered: false,
        sweep: None,
        fork: Some(origin),
        extensions,
        live_changes: Vec::new(),
        ..parent.clone()
    })
}

/// Validation metrics of an epoch. A history does not tell of how many users they are; every epoch
/// is judged on the same.
fn with_size_of(parent: &Manifest, of: &EpochRecord) -> Metrics {
    match &parent.valid {
        Some(valid) if parent.best_epoch == Some(of.epoch) => valid.clone(),
        Some(valid) => {
            let empty = Metrics::new(of.valid.kind, valid.n_users);
            (of.valid.iter()).fold(empty, |all, (metric, value)| all.with(metric, value))
        }
        None => of.valid.clone(),
    }
}
