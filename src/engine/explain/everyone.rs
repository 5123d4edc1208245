//! Answers of a model or a reference about many users at one moment, some users at a time.

use super::Scored;
use super::ranked::{Candidates, SeenItems};
use crate::train::{FittedReference, TaskQuestions};
use seqscope_data::{Prepared, Sample};
use seqscope_model::{ModelError, Trainable};

/// Model or reference that is asked.
#[derive(Clone, Copy)]
pub enum Speaker<'a> {
    /// A run's model.
    Model(&'a dyn Trainable),
    /// One of its references.
    Reference(&'a FittedReference),
}

/// Answer about one user.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// The likeliest items, best first, each with its probability over all items; of a reference
    /// with its score, which is no probability.
    Items(Vec<Scored>),
    /// Chances of the classes, of "no" and "yes", or one number in its own unit.
    Answer(Vec<f64>),
}

/// Question to everybody.
#[derive(Clone, Copy)]
pub struct AskAll<'a> {
    /// The data of the run.
    pub prepared: &'a Prepared,
    /// The questions of its task.
    pub questions: &'a TaskQuestions,
    /// Items in each user's list.
    pub top: usize,
    /// Whether items that a user had are left out of the list.
    pub filter_seen: bool,
}

/// Most histories that are put to a model at a time.
const AT_A_TIME: usize = 1024;

/// Most scores in memory at a time: 4 million, 16 MB.
const MAX_SCORES: usize = 4_000_000;

impl AskAll<'_> {
    /// Answers these questions, in their order. `goes_on` is told how many are answered,
    /// and may end it: then nothing is returned.
    ///
    /// # Errors
    /// [`ModelError`] when the model fails.
    pub fn answered(
        &self,
        speaker: Speaker<'_>,
        samples: &[Sample],
        goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<Vec<Word>>, ModelError> {
        let n_columns = self.questions.n_scores(self.prepared);
        let at_a_time = (MAX_SCORES / n_columns).clamp(1, AT_A_TIME);
        let mut words = Vec::with_capacity(samples.len());
        for block in samples.chunks(at_a_time) {
            if !goes_on(words.len()) {
                return Ok(None);
            }
            match speaker {
                Speaker::Model(model) => self.model(model, block, &mut words)?,
                Speaker::Reference(reference) => {
                    words.extend(block.iter().map(|s| self.reference(reference, s)));
                }
            }
        }
        Ok(goes_on(words.len()).then_some(words))
    }

    fn model(
        &self,
        model: &dyn Trainable,
        block: &[Sample],
        words: &mut Vec<Word>,
    ) -> Result<(), ModelError> {
        let histories = self.questions.histories(self.prepared, block);
        let scores = model.scores(&histories)?;
        let n_columns = self.questions.n_scores(self.prepared);
        if scores.len() != block.len() * n_columns {
            let sentence = format!(
                "the model gave {} answers to {} questions",
                scores.len(),
                block.len()
            );
            return Err(ModelError::Compute { sentence });
        }
        let rows = block.iter().zip(scores.chunks_exact(n_columns));
        words.extend(rows.map(|(sample, row)| match self.questions {
            TaskQuestions::NextItem => {
                Word::Items(Candidates::new(row, &self.seen(sample)).top(self.top))
            }
            TaskQuestions::Outcomes(outcomes) => Word::Answer(outcomes.answers(row)),
        }));
        Ok(())
    }

    fn reference(&self, reference: &FittedReference, sample: &Sample) -> Word {
        match reference {
            FittedReference::Answers(answers) => {
                let output = self.questions.output();
                Word::Answer(answers.answer(self.prepared, output, sample))
            }
            FittedReference::Items(baseline) => {
                let mut scores = vec![0.0; self.prepared.dataset.n_items() + 1];
                baseline.scores(self.history(sample), &mut scores);
                let best = Candidates::new(&scores, &self.seen(sample))
                    .best(self.top)
                    .into_iter();
                let score = |item: u32| scores.get(item as usize).copied().unwrap_or(f32::NAN);
                Word::Items(
                    best.map(|item| Scored {
                        item_idx: item,
                        probability: score(item),
                    })
                    .collect(),
                )
            }
        }
    }

    fn history(&self, sample: &Sample) -> &[u32] {
        let items = self
            .prepared
            .dataset
            .sequences
            .items(sample.user_idx as usize);
        items.get(..sample.history_len as usize).unwrap_or(items)
    }

    fn seen(&self, sample: &Sample) -> SeenItems {
        SeenItems::after(self.history(sample), self.filter_seen)
    }
}
