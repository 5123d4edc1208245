//! Events of nobody: where a log has sessions, those are the users of events that name none.

use std::collections::HashMap;

use super::coding::NOBODY;
use super::events::Events;
use super::source::Refused;
use super::stream::LogRows;
use super::{FileSpec, Role, Vocab};
use crate::value::missing;
use seqscope_base::spec::{Problem, quotable};

/// Least share of rows without a user from which their sessions serve, where nothing is said.
const SHARE: f64 = 0.05;

/// Prefix of a session's id where it serves as a user's.
const PREFIX: &str = "session:";

/// How much more often than the average id a doubtful one stands to be asked about.
const SUSPICIOUS: usize = 10;

/// Gives the rows that only have a session to users of their own, or refuses them, and asks about
/// ids that may be marks.
pub(super) fn settle(log: &mut LogRows, file: &FileSpec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let n_rows = log.events.len();
    let nobody = log.events.users.idx(NOBODY);
    let mark = session_mark(&log.events, file);
    let is_without = |user: u32| Some(user) == nobody || mark.is_some_and(|(_, at)| at == user);
    let n_without = log
        .events
        .user_idx
        .iter()
        .filter(|&&user| is_without(user))
        .count();
    let serves = file
        .sessions_for_users
        .unwrap_or(n_without as f64 >= SHARE * n_rows as f64);
    if n_without > 0 && serves {
        let n_sessions = by_session(&mut log.events, is_without);
        refuse_nobody(log);
        let column = quotable(file.roles.column(Role::Session).unwrap_or_default());
        let marked = mark.map_or_else(String::new, |(mark, _)| {
            format!(
                " (`{mark}` is taken for none, as it stands there for many sessions; `missing: \
                     []` in `data` makes it an id)"
            )
        });
        let sentence = format!(
            "{n_without} of {n_rows} rows have no user{marked}, so each of their {n_sessions} \
             sessions (`{column}`) is a user of its own; write `sessions_for_users: false` in \
             `data` to leave these rows out."
        );
        problems.push(Problem::warning("data.sessions_for_users", sentence));
    } else if nobody.is_some() {
        refuse_nobody(log);
    }
    if file.missing.is_none() {
        problems.extend(ask(&log.events, &log.refused, Role::User));
        problems.extend(ask(&log.events, &log.refused, Role::Item));
    }
    problems
}

/// The user `NA` where it can hardly be one: it stands for many sessions, far more than any other.
fn session_mark(events: &Events, file: &FileSpec) -> Option<(&'static str, u32)> {
    const MARK: &str = "NA";
    const SESSIONS: usize = 10;
    let sessions = events
        .extra
        .sessions
        .as_ref()
        .filter(|_| file.missing.is_none())?;
    let at = events
        .users
        .idx(MARK)
        .filter(|_| file.sessions_for_users != Some(false))?;
    let of_mark = std::iter::zip(&events.user_idx, &sessions.idx).filter(|(user, _)| **user == at);
    let mut seen: Vec<u32> = of_mark
        .map(|(_, session)| *session)
        .filter(|session| *session > 0)
        .collect();
    let n_rows = seen.len();
    seen.sort_unstable();
    seen.dedup();
    let is_many = is_suspicious(n_rows, events.len(), events.users.len()) && seen.len() >= SESSIONS;
    is_many.then_some((MARK, at))
}

/// Whether an id stands in so many rows that it may be none.
fn is_suspicious(n: usize, n_rows: usize, n_ids: usize) -> bool {
    let others = n_rows.saturating_sub(n) / n_ids.saturating_sub(1).max(1);
    50 * n >= n_rows && n > SUSPICIOUS * others.max(1)
}

/// Makes users of the sessions of some rows; how many.
fn by_session(events: &mut Events, is_without: impl Fn(u32) -> bool) -> usize {
    let Some(sessions) = &events.extra.sessions else {
        return 0;
    };
    let mut prefix = PREFIX.to_owned();
    // No user is called so, however long it gets.
    while events.users.ids().any(|id| id.starts_with(&prefix)) {
        prefix.push(':');
    }
    let mut users = HashMap::<u32, u32>::new();
    for (user, session) in std::iter::zip(&mut events.user_idx, &sessions.idx) {
        let Some(id) = is_without(*user)
            .then(|| sessions.vocab.id(*session))
            .flatten()
        else {
            continue;
        };
        let vocab = &mut events.users;
        *user = *users
            .entry(*session)
            .or_insert_with(|| vocab.intern(&format!("{prefix}{id}")));
    }
    events.forget_unused_ids();
    users.len()
}

/// Refuses the rows that still have no user.
fn refuse_nobody(log: &mut LogRows) {
    let Some(nobody) = log.events.users.idx(NOBODY) else {
        return;
    };
    let keep: Vec<bool> = log
        .events
        .user_idx
        .iter()
        .map(|&user| user != nobody)
        .collect();
    let mut refused = Refused::default();
    for (row, _) in keep.iter().enumerate().filter(|(_, kept)| !**kept) {
        refused.push(log.lines.place(row), || "has no user".to_owned());
    }
    log.refused.merge(refused);
    log.lines = log.lines.kept(&keep);
    log.events.retain(&keep);
    log.events.forget_unused_ids();
}

/// Asks about an id that may be a mark: one that stands far more often than any other, or `NA`
/// beside rows that other marks have left without an id.
fn ask(events: &Events, refused: &Refused, role: Role) -> Option<Problem> {
    let (ids, column, word): (&Vocab, &[u32], &str) = match role {
        Role::User => (&events.users, &events.user_idx, "user"),
        _ => (&events.items, &events.item_idx, "item"),
    };
    let known: Vec<(&str, u32)> = missing::asked()
        .filter_map(|mark| Some((mark, ids.idx(mark)?)))
        .collect();
    if known.is_empty() {
        return None;
    }
    let mut counts = vec![0_usize; ids.len()];
    for &at in column {
        counts[at as usize] += 1;
    }
    let is_beside_others = refused.has_kind(&format!("has no {word}"));
    known.into_iter().find_map(|(mark, at)| {
        let n = counts.get(at as usize).copied().unwrap_or(0);
        let most_of_others = counts
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at as usize)
            .map(|(_, n)| *n)
            .max()
            .unwrap_or(0);
        let is_frequent =
            n >= 20 && is_suspicious(n, events.len(), ids.len()) && n > 3 * most_of_others;
        let is_marked = is_beside_others && missing::is_missing(mark) && n > 0;
        (is_frequent || is_marked).then(|| {
            let why = if is_frequent {
                "far more than any other"
            } else {
                "beside others that have none"
            };
            let sentence = format!(
                "{n} of {} rows have the {word} `{mark}`, {why}; if that means there is none, \
                 write `missing: [\"{mark}\"]` in `data`, else `missing: []`.",
                events.len()
            );
            Problem::warning("data.missing", sentence)
        })
    })
}
