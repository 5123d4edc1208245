//! What the machine did in each epoch, in a file of its own: it is no result, and differs between
//! two equal runs.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use super::disk::{append_under, read_text, write_whole};
use super::writer::RunWriter;
use super::{RunError, RunId, RunStore};

/// Name of the file.
pub(super) const MACHINE_FILE: &str = "machine.csv";

/// Number that a machine may tell of an epoch.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter, strum::IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum MachineMetric {
    /// Processors that the program kept busy, mean over the epoch: 1.5 is one and a half of them.
    CpuLoad,
    /// Memory that the program had at the end of the epoch, in bytes.
    MemoryBytes,
    /// Share of the time in which the GPU was at work, mean of one look a second.
    GpuLoad,
    /// Memory of the GPU that was in use at the end of the epoch, by all programs, in bytes.
    GpuMemoryBytes,
    /// Energy that the processors took in the epoch, those of other programs too, in watt-hours.
    CpuWh,
    /// Energy that the GPU took in the epoch, in watt-hours.
    GpuWh,
}

impl MachineMetric {
    /// Name of its column.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Name of it in a chart.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::CpuLoad => "Processor load",
            Self::MemoryBytes => "Memory",
            Self::GpuLoad => "GPU load",
            Self::GpuMemoryBytes => "GPU memory",
            Self::CpuWh => "Energy, processor",
            Self::GpuWh => "Energy, GPU",
        }
    }
}

/// Numbers that a machine told of one epoch; what it does not tell is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineEpoch {
    /// Epoch, from 1.
    pub epoch: usize,
    told: Vec<(MachineMetric, f64)>,
}

impl MachineEpoch {
    /// Numbers of an epoch; one that is none is left out.
    #[must_use]
    pub fn new(epoch: usize, told: impl IntoIterator<Item = (MachineMetric, Option<f64>)>) -> Self {
        let known = told.into_iter().filter_map(|(metric, value)| {
            let value = value.filter(|value| value.is_finite())?;
            Some((metric, value))
        });
        Self {
            epoch,
            told: known.collect(),
        }
    }

    /// One of the numbers; `None` where the machine did not tell it.
    #[must_use]
    pub fn get(&self, metric: MachineMetric) -> Option<f64> {
        let mut told = self.told.iter();
        told.find(|(of, _)| *of == metric).map(|(_, value)| *value)
    }
}

/// Energy that training took, as far as the machine told it, in watt-hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingEnergy {
    /// Epochs of which the machine told any.
    pub epochs: usize,
    /// Energy of the processors, that of other programs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_wh: Option<f64>,
    /// Energy of the GPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_wh: Option<f64>,
}

impl TrainingEnergy {
    /// Sum over epochs; `None` where none was told.
    #[must_use]
    pub fn of<'a>(epochs: impl IntoIterator<Item = &'a MachineEpoch>) -> Option<Self> {
        epochs.into_iter().fold(None, Self::and)
    }

    /// Sum of what was told before and what is told of one more epoch.
    fn and(before: Option<Self>, told: &MachineEpoch) -> Option<Self> {
        let [cpu, gpu] = [MachineMetric::CpuWh, MachineMetric::GpuWh].map(|of| told.get(of));
        if cpu.is_none() && gpu.is_none() {
            return before;
        }
        let sum = before.unwrap_or_default();
        let plus = |sum: Option<f64>, more: Option<f64>| match (sum, more) {
            (Some(sum), Some(more)) => Some(sum + more),
            (one, other) => one.or(other),
        };
        Some(Self {
            epochs: sum.epochs + 1,
            cpu_wh: plus(sum.cpu_wh, cpu),
            gpu_wh: plus(sum.gpu_wh, gpu),
        })
    }
}

impl RunWriter {
    /// Adds a line for an epoch.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn append_machine(&mut self, told: &MachineEpoch) -> Result<(), RunError> {
        let path = self.dir().join(MACHINE_FILE);
        let mut text = String::new();
        line(&mut text, told);
        append_under(&path, &header(), &text, false)?;
        self.manifest.energy = TrainingEnergy::and(self.manifest.energy, told);
        Ok(())
    }

    /// Takes the lines of epochs after `last` out of the file, if there is one.
    pub(super) fn rewind_machine(&mut self, last: usize) -> Result<(), RunError> {
        self.manifest.energy = None;
        let path = self.dir().join(MACHINE_FILE);
        if !path.exists() {
            return Ok(());
        }
        let mut kept = epochs_of(&read_text(&path)?);
        kept.retain(|told| told.epoch <= last);
        let mut text = header();
        for told in &kept {
            line(&mut text, told);
        }
        self.manifest.energy = TrainingEnergy::of(&kept);
        write_whole(&path, text.as_bytes())
    }
}

impl RunStore {
    /// What the machine told of each epoch, in their order; nothing of a run from before that was
    /// kept.
    ///
    /// # Errors
    /// [`RunError`] when the file cannot be read.
    pub fn machine(&self, id: &RunId) -> Result<Vec<MachineEpoch>, RunError> {
        let path = self.dir(id).join(MACHINE_FILE);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let epochs = epochs_of(&read_text(&path)?);
        self.check_file(id, &path)?;
        Ok(epochs)
    }
}

fn header() -> String {
    let names: Vec<&str> = MachineMetric::iter().map(MachineMetric::name).collect();
    format!("epoch,{}\n", names.join(","))
}

fn line(text: &mut String, told: &MachineEpoch) {
    // Writing to a string cannot fail.
    let _ = write!(text, "{}", told.epoch);
    for metric in MachineMetric::iter() {
        text.push(',');
        if let Some(value) = told.get(metric) {
            let _ = write!(text, "{value}");
        }
    }
    text.push('\n');
}

/// The epochs of a file by the names of its columns. A line that was cut off is passed over, and of
/// an epoch that was written twice the later one counts.
fn epochs_of(text: &str) -> Vec<MachineEpoch> {
    let whole = text.rfind('\n').and_then(|end| text.get(..end));
    let mut lines = whole.unwrap_or_default().lines();
    let columns: Vec<Option<MachineMetric>> = lines
        .next()
        .unwrap_or_default()
        .split(',')
        .skip(1)
        .map(|name| MachineMetric::iter().find(|metric| metric.name() == name))
        .collect();
    let mut epochs: Vec<MachineEpoch> = Vec::new();
    for line in lines {
        let mut fields = line.split(',');
        let Some(epoch) = fields.next().and_then(|epoch| epoch.parse().ok()) else {
            continue;
        };
        let told = columns.iter().zip(fields).filter_map(|(metric, value)| {
            let metric = (*metric)?;
            Some((metric, value.parse().ok()))
        });
        epochs.retain(|before| before.epoch != epoch);
        epochs.push(MachineEpoch::new(epoch, told));
    }
    epochs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_summed_over_the_epochs_that_tell_it() {
        use MachineMetric::{CpuLoad, CpuWh, GpuWh};
        let silent = MachineEpoch::new(1, [(CpuLoad, Some(1.0))]);
        assert_eq!(TrainingEnergy::of([&silent]), None);
        let some = MachineEpoch::new(2, [(CpuWh, Some(0.5)), (GpuWh, None)]);
        let both = MachineEpoch::new(3, [(CpuWh, Some(0.25)), (GpuWh, Some(2.0))]);
        // 0.5 + 0.25 of two epochs of three, and 2 of the one that has it.
        let sum = TrainingEnergy {
            epochs: 2,
            cpu_wh: Some(0.75),
            gpu_wh: Some(2.0),
        };
        assert_eq!(TrainingEnergy::of([&silent, &some, &both]), Some(sum));
    }

    #[test]
    fn what_a_machine_told_is_read_again_and_what_it_did_not_is_absent() {
        use MachineMetric::{CpuLoad, CpuWh, GpuLoad, MemoryBytes};
        let first = MachineEpoch::new(
            1,
            [
                (CpuLoad, Some(1.75)),
                (MemoryBytes, Some(123_456_789.0)),
                (GpuLoad, None),
                (CpuWh, Some(f64::NAN)),
            ],
        );
        let second = MachineEpoch::new(2, [(CpuWh, Some(0.0625))]);
        assert_eq!((first.get(CpuLoad), first.get(GpuLoad)), (Some(1.75), None));
        assert_eq!(first.get(CpuWh), None, "no number is nothing told");
        let mut text = header();
        line(&mut text, &first);
        line(&mut text, &second);
        assert!(
            text.contains("\n1,1.75,123456789,,,,\n2,,,,,0.0625,\n"),
            "{text}"
        );
        assert_eq!(epochs_of(&text), [first.clone(), second.clone()]);
        assert_eq!(epochs_of(&text[..text.len() - 2]), [first]);
        // Another order of columns, one that is not known, and an epoch that was trained again.
        let other = "epoch,fan,cpu_wh\n2,1,9\n2,3,0.0625\n";
        assert_eq!(epochs_of(other), [second]);
        assert!(epochs_of("").is_empty());
    }
}
