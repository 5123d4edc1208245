//! The queue on the command line: experiments one after the other, whatever ends the program that
//! trains them.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, TINY, runs_in};

/// A place with three experiments of the same world, the first of which takes a while.
fn place() -> Place {
    let place = Place::new();
    let long = TINY
        .replace("epochs: 2", "epochs: 6")
        .replace("n_users: 60", "n_users: 400");
    place.write("long.ron", long.replace("\"tiny\"", "\"long\""));
    place.write("b.ron", TINY.replace("\"tiny\"", "\"b\""));
    place.write("c.ron", TINY.replace("\"tiny\"", "\"c\""));
    place
}

/// Name and status of every entry, in order.
fn listed(place: &Place) -> Vec<String> {
    let list = place.seqscope("queue --runs r --json").ok().json();
    let entries = list["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|it| {
            format!(
                "{} {}",
                it["name"].as_str().unwrap(),
                it["status"].as_str().unwrap()
            )
        })
        .collect()
}

fn losses(place: &Place, runs: &str, run: &str) -> Vec<String> {
    let history = std::fs::read_to_string(place.path(runs).join(run).join("history.csv")).unwrap();
    let lines = history.lines().filter(|line| line.contains(",loss,"));
    lines.map(str::to_owned).collect()
}

/// Starts `queue run` and waits until the first run has two epochs.
fn working(place: &Place) -> Child {
    let mut child = place
        .command(&["queue", "run", "--runs", "r"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_mins(2);
    loop {
        let runs = runs_in(&place.path("r")).into_iter();
        let mut weights = runs.map(|run| place.path("r").join(run).join("epochs/0002.safetensors"));
        if weights.any(|path| path.exists()) {
            return child;
        }
        assert!(child.try_wait().unwrap().is_none(), "ended too early");
        assert!(Instant::now() < end, "no second epoch within two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_queue_is_filled_reordered_killed_and_worked_off_to_the_same_numbers() {
    let place = place();
    let empty = place.seqscope("queue --runs r").ok();
    assert!(empty.out.contains("The queue is empty"), "{}", empty.out);
    let added = place
        .seqscope("queue add long.ron b.ron c.ron --runs r")
        .ok();
    assert_eq!(added.out, "added as entries 1, 2, 3\n");
    place.seqscope("queue move 3 --to 2 --runs r").ok();
    place.seqscope("queue cancel 2 --runs r").ok();
    assert_eq!(listed(&place), ["long waiting", "c waiting", "b cancelled"]);

    // SIGKILL: nothing of the program runs after it.
    let mut child = working(&place);
    assert_eq!(listed(&place)[0], "long running");
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(
        listed(&place),
        ["long interrupted", "c waiting", "b cancelled"]
    );

    place.seqscope("queue retry 2 --runs r").ok();
    let done = place.seqscope("queue run --runs r").ok();
    assert!(done.out.contains("worked off: 3 entries"), "{}", done.out);
    assert_eq!(
        listed(&place),
        ["long finished", "c finished", "b finished"]
    );
    assert_eq!(
        runs_in(&place.path("r")).len(),
        3 + 1,
        "three runs and the folder of the queue"
    );

    let list = place.seqscope("queue --runs r --json").ok().json();
    for (entry, file) in [(0, "long"), (1, "c")] {
        let run = list["entries"][entry]["run"].as_str().unwrap();
        let alone = place
            .seqscope(&format!("train {file}.ron --runs alone --json"))
            .ok()
            .json();
        assert_eq!(
            losses(&place, "r", run),
            losses(&place, "alone", alone["run"].as_str().unwrap()),
            "{file}"
        );
    }
    let cleared = place.seqscope("queue clear --runs r").ok();
    assert_eq!(
        cleared.out,
        "3 entries that had ended are dropped; their runs stay\n"
    );
}

#[test]
fn a_queue_that_is_paused_from_another_terminal_leaves_its_run_and_says_75() {
    let place = place();
    place.seqscope("queue add long.ron b.ron --runs r").ok();
    let mut child = working(&place);
    place.seqscope("queue pause --runs r").ok();
    assert_eq!(child.wait().unwrap().code(), Some(75));
    assert_eq!(listed(&place), ["long paused", "b waiting"]);
    let paused = place.seqscope("queue run --runs r");
    assert_eq!(paused.code, 75, "{}", paused.err);
    assert!(paused.err.contains("`seqscope queue go`"), "{}", paused.err);
    place.seqscope("queue go --runs r").ok();
    place.seqscope("queue cancel 1 --runs r").ok();
    place.seqscope("queue run --runs r").ok();
    assert_eq!(listed(&place), ["long cancelled", "b finished"]);
}

#[test]
fn mistakes_get_one_sentence_and_change_nothing() {
    let place = place();
    place.write(
        "bad.ron",
        "(version: 1, name: \"bad\", training: (epochs: 0))",
    );
    place
        .seqscope("queue add b.ron missing.ron --runs r")
        .fails(1, &["missing.ron", "there is no such file"]);
    place
        .seqscope("queue add b.ron bad.ron --runs r")
        .fails(1, &["training.epochs"]);
    assert!(listed(&place).is_empty(), "none of them was added");
    place.seqscope("queue add b.ron --set seed=7 --runs r").ok();
    place
        .seqscope("queue cancel 9 --runs r")
        .fails(1, &["the queue has no entry 9; it has 1"]);
    place
        .seqscope("queue move 1 --to 3 --runs r")
        .fails(1, &["there is no place 3 among the 1 entries"]);
    place.seqscope("queue cancel 1 --runs r").ok();
    place
        .seqscope("queue cancel 1 --runs r")
        .fails(1, &["entry 1 is cancelled already", "queue retry 1"]);
    let path = place.path("r").join("queue/queue.ron");
    std::fs::write(&path, "(version: 1,\n is_paused: maybe)").unwrap();
    for line in ["queue", "queue add c.ron", "queue run"] {
        place
            .seqscope(&format!("{line} --runs r"))
            .fails(1, &["queue.ron", "is damaged: line 2", "mend that line"]);
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "(version: 1,\n is_paused: maybe)"
    );
}

#[test]
fn a_race_gives_two_runs_each_as_alone_and_says_what_differs() {
    let place = Place::new();
    place.write("a.ron", TINY);
    let lstm = TINY.replace(
        "Transformer(d_model: 16, n_layers: 1, d_ff: 16, seq_len: 16)",
        "Lstm(d_model: 16, d_hidden: 16, seq_len: 16)",
    );
    place.write("b.ron", lstm.replace("batch_size: 16", "batch_size: 20"));
    let raced = place.seqscope("race a.ron b.ron --runs r --json").ok();
    assert!(
        raced
            .err
            .contains("`training.batch_size` differs between A and B"),
        "{}",
        raced.err
    );
    let lines: Vec<&str> = raced
        .err
        .lines()
        .filter(|line| line.contains("epoch "))
        .collect();
    let sides: Vec<&str> = lines.iter().map(|line| &line[..1]).collect();
    assert_eq!(sides, ["A", "B", "A", "B"], "{}", raced.err);
    let runs: Vec<String> = raced
        .out
        .lines()
        .map(|line| {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            object["run"].as_str().unwrap().to_owned()
        })
        .collect();
    for (run, file) in runs.iter().zip(["a.ron", "b.ron"]) {
        let alone = place
            .seqscope(&format!("train {file} --runs alone --json"))
            .ok()
            .json();
        let alone = alone["run"].as_str().unwrap();
        assert_eq!(
            losses(&place, "r", run),
            losses(&place, "alone", alone),
            "{file}"
        );
    }
    place.write("c.ron", TINY.replace("n_users: 60", "n_users: 70"));
    place.seqscope("race a.ron c.ron --runs r").fails(
        1,
        &[
            "`data` differs between A and B",
            "give both the same `data`",
        ],
    );
    assert_eq!(runs_in(&place.path("r")).len(), 2, "nothing was begun");
}
