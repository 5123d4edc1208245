//! Every number of a profile against a slow and obvious count, and examples worked out by hand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use strum::IntoEnumIterator;

use super::{Profile, ProfileView, StageOrder};
use crate::dataset::{Dataset, EvalCase, Prepared, Sequences, Split};
use crate::log::{DataReport, FileSpec, SplitPart, Vocab};
use crate::value::TimeFormat;

/// One event: item, time, behaviour.
type Event = (u32, i64, u16);

/// Times of a log that is drawn for a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    No,
    Order,
    Clock,
}

fn vocab(first: u32, ids: impl IntoIterator<Item = String>) -> Vocab {
    let mut vocab = Vocab::starting_at(first);
    for id in ids {
        vocab.intern(&id);
    }
    vocab
}

/// A log of these users, their events put in order of time; without names no behaviours.
fn dataset(mut users: Vec<Vec<Event>>, times: Times, names: &[&str]) -> Dataset {
    for events in &mut users {
        events.sort_by_key(|event| event.1);
    }
    let all = || users.iter().flatten();
    let n_items = all().map(|event| event.0).max().unwrap_or(0);
    let ends = users.iter().scan(0, |end, events| {
        *end += events.len();
        Some(*end)
    });
    let format = if times == Times::Clock {
        TimeFormat::Seconds
    } else {
        TimeFormat::Order
    };
    Dataset {
        users: vocab(0, (0..users.len()).map(|at| format!("u{at}"))),
        items: vocab(1, (1..=n_items).map(|at| format!("i{at}"))),
        behaviours: vocab(0, names.iter().map(|name| (*name).to_owned())),
        sequences: Sequences {
            offsets: std::iter::once(0).chain(ends).collect(),
            item_idx: all().map(|event| event.0).collect(),
            time_secs: (times != Times::No).then(|| all().map(|event| event.1).collect()),
            behaviour_idx: (!names.is_empty()).then(|| all().map(|event| event.2).collect()),
            ..Sequences::default()
        },
        report: DataReport {
            file: Some(FileSpec {
                time_format: Some(format),
                ..FileSpec::default()
            }),
            ..DataReport::default()
        },
        ..Dataset::default()
    }
}

/// The events of each user again.
fn users_of(dataset: &Dataset) -> Vec<Vec<Event>> {
    let sequences = &dataset.sequences;
    let event = |at: usize| {
        let time = sequences.time_secs.as_ref().map_or(0, |times| times[at]);
        (
            sequences.item_idx[at],
            time,
            sequences.behaviour_idx.as_ref().map_or(0, |all| all[at]),
        )
    };
    (0..sequences.n_users())
        .map(|user| sequences.range(user).map(event).collect())
        .collect()
}

/// Definition 7 of Hyndman & Fan: between the two neighbours of (n − 1)p.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = (sorted.len() - 1) as f64 * p;
    let (lower, upper) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    lower + (upper - lower) * (at - at.floor())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn check(dataset: &Dataset) {
    let (profile, users) = (Profile::new(dataset), users_of(dataset));
    check_lengths(&profile, &users);
    check_items(&profile, &users, dataset.n_items());
    check_repeats(&profile, &users, dataset.n_items());
    check_activity(&profile, &users, dataset.has_clock());
    check_gaps(&profile, &users, dataset);
    check_behaviours(&profile, &users, dataset);
    check_tables(&profile, dataset);
}

fn check_lengths(profile: &Profile, users: &[Vec<Event>]) {
    let mut lengths: Vec<f64> = users.iter().map(|events| events.len() as f64).collect();
    lengths.sort_by(f64::total_cmp);
    let lengths_of = &profile.lengths;
    assert!(
        lengths_of.bins.len() <= 60
            && lengths_of
                .bins
                .windows(2)
                .all(|pair| pair[0].to + 1 == pair[1].from)
    );
    for bin in &lengths_of.bins {
        let inside = users
            .iter()
            .filter(|events| (bin.from..=bin.to).contains(&events.len()))
            .count();
        assert_eq!(bin.n_users, inside);
    }
    assert_eq!(
        lengths_of.bins.iter().map(|bin| bin.n_users).sum::<usize>(),
        users.len()
    );
    assert!(near(
        lengths_of.mean,
        lengths.iter().sum::<f64>() / lengths.len() as f64
    ));
    assert_eq!(lengths_of.quantiles.len(), 7);
    for of in &lengths_of.quantiles {
        assert!(near(of.n_events, quantile(&lengths, of.p)), "{of:?}");
    }
    for group in profile
        .cold
        .iter()
        .filter(|group| group.kind == super::ColdKind::Users)
    {
        let few: Vec<usize> = users
            .iter()
            .map(Vec::len)
            .filter(|length| *length < group.fewer_than)
            .collect();
        assert_eq!(
            (group.n, group.of, group.n_events),
            (few.len(), users.len(), few.iter().sum())
        );
    }
}

fn check_items(profile: &Profile, users: &[Vec<Event>], n_items: usize) {
    let count = |item: u32| {
        users
            .iter()
            .flatten()
            .filter(|event| event.0 == item)
            .count()
    };
    let counts: BTreeMap<u32, usize> = (1..=n_items as u32)
        .map(|item| (item, count(item)))
        .collect();
    let popularity = &profile.popularity;
    assert!(popularity.counts.is_sorted_by(|a, b| a >= b));
    let by_item: BTreeMap<u32, usize> = popularity
        .items
        .iter()
        .copied()
        .zip(popularity.counts.clone())
        .collect();
    assert_eq!(by_item, counts);
    let total: usize = counts.values().sum();
    // Half the mean absolute difference of all pairs, relative to the mean.
    let differences: usize = counts
        .values()
        .flat_map(|a| counts.values().map(|b| a.abs_diff(*b)))
        .sum();
    let gini = differences as f64 / (2.0 * n_items as f64 * total as f64);
    assert!(
        (popularity.gini.unwrap() - gini).abs() < 1e-12,
        "{:?} {gini}",
        popularity.gini
    );
    for top in &popularity.top {
        assert_eq!(
            top.n_items,
            (n_items as f64 * top.of_items - 1e-9).ceil() as usize
        );
        let events: usize = popularity.counts.iter().take(top.n_items).sum();
        assert!(near(top.of_events, events as f64 / total as f64));
    }
    assert_eq!(
        (popularity.lorenz[0], *popularity.lorenz.last().unwrap()),
        ([0.0; 2], [1.0; 2])
    );
    for [of_items, of_events] in &popularity.lorenz {
        let rarest = (of_items * n_items as f64).round() as usize;
        let events: usize = popularity.counts.iter().rev().take(rarest).sum();
        assert!(near(*of_events, events as f64 / total as f64));
    }
    for group in profile
        .cold
        .iter()
        .filter(|group| group.kind == super::ColdKind::Items)
    {
        let few: Vec<usize> = counts
            .values()
            .copied()
            .filter(|count| *count < group.fewer_than)
            .collect();
        assert_eq!(
            (group.n, group.of, group.n_events),
            (few.len(), n_items, few.iter().sum())
        );
    }
}

fn check_repeats(profile: &Profile, users: &[Vec<Event>], n_items: usize) {
    let repeats = &profile.repeats;
    let mut distances = Vec::new();
    let mut n_users_with = 0;
    for events in users {
        let before = distances.len();
        for (at, event) in events.iter().enumerate() {
            distances.extend(
                events[..at]
                    .iter()
                    .rposition(|earlier| earlier.0 == event.0)
                    .map(|last| at - last),
            );
        }
        n_users_with += usize::from(distances.len() > before);
    }
    let n_events: usize = users.iter().map(Vec::len).sum();
    assert_eq!(
        (repeats.n_repeats, repeats.n_events),
        (distances.len(), n_events)
    );
    assert_eq!(
        (repeats.n_users_with, repeats.n_users),
        (n_users_with, users.len())
    );
    for bin in &repeats.distances {
        let inside = distances
            .iter()
            .filter(|d| (bin.from..=bin.to.unwrap_or(usize::MAX)).contains(d))
            .count();
        assert_eq!(bin.n_events, inside);
    }
    assert_eq!(
        repeats
            .distances
            .iter()
            .map(|bin| bin.n_events)
            .sum::<usize>(),
        distances.len()
    );
    let pairs: BTreeSet<(usize, u32)> = users
        .iter()
        .enumerate()
        .flat_map(|(user, events)| events.iter().map(move |event| (user, event.0)))
        .collect();
    assert_eq!(repeats.n_pairs, pairs.len());
    let possible = (users.len() * n_items) as f64;
    assert!(near(profile.density, pairs.len() as f64 / possible));
    assert!(near(profile.events_per_pair, n_events as f64 / possible));
}

fn check_activity(profile: &Profile, users: &[Vec<Event>], has_clock: bool) {
    let Some(activity) = &profile.activity else {
        assert!(!has_clock);
        return;
    };
    assert!(has_clock);
    let mut hours = [[0; 24]; 7];
    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    for event in users.iter().flatten() {
        let moment = Timestamp::from_second(event.1)
            .unwrap()
            .to_zoned(TimeZone::UTC);
        hours[moment.weekday().to_monday_zero_offset() as usize][moment.hour() as usize] += 1;
        let date = moment.date();
        *days
            .entry(i64::from(
                date.since(jiff::civil::date(1970, 1, 1))
                    .unwrap()
                    .get_days(),
            ))
            .or_default() += 1;
    }
    assert_eq!(activity.hours, hours);
    let told: BTreeMap<i64, usize> = activity
        .days
        .iter()
        .filter(|day| day.n_events > 0)
        .map(|day| (day.day, day.n_events))
        .collect();
    assert_eq!(told, days);
    assert!(
        activity
            .days
            .windows(2)
            .all(|pair| pair[0].day + 1 == pair[1].day)
    );
    assert_eq!(
        activity.by_hour().iter().sum::<usize>(),
        activity.by_weekday().iter().sum::<usize>()
    );
}

fn check_gaps(profile: &Profile, users: &[Vec<Event>], dataset: &Dataset) {
    let pairs = users.iter().flat_map(|events| events.windows(2));
    let mut lengths: Vec<f64> = pairs.map(|pair| (pair[1].1 - pair[0].1) as f64).collect();
    let Some(gaps) = &profile.gaps else {
        assert!(lengths.is_empty() || dataset.sequences.time_secs.is_none());
        return;
    };
    lengths.sort_by(f64::total_cmp);
    let n_zero = lengths.iter().filter(|gap| **gap == 0.0).count();
    assert_eq!((gaps.n_gaps, gaps.n_zero), (lengths.len(), n_zero));
    assert_eq!(gaps.spread.is_some(), dataset.has_clock());
    let Some(spread) = &gaps.spread else { return };
    for bin in &spread.bins {
        let until = bin.until_secs.map_or(f64::INFINITY, |until| until as f64);
        let inside = lengths
            .iter()
            .filter(|gap| (bin.from_secs as f64..until).contains(gap))
            .count();
        assert_eq!(bin.n_gaps, inside, "{bin:?}");
    }
    assert_eq!(
        spread.bins.iter().map(|bin| bin.n_gaps).sum::<usize>(),
        lengths.len()
    );
    for (told, p) in spread.quartiles_secs.iter().zip([0.25, 0.5, 0.75]) {
        assert!(
            near(*told, quantile(&lengths, p)),
            "{told} {}",
            quantile(&lengths, p)
        );
    }
}

/// Names of the kinds in the order of the rule, worked out from lists.
fn kinds_in_order(users: &[Vec<Event>], names: &[&str]) -> (Vec<String>, usize, StageOrder) {
    let count = |at: usize| {
        users
            .iter()
            .flatten()
            .filter(|event| usize::from(event.2) == at)
            .count()
    };
    let mut kept: Vec<usize> = (0..names.len()).collect();
    kept.sort_by_key(|&at| (std::cmp::Reverse(count(at)), at));
    kept.truncate(if names.len() > 12 { 11 } else { 12 });
    let is_missing = |at: &&usize| names[**at] == "(none)";
    let missing: Vec<usize> = kept.iter().filter(is_missing).copied().collect();
    let mut stages: Vec<usize> = kept.iter().filter(|at| !is_missing(at)).copied().collect();
    let words = ["view", "fav", "cart", "buy"];
    let order = if stages.iter().all(|&at| words.contains(&names[at])) {
        stages.sort_by_key(|&at| words.iter().position(|word| *word == names[at]));
        StageOrder::KnownWords
    } else {
        let place = |at: usize| {
            let firsts = users
                .iter()
                .filter(|events| events.len() > 1)
                .filter_map(|events| {
                    let first = events.iter().position(|event| usize::from(event.2) == at)?;
                    Some(first * 1_000 / (events.len() - 1))
                });
            let mut firsts: Vec<usize> = firsts.collect();
            firsts.sort_unstable();
            if firsts.is_empty() {
                0
            } else {
                firsts[(firsts.len() - 1) / 2]
            }
        };
        stages.sort_by_key(|&at| (place(at), at));
        StageOrder::FirstOccurrence
    };
    let n_stages = stages.len();
    let mut told: Vec<String> = stages
        .iter()
        .chain(&missing)
        .map(|&at| names[at].to_owned())
        .collect();
    if names.len() > 12 {
        told.push("(other)".to_owned());
    }
    (told, n_stages, order)
}

fn check_behaviours(profile: &Profile, users: &[Vec<Event>], dataset: &Dataset) {
    let Some(behaviours) = &profile.behaviours else {
        assert!(dataset.behaviours.is_empty());
        return;
    };
    let names: Vec<&str> = dataset.behaviours.ids().collect();
    let (told, n_stages, order) = kinds_in_order(users, &names);
    assert_eq!(
        behaviours
            .kinds
            .iter()
            .map(|kind| kind.name.clone())
            .collect::<Vec<_>>(),
        told
    );
    assert_eq!(
        (behaviours.order, behaviours.funnel.len()),
        (order, n_stages)
    );
    let kind = |event: &Event| {
        let of = told
            .iter()
            .position(|name| name == names[usize::from(event.2)]);
        of.unwrap_or(told.len() - 1)
    };
    let mut steps = vec![vec![0; told.len()]; told.len()];
    users
        .iter()
        .flat_map(|events| events.windows(2))
        .for_each(|pair| steps[kind(&pair[0])][kind(&pair[1])] += 1);
    assert_eq!(behaviours.transitions, steps);
    for (at, of) in behaviours.kinds.iter().enumerate() {
        let all = || {
            users
                .iter()
                .enumerate()
                .flat_map(|(user, events)| events.iter().map(move |event| (user, event)))
        };
        let those = || all().filter(|(_, event)| kind(event) == at);
        let n_users = those().map(|(user, _)| user).collect::<BTreeSet<_>>().len();
        let n_items = those()
            .map(|(_, event)| event.0)
            .collect::<BTreeSet<_>>()
            .len();
        assert_eq!(
            (of.n_events, of.n_users, of.n_items),
            (those().count(), n_users, n_items)
        );
    }
    let mut ways: BTreeMap<(usize, u32), Vec<usize>> = BTreeMap::new();
    for (user, events) in users.iter().enumerate() {
        for event in events {
            ways.entry((user, event.0)).or_default().push(kind(event));
        }
    }
    for (at, stage) in behaviours.funnel.iter().enumerate() {
        let first = |way: &Vec<usize>, of: usize| way.iter().position(|kind| *kind == of);
        let is_after = |way: &&Vec<usize>| {
            at > 0 && first(way, at - 1).is_some_and(|before| way[before..].contains(&at))
        };
        let goes_through = |way: &&Vec<usize>| {
            let mut rest = way.iter();
            (0..=at).all(|wanted| rest.any(|kind| *kind == wanted))
        };
        assert_eq!(
            stage.n_pairs,
            ways.values().filter(|way| first(way, at).is_some()).count()
        );
        assert_eq!(
            stage.n_after_previous,
            ways.values().filter(is_after).count()
        );
        assert_eq!(stage.n_through, ways.values().filter(goes_through).count());
    }
}

/// Each view has columns of one length, rows exactly where it is not absent, and a sentence.
fn check_tables(profile: &Profile, dataset: &Dataset) {
    for view in ProfileView::iter() {
        let table = view.table(profile, dataset);
        assert!(
            table
                .columns
                .iter()
                .all(|(_, column)| column.len() == table.n_rows()),
            "{view}"
        );
        let is_absent = view.absent(profile).is_some();
        assert_eq!(view.sentence(profile).is_empty(), is_absent, "{view}");
        // A funnel of one stage is a table all the same.
        assert!(
            if is_absent {
                table.n_rows() < 2
            } else {
                table.n_rows() > 0
            },
            "{view}"
        );
    }
}

fn names() -> impl Strategy<Value = Vec<&'static str>> {
    const MANY: [&str; 15] = [
        "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "b10", "b11", "b12", "b13",
        "b14",
    ];
    prop::sample::select(vec![
        vec![],
        vec!["buy", "view"],
        vec!["cart", "view", "(none)", "buy"],
        vec!["play", "skip", "view"],
        MANY[..12].to_vec(),
        MANY.to_vec(),
    ])
}

fn logs() -> impl Strategy<Value = Dataset> {
    let time = prop_oneof![
        -400_000_i64..400_000,
        0_i64..4,
        1_500_000_000_i64..1_600_000_000
    ];
    let event = (1_u32..7, time, 0_u16..1_000);
    let users = prop::collection::vec(prop::collection::vec(event, 1..14), 1..9);
    let times = prop::sample::select(vec![Times::No, Times::Order, Times::Clock, Times::Clock]);
    (users, times, names()).prop_map(|(mut users, times, names)| {
        let n = names.len().max(1) as u16;
        users.iter_mut().flatten().for_each(|event| event.2 %= n);
        dataset(users, times, &names)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_number_is_that_of_a_slow_count(log in logs()) {
        check(&log);
    }
}

/// Numbers that look random and are the same everywhere: Knuth's multiplier of a linear congruence.
fn scatter(seed: &mut u64, below: u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

#[test]
fn a_log_that_is_counted_in_several_ranges_gives_the_same_numbers() {
    let mut seed = 7;
    let mut event = |_| {
        let item = 1 + scatter(&mut seed, 12) * scatter(&mut seed, 12);
        let gap = 1_u64 << scatter(&mut seed, 26);
        (
            item as u32,
            1_500_000_000 + scatter(&mut seed, gap) as i64,
            scatter(&mut seed, 4) as u16,
        )
    };
    let users = (0..1_500)
        .map(|user| (0..=user % 83).map(&mut event).collect())
        .collect();
    let log = dataset(users, Times::Clock, &["see", "take", "pay", "leave"]);
    assert!(
        super::ranges_of_users(&log.sequences).len() > 1,
        "{} events",
        log.sequences.n_events()
    );
    check(&log);
}

#[test]
fn ranges_of_users_hold_every_user_once() {
    for n_events in [
        [1, 0, 0, 90_000, 0],
        [50_000, 0, 1, 1, 1],
        [0, 0, 0, 0, 70_000],
    ] {
        let of_user = |n: usize| vec![(1, 0, 0); n];
        let log = dataset(n_events.map(of_user).to_vec(), Times::No, &[]);
        let ranges = super::ranges_of_users(&log.sequences);
        assert_eq!(
            ranges.into_iter().flatten().collect::<Vec<_>>(),
            [0, 1, 2, 3, 4]
        );
    }
}

#[test]
fn inequality_of_known_lists() {
    // Items with 1, 1, 2 and 6 events: Σ i·x = 1 + 2 + 6 + 24 = 33; 2 · 33 / (4 · 10) − 5 / 4 =
    // 0.4.
    let items = [1_u32, 2, 3, 3, 4, 4, 4, 4, 4, 4];
    let log = dataset(
        vec![items.map(|item| (item, 0, 0)).to_vec()],
        Times::No,
        &[],
    );
    let popularity = Profile::new(&log).popularity;
    assert!((popularity.gini.unwrap() - 0.4).abs() < 1e-12);
    assert_eq!(
        (popularity.counts, popularity.items),
        (vec![6, 2, 1, 1], vec![4, 3, 1, 2])
    );
    assert_eq!(
        popularity.lorenz,
        [[0.0, 0.0], [0.25, 0.1], [0.5, 0.2], [0.75, 0.4], [1.0, 1.0]]
    );
    let even = dataset(vec![vec![(1, 0, 0), (2, 0, 0), (3, 0, 0)]], Times::No, &[]);
    assert!(Profile::new(&even).popularity.gini.unwrap().abs() < 1e-12);
}

#[test]
fn a_funnel_worked_out_by_hand() {
    // (item, time, behaviour): 0 buys, 1 views, 2 puts into the cart.
    let (buy, view, cart) = (0, 1, 2);
    let first = vec![
        (1, 10, view),
        (1, 20, cart),
        (1, 30, buy),
        (2, 40, view),
        (2, 50, buy),
    ];
    let second = vec![
        (1, 10, buy),
        (1, 20, view),
        (2, 30, cart),
        (2, 40, view),
        (2, 50, cart),
    ];
    let log = dataset(
        vec![first, second],
        Times::Clock,
        &["buy", "pv", "Add-to-Cart"],
    );
    let profile = Profile::new(&log);
    let behaviours = profile.behaviours.unwrap();
    let names: Vec<&str> = behaviours
        .kinds
        .iter()
        .map(|kind| kind.name.as_str())
        .collect();
    assert_eq!(
        (names, behaviours.order),
        (vec!["pv", "Add-to-Cart", "buy"], StageOrder::KnownWords)
    );
    let stages: Vec<[usize; 3]> = behaviours
        .funnel
        .iter()
        .map(|stage| [stage.n_pairs, stage.n_after_previous, stage.n_through])
        .collect();
    // All four pairs were viewed; two came to the cart, both after a view; three bought, one after
    // the cart, and that one had come all the way.
    assert_eq!(stages, [[4, 0, 4], [2, 2, 2], [3, 1, 1]]);
    // Steps: view→cart, cart→buy, buy→view, view→buy; buy→view, view→cart, cart→view, view→cart.
    assert_eq!(behaviours.transitions, [[0, 3, 1], [1, 0, 1], [2, 0, 0]]);
    assert_eq!(behaviours.row_shares(0).unwrap(), [0.0, 0.75, 0.25]);
}

#[test]
fn hours_days_and_gaps_worked_out_by_hand() {
    // Thursday 1970-01-01 00:00 and 01:00:01, Wednesday 1969-12-31 23:59:59, Monday 1970-01-05
    // 00:00.
    let log = dataset(
        vec![vec![(1, 0, 0), (2, 3_601, 0), (1, -1, 0), (3, 345_600, 0)]],
        Times::Clock,
        &[],
    );
    let profile = Profile::new(&log);
    let activity = profile.activity.as_ref().unwrap();
    assert_eq!(activity.by_weekday(), [1, 0, 1, 2, 0, 0, 0]);
    assert_eq!(
        (
            activity.hours[3][0],
            activity.hours[3][1],
            activity.hours[2][23]
        ),
        (1, 1, 1)
    );
    assert_eq!(
        activity
            .days
            .iter()
            .map(|day| (day.day, day.n_events))
            .collect::<Vec<_>>()[..3],
        [(-1, 1), (0, 2), (1, 0)]
    );
    // Gaps of 1, 3601 and 341,999 seconds; quartiles half way between neighbours.
    let spread = profile.gaps.as_ref().unwrap().spread.as_ref().unwrap();
    assert!(
        spread
            .quartiles_secs
            .iter()
            .zip([1_801.0, 3_601.0, 172_800.0])
            .all(|(told, known)| near(*told, known))
    );
    // Item 1 comes back at once.
    assert_eq!(
        (
            profile.repeats.n_repeats,
            profile.repeats.distances[0].n_events
        ),
        (1, 1)
    );
}

#[test]
fn times_at_the_ends_of_what_can_be_written_overflow_nothing() {
    let log = dataset(
        vec![vec![(1, i64::MIN, 0), (2, 0, 0), (1, i64::MAX, 0)]],
        Times::Clock,
        &[],
    );
    let profile = Profile::new(&log);
    assert!(profile.activity.as_ref().unwrap().days.is_empty());
    assert!(
        ProfileView::Days
            .absent(&profile)
            .unwrap()
            .contains("hundred years")
    );
    assert_eq!(
        profile.gaps.as_ref().unwrap().spread.as_ref().unwrap().bins[16].n_gaps,
        2
    );
    let table = ProfileView::Gaps.table(&profile, &log);
    assert_eq!(table.n_rows(), 17);
}

#[test]
fn an_empty_log_says_why_there_is_nothing() {
    let log = Dataset::default();
    let profile = Profile::new(&log);
    assert_eq!(
        (
            profile.density,
            profile.popularity.gini,
            profile.lengths.median()
        ),
        (0.0, None, 0.0)
    );
    for view in
        ProfileView::iter().filter(|view| ![ProfileView::Figures, ProfileView::Cold].contains(view))
    {
        assert!(view.absent(&profile).is_some(), "{view}");
        assert_eq!(view.table(&profile, &log).n_rows(), 0, "{view}");
    }
    assert_eq!(
        ProfileView::Behaviours.absent(&profile),
        Some("This log has no behaviours.")
    );
}

#[test]
fn what_a_test_asks_about_that_training_never_saw() {
    // User 0 trains on items 1 and 2 and is asked about 3; user 1 has no training event and is
    // asked about 1; user 2 trains on 2 and is asked about 3 as well.
    let user = |items: &[u32]| {
        items
            .iter()
            .map(|&item| (item, 0, 0))
            .collect::<Vec<Event>>()
    };
    let log = dataset(
        vec![user(&[1, 2, 3]), user(&[4, 1]), user(&[2, 2, 3])],
        Times::No,
        &[],
    );
    let case = |user_idx, target_pos| EvalCase {
        user_idx,
        history_len: target_pos,
        target_pos,
    };
    let split = Split {
        train_len: vec![2, 0, 1],
        valid_len: vec![2, 1, 2],
        valid: vec![case(2, 1)],
        test: vec![case(0, 2), case(1, 1), case(2, 2)],
        ..Split::default()
    };
    let profile = Profile::of_log(&Prepared {
        dataset: log,
        split,
        ..Prepared::default()
    });
    let [valid, test] = profile.unseen.as_slice() else {
        panic!("{:?}", profile.unseen)
    };
    assert_eq!(
        (valid.part, valid.n_cases, valid.n_cases_of_unseen_items),
        (SplitPart::Valid, 1, 0)
    );
    assert_eq!(
        (test.part, test.n_cases, test.n_cases_of_unseen_users),
        (SplitPart::Test, 3, 1)
    );
    assert_eq!((test.n_cases_of_unseen_items, test.n_unseen_items), (2, 1));
}
