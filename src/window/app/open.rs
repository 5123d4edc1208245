//! Opens logs and experiments, by the system's dialog or by their path, and writes the draft down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::job::sentence;
use super::train::QUICKSTART_NAME;
use super::{Action, App, Page, PickKind, RECENT_KEPT, Tone, is_experiment};
use seqscope_data::{self as data, DataSource, FileSpec, TitleSpec};
use seqscope_engine::experiment::Experiment;

impl App {
    pub(super) fn pick(&mut self, kind: PickKind) {
        let picker = Arc::clone(&self.picker);
        self.jobs.start(
            "dialog",
            move || picker.pick(kind),
            move |app, picked| match picked {
                Ok(Some(path)) => app.take_picked(kind, path),
                Ok(None) => {}
                Err(why) => app.notices.failed(why),
            },
        );
    }

    fn take_picked(&mut self, kind: PickKind, path: PathBuf) {
        self.apply(match kind {
            PickKind::Data => Action::OpenData(path),
            PickKind::Titles => Action::SetTitles(Some(TitleSpec {
                path,
                ..TitleSpec::default()
            })),
            PickKind::Experiment => Action::OpenExperiment(path),
            // Whoever writes a chart takes the path by itself.
            PickKind::Figure(_) => return,
        });
    }

    pub(super) fn open_any(&mut self, path: PathBuf) {
        if is_experiment(&path) {
            self.open_experiment(path);
        } else {
            self.open_data(path);
        }
    }

    /// A log in place of the draft's data; a name that nobody chose follows the file.
    pub(super) fn open_data(&mut self, path: PathBuf) {
        self.remember(path.clone());
        let mut next = self.draft.experiment.clone();
        if self.is_name_given() {
            next.name = data::name_of(&path);
        }
        next.data.source = DataSource::File(FileSpec {
            path,
            ..FileSpec::default()
        });
        self.change_draft(|draft| draft.replace(next));
        self.draft.split_is_open = true;
        self.go_to(Page::Data);
    }

    /// Whether the draft's name is one that the program gave: the default's, the quick start's, or
    /// that of the log in use.
    fn is_name_given(&self) -> bool {
        let name = &self.draft.experiment.name;
        let is_of_file = self
            .draft
            .log_path()
            .is_some_and(|path| data::name_of(path) == *name);
        is_of_file || *name == Experiment::default().name || name == QUICKSTART_NAME
    }

    pub(super) fn set_source(&mut self, source: DataSource) {
        let mut next = self.draft.experiment.clone();
        next.data.source = source;
        self.change_draft(|draft| draft.replace(next));
    }

    pub(super) fn change_file(&mut self, change: impl FnOnce(&mut FileSpec)) {
        if let DataSource::File(file) = &self.draft.experiment.data.source {
            let mut file = file.clone();
            change(&mut file);
            self.set_source(DataSource::File(file));
        }
    }

    pub(super) fn open_experiment(&mut self, path: PathBuf) {
        self.remember(path.clone());
        let shown = path.clone();
        self.jobs.start(
            "experiment",
            move || Experiment::open(&path).map_err(sentence),
            move |app, opened| app.take_opened(&shown, opened),
        );
    }

    fn take_opened(&mut self, path: &Path, opened: Result<Experiment, String>) {
        match opened {
            Ok(experiment) => {
                self.change_draft(|draft| draft.replace(experiment));
                self.go_to(Page::Model);
                self.notices.done(format!("Opened {}.", path.display()));
            }
            Err(why) => {
                let cure = Some((
                    "Open another experiment…".to_owned(),
                    Action::PickExperiment,
                ));
                let sentence = format!("{}: {why}", path.display());
                self.notices.tell(Tone::Error, sentence, cure);
            }
        }
    }

    pub(super) fn save_experiment(&mut self, path: PathBuf) {
        let (experiment, shown) = (self.draft.experiment.clone(), path.clone());
        self.jobs.start(
            "save",
            move || write_new(&path, &experiment),
            move |app, saved| match saved {
                Ok(()) => app.notices.done(format!("Saved as {}.", shown.display())),
                Err(why) => app.notices.failed(why),
            },
        );
    }

    fn remember(&mut self, path: PathBuf) {
        self.recent.retain(|other| *other != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT_KEPT);
    }
}

/// Writes an experiment to a file that must not exist yet; makes the folder where it is missing.
fn write_new(path: &Path, experiment: &Experiment) -> Result<(), String> {
    use std::io::{ErrorKind, Write};
    let text = experiment.to_text().map_err(sentence)?;
    let refused = |error: &std::io::Error| {
        format!(
            "Cannot write `{}`: {error}; choose a folder that you may write to, on a disk with \
             free space.",
            path.display()
        )
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| refused(&error))?;
    }
    let mut file = std::fs::File::create_new(path).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            format!(
                "`{}` exists and is not written over; choose another name.",
                path.display()
            )
        } else {
            refused(&error)
        }
    })?;
    file.write_all(text.as_bytes()).map_err(|error| {
        // Half an experiment would stand in the way of the next try; the first error matters.
        let _ = std::fs::remove_file(path);
        refused(&error)
    })
}
