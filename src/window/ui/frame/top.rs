//! The bar above: pages as tabs, the device, the colours, the language.

use egui::{Align, Button, Layout, RichText, Ui};
use strum::IntoEnumIterator;

use super::action_button_as;
use crate::app::{Action, App, Arrange, Loadable, Page, Scale, ThemeChoice, TourStep};
use crate::ui::language::tr;
use crate::ui::{Actions, manual, shortcut, theme, tour};
use seqscope_base::language::Language;
use seqscope_model::{DeviceInfo, DeviceKind, device_for};

/// Width of the window from which the name and the device stand beside the pages.
const WIDE: f32 = 860.0;

pub(super) fn ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let is_wide = ui.ctx().content_rect().width() >= WIDE;
    ui.horizontal(|ui| {
        let is_open = app.arrangement.shows_runs;
        let rail = ui
            .add(Button::selectable(is_open, "☰"))
            .on_hover_text(tr("Show or hide the list of runs ([)"));
        rail.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::Button, true, is_open, tr("List of runs"))
        });
        if rail.clicked() {
            actions.push(Action::Arrange(Arrange::FoldRuns));
        }
        if is_wide {
            ui.label(
                RichText::new("Seqscope")
                    .strong()
                    .size(16.0)
                    .color(theme::colors(ui).strong),
            );
            ui.add_space(theme::size::GAP_LARGE);
        }
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = if is_wide { 18.0 } else { 6.0 };
            for page in Page::iter() {
                tab(ui, app, page, actions);
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            help(ui);
            languages(ui, app, actions);
            themes(ui, app, actions);
            size_menu(ui, app, actions);
            if is_wide {
                ui.separator();
                device(ui, app);
            }
        });
    });
}

/// The bar of a presentation: what is presented, and the way back.
pub(super) fn presented(ui: &mut Ui, app: &App, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr(question(app.page))).color(theme::colors(ui).strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let end = Action::Arrange(Arrange::Present);
            action_button_as(ui, app, actions, end, tr("End presentation (F11)"));
        });
    });
}

/// The size of everything.
fn size_menu(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let present = app.arrangement.scale;
    let menu = ui.menu_button(format!("{} %", present.percent()), |ui| {
        for step in Scale::STEPS.map(Scale::from) {
            let words = format!("{} %", step.percent());
            if ui.selectable_label(step == present, tr(words)).clicked() {
                actions.push(Action::Arrange(Arrange::Scale(step)));
                ui.close();
            }
        }
    });
    let button = menu
        .response
        .on_hover_text(tr("Size of everything (Ctrl+Plus, Ctrl+Minus, Ctrl+0)"));
    button.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Button, true, tr("Size of everything"))
    });
}

/// The question that a page answers.
fn question(page: Page) -> &'static str {
    match page {
        Page::Data => "What do I have?",
        Page::Model => "What will I train?",
        Page::Train => "Is it learning?",
        Page::Explain => "Why does it predict this?",
        Page::Compare => "Which is better, really?",
        Page::Report => "How do I show it?",
    }
}

fn tab(ui: &mut Ui, app: &App, page: Page, actions: &mut Actions) {
    let is_shown = app.page == page;
    let colors = theme::colors(ui);
    let words = RichText::new(tr(page.to_string()))
        .size(15.0)
        .color(if is_shown { colors.strong } else { colors.weak });
    let hover = format!("{} ({})", tr(question(page)), shortcut::of_page(page));
    let tab = ui.add(Button::new(words).frame(false)).on_hover_text(hover);
    tab.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::Button, true, is_shown, tr(page.to_string()))
    });
    if is_shown {
        ui.painter().hline(
            tab.rect.x_range().shrink(4.0),
            tab.rect.bottom() + 6.0,
            (2.5, colors.accent),
        );
    }
    match page {
        Page::Train => tour::mark(ui, TourStep::Watch, tab.rect),
        Page::Explain => tour::mark(ui, TourStep::Explain, tab.rect),
        Page::Data | Page::Model | Page::Compare | Page::Report => {}
    }
    if tab.clicked() {
        actions.push(Action::GoTo(page));
    }
}

fn help(ui: &mut Ui) {
    let button = ui.button("?").on_hover_text(tr("Manual (F1)"));
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, tr("Manual")));
    if button.clicked() {
        manual::ask(ui.ctx());
    }
}

fn themes(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let icons = [
        (ThemeChoice::Light, "☀", "Light"),
        (ThemeChoice::Dark, "🌙", "Dark"),
        (ThemeChoice::System, "💻", "As the system"),
    ];
    for (choice, icon, words) in icons {
        let is_chosen = app.theme == choice;
        let button = ui
            .add(Button::selectable(is_chosen, icon))
            .on_hover_text(tr(words));
        button.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, tr(words))
        });
        if button.clicked() {
            actions.push(Action::SetTheme(choice));
        }
    }
}

/// The languages, each by its name in itself: whoever cannot read one finds the other.
fn languages(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let menu = ui.menu_button("文A", |ui| {
        for language in Language::iter() {
            let is_chosen = app.language == language;
            if ui
                .add(Button::selectable(is_chosen, language.own_name()))
                .clicked()
            {
                actions.push(Action::SetLanguage(language));
            }
        }
    });
    let menu = menu.response.on_hover_text("Language / 语言");
    menu.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, tr("Language")));
}

/// The device of the run in work, else the one that the draft asks for.
fn device(ui: &mut Ui, app: &App) {
    let in_use = app
        .training
        .current
        .as_ref()
        .filter(|t| t.is_active())
        .and_then(|t| t.device.as_ref());
    let (name, hover) = match (in_use, &app.devices) {
        (Some(device), _) => (
            short(device),
            format!(
                "In use: {} ({}, {})",
                device.name, device.backend, device.key
            ),
        ),
        (None, Loadable::Ready(devices)) => {
            let wanted = device_for(&app.draft.experiment.training.device, devices);
            let all: Vec<String> = devices
                .iter()
                .map(|d| format!("{}: {} ({})", d.key, d.name, d.backend))
                .collect();
            (
                wanted.map_or_else(|| "no such device".to_owned(), short),
                format!("Devices of this machine\n{}", all.join("\n")),
            )
        }
        (None, Loadable::Loading(_) | Loadable::Idle) => {
            ("looking for devices…".to_owned(), String::new())
        }
        (None, Loadable::Failed(why)) => ("devices unknown".to_owned(), why.clone()),
    };
    let colors = theme::colors(ui);
    let color = if in_use.is_some() {
        colors.good
    } else {
        colors.weak
    };
    let label = ui.label(RichText::new(format!("⚙ {}", tr(name))).color(color));
    if !hover.is_empty() {
        label.on_hover_text(tr(hover));
    }
}

fn short(device: &DeviceInfo) -> String {
    match device.kind {
        DeviceKind::Cpu => "CPU".to_owned(),
        DeviceKind::Gpu => crate::ui::text::clipped(&device.name, 32),
        DeviceKind::SoftwareGpu => {
            format!("{} (software)", crate::ui::text::clipped(&device.name, 24))
        }
    }
}
