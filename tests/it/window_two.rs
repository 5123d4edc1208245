//! Two runs on one user in the real window: side by side, in one, by disagreement, over all users.

use egui::{Key, Modifiers, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use seqscope::app::{Action, AttributionAsk, ExplainView, Select, ThemeChoice};
use seqscope::experiment::Experiment;
use seqscope::explain::AnswerTarget;
use seqscope::model::{LstmSpec, ModelSpec};
use seqscope::run::{Part, RunId, RunOutcome, RunStore, UserResult};
use seqscope::train::{Job, run};

use crate::app::tiny;
use crate::fake::{Commands, Listener};
use crate::window::Screen;

/// Trains a tiny model into a folder of runs.
fn trained(store: &RunStore, change: impl FnOnce(&mut Experiment)) -> RunId {
    let mut experiment = Experiment::default();
    tiny(&mut experiment, 2);
    change(&mut experiment);
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

fn lstm(experiment: &mut Experiment) {
    experiment.name = "lstm".to_owned();
    experiment.model = ModelSpec::Lstm(LstmSpec {
        d_hidden: 8,
        ..LstmSpec::default()
    });
}

/// A window on Explain over these runs, the first of them looked at and the second beside it.
fn side_by_side(folder: tempfile::TempDir, runs: [&RunId; 2]) -> Screen {
    let store = RunStore::at(folder.path().join("runs"));
    let known = store.results(runs[1], Part::Test).unwrap().unwrap();
    let mut screen = Screen::over(folder, [1280.0, 800.0], ThemeChoice::Dark);
    screen.click("Explain");
    apply(&mut screen, Action::Select(Select::Run(runs[0].clone())));
    apply(
        &mut screen,
        Action::Select(Select::SecondRun(Some(runs[1].clone()))),
    );
    until_shown(&mut screen, runs[0]);
    // Somebody whom both runs know.
    let user = known[0].user_id.clone();
    apply(&mut screen, Action::Select(Select::User(user)));
    until_shown(&mut screen, runs[0]);
    screen.click("Beside: run B");
    assert_eq!(screen.app().selection.beside(), Some(runs[1]));
    until_shown(&mut screen, runs[1]);
    screen
}

fn apply(screen: &mut Screen, action: Action) {
    screen.harness.state_mut().app_mut().apply(action);
    screen.harness.run_steps(2);
}

fn until_shown(screen: &mut Screen, run: &RunId) {
    let run = run.clone();
    screen.until("a view", move |window| {
        let app = window.app();
        let key = app.selection.view_key(&run);
        app.selection.shown_epoch(&run).is_some()
            && key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
}

/// No notice of an error, every input has a name, and the window comes to rest: two columns that
/// ask for different things never take turns for ever.
fn assert_well(screen: &mut Screen) {
    screen.harness.run();
    let notices = &screen.app().notices;
    assert!(
        notices
            .iter()
            .all(|notice| notice.tone != seqscope::app::Tone::Error),
        "{notices:?}"
    );
}

fn shift_j(screen: &mut Screen) {
    screen.harness.key_press_modifiers(Modifiers::SHIFT, Key::J);
    screen.harness.run_steps(3);
}

/// The users in order of how far their reciprocal ranks are apart, worked out by sorting.
fn by_disagreement(a: &[UserResult], b: &[UserResult]) -> Vec<String> {
    let mut all: Vec<(f64, usize, String)> = Vec::new();
    for (at, ours) in a.iter().enumerate() {
        let theirs = b
            .iter()
            .find(|other| other.user_id == ours.user_id)
            .unwrap();
        // 1 − ⅔ and ⅔ − ⅓ are one size, whatever is lost by rounding.
        let size = ((1.0 / ours.rank - 1.0 / theirs.rank).abs() * 1e12).round();
        if size > 0.0 {
            all.push((-size, at, ours.user_id.clone()));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.into_iter().map(|(.., user)| user).collect()
}

#[test]
fn every_view_stands_twice_and_says_in_its_own_column_what_a_run_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path().join("runs"));
    let runs = [trained(&store, |_| {}), trained(&store, lstm)];
    let mut screen = side_by_side(folder, [&runs[0], &runs[1]]);
    assert!(screen.shows("No attention to show"), "the LSTM's column");
    assert!(screen.shows("Layer 1, head 1"), "the Transformer's");
    assert_well(&mut screen);

    screen.click("Faithfulness");
    let asked = runs.clone();
    screen.until("both explanations", move |window| {
        let app = window.app();
        asked.iter().all(|run| {
            let key = app.selection.view_key(run);
            key.is_some_and(|key| {
                let ask = AttributionAsk {
                    key,
                    before: None,
                    target: AnswerTarget::First,
                };
                let answer = app.views.attributions().to(&ask);
                answer.is_some_and(|answer| answer.ready().is_some())
            })
        })
    });
    assert_eq!(screen.harness.query_all_by_label("Verdict").count(), 2);
    assert_well(&mut screen);

    screen.click("Gates");
    screen.until("the gates of the LSTM", |window| {
        window.app().views.inside().gates.has_answer()
    });
    assert!(screen.shows("Not of this model") && screen.shows("no recurrent layer"));
    assert!(screen.shows("Gates, layer 1, hidden state"));
    assert_well(&mut screen);
    let latent = screen.harness.get_by_label("Latent space");
    assert!(latent.accesskit_node().is_disabled(), "neither has one");

    screen.click("What if");
    screen.until("both lists", |window| {
        let app = window.app();
        let edits = app.views.edits();
        app.runs_looked_at().iter().all(|run| {
            let key = app.selection.view_key(run);
            key.is_some_and(|key| edits.is_answered(|ask| ask.key == key))
        })
    });
    assert!(screen.shows("After the edits that are made on the left."));
    assert_eq!(
        screen
            .harness
            .query_all_by_label("Before and after")
            .count(),
        2
    );
    screen.click("Difference");
    assert!(screen.shows("No difference of attention: run B"));
    screen.click("Both timelines");
    assert!(screen.shows("differ at") && screen.shows("rank by B"));
    assert_well(&mut screen);
    screen.click("Side by side");
    screen.click("Item map");
    assert_eq!(screen.app().selection.view, ExplainView::ItemMap);
    screen.until("both maps", |window| {
        window.app().views.inside().items.has_answer()
    });
    assert_well(&mut screen);
    screen.click("Beside: run B");
    assert_eq!(screen.app().selection.beside(), None);
}

#[test]
fn the_next_disagreement_is_the_largest_and_a_lasso_lists_users() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path().join("runs"));
    let seed = |seed: u64| {
        let change = move |experiment: &mut Experiment| experiment.seed = seed;
        trained(&store, change)
    };
    let runs = [seed(1), seed(2), seed(3)];
    let results = |run: &RunId| store.results(run, Part::Test).unwrap().unwrap();
    let expected = by_disagreement(&results(&runs[0]), &results(&runs[1]));
    let mut screen = side_by_side(folder, [&runs[0], &runs[1]]);
    screen.until("the agreement", |window| {
        window.app().agreement.found().ready().is_some()
    });
    apply(
        &mut screen,
        Action::Select(Select::User(expected[0].clone())),
    );
    for user in expected.iter().skip(1).take(3) {
        shift_j(&mut screen);
        assert_eq!(screen.app().selection.user_id.as_ref(), Some(user));
    }
    until_shown(&mut screen, &runs[0]);
    until_shown(&mut screen, &runs[1]);
    screen.click("Difference");
    assert!(screen.shows("Attention of A less that of B:") && screen.shows("in common"));
    screen.click("Mean over seeds (3 and 3)");
    screen.until("the maps of all seeds", |window| {
        window.app().views.seed_maps().has_answer()
    });
    assert!(screen.shows("mean over 3 seeds"));
    assert_well(&mut screen);

    screen.click("Compare");
    screen.click("All users, two runs");
    let n_users = results(&runs[0]).len();
    assert!(screen.shows(&format!("Agreement of users: {n_users} points")));
    screen.click("Lasso");
    let name = format!("Agreement of users: {n_users} points");
    let plot = screen.harness.get_by_label(&name).rect().shrink(6.0);
    let corners = [
        plot.left_top(),
        plot.right_top(),
        plot.right_bottom(),
        plot.left_bottom(),
    ];
    screen.harness.drag_at(corners[0]);
    screen.harness.step();
    for (from, to) in corners.iter().zip(&corners[1..]) {
        for part in 1..=4 {
            let share = part as f32 / 4.0;
            let at = pos2(
                egui::lerp(from.x..=to.x, share),
                egui::lerp(from.y..=to.y, share),
            );
            screen.harness.hover_at(at);
            screen.harness.step();
        }
    }
    screen.harness.drop_at(corners[3]);
    screen.harness.run_steps(3);
    assert!(screen.shows(&format!("{n_users} users chosen")));
    // The first row is the largest disagreement; a click opens the user.
    screen.click_containing(&format!("User {}: A", expected[0]));
    assert_eq!(screen.app().selection.user_id.as_ref(), Some(&expected[0]));
    assert!(screen.shows("Both timelines"), "one user through both runs");

    screen.click("All users, two runs");
    screen.click("All seeds of A (3)");
    screen.until("the mean over seeds", |window| {
        let found = window.app().agreement.found().ready();
        found.is_some_and(|map| map.found.n_runs == [3, 1])
    });
    assert!(screen.shows("A is the mean of reciprocal rank over 3 seeds, B over 1 seed"));
    screen.click("probability");
    screen.until("the other measure", |window| {
        window.app().agreement.found().ready().is_some()
    });
    assert_well(&mut screen);
}

#[test]
fn a_run_of_other_data_says_what_cannot_be_compared() {
    use seqscope::data::{DataSource, WorldSpec};
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path().join("runs"));
    let other = |experiment: &mut Experiment| {
        let world = WorldSpec::default().with(|world| {
            world.n_users = 12;
            world.n_items = 15;
            world.mean_len = 8;
        });
        experiment.data.source = DataSource::World(world);
    };
    let runs = [trained(&store, |_| {}), trained(&store, other)];
    let last = store.results(&runs[0], Part::Test).unwrap().unwrap();
    let last = last.last().unwrap().user_id.clone();
    let mut screen = side_by_side(folder, [&runs[0], &runs[1]]);
    screen.click("What if");
    assert!(screen.shows("Another history"));
    screen.click("Overview");
    apply(&mut screen, Action::Select(Select::User(last)));
    let second = runs[1].clone();
    screen.until("what run B says", move |window| {
        let app = window.app();
        let key = app.selection.view_key(&second);
        key.is_some_and(|key| app.views.user(&key).failed().is_some())
    });
    assert!(screen.shows("is not in the data of this run; choose another user"));
    screen.click("Difference");
    assert!(screen.shows("Run B:"));
    screen.click("Compare");
    screen.click("All users, two runs");
    screen.until("the agreement", |window| {
        !window.app().agreement.found().is_loading()
    });
    assert!(screen.shows("not comparable: other data"));
}

#[test]
fn attention_is_averaged_over_users_in_a_job() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path().join("runs"));
    let runs = [trained(&store, |_| {}), trained(&store, lstm)];
    let mut screen = side_by_side(folder, [&runs[0], &runs[1]]);
    screen.click("Over users");
    for run in &runs {
        // Each column has a button of its own.
        let at = usize::from(run == &runs[1]);
        let button = screen
            .harness
            .get_all_by_label("Average the attention")
            .nth(at);
        button.unwrap().click();
        screen.harness.run_steps(2);
        let asked = run.clone();
        screen.until("the average", move |window| {
            let job = window.app().mean_attention.of_run(&asked);
            job.is_some_and(|job| !job.found.is_loading())
        });
    }
    let found = |run: &RunId| screen.app().mean_attention.of_run(run).unwrap();
    let mean = found(&runs[0]).found.ready().unwrap();
    assert_eq!((mean.n_users, mean.heads.len()), (40, 1));
    assert!(
        found(&runs[1])
            .found
            .failed()
            .unwrap()
            .contains("attention")
    );
    assert!(screen.shows("Attention by events back:") && screen.shows("Mean over 40 users"));
    assert_well(&mut screen);
}
