//! Why the queue cannot be changed as asked.

/// A change of the queue that is refused. Each sentence carries its cure; nothing was changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// Another program changes the queue and does not come to an end.
    #[error("the queue is being changed by another program; try again in a moment")]
    Busy,
    /// No entry of that number.
    #[error("the queue has no entry {number}; {}", known_numbers(known))]
    Unknown {
        /// Number that was asked for.
        number: u64,
        /// Numbers of its entries.
        known: Vec<u64>,
    },
    /// Nothing can be taken off an entry that has ended.
    #[error("entry {number} is {state} already; {cure}")]
    Over {
        /// Its number.
        number: u64,
        /// Word for its state.
        state: &'static str,
        /// Cure: what to do instead.
        cure: String,
    },
    /// An entry that is at work, or that waits, needs no second try.
    #[error("entry {number} is {state}, so it needs no second try")]
    NotOver {
        /// Its number.
        number: u64,
        /// Word for its state.
        state: &'static str,
    },
    /// An entry that is at work has no place among those that wait.
    #[error(
        "entry {number} is at work and has no place among those that wait; cancel it first, or \
         move another"
    )]
    AtWork {
        /// Its number.
        number: u64,
    },
    /// There is no such place among those that wait.
    #[error("there is no place {place} among the {n_open} entries that wait; count from 1")]
    Place {
        /// Place that was asked for.
        place: usize,
        /// Number of entries that wait.
        n_open: usize,
    },
}

fn known_numbers(known: &[u64]) -> String {
    if known.is_empty() {
        return "it is empty: `seqscope queue add FILE.ron` adds one".to_owned();
    }
    let numbers: Vec<String> = known.iter().map(u64::to_string).collect();
    format!("it has {}", numbers.join(", "))
}
