//! Duplicates: rows that a log holds twice by mistake.

use std::collections::HashSet;

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use crate::log::Role;
use crate::log::same_rows::equal_in_roles;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Rows that are equal in every column count once.
    Duplicates {
        /// Whether rows must be equal in every column of the file, and not in those of the roles
        /// alone.
        all_columns: bool = true, Bool, "All columns", "", "On: rows equal in every column of the \
            file count once. Off: rows equal in user, item, time, behaviour and value do, whatever \
            other columns say: in logs of whole days or minutes those are often events of their \
            own.", "only a row that is the same in all it says is the same row";
    }
}

impl CleaningRule for Duplicates {
    fn words(&self) -> EntryWords {
        let (title, help) = if self.all_columns {
            (
                "Exact duplicates",
                "Rows equal in every column of the file count once.",
            )
        } else {
            (
                "Same user, item and time",
                "Rows equal in user, item, time, behaviour and value count once, whatever other \
                 columns say.",
            )
        };
        EntryWords::new(title, help, "")
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: true,
            cure: "switch it off",
        }
    }

    /// Keeps the first in the file of equal rows. Without times a repeat is behaviour, not a
    /// mistake, so the step needs them.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let events = log.events;
        let same = events.same.as_deref().filter(|_| self.all_columns);
        let mut keep = vec![true; events.len()];
        let mut classes = HashSet::new();
        equal_in_roles(events, |rows| match same {
            None => rows
                .iter()
                .skip(1)
                .for_each(|&row| keep[row as usize] = false),
            Some(same) => {
                classes.clear();
                for &row in rows {
                    let class = same[row as usize];
                    // A class of 0 is that of a row that is equal to none.
                    keep[row as usize] = class == 0 || classes.insert(class);
                }
            }
        });
        let n = keep.iter().filter(|kept| !**kept).count();
        let mut outcome = StepOutcome::from(LogChange::Keep(keep));
        if !self.all_columns && n > 0 {
            let share = 100.0 * n as f64 / events.len() as f64;
            let sentence = format!(
                "{n} of {} rows ({share:.1} %) are dropped because another has their user, item \
                 and time; they may be events of their own where other columns differ.",
                events.len()
            );
            outcome.warnings.push(("all_columns", sentence));
        }
        Ok(outcome)
    }
}
