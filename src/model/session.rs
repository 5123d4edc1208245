//! Training and asking any network: the one implementation of [`Trainable`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use burn::prelude::*;

use super::device::Layers;
use super::kernel::Buffer;
use super::list_feedback::added;
use super::network::{LossSums, Network};
use super::optimizer::AdamW;
use super::random::Noise;
use super::value_counts;
use super::weights::{self, WeightsStamp, compute_sentence, read};
use super::{
    AttentionMaps, HeadPlace, HeadTerms, HiddenStates, ItemTable, LatentCodes, LatentVectors,
    ListFeedback, ModelError, OpenDevice, OptimizerSpec, ParamCounts, Questions, RankAnswer,
    Rollout, SlopeAttributions, SlopeQuestion, StateTracks, StepInputs, StepScores, TrainStats,
    Trainable,
};
use seqscope_base::spec::words_of_panic;
use seqscope_data::Histories;

/// Rows that are scored in the memory of one whose way back is kept: autodiff keeps some ten arrays
/// of each layer where scoring works on one at a time.
const KEPT_FOR_SLOPES: usize = 16;

/// A network with its optimiser.
#[derive(Debug)]
pub(super) struct Session<N> {
    /// Always there but while a step replaces it; a step that failed half-way leaves `None`.
    network: Option<N>,
    optimizer: AdamW,
    /// Without autodiff.
    device: Device,
    layers: Layers,
    n_items: usize,
    /// Length of a row of scores.
    n_columns: usize,
    pending: Pending,
    gradient: GradientCounts,
}

/// Counts of one step's gradient.
#[derive(Debug, Default)]
struct GradientCounts {
    /// Whether those of the next step are wanted.
    is_wanted: bool,
    counts: Vec<ParamCounts>,
}

/// Losses and norms of the steps since the last statistics, still on the device.
#[derive(Debug, Default)]
struct Pending {
    loss: Vec<Tensor<1>>,
    grad_norm: Vec<Tensor<1>>,
    kl: Vec<Tensor<1>>,
    nll: Vec<Tensor<1>>,
    n_steps: usize,
    n_events: usize,
    n_users: usize,
    /// The latest optimiser step, to name it when the loss is no number.
    step: usize,
}

impl<N: Network> Session<N> {
    /// The network's parameters must live on `device` with autodiff.
    pub(super) fn new(
        network: N,
        n_items: usize,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
    ) -> Self {
        Self {
            network: Some(network),
            optimizer: AdamW::new(optimizer, device.layers()),
            device: device.device.clone(),
            layers: device.layers(),
            n_items,
            n_columns: n_items + 1,
            pending: Pending::default(),
            gradient: GradientCounts::default(),
        }
    }

    /// Sets the number of outputs of a network that does not rank the catalogue.
    pub(super) fn with_outputs(mut self, n_outputs: usize) -> Self {
        self.n_columns = n_outputs;
        self
    }

    fn network(&self) -> Result<&N, ModelError> {
        self.network.as_ref().ok_or_else(|| ModelError::Compute {
            sentence:
                "the model was lost when its device failed; open the run again from its last epoch"
                    .to_owned(),
        })
    }

    /// Refuses indices that are not in the catalogue.
    fn check_items(&self, items: &[u32]) -> Result<(), ModelError> {
        match items
            .iter()
            .find(|&&item| item == 0 || item as usize > self.n_items)
        {
            None => Ok(()),
            Some(item) => Err(ModelError::Compute {
                sentence: format!(
                    "item index {item} is not in the model's catalogue of {} items; use items of \
                     the data that it was trained on",
                    self.n_items
                ),
            }),
        }
    }

    /// One optimiser step on what these histories and lists ask for.
    fn step(
        &mut self,
        histories: &Histories,
        feedback: Option<&ListFeedback>,
        inputs: StepInputs,
    ) -> Result<(), ModelError> {
        self.check_items(&histories.item_idx)?;
        self.network()?;
        let Some(network) = self.network.take() else {
            return Ok(());
        };
        let optimizer = &mut self.optimizer;
        let noise = Noise::new(inputs.seed);
        let layers = self.layers;
        let is_counted = std::mem::take(&mut self.gradient.is_wanted);
        let (network, done, counted) = guarded(|| {
            let learnt = match layers {
                Layers::Fused => network.fused_gradients(histories, &inputs, noise),
                Layers::Plain => network.gradients(histories, &inputs, noise),
            };
            let of_lists = feedback.map_or(Ok(None), |feedback| feedback.gradients(&network))?;
            let (gradients, sums) = match (learnt, of_lists) {
                (None, None) => return Ok((network, None, None)),
                (Some((gradients, sums)), None) => (gradients, Some(sums)),
                (None, Some(of_lists)) => (of_lists, None),
                (Some((gradients, sums)), Some(of_lists)) => {
                    (added(&network, gradients, of_lists), Some(sums))
                }
            };
            let counted = is_counted
                .then(|| value_counts::of_gradients(&network, &gradients, N::name_in_files));
            let (network, norm) = optimizer.step(network, gradients, inputs.lr);
            Ok::<_, ModelError>((network, sums.map(|sums| (sums, norm)), counted))
        })??;
        self.network = Some(network);
        if let Some(counted) = counted {
            self.gradient.counts = counted?;
        }
        if let Some((sums, norm)) = done {
            self.pending.add(sums, norm, inputs.step);
        }
        Ok(())
    }

    /// Scores of rows `rows` in the order given, one block at a time.
    fn scores_of(
        &self,
        network: &N,
        histories: &Histories,
        rows: &[usize],
    ) -> Result<Vec<(usize, Vec<f32>)>, ModelError> {
        let mut scored = Vec::with_capacity(rows.len());
        let mut rest = rows;
        while let Some(&longest) = rest.first() {
            let n = network
                .rows_at_a_time(histories.row(longest).len())
                .clamp(1, rest.len());
            let (block, later) = rest.split_at(n);
            let batch = histories.select(block);
            let scores = guarded(|| read(network.scores(&batch)))??;
            let rows = scores
                .chunks_exact(self.n_columns.max(1))
                .map(<[f32]>::to_vec);
            scored.extend(block.iter().copied().zip(rows));
            rest = later;
        }
        Ok(scored)
    }

    fn stamp(&self) -> WeightsStamp {
        WeightsStamp {
            kind: N::KIND.to_owned(),
            n_steps: self.optimizer.n_steps,
        }
    }

    fn install(&mut self, path: &Path, arrays: weights::NamedArrays) -> Result<(), ModelError> {
        let network = self.network()?.clone();
        let device = self.device.clone();
        let network = guarded(|| weights::apply(network, arrays, &device, N::name_in_files))?
            .map_err(|reason| ModelError::Weights {
                path: path.to_owned(),
                reason,
            })?;
        self.network = Some(network);
        Ok(())
    }
}

impl<N: Network> Trainable for Session<N> {
    fn n_params(&self) -> usize {
        self.network.as_ref().map_or(0, Module::num_params)
    }

    fn train_step(&mut self, histories: &Histories, inputs: StepInputs) -> Result<(), ModelError> {
        self.step(histories, None, inputs)
    }

    fn tune_step(
        &mut self,
        histories: &Histories,
        feedback: &ListFeedback,
        inputs: StepInputs,
    ) -> Result<(), ModelError> {
        self.check_items(&feedback.histories.item_idx)?;
        let mut named = feedback.items();
        named.try_for_each(|items| self.check_items(items))?;
        self.step(histories, Some(feedback), inputs)
    }

    fn take_stats(&mut self) -> Result<TrainStats, ModelError> {
        let pending = std::mem::take(&mut self.pending);
        guarded(|| pending.read())?
    }

    fn count_next_gradient(&mut self) {
        self.gradient.is_wanted = true;
    }

    fn value_counts(&mut self) -> Result<Vec<ParamCounts>, ModelError> {
        let mut counts = guarded(|| value_counts::of_weights(self.network()?, N::name_in_files))??;
        counts.append(&mut self.gradient.counts);
        Ok(counts)
    }

    fn scores(&self, histories: &Histories) -> Result<Vec<f32>, ModelError> {
        self.check_items(&histories.item_idx)?;
        let network = guarded(|| Ok::<_, ModelError>(self.network()?.valid()))??;
        let rows = by_falling_length(histories);
        let mut scored = self.scores_of(&network, histories, &rows)?;
        scored.sort_unstable_by_key(|(row, _)| *row);
        Ok(scored.into_iter().flat_map(|(_, scores)| scores).collect())
    }

    fn answers(&self, questions: &Questions) -> Result<Vec<RankAnswer>, ModelError> {
        self.check_items(&questions.histories.item_idx)?;
        let found = guarded(|| {
            let network = match self.layers {
                Layers::Fused => self.network()?.valid(),
                Layers::Plain => return Ok(None),
            };
            let states = network
                .fused_states(&questions.histories)
                .zip(network.item_vectors());
            Ok::<_, ModelError>(states.map(|(states, items)| items.answers(&states, questions)))
        })??;
        found.map_or_else(
            || questions.answered_by(|histories| self.scores(histories)),
            Ok,
        )
    }

    fn step_scores(&self, history: &Histories) -> Result<StepScores, ModelError> {
        self.check_items(&history.item_idx)?;
        let n_columns = self.n_columns;
        if history.item_idx.is_empty() {
            return Ok(StepScores {
                first: 0,
                scores: Vec::new(),
                n_columns,
            });
        }
        guarded(|| {
            let (first, scores) = self.network()?.valid().step_scores(history);
            Ok(StepScores {
                first,
                scores: read(scores)?,
                n_columns,
            })
        })?
    }

    fn ahead(&self, asked: &Rollout<'_>) -> Result<Vec<Vec<f32>>, ModelError> {
        self.check_items(&asked.history.item_idx)?;
        let found = guarded(|| self.network()?.valid().ahead(asked))??;
        found.map_or_else(|| asked.rolled(|histories| self.scores(histories)), Ok)
    }

    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        self.check_items(&history.item_idx)?;
        guarded(|| self.network()?.valid().attention(history))?
    }

    fn stacked_attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        self.check_items(&history.item_idx)?;
        guarded(|| self.network()?.valid().stacked_attention(history))?
    }

    fn head_terms(
        &self,
        history: &Histories,
        head: HeadPlace,
    ) -> Result<Option<HeadTerms>, ModelError> {
        self.check_items(&history.item_idx)?;
        guarded(|| self.network()?.valid().head_terms(history, head))?
    }

    fn slopes(&self, asked: &SlopeQuestion<'_>) -> Result<Option<SlopeAttributions>, ModelError> {
        self.check_items(&asked.history.item_idx)?;
        self.check_items(&[asked.target])?;
        let n_events = asked.history.row(0).len();
        guarded(|| {
            // With autodiff, for the inputs alone.
            let network = self.network()?.clone().no_grad();
            let at_a_time = network.rows_at_a_time(n_events) / KEPT_FOR_SLOPES;
            match network.as_inputs().filter(|_| n_events > 0) {
                Some(inputs) => asked.answer(inputs, at_a_time).map(Some),
                None => Ok(None),
            }
        })?
    }

    fn latent(&self, histories: &Histories) -> Result<Option<LatentVectors>, ModelError> {
        self.check_items(&histories.item_idx)?;
        let rows = by_falling_length(histories);
        let found = guarded(|| latent_of(&self.network()?.valid(), histories, &rows))??;
        Ok(found.map(|vectors| vectors.in_order(&rows)))
    }

    fn codes(&self, histories: &Histories) -> Result<Option<LatentCodes>, ModelError> {
        self.check_items(&histories.item_idx)?;
        let rows = by_falling_length(histories);
        let found = guarded(|| codes_of(&self.network()?.valid(), histories, &rows))??;
        Ok(found.map(|codes| codes.in_order(&rows)))
    }

    fn decoded(&self, codes: &LatentCodes) -> Result<Option<Vec<f32>>, ModelError> {
        let network = guarded(|| Ok::<_, ModelError>(self.network()?.valid()))??;
        let Some(width) = network.latent_width() else {
            return Ok(None);
        };
        if codes.width != width || !codes.values.len().is_multiple_of(width.max(1)) {
            let sentence = format!(
                "the model's latent vectors have {width} numbers, and these {}",
                codes.width
            );
            return Err(ModelError::Compute { sentence });
        }
        let at_a_time = network.rows_at_a_time(1).max(1) * width;
        let mut scores = Vec::new();
        for block in codes.values.chunks(at_a_time.max(1)) {
            let found = guarded(|| {
                let shape = [block.len() / width, width];
                let latent = TensorData::new(block.to_vec(), shape);
                network
                    .decoded(Tensor::from_data(latent, &self.device))
                    .map(read)
                    .transpose()
            })??;
            let Some(found) = found else { return Ok(None) };
            scores.extend(found);
        }
        Ok(Some(scores))
    }

    fn item_table(&self) -> Result<Option<ItemTable>, ModelError> {
        guarded(|| {
            let vectors = self.network()?.valid().item_table();
            Ok(vectors.map(|vectors| vectors.table()))
        })?
    }

    fn state_tracks(&self, history: &Histories) -> Result<Option<Vec<StateTracks>>, ModelError> {
        self.check_items(&history.item_idx)?;
        guarded(|| self.network()?.valid().state_tracks(history))?
    }

    fn hidden_states(&self, histories: &Histories) -> Result<Option<HiddenStates>, ModelError> {
        self.check_items(&histories.item_idx)?;
        guarded(|| self.network()?.valid().hidden_states(histories))?
    }

    fn save_weights(&self, path: &Path) -> Result<(), ModelError> {
        let arrays = guarded(|| weights::collect(self.network()?, N::name_in_files))??;
        weights::write(path, &self.stamp(), &arrays)
    }

    fn load_weights(&mut self, path: &Path) -> Result<(), ModelError> {
        let (_, arrays) = weights::read_file(path, N::KIND)?;
        self.install(path, arrays)
    }

    fn save_state(&self, path: &Path) -> Result<(), ModelError> {
        let arrays = guarded(|| {
            let network = self.network()?;
            let mut arrays = weights::collect(network, N::name_in_files)?;
            arrays.append(&mut weights::collect_moments(
                network,
                &self.optimizer,
                N::name_in_files,
            )?);
            Ok::<_, ModelError>(arrays)
        })??;
        weights::write(path, &self.stamp(), &arrays)
    }

    fn load_state(&mut self, path: &Path) -> Result<(), ModelError> {
        let (stamp, mut arrays) = weights::read_file(path, N::KIND)?;
        let moments = if stamp.n_steps == 0 {
            Vec::new()
        } else {
            let taken = guarded(|| {
                Ok::<_, ModelError>(weights::take_moments(
                    self.network()?,
                    &mut arrays,
                    &self.device,
                    N::name_in_files,
                ))
            })??;
            taken.map_err(|reason| ModelError::Weights {
                path: path.to_owned(),
                reason,
            })?
        };
        self.install(path, arrays)?;
        self.optimizer.n_steps = stamp.n_steps;
        self.optimizer.moments = moments;
        self.pending = Pending::default();
        Ok(())
    }
}

/// Frees what the fused layers kept for the next step.
impl<N> Drop for Session<N> {
    fn drop(&mut self) {
        Buffer::clear_pool();
    }
}

impl Pending {
    fn add(&mut self, sums: LossSums, norm: Option<Tensor<1>>, step: usize) {
        self.loss.push(sums.loss);
        self.grad_norm.extend(norm);
        self.n_events += sums.n_events;
        if let Some(bound) = sums.bound {
            self.kl.push(bound.kl);
            self.nll.push(bound.nll);
            self.n_users += bound.n_latent;
        }
        self.n_steps += 1;
        self.step = step;
    }

    fn read(self) -> Result<TrainStats, ModelError> {
        let sum = |tensors: Vec<Tensor<1>>| -> Result<Option<f64>, ModelError> {
            if tensors.is_empty() {
                return Ok(None);
            }
            Ok(Some(
                read(Tensor::cat(tensors, 0))?
                    .into_iter()
                    .map(f64::from)
                    .sum(),
            ))
        };
        let Some(loss) = sum(self.loss)? else {
            return Ok(TrainStats::default());
        };
        let grad_norm = sum(self.grad_norm)?.unwrap_or(0.0) / self.n_steps as f64;
        let kl = sum(self.kl)?.map(|kl| kl / self.n_users.max(1) as f64);
        let n_events = self.n_events.max(1) as f64;
        let reconstruction = sum(self.nll)?.map(|nll| nll / n_events);
        let loss = loss / n_events;
        match [loss, grad_norm]
            .into_iter()
            .find(|value| !value.is_finite())
        {
            Some(value) => Err(ModelError::Diverged {
                value: value as f32,
                step: self.step,
            }),
            None => Ok(TrainStats {
                loss,
                grad_norm,
                kl,
                reconstruction,
                n_steps: self.n_steps,
                n_events: self.n_events,
            }),
        }
    }
}

/// Mean and log-variance of the latent vectors of rows `rows`, in that order, one block at a time.
fn latent_of<N: Network>(
    network: &N,
    histories: &Histories,
    rows: &[usize],
) -> Result<Option<LatentVectors>, ModelError> {
    let mut all = LatentVectors::default();
    let mut rest = rows;
    while let Some(&longest) = rest.first() {
        let n = network
            .rows_at_a_time(histories.row(longest).len())
            .clamp(1, rest.len());
        let (block, later) = rest.split_at(n);
        let batch = histories.select(block);
        let Some([mean, log_variance]) = network.latent(&batch) else {
            return Ok(None);
        };
        all.width = mean.dims()[1];
        all.mean.extend(read(mean)?);
        all.log_variance.extend(read(log_variance)?);
        rest = later;
    }
    Ok(Some(all))
}

/// The latent vectors of rows `rows` that scores are told from, in that order, one block at a time.
fn codes_of<N: Network>(
    network: &N,
    histories: &Histories,
    rows: &[usize],
) -> Result<Option<LatentCodes>, ModelError> {
    let Some(width) = network.latent_width() else {
        return Ok(None);
    };
    let mut values = Vec::with_capacity(rows.len() * width);
    let mut rest = rows;
    while let Some(&longest) = rest.first() {
        let n = network
            .rows_at_a_time(histories.row(longest).len())
            .clamp(1, rest.len());
        let (block, later) = rest.split_at(n);
        let Some(codes) = network.codes(&histories.select(block)) else {
            return Ok(None);
        };
        values.extend(read(codes)?);
        rest = later;
    }
    Ok(Some(LatentCodes { values, width }))
}

/// Rows of like length together, the longest first, so that little is computed on padding.
fn by_falling_length(histories: &Histories) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..histories.n_rows()).collect();
    rows.sort_by_key(|&row| std::cmp::Reverse(histories.row(row).len()));
    rows
}

/// Runs what touches the device. burn and cubecl panic when a GPU is lost or out of memory; that
/// becomes an error here.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, ModelError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let report = words_of_panic(panic.as_ref()).unwrap_or_default();
        ModelError::Compute {
            sentence: compute_sentence(report),
        }
    })
}
