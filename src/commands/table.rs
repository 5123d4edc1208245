//! `seqscope table RUN… --of WHAT --to FILE`: one table of a comparison as a file for a paper or a
//! program.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Streams;
use super::compare::{self, ComparedTable, FoundOfRuns};
use super::format::TableFormat;
use super::slice_args::SliceArgs;
use seqscope_base::spec::write_whole;
use seqscope_engine::error::Error;
use seqscope_engine::report::{ReportTable, TrustedRun, written};
use seqscope_engine::run::RunStore;

/// Which runs, what of them, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(required = true, num_args = 1.., value_name = "RUN", help = super::RUN)]
    names: Vec<String>,
    /// What the table tells
    #[arg(long, value_name = "WHAT", default_value = "metrics")]
    of: TableOf,
    /// File to write; its ending says the form: .csv, .tex, .md, .json or .txt [default: print it]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Form of the table, whatever the ending says
    #[arg(long, value_name = "FORM")]
    format: Option<TableFormat>,
    /// Metric of tests and slices, such as hr@10; it must be a mean over users
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    #[command(flatten)]
    slice: SliceArgs,
}

/// Content of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum TableOf {
    /// Every metric on test with its interval, and gains over the first run
    Metrics,
    /// One metric by user: intervals, gains, effect and corrected p-values
    Tests,
    /// Test metrics, epochs and time of each run
    Runs,
    /// Each run against the references that ran beside it
    References,
    /// One metric by slices of the users
    Slices,
    /// Settings that differ
    Settings,
    /// What the figures may be trusted with
    Trust,
}

impl TableOf {
    fn table(self) -> ComparedTable {
        match self {
            Self::Metrics => ComparedTable::Metrics,
            Self::Tests => ComparedTable::Comparison,
            Self::Runs => ComparedTable::Runs,
            Self::References => ComparedTable::References,
            Self::Slices => ComparedTable::Slices,
            Self::Settings => ComparedTable::Settings,
            Self::Trust => ComparedTable::Trust,
        }
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let form = form(args)?;
    let slice = &args.slice;
    let asked = compare::Args::asking(
        &args.names,
        args.metric.as_deref(),
        slice,
        &[args.of.table()],
    );
    let of_runs = FoundOfRuns::of(&asked, store)?;
    let mut tables = of_runs.tables(&asked);
    if tables.is_empty() {
        return Err(nothing(args.of));
    }
    for doubt in of_runs.doubts() {
        writeln!(streams.err, "warning: {doubt}")?;
    }
    if form == TableFormat::Csv && tables.len() > 1 {
        let n = tables.len();
        return Err(Error::edge(
            format!("CSV holds one table, and of these runs there are {n}"),
            "name one run at a time, or choose --format markdown, latex or json",
        ));
    }
    let trust = trust_sentences(&of_runs.found.trusted);
    if args.of != TableOf::Trust {
        for table in &mut tables {
            table.notes.extend(trust.iter().cloned());
        }
    }
    mark_significance(&mut tables, args.of);
    if form == TableFormat::Csv {
        // Rows alone are what programs read; what must stand beside them is said here.
        for sentence in &trust {
            writeln!(streams.err, "{sentence}")?;
        }
    }
    let text = written(&tables, form.into());
    match &args.to {
        None => write!(streams.out, "{text}")?,
        Some(path) => {
            write_file(path, text.as_bytes())?;
            writeln!(streams.out, "{}", path.display())?;
        }
    }
    Ok(())
}

/// The form that was asked for, else that of the file's ending.
fn form(args: &Args) -> Result<TableFormat, Error> {
    if let Some(form) = args.format {
        return Ok(form);
    }
    let Some(path) = &args.to else {
        return Ok(TableFormat::Text);
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    Ok(match ending.unwrap_or_default().to_lowercase().as_str() {
        "csv" => TableFormat::Csv,
        "tex" => TableFormat::Latex,
        "md" => TableFormat::Markdown,
        "json" => TableFormat::Json,
        "txt" => TableFormat::Text,
        _ => {
            return Err(Error::edge(
                format!(
                    "`{}` does not say by its ending what to write",
                    path.display()
                ),
                "end it in .csv, .tex, .md, .json or .txt, or name the form with --format",
            ));
        }
    })
}

fn nothing(of: TableOf) -> Error {
    let (sentence, cure) = match of {
        TableOf::Settings => (
            "no setting differs, so there is no table",
            "name runs whose settings differ",
        ),
        TableOf::References => (
            "the runs keep no answers of their references by user",
            "`seqscope compare RUN --references=refit` fits them anew",
        ),
        TableOf::Slices => (
            "the runs keep nothing to slice their results by",
            "train them anew; runs of today keep it",
        ),
        TableOf::Metrics | TableOf::Tests | TableOf::Runs | TableOf::Trust => (
            "the runs were not tested yet, so there is nothing to tell",
            "`seqscope resume RUN` trains them to their end",
        ),
    };
    Error::edge(sentence, cure)
}

/// Sentences of the runs' badges, for what leaves the program.
pub(super) fn trust_sentences(trusted: &[TrustedRun]) -> Vec<String> {
    let sentence = |run: &TrustedRun| format!("Trust of `{}`: {}.", run.id, run.badge.words());
    trusted.iter().map(sentence).collect()
}

/// Says what bold figures mean where tests were made.
fn mark_significance(tables: &mut [ReportTable], of: TableOf) {
    if matches!(of, TableOf::Metrics | TableOf::Tests | TableOf::References) {
        for table in tables {
            let has_tests = table.columns.iter().any(|column| column.key == "p_flips");
            table.notes.extend(
                has_tests.then(|| "Bold: p at most .05 after Holm's correction.".to_owned()),
            );
        }
    }
}

/// Writes a file whole, with the cure where the disk refuses.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_whole(path, |file| file.write_all(bytes)).map_err(|error: std::io::Error| {
        Error::edge(
            format!("`{}` cannot be written: {error}", path.display()),
            "name a file in a folder that is there and may be written to with --to",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Args, TableFormat, TableOf, form};

    #[test]
    fn the_ending_says_the_form_unless_it_is_named() {
        let args = |to: Option<&str>, format| Args {
            names: Vec::new(),
            of: TableOf::Metrics,
            to: to.map(Into::into),
            format,
            metric: None,
            slice: crate::slice_args::SliceArgs::default(),
        };
        assert_eq!(
            form(&args(Some("a/b.TEX"), None)).unwrap(),
            TableFormat::Latex
        );
        assert_eq!(form(&args(Some("b.csv"), None)).unwrap(), TableFormat::Csv);
        let named = Some(TableFormat::Markdown);
        assert_eq!(
            form(&args(Some("b.csv"), named)).unwrap(),
            TableFormat::Markdown
        );
        assert_eq!(form(&args(None, None)).unwrap(), TableFormat::Text);
        let refused = form(&args(Some("b.pdf"), None)).unwrap_err();
        assert!(refused.to_string().contains("does not say"), "{refused}");
    }
}
