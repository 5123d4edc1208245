//! The colour of a run among those that are shown.

use super::App;
pub use seqscope_engine::figure::{N_HUES, RunColor};
use seqscope_engine::run::RunId;

impl App {
    /// The colour of a run among those that are shown.
    #[must_use]
    pub fn run_color(&self, run: &RunId) -> RunColor {
        RunColor::among(run, self.selection.runs())
    }
}
