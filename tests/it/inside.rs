//! What a family has inside: gates and states of recurrent layers, latent vectors, item vectors.

use std::collections::BTreeSet;

use crate::gold::{Gold, TOLERANCE, assert_near, floats};
use seqscope::data::Histories;
use seqscope::model::{Layers, StateTrack};

/// A recurrent layer step by step, with loops alone, in f64.
struct SlowLayer<'a> {
    w_input: &'a [f64],
    w_hidden: &'a [f64],
    bias: &'a [f64],
    bias_hidden: Option<&'a [f64]>,
    n_gates: usize,
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `x · w` in column `column` of a matrix of `width` columns.
fn dot(x: &[f64], w: &[f64], column: usize, width: usize) -> f64 {
    x.iter()
        .enumerate()
        .map(|(row, x)| x * w[row * width + column])
        .sum()
}

type Named = Vec<(StateTrack, Vec<f64>)>;

impl SlowLayer<'_> {
    fn units(&self) -> usize {
        self.bias.len() / self.n_gates
    }

    /// Every track after each event, each `[len, units]`, the hidden state last.
    fn run(&self, inputs: &[Vec<f64>]) -> Named {
        let d = self.units();
        let (mut hidden, mut cell) = (vec![0.0; d], vec![0.0; d]);
        let mut all: Named = Vec::new();
        for x in inputs {
            let before = (hidden.clone(), cell.clone());
            for unit in 0..d {
                let column = |gate: usize| gate * d + unit;
                let of_x = |gate: usize| {
                    dot(x, self.w_input, column(gate), self.bias.len()) + self.bias[column(gate)]
                };
                let of_h =
                    |gate: usize| dot(&before.0, self.w_hidden, column(gate), self.bias.len());
                let mut keep = |track: StateTrack, value: f64| {
                    match all.iter_mut().find(|(known, _)| *known == track) {
                        Some((_, values)) => values.push(value),
                        None => all.push((track, vec![value])),
                    }
                    value
                };
                hidden[unit] = match self.n_gates {
                    1 => (of_x(0) + of_h(0)).tanh(),
                    3 => {
                        let reset = keep(StateTrack::ResetGate, sigmoid(of_x(0) + of_h(0)));
                        let update = keep(StateTrack::UpdateGate, sigmoid(of_x(1) + of_h(1)));
                        let recurrent = of_h(2) + self.bias_hidden.unwrap()[unit];
                        let candidate =
                            keep(StateTrack::Candidate, (of_x(2) + reset * recurrent).tanh());
                        (1.0 - update) * candidate + update * before.0[unit]
                    }
                    _ => {
                        let input = keep(StateTrack::InputGate, sigmoid(of_x(0) + of_h(0)));
                        let forget = keep(StateTrack::ForgetGate, sigmoid(of_x(1) + of_h(1)));
                        let candidate = keep(StateTrack::Candidate, (of_x(2) + of_h(2)).tanh());
                        let output = keep(StateTrack::OutputGate, sigmoid(of_x(3) + of_h(3)));
                        cell[unit] = keep(
                            StateTrack::Cell,
                            forget * before.1[unit] + input * candidate,
                        );
                        output * cell[unit].tanh()
                    }
                };
                keep(StateTrack::Hidden, hidden[unit]);
            }
        }
        all
    }
}

/// The layers of a recurrent case, from PyTorch's weights.
fn slow_layers(gold: &Gold) -> Vec<SlowLayer<'_>> {
    let (name, n_gates) = match gold.family() {
        "Lstm" => ("lstm", 4),
        "Gru" => ("gru", 3),
        _ => ("rnn", 1),
    };
    let names = std::iter::once(name.to_owned()).chain((0..).map(|upper| format!("upper.{upper}")));
    names
        .map_while(|name| {
            let array = |part: &str| Some(gold.weights.get(&format!("{name}.{part}"))?.as_slice());
            Some(SlowLayer {
                w_input: array("w_input")?,
                w_hidden: array("w_hidden")?,
                bias: array("bias")?,
                bias_hidden: array("bias_hidden"),
                n_gates,
            })
        })
        .collect()
}

/// Rows of a matrix of this width.
fn rows(values: &[f64], width: usize) -> Vec<Vec<f64>> {
    values.chunks(width).map(<[f64]>::to_vec).collect()
}

/// Recurrent cases of the next item without features: what goes in is the item's vector alone.
fn recurrent() -> Vec<Gold> {
    let is_plain = |gold: &Gold| {
        ["Lstm", "Gru", "Rnn"].contains(&gold.family())
            && gold.batch().beside.is_empty()
            && gold.weights.contains_key("item.weight")
    };
    Gold::every().into_iter().filter(is_plain).collect()
}

/// Whatever PyTorch's weights say, step by step in f64; that these steps are PyTorch's own shows in
/// the scores that they lead to.
#[test]
fn gates_and_states_are_those_of_the_equations_on_pytorchs_weights() {
    let (mut n_tracks, mut n_scores) = (0, 0);
    for gold in recurrent() {
        let model = gold.model(gold.optimizer(), Layers::Fused);
        let layers = slow_layers(&gold);
        for (row, history) in gold
            .histories()
            .iter()
            .enumerate()
            .filter(|(_, h)| !h.is_empty())
        {
            let window = &history[history.len().saturating_sub(8)..];
            let tracks = model.state_tracks(&gold.history(row)).unwrap().unwrap();
            let d_model = gold.weights["item.weight"].len() / (gold.n_items() + 1);
            let items = rows(&gold.weights["item.weight"], d_model);
            let mut inputs: Vec<Vec<f64>> = window
                .iter()
                .map(|&item| items[item as usize].clone())
                .collect();
            let mut seen = 0;
            for (at, layer) in layers.iter().enumerate() {
                let slow = layer.run(&inputs);
                for (track, expected) in &slow {
                    let ours = tracks
                        .iter()
                        .find(|ours| ours.layer == at && ours.track == *track)
                        .unwrap();
                    assert_eq!(
                        (ours.n_units, ours.first, ours.len()),
                        (layer.units(), history.len() - window.len(), window.len())
                    );
                    let what = format!("{} layer {at} {track} of {row}", gold.name);
                    assert_near(&what, &floats(&ours.values), expected, TOLERANCE);
                    if let Some([low, high]) = track.range() {
                        assert!(
                            ours.values.iter().all(|v| (low..=high).contains(v)),
                            "{what}"
                        );
                    }
                    seen += 1;
                }
                inputs = rows(&slow.last().unwrap().1, layer.units());
            }
            assert_eq!(tracks.len(), seen, "{}", gold.name);
            n_tracks += seen;
            if gold
                .weights
                .keys()
                .any(|name| name.starts_with("attention"))
            {
                continue;
            }
            if let Some(scores) = slow_scores(&gold, inputs.last().unwrap()) {
                let what = format!("{} scores of {row} from the hidden state", gold.name);
                assert_near(&what, &scores, &gold.last_answer(row), TOLERANCE);
                n_scores += 1;
            }
        }
    }
    assert!(
        n_tracks >= 300 && n_scores >= 50,
        "{n_tracks} tracks, {n_scores} scores"
    );
}

/// The last hidden state through the dense layer, times the vectors of the items; of a model of
/// another task nothing.
fn slow_scores(gold: &Gold, hidden: &[f64]) -> Option<Vec<f64>> {
    if gold.weights.keys().any(|name| name.starts_with("head")) {
        return None;
    }
    let (weight, bias) = (&gold.weights["output.weight"], &gold.weights["output.bias"]);
    let state: Vec<f64> = (0..bias.len())
        .map(|at| dot(hidden, weight, at, bias.len()) + bias[at])
        .collect();
    let own = gold.weights.get("catalogue.weight");
    let vectors = own.unwrap_or(&gold.weights["item.weight"]);
    let scores = vectors.chunks(bias.len()).skip(1);
    Some(
        scores
            .map(|vector| vector.iter().zip(&state).map(|(a, b)| a * b).sum())
            .collect(),
    )
}

#[test]
fn states_of_many_histories_are_those_of_each_alone() {
    for gold in Gold::every() {
        let model = gold.model(gold.optimizer(), Layers::Fused);
        let batch = gold.batch();
        let Some(states) = model.hidden_states(&batch).unwrap() else {
            assert!(model.state_tracks(&gold.history(2)).unwrap().is_none());
            continue;
        };
        let n: usize = batch.rows().map(|row| row.len().min(8)).sum();
        assert_eq!(
            (states.events.len(), states.values.len()),
            (n, n * states.width)
        );
        for (event, state) in states.events.iter().zip(states.values.chunks(states.width)) {
            let tracks = model
                .state_tracks(&gold.history(event.row))
                .unwrap()
                .unwrap();
            let alone = tracks.last().unwrap();
            assert_eq!(alone.track, StateTrack::Hidden);
            let what = format!("{} {event:?}", gold.name);
            let alone = alone.row(event.position - alone.first);
            assert_near(&what, &floats(state), &floats(alone), TOLERANCE);
        }
        let none = model
            .hidden_states(&Histories::of_items(&[]))
            .unwrap()
            .unwrap();
        assert!(none.values.is_empty() && none.events.is_empty());
    }
}

/// Decoding a user's own latent vector gives that user's scores.
#[test]
fn a_latent_vector_is_decoded_to_the_scores_of_its_history() {
    let mut families = BTreeSet::new();
    for gold in Gold::every() {
        let model = gold.model(gold.optimizer(), Layers::Fused);
        let batch = gold.batch();
        let Some(codes) = model.codes(&batch).unwrap() else {
            assert!(!["Vae", "Autoencoder", "SequentialVae"].contains(&gold.family()));
            continue;
        };
        families.insert(gold.family().to_owned());
        let scores = model.scores(&batch).unwrap();
        let decoded = model.decoded(&codes).unwrap().unwrap();
        assert_eq!(decoded.len(), scores.len());
        for (row, (ours, theirs)) in decoded
            .chunks(gold.n_items() + 1)
            .zip(scores.chunks(gold.n_items() + 1))
            .enumerate()
        {
            let what = format!("{} decoded {row}", gold.name);
            assert_near(&what, &floats(&ours[1..]), &floats(&theirs[1..]), TOLERANCE);
            assert_near(
                &what,
                &floats(&ours[1..]),
                &gold.last_answer(row),
                TOLERANCE,
            );
        }
        if let Some(latent) = model.latent(&batch).unwrap() {
            assert_eq!(
                (latent.mean, latent.width),
                (codes.values.clone(), codes.width)
            );
        }
        let mut wrong = codes;
        wrong.width += 1;
        let told = model.decoded(&wrong).unwrap_err().to_string();
        assert!(told.contains("numbers"), "{told}");
    }
    assert_eq!(families.len(), 3, "{families:?}");
}

/// Of every family the table holds PyTorch's vectors, one an item.
#[test]
fn every_family_gives_its_item_vectors() {
    for gold in Gold::every() {
        let model = gold.model(gold.optimizer(), Layers::Fused);
        let table = model.item_table().unwrap().unwrap();
        assert_eq!(table.n_items(), gold.n_items(), "{}", gold.name);
        let ours: Vec<f64> = floats(&table.vectors);
        let is_among = gold.weights.iter().any(|(_, values)| {
            // BERT4Rec has a vector for what is hidden behind the others.
            let behind_padding = values
                .get(table.width..)
                .is_some_and(|rest| rest.starts_with(&ours));
            let columns = values.len() == ours.len()
                && (0..table.n_items()).all(|item| {
                    (0..table.width).all(|at| {
                        let column = values[at * table.n_items() + item];
                        column.to_bits() == ours[item * table.width + at].to_bits()
                    })
                });
            behind_padding || columns
        });
        assert!(is_among, "{}", gold.name);
    }
}
