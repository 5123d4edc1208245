//! A look at the machine while a run trains: load, memory and energy of each epoch.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nvml_wrapper::Nvml;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::run::{MachineEpoch, MachineMetric};
use seqscope_model::{DeviceInfo, DeviceKind};

/// Time between two looks: a processor's counter of energy begins anew after some minutes, and a
/// GPU's load is that of the last moment.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Folder in which Linux tells of the energy of processors.
const POWERCAP: &str = "/sys/class/powercap";

/// Meters of the machine, as far as it has any.
pub(super) struct MachineMeter {
    process: Option<ProcessMeter>,
    packages: Vec<EnergyCounter>,
    gpu: Option<GpuMeter>,
    looked: Instant,
    epoch: EpochReadings,
}

/// Readings since the epoch began.
#[derive(Clone, Copy, Debug, Default)]
struct EpochReadings {
    /// Second of training at which it began.
    start_secs: f64,
    /// Processor time until then, in milliseconds.
    start_cpu_ms: Option<u64>,
    gpu_load: f64,
    n_looks: usize,
}

impl MachineMeter {
    /// The meters of this machine for a run on a device.
    pub(super) fn new(device: Option<&DeviceInfo>) -> Self {
        let gpu = device.filter(|device| device.kind == DeviceKind::Gpu);
        Self {
            process: ProcessMeter::new(),
            packages: EnergyCounter::of_packages(Path::new(POWERCAP)),
            gpu: gpu.and_then(|device| GpuMeter::of_name(&device.name)),
            looked: Instant::now(),
            epoch: EpochReadings::default(),
        }
    }

    /// A sentence on what this machine does not tell, with the cure; `None` where it tells all.
    pub(super) fn not_told(&self, device: Option<&DeviceInfo>) -> Option<String> {
        let is_gpu = device.is_some_and(|device| device.kind == DeviceKind::Gpu);
        let energy = format!(
            "energy of the processor ({POWERCAP}/*/energy_uj is not there or may not be read: on \
             Linux an administrator can allow it)"
        );
        let gpu = "load, memory and energy of the GPU (only NVIDIA's driver tells them, of a GPU \
                   whose name no other has)";
        let missing: Vec<&str> = [
            self.process
                .is_none()
                .then_some("load and memory of the program"),
            self.packages.is_empty().then_some(&*energy),
            (is_gpu && self.gpu.is_none()).then_some(gpu),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!missing.is_empty()).then(|| format!("this machine does not tell: {}", missing.join("; ")))
    }

    /// An epoch begins, at this second of training.
    pub(super) fn begin(&mut self, now_secs: f64) {
        self.go_on();
        self.packages
            .iter_mut()
            .for_each(|package| package.joules = 0.0);
        if let Some(gpu) = &mut self.gpu {
            gpu.joules = 0.0;
        }
        self.epoch = EpochReadings {
            start_secs: now_secs,
            start_cpu_ms: self.process.as_mut().and_then(ProcessMeter::cpu_ms),
            ..EpochReadings::default()
        };
    }

    /// Looks again where it is time to.
    pub(super) fn look_if_due(&mut self) {
        if self.looked.elapsed() >= LOOK_EVERY {
            self.look();
        }
    }

    /// A pause begins: what happens in it is no part of the training.
    pub(super) fn pause(&mut self) {
        self.look();
    }

    /// A pause ends.
    pub(super) fn go_on(&mut self) {
        self.rest();
        self.look();
    }

    /// What the counters of energy did since the last look does not count.
    fn rest(&mut self) {
        self.packages
            .iter_mut()
            .for_each(|package| package.last = None);
        if let Some(gpu) = &mut self.gpu {
            gpu.last_mj = None;
        }
    }

    /// The epoch ends, at this second of training.
    pub(super) fn end(&mut self, epoch: usize, now_secs: f64) -> MachineEpoch {
        self.look();
        let secs = now_secs - self.epoch.start_secs;
        let cpu_ms = self.process.as_mut().and_then(ProcessMeter::cpu_ms);
        let cpu_load = cpu_ms.zip(self.epoch.start_cpu_ms).map(|(now, before)| {
            // A processor's time is counted in hundredths of a second: less says nothing.
            let busy = now.saturating_sub(before) as f64 / 1e3;
            if secs < 0.05 { f64::NAN } else { busy / secs }
        });
        let n_looks = self.epoch.n_looks;
        let gpu = self.gpu.as_ref();
        let joules = |packages: &[EnergyCounter]| {
            let sum: f64 = packages.iter().map(|package| package.joules).sum();
            (!packages.is_empty()).then_some(sum)
        };
        MachineEpoch::new(
            epoch,
            [
                (MachineMetric::CpuLoad, cpu_load),
                (
                    MachineMetric::MemoryBytes,
                    self.process.as_ref().and_then(ProcessMeter::memory_bytes),
                ),
                (
                    MachineMetric::GpuLoad,
                    gpu.map(|_| self.epoch.gpu_load / n_looks as f64),
                ),
                (
                    MachineMetric::GpuMemoryBytes,
                    gpu.and_then(|gpu| gpu.memory_bytes),
                ),
                (MachineMetric::CpuWh, joules(&self.packages).map(watt_hours)),
                (
                    MachineMetric::GpuWh,
                    gpu.filter(|gpu| gpu.last_mj.is_some())
                        .map(|gpu| watt_hours(gpu.joules)),
                ),
            ],
        )
    }

    fn look(&mut self) {
        self.looked = Instant::now();
        self.packages.iter_mut().for_each(EnergyCounter::look);
        if let Some(load) = self.gpu.as_mut().and_then(GpuMeter::look) {
            self.epoch.gpu_load += load;
            self.epoch.n_looks += 1;
        }
    }
}

/// Watt-hours of an energy in joules.
fn watt_hours(joules: f64) -> f64 {
    joules / 3_600.0
}

/// Processor time and memory of this program.
struct ProcessMeter {
    system: System,
    pid: Pid,
}

impl ProcessMeter {
    fn new() -> Option<Self> {
        let mut meter = Self {
            system: System::new(),
            pid: sysinfo::get_current_pid().ok()?,
        };
        meter.cpu_ms()?;
        Some(meter)
    }

    /// Processor time of all threads so far, in milliseconds.
    fn cpu_ms(&mut self) -> Option<u64> {
        let kind = ProcessRefreshKind::nothing().with_cpu().with_memory();
        let own = ProcessesToUpdate::Some(&[self.pid]);
        self.system
            .refresh_processes_specifics(own, false, kind.without_tasks());
        Some(self.system.process(self.pid)?.accumulated_cpu_time())
    }

    /// Memory at the last look at the processor time, in bytes.
    fn memory_bytes(&self) -> Option<f64> {
        let bytes = self.system.process(self.pid)?.memory();
        (bytes > 0).then_some(bytes as f64)
    }
}

/// Counter of the energy of one processor package, in microjoules (Linux, "Power Capping Framework":
/// `energy_uj` begins anew at `max_energy_range_uj`).
#[derive(Clone, Debug, PartialEq)]
struct EnergyCounter {
    file: PathBuf,
    range: u64,
    last: Option<u64>,
    /// Energy since it was set to 0.
    joules: f64,
}

impl EnergyCounter {
    /// Counters of the packages that can be read. What lies within a package (cores, memory) is a
    /// part of it, and what is outside (the whole platform) holds it: neither counts.
    fn of_packages(powercap: &Path) -> Vec<Self> {
        let zones = fs::read_dir(powercap).into_iter().flatten().flatten();
        let mut packages: Vec<Self> = zones
            .filter_map(|zone| {
                // A second interface, `intel-rapl-mmio`, tells of the same packages.
                let is_first = zone
                    .file_name()
                    .to_string_lossy()
                    .starts_with("intel-rapl:");
                let zone = zone.path();
                let name = fs::read_to_string(zone.join("name")).ok()?;
                if !(is_first && name.starts_with("package-")) {
                    return None;
                }
                let file = zone.join("energy_uj");
                number_in(&file)?;
                Some(Self {
                    range: number_in(&zone.join("max_energy_range_uj"))?,
                    file,
                    last: None,
                    joules: 0.0,
                })
            })
            .collect();
        packages.sort_by(|a, b| a.file.cmp(&b.file));
        packages
    }

    fn look(&mut self) {
        let now = number_in(&self.file);
        if let Some((now, last)) = now.zip(self.last) {
            // At its range it has begun anew.
            let micro = now
                .checked_sub(last)
                .unwrap_or_else(|| (self.range - last.min(self.range)).saturating_add(now));
            self.joules += micro as f64 / 1e6;
        }
        self.last = now.or(self.last);
    }
}

fn number_in(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Meters of one NVIDIA GPU, asked of its driver's library, which is loaded where it is there.
struct GpuMeter {
    nvml: Nvml,
    index: u32,
    memory_bytes: Option<f64>,
    /// Energy since the driver was loaded, in millijoules.
    last_mj: Option<u64>,
    joules: f64,
}

impl GpuMeter {
    /// The one GPU of this name; `None` without the driver, and where several have it: whose numbers
    /// they are could then not be said.
    fn of_name(name: &str) -> Option<Self> {
        let nvml = Nvml::init().ok()?;
        let indices = 0..nvml.device_count().ok()?;
        let mut alike = indices.filter(|index| {
            let device = nvml.device_by_index(*index);
            device.is_ok_and(|device| device.name().is_ok_and(|other| other == name))
        });
        let (index, other) = (alike.next()?, alike.next());
        drop(alike);
        other.is_none().then_some(Self {
            nvml,
            index,
            memory_bytes: None,
            last_mj: None,
            joules: 0.0,
        })
    }

    /// Looks at all meters. Returns the load, from 0 to 1.
    fn look(&mut self) -> Option<f64> {
        let device = self.nvml.device_by_index(self.index).ok()?;
        let memory = device.memory_info();
        self.memory_bytes = memory.ok().map(|memory| memory.used as f64);
        let now = device.total_energy_consumption().ok();
        if let Some((now, last)) = now.zip(self.last_mj) {
            self.joules += now.saturating_sub(last) as f64 / 1e3;
        }
        self.last_mj = now;
        let load = device.utilization_rates().ok()?;
        Some(f64::from(load.gpu) / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(folder: &Path, zone: &str, name: &str, energy: &str) {
        let zone = folder.join(zone);
        fs::create_dir_all(&zone).unwrap();
        fs::write(zone.join("name"), format!("{name}\n")).unwrap();
        fs::write(zone.join("max_energy_range_uj"), "262143328850\n").unwrap();
        fs::write(zone.join("energy_uj"), format!("{energy}\n")).unwrap();
    }

    #[test]
    fn energy_is_that_of_the_packages_also_where_their_counters_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        zone(at, "intel-rapl:0", "package-0", "262143000000");
        zone(at, "intel-rapl:0:0", "core", "5");
        zone(at, "intel-rapl:1", "package-1", "1000");
        zone(at, "intel-rapl:2", "psys", "7");
        zone(at, "intel-rapl-mmio:0", "package-0", "7");
        zone(at, "intel-rapl:3", "package-3", "may not be read");
        let mut packages = EnergyCounter::of_packages(at);
        assert_eq!(packages.len(), 2, "{packages:?}");
        packages.iter_mut().for_each(EnergyCounter::look);
        // The first one goes 328,850 µJ to its range and 3,671,150 µJ on, the second one 2 J.
        fs::write(at.join("intel-rapl:0").join("energy_uj"), "3671150\n").unwrap();
        fs::write(at.join("intel-rapl:1").join("energy_uj"), "2001000\n").unwrap();
        packages.iter_mut().for_each(EnergyCounter::look);
        let joules: Vec<f64> = packages.iter().map(|package| package.joules).collect();
        assert!(
            (joules[0] - 4.0).abs() < 1e-9 && (joules[1] - 2.0).abs() < 1e-9,
            "{joules:?}"
        );
        assert!(EnergyCounter::of_packages(&at.join("nothing")).is_empty());
    }

    #[test]
    fn the_load_and_memory_of_this_program_are_told_and_nothing_of_a_gpu_it_does_not_use() {
        let mut meter = MachineMeter::new(None);
        let started = Instant::now();
        meter.begin(0.0);
        let mut sum = 0.0_f64;
        while started.elapsed() < Duration::from_millis(400) {
            sum = (0..1_000).fold(sum, |sum, at| sum + f64::from(at).sqrt());
        }
        let told = meter.end(3, started.elapsed().as_secs_f64());
        assert!(sum > 0.0 && told.epoch == 3);
        if meter.process.is_some() {
            let load = told.get(MachineMetric::CpuLoad).unwrap();
            // Other tests run in this program too.
            assert!(load > 0.2 && load < 1_000.0, "{load}");
            let memory = told.get(MachineMetric::MemoryBytes).unwrap();
            assert!(memory > 1e6, "{memory}");
        }
        assert_eq!(told.get(MachineMetric::GpuLoad), None);
        assert_eq!(told.get(MachineMetric::GpuWh), None);
        let is_told = told.get(MachineMetric::CpuWh).is_some();
        assert_eq!(is_told, !meter.packages.is_empty());
        assert_eq!(
            meter.not_told(None).is_some(),
            meter.packages.is_empty() || meter.process.is_none()
        );
    }
}
