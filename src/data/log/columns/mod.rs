//! Columns beside the five that every log may have: sessions, places, free features, and tables of
//! items and users that are joined by their ids.
//!
//! `spec` is what the user wrote, `guess` finds it in a file's head, `coding` reads the cells into
//! `values`, `side` joins tables, and `beside` finds such tables in a log's folder.

mod beside;
mod coding;
mod guess;
mod key;
mod side;
mod spec;
mod values;

pub use beside::Beside;
pub use side::JoinReport;
pub use spec::{ColumnKind, FreeColumnSpec, SideOf, SideTable};
pub use values::{FreeColumn, FreeValues, Words};

pub(super) use beside::beside;
pub(super) use coding::{ExtraCells, FREE, code, settle};
pub(super) use guess::{WantedColumn, find};
pub(super) use key::{most_matches, named};
pub(crate) use side::{JoinedTable, read};
pub(super) use values::Extra;
