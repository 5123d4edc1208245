//! Counts of real logs, as their publishers give them. Skipped where `SEQSCOPE_DATA` does not name
//! the folder that holds them.

use std::path::PathBuf;

use seqscope::data::{
    FeatureSpec, FeatureValues, FileSpec, NextNumber, NumberOf, Places, Prepared, Profile, Role,
    SideTable, SplitSpec, TaskSpec, TimeFormat, TitleSpec, features, outcomes, preview,
    training_mask,
};
use seqscope::spec::Entry;

use super::{history, prepare_file, warnings};

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn file(name: &str) -> Option<FileSpec> {
    let folder = std::env::var_os("SEQSCOPE_DATA")
        .map(PathBuf::from)
        .filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        println!("skipped: SEQSCOPE_DATA does not name a folder of public logs");
        return None;
    };
    Some(FileSpec {
        path: folder.join(name),
        ..FileSpec::default()
    })
}

/// Users, items and events.
fn counts(prepared: &Prepared) -> (usize, usize, usize) {
    let shape = prepared.dataset.shape();
    (shape.n_users, shape.n_items, shape.n_events)
}

#[test]
fn movielens_100k_with_titles() {
    let Some(mut file) = file("ml-100k/ml-100k.inter") else {
        return;
    };
    let path = file.path.with_extension("item");
    file.titles = Some(TitleSpec {
        path,
        item: None,
        title: None,
    });
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(counts(&prepared), (943, 1682, 100_000));
    assert_eq!(prepared.dataset.report.rows_refused, 0);
    let toy_story = prepared.dataset.items.idx("1").unwrap();
    assert_eq!(prepared.dataset.item_label(toy_story), "Toy Story");
    assert!(
        prepared
            .dataset
            .titles
            .iter()
            .all(|title| !title.is_empty())
    );
    // 75.8 % of events share their second with another one of the same user; the share of gaps
    // that are zero is a little less.
    let profile = Profile::new(&prepared.dataset);
    let share = profile.gaps.unwrap().zero_share();
    assert!((0.5..0.76).contains(&share), "{share}");
    // Everybody rated a film once, and twenty films or more.
    assert_eq!(
        (
            profile.repeats.n_repeats,
            profile.lengths.quantiles[0].n_events.round()
        ),
        (0, 20.0)
    );
    assert_eq!(
        profile.activity.unwrap().days.len(),
        215,
        "1997-09-20 to 1998-04-22"
    );
    assert!(warnings(&prepared).contains("have the same time as the event before them"));
}

#[test]
fn movielens_1m_where_order_is_the_only_time() {
    // The published file, and the form of it that ten events are missing from.
    for (name, n_events) in [
        ("ml-1m-sasrec/ml-1m-exact.txt", 999_611),
        ("ml-1m-sasrec/ml-1m.txt", 999_601),
    ] {
        let Some(file) = file(name) else { return };
        assert_eq!(counts(&movielens_1m(file)), (6040, 3416, n_events));
    }
}

fn movielens_1m(mut file: FileSpec) -> Prepared {
    file.titles = Some(TitleSpec {
        path: file.path.with_file_name("items.csv"),
        item: None,
        title: None,
    });
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(prepared.dataset.sequences.time_secs, None);
    assert_eq!(
        prepared.dataset.report.steps.len(),
        1,
        "nothing was dropped"
    );
    assert_eq!(history(&prepared, "1")[..5], ["1", "2", "3", "4", "5"]);
    let first = prepared.dataset.items.idx("1").unwrap();
    assert_eq!(
        prepared.dataset.item_label(first),
        "Raiders of the Lost Ark (1981)"
    );
    prepared
}

#[test]
fn new_york_check_ins_with_458_duplicates() {
    let Some(file) = file("nyc-checkins/nyc_checkins.csv") else {
        return;
    };
    let seen = preview(&file).unwrap().file;
    assert_eq!(seen.roles.column(Role::Item), Some("poi_id"));
    assert_eq!(
        (seen.roles.column(Role::Time), seen.time_format),
        (Some("minutes"), Some(TimeFormat::Order))
    );
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(counts(&prepared), (1083, 5135, 147_938 - 458));
    let steps = &prepared.dataset.report.steps;
    assert_eq!((steps[0].rows, steps[1].rows), (147_938, 147_480));
}

#[test]
fn taobao_behaviours() {
    let Some(file) = file("taobao-mb/events.csv") else {
        return;
    };
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(counts(&prepared), (31_882, 30_985, 357_412));
    let kinds = Profile::new(&prepared.dataset).behaviours.unwrap().kinds;
    let mut behaviours: Vec<_> = kinds
        .into_iter()
        .map(|kind| (kind.name, kind.n_events))
        .collect();
    behaviours.sort();
    let expected = [("buy", 167_862), ("cart", 140_068), ("fav", 49_482)];
    assert_eq!(behaviours, expected.map(|(word, n)| (word.to_owned(), n)));
}

#[test]
fn a_log_with_chinese_headers() {
    let Some(file) = file("zh-header-csv/UserBehavior.csv") else {
        return;
    };
    let seen = preview(&file).unwrap().file;
    let of = |role| seen.roles.column(role).unwrap_or_default();
    assert_eq!(
        [of(Role::User), of(Role::Item), of(Role::Time)],
        ["用户ID", "商品ID", "时间戳"]
    );
    assert_eq!([of(Role::Behaviour), of(Role::Value)], ["行为类型", "售价"]);
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(
        (
            prepared.dataset.report.rows_read,
            prepared.dataset.report.rows_refused
        ),
        (40_000, 0)
    );
    assert_eq!(
        (prepared.dataset.users.len(), prepared.dataset.n_items()),
        (3_990, 165)
    );
}

#[test]
fn one_user_a_line_with_seconds_between_or_without() {
    let Some(file) = file("beauty-5core/Beauty.txt") else {
        return;
    };
    let plain = prepare_file(&file).unwrap();
    assert_eq!(counts(&plain), (22_363, 12_101, 198_502));
    assert_eq!(history(&plain, "2"), ["6", "7", "8", "9", "10", "4", "11"]);
    assert_eq!(plain.dataset.report.rows_refused, 0);
    let Some(file) = self::file("beauty-5core/Beauty_with_time_gaps.txt") else {
        return;
    };
    let timed = prepare_file(&file).unwrap();
    assert_eq!(timed.dataset.report.rows_read, 198_502);
    assert_eq!(history(&timed, "2"), history(&plain, "2"));
    assert_eq!(
        timed.dataset.sequences.times(0).unwrap(),
        [0, 0, 9_244_800, 72_144_000, 72_144_000]
    );
}

/// Every log of the folder, with its roles as its description gives them.
#[test]
fn every_log_opens_with_all_roles_right() {
    for (name, roles, time_format) in [
        ("beauty-5core/Beauty.txt", "user item - - -", None),
        (
            "beauty-5core/Beauty_with_time_gaps.txt",
            "user item time - -",
            Some(TimeFormat::Order),
        ),
        (
            "cdnow/CDNOW_master.txt",
            "customer_id - date - dollar_value",
            Some(TimeFormat::Date),
        ),
        (
            "ml-100k/ml-100k.inter",
            "user_id item_id timestamp - rating",
            Some(TimeFormat::Seconds),
        ),
        ("ml-1m-sasrec/ml-1m.txt", "column_1 column_2 - - -", None),
        (
            "nyc-checkins/nyc_checkins.csv",
            "user_id poi_id minutes - -",
            Some(TimeFormat::Order),
        ),
        (
            "taobao-mb/events.csv",
            "user_id item_id timestamp behavior -",
            Some(TimeFormat::Seconds),
        ),
        (
            "taobao-mb/heldout_buy_no_time.csv",
            "user_id item_id - - -",
            None,
        ),
        (
            "zh-header-csv/UserBehavior.csv",
            "用户ID 商品ID 时间戳 行为类型 售价",
            Some(TimeFormat::Seconds),
        ),
        // Tables beside the logs.
        ("ml-100k/ml-100k.item", "- item_id - - -", None),
        ("ml-100k/ml-100k.user", "user_id - - - -", None),
        ("ml-1m-sasrec/items.csv", "- MovieID - - -", None),
    ] {
        let Some(file) = file(name) else { return };
        let seen = preview(&file).unwrap().file;
        let all = [
            Role::User,
            Role::Item,
            Role::Time,
            Role::Behaviour,
            Role::Value,
        ];
        let found = all
            .map(|role| seen.roles.column(role).unwrap_or("-"))
            .join(" ");
        assert_eq!(
            (found.as_str(), seen.time_format),
            (roles, time_format),
            "{name}"
        );
    }
}

#[test]
fn aligned_columns_without_an_item() {
    let Some(file) = file("cdnow/CDNOW_master.txt") else {
        return;
    };
    let preview = preview(&file).unwrap();
    assert_eq!(
        preview.columns,
        ["customer_id", "date", "number_of_cds", "dollar_value"]
    );
    assert_eq!(preview.file.roles.column(Role::User), Some("customer_id"));
    assert_eq!(preview.file.time_format, Some(TimeFormat::Date));
    let problem = preview
        .problems
        .iter()
        .find(|problem| problem.field == "data.roles.item")
        .unwrap();
    assert!(
        problem
            .sentence()
            .starts_with("this log has no item column, so all its events are of one item")
    );
    // 69,659 purchases of 23,570 customers, of which 255 are rows once more.
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(
        (
            prepared.dataset.report.rows_read,
            prepared.dataset.report.rows_refused
        ),
        (69_659, 0)
    );
    assert_eq!(
        (prepared.dataset.users.len(), prepared.dataset.n_items()),
        (23_570, 1)
    );
    // Nearly half of them bought once; that is said mildly, and nothing else is doubted.
    let told = warnings(&prepared);
    assert!(
        told.contains("11908 of 23570 users have one event only"),
        "{told}"
    );
    assert!(!told.contains("nearly as many"), "{told}");
    // The next number is a task for it, the next item is none.
    let number = TaskSpec::NextNumber(NextNumber {
        of: NumberOf::Value,
        ..NextNumber::default()
    });
    assert!(
        outcomes(&number, &prepared, SplitSpec::LeaveOneOut)
            .unwrap()
            .is_some()
    );
    let refused = outcomes(&TaskSpec::NextItem, &prepared, SplitSpec::LeaveOneOut)
        .unwrap_err()
        .to_string();
    assert!(
        refused.starts_with("this log has no item column, so there is no next item to learn"),
        "{refused}"
    );
}

#[test]
fn new_york_has_its_places_on_the_map() {
    let Some(file) = file("nyc-checkins/nyc_checkins.csv") else {
        return;
    };
    let seen = preview(&file).unwrap().file;
    assert_eq!(
        [Role::Latitude, Role::Longitude].map(|role| seen.roles.column(role)),
        [Some("latitude"), Some("longitude")]
    );
    let prepared = prepare_file(&file).unwrap();
    let places = Places::new(&prepared.dataset).unwrap();
    assert_eq!(
        (places.n_placed, places.n_unplaced),
        (prepared.dataset.shape().n_events, 0)
    );
    assert_eq!(
        places.cells.iter().map(|cell| cell.n_visits).sum::<usize>(),
        places.n_placed
    );
    assert!(
        places
            .cells
            .iter()
            .all(|cell| (40.55..40.99).contains(&cell.latitude)
                && (-74.28..-73.68).contains(&cell.longitude))
    );
    // 147,938 check-ins lie at 5,135 places, which are thinned.
    assert!(
        (500..=3_000).contains(&places.cells.len()),
        "{}",
        places.cells.len()
    );
    let cell = FeatureSpec::fitting(&prepared.dataset);
    assert!(cell.iter().any(|feature| feature.name() == "GridCell"));
    // Its minutes are of an unknown origin, so no hour is told of them.
    assert!(!cell.iter().any(|feature| feature.name() == "Hour"));
}

#[test]
fn movielens_100k_with_its_tables_of_items_and_users() {
    let Some(mut file) = file("ml-100k/ml-100k.inter") else {
        return;
    };
    let offered: Vec<String> = preview(&file)
        .unwrap()
        .beside
        .iter()
        .map(|table| format!("{} {}", table.of, table.path.extension().unwrap().display()))
        .collect();
    assert_eq!(offered, ["items item", "users user"]);
    let bare = prepare_file(&file).unwrap();
    let table = |ending: &str| {
        Some(SideTable {
            path: file.path.with_extension(ending),
            ..SideTable::default()
        })
    };
    (file.items, file.users) = (table("item"), table("user"));
    let prepared = prepare_file(&file).unwrap();
    assert_eq!(counts(&prepared), (943, 1682, 100_000));
    assert_eq!(
        prepared.dataset.fingerprint, bare.dataset.fingerprint,
        "no model sees the tables yet"
    );
    let told: Vec<(String, usize, usize, usize)> = prepared
        .dataset
        .report
        .joins
        .iter()
        .map(|join| {
            (
                join.key.clone(),
                join.matched,
                join.without_row,
                join.rows_without_event + join.rows_repeated,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("item_id".to_owned(), 1682, 0, 0),
            ("user_id".to_owned(), 943, 0, 0)
        ]
    );
    assert_eq!(
        prepared
            .dataset
            .item_label(prepared.dataset.items.idx("1").unwrap()),
        "Toy Story"
    );
    let kinds: Vec<String> = prepared.dataset.report.joins[1]
        .columns
        .iter()
        .map(|c| format!("{} {}", c.column, c.kind.unwrap()))
        .collect();
    assert_eq!(
        kinds,
        [
            "age numeric",
            "gender category",
            "occupation category",
            "zip_code category"
        ]
    );
    let specs = FeatureSpec::fitting(&prepared.dataset);
    let computed = features(&prepared.dataset, &specs, &training_mask(&prepared)).unwrap();
    let occupation = computed
        .iter()
        .find(|feature| feature.name == "users.occupation")
        .unwrap();
    // MovieLens names 21 occupations, `other` and `none` among them.
    assert!(
        matches!(occupation.values, FeatureValues::Index { n: 21, .. }),
        "{}",
        occupation.note
    );
}
