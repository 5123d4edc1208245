//! `seqscope data FILE`: how a log is read, what is left of it, what it looks like. With `--world KIND`
//! in the file's place: a synthetic world's rules and its optimum.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::ValueEnum;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::table::{Align, Table, count};
use super::{Streams, world};
use crate::data::{
    self, CleanSpec, DataReport, DataSource, DataSpec, Dataset, FileSpec, Preview, Profile, Role, Roles, TimeFormat,
    TitleSpec, WorldKind,
};
use crate::error::Error;

/// A plain text: in a doc comment the names would have to stand in backticks.
const WORLD_HELP: &str = "A synthetic world instead of a log: Series, MarkovChain, Periodic, LongRange, Drift, Funnel, \
                          Commuter, TooSmall";

/// Which file, and how to read it where the guess is wrong.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A log: CSV, TSV, any separator, RecBole .inter, Parquet, NDJSON
    #[arg(required_unless_present = "world")]
    file: Option<PathBuf>,
    #[arg(long, value_name = "KIND", value_parser = world::named, conflicts_with = "file", help = WORLD_HELP)]
    world: Option<WorldKind>,
    /// Change a setting of the world, such as `lag=8`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE", requires = "world")]
    sets: Vec<String>,
    /// Field separator, such as , or :: or \t
    #[arg(long, value_name = "TEXT")]
    separator: Option<String>,
    /// The first line names the columns
    #[arg(long, overrides_with = "no_header")]
    header: bool,
    /// The first line is a row like the others
    #[arg(long)]
    no_header: bool,
    /// Column that says who acted
    #[arg(long, value_name = "COLUMN")]
    user: Option<String>,
    /// Column that says on what
    #[arg(long, value_name = "COLUMN")]
    item: Option<String>,
    /// Column that says when; '' for none
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Column that says how (view, cart, buy); '' for none
    #[arg(long, value_name = "COLUMN")]
    behaviour: Option<String>,
    /// Column that says how much (rating, amount); '' for none
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// How times are written
    #[arg(long, value_enum, value_name = "FORMAT")]
    time_format: Option<TimeWord>,
    /// A table with one title an item
    #[arg(long, value_name = "FILE")]
    titles: Option<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// [`TimeFormat`] as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TimeWord {
    Seconds,
    Milliseconds,
    Date,
    Order,
}

impl From<TimeWord> for TimeFormat {
    fn from(word: TimeWord) -> Self {
        match word {
            TimeWord::Seconds => Self::Seconds,
            TimeWord::Milliseconds => Self::Milliseconds,
            TimeWord::Date => Self::Date,
            TimeWord::Order => Self::Order,
        }
    }
}

impl Args {
    fn file_spec(self) -> FileSpec {
        FileSpec {
            path: self.file.unwrap_or_default(),
            separator: self.separator.map(|text| text.replace("\\t", "\t")),
            header: match (self.header, self.no_header) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            roles: Roles {
                user: self.user,
                item: self.item,
                time: self.time,
                behaviour: self.behaviour,
                value: self.value,
            },
            time_format: self.time_format.map(TimeFormat::from),
            titles: self.titles.map(|path| TitleSpec { path, ..TitleSpec::default() }),
            ..FileSpec::default()
        }
    }
}

pub(super) fn run(args: Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let json = args.json;
    if let Some(kind) = args.world {
        let spec = world::changed(kind, &args.sets)?;
        return if json { streams.json(&world::json_of(&spec)?) } else { world::tell(&spec, write_profile, streams) };
    }
    let preview = data::preview(&args.file_spec())?;
    let spec = DataSpec { source: DataSource::File(preview.file.clone()), clean: CleanSpec::default() };
    let dataset = data::read(&spec, &AtomicBool::new(false))?;
    if json {
        return streams.json(&json_of(&preview, &dataset));
    }
    write_reading(&preview, streams.out)?;
    write_report(&dataset.report, streams.out)?;
    write_profile(&dataset, &Profile::new(&dataset), streams.out)?;
    streams.warn(&preview.problems)?;
    let told: Vec<_> = dataset.report.problems.iter().filter(|p| !preview.problems.contains(p)).cloned().collect();
    streams.warn(&told)
}

fn json_of(preview: &Preview, dataset: &Dataset) -> Value {
    let shape = dataset.shape();
    let roles: serde_json::Map<_, _> =
        Role::iter().map(|role| (role.to_string().to_lowercase(), json!(preview.file.roles.column(role)))).collect();
    json!({
        "rows_read": dataset.report.rows_read,
        "rows_refused": dataset.report.rows_refused,
        "users": shape.n_users,
        "items": shape.n_items,
        "events": shape.n_events,
        "roles": roles,
    })
}

/// What was guessed or said, so that a wrong guess is seen at once.
fn write_reading(preview: &Preview, out: &mut dyn Write) -> std::io::Result<()> {
    let file = &preview.file;
    let mut how = Vec::new();
    if let Some(format) = file.format {
        how.push(format.to_string());
    }
    if let Some(separator) = &file.separator {
        how.push(format!("separator {separator:?}"));
    }
    if let Some(header) = file.header {
        how.push(if header { "with a header" } else { "without a header" }.to_owned());
    }
    writeln!(out, "{}: {}", file.path.display(), how.join(", "))?;
    let mut table = Table::new([("role", Align::Left), ("column", Align::Left), ("first row", Align::Left)]);
    for role in Role::iter() {
        let column = file.roles.column(role);
        let at = column.and_then(|name| preview.columns.iter().position(|c| c == name));
        let first = at.and_then(|at| preview.rows.first()?.get(at)).cloned().unwrap_or_default();
        let written = match (role, file.time_format) {
            (Role::Time, Some(format)) if column.is_some() => format!(" ({format})"),
            _ => String::new(),
        };
        let name = role.to_string().to_lowercase();
        table.row([name, column.unwrap_or("none").to_owned(), format!("{first}{written}")]);
    }
    table.write(out)
}

fn write_report(report: &DataReport, out: &mut dyn Write) -> std::io::Result<()> {
    let heads = ["rows", "users", "items"].map(|name| (name, Align::Right));
    let mut table = Table::new([("step", Align::Left)].into_iter().chain(heads));
    for step in &report.steps {
        table.row([step.step.clone(), count(step.rows), count(step.users), count(step.items)]);
    }
    writeln!(out)?;
    table.write(out)?;
    writeln!(out, "\n{} rows read, {} refused", count(report.rows_read), count(report.rows_refused))?;
    for refused in report.refused.iter().take(10) {
        writeln!(out, "  line {}: {}", refused.line, refused.reason)?;
    }
    match report.rows_refused.saturating_sub(10) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", count(more)),
    }
}

fn write_profile(dataset: &Dataset, profile: &Profile, out: &mut dyn Write) -> std::io::Result<()> {
    let shape = dataset.shape();
    writeln!(
        out,
        "\n{} users, {} items, {} events; {:.2} % of all user–item pairs occur",
        count(shape.n_users),
        count(shape.n_items),
        count(shape.n_events),
        100.0 * profile.density
    )?;
    let (mean, median, longest) = (profile.mean_len, profile.median_len, count(shape.max_len));
    writeln!(out, "events per user: mean {mean:.1}, median {median}, longest {longest}")?;
    let n_top = shape.n_items.div_ceil(10);
    let in_top: usize = profile.popularity.iter().take(n_top).sum();
    let share = 100.0 * in_top as f64 / shape.n_events.max(1) as f64;
    writeln!(out, "the most popular tenth of the items has {share:.1} % of the events")?;
    if let Some(share) = profile.zero_gap_share {
        writeln!(out, "{:.1} % of neighbouring events have the same time: their order is the file's", 100.0 * share)?;
    }
    if !profile.behaviours.is_empty() {
        let counts: Vec<String> = profile.behaviours.iter().map(|(name, n)| format!("{name} {}", count(*n))).collect();
        writeln!(out, "behaviours: {}", counts.join(", "))?;
    }
    Ok(())
}
