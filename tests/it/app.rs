//! The application without a window: what a person asks, what comes back, and what never breaks.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use seqscope::app::{
    Action, App, AppOptions, FilePicker, Loadable, Page, PickKind, Select, ThemeChoice, Tone,
    TrainingPhase, is_experiment,
};
use seqscope::data::{
    DataSource, FileSpec, Finding, ProfileView, PseudonymKey, Pseudonyms, SplitSpec, Verdict,
    WorldSpec,
};
use seqscope::experiment::Experiment;
use seqscope::language::Language;
use seqscope::model::{ModelKind, ModelSpec, TransformerSpec};
use seqscope::run::{RunOutcome, RunStatus, RunStore};
use seqscope::train::StopMode;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A dialog that answers at once.
struct Answers(Option<PathBuf>);

impl FilePicker for Answers {
    fn pick(&self, _kind: PickKind) -> Result<Option<PathBuf>, String> {
        Ok(self.0.clone())
    }
}

/// An application over a folder of its own.
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) folder: tempfile::TempDir,
    woken: Receiver<()>,
}

impl Bench {
    fn new() -> Self {
        Self::with_dialog(None)
    }

    fn with_dialog(answer: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (wake, woken) = channel();
        let app = App::new(AppOptions {
            store: RunStore::at(folder.path().join("runs")),
            waker: Arc::new(move || {
                let _ = wake.send(());
            }),
            picker: Arc::new(Answers(answer)),
            open: None,
            recent: Vec::new(),
            theme: ThemeChoice::Dark,
            language: Language::default(),
        });
        Self { app, folder, woken }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Receives until `is_so`; only what background work sends wakes it.
    fn until(&mut self, what: &str, is_so: impl Fn(&App) -> bool) {
        let start = Instant::now();
        loop {
            self.app.receive();
            if is_so(&self.app) {
                return;
            }
            let state = self
                .app
                .training
                .current
                .as_ref()
                .map(|training| &training.phase);
            assert!(
                start.elapsed() < PATIENCE,
                "waited for {what}; {state:?}; {:?}",
                self.app.notices
            );
            let _ = self.woken.recv_timeout(Duration::from_millis(200));
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut Experiment)) {
        let mut next = self.app.draft.experiment.clone();
        change(&mut next);
        self.app.apply(Action::Edit(Box::new(next)));
    }

    /// A small world and a model that trains in a moment.
    fn tiny(&mut self, epochs: usize) {
        self.edit(|experiment| tiny(experiment, epochs));
    }

    fn ended(&mut self) -> Option<RunOutcome> {
        self.until("the run's end", |app| {
            !app.training.is_active() && app.training.current.is_some()
        });
        match &self.app.training.current.as_ref().unwrap().phase {
            TrainingPhase::Ended(ended) => ended.outcome.clone(),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn tiny(experiment: &mut Experiment, epochs: usize) {
    "tiny".clone_into(&mut experiment.name);
    experiment.data.source = DataSource::World(WorldSpec::default().with(|world| {
        world.n_users = 40;
        world.n_items = 20;
        world.mean_len = 8;
    }));
    experiment.model = ModelSpec::Transformer(TransformerSpec {
        d_model: 8,
        n_layers: 1,
        d_ff: 8,
        seq_len: 10,
        ..TransformerSpec::default()
    });
    experiment.training.epochs = epochs;
    "cpu".clone_into(&mut experiment.training.device);
}

fn log_of(n_users: usize, n_events: usize) -> String {
    let mut text = String::from("user_id,item_id,timestamp\n");
    for user in 0..n_users {
        for event in 0..n_events {
            let item = (user + event) % 7;
            writeln!(
                text,
                "u{user},i{item},{}",
                1_700_000_000 + event * 60 + user
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn a_log_that_is_not_there_gives_a_notice_with_its_cure() {
    let mut bench = Bench::new();
    bench
        .app
        .apply(Action::OpenData(PathBuf::from("/nowhere/at-all.csv")));
    bench.until("a refusal", |app| {
        matches!(app.data.preview, Loadable::Failed(_))
    });
    let notice = bench.app.notices.last().unwrap();
    assert_eq!(notice.tone, Tone::Error);
    assert!(
        notice.sentence.contains("at-all.csv"),
        "{}",
        notice.sentence
    );
    assert!(matches!(&notice.cure, Some((_, Action::PickData))));
    assert!(bench.app.enabled(&Action::Prepare).is_err());
    let id = notice.id;
    bench.app.apply(Action::Dismiss(id));
    assert!(bench.app.notices.is_empty());
}

#[test]
fn a_log_is_previewed_prepared_and_known_to_be_stale_when_its_settings_change() {
    let mut bench = Bench::new();
    let path = bench.file("log.csv", &log_of(12, 6));
    bench.app.apply(Action::OpenData(path.clone()));
    assert_eq!(
        (bench.app.page, bench.app.draft.experiment.name.as_str()),
        (Page::Data, "log")
    );
    bench.until("the head", |app| app.data.preview.ready().is_some());
    assert_eq!(
        bench.app.data.preview.ready().unwrap().columns,
        ["user_id", "item_id", "timestamp"]
    );
    bench.app.apply(Action::Prepare);
    bench.until("the data", |app| app.fresh_data().is_some());
    let shape = bench.app.fresh_data().unwrap().dataset.shape();
    assert_eq!((shape.n_users, shape.n_items, shape.n_events), (12, 7, 72));
    assert!(bench.app.data.profile.is_some() && bench.app.draft.n_params.is_some());
    let memory = bench.app.draft.memory.unwrap();
    assert!(
        memory.parameters == 16 * bench.app.draft.n_params.unwrap() as u64
            && memory.peak() > memory.parameters
    );

    bench.edit(|e| e.split = SplitSpec::LeaveOneOut);
    assert!(
        bench.app.fresh_data().is_none()
            && bench.app.draft.n_params.is_none()
            && bench.app.draft.memory.is_none()
    );
    bench.app.apply(Action::Undo);
    assert!(
        bench.app.fresh_data().is_some(),
        "taken back, the data fit again"
    );
    assert_eq!(bench.app.recent, [path]);
}

#[test]
fn a_log_with_times_is_split_by_one_cut_until_the_person_says_otherwise() {
    let mut bench = Bench::new();
    let timed = bench.file("timed.csv", &log_of(12, 6));
    let timeless = bench.file("timeless.csv", "user_id,item_id\nu1,i1\nu1,i2\nu2,i1\n");
    let stepped = bench.file(
        "stepped.csv",
        "user_id,item_id,step\nu1,i1,1\nu1,i2,2\nu2,i1,1\n",
    );
    let mut split_of = |path: &PathBuf| {
        bench.app.apply(Action::OpenData(path.clone()));
        bench.until("the head", |app| app.data.preview.ready().is_some());
        bench.app.draft.experiment.split
    };
    assert_eq!(split_of(&timed), SplitSpec::RECOMMENDED);
    assert_eq!(split_of(&timeless), SplitSpec::LeaveOneOut);
    assert_eq!(split_of(&timed), SplitSpec::RECOMMENDED);
    assert_eq!(
        split_of(&stepped),
        SplitSpec::LeaveOneOut,
        "steps of each user are no clock"
    );
    // One step of undo takes back log and split together.
    bench.app.apply(Action::Undo);
    assert_eq!(bench.app.draft.experiment.split, SplitSpec::RECOMMENDED);
    // What a person sets before the head is there, or in another experiment, stays.
    bench.app.apply(Action::OpenData(timed));
    let said = SplitSpec::PerUserTemporal {
        valid_fraction: 0.2,
        test_fraction: 0.2,
    };
    bench.edit(|e| e.split = said);
    bench.edit(|e| e.split = SplitSpec::LeaveOneOut);
    bench.until("the head", |app| app.data.preview.ready().is_some());
    assert_eq!(bench.app.draft.experiment.split, SplitSpec::LeaveOneOut);
    let warned = bench
        .app
        .draft
        .problems_at("split")
        .any(|p| !p.is_error() && p.sentence().contains("GlobalTemporal"));
    assert!(warned, "{:?}", bench.app.draft.problems);
}

#[test]
fn the_audit_comes_with_the_data_and_stays_with_the_run() {
    let mut bench = Bench::new();
    bench.tiny(1);
    bench.app.apply(Action::Prepare);
    bench.until("the data", |app| app.fresh_data().is_some());
    let audit = bench.app.data.audit.clone().unwrap();
    assert_eq!(
        Finding::worst(&audit),
        Some(Verdict::Fail),
        "short histories of so small a world are copies"
    );
    let calendar = bench.app.data.calendar.clone().unwrap();
    assert!(calendar.bars.iter().any(|bar| bar.n_test > 0));
    bench.app.apply(Action::Start);
    assert_eq!(bench.ended(), Some(RunOutcome::Finished));
    let run = bench
        .app
        .training
        .current
        .as_ref()
        .and_then(|training| training.run.clone())
        .unwrap();
    let stamp = bench.app.runs.store.manifest(&run).unwrap().data;
    assert_eq!((&stamp.audit, stamp.audit_word()), (&*audit, Some("leak")));
    let leaks: Vec<String> = stamp.leaks().map(|leak| leak.check.to_string()).collect();
    assert_eq!(
        leaks,
        ["identical_sequences"],
        "leave-one-out itself is none"
    );
}

#[test]
fn another_way_to_read_the_file_is_tried_at_once() {
    let mut bench = Bench::new();
    let path = bench.file("log.txt", "a;b;c\nu1;i1;1\nu1;i2;2\n");
    bench.app.apply(Action::OpenData(path.clone()));
    bench.until("the head", |app| app.data.preview.ready().is_some());
    let file = FileSpec {
        path,
        header: Some(false),
        ..FileSpec::default()
    };
    bench.edit(|e| e.data.source = DataSource::File(file));
    bench.app.receive();
    assert!(
        bench.app.data.shown_preview().is_some(),
        "the last head stays until the new one is here"
    );
    bench.until("the new head", |app| {
        app.data.preview.ready().is_some_and(|p| p.rows.len() == 3)
    });
}

#[test]
fn a_dialog_opens_what_was_chosen_and_cancel_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chosen.csv");
    std::fs::write(&path, log_of(3, 3)).unwrap();
    let mut bench = Bench::with_dialog(Some(path.clone()));
    bench.app.apply(Action::PickData);
    bench.until("the chosen log", |app| app.data.preview.ready().is_some());
    assert!(
        matches!(&bench.app.draft.experiment.data.source, DataSource::File(file) if file.path == path)
    );

    let mut bench = Bench::new();
    let before = bench.app.draft.experiment.clone();
    bench.app.apply(Action::PickExperiment);
    bench.until("the runs", |app| app.runs.ready().is_some());
    bench.app.receive();
    assert_eq!(
        (bench.app.draft.experiment.clone(), bench.app.notices.len()),
        (before, 0)
    );
}

#[test]
fn families_keep_their_settings_while_another_is_tried() {
    let mut bench = Bench::new();
    bench.edit(|e| {
        e.model = ModelSpec::Transformer(TransformerSpec {
            d_model: 24,
            ..TransformerSpec::default()
        });
    });
    bench.app.apply(Action::ChooseModel(ModelKind::Lstm));
    assert_eq!(
        ModelKind::from(&bench.app.draft.experiment.model),
        ModelKind::Lstm
    );
    bench.app.apply(Action::ChooseModel(ModelKind::Transformer));
    assert!(
        matches!(&bench.app.draft.experiment.model, ModelSpec::Transformer(spec) if spec.d_model == 24)
    );
    bench.app.apply(Action::Undo);
    assert_eq!(
        ModelKind::from(&bench.app.draft.experiment.model),
        ModelKind::Lstm
    );
    bench.app.apply(Action::Redo);
    assert_eq!(
        ModelKind::from(&bench.app.draft.experiment.model),
        ModelKind::Transformer
    );
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut bench = Bench::new();
    for action in [
        Action::Pause,
        Action::Resume,
        Action::Stop(StopMode::Keep),
        Action::Undo,
        Action::CancelPrepare,
    ] {
        let reason = bench.app.enabled(&action).unwrap_err();
        assert!(reason.ends_with('.'), "{action:?}: {reason}");
    }
    bench.edit(|e| e.training.lr = f64::NAN);
    let reason = bench.app.enabled(&Action::Start).unwrap_err();
    assert!(reason.contains("Learning rate"), "{reason}");
    bench.app.apply(Action::Start);
    assert!(
        bench.app.training.current.is_none(),
        "what is not enabled is not done"
    );
}

#[test]
fn start_prepares_trains_lists_and_explains() {
    let mut bench = Bench::new();
    bench.tiny(2);
    bench.app.apply(Action::Start);
    assert_eq!(bench.app.page, Page::Train);
    assert!(
        bench.app.enabled(&Action::Start).is_err(),
        "one run at a time"
    );
    assert_eq!(bench.ended(), Some(RunOutcome::Finished));
    let training = bench.app.training.current.clone().unwrap();
    assert_eq!(
        training
            .points
            .iter()
            .map(|point| point.epoch)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert!(
        training.device.is_some()
            && training.n_params.is_some()
            && !training.references_valid.is_empty()
    );
    let run = training.run.unwrap();
    assert_eq!(bench.app.selection.run.as_ref(), Some(&run));
    bench.until("the list", |app| {
        app.runs
            .summary(&run)
            .is_some_and(|summary| summary.status == RunStatus::Ended(RunOutcome::Finished))
    });

    bench.app.apply(Action::GoTo(Page::Explain));
    bench.until("a user's view", |app| {
        app.selection
            .view_key(&run)
            .is_some_and(|key| app.views.user(&key).ready().is_some())
    });
    let (key, data) = (
        bench.app.selection.view_key(&run).unwrap(),
        bench.app.views.data(&run).unwrap().clone(),
    );
    assert!(
        Arc::ptr_eq(&data, bench.app.fresh_data().unwrap()),
        "open data are not read again"
    );
    assert!(data.dataset.users.idx(&key.user_id).is_some());
    assert!(
        bench
            .app
            .views
            .user(&key)
            .ready()
            .unwrap()
            .attention
            .is_some()
    );
    assert!(bench.app.views.series(&run).ready().is_some());

    bench.app.apply(Action::Select(Select::StepUser(1)));
    let next = bench.app.selection.view_key(&run).unwrap();
    assert_ne!(next, key);
    bench.until("the next user", |app| {
        app.views.user(&next).ready().is_some()
    });
    bench
        .app
        .apply(Action::Select(Select::User("nobody".to_owned())));
    bench.app.receive();
    assert_ne!(
        bench.app.selection.user_id.as_deref(),
        Some("nobody"),
        "an unknown user gives way to a known one"
    );
}

#[test]
fn a_run_can_be_held_and_stopped() {
    let mut bench = Bench::new();
    bench.tiny(100_000);
    bench.edit(|e| e.training.patience = 0);
    bench.app.apply(Action::Start);
    bench.until("an epoch", |app| {
        app.training
            .current
            .as_ref()
            .is_some_and(|training| !training.points.is_empty())
    });
    bench.app.apply(Action::Pause);
    bench.until("the pause", |app| app.enabled(&Action::Resume).is_ok());
    bench.app.apply(Action::Resume);
    bench.until("going on", |app| app.enabled(&Action::Pause).is_ok());
    bench.app.apply(Action::Stop(StopMode::Keep));
    assert_eq!(bench.ended(), Some(RunOutcome::Stopped));
    let run = bench
        .app
        .training
        .current
        .as_ref()
        .unwrap()
        .run
        .clone()
        .unwrap();
    bench.until("the list", |app| {
        app.enabled(&Action::DeleteRun(run.clone())).is_ok()
    });
    bench.app.apply(Action::DeleteRun(run.clone()));
    bench.until("the deletion", |app| {
        app.runs.ready().is_some_and(Vec::is_empty)
    });
    assert!(bench.app.selection.run.is_none() && !bench.app.runs.store.dir(&run).exists());
}

#[test]
fn a_panic_in_training_leaves_the_application_alive() {
    let mut bench = Bench::new();
    bench.tiny(1);
    bench.app.build_with(Arc::new(|_, _| panic!("planted")));
    bench.app.apply(Action::Start);
    bench.until("the failure", |app| {
        app.training.current.is_some() && !app.training.is_active()
    });
    let notice = bench.app.notices.last().unwrap();
    assert!(
        notice.tone == Tone::Error && notice.sentence.contains("planted"),
        "{notice:?}"
    );
    // The same application goes on to do what else is asked of it.
    bench.app.apply(Action::Prepare);
    bench.until("the data", |app| app.fresh_data().is_some());
    assert!(bench.app.enabled(&Action::Start).is_ok());
}

#[test]
fn preparing_can_be_cancelled_and_an_old_answer_is_dropped() {
    let mut bench = Bench::new();
    bench.tiny(1);
    bench.app.apply(Action::Start);
    bench.app.apply(Action::Stop(StopMode::Discard));
    assert!(matches!(
        bench.app.training.current.as_ref().unwrap().phase,
        TrainingPhase::NotStarted(_)
    ));
    assert_eq!(bench.app.data.prepared, Loadable::Idle);
    bench.app.apply(Action::Prepare);
    bench.until("the data", |app| app.fresh_data().is_some());
    assert!(
        !bench.app.training.is_active(),
        "what was cancelled does not start later"
    );
}

#[test]
fn an_experiment_is_saved_to_a_new_file_only_and_opens_again() {
    let mut bench = Bench::new();
    bench.tiny(3);
    let path = bench
        .folder
        .path()
        .join("experiments/not yet there/saved.ron");
    bench.app.apply(Action::SaveExperiment(path.clone()));
    bench.until("the file", |app| {
        app.notices.iter().any(|notice| notice.tone == Tone::Done)
    });
    let written = std::fs::read_to_string(&path).unwrap();
    bench.app.apply(Action::SaveExperiment(path.clone()));
    bench.until("the refusal", |app| {
        app.notices.iter().any(|notice| notice.tone == Tone::Error)
    });
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);

    let mut other = Bench::new();
    other.app.apply(Action::OpenExperiment(path.clone()));
    other.until("the draft", |app| app.draft.experiment.name == "tiny");
    assert_eq!(other.app.draft.experiment, bench.app.draft.experiment);
    assert_eq!(
        other.app.recent.first().map(PathBuf::as_path),
        Some(Path::new(&path))
    );
}

#[test]
fn an_experiment_that_cannot_be_saved_says_what_to_do() {
    let mut bench = Bench::new();
    let in_the_way = bench.file("log.csv", "a file, no folder");
    bench
        .app
        .apply(Action::SaveExperiment(in_the_way.join("saved.ron")));
    bench.until("the refusal", |app| !app.notices.is_empty());
    let notice = bench.app.notices.last().unwrap();
    assert!(
        notice.tone == Tone::Error && notice.sentence.contains("choose a folder"),
        "{notice:?}"
    );
}

#[test]
fn a_name_follows_the_log_until_a_person_chooses_one() {
    let mut bench = Bench::new();
    let name = |bench: &Bench| bench.app.draft.experiment.name.clone();
    bench
        .app
        .apply(Action::OpenData(PathBuf::from("/nowhere/clicks.csv")));
    assert_eq!(name(&bench), "clicks");
    bench
        .app
        .apply(Action::OpenData(PathBuf::from("/nowhere/orders.csv")));
    assert_eq!(name(&bench), "orders");
    bench.edit(|e| "my study".clone_into(&mut e.name));
    bench
        .app
        .apply(Action::OpenData(PathBuf::from("/nowhere/clicks.csv")));
    assert_eq!(name(&bench), "my study");
    // The quick start's name is the program's, not the person's.
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quickstart.ron");
    bench.app.apply(Action::OpenExperiment(quickstart));
    bench.until("the quick start", |app| {
        app.draft.experiment.name == "quickstart"
    });
    bench
        .app
        .apply(Action::OpenData(PathBuf::from("/nowhere/clicks.csv")));
    assert_eq!(name(&bench), "clicks");
}

#[test]
fn an_experiment_is_known_by_its_ending_however_it_is_written() {
    for (name, is_one) in [
        ("a.ron", true),
        ("A.RON", true),
        ("a.csv", false),
        ("ron", false),
        ("a.ron.gz", false),
    ] {
        assert_eq!(is_experiment(Path::new(name)), is_one, "{name}");
    }
}

#[test]
fn a_damaged_experiment_leaves_the_draft_as_it_was() {
    let mut bench = Bench::new();
    let path = bench.file("broken.ron", "(version: 1, name: \"x\", droput: 1)");
    let before = bench.app.draft.experiment.clone();
    bench.app.apply(Action::OpenExperiment(path));
    bench.until("the refusal", |app| !app.notices.is_empty());
    assert!(
        bench
            .app
            .notices
            .last()
            .unwrap()
            .sentence
            .contains("broken.ron")
    );
    assert_eq!(bench.app.draft.experiment, before);
}

#[test]
fn at_most_ten_files_are_remembered_each_once() {
    let mut bench = Bench::new();
    for n in (0..15).chain([14]) {
        bench
            .app
            .apply(Action::OpenData(PathBuf::from(format!("/nowhere/{n}.csv"))));
    }
    assert_eq!(bench.app.recent.len(), 10);
    assert_eq!(
        bench.app.recent.first(),
        Some(&PathBuf::from("/nowhere/14.csv"))
    );
    assert_eq!(
        bench
            .app
            .recent
            .iter()
            .filter(|path| path.ends_with("14.csv"))
            .count(),
        1
    );
}

#[test]
fn what_start_was_pressed_for_is_trained_whatever_is_edited_meanwhile() {
    let mut bench = Bench::new();
    bench.tiny(1);
    bench.app.apply(Action::Start);
    bench.edit(|e| {
        "other".clone_into(&mut e.name);
        e.training.epochs = 7;
        e.data.source = DataSource::World(WorldSpec::default().with(|world| world.n_users = 41));
    });
    assert_eq!(bench.ended(), Some(RunOutcome::Finished));
    let run = bench
        .app
        .training
        .current
        .as_ref()
        .unwrap()
        .run
        .clone()
        .unwrap();
    let manifest = bench.app.runs.store.manifest(&run).unwrap();
    assert_eq!(
        (manifest.experiment.name.as_str(), manifest.epochs),
        ("tiny", 1)
    );
    assert_eq!(manifest.data.shape.n_users, 40);
}

/// A run of some epochs that was stopped, as `bench` sees it.
fn stopped_run(bench: &mut Bench) -> seqscope::run::RunId {
    bench.tiny(100_000);
    bench.edit(|e| e.training.patience = 0);
    bench.app.apply(Action::Start);
    bench.until("two epochs", |app| {
        app.training
            .current
            .as_ref()
            .is_some_and(|training| training.points.len() >= 2)
    });
    bench.app.apply(Action::Stop(StopMode::Keep));
    assert_eq!(bench.ended(), Some(RunOutcome::Stopped));
    let run = bench
        .app
        .training
        .current
        .as_ref()
        .unwrap()
        .run
        .clone()
        .unwrap();
    bench.until("the list", |app| {
        app.enabled(&Action::ResumeRun(run.clone())).is_ok()
    });
    run
}

#[test]
fn a_run_that_goes_on_is_judged_as_a_whole() {
    let mut bench = Bench::new();
    let run = stopped_run(&mut bench);
    let n_before = bench.app.runs.store.manifest(&run).unwrap().epochs;
    bench.app.apply(Action::ResumeRun(run.clone()));
    bench.until("old epochs and new ones", |app| {
        let points = app
            .training
            .current
            .as_ref()
            .map_or(&[][..], |training| &training.points);
        points.first().is_some_and(|first| first.epoch == 1) && points.len() > n_before
    });
    let points = &bench.app.training.current.as_ref().unwrap().points;
    assert!(
        points.iter().map(|point| point.epoch).eq(1..=points.len()),
        "each epoch once"
    );
    assert!(points.iter().all(|point| point.train_loss.is_finite()
        && point.lr > 0.0
        && point.valid.primary().1.is_some()));
    let best = points
        .iter()
        .rev()
        .find(|point| point.is_best)
        .unwrap()
        .valid
        .primary()
        .1;
    assert!(points.iter().all(|point| point.valid.primary().1 <= best));
    bench.app.apply(Action::Stop(StopMode::Discard));
    assert_eq!(bench.ended(), None);
}

#[test]
fn what_another_program_trained_further_is_read_again() {
    let mut bench = Bench::new();
    let run = stopped_run(&mut bench);
    bench.app.apply(Action::GoTo(Page::Compare));
    let n_epochs = bench.app.runs.store.manifest(&run).unwrap().epochs;
    let known = |app: &App| {
        app.views
            .series(&run)
            .ready()
            .map(|series| series.epochs.len())
    };
    bench.until("the series", |app| known(app) == Some(n_epochs));

    let mut other = Bench::new();
    other.app.runs.store = bench.app.runs.store.clone();
    other.app.apply(Action::RefreshRuns);
    other.until("the list", |app| {
        app.enabled(&Action::ResumeRun(run.clone())).is_ok()
    });
    other.app.apply(Action::ResumeRun(run.clone()));
    other.until("another epoch", |app| {
        app.training
            .current
            .as_ref()
            .is_some_and(|t| t.points.iter().any(|point| point.epoch > n_epochs))
    });
    other.app.apply(Action::Stop(StopMode::Keep));
    assert_eq!(other.ended(), Some(RunOutcome::Stopped));
    let n_now = other.app.runs.store.manifest(&run).unwrap().epochs;

    bench.app.apply(Action::RefreshRuns);
    bench.until("the new epochs", |app| known(app) == Some(n_now));
}

#[test]
fn what_is_doubtful_about_the_data_stands_in_the_run() {
    let mut bench = Bench::new();
    let log = format!("{}a row that is none\n", log_of(20, 8));
    let path = bench.file("log.csv", &log);
    bench.tiny(1);
    bench.edit(|e| {
        e.data.source = DataSource::File(FileSpec {
            path,
            ..FileSpec::default()
        });
    });
    bench.until("the head", |app| app.data.preview.ready().is_some());
    bench.app.apply(Action::Start);
    assert_eq!(bench.ended(), Some(RunOutcome::Finished));
    let training = bench.app.training.current.as_ref().unwrap();
    let manifest = bench
        .app
        .runs
        .store
        .manifest(training.run.as_ref().unwrap())
        .unwrap();
    for problems in [&training.problems, &manifest.problems] {
        assert!(
            problems
                .iter()
                .any(|p| p.sentence().contains("1 of 161 rows could not be read")),
            "{problems:?}"
        );
    }
    assert!(
        manifest
            .remarks()
            .all(|problem| !problem.sentence().contains("could not be read"))
    );
}

#[test]
fn times_that_only_order_are_shown_as_numbers_and_fill_no_calendar() {
    use seqscope::app::{EventTime, raw_events};
    let mut bench = Bench::new();
    let mut log = String::from("user_id,item_id,minute\n");
    (0..60).for_each(|row| writeln!(log, "u{},i{},{}", row % 6, row % 7, 10 + row).unwrap());
    let path = bench.file("log.csv", &log);
    bench.app.apply(Action::OpenData(path));
    bench.until("the head", |app| app.data.preview.ready().is_some());
    bench.app.apply(Action::Prepare);
    bench.until("the data", |app| app.fresh_data().is_some());
    let prepared = bench.app.fresh_data().unwrap();
    assert!(!prepared.dataset.has_clock());
    assert_eq!(raw_events(prepared, 0)[1].time, Some(EventTime::Order(16)));
    let profile = bench.app.data.profile.as_ref().unwrap();
    assert!(profile.activity.is_none() && profile.gaps.as_ref().unwrap().spread.is_none());
    assert!(
        bench
            .app
            .enabled(&Action::ExportProfile(ProfileView::Days))
            .unwrap_err()
            .contains("no clock times")
    );
}

#[test]
fn views_of_a_profile_are_written_beside_the_runs_and_never_over_one_another() {
    let mut bench = Bench::new();
    let lengths = Action::ExportProfile(ProfileView::Lengths);
    assert_eq!(
        bench.app.enabled(&lengths),
        Err("No data are prepared yet.".to_owned())
    );
    bench.tiny(1);
    bench.app.apply(Action::Prepare);
    bench.until("the data", |app| app.fresh_data().is_some());
    let folder = bench.folder.path().join("exports/world-profile");
    for name in ["lengths.csv", "lengths-2.csv"] {
        bench.app.apply(lengths.clone());
        let told = format!("Exported {}.", folder.join(name).display());
        bench.until("the file", |app| {
            app.notices.iter().any(|notice| notice.sentence == told)
        });
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(
            text.starts_with("from_events,to_events,users\n") && text.lines().count() > 1,
            "{text}"
        );
    }
    assert!(
        !bench.app.data.profile.as_ref().unwrap().unseen.is_empty(),
        "the split's questions are counted too"
    );
}

/// The key is one for the whole process; no other test of this binary sets it or needs one.
#[test]
fn a_key_reads_the_log_again_under_its_pseudonyms() {
    let mut bench = Bench::new();
    let path = bench.file("log.csv", "user,item\nann,x\nann,y\nbob,x\n");
    bench.app.apply(Action::OpenData(path));
    bench.edit(|experiment| {
        let DataSource::File(file) = &mut experiment.data.source else {
            panic!("a log was opened")
        };
        file.pseudonyms = Pseudonyms::Users;
    });
    let shown = |bench: &mut Bench, before: &[String]| -> Vec<String> {
        let user = |app: &App| {
            app.data
                .preview
                .ready()
                .map(|preview| preview.rows[0][0].clone())
        };
        let is_new = |app: &App| {
            user(app).is_some_and(|user| user.starts_with("u-") && !before.contains(&user))
        };
        bench.until("the head under another key", is_new);
        user(&bench.app).into_iter().collect()
    };
    let key = |text: &str| Action::SetKey(PseudonymKey::from_text(text).unwrap());
    let drawn = shown(&mut bench, &[]);
    bench.app.apply(key("the first of two long keys"));
    let first = shown(&mut bench, &drawn);
    bench.app.apply(key("the second of two long keys"));
    let second = shown(&mut bench, &first);
    bench.app.apply(key("the first of two long keys"));
    assert_eq!(shown(&mut bench, &second), first);
    assert!(!format!("{:?}", key("the first of two long keys")).contains("first"));
}
