//! Rules against slow and obvious ways, on models that are a formula.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use seqscope_base::metric::mid_rank;
use seqscope_data::{
    Dataset, EvalCase, FreeColumn, FreeValues, Histories, Sequences, Split, Vocab, Words,
};
use seqscope_model::{AttentionMaps, ItemTable, StepInputs, StepScores, TrainStats};

/// A model whose scores after a history are a function of its items.
struct Planted<F>(F);

impl<F: Fn(&[u32]) -> Vec<f32> + Send + Sync> Trainable for Planted<F> {
    fn n_params(&self) -> usize {
        0
    }
    fn train_step(&mut self, _: &Histories, _: StepInputs) -> Result<(), ModelError> {
        Ok(())
    }
    fn take_stats(&mut self) -> Result<TrainStats, ModelError> {
        Ok(TrainStats::default())
    }
    fn scores(&self, histories: &Histories) -> Result<Vec<f32>, ModelError> {
        Ok(histories.rows().flat_map(|row| (self.0)(row)).collect())
    }
    fn step_scores(&self, _: &Histories) -> Result<StepScores, ModelError> {
        Ok(StepScores::default())
    }
    fn attention(&self, _: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        Ok(None)
    }
    fn item_table(&self) -> Result<Option<ItemTable>, ModelError> {
        Ok(None)
    }
    fn save_weights(&self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn load_weights(&mut self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn save_state(&self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn load_state(&mut self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
}

const N_ITEMS: u32 = 9;

/// Genres of the items 1 to 9.
const GENRES: [&str; 9] = ["a|b", "a", "a", "b", "b", "b", "c", "c", "c"];

/// Users with histories by chance, of which the last two events are held out.
fn prepared(n_users: usize, seed: u64) -> Prepared {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut items = Vocab::starting_at(1);
    for item in 1..=N_ITEMS {
        items.intern(&format!("i{item}"));
    }
    let mut genres = Words::default();
    genres.idx = GENRES
        .iter()
        .map(|genre| genres.vocab.intern(genre))
        .collect();
    let (mut users, mut sequences) = (Vocab::default(), Sequences::default());
    let mut split = Split::default();
    sequences.offsets.push(0);
    for user in 0..n_users {
        users.intern(&format!("u{user}"));
        let len = random.random_range(3..20_u32);
        let events = (0..len).map(|_| random.random_range(1..=N_ITEMS));
        sequences.item_idx.extend(events);
        sequences.offsets.push(sequences.item_idx.len());
        split.train_len.push(len - 2);
        split.valid_len.push(len - 1);
        split.valid.push(EvalCase {
            user_idx: user as u32,
            history_len: len - 2,
            target_pos: len - 2,
        });
    }
    Prepared {
        dataset: Dataset {
            users,
            items,
            sequences,
            item_columns: vec![FreeColumn {
                name: "genres".to_owned(),
                values: FreeValues::Category(genres),
            }],
            ..Dataset::default()
        },
        split,
        ..Prepared::default()
    }
}

fn one_hot(item: u32) -> Vec<f32> {
    (0..=N_ITEMS)
        .map(|other| if other == item { 5.0 } else { 0.0 })
        .collect()
}

/// After an item of genre b item 7; else, with fewer than 8 events item 2, with more item 5.
fn planted(history: &[u32]) -> u32 {
    match history.last() {
        Some(1 | 4 | 5 | 6) => 7,
        _ if history.len() < 8 => 2,
        _ => 5,
    }
}

fn label(item: u32) -> String {
    format!("i{item}")
}

fn question<'a>(model: &'a dyn Trainable, prepared: &'a Prepared) -> TreeQuestion<'a> {
    TreeQuestion {
        model,
        prepared,
        questions: &TaskQuestions::NextItem,
        filter_seen: false,
        label: &label,
        tells_columns: true,
        by: RuleBy::Auto,
        max_depth: 4,
        min_leaf: None,
        most_users: 10_000,
        seed: 3,
    }
}

fn grown(asked: &TreeQuestion<'_>) -> ImitationTree {
    imitate(asked, &mut |_| true).unwrap().unwrap()
}

#[test]
fn a_planted_rule_is_found_and_read_off_as_sentences() {
    let (prepared, model) = (
        prepared(600, 1),
        Planted(|row: &[u32]| one_hot(planted(row))),
    );
    let found = grown(&question(&model, &prepared));
    assert_eq!(found.what, "genres of the item that the model puts first");
    assert_eq!(
        (found.fidelity.share, found.fidelity.kappa),
        (1.0, Some(1.0))
    );
    assert_eq!(found.fidelity.n_users, 180);
    let rules: Vec<String> = found
        .leaves
        .iter()
        .map(|leaf| found.sentence(leaf))
        .collect();
    let starts = [
        "If the last item's genres is b → c (",
        "If the last item's genres is not b and the number of events is under 8 → a (",
        "If the last item's genres is not b and the number of events is 8 or more → b (",
    ];
    assert_eq!(rules.len(), 3, "{rules:#?}");
    for (rule, start) in rules.iter().zip(starts) {
        assert!(rule.starts_with(start) && rule.contains("100 %"), "{rule}");
    }
    // Every user comes to one leaf, and the leaf's rule holds of their history.
    let history = |user: u32| {
        let n = prepared.split.train_len[user as usize] as usize;
        &prepared.dataset.sequences.items(user as usize)[..n]
    };
    let mut all = BTreeSet::new();
    for (leaf, says) in found.leaves.iter().zip([7, 2, 5]) {
        for &user in leaf.grown.iter().chain(&leaf.held_out) {
            assert!(all.insert(user));
            assert_eq!(planted(history(user)), says);
        }
    }
    assert_eq!(all.len(), 600);
}

/// A rule with noise that no feature tells: fidelity, the constant and κ are counted once more from
/// what the leaves hold.
#[test]
fn fidelity_is_what_a_slow_count_over_the_held_out_users_gives() {
    let noisy = |row: &[u32]| {
        let sum: u32 = row.iter().sum();
        one_hot(if sum.is_multiple_of(5) {
            7
        } else {
            planted(row)
        })
    };
    let (prepared, model) = (prepared(500, 2), Planted(noisy));
    for by in [RuleBy::Auto, RuleBy::Items] {
        let asked = TreeQuestion {
            by,
            ..question(&model, &prepared)
        };
        let found = grown(&asked);
        let word = |item: u32| match asked.by {
            RuleBy::Items => label(item),
            _ => GENRES[item as usize - 1]
                .split('|')
                .next()
                .unwrap()
                .to_owned(),
        };
        let model_says = |user: u32| {
            let n = prepared.split.train_len[user as usize] as usize;
            let scores = noisy(&prepared.dataset.sequences.items(user as usize)[..n]);
            word(
                (1..=N_ITEMS)
                    .find(|item| scores[*item as usize] > 1.0)
                    .unwrap(),
            )
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut most: BTreeMap<String, usize> = BTreeMap::new();
        for leaf in &found.leaves {
            for &user in &leaf.grown {
                *most.entry(model_says(user)).or_default() += 1;
            }
            for &user in &leaf.held_out {
                pairs.push((found.class_words(leaf.node).to_owned(), model_says(user)));
            }
        }
        let n = pairs.len() as f64;
        let share = pairs.iter().filter(|(tree, model)| tree == model).count() as f64 / n;
        let common = most.iter().max_by_key(|(_, n)| **n).unwrap().0;
        let constant = pairs.iter().filter(|(_, model)| model == common).count() as f64 / n;
        let classes: BTreeSet<&String> = pairs.iter().flat_map(|(a, b)| [a, b]).collect();
        let chance: f64 = classes
            .iter()
            .map(|class| {
                let tree = pairs.iter().filter(|(tree, _)| tree == *class).count() as f64 / n;
                let model = pairs.iter().filter(|(_, model)| model == *class).count() as f64 / n;
                tree * model
            })
            .sum();
        let told = found.fidelity;
        assert_eq!(told.n_users, 150);
        assert!((told.share - share).abs() < 1e-12, "{told:?} {share}");
        assert!((told.constant - constant).abs() < 1e-12);
        assert!((told.kappa.unwrap() - (share - chance) / (1.0 - chance)).abs() < 1e-12);
        assert!(share > constant + 0.1 && share < 1.0);
    }
}

#[test]
fn a_seed_decides_who_is_held_out_and_the_same_seed_finds_the_same() {
    let (prepared, model) = (
        prepared(200, 3),
        Planted(|row: &[u32]| one_hot(planted(row))),
    );
    let of_seed = |seed: u64| {
        grown(&TreeQuestion {
            seed,
            most_users: 100,
            ..question(&model, &prepared)
        })
    };
    let held = |found: &ImitationTree| -> BTreeSet<u32> {
        let leaves = found.leaves.iter();
        leaves.flat_map(|leaf| leaf.held_out.clone()).collect()
    };
    let (first, again, other) = (of_seed(1), of_seed(1), of_seed(2));
    assert_eq!(format!("{first:?}"), format!("{again:?}"));
    assert_ne!(held(&first), held(&other));
    assert_eq!(held(&first).len(), 30);
}

#[test]
fn a_constant_model_has_one_rule_and_a_silent_one_none() {
    let prepared = prepared(300, 4);
    let constant = Planted(|_: &[u32]| one_hot(4));
    let found = grown(&question(&constant, &prepared));
    assert_eq!(found.tree.nodes.len(), 1);
    let sentence = found.sentence(&found.leaves[0]);
    assert!(
        sentence.starts_with("Always b (210 users, 100 % of them"),
        "{sentence}"
    );
    assert_eq!(found.fidelity.kappa, None);
    let silent = Planted(|_: &[u32]| vec![f32::NAN; N_ITEMS as usize + 1]);
    let error = imitate(&question(&silent, &prepared), &mut |_| true).unwrap_err();
    assert!(matches!(error, RulesError::TooFewUsers { n: 0 }), "{error}");
}

#[test]
fn what_cannot_be_done_is_said_with_the_cure() {
    let model = Planted(|row: &[u32]| one_hot(planted(row)));
    let refused = |prepared: &Prepared, by: RuleBy| {
        let asked = TreeQuestion {
            by,
            ..question(&model, prepared)
        };
        imitate(&asked, &mut |_| true).unwrap_err().to_string()
    };
    let few = refused(&prepared(19, 5), RuleBy::Auto);
    assert!(
        few.starts_with("19 users") && few.contains("more users"),
        "{few}"
    );
    let data = prepared(40, 5);
    let column = refused(&data, RuleBy::Column("year".to_owned()));
    assert!(column.contains("choose one of genres"), "{column}");
    assert!(refused(&data, RuleBy::Groups).contains("choose a column"));
    let stopped = imitate(&question(&model, &data), &mut |_| false).unwrap();
    assert!(stopped.is_none());
    let hidden = TreeQuestion {
        tells_columns: false,
        ..question(&model, &data)
    };
    let found = grown(&hidden);
    assert!(
        found.notes[0].contains("their own names"),
        "{:?}",
        found.notes
    );
    assert!(
        found
            .features
            .iter()
            .all(|feature| !feature.name.contains("genres"))
    );
}

/// One rule by its antecedent and consequence, counted as its definition says.
fn slow_rule(prepared: &Prepared, antecedent: &[u32], consequence: u32) -> BigramRule {
    let n_before = antecedent.len();
    let (mut support, mut users, mut n_antecedent) = (0_usize, BTreeSet::new(), 0);
    let (mut n_base, mut n_all) = (0_usize, 0_usize);
    for (user, &n) in prepared.split.train_len.iter().enumerate() {
        let items = &prepared.dataset.sequences.items(user)[..n as usize];
        for at in n_before..items.len() {
            n_all += 1;
            n_base += usize::from(items[at] == consequence);
            if items[at - n_before..at] == *antecedent {
                n_antecedent += 1;
                if items[at] == consequence {
                    support += 1;
                    users.insert(user);
                }
            }
        }
    }
    let confidence = support as f64 / n_antecedent as f64;
    BigramRule {
        antecedent: antecedent.to_vec(),
        consequence,
        support,
        n_users: users.len(),
        n_antecedent,
        confidence,
        lift: confidence / (n_base as f64 / n_all as f64),
        n_asked: 0,
        n_first: 0,
        n_listed: 0,
    }
}

#[test]
fn bigrams_are_what_a_slow_count_finds_and_so_is_obedience() {
    let scores = |row: &[u32]| -> Vec<f32> {
        let last = *row.last().unwrap();
        (0..=N_ITEMS)
            .map(|item| {
                ((item * 7 + last * 3 + row.len() as u32) % 11) as f32 + item as f32 / 100.0
            })
            .collect()
    };
    let (data, model) = (prepared(120, 6), Planted(scores));
    for (min_support, filter_seen) in [(3, false), (6, true)] {
        let asked = BigramAsk {
            model: &model,
            prepared: &data,
            questions: &TaskQuestions::NextItem,
            filter_seen,
            min_support,
            min_confidence: 0.12,
            top: 3,
            most_asked: 100_000,
            most_rules: 1_000_000,
            seed: 0,
        };
        let found = bigram_rules(&asked, &mut |_| true).unwrap().unwrap();
        let mut cut = BigramCut::default();
        let mut n_rules = 0;
        let befores = std::iter::once(None).chain((1..=N_ITEMS).map(Some));
        for before in befores {
            for last in 1..=N_ITEMS {
                for consequence in 1..=N_ITEMS {
                    let antecedent: Vec<u32> = before.into_iter().chain([last]).collect();
                    let mut slow = slow_rule(&data, &antecedent, consequence);
                    if slow.support == 0 {
                        continue;
                    }
                    let left_out = if slow.support < min_support {
                        Some(&mut cut.n_rare)
                    } else if slow.confidence < 0.12 {
                        Some(&mut cut.n_unsure)
                    } else if slow.lift <= 1.0 {
                        Some(&mut cut.n_lifeless)
                    } else {
                        None
                    };
                    if let Some(left_out) = left_out {
                        *left_out += 1;
                        continue;
                    }
                    n_rules += 1;
                    for (user, &n) in data.split.train_len.iter().enumerate() {
                        let items = data.dataset.sequences.items(user);
                        for len in antecedent.len()..=n as usize {
                            let history = &items[..len];
                            let is_out = filter_seen && history.contains(&consequence);
                            if !history.ends_with(&antecedent) || is_out {
                                continue;
                            }
                            let mut out: Vec<u32> = vec![];
                            if filter_seen {
                                out = history.to_vec();
                                out.sort_unstable();
                                out.dedup();
                            }
                            let rank = mid_rank(&scores(history), consequence as usize, &out);
                            slow.n_asked += 1;
                            slow.n_first += usize::from(rank < 1.5);
                            slow.n_listed += usize::from(rank < 3.5);
                        }
                    }
                    let own = found.rules.iter().find(|rule| {
                        rule.antecedent == antecedent && rule.consequence == consequence
                    });
                    assert_eq!(own, Some(&slow));
                }
            }
        }
        assert_eq!((found.rules.len(), found.cut), (n_rules, cut));
        assert!(n_rules > 20, "{n_rules}");
        let keys = |rule: &BigramRule| (rule.antecedent.len(), rule.confidence);
        assert!(found.rules.is_sorted_by(|a, b| keys(a) >= keys(b)));
    }
}

#[test]
fn few_moments_are_drawn_and_long_lists_cut() {
    let (data, model) = (
        prepared(200, 7),
        Planted(|row: &[u32]| one_hot(planted(row))),
    );
    let asked = BigramAsk {
        model: &model,
        prepared: &data,
        questions: &TaskQuestions::NextItem,
        filter_seen: false,
        min_support: 1,
        min_confidence: 0.0,
        top: 5,
        most_asked: 4,
        most_rules: 10,
        seed: 0,
    };
    let found = bigram_rules(&asked, &mut |_| true).unwrap().unwrap();
    assert_eq!(found.rules.len(), 10);
    assert!(found.cut.n_beyond > 100, "{:?}", found.cut);
    assert!(
        found
            .rules
            .iter()
            .all(|rule| (1..=4).contains(&rule.n_asked))
    );
    let again = bigram_rules(&asked, &mut |_| true).unwrap().unwrap();
    assert_eq!(found, again);
    assert_eq!(bigram_rules(&asked, &mut |_| false).unwrap(), None);
    let wrong = BigramAsk {
        min_confidence: f64::NAN,
        ..asked
    };
    let error = bigram_rules(&wrong, &mut |_| true).unwrap_err().to_string();
    assert!(error.contains("from 0 to 1"), "{error}");
}
