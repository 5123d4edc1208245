//! `seqscope data FILE`: how a log is read, what is left of it, what it looks like. With
//! `--world KIND` in the file's place: a synthetic world's rules and its optimum.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::audit;
use super::profile::{self, ProfileArgs};
use super::progress::OpeningBar;
use super::table::{Align, TextTable, count};
use super::train::set_all;
use super::{Streams, columns, world};
use crate::data::{
    self, DataError, DataReport, DataSource, DataSpec, Dataset, Encoding, FileSpec, Finding,
    Packing, Prepared, Preview, Profile, Role, Roles, SplitSpec, StepCount, StepEffect, TimeFormat,
    TitleSpec, Watch, WorldKind, WorldSpec,
};
use crate::error::Error;
use crate::experiment::Experiment;
use crate::spec::Problem;

/// A plain text: in a doc comment the names would have to stand in backticks.
const WORLD_HELP: &str = "A synthetic world instead of a log: Series, MarkovChain, Periodic, \
                          LongRange, Drift, Funnel, Commuter, TooSmall";

/// Which file, and how to read it where the guess is wrong.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A log: CSV, TSV, any separator, RecBole .inter, Parquet, JSON, SQLite, also packed by gzip
    /// or zstd; several files as a quoted pattern, 'logs/part-*.csv'
    #[arg(required_unless_present = "world")]
    file: Option<PathBuf>,
    #[arg(long, value_name = "KIND", value_parser = world::named, conflicts_with = "file", help = WORLD_HELP)]
    world: Option<WorldKind>,
    /// How letters are written as bytes
    #[arg(long, value_enum, value_name = "ENCODING")]
    encoding: Option<EncodingWord>,
    /// Field separator, such as , or :: or \t
    #[arg(long, value_name = "TEXT")]
    separator: Option<String>,
    /// The first line names the columns
    #[arg(long, overrides_with = "no_header")]
    header: bool,
    /// The first line is a row like the others
    #[arg(long)]
    no_header: bool,
    /// Table of an SQLite file
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    table: Option<String>,
    /// Query to an SQLite file, in place of a table
    #[arg(long, value_name = "SELECT")]
    query: Option<String>,
    /// Column that says who acted
    #[arg(long, value_name = "COLUMN")]
    user: Option<String>,
    /// Column that says on what
    #[arg(long, value_name = "COLUMN")]
    item: Option<String>,
    /// Column that says when; '' for none
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Column with the time of the day, beside one that holds days only; '' for none
    #[arg(long, value_name = "COLUMN")]
    clock: Option<String>,
    /// Column that says how (view, cart, buy); '' for none
    #[arg(long, value_name = "COLUMN")]
    behaviour: Option<String>,
    /// Column that says how much (rating, amount); '' for none
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    #[command(flatten)]
    columns: columns::ColumnArgs,
    /// How times are written: a name such as seconds, date, day-first or order, or a pattern in
    /// strftime's words such as '%d/%m/%Y %H:%M:%S'
    #[arg(long, value_name = "FORMAT", value_parser = time_format)]
    time_format: Option<TimeFormat>,
    /// A file of its own whose events are the test; FILE then is training
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// A file of its own whose events are validation; without it that is each user's last training
    /// event
    #[arg(long, value_name = "FILE", requires = "test")]
    valid: Option<PathBuf>,
    /// Take only rows where a column has a value, such as 'click = 1'; '' for all, without a word
    #[arg(long, value_name = "COLUMN = VALUE")]
    only_where: Option<String>,
    /// A table with one title an item
    #[arg(long, value_name = "FILE")]
    titles: Option<PathBuf>,
    /// Column of that table with the item's id
    #[arg(long, value_name = "COLUMN", requires = "titles")]
    titles_item: Option<String>,
    /// Column of that table with the title
    #[arg(long, value_name = "COLUMN", requires = "titles")]
    titles_title: Option<String>,
    /// Change a setting, such as `data.clean.steps=[Repeats(window_secs: 60)]`, or of a world, such
    /// as `lag=8`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// Write all rows that cannot be read, with their lines and reasons, to this CSV file
    #[arg(long, value_name = "FILE.csv", conflicts_with = "world")]
    refused: Option<PathBuf>,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    profile: ProfileArgs,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// Whether a split is audited, and which.
#[derive(Clone, Copy, Debug, clap::Args)]
struct AuditArgs {
    /// Say how far a split of this log can be trusted: what leaks from test into training
    #[arg(long, conflicts_with = "world")]
    audit: bool,
    /// Which split is audited; `--set split.test_fraction=0.2`, `--set split.test_from=2024-03-01`
    /// and their like change it, and `describe split` says what each does
    #[arg(long, value_enum, value_name = "SPLIT", requires = "audit")]
    split: Option<SplitWord>,
}

impl AuditArgs {
    /// The split that is named here; what is set further changes it.
    fn named(self) -> Option<SplitSpec> {
        self.split.map(SplitSpec::from)
    }
}

/// [`SplitSpec`] as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SplitWord {
    LeaveOneOut,
    #[value(alias = "global-temporal")]
    Temporal,
    #[value(alias = "at-dates")]
    Dates,
    #[value(alias = "own-files")]
    Files,
    #[value(alias = "per-user-temporal")]
    PerUser,
    #[value(alias = "rolling-windows")]
    Rolling,
}

impl From<SplitWord> for SplitSpec {
    fn from(word: SplitWord) -> Self {
        let name = match word {
            SplitWord::LeaveOneOut => "LeaveOneOut",
            SplitWord::Temporal => "GlobalTemporal",
            SplitWord::Dates => "AtDates",
            SplitWord::Files => "OwnFiles",
            SplitWord::PerUser => "PerUserTemporal",
            SplitWord::Rolling => "RollingWindows",
        };
        Self::all()
            .into_iter()
            .find(|split| split.name() == name)
            .unwrap_or_default()
    }
}

/// [`TimeFormat`] as it is written on the command line.
fn time_format(text: &str) -> Result<TimeFormat, String> {
    let names = || {
        TimeFormat::iter()
            .map(|format| words(&format!("{format:?}")))
            .collect::<Vec<_>>()
            .join(", ")
    };
    TimeFormat::named(text).ok_or_else(|| {
        format!(
            "choose one of {}, or write a pattern such as '%d/%m/%Y %H:%M:%S'",
            names()
        )
    })
}

/// A name as the command line writes it: `DayFirst` is `day-first`.
fn words(name: &str) -> String {
    name.char_indices()
        .fold(String::new(), |mut words, (at, c)| {
            if at > 0 && c.is_uppercase() {
                words.push('-');
            }
            words.extend(c.to_lowercase());
            words
        })
}

/// [`Encoding`] as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum EncodingWord {
    #[value(name = "utf-8", alias = "utf8")]
    Utf8,
    #[value(name = "utf-16le", alias = "utf16le")]
    Utf16Le,
    #[value(name = "utf-16be", alias = "utf16be")]
    Utf16Be,
    #[value(name = "gb18030", aliases = ["gbk", "gb2312"])]
    Gb18030,
    #[value(name = "windows-1252", aliases = ["latin1", "iso-8859-1", "windows1252"])]
    Windows1252,
    #[value(name = "windows-1250", alias = "windows1250")]
    Windows1250,
    #[value(name = "windows-1251", alias = "windows1251")]
    Windows1251,
    #[value(name = "koi8-r")]
    Koi8R,
    #[value(name = "shift-jis", alias = "sjis")]
    ShiftJis,
    #[value(name = "big5")]
    Big5,
    #[value(name = "euc-kr")]
    EucKr,
}

impl From<EncodingWord> for Encoding {
    fn from(word: EncodingWord) -> Self {
        match word {
            EncodingWord::Utf8 => Self::Utf8,
            EncodingWord::Utf16Le => Self::Utf16Le,
            EncodingWord::Utf16Be => Self::Utf16Be,
            EncodingWord::Gb18030 => Self::Gb18030,
            EncodingWord::Windows1252 => Self::Windows1252,
            EncodingWord::Windows1250 => Self::Windows1250,
            EncodingWord::Windows1251 => Self::Windows1251,
            EncodingWord::Koi8R => Self::Koi8R,
            EncodingWord::ShiftJis => Self::ShiftJis,
            EncodingWord::Big5 => Self::Big5,
            EncodingWord::EucKr => Self::EucKr,
        }
    }
}

impl Args {
    fn file_spec(self) -> FileSpec {
        let mut file = FileSpec {
            path: self.file.unwrap_or_default(),
            encoding: self.encoding.map(Encoding::from),
            separator: self.separator.map(|text| text.replace("\\t", "\t")),
            header: match (self.header, self.no_header) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            table: self.table,
            query: self.query,
            roles: Roles {
                user: self.user,
                item: self.item,
                time: self.time,
                behaviour: self.behaviour,
                value: self.value,
                clock: self.clock,
                ..Roles::default()
            },
            time_format: self.time_format,
            only_where: self.only_where,
            valid_path: self.valid,
            test_path: self.test,
            titles: self.titles.map(|path| TitleSpec {
                path,
                item: self.titles_item,
                title: self.titles_title,
            }),
            ..FileSpec::default()
        };
        self.columns.fill(&mut file);
        file
    }
}

pub(super) fn run(mut args: Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (json, audit, sets) = (args.json, args.audit, std::mem::take(&mut args.sets));
    let wants_features = args.columns.features;
    let refused_to = args.refused.take();
    let wanted = std::mem::take(&mut args.profile);
    if let Some(kind) = args.world {
        let spec = world::changed(kind, &sets)?;
        return if json {
            world_json(&spec, &wanted, streams)
        } else {
            tell_world(&spec, &wanted, streams)
        };
    }
    let mut experiment = Experiment::default();
    let has_own_files = args.test.is_some();
    experiment.data.source = DataSource::File(args.file_spec());
    experiment.split = audit.named().unwrap_or(if has_own_files {
        SplitSpec::OwnFiles
    } else {
        experiment.split
    });
    set_all(&mut experiment, &sets)?;
    let DataSource::File(file) = &experiment.data.source else {
        return Err(Error::edge(
            "this command reads a file, and `--set` made a world of it",
            "leave `data.source` out",
        ));
    };
    let preview = data::preview(file)?;
    // A column that was named and is not there would else be passed over, as if none had been
    // named.
    if let Some(Problem {
        field, sentence, ..
    }) = preview
        .problems
        .iter()
        .find(|problem| problem.is_error())
        .cloned()
    {
        return Err(DataError::Setting { field, sentence }.into());
    }
    let spec = DataSpec {
        source: DataSource::File(preview.file.clone()),
        ..experiment.data
    };
    let watch = OpeningBar::new(Arc::default());
    let written = refused_to
        .map(|to| data::write_refused_rows(&preview.file, &to, &watch).map(|n| (to, n)))
        .transpose()?;
    let prepared = match experiment.split {
        // The account is that of the whole log where a split is only audited.
        _ if audit.split.is_some() => unsplit(&spec, &watch)?,
        SplitSpec::LeaveOneOut | SplitSpec::OwnFiles if !wanted.is_wanted() => {
            unsplit(&spec, &watch)?
        }
        split => match data::prepare(&spec, split, &watch) {
            // A log can be looked at that cannot be split; a split that was asked for must succeed.
            Err(DataError::Nothing { .. }) if split == SplitSpec::LeaveOneOut => {
                unsplit(&spec, &watch)?
            }
            prepared => prepared?,
        },
    };
    let dataset = &prepared.dataset;
    // A split may drop events: they stay in the counts of the log, and are told of as its last
    // steps.
    let split = audit.audit.then_some(experiment.split);
    let divided = split
        .map(|split| data::prepare(&spec, split, &watch))
        .transpose()?;
    drop(watch);
    let audited = divided.as_ref().map(|divided| data::audit(divided, &spec));
    let shown = divided.as_ref().unwrap_or(&prepared);
    let computed = if wants_features {
        Some(columns::computed(&spec, experiment.split, dataset)?)
    } else {
        None
    };
    if json {
        let mut told = json_of(&preview, dataset, audited.as_deref());
        if let (Some((to, n)), Some(object)) = (&written, told.as_object_mut()) {
            object.insert("refused_to".to_owned(), json!({ "file": to, "rows": n }));
        }
        if let (Some(computed), Some(object)) = (&computed, told.as_object_mut()) {
            object.insert("features".to_owned(), columns::features_json(computed));
        }
        if wanted.is_wanted() {
            wanted.tell_json(&Profile::of(shown), &shown.dataset, &mut told)?;
        }
        return streams.json(&told);
    }
    let dataset = &shown.dataset;
    let profile = Profile::of(shown);
    write_reading(&preview, streams.out)?;
    write_report(&dataset.report, streams.out)?;
    if let Some((to, n)) = &written {
        writeln!(
            streams.out,
            "{} refused rows written to {}",
            count(*n),
            to.display()
        )?;
    }
    profile::write_summary(dataset, &profile, streams.out)?;
    wanted.tell(&profile, dataset, streams.out)?;
    if let Some(computed) = &computed {
        columns::write_features(computed, streams.out)?;
    }
    if let (Some(findings), Some(split)) = (&audited, split) {
        let (n_valid, n_test) = (
            count(shown.split.valid.len()),
            count(shown.split.test.len()),
        );
        let questions = format!("{n_valid} validation and {n_test} test questions");
        writeln!(
            streams.out,
            "\nAudit of the split: {}, {questions}",
            split.title()
        )?;
        audit::write(findings, streams.out)?;
    }
    streams.warn(&preview.problems)?;
    let (_, told) = warnings(&preview, &dataset.report);
    streams.warn(&told)
}

/// What is doubtful of a file's head, and what of its rows that was not said of the head.
fn warnings(preview: &Preview, report: &DataReport) -> (Vec<Problem>, Vec<Problem>) {
    let of_rows = report
        .problems
        .iter()
        .filter(|problem| !preview.problems.contains(problem));
    (preview.problems.clone(), of_rows.cloned().collect())
}

fn tell_world(
    spec: &WorldSpec,
    wanted: &ProfileArgs,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let tell = |dataset: &Dataset, profile: &Profile, out: &mut dyn Write| {
        profile::write_summary(dataset, profile, out)?;
        wanted.tell(profile, dataset, out)
    };
    world::tell(spec, tell, streams)
}

fn world_json(
    spec: &WorldSpec,
    wanted: &ProfileArgs,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let object = world::json_of(spec, |dataset, profile, object| {
        wanted.tell_json(profile, dataset, object)
    })?;
    streams.json(&object)
}

fn unsplit(spec: &DataSpec, watch: &dyn Watch) -> Result<Prepared, Error> {
    Ok(Prepared {
        dataset: data::read(spec, watch)?,
        ..Prepared::default()
    })
}

fn json_of(preview: &Preview, dataset: &Dataset, audited: Option<&[Finding]>) -> Value {
    let (shape, span) = (dataset.shape(), dataset.time_span());
    let (of_head, of_rows) = warnings(preview, &dataset.report);
    let roles: serde_json::Map<_, _> = shown_roles(&preview.file.roles)
        .map(|role| {
            (
                role.to_string().to_lowercase(),
                json!(preview.file.roles.column(role)),
            )
        })
        .collect();
    let mut object = json!({
        "rows_read": dataset.report.rows_read,
        "rows_refused": dataset.report.rows_refused,
        "users": shape.n_users,
        "items": shape.n_items,
        "events": shape.n_events,
        "first": span.as_ref().map(|(first, _)| first),
        "last": span.as_ref().map(|(_, last)| last),
        "roles": roles,
        "steps": dataset.report.steps.iter().map(step_json).collect::<Vec<_>>(),
        "file": preview.file,
        "refused": dataset.report.refused,
        "warnings": of_head.iter().chain(&of_rows).map(|problem| &problem.sentence).collect::<Vec<_>>(),
    });
    if !dataset.report.refused_by_reason.is_empty()
        && let Some(object) = object.as_object_mut()
    {
        object.insert(
            "refused_by_reason".to_owned(),
            json!(dataset.report.refused_by_reason),
        );
    }
    if let Some(object) = object.as_object_mut() {
        columns::add_json(preview, &dataset.report, object);
        if let Some(findings) = audited {
            object.insert("audit".to_owned(), audit::json(findings));
        }
    }
    object
}

/// Counts after a step, and for a step of cleaning what it did.
fn step_json(count: &StepCount) -> Value {
    let mut json = json!({ "step": count.step, "rows": count.rows, "users": count.users, "items": count.items });
    if let (Some(effect), Some(fields)) = (&count.effect, json.as_object_mut())
        && let Ok(Value::Object(effect)) = serde_json::to_value(effect)
    {
        fields.extend(effect);
    }
    json
}

/// What was guessed or said, so that a wrong guess is seen at once.
fn write_reading(preview: &Preview, out: &mut dyn Write) -> std::io::Result<()> {
    let file = &preview.file;
    let mut how = Vec::new();
    if let Some(format) = file.format {
        how.push(format.to_string());
    }
    if let Some(table) = &file.table {
        how.push(format!("table {table:?}"));
    }
    if preview.n_files > 1 {
        how.push(format!("{} files", count(preview.n_files)));
    }
    if preview.packing != Packing::None {
        how.push(preview.packing.to_string());
    }
    if let Some(encoding) = file.encoding {
        how.push(encoding.to_string());
    }
    if let Some(separator) = &file.separator {
        how.push(format!("separator {separator:?}"));
    }
    if let Some(header) = file.header {
        how.push(
            if header {
                "with a header"
            } else {
                "without a header"
            }
            .to_owned(),
        );
    }
    writeln!(out, "{}: {}", file.path.display(), how.join(", "))?;
    let mut table = TextTable::new([
        ("role", Align::Left),
        ("column", Align::Left),
        ("first row", Align::Left),
    ]);
    for role in shown_roles(&file.roles) {
        let column = file.roles.column(role);
        let at = column.and_then(|name| preview.columns.iter().position(|c| c == name));
        let first = at
            .and_then(|at| preview.rows.first()?.get(at))
            .cloned()
            .unwrap_or_default();
        let written = match (role, &file.time_format) {
            (Role::Time, Some(format)) if column.is_some() => format!(" ({format})"),
            _ => String::new(),
        };
        let name = role.to_string().to_lowercase();
        table.row([
            name,
            column.unwrap_or("none").to_owned(),
            format!("{first}{written}"),
        ]);
    }
    table.write(out)?;
    if let Some(only) = file
        .only_where
        .as_ref()
        .filter(|only| !only.trim().is_empty())
    {
        writeln!(out, "only rows where: {only}")?;
    }
    columns::write_reading(preview, out)
}

/// The five roles of every log, and of the others those that this one has.
fn shown_roles(roles: &Roles) -> impl Iterator<Item = Role> {
    let always = [
        Role::User,
        Role::Item,
        Role::Time,
        Role::Behaviour,
        Role::Value,
    ];
    Role::iter().filter(move |role| always.contains(role) || roles.column(*role).is_some())
}

fn write_report(report: &DataReport, out: &mut dyn Write) -> std::io::Result<()> {
    let heads = ["rows", "users", "items", "removed", "changed"].map(|name| (name, Align::Right));
    let mut table = TextTable::new([("step", Align::Left)].into_iter().chain(heads));
    for step in &report.steps {
        let told = |of: fn(&StepEffect) -> usize| {
            step.effect
                .as_ref()
                .map_or_else(String::new, |e| count(of(e)))
        };
        let (removed, changed) = (
            told(|effect| effect.n_removed),
            told(|effect| effect.n_changed),
        );
        table.row([
            step.step.clone(),
            count(step.rows),
            count(step.users),
            count(step.items),
            removed,
            changed,
        ]);
    }
    writeln!(out)?;
    table.write(out)?;
    write_effects(report, out)?;
    writeln!(
        out,
        "\n{} rows read, {} refused",
        count(report.rows_read),
        count(report.rows_refused)
    )?;
    if report.refused_by_reason.len() > 1 {
        for kind in &report.refused_by_reason {
            writeln!(
                out,
                "  {} {} (the first: {})",
                count(kind.rows),
                kind.reason,
                kind.first_place()
            )?;
        }
        writeln!(out, "The first of them, `--refused FILE.csv` writes all:")?;
    }
    for refused in report.refused.iter().take(10) {
        writeln!(out, "  {}: {}", refused.place(), refused.reason)?;
    }
    match report.rows_refused.saturating_sub(10) {
        0 => {}
        more => writeln!(out, "  and {} more", count(more))?,
    }
    columns::write_joins(report, out)
}

/// What each step of cleaning found, and the first rows that it touched.
fn write_effects(report: &DataReport, out: &mut dyn Write) -> std::io::Result<()> {
    for step in &report.steps {
        let Some(effect) = step
            .effect
            .as_ref()
            .filter(|effect| !effect.note.is_empty() || !effect.examples.is_empty())
        else {
            continue;
        };
        let learnt = effect.fitted_on.map(|from| format!("learnt from {from}"));
        let said: Vec<String> = [effect.note.clone()]
            .into_iter()
            .chain(learnt)
            .filter(|s| !s.is_empty())
            .collect();
        writeln!(
            out,
            "\n{}{}{}",
            step.step,
            if said.is_empty() { "" } else { ": " },
            said.join("; ")
        )?;
        for row in &effect.examples {
            let time = if row.time.is_empty() {
                String::new()
            } else {
                format!(", {}", row.time)
            };
            let before = if row.before.is_empty() {
                String::new()
            } else {
                format!("{} ", row.before)
            };
            writeln!(
                out,
                "  user {}, item {}{time}: {before}→ {}",
                row.user, row.item, row.after
            )?;
        }
    }
    Ok(())
}
