//! The two lists with their differences marked, and the attention after the edits.

use egui::{Color32, Grid, Label, RichText, Ui};

use super::Changed;
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use crate::ui::widget::bars::{Bar, bars};
use seqscope_engine::explain::{Change, Moved, Standing, WhatIfAnswer, asking_look};
use seqscope_model::AttentionMaps;

/// Events listed of what the model looked at.
const LOOKED_AT: usize = 6;

/// Least height of a row: both lists together fit on a small screen.
const ROW: f32 = 16.0;

/// Greatest width of a title: its numbers stay near it on a wide screen.
const WIDEST: f32 = 420.0;

/// Width of the columns beside the title.
const NARROW: f32 = 70.0;

/// Every item of either list in one table, and how far the two are apart.
pub(super) fn lists(ui: &mut Ui, changed: Changed<'_>, answer: &WhatIfAnswer) {
    ui.label(RichText::new(tr("Before and after")).strong())
        .on_hover_text(tr(
            "The likeliest next items, with probabilities over all items",
        ));
    let width = (ui.available_width() - 4.0 * NARROW - 50.0).clamp(90.0, WIDEST);
    Grid::new("before and after")
        .num_columns(5)
        .min_col_width(0.0)
        .min_row_height(ROW)
        .spacing([10.0, 2.0])
        .show(ui, |ui| {
            for heading in ["After", "", "Item", "Probability", "Before"] {
                ui.label(RichText::new(tr(heading)).small().weak());
            }
            ui.end_row();
            for moved in &answer.moves {
                row(ui, changed, moved, width);
                ui.end_row();
            }
        });
    ui.add_space(size::GAP_SMALL);
    let words = format!(
        "Total variation {}, Kullback–Leibler divergence {} nats",
        text::significant(answer.total_variation, 3),
        text::significant(answer.divergence, 3)
    );
    ui.add(Label::new(RichText::new(tr(words)).weak()).wrap())
        .on_hover_text(tr(
            "How far the distribution over all items after the edits is from the one before: total \
             variation is the share of probability that moved, from 0 to 1; the divergence is of \
             the distribution before from the one after",
        ));
}

fn row(ui: &mut Ui, changed: Changed<'_>, moved: &Moved, width: f32) {
    let colors = theme::colors(ui);
    let (mark, words, color) = mark(moved, colors);
    ui.label(place(moved.after));
    ui.label(RichText::new(tr(mark)).color(color))
        .on_hover_text(tr(words));
    let title = RichText::new(changed.title(moved.item_idx));
    let title = if moved.change == Change::Gone {
        title.strikethrough().weak()
    } else {
        title
    };
    ui.scope(|ui| {
        ui.set_width(width);
        ui.add(Label::new(title).truncate());
    });
    let (was, is) = (moved.before.probability, moved.after.probability);
    ui.label(format!("{} → {}", text::percent(was), text::percent(is)));
    ui.label(RichText::new(place(moved.before)).weak());
}

/// Mark of a change, its words and its colour.
fn mark(moved: &Moved, colors: &theme::Colors) -> (&'static str, &'static str, Color32) {
    match moved.change {
        Change::New => ("new", "Not in the list before", colors.accent),
        Change::Gone => ("gone", "No longer in the list", colors.error),
        Change::Up => ("▲ up", "Nearer to the top than before", colors.good),
        Change::Down => ("▼ down", "Further from the top than before", colors.warning),
        Change::Same => ("=", "At the same place as before", colors.weak),
    }
}

/// Place in the whole list; a dash for an item that the history has, where those are left out.
fn place(standing: Standing) -> String {
    standing.place.map_or_else(|| "–".to_owned(), text::count)
}

/// Events of the changed history that the model looked at most before what comes next.
pub(super) fn attention(
    ui: &mut Ui,
    changed: Changed<'_>,
    answer: &WhatIfAnswer,
    maps: &AttentionMaps,
) {
    let layer = maps.n_layers.saturating_sub(1);
    let words = format!(
        "After the edits, before what comes next; mean of layer {}",
        layer + 1
    );
    ui.label(RichText::new(tr("Looked at")).strong());
    ui.add(Label::new(RichText::new(tr(words)).weak()).truncate());
    let n_events = answer.events.len().saturating_sub(maps.first);
    let look = asking_look(maps, n_events.min(maps.len));
    let mut looked: Vec<(usize, f64)> = look.into_iter().enumerate().collect();
    looked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let bar = |(col, share): (usize, f64)| {
        let at = maps.first + col;
        let event = answer.events.get(at)?;
        Some(Bar {
            title: format!("{} {}", at + 1, changed.title(event.item_idx)),
            share: share as f32,
            is_true: event.from.is_none(),
        })
    };
    let rows: Vec<Bar> = looked.into_iter().take(LOOKED_AT).filter_map(bar).collect();
    bars(ui, &rows);
}
