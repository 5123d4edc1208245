//! Runs with their test metrics, and what must be known beside these.

use super::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable, words};
use crate::run::{Manifest, verdict, why_not_comparable};
use seqscope_base::metric::{Metric, Metrics, Seen};
use seqscope_base::spec::Entry;
use seqscope_data::TaskKind;
use seqscope_data::world::Ceiling;

/// Runs with the metrics that the first is judged by, how long they trained, and on what.
#[must_use]
pub fn tested_runs(manifests: &[Manifest]) -> ReportTable {
    let headline = manifests
        .first()
        .map(|first| first.experiment.answers())
        .unwrap_or_default()
        .headline();
    let names = [
        ReportColumn::words("run", "Run"),
        ReportColumn::words("model", "Model"),
    ];
    let last = [
        ReportColumn::numbers("best_epoch", "Best epoch"),
        ReportColumn::numbers("epochs", "Epochs"),
        ReportColumn::numbers("seconds", "Time").help("Training time, pauses left out"),
        ReportColumn::numbers("parameters", "Parameters").help("Learnt numbers"),
        ReportColumn::words("audit", "Audit")
            .help("Whether data and split leak from test into training"),
        ReportColumn::words("device", "Device"),
    ];
    let columns = names
        .into_iter()
        .chain(headline.iter().copied().map(metric_column))
        .chain(last);
    let mut table = ReportTable::new("runs", "Test", columns);
    table.lead = lead(manifests);
    for manifest in manifests {
        table.row(cells(manifest, headline, manifests));
        if let Some((words, metrics)) = sampled(manifest) {
            let names: [ReportCell; 2] = [CellValue::Run(manifest.id.clone()).into(), words.into()];
            let values = metric_cells(Some(metrics), headline);
            table.row(names.into_iter().chain(values));
        }
    }
    for (world, best) in optima(manifests) {
        table.row([
            "Best possible".into(),
            format!("the rules of `{world}`").into(),
            CellValue::Metric(best.ndcg_at_10).into(),
            CellValue::Metric(best.hr_at_10).into(),
        ]);
    }
    table.notes = notes(manifests);
    table
}

/// A column of a metric on test.
pub(super) fn metric_column(metric: Metric) -> ReportColumn {
    ReportColumn::numbers(metric.name(), metric.title()).help(metric.hover())
}

/// Some metrics of those that were measured.
pub(super) fn metric_cells(
    metrics: Option<&Metrics>,
    wanted: &[Metric],
) -> impl Iterator<Item = ReportCell> {
    wanted.iter().map(move |&of| {
        let value = metrics.and_then(|metrics| metrics.get(of));
        value.map(CellValue::Metric).into()
    })
}

/// How the figures were made, and what became of seen items, where that is alike in most runs.
fn lead(manifests: &[Manifest]) -> Vec<String> {
    let tested = manifests
        .iter()
        .filter_map(|manifest| Some((manifest, manifest.test.as_ref()?)));
    let mut protocols: Vec<String> = tested
        .map(|(manifest, test)| protocol(manifest, test.n_users))
        .collect();
    protocols.dedup();
    let mut of_seen: Vec<String> = manifests.iter().flat_map(Manifest::told_of_seen).collect();
    of_seen.dedup();
    let is_short = manifests.len() == 1 || of_seen.len() <= 2;
    let protocol = match protocols.as_slice() {
        [] | [_] => protocols.pop(),
        _ => Some(
            "not of one protocol, so figures may be compared only where no warning says otherwise"
                .to_owned(),
        ),
    };
    protocol
        .into_iter()
        .chain(of_seen.into_iter().filter(|_| is_short))
        .collect()
}

fn cells(manifest: &Manifest, headline: &[Metric], all: &[Manifest]) -> Vec<ReportCell> {
    let mut cells: Vec<ReportCell> = vec![
        CellValue::Run(manifest.id.clone()).into(),
        manifest.experiment.model.family().title().into(),
    ];
    let values = metric_cells(manifest.test.as_ref(), headline);
    cells.extend(values.zip(headline).map(|(cell, metric)| {
        let is_best = is_best_of_all(manifest, *metric, all);
        cell.with(if is_best {
            Emphasis::Strong
        } else {
            Emphasis::Plain
        })
    }));
    cells.extend([
        manifest.best_epoch.map(CellValue::Count).into(),
        CellValue::Count(manifest.epochs).into(),
        CellValue::Duration(manifest.train_secs).into(),
        CellValue::Count(manifest.n_params).into(),
        manifest.data.audit_word().unwrap_or(words::NONE).into(),
        manifest
            .device
            .as_ref()
            .map_or_else(ReportCell::empty, |device| device.name.as_str().into()),
    ]);
    cells
}

/// Whether, of several runs that may be compared with the first, none is better than this one.
fn is_best_of_all(manifest: &Manifest, metric: Metric, all: &[Manifest]) -> bool {
    let value = |of: &Manifest| of.test.as_ref().and_then(|test| test.get(metric));
    let Some((first, own)) = all.first().zip(value(manifest)) else {
        return false;
    };
    let is_alike = |other: &Manifest| why_not_comparable(first, other).is_none();
    let alike = all.iter().filter(|other| is_alike(other));
    let values: Vec<f64> = alike.filter_map(value).collect();
    let is_beaten = values.iter().any(|other| metric.is_better(*other, own));
    values.len() > 1 && is_alike(manifest) && !is_beaten
}

/// Best possible scores, each once, with the name of its world.
fn optima(manifests: &[Manifest]) -> Vec<(&str, Ceiling)> {
    let mut optima: Vec<(&str, Ceiling)> = Vec::new();
    let known = manifests
        .iter()
        .filter_map(|manifest| Some((manifest.data.name.as_str(), manifest.optimum()?)));
    for found in known {
        if !optima.contains(&found) {
            optima.push(found);
        }
    }
    optima
}

/// How many targets chance decided, which references are ahead, and who is above a bound that is an
/// expectation.
fn notes(manifests: &[Manifest]) -> Vec<String> {
    let tied = manifests
        .iter()
        .filter_map(|manifest| Some((manifest, manifest.data.test_ties?.sentence())));
    let tied: Vec<(&Manifest, String)> = tied.collect();
    let mut sentences: Vec<&String> = tied.iter().map(|(_, sentence)| sentence).collect();
    sentences.dedup();
    let mut notes: Vec<String> = match sentences.as_slice() {
        [one] => vec![(*one).clone()],
        _ => tied
            .iter()
            .map(|(manifest, sentence)| format!("`{}`: {sentence}", manifest.id))
            .collect(),
    };
    for manifest in manifests {
        let Some(test) = &manifest.test else { continue };
        let above = manifest.optimum().and_then(|optimum| optimum.above(test));
        let said = verdict(test, &manifest.references_test)
            .into_iter()
            .chain(above);
        notes.extend(said.map(|sentence| format!("`{}`: {sentence}", manifest.id)));
    }
    notes
}

/// The metrics among sampled candidates, and the words that must stand at them.
#[must_use]
pub fn sampled(manifest: &Manifest) -> Option<(String, &Metrics)> {
    let (n, seed) = manifest.experiment.evaluation.candidates()?;
    let metrics = manifest.test_sampled.as_ref()?;
    let words = format!(
        "among {} sampled items, seed {seed}: flattering",
        words::count(n)
    );
    Some((words, metrics))
}

/// Says how the numbers were made: to stand beside them wherever they are shown.
#[must_use]
pub fn protocol(manifest: &Manifest, n_users: usize) -> String {
    let (experiment, n_items) = (&manifest.experiment, manifest.data.shape.n_items);
    let split = experiment.split.phrase();
    let task = experiment.task.kind();
    if task != TaskKind::NextItem {
        return format!(
            "{} users, {split}, {}",
            words::count(n_users),
            task.title().to_lowercase()
        );
    }
    let seen = match manifest.seen() {
        Seen::Ranked => "seen items ranked too",
        Seen::LeftOut if manifest.counted_before().is_some() => {
            "seen items left out but for the true one"
        }
        Seen::LeftOut => "seen items left out",
    };
    format!(
        "{} users, {split}, ranked among all {} items, {seen}",
        words::count(n_users),
        words::count(n_items)
    )
}
