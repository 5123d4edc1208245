//! Time without pauses, means over steps, and how far a run is.

use std::time::{Duration, Instant};

use super::Progress;
use crate::run::EpochSums;
use seqscope_model::TrainStats;
use seqscope_model::gan::Pass;

/// Progress is told at most ten times a second.
const AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// A stop-watch.
#[derive(Clone, Debug)]
pub(super) struct Stopwatch {
    before_secs: f64,
    running_since: Option<Instant>,
}

impl Stopwatch {
    /// A running clock that already shows some seconds.
    pub(super) fn from(before_secs: f64) -> Self {
        Self {
            before_secs,
            running_since: Some(Instant::now()),
        }
    }

    /// Seconds shown.
    pub(super) fn secs(&self) -> f64 {
        self.before_secs
            + self
                .running_since
                .map_or(0.0, |since| since.elapsed().as_secs_f64())
    }

    pub(super) fn pause(&mut self) {
        *self = Self {
            before_secs: self.secs(),
            running_since: None,
        };
    }

    pub(super) fn go_on(&mut self) {
        *self = Self::from(self.secs());
    }
}

/// Means over steps, from the pieces that a model gives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums(pub(super) EpochSums);

impl Sums {
    pub(super) fn add(&mut self, piece: &TrainStats) {
        let (n_events, n_steps) = (piece.n_events as f64, piece.n_steps as f64);
        let Self(sums) = self;
        sums.loss += piece.loss * n_events;
        sums.grad_norm += piece.grad_norm * n_steps;
        sums.kl = piece
            .kl
            .map(|kl| sums.kl.unwrap_or(0.0) + kl * n_steps)
            .or(sums.kl);
        sums.reconstruction = piece
            .reconstruction
            .map(|nll| sums.reconstruction.unwrap_or(0.0) + nll * n_events)
            .or(sums.reconstruction);
        sums.n_steps += piece.n_steps;
        sums.n_events += piece.n_events;
    }

    /// The mean of all pieces: the loss an event, the rest a step.
    pub(super) fn mean(&self) -> TrainStats {
        let EpochSums {
            loss,
            grad_norm,
            kl,
            reconstruction,
            n_steps,
            n_events,
        } = self.0;
        let (events, steps) = (n_events.max(1) as f64, n_steps.max(1) as f64);
        TrainStats {
            loss: loss / events,
            grad_norm: grad_norm / steps,
            kl: kl.map(|kl| kl / steps),
            reconstruction: reconstruction.map(|nll| nll / events),
            n_steps,
            n_events,
        }
    }
}

/// Decides when to tell how far the run is, and how fast it goes.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    steps_per_epoch: usize,
    n_epochs: usize,
    first_step: usize,
    first_secs: f64,
    told: Option<Instant>,
    recent: Sums,
    recent_since_secs: f64,
    events_per_sec: f64,
}

impl Pace {
    /// The pace of a run that starts (or goes on) after `first_step` steps.
    pub(super) fn new(
        steps_per_epoch: usize,
        n_epochs: usize,
        first_step: usize,
        now_secs: f64,
    ) -> Self {
        Self {
            steps_per_epoch,
            n_epochs,
            first_step,
            first_secs: now_secs,
            told: None,
            recent: Sums::default(),
            recent_since_secs: now_secs,
            events_per_sec: 0.0,
        }
    }

    /// Leaves the time of an evaluation out of the speed.
    pub(super) fn start_epoch(&mut self, now_secs: f64) {
        (self.recent, self.recent_since_secs) = (Sums::default(), now_secs);
    }

    pub(super) fn add(&mut self, piece: &TrainStats) {
        self.recent.add(piece);
    }

    /// Has the next progress told, however short ago the last one was.
    pub(super) fn tell_next(&mut self) {
        self.told = None;
    }

    /// Whether it is time to tell; then it is told.
    fn is_due(&mut self) -> bool {
        let is_due = self.told.is_none_or(|told| told.elapsed() >= AT_MOST_EVERY);
        if is_due {
            self.told = Some(Instant::now());
        }
        is_due
    }

    /// What to tell while a sampler learns, when it is time to. Its time is left out of the model's
    /// speed.
    pub(super) fn due_of_sampler(
        &mut self,
        pass: Pass,
        epoch: usize,
        now_secs: f64,
    ) -> Option<Progress> {
        (self.first_secs, self.recent_since_secs) = (now_secs, now_secs);
        let Self {
            steps_per_epoch,
            first_step: step,
            ..
        } = *self;
        let progress = Progress {
            epoch,
            steps_per_epoch,
            step,
            sampler: Some(pass),
            ..Progress::default()
        };
        self.is_due().then_some(progress)
    }

    /// Progress to tell after `step_in_epoch` steps of `epoch`, when it is time to.
    pub(super) fn due(
        &mut self,
        epoch: usize,
        step_in_epoch: usize,
        now_secs: f64,
    ) -> Option<Progress> {
        if !self.is_due() {
            return None;
        }
        let has_news = self.recent.0.n_steps > 0;
        let train_loss = has_news.then(|| self.recent.mean().loss);
        if has_news {
            self.events_per_sec =
                self.recent.0.n_events as f64 / (now_secs - self.recent_since_secs).max(1e-9);
            self.start_epoch(now_secs);
        }
        let step = (epoch - 1) * self.steps_per_epoch + step_in_epoch;
        let steps_left = (self.n_epochs * self.steps_per_epoch).saturating_sub(step);
        let secs_a_step = (now_secs - self.first_secs) / (step - self.first_step).max(1) as f64;
        Some(Progress {
            epoch,
            step_in_epoch,
            steps_per_epoch: self.steps_per_epoch,
            step,
            events_per_sec: self.events_per_sec,
            secs_left: Some(secs_a_step * steps_left as f64),
            train_loss,
            sampler: None,
        })
    }
}
