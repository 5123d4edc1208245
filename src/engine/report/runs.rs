//! The list of runs: what each is, how it stands, and its figures.

use super::{CellValue, ReportCell, ReportColumn, ReportTable, words};
use crate::run::{AboutRun, Extension, Manifest, RunOutcome, RunStatus, Summary};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_base::spec::{Entry, counted};
use seqscope_model::baseline::ReferenceKind;

/// Column of a list of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter)]
pub enum RunField {
    /// Folder of the run.
    Run,
    /// Label that a person gave it, with a star where it is marked.
    Label,
    /// Tags that a person gave it.
    Tags,
    /// Label of the run, else the name of the experiment.
    Name,
    /// Family of the model.
    Family,
    /// How it stands, in a word.
    Status,
    /// The metric that runs are chosen by, on validation.
    Valid,
    /// Epoch with the best weights.
    BestEpoch,
    /// The first headline metric on test.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// Test figure of the reference to beat.
    ToBeat,
    /// The best score that a world allows.
    Optimum,
    /// Whether data and split leak.
    Audit,
    /// Epochs finished.
    Epochs,
    /// Training time.
    Time,
    /// Learnt numbers.
    Params,
    /// Device that trained it.
    Device,
    /// Start of the run.
    #[default]
    Started,
    /// What must be known of its figures, and why it failed.
    Note,
}

/// The mark of figures that were counted by an older rule.
pub const OLDER_RULE: &str = "older rule";

/// The sign of a run that is marked.
pub const STAR: &str = "★";

/// Runs with some of their fields; what a person may write of a run has a column only where it was
/// written of one of them. Metrics are those that the first run is judged by.
#[must_use]
pub fn runs_table(runs: &[Summary], fields: &[RunField]) -> ReportTable {
    let kind = runs
        .iter()
        .find_map(|run| run.manifest.as_deref())
        .map(|manifest| manifest.experiment.answers())
        .unwrap_or_default();
    let fields: Vec<RunField> = fields
        .iter()
        .copied()
        .filter(|field| field.is_known_of(kind) && field.is_written_of(runs))
        .collect();
    let columns = fields.iter().map(|field| field.column(kind));
    let mut table = ReportTable::new("runs", "", columns);
    for run in runs {
        table.row(fields.iter().map(|field| field.cell(run, kind)));
    }
    table
}

impl RunField {
    /// The metric that it shows, of those of a kind of answers.
    #[must_use]
    pub fn metric(self, kind: AnswerKind) -> Option<Metric> {
        let place = match self {
            Self::First => 0,
            Self::Second => 1,
            Self::Third => 2,
            Self::Valid | Self::ToBeat => return Some(kind.primary()),
            _ => return None,
        };
        kind.headline().get(place).copied()
    }

    /// Whether runs of this kind of answers have it: some are judged by two metrics.
    #[must_use]
    pub fn is_known_of(self, kind: AnswerKind) -> bool {
        let is_headline = matches!(self, Self::First | Self::Second | Self::Third);
        !is_headline || self.metric(kind).is_some()
    }

    /// Whether a person wrote it of one of the runs; true of what is not written by people.
    #[must_use]
    pub fn is_written_of(self, runs: &[Summary]) -> bool {
        match self {
            Self::Label => (runs.iter()).any(|run| !label_words(&run.about).is_empty()),
            Self::Tags => runs.iter().any(|run| !run.about.tags.is_empty()),
            _ => true,
        }
    }

    /// Whether the number is one that must not be compared across data.
    #[must_use]
    pub fn is_metric(self) -> bool {
        matches!(
            self,
            Self::Valid | Self::First | Self::Second | Self::Third | Self::ToBeat | Self::Optimum
        )
    }

    /// Heading and meaning. Metrics are those of a kind of answers.
    #[must_use]
    pub fn column(self, kind: AnswerKind) -> ReportColumn {
        let (key, title, help) = match self {
            Self::Run => ("run", "Run", "Folder of the run"),
            Self::Label => ("label", "Label", "Label that a person gave it; ★ marks it"),
            Self::Tags => ("tags", "Tags", "Tags that a person gave it"),
            Self::Name => (
                "name",
                "Run",
                "Label of the run, else the name of its experiment",
            ),
            Self::Family => ("model", "Model", "Family of the model"),
            Self::Status => (
                "status",
                "Status",
                "How it stands, and why it may not be compared with run A",
            ),
            Self::Valid => (
                "valid",
                "Best on validation",
                "The metric that runs are chosen by",
            ),
            Self::BestEpoch => ("best_epoch", "Best epoch", "Epoch whose weights are judged"),
            Self::First | Self::Second | Self::Third => {
                let metric = self.metric(kind);
                let (key, title) =
                    metric.map_or(("", ""), |metric| (metric.name(), metric.title()));
                let help = "On test, all items ranked, best epoch's weights";
                return ReportColumn::numbers(key, title).help(help);
            }
            Self::ToBeat => (
                "to_beat",
                "To beat",
                "Test figure of the reference to beat: of items the windowed Markov chain",
            ),
            Self::Optimum => (
                "optimum",
                "Best possible",
                "NDCG@10 that the rules of the synthetic world allow",
            ),
            Self::Audit => (
                "audit",
                "Audit",
                "Whether data and split leak from test into training",
            ),
            Self::Epochs => ("epochs", "Epochs", "Epochs finished"),
            Self::Time => ("seconds", "Time", "Training time, pauses left out"),
            Self::Params => ("parameters", "Parameters", "Learnt numbers"),
            Self::Device => ("device", "Device", "Where it was trained"),
            Self::Started => ("started", "Started", "Start of the run, UTC"),
            Self::Note => ("note", "", ""),
        };
        let is_number = self.is_metric()
            || matches!(
                self,
                Self::BestEpoch | Self::Epochs | Self::Time | Self::Params
            );
        if is_number {
            ReportColumn::numbers(key, title).help(help)
        } else {
            ReportColumn::words(key, title).help(help)
        }
    }

    /// What a run has there. A run of another kind of answers has no metrics of this one.
    #[must_use]
    pub fn cell(self, run: &Summary, kind: AnswerKind) -> ReportCell {
        match (self, run.manifest.as_deref()) {
            (Self::Run, _) => CellValue::Run(run.id.clone()).into(),
            (Self::Status, _) => status_word(&run.status).into(),
            (Self::Note, manifest) => note(run, manifest, kind).into(),
            (Self::Label, _) => ReportCell::from(label_words(&run.about)).of_data(),
            (Self::Tags, _) => ReportCell::from(tags_words(&run.about)).of_data(),
            (Self::Name, _) if run.about.label().is_some() => {
                ReportCell::from(run.about.label.as_str()).of_data()
            }
            (Self::Name, None) => ReportCell::from(run.id.0.as_str()).of_data(),
            (_, None) => ReportCell::empty(),
            (_, Some(manifest)) => self.of_manifest(manifest, kind),
        }
    }

    fn of_manifest(self, manifest: &Manifest, kind: AnswerKind) -> ReportCell {
        let is_kind = manifest.experiment.answers() == kind;
        let metric = |value: Option<f64>| -> ReportCell {
            value.filter(|_| is_kind).map(CellValue::Metric).into()
        };
        match self {
            Self::Name => ReportCell::from(manifest.experiment.name.as_str()).of_data(),
            Self::Family => manifest.experiment.model.family().title().into(),
            Self::Valid => metric(manifest.valid.as_ref().and_then(|valid| valid.primary().1)),
            Self::BestEpoch => manifest.best_epoch.map(CellValue::Count).into(),
            Self::First | Self::Second | Self::Third => {
                let wanted = self.metric(kind);
                metric(wanted.and_then(|of| manifest.test.as_ref()?.get(of)))
            }
            Self::ToBeat => metric(to_beat(manifest)),
            Self::Optimum => manifest
                .optimum()
                .map(|best| CellValue::Metric(best.ndcg_at_10))
                .into(),
            Self::Audit => {
                let word = manifest.data.audit_word();
                word.map(|word| CellValue::Text(word.to_owned())).into()
            }
            Self::Epochs => CellValue::Count(manifest.epochs).into(),
            Self::Time => CellValue::Duration(manifest.train_secs).into(),
            Self::Params => CellValue::Count(manifest.n_params).into(),
            Self::Device => manifest
                .device
                .as_ref()
                .map_or_else(ReportCell::empty, |device| device.name.as_str().into()),
            Self::Started => CellValue::Moment(manifest.started_secs).into(),
            Self::Run | Self::Label | Self::Tags | Self::Status | Self::Note => ReportCell::empty(),
        }
    }
}

/// The label with its star.
fn label_words(about: &AboutRun) -> String {
    match (about.starred, about.label()) {
        (true, Some(label)) => format!("{STAR} {label}"),
        (true, None) => STAR.to_owned(),
        (false, label) => label.unwrap_or_default().to_owned(),
    }
}

fn tags_words(about: &AboutRun) -> String {
    let tags: Vec<&str> = about.tags.iter().map(String::as_str).collect();
    tags.join(", ")
}

/// Test figure of the reference to beat, by the metric that runs are chosen by.
fn to_beat(manifest: &Manifest) -> Option<f64> {
    let reference = ReferenceKind::to_beat(manifest.experiment.answers());
    manifest.references_test.get(&reference)?.primary().1
}

/// How a run stands, in a word.
#[must_use]
pub fn status_word(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Paused => "paused",
        RunStatus::Interrupted => "interrupted",
        RunStatus::Ended(RunOutcome::Finished) => "finished",
        RunStatus::Ended(RunOutcome::Stopped) => "stopped",
        RunStatus::Ended(RunOutcome::Failed { .. }) => "failed",
        RunStatus::Damaged(_) => "damaged",
    }
}

/// Whether it is put away, why it failed or cannot be read, its own metrics where it is judged by others, its parent, and
/// by which rule they were counted.
fn note(run: &Summary, manifest: Option<&Manifest>, kind: AnswerKind) -> String {
    let why = match &run.status {
        RunStatus::Ended(RunOutcome::Failed { sentence }) => Some(sentence.clone()),
        RunStatus::Damaged(why) => Some(why.clone()),
        _ => None,
    };
    let own = manifest.and_then(|manifest| own_metrics_words(manifest, kind));
    let rule = manifest
        .filter(|manifest| manifest.counted_before().is_some())
        .map(|_| OLDER_RULE.to_owned());
    let origin = manifest.and_then(Manifest::origin);
    let origin = origin.map(|origin| origin.words());
    let steered = manifest.and_then(steered_words);
    let fault = run.about.fault.clone();
    let archived = (run.about.archived).then(|| "archived".to_owned());
    let parts: Vec<String> = [archived, own, origin, steered, rule, why, fault]
        .into_iter()
        .flatten()
        .collect();
    parts.join("; ")
}

/// Epochs that were added to a run, and how often it was changed while it trained, in words.
fn steered_words(manifest: &Manifest) -> Option<String> {
    let extended = manifest.extensions.last().map(Extension::words);
    let n_changes = manifest.live_changes.len();
    let changed =
        (n_changes > 0).then(|| format!("{} while it trained", counted(n_changes, "change")));
    let parts: Vec<String> = extended.into_iter().chain(changed).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Test metrics of a run of another kind of answers, in words.
#[must_use]
pub fn own_metrics_words(manifest: &Manifest, kind: AnswerKind) -> Option<String> {
    let test = manifest.test.as_ref().filter(|test| test.kind != kind)?;
    let metrics: Vec<String> = test
        .kind
        .headline()
        .iter()
        .map(|metric| {
            let value = words::optional_metric(test.get(*metric));
            format!("{} {value}", metric.title())
        })
        .collect();
    Some(metrics.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{AboutRun, RunId};
    use strum::IntoEnumIterator as _;

    #[test]
    fn a_run_that_cannot_be_read_says_so_and_has_no_figures() {
        let damaged = Summary {
            id: RunId("2026_x".to_owned()),
            status: RunStatus::Damaged("no manifest".to_owned()),
            manifest: None,
            about: AboutRun::default(),
        };
        let fields: Vec<RunField> = RunField::iter().collect();
        let table = runs_table(&[damaged], &fields);
        let told: Vec<String> = table.rows[0]
            .iter()
            .map(ReportCell::words)
            .filter(|words| !words.is_empty())
            .collect();
        assert_eq!(told, ["2026_x", "2026_x", "damaged", "no manifest"]);
        let keys: std::collections::BTreeSet<&str> = table
            .columns
            .iter()
            .map(|column| column.key.as_str())
            .collect();
        // Nobody has written a label or a tag of it, so those two have no column.
        assert_eq!(
            keys.len(),
            fields.len() - 2,
            "each field has a key of its own"
        );
    }
}
