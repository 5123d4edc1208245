//! The words in which a setting describes itself: name, help, unit, range, source, current value.
//!
//! A leaf: it imports nothing of ours. Forms in the window, `seqscope describe`, `--set key=value`
//! and the checks of an experiment file all walk the same [`Field`]s, so a setting is described
//! once; and what can be chosen tells of itself as an [`Entry`]. Being the leaf, it also holds the little that every other module does in the same way:
//! named seeds, files that are written whole or not at all, the words of a caught panic and of a
//! file, foreign text as it may be shown (a [`Sentence`] keeps what it quotes apart from its words),
//! and counts as they are read.

mod caught;
mod entry;
mod field;
mod field_path;
mod problem;
mod quoted;
mod seed;
mod sentence;
mod shown;
mod thousands;
mod whole;

pub use caught::may_be_caught;
pub use caught::{guarded, words_of_panic};
pub use entry::{Entry, EntryWords, FixedSetting};
pub use field::{Described, Field, FieldGroup, FieldKind, SetError, Value, did_you_mean};
pub use field::{FieldValue, Wording, choice, described};
pub use field_path::FieldPath;
pub use problem::{Problem, ProblemKind, Severity};
pub use quoted::{quotable, quotable_reason};
pub use seed::derive_seed;
pub use sentence::{KeptParts, Sentence, SentencePart};
pub use shown::{ShownStream, shown, shown_lines};
pub use thousands::{counted, thousands};
pub use whole::write_whole;
