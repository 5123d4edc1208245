//! Sentences that stay until dismissed.

use super::Action;

/// Kind of a sentence to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done as asked.
    Done,
    /// Something could not be done.
    Error,
}

/// Identity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(pub u64);

/// One sentence with its cure, and the action that cures it where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Identity, by which it is dismissed.
    pub id: NoticeId,
    /// Kind of the sentence.
    pub tone: Tone,
    /// The sentence.
    pub sentence: String,
    /// The button that cures it: label and action.
    pub cure: Option<(String, Action)>,
}
