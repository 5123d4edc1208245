//! Descriptions of settings that several families share.

use strum::VariantNames as _;

use super::latent::Annealing;
use crate::Likelihood;
use crate::attention::Activation;
use crate::features::Join;
use seqscope_base::spec::{FieldGroup, FieldKind, Wording};

const fn wording(
    group: FieldGroup,
    kind: fn() -> FieldKind,
    [label, unit]: [&'static str; 2],
    help: &'static str,
) -> Wording {
    Wording {
        kind,
        group,
        label,
        unit,
        help,
    }
}

pub(super) const WIDTH: Wording = wording(
    FieldGroup::Core,
    || FieldKind::Int { min: 2, max: 1024 },
    ["Width", ""],
    "Length of the vector that stands for an event.",
);

pub(super) const BLOCKS: Wording = wording(
    FieldGroup::Core,
    || FieldKind::Int { min: 1, max: 12 },
    ["Blocks", ""],
    "How many attention blocks follow each other.",
);

pub(super) const HEADS: Wording = wording(
    FieldGroup::Core,
    || FieldKind::Int { min: 1, max: 16 },
    ["Heads", ""],
    "How many attention patterns each block learns side by side; must divide the width.",
);

pub(super) const FEED_FORWARD: Wording = wording(
    FieldGroup::More,
    || FieldKind::Int { min: 2, max: 4096 },
    ["Feed-forward width", ""],
    "Width of the layer inside each block.",
);

pub(super) const WINDOW: Wording = wording(
    FieldGroup::Core,
    || FieldKind::Int { min: 2, max: 2000 },
    ["Window", "events"],
    "How many of the latest events the model sees.",
);

pub(super) const DROPOUT: Wording = wording(
    FieldGroup::Core,
    || FieldKind::Float { min: 0.0, max: 0.9 },
    ["Dropout", ""],
    "Share of activations set to zero while training: more fights over-fitting.",
);

pub(super) const ATTENTION_DROPOUT: Wording = wording(
    FieldGroup::More,
    || FieldKind::Float { min: 0.0, max: 0.9 },
    ["Attention dropout", ""],
    "Share of attention weights set to zero while training.",
);

pub(super) const ACTIVATION: Wording = wording(
    FieldGroup::More,
    || FieldKind::Choice(Activation::VARIANTS.to_vec()),
    ["Activation", ""],
    "What stands inside the feed-forward layer.",
);

pub(super) const FEATURES: Wording = wording(
    FieldGroup::More,
    || FieldKind::Choice(Join::VARIANTS.to_vec()),
    ["Features", ""],
    "How features of events (`data.features`) join their items: added as vectors of the same \
     length, or set beside them and mixed by a dense layer. Without features it plays no part.",
);

pub(super) const LATENT: Wording = wording(
    FieldGroup::Core,
    || FieldKind::Int { min: 1, max: 1024 },
    ["Latent width", ""],
    "Length of the vector that stands for a user.",
);

pub(super) const ANNEAL: Wording = wording(
    FieldGroup::More,
    || FieldKind::Float { min: 0.0, max: 1.0 },
    ["Annealing", "of the run"],
    "Share of the steps, or of those of a cycle, over which beta grows from 0.",
);

pub(super) const ANNEALING: Wording = wording(
    FieldGroup::More,
    || FieldKind::Choice(Annealing::VARIANTS.to_vec()),
    ["Annealing form", ""],
    "Linear: beta grows once; Cyclical: it starts from 0 again at each quarter of the run, against \
     a latent vector that is not used.",
);

pub(super) const LIKELIHOOD: Wording = wording(
    FieldGroup::Core,
    || FieldKind::Choice(Likelihood::VARIANTS.to_vec()),
    ["Likelihood", ""],
    "Multinomial: items compete for the score; Bernoulli: each item of the catalogue is there or \
     not by itself.",
);

pub(super) const RECENCY: Wording = wording(
    FieldGroup::More,
    || FieldKind::Float { min: 0.5, max: 1.0 },
    ["Recency", ""],
    "Factor by which an event counts less than the one after it in the encoder's input; 1 is the \
     paper's plain bag.",
);
