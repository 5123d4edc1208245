//! `seqscope devices`: what this machine can train on.

use super::Streams;
use seqscope_engine::error::Error;
use seqscope_engine::report::{ReportColumn, ReportTable};
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
    let columns = [
        ReportColumn::words("device", "--device"),
        ReportColumn::words("backend", "Backend"),
        ReportColumn::words("kind", "Kind"),
        ReportColumn::words("auto", ""),
        ReportColumn::words("name", "Name"),
    ];
    let mut table = ReportTable::new("devices", "", columns);
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
            device.key.into(),
            device.backend.into(),
            kind.into(),
            mark.into(),
            device.name.into(),
        ]);
    }
    Ok(write!(streams.out, "{}", table.rows_as_text())?)
}
