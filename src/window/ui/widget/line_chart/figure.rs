//! A chart as a figure for print: the axes, the part in sight and the smoothing that are shown.

use super::{ChartSeries, LineChart, SeriesGroup, legend};
use crate::ui::theme;
use seqscope_engine::figure::{
    CurveFigure, CurveSmoothing, FigureAxis, FigureBody, FigureFlag, FigureLevel, FigureSeries,
    PrintFigure, SeriesForm,
};

/// Curves with at most so many points show each as a dot.
const DOTS: usize = 60;

impl LineChart {
    /// The chart as it is shown.
    pub(super) fn figure(&self) -> PrintFigure {
        let data = &self.data;
        let is_hidden = |name: &str| self.hidden.contains(name);
        let mut drawn = CurveFigure {
            x: FigureAxis {
                label: data.x_label.clone(),
                is_log: self.log.x,
                is_whole: true,
                range: self.in_sight(0, self.log.x),
                ..FigureAxis::default()
            },
            y: FigureAxis {
                label: data.y_label.clone(),
                is_log: self.log.y,
                from_zero: data.from_zero,
                range: self.in_sight(1, self.log.y),
                ..FigureAxis::default()
            },
            ..CurveFigure::default()
        };
        for series in data.series.iter().filter(|series| !is_hidden(&series.name)) {
            let group = data.groups.iter().find(|group| group.of == series.name);
            self.series_onto(&mut drawn, series, group);
        }
        if !is_hidden(legend::REFERENCES) {
            let levels = data.references.iter().map(|reference| FigureLevel {
                name: reference.name.clone(),
                value: reference.value,
            });
            drawn.levels = levels.collect();
        }
        let flags = data.flags.iter().map(|flag| FigureFlag {
            at: flag.at,
            text: flag.text.clone(),
        });
        drawn.flags = flags.collect();
        let smoothed = match self.smoothing.smoothing() {
            CurveSmoothing::Off => None,
            CurveSmoothing::Average(weight) => Some(format!(
                "Smoothed by a moving average of weight {weight:.2}; the raw curves lie pale behind."
            )),
            CurveSmoothing::Gaussian(bandwidth) => Some(format!(
                "Smoothed by a Gaussian of {bandwidth:.1} mean spacings; the raw curves lie pale behind."
            )),
        };
        PrintFigure {
            title: self.title.to_owned(),
            caption: smoothed.into_iter().collect(),
            body: FigureBody::Curves(drawn),
        }
    }

    /// The part of an axis that a person has chosen.
    fn in_sight(&self, at: usize, is_log: bool) -> Option<[f64; 2]> {
        let bounds = self.sight?.get(at).copied()?;
        Some(if is_log {
            bounds.map(|end| 10_f64.powf(end))
        } else {
            bounds
        })
    }

    fn series_onto(
        &self,
        drawn: &mut CurveFigure,
        series: &ChartSeries,
        group: Option<&SeriesGroup>,
    ) {
        let color = theme::figure_color(series.color);
        let pale = |series: &ChartSeries| FigureSeries {
            color,
            form: SeriesForm::Pale,
            points: series.points.to_vec(),
            ..FigureSeries::default()
        };
        let smoothing = if series.keep_raw {
            CurveSmoothing::Off
        } else {
            self.smoothing.smoothing()
        };
        let members = group.map_or(&[][..], |group| &group.members);
        drawn.series.extend(members.iter().map(pale));
        if smoothing != CurveSmoothing::Off {
            drawn.series.push(pale(series));
        }
        let band = group.map_or_else(Vec::new, |group| {
            let ends = group.mean.low.iter().zip(group.mean.high.iter());
            ends.map(|(low, high)| [low[0], low[1], high[1]]).collect()
        });
        drawn.series.push(FigureSeries {
            name: series.name.clone(),
            color,
            form: if series.points.len() <= DOTS {
                SeriesForm::Marked
            } else {
                SeriesForm::Line
            },
            points: smoothing.of(&series.points),
            band,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widget::line_chart::{ChartData, Reference};
    use egui::Color32;

    #[test]
    fn a_figure_has_what_is_shown_and_nothing_that_is_hidden() {
        let series = |name: &str| ChartSeries {
            name: name.to_owned(),
            color: Color32::from_rgb(0x56, 0xb4, 0xe9),
            points: vec![[1.0, 2.0], [2.0, 4.0]].into(),
            keep_raw: true,
        };
        let mut chart = LineChart::new("Loss");
        chart.set(ChartData {
            x_label: "Epoch".to_owned(),
            y_label: "Loss (nats an event)".to_owned(),
            series: vec![series("a"), series("b")],
            references: vec![Reference {
                name: "Popularity".to_owned(),
                value: 3.0,
            }],
            ..ChartData::default()
        });
        chart.hidden.insert("b".to_owned());
        chart.log.y = true;
        chart.sight = Some([[0.0, 3.0], [-1.0, 1.0]]);
        let FigureBody::Curves(drawn) = chart.figure().body else {
            panic!("curves")
        };
        let names: Vec<&str> = drawn.series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["a"]);
        assert_eq!(drawn.series[0].points, [[1.0, 2.0], [2.0, 4.0]]);
        assert_eq!(drawn.levels.len(), 1);
        // What is in sight of a logarithmic axis are the logarithms of its ends.
        assert_eq!(drawn.x.range, Some([0.0, 3.0]));
        let [low, high] = drawn.y.range.unwrap();
        assert!((low - 0.1).abs() < 1e-12 && (high - 10.0).abs() < 1e-12);
        // The colour of a dark window is that of the same hue on paper.
        let blue = seqscope_engine::figure::FigureColor::of_series(0);
        assert_eq!(drawn.series[0].color, blue);
    }
}
