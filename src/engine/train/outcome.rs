//! Judges answers to questions other than the next item: classes, chances, numbers.

use super::interrupted::Interrupted;
use crate::run::{Facts, Part, UserResult};
use seqscope_base::metric::{Metrics, Reliability};
use seqscope_data::{Outcomes, Output, Prepared, Sample};
use seqscope_model::{ModelError, Questions, Trainable};

/// Questions with the model's answers.
pub(super) struct Answered<'a> {
    outcomes: &'a Outcomes,
    samples: &'a [Sample],
    /// Chances of the classes, `[n, n_classes]`; chances of "yes", `[n]`; numbers in their own
    /// unit, `[n]`.
    answers: Vec<f64>,
    /// Sum of the loss.
    loss: f64,
}

/// Puts the questions of a part to the model. `between` is called between blocks of them.
pub(super) fn answer<'a>(
    model: &dyn Trainable,
    prepared: &Prepared,
    outcomes: &'a Outcomes,
    part: Part,
    between: &mut dyn FnMut() -> Result<(), Interrupted>,
) -> Result<Answered<'a>, Interrupted> {
    let samples = samples_of(outcomes, part);
    let n_outputs = outcomes.output.n_outputs().max(1);
    let mut answered = Answered {
        outcomes,
        samples,
        answers: Vec::with_capacity(samples.len() * n_outputs),
        loss: 0.0,
    };
    for block in samples.chunks(Questions::AT_A_TIME) {
        let scores = model.scores(&prepared.asked(block))?;
        if scores.len() != block.len() * n_outputs {
            let sentence = format!(
                "the model gave {} answers to {} questions",
                scores.len(),
                block.len()
            );
            return Err(ModelError::Compute { sentence }.into());
        }
        block
            .iter()
            .zip(scores.chunks_exact(n_outputs))
            .for_each(|(sample, scores)| answered.add(sample, scores));
        between()?;
    }
    Ok(answered)
}

/// Questions of a part.
fn samples_of(outcomes: &Outcomes, part: Part) -> &[Sample] {
    match part {
        Part::Train => &outcomes.train,
        Part::Valid => &outcomes.valid,
        Part::Test => &outcomes.test,
    }
}

impl<'a> Answered<'a> {
    /// The questions of a part with answers from elsewhere, in the form in which answers are kept.
    /// They have no loss.
    pub(super) fn by(
        outcomes: &'a Outcomes,
        part: Part,
        answer: impl Fn(&Sample) -> Vec<f64>,
    ) -> Self {
        let samples = samples_of(outcomes, part);
        let answers = samples.iter().flat_map(answer).collect();
        Self {
            outcomes,
            samples,
            answers,
            loss: f64::NAN,
        }
    }

    fn add(&mut self, sample: &Sample, scores: &[f32]) {
        let first = f64::from(scores.first().copied().unwrap_or(f32::NAN));
        let target = f64::from(sample.target);
        let told = self.outcomes.answers(scores);
        // Of a chance, that of "yes" is kept.
        let passed_over = usize::from(self.outcomes.output == Output::Chance);
        self.answers.extend(told.into_iter().skip(passed_over));
        match self.outcomes.output {
            Output::Classes(_) | Output::Catalogue => {
                let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f64 = scores
                    .iter()
                    .map(|score| f64::from(score - largest).exp())
                    .sum();
                let of_target = scores
                    .get(sample.target as usize)
                    .copied()
                    .unwrap_or(f32::NAN);
                self.loss += sum.ln() - f64::from(of_target - largest);
            }
            Output::Chance => {
                // softplus(s) − y s.
                self.loss += first.max(0.0) + (-first.abs()).exp().ln_1p() - target * first;
            }
            Output::Number => {
                self.loss += (first - target).powi(2);
            }
        }
    }

    pub(super) fn loss(&self) -> f64 {
        self.loss / self.samples.len().max(1) as f64
    }

    pub(super) fn metrics(&self) -> Metrics {
        match self.outcomes.output {
            Output::Classes(_) | Output::Catalogue => {
                Metrics::of_classes(&self.true_classes(), &self.answers)
            }
            Output::Chance => Metrics::of_binary(&self.labels(), &self.answers),
            Output::Number => {
                let truth: Vec<f64> = self
                    .samples
                    .iter()
                    .map(|sample| self.outcomes.scale.unscaled(sample.target))
                    .collect();
                Metrics::of_numbers(&truth, &self.answers)
            }
        }
    }

    pub(super) fn reliability(&self) -> Option<Reliability> {
        match self.outcomes.output {
            Output::Classes(_) | Output::Catalogue => {
                Some(Reliability::of_classes(&self.true_classes(), &self.answers))
            }
            Output::Chance => Some(Reliability::of_binary(&self.labels(), &self.answers)),
            Output::Number => None,
        }
    }

    fn true_classes(&self) -> Vec<usize> {
        self.samples
            .iter()
            .map(|sample| sample.target as usize)
            .collect()
    }

    fn labels(&self) -> Vec<bool> {
        self.samples
            .iter()
            .map(|sample| sample.target > 0.5)
            .collect()
    }

    /// The truth stands in the place of the true item, and beside it the chance that the model gave
    /// it; of a number what the model said. The rank is that of the true class among all of them.
    pub(super) fn results(&self, prepared: &Prepared) -> Vec<UserResult> {
        let n_outputs = self.outcomes.output.n_outputs().max(1);
        let answers = self
            .samples
            .iter()
            .zip(self.answers.chunks_exact(n_outputs));
        answers
            .map(|(sample, answers)| self.result(prepared, sample, answers))
            .collect()
    }

    fn result(&self, prepared: &Prepared, sample: &Sample, answers: &[f64]) -> UserResult {
        let outcomes = self.outcomes;
        let is_class = matches!(outcomes.output, Output::Classes(_));
        let class = sample.target as usize;
        let name = outcomes.classes.get(class).cloned().unwrap_or_default();
        let first = answers.first().copied().unwrap_or(f64::NAN);
        let (truth, chance, rank) = match self.outcomes.output {
            Output::Classes(_) | Output::Catalogue => {
                let chance = answers.get(class).copied().unwrap_or(f64::NAN);
                (name.clone(), chance, mid_rank(answers, chance))
            }
            Output::Chance => {
                let chance = if class == 1 { first } else { 1.0 - first };
                (
                    name.clone(),
                    chance,
                    mid_rank(&[chance, 1.0 - chance], chance),
                )
            }
            Output::Number => (
                self.outcomes.scale.unscaled(sample.target).to_string(),
                f64::NAN,
                f64::NAN,
            ),
        };
        UserResult {
            user_id: prepared
                .dataset
                .users
                .id(sample.user_idx)
                .unwrap_or_default()
                .to_owned(),
            item_id: truth,
            rank,
            probability: chance,
            predicted: (self.outcomes.output == Output::Number).then_some(first),
            answered: is_class
                .then(|| surest(answers))
                .flatten()
                .and_then(|at| outcomes.classes.get(at).cloned()),
            facts: Some(Facts {
                history_len: sample.history_len,
                popularity_decile: None,
                behaviour: if is_class { name } else { String::new() },
                is_return: None,
            }),
        }
    }
}

/// The place of the highest chance; `None` where several have it, or one is no number.
fn surest(chances: &[f64]) -> Option<usize> {
    let highest = chances.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut ahead = chances
        .iter()
        .enumerate()
        .filter(|(_, chance)| chance.is_nan() || **chance >= highest);
    let (first, chance) = ahead.next()?;
    (ahead.next().is_none() && !chance.is_nan()).then_some(first)
}

/// Place of a chance among all of them, from 1; ties share the middle. NaN is last.
fn mid_rank(all: &[f64], chance: f64) -> f64 {
    if chance.is_nan() {
        return all.len() as f64;
    }
    let ahead = all.iter().filter(|other| **other > chance).count();
    let tied = all
        .iter()
        .filter(|other| (**other - chance).abs() <= 0.0)
        .count();
    1.0 + ahead as f64 + tied.saturating_sub(1) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_base::metric::Metric;

    /// Validation questions with these targets.
    fn asked(output: Output, targets: &[f32]) -> Outcomes {
        let samples = targets.iter().map(|&target| Sample {
            user_idx: 0,
            history_len: 1,
            elapsed_secs: 0.0,
            target,
        });
        Outcomes {
            output,
            valid: samples.collect(),
            scale: seqscope_data::Scale {
                log1p: true,
                mean: 1.0,
                std: 2.0,
            },
            ..Outcomes::default()
        }
    }

    /// What a model's scores make of them.
    fn answered<'a>(outcomes: &'a Outcomes, rows: &[&[f32]]) -> Answered<'a> {
        let mut answered = Answered {
            outcomes,
            samples: &outcomes.valid,
            answers: Vec::new(),
            loss: 0.0,
        };
        for (sample, scores) in outcomes.valid.iter().zip(rows) {
            answered.add(sample, scores);
        }
        answered
    }

    #[test]
    fn chances_are_those_of_softmax_and_sigmoid() {
        let asked_classes = asked(Output::Classes(2), &[1.0, 0.0]);
        let classes = answered(
            &asked_classes,
            &[&[1000.0, 1000.0 + 3.0_f32.ln()], &[0.0, 0.0]],
        );
        assert!((classes.answers[1] - 0.75).abs() < 1e-4);
        assert!((classes.loss() - f64::midpoint(-(0.75_f64.ln()), 2.0_f64.ln())).abs() < 1e-4);
        let asked_chance = asked(Output::Chance, &[1.0, 0.0]);
        let chance = answered(&asked_chance, &[&[3.0_f32.ln()], &[-800.0]]);
        assert!((chance.answers[0] - 0.75).abs() < 1e-6 && chance.answers[1] < 1e-9);
        assert!((chance.loss() + 0.75_f64.ln() / 2.0).abs() < 1e-6);
    }

    #[test]
    fn numbers_are_judged_in_their_own_unit() {
        // ln(1 + x) = 1 + 2 y: y 0 is e − 1, y 1 is e³ − 1.
        let asked_number = asked(Output::Number, &[1.0]);
        let number = answered(&asked_number, &[&[0.0]]);
        let off = 3.0_f64.exp() - 1.0_f64.exp();
        assert!((number.metrics().get(Metric::Mae).unwrap() - off).abs() < 1e-3);
        assert!((number.loss() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_class_shares_its_place_with_those_tied() {
        assert!((mid_rank(&[0.2, 0.2, 0.6], 0.2) - 2.5).abs() < 1e-9);
        assert!((mid_rank(&[0.2, 0.2, 0.6], 0.6) - 1.0).abs() < 1e-9);
        assert!((mid_rank(&[0.2, f64::NAN], f64::NAN) - 2.0).abs() < 1e-9);
        let surest_of = [
            &[0.2, 0.2, 0.6][..],
            &[0.4, 0.4, 0.2],
            &[0.2, f64::NAN],
            &[f64::NAN],
            &[],
        ]
        .map(surest);
        assert_eq!(surest_of, [Some(2), None, None, None, None]);
    }
}
