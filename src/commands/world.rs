//! `seqscope data --world KIND`: the rules of a synthetic world, its log, and the best possible
//! score.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::Streams;
use super::outcome::{ceiling_json, returns_json};
use seqscope_base::metric::{Metric, Seen};
use seqscope_base::spec::{Described, Entry, did_you_mean};
use seqscope_data::world::{Ceiling, ceiling};
use seqscope_data::{
    self as data, CleanSpec, DataSource, DataSpec, Dataset, Profile, Returns, SplitSpec, WorldKind,
    WorldSpec,
};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::EvaluationSpec;
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, ReportTable};

/// The kind of a word such as `LongRange` or `long-range`.
pub(super) fn named(word: &str) -> Result<WorldKind, String> {
    let plain = |word: &str| word.replace(['-', '_', ' '], "").to_lowercase();
    let names: Vec<String> = WorldKind::iter().map(|kind| kind.to_string()).collect();
    match WorldKind::iter().find(|kind| plain(&kind.to_string()) == plain(word)) {
        Some(kind) => Ok(kind),
        None => Err(match did_you_mean(word, names.iter().map(String::as_str)) {
            Some(near) => format!("there is no such world; did you mean `{near}`?"),
            None => format!("there is no such world; choose one of {}", names.join(", ")),
        }),
    }
}

/// The world of a kind with some settings changed, each as `lag=8`.
pub(super) fn changed(kind: WorldKind, sets: &[String]) -> Result<WorldSpec, Error> {
    let mut spec = WorldSpec::of_kind(kind);
    for set in sets {
        let hint = || {
            format!(
                "`seqscope describe {}` lists its settings",
                spec.kind().to_string().to_lowercase()
            )
        };
        let Some((key, text)) = set.split_once('=') else {
            return Err(Error::edge(
                format!("`--set {set}` lacks its value; write `--set {set}=VALUE`"),
                hint(),
            ));
        };
        let key = key
            .trim()
            .trim_start_matches("data.")
            .trim_start_matches("source.");
        if let Some(owner) = WorldKind::owner(key).filter(|owner| *owner != spec.kind()) {
            let sentence = format!(
                "`{key}` is a setting of the world {owner}, and this one is {}",
                spec.kind()
            );
            return Err(Error::edge(sentence, hint()));
        }
        let hint = hint();
        spec.set_text(key, text.trim())
            .map_err(|error| Error::edge(error.to_string(), hint))?;
    }
    Ok(spec)
}

/// Makes the world and tells all about it; `profile` writes what any log looks like.
pub(super) fn tell(
    spec: &WorldSpec,
    profile: impl FnOnce(&Dataset, &Profile, &mut dyn Write) -> Result<(), Error>,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let dataset = made(spec)?;
    let out = &mut *streams.out;
    writeln!(
        out,
        "{} ({})\n{}\n",
        spec.title(),
        spec.kind(),
        spec.summary()
    )?;
    for field in spec.fields().iter().filter(|field| field.key != "kind") {
        let unit = if field.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", field.unit)
        };
        writeln!(
            out,
            "data.{} = {}{unit}   {}",
            field.key, field.value, field.help
        )?;
    }
    profile(&dataset, &Profile::new(&dataset), out)?;
    write_optimum(spec, out)?;
    Ok(())
}

/// The world as one JSON object; `profile` adds what any log looks like.
pub(super) fn json_of(
    spec: &WorldSpec,
    profile: impl FnOnce(&Dataset, &Profile, &mut Value) -> Result<(), Error>,
) -> Result<Value, Error> {
    let dataset = made(spec)?;
    let shape = dataset.shape();
    let settings: serde_json::Map<_, _> = spec
        .fields()
        .iter()
        .map(|field| (field.key.to_owned(), json!(field.value.to_string())))
        .collect();
    let optimum = |seen| ceiling(spec, seen).as_ref().map(ceiling_json);
    let mut object = json!({
        "world": spec.kind().to_string(),
        "rules": spec.summary(),
        "settings": settings,
        "users": shape.n_users,
        "items": shape.n_items,
        "events": shape.n_events,
        "optimum": { "seen_ranked": optimum(Seen::Ranked), "seen_left_out": optimum(Seen::LeftOut) },
        "returns": returns(spec).as_ref().map(returns_json),
    });
    profile(&dataset, &Profile::new(&dataset), &mut object)?;
    Ok(object)
}

fn made(spec: &WorldSpec) -> Result<Dataset, Error> {
    Ok(data::read(&data_of(spec), &AtomicBool::new(false))?)
}

fn data_of(spec: &WorldSpec) -> DataSpec {
    DataSpec {
        source: DataSource::World(spec.clone()),
        clean: CleanSpec::default(),
        ..DataSpec::default()
    }
}

/// How often its users come back to items, under leave-one-out; `None` where that leaves nothing to
/// ask.
fn returns(spec: &WorldSpec) -> Option<Returns> {
    let prepared = data::prepare(
        &data_of(spec),
        SplitSpec::LeaveOneOut,
        &AtomicBool::new(false),
    );
    prepared.ok().map(|prepared| prepared.returns)
}

fn write_optimum(spec: &WorldSpec, out: &mut dyn Write) -> std::io::Result<()> {
    let (ranked, left_out) = (ceiling(spec, Seen::Ranked), ceiling(spec, Seen::LeftOut));
    let (Some(ranked), Some(left_out)) = (ranked, left_out) else {
        return writeln!(
            out,
            "\nNo user has the three events that leave-one-out needs, so there is no optimum."
        );
    };
    writeln!(
        out,
        "\nBest possible on each user's last event (leave-one-out), known from the rules:"
    )?;
    let metrics = [Metric::Hr1, Metric::Hr10, Metric::Ndcg10]
        .map(|metric| ReportColumn::estimates(metric.name(), metric.title()));
    let columns = std::iter::once(ReportColumn::words("seen", "")).chain(metrics);
    let mut table = ReportTable::new("optimum", "", columns);
    table.row(optimum_cells("seen items ranked too", &ranked));
    table.row(optimum_cells("seen items left out", &left_out));
    write!(out, "{}", table.rows_as_text())?;
    writeln!(
        out,
        "Expectations; ± is how far luck scatters them over this many users (one standard error)."
    )?;
    if let Some(returns) = returns(spec) {
        writeln!(out, "{}", EvaluationSpec::default().reason(&returns))?;
    }
    Ok(())
}

fn optimum_cells(title: &str, of: &Ceiling) -> [ReportCell; 4] {
    let cell = |value, scatter| CellValue::Estimate { value, scatter }.into();
    let scatter = of.scatter;
    [
        title.into(),
        cell(of.hr_at_1, scatter.hr_at_1),
        cell(of.hr_at_10, scatter.hr_at_10),
        cell(of.ndcg_at_10, scatter.ndcg_at_10),
    ]
}
