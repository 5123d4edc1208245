//! How often training has each item, and in which tenth of the items that is.

use seqscope_data::Prepared;

/// Training events of each item, by number; entry 0 is padding.
pub(crate) fn n_train_events(prepared: &Prepared) -> Vec<u32> {
    let mut n_events = vec![0_u32; prepared.dataset.n_items() + 1];
    let sequences = &prepared.dataset.sequences;
    for user in 0..sequences.n_users() {
        let len = prepared.split.train_len.get(user).map_or(0, |&len| len);
        for &item in sequences.items(user).iter().take(len as usize) {
            if let Some(n) = n_events.get_mut(item as usize) {
                *n += 1;
            }
        }
    }
    n_events
}

/// The tenth in which each item is, by its events: with `m` items that occur, one in the middle of
/// the places `p` is in tenth `⌈10 p / m⌉`. Items that do not occur are in none, 0.
pub(crate) fn popularity_deciles(n_events: &[u32]) -> Vec<u32> {
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
    use super::popularity_deciles;

    #[test]
    fn items_are_put_in_tenths_and_ties_share_their_middle() {
        let n_events: Vec<u32> = [0].into_iter().chain(1..=20).collect();
        let found = popularity_deciles(&n_events);
        assert_eq!(
            (found[0], found[1], found[2], found[3], found[20]),
            (0, 1, 1, 2, 10)
        );
        // Four alike share the places 1 to 4, the middle of which is 2.5 of 4.
        assert_eq!(popularity_deciles(&[0, 7, 7, 7, 7, 0]), [0, 7, 7, 7, 7, 0]);
        assert_eq!(
            popularity_deciles(&[0, 3]),
            [0, 10],
            "one item alone is the most popular"
        );
    }
}
