//! Syntax errors of an experiment file, in words for the person who wrote it.

use ron::error::{Error, SpannedError};
use strum::IntoEnumIterator;

use super::{ExperimentError, settings};
use seqscope_base::spec::{Described, Entry, did_you_mean, quotable, quotable_reason};
use seqscope_data::CleanStep;
use seqscope_model::{ModelKind, ModelSpec};

/// A whole file to copy from.
const EXAMPLE: &str = "experiments/quickstart.ron";

/// The sentence of a parser's error, at its line.
pub(super) fn explain(text: &str, error: &SpannedError) -> ExperimentError {
    let line = line_of_error(error);
    if is_blank(text) {
        let sentence = format!("the file is empty; copy `{EXAMPLE}` to start from");
        return ExperimentError::Syntax { line: 1, sentence };
    }
    ExperimentError::Syntax {
        line,
        sentence: sentence(text, error, line),
    }
}

/// The first line that names a setting, counted from 1; 1 when none does.
pub(super) fn line_of(text: &str, key: &str) -> usize {
    text.lines()
        .position(|line| line.trim_start().starts_with(key))
        .map_or(1, |at| at + 1)
}

fn line_of_error(error: &SpannedError) -> usize {
    match error.code {
        // Noticed when the brackets close or at the next token; the place is where it begins.
        Error::NoSuchStructField { .. }
        | Error::DuplicateStructField { .. }
        | Error::NoSuchEnumVariant { .. } => error.span.start.line,
        _ => error.span.end.line,
    }
}

fn sentence(text: &str, error: &SpannedError, line: usize) -> String {
    let col = error.span.end.col;
    match &error.code {
        // `epochs: 2.5`: the parser takes the 2 and stumbles over the point.
        Error::ExpectedStructLikeEnd | Error::ExpectedComma
            if from(text, line, col).starts_with('.') =>
        {
            takes(
                text,
                line,
                col,
                wanted(&Error::ExpectedInteger).unwrap_or_default(),
            )
        }
        Error::NoSuchStructField {
            expected,
            found,
            outer,
        } => unknown_field(expected, found, outer.as_deref()),
        Error::MissingStructField { field, outer } => missing_field(field, outer.as_deref()),
        Error::DuplicateStructField { field, .. } => {
            format!("`{field}` is written twice; keep one of the two")
        }
        Error::NoSuchEnumVariant {
            expected, found, ..
        } => format!(
            "`{}` is not known here; write one of {}{}",
            quotable(found),
            expected.join(", "),
            suggestion(found, expected.iter().copied())
        ),
        Error::Eof | Error::UnclosedBlockComment => {
            "the file ends too early: a closing `)`, quote or comment end is missing; add it"
                .to_owned()
        }
        Error::ExpectedStructLikeEnd | Error::ExpectedComma | Error::ExpectedMapColon => {
            "a comma, a colon or a closing `)` is missing before this place; add it".to_owned()
        }
        Error::ExpectedStringEnd => {
            "a text does not end: its closing quote `\"` is missing; add it".to_owned()
        }
        Error::TrailingCharacters => "there is text after the last `)`; delete it".to_owned(),
        Error::ExpectedStructLike
        | Error::ExpectedNamedStructLike(_)
        | Error::ExpectedDifferentStructName { .. } => brackets(text, line, col),
        Error::ExpectedIdentifier | Error::InvalidIdentifier(_) => {
            let examples = key_before(text, line, col).and_then(variants_of);
            takes(
                text,
                line,
                col,
                examples.as_deref().unwrap_or("a name, without quotes"),
            )
        }
        code => match wanted(code) {
            Some(kind) => takes(text, line, col, kind),
            None => format!(
                "{}; see `{EXAMPLE}` for how a file is written",
                decapitalised(&quotable_reason(&code.to_string()))
            ),
        },
    }
}

fn takes(text: &str, line: usize, col: usize, kind: &str) -> String {
    match key_before(text, line, col) {
        Some(key) => format!("`{}` takes {kind}", quotable(key)),
        None => format!("expected {kind}"),
    }
}

/// Says how a setting of the kind that the parser was reading is written.
fn wanted(code: &Error) -> Option<&'static str> {
    Some(match code {
        Error::ExpectedInteger | Error::InvalidIntegerDigit { .. } | Error::IntegerOutOfBounds => {
            "a whole number of at least 0, without quotes, such as 64"
        }
        Error::ExpectedFloat | Error::FloatUnderscore => "a number, without quotes, such as 0.001",
        Error::ExpectedBoolean => "true or false, without quotes",
        Error::ExpectedString | Error::ExpectedStringEnd | Error::ExpectedChar => {
            "a text in double quotes"
        }
        Error::ExpectedArray => "a list in square brackets, such as [..]",
        Error::InvalidEscape(_) => {
            "a text in which a backslash is written twice, `\\\\`, or as `/` in a path"
        }
        _ => return None,
    })
}

/// Says how the settings that are one of several named things are written.
fn variants_of(key: &str) -> Option<String> {
    let words = match key {
        "source" => {
            "one of World(..) and File(..), with its settings in one pair of round brackets"
        }
        "split" => {
            "one of LeaveOneOut, GlobalTemporal(..), AtDates(..), OwnFiles, PerUserTemporal(..) \
             and RollingWindows(..), without quotes"
        }
        "kind" => {
            "one of Series, MarkovChain, Periodic, LongRange, Drift, Funnel, Commuter and \
             TooSmall, without quotes"
        }
        "filter_seen" => "true, false or auto, without quotes",
        "model" => {
            let families: Vec<String> = ModelKind::iter()
                .map(|kind| format!("{kind}(..)"))
                .collect();
            let families = in_words(&families, "and");
            return Some(format!(
                "one of {families}, with its settings in one pair of round brackets"
            ));
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// "a, b and c"
fn in_words(words: &[String], last: &str) -> String {
    match words {
        [before @ .., end] if !before.is_empty() => format!("{} {last} {end}", before.join(", ")),
        _ => words.concat(),
    }
}

fn unknown_field(expected: &[&str], found: &str, outer: Option<&str>) -> String {
    let advice = if let Some(near) = did_you_mean(found, expected.iter().copied()) {
        format!("Did you mean `{near}`?")
    } else if let Some(path) =
        settings::path_ending_in(found).filter(|path| !is_of_family(expected, path))
    {
        format!("It belongs to `{path}`.")
    } else {
        format!("Choose one of {}.", expected.join(", "))
    };
    format!(
        "`{}` is not a setting of {}. {advice}",
        quotable(found),
        owner(expected, outer)
    )
}

/// Whether the place takes a family's settings, and the path is that of a setting of another
/// family: then it belongs nowhere in this model.
fn is_of_family(expected: &[&str], path: &str) -> bool {
    path.starts_with("model.") && !families_with(expected).is_empty()
}

/// The families that have just these settings.
fn families_with(expected: &[&str]) -> Vec<String> {
    ModelSpec::iter()
        .filter(|model| is_just(expected, model.family()))
        .map(|model| ModelKind::from(&model).to_string())
        .collect()
}

/// Whether these are the settings of `described`.
fn is_just(expected: &[&str], described: &dyn Described) -> bool {
    let fields = described.fields();
    fields.len() == expected.len() && fields.iter().all(|field| expected.contains(&field.key))
}

/// A place of the file by the name that a person knows it by.
///
/// The parser does not name the struct inside `Transformer(..)`, but it knows its settings.
fn owner(expected: &[&str], outer: Option<&str>) -> String {
    let families = families_with(expected);
    if !families.is_empty() {
        return in_words(&families, "or");
    }
    let steps: Vec<&str> = CleanStep::iter()
        .filter(|step| is_just(expected, step.described()))
        .map(|step| step.name())
        .collect();
    match steps.as_slice() {
        [] => {}
        [step] => return format!("the step {step}"),
        [..] => return "this step".to_owned(),
    }
    match outer {
        Some("Experiment") => "an experiment".to_owned(),
        Some("DataSpec") => "`data`".to_owned(),
        Some("CleanSpec") => "`data.clean`".to_owned(),
        Some("Roles") => "`roles`".to_owned(),
        Some("TitleSpec") => "`titles`".to_owned(),
        Some("TrainingSpec") => "`training`".to_owned(),
        Some("GanSpec") => "`training.gan`".to_owned(),
        Some("AugmentSpec") => "`training.augment`".to_owned(),
        Some("SweepSpec") => "`sweep`".to_owned(),
        Some("SweptSetting") => "a setting of `sweep`".to_owned(),
        Some("EvaluationSpec") => "`evaluation`".to_owned(),
        _ if expected.contains(&"path") => "File".to_owned(),
        _ if expected.contains(&"follow") => "World".to_owned(),
        Some(split @ ("GlobalTemporal" | "AtDates" | "PerUserTemporal" | "RollingWindows")) => {
            split.to_owned()
        }
        _ if expected.contains(&"valid_fraction") => "GlobalTemporal".to_owned(),
        _ => "this place".to_owned(),
    }
}

fn missing_field(field: &str, outer: Option<&str>) -> String {
    let example = match field {
        "version" => format!("version: {}", super::VERSION),
        "path" => "path: \"my-log.csv\"".to_owned(),
        "name" => "name: \"my-experiment\"".to_owned(),
        "settings" | "set" | "to" => {
            "settings: [(set: \"training.lr\", to: Among([0.001, 0.003]))]".to_owned()
        }
        "trials" => "trials: 60".to_owned(),
        _ => format!("{field}: 0.1"),
    };
    match outer {
        Some("Experiment") => {
            format!("`{field}` is missing; add `{example}` at the top of the file")
        }
        _ => format!("`{field}` is missing; add `{example}` within these brackets"),
    }
}

fn brackets(text: &str, line: usize, col: usize) -> String {
    match key_before(text, line, col) {
        Some(key) => {
            let key = quotable(key);
            format!(
                "`{key}` takes settings in round brackets, such as `{key}: (..)`; see `{EXAMPLE}`"
            )
        }
        None => {
            format!(
                "this is not an experiment file: one begins with `(` and `version: 1`; see \
                 `{EXAMPLE}`"
            )
        }
    }
}

/// The setting whose value stands at this place: the last `key:` at or before it.
fn key_before(text: &str, line: usize, col: usize) -> Option<&str> {
    let whole = text.lines().nth(line.checked_sub(1)?)?;
    let end = whole.len() - from(text, line, col + 1).len();
    let colon = whole.get(..end)?.rfind(':')?;
    let before = whole.get(..colon)?.trim_end();
    let start = before
        .rfind(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(0, |at| at + 1);
    before.get(start..).filter(|key| !key.is_empty())
}

/// A line from a column on (both counted from 1).
fn from(text: &str, line: usize, col: usize) -> &str {
    let whole = text.lines().nth(line.saturating_sub(1)).unwrap_or("");
    whole
        .char_indices()
        .nth(col.saturating_sub(1))
        .map_or("", |(at, _)| whole.get(at..).unwrap_or(""))
}

/// Whether a text holds nothing but white space and line comments.
fn is_blank(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with("//"))
}

fn suggestion<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(found, known)
        .map(|near| format!(". Did you mean `{near}`?"))
        .unwrap_or_default()
}

fn decapitalised(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next()
        .map(|first| first.to_lowercase().chain(rest).collect())
        .unwrap_or_default()
}
