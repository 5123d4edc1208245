//! What the figures of a run, and the difference between two, may be trusted with: one mark, made of
//! checks that each say what they found and what cures it.

mod of_difference;
mod of_run;

use std::fmt::Write as _;

use super::{RunId, UserResult};

pub use of_difference::JudgedRun;
pub use of_run::next_seed;

/// Subject of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
pub enum TrustTopic {
    /// Whether the run came to its end and read the test part once.
    #[strum(to_string = "Test")]
    Test,
    /// Whether the audit found leaks.
    #[strum(to_string = "Audit")]
    Audit,
    /// Whether the split lets a model learn from the future of others.
    #[strum(to_string = "Split")]
    Split,
    /// Whether the order of equal times decides test targets.
    #[strum(to_string = "Ties")]
    Ties,
    /// Among which items the true one was ranked.
    #[strum(to_string = "Candidates")]
    Candidates,
    /// What became of targets that the user already had.
    #[strum(to_string = "Returned targets")]
    ReturnedTargets,
    /// Whether the spread over seeds is known.
    #[strum(to_string = "Seeds")]
    Seeds,
    /// Whether enough users were asked for an interval.
    #[strum(to_string = "Intervals")]
    Intervals,
    /// Whether classical references stand beside it, and which are ahead.
    #[strum(to_string = "References")]
    References,
    /// How much energy the training took.
    #[strum(to_string = "Energy")]
    Energy,
    /// Other warnings of the run.
    #[strum(to_string = "Warnings")]
    Warnings,
    /// Whether the figures of two runs answer the same questions in the same way.
    #[strum(to_string = "Comparable")]
    Comparable,
    /// Whether the users can tell the difference of two runs from none.
    #[strum(to_string = "Difference")]
    Difference,
    /// Whether both runs were picked from among as many trials.
    #[strum(to_string = "Trials")]
    Trials,
    /// What lacks in each of two runs by itself.
    #[strum(to_string = "Runs")]
    Runs,
}

/// How a check came out, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
pub enum TrustMark {
    /// Nothing stands in the way.
    #[strum(to_string = "held")]
    Held,
    /// To be said beside the figures.
    #[strum(to_string = "say")]
    Say,
    /// The figures are not to be published before it is cured.
    #[strum(to_string = "lacks")]
    Lacks,
}

/// Something that can be done about a check at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustCure {
    /// Go on with the run to its end.
    Resume,
    /// Train its experiment once more with the next seed.
    AnotherSeed,
    /// Take its experiment as the draft, to be changed.
    Change,
}

/// Whether the answers to a run's test questions are still in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptAnswers {
    /// They can be read.
    Kept,
    /// Their file is not there.
    Missing,
}

impl KeptAnswers {
    /// Whether these, as they were read, are the answers.
    #[must_use]
    pub fn of(results: &[UserResult]) -> Self {
        if results.is_empty() {
            Self::Missing
        } else {
            Self::Kept
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustCheck {
    /// Subject of it.
    pub topic: TrustTopic,
    /// How it came out.
    pub mark: TrustMark,
    /// What was found and, where something is amiss, the cure.
    pub sentence: String,
    /// What can be done at once.
    pub cure: Option<TrustCure>,
    /// The run to which it can be done.
    pub run: Option<RunId>,
}

impl TrustCheck {
    fn held(topic: TrustTopic, sentence: impl Into<String>) -> Self {
        Self {
            topic,
            mark: TrustMark::Held,
            sentence: sentence.into(),
            cure: None,
            run: None,
        }
    }

    fn say(topic: TrustTopic, sentence: impl Into<String>) -> Self {
        Self {
            mark: TrustMark::Say,
            ..Self::held(topic, sentence)
        }
    }

    fn lacks(topic: TrustTopic, sentence: impl Into<String>, cure: TrustCure) -> Self {
        Self {
            mark: TrustMark::Lacks,
            cure: Some(cure),
            ..Self::held(topic, sentence)
        }
    }

    fn with_cure(self, cure: TrustCure) -> Self {
        Self {
            cure: Some(cure),
            ..self
        }
    }

    fn about(self, run: &RunId) -> Self {
        Self {
            run: Some(run.clone()),
            ..self
        }
    }
}

/// Checks of a run or of a difference, one a topic and in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustBadge {
    /// The checks.
    pub checks: Vec<TrustCheck>,
}

impl TrustBadge {
    /// The check of a topic.
    #[must_use]
    pub fn check(&self, topic: TrustTopic) -> Option<&TrustCheck> {
        self.checks.iter().find(|check| check.topic == topic)
    }

    /// The worst mark of all.
    #[must_use]
    pub fn mark(&self) -> TrustMark {
        let marks = self.checks.iter().map(|check| check.mark);
        marks.max().unwrap_or(TrustMark::Lacks)
    }

    /// The badge in a few words: `2 lacking, 1 to be said`.
    #[must_use]
    pub fn words(&self) -> String {
        let of = |mark: TrustMark| {
            self.checks
                .iter()
                .filter(|check| check.mark == mark)
                .count()
        };
        match (of(TrustMark::Lacks), of(TrustMark::Say)) {
            (0, 0) => "all checks held".to_owned(),
            (0, said) => format!("{said} to be said"),
            (lacking, 0) => format!("{lacking} lacking"),
            (lacking, said) => format!("{lacking} lacking, {said} to be said"),
        }
    }

    /// The badge as a page of Markdown: what lacks first, each check with its sentence.
    #[must_use]
    pub fn markdown(&self, title: &str) -> String {
        let mut text = format!("# {title}\n\n{}\n", self.words());
        for mark in [TrustMark::Lacks, TrustMark::Say, TrustMark::Held] {
            for check in self.checks.iter().filter(|check| check.mark == mark) {
                let _ = write!(text, "\n- **{}** ({mark}): {}", check.topic, check.sentence);
            }
        }
        text.push('\n');
        text
    }
}
