//! What there is to choose from, as one JSON object: families, references, metrics, losses, tasks, each with
//! its name, title, source and settings.

use serde_json::{Value, json};
use strum::IntoEnumIterator;

use crate::baseline::BaselineKind;
use crate::data::TaskKind;
use crate::experiment::TrainingSpec;
use crate::metric::Metric;
use crate::model::{LossKind, ModelKind, ModelSpec};
use crate::spec::{Described, Field, FieldKind, Value as Setting};

/// The object.
pub(super) fn json() -> Value {
    json!({
        "families": ModelSpec::iter().map(|spec| family(&spec)).collect::<Vec<_>>(),
        "references": BaselineKind::iter().map(reference).collect::<Vec<_>>(),
        "metrics": Metric::iter().map(metric).collect::<Vec<_>>(),
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
    })
}

fn reference(kind: BaselineKind) -> Value {
    json!({ "name": kind.to_string(), "title": kind.title(), "source": "", "settings": [] })
}

fn metric(metric: Metric) -> Value {
    let about = metric.about();
    json!({
        "name": metric.name(),
        "title": about.title,
        "summary": about.help,
        "source": about.source,
        "unit": about.unit,
        "of": metric.kinds().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "better": format!("{:?}", metric.better()).to_lowercase(),
        "settings": [],
    })
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
    let one = |field: &Field| {
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
    };
    fields.iter().map(one).collect()
}
