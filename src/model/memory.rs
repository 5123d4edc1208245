//! Main memory that a training takes, estimated before it begins, and memory that the machine has.
//!
//! Counted are the arrays of the fused layers on the processor that grow with the catalogue, the
//! batch or the window, 4 bytes a number. burn's layers, which compute elsewhere, keep more beside
//! each other.

use serde::{Deserialize, Serialize};

use super::Blueprint;
use super::Questions;
use seqscope_data::DataShape;

/// Bytes that a training takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryNeed {
    /// Weights, their gradients, and the optimiser's two moments.
    pub parameters: u64,
    /// Arrays that one step works on beside them, at its peak.
    pub step: u64,
    /// Arrays that an evaluation works on, at its peak.
    pub evaluation: u64,
}

impl MemoryNeed {
    /// Makes the need of a model of so many parameters, a step and an evaluation of so many
    /// numbers.
    pub(super) fn of_numbers(n_params: usize, step: usize, evaluation: usize) -> Self {
        let bytes = |n: usize| (n as u64).saturating_mul(4);
        Self {
            parameters: bytes(n_params).saturating_mul(4),
            step: bytes(step),
            evaluation: bytes(evaluation),
        }
    }

    /// The most at any time. The arrays of a step are kept for the next one while it is evaluated.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.parameters
            .saturating_add(self.step)
            .saturating_add(self.evaluation)
    }
}

/// Sizes that decide how much is worked on at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload<'a> {
    /// Plan that the model is built for.
    pub plan: &'a Blueprint,
    /// Users of a step.
    pub batch_size: usize,
    /// Threads that work side by side.
    pub n_threads: usize,
}

impl<'a> Workload<'a> {
    /// Makes a workload on the threads that work here.
    #[must_use]
    pub fn new(plan: &'a Blueprint, batch_size: usize) -> Self {
        Self {
            plan,
            batch_size,
            n_threads: rayon::current_num_threads(),
        }
    }

    /// Users of a full batch.
    pub(super) fn n_rows(&self) -> usize {
        self.batch_size.min(self.plan.shape.n_users)
    }

    /// Histories of a block of questions.
    pub(super) fn n_asked(&self) -> usize {
        Questions::AT_A_TIME.min(self.plan.shape.n_users)
    }

    /// Most events of so many users that a model with this window sees: each as long as the
    /// longest, but all together no more than half as many again as so many users have on average.
    /// Batches are drawn at random, and the mean of many lengths stays near that of all.
    pub(super) fn n_events(&self, n_rows: usize, window: usize) -> usize {
        let DataShape {
            n_users,
            n_events,
            max_len,
            ..
        } = self.plan.shape;
        let usual = n_rows.saturating_mul(n_events).saturating_mul(3) / (2 * n_users.max(1));
        n_rows
            .saturating_mul(window.min(max_len))
            .min(usual)
            .min(n_events)
            .max(1)
    }

    /// Returns how many of so many events in so many shards are worked on at a time.
    pub(super) fn at_a_time(&self, n_events: usize, n_shards: usize) -> usize {
        n_events.div_ceil(n_shards.max(1)) * self.n_threads.min(n_shards)
    }

    /// Numbers of the scores that stand in the cache while they are ranked.
    pub(super) fn scores(&self) -> usize {
        self.n_threads * (256 << 10).max(8 * self.plan.shape.n_items)
    }
}

/// Main memory of this machine, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineMemory {
    /// All of it.
    pub total: u64,
    /// Memory that programs can still take without the machine slowing down.
    pub available: u64,
}

impl MachineMemory {
    /// Reads what Linux says now; `None` on other systems, where nothing is known.
    #[must_use]
    pub fn now() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/meminfo").ok()?)
    }

    /// Parses lines such as `MemAvailable:   12345 kB`.
    fn parse(text: &str) -> Option<Self> {
        let of = |name: &str| -> Option<u64> {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()?
                .checked_mul(1024)
        };
        Some(Self {
            total: of("MemTotal")?,
            available: of("MemAvailable")?,
        })
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::kernel::Buffer;
    use crate::{
        AutoencoderSpec, GruSpec, LstmSpec, ModelFamily, ModelSpec, OptimizerSpec, RnnSpec,
        SequentialVaeSpec, StepInputs, TransformerSpec, VaeSpec, open_device,
    };
    use seqscope_data::Histories;
    use strum::IntoEnumIterator;

    #[test]
    fn the_machine_says_what_it_has() {
        let text = "MemTotal:       24000000 kB\nMemFree:          100000 kB\nMemAvailable:   \
                    12000000 kB\n";
        let memory = MachineMemory::parse(text).unwrap();
        assert_eq!(
            (memory.total, memory.available),
            (24_576_000_000, 12_288_000_000)
        );
        assert_eq!(MachineMemory::parse("MemTotal: many kB"), None);
        if let Some(memory) = MachineMemory::now() {
            assert!(memory.available <= memory.total);
        }
    }

    #[test]
    fn a_batch_has_no_more_events_than_its_users_can_have() {
        let shape = DataShape {
            n_users: 100,
            n_items: 50,
            n_events: 1000,
            max_len: 400,
        };
        let work = Workload {
            plan: &Blueprint::for_data(shape),
            batch_size: 20,
            n_threads: 1,
        };
        // 20 users of 10 events on average, and half as many again; of 5 at most; all that there
        // are.
        assert_eq!(
            (
                work.n_events(20, 200),
                work.n_events(20, 5),
                work.n_events(90, 200)
            ),
            (300, 100, 1000)
        );
        assert_eq!((work.n_rows(), work.n_asked()), (20, 100));
    }

    /// Numbers in arrays of the pool, on the one thread of a pool of its own, at the peak of some
    /// steps.
    fn measured(spec: &ModelSpec, shape: DataShape, batch_size: usize) -> usize {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let optimizer = OptimizerSpec {
            beta1: 0.9,
            beta2: 0.98,
            epsilon: 1e-8,
            weight_decay: 0.0,
            l1: 0.0,
            clip_norm: 5.0,
        };
        let len = shape.max_len;
        let row = |user: usize| {
            (0..len)
                .map(|at| ((user * 31 + at * 7) % shape.n_items) as u32 + 1)
                .collect()
        };
        let rows: Vec<Vec<u32>> = (0..batch_size).map(row).collect();
        let histories: Histories = rows.iter().map(Vec::as_slice).collect();
        pool.install(|| {
            let mut model = spec
                .family()
                .build(
                    &Blueprint::for_data(shape),
                    optimizer,
                    &open_device("cpu").unwrap(),
                    1,
                )
                .unwrap();
            Buffer::forget_peak();
            for step in 0..2 {
                model
                    .train_step(
                        &histories,
                        StepInputs {
                            lr: 0.01,
                            step,
                            n_steps: 4,
                            seed: 1,
                        },
                    )
                    .unwrap();
            }
            Buffer::peak()
        })
    }

    /// The estimate is compared with what is taken; beside the arrays of the pool, copies of the
    /// weights are counted.
    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn what_is_told_is_what_is_taken() {
        let transformer = |d_model, n_layers, seq_len| {
            ModelSpec::Transformer(TransformerSpec {
                d_model,
                n_layers,
                seq_len,
                ..TransformerSpec::default()
            })
        };
        let lstm = |d_hidden, n_layers| {
            ModelSpec::Lstm(LstmSpec {
                d_model: 32,
                d_hidden,
                n_layers,
                seq_len: 30,
                ..LstmSpec::default()
            })
        };
        let vae = |d_hidden, d_latent| {
            ModelSpec::Vae(VaeSpec {
                d_hidden,
                d_latent,
                ..VaeSpec::default()
            })
        };
        let autoencoder = |d_hidden, n_hidden, d_latent| {
            ModelSpec::Autoencoder(AutoencoderSpec {
                d_hidden,
                n_hidden,
                d_latent,
                ..AutoencoderSpec::default()
            })
        };
        let sequential_vae = |d_model, d_state, d_latent| {
            let widths = SequentialVaeSpec {
                d_model,
                d_state,
                d_latent,
                ..SequentialVaeSpec::default()
            };
            ModelSpec::SequentialVae(SequentialVaeSpec {
                d_hidden: 48,
                seq_len: 30,
                ..widths
            })
        };
        for (spec, n_items, len, batch_size) in [
            (transformer(32, 2, 50), 300, 40, 64),
            (transformer(48, 1, 20), 2000, 60, 16),
            (lstm(64, 1), 300, 40, 64),
            (lstm(48, 2), 2000, 20, 64),
            (
                ModelSpec::Gru(GruSpec {
                    seq_len: 30,
                    ..GruSpec::default()
                }),
                400,
                40,
                64,
            ),
            (
                ModelSpec::Rnn(RnnSpec {
                    seq_len: 30,
                    ..RnnSpec::default()
                }),
                400,
                40,
                64,
            ),
            (
                ModelSpec::Lstm(LstmSpec {
                    n_layers: 3,
                    taper: 0.5,
                    tied: false,
                    seq_len: 30,
                    ..LstmSpec::default()
                }),
                400,
                40,
                64,
            ),
            (vae(96, 32), 800, 30, 128),
            (vae(200, 20), 300, 60, 32),
            (autoencoder(96, 1, 32), 800, 30, 128),
            (autoencoder(60, 3, 20), 300, 60, 32),
            (autoencoder(600, 0, 50), 500, 30, 64),
            (sequential_vae(32, 48, 16), 300, 40, 64),
            (sequential_vae(64, 96, 8), 2000, 20, 32),
        ] {
            let shape = DataShape {
                n_users: 500,
                n_items,
                n_events: 500 * len,
                max_len: len,
            };
            let told = spec
                .family()
                .memory(&Workload {
                    plan: &Blueprint::for_data(shape),
                    batch_size,
                    n_threads: 1,
                })
                .step as usize
                / 4;
            let taken = measured(&spec, shape, batch_size);
            let title = spec.family().title();
            assert!(
                taken > told / 3 && taken <= told + told / 5,
                "{title}: told {told}, taken {taken}"
            );
        }
    }

    #[test]
    fn more_of_anything_needs_no_less() {
        let shape = DataShape {
            n_users: 5000,
            n_items: 3000,
            n_events: 500_000,
            max_len: 300,
        };
        let needs = |spec: &dyn ModelFamily, n_items, batch_size| {
            let shape = DataShape { n_items, ..shape };
            spec.memory(&Workload {
                plan: &Blueprint::for_data(shape),
                batch_size,
                n_threads: 2,
            })
            .peak()
        };
        for model in ModelSpec::iter() {
            let spec = model.family();
            assert!(needs(spec, 3000, 128) < needs(spec, 3000, 1024));
            assert!(needs(spec, 3000, 128) < needs(spec, 30_000, 128));
            assert!(
                needs(spec, 3000, 128) >= 16 * spec.n_params(&Blueprint::for_data(shape)) as u64
            );
        }
    }
}
