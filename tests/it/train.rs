//! Training: what a run says, how it ends, what it leaves, and that it can go on.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use seqscope::baseline::BaselineKind;
use seqscope::data::{DataSource, DataSpec, Prepared, WorldSpec, prepare};
use seqscope::experiment::{Experiment, LrDecay, TrainingSpec};
use seqscope::explain::user_view;
use seqscope::metric::Metric;
use seqscope::model::{ModelSpec, TransformerSpec, VaeSpec};
use seqscope::run::{EpochRecord, History, Part, RunId, RunOutcome, RunStatus, RunStore};
use seqscope::train::{
    Command, EarlyStop, EventKind, Job, StopMode, TrainError, lr_at, restore, restore_with, run,
};
use strum::IntoEnumIterator;

use crate::fake::{Commands, Done, LEN, Listener, N_USERS, Setup, walks_of};

// ---------------------------------------------------------------------------------------------
// The story of a run
// ---------------------------------------------------------------------------------------------

#[test]
fn a_run_tells_its_story_in_order_and_ends_once() {
    let mut setup = Setup::new(3);
    let done = setup.run();
    let expected = [
        "started 1",
        "evaluated 1",
        "checkpointed 1",
        "evaluated 2",
        "checkpointed 2",
        "evaluated 3",
        "checkpointed 3",
        "warned",
        "ended",
    ];
    assert_eq!(done.story(), expected);
    assert!(done.events.iter().all(|event| event.run == done.id));
    let last = done.events.last().map(|event| event.kind.clone());
    assert_eq!(
        last,
        Some(EventKind::Ended(Box::new(done.ended.clone()))),
        "what is returned is what was told"
    );
    assert_eq!(done.ended.outcome, Some(RunOutcome::Finished));
    assert_eq!(
        (done.ended.epochs, done.ended.best_epoch),
        (3, Some(1)),
        "of equal epochs the first is the best"
    );
}

#[test]
fn the_folder_knows_of_an_event_before_the_listener_does() {
    let mut setup = Setup::new(2);
    let store = setup.store();
    let mut seen = 0;
    let listener = Listener {
        at_each: Box::new(|event| {
            if let EventKind::Evaluated(EpochRecord { epoch, valid, .. }) = event.kind.clone() {
                let on_disk = store
                    .history(&event.run)
                    .unwrap()
                    .series(Part::Valid, "ndcg@10");
                assert_eq!(
                    on_disk.last(),
                    Some(&(epoch, 4 * epoch, valid.get(Metric::Ndcg10).unwrap()))
                );
                seen += 1;
            }
            Ok(())
        }),
        ..Listener::default()
    };
    setup.run_watched(listener).unwrap();
    assert_eq!(seen, 2);
}

#[test]
fn a_finished_run_leaves_a_whole_folder() {
    let mut setup = Setup::new(2);
    setup.script().skills = vec![4, 7];
    let done = setup.run();
    let store = setup.store();
    let manifest = store.manifest(&done.id).unwrap();
    assert_eq!(manifest.outcome, Some(RunOutcome::Finished));
    assert_eq!((manifest.epochs, manifest.best_epoch), (2, Some(2)));
    assert_eq!(
        (&manifest.valid, &manifest.test),
        (&done.ended.valid, &done.ended.test)
    );
    let n_references = BaselineKind::iter().count();
    assert_eq!(
        manifest.references_valid.len() + manifest.references_left_out.len(),
        n_references
    );
    assert_eq!(manifest.references_left_out, done.ended.references_left_out);
    assert_eq!(manifest.references_test, done.ended.references_test);
    let mut as_run = setup.experiment.clone();
    as_run.evaluation.filter_seen = seqscope::experiment::FilterSeen::On;
    assert_eq!(
        manifest.experiment, as_run,
        "with what the log decided filled in"
    );
    assert_eq!(manifest.problems.len(), 1, "the warning is kept");

    // Of ten last items seven are continued: the true one is first, else it is last of 14 or 13.
    assert!((manifest.valid.unwrap().get(Metric::Ndcg10).unwrap() - 0.7).abs() < 1e-12);
    let test = store.results(&done.id, Part::Test).unwrap().unwrap();
    assert_eq!(test.len(), N_USERS);
    assert_eq!(
        (test[0].user_id.as_str(), test[0].item_id.as_str()),
        ("u0", "i8")
    );
    assert!(
        test.iter().all(|user| [1.0, 13.0].contains(&user.rank)),
        "{test:?}"
    );
    assert_eq!(
        store.results(&done.id, Part::Valid).unwrap().unwrap().len(),
        N_USERS
    );

    let history = store.history(&done.id).unwrap();
    for metric in [
        "loss",
        "lr",
        "grad_norm",
        "events",
        "events_per_sec",
        "secs",
    ] {
        assert_eq!(history.series(Part::Train, metric).len(), 2, "{metric}");
    }
    // Ten events a step, as the fake model tells them.
    let events = history.series(Part::Train, "events");
    assert!(
        events
            .iter()
            .all(|(_, step, seen)| *seen as usize == 10 * *step),
        "{events:?}"
    );
    let machine = store.machine(&done.id).unwrap();
    assert_eq!(
        machine.iter().map(|told| told.epoch).collect::<Vec<_>>(),
        [1, 2]
    );
    for metric in ["loss", "ndcg@10", "hr@10", "mrr", "hr@1", "hr@5", "ndcg@5"] {
        assert_eq!(history.series(Part::Valid, metric).len(), 2, "{metric}");
        let test = history.series(Part::Test, metric);
        assert!(
            matches!(test.as_slice(), [(2, 8, _)]),
            "{metric} of the best epoch at its step: {test:?}"
        );
    }
    assert_eq!(store.epochs(&done.id).unwrap(), [1, 2]);
    let best = std::fs::read(store.best_weights(&done.id)).unwrap();
    assert_eq!(
        best,
        std::fs::read(store.epoch_weights(&done.id, 2)).unwrap()
    );
    assert!(
        std::fs::read_to_string(setup.dir(&done.id).join("log.txt"))
            .unwrap()
            .contains("finished")
    );
}

#[test]
fn progress_comes_at_most_ten_times_a_second() {
    let mut setup = Setup::new(8);
    setup.experiment.training.batch_size = 1;
    let start = Instant::now();
    let done = setup.run();
    let n_progress = done
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Progress(_)))
        .count();
    let most = 1 + (start.elapsed().as_secs_f64() * 10.0) as usize;
    assert!(
        (1..=most).contains(&n_progress),
        "{n_progress} of {} steps, at most {most}",
        8 * N_USERS
    );
}

// ---------------------------------------------------------------------------------------------
// Ends
// ---------------------------------------------------------------------------------------------

fn assert_ends_once(done: &Done) {
    assert_eq!(
        done.story().iter().filter(|name| *name == "ended").count(),
        1
    );
    assert_eq!(done.story().last().map(String::as_str), Some("ended"));
}

#[test]
fn stop_and_keep_judges_the_best_so_far() {
    let mut setup = Setup::new(9);
    setup.script().skills = vec![6, 3];
    // An epoch looks five times: after each of four steps and after the one block of validation.
    setup.commands = Commands::at(13, Command::Stop(StopMode::Keep));
    let done = setup.run();
    assert_ends_once(&done);
    assert_eq!(done.ended.outcome, Some(RunOutcome::Stopped));
    assert_eq!((done.ended.epochs, done.ended.best_epoch), (2, Some(1)));
    assert!(
        (done.ended.test.unwrap().get(Metric::Ndcg10).unwrap() - 0.6).abs() < 1e-12,
        "the best weights, not the last"
    );
}

#[test]
fn stop_in_the_first_epoch_keeps_a_run_without_figures() {
    let mut setup = Setup::new(9);
    setup.commands = Commands::at(2, Command::Stop(StopMode::Keep));
    let done = setup.run();
    assert_ends_once(&done);
    assert_eq!(done.ended.outcome, Some(RunOutcome::Stopped));
    assert_eq!((done.ended.epochs, done.ended.test), (0, None));
}

#[test]
fn stop_and_discard_leaves_nothing() {
    let mut setup = Setup::new(9);
    setup.commands = Commands::at(8, Command::Stop(StopMode::Discard));
    let done = setup.run();
    assert_ends_once(&done);
    assert_eq!(done.ended.outcome, None);
    assert_eq!(std::fs::read_dir(setup.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_panic_in_the_model_becomes_a_failed_run() {
    let mut setup = Setup::new(9);
    setup.script().panic_at = Some(9);
    let done = setup.run();
    assert_ends_once(&done);
    let Some(RunOutcome::Failed { sentence }) = &done.ended.outcome else {
        panic!("{:?}", done.ended)
    };
    assert!(
        sentence.contains("planted") && sentence.contains("resume"),
        "{sentence}"
    );
    assert_eq!(
        setup.store().status(&done.id).unwrap(),
        RunStatus::Ended(done.ended.outcome.clone().unwrap())
    );
    assert_eq!(setup.store().manifest(&done.id).unwrap().epochs, 2);
    assert_eq!(
        done.ended.test, None,
        "a failed run does not read the test split"
    );
}

#[test]
fn a_lost_device_and_a_diverged_loss_become_failed_runs() {
    for (fail_at, diverge_at, word) in [
        (Some(5), None, "use the CPU"),
        (None, Some(5), "in epoch 2 (step 5)"),
    ] {
        let mut setup = Setup::new(9);
        (setup.script().fail_at, setup.script().diverge_at) = (fail_at, diverge_at);
        let done = setup.run();
        assert_ends_once(&done);
        let Some(RunOutcome::Failed { sentence }) = &done.ended.outcome else {
            panic!("{:?}", done.ended)
        };
        assert!(sentence.contains(word), "{sentence}");
        assert_eq!(done.ended.epochs, 1);
    }
}

#[test]
fn a_folder_that_cannot_be_written_fails_the_run() {
    let mut setup = Setup::new(9);
    let store = setup.store();
    let listener = Listener {
        at_each: Box::new(|event| {
            if matches!(event.kind, EventKind::Checkpointed { epoch: 1 }) {
                std::fs::remove_dir_all(store.dir(&event.run).join("epochs")).unwrap();
            }
            Ok(())
        }),
        ..Listener::default()
    };
    let done = setup.run_watched(listener).unwrap();
    assert_ends_once(&done);
    let Some(RunOutcome::Failed { sentence }) = &done.ended.outcome else {
        panic!("{:?}", done.ended)
    };
    assert!(
        sentence.contains("epochs") && sentence.contains("0002.safetensors"),
        "{sentence}"
    );
    assert_eq!(
        setup.store().manifest(&done.id).unwrap().epochs,
        1,
        "an epoch counts once its weights are kept"
    );
}

#[test]
fn a_listener_that_went_away_does_not_matter() {
    let mut setup = Setup::new(2);
    let listener = Listener {
        at_each: Box::new(|_| Err(TrainError::Unfit("window closed".to_owned()))),
        ..Listener::default()
    };
    let done = setup.run_watched(listener).unwrap();
    assert_eq!(done.ended.outcome, Some(RunOutcome::Finished));
    assert_eq!(done.events.len(), 1, "it is not asked again");
}

#[test]
fn what_cannot_start_leaves_no_folder_and_no_event() {
    let mut setup = Setup::new(2);
    let mut too_short = walks_of(&[2; 5]);
    too_short.split.train_len = vec![2; 5];
    setup.prepared = too_short.into();
    let refused = setup.run_watched(Listener::default()).map(|done| done.id);
    assert!(
        matches!(&refused, Err(TrainError::Unfit(s)) if s.contains("three events")),
        "{refused:?}"
    );

    let mut setup = Setup::new(0);
    let refused = setup.run_watched(Listener::default()).map(|done| done.id);
    assert!(
        matches!(&refused, Err(TrainError::Problems(_))),
        "no epochs: {refused:?}"
    );
    assert_eq!(std::fs::read_dir(setup.folder.path()).unwrap().count(), 0);

    let mut setup = Setup::new(1);
    let file = setup.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let job = seqscope::train::Job {
        experiment: setup.experiment.clone(),
        store: RunStore::at(&file),
        prepared: Some(setup.prepared.clone()),
        resume: None,
    };
    let refused = seqscope::train::run_with(
        job,
        &setup.build(),
        &mut setup.commands,
        &mut Listener::default(),
    );
    assert!(
        matches!(&refused, Err(e) if e.to_string().contains("choose another folder")),
        "{refused:?}"
    );
}

// ---------------------------------------------------------------------------------------------
// Pause
// ---------------------------------------------------------------------------------------------

#[test]
fn a_pause_stops_the_clock_and_changes_no_number() {
    let mut setup = Setup::new(3);
    setup.commands = Commands::at(3, Command::Hold);
    setup.commands.each_wait = Duration::from_millis(100);
    setup.commands.waits = [None, Some(Command::Hold), None, Some(Command::GoOn)].into();
    let start = Instant::now();
    let done = setup.run();
    assert_eq!(
        done.story()[..4],
        ["started 1", "paused", "resumed", "evaluated 1"]
    );
    let paused_secs = start.elapsed().as_secs_f64() - done.ended.train_secs;
    assert!(
        paused_secs >= 0.4,
        "four waits of 0.1 s, left out {paused_secs} s"
    );

    let mut unpaused = Setup::new(3);
    let other = unpaused.run();
    assert_eq!(
        numbers(&setup.store(), &done.id),
        numbers(&unpaused.store(), &other.id)
    );
}

#[test]
fn a_paused_run_can_be_stopped() {
    let mut setup = Setup::new(3);
    setup.commands = Commands::at(7, Command::Hold);
    setup.commands.waits = [Some(Command::Stop(StopMode::Keep))].into();
    let done = setup.run();
    assert_ends_once(&done);
    assert_eq!(
        (done.ended.outcome, done.ended.epochs),
        (Some(RunOutcome::Stopped), 1)
    );
}

// ---------------------------------------------------------------------------------------------
// What is trained on, what is judged
// ---------------------------------------------------------------------------------------------

#[test]
fn the_test_split_is_read_once_after_selection() {
    let mut setup = Setup::new(6);
    setup.script().skills = vec![2, 6, 4];
    setup.experiment.training.patience = 2;
    setup.run();
    let script = setup.script();
    // A validation history has six events, a test history seven.
    let test: Vec<usize> = script
        .scored
        .iter()
        .filter(|(_, row)| row.len() == LEN - 1)
        .map(|(step, _)| *step)
        .collect();
    assert_eq!(
        test,
        [16; 2 * N_USERS],
        "each user for the rank and for the list, after all four epochs' steps"
    );
    assert!(
        script
            .scored
            .iter()
            .all(|(_, row)| [LEN - 2, LEN - 1].contains(&row.len()))
    );
}

#[test]
fn each_epoch_sees_every_users_training_events_once_in_an_order_of_its_own() {
    let mut setup = Setup::new(3);
    setup.run();
    let script = setup.script();
    let epochs: Vec<Vec<Vec<u32>>> = script.trained_on.chunks(4).map(<[_]>::concat).collect();
    let expected: BTreeSet<Vec<u32>> = (0..N_USERS)
        .map(|user| setup.prepared.dataset.sequences.items(user)[..LEN - 2].to_vec())
        .collect();
    for epoch in &epochs {
        assert_eq!(epoch.len(), N_USERS);
        assert_eq!(
            epoch.iter().cloned().collect::<BTreeSet<_>>(),
            expected,
            "training events only"
        );
    }
    assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2]);
    let seeds: BTreeSet<u64> = script.inputs.iter().map(|inputs| inputs.seed).collect();
    assert_eq!(seeds.len(), 12, "each step draws from its own seed");
    assert!(
        script
            .inputs
            .iter()
            .enumerate()
            .all(|(at, inputs)| inputs.step == at && inputs.n_steps == 12)
    );
}

#[test]
fn a_sequence_model_needs_two_training_events_and_a_vae_one() {
    let mut lens = [LEN; N_USERS];
    (lens[3], lens[4]) = (3, 1);
    for (model, n_users) in [
        (ModelSpec::default(), N_USERS - 2),
        (ModelSpec::Vae(VaeSpec::default()), N_USERS),
    ] {
        let mut setup = Setup::new(1);
        setup.prepared = walks_of(&lens).into();
        setup.experiment.model = model;
        setup.run();
        assert_eq!(setup.script().trained_on.concat().len(), n_users);
    }
}

#[test]
fn same_seed_same_numbers_and_another_seed_others() {
    let run = |seed: u64| {
        let mut setup = Setup::new(3);
        setup.experiment.seed = seed;
        let done = setup.run();
        let weights = std::fs::read(setup.store().best_weights(&done.id)).unwrap();
        (numbers(&setup.store(), &done.id), weights)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_model_below_the_windowed_markov_chain_is_flagged() {
    let warnings = |skill: usize| {
        let mut setup = Setup::new(1);
        setup.script().skills = vec![skill];
        let done = setup.run();
        assert!(
            done.ended.references_test[&BaselineKind::MarkovWindow.into()]
                .primary()
                .1
                .unwrap()
                > 0.9,
            "walks are its home"
        );
        setup.store().manifest(&done.id).unwrap().problems
    };
    let below = warnings(3);
    assert_eq!(below.len(), 1);
    let sentence = &below[0].sentence();
    assert!(
        sentence.contains("windowed Markov chain") && sentence.contains("0.3000 against"),
        "{sentence}"
    );
    assert_eq!(warnings(10), []);
}

#[test]
fn ease_is_fitted_where_its_memory_is_allowed_and_else_says_the_cure() {
    let of = |megabytes: usize| {
        let mut setup = Setup::new(1);
        setup.experiment.evaluation.ease_memory = megabytes;
        setup.run().ended
    };
    let ease = BaselineKind::Ease.into();
    let usual = Setup::new(1).run().ended;
    assert!(
        usual.references_test.contains_key(&ease),
        "20 items take no memory to speak of"
    );
    let without = of(0);
    assert!(!without.references_test.contains_key(&ease));
    let sentence = &without.references_left_out[&ease];
    assert!(
        sentence.contains("20 items takes 1 MB") && sentence.contains("`evaluation.ease_memory`"),
        "{sentence}"
    );
    assert_eq!(
        of(1).references_test[&ease],
        usual.references_test[&ease],
        "no figure depends on what is allowed"
    );
}

// ---------------------------------------------------------------------------------------------
// Divergence
// ---------------------------------------------------------------------------------------------

/// The warnings of a run about its learning rate.
fn told_of_divergence(done: &Done) -> Vec<String> {
    let warned = done.events.iter().filter_map(|event| match &event.kind {
        EventKind::Warned(problem) if problem.field == "training.lr" => Some(problem.sentence()),
        _ => None,
    });
    warned.collect()
}

/// For each epoch whether it was said to be the best so far.
fn called_best(done: &Done) -> Vec<bool> {
    let judged = done.events.iter().filter_map(|event| match event.kind {
        EventKind::Evaluated(EpochRecord { is_best, .. }) => Some(is_best),
        _ => None,
    });
    judged.collect()
}

#[test]
fn a_loss_far_above_that_of_guessing_is_called_divergence_at_once_and_no_epoch_of_it_the_best() {
    // 120 steps, judged from step 60 on: guessing among 20 items has ln 20 = 3.00.
    let mut setup = Setup::new(30);
    setup.experiment.training.patience = 0;
    setup.script().losses = vec![3.0, 3.0, 250.0];
    setup.script().skills = (0..30).map(|epoch| 1 + epoch / 3).collect();
    let done = setup.run();
    let [sentence] = &told_of_divergence(&done)[..] else {
        panic!("{:?}", told_of_divergence(&done))
    };
    for said in [
        "has diverged",
        "3.00 (ln of 20 items)",
        "`training.lr`",
        "clip_norm",
    ] {
        assert!(sentence.contains(said), "{sentence}");
    }
    let at = done
        .story()
        .iter()
        .position(|told| told == "warned")
        .unwrap();
    assert_eq!(
        done.story()
            .iter()
            .take(at)
            .filter(|told| told.starts_with("evaluated"))
            .count(),
        14,
        "in epoch 15"
    );
    let best = called_best(&done);
    assert!(
        best.iter().take(14).any(|is_best| *is_best)
            && best.iter().skip(14).all(|is_best| !is_best),
        "{best:?}"
    );
    assert_eq!(done.ended.diverged_epoch, Some(15));
    let manifest = setup.store().manifest(&done.id).unwrap();
    assert_eq!(manifest.diverged_epoch, Some(15));
    assert!(
        manifest
            .remarks()
            .any(|problem| problem.sentence() == *sentence),
        "{:?}",
        manifest.problems
    );
    assert!(
        manifest.best_epoch.is_some(),
        "some weights are kept all the same"
    );
}

#[test]
fn a_run_that_comes_back_is_not_called_diverged_at_its_end_and_a_healthy_one_never() {
    let mut setup = Setup::new(40);
    setup.experiment.training.patience = 0;
    setup.script().losses = [vec![3.0], vec![250.0; 99], vec![2.0]].concat();
    let done = setup.run();
    assert_eq!(
        (told_of_divergence(&done).len(), done.ended.diverged_epoch),
        (1, None)
    );
    assert_eq!(
        setup.store().manifest(&done.id).unwrap().diverged_epoch,
        None
    );
    for losses in [vec![], vec![3.0], vec![30.0, 25.0, 20.0], vec![3.5]] {
        let mut setup = Setup::new(40);
        setup.experiment.training.patience = 0;
        setup.script().losses = losses;
        let done = setup.run();
        assert!(
            told_of_divergence(&done).is_empty(),
            "{:?}",
            told_of_divergence(&done)
        );
    }
}

/// A Transformer and a VAE of a real world: an absurd rate is called so, a usual one is not.
#[test]
fn an_absurd_learning_rate_is_called_divergence_and_a_usual_one_is_not() {
    let prepared = Arc::new(
        prepare(
            &small_world(),
            seqscope::data::SplitSpec::LeaveOneOut,
            &AtomicBool::new(false),
        )
        .unwrap(),
    );
    for model in [
        ModelSpec::Transformer(TransformerSpec {
            d_model: 8,
            n_layers: 1,
            n_heads: 1,
            ..TransformerSpec::default()
        }),
        ModelSpec::Vae(VaeSpec {
            d_hidden: 16,
            d_latent: 4,
            free_bits: 0.1,
            ..VaeSpec::default()
        }),
    ] {
        for (lr, clip_norm, diverges) in [(1e-3, 0.0, false), (10.0, 0.0, true)] {
            let folder = tempfile::tempdir().unwrap();
            let mut job = tiny_transformer(&prepared, folder.path());
            job.experiment.model = model.clone();
            job.experiment.training = TrainingSpec {
                lr,
                clip_norm,
                epochs: 20,
                patience: 0,
                batch_size: 16,
                device: "cpu".to_owned(),
                ..TrainingSpec::default()
            };
            let mut listener = Listener::default();
            let (_, ended) = run(job, &mut Commands::default(), &mut listener).unwrap();
            // A loss beyond all numbers fails the run, which is no secret either.
            let is_told = ended.diverged_epoch.is_some()
                || matches!(ended.outcome, Some(RunOutcome::Failed { .. }));
            assert_eq!(is_told, diverges, "{model:?} at {lr}: {ended:?}");
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Schedule and early stopping
// ---------------------------------------------------------------------------------------------

#[test]
fn warm_up_grows_in_equal_parts() {
    // 4 steps to 0.8: 0.2, 0.4, 0.6, 0.8, and then it stays.
    let training = TrainingSpec {
        lr: 0.8,
        warmup_steps: 4,
        ..TrainingSpec::default()
    };
    let rates: Vec<f64> = (0..6).map(|step| lr_at(&training, step, 6)).collect();
    for (rate, expected) in rates.iter().zip([0.2, 0.4, 0.6, 0.8, 0.8, 0.8]) {
        assert!((rate - expected).abs() < 1e-12, "{rates:?}");
    }
    let none = TrainingSpec {
        lr: 0.8,
        warmup_steps: 0,
        ..TrainingSpec::default()
    };
    assert!((lr_at(&none, 0, 6) - 0.8).abs() < 1e-12);
}

/// Two warm-up steps and four that fall: 1, 3/4, 2/4, 1/4 in a line; (1 + cos) / 2 of 0, 45, 90,
/// 135 degrees.
#[test]
fn a_falling_rate_begins_after_the_warm_up_and_ends_with_the_last_epoch() {
    let root = 0.5_f64.sqrt();
    let cosine = [0.5, 1.0, 1.0, 0.5 + root / 2.0, 0.5, 0.5 - root / 2.0];
    for (lr_decay, expected) in [
        (LrDecay::Linear, [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]),
        (LrDecay::Cosine, cosine),
    ] {
        let training = TrainingSpec {
            lr: 0.8,
            warmup_steps: 2,
            lr_decay,
            ..TrainingSpec::default()
        };
        for (step, share) in expected.into_iter().enumerate() {
            assert!(
                (lr_at(&training, step, 6) - 0.8 * share).abs() < 1e-12,
                "{lr_decay} at step {step}"
            );
        }
        assert!(lr_at(&training, 60, 6).abs() < 1e-12, "never below 0");
    }
    // Vaswani et al. 2017: step^-1/2 where the warm-up of w steps grew as step w^-3/2; steps count
    // from 1.
    let training = TrainingSpec {
        lr: 4_f64.powf(-0.5),
        warmup_steps: 4,
        lr_decay: LrDecay::InverseRoot,
        ..TrainingSpec::default()
    };
    for step in 0..9_u32 {
        let from_one = f64::from(step) + 1.0;
        let theirs = from_one.powf(-0.5).min(from_one * 4_f64.powf(-1.5));
        assert!(
            (lr_at(&training, step as usize, 9) - theirs).abs() < 1e-12,
            "step {step}"
        );
    }
}

/// What a run tells of its rate is what its steps had: of 3 epochs the third ends near 0.
#[test]
fn a_run_tells_its_falling_rate() {
    let mut setup = Setup::new(3);
    setup.experiment.training.lr_decay = LrDecay::Linear;
    let (epochs, lr) = (
        setup.experiment.training.epochs,
        setup.experiment.training.lr,
    );
    let done = setup.run();
    let rates: Vec<f64> = done
        .events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::Evaluated(EpochRecord { lr, .. }) => Some(lr),
            _ => None,
        })
        .collect();
    assert!(
        rates.len() == epochs && rates.is_sorted_by(|a, b| a > b),
        "{rates:?}"
    );
    assert!(
        rates[0] < lr && rates[epochs - 1] > 0.0 && rates[epochs - 1] <= lr / epochs as f64,
        "{rates:?}"
    );
}

#[test]
fn patience_runs_out_and_the_best_epoch_stays() {
    let mut setup = Setup::new(50);
    setup.script().skills = vec![1, 3, 5, 5, 4, 2, 9];
    setup.experiment.training.patience = 3;
    let done = setup.run();
    assert_eq!(
        (done.ended.epochs, done.ended.best_epoch),
        (6, Some(3)),
        "an equal epoch is no better one"
    );
    assert_eq!(done.ended.outcome, Some(RunOutcome::Finished));
    assert!((done.ended.test.unwrap().get(Metric::Ndcg10).unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn early_stopping_survives_nan_and_no_patience() {
    let mut stop = EarlyStop::new(Metric::Ndcg10, 2);
    assert!(!stop.observe(1, Some(f64::NAN)) && !stop.is_over());
    assert!(
        stop.observe(2, Some(0.0)),
        "anything is better than nothing"
    );
    assert!(!stop.observe(3, None) && !stop.is_over());
    assert!(!stop.observe(4, Some(0.0)) && stop.is_over());
    let values = [
        (1, Some(0.5)),
        (2, Some(0.1)),
        (3, Some(0.1)),
        (4, Some(0.1)),
    ];
    assert!(
        !EarlyStop::replayed(Metric::Ndcg10, 0, values).is_over(),
        "0 never stops"
    );
    assert!(EarlyStop::replayed(Metric::Ndcg10, 3, values).is_over());
}

#[test]
fn an_error_is_best_where_it_is_lowest() {
    let values = [(1, Some(3.0)), (2, Some(2.0)), (3, Some(2.5)), (4, None)];
    let mut stop = EarlyStop::replayed(Metric::Mae, 3, values);
    assert_eq!((stop.best_epoch(), stop.is_over()), (Some(2), false));
    assert!(
        stop.observe(5, Some(1.0))
            && !stop.observe(6, Some(f64::INFINITY))
            && !stop.observe(7, Some(f64::NAN))
    );
    assert_eq!(stop.best_epoch(), Some(5));
}

// ---------------------------------------------------------------------------------------------
// Going on
// ---------------------------------------------------------------------------------------------

/// Everything that must repeat: all series but wall times.
fn numbers(store: &RunStore, id: &RunId) -> History {
    let mut history = store.history(id).unwrap();
    history
        .points
        .retain(|point| !["events_per_sec", "secs"].contains(&point.metric.as_str()));
    history
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Seven epochs with a best one in the middle and early stopping after them.
fn long_run() -> Setup {
    let mut setup = Setup::new(30);
    setup.script().skills = vec![1, 3, 2, 6, 5, 4, 3, 9];
    setup.experiment.training.patience = 3;
    setup.experiment.training.warmup_steps = 10;
    setup
}

fn assert_same_run(a: (&RunStore, &RunId), b: (&RunStore, &RunId)) {
    assert_eq!(numbers(a.0, a.1), numbers(b.0, b.1));
    let (left, right) = (a.0.manifest(a.1).unwrap(), b.0.manifest(b.1).unwrap());
    assert_eq!(
        (left.epochs, left.best_epoch, &left.outcome),
        (right.epochs, right.best_epoch, &right.outcome)
    );
    assert_eq!(
        (left.valid, left.test, left.references_test),
        (right.valid, right.test, right.references_test)
    );
    for part in [Part::Valid, Part::Test] {
        assert_eq!(
            a.0.results(a.1, part).unwrap(),
            b.0.results(b.1, part).unwrap()
        );
    }
    assert_eq!(
        a.0.reference_results(a.1).unwrap(),
        b.0.reference_results(b.1).unwrap()
    );
    assert_eq!(a.0.epochs(a.1).unwrap(), b.0.epochs(b.1).unwrap());
    for (left, right) in [
        (a.0.best_weights(a.1), b.0.best_weights(b.1)),
        (a.0.state(a.1, left.epochs), b.0.state(b.1, right.epochs)),
    ] {
        assert!(
            std::fs::read(&left).unwrap() == std::fs::read(&right).unwrap(),
            "{}",
            left.display()
        );
    }
}

#[test]
fn a_failed_run_that_goes_on_equals_one_that_never_failed() {
    let mut whole = long_run();
    let expected = whole.run();
    for panic_at in [2, 14, 19] {
        let mut cut = long_run();
        cut.script().panic_at = Some(panic_at);
        let failed = cut.run();
        assert!(matches!(
            failed.ended.outcome,
            Some(RunOutcome::Failed { .. })
        ));
        cut.resume = Some(failed.id.clone());
        let done = cut.run();
        assert_eq!(done.id, failed.id, "the same folder");
        assert_eq!(done.story()[0], format!("started {}", panic_at / 4 + 1));
        assert_same_run((&whole.store(), &expected.id), (&cut.store(), &done.id));
    }
}

/// What a kill leaves at some event: a copy of the folder, with nobody holding its lock.
fn killed_at(setup: &mut Setup, to: &Path, is_moment: impl Fn(&EventKind) -> bool) -> RunId {
    let store = setup.store();
    let listener = Listener {
        at_each: Box::new(|event| {
            if is_moment(&event.kind) {
                copy_dir(&store.dir(&event.run), &to.join(&event.run.0));
            }
            Ok(())
        }),
        ..Listener::default()
    };
    setup.run_watched(listener).unwrap().id
}

#[test]
fn a_killed_run_that_goes_on_equals_one_that_was_not_killed() {
    type Moment = fn(&EventKind) -> bool;
    let moments: [(Moment, usize); 4] = [
        (|kind| matches!(kind, EventKind::Started { .. }), 1),
        (
            |kind| matches!(kind, EventKind::Checkpointed { epoch: 3 }),
            4,
        ),
        // The numbers of epoch 5 are in the history, its weights are not there yet.
        (
            |kind| matches!(kind, EventKind::Evaluated(EpochRecord { epoch: 5, .. })),
            5,
        ),
        (|kind| matches!(kind, EventKind::Warned(_)), 8),
    ];
    for (moment, first_epoch) in moments {
        let mut whole = long_run();
        let killed = tempfile::tempdir().unwrap();
        let id = killed_at(&mut whole, killed.path(), moment);
        let mut rest = long_run();
        rest.folder = killed;
        assert_eq!(rest.store().status(&id).unwrap(), RunStatus::Interrupted);

        // A cut in the middle of a write: half a line, half a checkpoint under its temporary name.
        let dir = rest.dir(&id);
        let history = std::fs::read_to_string(dir.join("history.csv")).unwrap();
        std::fs::write(dir.join("history.csv"), format!("{history}20,5,va")).unwrap();
        std::fs::write(dir.join("epochs/.tmp-0009.safetensors"), "half").unwrap();
        rest.resume = Some(id.clone());
        let done = rest.run();
        assert_eq!(done.story()[0], format!("started {first_epoch}"));
        assert_same_run((&whole.store(), &id), (&rest.store(), &id));
    }
}

#[test]
fn a_stopped_run_goes_on_and_forgets_its_test_figures_meanwhile() {
    let mut setup = long_run();
    setup.commands = Commands::at(12, Command::Stop(StopMode::Keep));
    let stopped = setup.run();
    assert!(stopped.ended.test.is_some());
    (setup.resume, setup.commands) = (Some(stopped.id), Commands::default());
    let store = setup.store();
    let listener = Listener {
        at_each: Box::new(|event| {
            if matches!(event.kind, EventKind::Started { .. }) {
                assert_eq!(store.status(&event.run).unwrap(), RunStatus::Running);
                assert_eq!(store.manifest(&event.run).unwrap().test, None);
                assert_eq!(store.reference_results(&event.run).unwrap(), None);
            }
            Ok(())
        }),
        ..Listener::default()
    };
    let done = setup.run_watched(listener).unwrap();
    let mut whole = long_run();
    let expected = whole.run();
    assert_same_run((&whole.store(), &expected.id), (&setup.store(), &done.id));
    let marks = |store: &RunStore, id: &RunId| {
        let problems = store.manifest(id).unwrap().problems;
        problems
            .iter()
            .filter(|problem| problem.sentence().contains("test split was read"))
            .count()
    };
    assert_eq!(
        marks(&setup.store(), &done.id),
        1,
        "a second reading of the test split is marked"
    );
    assert_eq!(marks(&whole.store(), &expected.id), 0);
}

#[test]
fn what_cannot_go_on_is_refused_and_left_as_it_is() {
    let mut setup = Setup::new(2);
    let done = setup.run();
    let before = std::fs::read_to_string(setup.dir(&done.id).join("manifest.ron")).unwrap();
    setup.resume = Some(done.id.clone());
    let refused = setup.run_watched(Listener::default()).map(|done| done.id);
    assert!(
        matches!(&refused, Err(TrainError::Unfit(s)) if s.contains("finished after 2 epochs")),
        "{refused:?}"
    );
    assert_eq!(
        std::fs::read_to_string(setup.dir(&done.id).join("manifest.ron")).unwrap(),
        before
    );

    setup.resume = Some(RunId("no-such-run".to_owned()));
    let refused = setup.run_watched(Listener::default()).map(|done| done.id);
    assert!(
        matches!(&refused, Err(e) if e.to_string().contains("no run `no-such-run`")),
        "{refused:?}"
    );
}

#[test]
fn a_damaged_state_is_refused_and_changes_nothing() {
    let mut setup = Setup::new(4);
    setup.script().panic_at = Some(9);
    let failed = setup.run();
    let store = setup.store();
    std::fs::write(store.state(&failed.id, 2), "rubbish").unwrap();
    let before = std::fs::read_to_string(setup.dir(&failed.id).join("manifest.ron")).unwrap();
    setup.resume = Some(failed.id.clone());
    let refused = setup.run_watched(Listener::default()).map(|done| done.id);
    assert!(matches!(&refused, Err(TrainError::Model(_))), "{refused:?}");
    assert_eq!(
        std::fs::read_to_string(setup.dir(&failed.id).join("manifest.ron")).unwrap(),
        before
    );
}

// ---------------------------------------------------------------------------------------------
// Opening again
// ---------------------------------------------------------------------------------------------

#[test]
fn a_run_opens_again_at_its_best_epoch_or_any_kept_one() {
    let mut setup = long_run();
    let done = setup.run();
    let open = |epoch| {
        restore_with(
            &setup.store(),
            &done.id,
            epoch,
            Some(setup.prepared.clone()),
            &setup.build(),
        )
    };
    let history = seqscope::data::Histories::from_iter([[5_u32].as_slice()]);
    for (epoch, expected, continues) in [(None, 4, true), (Some(2), 2, false)] {
        let restored = open(epoch).unwrap();
        assert_eq!(restored.epoch, expected);
        // Skill 6 of epoch 4 continues item 5, skill 3 of epoch 2 does not.
        let next = restored.model.scores(&history).unwrap()[6];
        assert_eq!(next > 0.0, continues);
    }
    let missing = open(Some(99)).err().map(|e| e.to_string());
    assert!(
        missing
            .as_ref()
            .is_some_and(|s| s.contains("epoch 99") && s.contains("1, 2, 3")),
        "{missing:?}"
    );
}

#[test]
fn a_run_whose_data_changed_does_not_open() {
    let mut setup = Setup::new(1);
    // The run's own data are opened when those at hand are others; this experiment names a world.
    let done = setup.run();
    let other = walks_of(&[LEN; 12]);
    let refused = restore_with(
        &setup.store(),
        &done.id,
        None,
        Some(other.into()),
        &setup.build(),
    );
    let sentence = refused.err().map(|e| e.to_string()).unwrap_or_default();
    assert!(
        sentence.contains("have changed") && sentence.contains("train anew"),
        "{sentence}"
    );
}

// ---------------------------------------------------------------------------------------------
// The same with a real model
// ---------------------------------------------------------------------------------------------

/// A Transformer so small that an epoch on a small world takes no time.
fn tiny_transformer(prepared: &Arc<Prepared>, folder: &Path) -> Job {
    let mut experiment = Experiment {
        name: "tiny".to_owned(),
        data: small_world(),
        ..Experiment::default()
    };
    let spec = TransformerSpec {
        d_model: 8,
        n_layers: 1,
        n_heads: 2,
        d_ff: 8,
        seq_len: 12,
        dropout: 0.2,
        ..TransformerSpec::default()
    };
    experiment.model = ModelSpec::Transformer(spec);
    "cpu".clone_into(&mut experiment.training.device);
    (experiment.training.epochs, experiment.training.batch_size) = (4, 16);
    Job {
        experiment,
        store: RunStore::at(folder),
        prepared: Some(prepared.clone()),
        resume: None,
    }
}

fn small_world() -> DataSpec {
    let world = WorldSpec::default().with(|world| {
        world.n_users = 48;
        world.n_items = 30;
        world.mean_len = 9;
    });
    DataSpec {
        source: DataSource::World(world),
        ..DataSpec::default()
    }
}

#[test]
fn a_real_model_repeats_itself_and_goes_on_bit_for_bit() {
    let split = Experiment::default().split;
    let prepared = Arc::new(prepare(&small_world(), split, &AtomicBool::new(false)).unwrap());
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [whole, cut] = folders
        .each_ref()
        .map(|folder| tiny_transformer(&prepared, folder.path()));
    let (store, other) = (whole.store.clone(), cut.store.clone());
    let (id, ended) = run(whole, &mut Commands::default(), &mut Listener::default()).unwrap();
    assert_eq!(ended.outcome, Some(RunOutcome::Finished), "{ended:?}");

    let mut stop = Commands::at(10, Command::Stop(StopMode::Keep));
    let (cut_id, stopped) = run(cut.clone(), &mut stop, &mut Listener::default()).unwrap();
    assert!((1..4).contains(&stopped.epochs), "{stopped:?}");
    let rest = Job {
        resume: Some(cut_id.clone()),
        prepared: None,
        ..cut
    };
    run(rest, &mut Commands::default(), &mut Listener::default()).unwrap();
    assert_same_run((&store, &id), (&other, &cut_id));

    // Opened again, the model answers what it was judged by, in the results and for one user.
    let restored = restore(&store, &id, None, None).unwrap();
    let results = store.results(&id, Part::Test).unwrap().unwrap();
    for (case, result) in prepared.split.test.iter().zip(&results) {
        let view = user_view(
            restored.model.as_ref(),
            &restored.prepared,
            case.user_idx as usize,
            true,
        )
        .unwrap();
        let step = view.timeline.last().unwrap();
        assert_eq!(
            (step.part, step.position),
            (Part::Test, case.target_pos as usize)
        );
        assert_eq!(step.rank, Some(result.rank), "user {}", result.user_id);
    }
}
