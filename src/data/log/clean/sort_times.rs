//! Unsorted times: rows that stand after later rows of the same user.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Each user's rows are put in order of time, and those that stood too late are counted.
    SortTimes {}
}

impl CleaningRule for SortTimes {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Unsorted times",
            "Each user's rows are put in order of time, and those out of order are counted; \
             sequences are sorted in any case.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Time],
            is_fitted: false,
            is_idempotent: true,
            cure: "switch it off",
        }
    }

    /// A user's rows keep the places that the user has in the file and change only among
    /// themselves; rows of one moment keep their order.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let times = log.ticks();
        let places = log.events.by_user().rows;
        let (offsets, rows) = log.rows_in_time();
        let mut order: Vec<usize> = (0..log.len()).collect();
        let mut late = Vec::new();
        for bounds in offsets.windows(2) {
            let mut newest = i64::MIN;
            for (&place, &row) in places[bounds[0]..bounds[1]]
                .iter()
                .zip(&rows[bounds[0]..bounds[1]])
            {
                let place = place as usize;
                order[place] = row;
                if times[place] < newest {
                    late.push(place);
                }
                newest = newest.max(times[place]);
            }
        }
        late.sort_unstable();
        let note = format!("rows after a later row of the same user: {}", late.len());
        Ok(StepOutcome::from(LogChange::Order(order, late)).with_note(note))
    }
}
