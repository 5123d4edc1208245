//! Sentences that stay until dismissed.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::ops::Deref;

use super::Action;
use seqscope_base::spec::shown_lines;

/// Notices that stand at once; the oldest go first.
const KEPT: usize = 20;

/// Notices that are remembered once they are gone.
const PAST_KEPT: usize = 200;

/// Kind of a sentence to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done as asked.
    Done,
    /// Something could not be done.
    Error,
}

/// Identity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(pub u64);

/// One sentence with its cure, and the action that cures it where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Identity, by which it is dismissed.
    pub id: NoticeId,
    /// Moment at which it was told, in seconds since 1970.
    pub secs: i64,
    /// Kind of the sentence.
    pub tone: Tone,
    /// The sentence.
    pub sentence: String,
    /// The button that cures it: label and action.
    pub cure: Option<(String, Action)>,
}

/// Notices that are not dismissed yet, the newest last.
#[derive(Debug, Default)]
pub struct Notices {
    shown: Vec<Notice>,
    /// Those that were dismissed or were too many, in order of going.
    past: Vec<Notice>,
    /// Number of the newest.
    last: u64,
}

impl Deref for Notices {
    type Target = [Notice];

    fn deref(&self) -> &Self::Target {
        &self.shown
    }
}

impl Notices {
    /// Puts a sentence where the person sees it until they dismiss it; the same one only once.
    pub(super) fn tell(&mut self, tone: Tone, sentence: String, cure: Option<(String, Action)>) {
        let sentence = match shown_lines(&sentence) {
            Cow::Borrowed(_) => sentence,
            Cow::Owned(escaped) => escaped,
        };
        self.shown.retain(|notice| notice.sentence != sentence);
        if self.shown.len() >= KEPT {
            let oldest = self.shown.remove(0);
            self.remember(oldest);
        }
        self.last += 1;
        self.shown.push(Notice {
            id: NoticeId(self.last),
            secs: jiff::Timestamp::now().as_second(),
            tone,
            sentence,
            cure,
        });
    }

    /// Tells that something was done.
    pub(super) fn done(&mut self, sentence: String) {
        self.tell(Tone::Done, sentence, None);
    }

    /// Tells why something could not be done.
    pub(super) fn failed(&mut self, why: String) {
        self.tell(Tone::Error, why, None);
    }

    /// Takes one away.
    pub(super) fn dismiss(&mut self, id: NoticeId) {
        if let Some(at) = self.shown.iter().position(|notice| notice.id == id) {
            let gone = self.shown.remove(at);
            self.remember(gone);
        }
    }

    fn remember(&mut self, gone: Notice) {
        self.past.retain(|notice| notice.sentence != gone.sentence);
        if self.past.len() >= PAST_KEPT {
            self.past.remove(0);
        }
        self.past.push(gone);
    }

    /// All of this session, the newest first: those that stand, and those that are gone.
    pub fn all(&self) -> impl Iterator<Item = &Notice> {
        let mut all: Vec<&Notice> = self.shown.iter().chain(&self.past).collect();
        all.sort_by_key(|notice| Reverse(notice.id.0));
        all.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_stands_once_and_the_oldest_of_many_goes() {
        let mut notices = Notices::default();
        for at in 0..=KEPT {
            notices.done(format!("{at}"));
        }
        notices.done("5".to_owned());
        let told: Vec<&str> = notices
            .iter()
            .map(|notice| notice.sentence.as_str())
            .collect();
        assert_eq!((told.len(), told[0], told[KEPT - 1]), (KEPT, "1", "5"));
        assert_eq!(told.iter().filter(|sentence| **sentence == "5").count(), 1);
        let id = notices[0].id;
        notices.dismiss(id);
        assert_eq!(notices[0].sentence, "2");
        // 0 was too old, 1 was dismissed, and the later 5 took the place of the first.
        let all: Vec<&str> = notices
            .all()
            .map(|notice| notice.sentence.as_str())
            .collect();
        assert_eq!(
            (all.len(), all[0], all[all.len() - 2]),
            (KEPT + 1, "5", "1")
        );
        assert_eq!(all[all.len() - 1], "0");
    }
}
