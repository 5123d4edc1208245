//! Sentences that stay until dismissed.

use super::Action;

/// What sort of sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done as asked.
    Done,
    /// Something could not be done.
    Error,
}

/// Which notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(pub u64);

/// One sentence with its cure, and the action that cures it where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Which.
    pub id: NoticeId,
    /// What sort.
    pub tone: Tone,
    /// The sentence.
    pub sentence: String,
    /// The button that cures it: label and action.
    pub cure: Option<(String, Action)>,
}
