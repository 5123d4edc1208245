//! Map of the catalogue: the vectors of the items in a plane, groups of them, and neighbours.

use std::sync::Arc;

use super::super::watched::{GoesOn, QuestionError, Watched};
use super::cluster::k_means;
use super::principal::{Principal, points, turned_onto};
use super::training_counts;
use seqscope_data::Prepared;
use seqscope_model::ItemTable;

/// Groups that items are put into.
pub const N_CLUSTERS: usize = 8;

/// Principal components on which maps are turned onto each other and groups are found: of wider
/// vectors the rest is little, and all of it would take minutes.
const N_AXES: usize = 32;

/// Pieces of the work: components, groups, another epoch's components.
const PIECES: usize = 3;

/// The items in a plane, by the principal components of their vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemMap {
    /// Place of each item, at `item_idx - 1`.
    pub points: Arc<[[f32; 2]]>,
    /// Share of the variance along each of the two axes; `None` where the map was turned onto
    /// another, since it then has other axes.
    pub shares: Option<[f64; 2]>,
    /// Group of each item, from 0, the largest first; of a map that was turned onto another each has
    /// the number of the group there with which it shares the most items.
    pub clusters: Vec<u8>,
    /// Events of training of each item.
    pub counts: Vec<u32>,
}

/// Map of items by their vectors. `onto`, where given, are the vectors of the same items in another
/// epoch: the map is then turned so that its items lie as near as can be to where they were there
/// (orthogonal Procrustes on the first 32 principal components of both).
///
/// The same vectors and seed give the same map.
///
/// # Errors
/// [`QuestionError::Stopped`] where it does not go on.
pub fn item_map(
    table: &ItemTable,
    onto: Option<&ItemTable>,
    prepared: &Prepared,
    seed: u64,
    goes_on: GoesOn<'_>,
) -> Result<ItemMap, QuestionError> {
    let watched = Watched::new(PIECES, goes_on);
    watched.did(0)?;
    let principal = Principal::of(&table.vectors, table.width, N_AXES);
    let places = principal.places(&table.vectors);
    watched.did(1)?;
    let goes_on = || watched.did(0).is_ok();
    let clusters = k_means(&places, principal.n_axes(), N_CLUSTERS, seed, &goes_on)?;
    watched.did(1)?;
    let share = |at: usize| principal.shares().get(at).copied().unwrap_or(0.0);
    let onto = onto.filter(|onto| onto.n_items() == table.n_items());
    let (points, shares, clusters) = if let Some(onto) = onto {
        let other = Principal::of(&onto.vectors, onto.width, N_AXES);
        let there = other.places(&onto.vectors);
        let groups = k_means(&there, other.n_axes(), N_CLUSTERS, seed, &goes_on)?;
        let there = Rows {
            values: &there,
            width: other.n_axes(),
        };
        let here = Rows {
            values: &places,
            width: principal.n_axes(),
        };
        let mut points = placed_onto(here, there);
        // Vectors that are no numbers have no axes.
        points.resize(table.n_items(), [0.0; 2]);
        (points, None, numbered_as(&clusters, &groups))
    } else if principal.n_axes() == 0 {
        (vec![[0.0; 2]; table.n_items()], None, clusters)
    } else {
        let points = points(&places, principal.n_axes());
        (points, Some([share(0), share(1)]), clusters)
    };
    let mut counts = training_counts(prepared);
    counts.drain(..counts.len().min(1));
    Ok(ItemMap {
        points: points.into(),
        shares,
        clusters,
        counts,
    })
}

/// Places along principal components.
#[derive(Clone, Copy)]
struct Rows<'a> {
    /// `[n, width]`
    values: &'a [f32],
    width: usize,
}

/// Places of one epoch turned onto those of another, whose first two axes are those of the map.
fn placed_onto(here: Rows<'_>, there: Rows<'_>) -> Vec<[f32; 2]> {
    let width = here.width.min(there.width);
    let narrowed = |rows: Rows<'_>| -> Vec<f32> {
        let rows = rows.values.chunks_exact(rows.width.max(1));
        rows.flat_map(|row| row.iter().take(width).copied())
            .collect()
    };
    points(
        &turned_onto(&narrowed(here), &narrowed(there), width),
        width,
    )
}

/// Groups with the numbers of others of the same items: those that share the most items first, of
/// equals those of the smaller numbers.
fn numbered_as(groups: &[u8], others: &[u8]) -> Vec<u8> {
    let n = 1 + groups.iter().chain(others).copied().max().unwrap_or(0);
    let mut shared = vec![0_usize; usize::from(n) * usize::from(n)];
    let place = |group: u8, other: u8| usize::from(group) * usize::from(n) + usize::from(other);
    for (&group, &other) in groups.iter().zip(others) {
        shared[place(group, other)] += 1;
    }
    let mut pairs: Vec<(u8, u8)> = (0..n)
        .flat_map(|group| (0..n).map(move |other| (group, other)))
        .collect();
    pairs.sort_by_key(|&(group, other)| std::cmp::Reverse(shared[place(group, other)]));
    let mut number = vec![None; usize::from(n)];
    for (group, other) in pairs {
        if number[usize::from(group)].is_none() && !number.contains(&Some(other)) {
            number[usize::from(group)] = Some(other);
        }
    }
    let numbered = |group: &u8| number[usize::from(*group)].unwrap_or(*group);
    groups.iter().map(numbered).collect()
}

/// Item near another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ItemNeighbour {
    /// The item.
    pub item_idx: u32,
    /// Cosine of the two vectors.
    pub cosine: f32,
}

/// The `n` items whose vectors have the largest cosine with that of an item, itself left out; of
/// equals the one with the smaller index. Vectors without direction are near none.
#[must_use]
pub fn neighbours(table: &ItemTable, item_idx: u32, n: usize) -> Vec<ItemNeighbour> {
    let norm = |vector: &[f32]| vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    let own = table.vector(item_idx);
    let own_norm = norm(own);
    let mut near: Vec<ItemNeighbour> = Vec::new();
    for (item, vector) in (1_u32..).zip(table.vectors.chunks_exact(table.width.max(1))) {
        let scale = own_norm * norm(vector);
        if item == item_idx || !scale.is_finite() || scale <= 0.0 {
            continue;
        }
        let product: f32 = own.iter().zip(vector).map(|(a, b)| a * b).sum();
        let cosine = product / scale;
        // Nearly every item loses against the last of the short list.
        if near.len() < n || near.last().is_some_and(|last| cosine > last.cosine) {
            let at = near.partition_point(|other| other.cosine >= cosine);
            near.insert(
                at,
                ItemNeighbour {
                    item_idx: item,
                    cosine,
                },
            );
            near.truncate(n);
        }
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(n_items: usize, width: usize) -> ItemTable {
        let vectors = (0..n_items * width)
            .map(|at| ((at * 7919 % 1009) as f32 * 0.37).sin() / (1.0 + (at % width) as f32))
            .collect();
        ItemTable { vectors, width }
    }

    #[test]
    fn neighbours_are_those_of_all_cosines_sorted() {
        let table = table(300, 5);
        let cosine = |a: u32, b: u32| {
            let (a, b) = (table.vector(a), table.vector(b));
            let dot = |x: &[f32], y: &[f32]| -> f64 {
                x.iter()
                    .zip(y)
                    .map(|(x, y)| f64::from(*x) * f64::from(*y))
                    .sum()
            };
            dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        };
        for item in [1, 17, 300] {
            let mut all: Vec<u32> = (1..=300).filter(|other| *other != item).collect();
            all.sort_by(|&a, &b| cosine(item, b).total_cmp(&cosine(item, a)));
            let ours = neighbours(&table, item, 9);
            assert_eq!(ours.len(), 9);
            for (ours, wanted) in ours.iter().zip(&all) {
                assert!((f64::from(ours.cosine) - cosine(item, *wanted)).abs() < 1e-5);
            }
        }
        let zero = ItemTable {
            vectors: vec![0.0, 0.0, 1.0, 0.0],
            width: 2,
        };
        assert!(neighbours(&zero, 1, 5).is_empty() && neighbours(&zero, 9, 5).is_empty());
    }

    #[test]
    fn groups_take_the_numbers_of_those_they_share_the_most_items_with() {
        let there = [0, 0, 0, 0, 1, 1, 1, 2, 2];
        let here = [2, 2, 2, 2, 0, 0, 0, 1, 1];
        assert_eq!(numbered_as(&here, &there), there);
        // An item that went over stays with those it went to, and a new group has a free number.
        let here = [1, 1, 1, 0, 0, 0, 0, 2, 3];
        assert_eq!(numbered_as(&here, &there), [0, 0, 0, 1, 1, 1, 1, 2, 3]);
        assert!(numbered_as(&[], &[]).is_empty());
    }

    /// Vectors that were turned as a whole between two epochs stay where they were on the map.
    #[test]
    fn a_map_turned_onto_another_epoch_keeps_items_in_their_places() {
        let then = table(80, 4);
        let (s, c) = 0.9_f32.sin_cos();
        let rows = then.vectors.chunks(4);
        let now = ItemTable {
            vectors: rows
                .flat_map(|v| [c * v[3] - s * v[0], -v[1], s * v[3] + c * v[0], v[2]])
                .collect(),
            width: 4,
        };
        let mapped = |table: &ItemTable, onto: Option<&ItemTable>| {
            item_map(table, onto, &Prepared::default(), 0, &|_| true).unwrap()
        };
        let before = mapped(&then, None);
        let turned = mapped(&now, Some(&then));
        assert!(before.shares.is_some() && turned.shares.is_none());
        for (before, turned) in before.points.iter().zip(turned.points.iter()) {
            assert!((before[0] - turned[0]).abs() < 1e-4 && (before[1] - turned[1]).abs() < 1e-4);
        }
        assert_eq!(before.clusters.len(), 80);
        assert_eq!(
            before.clusters, turned.clusters,
            "the same groups by the same numbers"
        );
        assert_eq!(before, mapped(&then, None), "the same again");
        let stopped = item_map(&then, None, &Prepared::default(), 0, &|share| share < 0.3);
        assert!(matches!(stopped, Err(QuestionError::Stopped)));
    }
}
