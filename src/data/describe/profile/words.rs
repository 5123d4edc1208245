//! Shares, spans of time and dates of a profile as a person reads them.

use super::GapBin;

/// A share: `12.3 %`.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        value if value > 0.0 && value < 0.05 => "less than 0.1 %".to_owned(),
        value => format!("{value:.1} %"),
    }
}

const UNITS: [(f64, &str); 5] = [
    (31_536_000.0, "years"),
    (86_400.0, "d"),
    (3_600.0, "h"),
    (60.0, "min"),
    (1.0, "s"),
];

/// A span of time in its largest unit, with one digit after the point where that says more:
/// `1.5 h`, `250 ms`.
pub(super) fn span(secs: f64) -> String {
    if secs > 0.0 && secs < 1.0 {
        return format!("{} ms", (secs * 1e5).round() / 100.0);
    }
    let (size, unit) = UNITS
        .into_iter()
        .find(|(size, _)| secs >= *size)
        .unwrap_or((1.0, "s"));
    let text = format!("{:.1}", secs / size);
    let number = text.strip_suffix(".0").unwrap_or(&text);
    format!(
        "{number} {}",
        if number == "1" && unit == "years" {
            "year"
        } else {
            unit
        }
    )
}

/// A day, counted from 1970-01-01, as a date.
pub(super) fn date(day: i64) -> String {
    let moment = day
        .checked_mul(86_400)
        .and_then(|secs| jiff::Timestamp::from_second(secs).ok());
    moment.map_or_else(
        || format!("day {day}"),
        |moment| moment.strftime("%Y-%m-%d").to_string(),
    )
}

impl GapBin {
    /// The range in words: `0 s`, `1 to 5 s`, `15 min to 1 h`, `from 3 years`; of a log with times
    /// between the seconds the first is `below 1 s`.
    #[must_use]
    pub fn label(&self, is_fine: bool) -> String {
        let from = span(self.from_secs as f64);
        let Some(until) = self.until_secs else {
            return format!("from {from}");
        };
        if until <= self.from_secs + 1 && self.from_secs == 0 {
            return if is_fine {
                format!("below {}", span(until as f64))
            } else {
                from
            };
        }
        let until = span(until as f64);
        match (from.split_once(' '), until.split_once(' ')) {
            (Some((number, unit)), Some((_, same))) if unit == same => {
                format!("{number} to {until}")
            }
            _ => format!("{from} to {until}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!(
            [0.0, 0.0001, 0.1234, 1.0].map(percent),
            ["0.0 %", "less than 0.1 %", "12.3 %", "100.0 %"]
        );
        assert_eq!(
            [0.0, 12.5, 60.0, 5_400.0, 86_400.0, 31_536_000.0, 1e9].map(span),
            [
                "0 s",
                "12.5 s",
                "1 min",
                "1.5 h",
                "1 d",
                "1 year",
                "31.7 years"
            ]
        );
        assert_eq!(
            (date(0), date(-1), date(i64::MAX)),
            (
                "1970-01-01".into(),
                "1969-12-31".into(),
                format!("day {}", i64::MAX)
            )
        );
        let label = |from_secs, until_secs| {
            GapBin {
                from_secs,
                until_secs,
                n_gaps: 0,
            }
            .label(false)
        };
        assert_eq!(
            (label(0, Some(1)), label(1, Some(5))),
            ("0 s".to_owned(), "1 to 5 s".to_owned())
        );
        assert_eq!(label(900, Some(3_600)), "15 min to 1 h");
        assert_eq!(
            GapBin {
                from_secs: 0,
                until_secs: Some(1),
                n_gaps: 0
            }
            .label(true),
            "below 1 s"
        );
        assert_eq!(
            [0.25, 0.000_04, 0.05].map(span),
            ["250 ms", "0.04 ms", "50 ms"]
        );
        assert_eq!(label(94_608_000, None), "from 3 years");
    }
}
