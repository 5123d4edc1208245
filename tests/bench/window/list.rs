//! From opening a folder of 1,000 runs until their list is on the screen, and the memory of it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use seqscope::run::RunStore;

use crate::Told;
use crate::saved::{Pattern, store};
use crate::screen::Screen;

const ROUNDS: usize = 5;

/// First argument of the process that is measured.
pub(crate) const TASK: &str = "list-child";

/// Each turn is a process of its own, on the full folder and on an empty one in turns: the memory
/// told is the difference. The time is that of the full one: window, fonts, list and first picture.
pub(crate) fn list(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let full = store(folder.path());
    Pattern::new(folder.path()).many_runs(&full, 1_000);
    let empty = folder.path().join("none");
    let (mut times, mut bases, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let (with, without) = (measured(&full.root), measured(&empty));
        times.push(with.0);
        bases.push(without.0);
        memory.push(with.1 - without.1);
    }
    // The first turn reads what is not yet in the system's memory.
    told.figure("list_1000", "ms", times.get(1..).unwrap_or_default());
    told.figure("list_0", "ms", bases.get(1..).unwrap_or_default());
    told.figure(
        "list_1000_memory",
        "MB",
        memory.get(1..).unwrap_or_default(),
    );
}

fn measured(runs: &Path) -> (f64, f64) {
    let said = Command::new(std::env::current_exe().unwrap())
        .arg(TASK)
        .arg(runs)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
    let (Some(ms), Some(mb)) = (numbers.next(), numbers.next()) else {
        panic!("{text} {}", String::from_utf8_lossy(&said.stderr));
    };
    (ms, mb)
}

/// Prints milliseconds and megabytes.
pub(crate) fn child(runs: &Path) {
    let start = Instant::now();
    let mut screen = Screen::new(RunStore::at(runs));
    screen.frame(Vec::new());
    while screen.window.app().runs.ready().is_none() {
        // As on a screen: sixty frames a second while something turns, and at once when something
        // comes.
        screen.wait(Duration::from_millis(16));
        screen.frame(Vec::new());
    }
    println!(
        "{} {}",
        start.elapsed().as_secs_f64() * 1e3,
        resident_mb("self").unwrap_or(f64::NAN)
    );
}

/// Resident memory of a process, where the system tells it.
pub(crate) fn resident_mb(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}
