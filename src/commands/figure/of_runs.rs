//! Figures of what runs keep on disk: curves, test figures, histograms.

use super::{Args, FigureOf, single};
use crate::Streams;
use crate::compare::{self, ComparedTable, FoundOfRuns};
use crate::table::trust_sentences;
use strum::IntoEnumIterator as _;

use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_base::spec::{Entry, quotable};
use seqscope_engine::error::Error;
use seqscope_engine::figure::{
    CurveSmoothing, CurvesAsked, FiguredRun, PrintFigure, ReliableRun, curves_figure, gains_figure,
    histograms_figure, metrics_figure, reliability_figure, slices_figure,
};
use seqscope_engine::report::SlicedRun;
use seqscope_engine::run::{Curves, Manifest, RunId, RunStore};
use seqscope_model::Counted;

/// Origin of a figure, in a sentence below it.
pub(super) fn origin(manifests: &[Manifest]) -> Option<String> {
    let first = manifests.first()?;
    let ids: Vec<String> = manifests.iter().map(|m| m.id.0.clone()).collect();
    Some(format!(
        "{}, data {} ({}), {}.",
        ids.join(", "),
        first.data.name,
        first.data.fingerprint.chars().take(8).collect::<String>(),
        first.program
    ))
}

/// Trust in the figures of a run, in a sentence.
pub(super) fn trust_of(store: &RunStore, manifest: &Manifest) -> Result<String, Error> {
    let badge = store.trust(manifest)?;
    Ok(format!("Trust of {}: {}.", manifest.id, badge.words()))
}

fn plain(sentence: &str) -> String {
    sentence.replace('`', "")
}

pub(super) fn curves(
    args: &Args,
    store: &RunStore,
    streams: &mut Streams<'_>,
) -> Result<PrintFigure, Error> {
    let places = compare::places(&args.names, store)?;
    let manifests = compare::manifests(&places)?;
    let kind = manifests.first().map(|m| m.experiment.answers());
    let metric = match args.of {
        FigureOf::Metric => Some(named(args.metric.as_deref(), kind.unwrap_or_default())?),
        _ => None,
    };
    let mut all: Vec<Curves> = Vec::new();
    for (store, id) in &places {
        all.push(Curves::of_history(&store.history(id)?));
    }
    let asked = CurvesAsked {
        metric,
        x: args.curves.x.into(),
        is_log: args.curves.log,
        smoothing: args
            .curves
            .smooth
            .map_or(CurveSmoothing::Off, CurveSmoothing::Average),
        by_seed: args.curves.seeds,
    };
    for (manifest, curves) in manifests.iter().zip(&all) {
        if let Some(why) = asked.x.why_missing().filter(|_| !curves.has_axis(asked.x)) {
            writeln!(streams.err, "warning: {} is left out: {why}", manifest.id)?;
        }
    }
    let runs: Vec<FiguredRun<'_>> = manifests
        .iter()
        .zip(&all)
        .map(|(manifest, curves)| FiguredRun { manifest, curves })
        .collect();
    let mut figure = curves_figure(&runs, asked);
    figure.caption.extend(origin(&manifests));
    for ((store, _), manifest) in places.iter().zip(&manifests) {
        figure.caption.push(trust_of(store, manifest)?);
    }
    Ok(figure)
}

/// The metric that was named, else the task's own.
fn named(name: Option<&str>, kind: AnswerKind) -> Result<Metric, Error> {
    let Some(name) = name else {
        return Ok(kind.primary());
    };
    let known: Vec<Metric> = Metric::iter()
        .filter(|metric| metric.kinds().contains(&kind))
        .collect();
    let found = known
        .iter()
        .find(|metric| metric.name().eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(Entry::name).collect();
        Error::edge(
            format!("`{}` is no metric of this task", quotable(name)),
            format!("known here: {}", names.join(", ")),
        )
    })
}

pub(super) fn compared(
    args: &Args,
    store: &RunStore,
    streams: &mut Streams<'_>,
) -> Result<PrintFigure, Error> {
    let table = match args.of {
        FigureOf::References => ComparedTable::References,
        FigureOf::Slices => ComparedTable::Slices,
        _ => ComparedTable::Metrics,
    };
    if args.of == FigureOf::References {
        single(args)?;
    }
    let asked = compare::Args::asking(&args.names, args.metric.as_deref(), &args.slice, &[table]);
    let of_runs = FoundOfRuns::of(&asked, store)?;
    for doubt in of_runs.doubts() {
        writeln!(streams.err, "warning: {doubt}")?;
    }
    let (found, metric) = (&of_runs.found, of_runs.metric);
    let mut figure = match args.of {
        FigureOf::References => {
            let of = found.references.first();
            let rows = of.and_then(|of| Some((&of.id, of.rows.as_ref()?)));
            let (id, rows) = rows.ok_or_else(|| {
                Error::edge(
                    "the run keeps no answers of its references by user",
                    "train it anew; runs of today keep them",
                )
            })?;
            gains_figure(id, rows, metric)
        }
        FigureOf::Slices => {
            let manifests = of_runs.manifests.iter().zip(&found.slices);
            let sliced: Vec<SlicedRun<'_>> = manifests
                .map(|(manifest, slices)| SlicedRun {
                    id: &manifest.id,
                    slices,
                })
                .collect();
            slices_figure(&sliced, metric)
        }
        _ => metrics_figure(&found.measured),
    };
    figure.caption.extend(origin(&of_runs.manifests));
    let trust = trust_sentences(&found.trusted);
    figure
        .caption
        .extend(trust.iter().map(|sentence| plain(sentence)));
    Ok(figure)
}

pub(super) fn reliability(args: &Args, store: &RunStore) -> Result<PrintFigure, Error> {
    let places = compare::places(&args.names, store)?;
    let manifests = compare::manifests(&places)?;
    let runs: Vec<ReliableRun<'_>> = manifests
        .iter()
        .filter_map(|manifest| {
            Some(ReliableRun {
                id: &manifest.id,
                reliability: manifest.reliability.as_ref()?,
            })
        })
        .collect();
    if runs.is_empty() {
        return Err(Error::edge(
            "these runs kept no table of chances",
            "only tasks that ask for a class or a chance keep one, once they have been tested",
        ));
    }
    let mut figure = reliability_figure(&runs);
    figure.caption.extend(origin(&manifests));
    for ((store, _), manifest) in places.iter().zip(&manifests) {
        figure.caption.push(trust_of(store, manifest)?);
    }
    Ok(figure)
}

pub(super) fn histograms(args: &Args, store: &RunStore) -> Result<PrintFigure, Error> {
    let (store, id): (RunStore, RunId) = store.locate(single(args)?)?;
    let wanted = if args.model.gradients {
        Counted::Gradients
    } else {
        Counted::Weights
    };
    let all = store.histograms(&id)?;
    let found = all.iter().find(|one| one.counted == wanted);
    let Some(found) = found.filter(|one| !one.epochs.is_empty()) else {
        return Err(Error::edge(
            "the run kept no counts of its weights and gradients",
            "set `training.histograms` and train anew",
        ));
    };
    let manifest = store.manifest(&id)?;
    let mut figure = histograms_figure(found);
    figure.caption.push(trust_of(&store, &manifest)?);
    figure
        .caption
        .extend(origin(std::slice::from_ref(&manifest)));
    Ok(figure)
}
