//! Content-based: items that are told of in the same words as the user's latest ones.
//!
//! Titles and the columns of the table of items are hashed into a sparse vector an item
//! ([`ItemContents`]); a word counts `ln(1 + items / items with the word)` (Salton & Buckley 1988),
//! and vectors have length 1. The profile is the mean of the history's vectors, faded by a decay
//! that is chosen on the training part; the score is the profile's product with each item's vector,
//! which orders as the cosine does (Lops et al. 2011). So an item that nobody had yet can be found.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::baskets::faded;
use super::item_knn::KNN_DECAYS;
use super::popularity::{PopularityScores, overwrite};
use super::tune::Tuning;
use super::{Baseline, LeftOut, TrainingLog};

/// Buckets into which words are hashed: two words of a log's items fall on each other rarely.
pub const BUCKETS: usize = 1 << 15;

/// Known texts of each item, as weights of hashed words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemContents {
    /// Bucket weights of item `i` at `i - 1`; not yet weighted by rarity.
    items: Vec<BTreeMap<u32, f32>>,
}

impl ItemContents {
    /// Makes contents of `n_items` items of which nothing is known.
    #[must_use]
    pub fn unknown(n_items: usize) -> Self {
        Self {
            items: vec![BTreeMap::new(); n_items],
        }
    }

    /// Adds a word of a column to what is told of an item (≥ 1), with a weight: 1 for a word, the
    /// value for one place of a vector. An unknown item and a weight that is no number are passed
    /// over.
    pub fn add(&mut self, item: u32, column: &str, word: &str, weight: f32) {
        if !weight.is_finite() {
            return;
        }
        if let Some(words) = (item as usize)
            .checked_sub(1)
            .and_then(|at| self.items.get_mut(at))
        {
            let bucket =
                xxh3_64_with_seed(word.as_bytes(), xxh3_64_with_seed(column.as_bytes(), 0))
                    % BUCKETS as u64;
            *words.entry(bucket as u32).or_default() += weight;
        }
    }

    /// Whether nothing is told of any item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.iter().all(BTreeMap::is_empty)
    }

    /// Vectors of length 1, rare words counting more; item `i` at `i`.
    fn weighted(&self) -> Vec<Vec<(u32, f32)>> {
        let mut known = vec![0_u32; BUCKETS];
        for bucket in self.items.iter().flat_map(BTreeMap::keys) {
            if let Some(count) = known.get_mut(*bucket as usize) {
                *count += 1;
            }
        }
        let n_items = self.items.len() as f32;
        let rarity: Vec<f32> = known
            .iter()
            .map(|&n| (1.0 + n_items / n.max(1) as f32).ln())
            .collect();
        std::iter::once(Vec::new())
            .chain(self.items.iter().map(|words| unit_vector(words, &rarity)))
            .collect()
    }
}

/// Weights of an item's words times their rarity, as a vector of length 1.
fn unit_vector(words: &BTreeMap<u32, f32>, rarity: &[f32]) -> Vec<(u32, f32)> {
    let raw: Vec<(u32, f32)> = words
        .iter()
        .map(|(&bucket, &weight)| {
            let rarity = rarity.get(bucket as usize).copied().unwrap_or(0.0);
            (bucket, weight * rarity)
        })
        .collect();
    let length = raw
        .iter()
        .map(|(_, weight)| weight * weight)
        .sum::<f32>()
        .sqrt();
    raw.into_iter()
        .map(|(bucket, weight)| (bucket, weight / length.max(f32::MIN_POSITIVE)))
        .collect()
}

/// The vector of every item.
pub(super) struct ContentBased {
    tie_break: Vec<f32>,
    vectors: Vec<Vec<(u32, f32)>>,
    decay: f32,
}

impl ContentBased {
    pub(super) fn fit(log: &TrainingLog<'_>) -> Result<Self, LeftOut> {
        let Some(contents) = log.contents.filter(|contents| !contents.is_empty()) else {
            let sentence = "Content-based is left out: the log has neither titles nor columns of \
                            items; join a table in `data.source.titles` or `data.source.items`.";
            return Err(LeftOut(sentence.to_owned()));
        };
        let [default, ..] = KNN_DECAYS;
        let tie_break = PopularityScores::fit(log.n_items, &log.sequences).tie_break();
        let mut content = Self {
            tie_break,
            vectors: contents.weighted(),
            decay: default,
        };
        // Nothing but the tie-break comes of the events, so the trial needs no fit of its own.
        let tuning = Tuning::for_log(log);
        let chosen = tuning.best(&KNN_DECAYS, |decay, history, scores| {
            content.score(decay, history, scores);
        });
        content.decay = chosen.map_or(default, |(decay, _)| decay);
        Ok(content)
    }

    fn score(&self, decay: f32, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let mut profile = vec![0.0_f32; BUCKETS];
        let mut total = 0.0_f32;
        for (item, weight) in faded(history, decay) {
            let Some(vector) = self.vectors.get(item as usize) else {
                continue;
            };
            total += weight;
            for &(bucket, value) in vector {
                if let Some(sum) = profile.get_mut(bucket as usize) {
                    *sum += weight * value;
                }
            }
        }
        if total == 0.0 {
            return;
        }
        for (score, vector) in scores.iter_mut().zip(&self.vectors) {
            let product = vector
                .iter()
                .map(|&(bucket, value)| profile.get(bucket as usize).map_or(0.0, |p| p * value));
            *score += product.sum::<f32>() / total;
        }
    }
}

impl Baseline for ContentBased {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        self.score(self.decay, history, scores);
    }
}
