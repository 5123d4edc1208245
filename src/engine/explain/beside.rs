//! One user through two runs: which events of the two histories are the same, one attention map less
//! the other, and where two timelines differ.

use super::{TimelineStep, UserView};
use seqscope_base::spec::counted;
use seqscope_data::Dataset;

/// Cells of the table in which two stretches that differ are brought together at most: 4,000 events
/// on either side. Beyond it each event is matched with the next like it.
const MOST_CELLS: usize = 16_000_000;

/// Places in a list among which the true item counts as found.
const FOUND_AT: usize = 10;

/// Factor between two ranks from which they count as different.
const FACTOR: f64 = 2.0;

/// Signs by which an event is the same in the data of any run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSign<'a> {
    /// The item's id as in the log.
    pub item_id: &'a str,
    /// Its time, where the log has times.
    pub time: Option<i64>,
}

impl EventSign<'_> {
    /// Whether both are one event; a time that one of them lacks decides nothing.
    fn is(self, other: Self) -> bool {
        let times = self.time.zip(other.time);
        self.item_id == other.item_id && times.is_none_or(|(a, b)| a == b)
    }
}

/// Signs of the events of a user, oldest first.
#[must_use]
pub fn signs_of(dataset: &Dataset, user_idx: usize) -> Vec<EventSign<'_>> {
    let items = dataset.sequences.items(user_idx);
    let times = dataset.sequences.times(user_idx);
    let sign = |(at, item): (usize, &u32)| EventSign {
        item_id: dataset.items.id(*item).unwrap_or_default(),
        time: times.and_then(|times| times.get(at)).copied(),
    };
    items.iter().enumerate().map(sign).collect()
}

/// Positions in both histories of the events that they share, in order: a longest common
/// subsequence, so that an event that cleaning took from one of them moves none of the others.
#[must_use]
pub fn aligned_events(first: &[EventSign<'_>], second: &[EventSign<'_>]) -> Vec<[usize; 2]> {
    let alike = |(a, b): &(&EventSign<'_>, &EventSign<'_>)| a.is(**b);
    let n_head = first.iter().zip(second).take_while(alike).count();
    let (rest, other_rest) = (&first[n_head..], &second[n_head..]);
    let from_end = rest.iter().rev().zip(other_rest.iter().rev());
    let n_tail = from_end.take_while(alike).count();
    let middle = &rest[..rest.len() - n_tail];
    let other_middle = &other_rest[..other_rest.len() - n_tail];
    let is_small = (middle.len() + 1).saturating_mul(other_middle.len() + 1) <= MOST_CELLS;
    let common = if is_small {
        longest_common(middle, other_middle)
    } else {
        next_alike(middle, other_middle)
    };
    let heads = (0..n_head).map(|at| [at, at]);
    let middles = common.into_iter().map(|pair| pair.map(|at| at + n_head));
    let ends = [first.len() - n_tail, second.len() - n_tail];
    let tails = (0..n_tail).map(|at| ends.map(|end| end + at));
    heads.chain(middles).chain(tails).collect()
}

/// A longest common subsequence, by the lengths of those of all ends; of several the one that begins
/// earliest in the first.
fn longest_common(first: &[EventSign<'_>], second: &[EventSign<'_>]) -> Vec<[usize; 2]> {
    let width = second.len() + 1;
    let mut lengths = vec![0_u32; (first.len() + 1) * width];
    for (row, a) in first.iter().enumerate().rev() {
        for (col, b) in second.iter().enumerate().rev() {
            let at = row * width + col;
            lengths[at] = if a.is(*b) {
                lengths[at + width + 1] + 1
            } else {
                lengths[at + 1].max(lengths[at + width])
            };
        }
    }
    let (mut row, mut col, mut pairs) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (first.get(row), second.get(col)) {
        let at = row * width + col;
        if a.is(*b) {
            pairs.push([row, col]);
            (row, col) = (row + 1, col + 1);
        } else if lengths[at + 1] >= lengths[at + width] {
            col += 1;
        } else {
            row += 1;
        }
    }
    pairs
}

/// Each event of the first with the next one of the second that is the same.
fn next_alike(first: &[EventSign<'_>], second: &[EventSign<'_>]) -> Vec<[usize; 2]> {
    let (mut from, mut pairs) = (0, Vec::new());
    for (at, a) in first.iter().enumerate() {
        let rest = second.get(from..).unwrap_or(&[]);
        if let Some(found) = rest.iter().position(|b| a.is(*b)) {
            pairs.push([at, from + found]);
            from += found + 1;
        }
    }
    pairs
}

/// One map of attention over the last events of a history.
#[derive(Clone, Copy, Debug)]
pub struct MapOfEvents<'a> {
    /// Position in the history of the first event that is shown.
    pub first: usize,
    /// Number of events that are shown.
    pub len: usize,
    /// Weights: row = the looking event, column = the one looked at. `[len, len]`
    pub weights: &'a [f32],
}

impl MapOfEvents<'_> {
    fn shows(&self, position: usize) -> bool {
        (self.first..self.first + self.len).contains(&position)
    }

    /// Weight that the event at one position gives to that at another; both are shown.
    fn weight(&self, from: usize, to: usize) -> f32 {
        let at = (from - self.first) * self.len + to - self.first;
        self.weights.get(at).copied().unwrap_or(f32::NAN)
    }
}

/// One attention map less another, over the events that both show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttentionDifference {
    /// Positions of those events in both histories.
    pub events: Vec<[usize; 2]>,
    /// First less second: row = the looking event, column = the one looked at. `[n, n]`
    pub values: Vec<f32>,
    /// Weights of either map, likewise. `[n, n]`
    pub weights: [Vec<f32>; 2],
    /// The largest size of a difference; 0 where there are none, and over those that are numbers.
    pub most: f32,
    /// Events that either map shows and the other does not.
    pub n_only: [usize; 2],
    /// Share of either run's weight that the events in common give to such events, and that is
    /// therefore in no difference.
    pub elsewhere: [f32; 2],
}

/// One attention map less another, event by event; `aligned` are the positions of events that are
/// the same in both histories.
#[must_use]
pub fn difference_of(
    first: MapOfEvents<'_>,
    second: MapOfEvents<'_>,
    aligned: &[[usize; 2]],
) -> AttentionDifference {
    let are_shown = |pair: &&[usize; 2]| first.shows(pair[0]) && second.shows(pair[1]);
    let events: Vec<[usize; 2]> = aligned.iter().filter(are_shown).copied().collect();
    let n = events.len();
    let mut values = Vec::with_capacity(n * n);
    let mut weights = [Vec::with_capacity(n * n), Vec::with_capacity(n * n)];
    let mut kept = [0.0_f64; 2];
    for from in &events {
        for to in &events {
            let both = [first.weight(from[0], to[0]), second.weight(from[1], to[1])];
            for ((sum, all), weight) in kept.iter_mut().zip(&mut weights).zip(both) {
                *sum += f64::from(weight);
                all.push(weight);
            }
            values.push(both[0] - both[1]);
        }
    }
    let sizes = values.iter().map(|value| value.abs());
    AttentionDifference {
        most: sizes.filter(|size| size.is_finite()).fold(0.0, f32::max),
        n_only: [first.len - n, second.len - n],
        elsewhere: kept.map(|sum| {
            let share = if n == 0 { 0.0 } else { 1.0 - sum / n as f64 };
            // Rows add up to 1 but for rounding.
            (share as f32).max(0.0)
        }),
        events,
        values,
        weights,
    }
}

/// Mean attention of several runs over the same events of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct MapsOverRuns {
    /// Runs that it is the mean of.
    pub n_runs: usize,
    /// Runs whose maps are of another shape, or of other events, and that are left out.
    pub n_left_out: usize,
    /// Number of layers.
    pub n_layers: usize,
    /// Number of events that are shown.
    pub len: usize,
    /// Mean over runs of the mean over the heads of each layer, and behind them that over all
    /// layers. `[n_layers + 1, len, len]`
    pub means: Vec<f32>,
}

impl MapsOverRuns {
    /// Mean of a layer; of all layers for the one behind the last. `[len, len]`
    #[must_use]
    pub fn mean(&self, layer: usize) -> &[f32] {
        let size = self.len * self.len;
        self.means
            .get(layer * size..(layer + 1) * size)
            .unwrap_or(&[])
    }

    /// What it is the mean of.
    #[must_use]
    pub fn words(&self) -> String {
        let runs = format!("mean over {}", counted(self.n_runs, "seed"));
        match self.n_left_out {
            0 => runs,
            n => format!("{runs}, {n} of another shape left out"),
        }
    }
}

/// Means of the attention of one user over several runs, those of the first's shape; `None` where
/// the first has no attention.
///
/// Heads are averaged first: which head does what differs from seed to seed, so that a mean of the
/// first heads of several seeds would be one of nothing in particular.
#[must_use]
pub fn maps_over_runs(first: &UserView, others: &[&UserView]) -> Option<MapsOverRuns> {
    let maps = first.attention.as_ref()?;
    let is_alike = |view: &&&UserView| {
        let other = view.attention.as_ref();
        other.is_some_and(|other| {
            (other.n_layers, other.len, other.first) == (maps.n_layers, maps.len, maps.first)
        })
    };
    let alike: Vec<&UserView> = others.iter().filter(is_alike).copied().collect();
    let n_runs = alike.len() + 1;
    let mut sums: Vec<f64> = vec![0.0; first.heads.means.len()];
    for view in alike.iter().copied().chain([first]) {
        for (sum, weight) in sums.iter_mut().zip(&view.heads.means) {
            *sum += f64::from(*weight);
        }
    }
    Some(MapsOverRuns {
        n_runs,
        n_left_out: others.len() - alike.len(),
        n_layers: maps.n_layers,
        len: maps.len,
        means: sums
            .into_iter()
            .map(|sum| (sum / n_runs as f64) as f32)
            .collect(),
    })
}

/// Whether two answers before one event differ: one has the true item among the first ten and the
/// other has not, or their ranks are apart by a factor of two. An event that one of them was not
/// asked about is no difference.
#[must_use]
pub fn timelines_differ(first: &TimelineStep, second: &TimelineStep) -> bool {
    let (Some(a), Some(b)) = (first.rank, second.rank) else {
        return false;
    };
    if a.is_infinite() && b.is_infinite() {
        return false;
    }
    first.is_hit(FOUND_AT) != second.is_hit(FOUND_AT) || a.max(b) >= FACTOR * a.min(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::HeadSummary;
    use crate::run::Part;
    use seqscope_model::AttentionMaps;

    fn signs<'a>(items: &[&'a str]) -> Vec<EventSign<'a>> {
        let sign = |(at, item_id): (usize, &&'a str)| EventSign {
            item_id,
            time: Some(at as i64 / 100),
        };
        items.iter().enumerate().map(sign).collect()
    }

    /// Length of the longest common subsequence, by trying every choice among the events.
    fn longest_by_trying(a: &[EventSign<'_>], b: &[EventSign<'_>]) -> usize {
        let mut best = 0;
        for choice in 0..1_u32 << a.len() {
            let chosen: Vec<_> = (0..a.len()).filter(|at| choice >> at & 1 == 1).collect();
            let mut from = 0;
            let fits = chosen.iter().all(|at| {
                let found = b[from..].iter().position(|other| a[*at].is(*other));
                from += found.map_or(0, |found| found + 1);
                found.is_some()
            });
            if fits {
                best = best.max(chosen.len());
            }
        }
        best
    }

    #[test]
    fn as_many_events_are_aligned_as_can_be_and_in_order() {
        let letters = ["a", "b", "c", "d"];
        for seed in 0..300_usize {
            let pick = |at: usize| letters[(seed * 31 + at * at * 7 + at * (seed % 5)) % 4];
            let (n, m) = (seed % 9, seed / 7 % 9);
            let a: Vec<&str> = (0..n).map(pick).collect();
            let b: Vec<&str> = (0..m).map(|at| pick(at + 3)).collect();
            let (a, b) = (signs(&a), signs(&b));
            let found = aligned_events(&a, &b);
            assert_eq!(found.len(), longest_by_trying(&a, &b), "{a:?} {b:?}");
            assert!(found.iter().all(|[x, y]| a[*x].is(b[*y])));
            assert!(
                found
                    .windows(2)
                    .all(|w| w[0][0] < w[1][0] && w[0][1] < w[1][1])
            );
        }
    }

    #[test]
    fn a_time_tells_equal_items_apart_and_a_missing_one_decides_nothing() {
        let at = |item_id, time| EventSign { item_id, time };
        let a = [at("x", Some(1)), at("x", Some(2))];
        let b = [at("x", Some(2))];
        assert_eq!(aligned_events(&a, &b), [[1, 0]]);
        assert_eq!(aligned_events(&a, &[at("x", None)]).len(), 1);
        assert_eq!(next_alike(&a, &b), [[1, 0]]);
        assert!(aligned_events(&a, &[]).is_empty() && aligned_events(&[], &b).is_empty());
    }

    /// The second history lacks event 1 of the first, and its window begins one later.
    #[test]
    fn differences_are_of_the_same_events_and_what_is_elsewhere_is_told() {
        // Events 0–3, and 1–2 of the second, which are events 2 and 3 of the first.
        let a: Vec<f32> = (0..16).map(|at| at as f32 / 100.0).collect();
        let b = [0.9, 0.1, 0.4, 0.6];
        let (first, second) = (
            MapOfEvents {
                first: 0,
                len: 4,
                weights: &a,
            },
            MapOfEvents {
                first: 1,
                len: 2,
                weights: &b,
            },
        );
        let aligned = [[0, 0], [2, 1], [3, 2]];
        let found = difference_of(first, second, &aligned);
        assert_eq!(found.events, [[2, 1], [3, 2]]);
        let expected = [0.10 - 0.9, 0.11 - 0.1, 0.14 - 0.4, 0.15 - 0.6];
        for (value, expected) in found.values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{found:?}");
        }
        let of_first: Vec<u32> = found.weights[0]
            .iter()
            .map(|w| (w * 100.0).round() as u32)
            .collect();
        assert_eq!(
            (of_first, found.weights[1].len()),
            (vec![10, 11, 14, 15], 4)
        );
        assert_eq!(found.n_only, [2, 0]);
        assert!((found.most - 0.8).abs() < 1e-6);
        // Of the first's rows 0.21 and 0.29 stand here; the second's rows are whole.
        assert!((found.elsewhere[0] - (1.0 - 0.25)).abs() < 1e-6);
        assert!(found.elsewhere[1].abs() < 1e-6);
        let nothing = difference_of(first, second, &[]);
        assert!(nothing.values.is_empty() && nothing.most == 0.0);
        assert_eq!(nothing.n_only, [4, 2]);
    }

    #[test]
    fn a_map_less_itself_is_nothing() {
        let weights: Vec<f32> = (0..9).map(|at| (at as f32).sin().abs()).collect();
        let map = MapOfEvents {
            first: 5,
            len: 3,
            weights: &weights,
        };
        let aligned: Vec<[usize; 2]> = (0..8).map(|at| [at, at]).collect();
        let found = difference_of(map, map, &aligned);
        assert!(found.values.iter().all(|value| *value == 0.0) && found.values.len() == 9);
        assert_eq!((found.most, found.n_only), (0.0, [0, 0]));
    }

    #[test]
    fn a_mean_over_seeds_is_of_those_of_one_shape() {
        let view = |len: usize, seed: usize| {
            let weights = (0..2 * 2 * len * len)
                .map(|at| ((at * 13 + seed * 7919) % 101) as f32 / 101.0)
                .collect();
            let maps = AttentionMaps {
                n_layers: 2,
                n_heads: 2,
                len,
                first: 1,
                weights,
            };
            UserView {
                user_idx: 0,
                timeline: Vec::new(),
                next: Vec::new(),
                heads: HeadSummary::of_maps(&maps),
                attention: Some(maps),
                said: None,
            }
        };
        let (a, b, c, other) = (view(3, 1), view(3, 2), view(3, 3), view(4, 4));
        let found = maps_over_runs(&a, &[&b, &other, &c]).unwrap();
        assert_eq!((found.n_runs, found.n_left_out), (3, 1));
        assert_eq!(
            found.words(),
            "mean over 3 seeds, 1 of another shape left out"
        );
        for layer in 0..2 {
            for cell in 0..9 {
                let mut slow = 0.0;
                for view in [&a, &b, &c] {
                    let maps = view.attention.as_ref().unwrap();
                    slow += (maps.head(layer, 0)[cell] + maps.head(layer, 1)[cell]) / 6.0;
                }
                assert!((found.mean(layer)[cell] - slow).abs() < 1e-6);
            }
        }
        let of_all = f32::midpoint(found.mean(0)[4], found.mean(1)[4]);
        assert!((found.mean(2)[4] - of_all).abs() < 1e-6 && found.mean(3).is_empty());
        let none = UserView {
            attention: None,
            ..a.clone()
        };
        assert!(maps_over_runs(&none, &[&a]).is_none());
    }

    #[test]
    fn timelines_differ_where_one_finds_or_ranks_are_far_apart() {
        let step = |rank: Option<f64>| TimelineStep {
            position: 0,
            item_idx: 1,
            part: Part::Train,
            rank,
            probability: None,
            top: Vec::new(),
        };
        let differ = |a, b| timelines_differ(&step(a), &step(b));
        assert!(differ(Some(10.0), Some(11.0)), "one finds it among ten");
        assert!(differ(Some(2.0), Some(4.0)) && differ(Some(80.0), Some(40.0)));
        assert!(!differ(Some(2.0), Some(3.0)) && !differ(Some(20.0), Some(30.0)));
        assert!(!differ(None, Some(3.0)), "not asked of both");
        assert!(differ(Some(f64::INFINITY), Some(500.0)));
        assert!(!differ(Some(f64::INFINITY), Some(f64::INFINITY)));
    }
}
