//! The cases: many long curves, many heatmaps, a long history, a playhead that plays, a map of many
//! items, many runs.

use egui::pos2;
use seqscope::app::{Action, App, Arrange, ExplainView, Page, ReadyLayout, Select, Transport};
use seqscope::run::{RunId, RunStore};

use crate::Told;
use crate::saved::{Pattern, Trained, store, train};
use crate::screen::Screen;

/// Ten runs with 100,000 epochs each over each other on Compare, pointed at, zoomed, dragged and
/// smoothed.
pub(crate) fn curves(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let runs = Pattern::new(folder.path()).long_runs(&store(folder.path()));
    let mut screen = Screen::new(store(folder.path()));
    screen.until("the list", |window| window.app().runs.ready().is_some());
    let _ = screen.take_frames();

    apply(&mut screen, Action::GoTo(Page::Compare));
    let already = screen.window.app().selection.compared.clone();
    for run in runs.iter().filter(|run| !already.contains(run)) {
        apply(
            &mut screen,
            Action::Select(Select::ToggleCompared(run.clone())),
        );
    }
    screen.until("the series", |window| {
        runs.iter().all(|run| is_read(window.app(), run))
    });
    told.frames("curves_open", &screen.take_frames());

    let chart = screen.place("Loss (nats an event)").center() + egui::vec2(320.0, 0.0);
    screen.move_to(chart);
    screen.glide(chart + egui::vec2(170.0, 40.0), 60);
    // The hover table reads ten curves.
    screen.expect("and 5 more");
    screen.glide(chart, 60);
    screen.wheel(40.0, 60);
    screen.glide(chart + egui::vec2(60.0, 20.0), 20);
    screen.drag(chart + egui::vec2(-60.0, -20.0), 40);
    screen.wheel(-40.0, 80);
    screen.click("Log");
    screen.glide(chart, 30);
    screen.wheel(40.0, 30);
    screen.wheel(-40.0, 60);
    screen.click("Smooth");
    let slider = screen.place("Smoothing").left_center() - egui::vec2(120.0, 0.0);
    screen.move_to(slider);
    screen.drag(slider + egui::vec2(60.0, 0.0), 30);
    screen.click_at(chart);
    (0..30).for_each(|_| screen.frame(Vec::new()));
    screen.wheel(40.0, 30);
    told.frames("curves", &screen.take_frames());
}

/// All heads of a Transformer of 8 blocks with 8 heads over 200 events, then the heads of the next
/// users, one head large, other scales.
pub(crate) fn heatmaps(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let model = "Transformer(d_model: 32, n_layers: 8, n_heads: 8, d_ff: 32, seq_len: 200)";
    let run = train(
        folder.path(),
        &Trained {
            name: "heads",
            lens: &[205; 12],
            n_items: 300,
            model,
            epochs: 2,
        },
    );
    let mut screen = explain(folder.path(), &run, "user 3");
    told.frames("heatmaps_open", &screen.take_frames());
    screen.expect("64 heads · 200 events");

    let grid = screen.place("Layer 4").center() + egui::vec2(60.0, 0.0);
    screen.move_to(grid);
    screen.glide(grid + egui::vec2(350.0, 120.0), 60);
    screen.wheel(-30.0, 30);
    screen.wheel(30.0, 30);
    for user in ["user 4", "user 5", "user 6"] {
        look_at(&mut screen, &run, user);
        screen.glide(grid, 20);
        screen.glide(grid + egui::vec2(200.0, 60.0), 20);
    }
    screen.click("root");
    screen.glide(grid, 40);
    screen.click("linear");
    screen.glide(grid + egui::vec2(200.0, 60.0), 40);
    screen.click_at(grid);
    screen.until("one head", |window| window.app().selection.head.is_some());
    screen.glide(grid + egui::vec2(150.0, 100.0), 90);
    told.frames("heatmaps", &screen.take_frames());
}

/// A user with 2,000 events: strip and table scrolled, pointed at and clicked.
pub(crate) fn timeline(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let mut lens = vec![30; 20];
    lens[7] = 2_001;
    let model = "Lstm(d_model: 16, d_hidden: 16, seq_len: 2000)";
    let run = train(
        folder.path(),
        &Trained {
            name: "long",
            lens: &lens,
            n_items: 3_000,
            model,
            epochs: 2,
        },
    );
    let mut screen = explain(folder.path(), &run, "user 7");
    told.frames("timeline_open", &screen.take_frames());
    screen.expect("True item");

    let strip = screen.place("rank").center() + egui::vec2(200.0, 0.0);
    screen.move_to(strip);
    screen.glide(strip + egui::vec2(400.0, 30.0), 60);
    screen.drag(strip, 60);
    screen.click_at(strip);
    let table = screen.place("True item").center() + egui::vec2(0.0, 120.0);
    screen.glide(table, 10);
    screen.wheel(-400.0, 120);
    screen.click_at(table);
    screen.wheel(300.0, 120);
    for at in [1_000, 1_999, 20, 700] {
        apply(&mut screen, Action::Select(Select::Event(Some(at))));
        (0..20).for_each(|_| screen.frame(Vec::new()));
    }
    told.frames("timeline", &screen.take_frames());
}

/// The playhead over forty epochs of a Transformer with four views of a user (attention, one event,
/// next items, timeline of 200 events): the first pass, while views are still computed, and two more
/// from memory, at the highest speed.
pub(crate) fn playhead(told: &mut Told) {
    const EPOCHS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let model = "Transformer(d_model: 32, n_layers: 2, n_heads: 2, d_ff: 32, seq_len: 200)";
    let run = train(
        folder.path(),
        &Trained {
            name: "played",
            lens: &[205; 12],
            n_items: 300,
            model,
            epochs: EPOCHS,
        },
    );
    let mut screen = explain(folder.path(), &run, "user 3");
    apply(&mut screen, Action::Transport(Transport::First));
    apply(&mut screen, Action::Transport(Transport::Speed(32.0)));
    let _ = screen.take_frames();
    apply(&mut screen, Action::Transport(Transport::Play));
    screen.until("all epochs", |window| {
        let app = window.app();
        let is_over = !app.selection.playhead.playing.is_on;
        is_over && app.views.epochs_ready(&run, "user 3").len() == EPOCHS
    });
    told.frames("playhead_first_pass", &screen.take_frames());

    apply(&mut screen, Action::Transport(Transport::Loop(true)));
    apply(&mut screen, Action::Transport(Transport::Play));
    let mut epochs = std::collections::BTreeSet::new();
    // Sixty frames a second of its clock: two passes.
    for _ in 0..2 * EPOCHS * 60 / 32 {
        screen.frame(Vec::new());
        let app = screen.window.app();
        let key = app.selection.view_key(&run).unwrap();
        assert!(
            app.views.user(&key).ready().is_some(),
            "{key:?} is not in memory"
        );
        epochs.extend(key.epoch);
    }
    assert_eq!(epochs.len(), EPOCHS, "every epoch has had its turn");
    screen.expect("of 40");
    told.frames("playhead", &screen.take_frames());
}

/// Four views of one user at once over the largest model that is trained here: pointed at, the next
/// users, an edge dragged.
pub(crate) fn views(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let model = "Transformer(d_model: 32, n_layers: 4, n_heads: 4, d_ff: 32, seq_len: 200)";
    let run = train(
        folder.path(),
        &Trained {
            name: "four",
            lens: &[205; 40],
            n_items: 3_000,
            model,
            epochs: 2,
        },
    );
    let mut screen = explain(folder.path(), &run, "user 3");
    let _ = screen.take_frames();
    apply(
        &mut screen,
        Action::Arrange(Arrange::Ready(ReadyLayout::Compare)),
    );
    screen.until("the four views", |window| {
        let views = &window.app().views;
        views.inside().items.has_answer()
            && views.edits().has_answer()
            && views.attributions().has_answer()
    });
    told.frames("views_open", &screen.take_frames());
    screen.expect("of the variance");

    let middle = pos2(640.0, 420.0);
    screen.move_to(middle);
    screen.glide(middle + egui::vec2(400.0, 200.0), 90);
    screen.glide(middle + egui::vec2(-300.0, -150.0), 90);
    for user in ["user 4", "user 5"] {
        look_at(&mut screen, &run, user);
        screen.glide(middle, 30);
    }
    for at in 0..60_u8 {
        let share = 0.4 + f32::from(at) / 300.0;
        apply(
            &mut screen,
            Action::Arrange(Arrange::Resize { split: 0, share }),
        );
        screen.frame(Vec::new());
    }
    told.frames("views", &screen.take_frames());
}

/// The attention of a Transformer over 500 events: the grid of its heads, one of them large, then
/// the arcs between events.
pub(crate) fn attention(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let run = train(
        folder.path(),
        &Trained {
            name: "attended",
            lens: &[505; 12],
            n_items: 600,
            model: "Transformer(d_model: 32, n_layers: 2, n_heads: 2, d_ff: 32, seq_len: 500)",
            epochs: 2,
        },
    );
    let mut screen = explain(folder.path(), &run, "user 3");
    told.frames("attention_open", &screen.take_frames());
    screen.expect("4 heads · 500 events");
    let grid = screen.place("Layer 2").center() + egui::vec2(60.0, -60.0);
    screen.move_to(grid);
    screen.glide(grid + egui::vec2(200.0, 40.0), 60);
    screen.click_at(grid);
    screen.until("one head", |window| window.app().selection.head.is_some());
    screen.glide(grid + egui::vec2(150.0, 100.0), 90);
    screen.wheel(60.0, 60);
    screen.glide(grid, 60);
    screen.click("arcs");
    screen.expect("strongest of");
    screen.glide(grid + egui::vec2(200.0, 60.0), 90);
    screen.wheel(-60.0, 60);
    for user in ["user 4", "user 5"] {
        look_at(&mut screen, &run, user);
        screen.glide(grid, 30);
    }
    told.frames("attention", &screen.take_frames());
}

/// Gates and units of an LSTM of 512 units over 200 events.
pub(crate) fn gates(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let run = train(
        folder.path(),
        &Trained {
            name: "gated",
            lens: &[205; 12],
            n_items: 300,
            model: "Lstm(d_model: 32, d_hidden: 512, seq_len: 200)",
            epochs: 2,
        },
    );
    let mut screen = explain(folder.path(), &run, "user 3");
    let _ = screen.take_frames();
    apply(
        &mut screen,
        Action::Select(Select::View(ExplainView::Gates)),
    );
    screen.until("the gates", |window| {
        window.app().views.inside().gates.has_answer()
    });
    told.frames("gates_open", &screen.take_frames());
    screen.expect("512");
    let middle = pos2(640.0, 420.0);
    screen.move_to(middle);
    screen.glide(middle + egui::vec2(300.0, 120.0), 90);
    screen.wheel(-200.0, 90);
    screen.glide(middle, 60);
    screen.click_at(middle);
    screen.wheel(300.0, 60);
    for user in ["user 4", "user 5"] {
        look_at(&mut screen, &run, user);
        screen.glide(middle + egui::vec2(100.0, 0.0), 40);
    }
    told.frames("gates", &screen.take_frames());
}

/// A map of a hundred thousand items: moved, zoomed, pointed at, clicked, coloured, and a lasso.
pub(crate) fn map(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    let run = train(
        folder.path(),
        &Trained {
            name: "catalogue",
            lens: &vec![8; 14_300],
            n_items: 100_000,
            model: "Vae(d_hidden: 8, d_latent: 4)",
            epochs: 1,
        },
    );
    let mut screen = explain(folder.path(), &run, "user 3");
    let _ = screen.take_frames();
    apply(
        &mut screen,
        Action::Select(Select::View(ExplainView::ItemMap)),
    );
    screen.until("the map", |window| {
        window.app().views.inside().items.has_answer()
    });
    told.frames("map_open", &screen.take_frames());
    screen.expect("of the variance");

    let middle = pos2(640.0, 520.0);
    screen.move_to(middle);
    screen.glide(middle + egui::vec2(150.0, 60.0), 90);
    screen.wheel(40.0, 60);
    screen.drag(middle, 60);
    screen.click_at(middle);
    screen.glide(middle + egui::vec2(-90.0, 40.0), 60);
    screen.wheel(-40.0, 60);
    screen.click("Lasso");
    screen.move_to(middle + egui::vec2(-60.0, -40.0));
    screen.drag(middle + egui::vec2(60.0, -40.0), 20);
    screen.glide(middle, 60);
    told.frames("map", &screen.take_frames());
}

/// A thousand saved runs: the rail scrolled and pointed at, the table of Compare scrolled and
/// sorted, runs chosen, the list searched and read again.
pub(crate) fn runs(told: &mut Told) {
    let folder = tempfile::tempdir().unwrap();
    Pattern::new(folder.path()).many_runs(&store(folder.path()), 1_000);
    let mut screen = Screen::new(store(folder.path()));
    screen.until("the list", |window| window.app().runs.ready().is_some());
    told.frames("runs_open", &screen.take_frames());
    screen.expect("1,000");

    let rail = pos2(120.0, 400.0);
    screen.move_to(rail);
    screen.wheel(-300.0, 120);
    screen.glide(rail + egui::vec2(0.0, 200.0), 60);
    screen.wheel(900.0, 60);
    screen.click("Find runs");
    screen.type_text("songs 99");
    screen.expect("songs 997");
    (0..8).for_each(|_| screen.key(egui::Key::Backspace));
    apply(&mut screen, Action::GoTo(Page::Compare));
    let header = screen.place("NDCG@10").center();
    let table = header + egui::vec2(0.0, 80.0);
    screen.move_to(table);
    screen.wheel(-200.0, 120);
    screen.glide(table + egui::vec2(300.0, 40.0), 60);
    for column in ["NDCG@10", "NDCG@10", "Status", "MRR", "Audit"] {
        let place = screen.place(column).center();
        screen.click_at(place);
        (0..10).for_each(|_| screen.frame(Vec::new()));
    }
    screen.click_at(table);
    screen.until("its series", |window| {
        window
            .app()
            .selection
            .run
            .as_ref()
            .is_some_and(|run| is_read(window.app(), run))
    });
    apply(&mut screen, Action::RefreshRuns);
    (0..150).for_each(|_| {
        screen.frame(Vec::new());
        std::thread::sleep(std::time::Duration::from_millis(8));
    });
    apply(&mut screen, Action::GoTo(Page::Explain));
    let picker = screen.place("Run").center() + egui::vec2(100.0, 0.0);
    screen.click_at(picker);
    screen.glide(picker + egui::vec2(0.0, 80.0), 20);
    screen.wheel(-100.0, 60);
    told.frames("runs", &screen.take_frames());
}

/// The window on Explain with this run and user, all loaded; frames are counted from the page on.
fn explain(folder: &std::path::Path, run: &RunId, user: &str) -> Screen {
    explain_in(store(folder), run, user)
}

pub(crate) fn explain_in(store: RunStore, run: &RunId, user: &str) -> Screen {
    let mut screen = Screen::new(store);
    screen.until("the list", |window| window.app().runs.ready().is_some());
    let _ = screen.take_frames();
    apply(&mut screen, Action::Select(Select::Run(run.clone())));
    apply(&mut screen, Action::GoTo(Page::Explain));
    screen.until("the data", |window| window.app().views.data(run).is_some());
    look_at(&mut screen, run, user);
    screen
}

fn look_at(screen: &mut Screen, run: &RunId, user: &str) {
    apply(screen, Action::Select(Select::User(user.to_owned())));
    screen.until("the user", |window| {
        let app = window.app();
        app.selection
            .view_key(run)
            .is_some_and(|key| key.user_id == user && app.views.user(&key).ready().is_some())
    });
}

pub(crate) fn apply(screen: &mut Screen, action: Action) {
    screen.window.app_mut().apply(action);
    screen.frame(Vec::new());
}

fn is_read(app: &App, run: &RunId) -> bool {
    app.views.series(run).ready().is_some()
}
