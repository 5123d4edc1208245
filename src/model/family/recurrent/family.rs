//! A recurrent family from its name, its cell and its sources: settings, module and
//! [`ModelFamily`].
//!
//! [`ModelFamily`]: crate::ModelFamily

/// Writes the settings `$spec` and the module `$network` of a family whose first layer is called
/// `$first` in weights files. The defaults of the newer settings are what the families did before
/// there were any.
macro_rules! recurrent_family {
    (
        $spec:ident, $network:ident, $first:ident: $layer:ty,
        title: $title:literal, summary: $summary:literal, source: $source:literal,
        units: $units:literal, from $units_from:literal,
    ) => {
        #[doc = concat!("Settings of the ", $title, ".")]
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $spec {
            /// Length of each item's vector.
            pub d_model: usize,
            /// Number of units of the first recurrent layer.
            pub d_hidden: usize,
            /// Number of recurrent layers, each of which reads the states of the one below.
            pub n_layers: usize,
            /// Width of each upper layer beside the one below, 1 = alike.
            pub taper: f64,
            /// Number of latest events that the model sees.
            pub seq_len: usize,
            /// Share of activations set to zero while training.
            pub dropout: f64,
            /// Share of the state's units that the recurrent weights do not see while training, the
            /// same units all through a sequence.
            pub recurrent_dropout: f64,
            /// After which events of a history it learns to predict.
            pub output: $crate::RecurrentOutput,
            /// Whether the last layer's states look back at those before them.
            pub attention: bool,
            /// Whether the item vectors are the output weights too.
            pub tied: bool,
            /// Way in which the features of events join their items, where the data have some.
            pub features: $crate::Join,
        }

        impl Default for $spec {
            fn default() -> Self {
                Self {
                    d_model: 64,
                    d_hidden: 128,
                    n_layers: 1,
                    taper: 1.0,
                    seq_len: 200,
                    dropout: 0.2,
                    recurrent_dropout: 0.0,
                    output: $crate::RecurrentOutput::PerStep,
                    attention: false,
                    tied: true,
                    features: $crate::Join::Sum,
                }
            }
        }

        seqscope_base::spec::described! { $spec {
            d_model: Int { min: 2, max: 1024 }, Core, "Item width", "", "Length of the vector that \
                stands for an item.", "as the Transformer's: 64";
            d_hidden: Int { min: 2, max: 2048 }, Core, "Units", "", $units, $units_from;
            n_layers: Int { min: 1, max: 4 }, Core, "Layers", "", "How many layers stand on one \
                another; each reads what the one below has carried.", "GRU4Rec (Hidasi et al. 2016): one layer did best";
            taper: Float { min: 0.1, max: 1.0 }, More, "Taper", "", "Width of each upper layer \
                beside the one below: 1 makes them alike, 0.5 halves them.", "1: layers alike, as in GRU4Rec";
            seq_len => $crate::family::words::WINDOW, "as the Transformer's: 200";
            dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of activations into \
                and out of each layer set to zero while training: more fights over-fitting.", "0.1–0.3 on dense data";
            recurrent_dropout: Float { min: 0.0, max: 0.9 }, More, "Recurrent dropout", "", "Share \
                of the memory that stays silent from event to event while training, the same part \
                all through a history.", "Gal & Ghahramani 2016; off unless asked for";
            output: Choice(<$crate::RecurrentOutput as strum::VariantNames>::VARIANTS.to_vec()), More, "Learn from", "", "Of \
                the next item: PerStep learns to predict every event; LastStep only each history's \
                last one, so that a pass costs the same and teaches far less.", "every event, as in GRU4Rec";
            attention: Bool, More, "Attention", "", "Lets each event look back at all before it \
                and weigh them, which Explain shows; training takes several times as long.", "Bahdanau et al. 2015, within one network; off unless asked for";
            tied: Bool, More, "Tied output", "", "Scores items with the vectors that are read; \
                off, the output learns vectors of its own.", "Press & Wolf 2017; Hidasi & Karatzoglou 2018";
            features => $crate::family::words::FEATURES, "Sum, as BERT adds segments";
        } }

        impl $spec {
            fn settings(&self, plan: &$crate::Blueprint) -> $crate::family::recurrent::RecurrentSettings {
                let Self { d_model, d_hidden, n_layers, taper, seq_len, dropout, .. } = *self;
                let Self { recurrent_dropout, output, attention, tied, features, .. } = *self;
                $crate::family::recurrent::RecurrentSettings {
                    d_model,
                    d_hidden,
                    n_layers,
                    taper,
                    seq_len,
                    dropout,
                    recurrent_dropout,
                    output,
                    attention,
                    tied,
                    features,
                    plan: plan.clone(),
                }
            }
        }

        impl $crate::ModelFamily for $spec {
            fn title(&self) -> &'static str {
                $title
            }
            fn summary(&self) -> &'static str {
                $summary
            }
            fn source(&self) -> &'static str {
                $source
            }
            fn tasks(&self) -> &'static [seqscope_data::TaskKind] {
                &$crate::family::EVERY_TASK
            }
            fn takes_features(&self) -> bool {
                true
            }
            fn layers(&self, plan: &$crate::Blueprint) -> Vec<$crate::LayerShape> {
                self.settings(plan).layers::<$layer>($title, stringify!($first))
            }
            fn memory(&self, work: &$crate::Workload<'_>) -> $crate::MemoryNeed {
                self.settings(work.plan).memory::<$layer>(work, self.n_params(work.plan))
            }
            fn build(
                &self,
                plan: &$crate::Blueprint,
                optimizer: $crate::OptimizerSpec,
                device: &$crate::OpenDevice,
                seed: u64,
            ) -> Result<Box<dyn $crate::Trainable>, $crate::ModelError> {
                let settings = self.settings(plan);
                let start = $crate::family::ModelStart { plan, optimizer, device, seed };
                start.for_every_task(self, &settings.largest::<$layer>(), |init| settings.network::<$network>(init))
            }
        }

        /// The network's weights, under the names that weights files have for them.
        #[derive(burn::module::Module, Debug)]
        pub(super) struct $network {
            item: burn::nn::Embedding,
            features: $crate::features::Features,
            $first: $layer,
            /// The layers above the first.
            upper: Vec<$layer>,
            output: burn::nn::Linear,
            attention: Option<$crate::recurrent::AdditiveAttention>,
            catalogue: Option<burn::nn::Embedding>,
            #[module(skip)]
            settings: $crate::family::recurrent::RecurrentSettings,
        }

        impl $crate::family::recurrent::RecurrentNetwork for $network {
            const KIND: &'static str = stringify!($first);
            const OUTCOME_KIND: &'static str = concat!(stringify!($first), " with a head");
            type Layer = $layer;

            fn from_parts(
                parts: $crate::family::recurrent::OwnedParts<$layer>,
            ) -> Self {
                Self {
                    item: parts.item,
                    features: parts.features,
                    $first: parts.first,
                    upper: parts.upper,
                    output: parts.output,
                    attention: parts.attention,
                    catalogue: parts.catalogue,
                    settings: parts.settings,
                }
            }

            fn parts(&self) -> $crate::family::recurrent::NetworkParts<'_, $layer> {
                $crate::family::recurrent::NetworkParts {
                    item: &self.item,
                    features: &self.features,
                    catalogue: self.catalogue.as_ref(),
                    layers: std::iter::once(&self.$first).chain(&self.upper).collect(),
                    attention: self.attention.as_ref(),
                    output: &self.output,
                    settings: &self.settings,
                }
            }
        }
    };
}
pub(in crate::family) use recurrent_family;
