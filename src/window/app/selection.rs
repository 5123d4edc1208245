//! One selection drives every page.

use serde::{Deserialize, Serialize};

use seqscope_engine::run::RunId;

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
    /// The right one of two on Compare.
    pub second_run: Option<RunId>,
    /// Runs whose curves are drawn together on Compare, in order of choice.
    pub compared: Vec<RunId>,
    /// The user, by id as in the log.
    pub user_id: Option<String>,
    /// The epoch whose weights explain; `None` for the best one.
    pub epoch: Option<usize>,
    /// The attention head that is open; `None` shows all.
    pub head: Option<HeadIdx>,
    /// Position in the user's history that is looked at.
    pub event: Option<usize>,
}
