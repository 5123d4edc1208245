//! Known public logs open with every role right and no setting touched. The rows are made up, in
//! the shape that the publishers describe.

use seqscope::data::{FileFormat, FileSpec, Role, TimeFormat, preview};

use super::{OnDisk, history};

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

/// Name of the file, its text, the roles, and how times are written.
type Sample = (&'static str, &'static str, &'static str, Option<TimeFormat>);

const SAMPLES: [Sample; 19] = [
    (
        "u.data",
        "11\t501\t3\t881250001\n12\t502\t5\t881250102\n11\t503\t1\t881250203\n",
        "column_1 column_2 column_4 - column_3",
        Some(TimeFormat::Seconds),
    ),
    (
        "ratings.dat",
        "1::501::5::978300001\n1::502::3::978300102\n2::501::4::978300203\n",
        "column_1 column_2 column_4 - column_3",
        Some(TimeFormat::Seconds),
    ),
    (
        "ratings.csv",
        "userId,movieId,rating,timestamp\n1,501,4.0,1100000001\n1,502,3.5,1100000102\n",
        "userId movieId timestamp - rating",
        Some(TimeFormat::Seconds),
    ),
    (
        "ratings_Beauty.csv",
        "A1AAAAAAAAAAA,B00000AAA1,5.0,1400000001\nA2BBBBBBBBBBBB,0000000123,3.0,1400000102\nA1AAAAAAAAAAA,B00000AAA2,1.0,1400000203\n",
        "column_1 column_2 column_4 - column_3",
        Some(TimeFormat::Seconds),
    ),
    (
        "All_Beauty.csv",
        "B00000AAA1,A1AAAAAAAAAAA,5.0,1400000001\n0000000123,A2BBBBBBBBBBBB,3.0,1400000102\nB00000AAA2,A1AAAAAAAAAAA,1.0,1400000203\n",
        "column_2 column_1 column_4 - column_3",
        Some(TimeFormat::Seconds),
    ),
    (
        "reviews.json",
        "{\"reviewerID\": \"A1\", \"asin\": \"B001\", \"reviewerName\": \"N\", \"helpful\": [0, \
         1], \"reviewText\": \"t\", \"overall\": 5.0, \"summary\": \"s\", \"unixReviewTime\": \
         1400000001, \"reviewTime\": \"05 13, 2014\"}\n{\"reviewerID\": \"A2\", \"asin\": \
         \"B002\", \"overall\": 3.0, \"unixReviewTime\": 1400000102}\n",
        "reviewerID asin unixReviewTime - overall",
        Some(TimeFormat::Seconds),
    ),
    (
        "All_Beauty.jsonl",
        "{\"rating\": 5.0, \"title\": \"t\", \"text\": \"x\", \"images\": [], \"asin\": \"B001\", \
         \"parent_asin\": \"B000\", \"user_id\": \"AE1\", \"timestamp\": 1500000001000, \
         \"helpful_vote\": 0, \"verified_purchase\": true}\n{\"rating\": 4.0, \"title\": \"u\", \
         \"text\": \"y\", \"images\": [], \"asin\": \"B002\", \"parent_asin\": \"B000\", \
         \"user_id\": \"AE2\", \"timestamp\": 1500000102000, \"helpful_vote\": 1, \
         \"verified_purchase\": true}\n",
        "user_id parent_asin timestamp - rating",
        Some(TimeFormat::Milliseconds),
    ),
    (
        "events.csv",
        "timestamp,visitorid,event,itemid,transactionid\n1430000001001,701,view,501,\n1430000102002,702,transaction,502,9\n",
        "visitorid itemid timestamp event -",
        Some(TimeFormat::Milliseconds),
    ),
    (
        "yoochoose-clicks.dat",
        "1,2014-04-01T10:00:01.001Z,214500001,0\n1,2014-04-01T10:01:02.002Z,214500002,0\n2,2014-04-01T11:00:00.003Z,214500001,S\n",
        "column_1 column_3 column_2 - -",
        Some(TimeFormat::Date),
    ),
    (
        "yoochoose-buys.dat",
        "1,2014-04-01T10:05:01.001Z,214500001,1200,1\n2,2014-04-01T11:05:02.002Z,214500002,300,2\n",
        "column_1 column_3 column_2 - column_4",
        Some(TimeFormat::Date),
    ),
    (
        "UserBehavior.csv",
        "1,2200001,2500001,pv,1511500001\n1,2200002,2500002,pv,1511500102\n2,2200001,2500001,buy,1511500203\n",
        "column_1 column_2 column_5 column_4 -",
        Some(TimeFormat::Seconds),
    ),
    (
        "Gowalla_totalCheckins.txt",
        "0\t2010-10-01T20:00:01Z\t30.2300001\t-97.7900001\t22801\n0\t2010-10-02T20:00:02Z\t30.2600002\t-97.7400002\t22802\n",
        "column_1 column_5 column_2 - -",
        Some(TimeFormat::Date),
    ),
    (
        "dataset_TSMC2014_NYC.txt",
        "47\t49bbd6c0f964a520f4531fe1\t4bf58dd8d48988d127951731\tArts\t40.7190001\t-74.0020001\t-240\tTue \
         Apr 03 18:00:01 +0000 \
         2012\n98\t4a43c0aef964a520c6a61fe2\t4bf58dd8d48988d1df941731\tBridge\t40.6060002\t-74.0440002\t-240\tTue \
         Apr 03 18:00:25 +0000 2012\n",
        "column_1 column_2 column_8 - -",
        Some(TimeFormat::Date),
    ),
    (
        "userid-timestamp-artid-artname-traid-traname.tsv",
        "user_000001\t2009-05-01T10:00:01Z\tf1b1cf71-bd35-4e99-8624-24a6e15f1331\tA\t\tSong \
         without \
         id\nuser_000001\t2009-05-01T10:04:02Z\tf1b1cf71-bd35-4e99-8624-24a6e15f1331\tA\ta1b1cf71-bd35-4e99-8624-24a6e15f1332\tSong\n",
        "column_1 column_5 column_2 - -",
        Some(TimeFormat::Date),
    ),
    (
        "log.inter",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n11\t501\t3\t881250001\n12\t502\t5\t881250102\n",
        "user_id item_id timestamp - rating",
        Some(TimeFormat::Seconds),
    ),
    (
        "log.item",
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n501\tA \
         Story\t1995\tDrama\n502\tAnother\t1996\tComedy Drama\n",
        "- item_id - - -",
        None,
    ),
    (
        "two.item",
        "item_id:token\ttitle:token_seq\n501\tA Story\n502\tAnother\n",
        "- item_id - - -",
        None,
    ),
    (
        "log.user",
        "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n11\t24\tM\tbaker\t01234\n12\t53\tF\twriter\t12345\n",
        "user_id - - - -",
        None,
    ),
    (
        "sasrec.txt",
        "1 501\n1 502\n2 501\n2 503\n",
        "column_1 column_2 - - -",
        None,
    ),
];

#[test]
fn known_logs_are_recognised_from_their_content() {
    for (name, text, expected, time_format) in SAMPLES {
        // Whatever the file is called, its content tells.
        let ending = name.rsplit_once('.').map_or("txt", |(_, ending)| ending);
        let file = preview(&OnDisk::new(&format!("log.{ending}"), text).spec)
            .unwrap()
            .file;
        assert_eq!(roles(&file), expected, "{name}");
        assert_eq!(file.time_format, time_format, "{name}");
    }
}

#[test]
fn side_tables_are_told_to_be_none() {
    let sentence = |name: &str| {
        let (_, text, ..) = SAMPLES.iter().find(|sample| sample.0 == name).unwrap();
        OnDisk::new(name, text).prepare().unwrap_err().to_string()
    };
    let expected = "this is a table of items, not of events; open the log (`.inter`) beside it and \
                    name this one in `data.titles.path`.";
    assert_eq!(sentence("log.item"), expected);
    assert_eq!(
        sentence("log.user"),
        "this is a table of users, not of events; open the log (`.inter`) beside it."
    );
}

#[test]
fn sessions_serve_as_users_and_are_said_to() {
    let note = |text: &str| {
        let seen = preview(&OnDisk::new("log.csv", text).spec).unwrap();
        seen.problems
            .into_iter()
            .find(|problem| problem.field == "data.roles.user")
            .map(|problem| problem.sentence())
    };
    let told = |name: &str| {
        format!(
            "this log has no column for the user, so each session (`{name}`) is taken as one: \
             nothing is known of a person beyond a session."
        )
    };
    let rows = "5,x,1600000001\n5,y,1600000002\n";
    assert_eq!(
        note(&format!("session_id,item_id,time\n{rows}")),
        Some(told("session_id"))
    );
    assert_eq!(note(&format!("visitor,item_id,time\n{rows}")), None);
    assert_eq!(note("session_id,user_id,item_id\n5,1,x\n5,1,y\n"), None);
    let (_, clicks, ..) = SAMPLES
        .iter()
        .find(|sample| sample.0 == "yoochoose-clicks.dat")
        .unwrap();
    assert_eq!(note(clicks), Some(told("column_1")));
}

#[test]
fn a_log_that_only_resembles_a_known_one_is_not_taken_for_it() {
    let text = "7,2024-04-01T10:00:01Z,55,view\n7,2024-04-01T10:00:02Z,56,buy\n8,2024-04-01T10:00:03Z,55,view\n";
    let seen = preview(&OnDisk::new("log.csv", text).spec).unwrap();
    assert_eq!(roles(&seen.file), "column_1 column_3 column_2 column_4 -");
    assert!(seen.problems.is_empty(), "{:?}", seen.problems);
}

#[test]
fn one_user_a_line_is_a_log() {
    let log = OnDisk::new("log.txt", "1 7 8 9 7\n2 8 7 5 6 4 3 2 1\n\n3 7\n4\n3 9 8\n");
    let seen = preview(&log.spec).unwrap();
    assert_eq!(
        seen.file.format,
        Some(FileFormat::Text),
        "line 5 has a user only, so it is not sure"
    );
    let log = OnDisk::new("log.txt", "1 7 8 9 7\n2 8 7 5 6 4 3 2 1\n\n3 7\n3 9 8\n");
    let prepared = log.prepare().unwrap();
    assert_eq!(history(&prepared, "1"), ["7", "8", "9", "7"]);
    assert_eq!(history(&prepared, "3"), ["7", "9", "8"]);
    assert_eq!(
        (
            prepared.dataset.report.rows_read,
            prepared.dataset.shape().n_users
        ),
        (15, 3)
    );
    let with_gaps = OnDisk::new(
        "log.txt",
        "1 7 8 9 7\t0 5 0 86400\n2 8\t0\n3 7 9 8 7\t0 1 2\n4 1 2 3 4 5\t0 1 1 1 x\n",
    );
    let mut spec = with_gaps.spec.clone();
    spec.format = Some(FileFormat::Lists);
    let prepared = super::prepare_file(&spec).unwrap();
    assert_eq!(
        prepared.dataset.sequences.times(0).unwrap(),
        [0, 5, 5, 86_405]
    );
    let report = &prepared.dataset.report;
    let told: Vec<String> = report
        .refused
        .iter()
        .map(|row| format!("{} {}", row.line, row.reason))
        .collect();
    assert_eq!(
        told,
        [
            "3 has 4 items and 3 times",
            "4 has the time `x`, which is no whole number"
        ]
    );
    assert_eq!(
        report.file.as_ref().unwrap().time_format,
        Some(TimeFormat::Order)
    );
}
