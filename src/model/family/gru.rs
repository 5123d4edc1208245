//! GRU next-item model with full-catalogue cross-entropy.

use super::recurrent::recurrent_family;
use crate::recurrent::Gru;

recurrent_family! {
    GruSpec, GruNetwork, gru: Gru,
    title: "GRU",
    summary: "As the LSTM with one gate less: a state that each event overwrites in part.",
    source: "Cho et al. 2014, with the reset gate after the recurrent product (cuDNN, PyTorch); as \
             a recommender GRU4Rec (Hidasi et al. 2016; Hidasi & Karatzoglou 2018), with \
             full-catalogue cross-entropy and output weights tied to the item vectors",
    units: "How many numbers the GRU carries from event to event.", from "as the LSTM's: 128",
}
