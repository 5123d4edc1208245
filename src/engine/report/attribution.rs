//! One answer attributed to the events of its history, as tables.

use super::{CellValue, ItemNames, ReportCell, ReportColumn, ReportTable, words};
use crate::explain::{AnswerAttribution, AttributionMethod, DeletionOrder, TargetAnswer};
use seqscope_base::spec::counted;

/// The tables of one explained answer: the events with every method's values, how far the methods
/// agree, how the probability falls as events go, and the areas under those curves.
#[must_use]
pub fn attribution_tables(of: &AnswerAttribution, names: ItemNames<'_>) -> Vec<ReportTable> {
    vec![
        events_table(of, names),
        agreement_table(of),
        deletion_table(of),
        areas_table(of),
    ]
}

fn events_table(of: &AnswerAttribution, names: ItemNames<'_>) -> ReportTable {
    let has_titles = names.have_titles(of.items.iter().copied());
    let title = has_titles.then(|| ReportColumn::words("title", "Title"));
    let columns = [
        ReportColumn::numbers("event", "Event").help("Number in the user's history, from 1"),
        ReportColumn::words("item", "Item"),
    ];
    let methods = of.values.iter().map(|values| {
        ReportColumn::numbers(values.method.key(), values.method.title()).help(values.method.help())
    });
    let rank = ReportColumn::numbers("rank_without", "Rank without")
        .help("Rank of the target without the event, among the items that are ranked with it");
    let columns = columns
        .into_iter()
        .chain(title)
        .chain(methods)
        .chain([rank]);
    let mut table = ReportTable::new("events", "What moved the answer", columns);
    table.lead = vec![answer_words(of, names.label), of.verdict.sentence.clone()];
    for (at, &item) in of.items.iter().enumerate() {
        let values = of.values.iter().map(|values| {
            let value = values.values.get(at).copied().unwrap_or(f64::NAN);
            CellValue::Decimals { value, digits: 4 }.into()
        });
        let without = of.without.get(at).map_or_else(ReportCell::empty, rank_cell);
        let event = [
            CellValue::Count(of.first + at + 1).into(),
            ReportCell::from((names.id)(item)).of_data(),
        ];
        let title = has_titles.then(|| ReportCell::from((names.label)(item)).of_data());
        let event = event.into_iter().chain(title);
        table.row(event.chain(values).chain([without]));
    }
    table.notes = event_notes(of);
    table
}

/// The target, its probability and its rank, in a sentence.
fn answer_words(of: &AnswerAttribution, label: &dyn Fn(u32) -> String) -> String {
    let (target, probability) = (
        label(of.target),
        words::probability(of.answer.probability()),
    );
    let rank = if of.answer.rank.is_infinite() {
        "left out, since the user already had it".to_owned()
    } else {
        format!("rank {}", words::number(of.answer.rank))
    };
    format!("`{target}` has probability {probability} over all items and {rank}.")
}

fn event_notes(of: &AnswerAttribution) -> Vec<String> {
    let mut notes = Vec::new();
    if of.n_older > 0 {
        notes.push(format!(
            "{} are read and stay where they are; only the latest are explained.",
            counted(of.n_older, "older event")
        ));
    }
    if of.has_features {
        let sentence = "Where an event is removed, the features of the others are worked out as if \
                        it had never been: a gap is measured anew.";
        notes.push(sentence.to_owned());
    }
    if of.n_unread > 0 {
        notes.push(format!(
            "The model has no room for {}; none of them moves up when a later one is removed, as \
             it does where an edit deletes one.",
            counted(of.n_unread, "older event")
        ));
    }
    if let Some(path) = of.path {
        notes.push(format!(
            "Integrated gradients take {} and miss their sum by {} nats; with no item at all the \
             target would have probability {}.",
            counted(path.n_steps, "step"),
            words::decimals(path.gap, 4),
            words::probability(path.baseline.exp())
        ));
    }
    let lacking = of.lacking.iter();
    notes.extend(lacking.map(|(method, why)| format!("{}: {}", method.title(), why.0)));
    notes
}

fn rank_cell(answer: &TargetAnswer) -> ReportCell {
    if answer.rank.is_infinite() {
        "left out".into()
    } else {
        CellValue::Number(answer.rank).into()
    }
}

fn agreement_table(of: &AnswerAttribution) -> ReportTable {
    let columns = [
        ReportColumn::words("method", "Method"),
        ReportColumn::words("other", "Other"),
        ReportColumn::numbers("spearman", "Spearman's ρ")
            .help("Rank correlation of the sizes of both methods' values over the events"),
        ReportColumn::numbers("kendall", "Kendall's τ")
            .help("τ_b: pairs of events in the same order less those in opposite ones"),
    ];
    let mut table = ReportTable::new("agreement", "Agreement of the methods", columns);
    for found in &of.agreements {
        let [method, other] = found.methods.map(AttributionMethod::title);
        table.row([
            method.into(),
            other.into(),
            correlation(found.spearman),
            correlation(found.kendall),
        ]);
    }
    table
}

fn correlation(value: Option<f64>) -> ReportCell {
    match value {
        Some(value) => CellValue::Decimals { value, digits: 2 }.into(),
        None => ReportCell::unknown_because("One side gives every event the same, or no number"),
    }
}

fn deletion_table(of: &AnswerAttribution) -> ReportTable {
    let removed = ReportColumn::numbers("removed", "Removed")
        .help("Number of events taken out of the history, the most important first");
    let orders = of
        .curves
        .iter()
        .map(|curve| ReportColumn::numbers(curve.order.key(), curve.order.title()));
    let columns = std::iter::once(removed).chain(orders);
    let title = "Probability of the target as events go";
    let mut table = ReportTable::new("deletion", title, columns);
    let stops = of.curves.first().map_or(&[][..], |curve| &curve.points);
    for (at, (n, _)) in stops.iter().enumerate() {
        let falls = of.curves.iter().map(|curve| {
            let value = curve.points.get(at).map_or(f64::NAN, |(_, value)| *value);
            CellValue::Probability(value).into()
        });
        table.row(std::iter::once(CellValue::Count(*n).into()).chain(falls));
    }
    table
}

fn areas_table(of: &AnswerAttribution) -> ReportTable {
    let columns = [
        ReportColumn::words("order", "Order"),
        ReportColumn::numbers("area", "Mean probability")
            .help("Area under the curve: the less, the sooner the probability fell"),
        ReportColumn::numbers("beaten", "Faster than random")
            .help("Random orders in which the probability fell more slowly"),
    ];
    let mut table = ReportTable::new("areas", "How fast the probability falls", columns);
    let n_random = of.random_areas.len();
    for curve in &of.curves {
        let slower = |area: &&f64| curve.area < **area;
        let beaten = of.random_areas.iter().filter(slower).count();
        table.row([
            curve.order.title().into(),
            CellValue::Probability(curve.area).into(),
            match curve.order {
                DeletionOrder::By(_) => format!("{beaten} of {n_random}").into(),
                DeletionOrder::Random => ReportCell::empty(),
            },
        ]);
    }
    table
}
