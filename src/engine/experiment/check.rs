//! Problems of an experiment that can be found before the data are read.

use super::Experiment;
use seqscope_base::spec::{Described, Problem, ProblemKind};
use seqscope_data::{self as data, DataShape, DataSource, Role};

/// The smallest data there are: what a model refuses for them it refuses for any.
const SMALLEST: DataShape = DataShape {
    n_users: 1,
    n_items: 1,
    n_events: 1,
    max_len: 1,
};

/// All problems at once, each at its field.
pub(super) fn check(experiment: &Experiment) -> Vec<Problem> {
    with_data(experiment, data::check(&experiment.data, experiment.split))
}

/// Finds the problems that need no look at any file.
pub(super) fn check_settings(experiment: &Experiment) -> Vec<Problem> {
    with_data(
        experiment,
        data::check_settings(&experiment.data, experiment.split),
    )
}

fn with_data(experiment: &Experiment, of_data: Vec<Problem>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = name(&experiment.name).into_iter().collect();
    problems.extend(of_data);
    problems.extend(leaky_split(experiment));
    let plan = experiment.plan(SMALLEST);
    problems.extend(data::check_task(&experiment.task, experiment.split));
    problems.extend(
        experiment
            .model
            .check(&plan)
            .into_iter()
            .map(|problem| problem.under("model")),
    );
    let training = &experiment.training;
    problems.extend(
        training
            .problems()
            .into_iter()
            .map(|problem| problem.under("training")),
    );
    problems.extend(
        training
            .augment
            .problems()
            .into_iter()
            .map(|problem| problem.under("training.augment")),
    );
    problems.extend(
        training
            .gan
            .problems()
            .into_iter()
            .map(|problem| problem.under("training.gan")),
    );
    problems.extend(
        experiment
            .fine_tune
            .iter()
            .flat_map(super::FineTuneSpec::check),
    );
    problems.extend((experiment.sweep.iter()).flat_map(|sweep| sweep.check(experiment)));
    if training.lr == 0.0 {
        let sentence = "Learning rate is 0, so nothing is learnt; 0.001 is a good start.";
        problems.push(Problem::warning("training.lr", sentence));
    }
    if training.device.trim().is_empty() {
        let sentence = "Device is empty; write auto, cpu, gpu:0 or part of an adapter's name.";
        problems.push(Problem::error("training.device", sentence));
    }
    problems.extend(
        experiment
            .evaluation
            .problems()
            .into_iter()
            .map(|problem| problem.under("evaluation")),
    );
    problems
}

fn name(name: &str) -> Option<Problem> {
    let sentence = if name.trim().is_empty() {
        "Name is empty; choose a short one, it becomes part of the run's folder name."
    } else if name.chars().count() > 80 {
        "Name is longer than 80 characters; choose a shorter one, it becomes part of the run's \
         folder name."
    } else {
        return None;
    };
    Some(Problem::error("name", sentence))
}

/// A split that lets training see what came after the test. Not said of a world, whose audit says
/// it with its run, nor of a log without times, which cannot be split in another way.
fn leaky_split(experiment: &Experiment) -> Option<Problem> {
    let DataSource::File(file) = &experiment.data.source else {
        return None;
    };
    let is_timeless = file.roles.said(Role::Time) == Some("");
    experiment
        .split
        .warning()
        .filter(|_| !is_timeless)
        .map(|warning| Problem::warning("split", warning).of_kind(ProblemKind::SplitIgnoresTimes))
}
