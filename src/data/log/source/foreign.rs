//! Files that people try to open and that hold no log that could be read: each is told by its first
//! bytes and named with the cure.

use crate::log::Packing;

/// Offset of some bytes in a file, the bytes, and the sentence about such a file.
type Mark = (usize, &'static [u8], &'static str);

const SAVE_AS_CSV: &str = "this is an Excel workbook (xls); save the sheet as CSV (UTF-8).";

/// Files that are no text.
const BINARY: [Mark; 40] = [
    (
        4,
        b"1AY&SY",
        "the file is compressed with bzip2; unpack it first (bunzip2).",
    ),
    (
        0,
        b"\xfd7zXZ\0",
        "the file is compressed with xz; unpack it first (unxz).",
    ),
    (
        0,
        b"\x04\x22\x4d\x18",
        "the file is compressed with lz4; unpack it first (lz4 -d).",
    ),
    (
        0,
        b"\x1f\x9d",
        "the file is compressed with compress; unpack it first (uncompress).",
    ),
    (
        0,
        b"\xff\x06\0\0sNaPpY",
        "the file is compressed with snappy; unpack it first (snzip -d).",
    ),
    (
        0,
        b"\x89LZO\0",
        "the file is compressed with lzop; unpack it first (lzop -d).",
    ),
    (
        0,
        b"7z\xbc\xaf\x27\x1c",
        "this is a 7z archive; unpack it and open the log in it (7z x).",
    ),
    (
        0,
        b"Rar!\x1a\x07",
        "this is a rar archive; unpack it and open the log in it (unrar x).",
    ),
    (
        257,
        b"ustar",
        "this is a tar archive; unpack it and open the log in it (tar -xf).",
    ),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", SAVE_AS_CSV),
    (0, b"\x09\x08\x10\0\0\x06", SAVE_AS_CSV),
    (
        0,
        b"\x93NUMPY",
        "this is a NumPy array (npy); save it as text (numpy.savetxt) or as Parquet.",
    ),
    (
        0,
        b"ARROW1\0\0",
        "this is an Arrow file (Feather); write it as Parquet (pandas: read_feather, to_parquet).",
    ),
    (
        0,
        b"FEA1",
        "this is a Feather file; write it as Parquet (pandas: read_feather, to_parquet).",
    ),
    (
        0,
        b"ORC",
        "this is an ORC file; write it as Parquet or CSV (pandas: read_orc, to_parquet).",
    ),
    (
        0,
        b"Obj\x01",
        "this is an Avro file; write it as Parquet or as one JSON object a line.",
    ),
    (
        0,
        b"\x89HDF\r\n\x1a\n",
        "this is an HDF5 file; write its table as Parquet or CSV (pandas: read_hdf, to_parquet).",
    ),
    (
        0,
        b"CDF\x01",
        "this is a NetCDF file; write its table as CSV or Parquet.",
    ),
    (
        0,
        b"MATLAB 5.0",
        "this is a MATLAB file; write its table as CSV (writetable).",
    ),
    (
        0,
        b"RDX2\n",
        "this is an R workspace; write its table as CSV (write.csv).",
    ),
    (
        0,
        b"RDX3\n",
        "this is an R workspace; write its table as CSV (write.csv).",
    ),
    (
        0,
        b"X\n\0\0\0",
        "this is an R object (rds); write it as CSV (write.csv).",
    ),
    (0, b"$FL2", "this is an SPSS file (sav); save it as CSV."),
    (
        0,
        b"<stata_dta>",
        "this is a Stata file (dta); write it as CSV (export delimited).",
    ),
    (
        0,
        b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60",
        "this is a SAS table (sas7bdat); write it as CSV (PROC EXPORT).",
    ),
    (
        8,
        b"DUCK",
        "this is a DuckDB database; write the table as Parquet (COPY events TO 'events.parquet').",
    ),
    (
        0,
        b"PGDMP",
        "this is a dump of PostgreSQL; restore it and write the table as CSV (COPY events TO \
         STDOUT CSV HEADER).",
    ),
    (
        4,
        b"Standard Jet DB",
        "this is an Access database; export the table as CSV.",
    ),
    (
        4,
        b"Standard ACE DB",
        "this is an Access database; export the table as CSV.",
    ),
    (
        0,
        b"SEQ6",
        "this is a Hadoop sequence file; write it as CSV or Parquet.",
    ),
    (
        0,
        b"SEQ\x06",
        "this is a Hadoop sequence file; write it as CSV or Parquet.",
    ),
    (
        0,
        b"%PDF-",
        "this is a PDF, not a log; open the table that it was made of.",
    ),
    (
        0,
        b"{\\rtf",
        "this is a text document (RTF), not a log; save it as plain text, or the table as CSV.",
    ),
    (0, b"\x89PNG\r\n\x1a\n", "this is a picture, not a log."),
    (0, b"\xff\xd8\xff", "this is a picture, not a log."),
    (0, b"GIF8", "this is a picture, not a log."),
    (0, b"\x7fELF", "this is a program, not a log."),
    (0, b"MZ\x90\0", "this is a program, not a log."),
    (
        0,
        b"bplist00",
        "this is a property list of macOS, not a log; write the table as CSV.",
    ),
    (
        0,
        b"!<arch>\n",
        "this is an archive of a linker or a package, not a log.",
    ),
];

/// Sentence about a file that is no text and is not read.
pub(super) fn binary(bytes: &[u8], packing: Packing) -> Option<String> {
    // A text may begin with the letters of a mark, but holds no such bytes.
    let start = bytes.get(..1_024).unwrap_or(bytes);
    let is_text = start.iter().all(|&byte| byte >= 0x09);
    let stands = |(at, mark, _): &&Mark| {
        let is_sure = !is_text || mark.len() >= 5 || !mark.is_ascii();
        is_sure && bytes.get(*at..).is_some_and(|rest| rest.starts_with(mark))
    };
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(zip(bytes).to_owned());
    }
    if is_tar(bytes) {
        let unpack = match packing {
            Packing::None => "tar -xf",
            Packing::Gzip => "tar -xzf",
            Packing::Zstd => "tar --zstd -xf",
        };
        return Some(format!(
            "this is a tar archive; unpack it and open the log in it ({unpack})."
        ));
    }
    if is_pickle(bytes) {
        return Some(
            "this is a Python pickle; write the table as Parquet or CSV (pandas: read_pickle, \
             to_parquet)."
                .to_owned(),
        );
    }
    BINARY
        .iter()
        .find(stands)
        .map(|(_, _, sentence)| (*sentence).to_owned())
}

/// Sentence about a text that is no log.
pub(super) fn text(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    if begins(text, "version https://git-lfs") || begins(text, "version https://hawser") {
        return Some(
            "this is a Git LFS pointer, not the file itself; fetch the file (git lfs pull).",
        );
    }
    if begins(text, "/annex/objects/") {
        return Some(
            "this is a pointer of git-annex, not the file itself; fetch the file (git annex get).",
        );
    }
    if begins(text, "outs:\n- md5:") {
        return Some("this is a pointer of DVC, not the file itself; fetch the file (dvc pull).");
    }
    let is_page = ["<!doctype html", "<html", "<head", "<body", "<table"]
        .iter()
        .any(|word| begins(text, word))
        || (begins(text, "<!--") && contains(text, b"<html"));
    if is_page {
        return Some(
            "this is an HTML page, not a log (a page to sign in, or an error, is often saved in \
             place of the file); download the file again, or save its table as CSV.",
        );
    }
    if begins(text, "<?xml") || begins(text, "<!DOCTYPE") {
        return Some(if contains(text, b"<html") {
            "this is an HTML page, not a log; download the file again, or save its table as CSV."
        } else {
            "this is XML; write one event a line, as CSV or as one JSON object a line."
        });
    }
    let commands = [
        "-- mysql dump",
        "-- mariadb dump",
        "-- postgresql database dump",
        "-- phpmyadmin sql dump",
    ];
    let starts = [
        "insert into ",
        "create table ",
        "drop table ",
        "pragma foreign_keys",
        "/*!40",
        "begin transaction;",
    ];
    if commands
        .iter()
        .chain(&starts)
        .any(|word| begins(text, word))
        || (begins(text, "--") && contains(text, b"INSERT INTO "))
    {
        return Some(
            "this is a dump of SQL commands (INSERT INTO …), not a table; run them in a database \
             (sqlite3 log.sqlite < dump.sql) and open that, or export the table as CSV.",
        );
    }
    if begins(text, "BEGIN:VCALENDAR") {
        return Some("this is a calendar (ics), not a log; write one event a line, as CSV.");
    }
    None
}

/// Tells whether a text begins with a word, in capitals or not.
fn begins(text: &[u8], word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

/// Format of a zip archive: many formats are one.
fn zip(bytes: &[u8]) -> &'static str {
    if contains(bytes, b"xl/") && contains(bytes, b"[Content_Types].xml") {
        return "this is an Excel workbook (xlsx, a zip archive); save the sheet as CSV (UTF-8).";
    }
    if contains(bytes, b"application/vnd.oasis.opendocument") {
        return "this is an OpenDocument sheet (ods, a zip archive); save the sheet as CSV (UTF-8).";
    }
    if contains(bytes, b".npy") {
        return "these are NumPy arrays (npz, a zip archive); save them as text (numpy.savetxt) or \
                as Parquet.";
    }
    if contains(bytes, b"/data.pkl") {
        return "this is a file of PyTorch (a zip archive of a pickle); write the table as Parquet \
                or CSV.";
    }
    "this is a zip archive or a spreadsheet; unpack it, or save the sheet as CSV (UTF-8)."
}

/// Whether the bytes begin with the header of a file in a tar archive: a name, a checksum that is
/// right.
fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..512) else {
        return false;
    };
    let octal = header.get(148..156).unwrap_or_default();
    let digits: Vec<u8> = octal.iter().copied().filter(u8::is_ascii_digit).collect();
    let said = std::str::from_utf8(&digits)
        .ok()
        .and_then(|text| u64::from_str_radix(text, 8).ok());
    let is_sum = |(at, &byte): (usize, &u8)| {
        if (148..156).contains(&at) {
            u64::from(b' ')
        } else {
            u64::from(byte)
        }
    };
    header.first().is_some_and(|&byte| byte != 0)
        && said == Some(header.iter().enumerate().map(is_sum).sum())
}

/// Whether the bytes begin as Python's pickles do, of protocol 2 and later.
fn is_pickle(bytes: &[u8]) -> bool {
    match bytes {
        [0x80, 4 | 5, 0x95, ..] => true,
        [0x80, 2 | 3, opcode, ..] => matches!(
            opcode,
            b'}' | b']' | b'(' | b'c' | b'X' | b'K' | b'M' | b'J' | 0x8a
        ),
        _ => false,
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(bytes, word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_log_is_named() {
        for (bytes, word) in [
            (b"BZh91AY&SY".as_slice(), "bunzip2"),
            (b"\xfd7zXZ\0\0\x04", "unxz"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "7z archive"),
            (b"Rar!\x1a\x07\x01\0", "rar archive"),
            (b"PK\x03\x04....events.csv", "zip archive"),
            (
                b"PK\x03\x04..[Content_Types].xml..xl/workbook.xml",
                "Excel workbook",
            ),
            (
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
                "OpenDocument",
            ),
            (b"PK\x03\x04..arr_0.npy", "npz"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
            (b"\x80\x04\x95\x10\0\0\0\0\0\0\0}", "pickle"),
            (b"\x80\x03cpandas.core.frame\nDataFrame\n", "pickle"),
            (b"\x93NUMPY\x01\0", "NumPy"),
            (b"ARROW1\0\0", "Feather"),
            (b"ORC\x10\0", "ORC"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"Obj\x01\x04", "Avro"),
        ] {
            let told = binary(bytes, Packing::None);
            assert!(
                told.as_deref().is_some_and(|told| told.contains(word)),
                "{word}: {told:?}"
            );
        }
        for (start, word) in [
            (
                "version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
                "LFS",
            ),
            ("\n  <!DOCTYPE html>\n<html>", "HTML"),
            ("<HTML><BODY>403</BODY></HTML>", "HTML"),
            (
                "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC><html>",
                "HTML",
            ),
            ("<?xml version=\"1.0\"?>\n<events/>", "XML"),
            ("-- MySQL dump 10.13\n--\nCREATE TABLE `events` (\n", "SQL"),
            ("INSERT INTO events VALUES (1,2,3);\n", "SQL"),
        ] {
            assert!(
                text(start.as_bytes()).is_some_and(|told| told.contains(word)),
                "{word}"
            );
        }
        for log in [
            "user,item\na,b\n",
            "{\"user\":1}\n",
            "<a>,<b>\n1,2\n",
            "PK,MZ\n1,2\n",
            "ORCA,x\n",
            "FEA1,x\n",
            "GIF8,2\n",
        ] {
            assert_eq!(
                (text(log.as_bytes()), binary(log.as_bytes(), Packing::None)),
                (None, None),
                "{log}"
            );
        }
    }

    #[test]
    fn an_archive_is_told_by_its_checksum() {
        let mut header = vec![0_u8; 1_024];
        header[..10].copy_from_slice(b"events.csv");
        header[148..156].fill(b' ');
        let sum: u64 = header[..512].iter().map(|&byte| u64::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        assert!(binary(&header, Packing::Gzip).unwrap().contains("tar -xzf"));
        header[3] = b'x';
        assert_eq!(binary(&header, Packing::Gzip), None);
    }
}
