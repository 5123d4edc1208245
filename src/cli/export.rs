//! `seqscope export RUN --to DIR`: a run's tables and weights for other programs.

use std::path::PathBuf;

use super::Streams;
use super::pseudonyms::PseudonymArgs;
use crate::error::Error;
use crate::run::RunStore;

/// Which run, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run's name, its start or its end, or `last`
    run: String,
    /// A folder that is empty or does not exist yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    args.pseudonyms.pseudonymiser(streams)?;
    for path in store.export_hiding(&store.find(&args.run)?, &args.to, args.pseudonyms.hidden())? {
        writeln!(streams.out, "{}", path.display())?;
    }
    Ok(())
}
