//! Impossible times: dates before the service was there, or in a far future.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::{LogView, check_moment};
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Events at moments that cannot be true go.
    ImpossibleTimes {
        /// The first moment that can be true; empty for no limit.
        earliest: String = "1990-01-01".to_owned(), Text, "Earliest", "", "Events before this date \
            (UTC) are dropped; empty for no limit.", "older than the logs of online services";
        /// The last moment that can be true; empty for no limit.
        latest: String = "2100-01-01".to_owned(), Text, "Latest", "", "Events after this date \
            (UTC) are dropped; empty for no limit. Not today, so that a file means the same \
            tomorrow.", "later than any log";
    }
}

impl CleaningRule for ImpossibleTimes {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Impossible times",
            "Events before the earliest or after the latest moment that can be true are \
             dropped.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: true,
            cure: "check `data.time_format`, or widen its limits",
        }
    }

    fn check(&self) -> Vec<Problem> {
        [
            check_moment("earliest", &self.earliest),
            check_moment("latest", &self.latest),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let earliest = log.moment("earliest", &self.earliest)?.unwrap_or(i64::MIN);
        let latest = log.moment("latest", &self.latest)?.unwrap_or(i64::MAX);
        let early = log
            .ticks()
            .iter()
            .filter(|&&ticks| ticks < earliest)
            .count();
        let late = log.ticks().iter().filter(|&&ticks| ticks > latest).count();
        let keep = log
            .ticks()
            .iter()
            .map(|ticks| (earliest..=latest).contains(ticks))
            .collect();
        Ok(StepOutcome::from(LogChange::Keep(keep))
            .with_note(format!("too early: {early}, too late: {late}")))
    }
}
