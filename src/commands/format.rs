//! Forms in which commands print tables.

use clap::ValueEnum;

use super::Streams;
use seqscope_engine::error::Error;
use seqscope_engine::report::{ReportForm, ReportTable, written};

/// [`ReportForm`] as it is written on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub(super) enum TableFormat {
    /// Columns that line up on a terminal
    #[default]
    Text,
    /// One JSON object
    Json,
    /// One table as separated values, numbers with all their digits
    Csv,
    /// Tables for a README or an issue
    Markdown,
    /// Tables for a paper, with the package booktabs
    Latex,
}

impl From<TableFormat> for ReportForm {
    fn from(format: TableFormat) -> Self {
        match format {
            TableFormat::Text => Self::Text,
            TableFormat::Json => Self::Json,
            TableFormat::Csv => Self::Csv,
            TableFormat::Markdown => Self::Markdown,
            TableFormat::Latex => Self::Latex,
        }
    }
}

/// Prints tables below each other; separated values are of one table only.
pub(super) fn write_tables(
    tables: &[ReportTable],
    format: TableFormat,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    if tables.is_empty() {
        let sentence = "there is no such table of these runs, so nothing can be written";
        return Err(Error::edge(
            sentence,
            "leave `--table` out to see all that there are",
        ));
    }
    if format == TableFormat::Csv && tables.len() > 1 {
        let keys: Vec<&str> = tables.iter().map(|table| table.key.as_str()).collect();
        let hint = format!(
            "choose one of {} with `--table`, such as `--table {}`; of references one run at a time",
            keys.join(", "),
            keys[0]
        );
        let sentence = format!("CSV holds one table, and these are {}", keys.len());
        return Err(Error::edge(sentence, hint));
    }
    Ok(write!(streams.out, "{}", written(tables, format.into()))?)
}
