//! `--pseudonyms`: ids replaced on the way out, for runs whose log was read with the true ones.

use clap::ValueEnum;

use super::Streams;
use seqscope_base::spec::Problem;
use seqscope_data::{Pseudonymiser, Pseudonyms};
use seqscope_engine::error::Error;

/// Which ids are replaced.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct PseudonymArgs {
    /// Replace ids by keyed hashes: those of users, or with `=users-and-items` both; the key is the
    /// one in `SEQSCOPE_KEY` or --key-file
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, default_missing_value = "users", require_equals = true)]
    pseudonyms: Option<PseudonymWord>,
}

/// [`Pseudonyms`] as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum PseudonymWord {
    Users,
    UsersAndItems,
}

impl PseudonymArgs {
    pub(super) fn hidden(self) -> Pseudonyms {
        match self.pseudonyms {
            None => Pseudonyms::Off,
            Some(PseudonymWord::Users) => Pseudonyms::Users,
            Some(PseudonymWord::UsersAndItems) => Pseudonyms::UsersAndItems,
        }
    }

    /// Returns the maker of the pseudonyms, if any are wanted; warns where their key passes away.
    pub(super) fn pseudonymiser(
        self,
        streams: &mut Streams<'_>,
    ) -> Result<Option<Pseudonymiser>, Error> {
        let made = Pseudonymiser::new(self.hidden())?;
        if made.as_ref().is_some_and(|made| made.stamp().is_passing) {
            streams.warn(&[Problem::warning(
                "data.pseudonyms",
                "no key was given, so these pseudonyms are made under a random one and match no \
                 others; set SEQSCOPE_KEY or name --key-file to have the same ones again.",
            )])?;
        }
        Ok(made)
    }
}
