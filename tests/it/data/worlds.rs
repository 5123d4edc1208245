//! The synthetic worlds: each is made the same everywhere, and its stated optimum is what an oracle
//! reaches and no other does.

use std::sync::atomic::AtomicBool;

use seqscope::baseline::{BaselineKind, TrainingLog};
use seqscope::data::world::{self, Oracle, WorldEvent, ceiling};
use seqscope::data::{
    CleanSpec, DataSource, DataSpec, Prepared, SplitSpec, WorldKind, WorldSpec, prepare, read,
};
use seqscope::metric::{Metric, Metrics, Seen, hit, mid_rank, ndcg_term};
use seqscope::spec::{Described, Entry, FieldKind, Value};
use strum::IntoEnumIterator;

const TEMPORAL: SplitSpec = SplitSpec::GlobalTemporal {
    valid_fraction: 0.1,
    test_fraction: 0.1,
};

fn data(spec: &WorldSpec) -> DataSpec {
    DataSpec {
        source: DataSource::World(spec.clone()),
        clean: CleanSpec::default(),
        ..DataSpec::default()
    }
}

fn made(spec: &WorldSpec, split: SplitSpec) -> Prepared {
    prepare(&data(spec), split, &AtomicBool::new(false)).unwrap()
}

/// What a model may see of a test question, in the world's own numbers, and what came next.
struct Question {
    history: Vec<WorldEvent>,
    target: usize,
}

/// The test questions, read from the prepared log alone.
fn questions(prepared: &Prepared) -> Vec<Question> {
    let (dataset, sequences) = (&prepared.dataset, &prepared.dataset.sequences);
    let number = |item: u32| {
        dataset.items.id(item).unwrap()[1..]
            .parse::<usize>()
            .unwrap()
            - 1
    };
    let question = |case: &seqscope::data::EvalCase| {
        let user = case.user_idx as usize;
        let (items, times) = (sequences.items(user), sequences.times(user).unwrap());
        let behaviour = |at: usize| {
            sequences
                .behaviours(user)
                .map_or(0, |of| usize::from(of[at]))
        };
        let event = |at: usize| WorldEvent {
            item: number(items[at]),
            time_secs: times[at],
            behaviour: behaviour(at),
        };
        Question {
            history: (0..case.history_len as usize).map(event).collect(),
            target: number(items[case.target_pos as usize]),
        }
    };
    prepared.split.test.iter().map(question).collect()
}

/// The items in the order of their probability. Equals by number.
fn order(probabilities: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| {
        probabilities[b]
            .total_cmp(&probabilities[a])
            .then(a.cmp(&b))
    });
    order
}

/// The rank that the program's own evaluation gives to `target` when items are scored in this
/// order.
fn rank_of(target: usize, order: &[usize], history: &[WorldEvent], seen: Seen) -> f64 {
    let mut scores = vec![0.0; order.len() + 1];
    for (place, &item) in order.iter().enumerate() {
        scores[item + 1] = (order.len() - place) as f32;
    }
    let mut excluded: Vec<u32> = match seen {
        Seen::LeftOut => history.iter().map(|event| event.item as u32 + 1).collect(),
        Seen::Ranked => Vec::new(),
    };
    excluded.sort_unstable();
    excluded.dedup();
    mid_rank(&scores, target + 1, &excluded)
}

/// HR@1, HR@10 and NDCG@10 of one question.
fn figures(rank: f64) -> [f64; 3] {
    [hit(rank, 1), hit(rank, 10), ndcg_term(rank, 10)]
}

/// What this order is expected to reach: every possible answer, weighted with its probability.
fn expected(
    probabilities: &[f64],
    order: &[usize],
    history: &[WorldEvent],
    seen: Seen,
) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for (target, p) in probabilities.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let of = figures(rank_of(target, order, history, seen));
        sums.iter_mut()
            .zip(of)
            .for_each(|(sum, value)| *sum += p * value);
    }
    sums
}

/// Mean and standard error of the mean.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    (mean, (variance / n).sqrt())
}

fn stated(spec: &WorldSpec, seen: Seen) -> [f64; 3] {
    let ceiling = ceiling(spec, seen).unwrap();
    [ceiling.hr_at_1, ceiling.hr_at_10, ceiling.ndcg_at_10]
}

#[test]
fn the_stated_optimum_is_the_mean_over_every_possible_answer() {
    // Slow and obvious: each item is put as the answer and ranked by the program's own ranking.
    for kind in WorldKind::iter() {
        let spec = WorldSpec::of_kind(kind).with(|world| {
            world.n_users = 40;
            world.n_items = 30;
            world.mean_len = 12;
        });
        let oracle = Oracle::new(&spec);
        for seen in [Seen::Ranked, Seen::LeftOut] {
            let mut sums = [0.0; 3];
            let questions = questions(&made(&spec, SplitSpec::LeaveOneOut));
            for Question { history, .. } in &questions {
                let p = oracle.probabilities(history);
                assert!(
                    (p.iter().sum::<f64>() - 1.0).abs() < 1e-9,
                    "{kind}: probabilities add up to 1"
                );
                let of = expected(&p, &order(&p), history, seen);
                sums.iter_mut()
                    .zip(of)
                    .for_each(|(sum, value)| *sum += value / questions.len() as f64);
            }
            for (slow, stated) in sums.iter().zip(stated(&spec, seen)) {
                assert!(
                    (slow - stated).abs() < 1e-9,
                    "{kind}, {seen:?}: slow {slow}, stated {stated}"
                );
            }
        }
    }
}

#[test]
fn the_generator_itself_confirms_each_optimum_and_a_wrong_oracle_stays_below() {
    // Many users of each world; the oracle ranks after each history, the generator's own dice say
    // what came. Mean and statement may differ by four standard errors of the mean. The wrong
    // oracle knows the same rules, but is one event late.
    for kind in WorldKind::iter() {
        let spec = WorldSpec::of_kind(kind).with(|world| world.n_users = 8_000);
        let oracle = Oracle::new(&spec);
        let prepared = made(&spec, SplitSpec::LeaveOneOut);
        let questions = questions(&prepared);
        assert_eq!(questions.len(), spec.shared().n_users, "{kind}");
        for seen in [Seen::Ranked, Seen::LeftOut] {
            let (mut right, mut late) = ([const { Vec::new() }; 3], Vec::new());
            for Question { history, target } in &questions {
                let p = oracle.probabilities(history);
                let of = figures(rank_of(*target, &order(&p), history, seen));
                right
                    .iter_mut()
                    .zip(of)
                    .for_each(|(values, value)| values.push(value));
                let p = oracle.probabilities(&history[..history.len() - 1]);
                late.push(hit(rank_of(*target, &order(&p), history, seen), 1));
            }
            let stated = stated(&spec, seen);
            for ((values, stated), name) in
                right.iter().zip(stated).zip(["HR@1", "HR@10", "NDCG@10"])
            {
                let (mean, error) = mean_and_error(values);
                // What lies in [0, 1] with this mean varies at most so much; a sample in which all
                // are found shows no variation at all.
                let most = (stated * (1.0 - stated).max(0.0) / values.len() as f64).sqrt();
                let error = if error > 0.0 { error } else { most };
                println!(
                    "{kind}, {seen:?}: {name} stated {stated:.4}, simulated {mean:.4} ± {error:.4}"
                );
                assert!(
                    (mean - stated).abs() <= 4.0 * error,
                    "{kind}, {seen:?}: {name} {mean}, stated {stated}"
                );
            }
            if seen == Seen::LeftOut && prepared.returns.are_many() {
                // What was seen is missed by anyone; the rest is little and tells little.
                continue;
            }
            let (mean, error) = mean_and_error(&late);
            assert!(
                mean + 4.0 * error < stated[0],
                "{kind}, {seen:?}: one event late {mean}, stated {}",
                stated[0]
            );
        }
    }
}

#[test]
fn a_prepared_world_states_the_optimum_of_its_own_questions() {
    for kind in WorldKind::iter() {
        let spec = WorldSpec::of_kind(kind);
        let prepared = made(&spec, SplitSpec::LeaveOneOut);
        let optimum = prepared.dataset.report.optimum.unwrap();
        for seen in [Seen::Ranked, Seen::LeftOut] {
            assert_eq!(Some(optimum.when(seen)), ceiling(&spec, seen), "{kind}");
        }
    }
    // A cleaned world is another one, and its rules no longer tell what comes next.
    let mut cleaned = data(&WorldSpec::of_kind(WorldKind::TooSmall));
    cleaned.clean.min_item_events = 2;
    let prepared = prepare(&cleaned, SplitSpec::LeaveOneOut, &AtomicBool::new(false)).unwrap();
    assert_eq!(prepared.dataset.report.optimum, None);
}

/// The event log of each world with its first settings. Frozen: a changed generator is a changed
/// world, and old runs would no longer open with it.
const FROZEN: [(WorldKind, &str); 8] = [
    (WorldKind::Series, "71b0f4e6c37a9ca6"),
    (WorldKind::MarkovChain, "ccf2889877269022"),
    (WorldKind::Periodic, "90c102181923a490"),
    (WorldKind::LongRange, "baa121acefe7ea13"),
    (WorldKind::Drift, "9f14ab63962d6e52"),
    (WorldKind::Funnel, "329f3d60563c25db"),
    (WorldKind::Commuter, "49e8c9d28d8d97fa"),
    (WorldKind::TooSmall, "1fc0c1b2b6eef2f2"),
];

#[test]
fn the_same_seed_makes_the_same_log_and_another_seed_another() {
    for kind in WorldKind::iter() {
        let spec = WorldSpec::of_kind(kind);
        let prepared = made(&spec, SplitSpec::LeaveOneOut);
        assert!(
            FROZEN.contains(&(kind, prepared.dataset.fingerprint.as_str())),
            "{kind}"
        );
        assert_eq!(made(&spec, SplitSpec::LeaveOneOut), prepared, "{kind}");
        let other = made(&spec.with(|world| world.seed += 1), SplitSpec::LeaveOneOut);
        assert_ne!(
            other.dataset.fingerprint, prepared.dataset.fingerprint,
            "{kind}"
        );
        let titles = &prepared.dataset.titles;
        assert!(
            titles.len() == prepared.dataset.n_items()
                && titles.iter().all(|title| !title.is_empty()),
            "{kind}"
        );
        let times = &prepared.dataset.sequences;
        let rise = |user: usize| {
            times
                .times(user)
                .unwrap()
                .windows(2)
                .all(|pair| pair[0] < pair[1])
        };
        assert!(
            (0..times.n_users()).all(rise),
            "{kind}: times of a user rise strictly"
        );
    }
}

#[test]
fn a_world_at_the_ends_of_its_settings_is_made_like_any_other() {
    let look = |spec: &WorldSpec| {
        assert_eq!(spec.problems(), [], "{spec:?}");
        let dataset = read(&data(spec), &AtomicBool::new(false)).unwrap();
        assert_eq!(dataset.users.len(), spec.shared().n_users, "{spec:?}");
        let ways = if spec.shared().n_users > 1_000 { 1 } else { 2 };
        for seen in [Seen::Ranked, Seen::LeftOut].into_iter().take(ways) {
            if let Some(best) = ceiling(spec, seen) {
                let figures = [best.hr_at_1, best.ndcg_at_10, best.hr_at_10];
                // Where users have had all there is, nothing is left to find.
                let is_some = figures[0] > 0.0 || (seen == Seen::LeftOut && figures[2] == 0.0);
                assert!(
                    figures.is_sorted() && is_some && figures[2] < 1.0 + 1e-9,
                    "{spec:?}: {best:?}"
                );
            }
        }
    };
    for kind in WorldKind::iter() {
        let small = WorldSpec::of_kind(kind).with(|world| {
            world.n_users = 3;
            world.n_items = 5;
            world.mean_len = 4;
        });
        for field in small.fields() {
            let ends = match field.kind {
                FieldKind::Int { min, max } => [min, max].map(Value::Int),
                FieldKind::Float { min, max } => [min, max].map(Value::Float),
                _ => continue,
            };
            for end in ends {
                let mut spec = small.clone();
                spec.set(field.key, &end).unwrap();
                look(&spec);
            }
        }
        let least = WorldSpec::of_kind(kind).with(|world| {
            world.n_users = 1;
            world.n_items = 1;
            world.mean_len = 1;
        });
        look(&least);
        assert_eq!(
            ceiling(&least, Seen::Ranked),
            None,
            "{kind}: one event asks nothing"
        );
        let one_item = least.with(|world| world.mean_len = 9);
        let best = ceiling(&one_item, Seen::Ranked).unwrap();
        assert!(
            (best.hr_at_1 - 1.0).abs() < 1e-9,
            "{kind}: the only item is next"
        );
        // Settings that the check refuses must not panic either: a form shows them while it is
        // edited.
        let mut none = one_item.with(|world| {
            world.n_users = 2;
            world.n_items = 0;
            world.mean_len = 0;
            world.follow = f64::NAN;
        });
        for own in ["branches", "period", "lag", "drift_days", "delay"] {
            none.set_text(own, "0").unwrap();
        }
        assert_eq!(ceiling(&none, Seen::LeftOut), None, "{kind}");
        assert!(none.summary().contains("0 %"), "{kind}: {}", none.summary());
    }
}

/// The test metrics of the first-order Markov chain, seen items ranked too.
fn markov(prepared: &Prepared) -> Metrics {
    let (sequences, n_items) = (&prepared.dataset.sequences, prepared.dataset.n_items());
    let train = |user: usize| &sequences.items(user)[..prepared.split.train_len[user] as usize];
    let baseline = BaselineKind::Markov
        .fit(&TrainingLog::new(
            n_items,
            (0..sequences.n_users()).map(train),
        ))
        .unwrap();
    let mut scores = vec![0.0; n_items + 1];
    let mut rank = |case: &seqscope::data::EvalCase| {
        let items = sequences.items(case.user_idx as usize);
        baseline.scores(&items[..case.history_len as usize], &mut scores);
        mid_rank(&scores, items[case.target_pos as usize] as usize, &[])
    };
    let ranks: Vec<f64> = prepared.split.test.iter().map(&mut rank).collect();
    Metrics::of_ranks(&ranks)
}

#[test]
fn a_markov_chain_knows_of_each_world_what_is_said_of_it() {
    let of = |spec: &WorldSpec| {
        let best = ceiling(spec, Seen::Ranked).unwrap().ndcg_at_10;
        let chain = markov(&made(spec, SplitSpec::LeaveOneOut))
            .get(Metric::Ndcg10)
            .unwrap();
        println!(
            "{}: Markov chain NDCG@10 {chain:.3} of {best:.3}",
            spec.kind()
        );
        (chain, best)
    };
    let (chain, best) =
        of(&WorldSpec::of_kind(WorldKind::MarkovChain).with(|world| world.n_users = 3_000));
    assert!(
        chain > 0.97 * best,
        "all of its own world: {chain} of {best}"
    );
    let (chain, best) = of(&WorldSpec::of_kind(WorldKind::LongRange));
    assert!(
        chain < 0.2 * best,
        "nothing of a cue five steps back: {chain} of {best}"
    );
    for kind in [WorldKind::Funnel, WorldKind::Commuter] {
        let (chain, best) = of(&WorldSpec::of_kind(kind));
        assert!(chain < 0.7 * best, "a part of {kind}: {chain} of {best}");
    }
}

#[test]
fn drift_makes_leave_one_out_and_a_global_cut_differ() {
    let spec = WorldSpec::of_kind(WorldKind::Drift);
    let (last, cut) = (made(&spec, SplitSpec::LeaveOneOut), made(&spec, TEMPORAL));
    // Whoever knows how fashion walks loses nothing by the cut; who counts what was, does.
    let best = |prepared: &Prepared| {
        prepared
            .dataset
            .report
            .optimum
            .unwrap()
            .when(Seen::Ranked)
            .ndcg_at_10
    };
    assert!(
        (best(&last) - best(&cut)).abs() < 0.02,
        "{} {}",
        best(&last),
        best(&cut)
    );
    let ndcg = |prepared: &Prepared| markov(prepared).get(Metric::Ndcg10).unwrap();
    let (chain_last, chain_cut) = (ndcg(&last), ndcg(&cut));
    println!(
        "Drift: Markov chain NDCG@10 {chain_last:.3} by leave-one-out, {chain_cut:.3} after a \
         global cut"
    );
    assert!(chain_cut < 0.75 * chain_last, "{chain_cut} {chain_last}");
}

#[test]
fn too_small_a_world_cannot_be_learnt_and_a_larger_one_can() {
    let small = WorldSpec::of_kind(WorldKind::TooSmall);
    let large = small.clone().with(|world| world.n_users = 4_000);
    let share = |spec: &WorldSpec| {
        markov(&made(spec, SplitSpec::LeaveOneOut))
            .get(Metric::Hr1)
            .unwrap()
            / ceiling(spec, Seen::Ranked).unwrap().hr_at_1
    };
    let (of_small, of_large) = (share(&small), share(&large));
    println!(
        "TooSmall: a Markov chain reaches {of_small:.2} of the best HR@1, with 4,000 users \
         {of_large:.2}"
    );
    assert!(of_small < 0.5, "{of_small}");
    assert!(of_large > 0.95, "{of_large}");
    assert!(world::best_hr_at_1(&small) > 0.9);
}
