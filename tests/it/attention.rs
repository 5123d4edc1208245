//! The families of attention that are asked for more than they are trained on: worlds with a known optimum, and
//! items several steps ahead.

use seqscope::data::{DataShape, Histories};
use seqscope::model::{Ahead, Blueprint, ModelSpec, StepInputs, Trainable};
use seqscope::spec::derive_seed;

use crate::model::{OPTIMIZER, build, circle, cpu, families, train};

/// Items of the chain below.
const N_STATES: usize = 12;

/// A chain in which three items may follow each: with .6, .3 and .1.
fn chances(state: usize) -> [f64; N_STATES] {
    let mut row = [0.0; N_STATES];
    for (step, chance) in [(1, 0.6), (5, 0.3), (8, 0.1)] {
        row[(state + step) % N_STATES] = chance;
    }
    row
}

/// A walk of that chain, items from 1.
fn walk(user: usize, len: usize) -> Vec<u32> {
    let mut state = user % N_STATES;
    let mut items = vec![state as u32 + 1];
    for at in 1..len {
        let mut left = (derive_seed(user as u64, "walk", at as u64) >> 11) as f64 / (1_u64 << 53) as f64;
        for (next, chance) in chances(state).into_iter().enumerate() {
            left -= chance;
            if left < 0.0 {
                state = next;
                break;
            }
        }
        items.push(state as u32 + 1);
    }
    items
}

/// Expected discounted gain of ranking the items by these scores after `state`.
fn gain(scores: &[f64], state: usize) -> f64 {
    let rank = |item: usize| scores.iter().filter(|&&score| score > scores[item]).count();
    let gain = |(item, chance): (usize, f64)| chance / (rank(item) as f64 + 2.0).log2();
    chances(state).into_iter().enumerate().map(gain).sum()
}

/// The model's gain as a share of the best possible, over new walks.
fn share(model: &dyn Trainable) -> f64 {
    let walks: Vec<Vec<u32>> = (1000..1060).map(|user| walk(user, 9)).collect();
    let scores = model.scores(&walks.iter().map(Vec::as_slice).collect()).unwrap();
    let (mut of_model, mut best) = (0.0, 0.0);
    for (walk, row) in walks.iter().zip(scores.chunks(N_STATES + 1)) {
        let state = walk[walk.len() - 1] as usize - 1;
        let row: Vec<f64> = row[1..].iter().copied().map(f64::from).collect();
        of_model += gain(&row, state);
        best += gain(&chances(state), state);
    }
    of_model / best
}

#[test]
fn families_that_look_both_ways_reach_the_optimum_of_a_markov_chain() {
    for settings in [
        "Bert4Rec(d_model: 16, n_layers: 1, d_ff: 32, seq_len: 9, dropout: 0.0, attention_dropout: 0.0, last_share: 0.3)",
        "EncoderDecoder(d_model: 16, n_layers: 1, d_ff: 32, seq_len: 9, n_ahead: 2, dropout: 0.0)",
    ] {
        let spec = spec(settings);
        let shape = DataShape { n_users: 240, n_items: N_STATES, n_events: 240 * 10, max_len: 10 };
        let mut model = spec.family().build(&Blueprint::of(shape), OPTIMIZER, &cpu(), 1).unwrap();
        let start = share(&*model);
        for step in 0..400 {
            let walks: Vec<Vec<u32>> = (0..40).map(|row| walk((step * 40 + row) % 240, 10)).collect();
            let batch: Histories = walks.iter().map(Vec::as_slice).collect();
            let seed = derive_seed(7, "step", step as u64);
            model.train_step(&batch, StepInputs { lr: 0.005, step, n_steps: 400, seed }).unwrap();
        }
        let share = share(&*model);
        assert!(share >= 0.95 && start < 0.8, "{settings}: from {start:.3} to {share:.3} of the best possible");
    }
}

/// A family with settings, from `Name(key: value, …)`.
fn spec(text: &str) -> ModelSpec {
    let (name, settings) = text.trim_end_matches(')').split_once('(').unwrap();
    let named = |spec: &ModelSpec| format!("{spec:?}").starts_with(&format!("{name}("));
    let mut spec = families().into_iter().find(named).unwrap();
    for setting in settings.split(", ") {
        let (key, value) = setting.split_once(": ").unwrap();
        spec.described_mut().set_text(key, value).unwrap();
    }
    spec
}

/// Asked for more steps than a decoder learns to foretell at once, too.
#[test]
fn what_is_foreseen_begins_with_the_next_item_and_leaves_out_what_was_seen() {
    for name in ["Transformer(seq_len: 12)", "Bert4Rec(seq_len: 12)", "EncoderDecoder(n_ahead: 3)"] {
        let mut model = build(&spec(name), &cpu(), 1);
        train(&mut *model, 0, 3);
        let history = Histories::of(circle().row(0));
        let asked = Ahead { history: &history, n_ahead: 8, filter_seen: true };
        let rows = model.ahead(&asked).unwrap();
        let next = model.scores(&history).unwrap();
        assert_eq!(rows.len(), 8, "{name}");
        assert!(rows[0].iter().zip(&next).skip(1).all(|(a, b)| (a - b).abs() < 1e-5), "{name}");
        let path = asked.path(&rows);
        let mut different = [history.row(0), &path].concat();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 10 + 8, "{name}: {path:?}");
        // Two items are left of twenty, then none.
        assert_eq!(model.ahead(&Ahead { n_ahead: 15, ..asked }).unwrap().len(), 10, "{name}");
    }
}
