//! Every kind of bad data gets one sentence with the cure, and never a panic.

use std::path::Path;

use seqscope::data::{
    CleanSpec, DataSource, DataSpec, Encoding, FileSpec, Roles, SplitSpec, TimeFormat, TitleSpec,
    check, preview, read_parquet,
};

use crate::data::{OnDisk, prepare_cleaned, prepare_file, warnings};

/// The sentence of a file that cannot be prepared, its path written as `PATH`.
fn sentence(log: &OnDisk) -> String {
    let path = log.spec.path.display().to_string();
    log.prepare()
        .unwrap_err()
        .to_string()
        .replace(&path, "PATH")
}

fn sentence_of(name: &str, bytes: impl AsRef<[u8]>) -> String {
    sentence(&OnDisk::new(name, bytes))
}

/// Enough good lines for everything but the fault.
const GOOD: &str = "user,item,time\na,x,1600000000\na,y,1600000001\na,z,1600000002\na,x,1600000003\nb,x,1600000004\nb,y,1600000005\nb,z,1600000006\n";

#[test]
fn an_empty_file() {
    assert_eq!(
        sentence_of("log.csv", ""),
        "`PATH`: the file is empty; choose one that holds a log."
    );
}

#[test]
fn only_blank_lines() {
    let expected = "`PATH`: no separator divides its lines into columns; a log needs a user and an \
                    item on each line (give `data.separator` if it is an unusual one).";
    assert_eq!(sentence_of("log.csv", "\n\n  \n"), expected);
}

#[test]
fn only_a_header() {
    let expected = "`PATH`: it holds a header and no rows; choose a file with events.";
    assert_eq!(sentence_of("log.csv", "user,item,time\n"), expected);
}

#[test]
fn a_missing_file() {
    let file = FileSpec {
        path: "/no/such/log.csv".into(),
        ..FileSpec::default()
    };
    let expected = "cannot read `/no/such/log.csv`: there is no such file; check the path";
    assert_eq!(prepare_file(&file).unwrap_err().to_string(), expected);
    let data = DataSpec {
        source: DataSource::File(file),
        clean: CleanSpec::default(),
        ..DataSpec::default()
    };
    let problems = check(&data, SplitSpec::LeaveOneOut);
    assert_eq!(
        (problems[0].field.as_str(), problems[0].sentence().as_str()),
        ("data.path", format!("{expected}.").as_str())
    );
}

#[test]
fn a_folder() {
    let log = OnDisk::new("log.csv", GOOD);
    let file = FileSpec {
        path: log.folder.path().to_path_buf(),
        ..FileSpec::default()
    };
    let text = prepare_file(&file).unwrap_err().to_string();
    let expected = "it is a folder; choose the file in it that holds the log, or name several with \
                    a pattern such as `folder/*.csv`";
    assert!(text.ends_with(expected), "{text}");
}

#[cfg(unix)]
#[test]
fn no_permission() {
    use std::os::unix::fs::PermissionsExt;
    let log = OnDisk::new("log.csv", GOOD);
    std::fs::set_permissions(&log.spec.path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&log.spec.path).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    let expected = "cannot read `PATH`: you have no permission to read it; ask its owner, or \
                    choose a copy of your own";
    assert_eq!(sentence(&log), expected);
}

#[test]
fn a_column_that_is_not_there() {
    let mut log = OnDisk::new("log.csv", GOOD);
    log.spec.roles = Roles {
        user: Some("usr".to_owned()),
        ..Roles::default()
    };
    let expected = "there is no column `usr` for the user; did you mean `user`? It has `user`, \
                    `item`, `time`.";
    assert_eq!(sentence(&log), expected);
    log.spec.roles = Roles {
        item: Some("product code".to_owned()),
        ..Roles::default()
    };
    let expected = "there is no column `product code` for the item. It has `user`, `item`, `time`.";
    assert_eq!(sentence(&log), expected);
    // One that a log need not have is missed as well, and by whoever reads what the preview made of
    // it.
    log.spec.roles = Roles {
        time: Some("when".to_owned()),
        ..Roles::default()
    };
    let expected_time = "there is no column `when` for the time. It has `user`, `item`, `time`.";
    assert_eq!(sentence(&log), expected_time);
    assert_eq!(
        prepare_file(&preview(&log.spec).unwrap().file)
            .unwrap_err()
            .to_string(),
        expected_time
    );
    log.spec.roles = Roles {
        item: Some("product code".to_owned()),
        ..Roles::default()
    };
    // The window shows the same at the role.
    let problems = preview(&log.spec).unwrap().problems;
    assert_eq!(
        (problems[0].field.as_str(), problems[0].sentence().as_str()),
        ("data.roles.item", expected)
    );
}

#[test]
fn no_column_that_could_be_the_user() {
    let expected =
        "no column looks like the user; name one in `data.roles.user`: `colour`, `size`.";
    assert_eq!(
        sentence_of("log.csv", "colour,item,size\nred,x,1\nblue,y,2\n"),
        expected
    );
}

#[test]
fn a_required_role_refused() {
    let mut log = OnDisk::new("log.csv", GOOD);
    log.spec.roles.user = Some(String::new());
    assert_eq!(
        sentence(&log),
        "a log needs a column for the user; name one in `data.roles.user`."
    );
}

#[test]
fn one_column_for_two_roles() {
    let mut log = OnDisk::new("log.csv", GOOD);
    log.spec.roles = Roles {
        user: Some("item".to_owned()),
        item: Some("item".to_owned()),
        ..Roles::default()
    };
    let expected =
        "the column `item` cannot be both the user and the item; choose another for one of them.";
    assert_eq!(sentence(&log), expected);
}

#[test]
fn a_time_column_that_is_text() {
    let mut log = OnDisk::new(
        "log.csv",
        "user,item,title\na,x,Heat\na,y,Fargo\na,z,Alien\n",
    );
    log.spec.roles.time = Some("title".to_owned());
    let expected = "the column `title`, said to be the time, does not hold times (seconds, \
                    milliseconds or dates) but such as `Heat`; say how it is written in \
                    `data.time_format`, by a pattern such as `%d.%m.%Y %H:%M`, choose another \
                    column in `data.roles.time`, or write \"\" there if the log has none.";
    assert_eq!(sentence(&log), expected);
}

#[test]
fn a_time_format_that_does_not_fit() {
    let mut log = OnDisk::new("log.csv", GOOD);
    log.spec.time_format = Some(TimeFormat::Date);
    let expected = "the column `time`, by its name the time, does not hold times as date text but \
                    such as `1600000000`; say how it is written in `data.time_format`, by a \
                    pattern such as `%d.%m.%Y %H:%M`, choose another column in `data.roles.time`, \
                    or write \"\" there if the log has none.";
    assert_eq!(sentence(&log), expected);
}

#[test]
fn a_value_column_that_is_text() {
    let mut log = OnDisk::new(
        "log.csv",
        "user,item,title\na,x,Heat\na,y,Fargo\na,z,Alien\n",
    );
    log.spec.roles.value = Some("title".to_owned());
    let expected = "the column `title`, said to be the value, does not hold numbers but such as \
                    `Heat`; choose another column in `data.roles.value`, or write \"\" there if \
                    the log has none.";
    assert_eq!(sentence(&log), expected);
}

#[test]
fn a_column_all_missing() {
    let rows = (0..8)
        .map(|n| format!("u{},i{n},,,{}\n", n % 2, 1_600_000_000 + n))
        .collect::<Vec<_>>()
        .concat();
    let text = format!("user,item,rating,when,time\n{rows}");
    let said = |role: &str, name: &str| {
        let mut log = OnDisk::new("log.csv", &text);
        let some = Some(name.to_owned());
        log.spec.roles = match role {
            "value" => Roles {
                value: some,
                ..Roles::default()
            },
            "time" => Roles {
                time: some,
                ..Roles::default()
            },
            "user" => Roles {
                user: some,
                ..Roles::default()
            },
            _ => Roles {
                item: some,
                ..Roles::default()
            },
        };
        sentence(&log)
    };
    for (role, column, pattern) in [
        ("value", "rating", ""),
        (
            "time",
            "when",
            " say how it is written in `data.time_format`, by a pattern such as `%d.%m.%Y %H:%M`,",
        ),
    ] {
        let expected = format!(
            "the column `{column}`, said to be the {role}, is empty in the first rows;{pattern} \
             choose another column in `data.roles.{role}`, or write \"\" there if the log has \
             none."
        );
        assert_eq!(said(role, column), expected);
    }
    for (role, reason) in [
        ("user", "line 2 has no user"),
        ("item", "line 2 has no item"),
    ] {
        let expected = format!(
            "`PATH`: none of its 8 rows can be used ({reason}); check `data.roles` and \
             `data.time_format`."
        );
        assert_eq!(said(role, "rating"), expected);
    }
    // Not said to be anything, it is in nobody's way.
    let prepared = OnDisk::new("log.csv", &text).prepare().unwrap();
    assert_eq!(
        (
            prepared.dataset.shape().n_events,
            &prepared.dataset.sequences.value
        ),
        (8, &None)
    );
    // A column of behaviours without any is one behaviour, called by no name.
    let mut log = OnDisk::new("log.csv", &text);
    log.spec.roles.behaviour = Some("rating".to_owned());
    assert_eq!(
        log.prepare()
            .unwrap()
            .dataset
            .behaviours
            .ids()
            .collect::<Vec<_>>(),
        ["(none)"]
    );
}

#[test]
fn a_line_that_is_one_name_many_times_over() {
    // Columns of equal names are told apart one by one: in time that grows with the line, not its
    // square.
    let text = format!(
        "user,item{}\na,x{}\n",
        ",n".repeat(20_000),
        ",1".repeat(20_000)
    );
    let columns = preview(&OnDisk::new("log.csv", text).spec).unwrap().columns;
    assert_eq!(
        (columns.len(), columns[2].as_str(), columns[20_001].as_str()),
        (20_002, "n", "n_20000")
    );
    // A megabyte of nothing but separators is no log.
    let text = sentence_of("log.csv", ",".repeat(1 << 19));
    let expected = "`PATH`: its lines have 524289 fields separated by `,`, and a log has at most \
                    50000 columns; check `data.separator`, and that the lines end with a line \
                    feed.";
    assert_eq!(text, expected);
}

#[test]
fn a_behaviour_column_that_is_an_id() {
    let rows = (0..1_500)
        .map(|n| format!("u{},i{},code{n}\n", n % 7, n % 11))
        .collect::<Vec<_>>()
        .concat();
    let mut log = OnDisk::new("log.csv", format!("user,item,code\n{rows}"));
    log.spec.roles.behaviour = Some("code".to_owned());
    let text = sentence(&log);
    assert!(
        text.starts_with("the behaviour column has more than 1000 different values"),
        "{text}"
    );
    assert!(
        text.contains("choose another column in `data.roles.behaviour`"),
        "{text}"
    );
}

#[test]
fn mixed_separators() {
    let prepared = OnDisk::new(
        "log.csv",
        format!("{GOOD}c;x;1600000007\nc\ty\t1600000008\n"),
    )
    .prepare()
    .unwrap();
    let report = &prepared.dataset.report;
    assert_eq!(report.rows_refused, 2);
    assert_eq!(
        report.refused[0].reason,
        "expected 3 fields, found 1 (it seems to be separated by `;`)"
    );
    assert_eq!(
        report.refused[1].reason,
        "expected 3 fields, found 1 (it seems to be separated by a tab)"
    );
    // A header that is separated otherwise than the rows.
    let expected = "`PATH`: the first line names 1 columns, but most lines have 3 fields separated \
                    by `,`; give the right `data.separator`, or mend the first line.";
    assert_eq!(
        sentence_of("log.csv", GOOD.replace("user,item,time", "user;item;time")),
        expected
    );
}

#[test]
fn no_separator_at_all() {
    let text = sentence_of("log.csv", "alpha\nbeta\ngamma\n");
    assert!(
        text.starts_with("`PATH`: no separator divides its lines into columns"),
        "{text}"
    );
}

#[test]
fn a_separator_that_fits_no_row() {
    let mut log = OnDisk::new("log.csv", GOOD);
    log.spec.separator = Some("::".to_owned());
    let text = sentence(&log);
    assert_eq!(
        text,
        "no column is left for the item; a log needs one for the user and one for the item."
    );
    log.spec.separator = Some(String::new());
    assert_eq!(
        sentence(&log),
        "the separator is empty; write one such as `,`, or leave it out to have it guessed."
    );
}

#[test]
fn a_single_line_of_ten_megabytes() {
    let text = sentence_of("log.csv", "user,item,".repeat(1_000_000));
    let expected = "`PATH`: the first line is longer than 1048576 bytes; one event a line is \
                    expected: check that the lines end with a line feed.";
    assert_eq!(text, expected);
    // In the middle of a log it is refused like any other bad row.
    let long = "x".repeat(10_000_000);
    let prepared = OnDisk::new("log.csv", format!("{GOOD}c,{long},1600000009\n"))
        .prepare()
        .unwrap();
    assert_eq!(
        prepared.dataset.report.refused[0].reason,
        "is 10000013 bytes long"
    );
    let prepared = OnDisk::new("log.csv", format!("{GOOD}{}\n", "c,".repeat(5_000_000)))
        .prepare()
        .unwrap();
    let reason = &prepared.dataset.report.refused[0].reason;
    assert_eq!(
        reason,
        "expected 3 fields, found 5000001, and is 10000000 bytes long"
    );
}

#[test]
fn bytes_that_are_no_utf8() {
    // Bytes that are letters in no encoding: nothing can be guessed from such a header.
    let text = b"membr\xff,\xffl\xffment\n1,2\n1,3\n1,4\n";
    let expected = "`PATH`: its first line is not valid UTF-8; give the right `data.encoding` \
                    (Utf8, Utf16Le, Windows1252, Gb18030, …), or convert the file to UTF-8 (iconv \
                    -t UTF-8).";
    assert_eq!(sentence_of("log.csv", text), expected);
    let mut text = GOOD.as_bytes().to_vec();
    text.extend_from_slice(b"c,\xffl\xffment,1600000007\n");
    let prepared = OnDisk::new("log.csv", text).prepare().unwrap();
    let row = &prepared.dataset.report.refused[0];
    assert_eq!(
        (row.line, row.reason.to_string().as_str()),
        (9, "is not valid UTF-8")
    );
    // One bad line among good ones is a fault, and not another encoding.
    let mut text = format!("{GOOD}c,caf\u{e9},1600000007\nc,th\u{e9},1600000008\n").into_bytes();
    text.extend_from_slice(b"c,\xe9l\xe9ment,1600000009\n");
    let report = OnDisk::new("log.csv", text)
        .prepare()
        .unwrap()
        .dataset
        .report;
    assert_eq!(
        (
            report.rows_refused,
            report.refused[0].reason.to_string().as_str()
        ),
        (1, "is not valid UTF-8")
    );
}

#[test]
fn an_encoding_that_does_not_fit() {
    let mut log = OnDisk::new("log.csv", GOOD);
    log.spec.encoding = Some(Encoding::Utf16Be);
    let text = sentence(&log);
    assert!(
        text.starts_with("`PATH`: ") && text.contains("`data."),
        "{text}"
    );
}

#[test]
fn ids_that_are_no_ids() {
    let long = "x".repeat(500_000);
    let prepared = OnDisk::new(
        "log.csv",
        format!("{GOOD}c,{long},1600000009\n{long},x,1600000010\n"),
    )
    .prepare()
    .unwrap();
    let reasons: Vec<String> = prepared
        .dataset
        .report
        .refused
        .iter()
        .map(|row| row.reason.to_string())
        .collect();
    assert_eq!(
        reasons,
        [
            "has an item of 500000 bytes, which is no id",
            "has a user of 500000 bytes, which is no id"
        ]
    );
    // Formats that know no longest line refuse an id of a megabyte in the same way.
    let line = |item: &str, time: usize| {
        format!("{{\"user\":\"a\",\"item\":\"{item}\",\"time\":{time}}}\n")
    };
    let mega = "y".repeat(1 << 20);
    let lines = [
        line("x", 1),
        line("y", 2),
        line(&mega, 3),
        line("x", 4),
        line("z", 5),
    ]
    .concat();
    let log = OnDisk::new("log.jsonl", lines);
    let report = log.prepare().unwrap().dataset.report;
    assert_eq!((report.refused[0].line, report.rows_refused), (3, 1));
    assert_eq!(
        report.refused[0].reason,
        "has an item of 1048576 bytes, which is no id"
    );
    // Nor is it shown whole.
    let preview = preview(&log.spec).unwrap();
    assert!(
        preview
            .rows
            .iter()
            .flatten()
            .all(|cell| cell.chars().count() <= 501)
    );
}

#[test]
fn columns_of_the_same_name_are_told_apart_and_said_so() {
    let log = OnDisk::new(
        "log.csv",
        "user,item,item,item\na,x,p,1\na,y,q,2\na,z,r,3\na,x,s,4\n",
    );
    let prepared = log.prepare().unwrap();
    assert_eq!(
        preview(&log.spec).unwrap().columns,
        ["user", "item", "item_2", "item_3"]
    );
    let expected = "several columns have the same name: the other `item` is called `item_2`, the \
                    other `item` is called `item_3`; check that the roles take the right one.";
    assert!(
        warnings(&prepared).contains(expected),
        "{}",
        warnings(&prepared)
    );
    // In an object it would be a matter of luck which one counts.
    let line = |n: u32| format!("{{\"user\":\"u\",\"item\":\"i{n}\",\"time\":{n}}}\n");
    let twice = "{\"user\":\"u\",\"item\":\"i9\",\"\\u0069tem\":\"i8\"}\n";
    let lines = [line(1), line(2), twice.to_owned(), line(3), line(4)].concat();
    let report = OnDisk::new("log.jsonl", lines)
        .prepare()
        .unwrap()
        .dataset
        .report;
    assert_eq!(
        (
            report.refused[0].line,
            report.refused[0].reason.to_string().as_str()
        ),
        (3, "names `item` twice")
    );
    let expected = "`PATH`: it cannot be read as NDJSON (line 1 names `item` twice); write one \
                    JSON object a line.";
    assert_eq!(sentence_of("log.jsonl", twice), expected);
}

#[test]
fn nul_bytes() {
    let prepared = OnDisk::new("log.csv", format!("{GOOD}c,x\0,1600000007\n"))
        .prepare()
        .unwrap();
    let row = &prepared.dataset.report.refused[0];
    assert_eq!(
        (row.line, row.reason.to_string().as_str()),
        (9, "holds a NUL byte")
    );
}

#[test]
fn binary_content() {
    let bytes: Vec<u8> = (0..4_000_u32).map(|n| (n * n % 251) as u8).collect();
    let expected = "`PATH`: the file holds binary data, not text; open a CSV, TSV, Parquet, JSON \
                    or SQLite file.";
    assert_eq!(sentence_of("log.csv", bytes), expected);
    let expected = "`PATH`: the file is compressed with bzip2; unpack it first (bunzip2).";
    assert_eq!(sentence_of("log.csv.bz2", b"BZh91AY&SY"), expected);
    let expected = "`PATH`: this is a zip archive or a spreadsheet; unpack it, or save the sheet \
                    as CSV (UTF-8).";
    assert_eq!(sentence_of("log.xlsx", b"PK\x03\x04rest"), expected);
}

#[test]
fn corrupt_parquet() {
    let text = sentence_of("log.parquet", "PAR1 and then nothing of the kind");
    assert!(
        text.starts_with("`PATH`: it is not a readable Parquet file ("),
        "{text}"
    );
    assert!(
        text.ends_with("; write it anew, or open the log in another format."),
        "{text}"
    );
    // A file cut in the middle, and one with bytes changed.
    let log = OnDisk::new("log.parquet", "");
    let cells = seqscope::data::Column::Text((0..2_000).map(|n| format!("id{n}")).collect());
    let table = seqscope::data::Table {
        columns: vec![("user".to_owned(), cells)],
    };
    seqscope::data::write_parquet(&log.spec.path, &table).unwrap();
    let whole = std::fs::read(&log.spec.path).unwrap();
    std::fs::write(&log.spec.path, &whole[..whole.len() / 2]).unwrap();
    assert!(
        read_parquet(&log.spec.path)
            .unwrap_err()
            .to_string()
            .contains("not a readable Parquet file")
    );
    let text = sentence(&log);
    assert!(
        text.starts_with("`PATH`: it is not a readable Parquet file ("),
        "{text}"
    );
    for at in (4..whole.len()).step_by(whole.len() / 40) {
        let mut changed = whole.clone();
        changed[at] ^= 0x5a;
        std::fs::write(&log.spec.path, &changed).unwrap();
        // It may be read (the change hit a value) or refused, but never a panic that escapes.
        let _ = read_parquet(&log.spec.path);
    }
}

#[test]
fn json_that_is_not_one_object_a_line() {
    let text = sentence_of("log.jsonl", "hello\nworld\n");
    let expected = "`PATH`: it cannot be read as NDJSON (line 1 is no JSON object); write one JSON \
                    object a line.";
    assert_eq!(text, expected);
    let expected = "`PATH`: this is a JSON array of other things than objects; write one object an \
                    event, such as {\"user\": 1, \"item\": 2}.";
    assert_eq!(sentence_of("log.json", "[1, 2, 3]"), expected);
    let text = sentence_of("log.json", "[{\"user\":1,,}]");
    assert!(
        text.starts_with(
            "`PATH`: it cannot be read as a JSON array of objects (line 1 is no JSON object ("
        ),
        "{text}"
    );
}

#[test]
fn times_in_the_future_and_before_1970() {
    let prepared = OnDisk::new(
        "log.csv",
        format!("{GOOD}c,x,99999999999\nc,y,-5\nc,z,1600000000\n"),
    )
    .prepare()
    .unwrap();
    let text = warnings(&prepared);
    assert!(
        text.contains(
            "1 of 10 rows have a time in the future (the first on line 9, 5138-11-16T09:46:39Z); \
             they are kept"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "1 of 10 rows have a time before 1970 (the first on line 10, 1969-12-31T23:59:55Z)"
        ),
        "{text}"
    );
    assert!(
        text.contains("check the column and `data.time_format` (seconds since 1970)"),
        "{text}"
    );
    assert_eq!(prepared.dataset.shape().n_events, 10);
}

#[test]
fn times_that_cannot_be_read() {
    let prepared = OnDisk::new("log.csv", format!("{GOOD}c,x,soon\nc,y,\n"))
        .prepare()
        .unwrap();
    let reasons: Vec<String> = prepared
        .dataset
        .report
        .refused
        .iter()
        .map(|row| row.reason.to_string())
        .collect();
    assert_eq!(
        reasons,
        [
            "has the time `soon`, which cannot be read as seconds since 1970",
            "has no time"
        ]
    );
}

#[test]
fn one_user() {
    let prepared = OnDisk::new("log.csv", "user,item\na,x\na,y\na,z\na,x\n")
        .prepare()
        .unwrap();
    let expected = "this log has one user only, so every figure rests on a single event; check \
                    `data.roles.user`, or open a log of more users.";
    assert!(
        warnings(&prepared).contains(expected),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn one_item() {
    let expected = "this log has one item only after cleaning, so there is nothing to choose from; \
                    check `data.roles.item`, or open a log with more items.";
    assert_eq!(
        sentence_of("log.csv", "user,item\na,x\na,x\na,x\nb,x\nb,x\nb,x\n"),
        expected
    );
}

#[test]
fn users_shorter_than_the_split_needs() {
    let expected = "no user has the three events that leave-one-out needs (the longest history has \
                    2); open a log with longer histories, or check `data.roles.user`.";
    assert_eq!(
        sentence_of("log.csv", "user,item\na,x\na,y\nb,x\nb,y\n"),
        expected
    );
    let expected = "no user has two training events in a row, so there is no order to learn: \
                    leave-one-out needs users with four events or more; open a log with longer \
                    histories.";
    assert_eq!(
        sentence_of("log.csv", "user,item\na,x\na,y\na,z\nb,x\nb,y\nb,z\n"),
        expected
    );
}

#[test]
fn a_k_core_that_leaves_nothing() {
    let log = OnDisk::new("log.csv", GOOD);
    let clean = CleanSpec {
        min_user_events: 9,
        min_item_events: 2,
        ..CleanSpec::default()
    };
    let expected = "the k-core filter (at least 9 events per user and 2 per item) leaves nothing: \
                    it dropped all 7 events; lower `data.clean.min_user_events` or \
                    `data.clean.min_item_events`.";
    let text = prepare_cleaned(&log.spec, clean, SplitSpec::LeaveOneOut)
        .unwrap_err()
        .to_string();
    assert_eq!(text, expected);
}

#[test]
fn a_temporal_split_without_times() {
    let split = SplitSpec::GlobalTemporal {
        valid_fraction: 0.1,
        test_fraction: 0.1,
    };
    let log = OnDisk::new("log.csv", "user,item\na,x\na,y\na,z\nb,x\nb,y\n");
    let expected = "a global temporal split needs times, and this log has no time column; name one \
                    in `data.roles.time`, or split by leave-one-out.";
    assert_eq!(
        prepare_cleaned(&log.spec, CleanSpec::default(), split)
            .unwrap_err()
            .to_string(),
        expected
    );
    let alike = OnDisk::new(
        "log.csv",
        "user,item,time\na,x,1600000000\na,y,1600000000\nb,x,1600000000\n",
    );
    let text = prepare_cleaned(&alike.spec, CleanSpec::default(), split)
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("the times of this log are too much alike for a global temporal split"),
        "{text}"
    );
    let wrong = SplitSpec::GlobalTemporal {
        valid_fraction: 0.7,
        test_fraction: f64::NAN,
    };
    let data = DataSpec {
        source: DataSource::File(log.spec.clone()),
        clean: CleanSpec::default(),
        ..DataSpec::default()
    };
    let sentences: Vec<String> = check(&data, wrong)
        .into_iter()
        .map(|problem| problem.sentence())
        .collect();
    assert_eq!(
        sentences,
        [
            "`split.valid_fraction` is 0.7; choose a share between 0 and 0.5.",
            "`split.test_fraction` is NaN; choose a share between 0 and 0.5.",
        ]
    );
}

#[test]
fn title_tables_that_do_not_fit() {
    let mut log = OnDisk::new("log.csv", GOOD);
    let path = log.beside("items.csv", "item,title\nq,Queue\nr,Rope\n");
    log.spec.titles = Some(TitleSpec {
        path: path.clone(),
        item: None,
        title: None,
    });
    let expected = "no column of the title table holds item ids of the log; name the column in \
                    `data.titles.item`, or choose another table in `data.titles.path`.";
    assert_eq!(sentence(&log), expected);
    log.spec.titles = Some(TitleSpec {
        path,
        item: Some("item".to_owned()),
        title: Some("titel".to_owned()),
    });
    assert_eq!(
        sentence(&log),
        "the title table has no column `titel`; did you mean `title`?"
    );
    let titles = TitleSpec {
        path: Path::new("/no/such/items.csv").into(),
        ..TitleSpec::default()
    };
    log.spec.titles = Some(titles);
    assert_eq!(
        sentence(&log),
        "cannot read `/no/such/items.csv`: there is no such file; check the path"
    );
}
