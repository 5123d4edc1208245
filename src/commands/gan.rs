//! `seqscope gan FILE.ron`: how good synthetic histories are, written by a GAN and by simpler
//! samplers.

use std::io::Write;
use std::path::PathBuf;

use indicatif::ProgressBar;
use serde_json::json;

use super::Streams;
use super::set::set_all;
use seqscope_base::metric::{COPY_LEN, Metric};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_engine::train::{JudgedSampler, Judging, judge_samplers};

/// What to judge.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The experiment file, of which `data`, `model` (the model that learns from synthetic
    /// histories) and `training.gan` are used
    #[arg(value_name = "FILE.ron")]
    file: PathBuf,
    /// Change a setting, such as `training.gan.adversarial_epochs=5`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// How many seeds, counting up from the experiment's own; with several, figures are means and
    /// standard deviations
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Print one JSON object per seed instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let mut experiment = Experiment::open(&args.file)?;
    set_all(&mut experiment, &args.sets)?;
    let mut runs: Vec<Vec<JudgedSampler>> = Vec::new();
    let first = experiment.seed;
    for seed in (0..args.seeds).map(|n| first.wrapping_add(n)) {
        experiment.seed = seed;
        let mut failed = None;
        let bar = ProgressBar::new_spinner();
        let judged = judge_samplers(&experiment, &mut |at| match at {
            Judging::Begins(what) => {
                let said = bar.suspend(|| writeln!(streams.err, "seed {seed}: {what}"));
                failed = failed.take().or(said.err());
            }
            Judging::Learns(pass) => bar.set_message(pass.to_string()),
        });
        bar.finish_and_clear();
        let judged = judged?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        if args.json {
            streams.json(&json_of(seed, &judged))?;
        }
        runs.push(judged);
    }
    if !args.json {
        write(&runs, streams.out)?;
    }
    Ok(())
}

fn name(judged: &JudgedSampler) -> &'static str {
    judged
        .sampler
        .map_or("real histories", seqscope_data::Sampler::title)
}

/// The figures of a sampler, in the order of [`COLUMNS`].
fn figures(
    JudgedSampler {
        likeness,
        downstream,
        ..
    }: &JudgedSampler,
) -> [f64; 6] {
    [
        likeness.transitions,
        likeness.lengths,
        likeness.copied_stretches,
        likeness.copied_rows,
        downstream.get(Metric::Hr10).unwrap_or(f64::NAN),
        downstream.get(Metric::Ndcg10).unwrap_or(f64::NAN),
    ]
}

/// Key and heading of each figure.
const COLUMNS: [(&str, &str); 6] = [
    ("transitions", "Transitions"),
    ("lengths", "Lengths"),
    ("copied_stretches", "Copied stretches"),
    ("copied_rows", "Copied rows"),
    ("hr@10", "HR@10"),
    ("ndcg@10", "NDCG@10"),
];

fn json_of(seed: u64, judged: &[JudgedSampler]) -> serde_json::Value {
    let samplers: Vec<_> = judged
        .iter()
        .map(|judged| {
            json!({
                "sampler": judged.sampler.map(|sampler| sampler.to_string()),
                "likeness": judged.likeness,
                "downstream": judged.downstream,
            })
        })
        .collect();
    json!({ "seed": seed, "samplers": samplers })
}

fn write(runs: &[Vec<JudgedSampler>], out: &mut dyn Write) -> std::io::Result<()> {
    let of_figures = COLUMNS.map(|(key, title)| ReportColumn::estimates(key, title));
    let columns = std::iter::once(ReportColumn::words("sampler", "")).chain(of_figures);
    let mut table = ReportTable::new("samplers", "", columns);
    for (at, judged) in runs.first().into_iter().flatten().enumerate() {
        let of_seeds: Vec<[f64; 6]> = runs
            .iter()
            .filter_map(|run| run.get(at))
            .map(figures)
            .collect();
        let cells =
            (0..COLUMNS.len()).map(|column| spread(of_seeds.iter().map(|figures| figures[column])));
        table.row(std::iter::once(name(judged).into()).chain(cells));
    }
    write!(out, "{}", table.rows_as_text())?;
    writeln!(
        out,
        "\nTransitions and lengths: Jensen-Shannon divergence, in bits, from the histories of \
         users that were not read; 0 is the same.\nCopied: share of stretches of {COPY_LEN} \
         events, and of whole histories, that stand in the training histories.\nHR@10, NDCG@10: of \
         a model that learnt from these histories alone, on validation questions of real \
         users.\nThe first line is the measure: real histories in the place of synthetic ones."
    )
}

/// The mean, with the standard deviation where there are several.
fn spread(values: impl Iterator<Item = f64>) -> ReportCell {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    if values.len() < 2 {
        return CellValue::Metric(mean).into();
    }
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    CellValue::Estimate {
        value: mean,
        scatter: variance.sqrt(),
    }
    .into()
}
