//! LSTM next-item model with full-catalogue cross-entropy.

use super::recurrent::recurrent_family;
use crate::recurrent::Lstm;

recurrent_family! {
    LstmSpec, LstmNetwork, lstm: Lstm,
    title: "LSTM",
    summary: "Reads the events one by one into a memory and scores what comes next after each.",
    source: "Hochreiter & Schmidhuber 1997; as a recommender GRU4Rec (Hidasi & Karatzoglou 2018), \
             with full-catalogue cross-entropy and output weights tied to the item vectors",
    units: "How many numbers the LSTM carries from event to event.", from "one wide layer beats several narrow ones",
}
