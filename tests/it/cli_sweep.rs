//! Sweeps on the command line: planned, trained here or trial by trial, and refused with the cure.

use crate::place::{Place, TINY, runs_in};

/// A place with a sweep of four trials, of which two go on from the first of two rungs.
fn place() -> Place {
    let sweep = "sweep: (method: Halving(trials: 4, eta: 2, least_epochs: 1), settings: [(set: \
                 \"training.lr\", to: LogUniform(low: 0.001, high: 0.1))]),\n    seed: 3";
    let place = Place::new();
    let text = TINY
        .replace("seed: 3", sweep)
        .replace("\"tiny\"", "\"swept\"");
    place.write("swept.ron", text);
    place
}

/// What is the same wherever a trial is trained.
fn figures(told: &serde_json::Value) -> Vec<String> {
    let trials = told["trials"].as_array().unwrap();
    let figure = |of: &serde_json::Value| {
        format!(
            "{} {} {} {} {}",
            of["trial"], of["settings"], of["state"], of["epochs"], of["valid_of_seeds"]
        )
    };
    trials.iter().map(figure).collect()
}

#[test]
fn a_list_of_commands_gives_what_training_here_gives() {
    let place = place();
    let here = place
        .seqscope("sweep swept.ron --runs here --json")
        .ok()
        .json();
    assert_eq!(
        (&here["is_done"], &here["best_of"]),
        (&true.into(), &4.into())
    );
    assert!(
        here["best_words"]
            .as_str()
            .unwrap()
            .starts_with("Best of 4 trials: trial ")
    );

    let list = place.seqscope("sweep swept.ron --on list --runs list").ok();
    let commands: Vec<&str> = list.out.lines().collect();
    assert_eq!(commands.len(), 4, "{}", list.out);
    assert!(commands[3].contains(" trial ") && commands[3].ends_with(" 4"));
    assert!(
        runs_in(&place.path("list"))
            .iter()
            .all(|name| name == "sweeps")
    );
    // Backwards; each of the first rung waits for the others, and so is to come again.
    for number in [4, 3, 2] {
        let said = place.seqscope(&format!("trial last {number} --runs list"));
        // A pause is no error.
        assert_eq!(said.code, 75, "{}", said.err);
        assert!(
            said.err.contains("come again") && !said.err.contains("error:"),
            "{}",
            said.err
        );
    }
    // The last of the rung decides it, and goes on if it is among the best.
    let last = place.seqscope("trial last 1 --runs list");
    assert_eq!(last.code, 0, "{}", last.err);
    for number in [1, 2, 3, 4] {
        place
            .seqscope(&format!("trial last {number} --runs list"))
            .ok();
    }
    let told = place
        .seqscope("sweep last --status --json --runs list")
        .ok()
        .json();
    assert_eq!(figures(&told), figures(&here));
    assert_eq!(told["best"], here["best"]);

    // Of the figures that a run is trusted with, that it is one of four.
    let best = &told["trials"][told["best"].as_u64().unwrap() as usize - 1]["runs"][0];
    let trust = place
        .run(&[
            "compare",
            best.as_str().unwrap(),
            "--table",
            "trust",
            "--runs",
            "list",
        ])
        .ok();
    assert!(trust.out.contains("best of 4"), "{}", trust.out);
}

#[test]
fn what_cannot_be_swept_is_refused_with_the_cure_and_writes_nothing() {
    let place = place();
    let refused = |line: &str, code: i32, words: &[&str]| {
        place.seqscope(line).fails(code, words);
        assert!(runs_in(&place.path("runs")).is_empty(), "{line}");
    };
    refused(
        "train swept.ron --runs runs",
        1,
        &["seqscope sweep FILE.ron", "--set sweep=none"],
    );
    refused(
        "sweep last --runs runs",
        1,
        &["no sweep `last`", "sweep FILE.ron"],
    );
    refused(
        "sweep swept.ron --status --runs runs",
        1,
        &["an experiment file"],
    );
    refused("sweep swept.ron --on there --runs runs", 2, &["slurm"]);
    refused(
        "sweep swept.ron --set training.epochs=1 --runs runs",
        1,
        &["sweep.method: The first rung has 1 epochs"],
    );
    place.write("plain.ron", TINY);
    refused("sweep plain.ron --runs runs", 1, &["has no `sweep`"]);
    let wrong = |sweep: &str, words: &[&str]| {
        let text = TINY.replace("seed: 3", &format!("sweep: {sweep}, seed: 3"));
        place.write("wrong.ron", text);
        refused("sweep wrong.ron --runs runs", 1, words);
    };
    wrong(
        "(settings: [(set: \"training.rate\", to: Among([1]))])",
        &["sweep.settings[0].set", "`training.rate` is not a setting"],
    );
    wrong(
        "(settings: [(set: \"training.lr\", to: Among([]))])",
        &["No value to try"],
    );
    wrong(
        "(method: Random(trials: 1000000), settings: [(set: \"training.lr\", to: Uniform(low: 0.1, \
         high: 0.2))])",
        &["1000000 trials", "at most 10000"],
    );
    wrong(
        "(settings: [(set: \"model.n_heads\", to: Among([1, 3]))])",
        &["trial 2 (model.n_heads=3) cannot be trained"],
    );
    // A plan alone is written nowhere.
    let dry = place
        .seqscope("sweep swept.ron --dry --on slurm --runs runs")
        .ok();
    assert!(
        dry.out.contains("#SBATCH --array=1-4") && dry.out.contains("\nexec "),
        "{}",
        dry.out
    );
    assert!(runs_in(&place.path("runs")).is_empty());
}

#[test]
fn a_number_that_is_no_trial_and_a_sweep_that_is_there_are_told() {
    let place = place();
    place.seqscope("sweep swept.ron --on list --runs runs").ok();
    place
        .seqscope("trial last 5 --runs runs")
        .fails(1, &["no trial 5", "1 to 4"]);
    place
        .seqscope("trial last 0 --runs runs")
        .fails(1, &["no trial 0"]);
    place
        .seqscope("sweep last --runs runs")
        .fails(1, &["there already", "--again"]);
}
