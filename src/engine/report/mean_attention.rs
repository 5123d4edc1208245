//! Looks of a run's heads on the whole, as tables.

use super::{CellValue, ReportColumn, ReportTable};
use crate::explain::MeanAttention;
use seqscope_base::spec::counted;

/// Tables of what the heads look at by place and, where the log has behaviours, by behaviour.
#[must_use]
pub fn heads_tables(of: &MeanAttention) -> Vec<ReportTable> {
    let mut tables = vec![by_place(of)];
    if !of.behaviours.is_empty() {
        tables.push(by_behaviour(of));
    }
    tables
}

fn heads(of: &MeanAttention, key: &str, title: &str, columns: Vec<ReportColumn>) -> ReportTable {
    let layer_and_head = [
        ReportColumn::numbers("layer", "Layer"),
        ReportColumn::numbers("head", "Head"),
    ];
    let mut table = ReportTable::new(key, title, layer_and_head.into_iter().chain(columns));
    table.lead = vec![format!(
        "Shares of the weight in the answers after the last event, mean over {}.",
        counted(of.n_users, "user")
    )];
    table
}

fn by_place(of: &MeanAttention) -> ReportTable {
    let evenness = ReportColumn::numbers("evenness", "Evenness").help(
        "Entropy of the weights over that of even ones: 0 where one event gets all, 1 where all \
         get the same",
    );
    let places = of.places.iter().map(|place| {
        ReportColumn::numbers(format!("back_{place}"), place.as_str())
            .help("Events back from the answer; 1 is the last event")
    });
    let columns = std::iter::once(evenness).chain(places).collect();
    let mut table = heads(
        of,
        "places",
        "What the heads look at, by events back",
        columns,
    );
    for head in &of.heads {
        let evenness = CellValue::Decimals {
            value: head.evenness,
            digits: 2,
        };
        let shares = head.by_place.iter().map(|share| CellValue::Share(*share));
        let first = [
            CellValue::Count(head.layer + 1),
            CellValue::Count(head.head + 1),
            evenness,
        ];
        table.row(first.into_iter().chain(shares).map(Into::into));
    }
    table
}

fn by_behaviour(of: &MeanAttention) -> ReportTable {
    let columns = of
        .behaviours
        .iter()
        .map(|name| ReportColumn::numbers(name.as_str(), name.as_str()));
    let title = "What the heads look at, by behaviour";
    let mut table = heads(of, "behaviours", title, columns.collect());
    for head in &of.heads {
        let shares = head
            .by_behaviour
            .iter()
            .map(|share| CellValue::Share(*share));
        let first = [
            CellValue::Count(head.layer + 1),
            CellValue::Count(head.head + 1),
        ];
        table.row(first.into_iter().chain(shares).map(Into::into));
    }
    let even = of
        .even_by_behaviour
        .iter()
        .map(|share| CellValue::Share(*share));
    let name = CellValue::Text("even".to_owned());
    let row = [name, CellValue::Empty].into_iter().chain(even);
    table.row(row.map(Into::into));
    table.notes = vec!["`even` is the share of the events themselves.".to_owned()];
    table
}
