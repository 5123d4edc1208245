//! Maps of vectors that come about in the background, watched as they do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::sentence;
use super::loadable::Ticket;
use super::views::Forget;
use super::{App, Loadable};
use seqscope_data::Prepared;
use seqscope_engine::explain::{
    GoesOn, ProjectedMap, ProjectionMethod, QuestionError, projected, user_codes,
};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::restore;

/// Maps that are kept, so that another can be looked at and come back from.
const MAPS_KEPT: usize = 8;

/// Vectors of a model that are placed on a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectionOf {
    /// Vectors of its items.
    Items,
    /// Vectors of users in its latent space.
    Users,
}

/// Vectors that are placed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionKey {
    /// The run.
    pub run: RunId,
    /// The epoch; `None` for the best.
    pub epoch: Option<usize>,
    /// The vectors.
    pub of: ProjectionOf,
    /// The way.
    pub method: ProjectionMethod,
}

impl ProjectionKey {
    /// Name of the work on a button.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self.method {
            ProjectionMethod::Tsne => "Place by t-SNE",
            ProjectionMethod::Umap => "Place by UMAP",
        }
    }
}

/// One map, as far as it is.
#[derive(Debug)]
struct Projection {
    key: ProjectionKey,
    map: Option<Arc<ProjectedMap>>,
    state: Loadable<()>,
}

/// Maps that have come about, and the one that does now.
#[derive(Debug, Default)]
pub struct ProjectionState {
    ticket: Ticket,
    /// The latest last: the only one that may be at work.
    kept: Vec<Projection>,
    stop: Arc<AtomicBool>,
}

impl ProjectionState {
    /// The map of these vectors as far as it is.
    #[must_use]
    pub fn map(&self, key: &ProjectionKey) -> Option<&Arc<ProjectedMap>> {
        self.find(key)?.map.as_ref()
    }

    /// Whether the map of these vectors is on its way, is here, or could not be made.
    #[must_use]
    pub fn state(&self, key: &ProjectionKey) -> &Loadable<()> {
        self.find(key).map_or(&Loadable::Idle, |found| &found.state)
    }

    fn find(&self, key: &ProjectionKey) -> Option<&Projection> {
        self.kept.iter().find(|projection| projection.key == *key)
    }

    /// Ends the work at its next look.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Drops the maps of such runs and epochs.
    pub(super) fn forget(&mut self, what: Forget, is_gone: impl Fn(&ProjectionKey) -> bool) {
        let is_at_work = |it: &Projection| it.state.is_loading() && is_gone(&it.key);
        if self.kept.iter().any(is_at_work) {
            self.stop();
            // Nobody waits for what it says any more.
            self.ticket.renew();
        }
        self.kept
            .retain(|it| !is_gone(&it.key) || !(it.state.is_loading() || what.takes(&it.state)));
    }

    fn begin(&mut self, key: ProjectionKey) -> (Ticket, Arc<AtomicBool>) {
        self.stop();
        self.stop = Arc::default();
        // What was at work before stays as far as it came.
        for left in self.kept.iter_mut().filter(|it| it.state.is_loading()) {
            left.state = Loadable::Ready(());
        }
        self.kept.retain(|projection| projection.key != key);
        if self.kept.len() >= MAPS_KEPT {
            self.kept.remove(0);
        }
        self.kept.push(Projection {
            key,
            map: None,
            state: Loadable::Loading("Finding the nearest neighbours of every point".to_owned()),
        });
        (self.ticket.renew(), Arc::clone(&self.stop))
    }

    /// The map that a ticket is about, if it is still the one at work.
    fn at_work(&mut self, ticket: Ticket) -> Option<&mut Projection> {
        self.kept.last_mut().filter(|_| self.ticket == ticket)
    }

    fn see(&mut self, ticket: Ticket, map: ProjectedMap) {
        if let Some(projection) = self.at_work(ticket) {
            projection.map = Some(Arc::new(map));
        }
    }

    fn end(&mut self, ticket: Ticket, result: Result<Option<ProjectedMap>, String>) {
        let Some(projection) = self.at_work(ticket) else {
            return;
        };
        projection.state = match result {
            Ok(map) => {
                projection.map = map.map(Arc::new).or(projection.map.take());
                Loadable::Ready(())
            }
            Err(why) => Loadable::Failed(why),
        };
    }
}

/// A window that is left leaves no thread at work.
impl Drop for ProjectionState {
    fn drop(&mut self) {
        self.stop();
    }
}

impl App {
    /// Starts to place vectors; what was at work before is left as it is.
    pub(super) fn project(&mut self, key: ProjectionKey) {
        let known = self.views.data(&key.run).cloned();
        let store = self.runs.store.clone();
        let (ticket, stop) = self.views.projection.begin(key.clone());
        let sender = self.jobs.sender();
        self.jobs.start(
            "projection",
            move || {
                let goes_on = || !stop.load(Ordering::Relaxed);
                let mut see = |map: &ProjectedMap| {
                    if map.step > 0 {
                        let map = map.clone();
                        sender.offer(move |app: &mut Self| app.views.projection.see(ticket, map));
                    }
                    goes_on()
                };
                project_vectors(&store, &key, known, &|_| goes_on(), &mut see)
            },
            move |app, result| app.views.projection.end(ticket, result),
        );
    }
}

/// Vectors of a model, row by row.
struct VectorRows {
    values: Vec<f32>,
    width: usize,
}

/// The map of the vectors; `None` where it was stopped before there was any.
fn project_vectors(
    store: &RunStore,
    key: &ProjectionKey,
    known: Option<Arc<Prepared>>,
    goes_on: GoesOn<'_>,
    see: &mut dyn FnMut(&ProjectedMap) -> bool,
) -> Result<Option<ProjectedMap>, String> {
    let restored = restore(store, &key.run, key.epoch, known).map_err(sentence)?;
    let seed = restored.manifest.experiment.seed;
    let model = restored.model.as_ref();
    let found = match key.of {
        ProjectionOf::Items => model
            .item_table()
            .map_err(sentence)?
            .map(|table| VectorRows {
                values: table.vectors,
                width: table.width,
            })
            .ok_or("This model has no item vectors; choose another run."),
        ProjectionOf::Users => match user_codes(model, &restored.prepared, seed, goes_on) {
            Err(QuestionError::Stopped) => return Ok(None),
            found => found
                .map_err(sentence)?
                .map(|found| VectorRows {
                    values: found.codes.values,
                    width: found.codes.width,
                })
                .ok_or("This model has no latent space; choose another run."),
        },
    };
    let VectorRows { values, width } = found?;
    let map = projected(&values, width, key.method, seed, see).map_err(sentence)?;
    Ok(Some(map))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, method: ProjectionMethod) -> ProjectionKey {
        ProjectionKey {
            run: RunId(name.to_owned()),
            epoch: None,
            of: ProjectionOf::Items,
            method,
        }
    }

    fn map(step: usize) -> ProjectedMap {
        ProjectedMap {
            points: [[0.0; 2]; 8].into(),
            step,
            n_steps: 100,
            n_placed: 8,
            trust: None,
        }
    }

    #[test]
    fn one_map_is_at_work_and_those_before_stay_as_far_as_they_came() {
        let mut state = ProjectionState::default();
        let (a, b) = (
            key("a", ProjectionMethod::Tsne),
            key("a", ProjectionMethod::Umap),
        );
        let (first, stop) = state.begin(a.clone());
        state.see(first, map(10));
        assert!(state.state(&a).is_loading() && !stop.load(Ordering::Relaxed));
        let (second, stop_of_b) = state.begin(b.clone());
        assert!(stop.load(Ordering::Relaxed) && !stop_of_b.load(Ordering::Relaxed));
        // What the first says from now on is late.
        state.see(first, map(20));
        state.end(first, Ok(Some(map(30))));
        assert_eq!(state.map(&a).unwrap().step, 10);
        assert!(state.state(&a).ready().is_some() && state.map(&b).is_none());
        state.end(second, Ok(Some(map(100))));
        assert_eq!(state.map(&b).unwrap().step, 100);
        state.stop();
        assert!(stop_of_b.load(Ordering::Relaxed));
    }

    #[test]
    fn maps_of_a_run_that_has_changed_are_forgotten_and_the_oldest_go() {
        let mut state = ProjectionState::default();
        let (a, b) = (
            key("a", ProjectionMethod::Tsne),
            key("b", ProjectionMethod::Tsne),
        );
        let (first, _) = state.begin(a.clone());
        state.end(first, Ok(Some(map(100))));
        let (second, stop) = state.begin(b.clone());
        state.forget(Forget::All, |key| key.run == b.run);
        assert!(stop.load(Ordering::Relaxed) && state.map(&a).is_some());
        state.end(second, Ok(Some(map(100))));
        assert_eq!(state.state(&b), &Loadable::Idle);
        for at in 0..MAPS_KEPT {
            state.begin(key(&format!("run {at}"), ProjectionMethod::Umap));
        }
        assert_eq!(state.state(&a), &Loadable::Idle);
    }
}
