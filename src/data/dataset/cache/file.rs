//! A copy on disk: a line of JSON with all that is small, then the columns as the processor holds
//! them, each with its hash. No format for tables is read as quickly.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytemuck::{NoUninit, Pod};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::dataset::split::Cuts;
use crate::dataset::{Dataset, Sequences};
use crate::log::{DataReport, Vocab};
use seqscope_base::spec::write_whole;

/// All that is small.
#[derive(Serialize, Deserialize)]
struct CacheHeader {
    name: String,
    fingerprint: String,
    titles: Vec<String>,
    report: DataReport,
    cuts: Option<Cuts>,
    /// Columns in their order; `None` for one that the log does not have.
    columns: Vec<Option<Stored>>,
}

/// A column as it lies in the file.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Stored {
    n_bytes: u64,
    hash: u64,
}

/// Writes a copy whole or not at all.
pub(super) fn write(path: &Path, dataset: &Dataset, cuts: Option<Cuts>) -> io::Result<()> {
    // Reading names every field, so that a new one cannot be forgotten.
    let Dataset {
        name,
        fingerprint,
        users,
        items,
        behaviours,
        sequences,
        titles,
        report,
        ..
    } = dataset;
    let Dataset {
        item_columns,
        user_columns,
        ..
    } = dataset;
    let Sequences {
        offsets,
        item_idx,
        time_secs,
        micros,
        behaviour_idx,
        value,
        ..
    } = sequences;
    let Sequences {
        session_idx,
        latitude,
        longitude,
        free,
        ..
    } = sequences;
    if !free.is_empty() || !item_columns.is_empty() || !user_columns.is_empty() {
        return Err(io::Error::other(
            "logs with free columns or joined tables are not kept",
        ));
    }
    let ends = [users, items, behaviours].map(|vocab| as_u64(vocab.parts().1));
    let offsets = as_u64(offsets);
    let columns: [Option<&[u8]>; N_COLUMNS] = [
        Some(users.parts().0.as_bytes()),
        Some(bytes(&ends[0])),
        Some(items.parts().0.as_bytes()),
        Some(bytes(&ends[1])),
        Some(behaviours.parts().0.as_bytes()),
        Some(bytes(&ends[2])),
        Some(bytes(&offsets)),
        Some(bytes(item_idx)),
        time_secs.as_deref().map(bytes),
        behaviour_idx.as_deref().map(bytes),
        value.as_deref().map(bytes),
        session_idx.as_deref().map(bytes),
        latitude.as_deref().map(bytes),
        longitude.as_deref().map(bytes),
        micros.as_deref().map(bytes),
    ];
    let head = CacheHeader {
        name: name.clone(),
        fingerprint: fingerprint.clone(),
        titles: titles.clone(),
        report: report.clone(),
        cuts,
        columns: columns.iter().map(|column| column.map(stored)).collect(),
    };
    let head = serde_json::to_string(&head)?;
    write_whole(path, |file| {
        // The log may be readable for its owner only.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        writeln!(file, "{:016x}{head}", xxh3_64(head.as_bytes()))?;
        columns
            .into_iter()
            .flatten()
            .try_for_each(|column| file.write_all(column))
    })
}

fn stored(column: &[u8]) -> Stored {
    Stored {
        n_bytes: column.len() as u64,
        hash: xxh3_64(column),
    }
}

const N_COLUMNS: usize = 15;

/// Reads a copy; `None` when there is none, or it is not as it was written.
pub(super) fn read(path: &Path) -> Option<(Dataset, Option<Cuts>)> {
    let (
        copy,
        CacheHeader {
            name,
            fingerprint,
            titles,
            report,
            cuts,
            ..
        },
    ) = Copy::open(path)?;
    // Vocabularies get their tables back while the columns are read.
    let vocabs = || Some((copy.vocab(0, 0)?, copy.vocab(2, 1)?, copy.vocab(4, 0)?));
    let sequences = || {
        let (times, rest) = rayon::join(
            || copy.perhaps(8),
            || {
                Some(Sequences {
                    offsets: copy.usizes(6)?,
                    item_idx: copy.column(7)?,
                    time_secs: None,
                    micros: copy.perhaps(14)?,
                    behaviour_idx: copy.perhaps(9)?,
                    value: copy.perhaps(10)?,
                    session_idx: copy.perhaps(11)?,
                    latitude: copy.perhaps(12)?,
                    longitude: copy.perhaps(13)?,
                    free: Vec::new(),
                })
            },
        );
        Some(Sequences {
            time_secs: times?,
            ..rest?
        })
    };
    let (vocabs, sequences) = rayon::join(vocabs, sequences);
    let ((users, items, behaviours), sequences) = (vocabs?, sequences?);
    let dataset = Dataset {
        name,
        fingerprint,
        users,
        items,
        behaviours,
        sequences,
        titles,
        item_columns: Vec::new(),
        user_columns: Vec::new(),
        report,
    };
    Some((dataset, cuts))
}

/// A copy on disk.
struct Copy {
    path: PathBuf,
    /// Start of each column, and how it is stored.
    columns: Vec<Option<(u64, Stored)>>,
}

impl Copy {
    fn open(path: &Path) -> Option<(Self, CacheHeader)> {
        let file = File::open(path).ok()?;
        let n_bytes = file.metadata().ok()?.len();
        let mut line = Vec::new();
        BufReader::new(file).read_until(b'\n', &mut line).ok()?;
        let (hash, head) = line.strip_suffix(b"\n")?.split_at_checked(16)?;
        if std::str::from_utf8(hash).ok()? != format!("{:016x}", xxh3_64(head)) {
            return None;
        }
        let head: CacheHeader = serde_json::from_slice(head).ok()?;
        let mut at = line.len() as u64;
        let mut columns = Vec::with_capacity(N_COLUMNS);
        for stored in &head.columns {
            columns.push(stored.map(|stored| (at, stored)));
            at += stored.map_or(0, |stored| stored.n_bytes);
        }
        (at == n_bytes && columns.len() == N_COLUMNS).then(|| {
            (
                Self {
                    path: path.to_path_buf(),
                    columns,
                },
                head,
            )
        })
    }

    /// A column that every log has.
    fn column<T: Pod>(&self, at: usize) -> Option<Vec<T>> {
        let (start, Stored { n_bytes, hash }) = (*self.columns.get(at)?)?;
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut column = vec![T::zeroed(); (n_bytes as usize).checked_div(size_of::<T>())?];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut column);
        file.read_exact(bytes).ok()?;
        (bytes.len() as u64 == n_bytes && xxh3_64(bytes) == hash).then_some(column)
    }

    /// A column that a log may have; `None` only when it is there and cannot be read.
    #[expect(
        clippy::option_option,
        reason = "the outer one is of the copy, the inner one of the log"
    )]
    fn perhaps<T: Pod>(&self, at: usize) -> Option<Option<Vec<T>>> {
        match self.columns.get(at)? {
            Some(_) => self.column(at).map(Some),
            None => Some(None),
        }
    }

    fn usizes(&self, at: usize) -> Option<Vec<usize>> {
        self.column::<u64>(at)?
            .into_iter()
            .map(|number| usize::try_from(number).ok())
            .collect()
    }

    fn vocab(&self, at: usize, first: u32) -> Option<Vocab> {
        Vocab::from_parts(
            String::from_utf8(self.column(at)?).ok()?,
            self.usizes(at + 1)?,
            first,
        )
    }
}

fn as_u64(numbers: &[usize]) -> Vec<u64> {
    numbers.iter().map(|&number| number as u64).collect()
}

fn bytes<T: NoUninit>(column: &[T]) -> &[u8] {
    bytemuck::cast_slice(column)
}
