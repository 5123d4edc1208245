//! Import → Roles → Clean → Split, each with what it came to, and the button that does all four.

use egui::{Button, RichText, Sense, Ui, vec2};
use strum::IntoEnumIterator;

use super::DataStep;
use crate::app::{Action, App};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, frame, text};
use seqscope_base::spec::Entry;
use seqscope_data::{DataSource, Prepared, Role, SplitSpec};

const HEIGHT: f32 = 54.0;
const BUTTON: f32 = 150.0;
const ARROW: f32 = 14.0;

pub(super) fn ui(ui: &mut Ui, app: &App, chosen: &mut DataStep, actions: &mut Actions) {
    let n_steps = DataStep::iter().count() as f32;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let spent = BUTTON + n_steps * (ARROW + 2.0 * ui.spacing().item_spacing.x);
        let width = ((ui.available_width() - spent) / n_steps).max(90.0);
        for step in DataStep::iter() {
            if card(ui, step, &came_to(app, step), *chosen == step, width).clicked() {
                *chosen = step;
            }
            let (rect, _) = ui.allocate_exact_size(vec2(ARROW, HEIGHT), Sense::hover());
            let color = theme::colors(ui).weak;
            ui.painter().text(
                rect.center(),
                egui::Align2::CENTER_CENTER,
                "→",
                egui::FontId::proportional(16.0),
                color,
            );
        }
        prepare(ui, app, actions);
    });
}

fn prepare(ui: &mut Ui, app: &App, actions: &mut Actions) {
    if app.data.prepared.is_loading() {
        ui.spinner();
        frame::action_button(ui, app, actions, Action::CancelPrepare);
        return;
    }
    let colors = theme::colors(ui);
    let (is_fresh, enabled) = (app.fresh_data().is_some(), app.enabled(&Action::Prepare));
    let words = RichText::new(tr(if is_fresh {
        "Prepare again"
    } else {
        "Prepare data"
    }));
    let button = if is_fresh || enabled.is_err() {
        Button::new(words)
    } else {
        Button::new(words.color(colors.on_accent)).fill(colors.accent)
    };
    let response = ui.add_enabled(enabled.is_ok(), button.min_size(vec2(BUTTON - 8.0, 36.0)));
    if response.clicked() {
        actions.push(Action::Prepare);
    }
    match enabled {
        Ok(()) => response.on_hover_text(tr(
            "Reads the whole log, cleans it, gives ids their indices and splits it",
        )),
        Err(reason) => response.on_disabled_hover_text(tr(reason)),
    };
}

fn card(ui: &mut Ui, step: DataStep, words: &str, is_chosen: bool, width: f32) -> egui::Response {
    let colors = theme::colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, tr(step.to_string()))
    });
    let edge = match (is_chosen, response.hovered()) {
        (true, _) => egui::Stroke::new(2.0, colors.accent),
        (false, true) => egui::Stroke::new(1.0, colors.weak),
        (false, false) => egui::Stroke::new(1.0, colors.line),
    };
    ui.painter().rect(
        rect,
        size::CORNER,
        colors.card,
        edge,
        egui::StrokeKind::Inside,
    );
    let layout = egui::Layout::top_down(egui::Align::Min);
    let mut inside = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(10.0, 7.0)))
            .layout(layout),
    );
    inside.spacing_mut().item_spacing.y = 2.0;
    let number = DataStep::iter()
        .position(|other| other == step)
        .unwrap_or(0)
        + 1;
    let title = RichText::new(format!("{number}  {}", tr(step.to_string()))).color(if is_chosen {
        colors.accent
    } else {
        colors.strong
    });
    inside.add(egui::Label::new(title).selectable(false));
    let line = RichText::new(words)
        .size(size::TEXT_SMALL)
        .color(colors.weak);
    inside.add(egui::Label::new(line).truncate().selectable(false));
    response.on_hover_text(words)
}

/// Says what a step came to, or what it is set to before anything is prepared.
fn came_to(app: &App, step: DataStep) -> String {
    let (draft, fresh) = (&app.draft.experiment, app.fresh_data());
    match step {
        DataStep::Import => fresh.map_or_else(|| source(app), |prepared| read(prepared)),
        DataStep::Roles => roles(app),
        DataStep::Clean => fresh.map_or_else(
            || {
                let clean = &draft.data.clean;
                let k_core = clean.min_user_events > 1 || clean.min_item_events > 1;
                let parts = [(clean.drop_duplicates, "duplicates"), (k_core, "k-core")];
                let mut on: Vec<String> = parts
                    .iter()
                    .filter(|(is_on, _)| *is_on)
                    .map(|(_, words)| tr(*words))
                    .collect();
                let n_steps = clean.steps.iter().filter(|step| step.is_on()).count();
                if n_steps > 0 {
                    on.push(tr(text::counted(n_steps, "step")));
                }
                if on.is_empty() {
                    tr("nothing is dropped")
                } else {
                    on.join(&tr(", "))
                }
            },
            |prepared| cleaned(prepared),
        ),
        DataStep::Split => fresh.map_or_else(
            || tr(split(draft.split)),
            |p| {
                tr(format!(
                    "{} valid, {} test",
                    text::count(p.split.valid.len()),
                    text::count(p.split.test.len())
                ))
            },
        ),
    }
}

fn source(app: &App) -> String {
    match &app.draft.experiment.data.source {
        DataSource::World(world) => tr(world.title()).to_lowercase(),
        DataSource::File(file) => file
            .path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
    }
}

fn read(prepared: &Prepared) -> String {
    let report = &prepared.dataset.report;
    let refused = if report.rows_refused > 0 {
        tr(format!(", {} refused", text::count(report.rows_refused)))
    } else {
        String::new()
    };
    format!("{}{refused}", tr(text::counted(report.rows_read, "row")))
}

fn roles(app: &App) -> String {
    if matches!(app.draft.experiment.data.source, DataSource::World(_)) {
        let has_behaviours = app
            .fresh_data()
            .is_some_and(|prepared| !prepared.dataset.behaviours.is_empty());
        return tr(if has_behaviours {
            "user, item, time, behaviour"
        } else {
            "user, item, time"
        });
    }
    let Some(preview) = app.data.shown_preview() else {
        return tr("guessed from the head");
    };
    let named = Role::iter().filter(|role| preview.file.roles.column(*role).is_some());
    let names: Vec<String> = named
        .map(|role| tr(role.to_string()).to_lowercase())
        .collect();
    if names.is_empty() {
        tr("none found")
    } else {
        names.join(&tr(", "))
    }
}

fn cleaned(prepared: &Prepared) -> String {
    let steps = &prepared.dataset.report.steps;
    match (steps.first(), steps.last()) {
        (Some(first), Some(last)) if first.rows > last.rows => tr(format!(
            "{} left, {} dropped",
            text::count(last.rows),
            text::count(first.rows - last.rows)
        )),
        (_, Some(last)) => tr(format!("{} left, none dropped", text::count(last.rows))),
        _ => String::new(),
    }
}

fn split(split: SplitSpec) -> String {
    match split {
        SplitSpec::LeaveOneOut => "leave-one-out".to_owned(),
        SplitSpec::GlobalTemporal { .. } => "global cut in time".to_owned(),
        SplitSpec::AtDates { .. } => "cut at named dates".to_owned(),
        SplitSpec::OwnFiles => "own files".to_owned(),
        SplitSpec::PerUserTemporal { .. } => "last share of each user".to_owned(),
        SplitSpec::RollingWindows {
            n_windows, window, ..
        } => format!("window {window} of {n_windows}"),
    }
}
