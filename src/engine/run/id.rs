//! The name of a run, which is its folder's name.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

/// Name of a run: its folder's name, such as `2026-11-22_1432_ml-100k-transformer_a1b2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub String);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl RunId {
    /// The name of a run that starts at `time`; `tag` tells runs of the same minute apart.
    pub(crate) fn new(time: &jiff::Zoned, experiment_name: &str, tag: u16) -> Self {
        Self(format!(
            "{}_{}_{tag:04x}",
            time.strftime("%Y-%m-%d_%H%M"),
            slug(experiment_name)
        ))
    }

    /// Whether this can be the name of a folder in the store, and not a path to somewhere else.
    pub(super) fn is_plain(&self) -> bool {
        let mut components = Path::new(&self.0).components();
        let single = matches!(
            (components.next(), components.next()),
            (Some(Component::Normal(_)), None)
        );
        single && !self.0.starts_with('.') && !self.0.contains(['\0', '/', '\\'])
    }
}

/// Longest part of a folder's name that comes from the experiment: 40 characters are at most 160
/// bytes, well below the 255 that file systems allow.
const MAX_SLUG: usize = 40;

/// Letters and digits of any script in lower case; all else becomes single dashes.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let kept: String = out.chars().take(MAX_SLUG).collect();
    match kept.trim_end_matches('-') {
        "" => "run".to_owned(),
        kept => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{RunId, slug};

    #[test]
    fn any_name_becomes_a_folder_name() {
        assert_eq!(slug("ML-100K Transformer"), "ml-100k-transformer");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("行为 序列"), "行为-序列");
        assert_eq!(slug("\0//.."), "run");
        assert_eq!(slug(&"x".repeat(500)).len(), 40);
    }

    #[test]
    fn a_path_is_no_run() {
        for name in ["", ".", "..", "a/b", "../a", "/a", ".tmp-a", "a\0b", "a\\b"] {
            assert!(!RunId(name.to_owned()).is_plain(), "{name:?}");
        }
        assert!(RunId("2026-11-22_1432_a_0000".to_owned()).is_plain());
    }
}
