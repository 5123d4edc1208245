//! Fuzzing of every reader: damaged files must give a result or one sentence, never a panic, never
//! a wait without end.
//!
//! A case is a seed of `tests/fuzz/corpus` (or one made from it: packed, in another encoding, as
//! Parquet, as a database) with random edits; plain random bytes would get no further than the
//! first check of a reader. All follows from a seed and the number of the case, so a failure is
//! repeated by what its message says, and the file that led to it is kept. A file that broke
//! something belongs into the corpus.
//!
//! The engine is a hundred lines of our own: property testers draw values and shrink them, which
//! says little about bytes, and fuzzers that watch which branches are taken need another compiler
//! and all dependencies built anew. As a module of this binary the targets cost no build and no
//! link.
//!
//! - `cargo test --test it fuzz::` runs some dozens of cases of each target, always the same;
//! - `SEQSCOPE_FUZZ_SECS=600` runs for so many seconds in all instead;
//! - `SEQSCOPE_FUZZ_SEED=2` begins elsewhere.

mod mutate;
mod target;

use std::any::Any;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use target::Target;

/// A case that takes longer hangs: none takes a second on an idle machine.
const LONGEST_CASE: Duration = Duration::from_mins(2);

/// Files in a folder of the repository, in order of name.
fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    assert!(!paths.is_empty(), "no seeds in {}", folder.display());
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Tries the cases of a target until their number or their time is up, and gives their number.
/// First every seed as it is.
fn run(target: Target) -> usize {
    let name = target.name();
    let budget = number("SEQSCOPE_FUZZ_SECS").map(|secs| Duration::from_secs(secs) / Target::COUNT);
    let start = number("SEQSCOPE_FUZZ_SEED").unwrap_or(0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let (send, done) = mpsc::channel();
    // On a thread of its own, so that one that hangs is told of.
    std::thread::spawn(move || {
        let (seeds, begin) = (target.seeds(), Instant::now());
        let last = |case: usize| match budget {
            Some(budget) => begin.elapsed() >= budget,
            None => case >= seeds.len() + target.cases(),
        };
        for case in (0..).take_while(|&case| !last(case)) {
            let mut rng =
                ChaCha8Rng::seed_from_u64(start.wrapping_mul(1 << 32).wrapping_add(case as u64));
            let bytes = match seeds.get(case) {
                Some(seed) => seed.clone(),
                None => target.dressed(mutate::mutated(&seeds, &mut rng), &mut rng),
            };
            if send.send((case, bytes.clone(), None)).is_err() {
                return;
            }
            let tried = catch_unwind(AssertUnwindSafe(|| target.holds(&path, &bytes, &mut rng)));
            if let Err(panic) = tried {
                // Nobody waits for it any more where the test has ended.
                let _ = send.send((case, bytes, Some(words(panic.as_ref()))));
                return;
            }
        }
    });
    let (mut at, mut input) = (0, Vec::new());
    loop {
        let words = match done.recv_timeout(LONGEST_CASE) {
            Ok((case, bytes, None)) => {
                (at, input) = (case, bytes);
                continue;
            }
            Ok((case, bytes, Some(words))) => {
                (at, input) = (case, bytes);
                words
            }
            Err(mpsc::RecvTimeoutError::Timeout) => format!("took longer than {LONGEST_CASE:?}"),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        };
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}-{start}-{at}"));
        std::fs::write(&kept, input).unwrap();
        panic!(
            "{name}, SEQSCOPE_FUZZ_SEED={start}, case {at}: {words}\nthe input is {}",
            kept.display()
        );
    }
    at + 1
}

fn words(panic: &(dyn Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(ToString::to_string);
    literal
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// One test a target.
macro_rules! targets {
    ($($name:ident => $target:expr,)*) => {
        $(#[test]
        fn $name() {
            println!("{}: {} cases", $target.name(), run($target));
        })*

        #[test]
        fn every_target_has_its_test() {
            let all: [Target; Target::COUNT as usize] = [$($target),*];
            let mut names: Vec<&str> = all.iter().map(|target| target.name()).collect();
            names.dedup();
            assert_eq!(names.len(), Target::COUNT as usize);
        }
    };
}

targets! {
    text => Target::Text,
    lists => Target::Lists,
    json => Target::Json,
    encoded => Target::Encoded,
    packed => Target::Packed,
    parquet => Target::Parquet,
    sqlite => Target::Sqlite,
    queries => Target::Query,
    titles => Target::Titles,
    experiments => Target::Experiment,
    run_manifests => Target::RunManifest,
    run_series => Target::RunSeries,
    run_tables => Target::RunTable,
    run_references => Target::RunReferences,
}

/// The promise would be empty if what is checked could not fail.
#[test]
fn what_breaks_the_promise_is_caught() {
    for bad in [
        "",
        " ",
        "two\nlines",
        "a\0b",
        &"x".repeat(target::LONGEST_SENTENCE + 1),
    ] {
        let mut said = String::new();
        if let Err(panic) = catch_unwind(|| target::is_sentence(bad)) {
            write!(said, "{}", words(panic.as_ref())).unwrap();
        }
        assert!(
            said.contains("one sentence"),
            "{bad:?} passed as a sentence"
        );
    }
}
