//! What the program makes of a file: separators, headers, roles, times.

use seqscope::data::{FileFormat, FileSpec, Role, Roles, TimeFormat, TitleSpec, preview};

use super::{OnDisk, history, prepare_file, warnings};

/// Roles as `user item time behaviour value`, `-` for none.
fn roles(file: &FileSpec) -> String {
    let all = [
        Role::User,
        Role::Item,
        Role::Time,
        Role::Behaviour,
        Role::Value,
    ];
    all.map(|role| file.roles.column(role).unwrap_or("-"))
        .join(" ")
}

fn guessed(name: &str, text: &str) -> FileSpec {
    preview(&OnDisk::new(name, text).spec).unwrap().file
}

#[test]
fn every_guess_is_filled_in() {
    let file = guessed(
        "events.csv",
        "user_id,item_id,behavior,timestamp\n1,10,buy,1511929781\n1,11,cart,1511931054\n",
    );
    assert_eq!(file.format, Some(FileFormat::Text));
    assert_eq!(file.separator.as_deref(), Some(","));
    assert_eq!(file.header, Some(true));
    assert_eq!(roles(&file), "user_id item_id timestamp behavior -");
    assert_eq!(file.time_format, Some(TimeFormat::Seconds));
    assert_eq!(file.roles.value.as_deref(), Some(""));
}

#[test]
fn separators_and_headers_of_the_usual_public_files_are_guessed() {
    for (text, separator, header, expected) in [
        (
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t881250949\n",
            "\t",
            true,
            "user_id item_id timestamp - rating",
        ),
        (
            "1::1193::5::978300760\n1::661::3::978302109\n2::661::4::978302110\n",
            "::",
            false,
            "column_1 column_2 column_4 - column_3",
        ),
        (
            "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
            "\t",
            false,
            "column_1 column_2 column_4 - column_3",
        ),
        (
            "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,buy,1511561733\n",
            ",",
            false,
            "column_1 column_2 column_5 column_4 -",
        ),
        (
            "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n",
            ",",
            true,
            "userId movieId timestamp - rating",
        ),
        (
            "timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,\n",
            ",",
            true,
            "visitorid itemid timestamp event -",
        ),
        (
            "用户ID;商品ID;行为类型;时间戳;金额\n7;8;buy;1512189107;6.5\n",
            ";",
            true,
            "用户ID 商品ID 时间戳 行为类型 金额",
        ),
        ("1 10\n1 11\n2 10\n", " ", false, "column_1 column_2 - - -"),
        (
            "user|sku|day\na|x|2024/01/02\nb|y|2024/01/03\n",
            "|",
            true,
            "user sku day - -",
        ),
        (
            "who,what,when\na,x,2024-01-02\nb,y,2024-01-03\n",
            ",",
            true,
            "- - when - -",
        ),
    ] {
        let file = guessed("log.txt", text);
        assert_eq!(file.separator.as_deref(), Some(separator), "{text}");
        assert_eq!(file.header, Some(header), "{text}");
        assert_eq!(roles(&file), expected, "{text}");
    }
}

#[test]
fn a_preview_shows_at_most_fifty_rows_as_they_stand() {
    let rows = (0..80)
        .map(|n| format!("u{n},\"i,{n}\",5\n"))
        .collect::<Vec<_>>()
        .concat();
    let log = OnDisk::new("log.csv", format!("\u{feff}user,item,value\n{rows}"));
    let preview = preview(&log.spec).unwrap();
    assert_eq!(preview.columns, ["user", "item", "value"]);
    assert_eq!(preview.rows.len(), 50);
    assert_eq!(preview.rows[3], ["u3", "i,3", "5"]);
    assert_eq!(
        preview.n_bytes,
        std::fs::metadata(&log.spec.path).unwrap().len()
    );
}

#[test]
fn what_the_person_says_wins() {
    let mut log = OnDisk::new("log.csv", "user,item,other\na,x,p\na,y,q\na,z,r\na,x,q\n");
    log.spec.roles = Roles {
        item: Some("other".to_owned()),
        ..Roles::default()
    };
    assert_eq!(history(&log.prepare().unwrap(), "a"), ["p", "q", "r", "q"]);
    log.spec.roles = Roles::default();
    log.spec.header = Some(false);
    assert_eq!(history(&log.prepare().unwrap(), "a"), ["x", "y", "z", "x"]);
    log.spec.header = None;
    log.spec.separator = Some("##".to_owned());
    std::fs::write(&log.spec.path, "a##1#2##9\na##x##8\na##y##7\na##z##6\n").unwrap();
    assert_eq!(
        history(&log.prepare().unwrap(), "a"),
        ["1#2", "x", "y", "z"]
    );
}

#[test]
fn events_are_ordered_by_time_and_by_line_within_one_moment() {
    let log = OnDisk::new(
        "log.csv",
        "user,item,time\nu,d,2000000009\nu,a,2000000001\nu,c,2000000002\nu,b,2000000002\n",
    );
    assert_eq!(history(&log.prepare().unwrap(), "u"), ["a", "c", "b", "d"]);
}

#[test]
fn fractions_of_a_second_order_events_too() {
    let log = OnDisk::new(
        "log.csv",
        "user,item,ts\nu,b,1600000000900\nu,a,1600000000100\nu,c,1600000001000\nu,a,1600000000500\n",
    );
    let prepared = log.prepare().unwrap();
    assert_eq!(history(&prepared, "u"), ["a", "a", "b", "c"]);
    assert_eq!(
        prepared.dataset.sequences.times(0).unwrap(),
        [1_600_000_000, 1_600_000_000, 1_600_000_000, 1_600_000_001]
    );
    assert!(
        !warnings(&prepared).contains("same time"),
        "they are in order, and nothing is said of ties"
    );
}

#[test]
fn exact_duplicates_go_only_where_there_is_a_time() {
    let with = OnDisk::new(
        "log.csv",
        "user,item,time\nu,a,1\nu,a,1\nu,a,2\nu,b,3\nu,c,4\n",
    );
    let prepared = with.prepare().unwrap();
    assert_eq!(history(&prepared, "u"), ["a", "a", "b", "c"]);
    let steps = &prepared.dataset.report.steps;
    let counts: Vec<(&str, usize)> = steps
        .iter()
        .map(|step| (step.step.as_str(), step.rows))
        .collect();
    assert_eq!(counts, [("Read", 5), ("Exact duplicates dropped", 4)]);
    let without = OnDisk::new("log.csv", "user,item\nu,a\nu,a\nu,a\nu,b\n");
    let prepared = without.prepare().unwrap();
    assert_eq!(history(&prepared, "u"), ["a", "a", "a", "b"]);
    assert!(warnings(&prepared).contains("no time column"));
}

#[test]
fn rows_that_cannot_be_read_are_counted_and_listed_with_their_lines() {
    let mut text =
        b"user,item,time,value\nu,a,1,5\nu,b\nu,c,3,x\n,d,4,1\nu,,5,1\nu,e,noon,1\n\nu,f\0,7,1\n"
            .to_vec();
    text.extend_from_slice(b"u,\xff\xfe,8,1\nu,g,9,\nu,h,10,2\nu,i,11,3\n");
    let prepared = OnDisk::new("log.csv", text).prepare().unwrap();
    assert_eq!(history(&prepared, "u"), ["a", "c", "g", "h", "i"]);
    let report = &prepared.dataset.report;
    assert_eq!((report.rows_read, report.rows_refused), (11, 6));
    let refused: Vec<String> = report
        .refused
        .iter()
        .map(|row| format!("{}: {}", row.line, row.reason))
        .collect();
    assert_eq!(
        refused,
        [
            "3: expected 4 fields, found 2",
            "5: has no user",
            "6: has no item",
            "7: has the time `noon`, which cannot be read as order only",
            "9: holds a NUL byte",
            "10: is not valid UTF-8",
        ]
    );
    assert!(prepared.dataset.sequences.values(0).unwrap()[1].is_nan());
    // What cannot be read of a value is no reason to forget that something happened.
    let told = warnings(&prepared);
    assert!(
        told.contains("1 of 5 rows have a value that is no number")
            && told.contains("line 4 has `x`"),
        "{told}"
    );
    assert!(
        told.contains("6 of 11 rows could not be read and were left out: 1 "),
        "{told}"
    );
    assert!(told.contains("(the first: line 3 expected 4"), "{told}");
    let kinds: Vec<(usize, &str)> = report
        .refused_by_reason
        .iter()
        .map(|k| (k.rows, k.reason.as_str()))
        .collect();
    assert_eq!(
        (kinds.len(), kinds[0]),
        (6, (1, "expected 4 fields, found …"))
    );
}

#[test]
fn quoted_fields_keep_separators_line_ends_and_line_numbers() {
    let log = OnDisk::new(
        "log.csv",
        "user,item\r\nu,\"a,1\"\r\nu,\"b\nc\"\r\nu,\"d\"\"e\"\r\nu\r\nu,f\r\n",
    );
    let prepared = log.prepare().unwrap();
    assert_eq!(history(&prepared, "u"), ["a,1", "b\nc", "d\"e", "f"]);
    assert_eq!(prepared.dataset.report.refused[0].line, 6);
}

#[test]
fn line_ends_blank_lines_and_blanks_around_fields_change_nothing() {
    let plain = "user,item,time\na,x,1600000000\na,y,1600000001\nb,x,1600000002\na,z,1600000003\na,x,1600000004\n";
    let expected = OnDisk::new("log.csv", plain)
        .prepare()
        .unwrap()
        .dataset
        .fingerprint;
    for (name, text) in [
        ("CRLF", plain.replace('\n', "\r\n")),
        ("no last line end", plain.trim_end().to_owned()),
        ("byte order mark", format!("\u{feff}{plain}")),
        (
            "blank lines",
            format!("\n\n{}\n \n", plain.replace("b,x", "\nb,x")),
        ),
        ("blanks", plain.replace(',', " , ")),
        ("tabs", plain.replace(',', "\t")),
        ("quotes", plain.replace("a,", "\"a\",")),
        ("several characters", plain.replace(',', "::")),
        ("aligned", plain.replace(',', "   ").replace('\n', "  \n  ")),
        ("bars", plain.replace(',', "|")),
    ] {
        let prepared = OnDisk::new("log.txt", text).prepare().unwrap();
        assert_eq!(prepared.dataset.report.rows_refused, 0, "{name}");
        assert_eq!(prepared.dataset.fingerprint, expected, "{name}");
    }
}

#[test]
fn titles_are_joined_on_the_column_that_holds_the_ids() {
    let mut log = OnDisk::new("log.csv", "user,item,time\nu,7,1\nu,8,2\nu,9,3\nu,7,4\n");
    let path = log.beside(
        "items.csv",
        "other,code,Title,Genre\n1,7,\"Seven, Se7en\",Crime\n2,8,Eight,Drama\n3,99,None,Drama\n",
    );
    log.spec.titles = Some(TitleSpec {
        path,
        item: None,
        title: None,
    });
    let dataset = log.prepare().unwrap().dataset;
    assert_eq!(dataset.titles, ["Seven, Se7en", "Eight", ""]);
    assert_eq!(dataset.item_label(1), "Seven, Se7en");
    assert_eq!(dataset.item_label(3), "9");
    assert!(
        dataset
            .report
            .problems
            .iter()
            .any(|p| p.sentence().starts_with("1 of 3 items have no title"))
    );
}

#[test]
fn a_path_may_begin_with_an_environment_variable() {
    // CARGO_MANIFEST_DIR is set whenever tests run.
    let file = FileSpec {
        path: "$CARGO_MANIFEST_DIR/tests/data/tiny.csv".into(),
        ..FileSpec::default()
    };
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(prepared.dataset.name, "tiny");
    assert_eq!(prepared.dataset.shape().n_users, 3);
    let missing = FileSpec {
        path: "$SEQSCOPE_NO_SUCH_VARIABLE/x.csv".into(),
        ..FileSpec::default()
    };
    let sentence = prepare_file(&missing).unwrap_err().to_string();
    assert_eq!(
        sentence,
        "`$SEQSCOPE_NO_SUCH_VARIABLE/x.csv` begins with the environment variable \
         `SEQSCOPE_NO_SUCH_VARIABLE`, which is not set; set it to the folder that holds the data, \
         or write the path out."
    );
}
