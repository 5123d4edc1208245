//! What a person names: a split at dates or by own files, a flag by which rows are taken.

use std::sync::atomic::AtomicBool;

use seqscope::data::{
    Calendar, DataSource, DataSpec, Prepared, SplitSpec, TaskSpec, WillAct, audit, outcomes,
    prepare,
};

use crate::data::OnDisk;
use crate::place::Place;

fn opened(log: &OnDisk, split: SplitSpec) -> Result<Prepared, String> {
    let data = DataSpec {
        source: DataSource::File(log.spec.clone()),
        ..DataSpec::default()
    };
    prepare(&data, split, &AtomicBool::new(false)).map_err(|error| error.to_string())
}

fn at(validation_from: &str, test_from: &str) -> SplitSpec {
    SplitSpec::AtDates {
        validation_from: validation_from.into(),
        test_from: test_from.into(),
    }
}

/// Six users with one event a day from January 1st to 30th, each a minute after the other; `i6` is
/// new on the 20th.
fn january() -> OnDisk {
    let mut text = "user,item,time\n".to_owned();
    for day in 1..=30 {
        for user in 0..6 {
            let item = if day >= 20 && user == 0 {
                6
            } else {
                (day + user) % 6
            };
            text += &format!("u{user},i{item},2024-01-{day:02}T09:{user:02}:00Z\n");
        }
    }
    OnDisk::new("january.csv", text)
}

#[test]
fn a_cut_at_named_dates_is_where_it_was_named() {
    let log = january();
    let prepared = opened(&log, at("2024-01-21", "2024-01-26T09:03:00Z")).unwrap();
    // Twenty days of training; of validation the 21st to 25th, and on the 26th the three that come
    // before 09:03.
    assert_eq!(prepared.split.train_len, [20; 6]);
    assert_eq!(prepared.split.valid_len, [26, 26, 26, 25, 25, 25]);
    assert_eq!(
        (prepared.split.valid.len(), prepared.split.test.len()),
        (6, 6)
    );
    let calendar = Calendar::new(&prepared);
    let of_day = |day: usize| {
        (
            calendar.bars[day - 1].n_train,
            calendar.bars[day - 1].n_valid,
            calendar.bars[day - 1].n_test,
        )
    };
    assert_eq!(
        (of_day(20), of_day(21), of_day(26), of_day(27)),
        ((6, 0, 0), (0, 6, 0), (0, 3, 3), (0, 0, 6))
    );
    let data = DataSpec {
        source: DataSource::File(log.spec.clone()),
        ..DataSpec::default()
    };
    assert!(
        audit(&prepared, &data)[0]
            .sentence
            .contains("No training event is later")
    );
    // An item that training does not know is dropped, as by the cut in shares.
    let early = opened(&log, at("2024-01-20", "2024-01-26")).unwrap();
    assert!(early.dataset.items.idx("i6").is_none());
    assert!(
        early
            .dataset
            .report
            .steps
            .iter()
            .any(|step| step.step == "Items unseen in training dropped")
    );
    // Whoever is asked whether they act is asked at the named moment, not at the first event after
    // it.
    let task = TaskSpec::WillAct(WillAct {
        behaviour: String::new(),
        horizon_hours: 9.5,
    });
    let split = at("2024-01-21", "2024-01-26");
    let asked = outcomes(&task, &opened(&log, split).unwrap(), split);
    let asked = asked.unwrap().unwrap();
    let elapsed: Vec<f32> = asked
        .test
        .iter()
        .map(|sample| sample.elapsed_secs / 60.0)
        .collect();
    assert_eq!(
        elapsed,
        [900.0, 899.0, 898.0, 897.0, 896.0, 895.0],
        "minutes from the event of the 25th to midnight"
    );
}

#[test]
fn dates_that_the_log_has_not_got_one_sentence_each() {
    let log = january();
    for (validation_from, test_from, words) in [
        (
            "2023-12-01",
            "2024-01-20",
            [
                "`split.validation_from` (2023-12-01) is not after the first event",
                "a later moment",
            ],
        ),
        (
            "2024-01-20",
            "2024-02-20",
            [
                "`split.test_from` (2024-02-20) is after the last event",
                "an earlier moment",
            ],
        ),
        (
            "2024-01-20",
            "2024-01-20T01:00:00Z",
            ["no event lies from 2024-01-20", "further apart"],
        ),
        (
            "2024-01-02",
            "2024-01-30T09:00:00Z",
            [
                "no user has two events before the first cut",
                "split.validation_from",
            ],
        ),
    ] {
        let sentence = opened(&log, at(validation_from, test_from)).unwrap_err();
        assert!(
            words.iter().all(|word| sentence.contains(word)),
            "{sentence}"
        );
        assert_eq!(
            sentence.contains("the log goes from 2024-01-01T09:00:00Z to 2024-01-30T09:05:00Z"),
            words[0].starts_with('`')
        );
    }
    let timeless = OnDisk::new("plain.csv", "user,item\nu,a\nu,b\nu,c\nu,a\nu,b\n");
    assert!(
        opened(&timeless, at("2024-01-02", "2024-01-03"))
            .unwrap_err()
            .contains("needs times")
    );
}

#[test]
fn where_times_only_order_a_cut_is_a_number() {
    let rows = (0..40).map(|row| format!("u{},i{},{row}\n", row % 4, row % 3));
    let log = OnDisk::new(
        "steps.csv",
        format!("user,item,step\n{}", rows.collect::<String>()),
    );
    let mut spec = log.spec.clone();
    spec.roles.time = Some("step".to_owned());
    let data = DataSpec {
        source: DataSource::File(spec),
        ..DataSpec::default()
    };
    let open =
        |split| prepare(&data, split, &AtomicBool::new(false)).map_err(|error| error.to_string());
    let prepared = open(at("20", "30")).unwrap();
    assert_eq!(
        (
            prepared.split.train_len.as_slice(),
            prepared.split.valid_len.as_slice()
        ),
        (&[5; 4][..], &[8, 8, 7, 7][..])
    );
    let sentence = open(at("2024-01-02", "2024-01-03")).unwrap_err();
    assert!(
        sentence.contains("only order its events")
            && sentence.contains("the log goes from 0 to 39"),
        "{sentence}"
    );
    assert!(
        open(at("20", "50"))
            .unwrap_err()
            .contains("`split.test_from` (50) is after the last event")
    );
}

#[test]
fn a_log_is_audited_at_named_dates_from_the_command_line() {
    let place = Place::new();
    place.write("log.csv", std::fs::read(&january().spec.path).unwrap());
    let line = "data log.csv --audit --split dates --set split.validation_from=2024-01-21 --set \
                split.test_from=2024-01-26";
    let text = place.seqscope(line).ok().out;
    assert!(
        text.contains("split at named dates (validation from 2024-01-21, test from 2024-01-26)"),
        "{text}"
    );
    place
        .seqscope("data log.csv --audit --split dates")
        .fails(1, &["split.validation_from", "2024-02-01"]);
    let told = place.seqscope("describe split").ok().out;
    assert!(
        told.contains("AtDates") && told.contains("validation_from"),
        "{told}"
    );
}

/// What was shown to three users, and what of it they clicked: i5 never was.
fn shown() -> OnDisk {
    let mut text = "user_id,item_id,click,watch\n".to_owned();
    for row in 0..60 {
        text += &format!(
            "u{},i{},{},0\n",
            row % 3,
            row % 6,
            i32::from(row % 6 != 5 && row % 2 == 1)
        );
    }
    OnDisk::new("shown.csv", text)
}

#[test]
fn rows_are_taken_only_where_a_flag_says_so() {
    let log = shown();
    let open = |only: Option<&str>| {
        let spec = seqscope::data::FileSpec {
            only_where: only.map(str::to_owned),
            ..log.spec.clone()
        };
        crate::data::prepare_file(&spec)
    };
    let all = open(None).unwrap();
    assert_eq!(all.dataset.sequences.n_events(), 60);
    let warning = crate::data::warnings(&all);
    assert!(
        warning.contains("`click` holds 0 in")
            && warning.contains("\"click = 1\" in `data.only_where`"),
        "{warning}"
    );
    for only in [
        "click = 1",
        "click",
        "click=1",
        "click == 1.0",
        "click = 'true'",
    ] {
        let taken = open(Some(only)).unwrap();
        let steps: Vec<(&str, usize, usize)> = taken
            .dataset
            .report
            .steps
            .iter()
            .map(|step| (step.step.as_str(), step.rows, step.items))
            .collect();
        assert_eq!(steps[0], ("Read", 60, 6), "{only}");
        assert!(
            steps[1].0.starts_with("Rows where click is not ")
                && (steps[1].1, steps[1].2) == (20, 2),
            "{steps:?}"
        );
        assert_eq!(
            (
                taken.dataset.sequences.n_events(),
                taken.dataset.report.rows_refused
            ),
            (20, 0)
        );
        assert!(!crate::data::warnings(&taken).contains("only_where"));
    }
    // Said to be wanted whole, it is not warned of again; another value of another column is one
    // too.
    assert!(!crate::data::warnings(&open(Some("")).unwrap()).contains("only_where"));
    assert!(
        open(Some("item_id = i1"))
            .unwrap_err()
            .to_string()
            .contains("one item only")
    );
    for (only, words) in [
        (
            "clicked = 1",
            ["there is no column `clicked`", "did you mean `click`?"],
        ),
        (
            "click =",
            ["does not say which rows are taken", "such as `click = 1`"],
        ),
        ("click != 0", ["does not say which rows", "`click = 1`"]),
        (
            "click = 7",
            [
                "no row has `7` in the column `click`; it has `0`, `1`",
                "choose one of its values",
            ],
        ),
    ] {
        let sentence = open(Some(only)).unwrap_err().to_string();
        assert!(
            words.iter().all(|word| sentence.contains(word)),
            "{sentence}"
        );
    }
}

#[test]
fn a_flag_is_proposed_set_and_told_on_the_command_line() {
    let place = Place::new();
    place.write("shown.csv", std::fs::read(&shown().spec.path).unwrap());
    assert!(
        place
            .seqscope("data shown.csv")
            .ok()
            .err
            .contains("\"click = 1\" in `data.only_where`")
    );
    let told = place
        .run(&["data", "shown.csv", "--only-where", "click = 1"])
        .ok();
    assert!(
        told.out.contains("only rows where: click = 1")
            && told.out.contains("Rows where click is not 1 left out")
    );
    let json = place
        .seqscope("data shown.csv --set data.only_where=click --json")
        .ok()
        .json();
    assert_eq!(
        (&json["events"], &json["rows_refused"]),
        (&20.into(), &0.into())
    );
}

/// A split that somebody made: u4 is in the test file alone, u5 there with one event, and i9 is
/// unknown to training.
const TRAIN: &str = "user,item,time\nu1,i1,10\nu1,i2,30\nu1,i1,20\nu2,i2,15\nu2,i3,25\nu3,i3,11\nu3,i1,12\nu3,i2,13\n";
const VALID: &str = "user,item,time\nu1,i3,40\nu2,i1,35\n";
const TEST: &str = "user,item,time\nu2,i2,5\nu1,i2,60\nu1,i3,50\nu3,i9,99\nu3,i1,90\nu4,i1,70\nu4,i2,71\nu5,i3,70\n";

fn own_files(valid: Option<&str>) -> (OnDisk, DataSpec) {
    let log = OnDisk::new("train.csv", TRAIN);
    let valid_path = valid.map(|text| log.beside("valid.csv", text));
    let test_path = Some(log.beside("test.csv", TEST));
    let spec = seqscope::data::FileSpec {
        valid_path,
        test_path,
        ..log.spec.clone()
    };
    let data = DataSpec {
        source: DataSource::File(spec),
        ..DataSpec::default()
    };
    (log, data)
}

#[test]
fn own_files_are_the_split_and_nothing_else_is() {
    let (_log, data) = own_files(Some(VALID));
    let prepared = prepare(&data, SplitSpec::OwnFiles, &AtomicBool::new(false)).unwrap();
    let dataset = &prepared.dataset;
    let parts = |user: &str| {
        let at = dataset.users.idx(user).unwrap() as usize;
        let (train, valid) = (
            prepared.split.train_len[at] as usize,
            prepared.split.valid_len[at] as usize,
        );
        let items = crate::data::history(&prepared, user);
        (
            items[..train].join(" "),
            items[train..valid].join(" "),
            items[valid..].join(" "),
        )
    };
    let told = |train: &str, valid: &str, test: &str| {
        (train.to_owned(), valid.to_owned(), test.to_owned())
    };
    // Within each file in order of time; the test of u2 stays the test, though it is earlier than
    // all.
    assert_eq!(parts("u1"), told("i1 i1 i2", "i3", "i3 i2"));
    assert_eq!(parts("u2"), told("i2 i3", "i1", "i2"));
    assert_eq!(
        parts("u3"),
        told("i3 i1 i2", "", "i1"),
        "i9 is unknown to training"
    );
    assert_eq!(parts("u4"), told("", "", "i1 i2"));
    assert_eq!(
        (prepared.split.valid.len(), prepared.split.test.len()),
        (2, 4),
        "nothing is before the event of u5"
    );
    let cold = dataset
        .report
        .steps
        .iter()
        .find(|step| step.step == "Items unseen in training dropped")
        .unwrap();
    assert_eq!((cold.rows, cold.items), (17, 3));
    let warnings = crate::data::warnings(&prepared);
    for words in [
        "2 of 5 users of the test file have no training event, and 1 of them",
        "1 of 7 events of the test file are earlier",
    ] {
        assert!(warnings.contains(words), "`{words}` in {warnings}");
    }
    // Without a validation file it is each user's last training event.
    let (_log, data) = own_files(None);
    let prepared = prepare(&data, SplitSpec::OwnFiles, &AtomicBool::new(false)).unwrap();
    assert_eq!(
        (prepared.split.valid.len(), prepared.split.test.len()),
        (3, 4)
    );
    let of_u1 = prepared.dataset.users.idx("u1").unwrap() as usize;
    assert_eq!(
        (
            prepared.split.train_len[of_u1],
            prepared.split.valid_len[of_u1]
        ),
        (2, 3)
    );
}

#[test]
fn own_files_that_cannot_be_get_one_sentence_with_the_cure() {
    let (log, data) = own_files(Some(VALID));
    let open = |data: &DataSpec, split| {
        prepare(data, split, &AtomicBool::new(false))
            .unwrap_err()
            .to_string()
    };
    let loo = open(&data, SplitSpec::LeaveOneOut);
    assert!(
        loo.contains("`data.test_path` names a file of a part")
            && loo.contains("write `split: OwnFiles`"),
        "{loo}"
    );
    let plain = DataSpec {
        source: DataSource::File(log.spec.clone()),
        ..DataSpec::default()
    };
    assert!(open(&plain, SplitSpec::OwnFiles).contains("name it in `data.test_path`"));
    let with = |path: std::path::PathBuf| {
        let spec = seqscope::data::FileSpec {
            test_path: Some(path),
            ..log.spec.clone()
        };
        open(
            &DataSpec {
                source: DataSource::File(spec),
                ..DataSpec::default()
            },
            SplitSpec::OwnFiles,
        )
    };
    assert!(with(log.spec.path.clone()).contains("is named for two parts of the split"));
    assert!(with(log.beside("other.csv", "who,what\na,b\n")).contains("it has the columns"));
    assert!(with(log.folder.path().join("gone.csv")).contains("gone.csv"));
    let strangers = with(log.beside("strangers.csv", "user,item,time\nx,q,70\ny,r,71\n"));
    assert!(
        strangers.contains("of the same users and items"),
        "{strangers}"
    );
}

#[test]
fn own_files_train_and_are_found_again_from_another_folder() {
    let place = Place::new();
    let rows = |from: i64, n: i64| -> String {
        let row = |at: i64| {
            format!(
                "u{},i{},{}\n",
                at % 12,
                at * at % 7,
                1_700_000_000 + 3600 * (from + at)
            )
        };
        format!("user,item,time\n{}", (0..n).map(row).collect::<String>())
    };
    place.write("train.csv", rows(0, 120));
    place.write("test.csv", rows(120, 24));
    place.write(
        "own.ron",
        r#"(version: 1, name: "own", data: (source: File(path: "train.csv", test_path: "test.csv")), split: OwnFiles,
            model: Gru(d_model: 8, d_hidden: 8, seq_len: 8), training: (device: "cpu", epochs: 1, batch_size: 8))"#,
    );
    place.seqscope("check own.ron").ok();
    place.seqscope("train own.ron --runs runs").ok();
    let runs = place.path("runs");
    let elsewhere = Place::new();
    let told = elsewhere.run(&[
        "predict",
        "last",
        "--runs",
        &runs.display().to_string(),
        "--user",
        "u1",
        "--json",
    ]);
    assert_eq!(told.ok().json()["events_seen"], 12);
    let json = place
        .seqscope("data train.csv --test test.csv --audit --json")
        .ok()
        .json();
    assert_eq!(
        (&json["events"], &json["audit"][0]["verdict"]),
        (&144.into(), &"pass".into())
    );
    let text = place
        .seqscope("data train.csv --test test.csv --audit")
        .ok();
    assert!(
        text.out.contains("own train and test files"),
        "{}",
        text.out
    );
    place
        .seqscope("predict last --runs runs --all --to test.csv")
        .fails(1, &["the run's data are read from"]);
}
