//! Moments of other users at which a model was in a like state.

use rand::SeedableRng as _;
use rand::seq::{SliceRandom as _, index};
use rand_chacha::ChaCha8Rng;

use super::super::watched::{GoesOn, QuestionError, Watched};
use seqscope_base::spec::derive_seed;
use seqscope_data::Prepared;
use seqscope_model::Trainable;

/// Moment of another user, and how like the state was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LikeMoment {
    /// The user.
    pub user_idx: usize,
    /// Position of the event after which the state was so.
    pub position: usize,
    /// Cosine of the two states.
    pub cosine: f32,
}

/// States of the last recurrent layer at moments of some users.
#[derive(Clone, Debug, PartialEq)]
pub struct StateSample {
    width: usize,
    /// Unit vectors, `[n_moments, width]`.
    states: Vec<f32>,
    /// User and position of each.
    moments: Vec<(usize, usize)>,
}

/// Users that are drawn: enough that a like state is found, few enough to be asked in a second.
const USERS: usize = 256;

/// Users whose histories are put to a model at a time.
const AT_A_TIME: usize = 32;

/// Most numbers that are kept: 4 million, 16 MB.
const MOST_NUMBERS: usize = 4_000_000;

impl StateSample {
    /// Moments of users who are drawn by the seed: of each as many as there is room for, evenly for
    /// all. `None` for a model without recurrent layers.
    ///
    /// # Errors
    /// [`QuestionError`] when the model fails, or it does not go on.
    pub fn draw(
        model: &dyn Trainable,
        prepared: &Prepared,
        seed: u64,
        goes_on: GoesOn<'_>,
    ) -> Result<Option<Self>, QuestionError> {
        let sequences = &prepared.dataset.sequences;
        let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "like states", 0));
        let mut users: Vec<usize> = (0..sequences.n_users())
            .filter(|&user| !sequences.items(user).is_empty())
            .collect();
        users.shuffle(&mut random);
        users.truncate(USERS);
        let watched = Watched::new(users.len(), goes_on);
        let mut sample: Option<Self> = None;
        for block in users.chunks(AT_A_TIME) {
            let whole = block
                .iter()
                .map(|&user| (user, sequences.items(user).len()));
            let Some(found) = model.hidden_states(&prepared.histories(whole))? else {
                return Ok(None);
            };
            let sample = sample.get_or_insert_with(|| Self::empty(found.width));
            let of_user = MOST_NUMBERS / (found.width * users.len()).max(1);
            let mut places = vec![Vec::new(); block.len()];
            for (at, event) in found.events.iter().enumerate() {
                if let Some(places) = places.get_mut(event.row) {
                    places.push((event.position, at));
                }
            }
            for (user, mut places) in block.iter().zip(places) {
                places.sort_unstable();
                let n = places.len().min(of_user.max(1));
                for pick in index::sample(&mut random, places.len(), n) {
                    let (position, at) = places[pick];
                    let state = found.values.get(at * found.width..(at + 1) * found.width);
                    sample.push(*user, position, state.unwrap_or(&[]));
                }
            }
            watched.did(block.len())?;
        }
        match sample {
            Some(sample) => Ok(Some(sample)),
            // No user has an event: whether there are recurrent layers is asked of no history.
            None => Ok(model
                .hidden_states(&prepared.histories([]))?
                .map(|states| Self::empty(states.width))),
        }
    }

    fn empty(width: usize) -> Self {
        Self {
            width,
            states: Vec::new(),
            moments: Vec::new(),
        }
    }

    /// Number of moments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.moments.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    /// A state without direction is like none, and is left out.
    fn push(&mut self, user_idx: usize, position: usize, state: &[f32]) {
        if let Some(unit) = unit(state) {
            self.states.extend(unit);
            self.moments.push((user_idx, position));
        }
    }

    /// The `n` moments of others whose states are most like this one, of each user the most like,
    /// in the order of their cosine; of equals the one of the earlier user and event.
    #[must_use]
    pub fn nearest(&self, state: &[f32], not_of: usize, n: usize) -> Vec<LikeMoment> {
        let Some(state) = unit(state) else {
            return Vec::new();
        };
        let mut all: Vec<LikeMoment> = self
            .moments
            .iter()
            .zip(self.states.chunks_exact(self.width.max(1)))
            .filter(|((user, _), _)| *user != not_of)
            .map(|(&(user_idx, position), other)| LikeMoment {
                user_idx,
                position,
                cosine: state.iter().zip(other).map(|(a, b)| a * b).sum(),
            })
            .collect();
        all.sort_by(|a, b| {
            let place = |moment: &LikeMoment| (moment.user_idx, moment.position);
            b.cosine.total_cmp(&a.cosine).then(place(a).cmp(&place(b)))
        });
        let mut nearest: Vec<LikeMoment> = Vec::with_capacity(n);
        for moment in all {
            if nearest.len() == n {
                break;
            }
            if nearest
                .iter()
                .all(|other| other.user_idx != moment.user_idx)
            {
                nearest.push(moment);
            }
        }
        nearest
    }
}

/// A vector of length 1 in the same direction; `None` for one without.
fn unit(state: &[f32]) -> Option<Vec<f32>> {
    let norm = state.iter().map(|value| value * value).sum::<f32>().sqrt();
    (norm > 0.0 && norm.is_finite()).then(|| state.iter().map(|value| value / norm).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_like_moment_of_each_other_user_comes_by_its_cosine() {
        let mut sample = StateSample::empty(2);
        for ((user, position), state) in [
            ((0, 4), [1.0, 0.0]),
            ((1, 0), [2.0, 2.0]),
            ((1, 1), [0.0, 3.0]),
            ((2, 7), [0.0, 0.0]),
            ((3, 2), [-5.0, 0.0]),
            ((4, 0), [0.1, 0.1]),
        ] {
            sample.push(user, position, &state);
        }
        assert_eq!(sample.len(), 5, "zeros have no direction");
        let near = sample.nearest(&[3.0, 0.0], 0, 9);
        let found: Vec<_> = near
            .iter()
            .map(|near| (near.user_idx, near.position))
            .collect();
        assert_eq!(found, [(1, 0), (4, 0), (3, 2)]);
        assert!((near[0].cosine - 0.5_f32.sqrt()).abs() < 1e-6 && near[2].cosine < -0.99);
        assert_eq!(sample.nearest(&[3.0, 0.0], 9, 1)[0].user_idx, 0);
        assert!(sample.nearest(&[0.0, 0.0], 0, 9).is_empty());
    }
}
