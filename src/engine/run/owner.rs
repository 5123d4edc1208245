//! One writer at a time, on folders whose file locks do not reach other machines.
//!
//! An owner file names the host, the process and the moment at which it began, and is touched while
//! its owner works. It appears whole, by a hard link, which exactly one of several can make on a
//! network folder too. One that has not been touched for [`GIVEN_UP`] was left behind by a lost
//! machine and is taken over; if that machine comes back, it finds another's name in the file and
//! leaves without writing more.

use std::fs::{self, File};
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::RunError;
use super::disk::{file_error, read_text, remove_if_there};

/// Age from which the owner of another machine is taken for lost. Between two steps of training it
/// is touched every [`BEAT`], so this is the longest step that anything may take.
const GIVEN_UP: Duration = Duration::from_mins(10);

/// Time between two looks at the file.
const BEAT: Duration = Duration::from_secs(5);

/// Hold on a piece of work; given back when it is dropped.
#[derive(Debug)]
pub struct Ownership {
    path: PathBuf,
    words: String,
    file: File,
    looked: Mutex<Instant>,
}

/// Whoever works on it already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherOwner {
    /// Its host.
    pub host: String,
    /// Its process there.
    pub pid: u32,
}

impl Ownership {
    /// Takes a piece of work whose owner file is `path`; or tells who has it.
    ///
    /// # Errors
    /// [`RunError`] when the file cannot be written.
    pub fn take(path: &Path) -> Result<Result<Self, OtherOwner>, RunError> {
        static N_TAKEN: AtomicU32 = AtomicU32::new(0);
        let place = N_TAKEN.fetch_add(1, Ordering::Relaxed);
        let (host, pid) = (host_name(), std::process::id());
        let began = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let words = format!("{host} {pid} {began} {place}\n");
        let own = path.with_extension(format!("{pid}-{place}-{began}"));
        let written = File::create(&own).and_then(|mut file| {
            file.write_all(words.as_bytes())?;
            file.sync_all()?;
            Ok(file)
        });
        let file = written.map_err(|e| file_error(&own, &e))?;
        let placed = place_link(&own, path);
        // Its name was only there to be linked.
        let removed = remove_if_there(&own);
        match placed? {
            Some(other) => Ok(Err(other)),
            None => {
                removed?;
                Ok(Ok(Self {
                    path: path.to_owned(),
                    words,
                    file,
                    looked: Mutex::new(Instant::now()),
                }))
            }
        }
    }

    /// Touches the file, if that is due; whether the work is still ours.
    pub fn beat(&self) -> bool {
        let Ok(mut looked) = self.looked.lock() else {
            return true;
        };
        if looked.elapsed() < BEAT {
            return true;
        }
        *looked = Instant::now();
        self.look()
    }

    /// Whether the work is still ours; touches the file, which is our own even when another's lies
    /// in its place.
    fn look(&self) -> bool {
        let is_ours = read_text(&self.path).is_ok_and(|words| words == self.words);
        let mut file = &self.file;
        // Through the file that was made at the start: never another's.
        let _ = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(self.words.as_bytes()));
        is_ours
    }
}

impl Drop for Ownership {
    fn drop(&mut self) {
        if read_text(&self.path).is_ok_and(|words| words == self.words) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whoever works on what has this owner file; `None` where nobody does.
#[must_use]
pub fn owner_of(path: &Path) -> Option<OtherOwner> {
    let words = read_text(path).ok()?;
    let is_lost = !is_at_work(&words, age_of(path));
    parsed(&words).filter(|_| !is_lost)
}

/// Links our file to the place of the owner's; who is there where that cannot be.
fn place_link(own: &Path, path: &Path) -> Result<Option<OtherOwner>, RunError> {
    // Twice: once more after a lost owner's file was taken away.
    for _ in 0..2 {
        match fs::hard_link(own, path) {
            Ok(()) => return Ok(None),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(file_error(path, &e)),
        }
        let Ok(words) = read_text(path) else { continue };
        if is_at_work(&words, age_of(path)) {
            return Ok(parsed(&words).or(Some(unknown_owner())));
        }
        let gone = own.with_extension("gone");
        if fs::rename(path, &gone).is_ok() {
            // Another may have taken it over just before: then it is put back.
            if read_text(&gone).is_ok_and(|there| there != words) {
                let _ = fs::hard_link(&gone, path);
            }
            remove_if_there(&gone)?;
        }
    }
    Ok(read_text(path)
        .ok()
        .and_then(|words| parsed(&words))
        .or(Some(unknown_owner())))
}

/// Whether the owner of a file with these words, so old, is at work.
fn is_at_work(words: &str, age: Option<Duration>) -> bool {
    let is_fresh = age.is_none_or(|age| age < GIVEN_UP);
    match parsed(words) {
        // Of this machine the system tells; others are believed for a while.
        Some(owner) if owner.host == host_name() => is_alive(owner.pid).unwrap_or(is_fresh),
        _ => is_fresh,
    }
}

/// Time since a file was last touched, by the clock of this machine.
fn age_of(path: &Path) -> Option<Duration> {
    let touched = fs::metadata(path).and_then(|about| about.modified()).ok()?;
    SystemTime::now().duration_since(touched).ok()
}

/// Whether a process of this machine runs; `None` where the system does not tell.
fn is_alive(pid: u32) -> Option<bool> {
    let processes = Path::new("/proc");
    processes
        .join("self")
        .exists()
        .then(|| processes.join(pid.to_string()).exists())
}

fn parsed(words: &str) -> Option<OtherOwner> {
    let mut words = words.split_whitespace();
    Some(OtherOwner {
        host: words.next()?.to_owned(),
        pid: words.next()?.parse().ok()?,
    })
}

fn unknown_owner() -> OtherOwner {
    OtherOwner {
        host: "another machine".to_owned(),
        pid: 0,
    }
}

fn host_name() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| std::env::var("HOSTNAME").ok());
    let named = named.or_else(|| std::env::var("COMPUTERNAME").ok());
    let name: String = named.unwrap_or_default().split_whitespace().collect();
    if name.is_empty() {
        "here".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_takes_it_and_gives_it_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0001.owner");
        let first = Ownership::take(&path).unwrap().unwrap();
        let second = Ownership::take(&path).unwrap().unwrap_err();
        assert_eq!(second.pid, std::process::id());
        assert_eq!(owner_of(&path), Some(second));
        assert!(first.look());
        drop(first);
        assert_eq!(owner_of(&path), None);
        assert!(Ownership::take(&path).unwrap().is_ok());
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            0,
            "nothing is left"
        );
    }

    #[test]
    fn what_a_dead_process_or_a_lost_machine_left_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0001.owner");
        // No process has this number: Linux goes to 2^22.
        fs::write(&path, format!("{} 99999999 1 0\n", host_name())).unwrap();
        assert_eq!(owner_of(&path), None);
        drop(Ownership::take(&path).unwrap().unwrap());

        fs::write(&path, "n17 12 1 0\n").unwrap();
        let other = Ownership::take(&path).unwrap().unwrap_err();
        assert_eq!(
            (other.host.as_str(), other.pid),
            ("n17", 12),
            "it may be at work"
        );
        let long_ago = SystemTime::now() - GIVEN_UP - Duration::from_secs(1);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        assert!(Ownership::take(&path).unwrap().is_ok());
    }

    #[test]
    fn an_owner_that_was_taken_for_lost_notices_and_touches_no_other_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0001.owner");
        let lost = Ownership::take(&path).unwrap().unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "n17 12 1 0\n").unwrap();
        assert!(!lost.look());
        drop(lost);
        assert_eq!(fs::read_to_string(&path).unwrap(), "n17 12 1 0\n");
    }
}
