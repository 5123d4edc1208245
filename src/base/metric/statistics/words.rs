//! Descriptions of the tests and intervals: title, help, source, and where others count otherwise.

use crate::spec::{Entry, EntryWords};

/// Statistics that say how sure a difference is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr, strum::Display,
)]
#[strum(serialize_all = "snake_case")]
pub enum Statistic {
    /// [`super::bootstrap()`].
    Bootstrap,
    /// [`super::effect`].
    EffectSize,
    /// [`super::randomisation`].
    SignFlips,
    /// [`super::wilcoxon()`].
    Wilcoxon,
    /// [`super::holm()`].
    Holm,
    /// [`super::seed_group`].
    Seeds,
    /// [`super::two_sources()`].
    TwoSources,
}

impl Entry for Statistic {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        let (title, help, source, elsewhere) = match self {
            Self::Bootstrap => (
                "Interval over users",
                "Where a figure would lie with other users: the middle 95 % of what users drawn \
                 again give.",
                "Efron 1979, percentile method, 2,000 resamples by one fixed seed",
                "scipy.stats.bootstrap takes BCa intervals and 9,999 resamples by default, so its \
                 bounds lie a little elsewhere.",
            ),
            Self::EffectSize => (
                "Effect size d_z",
                "How far users gain beside how much their gains differ: mean over standard \
                 deviation of the gains.",
                "Cohen 1988, with n - 1; none where all gain alike",
                "pingouin's cohen_d of paired samples divides by the mean deviation of the two \
                 samples (d_av) and not by that of the gains: with 3, 4, 5, 6 after 1, 3, 5, 4 it \
                 is .826 there, and 1.306 here.",
            ),
            Self::SignFlips => (
                "p of sign flips",
                "How often gains with random signs have a mean at least as far from 0, on either \
                 side.",
                "Fisher 1935, section 21; every flip with up to 16 users that differ, else 9,999 \
                 drawn ones with the observed one among them (Phipson & Smyth 2010)",
                "scipy.stats.permutation_test of pairs (permutation_type=\"samples\") tries every \
                 flip with up to 13 users by default; beyond that both draw, and differ by what is \
                 drawn.",
            ),
            Self::Wilcoxon => (
                "p of Wilcoxon's signed ranks",
                "Whether gains outweigh losses, each by the rank of its size, on either side.",
                "Wilcoxon 1945, zeros dropped, ties by mid-rank; counted out with up to 50 users \
                 that differ, tied or not, beyond that normal with the variance less for ties and \
                 without continuity correction",
                "scipy.stats.wilcoxon 1.17.1 by default gives the same without zeros and ties, and \
                 beyond 50 users that differ. With a zero or a tie it counts out up to 13 pairs, \
                 zeros among them, and is normal from 14 on: of 14 users 11 that hit and 3 that \
                 miss give .0325 there, and .0574 here. Its method=\"exact\" overlooks ties: \
                 .0676.",
            ),
            Self::Holm => (
                "Holm's correction",
                "p of many tests at once, so that any false rejection among them stays below the \
                 level.",
                "Holm 1979; a test without a p counts as one that was made",
                "",
            ),
            Self::Seeds => (
                "Interval over seeds",
                "Where a mean over runs would lie with other seeds.",
                "Student 1908: mean ± t · s / √n, with n - 1",
                "",
            ),
            Self::TwoSources => (
                "p of users and seeds",
                "Whether the difference of two groups of runs would stay with other users and \
                 other seeds: Student's t of the mean gain, its variance that over users plus that \
                 over the seeds of each group.",
                "Owen 2007 for the sum, Satterthwaite 1946 for the degrees of freedom; what a user \
                 gains by one seed alone is counted twice, so it errs towards no difference",
                "",
            ),
        };
        EntryWords::new(title, help, source).but(elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::metric::statistics::{LEVEL, N_RESAMPLES};

    #[test]
    fn words_say_what_the_code_does() {
        let words = Statistic::Bootstrap.words();
        assert!(words.summary.contains(&format!("{} %", LEVEL * 100.0)));
        assert_eq!(N_RESAMPLES, 2_000, "{}", words.source);
        assert!(Statistic::iter().all(|statistic| !statistic.title().is_empty()));
    }
}
