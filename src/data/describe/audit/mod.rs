//! The leakage audit: what in a split could make figures better than they would be in use.
//!
//! Each check gives one [`Finding`], whatever it found, in the order of [`Check`]. All of them
//! together take one pass over the events or a few, and no list longer than the events.

mod fitted;
mod input;
mod moment;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use crate::dataset::{DataSpec, Prepared, Sequences};

/// Example rows that a finding shows.
const MOST_EXAMPLES: usize = 5;

/// Kinds of leak that the audit looks for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
)]
#[strum(serialize_all = "snake_case")]
pub enum Check {
    /// Training events later than the earliest test event.
    TrainingAfterTest,
    /// Items first seen after the earliest test event and trained all the same.
    ItemsAfterCut,
    /// Items of the vocabulary that no training event has.
    VocabularyBeyondTraining,
    /// Users and items that the k-core filter kept because of events that training does not see.
    FiltersFittedOnAll,
    /// Test questions whose history and answer another user's training begins with.
    IdenticalSequences,
    /// Questions whose answer stands in their own history.
    TargetInInput,
    /// Boundaries between input and target within one moment.
    TimeTies,
}

impl Check {
    /// Title of the check, for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::TrainingAfterTest => "Training later than the test",
            Self::ItemsAfterCut => "Items from after the cut",
            Self::VocabularyBeyondTraining => "Vocabulary beyond training",
            Self::FiltersFittedOnAll => "Filters fitted on all parts",
            Self::IdenticalSequences => "Identical sequences across users",
            Self::TargetInInput => "Target in its own input",
            Self::TimeTies => "Time ties across the split",
        }
    }
}

/// How much a finding matters.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
)]
#[strum(serialize_all = "lowercase")]
pub enum Verdict {
    /// Nothing was found.
    Pass,
    /// Worth knowing where figures are reported, or could not be told.
    Warn,
    /// Figures come out better than they would be in use.
    Fail,
}

/// A whole audit in one word: what is really wrong stands out from what is a choice.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::IntoStaticStr,
)]
#[strum(serialize_all = "lowercase")]
pub enum AuditMark {
    /// Nothing was found.
    Pass,
    /// A choice of protocol (each user cut at another moment), or what could not be told.
    Note,
    /// Worth knowing where figures are reported.
    Warn,
    /// Figures come out better than they would be in use.
    Leak,
}

/// One row that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakRow {
    /// Who acted, as in the log.
    pub user_id: String,
    /// On what, as in the log.
    pub item_id: String,
    /// Seconds since 1970, when the log has times.
    pub time_secs: Option<i64>,
    /// Which of the user's events it is, from 1.
    pub position: usize,
}

/// Result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check that was made.
    pub check: Check,
    /// How much it matters.
    pub verdict: Verdict,
    /// How many were found; each [`Check`] says of what.
    pub count: usize,
    /// Meaning of the result, and the cure.
    pub sentence: String,
    /// The first rows it is about, at most five.
    pub examples: Vec<LeakRow>,
}

/// Looks for every kind of leakage in a dataset and its split; `data` are the settings that made
/// it.
#[must_use]
pub fn audit(prepared: &Prepared, data: &DataSpec) -> Vec<Finding> {
    Check::iter()
        .map(|check| match check {
            Check::TrainingAfterTest => moment::training_after_test(prepared),
            Check::ItemsAfterCut => moment::items_after_cut(prepared),
            Check::VocabularyBeyondTraining => fitted::vocabulary(prepared),
            Check::FiltersFittedOnAll => fitted::filters(prepared, &data.clean),
            Check::IdenticalSequences => input::identical_sequences(prepared),
            Check::TargetInInput => input::target_in_input(prepared),
            Check::TimeTies => moment::time_ties(prepared),
        })
        .collect()
}

impl Finding {
    /// The worst verdict of an audit; `None` when there was none.
    #[must_use]
    pub fn worst(findings: &[Self]) -> Option<Verdict> {
        findings.iter().map(|finding| finding.verdict).max()
    }

    /// How an audit is marked; `None` when there was none.
    #[must_use]
    pub fn mark(findings: &[Self]) -> Option<AuditMark> {
        findings.iter().map(Self::own_mark).max()
    }

    /// How the finding alone is marked.
    #[must_use]
    pub fn own_mark(&self) -> AuditMark {
        match (self.check, self.verdict) {
            (_, Verdict::Pass) => AuditMark::Pass,
            // Older runs keep the choice of a protocol as a failure.
            (Check::TrainingAfterTest | Check::ItemsAfterCut, _) => AuditMark::Note,
            // What could not be told, since the log lacks what tells it.
            (_, Verdict::Warn) if self.count == 0 => AuditMark::Note,
            (_, Verdict::Warn) => AuditMark::Warn,
            (_, Verdict::Fail) => AuditMark::Leak,
        }
    }
}

/// An event by its user and its position, from 0.
type EventPlace = (usize, usize);

/// Rows found, of which the first few are kept.
#[derive(Default)]
struct LeakRows {
    count: usize,
    first: Vec<EventPlace>,
}

impl LeakRows {
    fn add(&mut self, user_idx: usize, position: usize) {
        self.count += 1;
        if self.first.len() < MOST_EXAMPLES {
            self.first.push((user_idx, position));
        }
    }

    fn finding(
        self,
        prepared: &Prepared,
        check: Check,
        verdict: Verdict,
        sentence: impl Into<String>,
    ) -> Finding {
        let examples = self
            .first
            .iter()
            .map(|place| row(prepared, *place))
            .collect();
        Finding {
            check,
            verdict,
            count: self.count,
            sentence: sentence.into(),
            examples,
        }
    }
}

fn row(prepared: &Prepared, place: EventPlace) -> LeakRow {
    let (user_idx, position) = place;
    let (dataset, sequences) = (&prepared.dataset, &prepared.dataset.sequences);
    let item_idx = sequences
        .items(user_idx)
        .get(position)
        .copied()
        .unwrap_or(0);
    LeakRow {
        user_id: dataset
            .users
            .id(user_idx as u32)
            .unwrap_or_default()
            .to_owned(),
        item_id: dataset.items.id(item_idx).unwrap_or_default().to_owned(),
        time_secs: sequences
            .times(user_idx)
            .and_then(|times| times.get(position))
            .copied(),
        position: position + 1,
    }
}

/// The place of each item's first event that `is_wanted`, in order of user and position; by item
/// index.
fn first_places(
    sequences: &Sequences,
    n_items: usize,
    is_wanted: impl Fn(EventPlace) -> bool,
) -> Vec<Option<EventPlace>> {
    let mut places = vec![None; n_items + 1];
    for user in 0..sequences.n_users() {
        for (position, &item) in sequences.items(user).iter().enumerate() {
            if let Some(slot) = places.get_mut(item as usize)
                && slot.is_none()
                && is_wanted((user, position))
            {
                *slot = Some((user, position));
            }
        }
    }
    places
}

/// Number of training events of a user.
fn train_len(prepared: &Prepared, user_idx: usize) -> usize {
    prepared
        .split
        .train_len
        .get(user_idx)
        .map_or(0, |&len| len as usize)
}
