//! The playhead in the real window: scrubbed, stepped, played, for one run and for two.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable};
use seqscope::app::{Action, PlayheadPlace, Select, ThemeChoice, Transport};
use seqscope::experiment::Experiment;
use seqscope::run::{RunId, RunOutcome, RunStore};
use seqscope::train::{Job, run};

use crate::app::tiny;
use crate::fake::{Commands, Listener};
use crate::window::Screen;

/// Trains a tiny Transformer into a folder of runs.
fn trained(store: &RunStore, n_epochs: usize) -> RunId {
    let mut experiment = Experiment::default();
    tiny(&mut experiment, n_epochs);
    experiment.training.patience = 0;
    experiment.name = format!("tiny {n_epochs}");
    let job = Job {
        experiment,
        store: store.clone(),
        prepared: None,
        resume: None,
    };
    let (id, ended) = run(job, &mut Commands::default(), &mut Listener::default()).unwrap();
    assert_eq!(ended.outcome, Some(RunOutcome::Finished));
    id
}

/// A window on Explain over runs of so many epochs, the first of them looked at.
fn explained(n_epochs: &[usize], thinned: Option<usize>) -> (Screen, Vec<RunId>) {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path().join("runs"));
    let runs: Vec<RunId> = n_epochs.iter().map(|n| trained(&store, *n)).collect();
    if let Some(epoch) = thinned {
        std::fs::remove_file(store.epoch_weights(&runs[0], epoch)).unwrap();
    }
    let mut screen = Screen::over(folder, [1280.0, 800.0], ThemeChoice::Dark);
    screen.click("Explain");
    apply(&mut screen, Action::Select(Select::Run(runs[0].clone())));
    until_shown(&mut screen, &runs[0]);
    (screen, runs)
}

fn apply(screen: &mut Screen, action: Action) {
    screen.harness.state_mut().app_mut().apply(action);
    screen.harness.run_steps(2);
}

/// Until the view at the playhead is the exact one.
fn until_shown(screen: &mut Screen, run: &RunId) {
    let run = run.clone();
    screen.until("the view at the playhead", move |window| {
        let app = window.app();
        let key = app.selection.view_key(&run);
        app.selection.shown_epoch(&run).is_some()
            && key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
}

fn epoch(screen: &Screen, run: &RunId) -> usize {
    screen.app().selection.shown_epoch(run).unwrap().epoch
}

fn scrub(screen: &mut Screen, to: f64) {
    let bar = screen
        .harness
        .get_by_role_and_label(Role::Slider, "Playhead");
    bar.set_value_accesskit(to);
    screen.harness.run_steps(3);
}

fn press(screen: &mut Screen, key: Key) {
    screen.harness.key_press(key);
    screen.harness.run_steps(3);
}

#[test]
fn the_playhead_is_scrubbed_and_stepped_and_tells_what_was_thinned_away() {
    let (mut screen, runs) = explained(&[8], Some(4));
    let run = &runs[0];
    scrub(&mut screen, 4.0);
    until_shown(&mut screen, run);
    assert_eq!(epoch(&screen, run), 5);
    assert!(screen.shows("Epoch 4 was thinned away; 5 is shown") && screen.shows("Epoch 5 of 8"));
    let key = screen.app().selection.view_key(run).unwrap();
    assert_eq!(key.epoch, Some(5));

    // Over kept epochs only.
    press(&mut screen, Key::ArrowLeft);
    assert_eq!(epoch(&screen, run), 3);
    assert!(!screen.shows("thinned away"));
    press(&mut screen, Key::ArrowRight);
    assert_eq!(epoch(&screen, run), 5);
    press(&mut screen, Key::Home);
    assert_eq!(epoch(&screen, run), 1);
    press(&mut screen, Key::ArrowLeft);
    assert_eq!(epoch(&screen, run), 1);
    press(&mut screen, Key::End);
    assert_eq!(epoch(&screen, run), 8);
    assert_eq!(screen.app().selection.playhead.place, PlayheadPlace::Newest);
    screen.click("Previous epoch");
    assert_eq!(epoch(&screen, run), 7);
    screen.click("Last epoch");
    screen.click("Next epoch");
    assert_eq!(epoch(&screen, run), 8);
    screen.click("First epoch");
    assert_eq!(epoch(&screen, run), 1);
    // Every input has a name.
    until_shown(&mut screen, run);
    screen.harness.run();

    // A text field has its own use for the arrows.
    screen
        .harness
        .get_by_role_and_label(Role::TextInput, "User")
        .click();
    screen.harness.run_steps(3);
    press(&mut screen, Key::ArrowRight);
    assert_eq!(epoch(&screen, run), 1);
}

#[test]
fn it_plays_over_all_epochs_and_from_memory_once_all_are_there() {
    let (mut screen, runs) = explained(&[6], None);
    let run = &runs[0];
    screen.click("First epoch");
    screen.click("Play");
    let mut seen = vec![epoch(&screen, run)];
    while screen.app().selection.playhead.playing.is_on {
        screen.harness.step();
        let now = epoch(&screen, run);
        seen.extend(Some(now).filter(|now| seen.last() != Some(now)));
        assert!(seen.len() < 50, "it comes to an end: {seen:?}");
    }
    assert!(seen.is_sorted() && seen.last() == Some(&6), "{seen:?}");
    let (played, user) = (run.clone(), screen.app().selection.user_id.clone().unwrap());
    screen.until("all epochs", move |window| {
        window.app().views.epochs_ready(&played, &user) == [1, 2, 3, 4, 5, 6]
    });
    // Played again, and again from the beginning, every epoch is there when its time comes.
    screen.click("Loop");
    screen.click("Play");
    let mut n_turns = 0;
    for _ in 0..60 {
        let before = epoch(&screen, run);
        screen.harness.step();
        n_turns += usize::from(epoch(&screen, run) < before);
        let app = screen.app();
        let key = app.selection.view_key(run).unwrap();
        assert!(app.views.user(&key).ready().is_some(), "{key:?}");
    }
    assert!(n_turns >= 1, "it has begun again");
    screen.click("Stop playing");
    let stopped = epoch(&screen, run);
    screen.harness.run();
    assert_eq!(epoch(&screen, run), stopped);
}

#[test]
fn two_runs_come_to_the_same_place_by_epoch_or_by_share() {
    let (mut screen, runs) = explained(&[8, 4], None);
    screen.click("Compare");
    apply(
        &mut screen,
        Action::Select(Select::SecondRun(Some(runs[1].clone()))),
    );
    let second = runs[1].clone();
    screen.until("both series", move |window| {
        window.app().selection.shown_epoch(&second).is_some()
    });
    scrub(&mut screen, 6.0);
    assert_eq!((epoch(&screen, &runs[0]), epoch(&screen, &runs[1])), (6, 4));
    assert!(screen.shows("B: It has only 4 epochs; 4 is shown"));
    screen
        .harness
        .get_by_role_and_label(Role::ComboBox, "Same place in")
        .click();
    screen.harness.run_steps(3);
    screen.click("Share");
    assert_eq!((epoch(&screen, &runs[0]), epoch(&screen, &runs[1])), (6, 3));
    assert!(screen.shows("A 6 of 8 · B 3 of 4"));
    flag_of_the_second_run(&mut screen, &runs);
    // Both sides of a user are at their own epoch.
    screen.click("One user, two runs");
    for (run, epoch) in [(&runs[0], 6), (&runs[1], 3)] {
        until_shown(&mut screen, run);
        let key = screen.app().selection.view_key(run).unwrap();
        assert_eq!(key.epoch, Some(epoch));
        assert!(screen.shows(&format!("epoch {epoch}")));
    }
    apply(&mut screen, Action::Transport(Transport::Best));
    for run in &runs {
        assert_eq!(screen.app().selection.epoch_of(run), None);
    }
}

/// The best epoch of the second run is told where it is on the bar of the first.
fn flag_of_the_second_run(screen: &mut Screen, runs: &[RunId]) {
    let series = screen.app().views.series(&runs[1]).ready().unwrap();
    let best = series.manifest.best_epoch.unwrap();
    let bar = screen
        .harness
        .get_by_role_and_label(Role::Slider, "Playhead")
        .rect();
    // Eight epochs from end to end; the second run's four are every second one of them.
    let (left, right) = (bar.left() + 8.0, bar.right() - 8.0);
    let x = left + (right - left) * (2 * best - 1) as f32 / 7.0;
    screen.harness.hover_at(egui::pos2(x, bar.center().y));
    screen.harness.run_steps(8);
    assert!(screen.shows(&format!("B, epoch {best}: Best epoch by")));
}

#[test]
fn one_kept_epoch_cannot_be_played_and_says_so() {
    let (mut screen, _) = explained(&[1], None);
    let play = screen.harness.get_by_label("Play");
    assert!(play.accesskit_node().is_disabled());
    play.hover();
    screen.harness.run();
    assert!(screen.shows("Only one epoch's weights are kept."));
}
