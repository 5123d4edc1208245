//! From rows to a split dataset, step by step; each step is counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::events::Events;
use super::log::{self, Log};
use super::split::{Cuts, divide};
use super::world::Optimum;
use super::{
    CleanSpec, DataError, DataReport, DataSource, DataSpec, Dataset, Prepared, Sequences, Split, SplitSpec, WorldKind,
    WorldSpec, check, clean, fingerprint, world,
};
use crate::spec::Problem;

/// See [`super::prepare()`].
pub(super) fn prepare(data: &DataSpec, split: SplitSpec, cancel: &AtomicBool) -> Result<Prepared, DataError> {
    let (mut dataset, cuts) = coded(data, split, cancel)?;
    go_on(cancel)?;
    let split = divide(&dataset.sequences, cuts);
    judge(&mut dataset, &split, cuts)?;
    dataset.report.optimum = optimum(data, &dataset, &split);
    Ok(Prepared { dataset, split })
}

/// What the rules of a world say of its test questions, when all events of the world are there.
fn optimum(data: &DataSpec, dataset: &Dataset, split: &Split) -> Option<Optimum> {
    let DataSource::World(spec) = &data.source else { return None };
    (dataset.shape().n_events == dataset.report.rows_read).then(|| world::optimum(spec, split)).flatten()
}

/// See [`super::read`].
pub(super) fn read(data: &DataSpec, cancel: &AtomicBool) -> Result<Dataset, DataError> {
    coded(data, SplitSpec::LeaveOneOut, cancel).map(|(dataset, _)| dataset)
}

/// The log cleaned and coded, and where the split cuts it in time.
fn coded(data: &DataSpec, split: SplitSpec, cancel: &AtomicBool) -> Result<(Dataset, Option<Cuts>), DataError> {
    if let Some(Problem { field, sentence, .. }) = check::settings(data, split).into_iter().find(Problem::is_error) {
        return Err(DataError::Setting { field, sentence });
    }
    let Log { name, mut events, titles, mut report } = open(&data.source, cancel)?;
    go_on(cancel)?;
    clean(&mut events, &data.clean, &mut report)?;
    go_on(cancel)?;
    let cuts = match split {
        SplitSpec::LeaveOneOut => None,
        SplitSpec::GlobalTemporal { valid_fraction, test_fraction } => {
            let cuts = Cuts::new(events.time_secs().as_deref(), valid_fraction, test_fraction)?;
            drop_cold_items(&mut events, cuts, &mut report);
            Some(cuts)
        }
    };
    go_on(cancel)?;
    let coded = events.into_sequences();
    let titles = titles.map_or_else(Vec::new, |titles| titles_in_order(titles, coded.items.ids(), &mut report));
    report.problems.extend(ties(&coded.sequences));
    let mut dataset = Dataset {
        name,
        fingerprint: String::new(),
        users: coded.users,
        items: coded.items,
        behaviours: coded.behaviours,
        sequences: coded.sequences,
        titles,
        report,
    };
    dataset.fingerprint = fingerprint::of_dataset(&dataset);
    Ok((dataset, cuts))
}

/// Fails when the user has stopped the work.
pub(super) fn go_on(cancel: &AtomicBool) -> Result<(), DataError> {
    if cancel.load(Ordering::Relaxed) { Err(DataError::Cancelled) } else { Ok(()) }
}

fn open(source: &DataSource, cancel: &AtomicBool) -> Result<Log, DataError> {
    match source {
        DataSource::World(spec) => {
            let events = world::events(spec);
            let steps = vec![events.count("Made")];
            let report = DataReport { rows_read: events.len(), steps, ..DataReport::default() };
            Ok(Log { name: world_name(spec), titles: Some(world::titles(spec).collect()), events, report })
        }
        DataSource::File(file) => log::open(file, cancel),
    }
}

/// The quick start's world is the one that is meant where none is named.
fn world_name(spec: &WorldSpec) -> String {
    match spec.kind {
        WorldKind::Series => "world".to_owned(),
        kind => format!("world {kind}"),
    }
}

/// Drops what the settings say; every step is counted, and one that leaves nothing is an error.
fn clean(events: &mut Events, spec: &CleanSpec, report: &mut DataReport) -> Result<(), DataError> {
    if spec.drop_duplicates && events.time_ticks.is_some() {
        clean::drop_duplicates(events);
        report.steps.push(events.count("Exact duplicates dropped"));
    }
    let (min_user, min_item) = (spec.min_user_events, spec.min_item_events);
    if min_user > 1 || min_item > 1 {
        let n_dropped = clean::k_core(events, min_user, min_item);
        let step = format!("k-core (users ≥ {min_user}, items ≥ {min_item})");
        if events.len() == 0 {
            let sentence = format!(
                "the k-core filter (at least {min_user} events per user and {min_item} per item) leaves nothing: it \
                 dropped all {n_dropped} events; lower `data.clean.min_user_events` or `data.clean.min_item_events`."
            );
            return Err(DataError::Nothing { step, sentence });
        }
        report.steps.push(events.count(step));
    }
    Ok(())
}

/// Drops events of items that no training event knows: their rows of the embedding would stay as
/// they were drawn.
fn drop_cold_items(events: &mut Events, cuts: Cuts, report: &mut DataReport) {
    let Some(times) = events.time_secs() else { return };
    let mut known = vec![false; events.items.len()];
    for (&item, time) in std::iter::zip(&events.item_idx, times.iter()) {
        known[item as usize] |= *time < cuts.valid_from;
    }
    let keep: Vec<bool> = events.item_idx.iter().map(|&item| known[item as usize]).collect();
    events.retain(&keep);
    report.steps.push(events.count("Items unseen in training dropped"));
}

fn titles_in_order(titles: HashMap<String, String>, ids: &[String], report: &mut DataReport) -> Vec<String> {
    let mut titles = titles;
    let in_order: Vec<String> = ids.iter().map(|id| titles.remove(id).unwrap_or_default()).collect();
    let n_missing = in_order.iter().filter(|title| title.is_empty()).count();
    if n_missing > 0 {
        let sentence = format!(
            "{n_missing} of {} items have no title in the title table and show their ids; check `data.titles.item`.",
            ids.len()
        );
        report.problems.push(Problem::warning("data.titles", sentence));
    }
    in_order
}

/// A warning where many events share their moment with the one before: their order is the file's.
fn ties(sequences: &Sequences) -> Option<Problem> {
    let share = super::profile::zero_gap_share(sequences)?;
    (share > 0.2).then(|| {
        let sentence = format!(
            "{:.1} % of events have the same time as the event before them of the same user: there the order is that \
             of the file.",
            100.0 * share
        );
        Problem::warning("data.roles.time", sentence)
    })
}

/// Fails when there is nothing to learn, to validate or to test; warns when there is little.
fn judge(dataset: &mut Dataset, split: &Split, cuts: Option<Cuts>) -> Result<(), DataError> {
    let nothing = |sentence: String| Err(DataError::Nothing { step: "Split".to_owned(), sentence });
    let shape = dataset.shape();
    if shape.n_items < 2 {
        return nothing(format!(
            "this log has {} after cleaning, so there is nothing to choose from; check `data.roles.item`, or open a \
             log with more items.",
            if shape.n_items == 1 { "one item only" } else { "no items" }
        ));
    }
    for (cases, part) in [(&split.test, "test"), (&split.valid, "validation")] {
        if cases.is_empty() {
            return nothing(match cuts {
                None => format!(
                    "no user has the three events that leave-one-out needs (the longest history has {}); open a log \
                     with longer histories, or check `data.roles.user`.",
                    shape.max_len
                ),
                Some(_) => format!(
                    "no user has a {part} event of a known item with history before it; make `split.{}_fraction` \
                     larger, or split by leave-one-out.",
                    if part == "test" { part } else { "valid" }
                ),
            });
        }
    }
    if split.train_len.iter().all(|&len| len < 2) {
        return nothing(match cuts {
            None => "no user has two training events in a row, so there is no order to learn: leave-one-out needs \
                     users with four events or more; open a log with longer histories."
                .to_owned(),
            Some(_) => "no user has two events before the first cut, so there is no order to learn; make \
                        `split.valid_fraction` and `split.test_fraction` smaller, or split by leave-one-out."
                .to_owned(),
        });
    }
    if shape.n_users == 1 {
        let sentence = "this log has one user only, so every figure rests on a single event; check `data.roles.user`, \
                        or open a log of more users.";
        dataset.report.problems.push(Problem::warning("data.roles.user", sentence));
    }
    Ok(())
}
