//! Plan of a model: sizes of the data, what it is told of each event, what it is to learn.

use std::sync::Arc;

use seqscope_base::spec::{Entry, EntryWords};
use seqscope_data::{DataShape, FeatureValues, Output, Prepared};

/// Facts that are known of a model before it is built, beside its own settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blueprint {
    /// Sizes of the data.
    pub shape: DataShape,
    /// Output of the model.
    pub output: Output,
    /// Features of each event beside its item, in the order of [`Prepared::features`].
    pub features: Vec<FeatureShape>,
    /// Whether events have times.
    pub has_times: bool,
    /// Objective of next-item models.
    pub objective: Objective,
}

/// The form of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureShape {
    /// So many numbers an event.
    Real(usize),
    /// A class from 1 to so many; 0 where there is none.
    Index(usize),
}

/// The loss of a next-item model, as [`LossKind`] names it, with what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objective {
    /// Loss.
    pub loss: LossKind,
    /// Items drawn beside the true one; only for losses that draw.
    pub n_negatives: usize,
    /// Way in which negatives are drawn.
    pub negatives: Negatives,
    /// Calibration t of gBCE, from 0 (plain BCE) to 1.
    pub gbce_t: f64,
    /// Share of the target's weight that is spread over the catalogue; only for the full softmax.
    pub label_smoothing: f64,
    /// Running sum of what each item is drawn by, `[n_items]`; empty where all are drawn alike.
    #[doc(hidden)]
    pub cumulative: Arc<[f64]>,
}

seqscope_base::spec::choice! {
    /// The losses of next-item models.
    pub enum LossKind {
        /// Cross-entropy of a softmax over the whole catalogue.
        #[default]
        FullSoftmax,
        /// Cross-entropy of a softmax over the true item and some drawn ones, corrected for how
        /// they are drawn.
        SampledSoftmax,
        /// Binary cross-entropy of the true item against some drawn ones.
        Bce,
        /// BCE whose positive term is weighted against overconfidence.
        Gbce,
        /// Logarithm of the chance that the true item is above a drawn one.
        Bpr,
    }
}

seqscope_base::spec::choice! {
    /// Way in which negatives are drawn.
    pub enum Negatives {
        /// Every item alike.
        #[default]
        Uniform,
        /// Proportional to its training events, to the power ¾.
        Popularity,
    }
}

impl LossKind {
    /// The training settings that only this loss reads.
    #[must_use]
    pub fn setting_keys(self) -> &'static [&'static str] {
        match self {
            Self::FullSoftmax => &["label_smoothing"],
            Self::SampledSoftmax | Self::Bce | Self::Bpr => &["n_negatives", "negatives"],
            Self::Gbce => &["n_negatives", "negatives", "gbce_t"],
        }
    }
}

impl Entry for LossKind {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        match self {
            Self::FullSoftmax => EntryWords::new(
                "Full softmax",
                "Cross-entropy over the whole catalogue: the best choice up to some 50,000 items.",
                "Hidasi & Karatzoglou 2018; label smoothing: Szegedy et al. 2016, eq. 7",
            ),
            Self::SampledSoftmax => EntryWords::new(
                "Sampled softmax",
                "Cross-entropy over the true item and some drawn ones, each score lowered by \
                 ln(expected draws): for large catalogues.",
                "Bengio & Senécal 2008; logQ correction as Yi et al. 2019, eq. 3, but not of the \
                 true item, which is not drawn; draws of the true item are left out",
            ),
            Self::Bce => EntryWords::new(
                "Binary cross-entropy",
                "Sigmoid of the true item against that of some drawn ones: SASRec's own loss, with \
                 one negative.",
                "Kang & McAuley 2018, eq. 6, the negative terms averaged over k",
            ),
            Self::Gbce => EntryWords::new(
                "gBCE",
                "Binary cross-entropy whose positive term is weighted down, so that scores are not \
                 overconfident.",
                "Petrov & Macdonald 2023 (gSASRec), eq. 8 and 11",
            ),
            Self::Bpr => EntryWords::new(
                "BPR",
                "The true item is to stand above drawn ones, pair by pair.",
                "Rendle et al. 2009, averaged over k negatives; without its regularisation, which \
                 is weight decay here",
            ),
        }
    }

    fn path(&self) -> &'static str {
        "training"
    }

    fn notes(&self) -> Vec<String> {
        vec![format!("In a file: training: (loss: {})", self.name())]
    }
}

impl Objective {
    /// Draws by these numbers of training events of the items, `[n_items]`, to the power ¾ (Mikolov
    /// et al. 2013); an item without any is drawn as if it had one.
    #[must_use]
    pub fn with_counts(self, counts: &[u32]) -> Self {
        let mut sum = 0.0;
        let running = counts.iter().map(|&count| {
            sum += f64::from(count.max(1)).powf(0.75);
            sum
        });
        Self {
            cumulative: running.collect(),
            ..self
        }
    }

    /// Whether it is the plain full softmax, which the fused layers compute.
    pub(super) fn is_plain(&self) -> bool {
        self.loss == LossKind::FullSoftmax && self.label_smoothing == 0.0
    }
}

impl Blueprint {
    /// Makes the plan for data of these sizes, with nothing but items, for the next item by full
    /// softmax.
    #[must_use]
    pub fn for_data(shape: DataShape) -> Self {
        Self {
            shape,
            ..Self::default()
        }
    }

    /// Adds the features that these data have of each event.
    #[must_use]
    pub fn with_inputs_of(self, prepared: &Prepared) -> Self {
        let features = prepared
            .features
            .iter()
            .map(|feature| FeatureShape::of_values(&feature.values))
            .collect();
        Self {
            features,
            has_times: prepared.dataset.has_clock(),
            ..self
        }
    }

    /// Whether the catalogue is ranked.
    #[must_use]
    pub fn is_next_item(&self) -> bool {
        self.output == Output::Catalogue
    }

    /// Whether a next-item model is told nothing but items and learns by the plain full softmax:
    /// what the fused layers do.
    pub(super) fn is_plain(&self) -> bool {
        self.is_next_item() && self.features.is_empty() && self.objective.is_plain()
    }
}

impl FeatureShape {
    /// Returns the shape of these values.
    #[must_use]
    pub fn of_values(values: &FeatureValues) -> Self {
        match values {
            FeatureValues::Real { width, .. } => Self::Real(*width),
            FeatureValues::Index { n, .. } => Self::Index(*n),
        }
    }
}
