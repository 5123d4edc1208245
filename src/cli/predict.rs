//! `seqscope predict RUN --user ID`: what a user will do next.

use std::io::Write;

use serde_json::json;

use super::Streams;
use super::pseudonyms::PseudonymArgs;
use super::said::{self, IsJson};
use super::table::{Align, Table, count};
use crate::data::{Dataset, Pseudonymiser, Pseudonyms, Vocab};
use crate::error::Error;
use crate::explain::{Foresee, Scored, foresee};
use crate::metric::Odds;
use crate::run::RunStore;
use crate::spec::did_you_mean;
use crate::train::{Restored, restore};

/// Which run, which user, how many.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run's name, its start or its end, or `last`
    run: String,
    /// The user's id as in the log
    #[arg(long, value_name = "ID")]
    user: String,
    /// How many items; 10, or 3 an event when several events are foreseen
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// How many of the next events, each as if the likeliest items had come before it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    ahead: u32,
    /// The epoch whose weights predict; the best one when absent
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let id = store.find(&args.run)?;
    let restored = restore(store, &id, args.epoch, None)?;
    let dataset = &restored.prepared.dataset;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let user_idx = user_idx(dataset, &args.user)?.ok_or_else(|| match hidden {
        None => unknown_user(&args.user, &dataset.users),
        Some(_) => Error::edge("the run's data have no such user", "ids are as in the log"),
    })?;
    let shown = Shown::new(dataset, hidden);
    let user = shown.user(user_idx);
    let is_json = if args.json { IsJson::Yes } else { IsJson::No };
    if restored.outcomes.is_some() {
        if args.ahead > 1 {
            let why = "this run's model does not foresee items, so there is nothing to go on from";
            return Err(Error::edge(why, "leave out `--ahead`, or take a run that predicts the next item"));
        }
        return said::print(&restored, (user_idx as usize, &user), is_json, streams);
    }
    let filter_seen = restored.manifest.experiment.evaluation.filter_seen;
    let top = args.top.unwrap_or(if args.ahead > 1 { 3 } else { 10 }) as usize;
    let asked = Foresee { n_ahead: args.ahead as usize, top, filter_seen };
    let lists = foresee(restored.model.as_ref(), &restored.prepared, user_idx as usize, asked)?;
    let foreseen = Foreseen { restored: &restored, shown: &shown, user: (user_idx, user), asked, lists };
    if args.json { streams.json(&foreseen.json()) } else { Ok(foreseen.write(streams.out)?) }
}

/// What a model foresees of one user, ready to be told.
struct Foreseen<'a> {
    restored: &'a Restored,
    shown: &'a Shown<'a>,
    user: (u32, String),
    asked: Foresee,
    lists: Vec<Vec<Scored>>,
}

impl Foreseen<'_> {
    /// The next event under `next`; all events under `ahead` where several were asked for.
    fn json(&self) -> serde_json::Value {
        let item = |scored: &Scored| {
            let (item, title) = (self.shown.item(scored.item_idx), self.shown.label(scored.item_idx));
            json!({ "item": item, "title": title, "probability": scored.probability })
        };
        let lists: Vec<Vec<_>> = self.lists.iter().map(|list| list.iter().map(item).collect()).collect();
        let run = &self.restored.manifest.id.0;
        let next = lists.first().cloned().unwrap_or_default();
        let (user, epoch) = (&self.user.1, self.restored.epoch);
        let mut told =
            json!({ "run": run, "user": user, "epoch": epoch, "probability_over": Odds::OVER, "next": next });
        if self.asked.n_ahead > 1 {
            told["ahead"] = json!(lists);
        }
        told
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let title = self.restored.manifest.experiment.model.family().title();
        let seen = if self.asked.filter_seen { ", seen items left out" } else { "" };
        let n_events = count(self.restored.prepared.dataset.sequences.items(self.user.0 as usize).len());
        let epoch = self.restored.epoch;
        let user = &self.user.1;
        let over = Odds::OVER;
        writeln!(
            out,
            "{title}, epoch {epoch}, after {n_events} events of user {user}{seen}; probabilities over {over}:"
        )?;
        let several = self.asked.n_ahead > 1;
        let first = several.then_some(("event", Align::Right));
        let columns =
            [("", Align::Right), ("probability", Align::Right), ("item", Align::Left), ("title", Align::Left)];
        let mut table = Table::new(first.into_iter().chain(columns));
        for (step, list) in self.lists.iter().enumerate() {
            for (at, scored) in list.iter().enumerate() {
                let (item, label) = (self.shown.item(scored.item_idx), self.shown.label(scored.item_idx));
                let title = if label == item { String::new() } else { label };
                let probability = format!("{:.2} %", 100.0 * scored.probability);
                let event = several.then(|| if at == 0 { format!("+{}", step + 1) } else { String::new() });
                table.row(event.into_iter().chain([(at + 1).to_string(), probability, item, title]));
            }
        }
        table.write(out)?;
        if several {
            writeln!(out, "Each event after the first is foreseen as if item 1 of the events before it had come.")?;
        }
        Ok(())
    }
}

/// A user by the id in the data, or by the true one where the data hold pseudonyms.
pub(super) fn user_idx(dataset: &Dataset, id: &str) -> Result<Option<u32>, Error> {
    let hidden = dataset.report.pseudonyms.as_ref().map_or(Pseudonyms::Off, |stamp| stamp.hidden);
    let pseudonym = Pseudonymiser::new(hidden)?.map(|made| made.user(id));
    Ok(dataset.users.idx(id).or_else(|| dataset.users.idx(&pseudonym?)))
}

/// Ids and titles as they are shown: what the log was read with is hidden no second time.
pub(super) struct Shown<'a> {
    dataset: &'a Dataset,
    hides_users: bool,
    hides_items: bool,
    with: Option<Pseudonymiser>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(dataset: &'a Dataset, with: Option<Pseudonymiser>) -> Self {
        let before = dataset.report.pseudonyms.as_ref().map_or(Pseudonyms::Off, |stamp| stamp.hidden);
        let wanted = with.as_ref().map_or(Pseudonyms::Off, |with| with.stamp().hidden);
        let hides_items = wanted.hides_items() && !before.hides_items();
        Self { dataset, hides_users: before.is_off(), hides_items, with }
    }

    /// Whether ids of users are shown as the data have them.
    pub(super) fn shows_users(&self) -> bool {
        self.with.is_none() || !self.hides_users
    }

    pub(super) fn user(&self, user_idx: u32) -> String {
        let id = self.dataset.users.id(user_idx).unwrap_or_default();
        self.with.as_ref().filter(|_| self.hides_users).map_or_else(|| id.to_owned(), |with| with.user(id))
    }

    pub(super) fn item(&self, item_idx: u32) -> String {
        let id = self.dataset.items.id(item_idx).unwrap_or_default();
        self.with.as_ref().filter(|_| self.hides_items).map_or_else(|| id.to_owned(), |with| with.item(id))
    }

    /// A title is as good as an id.
    pub(super) fn label(&self, item_idx: u32) -> String {
        if self.hides_items { self.item(item_idx) } else { self.dataset.item_label(item_idx).to_owned() }
    }
}

fn unknown_user(id: &str, users: &Vocab) -> Error {
    let hint = match did_you_mean(id, users.ids()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("ids are as in the log, such as {}", examples(users)),
    };
    Error::edge(format!("the run's data have no user `{id}`"), hint)
}

fn examples(users: &Vocab) -> String {
    users.ids().take(3).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}
