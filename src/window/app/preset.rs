//! Sizes of a model by one word.

use seqscope_base::spec::Value;
use seqscope_model::{ModelKind, ModelSpec, SizeSetting};

/// Size of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub enum SizePreset {
    /// Trains in seconds on a plain laptop, for a class.
    Tiny,
    /// Good on small data.
    Small,
    /// Every setting at its default.
    Default,
}

impl SizePreset {
    /// Purpose of the size, in one sentence.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Tiny => {
                "Trains in seconds on a plain laptop; for a class, and to see whether all is set up"
            }
            Self::Small => "For small data, and for many runs on a laptop",
            Self::Default => "Every setting of the family at its default",
        }
    }
}

/// Returns the family at another size. Settings that are no sizes (dropout, beta) stay as they are,
/// but for [`SizePreset::Default`], which is every default.
#[must_use]
pub fn sized_model(model: &ModelSpec, size: SizePreset) -> ModelSpec {
    let sizes = model.family().smaller_sizes();
    let settings = match size {
        SizePreset::Tiny => sizes.tiny,
        SizePreset::Small => sizes.small,
        SizePreset::Default => return ModelSpec::of_kind(ModelKind::from(model)),
    };
    let mut sized = model.clone();
    for SizeSetting { key, value } in settings {
        // Every key is a setting of its family; a test walks the table.
        let _ = sized.described_mut().set(key, &Value::Int(*value));
    }
    sized
}

#[cfg(test)]
mod tests {
    use super::{SizePreset, sized_model};
    use seqscope_data::DataShape;
    use seqscope_model::{Blueprint, ModelKind, ModelSpec};
    use strum::IntoEnumIterator;

    #[test]
    fn sizes_grow_and_every_one_can_be_trained() {
        let shape = DataShape {
            n_users: 100,
            n_items: 1000,
            n_events: 5000,
            max_len: 80,
        };
        for kind in ModelKind::iter() {
            let sizes = SizePreset::iter().map(|size| sized_model(&ModelSpec::of_kind(kind), size));
            let n_params: Vec<usize> = sizes
                .map(|model| {
                    assert!(
                        model
                            .check(&Blueprint::for_data(shape))
                            .iter()
                            .all(|problem| !problem.is_error()),
                        "{model:?}"
                    );
                    model.family().n_params(&Blueprint::for_data(shape))
                })
                .collect();
            assert!(n_params.is_sorted_by(|a, b| a < b), "{kind}: {n_params:?}");
        }
    }
}
