//! The latent space of a model: where all users lie in it, and what is told from its points.

use std::sync::Arc;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::super::Scored;
use super::super::ranked::{Candidates, SeenItems};
use super::super::watched::{GoesOn, QuestionError, Watched};
use super::principal::Principal;
use super::training_counts;
use seqscope_base::spec::derive_seed;
use seqscope_data::Prepared;
use seqscope_model::{LatentCodes, LatentReport, LatentVectors, ModelError, ModelKind, Trainable};

/// Most users on a map; of more, as many are drawn.
const MOST_USERS: usize = 50_000;

/// Histories that are put to a model at a time.
const AT_A_TIME: usize = 1024;

/// Items listed for a point of the space.
const LISTED: usize = 10;

/// Steps of a traversal on either side, and how many of them make one σ.
const STEPS: i16 = 12;
const STEPS_OF_SIGMA: f32 = 4.0;

/// Points that are drawn from the prior at a time.
const DRAWN: usize = 4;

/// Users in the latent space, by the means of their latent vectors after their whole histories.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentMap {
    /// The users, in order.
    pub users: Vec<u32>,
    /// Place of each in the plane of the two widest directions.
    pub points: Arc<[[f32; 2]]>,
    /// Share of the variance along each of the two.
    pub shares: [f64; 2],
    /// Length of a latent vector.
    pub width: usize,
    /// Users of the data, of whom those above were drawn.
    pub n_users: usize,
    /// Standard deviation over users of each dimension. `[width]`
    pub spread: Vec<f32>,
    /// Use of each dimension; `None` where the vector is certain.
    pub report: Option<LatentReport>,
    /// Events of each user.
    pub lengths: Vec<u32>,
    /// Behaviour that each has most often, of equals the first; `None` without behaviours.
    pub behaviours: Option<Vec<u16>>,
    /// Mean over each user's events of the logarithm of the item's training events, back from the
    /// logarithm: a geometric mean.
    pub popularity: Vec<f32>,
}

impl LatentMap {
    /// σ of a dimension: of the prior 1, of a vector that is certain its spread over users.
    #[must_use]
    pub fn sigma(&self, dimension: usize) -> f32 {
        match &self.report {
            Some(_) => 1.0,
            None => self.spread.get(dimension).copied().unwrap_or(1.0),
        }
    }
}

/// Users and their latent vectors, after their whole histories.
#[derive(Clone, Debug, PartialEq)]
pub struct UserCodes {
    /// The users, in order: all, or fifty thousand of them, drawn by the seed.
    pub users: Vec<u32>,
    /// Their vectors. `[n_users, width]`
    pub codes: LatentCodes,
}

/// Latent vectors of users, each the mean of its distribution where it has one; `None` for a model
/// without such vectors.
///
/// # Errors
/// [`QuestionError`] when the model fails, or it does not go on.
pub fn user_codes(
    model: &dyn Trainable,
    prepared: &Prepared,
    seed: u64,
    goes_on: GoesOn<'_>,
) -> Result<Option<UserCodes>, QuestionError> {
    let users = drawn_users(prepared.dataset.sequences.n_users(), seed);
    let watched = Watched::new(users.len(), goes_on);
    watched.did(0)?;
    let mut codes = LatentCodes::default();
    for block in users.chunks(AT_A_TIME) {
        let Some(found) = model.codes(&whole_histories(prepared, block))? else {
            return Ok(None);
        };
        codes.width = found.width;
        codes.values.extend(found.values);
        watched.did(block.len())?;
    }
    Ok(Some(UserCodes { users, codes }))
}

/// Map of all users in a model's latent space; `None` for a model that has none.
///
/// # Errors
/// [`QuestionError`] when the model fails, or it does not go on.
pub fn latent_map(
    model: &dyn Trainable,
    prepared: &Prepared,
    seed: u64,
    goes_on: GoesOn<'_>,
) -> Result<Option<LatentMap>, QuestionError> {
    // The first half of the work; the distributions are the other.
    let first = |share: f32| goes_on(share / 2.0);
    let Some(UserCodes { users, codes }) = user_codes(model, prepared, seed, &first)? else {
        return Ok(None);
    };
    let second = |share: f32| goes_on(0.5 + share / 2.0);
    let report = latent_report(model, prepared, &users, &second)?;
    let principal = Principal::of(&codes.values, codes.width, 2);
    let share = |at: usize| principal.shares().get(at).copied().unwrap_or(0.0);
    Ok(Some(LatentMap {
        points: principal.plane(&codes.values).into(),
        shares: [share(0), share(1)],
        width: codes.width,
        n_users: prepared.dataset.sequences.n_users(),
        spread: spread(&codes),
        report,
        lengths: lengths(prepared, &users),
        behaviours: behaviours(prepared, &users),
        popularity: popularity(prepared, &users),
        users,
    }))
}

/// Use of each dimension over users; `None` where their vectors are certain.
fn latent_report(
    model: &dyn Trainable,
    prepared: &Prepared,
    users: &[u32],
    goes_on: GoesOn<'_>,
) -> Result<Option<LatentReport>, QuestionError> {
    let watched = Watched::new(users.len(), goes_on);
    let mut latent = LatentVectors::default();
    for block in users.chunks(AT_A_TIME) {
        let Some(found) = model.latent(&whole_histories(prepared, block))? else {
            return Ok(None);
        };
        latent.width = found.width;
        latent.mean.extend(found.mean);
        latent.log_variance.extend(found.log_variance);
        watched.did(block.len())?;
    }
    Ok(LatentReport::from_vectors(&latent))
}

/// σ of every dimension, as [`LatentMap::sigma`] has it, without the map: under a prior it is 1, and
/// nobody but the one user need be looked at; `None` for a model without a latent space. `[width]`
///
/// # Errors
/// [`QuestionError`] when the model fails, or it does not go on.
pub fn latent_sigmas(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    seed: u64,
    goes_on: GoesOn<'_>,
) -> Result<Option<Vec<f32>>, QuestionError> {
    if let Some(latent) = model.latent(&whole_histories(prepared, &[user_idx as u32]))? {
        return Ok(Some(vec![1.0; latent.width]));
    }
    let found = user_codes(model, prepared, seed, goes_on)?;
    Ok(found.map(|found| spread(&found.codes)))
}

/// Point, or points, of the latent space whose items are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatentProbe {
    /// The user's own point, moved along one dimension by up to 3 σ either way.
    Traverse {
        /// Dimension, from 0.
        dimension: usize,
    },
    /// Points drawn from the prior.
    Prior {
        /// Seed of the drawing.
        seed: u64,
    },
}

/// Items that a point of the space is decoded to.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeList {
    /// Distance from the user's own point, in σ; of a drawn one its length.
    pub at: f32,
    /// The likeliest items.
    pub items: Vec<Scored>,
}

/// Lists of a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeLists {
    /// A list a point; of a traversal in the order of the distance, the user's own in the middle.
    pub lists: Vec<ProbeList>,
    /// Value of the dimension at the user's own point, and σ: of the prior 1, of a vector that is
    /// certain the standard deviation over users.
    pub own: Option<[f32; 2]>,
}

/// Reason why nothing can be drawn from the prior of a family's latent space; `None` where it can.
#[must_use]
pub fn why_no_prior(kind: ModelKind) -> Option<&'static str> {
    match kind {
        ModelKind::Vae | ModelKind::SequentialVae => None,
        ModelKind::Autoencoder => {
            Some("An autoencoder learns no distribution of its vectors, so none can be drawn.")
        }
        ModelKind::Transformer
        | ModelKind::Bert4Rec
        | ModelKind::EncoderDecoder
        | ModelKind::Lstm
        | ModelKind::Gru
        | ModelKind::Rnn => Some("This family has no latent space."),
    }
}

/// Lists that points of a model's latent space are decoded to, after a user's whole history;
/// `None` for a model without such a space, and of a prior for one without it. `sigma` is the
/// distance of a traversal's unit; `filter_seen` leaves out items that the user had.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn latent_probe(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    asked: &AskedProbe,
) -> Result<Option<ProbeLists>, ModelError> {
    let histories = whole_histories(prepared, &[user_idx as u32]);
    let Some(own) = model.codes(&histories)? else {
        return Ok(None);
    };
    match asked.probe {
        LatentProbe::Traverse { dimension } => {
            let Some(value) = own.values.get(dimension).copied() else {
                return Ok(None);
            };
            let seen = SeenItems::after(histories.row(0), asked.filter_seen);
            let offsets: Vec<f32> = (-STEPS..=STEPS)
                .map(|step| f32::from(step) / STEPS_OF_SIGMA)
                .collect();
            let points = offsets.iter().flat_map(|offset| {
                let mut point = own.values.clone();
                point[dimension] = value + offset * asked.sigma;
                point
            });
            let codes = LatentCodes {
                values: points.collect(),
                width: own.width,
            };
            let lists = decoded_lists(model, &codes, &seen, offsets)?;
            Ok(lists.map(|lists| ProbeLists {
                lists,
                own: Some([value, asked.sigma]),
            }))
        }
        LatentProbe::Prior { seed } => {
            if model.latent(&histories)?.is_none() {
                return Ok(None);
            }
            let codes = drawn_codes(own.width, seed);
            let rows = codes.values.chunks_exact(own.width.max(1));
            let length = |row: &[f32]| row.iter().map(|value| value * value).sum::<f32>().sqrt();
            let lengths = rows.map(length).collect();
            let lists = decoded_lists(model, &codes, &SeenItems::new(false), lengths)?;
            Ok(lists.map(|lists| ProbeLists { lists, own: None }))
        }
    }
}

/// Probe and how it is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedProbe {
    /// Points.
    pub probe: LatentProbe,
    /// Distance of a traversal's unit.
    pub sigma: f32,
    /// Whether items that the user had are left out of a traversal's lists.
    pub filter_seen: bool,
}

fn decoded_lists(
    model: &dyn Trainable,
    codes: &LatentCodes,
    seen: &SeenItems,
    at: Vec<f32>,
) -> Result<Option<Vec<ProbeList>>, ModelError> {
    let Some(scores) = model.decoded(codes)? else {
        return Ok(None);
    };
    let n_columns = scores.len() / at.len().max(1);
    let rows = at.into_iter().zip(scores.chunks_exact(n_columns.max(1)));
    let lists = rows.map(|(at, row)| ProbeList {
        at,
        items: Candidates::new(row, seen).top(LISTED),
    });
    Ok(Some(lists.collect()))
}

/// Points drawn from N(0, 1) in every dimension.
fn drawn_codes(width: usize, seed: u64) -> LatentCodes {
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "latent prior", 0));
    let values = (0..DRAWN * width).map(|_| StandardNormal.sample(&mut random));
    LatentCodes {
        values: values.collect(),
        width,
    }
}

/// All users, or as many as there is room for, drawn by a seed; in order.
fn drawn_users(n_users: usize, seed: u64) -> Vec<u32> {
    let mut users: Vec<u32> = (0..n_users as u32).collect();
    if n_users > MOST_USERS {
        let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "latent map", 0));
        users.shuffle(&mut random);
        users.truncate(MOST_USERS);
        users.sort_unstable();
    }
    users
}

fn whole_histories(prepared: &Prepared, users: &[u32]) -> seqscope_data::Histories {
    let sequences = &prepared.dataset.sequences;
    let rows = users.iter().map(|&user| user as usize);
    prepared.histories(rows.map(|user| (user, sequences.items(user).len())))
}

/// Standard deviation over the vectors of each of their numbers.
fn spread(codes: &LatentCodes) -> Vec<f32> {
    let n = (codes.values.len() / codes.width.max(1)).max(1) as f64;
    let of_dimension = |at: usize| {
        let values = || codes.values.iter().skip(at).step_by(codes.width.max(1));
        let mean = values().map(|value| f64::from(*value)).sum::<f64>() / n;
        let squares = values().map(|value| (f64::from(*value) - mean).powi(2));
        (squares.sum::<f64>() / n).sqrt() as f32
    };
    (0..codes.width).map(of_dimension).collect()
}

fn lengths(prepared: &Prepared, users: &[u32]) -> Vec<u32> {
    let sequences = &prepared.dataset.sequences;
    let length = |user: &u32| sequences.items(*user as usize).len() as u32;
    users.iter().map(length).collect()
}

fn behaviours(prepared: &Prepared, users: &[u32]) -> Option<Vec<u16>> {
    let dataset = &prepared.dataset;
    if dataset.behaviours.is_empty() {
        return None;
    }
    let mut counts = vec![0_u32; dataset.behaviours.len()];
    let mut most = Vec::with_capacity(users.len());
    for &user in users {
        counts.fill(0);
        for &behaviour in dataset.sequences.behaviours(user as usize)? {
            if let Some(count) = counts.get_mut(usize::from(behaviour)) {
                *count += 1;
            }
        }
        let largest = counts.iter().max().copied().unwrap_or(0);
        let at = counts.iter().position(|count| *count == largest);
        most.push(at.unwrap_or(0) as u16);
    }
    Some(most)
}

fn popularity(prepared: &Prepared, users: &[u32]) -> Vec<f32> {
    let logs: Vec<f64> = training_counts(prepared)
        .into_iter()
        .map(|count| f64::from(count).ln_1p())
        .collect();
    let mean = |user: &u32| {
        let items = prepared.dataset.sequences.items(*user as usize);
        let known = items.iter().filter_map(|item| logs.get(*item as usize));
        (known.sum::<f64>() / items.len().max(1) as f64).exp_m1() as f32
    };
    users.iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_each_dimension() {
        let codes = LatentCodes {
            values: vec![1.0, 5.0, 3.0, 5.0],
            width: 2,
        };
        assert_eq!(spread(&codes), [1.0, 0.0]);
        assert!(spread(&LatentCodes::default()).is_empty());
    }

    #[test]
    fn points_of_the_prior_are_drawn_by_their_seed_and_are_normal() {
        assert_eq!(drawn_codes(6, 3), drawn_codes(6, 3));
        assert_ne!(drawn_codes(6, 3), drawn_codes(6, 4));
        let many = drawn_codes(20_000, 1).values;
        let n = many.len() as f32;
        let mean = many.iter().sum::<f32>() / n;
        let variance = many.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / n;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }

    #[test]
    fn of_too_many_users_some_are_drawn() {
        assert_eq!(drawn_users(5, 0), [0, 1, 2, 3, 4]);
        let drawn = drawn_users(MOST_USERS + 7, 1);
        assert_eq!(drawn.len(), MOST_USERS);
        assert!(drawn.is_sorted_by(|a, b| a < b));
    }
}
