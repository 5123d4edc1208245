//! Runs and users that were looked at of late, to be found again.

use super::{App, Page};
use seqscope_engine::run::RunId;

/// Runs and users that are remembered, of each.
const KEPT: usize = 8;

/// A user as one run sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The run.
    pub run: RunId,
    /// The user, by id as in the log; `None` for whoever is looked at.
    pub user_id: Option<String>,
}

/// Runs and users that were looked at of late, the newest first.
#[derive(Debug, Default)]
pub struct Visited {
    runs: Vec<RunId>,
    /// Users of this session alone: the settings on disk hold no ids of users.
    users: Vec<Visit>,
}

impl Visited {
    /// Runs that were looked at; some may be gone.
    #[must_use]
    pub fn runs(&self) -> &[RunId] {
        &self.runs
    }

    /// Users that were looked at, with the run through which.
    #[must_use]
    pub fn users(&self) -> &[Visit] {
        &self.users
    }

    fn note(&mut self, run: &RunId, user_id: Option<&String>) {
        to_front(&mut self.runs, run.clone());
        if let Some(user_id) = user_id {
            let visit = Visit {
                run: run.clone(),
                user_id: Some(user_id.clone()),
            };
            to_front(&mut self.users, visit);
        }
    }
}

fn to_front<T: PartialEq>(kept: &mut Vec<T>, newest: T) {
    if kept.first() == Some(&newest) {
        return;
    }
    kept.retain(|other| *other != newest);
    kept.insert(0, newest);
    kept.truncate(KEPT);
}

impl App {
    /// Remembers runs that were looked at before this start, the newest first.
    pub fn recall_runs(&mut self, mut runs: Vec<RunId>) {
        runs.truncate(KEPT);
        self.visited.runs = runs;
    }

    /// Notes what is before the person's eyes: a run whose page is shown, a user whose view is.
    pub(super) fn note_visit(&mut self) {
        let has_users = match self.page {
            Page::Data | Page::Model | Page::Report => return,
            Page::Train => false,
            Page::Explain | Page::Compare => true,
        };
        let Some(run) = self.selection.run.as_ref() else {
            return;
        };
        if self.runs.summary(run).is_none() {
            return;
        }
        let seen = || {
            let key = self.selection.view_key(run)?;
            self.views.user(&key).ready()?;
            self.selection.user_id.as_ref()
        };
        let user_id = if has_users { seen() } else { None };
        self.visited.note(run, user_id);
    }

    /// Looks at a run again, and at a user through it.
    pub(super) fn revisit(&mut self, visit: Visit) {
        self.has_begun = true;
        self.training.looks_back = true;
        self.select_run(&visit.run);
        if visit.user_id.is_some() {
            self.selection.look_at_user(visit.user_id);
        }
        self.page = Page::Explain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_each_once_and_the_oldest_are_forgotten() {
        let run = |name: &str| RunId(name.to_owned());
        let mut visited = Visited::default();
        for at in 0..KEPT + 2 {
            visited.note(&run(&format!("{at}")), None);
        }
        visited.note(&run("5"), Some(&"anna".to_owned()));
        visited.note(&run("5"), Some(&"ben".to_owned()));
        visited.note(&run("5"), Some(&"anna".to_owned()));
        let names: Vec<&str> = visited.runs().iter().map(|run| run.0.as_str()).collect();
        assert_eq!(names, ["5", "9", "8", "7", "6", "4", "3", "2"]);
        let users: Vec<_> = visited
            .users()
            .iter()
            .map(|v| v.user_id.as_deref())
            .collect();
        assert_eq!(users, [Some("anna"), Some("ben")]);
    }
}
