//! Sentences that stay until dismissed.

use super::Action;
use crate::spec::Severity;

/// Which notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(pub u64);

/// One sentence with its cure, and the action that cures it where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Which.
    pub id: NoticeId,
    /// How much it matters.
    pub severity: Severity,
    /// The sentence.
    pub sentence: String,
    /// The button that cures it: label and action.
    pub cure: Option<(String, Action)>,
}
