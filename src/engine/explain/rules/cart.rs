//! A decision tree on numbers and words, grown as CART grows one.

use super::feature::{RuleFeature, RuleTest, RuleValues};

/// Bounds of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TreeLimits {
    /// Most tests on the way from the root to a leaf.
    pub(super) max_depth: usize,
    /// Fewest rows of a leaf, at least one.
    pub(super) min_leaf: usize,
}

/// Test at a node, and where it leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleSplit {
    /// Number of the feature.
    pub feature: usize,
    /// The test.
    pub test: RuleTest,
    /// Number of the node for rows that pass it.
    pub yes: usize,
    /// Number of the node for all others, such as those whose value is unknown.
    pub no: usize,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleNode {
    /// Tests on the way to it.
    pub depth: usize,
    /// Number of the node above; none above the root.
    pub parent: Option<usize>,
    /// Rows it was grown on, by class. `[n_classes]`
    pub counts: Vec<u32>,
    /// The class of most of them; of equals the first.
    pub class: usize,
    /// Test; none at a leaf.
    pub split: Option<RuleSplit>,
}

impl RuleNode {
    /// Number of rows it was grown on.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.counts.iter().map(|count| *count as usize).sum()
    }

    /// Share of those rows that are of its class; 0 without rows.
    #[must_use]
    pub fn share(&self) -> f64 {
        let own = self.counts.get(self.class).copied().unwrap_or(0);
        f64::from(own) / self.n_rows().max(1) as f64
    }
}

/// A tree: the root first, each node before those below it, those that pass its test before the
/// others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleTree {
    /// The nodes.
    pub nodes: Vec<RuleNode>,
}

impl RuleTree {
    /// Grows a tree on some rows, by the steps of Breiman, Friedman, Olshen & Stone,
    /// *Classification and Regression Trees* (1984), chapters 2 and 4: at each node that test is
    /// taken which lowers the Gini impurity 1 − Σ p² most, as long as one lowers it and leaves
    /// enough rows on both sides. Of equals the test of the first feature wins, and of one feature
    /// the smaller threshold or word.
    ///
    /// Our differences: words are told from all others one at a time, since a set of twenty is no
    /// rule that anybody reads; a row whose value is unknown fails the test, where CART looks for a
    /// surrogate; and the tree is bounded by depth and leaf size, not cut back by cross-validation.
    ///
    /// Impurities are compared in whole numbers, so that no rounding decides between two tests.
    pub(super) fn grown(
        features: &[RuleFeature],
        classes: &[usize],
        rows: &[usize],
        limits: TreeLimits,
    ) -> Self {
        let mut growth = Growth {
            features,
            classes,
            n_classes: classes.iter().max().map_or(1, |most| most + 1),
            limits: TreeLimits {
                min_leaf: limits.min_leaf.max(1),
                ..limits
            },
            nodes: Vec::new(),
        };
        growth.node(rows, 0, None);
        Self {
            nodes: growth.nodes,
        }
    }

    /// Number of the leaf to which a row comes.
    #[must_use]
    pub fn leaf_of(&self, features: &[RuleFeature], row: usize) -> usize {
        let mut at = 0;
        while let Some(split) = self.nodes.get(at).and_then(|node| node.split) {
            let feature = features.get(split.feature);
            let passes = feature.is_some_and(|feature| feature.values.passes(split.test, row));
            at = if passes { split.yes } else { split.no };
        }
        at
    }

    /// Numbers of the leaves, in order.
    pub fn leaves(&self) -> impl Iterator<Item = usize> {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.split.is_none())
            .map(|(at, _)| at)
    }

    /// The tree with every test taken away after which all say the same: it answers as before, with
    /// fewer rules.
    pub(super) fn merged(&self) -> Self {
        let mut is_one = vec![false; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            is_one[at] = node.split.is_none_or(|split| {
                let class = |at: usize| self.nodes[at].class;
                is_one[split.yes] && is_one[split.no] && class(split.yes) == class(split.no)
            });
        }
        let mut merged = Self::default();
        self.copy_below(0, None, &is_one, &mut merged.nodes);
        merged
    }

    fn copy_below(
        &self,
        at: usize,
        parent: Option<usize>,
        is_one: &[bool],
        nodes: &mut Vec<RuleNode>,
    ) -> usize {
        let own = nodes.len();
        let node = &self.nodes[at];
        // Where the two below say one thing, most of both are of it too, but for equals.
        let class = self.first_leaf_class(at).filter(|_| is_one[at]);
        nodes.push(RuleNode {
            parent,
            split: None,
            class: class.unwrap_or(node.class),
            ..node.clone()
        });
        if let Some(split) = node.split.filter(|_| !is_one[at]) {
            let yes = self.copy_below(split.yes, Some(own), is_one, nodes);
            let no = self.copy_below(split.no, Some(own), is_one, nodes);
            nodes[own].split = Some(RuleSplit { yes, no, ..split });
        }
        own
    }

    fn first_leaf_class(&self, mut at: usize) -> Option<usize> {
        while let Some(split) = self.nodes.get(at)?.split {
            at = split.yes;
        }
        Some(self.nodes.get(at)?.class)
    }
}

/// A tree that grows.
struct Growth<'a> {
    features: &'a [RuleFeature],
    classes: &'a [usize],
    n_classes: usize,
    limits: TreeLimits,
    nodes: Vec<RuleNode>,
}

impl Growth<'_> {
    fn node(&mut self, rows: &[usize], depth: usize, parent: Option<usize>) -> usize {
        let counts = self.counts(rows.iter().copied());
        let most = counts.iter().max().copied().unwrap_or(0);
        let class = counts.iter().position(|count| *count == most).unwrap_or(0);
        let own = self.nodes.len();
        self.nodes.push(RuleNode {
            depth,
            parent,
            counts,
            class,
            split: None,
        });
        if depth < self.limits.max_depth
            && let Some(chosen) = self.best(rows, own)
        {
            let values = &self.features[chosen.feature].values;
            let (yes, no): (Vec<usize>, Vec<usize>) = rows
                .iter()
                .partition(|row| values.passes(chosen.test, **row));
            let yes = self.node(&yes, depth + 1, Some(own));
            let no = self.node(&no, depth + 1, Some(own));
            self.nodes[own].split = Some(RuleSplit {
                feature: chosen.feature,
                test: chosen.test,
                yes,
                no,
            });
        }
        own
    }

    fn counts(&self, rows: impl Iterator<Item = usize>) -> Vec<u32> {
        let mut counts = vec![0_u32; self.n_classes];
        for row in rows {
            counts[self.classes[row]] += 1;
        }
        counts
    }

    /// The test that lowers the impurity of a node most; none where none does.
    fn best(&self, rows: &[usize], at: usize) -> Option<Chosen> {
        let whole = &self.nodes[at].counts;
        let mut best = BestTest {
            whole,
            min_leaf: self.limits.min_leaf,
            purity: Purity::of(whole, None),
            chosen: None,
        };
        for (at, feature) in self.features.iter().enumerate() {
            match &feature.values {
                RuleValues::Numbers { of, unit } => {
                    let mut known: Vec<usize> = rows.to_vec();
                    known.retain(|row| !of[*row].is_nan());
                    known.sort_by(|a, b| of[*a].total_cmp(&of[*b]));
                    let mut below = vec![0_u32; self.n_classes];
                    for pair in known.windows(2) {
                        below[self.classes[pair[0]]] += 1;
                        let (low, high) = (of[pair[0]], of[pair[1]]);
                        if low < high {
                            best.consider(&below, at, || RuleTest::Under(unit.between(low, high)));
                        }
                    }
                }
                RuleValues::Words { of, names } => {
                    let mut counts = vec![Vec::new(); names.len()];
                    for &row in rows {
                        for &word in &of[row] {
                            let with_it = &mut counts[word as usize];
                            if with_it.is_empty() {
                                *with_it = vec![0_u32; self.n_classes];
                            }
                            with_it[self.classes[row]] += 1;
                        }
                    }
                    for (word, with_it) in (0..).zip(&counts) {
                        if !with_it.is_empty() {
                            best.consider(with_it, at, || RuleTest::Is(word));
                        }
                    }
                }
            }
        }
        best.chosen
    }
}

/// Test that was chosen.
#[derive(Clone, Copy)]
struct Chosen {
    feature: usize,
    test: RuleTest,
}

/// The best test so far.
struct BestTest<'a> {
    whole: &'a [u32],
    min_leaf: usize,
    purity: Purity,
    chosen: Option<Chosen>,
}

impl BestTest<'_> {
    /// Looks at a test that rows of these classes pass.
    fn consider(&mut self, passing: &[u32], feature: usize, test: impl FnOnce() -> RuleTest) {
        let n_yes: usize = passing.iter().map(|count| *count as usize).sum();
        let n_all: usize = self.whole.iter().map(|count| *count as usize).sum();
        if n_yes < self.min_leaf || n_all - n_yes < self.min_leaf {
            return;
        }
        let purity = Purity::of(self.whole, Some(passing));
        if purity.is_above(self.purity) {
            self.purity = purity;
            self.chosen = Some(Chosen {
                feature,
                test: test(),
            });
        }
    }
}

/// Σ c² / n over the two sides of a test, as a fraction of whole numbers: n times one less the mean
/// impurity. With a million rows the products below stay under 2¹²⁷.
#[derive(Clone, Copy)]
struct Purity {
    above: u128,
    below: u128,
}

impl Purity {
    fn of(whole: &[u32], passing: Option<&[u32]>) -> Self {
        let (mut squares, mut sizes) = ([0_u128; 2], [0_u128; 2]);
        for (at, &all) in whole.iter().enumerate() {
            let yes = passing.map_or(all, |passing| passing.get(at).copied().unwrap_or(0));
            for (side, count) in [yes, all - yes].into_iter().enumerate() {
                squares[side] += u128::from(count) * u128::from(count);
                sizes[side] += u128::from(count);
            }
        }
        let [n_yes, n_no] = sizes.map(|n| n.max(1));
        Self {
            above: squares[0] * n_no + squares[1] * n_yes,
            below: n_yes * n_no,
        }
    }

    fn is_above(self, other: Self) -> bool {
        self.above * other.below > other.above * self.below
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::rules::feature::RuleUnit;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;
    use std::sync::Arc;

    /// A few features with ties, unknown values and several words a row.
    fn random_case(case: u64) -> (Vec<RuleFeature>, Vec<usize>) {
        let mut random = ChaCha8Rng::seed_from_u64(case);
        let n = random.random_range(4..40);
        let n_classes = random.random_range(2..5);
        let mut features = Vec::new();
        for at in 0..random.random_range(1..5) {
            let values = if random.random::<f64>() < 0.5 {
                let of = (0..n).map(|_| match random.random_range(0..8) {
                    0 => f64::NAN,
                    number => f64::from(number) / 2.0,
                });
                RuleValues::Numbers {
                    of: of.collect(),
                    unit: RuleUnit::Number,
                }
            } else {
                let of = (0..n).map(|_| {
                    (0..4_u32)
                        .filter(|_| random.random::<f64>() < 0.4)
                        .collect()
                });
                RuleValues::Words {
                    of: of.collect(),
                    names: Arc::new(["a", "b", "c", "d"].map(str::to_owned).to_vec()),
                }
            };
            features.push(RuleFeature {
                name: format!("f{at}"),
                values,
            });
        }
        let classes = (0..n).map(|_| random.random_range(0..n_classes)).collect();
        (features, classes)
    }

    /// n times the Gini impurity of some rows, from its definition.
    fn impurity(classes: &[usize], rows: &[usize]) -> f64 {
        let n = rows.len() as f64;
        let share =
            |class: usize| rows.iter().filter(|row| classes[**row] == class).count() as f64 / n;
        n * (1.0 - (0..5).map(|class: usize| share(class).powi(2)).sum::<f64>())
    }

    /// Every way in which one test can divide some rows.
    fn all_divisions(features: &[RuleFeature], rows: &[usize]) -> Vec<(usize, Vec<usize>)> {
        let mut found = Vec::new();
        for (at, feature) in features.iter().enumerate() {
            match &feature.values {
                RuleValues::Numbers { of, .. } => {
                    for threshold in rows.iter().map(|row| of[*row]) {
                        let under = rows.iter().copied().filter(|row| of[*row] < threshold);
                        found.push((at, under.collect()));
                    }
                }
                RuleValues::Words { of, .. } => {
                    for word in 0..4 {
                        let with = rows.iter().copied().filter(|row| of[*row].contains(&word));
                        found.push((at, with.collect()));
                    }
                }
            }
        }
        found
    }

    /// Each node of the tree is held against all tests there are, tried one by one.
    #[test]
    fn at_each_node_no_test_of_all_there_are_is_better() {
        let mut n_splits = 0;
        for case in 0..300 {
            let (features, classes) = random_case(case);
            let limits = TreeLimits {
                max_depth: 3,
                min_leaf: 1 + (case % 3) as usize,
            };
            let rows: Vec<usize> = (0..classes.len()).collect();
            let tree = RuleTree::grown(&features, &classes, &rows, limits);
            let mut at_node: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
            at_node[0] = rows;
            for (at, node) in tree.nodes.iter().enumerate() {
                let rows = at_node[at].clone();
                for (class, count) in node.counts.iter().enumerate() {
                    let n = rows.iter().filter(|row| classes[**row] == class).count();
                    assert_eq!(n, *count as usize, "{case}");
                }
                let whole = impurity(&classes, &rows);
                let fall = |yes: &[usize]| {
                    let no: Vec<usize> = rows
                        .iter()
                        .copied()
                        .filter(|row| !yes.contains(row))
                        .collect();
                    if yes.len() < limits.min_leaf || no.len() < limits.min_leaf {
                        return f64::NEG_INFINITY;
                    }
                    whole - impurity(&classes, yes) - impurity(&classes, &no)
                };
                let best = all_divisions(&features, &rows)
                    .iter()
                    .map(|(_, yes)| fall(yes))
                    .fold(f64::NEG_INFINITY, f64::max);
                let Some(split) = node.split else {
                    assert!(node.depth == 3 || best < 1e-9, "{case}: {best}");
                    continue;
                };
                n_splits += 1;
                let values = &features[split.feature].values;
                let yes: Vec<usize> = rows
                    .iter()
                    .copied()
                    .filter(|row| values.passes(split.test, *row))
                    .collect();
                assert!(
                    (fall(&yes) - best).abs() < 1e-9,
                    "{case}: {} {best}",
                    fall(&yes)
                );
                let first = all_divisions(&features, &rows)
                    .into_iter()
                    .find(|(_, yes)| (fall(yes) - best).abs() < 1e-9)
                    .map(|(feature, _)| feature);
                assert_eq!(
                    first,
                    Some(split.feature),
                    "{case}: of equals the first feature"
                );
                at_node[split.no] = rows
                    .iter()
                    .copied()
                    .filter(|row| !yes.contains(row))
                    .collect();
                at_node[split.yes] = yes;
            }
            for row in 0..classes.len() {
                assert!(
                    at_node[tree.leaf_of(&features, row)].contains(&row),
                    "{case}"
                );
            }
            let merged = tree.merged();
            assert!(merged.nodes.len() <= tree.nodes.len());
            for row in 0..classes.len() {
                let says = |tree: &RuleTree| tree.nodes[tree.leaf_of(&features, row)].class;
                assert_eq!(says(&tree), says(&merged), "{case}");
            }
        }
        assert!(n_splits > 500, "{n_splits}");
    }

    #[test]
    fn a_tree_of_nothing_and_of_one_class_is_a_leaf() {
        let limits = TreeLimits {
            max_depth: 4,
            min_leaf: 1,
        };
        let feature = RuleFeature {
            name: "f".to_owned(),
            values: RuleValues::Numbers {
                of: vec![1.0, 2.0],
                unit: RuleUnit::Count,
            },
        };
        let features = [feature];
        assert_eq!(RuleTree::grown(&features, &[], &[], limits).nodes.len(), 1);
        let tree = RuleTree::grown(&features, &[1, 1], &[0, 1], limits);
        assert_eq!((tree.nodes.len(), tree.nodes[0].class), (1, 1));
        assert_eq!(tree.merged(), tree);
    }
}
