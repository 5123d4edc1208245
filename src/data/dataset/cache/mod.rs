//! Logs that were opened before, kept as they were coded: the second opening reads no text.
//!
//! A copy is known by what went into it: the bytes of every file that the settings name, the
//! settings themselves, and the program that read them. So a changed file is a new log, and a
//! newer program reads every log anew. Whatever is wrong with a copy, the log is opened without it.

mod file;
mod key;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::split::Cuts;
use super::{Dataset, SplitSpec};
use crate::dataset::DataSpec;
use crate::error::DataError;
use crate::load_progress::LoadProgress;
pub(super) use key::CacheKey;

/// The folder in which copies are kept, or `off`. By default: the user's folder for caches.
const VARIABLE: &str = "SEQSCOPE_CACHE";

/// Smaller logs are read faster than anyone can look.
const LEAST_BYTES: u64 = 4 << 20;

/// How much all copies may take together; the ones not used for longest go first.
const MOST_BYTES: u64 = 8 << 30;

/// How a copy is called, behind its key.
const ENDING: &str = "seqscope-log";

/// Folder of the copies, and the sizes of logs of which copies are kept.
pub(super) struct Cache {
    folder: PathBuf,
    least_bytes: u64,
    most_bytes: u64,
}

impl Cache {
    /// The user's; `None` where there is no place for it, or none is wanted.
    pub(super) fn of_user() -> Option<Self> {
        // Copies hold numbers as this processor writes them.
        if cfg!(target_endian = "big") {
            return None;
        }
        let folder = match std::env::var_os(VARIABLE).filter(|said| !said.is_empty()) {
            Some(said) if said == "off" => return None,
            Some(said) => PathBuf::from(said),
            None => dirs::cache_dir()?.join("seqscope").join("logs"),
        };
        Some(Self {
            folder,
            least_bytes: LEAST_BYTES,
            most_bytes: MOST_BYTES,
        })
    }

    /// Returns the key that a log would be kept under; `None` for a world, for a small log, for one
    /// with hidden ids, free columns or joined tables, and where a file cannot be read: opening it
    /// will say why.
    pub(super) fn key(
        &self,
        data: &DataSpec,
        split: SplitSpec,
        progress: &dyn LoadProgress,
    ) -> Result<Option<CacheKey>, DataError> {
        CacheKey::of_log(data, split, self.least_bytes, progress)
    }

    /// The log kept under a key, and where its split cuts it in time.
    pub(super) fn load(&self, key: &CacheKey) -> Option<(Dataset, Option<Cuts>)> {
        let path = self.path(key);
        let found = file::read(&path)?;
        // So that it counts as used; where that fails it will go a little earlier.
        let _ = File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        Some(found)
    }

    /// Keeps a log. A copy that cannot be written only costs time at the next opening.
    pub(super) fn save(&self, key: &CacheKey, dataset: &Dataset, cuts: Option<Cuts>) {
        let path = self.path(key);
        if key.still_holds()
            && make_private(&self.folder).is_ok()
            && file::write(&path, dataset, cuts).is_ok()
        {
            self.sweep(&path);
        }
    }

    fn path(&self, key: &CacheKey) -> PathBuf {
        self.folder.join(format!("{}.{ENDING}", key.digits()))
    }

    /// Deletes the copies that were not used for longest until the others fit; `newest` stays.
    fn sweep(&self, newest: &Path) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut copies: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let metadata = path
                    .extension()
                    .filter(|ending| *ending == ENDING)
                    .and_then(|_| path.metadata().ok())?;
                Some((metadata.modified().ok()?, metadata.len(), path))
            })
            .collect();
        copies.sort();
        let mut n_bytes: u64 = copies.iter().map(|(_, n_bytes, _)| n_bytes).sum();
        for (_, n, path) in copies {
            if n_bytes <= self.most_bytes {
                return;
            }
            if path != newest && fs::remove_file(&path).is_ok() {
                n_bytes -= n;
            }
        }
    }
}

/// Makes a folder that only its owner can look into: copies hold ids as they stand in the log.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::dataset::read;
    use crate::log::{DataSource, FileSpec, Pseudonyms, TitleSpec};

    /// A log with titles, and the settings that open it.
    fn log(folder: &Path) -> DataSpec {
        let (path, titles) = (folder.join("log.csv"), folder.join("titles.csv"));
        let mut rows = "user_id,item_id,timestamp,behavior,rating,session_id,lat,lon\n".to_owned();
        for row in 0..400 {
            let (user, item, time) = (row % 23, row * row % 31, 1_600_000_000 + 97 * row);
            // Between the seconds.
            let time = format!("{time}.{:03}", row * 7 % 1_000);
            let (kind, degrees) = (["view", "buy"][row % 2], row % 90);
            writeln!(
                rows,
                "u{user},i{item},{time},{kind},{},s{},{degrees},-{degrees}.5",
                row % 5,
                row / 9
            )
            .unwrap();
        }
        fs::write(&path, rows).unwrap();
        fs::write(&titles, "item_id,title\ni0,nought\ni1,the first\n").unwrap();
        let titles = Some(TitleSpec {
            path: titles,
            ..TitleSpec::default()
        });
        DataSpec {
            source: DataSource::File(FileSpec {
                path,
                titles,
                ..FileSpec::default()
            }),
            ..DataSpec::default()
        }
    }

    fn cache(folder: &Path) -> Cache {
        Cache {
            folder: folder.join("copies"),
            least_bytes: 0,
            most_bytes: MOST_BYTES,
        }
    }

    fn key(cache: &Cache, data: &DataSpec, split: SplitSpec) -> CacheKey {
        cache
            .key(data, split, &AtomicBool::new(false))
            .unwrap()
            .unwrap()
    }

    #[test]
    fn a_copy_is_the_log_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (data, cache) = (log(folder.path()), cache(folder.path()));
        let key = key(&cache, &data, SplitSpec::LeaveOneOut);
        assert!(cache.load(&key).is_none());
        let dataset = read(&data, &AtomicBool::new(false)).unwrap();
        assert!(dataset.sequences.value.is_some() && dataset.item_label(1) == "nought");
        assert!(
            dataset.sequences.micros.is_some(),
            "times lie between the seconds"
        );
        assert!(dataset.sequences.session_idx.is_some() && dataset.sequences.longitude.is_some());
        let cuts = Cuts {
            valid_from: -5,
            test_from: 7,
            test_until: Some(9),
        };
        for cuts in [None, Some(cuts)] {
            cache.save(&key, &dataset, cuts);
            assert_eq!(cache.load(&key), Some((dataset.clone(), cuts)));
        }
    }

    #[test]
    fn what_goes_into_a_log_tells_it_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let (data, cache) = (log(folder.path()), cache(folder.path()));
        let temporal = SplitSpec::GlobalTemporal {
            valid_fraction: 0.1,
            test_fraction: 0.1,
        };
        let first = key(&cache, &data, SplitSpec::LeaveOneOut);
        assert_eq!(
            first.digits(),
            key(&cache, &data, SplitSpec::LeaveOneOut).digits()
        );
        let mut others = vec![key(&cache, &data, temporal)];
        let mut cleaned = data.clone();
        cleaned.clean.min_user_events = 5;
        others.push(key(&cache, &cleaned, SplitSpec::LeaveOneOut));
        let titles = folder.path().join("titles.csv");
        fs::write(&titles, "item_id,title\ni0,zero\ni1,the first\n").unwrap();
        others.push(key(&cache, &data, SplitSpec::LeaveOneOut));
        assert!(
            !first.still_holds(),
            "the table of titles was written again"
        );
        // A database's last changes may lie beside it.
        let wal = folder.path().join("log.csv-wal");
        fs::write(&wal, "").unwrap();
        assert!(
            cache
                .key(&data, temporal, &AtomicBool::new(false))
                .unwrap()
                .is_none()
        );
        fs::remove_file(wal).unwrap();
        // A byte of the same file at the same length.
        let path = folder.path().join("log.csv");
        fs::write(
            &path,
            fs::read_to_string(&path).unwrap().replacen("u7,", "u8,", 1),
        )
        .unwrap();
        others.push(key(&cache, &data, SplitSpec::LeaveOneOut));
        let mut all: Vec<String> = others
            .iter()
            .map(CacheKey::digits)
            .chain([first.digits()])
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
    }

    #[test]
    fn a_damaged_copy_is_no_copy() {
        let folder = tempfile::tempdir().unwrap();
        let (data, cache) = (log(folder.path()), cache(folder.path()));
        let key = key(&cache, &data, SplitSpec::LeaveOneOut);
        let dataset = read(&data, &AtomicBool::new(false)).unwrap();
        cache.save(&key, &dataset, None);
        let path = cache.path(&key);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(101).chain([whole.len() - 1]) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x11;
            fs::write(&path, damaged).unwrap();
            assert!(cache.load(&key).is_none(), "byte {at}");
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(cache.load(&key).is_none());
        fs::write(&path, &whole).unwrap();
        assert!(cache.load(&key).is_some());
    }

    #[test]
    fn the_copies_not_used_for_longest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let data = log(folder.path());
        let mut cache = cache(folder.path());
        let dataset = read(&data, &AtomicBool::new(false)).unwrap();
        let mut keys = Vec::new();
        for n in 1..=3 {
            let mut data = data.clone();
            data.clean.min_item_events = n;
            let key = key(&cache, &data, SplitSpec::LeaveOneOut);
            cache.save(&key, &dataset, None);
            let file = File::options().append(true).open(cache.path(&key)).unwrap();
            file.set_modified(
                SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000 * n as u64),
            )
            .unwrap();
            keys.push(key);
        }
        // The first one is used again, so the second one is the oldest.
        assert!(cache.load(&keys[0]).is_some());
        cache.most_bytes = 2 * cache.path(&keys[0]).metadata().unwrap().len();
        cache.sweep(Path::new("none"));
        assert_eq!(
            keys.iter()
                .map(|key| cache.path(key).exists())
                .collect::<Vec<_>>(),
            [true, false, true]
        );
        cache.most_bytes = 0;
        cache.sweep(&cache.path(&keys[2]));
        assert_eq!(
            keys.iter()
                .map(|key| cache.path(key).exists())
                .collect::<Vec<_>>(),
            [false, false, true]
        );
    }

    #[test]
    fn small_logs_worlds_and_hidden_ids_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = log(folder.path());
        let cache = Cache {
            least_bytes: LEAST_BYTES,
            ..cache(folder.path())
        };
        let key_of = |cache: &Cache, data: &DataSpec| {
            cache
                .key(data, SplitSpec::LeaveOneOut, &AtomicBool::new(false))
                .unwrap()
        };
        for data in [&data, &DataSpec::default()] {
            assert!(key_of(&cache, data).is_none());
        }
        let mut hidden = data;
        let cache = Cache {
            least_bytes: 0,
            ..cache
        };
        assert!(key_of(&cache, &hidden).is_some());
        if let DataSource::File(file) = &mut hidden.source {
            file.pseudonyms = Pseudonyms::Users;
        }
        assert!(key_of(&cache, &hidden).is_none());
    }
}
