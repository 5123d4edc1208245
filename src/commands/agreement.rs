//! `seqscope compare A B --users disagreement`: two runs user by user.

use std::sync::Arc;

use clap::ValueEnum;
use serde_json::json;

use super::Streams;
use super::compare_slice::FirstRun;
use super::format::{TableFormat, write_tables};
use super::pseudonyms::PseudonymArgs;
use seqscope_data::{Pseudonymiser, Pseudonyms};
use seqscope_engine::error::Error;
use seqscope_engine::report::{AgreedUsers, agreement_table};
use seqscope_engine::run::{
    AgreementBy, Manifest, Part, RunId, RunStore, UserAgreement, UserResult, seed_sisters,
    why_not_comparable,
};

/// Which users, and how they are held against each other.
#[derive(Debug, Default, clap::Args)]
pub(super) struct UserArgs {
    /// In place of the tables: the users whom both of two runs were tested on, with rank and
    /// probability of the true item by either
    #[arg(long, value_name = "ORDER", conflicts_with_all = ["metric", "slices", "references", "claims", "tables"])]
    users: Option<UserOrder>,
    /// With --users: what is subtracted
    #[arg(long, value_name = "MEASURE", requires = "users", default_value_t)]
    by: MeasureWord,
    /// With --users: let either run stand for all runs that differ from it in their seed alone, by
    /// the mean of what is subtracted
    #[arg(long, requires = "users")]
    seeds: bool,
    /// With --users: only so many
    #[arg(long, value_name = "N", requires = "users", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

/// Order of the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum UserOrder {
    /// Those on whom the runs differ, the largest difference first, of equal ones in the order of
    /// the log
    Disagreement,
    /// Everyone in the order of the log
    Log,
}

/// [`AgreementBy`] as it is written on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, strum::Display)]
#[strum(serialize_all = "lowercase")]
enum MeasureWord {
    /// Reciprocal rank of the true item; a miss counts 0
    #[default]
    Rank,
    /// Natural logarithm of its probability
    Probability,
}

impl From<MeasureWord> for AgreementBy {
    fn from(word: MeasureWord) -> Self {
        match word {
            MeasureWord::Rank => Self::ReciprocalRank,
            MeasureWord::Probability => Self::LogProbability,
        }
    }
}

/// A run with the folder of runs that it lies in.
pub(super) type RunPlace = (RunStore, RunId);

impl UserArgs {
    /// Whether users are wanted in place of the tables.
    ///
    /// # Errors
    /// [`Error`] where ids are to be hidden that are not printed.
    pub(super) fn are_wanted(&self) -> Result<bool, Error> {
        if self.users.is_none() && self.pseudonyms.hidden() != Pseudonyms::Off {
            return Err(Error::edge(
                "`--pseudonyms` hides ids of users, and a comparison prints none",
                "add `--users disagreement`, or leave `--pseudonyms` out",
            ));
        }
        Ok(self.users.is_some())
    }
}

/// Prints the users of two runs.
pub(super) fn run(
    args: &UserArgs,
    format: TableFormat,
    places: &[RunPlace],
    manifests: &[Manifest],
    of: Option<&FirstRun>,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let ([_, _], [first, second]) = (places, manifests) else {
        let sentence = format!(
            "`--users` holds two runs against each other, and these are {}",
            places.len()
        );
        return Err(Error::edge(sentence, "name two different runs"));
    };
    if let Some(why) = why_not_comparable(first, second) {
        writeln!(
            streams.err,
            "warning: the figures of the two are not comparable: {why}; users with the same true \
             item are listed all the same"
        )?;
    }
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let members = places.iter().zip(manifests);
    let sides = members
        .map(|(place, manifest)| side(args, place, manifest, of))
        .collect::<Result<Vec<_>, Error>>()?;
    let slices: Vec<Vec<&[UserResult]>> = sides
        .iter()
        .map(|side| side.iter().map(|(_, results)| results.as_slice()).collect())
        .collect();
    let [ours, theirs] = &slices[..] else {
        return Ok(());
    };
    let found = UserAgreement::between(args.by.into(), [ours, theirs]);
    let mut listed: Vec<usize> = match args.users {
        Some(UserOrder::Disagreement) => found.by_size.clone(),
        Some(UserOrder::Log) | None => (0..found.users.len()).collect(),
    };
    listed.truncate(args.top.map_or(usize::MAX, |top| top as usize));
    let names = HiddenIds::new(hidden, first);
    let mut table = agreement_table(AgreedUsers {
        found: &found,
        listed: &listed,
        sides: [&first.id.0, &second.id.0],
        user: &|id| names.user(id),
        item: &|id| names.item(id),
    });
    table
        .lead
        .extend(of.map(FirstRun::words).unwrap_or_default());
    if format == TableFormat::Json {
        let out = found.left_out;
        let runs: Vec<Vec<&str>> = sides
            .iter()
            .map(|side| side.iter().map(|(id, _)| id.0.as_str()).collect())
            .collect();
        let table: serde_json::Value =
            serde_json::from_str(&table.written(format.into())).unwrap_or_default();
        return streams.json(&json!({
            "runs": runs,
            "by": found.by.measure(),
            "users": found.users.len(),
            "differ": found.by_size.len(),
            "left_out": {
                "not_in_all": out.not_in_all,
                "other_target": out.other_target,
                "unknown": out.unknown,
            },
            "not_comparable": why_not_comparable(first, second),
            "table": table,
        }));
    }
    write_tables(&[table], format, streams)
}

/// The runs that one side stands for, with their test results.
fn side(
    args: &UserArgs,
    place: &RunPlace,
    manifest: &Manifest,
    of: Option<&FirstRun>,
) -> Result<Vec<(RunId, Vec<UserResult>)>, Error> {
    let (store, _) = place;
    let own = Arc::new(manifest.clone());
    let members = if args.seeds {
        seed_sisters(&own, &store.list()?)
    } else {
        vec![own]
    };
    let mut side = Vec::with_capacity(members.len());
    for member in members {
        let results = store.results(&member.id, Part::Test)?.unwrap_or_default();
        if results.is_empty() {
            let sentence = format!("`{}` keeps no test results of users", member.id);
            return Err(Error::edge(
                sentence,
                "let it come to its end (`seqscope resume`), or name another run",
            ));
        }
        let results = match of {
            Some(first) => first.answers_of(results),
            None => results,
        };
        side.push((member.id.clone(), results));
    }
    Ok(side)
}

/// Ids as they go out: what the log was read with is hidden no second time.
struct HiddenIds {
    with: Option<Pseudonymiser>,
    hides_users: bool,
    hides_items: bool,
}

impl HiddenIds {
    fn new(with: Option<Pseudonymiser>, manifest: &Manifest) -> Self {
        let stamp = manifest.data.report.pseudonyms.as_ref();
        let before = stamp.map_or(Pseudonyms::Off, |stamp| stamp.hidden);
        let wanted = with
            .as_ref()
            .map_or(Pseudonyms::Off, |with| with.stamp().hidden);
        Self {
            hides_users: before.is_off(),
            hides_items: wanted.hides_items() && !before.hides_items(),
            with,
        }
    }

    fn user(&self, id: &str) -> String {
        let with = self.with.as_ref().filter(|_| self.hides_users);
        with.map_or_else(|| id.to_owned(), |with| with.user(id))
    }

    fn item(&self, id: &str) -> String {
        let with = self.with.as_ref().filter(|_| self.hides_items);
        with.map_or_else(|| id.to_owned(), |with| with.item(id))
    }
}
