//! Turns what a run says into what its folder holds.

use super::patience::Patience;
use super::{EventKind, LatentUse, TrainError};
use crate::run::{
    HELD, HistoryPlace, HistoryPoint, LEFT, Part, Pause, References, RunOutcome, RunWriter, WENT_ON,
};
use seqscope_base::metric::Metrics;
use seqscope_base::spec::Entry;

/// The first listener of every run: its folder.
pub(super) struct Recorder {
    pub(super) writer: RunWriter,
}

impl Recorder {
    /// Writes down one event, and waits where the disk refuses. An error ends the run: what cannot be
    /// kept is not worth computing.
    pub(super) fn observe(
        &mut self,
        event: &EventKind,
        patience: &mut Patience<'_, '_>,
    ) -> Result<(), TrainError> {
        let writer = &mut self.writer;
        match event {
            EventKind::Started {
                device,
                first_epoch,
                references_valid,
                ..
            } => {
                writer.manifest.device = Some(device.clone());
                writer.manifest.references_valid = references_valid.clone().into();
                patience.until_done(writer, |writer| writer.save_manifest())?;
                let done = writer.manifest.pause.map_or(0, |pause| pause.step);
                let how = if done > 0 {
                    format!("goes on after step {done}")
                } else {
                    "starts".to_owned()
                };
                let line = format!(
                    "epoch {first_epoch} {how} on {} ({})",
                    device.key, device.name
                );
                patience.until_done(writer, |writer| writer.log(&line))?;
            }
            EventKind::Evaluated(told) => {
                let points = told.points();
                patience.until_done(writer, |writer| writer.append(&points))?;
                let best = if told.is_best { " (best)" } else { "" };
                let (metric, value) = told.valid.primary();
                let value = value.map_or_else(
                    || "without a value".to_owned(),
                    |value| format!("{value:.4}"),
                );
                let line = format!(
                    "epoch {}: train loss {:.4}, valid loss {:.4}, {} {value}{best}",
                    told.epoch,
                    told.train_loss,
                    told.valid_loss,
                    metric.title()
                );
                patience.until_done(writer, |writer| writer.log(&line))?;
            }
            EventKind::Latent(used) => self.latent(used, patience)?,
            EventKind::Warned(problem) => {
                patience.until_done(writer, |writer| writer.log_warning(problem))?;
                if !writer.manifest.problems.contains(problem) {
                    writer.manifest.problems.push(problem.clone());
                    patience.until_done(writer, |writer| writer.save_manifest())?;
                }
            }
            EventKind::Paused => patience.until_done(writer, |writer| writer.log(HELD))?,
            EventKind::Resumed => patience.until_done(writer, |writer| writer.log(WENT_ON))?,
            EventKind::Changed(change) => {
                let line = change.words();
                patience.until_done(writer, |writer| writer.log(&line))?;
                writer.manifest.live_changes.push(*change);
                patience.until_done(writer, |writer| writer.save_manifest())?;
            }
            EventKind::Progress(_)
            | EventKind::Checkpointed { .. }
            | EventKind::Blocked(_)
            | EventKind::Ended(_) => {}
        }
        Ok(())
    }

    /// Writes down what is used of the latent vector: of an epoch its dimensions, of the whole run
    /// in words.
    fn latent(
        &mut self,
        used: &LatentUse,
        patience: &mut Patience<'_, '_>,
    ) -> Result<(), TrainError> {
        let LatentUse {
            epoch,
            step,
            report,
            shuffled,
        } = used;
        let at = HistoryPlace {
            step: *step,
            epoch: *epoch,
            part: Part::Valid,
        };
        let writer = &mut self.writer;
        if let Some([own, other]) = *shuffled {
            let points = at.points([("ndcg@10_own_latent", own), ("ndcg@10_other_latent", other)]);
            let points: Vec<HistoryPoint> = points.collect();
            patience.until_done(writer, |writer| writer.append(&points))?;
            let line = used.sentence();
            return patience.until_done(writer, |writer| writer.log(&line));
        }
        let numbers = [
            ("kl", report.total_kl()),
            ("active_units", report.n_active() as f64),
        ];
        let points: Vec<HistoryPoint> = at.points(numbers).collect();
        patience.until_done(writer, |writer| writer.append(&points))?;
        patience.until_done(writer, |writer| writer.append_latent(*epoch, report))
    }

    /// Writes down the figures on the test split, at the step of the best epoch.
    pub(super) fn judged(
        &mut self,
        loss: f64,
        test: Metrics,
        references_test: References,
        patience: &mut Patience<'_, '_>,
    ) -> Result<(), TrainError> {
        let writer = &mut self.writer;
        let epoch = writer.manifest.best_epoch.unwrap_or(0);
        let history = patience.until_done(writer, |writer| writer.store().history(writer.id()))?;
        let step = history
            .series(Part::Valid, "loss")
            .iter()
            .find(|p| p.0 == epoch)
            .map_or(0, |p| p.1);
        let at = HistoryPlace {
            step,
            epoch,
            part: Part::Test,
        };
        let points: Vec<HistoryPoint> = at.judged(loss, &test).collect();
        let manifest = &mut writer.manifest;
        (manifest.test, manifest.references_test) = (Some(test), references_test.into());
        patience.until_done(writer, |writer| writer.append(&points))
    }

    /// Writes down that the run was left, to go on later; where that will be.
    pub(super) fn left(
        &mut self,
        train_secs: f64,
        patience: &mut Patience<'_, '_>,
    ) -> Result<Pause, TrainError> {
        self.writer.manifest.train_secs = train_secs;
        let pause = self.writer.place_to_pause();
        let at = if pause.step > 0 {
            format!(" after step {}", pause.step)
        } else {
            " before its first step".to_owned()
        };
        // The log first: the files are summed up when the run is left.
        let line = format!("{LEFT} in epoch {}{at}", pause.epoch);
        let writer = &mut self.writer;
        patience.until_done(writer, |writer| writer.log(&line))?;
        patience.until_done(writer, RunWriter::pause)
    }

    /// Deletes the run.
    pub(super) fn discard(self) -> Result<(), TrainError> {
        Ok(self.writer.discard()?)
    }

    /// Writes down the end.
    pub(super) fn end(
        &mut self,
        outcome: &RunOutcome,
        train_secs: f64,
        patience: &mut Patience<'_, '_>,
    ) -> Result<(), TrainError> {
        self.writer.manifest.train_secs = train_secs;
        let line = match outcome {
            RunOutcome::Finished => "finished".to_owned(),
            RunOutcome::Stopped => "stopped by the user".to_owned(),
            RunOutcome::Failed { sentence } => format!("failed: {sentence}"),
        };
        // The log first: the files are summed up at the end.
        let writer = &mut self.writer;
        patience.until_done(writer, |writer| writer.log(&line))?;
        patience.until_done(writer, |writer| writer.finish(outcome.clone()))
    }
}
