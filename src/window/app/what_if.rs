//! A user's history as a person changes it: what can be undone, what is kept with the run, and the
//! search for the smallest change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::changed_history::ChangedHistory;
use super::job::{ModelCache, sentence};
use super::loadable::Ticket;
use super::question::{Answerable, Answers};
use super::views::Views;
use super::{App, ExplainView, Loadable, ViewKey};
use seqscope_base::spec::counted;
use seqscope_data::{HistoryEditor, Prepared};
use seqscope_engine::explain::{
    Edit, Flip, FlipAsk, FlipProgress, HistoryOf, Scenario, WhatIf, WhatIfAnswer, WhatIfAsk,
};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::{Restored, restore};

/// Items of the two lists.
const LISTED: usize = 10;

/// One thing that a person does with a changed history.
#[derive(Clone, Debug, PartialEq)]
pub enum WhatIfAction {
    /// Change the history.
    Edit(Edit),
    /// Take the last change back.
    Undo,
    /// Make it again.
    Redo,
    /// Take all changes back.
    StartOver,
    /// Make these changes in place of the present ones.
    Use(Vec<Edit>),
    /// Keep the changes with the run under this name.
    Save(String),
    /// Make the changes that are kept under this name.
    Open(String),
    /// Delete what is kept under this name.
    Delete(String),
    /// Look for the smallest change that puts another item first.
    Flip,
    /// Stop looking.
    StopFlip,
}

impl WhatIfAction {
    /// Name of it on a button.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Edit(_) => "Change the history",
            Self::Undo => "Undo edit",
            Self::Redo => "Redo edit",
            Self::StartOver => "Start over",
            Self::Use(_) => "Make this edit",
            Self::Save(_) => "Save scenario",
            Self::Open(_) => "Open scenario",
            Self::Delete(_) => "Delete scenario",
            Self::Flip => "Smallest edit that changes the first recommendation",
            Self::StopFlip => "Stop the search",
        }
    }
}

/// One user of one run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfUser {
    /// The run.
    pub run: RunId,
    /// The user, by id as in the log.
    pub user_id: String,
}

/// Changes that are kept with a run.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedScenario {
    /// Name.
    pub name: String,
    /// The changes; the sentence where they cannot be read.
    pub scenario: Result<Scenario, String>,
}

/// Search for the smallest change.
#[derive(Clone, Debug)]
pub struct FlipSearchState {
    /// Whose history is searched, through the weights of which epoch.
    pub key: ViewKey,
    /// Edits that were made before; what is found follows them.
    pub edits: Vec<Edit>,
    /// How far it is.
    pub progress: Option<FlipProgress>,
    /// What was found.
    pub found: Loadable<Arc<Flip>>,
    ticket: Ticket,
    stop: Arc<AtomicBool>,
}

/// State of the view *What if*.
#[derive(Default)]
pub struct WhatIfState {
    histories: BTreeMap<OfUser, ChangedHistory>,
    saved: BTreeMap<RunId, Loadable<Vec<SavedScenario>>>,
    search: Option<FlipSearchState>,
    last_search: Ticket,
}

impl Drop for WhatIfState {
    /// A search that nobody waits for ends.
    fn drop(&mut self) {
        if let Some(search) = &self.search {
            search.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl WhatIfState {
    /// The history of a user as it was changed.
    #[must_use]
    pub fn history(&self, of: &OfUser) -> Option<&ChangedHistory> {
        self.histories.get(of)
    }

    /// Changes that are kept with a run, of all users.
    #[must_use]
    pub fn saved(&self, run: &RunId) -> &[SavedScenario] {
        self.saved
            .get(run)
            .and_then(Loadable::ready)
            .map_or(&[], Vec::as_slice)
    }

    /// The last search, if it is about this.
    #[must_use]
    pub fn search(&self, key: &ViewKey) -> Option<&FlipSearchState> {
        self.search.as_ref().filter(|search| search.key == *key)
    }

    fn searching(&self) -> bool {
        self.search
            .as_ref()
            .is_some_and(|search| search.found.is_loading())
    }
}

/// What a model says before and after a history was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct EditAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// Number of events of the history as it is.
    pub n_events: usize,
    /// The edits.
    pub edits: Vec<Edit>,
}

impl Answerable for EditAsk {
    type Answer = WhatIfAnswer;
    const VIEW: Option<ExplainView> = Some(ExplainView::WhatIf);

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn of_epoch(&self, key: &ViewKey) -> Option<Self> {
        Some(Self {
            key: key.clone(),
            ..self.clone()
        })
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<WhatIfAnswer, String> {
        let (restored, editor) = models.editing(&self.key, known)?;
        let what_if = what_if(restored, editor, &self.key.user_id, Some(self.n_events))?;
        let asked = WhatIfAsk {
            edits: self.edits.clone(),
            top: LISTED.min(restored.prepared.dataset.n_items()),
            item_idx: None,
            with_attention: true,
        };
        what_if.answer(&asked).map_err(sentence)
    }

    fn home(views: &mut Views) -> &mut Answers<Self, WhatIfAnswer> {
        &mut views.edits
    }
}

/// One user's history before the model of a run: so many events, or all that are open.
fn what_if<'a>(
    restored: &'a Restored,
    editor: HistoryEditor<'a>,
    user_id: &str,
    n_events: Option<usize>,
) -> Result<WhatIf<'a>, String> {
    if !restored.questions.ranks_items() {
        return Err(
            "This run's model ranks no items, so no list can change; take a run that \
                    predicts the next item."
                .to_owned(),
        );
    }
    let prepared = &restored.prepared;
    let user_idx = prepared.dataset.users.idx(user_id).ok_or_else(|| {
        "This user is not in the data of this run; choose another user.".to_owned()
    })?;
    let of = HistoryOf::user(
        prepared,
        user_idx as usize,
        restored.manifest.test.is_some(),
    );
    Ok(WhatIf::on(
        restored.model.as_ref(),
        editor,
        HistoryOf {
            n_events: n_events.unwrap_or(of.n_events).min(of.n_events),
            ..of
        },
        restored.manifest.seen(),
    ))
}

impl App {
    /// Makes ready what the view *What if* shows: the history of who is looked at, and what is kept
    /// with the run.
    pub(super) fn begin_what_if(&mut self) {
        if !self.is_in_sight(ExplainView::WhatIf) {
            return;
        }
        let Some((of, prepared)) = self.looked_at() else {
            return;
        };
        let test_is_open = self
            .runs
            .summary(&of.run)
            .and_then(|summary| summary.manifest.as_ref())
            .is_some_and(|manifest| manifest.test.is_some());
        let Some(user_idx) = prepared.dataset.users.idx(&of.user_id) else {
            return;
        };
        let history = HistoryOf::user(&prepared, user_idx as usize, test_is_open);
        self.take_history(&of, &prepared, history);
        if !self.what_if.saved.contains_key(&of.run) {
            self.read_scenarios(&of.run);
        }
    }

    /// Takes a user's history as it is; edits of one that was shorter, since its run had not ended,
    /// are made again.
    fn take_history(&mut self, of: &OfUser, prepared: &Prepared, history: HistoryOf) {
        let known = self.what_if.histories.get_mut(of);
        let n_known = known.as_ref().map(|known| known.base.len());
        if n_known == Some(history.n_events) {
            return;
        }
        let base = prepared
            .dataset
            .events_of(history.user_idx, history.n_events);
        let Some(known) = known.filter(|known| !known.edits.is_empty()) else {
            self.what_if
                .histories
                .insert(of.clone(), ChangedHistory::new(base));
            return;
        };
        let more = history.n_events.saturating_sub(n_known.unwrap_or(0));
        let made = known.regrown(prepared, base);
        match made {
            Ok(()) => self.notices.done(format!(
                "The run has ended, so {} of the user {} told now; your edits were made again on \
                 the longer history.",
                counted(more, "later event"),
                if more == 1 { "is" } else { "are" }
            )),
            Err(why) => self.notices.failed(format!(
                "The history has changed with the end of the run, and your edits could not be made \
                 again: {why}. Make them anew."
            )),
        }
    }

    /// Carries out one thing that a person does with the history that is looked at.
    pub(super) fn act_what_if(&mut self, action: WhatIfAction) {
        let Some((of, prepared)) = self.looked_at() else {
            return;
        };
        match action {
            WhatIfAction::Save(name) => return self.save_scenario(&of, &prepared, name),
            WhatIfAction::Delete(name) => {
                let store = self.runs.store.clone();
                let run = of.run.clone();
                return self.keep_scenario(of.run, move || {
                    store.delete_scenario(&run, &name).map_err(sentence)
                });
            }
            WhatIfAction::Flip => return self.start_flip(&of, &prepared),
            WhatIfAction::StopFlip => {
                if let Some(search) = &self.what_if.search {
                    search.stop.store(true, Ordering::Relaxed);
                }
                return;
            }
            WhatIfAction::Edit(_)
            | WhatIfAction::Undo
            | WhatIfAction::Redo
            | WhatIfAction::StartOver
            | WhatIfAction::Use(_)
            | WhatIfAction::Open(_) => {}
        }
        if let Err(why) = self.change_history(&of, &prepared, action) {
            self.notices.failed(why);
        }
    }

    fn change_history(
        &mut self,
        of: &OfUser,
        prepared: &Prepared,
        action: WhatIfAction,
    ) -> Result<(), String> {
        let opened = if let WhatIfAction::Open(name) = &action {
            Some(self.scenario_of(of, prepared, name)?)
        } else {
            None
        };
        let Some(history) = self.what_if.histories.get_mut(of) else {
            return Ok(());
        };
        let made = match action {
            WhatIfAction::Edit(edit) => {
                let edits = history.edits.iter().cloned().chain([edit]).collect();
                history.set(prepared, edits)
            }
            WhatIfAction::Undo => history.undo(prepared),
            WhatIfAction::Redo => history.redo(prepared),
            WhatIfAction::StartOver => history.set(prepared, Vec::new()),
            WhatIfAction::Use(edits) => history.set(prepared, edits),
            WhatIfAction::Open(_) => history.set(prepared, opened.unwrap_or_default()),
            WhatIfAction::Save(_)
            | WhatIfAction::Delete(_)
            | WhatIfAction::Flip
            | WhatIfAction::StopFlip => Ok(()),
        };
        made.map_err(sentence)
    }

    /// The edits that are kept under a name, if they are of this user.
    fn scenario_of(
        &self,
        of: &OfUser,
        prepared: &Prepared,
        name: &str,
    ) -> Result<Vec<Edit>, String> {
        let saved = self.what_if.saved(&of.run);
        let Some(saved) = saved.iter().find(|saved| saved.name == name) else {
            return Err(format!(
                "No scenario is kept under the name {name}; choose another."
            ));
        };
        let scenario = saved.scenario.clone()?;
        scenario
            .check(&prepared.dataset, &of.user_id)
            .map_err(sentence)?;
        Ok(scenario.edits)
    }

    fn save_scenario(&mut self, of: &OfUser, prepared: &Prepared, name: String) {
        let Some(history) = self.what_if.histories.get(of) else {
            return;
        };
        let scenario = Scenario::new(&prepared.dataset, &of.user_id, history.edits.clone());
        match scenario.to_text() {
            Err(why) => self.notices.failed(sentence(why)),
            Ok(text) => {
                let (store, run) = (self.runs.store.clone(), of.run.clone());
                let user_id = of.user_id.clone();
                self.keep_scenario(of.run.clone(), move || {
                    is_free_for(&store, &run, name.trim(), &user_id)?;
                    store
                        .save_scenario(&run, name.trim(), &text)
                        .map_err(sentence)
                });
            }
        }
    }

    /// Changes what is kept with a run, and reads it again.
    fn keep_scenario(
        &mut self,
        run: RunId,
        change: impl FnOnce() -> Result<(), String> + Send + 'static,
    ) {
        self.jobs
            .start("scenario", change, move |app, changed| match changed {
                Ok(()) => app.read_scenarios(&run),
                Err(why) => app.notices.failed(why),
            });
    }

    /// Reads what is kept with a run; the present list stays until the new one is here.
    fn read_scenarios(&mut self, run: &RunId) {
        let loading = || Loadable::Loading("Reading the scenarios".to_owned());
        self.what_if
            .saved
            .entry(run.clone())
            .or_insert_with(loading);
        let (store, asked, run) = (self.runs.store.clone(), run.clone(), run.clone());
        self.jobs.start(
            "scenarios",
            move || saved_with(&store, &asked),
            move |app, saved| {
                app.what_if.saved.insert(run, saved.into());
            },
        );
    }

    /// Searches on a thread of its own, with a model of its own: edits are answered meanwhile.
    fn start_flip(&mut self, of: &OfUser, prepared: &Arc<Prepared>) {
        let Some(key) = self.selection.view_key(&of.run) else {
            return;
        };
        if let Some(search) = &self.what_if.search {
            search.stop.store(true, Ordering::Relaxed);
        }
        let edits = self
            .what_if
            .history(of)
            .map_or_else(Vec::new, |history| history.edits.clone());
        let ticket = self.what_if.last_search.renew();
        let stop = Arc::new(AtomicBool::new(false));
        self.what_if.search = Some(FlipSearchState {
            key: key.clone(),
            edits: edits.clone(),
            progress: None,
            found: Loadable::Loading("Trying edits".to_owned()),
            ticket,
            stop: Arc::clone(&stop),
        });
        let (store, prepared, sender) = (
            self.runs.store.clone(),
            Arc::clone(prepared),
            self.jobs.sender(),
        );
        self.jobs.start(
            "flip",
            move || {
                let restored =
                    restore(&store, &key.run, key.epoch, Some(prepared)).map_err(sentence)?;
                let features = &restored.manifest.experiment.data.features;
                let editor = HistoryEditor::new(&restored.prepared, features);
                let what_if = what_if(&restored, editor, &key.user_id, None)?;
                let flip = what_if.flip_after(&edits, FlipAsk::default(), &mut |progress| {
                    sender.offer(move |app: &mut Self| {
                        if let Some(search) = app.search_of(ticket) {
                            search.progress = Some(progress);
                        }
                    });
                    !stop.load(Ordering::Relaxed)
                });
                flip.map(Arc::new).map_err(sentence)
            },
            move |app, found| {
                if let Some(search) = app.search_of(ticket) {
                    search.found = found.into();
                }
            },
        );
    }

    fn search_of(&mut self, ticket: Ticket) -> Option<&mut FlipSearchState> {
        let search = self.what_if.search.as_mut()?;
        (search.ticket == ticket).then_some(search)
    }

    /// The user that is looked at, and the data of their run.
    fn looked_at(&self) -> Option<(OfUser, Arc<Prepared>)> {
        let run = self.selection.run.clone()?;
        let prepared = Arc::clone(self.views.data(&run)?);
        let user_id = self.selection.user_id.clone()?;
        Some((OfUser { run, user_id }, prepared))
    }

    /// Whether it can be done now; if not, why not.
    fn is_searched_here(&self) -> bool {
        let run = self.selection.run.as_ref();
        let key = run.and_then(|run| self.selection.view_key(run));
        let search = key.and_then(|key| self.what_if.search(&key));
        search.is_some_and(|search| search.found.is_loading())
    }

    pub(super) fn can_what_if(&self, action: &WhatIfAction) -> Result<(), String> {
        let of = self.looked_at().map(|(of, _)| of);
        let history = of.as_ref().and_then(|of| self.what_if.history(of));
        let Some(history) = history else {
            return Err("The history is known once the data of the run are open.".to_owned());
        };
        let is_refused = |refused: bool, why: &str| {
            if refused { Err(why.to_owned()) } else { Ok(()) }
        };
        match action {
            WhatIfAction::Undo => {
                is_refused(history.past.is_empty(), "Nothing has been changed yet.")
            }
            WhatIfAction::Redo => {
                is_refused(history.future.is_empty(), "Nothing has been taken back.")
            }
            WhatIfAction::StartOver => is_refused(history.edits.is_empty(), "Nothing is changed."),
            WhatIfAction::Save(name) => {
                is_refused(name.trim().is_empty(), "Write a name beside it first.")
            }
            // A search for another user ends when one for this begins.
            WhatIfAction::Flip => is_refused(
                self.is_searched_here(),
                "A search is at work; stop it first.",
            ),
            WhatIfAction::StopFlip => {
                is_refused(!self.what_if.searching(), "Nothing is searched for.")
            }
            WhatIfAction::Edit(_)
            | WhatIfAction::Use(_)
            | WhatIfAction::Open(_)
            | WhatIfAction::Delete(_) => Ok(()),
        }
    }
}

/// Every scenario that is kept with a run.
fn saved_with(store: &RunStore, run: &RunId) -> Result<Vec<SavedScenario>, String> {
    let names = store.scenarios(run).map_err(sentence)?;
    let read = |name: String| {
        let text = store.scenario(run, &name).map_err(sentence);
        SavedScenario {
            scenario: text.and_then(|text| Scenario::parse(&text).map_err(sentence)),
            name,
        }
    };
    Ok(names.into_iter().map(read).collect())
}

/// Whether a name is not that of another user's scenario, which would be lost.
fn is_free_for(store: &RunStore, run: &RunId, name: &str, user_id: &str) -> Result<(), String> {
    let kept = store.scenario(run, name).ok();
    let kept = kept.and_then(|text| Scenario::parse(&text).ok());
    match kept.filter(|kept| kept.user != user_id) {
        Some(_) => Err(format!(
            "`{name}` is a scenario of another user of this run; choose another name."
        )),
        None => Ok(()),
    }
}
