//! Settings of a run as they stand at each step: those of its experiment with every change that was
//! made while it trained, now or in an earlier part of it.
//!
//! A change is kept with the run before it takes effect, with the number of steps taken until then;
//! a run that goes on makes it again at that very step. It takes effect between two steps whose sums
//! have been read back, and a planned one has them read back, so that sums round alike in both. The
//! learning rate is told to each step anyway; for any other setting the model is built anew and takes
//! over weights and optimiser from a file, as when a run is resumed, bit for bit.

use std::collections::VecDeque;

use super::build::BuildModel;
use super::interrupted::Interrupted;
use super::run_in_progress::RunInProgress;
use super::{EventKind, TrainError};
use crate::experiment::{Experiment, TrainingSpec};
use crate::run::{LiveChange, LiveSetting};
use seqscope_base::spec::Problem;
use seqscope_model::{Blueprint, Trainable};

/// A change that is asked for before a run begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedChange {
    /// Optimiser steps of the whole run that are taken before it.
    pub after_steps: usize,
    /// Setting to be changed.
    pub setting: LiveSetting,
    /// Value from then on.
    pub to: f64,
}

/// Changes that are planned for a run of this experiment, in the order in which they take effect.
///
/// # Errors
/// [`TrainError::Unfit`] when a model has no such setting, or a value is out of its range.
pub(super) fn planned(
    experiment: &Experiment,
    planned: &[PlannedChange],
) -> Result<Vec<LiveChange>, TrainError> {
    let mut planned = planned.to_vec();
    planned.sort_by_key(|change| change.after_steps);
    let mut now = experiment.clone();
    let changes = planned.iter().map(|change| {
        let from = change.setting.value(&now).unwrap_or(f64::NAN);
        let changed = change.setting.changed(&now, change.to);
        now = changed.map_err(|sentence| {
            TrainError::Unfit(format!(
                "the change after step {}: {sentence}",
                change.after_steps
            ))
        })?;
        Ok(LiveChange {
            after_steps: change.after_steps,
            setting: change.setting,
            from,
            to: change.to,
        })
    });
    changes.collect()
}

/// Settings of a run as they stand, and what is still to change.
pub(super) struct Steering<'a> {
    build: BuildModel<'a>,
    plan_of_model: Blueprint,
    now: Experiment,
    /// Changes to come, in the order in which they take effect.
    to_come: VecDeque<LiveChange>,
    /// Changes asked for since the last step.
    asked: Vec<(LiveSetting, f64)>,
}

impl<'a> Steering<'a> {
    /// Settings as the experiment has them; `kept` are all changes that are kept with the run.
    pub(super) fn new(
        build: BuildModel<'a>,
        plan_of_model: Blueprint,
        experiment: &Experiment,
        kept: Vec<LiveChange>,
    ) -> Self {
        Self {
            build,
            plan_of_model,
            now: experiment.clone(),
            to_come: kept.into(),
            asked: Vec::new(),
        }
    }

    /// Settings of the training as they stand.
    pub(super) fn training(&self) -> &TrainingSpec {
        &self.now.training
    }

    /// Asks for a change from the next step on.
    pub(super) fn ask(&mut self, setting: LiveSetting, to: f64) {
        self.asked.push((setting, to));
    }

    /// Whether something changes before this step, so that the sums until then must be read back.
    pub(super) fn is_due(&self, step: usize) -> bool {
        let first = self.to_come.front();
        first.is_some_and(|change| change.after_steps <= step)
    }

    /// Takes the next change if it is due before this step.
    fn next_due(&mut self, step: usize) -> Option<LiveChange> {
        self.is_due(step).then(|| self.to_come.pop_front())?
    }

    /// Makes a change; what it was before.
    fn make(&mut self, change: LiveChange) -> Result<LiveChange, String> {
        let from = change.setting.value(&self.now).unwrap_or(change.from);
        self.now = change.setting.changed(&self.now, change.to)?;
        Ok(LiveChange { from, ..change })
    }
}

impl RunInProgress<'_> {
    /// Makes the changes that an earlier part of the run has told already.
    ///
    /// # Errors
    /// [`Interrupted`] when the file of changes was edited to hold what cannot be, or the model
    /// cannot be built.
    pub(super) fn catch_up(
        &mut self,
        first_step: usize,
        model: &mut Box<dyn Trainable>,
    ) -> Result<(), Interrupted> {
        let mut must_build = false;
        while let Some(change) = first_step
            .checked_sub(1)
            .and_then(|before| self.steering.next_due(before))
        {
            self.steering.make(change).map_err(TrainError::Unfit)?;
            must_build |= change.setting != LiveSetting::LearningRate;
        }
        if must_build {
            self.build_anew(model)?;
        }
        Ok(())
    }

    /// Makes the changes that are due before this step, and those asked for meanwhile; each is
    /// written down before it has an effect. The sums of the steps before have been read back.
    pub(super) fn steer(
        &mut self,
        step: usize,
        model: &mut Box<dyn Trainable>,
    ) -> Result<(), Interrupted> {
        let mut made = Vec::new();
        while let Some(change) = self.steering.next_due(step) {
            let change = LiveChange {
                after_steps: step,
                ..change
            };
            made.push(self.steering.make(change).map_err(TrainError::Unfit)?);
        }
        for (setting, to) in std::mem::take(&mut self.steering.asked) {
            let from = setting.value(&self.steering.now).unwrap_or(f64::NAN);
            if from.to_bits() == to.to_bits() {
                continue;
            }
            let asked = LiveChange {
                after_steps: step,
                setting,
                from,
                to,
            };
            match self.steering.make(asked) {
                Ok(change) => {
                    self.write(|writer| writer.append_change(&change))?;
                    made.push(change);
                }
                Err(sentence) => {
                    let refused = format!("not changed while it trains: {sentence}");
                    let field = setting.to_string();
                    self.say(EventKind::Warned(Problem::warning(field, refused)))?;
                }
            }
        }
        for change in &made {
            self.say(EventKind::Changed(*change))?;
            self.say(EventKind::Warned(change.remark()))?;
        }
        let is_of_model = |change: &LiveChange| change.setting != LiveSetting::LearningRate;
        if made.iter().any(is_of_model) {
            self.build_anew(model)?;
        }
        Ok(())
    }

    /// The model with its settings as they stand now, and with the weights and optimiser that it has.
    fn build_anew(&mut self, model: &mut Box<dyn Trainable>) -> Result<(), TrainError> {
        let path = self.store().state_of_change(&self.id());
        self.write(|_| Ok(model.save_state(&path)?))?;
        let Steering {
            build,
            now,
            plan_of_model,
            ..
        } = &self.steering;
        let mut built = build(now, plan_of_model)?.model;
        built.load_state(&path)?;
        *model = built;
        self.write(|writer| writer.remove_state_of_change())
    }
}

#[cfg(test)]
mod tests;
