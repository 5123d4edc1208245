//! Elman's simple recurrent network as a next-item model with full-catalogue cross-entropy.

use super::recurrent::recurrent_family;
use crate::recurrent::Rnn;

recurrent_family! {
    RnnSpec, RnnNetwork, rnn: Rnn,
    title: "RNN",
    summary: "The plain recurrent network: a state that each event overwrites; it forgets sooner \
              than LSTM and GRU.",
    source: "Elman 1990, with tanh units and trained through all steps; the frame around it is the \
             LSTM's: full-catalogue cross-entropy and output weights tied to the item vectors",
    units: "How many numbers the network carries from event to event.", from "as the LSTM's: 128",
}
