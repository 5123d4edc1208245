//! A batch in a fixed number of parts, side by side on threads, with sums in a fixed order.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::Buffer;

/// Splits rows of these lengths into at most `n` parts of about the same number of events. Empty
/// rows are in no part, and no part is empty; the parts depend on the lengths alone.
///
/// The longest rows are given out first, each to the part that has the least so far (Graham 1969).
pub(crate) fn shards(lengths: &[usize], n: usize) -> Vec<Vec<usize>> {
    let length = |row: usize| lengths.get(row).copied().unwrap_or(0);
    let mut order: Vec<usize> = (0..lengths.len()).filter(|&row| length(row) > 0).collect();
    order.sort_by_key(|&row| Reverse(length(row)));
    let mut parts: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); n.min(order.len())];
    for row in order {
        if let Some((n_events, rows)) = parts.iter_mut().min_by_key(|(n_events, _)| *n_events) {
            *n_events += length(row);
            rows.push(row);
        }
    }
    parts.into_iter().map(|(_, rows)| rows).collect()
}

/// Cuts rows of these lengths into [`shards`], has `of_shard` say the loss and the gradients of
/// each, and adds both up in the order of the shards.
pub(crate) fn sums_over_shards(
    lengths: &[usize],
    n: usize,
    of_shard: impl Fn(Vec<usize>) -> (f64, Vec<Buffer>) + Sync + Send,
) -> (f64, Vec<Buffer>) {
    let (mut loss, mut arrays) = (0.0, Vec::<Vec<Buffer>>::new());
    for (loss_of_shard, gradients) in on_threads(shards(lengths, n), of_shard) {
        loss += loss_of_shard;
        arrays.resize_with(gradients.len(), Vec::new);
        arrays
            .iter_mut()
            .zip(gradients)
            .for_each(|(of_shards, gradient)| of_shards.push(gradient));
    }
    (loss, arrays.into_iter().map(sum_in_order).collect())
}

/// Cuts rows of these lengths into [`shards`], has `of_shard` work out a vector of this width for
/// each of its rows, and puts them into the order of the rows, `[n_rows, width]`; that of an empty
/// row is 0.
pub(crate) fn rows_over_shards(
    lengths: &[usize],
    n: usize,
    width: usize,
    of_shard: impl Fn(&[usize]) -> Buffer + Sync + Send,
) -> Buffer {
    let mut vectors = Buffer::zeros(lengths.len() * width);
    let with_rows = |rows: Vec<usize>| (of_shard(&rows), rows);
    for (found, rows) in on_threads(shards(lengths, n), with_rows) {
        for (row, vector) in rows.into_iter().zip(found.chunks_exact(width.max(1))) {
            let slot = vectors
                .get_mut(row * width..(row + 1) * width)
                .unwrap_or(&mut []);
            slot.copy_from_slice(vector);
        }
    }
    vectors
}

/// Does each piece of work on some thread; the results stand in the order of the work.
pub(crate) fn on_threads<T: Send, R: Send>(
    work: Vec<T>,
    each: impl Fn(T) -> R + Sync + Send,
) -> Vec<R> {
    work.into_par_iter().map(each).collect()
}

/// Numbers that a thread adds up at a time.
const BLOCK: usize = 16 << 10;

/// Element by element the sum of arrays of equal length, always in their order, into the first of
/// them; empty when there are none.
pub(crate) fn sum_in_order(parts: Vec<Buffer>) -> Buffer {
    let mut parts = parts.into_iter();
    let Some(mut sum) = parts.next() else {
        return Buffer::default();
    };
    let rest: Vec<Buffer> = parts.collect();
    sum.par_chunks_mut(BLOCK)
        .enumerate()
        .for_each(|(at, sums)| {
            for part in &rest {
                let part = part.get(at * BLOCK..).unwrap_or(&[]);
                super::vectorized(
                    #[inline(always)]
                    || {
                        sums.iter_mut()
                            .zip(part)
                            .for_each(|(sum, value)| *sum += value);
                    },
                );
            }
        });
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_row_that_has_events_once_and_are_alike() {
        let lengths: Vec<usize> = (0..100).map(|row| row * 37 % 90).collect();
        let parts = shards(&lengths, 8);
        assert_eq!(parts.len(), 8);
        let mut rows: Vec<usize> = parts.iter().flatten().copied().collect();
        rows.sort_unstable();
        assert_eq!(
            rows,
            (0..100).filter(|&row| lengths[row] > 0).collect::<Vec<_>>()
        );
        let sizes: Vec<usize> = parts
            .iter()
            .map(|rows| rows.iter().map(|&row| lengths[row]).sum())
            .collect();
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        assert!(most - least <= 90, "{sizes:?}");
        assert_eq!(shards(&[3, 0, 2], 8), [[0], [2]]);
        assert!(shards(&[0], 8).is_empty());
    }

    #[test]
    fn sums_go_by_the_order_of_the_parts() {
        let part = |value: f32| {
            let mut part = Buffer::zeros(40_000);
            part.fill(value);
            part
        };
        // (1e8 + 1) − 1e8 is 0 in 32 bits, 1e8 − 1e8 + 1 is 1.
        assert_eq!(
            sum_in_order(vec![part(1e8), part(1.0), part(-1e8)]).into_vec(),
            vec![0.0; 40_000]
        );
        assert_eq!(
            sum_in_order(vec![part(1e8), part(-1e8), part(1.0)]).into_vec(),
            vec![1.0; 40_000]
        );
        assert!(sum_in_order(Vec::new()).is_empty());
        let of_shard = |rows: Vec<usize>| (rows.len() as f64, vec![part(rows.len() as f32)]);
        let (loss, sums) = sums_over_shards(&[1, 0, 3, 2], 2, of_shard);
        assert!(
            (loss - 3.0).abs() < 1e-12
                && sums.len() == 1
                && sums[0].iter().all(|&v| (v - 3.0).abs() < 1e-6)
        );
        let numbers =
            |rows: &[usize]| Buffer::from(rows.iter().map(|&row| row as f32).collect::<Vec<_>>());
        assert_eq!(
            rows_over_shards(&[1, 0, 3, 2], 2, 1, numbers)[..],
            [0.0, 0.0, 2.0, 3.0]
        );
        assert_eq!(on_threads(vec![3, 1, 2], |n| n * 10), [30, 10, 20]);
    }
}
