//! The slice of users that is looked at, on every page alike, and the slices that are kept.
//!
//! `selection.slice` says which: a kept one, or one without a name, such as a filter as it is typed
//! or the points of a lasso. Whoever needs its users asks [`App::slice_users`]; they are found on a
//! thread, for each run that is looked at. A page that has made a rule of its own pushes
//! [`SliceAction::Use`] with it, and [`SliceAction::Keep`] to give it a name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::job::sentence;
use super::{Action, App, Loadable, NamedAction};
use seqscope_engine::run::{KeptSlice, NamedSlice, RunId, SliceRule};
use seqscope_engine::slice::{Expression, SliceMembers, SliceSource, members};

/// One thing that a person does with slices.
#[derive(Clone, Debug, PartialEq)]
pub enum SliceAction {
    /// Look at the users of the slice that is kept under this name; at everyone with `None`.
    Choose(Option<String>),
    /// Look at the users who fulfil an expression, as it is typed; at everyone where it is empty.
    Filter(String),
    /// Look at the users of a rule that has no name, such as those inside a lasso.
    Use(SliceRule),
    /// Keep a rule under a name, and look at its users.
    Keep(NamedSlice),
    /// Keep the slice that is looked at under this name.
    KeepAs(String),
    /// Give a kept slice another name.
    Rename {
        /// Name that it has.
        from: String,
        /// Name that it is to have.
        to: String,
    },
    /// Delete a kept slice.
    Delete(String),
}

impl SliceAction {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Choose(None) => "Look at everyone",
            Self::Choose(Some(_)) => "Look at slice",
            Self::Filter(_) => "Filter users",
            Self::Use(_) => "Look at these users",
            Self::Keep(_) | Self::KeepAs(_) => "Keep as slice",
            Self::Rename { .. } => "Rename slice",
            Self::Delete(_) => "Delete slice",
        }
    }
}

/// Users of the present slice in one run.
#[derive(Debug)]
struct RunMembers {
    /// Slice and results that they were found by.
    of: MembersKey,
    found: Loadable<Arc<SliceMembers>>,
}

/// Everything that decides who is in a slice, beside the run: the revision of the slice and the
/// number of test results.
type MembersKey = [u64; 2];

/// State of slices.
#[derive(Debug)]
pub struct SliceState {
    kept: Loadable<Vec<KeptSlice>>,
    filter: String,
    fault: Option<String>,
    members: BTreeMap<RunId, RunMembers>,
    /// Said of users that have not been looked for yet.
    waiting: Loadable<Arc<SliceMembers>>,
    revision: u64,
    /// How often the kept slices were read.
    n_read: u64,
}

impl Default for SliceState {
    fn default() -> Self {
        Self {
            kept: Loadable::Idle,
            filter: String::new(),
            fault: None,
            members: BTreeMap::new(),
            waiting: Loadable::Loading("Looking for the users of the slice".to_owned()),
            revision: 0,
            n_read: 0,
        }
    }
}

impl SliceState {
    /// Slices that are kept in the folder of runs, in order of their names.
    #[must_use]
    pub fn kept(&self) -> &[KeptSlice] {
        self.kept.ready().map_or(&[], Vec::as_slice)
    }

    /// Why the kept slices could not be read; `None` where they could.
    #[must_use]
    pub fn failed(&self) -> Option<&str> {
        self.kept.failed()
    }

    /// The expression as it was typed last; empty where there is none.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Why that expression cannot be read; the slice before it is looked at until it can.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Number that grows whenever another slice is looked at: for views that keep what they made of
    /// one.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Number that grows whenever another slice is looked at, or other ones are kept.
    pub(super) fn all_revision(&self) -> u64 {
        self.revision + self.n_read
    }

    fn rule_of(&self, name: &str) -> Option<&Result<SliceRule, String>> {
        let kept = self.kept().iter().find(|kept| kept.name == name);
        kept.map(|kept| &kept.rule)
    }
}

impl App {
    /// Users of the chosen slice in a run, by number in its data, with the places of their test
    /// results; `None` where everyone is looked at. It is there for the runs of Explain and Compare
    /// once their data are open; [`SliceMembers::why_empty`] says why nobody is in it.
    #[must_use]
    pub fn slice_users(&self, run: &RunId) -> Option<&Loadable<Arc<SliceMembers>>> {
        self.selection.slice.as_ref()?;
        let here = self.slices.members.get(run);
        let here = here.filter(|here| here.of[0] == self.slices.revision);
        Some(here.map_or(&self.slices.waiting, |here| &here.found))
    }

    /// Name of the chosen slice in a sentence: its own, the expression of one without a name, or
    /// `None` where everyone is looked at.
    #[must_use]
    pub fn slice_words(&self) -> Option<String> {
        let slice = self.selection.slice.as_ref()?;
        Some(match &slice.rule {
            _ if !slice.name.is_empty() => slice.name.clone(),
            SliceRule::Where(text) => text.clone(),
            SliceRule::Users(ids) => format!("{} chosen users", ids.len()),
            SliceRule::Targets(ids) => format!("users asked for {} chosen items", ids.len()),
        })
    }

    pub(super) fn act_slices(&mut self, action: SliceAction) {
        match action {
            SliceAction::Choose(None) => self.look_at_slice(None),
            SliceAction::Choose(Some(name)) => match self.slices.rule_of(&name).cloned() {
                Some(Ok(rule)) => self.look_at_slice(Some(NamedSlice { name, rule })),
                Some(Err(why)) => self.notices.failed(sentence(why)),
                None => self.read_slices(),
            },
            SliceAction::Filter(text) => self.filter_users(text),
            SliceAction::Use(rule) => self.look_at_slice(Some(NamedSlice {
                name: String::new(),
                rule,
            })),
            SliceAction::Keep(slice) => self.keep_slice(slice),
            SliceAction::KeepAs(name) => {
                if let Some(slice) = self.selection.slice.as_deref() {
                    let rule = slice.rule.clone();
                    self.keep_slice(NamedSlice { name, rule });
                }
            }
            SliceAction::Rename { from, to } => self.rename_slice(from, to.trim().to_owned()),
            SliceAction::Delete(name) => self.delete_slice(name),
        }
    }

    /// Looks at the users of a slice, or at everyone.
    fn look_at_slice(&mut self, slice: Option<NamedSlice>) {
        self.slices.fault = None;
        self.slices.filter = match slice.as_ref().map(|slice| &slice.rule) {
            Some(SliceRule::Where(text)) => text.clone(),
            Some(SliceRule::Users(_) | SliceRule::Targets(_)) | None => String::new(),
        };
        self.set_slice(slice);
    }

    fn set_slice(&mut self, slice: Option<NamedSlice>) {
        if self.selection.slice.as_deref() == slice.as_ref() {
            return;
        }
        self.selection.slice = slice.map(Arc::new);
        self.slices.revision += 1;
        if self.selection.slice.is_none() {
            self.slices.members.clear();
        }
    }

    fn filter_users(&mut self, text: String) {
        let read = Expression::parse(&text);
        let is_empty = text.trim().is_empty();
        self.slices.filter = text;
        self.slices.fault = None;
        match read {
            _ if is_empty => self.set_slice(None),
            Err(fault) => self.slices.fault = Some(sentence(fault)),
            Ok(_) => self.set_slice(Some(NamedSlice {
                name: String::new(),
                rule: SliceRule::Where(self.slices.filter.clone()),
            })),
        }
    }

    /// Keeps a slice once it was tried on the run that is looked at: where its data have
    /// pseudonyms, no true id is kept.
    fn keep_slice(&mut self, mut slice: NamedSlice) {
        slice.name = slice.name.trim().to_owned();
        let (store, kept) = (self.runs.store.clone(), slice.clone());
        let trial = self.slice_trial();
        self.jobs.start(
            "keep slice",
            move || {
                if let Some(trial) = trial {
                    let source = trial.source();
                    members(&slice.rule, &source).map_err(sentence)?;
                }
                store.keep_slice(&slice).map_err(sentence)
            },
            move |app, done| match done {
                Ok(()) => {
                    app.look_at_slice(Some(kept));
                    app.read_slices();
                }
                Err(why) => app.notices.failed(why),
            },
        );
    }

    fn rename_slice(&mut self, from: String, to: String) {
        let store = self.runs.store.clone();
        let (old, new) = (from.clone(), to.clone());
        self.jobs.start(
            "rename slice",
            move || store.rename_slice(&from, &to).map_err(sentence),
            move |app, done| match done {
                Ok(()) => {
                    let chosen = app.selection.slice.as_deref();
                    if let Some(slice) = chosen.filter(|slice| slice.name == old) {
                        let rule = slice.rule.clone();
                        app.set_slice(Some(NamedSlice { name: new, rule }));
                    }
                    app.read_slices();
                }
                Err(why) => app.notices.failed(why),
            },
        );
    }

    fn delete_slice(&mut self, name: String) {
        let (store, gone) = (self.runs.store.clone(), name.clone());
        self.jobs.start(
            "delete slice",
            move || store.delete_slice(&name).map_err(sentence),
            move |app, done| match done {
                Ok(()) => {
                    let chosen = app.selection.slice.as_deref();
                    if chosen.is_some_and(|slice| slice.name == gone) {
                        app.look_at_slice(None);
                    }
                    app.read_slices();
                }
                Err(why) => app.notices.failed(why),
            },
        );
    }

    /// Reads the kept slices; the present list stays until the new one is here.
    pub(super) fn read_slices(&mut self) {
        let store = self.runs.store.clone();
        self.jobs.start(
            "slices",
            move || store.kept_slices().map_err(sentence),
            |app, kept| {
                app.slices.kept = kept.into();
                app.slices.n_read += 1;
            },
        );
    }

    /// Looks for the users of the chosen slice in every run of these that has data, one search a
    /// run at a time: a filter that is being typed waits for the search before it.
    pub(super) fn find_slice_users(&mut self, runs: &[RunId]) {
        let Some(slice) = self.selection.slice.clone() else {
            return;
        };
        for run in runs {
            let here = self.slices.members.get(run);
            if here.is_some_and(|here| here.found.is_loading()) {
                continue;
            }
            let Some(trial) = self.trial_of(run) else {
                continue;
            };
            let of = [self.slices.revision, trial.n_results() as u64];
            if here.is_some_and(|here| here.of == of) {
                continue;
            }
            let loading = Loadable::Loading("Looking for the users of the slice".to_owned());
            let found = RunMembers { of, found: loading };
            self.slices.members.insert(run.clone(), found);
            let (slice, run) = (Arc::clone(&slice), run.clone());
            self.jobs.start(
                "slice",
                move || {
                    let found = members(&slice.rule, &trial.source());
                    found.map(Arc::new).map_err(sentence)
                },
                move |app, found| {
                    if let Some(here) = app.slices.members.get_mut(&run)
                        && here.of == of
                    {
                        here.found = found.into();
                    }
                },
            );
        }
    }

    /// The run that is looked at, ready to be asked.
    fn slice_trial(&self) -> Option<SliceTrial> {
        self.trial_of(self.selection.run.as_ref()?)
    }

    /// Data and results of a run; `None` until both are read.
    pub(super) fn trial_of(&self, run: &RunId) -> Option<SliceTrial> {
        Some(SliceTrial {
            prepared: Arc::clone(self.views.data(run)?),
            series: Arc::clone(self.views.series(run).ready()?),
        })
    }

    /// Whether it can be done now; if not, why not.
    pub(super) fn can_slices(&self, action: &SliceAction) -> Result<(), String> {
        let kept = |name: &str| {
            let is_there = self.slices.rule_of(name).is_some();
            is_there
                .then_some(())
                .ok_or_else(|| "No slice is kept under this name; choose another.".to_owned())
        };
        match action {
            SliceAction::Choose(Some(name)) | SliceAction::Delete(name) => kept(name),
            SliceAction::Rename { from, to } => {
                kept(from)?;
                named(to)
            }
            SliceAction::Keep(slice) => self.can_keep(&slice.name, &slice.rule),
            SliceAction::KeepAs(name) => match self.selection.slice.as_deref() {
                Some(slice) => self.can_keep(name, &slice.rule),
                None => Err("Everyone is looked at; write a filter first.".to_owned()),
            },
            SliceAction::Choose(None) | SliceAction::Filter(_) | SliceAction::Use(_) => Ok(()),
        }
    }

    fn can_keep(&self, name: &str, rule: &SliceRule) -> Result<(), String> {
        named(name)?;
        let SliceRule::Where(text) = rule else {
            return Ok(());
        };
        let read = Expression::parse(text).map_err(sentence)?;
        let is_sure = !read.names_ids() || self.slice_trial().is_some();
        is_sure.then_some(()).ok_or_else(|| {
            "It names ids; choose a run on Explain first, so that they can be looked for."
                .to_owned()
        })
    }

    /// What can be asked of slices by name.
    pub(super) fn named_actions_of_slices(&self) -> impl Iterator<Item = NamedAction> {
        let everyone = NamedAction {
            name: SliceAction::Choose(None).label().to_owned(),
            action: Action::Slices(SliceAction::Choose(None)),
        };
        let kept = self.slices.kept().iter().map(|kept| {
            let choose = SliceAction::Choose(Some(kept.name.clone()));
            NamedAction {
                name: format!("{}: {}", choose.label(), kept.name),
                action: Action::Slices(choose),
            }
        });
        std::iter::once(everyone).chain(kept)
    }
}

fn named(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("Write a name beside it first.".to_owned());
    }
    Ok(())
}

/// A run that slices are asked of, for a thread.
#[derive(Clone)]
pub(super) struct SliceTrial {
    prepared: Arc<seqscope_data::Prepared>,
    series: Arc<super::RunSeries>,
}

impl SliceTrial {
    pub(super) fn source(&self) -> SliceSource<'_> {
        let answers = self.series.manifest.experiment.answers();
        SliceSource::new(&self.prepared, answers, &self.series.test_results)
    }

    pub(super) fn prepared(&self) -> &Arc<seqscope_data::Prepared> {
        &self.prepared
    }

    pub(super) fn n_users(&self) -> usize {
        self.prepared.dataset.users.len()
    }

    /// Puts what another run answered in the place of the results.
    pub(super) fn with_series(&self, series: &Arc<super::RunSeries>) -> Self {
        Self {
            prepared: Arc::clone(&self.prepared),
            series: Arc::clone(series),
        }
    }

    fn n_results(&self) -> usize {
        self.series.test_results.len()
    }
}
