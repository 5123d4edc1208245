//! Each loss against PyTorch on the same draws (see `tests/gold/README.md`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use safetensors::tensor::SafeTensors;
use strum::IntoEnumIterator as _;

use super::*;
use crate::loss::item_loss;

const N_DRAWN: usize = 4;

fn arrays() -> BTreeMap<String, Vec<f32>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join("tests/gold/losses_expected.safetensors");
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

fn matrix(values: &[f32], width: usize) -> Tensor<2> {
    let shape = [values.len() / width, width];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

fn whole(values: &[f32]) -> Vec<i32> {
    values.iter().map(|value| *value as i32).collect()
}

fn assert_near(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(0f32, |max, value| max.max(value.abs()));
    let error = ours
        .iter()
        .zip(theirs)
        .fold(0f32, |max, (a, b)| max.max((a - b).abs()));
    assert!(
        error <= 1e-4 * scale,
        "{what} is off by {error:.1e} of {scale:.1e}"
    );
}

#[test]
fn every_loss_and_its_gradients_are_pytorchs() {
    let gold = arrays();
    let (hidden, items) = (matrix(&gold["hidden"], 5), matrix(&gold["items"], 5));
    let (targets, drawn) = (whole(&gold["targets"]), whole(&gold["drawn"]));
    let counts: Vec<u32> = gold["counts"].iter().map(|count| *count as u32).collect();
    let n_items = counts.len();
    for loss in LossKind::iter() {
        for negatives in [Negatives::Uniform, Negatives::Popularity] {
            let objective = Objective {
                loss,
                n_negatives: N_DRAWN,
                negatives,
                gbce_t: 0.75,
                label_smoothing: 0.1,
                ..Objective::default()
            }
            .with_counts(&counts);
            let noise = Noise::new(0);
            let draws = Draws {
                objective: &objective,
                n_items,
                k: N_DRAWN,
                noise,
            };
            let (name, found) = match loss {
                LossKind::FullSoftmax => (
                    "full",
                    item_loss(&hidden, &items, &targets, &objective, noise),
                ),
                LossKind::SampledSoftmax | LossKind::Bce | LossKind::Gbce | LossKind::Bpr => {
                    let name = match (loss, negatives) {
                        (LossKind::SampledSoftmax, Negatives::Uniform) => "sampled_uniform",
                        (LossKind::SampledSoftmax, Negatives::Popularity) => "sampled_popularity",
                        (LossKind::Bce, _) => "bce",
                        (LossKind::Gbce, _) => "gbce",
                        _ => "bpr",
                    };
                    (
                        name,
                        of_drawn(
                            &hidden,
                            &items,
                            draws.with_negatives(&targets, drawn.iter().copied()),
                            loss,
                        ),
                    )
                }
            };
            let values = |tensor: Tensor<2>| tensor.into_data().try_into_vec::<f32>().unwrap();
            let of = |part: &str| gold[&format!("{name}.{part}")].as_slice();
            assert_near(
                name,
                &found.loss_sum.into_data().try_into_vec::<f32>().unwrap(),
                of("loss"),
            );
            assert_near(name, &values(found.d_hidden), of("d_hidden"));
            assert_near(name, &values(found.d_items), of("d_items"));
        }
    }
}
