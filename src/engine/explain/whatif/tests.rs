//! What if, against slow and obvious ways, on a model that is a formula.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::explain::{Foresee, foresee_after};
use seqscope_data::{Dataset, Sequences, Split, Vocab};
use seqscope_model::{AttentionMaps, StepInputs, StepScores, TrainStats};

/// A model that is a formula of the history: of each item there a row of tastes, fading with age,
/// and more for what followed what.
struct Formula {
    n_items: usize,
    taste: Vec<f32>,
    after: Vec<f32>,
    fading: f32,
}

impl Formula {
    fn random(n_items: usize, random: &mut ChaCha8Rng) -> Self {
        let mut table =
            |n: usize| -> Vec<f32> { (0..n).map(|_| random.random_range(-1.0..1.0_f32)).collect() };
        let n = (n_items + 1) * (n_items + 1);
        let (taste, after) = (table(n), table(n));
        Self {
            n_items,
            taste,
            after,
            fading: random.random_range(0.5..1.0),
        }
    }

    fn of(&self, history: &[u32]) -> Vec<f32> {
        let width = self.n_items + 1;
        let mut scores = vec![0.0; width];
        for (age, &item) in history.iter().rev().enumerate() {
            for (candidate, score) in scores.iter_mut().enumerate() {
                *score +=
                    self.fading.powi(age as i32) * self.taste[item as usize * width + candidate];
            }
        }
        for pair in history.windows(2) {
            let (a, b) = (pair[0] as usize, pair[1] as usize);
            scores[(a + b) % width] += self.after[a * width + b];
        }
        scores
    }
}

impl Trainable for Formula {
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
        Ok(histories.rows().flat_map(|row| self.of(row)).collect())
    }
    fn step_scores(&self, _: &Histories) -> Result<StepScores, ModelError> {
        Ok(StepScores::default())
    }
    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        let len = history.row(0).len();
        Ok(Some(AttentionMaps {
            len,
            ..AttentionMaps::default()
        }))
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

/// One user with this history.
fn prepared(n_items: usize, history: &[u32]) -> Prepared {
    let mut items = Vocab::starting_at(1);
    for item in 1..=n_items {
        items.intern(&format!("i{item}"));
    }
    Prepared {
        dataset: Dataset {
            items,
            sequences: Sequences {
                offsets: vec![0, history.len()],
                item_idx: history.to_vec(),
                ..Sequences::default()
            },
            ..Dataset::default()
        },
        split: Split {
            train_len: vec![history.len() as u32],
            ..Split::default()
        },
        ..Prepared::default()
    }
}

fn what_if<'a>(model: &'a Formula, prepared: &'a Prepared, seen: Seen) -> WhatIf<'a> {
    WhatIf::new(
        model,
        prepared,
        &[],
        HistoryOf::user(prepared, 0, true),
        seen,
    )
}

/// A catalogue of 6 to 9 items and a history of up to 7 events.
fn random_case(case: u64) -> (Formula, Vec<u32>, Seen) {
    let mut random = ChaCha8Rng::seed_from_u64(case);
    let n_items = random.random_range(6..10);
    let len = random.random_range(1..8);
    let history = (0..len)
        .map(|_| random.random_range(1..=n_items as u32 / 2 + 1))
        .collect();
    let seen = if case.is_multiple_of(3) {
        Seen::Ranked
    } else {
        Seen::LeftOut
    };
    (Formula::random(n_items, &mut random), history, seen)
}

/// The item that comes first after a history, none of `out` being listed.
fn first_after(model: &Formula, history: &[u32], out: &[u32]) -> Option<u32> {
    let scores = model.of(history);
    let mut first: Option<u32> = None;
    for item in 1..=model.n_items as u32 {
        let is_better = first.is_none_or(|best| scores[item as usize] > scores[best as usize]);
        if !out.contains(&item) && is_better {
            first = Some(item);
        }
    }
    first
}

/// The history without some of its positions.
fn without(history: &[u32], gone: &[usize]) -> Vec<u32> {
    let kept = (0..history.len()).filter(|at| !gone.contains(at));
    kept.map(|at| history[at]).collect()
}

/// Numbers of single deletions, single replacements and pairs of deletions among the last events
/// that change what comes first: the slow and obvious way.
fn brute_force(model: &Formula, history: &[u32], seen: Seen, last: usize) -> Option<[usize; 3]> {
    let out = |more: &[u32]| match seen {
        Seen::LeftOut => [history, more].concat(),
        Seen::Ranked => Vec::new(),
    };
    let first = first_after(model, history, &out(&[]))?;
    let changes = |changed: &[u32], more: &[u32]| {
        usize::from(first_after(model, changed, &out(more)).is_some_and(|item| item != first))
    };
    let from = history.len().saturating_sub(last);
    let mut counts = [0; 3];
    for one in from..history.len() {
        counts[0] += changes(&without(history, &[one]), &[]);
        for item in (1..=model.n_items as u32).filter(|item| *item != first) {
            let mut replaced = history.to_vec();
            replaced[one] = item;
            counts[1] += usize::from(history[one] != item) * changes(&replaced, &[item]);
        }
        for other in one + 1..history.len() {
            counts[2] += changes(&without(history, &[one, other]), &[]);
        }
    }
    Some(counts)
}

#[test]
fn the_smallest_edit_is_that_of_brute_force_on_200_cases() {
    let stages = [
        FlipStage::Deletions,
        FlipStage::Replacements,
        FlipStage::Pairs,
    ];
    let (mut of_stage, mut n_greedy) = ([0; 3], 0);
    for case in 0..200 {
        let (model, history, seen) = random_case(case);
        let prepared = prepared(model.n_items, &history);
        let what_if = what_if(&model, &prepared, seen);
        // Every other case without replacements, so that pairs and more come to their turn.
        let asked = FlipAsk {
            last: 5,
            n_candidates: if case % 2 == 0 { 50 } else { 0 },
        };
        let expected = brute_force(&model, &history, seen, asked.last);
        let Some(mut expected) = expected else {
            assert!(what_if.flip(asked, &mut |_| true).is_err(), "case {case}");
            continue;
        };
        if asked.n_candidates == 0 {
            expected[1] = 0;
        }
        let flip = what_if.flip(asked, &mut |_| true).unwrap();
        let n_flips = |stage| flip.tried.iter().find(|tried| tried.stage == stage);
        let smallest = expected.iter().position(|n| *n > 0);
        for (at, stage) in stages.into_iter().enumerate() {
            let told = n_flips(stage).map_or(0, |tried| tried.n_flips);
            let wanted = if smallest.is_some_and(|smallest| at > smallest) {
                assert!(
                    n_flips(stage).is_none(),
                    "case {case}: {stage} is tried for nothing"
                );
                0
            } else {
                expected[at]
            };
            assert_eq!(told, wanted, "case {case}: {stage} of {history:?}");
        }
        match (smallest, &flip.found) {
            (Some(stage), Some(found)) => {
                of_stage[stage] += 1;
                assert!(found.is_smallest, "case {case}");
                assert_eq!(found.edits.len(), [1, 1, 2][stage], "case {case}");
            }
            (None, Some(found)) => {
                n_greedy += 1;
                assert!(!found.is_smallest && found.edits.len() > 2, "case {case}");
            }
            (None, None) => {}
            (Some(_), None) => panic!("case {case}: brute force finds an edit"),
        }
        if let Some(found) = &flip.found {
            let events = what_if.edited(&found.edits).unwrap();
            let items: Vec<u32> = events.iter().map(|event| event.item_idx).collect();
            let out = match seen {
                Seen::LeftOut => [&history[..], &items[..]].concat(),
                Seen::Ranked => Vec::new(),
            };
            let first = first_after(&model, &items, &out);
            assert_eq!(first, Some(found.item_idx), "case {case}");
            assert_ne!(found.item_idx, flip.first, "case {case}");
            let out = match seen {
                Seen::LeftOut => items.clone(),
                Seen::Ranked => Vec::new(),
            };
            let listed = first_after(&model, &items, &out);
            assert_eq!(listed, Some(found.listed_first), "case {case}");
            assert!(found.odds >= 1.0, "case {case}");
        }
    }
    assert!(
        of_stage.iter().all(|n| *n > 3) && n_greedy > 1,
        "every kind comes to its turn: {of_stage:?}, greedy {n_greedy}"
    );
}

#[test]
fn a_search_after_edits_is_that_of_the_history_they_make() {
    let mut n_found = 0;
    for case in 0..60 {
        let (model, history, seen) = random_case(case);
        let edited: Vec<u32> = history[1..].iter().copied().chain([1]).collect();
        let (whole, other) = (
            prepared(model.n_items, &history),
            prepared(model.n_items, &edited),
        );
        let edits =
            ["Delete(event: 1)", "Insert(item: \"i1\")"].map(|text| Edit::parse(text).unwrap());
        let asked = FlipAsk {
            last: 4,
            n_candidates: 0,
        };
        let after = what_if(&model, &whole, seen).flip_after(&edits, asked, &mut |_| true);
        let direct = what_if(&model, &other, seen).flip(asked, &mut |_| true);
        let (Ok(after), Ok(direct)) = (after, direct) else {
            continue;
        };
        n_found += usize::from(after.found.is_some());
        assert_eq!(after, direct, "case {case}");
    }
    assert!(n_found > 10, "{n_found}");
    let (model, history, seen) = random_case(1);
    let whole = prepared(model.n_items, &history);
    let wrong = [Edit::Delete { event: 99 }];
    let refused =
        what_if(&model, &whole, seen).flip_after(&wrong, FlipAsk::default(), &mut |_| true);
    assert!(refused.unwrap_err().to_string().starts_with("edit 1"));
}

#[test]
fn a_search_is_stopped_where_it_stands_and_says_what_is_known_by_then() {
    // 40 events of one item, which all say 2: nothing changes that.
    let mut model = Formula::random(9, &mut ChaCha8Rng::seed_from_u64(1));
    model.taste.fill(0.0);
    model.after.fill(0.0);
    model.taste[10 + 2] = 1.0;
    let prepared = prepared(9, &[1; 40]);
    let what_if = what_if(&model, &prepared, Seen::LeftOut);
    let asked = FlipAsk {
        last: 50,
        n_candidates: 0,
    };
    let mut heard = Vec::new();
    let flip = what_if.flip(asked, &mut |progress| {
        heard.push(progress);
        progress.stage == FlipStage::Deletions
    });
    let flip = flip.unwrap();
    assert!(flip.is_stopped && flip.found.is_none());
    assert_eq!((flip.first, flip.n_last), (2, 40));
    assert_eq!((heard[1].done, heard[1].of), (32, 40));
    assert_eq!(
        flip.words(),
        "Stopped. No single deletion among the last 40 events does it."
    );
    let whole = what_if.flip(asked, &mut |_| true).unwrap();
    // Without any event all are equal, and the first that was not seen is 2 once more.
    assert_eq!(whole.found, None);
    assert_eq!(
        whole.words(),
        "No single deletion, no pair of deletions, no greedy deletion of more among the last 40 \
         events does it."
    );
}

#[test]
fn the_answer_is_that_of_the_changed_history_and_of_no_change_nothing_moves() {
    let (model, _, _) = random_case(4);
    let history = [1, 3, 2, 3];
    let prepared = prepared(model.n_items, &history);
    let what_if = what_if(&model, &prepared, Seen::LeftOut);
    let same = WhatIfAsk {
        top: 3,
        item_idx: Some(5),
        with_attention: true,
        ..WhatIfAsk::default()
    };
    let answer = what_if.answer(&same).unwrap();
    assert_eq!((answer.total_variation, answer.divergence), (0.0, 0.0));
    assert!(
        answer
            .moves
            .iter()
            .all(|moved| moved.change == Change::Same)
    );
    assert_eq!(answer.before, answer.after);
    assert_eq!(answer.attention.map(|maps| maps.len), Some(4));

    let edits = ["Delete(event: 2)", "Insert(item: \"i5\", event: 1)"];
    let changed = WhatIfAsk {
        edits: edits
            .iter()
            .map(|text| Edit::parse(text).unwrap())
            .collect(),
        ..same
    };
    let answer = what_if.answer(&changed).unwrap();
    let items: Vec<u32> = answer.events.iter().map(|event| event.item_idx).collect();
    assert_eq!(items, [5, 1, 2, 3]);
    let lists = |history: &[u32]| {
        let asked = Foresee {
            n_ahead: 1,
            top: 3,
            filter_seen: true,
        };
        foresee_after(&model, &Histories::of_items(history), asked)
            .unwrap()
            .remove(0)
    };
    assert_eq!(answer.before, lists(&history));
    assert_eq!(
        answer.after,
        lists(&items),
        "what the model says of such a history anyway"
    );
    let item = answer.item.unwrap();
    assert!(item.before.place.is_some() && item.after.place.is_none());
    let long = WhatIfAsk {
        top: 99,
        ..WhatIfAsk::default()
    };
    let refused = what_if.answer(&long).unwrap_err().to_string();
    assert!(refused.contains("choose from 1 to"), "{refused}");
}

#[test]
fn until_a_run_has_ended_the_test_question_cannot_be_asked() {
    let mut prepared = prepared(5, &[1, 2, 3, 4]);
    prepared.split.test = vec![seqscope_data::EvalCase {
        user_idx: 0,
        history_len: 3,
        target_pos: 3,
    }];
    prepared.split.valid = vec![seqscope_data::EvalCase {
        user_idx: 0,
        history_len: 2,
        target_pos: 2,
    }];
    prepared.split.train_len = vec![2];
    assert_eq!(HistoryOf::user(&prepared, 0, true).n_events, 4);
    // After three events the model would be asked the test question itself.
    assert_eq!(HistoryOf::user(&prepared, 0, false).n_events, 2);
    prepared.split.valid.clear();
    assert_eq!(HistoryOf::user(&prepared, 0, false).n_events, 2);
}

/// Chi-square statistic of counts against chances.
fn chi_square(counts: &[usize], chances: &[f64]) -> f64 {
    let n: usize = counts.iter().sum();
    let terms = counts.iter().zip(chances).map(|(&count, chance)| {
        let expected = chance * n as f64;
        (count as f64 - expected).powi(2) / expected
    });
    terms.sum()
}

#[test]
fn samples_come_as_often_as_the_softmax_says_and_from_the_nucleus_alone() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let model = Formula::random(20, &mut random);
    let prepared = prepared(20, &[3, 9]);
    let what_if = what_if(&model, &prepared, Seen::LeftOut);
    let asked = Draw {
        n_ahead: 2,
        n_samples: 20_000,
        temperature: 0.7,
        top_p: 1.0,
        seed: 5,
    };
    let samples = what_if.drawn(what_if.base(), &asked).unwrap();
    // The softmax of scores / 0.7 over the 18 items that were not seen.
    let odds = |history: &[u32]| {
        let scores = model.of(history);
        let mut odds: Vec<f64> = scores.iter().map(|s| (f64::from(*s) / 0.7).exp()).collect();
        odds[0] = 0.0;
        for item in history {
            odds[*item as usize] = 0.0;
        }
        let sum: f64 = odds.iter().sum();
        odds.iter().map(|odds| odds / sum).collect::<Vec<f64>>()
    };
    let chances = odds(&[3, 9]);
    let mut counts = vec![0; 21];
    for sample in &samples {
        counts[sample[0].item_idx as usize] += 1;
        let chance = chances[sample[0].item_idx as usize];
        assert!((sample[0].probability - chance).abs() < 1e-9);
    }
    let possible: Vec<usize> = (1..=20).filter(|item| ![3, 9].contains(item)).collect();
    let of = |all: &[usize]| possible.iter().map(|item| all[*item]).collect::<Vec<_>>();
    let chances: Vec<f64> = possible.iter().map(|item| chances[*item]).collect();
    let statistic = chi_square(&of(&counts), &chances);
    // 17 degrees of freedom: 40.8 is passed once in a thousand times.
    assert!(statistic < 40.8, "{statistic}");
    assert_eq!(of(&counts).iter().sum::<usize>(), samples.len());

    // The second event, given the commonest first one.
    let first = *possible.iter().max_by_key(|item| counts[**item]).unwrap() as u32;
    let chances = odds(&[3, 9, first]);
    let mut counts = [0; 21];
    for sample in samples.iter().filter(|sample| sample[0].item_idx == first) {
        counts[sample[1].item_idx as usize] += 1;
    }
    let possible: Vec<usize> = possible
        .into_iter()
        .filter(|i| *i != first as usize)
        .collect();
    let counts: Vec<usize> = possible.iter().map(|item| counts[*item]).collect();
    let chances: Vec<f64> = possible.iter().map(|item| chances[*item]).collect();
    let statistic = chi_square(&counts, &chances);
    // 16 degrees of freedom.
    assert!(statistic < 39.3, "{statistic}");
}

#[test]
fn a_seed_says_the_samples_and_the_nucleus_is_the_documented_set() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let model = Formula::random(20, &mut random);
    let prepared = prepared(20, &[3, 9]);
    let what_if = what_if(&model, &prepared, Seen::Ranked);
    let asked = Draw {
        n_ahead: 1,
        n_samples: 4_000,
        temperature: 1.0,
        top_p: 0.6,
        seed: 5,
    };
    let drawn = what_if.drawn(what_if.base(), &asked).unwrap();
    let scores = model.of(&[3, 9]);
    let sum: f64 = scores[1..].iter().map(|s| f64::from(*s).exp()).sum();
    let mut order: Vec<u32> = (1..=20).collect();
    order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
    let (mut wanted, mut held) = (Vec::new(), 0.0);
    for item in order {
        if held < 0.6 {
            held += f64::from(scores[item as usize]).exp() / sum;
            wanted.push(item);
        }
    }
    let mut found: Vec<u32> = drawn.iter().map(|path| path[0].item_idx).collect();
    let few = Draw {
        n_samples: 3,
        ..asked
    };
    assert_eq!(what_if.drawn(what_if.base(), &few).unwrap(), drawn[..3]);
    let other = Draw { seed: 6, ..asked };
    assert_ne!(what_if.drawn(what_if.base(), &other).unwrap(), drawn);
    found.sort_unstable();
    found.dedup();
    wanted.sort_unstable();
    assert_eq!(found, wanted);

    // Near 0 only the likeliest comes, each time: the greedy path.
    let cold = Draw {
        n_ahead: 4,
        n_samples: 5,
        temperature: 1e-4,
        top_p: 1.0,
        seed: 1,
    };
    let greedy = Foresee {
        n_ahead: 4,
        top: 1,
        filter_seen: false,
    };
    let greedy = foresee_after(&model, &Histories::of_items(&[3, 9]), greedy).unwrap();
    let greedy: Vec<u32> = greedy.iter().map(|list| list[0].item_idx).collect();
    // Down to the smallest number there is, by which no score can be divided.
    for temperature in [1e-4, 1e-310, f64::from_bits(1)] {
        let cold = Draw {
            temperature,
            ..cold
        };
        for path in what_if.drawn(what_if.base(), &cold).unwrap() {
            let items: Vec<u32> = path.iter().map(|drawn| drawn.item_idx).collect();
            assert_eq!(items, greedy, "{temperature}");
        }
    }
}

#[test]
fn an_answer_that_is_no_number_is_an_error_and_no_list() {
    let (mut model, _, _) = random_case(1);
    let prepared = prepared(model.n_items, &[1, 2]);
    model.after.fill(f32::NAN);
    let what_if = what_if(&model, &prepared, Seen::Ranked);
    let asked = Draw {
        n_ahead: 1,
        n_samples: 1,
        temperature: 1.0,
        top_p: 1.0,
        seed: 1,
    };
    let refused = what_if.drawn(what_if.base(), &asked).unwrap_err();
    assert!(refused.to_string().contains("is no number"), "{refused}");
}

#[test]
fn a_path_ends_with_the_catalogue_where_seen_items_are_left_out() {
    let (model, _, _) = random_case(1);
    let history: Vec<u32> = (1..model.n_items as u32).collect();
    let prepared = prepared(model.n_items, &history);
    let what_if = what_if(&model, &prepared, Seen::LeftOut);
    let asked = Draw {
        n_ahead: 3,
        n_samples: 2,
        temperature: 1.0,
        top_p: 0.9,
        seed: 1,
    };
    let drawn = what_if.drawn(what_if.base(), &asked).unwrap();
    let items: Vec<Vec<u32>> = drawn
        .iter()
        .map(|path| path.iter().map(|drawn| drawn.item_idx).collect())
        .collect();
    assert_eq!(items, vec![vec![model.n_items as u32]; 2]);
    assert!((drawn[0][0].probability - 1.0).abs() < 1e-12);
}
