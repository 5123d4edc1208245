//! Users who come back to an item that they had: counted, told, and missed wherever seen items are
//! left out; and what becomes of runs from before they were.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use seqscope::baseline::{BaselineKind, Question, REPEAT_DECAYS, TrainingLog, ranks};
use seqscope::data::{
    DataSource, DataSpec, EvalCase, FileSpec, Prepared, Returned, SplitSpec, prepare,
};
use seqscope::experiment::{EvaluationSpec, Experiment, FilterSeen};
use seqscope::explain::user_view;
use seqscope::metric::{MISS, Metric, Metrics, Seen};
use seqscope::run::{Part, SeenTargetRule, SliceBy, Tested, compare, slices, why_not_comparable};
use seqscope::train::{Command, StopMode, TrainError, fit_reference, restore_with};

use crate::fake::{Commands, Done, Listener, Setup, walks};
use crate::place::{Place, runs_in};

fn repeats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/log-shapes/t1-repeats.csv")
}

fn data_of(path: PathBuf) -> DataSpec {
    DataSpec {
        source: DataSource::File(FileSpec {
            path,
            ..FileSpec::default()
        }),
        ..DataSpec::default()
    }
}

fn opened(path: PathBuf) -> Arc<Prepared> {
    Arc::new(
        prepare(
            &data_of(path),
            SplitSpec::LeaveOneOut,
            &AtomicBool::new(false),
        )
        .unwrap(),
    )
}

/// Each user's items by time, read from the text of a log alone: exact duplicates of a line count
/// once, and of equal times the file's order decides.
fn plainly_read(path: &Path) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let (mut lines, mut users) = (
        BTreeSet::new(),
        BTreeMap::<String, Vec<(f64, String)>>::new(),
    );
    for line in text
        .lines()
        .skip(1)
        .filter(|line| lines.insert(line.to_owned()))
    {
        let fields: Vec<&str> = line.split(',').collect();
        users
            .entry(fields[0].to_owned())
            .or_default()
            .push((fields[2].parse().unwrap(), fields[1].to_owned()));
    }
    let in_order = |mut events: Vec<(f64, String)>| -> Vec<String> {
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        events.into_iter().map(|(_, item)| item).collect()
    };
    users
        .into_iter()
        .map(|(user, events)| (user, in_order(events)))
        .collect()
}

/// Of leave-one-out: training events and test targets that return.
fn plainly_counted(users: &BTreeMap<String, Vec<String>>) -> (Returned, Returned) {
    let (mut train, mut test) = (Returned::default(), Returned::default());
    for items in users.values() {
        let (last, before) = items.split_last().unwrap();
        (test.of, test.n) = (test.of + 1, test.n + usize::from(before.contains(last)));
        for at in 0..items.len() - 2 {
            (train.of, train.n) = (
                train.of + 1,
                train.n + usize::from(items[..at].contains(&items[at])),
            );
        }
    }
    (train, test)
}

/// The ten items that Repeat last shows, worked out plainly: the last item, then the user's others
/// by the sum of a power of the decay for each time that they were had, then the most popular ones.
fn plain_list(
    history: &[String],
    decay: f64,
    (counts, by_popularity): (&BTreeMap<&str, usize>, &[&str]),
) -> Vec<String> {
    let mut scores = BTreeMap::<&str, f64>::new();
    for (age, item) in history.iter().rev().enumerate() {
        *scores.entry(item).or_default() +=
            decay.powi(age as i32) + if age == 0 { 1e6 } else { 0.0 };
    }
    let most = counts[by_popularity[0]] as f64;
    let share = |item: &str| counts.get(item).map_or(0.0, |n| *n as f64 / most);
    let mut items: Vec<(&str, f64)> = scores
        .iter()
        .map(|(item, score)| (*item, score + 1e-6 * share(item)))
        .collect();
    items.sort_by(|a, b| b.1.total_cmp(&a.1));
    let others = by_popularity
        .iter()
        .copied()
        .filter(|item| !scores.contains_key(item));
    items
        .into_iter()
        .map(|(item, _)| item)
        .chain(others)
        .take(10)
        .map(str::to_owned)
        .collect()
}

/// Test HR@10 of Repeat last with seen items ranked, the decay chosen on each user's last training
/// event.
fn plain_repeat_last(users: &BTreeMap<String, Vec<String>>) -> f64 {
    let mut counts = BTreeMap::<&str, usize>::new();
    users
        .values()
        .flat_map(|items| &items[..items.len() - 2])
        .for_each(|item| *counts.entry(item).or_default() += 1);
    let mut by_popularity: Vec<&str> = counts.keys().copied().collect();
    by_popularity.sort_by_key(|item| std::cmp::Reverse(counts[item]));
    // The place of each user's event `back` from the end, asked after all before it.
    let places = |decay: f64, back: usize| -> Vec<Option<usize>> {
        let place = |items: &Vec<String>| {
            let at = items.len() - back;
            plain_list(&items[..at], decay, (&counts, &by_popularity))
                .iter()
                .position(|item| *item == items[at])
        };
        users
            .values()
            .filter(|items| items.len() > back)
            .map(place)
            .collect()
    };
    let ndcg = |decay: f64| {
        places(decay, 3)
            .into_iter()
            .flatten()
            .map(|at| 1.0 / ((at + 2) as f64).log2())
            .sum::<f64>()
    };
    let tried = REPEAT_DECAYS.map(|decay| (f64::from(decay), ndcg(f64::from(decay))));
    let best = tried
        .into_iter()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .unwrap();
    let found = places(best.0, 1);
    found.iter().flatten().count() as f64 / found.len() as f64
}

/// A run of the fake on a log, judged in this way.
fn judged(prepared: &Arc<Prepared>, evaluation: EvaluationSpec) -> (Setup, Done) {
    let mut setup = Setup::new(1);
    (setup.prepared, setup.experiment.evaluation) = (Arc::clone(prepared), evaluation);
    let done = setup.run();
    (setup, done)
}

fn filtered(filter_seen: FilterSeen) -> EvaluationSpec {
    EvaluationSpec {
        filter_seen,
        ..EvaluationSpec::default()
    }
}

#[test]
fn returns_are_counted_in_training_and_among_the_questions() {
    let prepared = opened(repeats());
    let (train, test) = plainly_counted(&plainly_read(&repeats()));
    assert_eq!((test.of, test.n), (60, 40), "as its maker says");
    assert_eq!(
        (prepared.returns.train, prepared.returns.test),
        (train, test)
    );
    assert_eq!(prepared.returns.valid.of, 60);
    let questions = prepared
        .split
        .test
        .iter()
        .filter(|case| prepared.is_return(**case))
        .count();
    assert_eq!(questions, 40);
    assert_eq!(
        walks().returns.n_questions() + walks().returns.train.n,
        0,
        "who walks on never returns"
    );
}

/// 889 of 1,380 training events return, so seen items are ranked; nobody returns on a walk, so they
/// are left out.
#[test]
fn what_becomes_of_seen_items_follows_the_log_where_nothing_is_said() {
    let (back, on) = (opened(repeats()).returns, walks().returns);
    let of = |filter: FilterSeen, returns| filtered(filter).resolved(returns).seen();
    assert_eq!(
        [of(FilterSeen::Auto, &back), of(FilterSeen::Auto, &on)],
        [Seen::Ranked, Seen::LeftOut]
    );
    assert_eq!(
        [of(FilterSeen::On, &back), of(FilterSeen::Off, &on)],
        [Seen::LeftOut, Seen::Ranked]
    );
    let told = filtered(FilterSeen::Auto).reason(&back);
    assert!(
        told.contains(
            "Follows the log: seen items are ranked too, since 64.4 % of training events"
        ),
        "{told}"
    );
    let told = filtered(FilterSeen::Auto).reason(&on);
    assert!(
        told.contains("seen items are left out, since 0 % of training events"),
        "{told}"
    );
    assert!(
        filtered(FilterSeen::Off)
            .reason(&back)
            .starts_with("As set: seen items are ranked too")
    );
    let warned = filtered(FilterSeen::On).check_returns(&back).unwrap();
    assert!(
        !warned.is_error() && warned.field == "evaluation.filter_seen",
        "{warned:?}"
    );
    assert!(
        warned.sentence().contains("64.4 %")
            && warned.sentence().contains("40 of 60 test targets (66.7 %)")
    );
    for quiet in [FilterSeen::Auto, FilterSeen::Off] {
        assert_eq!(filtered(quiet).check_returns(&back), None);
    }
    assert_eq!(filtered(FilterSeen::On).check_returns(&on), None);

    let (setup, done) = judged(&opened(repeats()), EvaluationSpec::default());
    let manifest = setup.store().manifest(&done.id).unwrap();
    assert_eq!(
        manifest.experiment.evaluation.filter_seen,
        FilterSeen::Off,
        "the manifest says what was decided"
    );
    assert!(manifest.follows_log && manifest.data.returns == Some(back));
    assert_eq!(
        manifest.experiment_as_asked().evaluation.filter_seen,
        FilterSeen::Auto
    );
    let told = done.ended.told_of_seen.join(" ");
    assert!(
        told.contains("Follows the log") && told.contains("40 of 60 test targets (66.7 %)"),
        "{told}"
    );
}

/// 40 of 60 test targets return. Where seen items are left out the model and every reference miss
/// just these, in the whole catalogue and among sampled candidates: of five and the true one all
/// are among the first ten, so HR@10 there is 20 / 60.
#[test]
fn whoever_returns_is_missed_by_the_model_and_every_reference() {
    let prepared = opened(repeats());
    let evaluation = EvaluationSpec {
        candidates: 5,
        ..filtered(FilterSeen::On)
    };
    let (setup, done) = judged(&prepared, evaluation);
    let store = setup.store();
    let (manifest, results) = (
        store.manifest(&done.id).unwrap(),
        store.results(&done.id, Part::Test).unwrap().unwrap(),
    );
    let returns: Vec<bool> = prepared
        .split
        .test
        .iter()
        .map(|case| prepared.is_return(*case))
        .collect();
    assert_eq!(returns.iter().filter(|is| **is).count(), 40);
    for (result, is_return) in results.iter().zip(&returns) {
        assert_eq!(result.facts.as_ref().unwrap().is_return, Some(*is_return));
        assert_eq!(result.rank.is_infinite(), *is_return, "{result:?}");
        assert!(
            result.probability > 0.0,
            "over the whole catalogue it has one all the same"
        );
    }
    let references = store.reference_results(&done.id).unwrap().unwrap();
    assert!(references.answers.len() > 5);
    for (kind, answers) in &references.answers {
        assert!(
            answers
                .ranks
                .iter()
                .zip(&returns)
                .all(|(rank, is)| rank.is_infinite() == *is),
            "{kind}"
        );
        assert_eq!(
            manifest.references_test[kind],
            Metrics::of_ranks(&answers.ranks),
            "{kind}"
        );
    }
    let sampled = manifest
        .test_sampled
        .as_ref()
        .unwrap()
        .get(Metric::Hr10)
        .unwrap();
    assert!((sampled - 20.0 / 60.0).abs() < 1e-12, "{sampled}");

    // Apart: nothing of those who return, and of all a third of what the others have.
    let apart = slices(&results, Metric::Mrr);
    let apart: Vec<(usize, f64)> = apart
        .iter()
        .filter(|s| s.by == SliceBy::Return)
        .map(|s| (s.n_users, s.value))
        .collect();
    assert!(
        apart[0].0 == 20 && apart[0].1 > 0.0 && apart[1] == (40, 0.0),
        "{apart:?}"
    );
    let all = manifest.test.as_ref().unwrap().get(Metric::Mrr).unwrap();
    assert!((all - apart[0].1 / 3.0).abs() < 1e-12);

    assert!(
        !manifest.follows_log
            && manifest.seen_target == SeenTargetRule::Missed
            && manifest.counted_before().is_none()
    );
    let warned = manifest
        .problems
        .iter()
        .find(|problem| problem.field == "evaluation.filter_seen")
        .unwrap();
    assert!(
        warned.sentence().contains("40 of 60 test targets"),
        "{}",
        warned.sentence()
    );
}

#[test]
fn repeat_last_has_the_figure_of_an_independent_count() {
    let prepared = opened(repeats());
    let wanted = plain_repeat_last(&plainly_read(&repeats()));
    let (_, ranked) = judged(&prepared, EvaluationSpec::default());
    let found = ranked.ended.references_test[&BaselineKind::RepeatLast.into()]
        .get(Metric::Hr10)
        .unwrap();
    assert!((found - wanted).abs() < 0.001, "{found} and not {wanted}");
    assert!(
        ranked
            .ended
            .references_test
            .values()
            .all(|metrics| metrics.n_users == 60)
    );
}

/// The decay is chosen by lists of the kind that are judged. Users have 3 twice, then 4, 1 and 2,
/// and then 3 again: with seen items ranked a decay of .7 puts 3 (.343 + .240) behind 1 (.7), and
/// one of .85 puts it (.614 + .522) before 1 (.85). Without seen items no decay finds it, and the
/// first one stays.
#[test]
fn a_reference_is_tuned_by_the_rule_it_is_judged_by() {
    let sequences: Vec<Vec<u32>> = (0..9).map(|_| vec![3, 3, 4, 1, 2, 3]).collect();
    let decay_of = |seen: Seen| {
        let log = TrainingLog {
            seen,
            ..TrainingLog::new(4, sequences.iter().map(Vec::as_slice))
        };
        let fitted = BaselineKind::RepeatLast.fit(&log).unwrap();
        let mut scores = vec![0.0; 5];
        // After 1 and then 2 item 1 has the decay itself.
        fitted.scores(&[1, 2], &mut scores);
        scores[1]
    };
    assert!(
        (decay_of(Seen::LeftOut) - REPEAT_DECAYS[0]).abs() < 1e-3,
        "{}",
        decay_of(Seen::LeftOut)
    );
    assert!(
        (decay_of(Seen::Ranked) - 0.85).abs() < 1e-3,
        "{}",
        decay_of(Seen::Ranked)
    );
}

/// What the timeline says of the questions is what the run counted.
#[test]
fn a_timeline_shows_a_return_as_left_out() {
    let prepared = opened(repeats());
    let (setup, done) = judged(&prepared, filtered(FilterSeen::On));
    let restored = restore_with(
        &setup.store(),
        &done.id,
        None,
        Some(Arc::clone(&prepared)),
        &setup.build(),
    )
    .unwrap();
    let results = setup
        .store()
        .results(&done.id, Part::Test)
        .unwrap()
        .unwrap();
    let mut n_left_out = 0;
    for (case, result) in prepared.split.test.iter().zip(&results) {
        let view = user_view(
            restored.model.as_ref(),
            &prepared,
            case.user_idx as usize,
            true,
        )
        .unwrap();
        let step = view.timeline.last().unwrap();
        assert_eq!(
            (step.rank, step.is_left_out()),
            (Some(result.rank), prepared.is_return(*case))
        );
        if step.is_left_out() {
            n_left_out += 1;
            assert_eq!((step.rank, step.is_hit(10)), (Some(MISS), Some(false)));
            assert!(
                (f64::from(step.probability.unwrap()) - result.probability).abs() < 1e-6,
                "over all items"
            );
            assert!(
                step.top
                    .iter()
                    .all(|scored| scored.item_idx != step.item_idx),
                "it is in no list either"
            );
        }
        // Training events by the same rule: the second time that a user has an item it is left out.
        let items = prepared.dataset.sequences.items(case.user_idx as usize);
        for step in view.timeline.iter().skip(1) {
            assert_eq!(
                step.is_left_out(),
                items[..step.position].contains(&step.item_idx),
                "{}",
                step.position
            );
        }
        let ranked = user_view(
            restored.model.as_ref(),
            &prepared,
            case.user_idx as usize,
            false,
        )
        .unwrap();
        assert!(ranked.timeline.iter().all(|step| !step.is_left_out()));
    }
    assert_eq!(n_left_out, 40);
}

/// A manifest as it was written before a seen target was a miss.
fn made_old(text: &str) -> String {
    let mut old = String::new();
    let mut is_skipping = false;
    for line in text.lines() {
        is_skipping |= line.trim_start().starts_with("returns: Some((");
        let is_new = line.trim_start().starts_with("follows_log:")
            || line.trim_start().starts_with("seen_target:");
        if !is_skipping && !is_new {
            old.push_str(line);
            old.push('\n');
        }
        is_skipping &= line != "        )),";
    }
    assert!(old.lines().count() < text.lines().count() - 5, "{old}");
    old
}

fn make_old(run: &Path) {
    let path = run.join("manifest.ron");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, made_old(&text)).unwrap();
}

#[test]
fn a_run_from_before_is_marked_and_kept_apart_where_the_rule_matters() {
    let prepared = opened(repeats());
    let (setup, done) = judged(&prepared, filtered(FilterSeen::On));
    let new = setup.store().manifest(&done.id).unwrap();
    make_old(&setup.dir(&done.id));
    let old = setup.store().manifest(&done.id).unwrap();
    assert_eq!(
        (old.seen_target, old.data.returns, old.follows_log),
        (SeenTargetRule::Ranked, None, false)
    );
    assert_eq!(
        (&old.test, &old.references_test),
        (&new.test, &new.references_test),
        "its figures stay"
    );
    // The audit that it keeps tells how many questions are touched: 80 of validation and test.
    let remark = old.counted_before().unwrap().sentence();
    assert!(
        remark.contains("80 validation and test targets") && remark.contains("train anew"),
        "{remark}"
    );
    assert!(old.remarks().any(|problem| problem.sentence() == remark));
    let why = why_not_comparable(&new, &old).unwrap();
    assert!(
        why.contains("seen before") && why_not_comparable(&old, &new) == Some(why),
        "{why}"
    );
    let results = setup
        .store()
        .results(&done.id, Part::Test)
        .unwrap()
        .unwrap();
    let tested = [&new, &old].map(|manifest| Tested {
        manifest,
        results: &results,
    });
    let compared = compare(&tested, &[], Metric::Hr10, &[]);
    let against = compared.runs[1].against_first.as_ref();
    assert_eq!(against, Some(&Err(why.to_owned())));
    assert!(compared.runs[1].contrasts.is_empty());
    // References that are fitted now would be counted by another rule than the model was.
    let refused = seqscope::train::refit_references(&old, &results)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("older rule"), "{refused}");

    let (setup, done) = judged(&prepared, filtered(FilterSeen::Off));
    let new = setup.store().manifest(&done.id).unwrap();
    make_old(&setup.dir(&done.id));
    let old = setup.store().manifest(&done.id).unwrap();
    assert_eq!(
        (old.counted_before(), why_not_comparable(&new, &old)),
        (None, None),
        "seen items were ranked then as now"
    );
    let (setup, done) = judged(&Arc::new(walks()), filtered(FilterSeen::On));
    make_old(&setup.dir(&done.id));
    let old = setup.store().manifest(&done.id).unwrap();
    assert_eq!(old.counted_before(), None, "nobody returned");
}

/// An unfinished run from before goes on where the rule changes none of its figures, and is refused
/// where epochs by one rule would stand beside epochs by another.
#[test]
fn an_unfinished_run_from_before_goes_on_only_where_the_rule_changes_nothing() {
    let stopped = |prepared: &Arc<Prepared>, filter: FilterSeen| {
        let mut setup = Setup::new(3);
        (setup.prepared, setup.experiment.evaluation) = (Arc::clone(prepared), filtered(filter));
        setup.commands = Commands::at(
            prepared.split.test.len() / 10 + 2,
            Command::Stop(StopMode::Keep),
        );
        let done = setup.run();
        assert!(done.ended.epochs < 3, "{}", done.ended.epochs);
        make_old(&setup.dir(&done.id));
        (setup.resume, setup.commands) = (Some(done.id), Commands::default());
        setup
    };
    let back = opened(repeats());
    let mut setup = stopped(&back, FilterSeen::On);
    let id = setup.resume.clone().unwrap();
    let before = std::fs::read_to_string(setup.dir(&id).join("manifest.ron")).unwrap();
    let refused = setup.run_watched(Listener::default()).map(|done| done.id);
    assert!(
        matches!(&refused, Err(TrainError::Unfit(s)) if s.contains("cannot go on") && s.contains("train anew"))
    );
    assert_eq!(
        std::fs::read_to_string(setup.dir(&id).join("manifest.ron")).unwrap(),
        before,
        "nothing was touched"
    );

    for (prepared, filter) in [
        (&back, FilterSeen::Off),
        (&Arc::new(walks()), FilterSeen::On),
    ] {
        let mut setup = stopped(prepared, filter);
        let done = setup.run();
        let manifest = setup.store().manifest(&done.id).unwrap();
        assert_eq!(
            (manifest.epochs, manifest.seen_target),
            (3, SeenTargetRule::Missed)
        );
        assert_eq!(manifest.data.returns, Some(prepared.returns));
    }
}

const EXPERIMENT: &str = r#"(
    version: 1,
    name: "back",
    data: (source: File(path: "back.csv")),
    model: Gru(d_model: 8, d_hidden: 8, seq_len: 8),
    training: (device: "cpu", epochs: 1, batch_size: 32),
)
"#;

/// What `check`, `train`, `compare` and `runs` tell of a log of which 40 of 60 test targets return.
#[test]
fn check_train_runs_and_compare_tell_what_returns() {
    let place = Place::new();
    let share = "40 of 60 test targets (66.7 %)";
    check_tells(&place, share);
    let left = train_tells(&place, share);
    compare_tells(&place, share, &left);
    an_older_run_is_marked(&place, &left);
}

fn check_tells(place: &Place, share: &str) {
    place.write("back.csv", std::fs::read(repeats()).unwrap());
    place.write("back.ron", EXPERIMENT);
    let told = place.seqscope("check back.ron").ok().out;
    assert!(
        told.contains("Follows the log: seen items are ranked too") && told.contains(share),
        "{told}"
    );
    place.write(
        "left.ron",
        EXPERIMENT.replace(
            "training:",
            "evaluation: (filter_seen: true),\n    training:",
        ),
    );
    let told = place.seqscope("check left.ron").ok().out;
    assert!(
        told.contains("warning: evaluation.filter_seen: 64.4 % of training events return"),
        "{told}"
    );
    assert!(told.contains("each of them counts as a miss"), "{told}");
}

/// The name of the run that leaves seen items out.
fn train_tells(place: &Place, share: &str) -> String {
    let told = place.seqscope("train back.ron --runs runs").ok();
    assert!(
        told.out.contains("seen items ranked too") && told.out.contains(share),
        "{}",
        told.out
    );
    assert!(
        !told.err.contains("filter_seen"),
        "nothing is wrong with it: {}",
        told.err
    );
    let told = place.seqscope("train left.ron --runs runs --json").ok();
    assert!(
        told.err.contains("64.4 % of training events return"),
        "{}",
        told.err
    );
    let seen = &told.json()["seen"];
    assert_eq!(
        (seen["left_out"].as_bool(), seen["follows_log"].as_bool()),
        (Some(true), Some(false))
    );
    let counted = &seen["returns"]["test_targets"];
    assert_eq!(
        (counted["of"].as_u64(), counted["returning"].as_u64()),
        (Some(60), Some(40)),
        "{seen}"
    );

    let runs = runs_in(&place.path("runs"));
    runs.iter()
        .find(|run| told.out.contains(run.as_str()))
        .unwrap()
        .clone()
}

fn compare_tells(place: &Place, share: &str, left: &str) {
    let told = place
        .run(&["compare", left, "--runs", "runs", "--json"])
        .ok()
        .json();
    let slices = told["runs"][0]["slices"].as_array().unwrap().clone();
    let apart: Vec<(u64, f64)> = slices
        .iter()
        .filter(|slice| slice["by"] == "new or returning")
        .map(|slice| {
            (
                slice["users"].as_u64().unwrap(),
                slice["value"].as_f64().unwrap(),
            )
        })
        .collect();
    assert!(
        apart.len() == 2 && apart[0].0 == 20 && apart[1] == (40, 0.0),
        "{apart:?}"
    );
    let repeat = told["references"][0]["rows"].as_array().unwrap().iter();
    let repeat =
        repeat.filter(|row| row["reference"] == "repeat-last" && row["metric"] == "recall@10");
    let value = repeat
        .map(|row| row["than"].as_f64().unwrap())
        .next()
        .unwrap();
    assert!(
        value <= 20.0 / 60.0,
        "none of those who return are found: {value}"
    );
    let text = place.run(&["compare", left, "--runs", "runs"]).ok().out;
    assert!(
        text.contains(share) && text.contains("the true item returns: the user had it"),
        "{text}"
    );
}

/// A copy of the run as it was kept before.
fn an_older_run_is_marked(place: &Place, left: &str) {
    let (from, to) = (
        place.path("runs").join(left),
        place.path("runs").join("older"),
    );
    let mut options = std::process::Command::new("cp");
    assert!(
        options
            .arg("-r")
            .args([&from, &to])
            .status()
            .unwrap()
            .success()
    );
    make_old(&to);
    let told = place.seqscope("runs --runs runs").ok().out;
    let marked: Vec<&str> = told
        .lines()
        .filter(|line| line.ends_with("older rule"))
        .collect();
    assert!(marked.len() == 1 && marked[0].contains("older"), "{told}");
    let told = place.seqscope("runs --runs runs --json").ok().json();
    let marked = told["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["run"] == "older")
        .unwrap()
        .clone();
    assert_eq!(
        marked["seen"]["seen_targets"], "ranked, by an older rule",
        "{marked}"
    );
    assert!(
        marked["remarks"][0]
            .as_str()
            .unwrap()
            .contains("counted by an older rule"),
        "{marked}"
    );
    let told = place
        .run(&["compare", left, "older", "--runs", "runs"])
        .ok();
    assert!(
        told.err.contains("is not comparable with") && told.err.contains("seen before"),
        "{}",
        told.err
    );
    assert!(
        told.out.contains("not compared: targets seen before"),
        "{}",
        told.out
    );
}

#[test]
fn a_world_is_judged_by_its_own_returns_as_any_log_is() {
    let place = Place::new();
    let told = place
        .seqscope("data --world Commuter --set n_users=40")
        .ok()
        .out;
    assert!(
        told.contains("Follows the log: seen items are ranked too"),
        "{told}"
    );
    let told = place
        .seqscope("data --world Series --set n_users=40 --json")
        .ok()
        .json();
    assert_eq!(
        told["returns"]["training_events"]["returning"], 0,
        "{}",
        told["returns"]
    );
    assert!(told["returns"]["training_events"]["of"].as_u64() > Some(0));
}

/// Check-ins: three of four training events return. With default settings seen items are ranked,
/// and Repeat last has what a plain count finds; left out, it finds nobody who returns.
#[test]
fn repeat_last_on_new_york_check_ins() {
    let Some(folder) = std::env::var_os("SEQSCOPE_DATA")
        .map(PathBuf::from)
        .filter(|folder| folder.is_dir())
    else {
        println!("skipped: SEQSCOPE_DATA does not name a folder of public logs");
        return;
    };
    let path = folder.join("nyc-checkins/nyc_checkins.csv");
    let (prepared, users) = (opened(path.clone()), plainly_read(&path));
    let (train, test) = plainly_counted(&users);
    assert_eq!(
        (prepared.returns.train, prepared.returns.test),
        (train, test)
    );
    assert!(prepared.returns.are_many());
    let wanted = plain_repeat_last(&users);

    // As a run fits and asks it; the others would take minutes here.
    let ranks_of = |seen: Seen| -> Vec<f64> {
        let fitted = fit_reference(
            &prepared,
            BaselineKind::RepeatLast,
            filtered((seen == Seen::LeftOut).into()),
        )
        .unwrap();
        let question = |case: &EvalCase| {
            let items = prepared.dataset.sequences.items(case.user_idx as usize);
            let history = &items[..case.history_len as usize];
            Question {
                history,
                target: items[case.target_pos as usize],
                excluded: seen.excluded(history),
            }
        };
        let questions: Vec<Question<'_>> = prepared.split.test.iter().map(question).collect();
        ranks(fitted.as_ref(), prepared.dataset.n_items(), &questions)
    };
    let hr = |ranks: &[f64]| Metrics::of_ranks(ranks).get(Metric::Hr10).unwrap();
    let decided = Experiment::default()
        .evaluation
        .resolved(&prepared.returns)
        .seen();
    let found = hr(&ranks_of(decided));
    println!("Repeat last, {decided:?}: HR@10 {found:.4}, plainly counted {wanted:.4}");
    assert!((found - wanted).abs() < 0.001, "{found} and not {wanted}");

    let left_out = ranks_of(Seen::LeftOut);
    let of_returns = |is: bool| -> Vec<f64> {
        let cases = prepared.split.test.iter().zip(&left_out);
        cases
            .filter(|(case, _)| prepared.is_return(**case) == is)
            .map(|(_, rank)| *rank)
            .collect()
    };
    assert_eq!(
        (of_returns(true).len(), hr(&of_returns(true))),
        (test.n, 0.0)
    );
    let (all, new) = (hr(&left_out), hr(&of_returns(false)));
    println!(
        "Repeat last, seen items left out: HR@10 {all:.4}, of those who do not return {new:.4}"
    );
    assert!((all - new * (1.0 - test.share())).abs() < 1e-9);
}
