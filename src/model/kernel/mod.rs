//! Our own layers on the processor: forward and backward passes over plain slices.
//!
//! burn's CPU backend runs a step as hundreds of operations, each of which walks all of its memory
//! again, most of them on one thread. Here a layer is one pass over rows that stay in the cache:
//!
//! - A batch is cut into shards whose number does not depend on the machine; each goes forward and
//!   backward on one thread, and the gradients are added in the order of the shards. So the numbers
//!   do not depend on how many threads there are.
//! - Only real events are computed: rows of a shard stand one behind the other, without padding.
//! - What is multiplied goes through [`MatrixView`] products, what is not through loops that
//!   [`vectorized`] compiles for the instructions that this processor has.
//! - Memory comes from and goes back to a pool ([`Buffer`]).
//!
//! Every layer is compared with burn's autodiff by tests. A NaN in a state or a weight comes out as
//! NaN, by which the training loop recognises a diverged model; only a sparse product passes over
//! what it would multiply by 0.

mod adamw;
mod attention;
mod autoencoder;
mod buffer;
mod cross_entropy;
mod dense;
mod gru;
mod lstm;
mod mid_rank;
mod mult_vae;
mod norm;
mod output_likelihood;
mod product;
mod recurrent;
mod rnn;
mod shards;
mod sparse;
mod tanh_layer;
mod vector;

pub(crate) use adamw::{AdamWStep, sum_of_squares};
pub(crate) use attention::CausalAttention;
pub(crate) use autoencoder::{autoencoder_gradients, autoencoder_states};
pub(crate) use buffer::Buffer;
pub(crate) use cross_entropy::CrossEntropy;
pub(crate) use dense::{Dense, add_rows};
pub(crate) use gru::GruKernel;
pub(crate) use lstm::LstmKernel;
pub(crate) use mid_rank::{JudgedTarget, judged};
pub(crate) use mult_vae::{
    MultVaeLayers, VaeBatch, dense_vae_gradients, dense_vae_states, mult_vae_gradients,
    mult_vae_states,
};
pub(crate) use norm::{LayerNorm, NormTrace};
pub(crate) use output_likelihood::rows_of_logits;
pub(crate) use product::{MatrixMut, MatrixView, Onto, product};
pub(crate) use recurrent::{LayerGradients, RecurrentKernel, Trace};
pub(crate) use rnn::RnnKernel;
pub(crate) use shards::{on_threads, rows_over_shards, shards, sum_in_order, sums_over_shards};
pub(crate) use sparse::SparseRows;
pub(crate) use tanh_layer::DenseGradients;
pub(crate) use vector::{exp, sigmoid, tanh, vectorized};
