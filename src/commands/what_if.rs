//! `seqscope predict RUN --edit ..`: what a model says after a user's history was changed, the
//! smallest change that puts another item first, and draws of what comes next.

use std::path::Path;
use std::sync::atomic::Ordering;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::shown_names::ShownNames;
use super::signals::Signals;
use super::user_answer::{Answerer, IsJson};
use super::{Streams, typed};
use seqscope_base::metric::Odds;
use seqscope_base::spec::shown as foreign;
use seqscope_data::{EditedEvent, Moment, Sample};
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    Draw, DrawnPath, Edit, Flip, FlipAsk, HistoryOf, Moved, Scenario, ScenarioError, Standing,
    WhatIf, WhatIfAnswer, WhatIfAsk, WhatIfError, not_counted,
};
use seqscope_engine::report::words::{count, metric};
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_engine::run::{RunId, RunStore};

/// Largest file of a scenario, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Changes of a history, and what is asked after them.
#[derive(Debug, clap::Args)]
pub(super) struct WhatIfArgs {
    /// Change the user's history first, and show the list before and after: Delete(event: 3),
    /// Insert(item: "17"), Replace(event: 3, item: "17"), Move(event: 3, to: 5), Time(event: 3,
    /// time: "2024-01-31"), Behaviour(event: 3, behaviour: "buy"), Value(event: 3, value: 4.5).
    /// Events are numbered from 1, the oldest first, as the history stands by then; may be repeated
    #[arg(long, value_name = "EDIT", conflicts_with_all = ["all", "history", "reference"])]
    edit: Vec<String>,
    /// Make the edits of a scenario first: a file, or the name of one that is kept with the run
    #[arg(long, value_name = "NAME|FILE.ron", conflicts_with_all = ["all", "history", "reference"])]
    scenario: Option<String>,
    /// Tell the places of this item before and after, wherever it stands
    #[arg(long, value_name = "ITEM", allow_negative_numbers = true, conflicts_with_all = ["all", "history", "reference", "flip", "sample"])]
    item: Option<String>,
    /// Find the smallest edit after which another item is recommended first: single deletions among
    /// the last 50 events, single replacements, pairs of deletions, then one deletion after the
    /// other; from the history as `--edit` and `--scenario` leave it
    #[arg(long, conflicts_with_all = ["all", "history", "reference", "sample", "ahead"])]
    flip: bool,
    /// Draw so many continuations of --ahead events by the model's probabilities
    #[arg(long, value_name = "N", conflicts_with_all = ["all", "history", "reference"], value_parser = clap::value_parser!(u32).range(1..=10_000))]
    sample: Option<u32>,
    /// Divisor of the scores before the softmax of --sample: below 1 the likely becomes likelier
    #[arg(long, value_name = "T", default_value_t = 1.0, requires = "sample")]
    temperature: f64,
    /// Draw with --sample from the fewest likeliest items that together have this probability
    #[arg(long, value_name = "P", default_value_t = 1.0, requires = "sample")]
    top_p: f64,
    /// Seed of --sample
    #[arg(long, value_name = "N", default_value_t = 0, requires = "sample")]
    seed: u64,
}

impl WhatIfArgs {
    /// Whether anything of it is asked for.
    pub(super) fn is_asked(&self) -> bool {
        !self.edit.is_empty()
            || self.scenario.is_some()
            || self.item.is_some()
            || self.flip
            || self.sample.is_some()
    }

    /// The scenario that is named, from a file or from the run.
    pub(super) fn scenario(&self, store: &RunStore, id: &RunId) -> Result<Option<Scenario>, Error> {
        let Some(name) = &self.scenario else {
            return Ok(None);
        };
        let path = Path::new(name);
        let is_file = path.is_file() || path.extension().is_some() || name.contains(['/', '\\']);
        let text = if is_file {
            read(path)?
        } else {
            store.scenario(id, name)?
        };
        Scenario::parse(&text).map(Some).map_err(edge)
    }
}

/// Text of a file.
fn read(path: &Path) -> Result<String, Error> {
    let refused = |why: &str| {
        let sentence = format!("`{}`: {why}", path.display());
        Error::edge(
            sentence,
            "name a scenario as the window saves it (.ron), or one kept with the run",
        )
    };
    let about = std::fs::metadata(path).map_err(|error| refused(&error.to_string()))?;
    if !about.is_file() || about.len() > MAX_BYTES {
        return Err(refused("it is no scenario"));
    }
    let bytes = std::fs::read(path).map_err(|error| refused(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| refused("it is no text (UTF-8)"))
}

fn edge(error: ScenarioError) -> Error {
    Error::Edge {
        sentence: error.sentence,
        hint: None,
    }
}

fn refused(error: WhatIfError) -> Error {
    match error {
        WhatIfError::Scenario(error) => edge(error),
        error @ WhatIfError::NoNumber => Error::Edge {
            sentence: error.to_string(),
            hint: None,
        },
        WhatIfError::Setting(sentence) => Error::Edge {
            sentence,
            hint: None,
        },
        WhatIfError::Data(error) => error.into(),
        WhatIfError::Model(error) => error.into(),
    }
}

/// Who is asked about whose history, and how widely.
pub(super) struct Asked<'a> {
    pub(super) by: Answerer<'a>,
    pub(super) shown: &'a ShownNames<'a>,
    /// Name in a sentence: `user 17`.
    pub(super) name: &'a str,
    pub(super) sample: Sample,
    /// Moment that was named, after which no event may be put.
    pub(super) moment: Option<Moment>,
    pub(super) top: usize,
    pub(super) n_ahead: usize,
    pub(super) is_json: IsJson,
}

impl Asked<'_> {
    pub(super) fn run(
        &self,
        args: &WhatIfArgs,
        scenario: Option<Scenario>,
        control: &Signals,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        let restored = self.by.restored;
        let dataset = &restored.prepared.dataset;
        let what_if = WhatIf::new(
            restored.model.as_ref(),
            &restored.prepared,
            &restored.manifest.experiment.data.features,
            HistoryOf {
                user_idx: self.sample.user_idx as usize,
                n_events: self.sample.history_len as usize,
            },
            restored.manifest.seen(),
        );
        let mut edits = Vec::new();
        if let Some(scenario) = scenario {
            let user = dataset.users.id(self.sample.user_idx).unwrap_or_default();
            scenario.check(dataset, user).map_err(edge)?;
            edits = scenario.edits;
        }
        for text in &args.edit {
            edits.push(self.edit(text)?);
        }
        let events = what_if.edited(&edits).map_err(edge)?;
        self.check_moment(&events)?;
        if args.flip {
            return self.flip(&what_if, &edits, control, streams);
        }
        if let Some(n_samples) = args.sample {
            let draw = Draw {
                n_ahead: self.n_ahead,
                n_samples: n_samples as usize,
                temperature: args.temperature,
                top_p: args.top_p,
                seed: args.seed,
            };
            let drawn = what_if.drawn(&events, &draw).map_err(refused)?;
            return self.print_samples(&drawn, &draw, edits.len(), streams);
        }
        if self.n_ahead > 1 {
            return Err(Error::edge(
                "before and after an edit one next event is compared",
                "leave `--ahead` out, or draw further events with `--sample`",
            ));
        }
        let item = args.item.as_deref();
        let asked = WhatIfAsk {
            edits,
            top: self.top.min(dataset.n_items()),
            item_idx: item
                .map(|word| typed::item(dataset, self.shown, word))
                .transpose()?,
            with_attention: false,
        };
        let answer = what_if.answer(&asked).map_err(refused)?;
        self.print_answer(&answer, asked.edits.len(), streams)
    }

    /// Refuses an event that lies behind the moment that was named: nobody could have seen it.
    fn check_moment(&self, events: &[EditedEvent]) -> Result<(), Error> {
        let Some(moment) = self.moment else {
            return Ok(());
        };
        let dataset = &self.by.restored.prepared.dataset;
        let later = events.iter().find(|event| !moment.sees(event.time_secs));
        later.map_or(Ok(()), |event| {
            Err(Error::edge(
                format!(
                    "an edit puts an event at {}, which is not before {}",
                    dataset.time_text(event.time_secs),
                    moment.text().unwrap_or_default()
                ),
                "give it an earlier time, or a later one to `--at`",
            ))
        })
    }

    /// An edit as it was typed, with its item by id.
    fn edit(&self, text: &str) -> Result<Edit, Error> {
        let mut edit = Edit::parse(text).map_err(edge)?;
        if let Some(item) = edit.item_mut() {
            let dataset = &self.by.restored.prepared.dataset;
            let idx = typed::item(dataset, self.shown, item)?;
            dataset.items.id(idx).unwrap_or_default().clone_into(item);
        }
        Ok(edit)
    }

    /// An edit as it is shown, with its item by the id that is shown.
    fn edit_text(&self, edit: &Edit) -> String {
        let mut edit = edit.clone();
        if let Some(item) = edit.item_mut()
            && let Some(idx) = self.by.restored.prepared.dataset.items.idx(item)
        {
            *item = self.shown.item(idx);
        }
        edit.text()
    }

    fn heading(&self, after: &str) -> String {
        let n_events = count(self.sample.history_len as usize);
        let moment = self.moment.and_then(|moment| moment.text());
        let before = moment.map_or_else(String::new, |moment| format!(" before {moment}"));
        format!(
            "{}, after {n_events} events of {}{before}{after}",
            self.by.by(),
            foreign(self.name)
        )
    }

    fn print_answer(
        &self,
        answer: &WhatIfAnswer,
        n_edits: usize,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        if self.is_json == IsJson::Yes {
            let mut told = self.by.json();
            let moves: Vec<Value> = answer.moves.iter().map(|m| self.moved(m)).collect();
            told.extend([
                ("user", json!(self.shown.user(self.sample.user_idx))),
                ("edits", json!(n_edits)),
                ("events_before", json!(answer.n_before)),
                ("events_after", json!(answer.events.len())),
                ("moves", json!(moves)),
                ("total_variation", json!(answer.total_variation)),
                ("kl_divergence", json!(answer.divergence)),
            ]);
            if let Some(item) = &answer.item {
                told.insert("item", self.moved(item));
            }
            return streams.json(&json!(told));
        }
        let edits = match n_edits {
            0 => ", as it is".to_owned(),
            1 => ", before and after 1 edit".to_owned(),
            n => format!(", before and after {n} edits"),
        };
        let out = &mut *streams.out;
        writeln!(
            out,
            "{}; probabilities over {}:",
            self.heading(&edits),
            Odds::OVER
        )?;
        write!(out, "{}", self.table(answer).rows_as_text())?;
        writeln!(
            out,
            "Distance of the two distributions: total variation {}, Kullback-Leibler divergence {} \
             nats.",
            metric(answer.total_variation),
            metric(answer.divergence)
        )?;
        Ok(())
    }

    fn table(&self, answer: &WhatIfAnswer) -> ReportTable {
        let columns = [
            ReportColumn::numbers("before", "Before"),
            ReportColumn::numbers("after", "After"),
            ReportColumn::words("change", ""),
            ReportColumn::numbers("probability_before", "Probability"),
            ReportColumn::numbers("probability_after", "then"),
            ReportColumn::words("item", "Item"),
            ReportColumn::words("title", "Title"),
        ];
        let mut table = ReportTable::new("moves", "", columns);
        for moved in answer.moves.iter().chain(&answer.item) {
            let (item, title) = self.names(moved.item_idx);
            table.row([
                place(moved.before),
                place(moved.after),
                moved.change.to_string().into(),
                CellValue::Probability(moved.before.probability).into(),
                CellValue::Probability(moved.after.probability).into(),
                item.into(),
                title.into(),
            ]);
        }
        table
    }

    /// Id and title of an item; no title where it is the id.
    fn names(&self, item_idx: u32) -> (String, String) {
        let (item, label) = (self.shown.item(item_idx), self.shown.label(item_idx));
        let title = if label == item { String::new() } else { label };
        (item, title)
    }

    fn moved(&self, moved: &Moved) -> Value {
        let standing = |standing: Standing| json!({ "place": standing.place, "probability": standing.probability });
        json!({
            "item": self.shown.item(moved.item_idx),
            "title": self.shown.label(moved.item_idx),
            "change": moved.change.to_string(),
            "before": standing(moved.before),
            "after": standing(moved.after),
        })
    }

    fn flip(
        &self,
        what_if: &WhatIf<'_>,
        edits: &[Edit],
        control: &Signals,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}") {
            bar.set_style(style);
        }
        let pressed = control.ends();
        let flip = what_if.flip_after(edits, FlipAsk::default(), &mut |now| {
            bar.set_length(now.of as u64);
            bar.set_position(now.done as u64);
            bar.set_message(format!("Trying {}", now.stage));
            !pressed.load(Ordering::Relaxed)
        });
        bar.finish_and_clear();
        self.print_flip(&flip.map_err(refused)?, edits.len(), streams)
    }

    fn print_flip(
        &self,
        flip: &Flip,
        n_edits: usize,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        if self.is_json == IsJson::Yes {
            return streams.json(&self.flip_json(flip, n_edits));
        }
        let out = &mut *streams.out;
        let name = |item: u32| match self.names(item) {
            (item, title) if title.is_empty() => item,
            (item, title) => format!("{item} ({title})"),
        };
        writeln!(out, "{}:", self.heading(&edited_words(n_edits)))?;
        writeln!(out, "First now: {}", name(flip.first))?;
        if let Some(found) = &flip.found {
            for edit in &found.edits {
                writeln!(out, "--edit '{}'", self.edit_text(edit))?;
            }
            writeln!(
                out,
                "First then: {}, {} times as likely as {}",
                name(found.item_idx),
                CellValue::Number(found.odds).words(),
                name(flip.first)
            )?;
            if found.listed_first != found.item_idx {
                writeln!(
                    out,
                    "The list then begins with {}, which the edit took out of the history.",
                    name(found.listed_first)
                )?;
            }
        }
        writeln!(out, "{}", flip.words())?;
        for tried in &flip.tried {
            let all = if tried.is_whole { "all " } else { "" };
            writeln!(
                out,
                "Tried {all}{} {}: {} put another item first.",
                count(tried.n_tried),
                tried.stage,
                count(tried.n_flips)
            )?;
        }
        if let Some(words) = not_counted(self.by.restored.manifest.seen()) {
            writeln!(out, "{words}")?;
        }
        Ok(())
    }

    fn flip_json(&self, flip: &Flip, n_edits: usize) -> Value {
        let item =
            |item: u32| json!({ "item": self.shown.item(item), "title": self.shown.label(item) });
        let found = flip.found.as_ref().map(|found| {
            let edits: Vec<String> = found.edits.iter().map(|e| self.edit_text(e)).collect();
            json!({
                "edits": edits,
                "first": item(found.item_idx),
                "listed_first": item(found.listed_first),
                "odds": found.odds,
                "smallest": found.is_smallest,
            })
        });
        let tried: Vec<Value> = flip
            .tried
            .iter()
            .map(|tried| {
                json!({
                    "kind": tried.stage.to_string(),
                    "tried": tried.n_tried,
                    "flips": tried.n_flips,
                    "whole": tried.is_whole,
                })
            })
            .collect();
        let mut told = self.by.json();
        told.extend([
            ("user", json!(self.shown.user(self.sample.user_idx))),
            ("events_seen", json!(self.sample.history_len)),
            ("edits", json!(n_edits)),
            ("first", item(flip.first)),
            ("found", json!(found)),
            ("tried", json!(tried)),
            ("words", json!(flip.words())),
            ("stopped", json!(flip.is_stopped)),
        ]);
        json!(told)
    }

    fn print_samples(
        &self,
        drawn: &[DrawnPath],
        draw: &Draw,
        n_edits: usize,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        if self.is_json == IsJson::Yes {
            let of_path =
                |path: &DrawnPath| -> Vec<Value> {
                    path.iter()
                    .map(|drawn| {
                        let (item, title) =
                            (self.shown.item(drawn.item_idx), self.shown.label(drawn.item_idx));
                        json!({ "item": item, "title": title, "probability": drawn.probability })
                    })
                    .collect()
                };
            let samples: Vec<_> = drawn.iter().map(of_path).collect();
            let mut told = self.by.json();
            told.extend([
                ("user", json!(self.shown.user(self.sample.user_idx))),
                ("edits", json!(n_edits)),
                ("temperature", json!(draw.temperature)),
                ("top_p", json!(draw.top_p)),
                ("seed", json!(draw.seed)),
                ("samples", json!(samples)),
            ]);
            return streams.json(&json!(told));
        }
        let columns = [
            ReportColumn::numbers("sample", "Sample"),
            ReportColumn::numbers("event", "Event"),
            ReportColumn::numbers("probability", "Probability"),
            ReportColumn::words("item", "Item"),
            ReportColumn::words("title", "Title"),
        ];
        let mut table = ReportTable::new("samples", "", columns);
        for (sample, path) in drawn.iter().enumerate() {
            for (event, drawn) in path.iter().enumerate() {
                let (item, title) = self.names(drawn.item_idx);
                let first = (event == 0).then(|| CellValue::Count(sample + 1).into());
                table.row([
                    first.unwrap_or_else(ReportCell::empty),
                    format!("+{}", event + 1).into(),
                    CellValue::Probability(drawn.probability).into(),
                    item.into(),
                    title.into(),
                ]);
            }
        }
        let out = &mut *streams.out;
        writeln!(
            out,
            "{}; drawn at temperature {}, top-p {}, seed {}; probabilities are those of the draw:",
            self.heading(&edited_words(n_edits)),
            draw.temperature,
            draw.top_p,
            draw.seed
        )?;
        write!(out, "{}", table.rows_as_text())?;
        let shortest = drawn.iter().map(Vec::len).min().unwrap_or(draw.n_ahead);
        if shortest < draw.n_ahead {
            writeln!(out, "{}", ended_early(shortest, draw.n_ahead))?;
        }
        Ok(())
    }
}

/// Words on the edits that were made first.
fn edited_words(n_edits: usize) -> String {
    match n_edits {
        0 => String::new(),
        1 => " after 1 edit".to_owned(),
        n => format!(" after {n} edits"),
    }
}

/// Sentence on a forecast that is shorter than was asked for.
pub(super) fn ended_early(n_events: usize, n_ahead: usize) -> String {
    format!(
        "Only {} of {n_ahead} events are foreseen: after them every item has been had, and seen \
         items are left out.",
        count(n_events)
    )
}

/// Place of an item; a dash where the history has it.
fn place(standing: Standing) -> ReportCell {
    standing
        .place
        .map_or(CellValue::Unknown, CellValue::Count)
        .into()
}
