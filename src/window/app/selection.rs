//! One selection drives every page.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Playhead, ShownEpoch, ViewKey};
use seqscope_engine::run::{NamedSlice, RunId};
use seqscope_model::{ModelKind, ModelSpec};

/// The pages, left to right in the order of the questions they answer.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    strum::EnumIter,
    strum::Display,
    Serialize,
    Deserialize,
)]
pub enum Page {
    /// What do I have?
    #[default]
    Data,
    /// What will I train?
    Model,
    /// Is it learning?
    Train,
    /// Why?
    Explain,
    /// Which is better, really?
    Compare,
    /// How do I show it?
    Report,
}

/// Dark, light or as the system.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    strum::EnumIter,
    strum::Display,
    Serialize,
    Deserialize,
)]
pub enum ThemeChoice {
    /// Follows the system.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// View of the strip under the large charts of Train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter, strum::Display)]
pub enum TrainStrip {
    /// Learning rate, gradient norm and throughput.
    #[default]
    #[strum(to_string = "What drives it")]
    Drivers,
    /// The two terms of a variational loss.
    #[strum(to_string = "Reconstruction and KL")]
    Bound,
    /// Weights and gradients by size.
    #[strum(to_string = "Weights and gradients")]
    Histograms,
    /// Load, memory and energy of the machine.
    #[strum(to_string = "Machine")]
    Machine,
}

impl TrainStrip {
    /// Sentence on what it shows.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Drivers => "Learning rate, norm of the gradient and throughput",
            Self::Bound => "The two terms of a variational loss, each by itself",
            Self::Histograms => {
                "How large the weights and gradients of each parameter are, epoch by epoch"
            }
            Self::Machine => "Load, memory and energy of the machine, epoch by epoch",
        }
    }
}

/// Way of looking at one user on the Explain page.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    strum::EnumIter,
    strum::Display,
    Serialize,
    Deserialize,
)]
pub enum ExplainView {
    /// Attention, the timeline and what comes next.
    #[default]
    #[strum(to_string = "Overview")]
    Overview,
    /// The history changed, and the list before and after.
    #[strum(to_string = "What if")]
    WhatIf,
    /// Events that moved an answer, by several methods, and whether they agree.
    #[strum(to_string = "Faithfulness")]
    Faithfulness,
    /// Gates and states of recurrent layers over the history.
    #[strum(to_string = "Gates")]
    Gates,
    /// All users in the latent space.
    #[strum(to_string = "Latent space")]
    LatentSpace,
    /// Map of the items' vectors.
    #[strum(to_string = "Item map")]
    ItemMap,
    /// Users whom the run answered best, worst, as a surprise.
    #[strum(to_string = "Gallery")]
    Gallery,
    /// Rules that the model keeps.
    #[strum(to_string = "Rules")]
    Rules,
    /// Attention averaged over many users.
    #[strum(to_string = "Over users")]
    OverUsers,
}

impl ExplainView {
    /// Sentence on what it shows.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Overview => {
                "What the model looked at, what it expected before each event, and what it expects \
                 next"
            }
            Self::WhatIf => "Change the history and see what the model then says",
            Self::Faithfulness => {
                "Which events moved an answer: removed one by one, by gradients, by attention; and \
                 whether attention tells the truth"
            }
            Self::Gates => {
                "Gates, cell and hidden state of every recurrent unit after each event, and where \
                 else the model was in a like state"
            }
            Self::LatentSpace => {
                "All users by their latent vectors, and the items that points of that space are \
                 decoded to"
            }
            Self::Gallery => {
                "Users whom the run answered best or worst, of whom it was sure and wrong, or whose \
                 answer changed most"
            }
            Self::ItemMap => "The items by their vectors: which the model takes for alike",
            Self::Rules => {
                "A small decision tree that says what the model says, and what follows what in the log"
            }
            Self::OverUsers => {
                "What each head looks at in the answers about many users: by how far back an event \
                 lies, and by behaviour"
            }
        }
    }

    /// Reason why a model of this kind has no such view; `None` where it has.
    #[must_use]
    pub fn why_not(self, kind: ModelKind) -> Option<&'static str> {
        match self {
            Self::Overview
            | Self::WhatIf
            | Self::Faithfulness
            | Self::ItemMap
            | Self::Gallery
            | Self::Rules => None,
            Self::Gates => why_no_gates(kind),
            Self::LatentSpace => why_no_latent_space(kind),
            Self::OverUsers => why_no_attention(kind),
        }
    }
}

/// Reason why a kind of model has no gates; `None` where it has.
fn why_no_gates(kind: ModelKind) -> Option<&'static str> {
    match kind {
        ModelKind::Lstm | ModelKind::Gru | ModelKind::Rnn | ModelKind::SequentialVae => None,
        ModelKind::Transformer | ModelKind::Bert4Rec | ModelKind::EncoderDecoder => Some(
            "A Transformer has no recurrent layer: every step reads the others by attention, so \
             there are no gates.",
        ),
        ModelKind::Vae | ModelKind::Autoencoder => Some(
            "An autoencoder reads a history as a bag of items: nothing is carried from event to \
             event, so there are no gates.",
        ),
    }
}

/// Reason why a kind of model never has attention; `None` where it may have some: a recurrent network
/// has it by a setting.
fn why_no_attention(kind: ModelKind) -> Option<&'static str> {
    match kind {
        ModelKind::Transformer
        | ModelKind::Bert4Rec
        | ModelKind::EncoderDecoder
        | ModelKind::Lstm
        | ModelKind::Gru
        | ModelKind::Rnn => None,
        ModelKind::Vae | ModelKind::Autoencoder | ModelKind::SequentialVae => {
            Some(ModelSpec::of_kind(kind).family().why_no_attention())
        }
    }
}

/// Reason why a kind of model has no latent space; `None` where it has.
fn why_no_latent_space(kind: ModelKind) -> Option<&'static str> {
    match kind {
        ModelKind::Vae | ModelKind::Autoencoder | ModelKind::SequentialVae => None,
        ModelKind::Transformer
        | ModelKind::Bert4Rec
        | ModelKind::EncoderDecoder
        | ModelKind::Lstm
        | ModelKind::Gru
        | ModelKind::Rnn => Some(
            "This family predicts from its last state and squeezes no user into a latent vector; \
             train a VAE or an autoencoder for such a space.",
        ),
    }
}

/// One attention head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeadIdx {
    /// Layer, from 0.
    pub layer: usize,
    /// Head, from 0.
    pub head: usize,
}

/// Run, user, epoch and event that are looked at, on every page alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The run that Explain shows, and the left one of two on Compare.
    pub run: Option<RunId>,
    /// The right one of two on Compare, and on Explain where it stands beside the first.
    pub second_run: Option<RunId>,
    /// Whether Explain shows the second run beside the first.
    pub is_beside: bool,
    /// Runs whose curves are drawn together on Compare, in order of choice.
    pub compared: Vec<RunId>,
    /// The user, by id as in the log.
    pub user_id: Option<String>,
    /// The slice of users that is looked at; one without a name is not kept. `None` is everyone.
    pub slice: Option<Arc<NamedSlice>>,
    /// Place in training time, for all runs alike.
    pub playhead: Playhead,
    /// The epoch that each run shows there.
    pub(super) shown: BTreeMap<RunId, ShownEpoch>,
    /// Way in which the user is looked at.
    pub view: ExplainView,
    /// The attention head that is open; `None` shows all.
    pub head: Option<HeadIdx>,
    /// Position in the user's history that is looked at.
    pub event: Option<usize>,
    /// View of the strip under the large charts of Train.
    pub train_strip: TrainStrip,
    /// Whether runs that differ in their seed alone are drawn each by itself, and not as their mean
    /// and band.
    pub seeds_apart: bool,
}

impl Selection {
    /// Looks at another run; `false` where it is looked at already.
    pub(super) fn look_at(&mut self, run: &RunId) -> bool {
        if self.run.as_ref() == Some(run) {
            return false;
        }
        let before = self.run.replace(run.clone());
        self.leave_run();
        if self.second_run.as_ref() == Some(run) {
            self.second_run = before;
        }
        true
    }

    /// The run that Explain shows beside the first.
    #[must_use]
    pub fn beside(&self) -> Option<&RunId> {
        self.second_run.as_ref().filter(|_| self.is_beside)
    }

    /// Puts a run, or none, in the second place; the first one in the second place changes places
    /// with the one that was there.
    pub(super) fn look_beside(&mut self, run: Option<RunId>) {
        if run.is_none() {
            self.is_beside = false;
        }
        match run {
            Some(run) if self.run.as_ref() == Some(&run) => {
                if let Some(second) = self.second_run.clone() {
                    self.look_at(&second);
                }
            }
            run => self.second_run = run,
        }
    }

    /// Nothing of this run is selected any more.
    pub(super) fn look_away(&mut self, run: &RunId) {
        self.compared.retain(|other| other != run);
        if self.second_run.as_ref() == Some(run) {
            self.second_run = None;
        }
        if self.run.as_ref() == Some(run) {
            self.run = None;
            self.leave_run();
        }
    }

    /// The head and event were those of the run that was looked at.
    fn leave_run(&mut self) {
        (self.head, self.event) = (None, None);
        self.playhead.playing.rest();
    }

    /// Looks at another user.
    pub(super) fn look_at_user(&mut self, user_id: Option<String>) {
        self.user_id = user_id;
        self.event = None;
        self.playhead.playing.rest();
    }

    /// Draws the curves of a run, or no longer.
    pub(super) fn toggle_compared(&mut self, run: RunId) {
        match self.compared.iter().position(|other| *other == run) {
            Some(at) => {
                self.compared.remove(at);
            }
            None => self.compared.push(run),
        }
    }

    /// All runs that are selected, some of them twice.
    pub(super) fn runs(&self) -> impl Iterator<Item = &RunId> {
        self.run
            .iter()
            .chain(&self.compared)
            .chain(&self.second_run)
    }

    /// The epoch that a run shows at the playhead; `None` before its series are read.
    #[must_use]
    pub fn shown_epoch(&self, run: &RunId) -> Option<&ShownEpoch> {
        self.shown.get(run)
    }

    /// The epoch whose weights of this run are looked through; `None` for the best one.
    #[must_use]
    pub fn epoch_of(&self, run: &RunId) -> Option<usize> {
        self.shown_epoch(run)?.key
    }

    /// The view of the present user through a run, when a user is selected.
    #[must_use]
    pub fn view_key(&self, run: &RunId) -> Option<ViewKey> {
        Some(ViewKey {
            run: run.clone(),
            epoch: self.epoch_of(run),
            user_id: self.user_id.clone()?,
        })
    }
}
