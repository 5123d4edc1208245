//! Bytes of a file as they were before it was compressed: gzip and zstd, told from their first
//! bytes whatever the file is called.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::open;
use crate::data::{DataError, Packing};

/// The beginning of a file, unpacked.
pub(super) struct Start {
    /// At most as many bytes as were asked for.
    pub(super) bytes: Vec<u8>,
    /// Whether that is all of it.
    pub(super) is_whole: bool,
    pub(super) packing: Packing,
}

/// The first `n` bytes of what a file holds; no more of it is read than that takes.
pub(super) fn start(path: &Path, n: usize) -> Result<Start, DataError> {
    let (file, n_bytes) = open::file(path)?;
    let (reader, packing) = unpacked(path, file)?;
    // One byte more tells whether that was all.
    let mut bytes = read(path, reader.take(n as u64 + 1), packing, n.min(n_bytes as usize))?;
    let is_whole = bytes.len() <= n;
    bytes.truncate(n);
    Ok(Start { bytes, is_whole, packing })
}

/// All that a file holds.
pub(super) fn all(path: &Path) -> Result<Vec<u8>, DataError> {
    let (file, n_bytes) = open::file(path)?;
    let (reader, packing) = unpacked(path, file)?;
    read(path, reader, packing, n_bytes as usize)
}

/// A reader of what a file holds.
fn unpacked(path: &Path, mut file: File) -> Result<(Box<dyn Read>, Packing), DataError> {
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic).map_err(|error| open::why(path, &error))?;
    let packing = match magic.as_slice() {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
        _ => Packing::None,
    };
    let whole = std::io::Cursor::new(magic).chain(file);
    let reader: Box<dyn Read> = match packing {
        Packing::None => Box::new(whole),
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        Packing::Zstd => {
            let cannot = |error: std::io::Error| broken(path, packing, &[], &error);
            let mut decoder = zstd::stream::read::Decoder::new(whole).map_err(cannot)?;
            // What `zstd --long=31` writes is read, too.
            decoder.window_log_max(31).map_err(cannot)?;
            Box::new(decoder)
        }
    };
    Ok((reader, packing))
}

fn read(path: &Path, mut reader: impl Read, packing: Packing, capacity: usize) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::with_capacity(capacity);
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) if packing == Packing::None => Err(open::why(path, &error)),
        Err(error) => Err(broken(path, packing, &bytes, &error)),
    }
}

/// A compressed file that ends early would be a wrong log, so nothing of it is used.
fn broken(path: &Path, packing: Packing, read: &[u8], error: &std::io::Error) -> DataError {
    let n_lines = read.split(|&b| b == b'\n').count() - 1;
    let what = match error.kind() {
        ErrorKind::UnexpectedEof => "breaks off".to_owned(),
        _ => format!("is damaged ({error})"),
    };
    let lines = if n_lines == 1 { "line" } else { "lines" };
    DataError::Content {
        path: path.to_path_buf(),
        sentence: format!(
            "the {packing} data {what} after {n_lines} {lines}; the file is not whole, so copy or download it again."
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn no_more_is_read_than_is_asked_for() {
        struct Counted(usize);
        impl Read for Counted {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                into.fill(b'x');
                self.0 += into.len();
                Ok(into.len())
            }
        }
        let mut endless = Counted(0);
        let bytes = read(Path::new("x"), endless.by_ref().take(1_001), Packing::None, 1_000).unwrap();
        assert_eq!((bytes.len(), endless.0), (1_001, 1_001));
    }

    #[test]
    fn a_start_says_whether_it_is_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"12345678").unwrap();
        std::fs::write(&path, packed.finish().unwrap()).unwrap();
        for (n, expected, is_whole) in [(7, "1234567", false), (8, "12345678", true), (9, "12345678", true)] {
            let start = start(&path, n).unwrap();
            assert_eq!((start.bytes.as_slice(), start.is_whole), (expected.as_bytes(), is_whole));
            assert_eq!(start.packing, Packing::Gzip);
        }
    }
}
