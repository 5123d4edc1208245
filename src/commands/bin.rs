//! `seqscope runs --delete`, `--restore`, `--bin`, `--empty-bin`: runs that go, and come back.

use serde_json::json;

use super::Streams;
use seqscope_engine::error::Error;
use seqscope_engine::report::words::{bytes, counted};
use seqscope_engine::run::{BinnedRun, RunId, RunStore};

/// What to do with deleted runs, or with runs to be deleted.
#[derive(Debug, clap::Args)]
pub(super) struct BinArgs {
    /// Put runs into the bin, from which `--restore` takes them
    #[arg(long, num_args = 1.., value_name = "RUN", help_heading = "Deleting", conflicts_with_all = ["restore", "bin", "empty_bin"])]
    delete: Vec<String>,
    /// Take runs out of the bin, by the names that `--bin` lists
    #[arg(long, num_args = 1.., value_name = "NAME", help_heading = "Deleting", conflicts_with_all = ["bin", "empty_bin"])]
    restore: Vec<String>,
    /// List the deleted runs and their sizes
    #[arg(long, help_heading = "Deleting", conflicts_with = "empty_bin")]
    bin: bool,
    /// Delete every run in the bin for good
    #[arg(long, help_heading = "Deleting")]
    empty_bin: bool,
}

impl BinArgs {
    /// Whether the bin is meant, and not the list.
    pub(super) fn is_asked_for(&self) -> bool {
        self.bin || self.empty_bin || !self.delete.is_empty() || !self.restore.is_empty()
    }

    /// Does what is asked for.
    pub(super) fn run(
        &self,
        store: &RunStore,
        as_json: bool,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        if !self.delete.is_empty() {
            return delete(&self.delete, store, as_json, streams);
        }
        if !self.restore.is_empty() {
            return restore(&self.restore, store, as_json, streams);
        }
        let runs = if self.empty_bin {
            store.empty_bin()?
        } else {
            store.binned()?
        };
        tell(&runs, self.empty_bin, as_json, streams)
    }
}

fn delete(
    names: &[String],
    store: &RunStore,
    as_json: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    // All of them are found before any goes, and one that is named twice goes once.
    let mut ids: Vec<RunId> = Vec::new();
    for name in names {
        let id = store.find(name)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut gone = Vec::new();
    for id in ids {
        let name = store.put_into_bin(&id)?;
        if !as_json {
            writeln!(
                streams.out,
                "{id} is in the bin; `seqscope runs --restore {name}` brings it back."
            )?;
        }
        gone.push(name);
    }
    if as_json {
        streams.json(&json!({ "deleted": gone }))?;
    }
    Ok(())
}

fn restore(
    names: &[String],
    store: &RunStore,
    as_json: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let mut back = Vec::new();
    for name in names {
        let id = store.restore_from_bin(name)?;
        if !as_json {
            writeln!(streams.out, "{id} is back in the list.")?;
        }
        back.push(id.0);
    }
    if as_json {
        streams.json(&json!({ "restored": back }))?;
    }
    Ok(())
}

fn tell(
    runs: &[BinnedRun],
    are_gone: bool,
    as_json: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let total: u64 = runs.iter().map(|run| run.bytes).sum();
    if as_json {
        let all: Vec<_> = (runs.iter())
            .map(|run| json!({ "name": run.name, "title": run.title, "bytes": run.bytes }))
            .collect();
        let key = if are_gone { "deleted_for_good" } else { "bin" };
        return streams.json(&json!({ key: all, "bytes": total }));
    }
    if runs.is_empty() {
        writeln!(streams.out, "The bin is empty.")?;
        return Ok(());
    }
    if are_gone {
        let (n, size) = (counted(runs.len(), "run"), bytes(total));
        writeln!(streams.out, "Deleted {n} for good, {size}.")?;
        return Ok(());
    }
    for run in runs {
        writeln!(
            streams.out,
            "{}  {}  {}",
            run.name,
            bytes(run.bytes),
            run.title
        )?;
    }
    writeln!(
        streams.out,
        "{} in all: `seqscope runs --restore NAME` brings one back, `--empty-bin` deletes them for \
         good.",
        bytes(total)
    )?;
    Ok(())
}
