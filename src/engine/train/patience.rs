//! Waiting while the disk refuses what a run writes: full, read-only, or gone. Training holds where
//! it is, so nothing is lost and no number changes, and goes on as soon as the write succeeds.

use std::time::Duration;

use super::meter::MachineMeter;
use super::progress::Stopwatch;
use super::{Command, Control, Event, EventKind, Observer, StopMode, TrainError};
use crate::run::{RunError, RunId, RunWriter};

/// Time between two looks at what a person says meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Looks between two tries to write: two seconds.
const LOOKS_A_TRY: usize = 10;

/// Ways in which waiting can end.
enum Waited {
    /// Long enough to try again, or asked to.
    TryAgain,
    /// Asked to end.
    GiveUp(StopMode),
}

/// What is needed to wait for the disk.
pub(super) struct Patience<'b, 'a> {
    pub(super) run: RunId,
    pub(super) control: &'b mut dyn Control,
    pub(super) observer: &'b mut Option<&'a mut dyn Observer>,
    pub(super) clock: &'b mut Stopwatch,
    pub(super) meter: &'b mut Option<MachineMeter>,
    /// What a person said who did not want to wait any longer.
    pub(super) gave_up: &'b mut Option<StopMode>,
}

impl Patience<'_, '_> {
    /// Does something with the run's folder, again and again until the disk takes it. What is done
    /// may be begun anew after it failed half way.
    ///
    /// # Errors
    /// [`TrainError`] when it fails for another reason, or a person ends the run meanwhile.
    pub(super) fn until_done<T>(
        &mut self,
        writer: &mut RunWriter,
        mut work: impl FnMut(&mut RunWriter) -> Result<T, RunError>,
    ) -> Result<T, TrainError> {
        let mut refused = match work(writer) {
            Err(error) if self.gave_up.is_none() && writer.may_be_cured(&error) => error,
            done => return Ok(done?),
        };
        self.hold();
        let (mut told, mut is_logged) = (String::new(), false);
        let done = loop {
            let sentence = refused.to_string();
            if sentence != told {
                self.tell(EventKind::Blocked(waiting(&sentence)));
                told = sentence;
            }
            if let Waited::GiveUp(mode) = self.wait() {
                *self.gave_up = Some(mode);
                break Err(refused.into());
            }
            // The curve shows nothing of it, so the log says what the time went to; before the work,
            // which may be the last of a run, and the sum of its log with it.
            is_logged = is_logged || writer.log(&format!("held: {told}")).is_ok();
            match work(writer) {
                Err(error) if writer.may_be_cured(&error) => refused = error,
                done => break done.map_err(TrainError::from),
            }
        };
        self.go_on();
        if done.is_ok() {
            self.tell(EventKind::Resumed);
        }
        done
    }

    fn hold(&mut self) {
        self.clock.pause();
        if let Some(meter) = self.meter {
            meter.pause();
        }
    }

    fn go_on(&mut self) {
        self.clock.go_on();
        if let Some(meter) = self.meter {
            meter.go_on();
        }
    }

    /// Waits until it is time for another try.
    fn wait(&mut self) -> Waited {
        for _ in 0..LOOKS_A_TRY {
            match self.control.wait(LOOK_AGAIN) {
                Some(Command::Stop(mode)) => return Waited::GiveUp(mode),
                // There is nowhere to keep the place: what is on disk is the last whole epoch.
                Some(Command::Pause) => return Waited::GiveUp(StopMode::Keep),
                Some(Command::GoOn) => return Waited::TryAgain,
                // Nothing trains that could be made in pieces, slowed or changed: they are said again
                // once it goes on.
                Some(Command::Hold | Command::Step(_) | Command::Slow(_) | Command::Change(..))
                | None => {}
            }
        }
        Waited::TryAgain
    }

    /// Tells whoever listens; one that has gone away hears no more.
    fn tell(&mut self, kind: EventKind) {
        let event = Event {
            run: self.run.clone(),
            kind,
        };
        let told = (self.observer.as_mut()).map_or(Ok(()), |observer| observer.observe(&event));
        if told.is_err() {
            *self.observer = None;
        }
    }
}

/// What is told while a run waits.
fn waiting(refusal: &str) -> String {
    format!(
        "{refusal}. Training waits where it is and goes on by itself once this can be written; \
         nothing is lost"
    )
}
