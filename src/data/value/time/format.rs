//! The ways to write a time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How times are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter)]
pub enum TimeFormat {
    /// Seconds since 1970-01-01 UTC.
    Seconds,
    /// Milliseconds since 1970-01-01 UTC.
    Milliseconds,
    /// Microseconds since 1970-01-01 UTC.
    Microseconds,
    /// Nanoseconds since 1970-01-01 UTC.
    Nanoseconds,
    /// Dates that say which part is which: ISO 8601, `2024/01/31 1:30 PM`, `20240131`,
    /// `31 Jan 2024`, web servers', e-mails'; UTC when no zone.
    Date,
    /// Dates in numbers with the year last and the month first, `1/31/2024 12:30`.
    MonthFirst,
    /// Dates in numbers with the year last and the day first, `31/1/2024 12:30`.
    DayFirst,
    /// Dates in numbers with a year of two digits first, `24-01-31 12:30`.
    YearFirst,
    /// A clock without a date, `12:30:05`: orders the events of one day.
    Clock,
    /// Days since 1899-12-30, as spreadsheets count them.
    SpreadsheetDays,
    /// Days since noon of 4714-11-24 BC, as astronomers and `SQLite` count them.
    JulianDays,
    /// Microseconds since 1601-01-01 UTC, as browsers of Chrome's kind keep them.
    WebkitMicroseconds,
    /// Tenths of microseconds since 1601-01-01 UTC, as Windows keeps them.
    FileTime,
    /// Tenths of microseconds since 0001-01-01, as .NET keeps them.
    DotNetTicks,
    /// Any number that only orders events (steps, minutes from an unknown origin).
    Order,
    /// Text of this pattern, in strftime's words: `%d/%b/%Y:%H:%M:%S %z`.
    // Not in the list of formats: it needs its text.
    #[strum(disabled)]
    Pattern(String),
}

/// Name for a person.
impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "seconds since 1970",
            Self::Milliseconds => "milliseconds since 1970",
            Self::Microseconds => "microseconds since 1970",
            Self::Nanoseconds => "nanoseconds since 1970",
            Self::Date => "date text",
            Self::MonthFirst => "date text, month first",
            Self::DayFirst => "date text, day first",
            Self::YearFirst => "date text, year of two digits first",
            Self::Clock => "a clock without a date",
            Self::SpreadsheetDays => "days of a spreadsheet",
            Self::JulianDays => "Julian days",
            Self::WebkitMicroseconds => "microseconds since 1601",
            Self::FileTime => "Windows file times",
            Self::DotNetTicks => ".NET ticks",
            Self::Order => "order only",
            Self::Pattern(pattern) => return write!(f, "text like {pattern}"),
        })
    }
}

impl TimeFormat {
    /// Whether times are no moments and only order the events.
    #[must_use]
    pub fn only_orders(&self) -> bool {
        matches!(self, Self::Order | Self::Clock)
    }

    /// The format that a text names: its name in any case, or a pattern, which has a `%`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        use strum::IntoEnumIterator;
        let text = text.trim();
        if text.contains('%') {
            let inside = text
                .strip_prefix("Pattern(")
                .and_then(|rest| rest.strip_suffix(')'))
                .unwrap_or(text);
            return Some(Self::Pattern(inside.trim().trim_matches('"').to_owned()));
        }
        Self::iter().find(|format| plain_word(&format!("{format:?}")) == plain_word(text))
    }
}

fn plain_word(text: &str) -> String {
    text.replace(['-', '_', ' '], "").to_lowercase()
}
