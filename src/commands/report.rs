//! `seqscope report NAME --to FILE`: a report that was put together in the window, or the usual one
//! of some runs, as a page for others.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Streams;
use super::compare::{self, FoundOfRuns};
use super::figure::refused;
use super::slice_args::SliceArgs;
use seqscope_base::metric::AnswerKind;
use seqscope_engine::cards::{
    CardError, CardOrigin, CardReport, CardRun, ExportError, HiddenIds, ReportCard, ReportFormat,
    write_report,
};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::differences;
use seqscope_engine::figure::{
    CurvesAsked, FiguredRun, PrintFigure, ReliableRun, curves_figure, gains_figure, metrics_figure,
    reliability_figure, slices_figure,
};
use seqscope_engine::report::SlicedRun;
use seqscope_engine::run::{Curves, Manifest, RunStore};

/// Which report, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of a report that is kept beside the runs, or runs to report on: names, ends of names,
    /// paths of folders, names of experiments, or `last`
    #[arg(required = true, num_args = 1.., value_name = "REPORT or RUN")]
    names: Vec<String>,
    /// File to write; its ending says the form: .html, .md (with a folder of files beside it), .pdf
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Title in place of its own
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Leave out the cards that name users or items of the data
    #[arg(long)]
    hide_ids: bool,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    if ReportFormat::of_path(&args.to).is_none() {
        return Err(unwritten(ExportError::Ending(args.to.clone())));
    }
    let mut report = match args.names.as_slice() {
        [name] if store.report_names().map_err(unread)?.contains(name) => {
            store.report(name).map_err(unread)?
        }
        names => usual(names, store, streams)?,
    };
    if let Some(title) = &args.title {
        report.title.clone_from(title);
    }
    let ids = if args.hide_ids {
        HiddenIds::Hidden
    } else {
        HiddenIds::Shown
    };
    let (files, doubt) = write_report(&report, &args.to, ids).map_err(unwritten)?;
    if let Some(doubt) = doubt {
        writeln!(streams.err, "warning: {doubt}")?;
    }
    for file in files {
        writeln!(streams.out, "{}", file.display())?;
    }
    Ok(())
}

fn unread(error: CardError) -> Error {
    match error {
        CardError::Run(error) => error.into(),
        CardError::Unknown { .. } | CardError::Name { .. } | CardError::Taken { .. } => {
            Error::Edge {
                sentence: error.to_string(),
                hint: None,
            }
        }
    }
}

fn unwritten(error: ExportError) -> Error {
    match error {
        ExportError::Picture(error) => refused(&error),
        ExportError::Run(error) => error.into(),
        ExportError::Ending(_) => {
            let words = error.to_string();
            match words.rsplit_once("; ") {
                Some((sentence, cure)) => Error::edge(sentence, cure),
                None => Error::Edge {
                    sentence: words,
                    hint: None,
                },
            }
        }
    }
}

/// The usual report of some runs: figures and tables of what was tested, the curves, the settings,
/// and what all that may be trusted with.
fn usual(
    names: &[String],
    store: &RunStore,
    streams: &mut Streams<'_>,
) -> Result<CardReport, Error> {
    let mut asked = compare::Args::asking(names, None, &SliceArgs::default(), &[]);
    asked.ask_all();
    let of_runs = FoundOfRuns::of(&asked, store)?;
    for doubt in of_runs.doubts() {
        writeln!(streams.err, "warning: {doubt}")?;
    }
    let places = compare::places(names, store)?;
    let mut curves: Vec<Curves> = Vec::new();
    let mut runs: Vec<CardRun> = Vec::new();
    for ((store, id), manifest) in places.iter().zip(&of_runs.manifests) {
        curves.push(Curves::of_history(&store.history(id)?));
        runs.push(CardRun::new(manifest, &store.trust(manifest)?));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let made_secs = now.map_or(0, |since| since.as_secs() as i64);
    let experiments: Vec<_> = of_runs.manifests.iter().map(|m| &m.experiment).collect();
    let differing = differences(&experiments).into_iter();
    let origin = CardOrigin {
        settings: differing.map(|difference| difference.field).collect(),
        ..CardOrigin::now(runs, made_secs)
    };
    let mut cards = vec![ReportCard::note(overview(
        &of_runs.manifests,
        &of_runs.doubts(),
    ))];
    let figures = figures(&of_runs, &curves).into_iter();
    cards.extend(figures.map(|figure| ReportCard::figure(figure, origin.clone())));
    let tables = of_runs.tables(&asked).into_iter();
    cards.extend(tables.map(|table| ReportCard::table(table, origin.clone())));
    let title = match of_runs.manifests.as_slice() {
        [one] => format!("Report of {}", one.id),
        several => format!("Report of {} runs", several.len()),
    };
    Ok(CardReport { title, cards })
}

/// Sentences on data, split and models, before all figures.
fn overview(manifests: &[Manifest], doubts: &[String]) -> String {
    let mut text = String::new();
    for manifest in manifests {
        let shape = &manifest.data.shape;
        text += &format!(
            "- `{}`: {} on `{}` ({} users, {} items, {} events)\n",
            manifest.id,
            manifest.experiment.model.family().title(),
            manifest.data.name,
            shape.n_users,
            shape.n_items,
            shape.n_events
        );
    }
    for doubt in doubts {
        text += &format!("\n**Warning:** {doubt}.\n");
    }
    text
}

fn figures(of_runs: &FoundOfRuns, curves: &[Curves]) -> Vec<PrintFigure> {
    let FoundOfRuns {
        manifests,
        metric,
        found,
        ..
    } = of_runs;
    let runs: Vec<FiguredRun<'_>> = manifests
        .iter()
        .zip(curves)
        .map(|(manifest, curves)| FiguredRun { manifest, curves })
        .collect();
    let kind = manifests.first().map(|m| m.experiment.answers());
    let primary = AnswerKind::primary(kind.unwrap_or_default());
    let along = |metric| CurvesAsked {
        metric,
        by_seed: true,
        ..CurvesAsked::default()
    };
    let mut figures = vec![
        curves_figure(&runs, along(None)),
        curves_figure(&runs, along(Some(primary))),
        metrics_figure(&found.measured),
    ];
    for beside in &found.references {
        let rows = beside.rows.iter();
        figures.extend(rows.map(|rows| gains_figure(&beside.id, rows, *metric)));
    }
    let reliable: Vec<ReliableRun<'_>> = manifests
        .iter()
        .filter_map(|manifest| {
            Some(ReliableRun {
                id: &manifest.id,
                reliability: manifest.reliability.as_ref()?,
            })
        })
        .collect();
    if !reliable.is_empty() {
        figures.push(reliability_figure(&reliable));
    }
    if found.slices.iter().any(|slices| !slices.is_empty()) {
        let sliced = manifests.iter().zip(&found.slices);
        let sliced: Vec<SlicedRun<'_>> = sliced
            .map(|(manifest, slices)| SlicedRun {
                id: &manifest.id,
                slices,
            })
            .collect();
        figures.push(slices_figure(&sliced, *metric));
    }
    figures
}
