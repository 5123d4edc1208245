//! Compressed files, other encodings and JSON arrays give the same dataset as the same events in
//! plain text.

use std::io::Write;

use proptest::prelude::*;
use seqscope::data::{Encoding, FileFormat, Packing, TitleSpec, preview};

use super::{OnDisk, history, warnings};

pub(super) const CSV: &str = "user,item,time,behaviour,value\na,x,1600000000,view,1.5\nb,y,1600000001,buy,2\na,y,1600000002,view,\na,z,1600000003,buy,3\nb,x,1600000004,view,4\na,x,1600000005,view,5\n";

/// The same events as [`CSV`].
pub(super) const LINES: &str = r#"{"user":"a","item":"x","time":1600000000,"behaviour":"view","value":1.5}
{"user":"b","item":"y","time":1600000001,"behaviour":"buy","value":2}
{"user":"a","item":"y","time":1600000002,"behaviour":"view"}
{"user":"a","item":"z","time":1600000003,"behaviour":"buy","value":3}
{"user":"b","item":"x","time":1600000004,"behaviour":"view","value":4}
{"user":"a","item":"x","time":1600000005,"behaviour":"view","value":5}
"#;

fn array() -> String {
    format!("[{}]\n", LINES.trim_end().replace('\n', ",\n"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn utf16(text: &str, of: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(of).collect()
}

fn gb18030(text: &str) -> Vec<u8> {
    let (bytes, _, is_lossy) = encoding_rs::GB18030.encode(text);
    assert!(!is_lossy);
    bytes.into_owned()
}

#[test]
fn compressed_text_and_json_are_read_whatever_they_are_called() {
    let expected = OnDisk::new("log.csv", CSV)
        .prepare()
        .unwrap()
        .dataset
        .fingerprint;
    let members: Vec<u8> = [gzip(&CSV.as_bytes()[..50]), gzip(&CSV.as_bytes()[50..])].concat();
    let array = array();
    for (name, bytes, format, packing) in [
        (
            "log.csv.gz",
            gzip(CSV.as_bytes()),
            FileFormat::Text,
            Packing::Gzip,
        ),
        (
            "log.csv",
            gzip(CSV.as_bytes()),
            FileFormat::Text,
            Packing::Gzip,
        ),
        ("two-members.gz", members, FileFormat::Text, Packing::Gzip),
        ("log", zstd(CSV.as_bytes()), FileFormat::Text, Packing::Zstd),
        (
            "log.jsonl.gz",
            gzip(LINES.as_bytes()),
            FileFormat::Ndjson,
            Packing::Gzip,
        ),
        (
            "log.zst",
            zstd(LINES.as_bytes()),
            FileFormat::Ndjson,
            Packing::Zstd,
        ),
        (
            "log.json",
            array.clone().into_bytes(),
            FileFormat::Json,
            Packing::None,
        ),
        (
            "log.txt",
            array.clone().into_bytes(),
            FileFormat::Json,
            Packing::None,
        ),
        (
            "log.json.gz",
            gzip(array.as_bytes()),
            FileFormat::Json,
            Packing::Gzip,
        ),
        (
            "log.json.zst",
            zstd(array.as_bytes()),
            FileFormat::Json,
            Packing::Zstd,
        ),
        (
            "utf16.gz",
            gzip(&utf16(CSV, u16::to_le_bytes)),
            FileFormat::Text,
            Packing::Gzip,
        ),
    ] {
        let log = OnDisk::new(name, &bytes);
        let seen = preview(&log.spec).unwrap();
        assert_eq!(
            (seen.file.format, seen.packing),
            (Some(format), packing),
            "{name}"
        );
        assert_eq!(seen.n_bytes, bytes.len() as u64, "{name}");
        let prepared = log.prepare().unwrap();
        assert_eq!(prepared.dataset.fingerprint, expected, "{name}");
        assert_eq!(prepared.dataset.report.rows_refused, 0, "{name}");
    }
    assert_eq!(
        OnDisk::new("log.csv.gz", gzip(CSV.as_bytes()))
            .prepare()
            .unwrap()
            .dataset
            .name,
        "log"
    );
}

#[test]
fn a_compressed_file_that_is_cut_off_is_refused_with_what_was_read() {
    // Long enough, and hard enough to compress, that a part of it holds lines.
    let rows =
        (0..60_000_u64).map(|n| format!("u{},i{},{}\n", n % 97, n * n % 8_191, 1_600_000_000 + n));
    let text = format!("user,item,time\n{}", rows.collect::<String>());
    for (packed, name) in [
        (gzip(text.as_bytes()), "gzip"),
        (zstd(text.as_bytes()), "zstd"),
    ] {
        let log = OnDisk::new("log.csv", &packed[..packed.len() * 3 / 4]);
        let sentence = log.prepare().unwrap_err().to_string();
        let start = format!(
            "`{}`: the {name} data breaks off after ",
            log.spec.path.display()
        );
        let rest = sentence
            .strip_prefix(&start)
            .unwrap_or_else(|| panic!("{sentence}"));
        let (n_lines, cure) = rest.split_once(' ').unwrap();
        assert!(
            (1_000..60_000).contains(&n_lines.parse::<usize>().unwrap()),
            "{sentence}"
        );
        assert_eq!(
            cure,
            "lines; the file is not whole, so copy or download it again."
        );
        let log = OnDisk::new("log.csv", &packed[..12]);
        assert!(
            log.prepare()
                .unwrap_err()
                .to_string()
                .contains("data breaks off after 0 lines")
        );
    }
    let mut damaged = gzip(text.as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    let sentence = OnDisk::new("log.csv", &damaged)
        .prepare()
        .unwrap_err()
        .to_string();
    assert!(
        sentence.contains("the gzip data is damaged ("),
        "{sentence}"
    );
}

#[test]
fn a_table_inside_of_a_compressed_file_is_told() {
    let sentence = OnDisk::new("log.gz", gzip(b"PAR1 and so on"))
        .prepare()
        .unwrap_err()
        .to_string();
    assert!(
        sentence
            .ends_with("gzip data with Parquet inside; unpack the file first (gunzip, zstd -d)."),
        "{sentence}"
    );
}

#[test]
fn every_encoding_gives_the_same_events() {
    let text = "用户ID,商品,时间戳,行为类型\n张三,电影票,1600000000,浏览\n李四,手机,1600000001,购买\n张三,手机,1600000002,购买\n张三,图书,1600000003,浏览\n李四,图书,1600000004,浏览\n张三,电影票,1600000005,购买\n";
    let expected = OnDisk::new("log.csv", text).prepare().unwrap();
    assert_eq!(
        history(&expected, "张三"),
        ["电影票", "手机", "图书", "电影票"]
    );
    let marked = format!("\u{feff}{text}");
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (utf16(text, u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(&marked, u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(text, u16::to_be_bytes), Encoding::Utf16Be),
        (utf16(&marked, u16::to_be_bytes), Encoding::Utf16Be),
        (gb18030(text), Encoding::Gb18030),
    ] {
        let mut log = OnDisk::new("log.csv", bytes);
        let seen = preview(&log.spec).unwrap();
        assert_eq!(seen.file.encoding, Some(encoding));
        assert_eq!(
            seen.columns,
            ["用户ID", "商品", "时间戳", "行为类型"],
            "{encoding}"
        );
        assert_eq!(
            log.prepare().unwrap().dataset.fingerprint,
            expected.dataset.fingerprint,
            "{encoding}"
        );
        // Said as it is guessed, it is read the same.
        log.spec.encoding = Some(encoding);
        assert_eq!(
            log.prepare().unwrap().dataset.fingerprint,
            expected.dataset.fingerprint,
            "{encoding}"
        );
    }
    let mut wrong = OnDisk::new("log.csv", gb18030(text));
    wrong.spec.encoding = Some(Encoding::Utf8);
    let sentence = wrong.prepare().unwrap_err().to_string();
    assert!(
        sentence
            .contains("its first line is not valid UTF-8; give the right `data.encoding` (Utf8,"),
        "{sentence}"
    );
}

#[test]
fn rows_that_cannot_be_decoded_are_refused_with_their_line() {
    let text = "用户,商品\n张三,电影票\n张三,手机\n张三,图书\n张三,手机\n";
    let mut bytes = gb18030(text);
    bytes.extend_from_slice(b"\xc0\xee\xcb\xc4,\xff\n");
    let report = OnDisk::new("log.csv", bytes)
        .prepare()
        .unwrap()
        .dataset
        .report;
    assert_eq!(
        (
            report.refused[0].line,
            report.refused[0].reason.to_string().as_str()
        ),
        (6, "is not valid GB18030")
    );
    // Half of a pair of UTF-16 units stands alone.
    let mut bytes = utf16(text, u16::to_le_bytes);
    bytes.extend_from_slice(&[b'a', 0, b',', 0, 0x00, 0xd8, b'\n', 0]);
    let report = OnDisk::new("log.csv", bytes)
        .prepare()
        .unwrap()
        .dataset
        .report;
    assert_eq!(
        (
            report.refused[0].line,
            report.refused[0].reason.to_string().as_str()
        ),
        (6, "is not valid UTF-16 LE")
    );
    let lines = format!("{LINES}{{\"user\":\"\u{5f20}\"}}\n");
    let mut bytes = lines.into_bytes();
    let at = bytes.len() - 6;
    bytes[at] = 0xff;
    let report = OnDisk::new("log.jsonl", bytes)
        .prepare()
        .unwrap()
        .dataset
        .report;
    assert_eq!(
        (
            report.refused[0].line,
            report.refused[0].reason.to_string().as_str()
        ),
        (7, "is not valid UTF-8")
    );
}

#[test]
fn titles_in_another_encoding_are_read_and_lost_ones_counted() {
    let mut log = OnDisk::new("log.csv", "user,item,time\nu,7,1\nu,8,2\nu,9,3\nu,7,4\n");
    let mut table = gb18030("id,标题\n7,电影票\n8,手机\n");
    let path = log.beside("items.csv", &table);
    log.spec.titles = Some(TitleSpec {
        path,
        ..TitleSpec::default()
    });
    let prepared = log.prepare().unwrap();
    assert_eq!(prepared.dataset.titles, ["电影票", "手机", ""]);
    assert!(!warnings(&prepared).contains("rows of the title table"));
    table.extend_from_slice(b"9,\xcd\xbc\xff\n");
    log.beside("items.csv", &table);
    let prepared = log.prepare().unwrap();
    assert_eq!(prepared.dataset.titles, ["电影票", "手机", ""]);
    let expected = "1 of 3 rows of the title table could not be read and were left out; mend them in \
                    that file (the first: line 4 is not valid GB18030).";
    assert!(
        warnings(&prepared).contains(expected),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn json_arrays_list_what_is_no_object_and_what_is_cut_off() {
    let text = array().replace(
        ",\n{\"user\":\"a\",\"item\":\"z\"",
        ",\n17,\n{\"user\":\"a\",\n\"item\":\"z\"",
    );
    let prepared = OnDisk::new("log.json", &text).prepare().unwrap();
    let report = &prepared.dataset.report;
    let told: Vec<String> = report
        .refused
        .iter()
        .map(|row| format!("{} {}", row.line, row.reason))
        .collect();
    assert_eq!(
        (report.rows_read, told),
        (7, vec!["4 is no JSON object".to_owned()])
    );
    assert_eq!(history(&prepared, "a"), ["x", "y", "z", "x"]);
    let open = array().replace(']', "");
    let report = OnDisk::new("log.json", open.trim_end())
        .prepare()
        .unwrap()
        .dataset
        .report;
    assert_eq!((report.rows_read, report.rows_refused), (7, 1));
    assert_eq!(
        report.refused[0].reason,
        "ends the file before the array is closed (`]` is missing)"
    );
    let cut = array();
    let report = OnDisk::new("log.json", &cut[..cut.len() - 30])
        .prepare()
        .unwrap()
        .dataset
        .report;
    assert_eq!(report.refused[0].line, 6);
    let reason = report.refused[0].reason.to_string();
    assert!(reason.contains("EOF while parsing"), "{reason}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_a_reader_panic(kind in 0..9_usize, mut bytes in prop::collection::vec(any::<u8>(), 0..300), flips in prop::collection::vec((any::<u16>(), any::<u8>()), 0..4)) {
        let starts: [Vec<u8>; 9] = [
            Vec::new(), gzip(CSV.as_bytes()), zstd(LINES.as_bytes()), b"SQLite format 3\0".to_vec(), array().into_bytes(),
            b"\xff\xfe".to_vec(), b"PAR1".to_vec(), b"1 2 3 4\t0 5 ".to_vec(), gb18030("用户,商品\n张三,电影票\n"),
        ];
        let mut whole = starts[kind].clone();
        for (at, change) in flips {
            if let Some(n) = whole.len().checked_sub(1) {
                whole[usize::from(at) % (n + 1)] ^= change;
            }
        }
        whole.append(&mut bytes);
        let log = OnDisk::new("log", &whole);
        // Read or refused: both are right, and a sentence says its cure.
        if let Err(error) = log.prepare() {
            prop_assert!(error.to_string().len() > 20, "{error}");
        }
    }
}
