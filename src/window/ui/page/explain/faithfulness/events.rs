//! The events before an answer with the values of every method, as bars.

use egui::{Align, Layout, Rect, RichText, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use egui_extras::{Column, TableBuilder};

use crate::ui::language::tr;
use crate::ui::page::explain::ShownUser;
use crate::ui::widget::report;
use crate::ui::{text, theme};
use seqscope_engine::explain::{AnswerAttribution, AttributionMethod, EventValues};
use seqscope_engine::report::ReportTable;

const ROW: f32 = 20.0;

/// Least width of a column of bars.
const BARS: f32 = 62.0;

/// View state: the method by whose values the events are ordered; none for their order in time.
#[derive(Default)]
pub(super) struct EventTable {
    by: Option<AttributionMethod>,
    /// The order of the events as it was made last; empty where it is to be made anew.
    order: Vec<usize>,
    ordered_by: Option<AttributionMethod>,
}

impl EventTable {
    /// Paints the rows that are in sight; `table` is what can be taken along.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        found: &AnswerAttribution,
        table: Option<&ReportTable>,
    ) {
        ui.horizontal(|ui| {
            ui.label(RichText::new(tr("Events")).strong()).on_hover_text(
                tr("Each column to its own largest value. A bar to the right speaks for the item, one \
                 to the left against it; attention and rollout know no sign. Click a heading to \
                 order by it."),
            );
            if let Some(table) = table {
                report::copy_menu(ui, table);
            }
        });
        self.arrange(found);
        let most: Vec<f64> = found.values.iter().map(most_of).collect();
        let mut builder = TableBuilder::new(ui)
            .id_salt("attributed events")
            .striped(true)
            .cell_layout(Layout::left_to_right(Align::Center))
            .auto_shrink(false)
            .min_scrolled_height(80.0)
            .column(Column::exact(34.0))
            .column(
                Column::initial(150.0)
                    .at_least(70.0)
                    .clip(true)
                    .resizable(true),
            );
        for _ in &found.values {
            builder = builder.column(Column::remainder().at_least(BARS).clip(true));
        }
        let by = &mut self.by;
        let body = builder.header(22.0, |mut header| {
            header.col(|ui| heading(ui, by, None, "#", "Number in the user's history, from 1"));
            header.col(|ui| {
                ui.strong(tr("Item"));
            });
            for of in &found.values {
                let method = of.method;
                header.col(|ui| {
                    let help = format!("{}: {}", method.title(), method.help());
                    heading(ui, by, Some(method), short(method), &help);
                });
            }
        });
        body.body(|body| {
            body.rows(ROW, self.order.len(), |mut row| {
                let Some(&at) = self.order.get(row.index()) else {
                    return;
                };
                let position = found.first + at;
                row.col(|ui| {
                    ui.label((position + 1).to_string());
                });
                row.col(|ui| {
                    let title = shown.title_at(position).unwrap_or_default();
                    ui.add(egui::Label::new(title).truncate().selectable(false));
                });
                for (of, most) in found.values.iter().zip(&most) {
                    row.col(|ui| {
                        let value = of.values.get(at).copied().unwrap_or(f64::NAN);
                        bar(ui, of.method, value, *most);
                    });
                }
            });
        });
    }

    /// Says that the answer is another.
    pub(super) fn forget_order(&mut self) {
        self.order.clear();
    }

    /// Makes the order anew when the answer or the method is another.
    fn arrange(&mut self, found: &AnswerAttribution) {
        // A method that this model lacks orders nothing.
        let values = self.by.and_then(|by| found.values_of(by));
        let by = values.and(self.by);
        if !self.order.is_empty() && self.ordered_by == by {
            return;
        }
        self.order = (0..found.n_events()).collect();
        match values {
            Some(values) => {
                let value = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
                self.order.sort_by(|&a, &b| value(b).total_cmp(&value(a)));
            }
            // What is nearest to the answer comes first.
            None => self.order.reverse(),
        }
        self.ordered_by = by;
    }
}

/// A heading that orders the events by its column.
fn heading(
    ui: &mut Ui,
    by: &mut Option<AttributionMethod>,
    column: Option<AttributionMethod>,
    words: &str,
    help: &str,
) {
    let is_chosen = *by == column;
    let words = if is_chosen {
        format!("{} ⏷", tr(words))
    } else {
        tr(words)
    };
    let label = egui::Label::new(RichText::new(words).strong())
        .sense(Sense::click())
        .selectable(false)
        .truncate();
    if ui.add(label).on_hover_text(tr(help)).clicked() {
        *by = column;
    }
}

/// Name that fits over a column of bars.
fn short(method: AttributionMethod) -> &'static str {
    match method {
        AttributionMethod::Removal => "Removal",
        AttributionMethod::GradientInput => "Gradient",
        AttributionMethod::IntegratedGradients => "Integrated",
        AttributionMethod::Attention => "Attention",
        AttributionMethod::Rollout => "Rollout",
    }
}

/// The largest size among a method's values.
fn most_of(values: &EventValues) -> f64 {
    values
        .values
        .iter()
        .filter(|value| value.is_finite())
        .fold(0.0, |most: f64, value| most.max(value.abs()))
}

/// A value with a bar behind it: from the middle to either side, or from the left where the method
/// knows no sign.
fn bar(ui: &mut Ui, method: AttributionMethod, value: f64, most: f64) {
    let size = vec2((ui.available_width() - 4.0).max(30.0), ROW - 4.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = text::significant(value, 2);
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("{} {words}", tr(method.title())))
    });
    let share = if most > 0.0 && value.is_finite() {
        (value / most).clamp(-1.0, 1.0) as f32
    } else {
        0.0
    };
    let colors = theme::colors(ui);
    let (zero, reach) = if method.is_signed() {
        (rect.center().x, rect.width() / 2.0)
    } else {
        (rect.left(), rect.width())
    };
    let end = zero + share * reach;
    let filled = Rect::from_min_max(
        pos2(zero.min(end), rect.top()),
        pos2(zero.max(end), rect.bottom()),
    );
    let color = theme::series_color(ui, usize::from(share < 0.0));
    let painter = ui.painter();
    painter.rect_filled(filled, 1.0, color.gamma_multiply(0.55));
    if method.is_signed() {
        painter.vline(zero, rect.y_range(), (1.0, colors.line));
    }
    painter.text(
        rect.left_center() + vec2(2.0, 0.0),
        egui::Align2::LEFT_CENTER,
        &words,
        TextStyle::Small.resolve(ui.style()),
        colors.text,
    );
}
