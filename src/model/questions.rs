//! Questions to a model, what came next after each history, and its answers.

use super::ModelError;
use seqscope_base::metric::{Odds, Rank, Seen, mid_rank};
use seqscope_data::Histories;

/// Questions to a model: after each of these histories, how high does it rank what came next?
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Questions {
    /// Histories that the model sees, one a question.
    pub histories: Histories,
    /// The item that came next, from 1.
    pub targets: Vec<u32>,
    /// Whether the items of a history are left out of its ranking; a true item among them is a
    /// miss.
    pub filter_seen: bool,
    /// Size of the catalogue.
    pub n_items: usize,
}

/// A model's answer to one question.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RankAnswer {
    /// Mid-rank of the true item, as [`mid_rank`] has it: of ties, of scores that are no numbers,
    /// of a target that is left out or is no item.
    pub rank: Rank,
    /// Natural logarithm of the model's probability of the true item, as [`Odds`] has it: over all
    /// items. NaN where a score is NaN.
    pub log_probability: f64,
}

/// Most scores of a block that leaves the model: 16 million, 64 MB.
const MAX_SCORES: usize = 16_000_000;

/// Most histories of such a block.
const MAX_BLOCK: usize = 256;

impl Questions {
    /// Questions that are put to a model at a time. It depends on nothing, so that results do not
    /// depend on the machine.
    pub const AT_A_TIME: usize = 2048;

    /// Number of questions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.histories.n_rows()
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item that came next; 0, which is no item, where none is given.
    #[must_use]
    pub fn target(&self, at: usize) -> u32 {
        self.targets.get(at).copied().unwrap_or(0)
    }

    /// Items that are not ranked, sorted and without repeats.
    #[must_use]
    pub fn excluded(&self, at: usize) -> Vec<u32> {
        Seen::filtered(self.filter_seen).excluded(self.histories.row(at))
    }

    /// Answers from whole rows of scores, `[n_rows, n_items + 1]`, some histories at a time.
    ///
    /// # Errors
    /// What `scores` reports; [`ModelError::Compute`] when it gives another number of scores.
    pub fn answered_by(
        &self,
        scores: impl Fn(&Histories) -> Result<Vec<f32>, ModelError>,
    ) -> Result<Vec<RankAnswer>, ModelError> {
        let n_columns = self.n_items + 1;
        let at_a_time = (MAX_SCORES / n_columns).clamp(1, MAX_BLOCK);
        let mut answers = Vec::with_capacity(self.len());
        for start in (0..self.len()).step_by(at_a_time) {
            let block = start..(start + at_a_time).min(self.len());
            let histories = self.histories.select(&block.clone().collect::<Vec<_>>());
            let scores = scores(&histories)?;
            if scores.len() != block.len() * n_columns {
                let sentence = format!(
                    "the model gave {} scores for {} histories",
                    scores.len(),
                    block.len()
                );
                return Err(ModelError::Compute { sentence });
            }
            let rows = block.zip(scores.chunks_exact(n_columns));
            answers.extend(rows.map(|(at, row)| RankAnswer {
                rank: mid_rank(row, self.target(at) as usize, &self.excluded(at)),
                log_probability:
                    Odds::from_scores(row).log_probability(row, self.target(at) as usize),
            }));
        }
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_items_are_left_out_where_that_is_asked_for() {
        let mut questions = Questions {
            histories: [&[3_u32, 1, 3][..], &[], &[3, 1]].into_iter().collect(),
            targets: vec![2, 2, 1],
            filter_seen: true,
            n_items: 4,
        };
        // Items 1 and 3 score more than item 2, item 4 as much; the last user returns to item 1.
        let scores =
            |histories: &Histories| Ok([0.0, 9.0, 5.0, 8.0, 5.0].repeat(histories.n_rows()));
        let ranks = |questions: &Questions| -> Vec<f64> {
            questions
                .answered_by(scores)
                .unwrap()
                .iter()
                .map(|answer| answer.rank)
                .collect()
        };
        assert_eq!(ranks(&questions), [1.5, 3.5, f64::INFINITY]);
        questions.filter_seen = false;
        assert_eq!(ranks(&questions), [3.5, 3.5, 1.0]);
        let error = questions
            .answered_by(|_| Ok(vec![0.0; 7]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("7 scores for 3 histories"), "{error}");
    }
}
