//! Galleries of the users of the chosen slice: found on a thread of their own, with models of their
//! own where weights are asked, so that whoever is looked at can be explained meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::sentence;
use super::loadable::Ticket;
use super::slices::SliceTrial;
use super::{App, Loadable};
use seqscope_engine::explain::{
    Gallery, GalleryKind, best_or_worst, changed_between_epochs, changed_between_runs, surprising,
};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::slice::SliceMembers;
use seqscope_engine::train::restore;

/// Users that a gallery shows.
const SHOWN: usize = 50;

/// One thing that a person does with galleries.
#[derive(Clone, Debug, PartialEq)]
pub enum GalleryAction {
    /// Look for the users of a gallery.
    Look(GalleryAsk),
    /// Stop looking.
    Stop,
}

impl GalleryAction {
    /// Name of it on a button.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Look(_) => "Look for users",
            Self::Stop => "Stop looking",
        }
    }
}

/// Question for a gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct GalleryAsk {
    /// The run.
    pub run: RunId,
    /// Kind of gallery.
    pub kind: GalleryKind,
    /// Answers that changes are counted from; `None` of other kinds.
    pub before: Option<GalleryBefore>,
}

/// Answers that changes are counted from.
#[derive(Clone, Debug, PartialEq)]
pub enum GalleryBefore {
    /// Another run of the same data.
    Run(RunId),
    /// An earlier epoch of the same run; the answers now are those of its best one.
    Epoch(usize),
}

/// State of galleries: the last one that was asked for.
#[derive(Debug, Default)]
pub struct GalleryState {
    /// What was asked, of which slice.
    asked: Option<(GalleryAsk, u64)>,
    found: Loadable<Arc<Gallery>>,
    ticket: Ticket,
    stop: Arc<AtomicBool>,
}

impl Drop for GalleryState {
    /// A search that nobody waits for ends.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Users of a slice in a run, and everything that a thread needs to look at them.
struct GalleryJob {
    store: RunStore,
    ask: GalleryAsk,
    trial: SliceTrial,
    other: Option<SliceTrial>,
    of: Arc<SliceMembers>,
    stop: Arc<AtomicBool>,
}

impl App {
    /// The gallery that answers this question about the chosen slice, as far as it is.
    #[must_use]
    pub fn gallery(&self, ask: &GalleryAsk) -> &Loadable<Arc<Gallery>> {
        let is_asked = self.gallery.asked.as_ref();
        if is_asked.is_some_and(|(asked, of)| asked == ask && *of == self.slices.revision()) {
            &self.gallery.found
        } else {
            &Loadable::Idle
        }
    }

    pub(super) fn act_gallery(&mut self, action: GalleryAction) {
        self.gallery.stop.store(true, Ordering::Relaxed);
        match action {
            GalleryAction::Look(ask) => self.look_for_gallery(ask),
            GalleryAction::Stop => {
                if self.gallery.found.is_loading() {
                    self.gallery.ticket.renew();
                    self.gallery.found = Loadable::Failed("Stopped; ask again.".to_owned());
                }
            }
        }
    }

    /// Whether it can be done now; if not, why not.
    pub(super) fn can_gallery(&self, action: &GalleryAction) -> Result<(), String> {
        let GalleryAction::Look(ask) = action else {
            let is_at_work = self.gallery.found.is_loading();
            return if is_at_work {
                Ok(())
            } else {
                Err("Nothing is looked for.".to_owned())
            };
        };
        let summary = self.runs.summary(&ask.run);
        let manifest = summary.and_then(|summary| summary.manifest.as_ref());
        let manifest = manifest.ok_or("This run is not in the folder of runs any more.")?;
        if manifest.test.is_none() {
            return Err(
                "Galleries are of test questions, and this run was not judged on its test yet; \
                 wait for its end, or choose another run."
                    .to_owned(),
            );
        }
        ask.kind.rule(manifest.experiment.answers())?;
        if ask.kind == GalleryKind::Changed && ask.before.is_none() {
            return Err("Choose the run or epoch that changes are counted from.".to_owned());
        }
        if let Some(GalleryBefore::Run(id)) = &ask.before {
            let other = self.runs.summary(id);
            let other = other.and_then(|other| other.manifest.as_ref());
            let other = other.ok_or("The other run is not in the folder of runs any more.")?;
            if let Some(why) = seqscope_engine::run::why_not_comparable(manifest, other) {
                return Err(format!(
                    "The two runs cannot be compared: {why}; choose another run."
                ));
            }
            if self.views.series(id).ready().is_none() {
                return Err("The results of the other run are being read.".to_owned());
            }
        }
        match self.slice_users(&ask.run) {
            Some(Loadable::Failed(why)) => Err(why.clone()),
            Some(Loadable::Loading(_) | Loadable::Idle) => {
                Err("The users of the slice are being looked for.".to_owned())
            }
            Some(Loadable::Ready(_)) | None => self
                .trial_of(&ask.run)
                .map(|_| ())
                .ok_or_else(|| "The data of the run are being opened.".to_owned()),
        }
    }

    fn look_for_gallery(&mut self, ask: GalleryAsk) {
        let Some(trial) = self.trial_of(&ask.run) else {
            return;
        };
        let of = match self.slice_users(&ask.run) {
            None => Arc::new(SliceMembers::everyone(trial.n_users())),
            Some(Loadable::Ready(members)) => Arc::clone(members),
            Some(Loadable::Loading(_) | Loadable::Failed(_) | Loadable::Idle) => return,
        };
        let other = match &ask.before {
            Some(GalleryBefore::Run(other)) => self.trial_beside(&trial, other),
            Some(GalleryBefore::Epoch(_)) | None => None,
        };
        let state = &mut self.gallery;
        let ticket = state.ticket.renew();
        state.stop = Arc::new(AtomicBool::new(false));
        state.asked = Some((ask.clone(), self.slices.revision()));
        state.found = Loadable::Loading("Looking for users".to_owned());
        let job = GalleryJob {
            store: self.runs.store.clone(),
            ask,
            trial,
            other,
            of,
            stop: Arc::clone(&state.stop),
        };
        let sender = self.jobs.sender();
        self.jobs.start(
            "gallery",
            move || {
                job.found(&mut |done, all| {
                    sender.offer(move |app: &mut Self| {
                        if app.gallery.ticket == ticket && app.gallery.found.is_loading() {
                            let words = format!("Asked about {done} of {all} questions");
                            app.gallery.found = Loadable::Loading(words);
                        }
                    });
                })
                .map(Arc::new)
            },
            move |app, found| {
                if app.gallery.ticket == ticket {
                    app.gallery.found = found.into();
                }
            },
        );
    }

    /// Results of another run with the data of this one, which are the same where the two may be
    /// compared.
    fn trial_beside(&self, trial: &SliceTrial, other: &RunId) -> Option<SliceTrial> {
        let series = self.views.series(other).ready()?;
        Some(trial.with_series(series))
    }
}

impl GalleryJob {
    fn found(&self, tell: &mut dyn FnMut(usize, usize)) -> Result<Gallery, String> {
        let source = self.trial.source();
        let GalleryAsk { run, kind, before } = &self.ask;
        let mut goes_on = |done: usize, all: usize| {
            tell(done, all);
            !self.stop.load(Ordering::Relaxed)
        };
        let stopped = || "Stopped; ask again.".to_owned();
        match (kind, before) {
            (GalleryKind::Best | GalleryKind::Worst, _) => {
                Ok(best_or_worst(*kind, &source, &self.of, SHOWN))
            }
            (GalleryKind::Surprising, _) => {
                let restored = self.restored(run, None)?;
                surprising(&restored, &source, &self.of, SHOWN, &mut goes_on)
                    .map_err(sentence)?
                    .ok_or_else(stopped)
            }
            (GalleryKind::Changed, Some(GalleryBefore::Epoch(epoch))) => {
                let now = self.restored(run, None)?;
                let then = self.restored(run, Some(*epoch))?;
                changed_between_epochs(&now, &then, &source, &self.of, SHOWN, &mut goes_on)
                    .map_err(sentence)?
                    .ok_or_else(stopped)
            }
            (GalleryKind::Changed, _) => {
                let other = self.other.as_ref().ok_or(
                    "The results of the other run are not read yet; look at it on Compare, or ask \
                     again.",
                )?;
                Ok(changed_between_runs(
                    &source,
                    &self.of,
                    &other.source(),
                    SHOWN,
                ))
            }
        }
    }

    fn restored(
        &self,
        run: &RunId,
        epoch: Option<usize>,
    ) -> Result<seqscope_engine::train::Restored, String> {
        let prepared = Arc::clone(self.trial.prepared());
        restore(&self.store, run, epoch, Some(prepared)).map_err(sentence)
    }
}
