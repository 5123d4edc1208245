//! Whatever is known of each question, in words that a person reads.

use std::sync::Arc;

/// One thing that is known of every question, by which a tree may divide them.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleFeature {
    /// Name that fits before "is": `the last behaviour`.
    pub name: String,
    /// Its values.
    pub values: RuleValues,
}

/// Values of a feature, one for each question.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleValues {
    /// Numbers; NaN where one is unknown.
    Numbers {
        /// The numbers.
        of: Vec<f64>,
        /// What they count.
        unit: RuleUnit,
    },
    /// Words, of which a question may have several, or none where they are unknown.
    Words {
        /// Numbers of the words of each question.
        of: Vec<Vec<u32>>,
        /// The words.
        names: Arc<Vec<String>>,
    },
}

/// Thing that a number counts, which decides how it is written and what is round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleUnit {
    /// Whole things.
    Count,
    /// Seconds.
    Seconds,
    /// Hours of the day, from 0, in UTC.
    Hour,
    /// Any number.
    Number,
}

/// Test of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RuleTest {
    /// Whether a number is known and below this.
    Under(f64),
    /// Whether this word is among those of the question.
    Is(u32),
}

impl RuleValues {
    /// Whether a question passes a test.
    #[must_use]
    pub fn passes(&self, test: RuleTest, question: usize) -> bool {
        match (self, test) {
            (Self::Numbers { of, .. }, RuleTest::Under(threshold)) => {
                of.get(question).is_some_and(|number| *number < threshold)
            }
            (Self::Words { of, .. }, RuleTest::Is(word)) => {
                of.get(question).is_some_and(|words| words.contains(&word))
            }
            (Self::Numbers { .. }, RuleTest::Is(_)) | (Self::Words { .. }, RuleTest::Under(_)) => {
                false
            }
        }
    }

    /// Whether some values are unknown.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Numbers { of, .. } => of.iter().any(|number| number.is_nan()),
            Self::Words { of, .. } => of.iter().any(Vec::is_empty),
        }
    }

    /// Whether a question may have several words.
    #[must_use]
    pub fn has_several(&self) -> bool {
        match self {
            Self::Numbers { .. } => false,
            Self::Words { of, .. } => of.iter().any(|words| words.len() > 1),
        }
    }
}

/// Spans of time that read well, in seconds, the longest first.
const ROUND_SPANS: [f64; 20] = [
    365.0 * DAY,
    100.0 * DAY,
    30.0 * DAY,
    10.0 * DAY,
    7.0 * DAY,
    5.0 * DAY,
    2.0 * DAY,
    DAY,
    12.0 * HOUR,
    6.0 * HOUR,
    3.0 * HOUR,
    HOUR,
    30.0 * MINUTE,
    10.0 * MINUTE,
    5.0 * MINUTE,
    MINUTE,
    30.0,
    10.0,
    5.0,
    1.0,
];
const DAY: f64 = 86_400.0;
const HOUR: f64 = 3600.0;
const MINUTE: f64 = 60.0;

impl RuleUnit {
    /// The roundest number above `low` and at most `high`: "under it" then divides as every other
    /// number between the two would, and reads better.
    pub(super) fn between(self, low: f64, high: f64) -> f64 {
        let multiple =
            |step: f64| Some((high / step).floor() * step).filter(|t| low < *t && *t <= high);
        let found = match self {
            Self::Seconds => ROUND_SPANS.into_iter().find_map(multiple),
            Self::Count | Self::Hour | Self::Number => {
                let largest = low.abs().max(high.abs()).max(f64::MIN_POSITIVE);
                let digits = largest.log10().ceil() as i32;
                (digits - 9..=digits)
                    .rev()
                    .find_map(|digit| multiple(10_f64.powi(digit)))
            }
        };
        found.unwrap_or(high)
    }

    /// A threshold in words.
    #[must_use]
    pub fn words(self, number: f64) -> String {
        match self {
            Self::Count => seqscope_base::spec::thousands(number.max(0.0) as usize),
            Self::Hour => format!("{number:02}:00 UTC"),
            Self::Seconds => span(number),
            Self::Number => plain(number),
        }
    }
}

/// A span of time in the largest unit of which it is so many, with one decimal at most; a long one
/// that is so many of none in the largest there is.
fn span(secs: f64) -> String {
    let units = [
        (DAY, "day"),
        (HOUR, "hour"),
        (MINUTE, "minute"),
        (1.0, "second"),
    ];
    let is_short = secs < HOUR;
    let reads_well =
        |unit: f64| secs >= unit && (10.0 * secs / unit).fract() == 0.0 && (is_short || unit > 1.0);
    let (unit, name) = units
        .iter()
        .find(|(unit, _)| reads_well(*unit))
        .or_else(|| units.iter().find(|(unit, _)| secs >= *unit))
        .unwrap_or(&units[3]);
    let n = secs / unit;
    let s = if (n - 1.0).abs() < f64::EPSILON {
        ""
    } else {
        "s"
    };
    format!("{} {name}{s}", plain(n))
}

/// A number without digits that say nothing.
fn plain(number: f64) -> String {
    let digits = if number.fract() == 0.0 {
        0
    } else {
        let size = number.abs().log10().floor() as i32;
        (3 - size).clamp(1, 9) as usize
    };
    let text = format!("{number:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_round_and_divides_as_any_between_would() {
        for (unit, low, high, round) in [
            (RuleUnit::Number, 3.2, 17.9, 10.0),
            (RuleUnit::Number, 1.24, 1.37, 1.3),
            (RuleUnit::Number, -1.0, 2.0, 0.0),
            (RuleUnit::Number, 4.0, 5.0, 5.0),
            (RuleUnit::Seconds, 86_000.0, 200_000.0, 2.0 * DAY),
            (RuleUnit::Seconds, 4.0, 5.0, 5.0),
            (RuleUnit::Seconds, 3601.0, 3659.5, 3630.0),
        ] {
            let found = unit.between(low, high);
            assert!((found - round).abs() < 1e-9, "{low} {high}: {found}");
        }
        for at in 0..2000_u32 {
            let low = f64::from(at * 7919 % 1013) / 7.0 - 40.0;
            let high = low + f64::from(at % 29 + 1) / 13.0;
            for unit in [RuleUnit::Seconds, RuleUnit::Number, RuleUnit::Count] {
                let t = unit.between(low, high);
                assert!(low < t && t <= high, "{low} {t} {high}");
            }
        }
    }

    #[test]
    fn thresholds_read_well() {
        let secs = |n: f64| RuleUnit::Seconds.words(n);
        assert_eq!(secs(2.0 * DAY), "2 days");
        assert_eq!(secs(DAY), "1 day");
        assert_eq!(secs(36.0 * HOUR), "1.5 days");
        assert_eq!(secs(750.0 * MINUTE), "12.5 hours");
        assert_eq!(secs(1378.0), "1378 seconds");
        assert_eq!(secs(0.0), "0 seconds");
        assert_eq!(secs(90_061.5), "1.042 days");
        assert_eq!(RuleUnit::Count.words(1234.0), "1,234");
        assert_eq!(RuleUnit::Hour.words(6.0), "06:00 UTC");
        assert_eq!(RuleUnit::Number.words(0.012_345), "0.01235");
        assert_eq!(RuleUnit::Number.words(-2.5), "-2.5");
    }

    #[test]
    fn what_is_unknown_passes_no_test() {
        let numbers = RuleValues::Numbers {
            of: vec![1.0, f64::NAN],
            unit: RuleUnit::Count,
        };
        assert!(numbers.passes(RuleTest::Under(2.0), 0));
        assert!(!numbers.passes(RuleTest::Under(2.0), 1));
        assert!(!numbers.passes(RuleTest::Is(0), 0) && numbers.has_unknown());
        let words = RuleValues::Words {
            of: vec![vec![0, 2], vec![]],
            names: Arc::default(),
        };
        assert!(words.passes(RuleTest::Is(2), 0) && !words.passes(RuleTest::Is(2), 1));
        assert!(words.has_several() && words.has_unknown());
    }
}
