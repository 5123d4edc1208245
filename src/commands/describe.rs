//! `seqscope describe [WHAT]`: every setting with its meaning, range, default and source.

use std::io::Write;

use strum::IntoEnumIterator;

use super::{Streams, catalogue, layers};
use seqscope_base::metric::statistics::Statistic;
use seqscope_base::metric::{AboutMetric, Metric};
use seqscope_base::spec::{Described, Field, FieldKind, did_you_mean};
use seqscope_data::{
    AugmentSpec, CleanSpec, CleanStep, FeatureSpec, SplitSpec, TaskKind, TimeFormat, WorldKind,
    WorldSpec,
};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::{
    Difference, EvaluationSpec, Experiment, Preset, TrainingSpec, differences,
};
use seqscope_engine::report::{ReportColumn, ReportTable};
use seqscope_model::baseline::forecast::ForecastKind;
use seqscope_model::baseline::task::TaskReference;
use seqscope_model::baseline::{AboutReference, BaselineKind};
use seqscope_model::gan::GanSpec;
use seqscope_model::{Blueprint, LayerShape, LossKind, ModelKind, ModelSpec};

/// What to describe.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A model (transformer, lstm, vae, ...), presets (models as in their papers), or task,
    /// training, loss, augment, gan, evaluation, references, metrics, statistics, data, times (how
    /// a log writes them), clean (the steps of cleaning), features, split, or a synthetic world
    /// (series, longrange, ...)
    #[arg(value_name = "WHAT")]
    what: Option<String>,
    /// Print one JSON object: families, references, metrics, statistics, losses and tasks
    #[arg(long)]
    json: bool,
}

/// Settings under one heading.
struct Section {
    /// Name to write on the command line.
    name: String,
    title: String,
    about: String,
    /// Path before each setting's name, in an experiment file and after `--set`.
    prefix: &'static str,
    fields: Vec<Field>,
    /// Layers of a model with these settings.
    layers: Vec<LayerShape>,
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    if args.json {
        return match &args.what {
            None => streams.json(&catalogue::json()),
            Some(what) => Err(Error::edge(
                format!("`--json` describes everything at once, and `{what}` is one part of it"),
                "leave `--json` or the name out",
            )),
        };
    }
    let sections = sections();
    let Some(what) = &args.what else {
        return Ok(overview(&sections, streams.out)?);
    };
    let wanted: Vec<&Section> = sections
        .iter()
        .filter(|s| s.name.eq_ignore_ascii_case(what))
        .collect();
    if wanted.is_empty() {
        return Err(unknown(what, &sections));
    }
    for (at, section) in wanted.into_iter().enumerate() {
        if at > 0 {
            writeln!(streams.out)?;
        }
        whole(section, streams.out)?;
    }
    Ok(())
}

fn sections() -> Vec<Section> {
    models()
        .chain(Preset::iter().map(preset))
        .chain(parts())
        .chain([times()])
        .chain(tasks())
        .chain(losses())
        .chain(references())
        .chain(metrics())
        .chain(statistics())
        .chain(cleaning_steps())
        .chain(features())
        .chain(splits())
        .chain(worlds())
        .collect()
}

/// The families with their defaults.
fn models() -> impl Iterator<Item = Section> {
    ModelSpec::iter().map(|spec| {
        let family = spec.family();
        Section {
            name: ModelKind::from(&spec).to_string().to_lowercase(),
            title: family.title().to_owned(),
            about: format!("{}\nSource: {}.", family.summary(), family.source()),
            prefix: "model",
            fields: family.fields(),
            layers: family.layers(&Blueprint::default()),
        }
    })
}

/// The sections of an experiment that are the same whichever model or step is chosen.
fn parts() -> [Section; 7] {
    [
        part(
            "training",
            "Training",
            "How any model is trained.",
            "training",
            &TrainingSpec::default(),
        ),
        part(
            "augment",
            "Augmentation",
            AUGMENT,
            "training.augment",
            &AugmentSpec::default(),
        ),
        part(
            "gan",
            "Sequence GAN",
            GAN,
            "training.gan",
            &GanSpec::default(),
        ),
        part(
            "evaluation",
            "Evaluation",
            "How any model is judged.",
            "evaluation",
            &EvaluationSpec::default(),
        ),
        part(
            "data",
            "Cleaning",
            "What happens to a log before it is split.",
            "data.clean",
            &CleanSpec::default(),
        ),
        part(
            "data",
            "Synthetic world",
            "What is used where no log is given.",
            "data",
            &WorldSpec::default(),
        ),
        part(
            "clean",
            "Cleaning",
            BESIDE,
            "data.clean",
            &CleanSpec::default(),
        ),
    ]
}

fn part(
    name: &str,
    title: &str,
    about: &str,
    prefix: &'static str,
    part: &dyn Described,
) -> Section {
    Section {
        name: name.to_owned(),
        title: title.to_owned(),
        about: about.to_owned(),
        prefix,
        fields: part.fields(),
        layers: Vec::new(),
    }
}

fn cleaning_steps() -> impl Iterator<Item = Section> {
    CleanStep::iter().map(|step| Section {
        name: "clean".to_owned(),
        title: step.title().to_owned(),
        about: about(&step),
        prefix: "data.clean.steps[0]",
        fields: step.described().fields(),
        layers: Vec::new(),
    })
}

fn features() -> impl Iterator<Item = Section> {
    FeatureSpec::iter().map(|feature| Section {
        name: "features".to_owned(),
        title: feature.title().to_owned(),
        about: about_feature(&feature),
        prefix: "data.features[0]",
        fields: feature.described().fields(),
        layers: Vec::new(),
    })
}

fn splits() -> impl Iterator<Item = Section> {
    SplitSpec::all().into_iter().map(|split| {
        let warning = split
            .warning()
            .map(|warning| format!("\nMind: {warning}"))
            .unwrap_or_default();
        Section {
            name: "split".to_owned(),
            title: split.name().to_owned(),
            about: format!("{}{warning}", split.summary()),
            prefix: "split",
            fields: split.fields(),
            layers: Vec::new(),
        }
    })
}

fn worlds() -> impl Iterator<Item = Section> {
    WorldKind::iter().map(|kind| {
        let spec = WorldSpec::of_kind(kind);
        Section {
            name: kind.to_string().to_lowercase(),
            title: format!("World: {}", kind.title()),
            about: spec.story(),
            prefix: "data",
            fields: spec.fields(),
            layers: Vec::new(),
        }
    })
}

/// Section on how a log writes its times.
fn times() -> Section {
    let mut about = vec![
        "Guessed where nothing is said; times without a zone are UTC. In a file: data: File((path: \
         .., time_format: DayFirst)), or after --set: data.time_format=DayFirst."
            .to_owned(),
    ];
    about.extend(TimeFormat::iter().map(|format| format!("{format:?}: {format}")));
    about.push(
        "Pattern(\"%d/%b/%Y:%H:%M:%S %z\"), or the text alone after --set: any other text, in \
         strftime's words: %Y the year, %y of two digits, %m the month, %b its name, %d the day, \
         %H:%M:%S the clock, %f the parts of a second, %I and %p a clock of twelve hours, %z the \
         zone, %s seconds since 1970."
            .to_owned(),
    );
    about.push(
        "Where the time's column holds days only, `data.roles.clock` names the column with the \
         time of the day, which is joined to it: 13:30:05, 1330 or hours."
            .to_owned(),
    );
    Section {
        name: "times".to_owned(),
        title: "Times of a log".to_owned(),
        about: about.join("\n"),
        prefix: "data",
        fields: Vec::new(),
        layers: Vec::new(),
    }
}

/// A model as in its paper: what differs from our defaults, and from the paper.
fn preset(preset: Preset) -> Section {
    let about = preset.about();
    let ours = Experiment {
        model: default_of(preset.kind()),
        ..Experiment::default()
    };
    let changed = differences(&[&ours, &preset.applied_to(&ours)]);
    let changed: Vec<String> = changed.iter().filter_map(setting).collect();
    let changed = if changed.is_empty() {
        "nothing".to_owned()
    } else {
        changed.join(", ")
    };
    Section {
        name: "presets".to_owned(),
        title: about.title.to_owned(),
        about: format!(
            "{} as in its paper. On the command line: --set preset={preset}\nBeside our defaults: \
             {changed}.\nNot as in the paper: {}\nSource: {}.",
            preset.kind(),
            about.differs,
            about.source
        ),
        prefix: "model",
        fields: Vec::new(),
        layers: preset.model().family().layers(&Blueprint::default()),
    }
}

/// A setting and the value that the last of the compared experiments gives it.
fn setting(change: &Difference) -> Option<String> {
    let value = change.values.last()?.as_deref()?;
    Some(format!("{} = {value}", change.field))
}

/// A family with its defaults.
fn default_of(kind: ModelKind) -> ModelSpec {
    ModelSpec::iter()
        .find(|spec| ModelKind::from(spec) == kind)
        .unwrap_or_default()
}

fn tasks() -> impl Iterator<Item = Section> {
    TaskKind::iter().map(|kind| Section {
        name: "task".to_owned(),
        title: kind.title().to_owned(),
        about: format!(
            "{}\nIn a file: task: {}\nSource: {}.",
            kind.summary(),
            written(kind),
            kind.source()
        ),
        prefix: "task",
        fields: kind.spec().fields(),
        layers: Vec::new(),
    })
}

fn losses() -> impl Iterator<Item = Section> {
    LossKind::iter().map(|loss| {
        let mut fields = TrainingSpec::default().fields();
        fields.retain(|field| loss.settings().contains(&field.key));
        Section {
            name: "loss".to_owned(),
            title: loss.title().to_owned(),
            about: format!(
                "{}\nIn a file: training: (loss: {loss})\nSource: {}.",
                loss.summary(),
                loss.source()
            ),
            prefix: "training",
            fields,
            layers: Vec::new(),
        }
    })
}

fn metrics() -> impl Iterator<Item = Section> {
    Metric::iter().map(|metric| {
        let about = metric.about();
        figure(
            "metrics",
            &format!("{}\nIn files: {}", about.help, metric.name()),
            &about,
        )
    })
}

fn statistics() -> impl Iterator<Item = Section> {
    Statistic::iter().map(|statistic| {
        let about = statistic.about();
        figure("statistics", about.help, &about)
    })
}

/// A figure without settings.
fn figure(name: &str, what: &str, about: &AboutMetric) -> Section {
    Section {
        name: name.to_owned(),
        title: about.title.to_owned(),
        about: counted(what, about),
        prefix: "",
        fields: Vec::new(),
        layers: Vec::new(),
    }
}

/// Says what a figure is, where it comes from, and who counts otherwise.
fn counted(what: &str, about: &AboutMetric) -> String {
    let elsewhere = if about.elsewhere.is_empty() {
        String::new()
    } else {
        format!("\nElsewhere: {}", about.elsewhere)
    };
    format!("{what}\nSource: {}.{elsewhere}", about.source)
}

/// The references: of items, of other answers, of counts.
fn references() -> impl Iterator<Item = Section> {
    let of_items = BaselineKind::iter().map(BaselineKind::about);
    let of_others = TaskReference::iter()
        .map(TaskReference::about)
        .chain(ForecastKind::iter().map(ForecastKind::about));
    of_items.chain(of_others).map(|about| Section {
        name: "references".to_owned(),
        title: about.title.to_owned(),
        about: about_reference(&about),
        prefix: "",
        fields: Vec::new(),
        layers: Vec::new(),
    })
}

/// A task as a file has it.
fn written(kind: TaskKind) -> String {
    if kind.spec().fields().is_empty() {
        kind.to_string()
    } else {
        format!("{kind}(..)")
    }
}

/// Says what a reference does, what it is set to, and where it comes from.
fn about_reference(about: &AboutReference) -> String {
    let mut lines = vec![about.summary.to_owned()];
    lines.extend(
        about
            .settings
            .iter()
            .map(|setting| format!("{} {}: {}", setting.name, setting.value, setting.help)),
    );
    lines.push(format!("Source: {}.", about.source));
    if !about.elsewhere.is_empty() {
        lines.push(format!("Elsewhere: {}", about.elsewhere));
    }
    lines.join("\n")
}

/// Note on the settings beside the list of steps.
const BESIDE: &str =
    "Exact duplicates first, then the steps of `data.clean.steps` in their order, the k-core last.";

/// Note on augmentation.
const AUGMENT: &str = "Training histories changed anew in each epoch, against over-fitting; \
                       validation and test never are.\nSource: CL4SRec (Xie et al. 2022); each \
                       change is drawn by itself, and no contrastive loss is added.";

/// Note on the network that writes synthetic histories.
const GAN: &str = "An LSTM that writes synthetic histories for `training.augment.synthetic`, first \
                   as a language model, then against a discriminator; `seqscope gan FILE` judges \
                   it.\nSource: Gumbel-softmax (Kusner & Hernández-Lobato 2016) with RelGAN's \
                   relativistic loss (Nie et al. 2019).";

/// Says what a feature is, what it gives and needs, and how it is written.
fn about_feature(feature: &FeatureSpec) -> String {
    let mut lines = vec![
        feature.help().to_owned(),
        format!("Gives {}.", feature.shape()),
    ];
    lines.push(format!(
        "In a file: data: (features: [{}(..)])",
        feature.name()
    ));
    if !feature.needs().is_empty() {
        lines.push(format!("Needs {}.", feature.needs().join(", ")));
    }
    lines.join("\n")
}

/// Says what a step does, what it needs, and how it is written.
fn about(step: &CleanStep) -> String {
    let mut lines = vec![
        step.help().to_owned(),
        format!("In a file: clean: (steps: [{}(..)])", step.name()),
    ];
    if !step.needs().is_empty() {
        let needs: Vec<String> = step
            .needs()
            .iter()
            .map(|role| role.to_string().to_lowercase())
            .collect();
        lines.push(format!("Needs a column of: {}.", needs.join(", ")));
    }
    if step.is_fitted() {
        lines.push(
            "Learns from the training part where the split is a global cut in time, else from all \
             rows."
                .to_owned(),
        );
    }
    if step.is_idempotent() {
        lines.push("Doing it twice in a row does no more than doing it once.".to_owned());
    }
    lines.join("\n")
}

fn overview(sections: &[Section], out: &mut dyn Write) -> std::io::Result<()> {
    let columns = [
        ReportColumn::words("name", ""),
        ReportColumn::words("title", ""),
        ReportColumn::words("settings", "Settings"),
    ];
    let mut table = ReportTable::new("sections", "", columns);
    for section in sections {
        let keys: Vec<&str> = section.fields.iter().map(|field| field.key).collect();
        table.row([
            section.name.as_str().into(),
            section.title.as_str().into(),
            keys.join(", ").into(),
        ]);
    }
    write!(out, "{}", table.rows_as_text())?;
    writeln!(
        out,
        "\n`seqscope describe NAME` tells each setting's meaning, range and default."
    )
}

fn whole(section: &Section, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}\n{}\n", section.title, section.about)?;
    for field in &section.fields {
        let unit = if field.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", field.unit)
        };
        writeln!(
            out,
            "{}.{} = {}{unit}   {}",
            section.prefix,
            field.key,
            field.value,
            allowed(&field.kind)
        )?;
        writeln!(out, "    {}: {}", field.label, field.help)?;
        writeln!(out, "    Default from: {}", field.source)?;
    }
    if section.layers.is_empty() {
        return Ok(());
    }
    if !section.fields.is_empty() {
        writeln!(out)?;
    }
    layers::write(&section.title, &section.layers, out)
}

fn allowed(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Int { min, max: i64::MAX } => format!("(a whole number from {min})"),
        FieldKind::Int { min, max } => format!("(a whole number from {min} to {max})"),
        FieldKind::Float { min, max } => format!("(a number from {min} to {max})"),
        FieldKind::Bool => "(true or false)".to_owned(),
        FieldKind::Choice(words) => format!("(one of {})", words.join(", ")),
        FieldKind::Text => "(text)".to_owned(),
    }
}

fn unknown(what: &str, sections: &[Section]) -> Error {
    let mut names: Vec<&str> = sections
        .iter()
        .map(|section| section.name.as_str())
        .collect();
    names.dedup();
    let hint = match did_you_mean(&what.to_lowercase(), names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", names.join(", ")),
    };
    Error::edge(
        format!("there is nothing called `{what}` to describe"),
        hint,
    )
}
