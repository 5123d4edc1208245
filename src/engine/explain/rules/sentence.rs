//! The tree read off as sentences.

use super::feature::{RuleFeature, RuleTest, RuleValues};
use super::imitation::{ImitationTree, LeafUsers};
use seqscope_base::spec::counted;

impl ImitationTree {
    /// Test of a node in words, such as `the last behaviour is buy`; empty at a leaf.
    #[must_use]
    pub fn test_words(&self, node: usize) -> String {
        let split = self.tree.nodes.get(node).and_then(|node| node.split);
        let feature = split.and_then(|split| self.features.get(split.feature));
        let (Some(split), Some(feature)) = (split, feature) else {
            return String::new();
        };
        Bounds::of(split.test, true).words(feature)
    }

    /// Class that a node says.
    #[must_use]
    pub fn class_words(&self, node: usize) -> &str {
        let class = self.tree.nodes.get(node).map_or(0, |node| node.class);
        self.classes.get(class).map_or("", String::as_str)
    }

    /// Conditions on the way to a node, each feature once: `the last item is a and the gap before
    /// the last event is under 2 days`; empty at the root.
    #[must_use]
    pub fn conditions(&self, node: usize) -> String {
        let mut path: Vec<(usize, RuleTest, bool)> = Vec::new();
        let mut at = node;
        while let Some(parent) = self.tree.nodes.get(at).and_then(|node| node.parent) {
            if let Some(split) = self.tree.nodes.get(parent).and_then(|node| node.split) {
                path.push((split.feature, split.test, split.yes == at));
            }
            at = parent;
        }
        let mut of_features: Vec<(usize, Bounds)> = Vec::new();
        for (feature, test, is_passed) in path.into_iter().rev() {
            match of_features.iter_mut().find(|(own, _)| *own == feature) {
                Some((_, bounds)) => bounds.add(test, is_passed),
                None => of_features.push((feature, Bounds::of(test, is_passed))),
            }
        }
        let words = of_features
            .iter()
            .filter_map(|(feature, bounds)| Some(bounds.words(self.features.get(*feature)?)));
        words.collect::<Vec<_>>().join(" and ")
    }

    /// Rule of a leaf as a sentence, with how many users it is about and how often it holds.
    #[must_use]
    pub fn sentence(&self, leaf: &LeafUsers) -> String {
        let conditions = self.conditions(leaf.node);
        let class = self.class_words(leaf.node);
        let rule = if conditions.is_empty() {
            format!("Always {class}")
        } else {
            format!("If {conditions} → {class}")
        };
        format!("{rule} ({})", leaf.words())
    }
}

impl LeafUsers {
    /// Number of users, and of how many of them the model says the same.
    #[must_use]
    pub fn words(&self) -> String {
        let n_grown = self.grown.len();
        let grown = format!(
            "{}, {} of them as the model says",
            counted(n_grown, "user"),
            percent(self.n_grown_agree, n_grown)
        );
        match self.held_out.len() {
            0 => format!("{grown}; no user held out comes here"),
            n => format!("{grown}; of {n} held out {}", percent(self.n_held_agree, n)),
        }
    }
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.0} %", 100.0 * part as f64 / whole.max(1) as f64)
}

/// Everything that a rule says of one feature.
#[derive(Default)]
struct Bounds {
    from: Option<f64>,
    under: Option<f64>,
    is: Vec<u32>,
    is_not: Vec<u32>,
}

impl Bounds {
    fn of(test: RuleTest, is_passed: bool) -> Self {
        let mut bounds = Self::default();
        bounds.add(test, is_passed);
        bounds
    }

    fn add(&mut self, test: RuleTest, is_passed: bool) {
        match (test, is_passed) {
            (RuleTest::Under(bound), true) => {
                self.under = Some(self.under.map_or(bound, |own| own.min(bound)));
            }
            (RuleTest::Under(bound), false) => {
                self.from = Some(self.from.map_or(bound, |own| own.max(bound)));
            }
            (RuleTest::Is(word), true) => self.is.push(word),
            (RuleTest::Is(word), false) => self.is_not.push(word),
        }
    }

    fn words(&self, feature: &RuleFeature) -> String {
        let name = &feature.name;
        match &feature.values {
            RuleValues::Numbers { unit, .. } => {
                let said = |number: f64| unit.words(number);
                match (self.from, self.under) {
                    (Some(from), Some(under)) => {
                        format!("{name} is {} to under {}", said(from), said(under))
                    }
                    (None, Some(under)) => format!("{name} is under {}", said(under)),
                    (Some(from), None) => {
                        let unknown = if feature.values.has_unknown() {
                            ", or unknown"
                        } else {
                            ""
                        };
                        format!("{name} is {} or more{unknown}", said(from))
                    }
                    (None, None) => String::new(),
                }
            }
            RuleValues::Words { names, .. } => {
                let listed = |words: &[u32], joint: &str| {
                    let words = words.iter().filter_map(|word| names.get(*word as usize));
                    words.map(String::as_str).collect::<Vec<_>>().join(joint)
                };
                let is = format!("{name} is {}", listed(&self.is, " and "));
                let is_not = match self.is_not.len() {
                    1 => format!("{name} is not {}", listed(&self.is_not, "")),
                    _ => format!("{name} is neither {}", listed(&self.is_not, " nor ")),
                };
                match (self.is.is_empty(), self.is_not.is_empty()) {
                    (false, true) => is,
                    // Of a feature with one word the others follow.
                    (false, false) if !feature.values.has_several() => is,
                    (false, false) => format!("{is}, and not {}", listed(&self.is_not, " or ")),
                    (true, _) => is_not,
                }
            }
        }
    }
}
