//! "How do I show it?": cards of charts, tables and notes in an order, and their export.

mod card;

use std::collections::BTreeMap;
use std::path::PathBuf;

use egui::{Rect, RichText, ScrollArea, TextEdit, Ui, UiBuilder, pos2, vec2};
use strum::IntoEnumIterator as _;

use crate::app::{Action, App, Loadable, OpenReport, ReportAction};
use crate::ui::Actions;
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;
use card::CardTextures;
use seqscope_base::spec::shown;
use seqscope_engine::cards::{HiddenIds, ReportFormat};

/// Height that a card is taken to have until it has been painted.
const UNSEEN: f32 = 320.0;

/// View state of the page.
#[derive(Default)]
pub(crate) struct ReportPage {
    /// New name of the report, while it is typed.
    naming: Option<String>,
    /// Path of the export as it was typed; that beside the runs until then.
    path: Option<String>,
    hides_ids: bool,
    /// Heights of the cards that have been painted.
    heights: BTreeMap<u64, f32>,
    pictures: CardTextures,
    /// Number of cards painted in the last frame.
    n_painted: usize,
}

impl ReportPage {
    pub(crate) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        ui.horizontal_wrapped(|ui| self.choice(ui, app, actions));
        match app.reports.open() {
            Loadable::Idle | Loadable::Loading(_) => {
                ui.spinner();
            }
            Loadable::Failed(why) => panel::failed(ui, why),
            Loadable::Ready(open) => {
                self.export(ui, app, actions);
                ui.separator();
                if open.cards.is_empty() {
                    ui.add_space(size::GAP_LARGE);
                    ui.weak(tr(
                        "No cards yet. On the other pages, \"Save\" above a chart or the other button \
                         of the mouse on it, and \"Add to report\" beside a table, put them here as \
                         they are, with where they came from.",
                    ));
                    return;
                }
                self.cards(ui, app, open, actions);
            }
        }
    }

    /// Which report it is, its name, and what can be done with it as a whole.
    fn choice(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let reports = &app.reports;
        egui::ComboBox::from_id_salt("reports")
            .selected_text(shown(reports.name()))
            .width(200.0)
            .show_ui(ui, |ui| {
                for name in reports.names() {
                    let is_open = name == reports.name();
                    if ui.selectable_label(is_open, shown(name)).clicked() && !is_open {
                        actions.push(Action::Report(ReportAction::Open(name.clone())));
                    }
                }
            })
            .response
            .on_hover_text(tr("Report that is open"));
        action_button(ui, app, actions, Action::Report(ReportAction::New));
        if let Some(name) = &mut self.naming {
            let field = ui.add(TextEdit::singleline(name).desired_width(200.0));
            let label = tr("New name of the report");
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &label));
            let is_done = field.lost_focus();
            if ui.button(tr("Rename")).clicked() || is_done {
                let action = ReportAction::Rename(name.trim().to_owned());
                actions.push(Action::Report(action));
                self.naming = None;
            }
        } else if ui.button(tr("Rename report")).clicked() {
            self.naming = Some(reports.name().to_owned());
        }
        let delete = Action::Report(ReportAction::Delete);
        ui.menu_button(tr("Delete report"), |ui| {
            ui.label(tr("The report is deleted from disk; runs stay."));
            action_button(ui, app, actions, delete);
        });
        ui.separator();
        action_button(ui, app, actions, Action::Report(ReportAction::AddNote));
        action_button_as(
            ui,
            app,
            actions,
            Action::Report(ReportAction::Undo),
            tr("Undo"),
        );
    }

    /// Title, and the way out.
    fn export(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let Loadable::Ready(open) = app.reports.open() else {
            return;
        };
        let mut title = open.title.clone();
        let field = TextEdit::singleline(&mut title)
            .hint_text(tr("Title of the report"))
            .desired_width(f32::INFINITY);
        let field = ui.add(field.font(egui::TextStyle::Heading));
        let label = tr("Title of the report");
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &label));
        if field.changed() {
            actions.push(Action::Report(ReportAction::Title(title)));
        }
        ui.horizontal_wrapped(|ui| {
            ui.label(tr("Export to"));
            let usual = usual_path(app);
            let mut path = self.path.clone().unwrap_or(usual);
            let field = ui.add(TextEdit::singleline(&mut path).desired_width(360.0));
            let label = tr("Path of the exported report");
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &label));
            if field.changed() {
                self.path = Some(path.clone());
            }
            let ids = if self.hides_ids {
                HiddenIds::Hidden
            } else {
                HiddenIds::Shown
            };
            for format in ReportFormat::iter() {
                let to = PathBuf::from(path.trim()).with_extension(format.ending());
                let action = Action::Report(ReportAction::Export(to, ids));
                action_button_as(ui, app, actions, action, tr(format.to_string()));
            }
            ui.checkbox(
                &mut self.hides_ids,
                tr("Leave out what names users or items"),
            )
            .on_hover_text(tr(
                "Cards that name users or items of the data are left out, each with a sentence in \
                     its place",
            ));
            if app.reports.is_exporting() {
                ui.spinner();
            }
        });
    }

    /// The cards; only those in sight are painted.
    fn cards(&mut self, ui: &mut Ui, app: &App, open: &OpenReport, actions: &mut Actions) {
        let n_cards = open.cards.len();
        self.n_painted = 0;
        ScrollArea::vertical()
            .auto_shrink(false)
            .show_viewport(ui, |ui, view| {
                let (left, top) = (ui.max_rect().left(), ui.max_rect().top());
                let width = ui.available_width();
                let mut y = 0.0;
                for (at, one) in open.cards.iter().enumerate() {
                    let height = self.heights.get(&one.id).copied().unwrap_or(UNSEEN);
                    let is_in_sight = y + height >= view.min.y && y <= view.max.y;
                    if is_in_sight {
                        let place = Rect::from_min_size(pos2(left, top + y), vec2(width, height));
                        let mut ui = ui
                            .new_child(UiBuilder::new().max_rect(place).id_salt(("card", one.id)));
                        theme::card(&ui).show(&mut ui, |ui| {
                            ui.set_width(ui.available_width());
                            let shown = card::Shown { at, n_cards, one };
                            self.pictures.card(ui, app, shown, actions);
                        });
                        let painted = ui.min_rect().height();
                        self.heights.insert(one.id, painted);
                        self.n_painted += 1;
                    }
                    y += height + size::GAP;
                }
                ui.allocate_space(vec2(width, y));
            });
        self.pictures.end();
        ui.ctx().data_mut(|data| {
            let painted = egui::Id::unique("cards painted");
            data.insert_temp(painted, self.n_painted);
        });
    }
}

/// `exports/reports/NAME.html` beside the folder of runs.
fn usual_path(app: &App) -> String {
    let exports = app.runs.store.root.with_file_name("exports");
    let name = format!("{}.html", app.reports.name());
    exports.join("reports").join(name).display().to_string()
}

/// Words beside the point of a card, small.
pub(super) fn small(words: impl Into<String>) -> RichText {
    RichText::new(words.into()).small().weak()
}
