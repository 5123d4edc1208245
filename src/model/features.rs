//! Features of events, as inputs of a network beside the items.

use burn::nn::{Embedding, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::module::embedding;

use super::layers::{Axis, LayerShape};
use super::random::Init;
use super::{Blueprint, FeatureShape};
use seqscope_data::FeatureValues;

seqscope_base::spec::choice! {
    /// Way in which the features of an event join its item's vector.
    pub enum Join {
        /// Each feature becomes a vector as long as the item's, and all are added (as BERT adds
        /// segments).
        #[default]
        Sum,
        /// Each feature becomes a short vector; all stand beside the item's, and a dense layer
        /// brings them to its length (as Wide & Deep and GRU4Rec's parallel inputs do before their
        /// first layer).
        Concat,
    }
}

/// Length of a feature's vector where they stand beside each other.
const WIDTH_BESIDE: usize = 16;

/// The layers that take features in. Without features they have no weights and change nothing.
#[derive(Module, Debug)]
pub(super) struct Features {
    /// Table of each class feature, `[n_classes + 1, width]`; row 0 is "none".
    tables: Vec<Embedding>,
    /// Layer of each feature of numbers, `[2 · n_numbers, width]`: the numbers, and which of them
    /// are missing.
    dense: Vec<Linear>,
    /// `[d_model + n_features · width, d_model]`, where they stand beside each other.
    mixed: Vec<Linear>,
    #[module(skip)]
    shapes: Vec<FeatureShape>,
}

impl Features {
    /// Makes the layers for the features of a plan, joined to item vectors of length `d_model`.
    pub(super) fn new(plan: &Blueprint, d_model: usize, join: Join, init: &mut Init) -> Self {
        let width = width(d_model, join);
        let (mut tables, mut dense, mut mixed) = (Vec::new(), Vec::new(), Vec::new());
        for shape in &plan.features {
            match *shape {
                FeatureShape::Index(n) => tables.push(init.embedding(n + 1, width)),
                FeatureShape::Real(n) => dense.push(init.dense(2 * n, width)),
            }
        }
        if join == Join::Concat && !plan.features.is_empty() {
            mixed.push(init.dense(d_model + plan.features.len() * width, d_model));
        }
        Self {
            tables,
            dense,
            mixed,
            shapes: plan.features.clone(),
        }
    }

    /// The layer that joins the features of a plan to item vectors, `[.., d_model]`; none where
    /// there are none.
    pub(super) fn layer(plan: &Blueprint, join: Join, events: &[Axis]) -> Option<LayerShape> {
        let d_model = events.last().and_then(|axis| axis.len()).unwrap_or(0);
        let n = plan.features.len();
        let width = width(d_model, join);
        let name = match join {
            _ if n == 0 => return None,
            Join::Sum => format!("Features of the event, {n} added"),
            Join::Concat => format!("Features of the event, {n} beside the item and mixed"),
        };
        let mut layer = LayerShape::new(name, events);
        let (mut n_tables, mut n_dense) = (0, 0);
        for shape in &plan.features {
            layer = match *shape {
                FeatureShape::Index(n) => {
                    n_tables += 1;
                    let name = format!("features.tables.{}.weight", n_tables - 1);
                    layer.with(name, [Axis::Size(n + 1), Axis::Size(width)])
                }
                FeatureShape::Real(n) => {
                    n_dense += 1;
                    let name = format!("features.dense.{}", n_dense - 1);
                    layer.dense(&name, Axis::Size(2 * n), Axis::Size(width))
                }
            };
        }
        Some(match join {
            Join::Sum => layer,
            Join::Concat => layer.dense(
                "features.mixed.0",
                Axis::Size(n.saturating_mul(width).saturating_add(d_model)),
                Axis::Size(d_model),
            ),
        })
    }

    /// Whether there is nothing to join.
    pub(super) fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Moves the gradients of these layers' weights from one account to another.
    pub(super) fn register(&self, mut from: GradientsParams, to: &mut GradientsParams) {
        let dense = self.dense.iter().chain(&self.mixed);
        let matrices = self
            .tables
            .iter()
            .map(|table| table.weight.id)
            .chain(dense.clone().map(|dense| dense.weight.id));
        for id in matrices {
            if let Some(gradient) = from.remove::<2>(id) {
                to.register(id, gradient);
            }
        }
        for id in dense.filter_map(|dense| dense.bias.as_ref().map(|bias| bias.id)) {
            if let Some(gradient) = from.remove::<1>(id) {
                to.register(id, gradient);
            }
        }
    }

    /// The events' vectors: of items, `[n_events, d_model]`, and the features of the same events.
    pub(super) fn joined(&self, items: Tensor<2>, beside: &[FeatureValues]) -> Tensor<2> {
        let ([n, _], device) = (items.dims(), items.device());
        let (mut tables, mut dense) = (self.tables.iter(), self.dense.iter());
        let mut vectors = Vec::with_capacity(beside.len() + 1);
        for values in beside.iter().take(self.shapes.len()) {
            let vector = match values {
                FeatureValues::Index { idx, n: n_classes } => tables.next().map(|table| {
                    // A class that the model was not built for is none.
                    let idx = idx.iter().map(|&idx| {
                        if idx as usize > *n_classes {
                            0
                        } else {
                            idx as i32
                        }
                    });
                    let idx = Tensor::<2, Int>::from_data(
                        TensorData::new(idx.collect::<Vec<i32>>(), [1, n]),
                        &device,
                    );
                    embedding(table.weight.val(), idx).squeeze_dim::<2>(0)
                }),
                FeatureValues::Real { width, values } => dense.next().map(|dense| {
                    let numbers = with_missing(values, *width);
                    dense.forward(Tensor::from_data(
                        TensorData::new(numbers, [n, 2 * width]),
                        &device,
                    ))
                }),
            };
            vectors.extend(vector);
        }
        match self.mixed.first() {
            Some(mixed) => {
                vectors.insert(0, items);
                mixed.forward(Tensor::cat(vectors, 1))
            }
            None => vectors.into_iter().fold(items, |sum, vector| sum + vector),
        }
    }
}

/// Length of a feature's vector.
fn width(d_model: usize, join: Join) -> usize {
    match join {
        Join::Sum => d_model,
        Join::Concat => WIDTH_BESIDE.min(d_model),
    }
}

/// Returns the numbers of each event, 0 where one is missing, and beside them 1 where one is.
fn with_missing(values: &[f32], width: usize) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(2 * values.len());
    for event in values.chunks_exact(width.max(1)) {
        numbers.extend(
            event
                .iter()
                .map(|value| if value.is_finite() { *value } else { 0.0 }),
        );
        numbers.extend(
            event
                .iter()
                .map(|value| if value.is_finite() { 0.0 } else { 1.0 }),
        );
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_data::DataShape;

    #[test]
    fn features_are_added_or_stand_beside_and_none_is_none() {
        let shapes = vec![FeatureShape::Index(3), FeatureShape::Real(2)];
        let plan = Blueprint {
            features: shapes,
            ..Blueprint::for_data(DataShape::default())
        };
        let beside = [
            FeatureValues::Index {
                idx: vec![0, 3],
                n: 3,
            },
            FeatureValues::Real {
                width: 2,
                values: vec![0.5, f32::NAN, -1.0, 2.0],
            },
        ];
        let items = Tensor::<2>::ones([2, 4], &Device::flex());
        for join in [Join::Sum, Join::Concat] {
            let features = Features::new(&plan, 4, join, &mut Init::new(1, &Device::flex()));
            let layer = Features::layer(&plan, join, &[Axis::Size(2), Axis::Size(4)]).unwrap();
            assert_eq!(Some(features.num_params()), layer.count().known());
            let joined: Vec<f32> = features
                .joined(items.clone(), &beside)
                .into_data()
                .try_into_vec()
                .unwrap();
            assert!(
                joined.len() == 8 && joined.iter().all(|value| value.is_finite()),
                "{joined:?}"
            );
            assert_ne!(joined[..4], joined[4..]);
        }
        let none = Features::new(
            &Blueprint::default(),
            4,
            Join::Concat,
            &mut Init::new(1, &Device::flex()),
        );
        let same: Vec<f32> = none.joined(items, &[]).into_data().try_into_vec().unwrap();
        assert!(none.is_empty() && none.num_params() == 0 && same == [1.0; 8]);
    }
}
