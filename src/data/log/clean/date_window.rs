//! A date window: the part of the calendar that an experiment is about.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::{LogView, check_moment};
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Events outside a part of the calendar go.
    DateWindow {
        /// The first moment that is kept; empty for the beginning.
        from: String = String::new(), Text, "From", "", "The first moment that is kept (UTC), such \
            as 2024-01-31; empty for the beginning.", "the whole log";
        /// The first moment that is no longer kept; empty for the end.
        until: String = String::new(), Text, "Until", "", "The first moment that is no longer kept \
            (UTC): 2024-02-01 ends with January. Empty for the end.", "the whole log";
    }
}

impl CleaningRule for DateWindow {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Date window",
            "Only events from one date on and before another are kept.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: true,
            cure: "widen its window",
        }
    }

    fn check(&self) -> Vec<Problem> {
        [
            check_moment("from", &self.from),
            check_moment("until", &self.until),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let from = log.moment("from", &self.from)?;
        let until = log.moment("until", &self.until)?;
        Ok(LogChange::Keep(
            log.ticks()
                .iter()
                .map(|ticks| {
                    from.is_none_or(|from| *ticks >= from)
                        && until.is_none_or(|until| *ticks < until)
                })
                .collect(),
        )
        .into())
    }
}
