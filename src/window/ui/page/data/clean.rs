//! How the log is cleaned: an ordered list of steps, each with its settings and what it did.

use egui::{Button, RichText, ScrollArea, Ui};
use strum::IntoEnumIterator;

use super::super::form::{SectionForm, problems};
use super::counts;
use crate::app::App;
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_base::spec::{Described, Entry, Value};
use seqscope_data::{CleanSpec, CleanStep, StepCount, StepEffect};
use seqscope_engine::experiment::Experiment;

/// Size of the menu of steps.
const MENU: [f32; 2] = [400.0, 460.0];

/// Change to the list as a whole.
enum ListChange {
    Swap(usize, usize),
    Remove(usize),
}

pub(super) fn ui(ui: &mut Ui, app: &App, edited: &mut Experiment) {
    let defaults = CleanSpec::default().fields();
    SectionForm {
        section: "data.clean",
        defaults,
        draft: &app.draft,
        is_narrow: true,
    }
    .ui(ui, &mut edited.data.clean);
    ui.add_space(size::GAP);
    ui.label(RichText::new(tr("Steps, one after another")).strong());
    let steps = &mut edited.data.clean.steps;
    remark(
        ui,
        &tr(
            "Exact duplicates above come before them, the fewest events after them. Undo takes back \
         every change.",
        ),
    );
    let (n_steps, mut change) = (steps.len(), None);
    for (place, step) in steps.iter_mut().enumerate() {
        ui.separator();
        ui.push_id(("clean step", place), |ui| {
            heading(ui, place, n_steps, step, &mut change);
            if step.is_on() {
                settings(ui, app, place, step);
                came_to(ui, app, place);
            }
        });
    }
    match change {
        Some(ListChange::Swap(a, b)) => steps.swap(a, b),
        Some(ListChange::Remove(place)) => drop(steps.remove(place)),
        None => {}
    }
    ui.separator();
    add(ui, steps);
    if app.fresh_data().is_none() && !steps.is_empty() {
        remark(
            ui,
            &tr("What each step did shows here once the data are prepared."),
        );
    }
    ui.weak(tr(
        "Rows that cannot be read are never lost silently: they are counted and listed under \
             Counts.",
    ));
}

/// The step's number and name as its switch, and its place in the list.
fn heading(
    ui: &mut Ui,
    place: usize,
    n_steps: usize,
    step: &mut CleanStep,
    change: &mut Option<ListChange>,
) {
    ui.horizontal(|ui| {
        let mut is_on = step.is_on();
        let title = RichText::new(format!("{}. {}", place + 1, tr(step.title()))).strong();
        if ui
            .checkbox(&mut is_on, title)
            .on_hover_text(tr(step.summary()))
            .changed()
        {
            // Every step has this switch.
            let _ = step.described_mut().set("on", &Value::Bool(is_on));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.small_button(tr("Remove")).clicked() {
                *change = Some(ListChange::Remove(place));
            }
            let down = ui.add_enabled(place + 1 < n_steps, Button::new(tr("Down")).small());
            if down
                .on_disabled_hover_text(tr("It is the last step"))
                .clicked()
            {
                *change = Some(ListChange::Swap(place, place + 1));
            }
            let up = ui.add_enabled(place > 0, Button::new(tr("Up")).small());
            if up
                .on_disabled_hover_text(tr("It is the first step"))
                .clicked()
            {
                *change = Some(ListChange::Swap(place, place - 1));
            }
        });
    });
}

fn settings(ui: &mut Ui, app: &App, place: usize, step: &mut CleanStep) {
    let path = format!("data.clean.steps[{place}]");
    let default = CleanStep::iter().find(|other| other.name() == step.name());
    let defaults = default
        .map(|step| step.described().fields())
        .unwrap_or_default();
    let form = SectionForm {
        section: &path,
        defaults,
        draft: &app.draft,
        is_narrow: true,
    };
    for field in step
        .described()
        .fields()
        .iter()
        .filter(|field| field.key != "on")
    {
        form.row(ui, field, step.described_mut());
    }
    problems(ui, &app.draft, &path);
}

/// Effect of the step, when the data on show are those of these settings.
fn came_to(ui: &mut Ui, app: &App, place: usize) {
    let Some(prepared) = app.fresh_data() else {
        return;
    };
    let effect_here = |step: &StepCount| {
        step.effect
            .as_ref()
            .is_some_and(|effect| effect.place == Some(place))
    };
    let Some(step) = prepared
        .dataset
        .report
        .steps
        .iter()
        .find(|step| effect_here(step))
    else {
        return;
    };
    let Some(effect) = &step.effect else { return };
    remark(ui, &sizes(step, effect));
    counts::effect(ui, effect);
}

fn sizes(step: &StepCount, effect: &StepEffect) -> String {
    let part = |before: usize, after: usize, noun: &str| {
        let after_it = tr(text::counted(after, noun));
        if before == after {
            after_it
        } else {
            format!("{} → {after_it}", text::count(before))
        }
    };
    let comma = tr(", ");
    let changed = if effect.n_changed > 0 {
        tr(format!("; {} changed", text::count(effect.n_changed)))
    } else {
        String::new()
    };
    format!(
        "{}{comma}{}{comma}{}{changed}",
        part(effect.rows_before, step.rows, "row"),
        part(effect.users_before, step.users, "user"),
        part(effect.items_before, step.items, "item")
    )
}

fn add(ui: &mut Ui, steps: &mut Vec<CleanStep>) {
    ui.menu_button(tr("Add a step ⏷"), |ui| {
        ui.set_max_width(MENU[0]);
        ScrollArea::vertical().max_height(MENU[1]).show(ui, |ui| {
            for step in CleanStep::iter() {
                let is_chosen = ui.button(tr(step.title())).clicked();
                remark(ui, &tr(step.summary()));
                if is_chosen {
                    steps.push(step);
                    ui.close();
                }
            }
        });
    });
}

fn remark(ui: &mut Ui, words: &str) {
    let words = RichText::new(words)
        .size(size::TEXT_SMALL)
        .color(theme::colors(ui).weak);
    ui.add(egui::Label::new(words).wrap());
}
