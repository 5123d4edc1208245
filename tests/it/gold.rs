//! The model families give the numbers that PyTorch gives: see `tests/gold/README.md`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use seqscope::data::{DataShape, FeatureValues, Histories, Output, Query};
use seqscope::model::{
    Blueprint, FeatureShape, Join, Layers, ModelKind, ModelSpec, OptimizerSpec, SlopeQuestion,
    StepInputs, Trainable, open_device,
};
use seqscope::spec::derive_seed;
use serde_json::Value;
use strum::IntoEnumIterator as _;

/// Largest relative error of a tensor.
pub(crate) const TOLERANCE: f64 = 1e-4;

/// Largest relative error of how far a tensor has moved: Adam divides small gradients by their own
/// size, so that a rounding error of one becomes an error of a whole step.
const CHANGE_TOLERANCE: f64 = 1e-3;

/// A tensor that PyTorch finds to be no larger than this is 0 but for rounding; so must ours be.
const ZERO: f64 = 1e-6;

/// Our own layers and burn's.
const BOTH: [Layers; 2] = [Layers::Fused, Layers::Plain];

pub(crate) type Arrays = BTreeMap<String, Vec<f64>>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/gold")
}

/// Every array of a safetensors file: 8 bytes of header length, a JSON header, little-endian f32.
fn arrays(path: PathBuf) -> Arrays {
    let bytes = std::fs::read(path).unwrap();
    let (length, rest) = bytes.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let (header, data) = rest.split_at(length);
    let header: BTreeMap<String, Value> = serde_json::from_slice(header).unwrap();
    let tensors = header
        .into_iter()
        .filter(|(name, _)| name != "__metadata__");
    tensors
        .map(|(name, entry)| {
            let at = |i: usize| entry["data_offsets"][i].as_u64().unwrap() as usize;
            let floats = data[at(0)..at(1)].as_chunks::<4>().0.iter();
            (
                name,
                floats
                    .map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
                    .collect(),
            )
        })
        .collect()
}

/// One case of a family, and what PyTorch found.
pub(crate) struct Gold {
    pub(crate) name: String,
    /// What all cases of the file share.
    all: Value,
    case: Value,
    pub(crate) weights: Arrays,
    expected: Arrays,
}

impl Gold {
    /// Every case of every family's file.
    pub(crate) fn every() -> Vec<Self> {
        let entries = std::fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
            .collect();
        files.sort();
        assert!(files.len() >= 3, "{files:?}");
        let of_file = |path: &PathBuf| {
            let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let cases = all["cases"].as_object().unwrap().clone().into_iter();
            cases
                .map(|(name, case)| Self::open(&name, all.clone(), case))
                .collect::<Vec<_>>()
        };
        files.iter().flat_map(of_file).collect()
    }

    fn open(name: &str, all: Value, case: Value) -> Self {
        let weights = arrays(folder().join(format!("{name}_weights.safetensors")));
        let expected = arrays(folder().join(format!("{name}_expected.safetensors")));
        Self {
            name: name.to_owned(),
            all,
            case,
            weights,
            expected,
        }
    }

    /// As an experiment file has it: the family's name and its settings.
    fn spec(&self) -> ModelSpec {
        let family = self.case["family"].as_str().unwrap().to_owned();
        let named = [(family, self.case["spec"].clone())].into_iter().collect();
        serde_json::from_value(Value::Object(named)).unwrap()
    }

    /// The family's name in experiment files.
    pub(crate) fn family(&self) -> &str {
        self.case["family"].as_str().unwrap()
    }

    pub(crate) fn optimizer(&self) -> OptimizerSpec {
        read(&self.case["optimizer"])
    }

    pub(crate) fn histories(&self) -> Vec<Vec<u32>> {
        read(&self.all["histories"])
    }

    /// Every history, with the times of its events and what else is told of them where the case has
    /// them, and what is asked in training.
    pub(crate) fn batch(&self) -> Histories {
        let times: Option<Vec<Vec<i64>>> = self.case.get("times").map(read);
        let asked: Option<Vec<(usize, usize, f32, f32)>> = self.case.get("asked").map(read);
        let asked = asked.unwrap_or_default().into_iter();
        let question = |(row, position, elapsed_secs, target)| Query {
            row,
            position,
            elapsed_secs,
            target,
        };
        Histories {
            time_secs: times.unwrap_or_default().concat(),
            beside: self.features(),
            asked: asked.map(question).collect(),
            ..self.histories().iter().map(Vec::as_slice).collect()
        }
    }

    pub(crate) fn history(&self, row: usize) -> Histories {
        self.batch().select(&[row])
    }

    fn features(&self) -> Vec<FeatureValues> {
        let features = self
            .case
            .get("features")
            .map_or(&[][..], |features| features.as_array().unwrap());
        let values = |feature: &Value| {
            if let Some(index) = feature.get("Index") {
                let idx: Vec<Vec<u32>> = read(&index["idx"]);
                return FeatureValues::Index {
                    idx: idx.concat(),
                    n: read(&index["n"]),
                };
            }
            let real = &feature["Real"];
            let numbers: Vec<Vec<Vec<Option<f32>>>> = read(&real["values"]);
            let numbers = numbers.concat().concat().into_iter();
            let values = numbers.map(|number| number.unwrap_or(f32::NAN)).collect();
            FeatureValues::Real {
                width: read(&real["width"]),
                values,
            }
        };
        features.iter().map(values).collect()
    }

    fn output(&self) -> Output {
        match self.case.get("output") {
            None => Output::Catalogue,
            Some(Value::String(word)) if word == "Chance" => Output::Chance,
            Some(Value::String(word)) if word == "Number" => Output::Number,
            Some(classes) => Output::Classes(read(&classes["Classes"])),
        }
    }

    /// What PyTorch has of an answer, row by row: the catalogue without padding.
    fn answers(&self, rows: &[f64]) -> Vec<f64> {
        if self.output() != Output::Catalogue {
            return rows.to_vec();
        }
        rows.chunks(self.n_items() + 1)
            .flat_map(|row| row[1..].to_vec())
            .collect()
    }

    /// The answer that PyTorch gives after a history.
    pub(crate) fn last_answer(&self, row: usize) -> Vec<f64> {
        match self.output() {
            Output::Catalogue => {
                let scores = &self.expected[&format!("scores.{row}")];
                self.answers(&scores[scores.len() - (self.n_items() + 1)..])
            }
            _ => self.expected[&format!("answer.{row}")].clone(),
        }
    }

    pub(crate) fn n_items(&self) -> usize {
        read(&self.all["n_items"])
    }

    fn plan(&self) -> Blueprint {
        let shape = DataShape {
            n_users: 6,
            n_items: self.n_items(),
            n_events: 32,
            max_len: 13,
        };
        let features = self
            .features()
            .iter()
            .map(FeatureShape::of_values)
            .collect();
        Blueprint {
            output: self.output(),
            features,
            ..Blueprint::for_data(shape)
        }
    }

    /// Our model with PyTorch's weights, computed by these layers.
    pub(crate) fn model(&self, optimizer: OptimizerSpec, layers: Layers) -> Box<dyn Trainable> {
        let spec = self.spec();
        let family = spec.family();
        let device = open_device("cpu").unwrap().with_layers(layers);
        let mut model = family.build(&self.plan(), optimizer, &device, 0).unwrap();
        model
            .load_weights(&folder().join(format!("{}_weights.safetensors", self.name)))
            .unwrap();
        assert_eq!(model.n_params(), family.n_params(&self.plan()));
        model
    }

    fn step(&self, model: &mut dyn Trainable, at: usize) {
        let number = |key: &str| self.case[key].as_u64().unwrap() as usize;
        let lr = self.case["optimizer"]["lr"].as_f64().unwrap();
        let inputs = StepInputs {
            lr,
            step: number("first_step") + at,
            n_steps: number("n_steps"),
            seed: at as u64,
        };
        model.train_step(&self.batch(), inputs).unwrap();
    }

    /// Asserts that the weights have moved as PyTorch's have. A step is small against the weight,
    /// so this sees errors that the weights themselves hide.
    fn assert_changes(&self, prefix: &str, after: &Arrays) {
        let change = |after: &[f64], before: &[f64]| -> Vec<f64> {
            after.iter().zip(before).map(|(a, b)| a - b).collect()
        };
        for (name, before) in &self.weights {
            let (ours, theirs) = (
                change(&after[name], before),
                change(&self.expected[&format!("{prefix}.{name}")], before),
            );
            assert_near(
                &format!("{} change {prefix}.{name}", self.name),
                &ours,
                &theirs,
                CHANGE_TOLERANCE,
            );
        }
    }

    /// Asserts that ours is what PyTorch has under `prefix` and the same name.
    fn assert_arrays(&self, prefix: &str, ours: &Arrays, tolerance: f64) {
        assert_eq!(ours.len(), self.weights.len());
        for (name, ours) in ours {
            assert_near(
                &format!("{} {prefix}.{name}", self.name),
                ours,
                &self.expected[&format!("{prefix}.{name}")],
                tolerance,
            );
        }
    }
}

/// Asserts that max |ours − theirs| ≤ tolerance · max |theirs|.
pub(crate) fn assert_near(what: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    let largest = |values: &mut dyn Iterator<Item = f64>| values.map(f64::abs).fold(0.0, f64::max);
    assert_eq!(ours.len(), theirs.len(), "{what}");
    assert!(ours.iter().all(|v| v.is_finite()), "{what}");
    let scale = largest(&mut theirs.iter().copied());
    if scale <= ZERO {
        assert!(
            largest(&mut ours.iter().copied()) <= ZERO,
            "{what} should be 0: {ours:?}"
        );
        return;
    }
    let error = largest(&mut ours.iter().zip(theirs).map(|(a, b)| a - b)) / scale;
    assert!(
        error <= tolerance,
        "{what} is off by {error:.1e} of its largest value"
    );
}

fn saved(model: &dyn Trainable) -> Arrays {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    model.save_weights(&path).unwrap();
    arrays(path)
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

pub(crate) fn floats(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// After each history one question: what comes next, or what is asked after its last event.
fn last_questions(gold: &Gold) -> (Vec<usize>, Histories) {
    let batch = gold.batch();
    if gold.output() == Output::Catalogue {
        return ((0..batch.n_rows()).collect(), batch);
    }
    let rows: Vec<usize> = (0..batch.n_rows())
        .filter(|&row| !batch.row(row).is_empty())
        .collect();
    let mut asked = batch.select(&rows);
    let last = |asked: &Query| asked.position + 1 == batch.row(rows[asked.row]).len();
    asked.asked.retain(last);
    assert_eq!(asked.asked.len(), rows.len(), "{}", gold.name);
    (rows, asked)
}

fn assert_scores(gold: &Gold, layers: Layers) {
    let name = &gold.name;
    let model = gold.model(gold.optimizer(), layers);
    let (rows, questions) = last_questions(gold);
    let together = gold.answers(&floats(&model.scores(&questions).unwrap()));
    let width = together.len() / rows.len();
    for (row, ours) in rows.into_iter().zip(together.chunks(width)) {
        assert_near(
            &format!("{name} answer.{row}"),
            ours,
            &gold.last_answer(row),
            TOLERANCE,
        );
        let history = gold.history(row);
        if !history.item_idx.is_empty() {
            let steps = gold.answers(&floats(&model.step_scores(&history).unwrap().scores));
            let expected = gold.answers(&gold.expected[&format!("scores.{row}")]);
            assert_near(
                &format!("{name} step scores.{row}"),
                &steps,
                &expected,
                TOLERANCE,
            );
        }
        if let Some(expected) = gold.expected.get(&format!("attention.{row}")) {
            let maps = model.attention(&history).unwrap().unwrap();
            assert_near(
                &format!("{name} attention.{row}"),
                &floats(&maps.weights),
                expected,
                TOLERANCE,
            );
        }
    }
}

fn assert_gradients(gold: &Gold, layers: Layers) {
    // With beta1 0 and nothing clipped, Adam's first moment after one step is the gradient.
    let mut model = gold.model(
        OptimizerSpec {
            beta1: 0.0,
            clip_norm: 0.0,
            ..gold.optimizer()
        },
        layers,
    );
    gold.step(&mut *model, 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    model.save_state(&path).unwrap();
    let moments = arrays(path).into_iter();
    let gradients = moments
        .filter_map(|(name, values)| {
            Some((name.strip_prefix("optimizer.first.")?.to_owned(), values))
        })
        .collect();
    gold.assert_arrays("gradient", &gradients, TOLERANCE);
}

fn assert_steps(gold: &Gold, layers: Layers) {
    let name = &gold.name;
    let mut model = gold.model(gold.optimizer(), layers);
    for at in 0..3 {
        gold.step(&mut *model, at);
        let stats = model.take_stats().unwrap();
        let expected = |key: &str| gold.case[key][at].as_f64().unwrap();
        assert_near(
            &format!("{name} loss {at}"),
            &[stats.loss],
            &[expected("loss")],
            TOLERANCE,
        );
        assert_near(
            &format!("{name} gradient norm {at}"),
            &[stats.grad_norm],
            &[expected("gradient_norm")],
            TOLERANCE,
        );
        assert_eq!(stats.kl.is_some(), !gold.case["kl"].is_null(), "{name}");
        if let Some(kl) = stats.kl {
            assert_near(
                &format!("{name} kl {at}"),
                &[kl],
                &[expected("kl")],
                TOLERANCE,
            );
        }
        // Of a family that draws what is to be learnt, the number is that of the last step.
        if at == 2 {
            assert_eq!(
                stats.n_events as u64,
                gold.case["n_events"].as_u64().unwrap()
            );
        }
        if at != 1 {
            let after = saved(&*model);
            gold.assert_arrays(&format!("after{}", at + 1), &after, TOLERANCE);
            gold.assert_changes(&format!("after{}", at + 1), &after);
        }
    }
}

/// Every case by both kinds of layers.
fn walk(check: impl Fn(&Gold, Layers)) {
    for gold in Gold::every() {
        for layers in BOTH {
            check(&gold, layers);
        }
    }
}

#[test]
fn scores_are_pytorchs() {
    walk(assert_scores);
}

#[test]
fn gradients_are_pytorchs() {
    walk(assert_gradients);
}

#[test]
fn steps_are_pytorchs() {
    walk(assert_steps);
}

/// Attributions by gradients, of one item after each history that holds events.
#[test]
fn slopes_are_pytorchs() {
    const N_STEPS: usize = 24;
    let expected = arrays(folder().join("attribution_expected.safetensors"));
    let n_asked = std::cell::Cell::new(0);
    walk(|gold, layers| {
        if gold.output() != Output::Catalogue {
            return;
        }
        let model = gold.model(gold.optimizer(), layers);
        for (row, history) in gold.histories().into_iter().enumerate() {
            if history.is_empty() {
                continue;
            }
            let history = gold.history(row);
            let asked = SlopeQuestion {
                history: &history,
                target: ((11 * row + 4) % gold.n_items() + 1) as u32,
                n_steps: N_STEPS,
            };
            let found = model.slopes(&asked).unwrap().unwrap();
            assert_eq!(found.n_steps, N_STEPS);
            assert_eq!(
                found.first + found.integrated.len(),
                history.item_idx.len(),
                "the events that are read are the latest"
            );
            let expected = |name: &str| {
                n_asked.set(n_asked.get() + 1);
                &expected[&format!("{}.{name}.{row}", gold.name)]
            };
            let what = format!("{} slopes of {row}", gold.name);
            let said = [found.log_probability, found.baseline];
            assert_near(&what, &said, expected("said"), TOLERANCE);
            let gradient = expected("gradient_input");
            assert_near(&what, &found.gradient_input, gradient, TOLERANCE);
            // An integral adds up gradients of both signs: its error is as theirs, however small
            // it comes out.
            let ours = [found.gradient_input, found.integrated].concat();
            let theirs = [gradient.as_slice(), expected("integrated")].concat();
            assert_near(&what, &ours, &theirs, TOLERANCE);
            let empty = SlopeQuestion {
                history: &gold.history(0),
                ..asked
            };
            assert_eq!(model.slopes(&empty).unwrap(), None, "{}", gold.name);
        }
    });
    assert_eq!(n_asked.get(), 2 * expected.len());
}

#[test]
fn every_family_has_its_numbers() {
    let held: Vec<ModelKind> = Gold::every()
        .iter()
        .map(|gold| ModelKind::from(&gold.spec()))
        .collect();
    let missing: Vec<ModelKind> = ModelKind::iter()
        .filter(|kind| !held.contains(kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?} have no gold numbers");
}

/// The families that are told of features and answer other tasks have these by both joins and every
/// head.
#[test]
fn every_head_and_every_join_has_its_numbers() {
    let every = Gold::every();
    for attends in [true, false] {
        let held: Vec<&Gold> = (every.iter())
            .filter(|gold| matches!(gold.spec(), ModelSpec::Transformer(_)) == attends)
            .collect();
        for output in [Output::Classes(4), Output::Chance, Output::Number] {
            assert!(
                held.iter().any(|gold| gold.output() == output),
                "{output:?}"
            );
        }
        for join in Join::iter() {
            let joined = |gold: &&&Gold| gold.case["spec"]["features"] == join.to_string().as_str();
            assert!(
                held.iter()
                    .filter(joined)
                    .any(|gold| gold.output() == Output::Catalogue),
                "{join}"
            );
        }
    }
}

/// Losses and gradients of every parameter, and the weights after the first and the third step; the
/// table in the README counts them.
#[test]
fn every_parameter_is_covered_and_the_readme_says_so() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let every = Gold::every();
    for kind in ModelKind::iter() {
        let cases: Vec<&Gold> = every
            .iter()
            .filter(|gold| ModelKind::from(&gold.spec()) == kind)
            .collect();
        let count = |prefix: &str| -> usize {
            let of_case = |gold: &Gold| {
                gold.expected
                    .keys()
                    .filter(|name| name.starts_with(prefix))
                    .count()
            };
            cases.iter().map(|gold| of_case(gold)).sum()
        };
        let n_tensors = cases.iter().map(|gold| gold.weights.len()).sum::<usize>();
        assert_eq!(
            ["gradient.", "after1.", "after3."].map(count),
            [n_tensors; 3],
            "{kind}"
        );
        assert!(
            cases
                .iter()
                .all(|gold| gold.case["loss"].as_array().unwrap().len() == 3),
            "{kind}"
        );
        let answers = count("scores.") + count("answer.");
        let line = format!(
            "| {kind} | {} | {answers} | {n_tensors} | {} |",
            cases.len(),
            count("attention.")
        );
        assert!(readme.contains(&line), "the README should say: {line}");
    }
}

/// Explain shows attention; what it shows is PyTorch's for every family that has some.
#[test]
fn every_family_with_attention_has_its_weights() {
    let every = Gold::every();
    for kind in ModelKind::iter() {
        let of_kind = |gold: &&Gold| ModelKind::from(&gold.spec()) == kind;
        let attends = |gold: &Gold| {
            let model = gold.model(gold.optimizer(), Layers::Plain);
            model.attention(&gold.history(3)).unwrap().is_some()
        };
        let cases: Vec<&Gold> = every
            .iter()
            .filter(of_kind)
            .filter(|gold| attends(gold))
            .collect();
        let held = |gold: &&Gold| gold.expected.contains_key("attention.3");
        assert!(
            cases.is_empty() || cases.into_iter().any(|gold| held(&gold)),
            "{kind}"
        );
    }
}

/// The script draws noise itself, from these states.
#[test]
fn noise_starts_where_the_script_says() {
    for gold in Gold::every() {
        let states: Vec<u64> = read(&gold.all["noise_states"]);
        assert_eq!(states, [0, 1, 2].map(|seed| derive_seed(seed, "noise", 0)));
    }
}
