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
pub(in crate::model) struct Buffer(Vec<f32>);

impl Buffer {
    /// `n` floats to be written before they are read: what they are at first is left open.
    pub(in crate::model) fn open(n: usize) -> Self {
        let mut values = taken(n);
        values.resize(n, 0.0);
        Self(values)
    }

    /// `n` zeros.
    pub(in crate::model) fn zeros(n: usize) -> Self {
        let mut buffer = Self::open(n);
        buffer.fill(0.0);
        buffer
    }

    /// The array, which then does not go back to the pool.
    pub(in crate::model) fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.0)
    }

    /// Gives the memory of all arrays that are not in use back to the system.
    pub(in crate::model) fn clear_pool() {
        POOL.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The smallest array of the pool that has room for `n`, or a new one.
fn taken(n: usize) -> Vec<f32> {
    if n < MIN_KEPT {
        return Vec::with_capacity(n);
    }
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    // An array more than twice as long would be missing elsewhere.
    let fits = |kept: &Vec<f32>| kept.capacity() >= n && kept.capacity() / 2 <= n;
    let best = pool.iter().enumerate().filter(|(_, kept)| fits(kept)).min_by_key(|(_, kept)| kept.capacity());
    match best.map(|(at, _)| at) {
        Some(at) => pool.swap_remove(at),
        None => Vec::with_capacity(n),
    }
}

impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        Self(values)
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() >= MIN_KEPT {
            let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
            if pool.len() < MAX_KEPT {
                pool.push(std::mem::take(&mut self.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    #[test]
    fn an_array_has_its_length_and_zeros_are_zeros() {
        let mut first = Buffer::open(5000);
        first.fill(7.0);
        drop(first);
        assert_eq!(Buffer::open(4000).len(), 4000);
        assert!(Buffer::zeros(4000).iter().all(|&value| value == 0.0));
        assert_eq!(Buffer::zeros(3).into_vec(), [0.0; 3]);
        assert!(Buffer::open(0).is_empty());
    }
}
