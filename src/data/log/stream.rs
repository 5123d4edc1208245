//! A log on its way from text to coded rows, piece by piece: pieces are parsed and coded on all
//! processors and joined in order, so that what is in memory is a few pieces of text and the coded
//! columns.

use rayon::prelude::*;

use super::coding::{self, CodedRows, Notes, RoleCells, WantedColumns};
use super::events::Events;
use super::schema::TimeReading;
use super::source::{self, FileHead, Lines, Piece, PieceRows, Pieces, RawRows, Refused};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, Stage, check_cancelled};
use crate::value::time;

/// A whole log, coded.
#[derive(Default)]
pub(super) struct LogRows {
    pub(super) events: Events,
    pub(super) lines: Lines,
    pub(super) refused: Refused,
    pub(super) notes: Notes,
    /// Number of rows in the file, refused ones included, header not.
    pub(super) n_read: usize,
    /// Facts seen in the times.
    pub(super) told: time::TimeRemarks,
    /// Whether the file types its times.
    has_typed_times: bool,
    /// Lines of the pieces so far.
    n_lines: usize,
}

/// A piece, coded: its indices are those of its own vocabularies, its lines are counted from its
/// own beginning.
struct CodedPiece {
    rows: LogRows,
    n_lines: usize,
}

/// Reads and codes a log.
///
/// `wanted` are the columns, `timing` is how times are written.
pub(super) fn open(
    head: &FileHead,
    wanted: &WantedColumns,
    timing: &TimeReading,
    progress: &dyn LoadProgress,
) -> Result<LogRows, DataError> {
    match file_by_file(head, wanted, timing, progress)? {
        Some(joined) => Ok(joined),
        None => {
            let mut log = coded(
                source::rows(head, &wanted.positions(), progress)?,
                wanted,
                timing,
            )?;
            let events = std::mem::take(&mut log.events);
            log.take_in(events)?;
            Ok(log)
        }
    }
}

/// One file after another. `None` when it turns out that the log must be read as a whole: times are
/// whole numbers here and decimals there.
fn file_by_file(
    head: &FileHead,
    wanted: &WantedColumns,
    timing: &TimeReading,
    progress: &dyn LoadProgress,
) -> Result<Option<LogRows>, DataError> {
    let positions = wanted.positions();
    let (mut log, mut typed_times) = (LogRows::none_yet(wanted), None);
    for at in 0..head.n_files() {
        check_cancelled(progress)?;
        let part = FileProgress {
            of_files: head.n_files(),
            at,
            progress,
        };
        let pieces = Pieces::of_file(head, at, &positions)?;
        let file = match pieces
            .map(|pieces| in_pieces(pieces, wanted, timing, &part))
            .transpose()?
            .flatten()
        {
            Some(joined) => joined,
            None => coded(
                source::rows_of_file(head, at, &positions, &part)?,
                wanted,
                timing,
            )?,
        };
        if !log.fits(&file.events) {
            return Ok(None);
        }
        head.check_times(at, &mut typed_times, file.has_typed_times)?;
        log.lines.append(file.lines, at);
        log.refused.append(file.refused, at);
        log.notes.append(file.notes, at);
        log.n_read += file.n_read;
        log.told.add(file.told);
        log.take_in(file.events)?;
    }
    head.name_files(&mut log.lines);
    Ok(Some(log))
}

/// One file of several, for who watches: each counts as much as another.
struct FileProgress<'a> {
    of_files: usize,
    at: usize,
    progress: &'a dyn LoadProgress,
}

impl LoadProgress for FileProgress<'_> {
    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled()
    }

    fn reached(&self, stage: Stage, share: Option<f32>) {
        let share = match (self.of_files, share) {
            (1, share) => share,
            (_, share) => Some((self.at as f32 + share.unwrap_or(0.0)) / self.of_files as f32),
        };
        self.progress.reached(stage, share);
    }
}

/// Rows that were read at once; their ids are only listed, and looked up where they are taken in.
fn coded(
    rows: RawRows,
    wanted: &WantedColumns,
    timing: &TimeReading,
) -> Result<LogRows, DataError> {
    let RawRows {
        columns,
        n_read,
        lines,
        refused,
    } = rows;
    let cells = RoleCells::new(wanted, columns)?;
    let has_typed_times = matches!(cells.time, Some(source::RawCells::Micros(_)));
    let mut coded = coding::code(&cells, timing, lines)?;
    coded.refused.merge(refused);
    let CodedRows {
        events,
        lines,
        refused,
        told,
        notes,
    } = coded;
    let refused = refused.listing(wanted.how.lists_all_refused);
    Ok(LogRows {
        events,
        lines,
        refused,
        notes,
        n_read,
        told,
        has_typed_times,
        n_lines: 0,
    })
}

/// A file in pieces. `None` when it turns out that it must be read as a whole: a quote stands open,
/// or times are whole numbers here and decimals there.
fn in_pieces(
    mut pieces: Pieces<'_>,
    wanted: &WantedColumns,
    timing: &TimeReading,
    progress: &dyn LoadProgress,
) -> Result<Option<LogRows>, DataError> {
    let mut joined = LogRows::none_yet(wanted);
    let mut coded = Vec::new();
    loop {
        check_cancelled(progress)?;
        let wave = pieces.wave()?;
        progress.reached(Stage::Reading, Some(pieces.share()));
        if wave.is_empty() && coded.is_empty() {
            return Ok((joined.events.len() > 0).then_some(joined));
        }
        // While the next pieces are coded, those coded before are joined.
        let work = || {
            wave.into_par_iter()
                .map(|piece| code_piece(piece, wanted, timing))
                .collect::<Result<Vec<_>, _>>()
        };
        let join = || {
            coded.into_iter().try_fold(true, |fits, piece| {
                Ok::<bool, DataError>(fits && joined.add(piece)?)
            })
        };
        let (next, fits) = rayon::join(work, join);
        let next: Option<Vec<CodedPiece>> = next?.into_iter().collect();
        let (Some(next), true) = (next, fits?) else {
            return Ok(None);
        };
        coded = next;
    }
}

/// `None` for a piece that tells that the log must be read as a whole.
fn code_piece(
    piece: Piece<'_>,
    wanted: &WantedColumns,
    timing: &TimeReading,
) -> Result<Option<CodedPiece>, DataError> {
    let Some(PieceRows { rows, n_lines }) = piece.rows()? else {
        return Ok(None);
    };
    Ok(Some(CodedPiece {
        rows: coded(rows, wanted, timing)?,
        n_lines,
    }))
}

impl LogRows {
    /// No rows yet.
    fn none_yet(wanted: &WantedColumns) -> Self {
        Self {
            refused: Refused::default().listing(wanted.how.lists_all_refused),
            ..Self::default()
        }
    }

    /// Adds the next piece of a file; `false` when its times are in another unit than those before.
    fn add(&mut self, piece: CodedPiece) -> Result<bool, DataError> {
        let LogRows {
            events,
            lines,
            refused,
            notes,
            n_read,
            told,
            has_typed_times,
            ..
        } = piece.rows;
        self.told.add(told);
        self.has_typed_times |= has_typed_times;
        self.lines.follow(lines, self.n_lines);
        self.refused.follow(refused, self.n_lines);
        self.notes.follow(notes, self.n_lines);
        self.n_read += n_read;
        self.n_lines += piece.n_lines;
        let fits = self.fits(&events);
        if fits {
            self.take_in(events)?;
        }
        Ok(fits)
    }

    /// Whether the times of later rows are in the unit of those here.
    fn fits(&self, later: &Events) -> bool {
        let is_both = self.events.len() > 0 && later.len() > 0;
        !is_both || self.events.ticks_per_sec == later.ticks_per_sec
    }

    fn take_in(&mut self, later: Events) -> Result<(), DataError> {
        self.events.append(later);
        coding::check_behaviours(&self.events.behaviours)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use polars::prelude::{Column, DataFrame, DataType, ParquetWriter, TimeUnit};
    use proptest::prelude::*;
    use seqscope_base::spec::Problem;

    use crate::error::DataError;
    use crate::log::open::{self, Log};
    use crate::log::source::{self, Pieces};
    use crate::log::{DataReport, FileSpec, FreeColumnSpec};
    use crate::value::TimeFormat;

    /// A line of a log, now and then one that cannot be read, or one with quotes.
    fn line() -> impl Strategy<Value = String> {
        let row = (0..9_u32, 0..30_u32, 0..400_u32, 0..3_u32);
        let good = row.prop_map(|(user, item, time, kind)| {
            format!(
                "u{user},item-{item},{},{}",
                1_600_000_000 + time,
                ["view", "cart", ""][kind as usize]
            )
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
        let file = FileSpec {
            path: path.to_owned(),
            time_format: Some(TimeFormat::Seconds),
            ..FileSpec::default()
        };
        open::open_file(&file, &AtomicBool::new(false))
    }

    /// Remarks on the rows, with the lines they name.
    fn remarks(report: &DataReport) -> (usize, usize, Vec<String>, Vec<String>) {
        let refused = report
            .refused
            .iter()
            .map(|row| format!("{} {}", row.line, row.reason))
            .collect();
        let problems = report.problems.iter().map(Problem::sentence).collect();
        (report.rows_read, report.rows_refused, refused, problems)
    }

    fn gzip(path: &Path, text: &str) {
        let mut file = flate2::write::GzEncoder::new(
            std::fs::File::create(path).unwrap(),
            flate2::Compression::fast(),
        );
        file.write_all(text.as_bytes()).unwrap();
        file.finish().unwrap();
    }

    /// Two bytes a letter: such a text is read as a whole, the slow and obvious way.
    fn utf16(path: &Path, text: &str) {
        let bytes: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
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
            // Cut in two, and with a header each, they are one log.
            let (header, rows) = text.split_once('\n').unwrap();
            let end = rows[..rows.floor_char_boundary(rows.len() / 2)].rfind('\n').map_or(0, |end| end + 1);
            let two = [&rows[..end], &rows[end..]].map(|rows| format!("{header}\n{rows}"));
            let [plain_parts, whole_parts] = [0, 1].map(|which| {
                for (at, part) in two.iter().enumerate() {
                    let path = named(&format!("part-{which}-{at}.csv"));
                    if which == 0 { std::fs::write(path, part).unwrap() } else { utf16(&path, part) }
                }
                read(&named(&format!("part-{which}-*.csv")))
            });
            // A part may be too small to be told from something else.
            if let (Ok(pieces), Ok(whole)) = (plain_parts, whole_parts) {
                prop_assert_eq!(remarks(&pieces.report).0, remarks(&whole.report).0);
                prop_assert_eq!(&pieces.events, &whole.events);
            }
            for name in ["plain.csv", "packed.csv"] {
                let pieces = read(&named(name)).unwrap();
                prop_assert_eq!(remarks(&pieces.report), remarks(&whole.report));
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
            prop_assert_eq!(remarks(&pieces.report), remarks(&whole.report));
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
            prop_assert!(rows.len() < 20 || Pieces::of_file(&head, 0, &[0, 1, 2]).unwrap().is_some());
            let parquet = read(&named("log.parquet")).unwrap();
            prop_assert_eq!(&parquet.events, &whole.events);
        }
    }

    #[test]
    fn sessions_places_and_free_columns_come_whole_out_of_pieces() {
        let mut text = "user_id,item_id,timestamp,session_id,lat,lon,brand,size,vec\n".to_owned();
        for row in 0..60 {
            let session = ["", "s1", "s2", "s3"][row % 4];
            let (lat, brand) = (
                [if row == 28 { "x" } else { "40.5" }, "", "95", "41"][row % 7 % 4],
                ["red", "blue", "", "NA"][row % 5 % 4],
            );
            let vec = ["0.5 1", "", "2", "1 -1"][row % 3];
            writeln!(
                text,
                "u{},i{},{},{session},{lat},-7.{row},{brand},{row},{vec}",
                row % 9,
                row % 7,
                1_600_000_000 + row
            )
            .unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let (plain, whole) = (
            folder.path().join("log.csv"),
            folder.path().join("whole.csv"),
        );
        std::fs::write(&plain, &text).unwrap();
        utf16(&whole, &text);
        let read = |path: &Path| {
            let mut file = FileSpec {
                path: path.to_owned(),
                ..FileSpec::default()
            };
            file.roles.latitude = Some("lat".to_owned());
            file.free_features = ["brand", "size", "vec:embedding"]
                .map(FreeColumnSpec::parse)
                .into();
            open::open_file(&file, &AtomicBool::new(false)).unwrap()
        };
        let (pieces, whole) = (read(&plain), read(&whole));
        assert_eq!(remarks(&pieces.report), remarks(&whole.report));
        // As text, since a missing number is not equal to itself.
        assert_eq!(
            format!("{:?}", pieces.events.extra),
            format!("{:?}", whole.events.extra)
        );
        assert!(pieces.events.extra.sessions.is_some() && pieces.events.extra.free.len() == 3);
        assert!(
            remarks(&pieces.report)
                .3
                .iter()
                .any(|problem| problem.contains("no number of degrees"))
        );
    }

    #[test]
    fn files_must_write_times_alike_and_those_without_rows_say_nothing_of_times() {
        let folder = tempfile::tempdir().unwrap();
        let named = |name: &str| folder.path().join(name);
        let mut rows = String::new();
        for row in 0..30 {
            writeln!(rows, "u{},i{},{row}", row % 4, row % 7).unwrap();
        }
        std::fs::write(named("part-0.csv"), format!("user,item,time\n{rows}")).unwrap();
        // The only row is refused for its user, and has a time that is no whole number.
        std::fs::write(named("part-1.csv"), "user,item,time\n,i1,3.5\n,i2,4.5\n").unwrap();
        let open = |pattern: &str, time_format: Option<TimeFormat>| {
            open::open_file(
                &FileSpec {
                    path: named(pattern),
                    time_format,
                    ..FileSpec::default()
                },
                &AtomicBool::new(false),
            )
        };
        let log = open("part-*.csv", Some(TimeFormat::Order)).unwrap();
        assert_eq!(
            (
                log.events.len(),
                log.report.rows_refused,
                log.events.ticks_per_sec
            ),
            (30, 2, 1)
        );

        for (name, dtype) in [
            (
                "a.parquet",
                DataType::Datetime(TimeUnit::Microseconds, None),
            ),
            ("b.parquet", DataType::Int64),
        ] {
            let time = Column::new(
                "time".into(),
                (0..9)
                    .map(|at| 1_600_000_000_000_000 + at)
                    .collect::<Vec<i64>>(),
            );
            let ids = |name: &str| {
                Column::new(
                    name.into(),
                    (0..9).map(|at| format!("x{at}")).collect::<Vec<String>>(),
                )
            };
            let columns = vec![ids("user"), ids("item"), time.cast(&dtype).unwrap()];
            let file = std::fs::File::create(named(name)).unwrap();
            ParquetWriter::new(file)
                .finish(&mut DataFrame::new(9, columns).unwrap())
                .unwrap();
        }
        let sentence = open("*.parquet", None).err().unwrap().to_string();
        assert!(
            sentence
                .contains("b.parquet`: it writes times in another way than the files before it"),
            "{sentence}"
        );
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
        std::fs::write(
            &path,
            format!("user_id,item_id,timestamp\n{rows}u1,\"{long}\",1600000100\n{rows}"),
        )
        .unwrap();
        let log = read(&path).unwrap();
        assert_eq!((log.events.len(), log.report.rows_refused), (81, 0));
        assert!(log.events.items.idx(&long).is_some());

        let decimals = format!(
            "user_id,item_id,timestamp\n{}u1,i1,40.5\n",
            rows.replace("16000000", "")
        );
        std::fs::write(&path, decimals).unwrap();
        let file = FileSpec {
            path,
            time_format: Some(TimeFormat::Order),
            ..FileSpec::default()
        };
        let log = open::open_file(&file, &AtomicBool::new(false)).unwrap();
        assert_eq!(
            (log.events.len(), log.events.ticks_per_sec),
            (41, 1_000_000)
        );
    }
}
