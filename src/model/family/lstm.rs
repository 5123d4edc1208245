//! LSTM next-item model with full-catalogue cross-entropy.

use super::recurrent::{RecurrentKind, RecurrentSpec};
use crate::recurrent::Lstm;

/// Settings of the LSTM.
pub type LstmSpec = RecurrentSpec<LstmKind>;

/// Words and layers of the LSTM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LstmKind;

impl RecurrentKind for LstmKind {
    type Layer = Lstm;

    const TITLE: &'static str = "LSTM";
    const SUMMARY: &'static str =
        "Reads the events one by one into a memory and scores what comes next after each.";
    const SOURCE: &'static str = "Hochreiter & Schmidhuber 1997; as a recommender GRU4Rec (Hidasi \
                                  & Karatzoglou 2018), with full-catalogue cross-entropy and \
                                  output weights tied to the item vectors";
    const UNITS: &'static str = "How many numbers the LSTM carries from event to event.";
    const UNITS_SOURCE: &'static str = "one wide layer beats several narrow ones";
}
