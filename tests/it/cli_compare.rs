//! `seqscope compare`: intervals, tests, slices, seeds and trials from what runs kept; what may not
//! be compared.

use serde_json::Value;

use crate::place::{Place, TINY, runs_in};

/// A place with runs of the tiny experiment, one for each of these settings, in order.
fn trained(settings: &[&str]) -> (Place, Vec<String>) {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let mut runs: Vec<String> = Vec::new();
    for setting in settings {
        place
            .seqscope(&format!(
                "train tiny.ron --runs runs --set training.epochs=1 {setting}"
            ))
            .ok();
        let new = runs_in(&place.path("runs"))
            .into_iter()
            .find(|run| !runs.contains(run));
        runs.extend(new);
    }
    (place, runs)
}

fn compared(place: &Place, runs: &[String], more: &[&str]) -> Value {
    let names = runs.iter().map(String::as_str);
    let line: Vec<&str> = ["compare"]
        .into_iter()
        .chain(names)
        .chain(["--runs", "runs", "--json"])
        .collect();
    place.run(&[line.as_slice(), more].concat()).ok().json()
}

#[test]
fn seeds_are_compared_with_intervals_tests_and_trials() {
    let (place, runs) = trained(&["--set seed=1", "--set seed=2", "--set seed=3"]);
    let told = compared(&place, &runs, &["--each"]);
    let comparison = &told["comparison"];
    assert_eq!(
        (comparison["metric"].as_str(), comparison["level"].as_f64()),
        (Some("ndcg@10"), Some(0.95))
    );
    assert!(comparison["resamples"].as_u64() >= Some(1000));
    for (at, run) in comparison["runs"].as_array().unwrap().iter().enumerate() {
        let (value, interval) = (run["value"].as_f64().unwrap(), &run["interval"]);
        assert!(
            (value - told["runs"][at]["test"]["ndcg@10"].as_f64().unwrap()).abs() < 1e-9,
            "the mean over users"
        );
        assert!(
            interval["low"].as_f64().unwrap() <= value
                && value <= interval["high"].as_f64().unwrap()
        );
        assert_eq!(
            run["trials"], 3,
            "so many runs of this family stand behind it"
        );
        let against = &run["against_first"];
        assert_eq!(against.is_null(), at == 0);
        if at > 0 {
            let first = comparison["runs"][0]["value"].as_f64().unwrap();
            assert!((against["gain"]["mean"].as_f64().unwrap() - (value - first)).abs() < 1e-9);
            let (raw, holm) = (
                &against["randomisation"]["p"],
                &against["p_holm"]["randomisation"],
            );
            assert!(
                raw.as_f64() <= holm.as_f64() && holm.as_f64() <= Some(1.0),
                "{against}"
            );
        }
    }
    let groups = comparison["seed_groups"].as_array().unwrap();
    assert_eq!(
        (groups.len(), &groups[0]["of"]["n_runs"]),
        (1, &Value::from(3))
    );

    let names: Vec<&str> = runs.iter().map(String::as_str).collect();
    let text = place
        .run(
            &[
                &["compare", "--each"],
                names.as_slice(),
                &["--runs", "runs"],
            ]
            .concat(),
        )
        .ok()
        .out;
    for words in [
        "bootstrap resamples",
        "by Holm over all 6 differences",
        "p by Holm over 6",
        "Over 3 seeds",
        "d_z",
        "p flips",
        "p ranks",
        "Trials",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
    let by = compared(&place, &runs, &["--metric", "HR@10"]);
    assert_eq!(by["comparison"]["metric"], "hr@10");
    // What the figures may be trusted with: three seeds, and a split that is told of.
    let check = |run: &Value, name: &str| {
        let checks = run["trust"]["checks"].as_array().unwrap().clone();
        let check = checks.into_iter().find(|check| check["check"] == name);
        check.unwrap()["mark"].as_str().unwrap().to_owned()
    };
    for run in told["runs"].as_array().unwrap() {
        assert_eq!(check(run, "Seeds"), "held");
        assert_eq!(check(run, "Test"), "held");
    }
    let trust = ["--runs", "runs", "--table", "trust", "--format", "markdown"];
    let table = place
        .run(&[&["compare", names[0]], &trust[..]].concat())
        .ok()
        .out;
    assert!(
        table.contains("| Seeds | held |") && table.contains("| In all |"),
        "{table}"
    );
    place
        .run(&["compare", names[0], "--metric", "auc", "--runs", "runs"])
        .fails(1, &["auc", "ndcg@10"]);
}

#[test]
fn a_changed_split_is_refused_with_the_reason() {
    let (place, runs) = trained(&[
        "--set seed=3",
        "--set split=PerUserTemporal",
        "--set evaluation.candidates=5",
    ]);
    let told = compared(&place, &runs, &[]);
    let why = |at: usize| {
        told["comparison"]["runs"][at]["against_first"]["not_compared"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (why(1), why(2)),
        ("other split".to_owned(), "other candidates".to_owned())
    );
    let text = place
        .run(&["compare", &runs[0], &runs[1], "--runs", "runs"])
        .ok();
    assert!(
        text.out.contains("not compared: other split"),
        "{}",
        text.out
    );
    assert!(text.err.contains("is not comparable with"), "{}", text.err);

    let sampled = &told["runs"][2]["test_sampled"];
    assert_eq!(sampled["candidates"], 5);
    let (few, full) = (
        &sampled["metrics"]["hr@10"],
        &told["runs"][2]["test"]["hr@10"],
    );
    assert_eq!(
        few.as_f64(),
        Some(1.0),
        "among six items everyone is in the first ten"
    );
    assert!(
        full.as_f64() < Some(1.0),
        "the full value stands beside: {full}"
    );
    let text = place.run(&["compare", &runs[2], "--runs", "runs"]).ok().out;
    assert!(text.contains("among 5 sampled items, seed 0"), "{text}");
}

#[test]
fn one_run_alone_is_told_by_slices() {
    let (place, runs) = trained(&["--set seed=3"]);
    let told = compared(&place, &runs, &[]);
    let slices = told["runs"][0]["slices"].as_array().unwrap();
    for by in ["history length", "popularity decile", "cold or warm"] {
        let users: u64 = slices
            .iter()
            .filter(|s| s["by"] == by)
            .map(|s| s["users"].as_u64().unwrap())
            .sum();
        let whole: f64 = slices
            .iter()
            .filter(|s| s["by"] == by)
            .map(|s| s["value"].as_f64().unwrap() * s["users"].as_f64().unwrap())
            .sum();
        assert!(users > 0, "{by}");
        let all = told["runs"][0]["test"]["ndcg@10"].as_f64().unwrap();
        assert!(
            (whole / users as f64 - all).abs() < 1e-9,
            "the slices of {by} add up to all"
        );
    }
    assert!(
        told["runs"][0]["lists"]["coverage@10"]
            .as_f64()
            .is_some_and(|share| (0.0..=1.0).contains(&share))
    );
    let text = place.run(&["compare", &runs[0], "--runs", "runs"]).ok().out;
    assert!(
        text.contains("by slice") && text.contains("most popular"),
        "{text}"
    );
}

/// Named twice it is one run, not two seeds; and a run of another task has no figures by the first
/// one's metrics.
#[test]
fn what_is_not_comparable_has_no_gain_and_a_run_named_twice_counts_once() {
    let behaviours = "--set task=NextBehaviour --set data.kind=Funnel";
    let (place, runs) = trained(&[
        "--set seed=3",
        "--set seed=4 --set evaluation.filter_seen=false",
        behaviours,
    ]);
    let twice = compared(&place, &[runs[0].clone(), runs[0].clone()], &[]);
    assert_eq!(twice["runs"].as_array().unwrap().len(), 1);
    let told = compared(&place, &runs, &[]);
    assert_eq!(
        told["not_comparable"].as_array().unwrap().len(),
        2,
        "{told}"
    );
    assert!(told["comparison"]["runs"][2]["value"].is_null(), "{told}");
    let names: Vec<&str> = runs.iter().map(String::as_str).collect();
    let text = place
        .run(&[&["compare"], names.as_slice(), &["--runs", "runs"]].concat())
        .ok()
        .out;
    assert!(
        text.contains("not compared: seen items ranked in one") && !text.contains("by Holm over 0"),
        "{text}"
    );
    let measured = text
        .split("Every metric on test")
        .nth(1)
        .unwrap()
        .split("Settings that differ")
        .next()
        .unwrap();
    let of = |run: &str, metric: &str| {
        measured
            .lines()
            .any(|line| line.contains(run) && line.starts_with(metric))
    };
    assert!(
        of(&runs[1], "NDCG@10") && !of(&runs[2], "NDCG@10") && of(&runs[2], "Accuracy"),
        "{measured}"
    );
}

/// What a model is told of each event beside its item is a choice like another; the questions are
/// the same.
#[test]
fn a_run_with_features_may_stand_beside_one_without() {
    let (place, runs) = trained(&["--set seed=3", "--set data.features=[Gap(log1p:true)]"]);
    let told = compared(&place, &runs, &[]);
    assert_eq!(told["comparison"]["runs"].as_array().unwrap().len(), 2);
    assert!(
        !told["comparison"]["runs"][1]["against_first"].is_null(),
        "{told}"
    );
}

/// The tables that the terminal shows, for a paper, a README and other programs.
#[test]
fn a_comparison_is_written_as_latex_markdown_and_csv() {
    let (place, runs) = trained(&["--set seed=1", "--set seed=2"]);
    let written = |more: &str| {
        let line = format!("compare {} {} --each --runs runs {more}", runs[0], runs[1]);
        place.seqscope(&line)
    };
    let latex = written("--format latex").ok().out;
    assert_eq!(latex.matches(r"\toprule").count(), 6, "{latex}");
    for words in [
        r"\caption{NDCG@10 on test by user: 95 \% intervals",
        &format!(r"\texttt{{{}}}", runs[0].replace('_', r"\_")),
        r"\label{tab:settings}",
        r"\label{tab:trust-differences}",
    ] {
        assert!(latex.contains(words), "`{words}` in {latex}");
    }
    let markdown = written("--format markdown --table runs").ok().out;
    assert!(markdown.contains("| :--- | :--- | ---: |"), "{markdown}");

    let csv = written("--format csv --table metrics").ok().out;
    let told = compared(&place, &runs, &["--each"]);
    let heading = "metric,run,value,interval_low,interval_high,gain,gain_interval_low,\
                   gain_interval_high,relative,relative_interval_low,relative_interval_high,d_z,\
                   p_flips,p_ranks,note";
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((lines[0], lines.len()), (heading, 7), "{csv}");
    let first = &told["metrics"][0]["values"][0]["value"];
    assert_eq!(
        lines[1].split(',').nth(2).unwrap().parse::<f64>().ok(),
        first.as_f64(),
        "all digits"
    );
    written("--format csv").fails(1, &["CSV holds one table", "--table runs"]);
    assert_eq!(written("--format json").ok().json(), told);
}

/// Rank by user, as a run's own table has it.
fn ranks(place: &Place, run: &str) -> Vec<(String, String, f64)> {
    let store = seqscope::run::RunStore::at(place.path("runs"));
    let id = seqscope::run::RunId(run.to_owned());
    let results = store.results(&id, seqscope::run::Part::Test);
    let results = results.unwrap().unwrap().into_iter();
    results
        .map(|row| (row.user_id, row.item_id, row.rank))
        .collect()
}

#[test]
fn users_are_listed_by_the_size_of_the_disagreement() {
    let (place, runs) = trained(&["--set seed=1", "--set seed=2", "--set seed=3"]);
    let line = |more: &str| format!("compare {} {} --runs runs {more}", runs[0], runs[1]);
    let csv = place
        .seqscope(&line("--users disagreement --format csv"))
        .ok()
        .out;
    let (a, b) = (ranks(&place, &runs[0]), ranks(&place, &runs[1]));
    let mut slow: Vec<(f64, usize)> = Vec::new();
    for (at, (user, _, rank)) in a.iter().enumerate() {
        let (_, _, other) = b.iter().find(|(other, ..)| other == user).unwrap();
        // 1 − ⅔ and ⅔ − ⅓ are one size, whatever is lost by rounding.
        let size = ((1.0 / rank - 1.0 / other).abs() * 1e12).round();
        if size > 0.0 {
            slow.push((-size, at));
        }
    }
    slow.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let users: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    let expected: Vec<&str> = slow.iter().map(|(_, at)| a[*at].0.as_str()).collect();
    assert_eq!(users, expected, "{csv}");
    let told = place
        .seqscope(&line("--users log --seeds --by probability --top 5 --json"))
        .ok()
        .json();
    assert_eq!(told["runs"][0].as_array().unwrap().len(), 3, "{told}");
    assert_eq!(told["by"], "log-probability");
    assert_eq!(told["table"]["rows"].as_array().unwrap().len(), 5);
    // Either side is the mean of all three seeds, so nobody is apart.
    assert_eq!(told["differ"], 0, "{told}");
    place
        .seqscope(&format!(
            "compare {} --runs runs --users disagreement",
            runs[0]
        ))
        .fails(1, &["two runs", "name two different runs"]);
    place
        .seqscope(&line("--pseudonyms"))
        .fails(1, &["--pseudonyms", "--users disagreement"]);
    let hidden = place
        .seqscope(&line("--users log --pseudonyms --format csv"))
        .ok()
        .out;
    assert!(
        hidden.lines().skip(1).all(|line| line.starts_with("u-")),
        "{hidden}"
    );
}
