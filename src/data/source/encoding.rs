//! Text of any encoding becomes UTF-8; what cannot be decoded stays marked, so that its row is
//! refused with its line.

use encoding_rs::{DecoderResult, GB18030, UTF_16BE, UTF_16LE};

use crate::data::Encoding;

/// Stands where bytes could not be decoded: no UTF-8 text holds it.
const UNREADABLE: u8 = 0xff;

/// How much of a head is looked at for the zeros of UTF-16.
const JUDGED: usize = 1 << 14;

/// The encoding of a text, told from its head.
///
/// Only GB18030 is looked for beside the Unicode ones: text in another old encoding is not to be
/// told from it for sure, and is refused line by line as UTF-8.
pub(super) fn guess(head: &[u8]) -> Encoding {
    match head {
        [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8,
        [0xff, 0xfe, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] => Encoding::Utf16Be,
        _ => utf16_without_mark(head)
            .unwrap_or_else(|| if is_gb18030(head) { Encoding::Gb18030 } else { Encoding::Utf8 }),
    }
}

/// A text as UTF-8. Of a beginning, a letter that is cut at its end is left out.
pub(super) fn decode(bytes: Vec<u8>, encoding: Encoding, is_whole: bool) -> Vec<u8> {
    let from = match encoding {
        Encoding::Utf8 => return bytes,
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
        Encoding::Gb18030 => GB18030,
    };
    let mut decoder = from.new_decoder_without_bom_handling();
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 2);
    let mut buffer = vec![0; 1 << 16];
    let mut rest = bytes.as_slice();
    loop {
        let (result, n_read, n_written) = decoder.decode_to_utf8_without_replacement(rest, &mut buffer, is_whole);
        out.extend_from_slice(buffer.get(..n_written).unwrap_or_default());
        rest = rest.get(n_read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return out,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => out.push(UNREADABLE),
        }
    }
}

/// Digits, separators and line ends are half zeros in UTF-16, whatever the language.
fn utf16_without_mark(head: &[u8]) -> Option<Encoding> {
    let sample = head.get(..JUDGED).unwrap_or(head);
    let n = sample.len() / 2;
    let zeros = |first: usize| sample.iter().skip(first).step_by(2).filter(|&&b| b == 0).count();
    let (high, low) = (zeros(0), zeros(1));
    let is_half = |many: usize, few: usize| n >= 4 && many * 5 >= n && few * 10 <= many;
    if is_half(low, high) {
        Some(Encoding::Utf16Le)
    } else if is_half(high, low) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Whether the lines that are no ASCII are mostly no UTF-8, nearly all GB18030, and mostly made of
/// the common Chinese characters, whose first byte is at most 0xD7.
fn is_gb18030(head: &[u8]) -> bool {
    let (mut n_foreign, mut n_utf8, mut n_gb) = (0, 0, 0);
    let (mut n_pairs, mut n_common) = (0, 0);
    for line in head.split(|&b| b == b'\n').filter(|line| !line.is_ascii()) {
        n_foreign += 1;
        n_utf8 += usize::from(std::str::from_utf8(line).is_ok());
        n_gb += usize::from(GB18030.decode_without_bom_handling_and_without_replacement(line).is_some());
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
            assert_eq!(guess(&utf16(text, u16::to_le_bytes)), Encoding::Utf16Le, "{text}");
            assert_eq!(guess(&utf16(text, u16::to_be_bytes)), Encoding::Utf16Be, "{text}");
        }
        assert_eq!(guess(b"user,item\na,b\n"), Encoding::Utf8);
        // French in Latin-1, and Russian in Windows-1251, are not taken for Chinese.
        assert_eq!(guess(b"user,title\n1,Am\xe9lie et la b\xeate\n"), Encoding::Utf8);
        let (russian, _, _) = encoding_rs::WINDOWS_1251.encode("1,привет мир это книга\n");
        assert_eq!(guess(&russian), Encoding::Utf8);
    }

    #[test]
    fn what_is_encoded_is_decoded_and_what_cannot_be_is_marked() {
        let text = "用户,a\n𠀀é,b\n";
        let (gb, _, _) = GB18030.encode(text);
        assert_eq!(decode(gb.into_owned(), Encoding::Gb18030, true), text.as_bytes());
        assert_eq!(decode(utf16(text, u16::to_le_bytes), Encoding::Utf16Le, true), text.as_bytes());
        assert_eq!(decode(utf16(text, u16::to_be_bytes), Encoding::Utf16Be, true), text.as_bytes());
        // A byte that begins nothing; the line end after it is not swallowed.
        assert_eq!(decode(b"a\xff\nb".to_vec(), Encoding::Gb18030, true), b"a\xff\nb");
        assert_eq!(decode(b"a\xd6\nb".to_vec(), Encoding::Gb18030, true), b"a\xff\nb");
        // Half a letter at the end: cut in a head, marked in a whole text.
        assert_eq!(decode(b"a\xd6".to_vec(), Encoding::Gb18030, false), b"a");
        assert_eq!(decode(b"a\xd6".to_vec(), Encoding::Gb18030, true), b"a\xff");
        // Half of a pair of UTF-16 units.
        let mut half = utf16("a", u16::to_le_bytes);
        half.extend_from_slice(&[0x00, 0xd8, b'b', 0]);
        assert_eq!(decode(half, Encoding::Utf16Le, true), b"a\xffb");
    }
}
