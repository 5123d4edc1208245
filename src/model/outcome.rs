//! Heads for what is asked beside the next item: a class, a chance, a number after an event.
//!
//! A dense layer on the state that a sequence network has after the event. The network below it
//! learns through the gradients of its states.

use std::collections::HashMap;

use burn::module::{Module, ModuleDisplay};
use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::{IndexingUpdateOp, activation};

use super::item_vectors::ItemVectors;
use super::network::{LossSums, Network};
use super::random::{EventPlace, Init, Noise};
use super::window::index_tensor;
use super::{
    AttentionMaps, HeadPlace, HeadTerms, HiddenStates, ModelError, StateTracks, StepInputs,
};
use seqscope_data::{Histories, Output, Query};

/// A network that has a state after each event of a history.
pub(super) trait StateNetwork: Network + ModuleDisplay {
    /// Name in weights files of a network with a head.
    const OUTCOME_KIND: &'static str;

    /// Length of a state.
    fn state_width(&self) -> usize;

    /// One pass in training, forwards and backwards. `head` is given the states after the events
    /// that the window reaches, `[n_events, width]` without autodiff, and of each event its row and
    /// its position in the history; it answers with their gradients. `None` when there is no event,
    /// or `head` has none.
    fn learn(
        &self,
        histories: &Histories,
        noise: Noise,
        head: HeadGradients<'_>,
    ) -> Option<GradientsParams>;

    /// Computes the states without dropout, and which they are.
    fn states(&self, histories: &Histories) -> (Tensor<2>, Vec<EventPlace>);
}

/// Gradients of states, `[n_events, width]`, from the states and their places.
pub(super) type HeadGradients<'a> =
    &'a mut dyn FnMut(Tensor<2>, &[EventPlace]) -> Option<Tensor<2>>;

/// Thresholds, in hours, of the classes of time since the last event: an hour, a day, a week, …
const HOURS: [f32; 10] = [
    1.0, 6.0, 24.0, 72.0, 168.0, 336.0, 720.0, 1440.0, 2880.0, 5760.0,
];

/// Numbers that tell the time from the last event to the moment that is asked about.
const N_ELAPSED: usize = HOURS.len() + 2;

/// A sequence network and a dense layer.
#[derive(Module, Debug)]
pub(super) struct OutcomeNetwork<B: Module> {
    body: B,
    /// `[width + n_elapsed, n_outputs]`
    head: Linear,
    #[module(skip)]
    output: Output,
}

/// Numbers that the head is told beside the state: only a chance is asked for at a moment of its
/// own.
pub(super) fn n_elapsed(output: Output) -> usize {
    if output == Output::Chance {
        N_ELAPSED
    } else {
        0
    }
}

impl<B: StateNetwork> OutcomeNetwork<B> {
    pub(super) fn new(body: B, output: Output, init: &mut Init) -> Self {
        let head = init.dense(body.state_width() + n_elapsed(output), output.n_outputs());
        Self { body, head, output }
    }

    /// Answers for some states. `[n, width]` to `[n, n_outputs]`
    fn answers(&self, states: Tensor<2>, asked: &[Query]) -> Tensor<2> {
        if n_elapsed(self.output) == 0 {
            return self.head.forward(states);
        }
        let elapsed: Vec<f32> = asked
            .iter()
            .flat_map(|asked| elapsed(asked.elapsed_secs))
            .collect();
        let elapsed = Tensor::from_data(
            TensorData::new(elapsed, [asked.len(), N_ELAPSED]),
            &states.device(),
        );
        self.head.forward(Tensor::cat(vec![states, elapsed], 1))
    }

    /// Sum of the loss of these answers: cross-entropy, binary cross-entropy, squared error. `[1]`
    fn loss(&self, answers: Tensor<2>, asked: &[Query]) -> Tensor<1> {
        let (n, device) = (asked.len(), answers.device());
        let truth = || {
            let truth = asked.iter().map(|asked| asked.target).collect::<Vec<f32>>();
            Tensor::<2>::from_data(TensorData::new(truth, [n, 1]), &device)
        };
        match self.output {
            Output::Classes(_) | Output::Catalogue => {
                let classes = asked
                    .iter()
                    .map(|asked| asked.target as i32)
                    .collect::<Vec<i32>>();
                let classes =
                    Tensor::<2, Int>::from_data(TensorData::new(classes, [n, 1]), &device);
                activation::log_softmax(answers, 1)
                    .gather(1, classes)
                    .sum()
                    .neg()
            }
            Output::Chance => {
                // softplus(s) − y s, for any s.
                let softplus =
                    activation::relu(answers.clone()) + answers.clone().abs().neg().exp().log1p();
                (softplus - answers * truth()).sum()
            }
            Output::Number => {
                let off = answers - truth();
                (off.clone() * off).sum()
            }
        }
    }
}

/// Encodes the time since the last event: its class, and ln(1 + hours) / 10.
fn elapsed(secs: f32) -> [f32; N_ELAPSED] {
    let hours = (secs / 3600.0).max(0.0);
    let class = HOURS
        .iter()
        .take_while(|&&threshold| hours >= threshold)
        .count();
    std::array::from_fn(|at| match at {
        at if at == class => 1.0,
        at if at == N_ELAPSED - 1 => hours.ln_1p() / 10.0,
        _ => 0.0,
    })
}

/// The questions whose events are among `places`, and where those stand.
fn found(asked: &[Query], places: &[EventPlace]) -> (Vec<Query>, Vec<i32>) {
    let index: HashMap<EventPlace, i32> = places
        .iter()
        .zip(0..)
        .map(|(place, at)| (*place, at))
        .collect();
    asked
        .iter()
        .filter_map(|asked| {
            let at = index.get(&EventPlace::new(asked.row, asked.position))?;
            Some((*asked, *at))
        })
        .unzip()
}

/// Returns what is asked, or else what follows the last event of each row.
fn questions(histories: &Histories) -> Vec<Query> {
    if !histories.asked.is_empty() {
        return histories.asked.clone();
    }
    (0..histories.n_rows())
        .filter_map(|row| {
            Some(Query {
                row,
                position: histories.row(row).len().checked_sub(1)?,
                ..Query::default()
            })
        })
        .collect()
}

impl<B: StateNetwork> Network for OutcomeNetwork<B> {
    const KIND: &'static str = B::OUTCOME_KIND;

    fn name_in_files(path: &str) -> String {
        match path.strip_prefix("body.") {
            Some(within) => format!("body.{}", B::name_in_files(within)),
            None => path.to_owned(),
        }
    }

    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let mut of_head = None;
        let mut head = |states: Tensor<2>, places: &[EventPlace]| {
            let (asked, at) = found(&histories.asked, places);
            if asked.is_empty() {
                return None;
            }
            let at = index_tensor(at, &states.device());
            let picked = Tensor::from_inner(states.clone().select(0, at.clone())).require_grad(); // [n_asked, width]
            let loss = self.loss(self.answers(picked.clone(), &asked), &asked);
            let sum = loss.clone().inner();
            let gradients = loss.div_scalar(asked.len() as f32).backward();
            let d_picked = picked.grad(&gradients)?;
            let d_states =
                states
                    .zeros_like()
                    .select_assign(0, at, d_picked, IndexingUpdateOp::Add);
            of_head = Some((
                GradientsParams::from_grads(gradients, &self.head),
                sum,
                asked.len(),
            ));
            Some(d_states)
        };
        let mut gradients = self.body.learn(histories, noise, &mut head)?;
        let (mut head_gradients, loss, n_events) = of_head?;
        if let Some(gradient) = head_gradients.remove::<2>(self.head.weight.id) {
            gradients.register(self.head.weight.id, gradient);
        }
        if let Some(bias) = &self.head.bias
            && let Some(gradient) = head_gradients.remove::<1>(bias.id)
        {
            gradients.register(bias.id, gradient);
        }
        Some((
            gradients,
            LossSums {
                loss,
                n_events,
                bound: None,
            },
        ))
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        self.body.rows_at_a_time(len)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        let (states, places) = self.body.states(histories);
        let (asked, at) = found(&questions(histories), &places);
        let at = index_tensor(at, &states.device());
        self.answers(states.select(0, at), &asked)
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        let (states, places) = self.body.states(history);
        let mut order: Vec<(usize, i32)> = places
            .iter()
            .zip(0..)
            .map(|(place, at)| (place.position, at))
            .collect();
        order.sort_unstable();
        let first = order.first().map_or(0, |(position, _)| *position);
        let at = index_tensor(
            order.into_iter().map(|(_, at)| at).collect(),
            &states.device(),
        );
        let n = places.len();
        (
            first,
            self.answers(states.select(0, at), &vec![Query::default(); n]),
        )
    }

    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        self.body.attention(history)
    }

    fn stacked_attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        self.body.stacked_attention(history)
    }

    fn head_terms(
        &self,
        history: &Histories,
        head: HeadPlace,
    ) -> Result<Option<HeadTerms>, ModelError> {
        self.body.head_terms(history, head)
    }

    fn item_table(&self) -> Option<ItemVectors> {
        self.body.item_table()
    }

    fn state_tracks(&self, history: &Histories) -> Result<Option<Vec<StateTracks>>, ModelError> {
        self.body.state_tracks(history)
    }

    fn hidden_states(&self, histories: &Histories) -> Result<Option<HiddenStates>, ModelError> {
        self.body.hidden_states(histories)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_since_the_last_event_is_a_class_and_a_logarithm() {
        let class = |secs: f32| elapsed(secs).iter().position(|&value| value > 0.99);
        assert_eq!(
            [0.0, 3599.0, 3600.0, 86_400.0, 1e9].map(class),
            [Some(0), Some(0), Some(1), Some(3), Some(10)]
        );
        assert!((elapsed(3600.0)[N_ELAPSED - 1] - 2.0_f32.ln() / 10.0).abs() < 1e-6);
    }

    #[test]
    fn questions_before_the_window_are_passed_over() {
        let asked = |row, position| Query {
            row,
            position,
            ..Query::default()
        };
        let places = [EventPlace::new(1, 0), EventPlace::new(0, 5)];
        let (kept, at) = found(&[asked(0, 1), asked(0, 5), asked(1, 0)], &places);
        assert_eq!((kept, at), (vec![asked(0, 5), asked(1, 0)], vec![1, 0]));
    }
}
