//! What to recommend: the model's word blended with references, with seen items in or out.

use egui::{DragValue, RichText, Ui};

use super::ShownUser;
use super::awaited::Awaited;
use super::cards::next_card;
use super::feedback::{self, ListedItem};
use crate::app::{App, ListAsk, Question, ViewKey};
use crate::ui::language::tr;
use crate::ui::{Actions, theme};
use seqscope_base::metric::Seen;
use seqscope_base::spec::Entry;
use seqscope_engine::explain::{Recommendation, ScoreSource};
use seqscope_engine::run::RunId;
use seqscope_model::baseline::BaselineKind;

/// References that can be blended in here; the command line takes any.
const REFERENCES: [BaselineKind; 3] = [
    BaselineKind::Popularity,
    BaselineKind::ItemKnn,
    BaselineKind::Content,
];

/// Largest weight of a reference; the model's is 1.
const MOST: f64 = 10.0;

/// View state: nothing blended in and seen items as the run was judged, until a person says
/// otherwise.
#[derive(Default)]
pub(super) struct ListCard {
    weights: [f64; REFERENCES.len()],
    seen: Option<Seen>,
}

impl ListCard {
    /// The items that come next, with the choices above them.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        app: &App,
        actions: &mut Actions,
    ) {
        if shown.view().said.is_some() {
            // A model of another task ranks no items.
            return next_card(ui, shown);
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let judged = app
                .runs
                .summary(&key.run)
                .and_then(|summary| summary.manifest.as_ref());
            let as_judged = judged.map_or(Seen::LeftOut, |manifest| manifest.seen());
            ui.horizontal(|ui| {
                ui.label(RichText::new(tr("Next")).strong())
                    .on_hover_text(tr("What to recommend after the last event"));
                self.choices(ui, as_judged);
            });
            self.blend(ui);
            let seen = self.seen.unwrap_or(as_judged);
            if self.weights.iter().all(|weight| *weight == 0.0) && seen == as_judged {
                let items: Vec<ListedItem> = (shown.view().next.iter())
                    .map(|scored| ListedItem::of(shown, scored.item_idx, scored.probability))
                    .collect();
                return feedback::answered_list(ui, &key.run, shown, &items, app, actions);
            }
            let of_references = REFERENCES
                .into_iter()
                .map(ScoreSource::Reference)
                .zip(self.weights);
            let weights = std::iter::once((ScoreSource::Model, 1.0))
                .chain(of_references)
                .collect();
            let key = key.clone();
            blended(ui, shown, app, &ListAsk { key, seen, weights }, actions);
        });
    }

    fn choices(&mut self, ui: &mut Ui, as_judged: Seen) {
        let mut with_seen = self.seen.unwrap_or(as_judged) == Seen::Ranked;
        let words = "Whether items that the user already had are in the list";
        if ui
            .checkbox(&mut with_seen, tr("seen items"))
            .on_hover_text(tr(words))
            .changed()
        {
            self.seen = Some(if with_seen {
                Seen::Ranked
            } else {
                Seen::LeftOut
            });
        }
    }

    /// The weights of the references, each under its name.
    fn blend(&mut self, ui: &mut Ui) {
        ui.label(
            RichText::new(tr(
                "Blended with references, each by its weight beside the model's 1",
            ))
            .small()
            .weak(),
        );
        egui::Grid::new("blend")
            .num_columns(REFERENCES.len())
            .spacing([12.0, 2.0])
            .show(ui, |ui| {
                let names = REFERENCES
                    .map(|kind| ui.label(RichText::new(tr(kind.title())).small().weak()).id);
                ui.end_row();
                for ((kind, weight), name) in
                    REFERENCES.into_iter().zip(&mut self.weights).zip(names)
                {
                    let field = DragValue::new(weight)
                        .range(0.0..=MOST)
                        .speed(0.02)
                        .max_decimals(2);
                    ui.add(field).labelled_by(name).on_hover_text(tr(format!(
                    "Weight beside the model's 1. {} Scores run from 0 to 1 over the ranked items \
                     before they are blended.",
                    kind.summary()
                )));
                }
                ui.end_row();
            });
    }
}

fn blended(ui: &mut Ui, shown: &ShownUser<'_>, app: &App, ask: &ListAsk, actions: &mut Actions) {
    let awaited = Awaited {
        answers: app.views.lists(),
        ask: ask.clone(),
        name: Question::List,
        doing: "Fitting the references",
    };
    if let Some(made) = awaited.answer(ui, app, actions, |other| other.key == ask.key) {
        list(ui, &ask.key.run, shown, made, app, actions);
    }
}

fn list(
    ui: &mut Ui,
    run: &RunId,
    shown: &ShownUser<'_>,
    made: &Recommendation,
    app: &App,
    actions: &mut Actions,
) {
    let items: Vec<ListedItem> = made
        .items
        .iter()
        .map(|listed| {
            let cold = if listed.is_cold {
                tr(" (new: by content)")
            } else {
                String::new()
            };
            let mut item = ListedItem::of(shown, listed.item_idx, listed.score as f32);
            item.bar.title.push_str(&cold);
            item
        })
        .collect();
    feedback::answered_list(ui, run, shown, &items, app, actions);
    if made.n_cold_left_out > 0 {
        let words = "Items without training events, of which the data tell nothing";
        ui.weak(RichText::new(tr(format!("{} new items left out", made.n_cold_left_out))).small())
            .on_hover_text(tr(words));
    }
}
