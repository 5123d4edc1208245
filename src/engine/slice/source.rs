//! Users of a run as slices see them: whose question is which, and what the run answered.

use std::cell::OnceCell;

use super::popularity::{n_train_events, popularity_deciles};
use crate::run::UserResult;
use seqscope_base::metric::AnswerKind;
use seqscope_data::{EvalCase, Prepared, Pseudonyms};

/// A run's data and test results, a question for each user.
///
/// A user who was asked in the test has that question. For one who was not (too few events) the
/// whole history is taken, and nothing is known of a target. Before a run was judged on its test,
/// the questions are those of validation, and the histories of all others end where the test begins:
/// nobody may choose by the test split until then.
pub struct SliceSource<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) answers: AnswerKind,
    /// Results of the test; `None` before it was read.
    pub(super) results: Option<&'a [UserResult]>,
    asked: Vec<AskedUser>,
    /// Training events of each item, and its tenth by them.
    popularity: OnceCell<ItemPopularity>,
    /// Last moment of the log, in seconds.
    pub(super) log_end: Option<i64>,
}

struct ItemPopularity {
    n_events: Vec<u32>,
    deciles: Vec<u32>,
}

/// Question of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AskedUser {
    pub(super) user: usize,
    pub(super) history_len: usize,
    /// Position of the target event; `None` where no item is asked for.
    pub(super) target: Option<usize>,
    /// Place among the results.
    pub(super) result: Option<usize>,
}

impl<'a> SliceSource<'a> {
    /// Makes ready what is asked of every user. `results` are those of the test, empty where it was
    /// not read yet; `answers` is the kind that the run's task asks for.
    #[must_use]
    pub fn new(prepared: &'a Prepared, answers: AnswerKind, results: &'a [UserResult]) -> Self {
        let results = (!results.is_empty()).then_some(results);
        let times = prepared.dataset.sequences.time_secs.as_deref();
        let times = times.filter(|_| prepared.dataset.has_clock());
        Self {
            prepared,
            answers,
            results,
            asked: asked_users(prepared, answers, results),
            popularity: OnceCell::new(),
            log_end: times.and_then(|times| times.iter().max().copied()),
        }
    }

    /// Number of users.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.asked.len()
    }

    /// Kind of the run's answers.
    #[must_use]
    pub fn answers(&self) -> AnswerKind {
        self.answers
    }

    /// Items of the data.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.prepared.dataset.n_items()
    }

    /// Events of a user's history; 0 for an unknown user.
    #[must_use]
    pub fn history_len(&self, user: u32) -> usize {
        self.asked
            .get(user as usize)
            .map_or(0, |asked| asked.history_len)
    }

    /// What the run answered about a user in the test, if it was asked.
    #[must_use]
    pub fn result(&self, user: u32) -> Option<&'a UserResult> {
        let asked = self.asked.get(user as usize)?;
        self.results?.get(asked.result?)
    }

    pub(super) fn asked(&self) -> &[AskedUser] {
        &self.asked
    }

    /// Items of a user's history.
    pub(super) fn history(&self, of: AskedUser) -> &'a [u32] {
        let items = self.prepared.dataset.sequences.items(of.user);
        items.get(..of.history_len).unwrap_or(items)
    }

    /// Item that comes next, by number.
    pub(super) fn target_item(&self, of: AskedUser) -> Option<u32> {
        let items = self.prepared.dataset.sequences.items(of.user);
        items.get(of.target?).copied()
    }

    pub(super) fn n_train_events(&self, item: u32) -> u32 {
        let n_events = &self.popularity().n_events;
        n_events.get(item as usize).copied().unwrap_or(0)
    }

    pub(super) fn decile(&self, item: u32) -> u32 {
        let deciles = &self.popularity().deciles;
        deciles.get(item as usize).copied().unwrap_or(0)
    }

    fn popularity(&self) -> &ItemPopularity {
        self.popularity.get_or_init(|| {
            let n_events = n_train_events(self.prepared);
            ItemPopularity {
                deciles: popularity_deciles(&n_events),
                n_events,
            }
        })
    }

    /// Which ids of the data are pseudonyms.
    pub(super) fn hidden(&self) -> Pseudonyms {
        let stamp = self.prepared.dataset.report.pseudonyms.as_ref();
        stamp.map_or(Pseudonyms::Off, |stamp| stamp.hidden)
    }
}

/// The question of every user, in their order.
fn asked_users(
    prepared: &Prepared,
    answers: AnswerKind,
    results: Option<&[UserResult]>,
) -> Vec<AskedUser> {
    let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
    let is_tested = results.is_some();
    let open_len = |user: usize| {
        let all = sequences.range(user).len();
        let before_test = split.valid_len.get(user).map_or(all, |&len| len as usize);
        if is_tested { all } else { before_test.min(all) }
    };
    let mut asked: Vec<AskedUser> = (0..sequences.n_users())
        .map(|user| AskedUser {
            user,
            history_len: open_len(user),
            target: None,
            result: None,
        })
        .collect();
    if answers == AnswerKind::Ranking {
        let cases = if is_tested { &split.test } else { &split.valid };
        for case in cases {
            ask(&mut asked, *case);
        }
    }
    for (place, result) in results.into_iter().flatten().enumerate() {
        let user = prepared.dataset.users.idx(&result.user_id);
        let Some(of) = user.and_then(|user| asked.get_mut(user as usize)) else {
            continue;
        };
        if of.result.is_none() {
            of.result = Some(place);
            if let Some(facts) = result.facts.as_ref().filter(|_| of.target.is_none()) {
                of.history_len = (facts.history_len as usize).min(of.history_len);
            }
        }
    }
    asked
}

fn ask(asked: &mut [AskedUser], case: EvalCase) {
    if let Some(of) = asked.get_mut(case.user_idx as usize) {
        of.history_len = case.history_len as usize;
        of.target = Some(case.target_pos as usize);
    }
}
