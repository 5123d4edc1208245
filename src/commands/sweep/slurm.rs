//! Trials as an array of a Slurm scheduler: a readable job script, and what Slurm says of its tasks.
//!
//! What has come of a trial is asked of its runs; Slurm is asked one thing only, which trials wait or
//! run, so that none is handed out twice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::{Shared, quoted, trial_command, whole};
use seqscope_engine::error::Error;
use seqscope_engine::sweep::SweepFolder;

/// Time in which a command of Slurm must answer; it waits itself for a controller that is away.
const PATIENCE: Duration = Duration::from_mins(2);

/// Seconds before the time limit at which a trial is told to pause. Slurm may send the signal up to a
/// minute early, and a pause waits for a step to end.
const PAUSE_SECS: usize = 90;

/// Longest array where Slurm does not tell its own limit: `MaxArraySize` as it comes.
const MAX_ARRAY: usize = 1001;

/// What Slurm is to give each trial.
#[derive(Debug, clap::Args)]
pub(super) struct SlurmArgs {
    /// Partition, with `--on slurm`; else Slurm's own default
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Time limit of a trial, such as 30 (minutes) or 04:00:00; it pauses shortly before
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Processors of a trial, and so its threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    cpus: u16,
    /// Memory of a trial, such as 4G
    #[arg(long, value_name = "SIZE")]
    mem: Option<String>,
    /// Most trials at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    at_once: Option<u16>,
    /// Another option of `sbatch`, such as gres=gpu:1; may be repeated
    #[arg(long = "slurm", value_name = "OPTION")]
    others: Vec<String>,
}

/// Trials that are handed out as one array.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TrialArray {
    /// What is added to the number of a task to get that of its trial.
    offset: usize,
    /// Numbers of the tasks, in order.
    tasks: Vec<usize>,
}

/// Arrays of trials, each no longer than Slurm takes: a task's number lies below `max_array`.
fn arrays(trials: &[usize], max_array: usize) -> Vec<TrialArray> {
    let most = max_array.saturating_sub(1).max(1);
    let mut by_offset: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &trial in trials {
        let offset = trial.saturating_sub(1) / most * most;
        by_offset.entry(offset).or_default().push(trial - offset);
    }
    let each = by_offset.into_iter();
    each.map(|(offset, tasks)| TrialArray { offset, tasks })
        .collect()
}

/// Numbers in Slurm's way: `1-4,7`.
fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<[usize; 2]> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some(run) if run[1] + 1 == number => run[1] = number,
            _ => runs.push([number, number]),
        }
    }
    let words = runs.iter().map(|[first, last]| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    words.collect::<Vec<_>>().join(",")
}

/// A value of an option in a job script, in quotes where a blank would end it.
fn option(value: &str) -> String {
    if value.contains(char::is_whitespace) {
        format!("\"{value}\"")
    } else {
        value.to_owned()
    }
}

/// The job script of an array.
fn script(
    folder: &SweepFolder,
    shared: &Shared,
    args: &SlurmArgs,
    array: &TrialArray,
) -> Result<String, Error> {
    let limit = args.at_once.map_or_else(String::new, |n| format!("%{n}"));
    let log = whole(&folder.dir().join("slurm"))?.join("%A_%a.txt");
    let mut lines = vec![
        format!(
            "job-name=sweep-{}",
            folder.plan.experiment.name.replace(' ', "-")
        ),
        format!("array={}{limit}", ranges(&array.tasks)),
        format!("cpus-per-task={}", args.cpus),
        // `B:` is the shell, whose place the trial takes by `exec`.
        format!("signal=B:TERM@{PAUSE_SECS}"),
        // Nothing of the submitter's environment is kept on the controller's disk, a key least of all.
        "export=NONE".to_owned(),
        "open-mode=append".to_owned(),
        format!("output={}", option(&log.to_string_lossy())),
    ];
    let named = [
        ("partition", &args.partition),
        ("time", &args.time),
        ("mem", &args.mem),
    ];
    lines.extend(named.into_iter().filter_map(|(name, value)| {
        let value = value.as_ref()?;
        Some(format!("{name}={value}"))
    }));
    lines.extend(
        args.others
            .iter()
            .map(|option| option.trim_start_matches('-').to_owned()),
    );
    let mut text = "#!/bin/sh\n".to_owned();
    for line in lines {
        let _ = writeln!(text, "#SBATCH --{}", line.replace(['\n', '\r'], " "));
    }
    text.push_str("# A job sees every processor of its node: as many threads as it was given.\n");
    text.push_str("export RAYON_NUM_THREADS=$SLURM_CPUS_PER_TASK\n");
    for name in ["SEQSCOPE_DATA", "SEQSCOPE_CACHE"] {
        if let Some(value) = std::env::var_os(name) {
            let _ = writeln!(text, "export {name}={}", quoted(&PathBuf::from(value)));
        }
    }
    let here = std::env::current_dir()?;
    let _ = writeln!(text, "cd {} || exit 1", quoted(&here));
    let number = if array.offset == 0 {
        "$SLURM_ARRAY_TASK_ID".to_owned()
    } else {
        format!("$((SLURM_ARRAY_TASK_ID + {}))", array.offset)
    };
    // Its last word, so that the signal reaches the trial and its exit code is the job's.
    let _ = writeln!(text, "exec {} {number}", trial_command(folder, shared)?);
    Ok(text)
}

/// The job scripts of some trials, as they would be submitted.
pub(super) fn scripts(
    folder: &SweepFolder,
    shared: &Shared,
    args: &SlurmArgs,
    trials: &[usize],
) -> Result<Vec<String>, Error> {
    let all = arrays(trials, MAX_ARRAY);
    all.iter()
        .map(|array| script(folder, shared, args, array))
        .collect()
}

/// Submits some trials; the numbers of Slurm's jobs. A key in the environment would not reach them.
pub(super) fn submit(
    folder: &SweepFolder,
    shared: &Shared,
    args: &SlurmArgs,
    trials: &[usize],
) -> Result<Vec<String>, Error> {
    let dir = folder.dir().join("slurm");
    fs::create_dir_all(&dir)?;
    let mut jobs = Vec::new();
    for array in arrays(trials, max_array()) {
        let path = dir.join(format!("job-{}.sh", array.offset + 1));
        fs::write(&path, script(folder, shared, args, &array)?)?;
        let asked = asked(Command::new("sbatch").arg("--parsable").arg(&path));
        let told = asked.map_err(|why| {
            Error::edge(
                format!("Slurm took no trial of sweep {}: {why}", folder.name),
                format!(
                    "`sinfo` lists partitions and whether they are up; the script is `{}`, and \
                     `seqscope sweep {} --again --on slurm` submits what is not done",
                    path.display(),
                    folder.name
                ),
            )
        })?;
        // `12` or `12;cluster`.
        let id = told.trim().split(';').next().unwrap_or_default().to_owned();
        keep_job(folder, &id, array.offset)?;
        jobs.push(id);
    }
    Ok(jobs)
}

/// Refuses a key that would stay behind: jobs get nothing of the submitter's environment.
pub(super) fn check_key(shared: &Shared) -> Result<(), Error> {
    if shared.key_file.is_none() && std::env::var_os("SEQSCOPE_KEY").is_some() {
        return Err(Error::edge(
            "the key in `SEQSCOPE_KEY` is not handed to a scheduler, which would keep it on its disk",
            "write it to a file that only you may read, and name that: `--key-file FILE`",
        ));
    }
    Ok(())
}

/// `MaxArraySize` of this Slurm.
fn max_array() -> usize {
    let told = asked(Command::new("scontrol").args(["show", "config"])).unwrap_or_default();
    let line = told.lines().find(|line| line.starts_with("MaxArraySize"));
    let number = line.and_then(|line| line.split('=').nth(1)?.trim().parse().ok());
    number.unwrap_or(MAX_ARRAY)
}

/// Writes a job's number down, and what is added to the number of its tasks.
fn keep_job(folder: &SweepFolder, id: &str, offset: usize) -> Result<(), Error> {
    let mut jobs = kept_jobs(folder);
    jobs.insert(id.to_owned(), offset);
    let lines = jobs.iter().map(|(id, offset)| format!("{id} {offset}\n"));
    Ok(fs::write(jobs_file(folder), lines.collect::<String>())?)
}

fn jobs_file(folder: &SweepFolder) -> PathBuf {
    folder.dir().join("slurm").join("jobs.txt")
}

/// Jobs that were submitted, with the offset of their tasks.
fn kept_jobs(folder: &SweepFolder) -> BTreeMap<String, usize> {
    let text = fs::read_to_string(jobs_file(folder)).unwrap_or_default();
    let jobs = text.lines().filter_map(|line| {
        let (id, offset) = line.split_once(' ')?;
        Some((id.to_owned(), offset.parse().ok()?))
    });
    jobs.collect()
}

/// Trials that Slurm has, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct QueuedTrials {
    /// Those that wait.
    pub(super) waiting: Vec<usize>,
    /// Those that run.
    pub(super) running: Vec<usize>,
}

impl QueuedTrials {
    /// What Slurm has, in a sentence.
    pub(super) fn words(&self) -> String {
        let named = |what: &str, trials: &[usize]| {
            if trials.is_empty() {
                format!("none {what}")
            } else {
                format!("{} {what} (trials {})", trials.len(), ranges(trials))
            }
        };
        format!(
            "Slurm: {}, {}.",
            named("waiting", &self.waiting),
            named("running", &self.running)
        )
    }
}

/// Asks Slurm which trials of a sweep wait or run; `None` of a sweep that was never submitted.
///
/// # Errors
/// A sentence where Slurm does not answer.
pub(super) fn queued(folder: &SweepFolder) -> Result<Option<QueuedTrials>, String> {
    let jobs = kept_jobs(folder);
    if jobs.is_empty() {
        return Ok(None);
    }
    let told = asked(Command::new("squeue").args(["--me", "-h", "-r", "-o", "%F %K %t"]))?;
    Ok(Some(read_queue(&told, &jobs)))
}

/// Reads `squeue`'s lines: job, task, state.
fn read_queue(told: &str, jobs: &BTreeMap<String, usize>) -> QueuedTrials {
    let mut queued = QueuedTrials::default();
    for line in told.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [job, task, state] = words.as_slice() else {
            continue;
        };
        let (Some(offset), Ok(task)) = (jobs.get(*job), task.parse::<usize>()) else {
            continue;
        };
        // Pending, requeued and suspended ones wait; all others are at work or on their way out.
        if ["PD", "RQ", "RH", "RD", "S"].contains(state) {
            queued.waiting.push(task + offset);
        } else {
            queued.running.push(task + offset);
        }
    }
    queued.waiting.sort_unstable();
    queued.running.sort_unstable();
    queued
}

/// A file without a name, to be written by a command and then read.
fn answer_file() -> std::io::Result<(File, File)> {
    static N_ASKED: AtomicU32 = AtomicU32::new(0);
    let place = N_ASKED.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("seqscope-{}-{place}", std::process::id()));
    let mut new = OpenOptions::new();
    let file = new.read(true).write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    let written = file.try_clone()?;
    Ok((file, written))
}

/// What a command of Slurm says, within some time.
fn asked(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    // A file, not a pipe: a long queue would fill a pipe that nobody reads while we wait.
    let (mut answer, written) = answer_file().map_err(|e| format!("no temporary file: {e}"))?;
    let started = command
        .stdin(Stdio::null())
        .stdout(written)
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|e| match e.kind() {
        ErrorKind::NotFound => {
            format!("there is no `{name}` here; go to a machine of the cluster, or use `--on list`")
        }
        _ => format!("`{name}` cannot be started: {e}"),
    })?;
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!(
                    "`{name}` did not answer within {} s: the controller may be away",
                    PATIENCE.as_secs()
                ));
            }
            Err(e) => return Err(format!("`{name}` cannot be waited for: {e}")),
        }
    };
    let [mut out, mut err] = [String::new(), String::new()];
    let read = answer
        .rewind()
        .and_then(|()| answer.read_to_string(&mut out));
    read.map_err(|e| format!("the answer of `{name}` cannot be read: {e}"))?;
    if let Some(mut stream) = child.stderr.take() {
        let _ = stream.read_to_string(&mut err);
    }
    if status.success() {
        Ok(out)
    } else {
        let said: Vec<&str> = err
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        Err(format!("`{name}` says: {}", said.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_slurm_reads_them() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3,7,9-10");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn an_array_that_is_too_long_is_split() {
        let all: Vec<usize> = (1..=25).collect();
        // Numbers below 11: 1 to 10.
        let split = arrays(&all, 11);
        let told: Vec<(usize, String)> = split
            .iter()
            .map(|array| (array.offset, ranges(&array.tasks)))
            .collect();
        assert_eq!(
            told,
            [
                (0, "1-10".to_owned()),
                (10, "1-10".to_owned()),
                (20, "1-5".to_owned())
            ]
        );
        let some = arrays(&[3, 10, 11], 11);
        assert_eq!(
            (some[0].tasks.as_slice(), some[1].tasks.as_slice()),
            (&[3, 10][..], &[1][..])
        );
    }

    #[test]
    fn what_slurm_has_is_told_by_trial_and_other_jobs_are_passed_over() {
        let jobs = BTreeMap::from([("12".to_owned(), 0), ("13".to_owned(), 1000)]);
        let told = "12 3 R\n12 5 PD\n13 2 PD\n14 1 R\n12 4 CG\n15 N/A R\n";
        let queued = read_queue(told, &jobs);
        assert_eq!(
            (queued.running.as_slice(), queued.waiting.as_slice()),
            (&[3, 4][..], &[5, 1002][..])
        );
        assert_eq!(
            queued.words(),
            "Slurm: 2 waiting (trials 5,1002), 2 running (trials 3-4)."
        );
    }
}
