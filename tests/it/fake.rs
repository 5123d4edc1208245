//! A model that needs no time, a small world to train it on, and listeners with a script.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seqscope::data::{Dataset, EvalCase, Histories, Prepared, Returns, Split, Vocab};
use seqscope::experiment::Experiment;
use seqscope::model::{
    AttentionMaps, Blueprint, DeviceInfo, DeviceKind, ModelError, StepInputs, StepScores,
    TrainStats, Trainable,
};
use seqscope::run::{RunId, RunStore};
use seqscope::train::{
    Built, Command, Control, Ended, Event, EventKind, Job, Observer, TrainError, run_with,
};
use serde::{Deserialize, Serialize};

pub(crate) const N_USERS: usize = 40;
pub(crate) const N_ITEMS: usize = 20;
pub(crate) const LEN: usize = 8;

/// User `u` walks from item `u` to the next and so on around the catalogue, 8 events, no repeats.
/// Leave-one-out: positions 0–5 train, 6 validation, 7 test.
pub(crate) fn walks() -> Prepared {
    walks_of(&[LEN; N_USERS])
}

/// The same with a length for each user; those with fewer than three events train only.
pub(crate) fn walks_of(lens: &[usize]) -> Prepared {
    let mut dataset = Dataset {
        name: "walks".to_owned(),
        fingerprint: format!("{lens:?}"),
        ..Dataset::default()
    };
    dataset.items = Vocab::starting_at(1);
    for item in 1..=N_ITEMS {
        dataset.items.intern(&format!("i{item}"));
    }
    let mut split = Split {
        fingerprint: "leave-one-out".to_owned(),
        ..Split::default()
    };
    dataset.sequences.offsets.push(0);
    for (user, &len) in lens.iter().enumerate() {
        let user_idx = dataset.users.intern(&format!("u{user}"));
        dataset
            .sequences
            .item_idx
            .extend((0..len).map(|t| ((user + t) % N_ITEMS + 1) as u32));
        dataset
            .sequences
            .offsets
            .push(dataset.sequences.item_idx.len());
        let held_out = if len < 3 { 0 } else { 2 };
        split.train_len.push((len - held_out) as u32);
        split.valid_len.push((len - held_out.min(1)) as u32);
        if held_out > 0 {
            let case = |at: usize| EvalCase {
                user_idx,
                history_len: at as u32,
                target_pos: at as u32,
            };
            split.valid.push(case(len - 2));
            split.test.push(case(len - 1));
        }
    }
    let returns = Returns::of_split(&dataset.sequences, &split, dataset.n_items());
    Prepared {
        dataset,
        split,
        features: Vec::new(),
        returns,
    }
}

/// What the fake is asked for, and when it goes wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// How many of ten items it can continue after each epoch; the last one stays. Empty: 5.
    pub(crate) skills: Vec<usize>,
    /// Steps of an epoch.
    pub(crate) steps_per_epoch: usize,
    /// Optimiser step at which it panics, once.
    pub(crate) panic_at: Option<usize>,
    /// Optimiser step at which its loss is no number.
    pub(crate) diverge_at: Option<usize>,
    /// Its loss at each optimiser step, the last one stays. Empty: one that falls.
    pub(crate) losses: Vec<f64>,
    /// Optimiser step at which its device fails.
    pub(crate) fail_at: Option<usize>,
    /// Histories of every training step.
    pub(crate) trained_on: Vec<Vec<Vec<u32>>>,
    /// Histories that were scored, with the number of training steps before.
    pub(crate) scored: Vec<(usize, Vec<u32>)>,
    /// Inputs of every training step.
    pub(crate) inputs: Vec<StepInputs>,
}

pub(crate) type Shared = Arc<Mutex<Script>>;

/// Continues a walk if its last item modulo ten is below its skill; else it is sure of the
/// opposite. `weights` follow the batches with momentum, so that order, seeds and lost state all
/// show.
pub(crate) struct Fake {
    script: Shared,
    n_items: usize,
    pending: Vec<f64>,
    kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    skill: usize,
    /// As bits in a file: JSON's decimal numbers need not come back exactly.
    #[serde(with = "bits")]
    weights: Vec<f64>,
    #[serde(with = "bits")]
    momentum: Vec<f64>,
}

mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<u64>>()
            .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<u64>::deserialize(from)?
            .into_iter()
            .map(f64::from_bits)
            .collect())
    }
}

impl Fake {
    pub(crate) fn new(script: Shared, n_items: usize) -> Self {
        let kept = Kept {
            skill: 0,
            weights: vec![0.0; n_items + 1],
            momentum: vec![0.0],
        };
        Self {
            script,
            n_items,
            pending: Vec::new(),
            kept,
        }
    }

    fn row(&self, history: &[u32]) -> Vec<f32> {
        let mut row: Vec<f32> = self
            .kept
            .weights
            .iter()
            .map(|w| (w * 1e-3) as f32)
            .collect();
        let last = history.last().map_or(0, |&item| item as usize);
        let sign = if last % 10 < self.kept.skill {
            1.0
        } else {
            -1.0
        };
        row[last % self.n_items + 1] = sign * 10.0;
        row
    }
}

fn weights_error(path: &Path, e: impl std::fmt::Display) -> ModelError {
    ModelError::Weights {
        path: path.to_owned(),
        reason: e.to_string(),
    }
}

impl Trainable for Fake {
    fn n_params(&self) -> usize {
        self.kept.weights.len()
    }

    fn train_step(&mut self, histories: &Histories, inputs: StepInputs) -> Result<(), ModelError> {
        let mut script = self
            .script
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        script
            .trained_on
            .push(histories.rows().map(<[u32]>::to_vec).collect());
        script.inputs.push(inputs);
        if script.panic_at.take_if(|at| *at == inputs.step).is_some() {
            drop(script);
            panic!("planted");
        }
        if script.fail_at.take_if(|at| *at == inputs.step).is_some() {
            return Err(ModelError::Compute {
                sentence: "the device was lost; use the CPU".to_owned(),
            });
        }
        for &item in &histories.item_idx {
            self.kept.momentum[0] = 0.9 * self.kept.momentum[0] + f64::from(item) / 7.0;
            self.kept.weights[item as usize] +=
                inputs.lr * self.kept.momentum[0] + (inputs.seed % 100) as f64 / 1e6;
        }
        let epoch = inputs.step / script.steps_per_epoch.max(1);
        self.kept.skill = script
            .skills
            .get(epoch)
            .or(script.skills.last())
            .copied()
            .unwrap_or(5);
        let diverged = script.diverge_at == Some(inputs.step);
        let loss = script
            .losses
            .get(inputs.step)
            .or(script.losses.last())
            .copied();
        let loss = loss.unwrap_or_else(|| 1.0 / (1.0 + self.kept.weights[1].abs()));
        self.pending.push(if diverged { f64::NAN } else { loss });
        Ok(())
    }

    fn take_stats(&mut self) -> Result<TrainStats, ModelError> {
        let n_steps = self.pending.len();
        let loss = self.pending.drain(..).sum::<f64>() / n_steps.max(1) as f64;
        Ok(TrainStats {
            loss,
            grad_norm: loss / 3.0,
            kl: None,
            reconstruction: None,
            n_steps,
            n_events: 10 * n_steps,
        })
    }

    fn scores(&self, histories: &Histories) -> Result<Vec<f32>, ModelError> {
        let mut script = self.script.lock().unwrap();
        let n_steps = script.inputs.len();
        script
            .scored
            .extend(histories.rows().map(|row| (n_steps, row.to_vec())));
        Ok(histories.rows().flat_map(|row| self.row(row)).collect())
    }

    fn step_scores(&self, history: &Histories) -> Result<StepScores, ModelError> {
        let history = history.row(0);
        let scores = (1..=history.len())
            .flat_map(|end| self.row(&history[..end]))
            .collect();
        Ok(StepScores {
            first: 0,
            scores,
            n_columns: self.n_items + 1,
        })
    }

    fn attention(&self, _history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        Ok(None)
    }

    fn save_weights(&self, path: &Path) -> Result<(), ModelError> {
        let kept = Kept {
            momentum: Vec::new(),
            ..self.kept.clone()
        };
        std::fs::write(path, serde_json::to_vec(&kept).unwrap()).map_err(|e| weights_error(path, e))
    }

    fn load_weights(&mut self, path: &Path) -> Result<(), ModelError> {
        let Kept { skill, weights, .. } = read(path)?;
        (self.kept.skill, self.kept.weights) = (skill, weights);
        Ok(())
    }

    fn save_state(&self, path: &Path) -> Result<(), ModelError> {
        std::fs::write(path, serde_json::to_vec(&self.kept).unwrap())
            .map_err(|e| weights_error(path, e))
    }

    fn load_state(&mut self, path: &Path) -> Result<(), ModelError> {
        self.kept = read(path)?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Kept, ModelError> {
    let bytes = std::fs::read(path).map_err(|e| weights_error(path, e))?;
    serde_json::from_slice(&bytes).map_err(|e| weights_error(path, e))
}

pub(crate) fn device() -> DeviceInfo {
    DeviceInfo {
        key: "cpu".to_owned(),
        name: "fake".to_owned(),
        backend: "none".to_owned(),
        kind: DeviceKind::Cpu,
    }
}

/// Commands by the number of looks; while paused, one answer a wait.
#[derive(Default)]
pub(crate) struct Commands {
    pub(crate) at_poll: Vec<(usize, Command)>,
    pub(crate) waits: VecDeque<Option<Command>>,
    pub(crate) each_wait: Duration,
    n_polls: usize,
}

impl Commands {
    pub(crate) fn at(n_polls: usize, command: Command) -> Self {
        Self {
            at_poll: vec![(n_polls, command)],
            ..Self::default()
        }
    }
}

impl Control for Commands {
    fn poll(&mut self) -> Option<Command> {
        self.n_polls += 1;
        self.at_poll
            .iter()
            .find(|(at, _)| *at == self.n_polls)
            .map(|(_, command)| *command)
    }

    fn wait(&mut self, _at_most: Duration) -> Option<Command> {
        std::thread::sleep(self.each_wait);
        self.waits.pop_front().unwrap_or(Some(Command::GoOn))
    }
}

pub(crate) type AtEach<'a> = Box<dyn FnMut(&Event) -> Result<(), TrainError> + 'a>;

/// Keeps every event and does something at each.
pub(crate) struct Listener<'a> {
    pub(crate) events: Vec<Event>,
    pub(crate) at_each: AtEach<'a>,
}

impl Default for Listener<'_> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            at_each: Box::new(|_| Ok(())),
        }
    }
}

impl Observer for Listener<'_> {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        self.events.push(event.clone());
        (self.at_each)(event)
    }
}

/// What came of one fake run.
pub(crate) struct Done {
    pub(crate) id: RunId,
    pub(crate) ended: Ended,
    pub(crate) events: Vec<Event>,
}

impl Done {
    /// The events by name, progress left out.
    pub(crate) fn story(&self) -> Vec<String> {
        let name = |event: &Event| match &event.kind {
            EventKind::Started { first_epoch, .. } => Some(format!("started {first_epoch}")),
            EventKind::Progress(_) => None,
            EventKind::Evaluated(told) => Some(format!("evaluated {}", told.epoch)),
            EventKind::Latent(used) => Some(format!("latent {}", used.epoch)),
            EventKind::Checkpointed { epoch } => Some(format!("checkpointed {epoch}")),
            EventKind::Paused => Some("paused".to_owned()),
            EventKind::Blocked(_) => Some("blocked".to_owned()),
            EventKind::Resumed => Some("resumed".to_owned()),
            EventKind::Changed(change) => Some(format!("changed {}", change.after_steps)),
            EventKind::Warned(_) => Some("warned".to_owned()),
            EventKind::Ended(_) => Some("ended".to_owned()),
        };
        self.events.iter().filter_map(name).collect()
    }
}

/// One run of the fake, ready to be changed and started.
pub(crate) struct Setup {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) experiment: Experiment,
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) script: Shared,
    pub(crate) commands: Commands,
    pub(crate) resume: Option<RunId>,
}

impl Setup {
    /// Four steps an epoch.
    pub(crate) fn new(n_epochs: usize) -> Self {
        let mut experiment = Experiment {
            name: "Fake run".to_owned(),
            ..Experiment::default()
        };
        experiment.training.epochs = n_epochs;
        experiment.training.batch_size = 10;
        "cpu".clone_into(&mut experiment.training.device);
        Self {
            folder: tempfile::tempdir().unwrap(),
            experiment,
            prepared: Arc::new(walks()),
            script: Arc::new(Mutex::new(Script {
                steps_per_epoch: 4,
                ..Script::default()
            })),
            commands: Commands::default(),
            resume: None,
        }
    }

    pub(crate) fn store(&self) -> RunStore {
        RunStore::at(self.folder.path())
    }

    pub(crate) fn dir(&self, id: &RunId) -> PathBuf {
        self.store().dir(id)
    }

    pub(crate) fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn build(
        &self,
    ) -> impl Fn(&Experiment, &Blueprint) -> Result<Built, TrainError> + use<> {
        let script = self.script.clone();
        move |_, plan| {
            Ok(Built {
                model: Box::new(Fake::new(script.clone(), plan.shape.n_items)),
                device: device(),
            })
        }
    }

    pub(crate) fn run(&mut self) -> Done {
        self.run_watched(Listener::default()).unwrap()
    }

    pub(crate) fn run_watched(&mut self, mut listener: Listener<'_>) -> Result<Done, TrainError> {
        let job = Job {
            experiment: self.experiment.clone(),
            store: self.store(),
            prepared: Some(self.prepared.clone()),
            resume: self.resume.clone(),
        };
        let build = self.build();
        let (id, ended) = run_with(job, &build, &mut self.commands, &mut listener)?;
        Ok(Done {
            id,
            ended,
            events: listener.events,
        })
    }
}
