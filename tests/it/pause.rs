//! A run that is left at the system's word: it is kept where it is, its test split unread, and
//! going on equals never having stopped.

use std::path::Path;

use seqscope::model::{DeviceInfo, DeviceKind};
use seqscope::run::{Part, RunId, RunOutcome, RunStatus, RunStore};
use seqscope::train::{
    Built, Command, Control, Event, EventKind, Job, Observer, Preparing, StopMode, TrainError,
    run_with,
};

use crate::fake::{Commands, Done, Fake, LEN, Listener, Setup, device};

/// Three epochs of four steps, the best one in the middle.
fn setup() -> Setup {
    let setup = Setup::new(3);
    setup.script().skills = vec![2, 6, 4];
    setup
}

/// Everything of a run that must not depend on interruptions: series, figures, weights, answers.
pub(crate) fn kept(store: &RunStore, id: &RunId) -> (Vec<String>, Vec<Vec<u8>>, String) {
    let points = store.history(id).unwrap().points;
    let no_times = points
        .iter()
        .filter(|point| !["events_per_sec", "secs"].contains(&point.metric.as_str()));
    let bits = |value: f64| value.to_bits();
    let series = no_times
        .map(|p| {
            format!(
                "{} {} {} {} {}",
                p.step,
                p.epoch,
                p.part,
                p.metric,
                bits(p.value)
            )
        })
        .collect();
    let weights = store
        .epochs(id)
        .unwrap()
        .into_iter()
        .map(|epoch| store.epoch_weights(id, epoch));
    let weights = weights
        .chain([store.best_weights(id)])
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    let manifest = store.manifest(id).unwrap();
    let results = [Part::Valid, Part::Test].map(|part| store.results(id, part).unwrap());
    let figures = format!(
        "{} {:?} {:?} {:?} {:?} {:?} {results:?}",
        manifest.epochs,
        manifest.best_epoch,
        manifest.valid,
        manifest.test,
        manifest.outcome,
        manifest.pause
    );
    (series, weights, figures)
}

fn states(store: &RunStore, id: &RunId) -> Vec<String> {
    let names = std::fs::read_dir(store.dir(id).join("epochs")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut states: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|e| e == "state"))
        .collect();
    states.sort();
    states
}

fn assert_left(setup: &Setup, done: &Done) {
    let store = setup.store();
    assert_eq!((&done.ended.outcome, &done.ended.test), (&None, &None));
    assert!(done.ended.pause.is_some());
    assert_eq!(store.status(&done.id).unwrap(), RunStatus::Paused);
    assert_eq!(store.results(&done.id, Part::Test).unwrap(), None);
    assert!(
        store
            .history(&done.id)
            .unwrap()
            .points
            .iter()
            .all(|point| point.part != Part::Test)
    );
    assert!(
        setup
            .script()
            .scored
            .iter()
            .all(|(_, row)| row.len() < LEN - 1),
        "the test split was not read"
    );
    assert!(matches!(
        done.events.last().map(|event| &event.kind),
        Some(EventKind::Ended(_))
    ));
}

#[test]
fn a_run_left_at_any_moment_goes_on_to_the_same_numbers() {
    let mut whole = setup();
    let done = whole.run();
    let expected = kept(&whole.store(), &done.id);
    let mut n_left = 0;
    for moment in 1..40 {
        let mut setup = setup();
        setup.commands = Commands::at(moment, Command::Pause);
        let left = setup.run();
        if left.ended.outcome == Some(RunOutcome::Finished) {
            // The word came after its end, or while the test split was read.
            assert_eq!(kept(&setup.store(), &left.id), expected, "moment {moment}");
            continue;
        }
        n_left += 1;
        assert_left(&setup, &left);
        // Left again, before the epoch is whole; then once more at the same step.
        for again in [2, 1] {
            setup.resume = Some(left.id.clone());
            setup.commands = Commands::at(again, Command::Pause);
            let left = setup.run();
            if left.ended.outcome.is_none() {
                assert_left(&setup, &left);
                assert!(
                    states(&setup.store(), &left.id).len() <= 2,
                    "{:?}",
                    states(&setup.store(), &left.id)
                );
            }
            if left.ended.outcome == Some(RunOutcome::Finished) {
                break;
            }
        }
        if setup.store().status(&left.id).unwrap() == RunStatus::Paused {
            setup.commands = Commands::default();
            setup.run();
        }
        assert_eq!(kept(&setup.store(), &left.id), expected, "moment {moment}");
        let tested = setup
            .script()
            .scored
            .iter()
            .filter(|(_, row)| row.len() == LEN - 1)
            .count();
        assert_eq!(
            tested,
            2 * crate::fake::N_USERS,
            "moment {moment}: each user once for the rank and for the list"
        );
        assert_eq!(
            states(&setup.store(), &left.id),
            ["0003.state"],
            "moment {moment}"
        );
        let problems = setup.store().manifest(&left.id).unwrap().problems;
        assert!(
            problems
                .iter()
                .all(|problem| !problem.sentence().contains("test split was read")),
            "{problems:?}"
        );
    }
    // Three epochs of four steps, a look each at validation, and one before the test split.
    assert_eq!(n_left, 16);
}

#[test]
fn a_killed_run_that_was_paused_before_goes_on_from_there() {
    let mut whole = setup();
    let done = whole.run();
    let mut setup = setup();
    setup.commands = Commands::at(8, Command::Pause);
    let left = setup.run();
    assert_eq!(
        left.ended.pause.map(|pause| (pause.epoch, pause.step)),
        Some((2, 3))
    );
    // A kill while it goes on leaves manifest and states as they are.
    setup.resume = Some(left.id.clone());
    setup.commands = Commands::default();
    setup.script().panic_at = Some(7);
    let failed = setup.run();
    assert!(matches!(
        failed.ended.outcome,
        Some(RunOutcome::Failed { .. })
    ));
    let resumed = setup.run();
    assert_eq!(resumed.ended.outcome, Some(RunOutcome::Finished));
    assert_eq!(
        kept(&setup.store(), &left.id),
        kept(&whole.store(), &done.id)
    );
}

#[test]
fn a_gpu_is_left_only_where_its_sums_have_been_read_back() {
    let run = |setup: &mut Setup| {
        let script = setup.script.clone();
        let gpu = DeviceInfo {
            kind: DeviceKind::Gpu,
            ..device()
        };
        let build = move |_: &_, plan: &seqscope::model::Blueprint| {
            Ok(Built {
                model: Box::new(Fake::new(script.clone(), plan.shape.n_items)),
                device: gpu.clone(),
            })
        };
        let job = Job {
            experiment: setup.experiment.clone(),
            store: setup.store(),
            prepared: Some(setup.prepared.clone()),
            resume: setup.resume.clone(),
        };
        run_with(job, &build, &mut setup.commands, &mut Listener::default()).unwrap()
    };
    // 40 steps an epoch, read back after 1, 16, 32 and 40.
    let new = || {
        let mut setup = setup();
        setup.experiment.training.batch_size = 1;
        setup.script().steps_per_epoch = 40;
        setup
    };
    let mut whole = new();
    let (id, _) = run(&mut whole);
    for (moment, step) in [(1, 1), (2, 16), (16, 16), (17, 32), (39, 40), (41, 40)] {
        let mut setup = new();
        setup.commands = Commands::at(moment, Command::Pause);
        let (left, ended) = run(&mut setup);
        assert_eq!(
            ended.pause.map(|pause| (pause.epoch, pause.step)),
            Some((1, step)),
            "moment {moment}"
        );
        (setup.resume, setup.commands) = (Some(left.clone()), Commands::default());
        run(&mut setup);
        assert_eq!(
            kept(&setup.store(), &left),
            kept(&whole.store(), &id),
            "moment {moment}"
        );
    }
}

/// Asks for the end once the references are being fitted, and keeps what is said of them.
#[derive(Default)]
struct Impatient {
    is_patient: bool,
}

impl Control for Impatient {
    fn poll(&mut self) -> Option<Command> {
        None
    }

    fn wait(&mut self, _: std::time::Duration) -> Option<Command> {
        None
    }

    fn early(&mut self) -> Option<Command> {
        (!self.is_patient).then_some(Command::Stop(StopMode::Keep))
    }
}

#[derive(Default)]
struct Told(Vec<Preparing>);

impl Observer for Told {
    fn observe(&mut self, _: &Event) -> Result<(), TrainError> {
        Ok(())
    }

    fn preparing(&mut self, references: &Preparing) {
        self.0.push(references.clone());
    }
}

#[test]
fn the_fitting_of_references_is_told_and_can_be_stopped() {
    let setup = setup();
    for is_patient in [true, false] {
        let mut told = Told::default();
        let job = Job {
            experiment: setup.experiment.clone(),
            store: setup.store(),
            prepared: Some(setup.prepared.clone()),
            resume: None,
        };
        let done = run_with(
            job,
            &setup.build(),
            &mut Impatient { is_patient },
            &mut told,
        );
        let first = told.0.first().expect("something is said");
        assert!(
            first.n_all >= 10 && !first.is_judged && first.share() < 0.5,
            "{first:?}"
        );
        if is_patient {
            done.unwrap();
            let last = told.0.last().unwrap();
            assert!(last.is_judged && last.share() >= 0.5, "{last:?}");
            assert!(
                last.to_string()
                    .starts_with("Judging references on validation: "),
                "{last}"
            );
        } else {
            assert!(matches!(done, Err(TrainError::Cancelled)), "{done:?}");
            assert_eq!(
                setup.store().list().unwrap().len(),
                1,
                "only the run before"
            );
        }
    }
}

#[test]
fn a_test_split_that_is_being_read_is_read_to_its_end() {
    let mut setup = setup();
    // After 12 steps, 3 looks at validation and the one before the test split.
    setup.commands = Commands::at(17, Command::Pause);
    let done = setup.run();
    assert_eq!(done.ended.outcome, Some(RunOutcome::Finished));
    assert!(done.ended.test.is_some() && done.ended.pause.is_none());
    let log = std::fs::read_to_string(setup.dir(&done.id).join("log.txt")).unwrap();
    assert!(log.contains("so the run goes to its end"), "{log}");
}

#[cfg(unix)]
mod signals {
    use std::path::PathBuf;
    use std::process::{Child, Stdio};
    use std::time::{Duration, Instant};

    use rand::{RngExt, SeedableRng};

    use crate::place::{Place, TINY, runs_in};

    const EPOCHS: usize = 4;

    fn experiment() -> String {
        TINY.replace("epochs: 2", &format!("epochs: {EPOCHS}"))
            .replace("n_users: 60", "n_users: 300")
    }

    fn start(place: &Place, args: &[&str]) -> Child {
        place
            .command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn send(signal: &str, child: &Child) {
        let sent = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .output()
            .unwrap();
        // A process that has just ended hears nothing.
        assert!(
            sent.status.success()
                || String::from_utf8_lossy(&sent.stderr).contains("No such process")
        );
    }

    /// Exit code and standard error.
    fn end(child: Child) -> (Option<i32>, String) {
        let output = child.wait_with_output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// Names and bytes of all weights and answers of the one run in a folder, and its series
    /// without times.
    fn kept(runs: &std::path::Path) -> Vec<(String, Vec<u8>)> {
        let names = runs_in(runs);
        let [run] = names.as_slice() else {
            panic!("one run, not {names:?}")
        };
        let mut kept = Vec::new();
        for folder in ["epochs", "results"] {
            let folder = runs.join(run).join(folder);
            for name in runs_in(&folder) {
                kept.push((name.clone(), std::fs::read(folder.join(name)).unwrap()));
            }
        }
        let history = std::fs::read_to_string(runs.join(run).join("history.csv")).unwrap();
        let no_times: String = history
            .lines()
            .filter(|line| !line.contains(",secs,") && !line.contains("events_per_sec"))
            .flat_map(|line| [line, "\n"])
            .collect();
        kept.push(("history.csv".to_owned(), no_times.into_bytes()));
        kept
    }

    fn assert_same(found: &[(String, Vec<u8>)], expected: &[(String, Vec<u8>)], what: &str) {
        let names = |kept: &[(String, Vec<u8>)]| {
            kept.iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(found), names(expected), "{what}");
        for ((name, found), (_, expected)) in found.iter().zip(expected) {
            assert!(found == expected, "{what}: {name} differs");
        }
    }

    /// `SEQSCOPE_SIGTERM_TIMES=20` tries as many moments, `SEQSCOPE_SIGTERM_SEED` others.
    #[test]
    fn sigterm_at_a_random_moment_pauses_and_going_on_gives_the_same_weights() {
        let number = |name: &str, usual: u64| {
            std::env::var(name).map_or(usual, |text| text.parse().unwrap())
        };
        let (times, seed) = (
            number("SEQSCOPE_SIGTERM_TIMES", 3),
            number("SEQSCOPE_SIGTERM_SEED", 1),
        );
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let place = Place::new();
        place.write("long.ron", experiment());
        let began = Instant::now();
        place.seqscope("train long.ron --runs whole").ok();
        let whole_secs = began.elapsed().as_secs_f64();
        let expected = kept(&place.path("whole"));

        let (mut n_paused, mut n_within) = (0, 0);
        for time in 0..times {
            let runs = format!("runs-{time}");
            let folder = place.path(&runs);
            let mut run: Option<String> = None;
            // It may be asked to leave several times before it ends.
            loop {
                let child = match &run {
                    None => start(&place, &["train", "long.ron", "--runs", &runs]),
                    Some(run) => start(&place, &["resume", run, "--runs", &runs]),
                };
                std::thread::sleep(Duration::from_secs_f64(
                    whole_secs * random.random_range(0.0..1.1),
                ));
                send("-TERM", &child);
                let (code, said) = end(child);
                let names = runs_in(&folder);
                match code {
                    Some(0) => break,
                    // Before it listens the system's own way holds: nothing is kept.
                    None => assert!(run.is_some() || names.is_empty(), "{names:?}"),
                    code => {
                        assert_eq!(code, Some(75), "{said}");
                        assert!(!said.contains("error"), "{said}");
                    }
                }
                if let [name] = names.as_slice() {
                    let manifest =
                        std::fs::read_to_string(folder.join(name).join("manifest.ron")).unwrap();
                    assert!(
                        !folder.join(name).join("results/test.parquet").exists()
                            && !manifest.contains("\n    test:")
                    );
                    let history =
                        std::fs::read_to_string(folder.join(name).join("history.csv")).unwrap();
                    assert!(!history.contains(",test,"), "{history}");
                    if code == Some(75) && said.contains("is paused") {
                        n_paused += 1;
                        n_within += usize::from(said.contains("paused after step"));
                        let listed = place
                            .seqscope(&format!("runs --runs {runs} --json"))
                            .ok()
                            .json();
                        assert_eq!(listed["runs"][0]["status"], "paused");
                    }
                    run = Some(name.clone());
                }
            }
            assert_same(
                &kept(&folder),
                &expected,
                &format!("time {time} of seed {seed}"),
            );
            let manifest =
                std::fs::read_to_string(folder.join(&runs_in(&folder)[0]).join("manifest.ron"))
                    .unwrap();
            assert!(
                !manifest.contains("test split was read"),
                "the test split was read once: {manifest}"
            );
        }
        assert!(
            n_paused > 0,
            "no moment of {times} was within a training; take another seed"
        );
        writeln!(
            std::io::stderr(),
            "{times} times: paused {n_paused} times, {n_within} of them within an epoch"
        )
        .unwrap();
    }

    use std::io::Write as _;

    /// Starts an endless training and waits for its first epoch.
    fn training(place: &Place, runs: &str) -> (Child, PathBuf) {
        place.write(
            "endless.ron",
            experiment().replace(&format!("epochs: {EPOCHS}"), "epochs: 5000, patience: 0"),
        );
        let mut child = start(place, &["train", "endless.ron", "--runs", runs]);
        let until = Instant::now() + Duration::from_mins(2);
        while Instant::now() < until {
            assert!(
                child.try_wait().unwrap().is_none(),
                "ended before it was asked to"
            );
            for run in runs_in(&place.path(runs)) {
                let folder = place.path(runs).join(&run);
                if folder.join("epochs/0001.safetensors").exists() {
                    return (child, folder);
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        let ended = child.wait();
        panic!("no epoch within two minutes: {ended:?}");
    }

    /// Whether these tests, and so the programs that they start, were told to outlive their terminal.
    fn is_hangup_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        ignored.is_some_and(|bits| {
            u64::from_str_radix(bits.trim(), 16).is_ok_and(|bits| bits & 1 == 1)
        })
    }

    #[test]
    fn a_closed_terminal_pauses_and_a_repeated_sigterm_says_nothing_new() {
        for signals in [&["-HUP"] as &[&str], &["-TERM", "-TERM", "-HUP"]] {
            if signals == ["-HUP"] && is_hangup_ignored() {
                println!("started by nohup, so that a closed terminal means nothing");
                continue;
            }
            let place = Place::new();
            let (child, folder) = training(&place, "runs");
            for signal in signals {
                send(signal, &child);
            }
            let (code, said) = end(child);
            assert_eq!(code, Some(75), "{said}");
            assert!(
                said.contains("is paused") && said.contains("`seqscope resume "),
                "{said}"
            );
            assert!(!folder.join("results/test.parquet").exists());
        }
    }

    #[test]
    fn a_training_that_shall_not_hear_of_a_closed_terminal_goes_on() {
        let place = Place::new();
        place.write("long.ron", experiment());
        let seqscope = env!("CARGO_BIN_EXE_seqscope");
        let line = format!("trap '' HUP; exec {seqscope} train long.ron --runs runs");
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", &line])
            .current_dir(place.path(""))
            .env("SEQSCOPE_CACHE", "off");
        let child = shell
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_mins(2);
        while runs_in(&place.path("runs")).is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        send("-HUP", &child);
        let (code, said) = end(child);
        assert_eq!(code, Some(0), "{said}");
        let listed = place.seqscope("runs --runs runs --json").ok().json();
        assert_eq!(listed["runs"][0]["status"], "finished");
    }

    #[test]
    fn a_word_of_the_system_before_training_begins_leaves_nothing() {
        let place = Place::new();
        // A log that takes a while to read: what is not regular gets no fast way.
        let mut log = String::from("user,item,time\n");
        for n in 0..600_000_u64 {
            log += &format!(
                "u{},i{},{}\n",
                n * 7919 % 50_021,
                n * 104_729 % 20_011,
                1_600_000_000 + n
            );
        }
        place.write("log.csv", log);
        place.write(
            "slow.ron",
            TINY.replace(
                "World(n_users: 60, n_items: 20, mean_len: 10)",
                "File(path: \"log.csv\")",
            ),
        );
        let child = start(&place, &["train", "slow.ron", "--runs", "runs"]);
        std::thread::sleep(Duration::from_millis(600));
        assert!(
            runs_in(&place.path("runs")).is_empty(),
            "the log is still being read"
        );
        send("-TERM", &child);
        let (code, said) = end(child);
        assert_eq!(code, Some(75), "{said}");
        assert!(
            said.contains("nothing to keep yet, start it again"),
            "{said}"
        );
        assert!(runs_in(&place.path("runs")).is_empty());
    }

    #[test]
    fn the_help_says_which_word_means_what() {
        let place = Place::new();
        for command in ["train", "resume"] {
            let help = place.seqscope(&format!("{command} --help")).ok().out;
            for word in [
                "Ctrl-C stops",
                "SIGTERM",
                "SIGHUP",
                "75",
                "seqscope resume RUN",
            ] {
                assert!(help.contains(word), "`{word}` in {help}");
            }
        }
    }
}

#[test]
fn a_folder_tells_in_which_epoch_its_run_was_held_left_and_resumed() {
    use seqscope::run::{BreakKind, TrainingBreak};
    // The epoch in work at an event, counted by those that were judged before it.
    let in_work = |done: &Done, name: &str| {
        let story = done.story();
        let before = story.iter().take_while(|event| *event != name);
        1 + before
            .filter(|event| event.starts_with("evaluated"))
            .count()
    };
    let mut held = setup();
    held.commands = Commands::at(6, Command::Hold);
    let done = held.run();
    let epoch = in_work(&done, "paused");
    assert!(epoch > 0 && done.story().contains(&"resumed".to_owned()));
    let told = [BreakKind::Held, BreakKind::WentOn].map(|kind| TrainingBreak { epoch, kind });
    assert_eq!(held.store().breaks(&done.id).unwrap(), told);

    let mut left = setup();
    left.commands = Commands::at(6, Command::Pause);
    let done = left.run();
    assert!(done.ended.pause.is_some());
    let epoch = in_work(&done, "ended");
    (left.commands, left.resume) = (Commands::default(), Some(done.id.clone()));
    assert_eq!(left.run().ended.outcome, Some(RunOutcome::Finished));
    let told = [BreakKind::Left, BreakKind::Resumed].map(|kind| TrainingBreak { epoch, kind });
    assert_eq!(left.store().breaks(&done.id).unwrap(), told);
}
