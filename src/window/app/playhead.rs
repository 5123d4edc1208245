//! One playhead over training time, for every run that is looked at.
//!
//! It keeps a place in training; which epoch of a run that is goes by what the run has: weights are
//! thinned, runs are of different lengths and speeds. Playing moves it on; the time is passed in.

use std::time::Duration;

use super::RunSeries;
use seqscope_engine::run::{Curve, Part};

/// Unit in which the playhead keeps its place, and so brings two runs to the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub enum PlayheadUnit {
    /// Epoch by epoch.
    #[default]
    #[strum(to_string = "Epoch")]
    Epoch,
    /// Share of each run's epochs.
    #[strum(to_string = "Share")]
    Share,
    /// Time since the start of training, pauses left out.
    #[strum(to_string = "Time")]
    Time,
}

impl PlayheadUnit {
    /// Sentence on what it means for two runs.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Epoch => "Both runs at the same epoch",
            Self::Share => "Both runs at the same share of their epochs: each ends at the right",
            Self::Time => "Both runs after the same time of training, pauses left out",
        }
    }
}

/// Place in training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum PlayheadPlace {
    /// The best epoch of each run, by the validation metric.
    #[default]
    Best,
    /// The newest kept epoch of each run, now and as training goes on.
    Newest,
    /// An epoch, from 1.
    Epoch(usize),
    /// Share of a run's epochs, from 0 to 1.
    Share(f64),
    /// Seconds of training.
    Secs(f64),
}

/// Training time of a run, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct RunEpochs<'a> {
    /// Epochs whose weights are kept, in order.
    pub kept: &'a [usize],
    /// Epochs finished.
    pub n_epochs: usize,
    /// The best epoch.
    pub best: Option<usize>,
    /// Seconds of training at the end of each epoch; `None` of a run without times.
    pub secs: Option<&'a Curve>,
}

/// Epoch of one run that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEpoch {
    /// Its number.
    pub epoch: usize,
    /// Number by which its weights are asked for; `None` for the best.
    pub key: Option<usize>,
    /// Sentence on why it is another one than was asked for.
    pub why: Option<String>,
}

impl<'a> RunEpochs<'a> {
    /// Training time of a run whose series are read.
    #[must_use]
    pub fn of_series(series: &'a RunSeries) -> Self {
        Self {
            kept: &series.epochs,
            n_epochs: series
                .manifest
                .epochs
                .max(series.epochs.last().copied().unwrap_or_default()),
            best: series.manifest.best_epoch,
            secs: series.curves.get(Part::Train, "secs"),
        }
    }

    /// The epoch to be shown at a place; `None` where no weights are kept.
    #[must_use]
    pub fn shown_at(&self, place: PlayheadPlace) -> Option<ShownEpoch> {
        let last = *self.kept.last()?;
        match place {
            PlayheadPlace::Best => Some(self.best_or(last, None)),
            PlayheadPlace::Newest => Some(self.nearest_to(last)),
            PlayheadPlace::Epoch(_) | PlayheadPlace::Share(_) => {
                self.epoch_of(place).map(|epoch| self.nearest_to(epoch))
            }
            PlayheadPlace::Secs(_) => Some(match self.epoch_of(place) {
                Some(epoch) => self.nearest_to(epoch),
                None => self.best_or(
                    last,
                    Some("It has no training times; its best epoch is shown"),
                ),
            }),
        }
    }

    /// The epoch that a place is, whether its weights are kept or not; `None` where the run has no
    /// such number.
    #[must_use]
    pub fn epoch_of(&self, place: PlayheadPlace) -> Option<usize> {
        match place {
            PlayheadPlace::Best => self.best,
            PlayheadPlace::Newest => self.kept.last().copied(),
            PlayheadPlace::Epoch(epoch) => Some(epoch),
            PlayheadPlace::Share(share) => {
                let epoch = (share.clamp(0.0, 1.0) * self.n_epochs as f64).round();
                Some((epoch as usize).max(1))
            }
            PlayheadPlace::Secs(secs) => self.epoch_at(secs),
        }
    }

    /// An epoch as a place in another unit; as an epoch where the run has no such number.
    #[must_use]
    pub fn place_of(&self, epoch: usize, unit: PlayheadUnit) -> PlayheadPlace {
        let place = match unit {
            PlayheadUnit::Epoch => None,
            PlayheadUnit::Share => (self.n_epochs > 0)
                .then(|| PlayheadPlace::Share(epoch as f64 / self.n_epochs as f64)),
            PlayheadUnit::Time => self
                .secs
                .and_then(|secs| secs.value_at(epoch as f64))
                .map(PlayheadPlace::Secs),
        };
        place.unwrap_or(PlayheadPlace::Epoch(epoch))
    }

    /// The kept epoch so many after (or, if negative, before) one that is shown, as far as there
    /// is one.
    #[must_use]
    pub fn stepped(&self, from: usize, by: i64) -> Option<usize> {
        let last = self.kept.len().checked_sub(1)?;
        let at = self.kept.partition_point(|epoch| *epoch < from);
        let to = i64::try_from(at).ok()?.saturating_add(by).max(0);
        self.kept.get(usize::try_from(to).ok()?.min(last)).copied()
    }

    /// All other kept epochs from one on in the direction of play, those before it at the end.
    pub fn ahead_of(&self, epoch: usize) -> impl Iterator<Item = usize> + use<'a> {
        let next = self.kept.partition_point(|kept| *kept <= epoch);
        let (before, after) = self.kept.split_at(next);
        let both = after.iter().chain(before).copied();
        both.filter(move |other| *other != epoch)
    }

    fn best_or(&self, last: usize, why: Option<&str>) -> ShownEpoch {
        ShownEpoch {
            epoch: self.best.unwrap_or(last),
            key: None,
            why: why.map(str::to_owned),
        }
    }

    /// The kept epoch that is nearest to one, of two the later, and why it is not that one.
    fn nearest_to(&self, wanted: usize) -> ShownEpoch {
        let at = self.kept.partition_point(|epoch| *epoch < wanted);
        let around = [at.checked_sub(1), Some(at)].into_iter().flatten();
        let nearest = around
            .filter_map(|at| self.kept.get(at).copied())
            .min_by_key(|epoch| (epoch.abs_diff(wanted), std::cmp::Reverse(*epoch)))
            .unwrap_or(wanted);
        let why = if nearest == wanted {
            None
        } else if wanted > self.n_epochs {
            let n = self.n_epochs;
            let epochs = if n == 1 {
                "1 epoch".to_owned()
            } else {
                format!("{n} epochs")
            };
            Some(format!("It has only {epochs}; {nearest} is shown"))
        } else {
            Some(format!(
                "Epoch {wanted} was thinned away; {nearest} is shown"
            ))
        };
        ShownEpoch {
            epoch: nearest,
            key: Some(nearest),
            why,
        }
    }

    /// The last epoch that was finished by then, the first where none was.
    fn epoch_at(&self, secs: f64) -> Option<usize> {
        let times = self.secs.filter(|times| !times.is_empty())?;
        let done = times.partition_point(|point| point[1] <= secs);
        let last_done = times.get(done.saturating_sub(1))?;
        Some(last_done[0] as usize)
    }
}

/// The playhead: its place, the unit in which it keeps it, and whether it moves by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playhead {
    /// Its place in training.
    pub place: PlayheadPlace,
    /// Unit of a place that is no epoch in particular.
    pub unit: PlayheadUnit,
    /// Its movement by itself.
    pub playing: Playing,
}

/// Speeds that can be chosen, in epochs a second.
pub const PLAY_SPEEDS: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// Longest time between two looks at the clock that counts: a window that was hidden does not leap.
const LONGEST_TICK: f64 = 0.25;

/// Movement of the playhead by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Playing {
    /// Whether it moves.
    pub is_on: bool,
    /// Whether it begins again at the end.
    pub loops: bool,
    /// Epochs a second.
    pub speed: f64,
    /// Whether views ahead are computed, also after it has come to the end, until all are there.
    pub fills: bool,
    /// Place between two epochs.
    at: f64,
    /// Time at which it was moved last, in seconds of any clock.
    moved: Option<f64>,
}

impl Default for Playing {
    fn default() -> Self {
        Self {
            is_on: false,
            loops: false,
            speed: 4.0,
            fills: false,
            at: 0.0,
            moved: None,
        }
    }
}

/// Outcome of a look at the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlayTick {
    /// No other epoch; the next look is due after this time.
    Stay(Duration),
    /// Another epoch, and the time until the next look.
    To(usize, Duration),
    /// The end.
    Ended,
}

impl Playing {
    /// Begins at an epoch of a run; at its last one from the beginning.
    pub fn start(&mut self, epoch: usize, run: &RunEpochs<'_>) {
        let is_at_end = run.kept.last().is_none_or(|last| epoch >= *last);
        let from = if is_at_end {
            run.kept.first().copied()
        } else {
            Some(epoch)
        };
        self.at = from.unwrap_or(epoch) as f64;
        (self.is_on, self.fills, self.moved) = (true, true, None);
    }

    /// Stops where it is; nothing more is computed ahead.
    pub fn stop(&mut self) {
        (self.is_on, self.fills) = (false, false);
    }

    /// Another run or user is looked at: while nothing plays, nothing is computed ahead for it.
    pub(super) fn rest(&mut self) {
        self.fills = self.is_on;
    }

    /// The person has moved the playhead to an epoch: goes on from there.
    pub fn jump(&mut self, epoch: usize) {
        self.at = epoch as f64;
    }

    /// Moves on to the time `now`, in seconds, over the kept epochs of a run.
    ///
    /// Between two kept epochs the earlier one stays until the later one's time has come, so that a
    /// thinned run plays as fast as one that is whole.
    pub fn tick(&mut self, now: f64, shown: usize, run: &RunEpochs<'_>) -> PlayTick {
        let (Some(first), Some(last)) = (run.kept.first(), run.kept.last()) else {
            return PlayTick::Ended;
        };
        let passed = self
            .moved
            .map_or(0.0, |moved| (now - moved).clamp(0.0, LONGEST_TICK));
        self.moved = Some(now);
        self.at += passed * self.speed;
        // A billionth of an epoch too early is due to rounding of the time.
        let place = self.at + 1e-9;
        // The last epoch, too, stands for its time.
        let end = (*last + 1) as f64;
        if place >= end {
            if !self.loops || first == last {
                (self.is_on, self.at) = (false, *last as f64);
                return PlayTick::Ended;
            }
            self.at = *first as f64 + (self.at - end).max(0.0) % (end - *first as f64);
        }
        let place = self.at + 1e-9;
        let at = run.kept.partition_point(|epoch| *epoch as f64 <= place);
        let epoch = run
            .kept
            .get(at.saturating_sub(1))
            .copied()
            .unwrap_or(*first);
        let next = run.kept.get(at).map_or(end, |next| *next as f64);
        let wait = Duration::from_secs_f64(((next - self.at) / self.speed).clamp(0.001, 3_600.0));
        if epoch == shown {
            PlayTick::Stay(wait)
        } else {
            PlayTick::To(epoch, wait)
        }
    }
}

/// One thing that a person does to the playhead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transport {
    /// Go to the best epoch of each run.
    Best,
    /// Go to the newest epoch and stay at the newest.
    FollowLive,
    /// Go to an epoch of the selected run.
    Epoch(usize),
    /// Go so many kept epochs on, or back.
    Step(i64),
    /// Go to the first kept epoch.
    First,
    /// Go to the last kept epoch.
    Last,
    /// Play.
    Play,
    /// Stop playing.
    Pause,
    /// Begin again at the end, or not.
    Loop(bool),
    /// Play so many epochs a second.
    Speed(f64),
    /// Bring two runs together in this unit.
    Unit(PlayheadUnit),
}

impl Transport {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Best => "Best epoch",
            Self::FollowLive => "Follow live",
            Self::Epoch(_) => "Look at this epoch",
            Self::Step(by) if *by < 0 => "Previous epoch",
            Self::Step(_) => "Next epoch",
            Self::First => "First epoch",
            Self::Last => "Last epoch",
            Self::Play => "Play",
            Self::Pause => "Stop playing",
            Self::Loop(_) => "Loop",
            Self::Speed(_) => "Speed",
            Self::Unit(_) => "Same place in",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<'a>(kept: &'a [usize], secs: Option<&'a Curve>) -> RunEpochs<'a> {
        RunEpochs {
            kept,
            n_epochs: kept.last().copied().unwrap_or_default(),
            best: Some(4),
            secs,
        }
    }

    fn shown(run: &RunEpochs<'_>, place: PlayheadPlace) -> (usize, Option<String>) {
        let shown = run.shown_at(place).unwrap();
        (shown.epoch, shown.why)
    }

    #[test]
    fn the_nearest_kept_epoch_is_shown_and_why_it_is_not_the_exact_one() {
        let thinned = run(&[1, 2, 4, 6, 8, 10], None);
        let at = |epoch| shown(&thinned, PlayheadPlace::Epoch(epoch));
        assert_eq!(at(6), (6, None));
        let why = |text: &str| Some(text.to_owned());
        // Of two that are as near, the later one has learnt more.
        assert_eq!(at(7), (8, why("Epoch 7 was thinned away; 8 is shown")));
        assert_eq!(at(14), (10, why("It has only 10 epochs; 10 is shown")));
        assert_eq!(at(0), (1, why("Epoch 0 was thinned away; 1 is shown")));
        let best = thinned.shown_at(PlayheadPlace::Best).unwrap();
        assert_eq!((best.epoch, best.key, best.why), (4, None, None));
        let newest = thinned.shown_at(PlayheadPlace::Newest).unwrap();
        assert_eq!((newest.epoch, newest.key), (10, Some(10)));
        assert_eq!(run(&[], None).shown_at(PlayheadPlace::Best), None);
    }

    #[test]
    fn two_runs_come_together_by_epoch_by_share_and_by_time() {
        let slow = Curve::from(
            (1..=10)
                .map(|e| [f64::from(e), 6.0 * f64::from(e)])
                .collect::<Vec<_>>(),
        );
        let fast = Curve::from(
            (1..=40)
                .map(|e| [f64::from(e), 2.0 * f64::from(e)])
                .collect::<Vec<_>>(),
        );
        let (ten, forty): (Vec<usize>, Vec<usize>) = ((1..=10).collect(), (1..=40).collect());
        let (a, b) = (run(&ten, Some(&slow)), run(&forty, Some(&fast)));
        let both = |unit| {
            let place = a.place_of(5, unit);
            (shown(&a, place).0, shown(&b, place).0)
        };
        assert_eq!(both(PlayheadUnit::Epoch), (5, 5));
        assert_eq!(both(PlayheadUnit::Share), (5, 20));
        // 30 seconds: five epochs of six, fifteen of two.
        assert_eq!(both(PlayheadUnit::Time), (5, 15));
        // After one second neither had finished one: the first there is.
        assert_eq!(shown(&a, PlayheadPlace::Secs(1.0)).0, 1);
        let timeless = run(&ten, None);
        assert_eq!(
            timeless.place_of(5, PlayheadUnit::Time),
            PlayheadPlace::Epoch(5)
        );
        let (epoch, why) = shown(&timeless, PlayheadPlace::Secs(30.0));
        assert!(epoch == 4 && why.unwrap().contains("no training times"));
    }

    #[test]
    fn a_place_is_an_epoch_whether_its_weights_are_kept_or_not() {
        let times = (1..=10).map(|e| [f64::from(e), 6.0 * f64::from(e)]);
        let secs = Curve::from(times.collect::<Vec<_>>());
        let thinned = run(&[1, 2, 4, 8, 10], Some(&secs));
        // An early stop in epoch 7 stays there on its own bar, though weights of 8 would be shown.
        for unit in [PlayheadUnit::Epoch, PlayheadUnit::Share, PlayheadUnit::Time] {
            let place = thinned.place_of(7, unit);
            assert_eq!(
                (thinned.epoch_of(place), shown(&thinned, place).0),
                (Some(7), 8)
            );
        }
        let timeless = run(&[1, 2], None);
        assert_eq!(timeless.epoch_of(PlayheadPlace::Secs(3.0)), None);
        assert_eq!(timeless.epoch_of(PlayheadPlace::Share(0.0)), Some(1));
    }

    #[test]
    fn a_step_goes_over_kept_epochs_and_no_further_than_there_are() {
        let thinned = run(&[1, 2, 4, 6], None);
        let steps = |from, by| thinned.stepped(from, by);
        assert_eq!(steps(2, 1), Some(4));
        assert_eq!(steps(4, -1), Some(2));
        assert_eq!((steps(6, 1), steps(1, -1)), (Some(6), Some(1)));
        assert_eq!(steps(2, i64::MAX), Some(6));
        assert_eq!(run(&[], None).stepped(1, 1), None);
        let ahead: Vec<usize> = thinned.ahead_of(2).collect();
        assert_eq!(ahead, [4, 6, 1]);
    }

    /// The epochs that are played until the end, looked at every tenth of a second; with when.
    fn played(playing: &mut Playing, from: usize, run: &RunEpochs<'_>, n: usize) -> Vec<usize> {
        let (mut shown, mut seen) = (from, vec![from]);
        for at in 0..n {
            match playing.tick(100.0 + at as f64 / 10.0, shown, run) {
                PlayTick::Stay(_) => {}
                PlayTick::To(epoch, _) => {
                    shown = epoch;
                    seen.push(epoch);
                }
                PlayTick::Ended => {
                    seen.push(0);
                    break;
                }
            }
        }
        seen
    }

    #[test]
    fn it_plays_at_its_speed_and_stops_at_the_end_or_begins_again() {
        let whole = run(&[1, 2, 3, 4], None);
        let mut playing = Playing {
            speed: 2.0,
            ..Playing::default()
        };
        playing.start(1, &whole);
        // Two epochs a second: 2 after half a second, the end two seconds from the start.
        assert_eq!(played(&mut playing, 1, &whole, 20), [1, 2, 3, 4]);
        let at_end = playing.tick(102.0, 4, &whole);
        assert_eq!(at_end, PlayTick::Ended);
        assert!(
            !playing.is_on && playing.fills,
            "what is missing is computed still"
        );
        playing.loops = true;
        playing.start(4, &whole);
        assert_eq!(played(&mut playing, 1, &whole, 27), [1, 2, 3, 4, 1, 2]);
        playing.stop();
        assert!(!playing.fills);
    }

    #[test]
    fn a_thinned_run_plays_as_fast_and_a_hidden_window_does_not_leap() {
        let thinned = run(&[1, 2, 4, 8], None);
        let mut playing = Playing {
            speed: 1.0,
            ..Playing::default()
        };
        playing.start(2, &thinned);
        assert_eq!(
            playing.tick(0.0, 2, &thinned),
            PlayTick::Stay(Duration::from_secs(2))
        );
        // An hour later a quarter of a second has passed.
        let later = playing.tick(3_600.0, 2, &thinned);
        assert_eq!(later, PlayTick::Stay(Duration::from_millis(1_750)));
        playing.jump(4);
        assert_eq!(
            playing.tick(3_600.0, 4, &thinned),
            PlayTick::Stay(Duration::from_secs(4))
        );
    }
}
