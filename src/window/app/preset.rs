//! Sizes of a model by one word.

use seqscope_base::spec::Value;
use seqscope_model::{ModelKind, ModelSpec};

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
    let kind = ModelKind::from(model);
    let sizes: &[(&str, i64)] = match (kind, size) {
        (ModelKind::Transformer, SizePreset::Tiny) => &[
            ("d_model", 32),
            ("n_layers", 1),
            ("n_heads", 1),
            ("d_ff", 32),
            ("seq_len", 50),
        ],
        (
            ModelKind::Transformer | ModelKind::Bert4Rec | ModelKind::EncoderDecoder,
            SizePreset::Small,
        ) => &[
            ("d_model", 48),
            ("n_layers", 2),
            ("n_heads", 2),
            ("d_ff", 96),
            ("seq_len", 100),
        ],
        (ModelKind::Bert4Rec | ModelKind::EncoderDecoder, SizePreset::Tiny) => &[
            ("d_model", 32),
            ("n_layers", 1),
            ("n_heads", 1),
            ("d_ff", 64),
            ("seq_len", 50),
        ],
        (ModelKind::Lstm | ModelKind::Gru | ModelKind::Rnn, SizePreset::Tiny) => &[
            ("d_model", 32),
            ("d_hidden", 32),
            ("n_layers", 1),
            ("seq_len", 50),
        ],
        (ModelKind::Lstm | ModelKind::Gru | ModelKind::Rnn, SizePreset::Small) => &[
            ("d_model", 48),
            ("d_hidden", 96),
            ("n_layers", 1),
            ("seq_len", 100),
        ],
        (ModelKind::Vae | ModelKind::Autoencoder, SizePreset::Tiny) => {
            &[("d_hidden", 64), ("d_latent", 16)]
        }
        (ModelKind::Vae | ModelKind::Autoencoder, SizePreset::Small) => {
            &[("d_hidden", 200), ("d_latent", 64)]
        }
        (ModelKind::SequentialVae, SizePreset::Tiny) => &[
            ("d_model", 32),
            ("d_state", 32),
            ("d_hidden", 32),
            ("d_latent", 8),
            ("seq_len", 50),
        ],
        (ModelKind::SequentialVae, SizePreset::Small) => &[
            ("d_model", 48),
            ("d_state", 96),
            ("d_hidden", 64),
            ("d_latent", 32),
            ("seq_len", 100),
        ],
        (_, SizePreset::Default) => return ModelSpec::of_kind(kind),
    };
    let mut sized = model.clone();
    for (key, number) in sizes {
        // Every key is a setting of its family; a test walks the table.
        let _ = sized.described_mut().set(key, &Value::Int(*number));
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
