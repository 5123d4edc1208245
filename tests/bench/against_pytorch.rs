//! The program's own work beside PyTorch's, side by side: milliseconds and their ratios.
//!
//!     PYTHON=… cargo bench --no-default-features --bench against_pytorch -- [TEXT] [--growth] [--rows FILE]
//!
//! `TEXT` chooses work by part of its name (`seqscope bench --list` names all of it), `--growth`
//! measures steps of growing window, catalogue and batch instead, `--rows FILE` keeps every row for
//! `seqscope bench --draw`. `--threads N`, `--rounds N` (3), `--repeat N`, `--quick` and `--plain`
//! are as their names say, `--eager` leaves out `torch.compile`, which takes most of the time of a
//! short measurement, and `--device gpu:0` puts a GPU through wgpu beside PyTorch's CUDA. `PYTHON`
//! is an interpreter with PyTorch (`python3`; without PyTorch only our figures are told). The two
//! sides take turns, each time as a process of its own; told are medians over the rounds, and of
//! the ratios the median and between which two they lay.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a benchmark speaks to a terminal and may fail"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// How the twin ran, in the order of the columns.
const MODES: [&str; 2] = ["eager", "compiled"];

fn main() {
    let asked = Asked::of(std::env::args().skip(1));
    let listed = asked.seqscope(&["--list"]);
    let cases: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let torch = said(Command::new(&python).args(["-c", "import torch; print(torch.__version__)"]));
    match &torch {
        Some(version) => println!(
            "PyTorch {}, {} threads on both sides",
            version.trim(),
            asked.threads
        ),
        None => println!(
            "`{python}` has no PyTorch; set PYTHON to compare with it. {} threads",
            asked.threads
        ),
    }
    println!(
        "{}",
        line(
            "work",
            &["ours ms", "eager ms", "ratio", "compiled ms", "ratio"].map(str::to_owned)
        )
    );
    for case in cases {
        let work: Value = serde_json::from_str(case).unwrap();
        let work = work["work"].as_str().unwrap();
        let mut rounds = Vec::new();
        for _ in 0..asked.rounds {
            let ours = median_ms(&asked.seqscope(&["--only", work]), None);
            let theirs = match &torch {
                Some(_) => asked.twin(&python, case),
                None => String::new(),
            };
            rounds.push(Round {
                ours,
                theirs: MODES.map(|mode| median_ms(&theirs, Some(mode))),
            });
        }
        println!("{}", line(work, &cells(&rounds)));
    }
}

/// One turn of each side: medians in milliseconds, where there are any.
struct Round {
    ours: Option<f64>,
    theirs: [Option<f64>; 2],
}

fn cells(rounds: &[Round]) -> [String; 5] {
    let middle =
        |values: Vec<f64>| median(values).map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"));
    let mut cells = [const { String::new() }; 5];
    cells[0] = middle(rounds.iter().filter_map(|round| round.ours).collect());
    for mode in 0..MODES.len() {
        cells[1 + 2 * mode] = middle(
            rounds
                .iter()
                .filter_map(|round| round.theirs[mode])
                .collect(),
        );
        let mut ratios: Vec<f64> = rounds
            .iter()
            .filter_map(|round| Some(round.ours? / round.theirs[mode]?))
            .collect();
        ratios.sort_by(f64::total_cmp);
        cells[2 + 2 * mode] = match (median(ratios.clone()), ratios.first(), ratios.last()) {
            (Some(middle), Some(least), Some(most)) => {
                format!("{middle:.2} ({least:.2}–{most:.2})")
            }
            _ => "–".to_owned(),
        };
    }
    cells
}

fn line(work: &str, cells: &[String; 5]) -> String {
    let mut line = format!("{work:<30}");
    for (cell, width) in cells.iter().zip([10, 10, 18, 12, 18]) {
        write!(line, "{cell:>width$}").unwrap();
    }
    line
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What was asked for after `--`.
struct Asked {
    text: Option<String>,
    /// As both sides take it.
    threads: String,
    /// Ours; any but the CPU stands beside CUDA.
    device: String,
    /// How the twin runs.
    mode: &'static str,
    rounds: usize,
    repeat: Option<String>,
    /// Words that only ours takes.
    ours: Vec<String>,
    rows: Option<String>,
}

impl Asked {
    fn of(mut words: impl Iterator<Item = String>) -> Self {
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .to_string();
        let device = "cpu".to_owned();
        let mut asked = Self {
            text: None,
            threads,
            device,
            mode: "both",
            rounds: 3,
            repeat: None,
            ours: Vec::new(),
            rows: None,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                // cargo's own.
                "--bench" => {}
                "--growth" | "--quick" | "--plain" => asked.ours.push(word),
                "--threads" => asked.threads = words.next().unwrap(),
                "--eager" => asked.mode = "eager",
                "--device" => asked.device = words.next().unwrap(),
                "--rounds" => asked.rounds = words.next().unwrap().parse().unwrap(),
                "--repeat" => asked.repeat = words.next(),
                "--rows" => asked.rows = words.next(),
                _ => asked.text = Some(word),
            }
        }
        asked
    }

    /// What our side prints: rows of the work that was chosen, unless `more` chooses otherwise.
    fn seqscope(&self, more: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seqscope"));
        command
            .args([
                "bench",
                "--json",
                "--threads",
                &self.threads,
                "--device",
                &self.device,
            ])
            .args(&self.ours)
            .args(more);
        if let Some(n) = &self.repeat {
            command.args(["--repeat", n]);
        }
        if let Some(text) = self.text.as_ref().filter(|_| !more.contains(&"--only")) {
            command.args(["--only", text]);
        }
        let printed = said(&mut command).unwrap_or_default();
        self.keep(&printed);
        printed
    }

    /// What PyTorch's side prints of one case.
    fn twin(&self, python: &str, case: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/step.py");
        let mut command = Command::new(python);
        let device = if self.device == "cpu" { "cpu" } else { "cuda" };
        command.arg(script).args([
            "--threads",
            &self.threads,
            "--device",
            device,
            "--mode",
            self.mode,
        ]);
        if let Some(n) = &self.repeat {
            command.args(["--repeat", n]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{case}").unwrap();
        let output = child.wait_with_output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        self.keep(&printed);
        printed
    }

    /// Adds rows, not the list of cases, to the file of rows.
    fn keep(&self, printed: &str) {
        let Some(path) = &self.rows else { return };
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        for row in printed.lines().filter(|line| line.contains("median_ms")) {
            writeln!(file, "{row}").unwrap();
        }
    }
}

/// What a command prints, if it works; what it says of errors goes to the terminal.
fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    if !output.status.success() || !output.stderr.is_empty() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The median in the row of this mode; our rows have none.
fn median_ms(printed: &str, mode: Option<&str>) -> Option<f64> {
    let rows = printed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_mode = rows.filter(|row| row.get("mode").and_then(Value::as_str) == mode);
    of_mode.next()?.get("median_ms")?.as_f64()
}
