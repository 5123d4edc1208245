//! Plan of the model that an experiment trains.

use super::Experiment;
use seqscope_data::{DataShape, Output};
use seqscope_model::{Blueprint, Objective};

impl Experiment {
    /// Returns the plan of the model, on data of these sizes of which nothing else is known.
    #[must_use]
    pub fn plan(&self, shape: DataShape) -> Blueprint {
        Blueprint {
            output: self.task.output(0),
            objective: self.objective(),
            ..Blueprint::for_data(shape)
        }
    }

    /// Returns the plan as far as it is known before the data are: no sizes, and no number of
    /// behaviours.
    #[must_use]
    pub fn plan_without_data(&self) -> Blueprint {
        let plan = self.plan(DataShape::default());
        match plan.output {
            Output::Classes(_) => Blueprint {
                output: Output::Classes(0),
                ..plan
            },
            _ => plan,
        }
    }

    fn objective(&self) -> Objective {
        let training = &self.training;
        Objective {
            loss: training.loss,
            n_negatives: training.n_negatives,
            negatives: training.negatives,
            gbce_t: training.gbce_t,
            label_smoothing: training.label_smoothing,
            ..Objective::default()
        }
    }
}
