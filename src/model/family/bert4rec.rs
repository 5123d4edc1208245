//! Masked bidirectional Transformer (BERT4Rec): it fills in hidden events from both sides.

mod cloze;
mod slopes;

use burn::module::Param;
use burn::nn::{Embedding, LayerNorm, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::module::embedding;
use serde::{Deserialize, Serialize};
use strum::VariantNames as _;

use super::attentive::{self, PrefixModel, TrainingSample, rows_at_a_time, states_of};
use super::{ModelFamily, ModelStart, plain_memory, words};
use crate::attention::{
    Activation, BatchCells, Block, Dropout, Looks, NormPlace, Positions, Rotation, Sizes,
    activated, dropped, head_problems, mask_of_all, place_layer, place_vectors, through,
};
use crate::attribution::InputNetwork;
use crate::item_vectors::ItemVectors;
use crate::kernel::Buffer;
use crate::layers::{Axis, BATCH, LayerShape, MAX_REPEATED};
use crate::network::{LossSums, Network};
use crate::random::{Init, Noise};
use crate::weights::read;
use crate::window::{index_tensor, latest, padded, places_of};
use crate::{
    AttentionMaps, Blueprint, MemoryNeed, ModelError, Objective, OpenDevice, OptimizerSpec,
    StepInputs, Trainable, Workload,
};
use cloze::{Cloze, ClozeSample};
use seqscope_base::spec::Problem;
use seqscope_data::Histories;

/// Settings of the masked Transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bert4RecSpec {
    /// Length of each event's vector.
    pub d_model: usize,
    /// Number of blocks.
    pub n_layers: usize,
    /// Number of attention heads of each block.
    pub n_heads: usize,
    /// Width of the feed-forward layer.
    pub d_ff: usize,
    /// Number of latest events that the model sees, beside the mask.
    pub seq_len: usize,
    /// Share of a history's events that are hidden while training.
    pub mask_share: f64,
    /// Share of the samples in which only the last event is hidden.
    pub last_share: f64,
    /// Share of activations set to zero while training.
    pub dropout: f64,
    /// Share of attention weights set to zero while training.
    pub attention_dropout: f64,
    /// Place of the layer norms in a block.
    pub norm: NormPlace,
    /// Way in which it knows the places of events.
    pub positions: Positions,
}

impl Default for Bert4RecSpec {
    fn default() -> Self {
        Self {
            d_model: 64,
            n_layers: 2,
            n_heads: 2,
            d_ff: 256,
            seq_len: 200,
            mask_share: 0.2,
            last_share: 0.1,
            dropout: 0.1,
            attention_dropout: 0.1,
            norm: NormPlace::After,
            positions: Positions::Learned,
        }
    }
}

seqscope_base::spec::described! { Bert4RecSpec {
    d_model => words::WIDTH, "Sun et al. 2019: 64";
    n_layers => words::BLOCKS, "Sun et al. 2019: 2";
    n_heads => words::HEADS, "Sun et al. 2019: 2";
    d_ff => words::FEED_FORWARD, "Sun et al. 2019: 4 times the width";
    seq_len: Int { min: 2, max: 2000 }, Core, "Window", "events", "How many of the latest events \
        the model sees, beside the mask that stands for the next one.", "Sun et al. 2019: 200 for MovieLens";
    mask_share: Float { min: 0.01, max: 0.9 }, Core, "Masked share", "", "Share of a history's \
        events that are hidden while training, to be filled in from both sides.", "Sun et al. 2019: 0.2 for MovieLens, 0.4 for Steam, 0.6 for Beauty";
    last_share: Float { min: 0.0, max: 1.0 }, More, "Last-only share", "", "Share of the samples \
        in which the last event alone is hidden, as it is asked for later.", "Sun et al.'s code: 1 sample of 11";
    dropout => words::DROPOUT, "Sun et al.'s code: 0.1–0.5";
    attention_dropout => words::ATTENTION_DROPOUT, "Sun et al.'s code: 0.1–0.5";
    norm: Choice(NormPlace::VARIANTS.to_vec()), More, "Norms", "", "Whether the layer norms of a \
        block stand before its layers, which trains easily, or after each sum, as in BERT.", "Sun et al. 2019: after";
    positions: Choice(Positions::VARIANTS.to_vec()), More, "Positions", "", "How the model knows \
        the places of events; without any it sees a bag.", "Sun et al. 2019: Learned";
} }

impl Bert4RecSpec {
    fn sizes(&self) -> Sizes {
        let Self {
            d_model,
            n_heads,
            d_ff,
            norm,
            ..
        } = *self;
        Sizes {
            d_model,
            n_heads,
            d_ff,
            norm,
            activation: Activation::Gelu,
        }
    }
}

impl ModelFamily for Bert4RecSpec {
    fn title(&self) -> &'static str {
        "BERT4Rec"
    }
    fn summary(&self) -> &'static str {
        "Learns to fill in hidden events from both sides, and is asked for the one hidden after \
         the latest."
    }
    fn source(&self) -> &'static str {
        "Sun et al. 2019 (BERT4Rec): Cloze training with a softmax over the whole catalogue. \
         Positions count from the latest event; a history gives one new sample an epoch instead of \
         ten that are drawn once; weights start from Glorot's distribution, item vectors from N(0, \
         0.02²)"
    }
    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape> {
        let Self {
            d_model,
            n_layers,
            seq_len,
            ..
        } = *self;
        let (n_places, width) = (seq_len.saturating_add(1), Axis::Size(d_model));
        let events = &[BATCH, Axis::Size(n_places), width];
        let items = LayerShape::new("Item embedding, with the mask", events);
        let mut layers = vec![items.with("item.weight", [Axis::items(plan, 2), width])];
        layers.extend(place_layer(
            self.positions,
            "Positions",
            "position",
            n_places,
            events,
        ));
        layers.push(LayerShape::new("Layer norm of the input", events).norm("input_norm", d_model));
        for at in 0..n_layers.min(MAX_REPEATED) {
            layers.extend(self.sizes().layers(
                &format!("Block {}", at + 1),
                &format!("blocks.{at}"),
                events,
            ));
        }
        if self.norm == NormPlace::Before {
            layers.push(LayerShape::new("Final layer norm", events).norm("norm", d_model));
        }
        let hidden = Axis::Named("hidden events");
        layers.push(LayerShape::new("Dense, Gelu", [hidden, width]).dense("head", width, width));
        let scores = LayerShape::new(
            "Item scores, by the item embedding and a bias",
            [hidden, Axis::items(plan, 0)],
        );
        layers.push(scores.with("bias", [Axis::items(plan, 1)]));
        layers
    }
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        plain_memory(
            self.n_params(work.plan),
            self.n_layers,
            &self.sizes(),
            work,
            self.seq_len + 1,
        )
    }
    fn misfits(&self) -> Vec<Problem> {
        head_problems(self.d_model, self.n_heads, self.positions)
    }
    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let largest = [(
            "d_model",
            (plan.shape.n_items + 2).saturating_mul(self.d_model),
        )];
        let start = ModelStart {
            plan,
            optimizer,
            device,
            seed,
        };
        start.for_next_item(self, &largest, |init| Bert4Rec::new(self, plan, init))
    }
}

/// The network. Positions are counted from the end of the window.
#[derive(Module, Debug)]
struct Bert4Rec {
    /// `[n_items + 2, d_model]`: padding, the items, the mask; but for the mask also the output
    /// weights.
    item: Embedding,
    /// `[seq_len + 1, d_model]`; the last row is the latest place. Where positions are learnt.
    position: Option<Embedding>,
    /// After items and positions are added, as in BERT's code.
    input_norm: LayerNorm,
    blocks: Vec<Block>,
    /// Final norm, where norms stand before the layers.
    norm: Option<LayerNorm>,
    /// The layer before the scores: Sun et al. 2019, eq. 7.
    head: Linear,
    /// A bias for each item, `[n_items + 1]`; that of padding is not used.
    bias: Param<Tensor<1>>,
    #[module(skip)]
    spec: Bert4RecSpec,
    #[module(skip)]
    objective: Objective,
}

impl Bert4Rec {
    fn new(spec: &Bert4RecSpec, plan: &Blueprint, init: &mut Init) -> Self {
        let n_items = plan.shape.n_items;
        let Bert4RecSpec {
            d_model,
            n_layers,
            seq_len,
            ..
        } = *spec;
        Self {
            item: init.item_embedding(n_items + 1, d_model),
            position: (spec.positions == Positions::Learned)
                .then(|| init.embedding(seq_len + 1, d_model)),
            input_norm: init.layer_norm(d_model),
            blocks: (0..n_layers)
                .map(|_| Block::new(spec.sizes(), init))
                .collect(),
            norm: (spec.norm == NormPlace::Before).then(|| init.layer_norm(d_model)),
            head: init.dense(d_model, d_model),
            bias: init.constant(0.0, [n_items + 1]),
            spec: spec.clone(),
            objective: plan.objective.clone(),
        }
    }

    /// Row of the item table that hides an event.
    fn mask(&self) -> u32 {
        self.item.weight.dims()[0].saturating_sub(1) as u32
    }

    fn cloze(&self) -> Cloze {
        let Bert4RecSpec {
            seq_len,
            mask_share,
            last_share,
            ..
        } = self.spec;
        Cloze {
            len: seq_len + 1,
            mask: self.mask(),
            mask_share,
            last_share,
        }
    }

    /// Hidden state at each place, `[n_rows, len, d_model]`; the attention weights of each block,
    /// `[n_rows, n_heads, len, len]`, go into `maps` when it is given.
    fn hidden(
        &self,
        cells: BatchCells<'_>,
        drop: Option<&Dropout<'_>>,
        maps: Option<&mut Vec<Tensor<4>>>,
    ) -> Tensor<3> {
        let weights = self.item.weight.val();
        let inputs = cells.tensor(&weights.device());
        self.hidden_of(embedding(weights, inputs), cells, drop, maps)
    }

    /// Computes [`Bert4Rec::hidden`] with `x`, `[n_rows, len, d_model]`, as the vectors of what
    /// stands in the cells.
    fn hidden_of(
        &self,
        mut x: Tensor<3>,
        cells: BatchCells<'_>,
        drop: Option<&Dropout<'_>>,
        maps: Option<&mut Vec<Tensor<4>>>,
    ) -> Tensor<3> {
        let Bert4RecSpec {
            d_model,
            n_heads,
            seq_len,
            positions,
            ..
        } = self.spec;
        let device = &x.device();
        let places = seq_len + 1 - cells.len..seq_len + 1;
        if let Some(places) = place_vectors(
            positions,
            self.position.as_ref(),
            places.clone(),
            d_model,
            device,
        ) {
            x = x + places.unsqueeze();
        }
        let x = dropped(self.input_norm.forward(x), drop, 0);
        let rotation = Rotation::for_positions(positions, places, d_model / n_heads, device);
        let looks = Looks {
            bias: mask_of_all(cells, device),
            rotation,
            drop,
        };
        let x = through(&self.blocks, x, &looks, maps);
        match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        }
    }

    /// Returns the rows that are multiplied with [`PrefixModel::output_vectors`]: GELU(h W + b),
    /// and a 1 for the item's bias. `[n, d_model]` to `[n, d_model + 1]`
    fn headed(&self, hidden: Tensor<2>) -> Tensor<2> {
        let headed = activated(Activation::Gelu, self.head.forward(hidden));
        let ones = Tensor::ones([headed.dims()[0], 1], &headed.device());
        Tensor::cat(vec![headed, ones], 1)
    }

    /// Histories with a mask behind them, padded: the places, and their number in a row.
    fn masked_rows(&self, rows: &[&[u32]]) -> (Vec<i32>, usize) {
        let masked = |items: &&[u32]| [latest(items, self.spec.seq_len), &[self.mask()]].concat();
        padded(&rows.iter().map(masked).collect::<Vec<_>>())
    }

    /// States at the masked places of some samples of like length. `[n_masked, d_model]`
    fn filled(&self, samples: &[&ClozeSample], noise: Noise) -> Tensor<2> {
        let (inputs, len) = padded(
            &samples
                .iter()
                .map(|sample| sample.inputs.clone())
                .collect::<Vec<_>>(),
        );
        let rows: Vec<usize> = samples.iter().map(|sample| sample.row).collect();
        let lengths: Vec<usize> = samples.iter().map(|sample| sample.inputs.len()).collect();
        let Bert4RecSpec {
            dropout: rate,
            attention_dropout: attention,
            ..
        } = self.spec;
        let drop = Dropout {
            rate,
            attention,
            noise,
            places: &places_of(&rows, &lengths, len),
        };
        let hidden = self.hidden(
            BatchCells {
                inputs: &inputs,
                n_rows: rows.len(),
                len,
            },
            Some(&drop),
            None,
        );
        let places = samples.iter().enumerate().flat_map(|(row, sample)| {
            let padding = row * len + len - sample.inputs.len();
            sample
                .hidden
                .iter()
                .map(move |(at, _)| (padding + at) as i32)
        });
        let places = index_tensor(places.collect(), &hidden.device());
        hidden.flatten::<2>(0, 1).select(0, places)
    }
}

impl Network for Bert4Rec {
    const KIND: &'static str = "bert4rec";

    /// Sun et al. 2019, eq. 8, with the mean over all hidden events of the batch instead of that
    /// over each sample first.
    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let cloze = self.cloze();
        let samples: Vec<ClozeSample> = histories
            .rows()
            .enumerate()
            .filter_map(|(row, items)| cloze.sample(row, items, noise))
            .collect();
        let (filled, targets) = states_of(&samples, |samples| self.filled(samples, noise))?;
        Some(attentive::gradients(
            self,
            self.headed(filled),
            self.output_vectors(),
            &targets,
            &self.objective,
            noise,
        ))
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        rows_at_a_time(
            &self.spec.sizes(),
            len.min(self.spec.seq_len) + 1,
            self.item.weight.dims()[0],
        )
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        self.prefix_scores(histories)
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        self.vectors_of_items()
    }

    /// The items' vectors without their biases, which say how popular an item is and not what it is
    /// like.
    fn item_table(&self) -> Option<ItemVectors> {
        let items = self.item.weight.val().slice_dim(0, 0..self.mask() as usize);
        let [_, width] = items.dims();
        let items = read(items.without_autodiff()).ok()?;
        Some(ItemVectors::of_rows(&items, width))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        Some(self.states_by_length(histories))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        self.prefix_step_scores(history)
    }

    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        self.prefix_attention(history)
    }

    fn stacked_attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        self.attention_of_answer(history).map(Some)
    }

    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        Some(self)
    }
}

impl TrainingSample for ClozeSample {
    fn len(&self) -> usize {
        self.inputs.len()
    }

    fn targets(&self) -> impl Iterator<Item = u32> {
        self.hidden.iter().map(|&(_, item)| item)
    }
}

impl PrefixModel for Bert4Rec {
    fn reach(&self) -> ([usize; 2], usize) {
        ([self.spec.n_layers, self.spec.n_heads], self.spec.seq_len)
    }

    /// Computes the states at a mask behind each history.
    fn states(&self, rows: &[&[u32]], maps: Option<&mut Vec<Tensor<4>>>) -> Tensor<2> {
        let (inputs, len) = self.masked_rows(rows);
        let hidden = self.hidden(
            BatchCells {
                inputs: &inputs,
                n_rows: rows.len(),
                len,
            },
            None,
            maps,
        );
        self.headed(hidden.slice_dim(1, -1..).squeeze_dim::<2>(1))
    }

    /// Vectors of padding and items, each with its bias behind. `[n_items + 1, d_model + 1]`
    fn output_vectors(&self) -> Tensor<2> {
        let items = self.item.weight.val().slice_dim(0, 0..self.mask() as usize);
        Tensor::cat(vec![items, self.bias.val().unsqueeze_dim(1)], 1)
    }

    /// Returns the look of the mask; what it gives to itself is shared out among the events.
    fn question_look(weights: Tensor<4>) -> Tensor<4> {
        let n_keys = weights.dims()[3] - 1;
        weights.slice_dim(2, -1..).slice_dim(3, 0..n_keys)
    }
}
