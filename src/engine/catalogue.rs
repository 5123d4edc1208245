//! The list of all lists that a person chooses from or reads: what `describe` prints and tests
//! walk.

use strum::IntoEnumIterator;

use crate::experiment::{EvaluationSpec, FineTuneSpec, Preset, PublishedModel, TrainingSpec};
use crate::slice::SliceField;
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::Statistic;
use seqscope_base::spec::{Described, Entry, EntryWords, Field};
use seqscope_data::{
    AugmentSpec, CleanSpec, CleanStep, FeatureSpec, SplitSpec, TaskKind, TimeFormat, WorldSpec,
};
use seqscope_model::baseline::BaselineKind;
use seqscope_model::baseline::forecast::ForecastKind;
use seqscope_model::baseline::task::TaskReference;
use seqscope_model::gan::GanSpec;
use seqscope_model::{Blueprint, LayerShape, LossKind, ModelSpec};

/// A list of entries, in the order in which all are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum EntryList {
    /// Families of models.
    Families,
    /// Models as in their papers.
    Presets,
    /// Names under which papers and other libraries know models.
    Names,
    /// Sections of an experiment that are the same whichever model or step is chosen.
    Parts,
    /// Tasks.
    Tasks,
    /// Losses of the next item.
    Losses,
    /// References: of items, of other answers, of counts.
    References,
    /// Metrics.
    Metrics,
    /// Tests and intervals.
    Statistics,
    /// Steps of cleaning.
    CleaningSteps,
    /// Features of events.
    Features,
    /// Splits.
    Splits,
    /// Synthetic worlds.
    Worlds,
    /// Names of an expression over users.
    SliceFields,
}

/// An entry of a list.
pub struct ListedEntry {
    /// The entry.
    pub entry: Box<dyn Entry>,
    /// Word by which `describe` is asked for it.
    pub word: String,
    /// Its heading.
    pub heading: String,
    /// Layers of a model with its settings.
    pub layers: Vec<LayerShape>,
}

impl EntryList {
    /// The entries of the list, with their defaults.
    #[must_use]
    pub fn entries(self) -> Vec<ListedEntry> {
        match self {
            Self::Families => ModelSpec::iter().map(family).collect(),
            Self::Presets => Preset::iter().map(preset).collect(),
            Self::Names => listed("names", PublishedModel::iter()),
            Self::Parts => ExperimentPart::iter()
                .map(|part| ListedEntry::new(part.name(), part))
                .collect(),
            Self::Tasks => listed("task", TaskKind::iter()),
            Self::Losses => listed("loss", LossKind::iter().map(LossInTraining)),
            Self::References => references(),
            Self::Metrics => listed("metrics", Metric::iter()),
            Self::Statistics => listed("statistics", Statistic::iter()),
            Self::CleaningSteps => listed("clean", CleanStep::iter()),
            Self::Features => listed("features", FeatureSpec::iter()),
            Self::Splits => listed("split", SplitSpec::all()),
            Self::Worlds => WorldSpec::iter().map(world).collect(),
            Self::SliceFields => listed("slice", SliceField::iter()),
        }
    }
}

impl ListedEntry {
    fn new(word: &str, entry: impl Entry + 'static) -> Self {
        Self {
            word: word.to_lowercase(),
            heading: entry.title().to_owned(),
            layers: Vec::new(),
            entry: Box::new(entry),
        }
    }
}

/// Entries that are all asked for by one word.
fn listed<E: Entry + 'static>(
    word: &str,
    entries: impl IntoIterator<Item = E>,
) -> Vec<ListedEntry> {
    let entries = entries.into_iter();
    entries.map(|entry| ListedEntry::new(word, entry)).collect()
}

fn references() -> Vec<ListedEntry> {
    const WORD: &str = "references";
    let mut all = listed(WORD, BaselineKind::iter());
    all.extend(listed(WORD, TaskReference::iter()));
    all.extend(listed(WORD, ForecastKind::iter()));
    all
}

fn family(spec: ModelSpec) -> ListedEntry {
    ListedEntry {
        layers: spec.family().layers(&Blueprint::default()),
        ..ListedEntry::new(spec.name(), spec)
    }
}

fn preset(preset: Preset) -> ListedEntry {
    ListedEntry {
        layers: preset.model().family().layers(&Blueprint::default()),
        ..ListedEntry::new("presets", preset)
    }
}

fn world(spec: WorldSpec) -> ListedEntry {
    ListedEntry {
        heading: format!("World: {}", spec.title()),
        ..ListedEntry::new(spec.name(), spec)
    }
}

/// A loss with the settings of training that it goes by.
struct LossInTraining(LossKind);

impl Entry for LossInTraining {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn words(&self) -> EntryWords {
        self.0.words()
    }

    fn path(&self) -> &'static str {
        self.0.path()
    }

    fn settings(&self) -> Vec<Field> {
        loss_settings(self.0)
    }

    fn notes(&self) -> Vec<String> {
        self.0.notes()
    }
}

/// The settings of training that a loss goes by.
#[must_use]
pub fn loss_settings(loss: LossKind) -> Vec<Field> {
    let mut fields = TrainingSpec::default().fields();
    fields.retain(|field| loss.setting_keys().contains(&field.key));
    fields
}

/// A section of an experiment that is the same whichever model or step is chosen.
#[derive(Clone, Copy, strum::EnumIter)]
enum ExperimentPart {
    Training,
    Augmentation,
    Gan,
    Evaluation,
    FineTuning,
    Cleaning,
    World,
    BesideSteps,
    Times,
}

/// Note on augmentation.
const AUGMENT: &str = "Training histories changed anew in each epoch, against over-fitting; \
                       validation and test never are.";
const AUGMENT_SOURCE: &str =
    "CL4SRec (Xie et al. 2022); each change is drawn by itself, and no contrastive loss is added";

/// Note on the network that writes synthetic histories.
const GAN: &str = "An LSTM that writes synthetic histories for `training.augment.synthetic`, first \
                   as a language model, then against a discriminator; `seqscope gan FILE` judges \
                   it.";
const GAN_SOURCE: &str = "Gumbel-softmax (Kusner & Hernández-Lobato 2016) with RelGAN's \
                          relativistic loss (Nie et al. 2019)";

/// Note on a run that goes on from another.
const FINE_TUNE: &str = "A run that goes on from the weights of another, on what people accepted and \
                         rejected of its lists; `seqscope fine-tune RUN` writes these settings. Left \
                         out, a run begins anew.";
const FINE_TUNE_SOURCE: &str = "Welleck et al. 2020 and Wang et al. 2023 for what was rejected, \
                                Rolnick et al. 2019 and Mi et al. 2020 for replay";

/// Note on the settings beside the list of steps.
const BESIDE: &str =
    "Exact duplicates first, then the steps of `data.clean.steps` in their order, the k-core last.";

/// Notes on how a log writes its times.
const TIMES: &str = "Guessed where nothing is said; times without a zone are UTC. In a file: data: \
                     File((path: .., time_format: DayFirst)), or after --set: \
                     data.time_format=DayFirst.";
const PATTERN: &str = "Pattern(\"%d/%b/%Y:%H:%M:%S %z\"), or the text alone after --set: any other \
                       text, in strftime's words: %Y the year, %y of two digits, %m the month, %b \
                       its name, %d the day, %H:%M:%S the clock, %f the parts of a second, %I and \
                       %p a clock of twelve hours, %z the zone, %s seconds since 1970.";
const CLOCK: &str = "Where the time's column holds days only, `data.roles.clock` names the column \
                     with the time of the day, which is joined to it: 13:30:05, 1330 or hours.";

impl Entry for ExperimentPart {
    fn name(&self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Augmentation => "augment",
            Self::Gan => "gan",
            Self::Evaluation => "evaluation",
            Self::FineTuning => "fine-tune",
            Self::Cleaning | Self::World => "data",
            Self::BesideSteps => "clean",
            Self::Times => "times",
        }
    }

    fn words(&self) -> EntryWords {
        let told = EntryWords::new;
        match self {
            Self::Training => told("Training", "How any model is trained.", ""),
            Self::Augmentation => told("Augmentation", AUGMENT, AUGMENT_SOURCE),
            Self::Gan => told("Sequence GAN", GAN, GAN_SOURCE),
            Self::Evaluation => told("Evaluation", "How any model is judged.", ""),
            Self::FineTuning => told("Fine-tuning", FINE_TUNE, FINE_TUNE_SOURCE),
            Self::Cleaning => told("Cleaning", "What happens to a log before it is split.", ""),
            Self::World => told("Synthetic world", "What is used where no log is given.", ""),
            Self::BesideSteps => told("Cleaning", BESIDE, ""),
            Self::Times => told("Times of a log", TIMES, ""),
        }
    }

    fn path(&self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Augmentation => "training.augment",
            Self::Gan => "training.gan",
            Self::Evaluation => "evaluation",
            Self::FineTuning => "fine_tune",
            Self::Cleaning | Self::BesideSteps => "data.clean",
            Self::World | Self::Times => "data",
        }
    }

    fn settings(&self) -> Vec<Field> {
        match self {
            Self::Training => TrainingSpec::default().fields(),
            Self::Augmentation => AugmentSpec::default().fields(),
            Self::Gan => GanSpec::default().fields(),
            Self::Evaluation => EvaluationSpec::default().fields(),
            Self::FineTuning => FineTuneSpec::default().fields(),
            Self::Cleaning | Self::BesideSteps => CleanSpec::default().fields(),
            Self::World => WorldSpec::default().fields(),
            Self::Times => Vec::new(),
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Times => {
                let formats = TimeFormat::iter().map(|format| format!("{format:?}: {format}"));
                formats
                    .chain([PATTERN.to_owned(), CLOCK.to_owned()])
                    .collect()
            }
            Self::Training
            | Self::Augmentation
            | Self::Gan
            | Self::Evaluation
            | Self::FineTuning
            | Self::Cleaning
            | Self::World
            | Self::BesideSteps => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_entry_of_every_list_tells_of_itself() {
        for list in EntryList::iter() {
            let entries = list.entries();
            assert!(entries.len() > 1, "{list:?}");
            for listed in entries {
                let (entry, words) = (&listed.entry, listed.entry.words());
                let name = format!("{list:?} {}", entry.name());
                assert!(
                    !entry.name().is_empty() && !words.title.is_empty(),
                    "{name}"
                );
                assert_eq!(listed.word, listed.word.to_lowercase(), "{name}");
                assert!(
                    words.summary.ends_with(['.', ')']) || list == EntryList::Presets,
                    "{name}"
                );
                assert!(
                    !words.source.ends_with('.'),
                    "{name}: describe ends the sentence"
                );
                assert!(
                    entry.settings().is_empty() || !entry.path().is_empty(),
                    "{name}: where its settings stand"
                );
                assert!(entry.hover().starts_with(words.summary.as_ref()), "{name}");
            }
        }
    }

    #[test]
    fn no_two_entries_of_a_list_share_a_name() {
        for list in EntryList::iter().filter(|list| *list != EntryList::Parts) {
            let entries = list.entries();
            let names: BTreeSet<&str> = entries.iter().map(|listed| listed.entry.name()).collect();
            assert_eq!(names.len(), entries.len(), "{list:?}");
        }
    }
}
