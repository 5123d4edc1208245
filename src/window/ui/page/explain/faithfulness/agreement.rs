//! The agreement of every two methods, as a coloured matrix.

use egui::{Align2, Color32, RichText, Role, Sense, TextStyle, Ui, WidgetInfo, vec2};

use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::report;
use seqscope_engine::explain::{AnswerAttribution, AttributionMethod, MODERATE, STRONG};
use seqscope_engine::report::ReportTable;

/// Size of a cell, and width of the names before them.
const CELL: [f32; 2] = [50.0, 24.0];
const NAMES: f32 = 120.0;

/// Paints Spearman's ρ of every two methods; pointing at a cell tells Kendall's τ too; `table` is
/// what can be taken along.
pub(super) fn ui(ui: &mut Ui, found: &AnswerAttribution, table: Option<&ReportTable>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr("Agreement")).strong())
            .on_hover_text(tr(format!(
                "Spearman's ρ of the sizes of both methods' values over the events. From {STRONG} \
                 on two methods agree, from {MODERATE} on partly (Schober et al. 2018)."
            )));
        if let Some(table) = table {
            report::copy_menu(ui, table);
        }
    });
    let methods: Vec<AttributionMethod> = found.values.iter().map(|of| of.method).collect();
    ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
    let room = ui.available_width() - NAMES.min(ui.available_width() * 0.4);
    let width = (room / methods.len().max(1) as f32 - 2.0).clamp(30.0, CELL[0]);
    for (row, &method) in methods.iter().enumerate() {
        ui.horizontal(|ui| {
            let names = ui.available_width() - (width + 2.0) * methods.len() as f32;
            ui.allocate_ui(vec2(names.clamp(60.0, NAMES), CELL[1]), |ui| {
                ui.set_min_width(names.clamp(60.0, NAMES));
                ui.add(
                    egui::Label::new(RichText::new(tr(method.title())).small())
                        .truncate()
                        .selectable(false),
                )
                .on_hover_text(tr(method.help()));
            });
            // Under the diagonal, where every pair stands once.
            for &other in methods.iter().take(row) {
                cell(ui, found, [method, other], width);
            }
            let (rect, response) = ui.allocate_exact_size(vec2(width, CELL[1]), Sense::hover());
            let initials = initials(method);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, tr(initials)));
            ui.painter().text(
                rect.center(),
                Align2::CENTER_CENTER,
                tr(initials),
                TextStyle::Small.resolve(ui.style()),
                theme::colors(ui).weak,
            );
            response.on_hover_text(tr(method.title()));
        });
    }
}

/// Mark of a method's column, at its head on the diagonal.
fn initials(method: AttributionMethod) -> &'static str {
    match method {
        AttributionMethod::Removal => "Rem.",
        AttributionMethod::GradientInput => "Grad.",
        AttributionMethod::IntegratedGradients => "Integr.",
        AttributionMethod::Attention => "Att.",
        AttributionMethod::Rollout => "Roll.",
    }
}

fn cell(ui: &mut Ui, found: &AnswerAttribution, pair: [AttributionMethod; 2], width: f32) {
    let [method, other] = pair;
    let agreement = found.agreement(method, other);
    let spearman = agreement.and_then(|agreement| agreement.spearman);
    let words = spearman.map_or_else(|| "–".to_owned(), |rho| format!("{rho:.2}"));
    let (rect, response) = ui.allocate_exact_size(vec2(width, CELL[1]), Sense::hover());
    let hover = match agreement.and_then(|agreement| agreement.kendall) {
        Some(tau) => format!(
            "{} and {}: ρ {words}, τ {tau:.2}",
            method.title(),
            other.title()
        ),
        None => format!(
            "{} and {}: one side gives every event the same",
            method.title(),
            other.title()
        ),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, tr(&hover)));
    ui.painter()
        .rect_filled(rect, 2.0, fill(ui, spearman.unwrap_or(0.0)));
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        words,
        TextStyle::Small.resolve(ui.style()),
        theme::colors(ui).text,
    );
    response.on_hover_text(tr(hover));
}

/// Colour of a correlation: towards one colour where methods agree, another where they contradict.
fn fill(ui: &Ui, rho: f64) -> Color32 {
    let color = theme::series_color(ui, usize::from(rho < 0.0));
    theme::mix(
        theme::colors(ui).card,
        color,
        0.65 * rho.abs().min(1.0) as f32,
    )
}
