//! References that are fitted once for all trials of a sweep.
//!
//! What a reference says follows from the data, the split, the task and the way of judging; the model
//! beside it changes nothing. Trials of a sweep have all this in common, so the first fits and
//! judges, and the others read what it found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::JudgedReferences;
use crate::experiment::Experiment;
use crate::run::{LeftOutReferences, Part, ReferenceResults, References, RunError};
use crate::train::TrainError;
use crate::train::ready::Onlooker;
use crate::train::task::TaskQuestions;
use seqscope_base::spec::{derive_seed, write_whole};
use seqscope_data::Prepared;

/// References by what they were fitted and judged on, in memory and, where it has a folder, on disk.
#[derive(Debug, Default)]
pub struct ReferenceShelf {
    folder: Option<PathBuf>,
    judged: Mutex<BTreeMap<String, Arc<ShelvedReferences>>>,
}

/// What references of one fitting said.
#[derive(Debug, Default)]
pub(in crate::train) struct ShelvedReferences {
    /// Figures on validation.
    pub(in crate::train) valid: References,
    /// Figures and answers on test.
    pub(in crate::train) test: JudgedReferences,
    /// Why others said nothing.
    pub(in crate::train) left_out: LeftOutReferences,
}

/// Figures as they lie on disk, in the manifest's way; the answers lie beside them.
#[derive(Serialize, Deserialize)]
struct KeptFigures {
    valid: serde_json::Value,
    test: serde_json::Value,
    left_out: serde_json::Value,
}

impl ReferenceShelf {
    /// A shelf that is kept in a folder, for other processes; the folder is made when needed.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
            ..Self::default()
        }
    }

    /// The references of an experiment: from the shelf, else fitted, judged and put there.
    ///
    /// # Errors
    /// [`TrainError`] when whoever watches asks for the end.
    pub(in crate::train) fn of(
        &self,
        experiment: &Experiment,
        prepared: &Prepared,
        questions: &TaskQuestions,
        watch: &mut Onlooker<'_>,
    ) -> Result<Arc<ShelvedReferences>, TrainError> {
        let key = key_of(experiment, prepared);
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = judged.get(&key) {
            return Ok(Arc::clone(found));
        }
        let found = match self.read(&key) {
            Some(found) => found,
            None => {
                let made = made(experiment, prepared, questions, watch)?;
                // What cannot be kept is fitted again by the next process.
                let _ = self.keep(&key, &made);
                made
            }
        };
        let found = Arc::new(found);
        judged.insert(key, Arc::clone(&found));
        Ok(found)
    }

    /// What is on disk; `None` where there is nothing, or nothing that can be read.
    fn read(&self, key: &str) -> Option<ShelvedReferences> {
        let [figures, answers] = files(self.folder.as_ref()?, key);
        let kept: KeptFigures = ron::from_str(&std::fs::read_to_string(figures).ok()?).ok()?;
        Some(ShelvedReferences {
            valid: serde_json::from_value(kept.valid).ok()?,
            test: JudgedReferences {
                metrics: serde_json::from_value(kept.test).ok()?,
                answers: ReferenceResults::open(&answers).ok()?.answers,
            },
            left_out: serde_json::from_value(kept.left_out).ok()?,
        })
    }

    fn keep(&self, key: &str, made: &ShelvedReferences) -> Result<(), RunError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let file_error = |e: &dyn std::fmt::Display| RunError::File {
            path: folder.clone(),
            reason: format!("{e}; check the disk"),
        };
        std::fs::create_dir_all(folder).map_err(|e| file_error(&e))?;
        let [figures, answers] = files(folder, key);
        let n = made.test.answers.values().map(|of| of.ranks.len());
        let n = n.max().unwrap_or(0);
        // By the place of the question: whose it is, the data say.
        let places: Vec<String> = (0..n).map(|place| place.to_string()).collect();
        ReferenceResults {
            user_ids: places.clone(),
            item_ids: places,
            answers: made.test.answers.clone(),
        }
        .save(&answers)?;
        let json =
            |value: Result<serde_json::Value, serde_json::Error>| value.map_err(|e| file_error(&e));
        let kept = KeptFigures {
            valid: json(serde_json::to_value(&made.valid))?,
            test: json(serde_json::to_value(&made.test.metrics))?,
            left_out: json(serde_json::to_value(&made.left_out))?,
        };
        let text = ron::ser::to_string_pretty(&kept, ron::ser::PrettyConfig::default())
            .map_err(|e| file_error(&e))?;
        // Last: a reader that finds it finds the answers too.
        write_whole(&figures, |file| {
            std::io::Write::write_all(file, text.as_bytes())
        })
        .map_err(|e: std::io::Error| file_error(&e))
    }
}

/// Files of the figures and of the answers.
fn files(folder: &Path, key: &str) -> [PathBuf; 2] {
    [
        folder.join(format!("{key}.ron")),
        folder.join(format!("{key}.parquet")),
    ]
}

/// What decides what references say. Another version of the program may say otherwise.
fn key_of(experiment: &Experiment, prepared: &Prepared) -> String {
    let settings = serde_json::to_string(&(&experiment.task, &experiment.evaluation));
    let text = format!(
        "{} {} {} {}",
        env!("CARGO_PKG_VERSION"),
        prepared.dataset.fingerprint,
        prepared.split.fingerprint,
        settings.unwrap_or_default()
    );
    format!("{:016x}", derive_seed(0, &text, 0))
}

fn made(
    experiment: &Experiment,
    prepared: &Prepared,
    questions: &TaskQuestions,
    watch: &mut Onlooker<'_>,
) -> Result<ShelvedReferences, TrainError> {
    let fitted = questions.fit_references(prepared, experiment, watch)?;
    let mut judged = |part: Part| {
        questions.judge_references(&fitted, prepared, part, experiment.evaluation, watch)
    };
    Ok(ShelvedReferences {
        valid: judged(Part::Valid)?.metrics,
        test: judged(Part::Test)?,
        left_out: fitted.left_out.clone(),
    })
}
