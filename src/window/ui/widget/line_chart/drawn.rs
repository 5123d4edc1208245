//! The curves as drawn: log, smoothed, thinned; kept from frame to frame.
//!
//! What looks at every point (a smoothed curve, one without what a log axis cannot show) is made a
//! few curves a frame, and what was there before stays until then. Thinning looks at few points and
//! is done at once when the zoom changes.

use egui::{Color32, Rect, Vec2, pos2};
use egui_plot::{FilledArea, Line, PlotPoint, PlotUi, Points};

use super::group::SeriesGroup;
use super::{ChartData, ChartSeries, CurveSmoothing};
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

/// Thickness of a mean and of the curves that it is of, likewise.
const MEAN: f32 = 1.7;
const MEMBER: f32 = 0.55;
/// Shares of its colour that the curves behind a mean and its band have.
const MEMBER_SHARE: f32 = 0.55;
const BAND_SHARE: f32 = 0.28;

/// A curve without gaps, as it is drawn.
#[derive(Debug)]
struct Run {
    name: String,
    color: Color32,
    part: CurvePart,
    points: Vec<PlotPoint>,
}

/// A band without gaps, as it is drawn.
#[derive(Debug, Default)]
struct Band {
    color: Color32,
    xs: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

/// Part that a curve has in its chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum CurvePart {
    /// A curve like others.
    #[default]
    Line,
    /// The mean of some curves.
    Mean,
    /// One of these.
    Member,
    /// Lower end of their band; it is not drawn as a line.
    Low,
    /// Upper end of it, which follows the lower one.
    High,
}

/// Way in which a curve is drawn, whatever its points are.
#[derive(Clone, Debug, Default)]
struct Face {
    /// Name of the series by which it is hidden and shown.
    series: String,
    color: Color32,
    keep_raw: bool,
    part: CurvePart,
}

/// Key of the drawn numbers: how they are to be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DrawnKey {
    pub(super) revision: u64,
    pub(super) log_x: bool,
    pub(super) log_y: bool,
    pub(super) smoothing: CurveSmoothing,
    pub(super) hidden: Vec<String>,
    /// Ends of what is in sight, as they are drawn.
    pub(super) x_range: Option<[f64; 2]>,
    pub(super) n_columns: usize,
}

/// One curve with what was made of it.
#[derive(Debug, Default)]
struct Made {
    face: Face,
    raw: Curve,
    /// With gaps where a log axis shows nothing; made only where there is such a place.
    positive: Option<Curve>,
    smoothed: Option<Smoothed>,
}

#[derive(Debug)]
struct Smoothed {
    smoothing: CurveSmoothing,
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
    bands: Vec<Band>,
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
            let Some(made) = self.made.get_mut(at).filter(|made| made.is_due(&self.key)) else {
                continue;
            };
            if left == 0 && made.looks_at_points(&self.key) {
                is_more = true;
                self.next = at;
                break;
            }
            if made.looks_at_points(&self.key) {
                left = left.saturating_sub(made.raw.len());
            }
            made.catch_up(&self.key);
            is_changed = true;
        }
        if is_changed {
            self.draw();
        }
        is_more
    }

    /// New numbers: what was made of a curve that was there before stays.
    fn take(&mut self, data: &ChartData) {
        let mut before = std::mem::take(&mut self.made);
        self.made = faces(data)
            .into_iter()
            .map(|(face, curve)| {
                let known = before.iter().position(|made| made.raw.is_same(curve));
                match known {
                    Some(at) => Made {
                        face,
                        ..before.swap_remove(at)
                    },
                    None => Made {
                        face,
                        raw: curve.clone(),
                        ..Made::default()
                    },
                }
            })
            .collect();
        self.next = 0;
    }

    /// Curves behind means, then bands, then all other curves.
    fn draw(&mut self) {
        self.runs.clear();
        self.bands.clear();
        self.n_not_positive = 0;
        let key = &self.key;
        let shown = self.made.iter();
        let shown: Vec<&Made> = shown
            .filter(|made| !key.hidden.contains(&made.face.series))
            .collect();
        for pair in shown.windows(2) {
            if let [low, high] = pair
                && (low.face.part, high.face.part) == (CurvePart::Low, CurvePart::High)
            {
                self.bands.extend(bands(key, low, high));
            }
        }
        let (behind, before): (Vec<&Made>, Vec<&Made>) = shown
            .into_iter()
            .filter(|made| !matches!(made.face.part, CurvePart::Low | CurvePart::High))
            .partition(|made| made.face.part == CurvePart::Member);
        for made in behind.into_iter().chain(before) {
            self.n_not_positive += made.draw(key, &mut self.runs);
        }
        let mut all = Rect::NOTHING;
        for point in self.runs.iter().flat_map(|run| &run.points) {
            all.extend_with(pos2(point.x as f32, point.y as f32));
        }
        self.extent = all.size().max(Vec2::ZERO);
    }

    /// Paints them, the one under the pointer with a thicker line.
    pub(super) fn paint<'a>(&'a self, plot: &mut PlotUi<'a>, pointed: Option<&str>) {
        for band in &self.bands {
            let area = FilledArea::new("band", &band.xs, &band.low, &band.high)
                .fill_color(band.color)
                .allow_hover(false);
            plot.add(area);
        }
        for run in &self.runs {
            let is_pointed = pointed == Some(run.name.as_str());
            let width = match run.part {
                CurvePart::Member => MEMBER,
                CurvePart::Mean => MEAN,
                CurvePart::Line | CurvePart::Low | CurvePart::High => 1.0,
            };
            let times = if is_pointed {
                POINTED.max(width)
            } else {
                width
            };
            if run.points.len() > 1 {
                let line = Line::new(run.name.clone(), run.points.as_slice())
                    .color(run.color)
                    .width(size::LINE * times);
                plot.line(line.allow_band(false).allow_hover(false));
            }
            // Alone, a point is no line.
            let has_dots = run.part != CurvePart::Member || run.points.len() == 1;
            if has_dots && run.points.len() <= DOTS {
                let dots = Points::new(run.name.clone(), run.points.as_slice())
                    .color(run.color)
                    .radius(2.2);
                plot.points(dots.allow_hover(false));
            }
        }
    }
}

/// Every curve of a chart with the way in which it is drawn.
fn faces(data: &ChartData) -> Vec<(Face, &Curve)> {
    let mut faces = Vec::new();
    for series in &data.series {
        let groups = data.groups.iter();
        let group = groups.clone().find(|group| group.of == series.name);
        let part = group.map_or(CurvePart::Line, |_| CurvePart::Mean);
        faces.push((Face::of(series, series, part), &series.points));
        let Some(SeriesGroup { mean, members, .. }) = group else {
            continue;
        };
        faces.push((Face::of(series, series, CurvePart::Low), &mean.low));
        faces.push((Face::of(series, series, CurvePart::High), &mean.high));
        for member in members {
            faces.push((Face::of(series, member, CurvePart::Member), &member.points));
        }
    }
    faces
}

impl Face {
    /// Face of a curve that is shown with `series`.
    fn of(series: &ChartSeries, curve: &ChartSeries, part: CurvePart) -> Self {
        Self {
            series: series.name.clone(),
            color: curve.color,
            // Smoothed, the curves behind a smooth mean would hide what it is the mean of.
            keep_raw: series.keep_raw || part == CurvePart::Member,
            part,
        }
    }

    /// Way in which the curve is to be smoothed.
    fn smoothing(&self, key: &DrawnKey) -> CurveSmoothing {
        if self.keep_raw {
            CurveSmoothing::Off
        } else {
            key.smoothing
        }
    }
}

/// The band between two curves of the same x, cut where one of them has no number.
fn bands(key: &DrawnKey, low: &Made, high: &Made) -> Vec<Band> {
    let mut xs: Vec<f64> = [low, high]
        .iter()
        .flat_map(|made| key.worth_drawing(made.shown(key).curve, key.n_columns))
        .map(|point| point[0])
        .collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let ends = xs.into_iter().map(|x| {
        let y = |made: &Made| made.shown(key).y_at(x, key);
        [if key.log_x { log10(x) } else { x }, y(low), y(high)]
    });
    let ends: Vec<[f64; 3]> = ends.collect();
    ends.split(|ends| !ends.iter().all(|end| end.is_finite()))
        .filter(|run| run.len() > 1)
        .map(|run| Band {
            color: low.face.color.gamma_multiply(BAND_SHARE),
            xs: run.iter().map(|ends| ends[0]).collect(),
            low: run.iter().map(|ends| ends[1]).collect(),
            high: run.iter().map(|ends| ends[2]).collect(),
        })
        .collect()
}

/// A curve in the form in which it is shown.
struct ShownCurve<'a> {
    curve: &'a Curve,
    /// Whether its numbers are logarithms already.
    is_log: bool,
}

impl ShownCurve<'_> {
    /// The number at an x, as it is drawn; NaN without one.
    fn y_at(&self, x: f64, key: &DrawnKey) -> f64 {
        let y = self.curve.value_at(x).unwrap_or(f64::NAN);
        if key.log_y && !self.is_log {
            log10(y)
        } else {
            y
        }
    }
}

impl Made {
    fn is_due(&self, key: &DrawnKey) -> bool {
        let smoothing = self.face.smoothing(key);
        let is_smoothing_due = match &self.smoothed {
            Some(smoothed) => smoothed.log_y != key.log_y || smoothed.smoothing != smoothing,
            None => smoothing != CurveSmoothing::Off,
        };
        self.lacks_positive(key) || is_smoothing_due
    }

    /// Whether catching up is more than to forget a smoothed curve.
    fn looks_at_points(&self, key: &DrawnKey) -> bool {
        self.lacks_positive(key) || self.face.smoothing(key) != CurveSmoothing::Off
    }

    fn lacks_positive(&self, key: &DrawnKey) -> bool {
        key.log_y && self.positive.is_none() && self.raw.n_not_positive() > 0
    }

    fn catch_up(&mut self, key: &DrawnKey) {
        if self.lacks_positive(key) {
            let positive: Vec<[f64; 2]> = self
                .raw
                .iter()
                .map(|p| [p[0], if p[1] > 0.0 { p[1] } else { f64::NAN }])
                .collect();
            self.positive = Some(positive.into());
        }
        let smoothing = self.face.smoothing(key);
        self.smoothed = (smoothing != CurveSmoothing::Off).then(|| {
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

    /// The smoothed curve, where it is made for the axis in use.
    fn smoothed(&self, key: &DrawnKey) -> Option<&Smoothed> {
        let smoothed = self.smoothed.as_ref();
        smoothed.filter(|smoothed| smoothed.log_y == key.log_y)
    }

    /// The curve as it was given, without what a log axis cannot show.
    fn raw(&self, key: &DrawnKey) -> &Curve {
        let positive = self.positive.as_ref().filter(|_| key.log_y);
        positive.unwrap_or(&self.raw)
    }

    /// The smoothed curve, or the raw one where there is none.
    fn shown(&self, key: &DrawnKey) -> ShownCurve<'_> {
        match self.smoothed(key) {
            Some(smoothed) => ShownCurve {
                curve: &smoothed.curve,
                is_log: smoothed.log_y,
            },
            None => ShownCurve {
                curve: self.raw(key),
                is_log: false,
            },
        }
    }

    /// Adds what is drawn of it. Returns how many of its numbers a log axis cannot show.
    fn draw(&self, key: &DrawnKey, runs: &mut Vec<Run>) -> usize {
        let smoothed = self.smoothed(key);
        // A smoothed curve has no spikes, and the raw one behind it is a shade: half the points
        // of each will do, so that both together cost a frame what the raw one did.
        let n_columns = key
            .n_columns
            .div_ceil(if smoothed.is_some() { 2 } else { 1 });
        let mut raw = key.in_sight(self.raw(key), n_columns);
        if key.log_y {
            for point in &mut raw {
                point[1] = log10(point[1]);
            }
        }
        let color = match self.face.part {
            CurvePart::Member => self.face.color.gamma_multiply(MEMBER_SHARE),
            CurvePart::Line | CurvePart::Mean | CurvePart::Low | CurvePart::High => self.face.color,
        };
        let raw_color = if smoothed.is_some() {
            color.gamma_multiply(RAW_SHARE)
        } else {
            color
        };
        add(runs, &self.face, raw_color, &raw);
        if let Some(smoothed) = smoothed {
            add(
                runs,
                &self.face,
                color,
                &key.in_sight(&smoothed.curve, n_columns),
            );
        }
        if key.log_y {
            self.raw.n_not_positive()
        } else {
            0
        }
    }
}

impl DrawnKey {
    /// Points of a curve that are worth drawing, at the x at which they are drawn.
    fn in_sight(&self, curve: &Curve, n_columns: usize) -> Vec<[f64; 2]> {
        let mut points = self.worth_drawing(curve, n_columns);
        if self.log_x {
            for point in &mut points {
                point[0] = point[0].log10();
            }
        }
        points
    }

    /// Every number of a curve that is in sight, as it is drawn.
    pub(super) fn numbers_in_sight(&self, curve: &Curve) -> Vec<f64> {
        let [from, to] = match self.x_range {
            None => [f64::NEG_INFINITY, f64::INFINITY],
            Some(range) if self.log_x => range.map(|x| 10_f64.powf(x)),
            Some(range) => range,
        };
        let start = curve.partition_point(|point| point[0] < from);
        let end = curve.partition_point(|point| point[0] <= to);
        let in_sight = curve.get(start..end).unwrap_or_default().iter();
        let numbers = in_sight.map(|point| {
            if self.log_y {
                log10(point[1])
            } else {
                point[1]
            }
        });
        numbers.collect()
    }

    /// Points of a curve that are worth drawing, at their own x.
    fn worth_drawing(&self, curve: &Curve, n_columns: usize) -> Vec<[f64; 2]> {
        let x_range = self.x_range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        if self.log_x {
            curve.thinned_by_decades(x_range.map(|x| 10_f64.powf(x)), n_columns)
        } else {
            curve.thinned(x_range, n_columns)
        }
    }
}

/// The logarithm, and no number where there is none.
fn log10(value: f64) -> f64 {
    if value > 0.0 { value.log10() } else { f64::NAN }
}

/// Adds a curve, cut where it has no number.
fn add(runs: &mut Vec<Run>, face: &Face, color: Color32, points: &[[f64; 2]]) {
    for run in points
        .split(|p| !p[1].is_finite())
        .filter(|run| !run.is_empty())
    {
        let points = run.iter().map(|p| PlotPoint::new(p[0], p[1])).collect();
        runs.push(Run {
            name: face.series.clone(),
            color,
            part: face.part,
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
                CurveSmoothing::Average(smoothing)
            } else {
                CurveSmoothing::Off
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

    #[test]
    fn a_mean_is_drawn_over_its_band_and_that_over_the_curves_it_is_of() {
        use seqscope_engine::run::{CurveAxis, SeedMean};
        let curve = |to: i32, times: f64| {
            (0..to)
                .map(|x| [f64::from(x), times * (2.0 + f64::from(x % 3))])
                .collect::<Vec<_>>()
        };
        let member = |name: &str, points: Vec<[f64; 2]>| ChartSeries {
            name: name.to_owned(),
            color: Color32::WHITE,
            points: points.into(),
            keep_raw: false,
        };
        let members = vec![member("a", curve(200, 1.0)), member("b", curve(120, 3.0))];
        let curves: Vec<Curve> = members.iter().map(|m| m.points.clone()).collect();
        let mean = SeedMean::along(CurveAxis::Epoch, &curves);
        let data = ChartData {
            series: vec![ChartSeries {
                name: "mean".to_owned(),
                color: Color32::WHITE,
                points: mean.mean.clone(),
                keep_raw: false,
            }],
            groups: vec![SeriesGroup {
                of: "mean".to_owned(),
                member: "seed",
                mean,
                members,
            }],
            ..ChartData::default()
        };
        let mut drawn = DrawnCurves::default();
        for (log_y, smoothing) in [(false, 0.0), (true, 0.0), (true, 0.9), (false, 0.9)] {
            let key = DrawnKey {
                log_y,
                ..key(1, smoothing)
            };
            assert!(!drawn.refresh(&data, key));
            let parts: Vec<CurvePart> = drawn.runs.iter().map(|run| run.part).collect();
            assert_eq!(
                parts[..3],
                [CurvePart::Member, CurvePart::Member, CurvePart::Mean]
            );
            let [band] = drawn.bands.as_slice() else {
                panic!("one band: {}", drawn.bands.len())
            };
            assert_eq!(band.xs.len(), 200);
            // The drawn mean, smoothed or not, lies in the band that is drawn.
            let mean = &drawn.runs.last().unwrap().points;
            for (at, point) in mean.iter().enumerate() {
                let (low, high) = (band.low[at] - 1e-9, band.high[at] + 1e-9);
                assert!(
                    low <= point.y && point.y <= high,
                    "{at}: {low} {} {high}",
                    point.y
                );
            }
        }
        let hidden = DrawnKey {
            hidden: vec!["mean".to_owned()],
            ..key(1, 0.0)
        };
        drawn.refresh(&data, hidden);
        assert!(drawn.runs.is_empty() && drawn.bands.is_empty());
    }
}
