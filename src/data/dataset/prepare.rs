//! From rows to a split dataset, step by step; each step is counted.

use std::collections::HashMap;

use super::cache::Cache;
use super::coded::Coded;
use super::split::{Cuts, divide};
use super::{
    DataSpec, Dataset, Prepared, Returns, Sequences, Split, SplitSpec, check, feature, fingerprint,
    own_files,
};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, Stage, check_cancelled};
use crate::log::{
    CleanSpec, CleanStep, DataReport, DataSource, Events, FreeColumn, JoinedTable, Log, Role,
    SplitPart, Vocab, clean, open,
};
use crate::value::TimeFormat;
use crate::world::{self, Optimum};
use seqscope_base::spec::Problem;

/// Opens, cleans, codes and splits.
///
/// `progress` may stop the work, and is told how far it is.
///
/// # Errors
/// [`DataError`] when the log cannot be read, a setting is wrong, or a step leaves nothing.
pub fn prepare(
    data: &DataSpec,
    split: SplitSpec,
    progress: &dyn LoadProgress,
) -> Result<Prepared, DataError> {
    let CodedLog {
        mut dataset,
        cuts,
        ends,
    } = coded(data, split, progress)?;
    check_cancelled(progress)?;
    let ends = ends.map(|ends| own_files::with_validation(ends, data));
    let divided = divide(&dataset.sequences, split, cuts, ends.as_deref());
    if ends.is_some() {
        dataset
            .report
            .problems
            .extend(own_files::doubts(&dataset, &divided));
    }
    judge(&mut dataset, &divided, split)?;
    dataset.report.optimum = optimum(data, &dataset, &divided);
    let returns = Returns::of_split(&dataset.sequences, &divided, dataset.n_items());
    let mut prepared = Prepared {
        dataset,
        split: divided,
        features: Vec::new(),
        returns,
    };
    prepared.features = model_features(&prepared, data)?;
    Ok(prepared)
}

/// The features that models get, fitted on the training events.
fn model_features(
    prepared: &Prepared,
    data: &DataSpec,
) -> Result<Vec<feature::Feature>, DataError> {
    if data.features.is_empty() {
        return Ok(Vec::new());
    }
    let training = feature::training_mask(prepared);
    let features = feature::features(&prepared.dataset, &data.features, &training)?;
    Ok(features
        .into_iter()
        .map(|feature| feature.standardised(&training))
        .collect())
}

/// Best scores on the test questions by the rules of a world, when all its events are there.
fn optimum(data: &DataSpec, dataset: &Dataset, split: &Split) -> Option<Optimum> {
    let DataSource::World(spec) = &data.source else {
        return None;
    };
    if dataset.shape().n_events != dataset.report.rows_read {
        return None;
    }
    let mut history_len = vec![None; dataset.users.len()];
    for case in &split.test {
        if let Some(slot) = history_len.get_mut(case.user_idx as usize) {
            *slot = Some(case.history_len as usize);
        }
    }
    world::optimum(spec, |user, n_events| {
        let known = history_len.get(user).copied().flatten();
        known.filter(|&len| len < n_events)
    })
}

/// Opens, cleans and codes, without asking whether what is left can be split.
///
/// # Errors
/// [`DataError`] when the log cannot be read, a setting is wrong, or a step leaves nothing.
pub fn read(data: &DataSpec, progress: &dyn LoadProgress) -> Result<Dataset, DataError> {
    coded(data, own_files::whole_split(data), progress).map(|log| log.dataset)
}

/// Reads as [`read`] does, from the log itself: no copy of an earlier opening is looked for, and
/// none is kept.
///
/// # Errors
/// As [`read`].
pub fn read_anew(data: &DataSpec, progress: &dyn LoadProgress) -> Result<Dataset, DataError> {
    let split = own_files::whole_split(data);
    refuse(data, split)?;
    coded_anew(data, split, progress).map(|log| log.dataset)
}

/// Stops at settings that cannot be right.
fn refuse(data: &DataSpec, split: SplitSpec) -> Result<(), DataError> {
    match check::check_settings(data, split)
        .into_iter()
        .find(Problem::is_error)
    {
        Some(problem) => Err(problem.into()),
        None => Ok(()),
    }
}

/// The log cleaned and coded, and where its parts begin.
struct CodedLog {
    dataset: Dataset,
    /// Times at which the split cuts.
    cuts: Option<Cuts>,
    /// Ends of each user's training and validation, where the parts have files of their own.
    ends: Option<Vec<[u32; 2]>>,
}

/// The log cleaned and coded, from a copy of it if there is one.
fn coded(
    data: &DataSpec,
    split: SplitSpec,
    progress: &dyn LoadProgress,
) -> Result<CodedLog, DataError> {
    refuse(data, split)?;
    let cache = Cache::of_user();
    let key = cache
        .as_ref()
        .map(|cache| cache.key(data, split, progress))
        .transpose()?
        .flatten();
    let kept = cache.as_ref().zip(key.as_ref());
    if let Some((dataset, cuts)) = kept.and_then(|(cache, key)| cache.load(key)) {
        return Ok(CodedLog {
            dataset,
            cuts,
            ends: None,
        });
    }
    let log = coded_anew(data, split, progress)?;
    if let Some((cache, key)) = kept {
        cache.save(key, &log.dataset, log.cuts);
    }
    Ok(log)
}

/// Codes the log from its file, without a copy.
fn coded_anew(
    data: &DataSpec,
    split: SplitSpec,
    progress: &dyn LoadProgress,
) -> Result<CodedLog, DataError> {
    let Log {
        name,
        events,
        titles,
        items,
        users,
        mut report,
    } = open(&data.source, progress)?;
    check_cancelled(progress)?;
    progress.reached(Stage::Cleaning, None);
    let (mut events, cuts) = cleaned(events, &data.clean, split, &mut report, progress)?;
    check_cancelled(progress)?;
    if let Some(cuts) = cuts {
        drop_later(&mut events, cuts, &mut report);
        drop_cold_items(&mut events, cuts, &mut report);
    }
    if split == SplitSpec::OwnFiles {
        own_files::drop_cold_items(&mut events, &mut report);
    }
    check_cancelled(progress)?;
    progress.reached(Stage::Sorting, None);
    let mut coded = Coded::of_events(events);
    let ends = coded.ends.take();
    let titles = titles.map_or_else(Vec::new, |titles| {
        titles_in_order(titles, &coded.items, &mut report)
    });
    report
        .problems
        .extend(ties(coded.zero_gap_share, coded.runs_backwards));
    if cuts.is_some() {
        report.problems.extend(own_clocks(&coded.sequences));
    }
    let item_columns = items.map_or_else(Vec::new, |table| table.aligned(coded.items.ids()));
    let user_columns = users.map_or_else(Vec::new, |table| {
        user_columns(&table, &coded.users, &data.clean)
    });
    let mut dataset = Dataset {
        name,
        fingerprint: String::new(),
        users: coded.users,
        items: coded.items,
        behaviours: coded.behaviours,
        sequences: coded.sequences,
        titles,
        item_columns,
        user_columns,
        report,
    };
    if let Some(problem) = data
        .features
        .iter()
        .enumerate()
        .find_map(|(place, spec)| feature::refused(&dataset, place, spec))
    {
        return Err(problem.into());
    }
    dataset.fingerprint = match data.features.as_slice() {
        [] => fingerprint::of_dataset(&dataset),
        // What no feature asks for, no model sees.
        _ => fingerprint::with_columns(&dataset),
    };
    Ok(CodedLog {
        dataset,
        cuts,
        ends,
    })
}

/// The log cleaned, and where the split cuts it in time.
///
/// The cut comes of the cleaned log, and what a step learns must come from before the cut. So a log
/// with steps that learn is cleaned twice: first learning from everything, only to find the cut,
/// then learning from before it. The cut is not sought again in what is then left: a k-core of the
/// training part drops late users, which would move the cut back, which would drop more of them.
fn cleaned(
    mut events: Events,
    spec: &CleanSpec,
    split: SplitSpec,
    report: &mut DataReport,
    progress: &dyn LoadProgress,
) -> Result<(Events, Option<Cuts>), DataError> {
    let only_orders = report
        .file
        .as_ref()
        .and_then(|file| file.time_format.as_ref())
        .is_some_and(TimeFormat::only_orders);
    let mut circumstances = clean::Circumstances {
        train_before: None,
        only_orders,
    };
    if !split.needs_times() || !spec.is_fitted() {
        clean::run(&mut events, spec, circumstances, report, progress)?;
        let cuts = cuts_of(&events, split, only_orders)?;
        return Ok((events, cuts));
    }
    let cuts = {
        let mut log = events.clone();
        clean::run(&mut log, spec, circumstances, &mut report.clone(), progress)?;
        cuts_of(&log, split, only_orders)?
    };
    circumstances.train_before = cuts.map(|cuts| cuts.valid_from);
    clean::run(&mut events, spec, circumstances, report, progress)?;
    Ok((events, cuts))
}

/// Moments that cut a log into parts.
fn cuts_of(
    events: &Events,
    split: SplitSpec,
    only_orders: bool,
) -> Result<Option<Cuts>, DataError> {
    Cuts::new(events.time_secs().as_deref(), split, only_orders)
}

/// Drops the events after the test part: at its time they have not happened yet.
fn drop_later(events: &mut Events, cuts: Cuts, report: &mut DataReport) {
    let (Some(times), Some(until)) = (events.time_secs(), cuts.test_until) else {
        return;
    };
    let keep: Vec<bool> = times.iter().map(|&time| time < until).collect();
    events.retain(&keep);
    report
        .steps
        .push(events.count("Events after the window dropped"));
}

/// Drops events of items that no training event knows: their rows of the embedding would stay as
/// they were drawn.
fn drop_cold_items(events: &mut Events, cuts: Cuts, report: &mut DataReport) {
    let Some(times) = events.time_secs() else {
        return;
    };
    let mut known = vec![false; events.items.len()];
    for (&item, time) in std::iter::zip(&events.item_idx, times.iter()) {
        known[item as usize] |= *time < cuts.valid_from;
    }
    let keep: Vec<bool> = events
        .item_idx
        .iter()
        .map(|&item| known[item as usize])
        .collect();
    events.retain(&keep);
    report
        .steps
        .push(events.count("Items unseen in training dropped"));
}

/// The table of users, one row a user; a session by gap is called after its user, `user#1`, and has
/// the user's row; of sessions divided again, `user#1#1`.
fn user_columns(table: &JoinedTable, users: &Vocab, clean: &CleanSpec) -> Vec<FreeColumn> {
    let n_divided = clean
        .steps
        .iter()
        .filter(|step| step.is_on() && matches!(step, CleanStep::Sessions(_)))
        .count();
    table.aligned(users.ids().map(|id| {
        (0..n_divided).fold(id, |id: &str, _| {
            id.rsplit_once('#').map_or(id, |(user, _)| user)
        })
    }))
}

fn titles_in_order(
    titles: HashMap<String, String>,
    items: &Vocab,
    report: &mut DataReport,
) -> Vec<String> {
    let mut titles = titles;
    let in_order: Vec<String> = items
        .ids()
        .map(|id| titles.remove(id).unwrap_or_default())
        .collect();
    let n_missing = in_order.iter().filter(|title| title.is_empty()).count();
    if n_missing > 0 {
        let is_side = report
            .file
            .as_ref()
            .is_some_and(|file| file.titles.is_none());
        let (table, field) = if is_side {
            ("table of items", "data.items.key")
        } else {
            ("title table", "data.titles.item")
        };
        let sentence = format!(
            "{n_missing} of {} items have no title in the {table} and show their ids; check \
             `{field}`.",
            items.len()
        );
        report.problems.push(Problem::warning(
            if is_side { "data.items" } else { "data.titles" },
            sentence,
        ));
    }
    in_order
}

/// A warning where users' times begin at the same number: then each has a clock of their own, and
/// no cut is the same moment for all.
fn own_clocks(sequences: &Sequences) -> Option<Problem> {
    let times = sequences.time_secs.as_deref()?;
    let firsts = || {
        sequences
            .offsets
            .windows(2)
            .filter_map(|pair| times.get(pair[0]))
    };
    let (n_users, earliest) = (sequences.n_users(), firsts().min()?);
    let n_alike = firsts().filter(|first| *first == earliest).count();
    (n_users >= 10 && 2 * n_alike > n_users).then(|| {
        let sentence = format!(
            "{n_alike} of {n_users} users begin at the same time ({earliest}), as if each had a \
             clock of their own: then a cut in time is another moment for each of them; split by \
             leave-one-out, or by each user's own events."
        );
        Problem::warning("split", sentence)
    })
}

/// A warning where many events share their moment with the one before: their order is the file's.
/// Few are enough where the file runs backwards.
fn ties(zero_gap_share: Option<f64>, runs_backwards: bool) -> Option<Problem> {
    let share = zero_gap_share?;
    let least = if runs_backwards { 0.01 } else { 0.2 };
    (share > least).then(|| {
        let order = if runs_backwards {
            ", which runs from the newest event to the oldest, so that ties are most likely turned \
             round: write the file from the oldest to the newest, or take finer times."
        } else {
            "."
        };
        let sentence = format!(
            "Ties in time: {:.1} % of events have the same time as the event before them of the \
             same user: there the order is that of the file{order}",
            100.0 * share
        );
        Problem::warning("data.roles.time", sentence)
    })
}

/// Fails when there is nothing to learn, to validate or to test; warns when there is little.
fn judge(dataset: &mut Dataset, split: &Split, spec: SplitSpec) -> Result<(), DataError> {
    let shape = dataset.shape();
    let has_no_item = dataset
        .report
        .file
        .as_ref()
        .is_some_and(|file| file.roles.said(Role::Item) == Some(""));
    if shape.n_items < 2 && !(has_no_item && shape.n_items == 1) {
        return nothing(format!(
            "this log has {} after cleaning, so there is nothing to choose from; check \
             `data.roles.item`, or open a log with more items.",
            if shape.n_items == 1 {
                "one item only"
            } else {
                "no items"
            }
        ));
    }
    for (cases, part) in [
        (&split.test, SplitPart::Test),
        (&split.valid, SplitPart::Valid),
    ] {
        if cases.is_empty() {
            return nothing(no_question(spec, part, shape.max_len));
        }
    }
    if split.train_len.iter().all(|&len| len < 2) {
        return nothing(no_order(spec));
    }
    if shape.n_users == 1 {
        let sentence = "this log has one user only, so every figure rests on a single event; check \
                        `data.roles.user`, or open a log of more users.";
        dataset
            .report
            .problems
            .push(Problem::warning("data.roles.user", sentence));
    }
    Ok(())
}

fn nothing<T>(sentence: String) -> Result<T, DataError> {
    Err(DataError::Nothing {
        step: "Split".to_owned(),
        sentence: sentence.into(),
    })
}

/// Said when no user can be asked about a part.
fn no_question(spec: SplitSpec, part: SplitPart, max_len: usize) -> String {
    let setting = match (spec, part) {
        (SplitSpec::LeaveOneOut | SplitSpec::PerUserTemporal { .. }, _) => {
            let name = match spec {
                SplitSpec::LeaveOneOut => "leave-one-out",
                _ => "a per-user split",
            };
            return format!(
                "no user has the three events that {name} needs (the longest history has \
                 {max_len}); open a log with longer histories, or check `data.roles.user`."
            );
        }
        (SplitSpec::AtDates { .. }, _) => {
            let key = if part == SplitPart::Test {
                "test_from"
            } else {
                "validation_from"
            };
            return format!(
                "no user has a {part} event of a known item with history before it; name an \
                 earlier moment in `split.{key}`, or split by leave-one-out."
            );
        }
        (SplitSpec::OwnFiles, _) => {
            return format!(
                "no user has a {part} event of a known item with history before it; check that the \
                 files of the parts are of the same users and items, and that `data.path` is the \
                 training file."
            );
        }
        (SplitSpec::RollingWindows { .. }, _) => "horizon_fraction",
        (SplitSpec::GlobalTemporal { .. }, SplitPart::Test) => "test_fraction",
        (SplitSpec::GlobalTemporal { .. }, _) => "valid_fraction",
    };
    format!(
        "no user has a {part} event of a known item with history before it; make `split.{setting}` \
         larger, or split by leave-one-out."
    )
}

/// Said when no user has two training events.
fn no_order(spec: SplitSpec) -> String {
    match spec {
        SplitSpec::LeaveOneOut => "no user has two training events in a row, so there is no order \
                                   to learn: leave-one-out needs users with four events or more; \
                                   open a log with longer histories."
            .to_owned(),
        SplitSpec::OwnFiles => {
            "no user has two events in the training file, so there is no order to learn; check \
             that `data.path` is the training file and `data.roles.user` its column of users."
                .to_owned()
        }
        SplitSpec::PerUserTemporal { .. } => "no user has two training events in a row, so there \
                                              is no order to learn; make `split.valid_fraction` \
                                              and `split.test_fraction` smaller, or open a log \
                                              with longer histories."
            .to_owned(),
        SplitSpec::GlobalTemporal { .. } => {
            "no user has two events before the first cut, so there \
                                             is no order to learn; make `split.valid_fraction` and \
                                             `split.test_fraction` smaller, or split by \
                                             leave-one-out."
                .to_owned()
        }
        SplitSpec::AtDates { .. } => {
            "no user has two events before the first cut, so there is no order to learn; name a \
             later moment in `split.validation_from`, or split by leave-one-out."
                .to_owned()
        }
        SplitSpec::RollingWindows { .. } => {
            "no user has two events before the window's first cut, \
                                             so there is no order to learn; choose a later \
                                             `split.window`, make `split.horizon_fraction` \
                                             smaller, or split by leave-one-out."
                .to_owned()
        }
    }
}
