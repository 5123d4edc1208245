//! How often one answerer says what another says.

use seqscope_base::metric::statistics::Interval;

/// Agreement of a tree with the model it imitates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fidelity {
    /// Number of users.
    pub n_users: usize,
    /// Share of them of whom the tree says what the model says.
    pub share: f64,
    /// Its 95 % interval over users: Wilson's score interval (Wilson, *Probable inference*, JASA
    /// 1927), which stays within 0 and 1 and has a width where all agree.
    pub interval: Interval,
    /// Share of the users of whom the model says what it says most often where the tree was grown:
    /// what is agreed upon without any rule.
    pub constant: f64,
    /// Cohen's κ (Cohen 1960): agreement beyond chance, as a share of what chance leaves; 1 where
    /// all agree, 0 where no more do than by chance. None where both say one thing only.
    pub kappa: Option<f64>,
}

/// 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl Fidelity {
    /// Counts what each says of the same users, class by class; none of no users. `most_common` is
    /// the class that is said without any rule.
    pub(super) fn of(tree: &[usize], model: &[usize], most_common: usize) -> Option<Self> {
        let n_users = tree.len().min(model.len());
        if n_users == 0 {
            return None;
        }
        let n = n_users as f64;
        let agree = tree.iter().zip(model).filter(|(a, b)| a == b).count() as f64;
        let constant = model.iter().filter(|class| **class == most_common).count() as f64;
        let n_classes = tree.iter().chain(model).max().map_or(0, |most| most + 1);
        let mut said = vec![[0.0_f64; 2]; n_classes];
        for (&tree, &model) in tree.iter().zip(model) {
            said[tree][0] += 1.0;
            said[model][1] += 1.0;
        }
        let by_chance = said.iter().map(|[a, b]| a / n * b / n).sum::<f64>();
        let share = agree / n;
        Some(Self {
            n_users,
            share,
            interval: wilson(share, n),
            constant: constant / n,
            kappa: (by_chance < 1.0).then(|| (share - by_chance) / (1.0 - by_chance)),
        })
    }
}

impl Fidelity {
    /// Whether it is sure that the rules say more than the most common answer alone would.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.interval.low > self.constant
    }
}

fn wilson(share: f64, n: f64) -> Interval {
    let square = Z * Z;
    let centre = share + square / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    let whole = 1.0 + square / n;
    Interval {
        low: ((centre - half) / whole).max(0.0),
        high: ((centre + half) / whole).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    /// Cohen 1960 by hand: of 50, 20 are called yes by both, 15 no by both; the first says yes of 25,
    /// the second of 30. Agreement .7, by chance .5 · .6 + .5 · .4 = .5, κ = .4.
    #[test]
    fn kappa_is_agreement_beyond_chance() {
        let pairs = [(1, 1, 20), (1, 0, 5), (0, 1, 10), (0, 0, 15)];
        let side = |pick: fn(&(usize, usize, usize)) -> usize| -> Vec<usize> {
            pairs
                .iter()
                .flat_map(|pair| vec![pick(pair); pair.2])
                .collect()
        };
        let found = Fidelity::of(&side(|pair| pair.0), &side(|pair| pair.1), 1).unwrap();
        assert!(near(found.share, 0.7) && near(found.kappa.unwrap(), 0.4));
        assert!(near(found.constant, 0.6));
        assert_eq!(found.n_users, 50);
        // scipy.stats.binomtest(35, 50).proportion_ci(method="wilson")
        assert!(near(found.interval.low, 0.562_496) && near(found.interval.high, 0.808_964));
    }

    #[test]
    fn where_all_say_one_thing_there_is_no_kappa_and_the_interval_has_a_width() {
        let found = Fidelity::of(&[2; 10], &[2; 10], 2).unwrap();
        assert_eq!((found.share, found.kappa), (1.0, None));
        // 1 / (1 + z² / n)
        assert!(near(found.interval.low, 0.722_467) && near(found.interval.high, 1.0));
        assert_eq!(Fidelity::of(&[], &[], 0), None);
    }
}
