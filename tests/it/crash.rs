//! A run that is killed in the middle: nothing of what was finished is lost, and going on equals
//! never having been interrupted.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, TINY, runs_in};

const EPOCHS: usize = 6;

fn experiment() -> String {
    TINY.replace("epochs: 2", &format!("epochs: {EPOCHS}"))
        .replace("n_users: 60", "n_users: 400")
}

/// Kills `seqscope train` once two epochs are on disk; gives the run's name.
fn killed_run(place: &Place) -> String {
    let mut child = place
        .command(&["train", "long.ron", "--runs", "killed"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = wait_for_second_epoch(place, &mut child);
    child.kill().unwrap(); // SIGKILL: nothing of the program runs after it.
    let status = child.wait().unwrap();
    assert_eq!(
        status.code(),
        None,
        "killed while training, not ended before"
    );
    run
}

fn wait_for_second_epoch(place: &Place, child: &mut Child) -> String {
    let end = Instant::now() + Duration::from_mins(2);
    while Instant::now() < end {
        assert!(
            child.try_wait().unwrap().is_none(),
            "ended before it could be killed"
        );
        for run in runs_in(&place.path("killed")) {
            if place
                .path("killed")
                .join(&run)
                .join("epochs/0002.safetensors")
                .exists()
            {
                return run;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    panic!("no second epoch within two minutes");
}

#[test]
fn a_killed_run_is_resumed_to_the_same_numbers() {
    let place = Place::new();
    place.write("long.ron", experiment());
    let whole = place
        .seqscope("train long.ron --runs whole --json")
        .ok()
        .json();
    let run = killed_run(&place);

    // Listed as interrupted, and its series can be read by anything that reads CSV.
    let listed = place.seqscope("runs --runs killed --json").ok().json();
    assert_eq!(listed["runs"][0]["status"], "interrupted");
    let history =
        std::fs::read_to_string(place.path("killed").join(&run).join("history.csv")).unwrap();
    let complete = history.rsplit_once('\n').unwrap().0;
    assert!(
        complete
            .lines()
            .skip(1)
            .all(|line| line.split(',').count() == 5),
        "{history}"
    );
    assert!(
        complete
            .lines()
            .any(|line| line.contains("valid") && line.contains("ndcg@10")),
        "{history}"
    );

    let resumed = place
        .run(&["resume", &run, "--runs", "killed", "--json"])
        .ok()
        .json();
    assert_eq!(resumed["epochs"], EPOCHS);
    for part in ["valid", "test", "references"] {
        assert_eq!(resumed[part], whole[part], "{part}");
    }
    let listed = place.seqscope("runs --runs killed --json").ok().json();
    assert_eq!(listed["runs"][0]["status"], "finished");

    // Not only the best epoch: every loss of every epoch is the same number.
    let whole_run = whole["run"].as_str().unwrap();
    assert_eq!(
        losses(&place, "killed", &run),
        losses(&place, "whole", whole_run)
    );
}

/// `(epoch, part, loss)` lines of a run, as text: bit for bit.
fn losses(place: &Place, runs: &str, run: &str) -> Vec<String> {
    let history = std::fs::read_to_string(place.path(runs).join(run).join("history.csv")).unwrap();
    let losses: Vec<String> = history
        .lines()
        .filter(|line| line.contains(",loss,"))
        .map(str::to_owned)
        .collect();
    assert!(losses.len() >= 2 * EPOCHS, "{history}");
    losses
}

#[test]
#[cfg(unix)]
fn a_polite_stop_keeps_the_best_so_far() {
    let place = Place::new();
    place.write(
        "long.ron",
        experiment().replace(&format!("epochs: {EPOCHS}"), "epochs: 5000, patience: 0"),
    );
    let mut child = place
        .command(&["train", "long.ron", "--runs", "killed", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_second_epoch(&place, &mut child);
    let asked = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(asked.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        told["epochs"].as_u64().unwrap() >= 2 && told["test"]["ndcg@10"].is_f64(),
        "{told}"
    );
    let listed = place.seqscope("runs --runs killed --json").ok().json();
    assert_eq!(listed["runs"][0]["status"], "stopped");
}
