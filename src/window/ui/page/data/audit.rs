//! How far the split can be trusted: its parts on the calendar, and what the audit found.

use egui::{CollapsingHeader, Color32, RichText, ScrollArea, Ui};
use strum::IntoEnumIterator;

use super::calendar;
use crate::app::App;
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_data::{Finding, LeakRow, SplitPart, Verdict};

pub(super) fn ui(ui: &mut Ui, app: &App) {
    let (Some(calendar), Some(findings)) = (&app.data.calendar, &app.data.audit) else {
        return;
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            if !calendar.bars.is_empty() {
                theme::card(ui).show(ui, |ui| {
                    ui.take_available_width();
                    ui.heading(tr("Parts on the calendar"));
                    calendar::ui(ui, calendar);
                });
                ui.add_space(size::GAP);
            }
            theme::card(ui).show(ui, |ui| {
                ui.take_available_width();
                ui.heading(tr("Leakage audit"));
                ui.weak(tr(
                    "What could make figures better than they would be in use. Kept with every run \
                     of these data.",
                ));
                for finding in findings.iter() {
                    ui.add_space(size::GAP);
                    one(ui, finding);
                }
            });
        });
}

fn one(ui: &mut Ui, finding: &Finding) {
    let (mark, color) = mark(ui, finding.verdict);
    ui.horizontal(|ui| {
        ui.label(RichText::new(format!("{mark} {}", tr(finding.verdict.to_string()))).color(color));
        ui.label(RichText::new(tr(finding.check.title())).color(theme::colors(ui).strong));
        if finding.count > 0 {
            ui.label(RichText::new(text::count(finding.count)).monospace());
        }
    });
    ui.add(egui::Label::new(tr(&finding.sentence)).wrap());
    if finding.examples.is_empty() {
        return;
    }
    let title = format!("{} of them", text::count(finding.examples.len()));
    CollapsingHeader::new(RichText::new(tr(title)).size(size::TEXT_SMALL))
        .id_salt(finding.check)
        .show(ui, |ui| {
            egui::Grid::new(("examples", finding.check))
                .num_columns(4)
                .striped(true)
                .show(ui, |ui| {
                    for words in ["User", "Event", "Item", "Time (UTC)"] {
                        ui.weak(tr(words));
                    }
                    ui.end_row();
                    for LeakRow {
                        user_id,
                        item_id,
                        time_secs,
                        position,
                    } in &finding.examples
                    {
                        ui.label(text::clipped(user_id, 24));
                        ui.label(text::count(*position));
                        ui.label(text::clipped(item_id, 24));
                        ui.label(time_secs.map(text::moment_secs).unwrap_or_default());
                        ui.end_row();
                    }
                });
        });
}

fn mark(ui: &Ui, verdict: Verdict) -> (&'static str, Color32) {
    let colors = theme::colors(ui);
    match verdict {
        Verdict::Pass => ("✔", colors.good),
        Verdict::Warn => ("⚠", colors.warning),
        Verdict::Fail => ("✖", colors.error),
    }
}

/// The colour of a part wherever it is drawn.
pub(super) fn part_color(ui: &Ui, part: SplitPart) -> Color32 {
    theme::series_color(
        ui,
        match part {
            SplitPart::Train => 0,
            SplitPart::Valid => 1,
            SplitPart::Test => 3,
        },
    )
}

/// Legend of the colours of the parts.
pub(super) fn legend(ui: &mut Ui) {
    for part in SplitPart::iter() {
        ui.label(
            RichText::new(format!("■ {}", tr(part.to_string())))
                .size(size::TEXT_SMALL)
                .color(part_color(ui, part)),
        );
    }
}
