//! `seqscope compare` with the references that ran beside a run, what is claimed of it, and every
//! metric of other tasks.

use serde_json::Value;
use strum::IntoEnumIterator as _;

use seqscope::baseline::BaselineKind;
use seqscope::baseline::task::TaskReference;
use seqscope::metric::AnswerKind;
use seqscope::spec::Entry;

use crate::place::{Place, runs_in, trained};

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

/// What must hold of every difference, whoever's it is.
#[track_caller]
fn assert_sound(row: &Value) {
    let (value, than, gain) = (
        number(&row["value"]),
        number(&row["than"]),
        number(&row["gain"]),
    );
    let is_error = ["mae", "rmse", "brier", "log_loss"].contains(&row["metric"].as_str().unwrap());
    let wanted = if is_error { than - value } else { value - than };
    assert!((gain - wanted).abs() < 1e-12, "{row}");
    let interval = &row["gain_interval"];
    assert!(
        number(&interval["low"]) <= gain && gain <= number(&interval["high"]),
        "{row}"
    );
    if than > 0.0 {
        assert!(
            (number(&row["relative"]) - wanted / than).abs() < 1e-12,
            "{row}"
        );
        let relative = &row["relative_interval"];
        if !relative.is_null() {
            assert!(
                number(&relative["low"]) <= wanted / than
                    && wanted / than <= number(&relative["high"]),
                "{row}"
            );
        }
    }
    if row["effect"].is_null() {
        assert!(
            ["auc", "pr_auc", "f1", "f1_macro", "rmse"].contains(&row["metric"].as_str().unwrap()),
            "{row}"
        );
        return;
    }
    assert!(
        (number(&row["effect"]["mean"]) - gain).abs() < 1e-9,
        "{row}"
    );
    for test in ["randomisation", "wilcoxon"] {
        let (raw, holm) = (number(&row[test]["p"]), number(&row["p_holm"][test]));
        assert!(
            (0.0..=1.0).contains(&raw) && raw <= holm && holm <= 1.0,
            "{row}"
        );
    }
}

#[test]
fn a_run_alone_is_held_against_its_references() {
    let place = trained();
    let run = &runs_in(&place.path("runs"))[0];
    let told = place
        .run(&["compare", run, "--runs", "runs", "--json"])
        .ok()
        .json();
    let found = &told["references"][0];
    assert_eq!(
        (
            found["run"].as_str(),
            found["claims"].as_array().map(Vec::len)
        ),
        (Some(run.as_str()), Some(0))
    );
    let rows = found["rows"].as_array().unwrap();
    for metric in AnswerKind::Ranking.compared() {
        let of: Vec<&Value> = rows
            .iter()
            .filter(|row| row["metric"] == metric.name())
            .collect();
        let mut names: Vec<&str> = of
            .iter()
            .map(|row| row["reference"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        let mut wanted: Vec<String> = BaselineKind::iter().map(|kind| kind.to_string()).collect();
        wanted.sort_unstable();
        assert_eq!(names, wanted, "every reference by {}", metric.name());
        assert!(
            of.is_sorted_by(|a, b| number(&a["than"]) >= number(&b["than"])),
            "the best reference first"
        );
        let own = &told["metrics"][0]["values"];
        let own = own
            .as_array()
            .unwrap()
            .iter()
            .find(|of| of["metric"] == metric.name())
            .unwrap();
        assert!(of.iter().all(|row| row["value"] == own["value"]) && number(&own["value"]) <= 1.0);
        let interval = &own["interval"];
        assert!(
            number(&interval["low"]) <= number(&own["value"])
                && number(&own["value"]) <= number(&interval["high"])
        );
    }
    rows.iter().for_each(assert_sound);
    assert_eq!(told["metrics"][0]["against_first"], Value::Null);

    let text = place.run(&["compare", run, "--runs", "runs"]).ok().out;
    for words in [
        "against its references on test",
        "bootstrap resamples",
        "by Holm over 30",
        "Relative",
        "Windowed Markov chain",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
}

#[test]
fn what_is_claimed_is_answered_with_the_interval_of_the_relative_difference() {
    let place = trained();
    let runs = runs_in(&place.path("runs"));
    let line = [
        "compare",
        &runs[0],
        &runs[1],
        "--runs",
        "runs",
        "--claim",
        "HR@1=10",
        "--claim",
        "recall@10=-99.5%",
    ];
    let told = place.run(&[&line[..], &["--json"]].concat()).ok().json();
    let references = told["references"].as_array().unwrap();
    assert_eq!(references.len(), 2, "a claim is of every run");
    for of_run in references {
        let claims = of_run["claims"].as_array().unwrap();
        assert_eq!(
            (claims[0]["metric"].as_str(), number(&claims[0]["percent"])),
            (Some("hr@1"), 10.0)
        );
        for claim in claims {
            let rows = of_run["rows"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| row["metric"] == claim["metric"]);
            let best = rows
                .max_by(|a, b| number(&a["than"]).total_cmp(&number(&b["than"])))
                .unwrap();
            assert_eq!(
                (&claim["relative"], &claim["relative_interval"]),
                (&best["relative"], &best["relative_interval"])
            );
            let (low, high) = (
                number(&claim["relative_interval"]["low"]),
                number(&claim["relative_interval"]["high"]),
            );
            let least = number(&claim["percent"]) / 100.0;
            let wanted = if low >= least {
                "shown"
            } else if high < least {
                "refuted"
            } else {
                "open"
            };
            assert_eq!(claim["verdict"], wanted, "{claim}");
        }
        assert_eq!(
            claims[1]["verdict"], "shown",
            "anything is better than .5 % of the reference: {}",
            claims[1]
        );
    }
    let text = place.run(&line).ok().out;
    assert_eq!(
        text.matches("Claim that HR@1 is at least 10 % better than every reference's: ")
            .count(),
        2,
        "{text}"
    );
    assert!(
        text.contains("95 % interval") && text.contains(": shown. Against the best, "),
        "{text}"
    );
    // Without a claim, several runs are held against each other alone.
    let several = place
        .run(&["compare", &runs[0], &runs[1], "--runs", "runs"])
        .ok()
        .out;
    assert!(!several.contains("against its references"), "{several}");
    assert!(
        place
            .run(&[
                "compare",
                &runs[0],
                &runs[1],
                "--runs",
                "runs",
                "--references"
            ])
            .ok()
            .out
            .contains("against its references")
    );

    for (claim, words) in [
        ("hr@1", &["`--claim hr@1`", "hr@1=10"][..]),
        ("hr@1=much", &["no number of percent"]),
        ("auc=10", &["`auc` is no metric of this task", "recall@10"]),
        ("coverage@10=10", &["`coverage@10`", "hr@1"]),
    ] {
        place
            .run(&["compare", &runs[0], "--runs", "runs", "--claim", claim])
            .fails(1, words);
    }
}

#[test]
fn a_run_from_before_references_kept_their_answers_says_so() {
    let place = trained();
    let old = Place::new();
    let run = &runs_in(&place.path("runs"))[0];
    let (from, to) = (place.path("runs").join(run), old.path("runs").join(run));
    std::fs::create_dir_all(to.join("results")).unwrap();
    for file in ["manifest.ron", "history.csv", "results/test.parquet"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let told = old
        .run(&[
            "compare", run, "--runs", "runs", "--claim", "hr@1=10", "--json",
        ])
        .ok()
        .json();
    let found = &told["references"][0];
    assert_eq!(
        (&found["rows"], &found["claims"][0]["verdict"]),
        (&Value::Null, &Value::Null)
    );
    let text = old.run(&["compare", run, "--runs", "runs"]).ok().out;
    assert!(
        text.contains("keeps no answers of its references by user")
            && text.contains("--references=refit"),
        "{text}"
    );

    // Fitted anew on the same data they answer as they did.
    let again = old
        .run(&[
            "compare",
            run,
            "--runs",
            "runs",
            "--references=refit",
            "--json",
        ])
        .ok()
        .json();
    let kept = place
        .run(&["compare", run, "--runs", "runs", "--json"])
        .ok()
        .json();
    assert!(again["references"][0]["rows"].is_array());
    assert_eq!(again["references"], kept["references"]);
    assert!(
        !to.join("results/test.references.parquet").exists(),
        "a comparison changes no run"
    );
}

const SHOP: &str = r#"(
    version: 1,
    name: "shop",
    data: (source: World(kind: Funnel, n_users: 60, n_items: 12, mean_len: 12)),
    split: GlobalTemporal(valid_fraction: 0.2, test_fraction: 0.2),
    task: TASK,
    model: Gru(d_model: 8, d_hidden: 8, seq_len: 8),
    training: (device: "cpu", epochs: 1, batch_size: 16),
)
"#;

/// Every metric of the task has a value inside its interval, and the value is what the run was
/// judged by when it was trained.
fn assert_intervals_around_what_was_judged(
    run: &Value,
    values: &[Value],
    kind: AnswerKind,
    task: &str,
) {
    assert!(
        kind.compared()
            .iter()
            .all(|metric| values.iter().any(|of| of["metric"] == metric.name())),
        "{task}: {values:?}"
    );
    for of in values {
        let (value, interval) = (number(&of["value"]), &of["interval"]);
        assert!(
            number(&interval["low"]) <= value && value <= number(&interval["high"]),
            "{task}: {of}"
        );
        let judged = &run["test"][of["metric"].as_str().unwrap()];
        assert!(
            judged.is_null() || (number(judged) - value).abs() < 1e-9,
            "{task}: {of} is not {judged}"
        );
    }
}

/// Every metric of every other task has an interval, for the first run and for its references.
#[test]
fn every_metric_of_another_task_has_its_interval() {
    let tasks = [
        ("NextBehaviour", AnswerKind::Classes),
        ("WillAct(horizon_hours: 6)", AnswerKind::Binary),
        ("NextNumber()", AnswerKind::Number),
    ];
    for (task, kind) in tasks {
        let place = Place::new();
        place.write("shop.ron", SHOP.replace("TASK", task));
        let trained: Vec<Value> = [1, 2]
            .map(|seed| {
                place
                    .seqscope(&format!(
                        "train shop.ron --runs runs --json --set seed={seed}"
                    ))
                    .ok()
                    .json()
            })
            .into();
        let runs: Vec<&str> = trained
            .iter()
            .map(|run| run["run"].as_str().unwrap())
            .collect();
        let told = place
            .run(&[
                "compare",
                "--each",
                runs[0],
                runs[1],
                "--runs",
                "runs",
                "--references",
                "--json",
            ])
            .ok()
            .json();
        for (at, run) in trained.iter().enumerate() {
            let values = told["metrics"][at]["values"].as_array().unwrap();
            assert_intervals_around_what_was_judged(run, values, kind, task);
            let rows = told["references"][at]["rows"].as_array().unwrap();
            rows.iter().for_each(assert_sound);
            for reference in TaskReference::iter().filter(|reference| reference.answers() == kind) {
                let reference = reference.to_string();
                let own: Vec<&Value> = rows
                    .iter()
                    .filter(|row| row["reference"] == reference)
                    .collect();
                assert_eq!(
                    own.len(),
                    values.len(),
                    "{task}: {reference} by every metric"
                );
                for row in own {
                    let judged = &run["references"][&reference][row["metric"].as_str().unwrap()];
                    assert!(
                        judged.is_null() || (number(judged) - number(&row["than"])).abs() < 1e-9,
                        "{task}: {row}"
                    );
                }
            }
        }
        let against = told["metrics"][1]["against_first"].as_array().unwrap();
        against.iter().for_each(assert_sound);
        assert!(
            kind.compared()
                .iter()
                .all(|metric| against.iter().any(|row| row["metric"] == metric.name())),
            "{task}"
        );
        let text = place
            .run(&["compare", "--each", runs[0], runs[1], "--runs", "runs"])
            .ok()
            .out;
        assert!(text.contains("Every metric on test"), "{text}");
        assert!(
            kind.compared()
                .iter()
                .all(|metric| text.contains(metric.title())),
            "{text}"
        );
        let said = place.seqscope("train shop.ron --runs runs").ok().out;
        let n_verdicts = ["beaten", "equalled"]
            .map(|word| said.matches(word).count())
            .iter()
            .sum::<usize>();
        assert_eq!(
            n_verdicts,
            TaskReference::iter()
                .filter(|r| r.answers() == kind)
                .count(),
            "{said}"
        );
    }
}

/// Metrics of the first run's task say nothing of answers to another.
#[test]
fn a_run_of_another_task_is_told_by_its_own_metrics() {
    let place = Place::new();
    let runs = ["NextItem", "NextBehaviour"].map(|task| {
        place.write("shop.ron", SHOP.replace("TASK", task));
        place
            .seqscope("train shop.ron --runs runs --json")
            .ok()
            .json()["run"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    let told = place
        .run(&[
            "compare",
            &runs[0],
            &runs[1],
            "--runs",
            "runs",
            "--references",
            "--json",
        ])
        .ok()
        .json();
    for (at, kind) in [AnswerKind::Ranking, AnswerKind::Classes]
        .into_iter()
        .enumerate()
    {
        for of in [
            &told["metrics"][at]["values"],
            &told["references"][at]["rows"],
        ] {
            let of = of.as_array().unwrap();
            let is_own = |row: &Value| {
                kind.compared()
                    .iter()
                    .any(|metric| row["metric"] == metric.name())
            };
            assert!(!of.is_empty() && of.iter().all(is_own), "{kind:?}: {of:?}");
        }
    }
}
