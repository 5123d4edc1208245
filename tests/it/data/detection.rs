//! Times and dates are told apart, and only the head of a file is read to do so.

use std::io::Write;

use seqscope::data::{Profile, Role, TimeFormat, preview};

use super::{OnDisk, warnings};

/// Four events whose times are written so.
fn log(times: [&str; 4]) -> OnDisk {
    let rows = std::iter::zip(times, ["x", "y", "z", "x"])
        .map(|(time, item)| format!("u,{item},{time}\n"));
    let rows = rows.collect::<Vec<_>>().concat();
    OnDisk::new("log.csv", format!("user,item,when\n{rows}"))
}

#[test]
fn every_way_of_writing_times_gives_the_same_moments() {
    // 2024-01-31 12:30:00 UTC and an hour, a day, and a month of 29 days later.
    let expected = [1_706_704_200, 1_706_707_800, 1_706_790_600, 1_709_209_800];
    for (times, format) in [
        (
            ["1706704200", "1706707800", "1706790600", "1709209800"],
            TimeFormat::Seconds,
        ),
        (
            [
                "1706704200000",
                "1706707800000",
                "1706790600000",
                "1709209800000",
            ],
            TimeFormat::Milliseconds,
        ),
        (
            [
                "1706704200000000",
                "1706707800000000",
                "1706790600000000",
                "1709209800000000",
            ],
            TimeFormat::Microseconds,
        ),
        (
            [
                "1706704200000000000",
                "1706707800000000000",
                "1706790600000000000",
                "1709209800000000000",
            ],
            TimeFormat::Nanoseconds,
        ),
        (
            [
                "2024-01-31 13:30:00+01:00",
                "2024-01-31T14:30:00 +0100",
                "2024-02-01T12:30:00Z",
                "2024-02-29 07:00-0530",
            ],
            TimeFormat::Date,
        ),
        (
            [
                "1/31/2024 12:30",
                "1/31/2024 1:30 PM",
                "02/01/2024 12:30:00",
                "2/29/24 12:30",
            ],
            TimeFormat::MonthFirst,
        ),
        (
            [
                "31/1/2024 12:30",
                "31.1.2024 13:30",
                "01-02-2024 12:30:00",
                "29/2/24 12:30",
            ],
            TimeFormat::DayFirst,
        ),
    ] {
        let log = log(times);
        let seen = preview(&log.spec).unwrap();
        assert_eq!(
            (seen.file.roles.column(Role::Time), seen.file.time_format),
            (Some("when"), Some(format.clone()))
        );
        assert!(seen.problems.is_empty(), "{format}: {:?}", seen.problems);
        let prepared = log.prepare().unwrap();
        assert_eq!(
            prepared.dataset.sequences.times(0).unwrap(),
            expected,
            "{format}"
        );
    }
}

#[test]
fn dates_that_could_be_read_both_ways_are_told() {
    let mut log = log(["1/2/2024", "3/4/2024", "5/6/2024", "7/8/2024"]);
    let expected = "the dates of the column `when`, such as `1/2/2024`, are read with the month \
                    first, and nothing in the first rows tells; write DayFirst in \
                    `data.time_format` if the day comes first.";
    let prepared = log.prepare().unwrap();
    assert!(
        warnings(&prepared).contains(expected),
        "{}",
        warnings(&prepared)
    );
    // 2024-01-02 is 19,724 days after 1970-01-01; 2024-02-01 is 30 days later.
    assert_eq!(
        prepared.dataset.sequences.times(0).unwrap()[0],
        19_724 * 86_400
    );
    log.spec.time_format = Some(TimeFormat::DayFirst);
    let prepared = log.prepare().unwrap();
    assert!(!warnings(&prepared).contains("month first"));
    assert_eq!(
        prepared.dataset.sequences.times(0).unwrap()[0],
        19_754 * 86_400
    );
}

#[test]
fn a_day_that_shows_the_order_late_turns_all_dates_round() {
    let row = |n: usize| format!("u{},i{},{}/{}/2024\n", n % 9, n % 11, n % 12 + 1, n % 5 + 1);
    let rows = (0..1_200).map(row).collect::<Vec<_>>().concat();
    let prepared = OnDisk::new(
        "log.csv",
        format!("user,item,when\n{rows}u1,i1,25/3/2024\n"),
    )
    .prepare()
    .unwrap();
    let report = &prepared.dataset.report;
    assert_eq!(report.rows_refused, 0);
    assert_eq!(
        report.file.as_ref().unwrap().time_format,
        Some(TimeFormat::DayFirst)
    );
    let expected = "the first rows do not tell whether their dates have the day or the month \
                    first, and later ones do: all are read as date text, day first.";
    assert!(
        warnings(&prepared).contains(expected),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn the_time_is_not_an_id_that_looks_like_one() {
    // Nine and eighteen digits: ids of users and items that could be seconds or nanoseconds.
    let text = "214500001,1290000000000000001,2014-04-01 \
                10:00:00\n214500002,1290000000000000002,2014-04-01 10:00:01\n";
    let file = preview(&OnDisk::new("log.csv", text).spec).unwrap().file;
    assert_eq!(file.roles.column(Role::Time), Some("column_3"));
    assert_eq!(
        (file.roles.column(Role::User), file.roles.column(Role::Item)),
        (Some("column_1"), Some("column_2"))
    );
}

#[test]
fn two_to_the_thirty_ninth_as_a_time_is_doubtful_and_overflows_nothing() {
    let log = log(["1600000000", "1600000001", "549755813888", "1600000003"]);
    let prepared = log.prepare().unwrap();
    assert_eq!(prepared.dataset.sequences.times(0).unwrap()[3], 1 << 39);
    let expected = "1 of 4 rows have a time in the future (the first on line 4, 549755813888 \
                    seconds since 1970, thousands of years away); they are kept: check the column \
                    and `data.time_format` (seconds since 1970).";
    assert!(
        warnings(&prepared).contains(expected),
        "{}",
        warnings(&prepared)
    );
    // A calendar of 34,000 years is not drawn day by day.
    assert!(
        Profile::new(&prepared.dataset)
            .activity
            .unwrap()
            .days
            .is_empty()
    );
    let refused = super::OnDisk::new(
        "log.csv",
        "user,item,when\nu,x,1600000000\nu,y,1600000001\nu,z,9223372036854775807\nu,x,1600000002\nu,z,1600000003\n",
    );
    let report = refused.prepare().unwrap().dataset.report;
    assert_eq!(
        report.refused[0].reason,
        "has the time `9223372036854775807`, which cannot be read as seconds since 1970"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_head_of_a_large_file_is_read_and_no_more() {
    const SIZE: u64 = 5 << 30;
    let row = |n: usize| format!("u{},i{},{}\n", n % 97, n % 501, 1_600_000_000 + n);
    let head = (0..60_000).map(row).collect::<Vec<_>>().concat();
    let log = OnDisk::new("log.csv", "");
    let mut file = std::fs::File::create(&log.spec.path).unwrap();
    file.write_all(format!("user,item,time\n{head}").as_bytes())
        .unwrap();
    // The rest is a hole that takes no room on the disk.
    file.set_len(SIZE).unwrap();
    let read_so_far = || {
        let counts = std::fs::read_to_string("/proc/thread-self/io").ok()?;
        counts
            .lines()
            .find_map(|line| line.strip_prefix("rchar: ")?.trim().parse::<u64>().ok())
    };
    let before = read_so_far();
    let seen = preview(&log.spec).unwrap();
    let after = read_so_far();
    assert_eq!((seen.n_bytes, seen.rows.len()), (SIZE, 50));
    assert_eq!(seen.file.roles.column(Role::Time), Some("time"));
    match (before, after) {
        // The first megabyte, and a little for what the system itself is asked.
        (Some(before), Some(after)) => assert!(
            after - before < 2 << 20,
            "{} bytes were read",
            after - before
        ),
        _ => println!("skipped: this system does not count the bytes that a thread reads"),
    }
}
