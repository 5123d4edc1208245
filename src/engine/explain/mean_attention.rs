//! Looks of the heads on the whole: in the answers after the last event of many users.

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
    /// The heads, layer by layer.
    pub heads: Vec<HeadMean>,
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
    /// Share of the weight on events of each behaviour. `[n_behaviours]`
    pub by_behaviour: Vec<f64>,
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
    /// Layers, heads and their sums; the evenness is a sum too.
    heads: Vec<HeadMean>,
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
        let n_behaviours = self.even.len();
        for at in 0..maps.n_layers * maps.n_heads {
            let (layer, head) = (at / maps.n_heads, at % maps.n_heads);
            if self.heads.len() == at {
                self.heads.push(HeadMean {
                    layer,
                    head,
                    evenness: 0.0,
                    by_place: vec![0.0; PLACES.len() + 1],
                    by_behaviour: vec![0.0; n_behaviours],
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
        for head in &mut self.heads {
            head.evenness /= n_spread;
            head.by_place.truncate(n_places);
            let sums = head.by_place.iter_mut().chain(&mut head.by_behaviour);
            sums.for_each(|sum| *sum /= n_users);
        }
        self.even.iter_mut().for_each(|sum| *sum /= n_users);
        Some(MeanAttention {
            n_users: self.n_users,
            places: (0..n_places).map(place_name).collect(),
            behaviours,
            even_by_behaviour: self.even,
            heads: self.heads,
        })
    }
}

impl HeadMean {
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
        for (&behaviour, weight) in behaviours.iter().zip(look) {
            if let Some(sum) = self.by_behaviour.get_mut(usize::from(behaviour)) {
                *sum += weight;
            }
        }
    }
}

/// Look of the last place of a map at the first `n` events; what other places get is shared out.
fn last_look(map: &[f32], len: usize, n: usize) -> Vec<f64> {
    let row = map.get(map.len().saturating_sub(len)..).unwrap_or(&[]);
    let look: Vec<f64> = row.iter().take(n).copied().map(f64::from).collect();
    let sum: f64 = look.iter().sum();
    look.into_iter()
        .map(|weight| if sum > 0.0 { weight / sum } else { 0.0 })
        .collect()
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
        near(&head.by_behaviour, &[0.6, 0.4]);
        near(&found.even_by_behaviour, &[2.0 / 3.0, 1.0 / 3.0]);
        // (.2 ln 5 + .3 ln (10/3) + .5 ln 2) / ln 3, of the one user with several events.
        near(&[head.evenness], &[1.029_653 / 1.098_612]);
        assert!(LookSums::default().means(Vec::new()).is_none());
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
