//! The system's file dialog.

use std::path::PathBuf;

use crate::app::{FilePicker, PickKind};

/// Asks the desktop portal, then `zenity`. Where there is neither, the answer is at once `None`,
/// not to be told from *Cancel*: therefore a path field and drag and drop stand beside each button.
pub(crate) struct SystemPicker;

impl FilePicker for SystemPicker {
    fn pick(&self, kind: PickKind) -> Option<PathBuf> {
        let dialog = rfd::FileDialog::new();
        let dialog = match kind {
            PickKind::Data => dialog.set_title("Open a log").add_filter(
                "Logs",
                &["csv", "tsv", "txt", "dat", "data", "inter", "log", "parquet", "ndjson", "jsonl", "json"],
            ),
            PickKind::Titles => dialog
                .set_title("Join a table of titles")
                .add_filter("Tables", &["csv", "tsv", "txt", "dat", "item", "parquet", "ndjson", "jsonl", "json"]),
            PickKind::Experiment => dialog.set_title("Open an experiment").add_filter("Experiments", &["ron"]),
        };
        dialog.add_filter("All files", &["*"]).pick_file()
    }
}
