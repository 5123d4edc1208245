//! The list of features: one variant a feature, in the order in which they are described.

use serde::{Deserialize, Serialize};

use super::behaviour::BehaviourType;
use super::category::Category;
use super::day_index::DayIndex;
use super::embedding::ReadyEmbedding;
use super::gap::Gap;
use super::grid_cell::GridCell;
use super::hashed_text::HashedText;
use super::hour::Hour;
use super::intensity::Intensity;
use super::numeric::Numeric;
use super::session_position::SessionPosition;
use super::view::{DatasetView, Need};
use super::weekday::Weekday;
use crate::log::ColumnKind;
use seqscope_base::spec::{Described, Entry, EntryWords, Field, Problem};

/// One feature with its settings.
#[derive(
    Clone, Debug, PartialEq, Serialize, Deserialize, strum::EnumIter, strum::IntoStaticStr,
)]
pub enum FeatureSpec {
    /// Seconds since the user's previous event.
    Gap(Gap),
    /// The hour of the day on a circle.
    Hour(Hour),
    /// The day of the week on a circle.
    Weekday(Weekday),
    /// Days since the log's first.
    DayIndex(DayIndex),
    /// The user's behaviour.
    Behaviour(BehaviourType),
    /// How much the user did just before.
    Intensity(Intensity),
    /// The how-manieth event of its session.
    SessionPosition(SessionPosition),
    /// The cell of a grid over the earth.
    GridCell(GridCell),
    /// Words of a text, hashed.
    HashedText(HashedText),
    /// A free column of words or codes.
    Category(Category),
    /// A free column of numbers.
    Numeric(Numeric),
    /// A free column of vectors.
    Embedding(ReadyEmbedding),
}

/// A computed feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Name of the feature, such as `gap` or `price`.
    pub name: String,
    /// Unit of its numbers; empty when they have none.
    pub unit: &'static str,
    /// Name of each number of an event, such as `hour sin` and `hour cos`; one for an index.
    pub columns: Vec<String>,
    /// One value or vector an event.
    pub values: FeatureValues,
    /// Statistics that were fitted, such as the mean of the training events; may be empty.
    pub note: String,
    /// Steps by which its numbers were brought to scale, the first first, each with a fit for every
    /// column: what was fitted on the log holds for an event that is not in it too.
    pub fits: Vec<Vec<ColumnFit>>,
}

/// Fit of a column on the events of training: a number becomes `(number − mean) / divisor · factor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColumnFit {
    /// Mean over the training events.
    pub mean: f64,
    /// Divisor of the distance from the mean.
    pub divisor: f64,
    /// Factor of what is left.
    pub factor: f64,
}

impl ColumnFit {
    fn applied_to(self, value: f32) -> f32 {
        ((f64::from(value) - self.mean) / self.divisor * self.factor) as f32
    }
}

/// Values of a feature, in the order of the sequences' events.
#[derive(Clone, Debug, PartialEq)]
pub enum FeatureValues {
    /// Numbers; NaN where there is none (the first event has no gap), which a model must replace.
    Real {
        /// How many numbers an event has.
        width: usize,
        /// `[n_events, width]`, one event after another.
        values: Vec<f32>,
    },
    /// Numbers of classes, for an embedding.
    Index {
        /// `[n_events]`: from 1 to `n`; 0 where there is none, or none that training knows.
        idx: Vec<u32>,
        /// How many classes there are.
        n: usize,
    },
}

impl FeatureValues {
    /// Values of no event, of the same kind.
    pub(crate) fn emptied(&self) -> Self {
        match self {
            Self::Real { width, .. } => Self::Real {
                width: *width,
                values: Vec::new(),
            },
            Self::Index { n, .. } => Self::Index {
                idx: Vec::new(),
                n: *n,
            },
        }
    }

    /// Values of this kind for so many events of which nothing is known.
    pub(crate) fn unknown(&self, n_events: usize) -> Self {
        match self {
            Self::Real { width, .. } => Self::Real {
                width: *width,
                values: vec![f32::NAN; n_events * width],
            },
            Self::Index { n, .. } => Self::Index {
                idx: vec![0; n_events],
                n: *n,
            },
        }
    }

    /// Adds the values of some events of `from`, which is of the same kind.
    pub(crate) fn extend_from(&mut self, from: &Self, events: std::ops::Range<usize>) {
        match (self, from) {
            (Self::Real { width, values }, Self::Real { values: from, .. }) => {
                let range = events.start * *width..events.end * *width;
                values.extend_from_slice(from.get(range).unwrap_or(&[]));
            }
            (Self::Index { idx, .. }, Self::Index { idx: from, .. }) => {
                idx.extend_from_slice(from.get(events).unwrap_or(&[]));
            }
            _ => {}
        }
    }

    /// The values of these events; where none is meant, class 0, or no number.
    #[must_use]
    pub fn picked(&self, events: &[Option<usize>]) -> Self {
        match self {
            Self::Real { width, values } => {
                let mut picked = vec![f32::NAN; events.len() * width];
                let rows = picked.chunks_exact_mut((*width).max(1)).zip(events);
                for (row, at) in rows.filter_map(|(row, at)| Some((row, (*at)?))) {
                    if let Some(from) = values.get(at * width..(at + 1) * width) {
                        row.copy_from_slice(from);
                    }
                }
                Self::Real {
                    width: *width,
                    values: picked,
                }
            }
            Self::Index { n, idx } => Self::Index {
                n: *n,
                idx: events
                    .iter()
                    .map(|at| at.and_then(|at| idx.get(at)).copied().unwrap_or(0))
                    .collect(),
            },
        }
    }

    /// Fits that give each column mean 0 and variance 1 over the events of training, as a model
    /// wants them; a column that is everywhere the same becomes 0. What is no number stays none.
    fn fits(&self, training: &[bool]) -> Vec<ColumnFit> {
        let Self::Real { width, values } = self else {
            return Vec::new();
        };
        let width = (*width).max(1);
        let of_column = |column: usize| {
            let seen = values.iter().skip(column).step_by(width).zip(training);
            let seen: Vec<f64> = seen
                .filter(|(v, is)| **is && v.is_finite())
                .map(|(v, _)| f64::from(*v))
                .collect();
            let n = seen.len().max(1) as f64;
            let mean = seen.iter().sum::<f64>() / n;
            let std = (seen.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            ColumnFit {
                mean,
                divisor: 1.0,
                factor: if std > 1e-12 { 1.0 / std } else { 0.0 },
            }
        };
        (0..width).map(of_column).collect()
    }

    /// Brings numbers to scale by a fit for every column; classes stay as they are.
    fn apply(&mut self, fits: &[ColumnFit]) {
        let Self::Real { width, values } = self else {
            return;
        };
        for row in values.chunks_exact_mut((*width).max(1)) {
            for (value, fit) in row.iter_mut().zip(fits) {
                *value = fit.applied_to(*value);
            }
        }
    }
}

impl Feature {
    /// One number an event.
    pub(super) fn real(name: impl Into<String>, unit: &'static str, values: Vec<f32>) -> Self {
        let name = name.into();
        let columns = vec![name.clone()];
        Self {
            name,
            unit,
            columns,
            values: FeatureValues::Real { width: 1, values },
            note: String::new(),
            fits: Vec::new(),
        }
    }

    /// Several numbers an event; as many as there are names.
    pub(super) fn vector(name: impl Into<String>, columns: Vec<String>, values: Vec<f32>) -> Self {
        let values = FeatureValues::Real {
            width: columns.len(),
            values,
        };
        Self {
            name: name.into(),
            unit: "",
            columns,
            values,
            note: String::new(),
            fits: Vec::new(),
        }
    }

    /// A class an event.
    pub(super) fn index(name: impl Into<String>, idx: Vec<u32>, n: usize) -> Self {
        let name = name.into();
        let columns = vec![name.clone()];
        Self {
            name,
            unit: "index",
            columns,
            values: FeatureValues::Index { idx, n },
            note: String::new(),
            fits: Vec::new(),
        }
    }

    /// Copy with numbers of mean 0 and variance 1 over the training events.
    pub(crate) fn standardised(self, training: &[bool]) -> Self {
        let fits = self.values.fits(training);
        self.fitted(fits)
    }

    /// Copy of which the numbers are brought to scale by a fit for every column.
    pub(super) fn fitted(mut self, fits: Vec<ColumnFit>) -> Self {
        self.values.apply(&fits);
        self.fits.push(fits);
        self
    }

    /// Copy of which the numbers are brought to scale as those of another were.
    pub(crate) fn fitted_as(mut self, other: &Self) -> Self {
        for fits in &other.fits {
            self.values.apply(fits);
        }
        self.fits.clone_from(&other.fits);
        self
    }

    pub(super) fn with_note(self, note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }
}

/// Behaviour that every feature has.
pub(super) trait Computable: Described {
    /// Title and summary, with its formula.
    fn words(&self) -> EntryWords;

    /// Shape and units of its values.
    fn shape(&self) -> &'static str;

    /// Columns that a log must have for it.
    fn needs(&self) -> &'static [Need] {
        &[]
    }

    /// The free column that it is made from, and the kinds that it may be of; `None` when it is
    /// made from none.
    fn column(&self) -> Option<(&str, &'static [ColumnKind])> {
        None
    }

    /// Whether the column's name is one of the log's own, such as its titles.
    fn is_own_name(&self, _log: &DatasetView<'_>) -> bool {
        false
    }

    /// The values of every event.
    ///
    /// # Errors
    /// The problem, at a field of the feature, when the log has not what it needs.
    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem>;
}

/// The settings of whichever feature it is; the one list of all of them beside the enum.
macro_rules! settings_of {
    ($spec:expr) => {
        match $spec {
            FeatureSpec::Gap(feature) => feature,
            FeatureSpec::Hour(feature) => feature,
            FeatureSpec::Weekday(feature) => feature,
            FeatureSpec::DayIndex(feature) => feature,
            FeatureSpec::Behaviour(feature) => feature,
            FeatureSpec::Intensity(feature) => feature,
            FeatureSpec::SessionPosition(feature) => feature,
            FeatureSpec::GridCell(feature) => feature,
            FeatureSpec::HashedText(feature) => feature,
            FeatureSpec::Category(feature) => feature,
            FeatureSpec::Numeric(feature) => feature,
            FeatureSpec::Embedding(feature) => feature,
        }
    };
}

impl FeatureSpec {
    pub(super) fn computable(&self) -> &dyn Computable {
        settings_of!(self)
    }

    /// Whether it is made from a free column or from titles.
    pub(in crate::dataset) fn is_of_column(&self) -> bool {
        self.computable().column().is_some()
    }

    /// The feature's settings, to be changed.
    pub fn described_mut(&mut self) -> &mut dyn Described {
        settings_of!(self)
    }

    /// The feature's settings.
    #[must_use]
    pub fn described(&self) -> &dyn Described {
        self.computable()
    }

    /// Shape and units of its values.
    #[must_use]
    pub fn shape(&self) -> &'static str {
        self.computable().shape()
    }

    /// Columns that a log must have for it, in words.
    #[must_use]
    pub fn needs(&self) -> Vec<String> {
        let needs = self.computable().needs();
        let column = self
            .computable()
            .column()
            .map(|_| "a free column of its kind".to_owned());
        needs
            .iter()
            .map(ToString::to_string)
            .chain(column)
            .collect()
    }
}

impl Entry for FeatureSpec {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        self.computable().words()
    }

    fn path(&self) -> &'static str {
        "data.features[0]"
    }

    fn settings(&self) -> Vec<Field> {
        self.described().fields()
    }

    /// Says what it gives and needs, and how it is written.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![
            format!("Gives {}.", self.shape()),
            format!("In a file: data: (features: [{}(..)])", self.name()),
        ];
        if !self.needs().is_empty() {
            notes.push(format!("Needs {}.", self.needs().join(", ")));
        }
        notes
    }
}

/// The settings of a feature: a struct with these fields, its defaults, and its words.
macro_rules! feature_settings {
    ($(#[$about:meta])* $name:ident {
        $($(#[$doc:meta])* $key:ident : $type:ty = $default:expr, $kind:expr, $label:expr, $unit:expr, $help:expr, $source:expr;)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$doc])* pub $key: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        seqscope_base::spec::described! { $name {
            $($key: $kind, Core, $label, $unit, $help, $source;)*
        } }
    };
}
pub(super) use feature_settings;
