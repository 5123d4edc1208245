//! Lists in the columns of a table: one user or session a row, its events or items in one cell.

use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, ExplodeOptions, IntoColumn, NamedFrom,
    PolarsResult, Series,
};

use crate::log::schema;
use seqscope_base::spec::{Problem, quotable};

/// The columns whose elements are the events.
#[derive(Clone, Debug)]
pub(in crate::log::source) struct Nested {
    /// Lists of one length in each row.
    pub(super) lists: Vec<String>,
    /// Whether the elements have parts, which become columns.
    has_parts: bool,
}

/// The column of row numbers that goes through the explosion.
const ROW: &str = "(row)";

impl Nested {
    /// The lists of a table whose other columns name no item.
    pub(super) fn find(columns: &[PolarsColumn]) -> Option<Self> {
        let plain: Vec<&PolarsColumn> = columns
            .iter()
            .filter(|column| !is_list_column(column))
            .collect();
        if plain.is_empty() || plain.iter().any(|column| names_item(column.name())) {
            return None;
        }
        let lists: Vec<&PolarsColumn> = columns
            .iter()
            .filter(|column| is_list_column(column))
            .collect();
        let is_of_events = |column: &&&PolarsColumn| {
            parts(column).is_some_and(|parts| {
                parts
                    .iter()
                    .any(|name| names_item(name) || schema::is_time_name(name))
            })
        };
        if let Some(events) = lists.iter().find(is_of_events) {
            return Some(Self {
                lists: vec![events.name().to_string()],
                has_parts: true,
            });
        }
        let scalars: Vec<&PolarsColumn> = lists
            .into_iter()
            .filter(|column| parts(column).is_none())
            .collect();
        let only = || {
            scalars
                .first()
                .filter(|_| scalars.len() == 1 && plain.len() == 1)
        };
        let first = *scalars
            .iter()
            .find(|column| names_item(column.name()) || is_item_list(column.name()))
            .or_else(only)?;
        let of_first = list_lengths(first);
        let lists = scalars
            .iter()
            .filter(|column| list_lengths(column) == of_first)
            .map(|column| column.name().to_string())
            .collect();
        Some(Self {
            lists,
            has_parts: false,
        })
    }

    /// The events of some rows, and the row of each.
    pub(super) fn explode(
        &self,
        columns: Vec<PolarsColumn>,
    ) -> PolarsResult<(DataFrame, Vec<usize>)> {
        let n_rows = columns.first().map_or(0, PolarsColumn::len);
        let numbers =
            Series::new(ROW.into(), (0..n_rows as u64).collect::<Vec<u64>>()).into_column();
        let frame = DataFrame::new(n_rows, columns.into_iter().chain([numbers]).collect())?;
        let options = ExplodeOptions {
            empty_as_null: false,
            keep_nulls: false,
        };
        let mut frame = frame.explode(&self.lists, options)?;
        let rows = frame
            .column(ROW)?
            .u64()?
            .iter()
            .map(|row| row.unwrap_or(0) as usize)
            .collect();
        if self.has_parts {
            frame = self.with_parts(&frame)?;
        }
        Ok((frame.drop(ROW)?, rows))
    }

    /// The parts of the elements as columns; one whose name is taken is called after the list, too.
    fn with_parts(&self, frame: &DataFrame) -> PolarsResult<DataFrame> {
        let is_list = |column: &&PolarsColumn| {
            self.lists
                .iter()
                .any(|list| list.as_str() == column.name().as_str())
        };
        let mut all: Vec<PolarsColumn> = frame
            .columns()
            .iter()
            .filter(|column| !is_list(column))
            .cloned()
            .collect();
        for list in frame.columns().iter().filter(is_list) {
            for mut part in list.struct_()?.fields_as_series() {
                if all.iter().any(|column| column.name() == part.name()) {
                    let name = format!("{}.{}", list.name(), part.name());
                    part.rename(name.into());
                }
                all.push(part.into_column());
            }
        }
        DataFrame::new(frame.height(), all)
    }

    pub(super) fn warning(&self) -> Problem {
        let names: Vec<String> = self
            .lists
            .iter()
            .map(|name| format!("`{}`", quotable(name)))
            .collect();
        let sentence = format!(
            "each row holds a list of events ({}): every element is taken as one event, in its \
             order, with what stands beside the list.",
            names.join(", ")
        );
        Problem::warning("data.format", sentence)
    }
}

/// Tells whether a name is one of items.
fn names_item(name: &str) -> bool {
    schema::looks_like_a_log(&["user".to_owned(), name.to_owned()])
}

/// Tells whether the cells of a column are lists.
fn is_list_column(column: &PolarsColumn) -> bool {
    matches!(column.dtype(), DataType::List(_))
}

fn list_lengths(column: &PolarsColumn) -> Option<Vec<usize>> {
    Some(
        column
            .list()
            .ok()?
            .downcast_iter()
            .flat_map(|part| part.offsets().lengths())
            .collect(),
    )
}

/// Names of the parts of the objects in a column of lists.
fn parts(column: &PolarsColumn) -> Option<Vec<String>> {
    match column.dtype() {
        DataType::List(inner) => match inner.as_ref() {
            DataType::Struct(fields) => Some(
                fields
                    .iter()
                    .map(|field| field.name.to_string())
                    .collect::<Vec<_>>(),
            ),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a list is called as one of items is.
fn is_item_list(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "item", "history", "sequence", "click", "product", "movie", "track", "song", "basket",
    ]
    .iter()
    .any(|word| name.contains(word))
        && !name.contains("time")
}
