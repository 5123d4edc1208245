//! `seqscope predict RUN`: what a user will do next, what everybody will, or what comes after a
//! typed history.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::everyone::{self, Everyone};
use super::progress::OpeningBar;
use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use super::signals::Signals;
use super::slice_args::{SliceArgs, answers_to_test, nobody, users_of};
use super::user_answer::{Answerer, IsJson, UserAnswer, reference};
use super::what_if::{self, WhatIfArgs};
use super::{Streams, typed};
use seqscope_base::metric::{Odds, Seen};
use seqscope_base::spec::{Problem, did_you_mean, quotable, shown as foreign};
use seqscope_data::{
    Dataset, Histories, Moment, Outcomes, Pseudonymiser, Pseudonyms, Sample, Vocab,
};
use seqscope_engine::error::Error;
use seqscope_engine::explain::{AskAll, Foresee, Scenario, Scored, Word, foresee_after};
use seqscope_engine::report::words::count;
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_engine::run::RunStore;
use seqscope_engine::slice::{SliceMembers, SliceSource};
use seqscope_engine::train::{Restored, TaskQuestions, restore_watched};

/// Which run, of whom, how many.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// The user's id as in the log
    #[arg(long, value_name = "ID", allow_negative_numbers = true, required_unless_present_any = ["all", "history", "scenario"])]
    user: Option<String>,
    /// Every user at one moment; the table is written to --to
    #[arg(long, requires = "to", conflicts_with_all = ["user", "history", "ahead"])]
    all: bool,
    /// A history of your own in place of a user's: ids or titles as one line of CSV, such as
    /// A,B,"C, D"
    #[arg(long, value_name = "ITEM,..", allow_hyphen_values = true, conflicts_with_all = ["user", "at", "reference"])]
    history: Option<String>,
    /// Moment of the prediction: only events before it are used. A date or time (UTC), or `now` for
    /// the end of the log [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// File for the table of --all: CSV, or Parquet if its name ends so. A will-act run writes one
    /// row per user with `chance_of_yes`, highest first; a next-item run one row per user and place
    /// with `place`, `item_id` and `probability`; then `moment`, `events_seen` and `last_event`
    #[arg(long, value_name = "FILE.csv", requires = "all")]
    to: Option<PathBuf>,
    /// Ask one of the run's references in place of its model, such as recency-frequency
    #[arg(long, value_name = "NAME", conflicts_with = "ahead")]
    reference: Option<String>,
    /// How many items to list [default: 10, or 3 per event with --ahead]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// How many of the next events to predict, each as if the likeliest items had come before it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    ahead: u32,
    /// The epoch whose weights predict [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    slice: SliceArgs,
    #[command(flatten)]
    what_if: WhatIfArgs,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = &store.locate(&args.run)?;
    if let Some(to) = &args.to {
        everyone::check_place(to, &store.manifest(id)?.experiment.data.source)?;
    }
    if args.slice.is_given() && !args.all {
        return Err(Error::edge(
            "a slice is of many users, and one is asked for",
            "write `--all --to FILE.csv` in place of `--user`, or leave the slice out",
        ));
    }
    let control = Signals::of_keyboard()?;
    let restored = restore_watched(store, id, args.epoch, &OpeningBar::new(control.ends()))?;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let shown = ShownNames::new(&restored.prepared.dataset, hidden);
    let fitted = args
        .reference
        .as_deref()
        .map(|name| reference(&restored, name))
        .transpose()?;
    let asked = Answerer {
        restored: &restored,
        reference: fitted.as_ref().map(|(kind, fitted)| (*kind, fitted)),
    };
    let is_json = if args.json { IsJson::Yes } else { IsJson::No };
    let ask = AskAll {
        prepared: &restored.prepared,
        questions: &restored.questions,
        top: args.top.unwrap_or(10) as usize,
        filter_seen: filter_seen(&restored),
    };
    if let Some(to) = &args.to {
        let moment = moment(&restored, args)?;
        let only = only_users(args, store, &restored)?;
        return Everyone {
            asked,
            shown: &shown,
            moment,
            ask,
            to,
            only: only.as_ref(),
        }
        .run(&control, is_json, streams);
    }
    if !restored.questions.ranks_items() && (args.ahead > 1 || args.what_if.is_asked()) {
        let why = "this run's model does not foresee items, so there is nothing to go on from";
        return Err(Error::edge(
            why,
            "leave out `--ahead` and all that changes a history, or take a run that predicts the \
             next item",
        ));
    }
    let scenario = args.what_if.scenario(store, id)?;
    let whose = match &args.history {
        Some(text) => Whose::typed(&restored, &shown, text)?,
        None => Whose::user(&restored, &shown, args, scenario.as_ref())?,
    };
    whose
        .doubt
        .iter()
        .try_for_each(|doubt| streams.warn(std::slice::from_ref(doubt)))?;
    if args.what_if.is_asked() {
        let asked = what_if::Asked {
            by: asked,
            shown: &shown,
            name: &whose.name,
            sample: whose.sample,
            moment: whose.moment,
            top: ask.top,
            n_ahead: args.ahead as usize,
            is_json,
        };
        return asked.run(&args.what_if, scenario, &control, streams);
    }
    if let TaskQuestions::Outcomes(outcomes) = ask.questions {
        let values = whose.answer(&asked, &ask, outcomes)?;
        return whose
            .with_answer(asked, outcomes, values)
            .print(is_json, streams);
    }
    whose
        .foreseen(asked, &shown, &ask, args)?
        .print(is_json, streams)
}

/// Users of a slice, where everyone of it is asked and no other.
fn only_users(
    args: &Args,
    store: &RunStore,
    restored: &Restored,
) -> Result<Option<SliceMembers>, Error> {
    let Some(slice) = args.slice.chosen(store)? else {
        return Ok(None);
    };
    let results = answers_to_test(store, &restored.manifest)?;
    let answers = restored.manifest.experiment.answers();
    let source = SliceSource::new(&restored.prepared, answers, &results);
    let members = users_of(Some(&slice), &source)?;
    match &members.why_empty {
        Some(why) => Err(nobody(why)),
        None => Ok(Some(members)),
    }
}

/// Whether lists leave out what a user had: as the run was judged.
fn filter_seen(restored: &Restored) -> bool {
    restored.manifest.seen() == Seen::LeftOut
}

fn moment(restored: &Restored, args: &Args) -> Result<Moment, Error> {
    restored
        .prepared
        .moment(args.at.as_deref())
        .map_err(refused)
}

fn refused(problem: Problem) -> Error {
    Error::Edge {
        sentence: problem.into_sentence().to_string(),
        hint: None,
    }
}

/// Events that a prediction follows: a user's of the log before a moment, or typed ones.
struct Whose {
    /// Name in a sentence: `user 17`.
    name: String,
    /// Id as shown; `None` of a typed history.
    user: Option<String>,
    history: Histories,
    /// The question; of a typed history it names no user.
    sample: Sample,
    moment: Option<Moment>,
    last_event: Option<String>,
    /// Sentence on what was taken for granted of a typed history.
    assumed: Option<String>,
    doubt: Option<Problem>,
}

impl Whose {
    fn with_answer<'a>(
        self,
        asked: Answerer<'a>,
        outcomes: &'a Outcomes,
        values: Vec<f64>,
    ) -> UserAnswer<'a> {
        let Self {
            name,
            user,
            assumed,
            moment,
            sample,
            last_event,
            ..
        } = self;
        UserAnswer {
            asked,
            outcomes,
            whose: name,
            user,
            assumed,
            moment,
            sample,
            last_event,
            values,
        }
    }

    /// The user that was named, or else that of a scenario.
    fn user(
        restored: &Restored,
        shown: &ShownNames<'_>,
        args: &Args,
        scenario: Option<&Scenario>,
    ) -> Result<Self, Error> {
        let prepared = &restored.prepared;
        let named = args.user.as_deref();
        let id = named
            .or(scenario.map(|scenario| scenario.user.as_str()))
            .unwrap_or_default();
        let user_idx = user_named(&prepared.dataset, shown, id)?;
        let user = shown.user(user_idx);
        let moment = moment(restored, args)?;
        let task = restored.manifest.experiment.task.kind();
        let sample = prepared
            .asked_of(user_idx as usize, moment, task)
            .ok_or_else(|| {
                let when = moment.text().unwrap_or_default();
                let sentence = format!(
                    "user {user} has no event before {when}, so there is nothing to predict from"
                );
                Error::edge(
                    sentence,
                    "name a later moment, or leave `--at` out to ask at the log's end",
                )
            })?;
        Ok(Self {
            name: format!("user {user}"),
            user: Some(user),
            history: prepared.histories([(user_idx as usize, sample.history_len as usize)]),
            sample,
            // Where no time is asked about, only a moment that was named is worth a word.
            moment: (!restored.questions.ranks_items() || args.at.is_some()).then_some(moment),
            last_event: prepared.last_event_of(&sample),
            assumed: None,
            doubt: prepared.doubt_of(moment),
        })
    }

    fn typed(restored: &Restored, shown: &ShownNames<'_>, text: &str) -> Result<Self, Error> {
        let prepared = &restored.prepared;
        let items = typed::items(&prepared.dataset, shown, text)?;
        let n_events = items.len() as u32;
        Ok(Self {
            name: "the typed history".to_owned(),
            user: None,
            history: prepared.typed(&items, restored.manifest.experiment.task.kind()),
            sample: Sample {
                user_idx: u32::MAX,
                history_len: n_events,
                elapsed_secs: 0.0,
                target: f32::NAN,
            },
            moment: None,
            last_event: None,
            assumed: typed::assumed(restored),
            doubt: None,
        })
    }

    /// The likeliest items of the next events.
    fn foreseen<'a>(
        self,
        by: Answerer<'a>,
        shown: &'a ShownNames<'a>,
        ask: &AskAll<'_>,
        args: &Args,
    ) -> Result<Foreseen<'a>, Error> {
        let asked = Foresee {
            n_ahead: args.ahead as usize,
            top: args.top.unwrap_or(if args.ahead > 1 { 3 } else { 10 }) as usize,
            filter_seen: ask.filter_seen,
        };
        Ok(Foreseen {
            lists: self.lists(&by, ask, asked)?,
            by,
            shown,
            whose: self,
            asked,
        })
    }

    /// Chances of the classes, or one number in its own unit.
    fn answer(
        &self,
        asked: &Answerer<'_>,
        ask: &AskAll<'_>,
        outcomes: &Outcomes,
    ) -> Result<Vec<f64>, Error> {
        if self.user.is_none() {
            let scores = asked.restored.model.scores(&self.history)?;
            return Ok(outcomes.answers(&scores));
        }
        let words = ask
            .answered(asked.speaker(), &[self.sample], &mut |_| true)?
            .unwrap_or_default();
        let answer = words.into_iter().find_map(|word| {
            if let Word::Answer(values) = word {
                Some(values)
            } else {
                None
            }
        });
        Ok(answer.unwrap_or_default())
    }

    /// The likeliest items of each event that is foreseen.
    fn lists(
        &self,
        asked: &Answerer<'_>,
        ask: &AskAll<'_>,
        foresee: Foresee,
    ) -> Result<Vec<Vec<Scored>>, Error> {
        if asked.reference.is_none() {
            return Ok(foresee_after(
                asked.restored.model.as_ref(),
                &self.history,
                foresee,
            )?);
        }
        let words = ask
            .answered(asked.speaker(), &[self.sample], &mut |_| true)?
            .unwrap_or_default();
        Ok(words
            .into_iter()
            .filter_map(|word| {
                if let Word::Items(list) = word {
                    Some(list)
                } else {
                    None
                }
            })
            .collect())
    }
}

/// Forecast of the next items after one history.
struct Foreseen<'a> {
    by: Answerer<'a>,
    shown: &'a ShownNames<'a>,
    whose: Whose,
    asked: Foresee,
    lists: Vec<Vec<Scored>>,
}

impl Foreseen<'_> {
    fn print(&self, is_json: IsJson, streams: &mut Streams<'_>) -> Result<(), Error> {
        if is_json == IsJson::Yes {
            streams.json(&self.json())
        } else {
            Ok(self.write(streams.out)?)
        }
    }

    /// The next event under `next`; all events under `ahead` where several were asked for.
    fn json(&self) -> serde_json::Value {
        let (said, _) = self.said();
        let lists: Vec<Vec<_>> = self
            .lists
            .iter()
            .map(|list| {
                list.iter()
                    .map(|scored| {
                        let (item, title) = (
                            self.shown.item(scored.item_idx),
                            self.shown.label(scored.item_idx),
                        );
                        json!({ "item": item, "title": title, said: scored.probability })
                    })
                    .collect()
            })
            .collect();
        let mut told = self.by.json();
        told.insert("user", json!(self.whose.user));
        told.insert("events_seen", json!(self.whose.sample.history_len));
        if let Some(moment) = self.whose.moment.and_then(|moment| moment.text()) {
            told.insert("moment", json!(moment));
        }
        if let Some(assumed) = &self.whose.assumed {
            told.insert("assumed", json!(assumed));
        }
        told.insert("next", json!(lists.first().cloned().unwrap_or_default()));
        if self.asked.n_ahead > 1 {
            told.insert("ahead", json!(lists));
        }
        json!(told)
    }

    /// Name of the number beside an item: a model's is a probability, a reference's a score that is
    /// none.
    fn said(&self) -> (&'static str, &'static str) {
        if self.by.reference.is_none() {
            ("probability", "Probability")
        } else {
            ("score", "Score")
        }
    }

    /// Says who foresees, after which events, and what was left out.
    fn heading(&self) -> String {
        let seen = if self.asked.filter_seen {
            ", seen items left out"
        } else {
            ""
        };
        let over = if self.by.reference.is_none() {
            format!("; probabilities over {}", Odds::OVER)
        } else {
            String::new()
        };
        let Whose {
            name,
            moment,
            sample,
            ..
        } = &self.whose;
        let before = moment
            .and_then(|moment| moment.text())
            .map(|moment| format!(" before {moment}"))
            .unwrap_or_default();
        let (by, n_events, name) = (
            self.by.by(),
            count(sample.history_len as usize),
            foreign(name),
        );
        format!("{by}, after {n_events} events of {name}{before}{seen}{over}:")
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", self.heading())?;
        let several = self.asked.n_ahead > 1;
        let first = several.then(|| ReportColumn::numbers("event", "Event"));
        let (key, said) = self.said();
        let columns = [
            ReportColumn::numbers("place", ""),
            ReportColumn::numbers(key, said),
            ReportColumn::words("item", "Item"),
            ReportColumn::words("title", "Title"),
        ];
        let mut table = ReportTable::new("items", "", first.into_iter().chain(columns));
        for (step, list) in self.lists.iter().enumerate() {
            for (at, scored) in list.iter().enumerate() {
                let event = several.then(|| {
                    if at == 0 {
                        format!("+{}", step + 1).into()
                    } else {
                        ReportCell::empty()
                    }
                });
                table.row(event.into_iter().chain(self.cells(at, *scored)));
            }
        }
        write!(out, "{}", table.rows_as_text())?;
        if several {
            writeln!(
                out,
                "Each event after the first is foreseen as if the first item listed for those \
                 before it had come."
            )?;
            let n_events = self.lists.iter().filter(|list| !list.is_empty()).count();
            if n_events < self.asked.n_ahead {
                writeln!(
                    out,
                    "{}",
                    what_if::ended_early(n_events, self.asked.n_ahead)
                )?;
            }
        }
        if let Some(assumed) = &self.whose.assumed {
            writeln!(out, "{assumed}")?;
        }
        Ok(())
    }

    /// Place, chance or score, item and title of a foreseen item.
    fn cells(&self, at: usize, scored: Scored) -> [ReportCell; 4] {
        let item = self.shown.item(scored.item_idx);
        let label = self.shown.label(scored.item_idx);
        let title = if label == item { String::new() } else { label };
        let value = f64::from(scored.probability);
        let said = if self.by.reference.is_none() {
            CellValue::Probability(value)
        } else {
            CellValue::Metric(value)
        };
        [
            CellValue::Count(at + 1).into(),
            said.into(),
            item.into(),
            title.into(),
        ]
    }
}

/// A user by the id in the data, or by the true one where the data hold pseudonyms.
pub(super) fn user_idx(dataset: &Dataset, id: &str) -> Result<Option<u32>, Error> {
    let hidden = dataset
        .report
        .pseudonyms
        .as_ref()
        .map_or(Pseudonyms::Off, |stamp| stamp.hidden);
    let pseudonym = Pseudonymiser::new(hidden)?.map(|made| made.user(id));
    Ok(dataset
        .users
        .idx(id)
        .or_else(|| dataset.users.idx(&pseudonym?)))
}

/// The user of an id as in the log.
pub(super) fn user_named(
    dataset: &Dataset,
    shown: &ShownNames<'_>,
    id: &str,
) -> Result<u32, Error> {
    user_idx(dataset, id)?.ok_or_else(|| {
        if shown.hides_any() {
            Error::edge("the run's data have no such user", "ids are as in the log")
        } else {
            unknown_user(id, &dataset.users)
        }
    })
}

fn unknown_user(id: &str, users: &Vocab) -> Error {
    let hint = match did_you_mean(id, users.ids()) {
        Some(near) => format!("did you mean `{}`?", quotable(&near)),
        None => format!("ids are as in the log, such as {}", examples(users)),
    };
    Error::edge(
        format!("the run's data have no user `{}`", quotable(id)),
        hint,
    )
}

fn examples(users: &Vocab) -> String {
    users
        .ids()
        .take(3)
        .map(|id| format!("`{}`", quotable(id)))
        .collect::<Vec<_>>()
        .join(", ")
}
