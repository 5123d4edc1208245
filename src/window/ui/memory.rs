//! Memory of the window from one start to the next.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::app::{App, ThemeChoice};

const KEY: &str = "seqscope";

/// Settings of the window in eframe's storage. A field that is missing or unknown does no harm.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    pub(crate) recent: Vec<PathBuf>,
    pub(crate) theme: ThemeChoice,
}

pub(crate) fn read(storage: Option<&dyn eframe::Storage>) -> Memory {
    storage
        .and_then(|storage| eframe::get_value(storage, KEY))
        .unwrap_or_default()
}

pub(crate) fn write(storage: &mut dyn eframe::Storage, app: &App) {
    eframe::set_value(
        storage,
        KEY,
        &Memory {
            recent: app.recent.clone(),
            theme: app.theme,
        },
    );
}
