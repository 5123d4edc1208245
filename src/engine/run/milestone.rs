//! Milestones of a run: the epochs at which something happened, as its folder tells of it.
//!
//! Nothing is guessed: the best epoch, the end and divergence stand in the manifest, breaks in the
//! log, learning rates and latent units in the series. Only the onset of over-fitting is a
//! judgement, [`Overfitting`].

use super::breaks::{BreakKind, TrainingBreak};
use super::curve::{Curve, Curves};
use super::history::Part;
use super::{EpochRecord, Manifest, Overfitting, RunOutcome};
use seqscope_base::spec::Entry;
use seqscope_model::LatentReport;

/// Kind of a milestone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MilestoneKind {
    /// The best epoch by the metric that runs are chosen by.
    Best,
    /// The validation loss turned while the training loss fell on.
    Overfitting,
    /// The loss went far above that of guessing.
    Diverged,
    /// The latent vector says nearly nothing from here on.
    Collapsed,
    /// The learning rate began to rise or to fall, or came to the end of its warm-up.
    LearningRate,
    /// Forked, extended, or changed while it trained.
    Steered,
    /// Held, or left to go on later.
    Paused,
    /// Gone on.
    Resumed,
    /// Ended early: patience ran out.
    EarlyStop,
    /// Ended by the user, or by a failure.
    Ended,
}

/// Something that happened in an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Milestone {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Kind of it.
    pub kind: MilestoneKind,
    /// Sentence that tells it.
    pub sentence: String,
}

/// Material from a run's folder in which milestones are found.
#[derive(Clone, Copy, Debug)]
pub struct RunAccount<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// Its series.
    pub curves: &'a Curves,
    /// The numbers of its epochs.
    pub epochs: &'a [EpochRecord],
    /// Breaks that its log tells of.
    pub breaks: &'a [TrainingBreak],
    /// Length of its latent vector; `None` without one.
    pub latent_width: Option<usize>,
}

impl RunAccount<'_> {
    /// Milestones in order of epoch.
    #[must_use]
    pub fn milestones(&self) -> Vec<Milestone> {
        let mut found: Vec<Milestone> = [
            self.best(),
            self.overfitting(),
            self.diverged(),
            self.collapsed(),
            self.end(),
        ]
        .into_iter()
        .flatten()
        .collect();
        found.extend(self.steered());
        found.extend(self.breaks.iter().map(|at| broken(*at)));
        let rates = self.curves.get(Part::Train, "lr");
        found.extend(rates.map(rate_changes).unwrap_or_default());
        found.sort_by_key(|milestone| (milestone.epoch, milestone.kind));
        found
    }

    /// Where it was forked, where epochs were added, and what was changed while it trained.
    fn steered(&self) -> Vec<Milestone> {
        let at = |epoch: usize, sentence: String| Milestone {
            epoch,
            kind: MilestoneKind::Steered,
            sentence,
        };
        let manifest = self.manifest;
        let forked = manifest.fork.iter();
        let forked = forked.map(|fork| at(fork.epoch, format!("Forked: {}", fork.changes())));
        let added = manifest.extensions.iter();
        let added = added.map(|it| at(it.after, format!("Run {}", it.words())));
        let steps = self.curves.step_of(1).unwrap_or_default().max(1);
        let changed = manifest.live_changes.iter();
        let changed = changed.map(|change| {
            let epoch = change.after_steps / steps + 1;
            at(epoch, format!("Changed {}", change.words()))
        });
        forked.chain(added).chain(changed).collect()
    }

    fn best(&self) -> Option<Milestone> {
        let epoch = self.manifest.best_epoch?;
        let metric = self.manifest.experiment.answers().primary();
        let value = self.curves.value(Part::Valid, metric.name(), epoch as f64);
        let value = value.map_or_else(String::new, |value| format!(", {value:.4}"));
        Some(Milestone {
            epoch,
            kind: MilestoneKind::Best,
            sentence: format!("Best epoch by {} on validation{value}", metric.title()),
        })
    }

    fn overfitting(&self) -> Option<Milestone> {
        let found = Overfitting::of_epochs(self.epochs)?;
        Some(Milestone {
            epoch: found.since,
            kind: MilestoneKind::Overfitting,
            sentence: format!(
                "Over-fitting from here: the validation loss has risen from {:.4} to {:.4}",
                found.best_loss, found.last_loss
            ),
        })
    }

    fn diverged(&self) -> Option<Milestone> {
        let epoch = self.manifest.diverged_epoch?;
        Some(Milestone {
            epoch,
            kind: MilestoneKind::Diverged,
            sentence: "Diverged: the training loss is far above that of guessing".to_owned(),
        })
    }

    /// The first epoch from which on too few units are active to say anything of a user.
    fn collapsed(&self) -> Option<Milestone> {
        let (width, active) = (
            self.latent_width?,
            self.curves.get(Part::Valid, "active_units")?,
        );
        let is_few = |point: &&[f64; 2]| {
            point[1].is_finite() && LatentReport::are_few(point[1] as usize, width)
        };
        let n_few = active.iter().rev().take_while(is_few).count();
        let first = active.get(active.len() - n_few)?;
        Some(Milestone {
            epoch: first[0] as usize,
            kind: MilestoneKind::Collapsed,
            sentence: format!(
                "Latent vector collapsed: {} of {width} units active from here",
                first[1]
            ),
        })
    }

    fn end(&self) -> Option<Milestone> {
        let Manifest {
            epochs,
            outcome,
            experiment,
            ..
        } = self.manifest;
        let training = &experiment.training;
        let (kind, sentence) = match outcome.as_ref()? {
            RunOutcome::Finished if *epochs < training.epochs => (
                MilestoneKind::EarlyStop,
                format!(
                    "Early stop: no better validation for {} epochs",
                    training.patience
                ),
            ),
            RunOutcome::Finished => return None,
            RunOutcome::Stopped => (MilestoneKind::Ended, "Stopped by the user".to_owned()),
            RunOutcome::Failed { sentence } => {
                (MilestoneKind::Ended, format!("Failed: {sentence}"))
            }
        };
        (*epochs > 0).then_some(Milestone {
            epoch: *epochs,
            kind,
            sentence,
        })
    }
}

fn broken(at: TrainingBreak) -> Milestone {
    let epoch = at.epoch;
    let (kind, sentence) = match at.kind {
        BreakKind::Held => (MilestoneKind::Paused, "Paused in this epoch"),
        BreakKind::Left => (MilestoneKind::Paused, "Left in this epoch, to go on later"),
        BreakKind::WentOn => (MilestoneKind::Resumed, "Went on in this epoch"),
        BreakKind::Resumed => (MilestoneKind::Resumed, "Resumed in this epoch"),
    };
    Milestone {
        epoch,
        kind,
        sentence: sentence.to_owned(),
    }
}

/// Changes of the learning rate beyond which they are told as one: that is how it goes, and no event.
const MOST_RATE_CHANGES: usize = 24;

/// Course of the learning rate from one epoch to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Rises,
    Stays,
    Falls,
}

impl Course {
    /// Rates that differ by less than a billionth are the same rate, rounded otherwise.
    fn between(before: f64, after: f64) -> Self {
        if (after - before).abs() <= 1e-9 * before.abs().max(after.abs()) {
            Self::Stays
        } else if after > before {
            Self::Rises
        } else {
            Self::Falls
        }
    }
}

/// A stretch of epochs over which the rate keeps its course; both ends are points of the curve.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    course: Course,
    from: [f64; 2],
    to: [f64; 2],
}

/// Epochs at which the learning rate takes another course: the end of a warm-up, the beginning of
/// a decay, a single step down or up. A schedule that falls all along has none, for that is no
/// change.
fn rate_changes(rates: &Curve) -> Vec<Milestone> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let numbers: Vec<[f64; 2]> = rates.iter().copied().filter(|p| p[1].is_finite()).collect();
    for pair in numbers.windows(2) {
        let [from, to] = *pair else { continue };
        let course = Course::between(from[1], to[1]);
        match stretches.last_mut().filter(|last| last.course == course) {
            Some(last) => last.to = to,
            None => stretches.push(Stretch { course, from, to }),
        }
    }
    let mut found: Vec<Milestone> = Vec::new();
    if let [first, _, ..] = stretches.as_slice()
        && first.course == Course::Rises
    {
        let sentence = format!("Learning rate at its height, {}", rate(first.to[1]));
        found.push(rate_milestone(first.to[0], sentence));
    }
    for pair in stretches.windows(2) {
        let [before, now] = pair else { continue };
        let how = match now.course {
            Course::Rises => "rises",
            Course::Falls => "falls",
            Course::Stays => continue,
        };
        // From a peak it is told there, by the end of the warm-up.
        if before.course == Course::Rises {
            continue;
        }
        let (from, to) = (rate(now.from[1]), rate(now.to[1]));
        let sentence = format!("Learning rate {how} from {from} to {to}");
        found.push(rate_milestone(now.from[0] + 1.0, sentence));
    }
    if let (true, Some(first)) = (found.len() > MOST_RATE_CHANGES, found.first()) {
        let sentence = format!("Learning rate changes its course {} times", found.len());
        return vec![rate_milestone(first.epoch as f64, sentence)];
    }
    found
}

fn rate_milestone(epoch: f64, sentence: String) -> Milestone {
    Milestone {
        epoch: epoch as usize,
        kind: MilestoneKind::LearningRate,
        sentence,
    }
}

/// Three significant digits, without zeros at the end.
fn rate(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{DataStamp, History, HistoryPlace, HistoryPoint};
    use seqscope_base::metric::AnswerKind;
    use seqscope_model::{DeviceInfo, DeviceKind};

    fn manifest(epochs: usize, outcome: Option<RunOutcome>) -> Manifest {
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "CPU".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let mut experiment = Experiment::default();
        (experiment.training.epochs, experiment.training.patience) = (30, 5);
        Manifest {
            epochs,
            outcome,
            ..Manifest::new(experiment, DataStamp::default(), device, 1)
        }
    }

    fn points(part: Part, name: &'static str, values: &[f64]) -> Vec<HistoryPoint> {
        let at = |epoch: usize| HistoryPlace {
            step: epoch * 10,
            epoch,
            part,
        };
        let values = values.iter().enumerate();
        values
            .flat_map(|(n, value)| at(n + 1).points([(name, *value)]))
            .collect()
    }

    fn told(account: &RunAccount<'_>) -> Vec<(usize, MilestoneKind)> {
        let found = account.milestones().into_iter();
        found.map(|found| (found.epoch, found.kind)).collect()
    }

    #[test]
    fn what_the_folder_tells_becomes_milestones_in_order() {
        let series = [
            points(Part::Train, "loss", &[5.0, 4.0, 3.0, 2.0, 1.0, 0.5]),
            points(Part::Valid, "loss", &[5.0, 4.0, 4.1, 4.2, 4.3, 4.4]),
            points(Part::Valid, "active_units", &[9.0, 1.0, 9.0, 0.0, 1.0, 0.0]),
        ];
        let curves = Curves::of_history(&History {
            points: series.concat(),
        });
        let epochs = EpochRecord::of_curves(&curves, AnswerKind::Ranking);
        let manifest = Manifest {
            best_epoch: Some(2),
            ..manifest(6, Some(RunOutcome::Finished))
        };
        let breaks = [TrainingBreak {
            epoch: 3,
            kind: BreakKind::Held,
        }];
        let mut account = RunAccount {
            manifest: &manifest,
            curves: &curves,
            epochs: &epochs,
            breaks: &breaks,
            latent_width: Some(16),
        };
        let wanted = [
            (2, MilestoneKind::Best),
            (2, MilestoneKind::Overfitting),
            (3, MilestoneKind::Paused),
            // One unit of sixteen is less than a tenth; epoch 3 had nine again.
            (4, MilestoneKind::Collapsed),
            (6, MilestoneKind::EarlyStop),
        ];
        assert_eq!(told(&account), wanted);
        account.latent_width = None;
        assert_eq!(told(&account).len(), 4, "no latent vector, no collapse");
    }

    #[test]
    fn a_run_that_went_to_its_end_did_not_stop_early_and_one_in_work_has_no_end() {
        let (curves, epochs) = (Curves::default(), Vec::new());
        let all = manifest(30, Some(RunOutcome::Finished));
        let in_work = manifest(3, None);
        let stopped = manifest(3, Some(RunOutcome::Stopped));
        let account = |manifest| RunAccount {
            manifest,
            curves: &curves,
            epochs: &epochs,
            breaks: &[],
            latent_width: None,
        };
        assert_eq!(told(&account(&all)), []);
        assert_eq!(told(&account(&in_work)), []);
        assert_eq!(told(&account(&stopped)), [(3, MilestoneKind::Ended)]);
    }

    /// Changes told of the rates at the ends of epochs 1, 2, ….
    fn changes(rates: &[f64]) -> Vec<(usize, String)> {
        let points: Vec<[f64; 2]> = (1..)
            .map(f64::from)
            .zip(rates)
            .map(|(x, y)| [x, *y])
            .collect();
        let found = rate_changes(&points.into()).into_iter();
        found.map(|found| (found.epoch, found.sentence)).collect()
    }

    #[test]
    fn only_a_change_of_course_of_the_learning_rate_is_told() {
        assert_eq!(changes(&[1e-3; 5]), []);
        assert_eq!(changes(&[]), []);
        // The same rate, rounded in two ways.
        assert_eq!(changes(&[0.1 + 0.2, 0.3, 0.3]), []);
        let falling: Vec<f64> = (0..8)
            .map(|at| 1e-3 * (1.0 - f64::from(at) / 8.0))
            .collect();
        assert_eq!(changes(&falling), [], "it falls from the first step on");
        let height = (3, "Learning rate at its height, 0.001".to_owned());
        let warm = [4e-4, 8e-4, 1e-3, 1e-3, 1e-3];
        let and_falls = [4e-4, 8e-4, 1e-3, 9e-4, 5e-4];
        for rates in [warm, and_falls] {
            assert_eq!(changes(&rates), std::slice::from_ref(&height));
        }
        // A single step down is told once, and so is a decay that begins late.
        let step = (4, "Learning rate falls from 0.001 to 0.0005".to_owned());
        assert_eq!(changes(&[1e-3, 1e-3, 1e-3, 5e-4, 5e-4, 5e-4]), [step]);
        let wild: Vec<f64> = (0..90).map(|at| f64::from(at % 3) + 1.0).collect();
        let found = changes(&wild);
        assert!(
            found.len() == 1 && found[0].1.contains("times"),
            "{found:?}"
        );
        let late = (3, "Learning rate falls from 0.001 to 0.00025".to_owned());
        assert_eq!(changes(&[1e-3, 1e-3, 5e-4, 2.5e-4]), [late]);
    }
}
