//! Which column is the time, how several are joined, and what is told of those that are doubtful.

use std::fmt::Write as _;

use seqscope::data::clean::Duplicates;
use seqscope::data::{
    CleanSpec, CleanStep, DataError, Prepared, Role, SplitSpec, TimeFormat, preview,
};
use seqscope::spec::Entry;

use super::{OnDisk, history, prepare_cleaned, warnings};

/// Events of six users, hours apart, under a header; each row's other cells are made of its moment.
fn log(header: &str, row: impl Fn(usize, jiff::Zoned) -> String) -> OnDisk {
    let begin: jiff::Timestamp = "2024-01-31T13:30:05Z".parse().unwrap();
    let mut text = format!("user_id,item_id,{header}\n");
    for n in 0..60 {
        let moment = begin + jiff::SignedDuration::from_secs(2_477 * n as i64);
        writeln!(
            text,
            "u{},i{},{}",
            n % 6,
            n * n % 11,
            row(n, moment.to_zoned(jiff::tz::TimeZone::UTC))
        )
        .unwrap();
    }
    OnDisk::new("log.csv", text)
}

fn time_of(log: &OnDisk) -> Option<String> {
    preview(&log.spec)
        .unwrap()
        .file
        .roles
        .column(Role::Time)
        .map(str::to_owned)
}

fn span(prepared: &Prepared) -> (String, String) {
    prepared.dataset.time_span().unwrap()
}

/// The first and the last moment of [`log`].
fn whole() -> (String, String) {
    (
        "2024-01-31T13:30:05Z".to_owned(),
        "2024-02-02T06:05:48Z".to_owned(),
    )
}

#[test]
fn the_finest_column_that_varies_within_users_is_the_time() {
    for (header, pattern, expected) in [
        ("date,time_ms", "%Y-%m-%d,%s000", "time_ms"),
        ("time,timestamp_ms", "%H,%s000", "timestamp_ms"),
        (
            "event_date,event_timestamp",
            "%Y%m%d,%s000000",
            "event_timestamp",
        ),
        (
            "date,created_at",
            "%d/%m/%Y,%Y-%m-%dT%H:%M:%SZ",
            "created_at",
        ),
        ("month,order_date", "%m,%b %d %Y %I:%M %p", "order_date"),
        ("day,happened", "%j,%Y-%m-%d %H:%M:%S", "happened"),
    ] {
        let log = log(header, |_, moment| moment.strftime(pattern).to_string());
        assert_eq!(time_of(&log).as_deref(), Some(expected), "{header}");
    }
    // What is the same in all rows of a user tells of the user, what is so of an item of the item.
    let of_user = log("date,created", |n, moment| {
        format!("19{}-03-04,{}", 60 + n % 6, moment.strftime("%d.%m.%Y"))
    });
    assert_eq!(time_of(&of_user).as_deref(), Some("created"));
    let of_item = log("release_date,day", |n, moment| {
        format!(
            "20{}-03-04,{}",
            10 + n * n % 11,
            moment.strftime("%Y-%m-%d")
        )
    });
    assert_eq!(time_of(&of_item).as_deref(), Some("day"));
    let alone = log("birth_date", |n, _| format!("19{}-03-04", 60 + n % 6));
    let prepared = alone.prepare().unwrap();
    assert_eq!(time_of(&alone), None);
    assert!(
        warnings(&prepared).contains("the column `birth_date` says by its name"),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn a_day_and_a_clock_in_two_columns_are_one_time() {
    for (header, pattern, word) in [
        ("date,time", "%Y-%m-%d,%H:%M:%S", "clock"),
        ("time,date", "%I:%M:%S %p,%d.%m.%Y", "clock"),
        ("order_date,trans_time", "%Y%m%d,%H%M%S", "clock"),
        ("Date,Clock", "%b %-d %Y,%H.%M.%S", "clock"),
        ("Date,Time", "%Y/%m/%d,%I:%M:%S %p", "clock"),
    ] {
        let log = log(header, |_, moment| moment.strftime(pattern).to_string());
        let prepared = log.prepare().unwrap();
        assert_eq!(span(&prepared), whole(), "{header}");
        assert!(
            warnings(&prepared).contains(word),
            "{header}: {}",
            warnings(&prepared)
        );
        assert_eq!(prepared.dataset.report.rows_refused, 0);
    }
    let hours = log("date,hour", |_, moment| {
        moment.strftime("%Y-%m-%d,%-H").to_string()
    });
    let prepared = hours.prepare().unwrap();
    assert_eq!(span(&prepared).0, "2024-01-31T13:00:00Z");
    assert!(
        warnings(&prepared).contains("the hour in `hour`"),
        "{}",
        warnings(&prepared)
    );
    // Numbers of days have no date, and order all the same.
    let days = log("DAY,TRANS_TIME", |n, moment| {
        format!("{},{}", n / 35 + 1, moment.strftime("%H%M"))
    });
    let prepared = days.prepare().unwrap();
    assert_eq!(
        (time_of(&days).as_deref(), prepared.dataset.has_clock()),
        (Some("DAY"), false)
    );
    assert!(
        warnings(&prepared).contains("`TRANS_TIME`, joined"),
        "{}",
        warnings(&prepared)
    );
    assert!(
        prepared
            .dataset
            .sequences
            .times(0)
            .unwrap()
            .windows(2)
            .all(|pair| pair[0] < pair[1])
    );
}

#[test]
fn a_clock_is_joined_only_where_it_is_wanted() {
    let text = |_: usize, moment: jiff::Zoned| moment.strftime("%Y-%m-%d,%H:%M:%S").to_string();
    let mut refused = log("date,time", text);
    refused.spec.roles.clock = Some(String::new());
    assert_eq!(span(&refused.prepare().unwrap()).0, "2024-01-31T00:00:00Z");
    // Who names the time means it as it stands, as files written before did.
    let mut said = log("date,time", text);
    said.spec.roles.time = Some("date".to_owned());
    assert_eq!(span(&said.prepare().unwrap()).0, "2024-01-31T00:00:00Z");
    said.spec.roles.clock = Some("time".to_owned());
    assert_eq!(span(&said.prepare().unwrap()), whole());
    let rows = "u,i,2024-01-31,12:30\nu,j,2024-01-31,\nu,k,2024-01-31,noon\nu,l,2024-01-31,9:05\nu,m,2024-01-31,10:00\n";
    let mut broken = OnDisk::new("log.csv", format!("user,item,date,time\n{rows}"));
    broken.spec.roles.time = Some("date".to_owned());
    broken.spec.roles.clock = Some("time".to_owned());
    let told = broken
        .prepare()
        .map(|prepared| prepared.dataset.report.refused)
        .map_err(|error| error.to_string());
    assert!(told.is_err_and(|sentence| sentence.contains("does not hold clocks")));
}

#[test]
fn a_time_that_cannot_be_read_is_no_time_passed_over() {
    let odd = |_: usize, moment: jiff::Zoned| moment.strftime("%Y~%m~%d~%H%M%S").to_string();
    let mut log = log("timestamp", odd);
    let Err(DataError::Setting { field, sentence }) = log.prepare() else {
        panic!()
    };
    assert_eq!(field, "data.roles.time");
    let expected = "the column `timestamp`, by its name the time, does not hold times (seconds, \
                    milliseconds or dates) but such as `2024~01~31~133005`; say how it is written \
                    in `data.time_format`, by a pattern such as `%d.%m.%Y %H:%M`, choose another \
                    column in `data.roles.time`, or write \"\" there if the log has none.";
    assert_eq!(sentence, expected);
    log.spec.time_format = Some(TimeFormat::Pattern("%Y~%m~%d~%H%M%S".to_owned()));
    assert_eq!(span(&log.prepare().unwrap()), whole());
    log.spec.time_format = None;
    log.spec.roles.time = Some(String::new());
    assert!(log.prepare().is_ok());
    // Beside numbers that are times whatever they are called, it is passed over.
    let numbers = self::log("timestamp,x", |n, moment| {
        format!(
            "{},{}",
            odd(n, moment.clone()),
            moment.timestamp().as_second()
        )
    });
    assert_eq!(time_of(&numbers).as_deref(), Some("x"));
    // Beside one that can be read it is passed over with a word.
    let beside = self::log("timestamp,event_date", |n, moment| {
        format!(
            "{},{}",
            odd(n, moment.clone()),
            moment.strftime("%Y-%m-%d %H:%M:%S")
        )
    });
    let prepared = beside.prepare().unwrap();
    assert_eq!(span(&prepared), whole());
    assert!(
        warnings(&prepared).contains("the column `timestamp` cannot be read as times"),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn mixed_units_are_read_each_in_its_own_and_told() {
    for (every, in_millis) in [(2, 1), (20, 1), (20, 19)] {
        let log = log("timestamp", |n, moment| {
            let secs = moment.timestamp().as_second();
            if n % every < in_millis {
                format!("{secs}000")
            } else {
                secs.to_string()
            }
        });
        let prepared = log.prepare().unwrap();
        assert_eq!(span(&prepared), whole(), "{in_millis} in {every}");
        assert!(
            warnings(&prepared).contains("times are in two units"),
            "{}",
            warnings(&prepared)
        );
    }
}

#[test]
fn times_that_a_program_has_cut_are_told() {
    let cut = log("timestamp", |n, _| format!("1.7067{n:02}E+12"));
    let told = warnings(&cut.prepare().unwrap());
    assert!(
        told.contains("60 of 60 rows have a time in scientific notation"),
        "{told}"
    );
    let whole = log("timestamp", |_, moment| {
        format!(
            "{}.{:09}e9",
            1,
            moment.timestamp().as_second() - 1_000_000_000
        )
    });
    assert!(!warnings(&whole.prepare().unwrap()).contains("scientific"));
    let floats = log("timestamp", |_, moment| {
        (moment.timestamp().as_second() as f32 as i64).to_string()
    });
    let told = warnings(&floats.prepare().unwrap());
    assert!(
        told.contains("32-bit floats (float32), which leaves steps of 128"),
        "{told}"
    );
    // Midnights are multiples of 128 seconds by nature.
    let days = log("timestamp", |n, _| {
        (1_706_659_200 + 86_400 * n as i64).to_string()
    });
    assert!(!warnings(&days.prepare().unwrap()).contains("float32"));
}

#[test]
fn times_without_a_date_order_and_are_told() {
    // Three days in order of the file: the clocks go back at midnight, and the file's order is
    // right.
    let clocks = log("timestamp", |_, moment| {
        moment.strftime("%H:%M:%S").to_string()
    });
    let prepared = clocks.prepare().unwrap();
    assert!(
        warnings(&prepared).contains("holds a clock without a date"),
        "{}",
        warnings(&prepared)
    );
    let order: Vec<String> = (0..10)
        .map(|n| format!("i{}", (6 * n) * (6 * n) % 11))
        .collect();
    assert_eq!(history(&prepared, "u0"), order);
    // Newest first, the file's order would turn time round: clocks are all that there is.
    let mut text = "user_id,item_id,time\n".to_owned();
    for n in (0..40).rev() {
        writeln!(text, "u{},i{n},{:02}:{:02}", n % 2, 8 + n / 10, n % 10).unwrap();
    }
    let prepared = OnDisk::new("log.csv", text).prepare().unwrap();
    assert_eq!(history(&prepared, "u0")[..3], ["i0", "i2", "i4"]);
    assert_eq!(
        prepared.dataset.report.file.as_ref().unwrap().time_format,
        Some(TimeFormat::Clock)
    );
    assert!(!prepared.dataset.has_clock() && prepared.dataset.time_span().is_none());
    for (pattern, word) in [
        ("%Y-%m", "months alone"),
        ("%b %Y", "months alone"),
        ("%Y", "years alone"),
    ] {
        let log = log("timestamp", |_, moment| {
            moment.strftime(pattern).to_string()
        });
        let prepared = log.prepare().unwrap();
        assert!(
            warnings(&prepared).contains(word),
            "{pattern}: {}",
            warnings(&prepared)
        );
        assert_eq!(
            history(&prepared, "u0"),
            order,
            "within a month the file's order stays"
        );
    }
}

#[test]
fn a_zone_of_two_places_is_told() {
    let zone = |zone: &'static str| {
        log("timestamp", move |_, moment| {
            format!("{} {zone}", moment.strftime("%Y-%m-%d %H:%M:%S"))
        })
    };
    let prepared = zone("CST").prepare().unwrap();
    assert_eq!(span(&prepared).0, "2024-01-31T19:30:05Z");
    assert!(warnings(&prepared).contains(
        "the zone `CST` in the column `timestamp` is taken to be that of the United States"
    ));
    let prepared = zone("EST").prepare().unwrap();
    assert_eq!(span(&prepared).0, "2024-01-31T18:30:05Z");
    assert!(!warnings(&prepared).contains("the zone"));
}

#[test]
fn days_of_a_spreadsheet_are_dates() {
    let days = |moment: &jiff::Zoned| moment.timestamp().as_second() as f64 / 86_400.0 + 25_569.0;
    let exact = log("timestamp", |_, moment| format!("{:.8}", days(&moment)));
    let prepared = exact.prepare().unwrap();
    assert_eq!(span(&prepared), whole());
    assert!(
        warnings(&prepared).contains("are read as days of a spreadsheet"),
        "{}",
        warnings(&prepared)
    );
    let dates = log("Date", |_, moment| format!("{:.0}", days(&moment).floor()));
    assert_eq!(span(&dates.prepare().unwrap()).0, "2024-01-31T00:00:00Z");
    // Numbers of days that are called otherwise only order.
    let numbers = log("day", |n, _| (45_000 + n).to_string());
    assert!(!numbers.prepare().unwrap().dataset.has_clock());
}

#[test]
fn days_above_twelve_need_not_be_there_where_the_rows_tell() {
    let log = log("timestamp", |n, _| {
        format!("{:02}/02/2024 {:02}:{:02}", 2 + n / 10, 9 + n % 10, n)
    });
    let prepared = log.prepare().unwrap();
    assert_eq!(span(&prepared).0, "2024-02-02T09:00:00Z");
    assert!(
        warnings(&prepared).contains("are read with the day first, since only so"),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn only_rows_that_are_equal_in_every_column_are_duplicates() {
    let row =
        |n: usize, price: &str| format!("u{},i{},2024-01-0{},{price}\n", n % 3, n % 2, n % 4 + 1);
    let rows = (0..24)
        .map(|n| row(n, if n < 12 { "5.0" } else { "7" }))
        .collect::<Vec<_>>()
        .concat();
    // Of each user, item and day there are two rows, each twice: those of one price are the same
    // row.
    let log = OnDisk::new("log.csv", format!("user,item,date,tax\n{rows}{rows}"));
    let prepared = log.prepare().unwrap();
    let distinct: std::collections::BTreeSet<&str> = rows.lines().collect();
    assert_eq!(prepared.dataset.sequences.n_events(), distinct.len());
    let told = warnings(&prepared);
    assert!(
        told.contains("differ from it in other columns: they are kept as events of their own"),
        "{told}"
    );
    assert_eq!(
        prepared.dataset.report.steps[1].step,
        "Exact duplicates dropped"
    );
    // By the roles alone, as a step says that is called so.
    let step = CleanStep::Duplicates(Duplicates {
        all_columns: false,
        ..Duplicates::default()
    });
    assert_eq!(step.title(), "Same user, item and time");
    let clean = CleanSpec {
        drop_duplicates: false,
        steps: vec![step],
        ..CleanSpec::default()
    };
    let prepared = prepare_cleaned(&log.spec, clean, SplitSpec::LeaveOneOut).unwrap();
    let by_roles: std::collections::BTreeSet<&str> = rows
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0)
        .collect();
    assert_eq!(prepared.dataset.sequences.n_events(), by_roles.len());
    assert!(
        warnings(&prepared).contains("are dropped because another has their user, item and time")
    );
    // Without more columns nothing tells a row that was written twice from two events of one day.
    let bare: Vec<&str> = rows
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0)
        .collect();
    let prepared = OnDisk::new("log.csv", format!("user,item,date\n{}\n", bare.join("\n")))
        .prepare()
        .unwrap();
    assert_eq!(prepared.dataset.sequences.n_events(), bare.len());
    assert!(
        warnings(&prepared).contains("times are whole days, so they may be events of their own")
    );
}
