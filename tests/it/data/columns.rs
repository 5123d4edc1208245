//! Sessions, places, free columns, and tables of items and users joined by their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use seqscope::data::{
    CleanSpec, ColumnKind, Dataset, FileSpec, FreeColumnSpec, FreeValues, JoinReport, Role,
    Sequences, SideTable, preview,
};

use seqscope::spec::Problem;

use super::{OnDisk, warnings};

/// The log of a file, whether it can be split or not.
fn read(file: &FileSpec) -> Result<Dataset, String> {
    let source = seqscope::data::DataSource::File(file.clone());
    let data = seqscope::data::DataSpec {
        source,
        ..seqscope::data::DataSpec::default()
    };
    seqscope::data::read(&data, &AtomicBool::new(false)).map_err(|error| error.to_string())
}

fn told(dataset: &Dataset) -> String {
    let problems = dataset
        .report
        .problems
        .iter()
        .map(|problem| format!("{} {}", problem.field, problem.sentence()));
    problems.collect::<Vec<_>>().join("\n")
}

fn free<'a>(sequences: &'a Sequences, name: &str) -> &'a FreeValues {
    &sequences
        .free
        .iter()
        .find(|column| column.name == name)
        .unwrap()
        .values
}

const VISITS: &str = "user_id,venue,time,lat,lng,session_id,price\n\
    ann,park,2024-01-01 08:00,40.5,-74,s1,1.5\n\
    bob,cafe,2024-01-01 08:30,40.7,-73.9,s9,2\n\
    ann,cafe,2024-01-01 09:00,,-73.9,s1,\n\
    ann,park,2024-01-02 07:00,40.5,-74,s2,3\n\
    bob,park,2024-01-02 08:00,400,-74,,9\n\
    bob,cafe,2024-01-03 08:30,40.7,-73.9,s9,4\n";

#[test]
fn sessions_and_places_are_found_by_name_beside_a_user() {
    let log = OnDisk::new("visits.csv", VISITS);
    let seen = preview(&log.spec).unwrap().file;
    let of = |role| seen.roles.column(role).unwrap_or("-").to_owned();
    assert_eq!(
        [Role::Session, Role::Latitude, Role::Longitude].map(of),
        ["session_id", "lat", "lng"]
    );
    let dataset = read(&log.spec).unwrap();
    let sequences = &dataset.sequences;
    // Ann: s1, s1, s2; then bob: s9, none, s9.
    assert_eq!(
        sequences.session_idx.as_deref(),
        Some(&[1, 1, 2, 3, 0, 3][..])
    );
    let shown = |column: &Option<Vec<f32>>| format!("{:?}", column.as_deref().unwrap());
    // Half a place is none, and so is one beyond the pole.
    assert_eq!(
        shown(&sequences.latitude),
        "[40.5, NaN, 40.5, 40.7, NaN, 40.7]"
    );
    assert_eq!(
        shown(&sequences.longitude),
        "[-74.0, NaN, -74.0, -73.9, NaN, -73.9]"
    );
    let wanted = "data.roles.latitude 1 of 6 rows have a latitude that is no number of degrees \
                  from −90 to 90 (the first on line 6: 400); their place is taken as unknown: \
                  check the column in `data.roles.latitude`.";
    assert!(told(&dataset).contains(wanted), "{}", told(&dataset));
}

#[test]
fn names_in_other_languages_and_the_session_that_is_the_user() {
    let chinese = OnDisk::new(
        "a.csv",
        "用户ID,商品ID,时间戳,纬度,经度,会话ID\n1,2,1700000000,31.2,121.5,a\n",
    );
    let seen = preview(&chinese.spec).unwrap().file;
    let of = |role| seen.roles.column(role).unwrap_or("-").to_owned();
    assert_eq!(
        [Role::Session, Role::Latitude, Role::Longitude].map(of),
        ["会话ID", "纬度", "经度"]
    );

    let clicks = OnDisk::new(
        "b.csv",
        "session_id,item_id,timestamp\n1,2,1700000000\n1,3,1700000001\n",
    );
    let seen = preview(&clicks.spec).unwrap();
    assert_eq!(seen.file.roles.column(Role::User), Some("session_id"));
    assert_eq!(seen.file.roles.column(Role::Session), None);
    assert!(
        seen.problems[0]
            .sentence()
            .contains("each session (`session_id`) is taken as one")
    );

    // Names alone are not enough: these are no degrees; and half a place is not guessed.
    for head in [
        "user,item,lat,lon\na,b,x,y\n",
        "user,item,lat,lon\na,b,40000,50000\n",
        "user,item,lat\na,b,40\n",
    ] {
        let seen = preview(&OnDisk::new("c.csv", head).spec).unwrap().file;
        assert_eq!(
            (
                seen.roles.column(Role::Latitude),
                seen.roles.column(Role::Longitude)
            ),
            (None, None),
            "{head}"
        );
    }
}

#[test]
fn known_check_ins_without_a_header_have_their_places() {
    let row = |user: u32| format!("{user}\t2010-10-19T23:55:27Z\t30.23{user}\t-97.79\t22{user}\n");
    let log = OnDisk::new("gowalla.txt", (1..5).map(row).collect::<String>());
    let seen = preview(&log.spec).unwrap().file;
    let of = |role| seen.roles.column(role).unwrap_or("-").to_owned();
    assert_eq!(
        [Role::Latitude, Role::Longitude, Role::Item].map(of),
        ["column_3", "column_4", "column_5"]
    );
}

#[test]
fn a_wrong_place_is_told_at_its_field() {
    let mut log = OnDisk::new("visits.csv", VISITS);
    let sentence = |log: &OnDisk| read(&log.spec).unwrap_err();
    log.spec.roles.latitude = Some("session_id".to_owned());
    assert!(
        sentence(&log).contains("does not hold degrees from −90 to 90 but such as `s1`"),
        "{}",
        sentence(&log)
    );
    log.spec.roles.latitude = Some("lat".to_owned());
    log.spec.roles.longitude = Some(String::new());
    assert_eq!(
        sentence(&log),
        "a place needs a latitude and a longitude, and only the latitude is named; name the column \
         of the longitude in `data.roles.longitude`, or write \"\" in `data.roles.latitude`."
    );
    log.spec.roles.latitude = Some(String::new());
    assert_eq!(read(&log.spec).unwrap().sequences.latitude, None);
    log.spec.roles.session = Some("visit".to_owned());
    assert!(sentence(&log).contains("there is no column `visit` for the session"));
}

#[test]
fn other_roles_and_fingerprints_are_as_they_were_without_them() {
    let mut with = OnDisk::new("visits.csv", VISITS);
    let plain: String = VISITS
        .lines()
        .map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",") + "\n")
        .collect();
    let without = OnDisk::new("plain.csv", plain);
    // A price is a value by its name.
    with.spec.roles.value = Some(String::new());
    let (with, without) = (read(&with.spec).unwrap(), read(&without.spec).unwrap());
    assert!(with.sequences.session_idx.is_some() && without.sequences.session_idx.is_none());
    assert_eq!(with.fingerprint, without.fingerprint);
    let roles = |dataset: &Dataset| {
        let file = dataset.report.file.clone().unwrap();
        [Role::User, Role::Item, Role::Time, Role::Behaviour]
            .map(|role| file.roles.column(role).map(str::to_owned))
    };
    assert_eq!(roles(&with), roles(&without));
}

#[test]
fn free_columns_are_read_by_their_kinds() {
    let rows = "user,item,price,brand,note,emb_0,emb_1,vec\n\
        ann,a,1.5,red,a long text here,0.1,0.2,\"[1.5, 2]\"\n\
        ann,b,,blue,another text again,0.3,,\"[3, 4]\"\n\
        bob,a,cheap,,some more words,0.5,0.6,\"[5]\"\n\
        bob,c,4,red,,0.7,0.8,\n";
    let mut log = OnDisk::new("shop.csv", rows);
    log.spec.roles.value = Some(String::new());
    log.spec.free_features = ["price:numeric", "brand", "note", "emb_*", "vec"]
        .map(FreeColumnSpec::parse)
        .into();
    let dataset = read(&log.spec).unwrap();
    let kinds: Vec<ColumnKind> = dataset
        .report
        .file
        .as_ref()
        .unwrap()
        .free_features
        .iter()
        .map(|column| column.kind.unwrap())
        .collect();
    let wanted = [
        ColumnKind::Numeric,
        ColumnKind::Category,
        ColumnKind::Text,
        ColumnKind::Embedding,
        ColumnKind::Embedding,
    ];
    assert_eq!(kinds, wanted);
    let sequences = &dataset.sequences;
    let shown = |name: &str| match free(sequences, name) {
        FreeValues::Numeric(values) => format!("{values:?}"),
        FreeValues::Embedding { width, values } => format!("{width} {values:?}"),
        FreeValues::Category(words) | FreeValues::Text(words) => {
            let texts: Vec<&str> = (0..words.idx.len())
                .map(|row| words.text(row).unwrap_or("-"))
                .collect();
            texts.join(", ")
        }
    };
    assert_eq!(shown("price"), "[1.5, NaN, NaN, 4.0]");
    assert_eq!(shown("brand"), "red, blue, -, red");
    assert_eq!(
        shown("note"),
        "a long text here, another text again, some more words, -"
    );
    assert_eq!(shown("emb_*"), "2 [0.1, 0.2, NaN, NaN, 0.5, 0.6, 0.7, 0.8]");
    assert_eq!(shown("vec"), "2 [1.5, 2.0, 3.0, 4.0, NaN, NaN, NaN, NaN]");
    for wanted in [
        "data.free_features[0] 1 of 4 rows have no number in the column `price` (the first on line \
         4)",
        "data.free_features[4] 1 of 4 rows have no vector of 2 numbers in the column `vec` (the \
         first on line 4)",
    ] {
        assert!(told(&dataset).contains(wanted), "{}", told(&dataset));
    }
}

#[test]
fn bad_free_columns_get_one_sentence_at_their_field() {
    let mut log = OnDisk::new(
        "shop.csv",
        "user,item,price,brand,gap\nann,a,1,red,\nann,b,2,blue,\n",
    );
    let mut problem = |specs: &[&str]| {
        log.spec.free_features = specs
            .iter()
            .map(|text| FreeColumnSpec::parse(text))
            .collect();
        let problems = preview(&log.spec).unwrap().problems;
        problems
            .into_iter()
            .find(Problem::is_error)
            .map(|p| format!("{} {}", p.field, p.sentence()))
            .unwrap_or_default()
    };
    assert_eq!(
        problem(&["price", "brnd"]),
        "data.free_features[1].column there is no column `brnd`; did you mean `brand`?"
    );
    assert!(
        problem(&["emb_*"])
            .contains("no column begins with `emb_`; the file has `user`, `item`, `price`")
    );
    assert!(problem(&["brand:numeric"]).contains("said to be numeric and holds such as `red`"));
    assert!(problem(&["brand:embedding"]).contains("hold no list of numbers such as `[0.1, 0.2]`"));
    assert!(problem(&["price", "price"]).contains("the column `price` is named twice"));
    assert_eq!(problem(&["price", "brand"]), "");
    log.spec.free_features = vec![FreeColumnSpec::parse("gap:category")];
    let dataset = read(&log.spec).unwrap();
    assert!(
        told(&dataset).contains("data.free_features[0] the column `gap` is empty in all 2 rows"),
        "{}",
        told(&dataset)
    );
}

#[test]
fn a_value_column_without_any_value_is_told() {
    let mut log = OnDisk::new("shop.csv", "user,item,rating\nann,a,\nann,b,\n");
    log.spec.roles.value = Some("rating".to_owned());
    let Ok(dataset) = read(&log.spec) else { return };
    assert!(
        told(&dataset).contains("data.roles.value the column of the value is empty in all 2 rows")
    );
}

const SHOP: &str = "user,item,time\nann,a,100\nann,b,200\nbob,a,300\nbob,c,400\neve,d,500\n";

#[test]
fn a_table_of_items_never_multiplies_events() {
    let mut log = OnDisk::new("shop.csv", SHOP);
    let table = "sku,title,brand,empty\na,Tea,red,\nb,Cup,blue,\na,Tea \
                 again,green,\nz,Jug,red,\n,Lost,red,\nb,Cup,blue,\nc,,red,\n";
    log.spec.items = Some(SideTable {
        path: log.beside("skus.csv", table),
        ..SideTable::default()
    });
    let dataset = read(&log.spec).unwrap();
    assert_eq!(dataset.shape().n_events, 5);
    let join = &dataset.report.joins[0];
    assert_eq!(
        (join.key.as_str(), join.rows, join.matched, join.without_row),
        ("sku", 7, 3, 1)
    );
    assert_eq!(
        (
            join.rows_without_event,
            join.rows_repeated,
            join.rows_without_key
        ),
        (1, 2, 1)
    );
    assert_eq!(join.rows_repeated_examples, ["a", "b"]);
    assert_eq!(
        (
            &*join.without_row_examples,
            &*join.rows_without_event_examples
        ),
        (&["d".to_owned()][..], &["z".to_owned()][..])
    );
    assert_eq!(join.empty_columns, ["empty"]);
    for wanted in [
        "data.items.key 2 rows of the table of items have an id that an earlier row has; the first \
         row of each id counts and no event is doubled: make the column `sku` unique in the table, \
         or name another in `data.items.key` (the first: `a`, `b`, on line 4).",
        "data.items.key 1 of 4 items have no row in the table of items, and its columns are \
         missing for them; check `data.items.key`, or add their rows (the first: `d`).",
        "data.items.columns the table of items has nothing in `empty` for any of the log's items",
    ] {
        assert!(told(&dataset).contains(wanted), "{}", told(&dataset));
    }
    // The first row counts; titles come from the table, where it has them.
    let label = |id: &str| {
        dataset
            .item_label(dataset.items.idx(id).unwrap())
            .to_owned()
    };
    assert_eq!(["a", "b", "c", "d"].map(label), ["Tea", "Cup", "c", "d"]);
    let FreeValues::Category(brands) = &dataset.item_columns[1].values else {
        panic!()
    };
    let brands: Vec<&str> = (0..4).map(|row| brands.text(row).unwrap_or("-")).collect();
    assert_eq!(
        brands,
        ["red", "blue", "red", "-"],
        "in the order of the items' indices"
    );
}

#[test]
fn a_table_of_users_follows_them_through_cleaning() {
    let mut log = OnDisk::new("shop.csv", SHOP);
    log.spec.users = Some(SideTable {
        path: log.beside("people.csv", "id,age\neve,30\nbob,20\nann,10\n"),
        ..SideTable::default()
    });
    let ages = |clean: CleanSpec| {
        let source = seqscope::data::DataSource::File(log.spec.clone());
        let data = seqscope::data::DataSpec {
            source,
            clean,
            ..seqscope::data::DataSpec::default()
        };
        let dataset = seqscope::data::read(&data, &AtomicBool::new(false)).unwrap();
        let FreeValues::Numeric(ages) = &dataset.user_columns[0].values else {
            panic!()
        };
        let users: Vec<String> = dataset.users.ids().map(str::to_owned).collect();
        std::iter::zip(users, ages.clone())
            .map(|(user, age)| format!("{user} {age}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(ages(CleanSpec::default()), ["ann 10", "bob 20", "eve 30"]);
    assert_eq!(
        ages(CleanSpec {
            min_user_events: 2,
            ..CleanSpec::default()
        }),
        ["ann 10", "bob 20"]
    );
    // A session by gap has its user's row.
    let sessions = seqscope::data::CleanStep::Sessions(seqscope::data::clean::Sessions {
        gap_secs: 50.0,
        ..Default::default()
    });
    let steps = CleanSpec {
        steps: vec![sessions],
        ..CleanSpec::default()
    };
    assert_eq!(
        ages(steps),
        ["ann#1 10", "ann#2 10", "bob#1 20", "bob#2 20", "eve#1 30"]
    );
}

#[test]
fn a_table_that_does_not_fit_is_told() {
    let mut log = OnDisk::new("shop.csv", SHOP);
    let path = log.beside("t.csv", "x,y\n7,8\n9,1\n");
    let sentence = |log: &OnDisk| read(&log.spec).unwrap_err();
    log.spec.users = Some(SideTable {
        path: path.clone(),
        ..SideTable::default()
    });
    assert_eq!(
        sentence(&log),
        "no column of the table of users holds ids of the log's users in its first rows; name the \
         column in `data.users.key`, or choose another table in `data.users.path`."
    );
    log.spec.users = Some(SideTable {
        path: path.clone(),
        key: Some("z".to_owned()),
        ..SideTable::default()
    });
    assert!(sentence(&log).starts_with("the table of users has no column `z`"));
    let columns = vec![FreeColumnSpec::named("weight")];
    log.spec.users = Some(SideTable {
        path,
        key: Some("x".to_owned()),
        columns,
    });
    assert_eq!(
        sentence(&log),
        "there is no column `weight`; the file has `x`, `y`."
    );
    log.spec.users = Some(SideTable {
        path: PathBuf::from("nowhere.csv"),
        ..SideTable::default()
    });
    assert!(sentence(&log).contains("nowhere.csv"));
}

#[test]
fn old_reports_without_joins_are_read() {
    let report: seqscope::data::DataReport = serde_json::from_str(
        r#"{"rows_read":1,"rows_refused":0,"refused":[],"steps":[],"problems":[]}"#,
    )
    .unwrap();
    assert!(report.joins.is_empty());
    assert!(!serde_json::to_string(&report).unwrap().contains("joins"));
}

/// The join told slowly: rows looked at one by one, ids looked up in a list.
fn slow_join(keys: &[String], log_ids: &BTreeSet<String>) -> [usize; 5] {
    let mut seen: Vec<&String> = Vec::new();
    let [mut matched, mut strangers, mut repeated, mut keyless] = [0; 4];
    for key in keys {
        if key.is_empty() {
            keyless += 1;
        } else if seen.contains(&key) {
            repeated += 1;
        } else if log_ids.contains(key) {
            matched += 1;
        } else {
            strangers += 1;
        }
        seen.push(key);
    }
    [
        matched,
        strangers,
        repeated,
        keyless,
        log_ids.len() - matched,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every row of the table is counted once, and every item has the first row of its id.
    #[test]
    fn a_join_counts_as_a_slow_one(
        events in prop::collection::vec((0..5_u32, 0..8_u32), 1..30),
        keys in prop::collection::vec(0..12_u32, 1..20),
    ) {
        let mut log = String::from("user,item\n");
        for (user, item) in &events {
            writeln!(log, "u{user},i{item}").unwrap();
        }
        let id = |key: &u32| if *key == 0 { String::new() } else { format!("i{key}") };
        let keys: Vec<String> = keys.iter().map(id).collect();
        let mut table = String::from("item,size\n");
        for (row, key) in keys.iter().enumerate() {
            writeln!(table, "{key},{row}").unwrap();
        }
        let mut log = OnDisk::new("log.csv", log);
        let path = log.beside("table.csv", table);
        log.spec.items = Some(SideTable { path, key: Some("item".to_owned()), ..SideTable::default() });
        let dataset = read(&log.spec).unwrap();
        let ids: BTreeSet<String> = events.iter().map(|(_, item)| format!("i{item}")).collect();
        let JoinReport { rows, matched, rows_without_event, rows_repeated, rows_without_key, without_row, .. } =
            dataset.report.joins[0].clone();
        prop_assert_eq!([matched, rows_without_event, rows_repeated, rows_without_key, without_row], slow_join(&keys, &ids));
        prop_assert_eq!(rows, matched + rows_without_event + rows_repeated + rows_without_key);
        prop_assert_eq!(dataset.shape().n_events, events.len());
        let first: BTreeMap<&String, usize> = keys.iter().enumerate().rev().map(|(row, key)| (key, row)).collect();
        let FreeValues::Numeric(sizes) = &dataset.item_columns[0].values else { panic!() };
        for (item, size) in std::iter::zip(dataset.items.ids(), sizes) {
            match first.get(&item.to_owned()) {
                Some(row) => prop_assert_eq!(*size as usize, *row),
                None => prop_assert!(size.is_nan()),
            }
        }
    }

    /// Extra columns stay with their rows, whatever the order of the file.
    #[test]
    fn extra_columns_stay_with_their_events(
        rows in prop::collection::vec((0..4_u32, 0..6_u32, -90.0..90.0_f32, 0..3_u32), 1..60),
    ) {
        // Times differ, so that order in a user is that of time; each row's price tells which row
        // it is.
        let n = rows.len();
        let line = |at: usize| {
            let (user, item, lat, session) = rows[at];
            format!("u{user},i{item},{},{lat},{},s{session},{at}\n", 1_600_000_000 + (at * 7919) % n * 60 + at % 60, -lat)
        };
        let text: String = (0..n).map(line).collect();
        let mut log = OnDisk::new("log.csv", format!("user_id,item_id,timestamp,lat,lon,session_id,row\n{text}"));
        log.spec.free_features = vec![FreeColumnSpec::parse("row:numeric")];
        log.spec.roles.value = Some(String::new());
        let dataset = read(&log.spec).unwrap();
        let sequences = &dataset.sequences;
        let FreeValues::Numeric(row_of) = free(sequences, "row") else { panic!() };
        let mut session_of = BTreeMap::new();
        for user in 0..sequences.n_users() {
            for at in sequences.range(user) {
                let (user_n, item, lat, session) = rows[row_of[at] as usize];
                prop_assert_eq!(dataset.users.id(user as u32).unwrap(), format!("u{user_n}"));
                prop_assert_eq!(dataset.items.id(sequences.item_idx[at]).unwrap(), format!("i{item}"));
                prop_assert_eq!(sequences.latitude.as_ref().unwrap()[at].to_bits(), lat.to_bits());
                prop_assert_eq!(sequences.longitude.as_ref().unwrap()[at].to_bits(), (-lat).to_bits());
                let idx = sequences.session_idx.as_ref().unwrap()[at];
                prop_assert_eq!(*session_of.entry(session).or_insert(idx), idx);
            }
        }
        prop_assert_eq!(session_of.values().collect::<BTreeSet<_>>().len(), session_of.len());
    }
}

#[test]
fn warnings_of_a_prepared_log_hold_those_of_its_joins() {
    let mut log = OnDisk::new(
        "shop.csv",
        "user,item\nann,a\nann,b\nann,c\nann,a\nbob,a\nbob,b\nbob,c\nbob,a\n",
    );
    log.spec.items = Some(SideTable {
        path: log.beside("t.csv", "item,size\na,1\na,2\nb,3\nc,4\n"),
        ..SideTable::default()
    });
    assert!(warnings(&log.prepare().unwrap()).contains("have an id that an earlier row has"));
}
