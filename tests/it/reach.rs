//! The sequence families reach what a world's rules let anyone reach, where its cue is within their
//! power.
//!
//! Settings were chosen by the validation users. Two thousand users keep the luck of the draw to
//! about a hundredth, so that a share of .95 is missed by who has not learnt the rule, and by
//! nobody else.

use seqscope::model::ModelKind;
use strum::IntoEnumIterator as _;

use crate::place::Place;

/// What comes next depends on the latest event alone. Burn's layers are compiled fast in tests too.
const MARKOV: &str = r#"(
    version: 1,
    name: "markov",
    data: (source: World(kind: MarkovChain, n_users: 2000, n_items: 30, mean_len: 12, seed: 3)),
    split: LeaveOneOut,
    model: MODEL,
    training: (device: "cpu", epochs: EPOCHS, batch_size: 32, lr: RATE, patience: 4, fused: false),
    evaluation: (filter_seen: false),
    seed: 1,
)"#;

/// The cue is three steps back, and the last event says nothing of it.
const LONG_RANGE: &str = r#"(
    version: 1,
    name: "long-range",
    data: (source: World(kind: LongRange, lag: 3, n_users: 400, n_items: 20, mean_len: 30, seed: 3)),
    split: LeaveOneOut,
    model: MODEL,
    training: (device: "cpu", epochs: EPOCHS, batch_size: 32, lr: RATE, patience: 8, fused: false),
    evaluation: (filter_seen: false),
    seed: 1,
)"#;

/// A family small enough for a test, and how it is trained.
struct Small {
    /// Settings as an experiment file has them.
    settings: &'static str,
    rate: f64,
    epochs: usize,
}

/// Of every family that knows the order of events; bags do not, see the tests of the autoencoders.
fn on_markov(kind: ModelKind) -> Option<Small> {
    let small = |settings| Small {
        settings,
        rate: 0.005,
        epochs: 5,
    };
    Some(match kind {
        ModelKind::Rnn | ModelKind::Lstm | ModelKind::Gru => {
            small("d_model: 32, d_hidden: 32, seq_len: 6, dropout: 0.0")
        }
        ModelKind::Transformer => {
            small("d_model: 32, n_layers: 1, d_ff: 32, seq_len: 6, dropout: 0.0")
        }
        // Few events are hidden, and so few are learnt from in an epoch.
        ModelKind::Bert4Rec => Small {
            settings: "d_model: 32, n_layers: 1, d_ff: 32, seq_len: 6, dropout: 0.0, \
                       attention_dropout: 0.0, norm: Before, last_share: 0.8",
            rate: 0.003,
            epochs: 8,
        },
        ModelKind::EncoderDecoder => small(
            "d_model: 32, n_layers: 1, d_ff: 32, seq_len: 6, n_ahead: 1, n_cuts: 6, dropout: 0.0, \
             norm: Before, positions: Learned",
        ),
        ModelKind::SequentialVae => small(
            "d_model: 32, d_state: 32, d_hidden: 32, d_latent: 16, seq_len: 6, n_ahead: 1, beta: \
             0.02",
        ),
        ModelKind::Vae | ModelKind::Autoencoder => return None,
    })
}

/// Of the families whose reach over a distance is tested.
fn on_long_range(kind: ModelKind) -> Small {
    match kind {
        ModelKind::Lstm => Small {
            settings: "d_model: 32, d_hidden: 64, seq_len: 24, dropout: 0.0",
            rate: 0.01,
            epochs: 40,
        },
        _ => {
            let settings = "d_model: 32, n_layers: 2, d_ff: 64, seq_len: 16, dropout: 0.0";
            Small {
                settings,
                rate: 0.005,
                epochs: 40,
            }
        }
    }
}

/// NDCG@10 on the test as a share of the best possible: of the model, and of the chain that counts
/// what came after the last event.
fn shares(world: &str, kind: ModelKind, small: &Small) -> [f64; 2] {
    let place = Place::new();
    let experiment = world.replace("MODEL", &format!("{kind}({})", small.settings));
    let experiment = experiment.replace("EPOCHS", &small.epochs.to_string());
    place.write(
        "world.ron",
        experiment.replace("RATE", &small.rate.to_string()),
    );
    let told = place.seqscope("train world.ron --json").ok().json();
    let best = told["optimum"]["ndcg@10"].as_f64().unwrap();
    let of = |value: &serde_json::Value| value["ndcg@10"].as_f64().unwrap() / best;
    [of(&told["test"]), of(&told["references"]["markov"])]
}

#[test]
fn every_family_that_knows_the_order_learns_a_markov_world_to_its_optimum() {
    let families: Vec<(ModelKind, Small)> = ModelKind::iter()
        .filter_map(|kind| Some((kind, on_markov(kind)?)))
        .collect();
    assert!(families.len() >= 7, "{}", families.len());
    // Two at a time, so that one counts its references while the other is trained.
    let found = std::thread::scope(|scope| {
        let halves = families.chunks(families.len().div_ceil(2));
        let each = |half: &[(ModelKind, Small)]| -> Vec<(ModelKind, [f64; 2])> {
            half.iter()
                .map(|(kind, small)| (*kind, shares(MARKOV, *kind, small)))
                .collect()
        };
        let threads: Vec<_> = halves.map(|half| scope.spawn(move || each(half))).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    for (kind, [share, of_chain]) in found {
        assert!(share >= 0.95, "{kind}: {share:.3} of the best possible");
        assert!(
            of_chain >= 0.95,
            "the chain that made the world: {of_chain:.3}"
        );
    }
}

#[test]
fn an_lstm_learns_a_long_range_world_to_its_optimum_and_a_markov_chain_does_not() {
    let [share, of_chain] = shares(LONG_RANGE, ModelKind::Lstm, &on_long_range(ModelKind::Lstm));
    assert!(share >= 0.95, "{share:.3} of the best possible");
    assert!(
        of_chain < 0.6,
        "a chain that knows the last event alone: {of_chain:.3}"
    );
}

#[test]
fn a_transformer_learns_a_long_range_world_to_its_optimum() {
    let [share, of_chain] = shares(
        LONG_RANGE,
        ModelKind::Transformer,
        &on_long_range(ModelKind::Transformer),
    );
    assert!(
        share >= 0.95 && of_chain < 0.6,
        "{share:.3} of the best possible, the chain {of_chain:.3}"
    );
}
