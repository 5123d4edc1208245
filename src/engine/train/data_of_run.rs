//! Opens the data of an experiment, and again those of a run, as it saw them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::TrainError;
use crate::experiment::Experiment;
use crate::run::Manifest;
use seqscope_data::{
    self as data, DataError, DataReport, DataSource, DataSpec, LoadProgress, Prepared,
};

/// The data of a run as it saw them; given data are used when they are the same.
pub(super) fn data_of_run(
    manifest: &Manifest,
    given: Option<Arc<Prepared>>,
) -> Result<Arc<Prepared>, TrainError> {
    match given.filter(|prepared| is_same(manifest, prepared)) {
        Some(prepared) => Ok(prepared),
        None => data_of_run_watched(manifest, &AtomicBool::new(false)),
    }
}

/// Opens the data of a run anew, as it saw them; whoever waits may stop it.
///
/// # Errors
/// [`TrainError`] when they cannot be opened, have changed since, or it was stopped.
pub fn data_of_run_watched(
    manifest: &Manifest,
    watch: &dyn LoadProgress,
) -> Result<Arc<Prepared>, TrainError> {
    let Manifest {
        id,
        data,
        experiment,
        ..
    } = manifest;
    if let Some(stamp) = &data.report.pseudonyms {
        stamp.check().map_err(|error| {
            TrainError::Unfit(format!(
                "the data of run {id} cannot be opened again: {error}"
            ))
        })?;
    }
    // From another folder, or without the variable that the path begins with, the file is where the
    // run found it.
    let open = |experiment: &Experiment| {
        data::prepare(&experiment.data, experiment.split, watch).map(Arc::new)
    };
    let opened = open(experiment).or_else(|error| match where_found(experiment, &data.report) {
        Some(found) if !matches!(error, DataError::Cancelled) => open(&found).map_err(|_| error),
        _ => Err(error),
    });
    if let Err(DataError::Cancelled) = opened {
        return Err(DataError::Cancelled.into());
    }
    let prepared = opened.map_err(|error| {
        let why = error.to_string();
        let why = why.trim_end_matches('.');
        TrainError::Unfit(format!(
            "the data of run {id} cannot be opened again: {why}; put them back where they were"
        ))
    })?;
    if is_same(manifest, &prepared) {
        return Ok(prepared);
    }
    Err(TrainError::Unfit(format!(
        "the data `{}` have changed since run {id} (fingerprint {}, then {}): put the old file \
         back, or train anew",
        data.name, prepared.dataset.fingerprint, data.fingerprint
    )))
}

fn is_same(manifest: &Manifest, prepared: &Prepared) -> bool {
    prepared.dataset.fingerprint == manifest.data.fingerprint
        && prepared.split.fingerprint == manifest.data.split_fingerprint
}

/// The experiment with the whole paths of the files that its run read.
fn where_found(experiment: &Experiment, report: &DataReport) -> Option<Experiment> {
    let (DataSource::File(file), Some(found)) = (&experiment.data.source, &report.file) else {
        return None;
    };
    let mut file = file.clone();
    file.path.clone_from(&found.path);
    file.valid_path.clone_from(&found.valid_path);
    file.test_path.clone_from(&found.test_path);
    if let (Some(titles), Some(found)) = (&mut file.titles, &found.titles) {
        titles.path.clone_from(&found.path);
    }
    for (table, found) in [
        (&mut file.items, &found.items),
        (&mut file.users, &found.users),
    ] {
        if let (Some(table), Some(found)) = (table, found) {
            table.path.clone_from(&found.path);
        }
    }
    let data = DataSpec {
        source: DataSource::File(file),
        ..experiment.data.clone()
    };
    Some(Experiment {
        data,
        ..experiment.clone()
    })
}

pub(super) fn open_data(
    experiment: &Experiment,
    given: Option<Arc<Prepared>>,
) -> Result<Arc<Prepared>, TrainError> {
    match given {
        Some(prepared) => Ok(prepared),
        None => Ok(Arc::new(data::prepare(
            &experiment.data,
            experiment.split,
            &AtomicBool::new(false),
        )?)),
    }
}
