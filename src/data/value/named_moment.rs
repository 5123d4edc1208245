//! A moment as a setting writes it: a date, a time, or, where the times of a log only order, a
//! number.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::time::{self, MICROS_PER_SEC, TimeFormat};
use seqscope_base::spec::quotable;

/// Longest text that is kept: no moment is longer, and what is cut is refused when it is read.
const LONGEST: usize = 40;

/// A moment as it was written. The letters are held in place, so that a split stays a plain value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NamedMoment {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Default for NamedMoment {
    fn default() -> Self {
        Self {
            bytes: [0; LONGEST],
            len: 0,
        }
    }
}

impl From<&str> for NamedMoment {
    fn from(text: &str) -> Self {
        let text = text.trim();
        let text = text
            .get(..text.floor_char_boundary(LONGEST))
            .unwrap_or_default();
        let mut moment = Self {
            len: text.len(),
            ..Self::default()
        };
        moment
            .bytes
            .iter_mut()
            .zip(text.bytes())
            .for_each(|(slot, byte)| *slot = byte);
        moment
    }
}

impl NamedMoment {
    /// Text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    /// Seconds since 1970, or the number where times only order.
    ///
    /// # Errors
    /// A part of a sentence: why it is none, and what to write.
    pub(crate) fn secs(&self, only_orders: bool) -> Result<i64, String> {
        let text = self.text();
        if text.is_empty() {
            let example = if only_orders {
                "a whole number such as 500"
            } else {
                "a date such as 2024-02-01 (UTC)"
            };
            return Err(format!("no moment is named; write {example}"));
        }
        if only_orders {
            return text.parse().map_err(|_| {
                format!(
                    "`{}` is no whole number, and the times of this log only order its events; \
                     write a number as they have, or say how they are written in \
                     `data.time_format`",
                    quotable(text)
                )
            });
        }
        let micros = moment_micros(text)?;
        if micros % MICROS_PER_SEC != 0 {
            return Err(format!(
                "`{}` is no whole second; leave out what stands behind the point",
                quotable(text)
            ));
        }
        Ok(micros.div_euclid(MICROS_PER_SEC))
    }

    /// Seconds before it is known what the times of the log are: those of a date, or a number.
    pub(crate) fn secs_of_any(&self) -> Result<i64, String> {
        self.secs(false)
            .or_else(|why| self.secs(true).map_err(|_| why))
    }
}

impl fmt::Display for NamedMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for NamedMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

impl Serialize for NamedMoment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de> Deserialize<'de> for NamedMoment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// A moment as a person writes it, in microseconds since 1970: a date in one of the ways that logs
/// write it (UTC where no zone is named), or seconds since 1970 or their thousandths and
/// millionths.
///
/// # Errors
/// A part of a sentence: why it is none, and what to write.
pub(crate) fn moment_micros(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let seen = time::look(std::iter::once((text, None)));
    if seen
        .as_ref()
        .is_some_and(|seen| seen.reason == time::OrderReason::Nothing)
    {
        return Err(format!(
            "`{}` can be read with the month or the day first; write the year first, such as \
             2024-01-31",
            quotable(text)
        ));
    }
    let format = match seen.map(|seen| seen.format) {
        Some(TimeFormat::Order) => Some(TimeFormat::Seconds),
        Some(TimeFormat::Clock) => None,
        other => other,
    };
    let read = format.and_then(|format| {
        time::read(|| std::iter::once(text), &format)
            .ticks
            .into_iter()
            .flatten()
            .next()
    });
    read.ok_or_else(|| {
        format!(
            "`{}` is no moment; write a date such as 2024-01-31 or 2024-01-31T12:30:00Z",
            quotable(text)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_kept_and_read_when_it_is_needed() {
        let moment = NamedMoment::from(" 2024-02-01 ");
        assert_eq!(
            (moment.text(), moment.secs(false)),
            ("2024-02-01", Ok(1_706_745_600))
        );
        assert!(moment.secs(true).unwrap_err().contains("only order"));
        assert_eq!(NamedMoment::from("500").secs(true), Ok(500));
        assert_eq!(NamedMoment::from("-5").secs_of_any(), Ok(-5));
        for (text, words) in [
            ("", "no moment is named"),
            ("next week", "`next week` is no moment"),
            ("1/2/2024", "the year first"),
            ("2024-02-01T00:00:00.5Z", "no whole second"),
        ] {
            let why = NamedMoment::from(text).secs_of_any().unwrap_err();
            assert!(why.contains(words), "{why}");
        }
        let long = NamedMoment::from("年".repeat(30).as_str());
        assert_eq!(long.text().chars().count(), 13, "cut between letters");
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(
            (json.as_str(), serde_json::from_str(&json).ok()),
            ("\"2024-02-01\"", Some(moment))
        );
    }
}
