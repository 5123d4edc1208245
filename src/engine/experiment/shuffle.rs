//! The shuffle test: the same experiment, learnt from histories whose order is lost.

use super::{Experiment, ExperimentError};
use crate::experiment::settings::failed;
use seqscope_data::TaskSpec;
use seqscope_model::LearntFrom;

/// Setting that shuffles whole histories.
const FIELD: &str = "training.augment.reorder";

impl Experiment {
    /// Whether every training history is learnt from in an order that is drawn anew in each epoch.
    /// The questions of validation and test are asked after histories in their own order.
    #[must_use]
    pub fn shuffles_order(&self) -> bool {
        let augment = &self.training.augment;
        augment.reorder >= 1.0 && augment.reorder_share >= 1.0
    }

    /// The experiment with its training histories shuffled, anew in each epoch: beside its twin it
    /// tells what the order of events is worth (Ludewig & Jannach 2018 and others shuffle once; anew
    /// in each epoch no one order can be learnt by heart).
    ///
    /// # Errors
    /// [`ExperimentError::Set`] where that would change nothing: of a model that learns bags, and of
    /// a task whose answer belongs to the events before it.
    pub fn with_order_shuffled(&self) -> Result<Self, ExperimentError> {
        if self.task != TaskSpec::NextItem {
            return Err(failed(
                FIELD,
                "histories can be shuffled for the next item alone: the answers of other tasks \
                 belong to the events before them; leave the shuffling out, or set `task` to \
                 NextItem",
            ));
        }
        let family = self.model.family();
        if matches!(family.learns(), LearntFrom::Bag(_)) {
            return Err(failed(
                FIELD,
                format!(
                    "{} learns bags of items, in which nothing has an order, so shuffling would \
                     change nothing; choose a model of sequences",
                    family.title()
                ),
            ));
        }
        let mut shuffled = self.clone();
        (
            shuffled.training.augment.reorder,
            shuffled.training.augment.reorder_share,
        ) = (1.0, 1.0);
        Ok(shuffled)
    }

    /// The experiment with its training histories in their own order.
    #[must_use]
    pub fn with_order_kept(&self) -> Self {
        let mut kept = self.clone();
        let own = seqscope_data::AugmentSpec::default();
        if self.shuffles_order() {
            kept.training.augment.reorder = own.reorder;
        }
        kept.training.augment.reorder_share = own.reorder_share;
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Preset;

    #[test]
    fn a_shuffled_twin_differs_in_its_order_alone() {
        let own = Experiment::default();
        let shuffled = own.with_order_shuffled().unwrap();
        assert!(shuffled.shuffles_order() && !own.shuffles_order());
        assert_eq!(shuffled.with_order_kept(), own);
        assert!(
            shuffled
                .check_settings()
                .iter()
                .all(|problem| !problem.is_error())
        );
        let fields: Vec<String> = crate::experiment::differences(&[&own, &shuffled])
            .into_iter()
            .map(|difference| difference.field)
            .collect();
        assert_eq!(
            fields,
            ["training.augment.reorder", "training.augment.reorder_share"]
        );
    }

    #[test]
    fn what_shuffling_cannot_change_is_refused() {
        let bag = Preset::MultVae.applied_to(&Experiment::default());
        let why = bag.with_order_shuffled().unwrap_err().to_string();
        assert!(why.contains("Mult-VAE learns bags"), "{why}");
        let task = Experiment {
            task: TaskSpec::NextBehaviour,
            ..Experiment::default()
        };
        assert!(task.with_order_shuffled().is_err());
    }
}
