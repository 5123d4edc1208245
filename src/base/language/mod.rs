//! Languages of the window, and what the program's sentences are in them.
//!
//! Sentences are made in English, wherever they arise, and kept so in runs; the window translates
//! them as it shows them. `assets/language/*.po` hold what they are in other languages, in gettext's
//! form, with numbered holes: `{1} of {2} users`. A hole `{1:words}` holds words of the program, which are
//! translated too.

mod phrasebook;
mod template;

pub use phrasebook::{Phrasebook, PhrasebookError};
pub use template::TemplateError;

use serde::{Deserialize, Serialize};

/// A language of the window.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter,
)]
pub enum Language {
    /// English, in which everything is written.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Name of the language in itself.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }
}
