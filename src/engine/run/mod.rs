//! Runs on disk. The only place that writes results.
//!
//! A run is a folder that is complete without the program; see [`Manifest`] and [`History`]:
//!
//! ```text
//! <runs>/2026-11-22_1432_ml-1m_sasrec_s1_a1b2/
//!   about.ron                  label, tags, note, star: what a person wrote of the run; `archived` puts it away
//!   manifest.ron               experiment as run, data, device, best figures, outcome; checksums of all other files
//!   history.csv                step, epoch, split, metric, value
//!   latent.csv                 epoch, dimension, KL term, variance; of a variational model
//!   histograms.csv             weights and gradients of each parameter counted by size, epoch by epoch
//!   changes.csv                settings that were changed while it trained, step by step
//!   machine.csv                load, memory and energy of each epoch, as far as the machine tells them
//!   results/valid.parquet      rank and probability of every user; test.parquet likewise
//!   results/test.references.parquet   the same of each reference, in the same order
//!   vocabulary/items.parquet   which row of the weights is which item; users and behaviours likewise
//!   epochs/0001.safetensors    weights of each epoch; best.safetensors
//!   epochs/0007.state          weights and optimiser state of the last epoch; 0008-000123.state after so many
//!                              steps of the next one, where the run was paused there
//!   scenarios/NAME.ron         changed histories of users, saved to be asked about again
//!   log.txt                    what happened, for people
//!   lock                       locked while a process writes the run
//! <runs>/bin/…                 runs that were deleted, whole, until the bin is emptied
//! <runs>/slices/NAME.ron       slices of users that a person has named, of all runs
//! <runs>/queue/queue.ron       experiments that wait to be trained, and what became of them
//! <runs>/queue/0007.lock       locked while a process works on entry 7 of it
//! <runs>/reports/NAME.ron      reports of cards that a person has put together, with their numbers
//! ```
//!
//! A manifest without an outcome is a *running* run while its lock is held, else a *paused* one
//! where it says so and an *interrupted* one where it does not. [`RunWriter`] writes a run;
//! [`RunStore`] lists, finds and reads them.

mod about;
mod agreement;
mod bin;
mod breaks;
mod checkpoint;
mod checksums;
mod comparable;
mod comparison;
mod contrast;
mod counting_rule;
mod curve;
mod differences;
pub(crate) mod disk;
mod earlier;
mod epoch;
mod error;
mod example;
mod export;
mod export_tables;
mod extension;
mod feedback;
mod find;
mod fork;
mod groups;
mod histograms;
mod history;
mod id;
mod latent;
mod lineage;
mod lineage_tree;
mod listed;
mod live_change;
mod lock;
mod machine;
mod manifest;
mod measured;
mod memory;
mod milestone;
mod named_slice;
mod overfitting;
mod owner;
mod pause;
mod pseudonymise;
mod queue;
mod references;
mod results;
mod scenarios;
mod seeds;
mod shared;
mod slices;
mod store;
mod sweep_mark;
mod trust;
mod tuning_effect;
mod unfinished;
mod verdict;
mod vocabulary;
mod writer;

pub use about::{AboutChange, AboutRun};
pub use agreement::{
    AgreementBy, FoundCounts, LeftOutUsers, UserAgreement, UserPair, seed_sisters,
};
pub use bin::BinnedRun;
pub use breaks::{BreakKind, TrainingBreak};
pub(crate) use breaks::{HELD, LEFT, WENT_ON};
pub use checksums::{Checksums, FileCheck};
pub use comparable::why_not_comparable;
pub use comparison::{Compared, Comparison, Seeds, Tested, Versus, compare, each_alone, n_trials};
pub use contrast::{
    AgainstReference, Claim, ClaimVerdict, Contrast, Measure, Paired, against_references, measures,
};
pub use counting_rule::SeenTargetRule;
pub use curve::{Curve, CurveAxis, Curves};
pub use differences::run_differences;
pub use earlier::{EarlierRun, earlier_run};
pub use epoch::EpochRecord;
pub use error::RunError;
pub use extension::{ExtendedSchedule, Extension};
pub use feedback::{Feedback, FeedbackCounts, feedback_fingerprint, later_feedback};
pub use fork::{ChangedSetting, ForkOrigin};
pub use groups::{
    Contestant, GroupDifference, GroupMeasure, GroupPair, GroupedRuns, IntervalSource,
    ReferenceBeside, RunGroup, compare_groups, order_is_worth,
};
pub use histograms::{ALL_PARAMETERS, ParamHistograms, counts_epoch};
pub use history::{History, HistoryPlace, HistoryPoint, Part};
pub use id::RunId;
pub use latent::LatentEpoch;
pub use lineage::{Lineage, Origin};
pub use lineage_tree::{LineageNode, lineage_tree};
pub use live_change::{LiveChange, LiveSetting};
pub use machine::{MachineEpoch, MachineMetric, TrainingEnergy};
pub use manifest::{
    DataStamp, LeftOutReferences, Manifest, References, RunOutcome, RunStatus, Summary,
};
pub use measured::{BesideReferences, MeasuredRun, measured, own_metrics};
pub use memory::RunMemory;
pub use milestone::{Milestone, MilestoneKind, RunAccount};
pub use named_slice::{KeptSlice, NamedSlice, SliceRule};
pub use overfitting::Overfitting;
pub use owner::{OtherOwner, Ownership, owner_of};
pub use pause::{EpochSums, Pause};
pub use queue::{
    Queue, QueueClaim, QueueEntry, QueueError, QueueState, QueueWatch, QueueWork, RunQueue,
};
pub use references::{ReferenceAnswers, ReferenceResults};
pub use results::UserResult;
pub use seeds::{SeedMean, SeedRuns, differ_by_seed_alone, one_a_seed};
pub use shared::Shared;
pub use slices::{Facts, Slice, SliceBy, UserMean, slices};
pub use store::RunStore;
pub use sweep_mark::SweepMark;
pub use trust::{
    JudgedRun, KeptAnswers, TrustBadge, TrustCheck, TrustCure, TrustMark, TrustTopic, next_seed,
};
pub use tuning_effect::{TuningEffect, TuningGroup, TuningRow, tuning_effect};
pub use verdict::{references_ahead, verdict};
pub use writer::{EpochDone, RunWriter};
