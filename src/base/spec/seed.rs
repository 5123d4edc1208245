//! Named seeds: every random choice draws from its own, so that none disturbs another.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The seed of one random choice: `derive_seed(run_seed, "shuffle", epoch)`.
///
/// Two names, or two values of `n`, give unrelated seeds. Because a seed depends on nothing but its
/// arguments, going on at epoch 7 needs no generator state from epoch 6. The numbers are part of
/// what makes a run repeatable: do not change the formula, XXH3 (64 bits, seeded with `seed`) of
/// the name's bytes, a zero byte, and `n` in little-endian order.
#[must_use]
pub fn derive_seed(seed: u64, name: &str, n: u64) -> u64 {
    let mut bytes = Vec::with_capacity(name.len() + 9);
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&n.to_le_bytes());
    xxh3_64_with_seed(&bytes, seed)
}

#[cfg(test)]
mod tests {
    use super::derive_seed;

    #[test]
    fn names_numbers_and_seeds_are_told_apart() {
        let seeds = [
            derive_seed(1, "shuffle", 0),
            derive_seed(1, "shuffle", 1),
            derive_seed(1, "init", 0),
            derive_seed(2, "shuffle", 0),
        ];
        let distinct: std::collections::BTreeSet<u64> = seeds.into_iter().collect();
        assert_eq!(distinct.len(), seeds.len());
        assert_eq!(derive_seed(1, "shuffle", 0), seeds[0]);
    }
}
