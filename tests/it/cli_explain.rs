//! `seqscope explain`: which events moved an answer.

use crate::place::trained;

#[test]
fn an_answer_is_explained_by_every_method_that_the_model_has() {
    let place = trained();
    let explain = |rest: &str| place.seqscope(&format!("explain {rest} --runs runs"));
    let told = explain("tiny --user u03 --json").ok().json();
    let events = told["tables"]["events"]["rows"].as_array().unwrap();
    let n_events = told["events_seen"].as_u64().unwrap() as usize;
    assert_eq!(events.len(), n_events.min(16), "{told}");
    // As removal says, so is the sentence about it.
    let predicted = place
        .seqscope("predict tiny --user u03 --runs runs --json")
        .ok()
        .json();
    assert_eq!(told["target"]["item"], predicted["next"][0]["item"]);
    let chance = |value: &serde_json::Value| value.as_f64().unwrap();
    let (ours, theirs) = (
        chance(&told["target"]["probability"]),
        chance(&predicted["next"][0]["probability"]),
    );
    assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
    for method in [
        "removal",
        "gradient_input",
        "integrated_gradients",
        "attention",
        "rollout",
    ] {
        assert!(
            events.iter().all(|row| row[method].is_number()),
            "{method}: {told}"
        );
    }
    let integrated: f64 = events
        .iter()
        .map(|row| row["integrated_gradients"].as_f64().unwrap())
        .sum();
    assert!(integrated.is_finite() && told["completeness_gap"].as_f64().unwrap().abs() < 0.05);

    let text = explain("tiny --user u03").ok().out;
    for words in [
        "What moved the answer",
        "Integrated gradients take 64 steps",
        "Agreement of the methods",
        "Probability of the target as events go",
        "Random order",
    ] {
        assert!(text.contains(words), "`{words}` in: {text}");
    }
    let csv = explain("tiny --user u03 --table agreement --format csv")
        .ok()
        .out;
    assert!(csv.starts_with("method,other,spearman,kendall\n"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 5 * 4 / 2);
    let lstm = explain("recurrent --user u03 --before 4 --target true")
        .ok()
        .out;
    assert!(
        lstm.contains("This model gives no attention weights."),
        "{lstm}"
    );
    assert!(
        lstm.contains("With 3 events there is too little to tell"),
        "{lstm}"
    );
}

/// The map of the one user says what the maps of all do: a single head's shares add up to 1.
#[test]
fn the_heads_are_told_on_the_whole() {
    let place = trained();
    let told = place
        .seqscope("explain tiny --runs runs --heads=7 --json")
        .ok()
        .json();
    assert_eq!(told["users"], 7);
    let rows = told["tables"]["places"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "one layer of one head: {told}");
    let shares = rows[0].as_object().unwrap();
    let sum: f64 = shares
        .iter()
        .filter(|(key, _)| key.starts_with("back_"))
        .map(|(_, share)| share.as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-4, "{told}");
    let evenness = shares["evenness"].as_f64().unwrap();
    assert!((0.0..=1.0 + 1e-6).contains(&evenness), "{evenness}");
    let text = place.seqscope("explain tiny --runs runs --heads").ok().out;
    assert!(text.contains("mean over 60 users"), "{text}");
    place
        .seqscope("explain recurrent --runs runs --heads")
        .fails(1, &["no attention", "family with attention"]);
}

#[test]
fn a_wrong_question_gets_one_sentence_with_the_cure() {
    let place = trained();
    let fails = |rest: &str, words: &[&str]| {
        place
            .seqscope(&format!("explain tiny --runs runs {rest}"))
            .fails(1, words);
    };
    fails("--user nobody", &["no user `nobody`"]);
    fails("--user u03 --target nothing", &["no item `nothing`"]);
    fails("--user u03 --target true", &["no true item", "name one"]);
    fails(
        "--user u03 --before 1",
        &["No event comes before", "choose a later moment"],
    );
    fails(
        "--user u03 --before 9999",
        &["none of number 9999", "--before"],
    );
}
