//! The path of a setting.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Dotted path of a setting, such as `data.clean.steps[2].window_secs`; empty where it stands for
/// the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldPath(String);

impl FieldPath {
    /// The path as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for the whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is a part of the settings, or a setting in that part: `data.roles.user` and
    /// `data` are within `data`, `data_x` is not.
    #[must_use]
    pub fn is_within(&self, part: &str) -> bool {
        part.is_empty()
            || self
                .0
                .strip_prefix(part)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// The path with `prefix.` before it.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        if self.is_whole() {
            Self::from(prefix)
        } else {
            Self(format!("{prefix}.{self}"))
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for FieldPath {
    fn from(path: String) -> Self {
        Self(path)
    }
}

impl From<&str> for FieldPath {
    fn from(path: &str) -> Self {
        Self(path.to_owned())
    }
}

impl PartialEq<str> for FieldPath {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for FieldPath {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_within_whole_parts_only() {
        let path = FieldPath::from("data.clean.steps[2].window_secs");
        for part in [
            "",
            "data",
            "data.clean",
            "data.clean.steps",
            "data.clean.steps[2]",
        ] {
            assert!(path.is_within(part), "{part}");
        }
        for part in ["dat", "data.clean.step", "data.clean.steps[", "clean"] {
            assert!(!path.is_within(part), "{part}");
        }
        assert!(FieldPath::from("data").is_within("data"));
        assert!(!FieldPath::from("data_x").is_within("data"));
        assert!(!FieldPath::default().is_within("data"));
    }

    #[test]
    fn a_path_goes_under_a_part() {
        assert_eq!(FieldPath::from("lr").under("training"), "training.lr");
        assert_eq!(FieldPath::default().under("model"), "model");
    }
}
