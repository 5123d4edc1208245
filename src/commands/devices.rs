//! `seqscope devices`: what this machine can train on.

use super::Streams;
use super::table::{Align, TextTable};
use seqscope_engine::error::Error;
use seqscope_model::{DeviceKind, list_devices, open_device};

/// How to print.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let devices = list_devices();
    let auto = open_device("auto")?.info.key;
    if args.json {
        return streams.json(&serde_json::json!({ "auto": auto, "devices": devices }));
    }
    let mut table =
        TextTable::new(["--device", "backend", "kind", "", "name"].map(|name| (name, Align::Left)));
    for device in devices {
        let kind = match device.kind {
            DeviceKind::Cpu => "processor",
            DeviceKind::Gpu => "graphics processor",
            DeviceKind::SoftwareGpu => "software driver, slow",
        };
        let mark = if device.key == auto {
            "auto takes this"
        } else {
            ""
        };
        table.row([
            device.key,
            device.backend,
            kind.to_owned(),
            mark.to_owned(),
            device.name,
        ]);
    }
    Ok(table.write(streams.out)?)
}
