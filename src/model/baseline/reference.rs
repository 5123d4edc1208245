//! The list of all references that run beside a model, whatever its task.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;

use super::BaselineKind;
use super::task::TaskReference;
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{Entry, EntryWords, FixedSetting};

/// A reference of some task. Its name in files is that of the one within; no two are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReferenceKind {
    /// One that ranks items.
    Item(BaselineKind),
    /// One that gives other answers.
    Task(TaskReference),
}

impl ReferenceKind {
    /// Every reference: those of items, then those of other answers.
    pub fn iter() -> impl Iterator<Item = Self> {
        BaselineKind::iter()
            .map(Self::Item)
            .chain(TaskReference::iter().map(Self::Task))
    }

    /// The reference that a model must beat to be worth its training: the plain one that is hard to
    /// beat.
    #[must_use]
    pub fn to_beat(answers: AnswerKind) -> Self {
        match answers {
            AnswerKind::Ranking => Self::Item(BaselineKind::MarkovWindow),
            AnswerKind::Classes => Self::Task(TaskReference::MarkovClass),
            AnswerKind::Binary => Self::Task(TaskReference::RecencyFrequency),
            AnswerKind::Number => Self::Task(TaskReference::MedianValue),
        }
    }

    /// The kind of answers that it gives.
    #[must_use]
    pub fn answers(self) -> AnswerKind {
        match self {
            Self::Item(_) => AnswerKind::Ranking,
            Self::Task(reference) => reference.answers(),
        }
    }

    fn entry(&self) -> &dyn Entry {
        match self {
            Self::Item(kind) => kind,
            Self::Task(reference) => reference,
        }
    }
}

impl Entry for ReferenceKind {
    fn name(&self) -> &'static str {
        self.entry().name()
    }

    fn words(&self) -> EntryWords {
        self.entry().words()
    }

    fn fixed(&self) -> Vec<FixedSetting> {
        self.entry().fixed()
    }
}

impl From<BaselineKind> for ReferenceKind {
    fn from(kind: BaselineKind) -> Self {
        Self::Item(kind)
    }
}

impl From<TaskReference> for ReferenceKind {
    fn from(reference: TaskReference) -> Self {
        Self::Task(reference)
    }
}

impl fmt::Display for ReferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(kind) => kind.fmt(f),
            Self::Task(reference) => reference.fmt(f),
        }
    }
}

impl FromStr for ReferenceKind {
    type Err = strum::ParseError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        name.parse()
            .map(Self::Item)
            .or_else(|_| name.parse().map(Self::Task))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn names_are_all_different_and_lead_back() {
        let names: BTreeSet<String> = ReferenceKind::iter().map(|kind| kind.to_string()).collect();
        assert_eq!(names.len(), ReferenceKind::iter().count());
        let counts: BTreeMap<ReferenceKind, usize> =
            ReferenceKind::iter().map(|kind| (kind, 1)).collect();
        let json = serde_json::to_string(&counts).unwrap();
        for kind in ReferenceKind::iter() {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert!(
                json.contains(&format!("\"{kind}\":1")),
                "files have the same name: {json}"
            );
            assert_eq!(
                ReferenceKind::to_beat(kind.answers()).answers(),
                kind.answers()
            );
        }
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            serde_json::from_value::<BTreeMap<ReferenceKind, usize>>(read).unwrap(),
            counts
        );
    }
}
