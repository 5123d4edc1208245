//! `seqscope bench` as a person or a script meets it, and its twin in PyTorch, which must do the
//! same work.

use std::collections::BTreeSet;

use seqscope::model::{ModelKind, ModelSpec};
use strum::IntoEnumIterator;

use crate::place::{Place, Said};

/// The rows that were printed.
fn rows(said: &Said) -> Vec<serde_json::Value> {
    said.out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn works(rows: &[serde_json::Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["work"].as_str().unwrap())
        .collect()
}

#[test]
fn every_kind_of_work_is_measured_and_told_to_a_script() {
    let place = Place::new();
    // A family each for the kinds of work, and the two that need no family of their own.
    for (only, expected) in [
        (
            "rnn",
            vec![
                "rnn step",
                "rnn step dropout=0.2",
                "rnn step n_layers=2",
                "rnn epoch",
                "rnn evaluation",
                "rnn explanation",
            ],
        ),
        ("ranking", vec!["ranking alone"]),
        ("opening", vec!["opening"]),
    ] {
        let said = place
            .seqscope(&format!("bench --quick --only {only} --json --threads 2"))
            .ok();
        let rows = rows(&said);
        assert_eq!(works(&rows), expected);
        for row in &rows {
            let keys: BTreeSet<&str> = row
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let promised = [
                "work",
                "device",
                "threads",
                "median_ms",
                "min_ms",
                "runs",
                "spread",
                "peak_mb",
                "layers",
            ];
            assert_eq!(keys, promised.into());
            let number = |key: &str| row[key].as_f64().unwrap();
            assert!(
                number("min_ms") > 0.0 && number("min_ms") <= number("median_ms"),
                "{row}"
            );
            assert!(number("spread") >= 0.0, "{row}");
            assert_eq!(
                (&row["device"], &row["threads"], &row["layers"]),
                (&"cpu".into(), &2.into(), &"fused".into())
            );
            assert_eq!(row["runs"], 2);
        }
    }
}

#[test]
fn a_person_gets_a_table() {
    let place = Place::new();
    let said = place
        .seqscope("bench --quick --only lstm --plain --repeat 1 --threads 1")
        .ok();
    assert!(
        said.out.starts_with("1 thread, burn's own layers\nWork "),
        "{}",
        said.out
    );
    for words in [
        "Median ms",
        "Spread",
        "lstm step ",
        "lstm epoch",
        "lstm evaluation",
        "lstm explanation",
    ] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
}

/// A whole name takes that work alone, though `transformer step dropout=0.1` holds it too.
#[test]
fn a_whole_name_takes_that_work_alone() {
    let place = Place::new();
    let said = place
        .run(&["bench", "--list", "--only", "Transformer step"])
        .ok();
    assert_eq!(said.out, "transformer step\n");
    let said = place
        .run(&["bench", "--list", "--only", "transformer st"])
        .ok();
    assert_eq!(said.out, "transformer step\ntransformer step dropout=0.1\n");
}

#[test]
fn a_log_of_ones_own_takes_the_place_of_the_made_one() {
    let place = Place::new();
    let mut log = "user,item,time\n".to_owned();
    for event in 0..200 {
        log.push_str(&format!("u{},i{},{event}\n", event % 10, event * 7 % 12));
    }
    place.write("clicks.csv", log);
    let said = place
        .run(&[
            "bench",
            "--quick",
            "--json",
            "--data",
            "clicks.csv",
            "--only",
            "transformer ep",
        ])
        .ok();
    assert_eq!(works(&rows(&said)), ["transformer epoch of clicks"]);
    place
        .run(&[
            "bench",
            "--quick",
            "--data",
            "missing.csv",
            "--only",
            "vae epoch",
        ])
        .fails(1, &["missing.csv"]);
}

#[test]
fn what_cannot_be_measured_is_said_with_its_cure() {
    let place = Place::new();
    place.run(&["bench", "--only", "transfomer step"]).fails(
        1,
        &["`transfomer step`", "did you mean `transformer step`?"],
    );
    place
        .seqscope("bench --only perceptron")
        .fails(1, &["`perceptron`", "seqscope bench --list"]);
    place
        .seqscope("bench --quick --device gpu:99")
        .fails(1, &["gpu:99", "seqscope devices"]);
    place
        .seqscope("bench --threads 0")
        .fails(2, &["at least one thread must work", "leave it out"]);
    place.seqscope("bench --repeat 0").fails(2, &["--repeat"]);
    place
        .seqscope("bench --draw growth.svg --from nowhere.jsonl")
        .fails(1, &["nowhere.jsonl", "--growth --json"]);
    place.write(
        "rows.jsonl",
        "{\"work\": \"opening\", \"median_ms\": 1.0}\nnot json\n",
    );
    place
        .seqscope("bench --draw growth.svg --from rows.jsonl")
        .fails(1, &["no", "row of growth"]);
    assert!(!place.path("growth.svg").exists());
}

#[test]
fn growth_is_measured_and_drawn_beside_the_twin() {
    let place = Place::new();
    let said = place
        .seqscope("bench --growth --quick --repeat 1 --only batch=32 --json")
        .ok();
    let ours = rows(&said);
    let names: BTreeSet<String> = works(&ours).into_iter().map(str::to_owned).collect();
    let expected =
        ModelKind::iter().map(|kind| format!("{} step batch=32", kind.to_string().to_lowercase()));
    assert_eq!(names, expected.collect());
    place.write("ours.jsonl", &said.out);
    let mut twin = ours.first().unwrap().clone();
    twin["mode"] = "eager".into();
    place.write("twin.jsonl", twin.to_string());
    let said = place
        .seqscope("bench --draw growth.svg --from ours.jsonl --from twin.jsonl")
        .ok();
    assert!(
        said.out.starts_with(&format!("{} points", ours.len() + 1)),
        "{}",
        said.out
    );
    let svg = std::fs::read_to_string(place.path("growth.svg")).unwrap();
    assert_eq!(svg.matches("<circle").count(), ours.len() + 1);
    assert!(
        svg.contains("PyTorch eager") && svg.contains("Seqscope") && svg.contains("batch (users)")
    );
}

/// The twin takes every name of work from our list, so the names cannot differ. It must know all
/// that the list says: each family, each kind of work or that it has none, each setting that it
/// reads.
#[test]
fn the_twin_knows_every_family_and_setting() {
    let place = Place::new();
    let listed = rows(&place.seqscope("bench --list --json").ok());
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = std::fs::read_to_string(root.join("tests/bench/step.py")).unwrap();
    let twins = script
        .split("\nTWINS = {")
        .nth(1)
        .unwrap()
        .split('}')
        .next()
        .unwrap();
    for kind in ModelKind::iter() {
        assert!(
            twins.contains(&format!("\"{kind}\":")),
            "tests/bench/step.py has no twin of {kind}"
        );
    }
    let tasks = script
        .split("\nTASKS = {")
        .nth(1)
        .unwrap()
        .split('}')
        .next()
        .unwrap();
    let known: BTreeSet<&str> = tasks.split('"').skip(1).step_by(2).collect();
    let told: BTreeSet<&str> = listed
        .iter()
        .map(|row| row["task"].as_str().unwrap())
        .collect();
    assert_eq!(
        told.difference(&known).copied().collect::<Vec<_>>(),
        ["explanation", "opening"]
    );
    let settings: BTreeSet<String> = ModelSpec::iter()
        .flat_map(|spec| spec.fields())
        .map(|field| field.key.to_owned())
        .collect();
    // What is always read, and what is read where it is there.
    let read: BTreeSet<&str> = ["s[\"", "[\"settings\"][\""]
        .iter()
        .flat_map(|before| script.split(before).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(read.len() >= 8, "{read:?}");
    for key in read {
        assert!(
            settings.contains(key),
            "tests/bench/step.py reads the setting {key}, which no family has"
        );
    }
    for key in script
        .split("case[\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(
            listed.iter().all(|row| row.get(key).is_some()),
            "the list does not tell `{key}`"
        );
    }
}
