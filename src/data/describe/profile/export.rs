//! A profile as files for other programs: one CSV a view.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use strum::IntoEnumIterator;

use super::{Profile, ProfileView};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::log::write_csv;

impl Profile {
    /// Writes every view that is not absent as `VIEW.csv` into a folder that must be empty or new.
    /// Returns the files written.
    ///
    /// # Errors
    /// [`DataError::Unwritable`] when the folder is not empty or cannot be written.
    pub fn export(&self, dataset: &Dataset, to: &Path) -> Result<Vec<PathBuf>, DataError> {
        make_empty(to)?;
        let present = ProfileView::iter().filter(|view| view.absent(self).is_none());
        present
            .map(|view| {
                let path = to.join(format!("{view}.csv"));
                write_csv(&path, &view.table(self, dataset)).map(|()| path)
            })
            .collect()
    }

    /// Writes one view to a file that must not be there yet; makes the folder where it is missing.
    ///
    /// # Errors
    /// [`DataError::Unwritable`] when the file is there or cannot be written.
    pub fn export_view(
        &self,
        view: ProfileView,
        dataset: &Dataset,
        to: &Path,
    ) -> Result<(), DataError> {
        if to.exists() {
            return Err(unwritable(
                to,
                "a file is there already; choose another name, so that nothing is written over",
            ));
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
        }
        write_csv(to, &view.table(self, dataset))
    }
}

fn make_empty(to: &Path) -> Result<(), DataError> {
    match std::fs::read_dir(to).map(|mut entries| entries.next().is_none()) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(to).map_err(|error| refused(to, &error))
        }
        Err(error) => Err(refused(to, &error)),
        Ok(true) => Ok(()),
        Ok(false) => Err(unwritable(
            to,
            "the folder is not empty; choose a new one, so that nothing is written over",
        )),
    }
}

fn refused(path: &Path, error: &std::io::Error) -> DataError {
    unwritable(
        path,
        &format!("{error}; choose a folder that you may write to"),
    )
}

fn unwritable(path: &Path, reason: &str) -> DataError {
    DataError::Unwritable {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
