//! Ids, marks, roles and numbers as real files have them, and figures that no log of histories has.

use std::fmt::Write as _;

use seqscope::data::{
    DataSource, DataSpec, NextNumber, NumberOf, Outcomes, Prepared, Preview, Role, SideTable,
    SplitSpec, TaskSpec, outcomes, preview, read, refused_rows, write_refused_rows,
};
use seqscope::spec::Problem;

use super::{OnDisk, history, warnings};

const N_ROWS: usize = 120;

/// A log of 120 rows of 12 users and 15 items, each row of which is written by `row`: its number,
/// its user (1 to 12), its item (1 to 15) and its second.
fn log(header: &str, row: impl Fn(usize, usize, usize, usize) -> String) -> OnDisk {
    let mut text = format!("{header}\n");
    for n in 0..N_ROWS {
        writeln!(
            text,
            "{}",
            row(
                n,
                n % 12 + 1,
                (n * 7 + n / 12) % 15 + 1,
                1_706_707_805 + 977 * n
            )
        )
        .unwrap();
    }
    OnDisk::new("log.csv", text)
}

/// Events, users, items, refused rows.
fn counts(prepared: &Prepared) -> (usize, usize, usize, usize) {
    let shape = prepared.dataset.shape();
    (
        shape.n_events,
        shape.n_users,
        shape.n_items,
        prepared.dataset.report.rows_refused,
    )
}

fn column(seen: &Preview, role: Role) -> &str {
    seen.file.roles.column(role).unwrap_or("-")
}

#[test]
fn marks_are_nobody_wherever_in_the_file_they_stand() {
    // Each but in the last rows, where no sample of the head sees it.
    for mark in [
        "null", "(null)", "<NA>", "nan", "N/A", "\\N", "None", "#N/A", "\u{feff}", "\u{a0}",
    ] {
        let marked = log("user_id,item_id,timestamp", |n, user, item, time| {
            let user = if n >= 114 {
                mark.to_owned()
            } else {
                format!("u{user}")
            };
            format!("{user},i{item},{time}")
        });
        let prepared = marked.prepare().unwrap();
        assert_eq!(counts(&prepared), (114, 12, 15, 6), "{mark}");
        let kinds = &prepared.dataset.report.refused_by_reason;
        assert_eq!(
            (
                kinds.len(),
                kinds[0].reason.as_str(),
                kinds[0].rows,
                kinds[0].first_line
            ),
            (1, "has no user", 6, 116)
        );
    }
    let item = log("user_id,item_id,timestamp", |n, user, item, time| {
        let item = if n % 10 == 3 {
            "NULL".to_owned()
        } else {
            format!("i{item}")
        };
        format!("{user},{item},{time}")
    });
    let prepared = item.prepare().unwrap();
    assert_eq!(
        (
            counts(&prepared).0,
            prepared.dataset.report.refused[0]
                .reason
                .to_string()
                .as_str()
        ),
        (108, "has no item (`NULL`)")
    );
}

#[test]
fn what_may_be_an_id_stays_one_and_is_asked_about() {
    // As often as others: a name like any.
    let rare = |name: &'static str| {
        log("user_id,item_id,timestamp", move |_, user, item, time| {
            let user = if user == 5 {
                name.to_owned()
            } else {
                format!("u{user}")
            };
            format!("{user},i{item},{time}")
        })
    };
    for name in ["NA", "none", "-", "0", "unknown"] {
        let prepared = rare(name).prepare().unwrap();
        assert_eq!(counts(&prepared), (120, 12, 15, 0), "{name}");
        assert!(
            !warnings(&prepared).contains("data.missing")
                && !warnings(&prepared).contains("far more"),
            "{name}"
        );
    }
    // Half of all rows: hardly a person.
    let mut often = log("user_id,item_id,timestamp", |n, user, item, time| {
        let user = if n % 2 == 0 {
            "NA".to_owned()
        } else {
            format!("u{}", user * 12 + n / 12)
        };
        format!("{user},i{item},{time}")
    });
    let told = warnings(&often.prepare().unwrap());
    assert!(
        told.contains("60 of 120 rows have the user `NA`, far more than any other"),
        "{told}"
    );
    assert!(
        told.contains("write `missing: [\"NA\"]` in `data`, else `missing: []`"),
        "{told}"
    );
    often.spec.missing = Some(Vec::new());
    assert!(
        !warnings(&often.prepare().unwrap()).contains("far more"),
        "it was answered"
    );
    often.spec.missing = Some(vec!["NA".to_owned()]);
    let data = DataSpec {
        source: DataSource::File(often.spec.clone()),
        ..DataSpec::default()
    };
    let dataset = read(&data, &std::sync::atomic::AtomicBool::new(false)).unwrap();
    assert_eq!(
        (dataset.report.rows_refused, dataset.users.idx("NA")),
        (60, None)
    );
}

/// Every second row names no user, but its visit.
fn visits(mark: &'static str) -> OnDisk {
    log(
        "user_id,session_id,item_id,timestamp",
        move |n, _, item, time| {
            let user = if n % 2 == 0 {
                mark.to_owned()
            } else {
                format!("u{}", n / 8)
            };
            format!("{user},s{},i{item},{time}", n / 8)
        },
    )
}

#[test]
fn sessions_serve_where_nobody_is_named() {
    for mark in ["", "NULL", "NA"] {
        let mut log = visits(mark);
        let prepared = log.prepare().unwrap();
        assert_eq!(counts(&prepared), (120, 15 + 15, 15, 0), "{mark}");
        assert_eq!(history(&prepared, "session:s0").len(), 4);
        let told = warnings(&prepared);
        assert!(told.contains("60 of 120 rows have no user"), "{told}");
        assert!(
            told.contains("each of their 15 sessions (`session_id`) is a user of its own"),
            "{told}"
        );
        assert_eq!(
            told.contains("`NA` is taken for none"),
            mark == "NA",
            "{told}"
        );
        log.spec.sessions_for_users = Some(false);
        let (events, users, _, refused) = counts(&log.prepare().unwrap());
        let expected = if mark == "NA" {
            (120, 16, 0)
        } else {
            (60, 15, 60)
        };
        assert_eq!((events, users, refused), expected, "{mark}");
    }
}

#[test]
fn a_session_never_meets_a_user_and_a_few_rows_are_refused() {
    let meets = log(
        "user_id,session_id,item_id,timestamp",
        |n, user, item, time| {
            let user = if n % 3 == 0 {
                String::new()
            } else {
                format!("session:{user}")
            };
            format!("{user},{},i{item},{time}", n / 6)
        },
    );
    let prepared = meets.prepare().unwrap();
    assert_eq!(prepared.dataset.users.len(), 8 + 20);
    assert!(
        prepared.dataset.users.idx("session::0").is_some()
            && prepared.dataset.users.idx("session:2").is_some()
    );
    let few = log(
        "user_id,session_id,item_id,timestamp",
        |n, user, item, time| {
            let user = if n == 50 {
                String::new()
            } else {
                format!("u{user}")
            };
            format!("{user},s{},i{item},{time}", n / 6)
        },
    );
    let prepared = few.prepare().unwrap();
    assert_eq!(
        (counts(&prepared).1, prepared.dataset.report.refused[0].line),
        (12, 52)
    );
    assert_eq!(prepared.dataset.report.refused[0].reason, "has no user");
}

#[test]
fn one_id_in_two_writings_is_one_and_told() {
    let mixed = log("user_id,item_id,timestamp", |n, user, item, time| {
        let item = if n % 2 == 0 {
            format!("{item}.0")
        } else {
            item.to_string()
        };
        let user = if n % 5 == 0 {
            format!("\u{200b}u{user}\u{200e}")
        } else {
            format!("u{user}")
        };
        format!("{user},{item},{time}")
    });
    let prepared = mixed.prepare().unwrap();
    assert_eq!(counts(&prepared), (120, 12, 15, 0));
    let told = warnings(&prepared);
    assert!(
        told.contains("is taken as the same item (the first: "),
        "{told}"
    );
    assert!(
        told.contains("24 ids had marks around them that nobody sees"),
        "{told}"
    );
    // What only looks alike stays apart.
    let zeros = log("user_id,item_id,timestamp", |n, user, item, time| {
        format!(
            "{},v{item}.{},{time}",
            if n % 24 < 12 {
                format!("{user:03}")
            } else {
                user.to_string()
            },
            n % 2
        )
    });
    assert_eq!(counts(&zeros.prepare().unwrap()).1, 24);
}

#[test]
fn spoilt_ids_are_told_with_an_example() {
    let rounded = log("user_id,item_id,timestamp", |_, user, item, time| {
        format!("u{user},4.00638E+{item},{time}")
    });
    let told = warnings(&rounded.prepare().unwrap());
    assert!(
        told.contains(
            "15 of 15 items stand in scientific notation, where a spreadsheet has rounded them"
        ),
        "{told}"
    );
    let floats = log("user_id,item_id,timestamp", |_, user, item, time| {
        format!(
            "{}.0,i{item},{time}",
            9_007_199_254_740_992_u64 + 2 * user as u64
        )
    });
    let told = warnings(&floats.prepare().unwrap());
    assert!(
        told.contains("12 of 12 users are floating-point numbers beyond 9007199254740992"),
        "{told}"
    );
    let capitals = log("user_id,item_id,timestamp", |n, user, item, time| {
        let item = format!("{} tea {item}", if n < 60 { "Green" } else { "green" });
        format!("u{user},{item},{time}")
    });
    let prepared = capitals.prepare().unwrap();
    assert_eq!(counts(&prepared).2, 30, "they stay apart");
    assert!(
        warnings(&prepared).contains("15 items differ from another one in capitals or blanks only")
    );
}

#[test]
fn a_table_of_users_meets_ids_in_another_writing() {
    let mut floats = log("user_id,item_id,timestamp", |_, user, item, time| {
        format!("{}.0,i{item},{time}", 100 + user)
    });
    let rows: Vec<String> = (1..=12)
        .map(|user| format!("{},{}\n", 100 + user, ["FR", "DE"][user % 2]))
        .collect();
    let rows = rows.concat();
    let path = floats.beside("people.csv", format!("user_id,country\n{rows}NULL,FR\n"));
    floats.spec.users = Some(SideTable {
        path,
        ..SideTable::default()
    });
    let prepared = floats.prepare().unwrap();
    let join = &prepared.dataset.report.joins[0];
    assert_eq!(
        (
            join.matched,
            join.without_row,
            join.rows_without_event,
            join.rows_without_key
        ),
        (12, 0, 0, 1)
    );
    assert!(
        prepared.dataset.users.idx("101.0").is_some(),
        "ids stay as the log has them"
    );
    let told = warnings(&prepared);
    assert!(
        told.contains("12 ids of the table of users are written otherwise in the log"),
        "{told}"
    );
}

#[test]
fn behaviours_that_differ_in_capitals_are_one() {
    let log = log("user_id,item_id,timestamp,event", |n, user, item, time| {
        format!(
            "u{user},i{item},{time},{}",
            ["view", "VIEW", "View ", "buy", "NULL"][n % 5]
        )
    });
    let prepared = log.prepare().unwrap();
    let behaviours: Vec<&str> = prepared.dataset.behaviours.ids().collect();
    assert_eq!(behaviours, ["view", "buy", "(none)"]);
    let told = warnings(&prepared);
    assert!(
        told.contains("`VIEW` (24 rows) as `view`, `View` (24 rows) as `view`"),
        "{told}"
    );
}

#[test]
fn roles_are_told_by_words_and_contents() {
    for (header, user, item) in [
        (
            "learner_answer,learner_id,exercise_id,timestamp",
            "learner_id",
            "exercise_id",
        ),
        (
            "patient_age,patient_key,medicine_group,recipe_id,timestamp",
            "patient_key",
            "recipe_id",
        ),
        (
            "item_price,customer_number,item_category,sku_no,timestamp",
            "customer_number",
            "sku_no",
        ),
        (
            "reader_country,ReaderID,manga_genre,MangaID,timestamp",
            "ReaderID",
            "MangaID",
        ),
        (
            "client_type,cust_id,track_duration,track_uuid,timestamp",
            "cust_id",
            "track_uuid",
        ),
        (
            "number_of_users,account_no,podcast_name,timestamp",
            "account_no",
            "podcast_name",
        ),
    ] {
        let names: Vec<&str> = header.split(',').collect();
        let log = log(header, |n, who, what, time| {
            let cell = |name: &&str| match *name {
                name if name == user => format!("a{who}"),
                name if name == item => format!("b{what}"),
                "timestamp" => time.to_string(),
                _ => ["x", "y", "z"][n % 3].to_owned(),
            };
            names.iter().map(cell).collect::<Vec<_>>().join(",")
        });
        let seen = preview(&log.spec).unwrap();
        assert_eq!(
            (column(&seen, Role::User), column(&seen, Role::Item)),
            (user, item),
            "{header}"
        );
        assert_eq!(
            counts(&log.prepare().unwrap()),
            (120, 12, 15, 0),
            "{header}"
        );
    }
    // Two names that differ in their case only: the one that comes back is meant.
    let twice = log(
        "Item_ID,user_id,item_id,timestamp",
        |n, user, item, time| format!("row{n},{user},i{item},{time}"),
    );
    assert_eq!(
        column(&preview(&twice.spec).unwrap(), Role::Item),
        "item_id"
    );
}

#[test]
fn an_event_serves_as_the_item_and_a_log_without_any_has_one() {
    let events = log("customer_id,action,timestamp", |n, user, _, time| {
        format!("{user},{},{time}", ["open", "read", "close"][n % 3])
    });
    let seen = preview(&events.spec).unwrap();
    assert_eq!(
        (column(&seen, Role::Item), column(&seen, Role::Behaviour)),
        ("action", "-")
    );
    assert!(seen.problems.iter().any(|problem| {
        problem
            .sentence()
            .contains("its events (`action`) are taken as items")
    }));
    assert_eq!(counts(&events.prepare().unwrap()).2, 3);

    let without = log("customer_id,timestamp,amount", |n, user, _, time| {
        format!("{user},{time},{}.5", n % 9)
    });
    let prepared = without.prepare().unwrap();
    assert_eq!(counts(&prepared), (120, 12, 1, 0));
    assert!(
        warnings(&prepared)
            .contains("this log has no item column, so all its events are of one item")
    );
    let asked = |task| outcomes(&task, &prepared, SplitSpec::LeaveOneOut);
    let number = asked(TaskSpec::NextNumber(NextNumber {
        of: NumberOf::Value,
        ..NextNumber::default()
    }));
    assert!(
        number
            .unwrap()
            .is_some_and(|Outcomes { test, .. }| test.len() == 12)
    );
    let sentence = asked(TaskSpec::NextItem).unwrap_err().to_string();
    assert!(sentence.starts_with(
        "this log has no item column, so there is no next item to learn; choose another task"
    ));
    // What may be an item is asked for.
    let unknown = log("customer_id,timestamp,thing", |_, user, item, time| {
        format!("{user},{time},t{item}")
    });
    let sentence = unknown.prepare().unwrap_err().to_string();
    assert_eq!(
        sentence,
        "no column looks like the item; name one in `data.roles.item`: `thing`."
    );
}

type Write = fn(usize) -> String;

#[test]
fn numbers_are_read_by_the_whole_column_and_never_refuse_an_event() {
    let largest = |log: &OnDisk| {
        let prepared = log.prepare().unwrap();
        assert_eq!(counts(&prepared), (120, 12, 15, 0));
        let values = prepared
            .dataset
            .sequences
            .value
            .as_deref()
            .unwrap()
            .to_vec();
        (
            values
                .iter()
                .copied()
                .filter(|value| !value.is_nan())
                .fold(f32::MIN, f32::max),
            warnings(&prepared),
        )
    };
    let ways: [(Write, f32); 6] = [
        (|n| format!("{n},{:02} €", 50), 119.5),
        (|n| format!("{}.{n:03},25", n / 10 + 1), 12_119.25),
        (
            |n| {
                if n < 100 {
                    n.to_string()
                } else {
                    format!("1'{n:03}.75")
                }
            },
            1_119.75,
        ),
        (|n| format!("USD {n}.25"), 119.25),
        (
            |n| {
                if n % 2 == 0 {
                    format!("({n}.5)")
                } else {
                    format!("{n}.5")
                }
            },
            119.5,
        ),
        (|n| format!("{n} %"), 119.0),
    ];
    for (way, expected) in ways {
        let log = log("user_id,item_id,timestamp,price", |n, user, item, time| {
            format!("u{user},i{item},{time},\"{}\"", way(n))
        });
        assert_eq!(largest(&log).0.to_bits(), expected.to_bits(), "{}", way(7));
    }
    let words = log("user_id,item_id,timestamp,price", |n, user, item, time| {
        format!(
            "u{user},i{item},{time},{}",
            if n % 4 == 1 {
                "gratis".to_owned()
            } else {
                n.to_string()
            }
        )
    });
    let (value, told) = largest(&words);
    assert_eq!(value.to_bits(), 119.0_f32.to_bits());
    assert!(
        told.contains("30 of 120 rows have a value that is no number; it is taken as missing"),
        "{told}"
    );
    assert!(told.contains("(the first: line 3 has `gratis`)"), "{told}");
}

#[test]
fn figures_are_those_of_the_rows_that_are_taken() {
    // Who only saw something, and clicked on nothing, came once.
    let shown = |n: usize| format!("guest{n},i{},{},0\n", n % 15, 1_600_000_000 + n);
    let shown: String = (0..300).fold(String::new(), |rows, n| rows + &shown(n));
    let clicked = |n: usize| format!("u{},i{},{},1\n", n % 12, n % 15, 1_600_100_000 + n);
    let clicked: String = (0..120).fold(String::new(), |rows, n| rows + &clicked(n));
    let mut log = OnDisk::new(
        "log.csv",
        format!("user_id,item_id,timestamp,click\n{shown}{clicked}"),
    );
    let doubt = "users have one event only";
    assert!(warnings(&log.prepare().unwrap()).contains(&format!("300 of 312 {doubt}")));
    log.spec.only_where = Some("click = 1".to_owned());
    let prepared = log.prepare().unwrap();
    assert_eq!(
        (
            prepared.dataset.users.len(),
            prepared.dataset.sequences.n_events()
        ),
        (12, 120)
    );
    assert!(
        !warnings(&prepared).contains(doubt),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn figures_that_no_log_has_are_doubted_with_the_cure() {
    let told = |log: &OnDisk| {
        let data = DataSpec {
            source: DataSource::File(log.spec.clone()),
            ..DataSpec::default()
        };
        let dataset = read(&data, &std::sync::atomic::AtomicBool::new(false)).unwrap();
        dataset
            .report
            .problems
            .iter()
            .map(Problem::sentence)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let with_roles = |mut log: OnDisk, user: &str, item: &str| {
        (log.spec.roles.user, log.spec.roles.item) = (Some(user.to_owned()), Some(item.to_owned()));
        told(&log)
    };
    let rows = || {
        log(
            "request,member_id,product_id,timestamp",
            |n, user, item, time| format!("r{n},m{user},p{item},{time}"),
        )
    };
    let sentence = with_roles(rows(), "request", "product_id");
    assert!(
        sentence.contains("there are nearly as many users as events (120 and 120)"),
        "{sentence}"
    );
    assert!(
        sentence.contains("the user may be `member_id` and not `request`"),
        "{sentence}"
    );
    let sentence = with_roles(rows(), "member_id", "request");
    assert!(
        sentence.contains("there are nearly as many items as events")
            && sentence.contains("may be `product_id`"),
        "{sentence}"
    );
    assert!(
        !told(&rows()).contains("nearly as many"),
        "a usual log is not doubted"
    );

    let one = log(
        "shop_user,user_id,item_id,timestamp",
        |_, user, item, time| format!("web,{user},i{item},{time}"),
    );
    let sentence = with_roles(one, "shop_user", "item_id");
    assert!(
        sentence.contains("all 120 events are of one user")
            && sentence.contains("may be `user_id`"),
        "{sentence}"
    );
    for (cell, what) in [
        ("\"[{n}, 2]\"", "lists, structs or objects"),
        ("/find?q={n}", "addresses with a query"),
        (
            "I would buy this one again and again and so would all of my friends number {n}",
            "whole sentences",
        ),
        ("Mozilla/5.0 (X11; rv:{n}) Gecko", "browsers"),
    ] {
        let log = log("user_id,item_id,timestamp", |_, user, item, time| {
            format!("u{user},{},{time}", cell.replace("{n}", &item.to_string()))
        });
        let sentence = told(&log);
        assert!(
            sentence.contains(&format!("the items are {what} and no ids")),
            "{sentence}"
        );
    }
    let refused = log("user_id,item_id,timestamp", |n, user, item, time| {
        format!(
            "u{user},i{item},{}",
            if n % 3 == 0 {
                time.to_string()
            } else {
                String::new()
            }
        )
    });
    assert!(
        told(&refused).contains("most rows were left out, 80 of 120"),
        "{}",
        told(&refused)
    );
    // People who came once are no fault; it is said as it is.
    let once = log("user_id,item_id,timestamp", |n, _, item, time| {
        format!("u{},i{item},{time}", if n < 50 { n } else { n % 40 + 100 })
    });
    let sentence = told(&once);
    assert!(
        sentence.contains("60 of 90 users have one event only"),
        "{sentence}"
    );
}

#[test]
fn all_refused_rows_can_be_had() {
    let mut text = "user_id,item_id,timestamp\n".to_owned();
    for n in 0..900 {
        let row = match n % 3 {
            0 => format!("u{},i{},{}", n % 7, n % 11, 1_600_000_000 + n),
            1 => format!(",i{},{}", n % 11, 1_600_000_000 + n),
            _ => format!("u{},i{}", n % 7, n % 11),
        };
        writeln!(text, "{row}").unwrap();
    }
    let log = OnDisk::new("log.csv", text);
    let never = std::sync::atomic::AtomicBool::new(false);
    let rows = refused_rows(&log.spec, &never).unwrap();
    assert_eq!((rows.len(), rows[0].line, rows[599].line), (600, 3, 901));
    assert!(rows.windows(2).all(|pair| pair[0].line < pair[1].line));
    let report = log.prepare().unwrap().dataset.report;
    assert_eq!(report.refused, rows[..100]);
    let kinds: Vec<(usize, &str, usize)> = report
        .refused_by_reason
        .iter()
        .map(|kind| (kind.rows, kind.reason.as_str(), kind.first_line))
        .collect();
    assert_eq!(
        kinds,
        [
            (300, "expected 3 fields, found …", 4),
            (300, "has no user", 3)
        ]
    );
    let told = report
        .problems
        .iter()
        .find(|problem| problem.sentence().contains("could not be read"))
        .unwrap();
    for words in [
        "left out: 300 expected 3 fields, found …, 300 has no user; mend them",
        "`seqscope data FILE --refused LIST.csv` lists them all",
        "(the first: line 3 has no user)",
    ] {
        assert!(told.sentence().contains(words), "{}", told.sentence());
    }
    let to = log.folder.path().join("refused.csv");
    assert_eq!(write_refused_rows(&log.spec, &to, &never).unwrap(), 600);
    let written = std::fs::read_to_string(&to).unwrap();
    assert!(
        written.starts_with("line,reason\n3,has no user\n4,\"expected 3 fields, found 2\"\n"),
        "{written:.120}"
    );
    assert_eq!(written.lines().count(), 601);
    assert!(
        write_refused_rows(&log.spec, &to, &never).is_err(),
        "never over a file"
    );
}
