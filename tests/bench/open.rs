//! How long it takes, and how much memory, until a large log on disk is sequences; beside the same
//! work in Python polars.
//!
//!     cargo bench --bench open
//!
//! `SEQSCOPE_BENCH_ROWS` is the number of rows (10 million), `PYTHON` the interpreter whose polars
//! is compared with (`python3`; without polars only our figures are told). Each side runs three
//! times, in turns, each time as a process of its own; medians and their ratios are told. Told
//! beside them: the profile of the log, the second opening of it (from the copy that the first one
//! kept), and the head of a file of 5 GB.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a benchmark speaks to a terminal and may fail"
)]

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use seqscope::data::{
    DataSource, DataSpec, Dataset, FileSpec, LoadProgress, Profile, Stage, preview, read,
};

const ROUNDS: usize = 3;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, task, path, ..] = args.as_slice()
        && let Some(task) = TASKS.iter().find(|known| known.0 == task)
    {
        let (secs, peak) = (task.1(Path::new(path)), peak_mb());
        return println!("{secs} {peak}");
    }
    let ours = |task: &str, path: &Path, cache: &Path| {
        figures(
            Command::new(&args[0])
                .args([task.as_ref(), path.as_os_str()])
                .env("SEQSCOPE_CACHE", cache),
        )
    };
    let off = Path::new("off");
    let n_rows = std::env::var("SEQSCOPE_BENCH_ROWS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10_000_000);
    let folder = std::env::temp_dir().join("seqscope-bench");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, prefix) in [("integer ids", ""), ("string ids", "id-")] {
        let path = folder.join(format!(
            "{n_rows}-{}.csv",
            if prefix.is_empty() { "int" } else { "str" }
        ));
        if !path.exists() {
            write_log(&path, n_rows, prefix);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/open.py");
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let (mut opened, mut theirs, mut profiled, mut again) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let cache = folder.join("copies");
        let kept = ours("open", &path, &cache);
        for _ in 0..ROUNDS {
            opened.extend(ours("open", &path, off));
            theirs.extend(figures(Command::new(&python).arg(&script).arg(&path)));
            again.extend(ours("open", &path, &cache));
            profiled.extend(ours("profile", &path, off));
        }
        let opened = median(opened).unwrap();
        println!(
            "{n_rows} rows, {name}: opened in {:.2} s, {:.0} MB",
            opened.0, opened.1
        );
        if let (Some(first), Some(again)) = (kept, median(again)) {
            println!(
                "  and kept: {:.2} s; opened again: {:.3} s, ratio {:.3}",
                first.0,
                again.0,
                again.0 / opened.0
            );
        }
        if let Some(profiled) = median(profiled) {
            println!("  profile: {:.2} s more, {:.0} MB", profiled.0, profiled.1);
        }
        std::fs::remove_dir_all(&cache).unwrap();
        match median(theirs) {
            Some(theirs) => println!(
                "  polars: {:.2} s, {:.0} MB; ratio {:.2} in time, {:.2} in memory",
                theirs.0,
                theirs.1,
                opened.0 / theirs.0,
                opened.1 / theirs.1
            ),
            None => println!("  polars is not there for `{python}`; set PYTHON to compare with it"),
        }
    }
    let large = large_log(&folder, n_rows);
    let heads: Vec<(f64, f64)> = (0..ROUNDS)
        .filter_map(|_| ours("head", &large, off))
        .collect();
    let head = median(heads).unwrap();
    println!(
        "head of {} bytes: {:.3} s, {:.0} MB",
        large.metadata().unwrap().len(),
        head.0,
        head.1
    );
    std::fs::remove_file(large).unwrap();
}

/// A log of 5 GB: another one again and again.
fn large_log(folder: &Path, n_rows: u64) -> PathBuf {
    let path = folder.join("large.csv");
    let mut file = std::fs::File::create(&path).unwrap();
    while file.metadata().unwrap().len() < 5_000_000_000 {
        std::io::copy(
            &mut std::fs::File::open(folder.join(format!("{n_rows}-int.csv"))).unwrap(),
            &mut file,
        )
        .unwrap();
    }
    path
}

/// What this program does as a process of its own: seconds of each.
type Task = (&'static str, fn(&Path) -> f64);
const TASKS: [Task; 3] = [
    ("open", |path| secs(|| open(path)).0),
    ("profile", |path| {
        let dataset = open(path);
        secs(|| Profile::new(&dataset)).0
    }),
    ("head", |path| {
        secs(|| {
            preview(&FileSpec {
                path: path.to_owned(),
                ..FileSpec::default()
            })
            .unwrap()
        })
        .0
    }),
];

fn open(path: &Path) -> Dataset {
    let source = DataSource::File(FileSpec {
        path: path.to_owned(),
        ..FileSpec::default()
    });
    let watch = Stages {
        start: Instant::now(),
        last: Mutex::default(),
    };
    let dataset = read(
        &DataSpec {
            source,
            ..DataSpec::default()
        },
        &watch,
    )
    .unwrap();
    watch.end();
    assert!(dataset.sequences.n_events() > 0);
    dataset
}

/// Tells on standard error when each stage of an opening ends, for whoever looks for what takes
/// time.
struct Stages {
    start: Instant,
    last: Mutex<Option<Stage>>,
}

impl Stages {
    fn end(&self) {
        if let Some(last) = self.last.lock().unwrap().take() {
            eprintln!("{:.3} s: {last}", self.start.elapsed().as_secs_f64());
        }
    }
}

impl LoadProgress for Stages {
    fn is_cancelled(&self) -> bool {
        false
    }

    fn reached(&self, stage: Stage, _: Option<f32>) {
        if *self.last.lock().unwrap() != Some(stage) {
            self.end();
            *self.last.lock().unwrap() = Some(stage);
        }
    }
}

fn secs<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed().as_secs_f64(), done)
}

/// Peak resident memory of this process, where the system tells it.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .unwrap_or(f64::NAN)
        / 1024.0
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
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for _ in 0..n_rows {
        // The square makes some items much more popular than others.
        let item = draw(316) * draw(316);
        writeln!(
            file,
            "{prefix}{},{prefix}{item},{}",
            draw(1_000_000),
            1_600_000_000 + draw(31_536_000)
        )
        .unwrap();
    }
    file.flush().unwrap();
}
