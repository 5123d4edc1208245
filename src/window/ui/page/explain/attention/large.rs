//! One map over all the room: as cells, near or far, or as arcs.

use egui::Ui;
use strum::IntoEnumIterator as _;

use super::row_before;
use crate::ui::language::tr;
use crate::ui::page::explain::ShownUser;
use crate::ui::widget::heatmap::{
    Arcs, ColorScale, Heatmap, HeatmapCell, HeatmapLabels, HeatmapMatrix, HeatmapStyle, MapSight,
};
use seqscope_model::AttentionMaps;

/// Form in which a large map is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum LargeForm {
    /// A cell for each pair of events.
    #[default]
    #[strum(to_string = "cells")]
    Cells,
    /// An arc from each event to those that it looks at.
    #[strum(to_string = "arcs")]
    Arcs,
}

impl LargeForm {
    fn help(self) -> &'static str {
        match self {
            Self::Cells => {
                "A cell for each pair of events; scroll to come nearer, drag to move, double click \
                 for the whole"
            }
            Self::Arcs => "An arc from each event to those that it looks at most",
        }
    }
}

/// View state of the map that is open.
#[derive(Default)]
pub(super) struct OpenMap {
    heatmap: Heatmap,
    arcs: Arcs,
    form: LargeForm,
    sight: MapSight,
}

impl OpenMap {
    /// The choice of form, and the way back to the whole.
    pub(super) fn forms(&mut self, ui: &mut Ui) {
        for form in LargeForm::iter() {
            ui.selectable_value(&mut self.form, form, tr(form.to_string()))
                .on_hover_text(tr(form.help()));
        }
        if self.form == LargeForm::Cells
            && self.sight.is_near()
            && ui.button(tr("Whole map")).clicked()
        {
            self.sight = MapSight::default();
        }
    }
}

/// One map over all the room.
pub(super) struct LargeMap<'a> {
    pub(super) name: &'a str,
    pub(super) matrix: HeatmapMatrix<'a>,
    pub(super) key: u64,
    pub(super) scale: ColorScale,
    pub(super) event: Option<usize>,
}

impl LargeMap<'_> {
    /// Paints it; the event that was clicked: the one before which the clicked row looks.
    pub(super) fn ui(
        &self,
        ui: &mut Ui,
        open: &mut OpenMap,
        shown: &ShownUser<'_>,
        maps: &AttentionMaps,
    ) -> Option<usize> {
        let clicked = self.pointed(ui, open, shown, maps);
        clicked.map(|(row, _)| maps.first + row + 1)
    }

    /// Paints it; the cell that was clicked, row first.
    pub(super) fn pointed(
        &self,
        ui: &mut Ui,
        open: &mut OpenMap,
        shown: &ShownUser<'_>,
        maps: &AttentionMaps,
    ) -> Option<HeatmapCell> {
        let title = |at: usize| shown.event_name(maps.first + at);
        let words = HeatmapLabels {
            name: self.name,
            row_axis: "after",
            col_axis: "looks at",
            value: "weight",
            nothing: "not seen yet",
            row_title: &title,
            col_title: &title,
        };
        let look = HeatmapStyle {
            words: &words,
            scale: self.scale,
            size: ui.available_size(),
            selected_row: row_before(maps, self.event),
        };
        let pointed = match open.form {
            LargeForm::Cells => {
                let OpenMap { heatmap, sight, .. } = open;
                heatmap.near(ui, self.key, &self.matrix, look, sight)
            }
            LargeForm::Arcs => open.arcs.ui(ui, self.key, &self.matrix, look),
        };
        pointed.clicked
    }
}
