//! A fine-tuned run against its parent, as a table.

use super::contrast::{p_cells, p_columns};
use super::{CellValue, ReportCell, ReportColumn, ReportTable, words};
use crate::run::{Part, TuningEffect, TuningGroup, TuningRow};
use seqscope_base::spec::Entry;

/// Before and after of each part, group of users and metric.
#[must_use]
pub fn tuning_table(effect: &TuningEffect) -> ReportTable {
    let columns = [
        ReportColumn::words("part", "Part").help("Part of the split whose questions were asked"),
        ReportColumn::words("group", "Users")
            .help("Users whose feedback was learnt from, and all others"),
        ReportColumn::numbers("users", "Number"),
        ReportColumn::words("metric", "Metric"),
        ReportColumn::numbers("before", "Before").help(format!(
            "{}, epoch {}",
            effect.lineage.parent, effect.lineage.epoch
        )),
        ReportColumn::numbers("after", "After").help(effect.run.0.clone()),
        ReportColumn::numbers("gain", "Change").help("Positive where better"),
        ReportColumn::intervals("gain_interval", "Interval")
            .help("95 % bootstrap interval of the change, the same users before and after"),
    ];
    let title = "Effect of fine-tuning on held-out events";
    let columns = columns.into_iter().chain(p_columns());
    let mut table = ReportTable::new("fine_tuning", title, columns);
    for row in &effect.rows {
        table.row(cells(row));
    }
    table.lead = effect.lineage.remarks();
    table.notes = notes(effect);
    table
}

/// Change of a group in a few words, such as `others: NDCG@10 −0.0010 (−0.0030 to 0.0010)`.
#[must_use]
pub fn tuning_words(row: &TuningRow) -> String {
    let contrast = &row.contrast;
    let interval = contrast.gain_interval.map_or_else(String::new, |interval| {
        format!(" ({})", words::interval(interval))
    });
    format!(
        "{}: {} {}{interval}",
        row.group,
        contrast.metric.title(),
        words::gain(contrast.gain)
    )
}

fn cells(row: &TuningRow) -> Vec<ReportCell> {
    let contrast = &row.contrast;
    let mut cells = vec![
        part_word(row.part).into(),
        row.group.to_string().into(),
        CellValue::Count(contrast.n_users).into(),
        contrast.metric.title().into(),
        CellValue::Metric(contrast.than).into(),
        CellValue::Metric(contrast.value).into(),
        CellValue::Gain(contrast.gain).into(),
        contrast.gain_interval.map(CellValue::Interval).into(),
    ];
    cells.extend(p_cells(contrast.paired.as_ref()));
    cells
}

fn part_word(part: Part) -> &'static str {
    match part {
        Part::Train => "training",
        Part::Valid => "validation",
        Part::Test => "test",
    }
}

/// What must be known of the rows.
fn notes(effect: &TuningEffect) -> Vec<String> {
    let primary = effect.rows.iter().filter(|row| row.part == Part::Test);
    let mut told: Vec<String> = Vec::new();
    let mut groups: Vec<TuningGroup> = Vec::new();
    for row in primary {
        // The first metric of a group is the one that runs are chosen by.
        if !groups.contains(&row.group) {
            groups.push(row.group);
            told.push(tuning_words(row));
        }
    }
    let mut notes = Vec::new();
    if !told.is_empty() {
        notes.push(format!("On test, {}.", told.join("; ")));
    }
    if !groups.contains(&TuningGroup::Gave) {
        notes.push(
            "No user who gave feedback is asked in test without having seen the answer, so nothing is \
             known of their test."
                .to_owned(),
        );
    }
    notes.push(
        "Validation chose the parent's epoch, and not the child's, which is its last: on validation \
         the parent is flattered a little."
            .to_owned(),
    );
    notes
}
