//! Looks of a run's heads on the whole, as tables.

use super::{CellValue, ReportCell, ReportColumn, ReportTable};
use crate::explain::{MeanAttention, UserSpread};
use seqscope_base::spec::counted;

/// Tables of what the heads look at by place, by the distance from the last event and, where the log
/// has behaviours, by behaviour.
#[must_use]
pub fn heads_tables(of: &MeanAttention) -> Vec<ReportTable> {
    let mut tables = vec![by_place(of), by_distance(of)];
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

/// A row a head and distance: a run of 500 events has too many for columns.
fn by_distance(of: &MeanAttention) -> ReportTable {
    let columns = [
        ReportColumn::numbers("distance", "Distance")
            .help("Events between this one and the last; 0 is the last event"),
        ReportColumn::numbers("users", "Users").help("Users whose history has an event there"),
        ReportColumn::numbers("share", "Share")
            .help("Share of the weight on that event, mean over those users"),
        ReportColumn::numbers("deviation", "Deviation")
            .help("Standard deviation of that share over those users"),
        ReportColumn::numbers("even", "Even").help("Share if all events got the same weight"),
    ];
    let title = "What the heads look at, by distance from the last event";
    let mut table = heads(of, "distances", title, columns.to_vec());
    for head in &of.heads {
        let rows = head.by_distance.iter().zip(&of.distances).enumerate();
        for (distance, (share, users)) in rows {
            let [mean, deviation] = spread(share);
            let even = CellValue::Probability(users.even).into();
            let first = [head.layer + 1, head.head + 1, distance, share.n_users];
            let first = first.map(|n| ReportCell::from(CellValue::Count(n)));
            table.row(first.into_iter().chain([mean, deviation, even]));
        }
    }
    table
}

/// Cells of a mean and of the deviation, which fewer than two users have not.
fn spread(of: &UserSpread) -> [ReportCell; 2] {
    let known = of.deviation.is_finite();
    let deviation = known.then_some(CellValue::Probability(of.deviation));
    [CellValue::Probability(of.mean).into(), deviation.into()]
}

fn by_behaviour(of: &MeanAttention) -> ReportTable {
    let columns = of.behaviours.iter().flat_map(|name| {
        [
            ReportColumn::numbers(name.as_str(), name.as_str()),
            ReportColumn::numbers(format!("{name} deviation"), "±")
                .help("Standard deviation of the share over the users")
                .detail(),
        ]
    });
    let title = "What the heads look at, by behaviour";
    let mut table = heads(of, "behaviours", title, columns.collect());
    for head in &of.heads {
        let shares = head.by_behaviour.iter().flat_map(|share| {
            let deviation = share.deviation.is_finite();
            let deviation = deviation.then_some(CellValue::Share(share.deviation));
            [
                CellValue::Share(share.mean),
                deviation.unwrap_or(CellValue::Unknown),
            ]
        });
        let first = [
            CellValue::Count(head.layer + 1),
            CellValue::Count(head.head + 1),
        ];
        table.row(first.into_iter().chain(shares).map(Into::into));
    }
    let even = of.even_by_behaviour.iter();
    let even = even.flat_map(|share| [CellValue::Share(*share), CellValue::Empty]);
    let name = CellValue::Text("even".to_owned());
    let row = [name, CellValue::Empty].into_iter().chain(even);
    table.row(row.map(Into::into));
    table.notes = vec!["`even` is the share of the events themselves.".to_owned()];
    table
}
