//! Changed histories on the command line: before and after, scenarios, the smallest edit, samples.

use serde_json::Value;

use crate::place::{Place, Said, TINY, runs_in};

/// A small run that reads the time between events.
fn place() -> Place {
    let place = Place::new();
    let features = TINY.replace(
        "mean_len: 10)",
        "mean_len: 10), features: [Gap(log1p: true)]",
    );
    place.write(
        "tiny.ron",
        features.replace(
            "seq_len: 16",
            "seq_len: 16, features: Concat, intervals: true",
        ),
    );
    place.seqscope("train tiny.ron --runs runs").ok();
    place
}

fn ask(place: &Place, more: &[&str]) -> Said {
    place.run(&[&["predict", "last", "--runs", "runs"], more].concat())
}

/// Id of an item by its place in the list of a user.
fn next(told: &Value, place: usize) -> &str {
    told["next"][place]["item"].as_str().unwrap()
}

/// Items of the list before (or after) the edits, in order.
fn list(told: &Value, side: &str) -> Vec<String> {
    let mut listed: Vec<(u64, String)> = told["moves"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|moved| {
            let place = moved[side]["place"].as_u64().filter(|place| *place <= 10)?;
            Some((place, moved["item"].as_str().unwrap().to_owned()))
        })
        .collect();
    listed.sort();
    listed.into_iter().map(|(_, item)| item).collect()
}

#[test]
fn edits_from_the_line_and_from_a_scenario_give_the_same_numbers() {
    let place = place();
    let user = "u07";
    let plain = ask(&place, &["--user", user, "--json"]).ok().json();
    let of_list: Vec<String> = (0..10).map(|at| next(&plain, at).to_owned()).collect();
    let same = ask(
        &place,
        &["--user", user, "--item", next(&plain, 2), "--json"],
    )
    .ok()
    .json();
    assert_eq!(
        list(&same, "before"),
        of_list,
        "as it is, the list is that of predict"
    );
    assert_eq!(same["total_variation"], 0.0);
    assert_eq!(same["item"]["before"]["place"], 3);

    let insert = format!("Insert(item: \"{}\")", next(&plain, 0));
    let edits = ["--edit", "Delete(event: 1)", "--edit", &insert];
    let line = [&["--user", user, "--json"], &edits[..]].concat();
    let told = ask(&place, &line).ok().json();
    assert_eq!(list(&told, "before"), of_list);
    let gone = &told["moves"].as_array().unwrap()[9];
    assert_eq!(told["events_before"], told["events_after"]);
    assert!(told["total_variation"].as_f64().unwrap() > 0.0, "{told}");
    assert!(told["kl_divergence"].as_f64().unwrap() > 0.0);
    assert!(gone["after"]["probability"].is_number());
    assert!(
        !list(&told, "after").contains(&of_list[0]),
        "what was put in is left out as every item of the history is"
    );

    // The same edits from a file, of a user who need not be named again.
    let data = std::fs::read_to_string(
        place
            .path("runs")
            .join(&runs_in(&place.path("runs"))[0])
            .join("manifest.ron"),
    )
    .unwrap();
    let after = data.split(" fingerprint: \"").nth(1).unwrap();
    let fingerprint = after.split('"').next().unwrap();
    let scenario = format!(
        "(version: 1, user: \"{user}\", data: \"{fingerprint}\", edits: [Delete(event: 1), {insert}])"
    );
    place.write("case.ron", &scenario);
    let replayed = ask(&place, &["--scenario", "case.ron", "--json"])
        .ok()
        .json();
    assert_eq!(replayed, told);
    // Kept with the run, by its name.
    let kept = place
        .path("runs")
        .join(&runs_in(&place.path("runs"))[0])
        .join("scenarios");
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(kept.join("my case.ron"), &scenario).unwrap();
    let replayed = ask(&place, &["--scenario", "my case", "--json"])
        .ok()
        .json();
    assert_eq!(replayed, told);
    let text = ask(&place, &["--scenario", "my case"]).ok().out;
    assert!(
        text.contains("before and after 2 edits") && text.contains("total variation"),
        "{text}"
    );

    // Whoever and whatever is not meant is refused with the cure.
    let refused = |more: &[&str], words: &[&str]| drop(ask(&place, more).fails(1, words));
    refused(
        &["--user", "u08", "--scenario", "case.ron"],
        &["of another user; choose"],
    );
    place.write("other.ron", scenario.replace(fingerprint, "0"));
    refused(
        &["--scenario", "other.ron"],
        &["other data", "make it anew"],
    );
    place.write("newer.ron", scenario.replace("version: 1", "version: 9"));
    refused(&["--scenario", "newer.ron"], &["a newer Seqscope"]);
    place.write("bytes.ron", [0xff, 0xfe, 0x00]);
    refused(&["--scenario", "bytes.ron"], &["no text", "hint:"]);
    refused(&["--scenario", "nowhere.ron"], &["nowhere.ron", "hint:"]);
    refused(
        &["--scenario", "nothing"],
        &["no scenario `nothing`", "`my case`"],
    );
    let edit = |edit: &str, words: &[&str]| refused(&["--user", user, "--edit", edit], words);
    edit(
        "Delete(event: 999)",
        &["edit 1", "no event 999", "choose from 1 to"],
    );
    edit(
        "Insert(item: \"no such item\")",
        &["no item `no such item`", "such as `"],
    );
    edit("Behaviour(event: 1, behaviour: \"fly\")", &["behaviour"]);
    edit("delete 3", &["is no edit", "Delete(event: 3)"]);
    ask(&place, &["--edit", "Delete(event: 1)"]).fails(2, &["--user"]);
}

#[test]
fn the_smallest_edit_is_found_and_its_replay_changes_the_first() {
    let place = place();
    let mut n_found = 0;
    for user in ["u01", "u02", "u03"] {
        let told = ask(&place, &["--user", user, "--flip", "--json"])
            .ok()
            .json();
        let words = told["words"].as_str().unwrap();
        assert!(!told["tried"].as_array().unwrap().is_empty());
        if told["found"].is_null() {
            assert!(words.starts_with("No single deletion"), "{words}");
            continue;
        }
        n_found += 1;
        let mut line = vec!["--user", user, "--json"];
        for edit in told["found"]["edits"].as_array().unwrap() {
            line.extend(["--edit", edit.as_str().unwrap()]);
        }
        let replayed = ask(&place, &line).ok().json();
        let before = told["first"]["item"].as_str().unwrap();
        assert_eq!(list(&replayed, "before")[0], before);
        assert_ne!(list(&replayed, "after")[0], before, "{told}");
        let text = ask(&place, &["--user", user, "--flip"]).ok().out;
        assert!(
            text.contains(words) && text.contains("First then"),
            "{text}"
        );
    }
    assert!(n_found > 0, "so small a model hangs on single events");
}

#[test]
fn samples_are_drawn_by_their_seed_from_a_changed_history_too() {
    let place = place();
    let draw = |more: &[&str]| {
        let line = ["--user", "u07", "--sample", "20", "--ahead", "3", "--json"];
        ask(&place, &[&line[..], more].concat()).ok().json()
    };
    let (one, again) = (draw(&["--seed", "4"]), draw(&["--seed", "4"]));
    assert_eq!(one, again);
    assert_ne!(one["samples"], draw(&["--seed", "5"])["samples"]);
    let samples = one["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 20);
    assert!(
        samples
            .iter()
            .all(|sample| sample.as_array().unwrap().len() == 3)
    );
    // Of the nucleus of next to nothing the likeliest alone is left: the greedy path.
    let cold = draw(&["--top-p", "0.000001", "--temperature", "0.5"]);
    let line = ["--user", "u07", "--ahead", "3", "--top", "1", "--json"];
    let greedy = ask(&place, &line).ok().json();
    for sample in cold["samples"].as_array().unwrap() {
        for (drawn, list) in sample
            .as_array()
            .unwrap()
            .iter()
            .zip(greedy["ahead"].as_array().unwrap())
        {
            assert_eq!(drawn["item"], list[0]["item"]);
            assert_eq!(drawn["probability"], 1.0);
        }
    }
    let shorter = draw(&["--edit", "Delete(event: 2)"]);
    assert_eq!(shorter["edits"], 1);
    let line = ["--user", "u07", "--sample", "2", "--temperature", "0"];
    ask(&place, &line).fails(1, &["temperature is a number above 0"]);
    ask(&place, &["--user", "u07", "--top-p", "0.5"]).fails(2, &["--sample"]);
}

#[test]
fn a_search_goes_on_from_edits_and_samples_say_what_they_follow() {
    let place = place();
    let edits = ["--edit", "Delete(event: 1)", "--edit", "Delete(event: 1)"];
    let mut n_found = 0;
    for user in ["u01", "u02", "u03"] {
        let line = [&["--user", user, "--flip", "--json"], &edits[..]].concat();
        let told = ask(&place, &line).ok().json();
        assert_eq!(told["edits"], 2);
        if told["found"].is_null() {
            continue;
        }
        n_found += 1;
        let own = told["found"]["edits"].as_array().unwrap();
        let own: Vec<&str> = own.iter().map(|edit| edit.as_str().unwrap()).collect();
        let mut line = [&["--user", user, "--json"], &edits[..]].concat();
        let as_edited = ask(&place, &line).ok().json();
        assert_eq!(list(&as_edited, "after")[0], told["first"]["item"]);
        for edit in &own {
            line.extend(["--edit", edit]);
        }
        let replayed = ask(&place, &line).ok().json();
        assert_eq!(
            list(&replayed, "after")[0],
            told["found"]["listed_first"]["item"]
        );
    }
    assert!(n_found > 0);
    let line = [&["--user", "u07", "--sample", "2"], &edits[..]].concat();
    let text = ask(&place, &line).ok().out;
    assert!(
        text.contains("of user u07 after 2 edits; drawn at"),
        "{text}"
    );
    // Of 20 items, some of which are had, a thousand events cannot come.
    let text = ask(&place, &["--user", "u07", "--ahead", "1000"]).ok().out;
    assert!(text.contains("of 1000 events are foreseen"), "{text}");
    let text = ask(
        &place,
        &["--user", "u07", "--sample", "1", "--ahead", "900"],
    )
    .ok()
    .out;
    assert!(text.contains("of 900 events are foreseen"), "{text}");
}

#[test]
fn no_event_is_put_behind_the_moment_that_was_named() {
    let place = place();
    let told = ask(&place, &["--user", "u07", "--at", "now", "--json"])
        .ok()
        .json();
    let end = told["moment"].as_str().unwrap().to_owned();
    let later = "Insert(item: \"1\", time: \"2090-01-01\")"
        .replace("\"1\"", &format!("{:?}", next(&told, 0)));
    ask(&place, &["--user", "u07", "--edit", &later]).ok();
    let line = ["--user", "u07", "--at", &end, "--edit", &later];
    ask(&place, &line).fails(1, &["puts an event at 2090-01-01", "--at"]);
    let line = ["--user", "u07", "--at", &end, "--edit", "Delete(event: 1)"];
    let text = ask(&place, &line).ok().out;
    assert!(
        text.contains(&format!("of user u07 before {end}")),
        "{text}"
    );
}

/// Without the event the model is told of other gaps: what `explain` says of its removal is what
/// `predict` says after the edit.
#[test]
fn explain_and_an_edit_agree_about_an_event_away() {
    let place = place();
    let explain = |target: &str| {
        let line = [
            "explain", "last", "--runs", "runs", "--user", "u07", "--json", "--target", target,
        ];
        place.run(&line).ok().json()
    };
    let told = explain("first");
    let item = told["target"]["item"].as_str().unwrap();
    assert_eq!(explain(&format!("item:{item}"))["target"], told["target"]);
    let whole = told["target"]["log_probability"].as_f64().unwrap();
    let rows = told["tables"]["events"]["rows"].as_array().unwrap();
    assert!(rows.len() >= 3 && rows.len() < 16, "all events are read");
    let mut moved = 0;
    for (at, row) in rows.iter().enumerate() {
        let edit = format!("Delete(event: {})", at + 1);
        let line = ["--user", "u07", "--edit", &edit, "--item", item, "--json"];
        let after = ask(&place, &line).ok().json();
        let chance = after["item"]["after"]["probability"].as_f64().unwrap();
        let removal = row["removal"].as_f64().unwrap();
        assert!(
            (whole - removal - chance.ln()).abs() < 1e-4,
            "{at}: {row} {after}"
        );
        moved += usize::from(removal.abs() > 1e-3);
    }
    assert!(moved > 0);
    place
        .run(&["explain", "last", "--runs", "runs", "--user", "-5"])
        .fails(1, &["no user `-5`"]);
}
