//! Ctrl-C while training: the first one stops and keeps, the second one leaves at once.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::train::{Command, Control, StopMode};

/// Commands from the keyboard and from the system (SIGTERM is a Ctrl-C too).
pub(super) struct CtrlC {
    pressed: Arc<AtomicBool>,
    is_told: bool,
}

impl CtrlC {
    /// Starts to listen; may be called once in a process.
    pub(super) fn listen() -> Result<Self, Error> {
        let pressed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&pressed);
        ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::SeqCst) {
                // The run's lock goes with the process, so the run is listed as interrupted.
                std::process::exit(1);
            }
            // Nobody to tell it to is no reason not to stop.
            let _ = writeln!(
                std::io::stderr(),
                "\nstopping: the best weights so far are judged and kept; press again to leave at once"
            );
        })
        .map_err(|e| Error::edge(format!("cannot listen for Ctrl-C: {e}"), "try again in another terminal"))?;
        Ok(Self { pressed, is_told: false })
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
