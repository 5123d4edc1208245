//! The queue at the foot of the rail: what is trained, what waits, in which order, and what became of
//! the last ones.

use std::time::Duration;

use egui::{Align, Layout, Panel, RichText, ScrollArea, Sense, Ui, vec2};

use super::action_button_as;
use crate::app::{Action, App, Loadable, QueueAction, TrainingPhase};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_base::spec::shown;
use seqscope_engine::run::{Queue, QueueEntry, QueueState};

/// Height of a row.
const ROW: f32 = 40.0;

/// Rows that stand at once; of more the list is scrolled.
const ROWS: usize = 5;

/// Paints the queue into the lower part of what is there, where it has an entry.
pub(super) fn below(ui: &mut Ui, app: &App, actions: &mut Actions) {
    match app.queue.listed() {
        Loadable::Ready(queue) if queue.entries.is_empty() => {}
        Loadable::Ready(queue) => panel(ui, app, queue, actions),
        // Told in a notice, with its cure.
        Loadable::Failed(_) | Loadable::Loading(_) | Loadable::Idle => {}
    }
}

fn panel(ui: &mut Ui, app: &App, queue: &Queue, actions: &mut Actions) {
    Panel::bottom("queue")
        .frame(egui::Frame::new())
        .show(ui, |ui| {
            ui.add_space(size::GAP_SMALL);
            head(ui, app, queue, actions);
            let rows = queue.entries.len();
            ui.spacing_mut().item_spacing.y = 0.0;
            // Without a least height it would fit itself into a panel that fits itself to it.
            let height = ROW * rows.min(ROWS) as f32;
            ScrollArea::vertical()
                .id_salt("queue")
                .max_height(height)
                .min_scrolled_height(height)
                .auto_shrink([false, true])
                .show_rows(ui, ROW, rows, |ui, in_sight| {
                    for entry in queue.entries.get(in_sight).unwrap_or_default() {
                        row(ui, app, queue, entry, actions);
                    }
                });
        });
}

/// State of the queue, and the button that changes that.
fn head(ui: &mut Ui, app: &App, queue: &Queue, actions: &mut Actions) {
    let n_open = queue.entries.iter().filter(|entry| entry.is_open()).count();
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr("Queue")).strong());
        ui.weak(text::count(n_open));
        if n_open == 0 {
            action_button_as(
                ui,
                app,
                actions,
                Action::Queue(QueueAction::Clear),
                tr("Clear"),
            );
        } else if app.queue.goes_on() {
            action_button_as(
                ui,
                app,
                actions,
                Action::Queue(QueueAction::Pause),
                tr("Pause queue"),
            );
        } else {
            action_button_as(
                ui,
                app,
                actions,
                Action::Queue(QueueAction::Go),
                tr("Go on with it"),
            );
        }
    });
    if n_open == 0 {
        return;
    }
    let words = if queue.is_paused {
        "The queue is paused."
    } else if app.queue.is_worked_on_elsewhere() {
        "Another program works on it."
    } else if !app.queue.goes_on() {
        "It waits for a word of yours."
    } else if app.training.is_active() && app.queue.at_work().is_none() {
        "It goes on after the run at work."
    } else {
        return;
    };
    ui.weak(RichText::new(tr(words)).size(size::TEXT_SMALL));
}

fn row(ui: &mut Ui, app: &App, queue: &Queue, entry: &QueueEntry, actions: &mut Actions) {
    let experiment = entry.work.experiment();
    let title = tr(experiment.model.family().title());
    let name = format!("{} · {title}", shown(&experiment.name));
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let inside = egui::UiBuilder::new().max_rect(rect.shrink2(vec2(0.0, 2.0)));
    let ui = &mut ui.new_child(inside);
    let line = RichText::new(format!("{}  {name}", entry.number));
    ui.add(egui::Label::new(line).truncate().selectable(false))
        .on_hover_text(hover(entry, &name));
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        buttons(ui, app, queue, entry, actions);
        let (words, color) = state(ui, app, entry);
        let line = RichText::new(words).size(size::TEXT_SMALL).color(color);
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            ui.add(egui::Label::new(line).truncate().selectable(false))
                .on_hover_text(hover(entry, &name));
        });
    });
}

/// Place of an entry among those that wait, from 1, and how many wait.
fn place(queue: &Queue, entry: &QueueEntry) -> Option<(usize, usize)> {
    let at = queue.waiting().position(|it| it.number == entry.number)?;
    Some((at + 1, queue.waiting().count()))
}

/// Asks of an entry, and the sign and the name of their buttons.
fn asks(queue: &Queue, entry: &QueueEntry) -> Vec<(&'static str, &'static str, QueueAction)> {
    let number = entry.number;
    let mut asks = Vec::new();
    if let Some((place, n_waiting)) = place(queue, entry) {
        if place > 1 {
            let place = place - 1;
            asks.push(("⬆", "Earlier", QueueAction::Move { number, place }));
        }
        if place < n_waiting {
            let place = place + 1;
            asks.push(("⬇", "Later", QueueAction::Move { number, place }));
        }
    }
    match entry.state {
        QueueState::Waiting | QueueState::Running { .. } | QueueState::Paused { .. } => {
            asks.push(("✖", "Cancel", QueueAction::Cancel(number)));
        }
        QueueState::Failed { .. } | QueueState::Cancelled { .. } => {
            asks.push(("⟳", "Try again", QueueAction::Retry(number)));
        }
        QueueState::Finished { .. } => {}
    }
    asks
}

/// The buttons of an entry, laid from the right.
fn buttons(ui: &mut Ui, app: &App, queue: &Queue, entry: &QueueEntry, actions: &mut Actions) {
    ui.spacing_mut().item_spacing.x = 2.0;
    ui.spacing_mut().button_padding = vec2(4.0, 0.0);
    for (sign, words, ask) in asks(queue, entry).into_iter().rev() {
        let label = tr(format!("{words}: entry {}", entry.number));
        let action = Action::Queue(ask);
        let button = ui
            .add_enabled(
                app.enabled(&action).is_ok(),
                egui::Button::new(sign).small(),
            )
            .on_hover_text(&label);
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
        if button.clicked() {
            actions.push(action);
        }
    }
}

/// State of an entry, with the time left of the one that this window trains.
fn state(ui: &Ui, app: &App, entry: &QueueEntry) -> (String, egui::Color32) {
    let colors = theme::colors(ui);
    if app.queue.at_work() == Some(entry.number)
        && let Some(training) = app.training.current.as_ref().filter(|it| it.is_active())
    {
        let color = colors.accent;
        if training.phase != TrainingPhase::Running {
            let words = match training.phase {
                TrainingPhase::Paused => "paused",
                TrainingPhase::Stopping => "stopping: evaluating the best weights",
                TrainingPhase::Starting
                | TrainingPhase::Running
                | TrainingPhase::Ended(_)
                | TrainingPhase::NotStarted(_) => "making ready",
            };
            return (tr(words), color);
        }
        ui.ctx().request_repaint_after(Duration::from_secs(1));
        let progress = &training.progress;
        let at = tr(format!("epoch {} of {}", progress.epoch, training.n_epochs));
        let left = progress
            .secs_left
            .map(|secs| tr(format!(", at most {} left", text::duration(secs))))
            .unwrap_or_default();
        return (format!("{at}{left}"), color);
    }
    let color = match entry.word() {
        "running" => colors.accent,
        "interrupted" => colors.warning,
        "failed" => colors.error,
        _ => colors.weak,
    };
    (tr(entry.word()), color)
}

fn hover(entry: &QueueEntry, name: &str) -> String {
    let seed = tr(format!("Seed {}", entry.work.experiment().seed));
    let mut lines = vec![name.to_owned(), seed];
    lines.extend(entry.run().map(ToString::to_string));
    if let QueueState::Failed { sentence, .. } = &entry.state {
        lines.push(tr(sentence));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Instant;

    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::app::bare_app;
    use seqscope_engine::experiment::Experiment;
    use seqscope_engine::run::{QueueWork, RunOutcome, RunStatus, RunStore};

    fn experiment(name: &str) -> Experiment {
        let text = r#"(
            version: 1,
            name: "",
            data: (source: World(n_users: 60, n_items: 20, mean_len: 10)),
            model: Transformer(d_model: 8, n_layers: 1, d_ff: 8, seq_len: 8),
            training: (device: "cpu", epochs: 2, batch_size: 16),
        )"#;
        Experiment {
            name: name.to_owned(),
            ..Experiment::parse(text).unwrap()
        }
    }

    fn harness<'a>(folder: &Path) -> Harness<'a, App> {
        let paint = |ui: &mut Ui, app: &mut App| {
            app.receive();
            let mut actions = Actions::new();
            below(ui, app, &mut actions);
            for action in actions {
                app.apply(action);
            }
        };
        Harness::builder()
            .with_size([236.0, 400.0])
            .build_ui_state(paint, bare_app(folder))
    }

    /// Paints until something holds.
    fn until(harness: &mut Harness<'_, App>, what: &str, holds: impl Fn(&App) -> bool) {
        let end = Instant::now() + Duration::from_mins(2);
        while !holds(harness.state()) {
            assert!(Instant::now() < end, "{what}: {:?}", words(harness.state()));
            std::thread::sleep(Duration::from_millis(10));
            harness.step();
        }
        harness.step();
    }

    /// Name and state of every entry, in order.
    fn words(app: &App) -> Vec<String> {
        let queue = app.queue.listed().ready();
        let entries = queue.into_iter().flat_map(|queue| &queue.entries);
        entries
            .map(|it| format!("{} {}", it.work.experiment().name, it.word()))
            .collect()
    }

    #[test]
    fn a_queue_from_before_is_shown_reordered_and_worked_off_once_a_person_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let queue = RunStore::at(folder.path()).queue();
        let work = ["a", "b", "c"].map(|name| QueueWork::Train(Box::new(experiment(name))));
        queue.add(work.into()).unwrap();
        let mut window = harness(folder.path());
        until(&mut window, "the list", |app| words(app).len() == 3);
        window.get_by_label("It waits for a word of yours.");
        window.get_by_label("Later: entry 1").click();
        until(&mut window, "b first", |app| words(app)[0] == "b waiting");
        assert!(
            window.query_by_label("Earlier: entry 2").is_none(),
            "it is the first"
        );
        window.get_by_label("Cancel: entry 3").click();
        until(&mut window, "c off", |app| words(app)[2] == "c cancelled");
        window.get_by_label("Try again: entry 3");
        assert!(
            !window.state().training.is_active(),
            "nothing begins by itself"
        );

        window.get_by_label("Go on with it").click();
        until(&mut window, "b done", |app| words(app)[0] == "b finished");
        until(&mut window, "a done", |app| words(app)[1] == "a finished");
        let until_quiet = |app: &App| app.queue.at_work().is_none() && !app.training.is_active();
        until(&mut window, "quiet", until_quiet);
        assert_eq!(
            words(window.state()),
            ["b finished", "a finished", "c cancelled"]
        );
        let runs = RunStore::at(folder.path()).list().unwrap();
        let mut names: Vec<(String, bool)> = runs
            .iter()
            .map(|run| {
                let is_whole = run.status == RunStatus::Ended(RunOutcome::Finished);
                let manifest = run.manifest.as_ref().unwrap();
                (manifest.experiment.name.clone(), is_whole)
            })
            .collect();
        names.sort();
        assert_eq!(names, [("a".to_owned(), true), ("b".to_owned(), true)]);

        let mut again = harness(folder.path());
        until(&mut again, "the list of a new start", |app| {
            words(app).len() == 3
        });
        again.get_by_label("Clear").click();
        until(&mut again, "an empty list", |app| words(app).is_empty());
        assert!(
            again.query_by_label("Queue").is_none(),
            "an empty queue takes no room"
        );
    }

    #[test]
    fn what_is_added_here_begins_and_pausing_the_queue_leaves_its_run_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut window = harness(folder.path());
        let mut long = experiment("long");
        long.training.epochs = 10_000;
        long.training.patience = 0;
        for draft in [long, experiment("next")] {
            window.state_mut().apply(Action::Edit(Box::new(draft)));
            window.state_mut().apply(Action::Queue(QueueAction::Add));
        }
        until(&mut window, "an epoch", |app| {
            (app.training.current.as_ref()).is_some_and(|training| !training.points.is_empty())
        });
        assert_eq!(window.state().queue.at_work(), Some(1));
        until(&mut window, "the list", |app| {
            words(app) == ["long running", "next waiting"]
        });
        window.get_by_label("Pause queue").click();
        until(&mut window, "a paused run", |app| {
            words(app) == ["long paused", "next waiting"] && app.queue.at_work().is_none()
        });
        window.get_by_label("The queue is paused.");
        assert!(!window.state().training.is_active());
        // The long one is taken off before the queue goes on, so the other is trained.
        window.get_by_label("Cancel: entry 1").click();
        until(&mut window, "long off", |app| {
            words(app)[0] == "long cancelled"
        });
        window.get_by_label("Go on with it").click();
        until(&mut window, "next done", |app| {
            words(app)[1] == "next finished"
        });
        let runs = RunStore::at(folder.path()).list().unwrap();
        let paused = runs.iter().filter(|run| run.status == RunStatus::Paused);
        assert_eq!(paused.count(), 1, "the cancelled run is kept");
    }

    #[test]
    fn a_damaged_queue_is_told_once_and_takes_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let queue = RunStore::at(folder.path()).queue();
        queue
            .add(vec![QueueWork::Train(Box::new(experiment("a")))])
            .unwrap();
        std::fs::write(queue.path(), "(version: 1, entries").unwrap();
        let mut window = harness(folder.path());
        until(&mut window, "a notice", |app| app.notices.last().is_some());
        let said = window.state().notices.last().unwrap().sentence.clone();
        assert!(
            said.contains("queue.ron") && said.contains("mend that line"),
            "{said}"
        );
        window.state_mut().apply(Action::RefreshRuns);
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(10));
            window.step();
        }
        assert_eq!(window.state().notices.len(), 1);
    }
}
