//! Spellings of times that are found in files, and what they mean.

use proptest::prelude::*;

use super::*;

fn guessed(texts: &[&str]) -> Option<TimeFormat> {
    guess(texts.iter().copied())
}

fn micros(text: &str) -> Option<i64> {
    moment(text).map(|moment| moment.micros)
}

fn read_as(text: &str, format: &TimeFormat) -> Option<i64> {
    read(|| std::iter::once(text), format).ticks[0]
}

#[test]
fn formats_are_told_apart() {
    assert_eq!(guessed(&["881250949"]), Some(TimeFormat::Seconds));
    assert_eq!(guessed(&["881250949.0"]), Some(TimeFormat::Seconds));
    assert_eq!(guessed(&["'881250949'"]), Some(TimeFormat::Seconds));
    assert_eq!(guessed(&["1511929781000"]), Some(TimeFormat::Milliseconds));
    assert_eq!(
        guessed(&["1511929781000000"]),
        Some(TimeFormat::Microseconds)
    );
    assert_eq!(
        guessed(&["1511929781000000000"]),
        Some(TimeFormat::Nanoseconds)
    );
    assert_eq!(
        guessed(&["638422992000000000"]),
        Some(TimeFormat::DotNetTicks)
    );
    assert_eq!(guessed(&["45322.56"]), Some(TimeFormat::SpreadsheetDays));
    assert_eq!(guessed(&["2460341.0625"]), Some(TimeFormat::JulianDays));
    // An id of that length is none.
    assert_eq!(guessed(&["76561198000000000"]), Some(TimeFormat::Order));
    assert_eq!(guessed(&["19970101"]), Some(TimeFormat::Date));
    assert_eq!(
        guessed(&["2024-01-31T12:30:00+0200"]),
        Some(TimeFormat::Date)
    );
    assert_eq!(guessed(&["24-01-31 13:30:05"]), Some(TimeFormat::YearFirst));
    assert_eq!(guessed(&["13:30:05"]), Some(TimeFormat::Clock));
    assert_eq!(guessed(&["5743"]), Some(TimeFormat::Order));
    assert_eq!(guessed(&["2024"]), Some(TimeFormat::Order));
    assert_eq!(guessed(&["-3.5"]), Some(TimeFormat::Order));
    for text in [
        "Toy Story",
        "",
        "Toy Story (1995)",
        "May",
        "B01-24-X",
        "1.2.3",
        "P206",
        "10.0.0.1",
        "2024 Jan x",
        "v1.2.2024b",
    ] {
        assert_eq!(guessed(&[text]), None, "{text}");
    }
}

/// Ways of writing 2024-01-31 12:30:00 UTC, which is 1706704200.
const ONE_MOMENT: &[&str] = &[
    "2024-01-31T12:30:00Z",
    "2024-01-31t12:30:00z",
    "2024-01-31T13:30:00+01:00",
    "2024-01-31T13:30:00+01:00[Europe/Paris]",
    "2024-01-31T13:30:00[Europe/Paris]",
    "2024-01-31 13:30:00 Europe/Paris",
    "2024-01-31T12:30:00.000",
    "2024-01-31 12:30:00",
    "2024-01-31 12:30:00 UTC",
    "2024-01-31 12:30:00.000 UTC",
    "2024-01-31 12:30:00 +0000 UTC",
    "2024-01-31 13:30:00.000000+01",
    "2024-01-31 12:30",
    "2024-01-31T12:30Z",
    "2024-01-31 12:30:00 PM",
    "2024-01-31 12:30 p.m.",
    "2024/01/31 12:30:00 PM",
    "2024-01-31_12-30-00",
    "2024-01-31-12.30.00.000000",
    "2024-01-31, 12:30:00",
    "2024-01-31 12:30:00,000",
    "\"2024-01-31 12:30:00\"",
    "'2024-01-31 12:30:00'",
    "2024/01/31 12:30:00",
    "2024/1/31 12:30",
    "2024.01.31 12:30:00",
    "2024年1月31日 12:30",
    "2024年01月31日 12时30分00秒",
    "2024年1月31日下午12:30",
    "2024-01-31 13:30:00+01:00",
    "2024-01-31 13:30:00 +0100",
    "2024-01-31 13:30:00 UTC+1",
    "2024-01-31 13:30:00 UTC+01:00",
    "2024-01-31 07:00:00 GMT-05:30",
    "2024-01-31 07:30:00 EST",
    "2024-01-31 06:30:00 MDT",
    "2024-01-31 13:30:00 CET",
    "2024-01-31 14:30:00 CEST",
    "2024-01-31 07:00:00.000-0530",
    "2024/01/31 13:30:00+01",
    "2024-01-31 12:30Z",
    "20240131123000",
    "202401311230",
    "20240131123000000",
    "20240131T123000Z",
    "20240131T123000",
    "20240131T123000.000Z",
    "20240131T133000+0100",
    "20240131-123000",
    "20240131 12:30:00",
    "Wed Jan 31 12:30:00 +0000 2024",
    "Wed Jan 31 12:30:00 2024",
    "Wed Jan 31 12:30:00 UTC 2024",
    "Wed Jan 31 07:30:00 EST 2024",
    "Wed Jan 31 13:30:00 GMT+01:00 2024",
    "Wed Jan 31 2024 13:30:00 GMT+0100 (Central European Standard Time)",
    "Wed, 31 Jan 2024 12:30:00 GMT",
    "Wed, 31 Jan 2024 13:30:00 +0100",
    "Wed, 31 Jan 2024 13:30:00 +0100 (CET)",
    "Wednesday, January 31, 2024 12:30:00 PM",
    "Wednesday, 31-Jan-24 12:30:00 GMT",
    "31/Jan/2024:12:30:00 +0000",
    "[31/Jan/2024:13:30:00 +0100]",
    "31-Jan-2024 12:30:00",
    "31-JAN-24 12.30.00.000000 PM",
    "31JAN2024:12:30:00",
    "31 Jan 2024 12:30",
    "31 January 2024, 12:30",
    "31st January 2024 12:30",
    "Jan 31, 2024 12:30:00 PM",
    "Jan 31, 2024, 12:30:00\u{202f}PM UTC",
    "Jan 31 2024 12:30PM",
    "January 31, 2024 at 12:30 PM",
    "Jan. 31, 2024 12:30",
    "2024-Jan-31 12:30:00",
    "2024 Jan 31 12:30:00",
    "31. Januar 2024 12:30 Uhr",
    "Mi., 31. Jan. 2024 12:30",
    "31 janvier 2024 à 12:30",
    "31 de enero de 2024 12:30",
    "12:30:00 31 Jan 2024",
    "12:30 2024-01-31",
    "2024-01-31 (Wed) 12:30",
    "/Date(1706704200000)/",
    "/Date(1706704200000+0100)/",
    "{\"$date\": \"2024-01-31T12:30:00Z\"}",
    "{\"$date\":1706704200000}",
    "{\"$date\":{\"$numberLong\":\"1706704200000\"}}",
    "{\"_seconds\": 1706704200, \"_nanoseconds\": 0}",
    "ISODate(\"2024-01-31T12:30:00Z\")",
];

#[test]
fn every_way_of_writing_one_moment_is_that_moment() {
    for text in ONE_MOMENT {
        assert_eq!(micros(text), Some(1_706_704_200_000_000), "{text}");
    }
    for text in [
        "2024-01-31",
        "2024/01/31",
        "20240131",
        "2024-1-31",
        "31-Jan-2024",
        "31-Jan-24",
        "31Jan2024",
        "31JAN24",
        "Jan 31, 2024",
        "January 31, 2024",
        "January 31st, 2024",
        "31 January 2024",
        "2024-Jan-31",
        "2024 January 31",
        "Jan-31-2024",
        "Wed, 31 Jan 2024",
        "2024-01-31 00",
        "24年1月31日",
        "2024年1月31日",
        "31 Jan '24",
        "Wednesday 31 January 2024",
    ] {
        assert_eq!(micros(text), Some(1_706_659_200_000_000), "{text}");
    }
    for text in [
        "2024-01",
        "2024/01",
        "01/2024",
        "Jan 2024",
        "January, 2024",
        "2024-Jan",
        "2024年1月",
        "Jan-2024",
        "Jan '24",
        "2024-W01",
    ] {
        assert_eq!(micros(text), Some(1_704_067_200_000_000), "{text}");
    }
}

#[test]
fn dates_in_numbers_are_read_in_the_order_that_is_said() {
    for (text, order) in [
        ("1/31/2024 12:30", TimeFormat::MonthFirst),
        ("01/31/24 12:30:00 PM", TimeFormat::MonthFirst),
        ("1/31/24, 12:30 PM", TimeFormat::MonthFirst),
        ("Wed 01/31/2024 12:30", TimeFormat::MonthFirst),
        ("12:30:00 01/31/2024", TimeFormat::MonthFirst),
        ("31/1/2024 12:30:00.0", TimeFormat::DayFirst),
        ("31.01.2024 13:30 +01:00", TimeFormat::DayFirst),
        ("31.01.24 12:30", TimeFormat::DayFirst),
        ("31-01-24 12:30", TimeFormat::DayFirst),
        ("31-01-2024T12:30:00Z", TimeFormat::DayFirst),
        ("31-01-2024:12.30", TimeFormat::DayFirst),
        ("31/01/2024, 12.30.00", TimeFormat::DayFirst),
        ("[31/01/24, 12:30:00]", TimeFormat::DayFirst),
        ("31.1.2024 12:30 Uhr", TimeFormat::DayFirst),
        ("24-01-31 12:30", TimeFormat::YearFirst),
        ("24/01/31 12:30:00", TimeFormat::YearFirst),
        ("24.01.31 12:30", TimeFormat::YearFirst),
    ] {
        assert_eq!(read_as(text, &order), Some(1_706_704_200_000_000), "{text}");
    }
    for text in [
        "31/1/2024",
        "13/1/2024 25:00",
        "1/2/2024 1:00 PM AM",
        "1/2/3/2024",
        "0/1/2024",
        "1/0/2024",
    ] {
        assert_eq!(read_as(text, &TimeFormat::MonthFirst), None, "{text}");
    }
}

#[test]
fn what_is_no_moment_is_none() {
    for text in [
        "2024-02-31",
        "20241301",
        "2024-13-01",
        "2024-01-31 25:00",
        "2024-01-31 12:60",
        "31-Foo-2024",
        "Jan 32, 2024",
        "2024-01-31 x",
        "2024-01-31 12:30:00+25:00",
        "Wed Jan 31 12:30:00",
        "12:30:00",
        "0000-00-00 00:00:00",
        "2024-01-31T12:30:00Z trailing",
        "2024.05",
        "2024 05",
        "{\"a\": 1}",
        "/Date()/",
    ] {
        assert_eq!(micros(text), None, "{text}");
    }
    assert_eq!(micros("2023-02-29"), None);
    assert_eq!(
        micros("0001-01-01T00:00:00Z"),
        Some(-62_135_596_800_000_000)
    );
    assert_eq!(micros("1964-02-15 13:30:05"), Some(-185_452_195_000_000));
    assert_eq!(
        micros("9999-12-31 23:59:59.999999"),
        Some(253_402_300_799_999_999)
    );
    assert_eq!(
        micros("2024-01-31 12:30:00.1234567Z"),
        Some(1_706_704_200_123_456)
    );
}

#[test]
fn the_quick_way_reads_what_the_careful_one_does() {
    for text in [
        "2024-02-29",
        "1900-03-01 00:00",
        "1969-12-31T23:59:59.999999Z",
        "2024-12-31 23:59:59+14:00",
        "0001-01-01",
        "2000-02-29 12:00:00.5",
        "2024-06-30 12:30:00-0930",
        "2100-02-28 01:02:03 UTC",
        "2024-06-30T12:30+02",
    ] {
        let quick = iso::read(text);
        assert!(quick.is_some(), "{text}");
        assert_eq!(
            quick,
            date::written(text).and_then(|written| written.moment(None)),
            "{text}"
        );
    }
}

#[test]
fn the_part_above_twelve_is_the_day() {
    let open = |texts: &[&str]| {
        look(texts.iter().map(|text| (*text, None))).unwrap().reason == OrderReason::Nothing
    };
    assert_eq!(
        guessed(&["1/2/2024", "1/31/2024"]),
        Some(TimeFormat::MonthFirst)
    );
    assert_eq!(
        guessed(&["1/2/2024", "31/1/2024"]),
        Some(TimeFormat::DayFirst)
    );
    assert_eq!(
        guessed(&["1.2.2024", "3.4.2024"]),
        Some(TimeFormat::DayFirst)
    );
    assert_eq!(
        guessed(&["1/2/2024", "3/4/2024"]),
        Some(TimeFormat::MonthFirst)
    );
    assert_eq!(
        guessed(&["24-01-31", "24-02-01"]),
        Some(TimeFormat::YearFirst)
    );
    assert_eq!(
        guessed(&["31-01-24", "01-02-24"]),
        Some(TimeFormat::DayFirst)
    );
    assert_eq!(
        guessed(&["31.01.24 13:30", "01.02.24 13:30"]),
        Some(TimeFormat::DayFirst)
    );
    assert_eq!(
        guessed(&["01/31/98", "02/01/98"]),
        Some(TimeFormat::MonthFirst)
    );
    assert_eq!(
        guessed(&["98/01/31", "98/02/01"]),
        Some(TimeFormat::YearFirst)
    );
    assert!(open(&["1/2/2024", "3/4/2024"]));
    assert!(!open(&["1/2/2024", "3/14/2024"]));
    assert!(!open(&["1.2.2024"]));
    assert!(!open(&["2024-01-02"]));
}

#[test]
fn rows_in_order_of_time_tell_which_part_is_the_day() {
    let seen = |rows: &[(String, &'static str)]| {
        look(rows.iter().map(|(text, user)| (text.as_str(), Some(*user))))
            .map(|look| (look.format, look.reason))
    };
    // The last days of the months are left out: nothing is above 12.
    let days = |day_first: bool| -> Vec<(String, &'static str)> {
        let dates = (1..=3).flat_map(|month| (1..=12).map(move |day| (day, month)));
        dates
            .map(|(a, b)| {
                (
                    if day_first {
                        format!("{a}/{b}/2024")
                    } else {
                        format!("{b}/{a}/2024")
                    },
                    "u",
                )
            })
            .collect()
    };
    assert_eq!(
        seen(&days(true)),
        Some((TimeFormat::DayFirst, OrderReason::Sorted))
    );
    assert_eq!(
        seen(&days(false)),
        Some((TimeFormat::MonthFirst, OrderReason::Sorted))
    );
    let mut newest_first = days(true);
    newest_first.reverse();
    assert_eq!(
        seen(&newest_first),
        Some((TimeFormat::DayFirst, OrderReason::Sorted))
    );
    // In no order in the file, but in each user's rows.
    let users: Vec<(String, &'static str)> = ["a", "b", "c"]
        .iter()
        .flat_map(|user| days(true).into_iter().map(move |(text, _)| (text, *user)))
        .collect();
    assert_eq!(
        seen(&users),
        Some((TimeFormat::DayFirst, OrderReason::Sorted))
    );
    // Hours of some days of one month, in order either way.
    let hours: Vec<(String, &'static str)> = (0..60)
        .map(|n| {
            (
                format!("{:02}/02/2024 {:02}:15", 2 + n / 10, 9 + n % 10),
                "u",
            )
        })
        .collect();
    assert_eq!(
        seen(&hours),
        Some((TimeFormat::DayFirst, OrderReason::Close))
    );
    // Months' figures look the same, but for the clock: nothing tells.
    let months: Vec<(String, &'static str)> =
        (1..=12).map(|n| (format!("{n}/1/2024"), "u")).collect();
    assert_eq!(
        seen(&months),
        Some((TimeFormat::MonthFirst, OrderReason::Nothing))
    );
}

#[test]
fn how_finely_times_are_written_is_seen() {
    let step = |texts: &[&str]| look(texts.iter().map(|text| (*text, None))).unwrap().step;
    assert_eq!(step(&["2024-01-31", "2024-02-01"]), TimeStep::Day);
    assert_eq!(step(&["2024-01"]), TimeStep::Month);
    assert_eq!(step(&["2024-01-31 13"]), TimeStep::Hour);
    assert_eq!(step(&["31/01/2024 13:30"]), TimeStep::Minute);
    assert_eq!(step(&["1706707805"]), TimeStep::Second);
    assert_eq!(step(&["1706707805000", "1706707806000"]), TimeStep::Second);
    assert_eq!(
        step(&["1706707805123", "1706707806000"]),
        TimeStep::Fraction
    );
}

#[test]
fn far_times_are_told_and_do_not_overflow() {
    let column = read(
        || ["549755813888", "9223372036854775807", "-549755813888"].into_iter(),
        &TimeFormat::Seconds,
    );
    assert_eq!(
        column.ticks,
        [
            Some(549_755_813_888_000_000),
            None,
            Some(-549_755_813_888_000_000)
        ]
    );
    assert_eq!(
        iso(549_755_813_888_000_000),
        "549755813888 seconds since 1970, thousands of years away"
    );
    let column = read(
        || ["1511929781000000999", "-1"].into_iter(),
        &TimeFormat::Nanoseconds,
    );
    assert_eq!(column.ticks, [Some(1_511_929_781_000_000), Some(-1)]);
}

#[test]
fn fractions_of_a_second_keep_their_order() {
    let column = read(
        || ["10.25", "10.75", "x", "-1"].into_iter(),
        &TimeFormat::Seconds,
    );
    assert_eq!(column.per_sec, 1_000_000);
    assert_eq!(
        column.ticks,
        [Some(10_250_000), Some(10_750_000), None, Some(-1_000_000)]
    );
    let column = read(
        || ["3", "99999999999999999"].into_iter(),
        &TimeFormat::Order,
    );
    assert_eq!(
        (column.ticks, column.per_sec),
        (vec![Some(3), Some(99_999_999_999_999_999)], 1)
    );
    // Numbers that only order are in no unit that another could be mistaken for.
    let column = read(|| ["0.5", "1706707805000"].into_iter(), &TimeFormat::Order);
    assert_eq!(
        column.ticks,
        [Some(500_000), Some(1_706_707_805_000_000_000)]
    );
}

#[test]
fn what_was_seen_in_a_column_is_counted() {
    let told = |texts: &[&str], format| read(|| texts.iter().copied(), &format).told;
    let units = told(
        &["1706707805", "1706707805000", "1706707805000000"],
        TimeFormat::Seconds,
    );
    assert_eq!(
        units,
        TimeRemarks {
            other_units: 2,
            ..TimeRemarks::default()
        }
    );
    let cut = told(&["1.70671E+12", "1706707805000"], TimeFormat::Milliseconds);
    assert_eq!(
        cut,
        TimeRemarks {
            cut: 1,
            ..TimeRemarks::default()
        }
    );
    let swapped = told(&["1/2/2024", "25/3/2024", "x"], TimeFormat::MonthFirst);
    assert_eq!(
        swapped,
        TimeRemarks {
            swapped: 1,
            ..TimeRemarks::default()
        }
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}", pattern in "[%a-zA-Z0-9 :/+.-]{0,12}") {
        look(std::iter::once((text.as_str(), None)));
        for format in <TimeFormat as strum::IntoEnumIterator>::iter().chain([TimeFormat::Pattern(pattern.clone())]) {
            read(|| std::iter::once(text.as_str()), &format);
        }
        for kind in [ClockKind::Text, ClockKind::Hhmm, ClockKind::Hhmmss, ClockKind::Hour] {
            kind.micros(&text);
        }
        refused_pattern(&pattern);
    }

    #[test]
    fn near_dates_do_not_panic_either(text in "[0-9]{1,4}[-/. :]{0,2}([0-9]{1,4}|Jan|May|Sept)[-/. \
                                               :,']{0,2}[0-9]{1,4}[T :._-]{0,2}[0-9:.,-]{0,12}( \
                                               ?[apAP]\\.?[mM]?)?( ?[+-][0-9:]{0,6}| \
                                               ?[A-Z]{1,4}|\\[[A-Za-z/]{0,12}\\])?") {
        for format in <TimeFormat as strum::IntoEnumIterator>::iter() {
            read(|| std::iter::once(text.as_str()), &format);
        }
    }

    #[test]
    fn every_moment_is_read_back(secs in -62_000_000_000_i64..253_000_000_000) {
        let moment = jiff::Timestamp::from_second(secs).unwrap();
        let expected = Some(secs * MICROS_PER_SEC);
        prop_assert_eq!(iso::read(&moment.to_string()).map(|moment| moment.micros), expected);
        for pattern in ["%d/%b/%Y:%H:%M:%S +0000", "%a %b %e %H:%M:%S %Y", "%B %d, %Y %I:%M:%S %p", "%Y/%m/%d %I:%M:%S %p"] {
            let text = moment.to_zoned(jiff::tz::TimeZone::UTC).strftime(pattern).to_string();
            prop_assert_eq!(micros(&text), expected, "{}", text);
        }
        let text = moment.to_zoned(jiff::tz::TimeZone::UTC).strftime("%d.%m.%Y %H:%M:%S").to_string();
        prop_assert_eq!(read_as(&text, &TimeFormat::DayFirst), expected, "{}", text);
    }
}
