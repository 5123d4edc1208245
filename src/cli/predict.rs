//! `seqscope predict RUN --user ID`: what a user will do next.

use serde_json::json;

use super::Streams;
use super::table::{Align, Table, count};
use crate::data::Vocab;
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
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let id = store.find(&args.run)?;
    let restored = restore(store, &id, args.epoch, None)?;
    let dataset = &restored.prepared.dataset;
    let user_idx = dataset.users.idx(&args.user).ok_or_else(|| unknown_user(&args.user, &dataset.users))?;
    let history = dataset.sequences.items(user_idx as usize);
    let filter_seen = restored.manifest.experiment.evaluation.filter_seen;
    let next = recommend(restored.model.as_ref(), history, args.top as usize, filter_seen)?;
    let item_id = |item_idx| dataset.items.id(item_idx).unwrap_or_default();
    if args.json {
        let items: Vec<_> = next
            .iter()
            .map(|s| json!({ "item": item_id(s.item_idx), "title": dataset.item_label(s.item_idx), "probability": s.probability }))
            .collect();
        return streams.json(&json!({ "run": id.0, "user": args.user, "epoch": restored.epoch, "next": items }));
    }
    let title = restored.manifest.experiment.model.family().title();
    let seen = if filter_seen { ", seen items left out" } else { "" };
    let n_events = count(history.len());
    writeln!(streams.out, "{title}, epoch {}, after {n_events} events of user {}{seen}:", restored.epoch, args.user)?;
    let mut table =
        Table::new([("", Align::Right), ("probability", Align::Right), ("item", Align::Left), ("title", Align::Left)]);
    for (at, scored) in next.iter().enumerate() {
        let label = dataset.item_label(scored.item_idx);
        let title = if label == item_id(scored.item_idx) { "" } else { label };
        let probability = format!("{:.2} %", 100.0 * scored.probability);
        table.row([(at + 1).to_string(), probability, item_id(scored.item_idx).to_owned(), title.to_owned()]);
    }
    Ok(table.write(streams.out)?)
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
