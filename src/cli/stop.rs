//! Ctrl-C while a log is opened or a model is trained: the first one stops, and keeps what was
//! trained; the second one leaves at once.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::train::{Command, Control, StopMode};

/// Commands from the keyboard and from the system (SIGTERM is a Ctrl-C too).
pub(super) struct CtrlC {
    pressed: Arc<AtomicBool>,
    /// Whether the log is open, so that there may be something to keep.
    is_training: Arc<AtomicBool>,
    is_told: bool,
}

impl CtrlC {
    /// Starts to listen; may be called once in a process.
    pub(super) fn listen() -> Result<Self, Error> {
        let pressed = Arc::new(AtomicBool::new(false));
        let is_training = Arc::new(AtomicBool::new(false));
        let (seen, keeps) = (Arc::clone(&pressed), Arc::clone(&is_training));
        ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::SeqCst) {
                // The run's lock goes with the process, so the run is listed as interrupted.
                std::process::exit(1);
            }
            // Nobody to tell it to is no reason not to stop.
            let what = if keeps.load(Ordering::SeqCst) { ": the best weights so far are judged and kept" } else { "" };
            let _ = writeln!(std::io::stderr(), "\nstopping{what}; press again to leave at once");
        })
        .map_err(|e| Error::edge(format!("cannot listen for Ctrl-C: {e}"), "try again in another terminal"))?;
        Ok(Self { pressed, is_training, is_told: false })
    }

    /// What is set when the work is to stop.
    pub(super) fn pressed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.pressed)
    }

    /// From now on there may be weights to keep.
    pub(super) fn training_begins(&self) {
        self.is_training.store(true, Ordering::SeqCst);
    }
}

impl Control for CtrlC {
    fn poll(&mut self) -> Option<Command> {
        let is_news = self.pressed.load(Ordering::SeqCst) && !self.is_told;
        self.is_told |= is_news;
        is_news.then_some(Command::Stop(StopMode::Keep))
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        let end = Instant::now() + at_most;
        loop {
            let command = self.poll();
            let left = end.saturating_duration_since(Instant::now());
            if command.is_some() || left.is_zero() {
                return command;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }
}
