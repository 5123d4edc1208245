//! The system's file dialog.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::app::{FilePicker, PickKind};

/// Asks the desktop portal, then `zenity`. Where there is neither, rfd answers at once as if the
/// person had cancelled; nobody cancels that quickly.
pub(crate) struct SystemPicker;

/// Quicker than a person can cancel; rfd was seen to give up within 40 ms.
const TOO_QUICK: Duration = Duration::from_millis(250);

impl FilePicker for SystemPicker {
    fn pick(&self, kind: PickKind) -> Result<Option<PathBuf>, String> {
        let asked = Instant::now();
        let dialog = rfd::FileDialog::new();
        let dialog = match kind {
            PickKind::Data => dialog.set_title("Open a log").add_filter(
                "Logs",
                &[
                    "csv", "tsv", "txt", "dat", "data", "inter", "log", "parquet", "ndjson",
                    "jsonl", "json", "gz", "zst", "db", "sqlite", "sqlite3",
                ],
            ),
            PickKind::Titles => dialog.set_title("Join a table of titles").add_filter(
                "Tables",
                &[
                    "csv", "tsv", "txt", "dat", "item", "parquet", "ndjson", "jsonl", "json", "gz",
                    "zst",
                ],
            ),
            PickKind::Experiment => dialog
                .set_title("Open an experiment")
                .add_filter("Experiments", &["ron"]),
            PickKind::Figure(form) => {
                let ending = form.to_string();
                dialog
                    .set_title("Save the chart as")
                    .set_file_name(format!("chart.{ending}"))
                    .add_filter("Pictures", &[ending.as_str()])
            }
        };
        let dialog = dialog.add_filter("All files", &["*"]);
        let picked = match kind {
            PickKind::Figure(_) => dialog.save_file(),
            PickKind::Data | PickKind::Titles | PickKind::Experiment => dialog.pick_file(),
        };
        match picked {
            None if asked.elapsed() < TOO_QUICK => Err(
                "No file dialog can be shown here: it needs a desktop portal or `zenity`. Type \
                     the path, or drop the file onto the window."
                    .to_owned(),
            ),
            picked => Ok(picked),
        }
    }
}
