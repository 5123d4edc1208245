//! The name of a run, which is its folder's name.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::experiment::{Experiment, NamedModel};
use seqscope_model::ModelKind;

/// Name of a run: its folder's name, such as `2026-11-22_1432_ml-1m_sasrec_s1_a1b2`. A run from
/// before names told model and seed has neither.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub String);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl RunId {
    /// The name of a run that starts at `time`; `tag` tells runs of the same minute apart.
    pub(super) fn new(time: &jiff::Zoned, experiment: &Experiment, tag: u16) -> Self {
        Self::at(time, &telling_name(experiment), tag)
    }

    /// The name of a folder of several runs that starts at `time`, by what they are called.
    pub(crate) fn of_several(time: &jiff::Zoned, name: &str, tag: u16) -> Self {
        Self::at(time, &slug(name), tag)
    }

    fn at(time: &jiff::Zoned, telling: &str, tag: u16) -> Self {
        Self(format!(
            "{}_{telling}_{tag:04x}",
            time.strftime("%Y-%m-%d_%H%M")
        ))
    }

    /// The name without the minute at its start and the sign at its end: what the experiment is
    /// called, its model and its seed. The whole of a name that is put together otherwise.
    #[must_use]
    pub fn telling(&self) -> &str {
        let inner = self.0.rsplit_once('_').map(|(start, _)| start);
        let mut parts = inner.unwrap_or_default().splitn(3, '_');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(_), Some(telling)) => telling,
            _ => &self.0,
        }
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

/// The experiment's name, its model and its seed, `ml-1m_sasrec_s1`. What its author has said
/// already is not said twice.
fn telling_name(experiment: &Experiment) -> String {
    let name = slug(&experiment.name);
    let said = |word: &str| name.split('-').any(|part| part == word);
    let model = NamedModel::word_of(experiment);
    let (as_one, family) = (
        name.replace('-', ""),
        ModelKind::from(&experiment.model).to_string(),
    );
    let is_named = [&model.replace('-', ""), &family.to_lowercase()]
        .into_iter()
        .any(|word| as_one.contains(word.as_str()));
    let seed = format!("s{}", experiment.seed);
    let mut telling = name.clone();
    if !is_named {
        telling = format!("{telling}_{model}");
    }
    if !said(&seed) {
        telling = format!("{telling}_{seed}");
    }
    telling
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
    use super::{RunId, slug, telling_name};
    use crate::experiment::{Experiment, Preset};
    use seqscope_model::{GruSpec, ModelSpec};

    #[test]
    fn any_name_becomes_a_folder_name() {
        assert_eq!(slug("ML-100K Transformer"), "ml-100k-transformer");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("行为 序列"), "行为-序列");
        assert_eq!(slug("\0//.."), "run");
        assert_eq!(slug(&"x".repeat(500)).len(), 40);
    }

    #[test]
    fn a_name_tells_model_and_seed_and_says_nothing_twice() {
        let named = |name: &str, seed, change: fn(Experiment) -> Experiment| {
            telling_name(&change(Experiment {
                name: name.to_owned(),
                seed,
                ..Experiment::default()
            }))
        };
        let as_is = |experiment| experiment;
        let sasrec = |experiment| Preset::SasRec.applied_to(&experiment);
        let gru = |experiment| Experiment {
            model: ModelSpec::Gru(GruSpec::default()),
            ..experiment
        };
        assert_eq!(named("ML-1M", 1, sasrec), "ml-1m_sasrec_s1");
        assert_eq!(named("ml-1m SASRec", 2, sasrec), "ml-1m-sasrec_s2");
        assert_eq!(
            named("ml-100k-transformer", 0, as_is),
            "ml-100k-transformer_s0"
        );
        assert_eq!(
            named("ml-100k-transformer", 3, gru),
            "ml-100k-transformer_gru_s3"
        );
        assert_eq!(named("gru s7", 7, gru), "gru-s7");
        assert_eq!(named("gru s7", 8, gru), "gru-s7_s8");
        let long = "x".repeat(500);
        assert!(named(&long, u64::MAX, sasrec).len() < 90);
    }

    #[test]
    fn what_a_name_tells_is_found_in_it() {
        let telling = |name: &str| RunId(name.to_owned()).telling().to_owned();
        assert_eq!(
            telling("2026-11-30_2241_ml-1m_sasrec_s1_7bf8"),
            "ml-1m_sasrec_s1"
        );
        assert_eq!(telling("2026-11-22_1224_frozen_5d25"), "frozen");
        assert_eq!(telling("copied"), "copied");
        assert_eq!(telling("a_b"), "a_b");
    }

    #[test]
    fn a_path_is_no_run() {
        for name in ["", ".", "..", "a/b", "../a", "/a", ".tmp-a", "a\0b", "a\\b"] {
            assert!(!RunId(name.to_owned()).is_plain(), "{name:?}");
        }
        assert!(RunId("2026-11-22_1432_a_0000".to_owned()).is_plain());
    }
}
