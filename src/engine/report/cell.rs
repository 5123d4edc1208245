//! One cell of a report: a typed value, how it stands out, and what is told on pointing at it.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::words;
use crate::run::RunId;
use seqscope_base::metric::statistics::Interval;

/// Value of a cell, of a kind that knows how it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CellValue {
    /// Nothing belongs here.
    Empty,
    /// Something belongs here, and is not known.
    Unknown,
    /// Words.
    Text(String),
    /// Name of a run.
    Run(RunId),
    /// A metric.
    Metric(f64),
    /// A difference of metrics, positive where better.
    Gain(f64),
    /// Bounds of a metric or of a gain.
    Interval(Interval),
    /// A gain as a share of what it is a gain over.
    Relative(f64),
    /// Bounds of such a share.
    RelativeInterval(Interval),
    /// A standardised effect.
    EffectSize(f64),
    /// A p-value.
    PValue(f64),
    /// A number of things.
    Count(usize),
    /// A share of a whole, between 0 and 1.
    Share(f64),
    /// A probability or share, which may be one of many.
    Probability(f64),
    /// A span of time in seconds.
    Duration(f64),
    /// A moment in seconds since 1970.
    Moment(i64),
    /// A size in bytes.
    Bytes(u64),
    /// A whole number that may be below 0.
    Integer(i64),
    /// A number of unknown size.
    Number(f64),
    /// A number with so many digits after the point.
    Decimals {
        /// The number.
        value: f64,
        /// Digits after the point that are shown.
        digits: usize,
    },
    /// A metric, and how far chance scatters it.
    Estimate {
        /// The metric.
        value: f64,
        /// Its standard error or deviation.
        scatter: f64,
    },
}

impl CellValue {
    /// The value as a person reads it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Unknown => words::NONE.to_owned(),
            Self::Text(text) => text.clone(),
            Self::Run(id) => id.0.clone(),
            Self::Metric(value) => words::metric(*value),
            Self::Gain(value) => words::gain(*value),
            Self::Interval(bounds) => words::interval(*bounds),
            Self::Relative(value) => words::relative(*value),
            Self::RelativeInterval(bounds) => words::relative_interval(*bounds),
            Self::EffectSize(value) => words::effect_size(*value),
            Self::PValue(p) => words::p_value(*p),
            Self::Count(n) => words::count(*n),
            Self::Share(value) => words::share(*value),
            Self::Probability(value) => words::probability(*value),
            Self::Duration(secs) => words::duration(*secs),
            Self::Moment(secs) => words::moment(*secs),
            Self::Bytes(n) => words::bytes(*n),
            Self::Integer(n) => words::integer(*n),
            Self::Number(value) => words::number(*value),
            Self::Decimals { value, digits } => words::decimals(*value, *digits),
            Self::Estimate { value, scatter } => words::estimate(*value, *scatter),
        }
    }

    /// The value for a program: numbers whole, shares between 0 and 1, spans of time in seconds;
    /// `null` for what is not there and for what is no finite number.
    #[must_use]
    pub fn json(&self) -> Json {
        match self {
            Self::Empty | Self::Unknown => Json::Null,
            Self::Text(text) => json!(text),
            Self::Run(id) => json!(id.0),
            Self::Interval(bounds) | Self::RelativeInterval(bounds) => json!(bounds),
            Self::Count(n) => json!(n),
            Self::Moment(n) | Self::Integer(n) => json!(n),
            Self::Bytes(n) => json!(n),
            Self::Estimate { value, scatter } => json!({ "value": value, "scatter": scatter }),
            Self::Metric(value)
            | Self::Gain(value)
            | Self::Relative(value)
            | Self::EffectSize(value)
            | Self::PValue(value)
            | Self::Share(value)
            | Self::Probability(value)
            | Self::Duration(value)
            | Self::Number(value)
            | Self::Decimals { value, .. } => json!(value),
        }
    }

    /// The value as rows are ordered by it; `None` where there is none.
    #[must_use]
    pub fn sort_key(&self) -> Option<SortKey> {
        let number = match self {
            Self::Empty | Self::Unknown => return None,
            Self::Text(text) => return Some(SortKey::Text(text.to_lowercase())),
            Self::Run(id) => return Some(SortKey::Text(id.0.to_lowercase())),
            Self::Interval(bounds) | Self::RelativeInterval(bounds) => bounds.low,
            Self::Count(n) => *n as f64,
            Self::Moment(n) | Self::Integer(n) => *n as f64,
            Self::Bytes(n) => *n as f64,
            Self::Metric(value)
            | Self::Gain(value)
            | Self::Relative(value)
            | Self::EffectSize(value)
            | Self::PValue(value)
            | Self::Share(value)
            | Self::Probability(value)
            | Self::Duration(value)
            | Self::Number(value)
            | Self::Decimals { value, .. }
            | Self::Estimate { value, .. } => *value,
        };
        number.is_finite().then_some(SortKey::Number(number))
    }

    /// The value, or [`CellValue::Unknown`] where there is none.
    #[must_use]
    pub fn or_unknown(value: Option<Self>) -> Self {
        value.unwrap_or(Self::Unknown)
    }
}

/// A number or text by which rows are ordered.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum SortKey {
    /// By size.
    Number(f64),
    /// By letters, large and small ones alike.
    Text(String),
}

/// How much a cell stands out from its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Emphasis {
    /// As its neighbours.
    #[default]
    Plain,
    /// The best of a column, or a difference that is sure.
    Strong,
    /// What must not be compared with the rest.
    Weak,
}

/// One cell of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportCell {
    /// What stands in it.
    pub value: CellValue,
    /// How much it stands out.
    pub emphasis: Emphasis,
    /// What is told on pointing at it: why nothing is known, or what lies behind the number. Empty
    /// where there is nothing more to tell.
    pub hover: String,
    /// Whether its text is a name or a value of the data or of a file, which is the same in every language, and not
    /// words of the program.
    pub is_data: bool,
}

impl ReportCell {
    /// A cell where nothing belongs.
    #[must_use]
    pub fn empty() -> Self {
        CellValue::Empty.into()
    }

    /// A cell whose value is not known, for this reason.
    #[must_use]
    pub fn unknown_because(why: impl Into<String>) -> Self {
        Self::from(CellValue::Unknown).hover(why)
    }

    /// Adds what is told on pointing at it.
    #[must_use]
    pub fn hover(mut self, words: impl Into<String>) -> Self {
        self.hover = words.into();
        self
    }

    /// Says that its text is of the data or of a file.
    #[must_use]
    pub fn of_data(mut self) -> Self {
        self.is_data = true;
        self
    }

    /// Makes it stand out from its neighbours, or step back.
    #[must_use]
    pub fn with(mut self, emphasis: Emphasis) -> Self {
        self.emphasis = emphasis;
        self
    }

    /// Its value as a person reads it.
    #[must_use]
    pub fn words(&self) -> String {
        self.value.words()
    }
}

impl From<CellValue> for ReportCell {
    fn from(value: CellValue) -> Self {
        Self {
            value,
            emphasis: Emphasis::Plain,
            hover: String::new(),
            is_data: false,
        }
    }
}

impl From<Option<CellValue>> for ReportCell {
    fn from(value: Option<CellValue>) -> Self {
        CellValue::or_unknown(value).into()
    }
}

impl From<&str> for ReportCell {
    fn from(text: &str) -> Self {
        CellValue::Text(text.to_owned()).into()
    }
}

impl From<String> for ReportCell {
    fn from(text: String) -> Self {
        CellValue::Text(text).into()
    }
}
