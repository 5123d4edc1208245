//! Rules: what a model does, said in sentences that a person can check.
//!
//! [`imitate`] grows a small decision tree on what a history shows (its last items, behaviours,
//! gaps, counts, the hour, columns about the user) so that it says what the model says, and tells
//! of how many users it was not grown on it really does ([`Fidelity`]). [`bigram_rules`] counts
//! what follows what in the log, and how often the model obeys.

mod bigram;
mod cart;
mod feature;
mod fidelity;
mod imitation;
mod item_words;
mod known;
mod sentence;
#[cfg(test)]
mod tests;

pub use bigram::{BigramAsk, BigramCut, BigramRule, BigramRules, bigram_rules};
pub use cart::{RuleNode, RuleSplit, RuleTree};
pub use feature::{RuleFeature, RuleTest, RuleUnit, RuleValues};
pub use fidelity::Fidelity;
pub use imitation::{ImitationTree, LeafUsers, imitate};
pub use item_words::RuleBy;

use crate::train::TaskQuestions;
use seqscope_data::{Prepared, Sample};
use seqscope_model::{ModelError, Trainable};

/// Reasons why there are no rules; each sentence says the cure.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// There is too little to grow a tree on.
    #[error(
        "{n} users can be asked about, and rules need at least {FEWEST_USERS}: some are kept apart to see whether the rules hold; take a run on more users."
    )]
    TooFewUsers {
        /// Number of users with a history.
        n: usize,
    },
    /// The column is not there.
    #[error("There is no such column; {cure}.")]
    NoColumn {
        /// What to do.
        cure: String,
    },
    /// Columns of items may not be told.
    #[error(
        "Where ids of items are hidden, so are the columns about them; choose groups or items."
    )]
    HiddenColumns,
    /// The model has no vectors of items.
    #[error("This model has no item vectors to group; choose a column, or items.")]
    NoVectors,
    /// The model ranks neither items nor behaviours.
    #[error(
        "This run's model answers neither with an item nor with a behaviour, so nothing that follows in the log is its to obey; take a run that predicts the next item or behaviour, or look at its tree."
    )]
    NoSuccessor,
    /// A number is out of range.
    #[error("{0}")]
    Setting(&'static str),
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulesProgress {
    /// Work that is done.
    pub stage: RulesStage,
    /// How much of it.
    pub done: usize,
    /// How much there is.
    pub of: usize,
}

/// Part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum RulesStage {
    /// The model is asked about users, for the tree.
    #[strum(to_string = "Asking the model about users")]
    Users,
    /// What follows what is counted.
    #[strum(to_string = "Counting what follows what")]
    Counting,
    /// The model is asked whether it obeys.
    #[strum(to_string = "Asking whether the model obeys")]
    Obeying,
}

/// Listener of the work; it goes on as long as `true` comes back.
pub(super) type RulesWatch<'w> = dyn FnMut(RulesProgress) -> bool + 'w;

/// Fewest users of whom rules are made.
pub const FEWEST_USERS: usize = 20;

/// Whose answers are looked at, and in which words.
pub struct TreeQuestion<'a> {
    /// The model.
    pub model: &'a dyn Trainable,
    /// Its data.
    pub prepared: &'a Prepared,
    /// The questions of its task.
    pub questions: &'a TaskQuestions,
    /// Whether items that a user had are left out of the list.
    pub filter_seen: bool,
    /// Name of an item.
    pub label: &'a dyn Fn(u32) -> String,
    /// Whether columns about items may be told.
    pub tells_columns: bool,
    /// What items are called.
    pub by: RuleBy,
    /// Most tests on the way to a leaf, from 0.
    pub max_depth: usize,
    /// Fewest users of a leaf; `None` for a fiftieth of those it is grown on, and five at least.
    pub min_leaf: Option<usize>,
    /// Most users that are asked about; of more, as many are drawn.
    pub most_users: usize,
    /// Seed of every drawing.
    pub seed: u64,
}

/// The last question of each user before the test: that of validation, else one after all training
/// events. In order of user; users without a history are left out.
fn last_questions(prepared: &Prepared, questions: &TaskQuestions) -> Vec<Sample> {
    match questions {
        TaskQuestions::NextItem => {
            let lens = prepared.split.train_len.iter().enumerate();
            let samples = lens.map(|(user, &train_len)| {
                let valid = super::question_of(&prepared.split.valid, user);
                Sample {
                    user_idx: user as u32,
                    history_len: valid.map_or(train_len, |case| case.history_len),
                    elapsed_secs: 0.0,
                    target: f32::NAN,
                }
            });
            samples.filter(|sample| sample.history_len > 0).collect()
        }
        TaskQuestions::Outcomes(outcomes) => {
            let mut last: Vec<Option<Sample>> = vec![None; prepared.dataset.users.len()];
            for sample in outcomes.train.iter().chain(&outcomes.valid) {
                if let Some(slot) = last.get_mut(sample.user_idx as usize) {
                    *slot = Some(Sample {
                        target: f32::NAN,
                        ..*sample
                    });
                }
            }
            last.into_iter().flatten().collect()
        }
    }
}
