//! The means against over-fitting: what they change, and what they leave alone.

use std::collections::BTreeSet;

use seqscope::data::{AugmentSpec, DataShape, Histories, Sampler};
use seqscope::experiment::Experiment;
use seqscope::model::gan::GanSpec;
use seqscope::model::{Blueprint, LstmSpec, ModelFamily, OptimizerSpec, StepInputs, open_device};
use seqscope::run::{Part, RunOutcome, RunStore};
use seqscope::train::{Event, EventKind, Job, run};
use strum::IntoEnumIterator;

use crate::fake::{Commands, Done, LEN, Listener, N_USERS, Setup, walks};
use crate::place::Place;

/// Every change in every history.
const ALWAYS: AugmentSpec = AugmentSpec {
    crop: 1.0,
    crop_keep: 0.9,
    mask: 1.0,
    mask_share: 0.2,
    reorder: 1.0,
    reorder_share: 1.0,
    synthetic: 0.0,
    sampler: Sampler::Gan,
};

fn setup(augment: AugmentSpec) -> Setup {
    let mut setup = Setup::new(3);
    setup.experiment.training.augment = augment;
    setup
}

type Rows = Vec<Vec<u32>>;

/// Histories of every training step, and those that were scored, with the number of steps before.
fn seen(augment: AugmentSpec) -> (Vec<Rows>, Vec<(usize, Vec<u32>)>) {
    let mut setup = setup(augment);
    setup.run();
    let script = setup.script();
    (script.trained_on.clone(), script.scored.clone())
}

/// Six training events: ⌊0.9 · 6⌋ = 5 are kept by the crop and ⌊0.2 · 5⌋ = 1 of them is masked.
#[test]
fn augmentation_changes_training_histories_and_nothing_else() {
    let (plain, scored) = seen(AugmentSpec::default());
    let (changed, still_scored) = seen(ALWAYS);
    assert_eq!(
        scored, still_scored,
        "validation and test are asked as ever"
    );
    assert!(
        still_scored
            .iter()
            .all(|(_, row)| [LEN - 2, LEN - 1].contains(&row.len()))
    );
    let mut n_reordered = 0;
    for (plain, changed) in plain.concat().iter().zip(changed.concat()) {
        assert_eq!(changed.len(), 4, "{changed:?}");
        let [plain, kept] =
            [plain, &changed].map(|items| items.iter().copied().collect::<BTreeSet<u32>>());
        assert!(
            kept.is_subset(&plain) && kept.len() == 4,
            "events of the same user's training part, each once"
        );
        n_reordered += usize::from(!changed.windows(2).all(|pair| pair[1] == pair[0] % 20 + 1));
    }
    assert!(n_reordered > N_USERS, "{n_reordered}");
    let epochs: Vec<BTreeSet<Vec<u32>>> = changed
        .chunks(4)
        .map(|steps| steps.concat().into_iter().collect())
        .collect();
    assert!(
        epochs[0] != epochs[1] && epochs[1] != epochs[2],
        "anew in each epoch"
    );
}

#[test]
fn each_change_is_made_to_its_share_of_histories() {
    for (augment, is_changed) in [
        (
            AugmentSpec {
                crop: 0.5,
                ..AugmentSpec::default()
            },
            (|row: &[u32]| row.len() == 3) as fn(&[u32]) -> bool,
        ),
        (
            AugmentSpec {
                mask: 0.5,
                ..AugmentSpec::default()
            },
            |row| row.len() == 5,
        ),
    ] {
        let (trained, _) = seen(augment);
        let rows = trained.concat();
        // Of 120 histories about 60: four standard errors are 22.
        let n_changed = rows.iter().filter(|row| is_changed(row)).count();
        assert!(
            (38..=82).contains(&n_changed),
            "{n_changed} of {}",
            rows.len()
        );
        assert!(
            rows.iter()
                .all(|row| is_changed(row) || row.len() == LEN - 2)
        );
    }
}

fn weights(setup: &Setup, done: &Done) -> Vec<u8> {
    std::fs::read(setup.store().best_weights(&done.id)).unwrap()
}

#[test]
fn an_augmented_run_repeats_itself_and_goes_on_to_the_same_numbers() {
    let mut whole = setup(ALWAYS);
    let expected = whole.run();
    let mut again = setup(ALWAYS);
    let done = again.run();
    assert_eq!(weights(&whole, &expected), weights(&again, &done));

    let mut cut = setup(ALWAYS);
    cut.script().panic_at = Some(6);
    let failed = cut.run();
    assert!(matches!(
        failed.ended.outcome,
        Some(RunOutcome::Failed { .. })
    ));
    cut.resume = Some(failed.id);
    let done = cut.run();
    assert_eq!(done.ended.epochs, 3);
    assert_eq!(weights(&whole, &expected), weights(&cut, &done));
}

// ---------------------------------------------------------------------------------------------
// Synthetic histories
// ---------------------------------------------------------------------------------------------

/// Half as many synthetic histories as users, by a network that is trained in a moment.
fn with_synthetic(sampler: Sampler) -> Setup {
    let mut setup = setup(AugmentSpec {
        synthetic: 0.5,
        sampler,
        ..AugmentSpec::default()
    });
    setup.experiment.training.gan = GanSpec {
        d_hidden: 8,
        d_token: 4,
        likelihood_epochs: 2,
        adversarial_epochs: 1,
        ..GanSpec::default()
    };
    setup
}

#[test]
fn synthetic_histories_stand_beside_the_users_own_in_every_epoch() {
    let (_, scored) = seen(AugmentSpec::default());
    for sampler in Sampler::iter() {
        let mut setup = with_synthetic(sampler);
        let done = setup.run();
        assert_eq!(
            done.ended.outcome,
            Some(RunOutcome::Finished),
            "{sampler}: {:?}",
            done.ended
        );
        // A sampler that has to learn says how far it is.
        let says =
            |event: &Event| matches!(event.kind, EventKind::Progress(now) if now.sampler.is_some());
        assert_eq!(
            done.events.iter().any(says),
            sampler != Sampler::Markov,
            "{sampler}"
        );
        let script = setup.script();
        let real: BTreeSet<Vec<u32>> = (0..N_USERS)
            .map(|user| setup.prepared.dataset.sequences.items(user)[..LEN - 2].to_vec())
            .collect();
        // Sixty histories are six steps of ten.
        let epochs: Vec<Rows> = script.trained_on.chunks(6).map(<[_]>::concat).collect();
        assert_eq!(epochs.len(), 3);
        let sorted = |rows: &Rows| {
            let mut rows = rows.clone();
            rows.sort();
            rows
        };
        for epoch in &epochs {
            assert_eq!(epoch.len(), N_USERS + N_USERS / 2);
            assert!(
                real.is_subset(&epoch.iter().cloned().collect()),
                "every user is there"
            );
            assert!(
                epoch
                    .iter()
                    .all(|row| row.len() >= 2 && row.iter().all(|item| (1..=20).contains(item)))
            );
            assert_eq!(
                sorted(epoch),
                sorted(&epochs[0]),
                "the same histories in every epoch"
            );
        }
        let rows = |scored: &[(usize, Vec<u32>)]| {
            scored
                .iter()
                .map(|(_, row)| row.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            rows(&script.scored),
            rows(&scored),
            "validation and test know nothing of them"
        );
    }
}

#[test]
fn a_run_with_synthetic_histories_goes_on_to_the_same_numbers() {
    let mut whole = with_synthetic(Sampler::Gan);
    let expected = whole.run();
    let mut cut = with_synthetic(Sampler::Gan);
    cut.script().panic_at = Some(8);
    let failed = cut.run();
    cut.resume = Some(failed.id);
    let done = cut.run();
    assert_eq!(done.ended.epochs, 3);
    assert_eq!(weights(&whole, &expected), weights(&cut, &done));
}

#[test]
fn synthetic_histories_of_what_cannot_be_written_are_refused_before_there_is_a_folder() {
    let mut many = with_synthetic(Sampler::Gan);
    let mut prepared = walks();
    for item in 21..=201 {
        prepared.dataset.items.intern(&format!("i{item}"));
    }
    many.prepared = prepared.into();
    let refused = many
        .run_watched(Listener::default())
        .map(|done| done.id)
        .unwrap_err()
        .to_string();
    for part in [
        "training.augment.synthetic",
        "at most 200 items and this catalogue has 201",
        "to Markov",
    ] {
        assert!(refused.contains(part), "`{part}` in {refused}");
    }
    assert_eq!(std::fs::read_dir(many.folder.path()).unwrap().count(), 0);
    many.experiment.training.augment.sampler = Sampler::Markov;
    assert_eq!(many.run().ended.outcome, Some(RunOutcome::Finished));
}

// ---------------------------------------------------------------------------------------------
// Penalties of the weights
// ---------------------------------------------------------------------------------------------

/// Every learnt number of a small LSTM after 120 steps on eight histories.
fn weights_after(optimizer: OptimizerSpec) -> Vec<f32> {
    let spec = LstmSpec {
        d_model: 8,
        d_hidden: 8,
        seq_len: 10,
        dropout: 0.0,
        ..LstmSpec::default()
    };
    let shape = DataShape {
        n_users: 8,
        n_items: 12,
        n_events: 80,
        max_len: 10,
    };
    let mut model = spec
        .build(
            &Blueprint::for_data(shape),
            optimizer,
            &open_device("cpu").unwrap(),
            1,
        )
        .unwrap();
    let rows: Vec<Vec<u32>> = (0..8_u32)
        .map(|row| {
            (0..10)
                .map(|at| (row * 37 + at * at * 11) % 12 + 1)
                .collect()
        })
        .collect();
    let histories: Histories = rows.iter().map(Vec::as_slice).collect();
    for step in 0..120 {
        model
            .train_step(
                &histories,
                StepInputs {
                    lr: 0.01,
                    step,
                    n_steps: 120,
                    seed: step as u64,
                },
            )
            .unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    model.save_weights(&path).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[8 + header..]
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

#[test]
fn weight_decay_makes_weights_smaller_and_l1_makes_many_exactly_0() {
    let plain = OptimizerSpec {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.0,
        l1: 0.0,
        clip_norm: 5.0,
    };
    let [none, decay, l1] = [
        plain,
        OptimizerSpec {
            weight_decay: 1.0,
            ..plain
        },
        OptimizerSpec { l1: 0.5, ..plain },
    ]
    .map(weights_after);
    let size = |weights: &[f32]| {
        weights.iter().map(|w| f64::from(w.abs())).sum::<f64>() / weights.len() as f64
    };
    // Without a gradient, decay by 1 − 0.01 so many times leaves 0.3 of a weight, and L1 takes 0.6
    // from each.
    assert!(
        size(&decay) < 0.85 * size(&none),
        "{} and {}",
        size(&decay),
        size(&none)
    );
    assert!(
        size(&l1) < 0.8 * size(&none),
        "{} and {}",
        size(&l1),
        size(&none)
    );
    let zeros = |weights: &[f32]| {
        weights.iter().filter(|w| **w == 0.0).count() as f64 / weights.len() as f64
    };
    // The vector of padding, 8 of 1,000 numbers, is 0 in any case.
    assert!(
        zeros(&none) < 0.02 && zeros(&decay) < 0.02,
        "{} {}",
        zeros(&none),
        zeros(&decay)
    );
    assert!(zeros(&l1) > 0.1, "{}", zeros(&l1));
}

// ---------------------------------------------------------------------------------------------
// The judge of samplers
// ---------------------------------------------------------------------------------------------

const SMALL_GAN: &str = r#"(
    version: 1, name: "small",
    data: (source: World(kind: MarkovChain, n_users: 40, n_items: 12, mean_len: 8)),
    model: Lstm(d_model: 8, d_hidden: 8),
    training: (device: "cpu", epochs: 2, gan: (d_hidden: 8, max_len: 10, likelihood_epochs: 2, adversarial_epochs: 1)),
    evaluation: (filter_seen: false),
)"#;

#[test]
fn samplers_are_judged_beside_real_histories() {
    let place = Place::new();
    place.write("small.ron", SMALL_GAN);
    let told = place.seqscope("gan small.ron --seeds 2").ok().out;
    for part in [
        "real histories",
        "Markov chain",
        "language model",
        "GAN",
        "±",
        "Transitions",
        "NDCG@10",
    ] {
        assert!(told.contains(part), "`{part}` in {told}");
    }
    let told = place.seqscope("gan small.ron --json").ok().json();
    let samplers = told["samplers"].as_array().unwrap();
    let names: Vec<&str> = samplers
        .iter()
        .map(|row| row["sampler"].as_str().unwrap_or("real"))
        .collect();
    assert_eq!(names, ["real", "Markov", "LanguageModel", "Gan"]);
    for row in samplers {
        for figure in ["transitions", "lengths", "copied_stretches", "copied_rows"] {
            assert!(
                (0.0..=1.0).contains(&row["likeness"][figure].as_f64().unwrap()),
                "{figure} of {row}"
            );
        }
        assert!(
            (0.0..=1.0).contains(&row["downstream"]["ndcg@10"].as_f64().unwrap()),
            "{row}"
        );
    }
    place
        .seqscope("gan small.ron --set data.n_items=600 --set data.n_users=120")
        .fails(1, &["at most 200 items"]);
    place
        .seqscope("gan small.ron --set data.n_users=12")
        .fails(1, &["at least 10 users"]);
    place
        .seqscope("gan small.ron --set training.gan.d_hidden=1")
        .fails(1, &["from 2 to 512"]);
}

// ---------------------------------------------------------------------------------------------
// What each of them is for
// ---------------------------------------------------------------------------------------------

/// Thirty users of a world of which an LSTM learns more than there is to know.
const FEW_USERS: &str = r#"(
    version: 1, name: "few",
    data: (source: World(kind: MarkovChain, n_users: 30, n_items: 30, mean_len: 16)),
    model: Lstm(d_model: 16, d_hidden: 32, seq_len: 32, dropout: 0.0),
    training: (device: "cpu", epochs: 25, batch_size: 10, lr: 0.02, patience: 0),
    evaluation: (filter_seen: false),
    seed: 1,
)"#;

/// The validation loss of each epoch.
fn losses_with(setting: &str) -> Vec<f64> {
    let mut experiment = Experiment::parse(FEW_USERS).unwrap();
    if let Some((path, value)) = setting.split_once('=') {
        experiment.set(path, value).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let job = Job {
        experiment,
        store: store.clone(),
        prepared: None,
        resume: None,
    };
    let (id, ended) = run(job, &mut Commands::default(), &mut Listener::default()).unwrap();
    assert_eq!(ended.outcome, Some(RunOutcome::Finished));
    store
        .history(&id)
        .unwrap()
        .series(Part::Valid, "loss")
        .into_iter()
        .map(|(_, _, loss)| loss)
        .collect()
}

/// Without any means the validation loss falls, then rises by most of a nat (two seeds: 0.8 and
/// 0.9). Each of the means takes at least the stated part of that from the last epoch's loss; what
/// they took with two seeds is about twice that.
#[test]
fn each_of_the_means_lowers_the_loss_to_which_over_fitting_leads() {
    let last = |losses: &[f64]| losses.last().copied().unwrap();
    let none = losses_with("");
    let best = none.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(last(&none) > best + 0.4, "{none:?}");
    for (setting, by) in [
        ("model.dropout=0.5", 0.4),
        ("training.weight_decay=1", 0.3),
        ("training.l1=0.1", 0.2),
        ("training.augment.mask=0.5", 0.3),
        ("training.augment.crop=0.5", 0.1),
    ] {
        let losses = losses_with(setting);
        assert_eq!(losses.len(), 25);
        assert!(
            last(&losses) < last(&none) - by,
            "{setting}: {} after {}",
            last(&losses),
            last(&none)
        );
    }
    let stopped = losses_with("training.patience=4");
    assert!(
        stopped.len() < 25 && stopped == none[..stopped.len()],
        "{stopped:?}"
    );
    assert!(last(&stopped) < last(&none), "{stopped:?}");
}
