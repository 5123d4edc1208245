//! Several files as one log.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use seqscope::data::{DataSource, DataSpec, FileSpec, preview, read};

use super::packed::{CSV, LINES};
use super::{OnDisk, history, prepare_file, warnings};

/// The spec of a pattern in the folder of a log.
fn pattern(log: &OnDisk, pattern: &str) -> FileSpec {
    FileSpec {
        path: log.folder.path().join(pattern),
        ..FileSpec::default()
    }
}

/// [`CSV`] in three files, each with the header.
fn in_parts() -> OnDisk {
    let lines: Vec<&str> = CSV.lines().collect();
    let part = |rows: &[&str]| format!("{}\n{}\n", lines[0], rows.join("\n"));
    let log = OnDisk::new("part-1.csv", part(&lines[1..3]));
    log.beside("part-3.csv", part(&lines[5..]));
    log.beside("part-2.csv", part(&lines[3..5]));
    log
}

fn rows_read(file: &FileSpec) -> usize {
    let data = DataSpec {
        source: DataSource::File(file.clone()),
        ..DataSpec::default()
    };
    read(&data, &AtomicBool::new(false))
        .unwrap()
        .report
        .rows_read
}

fn sentence(file: &FileSpec, log: &OnDisk) -> String {
    let folder = log.folder.path().display().to_string();
    prepare_file(file)
        .unwrap_err()
        .to_string()
        .replace(&folder, "FOLDER")
}

#[test]
fn the_files_of_a_pattern_are_one_log_sorted_by_name() {
    let expected = OnDisk::new("log.csv", CSV).prepare().unwrap();
    let log = in_parts();
    let file = pattern(&log, "part-*.csv");
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(prepared.dataset.fingerprint, expected.dataset.fingerprint);
    assert_eq!(
        (
            prepared.dataset.report.rows_read,
            prepared.dataset.name.as_str()
        ),
        (6, "part")
    );
    let sizes = [1, 2, 3].map(|n| {
        std::fs::metadata(log.folder.path().join(format!("part-{n}.csv")))
            .unwrap()
            .len()
    });
    let seen = preview(&file).unwrap();
    assert_eq!(seen.n_bytes, sizes.iter().sum::<u64>());
    assert_eq!(seen.n_files, 3);
    assert_eq!(seen.rows.len(), 2, "the head is that of the first file");
    let halves: Vec<&str> = LINES.split_inclusive('\n').collect();
    let log = OnDisk::new("b.jsonl", halves[2..].concat());
    log.beside("a.jsonl", halves[..2].concat());
    let prepared = prepare_file(&pattern(&log, "?.jsonl")).unwrap();
    assert_eq!(prepared.dataset.fingerprint, expected.dataset.fingerprint);
}

#[test]
fn refused_rows_and_doubtful_times_name_file_and_line() {
    let log = in_parts();
    log.beside(
        "part-2.csv",
        "user,item,time,behaviour,value\na,y,1600000002,view,\na,z\na,z,99999999999,buy,3\n",
    );
    let prepared = prepare_file(&pattern(&log, "part-*.csv")).unwrap();
    let report = &prepared.dataset.report;
    assert_eq!((report.rows_read, report.rows_refused), (7, 1));
    assert_eq!(
        (report.refused[0].file.as_deref(), report.refused[0].line),
        (Some("part-2.csv"), 3)
    );
    let told = warnings(&prepared);
    assert!(
        told.contains("(the first: line 3 of `part-2.csv` expected 5 fields, found 2)"),
        "{told}"
    );
    assert!(
        told.contains("in the future (the first on line 4 of `part-2.csv`, 5138-11-16"),
        "{told}"
    );
}

#[test]
fn a_file_that_is_not_like_the_others_is_named() {
    let log = in_parts();
    let file = pattern(&log, "part-*");
    let cure = "the files of one log must be alike, so narrow the pattern in `data.path`.";
    log.beside(
        "part-2.csv",
        "who,item,time,behaviour,value\na,y,1600000002,view,\n",
    );
    assert_eq!(
        sentence(&file, &log),
        format!(
            "`FOLDER/part-2.csv`: it has the columns `who`, `item`, `time`, `behaviour`, `value`, \
             but `part-1.csv` has `user`, `item`, `time`, `behaviour`, `value`; {cure}"
        )
    );
    log.beside("part-2.csv", LINES);
    let expected = format!("`FOLDER/part-2.csv`: it is Ndjson, but `part-1.csv` is Text; {cure}");
    assert_eq!(sentence(&file, &log), expected);
    assert!(preview(&file).is_err(), "the window says so at once");
    let utf16: Vec<u8> = CSV.encode_utf16().flat_map(u16::to_le_bytes).collect();
    log.beside("part-2.csv", utf16);
    let expected = format!(
        "`FOLDER/part-2.csv`: it is written in UTF-16 LE, but `part-1.csv` in UTF-8; {cure}"
    );
    assert_eq!(sentence(&file, &log), expected);
    log.beside("part-2.csv", "");
    assert_eq!(
        sentence(&file, &log),
        "`FOLDER/part-2.csv`: the file is empty; choose one that holds a log."
    );
}

#[test]
fn a_pattern_that_finds_nothing_or_too_much_gets_a_sentence() {
    let log = in_parts();
    let expected = "cannot read `FOLDER/q*.csv`: no file matches this pattern; check the folder \
                    and the letters between the stars";
    assert_eq!(sentence(&pattern(&log, "q*.csv"), &log), expected);
    let expected = "cannot read `FOLDER/none`: there is no such file; check the path";
    assert_eq!(sentence(&pattern(&log, "none/*.csv"), &log), expected);
    for n in 0..10_001 {
        std::fs::File::create(log.folder.path().join(format!("n{n}"))).unwrap();
    }
    let expected =
        "cannot read `FOLDER/n*`: more than 10000 files match this pattern; name a narrower one";
    assert_eq!(sentence(&pattern(&log, "n*"), &log), expected);
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_do_not_hang() {
    let log = in_parts();
    let inner = log.folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    for name in ["up", "again"] {
        std::os::unix::fs::symlink(log.folder.path(), inner.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("self.csv", log.folder.path().join("part-self.csv")).unwrap();
    std::fs::rename(
        log.folder.path().join("part-3.csv"),
        inner.join("part-3.csv"),
    )
    .unwrap();
    assert_eq!(rows_read(&pattern(&log, "**/part-*.csv")), 6);
    // A link that is named is followed.
    assert_eq!(rows_read(&pattern(&log, "inner/up/part-*.csv")), 4);
}

#[test]
fn parquet_files_are_one_log_too() {
    use seqscope::data::{Column, Table, write_parquet};
    let log = OnDisk::new("x", "");
    let text = |cells: &[&str]| Column::Text(cells.iter().map(|&cell| cell.to_owned()).collect());
    for (name, items) in [("a.parquet", ["x", "y"]), ("b.parquet", ["z", "x"])] {
        let columns = vec![
            ("user".to_owned(), text(&["u", "u"])),
            ("item".to_owned(), text(&items)),
        ];
        write_parquet(&log.folder.path().join(name), &Table { columns }).unwrap();
    }
    let prepared = prepare_file(&pattern(&log, "*.parquet")).unwrap();
    assert_eq!(history(&prepared, "u"), ["x", "y", "z", "x"]);
    assert!(Path::new(&log.spec.path).exists());
}
