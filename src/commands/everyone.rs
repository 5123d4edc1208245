//! `seqscope predict RUN --all --to FILE.csv`: everybody at one moment, in one pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::Streams;
use super::shown_names::ShownNames;
use super::signals::Signals;
use super::user_answer::{Answerer, IsJson};
use seqscope_data::{self as data, Column, DataSource, Moment, Outcomes, Sample, Table, TaskSpec};
use seqscope_engine::error::Error;
use seqscope_engine::explain::{AskAll, Word};
use seqscope_engine::report::words::count;
use seqscope_engine::slice::SliceMembers;
use seqscope_engine::train::TaskQuestions;

/// Question to everybody, and where the answers go.
pub(super) struct Everyone<'a> {
    pub(super) asked: Answerer<'a>,
    pub(super) shown: &'a ShownNames<'a>,
    pub(super) moment: Moment,
    pub(super) ask: AskAll<'a>,
    pub(super) to: &'a Path,
    /// Users who are asked; `None` asks everyone.
    pub(super) only: Option<&'a SliceMembers>,
}

/// Refuses a place that could not be written, or that holds the log itself, before anybody is
/// asked.
pub(super) fn check_place(to: &Path, source: &DataSource) -> Result<(), Error> {
    let folder = to
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let sentence = format!("the folder `{}` does not exist", folder.display());
        return Err(Error::edge(
            sentence,
            "make it, or name another file in --to",
        ));
    }
    if to.is_dir() {
        return Err(Error::edge(
            format!("`{}` is a folder", to.display()),
            "name a file in --to, such as everyone.csv",
        ));
    }
    if let DataSource::File(file) = source
        && data::reads(file, to)
    {
        let sentence = format!(
            "`{}` is a file that the run's data are read from",
            to.display()
        );
        return Err(Error::edge(sentence, "name another file in --to"));
    }
    Ok(())
}

/// Whether a file is written as Parquet, as its name says.
fn is_parquet(to: &Path) -> bool {
    to.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("parquet"))
}

impl Everyone<'_> {
    pub(super) fn run(
        &self,
        control: &Signals,
        is_json: IsJson,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        let prepared = self.ask.prepared;
        streams.warn(prepared.doubt_of(self.moment).as_slice())?;
        let task = &self.asked.restored.manifest.experiment.task;
        let mut samples = prepared.everyone_at(self.moment, task.kind());
        let n_left_out = prepared.dataset.users.len().saturating_sub(samples.len());
        if let Some(only) = self.only {
            samples.retain(|sample| only.holds(sample.user_idx));
        }
        let bar = ProgressBar::new(samples.len() as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}") {
            bar.set_style(style);
        }
        bar.set_message("Asking everybody");
        let pressed = control.ends();
        let words = self.ask.answered(self.asked.speaker(), &samples, &mut |n| {
            bar.set_position(n as u64);
            !pressed.load(Ordering::Relaxed)
        });
        bar.finish_and_clear();
        let Some(words) = words? else {
            let sentence = format!(
                "stopped before everybody was asked, so `{}` was not written",
                self.to.display()
            );
            return Err(Error::edge(sentence, "ask again; nothing of it is kept"));
        };
        let table = self.table(&samples, &words);
        if is_parquet(self.to) {
            data::write_parquet(self.to, &table)
        } else {
            data::write_csv(self.to, &table)
        }?;
        match is_json {
            IsJson::Yes => streams.json(&self.json(samples.len(), n_left_out, &table)),
            IsJson::No => self.write(samples.len(), n_left_out, streams),
        }
    }

    /// One row a user, or a user and place of their list.
    fn table(&self, samples: &[Sample], words: &[Word]) -> Table {
        let rows = self.rows(samples, words);
        let mut columns = vec![("user_id".to_owned(), text(&rows, |row| row.user.clone()))];
        columns.extend(match self.ask.questions {
            TaskQuestions::NextItem => self.item_columns(&rows),
            TaskQuestions::Outcomes(outcomes) => self.answer_columns(outcomes, &rows),
        });
        let moment = self.moment.text();
        if let Some(moment) = &moment {
            columns.push(("moment".to_owned(), text(&rows, |_| moment.clone())));
        }
        let seen = rows
            .iter()
            .map(|row| i64::from(row.sample.history_len))
            .collect();
        columns.push(("events_seen".to_owned(), Column::Int(seen)));
        if moment.is_some() {
            let last_event = text(&rows, |row| {
                self.ask
                    .prepared
                    .last_event_of(row.sample)
                    .unwrap_or_default()
            });
            columns.push(("last_event".to_owned(), last_event));
        }
        Table { columns }
    }

    /// Place, item and chance or score of each item of the lists.
    fn item_columns(&self, rows: &[UserRow<'_>]) -> Vec<(String, Column)> {
        let places = rows.iter().map(|row| row.place as i64).collect();
        let items = text(rows, |row| self.shown.item(row.item()));
        let mut columns = vec![
            ("place".to_owned(), Column::Int(places)),
            ("item_id".to_owned(), items),
        ];
        if self.shown.has_titles() {
            let titles = text(rows, |row| self.shown.label(row.item()));
            columns.push(("title".to_owned(), titles));
        }
        // What a reference of items says is a score of its own, and no probability.
        let said = if self.asked.reference.is_none() {
            "probability"
        } else {
            "score"
        };
        columns.push((said.to_owned(), number(rows, 0)));
        columns
    }

    /// Chances of the classes, the chance of yes, or the number.
    fn answer_columns(&self, outcomes: &Outcomes, rows: &[UserRow<'_>]) -> Vec<(String, Column)> {
        if outcomes.classes.is_empty() {
            let name = if outcomes.unit.is_empty() {
                "predicted"
            } else {
                "predicted_hours"
            };
            return vec![(name.to_owned(), number(rows, 0))];
        }
        if is_will_act(&self.asked.restored.manifest.experiment.task) {
            let yes = outcomes.classes.len().saturating_sub(1);
            return vec![("chance_of_yes".to_owned(), number(rows, yes))];
        }
        outcomes
            .classes
            .iter()
            .enumerate()
            .map(|(at, class)| (format!("chance_of_{class}"), number(rows, at)))
            .collect()
    }

    /// Rows in the order in which they are written: by the chance of yes, the highest first, else by
    /// user; of equals by the id that is shown, so that the order tells nothing of one that is hidden.
    fn rows<'a>(&self, samples: &'a [Sample], words: &'a [Word]) -> Vec<UserRow<'a>> {
        let mut of_user: Vec<(String, &Sample, &Word)> = samples
            .iter()
            .zip(words)
            .map(|(sample, word)| (self.shown.user(sample.user_idx), sample, word))
            .collect();
        let is_chance = is_will_act(&self.asked.restored.manifest.experiment.task);
        if is_chance {
            of_user.sort_by(|(a, _, said_a), (b, _, said_b)| {
                chance_of_yes(said_b)
                    .total_cmp(&chance_of_yes(said_a))
                    .then_with(|| a.cmp(b))
            });
        } else {
            of_user.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        }
        let mut rows = Vec::with_capacity(of_user.len());
        for (user, sample, word) in of_user {
            match word {
                Word::Answer(values) => {
                    rows.push(UserRow {
                        user,
                        sample,
                        place: 1,
                        item_idx: None,
                        values: values.clone(),
                    });
                }
                Word::Items(items) => {
                    rows.extend((1..).zip(items).map(|(place, scored)| UserRow {
                        user: user.clone(),
                        sample,
                        place,
                        item_idx: Some(scored.item_idx),
                        values: vec![f64::from(scored.probability)],
                    }));
                }
            }
        }
        rows
    }

    fn write(
        &self,
        n_users: usize,
        n_left_out: usize,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        let when = self
            .moment
            .text()
            .map(|moment| format!(" at {moment}"))
            .unwrap_or_default();
        let (by, to, n_users) = (self.asked.by(), self.to.display(), count(n_users));
        writeln!(
            streams.out,
            "{by}, {}: {n_users} users{when}, written to {to}",
            self.asked.question()
        )?;
        if n_left_out > 0 {
            let left_out = count(n_left_out);
            writeln!(
                streams.out,
                "{left_out} users are left out: no event of theirs is before that moment"
            )?;
        }
        Ok(())
    }

    fn json(&self, n_users: usize, n_left_out: usize, table: &Table) -> Value {
        let columns: Vec<&str> = table
            .columns
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let mut told: BTreeMap<&str, Value> = self.asked.json();
        told.extend([
            ("moment", json!(self.moment.text())),
            ("users", json!(n_users)),
            ("users_left_out", json!(n_left_out)),
            ("rows", json!(table.n_rows())),
            ("file", json!(PathBuf::from(self.to))),
            ("columns", json!(columns)),
        ]);
        json!(told)
    }
}

fn text(rows: &[UserRow<'_>], of: impl Fn(&UserRow<'_>) -> String) -> Column {
    Column::Text(rows.iter().map(of).collect())
}

/// The value of each row at this place of its values.
fn number(rows: &[UserRow<'_>], at: usize) -> Column {
    Column::Float(rows.iter().map(|row| row.value(at)).collect())
}

/// The chance of yes; of what is no number one below all chances, so that it comes last.
fn chance_of_yes(word: &Word) -> f64 {
    match word {
        Word::Answer(values) => values
            .last()
            .copied()
            .filter(|yes| !yes.is_nan())
            .unwrap_or(-1.0),
        Word::Items(_) => 0.0,
    }
}

fn is_will_act(task: &TaskSpec) -> bool {
    matches!(task, TaskSpec::WillAct(_))
}

/// A row of the table.
struct UserRow<'a> {
    user: String,
    sample: &'a Sample,
    /// Place in the user's list, from 1.
    place: usize,
    item_idx: Option<u32>,
    values: Vec<f64>,
}

impl UserRow<'_> {
    fn item(&self) -> u32 {
        self.item_idx.unwrap_or(0)
    }

    fn value(&self, at: usize) -> f64 {
        self.values.get(at).copied().unwrap_or(f64::NAN)
    }
}
