//! Signals that end a training from outside, and what each of them means.
//!
//! | word | meaning |
//! |---|---|
//! | Ctrl-C (SIGINT) | stop: the best weights so far are judged and kept; a second one leaves at once |
//! | SIGTERM (a scheduler), SIGHUP (a closed terminal) | pause: what is needed to go on is kept, the test split is not read, exit code 75 |
//!
//! A repeated SIGTERM says nothing new: `timeout` and some schedulers send it to the process and
//! once more to its group. Who cannot wait has SIGKILL, after which the run goes on from its last
//! whole epoch.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use seqscope_engine::error::Error;
use seqscope_engine::train::{Command, Control, StopMode};

/// Words from the keyboard and from the system.
pub(super) struct Signals {
    /// Ctrl-C.
    stops: Arc<AtomicBool>,
    /// SIGTERM or SIGHUP.
    leaves: Arc<AtomicBool>,
    /// Any of them.
    ends: Arc<AtomicBool>,
    /// Whether steps are made, so that there may be something to keep.
    is_training: Arc<AtomicBool>,
    is_told: SignalsSent,
    /// Whether Ctrl-C means what SIGTERM means: leave, to go on later.
    only_pauses: bool,
}

/// Flag that nobody sets.
pub(super) fn nobody() -> Arc<AtomicBool> {
    Arc::default()
}

fn deaf(error: &dyn std::fmt::Display) -> Error {
    Error::edge(
        format!("cannot listen for signals: {error}"),
        "try again in another terminal",
    )
}

/// Signals that have been passed on.
#[derive(Clone, Copy, Debug, Default)]
struct SignalsSent {
    stop: bool,
    leave: bool,
}

impl Signals {
    /// Starts to listen to keyboard and system; may be called once in a process.
    pub(super) fn listen() -> Result<Self, Error> {
        let signals = Self::of_keyboard()?;
        system::listen([&signals.leaves, &signals.ends]).map_err(|e| deaf(&e))?;
        Ok(signals)
    }

    /// Starts to listen to keyboard and system, for work that goes on later: Ctrl-C pauses too. May
    /// be called once in a process.
    pub(super) fn listen_to_pause() -> Result<Self, Error> {
        let signals = Self::with_keyboard(true)?;
        system::listen([&signals.leaves, &signals.ends]).map_err(|e| deaf(&e))?;
        Ok(signals)
    }

    /// Starts to listen to Ctrl-C alone: where there is nothing to keep, what the system says holds
    /// at once. May be called once in a process.
    pub(super) fn of_keyboard() -> Result<Self, Error> {
        Self::with_keyboard(false)
    }

    fn with_keyboard(only_pauses: bool) -> Result<Self, Error> {
        let new = || Arc::new(AtomicBool::new(false));
        let (stops, leaves, ends, is_training) = (new(), new(), new(), new());
        let (seen, ended, keeps) = (
            Arc::clone(&stops),
            Arc::clone(&ends),
            Arc::clone(&is_training),
        );
        let set = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::SeqCst) {
                // The run's lock goes with the process, so the run is listed as interrupted.
                std::process::exit(1);
            }
            ended.store(true, Ordering::SeqCst);
            // Nobody to tell it to is no reason not to stop.
            let what = if only_pauses {
                ": what was trained is kept, to go on later"
            } else if keeps.load(Ordering::SeqCst) {
                ": the best weights so far are judged and kept"
            } else {
                ""
            };
            let _ = writeln!(
                std::io::stderr(),
                "\nstopping{what}; press again to leave at once"
            );
        });
        set.map_err(|e| deaf(&e))?;
        Ok(Self {
            stops,
            leaves,
            ends,
            is_training,
            is_told: SignalsSent::default(),
            only_pauses,
        })
    }

    /// Flag that is set when the work is to end.
    pub(super) fn ends(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.ends)
    }

    /// Whether the work is to end, whoever said so.
    pub(super) fn is_ending(&self) -> bool {
        self.ends.load(Ordering::SeqCst)
    }

    /// Whether the system asked the process to leave.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaves.load(Ordering::SeqCst) || self.only_pauses && self.stops.load(Ordering::SeqCst)
    }
}

impl Control for Signals {
    fn early(&mut self) -> Option<Command> {
        // What is looked at while a run is made ready ends it, and the process with it.
        if self.is_leaving() {
            return Some(Command::Pause);
        }
        self.stops
            .load(Ordering::SeqCst)
            .then_some(Command::Stop(StopMode::Keep))
    }

    fn poll(&mut self) -> Option<Command> {
        self.is_training.store(true, Ordering::SeqCst);
        if self.is_leaving() && !self.is_told.leave {
            self.is_told.leave = true;
            return Some(Command::Pause);
        }
        let is_stopping = !self.only_pauses && self.stops.load(Ordering::SeqCst);
        if is_stopping && !self.is_told.stop {
            self.is_told.stop = true;
            return Some(Command::Stop(StopMode::Keep));
        }
        None
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

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::flag::register;

    /// Sets the flags when the system asks to leave.
    pub(super) fn listen(flags: [&Arc<AtomicBool>; 2]) -> io::Result<()> {
        let nohup = is_ignored(SIGHUP);
        for signal in [SIGTERM, SIGHUP]
            .into_iter()
            .filter(|&signal| signal != SIGHUP || !nohup)
        {
            for flag in flags {
                register(signal, Arc::clone(flag))?;
            }
        }
        Ok(())
    }

    /// Whether whoever started the program said that it shall not hear the signal, as `nohup` does.
    /// Where the system does not tell, it hears it.
    fn is_ignored(signal: i32) -> bool {
        let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
            return false;
        };
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let bits = mask
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .unwrap_or(0);
        bits >> (signal - 1) & 1 == 1
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    /// There are no such signals; a closed console is a Ctrl-C.
    pub(super) fn listen(_: [&Arc<AtomicBool>; 2]) -> io::Result<()> {
        Ok(())
    }
}
