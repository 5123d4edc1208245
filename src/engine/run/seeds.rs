//! Runs that differ in nothing but their seed: which they are, and the mean of their curves.

use std::cmp::Reverse;

use super::curve::{Curve, CurveAxis};
use super::{Manifest, RunId, why_not_comparable};
use crate::experiment::{Experiment, TrainingSpec};

/// Whether two runs differ in nothing but their seed and their name, and may be compared.
#[must_use]
pub fn differ_by_seed_alone(a: &Manifest, b: &Manifest) -> bool {
    // The settings first: most runs differ in one of them, and nothing is copied to see it.
    settings_differ_by_seed_alone(&a.experiment, &b.experiment)
        && feedback_of(a) == feedback_of(b)
        && a.fork == b.fork
        && a.odd_extensions() == b.odd_extensions()
        && changed_alike(a, b)
        && why_not_comparable(a, b).is_none()
}

/// Whether two experiments have the same settings but for seed, name, and what changes no number.
pub(super) fn settings_differ_by_seed_alone(a: &Experiment, b: &Experiment) -> bool {
    let Experiment {
        version,
        name: _,
        data,
        split,
        task,
        model,
        training,
        evaluation,
        fine_tune,
        sweep: _,
        seed: _,
    } = a;
    *version == b.version
        && *model == b.model
        && *split == b.split
        && *task == b.task
        && *evaluation == b.evaluation
        && *fine_tune == b.fine_tune
        && *data == b.data
        && *training == with_histograms_of(training, &b.training)
}

/// Whether two runs were changed alike while they trained.
fn changed_alike(a: &Manifest, b: &Manifest) -> bool {
    let of = |run: &Manifest| -> Vec<_> {
        let all = run.live_changes.iter();
        all.map(|change| (change.after_steps, change.setting, change.to.to_bits()))
            .collect()
    };
    of(a) == of(b)
}

/// Hash of the feedback that a run was fine-tuned on; `None` of one that began anew.
fn feedback_of(run: &Manifest) -> Option<&str> {
    let lineage = run.lineage.as_ref();
    lineage.map(|lineage| lineage.feedback.as_str())
}

/// Settings of a training, but for the histograms, which change no number of a run.
fn with_histograms_of(own: &TrainingSpec, other: &TrainingSpec) -> TrainingSpec {
    TrainingSpec {
        histograms: own.histograms,
        ..other.clone()
    }
}

/// Two or more runs that differ in nothing but their seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedRuns {
    /// The runs, one a seed, in order of their names.
    pub ids: Vec<RunId>,
}

impl SeedRuns {
    /// Groups of two or more seeds among some runs, in the order of their first members. Of
    /// several runs of one seed [`one_a_seed`] counts: counted twice, a seed would make the spread
    /// look smaller than it is.
    #[must_use]
    pub fn among(runs: &[&Manifest]) -> Vec<Self> {
        let mut groups: Vec<Vec<&Manifest>> = Vec::new();
        for &run in runs {
            let group = groups.iter_mut().find(|members| {
                members
                    .first()
                    .is_some_and(|first| differ_by_seed_alone(first, run))
            });
            match group {
                Some(members) => members.push(run),
                None => groups.push(vec![run]),
            }
        }
        groups
            .into_iter()
            .map(|members| Self {
                ids: one_a_seed(members),
            })
            .filter(|group| group.ids.len() > 1)
            .collect()
    }
}

/// One run of each seed among runs that differ in nothing else, in order of their names: the one
/// that has come farthest, of equals the one with the smallest name.
#[must_use]
pub fn one_a_seed(mut runs: Vec<&Manifest>) -> Vec<RunId> {
    let place = |run: &Manifest| (run.experiment.seed, Reverse(run.epochs));
    runs.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.id.cmp(&b.id)));
    runs.dedup_by_key(|run| run.experiment.seed);
    let mut ids: Vec<RunId> = runs.iter().map(|run| run.id.clone()).collect();
    ids.sort();
    ids
}

/// The mean of several curves, and the band from the lowest to the highest of them.
///
/// The band is the range and not an interval of the mean: it holds whatever the spread is, never
/// leaves the curves that it is of, and says something of two seeds, where a t interval is 12.7
/// times as wide as the seeds are apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeedMean {
    /// Mean of the numbers that there are at an x; NaN where there is none.
    pub mean: Curve,
    /// Lowest of them.
    pub low: Curve,
    /// Highest of them.
    pub high: Curve,
    /// Number of curves averaged at an x.
    pub n: Curve,
}

impl SeedMean {
    /// The mean of curves along an axis, at every x at which one of them has a point.
    ///
    /// Along epochs and steps, which all runs share, a curve counts where it has a point. Along
    /// times and events, which differ from run to run, it counts from its first point to its last,
    /// between two of them on the straight line that joins them. What is no number counts nowhere.
    #[must_use]
    pub fn along(axis: CurveAxis, curves: &[Curve]) -> Self {
        let is_joined = match axis {
            CurveAxis::Epoch | CurveAxis::Step => false,
            CurveAxis::Events | CurveAxis::Secs => true,
        };
        let mut xs: Vec<f64> = curves
            .iter()
            .flat_map(|curve| curve.iter().map(|point| point[0]))
            .collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        let mut readers: Vec<Reader<'_>> = curves.iter().map(|curve| Reader::new(curve)).collect();
        let [mut mean, mut low, mut high, mut n] = [const { Vec::new() }; 4];
        for x in xs {
            let found = readers.iter_mut().map(|reader| reader.at(x, is_joined));
            let values: Vec<f64> = found.filter(|value| value.is_finite()).collect();
            let count = values.len() as f64;
            let (sum, least, most) = values.iter().fold(
                (0.0, f64::INFINITY, f64::NEG_INFINITY),
                |(sum, least, most), &value| {
                    (sum + value, f64::min(least, value), f64::max(most, value))
                },
            );
            let number = |value: f64| if values.is_empty() { f64::NAN } else { value };
            // Rounded, the mean of equal numbers may lie beside them.
            mean.push([x, number((sum / count).max(least).min(most))]);
            low.push([x, number(least)]);
            high.push([x, number(most)]);
            n.push([x, count]);
        }
        Self {
            mean: mean.into(),
            low: low.into(),
            high: high.into(),
            n: n.into(),
        }
    }

    /// The first x from which on fewer curves are averaged than before, and how many.
    #[must_use]
    pub fn first_fewer(&self) -> Option<[f64; 2]> {
        let pairs = self.n.windows(2);
        let mut falls = pairs.filter_map(|pair| match pair {
            [before, after] if after[1] < before[1] && after[1] > 0.0 => Some(*after),
            _ => None,
        });
        falls.next()
    }
}

/// Reads one curve at x after x, each at least the one before.
struct Reader<'a> {
    points: &'a [[f64; 2]],
    next: usize,
}

impl<'a> Reader<'a> {
    fn new(points: &'a [[f64; 2]]) -> Self {
        Self { points, next: 0 }
    }

    /// The number at an x; NaN where the curve has none there.
    fn at(&mut self, x: f64, is_joined: bool) -> f64 {
        while self.points.get(self.next).is_some_and(|point| point[0] < x) {
            self.next += 1;
        }
        let Some(&[after_x, after]) = self.points.get(self.next) else {
            return f64::NAN;
        };
        if after_x <= x {
            return after;
        }
        let before = self.next.checked_sub(1).and_then(|at| self.points.get(at));
        match before.filter(|_| is_joined) {
            Some(&[before_x, before]) => {
                before + (after - before) * ((x - before_x) / (after_x - before_x))
            }
            None => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::run::DataStamp;
    use seqscope_model::{DeviceInfo, DeviceKind};

    fn run(id: &str, change: impl FnOnce(&mut Manifest)) -> Manifest {
        let data = DataStamp {
            fingerprint: "a".to_owned(),
            split_fingerprint: "b".to_owned(),
            ..DataStamp::default()
        };
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "cpu".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let mut manifest = Manifest::new(Experiment::default(), data, device, 1);
        manifest.id = RunId(id.to_owned());
        change(&mut manifest);
        manifest
    }

    fn groups(runs: &[Manifest]) -> Vec<Vec<String>> {
        let runs: Vec<&Manifest> = runs.iter().collect();
        SeedRuns::among(&runs)
            .into_iter()
            .map(|group| group.ids.into_iter().map(|id| id.0).collect())
            .collect()
    }

    #[test]
    fn runs_are_grouped_that_differ_in_their_seed_alone_and_a_seed_counts_once() {
        let of_seed = |id: &str, seed, epochs| {
            run(id, |m| {
                m.experiment.seed = seed;
                m.experiment.name = format!("named {id}");
                m.experiment.training.histograms = seed == 1;
                m.epochs = epochs;
            })
        };
        let other = run("d", |m| {
            m.experiment.seed = 9;
            m.experiment.training.batch_size += 1;
        });
        let elsewhere = run("e", |m| {
            m.experiment.seed = 9;
            m.data.split_fingerprint = "c".to_owned();
        });
        // The first run of seed 1 was left after 3 epochs; its second came to 8.
        let runs = vec![
            of_seed("c", 2, 5),
            of_seed("a", 1, 3),
            other,
            of_seed("b", 1, 8),
            elsewhere,
        ];
        assert_eq!(groups(&runs), [["b", "c"]]);
        assert!(groups(&runs[1..4]).is_empty(), "one seed twice is no group");
    }

    fn curve(values: &[f64]) -> Curve {
        let points = values.iter().enumerate();
        points
            .map(|(at, y)| [at as f64 + 1.0, *y])
            .collect::<Vec<_>>()
            .into()
    }

    fn ys(curve: &Curve) -> Vec<f64> {
        curve.iter().map(|point| point[1]).collect()
    }

    #[test]
    fn uneven_lengths_and_gaps_are_averaged_over_those_that_are_there() {
        let found = SeedMean::along(
            CurveAxis::Epoch,
            &[
                curve(&[1.0, 2.0, 6.0]),
                curve(&[3.0, f64::NAN]),
                curve(&[5.0, 8.0, f64::INFINITY, f64::NAN]),
            ],
        );
        assert_eq!(ys(&found.n), [3.0, 2.0, 1.0, 0.0]);
        assert_eq!(ys(&found.mean)[..3], [3.0, 5.0, 6.0]);
        assert_eq!(ys(&found.low)[..3], [1.0, 2.0, 6.0]);
        assert_eq!(ys(&found.high)[..3], [5.0, 8.0, 6.0]);
        assert!(found.mean[3][1].is_nan() && found.low[3][1].is_nan());
        assert_eq!(found.first_fewer(), Some([2.0, 2.0]));
        assert_eq!(SeedMean::along(CurveAxis::Epoch, &[]), SeedMean::default());
        let alone = SeedMean::along(CurveAxis::Secs, &[curve(&[4.0, 5.0])]);
        assert_eq!(
            (ys(&alone.mean), ys(&alone.high)),
            (vec![4.0, 5.0], vec![4.0, 5.0])
        );
        assert_eq!(alone.first_fewer(), None);
    }

    #[test]
    fn along_times_a_run_counts_while_it_trains() {
        // One epoch in 10 s, the other in 4 s: at 10 s the second is halfway from 4 to 2.
        let slow = Curve::from(vec![[10.0, 6.0], [20.0, 2.0]]);
        let fast = Curve::from(vec![[4.0, 8.0], [8.0, 4.0], [12.0, 2.0]]);
        let found = SeedMean::along(CurveAxis::Secs, &[slow.clone(), fast.clone()]);
        let xs: Vec<f64> = found.mean.iter().map(|point| point[0]).collect();
        assert_eq!(xs, [4.0, 8.0, 10.0, 12.0, 20.0]);
        assert_eq!(ys(&found.n), [1.0, 1.0, 2.0, 2.0, 1.0]);
        // At 12 s the slow one is a fifth of the way from 6 to 2: 5.2.
        let mean = ys(&found.mean);
        assert_eq!(mean[..3], [8.0, 4.0, 4.5]);
        assert!((mean[3] - 3.6).abs() < 1e-12 && (mean[4] - 2.0).abs() < 1e-12);
        // Epochs would not be joined: there is no epoch 10 of the fast one.
        let apart = SeedMean::along(CurveAxis::Epoch, &[slow, fast]);
        assert_eq!(ys(&apart.n), [1.0; 5]);
    }

    /// The number of a curve at an x, by a look at every point.
    fn slowly(points: &[[f64; 2]], x: f64, is_joined: bool) -> Option<f64> {
        if let Some(point) = points
            .iter()
            .find(|point| point[0].to_bits() == x.to_bits())
        {
            return Some(point[1]).filter(|y| y.is_finite());
        }
        let before = points.iter().rev().find(|point| point[0] < x)?;
        let after = points.iter().find(|point| point[0] > x)?;
        let share = (x - before[0]) / (after[0] - before[0]);
        let y = before[1] * (1.0 - share) + after[1] * share;
        Some(y).filter(|y| is_joined && y.is_finite())
    }

    /// A curve of up to 20 points at whole x below 30, some of them no numbers.
    fn drawn(random: &mut ChaCha8Rng) -> Curve {
        let n = random.random_range(0..20);
        let xs: BTreeSet<u32> = (0..n).map(|_| random.random_range(0..30)).collect();
        let points = xs.into_iter().map(|x| {
            let y = match random.random_range(0..10) {
                0 => f64::NAN,
                1 => f64::INFINITY,
                _ => random.random_range(-5.0..5.0),
            };
            [f64::from(x), y]
        });
        points.collect::<Vec<_>>().into()
    }

    #[test]
    fn every_number_is_that_of_a_slow_look() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut n_looked_at = 0;
        for round in 0..400 {
            let is_joined = round % 2 == 0;
            let axis = if is_joined {
                CurveAxis::Secs
            } else {
                CurveAxis::Epoch
            };
            let curves: Vec<Curve> = (0..round % 6).map(|_| drawn(&mut random)).collect();
            let found = SeedMean::along(axis, &curves);
            let xs: BTreeSet<u64> = curves
                .iter()
                .flat_map(|curve| curve.iter().map(|point| point[0].to_bits()))
                .collect();
            assert_eq!(xs.len(), found.n.len());
            for (at, &[x, mean]) in found.mean.iter().enumerate() {
                let values: Vec<f64> = curves
                    .iter()
                    .filter_map(|curve| slowly(curve, x, is_joined))
                    .collect();
                assert_eq!(found.n[at][0].to_bits(), x.to_bits());
                assert_eq!(found.n[at][1] as usize, values.len());
                if values.is_empty() {
                    assert!(mean.is_nan());
                    continue;
                }
                n_looked_at += 1;
                let [low, high] = [found.low[at][1], found.high[at][1]];
                assert!(low <= mean && mean <= high);
                let exact = values.iter().sum::<f64>() / values.len() as f64;
                let least = values.iter().copied().fold(f64::INFINITY, f64::min);
                let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                for (one, other) in [(mean, exact), (low, least), (high, most)] {
                    assert!((one - other).abs() < 1e-9, "{one} and {other}");
                }
            }
        }
        assert!(n_looked_at > 2_000, "{n_looked_at}");
    }
}
