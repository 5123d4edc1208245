//! What Explain and Compare show: loaded from disk when first asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Loadable;
use crate::data::Prepared;
use crate::explain::UserView;
use crate::run::{History, Manifest, RunId};

/// Which view of which user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewKey {
    /// The run.
    pub run: RunId,
    /// The epoch whose weights are used; `None` for the best.
    pub epoch: Option<usize>,
    /// The user, by id as in the log.
    pub user_id: String,
}

/// A run's series, its manifest and the epochs whose weights are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSeries {
    /// What was run.
    pub manifest: Manifest,
    /// Its series.
    pub history: History,
    /// Epochs that can be shown.
    pub epochs: Vec<usize>,
}

/// Loaded series, datasets and user views. [`super::App::receive`] starts loading what the
/// present page and selection need; a page only reads, and shows what is [`Loadable::Loading`].
#[derive(Default)]
pub struct Views {
    pub(super) series: BTreeMap<RunId, Loadable<Arc<RunSeries>>>,
    pub(super) users: BTreeMap<ViewKey, Loadable<Arc<UserView>>>,
    pub(super) data: BTreeMap<RunId, Arc<Prepared>>,
}

impl Views {
    /// A run's series.
    #[must_use]
    pub fn series(&self, run: &RunId) -> &Loadable<Arc<RunSeries>> {
        self.series.get(run).unwrap_or(&Loadable::Idle)
    }

    /// One user as one run sees them.
    #[must_use]
    pub fn user(&self, key: &ViewKey) -> &Loadable<Arc<UserView>> {
        self.users.get(key).unwrap_or(&Loadable::Idle)
    }

    /// The data of a run: for titles and for the list of users. There once a user view is.
    #[must_use]
    pub fn data(&self, run: &RunId) -> Option<&Arc<Prepared>> {
        self.data.get(run)
    }
}
