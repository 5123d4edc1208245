//! Groups of runs that differ in their seed alone, and how sure it is that one group is better than
//! another, or than a reference.
//!
//! A model is its group: each user's metric is the mean over the group's seeds, and two groups are
//! compared user by user. That alone would take the seeds that were drawn for all there are, so that
//! their luck looked like a difference; therefore a second test has both sources of chance, users and
//! seeds ([`two_sources`]). Sister seeds are never tested against each other.

mod label;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::comparison::Tested;
use super::contrast::{
    Measure, MeasuredWith, Paired, RowsByQuestion, correct, means, measures_of, of_model, places_of,
};
use super::{
    Manifest, ReferenceResults, RunId, differ_by_seed_alone, one_a_seed, why_not_comparable,
};
use label::labels;
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::{
    Interval, TwoSources, bootstrap_mean, holm, seed_group, two_sources,
};
use seqscope_base::spec::Entry as _;
use seqscope_model::baseline::ReferenceKind;

/// Runs that differ in their seed alone; a run without sisters is a group by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct RunGroup {
    /// Name of the group among those that it is compared with: its model, and what else tells it
    /// apart.
    pub label: String,
    /// The runs, one a seed.
    pub ids: Vec<RunId>,
    /// Seed of each.
    pub seeds: Vec<u64>,
    /// The group by each metric that its runs tell.
    pub measures: Vec<GroupMeasure>,
}

/// A group by one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupMeasure {
    /// Metric of the values.
    pub metric: Metric,
    /// Value of each run.
    pub values: Vec<f64>,
    /// Mean over the runs.
    pub mean: f64,
    /// Standard deviation over the runs, with `n - 1`; `None` of one run.
    pub deviation: Option<f64>,
    /// Where the mean would lie: Student's t interval over seeds, of one run the bootstrap interval
    /// over users.
    pub interval: Option<Interval>,
}

/// Chance that an interval is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalSource {
    /// Student's t over seeds.
    Seeds,
    /// Bootstrap over users, where there is one seed.
    Users,
}

/// A reference beside the groups.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceBeside {
    /// Name of the reference.
    pub kind: ReferenceKind,
    /// Its value by each metric, with bootstrap intervals over users.
    pub measures: Vec<Measure>,
}

/// Side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    /// A group, by its place.
    Group(usize),
    /// A reference, which no seed changes.
    Reference(ReferenceKind),
}

/// Two sides, the better one first.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPair {
    /// The better one; where they cannot be compared, the one that was given first.
    pub better: Contestant,
    /// The other one.
    pub other: Contestant,
    /// How they differ, or the reason why they must not be compared.
    pub found: Result<GroupDifference, String>,
}

/// Difference of two sides by the one metric, over the users whom all their runs answered.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDifference {
    /// Mean of the better one over users and seeds.
    pub value: f64,
    /// Mean of the other one.
    pub than: f64,
    /// Number of users.
    pub n_users: usize,
    /// Mean gain over users, positive where the better one is better.
    pub gain: f64,
    /// The gain as a share of `than`; `None` where that is 0.
    pub relative: Option<f64>,
    /// Interval of the gain: with other users and other seeds where both are known, else with other
    /// users.
    pub interval: Option<Interval>,
    /// Tests of the users' gains, each the difference of means over seeds: of these very seeds.
    pub paired: Paired,
    /// Test with other users and other seeds; `None` where a group has one seed.
    pub both: Option<TwoSources>,
    /// p-value of that test after Holm's correction.
    pub both_corrected: Option<f64>,
}

/// Groups compared with each other and with the best of the references.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupedRuns {
    /// Metric of the tests.
    pub metric: Metric,
    /// The groups, in the order of their first runs.
    pub groups: Vec<RunGroup>,
    /// References that ran beside them, the best first.
    pub references: Vec<ReferenceBeside>,
    /// The reference that was the best on validation: the one that is tested.
    pub best_reference: Option<ReferenceKind>,
    /// Every pair of groups, and each group with the best reference.
    pub pairs: Vec<GroupPair>,
    /// How many pairs were tested together: every p-value is corrected by Holm over so many.
    pub n_tests: usize,
    /// Sentences on pairs that differ in the order of what was learnt alone.
    pub order: Vec<String>,
}

impl RunGroup {
    /// The group by one metric.
    #[must_use]
    pub fn measure(&self, metric: Metric) -> Option<&GroupMeasure> {
        self.measures
            .iter()
            .find(|measure| measure.metric == metric)
    }

    /// Chance that its intervals are of.
    #[must_use]
    pub fn intervals_by(&self) -> IntervalSource {
        if self.ids.len() > 1 {
            IntervalSource::Seeds
        } else {
            IntervalSource::Users
        }
    }
}

impl GroupedRuns {
    /// Whether any group has two seeds or more.
    #[must_use]
    pub fn has_seeds(&self) -> bool {
        self.groups.iter().any(|group| group.ids.len() > 1)
    }
}

/// Compares groups of runs by a metric that is a mean over users; `metrics` are told of each beside.
/// `references` are what the references beside one of the runs answered.
///
/// Every pair of groups is tested, and each group against the reference that was best on validation,
/// so that the test split chooses none. Holm's family are these pairs, by the one metric.
#[must_use]
pub fn compare_groups(
    runs: &[Tested<'_>],
    references: Option<(&Manifest, &ReferenceResults)>,
    metric: Metric,
    metrics: &[Metric],
) -> GroupedRuns {
    let members = grouped(runs);
    let firsts: Vec<&Manifest> = members
        .iter()
        .filter_map(|group| group.first().map(|run| run.manifest))
        .collect();
    let mut told = metrics.to_vec();
    if !told.contains(&metric) {
        told.push(metric);
    }
    let groups: Vec<RunGroup> = members
        .iter()
        .zip(labels(&firsts))
        .map(|(group, label)| run_group(group, label, &told))
        .collect();
    let (beside, best_reference) = references.map_or_else(Default::default, |(of, kept)| {
        (
            references_beside(kept, metric, &told),
            best_on_validation(of),
        )
    });
    let mut sides: Vec<Side<'_>> = members
        .par_iter()
        .enumerate()
        .map(|(at, group)| Side::of_group(at, group, metric))
        .collect();
    if let Some(((of, kept), kind)) = references.zip(best_reference) {
        sides.extend(Side::of_reference(of, kept, kind, metric));
    }
    let mut pairs = pairs(&sides, metric);
    let n_tests = corrected(&mut pairs);
    let order = order_notes(&firsts, &groups, &pairs, metric);
    GroupedRuns {
        metric,
        groups,
        references: beside,
        best_reference,
        pairs,
        n_tests,
        order,
    }
}

/// Runs by group, in the order of their first runs. Of several runs of one seed the one counts that
/// has come farthest.
fn grouped<'a>(runs: &[Tested<'a>]) -> Vec<Vec<Tested<'a>>> {
    let mut groups: Vec<Vec<Tested<'a>>> = Vec::new();
    for &run in runs {
        let group = groups.iter_mut().find(|members| {
            members
                .first()
                .is_some_and(|first| differ_by_seed_alone(first.manifest, run.manifest))
        });
        match group {
            Some(members) => members.push(run),
            None => groups.push(vec![run]),
        }
    }
    for group in &mut groups {
        let kept = one_a_seed(group.iter().map(|run| run.manifest).collect());
        group.retain(|run| kept.contains(&run.manifest.id));
        group.sort_by_key(|run| run.manifest.experiment.seed);
    }
    groups
}

fn run_group(runs: &[Tested<'_>], label: String, metrics: &[Metric]) -> RunGroup {
    let with = if runs.len() > 1 {
        MeasuredWith::ValuesAlone
    } else {
        MeasuredWith::Intervals
    };
    let found: Vec<Vec<Measure>> = runs
        .par_iter()
        .map(|run| measures_of(&answers(run), metrics, with))
        .collect();
    let measure = |metric: &Metric| {
        let of_run = |measures: &Vec<Measure>| {
            let found = measures.iter().find(|found| found.metric == *metric);
            found.map(|found| (found.value, found.interval))
        };
        let told: Vec<(f64, Option<Interval>)> = found.iter().map(of_run).collect::<Option<_>>()?;
        let values: Vec<f64> = told.iter().map(|(value, _)| *value).collect();
        let group = seed_group(&values);
        Some(GroupMeasure {
            metric: *metric,
            mean: values.iter().sum::<f64>() / values.len() as f64,
            deviation: group.map(|group| group.deviation),
            interval: match group {
                Some(group) => Some(group.interval),
                None => told.first().and_then(|(_, interval)| *interval),
            },
            values,
        })
    };
    RunGroup {
        label,
        ids: runs.iter().map(|run| run.manifest.id.clone()).collect(),
        seeds: runs
            .iter()
            .map(|run| run.manifest.experiment.seed)
            .collect(),
        measures: metrics.iter().filter_map(measure).collect(),
    }
}

/// Test answers of a run.
fn answers<'a>(run: &Tested<'a>) -> RowsByQuestion<'a> {
    of_model(run.results)
}

fn references_beside(
    kept: &ReferenceResults,
    metric: Metric,
    metrics: &[Metric],
) -> Vec<ReferenceBeside> {
    let kinds: Vec<ReferenceKind> = kept.answers.keys().copied().collect();
    let mut beside: Vec<ReferenceBeside> = kinds
        .par_iter()
        .map(|kind| ReferenceBeside {
            kind: *kind,
            measures: measures_of(&kept.answers_of(*kind), metrics, MeasuredWith::Intervals),
        })
        .collect();
    let quality = |of: &ReferenceBeside| {
        let found = of.measures.iter().find(|found| found.metric == metric);
        found.map_or(f64::NEG_INFINITY, |found| metric.gain(found.value, 0.0))
    };
    beside.sort_by(|a, b| quality(b).total_cmp(&quality(a)));
    beside
}

/// The reference that was best on validation, by the metric that runs are chosen by.
fn best_on_validation(of: &Manifest) -> Option<ReferenceKind> {
    let primary = of.experiment.answers().primary();
    let told = of
        .references_valid
        .iter()
        .filter_map(|(kind, metrics)| Some((*kind, metrics.get(primary)?)));
    told.max_by(|a, b| primary.gain(a.1, b.1).total_cmp(&0.0))
        .map(|(kind, _)| kind)
}

/// One side with the metric of every user by each of its runs.
struct Side<'a> {
    who: Contestant,
    manifest: &'a Manifest,
    /// By user id; `None` where a run does not tell the metric of every user.
    runs: Option<Vec<BTreeMap<&'a str, f64>>>,
}

impl<'a> Side<'a> {
    fn of_group(at: usize, group: &[Tested<'a>], metric: Metric) -> Side<'a> {
        Side {
            who: Contestant::Group(at),
            // A group has a run.
            manifest: group[0].manifest,
            runs: group
                .iter()
                .map(|run| by_user(&answers(run), metric))
                .collect(),
        }
    }

    fn of_reference(
        manifest: &'a Manifest,
        kept: &'a ReferenceResults,
        kind: ReferenceKind,
        metric: Metric,
    ) -> Option<Self> {
        let values = by_user(&kept.answers_of(kind), metric)?;
        Some(Self {
            who: Contestant::Reference(kind),
            manifest,
            runs: Some(vec![values]),
        })
    }

    /// Whether chance is in its runs beside the users.
    fn has_seeds(&self) -> bool {
        matches!(self.who, Contestant::Group(_))
    }
}

/// The metric of every user, of those asked several times their mean; `None` where one has none, and
/// of a metric that is no mean over users.
fn by_user<'a>(rows: &RowsByQuestion<'a>, metric: Metric) -> Option<BTreeMap<&'a str, f64>> {
    if !metric.is_by_user() || rows.is_empty() {
        return None;
    }
    let places = places_of(rows);
    let values = means(rows, metric, &places)?;
    let told = places.into_iter();
    Some(
        told.filter_map(|(user, place)| Some((user, *values.get(place)?)))
            .collect(),
    )
}

/// Every pair of groups, and each group with the reference.
fn pairs(sides: &[Side<'_>], metric: Metric) -> Vec<GroupPair> {
    let places: Vec<[usize; 2]> = (0..sides.len())
        .flat_map(|one| (one + 1..sides.len()).map(move |other| [one, other]))
        .collect();
    places
        .par_iter()
        .map(|&[one, other]| pair(&sides[one], &sides[other], metric))
        .collect()
}

fn pair(one: &Side<'_>, other: &Side<'_>, metric: Metric) -> GroupPair {
    let apart = |why: String| GroupPair {
        better: one.who,
        other: other.who,
        found: Err(why),
    };
    if let Some(why) = why_not_comparable(one.manifest, other.manifest) {
        return apart(why.to_owned());
    }
    let (Some(ours), Some(theirs)) = (&one.runs, &other.runs) else {
        return apart(format!(
            "a run keeps no test results of users by {}",
            metric.title()
        ));
    };
    let users = common(ours, theirs);
    let means = [ours, theirs].map(|runs| mean_over_runs(runs, &users));
    let is_turned = metric.gain(mean(&means[0]), mean(&means[1])) < 0.0;
    let [(better, values, runs), (worse, others, other_runs)] = {
        let [a, b] = &means;
        let sides = [(one, a, ours), (other, b, theirs)];
        if is_turned {
            [sides[1], sides[0]]
        } else {
            sides
        }
    };
    let seeds: Vec<Vec<f64>> = [(better, runs), (worse, other_runs)]
        .into_iter()
        .filter(|(side, _)| side.has_seeds())
        .map(|(_, runs)| {
            runs.iter()
                .map(|run| mean_over_users(run, &users))
                .collect()
        })
        .collect();
    let found = difference(metric, [values, others], &seeds);
    GroupPair {
        better: better.who,
        other: worse.who,
        found: found.ok_or_else(|| {
            "fewer than two users are in all of their runs, or a result is no number".to_owned()
        }),
    }
}

/// Users whom all runs of both sides answered, in order of their ids.
fn common<'a>(ours: &[BTreeMap<&'a str, f64>], theirs: &[BTreeMap<&'a str, f64>]) -> Vec<&'a str> {
    let Some((first, rest)) = ours.split_first() else {
        return Vec::new();
    };
    let others = || rest.iter().chain(theirs);
    first
        .keys()
        .copied()
        .filter(|user| others().all(|run| run.contains_key(user)))
        .collect()
}

/// Mean over the runs, of each of these users.
fn mean_over_runs(runs: &[BTreeMap<&str, f64>], users: &[&str]) -> Vec<f64> {
    let of_user = |user: &&str| {
        let values = runs.iter().filter_map(|run| run.get(user));
        values.sum::<f64>() / runs.len() as f64
    };
    users.iter().map(of_user).collect()
}

fn mean_over_users(run: &BTreeMap<&str, f64>, users: &[&str]) -> f64 {
    users.iter().filter_map(|user| run.get(user)).sum::<f64>() / users.len() as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// One side against the other, of which the users' values are given, each a mean over runs; `seeds`
/// are the runs of each side that has any. `None` for fewer than two users.
fn difference(
    metric: Metric,
    [values, others]: [&Vec<f64>; 2],
    seeds: &[Vec<f64>],
) -> Option<GroupDifference> {
    let gains: Vec<f64> = values
        .iter()
        .zip(others)
        .map(|(value, than)| metric.gain(*value, *than))
        .collect();
    let scale = values
        .iter()
        .chain(others)
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    let gains = without_rounding(gains, scale);
    let paired = Paired::of_gains(&gains)?;
    let seeds: Vec<&[f64]> = seeds.iter().map(Vec::as_slice).collect();
    let both = two_sources(&gains, &seeds);
    let (value, than) = (mean(values), mean(others));
    Some(GroupDifference {
        value,
        than,
        n_users: gains.len(),
        gain: paired.effect.mean,
        relative: Some(metric.relative_gain(value, than)).filter(|share| share.is_finite()),
        interval: match &both {
            Some(both) => Some(both.interval),
            None => bootstrap_mean(&gains),
        },
        paired,
        both,
        both_corrected: None,
    })
}

/// Share of the largest value below which a gain is one of rounding.
const ROUNDING: f64 = 1e-12;

/// The gains in steps so small that only rounding is lost: a mean over seeds has another last digit
/// in another order of the seeds, and users who gain alike would not be tied.
fn without_rounding(gains: Vec<f64>, scale: f64) -> Vec<f64> {
    let step = scale * ROUNDING;
    if step <= 0.0 || !step.is_finite() {
        return gains;
    }
    gains
        .into_iter()
        .map(|gain| (gain / step).round() * step)
        .collect()
}

/// Holm's correction of each of the three tests over the pairs that it was made of; how many pairs
/// were tested.
fn corrected(pairs: &mut [GroupPair]) -> usize {
    let mut found: Vec<&mut GroupDifference> = pairs
        .iter_mut()
        .filter_map(|pair| pair.found.as_mut().ok())
        .collect();
    let p_values: Vec<f64> = found
        .iter()
        .filter_map(|difference| difference.both.map(|both| both.p))
        .collect();
    let both = found
        .iter_mut()
        .filter(|difference| difference.both.is_some());
    for (difference, p) in both.zip(holm(&p_values)) {
        difference.both_corrected = Some(p);
    }
    correct(found.iter_mut().map(|difference| &mut difference.paired));
    found.len()
}

/// Says of two runs that learnt the same but for the order of their histories what their difference
/// means, whatever their seeds; `None` of others.
#[must_use]
pub fn order_is_worth(one: &Manifest, other: &Manifest) -> Option<String> {
    if one.experiment.shuffles_order() == other.experiment.shuffles_order() {
        return None;
    }
    let in_order = |run: &Manifest| Manifest {
        experiment: run.experiment.with_order_kept(),
        ..run.clone()
    };
    differ_by_seed_alone(&in_order(one), &in_order(other)).then(|| {
        "differ only in that one learnt histories whose order was shuffled; both were asked the \
         same questions after histories in their own order, so their difference is what the order \
         of the training events is worth to this model"
            .to_owned()
    })
}

fn order_notes(
    firsts: &[&Manifest],
    groups: &[RunGroup],
    pairs: &[GroupPair],
    metric: Metric,
) -> Vec<String> {
    let note = |pair: &GroupPair| {
        let (Contestant::Group(one), Contestant::Group(other)) = (pair.better, pair.other) else {
            return None;
        };
        let (a, b) = (firsts.get(one)?, firsts.get(other)?);
        let said = order_is_worth(a, b)?;
        let gain = pair.found.as_ref().ok()?.gain;
        Some(format!(
            "`{}` and `{}` {said}: {gain:.4} {}.",
            groups.get(one)?.label,
            groups.get(other)?.label,
            metric.title()
        ))
    };
    pairs.iter().filter_map(note).collect()
}
