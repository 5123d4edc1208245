//! Origin of a run that began with the weights of another.

use serde::{Deserialize, Serialize};

use super::{FeedbackCounts, ForkOrigin, RunId};
use seqscope_base::spec::{Problem, counted};

/// Run that another began with, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin<'a> {
    /// Fine-tuned on feedback.
    FineTuned(&'a Lineage),
    /// Gone on with from an epoch, with changed settings.
    Forked(&'a ForkOrigin),
}

impl Origin<'_> {
    /// Parent of the run.
    #[must_use]
    pub fn parent(&self) -> &RunId {
        match self {
            Self::FineTuned(lineage) => &lineage.parent,
            Self::Forked(fork) => &fork.parent,
        }
    }

    /// Epoch of the parent whose weights it began with.
    #[must_use]
    pub fn epoch(&self) -> usize {
        match self {
            Self::FineTuned(lineage) => lineage.epoch,
            Self::Forked(fork) => fork.epoch,
        }
    }

    /// Origin and its parent, such as `forked from 2026_x (epoch 7)`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::FineTuned(lineage) => format!("fine-tuned from {}", lineage.parent),
            Self::Forked(fork) => fork.words(),
        }
    }

    /// Remarks that must stand beside the figures of a run of this origin.
    #[must_use]
    pub fn remarks(&self) -> Vec<Problem> {
        match self {
            Self::FineTuned(lineage) => (lineage.remarks().into_iter())
                .map(|remark| Problem::warning("fine_tune", remark))
                .collect(),
            Self::Forked(fork) => fork.remarks(),
        }
    }
}

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

    /// Remarks that must stand beside the figures of a run of this origin, a sentence each.
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
