//! What do I have? A log is imported, its columns get roles, it is cleaned and split; beside the
//! settings stand its rows, counts, charts and users.

mod audit;
mod calendar;
mod clean;
mod counts;
mod forecast;
mod join;
mod missing;
mod places;
mod preview;
mod profile;
mod pseudonyms;
mod roles;
mod source;
mod split;
mod strip;
mod users;
mod world;

use egui::{Button, RichText, ScrollArea, Ui};

use crate::app::{Action, App, Loadable};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;
use crate::ui::{Actions, frame};
use seqscope_data::{DataSource, Prepared};

/// Width of the settings at the left.
const SETTINGS: f32 = 384.0;

/// The way of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum DataStep {
    #[default]
    Import,
    Roles,
    Clean,
    Split,
}

/// View beside the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum DataView {
    #[default]
    Preview,
    Counts,
    Profile,
    Forecast,
    Audit,
    Places,
    Users,
}

impl DataView {
    fn help(self) -> &'static str {
        match self {
            Self::Preview => "The first rows of the file, as they are read",
            Self::Counts => "Rows, users and items after each step; refused rows; problems",
            Self::Profile => {
                "What the log looks like: lengths, popularity, activity, returns, gaps, behaviours"
            }
            Self::Forecast => {
                "Events of each day, week or month, and how many the next ones will have"
            }
            Self::Audit => {
                "How far the split can be trusted: its parts on the calendar, and what leaks \
                 between them"
            }
            Self::Places => "Where the events happened, on a map of degrees",
            Self::Users => "Every user's raw events in order",
        }
    }
}

/// View state of the page.
#[derive(Default)]
pub(super) struct DataPage {
    step: DataStep,
    view: DataView,
    /// Fingerprint of the data whose profile was last brought to the front.
    shown: String,
    source: source::SourceForm,
    roles: roles::RolesForm,
    profile: profile::ProfileCards,
    users: users::UserBrowser,
    forecast: forecast::ForecastView,
}

impl DataPage {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        self.bring_news_to_front(app);
        strip::ui(ui, app, &mut self.step, actions);
        ui.add_space(size::GAP);
        egui::Panel::left("settings")
            .frame(egui::Frame::new().inner_margin(egui::Margin {
                right: size::PAGE_PAD,
                ..egui::Margin::ZERO
            }))
            .exact_size(SETTINGS)
            .resizable(false)
            .show_separator_line(false)
            .show(ui, |ui| self.settings(ui, app, actions));
        egui::CentralPanel::no_frame().show(ui, |ui| self.views(ui, app, actions));
    }

    /// When a log has just been prepared, its profile comes to the front, once.
    fn bring_news_to_front(&mut self, app: &App) {
        let fingerprint = app
            .data
            .prepared
            .ready()
            .map(|prepared| &prepared.dataset.fingerprint);
        if let Some(fingerprint) = fingerprint.filter(|fingerprint| **fingerprint != self.shown) {
            self.shown.clone_from(fingerprint);
            self.view = DataView::Profile;
        }
        if app.data.preview.is_loading() && app.data.last_preview.is_none() {
            self.view = DataView::Preview;
        }
    }

    fn settings(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let mut edited = app.draft.experiment.clone();
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                theme::card(ui).show(ui, |ui| {
                    ui.take_available_width();
                    ui.heading(tr(self.step.to_string()));
                    match self.step {
                        DataStep::Import => self.source.ui(ui, app, &mut edited, actions),
                        DataStep::Roles => self.roles.ui(ui, app, &mut edited, actions),
                        DataStep::Clean => clean::ui(ui, app, &mut edited),
                        DataStep::Split => split::ui(ui, app, &mut edited),
                    }
                });
                preview_problems(ui, app);
            });
        if edited != app.draft.experiment {
            actions.push(Action::Edit(Box::new(edited)));
        }
    }

    fn views(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        ui.horizontal(|ui| {
            for view in <DataView as strum::IntoEnumIterator>::iter() {
                let tab = Button::selectable(self.view == view, tr(view.to_string()));
                if ui.add(tab).on_hover_text(tr(view.help())).clicked() {
                    self.view = view;
                }
            }
            if app.data.prepared.ready().is_some() && app.fresh_data().is_none() {
                ui.separator();
                let words = "Settings have changed since: prepare again";
                ui.label(RichText::new(tr(words)).color(theme::colors(ui).warning));
            }
        });
        ui.add_space(size::GAP_SMALL);
        match self.view {
            DataView::Preview => preview::ui(ui, app, actions),
            DataView::Counts => with_data(ui, app, actions, |ui, prepared, actions| {
                counts::ui(ui, app, prepared, actions);
            }),
            DataView::Profile => {
                with_data(ui, app, actions, |ui, prepared, actions| {
                    self.profile.ui(ui, app, prepared, actions);
                });
            }
            DataView::Forecast => {
                with_data(ui, app, actions, |ui, prepared, actions| {
                    self.forecast.ui(ui, app, prepared, actions);
                });
            }
            DataView::Audit => with_data(ui, app, actions, |ui, _, _| audit::ui(ui, app)),
            DataView::Places => with_data(ui, app, actions, |ui, _, _| places::ui(ui, app)),
            DataView::Users => {
                with_data(ui, app, actions, |ui, prepared, actions| {
                    self.users.ui(ui, app, prepared, actions);
                });
            }
        }
    }
}

/// Shows what the data became, or why they are not here and what to do.
fn with_data(
    ui: &mut Ui,
    app: &App,
    actions: &mut Actions,
    show: impl FnOnce(&mut Ui, &Prepared, &mut Actions),
) {
    match &app.data.prepared {
        Loadable::Ready(prepared) => show(ui, prepared, actions),
        Loadable::Loading(words) => {
            ui.vertical_centered(|ui| {
                ui.add_space(ui.available_height() * 0.3);
                ui.label(tr(words));
                panel::opening(ui, app);
                frame::action_button(ui, app, actions, Action::CancelPrepare);
            });
        }
        Loadable::Failed(why) => {
            ui.vertical_centered(|ui| {
                ui.add_space(ui.available_height() * 0.3);
                ui.add(
                    egui::Label::new(RichText::new(tr(why)).color(theme::colors(ui).error)).wrap(),
                );
                frame::action_button(ui, app, actions, Action::Prepare);
            });
        }
        Loadable::Idle => {
            let words = "Counts after each step, lengths of histories, popularity of items and \
                         every user's events appear here once the data are prepared.";
            panel::empty(ui, "Nothing is prepared yet", words, |ui| {
                frame::action_button(ui, app, actions, Action::Prepare);
            });
        }
    }
}

/// Shows what is missing or doubtful in the head of the file, and in its rows once they are read.
fn preview_problems(ui: &mut Ui, app: &App) {
    if !matches!(app.draft.experiment.data.source, DataSource::File(_)) {
        return;
    }
    if let Loadable::Failed(why) = &app.data.preview {
        ui.add_space(size::GAP);
        ui.add(
            egui::Label::new(
                RichText::new(format!("✖ {}", tr(why))).color(theme::colors(ui).error),
            )
            .wrap(),
        );
    }
    let of_file = app
        .data
        .preview
        .ready()
        .map(|preview| preview.problems.as_slice())
        .unwrap_or_default();
    let of_draft = app
        .draft
        .problems
        .iter()
        .filter(|problem| problem.field.is_within("data") || problem.field.is_within("split"));
    let of_rows = app
        .fresh_data()
        .map(|data| data.dataset.report.problems.as_slice())
        .unwrap_or_default();
    let of_rows = of_rows
        .iter()
        .filter(|problem| problem.field.is_within("data") && !of_file.contains(problem));
    for problem in of_file.iter().chain(of_rows).chain(of_draft) {
        let colors = theme::colors(ui);
        let (color, icon) = if problem.is_error() {
            (colors.error, "✖")
        } else {
            (colors.warning, "⚠")
        };
        ui.add_space(size::GAP_SMALL);
        ui.add(
            egui::Label::new(
                RichText::new(format!("{icon} {}", tr(problem.sentence()))).color(color),
            )
            .wrap(),
        );
    }
}
