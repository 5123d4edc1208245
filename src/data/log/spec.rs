//! Settings of the log to open and of its cleaning, as the user wrote them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::clean::CleanStep;
use super::columns::{FreeColumnSpec, SideOf, SideTable};
use super::{Pseudonyms, SplitPart};
use crate::value::TimeFormat;
use crate::world::WorldSpec;

/// A file or a synthetic world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one value of it in an experiment"
)]
pub enum DataSource {
    /// A generator with known rules: needs no file.
    World(WorldSpec),
    /// A log on disk.
    File(FileSpec),
}

/// A log on disk. Everything but the path may be left out and is then guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// The file; relative paths are relative to the current folder, and `$NAME` at the start is
    /// replaced by that environment variable.
    pub path: PathBuf,
    /// A file of its own whose events are validation; of the same form as the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_path: Option<PathBuf>,
    /// A file of its own whose events are the test; the first one then is training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_path: Option<PathBuf>,
    /// Text, Parquet or another; guessed from content and name when absent.
    #[serde(default)]
    pub format: Option<FileFormat>,
    /// How letters are written as bytes; guessed from the head when absent.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Field separator of a text file, such as `,` or `::`; guessed when absent.
    #[serde(default)]
    pub separator: Option<String>,
    /// Whether a text file's first line names the columns; guessed when absent.
    #[serde(default)]
    pub header: Option<bool>,
    /// Table of a `SQLite` database; guessed when absent and one looks like a log.
    #[serde(default)]
    pub table: Option<String>,
    /// Query to a `SQLite` database, in place of a table; SELECT only.
    #[serde(default)]
    pub query: Option<String>,
    /// Which column is what; guessed where absent.
    #[serde(default)]
    pub roles: Roles,
    /// How times are written, in a word or a pattern of strftime's; guessed when absent.
    #[serde(default)]
    pub time_format: Option<TimeFormat>,
    /// Which rows are events, by a column and its value, `click = 1`, or a column alone for that
    /// value; all where absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_where: Option<String>,
    /// A table of item titles to join.
    #[serde(default)]
    pub titles: Option<TitleSpec>,
    /// Which ids are replaced by keyed hashes as the log is read.
    #[serde(default, skip_serializing_if = "Pseudonyms::is_off")]
    pub pseudonyms: Pseudonyms,
    /// Further marks that stand for nothing, such as `NA`, beside those that always do (`NULL`,
    /// `NaN`, `\N`). Said and empty: there are none, and nothing is asked about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
    /// Whether an event without a user is taken as of its session; by their share when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_for_users: Option<bool>,
    /// Columns without a role that are kept as features of the events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub free_features: Vec<FreeColumnSpec>,
    /// A table with one row for each item, joined by item id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<SideTable>,
    /// A table with one row for each user, joined by user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<SideTable>,
}

impl FileSpec {
    /// The files of validation and test, with their parts, where they have files of their own.
    pub fn parts(&self) -> impl Iterator<Item = (SplitPart, &PathBuf)> {
        [
            (SplitPart::Valid, &self.valid_path),
            (SplitPart::Test, &self.test_path),
        ]
        .into_iter()
        .filter_map(|(part, path)| Some((part, path.as_ref()?)))
    }

    /// The tables of items and users that are joined.
    pub fn side_tables(&self) -> impl Iterator<Item = (SideOf, &SideTable)> {
        [(SideOf::Items, &self.items), (SideOf::Users, &self.users)]
            .into_iter()
            .filter_map(|(of, table)| Some((of, table.as_ref()?)))
    }

    /// The place of the table of items or of users, to be filled.
    pub fn side_table_mut(&mut self, of: SideOf) -> &mut Option<SideTable> {
        match of {
            SideOf::Items => &mut self.items,
            SideOf::Users => &mut self.users,
        }
    }
}

/// A kind of file.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter, strum::Display,
)]
pub enum FileFormat {
    /// Lines of separated fields: CSV, TSV, `::`, `.inter`.
    Text,
    /// Apache Parquet.
    Parquet,
    /// One JSON object a line.
    Ndjson,
    /// One JSON array of objects.
    #[strum(to_string = "JSON array")]
    Json,
    /// One user a line: `user item item …`, with seconds between the events behind a tab or
    /// without.
    #[strum(to_string = "one user a line")]
    Lists,
    /// Text with one user a row and one item a column: a matrix of ratings.
    #[strum(to_string = "matrix of ratings")]
    Matrix,
    /// Text whose cells, or numbered columns, hold lists of items.
    #[strum(to_string = "lists in cells")]
    ListCells,
    /// Text with a column of what was shown, `N1-0 N2-1`, of which some was clicked.
    #[strum(to_string = "impressions")]
    Impressions,
    /// The log of a web server, common or combined format.
    #[strum(to_string = "log of a web server")]
    WebLog,
    /// A table of a `SQLite` database, or what a query gives.
    #[strum(to_string = "SQLite")]
    Sqlite,
}

/// How letters are written as bytes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
)]
pub enum Encoding {
    /// Encoding of nearly every file; plain ASCII is a part of it.
    #[default]
    #[strum(to_string = "UTF-8")]
    Utf8,
    /// Two bytes a letter, the lower one first, as Windows' programs save "Unicode".
    #[strum(to_string = "UTF-16 LE")]
    Utf16Le,
    /// Two bytes a letter, the higher one first.
    #[strum(to_string = "UTF-16 BE")]
    Utf16Be,
    /// Chinese text; GBK and GB2312 are parts of it.
    #[strum(to_string = "GB18030")]
    Gb18030,
    /// Western European text of Windows; Latin-1 is a part of it.
    #[strum(to_string = "Windows-1252")]
    Windows1252,
    /// Central European text of Windows.
    #[strum(to_string = "Windows-1250")]
    Windows1250,
    /// Cyrillic text of Windows.
    #[strum(to_string = "Windows-1251")]
    Windows1251,
    /// Russian text of Unix.
    #[strum(to_string = "KOI8-R")]
    Koi8R,
    /// Japanese text of Windows.
    #[strum(to_string = "Shift-JIS")]
    ShiftJis,
    /// Traditional Chinese text.
    #[strum(to_string = "Big5")]
    Big5,
    /// Korean text.
    #[strum(to_string = "EUC-KR")]
    EucKr,
}

/// How a file is packed; always told from its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::Display)]
pub enum Packing {
    /// It is not.
    #[default]
    #[strum(to_string = "not compressed")]
    None,
    /// gzip, one member or several.
    #[strum(to_string = "gzip")]
    Gzip,
    /// Zstandard.
    #[strum(to_string = "zstd")]
    Zstd,
}

/// Meaning of a column.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter, strum::Display,
)]
pub enum Role {
    /// Who acted.
    User,
    /// On what.
    Item,
    /// When.
    Time,
    /// How: view, cart, buy.
    Behaviour,
    /// How much: rating, amount, dwell.
    Value,
    /// The visit, where there is a user beside it.
    Session,
    /// How far north, in degrees.
    Latitude,
    /// How far east, in degrees.
    Longitude,
    /// At what time of the day, where the time's column holds days only.
    Clock,
}

/// Column names by role. `None`: not said (and guessed); an empty string: no column has the role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// Who acted.
    pub user: Option<String>,
    /// On what.
    pub item: Option<String>,
    /// When.
    pub time: Option<String>,
    /// How.
    pub behaviour: Option<String>,
    /// How much.
    pub value: Option<String>,
    /// The visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How far north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<String>,
    /// How far east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<String>,
    /// At what time of the day, beside a time that holds days only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
}

impl Roles {
    /// The column of a role, if said and not refused.
    #[must_use]
    pub fn column(&self, role: Role) -> Option<&str> {
        self.said(role).filter(|name| !name.is_empty())
    }

    /// Setting of a role: a column, an empty string for none, or nothing.
    #[must_use]
    pub fn said(&self, role: Role) -> Option<&str> {
        let slot = match role {
            Role::User => &self.user,
            Role::Item => &self.item,
            Role::Time => &self.time,
            Role::Behaviour => &self.behaviour,
            Role::Value => &self.value,
            Role::Session => &self.session,
            Role::Latitude => &self.latitude,
            Role::Longitude => &self.longitude,
            Role::Clock => &self.clock,
        };
        slot.as_deref()
    }

    /// The slot of a role, to be filled.
    pub fn slot_mut(&mut self, role: Role) -> &mut Option<String> {
        match role {
            Role::User => &mut self.user,
            Role::Item => &mut self.item,
            Role::Time => &mut self.time,
            Role::Behaviour => &mut self.behaviour,
            Role::Value => &mut self.value,
            Role::Session => &mut self.session,
            Role::Latitude => &mut self.latitude,
            Role::Longitude => &mut self.longitude,
            Role::Clock => &mut self.clock,
        }
    }
}

/// A table with one title an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleSpec {
    /// The file; any format that a log may have.
    pub path: PathBuf,
    /// Column with the item id; guessed when absent.
    #[serde(default)]
    pub item: Option<String>,
    /// Column with the title; guessed when absent.
    #[serde(default)]
    pub title: Option<String>,
}

/// How the log is cleaned: exact duplicates first, then the steps in their order, the k-core last.
///
/// The three settings beside the list are the whole of most cleaning. Whoever wants duplicates or
/// the k-core at another place turns them off here and puts them among the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CleanSpec {
    /// Drop rows equal in every column of the file, before all steps. Only where there is a time:
    /// without one a repeat is behaviour.
    pub drop_duplicates: bool,
    /// Fewest events a user must have; 0 or 1 keeps all. Applied with `min_item_events` until
    /// nothing changes (k-core), after all steps.
    pub min_user_events: usize,
    /// Fewest events an item must have; 0 or 1 keeps all.
    pub min_item_events: usize,
    /// Further steps, one after another.
    // Not written when there are none, so that a short file stays short.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<CleanStep>,
}

impl CleanSpec {
    /// Whether a step that is on learns something from the rows.
    #[must_use]
    pub fn is_fitted(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.is_on() && step.is_fitted())
    }
}

impl Default for CleanSpec {
    fn default() -> Self {
        Self {
            drop_duplicates: true,
            min_user_events: 0,
            min_item_events: 0,
            steps: Vec::new(),
        }
    }
}

impl Default for DataSource {
    fn default() -> Self {
        Self::World(WorldSpec::default())
    }
}

seqscope_base::spec::described! { CleanSpec {
    drop_duplicates: Bool, Core, "Drop exact duplicates", "", "Rows equal in every column of the \
        file count once. Without a time column a repeat is behaviour, and nothing is dropped.", "evaluation protocol";
    min_user_events: Int { min: 0, max: 10_000 }, Core, "Fewest events per user", "events", "Users \
        with fewer are dropped; repeated with items until nothing changes (k-core).", "0 keeps all";
    min_item_events: Int { min: 0, max: 10_000 }, Core, "Fewest events per item", "events", "Items \
        with fewer are dropped; repeated with users until nothing changes (k-core).", "0 keeps all";
} }
