//! Mean attention over the seeds of a run, for the user that is looked at.

use std::sync::Arc;

use super::ViewKey;
use super::job::ModelCache;
use super::question::{Answerable, Answers};
use super::views::Views;
use seqscope_data::Prepared;
use seqscope_engine::explain::{MapsOverRuns, UserView, maps_over_runs};

/// Mean attention of a run and of others that differ from it in their seed alone.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedMapsAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// The other runs, with the same user.
    pub others: Vec<ViewKey>,
}

impl SeedMapsAsk {
    /// All runs that it is about.
    pub(super) fn keys(&self) -> impl Iterator<Item = &ViewKey> {
        std::iter::once(&self.key).chain(&self.others)
    }
}

impl Answerable for SeedMapsAsk {
    type Answer = MapsOverRuns;

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<MapsOverRuns, String> {
        let own = models.user(&self.key, known)?;
        let mut others = Vec::with_capacity(self.others.len());
        for key in &self.others {
            others.push(models.user(key, known)?);
        }
        let others: Vec<&UserView> = others.iter().map(Arc::as_ref).collect();
        maps_over_runs(&own, &others).ok_or_else(|| {
            "This run has no attention to average; choose a run of a family with attention."
                .to_owned()
        })
    }

    fn home(views: &mut Views) -> &mut Answers<Self, MapsOverRuns> {
        &mut views.seed_maps
    }
}
