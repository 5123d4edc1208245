//! The rules that a run keeps, found in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::sentence;
use super::loadable::Ticket;
use super::{App, Loadable};
use seqscope_base::metric::Seen;
use seqscope_base::spec::shown;
use seqscope_data::Prepared;
use seqscope_engine::explain::{
    BigramAsk, ImitationTree, RuleBy, RulesError, RulesProgress, TreeQuestion, bigram_rules,
    imitate,
};
use seqscope_engine::report::{ItemNames, ReportTable, bigrams_table, tree_tables};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::{Restored, restore};

/// Most users that a tree is grown and judged on.
const MOST_USERS: usize = 20_000;

/// Least confidence of a rule of what follows what.
const MIN_CONFIDENCE: f64 = 0.1;

/// Moments at which the model is asked about one antecedent.
const MOST_ASKED: usize = 50;

/// Rules of what follows what that are listed.
const MOST_RULES: usize = 200;

/// Length of the list in which what follows is looked for.
const LISTED: usize = 10;

/// Run and epoch whose rules are wanted, and how they are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesKey {
    /// The run.
    pub run: RunId,
    /// The epoch; `None` for the best.
    pub epoch: Option<usize>,
    /// Most tests on the way to a leaf.
    pub max_depth: usize,
    /// Fewest times that a rule of what follows what comes true.
    pub min_support: usize,
    /// What items are called.
    pub by: RuleBy,
}

/// The rules of a run.
#[derive(Debug)]
pub struct FoundRules {
    /// The epoch whose weights were asked.
    pub epoch: usize,
    /// The tree, or why there is none.
    pub tree: Result<ImitationTree, String>,
    /// The tree's tables; empty without one.
    pub tree_tables: Vec<ReportTable>,
    /// What follows what, or why that is not asked.
    pub bigrams: Result<ReportTable, String>,
}

/// The one search for rules that is at work, or has ended.
#[derive(Default)]
pub struct RulesState {
    ticket: Ticket,
    key: Option<RulesKey>,
    progress: Option<RulesProgress>,
    found: Loadable<Arc<FoundRules>>,
    stop: Arc<AtomicBool>,
}

impl RulesState {
    /// The settings of the last search, if it is about this run and epoch.
    #[must_use]
    pub fn key(&self, run: &RunId, epoch: Option<usize>) -> Option<&RulesKey> {
        let key = self.key.as_ref();
        key.filter(|key| (&key.run, key.epoch) == (run, epoch))
    }

    /// What was found of this run and epoch.
    #[must_use]
    pub fn found(&self, run: &RunId, epoch: Option<usize>) -> &Loadable<Arc<FoundRules>> {
        if self.key(run, epoch).is_some() {
            &self.found
        } else {
            &Loadable::Idle
        }
    }

    /// How far the search is.
    #[must_use]
    pub fn progress(&self) -> Option<RulesProgress> {
        self.progress
    }

    /// Whether a search is at work.
    #[must_use]
    pub fn is_searching(&self) -> bool {
        self.found.is_loading()
    }

    /// Ends the work at its next look.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn begin(&mut self, key: RulesKey) -> (Ticket, Arc<AtomicBool>) {
        self.stop();
        self.stop = Arc::default();
        (self.key, self.progress) = (Some(key), None);
        self.found = Loadable::Loading("Opening the model".to_owned());
        (self.ticket.renew(), Arc::clone(&self.stop))
    }

    fn see(&mut self, ticket: Ticket, progress: RulesProgress) {
        if ticket == self.ticket {
            self.progress = Some(progress);
        }
    }

    /// Takes the outcome in; nothing is left of a search that was stopped.
    fn end(&mut self, ticket: Ticket, result: Result<Option<FoundRules>, String>) {
        if ticket != self.ticket {
            return;
        }
        self.progress = None;
        self.found = match result {
            Ok(Some(found)) => Loadable::Ready(Arc::new(found)),
            Ok(None) => Loadable::Idle,
            Err(why) => Loadable::Failed(why),
        };
    }
}

/// A window that is left leaves no thread at work.
impl Drop for RulesState {
    fn drop(&mut self) {
        self.stop();
    }
}

impl App {
    /// Starts to look for the rules of a run and epoch; a search at work is left.
    pub(super) fn find_rules(&mut self, key: RulesKey) {
        let known = self.views.data(&key.run).cloned();
        let store = self.runs.store.clone();
        let (ticket, stop) = self.views.rules.begin(key.clone());
        let sender = self.jobs.sender();
        let mut watch = move |progress| {
            sender.offer(move |app: &mut Self| app.views.rules.see(ticket, progress));
            !stop.load(Ordering::Relaxed)
        };
        self.jobs.start(
            "rules",
            move || rules_of(&store, &key, known, &mut watch),
            move |app, result| app.views.rules.end(ticket, result),
        );
    }
}

/// Both kinds of rules; `None` when it was stopped.
fn rules_of(
    store: &RunStore,
    key: &RulesKey,
    known: Option<Arc<Prepared>>,
    watch: &mut dyn FnMut(RulesProgress) -> bool,
) -> Result<Option<FoundRules>, String> {
    let restored = restore(store, &key.run, key.epoch, known).map_err(sentence)?;
    let Some(tree) = tree_of(&restored, key, watch) else {
        return Ok(None);
    };
    let Some(bigrams) = bigrams_of(&restored, key, watch) else {
        return Ok(None);
    };
    Ok(Some(FoundRules {
        epoch: restored.epoch,
        tree_tables: tree.as_ref().map_or_else(|_| Vec::new(), tree_tables),
        tree,
        bigrams,
    }))
}

fn tree_of(
    restored: &Restored,
    key: &RulesKey,
    watch: &mut dyn FnMut(RulesProgress) -> bool,
) -> Option<Result<ImitationTree, String>> {
    let dataset = &restored.prepared.dataset;
    let asked = TreeQuestion {
        model: restored.model.as_ref(),
        prepared: &restored.prepared,
        questions: &restored.questions,
        filter_seen: restored.manifest.seen() == Seen::LeftOut,
        label: &|item| shown(dataset.item_label(item)).into_owned(),
        tells_columns: true,
        by: key.by.clone(),
        max_depth: key.max_depth,
        min_leaf: None,
        most_users: MOST_USERS,
        seed: restored.manifest.experiment.seed,
    };
    unless_stopped(imitate(&asked, watch))
}

fn bigrams_of(
    restored: &Restored,
    key: &RulesKey,
    watch: &mut dyn FnMut(RulesProgress) -> bool,
) -> Option<Result<ReportTable, String>> {
    let dataset = &restored.prepared.dataset;
    let asked = BigramAsk {
        model: restored.model.as_ref(),
        prepared: &restored.prepared,
        questions: &restored.questions,
        filter_seen: restored.manifest.seen() == Seen::LeftOut,
        min_support: key.min_support,
        min_confidence: MIN_CONFIDENCE,
        top: LISTED,
        most_asked: MOST_ASKED,
        most_rules: MOST_RULES,
        seed: restored.manifest.experiment.seed,
    };
    let found = unless_stopped(bigram_rules(&asked, watch))?;
    Some(found.map(|found| {
        let behaviours = found.of_behaviours;
        let behaviour = |own| dataset.behaviours.id(own).unwrap_or_default();
        let item = |own| dataset.items.id(own).unwrap_or_default();
        bigrams_table(
            &found,
            ItemNames {
                id: &|own| {
                    shown(if behaviours {
                        behaviour(own)
                    } else {
                        item(own)
                    })
                    .into_owned()
                },
                label: &|own| {
                    let label = dataset.item_label(own);
                    shown(if behaviours { behaviour(own) } else { label }).into_owned()
                },
            },
        )
    }))
}

/// The outcome; nothing of a search that was stopped.
fn unless_stopped<T>(found: Result<Option<T>, RulesError>) -> Option<Result<T, String>> {
    match found {
        Ok(None) => None,
        Ok(Some(found)) => Some(Ok(found)),
        Err(error) => Some(Err(sentence(error))),
    }
}
