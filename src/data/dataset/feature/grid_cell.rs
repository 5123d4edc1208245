//! The cell of a grid over the earth that an event lies in.

use super::spec::{Computable, Feature, feature_settings};
use super::view::{DatasetView, Need};
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// Places as cells of a grid of degrees.
    GridCell {
        /// Height and width of a cell in degrees.
        cell_degrees: f64 = 0.01, Float { min: 0.000_1, max: 90.0 }, "Cell", "°", "Height and \
            width of a cell in degrees; 0.01° is 1.1 km from south to north, and less from west to \
            east away from the equator.", "our choice: about a walk of a quarter of an hour";
    }
}

impl Computable for GridCell {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Place as a grid cell",
            "Latitude and longitude rounded down to whole cells; cells are numbered from 1 \
             in the order in which training events visit them first, others are 0.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], an index; 0 without a place, and for a cell that training does not \
         know"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Place]
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let sequences = log.sequences();
        let (latitude, longitude) = (
            sequences.latitude.clone().unwrap_or_default(),
            sequences.longitude.clone().unwrap_or_default(),
        );
        let cells: Vec<Option<(i32, i32)>> = std::iter::zip(&latitude, &longitude)
            .map(|(lat, lon)| cell(*lat, *lon, self.cell_degrees))
            .collect();
        let (idx, n) = log.dense(&cells);
        Ok(Feature::index("grid cell", idx, n).with_note(format!(
            "{n} cells of {}° known from training",
            self.cell_degrees
        )))
    }
}

/// Row and column of the cell of a place; `None` for an unknown one. The meridian opposite
/// Greenwich is one line, whether it is called 180° east or west.
pub(crate) fn cell(latitude: f32, longitude: f32, degrees: f64) -> Option<(i32, i32)> {
    if latitude.is_nan() || longitude.is_nan() {
        return None;
    }
    let longitude = if longitude >= 180.0 {
        longitude - 360.0
    } else {
        longitude
    };
    Some((
        (f64::from(latitude) / degrees).floor() as i32,
        (f64::from(longitude) / degrees).floor() as i32,
    ))
}
