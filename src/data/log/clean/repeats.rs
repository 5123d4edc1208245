//! Repeated events: a double click, a page loaded again.

use std::collections::HashMap;

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Makes one event of events of one user with one item within a window.
    Repeats {
        /// Longest time from the event that is kept to one that is dropped, in seconds.
        window_secs: f64 = 10.0, Float { min: 0.0, max: 1e9 }, "Window", "s", "An event this soon \
            after the kept one of the same user and item is dropped.", "longer than a double click, shorter than a return";
        /// Whether another behaviour makes another event.
        same_behaviour: bool = true, Bool, "Same behaviour only", "", "A view and a purchase \
            within the window are two events; off, they are one.", "a purchase is no repeated view";
    }
}

impl CleaningRule for Repeats {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Repeated events",
            "Of events of one user and item within some seconds of each other, only the \
             first stays.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: true,
            cure: "make its window shorter",
        }
    }

    /// The window begins at the last event that was kept, so a long chain of clicks leaves one
    /// event a window, and what is left has no repeat.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let (events, times, window) = (log.events, log.ticks(), log.span(self.window_secs));
        let behaviours = events
            .behaviour_idx
            .as_deref()
            .filter(|_| self.same_behaviour);
        let mut keep = vec![true; log.len()];
        let (offsets, rows) = log.rows_in_time();
        let mut last_kept: HashMap<(u32, u16), i64> = HashMap::new();
        for bounds in offsets.windows(2) {
            last_kept.clear();
            for &row in &rows[bounds[0]..bounds[1]] {
                let key = (
                    events.item_idx[row],
                    behaviours.map_or(0, |column| column[row]),
                );
                match last_kept.get(&key) {
                    Some(kept) if times[row].saturating_sub(*kept) <= window => keep[row] = false,
                    _ => {
                        last_kept.insert(key, times[row]);
                    }
                }
            }
        }
        let warnings = log.doubtful_seconds("window_secs");
        Ok(StepOutcome {
            warnings,
            ..LogChange::Keep(keep).into()
        })
    }
}
