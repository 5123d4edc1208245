//! A tree that says what a model says, and how often it really does.

use std::collections::BTreeMap;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::cart::{RuleTree, TreeLimits};
use super::feature::{RuleFeature, RuleUnit};
use super::fidelity::Fidelity;
use super::item_words::ItemWords;
use super::known::known;
use super::{
    FEWEST_USERS, RuleBy, RulesError, RulesProgress, RulesStage, RulesWatch, TreeQuestion,
    last_questions,
};
use crate::explain::{AskAll, Speaker, Word};
use crate::train::TaskQuestions;
use seqscope_base::spec::{counted, derive_seed, quotable};
use seqscope_data::{Outcomes, Output, Sample};

/// Classes of a tree; all that is rarer is called "other".
const MOST_CLASSES: usize = 12;

/// Share of the users that a tree is not grown on, to see whether it holds.
const HELD_OUT: f64 = 0.3;

/// Share of the users it is grown on that a leaf has at least, where nothing else is asked for.
const LEAF_SHARE: f64 = 0.02;

/// Share of the answers in one group from which on groups tell too little apart to be chosen.
const ONE_GROUP: f64 = 0.9;

/// Users that a leaf has at least then.
const LEAF_LEAST: usize = 5;

/// A decision tree that imitates a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ImitationTree {
    /// Thing that the classes are of: `genres of the item that the model puts first`.
    pub what: String,
    /// Names of the classes, by how often the model says them.
    pub classes: Vec<String>,
    /// Number of rarer classes that are called "other".
    pub n_rare: usize,
    /// Everything that the tree could ask, with the answers of every user that was asked about.
    pub features: Vec<RuleFeature>,
    /// The tree.
    pub tree: RuleTree,
    /// Users of each leaf, in the order of the tree.
    pub leaves: Vec<LeafUsers>,
    /// Agreement with the model on users that the tree was not grown on.
    pub fidelity: Fidelity,
    /// Agreement on those it was grown on: what it could learn at all.
    pub on_grown: Fidelity,
    /// Fewest users of a leaf.
    pub min_leaf: usize,
    /// Number of users that could be asked about.
    pub n_users: usize,
    /// Number of users to whom the model says nothing, such as where they had every item.
    pub n_silent: usize,
    /// Sentences on what was taken for what.
    pub notes: Vec<String>,
}

/// Users that come to one leaf.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeafUsers {
    /// Number of the node.
    pub node: usize,
    /// Users that the tree was grown on, by index.
    pub grown: Vec<u32>,
    /// Users it was not grown on.
    pub held_out: Vec<u32>,
    /// Number of the former of whom the model says what the leaf says.
    pub n_grown_agree: usize,
    /// Number of the latter of whom it does.
    pub n_held_agree: usize,
}

/// Grows a tree that says of the next event what the model says: the word of the item that the model
/// puts first, or its answer to another task; chances and numbers in thirds.
///
/// One question a user is asked: that of validation, else one after all training events; the test
/// is not touched. Seven tenths of the users, drawn by a seed of its own, grow the tree; the rest
/// tell whether it holds. `None` when it was stopped.
///
/// # Errors
/// [`RulesError`] where there are too few users, a column is not there, or the model fails.
pub fn imitate(
    asked: &TreeQuestion<'_>,
    watch: &mut RulesWatch<'_>,
) -> Result<Option<ImitationTree>, RulesError> {
    let all = last_questions(asked.prepared, asked.questions);
    let n_users = all.len();
    if n_users < FEWEST_USERS {
        return Err(RulesError::TooFewUsers { n: n_users });
    }
    let samples = drawn(all, asked.most_users.max(FEWEST_USERS), asked.seed);
    let Some(said) = said(asked, &samples, watch)? else {
        return Ok(None);
    };
    let (samples, said): (Vec<Sample>, Vec<Word>) = samples
        .into_iter()
        .zip(said)
        .filter(|(_, word)| says_something(word))
        .unzip();
    if samples.len() < FEWEST_USERS {
        return Err(RulesError::TooFewUsers { n: samples.len() });
    }
    let n_silent = n_users.min(asked.most_users.max(FEWEST_USERS)) - samples.len();
    let parts = Parts::of(samples.len(), asked.seed);
    let (words, classes) = told_apart(asked, &said, &parts.grown)?;
    let features = known(asked, &samples, words.as_ref());
    let min_leaf = asked.min_leaf.unwrap_or_else(|| {
        ((parts.grown.len() as f64 * LEAF_SHARE).ceil() as usize).max(LEAF_LEAST)
    });
    let limits = TreeLimits {
        max_depth: asked.max_depth,
        min_leaf,
    };
    let tree = RuleTree::grown(&features, &classes.of, &parts.grown, limits).merged();
    let says = |row: usize| {
        let leaf = tree.leaf_of(&features, row);
        tree.nodes.get(leaf).map_or(0, |node| node.class)
    };
    let most_common = tree.nodes.first().map_or(0, |root| root.class);
    let agreement = |rows: &[usize]| {
        let tree: Vec<usize> = rows.iter().map(|row| says(*row)).collect();
        let model: Vec<usize> = rows.iter().map(|row| classes.of[*row]).collect();
        Fidelity::of(&tree, &model, most_common)
    };
    let too_few = || RulesError::TooFewUsers { n: samples.len() };
    let mut notes: Vec<String> = words.into_iter().map(|words| words.note).collect();
    notes.extend(classes.note);
    Ok(Some(ImitationTree {
        fidelity: agreement(&parts.held_out).ok_or_else(too_few)?,
        on_grown: agreement(&parts.grown).ok_or_else(too_few)?,
        leaves: leaves(&tree, &features, &samples, &parts, &classes.of),
        what: classes.what,
        classes: classes.names,
        n_rare: classes.n_rare,
        features,
        tree,
        min_leaf,
        n_users,
        n_silent,
        notes,
    }))
}

/// The words of items, where items are ranked, and the classes that they make of what the model
/// says.
fn told_apart(
    asked: &TreeQuestion<'_>,
    said: &[Word],
    grown: &[usize],
) -> Result<(Option<ItemWords>, Classes), RulesError> {
    if let TaskQuestions::Outcomes(outcomes) = asked.questions {
        return Ok((None, Classes::of_outcomes(outcomes, said, grown)));
    }
    let words = ItemWords::new(asked)?;
    let classes = Classes::of_items(&words, said, grown);
    if asked.by != RuleBy::Auto || !words.are_groups || classes.largest(grown) < ONE_GROUP {
        return Ok((Some(words), classes));
    }
    let why = "nearly all answers are of one group of the model's item vectors";
    let words = ItemWords::items(asked, why);
    let classes = Classes::of_items(&words, said, grown);
    Ok((Some(words), classes))
}

/// Some of the questions, drawn by a seed, in their order.
fn drawn(mut all: Vec<Sample>, most: usize, seed: u64) -> Vec<Sample> {
    if all.len() > most {
        let seed = derive_seed(seed, "rules users", 0);
        all.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        all.truncate(most);
        all.sort_by_key(|sample| sample.user_idx);
    }
    all
}

/// What the model says to each question, its first item or its answer.
fn said(
    asked: &TreeQuestion<'_>,
    samples: &[Sample],
    watch: &mut RulesWatch<'_>,
) -> Result<Option<Vec<Word>>, RulesError> {
    let of = samples.len();
    let all = AskAll {
        prepared: asked.prepared,
        questions: asked.questions,
        top: 1,
        filter_seen: asked.filter_seen,
    };
    let mut goes_on = |done| {
        watch(RulesProgress {
            stage: RulesStage::Users,
            done,
            of,
        })
    };
    Ok(all.answered(Speaker::Model(asked.model), samples, &mut goes_on)?)
}

fn says_something(word: &Word) -> bool {
    match word {
        Word::Items(list) => list
            .first()
            .is_some_and(|first| !first.probability.is_nan()),
        Word::Answer(numbers) => {
            !numbers.is_empty() && numbers.iter().all(|number| number.is_finite())
        }
    }
}

/// Rows that a tree is grown on, and those that tell whether it holds; each in order.
struct Parts {
    grown: Vec<usize>,
    held_out: Vec<usize>,
}

impl Parts {
    fn of(n: usize, seed: u64) -> Self {
        let mut rows: Vec<usize> = (0..n).collect();
        let seed = derive_seed(seed, "rules held out", 0);
        rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let n_held_out = ((n as f64 * HELD_OUT).round() as usize).clamp(1, n - 1);
        let mut grown = rows.split_off(n_held_out);
        grown.sort_unstable();
        rows.sort_unstable();
        Self {
            grown,
            held_out: rows,
        }
    }
}

/// The model's answers as classes.
struct Classes {
    what: String,
    names: Vec<String>,
    /// Class of each row.
    of: Vec<usize>,
    n_rare: usize,
    note: Option<String>,
}

impl Classes {
    /// Classes by the word of the item that comes first, as it is said of the users that the tree is
    /// grown on.
    fn of_items(words: &ItemWords, said: &[Word], grown: &[usize]) -> Self {
        let word = |said: &Word| match said {
            Word::Items(list) => words.first_of(list.first()?.item_idx),
            Word::Answer(_) => None,
        };
        let raw: Vec<Option<u32>> = said.iter().map(word).collect();
        let what = quotable(&words.what);
        let name = |word: u32| {
            let name = words.names.get(word as usize);
            name.cloned().unwrap_or_default()
        };
        let told = if what == "item" {
            "item that the model puts first".to_owned()
        } else {
            format!("{what} of the item that the model puts first")
        };
        Self::frequent(told, &raw, grown, name, &format!("no {what}"))
    }

    /// Share of the most frequent class among some rows.
    fn largest(&self, rows: &[usize]) -> f64 {
        let mut counts = vec![0_usize; self.names.len()];
        for &row in rows {
            counts[self.of[row]] += 1;
        }
        let most = counts.into_iter().max().unwrap_or(0);
        most as f64 / rows.len().max(1) as f64
    }

    fn of_outcomes(outcomes: &Outcomes, said: &[Word], grown: &[usize]) -> Self {
        let numbers = |word: &Word| match word {
            Word::Answer(numbers) => numbers.clone(),
            Word::Items(_) => Vec::new(),
        };
        if let Output::Classes(_) | Output::Catalogue = outcomes.output {
            let raw: Vec<Option<u32>> = said.iter().map(|word| likeliest(&numbers(word))).collect();
            let name = |class: u32| {
                let name = outcomes.classes.get(class as usize);
                name.map_or_else(String::new, |name| quotable(name))
            };
            let what = "class that the model gives the largest chance".to_owned();
            return Self::frequent(what, &raw, grown, name, "nothing");
        }
        // Of "no" and "yes" the second is the chance; a number stands alone.
        let of: Vec<f64> = said
            .iter()
            .map(|word| numbers(word).last().copied().unwrap_or(f64::NAN))
            .collect();
        let what = match outcomes.output {
            Output::Chance => "chance that the model gives".to_owned(),
            _ if outcomes.unit.is_empty() => "number that the model gives".to_owned(),
            _ => format!("number that the model gives, in {}", outcomes.unit),
        };
        Self::thirds(what, &of, grown)
    }

    /// The most frequent words among the grown rows as classes, and the rest as one.
    fn frequent(
        what: String,
        raw: &[Option<u32>],
        grown: &[usize],
        name: impl Fn(u32) -> String,
        none: &str,
    ) -> Self {
        let mut counts: BTreeMap<Option<u32>, usize> = BTreeMap::new();
        for &row in grown {
            *counts.entry(raw[row]).or_default() += 1;
        }
        let mut order: Vec<Option<u32>> = counts.keys().copied().collect();
        order.sort_by_key(|word| std::cmp::Reverse(counts.get(word).copied()));
        let n_rare = order.len().saturating_sub(MOST_CLASSES);
        order.truncate(MOST_CLASSES);
        let other = order.len();
        let of: Vec<usize> = raw
            .iter()
            .map(|word| order.iter().position(|own| own == word).unwrap_or(other))
            .collect();
        let mut names: Vec<String> = order
            .iter()
            .map(|word| word.map_or_else(|| none.to_owned(), &name))
            .collect();
        let mut note = None;
        if of.contains(&other) {
            names.push("other".to_owned());
            let gathered = of.iter().filter(|class| **class == other).count();
            note = Some(format!(
                "The {} most frequent answers are told apart; {} have one of the rest, called other.",
                other,
                counted(gathered, "user")
            ));
        }
        Self {
            what,
            names,
            of,
            n_rare,
            note,
        }
    }

    /// Low, middle and high by thirds of the grown rows; fewer where the numbers are too much alike.
    fn thirds(what: String, of: &[f64], grown: &[usize]) -> Self {
        let mut sorted: Vec<f64> = grown.iter().map(|row| of[*row]).collect();
        sorted.sort_by(f64::total_cmp);
        let mut cuts: Vec<f64> = Vec::new();
        for third in [1, 2] {
            let at = sorted.get(third * sorted.len() / 3).copied();
            let below = at.and_then(|at| sorted.iter().rev().find(|value| **value < at));
            if let (Some(high), Some(low)) = (at, below) {
                cuts.push(RuleUnit::Number.between(*low, high));
            }
        }
        cuts.dedup();
        let words = |number: f64| RuleUnit::Number.words(number);
        let names = match cuts.as_slice() {
            [] => vec!["the same for all".to_owned()],
            [cut] => vec![
                format!("under {}", words(*cut)),
                format!("{} or more", words(*cut)),
            ],
            [low, high, ..] => vec![
                format!("under {}", words(*low)),
                format!("{} to under {}", words(*low), words(*high)),
                format!("{} or more", words(*high)),
            ],
        };
        let class = |value: &f64| cuts.iter().filter(|cut| value >= cut).count();
        Self {
            what,
            of: of.iter().map(class).collect(),
            names,
            n_rare: 0,
            note: Some(
                "The model's numbers are told in thirds of the users the tree is grown on."
                    .to_owned(),
            ),
        }
    }
}

/// The class of the largest chance, of equals the first.
fn likeliest(chances: &[f64]) -> Option<u32> {
    let best = (0_u32..).zip(chances).fold(None, |best, (class, chance)| {
        let is_better = best.is_none_or(|(_, most)| chance > most);
        if is_better {
            Some((class, chance))
        } else {
            best
        }
    });
    best.map(|(class, _)| class)
}

fn leaves(
    tree: &RuleTree,
    features: &[RuleFeature],
    samples: &[Sample],
    parts: &Parts,
    classes: &[usize],
) -> Vec<LeafUsers> {
    let mut leaves: Vec<LeafUsers> = tree
        .leaves()
        .map(|node| LeafUsers {
            node,
            ..LeafUsers::default()
        })
        .collect();
    let mut put = |row: usize, is_grown: bool| {
        let node = tree.leaf_of(features, row);
        let Some(leaf) = leaves.iter_mut().find(|leaf| leaf.node == node) else {
            return;
        };
        let agrees = usize::from(tree.nodes[node].class == classes[row]);
        let user = samples[row].user_idx;
        if is_grown {
            leaf.grown.push(user);
            leaf.n_grown_agree += agrees;
        } else {
            leaf.held_out.push(user);
            leaf.n_held_agree += agrees;
        }
    };
    parts.grown.iter().for_each(|row| put(*row, true));
    parts.held_out.iter().for_each(|row| put(*row, false));
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fifteen answers, the first given 15 times, the last once: twelve are told apart.
    #[test]
    fn rare_answers_are_called_other() {
        let raw: Vec<Option<u32>> = (0..15_usize)
            .flat_map(|word| vec![(word > 0).then_some(word as u32); 15 - word])
            .collect();
        let grown: Vec<usize> = (0..raw.len()).collect();
        let name = |word: u32| format!("w{word}");
        let found = Classes::frequent("what".to_owned(), &raw, &grown, name, "no word");
        assert_eq!((found.names.len(), found.n_rare), (13, 3));
        assert_eq!(
            (&*found.names[0], &*found.names[11], &*found.names[12]),
            ("no word", "w11", "other")
        );
        // 3 + 2 + 1 users say w12, w13 or w14.
        assert!(found.note.unwrap().contains("6 users have one of the rest"));
        assert_eq!(found.of.iter().filter(|class| **class == 12).count(), 6);
        // What only a user held out is told is other too.
        let found = Classes::frequent("what".to_owned(), &[Some(1), Some(2)], &[0], name, "");
        assert_eq!(
            (found.of, found.names),
            (vec![0, 1], vec!["w1".to_owned(), "other".to_owned()])
        );
    }

    #[test]
    fn numbers_are_told_in_thirds_of_the_grown_rows() {
        let of: Vec<f64> = (0..9).map(|n| f64::from(n) / 10.0).collect();
        let grown: Vec<usize> = (0..9).collect();
        let found = Classes::thirds("chance".to_owned(), &of, &grown);
        assert_eq!(found.of, [0, 0, 0, 1, 1, 1, 2, 2, 2]);
        assert_eq!(
            found.names,
            ["under 0.3", "0.3 to under 0.6", "0.6 or more"]
        );
        let found = Classes::thirds("chance".to_owned(), &[0.5; 9], &grown);
        assert_eq!((found.of, found.names.len()), (vec![0; 9], 1));
        let halves = Classes::thirds("chance".to_owned(), &[0.1, 0.9, 0.9], &[0, 1, 2]);
        assert_eq!((halves.of, halves.names.len()), (vec![0, 1, 1], 2));
    }

    #[test]
    fn of_equal_chances_the_first_class_is_the_answer() {
        assert_eq!(likeliest(&[0.2, 0.4, 0.4]), Some(1));
        assert_eq!(likeliest(&[]), None);
    }
}
