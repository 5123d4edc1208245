//! How long a frame of the window takes the processor, at the sizes at which windows stutter; how
//! long a list of 1,000 runs takes to appear; how soon the program shows itself, and what it costs
//! at rest.
//!
//!     cargo bench --bench window                      # a table; `--json` one row a line
//!     cargo bench --bench window -- curves timeline   # only these
//!     xvfb-run -s '-screen 0 1280x800x24' cargo bench --bench window -- start idle
//!
//! The frames are those of the real window over real run folders, which the program's own writer
//! and trainer make in a temporary folder. **Counted** is the time that the window's thread has of
//! the processor for one frame: taking in what background work has sent, the whole of the page,
//! layout, shapes, and their tessellation into triangles. **Not counted** are the upload of
//! triangles and textures, the drawing on the graphics card and the wait for the screen, the window
//! system's events, the accessibility tree (made only while a screen reader asks), and background
//! threads.
//!
//! Each case is told twice: `_open` are the frames from asking for the page until all is loaded
//! (few, so look at their maximum), the other the frames while a person moves, scrolls, zooms and
//! clicks. `start` and `idle` open the real program; without a display they start an `Xvfb`, or say
//! so.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark speaks to a terminal and may fail"
)]

mod answers;
mod cases;
mod list;
mod real;
mod saved;
mod screen;

use screen::Frames;

/// A name, and what tells its figures.
type Work = (&'static str, fn(&mut Told));

/// What can be asked for, in the order in which it is told.
const WORKS: [Work; 13] = [
    ("curves", cases::curves),
    ("heatmaps", cases::heatmaps),
    ("attention", cases::attention),
    ("gates", cases::gates),
    ("timeline", cases::timeline),
    ("playhead", cases::playhead),
    ("views", cases::views),
    ("runs", cases::runs),
    ("map", cases::map),
    ("answers", answers::answers),
    ("list", list::list),
    ("start", real::start),
    ("idle", real::idle),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [task, path] = args.as_slice()
        && task == list::TASK
    {
        return list::child(std::path::Path::new(path));
    }
    let mut told = Told {
        as_json: args.iter().any(|arg| arg == "--json"),
    };
    // `cargo bench` adds `--bench`.
    let wanted: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    if let Some(unknown) = wanted
        .iter()
        .find(|name| WORKS.iter().all(|(known, _)| known != *name))
    {
        let known: Vec<&str> = WORKS.iter().map(|(name, _)| *name).collect();
        return eprintln!(
            "no work is called `{unknown}`; there are {}",
            known.join(", ")
        );
    }
    if !told.as_json {
        println!(
            "{:<28} {:>9} {:>9} {:>9} {:>7}",
            "", "median", "p99", "max", "n"
        );
    }
    for (name, work) in WORKS {
        if wanted.is_empty() || wanted.contains(&name) {
            work(&mut told);
        }
    }
}

/// Where figures go.
pub(crate) struct Told {
    as_json: bool,
}

impl Told {
    /// Milliseconds of the processor a frame.
    fn frames(&mut self, work: &str, frames: &Frames) {
        let [median, p99, max] = [0.5, 0.99, 1.0].map(|share| frames.quantile(share));
        let n = frames.len();
        if self.as_json {
            let row = format!(
                r#""median_ms": {median:.3}, "p99_ms": {p99:.3}, "max_ms": {max:.3}, "frames": {n}"#
            );
            println!(r#"{{"work": "window_{work}", {row}}}"#);
        } else {
            println!(
                "{:<28} {median:>6.2} ms {p99:>6.2} ms {max:>6.2} ms {n:>7}",
                format!("frames: {work}")
            );
        }
    }

    /// One figure of several turns.
    fn figure(&mut self, work: &str, unit: &str, values: &[f64]) {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(median), Some(max)) = (sorted.get(sorted.len() / 2), sorted.last()) else {
            return left_out(work, "it gave no figure");
        };
        let n = sorted.len();
        if self.as_json {
            let row =
                format!(r#""median_{unit}": {median:.3}, "max_{unit}": {max:.3}, "runs": {n}"#);
            println!(r#"{{"work": "window_{work}", {row}}}"#);
        } else {
            println!(
                "{work:<28} {median:>6.1} {unit:<2} {:>9} {max:>6.1} {unit:<2} {n:>7}",
                ""
            );
        }
    }
}

/// What could not be measured here, and why.
fn left_out(work: &str, why: &str) {
    eprintln!("{work} is left out: {why}");
}
