//! Tables and queries of SQLite databases.

use rusqlite::Connection;
use seqscope::data::{DataSource, DataSpec, FileFormat, Role, SplitSpec, check, preview};
use seqscope::spec::FieldPath;

use super::packed::CSV;
use super::{OnDisk, history, warnings};

/// A database that these statements made.
fn database(sql: &str) -> OnDisk {
    let log = OnDisk::new("shop.data", "");
    std::fs::remove_file(&log.spec.path).unwrap();
    Connection::open(&log.spec.path)
        .unwrap()
        .execute_batch(sql)
        .unwrap();
    log
}

/// The events of [`CSV`], in a table of mixed types.
fn events() -> String {
    let rows: Vec<String> = CSV
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let value = if cells[4].is_empty() {
                "NULL"
            } else {
                cells[4]
            };
            format!(
                "('{}', '{}', {}, '{}', {value})",
                cells[0], cells[1], cells[2], cells[3]
            )
        })
        .collect();
    format!(
        "CREATE TABLE \"my events\" (user TEXT, item, time INTEGER, behaviour TEXT, value REAL);
         INSERT INTO \"my events\" VALUES {};",
        rows.join(", ")
    )
}

fn sentence(log: &OnDisk) -> String {
    log.prepare()
        .unwrap_err()
        .to_string()
        .replace(&log.spec.path.display().to_string(), "PATH")
}

#[test]
fn the_only_table_is_the_log() {
    let expected = OnDisk::new("log.csv", CSV).prepare().unwrap();
    let log = database(&events());
    let before = std::fs::read(&log.spec.path).unwrap();
    let seen = preview(&log.spec).unwrap();
    assert_eq!(
        (seen.file.format, seen.file.table.as_deref()),
        (Some(FileFormat::Sqlite), Some("my events"))
    );
    assert_eq!(seen.rows[2], ["a", "y", "1600000002", "view", ""]);
    assert_eq!(
        log.prepare().unwrap().dataset.fingerprint,
        expected.dataset.fingerprint
    );
    assert_eq!(std::fs::read(&log.spec.path).unwrap(), before);
    assert_eq!(
        std::fs::read_dir(log.folder.path()).unwrap().count(),
        1,
        "nothing is written beside it"
    );
}

#[test]
fn of_several_tables_the_one_that_looks_like_a_log_is_taken() {
    let tables =
        "CREATE TABLE items (item TEXT, title TEXT); INSERT INTO items VALUES ('x', 'Xylophone');
                  CREATE TABLE notes (body TEXT);";
    let mut log = database(&format!("{}{tables}", events()));
    assert_eq!(
        preview(&log.spec).unwrap().file.table.as_deref(),
        Some("my events")
    );
    log.spec.table = Some("items".to_owned());
    assert_eq!(preview(&log.spec).unwrap().columns, ["item", "title"]);
    log.spec.table = Some("itmes".to_owned());
    assert_eq!(
        sentence(&log),
        "the database has no table `itmes`; it has `items`, `my events`, `notes`."
    );
    let log = database(&format!(
        "{}{}",
        events(),
        "CREATE VIEW again AS SELECT * FROM \"my events\";"
    ));
    assert_eq!(
        preview(&log.spec).unwrap().file.table.as_deref(),
        Some("my events"),
        "the one table before its view"
    );
    assert_eq!(
        sentence(&database("CREATE TABLE t (a); DROP TABLE t;")),
        "`PATH`: the database holds no table; choose one that holds a log."
    );
    let expected =
        "`PATH`: the table `t` gives no rows; name another in `data.table` or `data.query`.";
    assert_eq!(
        sentence(&database("CREATE TABLE t (user, item);")),
        expected
    );
}

#[test]
fn a_query_gives_the_log_and_only_reads() {
    let mut log = database(&events());
    log.spec.query = Some(
        "SELECT user, item, time FROM \"my events\" WHERE user = 'a' ORDER BY time DESC;"
            .to_owned(),
    );
    let prepared = log.prepare().unwrap();
    assert_eq!(history(&prepared, "a"), ["x", "y", "z", "x"]);
    assert_eq!(prepared.dataset.report.rows_read, 4);
    log.spec.query = Some("SELECT user, user, item FROM \"my events\"".to_owned());
    assert_eq!(
        preview(&log.spec).unwrap().columns,
        ["user", "user_2", "item"]
    );
    assert!(warnings(&log.prepare().unwrap()).contains("the other `user` is called `user_2`"));
    for (query, expected) in [
        (
            "DELETE FROM \"my events\"",
            "a query only reads: begin `data.query` with SELECT, such as",
        ),
        (
            "WITH t AS (SELECT 1) DELETE FROM \"my events\"",
            "the query would write; `data.query` may only SELECT.",
        ),
        (
            "SELECT 1; DROP TABLE \"my events\"",
            "the query cannot be run (Multiple statements provided",
        ),
        (
            "SELECT nobody FROM \"my events\"",
            "the query cannot be run (no such column: nobody",
        ),
    ] {
        log.spec.query = Some(query.to_owned());
        assert!(
            sentence(&log).starts_with(expected),
            "{query}: {}",
            sentence(&log)
        );
    }
    log.spec.query = Some("DROP TABLE x".to_owned());
    log.spec.table = Some("x".to_owned());
    let data = DataSpec {
        source: DataSource::File(log.spec.clone()),
        ..DataSpec::default()
    };
    let fields: Vec<FieldPath> = check(&data, SplitSpec::LeaveOneOut)
        .into_iter()
        .map(|problem| problem.field)
        .collect();
    assert_eq!(fields, ["data.query", "data.table"]);
}

#[test]
fn values_of_every_type_become_cells() {
    let sql = "CREATE TABLE log (user_id, item_id, rating, ts);
               INSERT INTO log VALUES (1.0, 7, 4.5, 1600000000), (1, '7', NULL, 1600000001.0), (1, x'6162', '3', '1600000002'),
                                      (9007199254740993, x'ff00', 2, 1600000003), (NULL, 7, 1, 1600000004),
                                      (1, CAST(x'ff' AS TEXT), 1, 1600000005), (1, 'z', 1e300, 1600000006), (1, 'c', 1, 1600000007);";
    let log = database(sql);
    let seen = preview(&log.spec).unwrap();
    assert_eq!(seen.rows[0], ["1", "7", "4.5", "1600000000"]);
    assert_eq!(seen.file.roles.column(Role::Time), Some("ts"));
    let prepared = log.prepare().unwrap();
    assert_eq!(history(&prepared, "1"), ["7", "7", "ab", "z", "c"]);
    assert_eq!(history(&prepared, "9007199254740993"), ["ff00"]);
    let report = &prepared.dataset.report;
    let told: Vec<String> = report
        .refused
        .iter()
        .map(|row| format!("{} {}", row.line, row.reason))
        .collect();
    assert_eq!((report.rows_read, told.len()), (8, 2));
    assert_eq!(told, ["5 has no user", "6 is not valid UTF-8"]);
    assert!(super::warnings(&prepared).contains("1 of 6 rows have a value that is no number"));
}

#[test]
fn what_only_begins_like_a_database_gets_one_sentence() {
    let text = sentence(&OnDisk::new(
        "log.db",
        b"SQLite format 3\0 and then nothing of the kind",
    ));
    assert!(
        text.starts_with("`PATH`: it is not a readable SQLite database (file is not a database"),
        "{text}"
    );
    // A database that is cut in the middle.
    let rows: Vec<String> = (0..3_000)
        .map(|n| format!("({}, 'item{n}', {n})", n % 7))
        .collect();
    let log = database(&format!(
        "CREATE TABLE t (user, item, time); INSERT INTO t VALUES {};",
        rows.join(",")
    ));
    let whole = std::fs::read(&log.spec.path).unwrap();
    std::fs::write(&log.spec.path, &whole[..whole.len() / 2]).unwrap();
    let text = sentence(&log);
    assert!(
        text.contains("it is not a readable SQLite database (database disk image is malformed"),
        "{text}"
    );
}

/// rusqlite itself panics at such a name; the program must not, nor say that it has a defect.
#[test]
fn the_name_of_a_column_that_is_no_text_gets_a_sentence() {
    let log = database(&events());
    let bytes = std::fs::read(&log.spec.path).unwrap();
    let at = bytes
        .windows(9)
        .position(|some| some == b"user TEXT")
        .unwrap();
    let broken = [&bytes[..at], b"\xffser", &bytes[at + 4..]].concat();
    std::fs::write(&log.spec.path, broken).unwrap();
    let expected = "`PATH`: the name of a column is not valid UTF-8; name it anew, or copy the \
                    database again.";
    assert_eq!(sentence(&log), expected);
    let place = crate::place::Place::new();
    std::fs::copy(&log.spec.path, place.path("shop.db")).unwrap();
    place
        .seqscope("data shop.db")
        .fails(1, &["not valid UTF-8"]);
}
