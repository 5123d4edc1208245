//! `seqscope rules`: a tree that imitates a run, and what follows what.

use crate::place::trained;

#[test]
fn the_rules_of_a_run_are_told_in_every_form() {
    let place = trained();
    let rules = |rest: &str| place.seqscope(&format!("rules {rest} --runs runs"));
    let told = rules("tiny --format json").ok().json();
    let tables = told.as_array().unwrap();
    let keys: Vec<&str> = tables.iter().map(|t| t["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["fidelity", "tree", "rules", "bigrams"], "{told}");
    let held_out = &tables[0]["rows"][0];
    let share = held_out["fidelity"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&share), "{held_out}");
    // Every user that the tree was grown on comes to one rule, and so does every one held out.
    let sum = |key: &str| -> u64 {
        let rows = tables[2]["rows"].as_array().unwrap();
        rows.iter().map(|row| row[key].as_u64().unwrap()).sum()
    };
    assert_eq!(sum("held_out"), held_out["n"].as_u64().unwrap());
    assert_eq!(sum("users"), tables[0]["rows"][1]["n"].as_u64().unwrap());
    assert_eq!(
        rules("tiny --format json").ok().json(),
        told,
        "the same seed, the same rules"
    );

    let text = rules("tiny --tree --depth 2").ok().out;
    for words in [
        "How well the tree imitates the model",
        "held out",
        "all users",
        "The rules",
    ] {
        assert!(text.contains(words), "`{words}` in: {text}");
    }
    assert!(!text.contains("What follows what"), "{text}");
    let csv = rules("tiny --bigrams --min-support 2 --format csv")
        .ok()
        .out;
    assert!(
        csv.starts_with("after,comes,support,users,confidence,lift,"),
        "{csv}"
    );
    assert!(csv.lines().count() > 1, "{csv}");
    let rows = rules("tiny --bigrams --min-support 2 --min-confidence 0 --rules 3")
        .ok()
        .out;
    assert!(rows.contains("Not listed:"), "{rows}");
}

#[test]
fn what_a_run_lacks_for_rules_is_said_with_the_cure() {
    let place = trained();
    let rules = |rest: &str| place.seqscope(&format!("rules {rest} --runs runs"));
    rules("tiny --by colour").fails(1, &["no such column", "choose"]);
    rules("tiny --tree --bigrams").fails(2, &["--bigrams"]);
    rules("tiny --min-confidence 2").fails(1, &["from 0 to 1"]);
    rules("tiny --tree --table bigrams").fails(1, &["leave `--table` out"]);
    rules("tiny --format csv").fails(1, &["CSV holds one table"]);
}
