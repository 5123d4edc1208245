//! The queue as several programs change it, and as it lies on disk.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::experiment::Experiment;
use crate::run::RunId;

fn work(name: &str) -> QueueWork {
    QueueWork::Train(Box::new(Experiment {
        name: name.to_owned(),
        ..Experiment::default()
    }))
}

fn queue_of(folder: &tempfile::TempDir, names: &[&str]) -> RunQueue {
    let queue = RunStore::at(folder.path()).queue();
    queue
        .add(names.iter().map(|name| work(name)).collect())
        .unwrap();
    queue
}

/// Number, name and state of every entry, in order.
fn listed(queue: &RunQueue) -> Vec<(u64, String, &'static str)> {
    let entries = queue.list().unwrap().entries.into_iter();
    entries
        .map(|entry| {
            let name = entry.work.experiment().name.clone();
            (entry.number, name, entry.word())
        })
        .collect()
}

fn numbers(queue: &RunQueue) -> Vec<u64> {
    listed(queue)
        .into_iter()
        .map(|(number, ..)| number)
        .collect()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, RunError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn entries_are_kept_in_order_and_moved_among_those_that_wait() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        RunStore::at(folder.path())
            .queue()
            .list()
            .unwrap()
            .entries
            .is_empty()
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "looking writes nothing"
    );
    let queue = queue_of(&folder, &["a", "b", "c", "d"]);
    queue.move_to(4, 1).unwrap();
    assert_eq!(numbers(&queue), [4, 1, 2, 3]);
    queue.move_to(4, 3).unwrap();
    assert_eq!(numbers(&queue), [1, 2, 4, 3]);
    queue.cancel(1).unwrap();
    // Of three that wait, the last becomes the first: before 2, behind the one that has ended.
    queue.move_to(3, 1).unwrap();
    assert_eq!(numbers(&queue), [1, 3, 2, 4]);
    queue.move_to(3, 3).unwrap();
    assert_eq!(numbers(&queue), [1, 2, 4, 3]);
    assert_eq!(
        refusal(queue.move_to(3, 4)),
        "there is no place 4 among the 3 entries that wait; count from 1"
    );
    assert_eq!(
        refusal(queue.move_to(1, 1)),
        "entry 1 is cancelled already; move one that waits"
    );
    assert_eq!(
        refusal(queue.move_to(9, 1)),
        "the queue has no entry 9; it has 1, 2, 4, 3"
    );
    let again = RunStore::at(folder.path()).queue();
    assert_eq!(
        listed(&again),
        listed(&queue),
        "another program reads the same"
    );
}

#[test]
fn a_claim_is_of_one_and_a_dropped_one_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(&folder, &["a", "b", "c"]);
    let first = queue.claim().unwrap().unwrap();
    let second = queue.claim().unwrap().unwrap();
    assert_eq!((first.number, second.number), (1, 2));
    let words = |queue: &RunQueue| listed(queue).into_iter().map(|it| it.2).collect::<Vec<_>>();
    assert_eq!(words(&queue), ["running", "running", "waiting"]);
    assert!(refusal(queue.move_to(1, 1)).contains("entry 1 is at work"));
    drop(first);
    assert_eq!(words(&queue), ["interrupted", "running", "waiting"]);
    let again = queue.claim().unwrap().unwrap();
    assert_eq!((again.number, &again.resume), (1, &None));
    again
        .failed("no such file; name another".to_owned())
        .unwrap();
    second.put_back().unwrap();
    assert_eq!(words(&queue), ["failed", "waiting", "waiting"]);
    queue.set_paused(true).unwrap();
    assert!(
        queue.claim().unwrap().is_none(),
        "a paused queue begins nothing"
    );
    queue.set_paused(false).unwrap();
    queue.retry(1).unwrap();
    assert_eq!(queue.claim().unwrap().unwrap().number, 1);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("queue"))
        .unwrap()
        .collect();
    assert_eq!(
        left.len(),
        2,
        "the file and its lock, and none of an entry: {left:?}"
    );
}

#[test]
fn many_at_once_claim_each_entry_once() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..12).map(|n| format!("e{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let queue = queue_of(&folder, &names);
    let taken: Vec<AtomicUsize> = (0..=12).map(|_| AtomicUsize::new(0)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(claim) = queue.claim().unwrap() {
                    taken[claim.number as usize].fetch_add(1, Ordering::SeqCst);
                    std::thread::yield_now();
                    claim.failed("planted".to_owned()).unwrap();
                }
            });
        }
    });
    let taken: Vec<usize> = taken
        .iter()
        .skip(1)
        .map(|n| n.load(Ordering::SeqCst))
        .collect();
    assert_eq!(taken, [1; 12]);
    assert!(queue.list().unwrap().waiting().next().is_none());
}

#[test]
fn what_has_ended_is_cancelled_no_more_and_tried_again_only_where_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(&folder, &["a", "b"]);
    queue.cancel(1).unwrap();
    assert_eq!(
        refusal(queue.cancel(1)),
        "entry 1 is cancelled already; `seqscope queue retry 1` takes it up again"
    );
    assert_eq!(
        refusal(queue.retry(2)),
        "entry 2 is waiting, so it needs no second try"
    );
    queue.retry(1).unwrap();
    assert_eq!(queue.claim().unwrap().unwrap().number, 1);
    assert_eq!(queue.clear().unwrap(), 0);
    queue.cancel(2).unwrap();
    assert_eq!(queue.clear().unwrap(), 1);
    assert_eq!(numbers(&queue), [1]);
    assert_eq!(
        queue.add(vec![work("c")]).unwrap(),
        [3],
        "no number is given twice"
    );
    assert_eq!(
        refusal(queue.cancel(2)),
        "the queue has no entry 2; it has 1, 3"
    );
}

/// A process that works on an entry hears of a cancel by another, and its last word does not undo
/// it; one that was taken up again meanwhile waits with what was kept.
#[test]
fn a_cancelled_entry_stays_so_whatever_its_process_says_last() {
    let run = || RunId("r".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(&folder, &["a"]);
    let claim = queue.claim().unwrap().unwrap();
    let mut watch = claim.watch();
    assert!(watch.is_wanted());
    claim.note_run(&run()).unwrap();
    queue.cancel(1).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert!(!watch.is_wanted());
    drop(claim);
    let state = |queue: &RunQueue| queue.list().unwrap().entries[0].state.clone();
    assert_eq!(state(&queue), QueueState::Cancelled { run: Some(run()) });
    queue.retry(1).unwrap();
    assert_eq!(state(&queue), QueueState::Paused { run: run() });
    // Its folder is gone: it begins anew.
    assert_eq!(queue.claim().unwrap().unwrap().resume, None);
}

#[test]
fn a_damaged_or_newer_file_is_told_with_its_line_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(&folder, &["a"]);
    let whole = std::fs::read_to_string(queue.path()).unwrap();
    let damaged = whole.replacen("is_paused: false", "is_paused: flase", 1);
    let newer = whole.replacen(
        "version: 1,\n    is_paused",
        "version: 7,\n    is_paused",
        1,
    );
    for (text, wanted) in [
        (damaged.as_str(), "line 3: "),
        ("", "line 1: "),
        ("\0\u{1}", "line 1: "),
        (newer.as_str(), "has version 7"),
        (&newer.replace("Train(", "Dream("), "has version 7"),
    ] {
        std::fs::write(queue.path(), text).unwrap();
        for told in [
            refusal(queue.list()),
            refusal(queue.add(vec![work("b")])),
            refusal(queue.claim()),
            refusal(queue.set_paused(true)),
        ] {
            assert!(told.contains(wanted), "{told}");
        }
        assert_eq!(std::fs::read_to_string(queue.path()).unwrap(), text);
    }
}

#[test]
fn of_entries_that_have_ended_the_oldest_go() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_of(&folder, &["a", "b", "c", "d"]);
    for number in [1, 2, 4] {
        queue.cancel(number).unwrap();
    }
    let mut list = queue.list().unwrap();
    list.keep_ended(1);
    let left: Vec<u64> = list.entries.iter().map(|it| it.number).collect();
    assert_eq!(left, [3, 4]);
}
