//! Claims as they are typed; and for a script the differences of several metrics at once: of runs from
//! the first, and of a run from the references that ran beside it.

use serde_json::{Value, json};

use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::error::Error;
use seqscope_engine::run::{
    AgainstReference, BesideReferences, Claim, Contrast, Measure, MeasuredRun,
};

/// Reads `METRIC=PERCENT` of an answer kind.
pub(super) fn claim(text: &str, kind: AnswerKind) -> Result<Claim, Error> {
    let (name, percent) = text.split_once('=').unwrap_or((text, ""));
    let percent = percent
        .trim()
        .trim_end_matches('%')
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|percent| percent.is_finite());
    let Some(percent) = percent else {
        let hint = "write `--claim METRIC=PERCENT`, such as `--claim hr@1=10`";
        return Err(Error::edge(
            format!("`--claim {text}` says no number of percent"),
            hint,
        ));
    };
    Ok(Claim {
        metric: resampled(name.trim(), kind)?,
        percent,
    })
}

/// The metric of this name that can be drawn again with the users.
fn resampled(name: &str, kind: AnswerKind) -> Result<Metric, Error> {
    use strum::IntoEnumIterator as _;
    let known =
        || Metric::iter().filter(|metric| metric.is_resampled() && metric.kinds().contains(&kind));
    known()
        .find(|metric| metric.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            let names: Vec<&str> = known().map(|metric| metric.name()).collect();
            let sentence =
                format!("`{name}` is no metric of this task that is known of every user");
            Error::edge(sentence, format!("known here: {}", names.join(", ")))
        })
}

/// The runs by every metric for a script.
pub(super) fn measures_json(found: &[MeasuredRun]) -> Value {
    found.iter().map(measured_json).collect()
}

fn measured_json(run: &MeasuredRun) -> Value {
    let values: Vec<Value> = run.measures.iter().map(measure_json).collect();
    let against = match &run.against_first {
        None => Value::Null,
        Some(Err(why)) => json!({ "not_compared": why }),
        Some(Ok(contrasts)) => contrasts.iter().map(contrast_json).collect(),
    };
    json!({ "run": run.id.0, "values": values, "against_first": against })
}

fn measure_json(measure: &Measure) -> Value {
    json!({
        "metric": measure.metric.name(),
        "value": measure.value,
        "interval": measure.interval,
    })
}

/// A run beside its references for a script.
pub(super) fn references_json(found: &BesideReferences, claims: &[Claim]) -> Value {
    let rows: Option<Vec<Value>> = found
        .rows
        .as_ref()
        .map(|rows| rows.iter().map(reference_json).collect());
    let claims: Vec<Value> = claims
        .iter()
        .map(|claim| claim_json(claim, found.rows.as_deref().unwrap_or_default()))
        .collect();
    json!({ "run": found.id.0, "rows": rows, "claims": claims })
}

fn reference_json(row: &AgainstReference) -> Value {
    let mut json = contrast_json(&row.contrast);
    json["reference"] = json!(row.reference.to_string());
    json
}

fn claim_json(claim: &Claim, rows: &[AgainstReference]) -> Value {
    let judged = claim.judged(rows);
    let contrast = judged.map(|(deciding, _)| &deciding.contrast);
    json!({
        "metric": claim.metric.name(),
        "percent": claim.percent,
        "reference": judged.map(|(deciding, _)| deciding.reference.to_string()),
        "relative": contrast.and_then(|contrast| contrast.relative),
        "relative_interval": contrast.and_then(|contrast| contrast.relative_interval),
        "verdict": judged.map(|(_, verdict)| verdict),
    })
}

fn contrast_json(contrast: &Contrast) -> Value {
    let paired = contrast.paired.as_ref();
    json!({
        "metric": contrast.metric.name(),
        "value": contrast.value,
        "than": contrast.than,
        "users": contrast.n_users,
        "gain": contrast.gain,
        "gain_interval": contrast.gain_interval,
        "relative": contrast.relative,
        "relative_interval": contrast.relative_interval,
        "effect": paired.map(|paired| paired.effect),
        "randomisation": paired.map(|paired| paired.randomisation),
        "wilcoxon": paired.map(|paired| paired.wilcoxon),
        "p_holm": paired.map(|paired| json!({ "randomisation": paired.corrected[0], "wilcoxon": paired.corrected[1] })),
    })
}
