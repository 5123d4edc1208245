//! `seqscope train` of several models and seeds: one table at the end, nothing trained twice, groups
//! in `compare`; and `seqscope new`, which writes a first experiment for a log.

use std::path::Path;

use serde_json::Value;

use crate::place::{Place, TINY, runs_in};

const TWO_BY_TWO: &str =
    "train tiny.ron --model gru,lstm --seeds 2 --epochs 1 --set model.d_model=8 --runs runs";

fn tables(told: &Value) -> Vec<&str> {
    let tables = told["tables"].as_array().unwrap();
    tables
        .iter()
        .map(|table| table["key"].as_str().unwrap())
        .collect()
}

#[test]
fn models_and_seeds_are_trained_once_and_told_in_one_table() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let said = place.seqscope(&format!("{TWO_BY_TWO} --json")).ok();
    let told = said.json();
    let runs: Vec<(&str, u64)> = told["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| {
            (
                run["model"].as_str().unwrap(),
                run["seed"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(runs, [("GRU", 3), ("LSTM", 3), ("GRU", 4), ("LSTM", 4)]);
    assert_eq!(tables(&told), ["groups", "pairs"]);
    assert_eq!(
        said.err.matches("fitting").count(),
        1,
        "references once: {}",
        said.err
    );
    let names = runs_in(&place.path("runs"));
    for name in [
        "tiny_gru_s3_",
        "tiny_gru_s4_",
        "tiny_lstm_s3_",
        "tiny_lstm_s4_",
    ] {
        assert_eq!(
            names.iter().filter(|run| run.contains(name)).count(),
            1,
            "{names:?}"
        );
    }
    let groups = told["tables"][0]["rows"].as_array().unwrap();
    assert_eq!(
        (groups[0]["model"].as_str(), groups[0]["seeds"].as_u64()),
        (Some("GRU"), Some(2))
    );
    // The mean of the runs' own test figures.
    let figure = |name: &str| {
        let run = names.iter().find(|run| run.contains(name)).unwrap();
        let manifest = place
            .seqscope(&format!("compare {run} --runs runs --json"))
            .ok()
            .json();
        manifest["runs"][0]["test"]["ndcg@10"].as_f64().unwrap()
    };
    let mean = f64::midpoint(figure("_gru_s3_"), figure("_gru_s4_"));
    let told_mean = groups[0]["ndcg@10"]["value"].as_f64().unwrap();
    assert!(
        (told_mean - mean).abs() < 1e-12,
        "{told_mean} is not {mean}"
    );
    // Two groups and the best reference: three pairs.
    assert_eq!(told["tables"][1]["rows"].as_array().unwrap().len(), 3);

    let again = place.seqscope(&format!("{TWO_BY_TWO} --json")).ok();
    assert_eq!(
        runs_in(&place.path("runs")),
        names,
        "nothing is trained again"
    );
    assert_eq!(
        again.err.matches("not trained again").count(),
        4,
        "{}",
        again.err
    );
    assert_eq!(again.json()["tables"], told["tables"]);

    let text = place.seqscope(TWO_BY_TWO).ok().out;
    for words in [
        "Student's t interval over seeds",
        "±",
        "p users, seeds",
        "p flips",
        "EASE",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
    let latex = place.seqscope(&format!("{TWO_BY_TWO} --latex")).ok().out;
    assert!(
        latex.contains("\\toprule") && latex.contains("GRU"),
        "{latex}"
    );
    let csv = place.seqscope(&format!("{TWO_BY_TWO} --csv")).ok().out;
    assert!(
        csv.starts_with("model,seeds,ndcg@10,ndcg@10_scatter,"),
        "{csv}"
    );

    seeds_are_groups_in_compare(&place, &names);
}

fn seeds_are_groups_in_compare(place: &Place, names: &[String]) {
    let line = format!("compare {} --runs runs", names.join(" "));
    let told = place.seqscope(&format!("{line} --json")).ok().json();
    let groups = &told["groups"];
    let sizes: Vec<usize> = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["runs"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [2, 2]);
    let pairs = groups["pairs"].as_array().unwrap();
    assert_eq!((pairs.len(), groups["tests"].as_u64()), (3, Some(3)));
    for pair in pairs {
        let (raw, holm) = (
            &pair["users_and_seeds"]["p"],
            &pair["p_holm"]["users_and_seeds"],
        );
        assert!(
            raw.as_f64() <= holm.as_f64() && holm.as_f64() <= Some(1.0),
            "{pair}"
        );
    }
    let text = place.seqscope(&line).ok().out;
    assert!(text.contains("Differences in NDCG@10 on test") && !text.contains("Gains over"));
    let each = place.seqscope(&format!("{line} --each")).ok().out;
    assert!(
        each.contains("Gains over") && !each.contains("p users, seeds"),
        "{each}"
    );
    let table = place
        .seqscope(&format!("{line} --table pairs --format csv"))
        .ok()
        .out;
    assert!(table.starts_with("better,than,gain,"), "{table}");
    // A run is found by what its name tells.
    place.seqscope("compare gru_s4 --runs runs").ok();
}

#[test]
fn a_shuffled_twin_is_compared_and_tells_what_order_is_worth() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let said = place
        .seqscope("train tiny.ron --shuffle twin --epochs 1 --runs runs")
        .ok();
    assert!(
        said.out
            .contains("what the order of the training events is worth"),
        "{}",
        said.out
    );
    let runs = runs_in(&place.path("runs"));
    let text = place
        .seqscope(&format!("compare {} {} --runs runs", runs[0], runs[1]))
        .ok();
    assert!(
        text.out
            .contains("what the order of the training events is worth")
            && !text.out.contains("not compared"),
        "{}",
        text.out
    );
    place
        .seqscope("train tiny.ron --model mult-vae --shuffle train --runs runs")
        .fails(1, &["learns bags"]);
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_trained() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    place
        .seqscope("train tiny.ron --model gru,sasrecc --runs runs")
        .fails(1, &["`sasrecc` is no model", "Did you mean `sasrec`?"]);
    place
        .seqscope("train tiny.ron --model gru,lstm --set model.n_heads=2 --runs runs")
        .fails(1, &["n_heads"]);
    place
        .seqscope("train tiny.ron --model ease --runs runs")
        .fails(1, &["runs beside every model"]);
    assert!(runs_in(&place.path("runs")).is_empty());
}

/// Users of a small shop, an hour after another.
fn shop(place: &Place) {
    let mut log = "customer,article,moment\n".to_owned();
    for event in 0..9 {
        for user in 0..40 {
            log += &format!(
                "c{user},a{},{}\n",
                (user + event) % 12,
                1_600_000_000 + event * 90_000 + user * 60
            );
        }
    }
    place.write("shop.csv", log);
}

#[test]
fn a_log_is_trained_without_an_experiment_file() {
    let place = Place::new();
    shop(&place);
    let said = place
        .seqscope("train shop.csv --model gru --seeds 2 --epochs 1 --set model.d_hidden=8 --runs runs --json")
        .ok();
    assert_eq!(said.json()["runs"].as_array().unwrap().len(), 2);
    let names = runs_in(&place.path("runs"));
    assert!(
        names.iter().all(|name| name.contains("_shop_gru_s")),
        "{names:?}"
    );
}

#[test]
fn a_first_experiment_is_written_passes_its_check_and_is_never_written_over() {
    let place = Place::new();
    shop(&place);
    let said = place.seqscope("new shop.csv").ok();
    assert!(said.out.contains("shop.ron: written"), "{}", said.out);
    let text = std::fs::read_to_string(place.path("shop.ron")).unwrap();
    for words in ["user: \"customer\",", "// such as c0", "split: ", "// "] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
    place.seqscope("check shop.ron").ok();
    place
        .seqscope("new shop.csv")
        .fails(1, &["shop.ron", "is there already"]);
    assert_eq!(
        std::fs::read_to_string(place.path("shop.ron")).unwrap(),
        text
    );
    place.seqscope("new shop.csv --to other.ron").ok();
    place
        .seqscope("new shop.ron")
        .fails(1, &["is an experiment already"]);
    place.seqscope("new nothing.csv").fails(1, &["nothing.csv"]);
    assert!(!Path::new(&place.path("nothing.ron")).exists());
    place
        .seqscope("train shop.ron --epochs 1 --set model.d_model=8 --runs runs")
        .ok();
}

/// A series that the system ends half way says so with exit code 75, and goes on where it was.
#[cfg(unix)]
#[test]
fn a_series_is_paused_and_goes_on_where_it_was() {
    use std::time::{Duration, Instant};

    let line = "train tiny.ron --model gru,lstm --seeds 2 --epochs 40 --set training.patience=0 --runs runs";
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let words: Vec<&str> = line.split(' ').collect();
    let mut child = place
        .command(&words)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Until the second run has begun.
    let began = Instant::now();
    while runs_in(&place.path("runs")).len() < 2 && began.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(75), "Ctrl-C pauses a series");
    let before = runs_in(&place.path("runs"));
    assert!((2..=3).contains(&before.len()), "{before:?}");
    let said = place.seqscope(line).ok();
    assert!(said.err.contains("not trained again"), "{}", said.err);
    let after = runs_in(&place.path("runs"));
    assert_eq!(after.len(), 4, "{after:?}");
    assert!(before.iter().all(|run| after.contains(run)));
}
