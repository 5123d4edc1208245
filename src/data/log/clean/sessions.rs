//! Sessions by gap: visits take the place of users.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use crate::log::{Role, Vocab};
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// A long pause ends a session; sessions take the place of users.
    Sessions {
        /// Longest pause within a session, in seconds.
        gap_secs: f64 = 1_800.0, Float { min: 0.0, max: 1e9 }, "Longest pause", "s", "A longer pause between two events begins another session.", "half \
            an hour, usual in web analytics (Catledge & Pitkow 1995)";
    }
}

impl CleaningRule for Sessions {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Sessions by gap",
            "A pause longer than so many seconds begins a session; sessions (user#1, user#2) \
             take the place of users.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: false,
            cure: "switch it off",
        }
    }

    /// Every user gets a number, also those with one session. So no two ids can become one: what
    /// stands before the last `#` is the user.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let (times, gap) = (log.ticks(), log.span(self.gap_secs));
        let (offsets, rows) = log.rows_in_time();
        let (mut ids, mut idx) = (Vocab::default(), vec![0_u32; log.len()]);
        for (bounds, user) in offsets.windows(2).zip(log.events.users.ids()) {
            let (mut number, mut last, mut session) = (0, None, 0);
            for &row in &rows[bounds[0]..bounds[1]] {
                if last.is_none_or(|last| times[row].saturating_sub(last) > gap) {
                    number += 1;
                    session = ids.intern(&format!("{user}#{number}"));
                }
                last = Some(times[row]);
                idx[row] = session;
            }
        }
        let note = format!("sessions: {}", ids.len());
        let warnings = log.doubtful_seconds("gap_secs");
        Ok(StepOutcome {
            warnings,
            ..StepOutcome::from(LogChange::Users(idx, ids)).with_note(note)
        })
    }
}
