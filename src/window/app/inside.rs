//! Questions about what a model has inside: gates and like states, the latent space, the items.

use std::fmt::Display;
use std::sync::Arc;

use super::job::{ModelCache, sentence};
use super::question::{Answerable, InSight, open_of};
use super::views::{Forget, Views};
use super::{Answers, ExplainView, ViewKey};
use seqscope_base::metric::Seen;
use seqscope_data::Prepared;
use seqscope_engine::explain::{
    AskedProbe, GateView, ItemMap, ItemNeighbour, LatentMap, LatentProbe, LikeMoment, ProbeLists,
    gate_view, item_map, latent_map, latent_probe, neighbours,
};
use seqscope_engine::run::{LatentEpoch, Part, UserResult};

/// Moments of others that are listed for a state.
const LIKE_LISTED: usize = 8;

/// Neighbours that are listed for an item.
const NEIGHBOURS_LISTED: usize = 12;

/// Anything that can be asked about the inside of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum InsideQuestion {
    /// Gates and states over the history of a user.
    Gates(GatesAsk),
    /// Moments of others with a like state.
    Like(LikeAsk),
    /// Users in the latent space.
    Latent(LatentAsk),
    /// Lists along one dimension of the latent space.
    Traversal(TraversalAsk),
    /// Lists of points that are drawn from the prior.
    Prior(PriorAsk),
    /// Map of the items.
    Items(ItemsAsk),
    /// Neighbours of an item.
    Neighbours(NeighboursAsk),
}

/// Answers to questions about the inside of a model.
#[derive(Debug, Default)]
pub struct InsideAnswers {
    /// Gates and states of users.
    pub gates: Answers<GatesAsk, GateView>,
    /// Moments with like states.
    pub like: Answers<LikeAsk, Vec<LikeMoment>>,
    /// Users in latent spaces.
    pub latent: Answers<LatentAsk, LatentSpace>,
    /// Lists along dimensions of latent spaces.
    pub traversals: Answers<TraversalAsk, ProbeLists>,
    /// Lists of drawn points.
    pub priors: Answers<PriorAsk, ProbeLists>,
    /// Maps of items.
    pub items: Answers<ItemsAsk, ItemMap>,
    /// Neighbours of items.
    pub neighbours: Answers<NeighboursAsk, Vec<ItemNeighbour>>,
}

impl InsideAnswers {
    /// Notes what a page wants to know.
    pub(super) fn want(&mut self, question: InsideQuestion) {
        match question {
            InsideQuestion::Gates(ask) => self.gates.want(ask),
            InsideQuestion::Like(ask) => self.like.want(ask),
            InsideQuestion::Latent(ask) => self.latent.want(ask),
            InsideQuestion::Traversal(ask) => self.traversals.want(ask),
            InsideQuestion::Prior(ask) => self.priors.want(ask),
            InsideQuestion::Items(ask) => self.items.want(ask),
            InsideQuestion::Neighbours(ask) => self.neighbours.want(ask),
        }
    }

    /// The first question about what is looked at that has no answer, of those that do not take
    /// long; what a view is made of comes before what is told beside it.
    pub(super) fn open(&self, in_sight: &InSight<'_>) -> Option<InsideQuestion> {
        let views = open_of(&self.gates, in_sight).map(InsideQuestion::Gates);
        views
            .or_else(|| open_of(&self.traversals, in_sight).map(InsideQuestion::Traversal))
            .or_else(|| open_of(&self.priors, in_sight).map(InsideQuestion::Prior))
            .or_else(|| open_of(&self.neighbours, in_sight).map(InsideQuestion::Neighbours))
    }

    /// Drops the answers to questions about such runs, epochs and users.
    pub(super) fn forget(&mut self, what: Forget, is_gone: impl Fn(&ViewKey) -> bool) {
        forget(&mut self.gates, what, &is_gone);
        forget(&mut self.like, what, &is_gone);
        forget(&mut self.latent, what, &is_gone);
        forget(&mut self.traversals, what, &is_gone);
        forget(&mut self.priors, what, &is_gone);
        forget(&mut self.items, what, &is_gone);
        forget(&mut self.neighbours, what, &is_gone);
    }
}

fn forget<Q: Answerable>(
    answers: &mut Answers<Q, Q::Answer>,
    what: Forget,
    is_gone: &impl Fn(&ViewKey) -> bool,
) {
    answers.forget(|ask, answer| is_gone(ask.key()) && what.takes(answer));
}

/// Whether two keys are of one run and epoch, whoever the user is.
fn is_one_model(a: &ViewKey, b: &ViewKey) -> bool {
    (&a.run, a.epoch) == (&b.run, b.epoch)
}

/// A key that is about a run and an epoch alone.
fn of_nobody(key: &ViewKey) -> ViewKey {
    ViewKey {
        user_id: String::new(),
        ..key.clone()
    }
}

/// Answer of a model that has such a thing, which it was asked for because it has.
fn had<T>(found: Result<Option<T>, impl Display>, lacks: &str) -> Result<T, String> {
    found.map_err(sentence)?.ok_or_else(|| lacks.to_owned())
}

const NO_STATES: &str = "This model has no recurrent layer; choose another run.";
const NO_LATENT: &str = "This model has no latent space; choose another run.";
const NO_ITEMS: &str = "This model has no item vectors; choose another run.";

/// Gates and states over the history of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct GatesAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
}

impl Answerable for GatesAsk {
    type Answer = GateView;
    const VIEW: Option<ExplainView> = Some(ExplainView::Gates);

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn of_epoch(&self, key: &ViewKey) -> Option<Self> {
        Some(Self { key: key.clone() })
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<GateView, String> {
        let (restored, user_idx) = models.of_user(&self.key, known)?;
        let found = gate_view(restored.model.as_ref(), &restored.prepared, user_idx);
        had(found, NO_STATES)
    }

    fn home(views: &mut Views) -> &mut Answers<Self, GateView> {
        &mut views.inside.gates
    }
}

/// Moments of others at which the model was in a state like that after an event of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct LikeAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// State of the last layer. `[width]`
    pub state: Arc<Vec<f32>>,
}

impl Answerable for LikeAsk {
    type Answer = Vec<LikeMoment>;
    const VIEW: Option<ExplainView> = Some(ExplainView::Gates);

    const IS_LONG: bool = true;

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Vec<LikeMoment>, String> {
        let (_, user_idx) = models.of_user(&self.key, known)?;
        let sample = models.states(&self.key, known)?;
        let sample = sample.ok_or_else(|| NO_STATES.to_owned())?;
        Ok(sample.nearest(&self.state, user_idx, LIKE_LISTED))
    }

    fn home(views: &mut Views) -> &mut Answers<Self, Vec<LikeMoment>> {
        &mut views.inside.like
    }
}

/// Users in the latent space of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentAsk {
    /// Run and epoch; the user does not matter.
    pub key: ViewKey,
}

impl LatentAsk {
    /// The question of any user's key, always the same.
    #[must_use]
    pub fn of_model(key: &ViewKey) -> Self {
        Self {
            key: of_nobody(key),
        }
    }
}

/// Users in a latent space, and what each epoch used of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentSpace {
    /// The users.
    pub map: LatentMap,
    /// What the run kept of its epochs.
    pub epochs: Vec<LatentEpoch>,
    /// Rank of each user's test item in the order of the map, NaN of users who were not asked;
    /// empty of a run that was not judged on its test.
    pub test_ranks: Vec<f32>,
}

impl Answerable for LatentAsk {
    type Answer = LatentSpace;
    const VIEW: Option<ExplainView> = Some(ExplainView::LatentSpace);

    const IS_LONG: bool = true;

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn is_about(&self, looked_at: &ViewKey) -> bool {
        is_one_model(&self.key, looked_at)
    }

    fn of_epoch(&self, key: &ViewKey) -> Option<Self> {
        Some(Self::of_model(key))
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<LatentSpace, String> {
        let epochs = models
            .store()
            .latent_epochs(&self.key.run)
            .map_err(sentence)?;
        // Without its results a run has a map all the same.
        let results = models.store().results(&self.key.run, Part::Test);
        let results = results.ok().flatten().unwrap_or_default();
        let watch = models.watch();
        let restored = models.restored(&self.key.run, self.key.epoch, known)?;
        let seed = restored.manifest.experiment.seed;
        let (model, prepared) = (restored.model.as_ref(), &restored.prepared);
        let map = latent_map(model, prepared, seed, &|share| watch.goes_on(share));
        let map = had(map, NO_LATENT)?;
        Ok(LatentSpace {
            test_ranks: test_ranks(&map, &restored.prepared, &results),
            map,
            epochs,
        })
    }

    fn home(views: &mut Views) -> &mut Answers<Self, LatentSpace> {
        &mut views.inside.latent
    }
}

/// Rank of each user's test item, in the order of a map.
fn test_ranks(map: &LatentMap, prepared: &Prepared, results: &[UserResult]) -> Vec<f32> {
    if results.is_empty() {
        return Vec::new();
    }
    let users = &prepared.dataset.users;
    let mut ranks = vec![f32::NAN; users.len()];
    for result in results {
        let slot = users.idx(&result.user_id);
        if let Some(slot) = slot.and_then(|user| ranks.get_mut(user as usize)) {
            *slot = result.rank as f32;
        }
    }
    let rank = |user: &u32| ranks.get(*user as usize).copied().unwrap_or(f32::NAN);
    map.users.iter().map(rank).collect()
}

/// Lists along one dimension of the latent space, from a user's own point.
#[derive(Clone, Debug, PartialEq)]
pub struct TraversalAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// Dimension, from 0.
    pub dimension: usize,
    /// Distance of its unit.
    pub sigma: f32,
}

impl Answerable for TraversalAsk {
    type Answer = ProbeLists;
    const VIEW: Option<ExplainView> = Some(ExplainView::LatentSpace);

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<ProbeLists, String> {
        let dimension = self.dimension;
        probed(
            models,
            known,
            &self.key,
            LatentProbe::Traverse { dimension },
            self.sigma,
        )
    }

    fn home(views: &mut Views) -> &mut Answers<Self, ProbeLists> {
        &mut views.inside.traversals
    }
}

/// Lists of points that are drawn from the prior.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// Seed of the drawing.
    pub seed: u64,
}

impl Answerable for PriorAsk {
    type Answer = ProbeLists;
    const VIEW: Option<ExplainView> = Some(ExplainView::LatentSpace);

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<ProbeLists, String> {
        probed(
            models,
            known,
            &self.key,
            LatentProbe::Prior { seed: self.seed },
            1.0,
        )
    }

    fn home(views: &mut Views) -> &mut Answers<Self, ProbeLists> {
        &mut views.inside.priors
    }
}

fn probed(
    models: &mut ModelCache,
    known: Option<&Arc<Prepared>>,
    key: &ViewKey,
    probe: LatentProbe,
    sigma: f32,
) -> Result<ProbeLists, String> {
    let (restored, user_idx) = models.of_user(key, known)?;
    let asked = AskedProbe {
        probe,
        sigma,
        filter_seen: restored.manifest.seen() == Seen::LeftOut,
    };
    let found = latent_probe(
        restored.model.as_ref(),
        &restored.prepared,
        user_idx,
        &asked,
    );
    had(found, NO_LATENT)
}

/// Map of the items of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemsAsk {
    /// Run and epoch; the user does not matter.
    pub key: ViewKey,
    /// Epoch onto whose map it is turned, where it is.
    pub onto: Option<usize>,
}

impl ItemsAsk {
    /// The question of any user's key, always the same.
    #[must_use]
    pub fn of_model(key: &ViewKey, onto: Option<usize>) -> Self {
        Self {
            key: of_nobody(key),
            onto,
        }
    }
}

impl Answerable for ItemsAsk {
    type Answer = ItemMap;
    const VIEW: Option<ExplainView> = Some(ExplainView::ItemMap);

    const IS_LONG: bool = true;

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn is_about(&self, looked_at: &ViewKey) -> bool {
        is_one_model(&self.key, looked_at)
    }

    fn of_epoch(&self, key: &ViewKey) -> Option<Self> {
        Some(Self::of_model(key, self.onto))
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<ItemMap, String> {
        let onto = match self.onto {
            Some(epoch) => {
                let other = models.restored(&self.key.run, Some(epoch), known)?;
                Some(had(other.model.item_table(), NO_ITEMS)?)
            }
            None => None,
        };
        let watch = models.watch();
        let restored = models.restored(&self.key.run, self.key.epoch, known)?;
        let table = had(restored.model.item_table(), NO_ITEMS)?;
        let seed = restored.manifest.experiment.seed;
        let goes_on = |share: f32| watch.goes_on(share);
        item_map(&table, onto.as_ref(), &restored.prepared, seed, &goes_on).map_err(sentence)
    }

    fn home(views: &mut Views) -> &mut Answers<Self, ItemMap> {
        &mut views.inside.items
    }
}

/// Neighbours of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct NeighboursAsk {
    /// Run and epoch; the user does not matter.
    pub key: ViewKey,
    /// The item.
    pub item_idx: u32,
}

impl NeighboursAsk {
    /// The question of any user's key, always the same.
    #[must_use]
    pub fn of_model(key: &ViewKey, item_idx: u32) -> Self {
        Self {
            key: of_nobody(key),
            item_idx,
        }
    }
}

impl Answerable for NeighboursAsk {
    type Answer = Vec<ItemNeighbour>;
    const VIEW: Option<ExplainView> = Some(ExplainView::ItemMap);

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn is_about(&self, looked_at: &ViewKey) -> bool {
        is_one_model(&self.key, looked_at)
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Vec<ItemNeighbour>, String> {
        let restored = models.restored(&self.key.run, self.key.epoch, known)?;
        let table = had(restored.model.item_table(), NO_ITEMS)?;
        Ok(neighbours(&table, self.item_idx, NEIGHBOURS_LISTED))
    }

    fn home(views: &mut Views) -> &mut Answers<Self, Vec<ItemNeighbour>> {
        &mut views.inside.neighbours
    }
}
