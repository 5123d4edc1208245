//! Attributions of one answer to the events of its history, several ways, and whether the ways
//! agree: does attention tell the truth here?
//!
//! Removing an event and asking again is what the others are held against: it looks at nothing but
//! what the model says, and works for every family.

mod asker;
mod deletion;
mod look;
mod method;
#[cfg(test)]
mod tests;
mod verdict;

pub use asker::TargetAnswer;
pub use deletion::{DeletionCurve, DeletionOrder};
pub(super) use look::last_look;
pub use look::{asking_look, rollout, rollout_map};
pub use method::{AttributionMethod, WhyNoMethod};
pub use verdict::{AttentionVerdict, MODERATE, STRONG};

use super::HeldOut;
use super::ranked::{Candidates, SeenItems};
use super::watched::{GoesOn, QuestionError, Watched};
use crate::run::Part;
use asker::Asker;
use seqscope_base::metric::statistics::{kendall, spearman};
use seqscope_data::{DataError, FeatureSpec, Histories, HistoryEditor, Prepared};
use seqscope_model::{AttentionMaps, ModelError, SlopeAttributions, SlopeQuestion, Trainable};

/// Item whose probability is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnswerTarget {
    /// The item that the model recommends first.
    #[default]
    First,
    /// The item that came.
    Came,
    /// An item of one's own, from 1.
    Item(u32),
}

/// One answer to be explained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerQuestion<'a> {
    /// The user.
    pub user_idx: usize,
    /// Number of the user's first events that the answer follows.
    pub history_len: usize,
    /// The item whose probability is explained.
    pub target: AnswerTarget,
    /// Whether the items of the history are left out of the ranking.
    pub filter_seen: bool,
    /// Whether the test events may be told: only once a run has ended.
    pub tells_test: bool,
    /// Features that the data were prepared with: they are worked out anew where an event goes.
    pub features: &'a [FeatureSpec],
    /// Pains to be taken.
    pub effort: AttributionEffort,
}

/// Pains to be taken with an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributionEffort {
    /// Steps of the path of integrated gradients. Sundararajan et al. 2017, section 5: 20 to 300.
    pub n_steps: usize,
    /// Random orders of removal that the deletion curves are held against.
    pub n_orders: usize,
    /// Points of a deletion curve beside its start.
    pub n_points: usize,
    /// Latest events that are explained; older ones stay in the history.
    pub most_events: usize,
}

impl Default for AttributionEffort {
    fn default() -> Self {
        Self {
            n_steps: 64,
            n_orders: 10,
            n_points: 20,
            most_events: 200,
        }
    }
}

/// Reasons why an answer is not explained; each sentence says the cure.
#[derive(Debug, thiserror::Error)]
pub enum AttributionError {
    /// There is no history.
    #[error(
        "No event comes before this moment, so none can have moved the answer; choose a later moment."
    )]
    NoEvents,
    /// There is no true item.
    #[error(
        "Nothing has come after this moment yet, so there is no true item; choose the first recommended item, or name one."
    )]
    NothingCame,
    /// The true item is of the test split, which is not told yet.
    #[error(
        "Here the model is asked about a test event, which is held back until the run has ended; choose an earlier event, or let the run come to its end."
    )]
    HeldBack,
    /// There is nothing to recommend.
    #[error("The model recommends nothing here: the user has had every item; name an item.")]
    NothingRecommended,
    /// The item is not in the catalogue.
    #[error("The item is not in the catalogue of this run; name one of its items.")]
    UnknownItem,
    /// The features cannot be computed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The model failed, or whoever asked has ended it.
    #[error(transparent)]
    Question(#[from] QuestionError),
}

impl From<ModelError> for AttributionError {
    fn from(error: ModelError) -> Self {
        Self::Question(error.into())
    }
}

/// One answer, and what each event of its history did to it.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerAttribution {
    /// The item whose probability is explained.
    pub target: u32,
    /// The model's word on it, with all events there.
    pub answer: TargetAnswer,
    /// Position in the user's sequence of the first event that is explained; the values of every
    /// method begin there.
    pub first: usize,
    /// Number of older events that the model reads and that are not explained.
    pub n_older: usize,
    /// Number of events before those that the model reads: it has no room for them, and none moves
    /// up when a later one goes.
    pub n_unread: usize,
    /// Whether the model is told of features, which are worked out anew when an event goes.
    pub has_features: bool,
    /// Items of the events that are explained. `[n_events]`
    pub items: Vec<u32>,
    /// The model's word on the target with each of these events away. `[n_events]`
    pub without: Vec<TargetAnswer>,
    /// Values of each method that this model has, removal first.
    pub values: Vec<EventValues>,
    /// Methods that it lacks, and why.
    pub lacking: Vec<(AttributionMethod, WhyNoMethod)>,
    /// Quality of the integral of the gradients; none without gradients.
    pub path: Option<PathQuality>,
    /// Agreement of every two methods.
    pub agreements: Vec<Agreement>,
    /// Fall of the probability as events go, the most important first by each method, and in random
    /// order.
    pub curves: Vec<DeletionCurve>,
    /// Area under the curve of each random order.
    pub random_areas: Vec<f64>,
    /// Whether attention tells the truth.
    pub verdict: AttentionVerdict,
}

/// Values of the events by one method.
#[derive(Clone, Debug, PartialEq)]
pub struct EventValues {
    /// The method.
    pub method: AttributionMethod,
    /// Value of each event, in the method's unit: positive where the event speaks for the target,
    /// or, where the method knows no sign, a share. `[n_events]`
    pub values: Vec<f64>,
}

/// Quality of integrated gradients: whether they add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathQuality {
    /// Number of steps of the path.
    pub n_steps: usize,
    /// Shortfall of the values' sum, in nats: see
    /// [`SlopeAttributions::completeness_gap`].
    pub gap: f64,
    /// Log-probability of the target at the baseline, where no event has an item.
    pub baseline: f64,
}

/// Agreement of two methods over the events, in the size of their values: attention says how much,
/// never which way (as Jain & Wallace 2019 compare them).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// The two methods.
    pub methods: [AttributionMethod; 2],
    /// Spearman's ρ; none where a side has no order, or is no number.
    pub spearman: Option<f64>,
    /// Kendall's `τ_b`; likewise.
    pub kendall: Option<f64>,
}

impl AnswerAttribution {
    /// Number of events that are explained.
    #[must_use]
    pub fn n_events(&self) -> usize {
        self.items.len()
    }

    /// Values of one method, if the model has it.
    #[must_use]
    pub fn values_of(&self, method: AttributionMethod) -> Option<&[f64]> {
        let mut values = self.values.iter();
        values
            .find(|values| values.method == method)
            .map(|values| values.values.as_slice())
    }

    /// Agreement of two methods, in either order.
    #[must_use]
    pub fn agreement(&self, a: AttributionMethod, b: AttributionMethod) -> Option<Agreement> {
        let mut agreements = self.agreements.iter();
        agreements
            .find(|found| found.methods == [a, b] || found.methods == [b, a])
            .copied()
    }
}

/// Explains one answer of a model that ranks the next item.
///
/// Only what the model reads counts: of a history that is longer than its window the older events
/// stay away, so that none of them moves up when another goes. An event that stays keeps its time;
/// its features are worked out as if the others had never been, such as the gap to the event before
/// it, and so are places. That is what an edit does that deletes the event (`whatif`), as long as
/// the history fits into the model's window.
///
/// # Errors
/// [`AttributionError`] when there is nothing to explain, or the model fails.
pub fn attribute(
    model: &dyn Trainable,
    prepared: &Prepared,
    asked: &AnswerQuestion<'_>,
) -> Result<AnswerAttribution, AttributionError> {
    attribute_watched(model, prepared, asked, &|_| true)
}

/// [`attribute`], watched, since it takes hundreds of answers of the model.
///
/// # Errors
/// As [`attribute`], and [`QuestionError::Stopped`].
pub fn attribute_watched(
    model: &dyn Trainable,
    prepared: &Prepared,
    asked: &AnswerQuestion<'_>,
    goes_on: GoesOn<'_>,
) -> Result<AnswerAttribution, AttributionError> {
    let items = prepared.dataset.sequences.items(asked.user_idx);
    let history = prepared.histories([(asked.user_idx, asked.history_len)]);
    let n_items = prepared.dataset.n_items();
    let came = items.get(asked.history_len).copied();
    let part = HeldOut::of_user(prepared, asked.user_idx).part(asked.history_len);
    // Whatever item is asked for: the answer is that to the test question.
    if came.is_some() && part == Part::Test && !asked.tells_test {
        return Err(AttributionError::HeldBack);
    }
    let target = match asked.target {
        AnswerTarget::First => first_of(model, &history, asked.filter_seen)?,
        AnswerTarget::Came => came.ok_or(AttributionError::NothingCame)?,
        AnswerTarget::Item(item) if item == 0 || item as usize > n_items => {
            return Err(AttributionError::UnknownItem);
        }
        AnswerTarget::Item(item) => item,
    };
    let editor = HistoryEditor::new(prepared, asked.features);
    attribute_history(model, &history, editor, target, asked, goes_on)
}

/// The item that the model recommends first after a history.
fn first_of(
    model: &dyn Trainable,
    history: &Histories,
    filter_seen: bool,
) -> Result<u32, AttributionError> {
    if history.item_idx.is_empty() {
        return Err(AttributionError::NoEvents);
    }
    let scores = model.scores(history)?;
    let seen = SeenItems::after(history.row(0), filter_seen);
    let first = Candidates::new(&scores, &seen).best(1).first().copied();
    first.ok_or(AttributionError::NothingRecommended)
}

/// Explains the answer about an item after a history, the only row.
fn attribute_history(
    model: &dyn Trainable,
    history: &Histories,
    editor: HistoryEditor<'_>,
    target: u32,
    asked: &AnswerQuestion<'_>,
    goes_on: GoesOn<'_>,
) -> Result<AnswerAttribution, AttributionError> {
    if !goes_on(0.0) {
        return Err(QuestionError::Stopped.into());
    }
    let (n_all, effort) = (history.row(0).len(), asked.effort);
    if n_all == 0 {
        return Err(AttributionError::NoEvents);
    }
    let slopes = model.slopes(&SlopeQuestion {
        history,
        target,
        n_steps: effort.n_steps,
    })?;
    let looks = Looks::of(model, history)?;
    let read_from = match (&slopes, &looks.asking) {
        (Some(slopes), _) => slopes.first,
        (None, Some(look)) => n_all.saturating_sub(look.len()),
        (None, None) => 0,
    };
    let first = n_all
        .saturating_sub(effort.most_events.max(1))
        .max(read_from);
    let explained = first..n_all;
    let of_slopes_and_looks = latest_of(slopes.as_ref(), &looks, explained.len());
    let n_curves = 1 + of_slopes_and_looks.len();
    let n_asked = 1 + explained.len() + deletion::n_asked(explained.len(), n_curves, effort);
    let watched = Watched::new(n_asked, goes_on);
    let read = read_from..n_all;
    let asker = Asker::new(model, editor, asked, target, read, watched);

    let answer = asker.whole()?;
    let without = asker.without_each(explained.clone())?;
    let removal = without
        .iter()
        .map(|without| answer.log_probability - without.log_probability)
        .collect();
    let mut values = vec![EventValues {
        method: AttributionMethod::Removal,
        values: removal,
    }];
    values.extend(of_slopes_and_looks);
    let (curves, random_areas) = deletion::curves(&asker, explained.clone(), &values, effort)?;
    let agreements = agreements(&values);
    let verdict = AttentionVerdict::of(&values, &agreements, &curves, &random_areas);
    Ok(AnswerAttribution {
        target,
        answer,
        first,
        n_older: first - read_from,
        n_unread: read_from,
        has_features: !history.beside.is_empty(),
        items: history.row(0).get(explained).unwrap_or(&[]).to_vec(),
        without,
        lacking: method::lacking(&values),
        values,
        path: slopes.as_ref().map(|slopes| PathQuality {
            n_steps: slopes.n_steps,
            gap: slopes.completeness_gap(),
            baseline: slopes.baseline,
        }),
        agreements,
        curves,
        random_areas,
        verdict,
    })
}

/// Looks of an answer at the events that are read, where the model has attention.
struct Looks {
    /// Mean over the heads of the last layer. `[n_read]`
    asking: Option<Vec<f64>>,
    /// Rollout. `[n_read]`
    rollout: Option<Vec<f64>>,
}

impl Looks {
    fn of(model: &dyn Trainable, history: &Histories) -> Result<Self, ModelError> {
        let n_all = history.row(0).len();
        let n_read = |maps: &AttentionMaps| n_all.saturating_sub(maps.first);
        let stacked = model.stacked_attention(history)?;
        let rollout = stacked
            .as_ref()
            .map(|maps| look::rollout(maps, n_read(maps)));
        // One pass has the asking look too, and is cheaper than a pass for every prefix.
        let maps = match stacked {
            Some(maps) => Some(maps),
            None => model.attention(history)?,
        };
        let asking = maps.map(|maps| look::asking_look(&maps, n_read(&maps)));
        Ok(Self { asking, rollout })
    }
}

/// Values of the latest `n` events by the methods beside removal.
fn latest_of(slopes: Option<&SlopeAttributions>, looks: &Looks, n: usize) -> Vec<EventValues> {
    let found = [
        (
            AttributionMethod::GradientInput,
            slopes.map(|slopes| &slopes.gradient_input),
        ),
        (
            AttributionMethod::IntegratedGradients,
            slopes.map(|slopes| &slopes.integrated),
        ),
        (AttributionMethod::Attention, looks.asking.as_ref()),
        (AttributionMethod::Rollout, looks.rollout.as_ref()),
    ];
    let of_latest = found.into_iter().filter_map(|(method, values)| {
        let values = values?;
        let latest = values.get(values.len().checked_sub(n)?..)?;
        Some(EventValues {
            method,
            values: latest.to_vec(),
        })
    });
    of_latest.collect()
}

/// Agreement of every two methods.
fn agreements(values: &[EventValues]) -> Vec<Agreement> {
    let sizes: Vec<Vec<f64>> = values
        .iter()
        .map(|of| of.values.iter().map(|value| value.abs()).collect())
        .collect();
    let pairs = (0..values.len()).flat_map(|a| (a + 1..values.len()).map(move |b| (a, b)));
    pairs
        .map(|(a, b)| Agreement {
            methods: [values[a].method, values[b].method],
            spearman: spearman(&sizes[a], &sizes[b]),
            kendall: kendall(&sizes[a], &sizes[b]),
        })
        .collect()
}
