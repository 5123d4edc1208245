//! Experiment files: what opens, what is said about what does not, and how one setting is changed.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use seqscope::data::world::LongRangeSpec;
use seqscope::data::{
    CleanSpec, DataSource, DataSpec, Encoding, FileFormat, FileSpec, Pseudonyms, Roles, SplitSpec,
    TimeFormat, TitleSpec, WorldKind, WorldSpec,
};
use seqscope::experiment::{
    Experiment, ExperimentError, FilterSeen, TrainingSpec, VERSION, differences,
};
use seqscope::model::{LstmSpec, ModelKind, ModelSpec, TransformerSpec, VaeSpec};
use seqscope::spec::{Entry, Problem};
use strum::IntoEnumIterator as _;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All `.ron` files of a folder, in order of name.
fn files_in(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|e| e == "ron"))
        .collect();
    files.sort();
    files
}

/// The families as a sentence lists them.
fn families() -> String {
    ModelKind::iter()
        .map(|kind| kind.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn parse_error(text: &str) -> String {
    Experiment::parse(text).unwrap_err().to_string()
}

fn open_error(path: &Path) -> String {
    Experiment::open(path)
        .unwrap_err()
        .to_string()
        .replace(&path.display().to_string(), "FILE")
}

// ---- what is shipped, and what is out in the world -------------------------------------------

#[test]
fn every_shipped_experiment_opens_and_has_no_problem_but_a_missing_log() {
    let files = files_in("experiments");
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let experiment =
            Experiment::open(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut problems: Vec<_> = experiment
            .check()
            .into_iter()
            .filter(|p| !p.field.is_within("data"))
            .collect();
        // Leave-one-out carries its warning; these files show the usual protocol's figures.
        problems.retain(|p| p.is_error() || p.field != "split");
        assert_eq!(problems, [], "{}", file.display());
        assert_eq!(
            Some(experiment.name.as_str()),
            file.file_stem().and_then(|stem| stem.to_str())
        );
    }
}

#[test]
fn the_quick_start_needs_no_file() {
    let experiment = Experiment::open(&repository("experiments/quickstart.ron")).unwrap();
    assert_eq!(experiment.check(), []);
}

/// An experiment that sets only its name.
fn named(name: &str) -> Experiment {
    Experiment {
        name: name.to_owned(),
        ..Experiment::default()
    }
}

/// Meaning of the frozen `file-and-lstm.ron`.
fn shop() -> Experiment {
    let some = |text: &str| Some(text.to_owned());
    let file = FileSpec {
        path: PathBuf::from("shop.csv"),
        format: Some(FileFormat::Text),
        separator: some("::"),
        header: Some(true),
        roles: Roles {
            user: some("customer"),
            item: some("sku"),
            time: some("at"),
            behaviour: some(""),
            value: some("amount"),
            ..Roles::default()
        },
        time_format: Some(TimeFormat::Milliseconds),
        encoding: None,
        table: None,
        query: None,
        titles: Some(TitleSpec {
            path: PathBuf::from("skus.csv"),
            item: some("sku"),
            title: some("name"),
        }),
        ..FileSpec::default()
    };
    Experiment {
        data: DataSpec {
            source: DataSource::File(file),
            clean: CleanSpec {
                drop_duplicates: false,
                min_user_events: 5,
                min_item_events: 3,
                steps: Vec::new(),
            },
            ..DataSpec::default()
        },
        split: SplitSpec::GlobalTemporal {
            valid_fraction: 0.1,
            test_fraction: 0.2,
        },
        model: ModelSpec::Lstm(LstmSpec {
            d_model: 48,
            d_hidden: 96,
            seq_len: 40,
            dropout: 0.25,
            ..LstmSpec::default()
        }),
        training: TrainingSpec {
            device: "gpu:0".to_owned(),
            epochs: 12,
            batch_size: 16,
            lr: 0.01,
            warmup_steps: 7,
            weight_decay: 0.02,
            beta1: 0.8,
            beta2: 0.99,
            epsilon: 0.0001,
            clip_norm: 1.5,
            patience: 3,
            ..TrainingSpec::default()
        },
        evaluation: seqscope::experiment::EvaluationSpec {
            filter_seen: false.into(),
            ..Default::default()
        },
        seed: 42,
        ..named("shop")
    }
}

#[test]
fn old_files_keep_opening_with_the_same_meaning() {
    let folder = "tests/data/experiments/v1";
    let open = |name: &str| Experiment::open(&repository(folder).join(name)).unwrap();
    let world = WorldSpec::default().with(|world| {
        world.n_users = 50;
        world.n_items = 20;
        world.mean_len = 12;
        world.follow = 0.5;
        world.seed = 3;
    });
    let vae = VaeSpec {
        d_hidden: 32,
        d_latent: 8,
        dropout: 0.4,
        beta: 0.1,
        anneal: 0.3,
        recency: 0.9,
        ..VaeSpec::default()
    };
    let with_vae = Experiment {
        data: DataSpec {
            source: DataSource::World(world),
            clean: CleanSpec::default(),
            ..DataSpec::default()
        },
        model: ModelSpec::Vae(vae),
        training: TrainingSpec {
            epochs: 2,
            ..TrainingSpec::default()
        },
        ..named("world")
    };
    let transformer = TransformerSpec {
        d_model: 24,
        n_layers: 3,
        n_heads: 4,
        d_ff: 48,
        seq_len: 25,
        dropout: 0.15,
        ..TransformerSpec::default()
    };
    assert_eq!(open("shortest.ron"), named("shortest"));
    assert_eq!(open("file-and-lstm.ron"), shop());
    assert_eq!(open("world-and-vae.ron"), with_vae);
    assert_eq!(
        open("transformer.ron"),
        Experiment {
            model: ModelSpec::Transformer(transformer),
            ..named("attention")
        }
    );
    assert_eq!(
        files_in(folder).len(),
        4,
        "assert the meaning of every frozen file here"
    );
}

/// Files that leave most unsaid, by the name under which their whole meaning is frozen: those of the
/// folder, and the shortest of every family and of every world.
fn short_files() -> Vec<(String, Experiment)> {
    let named = |path: PathBuf| {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (stem, Experiment::open(&path).unwrap())
    };
    let parsed = |name: String, text: String| (name, Experiment::parse(&text).unwrap());
    let families = ModelKind::iter().map(|kind| {
        let text = format!("(version: 1, name: \"short\", model: {kind}())");
        parsed(format!("family-{kind}"), text)
    });
    let worlds = WorldKind::iter().map(|kind| {
        let text = format!("(version: 1, name: \"short\", data: (source: World(kind: {kind})))");
        parsed(format!("world-{kind}"), text)
    });
    let files = files_in("tests/data/experiments/v1").into_iter().map(named);
    files.chain(families).chain(worlds).collect()
}

/// What a short file leaves unsaid is a default; one that changed later would change the meaning of
/// every such file and run. So the whole of each is frozen beside it. (`SEQSCOPE_FREEZE=1` writes those
/// that are not there yet.)
#[test]
fn a_default_that_changed_would_be_noticed() {
    let whole = repository("tests/data/experiments/v1/whole");
    let mut missing = Vec::new();
    for (name, experiment) in short_files() {
        let path = whole.join(format!("{name}.ron"));
        if path.exists() {
            let frozen = Experiment::open(&path).unwrap();
            assert_eq!(experiment, frozen, "{name}: a default has changed");
        } else if std::env::var_os("SEQSCOPE_FREEZE").is_some() {
            std::fs::write(&path, experiment.to_text().unwrap()).unwrap();
        } else {
            missing.push(name);
        }
    }
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "freeze their whole meaning too"
    );
}

// ---- writing ---------------------------------------------------------------------------------

#[test]
fn the_whole_experiment_is_written_version_first() {
    let text = Experiment::default().to_text().unwrap();
    assert!(
        text.starts_with("(\n    version: 1,\n    name: \"experiment\",\n"),
        "{text}"
    );
    for setting in [
        "d_model: 64",
        "lr: 0.001",
        "filter_seen: auto",
        "split: LeaveOneOut",
        "seed: 0",
        "n_users: 600",
    ] {
        assert!(text.contains(setting), "{setting} is missing in\n{text}");
    }
    assert_eq!(Experiment::parse(&text).unwrap(), Experiment::default());
}

fn sources(text: &'static str) -> impl Strategy<Value = DataSource> {
    let word = prop::option::of(text);
    let file = (
        text,
        prop::option::of(any::<bool>()),
        word.clone(),
        word.clone(),
        word,
    )
        .prop_map(|(path, header, separator, user, title)| FileSpec {
            path: PathBuf::from(path),
            header,
            time_format: header.map(|has| match (has, &separator) {
                (true, Some(text)) => TimeFormat::Pattern(format!("%d {text}")),
                _ => TimeFormat::Date,
            }),
            separator,
            roles: Roles {
                user,
                ..Roles::default()
            },
            titles: title.map(|title| TitleSpec {
                title: Some(title),
                ..TitleSpec::default()
            }),
            ..FileSpec::default()
        });
    let world = (1..1000_usize, 0.0..1.0).prop_map(|(n_users, follow)| {
        WorldSpec::default().with(|world| {
            world.n_users = n_users;
            world.follow = follow;
        })
    });
    prop_oneof![
        file.prop_map(DataSource::File),
        world.prop_map(DataSource::World)
    ]
}

fn splits() -> impl Strategy<Value = SplitSpec> {
    let share = 0.0..0.5;
    (0..4, share.clone(), share, 1..9_usize).prop_map(
        |(kind, valid_fraction, test_fraction, window)| match kind {
            0 => SplitSpec::LeaveOneOut,
            1 => SplitSpec::GlobalTemporal {
                valid_fraction,
                test_fraction,
            },
            2 => SplitSpec::PerUserTemporal {
                valid_fraction,
                test_fraction,
            },
            _ => SplitSpec::RollingWindows {
                n_windows: 9,
                window,
                horizon_fraction: valid_fraction,
            },
        },
    )
}

fn models(number: impl Strategy<Value = f64>) -> impl Strategy<Value = ModelSpec> {
    (0..3, any::<u32>(), number).prop_map(|(family, width, dropout)| {
        let d_model = width as usize;
        match family {
            0 => ModelSpec::Transformer(TransformerSpec {
                d_model,
                dropout,
                ..TransformerSpec::default()
            }),
            1 => ModelSpec::Lstm(LstmSpec {
                d_model,
                dropout,
                ..LstmSpec::default()
            }),
            _ => ModelSpec::Vae(VaeSpec {
                d_hidden: d_model,
                beta: dropout,
                ..VaeSpec::default()
            }),
        }
    })
}

fn experiments() -> impl Strategy<Value = Experiment> {
    let text = "[ -~äπ漢\\\\\"\t]{0,12}";
    let number = prop::num::f64::POSITIVE | prop::num::f64::NEGATIVE | prop::num::f64::ZERO;
    let filter_seen = prop::sample::select(vec![FilterSeen::Auto, FilterSeen::On, FilterSeen::Off]);
    (
        text,
        sources(text),
        splits(),
        models(number),
        number,
        any::<u64>(),
        filter_seen,
    )
        .prop_map(
            |(name, source, split, model, lr, seed, filter_seen)| Experiment {
                name,
                data: DataSpec {
                    source,
                    clean: CleanSpec::default(),
                    ..DataSpec::default()
                },
                split,
                model,
                training: TrainingSpec {
                    lr,
                    ..TrainingSpec::default()
                },
                evaluation: seqscope::experiment::EvaluationSpec {
                    filter_seen,
                    ..Default::default()
                },
                seed,
                ..Experiment::default()
            },
        )
}

#[test]
fn columns_tables_and_features_are_written_only_where_they_are_said() {
    let set = |settings: &[(&str, &str)]| {
        let mut experiment = Experiment::default();
        for (path, text) in settings {
            experiment.set(path, text).unwrap();
        }
        experiment
    };
    let bare = set(&[("data.path", "log.csv")]).to_text().unwrap();
    for word in [
        "features: [",
        "free",
        "items",
        "users:",
        "session",
        "latitude",
    ] {
        assert!(!bare.contains(word), "{word} in {bare}");
    }
    let whole = set(&[
        ("data.path", "log.csv"),
        ("data.roles.latitude", "lat"),
        ("data.free_features", "price:numeric, emb_*"),
        ("data.items.path", "items.csv"),
        (
            "data.items.columns",
            "[(column: \"brand\", kind: Category), (column: \"a, b\")]",
        ),
        ("data.users.path", "users.csv"),
        ("data.users.key", "id"),
        (
            "data.features",
            "[Gap(), Behaviour(), HashedText(column: \"note\", buckets: 8)]",
        ),
        ("data.features[0].log1p", "false"),
    ]);
    let text = whole.to_text().unwrap();
    assert_eq!(Experiment::parse(&text).unwrap(), whole, "{text}");
    let DataSource::File(file) = &whole.data.source else {
        panic!()
    };
    assert_eq!(
        (
            file.free_features.len(),
            file.items.as_ref().unwrap().columns.len()
        ),
        (2, 2)
    );
    assert_eq!(whole.data.features.len(), 3);
    let mut again = whole.clone();
    again.set("data.free_features", "auto").unwrap();
    again.set("data.users.key", "auto").unwrap();
    let DataSource::File(file) = &again.data.source else {
        panic!()
    };
    assert!(file.free_features.is_empty() && file.users.as_ref().unwrap().key.is_none());
    let mut world = Experiment::default();
    let refused = world
        .set("data.items.path", "items.csv")
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("needs a file; set `data.path` first"),
        "{refused}"
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(experiment in experiments()) {
        let text = experiment.to_text().unwrap();
        prop_assert_eq!(Experiment::parse(&text).unwrap(), experiment, "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[(){}\\[\\]:,\"a-z0-9 .\n/*#!-]{0,60}") {
        let _ = Experiment::parse(&text);
        let _ = Experiment::parse(&format!("(version: 1, name: \"x\", {text}"));
    }

    #[test]
    fn a_damaged_file_never_panics(at in 0..2000_usize, with in any::<char>()) {
        let whole = Experiment::default().to_text().unwrap();
        let mut letters: Vec<char> = whole.chars().collect();
        if let Some(letter) = letters.get_mut(at) {
            *letter = with;
        }
        let _ = Experiment::parse(&letters.into_iter().collect::<String>());
        let _ = Experiment::parse(&whole.chars().take(at).collect::<String>());
    }

    #[test]
    fn setting_never_panics(path in "[a-z_.]{0,20}", text in "\\PC{0,10}") {
        let _ = Experiment::default().set(&path, &text);
        let _ = Experiment::default().set(&format!("data.{path}"), &text);
    }
}

#[test]
fn opening_never_rewrites_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.ron");
    let text = "// my note\n(version: 1, name: \"mine\") // and another\n";
    std::fs::write(&path, text).unwrap();
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    Experiment::open(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(
        std::fs::metadata(&path).unwrap().modified().unwrap(),
        before
    );
}

// ---- what does not open ----------------------------------------------------------------------

#[test]
fn a_slip_of_the_finger_is_found_with_line_and_cure() {
    let text = "(\n    version: 1,\n    name: \"x\",\n    model: Transformer(\n        d_model: \
                64,\n        droput: 0.1,\n    ),\n)";
    assert_eq!(
        parse_error(text),
        "line 6: `droput` is not a setting of Transformer. Did you mean `dropout`?"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn each_mistake_is_one_sentence() {
    let cases = [
        (
            "(version: 1, name: \"x\", modell: Lstm())",
            "line 1: `modell` is not a setting of an experiment. Did you mean `model`?",
        ),
        (
            "(version: 1,\nname: \"x\",\nlr: 0.1)",
            "line 3: `lr` is not a setting of an experiment. It belongs to `training.lr`.",
        ),
        (
            "(version: 1, name: \"x\", evaluation: (cats: 3))",
            "line 1: `cats` is not a setting of `evaluation`. Choose one of filter_seen, \
             candidates, candidates_seed, ease_memory.",
        ),
        (
            "(version: 1, name: \"x\", model: Lstm(n_heads: 2))",
            "line 1: `n_heads` is not a setting of Lstm, Gru or Rnn. Choose one of d_model, \
             d_hidden, n_layers, taper, seq_len, dropout, recurrent_dropout, output, attention, \
             tied, features.",
        ),
        (
            "(version: 1, name: \"x\", data: (source: File(paht: \"a\")))",
            "line 1: `paht` is not a setting of File. Did you mean `path`?",
        ),
        (
            "(version: 1, name: \"x\", data: (source: World(n_user: 3)))",
            "line 1: `n_user` is not a setting of World. Did you mean `n_users`?",
        ),
        (
            "(version: 1, name: \"x\",\nmodel: Transfomer())",
            "line 2: `Transfomer` is not known here; write one of FAMILIES. Did you mean \
             `Transformer`?",
        ),
        (
            "(version: 1, name: \"x\", split: LeaveTwoOut)",
            "line 1: `LeaveTwoOut` is not known here; write one of LeaveOneOut, GlobalTemporal, \
             AtDates, OwnFiles, PerUserTemporal, RollingWindows. Did you mean `LeaveOneOut`?",
        ),
        (
            "(name: \"x\")",
            "line 1: `version` is missing; add `version: 1` at the top of the file",
        ),
        (
            "(version: 1)",
            "line 1: `name` is missing; add `name: \"my-experiment\"` at the top of the file",
        ),
        (
            "(version: 1, name: \"x\", data: (source: File()))",
            "line 1: `path` is missing; add `path: \"my-log.csv\"` within these brackets",
        ),
        (
            "(version: 0, name: \"x\")",
            "line 1: there is no version 0; write `version: 1`",
        ),
        (
            "(version: 1, name: \"x\", seed: 1,\nseed: 2)",
            "line 2: `seed` is written twice; keep one of the two",
        ),
        (
            "(version: 1, name: \"x\",\nmodel: Lstm(d_model: \"64\"))",
            "line 2: `d_model` takes a whole number of at least 0, without quotes, such as 64",
        ),
        (
            "(version: 1, name: \"x\", training: (epochs: -3))",
            "line 1: `epochs` takes a whole number of at least 0, without quotes, such as 64",
        ),
        (
            "(version: 1, name: \"x\", training: (epochs: 2.5))",
            "line 1: `epochs` takes a whole number of at least 0, without quotes, such as 64",
        ),
        (
            "(version: 1, name: \"x\", seed: 99999999999999999999999999)",
            "line 1: `seed` takes a whole number of at least 0, without quotes, such as 64",
        ),
        (
            "(version: 1, name: \"x\", training: (lr: \"high\"))",
            "line 1: `lr` takes a number, without quotes, such as 0.001",
        ),
        (
            "(version: 1, name: \"x\", evaluation: (filter_seen: yes))",
            "line 1: `yes` is not known here; write one of auto, true, false",
        ),
        (
            "(version: 1, name: x)",
            "line 1: `name` takes a text in double quotes",
        ),
        (
            "(version: 1, name: \"x\", data: (source: File((path: \"a.csv\"))))",
            "line 1: `source` takes one of World(..) and File(..), with its settings in one pair \
             of round brackets",
        ),
        (
            "(version: 1, name: \"x\", model: \"Lstm\")",
            "line 1: `model` takes one of Transformer(..), Bert4Rec(..), EncoderDecoder(..), \
             Lstm(..), Gru(..), Rnn(..), Vae(..), Autoencoder(..) and SequentialVae(..), with its \
             settings in one pair of round brackets",
        ),
        (
            "(version: 1, name: \"x\", training: 3)",
            "line 1: `training` takes settings in round brackets, such as `training: (..)`; see \
             `experiments/quickstart.ron`",
        ),
        (
            "(version: 1, name: \"x\"",
            "line 1: a comma, a colon or a closing `)` is missing before this place; add it",
        ),
        (
            "(version: 1\nname: \"x\")",
            "line 2: a comma, a colon or a closing `)` is missing before this place; add it",
        ),
        (
            "(version: 1, name: \"x)\n",
            "line 1: a text does not end: its closing quote `\"` is missing; add it",
        ),
        (
            "(version: 1, name: \"x\")\n)",
            "line 2: there is text after the last `)`; delete it",
        ),
        (
            "user,item,time\n1,2,3\n",
            "line 1: this is not an experiment file: one begins with `(` and `version: 1`; see \
             `experiments/quickstart.ron`",
        ),
        (
            "{\"version\": 1}",
            "line 1: this is not an experiment file: one begins with `(` and `version: 1`; see \
             `experiments/quickstart.ron`",
        ),
        (
            "",
            "line 1: the file is empty; copy `experiments/quickstart.ron` to start from",
        ),
        (
            " \n// nothing yet\n",
            "line 1: the file is empty; copy `experiments/quickstart.ron` to start from",
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, wanted)| {
            (
                text,
                wanted.replace("FAMILIES", &families()),
                parse_error(text),
            )
        })
        .filter(|(_, wanted, got)| got != wanted)
        .map(|(text, wanted, got)| format!("{text}\n  wanted {wanted}\n  got    {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_newer_file_is_refused_by_its_version_whatever_else_it_holds() {
    let cure = "this file has version 2, this program knows up to 1: open it with a newer Seqscope";
    assert_eq!(parse_error("(version: 2, name: \"x\")"), cure);
    assert_eq!(
        parse_error("(version: 2, tasks: [Rank(k: 3), \"new\"], model: Hyena(width: 3))"),
        cure
    );
    assert_eq!(
        parse_error("(name: \"x\", brand_new: {1: 2}, version: 2)"),
        cure,
        "the version may stand last"
    );
    assert_eq!(parse_error("(version: 2, <<< not even RON"), cure);
    let error = Experiment::parse("(version: 2)").unwrap_err();
    assert!(matches!(
        error,
        ExperimentError::Newer {
            found: 2,
            known: VERSION
        }
    ));
}

#[test]
fn what_cannot_be_read_says_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    assert_eq!(
        open_error(folder.path()),
        "cannot read `FILE`: it is a folder; name an experiment file (.ron) in it"
    );
    let text = "cannot read `FILE`: it is not text (UTF-8); name an experiment file (.ron)";
    assert_eq!(
        open_error(&write("weights.ron", b"\x89PNG\r\n\x1a\n\xff\xfe")),
        text
    );
    assert_eq!(
        open_error(&write("nul.ron", b"(version: 1, name: \"a\0b\")")),
        text
    );
    assert_eq!(
        open_error(&write("big.ron", &vec![b' '; 10 << 20])),
        "cannot read `FILE`: it is larger than 1 MiB, and an experiment file has a few lines; name \
         an experiment file (.ron), and the log in its `data`"
    );
    #[cfg(unix)]
    assert!(
        open_error(Path::new("/dev/zero")).contains("larger than 1 MiB"),
        "a file without an end"
    );
    assert_eq!(
        open_error(&write("empty.ron", b"")),
        "line 1: the file is empty; copy `experiments/quickstart.ron` to start from"
    );
    assert_eq!(
        open_error(&folder.path().join("nothing-like-it.txt")),
        "cannot read `FILE`: there is no such file; check the name and the folder, or write an \
         experiment file from the window (Model, Save)"
    );
    let near = folder.path().join("weihgts.ron");
    let wanted = folder.path().join("weights.ron").display().to_string();
    assert_eq!(
        open_error(&near),
        format!("cannot read `FILE`: there is no such file; did you mean `{wanted}`?")
    );
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_refused_with_the_cure() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.ron");
    std::fs::write(&path, "(version: 1, name: \"x\")").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything; then there is nothing to refuse.
    if std::fs::read(&path).is_err() {
        let sentence = "cannot read `FILE`: you may not read it; ask its owner, or change its \
                        permissions (`chmod u+r`)";
        assert_eq!(open_error(&path), sentence);
    }
}

// ---- one setting -----------------------------------------------------------------------------

fn set(path: &str, text: &str) -> Experiment {
    let mut experiment = Experiment::default();
    experiment
        .set(path, text)
        .unwrap_or_else(|error| panic!("{path}={text}: {error}"));
    experiment
}

fn set_error(experiment: &Experiment, path: &str, text: &str) -> String {
    let mut changed = experiment.clone();
    let error = changed.set(path, text).unwrap_err();
    assert_eq!(
        &changed, experiment,
        "a setting that was refused changed something: {path}"
    );
    assert!(
        matches!(&error, ExperimentError::Set { field, .. } if field == path),
        "{error:?}"
    );
    error.to_string()
}

#[test]
fn any_setting_can_be_set_by_its_path() {
    assert_eq!(set("name", "mine").name, "mine");
    assert_eq!(set("seed", "3").seed, 3);
    assert!((set("training.lr", "1e-2").training.lr - 0.01).abs() < 1e-15);
    assert_eq!(set("training.device", "cpu").training.device, "cpu");
    assert!((set("training.augment.crop", "0.5").training.augment.crop - 0.5).abs() < 1e-15);
    assert!((set("training.l1", "0.1").training.l1 - 0.1).abs() < 1e-15);
    for (text, wanted) in [
        ("false", FilterSeen::Off),
        ("off", FilterSeen::Off),
        ("true", FilterSeen::On),
        ("yes", FilterSeen::On),
        ("auto", FilterSeen::Auto),
    ] {
        assert_eq!(
            set("evaluation.filter_seen", text).evaluation.filter_seen,
            wanted
        );
    }
    assert_eq!(
        set("data.clean.min_user_events", "5")
            .data
            .clean
            .min_user_events,
        5
    );
    let ModelSpec::Transformer(spec) = set("model.d_model", "32").model else {
        panic!()
    };
    assert_eq!(spec.d_model, 32);
    for path in ["data.n_users", "data.source.n_users"] {
        let DataSource::World(world) = set(path, "77").data.source else {
            panic!()
        };
        assert_eq!(world.shared().n_users, 77);
    }
}

#[test]
fn another_world_starts_from_its_defaults_and_the_same_one_keeps_its_settings() {
    let mut experiment = set("data.source.kind", "LongRange");
    assert_eq!(
        experiment.data.source,
        DataSource::World(WorldSpec::of_kind(WorldKind::LongRange))
    );
    experiment.set("data.source.lag", "8").unwrap();
    experiment.set("data.kind", "LongRange").unwrap();
    let wanted = WorldSpec::LongRange(LongRangeSpec {
        lag: 8,
        ..LongRangeSpec::default()
    });
    assert_eq!(experiment.data.source, DataSource::World(wanted));
    // As in a file, and back through one.
    let text = "(version: 1, name: \"x\", data: (source: World(kind: LongRange, lag: 8)))";
    let read = Experiment::parse(text).unwrap();
    assert_eq!(read.data, experiment.data);
    let written = read.to_text().unwrap();
    assert!(
        written.contains("lag: 8") && !written.contains("delay") && !written.contains("Some"),
        "{written}"
    );
    assert_eq!(Experiment::parse(&written).unwrap(), read);
}

#[test]
fn a_setting_of_another_world_is_told() {
    let told = |world: &str| {
        let text = format!("(version: 1, name: \"x\", data: (source: World({world})))");
        let problems = Experiment::parse(&text).unwrap().check();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        (
            problems[0].field.clone(),
            problems[0].sentence(),
            problems[0].is_error(),
        )
    };
    let (field, sentence, is_error) = told("lag: 9");
    assert!(
        field == "data.lag" && is_error && sentence.contains("belongs to the world LongRange"),
        "{sentence}"
    );
    assert!(
        parse_error("(version: 1, name: \"x\", data: (source: World(kind: LongRnge)))")
            .ends_with("Did you mean `LongRange`?")
    );
}

#[test]
fn another_family_starts_from_its_defaults_and_the_same_one_keeps_its_settings() {
    let mut experiment = set("model.d_model", "32");
    experiment.set("model", "Transformer").unwrap();
    assert_eq!(experiment.model, set("model.d_model", "32").model);
    for name in ["Lstm", "LSTM", "lstm"] {
        assert_eq!(
            set("model", name).model,
            ModelSpec::Lstm(LstmSpec::default()),
            "{name}"
        );
    }
    assert_eq!(
        set("model", "Mult-VAE").model,
        ModelSpec::Vae(VaeSpec::default())
    );
}

#[test]
fn a_split_can_be_set_whole_or_in_part() {
    let shares = |valid_fraction, test_fraction| SplitSpec::GlobalTemporal {
        valid_fraction,
        test_fraction,
    };
    let mut experiment = set("split", "GlobalTemporal");
    assert_eq!(experiment.split, shares(0.1, 0.1));
    experiment.set("split.test_fraction", "0.25").unwrap();
    assert_eq!(experiment.split, shares(0.1, 0.25));
    experiment.set("split", "LeaveOneOut").unwrap();
    assert_eq!(experiment.split, SplitSpec::LeaveOneOut);
    assert_eq!(
        set(
            "split",
            "GlobalTemporal(valid_fraction: 0.2, test_fraction: 0.3)"
        )
        .split,
        shares(0.2, 0.3)
    );
    experiment.set("split", "PerUserTemporal").unwrap();
    experiment.set("split.valid_fraction", "0.2").unwrap();
    let per_user = SplitSpec::PerUserTemporal {
        valid_fraction: 0.2,
        test_fraction: 0.1,
    };
    assert_eq!(experiment.split, per_user);
    experiment.set("split", "PerUserTemporal").unwrap();
    assert_eq!(
        experiment.split, per_user,
        "the same one keeps what it is set to"
    );
    experiment.set("split", "RollingWindows").unwrap();
    experiment.set("split.window", "2").unwrap();
    let window = |window| SplitSpec::RollingWindows {
        n_windows: 3,
        window,
        horizon_fraction: 0.1,
    };
    assert_eq!(experiment.split, window(2));
    let text = experiment.to_text().unwrap();
    assert_eq!(Experiment::parse(&text).unwrap().split, window(2), "{text}");
    let one = experiment.clone();
    experiment.set("split.window", "3").unwrap();
    let differ = differences(&[&one, &experiment]);
    assert_eq!(
        differ.iter().map(|d| d.field.as_str()).collect::<Vec<_>>(),
        ["split.window"]
    );
}

#[test]
fn a_split_can_be_cut_at_named_dates() {
    let file =
        |split: &str| Experiment::parse(&format!("(version: 1, name: \"x\", split: {split})"));
    let named =
        file("AtDates(validation_from: \"2024-02-01\", test_from: \"2024-03-01T12:00:00Z\")")
            .unwrap();
    assert!(
        !named
            .check()
            .iter()
            .any(|problem| problem.is_error() && problem.field.is_within("split"))
    );
    assert_eq!(Experiment::parse(&named.to_text().unwrap()).unwrap(), named);
    let mut experiment = set("split", "AtDates");
    experiment
        .set("split.validation_from", "2024-02-01")
        .unwrap();
    experiment
        .set("split.test_from", "2024-03-01T12:00:00Z")
        .unwrap();
    assert_eq!(experiment.split, named.split);
    let told = |from: &str, test: &str| -> Vec<(String, String)> {
        let mut experiment = experiment.clone();
        experiment.set("split.validation_from", from).unwrap();
        experiment.set("split.test_from", test).unwrap();
        let errors = experiment
            .check()
            .into_iter()
            .filter(|p| p.is_error() && p.field.is_within("split"));
        errors
            .map(|problem| (problem.field.to_string(), problem.sentence()))
            .collect()
    };
    for (from, test, field, words) in [
        (
            "2024-03-01",
            "2024-02-01",
            "split.test_from",
            "is not after `split.validation_from` (2024-03-01)",
        ),
        (
            "2024-03-01",
            "2024-03-01",
            "split.test_from",
            "name a later moment",
        ),
        (
            "someday",
            "2024-03-01",
            "split.validation_from",
            "`someday` is no moment; write a date such as",
        ),
        (
            "2024-02-01",
            "2024-02-31",
            "split.test_from",
            "`2024-02-31` is no moment",
        ),
        (
            "2024-02-01",
            "1/3/2024",
            "split.test_from",
            "the year first",
        ),
        (
            "2024-02-01T00:00:00.5Z",
            "2024-03-01",
            "split.validation_from",
            "no whole second",
        ),
    ] {
        let problems = told(from, test);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].0 == field && problems[0].1.contains(words),
            "{problems:?}"
        );
    }
    // Without quotes it is no text.
    let sentence = file("AtDates(validation_from: 2024-02-01)")
        .unwrap_err()
        .to_string();
    assert!(
        sentence.contains("`validation_from` takes a text in double quotes"),
        "{sentence}"
    );
    let other = Experiment::default()
        .set("split.test_from", "2024-03-01")
        .unwrap_err()
        .to_string();
    assert!(
        other.contains("`split.test_from` needs the split AtDates"),
        "{other}"
    );
}

#[test]
fn every_bad_setting_of_a_split_is_told_at_its_field() {
    let told = |split| -> Vec<(String, String)> {
        let experiment = Experiment {
            split,
            ..Experiment::default()
        };
        let errors = experiment.check().into_iter().filter(Problem::is_error);
        errors
            .map(|problem| (problem.field.to_string(), problem.sentence()))
            .collect()
    };
    let window = |n_windows, window, horizon_fraction| SplitSpec::RollingWindows {
        n_windows,
        window,
        horizon_fraction,
    };
    let share = |field: &str, share: &str| {
        (
            format!("split.{field}"),
            format!("`split.{field}` is {share}; choose a share between 0 and 0.5."),
        )
    };
    for good in SplitSpec::all() {
        // Dates and files are the person's to name: without any the split is not whole yet.
        let expected: &[(&str, &str)] = match good {
            SplitSpec::AtDates { .. } => &[
                ("split.validation_from", "2024-02-01"),
                ("split.test_from", "2024-02-01"),
            ],
            SplitSpec::OwnFiles => &[("split", "name it in `data.test_path`")],
            _ => &[],
        };
        let problems = told(good);
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, (field, cure)) in problems.iter().zip(expected) {
            assert!(
                problem.0 == *field && problem.1.contains(cure),
                "{problem:?}"
            );
        }
        // What is left out has its first value.
        let brackets = if matches!(good, SplitSpec::LeaveOneOut | SplitSpec::OwnFiles) {
            ""
        } else {
            "()"
        };
        let text = format!(
            "(version: 1, name: \"x\", split: {}{brackets})",
            good.name()
        );
        assert_eq!(Experiment::parse(&text).unwrap().split, good);
    }
    assert_eq!(
        told(SplitSpec::PerUserTemporal {
            valid_fraction: -0.1,
            test_fraction: 0.5
        }),
        [
            share("valid_fraction", "-0.1"),
            share("test_fraction", "0.5")
        ]
    );
    assert_eq!(
        told(window(3, 3, f64::INFINITY)),
        [share("horizon_fraction", "inf")]
    );
    let number = |field: &str, sentence: &str| [(format!("split.{field}"), sentence.to_owned())];
    assert_eq!(
        told(window(0, 1, 0.1)),
        number(
            "n_windows",
            "`split.n_windows` is 0; choose a whole number from 1 to 100."
        )
    );
    assert_eq!(
        told(window(usize::MAX, 1, 0.1)),
        number(
            "n_windows",
            "`split.n_windows` is 18446744073709551615; choose a whole number from 1 to 100."
        )
    );
    for wrong in [0, 4] {
        let sentence = format!("`split.window` is {wrong}; choose one of the windows 1 to 3.");
        assert_eq!(told(window(3, wrong, 0.1)), number("window", &sentence));
    }
    assert_eq!(
        told(window(9, 9, 0.1)),
        number(
            "horizon_fraction",
            "9 windows of 0.1 and the validation part before them leave nothing to train on; make \
             `split.horizon_fraction` smaller than 0.100, or choose fewer windows."
        )
    );
}

#[test]
fn leave_one_out_of_a_log_carries_its_warning() {
    let warned = |change: &[(&str, &str)]| {
        let mut experiment = set("data.path", "log.csv");
        for (path, text) in change {
            experiment.set(path, text).unwrap();
        }
        experiment
            .check()
            .iter()
            .any(|problem| problem.field == "split" && !problem.is_error())
    };
    assert!(warned(&[]) && warned(&[("split", "PerUserTemporal")]));
    assert!(!warned(&[("split", "GlobalTemporal")]) && !warned(&[("split", "RollingWindows")]));
    assert!(
        !warned(&[("data.roles.time", "")]),
        "without times there is no other way"
    );
}

#[test]
fn naming_a_file_takes_the_place_of_the_world() {
    let mut experiment = set("data.path", "a.csv");
    for (path, text) in [
        ("data.separator", "\\t"),
        ("data.header", "false"),
        ("data.format", "text"),
        ("data.encoding", "GB18030"),
        ("data.table", "events"),
        ("data.query", "SELECT 1"),
        ("data.query", "auto"),
        ("data.time_format", "Seconds"),
        ("data.roles.user", "who"),
        ("data.roles.behaviour", ""),
        ("data.titles.path", "items.csv"),
        ("data.titles.item", "sku"),
        ("data.titles.title", "label"),
        ("data.pseudonyms", "UsersAndItems"),
    ] {
        experiment
            .set(path, text)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let DataSource::File(file) = &experiment.data.source else {
        panic!()
    };
    let roles = Roles {
        user: Some("who".to_owned()),
        behaviour: Some(String::new()),
        ..Roles::default()
    };
    let wanted = FileSpec {
        path: PathBuf::from("a.csv"),
        separator: Some("\t".to_owned()),
        header: Some(false),
        format: Some(FileFormat::Text),
        encoding: Some(Encoding::Gb18030),
        table: Some("events".to_owned()),
        query: None,
        time_format: Some(TimeFormat::Seconds),
        roles,
        titles: Some(TitleSpec {
            path: PathBuf::from("items.csv"),
            item: Some("sku".to_owned()),
            title: Some("label".to_owned()),
        }),
        pseudonyms: Pseudonyms::UsersAndItems,
        ..FileSpec::default()
    };
    assert_eq!(file, &wanted);
    experiment.set("data.titles.item", "auto").unwrap();
    let DataSource::File(file) = &experiment.data.source else {
        panic!()
    };
    assert_eq!(
        file.titles.as_ref().map(|titles| &titles.item),
        Some(&None),
        "guessed again"
    );
    experiment.set("data.path", "b.csv").unwrap();
    experiment.set("data.roles.user", "auto").unwrap();
    let DataSource::File(file) = &experiment.data.source else {
        panic!()
    };
    assert_eq!(
        (&file.path, &file.roles.user, file.header),
        (&PathBuf::from("b.csv"), &None, Some(false))
    );
    experiment.set("data.source", "World").unwrap();
    assert_eq!(experiment.data.source, DataSource::default());
}

#[test]
fn a_pattern_of_times_is_written_as_text() {
    let mut experiment = set("data.path", "a.csv");
    let pattern = TimeFormat::Pattern("%d/%b/%Y:%H:%M:%S %z".to_owned());
    for text in ["%d/%b/%Y:%H:%M:%S %z", "Pattern(\"%d/%b/%Y:%H:%M:%S %z\")"] {
        experiment.set("data.time_format", text).unwrap();
        let DataSource::File(file) = &experiment.data.source else {
            panic!()
        };
        assert_eq!(file.time_format, Some(pattern.clone()), "{text}");
    }
    let text = experiment.to_text().unwrap();
    assert!(text.contains("Pattern(\"%d/%b/%Y:%H:%M:%S %z\")"), "{text}");
    assert_eq!(Experiment::parse(&text).unwrap(), experiment);
    for (text, format) in [
        ("day-first", TimeFormat::DayFirst),
        ("spreadsheetdays", TimeFormat::SpreadsheetDays),
    ] {
        experiment.set("data.time_format", text).unwrap();
        let DataSource::File(file) = &experiment.data.source else {
            panic!()
        };
        assert_eq!(file.time_format, Some(format), "{text}");
    }
    let sentence = experiment
        .set("data.time_format", "Secnds")
        .unwrap_err()
        .to_string();
    assert!(
        sentence
            .contains("Did you mean `Seconds`? Or write a pattern such as `%d/%m/%Y %H:%M:%S`."),
        "{sentence}"
    );
    // A pattern that reads no date is told before any file is opened.
    experiment.set("data.time_format", "%H:%M").unwrap();
    let problems = experiment.check_settings();
    let problem = problems
        .iter()
        .find(|problem| problem.field == "data.time_format")
        .unwrap();
    assert!(
        problem.is_error()
            && problem
                .sentence()
                .contains("the pattern `%H:%M` in `data.time_format` tells no date")
    );
    experiment.set("data.time_format", "auto").unwrap();
    assert!(
        experiment
            .check_settings()
            .iter()
            .all(|problem| problem.field != "data.time_format")
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn a_setting_that_cannot_be_set_says_what_to_do() {
    let plain = Experiment::default();
    let lstm = set("model", "Lstm");
    let file = set("data.path", "a.csv");
    let cases = [
        (
            &plain,
            "model.d_modle",
            "3",
            "`model.d_modle` is not a setting here; did you mean `model.d_model`?",
        ),
        (
            &plain,
            "training.augment.corp",
            "1",
            "`training.augment.corp` is not a setting here; did you mean `training.augment.crop`?",
        ),
        (
            &plain,
            "crop",
            "1",
            "`crop` is not a setting; did you mean `training.augment.crop`?",
        ),
        (
            &plain,
            "trainning.lr",
            "3",
            "`trainning.lr` is not a setting; did you mean `training.lr`?",
        ),
        (
            &plain,
            "lr",
            "3",
            "`lr` is not a setting; did you mean `training.lr`?",
        ),
        (
            &plain,
            "model.lr",
            "3",
            "`model.lr` is not a setting here; did you mean `training.lr`?",
        ),
        (
            &lstm,
            "model.n_heads",
            "2",
            "`model.n_heads` is not a setting here; choose one of model.{d_model, d_hidden, \
             n_layers, taper, seq_len, dropout, recurrent_dropout, output, attention, tied, \
             features}",
        ),
        (
            &plain,
            "",
            "3",
            "`` is not a setting; settings begin with name, seed, data., split, model., training. \
             or evaluation., such as `training.lr`",
        ),
        (
            &plain,
            "version",
            "2",
            "`version` belongs to the file and cannot be set",
        ),
        (
            &plain,
            "training.epochs",
            "-1",
            "`-1` is not a whole number of at least 0; `training.epochs` needs one",
        ),
        (
            &plain,
            "training.lr",
            "fast",
            "`fast` is not a number; `training.lr` needs one",
        ),
        (
            &plain,
            "evaluation.filter_seen",
            "2",
            "`2` is not known for `evaluation.filter_seen`; choose one of auto, true, false.",
        ),
        (
            &plain,
            "seed",
            "x",
            "`x` is not a whole number of at least 0; `seed` needs one",
        ),
        (
            &plain,
            "model",
            "Transfomer",
            "`Transfomer` is not known for `model`; choose one of FAMILIES. Did you mean \
             `Transformer`?",
        ),
        (
            &plain,
            "split.test_fraction",
            "0.2",
            "`split.test_fraction` needs the split GlobalTemporal; set `split` to GlobalTemporal \
             first",
        ),
        (
            &plain,
            "data.separator",
            ",",
            "`data.separator` needs a file; set `data.path` first",
        ),
        (
            &plain,
            "data.lag",
            "3",
            "`data.lag` needs the world LongRange; set `data.kind` to LongRange first",
        ),
        (
            &plain,
            "data.source.delay",
            "3",
            "`data.source.delay` needs the world Funnel; set `data.kind` to Funnel first",
        ),
        (
            &plain,
            "data.source",
            "File",
            "a file needs its name; set `data.path` instead",
        ),
        (
            &plain,
            "data.n_user",
            "3",
            "`data.n_user` is not a setting; did you mean `data.n_users`?",
        ),
        (
            &plain,
            "data.titles.item",
            "sku",
            "`data.titles.item` needs a file; set `data.path` first",
        ),
        (
            &file,
            "data.titles.item",
            "sku",
            "`data.titles.item` needs a table of titles; set `data.titles.path` first",
        ),
        (
            &file,
            "data.titles.itme",
            "sku",
            "`data.titles.itme` is not a setting; did you mean `data.titles.item`?",
        ),
        (
            &file,
            "data.sepaator",
            ",",
            "`data.sepaator` is not a setting; did you mean `data.separator`?",
        ),
        (
            &file,
            "data.header",
            "maybe",
            "`maybe` is not true, false or auto; `data.header` needs one",
        ),
        (
            &file,
            "data.format",
            "cvs",
            "`cvs` is not known for `data.format`; choose one of auto, Text, Parquet, Ndjson, \
             Json, Lists, Matrix, ListCells, Impressions, WebLog, Sqlite.",
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(experiment, path, text, wanted)| {
            (
                path,
                wanted.replace("FAMILIES", &families()),
                set_error(experiment, path, text),
            )
        })
        .filter(|(_, wanted, got)| got != wanted)
        .map(|(path, wanted, got)| format!("{path}\n  wanted {wanted}\n  got    {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

// ---- checking --------------------------------------------------------------------------------

#[test]
fn the_defaults_have_no_problem() {
    assert_eq!(Experiment::default().check(), []);
}

#[test]
fn all_problems_are_told_at_once_each_at_its_field() {
    let mut experiment = set("data.path", "/no/such/log.csv");
    for (path, text) in [
        ("name", " "),
        ("split", "GlobalTemporal"),
        ("split.test_fraction", "0.9"),
        ("data.clean.min_user_events", "20000"),
        ("model.d_model", "30"),
        ("model.n_heads", "4"),
        ("model.dropout", "NaN"),
        ("training.epochs", "0"),
        ("training.device", ""),
        ("training.beta1", "1"),
        ("training.augment.mask", "1.5"),
    ] {
        experiment.set(path, text).unwrap();
    }
    let problems = experiment.check();
    let mut fields: Vec<&str> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    fields.sort_unstable();
    let wanted = [
        "data.clean.min_user_events",
        "data.path",
        "model.dropout",
        "model.n_heads",
        "name",
        "split.test_fraction",
        "training.augment.mask",
        "training.beta1",
        "training.device",
        "training.epochs",
    ];
    assert_eq!(fields, wanted, "{problems:#?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.is_error() && problem.sentence().ends_with('.')),
        "{problems:#?}"
    );
}

#[test]
fn a_learning_rate_of_zero_is_doubtful_but_allowed() {
    let problems = set("training.lr", "0").check();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].field.as_str(), problems[0].is_error()),
        ("training.lr", false)
    );
}
