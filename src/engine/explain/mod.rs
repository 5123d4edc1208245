//! Plain numbers in, explanations out: what a model thought at each step of one user's history, what
//! it would say had the history been another (`whatif`), and which rules it keeps (`rules`).

mod attention_cell;
mod attribution;
mod beside;
mod everyone;
mod gallery;
mod heads;
mod inside;
mod list;
mod mean_attention;
mod outcome;
mod ranked;
mod rules;
mod watched;
mod whatif;

pub use attention_cell::CellArithmetic;
pub use attribution::{
    Agreement, AnswerAttribution, AnswerQuestion, AnswerTarget, AttentionVerdict,
    AttributionEffort, AttributionError, AttributionMethod, DeletionCurve, DeletionOrder,
    EventValues, MODERATE, PathQuality, STRONG, TargetAnswer, WhyNoMethod, asking_look, attribute,
    attribute_watched, rollout, rollout_map,
};
pub use beside::{
    AttentionDifference, EventSign, MapOfEvents, MapsOverRuns, aligned_events, difference_of,
    maps_over_runs, signs_of, timelines_differ,
};
pub use everyone::{AskAll, Speaker, Word};
pub use gallery::{
    Gallery, GalleryAnswer, GalleryKind, GalleryUser, MOST_IN_GALLERY, answer_name, best_or_worst,
    changed_between_epochs, changed_between_runs, surprising,
};
pub use heads::HeadSummary;
pub use inside::{
    AskedProbe, GateTrack, GateView, ItemMap, ItemNeighbour, LatentMap, LatentProbe, LikeMoment,
    MapTrust, N_CLUSTERS, Principal, ProbeList, ProbeLists, ProjectedMap, ProjectionError,
    ProjectionMethod, StateSample, UnitMeasure, UnitMeasures, UserCodes, gate_view, item_map,
    latent_map, latent_probe, latent_sigmas, neighbours, projected, user_codes, why_no_prior,
};
pub use list::{
    Fallback, FittedReferences, ListError, ListRequest, Listed, Recommendation, ScoreSource,
    recommendation,
};
pub use mean_attention::{DistanceUsers, HeadMean, MeanAttention, UserSpread, mean_attention};
pub use outcome::{AskedThere, SaidNow, TaskAnswers};
pub use rules::{
    BigramAsk, BigramCut, BigramRule, BigramRules, FEWEST_USERS, Fidelity, ImitationTree,
    LeafUsers, RuleBy, RuleFeature, RuleNode, RuleSplit, RuleTest, RuleTree, RuleUnit, RuleValues,
    RulesError, RulesProgress, RulesStage, TreeQuestion, bigram_rules, imitate,
};
pub use watched::{GoesOn, QuestionError};
pub use whatif::{
    Change, Draw, Drawn, DrawnPath, Edit, Flip, FlipAsk, FlipFound, FlipProgress, FlipStage,
    FlipTried, HistoryOf, Moved, Scenario, ScenarioError, Standing, WhatIf, WhatIfAnswer,
    WhatIfAsk, WhatIfError, apply_edits, not_counted, nucleus,
};

use rayon::prelude::*;

use ranked::{Candidates, SeenItems};

use crate::run::Part;
use crate::train::TaskQuestions;
use seqscope_base::metric::{Rank, mid_rank};
use seqscope_data::{EvalCase, Histories, Prepared};
use seqscope_model::{AttentionMaps, ModelError, Rollout, StepScores, Trainable};

/// One item with the model's probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The item.
    pub item_idx: u32,
    /// Its probability over all items, as [`Odds`](seqscope_base::metric::Odds) has it: that of the
    /// results, whether or not seen items are ranked.
    pub probability: f32,
}

/// Expectation of the model before one event, and what came.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineStep {
    /// Position of the event in the user's sequence, from 0.
    pub position: usize,
    /// Item that came.
    pub item_idx: u32,
    /// Part of the split that the event belongs to.
    pub part: Part,
    /// Its mid-rank, or [`MISS`](seqscope_base::metric::MISS) where it is left out with the seen items;
    /// `None` for the first position shown, unless the split asks it: in the one pass that answers
    /// for the others nothing stands before it.
    pub rank: Option<Rank>,
    /// The model's probability of it, over all items.
    pub probability: Option<f32>,
    /// The five items that the model expected most.
    pub top: Vec<Scored>,
}

impl TimelineStep {
    /// Whether the true item was among the first `k`.
    #[must_use]
    pub fn is_hit(&self, k: usize) -> Option<bool> {
        self.rank
            .map(|rank| seqscope_base::metric::hit(rank, k) > 0.5)
    }

    /// Whether it is left out of the ranking, since the user already had it: it then counts as a
    /// miss.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        self.rank.is_some_and(f64::is_infinite)
    }
}

/// One user as one model sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct UserView {
    /// The user.
    pub user_idx: usize,
    /// Every event that the model's window reaches, oldest first.
    pub timeline: Vec<TimelineStep>,
    /// Expectation after the last event: the ten most likely items.
    pub next: Vec<Scored>,
    /// Attention over the history; `None` for a model that has none.
    pub attention: Option<AttentionMaps>,
    /// Summary of its heads; empty without maps.
    pub heads: HeadSummary,
    /// Answers of a model of another task than the next item; `None` where items are ranked.
    pub said: Option<TaskAnswers>,
}

impl UserView {
    /// Memory that it takes, in bytes: its attention maps with their means, its steps and its
    /// answers; rounded by what a handful of names and numbers beside them takes.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let steps = self.timeline.iter();
        let steps: usize = steps
            .map(|step| size_of::<TimelineStep>() + size_of_val(step.top.as_slice()))
            .sum();
        let maps = self.attention.as_ref();
        let maps = maps.map_or(0, |maps| size_of_val(maps.weights.as_slice()));
        let answers = self.said.iter().flat_map(|said| &said.rows);
        let answers: usize = answers
            .map(|row| size_of::<AskedThere>() + size_of_val(row.as_slice()))
            .sum();
        size_of::<Self>() + steps + maps + self.heads.n_bytes() + answers
    }

    /// Takes away what the model expects of the test events.
    #[must_use]
    pub fn without_test(mut self) -> Self {
        for step in self
            .timeline
            .iter_mut()
            .filter(|step| step.part == Part::Test)
        {
            (step.rank, step.probability) = (None, None);
            step.top.clear();
        }
        if let Some(said) = &mut self.said {
            for step in &mut self.timeline {
                let asked = step
                    .position
                    .checked_sub(1)
                    .and_then(|before| said.asked_after(before));
                if asked.is_some_and(|asked| asked.part == Part::Test) {
                    step.probability = None;
                }
            }
            said.hide_test();
        }
        self
    }
}

/// Looks at one user through one model, along the whole of their sequence.
///
/// The step at position `p` asks what the model expected after the events before `p`; seen items,
/// the true one among them, take no part in the ranking when `filter_seen` says so. The events that
/// the split holds out are asked exactly as the evaluation asked them, so their ranks are those of
/// the run's results. The others are read off one pass over the sequence, as in training; there the
/// first position shown has nothing before it and no rank. An unknown user has no events.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn user_view(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    filter_seen: bool,
) -> Result<UserView, ModelError> {
    let items = prepared.dataset.sequences.items(user_idx);
    let held_out = HeldOut::of_user(prepared, user_idx);
    let whole = prepared.histories([(user_idx, items.len())]);
    let after = model.step_scores(&whole)?;
    let lens = held_out
        .cases()
        .map(|case| case.history_len as usize)
        .chain([items.len()]);
    let histories = prepared.histories(lens.map(|len| (user_idx, len)));
    let scores = model.scores(&histories)?;
    let mut answers = scores.chunks_exact((scores.len() / histories.n_rows()).max(1));
    let asked: Vec<(EvalCase, &[f32])> = held_out.cases().zip(answers.by_ref()).collect();

    let steps = Steps {
        items,
        held_out: &held_out,
        after: &after,
        asked: &asked,
        filter_seen,
    };
    let next = answers
        .next()
        .map(|scores| Candidates::new(scores, &SeenItems::after(items, filter_seen)).top(N_NEXT))
        .unwrap_or_default();
    let maps = heads::maps(model, &whole)?;
    let (timeline, (attention, heads)) = rayon::join(|| steps.judged(), || maps.summarised());
    Ok(UserView {
        user_idx,
        timeline,
        next,
        attention,
        heads,
        said: None,
    })
}

/// Looks at one user through a model of any task, whose questions these are.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn view_of_task(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    questions: &TaskQuestions,
    filter_seen: bool,
) -> Result<UserView, ModelError> {
    match questions {
        TaskQuestions::NextItem => user_view(model, prepared, user_idx, filter_seen),
        TaskQuestions::Outcomes(outcomes) => outcome::view(model, prepared, user_idx, outcomes),
    }
}

/// What a model foresees after a user's last event: for each of the next `n_ahead` events the `top`
/// most likely items, best first, each list as if the first items of the lists before it had come
/// (greedy decoding). Fewer lists when nothing is left to choose.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn foresee(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    asked: Foresee,
) -> Result<Vec<Vec<Scored>>, ModelError> {
    let n_events = prepared.dataset.sequences.items(user_idx).len();
    foresee_after(model, &prepared.histories([(user_idx, n_events)]), asked)
}

/// Does what [`foresee`] does, after the events of the only row of a history.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn foresee_after(
    model: &dyn Trainable,
    history: &Histories,
    asked: Foresee,
) -> Result<Vec<Vec<Scored>>, ModelError> {
    let Foresee {
        n_ahead,
        top,
        filter_seen,
    } = asked;
    let rows = model.ahead(&Rollout {
        history,
        n_ahead,
        filter_seen,
    })?;
    let mut seen = SeenItems::after(history.row(0), filter_seen);
    let mut lists = Vec::with_capacity(rows.len());
    for row in &rows {
        let list = Candidates::new(row, &seen).top(top.max(1));
        if let Some(first) = list.first() {
            seen.add(first.item_idx);
        }
        lists.push(list);
    }
    Ok(lists)
}

/// Extent of a forecast: how far ahead to look, and how widely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foresee {
    /// Number of the next events, at least one.
    pub n_ahead: usize,
    /// Number of items to list for each.
    pub top: usize,
    /// Whether items that the user has had, or would have had by then, come up no more.
    pub filter_seen: bool,
}

/// Items listed for each step of a timeline.
const N_TOP: usize = 5;

/// Items listed after the last event.
const N_NEXT: usize = 10;

/// One event of a user.
struct UserEvent {
    position: usize,
    item_idx: u32,
    part: Part,
}

/// Every step of one user's history, and what a model gave for it.
struct Steps<'a> {
    items: &'a [u32],
    held_out: &'a HeldOut,
    after: &'a StepScores,
    /// Questions of the split with their scores.
    asked: &'a [(EvalCase, &'a [f32])],
    filter_seen: bool,
}

/// Steps that one processor judges at a time: enough for starting anew with what the user has seen
/// to cost nothing beside them.
const STEPS_AT_ONCE: usize = 16;

impl Steps<'_> {
    /// The steps in order, judged on all processors: each is a pass over the whole catalogue.
    fn judged(&self) -> Vec<TimelineStep> {
        let starts = (self.after.first..self.items.len()).into_par_iter();
        let parts = starts.step_by(STEPS_AT_ONCE).map(|start| self.part(start));
        parts.flatten_iter().collect()
    }

    fn part(&self, start: usize) -> Vec<TimelineStep> {
        let (had, coming) = self.items.split_at(start);
        let mut seen = SeenItems::after(had, self.filter_seen);
        let coming = coming.iter().take(STEPS_AT_ONCE);
        let steps = coming.enumerate().map(|(at, &item_idx)| {
            let step = self.step(start + at, item_idx, &seen);
            seen.add(item_idx);
            step
        });
        steps.collect()
    }

    fn step(&self, position: usize, item_idx: u32, seen: &SeenItems) -> TimelineStep {
        let event = UserEvent {
            position,
            item_idx,
            part: self.held_out.part(position),
        };
        let mut asked = self.asked.iter();
        if let Some((case, scores)) = asked.find(|(case, _)| case.target_pos as usize == position) {
            let seen = SeenItems::after(history(self.items, *case), self.filter_seen);
            return event.judged(Some(scores), &seen);
        }
        let row = position.checked_sub(self.after.first + 1);
        let row = row.map(|row| self.after.row(row));
        event.judged(row.filter(|row| !row.is_empty()), seen)
    }
}

impl UserEvent {
    /// The step that the event makes, when the model gave these scores before it came.
    fn judged(self, scores: Option<&[f32]>, seen: &SeenItems) -> TimelineStep {
        let Self {
            position,
            item_idx,
            part,
        } = self;
        let candidates = scores.map(|scores| Candidates::new(scores, seen));
        TimelineStep {
            position,
            item_idx,
            part,
            rank: scores.map(|scores| mid_rank(scores, item_idx as usize, seen.excluded())),
            probability: candidates
                .as_ref()
                .map(|candidates| candidates.probability(item_idx)),
            top: candidates
                .map(|candidates| candidates.top(N_TOP))
                .unwrap_or_default(),
        }
    }
}

/// History that the model may see in a question of the split.
fn history(items: &[u32], case: EvalCase) -> &[u32] {
    items.get(..case.history_len as usize).unwrap_or(items)
}

/// The question of a user among those of a part, which are in order of user.
fn question_of(cases: &[EvalCase], user_idx: usize) -> Option<EvalCase> {
    let at = cases
        .binary_search_by_key(&user_idx, |case| case.user_idx as usize)
        .ok()?;
    cases.get(at).copied()
}

/// Questions that the split holds out of one user's sequence.
struct HeldOut {
    train_len: usize,
    valid: Option<EvalCase>,
    test: Option<EvalCase>,
}

impl HeldOut {
    fn of_user(prepared: &Prepared, user_idx: usize) -> Self {
        let split = &prepared.split;
        let train_len = split.train_len.get(user_idx).map_or(0, |&len| len as usize);
        Self {
            train_len,
            valid: question_of(&split.valid, user_idx),
            test: question_of(&split.test, user_idx),
        }
    }

    fn cases(&self) -> impl Iterator<Item = EvalCase> + use<> {
        [self.valid, self.test].into_iter().flatten()
    }

    /// Events of a part that are not its question belong to it all the same.
    fn part(&self, position: usize) -> Part {
        let valid_end = self
            .valid
            .map_or(self.train_len, |case| case.target_pos as usize + 1);
        match position {
            p if p < self.train_len => Part::Train,
            p if p < valid_end => Part::Valid,
            _ => Part::Test,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty events of seven items, more than one processor takes at a time: every step's rank and
    /// list by a sort over all that the user has not had, whatever part it falls into.
    #[test]
    fn steps_judged_in_parts_are_those_judged_one_by_one() {
        let items: Vec<u32> = (0..40_u32).map(|at| 1 + at * at % 7).collect();
        let n_columns = 9;
        let scores = (0..items.len() * n_columns).map(|at| (at * 7919 % 1009) as f32 / 100.0);
        let after = StepScores {
            first: 3,
            scores: scores.take((items.len() - 3) * n_columns).collect(),
            n_columns,
        };
        let held_out = HeldOut {
            train_len: items.len(),
            valid: None,
            test: None,
        };
        let steps = Steps {
            items: &items,
            held_out: &held_out,
            after: &after,
            asked: &[],
            filter_seen: true,
        };
        let judged = steps.judged();
        assert_eq!(judged.len(), items.len() - 3);
        for (at, step) in judged.iter().enumerate() {
            let position = at + 3;
            assert_eq!((step.position, step.item_idx), (position, items[position]));
            let Some(row) = at.checked_sub(1).map(|row| after.row(row)) else {
                assert!(step.rank.is_none() && step.top.is_empty());
                continue;
            };
            let mut open: Vec<u32> = (1..n_columns as u32)
                .filter(|item| !items[..position].contains(item))
                .collect();
            open.sort_by(|a, b| row[*b as usize].total_cmp(&row[*a as usize]).then(a.cmp(b)));
            let listed: Vec<u32> = step.top.iter().map(|scored| scored.item_idx).collect();
            assert_eq!(listed, open[..open.len().min(N_TOP)], "event {position}");
        }
    }
}
