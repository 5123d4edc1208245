//! Views of the log's profile, and its refused rows, as files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::App;
use super::job::sentence;
use seqscope_data::{self as data, FileSpec, Prepared, ProfileView};

impl App {
    /// Whether there is something to write.
    pub(super) fn can_export_profile(&self, view: ProfileView) -> Result<(), String> {
        let Some(profile) = &self.data.profile else {
            return Err("No data are prepared yet.".to_owned());
        };
        view.absent(profile)
            .map_or(Ok(()), |why| Err(why.to_owned()))
    }

    /// Writes one view on a background thread; a notice says where.
    pub(super) fn export_profile(&mut self, view: ProfileView) {
        let (Some(profile), Some(prepared)) = (&self.data.profile, self.data.prepared.ready())
        else {
            return;
        };
        let (profile, prepared) = (Arc::clone(profile), Arc::clone(prepared));
        let to = self.free_file(&prepared.dataset.name, &view.to_string());
        let shown = to.clone();
        self.jobs.start(
            "export",
            move || {
                profile
                    .export_view(view, &prepared.dataset, &to)
                    .map_err(sentence)
            },
            move |app, result| app.take_exported(&shown, result),
        );
    }

    /// The open log that has refused rows.
    fn with_refused(&self) -> Option<(&Arc<Prepared>, &FileSpec)> {
        let prepared = self.data.prepared.ready()?;
        let report = &prepared.dataset.report;
        Some((prepared, report.file.as_ref()?)).filter(|_| report.rows_refused > 0)
    }

    /// Whether there are refused rows to write.
    pub(super) fn can_export_refused(&self) -> Result<(), String> {
        self.with_refused()
            .map(|_| ())
            .ok_or_else(|| "No row of the open log was refused.".to_owned())
    }

    /// Writes all refused rows on a background thread, which reads the log once more; a notice says
    /// where.
    pub(super) fn export_refused(&mut self) {
        let Some((prepared, file)) = self.with_refused() else {
            return;
        };
        let (to, file) = (
            self.free_file(&prepared.dataset.name, "refused"),
            file.clone(),
        );
        let shown = to.clone();
        let never = std::sync::atomic::AtomicBool::new(false);
        self.jobs.start(
            "export",
            move || {
                data::write_refused_rows(&file, &to, &never)
                    .map(|_| ())
                    .map_err(sentence)
            },
            move |app, result| app.take_exported(&shown, result),
        );
    }

    fn take_exported(&mut self, file: &Path, exported: Result<(), String>) {
        match exported {
            Ok(()) => self.notices.done(format!("Exported {}.", file.display())),
            Err(why) => self.notices.failed(why),
        }
    }

    /// A file that is not there yet: `exports/LOG-profile/VIEW.csv` beside the folder of runs,
    /// where runs are exported too, else `VIEW-2.csv`, and so on.
    fn free_file(&self, log: &str, view: &str) -> PathBuf {
        let log: String = log
            .chars()
            .take(80)
            .map(|letter| {
                if letter.is_alphanumeric() || "-_.".contains(letter) {
                    letter
                } else {
                    '-'
                }
            })
            .collect();
        let folder = self
            .runs
            .store
            .root
            .with_file_name("exports")
            .join(format!("{log}-profile"));
        let numbered = |n: u32| {
            folder.join(if n == 1 {
                format!("{view}.csv")
            } else {
                format!("{view}-{n}.csv")
            })
        };
        let mut n = 1;
        while numbered(n).exists() {
            n += 1;
        }
        numbered(n)
    }
}
