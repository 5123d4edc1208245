//! Runs as a tree: each below the one that it began with, and what makes it another run.

use std::sync::Arc;

use egui::{Label, RichText, ScrollArea, TextStyle, Ui};

use crate::app::{Action, App, Select};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::run_words;
use seqscope_engine::report::status_word;
use seqscope_engine::run::{LineageNode, Manifest, Summary, lineage_tree};

/// View state of the tree.
#[derive(Default)]
pub(super) struct LineageTab {
    /// Manifests that the tree was made of.
    of: Vec<Option<Arc<Manifest>>>,
    nodes: Vec<LineageNode>,
}

impl LineageTab {
    /// Paints the tree, its rows in sight.
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, runs: &[Summary], actions: &mut Actions) {
        self.refresh(runs);
        if self.nodes.iter().all(|node| node.depth == 0) {
            ui.label(tr(
                "No run began with another yet: fine-tune one on feedback, or fork one at the \
                 playhead (F).",
            ));
        }
        let height = ui.text_style_height(&TextStyle::Body) + size::GAP_SMALL;
        let rows = ScrollArea::vertical().auto_shrink(false);
        rows.show_rows(ui, height, self.nodes.len(), |ui, shown| {
            for node in self.nodes.get(shown).unwrap_or_default() {
                ui.horizontal(|ui| row(ui, app, node, actions));
            }
        });
    }

    fn refresh(&mut self, runs: &[Summary]) {
        let mut pairs = self.of.iter().zip(runs);
        let is_same = pairs.all(|(known, run)| is_same(known.as_ref(), run.manifest.as_ref()));
        if is_same && self.of.len() == runs.len() {
            return;
        }
        self.of = runs.iter().map(|run| run.manifest.clone()).collect();
        self.nodes = lineage_tree(runs);
    }
}

/// Whether two manifests are the same reading of a file.
fn is_same(known: Option<&Arc<Manifest>>, now: Option<&Arc<Manifest>>) -> bool {
    match (known, now) {
        (Some(known), Some(now)) => Arc::ptr_eq(known, now),
        (known, now) => known.is_none() && now.is_none(),
    }
}

fn row(ui: &mut Ui, app: &App, node: &LineageNode, actions: &mut Actions) {
    ui.spacing_mut().item_spacing.x = size::GAP_SMALL;
    let branches = RichText::new(node.branches()).monospace().weak();
    ui.label(branches);
    let Some(status) = &node.status else {
        ui.weak(node.id.0.as_str());
        ui.weak(tr(node.note.as_str()));
        return;
    };
    run_words::dot(ui, theme::run_color(ui, app, &node.id));
    let is_chosen = app.selection.run.as_ref() == Some(&node.id);
    let name = ui.selectable_label(is_chosen, node.id.0.as_str());
    if name.clicked() {
        actions.push(Action::Select(Select::Run(node.id.clone())));
    }
    ui.weak(tr(status_word(status)));
    if !node.note.is_empty() {
        let note = tr(node.note.as_str());
        ui.add(Label::new(note.as_str()).truncate())
            .on_hover_text(note);
    }
}
