//! Choice of the epochs whose weights are kept.
//!
//! Every epoch is kept as long as there are at most [`MAX_FILES`] of them and they take at most
//! [`MAX_BYTES`]. Above that the first, the best, the last and every k-th epoch stay, with the
//! smallest power of two `k` that fits. Multiples of 2k are multiples of k, so what a later, larger
//! `k` asks for has never been thrown away.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::RunError;
use super::disk::file_error;

/// Most epochs kept.
const MAX_FILES: usize = 200;

/// Most bytes kept: 1 GB.
const MAX_BYTES: u64 = 1_000_000_000;

/// Name of the weights of an epoch.
pub(super) fn file_name(epoch: usize) -> String {
    format!("{epoch:04}.safetensors")
}

/// Epochs with weights in a run's `epochs` folder, in order.
pub(super) fn epochs_in(dir: &Path) -> Result<Vec<usize>, RunError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(file_error(dir, &e)),
    };
    let epoch = |name: &str| name.strip_suffix(".safetensors")?.parse().ok();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let found: BTreeSet<usize> = names.filter_map(|name| epoch(&name)).collect();
    Ok(found.into_iter().collect())
}

/// Epochs of `1..=last` whose weights stay, when each takes `file_bytes`.
pub(super) fn kept(last: usize, best: Option<usize>, file_bytes: u64) -> BTreeSet<usize> {
    let by_size = usize::try_from(MAX_BYTES / file_bytes.max(1)).unwrap_or(usize::MAX);
    let most = by_size.min(MAX_FILES);
    if last <= most {
        return (1..=last).collect();
    }
    // The first, the best and the last stay beside the regular ones.
    let most_regular = most.saturating_sub(3);
    let mut every = 1;
    while last / every > most_regular {
        every *= 2;
    }
    (1..=last / every)
        .map(|n| n * every)
        .chain(best)
        .chain([1, last])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn all_are_kept_while_they_are_few() {
        assert_eq!(
            kept(5, Some(2), 1000).into_iter().collect::<Vec<_>>(),
            [1, 2, 3, 4, 5]
        );
        // As many as are promised: 200 files, or 1 GB (10 files of 100 MB).
        assert_eq!(kept(200, Some(7), 1000).len(), 200);
        assert_eq!(
            kept(201, Some(7), 1000)
                .into_iter()
                .take(4)
                .collect::<Vec<_>>(),
            [1, 2, 4, 6]
        );
        assert_eq!(kept(10, Some(7), 100_000_000).len(), 10);
        assert_eq!(
            kept(11, Some(7), 100_000_000)
                .into_iter()
                .collect::<Vec<_>>(),
            [1, 2, 4, 6, 7, 8, 10, 11]
        );
    }

    #[test]
    fn first_best_and_last_always_stay() {
        // 400 MB each: 1 GB holds two, which leaves no room for regular ones.
        assert_eq!(
            kept(9, Some(3), 400_000_000)
                .into_iter()
                .collect::<Vec<_>>(),
            [1, 3, 9]
        );
        assert_eq!(
            kept(1, Some(1), u64::MAX).into_iter().collect::<Vec<_>>(),
            [1]
        );
        assert!(kept(1000, Some(333), 1000).len() <= 200);
    }

    #[test]
    fn what_is_asked_for_later_was_never_thrown_away() {
        for last in 2..700 {
            let (before, now) = (kept(last - 1, Some(1), 1000), kept(last, Some(1), 1000));
            assert!(
                now.iter().all(|e| *e == last || before.contains(e)),
                "{last}"
            );
        }
    }
}
