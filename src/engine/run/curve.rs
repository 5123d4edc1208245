//! One series as points, with the extremes of its stretches: any part of it can be drawn from a few
//! points, however many it has, and no extreme is lost, which a plain "every tenth point" would do.

use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::history::{History, Part};

/// Points in a stretch of the lowest level; each level above has stretches of twice the length.
const STRETCH: usize = 4;

/// Pieces of a logarithmic axis that are thinned each by itself.
const PIECES: usize = 32;

/// Points `[x, y]` in order of x, shared and never changed; a y that is no number is a gap.
#[derive(Clone, Debug, Default)]
pub struct Curve(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    points: Vec<[f64; 2]>,
    /// Extremes of every stretch, level by level; the last level has one stretch.
    levels: Vec<Vec<Extremes>>,
    n_not_positive: usize,
}

/// Places of the lowest and the highest number of a stretch; its first place where it has none.
#[derive(Clone, Copy, Debug)]
struct Extremes {
    lowest: u32,
    highest: u32,
}

impl From<Vec<[f64; 2]>> for Curve {
    /// Puts the points in order of x; those whose x is no number are dropped.
    fn from(mut points: Vec<[f64; 2]>) -> Self {
        points.retain(|p| p[0].is_finite());
        if !points.is_sorted_by(|a, b| a[0] <= b[0]) {
            points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        }
        let n_not_positive = points.iter().filter(|p| p[1] <= 0.0).count();
        let levels = levels(&points);
        Self(Arc::new(Inner {
            points,
            levels,
            n_not_positive,
        }))
    }
}

impl Deref for Curve {
    type Target = [[f64; 2]];

    fn deref(&self) -> &Self::Target {
        &self.0.points
    }
}

impl PartialEq for Curve {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0.points == other.0.points
    }
}

impl Curve {
    /// Whether both are the same points in memory: then what was made of one holds for the other.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The number at an x; `None` where there is no point, and with several the first.
    #[must_use]
    pub fn value_at(&self, x: f64) -> Option<f64> {
        let place = self.partition_point(|p| p[0] < x);
        self.get(place).filter(|p| p[0] <= x).map(|p| p[1])
    }

    /// Points that a log axis cannot show, gaps left out.
    #[must_use]
    pub fn n_not_positive(&self) -> usize {
        self.0.n_not_positive
    }

    /// The point with the highest number, the first of equals; `None` without a number.
    #[must_use]
    pub fn highest(&self) -> Option<[f64; 2]> {
        let whole = self.0.levels.last()?.first()?;
        self.get(whole.highest as usize)
            .copied()
            .filter(|p| p[1].is_finite())
    }

    /// The point with the lowest number, the first of equals; `None` without a number.
    #[must_use]
    pub fn lowest(&self) -> Option<[f64; 2]> {
        let whole = self.0.levels.last()?.first()?;
        self.get(whole.lowest as usize)
            .copied()
            .filter(|p| p[1].is_finite())
    }

    /// The points worth drawing between two x over `n_columns` pixels, with one neighbour on either
    /// side so that the line leaves the picture where it should.
    ///
    /// Up to two points a column are returned as they are. Above, the lowest and the highest of
    /// each stretch of one to two columns are, in their order: at most `2 * n_columns + 6` points,
    /// found without a look at the others. A stretch that has numbers keeps them; one of nothing
    /// but NaN keeps one NaN, so a gap wider than two columns stays a gap.
    #[must_use]
    pub fn thinned(&self, x_range: [f64; 2], n_columns: usize) -> Vec<[f64; 2]> {
        let start = self
            .partition_point(|p| p[0] < x_range[0])
            .saturating_sub(1);
        let end = (self.partition_point(|p| p[0] <= x_range[1]) + 1).min(self.len());
        let visible = self.get(start..end).unwrap_or_default();
        if visible.len() <= 2 * n_columns.max(1) {
            return visible.to_vec();
        }
        let mut places = vec![start];
        self.extremes(start..end, n_columns.max(1), |found| {
            places.extend([
                found.lowest.min(found.highest) as usize,
                found.lowest.max(found.highest) as usize,
            ]);
        });
        places.push(end - 1);
        places.dedup();
        places
            .into_iter()
            .filter_map(|at| self.get(at).copied())
            .collect()
    }

    /// [`Curve::thinned`] for a logarithmic x axis: where an axis gives the first few points as
    /// much room as all others, they are not thinned as if there were little. Points whose x is not
    /// above 0 are left out.
    #[must_use]
    pub fn thinned_by_decades(&self, x_range: [f64; 2], n_columns: usize) -> Vec<[f64; 2]> {
        let first = self.partition_point(|p| p[0] <= 0.0);
        let (Some(low), Some(high)) = (self.get(first), self.last()) else {
            return Vec::new();
        };
        let (low, high) = (low[0].max(x_range[0]), high[0].min(x_range[1]));
        if high <= low {
            let around = self.thinned([low, high], n_columns);
            return around.into_iter().filter(|p| p[0] > 0.0).collect();
        }
        let ratio = (high / low).powf(1.0 / PIECES as f64);
        let mut points: Vec<[f64; 2]> = Vec::new();
        for piece in 0..PIECES {
            let from = low * ratio.powi(piece as i32);
            // Rounded, the last one would end before the end.
            let to = if piece + 1 == PIECES {
                high
            } else {
                low * ratio.powi(piece as i32 + 1)
            };
            let thinned = self.thinned([from, to], n_columns.div_ceil(PIECES));
            // A piece begins and ends with the neighbours that another one has.
            let last = points.last().map_or(0.0, |p| p[0]);
            points.extend(thinned.into_iter().filter(|p| p[0] > last));
        }
        points
    }

    fn scan(&self, places: Range<usize>) -> Option<Extremes> {
        let from = places.start;
        Extremes::among(self.get(places).unwrap_or_default(), from)
    }

    /// The extremes of the stretches between two places: of the longest that lie there `most`
    /// times, and of what is left of them at both ends.
    fn extremes(&self, places: Range<usize>, most: usize, mut take: impl FnMut(Extremes)) {
        let n_levels = self.0.levels.len();
        let level = (0..n_levels)
            .find(|level| places.len() / (STRETCH << level) <= most)
            .unwrap_or_default();
        let size = STRETCH << level;
        let (first, last) = (places.start.div_ceil(size), places.end / size);
        if first >= last {
            self.scan(places.clone()).into_iter().for_each(take);
            return;
        }
        self.scan(places.start..first * size)
            .into_iter()
            .for_each(&mut take);
        let whole = self
            .0
            .levels
            .get(level)
            .and_then(|level| level.get(first..last))
            .unwrap_or_default();
        whole.iter().copied().for_each(&mut take);
        self.scan(last * size..places.end)
            .into_iter()
            .for_each(take);
    }
}

impl Extremes {
    /// Places of the lowest and the highest of these points, the first of which has the place
    /// `from`; `None` without points.
    fn among(points: &[[f64; 2]], from: usize) -> Option<Self> {
        let mut found: Option<(usize, f64, usize, f64)> = None;
        for (at, [_, y]) in points.iter().enumerate() {
            if !y.is_finite() {
                continue;
            }
            let (low_at, low, high_at, high) = found.get_or_insert((at, *y, at, *y));
            if y < low {
                (*low_at, *low) = (at, *y);
            } else if y > high {
                (*high_at, *high) = (at, *y);
            }
        }
        let (lowest, highest) = found.map_or((0, 0), |(low_at, _, high_at, _)| (low_at, high_at));
        (!points.is_empty()).then(|| Self {
            lowest: (from + lowest) as u32,
            highest: (from + highest) as u32,
        })
    }

    /// Extremes of two stretches side by side.
    fn join(self, next: Option<&Self>, points: &[[f64; 2]]) -> Self {
        let Some(next) = next else { return self };
        let y = |place: u32| points.get(place as usize).map_or(f64::NAN, |p| p[1]);
        if !y(self.lowest).is_finite() {
            return if y(next.lowest).is_finite() {
                *next
            } else {
                self
            };
        }
        // A comparison with what is no number is false, so a stretch without numbers changes
        // nothing.
        Self {
            lowest: if y(next.lowest) < y(self.lowest) {
                next.lowest
            } else {
                self.lowest
            },
            highest: if y(next.highest) > y(self.highest) {
                next.highest
            } else {
                self.highest
            },
        }
    }
}

fn levels(points: &[[f64; 2]]) -> Vec<Vec<Extremes>> {
    let stretches = points.chunks(STRETCH).enumerate();
    let mut level: Vec<Extremes> = stretches
        .filter_map(|(n, some)| Extremes::among(some, n * STRETCH))
        .collect();
    let mut levels = Vec::new();
    while level.len() > 1 {
        let pairs = level
            .chunks(2)
            .filter_map(|pair| Some(pair.first()?.join(pair.get(1), points)));
        let above = pairs.collect();
        levels.push(std::mem::replace(&mut level, above));
    }
    levels.push(level);
    levels
}

/// Number that the points of a run's curves are laid out along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub enum CurveAxis {
    /// Passes over the training data.
    #[default]
    Epoch,
    /// Optimiser steps.
    Step,
    /// Training events answered so far, those of every epoch counted again.
    #[strum(to_string = "Events seen")]
    Events,
    /// Seconds of training, pauses left out.
    #[strum(to_string = "Training time (s)")]
    Secs,
}

impl CurveAxis {
    /// Reason why a run has no places on this axis; `None` for one that every run has.
    #[must_use]
    pub fn why_missing(self) -> Option<&'static str> {
        match self {
            Self::Epoch | Self::Step => None,
            Self::Events => Some(
                "Runs from before events were counted epoch by epoch have no place on this axis: \
                 train them anew",
            ),
            Self::Secs => Some(
                "Runs from before times were kept epoch by epoch have no place on this axis: train \
                 them anew",
            ),
        }
    }
}

/// All series of a run over its epochs, in a quarter of the memory that its history takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    by_name: BTreeMap<Part, BTreeMap<String, Curve>>,
    /// Optimiser steps done at the end of each epoch.
    steps: Curve,
}

impl Curves {
    /// Makes the curves of a history.
    #[must_use]
    pub fn of_history(history: &History) -> Self {
        let mut points: BTreeMap<(Part, &str), Vec<[f64; 2]>> = BTreeMap::new();
        let mut steps: Vec<[f64; 2]> = Vec::new();
        for point in &history.points {
            let at = [point.epoch as f64, point.step as f64];
            match steps.last_mut().filter(|last| last[0] >= at[0]) {
                Some(last) => last[1] = last[1].max(at[1]),
                None => steps.push(at),
            }
            points
                .entry((point.part, &point.metric))
                .or_default()
                .push([point.epoch as f64, point.value]);
        }
        let mut curves = Self {
            steps: steps.into(),
            ..Self::default()
        };
        for ((part, metric), points) in points {
            curves
                .by_name
                .entry(part)
                .or_default()
                .insert(metric.to_owned(), points.into());
        }
        curves
    }

    /// Points of all series together: more than before once a run has gone on.
    #[must_use]
    pub fn n_points(&self) -> usize {
        self.by_name
            .values()
            .flat_map(BTreeMap::values)
            .map(|curve| curve.len())
            .sum()
    }

    /// Optimiser steps done at the end of an epoch.
    #[must_use]
    pub fn step_of(&self, epoch: usize) -> Option<usize> {
        self.steps.value_at(epoch as f64).map(|step| step as usize)
    }

    /// One of them along another axis: a point at whose epoch the axis has no number is left out.
    /// `None` when the run has none of that name.
    #[must_use]
    pub fn along(&self, axis: CurveAxis, part: Part, metric: &str) -> Option<Curve> {
        let curve = self.get(part, metric)?;
        let Some(places) = self.axis(axis) else {
            // An older run has no times, and no counts of events.
            return Some(match axis {
                CurveAxis::Epoch => curve.clone(),
                CurveAxis::Step | CurveAxis::Events | CurveAxis::Secs => Curve::default(),
            });
        };
        // Both are in order of epoch, so one walk finds the places of all points.
        let mut places = places.iter().peekable();
        let laid_out = curve.iter().filter_map(|point| {
            while places.next_if(|place| place[0] < point[0]).is_some() {}
            let place = places.peek().filter(|place| place[0] <= point[0])?;
            Some([place[1], point[1]])
        });
        Some(laid_out.collect::<Vec<_>>().into())
    }

    /// Whether the run has places on an axis.
    #[must_use]
    pub fn has_axis(&self, axis: CurveAxis) -> bool {
        axis == CurveAxis::Epoch || self.axis(axis).is_some_and(|places| !places.is_empty())
    }

    /// Place of an epoch on an axis; `None` where the run has no such number.
    #[must_use]
    pub fn place_of(&self, axis: CurveAxis, epoch: usize) -> Option<f64> {
        match axis {
            CurveAxis::Epoch => Some(epoch as f64),
            CurveAxis::Step | CurveAxis::Events | CurveAxis::Secs => {
                self.axis(axis)?.value_at(epoch as f64)
            }
        }
    }

    /// The epoch whose place on an axis is nearest; `None` where the run has no such numbers.
    #[must_use]
    pub fn epoch_near(&self, axis: CurveAxis, place: f64) -> Option<usize> {
        let Some(places) = self.axis(axis) else {
            return (axis == CurveAxis::Epoch).then(|| place.round().max(1.0) as usize);
        };
        // Steps, events and seconds only grow with the epochs.
        let after = places.partition_point(|point| point[1] < place);
        let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
        let near = around.filter_map(|at| places.get(at)).min_by(|a, b| {
            let (a, b) = ((a[1] - place).abs(), (b[1] - place).abs());
            a.total_cmp(&b)
        })?;
        Some(near[0] as usize)
    }

    /// Places of the epochs on an axis that is not the epochs themselves.
    fn axis(&self, axis: CurveAxis) -> Option<&Curve> {
        match axis {
            CurveAxis::Epoch => None,
            CurveAxis::Step => Some(&self.steps),
            CurveAxis::Events => self.get(Part::Train, "events"),
            CurveAxis::Secs => self.get(Part::Train, "secs"),
        }
    }

    /// The number of a series at an epoch; `None` where it has none there.
    pub(super) fn value(&self, part: Part, metric: &str, epoch: f64) -> Option<f64> {
        self.get(part, metric)?.value_at(epoch)
    }

    /// One of them; `None` when the run has none of that name.
    #[must_use]
    pub fn get(&self, part: Part, metric: &str) -> Option<&Curve> {
        self.by_name.get(&part)?.get(metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::HistoryPoint;

    #[test]
    fn series_become_curves_over_epochs() {
        let point = |epoch, part, metric: &str, value| HistoryPoint {
            step: epoch * 10,
            epoch,
            part,
            metric: metric.to_owned(),
            value,
        };
        let points = vec![
            point(1, Part::Train, "loss", 3.0),
            point(1, Part::Valid, "loss", 4.0),
            point(2, Part::Train, "loss", 2.0),
            point(2, Part::Valid, "loss", f64::NAN),
        ];
        let curves = Curves::of_history(&History { points });
        assert_eq!(
            curves.get(Part::Train, "loss").map(|c| c.to_vec()),
            Some(vec![[1.0, 3.0], [2.0, 2.0]])
        );
        assert_eq!(
            curves.get(Part::Valid, "loss").and_then(Curve::highest),
            Some([1.0, 4.0])
        );
        assert_eq!(
            (curves.n_points(), curves.step_of(2), curves.step_of(3)),
            (4, Some(20), None)
        );
        assert_eq!(
            curves
                .get(Part::Train, "loss")
                .and_then(|c| c.value_at(2.0)),
            Some(2.0)
        );
        assert!(
            curves.get(Part::Test, "loss").is_none() && curves.get(Part::Valid, "mrr").is_none()
        );
    }

    #[test]
    fn curves_are_laid_out_along_steps_and_seconds_where_there_are_such() {
        let point = |epoch: usize, metric: &str, value| HistoryPoint {
            step: epoch * 10,
            epoch,
            part: Part::Train,
            metric: metric.to_owned(),
            value,
        };
        // Epoch 2 has no time, as in a run that was written by hand.
        let mut points: Vec<HistoryPoint> = (1..=4)
            .map(|epoch| point(epoch, "loss", 5.0 - epoch as f64))
            .collect();
        points.extend([1, 3, 4].map(|epoch| point(epoch, "secs", 2.5 * epoch as f64)));
        points.extend([1, 2, 3].map(|epoch| point(epoch, "events", 700.0 * epoch as f64)));
        let curves = Curves::of_history(&History { points });
        let along = |axis| curves.along(axis, Part::Train, "loss").unwrap().to_vec();
        assert_eq!(
            along(CurveAxis::Epoch).get(..2),
            Some(&[[1.0, 4.0], [2.0, 3.0]][..])
        );
        assert_eq!(
            along(CurveAxis::Step),
            [[10.0, 4.0], [20.0, 3.0], [30.0, 2.0], [40.0, 1.0]]
        );
        assert_eq!(
            along(CurveAxis::Secs),
            [[2.5, 4.0], [7.5, 2.0], [10.0, 1.0]]
        );
        assert_eq!(
            along(CurveAxis::Events),
            [[700.0, 4.0], [1_400.0, 3.0], [2_100.0, 2.0]]
        );
        assert!(curves.along(CurveAxis::Step, Part::Test, "loss").is_none());
        assert_eq!(curves.place_of(CurveAxis::Secs, 3), Some(7.5));
        assert_eq!(curves.place_of(CurveAxis::Events, 2), Some(1_400.0));
        assert_eq!(curves.place_of(CurveAxis::Secs, 2), None);
        let near = |axis, place| curves.epoch_near(axis, place);
        assert_eq!(near(CurveAxis::Step, 26.0), Some(3));
        assert_eq!(near(CurveAxis::Step, -5.0), Some(1));
        assert_eq!(near(CurveAxis::Secs, 999.0), Some(4));
        assert_eq!(near(CurveAxis::Epoch, 2.4), Some(2));
        assert_eq!(near(CurveAxis::Events, 1_300.0), Some(2));
        assert!(curves.has_axis(CurveAxis::Events));
        let without = Curves::default();
        assert_eq!(without.epoch_near(CurveAxis::Secs, 1.0), None);
        // Of an older run that says nothing of events, the axis says why.
        assert!(!without.has_axis(CurveAxis::Events) && without.has_axis(CurveAxis::Epoch));
        assert!(CurveAxis::Events.why_missing().is_some());
    }

    #[test]
    fn the_first_points_of_a_log_axis_are_not_thinned_like_the_last() {
        let mut points: Vec<[f64; 2]> = (0..=100_000).map(|x| [f64::from(x), 1.0]).collect();
        (points[3][1], points[77_777][1]) = (5.0, -5.0);
        let curve = Curve::from(points);
        let thinned = curve.thinned_by_decades([0.0, f64::INFINITY], 600);
        assert!(thinned.is_sorted_by(|a, b| a[0] < b[0]) && thinned.len() < 2_500);
        let all_small: Vec<f64> = thinned.iter().map(|p| p[0]).take(30).collect();
        let wanted: Vec<f64> = (1..=30).map(f64::from).collect();
        assert_eq!(
            all_small, wanted,
            "0 has no place, and all others up to 30 have room"
        );
        assert!(thinned.contains(&[3.0, 5.0]) && thinned.contains(&[77_777.0, -5.0]));
        assert_eq!(thinned.last(), Some(&[100_000.0, 1.0]));
        let part = curve.thinned_by_decades([10.0, 20.0], 600);
        assert_eq!((part[0][0], part[part.len() - 1][0]), (9.0, 21.0));
        assert!(
            Curve::default()
                .thinned_by_decades([1.0, 2.0], 5)
                .is_empty()
        );
        let single = Curve::from(vec![[4.0, 1.0]]);
        assert_eq!(single.thinned_by_decades([0.0, 9.0], 5), [[4.0, 1.0]]);
    }

    #[test]
    fn a_curve_without_points_or_numbers_has_no_highest_and_one_gap() {
        assert!(
            Curve::default().highest().is_none()
                && Curve::default().thinned([0.0, 1.0], 5).is_empty()
        );
        let empty = Curve::from(Vec::new());
        assert!(empty.highest().is_none() && empty.thinned([0.0, 1.0], 5).is_empty());
        let gap: Curve = (0..1000)
            .map(|x| [f64::from(x), f64::NAN])
            .collect::<Vec<_>>()
            .into();
        assert!(
            gap.highest().is_none() && gap.thinned([0.0, 999.0], 3).iter().all(|p| p[1].is_nan())
        );
    }

    #[test]
    fn points_are_put_in_order_and_counted() {
        let curve = Curve::from(vec![
            [2.0, -1.0],
            [f64::NAN, 5.0],
            [1.0, 0.0],
            [3.0, 4.0],
            [4.0, 4.0],
        ]);
        assert_eq!(&curve[..2], &[[1.0, 0.0], [2.0, -1.0]]);
        assert_eq!(
            (curve.n_not_positive(), curve.highest()),
            (2, Some([3.0, 4.0]))
        );
    }
}
