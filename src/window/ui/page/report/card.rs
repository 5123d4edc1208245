//! One card: heading, chart, table or note, and where it came from.

use std::collections::BTreeMap;

use egui::{Color32, ColorImage, ScrollArea, TextEdit, TextureHandle, TextureOptions, Ui, vec2};

use super::small;
use crate::app::{Action, App, Loadable, OpenCard, PictureAsk, ReportAction};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::widget::report::{self, PlainCells};
use seqscope_base::spec::shown;
use seqscope_engine::cards::CardContent;

/// Widest that a chart is painted, in points.
const WIDEST: f32 = 760.0;

/// Step in which its width follows the window, so that it is not drawn anew at every pixel.
const STEP: f32 = 40.0;

/// Height that a table takes at most; the rest is scrolled to.
const TABLE: f32 = 320.0;

/// A card with its place.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) at: usize,
    pub(super) n_cards: usize,
    pub(super) one: &'a OpenCard,
}

/// Pictures of charts on the graphics card; those that were not painted in a frame are let go.
#[derive(Default)]
pub(super) struct CardTextures {
    textures: BTreeMap<PictureAsk, TextureHandle>,
    painted: Vec<PictureAsk>,
}

impl CardTextures {
    /// Lets go of what was not painted.
    pub(super) fn end(&mut self) {
        let painted = std::mem::take(&mut self.painted);
        self.textures.retain(|ask, _| painted.contains(ask));
    }

    pub(super) fn card(&mut self, ui: &mut Ui, app: &App, shown: Shown<'_>, actions: &mut Actions) {
        heading(ui, shown, actions);
        match &shown.one.card.content {
            CardContent::Figure(_) => self.chart(ui, app, shown.one.id, actions),
            CardContent::Table(table) => {
                for sentence in &table.lead {
                    ui.label(small(tr(sentence)));
                }
                ScrollArea::both()
                    .id_salt("table")
                    .max_height(TABLE)
                    .auto_shrink([false, true])
                    .show(ui, |ui| report::rows(ui, "rows", table, &PlainCells));
                for sentence in &table.notes {
                    ui.label(small(tr(sentence)));
                }
            }
            CardContent::Note(text) => note(ui, shown.at, text, actions),
        }
        for sentence in shown.one.card.origin.sentences() {
            ui.label(small(self::shown(&sentence)));
        }
    }

    fn chart(&mut self, ui: &mut Ui, app: &App, card: u64, actions: &mut Actions) {
        let points = (ui.available_width().min(WIDEST) / STEP).floor().max(4.0) * STEP;
        let per_point = ui.ctx().pixels_per_point();
        let ask = PictureAsk {
            card,
            width: (points * per_point).round() as u32,
            per_point: (per_point * 100.0).round() as u32,
            is_dark: ui.visuals().dark_mode,
        };
        match app.reports.picture(&ask) {
            Loadable::Idle => {
                actions.push(Action::Report(ReportAction::Draw(ask)));
                ui.allocate_space(vec2(points, points * 0.5));
            }
            Loadable::Loading(_) => {
                ui.allocate_ui(vec2(points, points * 0.5), |ui| {
                    ui.set_min_height(points * 0.5);
                    ui.spinner();
                });
            }
            Loadable::Failed(why) => {
                ui.colored_label(ui.visuals().error_fg_color, tr(why));
            }
            Loadable::Ready(picture) => {
                let texture = self.textures.entry(ask).or_insert_with(|| {
                    let size = [picture.width as usize, picture.height as usize];
                    let image = ColorImage::from_rgba_premultiplied(size, &picture.rgba);
                    ui.ctx().load_texture("card", image, TextureOptions::LINEAR)
                });
                self.painted.push(ask);
                let size = vec2(picture.width as f32, picture.height as f32) / per_point;
                let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
                let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
                ui.painter()
                    .image(texture.id(), rect, whole, Color32::WHITE);
                response.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Image, true, tr("Chart"))
                });
            }
        }
    }
}

/// Kind, heading and what can be done with a card.
fn heading(ui: &mut Ui, shown: Shown<'_>, actions: &mut Actions) {
    let Shown { at, n_cards, one } = shown;
    ui.horizontal(|ui| {
        ui.label(small(tr(one.card.kind())));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui
                .button("✖")
                .on_hover_text(tr("Take card away (Ctrl+Z brings it back)"))
                .clicked()
            {
                actions.push(Action::Report(ReportAction::Remove(at)));
            }
            let moves = [
                ("⬇", tr("Move down"), at + 1, at + 1 < n_cards),
                ("⬆", tr("Move up"), at.saturating_sub(1), at > 0),
            ];
            for (sign, hover, to, is_there) in moves {
                let button = ui.add_enabled(is_there, egui::Button::new(sign));
                if button.on_hover_text(hover).clicked() {
                    let action = ReportAction::Move { from: at, to };
                    actions.push(Action::Report(action));
                }
            }
            let mut title = one.card.title.clone();
            let field = TextEdit::singleline(&mut title)
                .hint_text(tr("Heading"))
                .desired_width(f32::INFINITY);
            let field = ui.add(field);
            let label = tr("Heading of the card");
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &label));
            if field.changed() {
                let action = ReportAction::CardTitle { at, title };
                actions.push(Action::Report(action));
            }
        });
    });
}

fn note(ui: &mut Ui, at: usize, text: &str, actions: &mut Actions) {
    let mut written = text.to_owned();
    let field = TextEdit::multiline(&mut written)
        .hint_text(tr("Text in Markdown: # heading, - item, **bold**"))
        .desired_rows(3)
        .desired_width(f32::INFINITY);
    let field = ui.add(field);
    let label = tr("Text of the note");
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &label));
    if field.changed() {
        let action = ReportAction::Note { at, text: written };
        actions.push(Action::Report(action));
    }
}
