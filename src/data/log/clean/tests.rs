//! Every step against a slow and obvious way of doing the same, and against numbers made by hand.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use strum::IntoEnumIterator;

use super::*;
use crate::error::DataError;
use crate::log::events::Events;
use crate::log::{CleanSpec, DataReport, ExampleRow, StepEffect};
use seqscope_base::spec::Entry;

/// User, item, second, behaviour, value.
type Row = (u32, u32, i64, u16, f32);

/// Row like this one, at another time.
fn moved(&(user, item, _, behaviour, value): &Row, time: i64) -> Row {
    (user, item, time, behaviour, value)
}

fn events(rows: &[Row]) -> Events {
    let mut events = Events {
        value: Some(Vec::new()),
        behaviour_idx: Some(Vec::new()),
        ..Events::with_times()
    };
    for n in 0..6 {
        events.users.intern(&format!("u{n}"));
        events.items.intern(&format!("i{n}"));
    }
    for word in ["view", "cart", "buy"] {
        events.behaviours.intern(word);
    }
    for &(user, item, time, behaviour, value) in rows {
        events.push(user, item, time);
        events.behaviour_idx.as_mut().unwrap().push(behaviour);
        events.value.as_mut().unwrap().push(value);
    }
    events
}

/// Rows as they stand in a log now, values as bits so that missing ones are equal.
fn rows_of(events: &Events) -> Vec<(String, String, i64, String, u32)> {
    let id = |vocab: &crate::log::Vocab, idx: u32| vocab.id(idx).unwrap().to_owned();
    (0..events.len())
        .map(|row| {
            let behaviour = u32::from(events.behaviour_idx.as_ref().unwrap()[row]);
            let value = events.value.as_ref().unwrap()[row];
            (
                id(&events.users, events.user_idx[row]),
                id(&events.items, events.item_idx[row]),
                events.time_ticks.as_ref().unwrap()[row],
                id(&events.behaviours, behaviour),
                if value.is_nan() {
                    f32::NAN.to_bits()
                } else {
                    value.to_bits()
                },
            )
        })
        .collect()
}

fn run_before(
    rows: &Events,
    step: impl Into<CleanStep>,
    train_before: Option<i64>,
) -> Result<(Events, StepEffect), DataError> {
    let mut events = rows.clone();
    let spec = CleanSpec {
        drop_duplicates: false,
        steps: vec![step.into()],
        ..CleanSpec::default()
    };
    let mut report = DataReport::default();
    let circumstances = Circumstances {
        train_before,
        only_orders: false,
    };
    run(
        &mut events,
        &spec,
        circumstances,
        &mut report,
        &AtomicBool::new(false),
    )?;
    Ok((events, report.steps[0].effect.clone().unwrap()))
}

fn after(rows: &[Row], step: impl Into<CleanStep>) -> (Events, StepEffect) {
    run_before(&events(rows), step, None).unwrap()
}

/// Positions of the rows that a step keeps; none when it leaves nothing. Times are made to tell
/// rows apart afterwards only where they already do, so the flags themselves are asked.
fn kept(rows: &[Row], step: impl Into<CleanStep>) -> Vec<bool> {
    let events = events(rows);
    match step
        .into()
        .step()
        .outcome(&view::LogView::of_events(&events))
        .unwrap()
        .change
    {
        change::LogChange::Keep(keep) => keep,
        other => panic!("{other:?} keeps no rows"),
    }
}

fn values(rows: &[Row], step: impl Into<CleanStep>) -> Vec<f32> {
    after(rows, step).0.value.unwrap()
}

macro_rules! into_step {
    ($($name:ident),*) => {$(
        impl From<$name> for CleanStep {
            fn from(step: $name) -> Self {
                Self::$name(step)
            }
        }
    )*};
}
into_step!(
    Duplicates,
    Repeats,
    Bots,
    ImpossibleTimes,
    SortTimes,
    DateWindow,
    MissingValues,
    Outliers,
    Smooth,
    Transform,
    Threshold,
    KeepBehaviours,
    MergeBehaviours,
    KCore,
    Sessions,
    SampleUsers
);

fn random_rows() -> impl Strategy<Value = Vec<Row>> {
    let value = prop_oneof![3 => (0_u8..8).prop_map(f32::from), 1 => Just(f32::NAN)];
    prop::collection::vec((0_u32..4, 0_u32..4, 0_i64..40, 0_u16..3, value), 1..60)
}

/// Every step with each of its choices.
fn all_kinds() -> Vec<CleanStep> {
    let mut all: Vec<CleanStep> = vec![
        Duplicates::default().into(),
        SortTimes::default().into(),
        Repeats {
            window_secs: 5.0,
            ..Repeats::default()
        }
        .into(),
        Repeats {
            window_secs: 5.0,
            same_behaviour: false,
            ..Repeats::default()
        }
        .into(),
        Bots {
            max_events_per_hour: 9,
            ..Bots::default()
        }
        .into(),
        ImpossibleTimes {
            earliest: "3".to_owned(),
            latest: "30".to_owned(),
            ..ImpossibleTimes::default()
        }
        .into(),
        DateWindow {
            from: "5".to_owned(),
            until: "20".to_owned(),
            ..DateWindow::default()
        }
        .into(),
        Threshold {
            at_least: 3.0,
            ..Threshold::default()
        }
        .into(),
        KeepBehaviours {
            keep: "view,buy".to_owned(),
            ..KeepBehaviours::default()
        }
        .into(),
        MergeBehaviours {
            pairs: "cart = view".to_owned(),
            ..MergeBehaviours::default()
        }
        .into(),
        KCore {
            min_user_events: 6,
            min_item_events: 5,
            ..KCore::default()
        }
        .into(),
        Sessions {
            gap_secs: 3.0,
            ..Sessions::default()
        }
        .into(),
        SampleUsers {
            n_users: 2,
            ..SampleUsers::default()
        }
        .into(),
    ];
    all.extend(Fill::iter().map(|fill| {
        MissingValues {
            fill,
            constant: 2.5,
            on: true,
        }
        .into()
    }));
    all.extend(SmoothMethod::iter().map(|method| {
        Smooth {
            method,
            ..Smooth::default()
        }
        .into()
    }));
    all.extend(ValueScale::iter().map(|scale| {
        Transform {
            scale,
            ..Transform::default()
        }
        .into()
    }));
    for rule in OutlierRule::iter() {
        for action in OutlierAction::iter() {
            let step = Outliers {
                rule,
                action,
                iqr_factor: 0.2,
                z_limit: 0.8,
                low: 2.0,
                high: 5.0,
                on: true,
            };
            all.push(step.into());
        }
    }
    all
}

#[test]
fn every_kind_is_tried_here() {
    let tried: BTreeSet<&str> = all_kinds().iter().map(CleanStep::name).collect();
    assert_eq!(tried, CleanStep::iter().map(|step| step.name()).collect());
}

fn in_time(rows: &[Row], user: u32) -> Vec<usize> {
    let mut own: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].0 == user).collect();
    own.sort_by_key(|&at| (rows[at].2, at));
    own
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn duplicates_are_rows_that_an_earlier_one_equals(rows in random_rows()) {
        let key = |row: &Row| (row.0, row.1, row.2, row.3, row.4.to_bits());
        let slow: Vec<bool> =
            (0..rows.len()).map(|at| !rows[..at].iter().any(|earlier| key(earlier) == key(&rows[at]))).collect();
        prop_assert_eq!(kept(&rows, Duplicates::default()), slow);
    }

    #[test]
    fn repeats_are_within_the_window_of_a_kept_event(rows in random_rows(), window in 0_u8..9, same in any::<bool>()) {
        let mut slow = vec![true; rows.len()];
        for user in 0..6 {
            let mut stay: Vec<Row> = Vec::new();
            for at in in_time(&rows, user) {
                let row = rows[at];
                let is_repeat = stay.iter().any(|kept| {
                    kept.1 == row.1 && (!same || kept.3 == row.3) && row.2 - kept.2 <= i64::from(window)
                });
                slow[at] = !is_repeat;
                if !is_repeat {
                    stay.push(row);
                }
            }
        }
        let step = Repeats { window_secs: f64::from(window), same_behaviour: same, on: true };
        prop_assert_eq!(kept(&rows, step), slow);
    }

    #[test]
    fn bots_have_an_hour_with_too_many_events(rows in random_rows(), most in 1_usize..6) {
        // Times of the generator are minutes apart here, so that hours begin and end.
        let rows: Vec<Row> = rows.iter().map(|row| moved(row, row.2 * 300)).collect();
        let is_bot = |user: u32| rows.iter().any(|first| {
            let in_hour = |row: &&Row| row.0 == user && row.2 >= first.2 && row.2 < first.2 + 3_600;
            first.0 == user && rows.iter().filter(in_hour).count() > most
        });
        let slow: Vec<bool> = rows.iter().map(|row| !is_bot(row.0)).collect();
        prop_assert_eq!(kept(&rows, Bots { max_events_per_hour: most, ..Bots::default() }), slow);
    }

    #[test]
    fn the_k_core_is_what_is_left_when_the_poor_go_one_by_one(rows in random_rows(), users in 0_usize..9, items in 0_usize..9) {
        let mut left: Vec<usize> = (0..rows.len()).collect();
        loop {
            let n = |of: &dyn Fn(&Row) -> bool| left.iter().filter(|&&at| of(&rows[at])).count();
            let poor = left.iter().map(|&at| rows[at]).find_map(|row| {
                if n(&|other| other.0 == row.0) < users { return Some((true, row.0)); }
                (n(&|other| other.1 == row.1) < items).then_some((false, row.1))
            });
            match poor {
                Some((true, user)) => left.retain(|&at| rows[at].0 != user),
                Some((false, item)) => left.retain(|&at| rows[at].1 != item),
                None => break,
            }
        }
        let slow: Vec<bool> = (0..rows.len()).map(|at| left.contains(&at)).collect();
        prop_assert_eq!(kept(&rows, KCore { min_user_events: users, min_item_events: items, on: true }), slow);
    }

    #[test]
    fn sessions_are_counted_by_the_pauses_before(rows in random_rows(), gap in 0_u8..9) {
        let (cleaned, _) = after(&rows, Sessions { gap_secs: f64::from(gap), on: true });
        let mut slow = vec![String::new(); rows.len()];
        for user in 0..6 {
            let own = in_time(&rows, user);
            for (nth, &at) in own.iter().enumerate() {
                let is_pause = |pair: &&[usize]| rows[pair[1]].2 - rows[pair[0]].2 > i64::from(gap);
                slow[at] = format!("u{user}#{}", 1 + own[..=nth].windows(2).filter(is_pause).count());
            }
        }
        let found: Vec<String> = rows_of(&cleaned).into_iter().map(|row| row.0).collect();
        prop_assert_eq!(found, slow);
    }

    #[test]
    fn interpolated_values_lie_on_the_line_between_neighbours(rows in random_rows()) {
        // One moment a row: among equal times there is no line.
        let rows: Vec<Row> = rows.iter().enumerate().map(|(at, row)| moved(row, (at as i64 * 7) % 61)).collect();
        let found = values(&rows, MissingValues { fill: Fill::Interpolate, ..MissingValues::default() });
        for (at, row) in rows.iter().enumerate() {
            let known = |other: &&Row| other.0 == row.0 && !other.4.is_nan();
            let before = rows.iter().filter(known).filter(|other| other.2 < row.2).max_by_key(|other| other.2);
            let later = rows.iter().filter(known).filter(|other| other.2 > row.2).min_by_key(|other| other.2);
            let slow = match (before, later) {
                _ if !row.4.is_nan() => row.4,
                (Some(a), Some(b)) => a.4 + (b.4 - a.4) * (row.2 - a.2) as f32 / (b.2 - a.2) as f32,
                (Some(only), None) | (None, Some(only)) => only.4,
                (None, None) => f32::NAN,
            };
            prop_assert!((found[at] - slow).abs() < 1e-4 || found[at].is_nan() && slow.is_nan(), "{} is not {slow}", found[at]);
        }
    }

    #[test]
    fn smoothing_looks_at_known_values_up_to_the_present(rows in random_rows(), window in 1_usize..5) {
        let average = values(&rows, Smooth { method: SmoothMethod::MovingAverage, window, ..Smooth::default() });
        let alpha = 0.25;
        let exponential = values(&rows, Smooth { method: SmoothMethod::Exponential, alpha, ..Smooth::default() });
        for user in 0..6 {
            let known: Vec<usize> = in_time(&rows, user).into_iter().filter(|&at| !rows[at].4.is_nan()).collect();
            for (nth, &at) in known.iter().enumerate() {
                let last = &known[(nth + 1).saturating_sub(window)..=nth];
                let mean = last.iter().map(|&at| rows[at].4).sum::<f32>() / last.len() as f32;
                prop_assert!((average[at] - mean).abs() < 1e-4);
                // Unrolled: the first value has the weight that all others leave.
                let n = nth as i32;
                let weight = |back: i32| alpha * (1.0 - alpha).powi(back);
                let tail: f64 = (0..n).map(|back| weight(back) * f64::from(rows[known[(n - back) as usize]].4)).sum();
                let slow = tail + (1.0 - alpha).powi(n) * f64::from(rows[known[0]].4);
                prop_assert!((f64::from(exponential[at]) - slow).abs() < 1e-4);
            }
        }
        for (at, row) in rows.iter().enumerate() {
            prop_assert_eq!(average[at].is_nan(), row.4.is_nan());
            prop_assert_eq!(exponential[at].is_nan(), row.4.is_nan());
        }
    }

    #[test]
    fn sorting_leaves_the_same_rows_in_order(rows in random_rows()) {
        let before = events(&rows);
        let (cleaned, effect) = after(&rows, SortTimes::default());
        let late = (0..rows.len()).filter(|&at| rows[..at].iter().any(|row| row.0 == rows[at].0 && row.2 > rows[at].2));
        prop_assert_eq!(effect.n_changed, late.count());
        prop_assert_eq!(&cleaned.user_idx, &before.user_idx);
        let times = cleaned.time_ticks.as_ref().unwrap();
        for at in 0..rows.len() {
            for earlier in 0..at {
                prop_assert!(rows[earlier].0 != rows[at].0 || times[earlier] <= times[at]);
            }
        }
        let sorted = |mut rows: Vec<_>| { rows.sort(); rows };
        prop_assert_eq!(sorted(rows_of(&cleaned)), sorted(rows_of(&before)));
        prop_assert_eq!(&cleaned.by_user_in_time().times, &before.by_user_in_time().times);
    }

    #[test]
    fn steps_that_claim_it_change_nothing_the_second_time(rows in random_rows(), cut in prop::option::of(5_i64..40)) {
        for step in all_kinds().into_iter().filter(CleanStep::is_idempotent) {
            // A step that leaves nothing, or knows nothing to fill in, is a sentence, tested
            // elsewhere.
            let Ok((once, _)) = run_before(&events(&rows), step.clone(), cut) else { continue };
            let (twice, effect) = run_before(&once, step.clone(), cut).unwrap();
            prop_assert_eq!((effect.n_removed, effect.n_changed), (0, 0), "{:?}", step);
            prop_assert_eq!(rows_of(&twice), rows_of(&once));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter_where_times_differ(rows in random_rows(), seed in any::<u64>(), cut in prop::option::of(5_i64..60)) {
        let rows: Vec<Row> = rows.iter().enumerate().map(|(at, row)| moved(row, at as i64)).collect();
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|row| seqscope_base::spec::derive_seed(seed, "shuffle", row.2 as u64));
        for step in all_kinds() {
            let left = |rows: &[Row]| {
                let (cleaned, effect) = run_before(&events(rows), step.clone(), cut).ok()?;
                let mut left = rows_of(&cleaned);
                left.sort();
                Some((left, effect.n_removed))
            };
            prop_assert_eq!(left(&rows), left(&shuffled), "{:?}", step);
        }
    }

    #[test]
    fn counts_tell_what_happened(rows in random_rows()) {
        for step in all_kinds() {
            let before = events(&rows);
            let Ok((cleaned, effect)) = run_before(&before, step.clone(), None) else { continue };
            prop_assert_eq!(effect.rows_before, rows.len());
            prop_assert_eq!(effect.n_removed, rows.len() - cleaned.len());
            let used: BTreeSet<u32> = rows.iter().map(|row| row.0).collect();
            prop_assert_eq!(effect.users_before, used.len());
            let n_touched = effect.n_removed + effect.n_changed;
            prop_assert_eq!(effect.examples.len(), n_touched.min(5));
            // A row in the middle of late ones may keep its place.
            let is_moved = matches!(step, CleanStep::SortTimes(_));
            let is_told = |row: &ExampleRow| !row.time.is_empty() && (is_moved || row.before != row.after);
            prop_assert!(effect.examples.iter().all(is_told));
            if effect.n_removed == 0 && !is_moved {
                let differ = std::iter::zip(rows_of(&before), rows_of(&cleaned)).filter(|(a, b)| a != b).count();
                prop_assert_eq!(effect.n_changed, differ);
            }
        }
    }

    #[test]
    fn no_step_panics(
        rows in prop::collection::vec((0_u32..2, 0_u32..2, any::<i64>(), 0_u16..3, any::<f32>()), 0..6),
        cut in prop::option::of(any::<i64>()),
    ) {
        for step in all_kinds() {
            let _ = run_before(&events(&rows), step.clone(), cut);
            let bare = Events { user_idx: events(&rows).user_idx, item_idx: events(&rows).item_idx, ..events(&[]) };
            let bare = Events { time_ticks: None, value: None, behaviour_idx: None, ..bare };
            let lacks = run_before(&bare, step.clone(), cut);
            let is_refused = matches!(lacks, Err(DataError::Setting { .. }));
            prop_assert!(step.needs().is_empty() || is_refused, "{:?}", step);
        }
    }
}

#[test]
fn extreme_values_have_a_fate() {
    let rows: Vec<Row> = [f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -0.0, f32::NAN]
        .map(|value| (0, 0, 0, 0, value))
        .into();
    for step in all_kinds() {
        for n in 0..=rows.len() {
            let _ = run_before(&events(&rows[..n]), step.clone(), None);
        }
    }
    // ln(1 − 2) is no number, e^1000 no finite one: both become missing, and the note counts them.
    let rows = [(0, 0, 0, 0, -2.0), (0, 0, 1, 0, 0.0), (0, 0, 2, 0, 1_000.0)];
    let found = values(
        &rows,
        Transform {
            scale: ValueScale::Log1p,
            on: true,
        },
    );
    assert!(found[0].is_nan() && found[1] == 0.0 && (found[2] - 6.908_755).abs() < 1e-5);
    let (_, effect) = after(
        &rows,
        Transform {
            scale: ValueScale::Exp,
            on: true,
        },
    );
    assert_eq!(effect.note, "without a value on the new scale: 1");
}

/// One user's values, a second apart.
fn series(values: &[f32]) -> Vec<Row> {
    values
        .iter()
        .enumerate()
        .map(|(at, &value)| (0, 0, at as i64, 0, value))
        .collect()
}

#[test]
fn missing_values_are_filled_with_what_is_known() {
    // Known: 1, 2, 2, 7; mean 3, median 2, most frequent 2.
    let rows = series(&[1.0, f32::NAN, 2.0, 2.0, 7.0]);
    for (fill, wanted) in [
        (Fill::Mean, 3.0),
        (Fill::Median, 2.0),
        (Fill::MostFrequent, 2.0),
        (Fill::Constant, 9.0),
    ] {
        let (cleaned, effect) = after(
            &rows,
            MissingValues {
                fill,
                constant: 9.0,
                on: true,
            },
        );
        assert_eq!(cleaned.value.unwrap(), [1.0, wanted, 2.0, 2.0, 7.0]);
        assert_eq!((effect.n_changed, effect.n_removed), (1, 0));
        let [row] = effect.examples.as_slice() else {
            panic!("one example")
        };
        assert_eq!(
            (row.before.as_str(), row.after.clone()),
            ("missing", wanted.to_string())
        );
        assert_eq!(
            (row.user.as_str(), row.item.as_str(), row.time.as_str()),
            ("u0", "i0", "1970-01-01T00:00:01Z")
        );
    }
    assert_eq!(
        values(&rows, MissingValues::default()),
        [1.0, 2.0, 2.0, 7.0],
        "dropped by default"
    );
    let none = events(&series(&[f32::NAN, f32::NAN]));
    let error = run_before(
        &none,
        MissingValues {
            fill: Fill::Mean,
            ..MissingValues::default()
        },
        None,
    )
    .unwrap_err();
    let DataError::Setting { field, sentence } = error else {
        panic!("{error}")
    };
    assert_eq!(field, "data.clean.steps[0].fill");
    let sentence = sentence.to_string();
    assert!(
        sentence.contains("all values to learn from are missing")
            && sentence.contains("choose Drop or Constant")
    );
}

#[test]
fn outliers_lie_beyond_the_quartiles_the_deviations_or_the_limits() {
    // 1, 2, 4, 8, 100: quartiles 2 and 8, so 1.5 · 6 beyond them: −7 to 17.
    let rows = series(&[1.0, 2.0, 4.0, 8.0, 100.0, f32::NAN]);
    let iqr = Outliers::default();
    let (cleaned, effect) = after(&rows, iqr.clone());
    assert_eq!(
        (cleaned.len(), effect.note.as_str()),
        (5, "allowed: -7 to 17")
    );
    assert_eq!(
        (
            effect.examples[0].before.as_str(),
            effect.examples[0].after.as_str()
        ),
        ("view, 100", "dropped")
    );
    let clipped = values(
        &rows,
        Outliers {
            action: OutlierAction::Clip,
            ..iqr
        },
    );
    assert_eq!(clipped[..5], [1.0, 2.0, 4.0, 8.0, 17.0]);
    // Mean 23, population deviation √1490 = 38.60: 1.9 of them allow 96.34.
    let z = Outliers {
        rule: OutlierRule::ZScore,
        z_limit: 1.9,
        ..Outliers::default()
    };
    assert_eq!(
        kept(&rows, z.clone()),
        [true, true, true, true, false, true]
    );
    assert_eq!(kept(&rows, Outliers { z_limit: 2.0, ..z }), [true; 6]);
    let limits = Outliers {
        rule: OutlierRule::Limits,
        low: 2.0,
        high: 8.0,
        ..Outliers::default()
    };
    assert_eq!(kept(&rows, limits), [false, true, true, true, false, true]);
}

#[test]
fn scales_are_those_of_scikit_learn() {
    // Mean 3, population deviation √2; median 3, quartiles 2 and 4.
    let rows = series(&[1.0, 2.0, 3.0, 4.0, 5.0]);
    let scaled = |scale| values(&rows, Transform { scale, on: true });
    let root = 2.0_f32.sqrt();
    let close = |found: Vec<f32>, wanted: [f32; 5]| {
        assert!(
            std::iter::zip(&found, wanted).all(|(a, b)| (a - b).abs() < 1e-6),
            "{found:?} is not {wanted:?}"
        );
    };
    close(
        scaled(ValueScale::ZScore),
        [-root, -root / 2.0, 0.0, root / 2.0, root],
    );
    close(scaled(ValueScale::MinMax), [0.0, 0.25, 0.5, 0.75, 1.0]);
    close(scaled(ValueScale::Robust), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    close(
        scaled(ValueScale::Log1p),
        [1.0_f32, 2.0, 3.0, 4.0, 5.0].map(|x| (1.0 + x).ln()),
    );
    for scale in [ValueScale::ZScore, ValueScale::MinMax, ValueScale::Robust] {
        assert_eq!(
            values(&series(&[0.1; 7]), Transform { scale, on: true }),
            [0.0; 7],
            "all alike become 0"
        );
    }
}

#[test]
fn what_is_learnt_comes_from_before_the_cut() {
    // Before second 3: 1, 2, 3, mean 2; the 300 and the 600 are validation and test.
    let rows = events(&series(&[1.0, 2.0, 3.0, 300.0, 600.0, f32::NAN]));
    let run = |step: CleanStep| run_before(&rows, step, Some(3)).unwrap();
    let (filled, effect) = run(MissingValues {
        fill: Fill::Mean,
        ..MissingValues::default()
    }
    .into());
    assert_eq!(filled.value.unwrap(), [1.0, 2.0, 3.0, 300.0, 600.0, 2.0]);
    assert_eq!(effect.fitted_on, Some(crate::log::FittedOn::Training));
    let (scaled, _) = run(Transform {
        scale: ValueScale::MinMax,
        on: true,
    }
    .into());
    assert_eq!(scaled.value.unwrap()[..5], [0.0, 0.5, 1.0, 149.5, 299.5]);
    // Quartiles 1.5 and 2.5, so 0 to 4.
    assert_eq!(run(Outliers::default().into()).0.len(), 4);
    // The last known value is carried over the cut, though a later one is known.
    let gap = events(&series(&[1.0, f32::NAN, f32::NAN, f32::NAN, 600.0]));
    let step = MissingValues {
        fill: Fill::Interpolate,
        ..MissingValues::default()
    };
    assert_eq!(
        run_before(&gap, step, Some(3)).unwrap().0.value.unwrap(),
        [1.0, 1.0, 1.0, 1.0, 600.0]
    );
    // User 0 has three training events; user 1 has five, but two of them in training.
    let mut rows: Vec<Row> = (0..3).map(|at| (0, 0, at, 0, 0.0)).collect();
    rows.extend((1..6).map(|at| (1, 0, at, 0, 0.0)));
    let core = KCore {
        min_user_events: 3,
        min_item_events: 0,
        on: true,
    };
    assert_eq!(
        run_before(&events(&rows), core.clone(), Some(3))
            .unwrap()
            .0
            .user_idx,
        [0, 0, 0]
    );
    assert_eq!(run_before(&events(&rows), core, None).unwrap().0.len(), 8);
}

#[test]
fn behaviours_are_kept_and_merged_by_name() {
    let rows = [(0, 0, 0, 0, 1.0), (0, 0, 1, 1, 1.0), (0, 0, 2, 2, 1.0)];
    let (cleaned, effect) = after(
        &rows,
        KeepBehaviours {
            keep: " buy ,view".to_owned(),
            on: true,
        },
    );
    assert!(
        cleaned.behaviours.ids().eq(["view", "buy"]),
        "what no row has is forgotten"
    );
    assert_eq!((cleaned.len(), effect.n_removed), (2, 1));
    // At once: what becomes a view does not go on to become a buy.
    let pairs = "cart=view, view=buy".to_owned();
    let (cleaned, effect) = after(&rows, MergeBehaviours { pairs, on: true });
    let words: Vec<String> = rows_of(&cleaned).into_iter().map(|row| row.3).collect();
    assert_eq!(words, ["buy", "view", "buy"]);
    assert_eq!((effect.n_changed, cleaned.behaviours.len()), (2, 2));
    assert_eq!(
        (
            effect.examples[0].before.as_str(),
            effect.examples[0].after.as_str()
        ),
        ("view", "buy")
    );
}

#[test]
fn times_are_kept_within_their_limits() {
    // 2024-01-31 begins at 1,706,659,200.
    let day = 1_706_659_200;
    let rows: Vec<Row> = [0, day - 1, day, day + 1, 7_000_000_000]
        .map(|time| (0, 0, time, 0, 1.0))
        .into();
    let window = DateWindow {
        from: "2024-01-31".to_owned(),
        until: "2024-02-01".to_owned(),
        on: true,
    };
    assert_eq!(kept(&rows, window), [false, false, true, true, false]);
    let (_, effect) = after(&rows, ImpossibleTimes::default());
    assert_eq!(
        (effect.n_removed, effect.note.as_str()),
        (2, "too early: 1, too late: 1")
    );
    assert_eq!(kept(&rows, DateWindow::default()), [true; 5]);
    assert_eq!(
        kept(&series(&[3.0, 4.0, f32::NAN, 5.0]), Threshold::default()),
        [false, true, false, true]
    );
}

#[test]
fn a_sample_has_so_many_whole_users_and_follows_its_seed() {
    let rows: Vec<Row> = (0..30)
        .map(|at| (at % 6, 0, i64::from(at), 0, 1.0))
        .collect();
    let drawn = |n_users, seed| {
        let (cleaned, _) = after(
            &rows,
            SampleUsers {
                n_users,
                seed,
                on: true,
            },
        );
        assert_eq!(cleaned.len(), 5 * n_users.min(6), "all events of each");
        cleaned.user_idx.into_iter().collect::<BTreeSet<u32>>()
    };
    assert_eq!((drawn(2, 0).len(), drawn(9, 0).len()), (2, 6));
    assert_eq!(drawn(3, 1), drawn(3, 1));
    let samples: BTreeSet<BTreeSet<u32>> = (0..20).map(|seed| drawn(3, seed)).collect();
    assert!(samples.len() > 5, "seeds draw different users: {samples:?}");
}

#[test]
fn a_step_that_leaves_nothing_says_which_and_how_many() {
    let mut log = events(&series(&[1.0, 2.0, 5.0]));
    let steps = vec![
        Threshold {
            at_least: 2.0,
            ..Threshold::default()
        }
        .into(),
        CleanStep::Threshold(Threshold {
            at_least: 6.0,
            ..Threshold::default()
        }),
    ];
    let spec = CleanSpec {
        drop_duplicates: false,
        steps,
        ..CleanSpec::default()
    };
    let circumstances = Circumstances {
        train_before: None,
        only_orders: false,
    };
    let error = run(
        &mut log,
        &spec,
        circumstances,
        &mut DataReport::default(),
        &AtomicBool::new(false),
    )
    .unwrap_err();
    let wanted = "step 2 of the cleaning (Value threshold) leaves nothing: it removed all 2 rows \
                  that had come to it; lower its threshold, or switch it off \
                  (`data.clean.steps[1].on`).";
    assert_eq!(error.to_string(), wanted);
    let DataError::Nothing { step, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(step, "Value threshold");
}
