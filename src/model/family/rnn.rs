//! Elman's simple recurrent network as a next-item model with full-catalogue cross-entropy.

use super::recurrent::{RecurrentKind, RecurrentSpec};
use crate::recurrent::Rnn;

/// Settings of the RNN.
pub type RnnSpec = RecurrentSpec<RnnKind>;

/// Words and layers of the RNN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RnnKind;

impl RecurrentKind for RnnKind {
    type Layer = Rnn;

    const TITLE: &'static str = "RNN";
    const SUMMARY: &'static str = "The plain recurrent network: a state that each event \
                                   overwrites; it forgets sooner than LSTM and GRU.";
    const SOURCE: &'static str = "Elman 1990, with tanh units and trained through all steps; the \
                                  frame around it is the LSTM's: full-catalogue cross-entropy and \
                                  output weights tied to the item vectors";
    const UNITS: &'static str = "How many numbers the network carries from event to event.";
    const UNITS_SOURCE: &'static str = "as the LSTM's: 128";
}
