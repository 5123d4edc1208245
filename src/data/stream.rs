//! A large log, piece by piece: pieces are parsed and coded on all processors and joined in order,
//! so that what is in memory is a few pieces of text and the coded columns.

use rayon::prelude::*;

use super::coding::{self, CodedRows, RoleCells};
use super::events::Events;
use super::source::{Lines, Piece, Pieces, Refused};
use super::watch::{Stage, Watch, go_on};
use super::{DataError, Role, TimeFormat};

/// A whole log, coded.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) events: Events,
    pub(super) lines: Lines,
    pub(super) refused: Refused,
    /// Number of rows in the file, refused ones included, header not.
    pub(super) n_read: usize,
    /// Lines of the pieces so far.
    pub(super) n_lines: usize,
}

/// A piece, coded: its indices are those of its own vocabularies, its lines are counted from its
/// own beginning.
struct CodedPiece {
    rows: CodedRows,
    n_read: usize,
    n_lines: usize,
}

/// Codes a log. `None` when it turns out that it must be read as a whole: a quote stands open, or times
/// that are whole numbers here and decimals there.
///
/// `wanted` are the columns by role, `format` is how times are written.
pub(super) fn code(
    mut pieces: Pieces<'_>,
    wanted: &[(Role, usize)],
    format: TimeFormat,
    watch: &dyn Watch,
) -> Result<Option<Joined>, DataError> {
    let mut joined = Joined::default();
    let mut coded = Vec::new();
    loop {
        go_on(watch)?;
        let wave = wave(&mut pieces)?;
        watch.reached(Stage::Reading, Some(pieces.share()));
        if wave.is_empty() && coded.is_empty() {
            return Ok((joined.events.len() > 0).then_some(joined));
        }
        // While the next pieces are coded, those coded before are joined.
        let work = || wave.par_iter().map(|piece| code_piece(piece, wanted, format)).collect::<Result<Vec<_>, _>>();
        let join = || coded.into_iter().try_fold(true, |fits, piece| Ok::<bool, DataError>(fits && joined.add(piece)?));
        let (next, fits) = rayon::join(work, join);
        let next: Option<Vec<CodedPiece>> = next?.into_iter().collect();
        let (Some(next), true) = (next, fits?) else { return Ok(None) };
        coded = next;
    }
}

/// As many pieces as there are threads to work on them.
fn wave<'a>(pieces: &mut Pieces<'a>) -> Result<Vec<Piece<'a>>, DataError> {
    let mut wave = Vec::new();
    while wave.len() < rayon::current_num_threads()
        && let Some(piece) = pieces.next_piece()?
    {
        wave.push(piece);
    }
    Ok(wave)
}

/// `None` for a piece that tells that the log must be read as a whole.
fn code_piece(
    piece: &Piece<'_>,
    wanted: &[(Role, usize)],
    format: TimeFormat,
) -> Result<Option<CodedPiece>, DataError> {
    let Some(found) = piece.rows()? else { return Ok(None) };
    let cells = RoleCells::new(wanted, found.rows.columns)?;
    let mut rows = coding::code(&cells, format, found.rows.lines)?;
    rows.refused.merge(found.rows.refused);
    Ok(Some(CodedPiece { rows, n_read: found.rows.n_read, n_lines: found.n_lines }))
}

impl Joined {
    /// Adds the next piece; `false` when its times are in another unit than those before.
    fn add(&mut self, piece: CodedPiece) -> Result<bool, DataError> {
        let CodedRows { events, lines, refused } = piece.rows;
        self.lines.follow(lines, self.n_lines);
        self.refused.follow(refused, self.n_lines);
        self.n_read += piece.n_read;
        self.n_lines += piece.n_lines;
        let is_both = self.events.len() > 0 && events.len() > 0;
        if is_both && self.events.ticks_per_sec != events.ticks_per_sec {
            return Ok(false);
        }
        self.events.append(events);
        coding::check_behaviours(&self.events.behaviours)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use polars::prelude::{Column, DataFrame, ParquetWriter};
    use proptest::prelude::*;

    use crate::data::log::{self, Log};
    use crate::data::source::{self, Pieces};
    use crate::data::{DataError, DataReport, FileSpec, TimeFormat};

    /// A line of a log, now and then one that cannot be read, or one with quotes.
    fn line() -> impl Strategy<Value = String> {
        let row = (0..9_u32, 0..30_u32, 0..400_u32, 0..3_u32);
        let good = row.prop_map(|(user, item, time, kind)| {
            format!("u{user},item-{item},{},{}", 1_600_000_000 + time, ["view", "cart", ""][kind as usize])
        });
        prop_oneof![
            60 => good,
            2 => Just("u1,item-2".to_owned()),
            2 => Just(",item-3,1600000000,view".to_owned()),
            2 => Just("u2,item-4,yesterday,view".to_owned()),
            2 => Just(String::new()),
            2 => Just("u3,item-5,1600000001,view\r".to_owned()),
            2 => Just(format!("u4,{},1600000002,cart", "long".repeat(60))),
            2 => Just("u5,caf\u{e9},1600000003,view".to_owned()),
            3 => Just("u6,\"one, \"\"two\"\"\",1600000004,view".to_owned()),
            1 => Just("u6,\"two\nlines\",1600000005,view".to_owned()),
            1 => Just("u7,5\" disc,1600000006,view".to_owned()),
            1 => Just("u7,\"left open,1600000007,view".to_owned()),
        ]
    }

    fn read(path: &Path) -> Result<Log, DataError> {
        let file = FileSpec { path: path.to_owned(), time_format: Some(TimeFormat::Seconds), ..FileSpec::default() };
        log::open(&file, &AtomicBool::new(false))
    }

    /// What was told of the rows; lines where they are told.
    fn told(report: &DataReport) -> (usize, usize, Vec<String>, Vec<String>) {
        let refused = report.refused.iter().map(|row| format!("{} {}", row.line, row.reason)).collect();
        let problems = report.problems.iter().map(|problem| problem.sentence.clone()).collect();
        (report.rows_read, report.rows_refused, refused, problems)
    }

    fn gzip(path: &Path, text: &str) {
        let mut file = flate2::write::GzEncoder::new(std::fs::File::create(path).unwrap(), flate2::Compression::fast());
        file.write_all(text.as_bytes()).unwrap();
        file.finish().unwrap();
    }

    /// Two bytes a letter: such a text is read as a whole, the slow and obvious way.
    fn utf16(path: &Path, text: &str) {
        let bytes: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        std::fs::write(path, bytes).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn in_pieces_a_log_is_what_it_is_as_a_whole(
            lines in prop::collection::vec(line(), 4..80),
            ends_with_line_end in any::<bool>(),
        ) {
            let mut text = format!("user_id,item_id,timestamp,behavior\nu0,item-0,1600000000,view\n{}", lines.join("\n"));
            if ends_with_line_end {
                text.push('\n');
            }
            let folder = tempfile::tempdir().unwrap();
            let named = |name: &str| folder.path().join(name);
            std::fs::write(named("plain.csv"), &text).unwrap();
            gzip(&named("packed.csv"), &text);
            utf16(&named("whole.csv"), &text);
            let whole = read(&named("whole.csv")).unwrap();
            for name in ["plain.csv", "packed.csv"] {
                let pieces = read(&named(name)).unwrap();
                prop_assert_eq!(told(&pieces.report), told(&whole.report));
                prop_assert_eq!(&pieces.events, &whole.events);
            }
        }

        #[test]
        fn objects_and_row_groups_are_read_in_pieces_too(
            rows in prop::collection::vec((0..9_u32, 0..30_u32, 0..400_i64), 4..60),
            n_broken in 0_usize..3,
        ) {
            let mut text = String::new();
            for (at, (user, item, time)) in rows.iter().enumerate() {
                writeln!(text, r#"{{"user_id": "u{user}", "item_id": "i{item}", "timestamp": {}}}"#, 1_600_000_000 + time).unwrap();
                if at < n_broken {
                    text.push_str("{\"user_id\": \n\n");
                }
            }
            let folder = tempfile::tempdir().unwrap();
            let named = |name: &str| folder.path().join(name);
            std::fs::write(named("plain.jsonl"), &text).unwrap();
            utf16(&named("whole.jsonl"), &text);
            let (pieces, whole) = (read(&named("plain.jsonl")).unwrap(), read(&named("whole.jsonl")).unwrap());
            prop_assert_eq!(told(&pieces.report), told(&whole.report));
            prop_assert_eq!(&pieces.events, &whole.events);

            let texts = |of: fn(&(u32, u32, i64)) -> String| rows.iter().map(of).collect::<Vec<String>>();
            let columns = vec![
                Column::new("user_id".into(), texts(|row| format!("u{}", row.0))),
                Column::new("item_id".into(), texts(|row| format!("i{}", row.1))),
                Column::new("timestamp".into(), rows.iter().map(|row| 1_600_000_000 + row.2).collect::<Vec<i64>>()),
            ];
            let mut table = DataFrame::new(rows.len(), columns).unwrap();
            let file = std::fs::File::create(named("log.parquet")).unwrap();
            ParquetWriter::new(file).with_row_group_size(Some(3)).finish(&mut table).unwrap();
            let head = source::head(&FileSpec { path: named("log.parquet"), ..FileSpec::default() }).unwrap();
            // polars rounds the size of a group.
            prop_assert!(rows.len() < 20 || Pieces::of(&head, &[0, 1, 2]).unwrap().is_some());
            let parquet = read(&named("log.parquet")).unwrap();
            prop_assert_eq!(&parquet.events, &whole.events);
        }
    }

    #[test]
    fn what_cannot_be_cut_is_read_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let mut rows = String::new();
        for row in 0..40 {
            writeln!(rows, "u{},i{},{}", row % 4, row % 7, 1_600_000_000 + row).unwrap();
        }
        // Longer than a piece, so that a piece ends within the quotes.
        let long = "two\nlines".repeat(20);
        std::fs::write(&path, format!("user_id,item_id,timestamp\n{rows}u1,\"{long}\",1600000100\n{rows}")).unwrap();
        let log = read(&path).unwrap();
        assert_eq!((log.events.len(), log.report.rows_refused), (81, 0));
        assert!(log.events.items.idx(&long).is_some());

        let decimals = format!("user_id,item_id,timestamp\n{}u1,i1,40.5\n", rows.replace("16000000", ""));
        std::fs::write(&path, decimals).unwrap();
        let file = FileSpec { path, time_format: Some(TimeFormat::Order), ..FileSpec::default() };
        let log = log::open(&file, &AtomicBool::new(false)).unwrap();
        assert_eq!((log.events.len(), log.events.ticks_per_sec), (41, 1_000_000));
    }
}
