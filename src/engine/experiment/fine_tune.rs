//! Settings of a run that goes on from the weights of another, on what people said of its lists.

use serde::{Deserialize, Serialize};

use seqscope_base::spec::{Described, Problem, described};

/// Settings of fine-tuning.
///
/// A batch holds lists with feedback, each after the history that it was made for, and old histories
/// that are replayed among them, so that what was learnt before is not forgotten.
///
/// # Source
/// Experience replay (Rolnick et al. 2019, "Experience Replay for Continual Learning"), which Mi et
/// al. 2020 ("ADER") apply to recommenders of sessions; they choose what is replayed, here it is
/// drawn anew for each epoch from all users. Lists are learnt from as
/// [`seqscope_model::ListFeedback`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FineTuneSpec {
    /// Name of the run whose weights and feedback it begins with.
    pub parent: String,
    /// Old histories for each list with feedback, in every epoch.
    pub replay: f64,
    /// Weight of the mean loss of a rejected item beside that of an accepted one.
    pub rejected_weight: f64,
}

impl Default for FineTuneSpec {
    fn default() -> Self {
        Self {
            parent: String::new(),
            replay: 3.0,
            rejected_weight: 0.5,
        }
    }
}

described! { FineTuneSpec {
    parent: Text, Core, "Parent run", "", "Run whose best weights and whose feedback it begins \
        with; it lies in the same folder of runs.", "none";
    replay: Float { min: 0.0, max: 1000.0 }, Core, "Replayed histories", "", "Old training \
        histories for each list with feedback, drawn anew from all users in every epoch; 0 trains on \
        feedback alone, and others may suffer.", "Rolnick et al. 2019 mix half and half; 3 is more careful";
    rejected_weight: Float { min: 0.0, max: 100.0 }, Core, "Weight of rejections", "", "Weight of \
        the mean loss of a rejected item, −ln(1 − p), beside that of an accepted one, −ln p; 0 learns \
        from accepted items alone.", "Welleck et al. 2020 take 1; half is more careful";
} }

impl FineTuneSpec {
    /// Problems of the settings, each at its field below `fine_tune`.
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.problems();
        if self.parent.trim().is_empty() {
            let sentence = "Fine-tuning needs a run to begin with; name it in `fine_tune.parent`, \
                            or leave `fine_tune` out.";
            problems.push(Problem::error("parent", sentence));
        }
        let below = problems.into_iter();
        below.map(|problem| problem.under("fine_tune")).collect()
    }
}
