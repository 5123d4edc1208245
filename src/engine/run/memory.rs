//! Memory of a folder of runs, so that reading it again reads only what has changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::listed::CommonParts;
use super::manifest::{self, Manifest};
use super::{RunError, RunId};

/// A file changed so lately is read again in any case: some systems count times in seconds, and
/// would not tell two writes of one second apart.
const TOO_YOUNG: Duration = Duration::from_secs(3);

/// The manifests of one [`super::RunStore`]; clones share what they know.
#[derive(Clone, Debug, Default)]
pub struct RunMemory {
    known: Arc<Mutex<KnownManifests>>,
    /// Parts that runs have in common.
    parts: Arc<CommonParts>,
}

type KnownManifests = BTreeMap<RunId, (ManifestStamp, Arc<Manifest>)>;

/// Time and size by which a file is known to be the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ManifestStamp {
    modified: SystemTime,
    len: u64,
}

impl ManifestStamp {
    /// `None` where the system does not tell, or the file is too young to be sure of.
    fn read(dir: &Path) -> Option<Self> {
        let file = fs::metadata(dir.join(manifest::FILE)).ok()?;
        let modified = file.modified().ok()?;
        let age = SystemTime::now().duration_since(modified).ok()?;
        (age > TOO_YOUNG).then_some(Self {
            modified,
            len: file.len(),
        })
    }
}

impl RunMemory {
    /// The manifest of the run in a folder: as it was read, when the file has not changed since.
    pub(super) fn manifest(&self, id: &RunId, dir: &Path) -> Result<Arc<Manifest>, RunError> {
        // Before the file is read: what is written meanwhile is then noticed the next time.
        let stamp = ManifestStamp::read(dir);
        let known = self.locked(|known| known.get(id).cloned());
        if let Some((_, manifest)) = known.filter(|(read, _)| stamp == Some(*read)) {
            return Ok(manifest);
        }
        let manifest = Arc::new(Manifest::read_listed(dir, &self.parts)?);
        if let Some(stamp) = stamp {
            self.locked(|known| known.insert(id.clone(), (stamp, Arc::clone(&manifest))));
        }
        Ok(manifest)
    }

    /// Forgets all runs but these.
    pub(super) fn keep_only(&self, is_there: impl Fn(&RunId) -> bool) {
        self.locked(|known| known.retain(|id, _| is_there(id)));
        self.parts.forget_unused();
    }

    fn locked<T>(&self, work: impl FnOnce(&mut KnownManifests) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
