//! One experiment with several seeds.

use super::Experiment;

impl Experiment {
    /// The experiment with `n` seeds, in their order: its own, and the whole numbers after it.
    ///
    /// Nothing else changes, so their runs are one group ([`crate::run::SeedRuns`]); a seed that is
    /// so large that a number after it cannot be written begins again at 0.
    #[must_use]
    pub fn with_seeds(&self, n: usize) -> Vec<Self> {
        (0..n as u64)
            .map(|after| Self {
                seed: self.seed.wrapping_add(after),
                ..self.clone()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_the_own_one_and_those_after_it() {
        let experiment = Experiment {
            seed: 7,
            ..Experiment::default()
        };
        let seeds = |of: &Experiment, n| -> Vec<u64> {
            of.with_seeds(n).iter().map(|one| one.seed).collect()
        };
        assert_eq!(seeds(&experiment, 3), [7, 8, 9]);
        assert_eq!(seeds(&experiment, 1), [7]);
        assert_eq!(seeds(&experiment, 0), [0; 0]);
        let last = Experiment {
            seed: u64::MAX,
            ..Experiment::default()
        };
        assert_eq!(seeds(&last, 2), [u64::MAX, 0]);
        assert_eq!(
            crate::experiment::differences(&experiment.with_seeds(3).iter().collect::<Vec<_>>())
                .iter()
                .map(|difference| difference.field.as_str())
                .collect::<Vec<_>>(),
            ["seed"]
        );
    }
}
