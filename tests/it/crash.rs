//! A run that is killed in the middle: nothing of what was finished is lost, and going on equals
//! never having been interrupted.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, TINY, runs_in};

const EPOCHS: usize = 6;

fn experiment() -> String {
    TINY.replace("epochs: 2", &format!("epochs: {EPOCHS}"))
        .replace("n_users: 60", "n_users: 400")
}

/// Kills `seqscope train` once two epochs are on disk; gives the run's name.
fn killed_run(place: &Place) -> String {
    let mut child = place
        .command(&["train", "long.ron", "--runs", "killed"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = wait_for_second_epoch(place, &mut child);
    child.kill().unwrap(); // SIGKILL: nothing of the program runs after it.
    let status = child.wait().unwrap();
    assert_eq!(
        status.code(),
        None,
        "killed while training, not ended before"
    );
    run
}

fn wait_for_second_epoch(place: &Place, child: &mut Child) -> String {
    let end = Instant::now() + Duration::from_mins(2);
    while Instant::now() < end {
        assert!(
            child.try_wait().unwrap().is_none(),
            "ended before it could be killed"
        );
        for run in runs_in(&place.path("killed")) {
            if place
                .path("killed")
                .join(&run)
                .join("epochs/0002.safetensors")
                .exists()
            {
                return run;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    panic!("no second epoch within two minutes");
}

#[test]
fn a_killed_run_is_resumed_to_the_same_numbers() {
    let place = Place::new();
    place.write("long.ron", experiment());
    let whole = place
        .seqscope("train long.ron --runs whole --json")
        .ok()
        .json();
    let run = killed_run(&place);

    // Listed as interrupted, and its series can be read by anything that reads CSV.
    let listed = place.seqscope("runs --runs killed --json").ok().json();
    assert_eq!(listed["runs"][0]["status"], "interrupted");
    let history =
        std::fs::read_to_string(place.path("killed").join(&run).join("history.csv")).unwrap();
    let complete = history.rsplit_once('\n').unwrap().0;
    assert!(
        complete
            .lines()
            .skip(1)
            .all(|line| line.split(',').count() == 5),
        "{history}"
    );
    assert!(
        complete
            .lines()
            .any(|line| line.contains("valid") && line.contains("ndcg@10")),
        "{history}"
    );

    let resumed = place
        .run(&["resume", &run, "--runs", "killed", "--json"])
        .ok()
        .json();
    assert_eq!(resumed["epochs"], EPOCHS);
    for part in ["valid", "test", "references"] {
        assert_eq!(resumed[part], whole[part], "{part}");
    }
    let listed = place.seqscope("runs --runs killed --json").ok().json();
    assert_eq!(listed["runs"][0]["status"], "finished");

    // Not only the best epoch: every loss of every epoch is the same number.
    let whole_run = whole["run"].as_str().unwrap();
    assert_eq!(
        losses(&place, "killed", &run),
        losses(&place, "whole", whole_run)
    );
}

/// `(epoch, part, loss)` lines of a run, as text: bit for bit.
fn losses(place: &Place, runs: &str, run: &str) -> Vec<String> {
    let history = std::fs::read_to_string(place.path(runs).join(run).join("history.csv")).unwrap();
    let losses: Vec<String> = history
        .lines()
        .filter(|line| line.contains(",loss,"))
        .map(str::to_owned)
        .collect();
    assert!(losses.len() >= 2 * EPOCHS, "{history}");
    losses
}

#[test]
#[cfg(unix)]
fn a_polite_stop_keeps_the_best_so_far() {
    let place = Place::new();
    place.write(
        "long.ron",
        experiment().replace(&format!("epochs: {EPOCHS}"), "epochs: 5000, patience: 0"),
    );
    let mut child = place
        .command(&["train", "long.ron", "--runs", "killed", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_second_epoch(&place, &mut child);
    let asked = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(asked.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        told["epochs"].as_u64().unwrap() >= 2 && told["test"]["ndcg@10"].is_f64(),
        "{told}"
    );
    let listed = place.seqscope("runs --runs killed --json").ok().json();
    assert_eq!(listed["runs"][0]["status"], "stopped");
}

/// Everything of the one run of an experiment that no interruption may change.
fn kept(runs: &std::path::Path, run: &str) -> Vec<(String, Vec<u8>)> {
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

/// A way to begin a run that is killed.
struct Beginning {
    name: &'static str,
    args: Vec<String>,
}

fn beginnings(parent: &str) -> [Beginning; 3] {
    let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
    let changed = "train long.ron --at 30:training.lr=0.003 --at 62:model.dropout=0.4 \
                   --at 101:training.lr=0.02";
    let forked = format!("fork {parent} --epoch 2 --set training.lr=0.004 --epochs 3");
    let continued = format!("fork {parent} --set model.dropout=0.3 --epochs 3");
    [
        ("changed", words(changed)),
        ("forked", words(&forked)),
        ("continued", words(&continued)),
    ]
    .map(|(name, args)| Beginning { name, args })
}

/// Kills of runs at random moments.
struct Kills {
    place: Place,
    random: rand_chacha::ChaCha8Rng,
    n: u64,
    /// Those of them that found a run begun.
    n_in_work: u64,
}

impl Kills {
    /// Starts a command and kills it at a random moment of so many seconds; whether it was still at
    /// work.
    fn kill(&mut self, args: &[String], secs: f64) -> bool {
        use rand::RngExt as _;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut child = self
            .place
            .command(&args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let wait = secs * self.random.random_range(0.0..0.9);
        std::thread::sleep(Duration::from_secs_f64(wait));
        let was_at_work = child.try_wait().unwrap().is_none();
        let _ = child.kill();
        was_at_work && child.wait().unwrap().code().is_none()
    }

    /// Begins a run and goes on with it, killed up to four times; then lets it come to its end.
    fn killed_run(&mut self, beginning: &Beginning, secs: f64) -> (std::path::PathBuf, String) {
        let folder = format!("{}-{}", beginning.name, self.n);
        let runs = folder_of(&self.place, &beginning.args, &folder);
        let before = runs_in(&runs);
        let (mut run, mut n_kills): (Option<String>, u64) = (None, 0);
        while run.is_none() || n_kills < 4 {
            let args = match &run {
                None => with_runs(&beginning.args, &folder),
                Some(run) => vec!["resume".to_owned(), words_of(&runs.join(run))],
            };
            let is_killed = self.kill(&args, secs);
            let new = runs_in(&runs).into_iter();
            let new: Vec<String> = new
                .filter(|name| !name.starts_with('.') && !before.contains(name))
                .collect();
            assert!(new.len() <= 1, "{new:?}");
            run = new.into_iter().next();
            if !is_killed {
                break;
            }
            (self.n, n_kills) = (self.n + 1, n_kills + 1);
            if let Some(run) = &run {
                self.n_in_work += 1;
                cut_last_lines(&runs.join(run));
            }
        }
        let run = run.unwrap();
        let resumed = self.place.run(&["resume", &words_of(&runs.join(&run))]);
        assert!(
            resumed.code == 0 || resumed.err.contains("is finished"),
            "{}",
            resumed.err
        );
        (runs, run)
    }
}

fn words_of(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Kills at random moments, and writes that are cut off: whatever is begun, a fork or a run whose
/// settings change while it trains, comes to the same bits. `SEQSCOPE_KILLS=100` tries as many
/// kills, `SEQSCOPE_KILL_SEED` others.
#[test]
fn forks_and_changed_runs_that_are_killed_give_the_same_bits() {
    use rand::SeedableRng as _;
    let number =
        |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (kills, seed) = (number("SEQSCOPE_KILLS", 6), number("SEQSCOPE_KILL_SEED", 1));
    let place = Place::new();
    place.write("long.ron", experiment());
    let trained = place.seqscope("train long.ron --runs parents --json");
    let trained = trained.ok().json();
    let parent = place.path("parents").join(trained["run"].as_str().unwrap());
    let beginnings = beginnings(&words_of(&parent));
    let whole = beginnings.each_ref().map(|beginning| {
        // A fork lies beside its parent.
        let (runs, run, secs) = to_the_end(&place, &beginning.args, "whole");
        (kept(&runs, &run), secs)
    });
    let mut killing = Kills {
        place,
        random: rand_chacha::ChaCha8Rng::seed_from_u64(seed),
        n: 0,
        n_in_work: 0,
    };
    while killing.n < kills {
        for (beginning, (expected, secs)) in beginnings.iter().zip(&whole) {
            let (runs, run) = killing.killed_run(beginning, *secs);
            let (found, n) = (kept(&runs, &run), killing.n);
            let what = format!("{} after {n} kills of seed {seed}", beginning.name);
            let names = |kept: &[(String, Vec<u8>)]| -> Vec<String> {
                kept.iter().map(|(name, _)| name.clone()).collect()
            };
            assert_eq!(names(&found), names(expected), "{what}");
            for ((name, found), (_, expected)) in found.iter().zip(expected) {
                assert!(found == expected, "{what}: {name} differs");
            }
            std::fs::remove_dir_all(runs.join(&run)).unwrap();
        }
    }
    let Kills { n, n_in_work, .. } = killing;
    assert!(n_in_work > 0, "no kill was within a run; take another seed");
    println!("{n} kills, {n_in_work} of them within a run");
}

/// Leaves behind what a write that was cut off leaves: the beginning of a line.
fn cut_last_lines(run: &std::path::Path) {
    use std::io::Write as _;
    for name in ["history.csv", "changes.csv"] {
        let path = run.join(name);
        if path.exists() {
            let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"99").unwrap();
        }
    }
}

/// Folder of the runs that a beginning makes.
fn folder_of(place: &Place, args: &[String], folder: &str) -> std::path::PathBuf {
    let is_fork = args[0] == "fork";
    place.path(if is_fork { "parents" } else { folder })
}

fn with_runs(args: &[String], folder: &str) -> Vec<String> {
    let mut args = args.to_vec();
    if args[0] != "fork" {
        args.extend(["--runs".to_owned(), folder.to_owned()]);
    }
    args
}

/// Does a run without a break; its folder of runs, its name and the seconds that it took.
fn to_the_end(place: &Place, args: &[String], folder: &str) -> (std::path::PathBuf, String, f64) {
    let mut args = with_runs(args, folder);
    args.push("--json".to_owned());
    let began = Instant::now();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let told = place.run(&args).ok().json();
    let secs = began.elapsed().as_secs_f64();
    let runs = folder_of(
        place,
        &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>(),
        folder,
    );
    (runs, told["run"].as_str().unwrap().to_owned(), secs)
}
