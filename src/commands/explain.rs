//! `seqscope explain RUN --user ID`: which events moved one answer, and whether attention tells the
//! truth.

use std::sync::atomic::Ordering;

use clap::ValueEnum as _;
use serde_json::{Value, json};

use super::format::{TableFormat, write_tables};
use super::predict::user_named;
use super::progress::OpeningBar;
use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use super::signals::Signals;
use super::slice_args::{SliceArgs, answers_to_test, nobody, users_of, words_of};
use super::{Streams, typed};
use seqscope_base::metric::Seen;
use seqscope_data::Dataset;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    AnswerAttribution, AnswerQuestion, AnswerTarget, AttributionEffort, AttributionError,
    attribute, mean_attention,
};
use seqscope_engine::report::{
    ItemNames, ReportForm, ReportTable, attribution_tables, heads_tables,
};
use seqscope_engine::run::RunStore;
use seqscope_engine::slice::{SliceSource, words_of_slice};
use seqscope_engine::train::{Restored, restore_watched};

/// Answer of a run that is to be explained.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// The user's id as in the log
    #[arg(
        long,
        value_name = "ID",
        allow_negative_numbers = true,
        required_unless_present = "heads"
    )]
    user: Option<String>,
    /// In place of one answer: what each head of attention looks at on the whole, by events back and
    /// by behaviour, in the answers after the last event of so many users
    #[arg(long, value_name = "USERS", num_args = 0..=1, require_equals = true, default_missing_value = "200",
          conflicts_with_all = ["user", "before", "target"], value_parser = clap::value_parser!(u32).range(1..))]
    heads: Option<u32>,
    #[command(flatten)]
    slice: SliceArgs,
    /// Explain what the run said before this event of the user, counted from 1 [default: after the
    /// last event]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    before: Option<u32>,
    /// Item whose probability is explained: `first`, the one that is recommended first; `true`, the
    /// one that came; or an id or title (`item:true` for an item that is called so)
    #[arg(
        long,
        value_name = "ITEM",
        default_value = "first",
        allow_negative_numbers = true
    )]
    target: String,
    /// The epoch whose weights are explained [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Steps of the path of integrated gradients
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// Random orders of removal that the methods are held against
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1000))]
    orders: u32,
    /// Number of the latest events that are explained
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    events: u32,
    /// Print only these tables
    #[arg(long = "table", value_name = "TABLE", value_delimiter = ',')]
    tables: Vec<WhichTable>,
    /// Form of the tables
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
    /// Print one JSON object instead of tables
    #[arg(long, conflicts_with_all = ["format", "tables"])]
    json: bool,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

/// Tables of an explained answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WhichTable {
    /// Events with the values of every method
    Events,
    /// Agreement of every two methods
    Agreement,
    /// Probability of the target as events go
    Deletion,
    /// Speed at which it falls
    Areas,
    /// With --heads: what the heads look at by events back
    Places,
    /// With --heads: by every single distance from the last event, with its spread over the users;
    /// a row a head and distance, printed where it is asked for
    Distances,
    /// With --heads: by behaviour
    Behaviours,
}

impl WhichTable {
    fn is(self, table: &ReportTable) -> bool {
        self.to_possible_value()
            .is_some_and(|value| value.get_name() == table.key)
    }
}

impl Args {
    /// Prints those of the tables that are wanted.
    fn write(&self, tables: Vec<ReportTable>, streams: &mut Streams<'_>) -> Result<(), Error> {
        let wanted = |table: &ReportTable| {
            self.tables.is_empty() || self.tables.iter().any(|which| which.is(table))
        };
        let tables: Vec<ReportTable> = tables.into_iter().filter(wanted).collect();
        write_tables(&tables, self.format, streams)
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = &store.locate(&args.run)?;
    let control = Signals::of_keyboard()?;
    let restored = restore_watched(store, id, args.epoch, &OpeningBar::new(control.ends()))?;
    let slice = args.slice.chosen(store)?;
    if let Some(n_users) = args.heads {
        let results = answers_to_test(store, &restored.manifest)?;
        let answers = restored.manifest.experiment.answers();
        let source = SliceSource::new(&restored.prepared, answers, &results);
        let members = users_of(slice.as_ref(), &source)?;
        if let Some(why) = &members.why_empty {
            return Err(nobody(why));
        }
        let of = slice.as_ref().zip(Some(&members));
        let words = of.map(|(slice, of)| words_of_slice(words_of(slice), of));
        let asked = AskedHeads {
            users: spread(&members.users, n_users as usize),
            words: words.unwrap_or_default(),
            restored: &restored,
        };
        return heads(args, &asked, &control, streams);
    }
    if slice.is_some() {
        return Err(Error::edge(
            "`--slice` and `--where` choose many users, and one answer is about one user",
            "add `--heads` in place of `--user`, or leave them out",
        ));
    }
    if !restored.questions.ranks_items() {
        let why = "this run does not rank items, and only answers about an item are explained";
        return Err(Error::edge(why, "take a run that predicts the next item"));
    }
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let shown = ShownNames::new(&restored.prepared.dataset, hidden);
    let asked = question(args, &restored, &shown)?;
    let found =
        attribute(restored.model.as_ref(), &restored.prepared, &asked).map_err(told_error)?;
    let names = ItemNames {
        id: &|item| shown.item(item),
        label: &|item| shown.label(item),
    };
    let tables = attribution_tables(&found, names);
    if args.json {
        let told = Told {
            restored: &restored,
            shown: &shown,
            asked: &asked,
            found: &found,
        };
        return streams.json(&told.json(&tables));
    }
    args.write(tables, streams)
}

/// Heads of a run that are asked about some users.
struct AskedHeads<'a> {
    users: Vec<usize>,
    /// Sentences on whom they are, where not everyone is meant.
    words: Vec<String>,
    restored: &'a Restored,
}

/// So many of some users, spread evenly over the log, whose order may mean something.
fn spread(users: &[u32], n: usize) -> Vec<usize> {
    let n = n.min(users.len());
    let places = (0..n).map(|at| at * users.len() / n);
    let chosen = places.filter_map(|at| users.get(at));
    chosen.map(|user| *user as usize).collect()
}

/// Prints what the heads look at on the whole.
fn heads(
    args: &Args,
    asked: &AskedHeads<'_>,
    control: &Signals,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let AskedHeads {
        users, restored, ..
    } = asked;
    let pressed = control.ends();
    let found = mean_attention(
        restored.model.as_ref(),
        &restored.prepared,
        users,
        &mut |_| !pressed.load(Ordering::Relaxed),
    )?;
    let Some(found) = found else {
        if pressed.load(Ordering::Relaxed) {
            let sentence = "stopped before every user was looked at";
            return Err(Error::edge(sentence, "ask again, of fewer users"));
        }
        let family = restored.manifest.experiment.model.family();
        return Err(Error::edge(
            format!("{} has no attention to tell of", family.title()),
            "take a run of a family with attention",
        ));
    };
    let mut tables = heads_tables(&found);
    for table in &mut tables {
        table.lead.extend(asked.words.iter().cloned());
    }
    if args.json {
        return streams.json(&json!({
            "run": restored.manifest.id.0,
            "epoch": restored.epoch,
            "users": found.n_users,
            "tables": by_key(&tables),
        }));
    }
    let tables = tables.into_iter();
    let is_wanted =
        |table: &ReportTable| !args.tables.is_empty() || !WhichTable::Distances.is(table);
    args.write(tables.filter(is_wanted).collect(), streams)
}

/// Tables as JSON by their keys.
fn by_key(tables: &[ReportTable]) -> Value {
    tables
        .iter()
        .map(|table| {
            let written = table.written(ReportForm::Json);
            let table_of: Value = serde_json::from_str(&written).unwrap_or_default();
            (table.key.clone(), table_of)
        })
        .collect()
}

fn question<'a>(
    args: &Args,
    restored: &'a Restored,
    shown: &ShownNames<'_>,
) -> Result<AnswerQuestion<'a>, Error> {
    let dataset = &restored.prepared.dataset;
    let user_idx = user_named(dataset, shown, args.user.as_deref().unwrap_or_default())? as usize;
    let n_events = dataset.sequences.items(user_idx).len();
    let history_len = match args.before {
        None => n_events,
        Some(before) if before as usize > n_events => {
            let sentence = format!("the user has {n_events} events and none of number {before}");
            return Err(Error::edge(sentence, "lower `--before`, or leave it out"));
        }
        Some(before) => before as usize - 1,
    };
    let target = match args.target.as_str() {
        "first" => AnswerTarget::First,
        "true" => AnswerTarget::Came,
        word => AnswerTarget::Item(named(dataset, shown, word)?),
    };
    Ok(AnswerQuestion {
        user_idx,
        history_len,
        target,
        filter_seen: restored.manifest.seen() == Seen::LeftOut,
        tells_test: restored.manifest.test.is_some(),
        features: &restored.manifest.experiment.data.features,
        effort: AttributionEffort {
            n_steps: args.steps as usize,
            n_orders: args.orders as usize,
            most_events: args.events as usize,
            ..AttributionEffort::default()
        },
    })
}

/// The item of a word, which may say that it means an item.
fn named(dataset: &Dataset, shown: &ShownNames<'_>, word: &str) -> Result<u32, Error> {
    let said = word.strip_prefix("item:");
    match (typed::item(dataset, shown, word), said) {
        // An item may be called `item:true` itself.
        (Err(_), Some(said)) => typed::item(dataset, shown, said),
        (found, _) => found,
    }
}

/// The error as the command line tells it: what is wrong, and the cure apart.
fn told_error(error: AttributionError) -> Error {
    match error {
        AttributionError::Question(error) => error.into(),
        AttributionError::Data(error) => error.into(),
        AttributionError::NoEvents
        | AttributionError::NothingCame
        | AttributionError::HeldBack
        | AttributionError::NothingRecommended
        | AttributionError::UnknownItem => Error::Edge {
            sentence: error.to_string(),
            hint: None,
        },
    }
}

/// An explained answer with whose it is.
struct Told<'a> {
    restored: &'a Restored,
    shown: &'a ShownNames<'a>,
    asked: &'a AnswerQuestion<'a>,
    found: &'a AnswerAttribution,
}

impl Told<'_> {
    fn json(&self, tables: &[ReportTable]) -> Value {
        let Self {
            restored,
            shown,
            asked,
            found,
        } = *self;
        let rank = found.answer.rank;
        json!({
            "run": restored.manifest.id.0,
            "epoch": restored.epoch,
            "user": shown.user(asked.user_idx as u32),
            "events_seen": asked.history_len,
            "target": {
                "item": shown.item(found.target),
                "title": shown.label(found.target),
                "probability": found.answer.probability(),
                "log_probability": found.answer.log_probability,
                "rank": rank.is_finite().then_some(rank),
            },
            "verdict": found.verdict.sentence,
            "spearman": found.verdict.spearman,
            "completeness_gap": found.path.map(|path| path.gap),
            "tables": by_key(tables),
        })
    }
}
