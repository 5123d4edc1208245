//! Damage done to a good file: random edits of a seed, the way files are damaged in life (cut off,
//! joined, a line lost) and the way readers are broken (huge numbers, quotes, deep nesting).

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

/// Longest input, apart from what one token of a megabyte adds.
const MOST_BYTES: usize = 1 << 15;

/// What readers stumble over.
const TOKENS: [&[u8]; 67] = [
    b"\"",
    b"\"\"",
    b"'",
    b"\\",
    b"\\\"",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\0\0\0\0",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xFE\xFF",
    b"\xC3\x28",
    b"\xED\xA0\x80",
    b"\xF5\x80\x80\x80",
    b"\x80",
    b"\x81\x30\x81",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    b"SQLite format 3\0",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"\t",
    b",",
    b",,",
    b";",
    b"|",
    b":",
    b"::",
    b" ",
    b"#",
    b"//",
    b"0",
    b"-1",
    b"-0.0",
    b"1.5",
    b"2147483648",
    b"4294967296",
    b"1099511627776",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"1e999",
    b"-1e999",
    b"1e-999",
    b"NaN",
    b"inf",
    b"null",
    b"true",
    b"2024-02-30",
    b"0000-00-00 00:00:00",
    b"9999-12-31T23:59:60.999999999+23:59",
    b"-9999-01-01",
    b"31/31/2024",
    b"99999999999999-01-01",
    "用户".as_bytes(),
    "é".as_bytes(),
    "\u{202e}\u{2028}\u{1f600}\u{feff}".as_bytes(),
    b"[]",
    b"{}",
    b"()",
    b"[",
    b"}",
];

/// A seed, or the beginning of one and the end of another, with up to a dozen random edits; now and
/// then none, so that what is whole is read too.
pub(super) fn mutated(seeds: &[Vec<u8>], rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = seeds.choose(rng).cloned().unwrap_or_default();
    if rng.random_ratio(1, 6)
        && let Some(other) = seeds.choose(rng)
    {
        let (head, tail) = (place(&bytes, rng), place(other, rng));
        bytes.truncate(head);
        bytes.extend_from_slice(&other[tail..]);
    }
    for _ in 0..[0, 1, 1, 1, 2, 2, 3, 4, 6, 12]
        .choose(rng)
        .copied()
        .unwrap_or(1)
    {
        edit(&mut bytes, rng);
        bytes.truncate(MOST_BYTES);
    }
    // As an id, a name or a number that never ends; seldom, since it is slow.
    if rng.random_ratio(1, 60) {
        let letter = *b"x1\"[{(, ".choose(rng).unwrap_or(&b'x');
        let n = [5_000, 100_000, 1 << 20]
            .choose(rng)
            .copied()
            .unwrap_or(5_000);
        insert(&mut bytes, &vec![letter; n], rng);
    }
    bytes
}

/// One edit.
fn edit(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    let at = place(bytes, rng);
    match rng.random_range(0..12) {
        0 => with_byte(bytes, at, |byte| byte ^ (1 << (at % 8))),
        1 => {
            let new = rng.random();
            with_byte(bytes, at, |_| new);
        }
        2 => drop(bytes.drain(range(bytes, rng))),
        3 => {
            let copy = bytes[range(bytes, rng)].to_vec();
            let n = [1, 1, 2, 40].choose(rng).copied().unwrap_or(1);
            insert(bytes, &copy.repeat(n), rng);
        }
        4 => bytes.truncate(at),
        5 | 6 => insert(bytes, TOKENS.choose(rng).copied().unwrap_or_default(), rng),
        7 | 8 => in_place_of_a_word(bytes, at, TOKENS.choose(rng).copied().unwrap_or_default()),
        9 => {
            let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
            let (one, other) = (
                rng.random_range(0..=lines.len()),
                rng.random_range(0..=lines.len()),
            );
            match (one < lines.len(), other < lines.len()) {
                (true, true) => lines.swap(one, other),
                (true, false) => drop(lines.remove(one)),
                _ => {}
            }
            *bytes = lines.concat();
        }
        10 => {
            // Another separator everywhere, or none.
            let from = *b",\t:;\n\" ".choose(rng).unwrap_or(&b',');
            let to = *b",\t:;|\r x".choose(rng).unwrap_or(&b';');
            bytes
                .iter_mut()
                .filter(|byte| **byte == from)
                .for_each(|byte| *byte = to);
        }
        _ => {
            let open = [&b"["[..], b"{\"a\":", b"(", b"Some(", b"\"\\"]
                .choose(rng)
                .copied()
                .unwrap_or_default();
            let n = [3, 130, 3_000].choose(rng).copied().unwrap_or(3);
            insert(bytes, &open.repeat(n), rng);
        }
    }
}

/// A place among some bytes: mostly anywhere, now and then the beginning or the end.
fn place(bytes: &[u8], rng: &mut impl Rng) -> usize {
    match rng.random_range(0..12) {
        0 => 0,
        1 => bytes.len(),
        _ => rng.random_range(0..=bytes.len()),
    }
}

/// A short stretch of some bytes.
fn range(bytes: &[u8], rng: &mut impl Rng) -> std::ops::Range<usize> {
    let start = rng.random_range(0..=bytes.len());
    let longest = [1, 4, 30, 400]
        .choose(rng)
        .copied()
        .unwrap_or(1)
        .min(bytes.len() - start);
    start..start + rng.random_range(0..=longest)
}

fn with_byte(bytes: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

fn insert(bytes: &mut Vec<u8>, new: &[u8], rng: &mut impl Rng) {
    let at = place(bytes, rng);
    drop(bytes.splice(at..at, new.iter().copied()));
}

/// Puts a token where a word or a number stands, as a wrong value does in an otherwise good row.
fn in_place_of_a_word(bytes: &mut Vec<u8>, at: usize, token: &[u8]) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let start = bytes[..at]
        .iter()
        .rposition(|byte| !is_word(byte))
        .map_or(0, |before| before + 1);
    let end = bytes[at..]
        .iter()
        .position(|byte| !is_word(byte))
        .map_or(bytes.len(), |n| at + n);
    drop(bytes.splice(start..end, token.iter().copied()));
}
