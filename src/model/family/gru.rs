//! GRU next-item model with full-catalogue cross-entropy.

use super::recurrent::{RecurrentKind, RecurrentSpec};
use crate::recurrent::Gru;

/// Settings of the GRU.
pub type GruSpec = RecurrentSpec<GruKind>;

/// Words and layers of the GRU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GruKind;

impl RecurrentKind for GruKind {
    type Layer = Gru;

    const TITLE: &'static str = "GRU";
    const SUMMARY: &'static str =
        "As the LSTM with one gate less: a state that each event overwrites in part.";
    const SOURCE: &'static str = "Cho et al. 2014, with the reset gate after the recurrent product \
                                  (cuDNN, PyTorch); as a recommender GRU4Rec (Hidasi et al. 2016; \
                                  Hidasi & Karatzoglou 2018), with full-catalogue cross-entropy \
                                  and output weights tied to the item vectors";
    const UNITS: &'static str = "How many numbers the GRU carries from event to event.";
    const UNITS_SOURCE: &'static str = "as the LSTM's: 128";
}
