//! The users of one slice beside everyone, for each run.

use super::{CellValue, ReportCell, ReportColumn, ReportTable};
use crate::run::{RunId, UserMean};
use seqscope_base::metric::Metric;
use seqscope_base::spec::Entry as _;

/// One run's figures over a slice and over everyone.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceBeside {
    /// Name of the run.
    pub id: RunId,
    /// Users of the slice; `None` where none of them was asked.
    pub slice: Option<UserMean>,
    /// All users who were asked.
    pub everyone: Option<UserMean>,
}

/// Each run over the users of a slice and over everyone.
#[must_use]
pub fn beside_everyone(runs: &[SliceBeside], metric: Metric) -> ReportTable {
    let columns = [
        ReportColumn::words("run", "Run"),
        ReportColumn::numbers("users", "Users"),
        ReportColumn::numbers("slice", "Slice"),
        ReportColumn::intervals("slice_interval", "95 % interval"),
        ReportColumn::numbers("everyone", "Everyone"),
        ReportColumn::intervals("everyone_interval", "95 % interval"),
    ];
    let title = format!("{} of the slice beside everyone", metric.title());
    let mut table = ReportTable::new("slice", title, columns);
    for run in runs {
        let users = run.slice.map(|mean| CellValue::Count(mean.n_users));
        let front: [ReportCell; 2] = [CellValue::Run(run.id.clone()).into(), users.into()];
        table.row(
            front
                .into_iter()
                .chain(cells(run.slice))
                .chain(cells(run.everyone)),
        );
    }
    table
}

fn cells(mean: Option<UserMean>) -> [ReportCell; 2] {
    [
        mean.map(|mean| CellValue::Metric(mean.value)).into(),
        mean.and_then(|mean| mean.interval)
            .map(CellValue::Interval)
            .into(),
    ]
}
