//! `seqscope data` and `describe` on sessions, places, free columns, joined tables and features.

use crate::place::Place;

const VISITS: &str = "user,item,time,lat,lon,session_id,price\n\
    ann,park,2024-01-01 08:00,40.5,-74,s1,1\n\
    ann,cafe,2024-01-01 08:10,40.7,-73.9,s1,2\n\
    ann,park,2024-01-02 08:00,40.5,-74,s2,3\n\
    bob,cafe,2024-01-01 09:00,,,s3,4\n\
    bob,park,2024-01-03 09:00,40.5,-74,s3,5\n";

#[test]
fn roles_beside_the_five_are_told_where_a_log_has_them() {
    let place = Place::new();
    place.write("visits.csv", VISITS);
    let told = place.seqscope("data visits.csv --json").ok().json();
    let roles = &told["roles"];
    assert_eq!(
        (&roles["session"], &roles["latitude"], &roles["longitude"]),
        (&"session_id".into(), &"lat".into(), &"lon".into())
    );
    assert_eq!(&roles["value"], "price");
    let text = place.seqscope("data visits.csv").ok().out;
    assert!(
        text.contains("latitude") && text.contains("session_id"),
        "{text}"
    );
    let none = place
        .run(&[
            "data",
            "visits.csv",
            "--latitude",
            "",
            "--longitude",
            "",
            "--session",
            "",
            "--json",
        ])
        .ok();
    assert!(none.json()["roles"].get("latitude").is_none());
    let set = place
        .run(&[
            "data",
            "visits.csv",
            "--set",
            "data.roles.session=price",
            "--json",
        ])
        .ok();
    assert_eq!(&set.json()["roles"]["session"], "price");
    place
        .run(&["data", "visits.csv", "--latitude", "latt"])
        .fails(1, &["no column `latt`", "did you mean `lat`?"]);
}

#[test]
fn joined_tables_are_told_and_offered() {
    let place = Place::new();
    place.write("visits.csv", VISITS);
    place.write("users.csv", "id,age\nann,30\nann,31\nzoe,9\n");
    let offered = place.seqscope("data visits.csv").ok().out;
    assert!(
        offered.contains(
            "beside it lies users.csv, by its name a table of users; join it by --users "
        ),
        "{offered}"
    );
    let said = place.seqscope("data visits.csv --users users.csv").ok();
    for words in [
        "Table of users users.csv, joined by id: 3 rows",
        "1 of 2 users have a row (without: bob)",
        "1 row of ids that no event has (zoe)",
        "1 row left out, since an earlier row has the id (ann)",
        "columns: age (numeric)",
    ] {
        // The whole path of the table is told.
        let out = said.out.replace(
            &format!(
                "{}/",
                place.path("").display().to_string().trim_end_matches('/')
            ),
            "",
        );
        assert!(out.contains(words), "`{words}` in {out}");
    }
    assert!(said.err.contains("no event is doubled"), "{}", said.err);
    let told = place
        .seqscope("data visits.csv --users users.csv --users-key id --json")
        .ok()
        .json();
    let join = &told["joins"][0];
    assert_eq!(
        (
            &join["of"],
            &join["rows"],
            &join["matched"],
            &join["rows_repeated"]
        ),
        (&"users".into(), &3.into(), &1.into(), &1.into())
    );
    assert_eq!(
        &join["columns"][0],
        &serde_json::json!({ "column": "age", "kind": "numeric" })
    );
    assert_eq!(&told["events"], 5);
    let set = place
        .run(&[
            "data",
            "visits.csv",
            "--set",
            "data.users.path=users.csv",
            "--set",
            "data.users.columns=age:category",
            "--json",
        ])
        .ok();
    assert_eq!(&set.json()["joins"][0]["columns"][0]["kind"], "category");
    place
        .run(&["data", "visits.csv", "--set", "data.items.key=id"])
        .fails(1, &["set `data.items.path` first"]);
    place
        .seqscope("data visits.csv --users users.csv --users-key idd")
        .fails(1, &["no column `idd`", "--items-key COLUMN"]);
}

#[test]
fn features_are_computed_and_told() {
    let place = Place::new();
    place.write("visits.csv", VISITS);
    let args = [
        "data",
        "visits.csv",
        "--features",
        "--feature",
        "price:numeric",
        "--value",
        "",
    ];
    let text = place.run(&args).ok().out;
    for words in [
        "gap",
        "hour sin",
        "weekday cos",
        "day",
        "intensity 1 h",
        "session position",
        "grid cell",
        "price",
        "Missing",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
    let told = place.run(&[&args[..], &["--json"]].concat()).ok().json();
    let features = told["features"].as_array().unwrap();
    let of = |name: &str| {
        features
            .iter()
            .find(|feature| feature["name"] == name)
            .unwrap()
    };
    // Two users, five events: two of them are first ones and have no gap.
    assert_eq!(of("gap")["summary"][0]["share_missing"], 0.4);
    assert_eq!(of("session position")["summary"][0]["max"], 2.0);
    // Training knows ann's first event and bob's, so only the park's cell: ann's cafe and bob's
    // event without a place have none.
    let cells = &of("grid cell")["summary"][0];
    assert_eq!(
        (&cells["max"], &cells["share_missing"], &cells["mean"]),
        (&1.0.into(), &0.4.into(), &serde_json::Value::Null)
    );
    assert_eq!(told["free_features"][0]["kind"], "numeric");
    let listed = place
        .run(&[
            "data",
            "visits.csv",
            "--features",
            "--set",
            "data.features=[Gap(log1p: false)]",
            "--json",
        ])
        .ok()
        .json();
    let gap = &listed["features"][0];
    assert_eq!(
        (
            listed["features"].as_array().unwrap().len(),
            &gap["unit"],
            &gap["summary"][0]["min"]
        ),
        (1, &"s".into(), &600.0.into())
    );
    let wrong = place.run(&["data", "visits.csv", "--set", "data.features=[Behaviour()]"]);
    wrong.fails(
        1,
        &["this log has no behaviours; name the column in `data.roles.behaviour`"],
    );
    place
        .run(&["data", "visits.csv", "--set", "data.features=[Gapp()]"])
        .fails(1, &["describe features"]);
    place
        .run(&[
            "data",
            "visits.csv",
            "--set",
            "data.features=[GridCell()]",
            "--set",
            "data.features[0].cell_degrees=0",
        ])
        .fails(1, &["Cell is 0"]);
}

#[test]
fn every_feature_is_described() {
    let place = Place::new();
    let told = place.seqscope("describe features").ok().out;
    for words in [
        "Gap to the previous event",
        "data.features[0].window_secs = 3600 s",
        "Weinberger et al. 2009",
        "data.features[0].cell_degrees = 0.01 °",
        "In a file: data: (features: [SessionPosition(..)])",
        "Needs sessions or times.",
    ] {
        assert!(told.contains(words), "`{words}` in {told}");
    }
    assert_eq!(told.matches("In a file:").count(), 12);
}

#[test]
fn a_table_is_joined_by_the_column_that_is_called_as_in_the_log() {
    let place = Place::new();
    let rows: Vec<String> = (0..40)
        .map(|row| format!("{},{},{}\n", row % 5 + 1, row % 9 + 1, row))
        .collect();
    place.write(
        "log.csv",
        format!("user_id,item_id,timestamp\n{}", rows.concat()),
    );
    // A running number matches ids as well as the ids do.
    place.write(
        "named.csv",
        "no,item_id,title\n1,7,Alpha\n2,8,Beta\n3,9,Gamma\n",
    );
    let said = place
        .run(&["data", "log.csv", "--items", "named.csv", "--json"])
        .ok()
        .json();
    assert_eq!(said["joins"][0]["key"], "item_id");
    place.write("mute.csv", "a,b,c\n1,7,x\n2,8,y\n3,9,z\n");
    let said = place.run(&["data", "log.csv", "--items", "mute.csv"]).ok();
    assert!(
        said.err
            .contains("others hold such ids, too; name the right one in `data.items.key`"),
        "{}",
        said.err
    );
    let said = place
        .run(&[
            "data",
            "log.csv",
            "--items",
            "mute.csv",
            "--set",
            "data.items.key=b",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(said["joins"][0]["key"], "b");
}
