//! What every model family promises, walked over the list of families.

use std::collections::BTreeMap;
use std::path::Path;

use seqscope::data::{DataShape, Histories};
use seqscope::model::{
    Blueprint, Counted, Layers, ListFeedback, ModelError, ModelSpec, OpenDevice, OptimizerSpec,
    StepInputs, Trainable, ValueCounts, open_device,
};
use seqscope::spec::{Value, derive_seed};
use strum::IntoEnumIterator as _;

/// Items of the little worlds below.
pub(crate) const N_ITEMS: usize = 20;

pub(crate) const OPTIMIZER: OptimizerSpec = OptimizerSpec {
    beta1: 0.9,
    beta2: 0.98,
    epsilon: 1e-8,
    weight_decay: 0.0,
    l1: 0.0,
    clip_norm: 5.0,
};

pub(crate) fn plan() -> Blueprint {
    Blueprint::for_data(shape())
}

pub(crate) fn shape() -> DataShape {
    DataShape {
        n_users: 16,
        n_items: N_ITEMS,
        n_events: 16 * 10,
        max_len: 12,
    }
}

/// What can be set beside the defaults, for the families that have all of it.
fn variants() -> Vec<Vec<(&'static str, Value)>> {
    let word = |word: &str| Value::Choice(word.to_owned());
    vec![
        vec![
            ("attention", Value::Bool(true)),
            ("recurrent_dropout", Value::Float(0.1)),
            ("tied", Value::Bool(false)),
        ],
        vec![
            ("n_layers", Value::Int(2)),
            ("taper", Value::Float(0.5)),
            ("recurrent_dropout", Value::Float(0.1)),
            ("output", word("LastStep")),
        ],
        vec![
            ("norm", word("After")),
            ("activation", word("Gelu")),
            ("positions", word("Sinusoidal")),
            ("attention_dropout", Value::Float(0.1)),
            ("tied", Value::Bool(false)),
        ],
        vec![
            ("activation", word("Gelu")),
            ("positions", word("Rotary")),
            ("intervals", Value::Bool(true)),
        ],
        vec![
            ("positions", word("None")),
            ("intervals", Value::Bool(false)),
        ],
        vec![
            ("norm", word("Before")),
            ("positions", word("Rotary")),
            ("mask_share", Value::Float(0.3)),
        ],
        vec![
            ("norm", word("Before")),
            ("activation", word("Gelu")),
            ("positions", word("Learned")),
            ("n_cuts", Value::Int(2)),
        ],
    ]
}

/// Every family and its variants, small enough for a test.
pub(crate) fn families() -> Vec<ModelSpec> {
    let small = [
        ("d_model", Value::Int(16)),
        ("d_hidden", Value::Int(16)),
        ("d_latent", Value::Int(8)),
        ("d_ff", Value::Int(24)),
        ("n_heads", Value::Int(2)),
        ("seq_len", Value::Int(12)),
        ("dropout", Value::Float(0.1)),
        ("corruption", Value::Float(0.1)),
        ("d_state", Value::Int(16)),
        // The least loss of the very next event is 0, that of several is not.
        ("n_ahead", Value::Int(1)),
        // Nor is the Kullback–Leibler term part of what is to be learnt by heart.
        ("beta", Value::Float(0.01)),
    ];
    let families = ModelSpec::iter().map(|mut spec| {
        for (key, value) in &small {
            // A family without this setting says so; that is fine here.
            let _ = spec.described_mut().set(key, value);
        }
        spec
    });
    let with_variants = |spec: ModelSpec| {
        let varied = variants().into_iter().filter_map({
            let spec = spec.clone();
            move |settings| {
                let mut varied = spec.clone();
                let has_all = settings
                    .iter()
                    .all(|(key, value)| varied.described_mut().set(key, value).is_ok());
                has_all.then_some(varied)
            }
        });
        std::iter::once(spec).chain(varied).collect::<Vec<_>>()
    };
    families.flat_map(with_variants).collect()
}

pub(crate) fn cpu() -> OpenDevice {
    open_device("cpu").unwrap()
}

/// The processor with our own layers, and with burn's.
fn both() -> [OpenDevice; 2] {
    [Layers::Fused, Layers::Plain].map(|layers| cpu().with_layers(layers))
}

/// Every family on both.
fn families_on_both() -> Vec<(ModelSpec, OpenDevice)> {
    families()
        .into_iter()
        .flat_map(|spec| both().map(|device| (spec.clone(), device)))
        .collect()
}

pub(crate) fn build(spec: &ModelSpec, device: &OpenDevice, seed: u64) -> Box<dyn Trainable> {
    spec.family()
        .build(&plan(), OPTIMIZER, device, seed)
        .unwrap()
}

/// Users who walk round a circle of items, each from another place: the next item is certain.
pub(crate) fn circle() -> Histories {
    let walk = |user: usize| {
        (0..10)
            .map(|at| ((user * 3 + at) % N_ITEMS) as u32 + 1)
            .collect::<Vec<_>>()
    };
    let walks: Vec<_> = (0..16).map(walk).collect();
    walks.iter().map(Vec::as_slice).collect()
}

/// Trains steps `from..to` of 60 and returns the mean loss.
pub(crate) fn train(model: &mut dyn Trainable, from: usize, to: usize) -> f64 {
    for step in from..to {
        let seed = derive_seed(7, "step", step as u64);
        model
            .train_step(
                &circle(),
                StepInputs {
                    lr: 0.01,
                    step,
                    n_steps: 60,
                    seed,
                },
            )
            .unwrap();
    }
    let stats = model.take_stats().unwrap();
    assert_eq!(stats.n_steps, to - from);
    assert!(stats.loss.is_finite() && stats.grad_norm > 0.0, "{stats:?}");
    stats.loss
}

fn assert_close(a: &[f32], b: &[f32], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        assert!(
            (a - b).abs() <= 1e-5 * (1.0 + b.abs()),
            "{what}: {a} and {b} at {at}"
        );
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn title(spec: &ModelSpec) -> &'static str {
    spec.family().title()
}

#[test]
fn the_number_of_parameters_is_known_before_building() {
    for spec in families() {
        let model = build(&spec, &cpu(), 1);
        assert_eq!(
            model.n_params(),
            spec.family().n_params(&plan()),
            "{}",
            title(&spec)
        );
    }
}

#[test]
fn changing_the_future_does_not_change_the_past() {
    let history = [3, 7, 1, 20, 5, 5, 9, 2];
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 1);
        train(&mut *model, 0, 3);
        let whole = model.step_scores(&Histories::of_items(&history)).unwrap();
        assert_eq!(
            (whole.first, whole.n_rows(), whole.n_columns),
            (0, history.len(), N_ITEMS + 1)
        );
        for changed in 1..history.len() {
            let mut other = history;
            other[changed..]
                .iter_mut()
                .for_each(|item| *item = (*item + 3) % N_ITEMS as u32 + 1);
            let other = model.step_scores(&Histories::of_items(&other)).unwrap();
            for row in 0..changed {
                let what = format!("{}, row {row}, changed from {changed}", title(&spec));
                assert_close(&whole.row(row)[1..], &other.row(row)[1..], &what);
            }
            assert_ne!(
                whole.row(changed)[1..],
                other.row(changed)[1..],
                "{}",
                title(&spec)
            );
        }
    }
}

#[test]
fn the_last_of_the_steps_is_what_comes_next() {
    let history = [3, 7, 1, 20, 5, 5, 9, 2];
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 1);
        train(&mut *model, 0, 3);
        let steps = model.step_scores(&Histories::of_items(&history)).unwrap();
        let next = model.scores(&[&history[..]].into_iter().collect()).unwrap();
        assert_close(&steps.row(history.len() - 1)[1..], &next[1..], title(&spec));
    }
}

#[test]
fn padding_and_neighbours_change_nothing() {
    let long: Vec<u32> = (1..=12).collect();
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 1);
        train(&mut *model, 0, 3);
        let alone = model
            .scores(&[&[4, 5, 6][..]].into_iter().collect())
            .unwrap();
        let padded = model
            .scores(&[&long[..], &[4, 5, 6], &[]].into_iter().collect())
            .unwrap();
        let row = &padded[N_ITEMS + 1..2 * (N_ITEMS + 1)];
        assert_close(&row[1..], &alone[1..], title(&spec));
    }
}

#[test]
fn only_the_window_of_latest_events_matters() {
    let long: Vec<u32> = (0..30).map(|at| at % 19 + 1).collect();
    for (spec, device) in families_on_both() {
        if !spec.fields().iter().any(|field| field.key == "seq_len") {
            continue;
        }
        let model = build(&spec, &device, 1);
        let whole = model.scores(&[&long[..]].into_iter().collect()).unwrap();
        let window = model.scores(&[&long[18..]].into_iter().collect()).unwrap();
        assert_eq!(bits(&whole), bits(&window), "{}", title(&spec));
        assert_eq!(
            model
                .step_scores(&Histories::of_items(&long))
                .unwrap()
                .first,
            18,
            "{}",
            title(&spec)
        );
    }
}

#[test]
fn training_learns_a_circle() {
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 3);
        let first = train(&mut *model, 0, 1);
        train(&mut *model, 1, 55);
        let last = train(&mut *model, 55, 60);
        // Who sees no order can only learn which ten of the twenty items a user has: from ln 20 to
        // at best ln 10, a bound of 0.77.
        let sees_order = spec.fields().iter().any(|field| field.key == "seq_len");
        // Who fills in hidden events, goes on from a few cuts, or learns the last event only,
        // learns from a part of the events a step; dropout and attention slow down too: those are
        // only on their way after 60.
        let learns_slowly = spec
            .fields()
            .iter()
            .any(|field| match (field.key, &field.value) {
                ("mask_share" | "n_cuts", _) => true,
                ("output", Value::Choice(output)) => output == "LastStep",
                ("recurrent_dropout", Value::Float(rate)) => *rate > 0.0,
                ("attention", Value::Bool(attends)) => *attends,
                _ => false,
            });
        let bound = if sees_order && !learns_slowly {
            0.5
        } else {
            0.9
        };
        assert!(
            last < bound * first,
            "{}: loss {first} → {last}",
            title(&spec)
        );
    }
}

/// Lists after two histories move the chances of what was said of them, by themselves; empty ones move
/// nothing.
#[test]
fn accepted_items_become_likelier_and_rejected_ones_less() {
    let shown: Histories = [&[3, 7, 1][..], &[5, 9, 2, 8]].into_iter().collect();
    let accepted = 12;
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 3);
        train(&mut *model, 0, 10);
        // What a model is surest of is rejected: the chance of an unlikely item also follows from what
        // others lose.
        let scores = model.scores(&shown).unwrap();
        let surest = |row: usize| {
            let row = &scores[row * (N_ITEMS + 1)..(row + 1) * (N_ITEMS + 1)];
            let items = (1..=N_ITEMS).filter(|item| *item != accepted);
            items.max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
        };
        let said = [
            (0, accepted, 1.0),
            (0, surest(0), -1.0),
            (1, surest(1), -1.0),
        ];
        let feedback = ListFeedback {
            histories: shown.clone(),
            accepted: vec![vec![accepted as u32], vec![]],
            rejected: vec![vec![surest(0) as u32], vec![surest(1) as u32]],
            rejected_weight: 1.0,
        };
        let chances = |model: &dyn Trainable| -> Vec<f64> {
            let scores = model.scores(&shown).unwrap();
            let of = |(row, item, _): &(usize, usize, f64)| {
                let row = &scores[row * (N_ITEMS + 1)..(row + 1) * (N_ITEMS + 1)];
                let sum: f64 = row[1..].iter().map(|score| f64::from(*score).exp()).sum();
                f64::from(row[*item]).exp() / sum
            };
            said.iter().map(of).collect()
        };
        let step_of = |step: usize| StepInputs {
            lr: 0.005,
            step,
            n_steps: 30,
            seed: derive_seed(9, "step", step as u64),
        };
        // Nothing said is nothing learnt.
        let before = chances(&*model);
        let (none, nothing) = (Histories::new(), ListFeedback::default());
        model.tune_step(&none, &nothing, step_of(0)).unwrap();
        assert_eq!(chances(&*model), before, "{}", title(&spec));
        for step in 0..30 {
            model.tune_step(&none, &feedback, step_of(step)).unwrap();
        }
        let after = chances(&*model);
        for ((row, item, way), (before, after)) in said.iter().zip(before.iter().zip(&after)) {
            assert!(
                way * (after - before) > 0.0,
                "{}: item {item} after history {row}: {before} → {after}",
                title(&spec)
            );
        }
        // Histories are learnt from beside, and the statistics are theirs.
        model.tune_step(&circle(), &feedback, step_of(0)).unwrap();
        let stats = model.take_stats().unwrap();
        assert!(stats.n_steps == 1 && stats.loss > 0.0, "{}", title(&spec));
        let unknown = ListFeedback {
            rejected: vec![vec![N_ITEMS as u32 + 1], vec![]],
            ..feedback.clone()
        };
        assert!(model.tune_step(&circle(), &unknown, step_of(0)).is_err());
    }
}

/// Without dropout, and without a Kullback–Leibler term, nothing keeps a model that sees the order
/// from knowing sixteen walks by heart.
#[test]
fn a_few_sequences_are_learnt_to_near_zero_loss() {
    for mut spec in families() {
        if !spec.fields().iter().any(|field| field.key == "seq_len") {
            continue;
        }
        // One event ahead: how the next few are ordered among themselves is not told.
        let _ = spec.described_mut().set("n_ahead", &Value::Int(1));
        for key in ["dropout", "recurrent_dropout", "attention_dropout", "beta"] {
            let _ = spec.described_mut().set(key, &Value::Float(0.0));
        }
        let mut model = build(&spec, &cpu().with_layers(Layers::Plain), 3);
        let near_zero =
            (0..60).any(|round| train(&mut *model, 15 * round, 15 * (round + 1)) < 0.05);
        assert!(near_zero, "{}: {:?}", title(&spec), spec);
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_does_not() {
    for (spec, device) in families_on_both() {
        let run = |seed: u64| {
            let mut model = build(&spec, &device, seed);
            let loss = train(&mut *model, 0, 4);
            (loss.to_bits(), bits(&model.scores(&circle()).unwrap()))
        };
        let (first, again, other) = (run(1), run(1), run(2));
        assert_eq!(first, again, "{}", title(&spec));
        assert_ne!(first, other, "{}", title(&spec));
    }
}

/// Steps of 60 and their losses.
fn loss_curve(spec: &ModelSpec, device: &OpenDevice) -> Vec<f64> {
    let mut model = build(spec, device, 1);
    (0..60)
        .map(|step| train(&mut *model, step, step + 1))
        .collect()
}

/// Dropout included: both draw the same numbers. Rounding errors grow from step to step, since each
/// step goes on from the weights of the one before; a hundredth of a nat is far below what a seed
/// changes.
#[test]
fn fused_layers_train_as_the_plain_ones_do() {
    for spec in families() {
        let [fused, plain] = both().map(|device| loss_curve(&spec, &device));
        for (step, (fused, plain)) in fused.iter().zip(&plain).enumerate() {
            let allowed = if step < 10 { 1e-4 } else { 0.01 };
            assert!(
                (fused - plain).abs() <= allowed,
                "{}, step {step}: {fused} and {plain}",
                title(&spec)
            );
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for spec in families() {
        let on = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .unwrap();
            pool.install(|| {
                let mut model = build(&spec, &cpu(), 1);
                let loss = train(&mut *model, 0, 4);
                (loss.to_bits(), bits(&model.scores(&circle()).unwrap()))
            })
        };
        let alone = on(1);
        assert!(
            [2, 3, 5]
                .into_iter()
                .all(|n_threads| on(n_threads) == alone),
            "{}",
            title(&spec)
        );
    }
}

#[test]
fn saved_weights_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for spec in families() {
        let path = folder.path().join("weights.safetensors");
        let mut model = build(&spec, &cpu(), 1);
        train(&mut *model, 0, 3);
        model.save_weights(&path).unwrap();
        let mut other = build(&spec, &cpu(), 2);
        other.load_weights(&path).unwrap();
        let scores = model.scores(&circle()).unwrap();
        assert_eq!(
            bits(&scores),
            bits(&other.scores(&circle()).unwrap()),
            "{}",
            title(&spec)
        );
        // The same weights make the same file.
        let again = folder.path().join("again.safetensors");
        other.load_state(&path).unwrap_err();
        model.save_weights(&again).unwrap();
        assert_eq!(
            std::fs::read(&path).unwrap(),
            std::fs::read(&again).unwrap()
        );
    }
}

/// Counts of the numbers in a file of weights, by a look at every bin for every number.
fn counted_slowly(path: &Path) -> BTreeMap<String, ValueCounts> {
    let bytes = std::fs::read(path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let arrays = tensors.iter().map(|(name, view)| {
        let mut counts = ValueCounts::default();
        for bytes in view.data().chunks_exact(4) {
            let value = f64::from(f32::from_le_bytes(bytes.try_into().unwrap()));
            let bin = (0..ValueCounts::N_BINS).find(|bin| {
                let [low, high] = ValueCounts::ends(*bin);
                match (low < 0.0, high > 0.0) {
                    (true, true) => low < value && value < high,
                    (true, false) => low < value && value <= high,
                    (false, _) => low <= value && value < high,
                }
            });
            counts.bins[bin.unwrap()] += 1;
        }
        (name.to_owned(), counts)
    });
    arrays.collect()
}

#[test]
fn every_weight_is_counted_once_and_as_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 1);
        train(&mut *model, 0, 2);
        model.count_next_gradient();
        train(&mut *model, 2, 3);
        model.save_weights(&path).unwrap();
        let counts = model.value_counts().unwrap();
        let of = |counted| counts.iter().filter(move |one| one.counted == counted);
        let weights: BTreeMap<String, ValueCounts> = of(Counted::Weights)
            .map(|one| (one.name.clone(), one.counts.clone()))
            .collect();
        assert_eq!(weights, counted_slowly(&path), "{}", title(&spec));
        let total: u64 = weights.values().map(ValueCounts::total).sum();
        assert_eq!(total as usize, model.n_params(), "{}", title(&spec));
        // The gradient of every parameter that has one, as many numbers as there are weights.
        assert!(of(Counted::Gradients).count() > 1, "{}", title(&spec));
        for one in of(Counted::Gradients) {
            assert_eq!(
                one.counts.total(),
                weights[&one.name].total(),
                "{}",
                one.name
            );
            assert_eq!((one.counts.n_nan, one.counts.n_infinite), (0, 0));
        }
        let again = model.value_counts().unwrap();
        assert!(again.iter().all(|one| one.counted == Counted::Weights));
    }
}

#[test]
fn a_resumed_training_is_the_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    for (spec, device) in families_on_both() {
        let path = folder.path().join("state.safetensors");
        let mut model = build(&spec, &device, 1);
        train(&mut *model, 0, 4);
        model.save_state(&path).unwrap();
        let uninterrupted = train(&mut *model, 4, 8);
        let mut resumed = build(&spec, &device, 9);
        resumed.load_state(&path).unwrap();
        assert_eq!(
            train(&mut *resumed, 4, 8).to_bits(),
            uninterrupted.to_bits(),
            "{}",
            title(&spec)
        );
        let (a, b) = (
            model.scores(&circle()).unwrap(),
            resumed.scores(&circle()).unwrap(),
        );
        assert_eq!(bits(&a), bits(&b), "{}", title(&spec));
    }
}

#[test]
fn a_state_before_the_first_step_can_be_resumed_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    for spec in families() {
        let model = build(&spec, &cpu(), 1);
        model.save_state(&path).unwrap();
        let mut other = build(&spec, &cpu(), 2);
        other.load_state(&path).unwrap();
        let (a, b) = (
            model.scores(&circle()).unwrap(),
            other.scores(&circle()).unwrap(),
        );
        assert_eq!(bits(&a), bits(&b), "{}", title(&spec));
    }
}

#[test]
fn evaluation_does_not_disturb_training() {
    for spec in families() {
        let (mut calm, mut watched) = (build(&spec, &cpu(), 1), build(&spec, &cpu(), 1));
        let quiet = train(&mut *calm, 0, 3);
        train(&mut *watched, 0, 2);
        watched.scores(&circle()).unwrap();
        watched
            .step_scores(&Histories::of_items(&[1, 2, 3]))
            .unwrap();
        watched.attention(&Histories::of_items(&[1, 2, 3])).unwrap();
        train(&mut *watched, 2, 3);
        assert!(quiet.is_finite());
        let (a, b) = (
            calm.scores(&circle()).unwrap(),
            watched.scores(&circle()).unwrap(),
        );
        assert_eq!(bits(&a), bits(&b), "{}", title(&spec));
    }
}

#[test]
fn the_empty_and_the_shortest_histories_are_allowed() {
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 1);
        let scores = model
            .scores(&[&[][..], &[3]].into_iter().collect())
            .unwrap();
        assert_eq!(scores.len(), 2 * (N_ITEMS + 1), "{}", title(&spec));
        assert!(
            scores.iter().all(|score| score.is_finite()),
            "{}",
            title(&spec)
        );
        assert_eq!(
            model.scores(&Histories::new()).unwrap(),
            Vec::<f32>::new(),
            "{}",
            title(&spec)
        );
        assert_eq!(
            model
                .step_scores(&Histories::of_items(&[]))
                .unwrap()
                .n_rows(),
            0,
            "{}",
            title(&spec)
        );
        assert_eq!(
            model
                .step_scores(&Histories::of_items(&[3]))
                .unwrap()
                .n_rows(),
            1,
            "{}",
            title(&spec)
        );
        let inputs = StepInputs {
            lr: 0.01,
            step: 0,
            n_steps: 1,
            seed: 1,
        };
        model.train_step(&Histories::new(), inputs).unwrap();
        assert_eq!(model.take_stats().unwrap().n_steps, 0, "{}", title(&spec));
        model
            .train_step(&[&[][..], &[3], &[4, 5]].into_iter().collect(), inputs)
            .unwrap();
        assert!(
            model.take_stats().unwrap().loss.is_finite(),
            "{}",
            title(&spec)
        );
    }
}

#[test]
fn items_outside_the_catalogue_are_refused_with_a_sentence() {
    for spec in families() {
        let mut model = build(&spec, &cpu(), 1);
        for item in [0, N_ITEMS as u32 + 1, u32::MAX] {
            let history = [1, item];
            let histories: Histories = [&history[..]].into_iter().collect();
            let refused = [
                model.scores(&histories).map(drop),
                model.step_scores(&Histories::of_items(&history)).map(drop),
                model.attention(&Histories::of_items(&history)).map(drop),
                model.train_step(
                    &histories,
                    StepInputs {
                        lr: 0.01,
                        step: 0,
                        n_steps: 1,
                        seed: 1,
                    },
                ),
            ];
            for result in refused {
                let sentence = result.unwrap_err().to_string();
                assert!(
                    sentence.contains(&format!(
                        "item index {item} is not in the model's catalogue"
                    )),
                    "{sentence}"
                );
            }
        }
        // And nothing was broken by asking.
        train(&mut *model, 0, 1);
    }
}

#[test]
fn weights_that_do_not_fit_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let refused = |model: &mut dyn Trainable, path: &Path, expected: &str| {
        let before = bits(&model.scores(&circle()).unwrap());
        for sentence in [model.load_weights(path), model.load_state(path)]
            .map(|result| result.unwrap_err().to_string())
        {
            assert!(
                sentence.contains(expected) && sentence.contains(&path.display().to_string()),
                "{sentence}"
            );
        }
        assert_eq!(bits(&model.scores(&circle()).unwrap()), before);
    };
    for spec in families() {
        let mut model = build(&spec, &cpu(), 1);
        let larger = DataShape {
            n_items: N_ITEMS + 1,
            ..shape()
        };
        spec.family()
            .build(&Blueprint::for_data(larger), OPTIMIZER, &cpu(), 1)
            .unwrap()
            .save_state(&path)
            .unwrap();
        refused(&mut *model, &path, "another catalogue");
        refused(
            &mut *model,
            &folder.path().join("missing.safetensors"),
            "cannot be read",
        );
        std::fs::write(&path, b"not a tensor in sight").unwrap();
        refused(&mut *model, &path, "no whole safetensors file");
        model.save_state(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        refused(&mut *model, &path, "no whole safetensors file");
        let nowhere = folder.path().join("no/such/folder/weights.safetensors");
        assert!(
            model
                .save_weights(&nowhere)
                .unwrap_err()
                .to_string()
                .contains("cannot be written")
        );
    }
}

#[test]
fn weights_of_another_family_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let families = families();
    for (spec, next) in families.iter().zip(families.iter().cycle().skip(1)) {
        build(spec, &cpu(), 1).save_weights(&path).unwrap();
        if title(spec) != title(next) {
            let sentence = build(next, &cpu(), 1)
                .load_weights(&path)
                .unwrap_err()
                .to_string();
            assert!(sentence.contains("but this model is a"), "{sentence}");
        }
    }
}

#[test]
fn a_training_that_diverges_says_so() {
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 1);
        for step in 0..4 {
            model
                .train_step(
                    &circle(),
                    StepInputs {
                        lr: 1e38,
                        step,
                        n_steps: 4,
                        seed: 1,
                    },
                )
                .unwrap();
        }
        let error = model.take_stats().unwrap_err();
        assert!(
            matches!(error, ModelError::Diverged { .. }),
            "{}: {error}",
            title(&spec)
        );
    }
}

#[test]
fn attention_looks_back_at_real_events_only_and_sums_to_one() {
    let history: Vec<u32> = (1..=15).collect();
    for spec in families() {
        let mut model = build(&spec, &cpu(), 1);
        train(&mut *model, 0, 3);
        let Some(maps) = model.attention(&Histories::of_items(&history)).unwrap() else {
            continue;
        };
        assert_eq!((maps.len, maps.first), (12, 3), "{}", title(&spec));
        assert_eq!(maps.weights.len(), maps.n_layers * maps.n_heads * 12 * 12);
        for layer in 0..maps.n_layers {
            for head in 0..maps.n_heads {
                for (row, weights) in maps.head(layer, head).chunks(12).enumerate() {
                    let sum: f32 = weights.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-5, "{sum}");
                    assert!(
                        weights[row + 1..].iter().all(|&weight| weight == 0.0),
                        "{weights:?}"
                    );
                }
            }
        }
        assert_eq!(
            model
                .attention(&Histories::of_items(&[]))
                .unwrap()
                .map(|maps| maps.len),
            Some(0)
        );
    }
}

#[test]
fn latent_vectors_are_those_of_their_histories_whatever_stands_beside_them() {
    let rows: [&[u32]; 4] = [
        &[4, 5, 6],
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        &[],
        &[6, 5],
    ];
    for (spec, device) in families_on_both() {
        let mut model = build(&spec, &device, 1);
        train(&mut *model, 0, 3);
        let together = model.latent(&rows.into_iter().collect()).unwrap();
        let is_variational = spec.fields().iter().any(|field| field.key == "beta");
        assert_eq!(together.is_some(), is_variational, "{}", title(&spec));
        let Some(together) = together else { continue };
        assert_eq!(
            (
                together.width,
                together.mean.len(),
                together.log_variance.len()
            ),
            (8, 4 * 8, 4 * 8)
        );
        for (row, history) in rows.into_iter().enumerate() {
            let alone = model
                .latent(&std::iter::once(history).collect())
                .unwrap()
                .unwrap();
            let own = row * 8..(row + 1) * 8;
            assert_close(&together.mean[own.clone()], &alone.mean, title(&spec));
            assert_close(
                &together.log_variance[own],
                &alone.log_variance,
                title(&spec),
            );
        }
    }
}

#[test]
fn settings_that_do_not_fit_are_errors_at_their_field() {
    let mut spec = families().remove(0);
    spec.described_mut().set("n_heads", &Value::Int(3)).unwrap();
    let problems = spec.family().check(&plan());
    assert!(
        problems
            .iter()
            .any(|p| p.field == "n_heads" && p.is_error() && p.sentence().contains("divisor")),
        "{problems:?}"
    );
    let Err(error) = spec.family().build(&plan(), OPTIMIZER, &cpu(), 1) else {
        panic!("it was built")
    };
    assert!(
        matches!(&error, ModelError::Setting { field, .. } if field == "model.n_heads"),
        "{error}"
    );
}
