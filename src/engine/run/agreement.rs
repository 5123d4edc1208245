//! Agreement of two runs, user by user: how well each ranked the true item of everyone's test
//! question, and on whom they disagree most. Either side may be several seeds of one experiment.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Manifest, Summary, UserResult, differ_by_seed_alone};

/// Places in a list among which the true item counts as found, where agreement is counted.
const FOUND_AT: f64 = 10.0;

/// Differences up to this size are rounding: sums of the same numbers in another order.
const ROUNDING: f64 = 1e-12;

/// Least probability that is told from none: a smaller one counts as this one, so that its logarithm
/// is a number.
const LEAST_PROBABILITY: f64 = 1e-30;

/// Measure in which two runs are held against each other.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::EnumIter,
    strum::Display,
)]
pub enum AgreementBy {
    /// Reciprocal of the true item's rank, 0 for a miss: a difference at the top of the list weighs
    /// more than one far down.
    #[default]
    #[strum(to_string = "rank")]
    ReciprocalRank,
    /// Natural logarithm of the true item's probability over all items: a difference of 1 is a
    /// factor of 2.7, wherever in the list.
    #[strum(to_string = "probability")]
    LogProbability,
}

impl AgreementBy {
    /// Name of what is subtracted.
    #[must_use]
    pub fn measure(self) -> &'static str {
        match self {
            Self::ReciprocalRank => "reciprocal rank",
            Self::LogProbability => "log-probability",
        }
    }

    /// Sentence on what the size of a disagreement is.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::ReciprocalRank => {
                "Size of a disagreement: difference of the true item's reciprocal rank (a miss \
                 counts 0), so that the top of the list weighs most"
            }
            Self::LogProbability => {
                "Size of a disagreement: difference of the natural logarithm of the true item's \
                 probability over all items"
            }
        }
    }

    /// The measure of one answer; NaN where the result does not tell.
    fn of(self, result: &UserResult) -> f64 {
        match self {
            // A miss has an infinite rank, and so adds nothing.
            Self::ReciprocalRank if result.rank >= 1.0 => 1.0 / result.rank,
            Self::LogProbability if result.probability.is_finite() => {
                result.probability.max(LEAST_PROBABILITY).ln()
            }
            Self::ReciprocalRank | Self::LogProbability => f64::NAN,
        }
    }
}

/// Answers of both sides about one user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPair {
    /// The user's id as in the log.
    pub user_id: String,
    /// The true item's id; of a user who was asked several times the first.
    pub item_id: String,
    /// Reciprocal rank of the true item on either side, mean over its runs and, of a user who was
    /// asked several times, over the questions.
    pub reciprocal_ranks: [f64; 2],
    /// Natural logarithm of its probability, likewise.
    pub log_probabilities: [f64; 2],
}

impl UserPair {
    /// The measure on either side.
    #[must_use]
    pub fn values(&self, by: AgreementBy) -> [f64; 2] {
        match by {
            AgreementBy::ReciprocalRank => self.reciprocal_ranks,
            AgreementBy::LogProbability => self.log_probabilities,
        }
    }

    /// What the first side is ahead by.
    #[must_use]
    pub fn difference(&self, by: AgreementBy) -> f64 {
        let [first, second] = self.values(by);
        first - second
    }

    /// Rank on either side: of several runs the harmonic mean, as that is the reciprocal of what is
    /// averaged; infinite where all missed.
    #[must_use]
    pub fn ranks(&self) -> [f64; 2] {
        self.reciprocal_ranks.map(|value| 1.0 / value)
    }

    /// Probability on either side: of several runs the geometric mean.
    #[must_use]
    pub fn probabilities(&self) -> [f64; 2] {
        self.log_probabilities.map(f64::exp)
    }

    /// Whether the true item is among the first ten on either side.
    #[must_use]
    pub fn is_found(&self) -> [bool; 2] {
        self.ranks().map(|rank| rank <= FOUND_AT)
    }
}

/// Users who cannot be held against each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOutUsers {
    /// Those whom not every run was asked about.
    pub not_in_all: usize,
    /// Users whose true item is another one in some run.
    pub other_target: usize,
    /// Users of whom a run tells no number.
    pub unknown: usize,
}

/// Two runs, or groups of seeds, over the users whom all of them were asked about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserAgreement {
    /// Measure of the differences.
    pub by: AgreementBy,
    /// Runs on either side.
    pub n_runs: [usize; 2],
    /// The users, in the order of the first run's results, which is that of the log.
    pub users: Vec<UserPair>,
    /// Places in `users` of those on whom the sides differ, the largest difference first, of equal
    /// ones in the order of the log.
    pub by_size: Vec<usize>,
    /// Those who are not among them.
    pub left_out: LeftOutUsers,
}

/// Counts of users by what either side found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoundCounts {
    /// Found by both.
    pub both: usize,
    /// Found by the first alone.
    pub only_first: usize,
    /// Found by the second alone.
    pub only_second: usize,
    /// Found by neither.
    pub neither: usize,
}

impl UserAgreement {
    /// Holds the results of two sides against each other; each side is the results of one run, or of
    /// several seeds.
    #[must_use]
    pub fn between(by: AgreementBy, sides: [&[&[UserResult]]; 2]) -> Self {
        let mut runs = sides.iter().flat_map(|side| side.iter());
        let mut found = Self {
            by,
            n_runs: sides.map(<[_]>::len),
            ..Self::default()
        };
        if sides.iter().any(|side| side.is_empty()) {
            return found;
        }
        let Some(first) = runs.next() else {
            return found;
        };
        let (order, by_run) = (
            in_order(first),
            [by_user_of(sides[0]), by_user_of(sides[1])],
        );
        for user in &order {
            let of_sides = by_run.each_ref().map(|runs| of_all(runs, user));
            let [Some(ours), Some(theirs)] = of_sides else {
                found.left_out.not_in_all += 1;
                continue;
            };
            match pair_of(user, [&ours, &theirs]) {
                None => found.left_out.other_target += 1,
                Some(pair) if pair.difference(by).is_nan() => found.left_out.unknown += 1,
                Some(pair) => found.users.push(pair),
            }
        }
        let known: HashSet<&str> = order.into_iter().collect();
        let all = by_run.iter().flatten().flat_map(HashMap::keys).copied();
        let elsewhere: HashSet<&str> = all.filter(|user| !known.contains(user)).collect();
        found.left_out.not_in_all += elsewhere.len();
        // What differs by rounding alone is as large.
        let size = |at: &usize| (found.users[*at].difference(by).abs() / ROUNDING).round();
        let mut by_size: Vec<usize> = (0..found.users.len()).filter(|at| size(at) > 0.0).collect();
        by_size.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
        found.by_size = by_size;
        found
    }

    /// The user on whom the sides differ most after the present one, or before for a negative step;
    /// round at the ends, among those who are meant. Whoever is not among them comes before the
    /// first.
    #[must_use]
    pub fn stepped(
        &self,
        present: Option<&str>,
        by: i64,
        is_meant: impl Fn(&UserPair) -> bool,
    ) -> Option<&UserPair> {
        let is_present = |at: &usize| {
            let pair = self.users.get(*at);
            pair.is_some_and(|pair| present == Some(pair.user_id.as_str()))
        };
        let place = self.by_size.iter().position(is_present);
        let n = i64::try_from(self.by_size.len()).ok()?;
        let from = match place {
            Some(place) => i64::try_from(place).ok()?,
            None if by > 0 => -1,
            None => 0,
        };
        let places = (1..=n).map(|step| (from + step * by.signum()).rem_euclid(n));
        let pairs = places.filter_map(|place| {
            let at = self.by_size.get(usize::try_from(place).ok()?)?;
            self.users.get(*at)
        });
        let mut meant = pairs.filter(|pair| is_meant(pair));
        meant.next().filter(|_| by != 0)
    }

    /// How many users either side found among the first ten.
    #[must_use]
    pub fn counts(&self) -> FoundCounts {
        let mut counts = FoundCounts::default();
        for pair in &self.users {
            match pair.is_found() {
                [true, true] => counts.both += 1,
                [true, false] => counts.only_first += 1,
                [false, true] => counts.only_second += 1,
                [false, false] => counts.neither += 1,
            }
        }
        counts
    }

    /// Where each user stands on logarithmic axes, the first side across: the power of ten of the
    /// rank, or of the probability. A miss stands half a power beyond the worst rank there is.
    #[must_use]
    pub fn places(&self) -> Vec<[f32; 2]> {
        let beyond = self.missed_at();
        let place = |value: f64| match self.by {
            AgreementBy::ReciprocalRank if value > 0.0 => -value.log10(),
            AgreementBy::ReciprocalRank => beyond,
            AgreementBy::LogProbability => value / std::f64::consts::LN_10,
        };
        let pairs = self.users.iter();
        pairs
            .map(|pair| pair.values(self.by).map(|value| place(value) as f32))
            .collect()
    }

    /// Power of ten at which a miss stands in [`Self::places`].
    #[must_use]
    pub fn missed_at(&self) -> f64 {
        let all = self.users.iter().flat_map(|pair| pair.reciprocal_ranks);
        let finite = all.filter(|value| *value > 0.0);
        finite.map(|value| -value.log10()).fold(0.0, f64::max) + 0.5
    }

    /// Whether a side missed the true item of a user, so that there is no rank.
    #[must_use]
    pub fn has_misses(&self) -> bool {
        let mut all = self.users.iter().flat_map(|pair| pair.reciprocal_ranks);
        self.by == AgreementBy::ReciprocalRank && all.any(|value| value <= 0.0)
    }
}

/// Ids of the users of some results, each once, in their order.
fn in_order(results: &[UserResult]) -> Vec<&str> {
    let mut seen = HashSet::with_capacity(results.len());
    let ids = results.iter().map(|result| result.user_id.as_str());
    ids.filter(|id| seen.insert(*id)).collect()
}

type ByUser<'a> = HashMap<&'a str, Vec<&'a UserResult>>;

fn by_user_of<'a>(side: &[&'a [UserResult]]) -> Vec<ByUser<'a>> {
    let of_run = |results: &&'a [UserResult]| {
        let mut users: ByUser<'a> = HashMap::with_capacity(results.len());
        for result in *results {
            users.entry(&result.user_id).or_default().push(result);
        }
        users
    };
    side.iter().map(of_run).collect()
}

/// The answers of every run of a side about a user; `None` where one has none.
fn of_all<'a>(runs: &[ByUser<'a>], user: &str) -> Option<Vec<Vec<&'a UserResult>>> {
    runs.iter().map(|run| run.get(user).cloned()).collect()
}

/// The answers about a user as one pair; `None` where the runs were asked about different items.
fn pair_of(user: &str, sides: [&Vec<Vec<&UserResult>>; 2]) -> Option<UserPair> {
    let targets = |rows: &[&UserResult]| -> Vec<String> {
        rows.iter().map(|row| row.item_id.clone()).collect()
    };
    let asked = targets(sides[0].first()?);
    let mut all = sides.iter().flat_map(|side| side.iter());
    if !all.all(|rows| targets(rows) == asked) {
        return None;
    }
    Some(UserPair {
        user_id: user.to_owned(),
        item_id: asked.into_iter().next()?,
        reciprocal_ranks: sides.map(|side| mean(side, AgreementBy::ReciprocalRank)),
        log_probabilities: sides.map(|side| mean(side, AgreementBy::LogProbability)),
    })
}

/// Mean of a measure over the runs of a side and their answers.
fn mean(side: &[Vec<&UserResult>], by: AgreementBy) -> f64 {
    let rows = side.iter().flatten();
    let n_rows = rows.clone().count();
    rows.map(|row| by.of(row)).sum::<f64>() / n_rows as f64
}

/// Runs that differ from one in their seed alone and have been judged on test, itself first and then
/// by seed; of several with the same seed the newest.
#[must_use]
pub fn seed_sisters(of: &Arc<Manifest>, all: &[Summary]) -> Vec<Arc<Manifest>> {
    let is_sister = |other: &Arc<Manifest>| {
        other.experiment.seed != of.experiment.seed
            && other.test.is_some()
            && differ_by_seed_alone(of, other)
    };
    let manifests = all.iter().filter_map(|summary| summary.manifest.as_ref());
    let mut sisters: Vec<Arc<Manifest>> = manifests.filter(|m| is_sister(m)).cloned().collect();
    sisters.sort_by_key(|m| (m.experiment.seed, std::cmp::Reverse(m.started_secs)));
    sisters.dedup_by_key(|m| m.experiment.seed);
    std::iter::once(Arc::clone(of)).chain(sisters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(user: &str, item: &str, rank: f64, probability: f64) -> UserResult {
        UserResult {
            user_id: user.to_owned(),
            item_id: item.to_owned(),
            rank,
            probability,
            predicted: None,
            answered: None,
            facts: None,
        }
    }

    fn ranked(ranks: &[(&str, f64)]) -> Vec<UserResult> {
        let all = ranks.iter();
        all.map(|(user, rank)| result(user, "i", *rank, 1.0 / (rank + 1.0)))
            .collect()
    }

    fn between(by: AgreementBy, a: &[UserResult], b: &[UserResult]) -> UserAgreement {
        UserAgreement::between(by, [&[a], &[b]])
    }

    #[test]
    fn users_come_by_the_size_of_the_disagreement_and_ties_by_the_log() {
        let left = ranked(&[
            ("a", 1.0),
            ("b", 4.0),
            ("c", 2.0),
            ("d", 50.0),
            ("only left", 1.0),
        ]);
        let right = ranked(&[
            ("d", 25.0),
            ("c", 1.0),
            ("b", 4.0),
            ("a", 2.0),
            ("only right", 3.0),
        ]);
        let found = between(AgreementBy::ReciprocalRank, &left, &right);
        let ids: Vec<&str> = found
            .users
            .iter()
            .map(|pair| pair.user_id.as_str())
            .collect();
        assert_eq!(ids, ["a", "b", "c", "d"]);
        // |1 − ½| twice, then |1/50 − 1/25|; b is no disagreement.
        assert_eq!(found.by_size, [0, 2, 3]);
        let next = |present, by| {
            let pair = found.stepped(present, by, |_| true);
            pair.map(|pair| pair.user_id.as_str())
        };
        assert_eq!(
            [
                next(None, 1),
                next(Some("a"), 1),
                next(Some("c"), 1),
                next(Some("d"), 1)
            ],
            [Some("a"), Some("c"), Some("d"), Some("a")]
        );
        assert_eq!(
            [next(Some("a"), -1), next(Some("b"), 1)],
            [Some("d"), Some("a")]
        );
        assert_eq!(found.left_out.not_in_all, 2);
        let nobody = between(AgreementBy::ReciprocalRank, &left, &left);
        assert!(nobody.by_size.is_empty() && nobody.stepped(Some("a"), 1, |_| true).is_none());
        let among = |id: &str| {
            let pair = found.stepped(Some("a"), 1, |pair| pair.user_id == id);
            pair.map(|pair| pair.user_id.as_str())
        };
        assert_eq!(
            [among("d"), among("a"), among("b")],
            [Some("d"), Some("a"), None]
        );
    }

    /// Users on whom exactly one run is right, as the counts have them.
    #[test]
    fn what_either_found_among_ten_is_counted() {
        let left = ranked(&[("a", 1.0), ("b", 11.0), ("c", 10.0), ("d", 50.0)]);
        let right = ranked(&[("d", 60.0), ("c", 10.5), ("b", 3.0), ("a", 2.0)]);
        let counts = between(AgreementBy::ReciprocalRank, &left, &right).counts();
        let expected = FoundCounts {
            both: 1,
            only_first: 1,
            only_second: 1,
            neither: 1,
        };
        assert_eq!(counts, expected);
    }

    /// Every number worked out once more by going through all pairs of rows.
    #[test]
    fn means_over_seeds_are_those_of_a_slow_loop() {
        let number = |at: usize| (at * 7919 % 97) as f64 + 1.0;
        let run = |seed: usize| -> Vec<UserResult> {
            (0..60)
                .map(|user| {
                    let at = user * 13 + seed * 101;
                    let rank = if at.is_multiple_of(11) {
                        f64::INFINITY
                    } else {
                        number(at)
                    };
                    result(&format!("u{user}"), "i", rank, 1.0 / number(at + 7))
                })
                .collect()
        };
        let runs: Vec<Vec<UserResult>> = (0..6).map(run).collect();
        let (a, b): (Vec<&[UserResult]>, Vec<&[UserResult]>) = (
            runs[..3].iter().map(Vec::as_slice).collect(),
            runs[3..].iter().map(Vec::as_slice).collect(),
        );
        for by in [AgreementBy::ReciprocalRank, AgreementBy::LogProbability] {
            let found = UserAgreement::between(by, [&a, &b]);
            assert_eq!((found.users.len(), found.n_runs), (60, [3, 3]));
            let mut slow: Vec<(f64, usize)> = Vec::new();
            for (user, pair) in found.users.iter().enumerate() {
                let side = |from: usize| -> f64 {
                    let mut sum = 0.0;
                    for run in &runs[from..from + 3] {
                        let row = run.iter().find(|row| row.user_id == pair.user_id).unwrap();
                        sum += match by {
                            AgreementBy::ReciprocalRank => 1.0 / row.rank,
                            AgreementBy::LogProbability => row.probability.ln(),
                        };
                    }
                    sum / 3.0
                };
                let expected = side(0) - side(3);
                assert!((pair.difference(by) - expected).abs() < 1e-12);
                slow.push((-expected.abs(), user));
            }
            slow.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let sizes = |order: &[usize]| -> Vec<f64> {
                order
                    .iter()
                    .map(|at| found.users[*at].difference(by).abs())
                    .collect()
            };
            let slow: Vec<usize> = slow.into_iter().map(|(_, user)| user).collect();
            for (a, b) in sizes(&found.by_size).iter().zip(sizes(&slow)) {
                assert!((a - b).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn other_targets_and_missing_numbers_are_left_out_and_counted() {
        let left = [
            result("same", "i", 2.0, 0.5),
            result("other", "i", 1.0, 0.5),
            result("no number", "i", f64::NAN, f64::NAN),
            result("twice", "i", 1.0, 0.5),
            result("twice", "j", 4.0, 0.5),
        ];
        let right = [
            result("same", "i", f64::INFINITY, 0.0),
            result("other", "j", 1.0, 0.5),
            result("no number", "i", 1.0, 0.5),
            result("twice", "i", 2.0, 0.25),
            result("twice", "j", 2.0, 0.25),
        ];
        let found = between(AgreementBy::ReciprocalRank, &left, &right);
        let ids: Vec<&str> = found
            .users
            .iter()
            .map(|pair| pair.user_id.as_str())
            .collect();
        assert_eq!(ids, ["same", "twice"]);
        let left_out = LeftOutUsers {
            not_in_all: 0,
            other_target: 1,
            unknown: 1,
        };
        assert_eq!(found.left_out, left_out);
        // (1 + ¼) / 2 and ½ of who was asked twice.
        for (pair, expected) in found.users.iter().zip([[0.5, 0.0], [0.625, 0.5]]) {
            for (value, expected) in pair.reciprocal_ranks.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-12, "{pair:?}");
            }
        }
        assert!(found.users[0].ranks()[1].is_infinite());
        assert!(
            found
                .users
                .iter()
                .all(|pair| pair.log_probabilities[1].is_finite())
        );
        let places = found.places();
        // Rank 2 against a miss, half a power of ten beyond the worst rank, which is 2.
        assert!((f64::from(places[0][0]) - 2.0_f64.log10()).abs() < 1e-6);
        assert!((f64::from(places[0][1]) - 2.0_f64.log10() - 0.5).abs() < 1e-6);
        assert!(found.has_misses());
        let none = UserAgreement::between(AgreementBy::default(), [&[], &[&right[..]]]);
        assert!(none.users.is_empty() && none.places().is_empty());
    }
}
