//! The map of the items that settles in the background, watched as it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::sentence;
use super::loadable::Ticket;
use super::{App, Loadable};
use seqscope_data::Prepared;
use seqscope_engine::explain::{Settling, settled};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::restore;

/// Run and epoch whose items are settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettleKey {
    /// The run.
    pub run: RunId,
    /// The epoch; `None` for the best.
    pub epoch: Option<usize>,
}

/// The one map that settles, or has settled.
#[derive(Default)]
pub struct SettleState {
    ticket: Ticket,
    key: Option<SettleKey>,
    map: Option<Arc<Settling>>,
    state: Loadable<()>,
    stop: Arc<AtomicBool>,
}

impl SettleState {
    /// The map of this run and epoch as far as it has settled.
    #[must_use]
    pub fn map(&self, key: &SettleKey) -> Option<&Arc<Settling>> {
        self.map.as_ref().filter(|_| self.is_of(key))
    }

    /// How far the map of this run and epoch is.
    #[must_use]
    pub fn state(&self, key: &SettleKey) -> &Loadable<()> {
        if self.is_of(key) {
            &self.state
        } else {
            &Loadable::Idle
        }
    }

    fn is_of(&self, key: &SettleKey) -> bool {
        self.key.as_ref() == Some(key)
    }

    /// Ends the work at its next look.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn begin(&mut self, key: SettleKey) -> (Ticket, Arc<AtomicBool>) {
        self.stop();
        self.stop = Arc::default();
        (self.key, self.map) = (Some(key), None);
        self.state = Loadable::Loading("Finding the nearest neighbours of every item".to_owned());
        (self.ticket.renew(), Arc::clone(&self.stop))
    }

    fn see(&mut self, ticket: Ticket, map: Settling) {
        if ticket == self.ticket {
            self.map = Some(Arc::new(map));
        }
    }

    fn end(&mut self, ticket: Ticket, result: Result<Settling, String>) {
        if ticket != self.ticket {
            return;
        }
        match result {
            Ok(map) => {
                self.map = Some(Arc::new(map));
                self.state = Loadable::Ready(());
            }
            Err(why) => self.state = Loadable::Failed(why),
        }
    }
}

/// A window that is left leaves no thread at work.
impl Drop for SettleState {
    fn drop(&mut self) {
        self.stop();
    }
}

impl App {
    /// Starts to settle the items of a run and epoch; what settled before is left.
    pub(super) fn settle(&mut self, key: SettleKey) {
        let known = self.views.data(&key.run).cloned();
        let store = self.runs.store.clone();
        let (ticket, stop) = self.views.settle.begin(key.clone());
        let sender = self.jobs.sender();
        let mut see = move |map: &Settling| {
            if map.epoch > 0 {
                let map = map.clone();
                sender.offer(move |app: &mut Self| app.views.settle.see(ticket, map));
            }
            !stop.load(Ordering::Relaxed)
        };
        self.jobs.start(
            "settle",
            move || settle_items(&store, &key, known, &mut see),
            move |app, result| app.views.settle.end(ticket, result),
        );
    }
}

fn settle_items(
    store: &RunStore,
    key: &SettleKey,
    known: Option<Arc<Prepared>>,
    goes_on: &mut dyn FnMut(&Settling) -> bool,
) -> Result<Settling, String> {
    let restored = restore(store, &key.run, key.epoch, known).map_err(sentence)?;
    let table = restored.model.item_table().map_err(sentence)?;
    let Some(table) = table else {
        return Err("This model has no item vectors; choose another run.".to_owned());
    };
    settled(&table, goes_on).ok_or_else(|| {
        "A map settles of eight items or more with finite vectors; choose another run or epoch."
            .to_owned()
    })
}
