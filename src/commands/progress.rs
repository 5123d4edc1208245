//! A run as it is watched on a terminal: a bar, and a line an epoch.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use seqscope_base::spec::{Entry, shown};
use seqscope_data::{LoadProgress, Stage};
use seqscope_engine::report::words::{count, duration, optional_metric};
use seqscope_engine::run::EpochRecord;
use seqscope_engine::train::{Event, EventKind, Observer, Preparing, Progress, TrainError};

/// Draws the bar on standard error where that is a terminal, and writes a line an epoch anywhere.
pub(super) struct ProgressLines<'a> {
    err: &'a mut dyn Write,
    bar: ProgressBar,
    n_epochs: usize,
    /// Words that were written last on the references, where no bar is drawn.
    said: Option<String>,
    /// Whether the run waits for the disk.
    is_blocked: bool,
}

impl<'a> ProgressLines<'a> {
    pub(super) fn new(err: &'a mut dyn Write) -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}") {
            bar.set_style(style);
        }
        Self {
            err,
            bar,
            n_epochs: 0,
            said: None,
            is_blocked: false,
        }
    }

    /// Writes a line above the bar. Nobody listening is no reason to stop training.
    fn say(&mut self, line: &str) {
        let err = &mut self.err;
        self.bar.suspend(|| writeln!(err, "{line}").ok());
    }

    fn advance(&self, now: &Progress) {
        if let Some(pass) = now.sampler {
            self.bar.set_message(pass.to_string());
            return;
        }
        let loss = now
            .train_loss
            .map(|loss| format!("  loss {loss:.4}"))
            .unwrap_or_default();
        let left = now
            .secs_left
            .map(|secs| format!("  at most {} left", duration(secs)))
            .unwrap_or_default();
        let speed = count(now.events_per_sec.max(0.0) as usize);
        self.bar.set_position(now.step as u64);
        self.bar.set_message(format!(
            "epoch {}/{}{loss}  {speed} events/s{left}",
            now.epoch, self.n_epochs
        ));
    }
}

/// Line about an epoch of at most so many.
pub(super) fn evaluated_words(judged: &EpochRecord, n_epochs: usize) -> String {
    let best = if judged.is_best { "  best so far" } else { "" };
    let headline = judged.valid.kind.headline().iter().take(2);
    let metrics: Vec<String> = headline
        .map(|metric| {
            let value = optional_metric(judged.valid.get(*metric));
            format!("{} {value}", metric.title())
        })
        .collect();
    format!(
        "epoch {}/{n_epochs}  loss {:.4}  valid loss {:.4}  {}{best}",
        judged.epoch,
        judged.train_loss,
        judged.valid_loss,
        metrics.join("  ")
    )
}

/// A log as it is opened: a bar on standard error where that is a terminal.
pub(super) struct OpeningBar {
    bar: ProgressBar,
    /// Set by whoever wants it to stop.
    is_cancelled: Arc<AtomicBool>,
}

impl OpeningBar {
    pub(super) fn new(is_cancelled: Arc<AtomicBool>) -> Self {
        Self {
            bar: ProgressBar::new(THOUSANDTHS),
            is_cancelled,
        }
    }
}

/// Unit of the bar.
const THOUSANDTHS: u64 = 1_000;

impl LoadProgress for OpeningBar {
    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    fn reached(&self, stage: Stage, share: Option<f32>) {
        let known = if share.is_some() {
            "{bar:24} {percent:>3}%  {msg}"
        } else {
            "{spinner} {msg}"
        };
        if let Ok(style) = ProgressStyle::with_template(known) {
            self.bar.set_style(style);
        }
        self.bar.set_message(stage.to_string());
        self.bar
            .set_position(share.map_or(0, |share| (share * THOUSANDTHS as f32) as u64));
    }
}

impl Drop for OpeningBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for ProgressLines<'_> {
    fn preparing(&mut self, references: &Preparing) {
        self.bar.set_length(THOUSANDTHS);
        self.bar
            .set_position((references.share() * THOUSANDTHS as f32) as u64);
        self.bar.set_message(references.to_string());
        if !self.bar.is_hidden() {
            return;
        }
        // In a log of a scheduler a line for each step is enough: two in all.
        let step = if references.is_judged {
            "judging"
        } else {
            "fitting"
        };
        if self.said.as_deref() != Some(step) {
            self.said = Some(step.to_owned());
            self.say(&format!("{step} {} references", references.n_all));
        }
    }

    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        match &event.kind {
            EventKind::Started {
                data,
                device,
                n_params,
                memory,
                n_epochs,
                steps_per_epoch,
                first_epoch,
                ..
            } => {
                self.n_epochs = *n_epochs;
                self.bar.set_length((n_epochs * steps_per_epoch) as u64);
                self.bar
                    .set_position(((first_epoch - 1) * steps_per_epoch) as u64);
                let shape = data.shape;
                self.say(&format!(
                    "{}: {} users, {} items, {} events; {} parameters{} on {}; run {}",
                    shown(&data.name),
                    count(shape.n_users),
                    count(shape.n_items),
                    count(shape.n_events),
                    count(*n_params),
                    memory.map_or_else(String::new, |memory| format!(
                        ", about {} MB",
                        count(memory.peak().div_ceil(1_000_000) as usize)
                    )),
                    device.name,
                    event.run,
                ));
            }
            EventKind::Progress(now) => self.advance(now),
            EventKind::Evaluated(epoch) => self.say(&evaluated_words(epoch, self.n_epochs)),
            EventKind::Latent(used) if used.shuffled.is_some() => self.say(&used.sentence()),
            EventKind::Warned(problem) => self.say(&format!("warning: {}", problem.sentence())),
            EventKind::Blocked(why) => {
                self.is_blocked = true;
                self.say(&format!("waiting: {why}."));
            }
            EventKind::Resumed if self.is_blocked => {
                self.is_blocked = false;
                self.say("goes on");
            }
            EventKind::Changed(change) => self.say(&change.words()),
            EventKind::Ended(_) => self.bar.finish_and_clear(),
            EventKind::Latent(_)
            | EventKind::Checkpointed { .. }
            | EventKind::Paused
            | EventKind::Resumed => {}
        }
        Ok(())
    }
}
