//! The part of `seqscope data` that is about sessions, places, free columns and joined tables.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value, json};

use seqscope_data::{
    self as data, Beside, DataReport, DataSpec, Dataset, Feature, FeatureSpec, FileSpec,
    FreeColumnSpec, JoinReport, Preview, SideTable, SplitSpec,
};
use seqscope_engine::error::Error;
use seqscope_engine::report::words::count;
use seqscope_engine::report::{CellValue, ReportColumn, ReportTable};

/// Columns beside the five of every log, and tables that are joined.
#[derive(Debug, clap::Args)]
pub(super) struct ColumnArgs {
    /// Column of the session, beside a column of the user; '' for none
    #[arg(long, value_name = "COLUMN")]
    session: Option<String>,
    /// Column of degrees north; '' for none
    #[arg(long, value_name = "COLUMN")]
    latitude: Option<String>,
    /// Column of degrees east; '' for none
    #[arg(long, value_name = "COLUMN")]
    longitude: Option<String>,
    /// A column to keep as a feature, with its kind or without: price, 'brand:category', 'emb_*';
    /// may be repeated
    #[arg(long = "feature", value_name = "COLUMN[:KIND]")]
    free: Vec<String>,
    /// A table with one row for each item
    #[arg(long, value_name = "FILE")]
    items: Option<PathBuf>,
    /// Column of that table with the item's id
    #[arg(long, value_name = "COLUMN", requires = "items")]
    items_key: Option<String>,
    /// A table with one row for each user
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Column of that table with the user's id
    #[arg(long, value_name = "COLUMN", requires = "users")]
    users_key: Option<String>,
    /// Compute the features of `data.features`, or all that fit this log, and tell what they are
    /// like
    #[arg(long)]
    pub(super) features: bool,
}

impl ColumnArgs {
    /// Puts what was said into the file's settings.
    pub(super) fn fill(self, file: &mut FileSpec) {
        file.roles.session = self.session;
        file.roles.latitude = self.latitude;
        file.roles.longitude = self.longitude;
        file.free_features = self
            .free
            .iter()
            .map(|text| FreeColumnSpec::parse(text))
            .collect();
        let table = |path: Option<PathBuf>, key| {
            path.map(|path| SideTable {
                path,
                key,
                columns: Vec::new(),
            })
        };
        file.items = table(self.items, self.items_key);
        file.users = table(self.users, self.users_key);
    }
}

/// Free columns as they are read, and tables that lie beside the log.
pub(super) fn write_reading(preview: &Preview, out: &mut dyn Write) -> std::io::Result<()> {
    let free = &preview.file.free_features;
    if !free.is_empty() {
        writeln!(out, "features of the events: {}", listed(free))?;
    }
    for Beside { of, path } in &preview.beside {
        let name = path.file_name().unwrap_or_default().display();
        writeln!(
            out,
            "beside it lies {name}, by its name a table of {of}; join it by --{of} {}",
            path.display()
        )?;
    }
    Ok(())
}

/// Writes what did and did not match, table by table.
pub(super) fn write_joins(report: &DataReport, out: &mut dyn Write) -> std::io::Result<()> {
    for join in &report.joins {
        let JoinReport {
            of,
            path,
            key,
            rows,
            matched,
            without_row,
            ..
        } = join;
        writeln!(
            out,
            "\nTable of {of} {}, joined by {key}: {} rows",
            path.display(),
            count(*rows)
        )?;
        let all = count(matched + without_row);
        writeln!(
            out,
            "  {} of {all} {of} have a row{}",
            count(*matched),
            examples("without: ", &join.without_row_examples)
        )?;
        let troubles = [
            (
                join.rows_without_event,
                "of ids that no event has",
                &join.rows_without_event_examples,
            ),
            (
                join.rows_repeated,
                "left out, since an earlier row has the id",
                &join.rows_repeated_examples,
            ),
            (join.rows_without_key, "without an id", &Vec::new()),
            (join.rows_unreadable, "unreadable", &Vec::new()),
        ];
        for (n, words, ids) in troubles.into_iter().filter(|(n, _, _)| *n > 0) {
            writeln!(out, "  {} {words}{}", counted(n), examples("", ids))?;
        }
        let missing = if join.empty_columns.is_empty() {
            String::new()
        } else {
            format!("; nothing in {}", join.empty_columns.join(", "))
        };
        writeln!(out, "  columns: {}{missing}", listed(&join.columns))?;
    }
    Ok(())
}

/// The features that were asked for, or all that fit the log. Fitted on the training part of the
/// split; on all events of a log that cannot be split.
pub(super) fn computed(
    spec: &DataSpec,
    split: SplitSpec,
    dataset: &Dataset,
) -> Result<Vec<Feature>, Error> {
    let wanted = |dataset: &Dataset| match spec.features.as_slice() {
        [] => FeatureSpec::fitting(dataset),
        features => features.to_vec(),
    };
    Ok(match data::prepare(spec, split, &AtomicBool::new(false)) {
        Ok(prepared) => data::features(
            &prepared.dataset,
            &wanted(&prepared.dataset),
            &data::training_mask(&prepared),
        )?,
        Err(_) => data::features(
            dataset,
            &wanted(dataset),
            &vec![true; dataset.sequences.n_events()],
        )?,
    })
}

/// A line for each column of the features.
pub(super) fn write_features(computed: &[Feature], out: &mut dyn Write) -> std::io::Result<()> {
    if computed.is_empty() {
        return writeln!(
            out,
            "\nno feature fits this log: it has no times, places, behaviours, values or free \
             columns"
        );
    }
    write!(out, "\n{}", features_table(computed).rows_as_text())?;
    for feature in computed.iter().filter(|feature| !feature.note.is_empty()) {
        writeln!(out, "  {}: {}", feature.name, feature.note)?;
    }
    Ok(())
}

/// Each column of the features, with its numbers in training.
fn features_table(computed: &[Feature]) -> ReportTable {
    let columns = [
        ReportColumn::words("feature", "Feature"),
        ReportColumn::words("unit", "Unit"),
        ReportColumn::numbers("min", "Min"),
        ReportColumn::numbers("mean", "Mean"),
        ReportColumn::numbers("max", "Max"),
        ReportColumn::numbers("missing", "Missing"),
    ];
    let mut table = ReportTable::new("features", "", columns);
    for line in computed.iter().flat_map(Feature::summary) {
        let name = if line.n_columns > 1 {
            format!("{} ({} columns)", line.name, line.n_columns)
        } else {
            line.name
        };
        let number = |value| CellValue::Decimals { value, digits: 4 }.into();
        table.row([
            name.into(),
            line.unit.into(),
            number(line.min),
            number(line.mean),
            number(line.max),
            CellValue::Share(line.share_missing).into(),
        ]);
    }
    table
}

/// The features for a script; what is not a number is null.
pub(super) fn features_json(computed: &[Feature]) -> Value {
    computed.iter().map(feature_json).collect()
}

fn feature_json(feature: &Feature) -> Value {
    let summary: Vec<Value> = feature
        .summary()
        .into_iter()
        .map(|line| {
            json!({
                "name": line.name,
                "columns": line.n_columns,
                "min": line.min,
                "mean": line.mean,
                "max": line.max,
                "share_missing": line.share_missing,
            })
        })
        .collect();
    json!({
        "name": feature.name,
        "unit": feature.unit,
        "note": feature.note,
        "summary": summary,
    })
}

/// Adds to the JSON object of a log what not every log has.
pub(super) fn add_json(preview: &Preview, report: &DataReport, object: &mut Map<String, Value>) {
    let add = |object: &mut Map<String, Value>, name: &str, value: Value| {
        if value.as_array().is_some_and(|list| !list.is_empty()) {
            object.insert(name.to_owned(), value);
        }
    };
    let free = |column: &FreeColumnSpec| json!({ "column": column.column, "kind": column.kind.map(|k| k.to_string()) });
    add(
        object,
        "free_features",
        preview.file.free_features.iter().map(free).collect(),
    );
    add(
        object,
        "beside",
        preview
            .beside
            .iter()
            .map(|table| json!({ "of": table.of.to_string(), "path": table.path }))
            .collect(),
    );
    add(
        object,
        "joins",
        report
            .joins
            .iter()
            .map(|join| {
                let mut told = serde_json::to_value(join).unwrap_or_default();
                if let Some(fields) = told.as_object_mut() {
                    fields.insert("of".to_owned(), json!(join.of.to_string()));
                    fields.insert(
                        "columns".to_owned(),
                        join.columns.iter().map(free).collect(),
                    );
                }
                told
            })
            .collect(),
    );
}

fn counted(n: usize) -> String {
    if n == 1 {
        "1 row".to_owned()
    } else {
        format!("{} rows", count(n))
    }
}

fn examples(before: &str, ids: &[String]) -> String {
    if ids.is_empty() {
        String::new()
    } else {
        format!(" ({before}{})", ids.join(", "))
    }
}

fn listed(columns: &[FreeColumnSpec]) -> String {
    columns
        .iter()
        .map(|column| match column.kind {
            Some(kind) => format!("{} ({kind})", column.column),
            None => column.column.clone(),
        })
        .collect::<Vec<_>>()
        .join(", ")
}
