//! Galleries of the users of the chosen slice: best, worst, most surprising, most changed; each
//! with the reason in numbers, and opened by a click.

use std::cell::Cell;
use std::sync::Arc;

use egui::{ComboBox, RichText, ScrollArea, Ui};
use strum::IntoEnumIterator as _;

use crate::app::{
    Action, App, ExplainView, GalleryAction, GalleryAsk, GalleryBefore, Loadable, Select, ViewKey,
};
use crate::ui::frame::action_button;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::report::{self, CellPainter, CellPlace};
use crate::ui::widget::{panel, run_words};
use crate::ui::{Actions, text};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::explain::{Gallery, GalleryKind, answer_name};
use seqscope_engine::report::{GALLERY_USER, GalleryNames, ReportTable, gallery_table};
use seqscope_engine::run::{Manifest, RunId, Summary, why_not_comparable};

/// View state of galleries.
#[derive(Default)]
pub(super) struct GalleryView {
    kind: GalleryKind,
    before: Option<GalleryBefore>,
    /// Run that the other one, or the epoch, was chosen for.
    of_run: Option<RunId>,
    /// The gallery that was drawn last, as a table.
    drawn: Option<(Arc<Gallery>, ReportTable)>,
}

impl GalleryView {
    /// Paints the choice of gallery, and its users.
    pub(super) fn ui(&mut self, ui: &mut Ui, key: &ViewKey, app: &App, actions: &mut Actions) {
        let summary = app.runs.summary(&key.run);
        let manifest = summary.and_then(|summary| summary.manifest.as_deref());
        let (Some(manifest), Some(prepared)) = (manifest, app.views.data(&key.run)) else {
            return;
        };
        if self.of_run.as_ref() != Some(&key.run) {
            (self.of_run, self.before) = (Some(key.run.clone()), None);
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.choice(ui, key, manifest, app, actions);
            let ask = GalleryAsk {
                run: key.run.clone(),
                kind: self.kind,
                before: self
                    .before
                    .clone()
                    .filter(|_| self.kind == GalleryKind::Changed),
            };
            self.answer(ui, prepared, manifest, &ask, app, actions);
        });
    }

    fn choice(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        manifest: &Manifest,
        app: &App,
        actions: &mut Actions,
    ) {
        let answers = manifest.experiment.answers();
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(tr("Gallery")).strong());
            for kind in GalleryKind::iter() {
                let rule = kind.rule(answers);
                let words = text::capitalised(&tr(kind.to_string()));
                let button = egui::Button::selectable(kind == self.kind, words);
                let button = ui.add_enabled(rule.is_ok(), button);
                let button = match rule {
                    Ok(rule) => button.on_hover_text(tr(rule)),
                    Err(why) => button.on_disabled_hover_text(tr(why)),
                };
                if button.clicked() {
                    self.kind = kind;
                }
            }
            if self.kind == GalleryKind::Changed {
                self.choose_before(ui, key, manifest, app, actions);
            }
        });
        ui.weak(tr(match app.slice_words() {
            None => "Of everyone who was asked in the test.".to_owned(),
            Some(words) => format!("Within the slice: {}", text::clipped(&words, 80)),
        }));
    }

    /// Choice of the answers that changes are counted from.
    fn choose_before(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        manifest: &Manifest,
        app: &App,
        actions: &mut Actions,
    ) {
        let name = ui.label(tr("since"));
        let words = before_words(self.before.as_ref(), app);
        ComboBox::from_id_salt("gallery_before")
            .selected_text(text::clipped(&words, 40))
            .width(260.0)
            .show_ui(ui, |ui| {
                let runs = app.runs.ready().map_or(&[][..], Vec::as_slice);
                let others = runs.iter().filter(|run| is_beside(run, manifest));
                for other in others {
                    let before = GalleryBefore::Run(other.id.clone());
                    let is_chosen = self.before.as_ref() == Some(&before);
                    let title = run_words::distinct_title(other);
                    if ui.selectable_label(is_chosen, title).clicked() {
                        self.before = Some(before);
                        let second = Select::SecondRun(Some(other.id.clone()));
                        actions.push(Action::Select(second));
                    }
                }
                let series = app.views.series(&key.run).ready();
                let epochs = series.map_or(&[][..], |series| &series.epochs);
                for &epoch in epochs.iter().filter(|it| Some(**it) != manifest.best_epoch) {
                    let before = GalleryBefore::Epoch(epoch);
                    let is_chosen = self.before.as_ref() == Some(&before);
                    let title = tr(format!("Epoch {epoch} of this run"));
                    if ui.selectable_label(is_chosen, title).clicked() {
                        self.before = Some(before);
                    }
                }
            })
            .response
            .labelled_by(name.id);
    }

    fn answer(
        &mut self,
        ui: &mut Ui,
        prepared: &Prepared,
        manifest: &Manifest,
        ask: &GalleryAsk,
        app: &App,
        actions: &mut Actions,
    ) {
        let look = Action::Gallery(GalleryAction::Look(ask.clone()));
        match app.gallery(ask) {
            Loadable::Idle => {
                // What costs no more than sorting is looked for at once.
                let is_cheap = !asks_model(ask);
                match app.enabled(&look) {
                    Ok(()) if is_cheap => {
                        actions.push(look);
                        panel::loading(ui, "Looking for users");
                    }
                    Ok(()) => {
                        ui.add_space(size::GAP_SMALL);
                        action_button(ui, app, actions, look);
                        ui.weak(tr(
                            "The run's weights are asked about every user of the slice.",
                        ));
                    }
                    Err(why) => {
                        ui.label(tr(why));
                    }
                }
            }
            Loadable::Loading(what) => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label(tr(what));
                    action_button(ui, app, actions, Action::Gallery(GalleryAction::Stop));
                });
            }
            Loadable::Failed(why) => {
                ui.label(tr(why));
                action_button(ui, app, actions, look);
            }
            Loadable::Ready(gallery) => self.table(ui, gallery, prepared, manifest, app, actions),
        }
    }

    fn table(
        &mut self,
        ui: &mut Ui,
        gallery: &Arc<Gallery>,
        prepared: &Prepared,
        manifest: &Manifest,
        app: &App,
        actions: &mut Actions,
    ) {
        let is_drawn = self
            .drawn
            .as_ref()
            .is_some_and(|(drawn, _)| Arc::ptr_eq(drawn, gallery));
        if !is_drawn {
            let before = before_words(self.before.as_ref(), app);
            let table = table_of(gallery, prepared, manifest, &before);
            self.drawn = Some((Arc::clone(gallery), table));
        }
        let Some((_, table)) = &self.drawn else {
            return;
        };
        ui.horizontal(|ui| {
            ui.strong(tr(&table.title));
            report::copy_menu(ui, table);
        });
        for sentence in &table.lead {
            ui.weak(tr(sentence));
        }
        for sentence in &table.notes {
            ui.label(tr(sentence));
        }
        let clicked = Cell::new(None);
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            report::rows(ui, "gallery", table, &UserLinks { clicked: &clicked });
        });
        let user = clicked.get().and_then(|row: usize| gallery.shown.get(row));
        if let Some(id) = user.and_then(|it| prepared.dataset.users.id(it.user)) {
            actions.push(Action::Select(Select::User(id.to_owned())));
            actions.push(Action::Select(Select::View(ExplainView::Overview)));
        }
    }
}

/// Whether weights are asked, which takes seconds.
fn asks_model(ask: &GalleryAsk) -> bool {
    ask.kind == GalleryKind::Surprising || matches!(ask.before, Some(GalleryBefore::Epoch(_)))
}

/// Whether changes can be counted from a run.
fn is_beside(other: &Summary, manifest: &Manifest) -> bool {
    other.manifest.as_ref().is_some_and(|other| {
        other.id != manifest.id
            && other.test.is_some()
            && why_not_comparable(manifest, other).is_none()
    })
}

fn before_words(before: Option<&GalleryBefore>, app: &App) -> String {
    match before {
        None => tr("choose"),
        Some(GalleryBefore::Epoch(epoch)) => tr(format!("Epoch {epoch} of this run")),
        Some(GalleryBefore::Run(run)) => app
            .runs
            .summary(run)
            .map_or_else(|| run.to_string(), run_words::distinct_title),
    }
}

fn table_of(
    gallery: &Gallery,
    prepared: &Prepared,
    manifest: &Manifest,
    before: &str,
) -> ReportTable {
    let dataset = &prepared.dataset;
    let user = |user: u32| foreign(dataset.users.id(user).unwrap_or_default()).into_owned();
    let answers = manifest.experiment.answers();
    let answer = |at: u32| foreign(answer_name(dataset, answers, at)).into_owned();
    let names = GalleryNames {
        user: &user,
        answer: &answer,
    };
    gallery_table(gallery, names, before)
}

/// Ids of users as links.
struct UserLinks<'a> {
    /// Row that was clicked.
    clicked: &'a Cell<Option<usize>>,
}

impl CellPainter for UserLinks<'_> {
    fn cell(&self, ui: &mut Ui, place: CellPlace<'_>) -> bool {
        if place.column.key != GALLERY_USER {
            return false;
        }
        if ui.link(place.cell.words()).clicked() {
            self.clicked.set(Some(place.row));
        }
        true
    }
}
