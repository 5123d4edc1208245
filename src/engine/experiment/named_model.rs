//! Models by the names that people call them by: a family of ours, a preset, or a model that is
//! published under a name of its own.

use strum::IntoEnumIterator;

use super::settings::failed;
use super::{Experiment, ExperimentError, Preset, TrainingSpec};
use seqscope_base::spec::{Entry, EntryWords, did_you_mean};
use seqscope_data::TaskSpec;
use seqscope_model::baseline::ReferenceKind;
use seqscope_model::{GruSpec, LossKind, ModelKind, ModelSpec, RecurrentOutput};

/// A model with its training, as one word names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedModel {
    /// A family with our defaults, trained as the experiment says.
    Family(ModelKind),
    /// A model as in its paper.
    Preset(Preset),
    /// A model that is published under a name, as far as a family of ours is one.
    Published(PublishedModel),
}

/// A name under which papers and other libraries know a model.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum PublishedModel {
    /// Kang & `McAuley` 2018, by its own loss.
    #[strum(serialize = "sasrec")]
    SasRec,
    /// SASRec by cross-entropy over the catalogue.
    #[strum(serialize = "sasrec-ce")]
    SasRecCe,
    /// Petrov & Macdonald 2023.
    #[strum(serialize = "gsasrec")]
    GSasRec,
    /// Li et al. 2020.
    #[strum(serialize = "tisasrec")]
    TiSasRec,
    /// Sun et al. 2019.
    #[strum(serialize = "bert4rec")]
    Bert4Rec,
    /// Radford et al. 2019.
    #[strum(serialize = "gpt")]
    Gpt,
    /// Hidasi et al. 2016.
    #[strum(serialize = "gru4rec")]
    Gru4Rec,
    /// Li et al. 2017.
    #[strum(serialize = "narm")]
    Narm,
    /// Liang et al. 2018.
    #[strum(serialize = "mult-vae")]
    MultVae,
    /// Liang et al. 2018.
    #[strum(serialize = "mult-dae")]
    MultDae,
    /// Sachdeva et al. 2019.
    #[strum(serialize = "svae")]
    Svae,
}

/// Names of families that are no names of papers: they mean the family with our defaults, also
/// where a preset is called alike.
const FAMILIES_FIRST: [ModelKind; 5] = [
    ModelKind::Transformer,
    ModelKind::Lstm,
    ModelKind::Gru,
    ModelKind::Rnn,
    ModelKind::EncoderDecoder,
];

impl PublishedModel {
    /// Other ways to write its name; small and large letters, dashes and blanks are all one.
    fn also(self) -> &'static [&'static str] {
        match self {
            Self::SasRec
            | Self::GSasRec
            | Self::TiSasRec
            | Self::Bert4Rec
            | Self::Gru4Rec
            | Self::Svae => &[],
            Self::SasRecCe => &["sasrec-softmax"],
            Self::Gpt => &["gpt2", "gpt-2"],
            Self::Narm => &["narm-like"],
            Self::MultVae => &["multivae", "multi-vae", "mvae"],
            Self::MultDae => &["multidae", "multi-dae", "mdae"],
        }
    }

    /// The preset that it is, or begins from.
    fn preset(self) -> Option<Preset> {
        match self {
            Self::SasRec | Self::SasRecCe | Self::GSasRec | Self::TiSasRec => Some(Preset::SasRec),
            Self::Bert4Rec => Some(Preset::Bert4Rec),
            Self::Gpt => Some(Preset::Gpt),
            Self::Gru4Rec => Some(Preset::Gru4Rec),
            Self::MultVae => Some(Preset::MultVae),
            Self::MultDae => Some(Preset::MultDae),
            Self::Svae => Some(Preset::Svae),
            Self::Narm => None,
        }
    }

    /// The experiment with this model, for the next item.
    fn applied_to(self, experiment: &Experiment) -> Experiment {
        let mut applied = match self.preset() {
            Some(preset) => preset.applied_to(experiment),
            None => Experiment {
                task: TaskSpec::NextItem,
                ..experiment.clone()
            },
        };
        match self {
            Self::SasRecCe => applied.training.loss = LossKind::FullSoftmax,
            Self::GSasRec => {
                applied.training = TrainingSpec {
                    loss: LossKind::Gbce,
                    n_negatives: 256,
                    gbce_t: 0.75,
                    ..applied.training
                };
            }
            Self::TiSasRec => {
                if let ModelSpec::Transformer(spec) = &mut applied.model {
                    spec.intervals = true;
                }
            }
            Self::Narm => {
                applied.model = ModelSpec::Gru(narm());
                applied.training = TrainingSpec {
                    batch_size: 512,
                    lr: 1e-3,
                    epochs: 30,
                    ..applied.training
                };
            }
            Self::SasRec
            | Self::Bert4Rec
            | Self::Gpt
            | Self::Gru4Rec
            | Self::MultVae
            | Self::MultDae
            | Self::Svae => {}
        }
        applied
    }

    fn in_words(self) -> [&'static str; 3] {
        match self {
            Self::SasRec => ["SASRec", "Kang & McAuley 2018", Preset::SasRec.differs()],
            Self::SasRecCe => [
                "SASRec by cross-entropy",
                "Kang & McAuley 2018; with the loss that Klenitskiy & Vasilev 2023 found better",
                "The paper's own loss is binary cross-entropy with one negative; else as sasrec.",
            ],
            Self::GSasRec => [
                "gSASRec",
                "Petrov & Macdonald 2023: 256 negatives, calibration 0.75",
                "The network is our SASRec's, its width and window as for sasrec; negatives are \
                 drawn anew for each event.",
            ],
            Self::TiSasRec => [
                "TiSASRec-like",
                "after Li et al. 2020",
                "The time between two events adds a learnt number to their attention, by its \
                 order of size; in the paper it adds vectors to keys and values, in units of each \
                 user's own shortest gap.",
            ],
            Self::Bert4Rec => ["BERT4Rec", "Sun et al. 2019", Preset::Bert4Rec.differs()],
            Self::Gpt => [
                "GPT-2, smallest",
                "Radford et al. 2019",
                Preset::Gpt.differs(),
            ],
            Self::Gru4Rec => ["GRU4Rec", "Hidasi et al. 2016", Preset::Gru4Rec.differs()],
            Self::Narm => [
                "NARM-like",
                "after Li et al. 2017: one GRU of 100 units whose states look back at those \
                 before, batches of 512, 30 epochs",
                "The paper joins the last state with an additive attention over all, learns each \
                 session's last item, and scores by a bilinear product; ours has scaled \
                 dot-product attention added to the state, learns every event, and scores by a \
                 dense layer and item vectors.",
            ],
            Self::MultVae => ["Mult-VAE", "Liang et al. 2018", Preset::MultVae.differs()],
            Self::MultDae => ["Mult-DAE", "Liang et al. 2018", Preset::MultDae.differs()],
            Self::Svae => ["SVAE", "Sachdeva et al. 2019", Preset::Svae.differs()],
        }
    }
}

fn narm() -> GruSpec {
    GruSpec {
        d_model: 50,
        d_hidden: 100,
        n_layers: 1,
        dropout: 0.25,
        output: RecurrentOutput::PerStep,
        attention: true,
        tied: false,
        ..GruSpec::default()
    }
}

impl Entry for PublishedModel {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        let [title, source, _] = self.in_words();
        let kind = NamedModel::Published(*self).kind();
        let also = match self.also() {
            [] => String::new(),
            also => format!(", also written {}", also.join(", ")),
        };
        EntryWords {
            summary: format!(
                "{kind} by the name of `{}`{also}: `seqscope train LOG --model {}`.",
                self.name(),
                self.name()
            )
            .into(),
            ..EntryWords::new(title, "", source)
        }
    }

    fn notes(&self) -> Vec<String> {
        let [_, _, differs] = self.in_words();
        vec![format!("Ours differs: {differs}")]
    }
}

impl NamedModel {
    /// The model that a word means. A published name comes first, then a preset's; transformer,
    /// lstm, gru, rnn and encoder-decoder are families, with our defaults.
    ///
    /// # Errors
    /// [`ExperimentError::Set`] for a word that means none, with what is near.
    pub fn of_word(word: &str) -> Result<Self, ExperimentError> {
        let is_same = |name: &str| plain(name) == plain(word);
        let published = PublishedModel::iter()
            .find(|model| is_same(model.name()) || model.also().iter().any(|also| is_same(also)));
        if let Some(model) = published {
            return Ok(Self::Published(model));
        }
        let family = |kind: &ModelKind| {
            is_same(&kind.to_string()) || is_same(ModelSpec::of_kind(*kind).family().title())
        };
        if let Some(kind) = FAMILIES_FIRST.into_iter().find(family) {
            return Ok(Self::Family(kind));
        }
        if let Some(preset) =
            Preset::iter().find(|preset| is_same(preset.name()) || is_same(preset.title()))
        {
            return Ok(Self::Preset(preset));
        }
        if let Some(kind) = ModelKind::iter().find(family) {
            return Ok(Self::Family(kind));
        }
        Err(failed("model", refused(word)))
    }

    /// The family of its model.
    #[must_use]
    pub fn kind(self) -> ModelKind {
        match self {
            Self::Family(kind) => kind,
            Self::Preset(preset) => preset.kind(),
            Self::Published(model) => model.preset().map_or(ModelKind::Gru, Preset::kind),
        }
    }

    /// The experiment with this model. For the next item a published one is trained as its paper
    /// says; for another task it gives its network alone, since papers say nothing of that.
    #[must_use]
    pub fn applied_to(self, experiment: &Experiment) -> Experiment {
        let applied = match self {
            Self::Family(kind) => {
                return Experiment {
                    model: ModelSpec::of_kind(kind),
                    ..experiment.clone()
                };
            }
            Self::Preset(preset) => preset.applied_to(experiment),
            Self::Published(model) => model.applied_to(experiment),
        };
        match experiment.task {
            TaskSpec::NextItem => applied,
            TaskSpec::NextBehaviour | TaskSpec::WillAct(_) | TaskSpec::NextNumber(_) => {
                Experiment {
                    model: applied.model,
                    ..experiment.clone()
                }
            }
        }
    }

    /// The word by which the model of an experiment is known: the published name whose network and
    /// loss it has, or else its family.
    #[must_use]
    pub fn word_of(experiment: &Experiment) -> String {
        match Self::of_experiment(experiment) {
            Self::Published(model) => model.name().to_owned(),
            Self::Preset(preset) => preset.name().to_lowercase(),
            Self::Family(kind) => kind.to_string().to_lowercase(),
        }
    }

    /// The model of an experiment as a person reads it.
    #[must_use]
    pub fn title_of(experiment: &Experiment) -> &'static str {
        match Self::of_experiment(experiment) {
            Self::Published(model) => model.title(),
            Self::Preset(_) | Self::Family(_) => experiment.model.family().title(),
        }
    }

    fn of_experiment(experiment: &Experiment) -> Self {
        let is_this = |model: &PublishedModel| {
            let applied = Self::Published(*model).applied_to(experiment);
            applied.model == experiment.model && applied.training.loss == experiment.training.loss
        };
        // A bag of items has a loss of its own, so the setting says nothing of it.
        PublishedModel::iter()
            .find(is_this)
            .map_or_else(|| Self::Family((&experiment.model).into()), Self::Published)
    }
}

/// Letters and digits of a name, in lower case: `Mult-VAE` and `multvae` are one.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Why a word means no model, and which it may mean.
fn refused(word: &str) -> String {
    let is_reference = |kind: &ReferenceKind| {
        plain(kind.title()) == plain(word) || plain(&kind.to_string()) == plain(word)
    };
    if let Some(kind) = ReferenceKind::iter().find(is_reference) {
        return format!(
            "`{word}` is the reference \"{}\", which runs beside every model: leave it out",
            kind.title()
        );
    }
    let mut known: Vec<String> = PublishedModel::iter()
        .map(|model| model.to_string())
        .collect();
    known.extend(ModelKind::iter().map(|kind| kind.to_string().to_lowercase()));
    known.sort();
    known.dedup();
    let near = did_you_mean(&word.to_lowercase(), known.iter().map(String::as_str))
        .map(|near| format!(" Did you mean `{near}`?"));
    format!(
        "`{word}` is no model that is known here; choose one of {}.{} `seqscope describe names` \
         says how each differs from its paper",
        known.join(", "),
        near.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peoples_names_mean_what_they_mean_elsewhere() {
        use NamedModel::{Family, Published};
        for (word, wanted) in [
            ("SASRec", Published(PublishedModel::SasRec)),
            ("sasrec-ce", Published(PublishedModel::SasRecCe)),
            ("gSASRec", Published(PublishedModel::GSasRec)),
            ("GRU4Rec", Published(PublishedModel::Gru4Rec)),
            ("bert4rec", Published(PublishedModel::Bert4Rec)),
            ("mult-vae", Published(PublishedModel::MultVae)),
            ("MultVAE", Published(PublishedModel::MultVae)),
            ("multivae", Published(PublishedModel::MultVae)),
            ("NARM", Published(PublishedModel::Narm)),
            ("narm-like", Published(PublishedModel::Narm)),
            ("gru", Family(ModelKind::Gru)),
            ("Transformer", Family(ModelKind::Transformer)),
            ("lstm", Family(ModelKind::Lstm)),
            ("vae", Family(ModelKind::Vae)),
            ("elman", NamedModel::Preset(Preset::Elman)),
        ] {
            assert_eq!(NamedModel::of_word(word).unwrap(), wanted, "{word}");
        }
        let says = |word: &str| NamedModel::of_word(word).unwrap_err().to_string();
        assert!(says("sasrecc").contains("Did you mean `sasrec`?"));
        assert!(
            says("item-knn").contains("runs beside every model"),
            "{}",
            says("item-knn")
        );
    }

    #[test]
    fn every_name_can_be_trained_and_is_found_again() {
        for model in PublishedModel::iter() {
            let experiment = NamedModel::Published(model).applied_to(&Experiment::default());
            let problems = experiment.check_settings();
            assert!(
                problems.iter().all(|problem| !problem.is_error()),
                "{model}: {problems:?}"
            );
            assert_eq!(NamedModel::word_of(&experiment), model.name(), "{model}");
            assert_eq!(
                NamedModel::of_word(model.name()).unwrap(),
                NamedModel::Published(model)
            );
        }
        for kind in ModelKind::iter() {
            let experiment = NamedModel::Family(kind).applied_to(&Experiment::default());
            // The defaults of these are the networks of Mult-DAE and SVAE.
            let wanted = match kind {
                ModelKind::Autoencoder => "mult-dae".to_owned(),
                ModelKind::SequentialVae => "svae".to_owned(),
                kind => kind.to_string().to_lowercase(),
            };
            assert_eq!(NamedModel::word_of(&experiment), wanted);
        }
    }

    #[test]
    fn another_task_takes_the_network_and_leaves_the_training() {
        let mut mine = Experiment {
            task: TaskSpec::NextBehaviour,
            ..Experiment::default()
        };
        mine.training.epochs = 7;
        let applied = NamedModel::of_word("sasrec").unwrap().applied_to(&mine);
        assert_eq!(applied.task, TaskSpec::NextBehaviour);
        assert_eq!(applied.training, mine.training);
        assert_eq!(applied.model, Preset::SasRec.model());
    }
}
