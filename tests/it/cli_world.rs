//! Worlds on the command line: their rules and optimum, before a run and beside its results.

use crate::place::{Place, TINY, trained};

#[test]
fn a_world_tells_its_rules_and_its_optimum() {
    let place = Place::new();
    let told = place.seqscope("data --world LongRange").ok().out;
    for words in [
        "Long-range cue (LongRange)",
        "5 steps back",
        "data.lag = 5",
        "600 users, 40 items",
        "0.8050",
    ] {
        assert!(told.contains(words), "`{words}` in {told}");
    }
    assert!(
        !told.contains("data.delay"),
        "only what this world has: {told}"
    );
    let json = place
        .seqscope("data --world long-range --set lag=8 --set data.n_users=50 --json")
        .ok()
        .json();
    assert_eq!(
        (&json["world"], &json["settings"]["lag"], &json["users"]),
        (&"LongRange".into(), &"8".into(), &50.into())
    );
    // Every history is longer than eight events, so the best guess is right with 0.8 + 0.2 / 40.
    let best = json["optimum"]["seen_ranked"]["hr@1"].as_f64().unwrap();
    assert!((best - 0.805).abs() < 1e-9, "{best}");
}

#[test]
fn a_world_that_is_not_there_and_a_setting_of_another_are_told_with_the_cure() {
    let place = Place::new();
    place
        .seqscope("data --world LongRnge")
        .fails(2, &["did you mean `LongRange`?"]);
    place
        .seqscope("data --world Mars")
        .fails(2, &["choose one of Series, MarkovChain"]);
    place
        .seqscope("data --world Funnel --set lag=8")
        .fails(1, &["`lag` is a setting of the world LongRange"]);
    place
        .seqscope("data --world Funnel --set delay")
        .fails(1, &["`--set delay` lacks its value"]);
    place
        .seqscope("data --world Funnel --set delay=0")
        .fails(1, &["Delay is 0; choose a whole number from 1 to 100"]);
    place.seqscope("data").fails(2, &["FILE"]);
    place
        .seqscope("data log.csv --world Funnel")
        .fails(2, &["cannot be used with"]);
}

#[test]
fn describe_shows_each_world_with_its_own_settings() {
    let place = Place::new();
    let told = place.seqscope("describe funnel").ok().out;
    assert!(
        told.contains("World: View, cart, buy") && told.contains("data.delay = 3"),
        "{told}"
    );
    assert!(!told.contains("data.lag"), "{told}");
    let toosmall = place.seqscope("describe toosmall").ok().out;
    assert!(
        toosmall.contains("data.n_users = 30"),
        "each world has defaults of its own: {toosmall}"
    );
}

#[test]
fn the_optimum_stands_beside_the_references_of_a_run() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let told = place
        .seqscope("train tiny.ron --set data.kind=Funnel --set evaluation.filter_seen=false")
        .ok();
    assert!(told.out.contains("Best possible"), "{}", told.out);
    let json = place.seqscope("train tiny.ron --json").ok().json();
    let best = json["optimum"]["hr@1"].as_f64().unwrap();
    assert!(best > 0.7 && best < 0.9, "{best}");
    // It is kept with the run: the manifest says it without the program.
    let folder = trained().path("runs");
    let run = crate::place::runs_in(&folder).pop().unwrap();
    let manifest = std::fs::read_to_string(folder.join(run).join("manifest.ron")).unwrap();
    assert!(
        manifest.contains("optimum") && manifest.contains("seen_left_out"),
        "{manifest}"
    );
}

#[test]
fn people_who_come_back_are_not_judged_as_if_they_did_not() {
    let place = Place::new();
    place.write("tiny.ron", TINY.replace("World(", "World(kind: Commuter, "));
    let told = place.seqscope("check tiny.ron").ok().out;
    assert!(
        told.contains("Follows the log: seen items are ranked too")
            && told.contains("test targets ("),
        "{told}"
    );
    place.write(
        "tiny.ron",
        TINY.replace("World(", "World(kind: Commuter, ")
            .replace("seed: 3", "evaluation: (filter_seen: true)"),
    );
    let told = place.seqscope("check tiny.ron").ok().out;
    assert!(
        told.contains("warning: evaluation.filter_seen")
            && told.contains("is a miss for any model"),
        "{told}"
    );
}
