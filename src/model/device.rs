//! Devices by name: the CPU, every wgpu adapter, and the choice between them.

use super::ModelError;

/// What sort of device.
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
    /// What to write after `--device`: `cpu`, `gpu:0`, ….
    pub key: String,
    /// Name as its driver gives it.
    pub name: String,
    /// `flex`, `vulkan`, `metal` or `dx12`.
    pub backend: String,
    /// What sort.
    pub kind: DeviceKind,
}

/// A device ready for use.
#[derive(Clone, Debug)]
pub struct OpenDevice {
    /// Which one it is.
    pub info: DeviceInfo,
}

/// The CPU first, then every wgpu adapter.
#[must_use]
pub fn list_devices() -> Vec<DeviceInfo> {
    todo!()
}

/// Opens a device by key, by part of an adapter's name (case does not matter), or `auto`: a real
/// GPU if there is one, else the CPU.
///
/// # Errors
/// [`ModelError::Device`] when there is no such device or it cannot start.
pub fn open_device(choice: &str) -> Result<OpenDevice, ModelError> {
    todo!("{choice}")
}
