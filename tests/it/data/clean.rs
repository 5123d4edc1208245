//! Cleaning from a messy file to its sequences: counts that were planted, what is learnt from what,
//! and the sentences.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use seqscope::data::clean::{
    Bots, DateWindow, Fill, ImpossibleTimes, KCore, KeepBehaviours, MergeBehaviours, MissingValues,
    OutlierAction, OutlierRule, Outliers, Repeats, Sessions, SortTimes, Threshold, Transform,
    ValueScale,
};
use seqscope::data::{
    CleanSpec, CleanStep, DataError, DataSource, DataSpec, FileSpec, FittedOn, Prepared, Roles,
    SplitSpec, StepEffect, check, prepare,
};
use seqscope::experiment::Experiment;
use seqscope::spec::{Entry, Problem};
use strum::IntoEnumIterator;

use super::{OnDisk, history, prepare_cleaned, warnings};

/// How often each trouble was planted in a [`messy`] log.
#[derive(Default)]
struct Planted {
    rows: usize,
    duplicates: usize,
    double_clicks: usize,
    bot_rows: usize,
    missing: usize,
    absurd: usize,
    impossible: usize,
    unreadable: usize,
}

const DAY: i64 = 86_400;
/// 2023-01-01.
const BEGIN: i64 = 1_672_531_200;

/// A log with every trouble that cleaning is for, in a shuffled order; the same seed makes the
/// same.
fn messy(seed: u64) -> (String, Planted) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut lines, mut planted) = (Vec::new(), Planted::default());
    for user in 0..40 {
        let mut time = BEGIN + rng.random_range(0..30 * DAY);
        for nth in 0..20 {
            // Minutes to days apart, so that nothing but a planted row is soon after another.
            time += rng.random_range(600..2 * DAY);
            let item = rng.random_range(0..15);
            let row = |time: String, value: &str| format!("u{user},i{item},{time},view,{value}");
            let value = rng.random_range(1..6).to_string();
            match nth {
                0 => {
                    lines.push(row(time.to_string(), &value));
                    planted.duplicates += 1;
                }
                1 => {
                    lines.push(row((time + 3).to_string(), &value));
                    planted.double_clicks += 1;
                }
                2 => {
                    lines.push(row((BEGIN - 50 * 365 * DAY).to_string(), &value));
                    planted.impossible += 1;
                }
                3 => {
                    lines.push(row("yesterday".to_owned(), &value));
                    planted.unreadable += 1;
                }
                _ => {}
            }
            let value = match nth {
                4 => "",
                5 => "1000000",
                _ => &value,
            };
            planted.missing += usize::from(nth == 4);
            planted.absurd += usize::from(nth == 5);
            lines.push(row(time.to_string(), value));
        }
    }
    for n in 0..700 {
        lines.push(format!("bot,i{},{},view,3", n % 15, BEGIN + n * 5));
        planted.bot_rows += 1;
    }
    planted.rows = lines.len();
    for at in (1..lines.len()).rev() {
        lines.swap(at, rng.random_range(0..=at));
    }
    (
        format!("user,item,time,behaviour,value\n{}\n", lines.join("\n")),
        planted,
    )
}

fn pipeline() -> Vec<CleanStep> {
    vec![
        CleanStep::ImpossibleTimes(ImpossibleTimes::default()),
        CleanStep::Bots(Bots::default()),
        CleanStep::Repeats(Repeats::default()),
        CleanStep::SortTimes(SortTimes::default()),
        CleanStep::MissingValues(MissingValues {
            fill: Fill::Median,
            ..MissingValues::default()
        }),
        CleanStep::Outliers(Outliers {
            rule: OutlierRule::Limits,
            high: 5.0,
            action: OutlierAction::Clip,
            ..Outliers::default()
        }),
        CleanStep::Threshold(Threshold {
            on: false,
            ..Threshold::default()
        }),
        CleanStep::KCore(KCore {
            min_user_events: 3,
            min_item_events: 3,
            on: true,
        }),
    ]
}

fn with(steps: Vec<CleanStep>) -> CleanSpec {
    CleanSpec {
        steps,
        ..CleanSpec::default()
    }
}

const TEMPORAL: SplitSpec = SplitSpec::GlobalTemporal {
    valid_fraction: 0.2,
    test_fraction: 0.2,
};

fn effect(prepared: &Prepared, step: &str) -> StepEffect {
    let found = prepared
        .dataset
        .report
        .steps
        .iter()
        .find(|count| count.step == step);
    found
        .unwrap_or_else(|| panic!("{step}"))
        .effect
        .clone()
        .unwrap()
}

#[test]
fn every_planted_trouble_is_counted() {
    for seed in 0..3 {
        let (text, planted) = messy(seed);
        let log = OnDisk::new("messy.csv", &text);
        let prepared =
            prepare_cleaned(&log.spec, with(pipeline()), SplitSpec::LeaveOneOut).unwrap();
        let report = &prepared.dataset.report;
        assert_eq!(
            (report.rows_read, report.rows_refused),
            (planted.rows, planted.unreadable)
        );
        let touched = |step: &str| {
            let effect = effect(&prepared, step);
            (effect.n_removed, effect.n_changed)
        };
        assert_eq!(touched("Exact duplicates dropped"), (planted.duplicates, 0));
        assert_eq!(touched("Impossible times"), (planted.impossible, 0));
        assert_eq!(touched("Bots"), (planted.bot_rows, 0));
        assert_eq!(touched("Repeated events"), (planted.double_clicks, 0));
        assert_eq!(touched("Missing values"), (0, planted.missing));
        assert_eq!(touched("Outliers"), (0, planted.absurd));
        assert!(touched("Unsorted times").1 > 100, "the file is shuffled");
        // What is left are the 20 events that each person was given.
        let values = prepared.dataset.sequences.value.as_ref().unwrap();
        assert_eq!((prepared.dataset.users.len(), values.len()), (40, 800));
        assert!(values.iter().all(|value| (1.0..=5.0).contains(value)));
        assert!(
            report
                .steps
                .iter()
                .all(|count| count.step != "Value threshold"),
            "a step that is off does nothing"
        );
        let bots = effect(&prepared, "Bots");
        assert_eq!(
            (bots.users_before, bots.examples.len(), bots.place),
            (41, 5, Some(1))
        );
        assert!(
            bots.examples
                .iter()
                .all(|row| row.user == "bot" && row.after == "dropped" && row.before == "view, 3")
        );
        let clipped = &effect(&prepared, "Outliers").examples[0];
        assert_eq!(
            (clipped.before.as_str(), clipped.after.as_str()),
            ("1000000", "5")
        );
    }
}

#[test]
fn the_order_of_a_messy_file_does_not_matter() {
    let (text, _) = messy(5);
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].sort_unstable();
    let sorted = lines.join("\n");
    let of = |text: &str| {
        let log = OnDisk::new("messy.csv", text);
        let prepared =
            prepare_cleaned(&log.spec, with(pipeline()), SplitSpec::LeaveOneOut).unwrap();
        let users: Vec<String> = prepared.dataset.users.ids().map(str::to_owned).collect();
        let mut histories: Vec<(String, Vec<String>)> = users
            .into_iter()
            .map(|user| {
                (
                    user.clone(),
                    history(&prepared, &user)
                        .into_iter()
                        .map(str::to_owned)
                        .collect(),
                )
            })
            .collect();
        histories.sort();
        histories
    };
    assert_eq!(of(&text), of(&sorted));
}

#[test]
fn a_file_replays_its_pipeline_with_the_same_counts() {
    let (text, _) = messy(1);
    let log = OnDisk::new("messy.csv", &text);
    let mut experiment = Experiment {
        split: TEMPORAL,
        ..Experiment::default()
    };
    experiment.data = DataSpec {
        source: DataSource::File(log.spec.clone()),
        clean: with(pipeline()),
        ..DataSpec::default()
    };
    let again = Experiment::parse(&experiment.to_text().unwrap()).unwrap();
    assert_eq!(again, experiment);
    let prepared = |e: &Experiment| prepare(&e.data, e.split, &AtomicBool::new(false)).unwrap();
    let (before, after) = (prepared(&experiment), prepared(&again));
    assert_eq!(before.dataset.report, after.dataset.report);
    assert_eq!(before.dataset.fingerprint, after.dataset.fingerprint);
}

#[test]
fn the_k_core_of_a_temporal_split_holds_in_its_training_part() {
    let (text, _) = messy(3);
    let log = OnDisk::new("messy.csv", &text);
    let mut steps = pipeline();
    steps.pop();
    steps.push(CleanStep::KCore(KCore {
        min_user_events: 9,
        min_item_events: 20,
        on: true,
    }));
    let prepared = prepare_cleaned(&log.spec, with(steps), TEMPORAL).unwrap();
    let told = effect(&prepared, "k-core");
    assert_eq!(told.fitted_on, Some(FittedOn::Training));
    assert!(
        told.n_removed > 0 && told.n_removed < told.rows_before,
        "{told:?}"
    );
    let train_len = &prepared.split.train_len;
    assert!(train_len.iter().all(|&len| len >= 9), "{train_len:?}");
    let sequences = &prepared.dataset.sequences;
    let mut of_item = vec![0; prepared.dataset.n_items() + 1];
    for (user, &n_train) in train_len.iter().enumerate() {
        sequences.items(user)[..n_train as usize]
            .iter()
            .for_each(|&item| of_item[item as usize] += 1);
    }
    assert!(of_item[1..].iter().all(|&n| n >= 20), "{of_item:?}");
    assert!(!warnings(&prepared).contains("learnt from all rows"));
}

#[test]
fn the_settings_beside_the_list_and_the_same_steps_in_it_agree() {
    let (text, _) = messy(2);
    let log = OnDisk::new("messy.csv", &text);
    let beside = CleanSpec {
        min_user_events: 10,
        min_item_events: 12,
        ..CleanSpec::default()
    };
    let listed = CleanSpec {
        drop_duplicates: false,
        steps: vec![
            CleanStep::Duplicates(seqscope::data::clean::Duplicates::default()),
            CleanStep::KCore(KCore {
                min_user_events: 10,
                min_item_events: 12,
                on: true,
            }),
        ],
        ..CleanSpec::default()
    };
    let [a, b] = [beside, listed]
        .map(|clean| prepare_cleaned(&log.spec, clean, SplitSpec::LeaveOneOut).unwrap());
    assert_eq!(a.dataset.fingerprint, b.dataset.fingerprint);
    assert!(warnings(&a).contains("the k-core filter counted all events"));
}

/// Ten users with an event a day on days 0 to 9; the value is missing on day 1 and 100 on day 9.
fn days() -> String {
    let mut text = "user,item,time,value\n".to_owned();
    for day in 0..10_i64 {
        for user in 0..10_i64 {
            let value = match day {
                1 => String::new(),
                9 => "100".to_owned(),
                _ => (day % 3 + 1).to_string(),
            };
            text += &format!(
                "u{user},i{},{},{value}\n",
                (day + user) % 4,
                BEGIN + day * DAY + user
            );
        }
    }
    text
}

#[test]
fn what_is_learnt_is_learnt_from_the_training_part_or_said_not_to_be() {
    let log = OnDisk::new("days.csv", days());
    let steps = vec![CleanStep::MissingValues(MissingValues {
        fill: Fill::Mean,
        ..MissingValues::default()
    })];
    // Training are days 0 to 5, values 1, –, 3, 1, 2, 3: mean 2.
    let prepared = prepare_cleaned(&log.spec, with(steps.clone()), TEMPORAL).unwrap();
    let told = effect(&prepared, "Missing values");
    assert_eq!(
        (told.fitted_on, told.note.as_str()),
        (Some(FittedOn::Training), "filled with 2")
    );
    assert!(
        !warnings(&prepared).contains("learnt from all rows"),
        "{}",
        warnings(&prepared)
    );
    // Everything: 1, 3, 1, 2, 3, 1, 2, 3 and 100 over nine days: 116 / 9 = 12.89.
    let prepared = prepare_cleaned(&log.spec, with(steps), SplitSpec::LeaveOneOut).unwrap();
    let told = effect(&prepared, "Missing values");
    assert_eq!(
        (told.fitted_on, told.note.as_str()),
        (Some(FittedOn::Everything), "filled with 12.888889")
    );
    let plain: Vec<_> = prepared
        .dataset
        .report
        .problems
        .iter()
        .filter(|p| p.field == "data.clean.steps[0]")
        .collect();
    let wanted = "step 1 of the cleaning (Missing values) learnt from all rows, those for \
                  validation and test among them; with a global cut in time it learns from the \
                  training part only.";
    assert_eq!(
        plain
            .iter()
            .map(|problem| problem.sentence())
            .collect::<Vec<_>>(),
        [wanted]
    );
    assert!(plain.iter().all(|problem| !problem.is_error()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Values after the first cut are multiplied by a thousand: no training value may move.
    #[test]
    fn no_training_value_depends_on_what_comes_after_the_cut(
        rows in prop::collection::vec((0_u8..5, 0_u8..5, prop::option::weighted(0.8, 1_u8..9)), 40..80),
        which in 0_usize..6,
    ) {
        let steps = match which {
            0 => vec![CleanStep::Transform(Transform { scale: ValueScale::ZScore, on: true })],
            1 => vec![CleanStep::Transform(Transform { scale: ValueScale::Robust, on: true })],
            2 => vec![CleanStep::MissingValues(MissingValues { fill: Fill::Mean, ..MissingValues::default() })],
            3 => vec![CleanStep::MissingValues(MissingValues { fill: Fill::Interpolate, ..MissingValues::default() })],
            4 => vec![CleanStep::Outliers(Outliers { action: OutlierAction::Clip, ..Outliers::default() })],
            _ => vec![
                CleanStep::MissingValues(MissingValues { fill: Fill::Median, ..MissingValues::default() }),
                CleanStep::Smooth(seqscope::data::clean::Smooth::default()),
                CleanStep::Transform(Transform { scale: ValueScale::MinMax, on: true }),
            ],
        };
        let csv = |factor: &dyn Fn(usize) -> f64| {
            let lines = rows.iter().enumerate().map(|(at, (user, item, value))| {
                let value = value.map_or_else(String::new, |value| (f64::from(value) * factor(at)).to_string());
                format!("u{user},i{item},{},{value}\n", BEGIN + at as i64 * 3_600)
            });
            format!("user,item,time,value\n{}", lines.collect::<String>())
        };
        // Times are distinct and nothing is dropped but cold items: the cut lies at six tenths of
        // the rows.
        let cut = rows.len() * 6 / 10;
        let clean = CleanSpec { drop_duplicates: false, ..with(steps) };
        let training = |text: &str| {
            let log = OnDisk::new("log.csv", text);
            let prepared = match prepare_cleaned(&log.spec, clean.clone(), TEMPORAL) {
                Ok(prepared) => prepared,
                Err(DataError::Nothing { .. } | DataError::Setting { .. }) => return None,
                Err(other) => panic!("{other}"),
            };
            let sequences = &prepared.dataset.sequences;
            let values = (0..sequences.n_users()).map(|user| {
                let n_train = prepared.split.train_len[user] as usize;
                sequences.values(user).unwrap()[..n_train].iter().map(|value| value.to_bits()).collect::<Vec<_>>()
            });
            let users: Vec<String> = prepared.dataset.users.ids().map(str::to_owned).collect();
            Some((users, values.collect::<Vec<_>>()))
        };
        prop_assert_eq!(training(&csv(&|_| 1.0)), training(&csv(&|at| if at > cut { 1_000.0 } else { 1.0 })));
    }
}

#[test]
fn a_step_without_its_column_says_so_at_its_field() {
    let log = OnDisk::new(
        "log.csv",
        "user,item\na,x\na,y\na,z\na,x\nb,x\nb,y\nb,z\nb,x\n",
    );
    for (step, role) in [
        (CleanStep::Threshold(Threshold::default()), "value"),
        (CleanStep::Sessions(Sessions::default()), "time"),
        (
            CleanStep::KeepBehaviours(KeepBehaviours {
                keep: "view".to_owned(),
                on: true,
            }),
            "behaviour",
        ),
    ] {
        let steps = vec![
            CleanStep::Bots(Bots {
                on: false,
                ..Bots::default()
            }),
            step.clone(),
        ];
        let error =
            prepare_cleaned(&log.spec, with(steps.clone()), SplitSpec::LeaveOneOut).unwrap_err();
        let DataError::Setting { field, sentence } = error else {
            panic!("{error}")
        };
        let wanted = format!(
            "the cleaning step {} needs a {role} column, and this log has none; name one in \
             `data.roles.{role}`, or switch the step off.",
            step.title()
        );
        assert_eq!(field, "data.clean.steps[1]");
        assert_eq!(sentence.to_string(), wanted);
        // Where the file says that there is no such column, the settings alone tell it.
        let none = Some(String::new());
        let roles = Roles {
            value: none.clone(),
            time: none.clone(),
            behaviour: none,
            ..Roles::default()
        };
        let source = DataSource::File(FileSpec {
            roles,
            ..log.spec.clone()
        });
        let problems = check(
            &DataSpec {
                source,
                clean: with(steps),
                ..DataSpec::default()
            },
            SplitSpec::LeaveOneOut,
        );
        assert_eq!(
            problems
                .iter()
                .map(|p| p.field.as_str())
                .collect::<Vec<_>>(),
            ["data.clean.steps[1]"]
        );
    }
}

#[test]
fn wrong_settings_of_a_step_are_told_at_its_field() {
    let steps = vec![
        CleanStep::Repeats(Repeats {
            window_secs: -1.0,
            ..Repeats::default()
        }),
        CleanStep::Repeats(Repeats {
            window_secs: f64::NAN,
            on: false,
            ..Repeats::default()
        }),
        CleanStep::DateWindow(DateWindow {
            from: "2024-02-31".to_owned(),
            ..DateWindow::default()
        }),
        CleanStep::MergeBehaviours(MergeBehaviours {
            pairs: "pv=view, pv=see, cart".to_owned(),
            on: true,
        }),
        CleanStep::KeepBehaviours(KeepBehaviours::default()),
        CleanStep::Outliers(Outliers {
            rule: OutlierRule::Limits,
            low: 2.0,
            high: 1.0,
            ..Outliers::default()
        }),
    ];
    let data = DataSpec {
        clean: with(steps),
        ..DataSpec::default()
    };
    let problems = check(&data, SplitSpec::LeaveOneOut);
    let sentences: Vec<String> = problems.iter().map(Problem::sentence).collect();
    let told: Vec<(&str, &str)> = std::iter::zip(&problems, &sentences)
        .map(|(problem, sentence)| (problem.field.as_str(), sentence.as_str()))
        .collect();
    let wanted = [
        (
            "data.clean.steps[0].window_secs",
            "Window is -1; choose a number from 0 to 1000000000.",
        ),
        (
            "data.clean.steps[2].from",
            "`2024-02-31` is no moment; write a date such as 2024-01-31, or leave it empty for no \
             limit.",
        ),
        (
            "data.clean.steps[3].pairs",
            "`pv` is renamed twice; keep one of the two pairs.",
        ),
        (
            "data.clean.steps[3].pairs",
            "`cart` is no pair; write the old and the new name, such as pv=view.",
        ),
        (
            "data.clean.steps[4].keep",
            "no behaviour is named; write those to keep, with commas between them, such as view, \
             buy.",
        ),
        (
            "data.clean.steps[5].low",
            "the lowest value, 2, is above the highest, 1; exchange them.",
        ),
    ];
    assert_eq!(told, wanted);
    // What is wrong stops the work before a file is opened.
    let error = prepare(&data, SplitSpec::LeaveOneOut, &AtomicBool::new(false)).unwrap_err();
    assert_eq!(error.to_string(), wanted[0].1);
}

#[test]
fn a_misspelt_behaviour_is_told() {
    let lines: Vec<String> = (0..8)
        .map(|at| format!("a,i{},{},view\n", at % 3, BEGIN + at * 60))
        .collect();
    let log = OnDisk::new(
        "log.csv",
        format!("user,item,time,behaviour\n{}", lines.concat()),
    );
    let keep = "view, veiw".to_owned();
    let steps = vec![CleanStep::KeepBehaviours(KeepBehaviours { keep, on: true })];
    let prepared = prepare_cleaned(&log.spec, with(steps), SplitSpec::LeaveOneOut).unwrap();
    assert!(
        warnings(&prepared).contains("no event has the behaviour `veiw`: did you mean `view`?")
    );
}

#[test]
fn times_that_only_order_have_no_seconds_and_no_dates() {
    let lines: Vec<String> = (0..8).map(|at| format!("a,i{},{at}\n", at % 3)).collect();
    let log = OnDisk::new("log.csv", format!("user,item,time\n{}", lines.concat()));
    let prepared = |step| prepare_cleaned(&log.spec, with(vec![step]), SplitSpec::LeaveOneOut);
    let repeats = prepared(CleanStep::Repeats(Repeats {
        window_secs: 1.0,
        ..Repeats::default()
    }))
    .unwrap();
    assert!(
        warnings(&repeats).contains("a second here is a difference of 1"),
        "{}",
        warnings(&repeats)
    );
    let window = |from: &str| {
        CleanStep::DateWindow(DateWindow {
            from: from.to_owned(),
            ..DateWindow::default()
        })
    };
    assert_eq!(
        prepared(window("3")).unwrap().dataset.sequences.n_events(),
        5
    );
    let error = prepared(window("2024-01-31")).unwrap_err();
    let DataError::Setting { field, sentence } = error else {
        panic!("{error}")
    };
    assert_eq!(field, "data.clean.steps[0].from");
    let sentence = sentence.to_string();
    assert!(
        sentence.contains("the times of this log only order events; write a number"),
        "{sentence}"
    );
}

#[test]
fn every_step_is_written_and_read_back() {
    let mut experiment = Experiment::default();
    experiment.data.clean.steps = CleanStep::iter().collect();
    let text = experiment.to_text().unwrap();
    assert_eq!(Experiment::parse(&text).unwrap(), experiment);
    for step in CleanStep::iter() {
        let short = format!(
            "(version: 1, name: \"x\", data: (clean: (steps: [{}()])))",
            step.name()
        );
        assert_eq!(
            Experiment::parse(&short).unwrap().data.clean.steps,
            [step],
            "all settings may be left out"
        );
    }
    let error = Experiment::parse(
        "(version: 1, name: \"x\", data: (clean: (steps: [Repeats(window: 3)])))",
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`window` is not a setting of the step Repeats"),
        "{error}"
    );
    let error = Experiment::parse("(version: 1, name: \"x\", data: (clean: (steps: [Repeat()])))")
        .unwrap_err();
    assert!(
        error.to_string().contains("Did you mean `Repeats`?"),
        "{error}"
    );
}

#[test]
fn steps_are_set_by_their_path() {
    let mut experiment = Experiment::default();
    experiment
        .set(
            "data.clean.steps",
            "[Repeats(window_secs: 60), MissingValues(fill: Mean), Bots()]",
        )
        .unwrap();
    experiment
        .set("data.clean.steps[0].same_behaviour", "no")
        .unwrap();
    experiment
        .set("data.clean.steps[1].fill", "median")
        .unwrap();
    experiment.set("data.clean.steps[2].on", "off").unwrap();
    let wanted = vec![
        CleanStep::Repeats(Repeats {
            window_secs: 60.0,
            same_behaviour: false,
            on: true,
        }),
        CleanStep::MissingValues(MissingValues {
            fill: Fill::Median,
            ..MissingValues::default()
        }),
        CleanStep::Bots(Bots {
            on: false,
            ..Bots::default()
        }),
    ];
    assert_eq!(experiment.data.clean.steps, wanted);
    for (path, text, said) in [
        ("data.clean.steps", "[Repeat()]", "Did you mean `Repeats`?"),
        (
            "data.clean.steps",
            "[Repeats(window_secs: soon)]",
            "window_secs",
        ),
        (
            "data.clean.steps[1].fill",
            "Medain",
            "Did you mean `Median`?",
        ),
        (
            "data.clean.steps[0].window",
            "3",
            "did you mean `data.clean.steps[0].window_secs`?",
        ),
        (
            "data.clean.steps[7].on",
            "true",
            "there is no step 7: the list has 3",
        ),
        (
            "data.clean.steps[x].on",
            "true",
            "`x` is not the place of a step",
        ),
        ("data.clean.steps[0]", "true", "names no setting of a step"),
    ] {
        let error = experiment.set(path, text).unwrap_err().to_string();
        assert!(error.contains(said), "{path}={text}: {error}");
    }
    assert_eq!(
        experiment.data.clean.steps, wanted,
        "what is refused changes nothing"
    );
}
