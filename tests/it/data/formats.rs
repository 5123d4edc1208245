//! Parquet and NDJSON give the same dataset as the same events in text.

use seqscope::data::{Column, FileFormat, Table, TimeFormat, preview, read_parquet, write_parquet};

use super::{OnDisk, history};

const CSV: &str = "user,item,time,behaviour,value\na,x,1600000000,view,1.5\nb,y,1600000001,buy,2\na,y,1600000002,view,\na,z,1600000003,buy,3\nb,x,1600000004,view,4\na,x,1600000005,view,5\n";

#[test]
fn ndjson_is_read_and_bad_lines_are_listed() {
    let lines = r#"{"user":"a","item":"x","time":1600000000,"behaviour":"view","value":1.5}
{"item":"y","user":"b","time":1600000001,"behaviour":"buy","value":2}
not json

{"user":"a","item":"y","time":1600000002,"behaviour":"view","value":null}
{"user":"a","item":"z","time":1600000003,"behaviour":"buy","value":3}
[1,2]
{"user":"b","item":"x","time":1600000004,"behaviour":"view","value":4
{"user":"b","item":"x","time":1600000004,"behaviour":"view","value":4}
{"user":"a","item":"x","time":1600000005,"behaviour":"view","value":5,"more":{"deep":[1]}}
"#;
    let log = OnDisk::new("log.jsonl", lines);
    let prepared = log.prepare().unwrap();
    let report = &prepared.dataset.report;
    assert_eq!((report.rows_read, report.rows_refused), (9, 3));
    let refused: Vec<(usize, String)> = report
        .refused
        .iter()
        .map(|row| (row.line, row.reason.to_string()))
        .collect();
    assert_eq!(refused[0], (3, "is no JSON object".to_owned()));
    assert_eq!(refused[1], (7, "is no JSON object".to_owned()));
    assert_eq!(refused[2].0, 8);
    assert!(
        refused[2].1.contains("EOF while parsing an object"),
        "{}",
        refused[2].1
    );
    let from_text = OnDisk::new("log.csv", CSV).prepare().unwrap();
    assert_eq!(prepared.dataset.fingerprint, from_text.dataset.fingerprint);
    assert_eq!(
        preview(&log.spec).unwrap().file.format,
        Some(FileFormat::Ndjson)
    );
}

#[test]
fn parquet_is_read_whatever_its_types() {
    let from_text = OnDisk::new("log.csv", CSV).prepare().unwrap();
    let log = OnDisk::new("log.parquet", "");
    let text = |cells: &[&str]| Column::Text(cells.iter().map(|&cell| cell.to_owned()).collect());
    let table = |time: Column, value: Column| Table {
        columns: vec![
            ("user".to_owned(), text(&["a", "b", "a", "a", "b", "a"])),
            ("item".to_owned(), text(&["x", "y", "y", "z", "x", "x"])),
            ("time".to_owned(), time),
            (
                "behaviour".to_owned(),
                text(&["view", "buy", "view", "buy", "view", "view"]),
            ),
            ("value".to_owned(), value),
        ],
    };
    let value = Column::Float(vec![1.5, 2.0, f64::NAN, 3.0, 4.0, 5.0]);
    let seconds = Column::Int((1_600_000_000..1_600_000_006).collect());
    write_parquet(&log.spec.path, &table(seconds, value.clone())).unwrap();
    assert_eq!(
        log.prepare().unwrap().dataset.fingerprint,
        from_text.dataset.fingerprint
    );
    let floats = Column::Float((0..6).map(|n| 1.6e9 + f64::from(n)).collect());
    write_parquet(&log.spec.path, &table(floats, value)).unwrap();
    assert_eq!(
        log.prepare().unwrap().dataset.fingerprint,
        from_text.dataset.fingerprint
    );
    let preview = preview(&log.spec).unwrap();
    assert_eq!(preview.file.time_format, Some(TimeFormat::Seconds));
    assert_eq!(preview.rows[0], ["a", "x", "1600000000", "view", "1.5"]);
}

#[test]
fn ids_kept_as_numbers_stay_whole() {
    let log = OnDisk::new("log.parquet", "");
    let columns = vec![
        ("user".to_owned(), Column::Float(vec![1.0; 4])),
        ("item".to_owned(), Column::Int(vec![5, 6, 7, 5])),
        ("time".to_owned(), Column::Int(vec![4, 3, 2, 1])),
    ];
    write_parquet(&log.spec.path, &Table { columns }).unwrap();
    assert_eq!(history(&log.prepare().unwrap(), "1"), ["5", "7", "6", "5"]);
    assert_eq!(
        read_parquet(&log.spec.path).unwrap().columns[1].1,
        Column::Int(vec![5, 6, 7, 5])
    );
}
