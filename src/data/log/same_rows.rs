//! Rows that are there twice: equal in all columns of the file, or in their roles alone.
//!
//! Logs often write times in days or minutes, and then two true events of a user with one item are
//! equal in all that a model is told. Only a row that is equal to another in *every* column is the
//! same row again. So where rows are equal in their roles and the file has more columns, these are
//! read once more, for those rows only: mostly there are few of them, or none.

use std::collections::HashMap;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::coding::WantedColumns;
use super::events::Events;
use super::grouping::ByUser;
use super::source::{self, FileHead, Lines, Pieces, RawCells, RawRows, RowPlace};
use super::{FileFormat, Role};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, check_cancelled};
use crate::value::cell::trimmed;
use seqscope_base::spec::Problem;

/// Tells what is done with each set of rows that are equal in user, time, item, behaviour and
/// value: they are given in order of the file.
pub(super) fn equal_in_roles(events: &Events, mut found: impl FnMut(&[u32])) {
    let key = |row: u32| {
        let row = row as usize;
        // What stands in two files of a split is in both of its parts.
        let part = events.part.as_ref().map(|column| column[row]);
        let behaviour = events
            .behaviour_idx
            .as_ref()
            .map_or(0, |column| column[row]);
        // Bits, so that two missing values (NaN) are equal.
        let value = events
            .value
            .as_ref()
            .map_or(0, |column| column[row].to_bits());
        (part, events.item_idx[row], behaviour, value)
    };
    let by_user = events.by_user_in_time();
    let ByUser {
        offsets,
        rows,
        times,
    } = by_user.as_ref();
    let mut moment_rows = Vec::new();
    for bounds in offsets.windows(2) {
        let mut at = bounds[0];
        for moment in times[bounds[0]..bounds[1]].chunk_by(|a, b| a == b) {
            let moment = at..at + moment.len();
            at = moment.end;
            if moment.len() < 2 {
                continue;
            }
            moment_rows.clear();
            moment_rows.extend_from_slice(&rows[moment]);
            // Stable, so that equal rows stay in order of the file.
            moment_rows.sort_by_key(|&row| key(row));
            moment_rows
                .chunk_by(|a, b| key(*a) == key(*b))
                .filter(|equal| equal.len() > 1)
                .for_each(&mut found);
        }
    }
}

/// Notes which rows are equal in every column of the file, where it has more than those of the
/// roles; tells of rows that may be events of their own or may not.
pub(super) fn mark(
    events: &mut Events,
    head: &FileHead,
    wanted: &WantedColumns,
    lines: &Lines,
    progress: &dyn LoadProgress,
) -> Result<Option<Problem>, DataError> {
    const COMPARED: [Role; 6] = [
        Role::User,
        Role::Item,
        Role::Time,
        Role::Clock,
        Role::Behaviour,
        Role::Value,
    ];
    let is_compared = |at: usize| {
        wanted
            .roles
            .iter()
            .any(|(role, of)| *of == at && COMPARED.contains(role))
    };
    let others: Vec<usize> = (0..head.columns.len())
        .filter(|&at| !is_compared(at))
        .collect();
    if events.time_ticks.is_none() || (others.is_empty() && !events.has_days_only()) {
        return Ok(None);
    }
    // One set behind another, and where each ends.
    let (mut alike, mut ends) = (Vec::<u32>::new(), vec![0]);
    equal_in_roles(events, |rows| {
        alike.extend_from_slice(rows);
        ends.push(alike.len());
    });
    let n_alike = alike.len() - (ends.len() - 1);
    if n_alike == 0 {
        return Ok(None);
    }
    if others.is_empty() {
        // Nothing tells a row that was written twice from two events of one day.
        events.same = Some(vec![0; events.len()]);
        return Ok(Some(on_one_day(n_alike, events.len())));
    }
    let mut places: Vec<RowPlace> = alike.iter().map(|&row| lines.place(row as usize)).collect();
    places.sort_unstable();
    let hashes = hashes(head, &others, &places, progress)?;
    let mut same = vec![0; events.len()];
    let mut n_classes = 0;
    let mut classes = HashMap::<u64, u32>::new();
    for bounds in ends.windows(2) {
        classes.clear();
        for &row in &alike[bounds[0]..bounds[1]] {
            let hash = places
                .binary_search(&lines.place(row as usize))
                .ok()
                .and_then(|at| hashes.get(at));
            // A row that was not met again is equal to none.
            let Some(&hash) = hash.filter(|hash| **hash != 0) else {
                continue;
            };
            let of_new = n_classes + 1;
            same[row as usize] = *classes.entry(hash).or_insert(of_new);
            n_classes += u32::from(same[row as usize] == of_new);
        }
    }
    let n_equal = same.iter().filter(|class| **class > 0).count() - n_classes as usize;
    let n_rows = events.len();
    events.same = Some(same);
    Ok(kept_apart(n_alike - n_equal, n_rows))
}

/// Path of the setting that drops what is there twice.
const FIELD: &str = "data.clean.drop_duplicates";

fn percent(n: usize, of: usize) -> String {
    format!(
        "{n} of {of} rows ({:.1} %)",
        100.0 * n as f64 / of.max(1) as f64
    )
}

fn kept_apart(n: usize, n_rows: usize) -> Option<Problem> {
    (n > 0).then(|| {
        let sentence = format!(
            "{} are equal to another in user, item, time and behaviour and differ from it in other \
             columns: they are kept as events of their own; add the cleaning step \
             `Duplicates(all_columns: false)` to count them once.",
            percent(n, n_rows)
        );
        Problem::warning(FIELD, sentence)
    })
}

fn on_one_day(n: usize, n_rows: usize) -> Problem {
    let sentence = format!(
        "{} are equal to another in every column, and times are whole days, so they may be events \
         of their own: they are kept; add the cleaning step `Duplicates(all_columns: false)` to \
         count them once.",
        percent(n, n_rows)
    );
    Problem::warning(FIELD, sentence)
}

/// A hash of the other columns of each row that stands at one of `places`, in their order; 0 for
/// one that could not be read again.
fn hashes(
    head: &FileHead,
    others: &[usize],
    places: &[RowPlace],
    progress: &dyn LoadProgress,
) -> Result<Vec<u64>, DataError> {
    let mut hashes = vec![0; places.len()];
    for file in 0..head.n_files() {
        check_cancelled(progress)?;
        if in_pieces(head, file, others, places, &mut hashes, progress)? {
            continue;
        }
        // A Parquet file is read column by column: none must be held beside another.
        let parts: Vec<&[usize]> = if head.file.format == Some(FileFormat::Parquet) {
            others.chunks(1).collect()
        } else {
            vec![others]
        };
        for part in parts {
            match source::rows_of_file(head, file, part, progress) {
                Ok(rows) => {
                    for (at, hash) in hashed(&rows, file, 0, places, &hashes) {
                        hashes[at] = hash;
                    }
                }
                Err(DataError::Cancelled) => return Err(DataError::Cancelled),
                // A column of a type that cannot be compared says nothing.
                Err(_) if part.len() < others.len() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(hashes)
}

/// Compares the rows of a file that can be read in pieces; `false` for one that cannot.
fn in_pieces(
    head: &FileHead,
    file: usize,
    others: &[usize],
    places: &[RowPlace],
    hashes: &mut [u64],
    progress: &dyn LoadProgress,
) -> Result<bool, DataError> {
    if head.file.format == Some(FileFormat::Parquet) {
        return Ok(false);
    }
    let Some(mut pieces) = Pieces::of_file(head, file, others)? else {
        return Ok(false);
    };
    let mut n_lines = 0;
    loop {
        check_cancelled(progress)?;
        let wave = pieces.wave()?;
        if wave.is_empty() {
            return Ok(true);
        }
        let read = wave
            .into_par_iter()
            .map(source::Piece::rows)
            .collect::<Result<Vec<_>, _>>()?;
        let Some(read) = read.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(false);
        };
        let with_lines: Vec<(RawRows, usize)> = read
            .into_iter()
            .map(|piece| {
                let before = n_lines;
                n_lines += piece.n_lines;
                (piece.rows, before)
            })
            .collect();
        let found: Vec<Vec<(usize, u64)>> = with_lines
            .par_iter()
            .map(|(rows, before)| hashed(rows, file, *before, places, hashes))
            .collect();
        for (at, hash) in found.into_iter().flatten() {
            hashes[at] = hash;
        }
    }
}

/// Which of `places` stand among some rows, each with its hash so far and these cells in one;
/// `before` are the lines of the file before those of the rows.
fn hashed(
    rows: &RawRows,
    file: usize,
    before: usize,
    places: &[RowPlace],
    so_far: &[u64],
) -> Vec<(usize, u64)> {
    let n_rows = rows.lines.len();
    let place = |row: usize| rows.lines.place(row).moved(file, before);
    let first = if n_rows > 0 {
        places.partition_point(|known| *known < place(0))
    } else {
        places.len()
    };
    let mut found = Vec::new();
    let mut next = first;
    for row in 0..n_rows {
        if next >= places.len() {
            break;
        }
        if places[next] == place(row) {
            found.push((next, so_far[next], row));
            next += 1;
        }
    }
    for column in &rows.columns {
        let mut at = 0;
        let mut add = |row: usize, cell: &[u8]| {
            if let Some((_, hash, _)) = found.get_mut(at).filter(|(_, _, wanted)| *wanted == row) {
                // Never 0, which stands for a row that was not met.
                *hash = xxh3_64_with_seed(cell, *hash).max(1);
                at += 1;
            }
        };
        match column {
            RawCells::Text(texts) => {
                for (row, cell) in texts.iter().enumerate() {
                    let cell = trimmed(cell.unwrap_or_default());
                    add(row, cell.strip_suffix(".0").unwrap_or(cell).as_bytes());
                }
            }
            RawCells::Micros(micros) => {
                for (row, micros) in micros.iter().enumerate() {
                    add(row, &micros.unwrap_or(i64::MIN).to_le_bytes());
                }
            }
        }
    }
    found
        .into_iter()
        .map(|(at, hash, _)| (at, hash.max(1)))
        .collect()
}
