//! Sizes of the families below their defaults.

/// A setting that says how large a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeSetting {
    /// Its name.
    pub key: &'static str,
    /// Its value.
    pub value: i64,
}

/// Settings of a family at sizes below its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmallerSizes {
    /// Trains in seconds on a plain laptop.
    pub tiny: &'static [SizeSetting],
    /// Good on small data.
    pub small: &'static [SizeSetting],
}

const fn size(key: &'static str, value: i64) -> SizeSetting {
    SizeSetting { key, value }
}

/// Sizes of families with blocks of attention.
pub(super) const OF_BLOCKS: SmallerSizes = SmallerSizes {
    tiny: &[
        size("d_model", 32),
        size("n_layers", 1),
        size("n_heads", 1),
        size("d_ff", 64),
        size("seq_len", 50),
    ],
    small: &[
        size("d_model", 48),
        size("n_layers", 2),
        size("n_heads", 2),
        size("d_ff", 96),
        size("seq_len", 100),
    ],
};

/// Sizes of the Transformer, whose tiny one is narrower within its block.
pub(super) const OF_TRANSFORMER: SmallerSizes = SmallerSizes {
    tiny: &[
        size("d_model", 32),
        size("n_layers", 1),
        size("n_heads", 1),
        size("d_ff", 32),
        size("seq_len", 50),
    ],
    ..OF_BLOCKS
};

/// Sizes of the recurrent families.
pub(super) const OF_RECURRENT: SmallerSizes = SmallerSizes {
    tiny: &[
        size("d_model", 32),
        size("d_hidden", 32),
        size("n_layers", 1),
        size("seq_len", 50),
    ],
    small: &[
        size("d_model", 48),
        size("d_hidden", 96),
        size("n_layers", 1),
        size("seq_len", 100),
    ],
};

/// Sizes of families that learn bags of items.
pub(super) const OF_BAGS: SmallerSizes = SmallerSizes {
    tiny: &[size("d_hidden", 64), size("d_latent", 16)],
    small: &[size("d_hidden", 200), size("d_latent", 64)],
};

/// Sizes of the sequential VAE.
pub(super) const OF_SEQUENTIAL_VAE: SmallerSizes = SmallerSizes {
    tiny: &[
        size("d_model", 32),
        size("d_state", 32),
        size("d_hidden", 32),
        size("d_latent", 8),
        size("seq_len", 50),
    ],
    small: &[
        size("d_model", 48),
        size("d_state", 96),
        size("d_hidden", 64),
        size("d_latent", 32),
        size("seq_len", 100),
    ],
};
