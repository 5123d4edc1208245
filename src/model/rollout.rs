//! The next several items of a history, one after the other.

use super::ModelError;
use seqscope_data::{FeatureValues, Histories};

/// Rollout of the next items, one after the other, each the likeliest after those before it (greedy
/// decoding).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollout<'a> {
    /// Events of the user so far; the only row.
    pub history: &'a Histories,
    /// Number of items to foresee.
    pub n_ahead: usize,
    /// Whether items of the history, and those foreseen already, come up no more.
    pub filter_seen: bool,
}

impl Rollout<'_> {
    /// The items of the history.
    #[must_use]
    pub fn items(&self) -> &[u32] {
        self.history.row(0)
    }

    /// The item of the highest score after the history and the items foreseen so far; of equals the
    /// first. Column 0, padding, and scores that are NaN are passed over; `None` when nothing is
    /// left.
    #[must_use]
    pub fn choose(&self, scores: &[f32], so_far: &[u32]) -> Option<u32> {
        let seen = |item: u32| {
            self.filter_seen && (self.items().contains(&item) || so_far.contains(&item))
        };
        let mut best: Option<(u32, f32)> = None;
        for (item, &score) in (0_u32..).zip(scores).skip(1) {
            if !score.is_nan() && best.is_none_or(|(_, highest)| score > highest) && !seen(item) {
                best = Some((item, score));
            }
        }
        best.map(|(item, _)| item)
    }

    /// The items that these scores lead to, one a row.
    #[must_use]
    pub fn path(&self, rows: &[Vec<f32>]) -> Vec<u32> {
        let mut path = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(item) = self.choose(row, &path) else {
                break;
            };
            path.push(item);
        }
        path
    }

    /// Rolls any next-item model forward: the chosen item joins the history, and the model is asked
    /// again.
    ///
    /// # Errors
    /// What `scores` reports.
    pub fn rolled(
        &self,
        scores: impl Fn(&Histories) -> Result<Vec<f32>, ModelError>,
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        let (mut rows, mut path) = (
            Vec::with_capacity(self.n_ahead),
            Vec::with_capacity(self.n_ahead),
        );
        let mut known = self.history.select(&[0]);
        while rows.len() < self.n_ahead {
            let row = scores(&known)?;
            let Some(item) = self.choose(&row, &path) else {
                break;
            };
            path.push(item);
            rows.push(row);
            push_foreseen(&mut known, item);
        }
        Ok(rows)
    }
}

/// The only row of a history, once for each path of items that are taken to have come after it.
///
/// As in a [`Rollout`], of what is foreseen the item alone is known: it has no features, and its
/// time is taken to be that of the event before.
#[must_use]
pub fn histories_after(history: &Histories, paths: &[Vec<u32>]) -> Histories {
    let mut all = history.select(&[]);
    for path in paths {
        let mut one = history.select(&[0]);
        for &item in path {
            push_foreseen(&mut one, item);
        }
        all.append(&one);
    }
    all
}

/// Adds an event to the only row of which the item alone is known: it has no features, and its time
/// is taken to be that of the event before.
fn push_foreseen(history: &mut Histories, item: u32) {
    history.item_idx.push(item);
    if let Some(end) = history.offsets.last_mut() {
        *end += 1;
    }
    history.time_secs.extend(history.time_secs.last().copied());
    for values in &mut history.beside {
        match values {
            FeatureValues::Real { width, values } => {
                values.extend(std::iter::repeat_n(f32::NAN, *width));
            }
            FeatureValues::Index { idx, .. } => idx.push(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After item i the likeliest is i + 1, then i itself, of four.
    fn scores(histories: &Histories) -> Vec<f32> {
        let last = histories.row(0).last().copied().unwrap_or(0) as usize;
        let score = |item: usize| {
            if item == last + 1 {
                2.0
            } else {
                f32::from(u8::from(item == last))
            }
        };
        (0..5).map(score).collect()
    }

    #[test]
    fn a_path_goes_on_from_what_was_chosen() {
        let asked = Rollout {
            history: &Histories::of_items(&[1, 2]),
            n_ahead: 3,
            filter_seen: false,
        };
        let rows = asked.rolled(|histories| Ok(scores(histories))).unwrap();
        assert_eq!(asked.path(&rows), [3, 4, 4]);
        assert_eq!(rows[1], [0.0, 0.0, 0.0, 1.0, 2.0]);
    }

    /// After 3 and 4 nothing is left but items that were there before.
    #[test]
    fn seen_items_come_up_no_more_and_a_path_ends_with_the_catalogue() {
        let asked = Rollout {
            history: &Histories::of_items(&[1, 2]),
            n_ahead: 9,
            filter_seen: true,
        };
        assert_eq!(
            asked.path(&asked.rolled(|histories| Ok(scores(histories))).unwrap()),
            [3, 4]
        );
    }

    #[test]
    fn a_history_goes_on_along_each_path_and_knows_the_items_alone() {
        let history = Histories {
            time_secs: vec![5, 9],
            beside: vec![FeatureValues::Index {
                idx: vec![1, 2],
                n: 2,
            }],
            ..Histories::of_items(&[1, 2])
        };
        let all = histories_after(&history, &[vec![], vec![4, 3]]);
        assert_eq!((all.row(0), all.row(1)), (&[1, 2][..], &[1, 2, 4, 3][..]));
        assert_eq!(all.time_secs, [5, 9, 5, 9, 9, 9]);
        let idx = vec![1, 2, 1, 2, 0, 0];
        assert_eq!(all.beside, [FeatureValues::Index { idx, n: 2 }]);
        assert_eq!(histories_after(&history, &[]).n_rows(), 0);
    }

    #[test]
    fn padding_and_no_numbers_are_never_chosen_and_of_equals_the_first_is() {
        let asked = Rollout {
            history: &Histories::of_items(&[]),
            n_ahead: 1,
            filter_seen: false,
        };
        assert_eq!(asked.choose(&[9.0, f32::NAN, 1.0, 1.0], &[]), Some(2));
        assert_eq!(asked.choose(&[9.0, f32::NAN], &[]), None);
        assert_eq!(asked.choose(&[], &[]), None);
    }
}
