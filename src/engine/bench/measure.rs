//! The clock: warm-up, repetition, median, spread, and the memory that it took.

use std::time::{Duration, Instant};

/// Number of times that the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Fewest times, not counting the warm-up.
    pub least: usize,
    /// Most times.
    pub most: usize,
    /// Between the two: until so much time has gone.
    pub enough: Duration,
}

impl Runs {
    /// Ten times, and three where that takes longer than twenty seconds.
    pub const USUAL: Self = Self {
        least: 3,
        most: 10,
        enough: Duration::from_secs(20),
    };

    /// Exactly so often.
    #[must_use]
    pub const fn exactly(n: usize) -> Self {
        Self {
            least: n,
            most: n,
            enough: Duration::ZERO,
        }
    }
}

/// Warm-up goes on until so much time has gone: caches fill, threads start, a GPU's kernels are
/// compiled.
const WARM: Duration = Duration::from_secs(2);

/// But no longer than so often.
const MOST_WARM_UPS: usize = 3;

/// Durations of some runs of the same work.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTimes {
    /// The middle of all counted runs, in milliseconds.
    pub median_ms: f64,
    /// The shortest.
    pub min_ms: f64,
    /// The longest less the shortest, as a share of the median.
    pub spread: f64,
    /// Number of runs that were counted.
    pub runs: usize,
    /// Largest resident memory of the process meanwhile, in MB (2²⁰ bytes), where the system tells
    /// it.
    pub peak_mb: Option<f64>,
}

impl RunTimes {
    /// Summarises some durations; `None` where there are none.
    pub(super) fn from_durations(mut durations: Vec<Duration>) -> Option<Self> {
        durations.sort_unstable();
        let ms = |at: usize| {
            durations
                .get(at)
                .map(|duration| duration.as_secs_f64() * 1e3)
        };
        let runs = durations.len();
        let (min_ms, max_ms) = (ms(0)?, ms(runs - 1)?);
        // The mean of the two in the middle, which for an odd number are the same one.
        let median_ms = f64::midpoint(ms((runs - 1) / 2)?, ms(runs / 2)?);
        let spread = if median_ms > 0.0 {
            (max_ms - min_ms) / median_ms
        } else {
            0.0
        };
        Some(Self {
            median_ms,
            min_ms,
            spread,
            runs,
            peak_mb: peak_mb(),
        })
    }
}

/// Does the work some times uncounted and then as often as `runs` says; the work is told which time
/// it is, from 0. `None` when it was not to be done at all.
pub(super) fn timed<E>(
    runs: Runs,
    mut work: impl FnMut(usize) -> Result<(), E>,
) -> Result<Option<RunTimes>, E> {
    let mut n_done = 0;
    let mut once = || {
        let start = Instant::now();
        work(n_done)?;
        n_done += 1;
        Ok(start.elapsed())
    };
    let mut warm = Duration::ZERO;
    for _ in 0..MOST_WARM_UPS {
        warm += once()?;
        if warm >= WARM {
            break;
        }
    }
    let mut counted = Vec::new();
    let mut spent = Duration::ZERO;
    while counted.len() < runs.least || (counted.len() < runs.most && spent < runs.enough) {
        let took = once()?;
        spent += took;
        counted.push(took);
    }
    Ok(RunTimes::from_durations(counted))
}

/// Begins to count the peak of memory anew, where the system can.
pub(super) fn forget_peak() {
    // Elsewhere than on Linux there is no such file, and no peak to be told.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        let timing =
            RunTimes::from_durations([40, 10, 20, 30].map(Duration::from_millis).to_vec()).unwrap();
        assert!((timing.median_ms - 25.0).abs() < 1e-9 && (timing.min_ms - 10.0).abs() < 1e-9);
        assert!((timing.spread - 30.0 / 25.0).abs() < 1e-9);
        assert_eq!(timing.runs, 4);
        assert_eq!(RunTimes::from_durations(Vec::new()), None);
    }

    #[test]
    fn warming_up_is_not_counted() {
        let mut n_done = 0;
        let work = |at: usize| {
            assert_eq!(at, n_done);
            n_done += 1;
            Ok::<(), ()>(())
        };
        let timing = timed(Runs::exactly(4), work).unwrap().unwrap();
        assert_eq!((timing.runs, n_done), (4, 4 + MOST_WARM_UPS));
        assert_eq!(timed(Runs::exactly(1), |_| Err("broken")), Err("broken"));
    }
}
