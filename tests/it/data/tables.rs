//! Small tables on disk.

use seqscope::data::{Column, Table, read_parquet, write_csv, write_parquet};

fn table() -> Table {
    Table {
        columns: vec![
            (
                "user".to_owned(),
                Column::Text(vec!["a".to_owned(), "用户, \"b\"".to_owned()]),
            ),
            ("rank".to_owned(), Column::Float(vec![1.5, -0.25])),
            ("n".to_owned(), Column::Int(vec![i64::MIN, i64::MAX])),
        ],
    }
}

#[test]
fn a_cell_reads_as_a_person_writes_it() {
    let floats = Column::Float(vec![0.25, 12.0, 0.123_456, 0.000_012_3, 0.0, f64::NAN]);
    let cells: Vec<String> = (0..7).map(|row| floats.cell(row)).collect();
    assert_eq!(cells, ["0.25", "12", "0.1235", "1.23e-5", "0", "", ""]);
    assert_eq!(
        (
            Column::Int(vec![-3]).cell(0),
            Column::Text(vec!["茶".to_owned()]).cell(0)
        ),
        ("-3".into(), "茶".into())
    );
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &table()).unwrap();
    assert_eq!(read_parquet(&path).unwrap(), table());
    // No temporary file is left behind.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn csv_is_written_with_a_header_and_quotes_where_needed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    write_csv(&path, &table()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "user,rank,n\na,1.5,-9223372036854775808\n\"用户, \"\"b\"\"\",-0.25,9223372036854775807\n"
    );
}

#[test]
fn a_table_that_cannot_be_written_leaves_the_old_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &table()).unwrap();
    let mut uneven = table();
    uneven.columns[0].1 = Column::Text(vec!["only one".to_owned()]);
    let sentence = write_parquet(&path, &uneven).unwrap_err().to_string();
    assert!(
        sentence.contains("columns must be of one length"),
        "{sentence}"
    );
    assert_eq!(read_parquet(&path).unwrap(), table());
    let nowhere = folder.path().join("no/such/folder/t.csv");
    for refused in [
        write_csv(&nowhere, &table()),
        write_parquet(&nowhere, &table()),
    ] {
        let sentence = refused.unwrap_err().to_string();
        assert!(
            sentence.starts_with("cannot write `") && sentence.contains("choose a folder"),
            "{sentence}"
        );
        assert!(!sentence.contains("cannot read"), "{sentence}");
    }
}
