//! Checks of the clock: training from after the test, items from after the cut, ties.
//!
//! A cut at another moment for each user lets training see what came after the test. That is the
//! choice of a protocol, which most papers make: worth a line beside the figures, and no defect of
//! data or split.

use super::{Check, Finding, LeakRows, Verdict, first_places, train_len};
use crate::dataset::Prepared;
use crate::value::TimeFormat;
use crate::value::time::moment_text;
use seqscope_base::spec::{counted, thousands};

/// The cure of every leak through time.
const CURE: &str = "Split by one cut in time for all users (`split: GlobalTemporal(valid_fraction: \
                    0.1, test_fraction: 0.1)`)";

/// Why nothing can be told without times.
const NO_TIMES: &str =
    "this log has no times; name a time column in `data.roles.time` if it has one";

/// See [`Check::TrainingAfterTest`].
pub(super) fn training_after_test(prepared: &Prepared) -> Finding {
    let check = Check::TrainingAfterTest;
    let Some(cut) = earliest_test(prepared) else {
        return untold(prepared, check);
    };
    let sequences = &prepared.dataset.sequences;
    let (mut found, mut n_train, mut last) = (LeakRows::default(), 0, i64::MIN);
    for user in 0..sequences.n_users() {
        let times = sequences.times(user).unwrap_or_default();
        for (position, &time) in times.iter().take(train_len(prepared, user)).enumerate() {
            n_train += 1;
            last = last.max(time);
            if time > cut {
                found.add(user, position);
            }
        }
    }
    let moment = moment(prepared, cut);
    if found.count == 0 {
        let sentence =
            format!("No training event is later than the earliest test event ({moment}).");
        return found.finding(prepared, check, Verdict::Pass, sentence);
    }
    let n_early = prepared
        .split
        .test
        .iter()
        .filter(|case| {
            let times = sequences.times(case.user_idx as usize).unwrap_or_default();
            times
                .get(case.target_pos as usize)
                .is_some_and(|&time| time < last)
        })
        .count();
    let sentence = format!(
        "{} of {} are later than the earliest test event ({moment}), and {n_early} of {} ask about \
         a moment before the end of training: the model has seen what came afterwards, such as \
         which items became popular. {CURE}, or say beside the figures that they are not those of \
         use.",
        thousands(found.count),
        counted(n_train, "training event"),
        counted(prepared.split.test.len(), "test question"),
    );
    found.finding(prepared, check, Verdict::Warn, sentence)
}

/// See [`Check::ItemsAfterCut`].
pub(super) fn items_after_cut(prepared: &Prepared) -> Finding {
    let check = Check::ItemsAfterCut;
    let (Some(cut), Some(times)) = (
        earliest_test(prepared),
        &prepared.dataset.sequences.time_secs,
    ) else {
        return untold(prepared, check);
    };
    let (sequences, n_items) = (&prepared.dataset.sequences, prepared.dataset.n_items());
    let mut is_late = vec![true; n_items + 1];
    for (&item, &time) in std::iter::zip(&sequences.item_idx, times) {
        if let Some(is_late) = is_late.get_mut(item as usize) {
            *is_late &= time > cut;
        }
    }
    let trained = first_places(sequences, n_items, |(user, position)| {
        position < train_len(prepared, user)
    });
    let mut found = LeakRows::default();
    for (is_late, place) in std::iter::zip(is_late, trained) {
        if let (true, Some((user, position))) = (is_late, place) {
            found.add(user, position);
        }
    }
    let moment = moment(prepared, cut);
    if found.count == 0 {
        let sentence = format!(
            "No item that is first seen after the earliest test event ({moment}) is trained."
        );
        return found.finding(prepared, check, Verdict::Pass, sentence);
    }
    let sentence = format!(
        "{} of {} are first seen after the earliest test event ({moment}) and are trained all the \
         same: questions about the time before rank them although nobody could know them yet. \
         {CURE}.",
        thousands(found.count),
        counted(n_items, "item"),
    );
    found.finding(prepared, check, Verdict::Warn, sentence)
}

/// See [`Check::TimeTies`]. A boundary lies before a target, and where a user's training ends.
pub(super) fn time_ties(prepared: &Prepared) -> Finding {
    let check = Check::TimeTies;
    let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
    if sequences.time_secs.is_none() {
        return untold(prepared, check);
    }
    let mut boundaries: Vec<(usize, usize)> = Vec::new();
    for case in split.valid.iter().chain(&split.test) {
        let user = case.user_idx as usize;
        boundaries.push((user, case.target_pos as usize));
        boundaries.push((user, train_len(prepared, user)));
    }
    boundaries.sort_unstable();
    boundaries.dedup();
    let (mut found, mut n_boundaries) = (LeakRows::default(), 0);
    for (user, at) in boundaries {
        if let Some(gap) = sequences.gap_micros(user, at) {
            n_boundaries += 1;
            if gap == 0 {
                found.add(user, at);
            }
        }
    }
    let of_all = format!("{} boundaries", thousands(n_boundaries));
    if found.count == 0 {
        let sentence = format!(
            "None of the {of_all} between what a model sees and what it is asked lies in a tie."
        );
        return found.finding(prepared, check, Verdict::Pass, sentence);
    }
    let sentence = format!(
        "{} of {of_all} between what a model sees and what it is asked lie within one moment: \
         there the order of the file decides which event is the answer. Sort the file by what \
         really came first, take finer times, or say it beside the figures.",
        thousands(found.count),
    );
    found.finding(prepared, check, Verdict::Warn, sentence)
}

/// Time of the earliest event of the test part; `None` without times or without such an event.
fn earliest_test(prepared: &Prepared) -> Option<i64> {
    let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
    (0..sequences.n_users())
        .filter_map(|user| {
            let times = sequences.times(user)?;
            // The first event of the part: a user's events are in order of time.
            let first = split
                .valid_len
                .get(user)
                .map_or(times.len(), |&len| len as usize);
            times.get(first).copied()
        })
        .min()
}

fn untold(prepared: &Prepared, check: Check) -> Finding {
    let sentence = format!("This cannot be told: {NO_TIMES}.");
    LeakRows::default().finding(prepared, check, Verdict::Warn, sentence)
}

/// A time as a person reads it: a date, or the number where times only order.
fn moment(prepared: &Prepared, time_secs: i64) -> String {
    let format = prepared
        .dataset
        .report
        .file
        .as_ref()
        .and_then(|file| file.time_format.as_ref());
    moment_text(time_secs, !format.is_some_and(TimeFormat::only_orders))
}
