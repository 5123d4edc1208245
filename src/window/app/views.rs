//! Views of Explain and Compare, loaded from disk when first asked for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::long_question::LongQuestion;
use super::significance::{Significance, SignificanceKey};
use super::{
    Answers, AttributionAsk, EditAsk, HeadTermsAsk, InsideAnswers, ListAsk, Loadable,
    ProjectionState, Question, RulesState, SeedMapsAsk, Training,
};
use seqscope_data::Prepared;
use seqscope_engine::explain::{
    AnswerAttribution, MapsOverRuns, Recommendation, UserView, WhatIfAnswer,
};
use seqscope_engine::report::ReportTable;
use seqscope_engine::run::{
    Curves, MachineEpoch, Manifest, Milestone, ParamHistograms, RunId, UserResult,
};
use seqscope_model::HeadTerms;

/// Memory that user views may take: all epochs of a run of usual size, so that they play from
/// memory, and some forty views of eight layers of eight heads over 200 events.
const BYTES_KEPT: usize = 400 << 20;

/// Most views that are kept, however small: each frame looks through them.
const VIEWS_KEPT: usize = 2_000;

/// Share of that memory that is filled ahead of the playhead; the rest is for going back.
const AHEAD: f64 = 0.8;

/// Extent of what is forgotten of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forget {
    All,
    Failed,
}

impl Forget {
    pub(super) fn takes<T>(self, it: &Loadable<T>) -> bool {
        match self {
            Self::All => true,
            Self::Failed => matches!(it, Loadable::Failed(_)),
        }
    }
}

/// Key of a user's view: the run, the user and the epoch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewKey {
    /// The run.
    pub run: RunId,
    /// The epoch whose weights are used; `None` for the best.
    pub epoch: Option<usize>,
    /// The user, by id as in the log.
    pub user_id: String,
}

/// A run's series, its manifest, the epochs whose weights are kept and its test results.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSeries {
    /// Manifest of the run.
    pub manifest: Manifest,
    /// Its series over epochs, ready to be drawn.
    pub curves: Curves,
    /// Epochs that can be shown.
    pub epochs: Vec<usize>,
    /// Epochs at which something happened.
    pub milestones: Vec<Milestone>,
    /// The test rank of every user; empty until the run has come so far.
    pub test_results: Vec<UserResult>,
    /// Numbers that the machine told of each epoch.
    pub machine: Vec<MachineEpoch>,
    /// The run as the Train page shows it, its end included.
    pub training: Training,
    /// Effect of fine-tuning, of a tested run that was fine-tuned.
    pub tuning: Option<ReportTable>,
}

/// Loaded series, datasets and user views. [`super::App::receive`] starts loading what the
/// present page and selection need; a page only reads, and shows what is [`Loadable::Loading`].
#[derive(Default)]
pub struct Views {
    pub(super) series: BTreeMap<RunId, Loadable<Arc<RunSeries>>>,
    pub(super) users: BTreeMap<ViewKey, Loadable<Arc<UserView>>>,
    pub(super) data: BTreeMap<RunId, Loadable<Arc<Prepared>>>,
    /// How sure the differences are, and of which runs that was worked out.
    pub(super) significance: Loadable<Arc<Significance>>,
    pub(super) significance_of: Option<SignificanceKey>,
    /// Runs that have changed on disk since they were loaded; shown until the new is here.
    pub(super) stale_series: BTreeSet<RunId>,
    pub(super) stale_users: BTreeSet<ViewKey>,
    pub(super) lists: Answers<ListAsk, Recommendation>,
    pub(super) edits: Answers<EditAsk, WhatIfAnswer>,
    pub(super) attributions: Answers<AttributionAsk, AnswerAttribution>,
    pub(super) head_terms: Answers<HeadTermsAsk, HeadTerms>,
    pub(super) seed_maps: Answers<SeedMapsAsk, MapsOverRuns>,
    pub(super) inside: InsideAnswers,
    pub(super) projection: ProjectionState,
    /// Counts of weights and gradients of the run that Train shows.
    pub(super) histograms: BTreeMap<RunId, Loadable<Arc<Vec<ParamHistograms>>>>,
    pub(super) stale_histograms: BTreeSet<RunId>,
    pub(super) rules: RulesState,
    /// The one question that the explaining thread works on.
    pub(super) asked: Option<ExplainSubject>,
    /// The one question that takes long and is worked on.
    pub(super) long: Option<LongQuestion>,
    /// Keys in order of arrival, to drop the oldest.
    pub(super) arrived: Vec<ViewKey>,
}

/// Subject that the explaining thread works on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExplainSubject {
    Data(RunId),
    User(ViewKey),
    Asked(Question),
}

impl Views {
    /// A run's series.
    #[must_use]
    pub fn series(&self, run: &RunId) -> &Loadable<Arc<RunSeries>> {
        self.series.get(run).unwrap_or(&Loadable::Idle)
    }

    /// Counts of a run's weights and gradients by size.
    #[must_use]
    pub fn histograms(&self, run: &RunId) -> &Loadable<Arc<Vec<ParamHistograms>>> {
        self.histograms.get(run).unwrap_or(&Loadable::Idle)
    }

    /// One user as one run sees them.
    #[must_use]
    pub fn user(&self, key: &ViewKey) -> &Loadable<Arc<UserView>> {
        self.users.get(key).unwrap_or(&Loadable::Idle)
    }

    /// The view of the same user through the same run whose epoch is nearest to one, of two the
    /// later; `best` is the number of the best epoch.
    #[must_use]
    pub fn nearest_user(
        &self,
        key: &ViewKey,
        epoch: usize,
        best: Option<usize>,
    ) -> Option<(usize, &Arc<UserView>)> {
        let of_user = self
            .users
            .iter()
            .filter(|(other, _)| other.run == key.run && other.user_id == key.user_id);
        of_user
            .filter_map(|(other, view)| Some((other.epoch.or(best)?, view.ready()?)))
            .min_by_key(|(other, _)| (other.abs_diff(epoch), Reverse(*other)))
    }

    /// Epochs of a run at which the view of a user is in memory, in order.
    #[must_use]
    pub fn epochs_ready(&self, run: &RunId, user_id: &str) -> Vec<usize> {
        let of_user = self.users.iter().filter(|(key, view)| {
            key.run == *run && key.user_id == user_id && view.ready().is_some()
        });
        of_user.filter_map(|(key, _)| key.epoch).collect()
    }

    /// Number of views that fit ahead of the playhead, by the largest that is kept.
    pub(super) fn room_ahead(&self) -> usize {
        let views = self.users.values().filter_map(Loadable::ready);
        let largest = views.map(|view| view.n_bytes()).max();
        largest.map_or(1, |bytes| {
            let room = (BYTES_KEPT as f64 * AHEAD) as usize / bytes.max(1);
            room.min((VIEWS_KEPT as f64 * AHEAD) as usize)
        })
    }

    /// The data of a run: for titles and for the list of users.
    #[must_use]
    pub fn data(&self, run: &RunId) -> Option<&Arc<Prepared>> {
        self.data.get(run).and_then(Loadable::ready)
    }

    /// Recommendation lists.
    #[must_use]
    pub fn lists(&self) -> &Answers<ListAsk, Recommendation> {
        &self.lists
    }

    /// Answers about changed histories.
    #[must_use]
    pub fn edits(&self) -> &Answers<EditAsk, WhatIfAnswer> {
        &self.edits
    }

    /// Terms of the weights of heads.
    #[must_use]
    pub fn head_terms(&self) -> &Answers<HeadTermsAsk, HeadTerms> {
        &self.head_terms
    }

    /// Mean attention over seeds.
    #[must_use]
    pub fn seed_maps(&self) -> &Answers<SeedMapsAsk, MapsOverRuns> {
        &self.seed_maps
    }

    /// Explained answers.
    #[must_use]
    pub fn attributions(&self) -> &Answers<AttributionAsk, AnswerAttribution> {
        &self.attributions
    }

    /// Answers about the inside of models.
    #[must_use]
    pub fn inside(&self) -> &InsideAnswers {
        &self.inside
    }

    /// Maps of vectors that come about step by step.
    #[must_use]
    pub fn projection(&self) -> &ProjectionState {
        &self.projection
    }

    /// The rules of a run.
    #[must_use]
    pub fn rules(&self) -> &RulesState {
        &self.rules
    }

    /// How far the data of a run are, and why they could not be had.
    #[must_use]
    pub fn data_state(&self, run: &RunId) -> &Loadable<Arc<Prepared>> {
        self.data.get(run).unwrap_or(&Loadable::Idle)
    }

    /// The explaining thread has answered, and can be asked again.
    pub(super) fn answered(&mut self, subject: &ExplainSubject) {
        if self.asked.as_ref() == Some(subject) {
            self.asked = None;
        }
    }

    /// The weights of a run have changed: what was made from its best epoch is old now.
    pub(super) fn run_changed(&mut self, run: &RunId) {
        self.stale_series.insert(run.clone());
        self.stale_histograms.insert(run.clone());
        self.forget_answers(Forget::All, |key| key.run == *run && key.epoch.is_none());
        self.projection
            .forget(Forget::All, |key| key.run == *run && key.epoch.is_none());
        let changed = self
            .users
            .keys()
            .filter(|key| key.run == *run && key.epoch.is_none());
        self.stale_users.extend(changed.cloned());
    }

    /// Everything of a run goes, or only what could not be loaded: it is tried again when needed.
    pub(super) fn forget(&mut self, run: &RunId, what: Forget) {
        self.series.retain(|id, it| id != run || !what.takes(it));
        self.data.retain(|id, it| id != run || !what.takes(it));
        self.histograms
            .retain(|id, it| id != run || !what.takes(it));
        self.users
            .retain(|key, it| key.run != *run || !what.takes(it));
        self.forget_answers(what, |key| key.run == *run);
        self.projection.forget(what, |key| key.run == *run);
    }

    /// Takes in the data of a run.
    pub(super) fn take_data(&mut self, run: RunId, data: Result<Arc<Prepared>, String>) {
        self.answered(&ExplainSubject::Data(run.clone()));
        self.data.insert(run, data.into());
    }

    /// Views that are looked at count as new.
    pub(super) fn looked_at(&mut self, keys: &[ViewKey]) {
        let arrived = std::mem::take(&mut self.arrived).into_iter();
        let (new, old): (Vec<ViewKey>, _) = arrived.partition(|key| keys.contains(key));
        self.arrived = old;
        self.arrived.extend(new);
    }

    /// Drops the views that arrived first until the others fit; the last one stays.
    fn drop_oldest(&mut self) {
        let bytes = |view: &Loadable<Arc<UserView>>| view.ready().map_or(0, |view| view.n_bytes());
        let mut taken: usize = self.users.values().map(bytes).sum();
        while (taken > BYTES_KEPT || self.arrived.len() > VIEWS_KEPT) && self.arrived.len() > 1 {
            let oldest = self.arrived.remove(0);
            taken -= self.users.remove(&oldest).as_ref().map_or(0, bytes);
        }
    }

    /// Drops the answers to questions about such runs, epochs and users.
    fn forget_answers(&mut self, what: Forget, is_gone: impl Fn(&ViewKey) -> bool) {
        if what == Forget::All {
            self.void_long(&is_gone);
        }
        self.lists
            .forget(|ask, answer| is_gone(&ask.key) && what.takes(answer));
        self.edits
            .forget(|ask, answer| is_gone(&ask.key) && what.takes(answer));
        self.attributions
            .forget(|ask, answer| is_gone(&ask.key) && what.takes(answer));
        self.head_terms
            .forget(|ask, answer| is_gone(&ask.key) && what.takes(answer));
        self.seed_maps
            .forget(|ask, answer| ask.keys().any(&is_gone) && what.takes(answer));
        self.inside.forget(what, is_gone);
    }

    /// Takes in one user as one run sees them.
    pub(super) fn take_user(&mut self, key: ViewKey, view: Result<Arc<UserView>, String>) {
        self.answered(&ExplainSubject::User(key.clone()));
        self.arrived.retain(|other| *other != key);
        self.arrived.push(key.clone());
        self.users.insert(key, view.into());
        self.drop_oldest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_views_however_small_only_so_many_are_kept() {
        let mut views = Views::default();
        let key = |at: usize| ViewKey {
            run: RunId("a".to_owned()),
            epoch: Some(at),
            user_id: "u".to_owned(),
        };
        for at in 0..VIEWS_KEPT + 30 {
            views.take_user(key(at), Err("none".to_owned()));
        }
        assert_eq!(
            (views.users.len(), views.arrived.len()),
            (VIEWS_KEPT, VIEWS_KEPT)
        );
        assert!(views.users.contains_key(&key(VIEWS_KEPT + 29)));
        assert!(!views.users.contains_key(&key(29)));
    }
}
