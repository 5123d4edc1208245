//! The synthetic world, splits and the profile.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use seqscope::baseline::{BaselineKind, TrainingLog};
use seqscope::data::{
    CleanSpec, DataError, DataSource, DataSpec, EvalCase, Prepared, Profile, SplitSpec, WorldSpec,
    prepare, world,
};
use seqscope::metric::{Metric, Metrics, mid_rank};

fn of_world(spec: WorldSpec, split: SplitSpec) -> Result<Prepared, DataError> {
    let data = DataSpec {
        source: DataSource::World(spec),
        clean: CleanSpec::default(),
        ..DataSpec::default()
    };
    prepare(&data, split, &AtomicBool::new(false))
}

#[test]
fn work_stops_when_it_is_asked_to() {
    let stopped = prepare(
        &DataSpec::default(),
        SplitSpec::LeaveOneOut,
        &AtomicBool::new(true),
    );
    assert!(matches!(stopped, Err(DataError::Cancelled)));
}

#[test]
fn a_world_beyond_its_ranges_is_told_and_not_made() {
    let spec = WorldSpec::default().with(|world| world.n_items = usize::MAX);
    let sentence = of_world(spec, SplitSpec::LeaveOneOut)
        .unwrap_err()
        .to_string();
    assert!(
        sentence.starts_with("Items is 9223372036854775807; choose a whole number from 1 to 20000"),
        "{sentence}"
    );
    let tiny = WorldSpec::default().with(|world| {
        world.n_users = 1;
        world.n_items = 1;
        world.mean_len = 1;
    });
    let sentence = of_world(tiny, SplitSpec::LeaveOneOut)
        .unwrap_err()
        .to_string();
    assert!(
        sentence.starts_with("this log has one item only"),
        "{sentence}"
    );
}

#[test]
fn the_default_world_is_whole_and_the_same_everywhere() {
    let prepared = of_world(WorldSpec::default(), SplitSpec::LeaveOneOut).unwrap();
    let shape = prepared.dataset.shape();
    assert_eq!((shape.n_users, shape.n_items), (600, 120));
    assert!((15_000..21_000).contains(&shape.n_events), "{shape:?}");
    assert_eq!(prepared.dataset.titles.len(), 120);
    assert!(
        prepared
            .dataset
            .titles
            .iter()
            .all(|title| !title.is_empty())
    );
    assert!(prepared.dataset.behaviours.ids().eq(["view", "buy"]));
    // Frozen: a changed generator is a changed world, and old runs would no longer open with it.
    assert_eq!(prepared.dataset.fingerprint, "71b0f4e6c37a9ca6");
    let again = of_world(WorldSpec::default(), SplitSpec::LeaveOneOut).unwrap();
    assert_eq!(again, prepared);
    let other = of_world(
        WorldSpec::default().with(|world| world.seed = 8),
        SplitSpec::LeaveOneOut,
    )
    .unwrap();
    assert_ne!(other.dataset.fingerprint, prepared.dataset.fingerprint);
}

#[test]
fn leave_one_out_keeps_the_last_two_events_of_each_user_from_training() {
    let prepared = of_world(WorldSpec::default(), SplitSpec::LeaveOneOut).unwrap();
    for user in 0..prepared.dataset.users.len() {
        let n = prepared.dataset.sequences.range(user).len() as u32;
        let case = |at: u32| EvalCase {
            user_idx: user as u32,
            history_len: at,
            target_pos: at,
        };
        assert_eq!(prepared.split.train_len[user], n - 2);
        assert_eq!(prepared.split.valid[user], case(n - 2));
        assert_eq!(prepared.split.test[user], case(n - 1));
    }
}

#[test]
fn in_the_world_the_cue_lies_two_steps_back() {
    // Count what follows one step and two steps after each item in training; the two-step table
    // must find the test event first far more often, and nearly as often as is possible.
    let spec = WorldSpec::default();
    let prepared = of_world(spec.clone(), SplitSpec::LeaveOneOut).unwrap();
    let n_items = prepared.dataset.n_items();
    let hits = |back: usize| {
        let mut follows = vec![vec![0; n_items + 1]; n_items + 1];
        for user in 0..prepared.dataset.users.len() {
            let train =
                &prepared.dataset.sequences.items(user)[..prepared.split.train_len[user] as usize];
            train
                .windows(back + 1)
                .for_each(|w| follows[w[0] as usize][w[back] as usize] += 1);
        }
        let hit = |case: &&EvalCase| {
            let items = prepared.dataset.sequences.items(case.user_idx as usize);
            let (history, target) = (
                &items[..case.history_len as usize],
                items[case.target_pos as usize],
            );
            let row = &follows[history[history.len() - back] as usize];
            let open = (1..=n_items).filter(|&item| !history.contains(&(item as u32)));
            open.max_by_key(|&item| row[item]) == Some(target as usize)
        };
        prepared.split.test.iter().filter(hit).count() as f64 / prepared.split.test.len() as f64
    };
    let (one_back, two_back, best) = (hits(1), hits(2), world::best_hr_at_1(&spec));
    assert!(one_back < 0.3, "{one_back}");
    assert!(two_back > 0.7, "{two_back}");
    assert!(two_back < best + 0.05 && best < 0.9, "{two_back} {best}");
    println!(
        "HR@1: one step back {one_back:.3}, two steps back {two_back:.3}, best possible {best:.3}"
    );
}

#[test]
fn each_reference_sees_a_little_more_of_the_rules_and_none_sees_all() {
    let prepared = of_world(WorldSpec::default(), SplitSpec::LeaveOneOut).unwrap();
    let (sequences, n_items) = (&prepared.dataset.sequences, prepared.dataset.n_items());
    let ndcg = |kind: BaselineKind| {
        let train = |user: usize| &sequences.items(user)[..prepared.split.train_len[user] as usize];
        let baseline = kind
            .fit(&TrainingLog::new(
                n_items,
                (0..sequences.n_users()).map(train),
            ))
            .unwrap();
        let mut scores = vec![0.0; n_items + 1];
        let rank = |case: &EvalCase| {
            let items = sequences.items(case.user_idx as usize);
            let history = &items[..case.history_len as usize];
            baseline.scores(history, &mut scores);
            let mut seen = history.to_vec();
            seen.sort_unstable();
            mid_rank(&scores, items[case.target_pos as usize] as usize, &seen)
        };
        let ranks: Vec<f64> = prepared.split.test.iter().map(rank).collect();
        Metrics::of_ranks(&ranks).get(Metric::Ndcg10).unwrap()
    };
    let popularity = ndcg(BaselineKind::Popularity);
    let markov = ndcg(BaselineKind::Markov);
    let window = ndcg(BaselineKind::MarkovWindow);
    println!(
        "NDCG@10: popularity {popularity:.3}, Markov {markov:.3}, windowed Markov {window:.3}"
    );
    // A model that only knows rule 1 is right `best` of the time, so its NDCG@10 is at least that.
    let best = world::best_hr_at_1(&WorldSpec::default());
    assert!(popularity + 0.1 < markov, "{popularity} {markov}");
    assert!(markov + 0.2 < window, "{markov} {window}");
    assert!(window + 0.1 < best, "{window} {best}");
}

#[test]
fn a_global_cut_never_lets_training_see_later_events() {
    let split = SplitSpec::GlobalTemporal {
        valid_fraction: 0.1,
        test_fraction: 0.1,
    };
    let prepared = of_world(WorldSpec::default(), split).unwrap();
    let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
    let time_at = |case: &EvalCase| {
        sequences.times(case.user_idx as usize).unwrap()[case.target_pos as usize]
    };
    let train_end = (0..sequences.n_users())
        .filter_map(|user| {
            sequences.times(user)?[..split.train_len[user] as usize]
                .last()
                .copied()
        })
        .max()
        .unwrap();
    let valid: Vec<i64> = split.valid.iter().map(time_at).collect();
    let test: Vec<i64> = split.test.iter().map(time_at).collect();
    assert!(!valid.is_empty() && !test.is_empty());
    assert!(valid.iter().all(|&time| time > train_end));
    assert!(test.iter().min() > valid.iter().max());
    // Every item is known to training.
    let known: BTreeSet<u32> = (0..sequences.n_users())
        .flat_map(|user| sequences.items(user)[..split.train_len[user] as usize].to_vec())
        .collect();
    assert_eq!(known.len(), prepared.dataset.n_items());
    assert!(
        prepared
            .dataset
            .report
            .steps
            .iter()
            .any(|step| step.step.contains("unseen in training"))
    );
}

#[test]
fn the_profile_counts_every_event_once() {
    let dataset = of_world(WorldSpec::default(), SplitSpec::LeaveOneOut)
        .unwrap()
        .dataset;
    let profile = Profile::new(&dataset);
    let n_events = dataset.shape().n_events;
    assert_eq!(profile.popularity.counts.iter().sum::<usize>(), n_events);
    assert!(profile.popularity.counts.is_sorted_by(|a, b| a >= b));
    assert_eq!(
        profile
            .lengths
            .bins
            .iter()
            .map(|bin| bin.n_users)
            .sum::<usize>(),
        600
    );
    let activity = profile.activity.unwrap();
    assert_eq!(
        activity.days.iter().map(|day| day.n_events).sum::<usize>(),
        n_events
    );
    assert_eq!(
        profile
            .behaviours
            .unwrap()
            .kinds
            .iter()
            .map(|kind| kind.n_events)
            .sum::<usize>(),
        n_events
    );
    assert_eq!(profile.gaps.unwrap().n_zero, 0);
    assert!((0.0..1.0).contains(&profile.density));
}
