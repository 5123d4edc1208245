//! Cells of free columns, sessions and places become values; what cannot be a value is missing.
//!
//! An event whose price or place cannot be read is still an event, so no row is refused here. What
//! cannot be read is marked by an infinity while the parts of a log are joined; [`settle`] then
//! counts the marks, tells the first line, and makes missing values of them.

use super::guess::{WantedColumn, list};
use super::spec::ColumnKind;
use super::values::{Extra, FreeColumn, FreeValues, Words};
use crate::error::DataError;
use crate::log::Role;
use crate::log::coding::NO_BEHAVIOUR;
use crate::log::events::Events;
use crate::log::source::{Lines, RawCells, Texts};
use crate::value::cell::trimmed;
use crate::value::{Missing, NumberStyle};
use seqscope_base::spec::{Problem, Sentence};

/// Path of the list of free columns of a log.
pub(crate) const FREE: &str = "data.free_features";

/// Stands for what could not be read, until it is settled.
const UNREADABLE: f32 = f32::INFINITY;

/// The cells of the columns beside user, item, time, behaviour and value.
#[derive(Default)]
pub(crate) struct ExtraCells {
    pub(crate) session: Option<RawCells>,
    pub(crate) latitude: Option<RawCells>,
    pub(crate) longitude: Option<RawCells>,
    /// How degrees are written.
    pub(crate) degrees: NumberStyle,
    /// Each free column with its cells, one a position.
    pub(crate) free: Vec<(WantedColumn, Vec<RawCells>)>,
}

/// Codes the cells of a log, or of a part of it.
pub(crate) fn code(cells: &ExtraCells, missing: &Missing) -> Result<Extra, DataError> {
    Ok(Extra {
        sessions: role_texts(cells.session.as_ref(), Role::Session)?
            .map(|column| words(&column, missing)),
        latitude: role_texts(cells.latitude.as_ref(), Role::Latitude)?
            .map(|column| numbers(&column, cells.degrees, missing)),
        longitude: role_texts(cells.longitude.as_ref(), Role::Longitude)?
            .map(|column| numbers(&column, cells.degrees, missing)),
        free: cells
            .free
            .iter()
            .map(|(wanted, cells)| free(wanted, cells, FREE, missing))
            .collect::<Result<_, _>>()?,
    })
}

/// Cells of a role as texts.
fn role_texts(cells: Option<&RawCells>, role: Role) -> Result<Option<Texts>, DataError> {
    let word = role.to_string().to_lowercase();
    let texts = cells.map(|cells| text(cells, &word, &format!("data.roles.{word}")));
    texts.transpose().map(Option::<&Texts>::cloned)
}

/// Codes one free column; `field` is the path of the list that it stands in.
pub(super) fn free(
    wanted: &WantedColumn,
    cells: &[RawCells],
    field: &str,
    missing: &Missing,
) -> Result<FreeColumn, DataError> {
    let columns: Vec<&Texts> = cells
        .iter()
        .map(|cells| text(cells, &wanted.name, field))
        .collect::<Result<_, _>>()?;
    let n_rows = columns.first().map_or(0, |column| column.len());
    let first = columns.first();
    let values = match (wanted.kind, columns.as_slice()) {
        (ColumnKind::Numeric, _) => FreeValues::Numeric(
            first.map_or_else(Vec::new, |column| numbers(column, wanted.style, missing)),
        ),
        (ColumnKind::Category, _) => {
            FreeValues::Category(first.map_or_else(Words::default, |column| words(column, missing)))
        }
        (ColumnKind::Text, _) => {
            FreeValues::Text(first.map_or_else(Words::default, |column| words(column, missing)))
        }
        (ColumnKind::Embedding, [column]) => FreeValues::Embedding {
            width: wanted.width,
            values: lists(column, wanted.width, missing),
        },
        (ColumnKind::Embedding, columns) => {
            let columns: Vec<Vec<f32>> = columns
                .iter()
                .map(|column| numbers(column, wanted.style, missing))
                .collect();
            FreeValues::Embedding {
                width: wanted.width,
                values: (0..n_rows)
                    .flat_map(|row| {
                        columns
                            .iter()
                            .map(move |column| column.get(row).copied().unwrap_or(f32::NAN))
                    })
                    .collect(),
            }
        }
    };
    Ok(FreeColumn {
        name: wanted.name.clone(),
        values,
    })
}

fn words(column: &Texts, missing: &Missing) -> Words {
    let mut words = Words::default();
    for cell in column.iter() {
        let text = trimmed(cell.unwrap_or_default());
        words.push(if missing.is_no_value(text) { "" } else { text });
    }
    words
}

fn numbers(column: &Texts, style: NumberStyle, missing: &Missing) -> Vec<f32> {
    column
        .iter()
        .map(|cell| number_of(style, missing, trimmed(cell.unwrap_or_default())))
        .collect()
}

/// Reads a number; NaN where there is none, [`UNREADABLE`] where a text is none.
fn number_of(style: NumberStyle, missing: &Missing, text: &str) -> f32 {
    match style.read::<f32>(text) {
        _ if missing.is_no_value(text) => f32::NAN,
        Some(number) if number.is_finite() => number,
        _ => UNREADABLE,
    }
}

/// Vectors of one width; a cell with another number of numbers is unreadable.
fn lists(column: &Texts, width: usize, missing: &Missing) -> Vec<f32> {
    let mut values = Vec::with_capacity(column.len() * width);
    for cell in column.iter() {
        let text = cell.unwrap_or_default().trim();
        match list(text) {
            _ if missing.is_no_value(text) => values.extend(std::iter::repeat_n(f32::NAN, width)),
            Some(numbers) if numbers.len() == width => values.extend(numbers),
            _ => values.extend(std::iter::repeat_n(UNREADABLE, width)),
        }
    }
    values
}

/// A column's text; a column of typed times is none.
fn text<'a>(cells: &'a RawCells, name: &str, field: &str) -> Result<&'a Texts, DataError> {
    cells.text().ok_or_else(|| DataError::setting(field, format!(
            "the column `{name}` holds times; leave it out of `{field}`, or give it the role of \
             the time."
        )))
}

/// Makes missing values of what could not be read in a whole log, and tells how often and where
/// first; tells too which columns hold nothing at all.
pub(crate) fn settle(events: &mut Events, lines: &Lines) -> Vec<Problem> {
    let mut problems = Vec::new();
    let extra = &mut events.extra;
    let degrees = [
        (Role::Latitude, &mut extra.latitude, 90.0),
        (Role::Longitude, &mut extra.longitude, 180.0),
    ];
    for (role, column, most) in degrees {
        let Some(column) = column else { continue };
        problems.extend(settle_degrees(column, role, most, lines));
    }
    // Half a place is none.
    if let (Some(latitude), Some(longitude)) = (&mut extra.latitude, &mut extra.longitude) {
        for (lat, lon) in std::iter::zip(latitude, longitude) {
            if lat.is_nan() || lon.is_nan() {
                (*lat, *lon) = (f32::NAN, f32::NAN);
            }
        }
    }
    for (place, column) in extra.free.iter_mut().enumerate() {
        problems.extend(settle_free(column, &format!("{FREE}[{place}]"), |row| {
            lines.place_in_words(row)
        }));
    }
    problems.extend(empty_columns(events));
    problems
}

fn settle_degrees(column: &mut [f32], role: Role, most: f32, lines: &Lines) -> Option<Problem> {
    let is_wrong = |degrees: &f32| degrees.abs() > most;
    let first = column.iter().position(is_wrong)?;
    let n = column.iter().filter(|degrees| is_wrong(degrees)).count();
    let example = column
        .get(first)
        .filter(|degrees| degrees.is_finite())
        .map_or_else(Sentence::new, |d| {
            Sentence::from(": ").example(&d.to_string())
        });
    column
        .iter_mut()
        .filter(|degrees| is_wrong(degrees))
        .for_each(|degrees| *degrees = f32::NAN);
    let word = role.to_string().to_lowercase();
    let sentence = Sentence::from(format!(
        "{n} of {} rows have a {word} that is no number of degrees from −{most} to {most} (the \
         first on {}",
        column.len(),
        lines.place_in_words(first),
    ))
    .aside(example)
    .words(format!(
        "); their place is taken as unknown: check the column in `data.roles.{word}`."
    ));
    Some(Problem::warning(format!("data.roles.{word}"), sentence))
}

/// Settles a free column; `told` says where a row stands.
pub(super) fn settle_free(
    column: &mut FreeColumn,
    field: &str,
    told: impl Fn(usize) -> String,
) -> Option<Problem> {
    let (values, width, wanted) = match &mut column.values {
        FreeValues::Numeric(values) => (values, 1, "no number".to_owned()),
        FreeValues::Embedding { width, values } => {
            (values, *width, format!("no vector of {width} numbers"))
        }
        FreeValues::Category(_) | FreeValues::Text(_) => return None,
    };
    let n_rows = values.len() / width.max(1);
    let (mut n, mut first) = (0_usize, None);
    for (row, vector) in values.chunks_exact_mut(width.max(1)).enumerate() {
        let is_unreadable = vector.iter().any(|value| value.is_infinite());
        // A vector with a gap in it is none.
        if is_unreadable || vector.iter().any(|value| value.is_nan()) {
            vector.fill(f32::NAN);
        }
        if is_unreadable {
            n += 1;
            first.get_or_insert(row);
        }
    }
    let first = first?;
    let sentence = format!(
        "{n} of {n_rows} rows have {wanted} in the column `{}` (the first on {}); the value is \
         taken as missing there: check the column and its kind in `{field}`.",
        column.name,
        told(first),
    );
    Some(Problem::warning(field, sentence))
}

/// A warning for every column in which no row has anything.
fn empty_columns(events: &Events) -> Vec<Problem> {
    let extra = &events.extra;
    let none = events.behaviours.len() == 1 && events.behaviours.idx(NO_BEHAVIOUR).is_some();
    let roles = [
        (Role::Value, are_nan(events.value.as_deref())),
        (Role::Behaviour, events.behaviour_idx.is_some() && none),
        (
            Role::Session,
            extra
                .sessions
                .as_ref()
                .is_some_and(|words| words.vocab.is_empty()),
        ),
        (Role::Latitude, are_nan(extra.latitude.as_deref())),
        (Role::Longitude, are_nan(extra.longitude.as_deref())),
    ];
    let of_role = roles
        .into_iter()
        .filter(|&(_, is_empty)| is_empty)
        .map(|(role, _)| {
            let word = role.to_string().to_lowercase();
            let sentence = format!(
                "the column of the {word} is empty in all {} rows; choose another in \
             `data.roles.{word}`, or write \"\" there.",
                events.len()
            );
            Problem::warning(format!("data.roles.{word}"), sentence)
        });
    let of_free = extra
        .free
        .iter()
        .enumerate()
        .filter(|(_, column)| column.values.is_all_missing());
    let of_free = of_free.map(|(place, FreeColumn { name, .. })| {
        let sentence = format!(
            "the column `{name}` is empty in all {} rows; leave it out of `{FREE}`, or choose \
             another.",
            events.len()
        );
        Problem::warning(format!("{FREE}[{place}]"), sentence)
    });
    of_role.chain(of_free).collect()
}

/// Tells whether there is a column and it holds no number.
fn are_nan(column: Option<&[f32]>) -> bool {
    column.is_some_and(|column| column.iter().all(|n| n.is_nan()))
}
