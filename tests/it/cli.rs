//! The command line as a person or a script meets it: what it prints, and how it ends.

use std::process::Stdio;

use strum::IntoEnumIterator;

use crate::place::{Place, TINY, runs_in, trained};
use seqscope::spec::Entry;

fn keys(value: &serde_json::Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

// ---------------------------------------------------------------------------------------------
// What works
// ---------------------------------------------------------------------------------------------

#[test]
fn train_tells_a_script_what_came_of_it() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let said = place
        .seqscope(
            "train tiny.ron --set training.epochs=1 --set model.d_model=8 --device cpu --json",
        )
        .ok();
    let told = said.json();
    assert_eq!(
        keys(&told),
        [
            "above_optimum",
            "diverged_epoch",
            "epochs",
            "optimum",
            "problems",
            "references",
            "references_ahead",
            "references_left_out",
            "reliability",
            "run",
            "seconds",
            "seen",
            "status",
            "test",
            "test_ties",
            "valid"
        ]
    );
    assert_eq!(told["epochs"], 1);
    assert!(told["seconds"].as_f64().unwrap() > 0.0);
    // The world names its items and tells no more of them, so every reference has something to say.
    let mut names: Vec<String> = seqscope::baseline::BaselineKind::iter()
        .map(|kind| kind.to_string())
        .collect();
    names.sort();
    assert_eq!(keys(&told["references"]), names);
    assert!(keys(&told["references_left_out"]).is_empty());
    let references = told["references"].as_object().unwrap().values();
    for metrics in references.chain([&told["valid"], &told["test"]]) {
        assert_eq!(keys(metrics), ["hr@10", "mrr", "ndcg@10"]);
        assert!(
            metrics
                .as_object()
                .unwrap()
                .values()
                .all(|v| (0.0..=1.0).contains(&v.as_f64().unwrap())),
            "{metrics}"
        );
    }
    let run = told["run"].as_str().unwrap();
    assert_eq!(runs_in(&place.path("experiments/runs")), [run]);
    let manifest = std::fs::read_to_string(
        place
            .path("experiments/runs")
            .join(run)
            .join("manifest.ron"),
    )
    .unwrap();
    assert!(
        manifest.contains("d_model: 8"),
        "what --set said is in the run"
    );
}

#[test]
fn train_shows_a_person_the_references() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let said = place.seqscope("train tiny.ron --runs here").ok();
    for words in [
        "NDCG@10",
        "Transformer",
        "Popularity",
        "Markov chain",
        "Windowed Markov chain",
        "leave-one-out",
    ] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
    let verdicts = said
        .out
        .lines()
        .filter(|line| line.contains("beaten") || line.contains("equalled"))
        .count();
    assert_eq!(
        verdicts,
        seqscope::baseline::BaselineKind::iter().count(),
        "one verdict a reference: {}",
        said.out
    );
    assert_eq!(
        said.err
            .lines()
            .filter(|line| line.starts_with("epoch "))
            .count(),
        2,
        "{}",
        said.err
    );
}

#[test]
fn the_same_training_twice_gives_the_same_numbers() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    let [first, second] = ["a", "b"].map(|runs| {
        let told = place
            .seqscope(&format!("train tiny.ron --json --runs {runs}"))
            .ok()
            .json();
        (told["valid"].clone(), told["test"].clone())
    });
    assert_eq!(first, second);
}

#[test]
fn check_finds_every_problem_at_once() {
    let place = Place::new();
    place.write("good.ron", TINY);
    let said = place.seqscope("check good.ron").ok();
    assert!(
        said.out.starts_with("good.ron: nothing wrong\n"),
        "{}",
        said.out
    );
    // The layers of its model, 16 numbers an item and 16 of padding.
    assert!(
        said.out.contains("16 · n_items + 16") && said.out.contains("batch × 16 × 16"),
        "{}",
        said.out
    );

    place.write(
        "bad.ron",
        TINY.replace("d_ff: 16", "d_ff: 16, n_heads: 3, dropout: 7.0")
            .replace("epochs: 2", "epochs: 0"),
    );
    let said = place
        .seqscope("check good.ron bad.ron")
        .fails(1, &["1 of 2 files"]);
    for field in ["model.n_heads", "model.dropout", "training.epochs"] {
        assert!(said.out.contains(field), "`{field}` in {}", said.out);
    }
}

#[test]
fn describe_knows_every_family_and_part() {
    let place = Place::new();
    let overview = place.seqscope("describe").ok().out;
    for (what, setting) in [
        ("transformer", "model.n_heads"),
        ("lstm", "model.d_hidden"),
        ("VAE", "model.d_latent"),
        ("training", "training.lr"),
        ("augment", "training.augment.crop"),
        ("evaluation", "evaluation.filter_seen"),
        ("data", "data.clean.min_user_events"),
        ("split", "split.horizon_fraction"),
    ] {
        assert!(
            overview.contains(&what.to_lowercase()),
            "`{what}` in {overview}"
        );
        let told = place.seqscope(&format!("describe {what}")).ok().out;
        assert!(
            told.contains(setting) && told.contains("Default from:"),
            "{told}"
        );
    }
    let presets = place.seqscope("describe presets").ok().out;
    assert!(
        presets.contains("training.loss = Bce") && presets.contains("--set preset=SasRec"),
        "{presets}"
    );
    place.write("preset.ron", TINY);
    place
        .seqscope("train preset.ron --set preset=SasReck")
        .fails(1, &["Did you mean `SasRec`?"]);
    place
        .seqscope("describe transfromer")
        .fails(1, &["did you mean `transformer`?"]);
}

#[test]
fn what_describe_names_can_be_set() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    for setting in [
        "model.dropout",
        "training.lr",
        "evaluation.filter_seen",
        "data.clean.min_user_events",
    ] {
        let said = place.run(&["train", "tiny.ron", "--set", &format!("{setting}=nonsense")]);
        said.fails(1, &["nonsense"]);
    }
    let world = place.seqscope("describe data").ok().out;
    let first = world
        .lines()
        .find(|line| line.starts_with("data.") && line.contains("n_users"))
        .unwrap();
    let setting = first.split(' ').next().unwrap();
    place
        .run(&["train", "tiny.ron", "--set", &format!("{setting}=nonsense")])
        .fails(1, &["nonsense"]);
}

const LOG: &str = "user,item,time\nann,tea,100\nann,cup,200\nann,pot,300\nbob,tea,100\nbob,cup,150\nbob,cup,150\nbob,pot\nbob,jug,400\n";

#[test]
fn data_tells_roles_counts_and_refused_rows() {
    let place = Place::new();
    place.write("log.csv", LOG);
    let said = place.seqscope("data log.csv --json").ok();
    // Eight rows: one lacks its time, one is the row before it again.
    let dropped = serde_json::json!({
        "user": "bob", "item": "cup", "time": "150", "before": "", "after": "dropped",
    });
    let wanted = serde_json::json!({
        "rows_read": 8, "rows_refused": 1, "users": 2, "items": 4, "events": 6, "first": null, "last": null,
        "roles": { "user": "user", "item": "item", "time": "time", "behaviour": null, "value": null },
        "steps": [
            { "step": "Read", "rows": 7, "users": 2, "items": 4 },
            {
                "step": "Exact duplicates dropped", "rows": 6, "users": 2, "items": 4, "place": null,
                "rows_before": 7, "users_before": 2, "items_before": 4, "n_removed": 1, "n_changed": 0,
                "fitted_on": null, "note": "", "examples": [dropped],
            },
        ],
    });
    let mut said = said.json();
    let object = said.as_object_mut().unwrap();
    assert_eq!(object.remove("refused").unwrap()[0]["line"], 8);
    assert_eq!(object.remove("file").unwrap()["time_format"], "Order");
    assert_eq!(
        (
            &object["refused_by_reason"][0]["rows"],
            &object["refused_by_reason"][0]["first_line"]
        ),
        (&1.into(), &8.into())
    );
    object.remove("refused_by_reason");
    assert!(
        object.remove("warnings").unwrap()[0]
            .as_str()
            .unwrap()
            .starts_with("1 of 8 rows could not be read")
    );
    assert_eq!(said, wanted);
    let text = place.seqscope("data log.csv").ok().out;
    assert!(
        text.contains("line 8"),
        "the refused row by its line: {text}"
    );
    assert!(text.contains("2 users, 4 items, 6 events"), "{text}");
}

#[test]
fn data_reads_times_of_a_pattern() {
    let place = Place::new();
    place.write(
        "log.csv",
        "user,item,time\nann,tea,at 3~4~24\nann,cup,at 5~4~24\nbob,tea,at 4~4~24\n",
    );
    let stopped = place
        .seqscope("data log.csv")
        .fails(1, &["`at 3~4~24`", "data.time_format"]);
    assert_eq!(stopped.out, "");
    let said = place
        .run(&["data", "log.csv", "--time-format", "at %d~%m~%y"])
        .ok()
        .out;
    assert!(
        said.contains("from 2024-04-03T00:00:00Z to 2024-04-05T00:00:00Z"),
        "{said}"
    );
    assert!(said.contains("text like at %d~%m~%y"), "{said}");
    let said = place
        .run(&["data", "log.csv", "--json", "--time-format", "at %m~%d~%y"])
        .ok()
        .json();
    assert_eq!(said["first"], "2024-03-04T00:00:00Z");
    place
        .run(&["data", "log.csv", "--time-format", "minuts"])
        .fails(2, &["month-first", "or write a pattern"]);
}

/// Ann ends on the first day, bob goes on for three more; eve comes with something new.
const LEAKY: &str = "user,item,time\nann,tea,2024-01-01 08:00\nann,cup,2024-01-01 \
                     09:00\nann,pot,2024-01-01 10:00\nann,jug,2024-01-01 11:00\nbob,tea,2024-01-01 \
                     08:30\nbob,cup,2024-01-02 09:00\nbob,pot,2024-01-03 09:00\nbob,tea,2024-01-04 \
                     09:00\nbob,jug,2024-01-05 09:00\neve,tea,2024-01-04 10:00\neve,new,2024-01-04 \
                     11:00\neve,cup,2024-01-04 12:00\neve,jug,2024-01-05 10:00\n";

#[test]
fn data_audits_a_split_for_people_and_scripts() {
    let place = Place::new();
    place.write("log.csv", LEAKY);
    let said = place.seqscope("data log.csv --audit --json").ok().json();
    assert_eq!(
        (&said["users"], &said["events"]),
        (&3.into(), &13.into()),
        "the other keys stay"
    );
    assert_eq!(
        (&said["first"], &said["last"]),
        (
            &"2024-01-01T08:00:00Z".into(),
            &"2024-01-05T10:00:00Z".into()
        )
    );
    let audit = said["audit"].as_array().unwrap();
    // Test begins with ann's jug on the 1st; bob trains cup and pot after it, eve tea and new.
    let wanted =
        serde_json::json!({ "check": "training_after_test", "verdict": "warn", "count": 4 });
    assert_eq!(audit[0], wanted);
    assert_eq!(
        audit[1],
        serde_json::json!({ "check": "items_after_cut", "verdict": "warn", "count": 1 })
    );
    assert_eq!(audit.len(), 7);
    let text = place.seqscope("data log.csv --audit").ok().out;
    for words in [
        "Audit of the split: leave-one-out",
        "Training later than the test",
        "user eve, event 2: item new",
        "Split by one cut",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
    let cut = place
        .seqscope("data log.csv --audit --split temporal --json")
        .ok()
        .json();
    assert_eq!(
        cut["audit"][0],
        serde_json::json!({ "check": "training_after_test", "verdict": "pass", "count": 0 })
    );
    assert_eq!(cut["events"], 13, "the account of the whole log");
    // The last two of each are the test, from ann's pot on the 1st on; bob trains cup and eve tea
    // after it.
    let line = "data log.csv --audit --split per-user --json --set split.test_fraction=0.4";
    let wider = place.seqscope(line).ok().json();
    let wanted =
        serde_json::json!({ "check": "training_after_test", "verdict": "warn", "count": 2 });
    assert_eq!(
        (&wider["audit"][0], &wider["events"]),
        (&wanted, &13.into()),
        "of the split as it is set"
    );
    let line = "data log.csv --audit --json --set \
                split=PerUserTemporal(valid_fraction:0.1,test_fraction:0.4)";
    assert_eq!(
        place.seqscope(line).ok().json()["audit"],
        wider["audit"],
        "as an experiment file writes it"
    );
    place
        .seqscope("data log.csv --audit --split per-user --set split.horizon_fraction=0.2")
        .fails(
            1,
            &["`split.horizon_fraction` needs the split RollingWindows"],
        );
    place
        .seqscope("data log.csv --audit --split temporal --set split.test_fraction=0.9")
        .fails(1, &["between 0 and 0.5"]);
    place
        .seqscope("data log.csv --split temporal")
        .fails(2, &["--audit"]);
    place
        .seqscope("data log.csv --audit --split sideways")
        .fails(2, &["leave-one-out", "temporal", "per-user", "rolling"]);
    assert!(
        place
            .seqscope("data log.csv --json")
            .ok()
            .json()
            .get("audit")
            .is_none()
    );
}

#[test]
fn data_tells_its_profile_and_writes_one_file_a_view() {
    let place = Place::new();
    place.write("log.csv", LEAKY);
    let json = place.seqscope("data log.csv --profile --json").ok().json();
    let profile = &json["profile"];
    // Of 13 events one returns: bob's second tea, three events after the first.
    let rate = profile["figures"]["repeat_rate_of_events"]
        .as_f64()
        .unwrap();
    assert!((rate - 1.0 / 13.0).abs() < 1e-12, "{rate}");
    assert_eq!(profile["repeats"][2]["from_events_ago"], 3);
    assert_eq!(
        (
            &profile["repeats"][2]["events"],
            &profile["repeats"][0]["events"]
        ),
        (&1.into(), &0.into())
    );
    assert_eq!(profile["items"][0]["item"], "tea");
    assert_eq!(profile["items"][0]["events"], 4);
    assert_eq!(
        profile["days"][0],
        serde_json::json!({ "date_utc": "2024-01-01", "events": 5 })
    );
    // 2024-01-01 was a Monday; five events fell on it, one more on the Tuesday.
    assert_eq!(profile["weekdays"][0]["events"], 5);
    assert_eq!(profile["hours_of_week"][1]["09"], 1);
    assert_eq!(
        (&profile["behaviours"], &profile["funnel"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    // Leave-one-out asks of three users; eve's and ann's jug is bob's answer as well, and nobody
    // trained it.
    assert_eq!(profile["unseen"][1]["part"], "test");
    assert_eq!(
        (
            &profile["unseen"][1]["questions"],
            &profile["unseen"][1]["of_unseen_items"]
        ),
        (&3.into(), &3.into())
    );
    assert!(
        place
            .seqscope("data log.csv --json")
            .ok()
            .json()
            .get("profile")
            .is_none()
    );

    let text = place
        .seqscope("data log.csv --profile --export files")
        .ok()
        .out;
    for words in [
        "Inequality of items (lorenz)",
        "This log has no behaviours.",
        "Gini coefficient",
        "Monday",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
    let csv = std::fs::read_to_string(place.path("files/items.csv")).unwrap();
    assert!(
        csv.starts_with("rank,item,events,share,share_so_far\n1,tea,4,"),
        "{csv}"
    );
    assert!(
        !place.path("files/funnel.csv").exists(),
        "there is no funnel to write"
    );
    place
        .seqscope("data log.csv --export files")
        .fails(1, &["not empty", "choose a new one"]);
}

#[test]
fn a_world_tells_its_profile_too() {
    let place = Place::new();
    let json = place
        .seqscope("data --world Funnel --profile --export files --json")
        .ok()
        .json();
    let behaviours: Vec<&str> = json["profile"]["funnel"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["behaviour"].as_str().unwrap())
        .collect();
    assert_eq!(behaviours, ["view", "cart", "buy"]);
    assert_eq!(
        json["exported"].as_array().unwrap().len(),
        std::fs::read_dir(place.path("files")).unwrap().count()
    );
    assert!(
        place
            .seqscope("data --world Funnel --profile")
            .ok()
            .out
            .contains("What follows what (transitions)")
    );
}

#[test]
fn a_run_keeps_its_audit_and_the_lists_show_it() {
    let place = trained();
    let said = place.seqscope("runs --runs runs").ok();
    // In so small a world histories agree by chance.
    assert_eq!(said.out.matches("leak").count(), 2, "{}", said.out);
    let told = place.seqscope("runs --runs runs --json").ok().json();
    let first = &told["runs"][0]["audit"][0];
    assert_eq!(
        (&first["check"], &first["verdict"]),
        (&"training_after_test".into(), &"warn".into())
    );
    let runs = runs_in(&place.path("runs"));
    let compared = place
        .run(&["compare", &runs[0], &runs[1], "--runs", "runs"])
        .ok();
    assert!(
        compared.out.contains("leak") && compared.err.contains("leaks: identical_sequences ("),
        "{}",
        compared.err
    );
    assert!(
        !compared.err.contains("training_after_test"),
        "a choice of protocol is no leak: {}",
        compared.err
    );
}

#[test]
fn data_is_read_as_it_is_told() {
    let place = Place::new();
    place.write("log.txt", "7::a::x\n7::b::y\n8::a::x\n");
    let said = place
        .seqscope("data log.txt --separator :: --no-header --json")
        .ok();
    assert_eq!(said.json()["rows_read"], 3);
    let guessed = &said.json()["roles"];
    let (user, item) = (
        guessed["user"].as_str().unwrap(),
        guessed["item"].as_str().unwrap(),
    );
    let swapped = place
        .run(&[
            "data",
            "log.txt",
            "--separator",
            "::",
            "--no-header",
            "--user",
            item,
            "--item",
            user,
            "--json",
        ])
        .ok();
    assert_eq!(
        (&swapped.json()["users"], &swapped.json()["items"]),
        (&said.json()["items"], &said.json()["users"])
    );
    let headed = place
        .seqscope("data log.txt --separator :: --header --user 7 --item a --json")
        .ok();
    assert_eq!(headed.json()["rows_read"], 2);
}

#[test]
fn the_columns_of_a_title_table_can_be_named() {
    let place = Place::new();
    place.write("log.csv", LOG);
    place.write("items.csv", "sku,label\nq1,Green tea\nq2,Cup\n");
    // None of its ids are in the log, so no column can be guessed.
    place
        .seqscope("data log.csv --titles items.csv")
        .fails(1, &["data.titles.item", "--titles-item COLUMN"]);
    place
        .seqscope("data log.csv --titles items.csv --titles-item sku --titles-title label")
        .ok();
    place
        .seqscope("data log.csv --titles items.csv --titles-item skew")
        .fails(1, &["no column `skew`", "`sku`"]);
    place
        .seqscope("data log.csv --titles-item sku")
        .fails(2, &["--titles"]);
}

#[test]
fn data_of_any_packing_encoding_and_number_of_files_are_told() {
    let place = Place::new();
    let (text, _, _) =
        encoding_rs::GB18030.encode("用户,商品\n张三,电影票\n李四,手机\n张三,图书\n");
    place.write("part-1", zstd::encode_all(&*text, 1).unwrap());
    place.write("part-2", zstd::encode_all(&*text, 1).unwrap());
    let told = place.seqscope("data part-*").ok().out;
    assert!(
        told.starts_with("part-*: Text, 2 files, zstd, GB18030, separator \",\", with a header\n"),
        "{told}"
    );
    assert!(
        told.contains("张三") && told.contains("6 rows read, 0 refused"),
        "{told}"
    );
    let wrong = place.seqscope("data part-1 --encoding utf-8");
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.err.contains("give the right `data.encoding`"),
        "{}",
        wrong.err
    );
    let rows = "CREATE TABLE a (user, item); INSERT INTO a VALUES (1, 2), (1, 3); CREATE TABLE b \
                AS SELECT * FROM a;";
    rusqlite::Connection::open(place.path("shop.db"))
        .unwrap()
        .execute_batch(rows)
        .unwrap();
    let wrong = place.seqscope("data shop.db");
    assert!(
        wrong.err.contains("name the log in `data.table`: `a`, `b`"),
        "{}",
        wrong.err
    );
    assert!(
        place
            .seqscope("data shop.db --table a")
            .ok()
            .out
            .starts_with("shop.db: SQLite, table \"a\"\n")
    );
    let query = place
        .run(&[
            "data",
            "shop.db",
            "--query",
            "SELECT user, item FROM b WHERE item = 2",
            "--json",
        ])
        .ok();
    assert_eq!(query.json()["rows_read"], 1);
}

#[test]
fn runs_are_listed_with_their_status() {
    let place = trained();
    let said = place.seqscope("runs --runs runs").ok();
    assert_eq!(said.out.matches("finished").count(), 2, "{}", said.out);
    let told = place.seqscope("runs --runs runs --json").ok().json();
    let models: Vec<&str> = told["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["model"].as_str().unwrap())
        .collect();
    assert_eq!(models.len(), 2);
    assert!(models.contains(&"LSTM") && models.contains(&"Transformer"));
    assert!(
        place
            .seqscope("runs --runs nowhere")
            .ok()
            .out
            .contains("No runs")
    );
}

#[test]
fn compare_shows_metrics_and_differing_settings_only() {
    let place = trained();
    let runs = runs_in(&place.path("runs"));
    let said = place
        .run(&["compare", &runs[0], &runs[1], "--runs", "runs"])
        .ok();
    for words in ["LSTM", "Transformer", "NDCG@10", "model.d_hidden"] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
    let best = said
        .out
        .lines()
        .find(|line| line.starts_with("Best possible"))
        .expect("a world's rules are known");
    let json = place
        .run(&["compare", &runs[0], &runs[1], "--runs", "runs", "--json"])
        .ok()
        .json();
    let optimum = json["runs"][0]["optimum"]["ndcg@10"].as_f64().unwrap();
    assert!(
        best.contains(&format!("{optimum:.4}")),
        "{optimum} in {best}"
    );
    assert!(
        !said.out.contains("training.lr"),
        "settings that agree are left out: {}",
        said.out
    );
    assert!(!said.err.contains("not comparable"), "{}", said.err);
}

#[test]
fn compare_warns_of_what_is_not_comparable() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    // In the order of training: runs of one minute are not in order of their folders' names.
    let runs = [
        "",
        " --set data.seed=8",
        " --set evaluation.filter_seen=false",
    ]
    .map(|change| {
        let train = "train tiny.ron --runs runs --set training.epochs=1 --json";
        let told = place.seqscope(&format!("{train}{change}")).ok().json();
        told["run"].as_str().unwrap().to_owned()
    });
    let said = place
        .run(&["compare", &runs[0], &runs[1], &runs[2], "--runs", "runs"])
        .ok();
    assert_eq!(
        said.err.matches("not comparable").count(),
        2,
        "{}",
        said.err
    );
}

#[test]
fn predict_gives_titles_and_probabilities() {
    let place = trained();
    let run = &runs_in(&place.path("runs"))[0];
    let user = some_user(place);
    let told = place
        .run(&[
            "predict", run, "--user", &user, "--top", "3", "--runs", "runs", "--json",
        ])
        .ok()
        .json();
    let next = told["next"].as_array().unwrap();
    assert_eq!(next.len(), 3);
    let chances: Vec<f64> = next
        .iter()
        .map(|n| n["probability"].as_f64().unwrap())
        .collect();
    assert!(
        chances.is_sorted_by(|a, b| a >= b) && chances.iter().sum::<f64>() <= 1.0 + 1e-6,
        "{chances:?}"
    );
    let text = place
        .run(&[
            "predict", run, "--user", &user, "--top", "3", "--runs", "runs",
        ])
        .ok()
        .out;
    assert!(
        text.contains(next[0]["title"].as_str().unwrap()) && text.lines().count() == 5,
        "{text}"
    );
}

#[test]
fn predict_looks_several_events_ahead() {
    let place = trained();
    let run = &runs_in(&place.path("runs"))[0];
    let user = some_user(place);
    let one = place
        .run(&[
            "predict", run, "--user", &user, "--top", "3", "--runs", "runs", "--json",
        ])
        .ok()
        .json();
    let asked = [
        "predict", run, "--user", &user, "--ahead", "4", "--runs", "runs",
    ];
    let told = place.run(&[&asked[..], &["--json"]].concat()).ok().json();
    assert_eq!(told["next"], one["next"]);
    let ahead = told["ahead"].as_array().unwrap();
    assert_eq!((ahead.len(), &ahead[0]), (4, &one["next"]));
    assert!(
        ahead.iter().all(|list| list.as_array().unwrap().len() == 3),
        "{ahead:?}"
    );
    let text = place.run(&asked).ok().out;
    assert!(
        text.contains("+4") && text.contains("as if the first item"),
        "{text}"
    );
    place
        .run(&[
            "predict", run, "--user", &user, "--ahead", "0", "--runs", "runs",
        ])
        .fails(2, &["--ahead"]);
}

/// A user's id, as the program itself offers it for an unknown one.
fn some_user(place: &Place) -> String {
    let run = &runs_in(&place.path("runs"))[0];
    let said = place
        .run(&[
            "predict",
            run,
            "--user",
            "<no such user at all>",
            "--runs",
            "runs",
        ])
        .fails(1, &["hint:"]);
    said.err
        .lines()
        .last()
        .unwrap()
        .split('`')
        .nth(1)
        .unwrap()
        .to_owned()
}

#[test]
fn an_unknown_user_is_answered_with_the_nearest() {
    let place = trained();
    let run = &runs_in(&place.path("runs"))[0];
    let user = some_user(place);
    let slip = format!("{user}x");
    let said = place
        .run(&["predict", run, "--user", &slip, "--runs", "runs"])
        .fails(1, &[&slip, "did you mean"]);
    assert!(said.out.is_empty());
}

#[test]
fn export_writes_tables_and_weights_and_never_over_anything() {
    let place = trained();
    let run = &runs_in(&place.path("runs"))[0];
    let to = place.path("exported");
    let said = place
        .run(&["export", run, "--to", "exported", "--runs", "runs"])
        .ok();
    for kind in [".csv", ".parquet", ".safetensors", ".ron"] {
        let listed: Vec<&str> = said
            .out
            .lines()
            .filter(|line| line.ends_with(kind))
            .collect();
        assert!(!listed.is_empty(), "a {kind} file in {}", said.out);
        assert!(
            listed
                .iter()
                .all(|path| place.path(path).metadata().unwrap().len() > 0),
            "{listed:?}"
        );
    }
    let before = runs_in(&to);
    place
        .run(&["export", run, "--to", "exported", "--runs", "runs"])
        .fails(1, &["exported", "empty"]);
    assert_eq!(runs_in(&to), before);
    std::fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/notes.txt", "mine");
    place
        .run(&["export", run, "--to", "mine", "--runs", "runs"])
        .fails(1, &["mine", "empty"]);
    assert_eq!(runs_in(&place.path("mine")), ["notes.txt"]);
}

#[test]
fn devices_has_the_processor() {
    let place = Place::new();
    let said = place.seqscope("devices").ok();
    assert!(
        said.out.lines().any(|line| line.starts_with("cpu "))
            && said.out.contains("auto takes this"),
        "{}",
        said.out
    );
    let told = place.seqscope("devices --json").ok().json();
    assert_eq!(told["devices"][0]["key"], "cpu");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    // Gone before the command begins, so that its first write meets a broken pipe, however small.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = place
        .command(&["describe", "transformer"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap()
        ),
        (Some(0), String::new())
    );
}

#[test]
fn help_and_version_are_no_errors() {
    let place = Place::new();
    assert!(place.seqscope("--help").ok().out.contains("train"));
    assert!(place.seqscope("train --help").ok().out.contains("--set"));
    assert_eq!(
        place.seqscope("--version").ok().out,
        concat!("seqscope ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

// ---------------------------------------------------------------------------------------------
// What does not work, and says so
// ---------------------------------------------------------------------------------------------

#[test]
fn bad_usage_ends_with_2() {
    let place = Place::new();
    for line in [
        "train",
        "compare",
        "predict last",
        "runs --nonsense",
        "trian x.ron",
        "predict last --user 1 --top 0",
    ] {
        place.seqscope(line).fails(2, &[]);
    }
}

#[test]
fn bad_experiment_files_get_one_sentence() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder.ron")).unwrap();
    let seventh = TINY.replace("lr: 0.01", "lr: 0.01,\n        learning_rate: 1");
    let cases: [(&str, Option<String>, &[&str]); 7] = [
        ("missing.ron", None, &["missing.ron", "no such file"]),
        ("folder.ron", None, &["folder.ron", "folder"]),
        ("empty.ron", Some(String::new()), &["empty"]),
        (
            "typo.ron",
            Some(TINY.replace("d_model", "d_modle")),
            &["line 5", "`d_modle`", "id you mean `d_model`"],
        ),
        ("unknown.ron", Some(seventh), &["line 7", "`learning_rate`"]),
        (
            "newer.ron",
            Some(TINY.replace("version: 1", "version: 99")),
            &["99", "newer Seqscope"],
        ),
        (
            "cut.ron",
            Some(TINY[..TINY.len() / 2].to_owned()),
            &["line 5"],
        ),
    ];
    for (name, text, words) in cases {
        if let Some(text) = text {
            place.write(name, text);
        }
        for command in ["train", "check"] {
            let said = place.run(&[command, name]);
            let told = format!("{}{}", said.err, said.out).to_lowercase();
            for word in words {
                assert!(
                    told.contains(&word.to_lowercase()),
                    "{command} {name}: `{word}` in {told}"
                );
            }
            said.fails(1, &[]);
        }
    }
    assert_eq!(
        runs_in(&place.path("experiments/runs")),
        Vec::<String>::new(),
        "nothing was started"
    );
}

#[test]
fn a_binary_experiment_file_is_refused() {
    let place = Place::new();
    place.write("picture.ron", [0x89, b'P', b'N', b'G', 0, 0xff, 0xfe, 0]);
    place
        .seqscope("train picture.ron")
        .fails(1, &["picture.ron", "text"]);
}

#[test]
fn an_experiment_of_a_newer_version_is_refused() {
    let place = Place::new();
    place.write("newer.ron", "(version: 2, name: \"x\", telepathy: true)");
    place
        .seqscope("train newer.ron")
        .fails(1, &["version 2", "newer Seqscope"]);
}

#[test]
fn settings_that_do_not_exist_are_answered_with_the_nearest() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    place
        .seqscope("train tiny.ron --set model.d_modle=8")
        .fails(1, &["d_modle", "did you mean `model.d_model`"]);
    place
        .seqscope("train tiny.ron --set modle.d_model=8")
        .fails(1, &["modle"]);
    place
        .seqscope("train tiny.ron --set model.d_model=wide")
        .fails(1, &["wide", "whole number"]);
    place
        .seqscope("train tiny.ron --set model.d_model")
        .fails(1, &["lacks its value"]);
    place
        .seqscope("train tiny.ron --set model.n_heads=3")
        .fails(1, &["n_heads", "16"]);
}

#[test]
fn an_unknown_device_is_refused_before_anything_is_written() {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    place
        .run(&["train", "tiny.ron", "--device", "abacus"])
        .fails(1, &["abacus", "seqscope devices"]);
    assert_eq!(
        runs_in(&place.path("experiments/runs")),
        Vec::<String>::new()
    );
}

#[test]
fn runs_that_are_unknown_or_unclear_are_told() {
    let place = trained();
    for command in [
        "resume nothing",
        "export nothing --to there",
        "predict nothing --user 1",
        "compare nothing last",
    ] {
        place
            .seqscope(&format!("{command} --runs runs"))
            .fails(1, &["no run `nothing`", "seqscope runs"]);
    }
    // Both names start with the same year.
    place
        .seqscope("resume 20 --runs runs")
        .fails(1, &["`20` fits 2 runs", "more of the name"]);
    place
        .seqscope("resume last --runs runs")
        .fails(1, &["is finished"]);
    assert!(!place.path("there").exists());
}

#[test]
fn bad_logs_get_one_sentence() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).unwrap();
    place.write("empty.csv", "");
    place.write("header.csv", "user,item,time\n");
    place.write("one.csv", "a\n1\n2\n3\n");
    for (name, word) in [
        ("missing.csv", "missing.csv"),
        ("folder", "folder"),
        ("empty.csv", "empty"),
        ("header.csv", "header.csv"),
        ("one.csv", "item"),
    ] {
        let said = place.run(&["data", name]).fails(1, &[word]);
        assert!(said.out.is_empty(), "{}", said.out);
    }
    place.write("log.csv", LOG);
    place
        .run(&["data", "log.csv", "--user", "who"])
        .fails(1, &["who"]);
    place
        .run(&["data", "log.csv", "--titles", "nowhere.csv"])
        .fails(1, &["nowhere.csv"]);
}

#[test]
#[cfg(feature = "gui")]
fn without_a_display_the_window_names_what_works() {
    let place = Place::new();
    place
        .run(&[])
        .fails(1, &["no display", "seqscope train", "predict"]);
}

#[test]
fn a_file_that_is_not_there_is_not_opened_in_a_window() {
    let place = Place::new();
    place
        .seqscope("nowhere.csv")
        .fails(2, &["`nowhere.csv` is neither a command nor a file"]);
    place.write("a.csv", LOG);
    place.write("b.csv", LOG);
    place
        .seqscope("a.csv b.csv")
        .fails(2, &["one file", "b.csv"]);
}

#[test]
fn cleaning_steps_are_described_set_and_counted() {
    let place = Place::new();
    let told = place.seqscope("describe clean").ok().out;
    for step in <seqscope::data::CleanStep as strum::IntoEnumIterator>::iter() {
        assert!(
            told.contains(step.title()) && told.contains(&format!("[{}(..)]", step.name())),
            "{told}"
        );
    }
    assert!(
        told.contains("data.clean.steps[0].window_secs = 10 s"),
        "{told}"
    );

    place.write("log.csv", LOG);
    let set = "data.clean.steps=[Repeats(window_secs: 60), KCore(min_user_events: 2, \
               min_item_events: 2)]";
    let json = place
        .run(&["data", "log.csv", "--json", "--set", set])
        .ok()
        .json();
    let steps = json["steps"].as_array().unwrap();
    let names: Vec<&str> = steps
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Read",
            "Exact duplicates dropped",
            "Repeated events",
            "k-core"
        ]
    );
    // Tea and cup are had by both, pot and jug by one.
    assert_eq!(
        (&steps[3]["rows"], &steps[3]["n_removed"]),
        (&serde_json::json!(4), &serde_json::json!(2))
    );
    assert_eq!(steps[3]["fitted_on"], "Everything");
    let text = place.run(&["data", "log.csv", "--set", set]).ok().out;
    assert!(
        text.contains("k-core: learnt from all events\n  user ann, item pot, 300: → dropped"),
        "{text}"
    );
    let said = place.run(&["data", "log.csv", "--set", "data.clean.steps=[Threshold()]"]);
    said.fails(1, &["needs a value column"]);
}

#[test]
fn the_manual_is_read_chapter_by_chapter() {
    let place = Place::new();
    let all = place.seqscope("help").ok().out;
    assert!(
        all.contains("Usage: seqscope") && all.contains("seqscope help evaluation"),
        "{all}"
    );
    for chapter in ["data", "models", "evaluation", "runs", "speed"] {
        let out = place.seqscope(&format!("help {chapter}")).ok().out;
        assert!(
            out.starts_with("# ") && out.matches("\n## ").count() >= 2,
            "{out}"
        );
    }
    // What is a chapter and a command leads to both.
    let data = place.seqscope("help data").ok().out;
    assert!(data.contains("seqscope data --help"), "{data}");
    let train = place.seqscope("help train").ok().out;
    assert!(train.contains("Usage: seqscope train"), "{train}");
    place.seqscope("help modles").fails(
        1,
        &["no chapter and no command `modles`", "seqscope help models"],
    );
}
