//! Devices by name: the CPU, every wgpu adapter, and the choice between them.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::{Mutex, OnceLock, PoisonError};

use burn::prelude::{Device, DeviceKind as BurnKind};
use burn_wgpu::{WgpuBackend, WgpuSetup, wgpu};

use super::ModelError;

/// Kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DeviceKind {
    /// burn's flex backend on the processor.
    Cpu,
    /// A real graphics processor.
    Gpu,
    /// A Vulkan driver that runs on the processor: for checking, never chosen by itself.
    SoftwareGpu,
}

/// One device that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeviceInfo {
    /// Name to write after `--device`: `cpu`, `gpu:0`, ….
    pub key: String,
    /// Name as its driver gives it.
    pub name: String,
    /// `flex`, `vulkan`, `metal` or `dx12`.
    pub backend: String,
    /// Kind of device.
    pub kind: DeviceKind,
}

/// Implementation of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layers {
    /// Our own on the processor, forward and backward in one; elsewhere burn's.
    Fused,
    /// burn's on every device: the ones that the fused are compared with, slower and easier to
    /// follow.
    Plain,
}

/// A device ready for use.
#[derive(Clone, Debug)]
pub struct OpenDevice {
    /// Description of the device.
    pub info: DeviceInfo,
    /// Implementation that is asked for; see [`OpenDevice::with_layers`].
    layers: Layers,
    /// burn's handle, without autodiff.
    pub(crate) device: Device,
    /// Largest array that the device takes, in bytes; the CPU's limit is its memory.
    pub(crate) max_array_bytes: Option<u64>,
}

impl OpenDevice {
    /// Returns this device with this implementation of the layers; a device is opened with the
    /// fused ones.
    #[must_use]
    pub fn with_layers(self, layers: Layers) -> Self {
        Self { layers, ..self }
    }

    /// Returns the implementation that computes: a GPU has no fused layers.
    pub(crate) fn layers(&self) -> Layers {
        if self.info.kind == DeviceKind::Cpu {
            self.layers
        } else {
            Layers::Plain
        }
    }
}

/// An adapter, and how burn is told to take it.
#[derive(Clone, Debug)]
struct Adapter {
    info: DeviceInfo,
    selector: BurnKind,
    api: WgpuBackend,
    /// Discrete before integrated before virtual.
    rank: u8,
}

/// The CPU first, then every wgpu adapter, discrete GPUs before integrated ones before others.
///
/// Adapters are looked for once a process: the Vulkan loader does not bear instances that come and
/// go on several threads.
#[must_use]
pub fn list_devices() -> Vec<DeviceInfo> {
    std::iter::once(cpu_info())
        .chain(adapters().iter().map(|adapter| adapter.info.clone()))
        .collect()
}

/// Returns the device that a choice stands for on this machine. Adapters are looked for only where
/// the choice is not the CPU.
#[must_use]
pub fn device_of(choice: &str) -> Option<DeviceInfo> {
    match choice.trim().to_lowercase().as_str() {
        "cpu" | "flex" => Some(cpu_info()),
        _ => device_for(choice, &list_devices()).cloned(),
    }
}

/// Opens a device by key, by part of an adapter's name (case does not matter), or `auto`: a real
/// GPU if there is one that starts, else the CPU.
///
/// # Errors
/// [`ModelError::Device`] when there is no such device or it cannot start.
pub fn open_device(choice: &str) -> Result<OpenDevice, ModelError> {
    let wanted = choice.trim().to_lowercase();
    match wanted.as_str() {
        "" | "auto" => Ok(real_gpus()
            .find_map(|adapter| open_adapter(adapter).ok())
            .unwrap_or_else(cpu)),
        "cpu" | "flex" => Ok(cpu()),
        "gpu" => match real_gpus().next() {
            Some(adapter) => open_adapter(adapter),
            None => Err(unknown(choice)),
        },
        _ => {
            let infos: Vec<DeviceInfo> = adapters()
                .iter()
                .map(|adapter| adapter.info.clone())
                .collect();
            let found = device_for(choice, &infos).map(|info| &info.key);
            let adapter = adapters()
                .iter()
                .find(|adapter| Some(&adapter.info.key) == found);
            adapter.map_or_else(|| Err(unknown(choice)), open_adapter)
        }
    }
}

/// Returns the listed device that a choice stands for: `auto` is the first real GPU, else the CPU;
/// then comes `cpu` (or `flex`), `gpu`, a key, part of a name (case does not matter).
/// [`open_device`] chooses the same, unless a GPU of `auto` does not start.
#[must_use]
pub fn device_for<'a>(choice: &str, devices: &'a [DeviceInfo]) -> Option<&'a DeviceInfo> {
    let wanted = choice.trim().to_lowercase();
    let of_kind = |kind: DeviceKind| devices.iter().find(|device| device.kind == kind);
    match wanted.as_str() {
        "" | "auto" => of_kind(DeviceKind::Gpu).or_else(|| of_kind(DeviceKind::Cpu)),
        "cpu" | "flex" => of_kind(DeviceKind::Cpu),
        "gpu" => of_kind(DeviceKind::Gpu),
        _ => {
            let by_key = devices.iter().find(|device| device.key == wanted);
            by_key.or_else(|| {
                devices
                    .iter()
                    .find(|device| device.name.to_lowercase().contains(&wanted))
            })
        }
    }
}

fn cpu_info() -> DeviceInfo {
    // Those that work, not those that there are: RAYON_NUM_THREADS and `--threads` may say fewer.
    let n_threads = rayon::current_num_threads();
    let threads = if n_threads == 1 { "thread" } else { "threads" };
    DeviceInfo {
        key: "cpu".to_owned(),
        name: format!("CPU, {n_threads} {threads}"),
        backend: "flex".to_owned(),
        kind: DeviceKind::Cpu,
    }
}

fn cpu() -> OpenDevice {
    OpenDevice {
        info: cpu_info(),
        layers: Layers::Fused,
        device: Device::flex(),
        max_array_bytes: None,
    }
}

fn real_gpus() -> impl Iterator<Item = &'static Adapter> {
    adapters()
        .iter()
        .filter(|adapter| adapter.info.kind == DeviceKind::Gpu)
}

fn unknown(choice: &str) -> ModelError {
    let known: Vec<String> = list_devices()
        .iter()
        .map(|device| format!("`{}` ({})", device.key, device.name))
        .collect();
    let sentence = if known.len() == 1 {
        format!(
            "there is no device `{choice}`: no Vulkan, Metal or DirectX 12 adapter was found, only \
             {}; choose `cpu`, or install the driver of your GPU",
            known.join(", ")
        )
    } else {
        format!(
            "there is no device `{choice}`; this machine has {}; choose one of them, or `auto`",
            known.join(", ")
        )
    };
    ModelError::Device { sentence }
}

/// The adapters of this machine, looked for once.
fn adapters() -> &'static [Adapter] {
    static ADAPTERS: OnceLock<Vec<Adapter>> = OnceLock::new();
    // A driver that fails so badly that wgpu panics is no reason not to train on the CPU.
    ADAPTERS.get_or_init(|| catch_unwind(find_adapters).unwrap_or_default())
}

fn find_adapters() -> Vec<Adapter> {
    static INSTANCE: OnceLock<wgpu::Instance> = OnceLock::new();
    let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    let instance = INSTANCE.get_or_init(|| {
        let descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            ..descriptor
        })
    });
    let mut found: Vec<Adapter> = Vec::new();
    for adapter in block_on(instance.enumerate_adapters(backends)) {
        let info = adapter.get_info();
        let (api, backend) = match info.backend {
            wgpu::Backend::Vulkan => (WgpuBackend::Vulkan, "vulkan"),
            wgpu::Backend::Metal => (WgpuBackend::Metal, "metal"),
            wgpu::Backend::Dx12 => (WgpuBackend::Dx12, "dx12"),
            wgpu::Backend::Noop | wgpu::Backend::Gl | wgpu::Backend::BrowserWebGpu => continue,
        };
        // burn counts the adapters of each kind and graphics API from 0.
        let alike = |kind: fn(usize) -> BurnKind| {
            let same_api = found.iter().filter(|a| a.info.backend == backend);
            let taken: Vec<&BurnKind> = same_api.map(|a| &a.selector).collect();
            kind(
                (0..=taken.len())
                    .find(|&n| !taken.contains(&&kind(n)))
                    .unwrap_or(0),
            )
        };
        let (selector, rank) = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => (alike(BurnKind::DiscreteGpu), 0),
            wgpu::DeviceType::IntegratedGpu => (alike(BurnKind::IntegratedGpu), 1),
            wgpu::DeviceType::VirtualGpu => (alike(BurnKind::VirtualGpu), 2),
            wgpu::DeviceType::Cpu => (BurnKind::Cpu, 3),
            // burn has no selector for it; only OpenGL drivers, which are not asked, report it.
            wgpu::DeviceType::Other => continue,
        };
        let kind = if selector == BurnKind::Cpu {
            DeviceKind::SoftwareGpu
        } else {
            DeviceKind::Gpu
        };
        // burn reaches only the first software adapter of a graphics API.
        if kind == DeviceKind::SoftwareGpu
            && found
                .iter()
                .any(|a| a.selector == selector && a.info.backend == backend)
        {
            continue;
        }
        let info = DeviceInfo {
            key: String::new(),
            name: info.name,
            backend: backend.to_owned(),
            kind,
        };
        found.push(Adapter {
            info,
            selector,
            api,
            rank,
        });
    }
    // In the order in which they are chosen.
    found.sort_by_key(|adapter| adapter.rank);
    for (at, adapter) in found.iter_mut().enumerate() {
        adapter.info.key = format!("gpu:{at}");
    }
    found
}

/// Starts an adapter, once a process; later calls share it.
fn open_adapter(adapter: &Adapter) -> Result<OpenDevice, ModelError> {
    static OPENED: Mutex<BTreeMap<String, (Device, u64)>> = Mutex::new(BTreeMap::new());
    let info = adapter.info.clone();
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((device, limit)) = opened.get(&info.key) {
        return Ok(OpenDevice {
            info,
            layers: Layers::Fused,
            device: device.clone(),
            max_array_bytes: Some(*limit),
        });
    }
    let (selector, api) = (adapter.selector.clone(), adapter.api);
    let started = catch_unwind(|| {
        Device::wgpu_options()
            .device_kind(selector)
            .graphics_api(api)
            .init_with_setup()
    });
    let failed = |why: String| ModelError::Device {
        sentence: format!(
            "the device `{}` ({}) cannot start: {why}; check its driver, or train on the CPU with \
             `--device cpu`",
            info.key, info.name
        ),
    };
    let (device, setup): (Device, WgpuSetup) = started
        .map_err(|_| failed("its driver failed".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    let limits = setup.adapter.limits();
    let limit = limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size);
    opened.insert(info.key.clone(), (device.clone(), limit));
    Ok(OpenDevice {
        info,
        layers: Layers::Fused,
        device,
        max_array_bytes: Some(limit),
    })
}

/// Waits for a future of wgpu, which natively is ready when polled.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}
