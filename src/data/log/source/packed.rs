//! Bytes of a file as they were before it was compressed: gzip and zstd, told from their first
//! bytes whatever the file is called.

use std::io::{Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::open;
use crate::error::DataError;
use crate::load_progress::{LoadProgress, Stage, check_cancelled};
use crate::log::Packing;

/// How much is unpacked between two looks at whether to go on.
const PIECE_BYTES: usize = 4 << 20;

/// The beginning of a file, unpacked.
pub(super) struct FileStart {
    /// At most as many bytes as were asked for.
    pub(super) bytes: Vec<u8>,
    /// Whether that is all of it.
    pub(super) is_whole: bool,
    pub(super) packing: Packing,
}

/// The first `n` bytes of what a file holds; no more of it is read than that takes.
pub(super) fn start(path: &Path, n: usize) -> Result<FileStart, DataError> {
    let mut file = Unpacked::open(path)?;
    // One byte more tells whether that was all.
    let mut bytes = Vec::with_capacity(n.min(file.n_bytes as usize));
    file.read(n + 1, &mut bytes)?;
    let is_whole = bytes.len() <= n;
    bytes.truncate(n);
    Ok(FileStart {
        bytes,
        is_whole,
        packing: file.packing,
    })
}

/// All that a file holds.
pub(super) fn all(path: &Path, progress: &dyn LoadProgress) -> Result<Vec<u8>, DataError> {
    let mut file = Unpacked::open(path)?;
    let mut bytes = Vec::with_capacity(file.n_bytes as usize);
    while file.read(PIECE_BYTES, &mut bytes)? == PIECE_BYTES {
        check_cancelled(progress)?;
        progress.reached(Stage::Reading, Some(file.share()));
    }
    // What follows, parsing, cannot be measured.
    progress.reached(Stage::Reading, None);
    Ok(bytes)
}

/// A file that is unpacked while it is read.
pub(super) struct Unpacked {
    reader: Box<dyn Read + Send>,
    path: PathBuf,
    packing: Packing,
    /// Size on disk.
    n_bytes: u64,
    /// Bytes taken from the disk so far.
    taken: Arc<AtomicU64>,
    /// Line ends so far, of a packed file.
    n_lines: usize,
}

impl Unpacked {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let (file, n_bytes) = open::file(path)?;
        Self::new(path, file, n_bytes)
    }

    fn new(path: &Path, file: impl Read + Send + 'static, n_bytes: u64) -> Result<Self, DataError> {
        let taken = Arc::new(AtomicU64::new(0));
        let mut file = CountedReader {
            inner: file,
            taken: Arc::clone(&taken),
        };
        let mut magic = Vec::new();
        file.by_ref()
            .take(4)
            .read_to_end(&mut magic)
            .map_err(|error| open::why(path, &error))?;
        let packing = match magic.as_slice() {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
            _ => Packing::None,
        };
        let whole = Cursor::new(magic).chain(file);
        let reader: Box<dyn Read + Send> = match packing {
            Packing::None => Box::new(whole),
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(whole)),
            Packing::Zstd => {
                let cannot = |error: std::io::Error| broken(path, packing, 0, &error);
                let mut decoder = zstd::stream::read::Decoder::new(whole).map_err(cannot)?;
                // What `zstd --long=31` writes is read, too.
                decoder.window_log_max(31).map_err(cannot)?;
                Box::new(decoder)
            }
        };
        Ok(Self {
            reader,
            path: path.to_path_buf(),
            packing,
            n_bytes,
            taken,
            n_lines: 0,
        })
    }

    /// Reads the next `n` bytes to the end of `into`; fewer only where the file ends. Gives how
    /// many.
    #[expect(
        clippy::naive_bytecount,
        reason = "the compiler counts many bytes at once here"
    )]
    pub(super) fn read(&mut self, n: usize, into: &mut Vec<u8>) -> Result<usize, DataError> {
        let before = into.len();
        let outcome = self.reader.by_ref().take(n as u64).read_to_end(into);
        if self.packing != Packing::None {
            self.n_lines += into
                .get(before..)
                .unwrap_or(&[])
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
        }
        outcome.map_err(|error| match self.packing {
            Packing::None => open::why(&self.path, &error),
            packing => broken(&self.path, packing, self.n_lines, &error),
        })
    }

    pub(super) fn packing(&self) -> Packing {
        self.packing
    }

    /// Size on disk.
    pub(super) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// How much of the file was read, from 0 to 1.
    pub(super) fn share(&self) -> f32 {
        (self.taken.load(Ordering::Relaxed) as f64 / self.n_bytes.max(1) as f64).min(1.0) as f32
    }
}

/// Counts what is read.
struct CountedReader<R> {
    inner: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for CountedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(into)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A compressed file that ends early would be a wrong log, so nothing of it is used.
fn broken(path: &Path, packing: Packing, n_lines: usize, error: &std::io::Error) -> DataError {
    let what = match error.kind() {
        ErrorKind::UnexpectedEof => "breaks off".to_owned(),
        _ => format!("is damaged ({error})"),
    };
    let lines = if n_lines == 1 { "line" } else { "lines" };
    DataError::content(
        path,
        format!(
            "the {packing} data {what} after {n_lines} {lines}; the file is not whole, so copy or \
             download it again."
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn no_more_is_read_than_is_asked_for() {
        let mut endless = Unpacked::new(Path::new("x"), std::io::repeat(b'x'), 10_000).unwrap();
        let mut bytes = Vec::new();
        assert_eq!(endless.read(1_001, &mut bytes).unwrap(), 1_001);
        assert_eq!(
            (bytes.len(), endless.taken.load(Ordering::Relaxed)),
            (1_001, 1_001)
        );
        assert!((endless.share() - 0.1).abs() < 1e-3);
    }

    #[test]
    fn a_start_says_whether_it_is_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"12345678").unwrap();
        std::fs::write(&path, packed.finish().unwrap()).unwrap();
        for (n, expected, is_whole) in [
            (7, "1234567", false),
            (8, "12345678", true),
            (9, "12345678", true),
        ] {
            let start = start(&path, n).unwrap();
            assert_eq!(
                (start.bytes.as_slice(), start.is_whole),
                (expected.as_bytes(), is_whole)
            );
            assert_eq!(start.packing, Packing::Gzip);
        }
    }
}
