//! Features of a whole log, and whether a log has what they need.

use super::spec::{Feature, FeatureSpec};
use super::view::DatasetView;
use crate::dataset::{Dataset, Prepared};
use crate::error::DataError;
use crate::log::ColumnKind;
use seqscope_base::spec::{Entry, Problem};
use strum::IntoEnumIterator;

/// Computes features of every event of a log, in the order of `specs`.
///
/// `training` says of each event, in the order of the sequences, whether something may be learnt
/// from it: means and the lists of known places and categories come from those events only. See
/// [`training_mask`].
///
/// # Shapes
/// Each has `n_events` rows; see [`super::FeatureValues`].
///
/// # Errors
/// [`DataError::Setting`] at `data.features[place]` when the log has not what a feature needs.
pub fn features(
    dataset: &Dataset,
    specs: &[FeatureSpec],
    training: &[bool],
) -> Result<Vec<Feature>, DataError> {
    let view = DatasetView { dataset, training };
    let one = |(place, spec): (usize, &FeatureSpec)| {
        let wrong = refused(dataset, place, spec);
        let computed = match wrong {
            Some(problem) => Err(problem),
            None => spec
                .computable()
                .compute(&view)
                .map_err(|problem| problem.under(&path(place))),
        };
        computed.map_err(DataError::from)
    };
    specs.iter().enumerate().map(one).collect()
}

/// Which events are for training, in the order of the sequences.
#[must_use]
pub fn training_mask(prepared: &Prepared) -> Vec<bool> {
    let sequences = &prepared.dataset.sequences;
    let mut mask = Vec::with_capacity(sequences.n_events());
    for user in 0..sequences.n_users() {
        let n_train = prepared
            .split
            .train_len
            .get(user)
            .map_or(0, |&n| n as usize);
        mask.extend((0..sequences.range(user).len()).map(|at| at < n_train));
    }
    mask
}

/// The problem of a feature that this log cannot have.
pub(crate) fn refused(dataset: &Dataset, place: usize, spec: &FeatureSpec) -> Option<Problem> {
    let view = DatasetView {
        dataset,
        training: &[],
    };
    let feature = spec.computable();
    let sentence = feature.needs().iter().find_map(|need| view.lacks(*need));
    let lacking = sentence
        .map(|sentence| Problem::error(path(place), format!("{}: {sentence}", spec.title())));
    lacking.or_else(|| {
        let (name, kinds) = feature.column().filter(|_| !feature.is_own_name(&view))?;
        let sentence = view.column(name, kinds).err()?;
        Some(Problem::error(format!("{}.column", path(place)), sentence))
    })
}

/// Problems that the settings alone tell.
pub(crate) fn check(specs: &[FeatureSpec]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, spec) in specs.iter().enumerate() {
        let path = path(place);
        problems.extend(
            spec.described()
                .problems()
                .into_iter()
                .map(|problem| problem.under(&path)),
        );
        if spec
            .computable()
            .column()
            .is_some_and(|(name, _)| name.is_empty())
        {
            let sentence = format!(
                "{} needs a free column; name it in `{path}.column`.",
                spec.title()
            );
            problems.push(Problem::error(format!("{path}.column"), sentence));
        }
    }
    problems
}

impl FeatureSpec {
    /// Every feature that this log has what is needed for, at first settings; of free columns each
    /// as its kind is.
    #[must_use]
    pub fn fitting(dataset: &Dataset) -> Vec<Self> {
        let view = DatasetView {
            dataset,
            training: &[],
        };
        let mut fitting = Vec::new();
        for spec in Self::iter().filter(|spec| spec.computable().column().is_none()) {
            if spec
                .computable()
                .needs()
                .iter()
                .all(|need| view.lacks(*need).is_none())
            {
                let day = match &spec {
                    Self::Intensity(hour) => Some(Self::Intensity(super::Intensity {
                        window_secs: 86_400.0,
                        ..hour.clone()
                    })),
                    _ => None,
                };
                fitting.push(spec);
                fitting.extend(day);
            }
        }
        if dataset.sequences.value.is_some() {
            fitting.push(Self::Numeric(super::Numeric {
                column: super::numeric::VALUE.to_owned(),
                ..Default::default()
            }));
        }
        if !dataset.titles.is_empty() {
            fitting.push(Self::HashedText(super::HashedText {
                column: super::hashed_text::TITLES.to_owned(),
                ..Default::default()
            }));
        }
        fitting.extend(view.columns().into_iter().map(|(column, kind)| match kind {
            ColumnKind::Numeric => Self::Numeric(super::Numeric {
                column,
                ..Default::default()
            }),
            ColumnKind::Category => Self::Category(super::Category { column }),
            ColumnKind::Text => Self::HashedText(super::HashedText {
                column,
                ..Default::default()
            }),
            ColumnKind::Embedding => Self::Embedding(super::ReadyEmbedding { column }),
        }));
        fitting
    }
}

fn path(place: usize) -> String {
    format!("data.features[{place}]")
}
