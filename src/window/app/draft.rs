//! The experiment being written, with undo and its problems.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{Described, Entry, Field, Problem};
use seqscope_data::{CleanStep, DataSource, Returns, SplitSpec};
use seqscope_engine::experiment::Experiment;
use seqscope_model::{Blueprint, LayerShape, MachineMemory, MemoryNeed, ModelKind, ModelSpec};

/// Changes of one field within this time of each other are one step of undo: a person who types
/// `128` or drags a slider takes back the whole of it.
const ONE_CHANGE: Duration = Duration::from_millis(1200);

/// Steps of undo that are kept.
const UNDO_KEPT: usize = 200;

/// The experiment being written. It changes only through [`super::Action`]s; a form paints a copy
/// and sends it back as [`super::Action::Edit`] when it differs.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The experiment as it stands.
    pub experiment: Experiment,
    /// Problems that it has now, each at its field.
    pub problems: Vec<Problem>,
    /// Number of learnt numbers; `None` until the data are prepared.
    pub n_params: Option<usize>,
    /// The model's layers; what the data are to tell stands as a symbol until they are prepared.
    pub layers: Vec<LayerShape>,
    /// Memory that training takes on the processor; `None` until the data are prepared.
    pub memory: Option<MemoryNeed>,
    /// How often users of the data come back to items; `None` until they are prepared.
    pub returns: Option<Returns>,
    undo: Vec<Experiment>,
    redo: Vec<Experiment>,
    /// Field of the last change and when it was.
    last_edit: Option<(String, Instant)>,
    /// The other families as they were last edited.
    shelved: Vec<ModelSpec>,
    /// Whether a newly opened log still decides how it is split.
    pub(super) split_is_open: bool,
}

impl Draft {
    /// The problems of one field, such as `model.d_model`.
    pub fn problems_at<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Problem> {
        self.problems.iter().filter(move |p| p.field == field)
    }

    /// Whether something forbids to train it.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }

    /// Whether there is a change to take back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is a change to do again.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// What becomes of seen items in it and why, and how many questions that touches, in a sentence
    /// each; nothing where it ranks no items or the data are not prepared.
    #[must_use]
    pub fn told_of_seen(&self) -> Vec<String> {
        let evaluation = self.experiment.evaluation;
        let Some(returns) = self
            .returns
            .filter(|_| self.experiment.answers() == AnswerKind::Ranking)
        else {
            return Vec::new();
        };
        let sentence = returns.sentence(evaluation.resolved(&returns).seen());
        std::iter::once(evaluation.reason(&returns))
            .chain(sentence)
            .collect()
    }

    /// Changes it. Once a person has spoken, or it reads another log, the log decides no more how
    /// it is split.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let before = (self.experiment.split, self.log_path().cloned());
        change(self);
        self.split_is_open &= (self.experiment.split, self.log_path().cloned()) == before;
    }

    /// One cut in time where the log's times are of one clock, leave-one-out where they are not.
    ///
    /// Times that only order are left out, since they may count each user's own steps.
    pub(super) fn split_as_times_allow(&mut self, has_clock: bool) {
        let split = &mut self.experiment.split;
        if has_clock && *split == SplitSpec::LeaveOneOut {
            *split = SplitSpec::RECOMMENDED;
        } else if !has_clock && split.needs_times() {
            *split = SplitSpec::LeaveOneOut;
        }
    }

    /// The log on disk that it reads, if it reads one.
    pub(super) fn log_path(&self) -> Option<&PathBuf> {
        match &self.experiment.data.source {
            DataSource::World(_) => None,
            DataSource::File(file) => Some(&file.path),
        }
    }

    /// Whether it reads a file.
    pub(super) fn reads_file(&self) -> bool {
        self.log_path().is_some()
    }

    /// Takes in a form's version. Quick changes of one field are one step of undo.
    pub(super) fn edit(&mut self, next: Experiment, now: Instant) {
        if next == self.experiment {
            return;
        }
        let field = only_difference(&self.experiment, &next);
        let continues = match (&self.last_edit, &field) {
            (Some((last, at)), Some(field)) => {
                last == field && now.duration_since(*at) < ONE_CHANGE
            }
            (None, _) | (_, None) => false,
        };
        if !continues {
            self.remember();
        }
        self.last_edit = field.map(|field| (field, now));
        self.redo.clear();
        self.experiment = next;
    }

    /// Another experiment in its place; one step of undo.
    pub(super) fn replace(&mut self, next: Experiment) {
        if next != self.experiment {
            self.remember();
            self.redo.clear();
            self.experiment = next;
        }
        self.last_edit = None;
    }

    pub(super) fn undo(&mut self) {
        if let Some(before) = self.undo.pop() {
            self.redo
                .push(std::mem::replace(&mut self.experiment, before));
        }
        self.last_edit = None;
    }

    pub(super) fn redo(&mut self) {
        if let Some(after) = self.redo.pop() {
            self.undo
                .push(std::mem::replace(&mut self.experiment, after));
        }
        self.last_edit = None;
    }

    /// Another family: as it was last edited, else with its defaults.
    pub(super) fn choose_model(&mut self, kind: ModelKind) {
        let current = ModelKind::from(&self.experiment.model);
        if current == kind {
            return;
        }
        self.shelved.retain(|spec| ModelKind::from(spec) != current);
        self.shelved.push(self.experiment.model.clone());
        let kept = self
            .shelved
            .iter()
            .find(|spec| ModelKind::from(*spec) == kind)
            .cloned();
        let model = kept.unwrap_or_else(|| ModelSpec::of_kind(kind));
        self.replace(Experiment {
            model,
            ..self.experiment.clone()
        });
    }

    /// Looks for problems; with what the data tell also for what does not fit them, nor into the
    /// memory of the machine where that is what trains.
    pub(super) fn check(
        &mut self,
        data: Option<(&Blueprint, &Returns)>,
        machine: Option<MachineMemory>,
        is_timeless: bool,
    ) {
        let plan = data.map(|(plan, _)| plan);
        // Whether a file can be read is what its preview says, in the background.
        self.problems = self.experiment.check_settings();
        self.problems
            .retain(|problem| !is_timeless || !problem.is_of_times());
        let family = self.experiment.model.family();
        (self.n_params, self.memory) = (None, None);
        self.layers = match plan {
            Some(plan) => family.layers(plan),
            None => family.layers(&self.experiment.plan_without_data()),
        };
        self.returns = data.map(|(_, returns)| *returns);
        if let Some(returns) = self
            .returns
            .filter(|_| self.experiment.answers() == AnswerKind::Ranking)
        {
            self.problems
                .extend(self.experiment.evaluation.check_returns(&returns));
        }
        if let Some(plan) = plan {
            let shape = plan.shape;
            let of_model = self.experiment.model.check(plan);
            self.problems
                .extend(of_model.into_iter().map(|problem| problem.under("model")));
            if !self.has_errors() {
                self.n_params = Some(family.n_params(plan));
                self.memory = Some(self.experiment.memory(shape));
                self.problems.extend(
                    machine.and_then(|machine| self.experiment.check_memory(shape, machine)),
                );
            }
        }
        let mut seen = Vec::new();
        self.problems.retain(|problem| {
            let is_new = !seen.contains(problem);
            if is_new {
                seen.push(problem.clone());
            }
            is_new
        });
    }

    fn remember(&mut self) {
        if self.undo.len() >= UNDO_KEPT {
            self.undo.remove(0);
        }
        self.undo.push(self.experiment.clone());
    }
}

/// The path of the only setting that differs; `None` when several do.
fn only_difference(a: &Experiment, b: &Experiment) -> Option<String> {
    let mut paths = Vec::new();
    let mut note = |path: &str, differs: bool| {
        if differs {
            paths.push(path.to_owned());
        }
    };
    note("name", a.name != b.name);
    note("seed", a.seed != b.seed);
    note("split", a.split != b.split);
    let pairs = [
        ("training", a.training.fields(), b.training.fields()),
        (
            "training.augment",
            a.training.augment.fields(),
            b.training.augment.fields(),
        ),
        (
            "training.gan",
            a.training.gan.fields(),
            b.training.gan.fields(),
        ),
        ("evaluation", a.evaluation.fields(), b.evaluation.fields()),
        ("data.clean", a.data.clean.fields(), b.data.clean.fields()),
        ("task", a.task.fields(), b.task.fields()),
        ("model", a.model.fields(), b.model.fields()),
        ("data.world", world_fields(a), world_fields(b)),
    ];
    for (section, before, after) in pairs {
        if before.len() != after.len() {
            return None;
        }
        let changed = before.iter().zip(&after).filter(|(x, y)| x != y);
        paths.extend(changed.map(|(field, _)| format!("{section}.{}", field.key)));
    }
    paths.extend(step_differences(a, b)?);
    let is_file = |e: &Experiment| matches!(e.data.source, DataSource::File(_));
    if a.data.source != b.data.source && (is_file(a) || is_file(b)) {
        return None;
    }
    match paths.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// The paths of the settings of cleaning steps that differ; `None` when the lists hold other steps.
fn step_differences(a: &Experiment, b: &Experiment) -> Option<Vec<String>> {
    let (before, after) = (&a.data.clean.steps, &b.data.clean.steps);
    let names = |steps: &[CleanStep]| steps.iter().map(CleanStep::name).collect::<Vec<_>>();
    if names(before) != names(after) {
        return None;
    }
    let mut paths = Vec::new();
    for (place, (x, y)) in before.iter().zip(after).enumerate() {
        let (x, y) = (x.described().fields(), y.described().fields());
        let changed = x.iter().zip(&y).filter(|(x, y)| x.value != y.value);
        paths.extend(changed.map(|(field, _)| format!("data.clean.steps[{place}].{}", field.key)));
    }
    Some(paths)
}

fn world_fields(experiment: &Experiment) -> Vec<Field> {
    match &experiment.data.source {
        DataSource::World(world) => world.fields(),
        DataSource::File(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Draft;
    use seqscope_data::CleanStep;
    use seqscope_data::clean::Threshold;
    use seqscope_engine::experiment::Experiment;

    fn renamed(draft: &Draft, name: &str) -> Experiment {
        Experiment {
            name: name.to_owned(),
            ..draft.experiment.clone()
        }
    }

    #[test]
    fn typing_is_one_step_of_undo_and_a_pause_begins_another() {
        let (mut draft, start) = (Draft::default(), Instant::now());
        let typed = [
            ("l", 0),
            ("ls", 200),
            ("lst", 400),
            ("lstm", 600),
            ("lstm-", 9000),
        ];
        for (name, at) in typed {
            draft.edit(renamed(&draft, name), start + Duration::from_millis(at));
        }
        draft.undo();
        assert_eq!(draft.experiment.name, "lstm");
        draft.undo();
        assert_eq!(draft.experiment, Experiment::default());
        assert!(!draft.can_undo());
        draft.redo();
        draft.redo();
        assert_eq!(draft.experiment.name, "lstm-");
    }

    #[test]
    fn a_number_of_a_cleaning_step_is_one_step_of_undo_and_another_list_is_its_own() {
        let (mut draft, now) = (Draft::default(), Instant::now());
        let with = |at_least: f64, n_steps: usize| {
            let mut next = Experiment::default();
            let step = CleanStep::Threshold(Threshold {
                at_least,
                ..Threshold::default()
            });
            next.data.clean.steps = vec![step; n_steps];
            next
        };
        draft.edit(with(4.0, 1), now);
        // Dragged from 4 to 2.
        draft.edit(with(3.0, 1), now);
        draft.edit(with(2.0, 1), now);
        draft.edit(with(2.0, 2), now);
        draft.undo();
        assert_eq!(draft.experiment, with(2.0, 1));
        draft.undo();
        assert_eq!(draft.experiment, with(4.0, 1));
        draft.undo();
        assert_eq!(draft.experiment, Experiment::default());
        draft.redo();
        draft.redo();
        assert_eq!(draft.experiment, with(2.0, 1));
    }

    #[test]
    fn another_field_is_another_step_and_a_change_ends_what_can_be_done_again() {
        let (mut draft, now) = (Draft::default(), Instant::now());
        draft.edit(renamed(&draft, "a"), now);
        draft.edit(
            Experiment {
                seed: 5,
                ..draft.experiment.clone()
            },
            now,
        );
        draft.undo();
        assert_eq!(
            (draft.experiment.name.as_str(), draft.experiment.seed),
            ("a", 0)
        );
        draft.edit(renamed(&draft, "b"), now);
        assert!(!draft.can_redo());
    }
}
