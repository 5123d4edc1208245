//! Text of any encoding becomes UTF-8; what cannot be decoded stays marked, so that its row is
//! refused with its line.

use encoding_rs::{
    BIG5, DecoderResult, EUC_KR, GB18030, KOI8_R, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252,
};

use crate::log::{Encoding, FileSpec};
use seqscope_base::spec::{Problem, Sentence};

/// Stands where bytes could not be decoded: no UTF-8 text holds it.
const UNREADABLE: u8 = 0xff;

/// How much of a head is looked at for the zeros of UTF-16.
const JUDGED: usize = 1 << 14;

/// The encoding of a text, told from its head.
///
/// Of the old ones, GB18030 is told from its characters. What is neither that nor UTF-8 is taken
/// for Windows-1252, of which Latin-1 is a part, and told ([`doubt`]).
pub(super) fn guess(head: &[u8]) -> Encoding {
    match head {
        [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8,
        [0xff, 0xfe, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] => Encoding::Utf16Be,
        _ => utf16_without_mark(head).unwrap_or_else(|| {
            let letters = Letters::of_text(head);
            match letters.are_utf8() {
                false if is_gb18030(head) => Encoding::Gb18030,
                false if letters.are_text() => Encoding::Windows1252,
                _ => Encoding::Utf8,
            }
        }),
    }
}

/// A text as UTF-8. Of a beginning, a letter that is cut at its end is left out.
pub(super) fn decode(bytes: Vec<u8>, encoding: Encoding, is_whole: bool) -> Vec<u8> {
    let from = match encoding {
        Encoding::Utf8 => return bytes,
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
        Encoding::Gb18030 => GB18030,
        Encoding::Windows1252 => WINDOWS_1252,
        Encoding::Windows1250 => WINDOWS_1250,
        Encoding::Windows1251 => WINDOWS_1251,
        Encoding::Koi8R => KOI8_R,
        Encoding::ShiftJis => SHIFT_JIS,
        Encoding::Big5 => BIG5,
        Encoding::EucKr => EUC_KR,
    };
    let mut decoder = from.new_decoder_without_bom_handling();
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 2);
    let mut buffer = vec![0; 1 << 16];
    let mut rest = bytes.as_slice();
    loop {
        let (result, n_read, n_written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut buffer, is_whole);
        out.extend_from_slice(buffer.get(..n_written).unwrap_or_default());
        rest = rest.get(n_read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return out,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => out.push(UNREADABLE),
        }
    }
}

/// Doubt about an encoding that was guessed from the head.
pub(super) fn doubt(head: &[u8], taken: Encoding, file: &FileSpec) -> Option<Problem> {
    (file.encoding.is_none() && taken == Encoding::Windows1252)
        .then(|| Letters::of_text(head).doubt())
}

/// Counts of the letters of a text that are not ASCII.
#[derive(Default)]
pub(super) struct Letters {
    /// Lines with such letters, and those of them that are UTF-8.
    n_foreign: usize,
    n_utf8: usize,
    /// Bytes above ASCII in the others; those that texts in Windows-1252 are made of; those with
    /// two such bytes beside them.
    n_high: usize,
    n_usual: usize,
    n_in_words: usize,
    /// The first word with such a byte.
    example: Option<Vec<u8>>,
}

impl Letters {
    fn of_text(text: &[u8]) -> Self {
        let mut letters = Self::default();
        letters.look_at(text);
        letters
    }

    /// Takes in some lines.
    pub(super) fn look_at(&mut self, text: &[u8]) {
        for line in text
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_ascii())
        {
            self.n_foreign += 1;
            if std::str::from_utf8(line).is_ok() {
                self.n_utf8 += 1;
            } else {
                self.add(line);
            }
        }
    }

    fn add(&mut self, line: &[u8]) {
        for (at, &byte) in line.iter().enumerate().filter(|(_, byte)| **byte >= 0x80) {
            self.n_high += 1;
            self.n_usual += usize::from(is_usual(byte));
            self.n_in_words +=
                usize::from(is_high(line, at.checked_sub(1)) && is_high(line, Some(at + 1)));
            if self.example.is_none() {
                let start = line
                    .get(..at)
                    .and_then(|before| before.iter().rposition(|byte| is_word_end(*byte)))
                    .map_or(0, |end| end + 1);
                let end = line
                    .iter()
                    .skip(at)
                    .position(|byte| is_word_end(*byte))
                    .map_or(line.len(), |n| at + n);
                self.example = line
                    .get(start..end)
                    .filter(|word| word.len() < 100)
                    .map(<[u8]>::to_vec);
            }
        }
    }

    /// Whether most of the lines are UTF-8, so that the others are faults.
    fn are_utf8(&self) -> bool {
        2 * self.n_utf8 >= self.n_foreign
    }

    /// Whether the bytes are letters and marks, and not any bytes.
    fn are_text(&self) -> bool {
        self.n_high > 0 && 20 * self.n_usual >= 19 * self.n_high
    }

    /// Whether the text is in no Unicode encoding, but in one of a byte a letter.
    pub(super) fn are_of_one_byte(&self) -> bool {
        !self.are_utf8() && self.are_text()
    }

    /// A text of one byte a letter may be in any of many encodings.
    pub(super) fn doubt(&self) -> Problem {
        let example = self.example.as_ref().map_or_else(Sentence::new, |word| {
            Sentence::from(", as in `")
                .example(&WINDOWS_1252.decode_without_bom_handling(word).0)
                .words("`")
        });
        let (before, after) = if 2 * self.n_in_words > self.n_high {
            (
                "the file is not UTF-8 and its letters look like another alphabet; they are read \
                 as Windows-1252",
                ", which keeps ids apart but shows them wrongly: write Windows1251 or Koi8R \
                 (Cyrillic), Windows1250 (Central European), ShiftJis, EucKr, Big5 or Gb18030 in \
                 `data.encoding`.",
            )
        } else {
            (
                "the file is not UTF-8; it is read as Windows-1252 (Latin-1)",
                "; if that is wrong, write another encoding in `data.encoding`, or convert the \
                 file to UTF-8.",
            )
        };
        let sentence = Sentence::from(before).aside(example).words(after);
        Problem::warning("data.encoding", sentence)
    }
}

/// Tells whether a byte is none of ASCII's.
fn is_high(line: &[u8], at: Option<usize>) -> bool {
    at.and_then(|at| line.get(at))
        .is_some_and(|&byte| byte >= 0x80)
}

/// Tells whether a byte stands between words.
fn is_word_end(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && byte < 0x80
}

/// Whether a byte is one of the letters and marks that are common in Windows-1252.
fn is_usual(byte: u8) -> bool {
    matches!(byte, 0x80 | 0x82..=0x8c | 0x8e | 0x91..=0x9c | 0x9e | 0x9f | 0xa0..=0xfd)
}

/// Whether the lines of a text end as on old Macs, with a carriage return alone.
pub(super) fn is_mac(text: &[u8]) -> bool {
    let Some(first) = memchr::memchr(b'\r', text).filter(|&at| text.get(at + 1) != Some(&b'\n'))
    else {
        return false;
    };
    if memchr::memchr(b'\n', text.get(..first).unwrap_or_default()).is_some() {
        return false;
    }
    let n_alone = memchr::memchr_iter(b'\r', text)
        .filter(|&at| text.get(at + 1) != Some(&b'\n'))
        .count();
    n_alone > 20 * memchr::memchr_iter(b'\n', text).count()
}

/// A mark of the order of bytes behind a line end.
const MARK: &[u8] = b"\n\xef\xbb\xbf";

/// A text without the marks that stand where files were put one behind the other, and with the line
/// ends of today.
pub(super) fn tidy(mut text: Vec<u8>, is_mac: bool) -> Vec<u8> {
    if is_mac {
        for at in 0..text.len() {
            if text.get(at) == Some(&b'\r')
                && text.get(at + 1) != Some(&b'\n')
                && let Some(byte) = text.get_mut(at)
            {
                *byte = b'\n';
            }
        }
    }
    let finder = memchr::memmem::Finder::new(MARK);
    if finder.find(&text).is_none() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_slice();
    while let Some(at) = finder.find(rest) {
        out.extend_from_slice(rest.get(..=at).unwrap_or_default());
        rest = rest.get(at + MARK.len()..).unwrap_or_default();
        // The mark may stand twice.
        while let Some(after) = rest.strip_prefix(b"\xef\xbb\xbf") {
            rest = after;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Digits, separators and line ends are half zeros in UTF-16, whatever the language.
fn utf16_without_mark(head: &[u8]) -> Option<Encoding> {
    let sample = head.get(..JUDGED).unwrap_or(head);
    let n = sample.len() / 2;
    let (high, low) = (n_zeros(sample, 0), n_zeros(sample, 1));
    if is_half(n, low, high) {
        Some(Encoding::Utf16Le)
    } else if is_half(n, high, low) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Tells whether one half of the pairs is often zero and the other hardly ever.
fn is_half(n: usize, many: usize, few: usize) -> bool {
    n >= 4 && many * 5 >= n && few * 10 <= many
}

/// Number of zeros at every other byte.
fn n_zeros(sample: &[u8], first: usize) -> usize {
    sample
        .iter()
        .skip(first)
        .step_by(2)
        .filter(|&&b| b == 0)
        .count()
}

/// Whether the lines that are no ASCII are mostly no UTF-8, nearly all GB18030, and mostly made of
/// the common Chinese characters, whose first byte is at most 0xD7.
fn is_gb18030(head: &[u8]) -> bool {
    let (mut n_foreign, mut n_utf8, mut n_gb) = (0, 0, 0);
    let (mut n_pairs, mut n_common) = (0, 0);
    for line in head.split(|&b| b == b'\n').filter(|line| !line.is_ascii()) {
        n_foreign += 1;
        n_utf8 += usize::from(std::str::from_utf8(line).is_ok());
        n_gb += usize::from(
            GB18030
                .decode_without_bom_handling_and_without_replacement(line)
                .is_some(),
        );
        let mut at = 0;
        while let Some(&first) = line.get(at) {
            if first < 0x80 {
                at += 1;
                continue;
            }
            let second = line.get(at + 1).copied().unwrap_or(0);
            n_pairs += 1;
            n_common += usize::from((0xa1..=0xd7).contains(&first) && second >= 0xa1);
            at += if second.is_ascii_digit() { 4 } else { 2 };
        }
    }
    let is_nearly_all = n_gb > 0 && n_foreign - n_gb <= 1 + n_foreign / 10;
    2 * n_utf8 < n_foreign && is_nearly_all && 2 * n_common > n_pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, of: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(of).collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        let chinese = "用户,商品,时间\n张三,电影票,2024-01-31\n";
        let (gbk, _, _) = GB18030.encode(chinese);
        assert_eq!(guess(&gbk), Encoding::Gb18030);
        assert_eq!(guess(chinese.as_bytes()), Encoding::Utf8);
        for text in [chinese, "user,item\na,b\n", "\u{feff}user,item\na,b\n"] {
            assert_eq!(
                guess(&utf16(text, u16::to_le_bytes)),
                Encoding::Utf16Le,
                "{text}"
            );
            assert_eq!(
                guess(&utf16(text, u16::to_be_bytes)),
                Encoding::Utf16Be,
                "{text}"
            );
        }
        assert_eq!(guess(b"user,item\na,b\n"), Encoding::Utf8);
        // French in Latin-1, and Russian in Windows-1251, are not taken for Chinese.
        let french = b"user,title\n1,Am\xe9lie et la b\xeate\n";
        assert_eq!(guess(french), Encoding::Windows1252);
        let file = FileSpec::default();
        let told = doubt(french, Encoding::Windows1252, &file)
            .unwrap()
            .sentence();
        assert!(
            told.contains("Windows-1252 (Latin-1), as in `Amélie`"),
            "{told}"
        );
        // Of another alphabet nothing is said in silence.
        let (russian, _, _) = WINDOWS_1251.encode("1,привет мир это книга\n");
        assert_eq!(guess(&russian), Encoding::Windows1252);
        let told = doubt(&russian, Encoding::Windows1252, &file)
            .unwrap()
            .sentence();
        assert!(
            told.contains("another alphabet") && told.contains("Windows1251"),
            "{told}"
        );
        assert!(
            doubt(
                french,
                Encoding::Windows1252,
                &FileSpec {
                    encoding: Some(Encoding::Windows1252),
                    ..file
                }
            )
            .is_none()
        );
        // One bad line among good ones, and bytes that are no letters, are faults.
        assert_eq!(
            guess(
                "1,café\n2,thé\n3,caf"
                    .as_bytes()
                    .iter()
                    .copied()
                    .chain(*b"\xe9\n")
                    .collect::<Vec<_>>()
                    .as_slice()
            ),
            Encoding::Utf8
        );
        assert_eq!(guess(b"1,\xff\xfe\n2,b\n"), Encoding::Utf8);
    }

    #[test]
    fn old_line_ends_and_marks_in_the_middle_go() {
        assert!(
            is_mac(b"a,b\rc,d\r")
                && is_mac(b"a\rb\rc\r")
                && !is_mac(b"a,b\r\nc,d\r\n")
                && !is_mac(b"a\nb\rc\n")
        );
        assert_eq!(tidy(b"a,b\rc,d\r".to_vec(), true), b"a,b\nc,d\n");
        assert_eq!(
            tidy(
                "\u{feff}a\nb\n\u{feff}\u{feff}c\u{feff}\n"
                    .as_bytes()
                    .to_vec(),
                false
            ),
            "\u{feff}a\nb\nc\u{feff}\n".as_bytes()
        );
    }

    #[test]
    fn what_is_encoded_is_decoded_and_what_cannot_be_is_marked() {
        let text = "用户,a\n𠀀é,b\n";
        let (gb, _, _) = GB18030.encode(text);
        assert_eq!(
            decode(gb.into_owned(), Encoding::Gb18030, true),
            text.as_bytes()
        );
        assert_eq!(
            decode(utf16(text, u16::to_le_bytes), Encoding::Utf16Le, true),
            text.as_bytes()
        );
        assert_eq!(
            decode(utf16(text, u16::to_be_bytes), Encoding::Utf16Be, true),
            text.as_bytes()
        );
        // A byte that begins nothing; the line end after it is not swallowed.
        assert_eq!(
            decode(b"a\xff\nb".to_vec(), Encoding::Gb18030, true),
            b"a\xff\nb"
        );
        assert_eq!(
            decode(b"a\xd6\nb".to_vec(), Encoding::Gb18030, true),
            b"a\xff\nb"
        );
        // Half a letter at the end: cut in a head, marked in a whole text.
        assert_eq!(decode(b"a\xd6".to_vec(), Encoding::Gb18030, false), b"a");
        assert_eq!(decode(b"a\xd6".to_vec(), Encoding::Gb18030, true), b"a\xff");
        // Half of a pair of UTF-16 units.
        let mut half = utf16("a", u16::to_le_bytes);
        half.extend_from_slice(&[0x00, 0xd8, b'b', 0]);
        assert_eq!(decode(half, Encoding::Utf16Le, true), b"a\xffb");
    }
}
