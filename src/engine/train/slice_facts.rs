//! Facts about each question beside its answer.

use super::part_of_split::train_items;
use crate::run::Facts;
use seqscope_data::{EvalCase, Prepared};

/// Tells of questions what slices go by.
pub(super) struct SliceFacts<'a> {
    prepared: &'a Prepared,
    /// Tenth of each item, by number; 0 for one that training does not know.
    deciles: Vec<u32>,
}

impl<'a> SliceFacts<'a> {
    pub(super) fn new(prepared: &'a Prepared) -> Self {
        Self {
            prepared,
            deciles: deciles(&n_train_events(prepared)),
        }
    }

    /// The facts of a question.
    pub(super) fn facts(&self, case: EvalCase) -> Facts {
        let (user, position) = (case.user_idx as usize, case.target_pos as usize);
        let sequences = &self.prepared.dataset.sequences;
        let item = sequences.items(user).get(position).copied().unwrap_or(0) as usize;
        let behaviour = sequences
            .behaviours(user)
            .and_then(|all| all.get(position))
            .map(|&idx| u32::from(idx));
        let name = behaviour
            .and_then(|idx| self.prepared.dataset.behaviours.id(idx))
            .unwrap_or_default();
        Facts {
            history_len: case.history_len,
            popularity_decile: Some(self.deciles.get(item).copied().unwrap_or(0)),
            behaviour: name.to_owned(),
            is_return: Some(self.prepared.is_return(case)),
        }
    }
}

/// Training events of each item, by number; entry 0 is padding.
pub(super) fn n_train_events(prepared: &Prepared) -> Vec<u32> {
    let mut n_events = vec![0_u32; prepared.dataset.n_items() + 1];
    for user in 0..prepared.dataset.sequences.n_users() {
        for &item in train_items(prepared, user) {
            if let Some(n) = n_events.get_mut(item as usize) {
                *n += 1;
            }
        }
    }
    n_events
}

/// The tenth in which each item is, by its events: with `m` items that occur, one in the middle of
/// the places `p` is in tenth `⌈10 p / m⌉`. Items that do not occur are in none, 0.
fn deciles(n_events: &[u32]) -> Vec<u32> {
    let mut sorted: Vec<u32> = n_events.iter().copied().filter(|&n| n > 0).collect();
    sorted.sort_unstable();
    n_events
        .iter()
        .map(|&n| {
            if n == 0 {
                return 0;
            }
            let below = sorted.partition_point(|&other| other < n);
            let up_to = sorted.partition_point(|&other| other <= n);
            // The middle of the places below + 1 to up_to.
            let place = (below + 1 + up_to) as f64 / 2.0;
            ((10.0 * place / sorted.len() as f64).ceil() as u32).clamp(1, 10)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::deciles;

    #[test]
    fn items_are_put_in_tenths_and_ties_share_their_middle() {
        let n_events: Vec<u32> = [0].into_iter().chain(1..=20).collect();
        let found = deciles(&n_events);
        assert_eq!(
            (found[0], found[1], found[2], found[3], found[20]),
            (0, 1, 1, 2, 10)
        );
        // Four alike share the places 1 to 4, the middle of which is 2.5 of 4.
        assert_eq!(deciles(&[0, 7, 7, 7, 7, 0]), [0, 7, 7, 7, 7, 0]);
        assert_eq!(
            deciles(&[0, 3]),
            [0, 10],
            "one item alone is the most popular"
        );
    }
}
