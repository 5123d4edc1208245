//! What this session trains: the run in work, and how it is told what to do.

use std::sync::mpsc::Sender;

use super::job::ModelBuilder;
use super::loadable::Ticket;
use super::{Training, TrainingPhase};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{Curves, RunId};
use seqscope_engine::train::{Command, RaceSide};

/// The run in work, or the last one of this session.
pub struct TrainingState {
    /// The run; `None` before the first. Of a race the one that is still at work, else its first.
    pub current: Option<Training>,
    /// The other run of a race, whose curves are drawn beside those of the first.
    pub rival: Option<Training>,
    /// Side of a race that `current` is.
    current_side: RaceSide,
    /// Experiment to race against the one that waits for its data.
    rival_waits: Option<Experiment>,
    commands: Option<Sender<Command>>,
    /// The last start of a training thread: only its news are listened to.
    launched: Ticket,
    /// How runs that start from now on are built, where it is not as usual.
    pub(super) builder: Option<ModelBuilder>,
    /// Experiment to train as soon as its data are prepared: the draft when Start was pressed.
    waits_for_data: Option<Experiment>,
    /// Whether a run was chosen since the last start, so that the Train page shows that one once
    /// nothing trains.
    pub(super) looks_back: bool,
}

impl Default for TrainingState {
    fn default() -> Self {
        Self {
            current: None,
            rival: None,
            current_side: RaceSide::A,
            rival_waits: None,
            commands: None,
            launched: Ticket::default(),
            builder: None,
            waits_for_data: None,
            looks_back: false,
        }
    }
}

impl TrainingState {
    /// Whether a run is being made ready, trained or held.
    #[must_use]
    pub fn is_active(&self) -> bool {
        let runs = self.current.iter().chain(&self.rival);
        runs.into_iter().any(Training::is_active)
    }

    /// Whether this run is the one in work, or the other one of a race.
    #[must_use]
    pub fn is_at_work(&self, run: &RunId) -> bool {
        let mut runs = self.current.iter().chain(&self.rival);
        runs.any(|training| training.is_active() && training.run.as_ref() == Some(run))
    }

    /// The run in work, once it has a folder.
    #[must_use]
    pub fn run_at_work(&self) -> Option<&RunId> {
        let current = self.current.as_ref();
        current
            .filter(|training| training.is_active())?
            .run
            .as_ref()
    }

    /// Phase that the last run of this session is in.
    #[must_use]
    pub fn phase(&self) -> Option<&TrainingPhase> {
        self.current.as_ref().map(|training| &training.phase)
    }

    /// This run, where it is the one in work or the last one.
    pub(super) fn of_run(&self, run: &RunId) -> Option<&Training> {
        let current = self.current.as_ref();
        current.filter(|training| training.run.as_ref() == Some(run))
    }

    /// A run that is about to be made ready is looked at.
    pub(super) fn begin(&mut self, training: Training) {
        self.looks_back = false;
        self.current = Some(training);
        (self.rival, self.current_side, self.rival_waits) = (None, RaceSide::A, None);
    }

    /// Two runs that are about to be made ready, to take turns.
    pub(super) fn begin_race(&mut self, [first, second]: [Training; 2]) {
        self.begin(first);
        self.rival = Some(second);
    }

    /// Races the experiment that waits for its data against this one.
    pub(super) fn race_once_ready(&mut self, rival: Experiment) {
        self.rival_waits = Some(rival);
    }

    /// The experiment to race against, which waits no longer.
    pub(super) fn take_waiting_rival(&mut self) -> Option<Experiment> {
        self.rival_waits.take()
    }

    /// The run of a side: the only one where there is no race.
    pub(super) fn of_side(&mut self, side: RaceSide) -> Option<&mut Training> {
        if side == self.current_side {
            self.current.as_mut()
        } else {
            self.rival.as_mut()
        }
    }

    /// Looks at the side that is still at work, once the other has ended: it is what commands are
    /// for.
    pub(super) fn look_at_the_last(&mut self) {
        let is_over = !self.current.as_ref().is_some_and(Training::is_active);
        if is_over && self.rival.as_ref().is_some_and(Training::is_active) {
            std::mem::swap(&mut self.current, &mut self.rival);
            self.current_side = self.current_side.other();
        }
    }

    /// Trains this once its data are here.
    pub(super) fn wait_for_data(&mut self, experiment: Experiment) {
        self.waits_for_data = Some(experiment);
    }

    /// Whether data are prepared to be trained on.
    pub(super) fn is_waiting_for_data(&self) -> bool {
        self.waits_for_data.is_some()
    }

    /// The experiment that has waited for its data, which waits no longer.
    pub(super) fn take_waiting(&mut self) -> Option<Experiment> {
        self.waits_for_data.take()
    }

    /// A new start of a training thread; news of an older one are passed over from now on.
    pub(super) fn renew(&mut self) -> Ticket {
        self.launched.renew()
    }

    /// Whether news are of the last start.
    pub(super) fn is_launched_as(&self, ticket: Ticket) -> bool {
        ticket == self.launched
    }

    /// Sends the commands of this thread from now on.
    pub(super) fn listen_to(&mut self, commands: Sender<Command>) {
        self.commands = Some(commands);
    }

    /// Tells the run in work what to do.
    pub(super) fn command(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A run that has just ended hears nothing any more; its last event is on the way.
            let _ = commands.send(command);
        }
    }

    /// Nothing hears commands any more, unless the other side of a race does.
    pub(super) fn has_ended(&mut self) {
        if !self.is_active() {
            self.commands = None;
        }
    }

    /// Shows that both sides of a race were asked to stop, or the only run.
    pub(super) fn stopping(&mut self) {
        let runs = self.current.iter_mut().chain(&mut self.rival);
        for training in runs.filter(|training| training.is_active()) {
            training.phase = TrainingPhase::Stopping;
        }
    }

    /// Holds the other side of a race as well, or lets it go on: it is not its turn.
    pub(super) fn hold_both(&mut self, side: RaceSide) {
        let phase = self.of_side(side).map(|training| training.phase.clone());
        let others = self.of_side(side.other());
        if let (Some(phase), Some(other)) = (phase, others)
            && matches!(other.phase, TrainingPhase::Running | TrainingPhase::Paused)
        {
            other.phase = phase;
        }
    }

    /// Phase that is shown until the run tells another one.
    pub(super) fn set_phase(&mut self, phase: TrainingPhase) {
        if let Some(training) = &mut self.current {
            training.phase = phase;
        }
    }

    /// It could not be started, for this reason.
    pub(super) fn not_started(&mut self, why: String) {
        self.set_phase(TrainingPhase::NotStarted(why));
        self.has_ended();
    }

    /// Gives a run that went on the curves of its earlier epochs.
    pub(super) fn recall(&mut self, run: &RunId, curves: &Curves) {
        let mut runs = self.current.iter_mut().chain(&mut self.rival);
        if let Some(training) = runs.find(|training| training.run.as_ref() == Some(run)) {
            training.recall(curves);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::app::{Action, App, Page, bare_app};
    use seqscope_engine::run::RunStatus;

    fn experiment(model: &str) -> Experiment {
        let text = format!(
            r#"(
                version: 1,
                name: "racer",
                data: (source: World(n_users: 60, n_items: 20, mean_len: 10)),
                model: {model},
                training: (device: "cpu", epochs: 2, batch_size: 16),
            )"#
        );
        Experiment::parse(&text).unwrap()
    }

    /// Takes in what arrives until something holds.
    fn until(app: &mut App, what: &str, holds: impl Fn(&App) -> bool) {
        let end = Instant::now() + Duration::from_mins(2);
        while !holds(app) {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(5));
            app.receive();
        }
    }

    fn n_points(training: Option<&Training>) -> usize {
        training.map_or(0, |training| training.points.len())
    }

    #[test]
    fn two_models_grow_side_by_side_and_both_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        let lstm = experiment("Lstm(d_model: 8, d_hidden: 8, seq_len: 8)");
        app.apply(Action::Edit(Box::new(lstm)));
        app.apply(Action::Start);
        until(&mut app, "the first run", |app| !app.training.is_active());
        until(&mut app, "its line", |app| {
            app.runs
                .ready()
                .is_some_and(|runs| !runs.is_empty() && runs[0].status != RunStatus::Running)
        });
        let first = app.runs.ready().unwrap()[0].id.clone();
        let transformer = experiment("Transformer(d_model: 8, n_layers: 1, d_ff: 8, seq_len: 8)");
        app.apply(Action::Edit(Box::new(transformer.clone())));
        app.apply(Action::Race(first.clone()));
        assert_eq!(app.page, Page::Train);
        until(&mut app, "one epoch of both", |app| {
            n_points(app.training.current.as_ref()) > 0 && n_points(app.training.rival.as_ref()) > 0
        });
        let titles = [&app.training.current, &app.training.rival]
            .map(|training| training.as_ref().unwrap().title.clone());
        assert_eq!(titles, ["A · racer · Transformer", "B · racer · LSTM"]);
        until(&mut app, "both ends", |app| !app.training.is_active());
        assert_eq!(n_points(app.training.current.as_ref()), 2);
        assert_eq!(n_points(app.training.rival.as_ref()), 2);
        until(&mut app, "three runs", |app| {
            let runs = app.runs.ready().into_iter().flatten();
            runs.filter(|run| matches!(run.status, RunStatus::Ended(_)))
                .count()
                == 3
        });

        let mut other = transformer;
        other.set("data.n_users", "70").unwrap();
        app.apply(Action::Edit(Box::new(other)));
        let why = app.enabled(&Action::Race(first)).unwrap_err();
        assert!(why.contains("`data` differs between A and B"), "{why}");
    }

    #[test]
    fn a_stop_ends_both_sides_of_a_race() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        let mut long = experiment("Lstm(d_model: 8, d_hidden: 8, seq_len: 8)");
        (long.training.epochs, long.training.patience) = (10_000, 0);
        app.apply(Action::Edit(Box::new(long)));
        app.apply(Action::Start);
        until(&mut app, "an epoch", |app| {
            n_points(app.training.current.as_ref()) > 0
        });
        app.apply(Action::Stop(seqscope_engine::train::StopMode::Keep));
        until(&mut app, "its end", |app| !app.training.is_active());
        until(&mut app, "its line", |app| {
            app.runs
                .ready()
                .is_some_and(|runs| !runs.is_empty() && runs[0].status != RunStatus::Running)
        });
        let first = app.runs.ready().unwrap()[0].id.clone();
        app.apply(Action::Race(first));
        until(&mut app, "two epochs of both", |app| {
            n_points(app.training.rival.as_ref()) > 1
        });
        app.apply(Action::Pause);
        until(&mut app, "a hold", |app| {
            app.training.phase() == Some(&TrainingPhase::Paused)
        });
        app.apply(Action::Resume);
        until(&mut app, "going on", |app| {
            app.training.phase() == Some(&TrainingPhase::Running)
        });
        app.apply(Action::Stop(seqscope_engine::train::StopMode::Keep));
        until(&mut app, "both ends", |app| !app.training.is_active());
        for training in [&app.training.current, &app.training.rival] {
            let phase = &training.as_ref().unwrap().phase;
            assert!(matches!(phase, TrainingPhase::Ended(_)), "{phase:?}");
        }
    }
}
