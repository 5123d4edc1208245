//! Looks of the heads on the whole: in the answers after the last event of many users, by how far
//! back an event lies and by what was done.

use super::attribution::last_look;
use seqscope_data::Prepared;
use seqscope_model::{AttentionMaps, ModelError, Trainable};

/// Places back from the answer that stand together, each up to and with this one; the last event is
/// place 1, and what lies further back than all of them stands together too.
const PLACES: [usize; 8] = [1, 2, 3, 4, 5, 10, 20, 50];

/// Looks of every head in the answers after the last event of some users.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanAttention {
    /// Number of users with an event.
    pub n_users: usize,
    /// Names of the places back, such as `6–10`; those that no history reaches are left out.
    pub places: Vec<String>,
    /// Names of the behaviours; empty for a log without.
    pub behaviours: Vec<String>,
    /// Share of the events that are of each behaviour, mean over the users: what a head would give
    /// that looks at all alike. `[n_behaviours]`
    pub even_by_behaviour: Vec<f64>,
    /// Users by distance: entry `d` is of the event that lies `d` before the last one. Each entry has
    /// a user.
    pub distances: Vec<DistanceUsers>,
    /// The heads, layer by layer.
    pub heads: Vec<HeadMean>,
}

/// Users whose history has an event at a distance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DistanceUsers {
    /// Their number.
    pub n_users: usize,
    /// Share that a head would give that looks at all events alike: mean of 1 over the number of
    /// events that are read.
    pub even: f64,
}

/// Mean of a share over users, and how far they lie apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UserSpread {
    /// Number of users.
    pub n_users: usize,
    /// Mean; NaN without users.
    pub mean: f64,
    /// Standard deviation over the users, `n - 1` in the denominator; NaN of fewer than two.
    pub deviation: f64,
}

/// Running mean and sum of squares (Welford 1962), which loses no digits where the shares are small.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    n: usize,
    mean: f64,
    squares: f64,
}

impl Running {
    fn add(&mut self, value: f64) {
        self.n += 1;
        let before = value - self.mean;
        self.mean += before / self.n as f64;
        self.squares += before * (value - self.mean);
    }

    fn spread(self) -> UserSpread {
        let is_known = |known: bool, value: f64| if known { value } else { f64::NAN };
        let variance = self.squares / self.n.saturating_sub(1).max(1) as f64;
        UserSpread {
            n_users: self.n,
            mean: is_known(self.n > 0, self.mean),
            deviation: is_known(self.n > 1, variance.max(0.0).sqrt()),
        }
    }
}

/// Looks of one head, mean over the users.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadMean {
    /// Layer, from 0.
    pub layer: usize,
    /// Head, from 0.
    pub head: usize,
    /// Entropy of the weights over that of even ones, over the users with two events: 0 where one
    /// event gets all, 1 where all get the same. NaN where no user has two.
    pub evenness: f64,
    /// Share of the weight at each place back. `[n_places]`
    pub by_place: Vec<f64>,
    /// Share of the weight on events of each behaviour, over all users. `[n_behaviours]`
    pub by_behaviour: Vec<UserSpread>,
    /// Share of the weight on the event at each distance, over the users whose history has one
    /// there. `[n_distances]`
    pub by_distance: Vec<UserSpread>,
}

/// Looks of the heads in the answers after the last event of these users; `None` for a model without
/// attention, and where no user has an event. `goes_on` is told how many users are done, and may
/// end it: then there is none either.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn mean_attention(
    model: &dyn Trainable,
    prepared: &Prepared,
    users: &[usize],
    goes_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<MeanAttention>, ModelError> {
    let behaviours: Vec<String> = prepared
        .dataset
        .behaviours
        .ids()
        .map(str::to_owned)
        .collect();
    let mut sums = LookSums {
        even: vec![0.0; behaviours.len()],
        ..LookSums::default()
    };
    for (done, &user) in users.iter().enumerate() {
        if !goes_on(done) {
            return Ok(None);
        }
        let items = prepared.dataset.sequences.items(user);
        if items.is_empty() {
            continue;
        }
        let history = prepared.histories([(user, items.len())]);
        let maps = match model.stacked_attention(&history)? {
            Some(maps) => maps,
            None => match model.attention(&history)? {
                Some(maps) => maps,
                None => return Ok(None),
            },
        };
        let of_events = prepared.dataset.sequences.behaviours(user).unwrap_or(&[]);
        let read = of_events.get(maps.first..).unwrap_or(&[]);
        sums.add(&maps, items.len().saturating_sub(maps.first), read);
    }
    Ok(sums.means(behaviours))
}

/// Sums over the users so far.
#[derive(Default)]
struct LookSums {
    n_users: usize,
    /// Users with two events that are read.
    n_spread: usize,
    longest: usize,
    even: Vec<f64>,
    distances: Vec<DistanceUsers>,
    heads: Vec<HeadSums>,
}

/// Sums of one head.
#[derive(Default)]
struct HeadSums {
    layer: usize,
    head: usize,
    evenness: f64,
    by_place: Vec<f64>,
    by_behaviour: Vec<Running>,
    by_distance: Vec<Running>,
}

impl LookSums {
    /// Adds the looks of one user's answer at the `n` events that are read, of which these are the
    /// behaviours, where the log has some.
    fn add(&mut self, maps: &AttentionMaps, n: usize, behaviours: &[u16]) {
        self.n_users += 1;
        self.n_spread += usize::from(n > 1);
        self.longest = self.longest.max(n);
        for &behaviour in behaviours {
            if let Some(sum) = self.even.get_mut(usize::from(behaviour)) {
                *sum += 1.0 / n as f64;
            }
        }
        if self.distances.len() < n {
            self.distances.resize(n, DistanceUsers::default());
        }
        for users in self.distances.iter_mut().take(n) {
            users.n_users += 1;
            users.even += 1.0 / n as f64;
        }
        let n_behaviours = self.even.len();
        for at in 0..maps.n_layers * maps.n_heads {
            let (layer, head) = (at / maps.n_heads, at % maps.n_heads);
            if self.heads.len() == at {
                self.heads.push(HeadSums {
                    layer,
                    head,
                    by_place: vec![0.0; PLACES.len() + 1],
                    by_behaviour: vec![Running::default(); n_behaviours],
                    ..HeadSums::default()
                });
            }
            if let Some(sums) = self.heads.get_mut(at) {
                sums.add(&last_look(maps.head(layer, head), maps.len, n), behaviours);
            }
        }
    }

    fn means(mut self, behaviours: Vec<String>) -> Option<MeanAttention> {
        if self.n_users == 0 {
            return None;
        }
        let (n_users, n_spread) = (self.n_users as f64, self.n_spread as f64);
        // Only the places that some history reaches.
        let n_places = PLACES.iter().filter(|most| **most < self.longest).count() + 1;
        self.even.iter_mut().for_each(|sum| *sum /= n_users);
        for users in &mut self.distances {
            users.even /= users.n_users as f64;
        }
        let heads = self.heads.into_iter();
        let heads = heads.map(|sums| sums.means(n_users, n_spread, n_places));
        Some(MeanAttention {
            n_users: self.n_users,
            places: (0..n_places).map(place_name).collect(),
            behaviours,
            even_by_behaviour: self.even,
            distances: self.distances,
            heads: heads.collect(),
        })
    }
}

impl HeadSums {
    /// Adds one look to the sums, the oldest event first.
    fn add(&mut self, look: &[f64], behaviours: &[u16]) {
        if look.len() > 1 {
            let terms = look.iter().filter(|weight| **weight > 0.0);
            let entropy: f64 = terms.map(|weight| -weight * weight.ln()).sum();
            self.evenness += entropy / (look.len() as f64).ln();
        }
        for (before, weight) in look.iter().rev().enumerate() {
            let place = PLACES.iter().filter(|most| before + 1 > **most).count();
            if let Some(sum) = self.by_place.get_mut(place) {
                *sum += weight;
            }
        }
        let mut of_user = vec![0.0; self.by_behaviour.len()];
        for (&behaviour, weight) in behaviours.iter().zip(look) {
            if let Some(sum) = of_user.get_mut(usize::from(behaviour)) {
                *sum += weight;
            }
        }
        for (sums, share) in self.by_behaviour.iter_mut().zip(of_user) {
            sums.add(share);
        }
        if self.by_distance.len() < look.len() {
            self.by_distance.resize(look.len(), Running::default());
        }
        for (sums, weight) in self.by_distance.iter_mut().zip(look.iter().rev()) {
            sums.add(*weight);
        }
    }

    fn means(self, n_users: f64, n_spread: f64, n_places: usize) -> HeadMean {
        let places = self.by_place.into_iter().take(n_places);
        let spreads = |sums: Vec<Running>| sums.into_iter().map(Running::spread).collect();
        HeadMean {
            layer: self.layer,
            head: self.head,
            evenness: self.evenness / n_spread,
            by_place: places.map(|sum| sum / n_users).collect(),
            by_behaviour: spreads(self.by_behaviour),
            by_distance: spreads(self.by_distance),
        }
    }
}

fn place_name(at: usize) -> String {
    let from = at
        .checked_sub(1)
        .and_then(|before| PLACES.get(before))
        .map_or(1, |before| before + 1);
    match PLACES.get(at) {
        Some(&most) if most == from => from.to_string(),
        Some(most) => format!("{from}–{most}"),
        None => format!("{from} and more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(rows: &[f32]) -> AttentionMaps {
        let len = rows.len();
        let mut weights = vec![0.0; len * len - len];
        weights.extend_from_slice(rows);
        AttentionMaps {
            n_layers: 1,
            n_heads: 1,
            len,
            first: 0,
            weights,
        }
    }

    /// Two users: three events with weights .2, .3, .5, of behaviours 0, 1, 1; and one event.
    #[test]
    fn looks_are_shared_by_place_and_behaviour() {
        let mut sums = LookSums {
            even: vec![0.0; 2],
            ..LookSums::default()
        };
        sums.add(&maps(&[0.2, 0.3, 0.5]), 3, &[0, 1, 1]);
        sums.add(&maps(&[1.0]), 1, &[0]);
        let found = sums.means(vec!["view".into(), "buy".into()]).unwrap();
        assert_eq!((found.n_users, found.heads.len()), (2, 1));
        assert_eq!(found.places, ["1", "2", "3"]);
        let near = |found: &[f64], expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            let is_near = found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(is_near, "{found:?} {expected:?}");
        };
        let head = &found.heads[0];
        near(&head.by_place, &[0.75, 0.15, 0.1]);
        let means: Vec<f64> = head.by_behaviour.iter().map(|share| share.mean).collect();
        near(&means, &[0.6, 0.4]);
        near(&found.even_by_behaviour, &[2.0 / 3.0, 1.0 / 3.0]);
        // (.2 ln 5 + .3 ln (10/3) + .5 ln 2) / ln 3, of the one user with several events.
        near(&[head.evenness], &[1.029_653 / 1.098_612]);
        assert!(LookSums::default().means(Vec::new()).is_none());
    }

    /// Some hundred users of up to forty events, added up by hand.
    #[test]
    fn distances_are_means_over_the_users_who_have_an_event_there() {
        let number = |at: usize| ((at * 7919 % 4001) as f32 * 0.713).sin().abs() + 0.01;
        let histories: Vec<(Vec<f32>, Vec<u16>)> = (0..120)
            .map(|user| {
                let n = user * 31 % 40 + 1;
                let row = (0..n).map(|at| number(user * 50 + at)).collect();
                let of = (0..n).map(|at| ((user + at) % 3 == 0).into()).collect();
                (row, of)
            })
            .collect();
        let mut sums = LookSums {
            even: vec![0.0; 2],
            ..LookSums::default()
        };
        for (row, of) in &histories {
            sums.add(&maps(row), row.len(), of);
        }
        let found = sums.means(vec!["view".into(), "buy".into()]).unwrap();
        assert_eq!(
            (found.distances.len(), found.heads[0].by_distance.len()),
            (40, 40)
        );
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9 || (a.is_nan() && b.is_nan());
        let slow = |shares: &[f64]| {
            let n = shares.len() as f64;
            let mean = shares.iter().sum::<f64>() / n;
            let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
            [mean, (squares / (n - 1.0)).sqrt()]
        };
        let share = |row: &[f32], at: usize| {
            let sum: f64 = row.iter().map(|weight| f64::from(*weight)).sum();
            f64::from(row[at]) / sum
        };
        for distance in 0..40 {
            let there: Vec<&Vec<f32>> = histories
                .iter()
                .map(|(row, _)| row)
                .filter(|row| row.len() > distance)
                .collect();
            let shares: Vec<f64> = there
                .iter()
                .map(|row| share(row, row.len() - 1 - distance))
                .collect();
            let [mean, deviation] = slow(&shares);
            let of = found.heads[0].by_distance[distance];
            assert_eq!(
                (of.n_users, found.distances[distance].n_users),
                (there.len(), there.len())
            );
            assert!(
                near(of.mean, mean) && near(of.deviation, deviation),
                "{of:?} {mean}"
            );
            let even: f64 = there.iter().map(|row| 1.0 / row.len() as f64).sum();
            assert!(near(
                found.distances[distance].even,
                even / there.len() as f64
            ));
        }
        let buys: Vec<f64> = histories
            .iter()
            .map(|(row, of)| {
                (0..row.len())
                    .filter(|at| of[*at] == 1)
                    .map(|at| share(row, at))
                    .sum()
            })
            .collect();
        let [mean, deviation] = slow(&buys);
        let of = found.heads[0].by_behaviour[1];
        assert!(of.n_users == 120 && near(of.mean, mean) && near(of.deviation, deviation));
    }

    /// One user has no spread, and a look of 500 events as many distances.
    #[test]
    fn one_long_history_is_told_whole() {
        let mut sums = LookSums::default();
        sums.add(&maps(&[0.002; 500]), 500, &[]);
        let found = sums.means(Vec::new()).unwrap();
        let far = found.heads[0].by_distance[499];
        assert!(far.n_users == 1 && (far.mean - 0.002).abs() < 1e-9 && far.deviation.is_nan());
    }

    #[test]
    fn places_far_back_stand_together() {
        let names: Vec<String> = (0..=PLACES.len()).map(place_name).collect();
        assert_eq!(
            names,
            [
                "1",
                "2",
                "3",
                "4",
                "5",
                "6–10",
                "11–20",
                "21–50",
                "51 and more"
            ]
        );
        let mut sums = LookSums::default();
        sums.add(&maps(&[0.1; 10]), 10, &[]);
        let found = sums.means(Vec::new()).unwrap();
        assert_eq!(found.places.len(), 6);
        assert!((found.heads[0].by_place[5] - 0.5).abs() < 1e-6);
        // A mask at the end is no event: its share goes to the others.
        let mut sums = LookSums::default();
        sums.add(&maps(&[0.1, 0.3, 0.6]), 2, &[]);
        let found = sums.means(Vec::new()).unwrap();
        assert!((found.heads[0].by_place[0] - 0.75).abs() < 1e-6);
    }
}
