//! Whether a training fits into the machine's memory.

use super::Experiment;
use seqscope_base::spec::Problem;
use seqscope_data::DataShape;
use seqscope_model::{MachineMemory, MemoryNeed, Workload};

impl Experiment {
    /// Memory that training on the processor takes, with data of these sizes.
    #[must_use]
    pub fn memory(&self, shape: DataShape) -> MemoryNeed {
        self.model
            .family()
            .memory(&Workload::new(&self.plan(shape), self.training.batch_size))
    }

    /// Warns where a training on the processor takes more than the machine has free, and refuses it
    /// where the weights and what belongs to each of them, which are known to the byte, take more
    /// than all that it has. The rest is an estimate, by which nothing is refused.
    #[must_use]
    pub fn check_memory(&self, shape: DataShape, machine: MachineMemory) -> Option<Problem> {
        let MemoryNeed { parameters, .. } = self.memory(shape);
        let need = self.memory(shape).peak();
        let told = [need, machine.available, machine.total].map(gigabytes);
        let [need_told, available, total] = &told;
        let cure =
            "lower `training.batch_size`, the model's window or its widths, or drop rare items";
        let field = "training.batch_size";
        if parameters > machine.total {
            let sentence = format!(
                "Training takes about {need_told} of memory, and this machine has {total}; {cure}."
            );
            Some(Problem::error(field, sentence))
        } else if need > machine.available {
            let sentence = format!(
                "Training takes about {need_told} of memory, and {available} of this machine's \
                 {total} are free, so it may become slow or be stopped; close other programs, or \
                 {cure}."
            );
            Some(Problem::warning(field, sentence))
        } else {
            None
        }
    }
}

fn gigabytes(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{} MB", bytes.div_ceil(1_000_000))
    } else {
        format!("{:.1} GB", bytes as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_training_that_does_not_fit_says_so_with_figures_and_a_cure() {
        let shape = DataShape {
            n_users: 6040,
            n_items: 3416,
            n_events: 999_611,
            max_len: 2277,
        };
        let experiment = Experiment::default();
        let need = experiment.memory(shape).peak();
        let problem = |available: u64, total: u64| {
            experiment.check_memory(shape, MachineMemory { total, available })
        };
        assert_eq!(problem(need, need), None);
        let warning = problem(need - 1, need).unwrap();
        assert!(
            !warning.is_error() && warning.field == "training.batch_size",
            "{warning:?}"
        );
        assert!(
            warning.sentence().contains("are free")
                && warning.sentence().contains("lower `training.batch_size`")
        );
        let error = problem(0, 1_500_000).unwrap();
        assert!(
            error.is_error() && error.sentence().contains("this machine has 2 MB"),
            "{error:?}"
        );
        assert_eq!(
            (gigabytes(999_000_001), gigabytes(12_340_000_000)),
            ("1000 MB".to_owned(), "12.3 GB".to_owned())
        );
    }
}
