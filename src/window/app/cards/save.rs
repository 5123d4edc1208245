//! Charts and reports as files for others.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::job::sentence;
use super::super::{App, PickKind};
use super::HiddenIds;
use seqscope_base::spec::write_whole;
use seqscope_engine::cards::write_report;
use seqscope_engine::figure::{FigureForm, FigureSize, PrintFigure, pictured};

/// Dots an inch of pictures in pixels.
const DPI: u32 = 300;

/// A file that was written, and what is to be said of it.
struct SavedFile {
    path: PathBuf,
    doubt: Option<String>,
    /// Reason why no dialog was shown.
    no_dialog: Option<String>,
}

impl App {
    pub(super) fn save_figure(&mut self, figure: PrintFigure, form: FigureForm) {
        let picker = Arc::clone(&self.picker);
        let folder = self
            .runs
            .store
            .root
            .with_file_name("exports")
            .join("figures");
        let work = move || {
            let (path, no_dialog) = match picker.pick(PickKind::Figure(form)) {
                Ok(None) => return Ok(None),
                Ok(Some(path)) => (with_ending(path, form), None),
                Err(why) => (free_file(&folder, &figure.title, form), Some(why)),
            };
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(sentence)?;
            }
            let picture = pictured(&figure, FigureSize::default(), form, DPI).map_err(sentence)?;
            write_whole(&path, |file| file.write_all(&picture.bytes)).map_err(
                |error: std::io::Error| {
                    let shown = path.display();
                    format!("`{shown}` cannot be written: {error}; choose another folder.")
                },
            )?;
            Ok(Some(SavedFile {
                path,
                doubt: picture.doubt,
                no_dialog,
            }))
        };
        self.jobs
            .start("save-figure", work, |app, saved| match saved {
                Ok(None) => {}
                Ok(Some(saved)) => {
                    let beside = if saved.no_dialog.is_some() {
                        " (no file dialog can be shown here)"
                    } else {
                        ""
                    };
                    let shown = saved.path.display();
                    app.notices.done(format!("Saved as {shown}{beside}."));
                    saved.doubt.into_iter().for_each(|doubt| {
                        app.notices.failed(sentence(doubt));
                    });
                }
                Err(why) => app.notices.failed(why),
            });
    }

    pub(super) fn export_report(&mut self, to: PathBuf, ids: HiddenIds) {
        let Some(open) = self.reports.open.ready().cloned() else {
            return;
        };
        self.reports.is_exporting = true;
        let shown = to.clone();
        let work = move || {
            if let Some(folder) = to.parent() {
                std::fs::create_dir_all(folder).map_err(sentence)?;
            }
            write_report(&open.kept(), &to, ids).map_err(sentence)
        };
        self.jobs.start("export-report", work, move |app, written| {
            app.reports.is_exporting = false;
            match written {
                Ok((_, doubt)) => {
                    app.notices
                        .done(format!("Exported to {}.", shown.display()));
                    if let Some(doubt) = doubt {
                        app.notices.failed(sentence(doubt));
                    }
                }
                Err(why) => app.notices.failed(why),
            }
        });
    }
}

/// The path with the ending of its form, unless it has it.
fn with_ending(path: PathBuf, form: FigureForm) -> PathBuf {
    if FigureForm::of_path(&path) == Some(form) {
        return path;
    }
    let mut name = path.into_os_string();
    name.push(format!(".{form}"));
    name.into()
}

/// A file in a folder that is not there yet, named after a chart.
fn free_file(folder: &Path, title: &str, form: FigureForm) -> PathBuf {
    let letters = title.chars().take(60);
    let name: String = letters
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "chart" } else { name };
    let mut n = 1_u32;
    loop {
        let file = if n == 1 {
            format!("{name}.{form}")
        } else {
            format!("{name}-{n}.{form}")
        };
        let path = folder.join(file);
        if !path.exists() {
            return path;
        }
        n += 1;
    }
}
