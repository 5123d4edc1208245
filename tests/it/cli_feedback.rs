//! Feedback and fine-tuning on the command line.

use std::fmt::Write as _;

use crate::place::{Place, TINY, runs_in};

/// A place with one run of [`TINY`], and its name.
fn one_run() -> (Place, String) {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    place.seqscope("train tiny.ron --runs runs").ok();
    let run = runs_in(&place.path("runs")).remove(0);
    (place, run)
}

/// What ten users are recommended: the first two accepted, the others rejected.
fn clicks(place: &Place, run: &str) -> String {
    let mut text = "user_id,item_id,clicked\n".to_owned();
    for user in 1..=10 {
        let user = format!("u{user:02}");
        let asked = [
            "recommend",
            run,
            "--user",
            &user,
            "--top",
            "5",
            "--json",
            "--runs",
            "runs",
        ];
        let told = place.run(&asked).ok().json();
        for (at, item) in told["items"].as_array().unwrap().iter().enumerate() {
            let id = item["id"].as_str().or(item["item"].as_str()).unwrap();
            writeln!(text, "{user},{id},{}", u8::from(at < 2)).unwrap();
        }
    }
    text
}

#[test]
fn clicks_are_kept_learnt_from_as_a_new_run_and_their_effect_is_told() {
    let (place, run) = one_run();
    let told = place.seqscope(&format!("fine-tune {run} --runs runs"));
    told.fails(1, &["has no feedback to learn from", "seqscope feedback"]);
    assert_eq!(
        runs_in(&place.path("runs")).len(),
        1,
        "no folder of what did not start"
    );

    let mut text = clicks(&place, &run);
    text.push_str("u99,i01,1\nu01,i99,0\n");
    place.write("clicks.csv", text);
    let said = place
        .seqscope(&format!("feedback {run} clicks.csv --runs runs"))
        .ok();
    assert!(
        said.out
            .contains("feedback of 10 users: 20 accepted, 30 rejected"),
        "{}",
        said.out
    );
    for words in [
        "line 52: the run's log has no user `u99`",
        "line 53: the run's catalogue has no item `i99`",
    ] {
        assert!(said.err.contains(words), "{}", said.err);
    }
    let kept = place
        .seqscope(&format!("feedback {run} --json --runs runs"))
        .ok()
        .json();
    assert_eq!(
        (kept["accepted"].as_u64(), kept["rejected"].as_u64()),
        (Some(20), Some(30))
    );

    let line = format!("fine-tune {run} --epochs 2 --rate 0.001 --runs runs");
    let said = place.seqscope(&line).ok();
    for words in [
        "Effect of fine-tuning on held-out events",
        "users with feedback",
        "others",
        "On test, users with feedback: NDCG@10",
        "Fine-tuned from",
        "20 accepted, 30 rejected",
    ] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
    let json = place.seqscope(&format!("{line} --json")).ok().json();
    assert_eq!(json["epochs"], 2);
    assert!(json["fine_tuning"].is_object(), "{json}");
    let runs = place.seqscope("runs --runs runs").ok().out;
    assert_eq!(
        runs.matches(&format!("fine-tuned from {run}")).count(),
        2,
        "{runs}"
    );
    let listed = place.seqscope("runs --json --runs runs").ok().json();
    let child = listed["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["lineage"].is_object());
    assert_eq!(child.unwrap()["lineage"]["parent"], run.as_str());
    let badge = place
        .seqscope("compare last --table trust --runs runs")
        .ok()
        .out;
    assert!(badge.contains("Fine-tuned from"), "{badge}");

    // From the file of the child the same comes out.
    let forgotten = place
        .seqscope(&format!("feedback {run} --forget --runs runs"))
        .ok();
    assert!(
        forgotten.out.contains("keeps no feedback yet"),
        "{}",
        forgotten.out
    );
}

#[test]
fn feedback_that_says_nothing_gets_one_sentence() {
    let (place, run) = one_run();
    for (name, text, words) in [
        (
            "plain.csv",
            "user,item,time\nu01,i01,1\n",
            "no column says which shown items were accepted",
        ),
        (
            "nobody.csv",
            "clicked,colour\n1,red\n0,blue\n",
            "call the columns `user` and `item`",
        ),
        (
            "others.csv",
            "user,item,clicked\nbob,a,1\nann,b,0\n",
            "holds no answer to the lists of run",
        ),
        ("empty.csv", "", "empty.csv"),
    ] {
        place.write(name, text);
        let said = place.seqscope(&format!("feedback {run} {name} --runs runs"));
        said.fails(1, &[words]);
    }
    let said = place.seqscope(&format!("feedback {run} nowhere.csv --runs runs"));
    said.fails(1, &["nowhere.csv"]);
    let kept = place
        .seqscope(&format!("feedback {run} --runs runs"))
        .ok()
        .out;
    assert!(kept.contains("keeps no feedback yet"), "{kept}");
    assert!(!place.path("runs").join(&run).join("feedback").exists());
}
