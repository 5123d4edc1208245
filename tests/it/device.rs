//! Devices: the list, the choice by name, and the same numbers on a GPU as on the CPU.

use seqscope::model::{DeviceKind, device_of, list_devices, open_device};

use crate::model::{build, circle, families, train};

#[test]
fn the_cpu_is_always_there_and_first() {
    let devices = list_devices();
    assert_eq!(
        (devices[0].key.as_str(), devices[0].kind),
        ("cpu", DeviceKind::Cpu)
    );
    for (at, device) in devices[1..].iter().enumerate() {
        assert_eq!(device.key, format!("gpu:{at}"));
        assert_ne!(device.kind, DeviceKind::Cpu);
    }
    assert_eq!(open_device(" CPU ").unwrap().info.key, "cpu");
    assert_eq!(device_of(" CPU "), Some(devices[0].clone()));
}

#[test]
fn auto_takes_a_real_gpu_or_the_cpu_but_no_software_driver() {
    let chosen = open_device("auto").unwrap().info;
    assert_ne!(chosen.kind, DeviceKind::SoftwareGpu);
    if list_devices()
        .iter()
        .all(|device| device.kind != DeviceKind::Gpu)
    {
        assert_eq!(chosen.key, "cpu");
    }
}

#[test]
fn an_unknown_device_is_refused_with_those_that_there_are() {
    let sentence = open_device("quantum").unwrap_err().to_string();
    assert!(
        sentence.contains("there is no device `quantum`") && sentence.contains("`cpu`"),
        "{sentence}"
    );
    let sentence = open_device("gpu:97").unwrap_err().to_string();
    assert!(
        sentence.contains("there is no device `gpu:97`"),
        "{sentence}"
    );
    assert_eq!(device_of("gpu:97"), None);
}

/// Both devices start from the same weights and draw the same dropout masks, on the host; they
/// differ in the order in which sums are rounded (24-bit floats: some 1e-7 relative a sum), which
/// ten steps of Adam multiply; 1e-6 was seen. A wrong kernel or mask is off by far more than the
/// 1e-4 of the loss and 1e-3 of the largest score that are allowed.
#[test]
fn a_gpu_trains_as_the_cpu_does() {
    let Some(gpu) = list_devices()
        .into_iter()
        .find(|device| device.kind != DeviceKind::Cpu)
    else {
        println!("skipped: no wgpu adapter");
        return;
    };
    let gpu = open_device(&gpu.key).unwrap();
    assert_eq!(open_device(&gpu.info.name).unwrap().info, gpu.info);
    for spec in families() {
        let title = spec.family().title();
        let cpu = open_device("cpu").unwrap();
        let (mut here, mut there) = (build(&spec, &cpu, 5), build(&spec, &gpu, 5));
        for step in 0..10 {
            let (a, b) = (
                train(&mut *here, step, step + 1),
                train(&mut *there, step, step + 1),
            );
            assert!(
                (a - b).abs() <= 1e-4 * a.abs(),
                "{title}, step {step}: {a} on the CPU, {b} on the GPU"
            );
        }
        let (a, b) = (
            here.scores(&circle()).unwrap(),
            there.scores(&circle()).unwrap(),
        );
        let (mut largest, mut scale) = (0f32, 0f32);
        for (a, b) in a.iter().zip(&b) {
            largest = largest.max((a - b).abs());
            scale = scale.max(a.abs());
        }
        println!("{title}: scores differ by at most {largest} of {scale} after 10 steps");
        assert!(largest <= 1e-3 * scale, "{title}: {largest} of {scale}");
    }
}
