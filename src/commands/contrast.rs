//! Differences of several metrics at once, absolute and relative: of runs from the first, and of a
//! run from the references that ran beside it, with what may be claimed of them.

use serde_json::{Value, json};

use super::Streams;
use super::significance::{bounds, p_value};
use super::table::{Align, TextTable, metric};
use seqscope_base::metric::statistics::{Interval, LEVEL, N_RESAMPLES, SEED};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_engine::error::Error;
use seqscope_engine::run::{AgainstReference, Claim, ClaimVerdict, Contrast, Measure, RunId};

/// One run by several metrics.
pub(super) struct Measured {
    pub(super) id: RunId,
    pub(super) measures: Vec<Measure>,
    /// Against the first run; nothing of the first itself.
    pub(super) against_first: Option<Result<Vec<Contrast>, String>>,
}

/// One run beside its references; `rows` are missing where the run kept none of their answers.
pub(super) struct BesideReferences {
    pub(super) id: RunId,
    pub(super) rows: Option<Vec<AgainstReference>>,
}

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
            let names: Vec<&str> = known().map(Metric::name).collect();
            let sentence =
                format!("`{name}` is no metric of this task that is known of every user");
            Error::edge(sentence, format!("known here: {}", names.join(", ")))
        })
}

/// Writes the runs by every metric, each against the first.
pub(super) fn write_measures(found: &[Measured], streams: &mut Streams<'_>) -> Result<(), Error> {
    if found.iter().all(|run| run.measures.is_empty()) {
        return Ok(());
    }
    let n_tests = n_tests(
        found
            .iter()
            .filter_map(|run| run.against_first.as_ref()?.as_ref().ok())
            .flatten(),
    );
    let tests = if n_tests > 0 {
        format!("; p by Holm over {n_tests}")
    } else {
        String::new()
    };
    writeln!(
        streams.out,
        "\nEvery metric on test, with intervals as above{tests}."
    )?;
    let gains_of_others: &[&str] = if found.len() > 1 { &GAINS } else { &[] };
    let right = ["value", "interval"]
        .into_iter()
        .chain(gains_of_others.iter().copied());
    let columns = [("metric", Align::Left), ("run", Align::Left)].into_iter();
    let mut table = TextTable::new(columns.chain(right.map(|name| (name, Align::Right))));
    let mut metrics: Vec<Metric> = Vec::new();
    for measure in found.iter().flat_map(|run| &run.measures) {
        if !metrics.contains(&measure.metric) {
            metrics.push(measure.metric);
        }
    }
    for of in metrics {
        for run in found {
            let Some(measure) = run.measures.iter().find(|measure| measure.metric == of) else {
                continue;
            };
            let gained = match &run.against_first {
                Some(Ok(all)) => all
                    .iter()
                    .find(|contrast| contrast.metric == of)
                    .map(gains)
                    .map(Vec::from),
                Some(Err(why)) => Some(vec![format!("≠ {why}")]),
                None => None,
            };
            let names = [
                of.title().to_owned(),
                run.id.0.clone(),
                metric(Some(measure.value)),
                bounds(measure.interval),
            ];
            table.row(names.into_iter().chain(gained.into_iter().flatten()));
        }
    }
    Ok(table.write(streams.out)?)
}

/// Writes a run against its references, and what comes of some claims.
pub(super) fn write_references(
    found: &BesideReferences,
    claims: &[Claim],
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let id = &found.id;
    let Some(rows) = &found.rows else {
        writeln!(
            streams.out,
            "\n`{id}` keeps no answers of its references by user, so it cannot be compared with \
             them; once it has been tested, `--references=refit` fits them anew on its data."
        )?;
        return Ok(());
    };
    writeln!(
        streams.out,
        "\n`{id}` against its references on test, the best first: gains of the run, positive where \
         it is better, also as a share of the reference's value; {:.0} % intervals of \
         {N_RESAMPLES} bootstrap resamples of users, seed {SEED}; two-sided p of sign flips and of \
         Wilcoxon's signed ranks, by Holm over {}.",
        LEVEL * 100.0,
        n_tests(rows.iter().map(|row| &row.contrast))
    )?;
    let columns = [("metric", Align::Left), ("reference", Align::Left)].into_iter();
    let right = ["reference's", "run's"]
        .into_iter()
        .chain(GAINS)
        .map(|name| (name, Align::Right));
    let mut table = TextTable::new(columns.chain(right));
    for AgainstReference {
        reference,
        contrast,
    } in rows
    {
        let names = [
            contrast.metric.title().to_owned(),
            reference.title().to_owned(),
        ];
        let values = [contrast.than, contrast.value].map(|value| metric(Some(value)));
        table.row(names.into_iter().chain(values).chain(gains(contrast)));
    }
    table.write(streams.out)?;
    for claim in claims {
        writeln!(streams.out, "{}", claim_words(claim, rows))?;
    }
    Ok(())
}

const GAINS: [&str; 7] = [
    "gain", "interval", "relative", "interval", "d_z", "p flips", "p ranks",
];

/// Stands in a table where there is no number.
const NONE: &str = "–";

fn gains(contrast: &Contrast) -> [String; 7] {
    let paired = contrast.paired.as_ref();
    let [flips, ranks] = paired.map_or([NONE, NONE].map(str::to_owned), |paired| {
        paired.corrected.map(p_value)
    });
    [
        format!("{:+.4}", contrast.gain),
        bounds(contrast.gain_interval),
        contrast.relative.map_or_else(|| NONE.to_owned(), percent),
        percents(contrast.relative_interval),
        paired
            .and_then(|paired| paired.effect.d_z)
            .map_or_else(|| NONE.to_owned(), |d_z| format!("{d_z:+.2}")),
        flips,
        ranks,
    ]
}

fn n_tests<'a>(contrasts: impl Iterator<Item = &'a Contrast>) -> usize {
    contrasts
        .filter(|contrast| contrast.paired.is_some())
        .count()
}

/// A claim, the answer to it, and why.
fn claim_words(claim: &Claim, rows: &[AgainstReference]) -> String {
    let (title, least) = (claim.metric.title(), claim.percent);
    let Some((deciding, verdict)) = claim.judged(rows) else {
        return format!(
            "Claim that {title} is at least {least} % better than every reference's: nothing is \
             known by it."
        );
    };
    let why = match verdict {
        ClaimVerdict::Shown => format!("the whole interval is at or above {least} %"),
        ClaimVerdict::Refuted => format!("the whole interval is below {least} %"),
        ClaimVerdict::Open => {
            format!("the interval holds {least} %, or there is none, so these users cannot tell")
        }
    };
    let contrast = &deciding.contrast;
    let best = if verdict == ClaimVerdict::Shown {
        "the best, "
    } else {
        ""
    };
    format!(
        "Claim that {title} is at least {least} % better than every reference's: {verdict}. \
         Against {best}{}, the relative difference is {} ({:.0} % interval {}): {why}.",
        deciding.reference.title(),
        contrast.relative.map_or_else(|| NONE.to_owned(), percent),
        LEVEL * 100.0,
        percents(contrast.relative_interval),
    )
}

fn percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

fn percents(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || NONE.to_owned(),
        |it| format!("{} to {}", percent(it.low), percent(it.high)),
    )
}

/// The runs by every metric for a script.
pub(super) fn measures_json(found: &[Measured]) -> Value {
    found.iter().map(measured_json).collect()
}

fn measured_json(run: &Measured) -> Value {
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
