//! Attention: every layer and head as a grid of small maps; one head large with item titles.

mod large;
mod means;

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui, Vec2, vec2};

use super::ShownUser;
use super::cell::ChosenCell;
use crate::app::{Action, HeadIdx, Select, Selection};
use crate::ui::language::tr;
use crate::ui::widget::bars::Bar;
use crate::ui::widget::heatmap::{Allowance, ColorScale, Heatmap, HeatmapMatrix, Thumbnail};
use crate::ui::{Actions, text};
use large::{LargeMap, OpenMap};
use means::{MeanMaps, MeanStyle};
use seqscope_engine::explain::UserView;
use seqscope_model::AttentionMaps;

/// Smallest and largest side of a map in the grid.
const SMALLEST: f32 = 56.0;
const LARGEST: f32 = 340.0;
/// Items listed of what a step looked at.
const LISTED: usize = 5;

/// Scale by which weights become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum ScaleChoice {
    /// Each row to its own largest: shows where each step looks most.
    #[default]
    #[strum(to_string = "row")]
    OfRow,
    /// Square root of the weight: small weights show, rows can be compared.
    #[strum(to_string = "root")]
    Root,
    /// The weight itself.
    #[strum(to_string = "linear")]
    Linear,
}

impl ScaleChoice {
    fn scale(self) -> ColorScale {
        match self {
            Self::OfRow => ColorScale::OfRow,
            Self::Root => ColorScale::Root { most: 1.0 },
            Self::Linear => ColorScale::Linear { most: 1.0 },
        }
    }
}

/// Attention maps of one view, with the view state.
#[derive(Default)]
pub(in crate::ui::page) struct AttentionView {
    /// The view whose maps are uploaded. Held, so that its address cannot be another view's.
    of: Option<Arc<UserView>>,
    revision: u64,
    grid: Vec<Heatmap>,
    open: OpenMap,
    means: MeanMaps,
    kind: MapKind,
    cell: Option<ChosenCell>,
    scale: ScaleChoice,
}

/// Maps that are painted while no head is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum MapKind {
    /// Every head.
    #[default]
    #[strum(to_string = "heads")]
    Heads,
    /// Mean over the heads of each layer, and over all.
    #[strum(to_string = "means")]
    Means,
    /// Rollout through all layers.
    #[strum(to_string = "rollout")]
    Rollout,
}

impl MapKind {
    fn help(self) -> &'static str {
        match self {
            Self::Heads => "Every head by itself",
            Self::Means => "Mean over the heads of each layer, and over all layers",
            Self::Rollout => {
                "What has come to each step through all layers, when each gives half to its \
                 attention and half to what stood there (Abnar & Zuidema 2020)"
            }
        }
    }
}

impl AttentionView {
    /// Paints the grid, or the head that is open.
    pub(in crate::ui::page) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        selection: &Selection,
        actions: &mut Actions,
    ) {
        let Some(maps) = shown.attention() else {
            return;
        };
        self.refresh(shown, maps);
        let head = selection
            .head
            .filter(|h| h.layer < maps.n_layers && h.head < maps.n_heads);
        self.bar(ui, shown, maps, head, actions);
        let (scale, revision) = (self.scale.scale(), self.revision << 16);
        let clicked = match (head, self.kind) {
            (Some(head), _) => {
                let large = LargeMap {
                    name: &head_name(head),
                    matrix: matrix(shown, maps, head.layer, head.head),
                    key: self.key(head),
                    scale,
                    event: selection.event,
                };
                let clicked = large.pointed(ui, &mut self.open, shown, maps);
                if let Some((row, col)) = clicked {
                    self.cell = Some(ChosenCell { head, row, col });
                }
                clicked.map(|(row, _)| maps.first + row + 1)
            }
            (None, MapKind::Heads) => {
                self.small(ui, shown, maps, actions);
                None
            }
            (None, MapKind::Means) => {
                let event = selection.event;
                self.means.ui(
                    ui,
                    shown,
                    maps,
                    MeanStyle {
                        scale,
                        revision,
                        event,
                    },
                )
            }
            (None, MapKind::Rollout) => {
                let large = LargeMap {
                    name: "Rollout",
                    matrix: square(shown, maps, &shown.view().heads.rollout),
                    key: revision + ROLLOUT,
                    scale,
                    event: selection.event,
                };
                large.ui(ui, &mut self.open, shown, maps)
            }
        };
        actions.extend(clicked.map(|event| Action::Select(Select::Event(Some(event)))));
    }

    /// The weight that was clicked last in the head that is open.
    pub(super) fn cell(&self, selection: &Selection) -> Option<ChosenCell> {
        self.cell.filter(|cell| selection.head == Some(cell.head))
    }

    /// Takes the weight apart no longer.
    pub(super) fn forget_cell(&mut self) {
        self.cell = None;
    }

    fn refresh(&mut self, shown: &ShownUser<'_>, maps: &AttentionMaps) {
        if self
            .of
            .as_ref()
            .is_some_and(|of| Arc::ptr_eq(of, shown.view()))
        {
            return;
        }
        self.of = Some(Arc::clone(shown.view()));
        self.revision += 1;
        self.grid
            .resize_with(maps.n_layers * maps.n_heads, Heatmap::default);
    }

    fn key(&self, head: HeadIdx) -> u64 {
        (self.revision << 16) + (head.layer << 8) as u64 + head.head as u64
    }

    fn bar(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        maps: &AttentionMaps,
        head: Option<HeadIdx>,
        actions: &mut Actions,
    ) {
        use strum::IntoEnumIterator as _;
        ui.horizontal_wrapped(|ui| {
            if let Some(head) = head {
                if ui.button(tr("⬅ All heads")).clicked() {
                    actions.push(Action::Select(Select::Head(None)));
                }
                ui.label(RichText::new(tr(head_name(head))).strong());
                self.open.forms(ui);
            } else {
                ui.label(RichText::new(tr("Attention")).strong());
                let heads = maps.n_layers * maps.n_heads;
                ui.weak(format!(
                    "{} · {}",
                    tr(text::counted(heads, "head")),
                    tr(text::counted(maps.len, "event"))
                ))
                .on_hover_text(tr("Click a map to open it"));
                self.kinds(ui, shown);
                if self.kind == MapKind::Rollout {
                    self.open.forms(ui);
                }
            }
            // As a whole in the next row, where this one is full.
            ui.add(egui::Label::new(tr("Scale")).extend());
            for scale in ScaleChoice::iter() {
                let hover = match scale {
                    ScaleChoice::OfRow => {
                        "Each row from 0 to its own largest weight: where does each step look most?"
                    }
                    ScaleChoice::Root => {
                        "Square root of the weight from 0 to 1: small weights show"
                    }
                    ScaleChoice::Linear => "The weight itself from 0 to 1",
                };
                ui.selectable_value(&mut self.scale, scale, tr(scale.to_string()))
                    .on_hover_text(tr(hover));
            }
        });
        let nothing = shown.view().heads.is_causal.then_some("not seen yet");
        self.scale.scale().bar(ui, "weight", nothing);
    }

    /// The choice of maps.
    fn kinds(&mut self, ui: &mut Ui, shown: &ShownUser<'_>) {
        use strum::IntoEnumIterator as _;
        let has_rollout = !shown.view().heads.rollout.is_empty();
        if !has_rollout && self.kind == MapKind::Rollout {
            self.kind = MapKind::Heads;
        }
        for kind in MapKind::iter() {
            let is_there = kind != MapKind::Rollout || has_rollout;
            let button = egui::Button::selectable(self.kind == kind, tr(kind.to_string()));
            let button = ui
                .add_enabled(is_there, button)
                .on_hover_text(tr(kind.help()))
                .on_disabled_hover_text(tr(
                    "Rollout follows attention from block to block in one pass; these maps are not \
                     of one pass with blocks on each other.",
                ));
            if button.clicked() {
                self.kind = kind;
            }
        }
    }

    fn small(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        maps: &AttentionMaps,
        actions: &mut Actions,
    ) {
        let mut allowance = Allowance::of_a_frame();
        let label = 52.0;
        let room = ui.available_size() - vec2(label, 24.0);
        let gap = 8.0;
        let side = (room.x / maps.n_heads.max(1) as f32 - gap)
            .min(room.y / maps.n_layers.max(1) as f32 - gap - 18.0)
            .clamp(SMALLEST, LARGEST);
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            egui::Grid::new("heads")
                .spacing(Vec2::splat(gap))
                .min_col_width(0.0)
                .show(ui, |ui| {
                    ui.label("");
                    for head in 0..maps.n_heads {
                        ui.label(RichText::new(tr(format!("Head {}", head + 1))).small());
                    }
                    ui.end_row();
                    for layer in 0..maps.n_layers {
                        ui.label(RichText::new(tr(format!("Layer {}", layer + 1))).small());
                        for head in 0..maps.n_heads {
                            let head = HeadMap {
                                idx: HeadIdx { layer, head },
                                matrix: matrix(shown, maps, layer, head),
                            };
                            if self.thumbnail(ui, shown, &head, side, &mut allowance) {
                                actions.push(Action::Select(Select::Head(Some(head.idx))));
                            }
                        }
                        ui.end_row();
                    }
                });
        });
    }

    /// One small map; whether it was clicked.
    fn thumbnail(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        head: &HeadMap<'_>,
        side: f32,
        allowance: &mut Allowance,
    ) -> bool {
        let (key, scale) = (self.key(head.idx), self.scale.scale());
        let n_heads = shown.attention().map_or(0, |maps| maps.n_heads);
        let at = head.idx.layer * n_heads + head.idx.head;
        let back = shown
            .view()
            .heads
            .look_back
            .get(at)
            .copied()
            .unwrap_or_default();
        let evenness = shown
            .view()
            .heads
            .evenness
            .get(at)
            .copied()
            .unwrap_or_default();
        let Some(heatmap) = self.grid.get_mut(at) else {
            return false;
        };
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            let name = head_name(head.idx);
            let hint = format!(
                "{name}: looks {back:.1} events back on average; evenness {evenness:.2}, the \
                 entropy of its weights over that of even ones (0: one event, 1: all alike). Click \
                 to open."
            );
            let small = Thumbnail {
                name: &name,
                hint: &hint,
                scale,
                side,
            };
            let response = heatmap.thumbnail(ui, key, &head.matrix, small, allowance);
            let words = format!("{back:.1} back · even {evenness:.2}");
            ui.add(egui::Label::new(RichText::new(tr(words)).small().weak()).truncate())
                .on_hover_text(tr(hint));
            response.clicked()
        })
        .inner
    }
}

/// Number of the rollout's picture among those of a view.
const ROLLOUT: u64 = (1 << 16) - 1;

/// One head and its weights.
struct HeadMap<'a> {
    idx: HeadIdx,
    matrix: HeatmapMatrix<'a>,
}

fn matrix<'m>(
    shown: &ShownUser<'_>,
    maps: &'m AttentionMaps,
    layer: usize,
    head: usize,
) -> HeatmapMatrix<'m> {
    square(shown, maps, maps.head(layer, head))
}

/// A map of the events that are shown.
fn square<'m>(shown: &ShownUser<'_>, maps: &AttentionMaps, values: &'m [f32]) -> HeatmapMatrix<'m> {
    HeatmapMatrix {
        values,
        n_rows: maps.len,
        n_cols: maps.len,
        is_causal: shown.view().heads.is_causal,
    }
}

/// Events that a step looked at, in words and as a ranked list.
pub(super) struct LookedAt {
    pub(super) question: String,
    pub(super) where_from: String,
    pub(super) rows: Vec<Bar>,
}

/// The events that the step before `event` (before what comes next, with none) looked at most: in
/// the open head, or on average over the heads of the last layer.
pub(super) fn looked_at(
    maps: &AttentionMaps,
    head: Option<HeadIdx>,
    event: Option<usize>,
    shown: &ShownUser<'_>,
) -> LookedAt {
    let row = row_before(maps, event).unwrap_or(maps.len.saturating_sub(1));
    let predicted = maps.first + row + 1;
    let question = match shown.title_at(predicted) {
        Some(_) => format!("before {}", shown.event_name(predicted)),
        None => "before what comes next".to_owned(),
    };
    let open = head.filter(|h| h.layer < maps.n_layers && h.head < maps.n_heads);
    let (weights, where_from) = if let Some(head) = open {
        (row_of(maps, head, row).to_vec(), head_name(head))
    } else {
        let layer = maps.n_layers.saturating_sub(1);
        let heads = (0..maps.n_heads).map(|head| row_of(maps, HeadIdx { layer, head }, row));
        (
            mean(heads, maps.len),
            format!("mean of layer {}", layer + 1),
        )
    };
    let mut order: Vec<(usize, f32)> = weights.into_iter().enumerate().take(row + 1).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    LookedAt {
        question,
        where_from,
        rows: order
            .into_iter()
            .take(LISTED)
            .map(|(col, share)| Bar {
                title: shown.event_name(maps.first + col),
                share,
                is_true: false,
            })
            .collect(),
    }
}

/// The row whose step predicts the event: the one before it.
fn row_before(maps: &AttentionMaps, event: Option<usize>) -> Option<usize> {
    event?
        .checked_sub(maps.first + 1)
        .filter(|row| *row < maps.len)
}

fn row_of(maps: &AttentionMaps, head: HeadIdx, row: usize) -> &[f32] {
    maps.head(head.layer, head.head)
        .get(row * maps.len..(row + 1) * maps.len)
        .unwrap_or(&[])
}

fn mean<'m>(rows: impl Iterator<Item = &'m [f32]>, len: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f32; len];
    let mut n = 0.0_f32;
    for row in rows {
        n += 1.0;
        for (total, weight) in sum.iter_mut().zip(row) {
            *total += weight;
        }
    }
    for total in &mut sum {
        *total /= n.max(1.0);
    }
    sum
}

fn head_name(head: HeadIdx) -> String {
    format!("Layer {}, head {}", head.layer + 1, head.head + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_predicted_by_the_row_before_it() {
        // The map shows events 4, 5, 6 of the history: event 5 is predicted by row 0, what comes
        // after the last one (7) by row 2; event 4 was predicted by a step that is not shown.
        let maps = AttentionMaps {
            n_layers: 1,
            n_heads: 1,
            len: 3,
            first: 4,
            weights: vec![0.0; 9],
        };
        assert_eq!(
            [4, 5, 7, 8].map(|event| row_before(&maps, Some(event))),
            [None, Some(0), Some(2), None]
        );
    }
}
