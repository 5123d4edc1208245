//! Reports of cards: charts, tables and notes, frozen as they were with where they came from, kept in
//! a file beside the runs, and exported as one page of HTML, as Markdown with files, and as PDF.

mod export;
mod file;
mod html;
mod markdown;
mod note;
mod pages;

pub use export::{ExportError, HiddenIds, ReportFormat, write_report};
pub use file::{CardError, REPORTS};

use serde::{Deserialize, Serialize};

use crate::figure::PrintFigure;
use crate::report::{ReportTable, words};
use crate::run::{Manifest, RunId, TrustBadge};

/// Cards in an order, under a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardReport {
    /// Title above all.
    #[serde(default)]
    pub title: String,
    /// The cards, the first at the top.
    #[serde(default)]
    pub cards: Vec<ReportCard>,
}

/// One card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportCard {
    /// Heading.
    #[serde(default)]
    pub title: String,
    /// Chart, table or text on it.
    pub content: CardContent,
    /// Origin of it; nothing of a note.
    #[serde(default)]
    pub origin: CardOrigin,
}

/// Content of a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CardContent {
    /// A chart as it was.
    Figure(PrintFigure),
    /// A table as it was.
    Table(ReportTable),
    /// A text in Markdown.
    Note(String),
}

impl Default for CardContent {
    fn default() -> Self {
        Self::Note(String::new())
    }
}

/// Origin of a card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardOrigin {
    /// Runs that it tells of.
    #[serde(default)]
    pub runs: Vec<CardRun>,
    /// Epoch whose weights were asked.
    #[serde(default)]
    pub epoch: Option<usize>,
    /// User whom it shows, as the data name them.
    #[serde(default)]
    pub user: Option<String>,
    /// Settings in which the runs differ, by name.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Whether it names users or items of the data.
    #[serde(default = "named_unless_said")]
    pub names_data: bool,
    /// Version of the program that made it.
    #[serde(default)]
    pub program: String,
    /// Moment at which it was made, in seconds since 1970.
    #[serde(default)]
    pub made_secs: i64,
}

/// A card that does not say whether it names anybody is taken to do so.
fn named_unless_said() -> bool {
    true
}

/// A run as a card remembers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardRun {
    /// Its name.
    pub id: RunId,
    /// Name of its data.
    #[serde(default)]
    pub data: String,
    /// Hash of its data.
    #[serde(default)]
    pub fingerprint: String,
    /// Seed of the experiment.
    #[serde(default)]
    pub seed: u64,
    /// Trust in its figures, in a few words.
    #[serde(default)]
    pub trust: String,
}

impl CardRun {
    /// A run with its badge.
    #[must_use]
    pub fn new(manifest: &Manifest, badge: &TrustBadge) -> Self {
        Self {
            id: manifest.id.clone(),
            data: manifest.data.name.clone(),
            fingerprint: manifest.data.fingerprint.clone(),
            seed: manifest.experiment.seed,
            trust: badge.words(),
        }
    }
}

impl CardOrigin {
    /// The origin of something that was made now, which names nobody.
    #[must_use]
    pub fn now(runs: Vec<CardRun>, made_secs: i64) -> Self {
        Self {
            runs,
            program: format!("seqscope {}", env!("CARGO_PKG_VERSION")),
            made_secs,
            ..Self::default()
        }
    }

    /// Sentences that stand below a card.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let runs = self.runs.iter().map(|run| {
            let hash: String = run.fingerprint.chars().take(12).collect();
            format!(
                "{}: data {} ({hash}), seed {}; trust: {}.",
                run.id, run.data, run.seed, run.trust
            )
        });
        let epoch = self.epoch.map(|epoch| format!("Epoch {epoch}."));
        let user = self.user.as_ref().map(|user| format!("User {user}."));
        let settings = (!self.settings.is_empty())
            .then(|| format!("Settings that differ: {}.", self.settings.join(", ")));
        let made = (!self.program.is_empty()).then(|| {
            format!(
                "Made by {}, {}.",
                self.program,
                words::moment(self.made_secs)
            )
        });
        runs.chain(epoch)
            .chain(user)
            .chain(settings)
            .chain(made)
            .collect()
    }
}

impl ReportCard {
    /// A card with a text.
    #[must_use]
    pub fn note(text: impl Into<String>) -> Self {
        Self {
            title: String::new(),
            content: CardContent::Note(text.into()),
            origin: CardOrigin::default(),
        }
    }

    /// A card with a chart, under the chart's own title.
    #[must_use]
    pub fn figure(mut figure: PrintFigure, origin: CardOrigin) -> Self {
        Self {
            title: std::mem::take(&mut figure.title),
            content: CardContent::Figure(figure),
            origin,
        }
    }

    /// A card with a table, under the table's own title.
    #[must_use]
    pub fn table(mut table: ReportTable, origin: CardOrigin) -> Self {
        Self {
            title: std::mem::take(&mut table.title),
            content: CardContent::Table(table),
            origin,
        }
    }

    /// Kind of what it shows, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.content {
            CardContent::Figure(_) => "Chart",
            CardContent::Table(_) => "Table",
            CardContent::Note(_) => "Note",
        }
    }
}

#[cfg(test)]
mod tests;
