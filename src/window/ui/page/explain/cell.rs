//! The arithmetic of one attention weight, step by step, with the user's own numbers.

use egui::{Align, Grid, Label, Layout, RichText, Ui};

use super::ShownUser;
use super::awaited::Awaited;
use crate::app::{App, HeadIdx, HeadTermsAsk, Question};
use crate::ui::language::tr;
use crate::ui::{Actions, text};
use seqscope_engine::explain::CellArithmetic;
use seqscope_engine::run::RunId;
use seqscope_model::HeadTerms;

/// Numbers of a vector that are written out.
const WRITTEN: usize = 6;

/// Height of a line.
const LINE: f32 = 15.0;

/// Bias from which the mask speaks: what intervals add is far smaller.
const MASKED: f64 = -5e3;

/// A weight that is to be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChosenCell {
    pub(super) head: HeadIdx,
    /// Place of the looking event among those that are shown.
    pub(super) row: usize,
    /// Place of the event that is looked at.
    pub(super) col: usize,
}

/// Outcome of a frame of the card.
pub(super) struct CellCard {
    pub(super) is_closed: bool,
}

/// Paints how a weight comes about; asks for the head's terms where they are not here.
pub(super) fn ui(
    ui: &mut Ui,
    cell: ChosenCell,
    shown: &ShownUser<'_>,
    run: &RunId,
    app: &App,
    actions: &mut Actions,
) -> CellCard {
    let mut card = CellCard { is_closed: false };
    let Some(key) = app.selection.view_key(run) else {
        return card;
    };
    let ask = HeadTermsAsk {
        key,
        head: cell.head,
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr("How this weight comes about")).strong())
            .on_hover_text(tr(
                "softmax(q · k / √d + mask) (Vaswani et al. 2017, eq. 1)",
            ));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            card.is_closed = ui.small_button(tr("Close")).clicked();
        });
    });
    let awaited = Awaited {
        answers: app.views.head_terms(),
        ask,
        name: Question::HeadTerms,
        doing: "Asking for queries, keys and values",
    };
    if let Some(terms) = awaited.answer(ui, app, actions, |_| false) {
        steps(ui, cell, shown, terms);
    }
    card
}

fn steps(ui: &mut Ui, cell: ChosenCell, shown: &ShownUser<'_>, terms: &HeadTerms) {
    let Some(found) = CellArithmetic::of(terms, cell.row, cell.col) else {
        ui.weak(tr(
            "This cell lies outside what the model reads; click another.",
        ));
        return;
    };
    let name = |place: usize| shown.event_name(terms.first + place);
    let whose = format!("after {}, of {}", name(cell.row), name(cell.col));
    ui.add(Label::new(RichText::new(tr(whose)).small().weak()).truncate());
    let number = |value: f64| text::significant(value, 4);
    let bias = if found.bias < MASKED {
        "− 10⁴: hidden by the mask".to_owned()
    } else {
        format!("{} (mask and time between)", number(found.bias))
    };
    let lines = [
        (
            "query".to_owned(),
            vector(found.query.iter().map(|value| f64::from(*value))),
        ),
        (
            "key".to_owned(),
            vector(found.key.iter().map(|value| f64::from(*value))),
        ),
        ("query · key".to_owned(), number(found.product)),
        (format!("÷ √{}", terms.d_head), number(found.scaled)),
        ("+ bias".to_owned(), bias),
        (
            "e^(score − largest)".to_owned(),
            format!(
                "e^({} − {}) = {}",
                number(found.scaled + found.bias),
                number(found.largest),
                number(found.exponential)
            ),
        ),
        (
            "÷ sum of the row".to_owned(),
            format!(
                "{} ÷ {} = {}",
                number(found.exponential),
                number(found.sum),
                number(found.weight)
            ),
        ),
        (
            "× value".to_owned(),
            vector(
                found
                    .value
                    .iter()
                    .map(|value| found.weight * f64::from(*value)),
            ),
        ),
        (
            "all events together".to_owned(),
            vector(found.output.iter().copied()),
        ),
    ];
    // Lines close to each other: the timeline below needs the room.
    ui.spacing_mut().interact_size.y = LINE;
    Grid::new("arithmetic")
        .num_columns(2)
        .spacing([12.0, 0.0])
        .min_row_height(LINE)
        .show(ui, |ui| {
            for (what, value) in lines {
                ui.label(RichText::new(tr(what)).small().weak());
                ui.add(Label::new(RichText::new(tr(value)).small()).truncate());
                ui.end_row();
            }
        });
}

/// The first numbers of a vector.
fn vector(values: impl ExactSizeIterator<Item = f64>) -> String {
    let n = values.len();
    let mut words: Vec<String> = values
        .take(WRITTEN)
        .map(|value| format!("{value:.3}"))
        .collect();
    if n > WRITTEN {
        words.push("…".to_owned());
    }
    format!("({})", words.join("  "))
}
