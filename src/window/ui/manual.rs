//! The manual in the window: F1 opens it, and Escape closes it.

use egui::text::LayoutJob;
use egui::{FontFamily, FontId, Grid, Key, RichText, ScrollArea, TextFormat, TextStyle, Ui};
use strum::IntoEnumIterator;

use super::text;
use super::theme::{self, size};
use crate::ui::language::{spoken, tr};
use seqscope_base::language::Language;
use seqscope_base::manual::{Chapter, ChapterPart};

/// Which chapter is open, if the manual is.
#[derive(Default)]
pub(super) struct Manual {
    is_open: bool,
    chapter: Chapter,
    /// Parts of the chapter that was shown last.
    read: Option<(Chapter, Vec<ChapterPart>)>,
}

/// Opens the manual in the next frame; for buttons.
pub(super) fn ask(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(asked(), true));
}

fn asked() -> egui::Id {
    egui::Id::unique("manual asked for")
}

impl Manual {
    pub(super) fn ui(&mut self, ui: &Ui) {
        let ctx = ui.ctx().clone();
        let is_asked = ctx.data_mut(|data| data.remove_temp::<bool>(asked()).unwrap_or(false));
        if ctx.input(|input| input.key_pressed(Key::F1)) || is_asked {
            self.is_open = !self.is_open;
        }
        if !self.is_open {
            return;
        }
        let screen = ctx.content_rect();
        let modal = egui::Modal::new(egui::Id::unique("manual")).show(&ctx, |ui| {
            ui.set_width((screen.width() - 80.0).min(920.0));
            ui.set_height(screen.height() - 120.0);
            self.chapters(ui);
            ui.separator();
            self.chapter_ui(ui);
        });
        if modal.should_close() {
            self.is_open = false;
        }
    }

    fn chapters(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.heading(tr("Manual"));
            ui.add_space(size::GAP);
            for chapter in Chapter::iter() {
                let name = text::capitalised(&tr(chapter.name()));
                ui.selectable_value(&mut self.chapter, chapter, name);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button(tr("Close")).clicked() {
                    self.is_open = false;
                }
            });
        });
    }

    fn chapter_ui(&mut self, ui: &mut Ui) {
        let chapter = self.chapter;
        if self.read.as_ref().is_none_or(|(read, _)| *read != chapter) {
            self.read = Some((chapter, chapter.parts()));
        }
        let parts = self.read.as_ref().map_or(&[][..], |(_, parts)| parts);
        ScrollArea::vertical()
            .id_salt(("manual", chapter.name()))
            .auto_shrink([false, false])
            .show(ui, |ui| {
                if spoken() != Language::English {
                    ui.weak(tr("The manual is written in English."));
                }
                for (at, part) in parts.iter().enumerate() {
                    part_ui(ui, at, part);
                }
            });
    }
}

fn part_ui(ui: &mut Ui, at: usize, part: &ChapterPart) {
    match part {
        ChapterPart::Heading(1, text) => {
            ui.label(RichText::new(text).heading().strong());
        }
        ChapterPart::Heading(_, text) => {
            ui.add_space(size::GAP);
            ui.label(RichText::new(text).strong());
        }
        ChapterPart::Paragraph(text) => {
            written(ui, text, ui.available_width());
            ui.add_space(size::GAP / 2.0);
        }
        ChapterPart::Item(text) => {
            ui.horizontal_top(|ui| {
                ui.label("•");
                written(ui, text, ui.available_width());
            });
        }
        ChapterPart::Code(code) => {
            egui::Frame::group(ui.style()).show(ui, |ui| {
                ScrollArea::horizontal()
                    .id_salt(("code", at))
                    .show(ui, |ui| {
                        ui.add(egui::Label::new(RichText::new(code).monospace()).extend());
                    });
            });
        }
        ChapterPart::Table(head, rows) => {
            table(ui, at, head, rows);
            ui.add_space(size::GAP / 2.0);
        }
    }
}

/// A table as wide as the page: few columns wrap, many are as wide as their words.
fn table(ui: &mut Ui, at: usize, head: &[String], rows: &[Vec<String>]) {
    let widths = widths(head, rows, ui.available_width());
    Grid::new(("manual table", at))
        .striped(true)
        .spacing([16.0, 6.0])
        .show(ui, |ui| {
            for (text, width) in head.iter().zip(&widths) {
                written(ui, &format!("**{text}**"), *width);
            }
            ui.end_row();
            for row in rows {
                for (text, width) in row.iter().zip(&widths) {
                    written(ui, text, *width);
                }
                ui.end_row();
            }
        });
}

/// A share of the page for each column, by its longest text, up to 60 letters.
fn widths(head: &[String], rows: &[Vec<String>], width: f32) -> Vec<f32> {
    let longest = |column: usize| {
        let texts = rows
            .iter()
            .chain(std::iter::once(&head.to_vec()))
            .filter_map(|row| row.get(column).map(|text| text.chars().count()))
            .max();
        texts.unwrap_or(1).clamp(4, 60) as f32
    };
    let letters: Vec<f32> = (0..head.len()).map(longest).collect();
    let sum: f32 = letters.iter().sum();
    let room = width - 16.0 * head.len().saturating_sub(1) as f32;
    letters
        .iter()
        .map(|letters| (room * letters / sum).max(40.0))
        .collect()
}

/// A text with its `code` and **bold** words, wrapped at a width.
fn written(ui: &mut Ui, text: &str, width: f32) {
    let font = TextStyle::Body.resolve(ui.style());
    let mono = FontId::new(font.size * 0.95, FontFamily::Monospace);
    let color = ui.visuals().text_color();
    let strong = ui.visuals().strong_text_color();
    let mut job = LayoutJob::default();
    for (at, piece) in text.split('`').enumerate() {
        if at % 2 == 1 {
            let mut format = TextFormat::simple(mono.clone(), strong);
            format.background = theme::colors(ui).line;
            job.append(piece, 0.0, format);
            continue;
        }
        for (at, piece) in piece.split("**").enumerate() {
            let color = if at % 2 == 1 { strong } else { color };
            job.append(piece, 0.0, TextFormat::simple(font.clone(), color));
        }
    }
    ui.vertical(|ui| {
        ui.set_width(width);
        ui.label(job);
    });
}
