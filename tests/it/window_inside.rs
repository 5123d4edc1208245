//! The views of what a family has inside, clicked by what a person reads on them.

use std::sync::Arc;

use egui::{Event, Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use seqscope::app::{
    ExplainView, GatesAsk, ItemQuery, ItemsAsk, LatentAsk, Page, ProjectionKey, ProjectionOf,
    ThemeChoice, TrainingPhase,
};
use seqscope::explain::ProjectionMethod;
use seqscope::run::RunId;
use strum::IntoEnumIterator as _;

use crate::window::Screen;

/// A window on Explain over a run of this family, trained for two epochs, and the run.
fn explained(family: &str) -> (Screen, RunId) {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.click("Model");
    screen.click(family);
    screen.tiny(2);
    screen.click("Start training");
    screen.until("the run", |w| {
        let training = w.app().training.current.as_ref();
        training.is_some_and(|t| matches!(t.phase, TrainingPhase::Ended(_)))
    });
    let training = screen.app().training.current.as_ref().unwrap();
    let run = training.run.clone().unwrap();
    screen.click("Explain");
    assert_eq!(screen.app().page, Page::Explain);
    let shown = run.clone();
    screen.until("a user's view", move |w| {
        let app = w.app();
        let key = app.selection.view_key(&shown);
        key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
    (screen, run)
}

/// No notice of an error, every input has a name, and the window comes to rest.
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

/// Draws a lasso around all points of a plot.
fn lasso_all(screen: &mut Screen, plot: &str) {
    screen.click("Lasso");
    let room = screen.harness.get_by_label(plot).rect().shrink(3.0);
    let press = |pos: Pos2, pressed: bool| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    let corners = [
        room.left_top(),
        room.right_top(),
        room.right_bottom(),
        room.left_bottom(),
    ];
    screen.harness.event(Event::PointerMoved(corners[0]));
    screen.harness.step();
    screen.harness.event(press(corners[0], true));
    screen.harness.step();
    for corner in corners {
        screen.harness.event(Event::PointerMoved(corner));
        screen.harness.step();
    }
    screen.harness.event(press(corners[3], false));
    screen.harness.run_steps(3);
    screen.harness.event(Event::PointerGone);
    screen.harness.run_steps(3);
}

/// Keeps what is inside the lasso as a slice, which is then looked at.
fn keep_lasso(screen: &mut Screen, name: &str) {
    screen.click("Name of the lasso");
    screen
        .harness
        .get_by_label("Name of the lasso")
        .type_text(name);
    screen.harness.run_steps(3);
    screen.click("Keep lasso as slice");
    let kept = name.to_owned();
    screen.until("the slice", move |w| {
        let slice = w.app().selection.slice.as_ref();
        slice.is_some_and(|slice| slice.name == kept)
    });
}

#[test]
fn the_gates_of_an_lstm_are_one_picture_and_like_states_are_listed() {
    let (mut screen, run) = explained("LSTM");
    screen.click("Gates");
    assert_eq!(screen.app().selection.view, ExplainView::Gates);
    let asked = run.clone();
    screen.until("the gates", move |w| {
        let key = w.app().selection.view_key(&asked);
        let gates = &w.app().views.inside().gates;
        key.is_some_and(|key| {
            gates
                .to(&GatesAsk { key })
                .is_some_and(|it| it.ready().is_some())
        })
    });
    let key = screen.app().selection.view_key(&run).unwrap();
    let gates = &screen.app().views.inside().gates;
    let view = Arc::clone(gates.to(&GatesAsk { key }).unwrap().ready().unwrap());
    assert_eq!(
        view.tracks.len(),
        6,
        "four gates and values, the cell, the hidden state"
    );
    for track in [
        "Input gate",
        "Forget gate",
        "Output gate",
        "Candidate",
        "Cell",
        "Hidden state",
    ] {
        screen.click(track);
        let name = format!("layer 1, {}", track.to_lowercase());
        assert!(screen.shows(&name), "{name}");
    }
    screen.until("like states", |w| w.app().views.inside().like.has_answer());
    assert!(screen.shows("Like states elsewhere") && screen.shows("cosine"));
    screen.click("Sort units by");
    screen.click("position");
    assert!(screen.shows("Sort units by"));
    assert_well(&mut screen);
    // The strip says why the other family's view is not here.
    let latent = screen.harness.get_by_label("Latent space");
    assert!(latent.accesskit_node().is_disabled());
}

#[test]
fn the_latent_space_of_a_vae_is_a_map_with_a_traversal_and_drawn_users() {
    let (mut screen, run) = explained("Mult-VAE");
    screen.click("Latent space");
    let asked = run.clone();
    screen.until("the map", move |w| {
        let key = w.app().selection.view_key(&asked);
        let latent = &w.app().views.inside().latent;
        key.is_some_and(|key| {
            latent
                .to(&LatentAsk::of_model(&key))
                .is_some_and(|it| it.ready().is_some())
        })
    });
    let key = screen.app().selection.view_key(&run).unwrap();
    let latent = &screen.app().views.inside().latent;
    let space = Arc::clone(
        latent
            .to(&LatentAsk::of_model(&key))
            .unwrap()
            .ready()
            .unwrap(),
    );
    assert_eq!((space.map.users.len(), space.epochs.len()), (40, 2));
    screen.until("a traversal", |w| {
        w.app().views.inside().traversals.has_answer()
    });
    assert!(screen.shows("Traversal") && screen.shows("nats a user"));
    screen.click("Draw users");
    screen.until("drawn users", |w| {
        w.app().views.inside().priors.has_answer()
    });
    assert!(screen.shows("Drawn 1 of seed 0") && screen.shows("KL over epochs"));
    placed(&mut screen, &run, ProjectionOf::Users);
    screen.click("PCA");
    lasso_all(&mut screen, "Latent space: 40 points");
    assert!(screen.shows("Lasso: 40 users"));
    keep_lasso(&mut screen, "all users");
    let everyone = screen.app().views.data(&run).unwrap().dataset.users.len();
    screen.until("its users", move |w| {
        let found = w.app().slice_users(&run);
        found
            .and_then(|it| it.ready())
            .is_some_and(|it| it.users.len() == everyone)
    });
    screen.click("Clear");
    assert!(!screen.shows("Lasso: 40 users"));
    assert_well(&mut screen);
    let gates = screen.harness.get_by_label("Gates");
    assert!(gates.accesskit_node().is_disabled());
}

#[test]
fn the_items_of_any_family_are_a_map_that_is_searched_and_placed_step_by_step() {
    let (mut screen, run) = explained("Transformer");
    screen.click("Item map");
    let asked = run.clone();
    screen.until("the map", move |w| {
        let key = w.app().selection.view_key(&asked);
        let items = &w.app().views.inside().items;
        key.is_some_and(|key| {
            let ask = ItemsAsk::of_model(&key, None);
            items.to(&ask).is_some_and(|it| it.ready().is_some())
        })
    });
    assert!(screen.shows("Item map: 20 points") && screen.shows("of the variance"));
    let first = {
        let prepared = screen.app().views.data(&run).unwrap();
        prepared.dataset.item_label(1).to_owned()
    };
    screen.harness.get_by_label("Search items").click();
    screen.harness.run_steps(2);
    screen
        .harness
        .get_by_label("Search items")
        .type_text(&first);
    screen.harness.run_steps(3);
    let query = ItemQuery {
        run: run.clone(),
        words: first.clone(),
    };
    screen.until("the items that are called so", move |w| {
        w.app().item_search.found(&query).is_some()
    });
    screen.harness.run_steps(2);
    assert!(screen.shows("found, ringed on the map"));
    screen.click(&first);
    lasso_all(&mut screen, "Item map: 20 points");
    assert!(screen.shows("Lasso: 20 items") && screen.shows("100 % of the training events"));
    keep_lasso(&mut screen, "all items");
    screen.click("Clear");
    screen.until("neighbours", |w| {
        w.app().views.inside().neighbours.has_answer()
    });
    assert!(screen.shows("training event"));
    placed(&mut screen, &run, ProjectionOf::Items);
    assert!(screen.shows("20 items; trustworthiness"));
    assert_well(&mut screen);
}

#[test]
fn the_rules_of_a_run_are_found_in_the_background_and_a_rule_lists_its_users() {
    let (mut screen, run) = explained("GRU");
    screen.click("Rules");
    assert_eq!(screen.app().selection.view, ExplainView::Rules);
    assert!(screen.shows("No rules have been looked for"));
    screen.click("Find the rules");
    let asked = run.clone();
    screen.until("the rules", move |w| {
        let rules = w.app().views.rules();
        rules.found(&asked, None).ready().is_some()
    });
    let found = Arc::clone(
        screen
            .app()
            .views
            .rules()
            .found(&run, None)
            .ready()
            .unwrap(),
    );
    let tree = found.tree.as_ref().unwrap();
    let sentence = tree.sentence(&tree.leaves[0]);
    assert!(screen.shows("Decision tree that imitates the model") && screen.shows("Fidelity"));
    screen.click(&sentence);
    screen.harness.run_steps(2);
    let leaf = &tree.leaves[0];
    let n = leaf.grown.len() + leaf.held_out.len();
    let users = format!("{n} users of {}", tree.class_words(leaf.node));
    assert!(screen.shows(&users), "{users}");
    screen.click("What follows what");
    assert!(screen.shows("What follows what, and whether the model obeys"));
    let table = found.bigrams.as_ref().unwrap();
    let rows = if table.rows.is_empty() {
        "No rule is frequent and sure enough"
    } else {
        "Obeyed"
    };
    assert!(screen.shows(rows), "{rows}");
    assert_well(&mut screen);
}

/// Places the points of the map that is shown in both ways, and goes back to the first.
fn placed(screen: &mut Screen, run: &RunId, of: ProjectionOf) {
    for method in ProjectionMethod::iter() {
        screen.click(&method.to_string());
        let key = ProjectionKey {
            run: run.clone(),
            epoch: None,
            of,
            method,
        };
        screen.click(key.label());
        let asked = key.clone();
        screen.until("a map", move |w| {
            w.app().views.projection().state(&asked).ready().is_some()
        });
        screen.harness.run();
        let map = Arc::clone(screen.app().views.projection().map(&key).unwrap());
        assert_eq!(map.step, map.n_steps);
        assert!(screen.shows(&format!("{0} of {0} steps", map.n_steps)));
        assert!(map.points.iter().flatten().all(|value| value.is_finite()));
    }
    // The map that was made first is kept.
    screen.click("t-SNE");
    assert!(screen.shows("trustworthiness"));
}
