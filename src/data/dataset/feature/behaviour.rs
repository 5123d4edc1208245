//! The user's behaviour, as a class.

use serde::{Deserialize, Serialize};

use super::spec::{Computable, Feature};
use super::view::{DatasetView, Need};
use seqscope_base::spec::{Described, EntryWords, Field, Problem, SetError, Value};

/// The behaviour of an event; nothing about it can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviourType {}

impl Described for BehaviourType {
    fn fields(&self) -> Vec<Field> {
        Vec::new()
    }

    fn set(&mut self, key: &str, _: &Value) -> Result<(), SetError> {
        Err(SetError::Unknown {
            key: key.to_owned(),
            suggestion: None,
            known: Vec::new(),
        })
    }
}

impl Computable for BehaviourType {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Behaviour type",
            "The number of the event's behaviour in the log's list, from 1.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], an index"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Behaviour]
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let column = log.sequences().behaviour_idx.as_deref().unwrap_or(&[]);
        let idx = column
            .iter()
            .map(|&behaviour| u32::from(behaviour) + 1)
            .collect();
        Ok(Feature::index(
            "behaviour",
            idx,
            log.dataset.behaviours.len(),
        ))
    }
}
