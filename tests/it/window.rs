//! The real window, clicked by what a person reads on it; needs neither display nor GPU.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use seqscope::app::{
    Action, AppOptions, AttributionAsk, FilePicker, Page, PickKind, Select, ThemeChoice,
    TrainingPhase, ViewKey,
};
use seqscope::data::{CleanStep, SplitSpec, prepare};
use seqscope::experiment::{Experiment, FilterSeen};
use seqscope::explain::AnswerTarget;
use seqscope::language::Language;
use seqscope::model::ModelKind;
use seqscope::run::{RunOutcome, RunStore};
use seqscope::spec::Entry;
use seqscope::ui::Window;

use crate::app::tiny;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

struct NoDialog;

impl FilePicker for NoDialog {
    fn pick(&self, _kind: PickKind) -> Result<Option<std::path::PathBuf>, String> {
        Err("No dialog here; type the path.".to_owned())
    }
}

/// A window over a folder of its own.
pub(crate) struct Screen {
    pub(crate) harness: Harness<'static, Window>,
    _folder: tempfile::TempDir,
}

impl Screen {
    pub(crate) fn new(size: [f32; 2], theme: ThemeChoice) -> Self {
        Self::over(tempfile::tempdir().unwrap(), size, theme)
    }

    /// A window over a folder with runs.
    pub(crate) fn over(folder: tempfile::TempDir, size: [f32; 2], theme: ThemeChoice) -> Self {
        let store = RunStore::at(folder.path().join("runs"));
        let builder = Harness::builder().with_size(size).allow_missing_glyphs();
        let harness = builder.build_eframe(move |cc| {
            let ctx = cc.egui_ctx.clone();
            let options = AppOptions {
                store,
                waker: Arc::new(move || ctx.request_repaint()),
                picker: Arc::new(NoDialog),
                open: None,
                recent: vec!["/data/clicks.csv".into()],
                theme,
                language: Language::default(),
            };
            Window::new(&cc.egui_ctx, options)
        });
        let mut screen = Self {
            harness,
            _folder: folder,
        };
        screen.until("the first look around", |window| {
            window.app().devices.ready().is_some() && window.app().runs.ready().is_some()
        });
        screen
    }

    /// Steps until `is_so`; `run` would not return while training asks for repaints.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Window) -> bool) {
        let start = Instant::now();
        while !is_so(self.harness.state()) {
            let app = self.harness.state().app();
            let phase = app
                .training
                .current
                .as_ref()
                .map(|training| &training.phase);
            assert!(
                start.elapsed() < PATIENCE,
                "waited for {what}; {phase:?}; {:?}",
                app.notices
            );
            self.harness.step();
            std::thread::sleep(Duration::from_millis(15));
        }
        self.harness.run_steps(3);
    }

    pub(crate) fn click(&mut self, label: &str) {
        // The frame is painted first: a tab stands before a button of the same name on its page.
        self.harness.get_all_by_label(label).next().unwrap().click();
        self.harness.run_steps(3);
    }

    pub(crate) fn click_containing(&mut self, words: &str) {
        let found = self.harness.query_all_by_label_contains(words).next();
        found.unwrap().click();
        self.harness.run_steps(3);
    }

    fn app_page(&mut self, page: Page) {
        self.harness.state_mut().app_mut().apply(Action::GoTo(page));
        self.harness.run_steps(5);
    }

    pub(crate) fn shows(&self, words: &str) -> bool {
        self.harness
            .query_all_by_label_contains(words)
            .next()
            .is_some()
    }

    /// As the window's own cross does.
    fn close(&mut self) {
        let root = self
            .harness
            .input_mut()
            .viewports
            .entry(egui::ViewportId::ROOT)
            .or_default();
        root.events.push(egui::ViewportEvent::Close);
        self.harness.step();
        self.harness.run_steps(2);
    }

    /// Whether the window asked to be closed in the last frame.
    fn closes(&self) -> bool {
        let mut outputs = self.harness.output().viewport_output.values();
        outputs.any(|viewport| viewport.commands.contains(&egui::ViewportCommand::Close))
    }

    /// How the last run ended.
    fn outcome(&self) -> Option<RunOutcome> {
        match &self.app().training.current.as_ref()?.phase {
            TrainingPhase::Ended(ended) => ended.outcome.clone(),
            _ => None,
        }
    }

    pub(crate) fn app(&self) -> &seqscope::app::App {
        self.harness.state().app()
    }

    /// Makes the draft small enough to train in a moment.
    pub(crate) fn tiny(&mut self, epochs: usize) {
        let app = self.harness.state_mut().app_mut();
        let mut next = app.draft.experiment.clone();
        let model = next.model.clone();
        tiny(&mut next, epochs);
        if model != next.model && ModelKind::from(&model) != ModelKind::from(&next.model) {
            next.model = model;
        }
        app.apply(Action::Edit(Box::new(next)));
        self.harness.run_steps(2);
    }
}

#[test]
fn from_the_first_start_to_two_runs_side_by_side() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    assert!(
        screen.shows("Try it in 30 seconds")
            && screen.shows("Open my data")
            && screen.shows("Open an experiment")
    );

    screen.click("Train now");
    assert_eq!(screen.app().page, Page::Train);
    screen.until("points on the curve", |w| {
        w.app()
            .training
            .current
            .as_ref()
            .is_some_and(|t| t.points.len() >= 2)
    });
    screen.click("Pause");
    screen.until("the pause", |w| {
        w.app()
            .training
            .current
            .as_ref()
            .is_some_and(|t| t.phase == TrainingPhase::Paused)
    });
    screen.click("Resume");
    screen.until("going on", |w| {
        w.app()
            .training
            .current
            .as_ref()
            .is_some_and(|t| t.phase == TrainingPhase::Running)
    });
    screen.click("Stop and keep");
    screen.until("the end", |w| !w.app().training.is_active());
    let first = screen
        .app()
        .training
        .current
        .as_ref()
        .unwrap()
        .run
        .clone()
        .unwrap();

    screen.click("Explain");
    let shown = first.clone();
    screen.until("a user's view", move |w| {
        let app = w.app();
        app.selection
            .view_key(&shown)
            .is_some_and(|key| app.views.user(&key).ready().is_some())
    });
    // `run` also checks that every input widget has an accessible name.
    screen.harness.run();
    let key = screen.app().selection.view_key(&first).unwrap();
    let view = Arc::clone(screen.app().views.user(&key).ready().unwrap());
    assert!(view.attention.is_some() && !view.timeline.is_empty());
    answers_are_explained(&mut screen, &key);

    screen.click("Model");
    screen.click("LSTM");
    screen.tiny(1);
    screen.click("Start training");
    screen.until("the second run", |w| {
        w.app()
            .training
            .current
            .as_ref()
            .is_some_and(|t| matches!(t.phase, TrainingPhase::Ended(_)))
    });
    let second = screen
        .app()
        .training
        .current
        .as_ref()
        .unwrap()
        .run
        .clone()
        .unwrap();
    assert_ne!(first, second);

    screen.click("Compare");
    screen.until("both series", |w| {
        [&first, &second]
            .iter()
            .all(|run| w.app().views.series(run).ready().is_some())
    });
    screen.harness.run();
    let selection = &screen.app().selection;
    assert_eq!(
        (selection.run.as_ref(), selection.second_run.as_ref()),
        (Some(&second), Some(&first))
    );
    differences_are_tested(&mut screen);
    assert!(
        screen
            .app()
            .notices
            .iter()
            .all(|notice| notice.tone != seqscope::app::Tone::Error),
        "{:?}",
        screen.app().notices
    );
}

#[test]
fn every_page_is_reached_by_key_and_every_input_has_a_name() {
    for theme in [ThemeChoice::Dark, ThemeChoice::Light] {
        let mut screen = Screen::new([1280.0, 800.0], theme);
        let keys = [
            egui::Key::Num2,
            egui::Key::Num3,
            egui::Key::Num4,
            egui::Key::Num5,
            egui::Key::Num1,
        ];
        for (key, page) in keys.into_iter().zip([
            Page::Model,
            Page::Train,
            Page::Explain,
            Page::Compare,
            Page::Data,
        ]) {
            screen
                .harness
                .key_press_modifiers(egui::Modifiers::COMMAND, key);
            // `run` also checks that every input widget has an accessible name.
            screen.harness.run();
            assert_eq!(screen.app().page, page);
        }
    }
}

#[test]
fn the_manual_opens_by_key_and_by_its_button_and_closes_again() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.harness.key_press(egui::Key::F1);
    screen.harness.run();
    assert!(screen.shows("What can be opened"));
    screen.click("Evaluation");
    screen.harness.run();
    assert!(screen.shows("References"));
    screen.harness.key_press(egui::Key::Escape);
    screen.harness.run();
    assert!(!screen.shows("References"));
    screen.click("Manual");
    screen.harness.run();
    assert!(screen.shows("References"), "the chapter that was open last");
    screen.harness.key_press(egui::Key::F1);
    screen.harness.run();
    assert!(!screen.shows("References"));
}

#[test]
fn whatever_can_be_done_is_found_by_name_and_done_by_the_keyboard_alone() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    let ctrl_k = |screen: &mut Screen| {
        screen
            .harness
            .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
        screen.harness.run();
    };
    let typed = |screen: &mut Screen, text: &str| {
        let input = screen.harness.input_mut();
        input.events.push(egui::Event::Text(text.to_owned()));
        screen.harness.run();
    };
    ctrl_k(&mut screen);
    typed(&mut screen, "compare page");
    assert!(screen.shows("Show page: Compare") && !screen.shows("Show page: Train"));
    screen.harness.key_press(egui::Key::Enter);
    screen.harness.run();
    assert_eq!(screen.app().page, Page::Compare);
    assert!(!screen.shows("Show page: Compare"), "it closes");

    // The third line by the arrows; what cannot be done now is passed over.
    ctrl_k(&mut screen);
    typed(&mut screen, "colours");
    for key in [egui::Key::ArrowDown, egui::Key::ArrowDown, egui::Key::Enter] {
        screen.harness.key_press(key);
        screen.harness.run();
    }
    assert_eq!(screen.app().theme, ThemeChoice::Light);
    ctrl_k(&mut screen);
    typed(&mut screen, "pause");
    assert!(screen.shows("Only a run at work can be paused."));
    screen.harness.key_press(egui::Key::Enter);
    screen.harness.run();
    assert!(
        screen.shows("Only a run at work can be paused."),
        "still open"
    );
    typed(&mut screen, "zzz");
    assert!(screen.shows("Nothing of that name"));
    screen.harness.key_press(egui::Key::Escape);
    screen.harness.run();

    screen.harness.key_press(egui::Key::Questionmark);
    screen.harness.run();
    assert!(screen.shows("Next user") && screen.shows("On Explain and Compare"));
    screen.harness.key_press(egui::Key::Escape);
    screen.harness.run();
    assert!(!screen.shows("Next user"));
    // A text field takes the sign as a letter.
    ctrl_k(&mut screen);
    screen.harness.key_press(egui::Key::Questionmark);
    screen.harness.run();
    assert!(!screen.shows("On Explain and Compare"));
}

#[test]
fn there_is_a_finished_run_to_look_at_before_anything_was_trained() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.click("or look at a run that has finished");
    screen.until("the example", |window| {
        let app = window.app();
        let key = app
            .selection
            .run
            .as_ref()
            .and_then(|run| app.selection.view_key(run));
        key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
    assert_eq!(screen.app().page, Page::Explain);
    assert!(screen.shows("Timeline") && !screen.shows("No attention to show"));
}

#[test]
fn a_run_says_what_its_figures_may_be_trusted_with_and_offers_the_cure() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.tiny(1);
    screen.click("Model");
    screen.click("Start training");
    screen.until("the end of the run", |window| {
        let app = window.app();
        let is_listed = app.runs.ready().is_some_and(|runs| {
            let manifest = runs.first().and_then(|run| run.manifest.as_ref());
            manifest.is_some_and(|manifest| manifest.test.is_some())
        });
        is_listed && !app.training.is_active()
    });
    screen.app_page(Page::Train);
    assert!(
        screen.shows(" lacking"),
        "one seed says nothing of the spread"
    );
    let badge = screen.harness.get_by_label_contains(" lacking");
    badge.click();
    screen.harness.run_steps(5);
    assert!(screen.shows("One seed says nothing of the spread over seeds"));
    let seed = screen.app().draft.experiment.seed;
    screen.click("Use its settings, next seed");
    assert_eq!(screen.app().draft.experiment.seed, seed + 1);
    assert_eq!(screen.app().page, Page::Model);
}

#[test]
fn an_idle_window_asks_for_no_repaint() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    for page in ["Data", "Model", "Train", "Explain", "Compare"] {
        screen.click(page);
        screen.harness.run();
        let steps = screen.harness.run();
        assert!(steps <= 2, "{page} settles in {steps} steps");
    }
}

/// A window on Compare over a folder with copies of one finished run.
/// The tabs of the Compare page that say how sure the differences are, and for whom they are.
/// Means and rollout of the attention, and what moved an answer: after the last event, and before
/// one that came.
fn answers_are_explained(screen: &mut Screen, key: &ViewKey) {
    screen.click("means");
    screen.harness.run();
    assert!(screen.shows("Mean of all layers"));
    screen.click("rollout");
    screen.harness.run();
    screen.click("heads");
    screen.click("Faithfulness");
    let position = screen.app().views.user(key).ready().unwrap().timeline[4].position;
    for before in [None, Some(position)] {
        let app = screen.harness.state_mut().app_mut();
        app.apply(Action::Select(Select::Event(before)));
        let asked = AttributionAsk {
            key: key.clone(),
            before,
            target: AnswerTarget::First,
        };
        screen.until("an explained answer", |window| {
            let answers = window.app().views.attributions();
            answers.to(&asked).is_some()
        });
        screen.harness.run();
        let answers = screen.app().views.attributions();
        let found = answers.to(&asked).unwrap().ready().unwrap();
        let (n_events, sentence) = (found.n_events(), found.verdict.sentence.clone());
        assert!(before.is_none_or(|before| n_events == before.min(n_events)));
        for words in [
            "Verdict",
            "Gradient × input",
            "Rollout",
            "Agreement",
            "Random order",
        ] {
            assert!(screen.shows(words), "{words}");
        }
        assert!(screen.shows(&sentence), "{sentence}");
    }
    screen.click("After the last event");
    assert_eq!(screen.app().selection.event, None);
    screen.click("Overview");
    screen.harness.run();
}

fn differences_are_tested(screen: &mut Screen) {
    screen.click("How sure");
    screen.until("the tests", |w| w.app().significance().ready().is_some());
    screen.harness.run();
    let significance = Arc::clone(screen.app().significance().ready().unwrap());
    assert_eq!(significance.comparison.runs.len(), 2);
    assert!(screen.shows("run A") && screen.shows("user by user") && screen.shows("Trials"));
    // The quickstart's world and the tiny one are not the same data: said, and no gain is shown.
    let refused = significance.comparison.runs[1]
        .against_first
        .as_ref()
        .unwrap()
        .as_ref()
        .err()
        .cloned();
    assert!(refused.is_some_and(|why| screen.shows(&format!("≠ {why}"))));
    assert_eq!(
        significance.references.as_ref().map(Vec::len),
        Some(30),
        "ten references by three metrics"
    );
    screen.harness.get_by_label("Run A against its references");
    assert_eq!(screen.harness.query_all_by_label("EASE").count(), 3);
    screen.click("By slice");
    screen.harness.run();
    let slice = significance.slices[0].first().unwrap();
    assert!(
        screen.shows(&slice.name) && screen.shows("Users"),
        "{}",
        slice.name
    );
}

fn screen_with_runs(n: usize) -> Screen {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    let store = screen.app().runs.store.clone();
    std::fs::create_dir_all(&store.root).unwrap();
    let frozen = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/runs/v1");
    let frozen = std::fs::read_dir(frozen)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for at in 0..n {
        let dir = store.root.join(format!("2026-01-01_0000_copy_{at:04x}"));
        std::fs::create_dir(&dir).unwrap();
        for file in ["manifest.ron", "history.csv"] {
            std::fs::copy(frozen.join(file), dir.join(file)).unwrap();
        }
    }
    screen
        .harness
        .state_mut()
        .app_mut()
        .apply(Action::RefreshRuns);
    screen.until("the list", |w| {
        w.app().runs.ready().is_some_and(|runs| runs.len() == n)
    });
    screen
}

#[test]
fn a_long_list_of_runs_paints_only_what_is_in_sight() {
    let shapes = |n: usize| {
        let mut screen = screen_with_runs(n);
        screen.click("Compare");
        screen.harness.run();
        let compare = screen.harness.output().shapes.len();
        screen.click("Explain");
        screen.harness.run_steps(10);
        let closed = screen.harness.output().shapes.len();
        screen
            .harness
            .get_by_role_and_label(egui::accesskit::Role::ComboBox, "Run")
            .click();
        screen.harness.run_steps(10);
        let open = screen.harness.output().shapes.len();
        assert!(open > closed, "the list of runs opens");
        [compare, open]
    };
    let (some, many) = (shapes(40), shapes(400));
    assert!(
        many.iter()
            .zip(some)
            .all(|(many, some)| *many < some + some / 4),
        "{some:?} for 40, {many:?} for 400"
    );
}

#[test]
fn runs_are_found_by_words_of_their_names() {
    let mut screen = screen_with_runs(20);
    let rows = |screen: &Screen| {
        screen
            .harness
            .query_all_by_label_contains("Compare frozen")
            .count()
    };
    let all = rows(&screen);
    assert!(all > 10, "{all} rows are in sight");
    screen.harness.get_by_label("Find runs").click();
    screen.harness.run_steps(3);
    screen
        .harness
        .event(egui::Event::Text("COPY_0007 transformer".to_owned()));
    screen.harness.run_steps(3);
    assert_eq!(rows(&screen), 1, "case and order do not matter");
    screen.harness.event(egui::Event::Text("x".to_owned()));
    screen.harness.run_steps(3);
    assert_eq!(rows(&screen), 0);
    assert!(screen.shows("No run has these words"));
}

#[test]
fn data_are_prepared_and_looked_at() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Light);
    screen.tiny(1);
    screen.click("Prepare data");
    screen.until("the data", |w| w.app().fresh_data().is_some());
    assert!(screen.shows("Lengths of histories") && screen.shows("Popularity of items"));
    assert!(screen.shows("Half of the users have") && !screen.shows("To events"));
    screen.click("Table");
    assert!(
        screen.shows("To events"),
        "the numbers stand in the chart's place"
    );
    screen.click("Table");
    assert!(!screen.shows("To events"));
    screen.click("Export CSV");
    screen.until("the file", |w| {
        w.app()
            .notices
            .iter()
            .any(|notice| notice.sentence.ends_with("lengths.csv."))
    });
    screen.click("Counts");
    assert!(screen.shows("After each step") && screen.shows("Refused rows"));
    // The world's form and the facts about the data say `Users`, too.
    screen
        .harness
        .get_by_role_and_label(egui::accesskit::Role::Button, "Users")
        .click();
    screen.harness.run_steps(3);
    assert!(screen.shows("Find a user"));
    assert!(
        screen.shows("Part") && screen.shows("■ validation"),
        "each event says what it is for"
    );
    screen.click("Audit");
    assert!(screen.shows("Parts on the calendar") && screen.shows("Leakage audit"));
    assert!(screen.shows("Training later than the test") && screen.shows("✖ fail"));
    assert!(!screen.shows("Time (UTC)"), "examples are folded");
    screen
        .harness
        .get_all_by_label("5 of them")
        .next()
        .unwrap()
        .click();
    screen.harness.run_steps(12);
    assert!(screen.shows("Time (UTC)"));
    screen.click("Split");
    assert!(
        screen.shows("recommended")
            && screen.shows("leave-one-out cuts each user at another moment")
    );
    screen.click("Rolling windows");
    assert!(screen.shows("Horizon") && screen.shows("Windows"));
    screen.click("Global cut in time");
    assert!(
        screen.shows("prepare again"),
        "what is shown is of other settings than the draft's"
    );
    screen.harness.run();
}

#[test]
fn a_packed_file_and_a_database_show_how_they_are_read() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let (packed, database) = (folder.path().join("log"), folder.path().join("shop"));
    let mut file = flate2::write::GzEncoder::new(
        std::fs::File::create(&packed).unwrap(),
        flate2::Compression::fast(),
    );
    let (text, _, _) =
        encoding_rs::GB18030.encode("用户,商品\n张三,电影票\n李四,手机\n张三,图书\n");
    file.write_all(&text).unwrap();
    file.finish().unwrap();
    let rows = "CREATE TABLE events (user, item); INSERT INTO events VALUES ('a', 'x'), ('a', \
                'y'), ('b', 'x');";
    rusqlite::Connection::open(&database)
        .unwrap()
        .execute_batch(rows)
        .unwrap();
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    for (path, expected) in [
        (packed, ["(gzip)", "Encoding", "张三"]),
        (database, ["Table", "Query", "item"]),
    ] {
        screen
            .harness
            .state_mut()
            .app_mut()
            .apply(Action::OpenData(path.clone()));
        screen.until("the head of the file", |w| {
            w.app()
                .data
                .preview
                .ready()
                .is_some_and(|head| head.file.path == path)
        });
        for words in expected {
            assert!(screen.shows(words), "{words}");
        }
        // Every input has a name.
        screen.harness.run();
    }
}

#[test]
fn settings_show_their_problems_and_forbid_the_start() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.click("Model");
    assert!(screen.shows("Learning rate") && screen.shows("Kang & McAuley 2018"));
    let app = screen.harness.state_mut().app_mut();
    let mut next = app.draft.experiment.clone();
    next.training.lr = 50.0;
    app.apply(Action::Edit(Box::new(next)));
    screen.harness.run();
    assert!(
        screen.shows("Learning rate is 50"),
        "the problem stands at its field"
    );
    screen.click("Start training");
    assert!(screen.app().training.current.is_none());
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    screen.harness.run();
    assert!(!screen.shows("Learning rate is 50"));
}

#[test]
fn layers_follow_the_settings_and_a_preset_sets_them_all() {
    let mut screen = Screen::new([1280.0, 1600.0], ThemeChoice::Light);
    screen.click("Model");
    assert!(
        screen.shows("batch × 200 × 64") && screen.shows("64 · n_items + 64"),
        "no data are known yet"
    );
    screen.tiny(1);
    assert!(screen.shows("batch × 10 × 8") && !screen.shows("batch × 200 × 64"));
    let before = screen.app().draft.experiment.clone();
    screen
        .harness
        .get_by_role_and_label(egui::accesskit::Role::ComboBox, "As in the paper")
        .click();
    screen.harness.run_steps(3);
    screen.click("GRU4Rec");
    screen.harness.run();
    assert_eq!(
        ModelKind::from(&screen.app().draft.experiment.model),
        ModelKind::Gru
    );
    assert!(screen.shows("GRU layer 1") && screen.shows("batch × 200 × 100"));
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    screen.harness.run();
    assert_eq!(
        screen.app().draft.experiment,
        before,
        "a preset is one step of undo"
    );
}

#[test]
fn a_world_is_chosen_by_its_name_and_states_its_rules_and_its_optimum() {
    let mut screen = Screen::new([1280.0, 900.0], ThemeChoice::Dark);
    screen.click("or set up the synthetic world yourself");
    assert!(
        screen.shows("a user reads two series in turns"),
        "the rules stand below the name"
    );
    screen
        .harness
        .get_by_role_and_label(egui::accesskit::Role::ComboBox, "World")
        .click();
    screen.harness.run_steps(3);
    screen.click("Long-range cue");
    assert!(
        screen.shows("Cue lies back") && !screen.shows("Delay"),
        "only what this world has"
    );
    assert!(screen.shows("the part after the one 5 steps back"));
    assert_eq!(
        screen.app().draft.experiment.evaluation.filter_seen,
        FilterSeen::Auto,
        "the log will say"
    );
    assert!(
        screen.app().draft.problems.is_empty(),
        "{:?}",
        screen.app().draft.problems
    );
    let app = screen.harness.state_mut().app_mut();
    app.apply(Action::Prepare);
    screen.until("the world", |w| w.app().data.prepared.ready().is_some());
    assert!(screen.shows("Best possible by these rules: HR@1 0.805"));
}

/// Three of five training events of the log return. Where it is split and where it is to be judged
/// the window says so and what follows; whoever leaves seen items out all the same is warned, and
/// the run's end and its timeline tell what became of those who return.
#[test]
fn the_window_tells_what_becomes_of_seen_items_and_why() {
    let mut screen = Screen::new([1280.0, 900.0], ThemeChoice::Dark);
    let log = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/log-shapes/t1-repeats.csv"
    );
    let app = screen.harness.state_mut().app_mut();
    app.apply(Action::OpenData(log.into()));
    screen.until("the head", |w| w.app().data.preview.ready().is_some());
    let app = screen.harness.state_mut().app_mut();
    let mut next = app.draft.experiment.clone();
    next.split = SplitSpec::LeaveOneOut;
    app.apply(Action::Edit(Box::new(next)));
    app.apply(Action::Prepare);
    screen.until("the data", |w| w.app().data.prepared.ready().is_some());
    screen.click("Split");
    assert!(screen.shows(
        "Follows the log: seen items are ranked too, since 64.4 % of training events return"
    ));
    assert!(screen.shows("40 of 60 test targets (66.7 %) return to an item that the user had"));

    screen
        .harness
        .state_mut()
        .app_mut()
        .apply(Action::GoTo(Page::Model));
    screen.harness.run();
    assert!(screen.shows("Follows the log: seen items are ranked too"));
    let app = screen.harness.state_mut().app_mut();
    let mut next = app.draft.experiment.clone();
    let data = next.data.clone();
    tiny(&mut next, 1);
    next.data = data;
    next.evaluation.filter_seen = FilterSeen::On;
    app.apply(Action::Edit(Box::new(next)));
    screen.harness.run();
    assert!(
        screen.shows("As set: seen items are left out")
            && screen.shows("each of these is a miss for any model")
    );

    screen.harness.state_mut().app_mut().apply(Action::Start);
    screen.until("the end", |w| {
        matches!(
            w.app().training.current.as_ref().map(|t| &t.phase),
            Some(TrainingPhase::Ended(_))
        )
    });
    assert!(screen.shows("each of them counts as a miss"));
    let app = screen.harness.state_mut().app_mut();
    let prepared = app.data.prepared.ready().cloned().unwrap();
    let returning = prepared
        .split
        .test
        .iter()
        .find(|case| prepared.is_return(**case))
        .unwrap();
    let user = prepared
        .dataset
        .users
        .id(returning.user_idx)
        .unwrap()
        .to_owned();
    let run = app
        .training
        .current
        .as_ref()
        .and_then(|training| training.run.clone())
        .unwrap();
    app.apply(Action::GoTo(Page::Explain));
    app.apply(Action::Select(Select::Run(run.clone())));
    app.apply(Action::Select(Select::User(user)));
    screen.until("the timeline", |w| {
        w.app()
            .selection
            .view_key(&run)
            .is_some_and(|key| w.app().views.user(&key).ready().is_some())
    });
    screen.harness.run();
    assert!(screen.shows("test left out") && screen.shows("left out: a miss"));
}

#[test]
fn a_dialog_that_cannot_be_shown_says_what_to_do_instead() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.click("Open a log…");
    screen.until("the notice", |w| !w.app().notices.is_empty());
    assert!(screen.shows("type the path"));
    screen.click("Dismiss");
    assert!(screen.app().notices.is_empty());
}

#[test]
fn closing_while_a_run_is_trained_asks_what_shall_become_of_it() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.tiny(100_000);
    screen.click("Model");
    screen.click("Start training");
    screen.until("an epoch", |w| {
        w.app()
            .training
            .current
            .as_ref()
            .is_some_and(|t| !t.points.is_empty())
    });
    screen.close();
    assert!(screen.shows("A run is being trained"));
    screen.click("Cancel");
    assert!(!screen.shows("A run is being trained") && screen.app().training.is_active());
    screen.close();
    screen.click("Stop, evaluate and close");
    let start = Instant::now();
    while !screen.closes() {
        assert!(
            start.elapsed() < PATIENCE,
            "the window closes once the run has ended"
        );
        screen.harness.step();
        std::thread::sleep(Duration::from_millis(15));
    }
    assert_eq!(screen.outcome(), Some(RunOutcome::Stopped));
}

#[test]
fn a_run_that_fails_leaves_the_window_alive_and_says_why() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.tiny(1);
    screen
        .harness
        .state_mut()
        .app_mut()
        .build_with(Arc::new(|_, _| panic!("planted")));
    screen.click("Model");
    screen.click("Start training");
    screen.until("the failure", |w| {
        w.app().training.current.is_some() && !w.app().training.is_active()
    });
    assert!(screen.shows("planted"));
    screen.click("Data");
    screen.harness.run();
    assert_eq!(screen.outcome(), None);
}

#[test]
fn a_table_beside_the_log_is_joined_and_places_are_on_a_map() {
    let folder = tempfile::tempdir().unwrap();
    let (log, users) = (
        folder.path().join("visits.csv"),
        folder.path().join("users.csv"),
    );
    let event = |at: usize| {
        let (user, item, day) = (["ann", "bob"][at % 2], at % 5, 10 + at);
        format!("{user},p{item},2024-01-{day} 08:00,40.{item},-73.{item},{at}\n")
    };
    let rows: String = (0..12).map(event).collect();
    std::fs::write(&log, format!("user,item,time,lat,lon,price\n{rows}")).unwrap();
    std::fs::write(users, "id,age\nann,30\nbob,40\nbob,41\n").unwrap();
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Light);
    screen
        .harness
        .state_mut()
        .app_mut()
        .apply(Action::OpenData(log));
    screen.until("the head of the file", |w| {
        w.app().data.preview.ready().is_some()
    });
    screen.click("Roles");
    let roles = screen
        .app()
        .data
        .preview
        .ready()
        .unwrap()
        .file
        .roles
        .clone();
    assert_eq!(
        (roles.latitude.as_deref(), roles.longitude.as_deref()),
        (Some("lat"), Some("lon"))
    );
    screen.click("Join users.csv");
    screen.until("the head again", |w| {
        w.app()
            .data
            .preview
            .ready()
            .is_some_and(|head| head.file.users.is_some())
    });
    screen.click("Prepare data");
    screen.until("the data", |w| w.app().fresh_data().is_some());
    screen.click("Counts");
    assert!(
        screen.shows("2 of 2 users have a row")
            && screen.shows("1 row left out")
            && screen.shows("age:numeric")
    );
    screen.click("Places");
    assert!(
        screen.shows("12 events in 5 cells")
            && screen.shows("Copy as CSV")
            && screen.shows("Longitude (°)")
    );
    let places = screen.app().data.places.clone().unwrap();
    assert_eq!(places.cells.len(), 5);
    screen.harness.run();
}

#[test]
fn a_cleaning_step_is_added_changed_taken_back_and_counted() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.tiny(1);
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num1);
    screen.harness.run();
    screen.click("Clean");
    screen.click("Add a step ⏷");
    assert!(
        screen.shows("Users with more than so many events in any hour"),
        "each is offered with its help"
    );
    screen.click("Bots");
    screen.click("Add a step ⏷");
    screen.click("Repeated events");
    assert_eq!(step_names(&screen), ["Bots", "Repeats"]);

    // The second one goes up and is given a window of five hours, longer than some pauses.
    screen
        .harness
        .get_all_by_label("Up")
        .last()
        .unwrap()
        .click();
    screen.harness.run_steps(3);
    assert_eq!(step_names(&screen), ["Repeats", "Bots"]);
    let window = |screen: &Screen| {
        let steps = &screen.app().draft.experiment.data.clean.steps;
        let CleanStep::Repeats(step) = &steps[0] else {
            panic!("{steps:?}")
        };
        step.window_secs
    };
    let field = screen
        .harness
        .get_by_role_and_label(egui::accesskit::Role::SpinButton, "Window");
    field.click();
    screen.harness.run_steps(3);
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    screen.harness.event(egui::Event::Text("18000".to_owned()));
    screen.harness.key_press(egui::Key::Enter);
    screen.harness.run();
    assert_eq!(Some(window(&screen)), Some(18_000.0));
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    screen.harness.run();
    assert_eq!(
        Some(window(&screen)),
        Some(10.0),
        "undo takes the number back"
    );
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Y);
    screen.harness.run();
    assert_eq!(
        Some(window(&screen)),
        Some(18_000.0),
        "and redo brings it again"
    );

    screen.click("Prepare data");
    screen.until("the data", |w| w.app().fresh_data().is_some());
    let report = screen.app().fresh_data().unwrap().dataset.report.clone();
    let effect = report
        .steps
        .iter()
        .find_map(|step| step.effect.as_ref().filter(|e| e.place == Some(0)))
        .unwrap();
    let after = report
        .steps
        .iter()
        .find(|step| step.effect.as_ref() == Some(effect))
        .unwrap();
    assert_eq!(effect.rows_before - effect.n_removed, after.rows);
    assert!(
        screen.shows(&format!(" {} rows, ", after.rows))
            || screen.shows(&format!("{} rows, ", after.rows))
    );
    screen.click("Counts");
    assert!(screen.shows("What the steps did") && screen.shows("users taken for bots: 0"));

    // The experiment as a file says the same again.
    let text = screen.app().draft.experiment.to_text().unwrap();
    let again = Experiment::parse(&text).unwrap();
    let replayed = prepare(&again.data, again.split, &AtomicBool::new(false)).unwrap();
    assert_eq!(replayed.dataset.report.steps, report.steps);

    screen.click("1. Repeated events");
    assert!(
        !screen.app().draft.experiment.data.clean.steps[0].is_on(),
        "switched off, and still there"
    );
    screen.click("Remove");
    assert_eq!(step_names(&screen), ["Bots"]);
    screen.harness.run();
}

fn step_names(screen: &Screen) -> Vec<&'static str> {
    screen
        .app()
        .draft
        .experiment
        .data
        .clean
        .steps
        .iter()
        .map(CleanStep::name)
        .collect()
}

/// The changed history of who is looked at.
fn changed_history(window: &Window) -> Option<&seqscope::app::ChangedHistory> {
    let app = window.app();
    app.what_if.history(&seqscope::app::OfUser {
        run: app.selection.run.clone()?,
        user_id: app.selection.user_id.clone()?,
    })
}

/// What the model says of the history as it is changed now, once it has.
fn answered_edits(window: &Window) -> Option<Arc<seqscope::explain::WhatIfAnswer>> {
    let app = window.app();
    let history = changed_history(window)?;
    let ask = seqscope::app::EditAsk {
        key: app.selection.view_key(app.selection.run.as_ref()?)?,
        n_events: history.base.len(),
        edits: history.edits().to_vec(),
    };
    app.views.edits().to(&ask)?.ready().cloned()
}

/// A window that looks at *What if* of a user of a small run that has ended, with the model's answer.
fn screen_of_what_if() -> Screen {
    let mut screen = Screen::new([1600.0, 1100.0], ThemeChoice::Dark);
    screen.tiny(1);
    screen.harness.state_mut().app_mut().apply(Action::Start);
    screen.until("the run", |w| {
        w.app()
            .training
            .current
            .as_ref()
            .is_some_and(|t| matches!(t.phase, TrainingPhase::Ended(_)))
    });
    screen.click("Explain");
    screen.until("the view of a user", |w| {
        looked_at(w).is_some_and(|key| w.app().views.user(&key).ready().is_some())
    });
    screen.click("What if");
    screen.until("an answer", |w| answered_edits(w).is_some());
    screen
}

/// Run, epoch and user that are looked at.
fn looked_at(window: &Window) -> Option<seqscope::app::ViewKey> {
    let selection = &window.app().selection;
    selection.view_key(selection.run.as_ref()?)
}

fn n_events(screen: &Screen) -> usize {
    changed_history(screen.harness.state()).map_or(0, |history| history.events.len())
}

fn edits(screen: &Screen) -> Vec<seqscope::explain::Edit> {
    changed_history(screen.harness.state()).map_or_else(Vec::new, |it| it.edits().to_vec())
}

/// Types a text into the field of a name.
fn type_into(screen: &mut Screen, name: &str, text: &str) {
    let field = egui::accesskit::Role::TextInput;
    screen.harness.get_by_role_and_label(field, name).click();
    screen.harness.run_steps(3);
    screen
        .harness
        .get_by_role_and_label(field, name)
        .type_text(text);
    screen.harness.run_steps(3);
}

fn nothing_went_wrong(screen: &Screen) {
    let notices = &screen.app().notices;
    let is_error = |notice: &seqscope::app::Notice| notice.tone == seqscope::app::Tone::Error;
    assert!(!notices.iter().any(is_error), "{notices:?}");
}

#[test]
fn a_history_is_changed_and_taken_back_and_an_item_is_put_in_by_its_title() {
    let mut screen = screen_of_what_if();
    let n = n_events(&screen);
    assert!(n > 3 && screen.shows("Before and after") && screen.shows("Looked at"));
    let same = answered_edits(screen.harness.state()).unwrap();
    assert_eq!(same.before, same.after);

    screen.click("Delete event 3");
    screen.until("the answer after an edit", |w| answered_edits(w).is_some());
    let after = answered_edits(screen.harness.state()).unwrap();
    assert_eq!((after.n_before, after.events.len()), (n, n - 1));
    assert_eq!(after.before, same.before);
    assert!(screen.shows("event 3 deleted"));
    screen.click("Undo edit");
    assert_eq!(n_events(&screen), n);
    screen.click("Redo edit");
    assert_eq!(n_events(&screen), n - 1);

    let run = screen.app().selection.run.clone().unwrap();
    let dataset = &screen.app().views.data(&run).unwrap().dataset;
    let title = dataset.item_label(5).to_owned();
    type_into(&mut screen, "Insert item", &title);
    let words = format!("Insert {title}");
    let query = seqscope::app::ItemQuery { run, words: title };
    screen.until("the items that are called so", move |w| {
        w.app().item_search.found(&query).is_some()
    });
    let offered = screen.harness.query_all_by_label_contains(&words).next();
    offered.unwrap().click();
    screen.harness.run_steps(3);
    let history = changed_history(screen.harness.state()).unwrap();
    let last = history.events.last().unwrap();
    assert_eq!((last.item_idx, last.from), (5, None));
    nothing_went_wrong(&screen);
}

#[test]
fn a_changed_history_is_saved_with_the_run_and_opened_again() {
    let mut screen = screen_of_what_if();
    let run = screen.app().selection.run.clone().unwrap();
    let n = n_events(&screen);
    screen.click("Delete event 3");
    screen.click("Delete event 2");
    let made = edits(&screen);
    assert_eq!(made.len(), 2);
    type_into(&mut screen, "Scenario", "my case");
    screen.click("Save scenario");
    let saved = run.clone();
    screen.until("the scenario", move |w| {
        let saved = w.app().what_if.saved(&saved);
        saved.iter().any(|saved| saved.name == "my case")
    });
    let file = screen.app().runs.store.dir(&run);
    let text = std::fs::read_to_string(file.join("scenarios/my case.ron")).unwrap();
    assert!(text.contains("Delete(event: 3)"), "{text}");
    screen.click("Start over");
    assert_eq!(n_events(&screen), n);
    screen.click("Open my case");
    assert_eq!(edits(&screen), made);
    screen.click("Delete scenario my case");
    screen.until("the scenario's end", move |w| {
        w.app().what_if.saved(&run).is_empty()
    });
    // `run` also checks that every input widget has an accessible name.
    screen.harness.run();
    nothing_went_wrong(&screen);
}

#[test]
fn the_smallest_edit_is_searched_for_and_made_with_one_click() {
    let mut screen = screen_of_what_if();
    screen.click("Smallest edit that changes the first recommendation");
    screen.until("the search", |w| {
        let search = looked_at(w).and_then(|key| w.app().what_if.search(&key));
        search.is_some_and(|search| search.found.ready().is_some())
    });
    let key = looked_at(screen.harness.state()).unwrap();
    let search = screen.app().what_if.search(&key).unwrap();
    let flip = Arc::clone(search.found.ready().unwrap());
    assert!(screen.shows(&flip.words()), "{}", flip.words());
    let found = flip.found.as_ref().unwrap();
    screen.click("Make this edit");
    assert_eq!(edits(&screen), found.edits);
    screen.until("the answer after the edit that was found", |w| {
        answered_edits(w).is_some()
    });
    let answer = answered_edits(screen.harness.state()).unwrap();
    assert_eq!(answer.before[0].item_idx, flip.first);
    assert_ne!(answer.after[0].item_idx, flip.first);
    nothing_went_wrong(&screen);
}
