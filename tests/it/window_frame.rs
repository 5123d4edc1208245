//! The frame of the window: layouts of views, the size of everything, the keyboard alone, notices,
//! and the tour.

use egui_kittest::kittest::Queryable as _;
use seqscope::app::{
    Action, Arrange, ExplainView, Page, ReadyLayout, Select, ThemeChoice, TourStand, TourStep,
};

use crate::window::Screen;

/// A window on Explain over the run that the program carries.
fn explained() -> Screen {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.click("or look at a run that has finished");
    sees_a_user(&mut screen);
    screen
}

fn sees_a_user(screen: &mut Screen) {
    screen.until("a user's view", |w| {
        let app = w.app();
        let run = app.selection.run.as_ref();
        let key = run.and_then(|run| app.selection.view_key(run));
        app.page == Page::Explain && key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
}

fn apply(screen: &mut Screen, action: Action) {
    screen.harness.state_mut().app_mut().apply(action);
    screen.harness.run_steps(4);
}

fn has_focus(screen: &Screen, name: &str) -> bool {
    let mut all = screen.harness.query_all_by_label(name);
    all.any(|node| node.is_focused())
}

/// Presses Tab until the widget of this name has the focus, and then a key.
fn reach(screen: &mut Screen, name: &str, key: egui::Key) {
    for _ in 0..400 {
        if has_focus(screen, name) {
            screen.harness.key_press(key);
            screen.harness.run_steps(3);
            return;
        }
        screen.harness.key_press(egui::Key::Tab);
        screen.harness.run_steps(2);
    }
    panic!("{name} is not reached by Tab");
}

#[test]
fn views_are_chosen_put_beside_each_other_pinned_closed_and_taken_back() {
    let mut screen = explained();
    let views = |screen: &Screen| screen.app().shown_layout().views();
    screen.click("Layout ⏷");
    screen.click("Teacher");
    assert_eq!(views(&screen), [ExplainView::Overview, ExplainView::WhatIf]);
    assert!(screen.shows("Timeline") && screen.shows("Close What if"));
    screen.until("what the model says of the history", |w| {
        w.app().views.edits().has_answer()
    });
    screen.click("Pin What if");
    screen.click("Item map");
    assert_eq!(views(&screen), [ExplainView::ItemMap, ExplainView::WhatIf]);
    screen.until("the map", |w| w.app().views.inside().items.has_answer());
    screen.click("Close Item map");
    assert_eq!(views(&screen), [ExplainView::WhatIf]);
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    screen.harness.run_steps(3);
    assert_eq!(views(&screen), [ExplainView::ItemMap, ExplainView::WhatIf]);
    // A view that this model lacks says why, in the place that it has.
    apply(
        &mut screen,
        Action::Arrange(Arrange::Ready(ReadyLayout::Compare)),
    );
    assert_eq!(views(&screen).len(), 4);
    apply(
        &mut screen,
        Action::Arrange(Arrange::Put {
            view: ExplainView::Gates,
            at: ExplainView::WhatIf,
            side: None,
        }),
    );
    assert!(screen.shows("Not of this model") && screen.shows("there are no gates"));
}

#[test]
fn everything_grows_to_twice_its_size_and_a_presentation_has_the_page_alone() {
    let mut screen = explained();
    let zoom = |screen: &Screen| screen.harness.ctx.zoom_factor();
    for _ in 0..5 {
        screen
            .harness
            .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Plus);
        screen.harness.run_steps(3);
    }
    assert!((zoom(&screen) - 2.0).abs() < 1e-3, "{}", zoom(&screen));
    for page in [
        Page::Data,
        Page::Model,
        Page::Train,
        Page::Compare,
        Page::Explain,
    ] {
        apply(&mut screen, Action::GoTo(page));
        screen.harness.run();
    }
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num0);
    screen.harness.run_steps(3);
    assert!((zoom(&screen) - 1.0).abs() < 1e-3);
    screen.harness.key_press(egui::Key::F11);
    screen.harness.run_steps(4);
    assert!(screen.shows("End presentation") && !screen.shows("List of runs"));
    screen.harness.key_press(egui::Key::F11);
    screen.harness.run_steps(4);
    assert!(screen.shows("List of runs") && screen.shows("Runs in"));
    screen.harness.key_press(egui::Key::OpenBracket);
    screen.harness.run_steps(3);
    assert!(!screen.app().arrangement.shows_runs);
}

#[test]
fn a_first_run_needs_no_more_than_the_keyboard() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Light);
    reach(&mut screen, "Train now", egui::Key::Enter);
    screen.until("points on the curve", |w| {
        let training = w.app().training.current.as_ref();
        training.is_some_and(|training| training.points.len() >= 2)
    });
    reach(&mut screen, "Stop and keep", egui::Key::Enter);
    screen.until("the end", |w| !w.app().training.is_active());
    reach(&mut screen, "Explain", egui::Key::Enter);
    assert_eq!(screen.app().page, Page::Explain);
    sees_a_user(&mut screen);
    let first = screen.app().selection.user_id.clone();
    reach(&mut screen, "Next ▶", egui::Key::Space);
    assert_ne!(screen.app().selection.user_id, first);
    // A button has the focus, and the letters act all the same.
    screen.harness.key_press(egui::Key::K);
    screen.harness.run_steps(3);
    assert_eq!(screen.app().selection.user_id, first);
    reach(&mut screen, "What if", egui::Key::Enter);
    assert_eq!(screen.app().selection.view, ExplainView::WhatIf);
    screen.until("what the model says", |w| {
        w.app().views.edits().has_answer()
    });
}

#[test]
fn a_notice_that_is_gone_is_found_again_with_its_cure() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    apply(
        &mut screen,
        Action::OpenExperiment("/nowhere/at/all.ron".into()),
    );
    screen.until("the notice", |w| !w.app().notices.is_empty());
    screen.click("Dismiss");
    assert!(screen.app().notices.is_empty());
    screen.click("All notices");
    assert!(screen.shows("/nowhere/at/all.ron") && screen.shows("Open another experiment…"));
    screen.click("Close");
    assert!(!screen.shows("Everything that was told"));
}

#[test]
fn what_was_looked_at_of_late_is_found_by_name() {
    let mut screen = explained();
    let user_id = screen.app().selection.user_id.clone().unwrap();
    let run = screen.app().selection.run.clone().unwrap();
    screen.click("Next ▶");
    sees_a_user(&mut screen);
    assert_ne!(screen.app().selection.user_id.as_ref(), Some(&user_id));
    screen.click("Data");
    screen
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    screen.harness.run();
    let typed = egui::Event::Text(format!("again user {user_id},"));
    screen.harness.input_mut().events.push(typed);
    screen.harness.run();
    screen.harness.key_press(egui::Key::Enter);
    screen.harness.run_steps(4);
    assert_eq!(screen.app().selection.user_id, Some(user_id));
    assert_eq!(screen.app().page, Page::Explain);
    assert_eq!(screen.app().visited.runs(), [run]);
}

#[test]
fn the_tour_is_taken_to_its_end_by_doing_what_it_says() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    let stand = |screen: &Screen| screen.app().tour.stand();
    screen.click("or take the tour through the window");
    assert_eq!(stand(&screen), TourStand::At(TourStep::Train));
    assert!(screen.shows("Tour: step 1 of 8"));
    screen.click("Leave the tour");
    assert!(!screen.shows("step 1 of 8"));
    screen.click("or go on with the tour");
    screen.click("Train now");
    screen.until("the first epoch", |w| {
        w.app().tour.stand() == TourStand::At(TourStep::Explain)
    });
    screen.click("Explain");
    screen.until("a user", |w| {
        w.app().tour.stand() == TourStand::At(TourStep::Event)
    });
    assert!(screen.shows("Look at one event"));
    // The strip is painted, and has no name to click on.
    apply(&mut screen, Action::Select(Select::Event(Some(1))));
    assert_eq!(stand(&screen), TourStand::At(TourStep::User));
    screen.click("Next ▶");
    assert_eq!(stand(&screen), TourStand::At(TourStep::Playhead));
    screen.until("two epochs", |w| {
        let training = w.app().training.current.as_ref();
        training.is_some_and(|training| training.points.len() >= 3)
    });
    screen.harness.key_press(egui::Key::Home);
    screen.harness.run_steps(4);
    assert_eq!(stand(&screen), TourStand::At(TourStep::WhatIf));
    screen.click("What if");
    assert_eq!(stand(&screen), TourStand::At(TourStep::Layout));
    screen.click("Layout ⏷");
    screen.click("Teacher");
    assert_eq!(stand(&screen), TourStand::Over);
    assert!(screen.shows("That was the tour"));
    screen.click("Close");
    assert_eq!(stand(&screen), TourStand::Away);
}
