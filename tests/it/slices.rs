//! Slices of users and galleries, on the command line and in the window.

use std::collections::BTreeMap;
use std::sync::Arc;

use seqscope::app::{
    Action, ExplainView, GalleryAsk, Page, SliceAction, ThemeChoice, Tone, TrainingPhase,
};
use seqscope::explain::{GalleryKind, changed_between_epochs, surprising};
use seqscope::metric::{AnswerKind, Seen};
use seqscope::run::{Part, RunId, RunStore, UserResult};
use seqscope::slice::{SliceMembers, SliceSource};
use seqscope::train::{Restored, restore};
use serde_json::Value;

use crate::place::{Place, runs_in, trained};
use crate::window::Screen;

fn run_named(place: &Place, name: &str) -> String {
    let runs = runs_in(&place.path("runs"));
    runs.into_iter().find(|run| run.contains(name)).unwrap()
}

/// A place with the runs of [`trained`] that may be written to.
fn own() -> Place {
    let place = Place::new();
    copy(&trained().path("runs"), &place.path("runs"));
    place
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

fn listed(place: &Place, line: &[&str]) -> Value {
    let tables = place
        .run(&[line, &["--format", "json"]].concat())
        .ok()
        .json();
    match tables {
        Value::Array(tables) => tables[0].clone(),
        table => table,
    }
}

#[test]
fn users_are_listed_by_an_expression_kept_as_a_slice_and_compared_by_it() {
    let place = own();
    let (run, other) = (run_named(&place, "tiny"), run_named(&place, "recurrent"));
    let store = RunStore::at(place.path("runs"));
    let results = store
        .results(&RunId(run.clone()), Part::Test)
        .unwrap()
        .unwrap();
    let is_in =
        |result: &UserResult| result.facts.as_ref().unwrap().history_len >= 7 && result.rank > 2.0;
    let expected: Vec<&UserResult> = results.iter().filter(|it| is_in(it)).collect();
    assert!(!expected.is_empty() && expected.len() < results.len());

    let words = "length >= 7 and not hit@2";
    let line = [
        "users", &run, "--runs", "runs", "--where", words, "--top", "100",
    ];
    let told = listed(
        &place,
        &[&line[..], &["--keep", "long and missed"]].concat(),
    );
    let rows = told["rows"].as_array().unwrap();
    let users: Vec<&str> = rows
        .iter()
        .map(|row| row["user"].as_str().unwrap())
        .collect();
    let wanted: Vec<&str> = expected.iter().map(|it| it.user_id.as_str()).collect();
    assert_eq!(users, wanted);
    assert!(place.path("runs/slices/long and missed.ron").exists());

    // Both runs over the same users, and the mean that these users' ranks give.
    let line = format!("compare {run} {other} --runs runs --json --metric mrr");
    let line: Vec<&str> = line
        .split(' ')
        .chain(["--slice", "long and missed"])
        .collect();
    let told = place.run(&line).ok().json();
    assert_eq!(told["slice"]["users"], Value::from(expected.len()));
    assert_eq!(told["slice"]["chosen_by_answers"], Value::Bool(true));
    let mean = |results: &[UserResult]| {
        let of: BTreeMap<&str, f64> = results
            .iter()
            .map(|it| (it.user_id.as_str(), 1.0 / it.rank))
            .collect();
        wanted.iter().map(|id| of[id]).sum::<f64>() / wanted.len() as f64
    };
    let others = store
        .results(&RunId(other.clone()), Part::Test)
        .unwrap()
        .unwrap();
    for (at, results) in [&results, &others].into_iter().enumerate() {
        let value = told["comparison"]["runs"][at]["value"].as_f64().unwrap();
        assert!((value - mean(results)).abs() < 1e-9, "run {at}");
    }
    let text = place
        .run(&["compare", &run, &other, "--runs", "runs", "--slices"])
        .ok();
    assert!(text.out.contains("kept slice") && text.out.contains("long and missed"));
    let text = place
        .run(&["compare", &run, "--runs", "runs", "--where", words])
        .ok();
    assert!(
        text.out.contains("as the first run has them"),
        "{}",
        text.out
    );
}

#[test]
fn what_cannot_be_asked_of_users_is_said_with_the_cure() {
    let place = own();
    let run = run_named(&place, "tiny");
    let fails = |more: &[&str]| {
        let line = [&["users", &run, "--runs", "runs"], more].concat();
        place.run(&line).fails(1, &[]).err
    };
    let said = fails(&["--where", "lenght > 3"]);
    assert!(
        said.contains("letter 1") && said.contains("did you mean `length`?"),
        "{said}"
    );
    let said = fails(&["--where", "length > 3000"]);
    assert!(
        said.contains("Nobody fulfils") && said.contains("between"),
        "{said}"
    );
    let said = fails(&["--gallery", "wrost"]);
    assert!(said.contains("did you mean `worst`?"), "{said}");
    let said = fails(&["--gallery", "changed"]);
    assert!(said.contains("--against RUN"), "{said}");
    let said = fails(&["--slice", "none"]);
    assert!(said.contains("there is no slice `none`"), "{said}");
    place
        .run(&[
            "users",
            &run,
            "--runs",
            "runs",
            "--where",
            "length > 3",
            "--keep",
            "a",
        ])
        .ok();
    let said = fails(&["--where", "length > 4", "--keep", "a"]);
    assert!(said.contains("another rule"), "{said}");
    let told = place.run(&["describe", "slice"]).ok();
    assert!(told.out.contains("Written: length >= 20"), "{}", told.out);
}

#[test]
fn kept_slices_are_listed_shown_renamed_and_deleted() {
    let place = own();
    let run = run_named(&place, "tiny");
    let slices = |more: &[&str]| place.run(&[&["slices", "--runs", "runs"], more].concat());
    assert!(slices(&[]).ok().out.contains("No slices beside the runs"));
    let keep = |words: &str, name: &str| {
        let line = [
            "users", &run, "--runs", "runs", "--where", words, "--keep", name,
        ];
        place.run(&line).ok();
    };
    keep("length > 3", "long");
    keep("length > 4", "longer");
    std::fs::write(
        place.path("runs/slices/odd.ron"),
        "(version: 1, rule: Wher(",
    )
    .unwrap();
    let some = "(version: 1, rule: Users([\"u1\", \"u2\", \"u3\", \"u4\"]))";
    std::fs::write(place.path("runs/slices/some.ron"), some).unwrap();

    let listed = listed(&place, &["slices", "--runs", "runs"]);
    let row = |at: usize, key: &str| listed["rows"][at][key].clone();
    assert_eq!(
        (row(0, "slice"), row(0, "kind"), row(0, "rule")),
        ("long".into(), "expression".into(), "length > 3".into())
    );
    assert_eq!(
        (row(2, "slice"), row(2, "kind")),
        ("odd".into(), Value::Null)
    );
    assert_eq!(
        (row(3, "kind"), row(3, "rule")),
        ("users".into(), "4 users: u1, u2, u3, …".into())
    );
    let shown = slices(&["some", "--format", "csv"]).ok().out;
    assert_eq!(shown, "user\nu1\nu2\nu3\nu4\n");

    let said = slices(&["long", "--rename", "longer"]).fails(1, &[]).err;
    assert!(said.contains("another rule"), "{said}");
    slices(&["long", "--rename", "over three"]).ok();
    // One that cannot be read can be deleted all the same.
    slices(&["odd", "--delete"]).ok();
    let said = slices(&["lnger", "--delete"]).fails(1, &[]).err;
    assert!(said.contains("there is no slice `lnger`"), "{said}");
    let left = RunStore::at(place.path("runs")).slice_names().unwrap();
    assert_eq!(left, ["longer", "over three", "some"]);
}

#[test]
fn users_of_a_run_that_lost_its_answers_are_not_asked_another_question() {
    let place = own();
    let run = run_named(&place, "tiny");
    std::fs::remove_file(place.path(&format!("runs/{run}/results/test.parquet"))).unwrap();
    for more in [&[][..], &["--where", "length > 3"], &["--gallery", "worst"]] {
        let line = [&["users", &run, "--runs", "runs"], more].concat();
        let said = place.run(&line).fails(1, &[]).err;
        assert!(said.contains("not in its folder any more"), "{said}");
    }
}

/// Entropy, rank and probability of every test question, one at a time and by sorting.
fn slow(restored: &Restored, result: &UserResult) -> (f64, f64, f64, u32) {
    let prepared = &restored.prepared;
    let user = prepared.dataset.users.idx(&result.user_id).unwrap();
    let case = prepared
        .split
        .test
        .iter()
        .find(|case| case.user_idx == user)
        .unwrap();
    let history = prepared.histories([(user as usize, case.history_len as usize)]);
    let scores = restored.model.scores(&history).unwrap();
    let most = scores[1..].iter().copied().fold(f32::MIN, f32::max);
    let exps: Vec<f64> = scores[1..]
        .iter()
        .map(|it| f64::from(it - most).exp())
        .collect();
    let sum: f64 = exps.iter().sum();
    let chances: Vec<f64> = exps.iter().map(|it| it / sum).collect();
    let entropy: f64 = chances.iter().map(|p| -p * p.ln()).sum();
    let items = prepared.dataset.sequences.items(user as usize);
    let target = items[case.target_pos as usize] as usize;
    let seen: Vec<usize> = items[..case.history_len as usize]
        .iter()
        .filter(|_| restored.manifest.seen() == Seen::LeftOut)
        .map(|&item| item as usize)
        .collect();
    let ahead = (1..scores.len())
        .filter(|at| !seen.contains(at) && scores[*at] > scores[target])
        .count();
    let rank = if seen.contains(&target) {
        f64::INFINITY
    } else {
        1.0 + ahead as f64
    };
    (entropy.exp(), rank, chances[target - 1], user)
}

#[test]
fn galleries_of_weights_are_those_of_a_slow_look_at_every_question() {
    let place = trained();
    let store = RunStore::at(place.path("runs"));
    let id = RunId(run_named(place, "recurrent"));
    let best = restore(&store, &id, None, None).unwrap();
    let results = store.results(&id, Part::Test).unwrap().unwrap();
    let source = SliceSource::new(&best.prepared, AnswerKind::Ranking, &results);
    let everyone = SliceMembers::everyone(source.n_users());
    let found = surprising(&best, &source, &everyone, 1000, &mut |_, _| true)
        .unwrap()
        .unwrap();
    let all: Vec<(f64, f64, f64, u32)> = results.iter().map(|it| slow(&best, it)).collect();
    let mut spread: Vec<f64> = all.iter().map(|it| it.0).collect();
    spread.sort_by(f64::total_cmp);
    let most = spread[(spread.len() as f64 / 4.0).ceil() as usize - 1];
    let mut expected: Vec<&(f64, f64, f64, u32)> = all
        .iter()
        .filter(|it| it.0 <= most + 1e-9 && it.1 > 1.0 && it.1.is_finite())
        .collect();
    expected.sort_by(|a, b| a.2.total_cmp(&b.2));
    assert_eq!(found.kind, GalleryKind::Surprising);
    assert_eq!(found.shown.len(), expected.len());
    for (user, slow) in found.shown.iter().zip(expected) {
        assert_eq!(user.user, slow.3);
        assert!((user.answer.perplexity.unwrap() - slow.0).abs() < 1e-6);
        assert!((user.answer.probability - slow.2).abs() < 1e-6);
        // The kept rank is of the same weights.
        let kept = source.result(user.user).unwrap().rank;
        assert!((kept - user.answer.rank).abs() < 1e-9);
    }

    let epochs = store.epochs(&id).unwrap();
    let before = restore(&store, &id, epochs.first().copied(), None).unwrap();
    let found = changed_between_epochs(&best, &before, &source, &everyone, 1000, &mut |_, _| true)
        .unwrap()
        .unwrap();
    for user in &found.shown {
        let of = results
            .iter()
            .find(|it| best.prepared.dataset.users.idx(&it.user_id) == Some(user.user));
        let (now, then) = (slow(&best, of.unwrap()).1, slow(&before, of.unwrap()).1);
        assert!((user.change.unwrap() - (then / now).ln()).abs() < 1e-9);
    }
    let stopped = surprising(&best, &source, &everyone, 10, &mut |_, _| false).unwrap();
    assert!(stopped.is_none());
}

#[test]
fn a_gallery_is_printed_within_a_slice() {
    let place = trained();
    let (run, other) = (run_named(place, "tiny"), run_named(place, "recurrent"));
    let line = [
        "users",
        &run,
        "--runs",
        "runs",
        "--gallery",
        "worst",
        "--top",
        "5",
    ];
    let told = listed(place, &[&line[..], &["--where", "length >= 7"]].concat());
    let rows = told["rows"].as_array().unwrap();
    let ranks: Vec<f64> = rows
        .iter()
        .map(|row| row["rank"].as_f64().unwrap())
        .collect();
    assert!(!ranks.is_empty() && ranks.windows(2).all(|pair| pair[0] >= pair[1]));
    assert!(rows.iter().all(|row| row["length"].as_u64() >= Some(7)));
    let changed = [
        "users",
        &run,
        "--runs",
        "runs",
        "--gallery",
        "changed",
        "--against",
        &other,
    ];
    let told = listed(place, &changed);
    for row in told["rows"].as_array().unwrap() {
        let [before, now] = ["before_rank", "rank"].map(|key| row[key].as_f64().unwrap());
        let change = row["change"].as_f64().unwrap();
        assert!((change - (before / now).ln()).abs() < 1e-9, "{row}");
    }
    let surprising = ["users", &run, "--runs", "runs", "--gallery", "surprising"];
    place.run(&surprising).ok();
}

/// Types a text into the field of a name.
fn type_into(screen: &mut Screen, name: &str, text: &str) {
    use egui_kittest::kittest::Queryable as _;
    let field = egui::accesskit::Role::TextInput;
    screen.harness.get_by_role_and_label(field, name).click();
    screen.harness.run_steps(3);
    screen
        .harness
        .get_by_role_and_label(field, name)
        .type_text(text);
    screen.harness.run_steps(3);
}

/// A window on Explain over a run that was just trained.
fn explained() -> (Screen, RunId) {
    let mut screen = Screen::new([1280.0, 800.0], ThemeChoice::Dark);
    screen.tiny(2);
    screen.click("Model");
    screen.click("Start training");
    screen.until("the run", |w| {
        let training = w.app().training.current.as_ref();
        training.is_some_and(|t| matches!(t.phase, TrainingPhase::Ended(_)))
    });
    let training = screen.app().training.current.as_ref().unwrap();
    let run = training.run.clone().unwrap();
    screen.click("Explain");
    let shown = run.clone();
    screen.until("a user's view", move |w| {
        let app = w.app();
        let key = app.selection.view_key(&shown);
        key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
    (screen, run)
}

fn act(screen: &mut Screen, action: SliceAction) {
    let app = screen.harness.state_mut().app_mut();
    app.apply(Action::Slices(action));
    screen.harness.run_steps(3);
}

/// Types a filter and waits for its users.
fn filtered(screen: &mut Screen, run: &RunId, words: &str) -> Arc<SliceMembers> {
    type_into(screen, "Filter users", words);
    let asked = run.clone();
    screen.until("the users of the filter", move |w| {
        let users = w.app().slice_users(&asked);
        users.is_some_and(|it| it.ready().is_some())
    });
    let users = screen.app().slice_users(run).unwrap();
    Arc::clone(users.ready().unwrap())
}

fn nothing_went_wrong(screen: &mut Screen) {
    // `run` also checks that every input widget has an accessible name.
    screen.harness.run();
    let notices = &screen.app().notices;
    assert!(
        notices.iter().all(|it| it.tone != Tone::Error),
        "{notices:?}"
    );
}

#[test]
fn a_filter_is_typed_the_list_shrinks_and_is_kept_as_a_slice() {
    let (mut screen, run) = explained();
    type_into(&mut screen, "Filter users", "lenght > 3");
    assert!(screen.shows("did you mean ‘length’?") && screen.app().selection.slice.is_none());
    act(&mut screen, SliceAction::Choose(None));
    let users = filtered(&mut screen, &run, "length >= 7 and rank > 1");
    assert!(!users.users.is_empty() && users.users.len() < 40);
    assert!(screen.shows(&users.words()));

    type_into(&mut screen, "Name of the slice", "long ones");
    screen.click("Keep as slice");
    screen.until("the kept slice", |w| {
        let chosen = w.app().selection.slice.as_ref();
        !w.app().slices.kept().is_empty() && chosen.is_some_and(|it| it.name == "long ones")
    });
    // Next and previous stay within it.
    screen.click("Next ▶");
    let id = screen.app().selection.user_id.clone().unwrap();
    let prepared = Arc::clone(screen.app().views.data(&run).unwrap());
    assert!(users.holds(prepared.dataset.users.idx(&id).unwrap()));

    let rename = SliceAction::Rename {
        from: "long ones".to_owned(),
        to: "long".to_owned(),
    };
    act(&mut screen, rename);
    screen.until("the new name", |w| w.app().slices.kept()[0].name == "long");
    act(&mut screen, SliceAction::Delete("long".to_owned()));
    screen.until("everyone", |w| {
        w.app().selection.slice.is_none() && w.app().slices.kept().is_empty()
    });
    nothing_went_wrong(&mut screen);
}

#[test]
fn a_slice_is_chosen_on_every_page() {
    let (mut screen, run) = explained();
    let users = filtered(&mut screen, &run, "length >= 7");
    let keep = SliceAction::KeepAs("long ones".to_owned());
    act(&mut screen, keep);
    screen.until("the kept slice", |w| !w.app().slices.kept().is_empty());
    screen.click("Gallery");
    assert_eq!(screen.app().selection.view, ExplainView::Gallery);
    let asked = GalleryAsk {
        run: run.clone(),
        kind: GalleryKind::Best,
        before: None,
    };
    let best = asked.clone();
    screen.until("the best", move |w| {
        w.app().gallery(&best).ready().is_some()
    });
    let found = Arc::clone(screen.app().gallery(&asked).ready().unwrap());
    assert!(!found.shown.is_empty() && found.shown.iter().all(|it| users.holds(it.user)));
    assert!(screen.shows("Within the slice: long ones"));

    screen.click("Compare");
    assert_eq!(screen.app().page, Page::Compare);
    screen.click("How sure");
    screen.until("the comparison", |w| {
        w.app().significance().ready().is_some()
    });
    assert!(screen.shows("of the slice beside everyone"));
    screen.click("By slice");
    assert!(screen.shows("kept slice"));
    let significance = screen.app().significance().ready().unwrap();
    let beside = significance.tables.beside.as_ref().unwrap();
    assert_eq!(beside.rows[0][1].words(), users.results.len().to_string());
    nothing_went_wrong(&mut screen);
}
