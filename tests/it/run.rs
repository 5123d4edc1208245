//! Runs on disk: listed, found, read, exported, deleted, whatever state they are in.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use seqscope::data::{Column, Table, write_parquet};
use seqscope::experiment::{Experiment, FilterSeen};
use seqscope::metric::{Metric, Metrics};
use seqscope::run::{
    DataStamp, EpochDone, HistoryPoint, Manifest, Part, RunError, RunId, RunMemory, RunOutcome,
    RunStatus, RunStore, RunWriter, Summary, UserResult,
};

use crate::fake::{Fake, Setup, device};

fn manifest(name: &str) -> Manifest {
    let experiment = Experiment {
        name: name.to_owned(),
        ..Experiment::default()
    };
    Manifest::new(experiment, DataStamp::default(), device(), 7)
}

fn started(store: &RunStore, name: &str) -> RunWriter {
    RunWriter::create(store, manifest(name)).unwrap()
}

fn point(epoch: usize, value: f64) -> HistoryPoint {
    HistoryPoint {
        step: 4 * epoch,
        epoch,
        part: Part::Valid,
        metric: "ndcg@10".to_owned(),
        value,
    }
}

fn model() -> Fake {
    Fake::new(std::sync::Arc::default(), 5)
}

#[test]
fn the_folder_is_named_after_minute_and_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path().join("not/yet/there"));
    let names: Vec<String> = (0..3)
        .map(|_| started(&store, "../ML-100K: Transformer").id().0.clone())
        .collect();
    for name in &names {
        let (minute, rest) = name.split_at(16);
        let shape: String = minute
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        assert_eq!(shape, "0000-00-00_0000_");
        let tag = rest.strip_prefix("ml-100k-transformer_s0_").unwrap();
        assert!(
            tag.len() == 4 && tag.chars().all(|c| c.is_ascii_hexdigit()),
            "{name}"
        );
    }
    assert!(names[0] != names[1] && names[1] != names[2]);
}

#[test]
fn a_run_is_running_while_it_is_written_and_interrupted_when_its_writer_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let mut writer = started(&store, "a");
    let id = writer.id().clone();
    writer.append(&[point(1, 0.25), point(2, 0.5)]).unwrap();
    assert_eq!(store.list().unwrap()[0].status, RunStatus::Running);
    assert!(matches!(store.delete(&id), Err(RunError::Busy { .. })));
    assert!(matches!(
        RunWriter::reopen(&store, &id),
        Err(RunError::Busy { .. })
    ));
    // As after a kill: the lock goes with the process, and nothing was written about an end.
    drop(writer);
    assert_eq!(store.list().unwrap()[0].status, RunStatus::Interrupted);
    assert_eq!(
        store.history(&id).unwrap().series(Part::Valid, "ndcg@10"),
        [(1, 4, 0.25), (2, 8, 0.5)]
    );
    let mut again = RunWriter::reopen(&store, &id).unwrap();
    again.finish(RunOutcome::Stopped).unwrap();
    assert_eq!(
        store.status(&id).unwrap(),
        RunStatus::Ended(RunOutcome::Stopped)
    );
}

#[test]
fn the_list_reads_no_series_and_passes_over_what_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    assert_eq!(store.list().unwrap(), []);
    let id = started(&store, "a").id().clone();
    std::fs::remove_file(store.dir(&id).join("history.csv")).unwrap();
    std::fs::remove_dir_all(store.dir(&id).join("results")).unwrap();
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "").unwrap();
    let listed: Vec<RunId> = store
        .list()
        .unwrap()
        .into_iter()
        .map(|run| run.id)
        .collect();
    assert_eq!(listed, std::slice::from_ref(&id));
    assert!(matches!(store.history(&id), Err(RunError::File { .. })));
    assert_eq!(
        RunStore::at(folder.path().join("nowhere")).list().unwrap(),
        []
    );
    let not_a_folder = RunStore::at(folder.path().join("notes.txt")).list();
    assert!(
        matches!(&not_a_folder, Err(e) if e.to_string().contains("a file is where a folder should \
            be"))
    );
}

#[test]
fn a_damaged_manifest_is_listed_with_its_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let (good, bad, newer) = (
        started(&store, "good"),
        started(&store, "bad"),
        started(&store, "newer"),
    );
    std::fs::write(
        store.dir(bad.id()).join("manifest.ron"),
        b"(version: 1, \xFF\x00",
    )
    .unwrap();
    std::fs::write(
        store.dir(newer.id()).join("manifest.ron"),
        "(version: 2, something: \"new\")",
    )
    .unwrap();
    let listed = store.list().unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(&listed[0].id, good.id(), "what can be used stands first");
    let sentence = |id: &RunId| match store.status(id).unwrap() {
        RunStatus::Damaged(sentence) => sentence,
        other => panic!("{other:?}"),
    };
    assert!(
        sentence(bad.id()).contains("is damaged"),
        "{}",
        sentence(bad.id())
    );
    assert!(
        sentence(newer.id()).contains("newer Seqscope"),
        "{}",
        sentence(newer.id())
    );
}

#[test]
fn history_survives_a_half_written_line_but_not_a_damaged_middle() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let mut writer = started(&store, "a");
    let (id, path) = (
        writer.id().clone(),
        store.dir(writer.id()).join("history.csv"),
    );
    let exact = [0.1 + 0.2, 1e-300, f64::NAN];
    writer
        .append(&[point(1, exact[0]), point(2, exact[1]), point(3, exact[2])])
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    assert!(
        whole
            .starts_with(b"step,epoch,split,metric,value\n4,1,valid,ndcg@10,0.30000000000000004\n")
    );
    // Cut at every byte of head and tail: never an error, and never other points than were written.
    for end in (0..=20).chain(whole.len() - 40..=whole.len()) {
        std::fs::write(&path, &whole[..end]).unwrap();
        let points = store.history(&id).unwrap().points;
        assert!(points.len() <= 3);
        for (point, value) in points.iter().zip(exact) {
            assert_eq!(point.value.to_bits(), value.to_bits());
        }
        assert_eq!(points.len() == 3, end == whole.len());
    }
    let text = String::from_utf8(whole).unwrap();
    std::fs::write(&path, text.replacen("valid", "vali", 1)).unwrap();
    let damaged = store.history(&id);
    assert!(
        matches!(&damaged, Err(e) if e.to_string().contains("line 2")),
        "{damaged:?}"
    );
    std::fs::write(&path, [text.as_bytes(), b"\xFF\x00,\n"].concat()).unwrap();
    assert_eq!(
        store.history(&id).unwrap().points.len(),
        3,
        "rubbish at the end is a cut-off write too"
    );
}

#[test]
fn a_run_is_found_by_name_start_end_path_or_last() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let ids: Vec<RunId> = ["alpha", "beta"]
        .map(|name| started(&store, name).id().clone())
        .into();
    for id in &ids {
        assert_eq!(&store.find(&id.0).unwrap(), id);
        assert_eq!(&store.find(&store.dir(id).to_string_lossy()).unwrap(), id);
        assert_eq!(&store.find(&id.0[12..]).unwrap(), id, "an end of the name");
    }
    let (date, _) = ids[0].0.split_at(11);
    assert_eq!(store.find("last").unwrap(), ids[1]);
    let both = store.find(date);
    assert!(
        matches!(&both, Err(RunError::Ambiguous { candidates, .. }) if candidates.len() == 2),
        "{both:?}"
    );
    for nothing in ["gamma", "", "..", "/", "../.."] {
        let none = store.find(nothing);
        assert!(
            matches!(&none, Err(RunError::Unknown { .. })),
            "{nothing}: {none:?}"
        );
    }
    let empty = RunStore::at(folder.path().join("empty")).find("last");
    assert!(
        matches!(&empty, Err(e) if e.to_string().contains("no run `last`")),
        "{empty:?}"
    );
    for id in ["..", "../x", "", "a/b"] {
        assert!(
            matches!(
                store.manifest(&RunId(id.to_owned())),
                Err(RunError::Unknown { .. })
            ),
            "{id}"
        );
    }
}

#[test]
fn a_run_is_found_by_its_experiments_name_and_a_miss_names_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path().join("runs"));
    let ids: Vec<RunId> = ["ML-100K GRU", "films", "films"]
        .map(|name| started(&store, name).id().clone())
        .into();
    assert_eq!(store.find("ML-100K GRU").unwrap(), ids[0]);
    // A letter that a folder happens to end in names none.
    let last = &ids[1].0[ids[1].0.len() - 1..];
    assert!(store.find(last).is_err(), "{last}");
    assert_eq!(
        store.find("ml-100k gru").unwrap(),
        ids[0],
        "case does not matter"
    );
    assert_eq!(
        store.find("ml-1").unwrap(),
        ids[0],
        "its start is enough where it is unique"
    );
    let both = store.find("films");
    assert!(
        matches!(&both, Err(RunError::Ambiguous { candidates, .. }) if candidates.len() == 2),
        "{both:?}"
    );
    let near = |name: &str| store.find(name).unwrap_err().to_string();
    assert!(
        near("film5").contains("did you mean `films`?"),
        "{}",
        near("film5")
    );
    assert!(
        near("lsat").contains("did you mean `last`?"),
        "{}",
        near("lsat")
    );
    let slip = ids[0].0.replacen("gru", "gry", 1);
    assert!(
        near(&slip).contains(&format!("did you mean `{}`?", ids[0])),
        "{}",
        near(&slip)
    );
    let path = format!("experiments/runs/{slip}");
    assert!(
        near(&path).contains(&format!("did you mean `{}`?", ids[0])),
        "of a path its end counts: {}",
        near(&path)
    );
    assert!(
        !near("something else").contains("did you mean"),
        "{}",
        near("something else")
    );
}

#[test]
fn a_run_in_another_folder_is_found_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (
        RunStore::at(folder.path().join("here")),
        RunStore::at(folder.path().join("there")),
    );
    let id = started(&there, "elsewhere").id().clone();
    let path = there.dir(&id);
    for path in [
        path.clone(),
        path.join("manifest.ron"),
        path.join(".").join("..").join(&id.0),
    ] {
        let (store, found) = here.locate(&path.to_string_lossy()).unwrap();
        assert_eq!(found, id);
        assert_eq!(store.manifest(&found).unwrap().experiment.name, "elsewhere");
    }
    assert!(
        here.find(&path.to_string_lossy()).is_err(),
        "it is not in this folder"
    );
    let none = here
        .locate(&folder.path().to_string_lossy())
        .unwrap_err()
        .to_string();
    assert!(
        none.contains("is a folder without a manifest.ron, so it is no run"),
        "{none}"
    );
}

#[test]
fn a_folder_of_a_run_that_is_not_whole_is_no_run_and_a_new_one_appears_with_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    // What a kill in the middle leaves behind.
    std::fs::create_dir_all(folder.path().join(".new-2026-11-22_1432_films_a1b2/epochs")).unwrap();
    assert_eq!(store.list().unwrap(), []);
    assert!(store.find("last").is_err());
    let id = started(&store, "films").id().clone();
    let names: Vec<String> = ["manifest.ron", "history.csv", "lock", "epochs", "results"]
        .map(str::to_owned)
        .into();
    assert!(names.iter().all(|name| store.dir(&id).join(name).exists()));
    assert_eq!(store.find("last").unwrap(), id);
    assert_eq!(store.manifest(&id).unwrap().id, id);
}

#[test]
fn a_frozen_old_run_keeps_opening() {
    let store = RunStore::at(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/runs/v1"));
    let runs = store.list().unwrap();
    assert!(!runs.is_empty());
    for run in runs {
        let manifest = run.manifest.unwrap_or_else(|| panic!("{:?}", run.status));
        assert_eq!(run.status, RunStatus::Ended(RunOutcome::Finished));
        assert!(
            manifest
                .experiment
                .check()
                .iter()
                .all(|problem| !problem.is_error())
        );
        assert_eq!(
            manifest.data.audit_word(),
            None,
            "it is from before there was an audit"
        );
        assert_eq!(
            store.reference_results(&run.id).unwrap(),
            None,
            "and before references kept their answers"
        );
        // Figures of the file, not of today's program.
        let best = store
            .history(&run.id)
            .unwrap()
            .series(Part::Valid, "ndcg@10")
            .last()
            .map(|point| point.2);
        assert_eq!(
            (
                best,
                manifest.valid.as_ref().and_then(|m| m.get(Metric::Ndcg10))
            ),
            (Some(0.311_645_058_679_392_24), best)
        );
        assert_eq!(
            (
                manifest.epochs,
                manifest.n_params,
                manifest.references_test.len()
            ),
            (2, 2416, 3)
        );
    }
}

#[test]
fn a_renamed_folder_is_the_run_of_its_new_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let id = started(&store, "a").id().clone();
    std::fs::rename(store.dir(&id), folder.path().join("my best run")).unwrap();
    let id = store.find("my best").unwrap();
    assert_eq!(
        store.manifest(&id).unwrap().id,
        RunId("my best run".to_owned())
    );
}

#[test]
fn long_runs_keep_first_best_last_and_every_kth_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let (mut writer, model) = (started(&store, "a"), model());
    let id = writer.id().clone();
    let best = Some(Metrics::default());
    writer
        .checkpoint(
            &model,
            EpochDone {
                epoch: 33,
                train_secs: 0.0,
                best,
            },
        )
        .unwrap();
    for epoch in 1..=203 {
        std::fs::copy(store.best_weights(&id), store.epoch_weights(&id, epoch)).unwrap();
    }
    for (epoch, best) in [(204, None), (205, None)] {
        writer
            .checkpoint(
                &model,
                EpochDone {
                    epoch,
                    train_secs: 0.0,
                    best,
                },
            )
            .unwrap();
    }
    let kept = store.epochs(&id).unwrap();
    assert_eq!(kept[..3], [1, 2, 4]);
    assert!(kept.contains(&33) && kept.contains(&205), "{kept:?}");
    // 102 even ones up to 204, and 1, 33, 205.
    assert_eq!(kept.len(), 105);
    assert!(
        store.best_weights(&id).exists()
            && store.state(&id, 205).exists()
            && !store.state(&id, 204).exists()
    );
    assert_eq!(store.manifest(&id).unwrap().best_epoch, Some(33));
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_export_is_text_tables_and_weights_in_an_empty_folder() {
    let mut setup = Setup::new(2);
    let done = setup.run();
    let to = setup.folder.path().join("export/here");
    let mut written = setup.store().export(&done.id, &to).unwrap();
    written.sort();
    let expected = [
        "best.safetensors",
        "experiment.ron",
        "history.csv",
        "items.csv",
        "items.parquet",
        "log.txt",
        "machine.csv",
        "manifest.ron",
        "test.csv",
        "test.parquet",
        "test.references.csv",
        "test.references.parquet",
        "trust.md",
        "users.csv",
        "users.parquet",
        "valid.csv",
        "valid.parquet",
    ];
    assert_eq!(names(&to), expected);
    assert_eq!(written, expected.map(|name| to.join(name)));
    let csv = std::fs::read_to_string(to.join("test.csv")).unwrap();
    assert!(
        csv.starts_with("user_id,item_id,rank,probability,history_len,popularity_decile,behaviour,returns\nu0,i8,"),
        "{csv}"
    );
    let items = std::fs::read_to_string(to.join("items.csv")).unwrap();
    assert!(
        items.starts_with("row,row_without_padding,id\n1,0,i1\n2,1,i2\n"),
        "{items}"
    );
    let users = std::fs::read_to_string(to.join("users.csv")).unwrap();
    assert!(users.starts_with("number,id\n0,u0\n1,u1\n"), "{users}");
    let experiment = Experiment::open(&to.join("experiment.ron")).unwrap();
    let mut as_run = setup.experiment.clone();
    as_run.evaluation.filter_seen = FilterSeen::On;
    assert_eq!(
        experiment, as_run,
        "it can be trained again as it is, with what the log decided filled in"
    );
    let full = setup.store().export(&done.id, &to);
    assert!(
        matches!(&full, Err(e) if e.to_string().contains("not empty")),
        "{full:?}"
    );
    let unknown = setup
        .store()
        .export(&RunId("x".to_owned()), &setup.folder.path().join("other"));
    assert!(unknown.is_err() && !setup.folder.path().join("other").exists());
}

#[test]
fn a_run_is_exported_as_often_as_a_person_likes() {
    let mut setup = Setup::new(2);
    let id = setup.run().id;
    let runs = setup.folder.path().join("runs");
    std::fs::create_dir(&runs).unwrap();
    std::fs::rename(setup.dir(&id), runs.join(&id.0)).unwrap();
    let store = RunStore::at(runs);
    for _ in 0..3 {
        store.export(&id, &store.free_export_folder(&id)).unwrap();
    }
    let exports = setup.folder.path().join("exports");
    assert_eq!(
        names(&exports),
        [id.to_string(), format!("{id}-2"), format!("{id}-3")]
    );
    assert_eq!(
        names(&exports.join(&id.0)),
        names(&exports.join(format!("{id}-3")))
    );
}

#[test]
fn results_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let writer = started(&store, "a");
    let id = writer.id().clone();
    assert_eq!(store.results(&id, Part::Test).unwrap(), None);
    let user = |user_id: &str, rank: f64| UserResult {
        user_id: user_id.to_owned(),
        item_id: "行为, \"quoted\"".to_owned(),
        rank,
        probability: 0.1 + 0.2,
        predicted: None,
        answered: None,
        facts: None,
    };
    let users = vec![user("007", 1.5), user("", 3416.0)];
    writer.save_results(Part::Test, &users).unwrap();
    assert_eq!(store.results(&id, Part::Test).unwrap(), Some(users));
    let path = store.dir(&id).join("results/test.parquet");
    std::fs::write(&path, "rubbish").unwrap();
    assert!(store.results(&id, Part::Test).is_err());
    let other = Table {
        columns: vec![("user".to_owned(), Column::Text(vec!["007".to_owned()]))],
    };
    write_parquet(&path, &other).unwrap();
    let sentence = store.results(&id, Part::Test).unwrap_err().to_string();
    assert!(
        sentence.contains("is damaged: expected the columns")
            && sentence.contains("delete the file"),
        "{sentence}"
    );
}

#[test]
fn a_deleted_run_is_gone_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let (a, b) = (
        started(&store, "a").id().clone(),
        started(&store, "b").id().clone(),
    );
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    store.delete(&a).unwrap();
    assert_eq!(names(folder.path()), [b.0.clone(), "photos".to_owned()]);
    for not_a_run in ["photos", ".", "..", "", "nothing"] {
        assert!(
            store.delete(&RunId(not_a_run.to_owned())).is_err(),
            "{not_a_run}"
        );
    }
    assert_eq!(names(folder.path()), [b.0, "photos".to_owned()]);
}

// ---------------------------------------------------------------------------------------------
// Reading a long list
// ---------------------------------------------------------------------------------------------

/// A folder with copies of a small finished run, all changed a minute ago.
fn copies(n: usize) -> (tempfile::TempDir, RunStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let mut writer = started(&store, "copied");
    writer.manifest.epochs = 1;
    writer.finish(RunOutcome::Finished).unwrap();
    let run = writer.id().clone();
    drop(writer);
    for at in 0..n {
        let dir = folder.path().join(format!("2026-01-01_0000_copy_{at:04x}"));
        std::fs::create_dir(&dir).unwrap();
        std::fs::copy(
            store.dir(&run).join("manifest.ron"),
            dir.join("manifest.ron"),
        )
        .unwrap();
        age(&dir.join("manifest.ron"), 60);
    }
    store.delete(&run).unwrap();
    (folder, store)
}

/// Sets the time of a file's last change to so many seconds ago.
fn age(file: &Path, secs: u64) {
    let time = SystemTime::now() - Duration::from_secs(secs);
    File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

#[test]
fn the_list_reads_no_series() {
    let (_folder, store) = copies(3);
    for run in store.list().unwrap() {
        // Whoever opened these would fail.
        std::fs::create_dir(store.dir(&run.id).join("history.csv")).unwrap();
        std::fs::create_dir_all(store.dir(&run.id).join("results/test.parquet")).unwrap();
        assert!(store.history(&run.id).is_err() && store.results(&run.id, Part::Test).is_err());
    }
    let listed = store.list().unwrap();
    assert_eq!(listed.len(), 3);
    assert!(
        listed.iter().all(|run| run.manifest.is_some()),
        "{listed:?}"
    );
}

#[test]
fn a_list_read_again_reads_only_what_has_changed() {
    let (_folder, store) = copies(3);
    let memory = RunMemory::default();
    let first = store.list_again(&memory).unwrap();
    let again = store.list_again(&memory).unwrap();
    assert_eq!(again, first);
    let manifest = |runs: &[Summary], at: usize| runs[at].manifest.clone().unwrap();
    assert!(
        (0..3).all(|at| Arc::ptr_eq(&manifest(&first, at), &manifest(&again, at))),
        "none was read again"
    );

    // One goes on, one goes.
    let path = store.dir(&first[0].id).join("manifest.ron");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("epochs: 1,", "epochs: 2,", 1)).unwrap();
    age(&path, 30);
    std::fs::remove_dir_all(store.dir(&first[1].id)).unwrap();
    let changed = store.list_again(&memory).unwrap();
    assert_eq!(changed.len(), 2);
    let found = |runs: &[Summary], id: &RunId| {
        runs.iter()
            .find(|run| run.id == *id)
            .unwrap()
            .manifest
            .clone()
            .unwrap()
    };
    assert_eq!(found(&changed, &first[0].id).epochs, 2);
    assert!(Arc::ptr_eq(
        &found(&changed, &first[2].id),
        &manifest(&first, 2)
    ));

    // What was changed a moment ago is read again in any case: its time may stand for two writes.
    std::fs::write(&path, text.replacen("epochs: 1,", "epochs: 3,", 1)).unwrap();
    let young = store.list_again(&memory).unwrap();
    std::fs::write(&path, text.replacen("epochs: 1,", "epochs: 4,", 1)).unwrap();
    assert_eq!(found(&young, &first[0].id).epochs, 3);
    assert_eq!(
        found(&store.list_again(&memory).unwrap(), &first[0].id).epochs,
        4
    );
}
