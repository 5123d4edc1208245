//! A form made of settings that describe themselves: label, value, unit, help, range, where the
//! default comes from, and what is wrong.

use egui::{DragValue, RichText, Slider, SliderClamping, Ui, vec2};

use crate::app::Draft;
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_base::spec::{Described, Field, FieldGroup, FieldKind, Value};

/// Widths of the columns of a form.
const LABEL: f32 = 150.0;
const VALUE: f32 = 236.0;

/// A form narrower than this has narrow inputs.
const NARROW: f32 = 420.0;
const NARROW_VALUE: f32 = 136.0;
const NARROW_SLIDER: f32 = 70.0;

/// A remark with more room than this says what the setting means.
const WIDE_REMARK: f32 = 520.0;

/// A range up to this wide is a slider, a wider one a number to drag or type.
const SLIDER_MOST: f64 = 16.0;

/// One section of the experiment as a form.
pub(super) struct SectionForm<'a> {
    /// Path of the section in an experiment file, such as `model`.
    pub(super) section: &'a str,
    /// The settings with their defaults.
    pub(super) defaults: Vec<Field>,
    /// Draft with the problems of each field.
    pub(super) draft: &'a Draft,
    /// Leaves out where the defaults come from; it shows on hover.
    pub(super) is_narrow: bool,
}

impl SectionForm<'_> {
    /// Paints the settings, those beside the point folded, and writes what was changed into `spec`.
    pub(super) fn ui(&self, ui: &mut Ui, spec: &mut dyn Described) {
        let (core, more): (Vec<Field>, Vec<Field>) = spec
            .fields()
            .into_iter()
            .partition(|f| f.group == FieldGroup::Core);
        for field in &core {
            self.row(ui, field, spec);
        }
        if more.is_empty() {
            return;
        }
        let has_problem = more
            .iter()
            .any(|field| self.draft.problems_at(&self.path(field)).next().is_some());
        let title = text::counted(more.len(), "more setting");
        egui::CollapsingHeader::new(tr(title))
            .id_salt((self.section, "more"))
            .open(has_problem.then_some(true))
            .show(ui, |ui| {
                for field in &more {
                    self.row(ui, field, spec);
                }
            });
    }

    /// One setting.
    pub(super) fn row(&self, ui: &mut Ui, field: &Field, spec: &mut dyn Described) {
        let default = self
            .defaults
            .iter()
            .find(|default| default.key == field.key)
            .map(|default| &default.value);
        let mut value = field.value.clone();
        let mut reset = None;
        ui.push_id((self.section, field.key), |ui| {
            labelled(
                ui,
                field.label,
                |ui| hover(ui, field),
                |ui| edit(ui, field, &mut value),
                |ui| self.origin(ui, field, default, &mut reset),
            );
            problems(ui, self.draft, &self.path(field));
        });
        let value = reset.unwrap_or(value);
        if value != field.value {
            // A value of the field's own kind is always taken.
            let _ = spec.set(field.key, &value);
        }
    }

    /// Shows where the default comes from, and for a changed value the way back to it.
    fn origin(
        &self,
        ui: &mut Ui,
        field: &Field,
        default: Option<&Value>,
        reset: &mut Option<Value>,
    ) {
        if let Some(default) = default.filter(|default| **default != field.value) {
            let shown = match default {
                Value::Float(number) => text::setting(*number),
                other => other.to_string(),
            };
            let hover = format!("Back to the default, {shown}. {}", field.source);
            let label = if self.is_narrow {
                "↺".to_owned()
            } else {
                format!("↺ {shown}")
            };
            if ui.small_button(label).on_hover_text(tr(hover)).clicked() {
                *reset = Some(default.clone());
            }
        } else if !self.is_narrow {
            // Where there is room, what the setting means stands beside it, not only on hover.
            let words = match ui.available_width() {
                width if width > WIDE_REMARK => {
                    format!("{}  ({})", tr(field.help), tr(field.source))
                }
                _ => tr(field.source),
            };
            let source = RichText::new(words)
                .size(size::TEXT_SMALL)
                .color(theme::colors(ui).weak);
            ui.add(egui::Label::new(source).truncate().selectable(false));
        }
    }

    fn path(&self, field: &Field) -> String {
        format!("{}.{}", self.section, field.key)
    }
}

/// A row of a form: label with help on hover, input, and a remark.
pub(super) fn labelled(
    ui: &mut Ui,
    label: &str,
    help: impl FnOnce(&mut Ui),
    input: impl FnOnce(&mut Ui),
    remark: impl FnOnce(&mut Ui),
) {
    let is_narrow = ui.available_width() < NARROW;
    let value = if is_narrow { NARROW_VALUE } else { VALUE };
    ui.horizontal(|ui| {
        if is_narrow {
            ui.spacing_mut().slider_width = NARROW_SLIDER;
        }
        let height = ui.spacing().interact_size.y;
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let name = ui
            .allocate_ui_with_layout(vec2(LABEL, height), layout, |ui| {
                ui.set_min_width(LABEL);
                ui.add(
                    egui::Label::new(tr(label))
                        .truncate()
                        .selectable(false)
                        .sense(egui::Sense::hover()),
                )
            })
            .inner;
        let name = name.on_hover_ui(help);
        ui.allocate_ui_with_layout(vec2(value, height), layout, |ui| {
            ui.set_min_width(value);
            ui.label_inputs_by(name.id, input);
        });
        remark(ui);
    });
}

/// The problems of a field in red or yellow, below it.
pub(super) fn problems(ui: &mut Ui, draft: &Draft, path: &str) {
    for problem in draft.problems_at(path) {
        let colors = theme::colors(ui);
        let color = if problem.is_error() {
            colors.error
        } else {
            colors.warning
        };
        ui.horizontal(|ui| {
            ui.add_space(LABEL + size::GAP);
            ui.add(
                egui::Label::new(
                    RichText::new(tr(problem.sentence()))
                        .size(size::TEXT_SMALL)
                        .color(color),
                )
                .wrap(),
            );
        });
    }
}

fn hover(ui: &mut Ui, field: &Field) {
    ui.set_max_width(380.0);
    ui.label(RichText::new(tr(field.label)).strong());
    ui.label(tr(field.help));
    let range = match &field.kind {
        FieldKind::Int { max: i64::MAX, min } => format!("A whole number from {min}."),
        FieldKind::Int { min, max } => format!("A whole number from {min} to {max}."),
        FieldKind::Float { min, max } => format!(
            "A number from {} to {}.",
            text::setting(*min),
            text::setting(*max)
        ),
        FieldKind::Choice(words) => format!("One of {}.", words.join(", ")),
        FieldKind::Bool | FieldKind::Text => String::new(),
    };
    if !range.is_empty() {
        ui.label(tr(range));
    }
    ui.weak(tr(format!("Default: {}", field.source)));
    ui.weak(tr(format!("In a file: {}", field.key)));
}

fn edit(ui: &mut Ui, field: &Field, value: &mut Value) {
    match (&field.kind, &mut *value) {
        (FieldKind::Int { min, max }, Value::Int(number)) => {
            if (*max - *min) as f64 <= SLIDER_MOST {
                ui.add(Slider::new(number, *min..=*max).clamping(SliderClamping::Edits));
            } else {
                let speed = (number.unsigned_abs() as f64 * 0.01).max(0.1);
                let drag = DragValue::new(number)
                    .range(*min..=*max)
                    .clamp_existing_to_range(false)
                    .speed(speed);
                ui.add_sized(vec2(size::NUMBER, ui.spacing().interact_size.y), drag);
            }
        }
        (FieldKind::Float { min, max }, Value::Float(number)) => float(ui, *min, *max, number),
        (FieldKind::Bool, Value::Bool(is_on)) => {
            ui.checkbox(is_on, ());
        }
        (FieldKind::Choice(words), Value::Choice(word)) => {
            egui::ComboBox::from_id_salt(field.key)
                .selected_text(word.as_str())
                .show_ui(ui, |ui| {
                    for offered in words {
                        ui.selectable_value(word, (*offered).to_owned(), *offered);
                    }
                });
        }
        (_, Value::Text(words) | Value::Choice(words)) => {
            ui.add(egui::TextEdit::singleline(words).desired_width(ui.available_width() - 20.0));
        }
        (_, other) => {
            ui.label(other.to_string());
        }
    }
    if !field.unit.is_empty() {
        ui.weak(tr(field.unit));
    }
}

fn float(ui: &mut Ui, min: f64, max: f64, number: &mut f64) {
    let format = |value: f64, _: std::ops::RangeInclusive<usize>| text::setting(value);
    if max <= 1.0 && min >= 0.0 && max > 0.5 {
        // A value from a file that lies outside stays as it is, so that its problem is seen.
        // Steps of a hundredth are fine enough to drag; typing takes any number.
        let slider = Slider::new(number, min..=max).clamping(SliderClamping::Edits);
        ui.add(slider.custom_formatter(format).step_by(0.01));
    } else {
        let speed = (number.abs() * 0.02).max(1e-6);
        let drag = DragValue::new(number)
            .range(min..=max)
            .clamp_existing_to_range(false);
        ui.add_sized(
            vec2(size::NUMBER, ui.spacing().interact_size.y),
            drag.speed(speed).custom_formatter(format),
        );
    }
}
