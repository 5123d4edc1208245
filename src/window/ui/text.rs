//! Numbers and words of the window alone: short ones for marks and bars. Those that tables share with
//! the command line come from the report.

use crate::ui::language::tr;
use seqscope_base::spec::shown;
pub(crate) use seqscope_engine::report::words::{
    bytes, count, counted, duration, metric, moment, optional_metric,
};

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

/// A share in short, for marks and bars: `12 %`, `0.4 %`, `< 0.01 %`.
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

/// A moment with seconds: `2026-11-22 14:32:07` (UTC).
pub(crate) fn moment_secs(secs: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_second(secs) else {
        return "–".to_owned();
    };
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A sentence that stands by itself: its first letter is a large one.
pub(crate) fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
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

/// A list of words of the program, each in the language of the window, as are the commas.
pub(crate) fn tr_list(list: &str, between: &str) -> String {
    let words: Vec<String> = list.split(between).map(tr).collect();
    words.join(&tr(between))
}

/// Name of a curve in the language of the window: a run's title, which has ` · `, stays as it is.
pub(crate) fn series_name(name: &str) -> String {
    let mean = name.rsplit_once(" · mean of ");
    let mean = mean.and_then(|(run, seeds)| Some((run, seeds.strip_suffix(" seeds")?)));
    if let Some((run, n_seeds)) = mean {
        format!("{run} · {}", tr(format!("mean of {n_seeds} seeds")))
    } else if name.contains(" · ") {
        name.to_owned()
    } else {
        tr(name)
    }
}

#[cfg(test)]
mod tests {
    use super::{capitalised, clipped, moment_secs, percent, setting, short_count, significant};

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!(
            (short_count(842.0), short_count(12_345.0)),
            ("842".to_owned(), "12.3 k".to_owned())
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
    }

    #[test]
    fn times_read_as_a_person_writes_them() {
        assert_eq!(
            ["gains of a", "95 % of", ""].map(capitalised),
            ["Gains of a", "95 % of", ""]
        );
        assert_eq!(moment_secs(0), "1970-01-01 00:00:00");
        assert_eq!(clipped("Die fabelhafte Welt", 8), "Die fab…");
    }
}
