//! What there is to choose from, as one JSON object: families, presets, references, metrics,
//! statistics, losses, tasks, each with its name, title, source and settings.

use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::layers;
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::Statistic;
use seqscope_base::spec::{Described, Field, FieldKind, Value as Setting};
use seqscope_data::TaskKind;
use seqscope_engine::experiment::{Preset, TrainingSpec};
use seqscope_model::baseline::forecast::ForecastKind;
use seqscope_model::baseline::task::TaskReference;
use seqscope_model::baseline::{AboutReference, BaselineKind};
use seqscope_model::{Blueprint, LossKind, ModelKind, ModelSpec};

/// The object.
pub(super) fn json() -> Value {
    json!({
        "families": ModelSpec::iter().map(|spec| family(&spec)).collect::<Vec<_>>(),
        "presets": Preset::iter().map(preset).collect::<Vec<_>>(),
        "references": references(),
        "metrics": Metric::iter().map(metric).collect::<Vec<_>>(),
        "statistics": Statistic::iter().map(statistic).collect::<Vec<_>>(),
        "losses": LossKind::iter().map(loss).collect::<Vec<_>>(),
        "tasks": TaskKind::iter().map(task).collect::<Vec<_>>(),
    })
}

fn family(spec: &ModelSpec) -> Value {
    let family = spec.family();
    json!({
        "name": ModelKind::from(spec).to_string(),
        "title": family.title(),
        "summary": family.summary(),
        "source": family.source(),
        "tasks": family.tasks().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "takes_features": family.takes_features(),
        "settings": settings(&family.fields()),
        "layers": layers::json(&family.layers(&Blueprint::default())),
    })
}

fn preset(preset: Preset) -> Value {
    let about = preset.about();
    json!({
        "name": preset.to_string(),
        "title": about.title,
        "family": preset.kind().to_string(),
        "source": about.source,
        "differs": about.differs,
        "settings": settings(&preset.model().fields()),
    })
}

/// Every reference, for items, for answers that are no items, and for counts.
fn references() -> Vec<Value> {
    let of_items =
        BaselineKind::iter().map(|kind| reference(&kind.to_string(), "items", &kind.about()));
    let of_tasks =
        TaskReference::iter().map(|kind| reference(&kind.to_string(), "answers", &kind.about()));
    let of_counts =
        ForecastKind::iter().map(|kind| reference(&kind.to_string(), "counts", &kind.about()));
    of_items.chain(of_tasks).chain(of_counts).collect()
}

fn reference(name: &str, of: &str, about: &AboutReference) -> Value {
    let settings: Vec<Value> = about
        .settings
        .iter()
        .map(
            |setting| json!({ "name": setting.name, "value": setting.value, "help": setting.help }),
        )
        .collect();
    json!({
        "name": name,
        "title": about.title,
        "summary": about.summary,
        "source": about.source,
        "elsewhere": elsewhere(about.elsewhere),
        "of": of,
        "settings": settings,
    })
}

fn metric(metric: Metric) -> Value {
    let about = metric.about();
    json!({
        "name": metric.name(),
        "title": about.title,
        "summary": about.help,
        "source": about.source,
        "elsewhere": elsewhere(about.elsewhere),
        "unit": about.unit,
        "of": metric.kinds().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "better": format!("{:?}", metric.better()).to_lowercase(),
        "settings": [],
    })
}

fn statistic(statistic: Statistic) -> Value {
    let about = statistic.about();
    json!({
        "name": statistic.to_string(),
        "title": about.title,
        "summary": about.help,
        "source": about.source,
        "elsewhere": elsewhere(about.elsewhere),
    })
}

/// How others count it otherwise; `null` where we know of none.
fn elsewhere(said: &str) -> Option<&str> {
    (!said.is_empty()).then_some(said)
}

fn loss(loss: LossKind) -> Value {
    let mut fields = TrainingSpec::default().fields();
    fields.retain(|field| loss.settings().contains(&field.key));
    json!({
        "name": loss.to_string(),
        "title": loss.title(),
        "summary": loss.summary(),
        "source": loss.source(),
        "settings": settings(&fields),
    })
}

fn task(kind: TaskKind) -> Value {
    json!({
        "name": kind.to_string(),
        "title": kind.title(),
        "summary": kind.summary(),
        "source": kind.source(),
        "settings": settings(&kind.spec().fields()),
    })
}

/// Settings with their defaults and what they may be.
fn settings(fields: &[Field]) -> Vec<Value> {
    fields
        .iter()
        .map(|field| {
            let default = match &field.value {
                Setting::Int(value) => json!(value),
                Setting::Float(value) => json!(value),
                Setting::Bool(value) => json!(value),
                Setting::Choice(text) | Setting::Text(text) => json!(text),
            };
            let allowed = match &field.kind {
                FieldKind::Int { min, max } => json!({ "min": min, "max": max }),
                FieldKind::Float { min, max } => json!({ "min": min, "max": max }),
                FieldKind::Choice(words) => json!(words),
                FieldKind::Bool => json!([true, false]),
                FieldKind::Text => json!("text"),
            };
            json!({
                "name": field.key,
                "title": field.label,
                "help": field.help,
                "unit": field.unit,
                "default": default,
                "allowed": allowed,
                "source": field.source,
            })
        })
        .collect()
}
