//! Groups of runs that differ in their seed alone: the groups beside their references, and how they
//! differ from each other.

use super::contrast::{SURE, p_cells, p_columns};
use super::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable, words};
use crate::run::{
    Contestant, GroupDifference, GroupMeasure, GroupPair, GroupedRuns, IntervalSource,
    ReferenceBeside, RunGroup, RunId,
};
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::{Interval, LEVEL, N_RESAMPLES, SEED, Statistic};
use seqscope_base::spec::Entry as _;

/// The groups with their references, and every pair of groups; the pairs are left out where there is
/// one group and no reference.
#[must_use]
pub fn group_tables(found: &GroupedRuns) -> Vec<ReportTable> {
    let mut tables = vec![groups_table(found)];
    if !found.pairs.is_empty() {
        tables.push(pairs_table(found));
    }
    tables
}

/// Metrics that all groups tell, in the order of the first.
fn metrics(found: &GroupedRuns) -> Vec<Metric> {
    let first = found
        .groups
        .first()
        .map_or(&[][..], |group| &group.measures);
    first
        .iter()
        .map(|measure| measure.metric)
        .filter(|metric| {
            found
                .groups
                .iter()
                .all(|group| group.measure(*metric).is_some())
        })
        .collect()
}

fn groups_table(found: &GroupedRuns) -> ReportTable {
    let metrics = metrics(found);
    let columns = [
        ReportColumn::words("model", "Model"),
        ReportColumn::numbers("seeds", "Seeds").help("Runs that differ in their seed alone"),
    ];
    let columns = columns
        .into_iter()
        .chain(metrics.iter().map(|metric| {
            ReportColumn::estimates(metric.name(), metric.title()).help(metric.hover())
        }))
        .chain([ReportColumn::intervals(
            "interval",
            format!("Interval of {}", found.metric.title()),
        )]);
    let mut table = ReportTable::new("groups", "Test, mean over seeds", columns);
    table.lead = vec![format!("{}.", how_intervals_are_made(found))];
    for group in &found.groups {
        let mut cells = vec![
            ReportCell::from(group.label.clone())
                .of_data()
                .hover(runs_of(group)),
            CellValue::Count(group.ids.len()).into(),
        ];
        cells.extend(metrics.iter().map(|metric| {
            let measure = group.measure(*metric);
            let told = measure.map(|of| ToldValue::new(of.mean, of.interval));
            let hover = measure.map_or_else(String::new, spread);
            estimate(told)
                .hover(hover)
                .with(emphasis(found, *metric, told))
        }));
        let interval = group.measure(found.metric).and_then(|of| of.interval);
        cells.push(interval.map(CellValue::Interval).into());
        table.row(cells);
    }
    for reference in &found.references {
        table.row(reference_cells(found, reference, &metrics));
    }
    table.notes = found.groups.iter().map(signs_of).collect();
    table.notes.extend(found.order.iter().cloned());
    if let Some(best) = found.best_reference {
        table.notes.push(format!(
            "Of the references {} was the best on validation, so it is the one that is tested \
             below.",
            best.title()
        ));
    }
    table
}

fn reference_cells(
    found: &GroupedRuns,
    reference: &ReferenceBeside,
    metrics: &[Metric],
) -> Vec<ReportCell> {
    let told = |metric: Metric| {
        let measure = reference.measures.iter().find(|of| of.metric == metric);
        measure.map(|of| ToldValue::new(of.value, of.interval))
    };
    let mut cells: Vec<ReportCell> = vec![reference.kind.title().into(), ReportCell::empty()];
    cells.extend(
        metrics
            .iter()
            .map(|&metric| estimate(told(metric)).with(emphasis(found, metric, told(metric)))),
    );
    let interval = told(found.metric).and_then(|told| told.interval);
    cells.push(interval.map(CellValue::Interval).into());
    cells
}

/// A value with its interval, of a group or of a reference.
#[derive(Clone, Copy)]
struct ToldValue {
    value: f64,
    interval: Option<Interval>,
}

impl ToldValue {
    fn new(value: f64, interval: Option<Interval>) -> Self {
        Self { value, interval }
    }
}

/// Says whose chance the intervals are of.
fn how_intervals_are_made(found: &GroupedRuns) -> String {
    let percent = LEVEL * 100.0;
    let of_seeds = format!("Student's t interval over seeds, {percent:.0} %");
    let of_users = format!(
        "the {percent:.0} % interval of {} bootstrap resamples of users, seed {SEED}",
        words::count(N_RESAMPLES)
    );
    let by = |source| {
        found
            .groups
            .iter()
            .any(|group| group.intervals_by() == source)
    };
    match (by(IntervalSource::Seeds), by(IntervalSource::Users)) {
        (true, true) => format!(
            "Behind ± stands half of an interval: of several seeds {of_seeds}; of one seed, and of \
             references, {of_users}"
        ),
        (true, false) if found.references.is_empty() => {
            format!("Behind ± stands half of {of_seeds}")
        }
        (true, false) => format!(
            "Behind ± stands half of an interval: of models {of_seeds}; of references {of_users}"
        ),
        (false, _) => format!(
            "There is one seed of each, so that nothing is known of other seeds: behind ± stands \
             half of {of_users}"
        ),
    }
}

/// The runs of a group with their seeds.
fn runs_of(group: &RunGroup) -> String {
    let of_run = |(id, seed): (&RunId, &u64)| format!("seed {seed}: {id}");
    let lines: Vec<String> = group.ids.iter().zip(&group.seeds).map(of_run).collect();
    lines.join("\n")
}

/// The runs of a group by the signs at the end of their names.
fn signs_of(group: &RunGroup) -> String {
    let sign = |id: &RunId| id.0.rsplit('_').next().unwrap_or_default().to_owned();
    let of_run = |(id, seed)| format!("{} (seed {seed})", sign(id));
    let runs: Vec<String> = group.ids.iter().zip(&group.seeds).map(of_run).collect();
    format!("Runs of {}: {}.", group.label, runs.join(", "))
}

/// The value of each run, and how they scatter.
fn spread(measure: &GroupMeasure) -> String {
    let values: Vec<String> = measure
        .values
        .iter()
        .map(|value| words::metric(*value))
        .collect();
    let deviation = measure.deviation.map_or_else(String::new, |deviation| {
        format!("\nstandard deviation {}", words::metric(deviation))
    });
    format!("{}{deviation}", values.join(", "))
}

/// A value with half of its interval; the value alone where there is none.
fn estimate(told: Option<ToldValue>) -> ReportCell {
    let value = told.map(|told| match told.interval {
        Some(interval) => CellValue::Estimate {
            value: told.value,
            scatter: interval.half_width(),
        },
        None => CellValue::Metric(told.value),
    });
    value.into()
}

/// Strong where nothing in the column is better.
fn emphasis(found: &GroupedRuns, metric: Metric, told: Option<ToldValue>) -> Emphasis {
    let of_groups = found
        .groups
        .iter()
        .filter_map(|group| Some(group.measure(metric)?.mean));
    let of_references = found.references.iter().filter_map(|reference| {
        let measure = reference.measures.iter().find(|of| of.metric == metric)?;
        Some(measure.value)
    });
    let mut all = of_groups.chain(of_references);
    match told {
        Some(own) if !all.any(|other| metric.is_better(other, own.value)) => Emphasis::Strong,
        Some(_) | None => Emphasis::Plain,
    }
}

fn pairs_table(found: &GroupedRuns) -> ReportTable {
    let title = found.metric.title();
    let columns = [
        ReportColumn::words("better", "Better"),
        ReportColumn::words("than", "Than"),
        ReportColumn::numbers("gain", "Gain")
            .help("Mean over users of the gain in the mean over seeds"),
        ReportColumn::intervals("gain_interval", "Interval").help(
            "With other users and other seeds where both groups have several, else with other \
             users alone",
        ),
        ReportColumn::numbers("relative", "Relative")
            .help("The gain as a share of the other's value"),
        ReportColumn::numbers("d_z", "d_z").help(Statistic::EffectSize.hover()),
        ReportColumn::numbers("users_better", "Users better")
            .help("Share of users who fare better"),
        ReportColumn::numbers("users_worse", "Users worse").help("Share of users who fare worse"),
        ReportColumn::numbers("p_both", "p users, seeds").help(format!(
            "{}, corrected by Holm\n\n{}",
            Statistic::TwoSources.title(),
            Statistic::TwoSources.hover()
        )),
    ];
    let columns = columns
        .into_iter()
        .chain(p_columns())
        .chain([ReportColumn::words("note", "")]);
    let mut table = ReportTable::new("pairs", format!("Differences in {title} on test"), columns);
    table.lead = vec![format!(
        "every pair of groups{}, user by user on the mean over seeds; two-sided p by Holm over {} \
         {}.",
        if found.best_reference.is_some() {
            " and each group with the best reference"
        } else {
            ""
        },
        found.n_tests,
        if found.n_tests == 1 { "pair" } else { "pairs" },
    )];
    for pair in &found.pairs {
        table.row(pair_cells(found, pair));
    }
    table.notes = assumptions(found);
    table
}

/// Names a side as the table of groups does.
fn name_of(found: &GroupedRuns, who: Contestant) -> ReportCell {
    match who {
        Contestant::Group(at) => {
            let label = found.groups.get(at).map(|group| group.label.clone());
            ReportCell::from(label.unwrap_or_default()).of_data()
        }
        Contestant::Reference(kind) => kind.title().into(),
    }
}

fn pair_cells(found: &GroupedRuns, pair: &GroupPair) -> Vec<ReportCell> {
    let mut cells = vec![name_of(found, pair.better), name_of(found, pair.other)];
    match &pair.found {
        Ok(difference) => cells.extend(difference_cells(difference)),
        Err(why) => {
            cells.extend(vec![ReportCell::empty(); 9]);
            cells.push(ReportCell::from(format!("not compared: {why}")).with(Emphasis::Weak));
        }
    }
    cells
}

fn difference_cells(difference: &GroupDifference) -> Vec<ReportCell> {
    let effect = &difference.paired.effect;
    let mut cells: Vec<ReportCell> = vec![
        ReportCell::from(CellValue::Gain(difference.gain))
            .hover(words::counted(difference.n_users, "user")),
        difference.interval.map(CellValue::Interval).into(),
        difference.relative.map(CellValue::Relative).into(),
        effect.d_z.map(CellValue::EffectSize).into(),
        CellValue::Share(effect.share_better).into(),
        CellValue::Share(effect.share_worse).into(),
        both_cell(difference),
    ];
    cells.extend(p_cells(Some(&difference.paired)));
    cells
}

/// The corrected p of users and seeds.
fn both_cell(difference: &GroupDifference) -> ReportCell {
    match difference.both.zip(difference.both_corrected) {
        Some((both, corrected)) => ReportCell::from(CellValue::PValue(corrected))
            .hover(format!(
                "{} before the correction; standard error {}, {} of its square from users, {} \
                 degrees of freedom",
                words::p_value(both.p),
                words::metric(both.error),
                words::share(both.of_users),
                words::decimals(both.degrees, 1)
            ))
            .with(if corrected <= SURE {
                Emphasis::Strong
            } else {
                Emphasis::Plain
            }),
        None => ReportCell::unknown_because(
            "A group has one seed, or nothing varies, so what other seeds would give is not known",
        ),
    }
}

/// What the tests go by, for the reader of the table.
fn assumptions(found: &GroupedRuns) -> Vec<String> {
    let has_both = found.pairs.iter().any(|pair| {
        pair.found
            .as_ref()
            .is_ok_and(|difference| difference.both.is_some())
    });
    let mut notes = Vec::new();
    if has_both {
        notes.push(
            "p users, seeds: would the difference stay with other users and other seeds; Welch's t \
             with the variance over users added to that over the seeds of each group (Owen 2007, \
             Satterthwaite 1946). Users and seeds are taken as independent draws, their means as \
             about normal."
                .to_owned(),
        );
    }
    notes.push(
        "p flips, p ranks: would it stay with other users and these very seeds; sign flips and \
         Wilcoxon's signed ranks of the users' gains."
            .to_owned(),
    );
    let lone: Vec<&str> = found
        .groups
        .iter()
        .filter(|group| group.ids.len() == 1)
        .map(|group| group.label.as_str())
        .collect();
    if !lone.is_empty() {
        notes.push(format!(
            "{} was trained with one seed, and its luck is not known: `--seeds 3` trains three.",
            lone.join(", ")
        ));
    }
    notes
}

/// The groups by every metric, a row each; `None` where they tell none.
#[must_use]
pub fn group_metrics_table(found: &GroupedRuns) -> Option<ReportTable> {
    let metrics = metrics(found);
    if metrics.is_empty() {
        return None;
    }
    let columns = [
        ReportColumn::words("metric", "Metric"),
        ReportColumn::words("model", "Model"),
        ReportColumn::numbers("seeds", "Seeds"),
        ReportColumn::numbers("value", "Mean"),
        ReportColumn::numbers("deviation", "Deviation").help("Over seeds, with n - 1"),
        ReportColumn::intervals("interval", "Interval"),
    ];
    let mut table = ReportTable::new("metrics", "Every metric on test, mean over seeds", columns);
    table.lead = vec![format!("{}.", how_intervals_are_made(found))];
    for metric in metrics {
        for group in &found.groups {
            let Some(measure) = group.measure(metric) else {
                continue;
            };
            table.row([
                ReportCell::from(metric.title()).hover(metric.hover()),
                ReportCell::from(group.label.clone()).of_data(),
                CellValue::Count(group.ids.len()).into(),
                CellValue::Metric(measure.mean).into(),
                measure.deviation.map(CellValue::Metric).into(),
                measure.interval.map(CellValue::Interval).into(),
            ]);
        }
    }
    Some(table)
}
