//! Feedback that people gave to the lists of a run, kept with it: a line of JSON an answer, in its
//! folder `feedback`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk::{copy_whole, file_error, read_text, write_whole};
use super::writer::RunWriter;
use super::{RunError, RunId, RunStore};
use seqscope_data::{Prepared, ReadAnswer, text_fingerprint};

/// Folder of the feedback in that of a run; runs from before there was any have none.
const FOLDER: &str = "feedback";

/// What people answered to the lists of the run.
const GIVEN: &str = "given.jsonl";

/// What a fine-tuned run learnt from, as it was when the run began.
const LEARNT: &str = "learnt.jsonl";

/// One answer of a user to an item that was recommended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Id of the user as the run's data have it; a pseudonym where ids are hidden.
    pub user: String,
    /// Id of the item, likewise.
    pub item: String,
    /// Whether it was accepted; else it was rejected.
    pub accepted: bool,
    /// Seconds since 1970, or a number that only orders; none in a log without times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
    /// Whether the item is the answer to the user's validation or test question, so that it was not
    /// learnt from; only said of feedback that a run began with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_out: bool,
}

impl Feedback {
    /// The present moment as the time of an answer; `None` where the times of a log are no moments.
    #[must_use]
    pub fn now(prepared: &Prepared) -> Option<i64> {
        let now = || jiff::Timestamp::now().as_second();
        prepared.dataset.has_clock().then(now)
    }
}

impl From<ReadAnswer> for Feedback {
    fn from(read: ReadAnswer) -> Self {
        Self {
            user: read.user_id,
            item: read.item_id,
            accepted: read.accepted,
            time: read.time_secs,
            held_out: false,
        }
    }
}

/// Numbers of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackCounts {
    /// Users who answered.
    pub users: usize,
    /// Items that they accepted.
    pub accepted: usize,
    /// Items that they rejected.
    pub rejected: usize,
}

impl FeedbackCounts {
    /// Counts some answers.
    #[must_use]
    pub fn of<'a>(answers: impl IntoIterator<Item = &'a Feedback>) -> Self {
        let (mut counts, mut users) = (Self::default(), BTreeSet::new());
        for answer in answers {
            users.insert(answer.user.as_str());
            if answer.accepted {
                counts.accepted += 1;
            } else {
                counts.rejected += 1;
            }
        }
        counts.users = users.len();
        counts
    }
}

/// Answers with others that came later. A user's later answer to an item takes the place of the
/// earlier one, at the end.
#[must_use]
pub fn later_feedback(earlier: &[Feedback], later: &[Feedback]) -> Vec<Feedback> {
    let all = earlier.iter().chain(later);
    let last: BTreeMap<(&str, &str), usize> = (all.clone().enumerate())
        .map(|(at, answer)| ((answer.user.as_str(), answer.item.as_str()), at))
        .collect();
    let is_last = |(at, answer): &(usize, &Feedback)| {
        last.get(&(answer.user.as_str(), answer.item.as_str())) == Some(at)
    };
    let kept = all.enumerate().filter(is_last);
    kept.map(|(_, answer)| answer.clone()).collect()
}

/// Hash of some answers, as 16 hexadecimal digits.
#[must_use]
pub fn feedback_fingerprint(answers: &[Feedback]) -> String {
    text_fingerprint(&text(answers))
}

impl RunStore {
    /// Answers that are kept with a run, in the order in which they came.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or the file cannot be read.
    pub fn feedback(&self, id: &RunId) -> Result<Vec<Feedback>, RunError> {
        read(&self.existing(id)?.join(FOLDER).join(GIVEN))
    }

    /// Keeps answers with a run, in the place of all that it kept.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or the disk refuses.
    pub fn save_feedback(&self, id: &RunId, answers: &[Feedback]) -> Result<(), RunError> {
        write(&self.existing(id)?.join(FOLDER), GIVEN, answers)
    }

    /// Adds answers to those of a run, as [`later_feedback`] puts them together; the file is written
    /// whole or not at all. Returns all that it keeps now.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or the file cannot be read or written.
    pub fn add_feedback(&self, id: &RunId, later: &[Feedback]) -> Result<Vec<Feedback>, RunError> {
        let all = later_feedback(&self.feedback(id)?, later);
        self.save_feedback(id, &all)?;
        Ok(all)
    }

    /// Answers that a fine-tuned run began with; none of another.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or the file cannot be read.
    pub fn learnt_feedback(&self, id: &RunId) -> Result<Vec<Feedback>, RunError> {
        read(&self.existing(id)?.join(FOLDER).join(LEARNT))
    }

    /// Weights that a fine-tuned run began with.
    #[must_use]
    pub fn start_weights(&self, id: &RunId) -> PathBuf {
        self.dir(id).join("epochs").join("start.safetensors")
    }
}

impl RunWriter {
    /// Keeps what a fine-tuned run begins with, so that it needs its parent no more: the answers, and
    /// a copy of the weights.
    ///
    /// # Errors
    /// [`RunError`] when the disk refuses.
    pub fn save_start(&self, learnt: &[Feedback], weights: &Path) -> Result<(), RunError> {
        write(&self.dir().join(FOLDER), LEARNT, learnt)?;
        copy_whole(weights, &self.store().start_weights(self.id()))
    }
}

fn text(answers: &[Feedback]) -> String {
    // An answer is plain data with text keys, which always turns into JSON.
    let lines = answers
        .iter()
        .filter_map(|answer| serde_json::to_string(answer).ok());
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

fn write(folder: &Path, name: &str, answers: &[Feedback]) -> Result<(), RunError> {
    fs::create_dir_all(folder).map_err(|e| file_error(folder, &e))?;
    write_whole(&folder.join(name), text(answers).as_bytes())
}

fn read(path: &Path) -> Result<Vec<Feedback>, RunError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = read_text(path)?;
    let lines = text.lines().enumerate();
    let read = lines.filter(|(_, line)| !line.trim().is_empty());
    read.map(|(at, line)| {
        serde_json::from_str(line).map_err(|_| RunError::Damaged {
            path: path.to_owned(),
            reason: format!("line {} is no answer; mend it, or delete that line", at + 1),
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(user: &str, item: &str, accepted: bool) -> Feedback {
        Feedback {
            user: user.to_owned(),
            item: item.to_owned(),
            accepted,
            time: None,
            held_out: false,
        }
    }

    #[test]
    fn answers_are_kept_whole_and_a_later_one_takes_the_place_of_an_earlier() {
        let folder = tempfile::tempdir().unwrap();
        let (store, id) = (RunStore::at(folder.path()), RunId("r".to_owned()));
        fs::create_dir(folder.path().join("r")).unwrap();
        assert_eq!(store.feedback(&id).unwrap(), []);
        let odd = answer("ann, \"x\"\n", "電影", true);
        store
            .add_feedback(&id, &[odd.clone(), answer("bob", "b", true)])
            .unwrap();
        let later = [answer("bob", "b", false), answer("bob", "c", true)];
        let all = store.add_feedback(&id, &later).unwrap();
        assert_eq!(all, [odd, later[0].clone(), later[1].clone()]);
        assert_eq!(store.feedback(&id).unwrap(), all);
        let counts = FeedbackCounts {
            users: 2,
            accepted: 2,
            rejected: 1,
        };
        assert_eq!(FeedbackCounts::of(&all), counts);
        assert!(store.feedback(&RunId("other".to_owned())).is_err());

        let path = folder.path().join("r/feedback/given.jsonl");
        fs::write(
            &path,
            "{\"user\":\"u\",\"item\":\"i\",\"accepted\":true}\nnonsense\n",
        )
        .unwrap();
        let damaged = store.feedback(&id).unwrap_err().to_string();
        assert!(damaged.contains("line 2 is no answer"), "{damaged}");
    }

    #[test]
    fn the_hash_is_of_what_was_answered() {
        let [yes, no] =
            [true, false].map(|accepted| feedback_fingerprint(&[answer("u", "i", accepted)]));
        assert_ne!(yes, no);
        assert_eq!(yes, feedback_fingerprint(&[answer("u", "i", true)]));
        assert_eq!(yes.len(), 16);
    }
}
