//! A split whose parts are files of their own: exactly what a person divided.

use super::DataSpec;
use super::{Dataset, Split, SplitSpec};
use crate::log::{DataReport, DataSource, Events, SplitPart};
use seqscope_base::spec::Problem;

/// The split that a log is read by where none is asked for: its own files, where it has them.
pub(super) fn whole_split(data: &DataSpec) -> SplitSpec {
    match &data.source {
        DataSource::File(file) if file.test_path.is_some() => SplitSpec::OwnFiles,
        _ => SplitSpec::LeaveOneOut,
    }
}

/// Without a validation file the last of a user's training events is validation, where one is left
/// to learn from.
pub(super) fn with_validation(mut ends: Vec<[u32; 2]>, data: &DataSpec) -> Vec<[u32; 2]> {
    let has_file = matches!(&data.source, DataSource::File(file) if file.valid_path.is_some());
    if !has_file {
        for [train, _] in ends.iter_mut().filter(|[train, _]| *train >= 2) {
            *train -= 1;
        }
    }
    ends
}

/// Drops events of items that no training event knows, as a cut in time does.
pub(super) fn drop_cold_items(events: &mut Events, report: &mut DataReport) {
    let Some(parts) = events.part.clone() else {
        return;
    };
    let mut known = vec![false; events.items.len()];
    for (&item, part) in std::iter::zip(&events.item_idx, &parts) {
        if let Some(known) = known.get_mut(item as usize) {
            *known |= *part == SplitPart::Train;
        }
    }
    let keep: Vec<bool> = events
        .item_idx
        .iter()
        .map(|&item| known.get(item as usize).copied().unwrap_or(false))
        .collect();
    events.retain(&keep);
    report
        .steps
        .push(events.count("Items unseen in training dropped"));
}

/// Remarks on such a split: users whom training does not know, events that are no question, and
/// files that are not divided in time.
pub(super) fn doubts(dataset: &Dataset, split: &Split) -> Vec<Problem> {
    let sequences = &dataset.sequences;
    let (mut n_users, mut n_cold, mut n_events, mut n_early) = (0, 0, 0, 0);
    for user in 0..sequences.n_users() {
        let (train, before_test, all) = (
            end_of(&split.train_len, user),
            end_of(&split.valid_len, user),
            sequences.items(user).len(),
        );
        if before_test >= all {
            continue;
        }
        n_users += 1;
        n_events += all - before_test;
        n_cold += usize::from(train == 0);
        let times = sequences.times(user).unwrap_or(&[]);
        let last = times
            .get(..before_test)
            .and_then(|times| times.iter().max());
        let early = times
            .get(before_test..)
            .unwrap_or(&[])
            .iter()
            .filter(|&time| last.is_some_and(|last| time < last));
        n_early += early.count();
    }
    let n_asked = split.test.len();
    let mut problems = Vec::new();
    if n_cold > 0 {
        problems.push(Problem::warning(
            "data.test_path",
            format!(
                "{n_cold} of {n_users} users of the test file have no training event, and {} of \
                 them no event before the one that would be asked, so nothing is asked of those; \
                 check that both files name users in the same way.",
                n_users - n_asked.min(n_users)
            ),
        ));
    }
    if n_events > n_users {
        problems.push(Problem::warning(
            "data.test_path",
            format!(
                "the test file has {n_events} events of {n_users} users: each user's last is the \
                 question, and the others are the history before it, as in every split."
            ),
        ));
    }
    if n_early > 0 {
        problems.push(Problem::warning(
            "split",
            format!(
                "{n_early} of {n_events} events of the test file are earlier than an event of \
                 their user in the files before it, so a model is asked about a time that it has \
                 seen past; the parts are kept as they are, each in its own order of time. Divide \
                 the files in time, or say so beside the figures."
            ),
        ));
    }
    problems
}

/// End of a user's events in a part.
fn end_of(lens: &[u32], user: usize) -> usize {
    lens.get(user).map_or(0, |&len| len as usize)
}
