//! Places of a log's events, thinned to as many points as a map can show.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use crate::dataset::{Dataset, feature};

/// Places of a log: cells of a grid, each with its visits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// Cells with visits, most visited first; at most 3,000.
    pub cells: Vec<PlaceCell>,
    /// Height and width of a cell in degrees, as small as the number of cells allows.
    pub cell_degrees: f64,
    /// Events with a place.
    pub n_placed: usize,
    /// Events without one.
    pub n_unplaced: usize,
    /// Mean latitude of the events with a place, in degrees; a map has its right proportions there.
    pub mean_latitude: f64,
}

/// Events in one cell of the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaceCell {
    /// Mean latitude of the cell's events, in degrees north.
    pub latitude: f64,
    /// Mean longitude of the cell's events, in degrees east.
    pub longitude: f64,
    /// Events in the cell.
    pub n_visits: usize,
    /// Different users of them.
    pub n_users: usize,
    /// Different items of them.
    pub n_items: usize,
}

/// Most points of a map: more cannot be told apart, and would make every frame slow.
const MOST_CELLS: usize = 3_000;

/// The finest grid in degrees: some eleven metres from south to north.
const FINEST: f64 = 1e-4;

impl Places {
    /// Counts the places of a log; `None` for a log without.
    #[must_use]
    pub fn new(dataset: &Dataset) -> Option<Self> {
        let sequences = &dataset.sequences;
        let (latitude, longitude) = (
            sequences.latitude.as_deref()?,
            sequences.longitude.as_deref()?,
        );
        let degrees = |event: usize| Some((*latitude.get(event)?, *longitude.get(event)?));
        let mut keys: Vec<(i32, i32)> = (0..sequences.n_events())
            .filter_map(degrees)
            .filter_map(|(lat, lon)| feature::cell(lat, lon, FINEST))
            .collect();
        let n_placed = keys.len();
        let shift = coarsened(&mut keys);
        let mut cells = BTreeMap::<(i32, i32), CellCounts>::new();
        for user in 0..sequences.n_users() {
            for event in sequences.range(user) {
                let Some((lat, lon)) = degrees(event) else {
                    continue;
                };
                let Some((row, column)) = feature::cell(lat, lon, FINEST) else {
                    continue;
                };
                let cell = cells.entry((row >> shift, column >> shift)).or_default();
                cell.latitude += f64::from(lat);
                cell.longitude += f64::from(lon);
                cell.add(
                    user,
                    sequences.item_idx.get(event).copied().unwrap_or_default(),
                );
            }
        }
        let mean_latitude =
            cells.values().map(|cell| cell.latitude).sum::<f64>() / n_placed.max(1) as f64;
        let mut cells: Vec<PlaceCell> = cells.into_values().map(CellCounts::counted).collect();
        cells.sort_by_key(|cell| std::cmp::Reverse(cell.n_visits));
        Some(Self {
            cells,
            cell_degrees: FINEST * f64::from(1_u32 << shift),
            n_placed,
            n_unplaced: sequences.n_events() - n_placed,
            mean_latitude,
        })
    }

    /// The cells as a table of separated values, most visited first.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut out = "latitude,longitude,visits,users,items\n".to_owned();
        for cell in &self.cells {
            let PlaceCell {
                latitude,
                longitude,
                n_visits,
                n_users,
                n_items,
            } = cell;
            let _ = writeln!(
                out,
                "{latitude:.6},{longitude:.6},{n_visits},{n_users},{n_items}"
            );
        }
        out
    }
}

/// How often a grid must be made twice as coarse until it has few enough cells.
fn coarsened(keys: &mut Vec<(i32, i32)>) -> u32 {
    for shift in 0..31 {
        keys.sort_unstable();
        keys.dedup();
        if keys.len() <= MOST_CELLS {
            return shift;
        }
        // Of a cell of twice the size, the number is half, rounded down.
        for key in keys.iter_mut() {
            *key = (key.0 >> 1, key.1 >> 1);
        }
    }
    31
}

/// Counts for a cell.
#[derive(Default)]
struct CellCounts {
    /// Sums over the visits.
    latitude: f64,
    longitude: f64,
    n_visits: usize,
    n_users: usize,
    last_user: Option<usize>,
    items: HashMap<u32, usize>,
}

impl CellCounts {
    /// Users come one after another, so that a new one is another than the last.
    fn add(&mut self, user: usize, item: u32) {
        self.n_visits += 1;
        self.n_users += usize::from(self.last_user.replace(user) != Some(user));
        *self.items.entry(item).or_default() += 1;
    }

    fn counted(self) -> PlaceCell {
        let n = self.n_visits.max(1) as f64;
        PlaceCell {
            latitude: self.latitude / n,
            longitude: self.longitude / n,
            n_visits: self.n_visits,
            n_users: self.n_users,
            n_items: self.items.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::dataset::Sequences;

    fn log(events: &[(usize, u32, f32, f32)]) -> Dataset {
        let mut sequences = Sequences {
            offsets: vec![0],
            ..Sequences::default()
        };
        let (mut latitude, mut longitude) = (Vec::new(), Vec::new());
        for user in 0..4 {
            for (_, item, lat, lon) in events.iter().filter(|event| event.0 == user) {
                sequences.item_idx.push(*item);
                latitude.push(*lat);
                longitude.push(*lon);
            }
            sequences.offsets.push(latitude.len());
        }
        (sequences.latitude, sequences.longitude) = (Some(latitude), Some(longitude));
        Dataset {
            sequences,
            ..Dataset::default()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Cells against looking at every event for every cell.
        #[test]
        fn cells_count_as_a_slow_definition(
            events in prop::collection::vec((0..4_usize, 1..5_u32, -3..3_i32, -3..3_i32), 1..60),
        ) {
            // Places half a degree apart, off the borders of the finest cells.
            let place = |n: i32| n as f32 * 0.5 + 0.000_05;
            let events: Vec<_> = events.iter().map(|&(user, item, lat, lon)| (user, item, place(lat), place(lon))).collect();
            let places = Places::new(&log(&events)).unwrap();
            prop_assert_eq!((places.n_placed, places.n_unplaced, places.cell_degrees), (events.len(), 0, FINEST));
            let distinct: BTreeSet<(i32, i32)> =
                events.iter().map(|event| ((event.2 * 2.0).round() as i32, (event.3 * 2.0).round() as i32)).collect();
            prop_assert_eq!(places.cells.len(), distinct.len());
            for cell in &places.cells {
                let here: Vec<_> = events
                    .iter()
                    .filter(|event| (f64::from(event.2) - cell.latitude).abs() < 0.1 && (f64::from(event.3) - cell.longitude).abs() < 0.1)
                    .collect();
                prop_assert_eq!(cell.n_visits, here.len());
                prop_assert_eq!(cell.n_users, here.iter().map(|event| event.0).collect::<BTreeSet<_>>().len());
                prop_assert_eq!(cell.n_items, here.iter().map(|event| event.1).collect::<BTreeSet<_>>().len());
            }
            prop_assert!(places.cells.is_sorted_by(|a, b| a.n_visits >= b.n_visits));
        }
    }

    #[test]
    fn many_places_are_thinned_and_none_is_lost() {
        let events: Vec<(usize, u32, f32, f32)> = (0..20_000)
            .map(|at| {
                (
                    at % 4,
                    1 + at as u32 % 9,
                    -60.0 + (at % 200) as f32 * 0.6,
                    -170.0 + (at / 200) as f32 * 3.4,
                )
            })
            .collect();
        let places = Places::new(&log(&events)).unwrap();
        assert!(
            places.cells.len() <= MOST_CELLS && places.cells.len() > MOST_CELLS / 8,
            "{}",
            places.cells.len()
        );
        assert_eq!(
            places.cells.iter().map(|cell| cell.n_visits).sum::<usize>(),
            events.len()
        );
        assert!(places.cell_degrees > 0.5);
        let mean = events.iter().map(|event| f64::from(event.2)).sum::<f64>() / events.len() as f64;
        assert!((places.mean_latitude - mean).abs() < 1e-6);
    }

    #[test]
    fn unknown_places_are_counted_apart_and_a_log_without_any_has_no_map() {
        let places = Places::new(&log(&[(0, 1, 40.0, -74.0), (1, 2, f32::NAN, f32::NAN)])).unwrap();
        assert_eq!(
            (places.n_placed, places.n_unplaced, places.cells.len()),
            (1, 1, 1)
        );
        assert_eq!(
            places.csv(),
            "latitude,longitude,visits,users,items\n40.000000,-74.000000,1,1,1\n"
        );
        assert_eq!(Places::new(&Dataset::default()), None);
    }
}
