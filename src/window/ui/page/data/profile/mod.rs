//! Profile of the prepared log: a grid of cards, each a chart, its table and its file.

mod cells;
mod plot;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use egui::{Align, FontId, Layout, RichText, ScrollArea, Ui};
use strum::IntoEnumIterator;

use crate::app::{Action, App};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::report::{self, PlainCells};
use crate::ui::{Actions, frame, text};
use seqscope_data::{Dataset, Prepared, Profile, ProfileView};
use seqscope_engine::report::{ReportTable, profile_table};

/// Least width of a card; as many stand side by side as fit.
const CARD: f32 = 280.0;
/// Height of a chart, and of the table in its place.
const HEIGHT: f32 = size::CHART;

/// View state of the cards.
#[derive(Default)]
pub(super) struct ProfileCards {
    /// Views that show their table.
    as_table: BTreeSet<ProfileView>,
    /// Tables shown, built when they are first asked for: that of the items has a row an item.
    tables: BTreeMap<ProfileView, ReportTable>,
    /// The profile that `tables` are of.
    tables_of: Weak<Profile>,
}

impl ProfileCards {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        let Some(profile) = &app.data.profile else {
            return;
        };
        let made_of = Arc::downgrade(profile);
        if !made_of.ptr_eq(&self.tables_of) {
            self.tables.clear();
            self.tables_of = made_of;
        }
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                facts(ui, profile);
                ui.add_space(size::GAP);
                // What there is to see comes first; then, in short, what there is not and why.
                let (absent, present): (Vec<_>, Vec<_>) = ProfileView::iter()
                    .skip(1)
                    .partition(|view| view.absent(profile).is_some());
                let cards: Vec<ProfileView> = present
                    .into_iter()
                    .chain([ProfileView::Figures])
                    .chain(absent)
                    .collect();
                let n_columns = ((ui.available_width() / CARD).floor() as usize).clamp(1, 3);
                for row in cards.chunks(n_columns) {
                    ui.columns(n_columns, |columns| {
                        for (ui, &view) in columns.iter_mut().zip(row) {
                            ui.push_id(view, |ui| {
                                self.card(ui, app, &prepared.dataset, profile, view, actions);
                            });
                        }
                    });
                }
            });
    }

    fn card(
        &mut self,
        ui: &mut Ui,
        app: &App,
        dataset: &Dataset,
        profile: &Profile,
        view: ProfileView,
        actions: &mut Actions,
    ) {
        // Columns justify their words, which tears the lines of narrow cards apart.
        let plain = Layout::top_down(Align::Min);
        theme::card(ui).show(ui, |ui| {
            ui.with_layout(plain, |ui| {
                ui.take_available_width();
                let colors = theme::colors(ui);
                ui.label(RichText::new(tr(view.title())).color(colors.strong));
                if let Some(why) = view.absent(profile) {
                    ui.add(egui::Label::new(small(ui, why)).wrap());
                    return;
                }
                let (axes, sentence) = (
                    small(ui, view.axes()),
                    RichText::new(tr(view.sentence(profile))).size(size::TEXT_SMALL),
                );
                ui.add(egui::Label::new(axes).truncate());
                let as_table = view == ProfileView::Figures || self.as_table.contains(&view);
                let (rect, _) = ui.allocate_exact_size(
                    egui::vec2(ui.available_width(), HEIGHT),
                    egui::Sense::hover(),
                );
                // A scope would end where its content ends, and what follows would move up.
                let inside = &mut ui.new_child(egui::UiBuilder::new().max_rect(rect));
                if as_table {
                    let table = self
                        .tables
                        .entry(view)
                        .or_insert_with(|| profile_table(view, profile, dataset));
                    ScrollArea::both().max_height(HEIGHT).show(inside, |ui| {
                        report::small_letters(ui);
                        report::rows(ui, "numbers", table, &PlainCells);
                    });
                } else {
                    chart(inside, profile, view);
                }
                ui.add(egui::Label::new(sentence).wrap());
                ui.horizontal(|ui| {
                    ui.spacing_mut().button_padding = egui::vec2(6.0, 2.0);
                    if view != ProfileView::Figures {
                        let mut shown = as_table;
                        let words = format!("Numbers instead of the chart: {}", view.title());
                        if ui
                            .toggle_value(&mut shown, tr("Table"))
                            .on_hover_text(tr(words))
                            .changed()
                            && !self.as_table.remove(&view)
                        {
                            self.as_table.insert(view);
                        }
                    }
                    frame::action_button(ui, app, actions, Action::ExportProfile(view));
                });
            })
        });
        ui.add_space(size::GAP_SMALL);
    }
}

fn small(ui: &Ui, words: &str) -> RichText {
    RichText::new(tr(words))
        .size(size::TEXT_SMALL)
        .color(theme::colors(ui).weak)
}

fn chart(ui: &mut Ui, profile: &Profile, view: ProfileView) {
    match view {
        ProfileView::Figures => {}
        ProfileView::Lengths => plot::lengths(ui, &profile.lengths, HEIGHT),
        ProfileView::Items => plot::popularity(ui, &profile.popularity, HEIGHT),
        ProfileView::Lorenz => plot::lorenz(ui, &profile.popularity, HEIGHT),
        ProfileView::Hours
        | ProfileView::Weekdays
        | ProfileView::HoursOfWeek
        | ProfileView::Days => {
            let Some(activity) = &profile.activity else {
                return;
            };
            match view {
                ProfileView::Hours => plot::hours(ui, activity, HEIGHT),
                ProfileView::Weekdays => rows::weekdays(ui, activity, HEIGHT),
                ProfileView::HoursOfWeek => cells::hours_of_week(ui, activity, HEIGHT),
                _ => plot::days(ui, activity, HEIGHT),
            }
        }
        ProfileView::Repeats => rows::repeats(ui, &profile.repeats, HEIGHT),
        ProfileView::Gaps => {
            if let Some(spread) = profile.gaps.as_ref().and_then(|gaps| gaps.spread.as_ref()) {
                plot::gaps(ui, spread, HEIGHT);
            }
        }
        ProfileView::Behaviours | ProfileView::Funnel | ProfileView::Transitions => {
            let Some(behaviours) = &profile.behaviours else {
                return;
            };
            match view {
                ProfileView::Behaviours => rows::behaviours(ui, behaviours, HEIGHT),
                ProfileView::Funnel => rows::funnel(ui, behaviours, HEIGHT),
                _ => cells::transitions(ui, behaviours, HEIGHT),
            }
        }
        ProfileView::Cold => rows::cold(ui, profile, HEIGHT),
        ProfileView::Unseen => rows::unseen(ui, &profile.unseen, HEIGHT),
    }
}

/// Height of the letters of a figure.
const FIGURE: f32 = 19.0;
/// Between two figures.
const FIGURE_GAP: f32 = 22.0;

fn facts(ui: &mut Ui, profile: &Profile) {
    let colors = theme::colors(ui);
    let measure = |ui: &Ui, words: &str, height: f32| {
        ui.painter()
            .layout_no_wrap(words.to_owned(), FontId::proportional(height), colors.text)
            .size()
            .x
    };
    let (mut rows, mut left) = (vec![Vec::new()], 0.0);
    for (name, value) in figures(profile) {
        let width =
            measure(ui, &value, FIGURE).max(measure(ui, &tr(name), size::TEXT_SMALL)) + FIGURE_GAP;
        if left > 0.0 && left + width > ui.available_width() {
            rows.push(Vec::new());
            left = 0.0;
        }
        left += width;
        rows.last_mut()
            .into_iter()
            .for_each(|row| row.push((name, value.clone())));
    }
    for row in rows {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = FIGURE_GAP;
            for (name, value) in row {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.label(RichText::new(value).size(FIGURE).color(colors.strong));
                    ui.label(
                        RichText::new(tr(name))
                            .size(size::TEXT_SMALL)
                            .color(colors.weak),
                    );
                });
            }
        });
    }
}

/// What stands above the cards: name and value.
fn figures(profile: &Profile) -> Vec<(&'static str, String)> {
    let shape = profile.shape;
    let mut figures = vec![
        ("Users", text::count(shape.n_users)),
        ("Items", text::count(shape.n_items)),
        ("Events", text::count(shape.n_events)),
        (
            "Median length",
            text::significant(profile.lengths.median(), 3),
        ),
        ("Longest", text::count(shape.max_len)),
        ("Density", text::percent(profile.density)),
        ("Repeats", text::percent(profile.repeats.of_events())),
    ];
    if let Some(gini) = profile.popularity.gini {
        figures.push(("Gini of items", text::metric(gini)));
    }
    if let Some(gaps) = &profile.gaps {
        figures.push(("Same time as before", text::percent(gaps.zero_share())));
    }
    figures
}
