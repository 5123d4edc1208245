//! How long it takes, and how much memory, until a large log on disk is sequences; beside the same
//! work in Python polars.
//!
//!     cargo bench --bench open
//!
//! `SEQSCOPE_BENCH_ROWS` is the number of rows (10 million), `PYTHON` the interpreter whose polars is
//! compared with (`python3`; without polars only our figures are told). Each side runs three times,
//! in turns, each time as a process of its own; medians and their ratios are told.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark speaks to a terminal and may fail")]

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use seqscope::data::{DataSource, DataSpec, FileSpec};

const ROUNDS: usize = 3;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--read") {
        return read(Path::new(&args[at + 1]));
    }
    let n_rows = std::env::var("SEQSCOPE_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let folder = std::env::temp_dir().join("seqscope-bench");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, prefix) in [("integer ids", ""), ("string ids", "id-")] {
        let path = folder.join(format!("{n_rows}-{}.csv", if prefix.is_empty() { "int" } else { "str" }));
        if !path.exists() {
            write_log(&path, n_rows, prefix);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/open.py");
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.extend(figures(Command::new(&args[0]).arg("--read").arg(&path)));
            theirs.extend(figures(Command::new(&python).arg(&script).arg(&path)));
        }
        let ours = median(ours).unwrap();
        println!("{n_rows} rows, {name}: {:.2} s, {:.0} MB", ours.0, ours.1);
        match median(theirs) {
            Some(theirs) => println!(
                "  polars: {:.2} s, {:.0} MB; ratio {:.2} in time, {:.2} in memory",
                theirs.0,
                theirs.1,
                ours.0 / theirs.0,
                ours.1 / theirs.1
            ),
            None => println!("  polars is not there for `{python}`; set PYTHON to compare with it"),
        }
    }
}

/// Opens a log and tells seconds and peak memory in megabytes.
fn read(path: &Path) {
    let source = DataSource::File(FileSpec { path: path.to_owned(), ..FileSpec::default() });
    let start = Instant::now();
    let dataset = seqscope::data::read(&DataSpec { source, ..DataSpec::default() }, &AtomicBool::new(false)).unwrap();
    let secs = start.elapsed().as_secs_f64();
    assert!(dataset.sequences.n_events() > 0);
    println!("{secs} {}", peak_mb());
}

/// Peak resident memory of this process, where the system tells it.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// The two numbers that a process prints.
fn figures(command: &mut Command) -> Option<(f64, f64)> {
    let said = command.output().ok().filter(|said| said.status.success())?;
    let text = String::from_utf8(said.stdout).ok()?;
    let mut numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

fn median(mut figures: Vec<(f64, f64)>) -> Option<(f64, f64)> {
    let middle = figures.len() / 2;
    figures.sort_by(|a, b| a.0.total_cmp(&b.0));
    figures.get(middle).copied()
}

/// A log with a million users, a hundred thousand items and times of a year, in no order.
fn write_log(path: &PathBuf, n_rows: u64, prefix: &str) {
    let mut file = BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(file, "user_id,item_id,timestamp").unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |n: u64| {
        // A linear congruential generator; its upper half is random enough for ids.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for _ in 0..n_rows {
        // The square makes some items much more popular than others.
        let item = draw(316) * draw(316);
        writeln!(file, "{prefix}{},{prefix}{item},{}", draw(1_000_000), 1_600_000_000 + draw(31_536_000)).unwrap();
    }
    file.flush().unwrap();
}
