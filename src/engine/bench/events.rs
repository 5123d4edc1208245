//! Events from a seed, by a rule of whole numbers alone, so that any language draws the same.

use super::{BenchTask, Case};
use seqscope_base::spec::derive_seed;
use seqscope_data::{Dataset, EvalCase, Histories, Prepared, Returns, Sequences, Split, Vocab};

/// The seed of all events.
#[must_use]
pub fn seed() -> u64 {
    derive_seed(0, "bench", 0)
}

/// Number `at` of a sequence of random ones: `SplitMix64` (Steele et al. 2014), which needs no
/// state.
pub(super) fn number(at: u64) -> u64 {
    let state = seed().wrapping_add(at.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// A random item, from 1. The product of two even draws makes some items much more popular than
/// others.
pub(super) fn item(at: u64, n_items: usize) -> u32 {
    let bits = number(at);
    let product = ((bits >> 32) * (bits & 0xFFFF_FFFF)) >> 32;
    1 + ((product * n_items as u64) >> 32) as u32
}

/// The first events of a user. No history is longer than a million.
fn history(user: usize, n_events: usize, n_items: usize) -> impl Iterator<Item = u32> {
    (0..n_events).map(move |at| item(((user as u64) << 20) + at as u64, n_items))
}

/// Distribution of the lengths of users' histories in `MovieLens`-1M (5-core, 6,040 users): so many
/// 128ths of the users have no more events than this.
const LENGTHS: [(u64, u64); 12] = [
    (0, 18),
    (16, 30),
    (32, 44),
    (48, 64),
    (64, 96),
    (80, 137),
    (96, 208),
    (112, 350),
    (120, 509),
    (124, 683),
    (127, 962),
    (128, 2277),
];

/// Number of training events of a user: drawn from [`LENGTHS`], in straight lines between them.
fn length(user: usize) -> usize {
    // Counted from the other end, where no item is drawn.
    let at = number(u64::MAX - 1 - user as u64) >> 32;
    let pairs = LENGTHS.iter().zip(LENGTHS.iter().skip(1));
    let found = pairs
        .map(|(a, b)| (a.0 << 25, b.0 << 25, a.1, b.1))
        .find(|(_, end, ..)| at < *end);
    found.map_or(0, |(start, end, short, long)| {
        short + (long - short) * (at - start) / (end - start)
    }) as usize
}

/// The histories of a case as they are learnt from, or asked about.
pub(super) fn histories(case: &Case) -> Histories {
    let size = case.size;
    let (n_users, n_events): (usize, &dyn Fn(usize) -> usize) = match case.task {
        BenchTask::Step(_) => (size.batch_size, &|_| size.n_events),
        BenchTask::Epoch(_) => (size.n_users, &length),
        BenchTask::Evaluation(_) => (size.n_users, &|user| length(user) + 1),
        BenchTask::Ranking(_) => (size.n_users, &|_| size.n_events - 1),
        BenchTask::Explanation(_) => (1, &|_| size.n_events - 1),
        BenchTask::Opening { .. } => (0, &|_| 0),
    };
    let mut histories = Histories::new();
    for user in 0..n_users {
        histories.push(&history(user, n_events(user), size.n_items).collect::<Vec<u32>>());
    }
    histories
}

/// The sum of all item indices of a case's histories: who draws the same events has the same sum.
#[must_use]
pub fn checksum(case: &Case) -> u64 {
    histories(case)
        .item_idx
        .iter()
        .map(|&item| u64::from(item))
        .sum()
}

/// A question of each user, so many events after training.
fn questions(train_len: &[u32], later: u32) -> Vec<EvalCase> {
    train_len
        .iter()
        .enumerate()
        .map(|(user, len)| EvalCase {
            user_idx: user as u32,
            history_len: len + later,
            target_pos: len + later,
        })
        .collect()
}

/// The log that a case works on: of each user's events the last is the test question, the one
/// before it validation.
pub(super) fn log(case: &Case) -> Prepared {
    let size = case.size;
    let n_users = if matches!(case.task, BenchTask::Explanation(_)) {
        1
    } else {
        size.n_users
    };
    let train_len: Vec<u32> = (0..n_users)
        .map(|user| match case.task {
            BenchTask::Ranking(_) => (size.n_events - 2) as u32,
            BenchTask::Explanation(_) => (size.n_events - 3) as u32,
            BenchTask::Step(_)
            | BenchTask::Epoch(_)
            | BenchTask::Evaluation(_)
            | BenchTask::Opening { .. } => length(user) as u32,
        })
        .collect();
    let mut sequences = Sequences {
        offsets: vec![0],
        ..Sequences::default()
    };
    for (user, &len) in train_len.iter().enumerate() {
        sequences
            .item_idx
            .extend(history(user, len as usize + 2, size.n_items));
        sequences.offsets.push(sequences.item_idx.len());
    }
    let dataset = Dataset {
        name: "bench".to_owned(),
        users: vocab(0, n_users),
        items: vocab(1, size.n_items),
        sequences,
        ..Dataset::default()
    };
    let split = Split {
        valid: questions(&train_len, 0),
        test: questions(&train_len, 1),
        valid_len: train_len.iter().map(|len| len + 1).collect(),
        train_len,
        fingerprint: String::new(),
    };
    let returns = Returns::of_split(&dataset.sequences, &split, dataset.n_items());
    Prepared {
        dataset,
        split,
        features: Vec::new(),
        returns,
    }
}

fn vocab(first: u32, n: usize) -> Vocab {
    let mut vocab = Vocab::starting_at(first);
    for at in 0..n {
        vocab.intern(&at.to_string());
    }
    vocab
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{BenchScale, cases};

    #[test]
    fn lengths_are_those_of_the_real_log() {
        let lengths: Vec<usize> = (0..6_040).map(length).collect();
        let mean = lengths.iter().sum::<usize>() / lengths.len();
        let below =
            |n: usize| lengths.iter().filter(|&&length| length < n).count() * 100 / lengths.len();
        assert!((155..=180).contains(&mean), "{mean}");
        assert!(
            (48..=52).contains(&below(96)),
            "half of the users have less than 96 events: {} %",
            below(96)
        );
        assert!(lengths.iter().all(|length| (18..2277).contains(length)));
    }

    #[test]
    fn items_are_in_the_catalogue_and_unevenly_popular() {
        let items: Vec<u32> = (0..10_000).map(|at| item(at, 100)).collect();
        assert!(items.iter().all(|item| (1..=100).contains(item)));
        // P(U·V < ¼) = ¼ + ¼ ln 4 = 0.597
        let popular = items.iter().filter(|&&item| item <= 25).count();
        assert!((5_800..6_150).contains(&popular), "{popular}");
    }

    #[test]
    fn a_log_holds_the_histories_that_are_told_of_it() {
        for case in cases(BenchScale::Quick) {
            let told = histories(&case);
            let log = log(&case);
            let known = |user: usize, n: u32| {
                log.dataset
                    .sequences
                    .items(user)
                    .get(..n as usize)
                    .unwrap()
                    .to_vec()
            };
            for user in 0..told.n_rows() {
                let expected = match case.task {
                    BenchTask::Epoch(_) => known(user, log.split.train_len[user]),
                    BenchTask::Evaluation(_) | BenchTask::Ranking(_) => {
                        known(user, log.split.test[user].history_len)
                    }
                    BenchTask::Explanation(_) => log.dataset.sequences.items(user).to_vec(),
                    BenchTask::Step(_) | BenchTask::Opening { .. } => continue,
                };
                // An explanation's user has all events but the one that only a step needs.
                assert_eq!(told.row(user)[..expected.len()], expected, "{}", case.work);
                assert_eq!(told.row(user).len(), expected.len(), "{}", case.work);
            }
        }
    }
}
