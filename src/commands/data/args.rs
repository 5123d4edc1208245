//! What `seqscope data` can be told: which file or world, and how the file is read.

use std::path::PathBuf;

use clap::ValueEnum;
use strum::IntoEnumIterator;

use super::super::columns::ColumnArgs;
use super::super::profile::ProfileArgs;
use super::super::world;
use seqscope_base::spec::Entry;
use seqscope_data::{Encoding, FileSpec, Roles, SplitSpec, TimeFormat, TitleSpec, WorldKind};

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
    pub(super) world: Option<WorldKind>,
    /// Text encoding of the file
    #[arg(long, value_enum, value_name = "ENCODING")]
    encoding: Option<EncodingWord>,
    /// Field separator, such as , or :: or \t
    #[arg(long, value_name = "TEXT")]
    separator: Option<String>,
    /// The first line names the columns
    #[arg(long, overrides_with = "no_header")]
    header: bool,
    /// The first line is a row of data
    #[arg(long)]
    no_header: bool,
    /// Table of an SQLite file
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    table: Option<String>,
    /// Query on an SQLite file, in place of a table
    #[arg(long, value_name = "SELECT")]
    query: Option<String>,
    /// Column of the user (who acted)
    #[arg(long, value_name = "COLUMN")]
    user: Option<String>,
    /// Column of the item (on what)
    #[arg(long, value_name = "COLUMN")]
    item: Option<String>,
    /// Column of the time; '' for none
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Column of the time of day, where the time column holds only days; '' for none
    #[arg(long, value_name = "COLUMN")]
    clock: Option<String>,
    /// Column of the behaviour (view, cart, buy); '' for none
    #[arg(long, value_name = "COLUMN")]
    behaviour: Option<String>,
    /// Column of the value (rating, amount); '' for none
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    #[command(flatten)]
    pub(super) columns: ColumnArgs,
    /// How times are written: a name such as seconds, date, day-first or order (see `describe
    /// times`), or a strftime pattern such as '%d/%m/%Y %H:%M:%S'
    #[arg(long, value_name = "FORMAT", value_parser = time_format)]
    time_format: Option<TimeFormat>,
    /// A second file whose events are the test part; FILE is then the training part
    #[arg(long, value_name = "FILE")]
    pub(super) test: Option<PathBuf>,
    /// A file whose events are the validation part, with --test; without it validation is each
    /// user's last training event
    #[arg(long, value_name = "FILE", requires = "test")]
    valid: Option<PathBuf>,
    /// Keep only rows where a column has this value, such as 'click = 1'; '' keeps all without
    /// asking
    #[arg(long, value_name = "COLUMN = VALUE")]
    only_where: Option<String>,
    /// A table with a title for each item
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
    pub(super) sets: Vec<String>,
    /// Write all rows that cannot be read to this CSV file, with line numbers and reasons
    #[arg(long, value_name = "FILE.csv", conflicts_with = "world")]
    pub(super) refused: Option<PathBuf>,
    #[command(flatten)]
    pub(super) audit: AuditArgs,
    #[command(flatten)]
    pub(super) profile: ProfileArgs,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(super) json: bool,
}

/// Whether a split is audited, and which.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct AuditArgs {
    /// Check how far a split of this log can be trusted: what leaks from test into training
    #[arg(long, conflicts_with = "world")]
    pub(super) audit: bool,
    /// Which split to audit; its settings are changed by `--set split.test_fraction=0.2`, `--set
    /// split.test_from=2024-03-01` and so on, see `describe split`
    #[arg(long, value_enum, value_name = "SPLIT", requires = "audit")]
    pub(super) split: Option<SplitWord>,
}

impl AuditArgs {
    /// The split that is named here; what is set further changes it.
    pub(super) fn named(self) -> Option<SplitSpec> {
        self.split.map(SplitSpec::from)
    }
}

/// [`SplitSpec`] as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SplitWord {
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
    TimeFormat::named(text).ok_or_else(|| {
        let names: Vec<_> = TimeFormat::iter()
            .map(|format| words(&format!("{format:?}")))
            .collect();
        format!(
            "choose one of {}, or write a pattern such as '%d/%m/%Y %H:%M:%S'",
            names.join(", ")
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
    pub(super) fn file_spec(self) -> FileSpec {
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
