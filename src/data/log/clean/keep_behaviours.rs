//! Behaviour filter: some behaviours only.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::{LogView, unknown_behaviour, words};
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Events of other behaviours go.
    KeepBehaviours {
        /// Behaviours that are kept, with commas between them.
        keep: String = String::new(), Text, "Keep", "", "Behaviours that are kept, with commas \
            between them, such as view, buy.", "depends on the log";
    }
}

impl CleaningRule for KeepBehaviours {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Keep behaviours",
            "Only events of the behaviours in a list are kept.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Behaviour],
            is_fitted: false,
            is_idempotent: true,
            cure: "check the spelling of its list",
        }
    }

    fn check(&self) -> Vec<Problem> {
        if words(&self.keep).next().is_some() {
            return Vec::new();
        }
        let sentence = "no behaviour is named; write those to keep, with commas between them, such \
                        as view, buy.";
        vec![Problem::error("keep", sentence)]
    }

    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let known = &log.events.behaviours;
        let wanted: Vec<Option<u32>> = words(&self.keep).map(|word| known.idx(word)).collect();
        let column = log.events.behaviour_idx.as_deref().unwrap_or(&[]);
        let change = LogChange::Keep(
            column
                .iter()
                .map(|&idx| wanted.contains(&Some(u32::from(idx))))
                .collect(),
        );
        let warnings = words(&self.keep).filter_map(|word| unknown_behaviour(word, known));
        Ok(StepOutcome {
            warnings: warnings.map(|sentence| ("keep", sentence)).collect(),
            ..change.into()
        })
    }
}
