//! The y range without outliers: a few points far off press all others into a line at the edge.

use egui::Vec2b;
use egui_plot::PlotUi;

use super::ChartData;
use super::drawn::DrawnKey;
use crate::ui::text;
use seqscope_engine::run::Curve;

/// Room above and below the range, as a share of its height.
const MARGIN: f64 = 0.04;

/// Points of one curve that are looked at for its quantiles; a longer one is looked at in equal
/// steps, for a quantile of so many is sure to a third of a percent.
const LOOKED_AT: usize = 20_000;

/// Share of a curve's points on either side that its body is without.
const TAIL: f64 = 0.05;

/// Room on either side of a body, as a share of its height.
const ROOM: f64 = 0.5;

/// Whether outliers are cut off, and what is.
#[derive(Debug, Default)]
pub(super) struct CutChoice {
    pub(super) is_on: bool,
    /// Whatever it was found for.
    key: Option<DrawnKey>,
    found: Option<Cut>,
    /// Range that the axis was set to.
    set: Option<[f64; 2]>,
}

impl CutChoice {
    /// Finds the cut anew when what is in sight has changed; `held` stays in sight.
    pub(super) fn refresh(&mut self, data: &ChartData, key: &DrawnKey, held: &[f64]) {
        if !self.is_on || self.key.as_ref() == Some(key) {
            return;
        }
        let in_sight: Vec<Vec<f64>> = curves(data, key)
            .map(|curve| key.numbers_in_sight(curve))
            .collect();
        let in_sight = in_sight.iter().map(Vec::as_slice);
        self.found = Cut::of_curves(in_sight, held.iter().copied());
        self.key = Some(key.clone());
    }

    /// Sets the y axis, unless a person has zoomed to something else.
    pub(super) fn set_axis(&mut self, plot: &mut PlotUi<'_>) {
        let bounds = plot.plot_bounds();
        let is_own = self.is_range([bounds.min()[1], bounds.max()[1]]);
        let auto = plot.auto_bounds();
        match self.found.filter(|_| self.is_on) {
            Some(cut) if auto.y || is_own => {
                let [low, high] = cut.range;
                let margin = MARGIN * (high - low);
                let range = [low - margin, high + margin];
                plot.set_plot_bounds_y(range[0]..=range[1]);
                self.set = Some(range);
            }
            Some(_) => {}
            None => {
                self.set = None;
                if is_own {
                    plot.set_auto_bounds(Vec2b::new(auto.x, true));
                }
            }
        }
    }

    /// Words on what is cut off, where the axis is as it was set.
    pub(super) fn words(&self, range: [f64; 2]) -> Option<String> {
        let cut = self.found.filter(|_| self.is_on && self.is_range(range))?;
        Some(cut.words())
    }

    /// Whether a range is that to which the axis was set, bit for bit.
    fn is_range(&self, range: [f64; 2]) -> bool {
        let bits = |range: [f64; 2]| range.map(f64::to_bits);
        self.set.is_some_and(|set| bits(set) == bits(range))
    }
}

/// The curves that are shown; of a mean its members.
fn curves<'a>(data: &'a ChartData, key: &'a DrawnKey) -> impl Iterator<Item = &'a Curve> {
    let shown = data.series.iter();
    let shown = shown.filter(|series| !key.hidden.contains(&series.name));
    shown.flat_map(|series| {
        let group = data.groups.iter().find(|group| group.of == series.name);
        match group {
            Some(group) => group.members.iter().map(|member| &member.points).collect(),
            None => vec![&series.points],
        }
    })
}

/// Range of y that holds the body of every curve, and the points that lie outside.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cut {
    /// Lower and upper end.
    pub(super) range: [f64; 2],
    /// Points above it.
    pub(super) n_above: usize,
    /// Points below it.
    pub(super) n_below: usize,
}

impl Cut {
    /// The cut of some curves, each by itself, so that one of few points is not an outlier of one
    /// of many; `held` are numbers that stay in sight whatever they are. `None` where nothing lies
    /// outside. What is no number counts nowhere.
    ///
    /// The body of a curve is what lies between its 5 % and 95 % quantiles (the nearest numbers);
    /// half its height is left as room on either side.
    pub(super) fn of_curves<'a>(
        curves: impl Iterator<Item = &'a [f64]> + Clone,
        held: impl Iterator<Item = f64>,
    ) -> Option<Self> {
        let bodies = curves.clone().filter_map(body).flatten();
        let held = held.filter(|value| value.is_finite());
        let range = bodies
            .chain(held)
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
                [low.min(value), high.max(value)]
            });
        let mut cut = Self {
            range,
            ..Self::default()
        };
        for value in curves.flatten().filter(|value| value.is_finite()) {
            cut.n_above += usize::from(*value > range[1]);
            cut.n_below += usize::from(*value < range[0]);
        }
        (cut.n_above + cut.n_below > 0 && range[0] < range[1]).then_some(cut)
    }

    /// What is not shown: `3 points above, 1 point below not shown`.
    pub(super) fn words(&self) -> String {
        let sides = [(self.n_above, "above"), (self.n_below, "below")];
        let told = sides
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, side)| format!("{} {side}", text::counted(n, "point")));
        format!("{} not shown", told.collect::<Vec<_>>().join(", "))
    }
}

/// Ends of a curve's body with the room beside it; `None` of one without numbers.
fn body(values: &[f64]) -> Option<[f64; 2]> {
    let step = values.len().div_ceil(LOOKED_AT).max(1);
    let looked_at = values.iter().step_by(step).copied();
    let mut looked_at: Vec<f64> = looked_at.filter(|value| value.is_finite()).collect();
    let last = looked_at.len().checked_sub(1)?;
    let mut quantile = |share: f64| {
        let at = (share * last as f64).round() as usize;
        *looked_at
            .select_nth_unstable_by(at.min(last), f64::total_cmp)
            .1
    };
    let (low, high) = (quantile(TAIL), quantile(1.0 - TAIL));
    // A curve that stays where it is has a body without height: a tenth of the number itself.
    let height = match high - low {
        height if height > 0.0 => height,
        _ if high == 0.0 => 1.0,
        _ => high.abs() * 0.1,
    };
    Some([low - ROOM * height, high + ROOM * height])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(curves: &[Vec<f64>], held: &[f64]) -> Option<Cut> {
        Cut::of_curves(curves.iter().map(Vec::as_slice), held.iter().copied())
    }

    #[test]
    fn a_few_points_far_off_are_left_out_and_told() {
        // 0 to 100 in steps of 1: the body is 5 to 95, with 45 on either side.
        let mut values: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(cut(&[values.clone()], &[]), None, "nothing is far off");
        values[50] = 1e6;
        values[60] = f64::INFINITY;
        values[70] = -900.0;
        let found = cut(&[values.clone()], &[]).unwrap();
        assert_eq!((found.n_above, found.n_below), (1, 1));
        assert_eq!(found.words(), "1 point above, 1 point below not shown");
        // By hand, of 100 numbers (one is infinite): places 5 and 94 of the sorted ones.
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[5], sorted[94]);
        let room = 0.5 * (high - low);
        let range = [low - room, high + room].map(f64::to_bits);
        assert_eq!(found.range.map(f64::to_bits), range);
        let held = cut(&[values], &[2e6]).unwrap();
        assert_eq!((held.range[1], held.n_above), (2e6, 0));
    }

    #[test]
    fn a_curve_of_few_points_is_no_outlier_of_one_of_many() {
        let many: Vec<f64> = (0..5_000).map(|at| f64::from(at % 10)).collect();
        assert_eq!(cut(&[many.clone(), vec![500.0, 510.0]], &[]), None);
        // A level curve with one peak, and curves without a number.
        let mut level = vec![3.0; 50];
        level[7] = 40.0;
        let found = cut(&[level, vec![f64::NAN], Vec::new()], &[]).unwrap();
        assert_eq!((found.n_above, found.n_below), (1, 0));
        assert_eq!(found.words(), "1 point above not shown");
        assert_eq!(cut(&[vec![f64::NAN]], &[]), None);
        assert_eq!(cut(&[], &[1.0, 2.0]), None);
    }

    #[test]
    fn a_long_curve_is_looked_at_in_steps_and_counted_whole() {
        let mut values: Vec<f64> = (0..100_000).map(|at| f64::from(at % 1_000)).collect();
        for at in 0..300 {
            values[at * 7 + 1] = 1e9;
        }
        let found = cut(&[values], &[]).unwrap();
        assert_eq!(found.n_above, 300);
        assert!((found.range[1] - (950.0 + 450.0)).abs() < 30.0, "{found:?}");
    }
}
