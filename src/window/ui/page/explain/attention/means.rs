//! Means over the heads of each layer, and over all layers.

use egui::{RichText, ScrollArea, Ui};

use super::large::{LargeMap, OpenMap};
use super::{LARGEST, SMALLEST, square};
use crate::ui::language::tr;
use crate::ui::page::explain::ShownUser;
use crate::ui::widget::heatmap::{Allowance, ColorScale, Heatmap, Thumbnail};
use seqscope_model::AttentionMaps;

/// Mean maps with the view state.
#[derive(Default)]
pub(super) struct MeanMaps {
    small: Vec<Heatmap>,
    open: OpenMap,
    /// The layer whose mean is open; the one behind the last is that of all.
    chosen: Option<usize>,
}

/// Scale and key of the pictures, and the event that is looked at.
#[derive(Clone, Copy)]
pub(super) struct MeanStyle {
    pub(super) scale: ColorScale,
    pub(super) revision: u64,
    pub(super) event: Option<usize>,
}

/// Number of the first mean's picture among those of a view: no layer has so many heads.
const FIRST: u64 = 0xF000;

impl MeanMaps {
    /// Paints the means, or the one that is open; the event that was clicked.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        maps: &AttentionMaps,
        style: MeanStyle,
    ) -> Option<usize> {
        let heads = &shown.view().heads;
        if let Some(layer) = self.chosen.filter(|layer| *layer <= maps.n_layers) {
            let name = name(layer, maps.n_layers);
            ui.horizontal(|ui| {
                if ui.button(tr("⬅ All means")).clicked() {
                    self.chosen = None;
                }
                ui.label(RichText::new(tr(&name)).strong());
                self.open.forms(ui);
            });
            let large = LargeMap {
                name: &name,
                matrix: square(shown, maps, heads.mean(layer, maps.len)),
                key: style.revision + FIRST + layer as u64,
                scale: style.scale,
                event: style.event,
            };
            return large.ui(ui, &mut self.open, shown, maps);
        }
        self.small.resize_with(maps.n_layers + 1, Heatmap::default);
        let mut allowance = Allowance::of_a_frame();
        let side = (ui.available_width() / 2.0 - 16.0).clamp(SMALLEST, LARGEST);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for (row, pair) in self.small.chunks_mut(2).enumerate() {
                ui.horizontal(|ui| {
                    for (at, heatmap) in pair.iter_mut().enumerate() {
                        let layer = 2 * row + at;
                        let name = name(layer, maps.n_layers);
                        let small = Thumbnail {
                            name: &name,
                            hint: &format!("{name}. Click to open."),
                            scale: style.scale,
                            side,
                        };
                        let matrix = square(shown, maps, heads.mean(layer, maps.len));
                        let key = style.revision + FIRST + layer as u64;
                        let painted = ui.vertical(|ui| {
                            ui.label(RichText::new(tr(&name)).small());
                            heatmap.thumbnail(ui, key, &matrix, small, &mut allowance)
                        });
                        if painted.inner.clicked() {
                            self.chosen = Some(layer);
                        }
                    }
                });
            }
        });
        None
    }
}

fn name(layer: usize, n_layers: usize) -> String {
    if layer < n_layers {
        format!("Mean of layer {}", layer + 1)
    } else {
        "Mean of all layers".to_owned()
    }
}
