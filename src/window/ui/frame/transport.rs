//! The transport under the pages: the playhead over training time, and what moves it.

use egui::{Align, Button, ComboBox, Layout, RichText, Ui, WidgetInfo};
use strum::IntoEnumIterator as _;

use crate::app::{
    Action, App, PLAY_SPEEDS, Page, Playhead, PlayheadPlace, PlayheadUnit, RunEpochs, RunSeries,
    ShownEpoch, SteerAction, TourStep, Transport,
};
use crate::ui::language::tr;
use crate::ui::widget::epoch_bar::{EpochBar, FlagLane};
use crate::ui::{Actions, theme, tour};
use seqscope_engine::run::{Milestone, RunId};
use seqscope_engine::train::{SlowMotion, StepUnit};

/// Width from which the epochs of two runs stand beside what moves them.
const WIDE: f32 = 820.0;

/// Whether there is anything to move over: a run with weights, on a page that follows it; or a run at
/// work that can be made step by step.
pub(super) fn is_needed(app: &App) -> bool {
    app.training.is_active() || Moved::of_app(app).is_some()
}

/// Paints the transport.
pub(super) fn ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let Some(moved) = Moved::of_app(app) else {
        ui.horizontal(|ui| steps(ui, app, actions));
        return;
    };
    let has_two = moved.second.is_some();
    let is_narrow = has_two && ui.available_width() < WIDE;
    let from_right = Layout::right_to_left(Align::Center);
    ui.horizontal(|ui| {
        moves(ui, app, actions);
        ui.separator();
        settings(ui, &app.selection.playhead, has_two, actions);
        ui.separator();
        modes(ui, app, &moved, actions);
        if app.training.is_active() {
            ui.separator();
            steps(ui, app, actions);
        } else {
            fork(ui, app, actions);
        }
        if !is_narrow {
            ui.with_layout(from_right, |ui| words(ui, app, &moved));
        }
    });
    if is_narrow {
        ui.horizontal(|ui| ui.with_layout(from_right, |ui| words(ui, app, &moved)));
    }
    bar(ui, app, &moved, actions);
}

/// A run that the playhead moves over, as far as it is read.
struct MovedRun<'a> {
    run: RunId,
    series: &'a RunSeries,
    shown: &'a ShownEpoch,
}

/// The run that leads, and the one that comes with it.
struct Moved<'a> {
    first: MovedRun<'a>,
    second: Option<MovedRun<'a>>,
}

impl<'a> Moved<'a> {
    fn of_app(app: &'a App) -> Option<Self> {
        let mut runs = app.playhead_runs().into_iter().map(|run| {
            Some(MovedRun {
                series: app.views.series(&run).ready()?,
                shown: app.selection.shown_epoch(&run)?,
                run,
            })
        });
        Some(Self {
            first: runs.next()??,
            second: runs.next().flatten(),
        })
    }
}

/// What makes the run at work go step by step.
fn steps(ui: &mut Ui, app: &App, actions: &mut Actions) {
    for (unit, key) in [(StepUnit::Batch, " (,)"), (StepUnit::Epoch, " (.)")] {
        let action = Action::Steer(SteerAction::Step(unit));
        let (label, enabled) = (tr(action.label()), app.enabled(&action));
        let response = ui.add_enabled(enabled.is_ok(), Button::new(label.as_str()));
        let response = match &enabled {
            Ok(()) => response.on_hover_text(format!("{label}{key}")),
            Err(reason) => response.on_disabled_hover_text(tr(reason)),
        };
        if response.clicked() {
            actions.push(action);
        }
    }
    let slow = app.steer.slow;
    let combo = ComboBox::from_id_salt("slow motion").selected_text(tr(slow_words(slow)));
    let shown = combo.width(96.0).show_ui(ui, |ui| {
        for other in SlowMotion::iter() {
            let choice = ui.selectable_label(other == slow, tr(slow_words(other)));
            if choice.clicked() {
                actions.push(Action::Steer(SteerAction::Slow(other)));
            }
        }
    });
    let slow = shown.response.on_hover_text(tr(
        "Slow motion: steps a second at most. It changes no figure of the run",
    ));
    slow.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, tr("Slow motion")));
}

fn slow_words(slow: SlowMotion) -> &'static str {
    match slow {
        SlowMotion::Off => "Full speed",
        SlowMotion::Twenty => "20 steps/s",
        SlowMotion::Five => "5 steps/s",
        SlowMotion::One => "1 step/s",
    }
}

fn fork(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let action = Action::Steer(SteerAction::OpenFork);
    let (label, enabled) = (tr(action.label()), app.enabled(&action));
    let response = ui.add_enabled(enabled.is_ok(), Button::new(label));
    let response = match &enabled {
        Ok(()) => response.on_hover_text(tr(
            "A new run from this epoch on, with changed settings (F)",
        )),
        Err(reason) => response.on_disabled_hover_text(tr(reason)),
    };
    if response.clicked() {
        actions.push(action);
    }
}

fn moves(ui: &mut Ui, app: &App, actions: &mut Actions) {
    ui.spacing_mut().item_spacing.x = theme::size::GAP_SMALL;
    let is_playing = app.selection.playhead.playing.is_on;
    let (play, icon) = if is_playing {
        (Transport::Pause, "⏸")
    } else {
        (Transport::Play, "▶")
    };
    icon_button(
        ui,
        app,
        actions,
        &IconButton::new(Transport::First, "⏮", " (Home)"),
    );
    icon_button(
        ui,
        app,
        actions,
        &IconButton::new(Transport::Step(-1), "⏴", " (←)"),
    );
    icon_button(ui, app, actions, &IconButton::new(play, icon, ""));
    icon_button(
        ui,
        app,
        actions,
        &IconButton::new(Transport::Step(1), "⏵", " (→)"),
    );
    icon_button(ui, app, actions, &IconButton::new(Transport::Last, "⏭", ""));
}

struct IconButton {
    transport: Transport,
    icon: &'static str,
    key: &'static str,
}

impl IconButton {
    fn new(transport: Transport, icon: &'static str, key: &'static str) -> Self {
        Self {
            transport,
            icon,
            key,
        }
    }
}

/// A button with a sign, whose name is that of what it does.
fn icon_button(ui: &mut Ui, app: &App, actions: &mut Actions, button: &IconButton) {
    let action = Action::Transport(button.transport);
    let (label, enabled) = (action.label(), app.enabled(&action));
    let response = ui.add_enabled(enabled.is_ok(), Button::new(button.icon));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, enabled.is_ok(), tr(label)));
    let response = match &enabled {
        Ok(()) => response.on_hover_text(format!("{}{}", tr(label), button.key)),
        Err(reason) => response.on_disabled_hover_text(tr(reason)),
    };
    if response.clicked() {
        actions.push(action);
    }
}

/// Settings of playing, and of how two runs are brought together.
fn settings(ui: &mut Ui, playhead: &Playhead, has_two: bool, actions: &mut Actions) {
    let playing = &playhead.playing;
    let mut loops = playing.loops;
    if ui
        .toggle_value(&mut loops, tr("Loop"))
        .on_hover_text(tr("Begin again at the end"))
        .changed()
    {
        actions.push(Action::Transport(Transport::Loop(loops)));
    }
    let combo = ComboBox::from_id_salt("speed").selected_text(format!("{}×", playing.speed));
    let shown = combo.width(56.0).show_ui(ui, |ui| {
        for speed in PLAY_SPEEDS {
            let is_chosen = (speed - playing.speed).abs() < 1e-9;
            let name = format!("{speed}×");
            if ui.selectable_label(is_chosen, name).clicked() {
                actions.push(Action::Transport(Transport::Speed(speed)));
            }
        }
    });
    let speed = shown.response.on_hover_text(tr("Epochs a second"));
    speed.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, tr("Speed")));
    if !has_two {
        return;
    }
    let combo = ComboBox::from_id_salt("unit").selected_text(tr(playhead.unit.to_string()));
    let shown = combo.width(64.0).show_ui(ui, |ui| {
        for unit in PlayheadUnit::iter() {
            let choice = ui.selectable_label(unit == playhead.unit, tr(unit.to_string()));
            if choice.on_hover_text(tr(unit.help())).clicked() {
                actions.push(Action::Transport(Transport::Unit(unit)));
            }
        }
    });
    let unit = shown.response.on_hover_text(tr(playhead.unit.help()));
    unit.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, tr("Same place in")));
}

/// The places that are no epoch in particular.
fn modes(ui: &mut Ui, app: &App, moved: &Moved<'_>, actions: &mut Actions) {
    let place = app.selection.playhead.place;
    let best = moved.first.series.manifest.best_epoch;
    let best = best.map_or_else(|| "Best".to_owned(), |epoch| format!("Best ({epoch})"));
    if ui
        .selectable_label(place == PlayheadPlace::Best, tr(best))
        .on_hover_text(tr(
            "The epoch with the best validation metric, of each run its own",
        ))
        .clicked()
    {
        actions.push(Action::Transport(Transport::Best));
    }
    let is_live = place == PlayheadPlace::Newest;
    if ui
        .selectable_label(is_live, tr(Transport::FollowLive.label()))
        .on_hover_text(tr("Stay at the newest epoch as training goes on (End)"))
        .clicked()
    {
        actions.push(Action::Transport(if is_live {
            Transport::Epoch(moved.first.shown.epoch)
        } else {
            Transport::FollowLive
        }));
    }
}

/// The epoch that is shown, of each run, and why it is not the exact one; from the right.
fn words(ui: &mut Ui, app: &App, moved: &Moved<'_>) {
    let runs = [Some(&moved.first), moved.second.as_ref()];
    let has_two = moved.second.is_some();
    let mut told = Vec::new();
    let mut at = Vec::new();
    for (run, name) in runs.into_iter().flatten().zip(["A", "B"]) {
        let of = run.series.manifest.epochs.max(run.shown.epoch);
        let epoch = format!("{}{}{of}", run.shown.epoch, tr(" of "));
        at.push(if has_two {
            format!("{name} {epoch}")
        } else {
            epoch
        });
        let why = run
            .shown
            .why
            .iter()
            .cloned()
            .chain(app.on_its_way(&run.run));
        told.extend(why.map(|why| {
            let why = tr(why);
            if has_two {
                format!("{name}: {why}")
            } else {
                why
            }
        }));
    }
    ui.label(RichText::new(tr(format!("Epoch {}", at.join(" · ")))).strong());
    if !told.is_empty() {
        let told = told.join(" · ");
        let layout = Layout::left_to_right(Align::Center).with_main_align(Align::Max);
        ui.with_layout(layout, |ui| {
            let label = egui::Label::new(RichText::new(&told).weak()).truncate();
            ui.add(label).on_hover_text(&told);
        });
    }
}

fn bar(ui: &mut Ui, app: &App, moved: &Moved<'_>, actions: &mut Actions) {
    let MovedRun { run, series, shown } = &moved.first;
    let has_users = match app.page {
        Page::Explain | Page::Compare => true,
        Page::Data | Page::Model | Page::Train | Page::Report => false,
    };
    let user_id = app.selection.user_id.clone().filter(|_| has_users);
    let ready = user_id.map_or_else(Vec::new, |user_id| app.views.epochs_ready(run, &user_id));
    let unit = app.selection.playhead.unit;
    let mut n_epochs = RunEpochs::of_series(series).n_epochs;
    let (mut own, mut others) = (series.milestones.clone(), Vec::new());
    let mut names = ["", ""];
    if let Some(second) = &moved.second {
        names = ["A", "B"];
        own = flags_of(series, series, unit);
        others = flags_of(second.series, series, unit);
        if unit == PlayheadUnit::Epoch {
            n_epochs = n_epochs.max(RunEpochs::of_series(second.series).n_epochs);
        }
    }
    let asked = EpochBar {
        n_epochs,
        kept: &series.epochs,
        shown: shown.epoch,
        ready: &ready,
        lanes: [
            FlagLane {
                name: names[0],
                milestones: &own,
            },
            FlagLane {
                name: names[1],
                milestones: &others,
            },
        ],
    }
    .ui(ui);
    tour::mark(ui, TourStep::Playhead, ui.min_rect());
    actions.extend(asked.map(|epoch| Action::Transport(Transport::Epoch(epoch))));
}

/// Milestones of a run with their own epochs told, at the places where they are on the bar of the
/// run that leads.
fn flags_of(series: &RunSeries, leading: &RunSeries, unit: PlayheadUnit) -> Vec<Milestone> {
    let (own, leading) = (RunEpochs::of_series(series), RunEpochs::of_series(leading));
    let placed = series.milestones.iter().map(|milestone| {
        let at = match unit {
            PlayheadUnit::Epoch => None,
            PlayheadUnit::Share | PlayheadUnit::Time => {
                leading.epoch_of(own.place_of(milestone.epoch, unit))
            }
        };
        Milestone {
            epoch: at.unwrap_or(milestone.epoch),
            kind: milestone.kind,
            sentence: format!("epoch {}: {}", milestone.epoch, milestone.sentence),
        }
    });
    placed.collect()
}
