//! Features against slow and obvious definitions, and the law that none looks into the future.

use std::collections::HashMap;

use proptest::prelude::*;
use strum::IntoEnumIterator;
use xxhash_rust::xxh3::xxh3_64;

use super::compute::{check, refused};
use super::*;
use crate::dataset::{Dataset, EditedEvent, HistoryEditor, Prepared, Sequences};
use crate::log::{FreeColumn, FreeValues, Vocab, Words};
use seqscope_base::spec::Entry;

/// One event as it is drawn.
#[derive(Clone, Debug)]
struct Drawn {
    user: usize,
    /// Seconds after the user's event before.
    gap: i64,
    behaviour: u16,
    session: u32,
    place: Option<(f32, f32)>,
    word: usize,
    number: f32,
}

const WORDS: [&str; 6] = ["", "red", "blue sky", "Red sea", "漢字 sky", "dark-blue"];
const START: i64 = 1_700_000_000;
const N_USERS: usize = 3;

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let place = prop::option::of((-80.0..80.0_f32, -179.0..179.0_f32));
    let gap = prop_oneof![0..10_i64, 0..5_000_i64, 0..400_000_i64];
    let one = (
        0..N_USERS,
        gap,
        0..3_u16,
        0..4_u32,
        place,
        0..WORDS.len(),
        -9.0..9.0_f32,
    )
        .prop_map(
            |(user, gap, behaviour, session, place, word, number)| Drawn {
                user,
                gap,
                behaviour,
                session,
                place,
                word,
                number,
            },
        );
    prop::collection::vec(one, 1..40)
}

/// The log of some events, users one after another.
fn dataset(drawn: &[Drawn]) -> Dataset {
    let mut sequences = Sequences {
        offsets: vec![0],
        ..Sequences::default()
    };
    let (mut times, mut behaviours, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut latitude, mut longitude) = (Vec::new(), Vec::new());
    let (mut category, mut text, mut numbers, mut vectors) =
        (Words::default(), Words::default(), Vec::new(), Vec::new());
    for user in 0..N_USERS {
        let mut now = START;
        for event in drawn.iter().filter(|event| event.user == user) {
            now += event.gap;
            times.push(now);
            sequences.item_idx.push(1 + event.word as u32);
            behaviours.push(event.behaviour);
            sessions.push(event.session);
            latitude.push(event.place.map_or(f32::NAN, |place| place.0));
            longitude.push(event.place.map_or(f32::NAN, |place| place.1));
            category.push(WORDS[event.word]);
            text.push(WORDS[event.word]);
            numbers.push(event.number);
            vectors.extend([event.number, -event.number]);
        }
        sequences.offsets.push(times.len());
    }
    let column = |name: &str, values| FreeColumn {
        name: name.to_owned(),
        values,
    };
    sequences.free = vec![
        column("kind", FreeValues::Category(category)),
        column("note", FreeValues::Text(text)),
        column("size", FreeValues::Numeric(numbers)),
        column(
            "vec",
            FreeValues::Embedding {
                width: 2,
                values: vectors,
            },
        ),
    ];
    sequences.time_secs = Some(times);
    sequences.behaviour_idx = Some(behaviours);
    sequences.session_idx = Some(sessions);
    (sequences.latitude, sequences.longitude) = (Some(latitude), Some(longitude));
    let mut names = Vocab::default();
    for name in ["view", "cart", "buy"] {
        names.intern(name);
    }
    Dataset {
        sequences,
        behaviours: names,
        ..Dataset::default()
    }
}

/// Every feature of that log, none of them fitted on anything but training.
fn every() -> Vec<FeatureSpec> {
    let named = |name: &str| name.to_owned();
    let mut specs: Vec<FeatureSpec> = FeatureSpec::iter()
        .filter(|spec| spec.computable().column().is_none())
        .collect();
    specs.extend([
        FeatureSpec::HashedText(HashedText {
            column: named("note"),
            buckets: 4,
            ..HashedText::default()
        }),
        FeatureSpec::Category(Category {
            column: named("kind"),
        }),
        FeatureSpec::Numeric(Numeric {
            column: named("size"),
            standardise: false,
        }),
        FeatureSpec::Embedding(ReadyEmbedding {
            column: named("vec"),
        }),
    ]);
    assert_eq!(
        specs.len(),
        FeatureSpec::iter().count(),
        "every feature is held to the laws below"
    );
    specs
}

fn all_training(dataset: &Dataset) -> Vec<bool> {
    vec![true; dataset.sequences.n_events()]
}

/// The numbers of one event.
fn row(feature: &Feature, event: usize) -> Vec<u32> {
    bits(&feature.values, event)
}

fn one(dataset: &Dataset, spec: FeatureSpec) -> Feature {
    features(dataset, &[spec], &all_training(dataset))
        .unwrap()
        .remove(0)
}

fn numbers(feature: &Feature) -> Vec<f32> {
    match &feature.values {
        FeatureValues::Real { values, .. } => values.clone(),
        FeatureValues::Index { idx, .. } => idx.iter().map(|&idx| idx as f32).collect(),
    }
}

/// User of each event.
fn user_of(dataset: &Dataset) -> Vec<usize> {
    let sequences = &dataset.sequences;
    (0..sequences.n_events())
        .map(|event| {
            (0..N_USERS)
                .find(|&u| sequences.range(u).contains(&event))
                .unwrap()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens after a moment, what is told of events up to it stays.
    #[test]
    fn no_feature_looks_into_the_future(
        before in drawn(),
        other in drawn(),
        at in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        delay in 0..100_000_i64,
    ) {
        let log = dataset(&before);
        let times = log.sequences.time_secs.clone().unwrap();
        let (now, cut) = (times[at.index(times.len())], times[cut.index(times.len())]);
        // Events after `now` get another content, and come later by `delay`.
        let mut changed = dataset(&before);
        let mut swapped = before.clone();
        let mut place = 0;
        for user in 0..N_USERS {
            let mut is_first_later = true;
            for event in swapped.iter_mut().filter(|event| event.user == user) {
                if times[place] > now {
                    let new = &other[place % other.len()];
                    let gap = event.gap + if is_first_later { delay } else { 0 };
                    is_first_later = false;
                    *event = Drawn { user, gap, ..new.clone() };
                }
                place += 1;
            }
        }
        changed.sequences = dataset(&swapped).sequences;
        let training: Vec<bool> = times.iter().map(|&time| time < cut).collect();
        // An event that comes later may leave the training part; it does not enter it.
        let later = changed.sequences.time_secs.as_ref().unwrap();
        let training_then: Vec<bool> = later.iter().map(|&time| time < cut).collect();
        let (first, then) =
            (features(&log, &every(), &training).unwrap(), features(&changed, &every(), &training_then).unwrap());
        for (first, then) in std::iter::zip(&first, &then) {
            for event in (0..times.len()).filter(|&event| times[event] <= now) {
                prop_assert_eq!(row(first, event), row(then, event), "{} of event {}", &first.name, event);
            }
        }
    }

    /// Fitted scales and numbers do not depend on events outside the training part.
    #[test]
    fn what_is_fitted_is_fitted_on_training(before in drawn(), n_changed in 1..20_usize) {
        let log = dataset(&before);
        let n = log.sequences.n_events();
        let training: Vec<bool> = (0..n).map(|event| event % 3 != 0).collect();
        let mut specs = every();
        specs.push(FeatureSpec::Numeric(Numeric { column: "size".to_owned(), standardise: true }));
        let mut changed = log.clone();
        for event in (0..n).step_by(3).take(n_changed) {
            let FreeValues::Numeric(sizes) = &mut changed.sequences.free[2].values else { panic!() };
            sizes[event] += 1_000.0;
            changed.sequences.latitude.as_mut().unwrap()[event] = 89.5;
        }
        let (first, then) = (features(&log, &specs, &training).unwrap(), features(&changed, &specs, &training).unwrap());
        for (first, then) in std::iter::zip(&first, &then) {
            for event in (0..n).filter(|&event| training[event]) {
                prop_assert_eq!(row(first, event), row(then, event), "{} of event {}", &first.name, event);
            }
        }
        // Standardised training numbers have mean 0 and deviation 1, or are all the same.
        let known: Vec<f64> = (0..n).filter(|&event| training[event]).map(|event| f64::from(numbers(first.last().unwrap())[event])).collect();
        if known.len() > 1 {
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len() as f64;
            prop_assert!(mean.abs() < 1e-5 && ((variance - 1.0).abs() < 1e-4 || variance < 1e-9), "{mean} {variance}");
        }
    }

    #[test]
    fn gaps_days_and_hours_are_those_of_a_slow_count(events in drawn()) {
        let log = dataset(&events);
        let (users, times) = (user_of(&log), log.sequences.time_secs.clone().unwrap());
        let raw = numbers(&one(&log, FeatureSpec::Gap(Gap { log1p: false })));
        let logs = numbers(&one(&log, FeatureSpec::Gap(Gap::default())));
        let days = numbers(&one(&log, FeatureSpec::DayIndex(DayIndex::default())));
        let hours = numbers(&one(&log, FeatureSpec::Hour(Hour::default())));
        let weekdays = numbers(&one(&log, FeatureSpec::Weekday(Weekday { utc_offset_hours: -5.5 })));
        let first_day = times.iter().map(|time| time / 86_400).min().unwrap();
        for event in 0..times.len() {
            if event > 0 && users[event - 1] == users[event] {
                let gap = times[event] - times[event - 1];
                prop_assert_eq!(raw[event] as i64, gap);
                prop_assert!((f64::from(logs[event]) - (gap as f64 + 1.0).ln()).abs() < 1e-5);
            } else {
                prop_assert!(raw[event].is_nan() && logs[event].is_nan());
            }
            prop_assert_eq!(days[event] as i64, times[event] / 86_400 - first_day);
            let (sin, cos) = (f64::from(hours[2 * event]), f64::from(hours[2 * event + 1]));
            let hour = (sin.atan2(cos) / std::f64::consts::TAU).rem_euclid(1.0) * 24.0;
            let wanted = (times[event] % 86_400) as f64 / 3_600.0;
            prop_assert!((hour - wanted).abs() < 1e-3 || (hour - wanted).abs() > 23.99, "{hour} {wanted}");
            let (sin, cos) = (f64::from(weekdays[2 * event]), f64::from(weekdays[2 * event + 1]));
            let weekday = (sin.atan2(cos) / std::f64::consts::TAU).rem_euclid(1.0) * 7.0;
            // Thursday is day 3 where Monday is day 0.
            let wanted = ((times[event] - 19_800) / 86_400 + 3) % 7;
            prop_assert!((weekday - wanted as f64).abs() < 1e-3 || (weekday - wanted as f64).abs() > 6.99, "{weekday} {wanted}");
        }
    }

    #[test]
    fn intensity_and_positions_are_those_of_a_slow_count(events in drawn(), window in 1..200_000_i64) {
        let mut log = dataset(&events);
        let (users, times) = (user_of(&log), log.sequences.time_secs.clone().unwrap());
        let window_secs = window as f64;
        let counts = numbers(&one(&log, FeatureSpec::Intensity(Intensity { window_secs, log1p: false })));
        let positions = numbers(&one(&log, FeatureSpec::SessionPosition(SessionPosition::default())));
        let sessions = log.sequences.session_idx.take().unwrap();
        let pauses = SessionPosition { gap_secs: window_secs, ..SessionPosition::default() };
        let by_pause = numbers(&one(&log, FeatureSpec::SessionPosition(pauses)));
        for event in 0..times.len() {
            let earlier = |at: &usize| *at < event && users[*at] == users[event];
            let wanted = (0..event).filter(earlier).filter(|at| times[event] - times[*at] <= window).count();
            prop_assert_eq!(counts[event] as usize, wanted);
            let same = (0..event).filter(earlier).filter(|at| sessions[*at] == sessions[event]).count();
            match sessions[event] {
                0 => prop_assert!(positions[event].is_nan()),
                _ => prop_assert_eq!(positions[event] as usize, same + 1),
            }
            // Back to the last pause that was too long.
            let mut start = event;
            while start > 0 && users[start - 1] == users[event] && times[start] - times[start - 1] <= window {
                start -= 1;
            }
            prop_assert_eq!(by_pause[event] as usize, event - start + 1);
        }
    }

    #[test]
    fn classes_are_the_same_where_their_words_and_cells_are(events in drawn(), degrees in 0.5..40.0_f64) {
        let log = dataset(&events);
        let n = log.sequences.n_events();
        let cells = one(&log, FeatureSpec::GridCell(GridCell { cell_degrees: degrees }));
        let kinds = one(&log, FeatureSpec::Category(Category { column: "kind".to_owned() }));
        let (lat, lon) = (log.sequences.latitude.as_ref().unwrap(), log.sequences.longitude.as_ref().unwrap());
        let cell = |event: usize| {
            let down = |x: f32| (f64::from(x) / degrees).floor();
            (!lat[event].is_nan()).then(|| format!("{} {}", down(lat[event]), down(lon[event])))
        };
        let FreeValues::Category(words) = &log.sequences.free[0].values else { panic!() };
        let word = |event: usize| words.text(event).map(str::to_owned);
        for (feature, key) in [(&cells, &cell as &dyn Fn(usize) -> Option<String>), (&kinds, &word)] {
            let FeatureValues::Index { idx, n: n_classes } = &feature.values else { panic!() };
            let mut known = HashMap::new();
            prop_assert_eq!(idx.len(), n);
            for (event, &class) in idx.iter().enumerate() {
                match key(event) {
                    None => prop_assert_eq!(class, 0),
                    Some(key) => {
                        prop_assert!((1..=*n_classes as u32).contains(&class));
                        prop_assert_eq!(*known.entry(key).or_insert(class), class);
                    }
                }
            }
            prop_assert_eq!(known.values().collect::<std::collections::HashSet<_>>().len(), *n_classes);
        }
    }

    #[test]
    fn hashed_words_are_those_of_a_slow_count(text in "[a-c漢 ,]{0,24}", buckets in 2..9_usize, signed in any::<bool>()) {
        let vector = HashedText { column: String::new(), buckets, signed }.vector(&text);
        let mut slow = vec![0.0_f32; buckets];
        for word in text.replace('漢', " 漢 ").split([' ', ',']).filter(|word| !word.is_empty()) {
            let hash = xxh3_64(word.as_bytes());
            slow[(hash % buckets as u64) as usize] += if signed && hash > u64::MAX / 2 { -1.0 } else { 1.0 };
        }
        prop_assert_eq!(vector, slow);
    }
}

#[test]
fn a_day_and_a_week_worked_out_by_hand() {
    // 2024-01-01 was a Monday; 06:00 is a quarter of the way around, 18:00 three quarters.
    let monday = 1_704_067_200;
    let times = vec![
        monday,
        monday + 6 * 3_600,
        monday + 18 * 3_600,
        monday + 7 * 86_400,
    ];
    let sequences = Sequences {
        offsets: vec![0, 4],
        item_idx: vec![1; 4],
        time_secs: Some(times),
        ..Sequences::default()
    };
    let log = Dataset {
        sequences,
        ..Dataset::default()
    };
    let rounded = |spec| {
        numbers(&one(&log, spec))
            .iter()
            .map(|value| value.round() as i64)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        rounded(FeatureSpec::Hour(Hour::default())),
        [0, 1, 1, 0, -1, 0, 0, 1]
    );
    assert_eq!(
        rounded(FeatureSpec::Weekday(Weekday::default())),
        [0, 1, 0, 1, 0, 1, 0, 1]
    );
    assert_eq!(
        rounded(FeatureSpec::DayIndex(DayIndex::default())),
        [0, 0, 0, 7]
    );
    // In New York the log begins on Sunday evening.
    assert_eq!(
        rounded(FeatureSpec::DayIndex(DayIndex {
            utc_offset_hours: -5.0
        })),
        [0, 1, 1, 7]
    );
    assert_eq!(
        rounded(FeatureSpec::Intensity(Intensity {
            window_secs: 43_200.0,
            log1p: false
        })),
        [0, 1, 1, 0]
    );
}

#[test]
fn the_date_line_is_one_line_and_the_poles_are_places() {
    assert_eq!(
        grid_cell::cell(10.0, 180.0, 1.0),
        grid_cell::cell(10.0, -180.0, 1.0)
    );
    assert_eq!(grid_cell::cell(-0.5, -0.5, 1.0), Some((-1, -1)));
    assert_eq!(grid_cell::cell(90.0, 0.0, 1.0), Some((90, 0)));
    assert_eq!(grid_cell::cell(f32::NAN, 0.0, 1.0), None);
}

#[test]
fn words_of_every_script_are_told_apart() {
    assert_eq!(
        hashed_text::words("Toy Story (1995), toy"),
        ["toy", "story", "1995", "toy"]
    );
    assert_eq!(
        hashed_text::words("VIVO手机 128GB"),
        ["vivo", "手", "机", "128gb"]
    );
    assert_eq!(hashed_text::words("ÄRGER-niß"), ["ärger", "niß"]);
    assert!(hashed_text::words(" ,;- ").is_empty());
}

#[test]
fn a_log_without_the_column_is_told_what_to_name() {
    let bare = Dataset {
        sequences: Sequences {
            offsets: vec![0, 1],
            item_idx: vec![1],
            ..Sequences::default()
        },
        ..Dataset::default()
    };
    for spec in FeatureSpec::iter() {
        let error = features(&bare, std::slice::from_ref(&spec), &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains("data."), "{}: {error}", spec.title());
    }
    assert!(FeatureSpec::fitting(&bare).is_empty());
    let log = dataset(&[Drawn {
        user: 0,
        gap: 1,
        behaviour: 0,
        session: 1,
        place: None,
        word: 1,
        number: 0.5,
    }]);
    let named = |column: &str| {
        FeatureSpec::Numeric(Numeric {
            column: column.to_owned(),
            standardise: true,
        })
    };
    let said = |column: &str| {
        features(&log, &[named(column)], &[true])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        said("siz"),
        "there is no free column `siz`; did you mean `size`?"
    );
    assert!(
        said("kind").starts_with("the column `kind` is category, and this feature takes numeric")
    );
    assert!(
        check(&[named("")])[0]
            .sentence()
            .contains("needs a free column")
    );
    assert!(
        check(&[FeatureSpec::GridCell(GridCell { cell_degrees: 0.0 })])[0]
            .field
            .as_str()
            .ends_with("features[0].cell_degrees")
    );
}

#[test]
fn everything_that_fits_is_computed_and_summed_up() {
    let event = |user, gap, number| Drawn {
        user,
        gap,
        behaviour: 1,
        session: 1,
        place: Some((1.0, 2.0)),
        word: 2,
        number,
    };
    let mut log = dataset(&[event(0, 0, 1.0), event(0, 60, 3.0), event(1, 0, 5.0)]);
    let words = |texts: &[&str]| {
        let mut words = Words::default();
        for text in texts {
            words.push(text);
        }
        FreeValues::Category(words)
    };
    log.item_columns = vec![FreeColumn {
        name: "brand".to_owned(),
        values: words(&["", "", "acme"]),
    }];
    log.user_columns = vec![FreeColumn {
        name: "job".to_owned(),
        values: words(&["cook", "smith", ""]),
    }];
    log.titles = vec![String::new(), "One title".to_owned(), "Another".to_owned()];
    let fitting = FeatureSpec::fitting(&log);
    let computed = features(&log, &fitting, &all_training(&log)).unwrap();
    let names: Vec<&str> = computed
        .iter()
        .map(|feature| feature.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "gap",
            "hour",
            "weekday",
            "day",
            "behaviour",
            "intensity 1 h",
            "intensity 1 d",
            "session position",
            "grid cell",
            "titles hashed",
            "kind",
            "note hashed",
            "size",
            "vec",
            "items.brand",
            "users.job"
        ]
    );
    let of = |name: &str| {
        numbers(
            computed
                .iter()
                .find(|feature| feature.name == name)
                .unwrap(),
        )
    };
    // Item 3 of all three events is acme's; users 0, 0 and 1 are a cook and a smith.
    assert_eq!(
        (of("items.brand"), of("users.job")),
        (vec![1.0; 3], vec![1.0, 1.0, 2.0])
    );
    let summary = computed
        .iter()
        .find(|feature| feature.name == "gap")
        .unwrap()
        .summary();
    assert_eq!(
        (summary[0].name.as_str(), summary[0].unit),
        ("gap", "ln(1 + s)")
    );
    assert!(
        (summary[0].share_missing - 2.0 / 3.0).abs() < 1e-9
            && (summary[0].min - 61_f64.ln()).abs() < 1e-6
    );
    let size = computed
        .iter()
        .find(|feature| feature.name == "size")
        .unwrap();
    assert!(
        size.note
            .starts_with("mean 3.000000, deviation 1.632993 of 3 training events"),
        "{}",
        size.note
    );
    assert!(refused(&log, 0, &fitting[0]).is_none());
}

/// The log with tables of its items and users beside it.
fn with_tables(mut dataset: Dataset) -> Dataset {
    let mut kinds = Words::default();
    for word in ["", "new", "old", "new", "", "old", "new"] {
        kinds.push(word);
    }
    dataset.item_columns = vec![FreeColumn {
        name: "kind".to_owned(),
        values: FreeValues::Category(kinds),
    }];
    dataset.user_columns = vec![FreeColumn {
        name: "age".to_owned(),
        values: FreeValues::Numeric(vec![20.0, f32::NAN, 41.0]),
    }];
    dataset
}

/// Features of every kind, of tables too, and numbers that are brought to scale twice.
fn every_and_of_tables() -> Vec<FeatureSpec> {
    let mut specs = every();
    specs.extend([
        FeatureSpec::Category(Category {
            column: "items.kind".to_owned(),
        }),
        FeatureSpec::Numeric(Numeric {
            column: "users.age".to_owned(),
            standardise: true,
        }),
        FeatureSpec::Numeric(Numeric {
            column: "size".to_owned(),
            standardise: true,
        }),
    ]);
    specs
}

fn fitted(dataset: &Dataset, training: &[bool]) -> Vec<Feature> {
    let all = features(dataset, &every_and_of_tables(), training).unwrap();
    all.into_iter()
        .map(|feature| feature.standardised(training))
        .collect()
}

/// A changed history: some events left out, some moved on in time, some with another item or
/// behaviour, some put in of which nothing else is known.
fn changed(mut events: Vec<EditedEvent>, changes: &[(u8, usize)], begins: i64) -> Vec<EditedEvent> {
    for &(kind, at) in changes {
        let len = events.len();
        let last = events.last().map_or(begins, |event| event.time_secs);
        let at = at % (len + 1);
        match (kind % 4, at < len) {
            (0, true) => {
                events.remove(at);
            }
            (1, true) => events[at..]
                .iter_mut()
                .for_each(|event| event.time_secs += 90_000),
            (2, true) => {
                events[at].item_idx = 1 + (at % 6) as u32;
                events[at].behaviour_idx = Some((at % 3) as u16);
            }
            _ => events.push(EditedEvent {
                from: None,
                item_idx: 1 + (at % 6) as u32,
                time_secs: last + 7,
                behaviour_idx: (kind > 99).then_some(1),
                value: None,
            }),
        }
    }
    events
}

/// The whole log with one more user, whose events these are: the slow and obvious way.
fn with_one_more(log: &Dataset, user: usize, events: &[EditedEvent]) -> Dataset {
    let mut log = log.clone();
    let first = log.sequences.range(user).start;
    let n = log.sequences.n_events();
    let from = |event: &EditedEvent| event.from.map(|at| first + at);
    for event in events {
        let sequences = &mut log.sequences;
        sequences.item_idx.push(event.item_idx);
        sequences.time_secs.as_mut().unwrap().push(event.time_secs);
        let behaviours = sequences.behaviour_idx.as_mut().unwrap();
        behaviours.push(event.behaviour_idx.unwrap_or(0));
        let sessions = sequences.session_idx.as_mut().unwrap();
        sessions.push(from(event).map_or(0, |at| sessions[at]));
        for places in [&mut sequences.latitude, &mut sequences.longitude] {
            let places = places.as_mut().unwrap();
            places.push(from(event).map_or(f32::NAN, |at| places[at]));
        }
    }
    for column in &mut log.sequences.free {
        let rows = (0..n).map(Some).chain(events.iter().map(from));
        column.values = column.values.picked(rows);
    }
    for column in &mut log.user_columns {
        let rows = (0..N_USERS).chain([user]).map(Some);
        column.values = column.values.picked(rows);
    }
    log.sequences.offsets.push(n + events.len());
    log
}

proptest! {
    #[test]
    fn a_changed_history_has_the_features_it_would_have_in_the_log(
        drawn in drawn(),
        user in 0..N_USERS,
        changes in prop::collection::vec((any::<u8>(), any::<usize>()), 0..12),
    ) {
        let dataset = with_tables(dataset(&drawn));
        let mut prepared = Prepared { dataset, ..Prepared::default() };
        prepared.split.train_len = (0..N_USERS)
            .map(|user| (prepared.dataset.sequences.range(user).len() * 2 / 3) as u32)
            .collect();
        let training = training_mask(&prepared);
        prepared.features = fitted(&prepared.dataset, &training);
        let editor = HistoryEditor::new(&prepared, &every_and_of_tables());
        let as_it_is = prepared.dataset.events_of(user, usize::MAX);
        // Nothing is put in before the log begins: the first day is fitted.
        let times = prepared.dataset.sequences.time_secs.as_deref().unwrap();
        let begins = times.iter().min().copied().unwrap();
        let edited = changed(as_it_is.clone(), &changes, begins);
        let made = editor.histories(user, &[as_it_is.clone(), edited.clone()]).unwrap();

        let n = as_it_is.len();
        let known = prepared.histories([(user, n)]);
        prop_assert_eq!(made.row(0), known.row(0));
        let log = with_one_more(&prepared.dataset, user, &edited);
        let slow = fitted(&log, &training);
        let first = prepared.dataset.sequences.n_events();
        for (at, event) in edited.iter().enumerate() {
            for ((made, slow), spec) in made.beside.iter().zip(&slow).zip(every_and_of_tables()) {
                let made = bits(made, n + at);
                if matches!(spec, FeatureSpec::Behaviour(_)) && event.behaviour_idx.is_none() {
                    prop_assert_eq!(made, vec![0]);
                } else {
                    prop_assert_eq!(&made, &row(slow, first + at), "{} {}", slow.name, at);
                }
            }
        }
        for (at, (made, known)) in made.beside.iter().zip(&known.beside).enumerate() {
            for event in 0..n {
                prop_assert_eq!(bits(made, event), bits(known, event), "feature {}", at);
            }
        }
    }
}

/// The numbers of one event, as bits: no number is like none.
fn bits(values: &FeatureValues, event: usize) -> Vec<u32> {
    match values {
        FeatureValues::Real { width, values } => values[event * width..(event + 1) * width]
            .iter()
            .map(|value| value.to_bits())
            .collect(),
        FeatureValues::Index { idx, .. } => vec![idx[event]],
    }
}
