//! How sure the differences between runs are: intervals, tests, effect sizes, seeds, trials.

use serde_json::{Value, json};

use super::Streams;
use super::table::{Align, TextTable, count, metric};
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::{Interval, LEVEL, N_RESAMPLES, SEED};
use seqscope_engine::error::Error;
use seqscope_engine::run::{Compared, Comparison, RunId, Slice, Versus};

/// Writes what is known of each run, and how each stands to the first.
pub(super) fn write(found: &Comparison, streams: &mut Streams<'_>) -> Result<(), Error> {
    let title = found.metric.title();
    let is_compared = found
        .runs
        .iter()
        .any(|run| matches!(run.against_first, Some(Ok(_))));
    writeln!(
        streams.out,
        "\n{title} on test by user: {:.0} % intervals of {N_RESAMPLES} bootstrap resamples of \
         users, seed {SEED}.",
        LEVEL * 100.0
    )?;
    if let (true, Some(first)) = (is_compared, found.runs.first()) {
        writeln!(
            streams.out,
            "Gains over `{}`, positive where better; two-sided p of sign flips and of Wilcoxon's \
             signed ranks, by Holm over all {} differences that are tested here.",
            first.id, found.n_tests
        )?;
    }
    let right = [
        title, "interval", "gain", "interval", "d_z", "better", "worse", "p flips", "p ranks",
        "trials",
    ];
    let columns = [("run", Align::Left)]
        .into_iter()
        .chain(right.map(|name| (name, Align::Right)));
    let mut table = TextTable::new(columns.chain([("", Align::Left)]));
    for run in &found.runs {
        table.row(cells(run));
    }
    table.write(streams.out)?;
    for seeds in &found.groups {
        let group = &seeds.group;
        let ids: Vec<String> = seeds.ids.iter().map(|id| format!("`{id}`")).collect();
        writeln!(
            streams.out,
            "Over {} seeds {title} is {:.4}, t interval {}, standard deviation {:.4}: {}.",
            group.n_runs,
            group.mean,
            bounds(Some(group.interval)),
            group.deviation,
            ids.join(", ")
        )?;
    }
    Ok(())
}

/// Writes the slices of one run.
pub(super) fn write_slices(
    id: &RunId,
    found: &[Slice],
    of: Metric,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    if found.is_empty() {
        writeln!(
            streams.out,
            "\n`{id}` keeps nothing to slice its test results by; runs trained anew do."
        )?;
        return Ok(());
    }
    writeln!(streams.out, "\n{} of `{id}` on test by slice:", of.title())?;
    let right = ["users", of.title(), "interval"].map(|name| (name, Align::Right));
    let mut table = TextTable::new(
        [("by", Align::Left), ("", Align::Left)]
            .into_iter()
            .chain(right),
    );
    for slice in found {
        let (by, n_users) = (slice.by.to_string(), count(slice.n_users));
        table.row([
            by,
            slice.name.clone(),
            n_users,
            metric(Some(slice.value)),
            bounds(slice.interval),
        ]);
    }
    Ok(table.write(streams.out)?)
}

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

fn cells(run: &Compared) -> Vec<String> {
    let mut cells = vec![run.id.0.clone(), metric(run.value), bounds(run.interval)];
    let (versus, said) = match &run.against_first {
        None => (None, String::new()),
        Some(Ok(versus)) => (Some(versus), String::new()),
        Some(Err(why)) => (None, format!("not compared: {why}")),
    };
    cells.extend(match versus {
        Some(versus) => gain_cells(versus),
        None => [const { String::new() }; 7],
    });
    cells.extend([run.n_trials.to_string(), said]);
    cells
}

fn gain_cells(versus: &Versus) -> [String; 7] {
    let effect = &versus.paired.effect;
    let [flips, ranks] = versus.paired.corrected.map(p_value);
    [
        format!("{:+.4}", effect.mean),
        bounds(versus.interval),
        effect
            .d_z
            .map_or_else(|| "–".to_owned(), |d_z| format!("{d_z:+.2}")),
        format!("{:.1} %", effect.share_better * 100.0),
        format!("{:.1} %", effect.share_worse * 100.0),
        flips,
        ranks,
    ]
}

pub(super) fn bounds(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || "–".to_owned(),
        |it| format!("{:.4} to {:.4}", it.low, it.high),
    )
}

pub(super) fn p_value(p: f64) -> String {
    match p {
        p if p.is_nan() => "–".to_owned(),
        p if p < 0.0001 => "<.0001".to_owned(),
        p => format!("{p:.4}"),
    }
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

#[cfg(test)]
mod tests {
    use super::p_value;

    #[test]
    fn p_values_read_well() {
        assert_eq!(
            [0.5, 0.000_01, f64::NAN].map(p_value),
            ["0.5000", "<.0001", "–"]
        );
    }
}
