//! Groups of points that lie together.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::super::watched::QuestionError;
use seqscope_base::spec::derive_seed;

/// Most rounds after which the groups are taken as they are.
const ROUNDS: usize = 50;

/// The group of each point, from 0: k-means (Lloyd 1982) from centres drawn far apart by a seed
/// (k-means++, Arthur & Vassilvitskii 2007). The largest group is the first; there are fewer where
/// points coincide. `goes_on` is asked before each round.
///
/// # Shapes
/// `points` `[n, width]`
///
/// # Errors
/// [`QuestionError::Stopped`] where it does not go on.
pub(super) fn k_means(
    points: &[f32],
    width: usize,
    k: usize,
    seed: u64,
    goes_on: &dyn Fn() -> bool,
) -> Result<Vec<u8>, QuestionError> {
    let rows: Vec<&[f32]> = points.chunks_exact(width.max(1)).collect();
    let mut centres = far_apart(&rows, k, seed);
    if centres.is_empty() {
        return Ok(vec![0; rows.len()]);
    }
    let mut groups: Vec<usize> = Vec::new();
    for _ in 0..ROUNDS {
        if !goes_on() {
            return Err(QuestionError::Stopped);
        }
        let now: Vec<usize> = rows
            .par_iter()
            .map(|row| nearest(row, &centres).0)
            .collect();
        if now == groups {
            break;
        }
        groups = now;
        move_centres(&rows, &groups, &mut centres);
    }
    Ok(by_size(&groups, centres.len()))
}

/// First centres: one at random, each other with a chance that grows with the square of its distance
/// from those before it.
fn far_apart(rows: &[&[f32]], k: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "k-means", 0));
    let mut centres: Vec<Vec<f64>> = Vec::new();
    let mut distances = vec![f64::INFINITY; rows.len()];
    while centres.len() < k.min(rows.len()) {
        let at = if centres.is_empty() {
            random.random_range(0..rows.len())
        } else {
            let whole: f64 = distances.iter().sum();
            // All that is left lies on a centre, or is no number.
            if !whole.is_finite() || whole <= 0.0 {
                break;
            }
            let mut left = random.random::<f64>() * whole;
            let passed = distances.iter().take_while(|distance| {
                left -= **distance;
                left > 0.0
            });
            passed.count().min(rows.len() - 1)
        };
        let centre: Vec<f64> = rows[at].iter().map(|value| f64::from(*value)).collect();
        for (distance, row) in distances.iter_mut().zip(rows) {
            *distance = distance.min(squared_distance(row, &centre));
        }
        centres.push(centre);
    }
    centres
}

fn squared_distance(row: &[f32], centre: &[f64]) -> f64 {
    row.iter()
        .zip(centre)
        .map(|(value, centre)| (f64::from(*value) - centre).powi(2))
        .sum()
}

/// The centre that is nearest, of equals the first, and how far it is.
fn nearest(row: &[f32], centres: &[Vec<f64>]) -> (usize, f64) {
    let distances = centres.iter().map(|centre| squared_distance(row, centre));
    distances
        .enumerate()
        .fold((0, f64::INFINITY), |best, (at, distance)| {
            if distance < best.1 {
                (at, distance)
            } else {
                best
            }
        })
}

/// Each centre becomes the mean of its points; one without points stays.
fn move_centres(rows: &[&[f32]], groups: &[usize], centres: &mut [Vec<f64>]) {
    let width = centres.first().map_or(0, Vec::len);
    let mut sums = vec![(vec![0.0; width], 0_usize); centres.len()];
    for (row, &group) in rows.iter().zip(groups) {
        let (sum, n) = &mut sums[group];
        *n += 1;
        for (sum, value) in sum.iter_mut().zip(*row) {
            *sum += f64::from(*value);
        }
    }
    for (centre, (sum, n)) in centres.iter_mut().zip(sums) {
        if n > 0 {
            *centre = sum.into_iter().map(|sum| sum / n as f64).collect();
        }
    }
}

/// Groups numbered by falling size; of equals the one with the smaller number before.
fn by_size(groups: &[usize], n_groups: usize) -> Vec<u8> {
    let mut sizes = vec![0_usize; n_groups];
    for &group in groups {
        sizes[group] += 1;
    }
    let mut order: Vec<usize> = (0..n_groups).collect();
    order.sort_by_key(|&group| std::cmp::Reverse(sizes[group]));
    let mut places = vec![0_u8; n_groups];
    for (place, group) in order.into_iter().enumerate() {
        places[group] = u8::try_from(place).unwrap_or(u8::MAX);
    }
    groups.iter().map(|&group| places[group]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(points: &[f32], seed: u64) -> Vec<u8> {
        k_means(points, 2, 3, seed, &|| true).unwrap()
    }

    /// Three heaps far from each other, of 30, 20 and 10 points, are found as they are.
    #[test]
    fn heaps_are_found_and_the_largest_is_the_first() {
        let heap = |n: usize, at: f32| {
            (0..n).flat_map(move |i| [at + (i % 5) as f32 * 0.01, -at + (i % 3) as f32 * 0.01])
        };
        let points: Vec<f32> = heap(10, 5.0)
            .chain(heap(30, -3.0))
            .chain(heap(20, 40.0))
            .collect();
        for seed in 0..20 {
            let groups = grouped(&points, seed);
            let wanted = [vec![2_u8; 10], vec![0; 30], vec![1; 20]].concat();
            assert_eq!(groups, wanted, "{seed}");
        }
        assert_eq!(grouped(&points, 4), grouped(&points, 4));
        let stopped = k_means(&points, 2, 3, 4, &|| false);
        assert!(matches!(stopped, Err(QuestionError::Stopped)));
    }

    #[test]
    fn no_points_and_coinciding_ones_are_one_group() {
        assert!(grouped(&[], 0).is_empty());
        assert_eq!(grouped(&[1.0; 8], 0), [0; 4]);
        assert_eq!(grouped(&[f32::NAN; 8], 0), [0; 4]);
    }
}
