//! Gates and states of recurrent layers over one history, and what each unit responds to in it.

use super::training_counts;
use seqscope_data::Prepared;
use seqscope_model::{ModelError, StateTracks, Trainable};

/// Measure of what a unit responds to in one history. All are of this history alone: of few events
/// even noise has a large correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display)]
pub enum UnitMeasure {
    /// Standard deviation of its values over the events.
    #[strum(to_string = "variation")]
    Variation,
    /// Correlation ratio with the behaviour of the event (Pearson 1905): the root of the share of
    /// the variance that lies between behaviours, 0 to 1.
    #[strum(to_string = "behaviour")]
    Behaviour,
    /// Pearson's correlation with the logarithm of the time since the event before.
    #[strum(to_string = "gap")]
    Gap,
    /// Pearson's correlation with the logarithm of the training events of the item.
    #[strum(to_string = "popularity")]
    Popularity,
    /// Pearson's correlation with the position in the history.
    #[strum(to_string = "position")]
    Position,
}

impl UnitMeasure {
    /// One sentence: what it measures.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Variation => "Standard deviation of the unit's values over the events shown.",
            Self::Behaviour => {
                "Correlation ratio with the behaviour of the event: 0 where its values do not \
                 depend on it, 1 where they depend on nothing else."
            }
            Self::Gap => "Correlation with the logarithm of the time since the event before.",
            Self::Popularity => {
                "Correlation with the logarithm of the number of training events of the item."
            }
            Self::Position => "Correlation with the position of the event in the history.",
        }
    }
}

/// Measures of the units of one track.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitMeasures {
    variation: Vec<f32>,
    behaviour: Result<Vec<f32>, &'static str>,
    gap: Result<Vec<f32>, &'static str>,
    popularity: Result<Vec<f32>, &'static str>,
    position: Result<Vec<f32>, &'static str>,
}

impl UnitMeasures {
    /// Values of a measure, one a unit; NaN for a unit whose values are all the same.
    ///
    /// # Errors
    /// Why this history has no such measure.
    pub fn of(&self, measure: UnitMeasure) -> Result<&[f32], &'static str> {
        let values = match measure {
            UnitMeasure::Variation => return Ok(&self.variation),
            UnitMeasure::Behaviour => &self.behaviour,
            UnitMeasure::Gap => &self.gap,
            UnitMeasure::Popularity => &self.popularity,
            UnitMeasure::Position => &self.position,
        };
        values.as_deref().map_err(|why| *why)
    }

    /// The units, those of the largest size of a measure first; of equals the one with the smaller
    /// number, and those without a measure last. Without such a measure they stand by number.
    #[must_use]
    pub fn order(&self, measure: UnitMeasure) -> Vec<usize> {
        let mut units: Vec<usize> = (0..self.variation.len()).collect();
        if let Ok(values) = self.of(measure) {
            // NaN is below every size.
            let size = |unit: usize| values.get(unit).map_or(-1.0, |value| value.abs().max(-1.0));
            units.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(a.cmp(&b)));
        }
        units
    }

    fn new(tracks: &StateTracks, facts: &EventFacts) -> Self {
        let columns: Vec<Vec<f64>> = (0..tracks.n_units)
            .map(|unit| {
                let values = tracks.values.iter().skip(unit).step_by(tracks.n_units);
                values.map(|value| f64::from(*value)).collect()
            })
            .collect();
        let correlated = |fact: &Result<Vec<f64>, &'static str>| {
            fact.as_ref()
                .map(|fact| each(&columns, |values| correlation(values, fact)))
                .map_err(|why| *why)
        };
        let behaviours = facts.behaviours.as_ref();
        Self {
            variation: each(&columns, |values| (squares(values) / n(values)).sqrt()),
            behaviour: behaviours
                .map(|groups| each(&columns, |values| correlation_ratio(values, groups)))
                .map_err(|why| *why),
            gap: correlated(&facts.gaps),
            popularity: correlated(&facts.popularity),
            position: correlated(&facts.positions),
        }
    }
}

/// One track of one layer, and what its units respond to.
#[derive(Clone, Debug, PartialEq)]
pub struct GateTrack {
    /// The values.
    pub tracks: StateTracks,
    /// Measures of its units.
    pub measures: UnitMeasures,
}

/// Everything that the recurrent layers did over one history.
#[derive(Clone, Debug, PartialEq)]
pub struct GateView {
    /// The user.
    pub user_idx: usize,
    /// The tracks, the first layer first.
    pub tracks: Vec<GateTrack>,
}

/// Gates and states of a model over the whole history of a user, as far as its window reaches;
/// `None` for a model without recurrent layers.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn gate_view(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
) -> Result<Option<GateView>, ModelError> {
    let n_events = prepared.dataset.sequences.items(user_idx).len();
    if n_events == 0 {
        return Ok(model
            .hidden_states(&prepared.histories([]))?
            .map(|_| GateView {
                user_idx,
                tracks: Vec::new(),
            }));
    }
    let history = prepared.histories([(user_idx, n_events)]);
    let Some(tracks) = model.state_tracks(&history)? else {
        return Ok(None);
    };
    let first = tracks.first().map_or(0, |track| track.first);
    let facts = EventFacts::of_user(prepared, user_idx, first);
    let tracks = tracks.into_iter().map(|tracks| GateTrack {
        measures: UnitMeasures::new(&tracks, &facts),
        tracks,
    });
    Ok(Some(GateView {
        user_idx,
        tracks: tracks.collect(),
    }))
}

/// Facts of the events shown, with which values are compared, or why there are none. NaN where an
/// event lacks one.
struct EventFacts {
    behaviours: Result<Vec<u16>, &'static str>,
    gaps: Result<Vec<f64>, &'static str>,
    popularity: Result<Vec<f64>, &'static str>,
    positions: Result<Vec<f64>, &'static str>,
}

/// Fewest events of which a correlation is not 1 or −1 whatever they are.
const FEWEST_EVENTS: usize = 3;

/// Said where fewer are shown.
const TOO_FEW: &str = "A correlation needs three events or more.";

impl EventFacts {
    /// Facts of a user's events from `first` on.
    fn of_user(prepared: &Prepared, user_idx: usize, first: usize) -> Self {
        let dataset = &prepared.dataset;
        let sequences = &dataset.sequences;
        let items = sequences.items(user_idx).get(first..).unwrap_or(&[]);
        let behaviours = sequences
            .behaviours(user_idx)
            .and_then(|all| all.get(first..))
            .filter(|_| !dataset.behaviours.is_empty());
        let gap = |position: usize| {
            let micros = sequences.gap_micros(user_idx, position);
            micros.map_or(f64::NAN, |micros| (micros as f64 / 1e6).ln_1p())
        };
        let counts = training_counts(prepared);
        let popularity = |item: &u32| {
            let count = counts.get(*item as usize).copied().unwrap_or(0);
            f64::from(count).ln_1p()
        };
        Self {
            behaviours: match behaviours {
                None => Err("The log has no behaviours."),
                Some(shown) if shown.len() < FEWEST_EVENTS => Err(TOO_FEW),
                Some(shown) if shown.iter().all(|other| Some(other) == shown.first()) => {
                    Err("All events shown are of one behaviour.")
                }
                Some(shown) => Ok(shown.to_vec()),
            },
            gaps: if dataset.has_clock() {
                varied(
                    (first..first + items.len()).map(gap).collect(),
                    "All gaps are alike.",
                )
            } else {
                Err("The log has no times.")
            },
            popularity: varied(
                items.iter().map(popularity).collect(),
                "All items shown are equally popular.",
            ),
            positions: varied((0..items.len()).map(|at| at as f64).collect(), TOO_FEW),
        }
    }
}

/// A fact that differs between events, or why it says nothing.
fn varied(fact: Vec<f64>, alike: &'static str) -> Result<Vec<f64>, &'static str> {
    let known: Vec<f64> = fact
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    if known.len() < FEWEST_EVENTS {
        return Err(TOO_FEW);
    }
    let is_alike = known
        .windows(2)
        .all(|pair| (pair[0] - pair[1]).abs() <= 0.0);
    if is_alike { Err(alike) } else { Ok(fact) }
}

/// A number for the values of each unit.
fn each(columns: &[Vec<f64>], of: impl Fn(&[f64]) -> f64) -> Vec<f32> {
    columns.iter().map(|values| of(values) as f32).collect()
}

fn n(values: &[f64]) -> f64 {
    values.len().max(1) as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / n(values)
}

/// Sum of the squared distances from the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// Pearson's correlation over the events of which the fact is known; NaN where either is always the
/// same.
fn correlation(values: &[f64], fact: &[f64]) -> f64 {
    let (x, y): (Vec<f64>, Vec<f64>) = values
        .iter()
        .zip(fact)
        .filter(|(_, fact)| !fact.is_nan())
        .unzip();
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let together: f64 = x
        .iter()
        .zip(&y)
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let scale = (squares(&x) * squares(&y)).sqrt();
    if scale > 0.0 {
        together / scale
    } else {
        f64::NAN
    }
}

/// The root of the share of the variance that lies between groups; NaN where there is none.
fn correlation_ratio(values: &[f64], groups: &[u16]) -> f64 {
    let whole = squares(values);
    if whole <= 0.0 {
        return f64::NAN;
    }
    let mut kinds: Vec<u16> = groups.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let within: f64 = kinds
        .into_iter()
        .map(|kind| {
            let members = values
                .iter()
                .zip(groups)
                .filter(|(_, group)| **group == kind);
            squares(&members.map(|(value, _)| *value).collect::<Vec<_>>())
        })
        .sum();
    (1.0 - within / whole).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_model::StateTrack;

    /// Three units over four events: the first follows the position, the second the behaviour, the
    /// third never moves.
    #[test]
    fn units_are_measured_by_hand() {
        let tracks = StateTracks {
            layer: 0,
            track: StateTrack::Hidden,
            n_units: 3,
            first: 0,
            values: vec![
                0.1, 0.5, 0.2, //
                0.2, -0.5, 0.2, //
                0.3, 0.5, 0.2, //
                0.4, -0.5, 0.2,
            ],
        };
        let facts = EventFacts {
            behaviours: Ok(vec![0, 1, 0, 1]),
            gaps: Ok(vec![f64::NAN, 3.0, 2.0, 1.0]),
            popularity: Err("none"),
            positions: Ok(vec![0.0, 1.0, 2.0, 3.0]),
        };
        let measures = UnitMeasures::new(&tracks, &facts);
        let near = |measure: UnitMeasure, wanted: [f64; 3]| {
            let values = measures.of(measure).unwrap();
            for (value, wanted) in values.iter().zip(wanted) {
                let value = f64::from(*value);
                let is_near = (value - wanted).abs() < 1e-6 || (value.is_nan() && wanted.is_nan());
                assert!(is_near, "{measure}: {values:?}");
            }
        };
        // Of 1, 2, 3, 4 tenths: √(5 / 4) / 10; of ±½: ½.
        near(UnitMeasure::Variation, [0.111_803_4, 0.5, 0.0]);
        near(UnitMeasure::Position, [1.0, -0.447_213_6, f64::NAN]);
        // Between behaviours lies 4 · ½² / 10² of 5 / 10²: √(1 / 5).
        near(UnitMeasure::Behaviour, [0.447_213_6, 1.0, f64::NAN]);
        // Without the first event: −1, and of −½, ½, −½ nothing.
        near(UnitMeasure::Gap, [-1.0, 0.0, f64::NAN]);
        assert_eq!(measures.of(UnitMeasure::Popularity), Err("none"));
        assert_eq!(measures.order(UnitMeasure::Behaviour), [1, 0, 2]);
        assert_eq!(measures.order(UnitMeasure::Gap), [0, 1, 2]);
        assert_eq!(measures.order(UnitMeasure::Popularity), [0, 1, 2]);
    }

    #[test]
    fn what_does_not_vary_says_why_it_is_no_measure() {
        assert_eq!(varied(vec![1.0, f64::NAN, 2.0], "alike"), Err(TOO_FEW));
        assert_eq!(varied(vec![2.0; 3], "alike"), Err("alike"));
        assert!(varied(vec![1.0, 2.0, 2.0], "alike").is_ok());
    }
}
