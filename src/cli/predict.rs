//! `seqscope predict RUN --user ID`: what a user will do next.

use serde_json::json;

use super::Streams;
use super::pseudonyms::PseudonymArgs;
use super::said::{self, IsJson};
use super::table::{Align, Table, count};
use crate::data::{Dataset, Pseudonymiser, Pseudonyms, Vocab};
use crate::error::Error;
use crate::explain::recommend;
use crate::run::RunStore;
use crate::spec::did_you_mean;
use crate::train::restore;

/// Which run, which user, how many.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run's name, its start or its end, or `last`
    run: String,
    /// The user's id as in the log
    #[arg(long, value_name = "ID")]
    user: String,
    /// How many items
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
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
    if restored.outcomes.is_some() {
        let is_json = if args.json { IsJson::Yes } else { IsJson::No };
        return said::print(&restored, (user_idx as usize, &user), is_json, streams);
    }
    let history = dataset.sequences.items(user_idx as usize);
    let filter_seen = restored.manifest.experiment.evaluation.filter_seen;
    let next = recommend(restored.model.as_ref(), history, args.top as usize, filter_seen)?;
    if args.json {
        let items: Vec<_> = next
            .iter()
            .map(|s| json!({ "item": shown.item(s.item_idx), "title": shown.label(s.item_idx), "probability": s.probability }))
            .collect();
        return streams.json(&json!({ "run": id.0, "user": user, "epoch": restored.epoch, "next": items }));
    }
    let title = restored.manifest.experiment.model.family().title();
    let seen = if filter_seen { ", seen items left out" } else { "" };
    let n_events = count(history.len());
    writeln!(streams.out, "{title}, epoch {}, after {n_events} events of user {user}{seen}:", restored.epoch)?;
    let mut table =
        Table::new([("", Align::Right), ("probability", Align::Right), ("item", Align::Left), ("title", Align::Left)]);
    for (at, scored) in next.iter().enumerate() {
        let (item, label) = (shown.item(scored.item_idx), shown.label(scored.item_idx));
        let title = if label == item { String::new() } else { label };
        let probability = format!("{:.2} %", 100.0 * scored.probability);
        table.row([(at + 1).to_string(), probability, item, title]);
    }
    Ok(table.write(streams.out)?)
}

/// A user by the id in the data, or by the true one where the data hold pseudonyms.
fn user_idx(dataset: &Dataset, id: &str) -> Result<Option<u32>, Error> {
    let hidden = dataset.report.pseudonyms.as_ref().map_or(Pseudonyms::Off, |stamp| stamp.hidden);
    let pseudonym = Pseudonymiser::new(hidden)?.map(|made| made.user(id));
    Ok(dataset.users.idx(id).or_else(|| dataset.users.idx(&pseudonym?)))
}

/// Ids and titles as they are shown: what the log was read with is hidden no second time.
struct Shown<'a> {
    dataset: &'a Dataset,
    hides_users: bool,
    hides_items: bool,
    with: Option<Pseudonymiser>,
}

impl<'a> Shown<'a> {
    fn new(dataset: &'a Dataset, with: Option<Pseudonymiser>) -> Self {
        let before = dataset.report.pseudonyms.as_ref().map_or(Pseudonyms::Off, |stamp| stamp.hidden);
        let wanted = with.as_ref().map_or(Pseudonyms::Off, |with| with.stamp().hidden);
        let hides_items = wanted.hides_items() && !before.hides_items();
        Self { dataset, hides_users: before.is_off(), hides_items, with }
    }

    fn user(&self, user_idx: u32) -> String {
        let id = self.dataset.users.id(user_idx).unwrap_or_default();
        self.with.as_ref().filter(|_| self.hides_users).map_or_else(|| id.to_owned(), |with| with.user(id))
    }

    fn item(&self, item_idx: u32) -> String {
        let id = self.dataset.items.id(item_idx).unwrap_or_default();
        self.with.as_ref().filter(|_| self.hides_items).map_or_else(|| id.to_owned(), |with| with.item(id))
    }

    /// A title is as good as an id.
    fn label(&self, item_idx: u32) -> String {
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
