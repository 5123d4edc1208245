//! Work that takes a while: done on the processors' threads, watched from the one that waits, and
//! stopped between two parts of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rayon::prelude::*;

/// Time between two looks of the waiting thread.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Whether work is to be given up. What is given up returns soon, and its result means nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stop<'a>(Option<&'a AtomicBool>);

impl<'a> Stop<'a> {
    /// Asked for by setting a flag.
    pub fn when(flag: &'a AtomicBool) -> Self {
        Self(Some(flag))
    }

    /// Whether it was asked for.
    pub(super) fn is_asked(self) -> bool {
        self.0.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Does `work` on the threads of the pool, and meanwhile calls `look` on this one, some times a
/// second.
///
/// # Panics
/// When `work` does, with its words.
pub fn watched<T: Send>(work: impl FnOnce() -> T + Send, look: &mut dyn FnMut()) -> Option<T> {
    let (sender, done) = channel();
    rayon::in_place_scope(|scope| {
        scope.spawn(move |_| {
            // Who waits is there until this is done.
            let _ = sender.send(work());
        });
        loop {
            look();
            // A thread of the pool itself must not wait for work that perhaps only it can do.
            if rayon::yield_now() == Some(rayon::Yield::Executed) {
                continue;
            }
            match done.recv_timeout(LOOK_AGAIN) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    })
}

/// Calls `work` with each of some things in parallel, and returns its results in their order.
pub fn beside<K: Sync, T: Send>(all: &[K], work: impl Fn(&K) -> T + Send + Sync) -> Vec<T> {
    // One at a time: each may take seconds.
    all.par_iter().with_max_len(1).map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_watched_from_outside_and_inside_of_a_pool_of_one() {
        // The work waits to be looked at three times.
        let (is_seen, mut n_looks) = (AtomicBool::new(false), 0);
        let patient = || {
            while !is_seen.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            7
        };
        let mut look = || {
            n_looks += 1;
            is_seen.store(n_looks >= 3, Ordering::Relaxed);
        };
        assert_eq!(watched(patient, &mut look), Some(7));
        let alone = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        assert_eq!(
            alone.install(|| watched(|| 8, &mut || ())),
            Some(8),
            "one thread does both"
        );
    }

    #[test]
    fn a_panic_of_the_work_is_one_of_the_waiting_thread() {
        let caught =
            std::panic::catch_unwind(|| watched(|| std::panic::panic_any("planted"), &mut || ()));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"planted"));
    }
}
