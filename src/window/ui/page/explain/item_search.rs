//! Search through the titles of the items.

use egui::{ScrollArea, TextEdit, Ui};

use crate::app::{Action, App, ItemQuery};
use crate::ui::language::tr;
use crate::ui::{Actions, text, theme};
use seqscope_data::Prepared;
use seqscope_engine::run::RunId;

/// Items listed of a search.
pub(super) const LISTED: usize = 40;

/// A search, as far as it is.
#[derive(Default)]
pub(super) struct ItemFinder {
    query: String,
    /// Items that it found, and whether more may be on their way.
    found: Vec<u32>,
    is_looking: bool,
}

impl ItemFinder {
    /// Items that were found so far.
    pub(super) fn found(&self) -> &[u32] {
        &self.found
    }

    /// Asks for the items of the search, and takes in what was found.
    pub(super) fn look_for(&mut self, run: &RunId, app: &App, actions: &mut Actions) {
        let query = ItemQuery {
            run: run.clone(),
            words: self.query.trim().to_owned(),
        };
        if query.words.is_empty() {
            return self.found.clear();
        }
        if !app.item_search.is_asked(&query) {
            actions.push(Action::FindItems(query.clone()));
        }
        let found = app.item_search.found(&query);
        self.is_looking = found.is_none();
        if let Some(found) = found
            && self.found != found
        {
            self.found = found.to_vec();
        }
    }

    /// Paints the field and what was found; the item that is chosen, which it may change.
    pub(super) fn ui(&mut self, ui: &mut Ui, prepared: &Prepared, chosen: &mut Option<u32>) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let name = ui.label(tr("Search items"));
            let field = TextEdit::singleline(&mut self.query).hint_text(tr("part of a title"));
            ui.add(field.desired_width(f32::INFINITY))
                .labelled_by(name.id);
            if self.query.trim().is_empty() {
                return;
            }
            match self.found.len() {
                0 => ui.weak(tr(if self.is_looking {
                    "Looking…"
                } else {
                    "No title has these letters."
                })),
                n if n >= LISTED => ui.weak(tr(format!("The first {n}, ringed on the map"))),
                n => ui.weak(tr(format!("{n} found, ringed on the map"))),
            };
            let list = ScrollArea::vertical()
                .id_salt("found_items")
                .max_height(140.0);
            list.show(ui, |ui| {
                for &item in &self.found {
                    if item_row(ui, prepared, item, *chosen == Some(item)) {
                        *chosen = Some(item);
                    }
                }
            });
        });
    }
}

/// A title that can be chosen; whether it was.
pub(super) fn item_row(ui: &mut Ui, prepared: &Prepared, item: u32, is_chosen: bool) -> bool {
    let title = text::clipped(prepared.dataset.item_label(item), 44);
    ui.selectable_label(is_chosen, title).clicked()
}
