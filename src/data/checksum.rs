//! Sums by which a changed file is told from the one that was written.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// BLAKE3 sum of some bytes, as 64 hexadecimal digits: what the tool `b3sum` prints.
///
/// # Source
/// O'Connor, Aumasson, Neves and Wilcox-O'Hearn, *BLAKE3: one function, fast everywhere* (2020).
#[must_use]
pub fn checksum(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// [`checksum`] of a file's content, which is never held in memory as a whole.
///
/// # Errors
/// [`io::Error`] when the file cannot be read.
pub fn file_checksum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hasher.finalize().to_hex().to_string()),
            Ok(n) => {
                hasher.update(piece.get(..n).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_published_test_vectors() {
        // BLAKE3's test_vectors.json: lengths 0 and 1 of the bytes 0, 1, 2, … 250, 0, …
        let known = [
            (
                0,
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ),
            (
                1,
                "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
            ),
        ];
        for (len, sum) in known {
            let bytes: Vec<u8> = (0..len).map(|at: usize| (at % 251) as u8).collect();
            assert_eq!(checksum(&bytes), sum);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        // Longer than one piece, and no multiple of it.
        let bytes: Vec<u8> = (0..3 * PIECE + 17).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(file_checksum(&path).unwrap(), checksum(&bytes));
        assert!(file_checksum(&folder.path().join("none")).is_err());
    }
}
