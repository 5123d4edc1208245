//! Checks of a model's input: whether it shows another user's copy of the answer, or the answer
//! itself.

use std::collections::HashMap;

use super::{Check, Finding, LeakRows, Verdict, train_len};
use crate::dataset::{EvalCase, Prepared, Sequences};
use seqscope_base::spec::{counted, thousands};

/// Share of the test questions from which copies are a failure: below it they cannot move HR@10 by
/// more than this much.
const COPIES_FAIL_FROM: f64 = 0.01;

/// See [`Check::IdenticalSequences`].
pub(super) fn identical_sequences(prepared: &Prepared) -> Finding {
    let check = Check::IdenticalSequences;
    let test = &prepared.split.test;
    let is_copied = copied(prepared);
    let mut found = LeakRows::default();
    for (case, _) in std::iter::zip(test, is_copied).filter(|(_, is_copied)| *is_copied) {
        found.add(case.user_idx as usize, case.target_pos as usize);
    }
    if found.count == 0 {
        let sentence =
            "No user's training begins with another user's whole history and its answer.";
        return found.finding(prepared, check, Verdict::Pass, sentence);
    }
    let share = found.count as f64 / test.len().max(1) as f64;
    let verdict = if share >= COPIES_FAIL_FROM {
        Verdict::Fail
    } else {
        Verdict::Warn
    };
    let sentence = format!(
        "{} have a history and an answer that another user's training begins with, event by event: \
         a model may know the answer by heart. Short histories agree by chance; long ones are \
         accounts that the log holds twice: drop one of each pair before opening it, or raise \
         `data.clean.min_user_events`.",
        counted(found.count, "test question"),
    );
    found.finding(prepared, check, verdict, sentence)
}

/// See [`Check::TargetInInput`].
pub(super) fn target_in_input(prepared: &Prepared) -> Finding {
    let check = Check::TargetInInput;
    let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
    let mut cases: Vec<&EvalCase> = split.valid.iter().chain(&split.test).collect();
    cases.sort_by_key(|case| (case.user_idx, case.target_pos));
    // First position of each item with the present user, and who that is.
    let mut first_seen = vec![(u32::MAX, 0_u32); prepared.dataset.n_items() + 1];
    let (mut found, mut shows_itself) = (LeakRows::default(), false);
    for of_user in cases.chunk_by(|a, b| a.user_idx == b.user_idx) {
        let Some(user_idx) = of_user.first().map(|case| case.user_idx) else {
            continue;
        };
        let items = sequences.items(user_idx as usize);
        for (position, &item) in items.iter().enumerate() {
            if let Some(slot) = first_seen
                .get_mut(item as usize)
                .filter(|slot| slot.0 != user_idx)
            {
                *slot = (user_idx, position as u32);
            }
        }
        for case in of_user {
            let target = items
                .get(case.target_pos as usize)
                .and_then(|&item| first_seen.get(item as usize));
            if target.is_some_and(|&(_, first)| first < case.history_len) {
                found.add(user_idx as usize, case.target_pos as usize);
            }
            let n_shown = (case.history_len as usize).max(train_len(prepared, user_idx as usize));
            shows_itself |= (case.target_pos as usize) < n_shown;
        }
    }
    let of_all = counted(cases.len(), "question");
    if shows_itself {
        let sentence = "Some questions show the very event that they ask for, which is a defect of \
                        the split; please report it.";
        return found.finding(prepared, check, Verdict::Fail, sentence);
    }
    if found.count == 0 {
        let sentence = format!("None of the {of_all} asks for an item that the user already had.");
        return found.finding(prepared, check, Verdict::Pass, sentence);
    }
    let sentence = format!(
        "{} of {of_all} ask for an item that the user already had. Where seen items are left out \
         of the ranking (`evaluation.filter_seen`), each of them is a miss for any model; where \
         they are ranked too, hold the model against repeating the history (Repeat last).",
        thousands(found.count),
    );
    found.finding(prepared, check, Verdict::Warn, sentence)
}

/// Marks each test question for which another user's training begins with its history and its
/// answer.
///
/// A rolling hash of the beginning of every training sequence is looked up among those of the
/// questions, and what it finds is compared event by event, so that the answer is exact.
fn copied(prepared: &Prepared) -> Vec<bool> {
    let (sequences, test) = (&prepared.dataset.sequences, &prepared.split.test);
    let mut open: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, case) in test.iter().enumerate() {
        if let Some((history, target)) = history_and_target(sequences, case) {
            open.entry(mixed(
                history.iter().fold(0, |hash, &item| mixed(hash, item)),
                target,
            ))
            .or_default()
            .push(at);
        }
    }
    let longest = test
        .iter()
        .map(|case| case.history_len as usize + 1)
        .max()
        .unwrap_or(0);
    let mut is_copied = vec![false; test.len()];
    for user in 0..sequences.n_users() {
        let items = sequences.items(user);
        let mut hash = 0;
        for (position, &item) in items
            .iter()
            .enumerate()
            .take(train_len(prepared, user).min(longest))
        {
            hash = mixed(hash, item);
            let Some(waiting) = open.get_mut(&hash) else {
                continue;
            };
            waiting.retain(|&at| {
                let case = test.get(at).filter(|case| case.user_idx as usize != user);
                let is_same = case.and_then(|x| history_and_target(sequences, x))
                    == Some((items.get(..position).unwrap_or_default(), item));
                if let Some(is_copied) = is_copied.get_mut(at) {
                    *is_copied |= is_same;
                }
                !is_same
            });
        }
    }
    is_copied
}

/// History and answer of a test question.
fn history_and_target<'a>(sequences: &'a Sequences, case: &EvalCase) -> Option<(&'a [u32], u32)> {
    let items = sequences.items(case.user_idx as usize);
    Some((
        items.get(..case.history_len as usize)?,
        *items.get(case.target_pos as usize)?,
    ))
}

/// The next state of a rolling hash (one step of wyhash's multiply and fold).
fn mixed(hash: u64, item: u32) -> u64 {
    let product = u128::from(hash ^ 0x9e37_79b9_7f4a_7c15)
        * u128::from(u64::from(item) ^ 0xe703_7ed1_a0b4_28db);
    (product ^ (product >> 64)) as u64
}
