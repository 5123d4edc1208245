//! The layers of the model as it stands: what each puts out, and how much of the whole it learns.

use egui::{Align, Layout, RichText, Sense, Ui, vec2};

use crate::app::App;
use crate::ui::text;
use crate::ui::theme;
use seqscope_model::{LayerShape, ParamCount, count_of};

/// Width of a whole share, and its height.
const SHARE: [f32; 2] = [56.0, 8.0];

/// Height of a row.
const ROW: f32 = 18.0;

/// Width of the cells at the right.
const COUNT: f32 = 152.0;

pub(super) fn ui(ui: &mut Ui, app: &App) {
    let layers = &app.draft.layers;
    let total = count_of(layers);
    ui.spacing_mut().interact_size.y = ROW;
    egui::Grid::new("layers")
        .num_columns(4)
        .striped(true)
        .spacing([14.0, 3.0])
        .show(ui, |ui| {
            header(ui);
            for layer in layers {
                row(ui, layer, total.known());
            }
            ui.strong("Sum");
            ui.label("");
            right(ui, |ui| ui.strong(words(&total)));
            ui.end_row();
        });
    if total.known().is_none() {
        let features = app.draft.experiment.data.features.len();
        let mut said =
            "What the data tell stands as a symbol until they are prepared: n_items is the number \
             of different items."
                .to_owned();
        if features > 0 {
            said.push_str(" So do the layers of the features of events, which are not listed yet.");
        }
        ui.add(egui::Label::new(RichText::new(said).color(theme::colors(ui).weak)).wrap());
    }
}

fn header(ui: &mut Ui) {
    ui.weak("Layer");
    ui.weak("Output")
        .on_hover_text("The longest that a batch may be: shorter histories make it shorter");
    right(ui, |ui| ui.weak("Parameters"));
    ui.weak("Share");
    ui.end_row();
}

fn row(ui: &mut Ui, layer: &LayerShape, total: Option<usize>) {
    let count = layer.count();
    let weights: Vec<String> = layer.weights.iter().map(ToString::to_string).collect();
    let hover = if weights.is_empty() {
        "Nothing to learn".to_owned()
    } else {
        format!(
            "Weights, as a run's files name them:\n{}",
            weights.join("\n")
        )
    };
    ui.label(&layer.name).on_hover_text(&hover);
    ui.label(
        RichText::new(layer.output_words())
            .monospace()
            .size(theme::size::TEXT_SMALL),
    );
    let learns = count != ParamCount::default();
    right(ui, |ui| {
        if learns {
            ui.label(words(&count))
        } else {
            ui.weak("–")
        }
    })
    .on_hover_text(&hover);
    match (count.known(), total) {
        (Some(own), Some(total)) if total > 0 && learns => share(ui, own as f64 / total as f64),
        _ => {
            ui.label("");
        }
    }
    ui.end_row();
}

/// A cell whose words stand at its right edge.
fn right(ui: &mut Ui, cell: impl FnOnce(&mut Ui) -> egui::Response) -> egui::Response {
    let height = ui.spacing().interact_size.y;
    ui.allocate_ui_with_layout(
        vec2(COUNT, height),
        Layout::right_to_left(Align::Center),
        |ui| {
            ui.set_min_width(COUNT);
            cell(ui)
        },
    )
    .inner
}

/// A bar as long as the share, with the share beside it.
fn share(ui: &mut Ui, share: f64) {
    ui.horizontal(|ui| {
        let colors = theme::colors(ui);
        let (rect, _) = ui.allocate_exact_size(SHARE.into(), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, colors.line);
        let filled = rect.with_max_x(rect.left() + rect.width() * share as f32);
        ui.painter().rect_filled(filled, 2.0, colors.accent);
        ui.label(RichText::new(text::percent(share)).size(theme::size::TEXT_SMALL));
    });
}

fn words(count: &ParamCount) -> String {
    count.words(text::count)
}
