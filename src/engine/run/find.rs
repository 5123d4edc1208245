//! Which run a person means by a few letters, a path, its label or the experiment's name.

use std::path::{Path, PathBuf};

use super::manifest;
use super::{RunError, RunId, RunStore, Summary};
use seqscope_base::spec::did_you_mean;

/// The word for the newest run.
const LAST: &str = "last";

/// Fewest letters at the end of a folder's name that name it: as many as tell apart those of one
/// minute.
const END_OF_ID: usize = 4;

impl RunStore {
    /// Finds a run wherever it is: as [`RunStore::find`] does, and by the path of its folder in any
    /// other folder of runs. The store in which it is comes with it.
    ///
    /// # Errors
    /// [`RunError`] when none or several match.
    pub fn locate(&self, name: &str) -> Result<(Self, RunId), RunError> {
        let Some(folder) = folder_of(name) else {
            return Ok((self.clone(), self.find_by_word(name)?));
        };
        let (Some(root), Some(id)) = (folder.parent(), folder.file_name()) else {
            return Err(self.unknown(name, &[]));
        };
        let id = RunId(id.to_string_lossy().into_owned());
        let is_here = self.root.canonicalize().is_ok_and(|here| here == root);
        let store = if is_here {
            self.clone()
        } else {
            Self::at(root)
        };
        if id.is_plain() && folder.join(manifest::FILE).exists() {
            return Ok((store, id));
        }
        // A folder that only happens to be called so hides no run.
        self.find_by_word(name)
            .map(|id| (self.clone(), id))
            .map_err(|error| match error {
                RunError::Unknown {
                    name, root, near, ..
                } => RunError::Unknown {
                    name,
                    root,
                    near,
                    is_folder: true,
                },
                other => other,
            })
    }

    /// Finds a run of this folder by its whole name, the start or the end of it (the four digits at
    /// the end are enough), by the path of its folder, by the label that a person gave it or the
    /// name of its experiment or the start of either, by what its name tells (`ml-1m_sasrec_s1`,
    /// `sasrec_s1`), or by `last` (the newest).
    ///
    /// # Errors
    /// [`RunError`] when none or several match.
    pub fn find(&self, name: &str) -> Result<RunId, RunError> {
        let (store, id) = self.locate(name)?;
        if store == *self {
            Ok(id)
        } else {
            Err(self.unknown(name, &[]))
        }
    }

    fn find_by_word(&self, name: &str) -> Result<RunId, RunError> {
        let runs = self.list()?;
        if name == LAST {
            return runs
                .first()
                .map(|run| run.id.clone())
                .ok_or_else(|| self.unknown(name, &runs));
        }
        let experiment = |run: &Summary| {
            run.manifest
                .as_ref()
                .map(|manifest| manifest.experiment.name.clone())
        };
        let is_experiment = |run: &Summary, fits: &dyn Fn(&str, &str) -> bool| {
            experiment(run).is_some_and(|known| fits(&known.to_lowercase(), &name.to_lowercase()))
        };
        // What a person more probably means stands first; one kind of match hides those after it.
        let is_label = |run: &Summary, fits: &dyn Fn(&str, &str) -> bool| {
            let label = run.about.label();
            label.is_some_and(|label| fits(&label.to_lowercase(), &name.to_lowercase()))
        };
        let kinds: [&dyn Fn(&Summary) -> bool; 8] = [
            &|run| run.id.0 == name,
            &|run| is_label(run, &|label, name| label == name),
            &|run| is_experiment(run, &|known, name| known == name),
            // A letter or two are the end of some folder by chance.
            &|run| {
                run.id.0.starts_with(name) || (name.len() >= END_OF_ID && run.id.0.ends_with(name))
            },
            &|run| is_label(run, &|label, name| label.starts_with(name)),
            &|run| is_experiment(run, &|known, name| known.starts_with(name)),
            &|run| run.id.telling() == name.to_lowercase(),
            // Model and seed alone: `sasrec_s1`.
            &|run| {
                run.id
                    .telling()
                    .ends_with(&format!("_{}", name.to_lowercase()))
            },
        ];
        if !name.is_empty() {
            for fits in kinds {
                let found: Vec<&Summary> = runs.iter().filter(|run| fits(run)).collect();
                match found.as_slice() {
                    [] => {}
                    [run] => return Ok(run.id.clone()),
                    several => {
                        let candidates = several.iter().map(|run| run.id.0.clone()).collect();
                        return Err(RunError::Ambiguous {
                            name: name.to_owned(),
                            candidates,
                        });
                    }
                }
            }
        }
        Err(self.unknown(name, &runs))
    }

    /// There is no such run: which one may be meant.
    pub(super) fn unknown(&self, name: &str, runs: &[Summary]) -> RunError {
        let ids = runs.iter().map(|run| run.id.0.as_str());
        // A name without its minute and its last digits is what people type and mistype.
        let names = runs
            .iter()
            .filter_map(|run| run.manifest.as_ref())
            .map(|m| m.experiment.name.as_str());
        let labels = runs.iter().filter_map(|run| run.about.label());
        let parts = runs
            .iter()
            .filter_map(|run| run.id.0.rsplit_once('_').map(|(_, end)| end));
        let known = ids
            .chain(names)
            .chain(labels)
            .chain(parts)
            .chain((!runs.is_empty()).then_some(LAST));
        // Of a path its end is the name.
        let word = Path::new(name)
            .file_name()
            .map_or_else(|| name.into(), |end| end.to_string_lossy());
        let near = did_you_mean(&word, known);
        RunError::Unknown {
            name: name.to_owned(),
            root: self.root.clone(),
            near,
            is_folder: false,
        }
    }
}

/// The folder that a path leads to, as a shell completes it; that of a manifest is meant by the
/// manifest too.
fn folder_of(path: &str) -> Option<PathBuf> {
    // An empty path would be the current folder.
    let path = Path::new(path)
        .canonicalize()
        .ok()
        .filter(|_| !path.is_empty())?;
    match path.file_name() {
        Some(name) if name == manifest::FILE => path.parent().map(Path::to_path_buf),
        _ => path.is_dir().then_some(path),
    }
}
