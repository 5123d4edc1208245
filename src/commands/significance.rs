//! How sure the differences between runs are, for a script: intervals, tests, effect sizes, seeds,
//! trials, slices.

use serde_json::{Value, json};

use seqscope_base::metric::statistics::{LEVEL, N_RESAMPLES, SEED};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{
    Compared, Comparison, Contestant, GroupPair, GroupedRuns, RunGroup, Slice,
};

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

/// Groups of runs for a script: each with its runs, and every pair with its tests.
pub(super) fn groups_json(found: &GroupedRuns) -> Value {
    json!({
        "metric": found.metric.name(),
        "level": LEVEL,
        "tests": found.n_tests,
        "groups": found.groups.iter().map(group_json).collect::<Vec<_>>(),
        "best_reference": found.best_reference.map(|kind| kind.to_string()),
        "references": found.references.iter().map(|reference| json!({
            "reference": reference.kind.to_string(),
            "values": reference.measures.iter().map(|of| json!({
                "metric": of.metric.name(),
                "value": of.value,
                "interval": of.interval,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "pairs": found.pairs.iter().map(|pair| pair_json(found, pair)).collect::<Vec<_>>(),
        "order": found.order,
    })
}

fn group_json(group: &RunGroup) -> Value {
    let runs: Vec<&str> = group.ids.iter().map(|id| id.0.as_str()).collect();
    let values = group.measures.iter().map(|of| {
        json!({
            "metric": of.metric.name(),
            "values": of.values,
            "mean": of.mean,
            "deviation": of.deviation,
            "interval": of.interval,
        })
    });
    json!({
        "name": group.label,
        "runs": runs,
        "seeds": group.seeds,
        "values": values.collect::<Vec<_>>(),
    })
}

fn pair_json(found: &GroupedRuns, pair: &GroupPair) -> Value {
    let name = |who: Contestant| match who {
        Contestant::Group(at) => found.groups.get(at).map(|group| group.label.clone()),
        Contestant::Reference(kind) => Some(kind.to_string()),
    };
    let (better, than) = (name(pair.better), name(pair.other));
    match &pair.found {
        Err(why) => json!({ "better": better, "than": than, "not_compared": why }),
        Ok(difference) => json!({
            "better": better,
            "than": than,
            "users": difference.n_users,
            "value": difference.value,
            "than_value": difference.than,
            "gain": difference.gain,
            "interval": difference.interval,
            "relative": difference.relative,
            "effect": difference.paired.effect,
            "users_and_seeds": difference.both,
            "randomisation": difference.paired.randomisation,
            "wilcoxon": difference.paired.wilcoxon,
            "p_holm": {
                "users_and_seeds": difference.both_corrected,
                "randomisation": difference.paired.corrected[0],
                "wilcoxon": difference.paired.corrected[1],
            },
        }),
    }
}
