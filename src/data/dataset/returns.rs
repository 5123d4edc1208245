//! How often users come back to items that they had: in training, and among the questions.

use serde::{Deserialize, Serialize};

use super::{EvalCase, Prepared, Sequences, Split};
use seqscope_base::metric::{Seen, is_left_out};
use seqscope_base::spec::thousands;

/// Share of training events that return to an item of their user from which seen items belong in a
/// ranking: 5 %, a choice of ours. Below it a list without them loses at most about one question in
/// twenty and is spared what nobody wants again, as with films; above it what is left out is what
/// people do, as with songs, places and shops.
pub const RETURNS_FROM: f64 = 0.05;

/// Events, and those among them whose item the same user had before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// How many there are.
    pub of: usize,
    /// How many of them return.
    pub n: usize,
}

/// Returns to items that the same user had before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    /// Training events, by the training events before them.
    pub train: Returned,
    /// Validation questions, by the history that the model sees.
    pub valid: Returned,
    /// Test questions, likewise.
    pub test: Returned,
}

impl Returned {
    /// How many of all; 0 of none.
    #[must_use]
    pub fn share(self) -> f64 {
        if self.of == 0 {
            0.0
        } else {
            self.n as f64 / self.of as f64
        }
    }

    /// The share in words: `75.6 %`.
    #[must_use]
    pub fn percent(self) -> String {
        match 100.0 * self.share() {
            0.0 => "0 %".to_owned(),
            few if few < 0.05 => "under 0.1 %".to_owned(),
            percent => format!("{percent:.1} %"),
        }
    }

    /// It in words: `752 of 1,083 test targets (69.4 %)`.
    #[must_use]
    pub fn in_words(self, what: &str) -> String {
        format!(
            "{} of {} {what} ({})",
            thousands(self.n),
            thousands(self.of),
            self.percent()
        )
    }

    fn count(&mut self, is_return: bool) {
        self.of += 1;
        self.n += usize::from(is_return);
    }
}

impl Returns {
    /// Counts those of a split log, in one pass over its events.
    #[must_use]
    pub fn of_split(sequences: &Sequences, split: &Split, n_items: usize) -> Self {
        let mut returns = Self::default();
        let (mut valid, mut test) = (split.valid.iter().peekable(), split.test.iter().peekable());
        let mut firsts = Firsts {
            at: vec![(u32::MAX, 0); n_items + 1],
        };
        for user in 0..sequences.n_users() {
            let items = sequences.items(user);
            let train_len = split.train_len.get(user).map_or(0, |&len| len as usize);
            for (position, &item) in items.iter().enumerate() {
                let first = firsts.note(user as u32, item, position as u32);
                if position < train_len {
                    returns.train.count(first < position as u32);
                }
            }
            // The questions are in order of user.
            for (cases, counted) in [
                (&mut valid, &mut returns.valid),
                (&mut test, &mut returns.test),
            ] {
                while let Some(case) = cases.next_if(|case| case.user_idx as usize == user) {
                    let target = items.get(case.target_pos as usize).copied().unwrap_or(0);
                    counted.count(
                        firsts
                            .first(user as u32, target)
                            .is_some_and(|first| first < case.history_len),
                    );
                }
            }
        }
        returns
    }

    /// How many questions have a target that returns, and what becomes of them; `None` where none
    /// does.
    #[must_use]
    pub fn sentence(&self, seen: Seen) -> Option<String> {
        let becomes = match seen {
            Seen::LeftOut => {
                "left out of the ranking with the seen items, each of them counts as a miss"
            }
            Seen::Ranked => "seen items are ranked too, these among them",
        };
        let (valid, test) = (
            self.valid.in_words("validation targets"),
            self.test.in_words("test targets"),
        );
        (self.n_questions() > 0)
            .then(|| format!("{valid} and {test} return to an item that the user had: {becomes}."))
    }

    /// How many questions, of validation and test, have a target that returns.
    #[must_use]
    pub fn n_questions(&self) -> usize {
        self.valid.n + self.test.n
    }

    /// Whether users come back so often that seen items belong in a ranking.
    #[must_use]
    pub fn are_many(&self) -> bool {
        self.train.share() >= RETURNS_FROM
    }
}

/// The first position of each item with the present user; there is no list to be emptied between
/// users.
struct Firsts {
    /// By item: with which user, and where.
    at: Vec<(u32, u32)>,
}

impl Firsts {
    /// Position at which the user first had the item, this one included.
    fn note(&mut self, user: u32, item: u32, position: u32) -> u32 {
        let Some(slot) = self.at.get_mut(item as usize) else {
            return position;
        };
        if slot.0 != user {
            *slot = (user, position);
        }
        slot.1
    }

    fn first(&self, user: u32, item: u32) -> Option<u32> {
        self.at
            .get(item as usize)
            .filter(|slot| slot.0 == user)
            .map(|slot| slot.1)
    }
}

impl Prepared {
    /// Whether the target of a question is an item that the user already had in the history that
    /// the model sees.
    #[must_use]
    pub fn is_return(&self, case: EvalCase) -> bool {
        let items = self.dataset.sequences.items(case.user_idx as usize);
        let history = items.get(..case.history_len as usize).unwrap_or(items);
        items
            .get(case.target_pos as usize)
            .is_some_and(|&target| is_left_out(target, history))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Users 0: 1 2 1 | 3 | 2, and 1: 1 1 1 | 2 | 2, with two items of training seen by the test
    /// question of a third: 3 1 | 1, whose history ends before it comes back.
    #[test]
    fn training_events_and_questions_are_counted_apart() {
        let sequences = Sequences {
            offsets: vec![0, 5, 10, 13],
            item_idx: vec![1, 2, 1, 3, 2, 1, 1, 1, 2, 2, 3, 1, 1],
            ..Sequences::default()
        };
        let case = |user_idx, history_len, target_pos| EvalCase {
            user_idx,
            history_len,
            target_pos,
        };
        let split = Split {
            train_len: vec![3, 3, 2],
            valid: vec![case(0, 3, 3), case(1, 3, 3)],
            test: vec![case(0, 4, 4), case(1, 4, 4), case(2, 1, 2)],
            ..Split::default()
        };
        let found = Returns::of_split(&sequences, &split, 3);
        // Of 8 training events item 1 of user 0 returns once and that of user 1 twice.
        assert_eq!(found.train, Returned { of: 8, n: 3 });
        assert_eq!(found.valid, Returned { of: 2, n: 0 }, "3 and 2 are new");
        assert_eq!(
            found.test,
            Returned { of: 3, n: 2 },
            "2 and 2 return; 1 is not in a history of one event, a 3"
        );
        assert!(found.are_many() && !Returns::default().are_many());
        let few = Returns {
            train: Returned { of: 100, n: 4 },
            ..found
        };
        assert!(!few.are_many() && (few.train.share() - 0.04).abs() < 1e-12);
    }
}
