//! Changes to what is looked at, as the person makes them.

use super::views::Forget;
use super::{App, Loadable, Select};
use seqscope_engine::run::{RunId, Summary};

impl App {
    pub(super) fn select(&mut self, select: Select) {
        match select {
            Select::Run(run) => {
                self.training.looks_back = true;
                self.select_run(&run);
            }
            Select::SecondRun(run) => {
                if let Some(run) = &run {
                    self.views.forget(run, Forget::Failed);
                }
                self.selection.look_beside(run);
            }
            Select::Beside(is_beside) => {
                if is_beside {
                    self.choose_runs_to_compare();
                }
                self.selection.is_beside = is_beside && self.selection.second_run.is_some();
            }
            Select::ToggleCompared(run) => self.selection.toggle_compared(run),
            Select::User(user_id) => self.selection.look_at_user(Some(user_id)),
            Select::StepUser(by) => self.step_user(by),
            Select::StepDisagreement(by) => self.step_disagreement(by),
            Select::AgreeBy(by) => self.agreement.by = by,
            Select::Seeds(side, are_wanted) => {
                self.agreement.has_seeds[side.at()] = are_wanted;
            }
            Select::Sweep(name) => self.look_at_sweep(name),
            Select::View(view) => self.choose_view(view),
            Select::Head(head) => self.selection.head = head,
            Select::Event(event) => self.selection.event = event,
            Select::Strip(strip) => self.selection.train_strip = strip,
            Select::SeedsApart(apart) => self.selection.seeds_apart = apart,
        }
    }

    /// Chosen again, a run whose loading failed is tried again.
    pub(super) fn select_run(&mut self, run: &RunId) {
        self.views.forget(run, Forget::Failed);
        self.selection.look_at(run);
    }

    /// The neighbour in the order of the log, round at the ends; within the chosen slice, if that
    /// has users.
    fn step_user(&mut self, by: i64) {
        let Some(run) = self.selection.run.as_ref() else {
            return;
        };
        let Some(prepared) = self.views.data(run) else {
            return;
        };
        let users = &prepared.dataset.users;
        let present = self.selection.user_id.as_ref().and_then(|id| users.idx(id));
        let next = match self.slice_users(run) {
            Some(Loadable::Ready(of)) if of.why_empty.is_none() => of.step(present, by),
            Some(_) | None => {
                let n_users = i64::try_from(users.len()).unwrap_or(i64::MAX);
                let present = present.map_or(0, i64::from);
                let next = (present + by).checked_rem_euclid(n_users).unwrap_or(0);
                u32::try_from(next).ok()
            }
        };
        if let Some(id) = next.and_then(|idx| users.id(idx)) {
            self.selection.look_at_user(Some(id.to_owned()));
        }
    }

    /// Compare opens with something to compare: the selected run and the newest other one on the
    /// same data, else the newest other one. What the person has chosen stays.
    pub(super) fn choose_runs_to_compare(&mut self) {
        if self.runs.ready().is_none() {
            return;
        }
        let usable: Vec<&Summary> = self.runs.with_weights().collect();
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
        let data = self.runs.summary(&selected).and_then(fingerprint);
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
