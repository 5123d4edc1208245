//! A generative adversarial network over sequences of few tokens, to make synthetic training
//! histories.
//!
//! The generator is an LSTM that first learns by maximum likelihood, as a plain language model.
//! Then it plays against an LSTM discriminator: tokens are drawn by the Gumbel-softmax (Kusner &
//! Hernández-Lobato 2016), so that gradients reach the generator without REINFORCE, and both sides
//! have the relativistic loss of `RelGAN` (Nie et al. 2019, eq. 6; standard form of
//! Jolicoeur-Martineau 2018). Against `RelGAN`: an LSTM in place of relational memory, an LSTM with
//! the mean of its states in place of a convolutional discriminator, and an end token, so that
//! lengths are learnt too.
//!
//! The REINFORCE of `SeqGAN` is unstable on large catalogues; this too is meant for small
//! alphabets, at most [`MAX_ITEMS`]. It works on the processor.

mod cell;
mod discriminator;
mod generator;
mod play;
#[cfg(test)]
mod tests;

pub use play::{Losses, Pass, Phase, SequenceGan, too_many_items};

use serde::{Deserialize, Serialize};

/// Most items that sequences may be made of.
pub const MAX_ITEMS: usize = 200;

/// The token that begins and ends every sequence.
const END: u32 = 0;

/// Settings of the network that makes synthetic histories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GanSpec {
    /// Length of each token's vector.
    pub d_token: usize,
    /// Units of generator and discriminator.
    pub d_hidden: usize,
    /// Most events of a synthetic history.
    pub max_len: usize,
    /// Histories in one step.
    pub batch_size: usize,
    /// Most passes of maximum likelihood.
    pub likelihood_epochs: usize,
    /// Passes of the play against the discriminator.
    pub adversarial_epochs: usize,
    /// Learning rate of maximum likelihood.
    pub likelihood_lr: f64,
    /// Learning rate of both sides of the play.
    pub adversarial_lr: f64,
    /// Sharpness of the mixtures at the end of the play.
    pub sharpness: f64,
}

impl Default for GanSpec {
    fn default() -> Self {
        Self {
            d_token: 32,
            d_hidden: 64,
            max_len: 40,
            batch_size: 64,
            likelihood_epochs: 60,
            adversarial_epochs: 20,
            likelihood_lr: 5e-3,
            adversarial_lr: 1e-4,
            sharpness: 100.0,
        }
    }
}

seqscope_base::spec::described! { GanSpec {
    d_hidden: Int { min: 2, max: 512 }, Core, "Units", "", "How many numbers generator and \
        discriminator carry from event to event.", "small alphabets need few";
    max_len: Int { min: 2, max: 200 }, Core, "Longest history", "events", "Most events of a \
        synthetic history; longer real ones are learnt from up to there.", "keeps a step fast";
    likelihood_epochs: Int { min: 1, max: 10_000 }, Core, "Likelihood epochs", "", "Most passes in \
        which the generator learns by maximum likelihood; it stops when a tenth of the histories, \
        held out, is predicted no better for three passes.", "RelGAN: up to 150";
    adversarial_epochs: Int { min: 0, max: 10_000 }, Core, "Adversarial epochs", "", "Passes in \
        which it plays against the discriminator; 0 leaves a plain language model.", "few: it drifts from the data with time";
    d_token: Int { min: 2, max: 512 }, More, "Token width", "", "Length of the vector that stands \
        for an item.", "RelGAN: 32";
    batch_size: Int { min: 1, max: 4096 }, More, "Batch size", "histories", "Histories in one step.", "RelGAN: 64";
    likelihood_lr: Float { min: 0.0, max: 1.0 }, More, "Likelihood learning rate", "", "Size of a \
        step of maximum likelihood.", "half of RelGAN's 0.01";
    adversarial_lr: Float { min: 0.0, max: 1.0 }, More, "Adversarial learning rate", "", "Size of \
        a step of both sides of the play.", "RelGAN: 0.0001";
    sharpness: Float { min: 1.0, max: 10_000.0 }, More, "Sharpness", "", "How near to a single \
        token the mixtures are at the end of the play; it grows from 1.", "RelGAN: 100 or 1000";
} }
