//! A table of answers to recommendations, held against a log: which of its users answered, and to
//! which of its items.

use std::path::Path;

use super::Dataset;
use super::fingerprint::Fingerprint;
use crate::error::DataError;
use crate::log::{Pseudonymiser, Pseudonyms, Vocab, answers, known_as};
use seqscope_base::spec::{Sentence, did_you_mean};

/// Answer of a user of a log to an item that was recommended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAnswer {
    /// Id of the user, as the log has it.
    pub user_id: String,
    /// Id of the item, as the log has it.
    pub item_id: String,
    /// Whether the user accepted it.
    pub accepted: bool,
    /// Seconds since 1970, or a number that only orders; `None` where the table or the log has no
    /// times.
    pub time_secs: Option<i64>,
}

/// A table of answers as a log understands it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadAnswers {
    /// The answers, in the order of the rows.
    pub answers: Vec<ReadAnswer>,
    /// Rows that say nothing of this log, a sentence with its cure each.
    pub refused: Vec<Sentence>,
    /// Rows of items that were not shown, and so were not answered.
    pub n_not_shown: usize,
}

/// Hash of a text, as 16 hexadecimal digits; the same on every machine.
#[must_use]
pub fn text_fingerprint(text: &str) -> String {
    let mut hash = Fingerprint::new();
    hash.text(text);
    hash.digits()
}

impl Dataset {
    /// Reads a table of answers: a file with columns for user, item, perhaps time, and for whether
    /// the item was accepted. Ids are as in the log, or as it was before its ids were hidden.
    ///
    /// # Errors
    /// [`DataError`] when the file cannot be read, lacks a column, has times of another kind than the
    /// log, or no key is at hand for hidden ids.
    pub fn read_answers(&self, path: &Path) -> Result<ReadAnswers, DataError> {
        let stamp = self.report.pseudonyms.as_ref();
        let hidden = stamp.map_or(Pseudonyms::Off, |stamp| stamp.hidden);
        self.bare_answers(path, hidden).map_err(|error| {
            if hidden.is_off() {
                error
            } else {
                error.without_examples()
            }
        })
    }

    fn bare_answers(&self, path: &Path, hidden: Pseudonyms) -> Result<ReadAnswers, DataError> {
        let table = answers::read(path)?;
        let has_times = self.sequences.time_secs.is_some();
        if let Some(only_orders) = table.only_orders
            && has_times
            && only_orders == self.has_clock()
        {
            let (theirs, ours) = if only_orders {
                (
                    "numbers that only order",
                    "moments; write them as 2024-01-31 12:00:00",
                )
            } else {
                (
                    "moments",
                    "numbers that only order; write such numbers, or leave the column out",
                )
            };
            let sentence =
                format!("its times are {theirs}, and those of the run's log are {ours}.");
            return Err(DataError::content(path, sentence));
        }
        let known = KnownIds {
            dataset: self,
            pseudonymiser: Pseudonymiser::new(hidden)?,
        };
        let begins = self.sequences.time_secs.as_deref().filter(|_| has_times);
        let begins = begins.and_then(|times| times.iter().min().copied());
        let mut read = ReadAnswers {
            refused: table.broken,
            ..ReadAnswers::default()
        };
        for row in table.rows {
            let place = row.place.clone();
            match known.answer(row, begins) {
                Ok(Some(answer)) => read.answers.push(answer),
                Ok(None) => read.n_not_shown += 1,
                Err(why) => read
                    .refused
                    .push(Sentence::from(format!("{place}: ")).then(why)),
            }
        }
        if !hidden.is_off() {
            read.refused = read
                .refused
                .iter()
                .map(Sentence::without_examples)
                .collect();
        }
        Ok(read)
    }
}

/// Ids of a log, and how true ids are hidden there.
struct KnownIds<'a> {
    dataset: &'a Dataset,
    pseudonymiser: Option<Pseudonymiser>,
}

impl KnownIds<'_> {
    fn answer(
        &self,
        row: answers::AnswerCells,
        begins: Option<i64>,
    ) -> Result<Option<ReadAnswer>, Sentence> {
        let Some(accepted) = row.accepted? else {
            return Ok(None);
        };
        let Dataset { users, items, .. } = self.dataset;
        let pseudonyms = self.pseudonymiser.as_ref();
        let hidden_user = pseudonyms.map(|made| made.user(&row.user));
        let hidden_item = pseudonyms.map(|made| made.item(&row.item));
        let user = named(users, &row.user, hidden_user.as_deref()).ok_or_else(|| {
            unknown("the run's log has no user", &row.user, users)
                .words("; write the ids of that log")
        })?;
        let item = named(items, &row.item, hidden_item.as_deref()).ok_or_else(|| {
            unknown("the run's catalogue has no item", &row.item, items)
                .words("; an item that came later needs a model that is trained anew")
        })?;
        let time_secs = row.time_secs?.filter(|_| begins.is_some());
        if let (Some(time), Some(begins)) = (time_secs, begins)
            && time < begins
        {
            let [time, begins] = [time, begins].map(|secs| self.dataset.time_text(secs));
            return Err(Sentence::from(format!(
                "{time} is before the log begins; an answer comes at {begins} or later"
            )));
        }
        Ok(Some(ReadAnswer {
            user_id: user.to_owned(),
            item_id: item.to_owned(),
            accepted,
            time_secs,
        }))
    }
}

/// Id of a vocabulary that is meant: as it is written, or as it was hidden.
fn named<'a>(ids: &'a Vocab, written: &str, hidden: Option<&str>) -> Option<&'a str> {
    known_as(ids, written).or_else(|| known_as(ids, hidden?))
}

fn unknown(what: &str, id: &str, ids: &Vocab) -> Sentence {
    let sentence = Sentence::from(format!("{what} `")).example(id).words("`");
    match did_you_mean(id, ids.ids()) {
        Some(near) => sentence.aside(
            Sentence::from(" (did you mean `")
                .example(&near)
                .words("`?)"),
        ),
        None => sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Sequences;

    fn log(times: Option<Vec<i64>>) -> Dataset {
        let mut dataset = Dataset {
            items: Vocab::starting_at(1),
            sequences: Sequences {
                offsets: vec![0, 2, 3],
                item_idx: vec![1, 2, 1],
                time_secs: times,
                ..Sequences::default()
            },
            ..Dataset::default()
        };
        for user in ["ann", "bob"] {
            dataset.users.intern(user);
        }
        for item in ["a", "b"] {
            dataset.items.intern(item);
        }
        dataset
    }

    fn read(dataset: &Dataset, text: &str) -> Result<ReadAnswers, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clicks.csv");
        std::fs::write(&path, text).unwrap();
        dataset.read_answers(&path)
    }

    #[test]
    fn unknown_ids_are_told_line_by_line_and_the_others_are_taken() {
        let text = "user,item,clicked\nann,a,1\nanne,b,0\nbob,z,1\nbob,b,0\n";
        let found = read(&log(None), text).unwrap();
        let taken: Vec<_> = (found.answers.iter())
            .map(|it| (it.user_id.as_str(), it.item_id.as_str(), it.accepted))
            .collect();
        assert_eq!(taken, [("ann", "a", true), ("bob", "b", false)]);
        let told: Vec<String> = found.refused.iter().map(ToString::to_string).collect();
        assert!(
            told[0].starts_with("line 3: the run's log has no user `anne` (did you mean `ann`?)"),
            "{told:?}"
        );
        assert!(
            told[1].starts_with("line 4: the run's catalogue has no item `z`"),
            "{told:?}"
        );
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn times_must_be_of_the_kind_that_the_log_has() {
        let text = "user,item,timestamp,clicked\nann,a,2024-01-02 00:00:00,1\nbob,a,1999-01-01 00:00:00,1\n";
        let begins = 1_704_067_200;
        let dated = read(&log(Some(vec![begins; 3])), text).unwrap();
        assert_eq!(dated.answers[0].time_secs, Some(begins + 86_400));
        let told = dated.refused[0].to_string();
        assert!(told.contains("is before the log begins"), "{told}");
        // A log without times takes no times.
        let timeless = read(&log(None), text).unwrap();
        assert_eq!(timeless.answers[1].time_secs, None);
    }
}
