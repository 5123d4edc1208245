//! From a file to cleaned rows.
//!
//! A file is `source` (read as text or Parquet, refused lines listed) → `schema` (which column is the
//! user, the item, the time) → `coding` (cells to numbers and times; a row whose user, item or time cannot be read is refused
//! here; `stream` does it piece by piece) →
//! `events` (coded rows) → [`clean`] (an ordered list of counted steps). `open` goes this way and
//! writes the account of it (`report`); a world takes the place of a file in `made`. A row is there
//! twice only where all its columns are (`same_rows`). Sessions, places, free columns and joined
//! tables go with the rows (`columns`), and ids may be replaced as they are read (`pseudonym`).

mod anonymous;
pub(crate) mod answers;
pub mod clean;
mod coding;
mod columns;
mod events;
mod flag;
mod grouping;
mod made;
mod open;
mod part;
mod plausible;
mod preview;
mod pseudonym;
mod refused_rows;
mod report;
mod same_rows;
mod schema;
pub(crate) mod source;
mod spec;
mod stream;
mod table;
mod titles;
mod vocab;
mod writings;

pub use clean::CleanStep;
pub use columns::{
    Beside, ColumnKind, FreeColumn, FreeColumnSpec, FreeValues, JoinReport, SideOf, SideTable,
    Words,
};
pub use part::SplitPart;
pub use preview::{Preview, preview};
pub use pseudonym::{
    KEY_VARIABLE, PseudonymKey, PseudonymStamp, Pseudonymiser, Pseudonyms, use_key,
};
pub use refused_rows::{refused_rows, write_refused_rows};
pub use report::{
    DataReport, ExampleRow, FittedOn, RefusedKind, RefusedRow, StepCount, StepEffect,
};
pub use source::{name_of, reads};
pub use spec::{
    CleanSpec, DataSource, Encoding, FileFormat, FileSpec, Packing, Role, Roles, TitleSpec,
};
pub use table::{Column, Table, read_parquet, write_csv, write_parquet};
pub use vocab::Vocab;

pub(crate) use coding::NO_BEHAVIOUR;
pub(crate) use columns::JoinedTable;
pub(crate) use events::{Events, compact};
pub(crate) use grouping::ByUser;
pub(crate) use open::{Log, open};
pub(crate) use writings::known_as;
