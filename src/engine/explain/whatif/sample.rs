//! Draws of what may come next: several continuations of one history, by temperature and nucleus.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{WhatIf, WhatIfError};
use seqscope_base::metric::Seen;
use seqscope_base::spec::derive_seed;
use seqscope_data::EditedEvent;
use seqscope_model::histories_after;

/// Histories that are put to the model at a time.
const AT_A_TIME: usize = 64;

/// Most events that all samples together are drawn of.
const MOST: usize = 100_000;

/// Question: what may come after a history?
///
/// The next item is drawn from the softmax of the model's scores over `temperature`, among the items
/// that may come (those of a history are left out where its lists leave them out) and of these from
/// the nucleus alone: the fewest likeliest items whose probabilities together are at least `top_p`
/// (Holtzman et al., *The Curious Case of Neural Text Degeneration*, ICLR 2020), scaled to sum to 1.
/// Then the model is asked again as if it had come, without features and at the time of the event
/// before, as for a greedy forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Number of events of each sample.
    pub n_ahead: usize,
    /// Number of samples.
    pub n_samples: usize,
    /// Divisor of the scores, above 0: below 1 the likely becomes likelier, above 1 all become more
    /// alike.
    pub temperature: f64,
    /// Probability that the nucleus holds, above 0 and at most 1; 1 leaves nothing out.
    pub top_p: f64,
    /// Seed; each sample draws from its own, so that more samples change none of the first.
    pub seed: u64,
}

/// One item of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// The item.
    pub item_idx: u32,
    /// Probability with which it was drawn there: after temperature and nucleus.
    pub probability: f64,
}

/// Sample of what comes next, the next event first; shorter where nothing is left to choose.
pub type DrawnPath = Vec<Drawn>;

impl Draw {
    /// Checks the numbers.
    fn check(&self) -> Result<(), WhatIfError> {
        let wrong = |sentence: &str| Err(WhatIfError::Setting(sentence.to_owned()));
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return wrong(
                "the temperature is a number above 0; for the likeliest alone take no samples",
            );
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return wrong("top-p is above 0 and at most 1; choose 1 to leave nothing out");
        }
        let n = self.n_samples.saturating_mul(self.n_ahead);
        if n == 0 || n > MOST {
            return wrong(
                "samples times events are from 1 to 100,000; choose fewer samples or fewer events",
            );
        }
        Ok(())
    }
}

impl WhatIf<'_> {
    /// Draws continuations of a history, such as one that was edited.
    ///
    /// # Errors
    /// [`WhatIfError`] where a number is out of range, or the model fails.
    pub fn drawn(
        &self,
        events: &[EditedEvent],
        asked: &Draw,
    ) -> Result<Vec<DrawnPath>, WhatIfError> {
        asked.check()?;
        let history = self.histories(&[events.to_vec()])?;
        let mut samples: Vec<SampleSoFar> = (0..asked.n_samples as u64)
            .map(|at| SampleSoFar {
                random: ChaCha8Rng::seed_from_u64(derive_seed(asked.seed, "what-if sample", at)),
                path: Vec::new(),
            })
            .collect();
        for step in 0..asked.n_ahead {
            // The model is asked once for all samples that have come the same way.
            let mut by_path: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
            for (at, sample) in samples.iter().enumerate() {
                if sample.path.len() == step {
                    by_path.entry(sample.items()).or_default().push(at);
                }
            }
            let by_path: Vec<(Vec<u32>, Vec<usize>)> = by_path.into_iter().collect();
            for block in by_path.chunks(AT_A_TIME) {
                let paths: Vec<Vec<u32>> = block.iter().map(|(path, _)| path.clone()).collect();
                let scores =
                    self.numbers(self.model.scores(&histories_after(&history, &paths))?)?;
                let rows = scores.chunks_exact(self.n_columns());
                for ((path, members), row) in block.iter().zip(rows) {
                    let nucleus = nucleus(&self.chances(row, events, path, asked), asked.top_p);
                    for &at in members {
                        if let Some(sample) = samples.get_mut(at) {
                            sample.draw(&nucleus);
                        }
                    }
                }
            }
        }
        Ok(samples.into_iter().map(|sample| sample.path).collect())
    }

    /// Items that may come next with their chances after the temperature; they sum to 1.
    fn chances(
        &self,
        scores: &[f32],
        events: &[EditedEvent],
        path: &[u32],
        asked: &Draw,
    ) -> Vec<Drawn> {
        let may_come = |item: u32| {
            self.seen == Seen::Ranked
                || !(path.contains(&item) || events.iter().any(|event| event.item_idx == item))
        };
        let scored: Vec<(u32, f64)> = (0_u32..)
            .zip(scores)
            .skip(1)
            .filter(|(item, score)| score.is_finite() && may_come(*item))
            .map(|(item, score)| (item, f64::from(*score)))
            .collect();
        let largest = scored
            .iter()
            .map(|(_, score)| *score)
            .fold(f64::MIN, f64::max);
        // The difference first: near a temperature of 0 the scores themselves would overflow.
        let weight = |score: f64| ((score - largest) / asked.temperature).exp();
        let sum: f64 = scored.iter().map(|(_, score)| weight(*score)).sum();
        scored
            .into_iter()
            .map(|(item_idx, score)| Drawn {
                item_idx,
                probability: weight(score) / sum,
            })
            .collect()
    }
}

/// The nucleus of some items: the fewest likeliest that together have at least `top_p`, likeliest
/// first, of equals the one with the smaller index; their probabilities are brought to the sum 1.
/// Of no items it is empty; else it holds one at least.
#[must_use]
pub fn nucleus(chances: &[Drawn], top_p: f64) -> Vec<Drawn> {
    let mut sorted = chances.to_vec();
    sorted.sort_by(|a, b| {
        b.probability
            .total_cmp(&a.probability)
            .then(a.item_idx.cmp(&b.item_idx))
    });
    if top_p < 1.0 {
        let mut sum = 0.0;
        let mut kept = 0;
        while kept < sorted.len() && sum < top_p {
            sum += sorted.get(kept).map_or(0.0, |drawn| drawn.probability);
            kept += 1;
        }
        sorted.truncate(kept);
    }
    let sum: f64 = sorted.iter().map(|drawn| drawn.probability).sum();
    for drawn in &mut sorted {
        drawn.probability /= sum;
    }
    sorted
}

/// One sample so far.
struct SampleSoFar {
    random: ChaCha8Rng,
    path: DrawnPath,
}

impl SampleSoFar {
    fn items(&self) -> Vec<u32> {
        self.path.iter().map(|drawn| drawn.item_idx).collect()
    }

    /// Draws the next item; nothing where nothing may come.
    fn draw(&mut self, nucleus: &[Drawn]) {
        let mut left: f64 = self.random.random();
        let drawn = nucleus.iter().find(|drawn| {
            left -= drawn.probability;
            left < 0.0
        });
        // Rounding may leave a sum just below 1.
        self.path.extend(drawn.or(nucleus.last()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chances(probabilities: &[f64]) -> Vec<Drawn> {
        (1..)
            .zip(probabilities)
            .map(|(item_idx, &probability)| Drawn {
                item_idx,
                probability,
            })
            .collect()
    }

    fn items(nucleus: &[Drawn]) -> Vec<u32> {
        nucleus.iter().map(|drawn| drawn.item_idx).collect()
    }

    #[test]
    fn the_nucleus_is_the_fewest_likeliest_items_that_reach_p() {
        let all = chances(&[0.125, 0.5, 0.125, 0.25]);
        // 0.5 reaches 0.5 alone; a little more needs 0.25 too; of the two of 0.125 the first.
        assert_eq!(items(&nucleus(&all, 0.5)), [2]);
        assert_eq!(items(&nucleus(&all, 0.500_001)), [2, 4]);
        assert_eq!(items(&nucleus(&all, 0.8)), [2, 4, 1]);
        assert_eq!(items(&nucleus(&all, 1.0)), [2, 4, 1, 3]);
        assert_eq!(items(&nucleus(&all, 1e-9)), [2]);
        let scaled = nucleus(&all, 0.75);
        assert!((scaled[0].probability - 2.0 / 3.0).abs() < 1e-12);
        assert!(nucleus(&[], 0.5).is_empty());
    }

    #[test]
    fn a_number_out_of_range_is_refused_with_the_cure() {
        let good = Draw {
            n_ahead: 2,
            n_samples: 3,
            temperature: 1.0,
            top_p: 1.0,
            seed: 1,
        };
        assert!(good.check().is_ok());
        let refused = |draw: Draw| draw.check().unwrap_err().to_string();
        for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(
                refused(Draw {
                    temperature,
                    ..good
                })
                .contains("above 0")
            );
        }
        for top_p in [0.0, 1.1, f64::NAN] {
            assert!(refused(Draw { top_p, ..good }).contains("choose 1"));
        }
        for n_samples in [0, 100_000] {
            assert!(refused(Draw { n_samples, ..good }).contains("fewer samples"));
        }
    }
}
