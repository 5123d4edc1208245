//! Numbers, times and sizes as a person reads them: each kind is written in one way, wherever it
//! stands.

use seqscope_base::metric::statistics::Interval;
pub use seqscope_base::spec::{counted, thousands as count};

/// Stands where there is no number.
pub const NONE: &str = "–";

/// A metric, with four digits after the point.
#[must_use]
pub fn metric(value: f64) -> String {
    decimals(value, 4)
}

/// A metric that may be missing.
#[must_use]
pub fn optional_metric(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), metric)
}

/// A difference of metrics, with its sign.
#[must_use]
pub fn gain(value: f64) -> String {
    signed(metric(value), value)
}

/// Bounds of a metric: `0.1021 to 0.1334`.
#[must_use]
pub fn interval(of: Interval) -> String {
    format!("{} to {}", metric(of.low), metric(of.high))
}

/// A p-value: one too small for four digits is only said to be below them.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "< 0.0001".to_owned()
    } else {
        metric(p)
    }
}

/// A standardised effect, with its sign.
#[must_use]
pub fn effect_size(value: f64) -> String {
    signed(decimals(value, 2), value)
}

/// A share: `12.3 %`; one that is there but too small for that is said to be so.
#[must_use]
pub fn share(value: f64) -> String {
    if value > 0.0 && value < 0.0005 {
        return "< 0.1 %".to_owned();
    }
    percent(value, 1)
}

/// A probability, which may be a small one of many: `0.04 %`.
#[must_use]
pub fn probability(value: f64) -> String {
    if value > 0.0 && value < 0.000_05 {
        return "< 0.01 %".to_owned();
    }
    percent(value, 2)
}

/// A difference as a share of what it is a difference from: `+12.3 %`.
#[must_use]
pub fn relative(value: f64) -> String {
    signed(percent(value, 1), value)
}

/// Bounds of a relative difference.
#[must_use]
pub fn relative_interval(of: Interval) -> String {
    format!("{} to {}", relative(of.low), relative(of.high))
}

/// A span of time in its two largest units: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`.
#[must_use]
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return NONE.to_owned();
    }
    let whole = secs.round() as u64;
    match whole {
        _ if secs < 9.95 => format!("{secs:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A moment in seconds since 1970: `2026-11-22 14:32` (UTC).
#[must_use]
pub fn moment(secs: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_second(secs) else {
        return NONE.to_owned();
    };
    moment.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Size of a file or of memory: `24.6 MB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    const STEPS: [(f64, &str); 3] = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let size = n as f64;
    match STEPS.into_iter().find(|(step, _)| size >= *step) {
        Some((step, unit)) => {
            let scaled = size / step;
            let digits = match scaled {
                of if of < 10.0 => 2,
                of if of < 100.0 => 1,
                _ => 0,
            };
            format!("{scaled:.digits$} {unit}")
        }
        None => format!("{n} bytes"),
    }
}

/// A metric and how far chance scatters it: `0.1021 ± 0.0113`.
#[must_use]
pub fn estimate(value: f64, scatter: f64) -> String {
    format!("{} ± {}", metric(value), metric(scatter))
}

/// A whole number with thousands apart.
#[must_use]
pub fn integer(n: i64) -> String {
    let digits = count(usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX));
    if n < 0 { format!("-{digits}") } else { digits }
}

/// A number of unknown size: four digits after the point at most, three in all where it is tiny.
#[must_use]
pub fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.001 {
        return format!("{value:.2e}");
    }
    let digits = decimals(value, 4);
    match digits.split_once('.') {
        Some(_) => digits
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        None => digits,
    }
}

/// A number with so many digits after the point; infinite ones have a sign of their own, and what
/// is not a number has [`NONE`].
#[must_use]
pub fn decimals(value: f64, digits: usize) -> String {
    match value {
        value if value.is_nan() => NONE.to_owned(),
        value if value.is_infinite() => if value > 0.0 { "∞" } else { "-∞" }.to_owned(),
        value => format!("{value:.digits$}"),
    }
}

fn percent(value: f64, digits: usize) -> String {
    let number = decimals(value * 100.0, digits);
    if value.is_nan() {
        number
    } else {
        format!("{number} %")
    }
}

/// A plus in front of what is a number and has no minus.
fn signed(words: String, value: f64) -> String {
    if value.is_nan() || words.starts_with('-') {
        words
    } else {
        format!("+{words}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_and_their_differences_have_four_digits() {
        assert_eq!(
            [0.142_44, 12.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(metric),
            ["0.1424", "12.0000", "–", "∞", "-∞"]
        );
        assert_eq!(
            [0.25, -0.25, 0.0, f64::NAN, f64::INFINITY].map(gain),
            ["+0.2500", "-0.2500", "+0.0000", "–", "+∞"]
        );
        let bounds = Interval {
            low: -0.1,
            high: 0.123_45,
        };
        assert_eq!(interval(bounds), "-0.1000 to 0.1235");
        assert_eq!(relative_interval(bounds), "-10.0 % to +12.3 %");
        assert_eq!(
            [0.5, 0.000_01, 0.000_1, f64::NAN].map(p_value),
            ["0.5000", "< 0.0001", "0.0001", "–"]
        );
        assert_eq!([0.314, -2.0].map(effect_size), ["+0.31", "-2.00"]);
    }

    #[test]
    fn a_small_share_is_not_shown_as_none() {
        assert_eq!(
            [0.0, 0.000_1, 0.123_4, 1.0, f64::NAN].map(share),
            ["0.0 %", "< 0.1 %", "12.3 %", "100.0 %", "–"]
        );
        assert_eq!(
            [0.0, 1e-9, 0.000_4].map(probability),
            ["0.00 %", "< 0.01 %", "0.04 %"]
        );
    }

    #[test]
    fn counts_times_and_sizes_read_well() {
        assert_eq!(
            [0.44, 12.0, 185.0, 7_800.0, f64::NAN, -1.0].map(duration),
            ["0.4 s", "12 s", "3 min 05 s", "2 h 10 min", "–", "–"]
        );
        assert_eq!(
            [999, 1_500, 24_600_000, 312_000_000, 2_000_000_000].map(bytes),
            ["999 bytes", "1.50 kB", "24.6 MB", "312 MB", "2.00 GB"]
        );
        assert_eq!(
            [0.0, 12.0, 12.340_01, 0.000_04, 100.0, f64::NAN].map(number),
            ["0", "12", "12.34", "4.00e-5", "100", "–"]
        );
        assert_eq!([-1_234, 0].map(integer), ["-1,234", "0"]);
        assert_eq!(estimate(0.5, 0.01), "0.5000 ± 0.0100");
        assert_eq!(moment(0), "1970-01-01 00:00");
        assert_eq!(moment(i64::MAX), "–");
    }
}
