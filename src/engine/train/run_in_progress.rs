//! A run while it goes: what it says, what it is told, and its one end.

use std::any::Any;
use std::time::{Duration, Instant};

use super::divergence::Turn;
use super::interrupted::Interrupted;
use super::meter::MachineMeter;
use super::patience::Patience;
use super::progress::{Pace, Stopwatch};
use super::record::Recorder;
use super::steering::Steering;
use super::{
    Command, Control, Ended, Event, EventKind, Observer, SlowMotion, StepUnit, StopMode, TrainError,
};
use crate::run::{Manifest, Pause, References, RunError, RunId, RunOutcome, RunStore, RunWriter};
use seqscope_base::metric::Metrics;
use seqscope_base::spec::words_of_panic;
use seqscope_model::gan::Pass;
use seqscope_model::{TrainStats, Trainable};

/// Time that a paused run waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A run that has a folder and listeners.
pub(super) struct RunInProgress<'a> {
    pub(super) recorder: Recorder,
    pub(super) clock: Stopwatch,
    /// Settings as they stand.
    pub(super) steering: Steering<'a>,
    observer: Option<&'a mut dyn Observer>,
    control: &'a mut dyn Control,
    pace: Pace,
    /// Meters of the machine, once the first epoch has begun.
    meter: Option<MachineMeter>,
    /// Piece after which it holds again, while it goes piece by piece; holding again is then nothing
    /// new.
    piece: Option<StepUnit>,
    slow: SlowMotion,
    is_stopping: bool,
    is_leaving: bool,
    /// The test split is being read: from now on the run goes to its end.
    is_reading_test: bool,
    /// Word that ended the waiting for a disk.
    gave_up: Option<StopMode>,
}

impl<'a> RunInProgress<'a> {
    pub(super) fn new(
        writer: RunWriter,
        steps_per_epoch: usize,
        steering: Steering<'a>,
        control: &'a mut dyn Control,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let clock = Stopwatch::from(writer.manifest.train_secs);
        let Manifest { epochs, pause, .. } = &writer.manifest;
        let first_step = epochs * steps_per_epoch + pause.map_or(0, |pause| pause.step);
        let pace = Pace::new(
            steps_per_epoch,
            writer.manifest.experiment.training.epochs,
            first_step,
            clock.secs(),
        );
        Self {
            recorder: Recorder { writer },
            clock,
            steering,
            observer: Some(observer),
            control,
            pace,
            meter: None,
            piece: None,
            slow: SlowMotion::Off,
            is_stopping: false,
            is_leaving: false,
            is_reading_test: false,
            gave_up: None,
        }
    }

    /// The folder's writer, and what is needed to wait for the disk.
    fn recording(&mut self) -> (&mut Recorder, Patience<'_, 'a>) {
        let patience = Patience {
            run: self.recorder.writer.id().clone(),
            control: &mut *self.control,
            observer: &mut self.observer,
            clock: &mut self.clock,
            meter: &mut self.meter,
            gave_up: &mut self.gave_up,
        };
        (&mut self.recorder, patience)
    }

    /// Does something with the run's folder; holds, where the disk refuses, until it is done.
    ///
    /// # Errors
    /// [`TrainError`] when it fails for another reason, or a person ends the run meanwhile.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnMut(&mut RunWriter) -> Result<T, RunError>,
    ) -> Result<T, TrainError> {
        let (recorder, mut patience) = self.recording();
        patience.until_done(&mut recorder.writer, work)
    }

    fn log(&mut self, line: &str) -> Result<(), TrainError> {
        self.write(|writer| writer.log(line))
    }

    /// Writes down the figures on the test split.
    ///
    /// # Errors
    /// As [`RunInProgress::write`].
    pub(super) fn judged(
        &mut self,
        loss: f64,
        test: Metrics,
        references_test: References,
    ) -> Result<(), TrainError> {
        let (recorder, mut patience) = self.recording();
        recorder.judged(loss, test, references_test, &mut patience)
    }

    pub(super) fn id(&self) -> RunId {
        self.recorder.writer.id().clone()
    }

    /// Writes an event down, then tells the listener.
    pub(super) fn say(&mut self, kind: EventKind) -> Result<(), TrainError> {
        let (recorder, mut patience) = self.recording();
        recorder.observe(&kind, &mut patience)?;
        if let Err(e) = self.tell(kind) {
            self.log(&format!("nobody listens any more: {e}"))?;
        }
        Ok(())
    }

    fn tell(&mut self, kind: EventKind) -> Result<(), TrainError> {
        let event = Event {
            run: self.id(),
            kind,
        };
        let told = self
            .observer
            .as_mut()
            .map_or(Ok(()), |observer| observer.observe(&event));
        if told.is_err() {
            self.observer = None;
        }
        told
    }

    /// Manifest of the run so far.
    pub(super) fn manifest(&self) -> &Manifest {
        &self.recorder.writer.manifest
    }

    pub(super) fn store(&self) -> &RunStore {
        self.recorder.writer.store()
    }

    /// An epoch begins; at which second of training.
    ///
    /// # Errors
    /// [`TrainError`] when the log cannot be written.
    pub(super) fn start_epoch(&mut self) -> Result<f64, TrainError> {
        let now_secs = self.clock.secs();
        self.pace.start_epoch(now_secs);
        let mut meter = match self.meter.take() {
            Some(meter) => meter,
            None => self.new_meter()?,
        };
        meter.begin(now_secs);
        self.meter = Some(meter);
        Ok(now_secs)
    }

    /// The meters of this machine; what it does not tell is told once.
    fn new_meter(&mut self) -> Result<MachineMeter, TrainError> {
        let device = self.manifest().device.clone();
        let meter = MachineMeter::new(device.as_ref());
        if let Some(not_told) = meter.not_told(device.as_ref()) {
            self.log(&not_told)?;
        }
        Ok(meter)
    }

    /// An epoch was trained and judged: what the machine did meanwhile is written down.
    ///
    /// # Errors
    /// [`TrainError`] when it cannot be written.
    pub(super) fn end_of_epoch(&mut self, epoch: usize) -> Result<(), TrainError> {
        let now_secs = self.clock.secs();
        let told = (self.meter.as_mut()).map(|meter| meter.end(epoch, now_secs));
        match told {
            Some(told) => self.write(|writer| writer.append_machine(&told)),
            None => Ok(()),
        }
    }

    /// Takes what the model read back, for the next progress.
    pub(super) fn read_back(&mut self, stats: &TrainStats) {
        self.pace.add(stats);
    }

    /// Notes whether the run has diverged, and tells it at the first time.
    pub(super) fn turned(&mut self, turn: Turn, epoch: usize) -> Result<(), TrainError> {
        let manifest = &mut self.recorder.writer.manifest;
        manifest.diverged_epoch = (turn != Turn::Recovered).then_some(epoch);
        match turn {
            Turn::Diverged(problem) => self.say(EventKind::Warned(problem)),
            Turn::Again | Turn::Recovered => Ok(()),
        }
    }

    /// Tells how far the run is, at most ten times a second.
    pub(super) fn progress(
        &mut self,
        epoch: usize,
        step_in_epoch: usize,
    ) -> Result<(), TrainError> {
        match self.pace.due(epoch, step_in_epoch, self.clock.secs()) {
            Some(progress) => self.say(EventKind::Progress(progress)),
            None => Ok(()),
        }
    }

    /// Tells how far a sampler of synthetic histories has come before `epoch`, and does what the
    /// user asked for meanwhile.
    pub(super) fn between_passes(&mut self, pass: Pass, epoch: usize) -> Result<(), Interrupted> {
        if let Some(progress) = self.pace.due_of_sampler(pass, epoch, self.clock.secs()) {
            self.say(EventKind::Progress(progress))?;
        }
        self.between_steps()
    }

    /// Training is over, the best weights are judged: from now on `Stop(Keep)` changes nothing.
    pub(super) fn finish_training(&mut self) {
        self.is_stopping = true;
    }

    /// The test split is about to be read. It is read once, so the system's word to leave comes too
    /// late.
    ///
    /// # Errors
    /// [`Interrupted`] when that word, or another, came just before.
    pub(super) fn begin_test(&mut self) -> Result<(), Interrupted> {
        self.between_steps()?;
        self.is_reading_test = true;
        Ok(())
    }

    /// Does what was asked for meanwhile, at a place from which the run can go on to the same
    /// numbers. A pause waits here, with the clock stopped.
    pub(super) fn between_steps(&mut self) -> Result<(), Interrupted> {
        self.heed()?;
        if self.is_leaving {
            Err(Interrupted::Left)
        } else {
            Ok(())
        }
    }

    /// Obeys commands at a place where the run cannot be left: sums that are still on the device
    /// would be cut in two.
    pub(super) fn heed(&mut self) -> Result<(), Interrupted> {
        if let Some(meter) = &mut self.meter {
            meter.look_if_due();
        }
        while let Some(command) = self.control.poll() {
            self.obey(command)?;
        }
        Ok(())
    }

    /// Lets another run go first; what that takes is none of this run's time.
    pub(super) fn give_way(&mut self) {
        self.clock.pause();
        self.control.give_way();
        self.clock.go_on();
    }

    /// Obeys a command that came while steps are made.
    fn obey(&mut self, command: Command) -> Result<(), Interrupted> {
        match command {
            Command::Stop(mode) => self.stop(mode),
            // A piece that is asked for while it goes ends with the step that is just done.
            Command::Hold | Command::Step(_) => self.hold(),
            Command::GoOn => {
                if self.piece.take().is_some() {
                    self.say(EventKind::Resumed)?;
                }
                Ok(())
            }
            Command::Pause => Ok(self.leave()?),
            Command::Slow(slow) => {
                self.slow = slow;
                Ok(())
            }
            Command::Change(setting, to) => {
                self.steering.ask(setting, to);
                Ok(())
            }
        }
    }

    /// A step is done: holds where one batch was asked for, and waits in slow motion.
    ///
    /// # Errors
    /// [`Interrupted`] when the end was asked for meanwhile.
    pub(super) fn end_of_step(&mut self) -> Result<(), Interrupted> {
        match (self.piece, self.slow.delay()) {
            (Some(StepUnit::Batch), _) => self.hold(),
            (_, Some(delay)) => self.dawdle(delay),
            (Some(StepUnit::Epoch) | None, None) => Ok(()),
        }
    }

    /// An epoch is whole: holds where one was asked for.
    ///
    /// # Errors
    /// [`Interrupted`] when the end was asked for meanwhile.
    pub(super) fn end_of_whole_epoch(&mut self) -> Result<(), Interrupted> {
        match self.piece {
            Some(StepUnit::Epoch) => self.hold(),
            Some(StepUnit::Batch) | None => Ok(()),
        }
    }

    /// Waits before the next step, with the clock stopped; whoever speaks is heard at once.
    fn dawdle(&mut self, delay: Duration) -> Result<(), Interrupted> {
        let until = Instant::now() + delay;
        self.stop_clock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.slow == SlowMotion::Off || self.is_leaving {
                break;
            }
            if let Some(command) = self.control.wait(left.min(LOOK_AGAIN)) {
                self.start_clock();
                self.obey(command)?;
                self.stop_clock();
            }
        }
        self.start_clock();
        Ok(())
    }

    fn stop_clock(&mut self) {
        self.clock.pause();
        if let Some(meter) = &mut self.meter {
            meter.pause();
        }
    }

    fn start_clock(&mut self) {
        self.clock.go_on();
        if let Some(meter) = &mut self.meter {
            meter.go_on();
        }
    }

    fn leave(&mut self) -> Result<(), TrainError> {
        if self.is_reading_test {
            let log = "asked to leave while the test split is read: that is done once, so the run \
                       goes to its end";
            return self.log(log);
        }
        self.is_leaving = true;
        Ok(())
    }

    /// Keeps the place that training has come to within an epoch.
    pub(super) fn keep(&mut self, model: &dyn Trainable, at: Pause) -> Result<(), TrainError> {
        self.write(|writer| writer.keep(model, at))
    }

    /// Holds until told to go on, for good or for one piece.
    fn hold(&mut self) -> Result<(), Interrupted> {
        self.stop_clock();
        if self.piece.take().is_none() {
            self.say(EventKind::Paused)?;
        }
        loop {
            match self.control.wait(LOOK_AGAIN) {
                Some(Command::GoOn) => break,
                Some(Command::Step(unit)) => {
                    self.piece = Some(unit);
                    self.pace.tell_next();
                    self.start_clock();
                    return Ok(());
                }
                Some(Command::Stop(mode)) => {
                    self.stop(mode)?;
                    break;
                }
                Some(Command::Pause) => {
                    self.leave()?;
                    break;
                }
                Some(Command::Slow(slow)) => self.slow = slow,
                Some(Command::Change(setting, to)) => self.steering.ask(setting, to),
                Some(Command::Hold) | None => {}
            }
        }
        self.start_clock();
        Ok(self.say(EventKind::Resumed)?)
    }

    fn stop(&mut self, mode: StopMode) -> Result<(), Interrupted> {
        match mode {
            StopMode::Keep if self.is_stopping => Ok(()),
            StopMode::Keep | StopMode::Discard => Err(Interrupted::Stopped(mode)),
        }
    }

    /// The one place where a run ends, whatever came of it: writes the end down and tells it.
    pub(super) fn end(
        mut self,
        result: Result<Result<RunOutcome, Interrupted>, Box<dyn Any + Send>>,
    ) -> (RunId, Ended) {
        let is_left = matches!(result, Ok(Err(Interrupted::Left)));
        let is_discarded = self.gave_up == Some(StopMode::Discard);
        let failed = |error: &TrainError| {
            Some(RunOutcome::Failed {
                sentence: error.to_string(),
            })
        };
        let outcome = match result {
            Ok(Ok(outcome)) => Some(outcome),
            Ok(Err(Interrupted::Stopped(StopMode::Keep))) => Some(RunOutcome::Stopped),
            Ok(Err(Interrupted::Stopped(StopMode::Discard) | Interrupted::Left)) => None,
            Ok(Err(Interrupted::Failed(_))) if is_discarded => None,
            Ok(Err(Interrupted::Failed(error))) => failed(&error),
            Err(panic) => failed(&panicked(panic.as_ref())),
        };
        let id = self.id();
        let manifest = &self.recorder.writer.manifest;
        let known = Ended::from_manifest(manifest);
        let mut ended = Ended {
            outcome,
            pause: None,
            train_secs: self.clock.secs(),
            ..known
        };
        let written = match &ended.outcome {
            None if !is_left => self.recorder.discard(),
            outcome => {
                let outcome = outcome.clone();
                self.write_end(outcome.as_ref())
                    .map(|pause| ended.pause = pause.or(ended.pause))
            }
        };
        if let Err(error) = written
            && !matches!(ended.outcome, Some(RunOutcome::Failed { .. }))
        {
            ended.outcome = failed(&error);
        }
        if let Some(observer) = self.observer {
            // The folder is written; a listener that fails now changes nothing any more.
            let _ = observer.observe(&Event {
                run: id.clone(),
                kind: EventKind::Ended(Box::new(ended.clone())),
            });
        }
        (id, ended)
    }

    /// Writes the end down: what came of the run, else where it was left, which is returned.
    fn write_end(&mut self, outcome: Option<&RunOutcome>) -> Result<Option<Pause>, TrainError> {
        let secs = self.clock.secs();
        let (recorder, mut patience) = self.recording();
        match outcome {
            Some(outcome) => recorder.end(outcome, secs, &mut patience).map(|()| None),
            None => recorder.left(secs, &mut patience).map(Some),
        }
    }
}

/// The error that a caught panic becomes.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> TrainError {
    TrainError::Panicked(words_of_panic(panic).unwrap_or("no message").to_owned())
}
