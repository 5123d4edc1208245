//! How sure the differences between runs are, for a script: intervals, tests, effect sizes, seeds,
//! trials, slices.

use serde_json::{Value, json};

use seqscope_base::metric::statistics::{LEVEL, N_RESAMPLES, SEED};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{Compared, Comparison, Slice};

/// The slices of one run for a script.
pub(super) fn slices_json(found: &[Slice]) -> Value {
    found
        .iter()
        .map(|slice| {
            json!({
                "by": slice.by.to_string(),
                "name": slice.name,
                "users": slice.n_users,
                "value": slice.value,
                "interval": slice.interval,
            })
        })
        .collect()
}

/// The comparison for a script.
pub(super) fn json_of(found: &Comparison) -> Value {
    let seeds = found.groups.iter().map(|seeds| {
        let ids: Vec<&str> = seeds.ids.iter().map(|id| id.0.as_str()).collect();
        json!({ "runs": ids, "of": seeds.group, "interval_by": "Student's t" })
    });
    json!({
        "metric": found.metric.name(),
        "level": LEVEL,
        "resamples": N_RESAMPLES,
        "seed": SEED,
        "runs": found.runs.iter().map(run_json).collect::<Vec<_>>(),
        "seed_groups": seeds.collect::<Vec<_>>(),
    })
}

fn run_json(run: &Compared) -> Value {
    let against = match &run.against_first {
        None => Value::Null,
        Some(Err(why)) => json!({ "not_compared": why }),
        Some(Ok(versus)) => json!({
            "gain": versus.paired.effect,
            "interval": versus.interval,
            "randomisation": versus.paired.randomisation,
            "wilcoxon": versus.paired.wilcoxon,
            "p_holm": { "randomisation": versus.paired.corrected[0], "wilcoxon": versus.paired.corrected[1] },
        }),
    };
    json!({
        "run": run.id.0,
        "value": run.value,
        "interval": run.interval,
        "trials": run.n_trials,
        "against_first": against,
    })
}
