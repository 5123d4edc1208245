//! Who answers for a run, what is asked of them, and how one user's answer is told where no items
//! are ranked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Streams;
use seqscope_base::metric::Odds;
use seqscope_base::spec::{Entry, did_you_mean, shown};
use seqscope_data::{Moment, Outcomes, Sample, TaskSpec};
use seqscope_engine::error::Error;
use seqscope_engine::explain::Speaker;
use seqscope_engine::report::words::count;
use seqscope_engine::report::{CellValue, ReportColumn, ReportTable};
use seqscope_engine::train::{FittedReference, Restored};
use seqscope_model::baseline::ReferenceKind;

/// Whether JSON is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsJson {
    Yes,
    No,
}

/// A run, and who of it is asked: its model, or one of its references.
#[derive(Clone, Copy)]
pub(super) struct Answerer<'a> {
    pub(super) restored: &'a Restored,
    pub(super) reference: Option<(ReferenceKind, &'a FittedReference)>,
}

impl<'a> Answerer<'a> {
    pub(super) fn speaker(&self) -> Speaker<'a> {
        match self.reference {
            Some((_, fitted)) => Speaker::Reference(fitted),
            None => Speaker::Model(self.restored.model.as_ref()),
        }
    }

    /// Name of who answers: `GRU, epoch 3`.
    pub(super) fn by(&self) -> String {
        match self.reference {
            Some((kind, _)) => kind.title().to_owned(),
            None => {
                format!(
                    "{}, epoch {}",
                    self.restored.manifest.experiment.model.family().title(),
                    self.restored.epoch
                )
            }
        }
    }

    /// Question in words.
    pub(super) fn question(&self) -> String {
        let task = &self.restored.manifest.experiment.task;
        match task {
            TaskSpec::WillAct(spec) => {
                let what = match spec.behaviour.trim() {
                    "" => "any event".to_owned(),
                    behaviour => format!("`{behaviour}`"),
                };
                format!("chance of {what} within {} hours", spec.horizon_hours)
            }
            _ => task.kind().title().to_lowercase(),
        }
    }

    /// The run, who answers and what is asked, as JSON.
    pub(super) fn json(&self) -> BTreeMap<&'static str, Value> {
        let task = &self.restored.manifest.experiment.task;
        let reference = self.reference.map(|(kind, _)| kind.to_string());
        let epoch = reference.is_none().then_some(self.restored.epoch);
        let mut told = BTreeMap::from([
            ("run", json!(self.restored.manifest.id.0)),
            ("task", json!(task.kind().to_string())),
            ("epoch", json!(epoch)),
        ]);
        if self.restored.questions.ranks_items() && reference.is_none() {
            told.insert("probability_over", json!(Odds::OVER));
        }
        if let TaskSpec::WillAct(spec) = task {
            told.insert("behaviour", json!(spec.behaviour.trim()));
            told.insert("horizon_hours", json!(spec.horizon_hours));
        }
        if reference.is_some() {
            told.insert("reference", json!(reference));
        }
        told
    }
}

/// The reference that a name means, such as `recency-frequency`, `recencyfrequency` or its title.
pub(super) fn reference(
    restored: &Restored,
    name: &str,
) -> Result<(ReferenceKind, FittedReference), Error> {
    let experiment = &restored.manifest.experiment;
    let answers = experiment.answers();
    let plain = |word: &str| word.replace(['-', '_', ' '], "").to_lowercase();
    let mut of_task = ReferenceKind::iter().filter(|kind| kind.answers() == answers);
    let Some(kind) = of_task.find(|kind| {
        [kind.to_string(), kind.title().to_owned()]
            .iter()
            .any(|n| plain(n) == plain(name))
    }) else {
        let names: Vec<String> = ReferenceKind::iter()
            .filter(|kind| kind.answers() == answers)
            .map(|kind| kind.to_string())
            .collect();
        let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("choose among {}", names.join(", ")),
        };
        return Err(Error::edge(
            format!("this run has no reference `{name}`"),
            hint,
        ));
    };
    let fitted = FittedReference::on(&restored.prepared, experiment, &restored.questions, kind);
    let fitted = fitted
        .map_err(|left_out| Error::edge(left_out.0, "`seqscope describe` lists the references"))?;
    Ok((kind, fitted))
}

/// Answer about one user at one moment.
pub(super) struct UserAnswer<'a> {
    pub(super) asked: Answerer<'a>,
    pub(super) outcomes: &'a Outcomes,
    /// Name of whose the events are: `user 17`, or a typed history.
    pub(super) whose: String,
    /// Id of the user as shown; `None` of a typed history.
    pub(super) user: Option<String>,
    /// Sentence on what was taken for granted of a typed history; `None` where the log has the
    /// events.
    pub(super) assumed: Option<String>,
    pub(super) moment: Option<Moment>,
    pub(super) sample: Sample,
    /// Time of the last event.
    pub(super) last_event: Option<String>,
    pub(super) values: Vec<f64>,
}

impl UserAnswer<'_> {
    /// Prints it, as a table or as JSON.
    pub(super) fn print(&self, is_json: IsJson, streams: &mut Streams<'_>) -> Result<(), Error> {
        if is_json == IsJson::Yes {
            streams.json(&self.json())
        } else {
            self.write(streams)
        }
    }

    fn json(&self) -> Value {
        let Outcomes { classes, unit, .. } = self.outcomes;
        let answer: Value = if classes.is_empty() {
            json!({ "value": self.values.first(), "unit": unit })
        } else {
            classes
                .iter()
                .zip(&self.values)
                .map(|(class, chance)| (class.clone(), json!(chance)))
                .collect()
        };
        let mut told = self.asked.json();
        told.extend([
            ("user", json!(self.user)),
            (
                "moment",
                json!(self.moment.and_then(|moment| moment.text())),
            ),
            ("events_seen", json!(self.sample.history_len)),
            ("last_event", json!(self.last_event)),
            ("answer", answer),
        ]);
        if let Some(assumed) = &self.assumed {
            told.insert("assumed", json!(assumed));
        }
        json!(told)
    }

    fn write(&self, streams: &mut Streams<'_>) -> Result<(), Error> {
        let Outcomes { classes, unit, .. } = self.outcomes;
        let (by, question, events) = (
            self.asked.by(),
            self.asked.question(),
            count(self.sample.history_len as usize),
        );
        let when = self
            .moment
            .and_then(|moment| moment.text())
            .map(|moment| format!(" at {moment}"))
            .unwrap_or_default();
        let last = self
            .last_event
            .as_ref()
            .map(|last| format!(", the last at {last}"))
            .unwrap_or_default();
        writeln!(
            streams.out,
            "{by}, {question}{when}, after {events} events of {}{last}:",
            shown(&self.whose)
        )?;
        if classes.is_empty() {
            let value = self.values.first().copied().unwrap_or(f64::NAN);
            writeln!(streams.out, "{value:.3} {unit}")?;
        } else {
            let columns = [
                ReportColumn::words("class", ""),
                ReportColumn::numbers("probability", "Probability"),
            ];
            let mut table = ReportTable::new("answer", "", columns);
            for (class, chance) in classes.iter().zip(&self.values) {
                table.row([
                    class.as_str().into(),
                    CellValue::Probability(*chance).into(),
                ]);
            }
            write!(streams.out, "{}", table.rows_as_text())?;
        }
        if let Some(assumed) = &self.assumed {
            writeln!(streams.out, "{assumed}")?;
        }
        Ok(())
    }
}
