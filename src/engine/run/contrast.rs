//! Answers compared with other answers to the same questions, metric by metric: absolute and
//! relative differences with intervals, paired tests, and what may be claimed of them.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use super::comparison::Tested;
use super::results::ScoredAnswer;
use super::{ReferenceResults, UserResult, why_not_comparable};
use seqscope_base::metric::statistics::{
    Effect, Interval, Randomisation, Wilcoxon, bootstrap_all, effect, holm, randomisation, wilcoxon,
};
use seqscope_base::metric::{Figure, Metric};
use seqscope_model::baseline::ReferenceKind;

/// A metric of some answers, and where it would lie with other users.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Metric of the values.
    pub metric: Metric,
    /// Its value.
    pub value: f64,
    /// Bootstrap interval over users.
    pub interval: Option<Interval>,
}

/// Some answers against others, by one metric, over the users whom both answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// Metric of the values.
    pub metric: Metric,
    /// Its value for what is compared with the other.
    pub value: f64,
    /// Its value for the other.
    pub than: f64,
    /// Number of users.
    pub n_users: usize,
    /// `value - than`, turned about where lower is better: positive where it is better.
    pub gain: f64,
    /// Bootstrap interval of the gain over users.
    pub gain_interval: Option<Interval>,
    /// The gain as a share of `than`: .1 is a tenth better. `None` where `than` is 0.
    pub relative: Option<f64>,
    /// Bootstrap interval of that share, both values drawn anew with the users.
    pub relative_interval: Option<Interval>,
    /// The paired tests, where the metric is a mean over users.
    pub paired: Option<Paired>,
}

/// Tests of the users' differences.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// `d_z`, and shares of users who are better and worse off.
    pub effect: Effect,
    /// Sign-flip randomisation test.
    pub randomisation: Randomisation,
    /// Signed-rank test.
    pub wilcoxon: Wilcoxon,
    /// p-values of the two tests after Holm's correction, each over all that were made together.
    pub corrected: [f64; 2],
}

/// A model against one reference that ran beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct AgainstReference {
    /// Name of the reference.
    pub reference: ReferenceKind,
    /// The model, and `than` the reference.
    pub contrast: Contrast,
}

/// Claim that a model is better than every reference by at least so much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// Metric of the values.
    pub metric: Metric,
    /// Least improvement in percent of the reference's value: 10 is a tenth better.
    pub percent: f64,
}

/// Answer of the test users to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ClaimVerdict {
    /// The whole interval of the relative difference is at or above what is claimed.
    Shown,
    /// The whole interval is below it.
    Refuted,
    /// The interval holds it, or there is none: these users cannot tell.
    Open,
}

pub(super) type RowsByQuestion<'a> = Vec<(&'a str, ScoredAnswer<'a>)>;

/// What a model's results are by some metrics, with intervals; those that the results do not tell
/// are left out.
#[must_use]
pub fn measures(results: &[UserResult], metrics: &[Metric]) -> Vec<Measure> {
    measures_of(&of_model(results), metrics, MeasuredWith::Intervals)
}

/// Whether a measure is told with where it would lie with other users: that costs some thousand
/// times as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MeasuredWith {
    Intervals,
    ValuesAlone,
}

/// [`measures`] of any answers.
pub(super) fn measures_of(
    rows: &RowsByQuestion<'_>,
    metrics: &[Metric],
    with: MeasuredWith,
) -> Vec<Measure> {
    let users = places_of(rows);
    let figures: Vec<(Metric, Figure)> = metrics
        .iter()
        .filter_map(|&metric| Some((metric, figure(rows, metric, &users)?.0)))
        .collect();
    let intervals = match with {
        MeasuredWith::Intervals => bootstrap_all(users.len(), figures.len(), |counts, out| {
            out.iter_mut()
                .zip(&figures)
                .for_each(|(out, (_, figure))| *out = figure.at(counts));
        }),
        MeasuredWith::ValuesAlone => vec![None; figures.len()],
    };
    let once = vec![1; users.len()];
    let measure = |((metric, figure), interval): (&(Metric, Figure), Option<Interval>)| Measure {
        metric: *metric,
        value: figure.at(&once),
        interval,
    };
    let measured = figures.iter().zip(intervals).map(measure);
    measured
        .filter(|measure| measure.value.is_finite())
        .collect()
}

/// A model against each reference by each metric, the metrics in the order given and for each the
/// best reference first. Corrected by Holm over all of it.
#[must_use]
pub fn against_references(
    model: &[UserResult],
    references: &ReferenceResults,
    metrics: &[Metric],
) -> Vec<AgainstReference> {
    let rows = of_model(model);
    let kinds: Vec<ReferenceKind> = references.answers.keys().copied().collect();
    // Each draws for itself, so the order in which they are done changes nothing.
    let found: Vec<(ReferenceKind, Vec<Contrast>)> = kinds
        .par_iter()
        .map(|kind| {
            (
                *kind,
                contrasts(&rows, &references.answers_of(*kind), metrics),
            )
        })
        .collect();
    let mut all: Vec<AgainstReference> = found
        .into_iter()
        .flat_map(|(reference, of)| {
            of.into_iter().map(move |contrast| AgainstReference {
                reference,
                contrast,
            })
        })
        .collect();
    correct(
        all.iter_mut()
            .filter_map(|row| row.contrast.paired.as_mut()),
    );
    let place = |metric: Metric| metrics.iter().position(|other| *other == metric);
    all.sort_by(|a, b| {
        let (a, b) = (&a.contrast, &b.contrast);
        place(a.metric)
            .cmp(&place(b.metric))
            .then_with(|| a.metric.gain(b.than, a.than).total_cmp(&0.0))
    });
    all
}

/// Some results against others, by each metric over the users in both; not yet corrected.
pub(super) fn contrasts_of(
    ours: &[UserResult],
    theirs: &[UserResult],
    metrics: &[Metric],
) -> Vec<Contrast> {
    contrasts(&of_model(ours), &of_model(theirs), metrics)
}

/// Every run but the first against the first, by each metric; the reason where the two must not be
/// compared with each other. Corrected by Holm over all of it.
pub(super) fn against_first(
    runs: &[Tested<'_>],
    metrics: &[Metric],
) -> Vec<Result<Vec<Contrast>, String>> {
    let Some((first, others)) = runs.split_first() else {
        return Vec::new();
    };
    let before = of_model(first.results);
    let mut found: Vec<Result<Vec<Contrast>, String>> = others
        .par_iter()
        .map(
            |run| match why_not_comparable(first.manifest, run.manifest) {
                Some(why) => Err(why.to_owned()),
                None => Ok(contrasts(&of_model(run.results), &before, metrics)),
            },
        )
        .collect();
    correct(
        found
            .iter_mut()
            .flatten()
            .flatten()
            .filter_map(|contrast| contrast.paired.as_mut()),
    );
    found
}

impl Claim {
    /// What the users say, and the reference that decides it: one that refutes the claim, else one
    /// that leaves it open, else, where it is shown against every reference, the best. Of several
    /// the best by the metric. `None` where nothing is known by this metric.
    ///
    /// # Source
    /// The intersection-union test (Berger 1982): who must be shown better than each needs no
    /// correction for their number.
    #[must_use]
    pub fn judged<'a>(
        &self,
        rows: &'a [AgainstReference],
    ) -> Option<(&'a AgainstReference, ClaimVerdict)> {
        let judged = rows.iter().filter(|row| row.contrast.metric == self.metric);
        judged
            .map(|row| (row, self.against(&row.contrast)))
            .min_by_key(|(_, verdict)| match verdict {
                ClaimVerdict::Refuted => 0,
                ClaimVerdict::Open => 1,
                ClaimVerdict::Shown => 2,
            })
    }

    fn against(&self, contrast: &Contrast) -> ClaimVerdict {
        let least = self.percent / 100.0;
        match contrast.relative_interval {
            Some(interval) if interval.low >= least => ClaimVerdict::Shown,
            Some(interval) if interval.high < least => ClaimVerdict::Refuted,
            // Of nothing, any gain is more than every share.
            None if contrast.than == 0.0
                && contrast.gain_interval.is_some_and(|gain| gain.low > 0.0) =>
            {
                ClaimVerdict::Shown
            }
            Some(_) | None => ClaimVerdict::Open,
        }
    }
}

pub(super) fn of_model(results: &[UserResult]) -> RowsByQuestion<'_> {
    results
        .iter()
        .map(|result| (result.user_id.as_str(), result.answer()))
        .collect()
}

/// A place for each user, in the order of their ids.
fn places(users: BTreeSet<&str>) -> BTreeMap<&str, usize> {
    users
        .into_iter()
        .enumerate()
        .map(|(place, user)| (user, place))
        .collect()
}

/// A place for each user of some rows.
pub(super) fn places_of<'a>(rows: &RowsByQuestion<'a>) -> BTreeMap<&'a str, usize> {
    places(rows.iter().map(|(user, _)| *user).collect())
}

/// Both sides by one metric.
struct Sides {
    metric: Metric,
    figures: [Figure; 2],
    /// The users' own values, where the metric is a mean over them.
    values: Option<[Vec<f64>; 2]>,
}

impl Sides {
    fn between(
        one: &RowsByQuestion<'_>,
        other: &RowsByQuestion<'_>,
        metric: Metric,
        users: &BTreeMap<&str, usize>,
    ) -> Option<Self> {
        let ((value, own), (than, others)) =
            (figure(one, metric, users)?, figure(other, metric, users)?);
        let values = own.zip(others).map(|(own, others)| [own, others]);
        Some(Self {
            metric,
            figures: [value, than],
            values,
        })
    }

    fn figures_with(&self, counts: &[u32]) -> [f64; 2] {
        self.figures.each_ref().map(|figure| figure.at(counts))
    }

    fn gains(&self) -> Option<Vec<f64>> {
        let [own, others] = self.values.as_ref()?;
        Some(
            own.iter()
                .zip(others)
                .map(|(value, than)| self.metric.gain(*value, *than))
                .collect(),
        )
    }

    fn contrast(&self, n_users: usize, intervals: &[Option<Interval>]) -> Contrast {
        let [value, than] = self.figures_with(&vec![1; n_users]);
        let relative = self.metric.relative_gain(value, than);
        Contrast {
            metric: self.metric,
            value,
            than,
            n_users,
            gain: self.metric.gain(value, than),
            gain_interval: intervals.first().copied().flatten(),
            relative: Some(relative).filter(|share| share.is_finite()),
            relative_interval: intervals.last().copied().flatten(),
            paired: self.gains().and_then(|gains| Paired::of_gains(&gains)),
        }
    }
}

/// One list of answers against another, over the users in both.
fn contrasts(
    one: &RowsByQuestion<'_>,
    other: &RowsByQuestion<'_>,
    metrics: &[Metric],
) -> Vec<Contrast> {
    let [ours, theirs] = [one, other].map(|rows| {
        rows.iter()
            .map(|(user, _)| *user)
            .collect::<BTreeSet<&str>>()
    });
    let users = places(ours.intersection(&theirs).copied().collect());
    let sides: Vec<Sides> = metrics
        .iter()
        .filter_map(|&metric| Sides::between(one, other, metric, &users))
        .collect();
    let intervals = bootstrap_all(users.len(), sides.len() * 2, |counts, out| {
        for (out, sides) in out.chunks_exact_mut(2).zip(&sides) {
            let [value, than] = sides.figures_with(counts);
            out.copy_from_slice(&[
                sides.metric.gain(value, than),
                sides.metric.relative_gain(value, than),
            ]);
        }
    });
    let found = sides.iter().zip(intervals.chunks_exact(2));
    let found = found.map(|(sides, intervals)| sides.contrast(users.len(), intervals));
    found.filter(|contrast| contrast.gain.is_finite()).collect()
}

impl Paired {
    /// Tests the users' gains; `None` for fewer than two of them, or where one is no finite number.
    pub(super) fn of_gains(gains: &[f64]) -> Option<Self> {
        Some(Self {
            effect: effect(gains)?,
            randomisation: randomisation(gains),
            wilcoxon: wilcoxon(gains),
            corrected: [f64::NAN; 2],
        })
    }
}

/// Holm's correction of both tests, each over all that were made.
pub(super) fn correct<'a>(made: impl Iterator<Item = &'a mut Paired>) {
    let mut made: Vec<&mut Paired> = made.collect();
    let randomised = holm(
        &made
            .iter()
            .map(|paired| paired.randomisation.p)
            .collect::<Vec<_>>(),
    );
    let ranked = holm(
        &made
            .iter()
            .map(|paired| paired.wilcoxon.p)
            .collect::<Vec<_>>(),
    );
    for ((paired, randomised), ranked) in made.iter_mut().zip(randomised).zip(ranked) {
        paired.corrected = [randomised, ranked];
    }
}

/// The metric as a function of users, and their own values where it is a mean over them; `None`
/// where the answers do not tell.
fn figure(
    rows: &RowsByQuestion<'_>,
    metric: Metric,
    users: &BTreeMap<&str, usize>,
) -> Option<(Figure, Option<Vec<f64>>)> {
    if metric.is_by_user() {
        let values = means(rows, metric, users)?;
        return Some((Figure::mean(&values), Some(values)));
    }
    let answers = one_each(rows, users)?;
    let figure = match metric {
        Metric::Rmse => Figure::rmse(
            &answers
                .iter()
                .map(|answer| Some(answer.predicted? - answer.truth.parse::<f64>().ok()?))
                .collect::<Option<Vec<f64>>>()?,
        ),
        // A run from before answers were kept has none; where there are some, those that lack are
        // tied.
        Metric::F1Macro if answers.iter().all(|answer| answer.answered.is_none()) => return None,
        Metric::F1Macro => {
            let names: BTreeSet<&str> = answers
                .iter()
                .flat_map(|answer| answer.answered.into_iter().chain([answer.truth]))
                .collect();
            let names = places(names);
            let place = |name: &str| names.get(name).copied();
            Figure::macro_f1(
                &answers
                    .iter()
                    .map(|answer| Some((place(answer.truth)?, answer.answered.and_then(place))))
                    .collect::<Option<Vec<_>>>()?,
            )
        }
        _ => Figure::of_binary(
            metric,
            &answers.iter().map(yes_or_no).collect::<Option<Vec<_>>>()?,
        )?,
    };
    Some((figure, None))
}

/// Whether the answer was yes, and the chance that was given to it; `None` of answers that are
/// neither.
fn yes_or_no(answer: &ScoredAnswer<'_>) -> Option<(bool, f64)> {
    let is_yes = match answer.truth {
        "yes" => true,
        "no" => false,
        _ => return None,
    };
    let of_no = if is_yes {
        1.0 - answer.probability
    } else {
        answer.probability
    };
    // Both go through the chance of "no", so that what was equal is still equal after rounding.
    Some((is_yes, 1.0 - of_no))
}

/// The metric of every user in the order of their ids, of those asked several times their mean;
/// `None` where one of them has none.
pub(super) fn values_by_user(results: &[UserResult], metric: Metric) -> Option<Vec<f64>> {
    let rows = of_model(results);
    means(&rows, metric, &places_of(&rows))
}

/// The metric of each of these users, of those asked several times their mean; `None` where one of
/// them has none.
pub(super) fn means(
    rows: &RowsByQuestion<'_>,
    metric: Metric,
    users: &BTreeMap<&str, usize>,
) -> Option<Vec<f64>> {
    let mut sums = vec![(0.0, 0_usize); users.len()];
    for (user, answer) in rows {
        let Some(&place) = users.get(user) else {
            continue;
        };
        let value = answer.value(metric)?;
        if let Some((sum, n)) = sums.get_mut(place) {
            *sum += value;
            *n += 1;
        }
    }
    Some(sums.into_iter().map(|(sum, n)| sum / n as f64).collect())
}

/// One answer a user; `None` where one has several, of which such a metric knows no mean.
fn one_each<'a>(
    rows: &RowsByQuestion<'a>,
    users: &BTreeMap<&str, usize>,
) -> Option<Vec<ScoredAnswer<'a>>> {
    let mut answers: Vec<Option<ScoredAnswer<'a>>> = vec![None; users.len()];
    for (user, answer) in rows {
        let Some(place) = users.get(user).and_then(|&place| answers.get_mut(place)) else {
            continue;
        };
        if place.replace(*answer).is_some() {
            return None;
        }
    }
    answers.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::run::ReferenceAnswers;
    use seqscope_base::metric::AnswerKind;
    use seqscope_base::metric::statistics::{LEVEL, N_RESAMPLES, SEED};
    use seqscope_base::spec::derive_seed;
    use seqscope_model::baseline::BaselineKind;
    use seqscope_model::baseline::task::TaskReference;

    fn answered(user: usize, truth: &str, rank: f64, probability: f64) -> UserResult {
        UserResult {
            user_id: format!("u{user:03}"),
            item_id: truth.to_owned(),
            rank,
            probability,
            predicted: None,
            answered: None,
            facts: None,
        }
    }

    fn ranked(ranks: &[f64]) -> Vec<UserResult> {
        ranks
            .iter()
            .enumerate()
            .map(|(user, &rank)| answered(user, "i", rank, 0.1))
            .collect()
    }

    fn beside(model: &[UserResult], references: &[(BaselineKind, &[f64])]) -> ReferenceResults {
        let answers = references
            .iter()
            .map(|(kind, ranks)| ((*kind).into(), ReferenceAnswers::of_ranks(ranks.to_vec())));
        ReferenceResults::beside(model, answers.collect())
    }

    /// Ranks from 1 to 14, drawn.
    fn drawn(seed: u64, n: usize) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..n)
            .map(|_| f64::from(random.random_range(1..15)))
            .collect()
    }

    /// Percentile interval of anything of drawn users, written out: draw, work out, sort, cut.
    fn slowly(n_users: usize, of: impl Fn(&[usize]) -> f64) -> [f64; 2] {
        let mut random = ChaCha8Rng::seed_from_u64(derive_seed(SEED, "bootstrap", 0));
        let mut found: Vec<f64> = Vec::new();
        for _ in 0..N_RESAMPLES {
            let users: Vec<usize> = (0..n_users)
                .map(|_| random.random_range(0..n_users as u32) as usize)
                .collect();
            found.push(of(&users));
        }
        found.sort_by(f64::total_cmp);
        [(1.0 - LEVEL) / 2.0, f64::midpoint(LEVEL, 1.0)].map(|share| {
            let at = share * (found.len() - 1) as f64;
            let below = found[at.floor() as usize];
            below + (found[at.ceil() as usize] - below) * at.fract()
        })
    }

    #[track_caller]
    fn assert_near(interval: Option<Interval>, wanted: [f64; 2]) {
        let found = interval.unwrap();
        assert!(
            (found.low - wanted[0]).abs() < 1e-9 && (found.high - wanted[1]).abs() < 1e-9,
            "{found:?} {wanted:?}"
        );
    }

    #[test]
    fn intervals_are_those_of_drawing_users_and_dividing_means() {
        let (ours, theirs) = (drawn(1, 80), drawn(2, 80));
        let model = ranked(&ours);
        let rows = against_references(
            &model,
            &beside(&model, &[(BaselineKind::Markov, &theirs)]),
            AnswerKind::Ranking.compared(),
        );
        assert_eq!(rows.len(), 3);
        for AgainstReference { contrast, .. } in &rows {
            let mean = |ranks: &[f64], users: &[usize]| {
                users
                    .iter()
                    .map(|&user| contrast.metric.of_rank(ranks[user]).unwrap())
                    .sum::<f64>()
                    / users.len() as f64
            };
            let all: Vec<usize> = (0..80).collect();
            let (value, than) = (mean(&ours, &all), mean(&theirs, &all));
            assert!((contrast.value - value).abs() < 1e-12 && (contrast.than - than).abs() < 1e-12);
            assert!((contrast.relative.unwrap() - (value / than - 1.0)).abs() < 1e-12);
            assert_near(
                contrast.gain_interval,
                slowly(80, |users| mean(&ours, users) - mean(&theirs, users)),
            );
            assert_near(
                contrast.relative_interval,
                slowly(80, |users| mean(&ours, users) / mean(&theirs, users) - 1.0),
            );
        }
    }

    #[test]
    fn the_best_reference_comes_first_and_all_tests_are_one_family() {
        let model = ranked(&[1.0; 8]);
        let kept = beside(
            &model,
            &[
                (BaselineKind::Popularity, &[20.0; 8]),
                (BaselineKind::Markov, &[2.0; 8]),
            ],
        );
        let rows = against_references(&model, &kept, &[Metric::Hr1, Metric::Recall10]);
        let names: Vec<(Metric, String)> = rows
            .iter()
            .map(|row| (row.contrast.metric, row.reference.to_string()))
            .collect();
        let wanted = [Metric::Hr1, Metric::Hr1, Metric::Recall10, Metric::Recall10].into_iter();
        let kinds = ["popularity", "markov", "markov", "popularity"].map(str::to_owned);
        assert_eq!(
            names,
            wanted.zip(kinds).collect::<Vec<_>>(),
            "equal at HR@1, so as listed; else the best first"
        );
        let of = |at: usize| rows[at].contrast.paired.clone().unwrap();
        // Eight users gain alike: 2 of 256 flips. Three such and one without any difference: times
        // four.
        assert!(
            (of(0).randomisation.p - 2.0 / 256.0).abs() < 1e-12
                && (of(0).corrected[0] - 8.0 / 256.0).abs() < 1e-12
        );
        assert!((of(2).randomisation.p - 1.0).abs() < 1e-12, "both find all");
        let nothing = &rows[3].contrast;
        assert_eq!(
            (nothing.relative, nothing.relative_interval),
            (None, None),
            "no share of nothing"
        );
        assert!((nothing.gain - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_claim_is_shown_refuted_or_open() {
        // The reference finds half of the users, the model all of them: twice as good, 100 %.
        let model = ranked(&[1.0; 200]);
        let half: Vec<f64> = (0..200)
            .map(|user| if user % 2 == 0 { 1.0 } else { 20.0 })
            .collect();
        let kept = beside(
            &model,
            &[
                (BaselineKind::Markov, &half),
                (BaselineKind::Popularity, &[20.0; 200]),
            ],
        );
        let rows = against_references(&model, &kept, &[Metric::Hr1]);
        let verdict = |percent: f64| {
            Claim {
                metric: Metric::Hr1,
                percent,
            }
            .judged(&rows)
            .unwrap()
        };
        assert_eq!(
            verdict(10.0).0.reference,
            BaselineKind::Markov.into(),
            "the best is the bar"
        );
        assert_eq!(
            [10.0, 100.0, 300.0].map(|percent| verdict(percent).1),
            [
                ClaimVerdict::Shown,
                ClaimVerdict::Open,
                ClaimVerdict::Refuted
            ]
        );
        assert_eq!(
            Claim {
                metric: Metric::Mrr,
                percent: 5.0
            }
            .judged(&rows),
            None
        );

        // The best reference is better by a little and for sure; the second, found in luckier
        // users, may not be.
        let with = |verdicts: [f64; 2]| {
            let mut rows = rows.clone();
            for (row, low) in rows.iter_mut().zip(verdicts) {
                row.contrast.relative_interval = Some(Interval { low, high: 0.5 });
            }
            let (row, verdict) = Claim {
                metric: Metric::Hr1,
                percent: 10.0,
            }
            .judged(&rows)
            .unwrap();
            (row.reference, verdict)
        };
        assert_eq!(
            with([0.2, 0.05]),
            (BaselineKind::Popularity.into(), ClaimVerdict::Open),
            "every reference must be beaten"
        );
        assert_eq!(
            with([0.05, 0.2]),
            (BaselineKind::Markov.into(), ClaimVerdict::Open)
        );
        assert_eq!(
            with([0.2, 0.2]),
            (BaselineKind::Markov.into(), ClaimVerdict::Shown)
        );
    }

    #[test]
    fn equal_chances_stay_equal_when_turned_about() {
        // The base rate says .1 to everyone; kept is the chance of what happened.
        let model: Vec<UserResult> = (0..30)
            .map(|user| {
                if user % 3 == 0 {
                    answered(user, "yes", 1.0, 0.9)
                } else {
                    answered(user, "no", 1.0, 0.8)
                }
            })
            .collect();
        let probabilities = model
            .iter()
            .map(|result| {
                if result.item_id == "yes" {
                    0.1
                } else {
                    1.0 - 0.1
                }
            })
            .collect();
        let base = ReferenceAnswers {
            probabilities,
            ..ReferenceAnswers::default()
        };
        let kept =
            ReferenceResults::beside(&model, [(TaskReference::BaseRate.into(), base)].into());
        let rows = against_references(&model, &kept, AnswerKind::Binary.compared());
        let of = |metric: Metric| {
            rows.iter()
                .map(|row| &row.contrast)
                .find(|contrast| contrast.metric == metric)
                .unwrap()
        };
        assert_eq!((of(Metric::Auc).than, of(Metric::Auc).value), (0.5, 1.0));
        assert!(of(Metric::Auc).paired.is_none() && of(Metric::Brier).paired.is_some());
        let brier = of(Metric::Brier);
        assert!(
            brier.gain > 0.0
                && (brier.relative.unwrap() - (1.0 - brier.value / brier.than)).abs() < 1e-12,
            "lower is better"
        );
    }

    #[test]
    fn numbers_and_classes_are_measured_over_the_users_of_both() {
        let number = |user: usize, predicted: f64| UserResult {
            predicted: Some(predicted),
            ..answered(user, "2", f64::NAN, f64::NAN)
        };
        let one: Vec<UserResult> = [2.0, 3.0, 5.0]
            .into_iter()
            .enumerate()
            .map(|(user, said)| number(user, said))
            .collect();
        let other: Vec<UserResult> = [9.0, 2.0, 2.0]
            .into_iter()
            .enumerate()
            .map(|(at, said)| number(at + 1, said))
            .collect();
        let found = contrasts(
            &of_model(&one),
            &of_model(&other),
            AnswerKind::Number.compared(),
        );
        // Users 1 and 2 are in both: errors 1 and 3 against 7 and 0.
        assert_eq!(
            (
                found[0].n_users,
                found[0].value,
                found[0].than,
                found[0].gain
            ),
            (2, 2.0, 3.5, 1.5)
        );
        assert!(
            (found[1].value - 5.0_f64.sqrt()).abs() < 1e-12
                && (found[1].than - 24.5_f64.sqrt()).abs() < 1e-12
        );

        let class = |user: usize, truth: &str, said: Option<&str>| UserResult {
            answered: said.map(str::to_owned),
            ..answered(user, truth, 1.0, 0.5)
        };
        let known = [class(0, "buy", Some("buy")), class(1, "view", Some("buy"))];
        // buy: 2 of 3; view: 0.
        let by_f1 = measures(&known, &[Metric::F1Macro]);
        assert!((by_f1[0].value - 1.0 / 3.0).abs() < 1e-12, "{by_f1:?}");
        // One that is tied is wrong, and spoils the metric for nobody. buy: 2 of 4, view: 0.
        let tied = [&known[..], &[class(2, "buy", None)]].concat();
        let by_f1 = measures(&tied, &[Metric::F1Macro]);
        assert!((by_f1[0].value - 0.25).abs() < 1e-12, "{by_f1:?}");
        assert!(
            measures(&[class(0, "buy", None)], &[Metric::F1Macro]).is_empty(),
            "older runs do not tell"
        );
        let twice = [class(0, "yes", None), class(0, "no", None)];
        assert!(
            measures(&twice, &[Metric::Auc]).is_empty()
                && !measures(&twice, &[Metric::Brier]).is_empty()
        );
        assert!(measures(&[], AnswerKind::Binary.compared()).is_empty());
    }
}
