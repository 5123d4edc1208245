//! Recommendation lists and forecasts of counts on the command line.

use std::fmt::Write as _;

use crate::place::{Place, TINY, runs_in, trained};

fn run_of(place: &Place) -> String {
    runs_in(&place.path("runs"))[0].clone()
}

/// The second user of the world, whom every list here is for.
fn user(place: &Place) -> String {
    let run = run_of(place);
    let said = place
        .run(&[
            "predict",
            &run,
            "--user",
            "<no such user at all>",
            "--runs",
            "runs",
        ])
        .fails(1, &["hint:"]);
    said.err
        .lines()
        .last()
        .unwrap()
        .split('`')
        .nth(3)
        .unwrap()
        .to_owned()
}

#[test]
fn a_list_is_the_weighted_mean_of_its_voices() {
    let place = trained();
    let (run, user) = (run_of(place), user(place));
    let asked = [
        "recommend",
        &run,
        "--user",
        &user,
        "--blend",
        "popularity=0.2,itemknn=0.1",
        "--top",
        "5",
        "--runs",
        "runs",
    ];
    let told = place.run(&[&asked[..], &["--json"]].concat()).ok().json();
    let items = told["items"].as_array().unwrap();
    assert_eq!(items.len(), 5);
    let weights: Vec<f64> = ["model", "popularity", "item-knn"]
        .map(|name| told["blend"][name].as_f64().unwrap())
        .to_vec();
    assert!(
        weights
            .iter()
            .zip([1.0, 0.2, 0.1])
            .all(|(got, wanted)| (got - wanted / 1.3).abs() < 1e-12),
        "{weights:?}"
    );
    for item in items.iter().filter(|item| !item["cold"].as_bool().unwrap()) {
        let parts =
            ["model", "popularity", "item-knn"].map(|name| item["parts"][name].as_f64().unwrap());
        let mean: f64 = parts
            .iter()
            .zip(&weights)
            .map(|(part, weight)| part * weight)
            .sum();
        assert!(
            (item["score"].as_f64().unwrap() - mean).abs() < 1e-9,
            "{item}"
        );
        assert!(
            parts.iter().all(|part| (0.0..=1.0).contains(part)),
            "{item}"
        );
    }
    let scores: Vec<f64> = items
        .iter()
        .map(|item| item["score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let text = place.run(&asked).ok().out;
    for words in [
        "77 % ",
        " + 15 % Popularity + 8 % Item-kNN",
        "seen items left out",
        "item-knn",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
}

#[test]
fn the_model_alone_lists_what_predict_does() {
    let place = trained();
    let (run, user) = (run_of(place), user(place));
    let of = |command: &str| {
        place
            .run(&[command, &run, "--user", &user, "--runs", "runs", "--json"])
            .ok()
            .json()
    };
    let ids = |list: &serde_json::Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|item| item["item"].as_str().unwrap().to_owned())
            .collect()
    };
    let (listed, foreseen) = (of("recommend"), of("predict"));
    assert_eq!(ids(&listed["items"]), ids(&foreseen["next"]));
    // Both say over what a probability is, and say the same.
    assert_eq!(
        (&listed["probability_over"], &foreseen["probability_over"]),
        (&"all items".into(), &"all items".into())
    );
    for (a, b) in listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(foreseen["next"].as_array().unwrap())
    {
        let (a, b) = (
            a["probability"].as_f64().unwrap(),
            b["probability"].as_f64().unwrap(),
        );
        assert!((a - b).abs() < 1e-6, "{a} and {b}");
    }
}

/// A model that learnt with features is asked with them.
#[test]
fn the_model_alone_lists_what_predict_does_with_features_too() {
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
    let (run, user) = (run_of(&place), user(&place));
    let of = |command: &str| {
        place
            .run(&[command, &run, "--user", &user, "--runs", "runs", "--json"])
            .ok()
            .json()
    };
    let (listed, foreseen) = (of("recommend"), of("predict"));
    let (listed, foreseen) = (
        listed["items"].as_array().unwrap(),
        foreseen["next"].as_array().unwrap(),
    );
    assert!(
        listed.len() == 10
            && listed
                .iter()
                .zip(foreseen)
                .all(|(a, b)| a["item"] == b["item"])
    );
}

#[test]
fn seen_items_come_in_only_when_they_are_asked_for() {
    let place = trained();
    let (run, user) = (run_of(place), user(place));
    let list = |seen: &str| {
        let asked = [
            "recommend",
            &run,
            "--user",
            &user,
            "--seen",
            seen,
            "--blend",
            "repeat-last=100",
            "--top",
            "3",
        ];
        place
            .run(&[&asked[..], &["--runs", "runs", "--json"]].concat())
            .ok()
            .json()
    };
    let (within, without) = (list("include"), list("exclude"));
    assert_eq!(
        (
            within["seen_left_out"].as_bool(),
            without["seen_left_out"].as_bool()
        ),
        (Some(false), Some(true))
    );
    // The last event is first of all that the user had, and is not in the list without it.
    let first = |list: &serde_json::Value| list["items"][0]["item"].as_str().unwrap().to_owned();
    assert_eq!(
        within["items"][0]["parts"]["repeat-last"].as_f64(),
        Some(1.0)
    );
    let others: Vec<&serde_json::Value> = without["items"].as_array().unwrap().iter().collect();
    assert!(
        others
            .iter()
            .all(|item| item["item"].as_str() != Some(&first(&within))),
        "{without}"
    );
}

#[test]
fn a_new_user_gets_recent_popularity_and_is_told_so() {
    let place = trained();
    let run = run_of(place);
    let slip = format!("{}x", user(place));
    let text = place
        .run(&["recommend", &run, "--user", &slip, "--runs", "runs"])
        .ok()
        .out;
    for words in [
        "By recent popularity, for a new user",
        "have no user",
        "did you mean",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
    let told = place
        .run(&[
            "recommend",
            &run,
            "--user",
            "nobody",
            "--runs",
            "runs",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(
        (told["fallback"].as_str(), told["user"].is_null()),
        (Some("recent-popularity"), true)
    );
}

#[test]
fn what_cannot_be_listed_gets_one_sentence_with_the_cure() {
    let place = trained();
    let (run, user) = (run_of(place), user(place));
    let fails = |more: &[&str], words: &[&str]| {
        let said = place
            .run(
                &[
                    &["recommend", &run, "--user", &user, "--runs", "runs"][..],
                    more,
                ]
                .concat(),
            )
            .fails(1, words);
        assert!(said.out.is_empty());
    };
    fails(
        &["--top", "999999"],
        &["the catalogue has", "choose from 1 to"],
    );
    fails(&["--top", "0"], &["choose from 1 to"]);
    fails(
        &["--blend", "popularity=-1"],
        &["the weight of popularity is -1", "0 on"],
    );
    fails(
        &["--blend", "popularty=1"],
        &["no reference `popularty`", "did you mean `popularity`"],
    );
    fails(
        &["--blend", "popularity=much"],
        &["`much` is no weight", "popularity=0.2"],
    );
    fails(
        &["--blend", "popularity"],
        &["lacks its value", "popularity=VALUE"],
    );
    fails(&["--blend", "model=0"], &["every weight"]);
}

/// A log of 20 weeks with three events on Mondays and one on every other day.
fn weekly(place: &Place) {
    let mut log = String::from("user,item,time\n");
    // 1970-01-05 was a Monday.
    for day in 4..4 + 140_i64 {
        let n = if (day - 4) % 7 == 0 { 3 } else { 1 };
        for event in 0..n {
            writeln!(
                log,
                "u{},i{},{}",
                day % 3,
                event,
                1_000_000_000 - 1_000_000_000 % 86_400 + day * 86_400 + event
            )
            .unwrap();
        }
    }
    place.write("weekly.csv", log);
}

#[test]
fn a_forecast_stands_beside_the_naive_one_and_sees_the_season() {
    let place = Place::new();
    weekly(&place);
    let told = place
        .seqscope("forecast weekly.csv --period day --horizon 3 --held-out 14 --json")
        .ok()
        .json();
    let named = |name: &str| {
        let all = told["forecasts"].as_array().unwrap();
        all.iter()
            .find(|forecast| forecast["name"] == name)
            .unwrap_or_else(|| panic!("{name} in {told}"))
            .clone()
    };
    assert_eq!(told["counts"].as_array().unwrap().len(), 140);
    // Each week has one day of 3 after and before days of 1: naive is off by 2 twice a week.
    assert!(
        (named("naive")["mae"].as_f64().unwrap() - 4.0 / 7.0).abs() < 1e-9,
        "{told}"
    );
    assert!(named("seasonal-naive")["mae"].as_f64().unwrap() < 1e-9);
    assert!(
        named("ar")["mae"].as_f64().unwrap() < 0.1,
        "AR with seven lags knows a week: {told}"
    );
    for forecast in told["forecasts"].as_array().unwrap() {
        assert_eq!(forecast["next"].as_array().unwrap().len(), 3);
        for band in forecast["next"].as_array().unwrap() {
            let [low, mean, high] =
                ["low", "mean", "high"].map(|name| band[name].as_f64().unwrap());
            assert!(0.0 <= low && low <= mean && mean <= high, "{forecast}");
        }
    }
    let text = place.seqscope("forecast weekly.csv --period week").ok().out;
    for words in [
        "whole weeks",
        "MAE",
        "Naive",
        "ARIMA(",
        "left out",
        "bounds of 95 %",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
}

#[test]
fn what_cannot_be_forecast_gets_one_sentence_with_the_cure() {
    let place = Place::new();
    weekly(&place);
    place.write("timeless.csv", "user,item\na,x\na,y\nb,x\n");
    place
        .seqscope("forecast timeless.csv")
        .fails(1, &["has no times", "--time"]);
    place
        .seqscope("forecast weekly.csv --period month")
        .fails(1, &["too few for a forecast", "shorter period"]);
    place
        .seqscope("forecast weekly.csv --period day --held-out 139")
        .fails(1, &["cannot be held out", "1 to 132"]);
    place
        .seqscope("forecast weekly.csv --behaviour buy")
        .fails(1, &["no behaviour `buy`", "leave `--behaviour` out"]);
    place
        .seqscope("forecast nothing.csv")
        .fails(1, &["nothing.csv"]);
}
