//! Positions of events, without learnt numbers.

use std::ops::Range;

use burn::nn::Embedding;
use burn::prelude::*;

use super::Positions;
use crate::layers::{Axis, LayerShape};

/// Longest wavelength over 2π of Vaswani et al. 2017 and Su et al. 2021.
const BASE: f64 = 10_000.0;

/// Returns what is added to the items at these places, where positions are added: rows of the
/// learnt table, or sinusoids. `[places.len(), d_model]`
pub(crate) fn place_vectors(
    positions: Positions,
    table: Option<&Embedding>,
    places: Range<usize>,
    d_model: usize,
    device: &Device,
) -> Option<Tensor<2>> {
    match positions {
        Positions::Learned => table.map(|table| table.weight.val().slice_dim(0, places)),
        Positions::Sinusoidal => Some(sinusoids(places, d_model, device)),
        Positions::Rotary | Positions::None => None,
    }
}

/// Describes the layer that adds places to states `events`, learnt vectors being the weight `name`
/// of so many rows; none where nothing is added.
pub(crate) fn place_layer(
    positions: Positions,
    title: &str,
    name: &str,
    n_places: usize,
    events: &[Axis],
) -> Option<LayerShape> {
    let width = events.last().copied()?;
    match positions {
        Positions::Learned => {
            let layer = LayerShape::new(format!("{title}, learnt"), events);
            Some(layer.with(format!("{name}.weight"), [Axis::Size(n_places), width]))
        }
        Positions::Sinusoidal => Some(LayerShape::new(
            format!("{title}, sines and cosines"),
            events,
        )),
        Positions::Rotary | Positions::None => None,
    }
}

/// Vaswani et al. 2017, section 3.5: number 2i of place p is sin(p / 10000^(2i/d)), number 2i + 1
/// the cosine of the same. `[places.len(), d_model]`
fn sinusoids(places: Range<usize>, d_model: usize, device: &Device) -> Tensor<2> {
    let n_places = places.len();
    let values: Vec<f32> = places
        .flat_map(|place| (0..d_model).map(move |at| sinusoid(place, at, d_model)))
        .collect();
    Tensor::from_data(TensorData::new(values, [n_places, d_model]), device)
}

fn sinusoid(place: usize, at: usize, d_model: usize) -> f32 {
    let angle = place as f64 / BASE.powf((at - at % 2) as f64 / d_model as f64);
    let value = if at.is_multiple_of(2) {
        angle.sin()
    } else {
        angle.cos()
    };
    value as f32
}

/// Turns queries and keys by angles that grow with the place, so that their product depends on the
/// distance (Su et al. 2021, eq. 34).
///
/// The two numbers of a pair stand half a head apart, not side by side as in the paper: another
/// order of the columns that are learnt, and nothing else.
pub(crate) struct Rotation {
    /// `[1, 1, len, d_head]`
    cos: Tensor<4>,
    /// `[1, 1, len, d_head]`
    sin: Tensor<4>,
}

impl Rotation {
    /// Makes rotations where positions are rotary; see [`Rotation::new`].
    pub(crate) fn for_positions(
        positions: Positions,
        places: Range<usize>,
        d_head: usize,
        device: &Device,
    ) -> Option<Self> {
        (positions == Positions::Rotary).then(|| Self::new(places, d_head, device))
    }

    /// Makes rotations for these places and heads of `d_head` numbers, which is even.
    fn new(places: Range<usize>, d_head: usize, device: &Device) -> Self {
        let (len, half) = (places.len(), (d_head / 2).max(1));
        let angle =
            |place: usize, at: usize| place as f64 / BASE.powf((at % half) as f64 / half as f64);
        let table = |of: fn(f64) -> f64| {
            let values: Vec<f32> = places
                .clone()
                .flat_map(|place| (0..d_head).map(move |at| of(angle(place, at)) as f32))
                .collect();
            Tensor::from_data(TensorData::new(values, [1, 1, len, d_head]), device)
        };
        Self {
            cos: table(f64::cos),
            sin: table(f64::sin),
        }
    }

    /// `[n_rows, n_heads, len, d_head]` to the same.
    pub(super) fn turn(&self, x: Tensor<4>) -> Tensor<4> {
        let half = x.dims()[3] / 2;
        let (first, second) = (
            x.clone().slice_dim(3, 0..half),
            x.clone().slice_dim(3, half..2 * half),
        );
        let turned = Tensor::cat(vec![second.neg(), first], 3);
        x * self.cos.clone() + turned * self.sin.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec().unwrap()
    }

    /// Place 1 of width 4: sin 1, cos 1, sin .01, cos .01.
    #[test]
    fn sinusoids_are_the_papers() {
        let found = values(sinusoids(0..2, 4, &Device::flex()));
        let expected = [
            0.0,
            1.0,
            0.0,
            1.0,
            0.841_471,
            0.540_302,
            0.009_999_8,
            0.999_95,
        ];
        found
            .iter()
            .zip(expected)
            .for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{found:?}"));
    }

    #[test]
    fn turned_products_depend_on_the_distance_alone() {
        let device = Device::flex();
        let numbers = |factor: f32| {
            let values: Vec<f32> = (0..6).map(|at| (factor * at as f32 + 0.3).sin()).collect();
            Tensor::<4>::from_data(TensorData::new(values, [1, 1, 1, 6]), &device)
        };
        let turned = |x: Tensor<4>, place: usize| {
            values(Rotation::new(place..place + 1, 6, &device).turn(x))
        };
        let product = |a: usize, b: usize| -> f32 {
            turned(numbers(1.1), a)
                .iter()
                .zip(turned(numbers(0.7), b))
                .map(|(a, b)| a * b)
                .sum()
        };
        assert!((product(7, 4) - product(103, 100)).abs() < 1e-5);
        assert!((product(7, 4) - product(7, 5)).abs() > 1e-3);
        assert!((product(0, 0) - product(9, 9)).abs() < 1e-5);
    }
}
