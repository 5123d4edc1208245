//! Figures of runs: their curves, their figures with intervals, and what the models are like.

use super::{
    BarFigure, CurveFigure, CurveSmoothing, FigureAxis, FigureBar, FigureBody, FigureColor,
    FigureFlag, FigureLevel, FigureSeries, HeatFigure, HeatScale, NamedColor, PrintFigure,
    RunColor, SeriesForm,
};
use crate::report::{SlicedRun, words};
use crate::run::{
    AgainstReference, Curve, CurveAxis, Curves, Manifest, MeasuredRun, ParamHistograms, Part,
    RunId, SeedMean, SeedRuns, why_not_comparable,
};
use seqscope_base::metric::statistics::{Interval, LEVEL};
use seqscope_base::metric::{AnswerKind, Better, Metric, Reliability};
use seqscope_base::spec::Entry;
use seqscope_model::{Counted, ValueCounts};

/// A run as figures tell of it.
#[derive(Clone, Copy, Debug)]
pub struct FiguredRun<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// Its curves.
    pub curves: &'a Curves,
}

/// A run whose chances are held against what came true.
#[derive(Clone, Copy, Debug)]
pub struct ReliableRun<'a> {
    /// Name of the run.
    pub id: &'a RunId,
    /// Its chances beside frequencies.
    pub reliability: &'a Reliability,
}

/// Choice of the curves that are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CurvesAsked {
    /// Metric on validation; the loss where there is none.
    pub metric: Option<Metric>,
    /// Axis along which they lie.
    pub x: CurveAxis,
    /// Whether the upright axis is logarithmic.
    pub is_log: bool,
    /// Way in which they are smoothed; the raw curve stays behind.
    pub smoothing: CurveSmoothing,
    /// Whether runs that differ in their seed alone are drawn as their mean and range.
    pub by_seed: bool,
}

/// References that are drawn: more of them would hide the curves and each other.
const N_LEVELS: usize = 3;

/// Curves of runs over each other: the loss of a single run on training and validation, of several
/// on validation; or a metric on validation, with the best references where all runs may be compared.
#[must_use]
pub fn curves_figure(runs: &[FiguredRun<'_>], asked: CurvesAsked) -> PrintFigure {
    let ids: Vec<&RunId> = runs.iter().map(|run| &run.manifest.id).collect();
    let mut drawn = CurveFigure {
        x: FigureAxis {
            is_whole: matches!(asked.x, CurveAxis::Epoch | CurveAxis::Step),
            ..FigureAxis::named(asked.x.to_string())
        },
        y: FigureAxis {
            is_log: asked.is_log,
            ..FigureAxis::named(y_label(runs, asked.metric))
        },
        ..CurveFigure::default()
    };
    let mut grouped: Vec<&RunId> = Vec::new();
    let mut caption = Vec::new();
    if asked.by_seed {
        let manifests: Vec<&Manifest> = runs.iter().map(|run| run.manifest).collect();
        let groups = SeedRuns::among(&manifests);
        for group in &groups {
            seeds_onto(&mut drawn, runs, &group.ids, asked);
        }
        if !groups.is_empty() {
            caption.push(
                "Thick lines are means over seeds; the band is from the lowest to the highest of \
                 them, and is no interval."
                    .to_owned(),
            );
        }
        let all: Vec<&RunId> = groups.iter().flat_map(|group| &group.ids).collect();
        grouped.extend(ids.iter().filter(|id| all.contains(id)));
    }
    let alone = runs
        .iter()
        .filter(|run| !grouped.contains(&&run.manifest.id));
    for run in alone {
        let color = RunColor::among(&run.manifest.id, ids.iter().copied()).into();
        run_onto(&mut drawn, *run, color, asked, runs.len() == 1);
    }
    if let Some(metric) = asked.metric {
        best_onto(&mut drawn, metric);
        drawn.levels = shared_levels(runs, metric);
    }
    if asked.smoothing != CurveSmoothing::Off {
        caption.push(smoothing_words(asked.smoothing));
    }
    if !drawn.levels.is_empty() {
        caption.push("Dashed: the best references on the same questions.".to_owned());
    }
    PrintFigure {
        title: match asked.metric {
            Some(metric) => format!("{} on validation", metric.title()),
            None => "Loss".to_owned(),
        },
        caption,
        body: FigureBody::Curves(drawn),
    }
}

fn y_label(runs: &[FiguredRun<'_>], metric: Option<Metric>) -> String {
    if let Some(metric) = metric {
        return metric.title().to_owned();
    }
    let answers = runs.first().map(|run| run.manifest.experiment.answers());
    match answers.unwrap_or_default() {
        AnswerKind::Number => "Loss (squared, on the model's scale)",
        AnswerKind::Ranking | AnswerKind::Classes | AnswerKind::Binary => "Loss (nats an event)",
    }
    .to_owned()
}

fn smoothing_words(smoothing: CurveSmoothing) -> String {
    match smoothing {
        CurveSmoothing::Off => String::new(),
        CurveSmoothing::Average(weight) => format!(
            "Smoothed by a moving average of weight {weight}; the raw curves lie pale behind."
        ),
        CurveSmoothing::Gaussian(bandwidth) => format!(
            "Smoothed by a Gaussian of {bandwidth} mean spacings; the raw curves lie pale behind."
        ),
    }
}

fn curve_of(run: FiguredRun<'_>, asked: CurvesAsked, part: Part) -> Curve {
    let name = asked.metric.map_or("loss", |metric| metric.name());
    run.curves.along(asked.x, part, name).unwrap_or_default()
}

/// Adds a run's curve, smoothed where that was asked for; the loss of a single run in two parts.
fn run_onto(
    drawn: &mut CurveFigure,
    run: FiguredRun<'_>,
    color: FigureColor,
    asked: CurvesAsked,
    is_single: bool,
) {
    if is_single && asked.metric.is_none() {
        let parts = [(Part::Train, "training", 0), (Part::Valid, "validation", 1)];
        for (part, name, at) in parts {
            let curve = curve_of(run, asked, part);
            series_onto(drawn, name, FigureColor::of_series(at), &curve, asked);
        }
    } else {
        let curve = curve_of(run, asked, Part::Valid);
        series_onto(drawn, &run.manifest.id.0, color, &curve, asked);
    }
}

fn series_onto(
    drawn: &mut CurveFigure,
    name: &str,
    color: FigureColor,
    curve: &Curve,
    asked: CurvesAsked,
) {
    let is_smoothed = asked.smoothing != CurveSmoothing::Off;
    if is_smoothed {
        drawn.series.push(FigureSeries {
            color,
            form: SeriesForm::Pale,
            points: curve.to_vec(),
            ..FigureSeries::default()
        });
    }
    drawn.series.push(FigureSeries {
        name: name.to_owned(),
        color,
        form: form_of(curve.len()),
        points: asked.smoothing.of(curve),
        band: Vec::new(),
    });
}

/// Few points are marked each: between them nothing was measured.
fn form_of(n_points: usize) -> SeriesForm {
    if n_points <= 40 {
        SeriesForm::Marked
    } else {
        SeriesForm::Line
    }
}

/// Adds runs of several seeds: each thin, their mean, and the band between lowest and highest.
fn seeds_onto(drawn: &mut CurveFigure, runs: &[FiguredRun<'_>], ids: &[RunId], asked: CurvesAsked) {
    let members: Vec<FiguredRun<'_>> = runs
        .iter()
        .copied()
        .filter(|run| ids.contains(&run.manifest.id))
        .collect();
    let Some(first) = members.first() else { return };
    let others = runs.iter().map(|run| &run.manifest.id);
    let beside = others.filter(|id| !ids.contains(id));
    let color = RunColor::of_group(&first.manifest.id, beside).into();
    let curves: Vec<Curve> = members
        .iter()
        .map(|run| curve_of(*run, asked, Part::Valid))
        .collect();
    for curve in &curves {
        drawn.series.push(FigureSeries {
            color,
            form: SeriesForm::Pale,
            points: curve.to_vec(),
            ..FigureSeries::default()
        });
    }
    let mean = SeedMean::along(asked.x, &curves);
    let ends = mean.low.iter().zip(mean.high.iter());
    drawn.series.push(FigureSeries {
        name: format!(
            "{}, mean of {} seeds",
            first.manifest.experiment.name,
            members.len()
        ),
        color,
        form: form_of(mean.mean.len()),
        points: asked.smoothing.of(&mean.mean),
        band: ends.map(|(low, high)| [low[0], low[1], high[1]]).collect(),
    });
    let fewer = mean.first_fewer().and_then(|[x, left]| {
        Some(FigureFlag {
            at: [x, mean.mean.value_at(x)?],
            text: format!("{left} of {} seeds from here", members.len()),
        })
    });
    drawn.flags.extend(fewer);
}

/// Marks the best point of every named curve.
fn best_onto(drawn: &mut CurveFigure, metric: Metric) {
    let best = drawn.series.iter().filter_map(|series| {
        let points = series.points.iter().filter(|point| point[1].is_finite());
        let at = match metric.better() {
            Better::Lower => points.min_by(|a, b| a[1].total_cmp(&b[1])),
            Better::Higher | Better::Neither => points.max_by(|a, b| {
                // Of equals the first.
                a[1].total_cmp(&b[1]).then(b[0].total_cmp(&a[0]))
            }),
        };
        let at = at.filter(|_| !series.name.is_empty())?;
        Some(FigureFlag {
            at: *at,
            text: words::metric(at[1]),
        })
    });
    let best: Vec<FigureFlag> = best.collect();
    drawn.flags.extend(best);
}

/// The best references, where all runs may be compared: otherwise each has its own.
fn shared_levels(runs: &[FiguredRun<'_>], metric: Metric) -> Vec<FigureLevel> {
    let Some((first, others)) = runs.split_first() else {
        return Vec::new();
    };
    let is_shared = others
        .iter()
        .all(|other| why_not_comparable(first.manifest, other.manifest).is_none());
    let references = first.manifest.references_valid.iter();
    let levels = references.filter_map(|(kind, metrics)| {
        Some(FigureLevel {
            name: kind.title().to_owned(),
            value: metrics.get(metric)?,
        })
    });
    let mut levels: Vec<FigureLevel> = levels.filter(|_| is_shared).collect();
    let gain = |level: &FigureLevel| metric.gain(level.value, 0.0);
    levels.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
    levels.truncate(N_LEVELS);
    levels
}

fn interval_words() -> String {
    format!(
        "Bars: {:.0} % intervals of the bootstrap over users.",
        LEVEL * 100.0
    )
}

fn bounds(of: Interval) -> [f64; 2] {
    [of.low, of.high]
}

/// Runs as the legend of rows that are theirs.
fn legend_of(ids: &[&RunId]) -> Vec<NamedColor> {
    let named = ids.iter().map(|id| NamedColor {
        name: id.0.clone(),
        color: color_in(id, ids),
    });
    if ids.len() > 1 {
        named.collect()
    } else {
        Vec::new()
    }
}

fn color_in(id: &RunId, ids: &[&RunId]) -> FigureColor {
    RunColor::among(id, ids.iter().copied()).into()
}

/// Test figures of runs with their intervals, metric by metric.
#[must_use]
pub fn metrics_figure(found: &[MeasuredRun]) -> PrintFigure {
    let ids: Vec<&RunId> = found.iter().map(|run| &run.id).collect();
    let mut metrics: Vec<Metric> = Vec::new();
    for measure in found.iter().flat_map(|run| &run.measures) {
        if !metrics.contains(&measure.metric) {
            metrics.push(measure.metric);
        }
    }
    let rows = metrics.iter().flat_map(|metric| {
        let of_metric = found.iter().filter_map(|run| {
            let mut measures = run.measures.iter();
            Some((run, measures.find(|measure| measure.metric == *metric)?))
        });
        of_metric
            .enumerate()
            .map(|(at, (run, measure))| FigureBar {
                name: if at == 0 {
                    metric.title().to_owned()
                } else {
                    String::new()
                },
                value: measure.value,
                interval: measure.interval.map(bounds),
                color: color_in(&run.id, &ids),
                ..FigureBar::default()
            })
            .collect::<Vec<_>>()
    });
    PrintFigure {
        title: "Metrics on test".to_owned(),
        caption: vec![interval_words()],
        body: FigureBody::Bars(BarFigure {
            axis: FigureAxis::named("Value on test"),
            rows: rows.collect(),
            legend: legend_of(&ids),
            zero: None,
        }),
    }
}

/// Gains of a run over each of its references by one metric, with intervals.
#[must_use]
pub fn gains_figure(id: &RunId, found: &[AgainstReference], metric: Metric) -> PrintFigure {
    let rows = found
        .iter()
        .filter(|row| row.contrast.metric == metric)
        .map(|row| FigureBar {
            name: row.reference.title().to_owned(),
            value: row.contrast.gain,
            interval: row.contrast.gain_interval.map(bounds),
            color: color_in(id, &[id]),
            ..FigureBar::default()
        });
    PrintFigure {
        title: format!("{id} against its references"),
        caption: vec![format!(
            "Positive where the run is better than the reference. {}",
            interval_words()
        )],
        body: FigureBody::Bars(BarFigure {
            axis: FigureAxis::named(format!("Gain in {} on test", metric.title())),
            rows: rows.collect(),
            legend: Vec::new(),
            zero: Some(0.0),
        }),
    }
}

/// Runs by slices of the users, by one metric.
#[must_use]
pub fn slices_figure(runs: &[SlicedRun<'_>], metric: Metric) -> PrintFigure {
    let ids: Vec<&RunId> = runs.iter().map(|run| run.id).collect();
    let mut rows: Vec<FigureBar> = Vec::new();
    let mut named: Vec<(String, String)> = Vec::new();
    for slice in runs.iter().flat_map(|run| run.slices) {
        let name = (slice.by.to_string(), slice.name.clone());
        if !named.contains(&name) {
            named.push(name);
        }
    }
    // Slices of one kind stand together, in the order in which the first run tells of them.
    let mut kinds: Vec<String> = named.iter().map(|(by, _)| by.clone()).collect();
    kinds.dedup();
    let place = |by: &String| kinds.iter().position(|kind| kind == by);
    named.sort_by_key(|(by, _)| place(by));
    for (by, name) in named {
        let mut is_first = true;
        for SlicedRun { id, slices } in runs {
            let found = slices
                .iter()
                .find(|slice| slice.by.to_string() == by && slice.name == name);
            let Some(slice) = found else { continue };
            rows.push(FigureBar {
                group: sentence_case(&by),
                name: if is_first {
                    format!("{name} ({})", words::count(slice.n_users))
                } else {
                    String::new()
                },
                value: slice.value,
                interval: slice.interval.map(bounds),
                color: color_in(id, &ids),
            });
            is_first = false;
        }
    }
    PrintFigure {
        title: format!("{} on test by slice of users", metric.title()),
        caption: vec![format!("In brackets: users. {}", interval_words())],
        body: FigureBody::Bars(BarFigure {
            axis: FigureAxis::named(metric.title()),
            rows,
            legend: legend_of(&ids),
            zero: None,
        }),
    }
}

fn sentence_case(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Chances that runs gave beside how often they came true; on the line where they are frequencies.
#[must_use]
pub fn reliability_figure(runs: &[ReliableRun<'_>]) -> PrintFigure {
    let ids: Vec<&RunId> = runs.iter().map(|run| run.id).collect();
    let diagonal = FigureSeries {
        name: "chances that are frequencies".to_owned(),
        color: FigureColor::Weak,
        form: SeriesForm::Dashed,
        points: vec![[0.0, 0.0], [1.0, 1.0]],
        band: Vec::new(),
    };
    let of_runs = runs
        .iter()
        .map(|ReliableRun { id, reliability }| FigureSeries {
            name: id.0.clone(),
            color: color_in(id, &ids),
            form: SeriesForm::Marked,
            points: reliability
                .filled()
                .map(|(_, bin)| [bin.confidence, bin.frequency])
                .collect(),
            band: Vec::new(),
        });
    let unit = |label: &str| FigureAxis {
        range: Some([0.0, 1.0]),
        ..FigureAxis::named(label)
    };
    PrintFigure {
        title: "Reliability on test".to_owned(),
        caption: vec![format!(
            "Answers in {} bins of equal width by the chance that was given; empty bins are left out.",
            seqscope_base::metric::N_BINS
        )],
        body: FigureBody::Curves(CurveFigure {
            x: unit("Mean chance given"),
            y: unit("Share that came true"),
            series: std::iter::once(diagonal).chain(of_runs).collect(),
            ..CurveFigure::default()
        }),
    }
}

/// Sizes of a model's numbers, epoch by epoch: the share of them in each bin.
#[must_use]
pub fn histograms_figure(histograms: &ParamHistograms) -> PrintFigure {
    let bins = histograms.shown_bins();
    let rows: Vec<String> = bins
        .iter()
        .rev()
        .map(|[first, last]| {
            let (low, high) = (ValueCounts::ends(*first)[0], ValueCounts::ends(*last)[1]);
            // The end farther from 0 names a bin; of the one around 0 both are alike.
            let end = if high <= 0.0 { low } else { high };
            if low < 0.0 && high > 0.0 {
                "0".to_owned()
            } else {
                words::number(end)
            }
        })
        .collect();
    let mut values = Vec::with_capacity(bins.len() * histograms.epochs.len());
    for [first, last] in bins.iter().rev() {
        values.extend(histograms.counts.iter().map(|counts| {
            let held = counts.bins.get(*first..=*last).unwrap_or_default();
            held.iter().sum::<u64>() as f32 / counts.total().max(1) as f32
        }));
    }
    let what = match histograms.counted {
        Counted::Weights => "Weights",
        Counted::Gradients => "Gradients",
    };
    PrintFigure {
        title: format!("{what} of {} by size", histograms.name),
        caption: vec!["Bins grow with their distance from 0, two an octave.".to_owned()],
        body: FigureBody::Heat(HeatFigure {
            x: "Epoch".to_owned(),
            y: "Value".to_owned(),
            columns: histograms.epochs.iter().map(usize::to_string).collect(),
            rows,
            values,
            unit: "Share of the numbers".to_owned(),
            scale: HeatScale::Root,
        }),
    }
}
