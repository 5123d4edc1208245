//! Behaviour mapping: other names, and several behaviours under one.

use std::collections::HashMap;

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::{LogView, unknown_behaviour, words};
use crate::log::{Role, Vocab};
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Behaviours get other names; those of one name are one behaviour.
    MergeBehaviours {
        /// `old=new` pairs, with commas between them.
        pairs: String = String::new(), Text, "Pairs", "", "Old and new name of each, such as \
            pv=view, detail=view, purchase=buy; all at once, not one after another.", "depends on the log";
    }
}

impl CleaningRule for MergeBehaviours {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Merge behaviours",
            "Behaviours get other names, and several under one name become one.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Behaviour],
            is_fitted: false,
            is_idempotent: false,
            cure: "switch it off",
        }
    }

    fn check(&self) -> Vec<Problem> {
        if self.pairs.trim().is_empty() {
            let sentence = "no behaviour is named; write pairs such as pv=view, purchase=buy.";
            return vec![Problem::error("pairs", sentence)];
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut problems = Vec::new();
        for word in words(&self.pairs) {
            match pair(word) {
                None => {
                    let sentence = format!(
                        "`{word}` is no pair; write the old and the new name, such as pv=view."
                    );
                    problems.push(Problem::error("pairs", sentence));
                }
                Some((old, _)) if seen.contains(&old) => {
                    let sentence = format!("`{old}` is renamed twice; keep one of the two pairs.");
                    problems.push(Problem::error("pairs", sentence));
                }
                Some((old, _)) => seen.push(old),
            }
        }
        problems
    }

    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let known = &log.events.behaviours;
        let renamed: HashMap<&str, &str> = words(&self.pairs).filter_map(pair).collect();
        let mut names = Vocab::starting_at(0);
        let new_idx: Vec<u16> = known
            .ids()
            .map(|id| names.intern(renamed.get(id).copied().unwrap_or(id)) as u16)
            .collect();
        let column = log.events.behaviour_idx.as_deref().unwrap_or(&[]);
        let idx = column
            .iter()
            .map(|&idx| new_idx[usize::from(idx)])
            .collect();
        let unknown = words(&self.pairs)
            .filter_map(pair)
            .filter_map(|(old, _)| unknown_behaviour(old, known));
        let warnings = unknown.map(|sentence| ("pairs", sentence)).collect();
        Ok(StepOutcome {
            warnings,
            ..LogChange::Behaviours(idx, names).into()
        })
    }
}

/// The old and the new name, both there.
fn pair(word: &str) -> Option<(&str, &str)> {
    let (old, new) = word.split_once('=')?;
    let (old, new) = (old.trim(), new.trim());
    (!old.is_empty() && !new.is_empty()).then_some((old, new))
}
