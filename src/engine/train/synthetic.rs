//! Synthetic histories: what writes them, and how far they can be trusted.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use strum::IntoEnumIterator;

use super::blueprint::blueprint;
use super::build::build_model;
use super::data_of_run::open_data;
use super::early_stop::EarlyStop;
use super::part_of_split::train_items;
use super::schedule::lr_at;
use super::{Built, TrainError, judge};
use crate::experiment::Experiment;
use seqscope_base::metric::{Likeness, Metrics, Seen};
use seqscope_base::spec::{Problem, derive_seed};
use seqscope_data::{EvalCase, Histories, MarkovSampler, Prepared, Sampler, TaskSpec};
use seqscope_model::gan::{GanSpec, MAX_ITEMS, Pass, SequenceGan, too_many_items};
use seqscope_model::{ModelError, StepInputs};

/// Request for synthetic histories: how many, and of what.
pub(super) struct SyntheticRequest<'a> {
    pub(super) sampler: Sampler,
    pub(super) n: usize,
    /// Fewest events of one.
    pub(super) least: usize,
    pub(super) n_items: usize,
    pub(super) gan: &'a GanSpec,
    pub(super) seed: u64,
}

/// Problem that stands in the way of synthetic histories for this experiment.
pub(super) fn check(experiment: &Experiment, prepared: &Prepared) -> Option<Problem> {
    let n_items = prepared.dataset.n_items();
    let sentence = if experiment.task != TaskSpec::NextItem || !prepared.features.is_empty() {
        "synthetic histories are made of items alone; predict the next item without \
         `data.features`, or set `training.augment.synthetic` to 0"
            .to_owned()
    } else if experiment.training.augment.sampler != Sampler::Markov && n_items > MAX_ITEMS {
        too_many_items(n_items)
    } else {
        return None;
    };
    Some(Problem::error("training.augment.synthetic", sentence))
}

/// Fits the sampler on `rows` and writes what is wanted; the same seed writes the same. `between`
/// hears of every step of a neural sampler and may stop it.
pub(super) fn write<E: From<ModelError> + From<TrainError>>(
    wanted: &SyntheticRequest<'_>,
    rows: &Histories,
    between: &mut dyn FnMut(Pass) -> Result<(), E>,
) -> Result<Histories, E> {
    let SyntheticRequest {
        sampler,
        n,
        least,
        n_items,
        gan,
        seed,
    } = *wanted;
    if n == 0 {
        return Ok(Histories::new());
    }
    if sampler == Sampler::Markov {
        let drawn = MarkovSampler::fit(rows).sample(n, least..=gan.max_len, seed);
        let short = || {
            TrainError::Unfit(format!(
                "a Markov chain hardly ever writes {least} events on these data; set \
                 `training.augment.synthetic` to 0"
            ))
        };
        return if drawn.n_rows() == n {
            Ok(drawn)
        } else {
            Err(short().into())
        };
    }
    let mut network = SequenceGan::new(gan, n_items, seed)?;
    network.learn_language(rows, between)?;
    if sampler == Sampler::Gan {
        network.play(rows, between)?;
    }
    Ok(network.sample(n, least, seed)?)
}

/// One sampler, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedSampler {
    /// Sampler that was judged; `None` for real histories in its place.
    pub sampler: Option<Sampler>,
    /// Against real histories that it has not read.
    pub likeness: Likeness,
    /// How a model that learnt from its histories alone ranks the next event of real users.
    pub downstream: Metrics,
}

/// Progress of the judging of samplers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judging {
    /// The turn of what has this title.
    Begins(&'static str),
    /// A neural sampler learns.
    Learns(Pass),
}

/// Judges every sampler on the data of an experiment, and real histories first, as the measure.
///
/// Users are halved. The samplers read the training events of one half and write as many histories;
/// these are compared with the training events of the other half. Then the experiment's model is
/// trained anew on each sampler's histories alone, its epoch chosen by the validation questions of
/// the first half, and judged by those of the second (train on synthetic, test on real; Esteban et
/// al. 2017). The test split is not read.
///
/// `told` hears where it is.
///
/// # Errors
/// [`TrainError`] when the data cannot be opened, hold too many items or too few users, or a
/// training fails.
pub fn judge_samplers(
    experiment: &Experiment,
    told: &mut dyn FnMut(Judging),
) -> Result<Vec<JudgedSampler>, TrainError> {
    let problems = experiment.check();
    if problems.iter().any(Problem::is_error) {
        return Err(TrainError::Problems(problems));
    }
    let prepared = open_data(experiment, None)?;
    let mut experiment = experiment.clone();
    experiment.evaluation = experiment.evaluation.resolved(&prepared.returns);
    let experiment = &experiment;
    let mut neural = experiment.clone();
    neural.training.augment.sampler = Sampler::Gan;
    if let Some(problem) = check(&neural, &prepared) {
        return Err(TrainError::Problems(vec![problem]));
    }
    let halves = Halves::new(experiment, &prepared)?;
    let (learnt, real) = (rows_of(&halves.learnt), rows_of(&halves.real));
    told(Judging::Begins("real histories"));
    let mut all = vec![JudgedSampler {
        sampler: None,
        likeness: Likeness {
            transitions: Likeness::new(&learnt, &real, &learnt).transitions,
            lengths: Likeness::new(&learnt, &real, &learnt).lengths,
            ..Likeness::new(&real, &real, &learnt)
        },
        downstream: halves.downstream(&halves.learnt, experiment, &prepared)?,
    }];
    for sampler in Sampler::iter() {
        told(Judging::Begins(sampler.title()));
        let wanted = SyntheticRequest {
            sampler,
            n: halves.learnt.n_rows(),
            least: halves.least,
            n_items: prepared.dataset.n_items(),
            gan: &experiment.training.gan,
            seed: derive_seed(experiment.seed, "synthetic", 0),
        };
        let mut told_of = None;
        let written = write::<TrainError>(&wanted, &halves.learnt, &mut |pass| {
            if told_of.replace(pass) != Some(pass) {
                told(Judging::Learns(pass));
            }
            Ok(())
        })?;
        let likeness = Likeness::new(&rows_of(&written), &real, &learnt);
        let downstream = halves.downstream(&written, experiment, &prepared)?;
        all.push(JudgedSampler {
            sampler: Some(sampler),
            likeness,
            downstream,
        });
    }
    Ok(all)
}

fn rows_of(histories: &Histories) -> Vec<&[u32]> {
    histories.rows().collect()
}

/// Fewest users of a half.
const FEWEST: usize = 10;

/// Users in turns: every other one is learnt from.
struct Halves {
    learnt: Histories,
    real: Histories,
    /// Validation questions of those that are learnt from, and of the others.
    questions: [Vec<EvalCase>; 2],
    least: usize,
}

impl Halves {
    fn new(experiment: &Experiment, prepared: &Prepared) -> Result<Self, TrainError> {
        let least = experiment.model.family().fewest_events() as usize;
        let max_len = experiment.training.gan.max_len;
        let mut rows = [Histories::new(), Histories::new()];
        for user in 0..prepared.dataset.sequences.n_users() {
            let items = train_items(prepared, user);
            if items.len() >= least {
                rows[user % 2].push(items.get(..max_len).unwrap_or(items));
            }
        }
        let of_half = |half: usize| {
            let cases = prepared
                .split
                .valid
                .iter()
                .filter(|case| case.user_idx as usize % 2 == half);
            cases.copied().collect::<Vec<_>>()
        };
        let questions = [of_half(0), of_half(1)];
        let [learnt, real] = rows;
        let fewest = [
            learnt.n_rows(),
            real.n_rows(),
            questions[0].len(),
            questions[1].len(),
        ]
        .into_iter()
        .min();
        if fewest < Some(FEWEST) {
            return Err(TrainError::Unfit(format!(
                "samplers are judged on two halves of at least {FEWEST} users each; take a log \
                 with more users"
            )));
        }
        Ok(Self {
            learnt,
            real,
            questions,
            least,
        })
    }

    /// Trains the experiment's model on these rows alone, chosen by one half and judged by the
    /// other.
    fn downstream(
        &self,
        rows: &Histories,
        experiment: &Experiment,
        prepared: &Prepared,
    ) -> Result<Metrics, TrainError> {
        let Built { mut model, .. } = build_model(experiment, &blueprint(experiment, prepared))?;
        let (training, filter_seen) = (
            &experiment.training,
            experiment.evaluation.seen() == Seen::LeftOut,
        );
        let batch_size = training.batch_size.max(1);
        let n_steps = training.epochs * rows.n_rows().div_ceil(batch_size);
        let mut early_stop = EarlyStop::new(experiment.answers().primary(), training.patience);
        let (mut best, mut step) = (Metrics::default(), 0);
        for epoch in 1..=training.epochs {
            let mut order = rows_of(rows);
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(derive_seed(
                experiment.seed,
                "shuffle",
                epoch as u64,
            )));
            for batch in order.chunks(batch_size) {
                let seed = derive_seed(experiment.seed, "step", step as u64);
                let inputs = StepInputs {
                    lr: lr_at(training, step, n_steps),
                    step,
                    n_steps,
                    seed,
                };
                model.train_step(&batch.iter().copied().collect(), inputs)?;
                model
                    .take_stats()
                    .map_err(|error| TrainError::from(error).in_epoch(epoch, training))?;
                step += 1;
            }
            let chosen_by = judge(model.as_ref(), prepared, &self.questions[0], filter_seen)?;
            if early_stop.observe(epoch, chosen_by.primary().1) {
                best = judge(model.as_ref(), prepared, &self.questions[1], filter_seen)?;
            }
            if early_stop.is_over() {
                break;
            }
        }
        Ok(best)
    }
}
