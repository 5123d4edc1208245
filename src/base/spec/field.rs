//! A setting that describes itself, and the macro that lists a struct's settings once.

use super::Problem;

/// A setting's value, in one of the few kinds that a form can edit.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A real number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// One of a fixed list of words.
    Choice(String),
    /// Free text.
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(v) => write!(f, "{v}"),
            Self::Float(v) => write!(f, "{v}"),
            Self::Bool(v) => write!(f, "{v}"),
            Self::Choice(v) | Self::Text(v) => write!(f, "{v}"),
        }
    }
}

/// Values that a setting may take.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// Whole numbers from `min` to `max`, both included.
    Int {
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
    },
    /// Real numbers from `min` to `max`, both included.
    Float {
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
    },
    /// Yes or no.
    Bool,
    /// One of these words.
    Choice(Vec<&'static str>),
    /// Free text.
    Text,
}

/// Place of the setting in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldGroup {
    /// Always open.
    Core,
    /// Folded group.
    More,
}

/// One setting: how it is called, what it means, what it may be, what it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name as in the experiment file.
    pub key: &'static str,
    /// Name as a person reads it.
    pub label: &'static str,
    /// One sentence of help.
    pub help: &'static str,
    /// Unit, empty when it has none.
    pub unit: &'static str,
    /// Allowed values.
    pub kind: FieldKind,
    /// Place in a form.
    pub group: FieldGroup,
    /// Source of the default.
    pub source: &'static str,
    /// Value now.
    pub value: Value,
}

impl Field {
    /// The problem of the present value, if it lies outside the allowed ones. NaN is never allowed.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let sentence = match (&self.kind, &self.value) {
            (FieldKind::Int { min, max }, Value::Int(v)) if v < min || v > max => {
                format!(
                    "{} is {v}; choose a whole number from {min} to {max}.",
                    self.label
                )
            }
            (FieldKind::Float { min, max }, Value::Float(v)) if !(*v >= *min && *v <= *max) => {
                format!(
                    "{} is {v}; choose a number from {min} to {max}.",
                    self.label
                )
            }
            (FieldKind::Choice(words), Value::Choice(v)) if !words.contains(&v.as_str()) => {
                format!(
                    "{} is `{v}`; choose one of {}.",
                    self.label,
                    words.join(", ")
                )
            }
            _ => return None,
        };
        Some(Problem::error(self.key, sentence))
    }
}

/// Why a setting could not be set by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No such setting.
    #[error("`{key}` is not a setting here{}", .suggestion.as_ref().map_or_else(|| format!("; known: {}", .known.join(", ")), |s| format!("; did you mean `{s}`?")))]
    Unknown {
        /// Name that was asked for.
        key: String,
        /// The nearest known name.
        suggestion: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// The text is no value of that kind.
    #[error("`{text}` is not {expected} for `{key}`")]
    Kind {
        /// The setting.
        key: String,
        /// Text that was written.
        text: String,
        /// Description of what is wanted, such as `a whole number`.
        expected: &'static str,
    },
    /// The text is none of the words that there are.
    #[error("`{text}` is not known for `{key}`; choose one of {}", .known.join(", "))]
    Word {
        /// The setting.
        key: String,
        /// Text that was written.
        text: String,
        /// All words that it may be.
        known: Vec<&'static str>,
    },
}

/// A struct whose settings can be listed, read and set by name.
pub trait Described {
    /// Every setting with its present value.
    fn fields(&self) -> Vec<Field>;

    /// Sets one setting.
    ///
    /// # Errors
    /// [`SetError`] when there is no such setting or the value is of another kind. A value outside
    /// the allowed range is accepted here and reported by [`Described::problems`].
    fn set(&mut self, key: &str, value: &Value) -> Result<(), SetError>;

    /// Sets one setting from text, as `--set key=value` does.
    ///
    /// # Errors
    /// As [`Described::set`].
    fn set_text(&mut self, key: &str, text: &str) -> Result<(), SetError> {
        self.set(key, &Value::Text(text.to_owned()))
    }

    /// All settings whose present value is outside the allowed ones.
    fn problems(&self) -> Vec<Problem> {
        self.fields().iter().filter_map(Field::problem).collect()
    }
}

/// The known word nearest to `word`, when one is near enough to be a slip of the finger.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k.to_owned())
}

/// Conversion between a Rust field and a [`Value`]; implemented for every kind of setting.
pub trait FieldValue: Sized {
    /// The setting's value as a form edits it.
    fn to_value(&self) -> Value;
    /// Reads the setting called `key`.
    ///
    /// # Errors
    /// [`SetError`] where the value is of another kind.
    fn from_value(key: &str, value: &Value) -> Result<Self, SetError>;
}

fn kind_error<T>(key: &str, value: &Value, expected: &'static str) -> Result<T, SetError> {
    Err(SetError::Kind {
        key: key.to_owned(),
        text: value.to_string(),
        expected,
    })
}

macro_rules! whole_number {
    ($($t:ty),*) => {$(
        impl FieldValue for $t {
            fn to_value(&self) -> Value {
                Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
            fn from_value(key: &str, value: &Value) -> Result<Self, SetError> {
                let whole = match value {
                    Value::Int(v) => Some(*v),
                    Value::Text(t) => t.trim().parse().ok(),
                    _ => None,
                };
                match whole.and_then(|v| <$t>::try_from(v).ok()) {
                    Some(v) => Ok(v),
                    None => kind_error(key, value, "a whole number of at least 0"),
                }
            }
        }
    )*};
}
whole_number!(usize, u64, u32);

impl FieldValue for f64 {
    fn to_value(&self) -> Value {
        Value::Float(*self)
    }
    fn from_value(key: &str, value: &Value) -> Result<Self, SetError> {
        let number = match value {
            Value::Float(v) => Some(*v),
            Value::Int(v) => Some(*v as f64),
            Value::Text(t) => t.trim().parse().ok(),
            _ => None,
        };
        number.map_or_else(|| kind_error(key, value, "a number"), Ok)
    }
}

impl FieldValue for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
    fn from_value(key: &str, value: &Value) -> Result<Self, SetError> {
        match value {
            Value::Bool(v) => Ok(*v),
            Value::Text(t) if matches!(t.trim(), "true" | "yes" | "on") => Ok(true),
            Value::Text(t) if matches!(t.trim(), "false" | "no" | "off") => Ok(false),
            _ => kind_error(key, value, "true or false"),
        }
    }
}

impl FieldValue for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
    fn from_value(_key: &str, value: &Value) -> Result<Self, SetError> {
        Ok(value.to_string())
    }
}

/// Lets an enum without data be a setting: one of its variants' names, as in the file. It needs
/// strum's `Display`, `EnumIter` and `VariantNames`; an enum that is written inside gets all that
/// it needs, and marks its `#[default]`.
#[macro_export]
macro_rules! choice {
    ($(#[$about:meta])* $vis:vis enum $word:ident { $($variants:tt)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[derive(strum::Display, strum::EnumIter, strum::IntoStaticStr, strum::VariantNames)]
        $vis enum $word { $($variants)* }
        $crate::spec::choice!($word);
    };
    ($($word:ty),*) => {$(
        impl $crate::spec::FieldValue for $word {
            fn to_value(&self) -> $crate::spec::Value {
                $crate::spec::Value::Choice(self.to_string())
            }
            fn from_value(key: &str, value: &$crate::spec::Value) -> Result<Self, $crate::spec::SetError> {
                let text = value.to_string();
                let mut all = <Self as strum::IntoEnumIterator>::iter();
                all.find(|word| word.to_string().eq_ignore_ascii_case(text.trim())).ok_or_else(|| {
                    let known = <Self as strum::VariantNames>::VARIANTS.to_vec();
                    $crate::spec::SetError::Word { key: key.to_owned(), text, known }
                })
            }
        }
    )*};
}
pub use crate::choice;

/// Description that several structs share of a setting: all of a [`Field`] but name, source and
/// value.
pub struct Wording {
    /// Allowed values.
    pub kind: fn() -> FieldKind,
    /// Where a form shows it.
    pub group: FieldGroup,
    /// Name as a person reads it.
    pub label: &'static str,
    /// Unit, empty when it has none.
    pub unit: &'static str,
    /// One sentence of help.
    pub help: &'static str,
}

/// Implements [`Described`] from one list of settings. One whose words are shared has a [`Wording`]
/// in their place. A generic struct names its parameters first: `impl[K: Kind] Spec<K> { .. }`.
///
/// ```ignore
/// described! { TransformerSpec {
///     d_model: Int { min: 4, max: 1024 }, Core, "Width", "", "Length of each event's vector.", "Kang & McAuley 2018";
///     n_heads => words::HEADS, "Kang & McAuley 2018: 1";
/// } }
/// ```
#[macro_export]
macro_rules! described {
    (impl[$($generics:tt)*] $spec:ty { $(
        $key:ident
        $(: $kind:expr, $group:ident, $label:expr, $unit:expr, $help:expr, $source:expr)?
        $(=> $words:path, $from:expr)?
    ;)* }) => {
        impl<$($generics)*> $crate::spec::Described for $spec {
            fn fields(&self) -> Vec<$crate::spec::Field> {
                #[allow(unused_imports, reason = "not every struct uses every kind")]
                use $crate::spec::FieldKind::*;
                vec![$($crate::spec::Field {
                    key: stringify!($key),
                    $(
                        label: $label, help: $help, unit: $unit, kind: $kind,
                        group: $crate::spec::FieldGroup::$group, source: $source,
                    )?
                    $(
                        label: $words.label, help: $words.help, unit: $words.unit, kind: ($words.kind)(),
                        group: $words.group, source: $from,
                    )?
                    value: $crate::spec::FieldValue::to_value(&self.$key),
                }),*]
            }
            fn set(&mut self, key: &str, value: &$crate::spec::Value) -> Result<(), $crate::spec::SetError> {
                match key {
                    $(stringify!($key) => self.$key = $crate::spec::FieldValue::from_value(key, value)?,)*
                    _ => {
                        let known: Vec<String> = vec![$(stringify!($key).to_owned()),*];
                        let suggestion = $crate::spec::did_you_mean(key, known.iter().map(String::as_str));
                        return Err($crate::spec::SetError::Unknown { key: key.to_owned(), suggestion, known });
                    }
                }
                Ok(())
            }
        }
    };
    ($spec:ty { $($settings:tt)* }) => {
        $crate::spec::described! { impl[] $spec { $($settings)* } }
    };
}
pub use crate::described;
