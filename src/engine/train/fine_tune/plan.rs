//! What a fine-tuned run learns in each epoch: lists with feedback, and old histories.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::KnownAnswer;
use crate::experiment::{Experiment, FineTuneSpec};
use crate::train::TrainError;
use crate::train::task::TaskQuestions;
use seqscope_base::spec::derive_seed;
use seqscope_data::{EditedEvent, Histories, HistoryEditor, Prepared};
use seqscope_model::{ListFeedback, ModelError, StepInputs, Trainable};

/// Histories of one step, and lists with feedback.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::train) struct Batch {
    /// Histories to learn from.
    pub(in crate::train) histories: Histories,
    /// Lists; none in a run that learns from no feedback.
    pub(in crate::train) feedback: Option<ListFeedback>,
}

impl Batch {
    /// Takes one optimiser step.
    pub(in crate::train) fn train(
        &self,
        model: &mut dyn Trainable,
        inputs: StepInputs,
    ) -> Result<(), ModelError> {
        match &self.feedback {
            Some(feedback) => model.tune_step(&self.histories, feedback, inputs),
            None => model.train_step(&self.histories, inputs),
        }
    }
}

/// Training side of a fine-tuned run.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::train) struct TunedPlan {
    /// All lists, a row each.
    lists: ListFeedback,
    /// Users whose training histories are replayed.
    replayable: Vec<u32>,
    n_replayed: usize,
    later_users: usize,
}

impl TunedPlan {
    pub(super) fn new(
        spec: &FineTuneSpec,
        experiment: &Experiment,
        prepared: &Prepared,
        by_user: &BTreeMap<u32, Vec<KnownAnswer>>,
        trainable: &[u32],
    ) -> Result<Self, TrainError> {
        let editor = HistoryEditor::new(prepared, &experiment.data.features);
        let behaviour_idx = main_behaviour(prepared);
        let mut lists = ListFeedback {
            rejected_weight: spec.rejected_weight,
            ..ListFeedback::default()
        };
        let mut later = BTreeSet::new();
        for (&user, answers) in by_user {
            let events = prepared.dataset.events_of(user as usize, usize::MAX);
            for list in lists_of(answers) {
                let (accepted, mut rejected) = (list.items(true), list.items(false));
                if spec.rejected_weight == 0.0 {
                    rejected.clear();
                }
                if accepted.is_empty() && rejected.is_empty() {
                    continue;
                }
                let history = list.history(&events, answers, behaviour_idx);
                if reads_held_out(&history, user, prepared) {
                    later.insert(user);
                }
                let made = editor.histories(user as usize, &[history])?;
                if lists.histories.n_rows() == 0 {
                    lists.histories = made;
                } else {
                    lists.histories.append(&made);
                }
                lists.accepted.push(accepted);
                lists.rejected.push(rejected);
            }
        }
        let wanted = (spec.replay * lists.accepted.len() as f64).ceil() as usize;
        Ok(Self {
            lists,
            replayable: trainable.to_vec(),
            n_replayed: wanted.min(trainable.len()),
            later_users: later.len(),
        })
    }

    /// Lists in an epoch.
    pub(super) fn n_lists(&self) -> usize {
        self.lists.accepted.len()
    }

    /// Old histories in an epoch.
    pub(super) fn n_replayed(&self) -> usize {
        self.n_replayed
    }

    /// Users whose lists were made after events that are held out.
    pub(super) fn later_users(&self) -> usize {
        self.later_users
    }

    /// Lists and old histories of an epoch.
    pub(in crate::train) fn n_rows(&self) -> usize {
        self.n_lists() + self.n_replayed
    }

    /// The batches of an epoch from a step on: every list once, among old histories drawn for this
    /// epoch, in an order of its own.
    pub(in crate::train) fn batches<'a>(
        &'a self,
        prepared: &'a Prepared,
        questions: &'a TaskQuestions,
        order: EpochOrder,
    ) -> impl Iterator<Item = Batch> + 'a {
        let mut replayed = self.replayable.clone();
        replayed.shuffle(&mut order.random("replay"));
        replayed.truncate(self.n_replayed);
        let mut rows: Vec<usize> = (0..self.n_rows()).collect();
        rows.shuffle(&mut order.random("shuffle"));
        let n_steps = self.n_rows().div_ceil(order.batch_size);
        (order.from..n_steps).map(move |step| {
            let rows = rows.iter().skip(step * order.batch_size);
            let (mut lists, mut old) = (Vec::new(), Vec::new());
            for &row in rows.take(order.batch_size) {
                match row.checked_sub(self.n_lists()) {
                    None => lists.push(row),
                    Some(place) => old.extend(replayed.get(place)),
                }
            }
            Batch {
                histories: questions.batch(prepared, &old),
                feedback: (!lists.is_empty()).then(|| self.some_lists(&lists)),
            }
        })
    }

    fn some_lists(&self, rows: &[usize]) -> ListFeedback {
        let of_rows = |items: &[Vec<u32>]| {
            let items = rows.iter().map(|&row| items.get(row).cloned());
            items.map(Option::unwrap_or_default).collect()
        };
        ListFeedback {
            histories: self.lists.histories.select(rows),
            accepted: of_rows(&self.lists.accepted),
            rejected: of_rows(&self.lists.rejected),
            rejected_weight: self.lists.rejected_weight,
        }
    }
}

/// Order of an epoch's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) struct EpochOrder {
    pub(in crate::train) seed: u64,
    pub(in crate::train) epoch: usize,
    pub(in crate::train) batch_size: usize,
    /// First step that is wanted.
    pub(in crate::train) from: usize,
}

impl EpochOrder {
    fn random(self, name: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(derive_seed(self.seed, name, self.epoch as u64))
    }
}

/// Answers of one user at one moment: to one list.
struct AnsweredList<'a> {
    time_secs: Option<i64>,
    answers: Vec<&'a KnownAnswer>,
}

/// The lists of a user by their moments, those at no known moment last and as one.
fn lists_of(answers: &[KnownAnswer]) -> Vec<AnsweredList<'_>> {
    let mut by_time = BTreeMap::<(bool, Option<i64>), Vec<&KnownAnswer>>::new();
    for answer in answers {
        let key = (answer.time_secs.is_none(), answer.time_secs);
        by_time.entry(key).or_default().push(answer);
    }
    let lists = by_time.into_iter();
    lists
        .map(|((_, time_secs), answers)| AnsweredList { time_secs, answers })
        .collect()
}

impl AnsweredList<'_> {
    /// Items that were accepted, or that were rejected, each once and in order.
    fn items(&self, accepted: bool) -> Vec<u32> {
        let of_kind = self.answers.iter().filter(|it| it.accepted == accepted);
        let items: BTreeSet<u32> = of_kind.map(|it| it.item_idx).collect();
        items.into_iter().collect()
    }

    /// History that the list was made for: the user's events up to that moment, and what was accepted
    /// before it. At no known moment that is all of them.
    fn history(
        &self,
        events: &[EditedEvent],
        answers: &[KnownAnswer],
        behaviour_idx: Option<u16>,
    ) -> Vec<EditedEvent> {
        let moment = self.time_secs;
        let is_past = |event: &&EditedEvent| moment.is_none_or(|now| event.time_secs <= now);
        let last = events.last().map_or(0, |event| event.time_secs);
        let accepted = answers.iter().filter(|answer| {
            answer.accepted
                && match (answer.time_secs, moment) {
                    (Some(then), Some(now)) => then < now,
                    (Some(_), None) => true,
                    (None, _) => false,
                }
        });
        let accepted = accepted.map(|answer| EditedEvent {
            from: None,
            item_idx: answer.item_idx,
            time_secs: answer.time_secs.unwrap_or(last),
            behaviour_idx,
            value: None,
        });
        let mut history: Vec<EditedEvent> = events.iter().filter(is_past).cloned().collect();
        history.extend(accepted);
        // Stable: of one moment the log's own come first, and without times all stay as they are.
        history.sort_by_key(|event| event.time_secs);
        history
    }
}

/// Whether a history of a user holds an event that lies behind the training part.
fn reads_held_out(history: &[EditedEvent], user: u32, prepared: &Prepared) -> bool {
    let n_train = prepared.split.train_len.get(user as usize);
    let n_train = n_train.map_or(0, |&n| n as usize);
    let mut places = history.iter().filter_map(|event| event.from);
    places.any(|place| place >= n_train)
}

/// The behaviour that most training events have; `None` in a log without behaviours.
fn main_behaviour(prepared: &Prepared) -> Option<u16> {
    let sequences = &prepared.dataset.sequences;
    let mut counts = vec![0_usize; prepared.dataset.behaviours.len()];
    for (user, &n_train) in prepared.split.train_len.iter().enumerate() {
        for behaviour in (sequences.behaviours(user)?.iter()).take(n_train as usize) {
            if let Some(count) = counts.get_mut(usize::from(*behaviour)) {
                *count += 1;
            }
        }
    }
    let places = 0..u16::try_from(counts.len()).unwrap_or(u16::MAX);
    let most = std::iter::zip(places, counts).rev();
    most.max_by_key(|(_, count)| *count).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: usize, time_secs: i64) -> EditedEvent {
        EditedEvent {
            from: Some(at),
            item_idx: at as u32 + 1,
            time_secs,
            behaviour_idx: None,
            value: None,
        }
    }

    fn answer(item_idx: u32, accepted: bool, time_secs: Option<i64>) -> KnownAnswer {
        KnownAnswer {
            item_idx,
            accepted,
            time_secs,
        }
    }

    #[test]
    fn a_list_follows_the_log_up_to_its_moment_and_what_was_accepted_before() {
        let answers = [
            answer(9, true, Some(20)),
            answer(8, false, Some(20)),
            answer(7, true, Some(5)),
            answer(6, false, None),
        ];
        let events = [event(0, 0), event(1, 10), event(2, 30)];
        let lists = lists_of(&answers);
        let histories: Vec<Vec<u32>> = (lists.iter())
            .map(|list| list.history(&events, &answers, None))
            .map(|history| history.iter().map(|event| event.item_idx).collect())
            .collect();
        assert_eq!(histories, [vec![1], vec![1, 7, 2], vec![1, 7, 2, 9, 3]]);
        assert_eq!(
            (lists[1].items(true), lists[1].items(false)),
            (vec![9], vec![8])
        );
    }
}
