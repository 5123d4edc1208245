//! Working memory that is used again: the system's own would be cleared at each step.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Arrays that are not in use.
static POOL: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// Most arrays kept, so that a search by size stays short.
const MAX_KEPT: usize = 512;

/// Smaller arrays are not worth keeping.
const MIN_KEPT: usize = 1024;

/// An array of floats from the pool; it goes back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// Room for at least `n` floats: what lies behind them is never cleared.
    values: Vec<f32>,
    n: usize,
}

impl Buffer {
    /// `n` floats to be written before they are read: what they are at first is left open.
    pub(crate) fn open(n: usize) -> Self {
        count::change(n as isize);
        Self {
            values: taken(n),
            n,
        }
    }

    /// `n` zeros.
    pub(crate) fn zeros(n: usize) -> Self {
        let mut buffer = Self::open(n);
        buffer.fill(0.0);
        buffer
    }

    /// A copy of `values`.
    pub(crate) fn copy_of(values: &[f32]) -> Self {
        let mut buffer = Self::open(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// The array, which then does not go back to the pool.
    pub(crate) fn into_vec(mut self) -> Vec<f32> {
        count::change(-(self.n as isize));
        let mut values = std::mem::take(&mut self.values);
        values.truncate(self.n);
        self.n = 0;
        values
    }

    /// Gives the memory of all arrays that are not in use back to the system.
    pub(crate) fn clear_pool() {
        POOL.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// An array of the size of `n` from the pool, or a new one.
fn taken(n: usize) -> Vec<f32> {
    if n < MIN_KEPT {
        return vec![0.0; n];
    }
    let size = size_of(n);
    kept(size).unwrap_or_else(|| vec![0.0; size])
}

/// An array of just this size from the pool.
fn kept(size: usize) -> Option<Vec<f32>> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let at = pool.iter().position(|kept| kept.len() == size)?;
    Some(pool.swap_remove(at))
}

/// The next of four sizes an octave: batches differ a little from step to step, and an array that
/// fits one of them fits the next.
fn size_of(n: usize) -> usize {
    let step = (n.next_power_of_two() / 8).max(1);
    n.div_ceil(step) * step
}

/// An array that [`Buffer::into_vec`] gave away comes back. What was made elsewhere is better
/// copied ([`Buffer::copy_of`]): if it happened to have a size of the pool, the pool would grow by it.
impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        count::change(values.len() as isize);
        Self {
            n: values.len(),
            values,
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        self.values.get(..self.n).unwrap_or(&[])
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        self.values.get_mut(..self.n).unwrap_or(&mut [])
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        count::change(-(self.n as isize));
        let mut values = std::mem::take(&mut self.values);
        let size = values.capacity();
        if size < MIN_KEPT || size != size_of(size) {
            return;
        }
        values.resize(size, 0.0);
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < MAX_KEPT {
            pool.push(values);
        }
    }
}

/// Numbers in use by this thread, for tests to hold what is told of memory against.
mod count {
    #[cfg(not(test))]
    pub(super) fn change(_n: isize) {}

    #[cfg(test)]
    thread_local! {
        /// Now, and at the peak.
        pub(super) static IN_USE: std::cell::Cell<[isize; 2]> = const { std::cell::Cell::new([0; 2]) };
    }

    #[cfg(test)]
    pub(super) fn change(n: isize) {
        let [now, peak] = IN_USE.get();
        IN_USE.set([now + n, peak.max(now + n)]);
    }
}

#[cfg(test)]
impl Buffer {
    /// Most numbers that were in use at a time by arrays of this thread, beside those in use when
    /// it was last forgotten.
    pub(crate) fn peak() -> usize {
        let [_, peak] = count::IN_USE.get();
        peak.max(0) as usize
    }

    /// Counts from 0 again.
    pub(crate) fn forget_peak() {
        count::IN_USE.set([0; 2]);
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    #[test]
    fn an_array_has_its_length_and_zeros_are_zeros() {
        // Sizes of one class that no other test asks for: what is dropped is what comes next.
        let mut first = Buffer::open(9_999_000);
        first.fill(7.0);
        let place = first.as_ptr();
        drop(first);
        let second = Buffer::zeros(9_998_000);
        assert_eq!((second.as_ptr(), second.len()), (place, 9_998_000));
        assert!(second.iter().all(|&value| value == 0.0));
        assert_eq!(Buffer::copy_of(&[1.0, 2.0])[..], [1.0, 2.0]);
        assert_eq!(Buffer::zeros(3).into_vec(), [0.0; 3]);
        assert!(Buffer::open(0).is_empty());
    }

    #[test]
    fn sizes_are_a_little_larger_than_asked() {
        for n in 1024..20_000 {
            let size = super::size_of(n);
            assert!(size >= n && size * 3 <= n * 4, "{n} {size}");
            assert_eq!(super::size_of(size), size);
        }
    }
}
