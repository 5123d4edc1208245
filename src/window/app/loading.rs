//! Loads next what the present page and selection need.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::job::sentence;
use super::question::{Answerable, InSight, open_of};
use super::views::ExplainSubject;
use super::{
    App, InsideQuestion, Loadable, Page, Question, RunSeries, TrainStrip, Training, ViewKey,
};
use seqscope_data::{EvalCase, Prepared};
use seqscope_engine::report::tuning_table;
use seqscope_engine::run::{Curves, Part, RunAccount, RunId, RunStore, tuning_effect};

impl App {
    pub(super) fn load_what_is_wanted(&mut self) {
        self.load_series();
        self.load_histograms();
        let runs = self.explained_runs();
        self.views.data.retain(|run, _| runs.contains(run));
        self.share_known_data(&runs);
        self.choose_user();
        self.find_slice_users(&runs);
        self.ask_explainer(&runs);
    }

    /// Data already open that are those of `run`: of this session's preparation or of another run.
    pub(super) fn known_data(&self, run: &RunId) -> Option<Arc<Prepared>> {
        let stamp = &self.runs.summary(run)?.manifest.as_ref()?.data;
        let open = self
            .views
            .data
            .values()
            .filter_map(Loadable::ready)
            .chain(self.data.prepared.ready());
        open.into_iter()
            .find(|prepared| {
                prepared.dataset.fingerprint == stamp.fingerprint
                    && prepared.split.fingerprint == stamp.split_fingerprint
            })
            .cloned()
    }

    /// Runs whose users are looked at on the present page.
    fn explained_runs(&self) -> Vec<RunId> {
        let mut wanted = self.runs_looked_at();
        wanted.retain(|run| self.has_weights(run));
        wanted
    }

    /// Whether a run has come to its first weights.
    fn has_weights(&self, run: &RunId) -> bool {
        self.training
            .of_run(run)
            .is_some_and(|training| !training.points.is_empty())
            || self
                .runs
                .summary(run)
                .and_then(|summary| summary.manifest.as_ref())
                .is_some_and(|m| m.epochs > 0)
            || self
                .views
                .series(run)
                .ready()
                .is_some_and(|series| !series.epochs.is_empty())
    }

    fn load_series(&mut self) {
        let selection = &self.selection;
        let mut runs: BTreeSet<RunId> = match self.page {
            Page::Data | Page::Model | Page::Report => BTreeSet::new(),
            Page::Train => self.trained_with_sisters(),
            // Of the other run only what it answered, for the users whose answer changed.
            Page::Explain => {
                let pair = [&selection.run, &selection.second_run];
                pair.into_iter().flatten().cloned().collect()
            }
            Page::Compare => selection.runs().cloned().collect(),
        };
        // Kept as long as it is listed: a few kilobytes a run.
        runs.retain(|run| {
            self.runs
                .summary(run)
                .is_some_and(|summary| summary.manifest.is_some())
        });
        for run in runs {
            match self.views.series(&run) {
                Loadable::Idle => {
                    self.views
                        .series
                        .insert(run.clone(), Loadable::Loading(format!("Reading {run}")));
                }
                // The mark stays until this reading begins: an answer on its way may be older.
                Loadable::Ready(_) if self.views.stale_series.contains(&run) => {}
                Loadable::Ready(_) | Loadable::Loading(_) | Loadable::Failed(_) => continue,
            }
            self.views.stale_series.remove(&run);
            let (store, asked) = (self.runs.store.clone(), run.clone());
            self.jobs.start(
                "series",
                move || read_series(&store, &asked),
                move |app, series| app.take_series(run, series),
            );
        }
    }

    /// The run that Train shows, and those whose mean is drawn with it.
    fn trained_with_sisters(&self) -> BTreeSet<RunId> {
        let shown = self.playhead_runs();
        let apart = self.selection.seeds_apart;
        let together = shown.iter().filter(|_| !apart);
        let sisters: Vec<RunId> = together.flat_map(|run| self.sisters_of(run)).collect();
        shown.into_iter().chain(sisters).collect()
    }

    /// Reads the counts of weights and gradients of the run that Train shows, where they are looked
    /// at; those of others are forgotten.
    fn load_histograms(&mut self) {
        let is_looked_at =
            self.page == Page::Train && self.selection.train_strip == TrainStrip::Histograms;
        let Some(run) = self
            .playhead_runs()
            .into_iter()
            .next()
            .filter(|_| is_looked_at)
        else {
            return;
        };
        self.views.histograms.retain(|other, _| *other == run);
        match self.views.histograms(&run) {
            Loadable::Idle => {
                let loading = Loadable::Loading(format!("Reading {run}"));
                self.views.histograms.insert(run.clone(), loading);
            }
            // As for series: what is here stays until the new is.
            Loadable::Ready(_) if self.views.stale_histograms.contains(&run) => {}
            Loadable::Ready(_) | Loadable::Loading(_) | Loadable::Failed(_) => return,
        }
        self.views.stale_histograms.remove(&run);
        let (store, asked) = (self.runs.store.clone(), run.clone());
        self.jobs.start(
            "histograms",
            move || store.histograms(&asked).map(Arc::new).map_err(sentence),
            move |app, read| {
                app.views.histograms.insert(run, read.into());
            },
        );
    }

    fn take_series(&mut self, run: RunId, series: Result<Arc<RunSeries>, String>) {
        if let Ok(series) = &series {
            self.training.recall(&run, &series.curves);
        }
        self.views.series.insert(run, series.into());
    }

    /// Data that are open already need no reading.
    fn share_known_data(&mut self, runs: &[RunId]) {
        for run in runs {
            if self.views.data(run).is_none()
                && let Some(known) = self.known_data(run)
            {
                self.views.data.insert(run.clone(), Loadable::Ready(known));
            }
        }
    }

    /// With no user chosen, or one that the selected run does not know: a typical one.
    fn choose_user(&mut self) {
        let Some(prepared) = self
            .selection
            .run
            .as_ref()
            .and_then(|run| self.views.data(run))
        else {
            return;
        };
        let is_known = self
            .selection
            .user_id
            .as_ref()
            .is_some_and(|id| prepared.dataset.users.idx(id).is_some());
        if !is_known {
            self.selection.look_at_user(typical_user(prepared));
        }
    }

    /// Keeps the explaining thread at what is looked at now: one question at a time, so that
    /// a person who steps quickly through users never waits for those already passed.
    fn ask_explainer(&mut self, runs: &[RunId]) {
        let keys: Vec<ViewKey> = runs
            .iter()
            .filter_map(|run| self.selection.view_key(run))
            .collect();
        self.views
            .users
            .retain(|key, view| !view.is_loading() || keys.contains(key));
        for key in &keys {
            if matches!(self.views.user(key), Loadable::Idle) {
                self.views.users.insert(
                    key.clone(),
                    Loadable::Loading("Looking through the kept weights".to_owned()),
                );
            }
        }
        for run in runs {
            if matches!(self.views.data_state(run), Loadable::Idle) {
                self.views.data.insert(
                    run.clone(),
                    Loadable::Loading("Opening the data of this run".to_owned()),
                );
            }
        }
        self.views.looked_at(&keys);
        self.ask_long_questions(runs, &keys);
        if self.views.asked.is_some() {
            return;
        }
        let Some(next) = self.next_question(runs, &keys) else {
            return;
        };
        self.views.asked = Some(next.clone());
        match next {
            ExplainSubject::Data(run) => {
                let (asked, epoch) = (run.clone(), self.selection.epoch_of(&run));
                self.explainer.ask(
                    &self.jobs,
                    move |models| models.data(&asked, epoch),
                    move |app, data| app.views.take_data(run, data),
                );
            }
            ExplainSubject::User(key) => {
                self.views.stale_users.remove(&key);
                let (asked, known) = (key.clone(), self.views.data(&key.run).cloned());
                self.explainer.ask(
                    &self.jobs,
                    move |models| models.user(&asked, known.as_ref()),
                    move |app, view| app.views.take_user(key, view),
                );
            }
            ExplainSubject::Asked(question) => self.pose(question),
        }
    }

    /// Asks the thread that answers such a question.
    pub(super) fn pose(&mut self, question: Question) {
        match question {
            Question::List(ask) => self.ask_models(ask, Question::List),
            Question::Edits(ask) => self.ask_models(ask, Question::Edits),
            Question::Attribution(ask) => self.ask_models(ask, Question::Attribution),
            Question::HeadTerms(ask) => self.ask_models(ask, Question::HeadTerms),
            Question::SeedMaps(ask) => self.ask_models(ask, Question::SeedMaps),
            Question::Inside(question) => self.ask_inside(question),
        }
    }

    /// Notes what a page wants to know.
    pub(super) fn ask(&mut self, question: Question) {
        match question {
            Question::List(ask) => self.views.lists.want(ask),
            Question::Edits(ask) => self.views.edits.want(ask),
            Question::Attribution(ask) => self.views.attributions.want(ask),
            Question::HeadTerms(ask) => self.views.head_terms.want(ask),
            Question::SeedMaps(ask) => self.views.seed_maps.want(ask),
            Question::Inside(question) => self.views.inside.want(question),
        }
    }

    fn ask_inside(&mut self, question: InsideQuestion) {
        use InsideQuestion::{Gates, Items, Latent, Like, Neighbours, Prior, Traversal};
        match question {
            Gates(ask) => self.ask_models(ask, |ask| Question::Inside(Gates(ask))),
            Like(ask) => self.ask_models(ask, |ask| Question::Inside(Like(ask))),
            Latent(ask) => self.ask_models(ask, |ask| Question::Inside(Latent(ask))),
            Traversal(ask) => self.ask_models(ask, |ask| Question::Inside(Traversal(ask))),
            Prior(ask) => self.ask_models(ask, |ask| Question::Inside(Prior(ask))),
            Items(ask) => self.ask_models(ask, |ask| Question::Inside(Items(ask))),
            Neighbours(ask) => self.ask_models(ask, |ask| Question::Inside(Neighbours(ask))),
        }
    }

    /// Asks an explaining thread; `name` makes the question one of all.
    fn ask_models<Q: Answerable>(&mut self, question: Q, name: fn(Q) -> Question) {
        if Q::IS_LONG {
            return self.ask_at_length(question.clone(), name(question));
        }
        let known = self.views.data(&question.key().run).cloned();
        let asked = question.clone();
        self.explainer.ask(
            &self.jobs,
            move |models| asked.answered_by(models, known.as_ref()).map(Arc::new),
            move |app, answer| {
                let subject = ExplainSubject::Asked(name(question.clone()));
                app.views.answered(&subject);
                Q::home(&mut app.views).take(question, answer);
            },
        );
    }

    /// The first question that a page has asked about what is looked at and that has no answer, of
    /// those that do not take long.
    fn open_question(&self, in_sight: &InSight<'_>) -> Option<Question> {
        // An edit is answered before anything that takes longer.
        open_of(&self.views.edits, in_sight)
            .map(Question::Edits)
            .or_else(|| open_of(&self.views.lists, in_sight).map(Question::List))
            .or_else(|| open_of(&self.views.head_terms, in_sight).map(Question::HeadTerms))
            .or_else(|| open_of(&self.views.seed_maps, in_sight).map(Question::SeedMaps))
            .or_else(|| self.views.inside.open(in_sight).map(Question::Inside))
    }

    fn next_question(&self, runs: &[RunId], keys: &[ViewKey]) -> Option<ExplainSubject> {
        let data = runs
            .iter()
            .find(|run| self.views.data_state(run).is_loading());
        if let Some(run) = data {
            return Some(ExplainSubject::Data(run.clone()));
        }
        let user = keys
            .iter()
            .find(|key| {
                let view = self.views.user(key);
                view.is_loading()
                    || (view.ready().is_some() && self.views.stale_users.contains(*key))
            })
            .map(|key| ExplainSubject::User(key.clone()));
        // Anything else is answered only for who is looked at now.
        let views = (self.page == Page::Explain).then(|| self.shown_layout().views());
        let in_sight = InSight {
            keys,
            views: views.as_deref(),
        };
        user.or_else(|| self.open_question(&in_sight).map(ExplainSubject::Asked))
            .or_else(|| self.view_ahead(runs).map(ExplainSubject::User))
            .or_else(|| self.question_ahead(runs).map(ExplainSubject::Asked))
    }
}

fn read_series(store: &RunStore, run: &RunId) -> Result<Arc<RunSeries>, String> {
    let manifest = store.manifest(run).map_err(sentence)?;
    let history = store.history(run).map_err(sentence)?;
    let epochs = store.epochs(run).map_err(sentence)?;
    // Curves and weights can be looked at without them.
    let test_results = store
        .results(run, Part::Test)
        .ok()
        .flatten()
        .unwrap_or_default();
    // Here, on a thread of its own: a long series takes longer than a frame may.
    let curves = Curves::of_history(&history);
    let training = Training::saved(&manifest, &curves);
    // Without its log or its latent dimensions a run has fewer milestones, and is still one.
    let account = RunAccount {
        manifest: &manifest,
        curves: &curves,
        epochs: &training.points,
        breaks: &store.breaks(run).unwrap_or_default(),
        latent_width: store.latent_width(run).unwrap_or_default(),
    };
    let milestones = account.milestones();
    // Without its parent's results a run has no effect to show, and is still one.
    let effect = tuning_effect(store, &manifest).ok().flatten();
    let tuning = effect.as_ref().map(tuning_table);
    let machine = store.machine(run).unwrap_or_default();
    Ok(Arc::new(RunSeries {
        manifest,
        curves,
        epochs,
        milestones,
        test_results,
        machine,
        training,
        tuning,
    }))
}

/// The tested user whose history has the median length: neither a newcomer nor an outlier.
#[must_use]
pub fn typical_user(prepared: &Prepared) -> Option<String> {
    let cases = if prepared.split.test.is_empty() {
        &prepared.split.valid
    } else {
        &prepared.split.test
    };
    let mut by_length: Vec<&EvalCase> = cases.iter().collect();
    by_length.sort_by_key(|case| (case.history_len, case.user_idx));
    let median = by_length
        .get(by_length.len() / 2)
        .map_or(0, |case| case.user_idx);
    prepared.dataset.users.id(median).map(str::to_owned)
}
