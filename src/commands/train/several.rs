//! Several runs one after the other in one process: the log is opened once and the references are
//! fitted once where they are the same, what is finished is not trained again, and one table tells of
//! all of them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Args;
use super::series::{PlannedRuns, experiments};
use crate::Streams;
use crate::format::{TableFormat, write_tables};
use crate::progress::{OpeningBar, ProgressLines};
use crate::signals::Signals;
use seqscope_base::spec::Problem;
use seqscope_data::{self as data, DataError, Prepared};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::{Experiment, NamedModel};
use seqscope_engine::report::{ReportForm, ReportTable, group_tables, protocol, written};
use seqscope_engine::run::{
    EarlierRun, GroupedRuns, Manifest, Part, ReferenceResults, RunId, RunOutcome, RunStore, Tested,
    UserResult, compare_groups, earlier_run,
};
use seqscope_engine::train::{self, Ended, Job, ReferenceShelf, TrainError};

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let mut control = Signals::listen_to_pause()?;
    let paused = |error: Error, control: &Signals, n_done: usize, n_all: usize| match error {
        Error::Data(DataError::Cancelled)
        | Error::Train(TrainError::Data(DataError::Cancelled) | TrainError::Cancelled)
            if control.is_leaving() =>
        {
            Error::Paused(how_it_goes_on(n_done, n_all))
        }
        error => error,
    };
    let planned =
        experiments(args, &control.ends()).map_err(|error| paused(error, &control, 0, 0))?;
    let mut series = Series::new(planned, store)?;
    let n_all = series.planned.experiments.len();
    for at in 0..n_all {
        let done = series.step(at, &mut control, streams);
        done.map_err(|error| paused(error, &control, series.n_finished(), n_all))?;
        if control.is_leaving() && series.n_finished() < n_all {
            return Err(Error::Paused(how_it_goes_on(series.n_finished(), n_all)));
        }
    }
    series.tell(args.table_form(), streams)
}

/// Sentence on a series that was left.
fn how_it_goes_on(n_done: usize, n_all: usize) -> String {
    if n_all == 0 {
        return "left before training began: there is nothing to keep yet, start it again"
            .to_owned();
    }
    format!(
        "paused with {n_done} of {n_all} runs finished; the same command goes on where it is, and \
         trains none of them again"
    )
}

/// Runs that are done one after the other.
struct Series<'a> {
    planned: PlannedRuns,
    store: &'a RunStore,
    /// The data that were opened last, with the experiment that they are of.
    opened: Option<(Experiment, Arc<Prepared>)>,
    shelf: ReferenceShelf,
    finished: Vec<RunId>,
    failed: Vec<String>,
}

impl<'a> Series<'a> {
    fn new(planned: PlannedRuns, store: &'a RunStore) -> Result<Self, Error> {
        // All of it before any is trained: a mistake in the last would else be told after hours.
        for experiment in &planned.experiments {
            let problems = experiment.check();
            if problems.iter().any(Problem::is_error) {
                return Err(TrainError::Problems(problems).into());
            }
        }
        let first = planned.experiments.first().cloned();
        let opened = first.zip(planned.prepared.clone());
        Ok(Self {
            planned,
            store,
            opened,
            shelf: ReferenceShelf::default(),
            finished: Vec::new(),
            failed: Vec::new(),
        })
    }

    fn n_finished(&self) -> usize {
        self.finished.len()
    }

    /// Trains one of the experiments, unless it is trained already.
    fn step(
        &mut self,
        at: usize,
        control: &mut Signals,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        let Some(experiment) = self.planned.experiments.get(at).cloned() else {
            return Ok(());
        };
        let named = format!(
            "run {} of {}: {}{}, seed {}",
            at + 1,
            self.planned.experiments.len(),
            NamedModel::title_of(&experiment),
            if experiment.shuffles_order() {
                ", order shuffled"
            } else {
                ""
            },
            experiment.seed
        );
        let prepared = self.data(&experiment, control)?;
        let resume = match earlier_run(&self.store.list()?, &experiment, &prepared) {
            Some(EarlierRun::Finished(id)) => {
                writeln!(
                    streams.err,
                    "{named}: finished before as {id}, and not trained again"
                )?;
                self.finished.push(id);
                return Ok(());
            }
            Some(EarlierRun::Running(id)) => {
                let why = format!("{named}: {id} is being trained by another process");
                writeln!(streams.err, "warning: {why}; it is left to it")?;
                self.failed.push(why);
                return Ok(());
            }
            Some(EarlierRun::Unfinished(id)) => {
                writeln!(streams.err, "{named}: goes on as {id}")?;
                Some(id)
            }
            None => {
                writeln!(streams.err, "{named}")?;
                None
            }
        };
        let job = Job {
            experiment,
            store: self.store.clone(),
            prepared: Some(prepared),
            resume,
        };
        let mut watcher = ProgressLines::new(streams.err);
        let done = train::run_beside(job, &self.shelf, control, &mut watcher);
        drop(watcher);
        match done {
            Ok((id, ended)) => self.ended(&named, id, &ended),
            // What stops one before it begins may not stop the others.
            Err(error @ (TrainError::Cancelled | TrainError::Data(DataError::Cancelled))) => {
                return Err(error.into());
            }
            Err(error) => {
                let report = Error::from(error).report();
                writeln!(streams.err, "{named}: {report}")?;
                self.failed.push(format!("{named}: {}", report.sentence));
            }
        }
        Ok(())
    }

    /// The data of an experiment; those of the last one, where they are the same.
    fn data(&mut self, experiment: &Experiment, control: &Signals) -> Result<Arc<Prepared>, Error> {
        if let Some((of, prepared)) = &self.opened
            && of.data == experiment.data
            && of.split == experiment.split
        {
            return Ok(Arc::clone(prepared));
        }
        self.opened = None;
        let watch = OpeningBar::new(control.ends());
        let prepared = data::prepare(&experiment.data, experiment.split, &watch)
            .map_err(|error| Error::from(TrainError::from(error)))?;
        let prepared = Arc::new(prepared);
        self.opened = Some((experiment.clone(), Arc::clone(&prepared)));
        Ok(prepared)
    }

    fn ended(&mut self, named: &str, id: RunId, ended: &Ended) {
        match &ended.outcome {
            Some(RunOutcome::Finished) => self.finished.push(id),
            Some(RunOutcome::Failed { sentence }) => {
                self.failed.push(format!("{named}, run {id}: {sentence}"));
            }
            // Left at the system's word: the loop sees it and says so.
            Some(RunOutcome::Stopped) | None => {}
        }
    }

    /// The table of what was trained; an error that names what was not.
    fn tell(&self, form: TableFormat, streams: &mut Streams<'_>) -> Result<(), Error> {
        if !self.finished.is_empty() {
            let kept = KeptRuns::read(self.store, &self.finished)?;
            kept.tell(form, streams)?;
        }
        match self.failed.as_slice() {
            [] => Ok(()),
            failed => Err(Error::edge(
                format!(
                    "{} of {} runs did not come to their end: {}",
                    failed.len(),
                    self.planned.experiments.len(),
                    failed.join("; ")
                ),
                "mend what stopped them; the same command then trains what lacks",
            )),
        }
    }
}

/// Finished runs with their answers.
struct KeptRuns {
    manifests: Vec<Manifest>,
    results: Vec<Vec<UserResult>>,
    references: Option<(usize, ReferenceResults)>,
}

impl KeptRuns {
    fn read(store: &RunStore, ids: &[RunId]) -> Result<Self, Error> {
        let mut kept = Self {
            manifests: Vec::new(),
            results: Vec::new(),
            references: None,
        };
        for id in ids {
            kept.manifests.push(store.manifest(id)?);
            kept.results
                .push(store.results(id, Part::Test)?.unwrap_or_default());
            if kept.references.is_none() {
                let at = kept.manifests.len() - 1;
                kept.references = store.reference_results(id)?.map(|found| (at, found));
            }
        }
        Ok(kept)
    }

    fn compared(&self) -> GroupedRuns {
        let tested: Vec<Tested<'_>> = self
            .manifests
            .iter()
            .zip(&self.results)
            .map(|(manifest, results)| Tested { manifest, results })
            .collect();
        let kind = self
            .manifests
            .first()
            .map(|first| first.experiment.answers())
            .unwrap_or_default();
        let references = self
            .references
            .as_ref()
            .and_then(|(at, found)| Some((self.manifests.get(*at)?, found)));
        compare_groups(&tested, references, kind.by_user(), kind.headline())
    }

    fn tell(&self, form: TableFormat, streams: &mut Streams<'_>) -> Result<(), Error> {
        let mut tables = group_tables(&self.compared());
        if let (Some(table), Some(manifest)) = (tables.first_mut(), self.manifests.first()) {
            let n_users = manifest.test.as_ref().map_or(0, |test| test.n_users);
            table
                .lead
                .insert(0, format!("{}.", protocol(manifest, n_users)));
            let told = self.manifests.iter().flat_map(Manifest::told_of_seen);
            let mut told: Vec<String> = told.collect();
            told.dedup();
            table.lead.extend(told);
        }
        match form {
            TableFormat::Json => streams.json(&self.json(&tables)),
            TableFormat::Csv => write_tables(&tables[..1], form, streams),
            TableFormat::Text | TableFormat::Markdown | TableFormat::Latex => {
                write_tables(&tables, form, streams)
            }
        }
    }

    fn json(&self, tables: &[ReportTable]) -> Value {
        let runs = self.manifests.iter().map(|manifest| {
            json!({
                "run": manifest.id.0,
                "model": NamedModel::title_of(&manifest.experiment),
                "seed": manifest.experiment.seed,
                "order_shuffled": manifest.experiment.shuffles_order(),
            })
        });
        let told: Value =
            serde_json::from_str(&written(tables, ReportForm::Json)).unwrap_or_default();
        json!({ "runs": runs.collect::<Vec<_>>(), "tables": told })
    }
}
