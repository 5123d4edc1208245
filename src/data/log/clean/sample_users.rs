//! A sample of users: a smaller log for a quick look, with whole histories.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use seqscope_base::spec::{EntryWords, Problem, derive_seed};

step_settings! {
    /// Some users, drawn by lot, with all their events.
    SampleUsers {
        /// Number of users that are kept.
        n_users: usize = 1_000, Int { min: 1, max: 100_000_000 }, "Users", "users", "So many users \
            are kept with all their events; all, when there are fewer.", "enough for a first look";
        /// Seed of the lot.
        seed: u64 = 0, Int { min: 0, max: i64::MAX }, "Seed", "", "The same seed draws the same \
            users.", "any number";
    }
}

impl CleaningRule for SampleUsers {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Sample of users",
            "So many users, drawn by lot with a seed, are kept with all their events.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[],
            is_fitted: false,
            is_idempotent: true,
            cure: "keep more users",
        }
    }

    /// Each user's lot comes of seed and id alone, and the smallest win: who is drawn depends
    /// neither on the order of rows nor on how often one draws.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let events = log.events;
        let mut is_used = vec![false; events.users.len()];
        events
            .user_idx
            .iter()
            .for_each(|&user| is_used[user as usize] = true);
        let users = events
            .users
            .ids()
            .enumerate()
            .filter(|(user, _)| is_used[*user]);
        let mut lots: Vec<(u64, &str, usize)> = users
            .map(|(user, id)| {
                (
                    derive_seed(self.seed, &format!("sample user {id}"), 0),
                    id,
                    user,
                )
            })
            .collect();
        lots.sort_unstable();
        let mut is_drawn = vec![false; events.users.len()];
        lots.iter()
            .take(self.n_users)
            .for_each(|&(_, _, user)| is_drawn[user] = true);
        Ok(LogChange::Keep(
            events
                .user_idx
                .iter()
                .map(|&user| is_drawn[user as usize])
                .collect(),
        )
        .into())
    }
}
