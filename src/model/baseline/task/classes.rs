//! The next class, such as the next behaviour: by its share, and by what came after the last one.

/// Shares of the classes.
#[derive(Clone, Debug, PartialEq)]
pub struct MajorityClass {
    shares: Vec<f64>,
}

impl MajorityClass {
    /// Counts answers, classes `0..n_classes`; others are passed over. Without any, all are alike.
    #[must_use]
    pub fn fit(answers: &[u16], n_classes: usize) -> Self {
        let mut shares = vec![0.0; n_classes];
        for answer in answers {
            if let Some(count) = shares.get_mut(usize::from(*answer)) {
                *count += 1.0;
            }
        }
        normalise(&mut shares);
        Self { shares }
    }

    /// Probability of every class, `[n_classes]`, whatever came before.
    #[must_use]
    pub fn probabilities(&self) -> &[f64] {
        &self.shares
    }
}

/// Classes that came after each class.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkovClass {
    n_classes: usize,
    /// `[n_classes, n_classes]`: row of the last class, column of the next one.
    rows: Vec<f64>,
    first: MajorityClass,
}

impl MarkovClass {
    /// Counts neighbours in the training histories (oldest first); unknown classes are passed over.
    #[must_use]
    pub fn fit(histories: &[&[u16]], n_classes: usize) -> Self {
        let mut rows = vec![1.0; n_classes * n_classes];
        let is_known = |class: &u16| usize::from(*class) < n_classes;
        for history in histories {
            let known: Vec<u16> = history.iter().copied().filter(is_known).collect();
            for pair in known.windows(2) {
                if let [last, next] = pair
                    && let Some(count) =
                        rows.get_mut(usize::from(*last) * n_classes + usize::from(*next))
                {
                    *count += 1.0;
                }
            }
        }
        rows.chunks_mut(n_classes.max(1)).for_each(normalise);
        let all: Vec<u16> = histories.iter().copied().flatten().copied().collect();
        Self {
            n_classes,
            rows,
            first: MajorityClass::fit(&all, n_classes),
        }
    }

    /// Probability of every class after a history, `[n_classes]`; the shares of all classes where
    /// the history holds none that is known.
    #[must_use]
    pub fn probabilities(&self, history: &[u16]) -> &[f64] {
        let last = history
            .iter()
            .rev()
            .map(|class| usize::from(*class))
            .find(|class| *class < self.n_classes);
        let row = last.and_then(|last| {
            self.rows
                .get(last * self.n_classes..(last + 1) * self.n_classes)
        });
        row.unwrap_or_else(|| self.first.probabilities())
    }
}

/// Divides by the sum; all alike where it is 0.
fn normalise(row: &mut [f64]) {
    let (sum, n) = (row.iter().sum::<f64>(), row.len().max(1) as f64);
    for value in row {
        *value = if sum > 0.0 { *value / sum } else { 1.0 / n };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_hand() {
        assert_eq!(
            MajorityClass::fit(&[0, 2, 2, 2, 9], 3).probabilities(),
            [0.25, 0.0, 0.75]
        );
        assert_eq!(MajorityClass::fit(&[], 2).probabilities(), [0.5, 0.5]);
    }

    #[test]
    fn a_chain_by_hand() {
        // After 0: 1 twice, 0 once, so (1 + 1, 2 + 1) / 5. Class 1 is never followed: (1, 1) / 2.
        let chain = MarkovClass::fit(&[&[0, 1], &[0, 0, 1], &[7]], 2);
        assert_eq!(chain.probabilities(&[1, 0]), [0.4, 0.6]);
        assert_eq!(chain.probabilities(&[1]), [0.5, 0.5]);
        assert_eq!(
            chain.probabilities(&[0, 7]),
            [0.4, 0.6],
            "the unknown is passed over"
        );
        assert_eq!(
            chain.probabilities(&[]),
            [0.6, 0.4],
            "the shares of 0 and 1"
        );
    }
}
