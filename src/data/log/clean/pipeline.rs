//! The steps one after another: each is counted, shown by example, and carried out.

use super::duplicates::Duplicates;
use super::k_core::KCore;
use super::step::CleanStep;
use super::view::LogView;
use crate::error::DataError;
use crate::load_progress::{LoadProgress, check_cancelled};
use crate::log::events::Events;
use crate::log::{CleanSpec, DataReport, DataSource, FittedOn, Role, StepCount, StepEffect};
use seqscope_base::spec::{Entry, Problem, Sentence};

/// Rows that a step may learn from, and the kind of the times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// Second before which rows must lie for a step to be fitted on them; `None` fits on all rows.
    pub(crate) train_before: Option<i64>,
    /// Times are numbers that only order events.
    pub(crate) only_orders: bool,
}

/// Does all that the settings say, in order. A step that leaves nothing is an error.
pub(crate) fn run(
    events: &mut Events,
    spec: &CleanSpec,
    circumstances: Circumstances,
    report: &mut DataReport,
    progress: &dyn LoadProgress,
) -> Result<(), DataError> {
    for planned in plan(spec, events) {
        check_cancelled(progress)?;
        let count = planned.run(events, circumstances, report)?;
        report.steps.push(count);
    }
    if spec.steps.iter().any(CleanStep::is_on) {
        events.forget_unused_behaviours();
    }
    Ok(())
}

/// Problems of the steps that are on, told without reading the log.
pub(crate) fn check(steps: &[CleanStep], source: &DataSource) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, step) in steps.iter().enumerate().filter(|(_, step)| step.is_on()) {
        let path = path(place);
        let own = step
            .described()
            .problems()
            .into_iter()
            .chain(step.step().check());
        problems.extend(own.map(|problem| problem.under(&path)));
        let refused = step
            .needs()
            .iter()
            .filter(|role| is_refused(source, **role));
        problems.extend(refused.map(|role| lacks(&path, step.title(), *role)));
    }
    problems
}

/// Tells whether the settings say that a file has no column of a role.
fn is_refused(source: &DataSource, role: Role) -> bool {
    match source {
        DataSource::File(file) => file.roles.said(role) == Some(""),
        DataSource::World(_) => false,
    }
}

/// A step at its place.
struct Planned {
    /// Position in `data.clean.steps`; `None` for the settings beside it.
    place: Option<usize>,
    step: CleanStep,
    /// Name in the report.
    name: String,
}

fn plan(spec: &CleanSpec, events: &Events) -> Vec<Planned> {
    let mut plan = Vec::new();
    if spec.drop_duplicates && events.time_ticks.is_some() {
        let step = CleanStep::Duplicates(Duplicates::default());
        plan.push(Planned {
            place: None,
            step,
            name: "Exact duplicates dropped".to_owned(),
        });
    }
    for (place, step) in spec
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.is_on())
    {
        plan.push(Planned {
            place: Some(place),
            step: step.clone(),
            name: step.title().to_owned(),
        });
    }
    let (min_user_events, min_item_events) = (spec.min_user_events, spec.min_item_events);
    if min_user_events > 1 || min_item_events > 1 {
        let step = CleanStep::KCore(KCore {
            min_user_events,
            min_item_events,
            ..KCore::default()
        });
        let name = format!("k-core (users ≥ {min_user_events}, items ≥ {min_item_events})");
        plan.push(Planned {
            place: None,
            step,
            name,
        });
    }
    plan
}

impl Planned {
    fn run(
        &self,
        events: &mut Events,
        circumstances: Circumstances,
        report: &mut DataReport,
    ) -> Result<StepCount, DataError> {
        if let Some(role) = self.step.needs().iter().find(|role| !has(events, **role)) {
            return Err(lacks(&self.path(), self.step.title(), *role).into());
        }
        let Circumstances {
            train_before,
            only_orders,
        } = circumstances;
        // The k-core beside the list counts all events, as it always has.
        let train_before = train_before.filter(|_| self.place.is_some());
        let before = events.count("");
        let outcome = self
            .step
            .step()
            .outcome(&LogView {
                events,
                train_before,
                only_orders,
            })
            .map_err(|problem| {
                let problem = problem.under(&self.path());
                DataError::setting(
                    problem.field.clone(),
                    Sentence::from(format!("{}: ", self.said())).then(problem.into_sentence()),
                )
            })?;
        for (key, sentence) in outcome.warnings {
            let sentence = format!("{}: {sentence}", self.said());
            report
                .problems
                .push(Problem::warning(format!("{}.{key}", self.path()), sentence));
        }
        let n_touched = outcome.change.touched(events).count();
        let examples = outcome.change.examples(events, only_orders);
        outcome.change.apply(events);
        let after = events.count(self.name.clone());
        if after.rows == 0 && before.rows > 0 {
            return Err(self.nothing_left(before.rows));
        }
        report
            .problems
            .extend(self.learnt_from_everything(train_before));
        let n_removed = before.rows - after.rows;
        let effect = StepEffect {
            place: self.place,
            rows_before: before.rows,
            users_before: before.users,
            items_before: before.items,
            n_removed,
            n_changed: n_touched - n_removed,
            fitted_on: self.step.is_fitted().then_some(match train_before {
                Some(_) => FittedOn::Training,
                None => FittedOn::Everything,
            }),
            note: outcome.note,
            examples,
        };
        Ok(StepCount {
            effect: Some(effect),
            ..after
        })
    }

    /// Path of the setting in the experiment.
    fn path(&self) -> String {
        match (self.place, &self.step) {
            (Some(place), _) => path(place),
            (None, CleanStep::Duplicates(_)) => "data.clean.drop_duplicates".to_owned(),
            (None, _) => "data.clean.min_user_events".to_owned(),
        }
    }

    /// The step as sentences name it.
    fn said(&self) -> String {
        match self.place {
            Some(place) => format!("step {} of the cleaning ({})", place + 1, self.step.title()),
            None => "the cleaning".to_owned(),
        }
    }

    fn nothing_left(&self, n_rows: usize) -> DataError {
        let sentence = match (self.place, &self.step) {
            (
                None,
                CleanStep::KCore(KCore {
                    min_user_events,
                    min_item_events,
                    ..
                }),
            ) => format!(
                "the k-core filter (at least {min_user_events} events per user and \
                 {min_item_events} per item) leaves nothing: it dropped all {n_rows} events; lower \
                 `data.clean.min_user_events` or `data.clean.min_item_events`."
            ),
            _ => format!(
                "{} leaves nothing: it removed all {n_rows} rows that had come to it; {}, or \
                 switch it off (`{}.on`).",
                self.said(),
                self.step.step().facts().cure,
                self.path()
            ),
        };
        DataError::Nothing {
            step: self.name.clone(),
            sentence: sentence.into(),
        }
    }

    /// The plain statement that validation and test took part in what was learnt.
    fn learnt_from_everything(&self, train_before: Option<i64>) -> Option<Problem> {
        if !self.step.is_fitted() || train_before.is_some() {
            return None;
        }
        let sentence = match self.place {
            Some(_) => format!(
                "{} learnt from all rows, those for validation and test among them; with a global \
                 cut in time it learns from the training part only.",
                self.said()
            ),
            None => "the k-core filter counted all events, those for validation and test among \
                     them, as is usual; the step KCore of `data.clean.steps` counts the training \
                     part only where the split is a global cut in time."
                .to_owned(),
        };
        Some(Problem::warning(self.path(), sentence))
    }
}

fn path(place: usize) -> String {
    format!("data.clean.steps[{place}]")
}

fn has(events: &Events, role: Role) -> bool {
    match role {
        // Once read, the clock is a part of the time.
        Role::Time | Role::Clock => events.time_ticks.is_some(),
        Role::Behaviour => events.behaviour_idx.is_some(),
        Role::Value => events.value.is_some(),
        Role::Session => events.extra.sessions.is_some(),
        Role::Latitude => events.extra.latitude.is_some(),
        Role::Longitude => events.extra.longitude.is_some(),
        Role::User | Role::Item => true,
    }
}

fn lacks(path: &str, title: &str, role: Role) -> Problem {
    let role = role.to_string().to_lowercase();
    let sentence = format!(
        "the cleaning step {title} needs a {role} column, and this log has none; name one in \
         `data.roles.{role}`, or switch the step off."
    );
    Problem::error(path, sentence)
}
