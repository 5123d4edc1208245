//! Settings of the data, as the user wrote them: the log, its cleaning, its features.

use serde::{Deserialize, Serialize};

use super::FeatureSpec;
use crate::log::{CleanSpec, DataSource};

/// Source of the events, and their cleaning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSpec {
    /// A file or a synthetic world.
    pub source: DataSource,
    /// How the log is cleaned.
    pub clean: CleanSpec,
    /// Facts about every event that models get beside its item.
    // Not written when there are none, so that a short file stays short.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureSpec>,
}
