//! What there is to choose from, as one JSON object: families, presets, references, metrics,
//! statistics, losses, tasks, each with its name, title, source and settings.

use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::layers;
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::Statistic;
use seqscope_base::spec::{Entry, Field, FieldKind, Value as Setting};
use seqscope_data::TaskKind;
use seqscope_engine::catalogue::loss_settings;
use seqscope_engine::experiment::{Preset, PublishedModel};
use seqscope_model::baseline::BaselineKind;
use seqscope_model::baseline::forecast::ForecastKind;
use seqscope_model::baseline::task::TaskReference;
use seqscope_model::{Blueprint, LossKind, ModelSpec};

/// The object.
pub(super) fn json() -> Value {
    json!({
        "families": ModelSpec::iter().map(|spec| family(&spec)).collect::<Vec<_>>(),
        "presets": Preset::iter().map(preset).collect::<Vec<_>>(),
        "names": PublishedModel::iter().map(published).collect::<Vec<_>>(),
        "references": references(),
        "metrics": Metric::iter().map(metric).collect::<Vec<_>>(),
        "statistics": Statistic::iter().map(statistic).collect::<Vec<_>>(),
        "losses": LossKind::iter().map(loss).collect::<Vec<_>>(),
        "tasks": TaskKind::iter().map(task).collect::<Vec<_>>(),
    })
}

/// Words that every entry has, and what its list tells besides.
fn told(entry: &dyn Entry, besides: Value) -> Value {
    let mut told = json!({
        "name": entry.name(),
        "title": entry.title(),
        "summary": entry.summary(),
        "source": entry.source(),
    });
    if let (Value::Object(told), Value::Object(besides)) = (&mut told, besides) {
        told.extend(besides);
    }
    told
}

fn family(spec: &ModelSpec) -> Value {
    let family = spec.family();
    let besides = json!({
        "tasks": family.tasks().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "takes_features": family.takes_features(),
        "settings": settings(&spec.settings()),
        "layers": layers::json(&family.layers(&Blueprint::default())),
    });
    told(spec, besides)
}

fn preset(preset: Preset) -> Value {
    json!({
        "name": preset.name(),
        "title": preset.title(),
        "family": preset.kind().to_string(),
        "source": preset.source(),
        "differs": preset.differs(),
        "settings": settings(&preset.model().settings()),
    })
}

fn published(model: PublishedModel) -> Value {
    told(&model, json!({ "differs": model.notes() }))
}

/// Every reference, for items, for answers that are no items, and for counts.
fn references() -> Vec<Value> {
    let of_items = BaselineKind::iter().map(|kind| reference(&kind, "items"));
    let of_tasks = TaskReference::iter().map(|kind| reference(&kind, "answers"));
    let of_counts = ForecastKind::iter().map(|kind| reference(&kind, "counts"));
    of_items.chain(of_tasks).chain(of_counts).collect()
}

fn reference(entry: &dyn Entry, of: &str) -> Value {
    let fixed = entry.fixed().into_iter();
    let settings: Vec<Value> = fixed
        .map(
            |setting| json!({ "name": setting.name, "value": setting.value, "help": setting.help }),
        )
        .collect();
    let besides = json!({ "elsewhere": elsewhere(entry), "of": of, "settings": settings });
    told(entry, besides)
}

fn metric(metric: Metric) -> Value {
    let besides = json!({
        "elsewhere": elsewhere(&metric),
        "unit": metric.unit(),
        "of": metric.kinds().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "better": format!("{:?}", metric.better()).to_lowercase(),
        "settings": [],
    });
    told(&metric, besides)
}

fn statistic(statistic: Statistic) -> Value {
    told(&statistic, json!({ "elsewhere": elsewhere(&statistic) }))
}

/// How others count it otherwise; `null` where we know of none.
fn elsewhere(entry: &dyn Entry) -> Option<&'static str> {
    Some(entry.words().elsewhere).filter(|said| !said.is_empty())
}

fn loss(loss: LossKind) -> Value {
    told(&loss, json!({ "settings": settings(&loss_settings(loss)) }))
}

fn task(kind: TaskKind) -> Value {
    told(&kind, json!({ "settings": settings(&kind.settings()) }))
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
