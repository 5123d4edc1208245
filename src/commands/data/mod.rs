//! `seqscope data FILE`: how a log is read, what is left of it, what it looks like. With
//! `--world KIND` in the file's place: a synthetic world's rules and its optimum.

mod args;
mod report;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::audit;
use super::profile::{self, ProfileArgs};
use super::progress::OpeningBar;
use super::set::set_all;
use super::{Streams, columns, world};
use seqscope_data::{
    self as data, DataError, DataSource, DataSpec, Dataset, Feature, Finding, LoadProgress,
    Prepared, Preview, Profile, SplitSpec, WorldSpec,
};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::words::count;

pub(super) use args::Args;

pub(super) fn run(mut args: Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (json, profile) = (args.json, std::mem::take(&mut args.profile));
    if let Some(kind) = args.world {
        let spec = world::changed(kind, &args.sets)?;
        return if json {
            world_json(&spec, &profile, streams)
        } else {
            tell_world(&spec, &profile, streams)
        };
    }
    let log = LoadedLog::load(args, &profile)?;
    if json {
        streams.json(&log.json(&profile)?)
    } else {
        log.write(&profile, streams)
    }
}

/// A log with all that was asked of it.
struct LoadedLog {
    preview: Preview,
    /// The whole log where a split is only audited.
    prepared: Prepared,
    audited: Option<AuditedSplit>,
    features: Option<Vec<Feature>>,
    refused: Option<RefusedFile>,
}

/// A log as it is divided by the split that is audited, and what was found.
struct AuditedSplit {
    split: SplitSpec,
    prepared: Prepared,
    findings: Vec<Finding>,
}

/// The file that the refused rows were written to.
struct RefusedFile {
    path: PathBuf,
    n_rows: usize,
}

impl LoadedLog {
    fn load(mut args: Args, profile: &ProfileArgs) -> Result<Self, Error> {
        let (audit, wants_features) = (args.audit, args.columns.features);
        let refused_to = args.refused.take();
        let experiment = experiment(args)?;
        let preview = previewed(&experiment.data)?;
        let spec = DataSpec {
            source: DataSource::File(preview.file.clone()),
            ..experiment.data
        };
        let watch = OpeningBar::new(Arc::default());
        let refused = refused_to
            .map(|path| {
                data::write_refused_rows(&preview.file, &path, &watch)
                    .map(|n_rows| RefusedFile { path, n_rows })
            })
            .transpose()?;
        let prepared = if audit.split.is_some() {
            unsplit(&spec, &watch)?
        } else {
            prepared(&spec, experiment.split, profile, &watch)?
        };
        // A split may drop events: they stay in the counts of the log, and are told of as its last
        // steps.
        let divided = audit
            .audit
            .then(|| data::prepare(&spec, experiment.split, &watch))
            .transpose()?;
        drop(watch);
        let audited = divided.map(|prepared| AuditedSplit {
            split: experiment.split,
            findings: data::audit(&prepared, &spec),
            prepared,
        });
        let features = wants_features
            .then(|| columns::computed(&spec, experiment.split, &prepared.dataset))
            .transpose()?;
        Ok(Self {
            preview,
            prepared,
            audited,
            features,
            refused,
        })
    }

    /// The log as it is described: divided by the audited split, where there is one.
    fn described(&self) -> &Prepared {
        self.audited
            .as_ref()
            .map_or(&self.prepared, |audited| &audited.prepared)
    }

    fn json(&self, profile: &ProfileArgs) -> Result<Value, Error> {
        let findings = self
            .audited
            .as_ref()
            .map(|audited| audited.findings.as_slice());
        let mut object = report::json_of(&self.preview, &self.prepared.dataset, findings);
        if let Some(fields) = object.as_object_mut() {
            if let Some(RefusedFile { path, n_rows }) = &self.refused {
                fields.insert(
                    "refused_to".to_owned(),
                    json!({ "file": path, "rows": n_rows }),
                );
            }
            if let Some(features) = &self.features {
                fields.insert("features".to_owned(), columns::features_json(features));
            }
        }
        if profile.is_wanted() {
            let described = self.described();
            profile.tell_json(&Profile::of_log(described), &described.dataset, &mut object)?;
        }
        Ok(object)
    }

    fn write(&self, wanted: &ProfileArgs, streams: &mut Streams<'_>) -> Result<(), Error> {
        let described = self.described();
        let dataset = &described.dataset;
        let profile = Profile::of_log(described);
        report::write_reading(&self.preview, streams.out)?;
        report::write_report(&dataset.report, streams.out)?;
        if let Some(RefusedFile { path, n_rows }) = &self.refused {
            let (n_rows, path) = (count(*n_rows), path.display());
            writeln!(streams.out, "{n_rows} refused rows written to {path}")?;
        }
        profile::write_summary(dataset, &profile, streams.out)?;
        wanted.tell(&profile, dataset, streams.out)?;
        if let Some(features) = &self.features {
            columns::write_features(features, streams.out)?;
        }
        if let Some(audited) = &self.audited {
            audited.write(streams.out)?;
        }
        streams.warn(&self.preview.problems)?;
        let (_, of_rows) = report::warnings(&self.preview, &dataset.report);
        streams.warn(&of_rows)
    }
}

impl AuditedSplit {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "\nAudit of the split: {}, {} validation and {} test questions",
            self.split.phrase(),
            count(self.prepared.split.valid.len()),
            count(self.prepared.split.test.len())
        )?;
        audit::write(&self.findings, out)
    }
}

/// The defaults with the log, the split and the settings that were named.
fn experiment(args: Args) -> Result<Experiment, Error> {
    let mut experiment = Experiment::default();
    let (audit, sets) = (args.audit, args.sets.clone());
    if args.test.is_some() {
        experiment.split = SplitSpec::OwnFiles;
    }
    if let Some(split) = audit.named() {
        experiment.split = split;
    }
    experiment.data.source = DataSource::File(args.file_spec());
    set_all(&mut experiment, &sets)?;
    Ok(experiment)
}

/// The first rows of the log, where nothing that was said of it is wrong.
fn previewed(spec: &DataSpec) -> Result<Preview, Error> {
    let DataSource::File(file) = &spec.source else {
        return Err(Error::edge(
            "this command reads a file, and `--set` made a world of it",
            "leave `data.source` out",
        ));
    };
    let preview = data::preview(file)?;
    // A column that was named and is not there would else be passed over, as if none had been
    // named.
    if let Some(problem) = preview.problems.iter().find(|problem| problem.is_error()) {
        return Err(DataError::from(problem.clone()).into());
    }
    Ok(preview)
}

/// The log, divided where the split changes what is told of it.
fn prepared(
    spec: &DataSpec,
    split: SplitSpec,
    profile: &ProfileArgs,
    watch: &dyn LoadProgress,
) -> Result<Prepared, Error> {
    if matches!(split, SplitSpec::LeaveOneOut | SplitSpec::OwnFiles) && !profile.is_wanted() {
        return unsplit(spec, watch);
    }
    match data::prepare(spec, split, watch) {
        // A log can be looked at that cannot be split; a split that was asked for must succeed.
        Err(DataError::Nothing { .. }) if split == SplitSpec::LeaveOneOut => unsplit(spec, watch),
        prepared => Ok(prepared?),
    }
}

fn tell_world(
    spec: &WorldSpec,
    wanted: &ProfileArgs,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let tell = |dataset: &Dataset, profile: &Profile, out: &mut dyn Write| {
        profile::write_summary(dataset, profile, out)?;
        wanted.tell(profile, dataset, out)
    };
    world::tell(spec, tell, streams)
}

fn world_json(
    spec: &WorldSpec,
    wanted: &ProfileArgs,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let object = world::json_of(spec, |dataset, profile, object| {
        wanted.tell_json(profile, dataset, object)
    })?;
    streams.json(&object)
}

fn unsplit(spec: &DataSpec, watch: &dyn LoadProgress) -> Result<Prepared, Error> {
    Ok(Prepared {
        dataset: data::read(spec, watch)?,
        ..Prepared::default()
    })
}
