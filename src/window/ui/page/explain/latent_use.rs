//! What each dimension of a latent space is used for, now and over the epochs.

use egui::{RichText, Ui, vec2};

use crate::app::{App, LatentSpace, ViewKey};
use crate::ui::language::tr;
use crate::ui::page::train::latent_bars;
use crate::ui::theme;
use crate::ui::widget::heatmap::{ColorScale, Heatmap, HeatmapLabels, HeatmapMatrix, HeatmapStyle};
use seqscope_engine::run::LatentEpoch;
use seqscope_engine::train::LatentUse;

/// Height of the picture of what each epoch used.
const EPOCHS_HEIGHT: f32 = 200.0;

/// Dimensions in that picture.
const EPOCHS_DIMENSIONS: usize = 64;

/// Dimensions in the order of their use.
#[derive(Clone, Copy)]
pub(super) struct DimensionOrder<'a> {
    /// The dimensions, the most used first.
    pub(super) order: &'a [usize],
    /// Place in it of the one that is looked at.
    pub(super) place: usize,
    /// Number that changes with the order.
    pub(super) number: u64,
}

/// Card with its view state.
#[derive(Default)]
pub(super) struct LatentUseCard {
    epochs: Heatmap,
}

impl LatentUseCard {
    /// Paints the card.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        space: &LatentSpace,
        dimensions: DimensionOrder<'_>,
        key: &ViewKey,
        app: &App,
    ) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(tr("Use of each dimension")).strong());
            let Some(report) = &space.map.report else {
                ui.weak(
                    tr("The vector of an autoencoder is certain, so there is no Kullback–Leibler term."),
                );
                return;
            };
            let best = app
                .runs
                .summary(&key.run)
                .and_then(|s| s.manifest.as_ref()?.best_epoch);
            let used = LatentUse {
                epoch: key.epoch.or(best).unwrap_or_default(),
                step: 0,
                report: report.clone(),
                shuffled: None,
            };
            latent_bars(ui, &used);
            if space.epochs.len() > 1 {
                self.over_epochs(ui, &space.epochs, dimensions);
            }
        });
    }

    /// The terms of the most used dimensions over the epochs.
    fn over_epochs(&mut self, ui: &mut Ui, epochs: &[LatentEpoch], by: DimensionOrder<'_>) {
        let dimensions: Vec<usize> = by.order.iter().copied().take(EPOCHS_DIMENSIONS).collect();
        let value = |at: usize, epoch: &LatentEpoch| {
            epoch.report.kl.get(at).map_or(f32::NAN, |kl| *kl as f32)
        };
        let values: Vec<f32> = dimensions
            .iter()
            .flat_map(|&at| epochs.iter().map(move |epoch| value(at, epoch)))
            .collect();
        let most = values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let row = |row: usize| {
            dimensions
                .get(row)
                .map_or_else(String::new, |at| format!("{}", at + 1))
        };
        let col = |col: usize| {
            epochs
                .get(col)
                .map_or_else(String::new, |it| format!("{}", it.epoch))
        };
        let words = HeatmapLabels {
            name: "KL over epochs",
            row_axis: "dimension",
            col_axis: "epoch",
            value: "nats",
            nothing: "not kept",
            row_title: &row,
            col_title: &col,
        };
        let matrix = HeatmapMatrix {
            values: &values,
            n_rows: dimensions.len(),
            n_cols: epochs.len(),
            is_causal: false,
        };
        let scale = ColorScale::Linear { most };
        scale.bar(ui, "nats a user, over the epochs", None);
        let look = HeatmapStyle {
            words: &words,
            scale,
            size: vec2(ui.available_width(), EPOCHS_HEIGHT),
            selected_row: Some(by.place),
        };
        self.epochs.filled(ui, by.number, &matrix, look, None);
    }
}
