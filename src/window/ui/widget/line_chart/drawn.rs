//! The curves as drawn: log, smoothed, thinned; kept from frame to frame.
//!
//! What looks at every point (a smoothed curve, one without what a log axis cannot show) is made a
//! few curves a frame, and what was there before stays until then. Thinning looks at few points and
//! is done at once when the zoom changes.

use egui::{Color32, Rect, Vec2, pos2};
use egui_plot::{Line, PlotPoint, PlotUi, Points};

use super::{ChartData, ChartSeries, Smoothing};
use crate::ui::theme::size;
use seqscope_engine::run::Curve;

/// Curves with at most so many points show each as a dot.
const DOTS: usize = 60;
/// Share of its colour that a raw curve keeps behind its smoothed one.
const RAW_SHARE: f32 = 0.2;
/// Points that are looked at in one frame; a longer curve takes a frame of its own.
const POINTS_A_FRAME: usize = 100_000;
/// Thickness of the line under the pointer, as a multiple of the others'.
const POINTED: f32 = 1.9;

/// A curve without gaps, as it is drawn.
#[derive(Debug)]
struct Run {
    name: String,
    color: Color32,
    points: Vec<PlotPoint>,
}

/// Key of the drawn numbers: how they are to be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DrawnKey {
    pub(super) revision: u64,
    pub(super) log_x: bool,
    pub(super) log_y: bool,
    pub(super) smoothing: Smoothing,
    pub(super) hidden: Vec<String>,
    /// Ends of what is in sight, as they are drawn.
    pub(super) x_range: Option<[f64; 2]>,
    pub(super) n_columns: usize,
}

/// One curve with what was made of it.
#[derive(Debug, Default)]
struct Made {
    raw: Curve,
    /// With gaps where a log axis shows nothing; made only where there is such a place.
    positive: Option<Curve>,
    smoothed: Option<Smoothed>,
}

#[derive(Debug)]
struct Smoothed {
    smoothing: Smoothing,
    /// Whether it is a curve of logarithms.
    log_y: bool,
    curve: Curve,
}

/// The curves as drawn.
#[derive(Debug, Default)]
pub(super) struct DrawnCurves {
    key: DrawnKey,
    made: Vec<Made>,
    /// The curve whose turn it is to be made.
    next: usize,
    runs: Vec<Run>,
    /// Width and height of everything that is drawn.
    pub(super) extent: Vec2,
    /// Numbers that a log axis cannot show.
    pub(super) n_not_positive: usize,
}

impl DrawnCurves {
    /// Draws anew what has changed. Whether more is to be made in the next frame.
    pub(super) fn refresh(&mut self, data: &ChartData, key: DrawnKey) -> bool {
        if self.key.revision != key.revision {
            self.take(data);
        }
        let mut is_changed = self.key != key;
        self.key = key;
        let n = self.made.len();
        let mut left = POINTS_A_FRAME;
        let mut is_more = false;
        for at in (0..n).map(|step| (self.next + step) % n) {
            let (Some(made), Some(series)) = (self.made.get_mut(at), data.series.get(at)) else {
                continue;
            };
            if !made.is_due(&self.key, series) {
                continue;
            }
            if left == 0 && made.looks_at_points(&self.key, series) {
                is_more = true;
                self.next = at;
                break;
            }
            if made.looks_at_points(&self.key, series) {
                left = left.saturating_sub(made.raw.len());
            }
            made.catch_up(&self.key, series);
            is_changed = true;
        }
        if is_changed {
            self.draw(data);
        }
        is_more
    }

    /// New numbers: what was made of a curve that was there before stays.
    fn take(&mut self, data: &ChartData) {
        let mut before = std::mem::take(&mut self.made);
        self.made = data
            .series
            .iter()
            .map(|series| {
                let known = before
                    .iter()
                    .position(|made| made.raw.is_same(&series.points));
                match known {
                    Some(at) => before.swap_remove(at),
                    None => Made {
                        raw: series.points.clone(),
                        ..Made::default()
                    },
                }
            })
            .collect();
        self.next = 0;
    }

    fn draw(&mut self, data: &ChartData) {
        self.runs.clear();
        self.n_not_positive = 0;
        let key = &self.key;
        for (series, made) in data
            .series
            .iter()
            .zip(&self.made)
            .filter(|(s, _)| !key.hidden.contains(&s.name))
        {
            let smoothed = made
                .smoothed
                .as_ref()
                .filter(|smoothed| smoothed.log_y == key.log_y);
            // A smoothed curve has no spikes, and the raw one behind it is a shade: half the points
            // of each will do, so that both together cost a frame what the raw one did.
            let n_columns = key
                .n_columns
                .div_ceil(if smoothed.is_some() { 2 } else { 1 });
            let raw = made
                .positive
                .as_ref()
                .filter(|_| key.log_y)
                .unwrap_or(&made.raw);
            let mut raw = key.in_sight(raw, n_columns);
            if key.log_y {
                self.n_not_positive += made.raw.n_not_positive();
                for point in &mut raw {
                    point[1] = log10(point[1]);
                }
            }
            let raw_color = if smoothed.is_some() {
                series.color.gamma_multiply(RAW_SHARE)
            } else {
                series.color
            };
            add(&mut self.runs, &series.name, raw_color, &raw);
            if let Some(smoothed) = smoothed {
                add(
                    &mut self.runs,
                    &series.name,
                    series.color,
                    &key.in_sight(&smoothed.curve, n_columns),
                );
            }
        }
        let mut all = Rect::NOTHING;
        for point in self.runs.iter().flat_map(|run| &run.points) {
            all.extend_with(pos2(point.x as f32, point.y as f32));
        }
        self.extent = all.size().max(Vec2::ZERO);
    }

    /// Paints them, the one under the pointer with a thicker line.
    pub(super) fn paint<'a>(&'a self, plot: &mut PlotUi<'a>, pointed: Option<&str>) {
        for run in &self.runs {
            let is_pointed = pointed == Some(run.name.as_str());
            let width = size::LINE * if is_pointed { POINTED } else { 1.0 };
            if run.points.len() > 1 {
                let line = Line::new(run.name.clone(), run.points.as_slice())
                    .color(run.color)
                    .width(width);
                plot.line(line.allow_band(false).allow_hover(false));
            }
            if run.points.len() <= DOTS {
                let dots = Points::new(run.name.clone(), run.points.as_slice())
                    .color(run.color)
                    .radius(2.2);
                plot.points(dots.allow_hover(false));
            }
        }
    }
}

impl Made {
    fn is_due(&self, key: &DrawnKey, series: &ChartSeries) -> bool {
        let smoothing = smoothing(key, series);
        let is_smoothing_due = match &self.smoothed {
            Some(smoothed) => smoothed.log_y != key.log_y || smoothed.smoothing != smoothing,
            None => smoothing != Smoothing::Off,
        };
        self.lacks_positive(key) || is_smoothing_due
    }

    /// Whether catching up is more than to forget a smoothed curve.
    fn looks_at_points(&self, key: &DrawnKey, series: &ChartSeries) -> bool {
        self.lacks_positive(key) || smoothing(key, series) != Smoothing::Off
    }

    fn lacks_positive(&self, key: &DrawnKey) -> bool {
        key.log_y && self.positive.is_none() && self.raw.n_not_positive() > 0
    }

    fn catch_up(&mut self, key: &DrawnKey, series: &ChartSeries) {
        if self.lacks_positive(key) {
            let positive: Vec<[f64; 2]> = self
                .raw
                .iter()
                .map(|p| [p[0], if p[1] > 0.0 { p[1] } else { f64::NAN }])
                .collect();
            self.positive = Some(positive.into());
        }
        let smoothing = smoothing(key, series);
        self.smoothed = (smoothing != Smoothing::Off).then(|| {
            let curve = if key.log_y {
                let logs: Vec<[f64; 2]> = self.raw.iter().map(|p| [p[0], log10(p[1])]).collect();
                smoothing.of(&logs)
            } else {
                smoothing.of(&self.raw)
            };
            Smoothed {
                smoothing,
                log_y: key.log_y,
                curve: curve.into(),
            }
        });
    }
}

impl DrawnKey {
    /// Points of a curve that are worth drawing, at the x at which they are drawn.
    fn in_sight(&self, curve: &Curve, n_columns: usize) -> Vec<[f64; 2]> {
        let x_range = self.x_range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        if !self.log_x {
            return curve.thinned(x_range, n_columns);
        }
        let mut points = curve.thinned_by_decades(x_range.map(|x| 10_f64.powf(x)), n_columns);
        for point in &mut points {
            point[0] = point[0].log10();
        }
        points
    }
}

/// Way in which a curve is to be smoothed.
fn smoothing(key: &DrawnKey, series: &ChartSeries) -> Smoothing {
    if series.keep_raw {
        Smoothing::Off
    } else {
        key.smoothing
    }
}

/// The logarithm, and no number where there is none.
fn log10(value: f64) -> f64 {
    if value > 0.0 { value.log10() } else { f64::NAN }
}

/// Adds a curve, cut where it has no number.
fn add(runs: &mut Vec<Run>, name: &str, color: Color32, points: &[[f64; 2]]) {
    for run in points
        .split(|p| !p[1].is_finite())
        .filter(|run| !run.is_empty())
    {
        let points = run.iter().map(|p| PlotPoint::new(p[0], p[1])).collect();
        runs.push(Run {
            name: name.to_owned(),
            color,
            points,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four curves of 60,000 points.
    fn data() -> ChartData {
        let points = |at: usize| {
            (0..60_000)
                .map(|x| [f64::from(x), f64::from(x % 7) + at as f64])
                .collect::<Vec<_>>()
        };
        let series = |at: usize| ChartSeries {
            name: at.to_string(),
            color: Color32::WHITE,
            points: points(at).into(),
            keep_raw: at == 3,
        };
        ChartData {
            series: (0..4).map(series).collect(),
            ..ChartData::default()
        }
    }

    fn key(revision: u64, smoothing: f64) -> DrawnKey {
        DrawnKey {
            revision,
            smoothing: if smoothing > 0.0 {
                Smoothing::Average(smoothing)
            } else {
                Smoothing::Off
            },
            n_columns: 500,
            ..DrawnKey::default()
        }
    }

    fn n_smoothed(drawn: &DrawnCurves) -> usize {
        drawn
            .made
            .iter()
            .filter(|made| made.smoothed.is_some())
            .count()
    }

    #[test]
    fn long_curves_are_smoothed_a_few_a_frame_and_each_once() {
        let (data, mut drawn) = (data(), DrawnCurves::default());
        assert!(
            !drawn.refresh(&data, key(1, 0.0)),
            "thinning is done at once"
        );
        assert_eq!((drawn.runs.len(), n_smoothed(&drawn)), (4, 0));
        // 100,000 points a frame: two curves, then the third; the fourth stays raw.
        assert!(drawn.refresh(&data, key(1, 0.9)));
        assert_eq!(
            (drawn.runs.len(), n_smoothed(&drawn)),
            (6, 2),
            "each smoothed one before its raw one"
        );
        assert!(!drawn.refresh(&data, key(1, 0.9)));
        assert_eq!((drawn.runs.len(), n_smoothed(&drawn)), (7, 3));
        // A new curve beside them: what was made of the others stays.
        let mut more = data.clone();
        more.series.push(ChartSeries {
            name: "new".to_owned(),
            ..data.series[0].clone()
        });
        more.series[4].points = more.series[0].points.to_vec().into();
        assert!(
            !drawn.refresh(&more, key(2, 0.9)),
            "only the new one is to be made"
        );
        assert_eq!(n_smoothed(&drawn), 4);
        assert!(!drawn.refresh(&more, key(2, 0.0)));
        assert_eq!((drawn.runs.len(), n_smoothed(&drawn)), (5, 0));
    }

    #[test]
    fn a_log_axis_shows_the_smallest_number_above_zero_of_a_stretch() {
        let mut points: Vec<[f64; 2]> = (0..60_000).map(|x| [f64::from(x), 10.0]).collect();
        (points[30_000][1], points[30_001][1]) = (-1.0, 0.001);
        let series = ChartSeries {
            name: String::new(),
            color: Color32::WHITE,
            points: points.into(),
            keep_raw: false,
        };
        let data = ChartData {
            series: vec![series],
            ..ChartData::default()
        };
        let mut drawn = DrawnCurves::default();
        assert!(!drawn.refresh(
            &data,
            DrawnKey {
                log_y: true,
                ..key(1, 0.0)
            }
        ));
        let lowest = drawn
            .runs
            .iter()
            .flat_map(|run| &run.points)
            .map(|p| p.y)
            .fold(f64::INFINITY, f64::min);
        assert!((lowest + 3.0).abs() < 1e-12, "{lowest}");
        assert_eq!(drawn.n_not_positive, 1);
    }
}
