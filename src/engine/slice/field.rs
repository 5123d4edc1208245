//! Names of an expression: what can be asked about a user, their question and its answer.

use std::borrow::Cow;

use strum::{EnumMessage as _, EnumProperty as _, IntoEnumIterator as _};

use seqscope_base::spec::{Entry, EntryWords};

/// Kind of value that a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum SliceValueKind {
    /// A number.
    #[strum(to_string = "a number")]
    Number,
    /// A text.
    #[strum(to_string = "a text")]
    Text,
    /// Yes or no: a condition by itself.
    #[strum(to_string = "a condition")]
    YesNo,
}

/// What follows a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// Nothing.
    Nothing,
    /// A text in brackets: `count("buy")`.
    Bracket,
    /// A number of places: `hit@10`.
    Places,
    /// The name of a column: `users.age`.
    Column,
}

/// A name of an expression over a user's question.
///
/// The question is the run's test question, and the history what the model sees before it; of users
/// whom the test does not ask, and of a run that was not judged on its test yet, see
/// [`super::SliceSource`].
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::EnumIter,
    strum::EnumMessage,
    strum::EnumProperty,
    strum::IntoStaticStr,
)]
pub enum SliceField {
    /// Id of the user.
    #[strum(
        serialize = "user",
        message = "User",
        detailed_message = "Id of the user, as in the log.",
        props(example = "user in (\"196\", \"305\")")
    )]
    User,
    /// Events of the history.
    #[strum(
        serialize = "length",
        message = "History length",
        detailed_message = "Events that the model sees before the question.",
        props(example = "length >= 20")
    )]
    Length,
    /// Different items of the history.
    #[strum(
        serialize = "distinct",
        message = "Distinct items",
        detailed_message = "Different items in the history.",
        props(example = "distinct < length")
    )]
    Distinct,
    /// Days from the first to the last event of the history.
    #[strum(
        serialize = "span_days",
        message = "Span of the history",
        detailed_message = "Days from the first to the last event of the history.",
        props(example = "span_days > 30")
    )]
    SpanDays,
    /// Days between the last two events of the history.
    #[strum(
        serialize = "last_gap_days",
        message = "Last gap",
        detailed_message = "Days between the last two events of the history; not known after a \
            single one.",
        props(example = "last_gap_days > 7")
    )]
    LastGapDays,
    /// Days from the last event of the history to the end of the log.
    #[strum(
        serialize = "days_since_last",
        message = "Days since the last event",
        detailed_message = "Days from the last event of the history to the last event of the \
            whole log.",
        props(example = "days_since_last > 30")
    )]
    DaysSinceLast,
    /// Item of the last event.
    #[strum(
        serialize = "last_item",
        message = "Last item",
        detailed_message = "Id of the item of the last event of the history.",
        props(example = "last_item = \"50\"")
    )]
    LastItem,
    /// Behaviour of the last event.
    #[strum(
        serialize = "last_behaviour",
        message = "Last behaviour",
        detailed_message = "Behaviour of the last event of the history.",
        props(example = "last_behaviour = \"cart\"")
    )]
    LastBehaviour,
    /// Value of the last event.
    #[strum(
        serialize = "last_value",
        message = "Last value",
        detailed_message = "Amount, rating or dwell of the last event of the history.",
        props(example = "last_value >= 4")
    )]
    LastValue,
    /// Mean of the values of the history.
    #[strum(
        serialize = "mean_value",
        message = "Mean value",
        detailed_message = "Mean of the values of the history, those that are missing left out.",
        props(example = "mean_value < 3")
    )]
    MeanValue,
    /// Whether a behaviour occurs in the history.
    #[strum(
        serialize = "has",
        message = "Has a behaviour",
        detailed_message = "Whether the behaviour in brackets occurs in the history.",
        props(example = "has(\"buy\")")
    )]
    Has,
    /// Events of a behaviour in the history.
    #[strum(
        serialize = "count",
        message = "Events of a behaviour",
        detailed_message = "Events of the behaviour in brackets in the history.",
        props(example = "count(\"buy\") >= 3")
    )]
    Count,
    /// Days from the last event of a behaviour to the end of the log.
    #[strum(
        serialize = "days_since",
        message = "Days since a behaviour",
        detailed_message = "Days from the last event of the behaviour in brackets to the last \
            event of the whole log; not known where it does not occur.",
        props(example = "days_since(\"buy\") > 90")
    )]
    DaysSince,
    /// Whether an item occurs in the history.
    #[strum(
        serialize = "had",
        message = "Had an item",
        detailed_message = "Whether the item in brackets, by its id, occurs in the history.",
        props(example = "had(\"50\")")
    )]
    Had,
    /// Item that comes next.
    #[strum(
        serialize = "target",
        message = "Target",
        detailed_message = "Id of the item that comes next: the right answer.",
        props(example = "target in (\"50\", \"181\")")
    )]
    Target,
    /// Title of the target.
    #[strum(
        serialize = "target_title",
        message = "Title of the target",
        detailed_message = "Title of the item that comes next.",
        props(example = "target_title contains \"alien\"")
    )]
    TargetTitle,
    /// Training events of the target.
    #[strum(
        serialize = "target_popularity",
        message = "Popularity of the target",
        detailed_message = "Training events of the item that comes next.",
        props(example = "target_popularity < 10")
    )]
    TargetPopularity,
    /// Tenth of the target by popularity.
    #[strum(
        serialize = "target_decile",
        message = "Popularity decile of the target",
        detailed_message = "1 where the target is among the least popular tenth of the items of \
            training, 10 where it is among the most popular; 0 for one that training does not \
            know.",
        props(example = "target_decile <= 3")
    )]
    TargetDecile,
    /// Behaviour of the target event.
    #[strum(
        serialize = "target_behaviour",
        message = "Behaviour of the target",
        detailed_message = "What is done with the item that comes next.",
        props(example = "target_behaviour = \"buy\"")
    )]
    TargetBehaviour,
    /// Value of the target event.
    #[strum(
        serialize = "target_value",
        message = "Value of the target",
        detailed_message = "Amount, rating or dwell of the event that comes next.",
        props(example = "target_value = 5")
    )]
    TargetValue,
    /// Days from the last event of the history to the target event.
    #[strum(
        serialize = "target_gap_days",
        message = "Gap before the target",
        detailed_message = "Days from the last event of the history to the event that comes next.",
        props(example = "target_gap_days < 1")
    )]
    TargetGapDays,
    /// Whether the user already had the target.
    #[strum(
        serialize = "is_return",
        message = "Target returns",
        detailed_message = "Whether the user already had the target in the history.",
        props(example = "not is_return")
    )]
    IsReturn,
    /// Whether training does not know the target.
    #[strum(
        serialize = "is_cold",
        message = "Target is cold",
        detailed_message = "Whether no training event has the target.",
        props(example = "is_cold")
    )]
    IsCold,
    /// Rank of the target by the run.
    #[strum(
        serialize = "rank",
        message = "Rank",
        detailed_message = "Rank that the run gave the target, from 1; ties share the middle of \
            their places, and a miss has an infinite rank.",
        props(example = "rank > 100")
    )]
    Rank,
    /// Whether the rank is at most so large.
    #[strum(
        serialize = "hit",
        message = "Hit at k",
        detailed_message = "Whether the rank is at most the number behind `@`.",
        props(example = "hit@10")
    )]
    Hit,
    /// Probability of the target, or of what came true.
    #[strum(
        serialize = "probability",
        message = "Probability",
        detailed_message = "Probability that the run gave the target over all items; of another \
            task the chance of what came true.",
        props(example = "probability < 0.001")
    )]
    Probability,
    /// Class that came true.
    #[strum(
        serialize = "truth",
        message = "True class",
        detailed_message = "Class that came true, of a run that answers with classes: yes or no \
            where it was asked whether the user acts.",
        props(example = "truth = \"yes\"")
    )]
    Truth,
    /// Class that the run answered.
    #[strum(
        serialize = "answered",
        message = "Answered class",
        detailed_message = "Class to which the run gave the highest chance; not known where two \
            are tied.",
        props(example = "answered = \"view\" and truth = \"buy\"")
    )]
    Answered,
    /// Number that the run said.
    #[strum(
        serialize = "predicted",
        message = "Predicted number",
        detailed_message = "Number that the run said, where it was asked for one.",
        props(example = "predicted > 24")
    )]
    Predicted,
    /// Distance of that number from the true one.
    #[strum(
        serialize = "error",
        message = "Error",
        detailed_message = "Distance of the predicted number from the true one.",
        props(example = "error > 48")
    )]
    Error,
    /// Column of the table of users.
    #[strum(
        serialize = "users",
        message = "Column of users",
        detailed_message = "Column of the table of users, by its name; names with other signs \
            than letters, digits and `_` stand in quotes.",
        props(example = "users.age < 30 and users.\"home town\" = \"Oslo\"")
    )]
    Users,
    /// Column of the table of items, of the target.
    #[strum(
        serialize = "items",
        message = "Column of items",
        detailed_message = "Column of the table of items, of the target.",
        props(example = "items.genre = \"Comedy\"")
    )]
    Items,
    /// Free column, of the last event.
    #[strum(
        serialize = "events",
        message = "Free column",
        detailed_message = "Free column of the log, of the last event of the history.",
        props(example = "events.channel = \"mail\"")
    )]
    Events,
}

/// What a log or run must have, so that a name can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Times that are moments.
    Clock,
    /// Behaviours of events.
    Behaviours,
    /// Values of events.
    Values,
    /// A target item: the task is the next item.
    Target,
    /// The results of the test.
    Results,
    /// Answers that are classes.
    Classes,
    /// Answers that are numbers.
    Numbers,
}

impl SliceField {
    /// Word that is written for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Expression that uses it.
    #[must_use]
    pub fn example(self) -> &'static str {
        self.get_str("example").unwrap_or_default()
    }

    /// Text that a person types for it, for completion: with `(`, `@` or `.` where that follows.
    #[must_use]
    pub fn typed(self) -> String {
        let after = match self.follows() {
            Follows::Nothing => "",
            Follows::Bracket => "(\"",
            Follows::Places => "@10",
            Follows::Column => ".",
        };
        format!("{}{after}", self.word())
    }

    /// The name of a word, in letters of either size.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::iter().find(|field| field.word().eq_ignore_ascii_case(word))
    }

    /// Whether it is an id of the log.
    pub(super) fn is_id(self) -> bool {
        matches!(self, Self::User | Self::LastItem | Self::Target)
    }

    pub(super) fn follows(self) -> Follows {
        if matches!(self, Self::Has | Self::Count | Self::DaysSince | Self::Had) {
            Follows::Bracket
        } else if self == Self::Hit {
            Follows::Places
        } else if matches!(self, Self::Users | Self::Items | Self::Events) {
            Follows::Column
        } else {
            Follows::Nothing
        }
    }

    /// Kind of its value; of a column what its file holds decides, and `None` is told.
    #[must_use]
    pub fn kind(self) -> Option<SliceValueKind> {
        use SliceField as F;
        Some(match self {
            F::User
            | F::LastItem
            | F::LastBehaviour
            | F::Target
            | F::TargetTitle
            | F::TargetBehaviour
            | F::Truth
            | F::Answered => SliceValueKind::Text,
            F::Has | F::Had | F::IsReturn | F::IsCold | F::Hit => SliceValueKind::YesNo,
            F::Length
            | F::Distinct
            | F::SpanDays
            | F::LastGapDays
            | F::DaysSinceLast
            | F::LastValue
            | F::MeanValue
            | F::Count
            | F::DaysSince
            | F::TargetPopularity
            | F::TargetDecile
            | F::TargetValue
            | F::TargetGapDays
            | F::Rank
            | F::Probability
            | F::Predicted
            | F::Error => SliceValueKind::Number,
            F::Users | F::Items | F::Events => return None,
        })
    }

    pub(super) fn needs(self) -> &'static [Need] {
        use Need::{Behaviours, Classes, Clock, Numbers, Results, Target, Values};
        use SliceField as F;
        match self {
            F::User | F::Length | F::Distinct | F::LastItem | F::Had | F::Users | F::Events => &[],
            F::SpanDays | F::LastGapDays | F::DaysSinceLast => &[Clock],
            F::LastBehaviour | F::Has | F::Count => &[Behaviours],
            F::DaysSince => &[Behaviours, Clock],
            F::LastValue | F::MeanValue => &[Values],
            F::Target
            | F::TargetTitle
            | F::TargetPopularity
            | F::TargetDecile
            | F::IsReturn
            | F::IsCold
            | F::Items => &[Target],
            F::TargetBehaviour => &[Target, Behaviours],
            F::TargetValue => &[Target, Values],
            F::TargetGapDays => &[Target, Clock],
            F::Rank | F::Hit | F::Probability => &[Results],
            F::Truth | F::Answered => &[Results, Classes],
            F::Predicted | F::Error => &[Results, Numbers],
        }
    }
}

impl Entry for SliceField {
    fn name(&self) -> &'static str {
        self.word()
    }

    fn words(&self) -> EntryWords {
        EntryWords {
            title: self.get_message().unwrap_or_default(),
            summary: Cow::Borrowed(self.get_detailed_message().unwrap_or_default()),
            source: "",
            elsewhere: "",
        }
    }

    fn notes(&self) -> Vec<String> {
        vec![format!("Written: {}", self.example())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::Expression;
    use seqscope_base::manual::Chapter;

    #[test]
    fn the_manual_names_every_name() {
        let chapter = Chapter::Slices.text();
        for field in SliceField::iter() {
            let word = field.word();
            let starts = ["`", "(\"", "@", "."].map(|end| format!("`{word}{end}"));
            assert!(
                starts.iter().any(|start| chapter.contains(start)),
                "the manual does not tell of `{word}`"
            );
        }
    }

    #[test]
    fn every_name_has_a_word_of_its_own_and_an_example_that_can_be_read() {
        let mut words: Vec<&str> = SliceField::iter().map(SliceField::word).collect();
        let n = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), n);
        for field in SliceField::iter() {
            let read = Expression::parse(field.example());
            assert!(read.is_ok(), "{}: {read:?}", field.example());
            assert!(field.example().contains(field.word()), "{field:?}");
            assert_eq!(
                SliceField::of_word(&field.word().to_uppercase()),
                Some(field)
            );
        }
    }
}
