//! A large log, block by block: blocks are parsed and coded on all processors and joined in order,
//! so that what is in memory is a few blocks of text and the coded columns.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::coding::{self, CodedRows, RoleCells, Wanted};
use super::events::Events;
use super::prepare::go_on;
use super::source::{Block, Blocks, Lines, Refused};
use super::{DataError, TimeFormat};

/// A whole log, coded.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) events: Events,
    pub(super) lines: Lines,
    pub(super) refused: Refused,
    /// Number of rows in the file, refused ones included, header not.
    pub(super) n_read: usize,
    /// Lines of the blocks so far.
    pub(super) n_lines: usize,
}

/// A block, coded: its indices are those of its own vocabularies, its lines are counted from its
/// own beginning.
struct CodedBlock {
    rows: CodedRows,
    n_read: usize,
    n_lines: usize,
}

/// Codes a log. `None` when it turns out that it must be read as a whole: it has quotes, or times
/// that are whole numbers here and decimals there.
///
/// `wanted` are the columns, `format` is how times are written.
pub(super) fn code(
    mut blocks: Blocks,
    wanted: &Wanted,
    format: TimeFormat,
    cancel: &AtomicBool,
) -> Result<Option<Joined>, DataError> {
    let mut joined = Joined::default();
    let mut coded = Vec::new();
    loop {
        go_on(cancel)?;
        let wave = wave(&mut blocks)?;
        if wave.is_empty() && coded.is_empty() {
            return Ok((joined.events.len() > 0).then_some(joined));
        }
        // While the next blocks are coded, those coded before are joined.
        let work = || wave.par_iter().map(|block| code_block(block, wanted, format)).collect::<Result<Vec<_>, _>>();
        let join = || coded.into_iter().try_fold(true, |fits, block| Ok::<bool, DataError>(fits && joined.add(block)?));
        let (next, fits) = rayon::join(work, join);
        let next: Option<Vec<CodedBlock>> = next?.into_iter().collect();
        let (Some(next), true) = (next, fits?) else { return Ok(None) };
        coded = next;
    }
}

/// As many blocks as there are threads to work on them.
fn wave(blocks: &mut Blocks) -> Result<Vec<Block>, DataError> {
    let mut wave = Vec::new();
    while wave.len() < rayon::current_num_threads()
        && let Some(block) = blocks.next_block()?
    {
        wave.push(block);
    }
    Ok(wave)
}

/// `None` for a block that tells that the log must be read as a whole.
fn code_block(block: &Block, wanted: &Wanted, format: TimeFormat) -> Result<Option<CodedBlock>, DataError> {
    let Some(found) = block.rows(&wanted.positions())? else { return Ok(None) };
    let cells = RoleCells::new(wanted, found.rows.columns)?;
    let mut rows = coding::code(&cells, format, found.rows.lines)?;
    rows.refused.merge(found.rows.refused);
    Ok(Some(CodedBlock { rows, n_read: found.rows.n_read, n_lines: found.n_lines }))
}

impl Joined {
    /// Adds the next block; `false` when its times are in another unit than those before.
    fn add(&mut self, block: CodedBlock) -> Result<bool, DataError> {
        let CodedRows { events, lines, refused } = block.rows;
        self.lines.follow(lines, self.n_lines);
        self.refused.follow(refused, self.n_lines);
        self.n_read += block.n_read;
        self.n_lines += block.n_lines;
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

    use proptest::prelude::*;

    use crate::data::log::{self, Log};
    use crate::data::{DataError, DataReport, FileSpec, FreeColumnSpec, TimeFormat};

    /// A line of a log, now and then one that cannot be read.
    fn line() -> impl Strategy<Value = String> {
        let row = (0..9_u32, 0..30_u32, 0..400_u32, 0..3_u32);
        let good = row.prop_map(|(user, item, time, kind)| {
            format!("u{user},item-{item},{},{}", 1_600_000_000 + time, ["view", "cart", ""][kind as usize])
        });
        prop_oneof![
            20 => good,
            1 => Just("u1,item-2".to_owned()),
            1 => Just(",item-3,1600000000,view".to_owned()),
            1 => Just("u2,item-4,yesterday,view".to_owned()),
            1 => Just(String::new()),
            1 => Just("u3,item-5,1600000001,view\r".to_owned()),
            1 => Just(format!("u4,{},1600000002,cart", "long".repeat(60))),
            1 => Just("u5,caf\u{e9},1600000003,view".to_owned()),
        ]
    }

    fn read(path: &Path) -> Result<Log, DataError> {
        let file = FileSpec { path: path.to_owned(), time_format: Some(TimeFormat::Seconds), ..FileSpec::default() };
        log::open(&file, &AtomicBool::new(false))
    }

    fn told(report: &DataReport) -> (usize, usize, Vec<String>, Vec<String>) {
        let refused = report.refused.iter().map(|row| format!("{} {}", row.line, row.reason)).collect();
        let problems = report.problems.iter().map(|problem| problem.sentence.clone()).collect();
        (report.rows_read, report.rows_refused, refused, problems)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// A packed file is read as a whole: the slow and obvious way.
        #[test]
        fn in_blocks_a_log_is_what_it_is_as_a_whole(
            lines in prop::collection::vec(line(), 4..80),
            ends_with_line_end in any::<bool>(),
        ) {
            let mut text = format!("user_id,item_id,timestamp,behavior\nu0,item-0,1600000000,view\n{}", lines.join("\n"));
            if ends_with_line_end {
                text.push('\n');
            }
            let folder = tempfile::tempdir().unwrap();
            let (plain, packed) = (folder.path().join("log.csv"), folder.path().join("log.csv.gz"));
            std::fs::write(&plain, &text).unwrap();
            let mut file = flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), flate2::Compression::fast());
            file.write_all(text.as_bytes()).unwrap();
            file.finish().unwrap();
            let (blocks, whole) = (read(&plain).unwrap(), read(&packed).unwrap());
            prop_assert_eq!(told(&blocks.report), told(&whole.report));
            prop_assert_eq!(blocks.events, whole.events);
        }
    }

    #[test]
    fn sessions_places_and_free_columns_come_whole_out_of_blocks() {
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
        let (plain, packed) = (folder.path().join("log.csv"), folder.path().join("log.csv.gz"));
        std::fs::write(&plain, &text).unwrap();
        let mut file =
            flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), flate2::Compression::fast());
        file.write_all(text.as_bytes()).unwrap();
        file.finish().unwrap();
        let read = |path: &Path| {
            let mut file = FileSpec { path: path.to_owned(), ..FileSpec::default() };
            file.roles.latitude = Some("lat".to_owned());
            file.free_features = ["brand", "size", "vec:embedding"].map(FreeColumnSpec::parse).into();
            log::open(&file, &AtomicBool::new(false)).unwrap()
        };
        let (blocks, whole) = (read(&plain), read(&packed));
        assert_eq!(told(&blocks.report), told(&whole.report));
        // As text, since a missing number is not equal to itself.
        assert_eq!(format!("{:?}", blocks.events.extra), format!("{:?}", whole.events.extra));
        assert!(blocks.events.extra.sessions.is_some() && blocks.events.extra.free.len() == 3);
        assert!(told(&blocks.report).3.iter().any(|problem| problem.contains("no number of degrees")));
    }

    #[test]
    fn what_cannot_be_cut_is_read_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let mut rows = String::new();
        for row in 0..40 {
            writeln!(rows, "u{},i{},{}", row % 4, row % 7, 1_600_000_000 + row).unwrap();
        }
        std::fs::write(&path, format!("user_id,item_id,timestamp\n{rows}u1,\"two\nlines\",1600000100\n")).unwrap();
        let log = read(&path).unwrap();
        assert_eq!((log.events.len(), log.report.rows_refused), (41, 0));
        assert!(log.events.items.idx("two\nlines").is_some());

        let decimals = format!("user_id,item_id,timestamp\n{}u1,i1,40.5\n", rows.replace("16000000", ""));
        std::fs::write(&path, decimals).unwrap();
        let file = FileSpec { path, time_format: Some(TimeFormat::Order), ..FileSpec::default() };
        let log = log::open(&file, &AtomicBool::new(false)).unwrap();
        assert_eq!((log.events.len(), log.events.ticks_per_sec), (41, 1_000_000));
    }
}
