//! Bots: users with more events in an hour than a person makes.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Users with too many events in any hour go.
    Bots {
        /// Most events that a person makes in an hour.
        max_events_per_hour: usize = 500, Int { min: 1, max: 1_000_000 }, "Most events in an hour", "events", "Users \
            with more in any 60 minutes are dropped whole.", "one event in 7 seconds, an hour long";
    }
}

const HOUR_SECS: f64 = 3_600.0;

impl CleaningRule for Bots {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Bots",
            "Users with more than so many events in any hour are dropped whole.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: true,
            cure: "allow more events in an hour",
        }
    }

    /// An hour is any span shorter than 3,600 seconds, not one of the clock: a bot that works from
    /// 9:30 to 10:30 is found, too.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let (times, hour) = (log.ticks(), log.span(HOUR_SECS));
        let mut keep = vec![true; log.len()];
        let (offsets, rows) = log.rows_in_time();
        let mut n_bots = 0;
        for bounds in offsets.windows(2) {
            let of_user = &rows[bounds[0]..bounds[1]];
            // The hour of the event `max` later has more than `max` events.
            let later = of_user.iter().skip(self.max_events_per_hour);
            let is_bot = of_user
                .iter()
                .zip(later)
                .any(|(&a, &b)| times[b].saturating_sub(times[a]) < hour);
            if is_bot {
                n_bots += 1;
                for &row in of_user {
                    keep[row] = false;
                }
            }
        }
        let warnings = log.doubtful_seconds("max_events_per_hour");
        Ok(StepOutcome {
            warnings,
            ..StepOutcome::from(LogChange::Keep(keep))
                .with_note(format!("users taken for bots: {n_bots}"))
        })
    }
}
