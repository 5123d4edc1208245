//! Encoder and decoder: what was done is read from both sides, and the next events are foretold one
//! by one.

mod asked;
mod cuts;

use burn::nn::{Embedding, LayerNorm};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::module::embedding;
use serde::{Deserialize, Serialize};
use strum::VariantNames as _;

use super::attentive::{self, PrefixModel, TrainingSample, rows_at_a_time, states_of};
use super::{ModelFamily, ModelStart, plain_memory, words};
use crate::attention::{
    Activation, BatchCells, Block, DecoderBlock, Dropout, Looks, NormPlace, Positions, Rotation,
    Sizes, causal_mask, dropped, head_problems, key_mask, mask_of_all, place_layer, place_vectors,
    through,
};
use crate::attribution::InputNetwork;
use crate::item_vectors::ItemVectors;
use crate::kernel::Buffer;
use crate::layers::{Axis, LayerShape, MAX_REPEATED, with_answer};
use crate::network::{LossSums, Network};
use crate::random::{EventPlace, Init, Noise};
use crate::weights::read;
use crate::window::{index_tensor, latest, padded, places_of};
use crate::{
    AttentionMaps, Blueprint, MemoryNeed, ModelError, Objective, OpenDevice, OptimizerSpec,
    Rollout, StepInputs, Trainable, Workload,
};
use cuts::{Cut, Cutter};
use seqscope_base::spec::Problem;
use seqscope_data::Histories;

/// Settings of the encoder and decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EncoderDecoderSpec {
    /// Length of each event's vector.
    pub d_model: usize,
    /// Number of blocks of the encoder, and of the decoder.
    pub n_layers: usize,
    /// Number of attention heads of each block.
    pub n_heads: usize,
    /// Width of the feed-forward layer.
    pub d_ff: usize,
    /// Number of latest events that the encoder reads.
    pub seq_len: usize,
    /// Number of next events that the decoder foretells.
    pub n_ahead: usize,
    /// Number of places at which a history is cut for a step.
    pub n_cuts: usize,
    /// Share of activations set to zero while training.
    pub dropout: f64,
    /// Share of attention weights set to zero while training.
    pub attention_dropout: f64,
    /// Place of the layer norms in a block.
    pub norm: NormPlace,
    /// Activation of the feed-forward layer.
    pub activation: Activation,
    /// Way in which it knows the places of events.
    pub positions: Positions,
}

impl Default for EncoderDecoderSpec {
    fn default() -> Self {
        Self {
            d_model: 64,
            n_layers: 2,
            n_heads: 2,
            d_ff: 256,
            seq_len: 100,
            n_ahead: 5,
            n_cuts: 4,
            dropout: 0.1,
            attention_dropout: 0.0,
            norm: NormPlace::After,
            activation: Activation::Relu,
            positions: Positions::Sinusoidal,
        }
    }
}

seqscope_base::spec::described! { EncoderDecoderSpec {
    d_model => words::WIDTH, "Ours for small data; Vaswani et al. 2017: 512";
    n_layers: Int { min: 1, max: 12 }, Core, "Blocks", "", "How many blocks the encoder has, and \
        as many the decoder.", "Ours for small data; Vaswani et al. 2017: 6";
    n_heads => words::HEADS, "Ours for small data; Vaswani et al. 2017: 8";
    d_ff => words::FEED_FORWARD, "Vaswani et al. 2017: 4 times the width";
    seq_len: Int { min: 2, max: 2000 }, Core, "Window", "events", "How many of the latest events the encoder reads.", "Ours; \
        half of the causal Transformer's, for it is read anew for every question";
    n_ahead: Int { min: 1, max: 50 }, Core, "Events ahead", "events", "How many of the next events \
        the decoder learns to foretell, one after the other.", "Ours";
    n_cuts: Int { min: 1, max: 64 }, More, "Cuts", "", "At how many places each history is cut in \
        a step into what is read and what is foretold.", "Ours";
    dropout => words::DROPOUT, "Vaswani et al. 2017: 0.1";
    attention_dropout => words::ATTENTION_DROPOUT, "Vaswani et al. 2017: none in the paper, 0.1 in \
        their code";
    norm: Choice(NormPlace::VARIANTS.to_vec()), More, "Norms", "", "Whether the layer norms of a \
        block stand before its layers, which trains easily, or after each sum.", "Vaswani et al. 2017: after";
    activation => words::ACTIVATION, "Vaswani et al. 2017: Relu";
    positions: Choice(Positions::VARIANTS.to_vec()), More, "Positions", "", "How encoder and \
        decoder know the places of events; without any the encoder sees a bag.", "Vaswani et al. 2017: Sinusoidal";
} }

impl EncoderDecoderSpec {
    fn sizes(&self) -> Sizes {
        let Self {
            d_model,
            n_heads,
            d_ff,
            norm,
            activation,
            ..
        } = *self;
        Sizes {
            d_model,
            n_heads,
            d_ff,
            norm,
            activation,
        }
    }

    /// Norm of the last states, where norms stand before the layers.
    fn last_norm(&self, name: &str, title: &str, events: &[Axis]) -> Option<LayerShape> {
        let is_before = self.norm == NormPlace::Before;
        is_before.then(|| LayerShape::new(title, events).norm(name, self.d_model))
    }
}

impl ModelFamily for EncoderDecoderSpec {
    fn title(&self) -> &'static str {
        "Encoder-decoder"
    }
    fn summary(&self) -> &'static str {
        "Reads the history from both sides and foretells the next events one after the other."
    }
    fn source(&self) -> &'static str {
        "Vaswani et al. 2017 (the first Transformer), with items for words and one table of item \
         vectors for encoder, decoder and output; places in the history count from the latest \
         event. Trained with the true events before each (teacher forcing), without label \
         smoothing; histories are cut at random places"
    }
    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape> {
        let Self {
            d_model,
            n_layers,
            seq_len,
            n_ahead,
            ..
        } = *self;
        let (cuts, width) = (Axis::Named("cuts of the batch"), Axis::Size(d_model));
        let (read, ahead) = (
            &[cuts, Axis::Size(seq_len), width],
            &[cuts, Axis::Size(n_ahead), width],
        );
        let items = LayerShape::new("Item embedding, with the start of decoding", read);
        let mut layers = vec![items.with("item.weight", [Axis::items(plan, 2), width])];
        layers.extend(place_layer(
            self.positions,
            "Positions read",
            "position",
            seq_len,
            read,
        ));
        for at in 0..n_layers.min(MAX_REPEATED) {
            layers.extend(self.sizes().layers(
                &format!("Encoder {}", at + 1),
                &format!("encoder.{at}"),
                read,
            ));
        }
        layers.extend(self.last_norm("encoder_norm", "Layer norm of the encoder", read));
        layers.extend(place_layer(
            self.positions,
            "Positions ahead",
            "ahead",
            n_ahead,
            ahead,
        ));
        for at in 0..n_layers.min(MAX_REPEATED) {
            let (title, name) = (format!("Decoder {}", at + 1), format!("decoder.{at}"));
            layers.extend(DecoderBlock::layers(&self.sizes(), &title, &name, ahead));
        }
        layers.extend(self.last_norm("norm", "Layer norm of the decoder", ahead));
        with_answer(layers, plan, ahead, None)
    }
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        // Every cut is a row of its own.
        let batch_size = work.batch_size * self.n_cuts;
        let rows = Workload {
            batch_size,
            ..*work
        };
        plain_memory(
            self.n_params(work.plan),
            2 * self.n_layers,
            &self.sizes(),
            &rows,
            self.seq_len + self.n_ahead,
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
        start.for_next_item(self, &largest, |init| EncoderDecoder::new(self, plan, init))
    }
}

/// The decoder's layers are numbered from here, so that none draws as one of the encoder.
const DECODER: usize = 1 << 10;

/// The network.
#[derive(Module, Debug)]
struct EncoderDecoder {
    /// `[n_items + 2, d_model]`: padding, the items, the start of decoding; but for the start also
    /// the output weights.
    item: Embedding,
    /// `[seq_len, d_model]`; the last row is the latest event. Where positions are learnt.
    position: Option<Embedding>,
    /// `[n_ahead, d_model]`; the first row is the next event. Where positions are learnt.
    ahead: Option<Embedding>,
    encoder: Vec<Block>,
    decoder: Vec<DecoderBlock>,
    /// After the encoder and after the decoder, where the norms stand before the layers.
    encoder_norm: Option<LayerNorm>,
    norm: Option<LayerNorm>,
    #[module(skip)]
    spec: EncoderDecoderSpec,
    #[module(skip)]
    objective: Objective,
}

/// Encoded histories.
struct Encoded {
    /// `[n_rows, len, d_model]`
    states: Tensor<3>,
    /// Added to the scores of the decoder's look at them. `[n_rows, 1, 1, len]`
    mask: Tensor<4>,
}

impl EncoderDecoder {
    fn new(spec: &EncoderDecoderSpec, plan: &Blueprint, init: &mut Init) -> Self {
        let n_items = plan.shape.n_items;
        let EncoderDecoderSpec {
            d_model,
            n_layers,
            seq_len,
            n_ahead,
            ..
        } = *spec;
        let learned = spec.positions == Positions::Learned;
        let before = spec.norm == NormPlace::Before;
        Self {
            item: init.item_embedding(n_items + 1, d_model),
            position: learned.then(|| init.embedding(seq_len, d_model)),
            ahead: learned.then(|| init.embedding(n_ahead, d_model)),
            encoder: (0..n_layers)
                .map(|_| Block::new(spec.sizes(), init))
                .collect(),
            decoder: (0..n_layers)
                .map(|_| DecoderBlock::new(spec.sizes(), init))
                .collect(),
            encoder_norm: before.then(|| init.layer_norm(d_model)),
            norm: before.then(|| init.layer_norm(d_model)),
            spec: spec.clone(),
            objective: plan.objective.clone(),
        }
    }

    /// Row of the item table from which decoding starts.
    fn start(&self) -> u32 {
        self.item.weight.dims()[0].saturating_sub(1) as u32
    }

    /// The vectors of what stands in the cells. `[n_rows, len, d_model]`
    fn items(&self, cells: BatchCells<'_>) -> Tensor<3> {
        let weights = self.item.weight.val();
        let inputs = cells.tensor(&weights.device());
        embedding(weights, inputs)
    }

    /// Encodes histories whose items have these vectors, `[n_rows, len, d_model]`.
    fn encode(
        &self,
        items: Tensor<3>,
        cells: BatchCells<'_>,
        drop: Option<&Dropout<'_>>,
    ) -> Encoded {
        let EncoderDecoderSpec {
            d_model,
            n_heads,
            seq_len,
            positions,
            ..
        } = self.spec;
        let device = &items.device();
        let places = seq_len - cells.len..seq_len;
        // Times the root of the width, as in the paper.
        let mut x = items.mul_scalar((d_model as f32).sqrt());
        if let Some(places) = place_vectors(
            positions,
            self.position.as_ref(),
            places.clone(),
            d_model,
            device,
        ) {
            x = x + places.unsqueeze(); // [n_rows, len, d_model]
        }
        let rotation = Rotation::for_positions(positions, places, d_model / n_heads, device);
        let looks = Looks {
            bias: mask_of_all(cells, device),
            rotation,
            drop,
        };
        let x = through(&self.encoder, dropped(x, drop, 0), &looks, None);
        let states = self
            .encoder_norm
            .as_ref()
            .map_or(x.clone(), |norm| norm.forward(x));
        Encoded {
            states,
            mask: key_mask(cells, device),
        }
    }

    /// State before each of the next events, `[n_rows, n_next, d_model]`, where `cells` holds the
    /// start and the events before each; the weights of each block's look at the history,
    /// `[n_rows, n_heads, n_next, len]`, go into `maps` when it is given.
    fn decode(
        &self,
        encoded: &Encoded,
        cells: BatchCells<'_>,
        drop: Option<&Dropout<'_>>,
        mut maps: Option<&mut Vec<Tensor<4>>>,
    ) -> Tensor<3> {
        let EncoderDecoderSpec {
            d_model,
            n_heads,
            positions,
            ..
        } = self.spec;
        let mut x = self.items(cells).mul_scalar((d_model as f32).sqrt());
        let device = &x.device();
        let places = 0..cells.len;
        if let Some(places) = place_vectors(
            positions,
            self.ahead.as_ref(),
            places.clone(),
            d_model,
            device,
        ) {
            x = x + places.unsqueeze();
        }
        let mut x = dropped(x, drop, DECODER);
        let rotation = Rotation::for_positions(positions, places, d_model / n_heads, device);
        // Padding stands behind what is foretold, where the mask hides it already.
        let full = vec![1; cells.inputs.len()];
        let looks = Looks {
            bias: causal_mask(
                BatchCells {
                    inputs: &full,
                    ..cells
                },
                device,
            ),
            rotation,
            drop,
        };
        let across = Looks {
            bias: encoded.mask.clone(),
            rotation: None,
            drop,
        };
        for (at, block) in self.decoder.iter().enumerate() {
            let (changed, weights) =
                block.forward(x, &encoded.states, [&looks, &across], DECODER + 1 + 3 * at);
            x = changed;
            if let Some(maps) = maps.as_deref_mut() {
                maps.push(weights);
            }
        }
        self.norm.as_ref().map_or(x.clone(), |norm| norm.forward(x))
    }

    /// Encodes the latest events of each history; of an empty one, one event of padding.
    fn encoded(&self, rows: &[&[u32]]) -> Encoded {
        let windows: Vec<Vec<u32>> = rows
            .iter()
            .map(|items| latest(items, self.spec.seq_len).to_vec())
            .collect();
        let (inputs, len) = padded(&windows);
        let cells = BatchCells {
            inputs: &inputs,
            n_rows: rows.len(),
            len,
        };
        self.encode(self.items(cells), cells, None)
    }

    /// States before each of the events to be foretold of some cuts of like length.
    /// `[n_events, d_model]`
    fn foretold(&self, cuts: &[&Cut], noise: Noise) -> Tensor<2> {
        let (pasts, len) = padded(&cuts.iter().map(|cut| cut.past.clone()).collect::<Vec<_>>());
        let rows: Vec<usize> = cuts.iter().map(|cut| cut.row).collect();
        let lengths: Vec<usize> = cuts.iter().map(|cut| cut.past.len()).collect();
        let EncoderDecoderSpec {
            n_ahead,
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
        let cells = BatchCells {
            inputs: &pasts,
            n_rows: rows.len(),
            len,
        };
        let encoded = self.encode(self.items(cells), cells, Some(&drop));

        let inputs: Vec<i32> = cuts
            .iter()
            .flat_map(|cut| cut.decoder_inputs(self.start(), n_ahead))
            .collect();
        let places: Vec<EventPlace> = rows
            .iter()
            .flat_map(|&row| (0..n_ahead).map(move |position| EventPlace { row, position }))
            .collect();
        let drop = Dropout {
            places: &places,
            ..drop
        };
        let cells = BatchCells {
            inputs: &inputs,
            n_rows: rows.len(),
            len: n_ahead,
        };
        let states = self
            .decode(&encoded, cells, Some(&drop), None)
            .flatten::<2>(0, 1);
        let real = cuts
            .iter()
            .enumerate()
            .flat_map(|(row, cut)| (0..cut.next.len()).map(move |at| row * n_ahead + at));
        let real = index_tensor(real.map(|place| place as i32).collect(), &states.device());
        states.select(0, real)
    }
}

impl Network for EncoderDecoder {
    const KIND: &'static str = "encoderdecoder";

    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let EncoderDecoderSpec {
            seq_len,
            n_ahead,
            n_cuts,
            ..
        } = self.spec;
        let cutter = Cutter {
            seq_len,
            n_ahead,
            n_cuts,
        };
        let cuts: Vec<Cut> = histories
            .rows()
            .enumerate()
            .flat_map(|(row, items)| cutter.cuts(row, items, noise))
            .collect();
        let (states, targets) = states_of(&cuts, |cuts| self.foretold(cuts, noise))?;
        Some(attentive::gradients(
            self,
            states,
            self.output_vectors(),
            &targets,
            &self.objective,
            noise,
        ))
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        rows_at_a_time(
            &self.spec.sizes(),
            len.clamp(1, self.spec.seq_len),
            self.item.weight.dims()[0],
        )
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        self.prefix_scores(histories)
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        self.vectors_of_items()
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

    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        Some(self)
    }

    /// Decodes step by step; when the decoder has foretold all that it learnt to, what it foretold
    /// joins the history.
    fn ahead(&self, asked: &Rollout<'_>) -> Result<Option<Vec<Vec<f32>>>, ModelError> {
        let (mut rows, mut path) = (Vec::with_capacity(asked.n_ahead), Vec::<u32>::new());
        let vectors = self.output_vectors().transpose();
        'blocks: while rows.len() < asked.n_ahead {
            let encoded = self.encoded(&[&[asked.items(), &path].concat()]);
            let mut inputs = vec![self.start() as i32];
            while inputs.len() <= self.spec.n_ahead && rows.len() < asked.n_ahead {
                let cells = BatchCells {
                    inputs: &inputs,
                    n_rows: 1,
                    len: inputs.len(),
                };
                let state = self
                    .decode(&encoded, cells, None, None)
                    .squeeze_dim::<2>(0)
                    .slice_dim(0, -1..);
                let row = read(state.matmul(vectors.clone()))?;
                let Some(item) = asked.choose(&row, &path) else {
                    break 'blocks;
                };
                rows.push(row);
                path.push(item);
                inputs.push(item as i32);
            }
        }
        Ok(Some(rows))
    }
}

impl TrainingSample for Cut {
    fn len(&self) -> usize {
        self.past.len()
    }

    fn targets(&self) -> impl Iterator<Item = u32> {
        self.next.iter().copied()
    }
}
