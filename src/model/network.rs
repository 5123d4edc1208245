//! Interface of a family's burn module, by which [`Session`](super::session::Session) trains it.

use burn::optim::GradientsParams;
use burn::prelude::*;

use super::attribution::InputNetwork;
use super::item_vectors::ItemVectors;
use super::kernel::Buffer;
use super::{
    AttentionMaps, HeadPlace, HeadTerms, HiddenStates, ModelError, Rollout, StateTracks,
    StepInputs, random::Noise,
};
use seqscope_data::Histories;

/// The account of one batch. The tensors are plain, without autodiff.
pub(super) struct LossSums {
    /// Sum of the loss over predicted events, in nats: the negative log-likelihood; for a VAE the
    /// negative evidence lower bound, with beta as it stands at the step. `[1]`
    pub(super) loss: Tensor<1>,
    /// Number of predicted events.
    pub(super) n_events: usize,
    /// The two terms of the loss, where the model is variational.
    pub(super) bound: Option<BoundSums>,
}

/// Terms of the evidence lower bound of one batch, still apart.
pub(super) struct BoundSums {
    /// Sum of the Kullback–Leibler term over latent vectors, in nats, whatever of it the loss is
    /// charged. `[1]`
    pub(super) kl: Tensor<1>,
    /// Number of latent vectors: one a user, or in a sequential model one an event.
    pub(super) n_latent: usize,
    /// Sum of the reconstruction's negative log-likelihood over predicted events, in nats. `[1]`
    pub(super) nll: Tensor<1>,
}

/// A family's network.
///
/// Parameters live on a device with autodiff; evaluation runs on the copy that `valid()` gives.
/// Histories have been checked: every index is from 1 to the number of items.
pub(super) trait Network: Module {
    /// Name in weights files.
    const KIND: &'static str;

    /// Name in weights files of the parameter at this path in the module.
    fn name_in_files(path: &str) -> String {
        path.to_owned()
    }

    /// Gradients, for every parameter, of the mean loss an event of these training histories, and
    /// the loss itself, still on the device; `None` when they hold nothing to learn.
    fn gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)>;

    /// Computes [`Network::gradients`] on the processor by [our own layers](super::kernel): the
    /// same numbers but for rounding, faster.
    fn fused_gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        self.gradients(histories, inputs, noise)
    }

    /// Most rows of this length to be scored at a time, by the memory that they take.
    fn rows_at_a_time(&self, len: usize) -> usize;

    /// Scores after each history, `[n_rows, n_items + 1]`; of a network that is asked for something
    /// else, its answers, one row a question: `[n_asked, n_outputs]`.
    fn scores(&self, histories: &Histories) -> Tensor<2>;

    /// Returns the vectors that states are multiplied with to score the catalogue; `None` where
    /// scores are no such products.
    fn item_vectors(&self) -> Option<ItemVectors> {
        None
    }

    /// The state after each history whose products with [`Network::item_vectors`] are its scores,
    /// on the processor: `[n_rows, width]`. Asked of some thousand rows at a time, since working
    /// memory may grow with them.
    fn fused_states(&self, _histories: &Histories) -> Option<Buffer> {
        None
    }

    /// Scores after each of the history's last events: the place of the first row in the history,
    /// and `[n_rows, n_items + 1]`. The history is not empty.
    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>);

    /// Mean and log-variance of the latent vector of each history, `[n_rows, d_latent]`, if the
    /// network has one that is uncertain.
    fn latent(&self, _histories: &Histories) -> Option<[Tensor<2>; 2]> {
        None
    }

    /// The latent vector of each history that is decoded to its scores, `[n_rows, d_latent]`, if
    /// there is one: the mean of an uncertain one.
    fn codes(&self, histories: &Histories) -> Option<Tensor<2>> {
        self.latent(histories).map(|[mean, _]| mean)
    }

    /// Length of the latent vectors that [`Network::decoded`] takes.
    fn latent_width(&self) -> Option<usize> {
        None
    }

    /// Scores that latent vectors are decoded to, if the network has any. `[n_rows, d_latent]` to
    /// `[n_rows, n_items + 1]`
    fn decoded(&self, _latent: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// Returns a vector for each item, for a look at the catalogue: that which states are multiplied
    /// with, or of a network that is asked for something else that which goes in.
    fn item_table(&self) -> Option<ItemVectors> {
        self.item_vectors()
    }

    /// Values of the recurrent layers after each of the history's last events, the first layer
    /// first, if the network has any. The history is not empty.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when they cannot be read from the device.
    fn state_tracks(&self, _history: &Histories) -> Result<Option<Vec<StateTracks>>, ModelError> {
        Ok(None)
    }

    /// States of the last recurrent layer after each of the last events of each history, if the
    /// network has any.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when they cannot be read from the device.
    fn hidden_states(&self, _histories: &Histories) -> Result<Option<HiddenStates>, ModelError> {
        Ok(None)
    }

    /// Attention over the history, if the network has any.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the weights cannot be read from the device.
    fn attention(&self, _history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        Ok(None)
    }

    /// Attention in the one pass that answers after the history, where every row is what that place
    /// of the pass looked at, if blocks of attention lie on each other there. A last place that is
    /// no event, such as a mask, is a row and a column of its own.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the weights cannot be read from the device.
    fn stacked_attention(&self, _history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        Ok(None)
    }

    /// Terms of one attention head over the history, if the network has such a head and can tell.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when they cannot be read from the device.
    fn head_terms(
        &self,
        _history: &Histories,
        _head: HeadPlace,
    ) -> Result<Option<HeadTerms>, ModelError> {
        Ok(None)
    }

    /// The network as one whose answers can be attributed to the vectors that enter it, if it is.
    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        None
    }

    /// Scores of each of the next items, if the network foretells more than one by itself; another
    /// is rolled forward.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the scores cannot be read from the device.
    fn ahead(&self, _asked: &Rollout<'_>) -> Result<Option<Vec<Vec<f32>>>, ModelError> {
        Ok(None)
    }
}
