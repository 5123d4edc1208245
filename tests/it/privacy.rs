//! Ids that are hidden stay hidden: in a run's folder, in exports, in what is printed.

use std::path::{Path, PathBuf};

use seqscope::data::{Column, read_parquet};

use crate::place::{Place, Said, runs_in};

const KEY: &str = "a-key-for-tests-0123456789abcdef";

/// Ids and titles as they stand in the log, and in nothing that hides them.
const USER: &str = "person-";
const ITEM: &str = "thing-";
const TITLE: &str = "Wonder";

/// Twelve persons with nine events each, some of them twice, and two rows whose ids slipped a
/// column.
fn log() -> String {
    let mut text = "user,item,time,behavior\n".to_owned();
    for user in 1..=12 {
        for at in 0..9 {
            let item = (user * 5 + at * at) % 11;
            let row = format!(
                "person-{user:02},thing-{item:02},{},view\n",
                1_600_000_000 + 86_400 * at + 60 * user
            );
            text += &row.repeat(if at == 4 { 2 } else { 1 });
        }
    }
    text + "person-03,1600000000,person-03,view\nperson-04,view,thing-05,view\n"
}

const EXPERIMENT: &str = r#"(
    version: 1,
    name: "hidden",
    data: (
        source: File(path: "log.csv", titles: (path: "items.csv"), users: (path: "people.csv")),
        clean: (min_user_events: 2, steps: [Repeats(window_secs: 90000), Sessions(gap_secs: 400000)]),
    ),
    model: Transformer(d_model: 8, n_layers: 1, d_ff: 8, seq_len: 8),
    training: (device: "cpu", epochs: 2, batch_size: 8, lr: 0.01),
    seed: 3,
)
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("log.csv", log());
    let titles: Vec<String> = (0..11)
        .map(|item| format!("thing-{item:02},Wonder {item}\n"))
        .collect();
    place.write("items.csv", format!("item,title\n{}", titles.concat()));
    // Two persons without a row, one twice, one whom the log does not know.
    let people: Vec<String> = (1..=10)
        .chain([1, 99])
        .map(|user| format!("person-{user:02},{}\n", 20 + user))
        .collect();
    place.write("people.csv", format!("user,age\n{}", people.concat()));
    place.write("hidden.ron", EXPERIMENT);
    place
}

/// Runs `seqscope` under a key, or under none.
fn under(place: &Place, key: Option<&str>, line: &str) -> Said {
    let mut command = place.command(&line.split(' ').collect::<Vec<_>>());
    command.env_remove("SEQSCOPE_KEY");
    if let Some(key) = key {
        command.env("SEQSCOPE_KEY", key);
    }
    let output = command.output().unwrap();
    Said {
        code: output.status.code().expect("ended by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_under(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// All that a file says: its bytes, and what a packed table holds.
fn content(path: &Path) -> String {
    let mut text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    if path.extension().is_some_and(|ending| ending == "parquet") {
        for (name, column) in read_parquet(path).unwrap().columns {
            let cells = if let Column::Text(cells) = column {
                cells.join(" ")
            } else {
                String::new()
            };
            text += &format!(" {name} {cells}");
        }
    }
    text
}

/// The files of a folder that say one of some words, each with the word.
fn files_with(folder: &Path, words: &[&str]) -> Vec<String> {
    let files = files_under(folder);
    assert!(files.len() > 3, "{} holds {files:?}", folder.display());
    let said = |path: &PathBuf| {
        let text = content(path);
        let found = words.iter().find(|word| text.contains(**word))?;
        Some(format!(
            "{} in {}",
            found,
            path.strip_prefix(folder).unwrap().display()
        ))
    };
    files.iter().filter_map(said).collect()
}

fn run_in(place: &Place, runs: &str) -> PathBuf {
    place.path(runs).join(&runs_in(&place.path(runs))[0])
}

/// The series of a run without those of the clock.
fn figures(run: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(run.join("history.csv")).unwrap();
    text.lines()
        .filter(|line| !line.contains("secs") && !line.contains("per_sec"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_true_id_is_on_disk_and_no_figure_changes() {
    let place = place();
    under(&place, Some(KEY), "train hidden.ron --runs bare").ok();
    let bare = run_in(&place, "bare");
    // The search finds what there is to find: ids in results, examples, audit and refused rows.
    let found = files_with(&bare, &[USER]).join("\n");
    assert!(
        [
            "manifest.ron",
            "test.parquet",
            "valid.parquet",
            "users.parquet",
            "log.txt"
        ]
        .iter()
        .all(|f| found.contains(f)),
        "{found}"
    );

    for (which, words) in [
        ("Users", &[USER][..]),
        ("UsersAndItems", &[USER, ITEM, TITLE]),
    ] {
        let said = under(
            &place,
            Some(KEY),
            &format!("train hidden.ron --runs {which} --set data.pseudonyms={which}"),
        )
        .ok();
        let run = run_in(&place, which);
        assert_eq!(
            files_with(&run, &[words, &[KEY]].concat()),
            Vec::<String>::new()
        );
        assert!(
            words
                .iter()
                .all(|word| !said.out.contains(word) && !said.err.contains(word)),
            "{} {}",
            said.out,
            said.err
        );
        // Bit for bit: the series are written with all digits.
        assert_eq!(figures(&run), figures(&bare));
        assert!(content(&run.join("results/test.parquet")).contains("u-"));
        let to = format!("export-{which}");
        let line = format!("export last --runs {which} --to {to}");
        under(&place, None, &line).ok();
        assert_eq!(files_with(&place.path(&to), words), Vec::<String>::new());
    }
    // What has no name but the id keeps its title.
    assert!(content(&run_in(&place, "Users").join("manifest.ron")).contains(ITEM));
}

#[test]
fn an_export_hides_what_a_run_does_not() {
    let place = place();
    let said = under(&place, None, "train hidden.ron --runs runs").ok();
    assert!(
        said.err.contains("no row in the table of users") && said.err.contains("person-11"),
        "{}",
        said.err
    );
    for (flag, words) in [
        ("--pseudonyms", &[USER][..]),
        ("--pseudonyms=users-and-items", &[USER, ITEM, TITLE]),
    ] {
        let to = format!("to{flag}");
        under(
            &place,
            Some(KEY),
            &format!("export last --runs runs --to {to} {flag}"),
        )
        .ok();
        assert_eq!(
            files_with(&place.path(&to), &[words, &[KEY]].concat()),
            Vec::<String>::new()
        );
        let users = content(&place.path(&to).join("test.csv"));
        assert!(users.contains("u-"), "{users}");
    }
    // The same key gives the pseudonyms that an import under it gives.
    under(
        &place,
        Some(KEY),
        "train hidden.ron --runs hidden --set data.pseudonyms=Users",
    )
    .ok();
    under(&place, None, "export last --runs hidden --to again").ok();
    let [exported, imported] = ["to--pseudonyms", "again"].map(|folder| {
        let text = std::fs::read_to_string(place.path(folder).join("test.csv")).unwrap();
        text.lines()
            .map(|line| line.split(',').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    });
    // Sessions are named after the user who had them, before or after the user got another name.
    assert_eq!(exported.len(), imported.len());

    let said = under(
        &place,
        None,
        "export last --runs runs --to passing --pseudonyms",
    )
    .ok();
    assert!(
        said.err.contains("match no others; set SEQSCOPE_KEY"),
        "{}",
        said.err
    );
    under(
        &place,
        Some("short"),
        "export last --runs runs --to none --pseudonyms",
    )
    .fails(1, &["fewer than 16 letters"]);
}

#[test]
fn a_wrong_key_is_told_and_a_lost_one_too() {
    let place = place();
    let plain = EXPERIMENT.replace(", Sessions(gap_secs: 400000)", "");
    place.write("plain.ron", plain);
    place.write("key", format!("{KEY}\n"));
    under(
        &place,
        None,
        "train plain.ron --runs runs --set data.pseudonyms=Users --key-file key",
    )
    .ok();
    let by_true_id = under(
        &place,
        Some(KEY),
        "predict last --runs runs --user person-03 --json",
    )
    .ok();
    let pseudonym = by_true_id.json()["user"].as_str().unwrap().to_owned();
    assert!(
        pseudonym.starts_with("u-") && pseudonym.len() == 18 && !by_true_id.out.contains(USER),
        "{}",
        by_true_id.out
    );
    let by_pseudonym = under(
        &place,
        Some(KEY),
        &format!("predict last --runs runs --user {pseudonym} --json"),
    )
    .ok();
    assert_eq!(by_true_id.json(), by_pseudonym.json());
    let all = under(
        &place,
        Some(KEY),
        "predict last --runs runs --user person-03 --pseudonyms=users-and-items",
    )
    .ok();
    assert!(
        [USER, ITEM, TITLE]
            .iter()
            .all(|word| !all.out.contains(word)),
        "{}",
        all.out
    );

    let wrong = "replaced under another key; give that key in SEQSCOPE_KEY or --key-file";
    let other = under(
        &place,
        Some("another key for these tests"),
        "predict last --runs runs --user person-03",
    );
    assert!(!other.fails(1, &[wrong]).err.contains("another key for"));
    under(&place, None, "predict last --runs runs --user person-03").fails(1, &[wrong]);

    let said = under(
        &place,
        None,
        "train plain.ron --runs passing --set data.pseudonyms=Users",
    )
    .ok();
    assert!(
        said.err.contains("no key was given")
            || content(&run_in(&place, "passing").join("log.txt")).contains("no key")
    );
    let lost =
        "a random key that ended with the program that drew it; train anew, with a key of your own";
    under(
        &place,
        Some(KEY),
        "predict last --runs passing --user person-03",
    )
    .fails(1, &[lost]);
    under(&place, None, "runs --runs passing --key-file /no/such/key")
        .fails(1, &["`/no/such/key`", "--key-file"]);
}

#[test]
fn what_is_printed_of_a_log_hides_its_ids() {
    let place = place();
    let line = "data log.csv --titles items.csv --audit --split temporal --set \
                data.clean.steps=[Repeats()]";
    let bare = under(&place, Some(KEY), line).ok();
    assert!(
        [USER, ITEM].iter().all(|word| bare.out.contains(word)),
        "{}",
        bare.out
    );
    let hidden = under(
        &place,
        Some(KEY),
        &format!("{line} --set data.pseudonyms=UsersAndItems"),
    )
    .ok();
    assert!(
        [USER, ITEM, TITLE]
            .iter()
            .all(|word| !hidden.out.contains(word)),
        "{}",
        hidden.out
    );
    assert!(
        hidden.err.contains("titles are left out") && !hidden.err.contains(USER),
        "{}",
        hidden.err
    );
    // A column of ids that is said to be the time is not quoted either.
    let wrong = under(
        &place,
        Some(KEY),
        "data log.csv --time user --user item --item behavior --set data.pseudonyms=Users",
    );
    assert!(!wrong.fails(1, &["does not hold times"]).err.contains(USER));
    under(&place, None, "data log.csv --set data.pseudonyms=Some")
        .fails(1, &["choose one of", "UsersAndItems"]);
}

/// What stands in ids and in cells that slipped a column: marks that a sentence is made of.
const ODD: [&str; 4] = [
    "sec`ret one`, which",
    "secret (the first: `two`).",
    "secret\nthree",
    "`secret` (`…`)",
];

/// A log in which everything that is quoted of logs is odd.
fn odd_log() -> String {
    let mut text = "user,item,time,value\n".to_owned();
    for user in 1..=12 {
        for at in 0..9 {
            let odd = ODD[user % ODD.len()].replace('"', "\"\"");
            let time = 1_600_000_000 + 86_400 * at + 60 * user;
            text += &format!("\"{odd} {user}\",\"{odd} {at}\",{time},{at}\n");
        }
    }
    for odd in ODD {
        // A time that is none, a value that is none, an id in two writings and in other capitals.
        text += &format!("\"{odd} 1\",x,\"{odd}\",1\n");
        text += &format!("\"{odd} 1\",x,1600000007,\"{odd}\"\n");
        text += &format!("\"{}\",x,1600000008,1\n", odd.to_uppercase());
        text += &format!("\"{odd}\",x,1600000009,1\n");
    }
    text + "777123.0,y,1600000001,1\n777123,y,1600000002,1\n\u{200b}666123,y,1600000002,1\n"
}

/// The words of the log in a text, whatever capitals they have.
fn secrets(text: &str) -> Vec<&str> {
    let text = text.to_lowercase();
    ["ecret", "sec`ret", "777123", "666123"]
        .into_iter()
        .filter(|word| text.contains(word))
        .collect()
}

#[test]
fn nothing_that_a_log_says_is_quoted_where_ids_are_hidden() {
    let place = place();
    place.write("log.csv", odd_log());
    let mut people = "user,age\n".to_owned();
    for odd in [ODD[0], ODD[1], ODD[1]] {
        people += &format!("\"{odd} 1\",20\n");
    }
    place.write("people.csv", people);
    place.write(
        "hidden.ron",
        EXPERIMENT
            .replace("titles: (path: \"items.csv\"), ", "")
            .replace(", Sessions(gap_secs: 400000)", ""),
    );
    let bare = under(&place, Some(KEY), "train hidden.ron --runs bare").ok();
    let run = run_in(&place, "bare");
    let log = std::fs::read_to_string(run.join("log.txt")).unwrap();
    for told in [
        "could not be read and were left out",
        "have a value that is no number",
        "written in two ways",
        "capitals or blanks only",
        "marks around them",
        "no row in the table of users",
        "an id that an earlier row has",
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
    assert!(
        secrets(&log).len() == 4 && !secrets(&bare.err).is_empty(),
        "{log}"
    );

    // Hidden on the way out.
    let line = "export last --runs bare --to out --pseudonyms=users-and-items";
    under(&place, Some(KEY), line).ok();
    for path in files_under(&place.path("out")) {
        assert_eq!(secrets(&content(&path)), Vec::<&str>::new(), "{path:?}");
    }
    let log = std::fs::read_to_string(place.path("out").join("log.txt")).unwrap();
    assert!(
        log.contains("could not be read and were left out") && log.contains("epoch 1"),
        "{log}"
    );

    // Hidden from the beginning.
    place.write(
        "always.ron",
        std::fs::read_to_string(place.path("hidden.ron"))
            .unwrap()
            .replace("users: (", "pseudonyms: UsersAndItems, users: ("),
    );
    for line in [
        "data log.csv --set data.pseudonyms=UsersAndItems",
        "data log.csv --json --set data.pseudonyms=UsersAndItems",
        "data log.csv --refused refused.csv --set data.pseudonyms=UsersAndItems",
        "check always.ron",
        "train always.ron --runs hidden",
        "predict last --runs hidden --all --to lists.csv",
    ] {
        let said = under(&place, Some(KEY), line).ok();
        assert_eq!(
            secrets(&(said.out + &said.err)),
            Vec::<&str>::new(),
            "{line}"
        );
    }
    assert_eq!(
        secrets(&content(&place.path("refused.csv"))),
        Vec::<&str>::new()
    );
    for path in files_under(&run_in(&place, "hidden")) {
        assert_eq!(secrets(&content(&path)), Vec::<&str>::new(), "{path:?}");
    }
}

#[test]
fn an_error_quotes_no_log_whose_ids_are_hidden() {
    let place = Place::new();
    for odd in ODD {
        let quoted = odd.replace('\n', "\\n");
        let rows = format!("a,x,\"{odd}\"\n").repeat(3);
        place.write("times.csv", format!("user,item,time\n{rows}"));
        place.write(
            "twice.jsonl",
            format!("{{\"{quoted}\":1,\"{quoted}\":2}}\n"),
        );
        place.write(
            "lists.txt",
            format!("1 5\t{}\n", odd.replace(char::is_whitespace, "_")),
        );
        for line in [
            "data times.csv --time time --set data.time_format=Seconds",
            "data twice.jsonl",
            "data lists.txt --set data.format=Lists",
        ] {
            let bare = under(&place, Some(KEY), line);
            assert!(
                bare.code == 1 && !secrets(&bare.err).is_empty(),
                "{}",
                bare.err
            );
            let hidden = under(
                &place,
                Some(KEY),
                &format!("{line} --set data.pseudonyms=Users"),
            );
            assert_eq!(hidden.code, 1, "{line}");
            assert_eq!(secrets(&hidden.err), Vec::<&str>::new(), "{}", hidden.err);
        }
    }
}
