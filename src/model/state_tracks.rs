//! Values of recurrent layers over the events of a history, as plain numbers.

/// Value that every unit of a recurrent layer has after each event.
///
/// The names are those of the papers: Hochreiter & Schmidhuber 1997 with forget gates (Gers et al.
/// 2000) for the LSTM, Cho et al. 2014 for the GRU, Elman 1990 for the simple layer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::EnumIter, strum::Display,
)]
pub enum StateTrack {
    /// Share of the candidate that enters the cell of an LSTM.
    #[strum(to_string = "input gate")]
    InputGate,
    /// Share of its cell that an LSTM keeps.
    #[strum(to_string = "forget gate")]
    ForgetGate,
    /// Share of its squashed cell that an LSTM shows.
    #[strum(to_string = "output gate")]
    OutputGate,
    /// Share of the state before that the candidate of a GRU is made with.
    #[strum(to_string = "reset gate")]
    ResetGate,
    /// Share of the state before that a GRU keeps.
    #[strum(to_string = "update gate")]
    UpdateGate,
    /// Value that the gates let in.
    #[strum(to_string = "candidate")]
    Candidate,
    /// Memory of an LSTM.
    #[strum(to_string = "cell")]
    Cell,
    /// State that the layer above, or the output, reads.
    #[strum(to_string = "hidden state")]
    Hidden,
}

impl StateTrack {
    /// Smallest and largest value that it can take: a gate is a sigmoid, a candidate or hidden
    /// state a tanh or a mean of some; the cell of an LSTM is a sum without bound.
    #[must_use]
    pub fn range(self) -> Option<[f32; 2]> {
        match self {
            Self::InputGate
            | Self::ForgetGate
            | Self::OutputGate
            | Self::ResetGate
            | Self::UpdateGate => Some([0.0, 1.0]),
            Self::Candidate | Self::Hidden => Some([-1.0, 1.0]),
            Self::Cell => None,
        }
    }

    /// One sentence: what a value of it says.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::InputGate => "How much of the candidate enters the cell: 0 nothing, 1 all of it.",
            Self::ForgetGate => "How much of its cell a unit keeps: 0 nothing, 1 all of it.",
            Self::OutputGate => "How much of its cell a unit shows: 0 nothing, 1 all of it.",
            Self::ResetGate => {
                "How much of the state before the candidate is made with: 0 nothing, 1 all of it."
            }
            Self::UpdateGate => {
                "How much of the state before a unit keeps: 0 nothing, so that the candidate takes \
                 its place, 1 all of it."
            }
            Self::Candidate => "What the event would write, if the gates let it in.",
            Self::Cell => "What a unit remembers after the event.",
            Self::Hidden => "What the layer above, or the output, reads after the event.",
        }
    }
}

/// One value of every unit of one recurrent layer, over the last events of one history.
#[derive(Clone, Debug, PartialEq)]
pub struct StateTracks {
    /// Layer, from 0.
    pub layer: usize,
    /// Value.
    pub track: StateTrack,
    /// Units of the layer.
    pub n_units: usize,
    /// Position in the history of the first event shown.
    pub first: usize,
    /// Values after each event, oldest first. `[len, n_units]`
    pub values: Vec<f32>,
}

impl StateTracks {
    /// Number of events shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.n_units).unwrap_or(0)
    }

    /// Whether no event is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Values of all units after the event at `first + at`.
    #[must_use]
    pub fn row(&self, at: usize) -> &[f32] {
        self.values
            .get(at * self.n_units..(at + 1) * self.n_units)
            .unwrap_or(&[])
    }
}

/// One event of one of several histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateEvent {
    /// Row of the history.
    pub row: usize,
    /// Position of the event in it, from 0.
    pub position: usize,
}

/// States of the last recurrent layer after the last events of some histories.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HiddenStates {
    /// Units of the layer.
    pub width: usize,
    /// A state for each event. `[n_events, width]`
    pub values: Vec<f32>,
    /// Event that each state is of, in no particular order.
    pub events: Vec<StateEvent>,
}
