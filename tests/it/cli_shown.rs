//! What a command shows of what stands in files: foreign text that no terminal obeys, weights that
//! are no numbers, and warnings said once.

use crate::place::{Place, runs_in};

const EXPERIMENT: &str = r#"(
    version: 1,
    name: "NAME",
    data: (source: File(path: "log.csv")),
    split: LeaveOneOut,
    model: Gru(d_model: 8, d_hidden: 8, seq_len: 8),
    training: (device: "cpu", epochs: 1, batch_size: 8),
    seed: 1,
)
"#;

/// Twelve users with eight events each among nine items, some with control characters in their ids.
fn log() -> String {
    let item = |at: usize| match at % 9 {
        3 => "i3\u{7}".to_owned(),
        4 => "i4\u{202e}\u{9b}".to_owned(),
        other => format!("i{other}"),
    };
    let rows = (0..12).flat_map(|user| (0..8).map(move |at| (user, at)));
    let rows = rows.map(|(user, at)| {
        let id = if user == 1 {
            "u\u{1b}1".to_owned()
        } else {
            format!("u{user}")
        };
        format!(
            "{id},{},{}\n",
            item(user + at * at),
            1_600_000_000 + at * 1000 + user
        )
    });
    format!("user,item,time\n{}", rows.collect::<String>())
}

fn place() -> Place {
    let place = Place::new();
    place.write("log.csv", log());
    place.write("a.ron", EXPERIMENT.replace("NAME", "bell\\u{7}"));
    place
}

fn is_obeyed(text: &str) -> bool {
    text.chars()
        .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}')
}

#[test]
fn control_characters_of_ids_and_names_are_shown_and_json_keeps_them() {
    let place = place();
    let trained = place.seqscope("train a.ron --runs runs").ok();
    let run = place.path("runs").join(&runs_in(&place.path("runs"))[0]);
    let log = std::fs::read_to_string(run.join("log.txt")).unwrap();
    let told = place
        .seqscope("predict last --runs runs --user u2 --top 9")
        .ok();
    let looked = place.seqscope("data log.csv --profile").ok();
    let unknown = place.run(&[
        "predict",
        "last",
        "--runs",
        "runs",
        "--user",
        "nobody\u{7}\u{1b}[2J",
    ]);
    for text in [
        &trained.out,
        &trained.err,
        &log,
        &told.out,
        &told.err,
        &looked.out,
        &unknown.err,
    ] {
        assert!(!is_obeyed(text), "{text:?}");
    }
    assert!(told.out.contains(r"i4\u202e\u009b"), "{}", told.out);
    unknown.fails(1, &["no user `nobody"]);
    let json = place
        .seqscope("predict last --runs runs --user u2 --top 9 --json")
        .ok();
    assert!(!is_obeyed(&json.out), "{}", json.out);
    let items: Vec<String> = json.json()["next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["item"].as_str().unwrap().to_owned())
        .collect();
    assert!(items.contains(&"i4\u{202e}\u{9b}".to_owned()), "{items:?}");
}

#[test]
fn weights_that_are_no_numbers_are_told_and_answer_nothing() {
    let place = place();
    place.seqscope("train a.ron --runs runs").ok();
    let run = place.path("runs").join(&runs_in(&place.path("runs"))[0]);
    for name in ["0001.safetensors", "best.safetensors"] {
        let path = run.join("epochs").join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + header..12 + header].copy_from_slice(&f32::NAN.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
    }
    for command in ["predict", "recommend"] {
        let said = place.seqscope(&format!("{command} last --runs runs --user u2"));
        assert_eq!(said.out, "", "nothing is answered");
        said.fails(1, &["damaged", "1 of its", "NaN or infinite", "train anew"]);
    }
    let compared = place.seqscope("compare last --runs runs").ok();
    assert!(
        compared.err.contains("the best weights of") && compared.err.contains("are damaged"),
        "{}",
        compared.err
    );
    let json = place
        .seqscope("compare last --runs runs --json")
        .ok()
        .json();
    assert_eq!(json["damaged_weights"].as_array().unwrap().len(), 1);
}

#[test]
fn a_choice_of_split_is_told_once_of_several_and_not_of_a_log_without_times() {
    let place = place();
    for name in ["a", "b", "c"] {
        place.write(&format!("{name}.ron"), EXPERIMENT.replace("NAME", name));
        place.write(
            &format!("{name}-timeless.ron"),
            EXPERIMENT
                .replace("NAME", name)
                .replace("log.csv", "timeless.csv"),
        );
    }
    let timeless: Vec<String> = log()
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_owned())
        .collect();
    // With so little beside them, what a terminal obeys would make it no text.
    place.write(
        "timeless.csv",
        timeless.join("\n").replace(['\u{7}', '\u{1b}'], ""),
    );
    let n_told = |text: &str| text.matches("leave-one-out cuts each user").count();

    let checked = place.seqscope("check a.ron b.ron c.ron").ok();
    assert_eq!(n_told(&checked.out), 1, "{}", checked.out);
    assert!(
        checked.out.contains("a.ron, b.ron, c.ron: warning: split:"),
        "{}",
        checked.out
    );
    let checked = place.seqscope("check a-timeless.ron b-timeless.ron").ok();
    assert_eq!(n_told(&checked.out), 0, "{}", checked.out);

    for name in ["a", "b", "c"] {
        assert_eq!(
            n_told(
                &place
                    .seqscope(&format!("train {name}.ron --runs runs"))
                    .ok()
                    .err
            ),
            1
        );
        assert_eq!(
            n_told(
                &place
                    .seqscope(&format!("train {name}-timeless.ron --runs timeless"))
                    .ok()
                    .err
            ),
            0
        );
    }
    // By the names of their experiments.
    let compared = place.seqscope("compare a b c --runs runs").ok();
    assert_eq!(n_told(&compared.err), 1, "{}", compared.err);
    assert!(
        compared.err.contains("of all 3 runs: leave-one-out"),
        "{}",
        compared.err
    );
    let compared = place.seqscope("compare a b c --runs timeless").ok();
    assert_eq!(n_told(&compared.err), 0, "{}", compared.err);
}
