//! Faithfulness: which events moved one answer, by every method side by side, and whether attention
//! tells the truth.

mod agreement;
mod events;

use std::sync::Arc;

use egui::{ComboBox, Label, RichText, Ui};

use super::ShownUser;
use super::awaited::Awaited;
use crate::app::{Action, App, AttributionAsk, Question, Select};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::line_chart::{ChartData, ChartSeries, Chrome, LineChart};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::{Actions, text};
use events::EventTable;
use seqscope_engine::explain::{AnswerAttribution, AnswerTarget, DeletionOrder, UserView};
use seqscope_engine::report::{ItemNames, ReportTable, attribution_tables};
use seqscope_engine::run::RunId;

/// Width that the agreement and the curves take beside the events.
const BESIDE: f32 = 380.0;

/// Least height of the curves.
const CHART: f32 = 210.0;

/// View state: the item whose probability is explained, and what was made of the answer.
pub(super) struct FaithfulnessView {
    target: AnswerTarget,
    events: EventTable,
    chart: LineChart,
    /// The answer that tables and chart are of, and whether they were made for the dark theme.
    of: Option<(Arc<AnswerAttribution>, bool)>,
    tables: Vec<ReportTable>,
}

impl Default for FaithfulnessView {
    fn default() -> Self {
        Self {
            target: AnswerTarget::default(),
            events: EventTable::default(),
            chart: LineChart::new("Probability as events go"),
            of: None,
            tables: Vec::new(),
        }
    }
}

impl FaithfulnessView {
    /// Paints the choice of the answer and, once it is here, what moved it.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        run: &RunId,
        app: &App,
        actions: &mut Actions,
    ) {
        let Some(key) = app.selection.view_key(run) else {
            return;
        };
        if shown.view().said.is_some() {
            let sentence = "This run does not rank items, and only answers about an item are \
                            explained. Choose a run that predicts the next item.";
            return panel::empty(ui, "No item to explain", sentence, |_| {});
        }
        // Behind the last event lies what comes next.
        let before = app.selection.event.filter(|at| *at < shown.n_events());
        self.choices(ui, shown, before, actions);
        ui.add_space(size::GAP_SMALL);
        let ask = AttributionAsk {
            key,
            before,
            target: self.target,
        };
        let of_user = ask.key.clone();
        let is_here = app.views.attributions().to(&ask).is_some();
        let awaited = Awaited {
            answers: app.views.attributions(),
            ask,
            name: Question::Attribution,
            doing: "Asking again without each event",
        };
        let found = awaited.answer(ui, app, actions, |other| {
            (&other.key.run, &other.key.user_id) == (&of_user.run, &of_user.user_id)
        });
        if let Some(found) = found.map(Arc::clone) {
            self.refresh(ui, shown, &found);
            self.answer(ui, shown, &found, is_here);
        }
    }

    /// The moment and the item that are explained.
    fn choices(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        before: Option<usize>,
        actions: &mut Actions,
    ) {
        let offered = offered(shown.view(), before);
        ui.horizontal_wrapped(|ui| {
            let name = ui.label(tr("Explain the probability of"));
            let words = self.target_words(shown);
            ComboBox::from_id_salt("target")
                .selected_text(text::clipped(&words, 34))
                .width(230.0)
                .show_ui(ui, |ui| {
                    let mut choice = |ui: &mut Ui, target: AnswerTarget, words: &str| {
                        ui.selectable_value(&mut self.target, target, words);
                    };
                    choice(ui, AnswerTarget::First, &tr(FIRST));
                    if before.is_some() {
                        choice(ui, AnswerTarget::Came, &tr(CAME));
                    }
                    for item in offered {
                        choice(ui, AnswerTarget::Item(item), &shown.title(item));
                    }
                })
                .response
                .labelled_by(name.id)
                .on_hover_text(tr("Items that were expected most can be chosen"));
            match before {
                Some(position) => {
                    let words = tr(format!("before event {}", shown.event_name(position)));
                    ui.add(Label::new(text::clipped(&words, 48)).selectable(false));
                    if ui
                        .button(tr("After the last event"))
                        .on_hover_text(tr("Explain what the model expects next"))
                        .clicked()
                    {
                        actions.push(Action::Select(Select::Event(None)));
                    }
                }
                None => {
                    ui.label(tr("after the last event")).on_hover_text(tr(
                        "Choose an event in the timeline of Overview to explain what was \
                         expected before it",
                    ));
                }
            }
        });
    }

    fn target_words(&self, shown: &ShownUser<'_>) -> String {
        match self.target {
            AnswerTarget::First => tr(FIRST),
            AnswerTarget::Came => tr(CAME),
            AnswerTarget::Item(item) => shown.title(item),
        }
    }

    /// Makes tables and curves when the answer is another, or the colours are.
    fn refresh(&mut self, ui: &Ui, shown: &ShownUser<'_>, found: &Arc<AnswerAttribution>) {
        let is_dark = ui.visuals().dark_mode;
        let is_known = self
            .of
            .as_ref()
            .is_some_and(|(of, dark)| Arc::ptr_eq(of, found) && *dark == is_dark);
        if is_known {
            return;
        }
        self.of = Some((Arc::clone(found), is_dark));
        self.events.forget_order();
        let names = ItemNames {
            id: &|item| shown.id(item),
            label: &|item| shown.title(item),
        };
        self.tables = attribution_tables(found, names);
        self.chart.set(curves(ui, found));
    }

    fn answer(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        found: &AnswerAttribution,
        is_here: bool,
    ) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.verdict(ui, found, is_here);
        });
        ui.add_space(size::GAP_SMALL);
        let beside = BESIDE.min(ui.available_width() * 0.42);
        let card = theme::card(ui);
        let widths = AsideWidths {
            usual: beside,
            least: 280.0,
            most: (ui.available_width() - 380.0).max(300.0),
        };
        panel::aside(ui, PanelSide::After, "agreement", widths)
            .frame(egui::Frame::new())
            .show(ui, |ui| {
                egui::ScrollArea::vertical()
                    .auto_shrink([false, false])
                    .show(ui, |ui| {
                        card.show(ui, |ui| {
                            ui.set_width(ui.available_width());
                            agreement::ui(ui, found, self.tables.get(1));
                        });
                        ui.add_space(size::GAP_SMALL);
                        card.show(ui, |ui| {
                            ui.set_width(ui.available_width());
                            let height = (ui.available_height() - 8.0).max(CHART);
                            self.chart.ui(ui, height, Chrome::Full);
                        });
                    });
            });
        egui::CentralPanel::default()
            .frame(egui::Frame::new().inner_margin(egui::Margin {
                right: 8,
                ..Default::default()
            }))
            .show(ui, |ui| {
                card.show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    self.events.ui(ui, shown, found, self.tables.first());
                });
            });
    }

    /// The sentence, what it is about, and how well the numbers were made.
    fn verdict(&self, ui: &mut Ui, found: &AnswerAttribution, is_here: bool) {
        let events = self.tables.first();
        ui.horizontal(|ui| {
            ui.label(RichText::new(tr("Verdict")).strong());
            if !is_here {
                ui.spinner();
            }
            if let Some(about) = events.and_then(|table| table.lead.first()) {
                ui.add(Label::new(RichText::new(tr(about)).weak()).truncate());
            }
        });
        ui.add(
            Label::new(RichText::new(tr(&found.verdict.sentence)).size(size::TEXT + 1.0)).wrap(),
        );
        for note in events.map_or(&[][..], |table| &table.notes) {
            ui.add(Label::new(RichText::new(tr(note)).small().weak()).wrap());
        }
    }
}

/// Names of the two items that are always to be had.
const FIRST: &str = "The first recommended item";
const CAME: &str = "The item that came";

/// Items that may be explained by name: those that the model expected most at that moment.
fn offered(view: &UserView, before: Option<usize>) -> Vec<u32> {
    let expected = match before {
        None => Some(&view.next),
        Some(position) => {
            let step = view.timeline.iter().find(|step| step.position == position);
            step.map(|step| &step.top)
        }
    };
    let expected = expected.map_or(&[][..], Vec::as_slice);
    expected.iter().map(|scored| scored.item_idx).collect()
}

/// The deletion curves, chance in the colour of what stands behind.
fn curves(ui: &Ui, found: &AnswerAttribution) -> ChartData {
    let series = found
        .curves
        .iter()
        .enumerate()
        .map(|(at, curve)| ChartSeries {
            name: curve.order.title().to_owned(),
            color: match curve.order {
                DeletionOrder::By(_) => theme::series_color(ui, at),
                DeletionOrder::Random => theme::colors(ui).weak,
            },
            points: curve
                .points
                .iter()
                .map(|&(n, probability)| [n as f64, probability])
                .collect::<Vec<_>>()
                .into(),
            keep_raw: true,
        });
    ChartData {
        x_label: "Events removed".to_owned(),
        y_label: "Probability".to_owned(),
        series: series.collect(),
        from_zero: true,
        ..ChartData::default()
    }
}
