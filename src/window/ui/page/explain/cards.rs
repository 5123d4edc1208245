//! What the model expected before one event and what it looked at; what it expects next.

use egui::{RichText, Ui};

use super::{ShownUser, attention::LookedAt};
use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::widget::bars::{Bar, bars};
use crate::ui::widget::timeline::{part_name, rank_text};
use crate::ui::{text, theme};
use seqscope_engine::explain::{Scored, TaskAnswers, TimelineStep};
use seqscope_engine::run::Part;

/// Note on the pass that the weights are of.
const FROM_ONE_PASS: &str = "The weights are those of one pass over the whole history. Positions \
                             count from its end, so before a held-out event, whose rank comes from \
                             a pass over the history before it, they may differ a little from the \
                             weights of that prediction.";

/// The ten items that the model expects after the last event.
pub(in crate::ui::page) fn next_card(ui: &mut Ui, shown: &ShownUser<'_>) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(tr("Next")).strong())
            .on_hover_text(tr("What the model expects after the last event"));
        next_body(ui, shown);
    });
}

/// The items that are likeliest to come next, or what a model of another task says.
fn next_body(ui: &mut Ui, shown: &ShownUser<'_>) {
    match &shown.view().said {
        None => bars(ui, &rows(shown, &shown.view().next, None)),
        // The present is one moment for everybody, however long a user has been silent.
        Some(TaskAnswers {
            now: Some(now),
            classes,
            ..
        }) => {
            ui.weak(tr(format!("At {}, the log's end", now.moment)));
            bars(ui, &chances(classes, &now.values, None));
        }
        Some(said) => answer(ui, said, shown.n_events().checked_sub(1)),
    }
}

/// What a model of another task says after an event: a bar a class, or the number; beside it what
/// came true.
fn answer(ui: &mut Ui, said: &TaskAnswers, after: Option<usize>) {
    let Some(values) = after.and_then(|after| said.after(after)) else {
        ui.weak(tr(
            "Nothing was said here: the model's window does not reach this event.",
        ));
        return;
    };
    let truth = after.and_then(|after| said.truth_after(after));
    if said.classes.is_empty() {
        let number =
            |value: f64| tr(format!("{} {}", text::significant(value, 4), said.unit).trim_end());
        ui.label(
            RichText::new(number(values.first().copied().unwrap_or(f64::NAN)))
                .size(size::TEXT_HEADING)
                .strong(),
        );
        if let Some(truth) = truth {
            ui.weak(tr(format!("In truth {}", number(truth))));
        }
        return;
    }
    bars(ui, &chances(&said.classes, values, truth));
}

/// The chances of the classes, the likeliest first.
fn chances(classes: &[String], values: &[f64], truth: Option<f64>) -> Vec<Bar> {
    let mut rows: Vec<Bar> = (classes.iter().zip(values).enumerate())
        .map(|(class, (title, &share))| Bar {
            title: title.clone(),
            share: share as f32,
            is_true: truth.is_some_and(|truth| truth as usize == class),
        })
        .collect();
    rows.sort_by(|a, b| b.share.total_cmp(&a.share));
    rows
}

/// The event that is looked at.
pub(super) fn event_card(
    ui: &mut Ui,
    shown: &ShownUser<'_>,
    event: Option<usize>,
    looked_at: Option<&LookedAt>,
) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let step = event.and_then(|position| {
            shown
                .view()
                .timeline
                .iter()
                .find(|s| s.position == position)
        });
        match step {
            Some(step) => expected(ui, shown, step),
            None if looked_at.is_none() => {
                ui.label(RichText::new(tr("No event is chosen")).strong());
                ui.weak(tr(match shown.view().said {
                    Some(_) => {
                        "Click an event in the timeline to see what the model said after it."
                    }
                    None => {
                        "Click an event in the timeline to see what the model expected before it."
                    }
                }));
            }
            None => {}
        }
        if let Some(looked_at) = looked_at {
            if step.is_some() {
                ui.add_space(6.0);
            }
            ui.label(RichText::new(tr("Looked at")).strong())
                .on_hover_text(format!(
                    "{}. {}",
                    tr(&looked_at.question),
                    tr(FROM_ONE_PASS)
                ));
            let words = format!("{}; {}", tr(&looked_at.question), tr(&looked_at.where_from));
            ui.add(egui::Label::new(RichText::new(words).weak()).truncate());
            bars(ui, &looked_at.rows);
        }
    });
}

fn expected(ui: &mut Ui, shown: &ShownUser<'_>, step: &TimelineStep) {
    let heading = |ui: &mut Ui, word: &str| {
        let name = format!("{word} event {}", shown.event_name(step.position));
        ui.add(egui::Label::new(RichText::new(tr(name)).strong()).truncate());
    };
    if let Some(said) = &shown.view().said {
        heading(ui, "After");
        let asked = said.asked_after(step.position);
        ui.weak(tr(asked.map_or("nothing was asked here", |asked| {
            part_name(asked.part)
        })));
        answer(ui, said, Some(step.position));
        return;
    }
    heading(ui, "Before");
    let (Some(rank), Some(probability)) = (step.rank, step.probability) else {
        let why = match step.part {
            Part::Test => "held back until the run has ended",
            Part::Train | Part::Valid => "no prediction: nothing came before it",
        };
        ui.weak(format!("{} · {}", tr(part_name(step.part)), tr(why)));
        return;
    };
    let probability = text::percent(f64::from(probability));
    let place = if step.is_left_out() {
        "left out, since the user already had it: counts as a miss".to_owned()
    } else {
        format!("rank {}", rank_text(rank))
    };
    let words = format!(
        "{} · {} · {}",
        tr(part_name(step.part)),
        tr(place),
        tr(format!("probability {probability} over all items"))
    );
    ui.add(egui::Label::new(RichText::new(words).weak()).wrap());
    bars(ui, &rows(shown, &step.top, Some(step.item_idx)));
}

fn rows(shown: &ShownUser<'_>, scored: &[Scored], came: Option<u32>) -> Vec<Bar> {
    scored
        .iter()
        .map(|s| Bar {
            title: shown.title(s.item_idx),
            share: s.probability,
            is_true: came == Some(s.item_idx),
        })
        .collect()
}
