//! The k-core filter: users and items with too few events go, until nothing changes.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Users and items with too few events go, until all that are left have enough.
    KCore {
        /// Fewest events of a user; 0 and 1 keep all.
        min_user_events: usize = 5, Int { min: 0, max: 10_000 }, "Fewest events per user", "events", "Users \
            with fewer training events are dropped; repeated with items until nothing changes.", "the usual 5-core (McAuley et al. 2015)";
        /// Fewest events of an item; 0 and 1 keep all.
        min_item_events: usize = 5, Int { min: 0, max: 10_000 }, "Fewest events per item", "events", "Items \
            with fewer training events are dropped; repeated with users until nothing changes.", "the usual 5-core (McAuley et al. 2015)";
    }
}

impl CleaningRule for KCore {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "k-core",
            "Users and items with too few events are dropped, again and again until all that \
             are left have enough.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[],
            is_fitted: true,
            is_idempotent: true,
            cure: "ask for fewer events",
        }
    }

    /// Events are counted in the training part; users and items that do not have enough there lose
    /// their later events, too.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let events = log.events;
        let (min_user, min_item) = (self.min_user_events, self.min_item_events);
        let mut has_user = vec![true; events.users.len()];
        let mut has_item = vec![true; events.items.len()];
        let mut counted: Vec<usize> = (0..log.len()).filter(|&row| log.is_training(row)).collect();
        loop {
            let (mut of_user, mut of_item) = (vec![0; has_user.len()], vec![0; has_item.len()]);
            for &row in &counted {
                of_user[events.user_idx[row] as usize] += 1;
                of_item[events.item_idx[row] as usize] += 1;
            }
            let before = counted.len();
            (has_user, has_item) = (reach(&of_user, min_user), reach(&of_item, min_item));
            counted.retain(|&row| {
                has_user[events.user_idx[row] as usize] && has_item[events.item_idx[row] as usize]
            });
            if counted.len() == before {
                break;
            }
        }
        // A limit of 0 or 1 asks nothing, not even an event in the training part.
        Ok(LogChange::Keep(
            (0..log.len())
                .map(|row| {
                    (min_user <= 1 || has_user[events.user_idx[row] as usize])
                        && (min_item <= 1 || has_item[events.item_idx[row] as usize])
                })
                .collect(),
        )
        .into())
    }
}

/// Whether each count is at least so large.
fn reach(counts: &[usize], least: usize) -> Vec<bool> {
    counts.iter().map(|&n| n >= least).collect()
}
