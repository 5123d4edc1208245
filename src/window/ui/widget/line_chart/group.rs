//! Series that are the mean of several curves: with their band, and the curves thin behind them.

use super::{ChartData, ChartSeries, tick};
use crate::ui::text;
use seqscope_engine::run::{Curve, SeedMean};

/// Band and members of a series that is their mean.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesGroup {
    /// Name of the series that is the mean.
    pub of: String,
    /// Word for one member, such as `seed`.
    pub member: &'static str,
    /// Mean, band and number of those averaged at each x.
    pub mean: SeedMean,
    /// Curves of the members; they have no place in the legend.
    pub members: Vec<ChartSeries>,
}

impl SeriesGroup {
    /// The mean where all members have a number: elsewhere it may be high or low for want of the
    /// others alone.
    pub(crate) fn whole_mean(&self) -> Curve {
        let n_all = self.members.len() as f64;
        let points = self.mean.mean.iter().zip(self.mean.n.iter());
        let whole = points.filter(|(_, n)| n[1] >= n_all).map(|(mean, _)| *mean);
        whole.collect::<Vec<_>>().into()
    }

    /// Band and number of members at an x, in words: `0.12 to 0.15, 2 of 3 seeds`.
    pub(super) fn words_at(&self, x: f64) -> Option<String> {
        let [low, high, n] = [&self.mean.low, &self.mean.high, &self.mean.n]
            .map(|curve| curve.value_at(x).filter(|value| value.is_finite()));
        let (low, high, n) = (low?, high?, n? as usize);
        let all = text::counted(self.members.len(), self.member);
        let of = if n == self.members.len() {
            all
        } else {
            format!("{n} of {all}")
        };
        Some(format!("{} to {}, {of}", tick(low), tick(high)))
    }
}

/// Columns of a chart's table: each series, and behind a mean its band, the number of those
/// averaged, and each member.
pub(super) fn columns(data: &ChartData) -> Vec<Column<'_>> {
    let mut columns = Vec::new();
    for series in &data.series {
        columns.push(Column::new(series.name.clone(), &series.points));
        for group in data.groups.iter().filter(|group| group.of == series.name) {
            let SeedMean { low, high, n, .. } = &group.mean;
            let beside = [("lowest", low), ("highest", high), ("averaged", n)];
            let beside =
                beside.map(|(what, curve)| Column::new(format!("{}: {what}", series.name), curve));
            columns.extend(beside);
            let members = group.members.iter();
            columns.extend(members.map(|member| Column::new(member.name.clone(), &member.points)));
        }
    }
    columns
}

/// One column of a chart's table.
#[derive(Debug)]
pub(super) struct Column<'a> {
    /// Head of it.
    pub(super) name: String,
    /// Numbers in it.
    pub(super) points: &'a Curve,
}

impl<'a> Column<'a> {
    fn new(name: String, points: &'a Curve) -> Self {
        Self { name, points }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Color32;
    use seqscope_engine::run::CurveAxis;

    fn member(name: &str, points: Vec<[f64; 2]>) -> ChartSeries {
        ChartSeries {
            name: name.to_owned(),
            color: Color32::WHITE,
            points: points.into(),
            keep_raw: true,
        }
    }

    #[test]
    fn a_mean_tells_its_band_and_how_many_were_averaged() {
        let members = vec![
            member("a", vec![[1.0, 0.25], [2.0, 0.5]]),
            member("b", vec![[1.0, 0.75]]),
        ];
        let curves: Vec<Curve> = members.iter().map(|m| m.points.clone()).collect();
        let mean = SeedMean::along(CurveAxis::Epoch, &curves);
        let group = SeriesGroup {
            of: "mean".to_owned(),
            member: "seed",
            mean: mean.clone(),
            members,
        };
        let words = |x| group.words_at(x);
        assert_eq!(words(1.0).as_deref(), Some("0.25 to 0.75, 2 seeds"));
        assert_eq!(words(2.0).as_deref(), Some("0.5 to 0.5, 1 of 2 seeds"));
        assert_eq!(words(3.0), None);
        assert_eq!(group.whole_mean().to_vec(), [[1.0, 0.5]]);
        let data = ChartData {
            series: vec![member("other", vec![]), member("mean", mean.mean.to_vec())],
            groups: vec![group],
            ..ChartData::default()
        };
        let names: Vec<String> = columns(&data).into_iter().map(|c| c.name).collect();
        assert_eq!(
            names,
            [
                "other",
                "mean",
                "mean: lowest",
                "mean: highest",
                "mean: averaged",
                "a",
                "b"
            ]
        );
    }
}
