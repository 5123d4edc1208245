//! Both sides against PyTorch (see `tests/gold/README.md`), and what they learn.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::prelude::*;
use safetensors::tensor::SafeTensors;

use super::generator::WrittenSequences;
use super::{GanSpec, Pass, Phase, SequenceGan};
use crate::device::Layers;
use crate::optimizer::AdamW;
use crate::weights::{self, read};
use crate::{ModelError, OptimizerSpec};
use seqscope_base::metric::Likeness;
use seqscope_data::Histories;

const N_STEPS: usize = 6;
const ROWS: [&[u32]; 4] = [&[1, 2, 3], &[4, 5, 6, 1, 2, 3], &[2], &[3, 3, 6, 1, 5]];
const GENERATOR: [&str; 6] = [
    "token.weight",
    "cell.w_input",
    "cell.w_hidden",
    "cell.bias",
    "output.weight",
    "output.bias",
];
const DISCRIMINATOR: [&str; 6] = [
    "token",
    "cell.w_input",
    "cell.w_hidden",
    "cell.bias",
    "output.weight",
    "output.bias",
];

type Arrays = BTreeMap<String, Vec<f32>>;

fn gold(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join("tests/gold")
        .join(format!("{name}.safetensors"))
}

fn arrays(path: &std::path::Path) -> Arrays {
    let bytes = std::fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |data: &[u8]| {
        data.as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    };
    tensors
        .iter()
        .map(|(name, view)| (name.to_owned(), floats(view.data())))
        .collect()
}

fn loaded<M: Module>(module: M, name: &str, kind: &str) -> M {
    let (_, arrays) = weights::read_file(&gold(name), kind).unwrap();
    weights::apply(module, arrays, &Device::flex(), str::to_owned).unwrap()
}

/// Both sides with PyTorch's weights.
fn network() -> SequenceGan {
    let spec = GanSpec {
        d_token: 5,
        d_hidden: 8,
        max_len: N_STEPS,
        adversarial_lr: 0.01,
        ..GanSpec::default()
    };
    let mut gan = SequenceGan::new(&spec, 6, 0).unwrap();
    gan.generator = loaded(gan.generator, "gan_generator_weights", "gan generator");
    gan.discriminator = loaded(
        gan.discriminator,
        "gan_discriminator_weights",
        "gan discriminator",
    );
    gan
}

/// max |ours − theirs| ≤ 1e-4 · max |theirs|, and 1e-6 where all are smaller than 0.01: 0 is among
/// them. The bias of the discriminator's score has no gradient: it is in both scores that are
/// compared.
fn assert_near(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let largest =
        |values: &mut dyn Iterator<Item = f32>| values.fold(0.0_f32, |a, b| a.max(b.abs()));
    let error = largest(&mut ours.iter().zip(theirs).map(|(a, b)| a - b));
    let scale = largest(&mut theirs.iter().copied()).max(1e-2);
    assert!(
        error <= 1e-4 * scale,
        "{what} is off by {error:.1e} of {scale:.1e}"
    );
}

/// Holds the gradients of a loss against PyTorch's: with beta1 0 and nothing clipped, Adam's first
/// moment after a step is the gradient.
fn assert_gradients<M: Module>(
    module: &M,
    loss: &Tensor<1>,
    (prefix, names): (&str, [&str; 6]),
    expected: &Arrays,
) {
    let spec = OptimizerSpec {
        beta1: 0.0,
        beta2: 0.9,
        epsilon: 1e-8,
        weight_decay: 0.0,
        l1: 0.0,
        clip_norm: 0.0,
    };
    let mut optimizer = AdamW::new(spec, Layers::Plain);
    let gradients = GradientsParams::from_grads(loss.backward(), module);
    drop(optimizer.step(module.clone(), gradients, 0.0));
    assert_eq!(optimizer.moments.len(), names.len());
    for (name, moments) in names.iter().zip(&optimizer.moments) {
        let what = format!("{prefix}_gradient.{name}");
        assert_near(
            &what,
            &read(moments.first.clone()).unwrap(),
            &expected[&what],
        );
    }
}

fn assert_weights<M: Module>(module: &M, prefix: &str, expected: &Arrays) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let stamp = weights::WeightsStamp {
        kind: "gan".to_owned(),
        n_steps: 0,
    };
    weights::write(
        &path,
        &stamp,
        &weights::collect(module, str::to_owned).unwrap(),
    )
    .unwrap();
    for (name, ours) in arrays(&path) {
        assert_near(&name, &ours, &expected[&format!("{prefix}.{name}")]);
    }
}

#[test]
fn the_likelihood_and_its_gradients_are_pytorchs() {
    let (gan, expected) = (network(), arrays(&gold("gan_expected")));
    let (nll, n_tokens) = gan.generator.nll(&ROWS);
    assert_eq!(n_tokens, 19);
    assert_near("nll", &read(nll.clone().inner()).unwrap(), &expected["nll"]);
    assert_gradients(
        &gan.generator,
        &nll.div_scalar(19.0),
        ("nll", GENERATOR),
        &expected,
    );
}

fn writes(gan: &SequenceGan, expected: &Arrays) -> WrittenSequences {
    gan.generator
        .write(ROWS.len(), &expected["gumbel"], 3.0)
        .unwrap()
}

#[test]
fn what_is_written_from_given_noise_is_pytorchs() {
    let (gan, expected) = (network(), arrays(&gold("gan_expected")));
    let written = writes(&gan, &expected);
    let steps: Vec<f32> = written
        .steps
        .iter()
        .flat_map(|step| read(step.clone().inner()).unwrap())
        .collect();
    assert_near("steps", &steps, &expected["steps"]);
    for (ours, theirs) in written.rows.iter().zip(expected["rows"].chunks(N_STEPS)) {
        let theirs: Vec<u32> = theirs
            .iter()
            .map(|&token| token as u32)
            .take_while(|&token| token > 0)
            .collect();
        assert_eq!(*ours, theirs);
    }
    assert!(
        written.rows.iter().any(|row| row.len() < N_STEPS),
        "an end is among them"
    );
}

#[test]
fn a_step_of_either_side_is_pytorchs() {
    let (mut gan, expected) = (network(), arrays(&gold("gan_expected")));
    let written = writes(&gan, &expected);
    let apart: Vec<Tensor<2>> = written
        .steps
        .iter()
        .map(|step| Tensor::from_inner(step.clone().inner()))
        .collect();
    let loss = gan.discriminator_loss(&ROWS, &apart);
    assert_gradients(
        &gan.discriminator,
        &loss,
        ("discriminator", DISCRIMINATOR),
        &expected,
    );
    let loss = gan.discriminator_step(&ROWS, &written).unwrap();
    assert_near(
        "discriminator loss",
        &[loss as f32],
        &expected["discriminator_loss"],
    );
    assert_weights(&gan.discriminator, "discriminator_after", &expected);

    // Written anew: gradients go once through what was written.
    let loss = gan.generator_loss(&ROWS, &writes(&gan, &expected).steps);
    assert_gradients(&gan.generator, &loss, ("generator", GENERATOR), &expected);
    let loss = gan.generator_step(&ROWS, &written).unwrap();
    assert_near(
        "generator loss",
        &[loss as f32],
        &expected["generator_loss"],
    );
    assert_weights(&gan.generator, "generator_after", &expected);
}

/// Half of the rows go round 1, 2, 3 and end there, the others 4, 5.
fn circles() -> Histories {
    (0..80)
        .map(|at| {
            if at % 2 == 0 {
                &[1_u32, 2, 3][..]
            } else {
                &[4, 5]
            }
        })
        .collect()
}

fn small() -> GanSpec {
    GanSpec {
        d_token: 8,
        d_hidden: 12,
        max_len: 6,
        batch_size: 20,
        likelihood_epochs: 40,
        adversarial_epochs: 2,
        likelihood_lr: 0.02,
        ..GanSpec::default()
    }
}

fn trained(seed: u64) -> (SequenceGan, Vec<f64>, Vec<super::Losses>) {
    let mut gan = SequenceGan::new(&small(), 5, seed).unwrap();
    let mut heard: Vec<Pass> = Vec::new();
    let go_on = &mut |pass| {
        heard.push(pass);
        Ok::<_, ModelError>(())
    };
    let nll = gan.learn_language(&circles(), go_on).unwrap();
    let losses = gan.play(&circles(), go_on).unwrap();
    heard.dedup();
    let likelihood = heard
        .iter()
        .take_while(|pass| pass.phase == Phase::Likelihood)
        .count();
    assert_eq!(
        (likelihood, heard.len() - likelihood),
        (nll.len(), losses.len()),
        "{heard:?}"
    );
    (gan, nll, losses)
}

/// One bit a row is all that cannot be known: ln 2 over the 3.5 tokens that a row has on average,
/// ends included.
#[test]
fn a_simple_language_is_learnt_and_written_and_the_play_does_not_unlearn_it() {
    let (gan, nll, losses) = trained(1);
    let best = nll.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(best < 0.198 * 1.3, "{best} nats a token, at best 0.198");
    assert!(
        losses
            .iter()
            .all(|losses| (losses.discriminator - 0.69).abs() < 0.3),
        "{losses:?}"
    );
    let drawn = gan.sample(200, 1, 5).unwrap();
    let rows: Vec<&[u32]> = drawn.rows().collect();
    let real = circles();
    let real: Vec<&[u32]> = real.rows().collect();
    let likeness = Likeness::new(&rows, &real, &real);
    assert!(
        likeness.transitions < 0.05 && likeness.copied_rows > 0.8,
        "{likeness:?}"
    );
}

#[test]
fn the_same_seed_writes_the_same_and_another_seed_something_else() {
    let ((one, nll, losses), (again, same_nll, same_losses)) = (trained(1), trained(1));
    assert_eq!((nll, losses), (same_nll, same_losses));
    let drawn = one.sample(50, 1, 5).unwrap();
    assert_eq!(drawn, again.sample(50, 1, 5).unwrap());
    assert_ne!(drawn, one.sample(50, 1, 6).unwrap());
    assert_eq!(drawn.n_rows(), 50);
}

#[test]
fn what_cannot_be_is_one_sentence_with_the_cure() {
    let refused = SequenceGan::new(&small(), 201, 1).unwrap_err().to_string();
    assert!(
        refused.contains("at most 200 items") && refused.contains("to Markov"),
        "{refused}"
    );

    let mut gan = SequenceGan::new(
        &GanSpec {
            likelihood_lr: 1e39,
            ..small()
        },
        5,
        1,
    )
    .unwrap();
    let diverged = gan
        .learn_language(&circles(), &mut |_| Ok::<_, ModelError>(()))
        .unwrap_err()
        .to_string();
    for part in [
        "in epoch 1 of maximum likelihood",
        "learning rate is too high",
        "lower `training.gan.likelihood_lr`",
    ] {
        assert!(diverged.contains(part), "`{part}` in {diverged}");
    }

    let (gan, ..) = trained(1);
    let short = gan.sample(200, 6, 1).unwrap_err().to_string();
    assert!(short.contains("hardly ever writes 6 events"), "{short}");

    let mut stopped = SequenceGan::new(&small(), 5, 1).unwrap();
    let stop = &mut |_| {
        Err(ModelError::Compute {
            sentence: "stopped".to_owned(),
        })
    };
    assert_eq!(
        stopped
            .learn_language(&circles(), stop)
            .unwrap_err()
            .to_string(),
        "stopped"
    );
}
