//! Predictions for everybody at one moment, from typed histories, and by references.

use std::sync::OnceLock;

use serde_json::Value;

use crate::place::{Place, TINY, runs_in, trained};

/// Ten buyers who come back every other day until day 40, and ten who fall silent on day 8. The
/// last event of all is on day 40. Item ids hold a comma, and one title is that of two items.
fn log() -> String {
    let mut text = "user,item,time,behaviour\n".to_owned();
    for user in 0..20 {
        let end = if user % 2 == 0 { 40 } else { 8 };
        for day in (0..=end).step_by(2) {
            let item = (user + day * 3) % 7;
            // Nobody is at the same second as another.
            let secs = 1_700_000_000 + i64::from(day) * 86_400 - i64::from(user);
            let behaviour = if day % 4 == 0 { "buy" } else { "view" };
            text += &format!("u{user:02},\"shoe, {item}\",{secs},{behaviour}\n");
        }
    }
    text
}

/// Day 40 of user 0: the log's end.
const END: &str = "2023-12-24T22:13:20Z";

const WILL_ACT: &str = r#"(
    version: 1,
    name: "will",
    data: (source: File(path: "log.csv", titles: (path: "titles.csv"))),
    split: GlobalTemporal(valid_fraction: 0.2, test_fraction: 0.2),
    task: WillAct(horizon_hours: 60),
    model: Gru(d_model: 8, d_hidden: 8, seq_len: 16),
    training: (device: "cpu", epochs: 2, batch_size: 16, lr: 0.01),
    seed: 3,
)
"#;

/// A place with a run that says who will act.
fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = Place::new();
        place.write("log.csv", log());
        let titles = (0..7).map(|item| {
            format!(
                "\"shoe, {item}\",{}\n",
                ["Clog", "Boot"][usize::from(item > 1).min(item)]
            )
        });
        place.write(
            "titles.csv",
            format!("item,title\n{}", titles.collect::<String>()),
        );
        place.write("will.ron", WILL_ACT);
        place.seqscope("train will.ron --runs will").ok();
        place
    })
}

/// The rows of a CSV file without quotes, header first.
fn rows(place: &Place, name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(place.path(name)).unwrap();
    text.lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

#[test]
fn everybody_is_asked_at_one_moment_and_the_surest_come_first() {
    let place = place();
    let told = place
        .seqscope("predict last --runs will --all --to all.csv --json")
        .ok()
        .json();
    assert_eq!(
        (&told["moment"], &told["users"], &told["users_left_out"]),
        (&END.into(), &20.into(), &0.into())
    );
    let table = rows(place, "all.csv");
    assert_eq!(
        table[0],
        [
            "user_id",
            "chance_of_yes",
            "moment",
            "events_seen",
            "last_event"
        ]
    );
    assert_eq!(table.len(), 21);
    let chances: Vec<f64> = table[1..]
        .iter()
        .map(|row| row[1].parse().unwrap())
        .collect();
    assert!(chances.is_sorted_by(|a, b| a >= b), "{chances:?}");
    for row in &table[1..] {
        assert_eq!(row[2], END, "one moment for all: {row:?}");
        let silent = row[0][1..].parse::<usize>().unwrap() % 2 == 1;
        assert_eq!(
            row[3],
            if silent { "5" } else { "21" },
            "the whole history: {row:?}"
        );
        assert_eq!(row[4].starts_with("2023-11-22"), silent, "{row:?}");
    }
    // One user alone is asked the same: whoever is silent is not asked right after their last
    // event.
    for (user, chance) in
        [&table[1], &table[20]].map(|row| (&row[0], row[1].parse::<f64>().unwrap()))
    {
        let one = place
            .run(&[
                "predict", "last", "--runs", "will", "--user", user, "--json",
            ])
            .ok()
            .json();
        assert_eq!(one["moment"], END);
        assert!(
            (one["answer"]["yes"].as_f64().unwrap() - chance).abs() < 1e-6,
            "{one} and {chance}"
        );
        let text = place
            .run(&["predict", "last", "--runs", "will", "--user", user])
            .ok()
            .out;
        assert!(
            text.contains(&format!("chance of any event within 60 hours at {END}")),
            "{text}"
        );
    }
}

#[test]
fn what_happens_after_the_moment_is_never_seen() {
    let place = place();
    // Ten seconds before day 8 begins for user 0: of that day the events of users 11 to 19 are
    // seen.
    let at = "2023-11-22T22:13:10Z";
    let line = format!("predict last --runs will --all --at {at} --to early.csv");
    let said = place.seqscope(&line).ok();
    assert!(
        said.out.contains("20 users at 2023-11-22T22:13:10Z"),
        "{}",
        said.out
    );
    for row in &rows(place, "early.csv")[1..] {
        let user: usize = row[0][1..].parse().unwrap();
        assert_eq!(row[3], if user > 10 { "5" } else { "4" }, "{row:?}");
        assert!(row[4].as_str() < at, "{row:?}");
    }
    let said = place
        .seqscope("predict last --runs will --all --at 2030-01-01 --to late.csv")
        .ok();
    assert!(
        said.err.contains("the log ends at 2023-12-24T22:13:20Z"),
        "{}",
        said.err
    );
    // Nobody but user 19 has come by then.
    let json = place
        .seqscope("predict last --runs will --all --at 2023-11-14T22:13:02Z --to few.csv --json")
        .ok()
        .json();
    assert_eq!(
        (&json["users"], &json["users_left_out"]),
        (&1.into(), &19.into())
    );
    let said = place.run(&[
        "predict",
        "last",
        "--runs",
        "will",
        "--user",
        "u00",
        "--at",
        "2023-11-14T22:13:02Z",
    ]);
    said.fails(
        1,
        &[
            "user u00 has no event before 2023-11-14T22:13:02Z",
            "name a later moment",
        ],
    );
}

#[test]
fn the_references_of_a_run_can_be_asked_too() {
    let place = place();
    let json = place
        .seqscope("predict last --runs will --all --reference recency-frequency --to rf.csv --json")
        .ok()
        .json();
    assert_eq!(
        (&json["reference"], &json["epoch"]),
        (&"recency-frequency".into(), &Value::Null)
    );
    let table = rows(place, "rf.csv");
    // Who came on the last day is surer to come than who has been silent for a month.
    assert!(
        table[1..11]
            .iter()
            .all(|row| row[0][1..].parse::<usize>().unwrap() % 2 == 0),
        "{table:?}"
    );
    // One rate for all: ties go by the user's id.
    place
        .seqscope("predict last --runs will --all --reference base-rate --to base.csv")
        .ok();
    let users: Vec<String> = rows(place, "base.csv")[1..]
        .iter()
        .map(|row| row[0].clone())
        .collect();
    assert!(users.is_sorted(), "{users:?}");
    // At the cut of the test it answers what it was judged on.
    place.seqscope("export last --runs will --to exported").ok();
    let judged = rows(place, "exported/test.references.csv");
    let at = judged[0]
        .iter()
        .position(|name| name == "base-rate.chance_of_yes")
        .unwrap();
    let base: f64 = rows(place, "base.csv")[1][1].parse().unwrap();
    assert!((judged[1][at].parse::<f64>().unwrap() - base).abs() < 1e-9);
    let one = place
        .seqscope("predict last --runs will --user u01 --reference base-rate --json")
        .ok()
        .json();
    assert!((one["answer"]["yes"].as_f64().unwrap() - base).abs() < 1e-9);
    let said = place.seqscope("predict last --runs will --all --reference base-rat --to x.csv");
    said.fails(1, &["no reference `base-rat`", "did you mean `base-rate`"]);
    let said = place.seqscope("predict last --runs will --all --reference popularity --to x.csv");
    said.fails(
        1,
        &[
            "no reference `popularity`",
            "choose among base-rate, recency-frequency",
        ],
    );
}

#[test]
fn test_results_are_exported_as_chances_of_yes_beside_the_truth() {
    let place = place();
    place.seqscope("export last --runs will --to told").ok();
    let table = rows(place, "told/test.csv");
    assert_eq!(
        table[0],
        ["user_id", "chance_of_yes", "truth", "history_len"]
    );
    // The same question, at the moment of the test's cut: the first event that is the test's.
    let cut = cut_of_test(&table);
    place
        .seqscope(&format!(
            "predict last --runs will --all --at {cut} --to cut.csv"
        ))
        .ok();
    let asked = rows(place, "cut.csv");
    for row in &table[1..] {
        assert!(["yes", "no"].contains(&row[2].as_str()), "{row:?}");
        let same = asked.iter().find(|other| other[0] == row[0]).unwrap();
        let [a, b] = [&row[1], &same[1]].map(|chance| chance.parse::<f64>().unwrap());
        assert!((a - b).abs() < 1e-6, "{row:?} and {same:?}");
    }
}

/// The first moment of which as many events are before it as the test's questions see.
fn cut_of_test(table: &[Vec<String>]) -> String {
    let seen: usize = table[1..]
        .iter()
        .map(|row| row[3].parse::<f64>().unwrap() as usize)
        .sum();
    let mut times: Vec<i64> = log()
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').nth(1).unwrap().parse().unwrap())
        .collect();
    times.sort_unstable();
    times[seen].to_string()
}

#[test]
fn bad_moments_and_places_get_one_sentence_with_the_cure() {
    let place = place();
    let run = |rest: &str| place.seqscope(&format!("predict last --runs will {rest}"));
    run("--all").fails(2, &["--to"]);
    run("--all --user u01 --to x.csv").fails(2, &["--user"]);
    run("--all --to x.csv --at soon").fails(
        1,
        &["`soon` is no moment", "2024-01-31", "leave `--at` out"],
    );
    run("--all --to x.csv --at 1/2/2024").fails(1, &["month or the day first", "2024-01-31"]);
    run("--all --to x.csv --at 2001-01-01")
        .fails(1, &["nobody has a history", "the log begins at 2023-11-14"]);
    run("--all --to nowhere/x.csv").fails(1, &["`nowhere` does not exist", "make it"]);
    run("--all --to log.csv").fails(
        1,
        &[
            "`log.csv` is a file that the run's data are read from",
            "name another",
        ],
    );
    run("--all --to .").fails(1, &["is a folder"]);
    assert!(!place.path("x.csv").exists());
}

#[test]
fn lists_of_everybody_have_a_row_a_user_and_place() {
    let place = trained();
    let run = &runs_in(&place.path("runs"))[0];
    let told = place.run(&[
        "predict",
        run,
        "--runs",
        "runs",
        "--all",
        "--top",
        "3",
        "--to",
        "lists.csv",
        "--json",
    ]);
    let told = told.ok().json();
    let n_users = told["users"].as_u64().unwrap() as usize;
    assert_eq!(told["probability_over"], "all items");
    let text = std::fs::read_to_string(place.path("lists.csv")).unwrap();
    assert_eq!(
        text.lines().next(),
        Some("user_id,place,item_id,title,probability,moment,events_seen,last_event")
    );
    assert_eq!(text.lines().count(), 1 + 3 * n_users);
    let row: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
    let one = place
        .run(&[
            "predict", run, "--user", row[0], "--top", "3", "--runs", "runs", "--json",
        ])
        .ok()
        .json();
    assert_eq!((row[1], &one["next"][0]["item"]), ("1", &row[2].into()));
    assert!(
        (one["next"][0]["probability"].as_f64().unwrap() - row[4].parse::<f64>().unwrap()).abs()
            < 1e-6
    );
    let args = [
        "predict",
        run,
        "--runs",
        "runs",
        "--all",
        "--reference",
        "item-knn",
        "--to",
        "knn.csv",
    ];
    place.run(&args).ok();
    assert!(
        std::fs::read_to_string(place.path("knn.csv"))
            .unwrap()
            .contains(",score,")
    );
}

#[test]
fn numbers_and_behaviours_are_told_of_everybody_too() {
    let place = Place::new();
    place.write("log.csv", log());
    let of = |task: &str, name: &str| {
        let text = WILL_ACT
            .replace("WillAct(horizon_hours: 60)", task)
            .replace("\"will\"", &format!("\"{name}\""));
        let text = text
            .replace(", titles: (path: \"titles.csv\")", "")
            .replace("epochs: 2", "epochs: 1");
        place.write("other.ron", text);
        place
            .seqscope(&format!("train other.ron --runs {name}"))
            .ok();
        place
            .seqscope(&format!("predict last --runs {name} --all --to {name}.csv"))
            .ok();
        rows(&place, &format!("{name}.csv"))
    };
    let behaviours = of("NextBehaviour", "behaviours");
    let mut heads = behaviours[0][1..3].to_vec();
    heads.sort();
    assert_eq!(heads, ["chance_of_buy", "chance_of_view"]);
    let sum: f64 = behaviours[1][1..3]
        .iter()
        .map(|chance| chance.parse::<f64>().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-6 && behaviours.len() == 21);
    let gaps = of("NextNumber(of: Gap)", "gaps");
    assert_eq!(gaps[0][1], "predicted_hours");
    let said = place
        .run(&[
            "predict",
            "last",
            "--runs",
            "behaviours",
            "--history",
            "\"shoe, 1\"",
            "--json",
        ])
        .ok()
        .json();
    assert!(
        said["answer"]["buy"].is_number() && said["user"].is_null(),
        "{said}"
    );
}

#[test]
fn a_typed_history_is_answered_like_one_of_the_log() {
    let place = trained();
    let run = &runs_in(&place.path("runs"))[0];
    let ask = |history: &str, more: &[&str]| {
        place.run(
            &[
                &[
                    "predict",
                    run,
                    "--runs",
                    "runs",
                    "--history",
                    history,
                    "--json",
                ],
                more,
            ]
            .concat(),
        )
    };
    // Titles of the world's items are as good as their ids.
    let first = ask("i01", &[]).ok().json();
    let title = first["next"][0]["title"].as_str().unwrap().to_owned();
    let id = first["next"][0]["item"].as_str().unwrap().to_owned();
    let (by_id, by_title) = (
        ask(&format!("i01,{id}"), &[]).ok().json(),
        ask(&format!("i01,\"{title}\""), &[]).ok().json(),
    );
    assert_eq!(
        (&by_id["next"], &by_id["events_seen"]),
        (&by_title["next"], &2.into())
    );
    assert!(by_id["user"].is_null());
    let ahead = ask(&format!("i01,{id}"), &["--ahead", "3", "--top", "2"])
        .ok()
        .json();
    assert_eq!(ahead["ahead"].as_array().unwrap().len(), 3);
    assert_eq!(ahead["ahead"][0].as_array().unwrap().len(), 2);
    assert_eq!(ahead["ahead"][0][0], by_id["next"][0]);
    ask("i01,no such item at all", &[]).fails(1, &["no item `no such item at all`", "such as `"]);
    ask("i01,,i02", &[]).fails(1, &["an id is missing", "--history A,B,C"]);
    ask("i01", &["--user", "1"]).fails(2, &["--user"]);
}

#[test]
fn a_typed_history_says_what_was_assumed() {
    let place = place();
    let one = place
        .run(&[
            "predict",
            "last",
            "--runs",
            "will",
            "--history",
            "\"shoe, 1\",\"shoe, 4\"",
        ])
        .ok()
        .out;
    assert!(
        one.contains("the typed history") && one.contains("asked right after the last event"),
        "{one}"
    );
    let said = place.run(&["predict", "last", "--runs", "will", "--history", "Boot"]);
    said.fails(
        1,
        &[
            "several items are called `Boot`",
            "write the id instead, such as `shoe,",
        ],
    );
    let said = place.run(&[
        "predict",
        "last",
        "--runs",
        "will",
        "--history",
        "\"shoe, 10\"",
    ]);
    said.fails(1, &["no item `shoe, 10`", "did you mean `shoe, "]);
    let features = TINY.replace(
        "mean_len: 10)",
        "mean_len: 10), features: [Gap(log1p: true)]",
    );
    let place = Place::new();
    place.write(
        "tiny.ron",
        features.replace(
            "seq_len: 16",
            "seq_len: 16, features: Concat, intervals: true",
        ),
    );
    place
        .seqscope("train tiny.ron --runs runs --set training.epochs=1")
        .ok();
    let told = place
        .seqscope("predict last --runs runs --history i01,i02 --json")
        .ok()
        .json();
    let assumed = told["assumed"].as_str().unwrap();
    assert!(
        assumed.contains("features (Gap) are unknown, and all events are at one moment"),
        "{assumed}"
    );
}

#[test]
fn the_table_of_everybody_hides_what_it_is_to_hide() {
    let place = place();
    let args = [
        "predict",
        "last",
        "--runs",
        "will",
        "--all",
        "--to",
        "hidden.csv",
        "--pseudonyms",
    ];
    let mut command = place.command(&args);
    let output = command
        .env("SEQSCOPE_KEY", "a-key-for-tests-0123456789abcdef")
        .output()
        .unwrap();
    assert!(output.status.success());
    let table = rows(place, "hidden.csv");
    assert!(
        table.len() == 21
            && table[1..]
                .iter()
                .all(|row| row[0].starts_with("u-") && row[0].len() == 18),
        "{table:?}"
    );
}
