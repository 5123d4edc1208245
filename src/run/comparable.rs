//! Whether the numbers of two runs may stand side by side.

use super::Manifest;

/// Why the metrics of `other` say nothing beside those of `primary`; `None` when they may be
/// compared.
#[must_use]
pub fn hindrance(primary: &Manifest, other: &Manifest) -> Option<&'static str> {
    if primary.data.fingerprint != other.data.fingerprint {
        Some("other data")
    } else if primary.data.split_fingerprint != other.data.split_fingerprint {
        Some("other split")
    } else if primary.experiment.evaluation.filter_seen != other.experiment.evaluation.filter_seen {
        Some("seen items ranked in one, left out in the other")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{DataStamp, References, RunId};

    fn manifest(change: impl FnOnce(&mut Manifest)) -> Manifest {
        let mut manifest = Manifest {
            version: 1,
            id: RunId("run".to_owned()),
            program: String::new(),
            experiment: Experiment::default(),
            data: DataStamp { fingerprint: "a".to_owned(), split_fingerprint: "b".to_owned(), ..DataStamp::default() },
            device: None,
            n_params: 0,
            started_secs: 0,
            train_secs: 0.0,
            epochs: 0,
            best_epoch: None,
            valid: None,
            test: None,
            references_valid: References::new(),
            references_test: References::new(),
            references_left_out: crate::run::LeftOutReferences::new(),
            problems: Vec::new(),
            outcome: None,
        };
        change(&mut manifest);
        manifest
    }

    #[test]
    fn what_is_not_comparable_says_why() {
        let primary = manifest(|_| {});
        let with = |change: fn(&mut Manifest)| hindrance(&primary, &manifest(change));
        assert_eq!(with(|m| m.experiment.seed = 7), None, "another seed, another model: comparable");
        assert_eq!(with(|m| m.data.fingerprint.push('x')), Some("other data"));
        assert_eq!(with(|m| m.data.split_fingerprint.push('x')), Some("other split"));
        let seen = with(|m| m.experiment.evaluation.filter_seen = false);
        assert_eq!(seen, Some("seen items ranked in one, left out in the other"));
    }
}
