//! The one moment at which everybody is asked: who has a history before it, and how long they have
//! been silent.
//!
//! As in training, what happened before the moment is seen and nothing else; from the log's last
//! moment on, that is the whole log.

use super::{Prepared, Sample, TaskKind};
use crate::value::time::moment_text;
use crate::value::{MICROS_PER_SEC, moment_micros};
use seqscope_base::spec::{Problem, quotable};

/// A moment of a log, which divides what is seen from what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970, or a number that only orders; `None` in a log without times.
    secs: Option<i64>,
    /// Whether nothing of the log lies behind it.
    sees_all: bool,
    has_clock: bool,
}

impl Moment {
    /// Whether an event at this time is seen at the moment; every event is in a log without times.
    #[must_use]
    pub fn sees(&self, time_secs: i64) -> bool {
        self.secs.is_none_or(|secs| {
            if self.sees_all {
                time_secs <= secs
            } else {
                time_secs < secs
            }
        })
    }

    /// Text for a person, in UTC; the number in a log whose times only order, nothing in one
    /// without times.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.secs.map(|secs| moment_text(secs, self.has_clock))
    }
}

impl Prepared {
    /// The log's end: the moment of its last event.
    #[must_use]
    pub fn end(&self) -> Moment {
        let last = self
            .dataset
            .sequences
            .time_secs
            .as_deref()
            .and_then(|times| times.iter().max().copied());
        Moment {
            secs: last,
            sees_all: true,
            has_clock: self.dataset.has_clock(),
        }
    }

    /// The moment that a text names; the log's end where there is none, and for `now`.
    ///
    /// # Errors
    /// A [`Problem`] at `at` where the text is no moment, the log's times only order, or nothing is
    /// before it.
    pub fn moment(&self, text: Option<&str>) -> Result<Moment, Problem> {
        let has_clock = self.dataset.has_clock();
        let times = self.dataset.sequences.time_secs.as_deref().unwrap_or(&[]);
        let (first, last) = (times.iter().min().copied(), times.iter().max().copied());
        let named = text
            .map(str::trim)
            .filter(|text| !text.eq_ignore_ascii_case("now"));
        let Some(text) = named else {
            return Ok(self.end());
        };
        let (Some(first), Some(last), true) = (first, last, has_clock) else {
            let what = if times.is_empty() {
                "has no times"
            } else {
                "has times that only order its events"
            };
            return refused(format!(
                "this log {what}, so `{}` is no moment of it; leave `--at` out to ask at the log's \
                 end, or name a time column with dates in `data.roles.time` and train anew.",
                quotable(text)
            ));
        };
        let secs = match moment_micros(text) {
            Ok(micros) => micros.div_euclid(MICROS_PER_SEC),
            Err(why) => {
                return refused(format!(
                    "{why}, or leave `--at` out to ask at the log's end."
                ));
            }
        };
        if secs <= first {
            return refused(format!(
                "at {} nobody has a history: the log begins at {}; name a later moment, or leave \
                 `--at` out to ask at the log's end, {}.",
                moment_text(secs, true),
                moment_text(first, true),
                moment_text(last, true)
            ));
        }
        Ok(Moment {
            secs: Some(secs),
            sees_all: secs >= last,
            has_clock,
        })
    }

    /// Doubt about a moment: after the log's end nothing is known.
    #[must_use]
    pub fn doubt_of(&self, moment: Moment) -> Option<Problem> {
        let last = self
            .dataset
            .sequences
            .time_secs
            .as_deref()?
            .iter()
            .max()
            .copied()?;
        moment.secs.filter(|&secs| secs > last).map(|secs| {
            let sentence = format!(
                "the log ends at {}, before {}: everybody is taken as silent from then on; leave \
                 `--at` out to ask at the log's end.",
                moment_text(last, moment.has_clock),
                moment_text(secs, moment.has_clock)
            );
            Problem::warning("at", sentence)
        })
    }

    /// A user's question at a moment; `None` where no event is before it. What is true is not
    /// known.
    #[must_use]
    pub fn asked_of(&self, user: usize, moment: Moment, task: TaskKind) -> Option<Sample> {
        let sequences = &self.dataset.sequences;
        let n_events = sequences.items(user).len();
        let times = sequences.times(user);
        let history_len = match (moment.secs, times) {
            (Some(secs), Some(times)) if !moment.sees_all => {
                times.partition_point(|&time| time < secs)
            }
            _ => n_events,
        };
        let last = times.and_then(|times| times.get(history_len.checked_sub(1)?).copied());
        let elapsed = moment
            .secs
            .zip(last)
            .filter(|_| task == TaskKind::WillAct)
            .map_or(0, |(now, last)| now - last);
        (history_len > 0).then_some(Sample {
            user_idx: user as u32,
            history_len: history_len as u32,
            elapsed_secs: elapsed.max(0) as f32,
            target: f32::NAN,
        })
    }

    /// Everybody who has an event before a moment, in order.
    #[must_use]
    pub fn everyone_at(&self, moment: Moment, task: TaskKind) -> Vec<Sample> {
        (0..self.dataset.sequences.n_users())
            .filter_map(|user| self.asked_of(user, moment, task))
            .collect()
    }

    /// When the last event that a question sees was, as a person reads it; `None` in a log without
    /// times.
    #[must_use]
    pub fn last_event_of(&self, sample: &Sample) -> Option<String> {
        let times = self.dataset.sequences.times(sample.user_idx as usize)?;
        let last = times.get((sample.history_len as usize).checked_sub(1)?)?;
        Some(moment_text(*last, self.dataset.has_clock()))
    }
}

fn refused<T>(sentence: String) -> Result<T, Problem> {
    Err(Problem::error("at", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, Sequences};

    /// Two users: events at 10, 20, 30 and at 25.
    fn prepared() -> Prepared {
        let sequences = Sequences {
            offsets: vec![0, 3, 4],
            item_idx: vec![1, 2, 1, 2],
            time_secs: Some(vec![10, 20, 30, 25]),
            ..Sequences::default()
        };
        Prepared {
            dataset: Dataset {
                sequences,
                ..Dataset::default()
            },
            ..Prepared::default()
        }
    }

    #[test]
    fn what_lies_before_a_moment_is_seen_and_at_the_end_all() {
        let prepared = prepared();
        let asked = |text: Option<&str>| -> Vec<(u32, u32, f32)> {
            let moment = prepared.moment(text).unwrap();
            let samples = prepared.everyone_at(moment, TaskKind::WillAct);
            samples
                .iter()
                .map(|s| (s.user_idx, s.history_len, s.elapsed_secs))
                .collect()
        };
        let end = vec![(0, 3, 0.0), (1, 1, 5.0)];
        for text in [None, Some("now"), Some(" Now "), Some("30")] {
            assert_eq!(asked(text), end, "{text:?}");
        }
        // The event at 20 is not before 20; user 1 is not there yet.
        assert_eq!(asked(Some("1970-01-01T00:00:20Z")), [(0, 1, 10.0)]);
        assert_eq!(
            asked(Some("1970-01-01 00:00:26")),
            [(0, 2, 6.0), (1, 1, 1.0)]
        );
        assert_eq!(asked(Some("100")), [(0, 3, 70.0), (1, 1, 75.0)]);
        let of_items = prepared.everyone_at(prepared.moment(None).unwrap(), TaskKind::NextItem);
        assert!(
            of_items
                .iter()
                .all(|sample| sample.elapsed_secs.abs() < f32::EPSILON),
            "no time goes by there"
        );
    }

    #[test]
    fn a_moment_is_named_and_what_is_none_gets_one_sentence_with_the_cure() {
        let prepared = prepared();
        let moment = prepared.moment(None).unwrap();
        assert_eq!(moment.text().as_deref(), Some("1970-01-01T00:00:30Z"));
        assert_eq!(prepared.doubt_of(moment), None);
        assert!(moment.sees(30) && !moment.sees(31));
        let between = prepared.moment(Some("1970-01-01T00:00:20Z")).unwrap();
        assert!(between.sees(19) && !between.sees(20));
        let later = prepared.moment(Some("1970-01-02")).unwrap();
        assert!(
            prepared
                .doubt_of(later)
                .unwrap()
                .sentence()
                .contains("taken as silent")
        );
        for (text, words) in [
            (
                "tomorrow",
                "`tomorrow` is no moment; write a date such as 2024-01-31",
            ),
            ("", "is no moment"),
            ("2024-02-31", "is no moment"),
            ("1/2/2024", "write the year first"),
            (
                "1970-01-01T00:00:10Z",
                "the log begins at 1970-01-01T00:00:10Z",
            ),
            ("1969-12-31", "nobody has a history"),
        ] {
            let sentence = prepared.moment(Some(text)).unwrap_err().sentence();
            assert!(
                sentence.contains(words) && sentence.contains("leave `--at` out"),
                "{sentence}"
            );
        }
        let mut timeless = prepared;
        timeless.dataset.sequences.time_secs = None;
        assert_eq!(timeless.moment(None).unwrap().text(), None);
        assert_eq!(
            timeless
                .everyone_at(timeless.moment(None).unwrap(), TaskKind::NextItem)
                .len(),
            2
        );
        assert!(
            timeless
                .moment(Some("2024-01-31"))
                .unwrap_err()
                .sentence()
                .contains("has no times")
        );
    }
}
