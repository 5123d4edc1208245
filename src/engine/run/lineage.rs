//! Origin of a run that began with the weights of another.

use serde::{Deserialize, Serialize};

use super::{FeedbackCounts, RunId};
use seqscope_base::spec::counted;

/// Origin of a fine-tuned run: its parent, and the feedback that it learnt from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// Run whose weights it began with.
    pub parent: RunId,
    /// Epoch of those weights.
    pub epoch: usize,
    /// Hash of the feedback, that which was not learnt from included.
    pub feedback: String,
    /// Numbers of what was learnt from.
    pub learnt: FeedbackCounts,
    /// Answers that were not learnt from, since their item is what the user is asked for in
    /// validation or test.
    pub held_out: usize,
    /// Users whose lists were made after an event that they are asked for in validation or test, so
    /// that the model has read it since.
    pub later_users: usize,
    /// Lists that are learnt from in each epoch.
    pub lists: usize,
    /// Old histories that are replayed in each epoch.
    pub replayed: usize,
}

impl Lineage {
    /// Origin in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self {
            parent,
            epoch,
            learnt,
            ..
        } = self;
        format!(
            "Fine-tuned from {parent} (epoch {epoch}) on feedback of {}: {} accepted, {} rejected",
            counted(learnt.users, "user"),
            learnt.accepted,
            learnt.rejected
        )
    }

    /// What must be said beside the figures of a run of this origin, a sentence each.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![format!(
            "{}; an epoch learns from {} and replays {}; hash of the feedback {}.",
            self.words(),
            counted(self.lists, "list"),
            counted_as(self.replayed, "old history", "old histories"),
            self.feedback
        )];
        if self.held_out > 0 {
            remarks.push(format!(
                "{} what the user is asked for in validation or test, so nothing was learnt from \
                 that; users who accepted it are left out of the comparison with the parent.",
                counted_as(self.held_out, "answer was to", "answers were to")
            ));
        }
        if self.later_users > 0 {
            remarks.push(format!(
                "The lists of {} of {} were made after the held-out events of these users: the model has \
                 read those since, though it was never taught to foretell them, and for these users \
                 the test looks back.",
                self.later_users,
                counted(self.learnt.users, "user")
            ));
        }
        remarks
    }
}

fn counted_as(n: usize, one: &str, many: &str) -> String {
    let words = if n == 1 { one } else { many };
    format!("{n} {words}")
}
