//! What the program makes of the curves by itself: each note says what it saw, why it matters and
//! what to do.

use egui::{RichText, Ui};

use crate::app::{Training, TrainingPhase};
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::widget::line_chart::tick;
use seqscope_base::spec::{Entry, ProblemKind, Severity};
use seqscope_engine::run::{EpochRecord, Overfitting, RunOutcome};
use seqscope_model::baseline::ReferenceKind;

/// Epochs after which a model should have passed the reference to beat.
const GRACE_EPOCHS: usize = 10;

/// One sentence about the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    severity: Severity,
    sentence: String,
}

impl Note {
    fn warning(sentence: String) -> Self {
        Self {
            severity: Severity::Warning,
            sentence,
        }
    }

    fn error(sentence: String) -> Self {
        Self {
            severity: Severity::Error,
            sentence,
        }
    }

    pub(super) fn ui(&self, ui: &mut Ui) {
        let color = match self.severity {
            Severity::Warning => ui.visuals().warn_fg_color,
            Severity::Error => ui.visuals().error_fg_color,
        };
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("⚠").color(color));
            ui.label(tr(&self.sentence));
        });
    }
}

/// Everything worth saying about the run now, the gravest first.
pub(super) fn notes(training: &Training) -> Vec<Note> {
    let mut notes: Vec<Note> = [
        failure(training),
        overfitting(&training.points),
        below_reference(training),
    ]
    .into_iter()
    .flatten()
    .collect();
    let told = |sentence: &str| notes.iter().any(|n| n.sentence == sentence);
    let warned: Vec<Note> = training
        .problems
        .iter()
        .filter(|p| !told(&p.sentence()))
        .map(|p| Note {
            severity: p.severity,
            sentence: p.sentence(),
        })
        .collect();
    notes.extend(warned);
    notes.sort_by_key(|n| std::cmp::Reverse(n.severity));
    notes
}

fn failure(training: &Training) -> Option<Note> {
    match &training.phase {
        TrainingPhase::NotStarted(sentence) => Some(Note::error(sentence.clone())),
        TrainingPhase::Ended(ended) => match &ended.outcome {
            Some(RunOutcome::Failed { sentence }) => Some(Note::error(sentence.clone())),
            _ => None,
        },
        _ => None,
    }
}

fn overfitting(points: &[EpochRecord]) -> Option<Note> {
    let found = Overfitting::of_epochs(points)?;
    Some(Note::warning(format!(
        "Over-fitting since epoch {}: the training loss still falls, the validation loss has risen \
         from {} to {}. More dropout or weight decay, a smaller model or more data help; the best \
         epoch's weights are kept.",
        found.since,
        tick(found.best_loss),
        tick(found.last_loss),
    )))
}

fn below_reference(training: &Training) -> Option<Note> {
    let kind = ReferenceKind::to_beat(training.answers());
    let (metric, reference) = training.references_valid.get(&kind)?.primary();
    let reference = reference?;
    let values = training
        .points
        .iter()
        .filter_map(|point| point.valid.get(metric));
    let best = values.reduce(|best, value| {
        if metric.is_better(value, best) {
            value
        } else {
            best
        }
    });
    // At the end the engine says it itself, with both parts.
    let is_told = training
        .problems
        .iter()
        .any(|problem| problem.kind == ProblemKind::BelowReference);
    if is_told {
        return None;
    }
    let judged = !training.is_active() || training.points.len() >= GRACE_EPOCHS;
    if !judged
        || training.points.is_empty()
        || best.is_some_and(|best| !metric.is_better(reference, best))
    {
        return None;
    }
    Some(Note::warning(format!(
        "Not as good as the reference {}: the best validation {} is {}, the reference, which fits \
         in a second, has {}. Train longer, change the learning rate or the dropout, or suspect \
         the settings.",
        kind.title(),
        metric.title(),
        text::optional_metric(best),
        text::metric(reference),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_base::metric::{AnswerKind, Metric, Metrics};
    use seqscope_engine::train::Progress;
    use seqscope_model::baseline::BaselineKind;

    fn training(points: Vec<EpochRecord>) -> Training {
        let chain = Metrics::new(AnswerKind::Ranking, 9).with(Metric::Ndcg10, 0.1);
        Training {
            run: None,
            title: String::new(),
            phase: TrainingPhase::Running,
            device: None,
            n_params: None,
            live: Vec::new(),
            n_epochs: 30,
            progress: Progress::default(),
            preparing: None,
            step_losses: Vec::new(),
            points,
            references_valid: [(BaselineKind::MarkovWindow.into(), chain)].into(),
            latent: None,
            problems: Vec::new(),
            is_saved: false,
        }
    }

    fn point(epoch: usize, train_loss: f64, valid_loss: f64, ndcg: f64) -> EpochRecord {
        EpochRecord {
            epoch,
            step: epoch * 10,
            train_loss,
            valid_loss,
            valid: Metrics::new(AnswerKind::Ranking, 9).with(Metric::Ndcg10, ndcg),
            lr: 1e-3,
            grad_norm: 1.0,
            events_per_sec: 1000.0,
            ..EpochRecord::default()
        }
    }

    fn says(training: &Training, word: &str) -> bool {
        notes(training).iter().any(|n| n.sentence.contains(word))
    }

    #[test]
    fn overfitting_is_told_with_its_epoch_and_not_after_one_bad_epoch() {
        let rising = |n: usize| {
            (1..=n)
                .map(|e| point(e, 5.0 - e as f64 * 0.1, if e <= 2 { 5.0 } else { 5.1 }, 0.2))
                .collect()
        };
        assert!(!says(&training(rising(4)), "Over-fitting"));
        assert!(says(&training(rising(5)), "Over-fitting since epoch 2:"));
        let both_rise = (1..=6)
            .map(|e| point(e, 5.0 + e as f64, 5.0 + e as f64, 0.2))
            .collect();
        assert!(
            !says(&training(both_rise), "Over-fitting"),
            "a diverging run is not over-fitting"
        );
    }

    #[test]
    fn a_model_below_the_windowed_markov_chain_is_told_after_a_fair_time() {
        let weak = |n: usize| (1..=n).map(|e| point(e, 5.0, 5.0, 0.05)).collect();
        assert!(!says(
            &training(weak(5)),
            "Not as good as the reference Windowed Markov chain"
        ));
        assert!(says(&training(weak(10)), "0.0500, the reference"));
        let strong = (1..=10).map(|e| point(e, 5.0, 5.0, 0.15)).collect();
        assert!(!says(&training(strong), "Not as good"));
    }
}
