//! What is suggested is read again as it was meant, and fits the log.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::experiment::differences;

/// A log of `n_users` who each act `n_events` times, an hour apart from each other if `is_mixed`,
/// else one user after another.
fn log(n_users: usize, n_events: usize, is_mixed: bool) -> String {
    let mut text = "visitor,product,when\n".to_owned();
    for user in 0..n_users {
        for event in 0..n_events {
            let hour = if is_mixed {
                event * n_users + user
            } else {
                user * n_events + event
            };
            text += &format!(
                "v{user},p{},{}\n",
                (user * 7 + event * 3) % 50,
                1_600_000_000 + hour * 3600
            );
        }
    }
    text
}

fn suggested(text: &str) -> Result<(Suggestion, Prepared), DataError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop \"log\".csv");
    std::fs::write(&path, text).unwrap();
    suggest(&path, &AtomicBool::new(false))
}

#[track_caller]
fn assert_text(suggestion: &Suggestion) -> String {
    let text = suggestion.to_text();
    let read = Experiment::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(read, suggestion.experiment, "{text}");
    assert!(text.contains("// "), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() < 140),
        "{text}"
    );
    text
}

#[test]
fn users_who_go_on_are_cut_in_time_and_those_who_come_and_go_are_not() {
    let (mixed, _) = suggested(&log(200, 12, true)).unwrap();
    assert_eq!(mixed.experiment.split, SplitSpec::RECOMMENDED);
    let (apart, prepared) = suggested(&log(200, 12, false)).unwrap();
    assert_eq!(apart.experiment.split, SplitSpec::LeaveOneOut);
    assert_eq!(prepared.split.test.len(), 200);
    for suggestion in [&mixed, &apart] {
        let text = assert_text(suggestion);
        for words in [
            "user: \"visitor\",",
            "// such as v0",
            "item: \"product\",",
            "time_format: ",
            "seq_len: 20,",
            "model: Transformer(",
            "name: \"",
            "filter_seen: auto",
        ] {
            assert!(text.contains(words), "`{words}` in {text}");
        }
        assert!(
            suggestion
                .experiment
                .check_settings()
                .iter()
                .all(|problem| !problem.is_error())
        );
    }
    let fields: Vec<String> = differences(&[&mixed.experiment, &apart.experiment])
        .into_iter()
        .map(|difference| difference.field)
        .filter(|field| !field.starts_with("data.") && !field.starts_with("split"))
        .collect();
    assert_eq!(fields, [""; 0], "nothing else depends on who acts when");
}

#[test]
fn short_histories_get_a_gru_and_a_small_window() {
    let (short, _) = suggested(&log(300, 3, false)).unwrap();
    assert!(matches!(&short.experiment.model, ModelSpec::Gru(spec) if spec.seq_len == 10));
    let text = assert_text(&short);
    assert!(text.contains("model: Gru("), "{text}");
}

#[test]
fn a_log_without_items_asks_whether_users_act() {
    let mut text = String::new();
    for line in log(200, 12, true).lines() {
        let cells: Vec<&str> = line.split(',').collect();
        text += &[cells[0], cells[2]].join(",");
        text.push('\n');
    }
    let (alone, _) = suggested(&text).unwrap();
    let TaskSpec::WillAct(task) = &alone.experiment.task else {
        panic!("{:?}", alone.experiment.task)
    };
    assert!((task.horizon_hours - 720.0).abs() < 1e-9);
    let text = assert_text(&alone);
    assert!(text.contains("task: WillAct("), "{text}");
    assert!(
        alone
            .experiment
            .check_settings()
            .iter()
            .all(|problem| !problem.is_error())
    );
}

#[test]
fn what_cannot_be_split_says_why() {
    let error = suggested("user,item,time\nu1,i1,1\nu2,i2,2\n").unwrap_err();
    assert!(!error.to_string().is_empty());
    assert!(suggested("nothing\n").is_err());
}
