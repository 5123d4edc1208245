//! Models as their papers have them: the settings of the model and those of its training, with what
//! differs.

use super::{Difference, Experiment, LrDecay, TrainingSpec, differences};
use seqscope_base::spec::{Entry, EntryWords};
use seqscope_data::TaskSpec;
use seqscope_model::{
    Activation, AutoencoderSpec, Bert4RecSpec, EncoderDecoderSpec, GruSpec, LossKind, LstmSpec,
    ModelKind, ModelSpec, Negatives, NormPlace, Positions, RnnSpec, SequentialVaeSpec,
    TransformerSpec, VaeSpec,
};

/// A model as in its paper.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::EnumIter,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
pub enum Preset {
    /// Kang & `McAuley` 2018.
    SasRec,
    /// Radford et al. 2019.
    Gpt,
    /// Sun et al. 2019.
    Bert4Rec,
    /// Vaswani et al. 2017.
    Transformer,
    /// Hidasi et al. 2016.
    Gru4Rec,
    /// Zaremba et al. 2014.
    Lstm,
    /// Elman 1990.
    Elman,
    /// Liang et al. 2018.
    MultVae,
    /// Liang et al. 2018.
    MultDae,
    /// Sachdeva et al. 2019.
    Svae,
}

impl Entry for Preset {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        let PresetWords { title, source, .. } = self.in_words();
        let (kind, name) = (self.kind(), self.name());
        EntryWords {
            summary: format!("{kind} as in its paper. On the command line: --set preset={name}")
                .into(),
            ..EntryWords::new(title, "", source)
        }
    }

    /// Says what differs from our defaults, and from the paper.
    fn notes(&self) -> Vec<String> {
        let ours = Experiment {
            model: ModelSpec::of_kind(self.kind()),
            ..Experiment::default()
        };
        let changed = differences(&[&ours, &self.applied_to(&ours)]);
        let changed: Vec<String> = changed.iter().filter_map(setting).collect();
        let changed = if changed.is_empty() {
            "nothing".to_owned()
        } else {
            changed.join(", ")
        };
        vec![
            format!("Beside our defaults: {changed}."),
            format!("Not as in the paper: {}", self.differs()),
        ]
    }
}

/// A setting and the value that the last of the compared experiments gives it.
fn setting(change: &Difference) -> Option<String> {
    let value = change.values.last()?.as_deref()?;
    Some(format!("{} = {value}", change.field))
}

impl Preset {
    fn in_words(self) -> PresetWords {
        match self {
            Self::SasRec => SASREC,
            Self::Gpt => GPT,
            Self::Bert4Rec => BERT4REC,
            Self::Transformer => TRANSFORMER,
            Self::Gru4Rec => GRU4REC,
            Self::Lstm => LSTM,
            Self::Elman => ELMAN,
            Self::MultVae => MULT_VAE,
            Self::MultDae => MULT_DAE,
            Self::Svae => SVAE,
        }
    }

    /// Differences between the paper and these settings.
    #[must_use]
    pub fn differs(self) -> &'static str {
        self.in_words().differs
    }

    /// The model.
    #[must_use]
    pub fn model(self) -> ModelSpec {
        match self {
            Self::SasRec => ModelSpec::Transformer(sasrec()),
            Self::Gpt => ModelSpec::Transformer(gpt()),
            Self::Bert4Rec => ModelSpec::Bert4Rec(bert4rec()),
            Self::Transformer => ModelSpec::EncoderDecoder(encoder_decoder()),
            Self::Gru4Rec => ModelSpec::Gru(gru4rec()),
            Self::Lstm => ModelSpec::Lstm(lstm()),
            Self::Elman => ModelSpec::Rnn(elman()),
            Self::MultVae => ModelSpec::Vae(mult_vae()),
            Self::MultDae => ModelSpec::Autoencoder(mult_dae()),
            Self::Svae => ModelSpec::SequentialVae(svae()),
        }
    }

    /// Returns the family of its model.
    #[must_use]
    pub fn kind(self) -> ModelKind {
        ModelKind::from(&self.model())
    }

    /// Returns this experiment with the preset's model, for the next item, trained as its paper
    /// says; what the paper leaves open stays as it was.
    #[must_use]
    pub fn applied_to(self, experiment: &Experiment) -> Experiment {
        let TrainingSpec {
            device,
            patience,
            fused,
            histograms,
            augment,
            gan,
            ..
        } = experiment.training.clone();
        let of_paper = TrainingSpec {
            device,
            patience,
            fused,
            histograms,
            augment,
            gan,
            ..self.training()
        };
        Experiment {
            task: TaskSpec::NextItem,
            model: self.model(),
            training: of_paper,
            ..experiment.clone()
        }
    }

    /// Returns how the paper trains; what it leaves open is ours.
    fn training(self) -> TrainingSpec {
        let ours = TrainingSpec::default();
        match self {
            Self::SasRec => TrainingSpec {
                epochs: 200,
                beta2: 0.98,
                clip_norm: 0.0,
                loss: LossKind::Bce,
                n_negatives: 1,
                negatives: Negatives::Uniform,
                ..ours
            },
            Self::Gpt => TrainingSpec {
                batch_size: 64,
                lr: 2.5e-4,
                warmup_steps: 2000,
                lr_decay: LrDecay::Cosine,
                weight_decay: 0.01,
                clip_norm: 1.0,
                ..ours
            },
            Self::Bert4Rec => TrainingSpec {
                batch_size: 256,
                lr: 1e-4,
                warmup_steps: 100,
                lr_decay: LrDecay::Linear,
                weight_decay: 0.01,
                epsilon: 1e-6,
                clip_norm: 5.0,
                ..ours
            },
            Self::Transformer => {
                let adam = TrainingSpec {
                    lr: 7e-4,
                    warmup_steps: 4000,
                    lr_decay: LrDecay::InverseRoot,
                    beta2: 0.98,
                    epsilon: 1e-9,
                    ..ours
                };
                TrainingSpec {
                    label_smoothing: 0.1,
                    clip_norm: 0.0,
                    ..adam
                }
            }
            Self::Gru4Rec => TrainingSpec {
                epochs: 10,
                batch_size: 50,
                clip_norm: 0.0,
                loss: LossKind::Bpr,
                n_negatives: 49,
                negatives: Negatives::Popularity,
                ..ours
            },
            Self::Lstm => TrainingSpec {
                epochs: 39,
                batch_size: 20,
                clip_norm: 5.0,
                ..ours
            },
            Self::Elman => ours,
            Self::MultVae | Self::MultDae => TrainingSpec {
                epochs: 200,
                batch_size: 500,
                clip_norm: 0.0,
                ..ours
            },
            Self::Svae => TrainingSpec {
                epochs: 25,
                batch_size: 1,
                weight_decay: 5e-3,
                ..ours
            },
        }
    }
}

/// A preset in words.
struct PresetWords {
    /// Name as a person reads it.
    title: &'static str,
    /// Paper, and for which data its values are where it has several.
    source: &'static str,
    /// Differences between the paper and these settings.
    differs: &'static str,
}

const SASREC: PresetWords = PresetWords {
    title: "SASRec",
    source: "Kang & McAuley 2018, section IV; window and dropout as for MovieLens-1M, others had \
             50 events and dropout 0.5",
    differs: "The norm is before keys and values too, as in the paper, not only before queries, as \
              in its code; attention has an output projection; positions count from the latest \
              event; training stops early.",
};

const GPT: PresetWords = PresetWords {
    title: "GPT",
    source: "Radford et al. 2019 (GPT-2), the smallest: 12 blocks of width 768; training as \
             Radford et al. 2018, clipping as Brown et al. 2020",
    differs: "Item vectors are multiplied by the root of the width; weights start from Glorot's \
     distribution. Meant for millions of histories and a GPU: `Small` beside keeps its form.",
};

const BERT4REC: PresetWords = PresetWords {
    title: "BERT4Rec",
    source: "Sun et al. 2019, section 4; masked share and dropout as its code has for MovieLens-1M",
    differs: "A history gives one new sample an epoch instead of ten that are drawn once; \
              positions count from the latest event.",
};

const TRANSFORMER: PresetWords = PresetWords {
    title: "Transformer (base)",
    source: "Vaswani et al. 2017, table 3, base; label smoothing and Adam as in section 5",
    differs: "Batches are users, not 25,000 words; window and events ahead are ours.",
};

const GRU4REC: PresetWords = PresetWords {
    title: "GRU4Rec",
    source: "Hidasi et al. 2016, table 2: BPR on RSC15, 100 units",
    differs: "Items go in as learnt vectors of 100 numbers, not one-hot, and a dense layer stands \
              before the scores; negatives are drawn by popularity to the power 3/4, 49 an event, \
              where theirs are the other items of a batch of 50; Adam at 0.001 instead of Adagrad \
              at 0.05 with momentum.",
};

const LSTM: PresetWords = PresetWords {
    title: "LSTM (Zaremba)",
    source: "Zaremba et al. 2014, section 4.1, the medium network: a language model, items for \
             words",
    differs: "Adam at 0.001 instead of SGD at 1 that falls from epoch 6 on; the state begins at 0 \
              in every history where theirs goes on from batch to batch; a dense layer stands \
              before the scores.",
};

const ELMAN: PresetWords = PresetWords {
    title: "Elman network",
    source: "Elman 1990, the network for sentences: 31 numbers in, 150 units",
    differs: "Learnt through all steps of the window, not one step back; softmax and Adam instead \
              of squared error and plain gradient descent; the paper says nothing of batches, so \
              those are ours.",
};

const MULT_VAE: PresetWords = PresetWords {
    title: "Mult-VAE",
    source: "Liang et al. 2018, section 4, for MovieLens-20M; annealing as in its code: 0.2 after \
             40,000 of 46,800 steps",
    differs: "The loss is a mean over items instead of users, which Adam does not see; the epoch \
              is chosen on the next item, where theirs is on NDCG@100 of held-out users.",
};

const MULT_DAE: PresetWords = PresetWords {
    title: "Mult-DAE",
    source: "Liang et al. 2018, section 4, for MovieLens-20M",
    differs: "Without its L2 penalty of 0.01 / 500; the epoch is chosen on the next item, where \
              theirs is on NDCG@100 of held-out users.",
};

const SVAE: PresetWords = PresetWords {
    title: "SVAE",
    source: "Sachdeva et al. 2019, section 5, next 4 items on MovieLens-1M; optimiser as in its \
             code",
    differs: "Weight decay is decoupled (AdamW); beta weighs the term of each event, where theirs \
              divides it by their number; the window is 200 events.",
};

fn sasrec() -> TransformerSpec {
    let widths = TransformerSpec {
        d_model: 50,
        n_layers: 2,
        n_heads: 1,
        d_ff: 50,
        seq_len: 200,
        ..TransformerSpec::default()
    };
    TransformerSpec {
        dropout: 0.2,
        attention_dropout: 0.2,
        norm: NormPlace::Before,
        activation: Activation::Relu,
        positions: Positions::Learned,
        intervals: false,
        tied: true,
        ..widths
    }
}

fn gpt() -> TransformerSpec {
    let widths = TransformerSpec {
        d_model: 768,
        n_layers: 12,
        n_heads: 12,
        d_ff: 3072,
        seq_len: 1024,
        ..sasrec()
    };
    TransformerSpec {
        dropout: 0.1,
        attention_dropout: 0.1,
        activation: Activation::Gelu,
        ..widths
    }
}

fn bert4rec() -> Bert4RecSpec {
    Bert4RecSpec {
        d_model: 64,
        n_layers: 2,
        n_heads: 2,
        d_ff: 256,
        seq_len: 200,
        mask_share: 0.2,
        last_share: 1.0 / 11.0,
        dropout: 0.2,
        attention_dropout: 0.2,
        norm: NormPlace::After,
        positions: Positions::Learned,
    }
}

fn encoder_decoder() -> EncoderDecoderSpec {
    let widths = EncoderDecoderSpec {
        d_model: 512,
        n_layers: 6,
        n_heads: 8,
        d_ff: 2048,
        ..EncoderDecoderSpec::default()
    };
    EncoderDecoderSpec {
        dropout: 0.1,
        attention_dropout: 0.0,
        norm: NormPlace::After,
        activation: Activation::Relu,
        positions: Positions::Sinusoidal,
        ..widths
    }
}

fn gru4rec() -> GruSpec {
    GruSpec {
        d_model: 100,
        d_hidden: 100,
        n_layers: 1,
        dropout: 0.2,
        tied: false,
        ..GruSpec::default()
    }
}

fn lstm() -> LstmSpec {
    let widths = LstmSpec {
        d_model: 650,
        d_hidden: 650,
        n_layers: 2,
        taper: 1.0,
        seq_len: 35,
        ..LstmSpec::default()
    };
    LstmSpec {
        dropout: 0.5,
        tied: false,
        ..widths
    }
}

fn elman() -> RnnSpec {
    RnnSpec {
        d_model: 31,
        d_hidden: 150,
        n_layers: 1,
        dropout: 0.0,
        tied: false,
        ..RnnSpec::default()
    }
}

fn mult_vae() -> VaeSpec {
    VaeSpec {
        d_hidden: 600,
        d_latent: 200,
        dropout: 0.5,
        beta: 0.2,
        anneal: 0.85,
        ..VaeSpec::default()
    }
}

fn mult_dae() -> AutoencoderSpec {
    AutoencoderSpec {
        d_hidden: 600,
        n_hidden: 1,
        d_latent: 200,
        corruption: 0.5,
        ..AutoencoderSpec::default()
    }
}

fn svae() -> SequentialVaeSpec {
    SequentialVaeSpec {
        d_model: 256,
        d_state: 200,
        d_hidden: 150,
        d_latent: 64,
        n_ahead: 4,
        ..SequentialVaeSpec::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_data::DataShape;
    use strum::IntoEnumIterator;

    #[test]
    fn every_family_has_a_preset_and_every_preset_can_be_trained() {
        let shape = DataShape {
            n_users: 6040,
            n_items: 3416,
            n_events: 1_000_000,
            max_len: 2000,
        };
        for preset in Preset::iter() {
            let experiment = preset.applied_to(&Experiment::default());
            let problems = experiment
                .check_settings()
                .into_iter()
                .chain(experiment.model.check(&experiment.plan(shape)));
            assert_eq!(
                problems
                    .filter(seqscope_base::spec::Problem::is_error)
                    .count(),
                0,
                "{preset}"
            );
            let source = preset.source();
            assert!(
                !preset.title().is_empty()
                    && source.contains(char::is_numeric)
                    && preset.differs().ends_with('.'),
                "{preset}"
            );
            assert_eq!(
                preset.applied_to(&experiment),
                experiment,
                "{preset}: twice is once"
            );
            assert_eq!(
                Experiment::parse(&experiment.to_text().unwrap()).unwrap(),
                experiment,
                "{preset}"
            );
        }
        for kind in ModelKind::iter() {
            assert!(
                Preset::iter().any(|preset| preset.kind() == kind),
                "{kind} has no preset"
            );
        }
    }

    /// Published numbers of parameters: GPT-2's smallest has 124,439,808 with a vocabulary of
    /// 50,257 words (here one row more, of padding); Mult-VAE on n items is n·600 + 600 + 600·400 +
    /// 400 + 200·600 + 600 + 600·n + n.
    #[test]
    fn the_papers_sizes_are_the_papers() {
        let count = |preset: Preset, n_items: usize| {
            let plan = Experiment::default().plan(DataShape {
                n_items,
                ..DataShape::default()
            });
            preset.model().family().n_params(&plan)
        };
        assert_eq!(count(Preset::Gpt, 50_257), 124_439_808 + 768);
        assert_eq!(
            count(Preset::MultVae, 1000),
            1201 * 1000 + 600 + 240_400 + 120_600
        );
    }

    #[test]
    fn what_the_paper_does_not_say_stays() {
        let mut mine = Experiment::default();
        (mine.training.device, mine.training.patience, mine.seed) = ("cpu".to_owned(), 3, 9);
        let applied = Preset::SasRec.applied_to(&mine);
        assert_eq!(
            (
                applied.training.device.as_str(),
                applied.training.patience,
                applied.seed
            ),
            ("cpu", 3, 9)
        );
        assert_eq!(
            (applied.training.loss, applied.training.n_negatives),
            (LossKind::Bce, 1)
        );
    }
}
