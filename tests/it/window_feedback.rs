//! A list accepted and rejected in the window, a run that learns from it, and what that changed.

use seqscope::app::{Page, ThemeChoice, TrainingPhase};

use crate::window::Screen;

fn trains_to_its_end(screen: &mut Screen, what: &str) {
    screen.until(what, |w| {
        let training = w.app().training.current.as_ref();
        training.is_some_and(|t| matches!(t.phase, TrainingPhase::Ended(_)))
    });
}

#[test]
fn a_list_is_accepted_and_rejected_and_a_run_learns_from_it() {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.click("Model");
    screen.tiny(2);
    screen.click("Start training");
    trains_to_its_end(&mut screen, "the run");
    let run = screen.app().training.current.as_ref().unwrap().run.clone();
    let run = run.unwrap();
    screen.click("Explain");
    let shown = run.clone();
    screen.until("a list", move |w| {
        let app = w.app();
        let key = app.selection.view_key(&shown);
        app.feedback.of_run(&shown).is_some()
            && key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
    assert!(screen.shows("No feedback yet"));

    let titles: Vec<String> = {
        let app = screen.app();
        let key = app.selection.view_key(&run).unwrap();
        let view = app.views.user(&key).ready().unwrap();
        let data = app.views.data(&run).unwrap();
        let items = view.next.iter().take(3);
        items
            .map(|it| data.dataset.item_label(it.item_idx).to_owned())
            .collect()
    };
    screen.click(&format!("Accept {}", titles[0]));
    screen.click(&format!("Reject {}", titles[1]));
    screen.click(&format!("Accept {}", titles[2]));
    assert!(screen.shows(&format!("Accepted: {}", titles[0])));
    assert!(screen.shows("1 user: 2 accepted, 1 rejected"));
    screen.click("Take back");
    assert!(screen.shows("1 user: 1 accepted, 1 rejected"));
    screen.click(&format!("Rejected: {}", titles[1]));
    assert!(screen.shows("1 user: 1 accepted, 0 rejected"));
    // The next item without an answer, by its key.
    screen.harness.key_press(egui::Key::X);
    screen.harness.run_steps(3);
    assert!(screen.shows(&format!("Rejected: {}", titles[1])));
    screen.until("the writing", |w| w.app().feedback.is_saved());
    let kept = screen.app().runs.store.feedback(&run).unwrap();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[0].time, kept[1].time, "answers to one list");

    screen.click("Fine-tune on feedback");
    assert_eq!(screen.app().page, Page::Train);
    trains_to_its_end(&mut screen, "the fine-tuned run");
    let tuned = screen.app().training.current.as_ref().unwrap().run.clone();
    let tuned = tuned.unwrap();
    assert_ne!(tuned, run);
    let shown = tuned.clone();
    screen.until("the effect", move |w| {
        let series = w.app().views.series(&shown).ready();
        series.is_some_and(|series| series.tuning.is_some())
    });
    assert!(screen.shows("On test,") && screen.shows("others: NDCG@10"));
    let words = {
        let series = screen.app().views.series(&tuned).ready().unwrap();
        series.tuning.as_ref().unwrap().notes[0].clone()
    };
    screen.click(&words);
    assert!(screen.shows("Effect of fine-tuning on held-out events"));
    let notices = &screen.app().notices;
    let errors = notices
        .iter()
        .filter(|it| it.tone == seqscope::app::Tone::Error);
    assert_eq!(errors.count(), 0, "{notices:?}");
}
