//! What each reader is given, and what must hold of what it makes of it.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use seqscope::data::{
    CleanSpec, Column, DataError, DataReport, DataSource, DataSpec, Encoding, FileFormat, FileSpec,
    Role, SplitSpec, Table, TimeFormat, TitleSpec, prepare, preview, read, write_parquet,
};
use seqscope::experiment::Experiment;
use seqscope::run::{Part, RunId, RunStore};
use strum::IntoEnumIterator;

use super::corpus;

/// A reader that is given damaged files.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// Separated fields.
    Text,
    /// One user a line.
    Lists,
    /// NDJSON and JSON arrays.
    Json,
    /// Text in UTF-16 and GB18030.
    Encoded,
    /// gzip and zstd.
    Packed,
    Parquet,
    /// The bytes of a database.
    Sqlite,
    /// A query to a whole database.
    Query,
    /// A table of titles beside a whole log.
    Titles,
    /// An experiment file.
    Experiment,
    /// `manifest.ron` of a run.
    RunManifest,
    /// `history.csv` of a run.
    RunSeries,
    /// `results/*.parquet` of a run.
    RunTable,
    /// What the references of a run answered.
    RunReferences,
}

/// Longest sentence that a person is asked to read.
pub(super) const LONGEST_SENTENCE: usize = 2_000;

/// A whole log: what stands beside a damaged table of titles.
const LOG: &str = "user,item,time\na,i1,1600000000\na,i2,1600000001\na,i3,1600000002\na,i4,1600000003\nb,i1,1600000004\nb,i2,1600000005\nb,i5,1600000006\nb,i3,1600000007\n";

const FROZEN_RUN: &str = "tests/data/runs/v1/2026-11-22_1224_frozen_5d25";

impl Target {
    pub(super) const COUNT: u32 = 14;

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Lists => "lists",
            Self::Json => "json",
            Self::Encoded => "encoded",
            Self::Packed => "packed",
            Self::Parquet => "parquet",
            Self::Sqlite => "sqlite",
            Self::Query => "query",
            Self::Titles => "titles",
            Self::Experiment => "experiment",
            Self::RunManifest => "run-manifest",
            Self::RunSeries => "run-series",
            Self::RunTable => "run-table",
            Self::RunReferences => "run-references",
        }
    }

    /// Cases of a run without a time: some seconds of all targets together.
    pub(super) fn cases(self) -> usize {
        match self {
            Self::Text | Self::Json | Self::Experiment => 60,
            _ => 30,
        }
    }

    pub(super) fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Self::Text | Self::Encoded => corpus("tests/fuzz/corpus/text"),
            Self::Lists => corpus("tests/fuzz/corpus/lists"),
            Self::Json => corpus("tests/fuzz/corpus/json"),
            Self::Packed => [
                corpus("tests/fuzz/corpus/text"),
                corpus("tests/fuzz/corpus/json"),
            ]
            .concat(),
            Self::Parquet => tables(),
            Self::Sqlite => [databases(), corpus("tests/fuzz/corpus/sqlite")].concat(),
            Self::Query => corpus("tests/fuzz/corpus/queries"),
            Self::Titles => corpus("tests/fuzz/corpus/titles"),
            Self::Experiment => {
                let folders = [
                    "tests/fuzz/corpus/experiment",
                    "tests/data/experiments/v1",
                    "experiments",
                ];
                folders.into_iter().flat_map(corpus).collect()
            }
            Self::RunManifest => {
                vec![std::fs::read(root().join(FROZEN_RUN).join("manifest.ron")).unwrap()]
            }
            Self::RunSeries => {
                vec![std::fs::read(root().join(FROZEN_RUN).join("history.csv")).unwrap()]
            }
            Self::RunTable => vec![results()],
            Self::RunReferences => vec![references()],
        }
    }

    /// Damaged text as the target's files have it; half of what is packed is damaged once more.
    pub(super) fn dressed(self, bytes: Vec<u8>, rng: &mut impl Rng) -> Vec<u8> {
        let dressed = match self {
            Self::Encoded => encoded(&bytes, rng),
            Self::Packed if rng.random() => {
                let mut gzip =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(&bytes).unwrap();
                gzip.finish().unwrap()
            }
            Self::Packed => zstd::encode_all(bytes.as_slice(), 1).unwrap(),
            _ => return bytes,
        };
        if rng.random() {
            super::mutate::mutated(&[dressed], rng)
        } else {
            dressed
        }
    }

    /// Gives the reader a file of these bytes; panics where the promise is broken.
    pub(super) fn holds(self, folder: &Path, bytes: &[u8], rng: &mut impl Rng) {
        let path = folder.join("log");
        match self {
            Self::Query => {
                if !path.exists() {
                    std::fs::write(&path, &databases()[0]).unwrap();
                }
                let query = Some(String::from_utf8_lossy(bytes).into_owned());
                log_holds(
                    &FileSpec {
                        path,
                        query,
                        ..FileSpec::default()
                    },
                    rng,
                );
            }
            Self::Titles => {
                let log = folder.join("log.csv");
                std::fs::write(&log, LOG).unwrap();
                std::fs::write(&path, bytes).unwrap();
                let word = |rng: &mut _| {
                    if RngExt::random(rng) {
                        None
                    } else {
                        Some("title".to_owned())
                    }
                };
                let titles = Some(TitleSpec {
                    path,
                    item: None,
                    title: word(rng),
                });
                log_holds(
                    &FileSpec {
                        path: log,
                        titles,
                        ..FileSpec::default()
                    },
                    rng,
                );
            }
            Self::Experiment => {
                std::fs::write(&path, bytes).unwrap();
                experiment_holds(&path);
            }
            Self::RunManifest => run_holds(folder, "manifest.ron", bytes, rng),
            Self::RunSeries => run_holds(folder, "history.csv", bytes, rng),
            Self::RunTable => run_holds(folder, "results/test.parquet", bytes, rng),
            Self::RunReferences => run_holds(folder, "results/test.references.parquet", bytes, rng),
            _ => {
                std::fs::write(&path, bytes).unwrap();
                let file = FileSpec {
                    path,
                    ..FileSpec::default()
                };
                log_holds(&file, rng);
                log_holds(&said_wrongly(file, rng), rng);
            }
        }
    }
}

/// A file of which something is said, mostly what it is not.
fn said_wrongly(file: FileSpec, rng: &mut impl Rng) -> FileSpec {
    let mut file = file;
    match rng.random_range(0..6) {
        0 => file.format = FileFormat::iter().collect::<Vec<_>>().choose(rng).copied(),
        1 => file.encoding = Encoding::iter().collect::<Vec<_>>().choose(rng).copied(),
        2 => {
            file.separator = [",", "::", "\t", " ", "\"", "é", "a"]
                .choose(rng)
                .map(ToString::to_string);
        }
        3 => file.header = Some(rng.random()),
        4 => {
            let pattern = TimeFormat::Pattern("%d/%m/%Y %H:%M".to_owned());
            file.time_format = TimeFormat::iter()
                .chain([pattern])
                .collect::<Vec<_>>()
                .choose(rng)
                .cloned();
        }
        _ => {
            let role = Role::iter()
                .collect::<Vec<_>>()
                .choose(rng)
                .copied()
                .unwrap_or(Role::Time);
            let column = ["", "user", "item", "time", "column_1", "timestamp"]
                .choose(rng)
                .map(ToString::to_string);
            *file.roles.slot_mut(role) = column;
        }
    }
    file
}

/// A log opens, counted to the last row, or says in a sentence why not.
fn log_holds(file: &FileSpec, rng: &mut impl Rng) {
    match preview(file) {
        Ok(seen) => {
            assert!(
                seen.rows.iter().all(|row| row.len() == seen.columns.len()),
                "a row is not as long as the header"
            );
            assert!(
                seen.rows.len() <= 50
                    && seen
                        .rows
                        .iter()
                        .flatten()
                        .all(|cell| cell.chars().count() <= 501)
            );
            seen.problems
                .iter()
                .for_each(|problem| is_sentence(&problem.sentence()));
        }
        Err(error) => is_error(&error),
    }
    let clean = CleanSpec {
        drop_duplicates: rng.random(),
        ..CleanSpec::default()
    };
    let data = DataSpec {
        source: DataSource::File(file.clone()),
        clean,
        ..DataSpec::default()
    };
    let never = AtomicBool::new(false);
    match read(&data, &never) {
        Ok(dataset) => {
            is_counted(&dataset.report);
            let n_events = dataset.sequences.n_events();
            assert_eq!(
                dataset.report.steps.last().map(|step| step.rows),
                Some(n_events)
            );
            assert!(
                dataset
                    .sequences
                    .item_idx
                    .iter()
                    .all(|&item| dataset.items.id(item).is_some())
            );
            assert!(dataset.titles.is_empty() || dataset.titles.len() == dataset.n_items());
        }
        Err(error) => is_error(&error),
    }
    let split = SplitSpec::all().choose(rng).copied().unwrap_or_default();
    match prepare(&data, split, &never) {
        Ok(prepared) => is_counted(&prepared.dataset.report),
        Err(error) => is_error(&error),
    }
}

/// Every row is kept or refused, and every sentence about them is one.
fn is_counted(report: &DataReport) {
    let kept = report.steps.first().map_or(0, |step| step.rows);
    assert_eq!(
        report.rows_read,
        report.rows_refused + kept,
        "a row is neither kept nor refused, or both"
    );
    assert_eq!(report.refused.len(), report.rows_refused.min(100));
    report
        .refused
        .iter()
        .for_each(|row| is_sentence(&row.reason.to_string()));
    report
        .problems
        .iter()
        .for_each(|problem| is_sentence(&problem.sentence()));
}

/// One line of readable length.
pub(super) fn is_sentence(text: &str) {
    let is_one = !text.trim().is_empty()
        && text.len() <= LONGEST_SENTENCE
        && !text.contains(char::is_control);
    let shown: String = text.chars().take(LONGEST_SENTENCE).collect();
    assert!(is_one, "not one sentence, {} bytes: {shown:?}", text.len());
}

fn is_error(error: &DataError) {
    is_sentence(&error.to_string());
}

/// What can be read can be checked, written and read back as the same.
fn experiment_holds(path: &Path) {
    let experiment = match Experiment::open(path) {
        Ok(experiment) => experiment,
        Err(error) => return is_sentence(&error.to_string()),
    };
    experiment
        .check_settings()
        .iter()
        .for_each(|problem| is_sentence(&problem.sentence()));
    let text = experiment.to_text().unwrap();
    let again = Experiment::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    // As text: NaN is not equal to itself.
    assert_eq!(again.to_text().unwrap(), text);
}

/// A run with one damaged file is listed and read as far as it goes.
fn run_holds(folder: &Path, name: &str, bytes: &[u8], rng: &mut impl Rng) {
    let store = RunStore::at(folder.join("runs"));
    let id = RunId("2026-11-22_1224_frozen_5d25".to_owned());
    let dir = store.dir(&id);
    if !dir.exists() {
        std::fs::create_dir_all(dir.join("results")).unwrap();
        for file in ["manifest.ron", "history.csv"] {
            std::fs::copy(root().join(FROZEN_RUN).join(file), dir.join(file)).unwrap();
        }
        std::fs::write(dir.join("results/test.parquet"), results()).unwrap();
    }
    std::fs::write(dir.join(name), bytes).unwrap();
    assert_eq!(
        store.list().unwrap().len(),
        1,
        "a damaged run is not listed"
    );
    store.status(&id).unwrap();
    let manifest = store.manifest(&id).map(|_| ());
    let series = store.history(&id).map(|_| ());
    let table = store.results(&id, Part::Test).map(|_| ());
    let references = store.reference_results(&id).map(|_| ());
    // Now and then: every file of it is synced to the disk.
    let exported = if rng.random_ratio(1, 10) {
        let export = tempfile::tempdir_in(folder).unwrap();
        store.export(&id, export.path()).map(|_| ())
    } else {
        Ok(())
    };
    for error in [manifest, series, table, references, exported]
        .into_iter()
        .filter_map(Result::err)
    {
        is_sentence(&error.to_string());
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Text in one of the encodings that are guessed, with a mark or without.
fn encoded(bytes: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mark = if rng.random() { "\u{feff}" } else { "" };
    let units = || mark.encode_utf16().chain(text.encode_utf16());
    match rng.random_range(0..3) {
        0 => units().flat_map(u16::to_le_bytes).collect(),
        1 => units().flat_map(u16::to_be_bytes).collect(),
        _ => encoding_rs::GB18030.encode(&text).0.into_owned(),
    }
}

/// The bytes of a file that something wrote.
fn written(write: impl FnOnce(&Path)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed");
    write(&path);
    std::fs::read(&path).unwrap()
}

fn parquet(columns: Vec<(&str, Column)>) -> Vec<u8> {
    let columns = columns
        .into_iter()
        .map(|(name, column)| (name.to_owned(), column))
        .collect();
    written(|path| write_parquet(path, &Table { columns }).unwrap())
}

/// Small logs as Parquet: ids as text and as numbers, times as seconds and as text.
fn tables() -> Vec<Vec<u8>> {
    let text = |letter: char, n: i64| {
        Column::Text(
            (0..40)
                .map(|row| format!("{letter}{}", row * row % n))
                .collect(),
        )
    };
    let seconds = || Column::Int((0..40).map(|row| 1_600_000_000 + 60 * row).collect());
    let dates = Column::Text(
        (0..40)
            .map(|row| format!("2024-01-{:02} 10:00:00", 1 + row % 28))
            .collect(),
    );
    let numbers = |n: i64| Column::Int((0..40).map(|row| row * row % n).collect());
    let ratings = Column::Float((0..40).map(|row| f64::from(row % 5) / 2.0).collect());
    vec![
        parquet(vec![
            ("user_id", text('u', 7)),
            ("item_id", text('i', 11)),
            ("timestamp", seconds()),
        ]),
        parquet(vec![
            ("user", numbers(5)),
            ("item", numbers(9)),
            ("date", dates),
            ("rating", ratings),
        ]),
    ]
}

fn results() -> Vec<u8> {
    let text = |letter: char| Column::Text((0..20).map(|n| format!("{letter}{n}")).collect());
    let number = |by: f64| Column::Float((0..20).map(|n| by * f64::from(n)).collect());
    let columns = [
        ("user_id", text('u')),
        ("item_id", text('i')),
        ("rank", number(1.0)),
        ("probability", number(0.01)),
    ];
    parquet(columns.into())
}

fn references() -> Vec<u8> {
    let text = |letter: char| Column::Text((0..20).map(|n| format!("{letter}{n}")).collect());
    let ranks = Column::Float((0..20).map(f64::from).collect());
    let columns = [
        ("user_id", text('u')),
        ("item_id", text('i')),
        ("markov.rank", ranks),
        ("markov-class.answered", text('c')),
    ];
    parquet(columns.into())
}

/// Small databases, of small pages so that an edit hits something.
fn databases() -> Vec<Vec<u8>> {
    let rows: Vec<String> = (0..40)
        .map(|n| {
            format!(
                "('u{}', 'i{}', {}, {n}.5)",
                n % 5,
                n * n % 9,
                1_600_000_000 + n
            )
        })
        .collect();
    let events = format!(
        "PRAGMA page_size = 512; CREATE TABLE events (user TEXT, item TEXT, time INTEGER, value REAL);
         INSERT INTO events VALUES {};",
        rows.join(", ")
    );
    let items = "CREATE TABLE items (item TEXT PRIMARY KEY, title TEXT); INSERT INTO items VALUES \
                 ('i1', 'One'), ('i4', NULL);";
    let view = "CREATE VIEW log AS SELECT user, item, time FROM events WHERE value > 3;";
    let made = |sql: &str| {
        written(|path| {
            rusqlite::Connection::open(path)
                .unwrap()
                .execute_batch(sql)
                .unwrap();
        })
    };
    vec![
        made(&format!("{events}{items}")),
        made(&events),
        made(&format!("{events}{view}")),
    ]
}
