//! `seqscope bench`: how long the program's own work takes on this machine.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::Streams;
use seqscope_base::spec::{Value, did_you_mean};
use seqscope_data::name_of;
use seqscope_engine::bench::{
    BenchOptions, BenchScale, BenchTask, Case, Point, RunTimes, Runs, cases, chart, checksum,
    growth, point_of, run as measure, seed, use_threads,
};
use seqscope_engine::error::Error;
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_model::{Blueprint, DeviceKind, Layers, ModelKind, ModelSpec, open_device};

/// What to measure, where, how often.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// `cpu`, `gpu:0` or part of an adapter's name; may be repeated
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: Vec<String>,
    /// Number of worker threads [default: all processors]
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,
    /// How often each case is timed, epochs at most three times [default: 10, or as often as twenty
    /// seconds allow]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: Option<u32>,
    /// Use burn's own layers instead of the fused ones
    #[arg(long)]
    plain: bool,
    /// A log for the epochs and evaluations, in place of generated events
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    #[command(flatten)]
    told: BenchOutput,
}

/// Which work.
#[derive(Debug, clap::Args)]
struct Which {
    /// Run only the cases whose name contains this text; a whole name takes that case alone
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Measure one training step at growing window, catalogue and batch instead
    #[arg(long)]
    growth: bool,
    /// Very small sizes and two runs: shows that everything works; the figures mean nothing
    #[arg(long)]
    quick: bool,
}

/// How it is told.
#[derive(Debug, clap::Args)]
struct BenchOutput {
    /// Print one JSON object per line instead of a table
    #[arg(long)]
    json: bool,
    /// List the cases without measuring; with --json, all that another program needs to run the
    /// same cases
    #[arg(long)]
    list: bool,
    /// Draw the growth curves of the rows in --from to this SVG file, without measuring
    #[arg(long, value_name = "SVG", requires = "from")]
    draw: Option<PathBuf>,
    /// File of rows that --growth --json printed, or the PyTorch twin; may be repeated
    #[arg(long, value_name = "FILE", requires = "draw")]
    from: Vec<PathBuf>,
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| {
        "at least one thread must work: write a whole number from 1, or leave it out for all \
         processors"
            .to_owned()
    })
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    if let Some(svg) = &args.told.draw {
        return draw(svg, &args.told.from, streams);
    }
    let n_threads = use_threads(args.threads)?;
    let chosen = chosen(args)?;
    if args.told.list {
        return list(&chosen, args, streams);
    }
    // What is not there is told before an hour of measuring.
    if let Some(path) = args.data.as_ref().filter(|path| !path.is_file()) {
        let sentence = format!("there is no file `{}`", path.display());
        return Err(Error::edge(
            sentence,
            "write the path of a log after `--data`",
        ));
    }
    args.device
        .iter()
        .try_for_each(|device| open_device(device).map(drop))?;
    let (mut table, mut n_measured, mut refused) = (table(), 0, None);
    for case in &chosen {
        for device in devices_of(case, &args.device) {
            let how = how(args, &device)?;
            let name = name(case, &how);
            match measure(case, &how) {
                Ok(timing) => {
                    n_measured += 1;
                    if args.told.json {
                        streams.json(&row(&name, &how, n_threads, &timing))?;
                        streams.out.flush()?;
                    } else {
                        writeln!(
                            streams.err,
                            "{name} on {}: {}",
                            how.device,
                            milliseconds(timing.median_ms)
                        )?;
                        table.row(cells(&name, &how, &timing));
                    }
                }
                Err(error) => {
                    writeln!(
                        streams.err,
                        "warning: {name} on {} is passed over: {error}",
                        how.device
                    )?;
                    refused = Some(error);
                }
            }
        }
    }
    match refused {
        Some(error) if n_measured == 0 => Err(error),
        _ if args.told.json => Ok(()),
        _ => {
            let threads = if n_threads == 1 { "thread" } else { "threads" };
            let layers = if args.plain {
                ", burn's own layers"
            } else {
                ""
            };
            writeln!(streams.out, "{n_threads} {threads}{layers}")?;
            Ok(write!(streams.out, "{}", table.rows_as_text())?)
        }
    }
}

fn table() -> ReportTable {
    let columns = [
        ReportColumn::words("work", "Work"),
        ReportColumn::words("device", "Device"),
        ReportColumn::numbers("median_ms", "Median ms"),
        ReportColumn::numbers("min_ms", "Min ms"),
        ReportColumn::numbers("spread", "Spread"),
        ReportColumn::numbers("runs", "Runs"),
        ReportColumn::numbers("peak_memory", "Peak memory"),
    ];
    ReportTable::new("times", "", columns)
}

/// The cases that were asked for.
fn chosen(args: &Args) -> Result<Vec<Case>, Error> {
    let scale = if args.which.quick {
        BenchScale::Quick
    } else {
        BenchScale::Whole
    };
    let mut all = if args.which.growth {
        growth(scale)
    } else {
        cases(scale)
    };
    let Some(text) = &args.which.only else {
        return Ok(all);
    };
    let wanted = text.trim().to_lowercase();
    let names: Vec<String> = all.iter().map(|case| case.work.to_lowercase()).collect();
    let is_whole = names.contains(&wanted);
    all.retain(|case| {
        let name = case.work.to_lowercase();
        if is_whole {
            name == wanted
        } else {
            name.contains(&wanted)
        }
    });
    if all.is_empty() {
        let hint = match did_you_mean(&wanted, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let growth = if args.which.growth { " --growth" } else { "" };
                format!("`seqscope bench --list{growth}` names all of it")
            }
        };
        return Err(Error::edge(
            format!("no work has `{text}` in its name"),
            hint,
        ));
    }
    Ok(all)
}

/// A log is opened by the processor, whatever trains on it.
fn devices_of(case: &Case, asked: &[String]) -> Vec<String> {
    match case.task {
        BenchTask::Opening { .. } => vec!["cpu".to_owned()],
        _ => asked.to_vec(),
    }
}

fn how(args: &Args, device: &str) -> Result<BenchOptions, Error> {
    let runs = match args.repeat {
        Some(n) => Runs::exactly(n as usize),
        None if args.which.quick => Runs::exactly(2),
        None => Runs::USUAL,
    };
    let info = open_device(device)?.info;
    // A GPU has no fused layers.
    let layers = if args.plain || info.kind != DeviceKind::Cpu {
        Layers::Plain
    } else {
        Layers::Fused
    };
    Ok(BenchOptions {
        device: info.key,
        layers,
        runs,
        log: args.data.clone(),
    })
}

/// A real log is named, so that its rows are not taken for those of the made one.
fn name(case: &Case, how: &BenchOptions) -> String {
    match (&case.task, &how.log) {
        (BenchTask::Epoch(_) | BenchTask::Evaluation(_), Some(log)) => {
            format!("{} of {}", case.work, name_of(log))
        }
        _ => case.work.clone(),
    }
}

fn row(name: &str, how: &BenchOptions, n_threads: usize, timing: &RunTimes) -> Json {
    let layers = if how.layers == Layers::Fused {
        "fused"
    } else {
        "plain"
    };
    json!({
        "work": name,
        "device": how.device,
        "threads": n_threads,
        "median_ms": timing.median_ms,
        "min_ms": timing.min_ms,
        "runs": timing.runs,
        "spread": timing.spread,
        "peak_mb": timing.peak_mb,
        "layers": layers,
    })
}

fn cells(name: &str, how: &BenchOptions, timing: &RunTimes) -> [ReportCell; 7] {
    [
        name.into(),
        how.device.as_str().into(),
        milliseconds(timing.median_ms).into(),
        milliseconds(timing.min_ms).into(),
        CellValue::Share(timing.spread).into(),
        CellValue::Count(timing.runs).into(),
        timing
            .peak_mb
            .map(|mb| CellValue::Bytes((mb * 1e6) as u64))
            .into(),
    ]
}

/// Three digits that matter.
fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{ms:.3}"),
        ms if ms < 100.0 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    }
}

fn list(chosen: &[Case], args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    for case in chosen {
        if args.told.json {
            streams.json(&described(case))?;
        } else {
            writeln!(streams.out, "{}", case.work)?;
        }
    }
    Ok(())
}

/// All that another program needs to do the same work on the same events.
fn described(case: &Case) -> Json {
    let family = case
        .task
        .model()
        .map(|model| ModelKind::from(model).to_string());
    let fields = case.task.model().map(ModelSpec::fields).unwrap_or_default();
    let settings: Map<String, Json> = fields
        .into_iter()
        .map(|field| (field.key.to_owned(), plain(field.value)))
        .collect();
    json!({
        "work": case.work,
        "task": case.task.to_string(),
        "family": family,
        "settings": settings,
        "n_users": case.size.n_users,
        "n_items": case.size.n_items,
        "n_events": case.size.n_events,
        "batch_size": case.size.batch_size,
        "n_params": case.task.model().map(|model| model.family().n_params(&Blueprint::for_data(case.size.shape()))),
        "seed": seed(),
        "checksum": checksum(case),
    })
}

fn plain(value: Value) -> Json {
    match value {
        Value::Int(v) => json!(v),
        Value::Float(v) => json!(v),
        Value::Bool(v) => json!(v),
        Value::Choice(v) | Value::Text(v) => json!(v),
    }
}

fn draw(svg: &Path, from: &[PathBuf], streams: &mut Streams<'_>) -> Result<(), Error> {
    let mut points = Vec::new();
    for path in from {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let hint = "name a file that holds what `seqscope bench --growth --json` printed";
            Error::edge(format!("cannot read `{}`: {error}", path.display()), hint)
        })?;
        points.extend(text.lines().filter_map(point));
    }
    if points.is_empty() {
        let hint = "they come of `seqscope bench --growth --json` and of `tests/bench/step.py`";
        return Err(Error::edge(
            "none of these files holds a row of growth",
            hint,
        ));
    }
    std::fs::write(svg, chart(&points)).map_err(|error| {
        Error::edge(
            format!("cannot write `{}`: {error}", svg.display()),
            "name a file in a folder that you may write to",
        )
    })?;
    Ok(writeln!(
        streams.out,
        "{} points drawn to {}",
        points.len(),
        svg.display()
    )?)
}

/// The point of one row. A row of the twin says how it ran, ours does not.
fn point(line: &str) -> Option<Point> {
    let row: Json = serde_json::from_str(line).ok()?;
    let who = match row.get("mode").and_then(Json::as_str) {
        Some(mode) => format!("PyTorch {mode}"),
        None => "Seqscope".to_owned(),
    };
    point_of(
        row.get("work")?.as_str()?,
        &who,
        row.get("median_ms")?.as_f64()?,
    )
}
