//! The sequence families reach what a world's rules let anyone reach, where its cue is within their power.

use seqscope::model::ModelSpec;
use strum::IntoEnumIterator as _;

use crate::place::Place;

/// Small enough for a test; burn's layers, which are compiled fast in tests too.
const MARKOV: &str = r#"(
    version: 1,
    name: "markov",
    data: (source: World(kind: MarkovChain, n_users: 400, n_items: 30, mean_len: 24, seed: 3)),
    split: LeaveOneOut,
    model: Lstm(d_model: 32, d_hidden: 32, seq_len: 12, dropout: 0.1),
    training: (device: "cpu", epochs: 15, batch_size: 32, lr: 0.01, patience: 4, fused: false),
    evaluation: (filter_seen: false),
    seed: 1,
)"#;

/// The same with a cue three steps back, of which the last event says nothing.
const LONG_RANGE: &str = r#"(
    version: 1,
    name: "long-range",
    data: (source: World(kind: LongRange, lag: 3, n_users: 400, n_items: 20, mean_len: 30, seed: 3)),
    split: LeaveOneOut,
    model: Lstm(d_model: 32, d_hidden: 64, seq_len: 24, dropout: 0.0),
    training: (device: "cpu", epochs: 40, batch_size: 32, lr: 0.01, patience: 8, fused: false),
    evaluation: (filter_seen: false),
    seed: 1,
)"#;

/// NDCG@10 on the test as a share of the best possible, of the model and of a reference.
fn shares(experiment: &str, model: &str, reference: &str) -> [f64; 2] {
    let place = Place::new();
    place.write("world.ron", experiment.replace("Lstm(", &format!("{model}(")));
    shares_of(&place, reference)
}

fn shares_of(place: &Place, reference: &str) -> [f64; 2] {
    let told = place.seqscope("train world.ron --json").ok().json();
    let best = told["optimum"]["ndcg@10"].as_f64().unwrap();
    let of = |value: &serde_json::Value| value["ndcg@10"].as_f64().unwrap() / best;
    [of(&told["test"]), of(&told["references"][reference])]
}

/// The families that have units to carry a state with.
fn recurrent() -> Vec<String> {
    let families = ModelSpec::iter().filter(|spec| spec.fields().iter().any(|field| field.key == "recurrent_dropout"));
    families.map(|spec| seqscope::model::ModelKind::from(&spec).to_string()).collect()
}

#[test]
fn every_recurrent_family_learns_a_markov_world_to_its_optimum() {
    let families = recurrent();
    assert!(families.len() >= 3, "{families:?}");
    for model in families {
        let [share, _] = shares(MARKOV, &model, "markov");
        assert!(share >= 0.95, "{model}: {share:.3} of the best possible");
    }
}

#[test]
fn an_lstm_learns_a_long_range_world_to_its_optimum_and_a_markov_chain_does_not() {
    let [share, of_chain] = shares(LONG_RANGE, "Lstm", "markov");
    assert!(share >= 0.95, "{share:.3} of the best possible");
    assert!(of_chain < 0.6, "a chain that knows the last event alone: {of_chain:.3}");
}

/// A family of attention, with its settings in place of the LSTM's.
fn attentive(experiment: &str, model: &str) -> [f64; 2] {
    let place = Place::new();
    let (before, rest) = experiment.split_once("model: ").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    place.write("world.ron", format!("{before}model: {model},\n{after}").replace("lr: 0.01", "lr: 0.005"));
    shares_of(&place, "markov")
}

#[test]
fn a_transformer_learns_a_long_range_world_to_its_optimum() {
    let model = "Transformer(d_model: 32, n_layers: 2, d_ff: 64, seq_len: 16, dropout: 0.0)";
    let [share, of_chain] = attentive(LONG_RANGE, model);
    assert!(share >= 0.95 && of_chain < 0.6, "{share:.3} of the best possible, the chain {of_chain:.3}");
}
