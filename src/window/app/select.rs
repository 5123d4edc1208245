//! Changes to what is looked at, as the person makes them.

use super::views::Forget;
use super::{Action, App};
use seqscope_engine::run::{RunId, Summary};

impl App {
    pub(super) fn select(&mut self, action: Action) {
        match action {
            Action::SelectRun(run) => self.select_run(&run),
            Action::SelectSecondRun(run) => {
                if let Some(run) = &run {
                    self.views.forget(run, Forget::Failed);
                }
                self.selection.second_run = run;
            }
            Action::ToggleCompared(run) => self.toggle_compared(run),
            Action::TestDifferences => self.test_differences(),
            Action::SelectUser(user_id) => {
                self.selection.user_id = Some(user_id);
                self.selection.event = None;
            }
            Action::StepUser(by) => self.step_user(by),
            Action::SelectEpoch(epoch) => self.selection.epoch = epoch,
            Action::SelectHead(head) => self.selection.head = head,
            Action::SelectEvent(event) => self.selection.event = event,
            _ => {}
        }
    }

    /// Chosen again, a run whose loading failed is tried again.
    fn select_run(&mut self, run: &RunId) {
        self.views.forget(run, Forget::Failed);
        if self.selection.run.as_ref() == Some(run) {
            return;
        }
        let before = self.selection.run.replace(run.clone());
        (
            self.selection.epoch,
            self.selection.head,
            self.selection.event,
        ) = (None, None, None);
        if self.selection.second_run.as_ref() == Some(run) {
            self.selection.second_run = before;
        }
    }

    fn toggle_compared(&mut self, run: RunId) {
        let compared = &mut self.selection.compared;
        match compared.iter().position(|other| *other == run) {
            Some(at) => {
                compared.remove(at);
            }
            None => compared.push(run),
        }
    }

    /// The neighbour in the order of the log, round at the ends.
    fn step_user(&mut self, by: i64) {
        let Some(prepared) = self
            .selection
            .run
            .as_ref()
            .and_then(|run| self.views.data(run))
        else {
            return;
        };
        let users = &prepared.dataset.users;
        let Ok(n_users) = i64::try_from(users.len()) else {
            return;
        };
        let present = self
            .selection
            .user_id
            .as_ref()
            .and_then(|id| users.idx(id))
            .map_or(0, i64::from);
        let next = (present + by).checked_rem_euclid(n_users).unwrap_or(0);
        if let Some(id) = u32::try_from(next).ok().and_then(|idx| users.id(idx)) {
            let id = id.to_owned();
            self.select(Action::SelectUser(id));
        }
    }

    /// Compare opens with something to compare: the selected run and the newest other one on the
    /// same data, else the newest other one. What the person has chosen stays.
    pub(super) fn choose_runs_to_compare(&mut self) {
        let Some(runs) = self.runs.ready() else {
            return;
        };
        let usable = |summary: &&Summary| summary.manifest.as_ref().is_some_and(|m| m.epochs > 0);
        let usable: Vec<&Summary> = runs.iter().filter(usable).collect();
        let fingerprint = |summary: &Summary| {
            summary
                .manifest
                .as_ref()
                .map(|m| m.data.fingerprint.clone())
        };
        let selected = self
            .selection
            .run
            .clone()
            .or_else(|| usable.first().map(|summary| summary.id.clone()));
        let Some(selected) = selected else { return };
        let data = self.summary(&selected).and_then(fingerprint);
        let others: Vec<&&Summary> = usable
            .iter()
            .filter(|summary| summary.id != selected)
            .collect();
        let alike = others
            .iter()
            .find(|summary| fingerprint(summary) == data)
            .or(others.first());
        let second = self
            .selection
            .second_run
            .clone()
            .or_else(|| alike.map(|summary| summary.id.clone()));
        if self.selection.compared.is_empty() {
            self.selection.compared = [Some(selected.clone()), second.clone()]
                .into_iter()
                .flatten()
                .collect();
        }
        self.selection.run = Some(selected);
        self.selection.second_run = second;
    }
}
