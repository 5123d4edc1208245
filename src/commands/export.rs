//! `seqscope export RUN --to DIR`: a run's tables and weights for other programs.

use std::path::PathBuf;

use super::Streams;
use super::pseudonyms::PseudonymArgs;
use seqscope_engine::error::Error;
use seqscope_engine::run::RunStore;

/// Which run, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// A folder that is empty or does not exist yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    args.pseudonyms.pseudonymiser(streams)?;
    let (store, id) = store.locate(&args.run)?;
    for path in store.export_hiding(&id, &args.to, args.pseudonyms.hidden())? {
        writeln!(streams.out, "{}", path.display())?;
    }
    Ok(())
}
