//! Numbers, times and shared words as a person reads them.

use seqscope_base::spec::shown;

/// A count with thin spaces between thousands: `1 000 209`.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202F}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun, plural by `s`: `1 user`, `943 users`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{} {noun}s", count(n))
    }
}

/// A count in short: `842`, `12.3 k`, `1.05 M`.
pub(crate) fn short_count(n: f64) -> String {
    const STEPS: [(f64, &str); 3] = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    if !n.is_finite() {
        return "–".to_owned();
    }
    for (size, unit) in STEPS {
        if n.abs() >= size {
            return format!("{}{unit}", significant(n / size, 3));
        }
    }
    significant(n, 3)
}

/// A metric in [0, 1] as the field prints it: `.142`. `–` for what is no number.
pub(crate) fn metric(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{value:.3}");
    text.strip_prefix('0')
        .map_or_else(|| text.clone(), str::to_owned)
}

/// A metric that may be missing.
pub(crate) fn optional_metric(value: Option<f64>) -> String {
    metric(value.unwrap_or(f64::NAN))
}

/// A probability as a percentage: `12 %`, `0.4 %`, `< 0.01 %`.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    match value {
        v if !v.is_finite() => "–".to_owned(),
        v if v >= 10.0 || v == 0.0 => format!("{v:.0} %"),
        v if v >= 1.0 => format!("{v:.1} %"),
        v if v >= 0.01 => format!("{v:.2} %"),
        _ => "< 0.01 %".to_owned(),
    }
}

/// A number with so many significant digits, no trailing zeros after the point cut off beyond them.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..9.0).contains(&magnitude) {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let decimals = (digits as f64 - 1.0 - magnitude).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// A setting's value: short, never rounded.
pub(crate) fn setting(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// A duration: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`.
pub(crate) fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "–".to_owned();
    }
    let whole = secs.round() as u64;
    match whole {
        _ if secs < 9.95 => format!("{secs:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A moment: `2026-11-22 14:32` (UTC).
pub(crate) fn moment(secs: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_second(secs) else {
        return "–".to_owned();
    };
    moment.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A moment with seconds: `2026-11-22 14:32:07` (UTC).
pub(crate) fn moment_secs(secs: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_second(secs) else {
        return "–".to_owned();
    };
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Size of a file: `24.6 MB`.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1000 => format!("{n} bytes"),
        _ => format!("{}B", short_count(n as f64)),
    }
}

/// Cuts a text to `most` characters, the rest as `…`; what would be obeyed and not shown stands
/// escaped.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let text = shown(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::{
        bytes, clipped, count, duration, metric, moment_secs, percent, setting, short_count,
        significant,
    };

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!(count(1_000_209), "1\u{202F}000\u{202F}209");
        assert_eq!(count(943), "943");
        assert_eq!(
            (short_count(842.0), short_count(12_345.0)),
            ("842".to_owned(), "12.3 k".to_owned())
        );
        assert_eq!(
            (metric(0.1424), metric(1.0), metric(f64::NAN)),
            (".142".to_owned(), "1.000".to_owned(), "–".to_owned())
        );
        assert_eq!(
            (percent(0.123), percent(0.0004), percent(1e-9)),
            ("12 %".into(), "0.04 %".into(), "< 0.01 %".into())
        );
        assert_eq!(
            (significant(4.123_456, 4), significant(1e-9, 3)),
            ("4.123".to_owned(), "1.00e-9".to_owned())
        );
        assert_eq!(
            (setting(1e-8), setting(0.001), setting(0.1)),
            ("1e-8".into(), "0.001".into(), "0.1".into())
        );
        assert_eq!(bytes(24_600_000), "24.6 MB");
    }

    #[test]
    fn times_read_as_a_person_writes_them() {
        assert_eq!(
            (duration(0.44), duration(12.0), duration(185.0)),
            ("0.4 s".into(), "12 s".into(), "3 min 05 s".into())
        );
        assert_eq!(duration(7800.0), "2 h 10 min");
        assert_eq!(moment_secs(0), "1970-01-01 00:00:00");
        assert_eq!(clipped("Die fabelhafte Welt", 8), "Die fab…");
    }
}
