//! On whom two runs disagree: users whose test item one puts among the first ten and the other
//! does not.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::RunSeries;
use crate::ui::text;
use crate::ui::widget::timeline::HIT_AT;
use seqscope_base::metric::hit;
use seqscope_engine::run::UserResult;

/// Agreement of two runs over the users that both were judged on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Disagreement {
    /// Ids of users on whom exactly one is right, in the order of the log.
    pub(super) users: Vec<String>,
    n_both: usize,
    n_left: usize,
    n_right: usize,
    n_neither: usize,
}

impl Disagreement {
    pub(super) fn between(left: &[UserResult], right: &[UserResult]) -> Self {
        let is_hit = |result: &UserResult| hit(result.rank, HIT_AT) > 0.5;
        let right: HashMap<&str, bool> = right
            .iter()
            .map(|r| (r.user_id.as_str(), is_hit(r)))
            .collect();
        let mut found = Self::default();
        for result in left {
            let Some(&right_hits) = right.get(result.user_id.as_str()) else {
                continue;
            };
            match (is_hit(result), right_hits) {
                (true, true) => found.n_both += 1,
                (false, false) => found.n_neither += 1,
                (left_hits, _) => {
                    found.n_left += usize::from(left_hits);
                    found.n_right += usize::from(!left_hits);
                    found.users.push(result.user_id.clone());
                }
            }
        }
        found
    }

    /// The counts in one line.
    pub(super) fn words(&self) -> String {
        let count = text::count;
        let n_users = self.users.len() + self.n_both + self.n_neither;
        format!(
            "Test item among the first {HIT_AT}, of {}: both {}, only A {}, only B {}, neither {}",
            text::counted(n_users, "user"),
            count(self.n_both),
            count(self.n_left),
            count(self.n_right),
            count(self.n_neither),
        )
    }

    /// The first of them after the present user, round at the end. `place` gives a user's place in
    /// the log.
    pub(super) fn next(
        &self,
        present: Option<u32>,
        place: impl Fn(&str) -> Option<u32>,
    ) -> Option<&String> {
        self.users
            .iter()
            .find(|id| present.is_none_or(|present| place(id).is_some_and(|place| place > present)))
            .or(self.users.first())
    }
}

/// The disagreement of the two runs looked at, worked out once.
#[derive(Default)]
pub(super) struct Disagreements {
    of: Option<[Arc<RunSeries>; 2]>,
    found: Disagreement,
}

impl Disagreements {
    pub(super) fn between(
        &mut self,
        left: &Arc<RunSeries>,
        right: &Arc<RunSeries>,
    ) -> &Disagreement {
        if !self
            .of
            .as_ref()
            .is_some_and(|of| Arc::ptr_eq(&of[0], left) && Arc::ptr_eq(&of[1], right))
        {
            self.found = Disagreement::between(&left.test_results, &right.test_results);
            self.of = Some([Arc::clone(left), Arc::clone(right)]);
        }
        &self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(ranks: &[(&str, f64)]) -> Vec<UserResult> {
        let result = |(user, rank): &(&str, f64)| UserResult {
            user_id: (*user).to_owned(),
            item_id: "i".to_owned(),
            rank: *rank,
            probability: 0.1,
            predicted: None,
            answered: None,
            facts: None,
        };
        ranks.iter().map(result).collect()
    }

    #[test]
    fn users_on_whom_exactly_one_run_is_right_are_visited_in_turn() {
        let left = results(&[
            ("a", 1.0),
            ("b", 11.0),
            ("c", 10.0),
            ("d", 50.0),
            ("only left", 1.0),
        ]);
        let right = results(&[("d", 60.0), ("c", 10.5), ("b", 3.0), ("a", 2.0)]);
        let found = Disagreement::between(&left, &right);
        assert_eq!(found.users, ["b", "c"]);
        assert!(
            found
                .words()
                .ends_with("of 4 users: both 1, only A 1, only B 1, neither 1")
        );
        let place = |id: &str| {
            ["a", "b", "c", "d"]
                .iter()
                .position(|x| *x == id)
                .map(|p| p as u32)
        };
        let next = |present| found.next(present, place).map(String::as_str);
        assert_eq!(
            [next(None), next(Some(0)), next(Some(1)), next(Some(2))],
            [Some("b"), Some("b"), Some("c"), Some("b")]
        );
    }
}
