//! The folder of a sweep beside its runs: the plan, and which runs each trial has.
//!
//! ```text
//! <runs>/sweeps/NAME/
//!   sweep.ron           the plan: the experiment and every trial with its values
//!   trials/0007.ron     runs of trial 7, one a seed
//!   trials/0007.owner   who works on it now
//!   references/         what the references said, once for all trials
//! ```
//!
//! What has come of a trial is asked of its runs alone.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{SweepError, SweepPlan};
use crate::run::{OtherOwner, Ownership, RunId, RunStore, SweepMark, owner_of};
use crate::train::ReferenceShelf;
use seqscope_base::spec::write_whole;

/// Folder of the sweeps, beside the runs; it holds no manifest, so that no list of runs shows it.
const SWEEPS: &str = "sweeps";

/// Name of the plan's file.
const PLAN: &str = "sweep.ron";

/// A sweep on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepFolder {
    /// Folder of runs that it lies in.
    pub store: RunStore,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: SweepPlan,
}

/// Runs of a trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialRuns {
    /// Number of runs that were begun: one more than there are below, after a kill in the moment
    /// between the two.
    pub n_begun: usize,
    /// The runs, one a seed.
    pub runs: Vec<RunId>,
}

impl SweepFolder {
    /// Writes the plan of a new sweep into a folder of its own.
    ///
    /// # Errors
    /// [`SweepError`] when it cannot be written.
    pub fn create(store: &RunStore, plan: SweepPlan) -> Result<Self, SweepError> {
        let root = store.root.join(SWEEPS);
        fs::create_dir_all(&root).map_err(|e| SweepError::of_file(&root, &e))?;
        let now = jiff::Zoned::now();
        let mut tag = (now.timestamp().subsec_nanosecond() as u32 ^ std::process::id()) as u16;
        let name = loop {
            let RunId(name) = RunId::of_several(&now, &plan.experiment.name, tag);
            // Exactly one of several submitters makes a folder of this name.
            match fs::create_dir(root.join(&name)) {
                Ok(()) => break name,
                Err(e) if e.kind() == ErrorKind::AlreadyExists => tag = tag.wrapping_add(1),
                Err(e) => return Err(SweepError::of_file(&root.join(&name), &e)),
            }
        };
        let folder = Self {
            store: store.clone(),
            name,
            plan,
        };
        let trials = folder.dir().join("trials");
        fs::create_dir(&trials).map_err(|e| SweepError::of_file(&trials, &e))?;
        write_ron(&folder.dir().join(PLAN), &folder.plan)?;
        Ok(folder)
    }

    /// Names of the sweeps of a folder of runs, oldest first.
    #[must_use]
    pub fn names(store: &RunStore) -> Vec<String> {
        let root = store.root.join(SWEEPS);
        let entries = fs::read_dir(&root).into_iter().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| root.join(name).join(PLAN).exists())
            .collect();
        names.sort();
        names
    }

    /// Finds a sweep by its whole name, a part of it, the path of its folder, or `last`.
    ///
    /// # Errors
    /// [`SweepError`] when none or several match, or its plan cannot be read.
    pub fn find(store: &RunStore, word: &str) -> Result<Self, SweepError> {
        let path = Path::new(word);
        if path.join(PLAN).exists()
            && let Ok(dir) = path.canonicalize()
            && let (Some(name), Some(root)) = (dir.file_name(), dir.ancestors().nth(2))
        {
            return Self::open(RunStore::at(root), &name.to_string_lossy());
        }
        let names = Self::names(store);
        let wanted = if word == "last" {
            names.last().cloned().into_iter().collect()
        } else if names.iter().any(|name| name == word) {
            vec![word.to_owned()]
        } else {
            let fits = names.iter().filter(|name| name.contains(word));
            fits.cloned().collect::<Vec<_>>()
        };
        match wanted.as_slice() {
            [only] => Self::open(store.clone(), only),
            [] => Err(SweepError::Unknown {
                name: word.to_owned(),
                root: store.root.clone(),
                known: names,
            }),
            [..] => Err(SweepError::Ambiguous {
                name: word.to_owned(),
                candidates: wanted,
            }),
        }
    }

    /// Opens the sweep of a name.
    ///
    /// # Errors
    /// [`SweepError`] when its plan cannot be read.
    pub fn open(store: RunStore, name: &str) -> Result<Self, SweepError> {
        let path = store.root.join(SWEEPS).join(name).join(PLAN);
        Ok(Self {
            plan: read_ron(&path)?,
            name: name.to_owned(),
            store,
        })
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.store.root.join(SWEEPS).join(&self.name)
    }

    /// The shelf of references that its trials share.
    #[must_use]
    pub fn shelf(&self) -> ReferenceShelf {
        ReferenceShelf::at(self.dir().join("references"))
    }

    /// Runs of a trial; none where it was not begun.
    ///
    /// # Errors
    /// [`SweepError`] when the file is there and cannot be read.
    pub fn runs_of(&self, trial: usize) -> Result<TrialRuns, SweepError> {
        let path = self.trial_file(trial, "ron");
        if !path.exists() {
            return Ok(TrialRuns::default());
        }
        let mut runs: TrialRuns = read_ron(&path)?;
        if runs.n_begun > runs.runs.len() {
            runs.runs.extend(self.orphan(trial, runs.runs.len())?);
        }
        Ok(runs)
    }

    /// The run of a trial whose name a kill kept from being written down.
    fn orphan(&self, trial: usize, seed_place: usize) -> Result<Option<RunId>, SweepError> {
        let wanted = self.mark(trial, seed_place);
        let found = self.store.list()?.into_iter().find(|run| {
            let mark = run.manifest.as_ref().and_then(|m| m.sweep.as_ref());
            mark == Some(&wanted)
        });
        Ok(found.map(|run| run.id))
    }

    /// Writes down which runs a trial has.
    ///
    /// # Errors
    /// [`SweepError`] when the file cannot be written.
    pub(super) fn keep_runs(&self, trial: usize, runs: &TrialRuns) -> Result<(), SweepError> {
        write_ron(&self.trial_file(trial, "ron"), runs)
    }

    /// Mark of a run of this sweep.
    #[must_use]
    pub fn mark(&self, trial: usize, seed_place: usize) -> SweepMark {
        SweepMark {
            sweep: self.name.clone(),
            trial,
            n_trials: self.plan.trials.len(),
            seed_place,
        }
    }

    /// Takes a trial for this process alone.
    ///
    /// # Errors
    /// [`SweepError::Busy`] where another has it.
    pub fn own(&self, trial: usize) -> Result<Ownership, SweepError> {
        let taken = Ownership::take(&self.trial_file(trial, "owner"))?;
        taken.map_err(|owner| SweepError::Busy {
            what: format!("trial {trial}"),
            owner,
        })
    }

    /// Takes the whole sweep for one who hands its trials out.
    ///
    /// # Errors
    /// [`SweepError::Busy`] where another does.
    pub fn own_all(&self) -> Result<Ownership, SweepError> {
        let taken = Ownership::take(&self.dir().join("submitter.owner"))?;
        taken.map_err(|owner| SweepError::Busy {
            what: format!("sweep {}", self.name),
            owner,
        })
    }

    /// Whoever works on a trial now.
    #[must_use]
    pub fn owner(&self, trial: usize) -> Option<OtherOwner> {
        owner_of(&self.trial_file(trial, "owner"))
    }

    fn trial_file(&self, trial: usize, ending: &str) -> PathBuf {
        self.dir()
            .join("trials")
            .join(format!("{trial:04}.{ending}"))
    }
}

fn write_ron(path: &Path, value: &impl Serialize) -> Result<(), SweepError> {
    let text = ron::Options::default()
        .to_string_pretty(value, ron::ser::PrettyConfig::new().new_line("\n"))
        .map_err(|e| SweepError::of_file(path, &e))?;
    write_whole(path, |file| file.write_all(text.as_bytes()))
        .map_err(|e: std::io::Error| SweepError::of_file(path, &e))
}

fn read_ron<T: DeserializeOwned>(path: &Path) -> Result<T, SweepError> {
    let text = fs::read_to_string(path).map_err(|e| SweepError::of_file(path, &e))?;
    ron::from_str(&text).map_err(|e| SweepError::File {
        path: path.to_owned(),
        reason: format!("it is damaged ({e}); put it back from a copy, or plan the sweep anew"),
    })
}
