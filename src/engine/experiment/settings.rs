//! One setting by its dotted path, as `--set training.lr=1e-3` names it.

use std::path::PathBuf;

use strum::{IntoEnumIterator, VariantNames as _};

use super::{
    Experiment, ExperimentError, FineTuneSpec, Preset, SweepSpec, columns, features, file,
    file_settings, syntax,
};
use seqscope_base::spec::{Described, Entry, SetError, did_you_mean};
use seqscope_data::{
    CleanSpec, DataSource, DataSpec, FileSpec, Role, SplitSpec, TaskKind, TaskSpec, WorldKind,
    WorldSpec,
};
use seqscope_model::{ModelKind, ModelSpec};

/// Prefix of the settings of augmentation, below `training`.
const AUGMENT: &str = "augment.";
/// Prefix of the settings of the GAN, below `training`.
const GAN: &str = "gan.";

/// Sets one setting; see [`Experiment::set`].
pub(super) fn set(
    experiment: &mut Experiment,
    path: &str,
    text: &str,
) -> Result<(), ExperimentError> {
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    match (head, rest) {
        ("name", "") => text.clone_into(&mut experiment.name),
        ("seed", "") => experiment.seed = parsed(path, text, "a whole number of at least 0")?,
        ("preset", "") => *experiment = preset(text)?.applied_to(experiment),
        ("model", "") => set_family(&mut experiment.model, text)?,
        ("model", key) => described(experiment.model.described_mut(), path, key, text)?,
        ("training", key) if key.starts_with(AUGMENT) => {
            described(
                &mut experiment.training.augment,
                path,
                key.trim_start_matches(AUGMENT),
                text,
            )?;
        }
        ("training", key) if key.starts_with(GAN) => {
            described(
                &mut experiment.training.gan,
                path,
                key.trim_start_matches(GAN),
                text,
            )?;
        }
        ("task", "") => set_task(&mut experiment.task, text)?,
        ("task", key) => described(&mut experiment.task, path, key, text)?,
        ("training", key) if !key.is_empty() => {
            described(&mut experiment.training, path, key, text)?;
        }
        ("evaluation", key) if !key.is_empty() => {
            described(&mut experiment.evaluation, path, key, text)?;
        }
        ("fine_tune", "") => set_parent(&mut experiment.fine_tune, text),
        ("fine_tune", key) => {
            described(
                experiment.fine_tune.get_or_insert_default(),
                path,
                key,
                text,
            )?;
        }
        ("sweep", "") => experiment.sweep = sweep(text)?,
        ("split", "") => experiment.split = split(experiment.split, path, text)?,
        ("split", key) => set_in_split(&mut experiment.split, path, key, text)?,
        ("data", key) if !key.is_empty() => set_data(experiment, path, key, text)?,
        ("version", "") => {
            return Err(failed(
                path,
                "`version` belongs to the file and cannot be set",
            ));
        }
        _ => return Err(unknown(experiment, path)),
    }
    Ok(())
}

/// The dotted path of a setting that is called `key` in some experiment, if there is one.
pub(super) fn path_ending_in(key: &str) -> Option<String> {
    let mut candidates = vec![Experiment::default()];
    candidates.extend(ModelSpec::iter().map(|model| Experiment {
        model,
        ..Experiment::default()
    }));
    candidates.extend(TaskSpec::iter().map(|task| Experiment {
        task,
        ..Experiment::default()
    }));
    candidates.extend(SplitSpec::all().map(|split| Experiment {
        split,
        ..Experiment::default()
    }));
    candidates.extend(WorldKind::iter().map(|kind| {
        let source = DataSource::World(WorldSpec::of_kind(kind));
        Experiment {
            data: DataSpec {
                source,
                ..DataSpec::default()
            },
            ..Experiment::default()
        }
    }));
    candidates
        .iter()
        .flat_map(paths)
        .find(|path| path.rsplit('.').next() == Some(key))
}

/// Every path that can be set in this experiment.
fn paths(experiment: &Experiment) -> Vec<String> {
    let mut paths: Vec<String> = [
        "name",
        "seed",
        "data.source",
        "data.path",
        "split",
        "task",
        "model",
    ]
    .map(str::to_owned)
    .into();
    match &experiment.data.source {
        DataSource::World(world) => paths.extend(under("data", world)),
        DataSource::File(_) => {
            paths.extend(
                file_settings::KEYS
                    .iter()
                    .skip(1)
                    .map(|key| format!("data.{key}")),
            );
            paths.extend(columns::KEYS.iter().map(|key| format!("data.{key}")));
            paths.extend(
                Role::iter().map(|role| format!("data.roles.{}", role.to_string().to_lowercase())),
            );
        }
    }
    paths.extend(under("data.clean", &experiment.data.clean));
    paths.push("data.clean.steps".to_owned());
    for (place, step) in experiment.data.clean.steps.iter().enumerate() {
        paths.extend(under(
            &format!("data.clean.steps[{place}]"),
            step.described(),
        ));
    }
    paths.push("data.features".to_owned());
    for (place, feature) in experiment.data.features.iter().enumerate() {
        paths.extend(under(
            &format!("data.features[{place}]"),
            feature.described(),
        ));
    }
    paths.extend(under("split", &experiment.split));
    paths.extend(under("task", &experiment.task));
    paths.extend(under("model", experiment.model.family()));
    paths.extend(under("training", &experiment.training));
    paths.extend(under("training.augment", &experiment.training.augment));
    paths.extend(under("training.gan", &experiment.training.gan));
    paths.extend(under("evaluation", &experiment.evaluation));
    let fine_tune = experiment.fine_tune.as_ref();
    paths.extend(fine_tune.into_iter().flat_map(|of| under("fine_tune", of)));
    paths
}

/// Paths of the settings of one part of an experiment.
fn under(prefix: &str, described: &dyn Described) -> Vec<String> {
    described
        .fields()
        .iter()
        .map(|field| format!("{prefix}.{}", field.key))
        .collect()
}

/// A preset by its name or its title.
fn preset(text: &str) -> Result<Preset, ExperimentError> {
    let names: Vec<String> = Preset::iter().map(|preset| preset.to_string()).collect();
    Preset::iter()
        .find(|preset| {
            preset.to_string().eq_ignore_ascii_case(text.trim())
                || preset.title().eq_ignore_ascii_case(text.trim())
        })
        .ok_or_else(|| {
            failed(
                "preset",
                word_refused("preset", text, names.iter().map(String::as_str)),
            )
        })
}

/// Another parent keeps the other settings of fine-tuning; `none` takes them all away.
fn set_parent(fine_tune: &mut Option<FineTuneSpec>, text: &str) {
    if text.trim().is_empty() || text.trim().eq_ignore_ascii_case("none") {
        *fine_tune = None;
    } else {
        fine_tune.get_or_insert_default().parent = text.trim().to_owned();
    }
}

/// A sweep as a file writes it; `none` takes it away.
fn sweep(text: &str) -> Result<Option<SweepSpec>, ExperimentError> {
    if text.trim().is_empty() || text.trim().eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let read = file::options().from_str(text).map(Some);
    read.map_err(|error| match syntax::explain(text, &error) {
        ExperimentError::Syntax { sentence, .. } => failed("sweep", sentence),
        other => other,
    })
}

/// Another family starts from its defaults; the same one keeps its settings.
fn set_family(model: &mut ModelSpec, text: &str) -> Result<(), ExperimentError> {
    let names: Vec<String> = ModelKind::iter().map(|kind| kind.to_string()).collect();
    let found = ModelSpec::iter().find(|spec| {
        let name = ModelKind::from(spec).to_string();
        name.eq_ignore_ascii_case(text) || spec.family().title().eq_ignore_ascii_case(text)
    });
    match found {
        Some(spec) if ModelKind::from(&spec) == ModelKind::from(&*model) => Ok(()),
        Some(spec) => {
            *model = spec;
            Ok(())
        }
        None => Err(failed(
            "model",
            word_refused("model", text, names.iter().map(String::as_str)),
        )),
    }
}

/// Another task starts from its first settings; the same one keeps its own.
fn set_task(task: &mut TaskSpec, text: &str) -> Result<(), ExperimentError> {
    match TaskKind::iter().find(|kind| kind.to_string().eq_ignore_ascii_case(text.trim())) {
        Some(kind) if kind == task.kind() => Ok(()),
        Some(kind) => {
            *task = kind.spec();
            Ok(())
        }
        None => Err(failed(
            "task",
            word_refused("task", text, TaskKind::VARIANTS.iter().copied()),
        )),
    }
}

/// A name alone means the first settings of that split; the same one keeps what it is set to.
fn split(present: SplitSpec, path: &str, text: &str) -> Result<SplitSpec, ExperimentError> {
    if text == present.name() {
        return Ok(present);
    }
    if let Some(named) = SplitSpec::all()
        .into_iter()
        .find(|split| split.name() == text)
    {
        return Ok(named);
    }
    file::options().from_str(text).map_err(|_| {
        let names = SplitSpec::all().map(|split| split.name());
        let known = names
            .into_iter()
            .chain(["GlobalTemporal(valid_fraction: 0.1, test_fraction: 0.1)"]);
        failed(path, word_refused(path, text, known))
    })
}

fn set_in_split(
    split: &mut SplitSpec,
    path: &str,
    key: &str,
    text: &str,
) -> Result<(), ExperimentError> {
    if is_key_of(split, key) {
        return described(split, path, key, text);
    }
    let all = SplitSpec::all();
    Err(match all.iter().find(|other| is_key_of(*other, key)) {
        Some(other) => {
            let name = other.name();
            failed(
                path,
                format!("`{path}` needs the split {name}; set `split` to {name} first"),
            )
        }
        None => {
            let known = all
                .iter()
                .flat_map(Described::fields)
                .map(|field| field.key);
            let mut keys: Vec<&str> = Vec::new();
            known.for_each(|key| {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            });
            failed(path, word_refused("split", key, keys))
        }
    })
}

fn set_data(
    experiment: &mut Experiment,
    path: &str,
    key: &str,
    text: &str,
) -> Result<(), ExperimentError> {
    let data = &mut experiment.data;
    // The file writes `source: World(n_users: 600)`, a problem names `data.n_users`: both may be
    // said.
    let key = key.strip_prefix("source.").unwrap_or(key);
    if key == "features" || key.starts_with("features[") {
        return features::set(&mut data.features, path, key, text);
    }
    if let Some(key) = key.strip_prefix("clean.") {
        return set_clean(&mut data.clean, path, key, text);
    }
    match (key, &mut data.source) {
        ("source", source) => *source = named_source(source, path, text)?,
        ("path", DataSource::File(file)) => file.path = PathBuf::from(text),
        // A path is what makes the difference: naming a file means that no world is wanted.
        ("path", source @ DataSource::World(_)) => {
            *source = DataSource::File(FileSpec {
                path: PathBuf::from(text),
                ..FileSpec::default()
            });
        }
        (key, DataSource::World(world)) if is_key_of(world, key) => {
            described(world, path, key, text)?;
        }
        (key, DataSource::File(file)) => {
            if !file_settings::set(file, path, key, text)? {
                return Err(unknown(experiment, path));
            }
        }
        (key, DataSource::World(_))
            if file_settings::KEYS.contains(&key)
                || columns::KEYS.contains(&key)
                || key.starts_with("roles.") =>
        {
            return Err(failed(
                path,
                format!("`{path}` needs a file; set `data.path` first"),
            ));
        }
        (key, _) => {
            return Err(match WorldKind::owner(key) {
                Some(kind) => failed(
                    path,
                    format!("`{path}` needs the world {kind}; set `data.kind` to {kind} first"),
                ),
                None => unknown(experiment, path),
            });
        }
    }
    Ok(())
}

/// The whole list of steps as a file writes it, one setting of a step (`steps[2].window_secs`), or
/// a setting beside the list.
fn set_clean(
    clean: &mut CleanSpec,
    path: &str,
    key: &str,
    text: &str,
) -> Result<(), ExperimentError> {
    const EXAMPLE: &str = "steps are written as in a file, such as `[Repeats(window_secs: 60)]`; \
                           `seqscope describe clean` lists them";
    if key == "steps" {
        clean.steps = file::options().from_str(text).map_err(|error| {
            match syntax::explain(text, &error) {
                ExperimentError::Syntax { sentence, .. } => {
                    failed(path, format!("{sentence} ({EXAMPLE})"))
                }
                other => other,
            }
        })?;
        return Ok(());
    }
    let Some(rest) = key.strip_prefix("steps[") else {
        return described(clean, path, key, text);
    };
    let Some((place, key)) = rest.split_once("].") else {
        let sentence = format!(
            "`{path}` names no setting of a step; write one such as `data.clean.steps[0].on`"
        );
        return Err(failed(path, sentence));
    };
    let place: usize = parsed(path, place, "the place of a step, counted from 0")?;
    let n_steps = clean.steps.len();
    let Some(step) = clean.steps.get_mut(place) else {
        let sentence =
            format!("there is no step {place}: the list has {n_steps}, counted from 0; {EXAMPLE}");
        return Err(failed(path, sentence));
    };
    described(step.described_mut(), path, key, text)
}

fn named_source(
    present: &DataSource,
    path: &str,
    text: &str,
) -> Result<DataSource, ExperimentError> {
    match (text, present) {
        ("World", DataSource::World(_)) | ("File", DataSource::File(_)) => Ok(present.clone()),
        ("World", DataSource::File(_)) => Ok(DataSource::World(WorldSpec::default())),
        ("File", DataSource::World(_)) => Err(failed(
            path,
            "a file needs its name; set `data.path` instead",
        )),
        _ => Err(failed(path, word_refused(path, text, ["World", "File"]))),
    }
}

fn is_key_of(described: &dyn Described, key: &str) -> bool {
    described.fields().iter().any(|field| field.key == key)
}

pub(super) fn described(
    target: &mut dyn Described,
    path: &str,
    key: &str,
    text: &str,
) -> Result<(), ExperimentError> {
    let prefix = path.strip_suffix(key).unwrap_or("");
    target.set_text(key, text).map_err(|error| {
        let sentence = match &error {
            SetError::Unknown {
                suggestion: Some(near),
                ..
            } => {
                format!("`{path}` is not a setting here; did you mean `{prefix}{near}`?")
            }
            SetError::Unknown { known, .. } if known.iter().any(|near| near.starts_with(key)) => {
                let near: Vec<&str> = known
                    .iter()
                    .map(String::as_str)
                    .filter(|near| near.starts_with(key))
                    .collect();
                format!(
                    "`{path}` is not a setting here; did you mean `{prefix}{}`?",
                    near.join("` or `")
                )
            }
            SetError::Unknown { known, .. } => match path_ending_in(key)
                .filter(|other| other != path)
            {
                Some(other) => format!("`{path}` is not a setting here; did you mean `{other}`?"),
                None => format!(
                    "`{path}` is not a setting here; choose one of {prefix}{{{}}}",
                    known.join(", ")
                ),
            },
            SetError::Kind { text, expected, .. } => {
                format!("`{text}` is not {expected}; `{path}` needs one")
            }
            SetError::Word { text, known, .. } => word_refused(path, text, known.iter().copied()),
        };
        failed(path, sentence)
    })
}

fn unknown(experiment: &Experiment, path: &str) -> ExperimentError {
    let paths = paths(experiment);
    let near =
        did_you_mean(path, paths.iter().map(String::as_str)).or_else(|| path_ending_in(path));
    failed(
        path,
        match near {
            Some(near) => format!("`{path}` is not a setting; did you mean `{near}`?"),
            None => format!(
                "`{path}` is not a setting; settings begin with name, seed, data., split, model., \
                 training. or evaluation., such as `training.lr`"
            ),
        },
    )
}

pub(super) fn word_refused<'a>(
    path: &str,
    text: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near =
        did_you_mean(text, known.iter().copied()).map(|near| format!(" Did you mean `{near}`?"));
    format!(
        "`{text}` is not known for `{path}`; choose one of {}.{}",
        known.join(", "),
        near.unwrap_or_default()
    )
}

pub(super) fn parsed<T: std::str::FromStr>(
    path: &str,
    text: &str,
    expected: &str,
) -> Result<T, ExperimentError> {
    text.trim().parse().map_err(|_| {
        failed(
            path,
            format!("`{text}` is not {expected}; `{path}` needs one"),
        )
    })
}

pub(super) fn failed(field: &str, sentence: impl Into<String>) -> ExperimentError {
    ExperimentError::Set {
        field: field.to_owned(),
        sentence: sentence.into(),
    }
}
