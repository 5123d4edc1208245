//! A first experiment for a log: what is guessed of its columns, and a split, a model and a window
//! that fit what is in it. Each choice comes with the reason why.

mod text;

use std::path::Path;

use strum::IntoEnumIterator as _;

use crate::experiment::{EvaluationSpec, Experiment, TrainingSpec};
use seqscope_base::spec::{counted, thousands};
use seqscope_data::{
    self as data, DataError, DataSource, DataSpec, Dataset, FileSpec, LoadProgress, Prepared,
    Preview, Profile, Role, Roles, SplitSpec, TaskSpec, WillAct,
};
use seqscope_model::{GruSpec, LossKind, ModelSpec, TransformerSpec};

/// A first experiment for a log, with its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The experiment.
    pub experiment: Experiment,
    /// The log as it was looked at.
    pub preview: Preview,
    /// Reasons of the choices.
    pub reasons: SuggestionReasons,
}

/// Reasons of a suggestion, a sentence each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuggestionReasons {
    /// Sizes of the log.
    pub data: String,
    /// Why it is split so.
    pub split: String,
    /// Why this task.
    pub task: String,
    /// Why this model.
    pub model: String,
    /// Why so many events are seen.
    pub window: String,
    /// Why it is trained so.
    pub training: String,
    /// What becomes of seen items.
    pub evaluation: String,
}

/// Fewest test questions of a cut in time.
const MIN_QUESTIONS: usize = 100;
/// Least share of users who are asked about by a cut in time.
const MIN_SHARE_ASKED: f64 = 0.1;
/// Fewest events of the median user for a Transformer.
const LONG_HISTORY: f64 = 5.0;
/// Most items that the whole catalogue is scored of.
const MANY_ITEMS: usize = 50_000;
/// Most users of a small log, which a model may learn by heart.
const FEW_USERS: usize = 2_000;
/// Windows to choose from, events.
const WINDOWS: [usize; 5] = [10, 20, 50, 100, 200];

/// Suggests an experiment for a log, which is opened to that end; the data come with it.
///
/// # Errors
/// [`DataError`] where the log cannot be opened, or neither way to split leaves anything to ask.
pub fn suggest(path: &Path, watch: &dyn LoadProgress) -> Result<(Suggestion, Prepared), DataError> {
    let bare = FileSpec {
        path: path.to_owned(),
        ..FileSpec::default()
    };
    let preview = data::preview(&bare)?;
    if let Some(problem) = preview.problems.iter().find(|problem| problem.is_error()) {
        return Err(DataError::from(problem.clone()));
    }
    let said = FileSpec {
        roles: columns_of(&preview).into_iter().fold(
            Roles::default(),
            |mut roles, (role, column)| {
                *roles.slot_mut(role) = Some(column);
                roles
            },
        ),
        time_format: preview.file.time_format.clone(),
        ..bare.clone()
    };
    // Of a form whose columns are made in reading, a role that is said may not be found.
    let (spec, prepared, split_reason) = match opened(said, watch) {
        Ok(opened) => opened,
        Err(DataError::Cancelled) => return Err(DataError::Cancelled),
        Err(_) => opened(bare, watch)?,
    };
    let SplitChoice { split, reason } = split_reason;
    let profile = Profile::of_log(&prepared);
    let task = task(&profile, split);
    let model = model(&profile);
    let training = training(&profile, &task.spec);
    let evaluation = EvaluationSpec::default();
    let shape = profile.shape;
    let reasons = SuggestionReasons {
        data: format!(
            "{}, {}, {}; half of the users have {} or fewer, the longest history has {}.",
            counted(shape.n_users, "user"),
            counted(shape.n_items, "item"),
            counted(shape.n_events, "event"),
            profile.lengths.median(),
            thousands(shape.max_len)
        ),
        split: reason,
        task: task.reason,
        model: model.reason,
        window: model.window_reason,
        training: training.1,
        evaluation: evaluation.reason(&prepared.returns),
    };
    let experiment = Experiment {
        name: data::name_of(path),
        data: spec,
        split,
        task: task.spec,
        model: model.spec,
        training: training.0,
        evaluation,
        seed: 1,
        ..Experiment::default()
    };
    let suggestion = Suggestion {
        experiment,
        preview,
        reasons,
    };
    Ok((suggestion, prepared))
}

/// A way to split with its reason.
struct SplitChoice {
    split: SplitSpec,
    reason: String,
}

/// The log split in the way that fits it.
fn opened(
    file: FileSpec,
    watch: &dyn LoadProgress,
) -> Result<(DataSpec, Prepared, SplitChoice), DataError> {
    let spec = DataSpec {
        source: DataSource::File(file),
        ..DataSpec::default()
    };
    let by_user = data::prepare(&spec, SplitSpec::LeaveOneOut, watch);
    let dataset = match &by_user {
        Ok(prepared) => &prepared.dataset,
        // Nobody has three events: a cut in time may still leave something to ask.
        Err(DataError::Nothing { .. }) => {
            let prepared = data::prepare(&spec, SplitSpec::RECOMMENDED, watch).or(by_user)?;
            let reason = "One cut in time for all users: nobody has the three events that \
                          leaving one out needs."
                .to_owned();
            let split = SplitChoice {
                split: SplitSpec::RECOMMENDED,
                reason,
            };
            return Ok((spec, prepared, split));
        }
        Err(_) => return by_user.map(|prepared| (spec.clone(), prepared, one_out(""))),
    };
    let n_asked = asked_by_a_cut(dataset);
    let share = n_asked as f64 / dataset.users.len().max(1) as f64;
    if n_asked >= MIN_QUESTIONS
        && share >= MIN_SHARE_ASKED
        && let Ok(prepared) = data::prepare(&spec, SplitSpec::RECOMMENDED, watch)
    {
        let reason = format!(
            "One cut in time for all users, the last tenth of the events for the test and the tenth \
             before for validation: {} users ({:.0} %) go on after the cut, and nothing that is \
             learnt lies after a question.",
            thousands(n_asked),
            100.0 * share
        );
        let split = SplitChoice {
            split: SplitSpec::RECOMMENDED,
            reason,
        };
        return Ok((spec, prepared, split));
    }
    let why = if dataset.has_clock() {
        format!(
            "a cut in time for all would ask about {} users only ({:.0} %), since most are active \
             for a short while",
            thousands(n_asked),
            100.0 * share
        )
    } else {
        "the log has no times that are moments, so that no cut in time can be made".to_owned()
    };
    let split = one_out(&why);
    by_user.map(|prepared| (spec, prepared, split))
}

fn one_out(why: &str) -> SplitChoice {
    SplitChoice {
        split: SplitSpec::LeaveOneOut,
        reason: format!(
            "Each user's last event is the test and the one before it validation: {why}. What \
             others did later is learnt too; `seqscope data FILE --audit` tells how much."
        ),
    }
}

/// Users who have two events before the last tenth of all events and one within it; none without
/// times that are moments.
fn asked_by_a_cut(dataset: &Dataset) -> usize {
    let sequences = &dataset.sequences;
    let Some(times) = sequences
        .time_secs
        .as_deref()
        .filter(|_| dataset.has_clock())
    else {
        return 0;
    };
    let mut sorted = times.to_vec();
    let at = sorted.len() * 9 / 10;
    if at >= sorted.len() {
        return 0;
    }
    let cut = *sorted.select_nth_unstable(at).1;
    let is_asked = |bounds: &&[usize]| {
        let of_user = times.get(bounds[0]..bounds[1]).unwrap_or_default();
        let n_before = of_user.iter().filter(|time| **time < cut).count();
        n_before >= 2 && n_before < of_user.len()
    };
    sequences.offsets.windows(2).filter(is_asked).count()
}

/// A task with its reason.
struct TaskChoice {
    spec: TaskSpec,
    reason: String,
}

/// Days that a question of whether a user acts looks ahead.
const DAYS_AHEAD: f64 = 30.0;

fn task(profile: &Profile, split: SplitSpec) -> TaskChoice {
    const OTHERS: &str = "`seqscope describe task` tells the others";
    let is_one_item = profile.shape.n_items < 2;
    if is_one_item && profile.activity.is_some() && split == SplitSpec::RECOMMENDED {
        return TaskChoice {
            spec: TaskSpec::WillAct(WillAct {
                horizon_hours: 24.0 * DAYS_AHEAD,
                ..WillAct::default()
            }),
            reason: format!(
                "Whether a user acts within {DAYS_AHEAD} days: all events are of one item, so that \
                 none is to be told from others; {OTHERS}."
            ),
        };
    }
    if is_one_item {
        return TaskChoice {
            spec: TaskSpec::NextItem,
            reason: "All events are of one item, so that the next one is no question: name the \
                     column that tells items apart in `data.roles.item`."
                .to_owned(),
        };
    }
    TaskChoice {
        spec: TaskSpec::NextItem,
        reason: format!(
            "Which item comes next, among all items. {OTHERS}: next behaviour, whether a user acts \
             in time, gap or value."
        ),
    }
}

/// A model with its reasons.
struct ModelChoice {
    spec: ModelSpec,
    reason: String,
    window_reason: String,
}

fn model(profile: &Profile) -> ModelChoice {
    let median = profile.lengths.median();
    let most = profile
        .lengths
        .quantiles
        .iter()
        .find(|quantile| quantile.p >= 0.9)
        .map_or(0.0, |quantile| quantile.n_events);
    let last = WINDOWS[WINDOWS.len() - 1];
    let seq_len = WINDOWS
        .into_iter()
        .find(|window| *window as f64 >= most)
        .unwrap_or(last);
    let is_small = profile.shape.n_users < FEW_USERS;
    let dropout = if is_small { 0.3 } else { 0.2 };
    let is_long = median >= LONG_HISTORY;
    let spec = if is_long {
        ModelSpec::Transformer(TransformerSpec {
            seq_len,
            dropout,
            ..TransformerSpec::default()
        })
    } else {
        ModelSpec::Gru(GruSpec {
            seq_len,
            dropout,
            ..GruSpec::default()
        })
    };
    let reason = if is_long {
        format!(
            "A causal Transformer (SASRec's form): half of the users have {median} events or more, \
             enough to look back at"
        )
    } else {
        format!(
            "A GRU: half of the users have {median} events or fewer, which a state that is carried \
             from event to event holds"
        )
    };
    let dropout_reason = if is_small {
        "; with so few users much dropout, against learning them by heart"
    } else {
        ""
    };
    ModelChoice {
        spec,
        reason: format!("{reason}{dropout_reason}."),
        window_reason: format!(
            "The latest events that it sees: nine users of ten have {most:.0} at most."
        ),
    }
}

fn training(profile: &Profile, task: &TaskSpec) -> (TrainingSpec, String) {
    let ours = TrainingSpec::default();
    let (n_users, n_items) = (profile.shape.n_users, profile.shape.n_items);
    let batch_size = if n_users < FEW_USERS {
        32
    } else {
        ours.batch_size
    };
    let is_large = n_items > MANY_ITEMS;
    let loss = if is_large {
        LossKind::SampledSoftmax
    } else {
        LossKind::FullSoftmax
    };
    let of_loss = if *task != TaskSpec::NextItem {
        "The loss is that of the task".to_owned()
    } else if is_large {
        format!(
            "{} items are too many to score for each event, so the true one is learnt against {} \
             that are drawn",
            thousands(n_items),
            ours.n_negatives
        )
    } else {
        format!(
            "Every event is learnt against all {} items",
            thousands(n_items)
        )
    };
    let reason = format!(
        "{of_loss}; {batch_size} users in a step; it ends {} epochs after the best on validation.",
        ours.patience
    );
    (
        TrainingSpec {
            batch_size,
            loss,
            ..ours
        },
        reason,
    )
}

impl Suggestion {
    /// The experiment as a file with a comment at each choice that says why.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::commented(self)
    }
}

/// The columns that were taken for a role, in the order of the roles.
fn columns_of(preview: &Preview) -> Vec<(Role, String)> {
    let roles = &preview.file.roles;
    Role::iter()
        .filter_map(|role| Some((role, roles.column(role)?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests;
