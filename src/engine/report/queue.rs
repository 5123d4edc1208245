//! The queue: what waits to be trained, and what became of the rest.

use super::{CellValue, ReportCell, ReportColumn, ReportTable};
use crate::run::{Queue, QueueEntry, QueueState};

/// Every entry of a queue, in the order in which they are worked off.
#[must_use]
pub fn queue_table(queue: &Queue) -> ReportTable {
    let columns = [
        ReportColumn::numbers("number", "Entry"),
        ReportColumn::words("name", "Experiment"),
        ReportColumn::words("model", "Model"),
        ReportColumn::numbers("seed", "Seed"),
        ReportColumn::words("status", "Status"),
        ReportColumn::words("run", "Run").help("Folder of the run that it has come to"),
        ReportColumn::words("note", "Note").help("Why it failed"),
    ];
    let mut table = ReportTable::new("queue", "", columns);
    for entry in &queue.entries {
        table.row(cells(entry));
    }
    table
}

fn cells(entry: &QueueEntry) -> [ReportCell; 7] {
    let experiment = entry.work.experiment();
    let run = match entry.run() {
        Some(run) => CellValue::Run(run.clone()).into(),
        None => ReportCell::empty(),
    };
    let note = match &entry.state {
        QueueState::Failed { sentence, .. } => ReportCell::from(sentence.as_str()),
        QueueState::Waiting
        | QueueState::Running { .. }
        | QueueState::Paused { .. }
        | QueueState::Finished { .. }
        | QueueState::Cancelled { .. } => ReportCell::empty(),
    };
    [
        whole(entry.number),
        ReportCell::from(experiment.name.as_str()).of_data(),
        experiment.model.family().title().into(),
        whole(experiment.seed),
        entry.word().into(),
        run,
        note,
    ]
}

/// A number that counts nothing, so that no space stands among its digits.
fn whole(number: u64) -> ReportCell {
    ReportCell::from(number.to_string().as_str()).of_data()
}
