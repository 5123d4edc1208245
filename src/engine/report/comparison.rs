//! Runs beside each other, user by user: by the one metric that was asked for, and by every other.

use super::contrast::{gain_cells, gain_columns, p_cells, p_columns};
use super::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable, words};
use crate::run::{Compared, Comparison, Contrast, MeasuredRun, Versus};
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::{LEVEL, N_RESAMPLES, SEED, Statistic};
use seqscope_base::spec::Entry;

/// The runs by the metric of a comparison: intervals, gains over the first run, tests, trials.
#[must_use]
pub fn by_user(found: &Comparison) -> ReportTable {
    let title = found.metric.title();
    let columns = [
        ReportColumn::words("run", "Run")
            .help("The first is the one that the others are compared with"),
        ReportColumn::numbers("value", title).help(found.metric.hover()),
        ReportColumn::intervals("interval", "Interval").help(Statistic::Bootstrap.hover()),
        ReportColumn::numbers("gain", "Gain").help("Mean gain over the first run"),
        ReportColumn::intervals("gain_interval", "Interval").detail(),
        ReportColumn::numbers("d_z", "d_z").help(Statistic::EffectSize.hover()),
        ReportColumn::numbers("better", "Better")
            .help("Share of users who fare better than under the first run"),
        ReportColumn::numbers("worse", "Worse")
            .help("Share of users who fare worse than under the first run"),
    ];
    let last = [
        ReportColumn::numbers("trials", "Trials").help(
            "Saved runs of the same data, split, task and family: the run may be the best of so \
             many",
        ),
        ReportColumn::words("note", ""),
    ];
    let columns = columns.into_iter().chain(p_columns()).chain(last);
    let mut table = ReportTable::new("comparison", format!("{title} on test by user"), columns);
    table.lead.push(format!("{}.", intervals()));
    let is_compared = found
        .runs
        .iter()
        .any(|run| matches!(run.against_first, Some(Ok(_))));
    if let (true, Some(first)) = (is_compared, found.runs.first()) {
        table.lead.push(format!(
            "Gains over `{}`, positive where better; two-sided p of sign flips and of Wilcoxon's \
             signed ranks, by Holm over all {} differences that are tested here.",
            first.id, found.n_tests
        ));
    }
    for run in &found.runs {
        table.row(compared_cells(run));
    }
    table.notes = found
        .groups
        .iter()
        .map(|seeds| {
            let group = &seeds.group;
            let ids: Vec<String> = seeds.ids.iter().map(|id| format!("`{id}`")).collect();
            format!(
                "Over {} seeds {title} is {}, t interval {}, standard deviation {}: {}.",
                group.n_runs,
                words::metric(group.mean),
                words::interval(group.interval),
                words::metric(group.deviation),
                ids.join(", ")
            )
        })
        .collect();
    table
}

/// How intervals of this program are made.
pub(super) fn intervals() -> String {
    format!(
        "{:.0} % intervals of {} bootstrap resamples of users, seed {SEED}",
        LEVEL * 100.0,
        words::count(N_RESAMPLES)
    )
}

fn compared_cells(run: &Compared) -> Vec<ReportCell> {
    let why = match &run.against_first {
        Some(Err(why)) => Some(why.as_str()),
        Some(Ok(_)) | None => None,
    };
    let value = ReportCell::from(run.value.map(CellValue::Metric));
    let value = match why {
        Some(_) => value.with(Emphasis::Weak),
        None => value,
    };
    let mut cells = vec![
        CellValue::Run(run.id.clone()).into(),
        value,
        run.interval.map(CellValue::Interval).into(),
    ];
    cells.extend(match &run.against_first {
        Some(Ok(versus)) => versus_cells(versus),
        Some(Err(_)) | None => vec![ReportCell::empty(); 7],
    });
    cells.push(CellValue::Count(run.n_trials).into());
    cells.extend(why.map(not_compared));
    cells
}

/// Why a run stands by itself.
fn not_compared(why: &str) -> ReportCell {
    ReportCell::from(format!("not compared: {why}"))
        .with(Emphasis::Weak)
        .hover("Figures that were made otherwise say nothing beside each other.")
}

fn versus_cells(versus: &Versus) -> Vec<ReportCell> {
    let effect = &versus.paired.effect;
    let mut cells = vec![
        ReportCell::from(CellValue::Gain(effect.mean))
            .hover(words::counted(effect.n_users, "user")),
        versus.interval.map(CellValue::Interval).into(),
        effect.d_z.map(CellValue::EffectSize).into(),
        CellValue::Share(effect.share_better).into(),
        CellValue::Share(effect.share_worse).into(),
    ];
    cells.extend(p_cells(Some(&versus.paired)));
    cells
}

/// The runs by every metric, each against the first; `None` where no run tells any.
#[must_use]
pub fn by_metric(found: &[MeasuredRun]) -> Option<ReportTable> {
    let metrics = metrics(found);
    if metrics.is_empty() {
        return None;
    }
    let mut columns = vec![
        ReportColumn::words("metric", "Metric"),
        ReportColumn::words("run", "Run"),
        ReportColumn::numbers("value", "Value"),
        ReportColumn::intervals("interval", "Interval").detail(),
    ];
    if found.len() > 1 {
        columns.extend(gain_columns("the first run"));
        columns.push(ReportColumn::words("note", ""));
    }
    let mut table = ReportTable::new("metrics", "Every metric on test", columns);
    let against = found
        .iter()
        .filter_map(|run| run.against_first.as_ref()?.as_ref().ok());
    let tests = match n_tests(against.flatten()) {
        0 => String::new(),
        n => format!("; p by Holm over {n}"),
    };
    table.lead.push(format!("{}{tests}.", intervals()));
    for metric in metrics {
        for run in found {
            table.rows.extend(measured_cells(run, metric));
        }
    }
    Some(table)
}

/// Metrics that any run tells, in the order in which they are first told.
fn metrics(found: &[MeasuredRun]) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for measure in found.iter().flat_map(|run| &run.measures) {
        if !metrics.contains(&measure.metric) {
            metrics.push(measure.metric);
        }
    }
    metrics
}

fn measured_cells(run: &MeasuredRun, metric: Metric) -> Option<Vec<ReportCell>> {
    let measure = run
        .measures
        .iter()
        .find(|measure| measure.metric == metric)?;
    let mut cells = vec![
        ReportCell::from(metric.title()).hover(metric.hover()),
        CellValue::Run(run.id.clone()).into(),
        CellValue::Metric(measure.value).into(),
        measure.interval.map(CellValue::Interval).into(),
    ];
    match &run.against_first {
        Some(Ok(contrasts)) => {
            let contrast = contrasts.iter().find(|contrast| contrast.metric == metric);
            cells.extend(contrast.into_iter().flat_map(gain_cells));
        }
        Some(Err(why)) => {
            cells.extend(vec![ReportCell::empty(); 7]);
            cells.push(not_compared(why));
        }
        None => {}
    }
    Some(cells)
}

/// How many differences were tested.
pub(super) fn n_tests<'a>(contrasts: impl Iterator<Item = &'a Contrast>) -> usize {
    contrasts
        .filter(|contrast| contrast.paired.is_some())
        .count()
}
