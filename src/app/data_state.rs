//! The log being opened, and what it became.

use std::sync::Arc;

use super::Loadable;
use crate::data::{DataSpec, Prepared, Preview, SplitSpec};

/// One event of a user as the Data page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RawEvent {
    /// Title of the item, or its id.
    pub item: String,
    /// Time as text, when the log has times.
    pub time: Option<String>,
    /// Behaviour, when the log has behaviours.
    pub behaviour: Option<String>,
    /// Amount or rating, when the log has one.
    pub value: Option<f32>,
}

/// The log being opened, and what it became.
#[derive(Default)]
pub struct DataState {
    /// Head of the file and what was guessed; idle when a world is used.
    pub preview: Loadable<Preview>,
    /// The cleaned log and its split.
    pub prepared: Loadable<Arc<Prepared>>,
    /// What `prepared` was made from; when the draft says something else, it is stale.
    pub prepared_from: Option<(DataSpec, SplitSpec)>,
}
